"""Numbers for the entries of the logs: the last thing that a transaction does, so that their order is that of commits.

Whoever has read up to a number misses nothing: the next number of a log is not given before the transaction that has
this one is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deskapp.server import scopes_of
from deskapp.server.database import Transaction
from deskapp.sync.wire import CHAIN, link

_ONE_MORE = (
    "WITH h AS (UPDATE head SET n = n + 1, at = ?,"
    f" chain = left(encode(sha256(convert_to(chain, 'UTF8') || ?), 'hex'), {CHAIN})"
    " WHERE scope = ?{after} RETURNING scope, n, chain, at)"
    " INSERT INTO log (scope, n, chain, at, body) SELECT scope, n, chain, at, ? FROM h RETURNING n"
)
"""One entry more (PostgreSQL): a hot log is locked for this statement and the commit, and for nothing of ours."""

_HEAD = "WITH h AS (SELECT n, chain FROM head WHERE scope = ?{after} FOR UPDATE) SELECT n, chain FROM h"
"""A head under its lock (PostgreSQL), with all that waits to be written."""

_AT = "UPDATE head SET n = ?, chain = ?, at = ? WHERE scope = ?"


def write_logs(
    tx: Transaction,
    entries: Mapping[str, Sequence[bytes]],
    leaves: Sequence[tuple[str, str, int]],
    touched: dict[str, int],
    now: int,
) -> None:
    """Give entries their numbers: the heads locked in ascending order, as the last thing of a transaction."""
    for scope in sorted(entries):
        if not entries[scope]:
            continue
        if tx.postgres and len(entries[scope]) == 1:
            row = tx.last(_ONE_MORE, (now, entries[scope][0], scope, entries[scope][0]))
            if row is not None:
                touched[scope] = row[0]
                _note_leaves(tx, scope, leaves, row[0] - 1)
                continue
        row = tx.last(_HEAD, (scope,)) if tx.postgres else tx.one("SELECT n, chain FROM head WHERE scope = ?", (scope,))
        if row is None:
            tx.run(scopes_of.NEW_HEAD, (scope,))
            row = tx.one(f"SELECT n, chain FROM head WHERE scope = ?{tx.for_update}", (scope,))
        first, chain = row
        rows = []
        for index, body in enumerate(entries[scope], first + 1):
            chain = link(chain, body)
            rows.append((scope, index, chain, now, body))
        tx.later("head", _AT, (rows[-1][1], chain, now, scope))
        tx.put("log", rows)
        touched[scope] = rows[-1][1]
        _note_leaves(tx, scope, leaves, first)


def _note_leaves(tx: Transaction, scope: str, leaves: Sequence[tuple[str, str, int]], first: int) -> None:
    """Note at which entry trees have left a scope; places are counted from what was its head."""
    for left_scope, root, place in leaves:
        if left_scope == scope:
            tx.run("DELETE FROM left_scope WHERE scope = ? AND root = ?", (scope, root))
            tx.put("left_scope", [(scope, root, first + place)])
