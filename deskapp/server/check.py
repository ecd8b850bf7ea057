"""Looks whether what the server keeps agrees with itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

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
    for uid, digest, body in tx.all("SELECT uid, hash, body FROM change_set WHERE cut = 0"):
        try:
            if hashlib.sha256(bytes(body)).hexdigest() != digest or load(bytes(body))["uid"] != uid:
                yield f"Change set {uid} is not what its hash says."
        except (WireError, KeyError, TypeError):
            yield f"Change set {uid} cannot be read."


def _trees(tx: Transaction) -> Iterator[str]:
    strays = tx.all(
        "SELECT r.id FROM record r LEFT JOIN record t ON t.id = r.root WHERE t.id IS NULL OR t.root <> t.id LIMIT 20"
    )
    for (record_id,) in strays:
        yield f"Record {record_id} hangs on nothing."
    for root, names in tx.all("SELECT id, scopes FROM record WHERE root = id"):
        held = {scope for (scope,) in tx.all("SELECT scope FROM member WHERE root = ?", (root,))}
        if held != set(names.split(",")) - {""}:
            yield f"Record {root} is in other scopes than it says."
