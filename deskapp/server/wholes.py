"""A scope as a whole: its snapshot for a first fill, and the sums by which two sides see whether they agree."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from deskapp.server.database import Database, Transaction
from deskapp.sync.framing import load
from deskapp.sync.messages import Digest, Row, SnapshotHead, snapshot_bytes
from deskapp.sync.wire import bucket, row_digest

PAGE = 2_000
"""Rows of one page."""

STALE = 0.05
"""A stored snapshot serves until its scope has so many entries more, for each row it has."""

_ROWS = (
    "SELECT r.entity, r.id, r.fact, r.vals, r.vers FROM member m JOIN record r ON r.root = m.root"
    " WHERE m.scope = ? ORDER BY m.root, r.ord"
)


def rows_of(tx: Transaction, scope: str) -> Iterator[Row]:
    """Yield every record of a scope: trees in the order of their making, each in the order of the log."""
    for entity, record_id, fact, vals, vers in tx.all(_ROWS, (scope,)):
        versions = {} if fact or len(vers) <= 2 else {name: uid for name, (uid, _eff) in load(bytes(vers)).items()}
        yield Row(entity, record_id, load(bytes(vals)), versions)


def snapshot(database: Database, scope: str, now: int) -> tuple[str, bytes]:
    """Return the tag and the bytes of a scope's snapshot, a stored one while it is fresh enough."""
    with database.read() as tx:
        head = tx.one("SELECT n, chain, floor FROM head WHERE scope = ?", (scope,)) or (0, "", 0)
        kept = tx.one("SELECT n, chain, rows, body FROM snapshot WHERE scope = ?", (scope,))
        if kept is not None and kept[0] >= head[2] and head[0] - kept[0] <= max(20, int(kept[2] * STALE)):
            known = kept[0] == head[0] and kept[1] == head[1]
            known = known or tx.one("SELECT chain FROM log WHERE scope = ? AND n = ?", (scope, kept[0])) == (kept[1],)
            if known:
                return kept[1] or "0", bytes(kept[3])
        rows = list(rows_of(tx, scope))
    title = SnapshotHead(scope, head[0], head[1], len(rows))
    source = iter(rows)
    body = b"".join(snapshot_bytes(title, iter(lambda: list(islice(source, PAGE)), [])))
    if len(rows) > 200:
        with database.write() as tx:
            tx.run("DELETE FROM snapshot WHERE scope = ?", (scope,))
            tx.put("snapshot", [(scope, head[0], head[1], len(rows), now, body)], keep=True)
    return head[1] or "0", body


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
        return [row for row in rows_of(tx, scope) if bucket(row.id) == number]
