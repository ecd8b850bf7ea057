"""Looks whether what the server keeps agrees with itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from deskapp.errors import N_
from deskapp.models import striking
from deskapp.server.database import Database, Transaction
from deskapp.sync.framing import WireError, load
from deskapp.sync.wire import link

AT_ONCE = 2_000


class Wrong(NamedTuple):
    """Something that does not agree: a sentence for a person, and its values."""

    sentence: str
    values: dict[str, Any]


def check(database: Database) -> list[Wrong]:
    """Return what is wrong with the data; empty if nothing is."""
    with database.read() as tx:
        return [*_logs(tx), *_stations(tx), *_sets(tx), *_trees(tx), *_blobs(tx)]


def wrong(sentence: str, **values: Any) -> Wrong:
    """Return one finding."""
    return Wrong(sentence, values)


def _logs(tx: Transaction) -> Iterator[Wrong]:
    for scope, head, chain, floor, floor_chain in tx.all("SELECT scope, n, chain, floor, floor_chain FROM head"):
        n, last = floor, floor_chain
        while True:
            sql = "SELECT n, chain, body FROM log WHERE scope = ? AND n > ? ORDER BY n LIMIT ?"
            rows = tx.all(sql, (scope, n, AT_ONCE))
            for number, said, body in rows:
                last = link(last, bytes(body))
                if number != n + 1:
                    yield wrong(N_("The log of {scope} has a hole at {number}."), scope=scope, number=n + 1)
                if said != last:
                    yield wrong(N_("The log of {scope} is broken at entry {number}."), scope=scope, number=number)
                    last = said
                n = number
            if len(rows) < AT_ONCE:
                break
        if (n, last) != (head, chain):
            yield wrong(
                N_("The log of {scope} ends at {number}, its head says {head}."), scope=scope, number=n, head=head
            )


def _stations(tx: Transaction) -> Iterator[Wrong]:
    for station, seq, digest, parked in tx.all("SELECT id, seq, hash, parked FROM station"):
        n, last = 0, ""
        while True:
            sql = (
                "SELECT seq, hash FROM change_set WHERE station = ? AND seq > ? UNION"
                " SELECT seq, hash FROM reissued WHERE station = ? AND seq > ? ORDER BY seq LIMIT ?"
            )
            rows = tx.all(sql, (station, n, station, n, AT_ONCE))
            if rows and [row[0] for row in rows] != list(range(n + 1, n + 1 + len(rows))):
                break
            n, last = rows[-1] if rows else (n, last)
            if len(rows) < AT_ONCE:
                break
        if n != seq:
            yield wrong(N_("The change sets of station {station} have a hole."), station=station)
        elif seq and last != digest:
            yield wrong(N_("The last change set of station {station} is not the one its row names."), station=station)
        (waiting,) = tx.one("SELECT count(*) FROM parked WHERE station = ?", (station,))
        if waiting != parked:
            yield wrong(
                N_("Station {station} has {waiting} change sets that wait, its row says {parked}."),
                station=station, waiting=waiting, parked=parked,
            )  # fmt: skip


def _sets(tx: Transaction) -> Iterator[Wrong]:
    for uid, digest, cut, body in _paged(tx, "SELECT uid, hash, cut, body FROM change_set", "uid"):
        try:
            if (not cut and not striking.holds(bytes(body), digest)) or load(bytes(body))["uid"] != uid:
                yield wrong(N_("Change set {uid} is not what its hash says."), uid=uid)
        except (WireError, KeyError, TypeError):
            yield wrong(N_("Change set {uid} cannot be read."), uid=uid)


def _paged(tx: Transaction, question: str, key: str) -> Iterator[Any]:
    """Yield all rows of a question, some at a time; `key` is its first column, and is unique."""
    last = ""
    while rows := tx.all(f"{question} WHERE {key} > ? ORDER BY {key} LIMIT ?", (last, AT_ONCE)):
        yield from rows
        last = rows[-1][0]


def _trees(tx: Transaction) -> Iterator[Wrong]:
    strays = tx.all(
        "SELECT r.id FROM record r LEFT JOIN record t ON t.id = r.root WHERE t.id IS NULL OR t.root <> t.id LIMIT 20"
    )
    for (record_id,) in strays:
        yield wrong(N_("Record {record} hangs on nothing."), record=record_id)
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
                    yield wrong(
                        N_("The scope {scope} names record {record}, which does not say so."), scope=scope, record=root
                    )
    for record_id, root, names in _paged(tx, "SELECT id, root, scopes FROM record", "id"):
        said += len(names.split(",")) if names else 0
        if names and record_id != root:
            yield wrong(N_("Record {record} names scopes, but is no root."), record=record_id)
    if members != said:
        yield wrong(N_("The scopes name {members} trees, the trees name {said} scopes."), members=members, said=said)


def _blobs(tx: Transaction) -> Iterator[Wrong]:
    for sha256, size, done in _paged(tx, "SELECT sha256, size, done FROM blob", "sha256"):
        whole, at = hashlib.sha256(), 0
        for (start,) in tx.all("SELECT start FROM blob_piece WHERE sha256 = ? ORDER BY start", (sha256,)):
            (content,) = tx.one("SELECT content FROM blob_piece WHERE sha256 = ? AND start = ?", (sha256, start))
            whole.update(bytes(content))
            at = at + len(content) if start == at else -1
        if at != size or (done and whole.hexdigest() != sha256):
            yield wrong(N_("The file {name} is not whole."), name=sha256[:16])
