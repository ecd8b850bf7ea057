"""A scope as a whole: its snapshot for a first fill, and the sums by which two sides see whether they agree.

However large a scope is, only a page of it is in memory at a time: a snapshot is written into the database piece by
piece while it is made, and sent piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from deskapp.clock import random_token
from deskapp.server.database import Database, Transaction
from deskapp.sync.framing import load
from deskapp.sync.messages import Digest, Row, SnapshotHead, snapshot_bytes
from deskapp.sync.wire import bucket, row_digest

PAGE = 2_000
"""Rows of one page at most."""

PAGE_BYTES = 1024 * 1024
"""Stored bytes of the rows of one page, about; a reader takes pages of four times as much, packed."""

AT_ONCE = 500
"""Rows asked of the database at once."""

ROOTS = 250
"""Trees looked up at once."""

SMALL = 200
"""A scope of so many rows is made anew each time."""

STALE = 0.05
"""A stored snapshot serves until its scope has so many entries more, for each row it has."""

KEPT_MS: Final = 60 * 60 * 1000
"""How long pieces that were replaced are kept: somebody may still be reading them."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A snapshot that can be read: its tag, its bytes in all, and those bytes where they are few."""

    tag: str
    size: int
    body: bytes | None = None


def rows_of(tx: Transaction, scope: str) -> Iterator[Row]:
    """Yield every record of a scope: trees in the order of their making, each in the order of the log."""
    for entity, record_id, fact, vals, vers in _stored(tx, scope):
        yield _row(entity, record_id, fact, vals, vers)


def _row(entity: str, record_id: str, fact: int, vals: bytes, vers: bytes) -> Row:
    versions = {} if fact or len(vers) <= 2 else {name: uid for name, (uid, _eff) in load(bytes(vers)).items()}
    return Row(entity, record_id, load(bytes(vals)), versions)


def _stored(tx: Transaction, scope: str) -> Iterator[tuple[str, str, int, bytes, bytes]]:
    last = ""
    while True:
        sql = "SELECT root FROM member WHERE scope = ? AND root > ? ORDER BY root LIMIT ?"
        roots = [root for (root,) in tx.all(sql, (scope, last, ROOTS))]
        if roots:
            yield from _trees(tx, roots)
        if len(roots) < ROOTS:
            return
        last = roots[-1]


def _trees(tx: Transaction, roots: Sequence[str]) -> Iterator[tuple[str, str, int, bytes, bytes]]:
    root, order = "", -1
    while True:
        rows = tx.among(
            "SELECT entity, id, fact, vals, vers, root, ord FROM record WHERE (root > ? OR (root = ? AND ord > ?))"
            f" AND root IN (#) ORDER BY root, ord LIMIT {AT_ONCE}",
            roots, root, root, order,
        )  # fmt: skip
        for row in rows:
            yield row[0], row[1], row[2], row[3], row[4]
        if len(rows) < AT_ONCE:
            return
        root, order = rows[-1][5], rows[-1][6]


def _pages(tx: Transaction, scope: str) -> Iterator[list[Row]]:
    page: list[Row] = []
    size = 0
    for entity, record_id, fact, vals, vers in _stored(tx, scope):
        page.append(_row(entity, record_id, fact, vals, vers))
        size += len(vals) + len(vers)
        if len(page) >= PAGE or size >= PAGE_BYTES:
            yield page
            page, size = [], 0
    if page:
        yield page


# -- snapshots ---------------------------------------------------------------------------


def snapshot(database: Database, scope: str, now: int) -> Whole:
    """Return a scope's snapshot, a stored one while it is fresh enough; its pieces are read by `piece`."""
    with database.read() as tx:
        n, chain, floor = tx.one("SELECT n, chain, floor FROM head WHERE scope = ?", (scope,)) or (0, "", 0)
        kept = tx.one("SELECT n, chain, rows, tag, size FROM whole WHERE scope = ?", (scope,))
        if kept is not None and kept[0] >= floor and n - kept[0] <= max(20, int(kept[2] * STALE)):
            known = (kept[0], kept[1]) == (n, chain)
            known = known or tx.one("SELECT chain FROM log WHERE scope = ? AND n = ?", (scope, kept[0])) == (kept[1],)
            if known:
                return Whole(kept[3], kept[4])
        sql = "SELECT count(*) FROM member m JOIN record r ON r.root = m.root WHERE m.scope = ?"
        (count,) = tx.one(sql, (scope,))
        pieces = snapshot_bytes(SnapshotHead(scope, n, chain, count), _pages(tx, scope))
        if count <= SMALL:
            body = b"".join(pieces)
            return Whole(f"{chain or '0'}-{count}", len(body), body)
        tag, size = random_token(12), 0
        for body in pieces:
            with database.write() as put:
                put.put("whole_piece", [(tag, size, len(body), now, body)])
            size += len(body)
    with database.write() as put:
        put.one(f"SELECT n FROM head WHERE scope = ?{put.for_update}", (scope,))
        if put.one("SELECT 1 FROM erasure WHERE scope = ? AND n >= ?", (scope, n)) is None:
            put.run("DELETE FROM whole WHERE scope = ?", (scope,))
            put.put("whole", [(scope, tag, n, chain, count, size, now)], keep=True)
            return Whole(tag, size)
        put.run("DELETE FROM whole_piece WHERE tag = ?", (tag,))  # it tells of somebody who was erased meanwhile
    return snapshot(database, scope, now)


def piece(database: Database, tag: str, at: int) -> bytes:
    """Return bytes of a stored snapshot from a place on, up to the end of the piece it lies in; empty if it is gone."""
    with database.read() as tx:
        sql = "SELECT start, body FROM whole_piece WHERE tag = ? AND start <= ? ORDER BY start DESC LIMIT 1"
        row = tx.one(sql, (tag, at))
    return bytes(row[1])[at - row[0] :] if row else b""


def sweep(tx: Transaction, now: int) -> int:
    """Throw away pieces of snapshots that were replaced a while ago, or were never finished; return how many."""
    return tx.run("DELETE FROM whole_piece WHERE at < ? AND tag NOT IN (SELECT tag FROM whole)", (now - KEPT_MS,))


# -- digests -----------------------------------------------------------------------------


def digest(database: Database, scope: str) -> Digest:
    """Return the sums over a scope."""
    sums = [0] * 256
    with database.read() as tx:
        head = tx.one("SELECT n, chain FROM head WHERE scope = ?", (scope,)) or (0, "")
        for row in rows_of(tx, scope):
            at = bucket(row.id)
            sums[at] = (sums[at] + row_digest(row.entity, row.id, row.values)) & (2**64 - 1)
    return Digest(scope, head[0], head[1], tuple(sums))


def rows_in_bucket(database: Database, scope: str, number: int) -> list[Row]:
    """Return the records of one bucket, to put a difference right."""
    with database.read() as tx:
        stored = (one for one in _stored(tx, scope) if bucket(one[1]) == number)
        return [_row(*one) for one in stored]
