"""Looks whether what the server keeps agrees with itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from deskapp.server.database import Database, Transaction
from deskapp.sync.framing import WireError, load
from deskapp.sync.wire import link

AT_ONCE = 2_000


def check(database: Database) -> list[str]:
    """Return what is wrong, one sentence each; empty if nothing is."""
    with database.read() as tx:
        return [*_logs(tx), *_stations(tx), *_trees(tx)]


def _logs(tx: Transaction) -> Iterator[str]:
    for scope, head, chain, floor, floor_chain in tx.all("SELECT scope, n, chain, floor, floor_chain FROM head"):
        n, last = floor, floor_chain
        while True:
            sql = "SELECT n, chain, body FROM log WHERE scope = ? AND n > ? ORDER BY n LIMIT ?"
            rows = tx.all(sql, (scope, n, AT_ONCE))
            for number, said, body in rows:
                last = link(last, bytes(body))
                if number != n + 1:
                    yield f"The log of {scope} has a hole at {n + 1}."
                if said != last:
                    yield f"The log of {scope} is broken at entry {number}."
                    last = said
                n = number
            if len(rows) < AT_ONCE:
                break
        if (n, last) != (head, chain):
            yield f"The log of {scope} ends at {n}, its head says {head}."


def _stations(tx: Transaction) -> Iterator[str]:
    for station, seq, digest in tx.all("SELECT id, seq, hash FROM station"):
        sql = (
            "SELECT seq, hash, uid FROM change_set WHERE station = ? UNION"
            " SELECT seq, hash, uid FROM reissued WHERE station = ? ORDER BY seq"
        )
        rows = tx.all(sql, (station, station))
        if [row[0] for row in rows] != list(range(1, len(rows) + 1)) or len(rows) != seq:
            yield f"The change sets of station {station} have a hole."
        elif rows and rows[-1][1] != digest:
            yield f"The last change set of station {station} is not the one its row names."
    for uid, digest, cut, body in _paged(tx, "SELECT uid, hash, cut, body FROM change_set", "uid"):
        try:
            if not cut and (hashlib.sha256(bytes(body)).hexdigest() != digest or load(bytes(body))["uid"] != uid):
                yield f"Change set {uid} is not what its hash says."
        except (WireError, KeyError, TypeError):
            yield f"Change set {uid} cannot be read."


def _paged(tx: Transaction, question: str, key: str) -> Iterator[Any]:
    """Yield all rows of a question, some at a time; `key` is its first column, and is unique."""
    last = ""
    while rows := tx.all(f"{question} WHERE {key} > ? ORDER BY {key} LIMIT ?", (last, AT_ONCE)):
        yield from rows
        last = rows[-1][0]


def _trees(tx: Transaction) -> Iterator[str]:
    strays = tx.all(
        "SELECT r.id FROM record r LEFT JOIN record t ON t.id = r.root WHERE t.id IS NULL OR t.root <> t.id LIMIT 20"
    )
    for (record_id,) in strays:
        yield f"Record {record_id} hangs on nothing."
    members = said = 0
    for (scope,) in tx.all("SELECT DISTINCT scope FROM member"):
        last = ""
        while rows := tx.all(
            "SELECT m.root, r.scopes FROM member m LEFT JOIN record r ON r.id = m.root AND r.root = r.id"
            " WHERE m.scope = ? AND m.root > ? ORDER BY m.root LIMIT ?",
            (scope, last, AT_ONCE),
        ):
            last, members = rows[-1][0], members + len(rows)
            for root, names in rows:
                if scope not in (names or "").split(","):
                    yield f"The scope {scope} names record {root}, which does not say so."
    for record_id, root, names in _paged(tx, "SELECT id, root, scopes FROM record", "id"):
        said += len(names.split(",")) if names else 0
        if names and record_id != root:
            yield f"Record {record_id} names scopes, but is no root."
    if members != said:
        yield f"The scopes name {members} trees, the trees name {said} scopes."
