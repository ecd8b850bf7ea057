"""Reading the logs: what is new for a station since its cursors, all from one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from deskapp.server.database import Database, Transaction
from deskapp.server.echo import with_chain
from deskapp.server.known import Station
from deskapp.sync.wire import Feed

MOST_ENTRIES = 5_000
"""Of one scope in one reply."""

AT_ONCE = 500
"""Entries asked of the database at once, so that a reply's limit also limits memory."""

BATCH = 5_000
"""Entries of a log that are forgotten at once."""

FIRST = 8
"""Entries asked for first; how large they are tells how many more may fit."""


Heads = dict[str, tuple[int, str, int, str]]
"""By scope: number and chain of the last entry, and of the last one that was forgotten."""

FIELDS = tuple(Station.__dataclass_fields__)
_BOTH = (
    f"SELECT {', '.join(f's.{name}' for name in FIELDS)}, h.scope, h.n, h.chain, h.floor, h.floor_chain"
    " FROM (SELECT * FROM station WHERE id = ?) AS s LEFT JOIN head h ON h.scope IN (#)"
)


@dataclass(slots=True)
class Read:
    """What a reply says of the logs: feeds by scope, and scopes whose cursor is of no use, with the reason."""

    feeds: dict[str, Feed] = field(default_factory=dict)
    resnapshot: dict[str, str] = field(default_factory=dict)


def feed(
    tx: Transaction, granted: Sequence[str], cursors: Mapping[str, tuple[int, str]], most_bytes: int,
    short: Mapping[tuple[str, int], bytes] = MappingProxyType({}), known: Heads | None = None,
) -> Read:  # fmt: skip
    """Return the entries behind the cursors of the granted scopes; `tx` sees one moment.

    `short` are bodies of entries in which the station that asks finds what it sent itself only named; `known` the
    heads where they were read already.
    """
    found = Read()
    held = [scope for scope in granted if scope in cursors]
    heads = known if known is not None else _heads(tx, held)
    left = most_bytes
    for scope in held:
        n, chain = cursors[scope]
        head_n, head_chain, floor, floor_chain = heads.get(scope, (0, "", 0, ""))
        wrong = _wrong(tx, scope, n, chain, (head_n, head_chain), (floor, floor_chain))
        if wrong:
            found.resnapshot[scope] = wrong
        elif n < head_n:
            found.feeds[scope] = _entries(tx, scope, n, head_n, left, short)
            left = max(0, left - sum(map(len, found.feeds[scope].raw)))
    return found


def _heads(tx: Transaction, scopes: Sequence[str]) -> Heads:
    rows = tx.among("SELECT scope, n, chain, floor, floor_chain FROM head WHERE scope IN (#)", scopes)
    return {row[0]: tuple(row[1:]) for row in rows}


def station_and_heads(tx: Transaction, station: Station) -> tuple[Station, Heads]:
    """Return a station as it is now, and the heads of the logs that it may read: one question for both."""
    rows = tx.among(_BOTH, station.scopes, station.id)
    if not rows:
        return station, _heads(tx, station.scopes)
    fresh = Station(*rows[0][: len(FIELDS)])
    if fresh.scopes != station.scopes:
        return fresh, _heads(tx, fresh.scopes)
    found = (row[len(FIELDS) :] for row in rows)
    return fresh, {row[0]: tuple(row[1:]) for row in found if row[0] is not None}


def _wrong(tx: Transaction, scope: str, n: int, chain: str, head: tuple[int, str], floor: tuple[int, str]) -> str:
    """Say why a cursor is of no use: below what is kept, ahead of the log, or on another one; empty if it is good."""
    if n > head[0]:
        return "ahead"
    if n == head[0]:
        return "" if chain == head[1] or n == 0 else "chain"
    if n < floor[0]:
        return "floor"
    if n == floor[0]:
        return "" if chain == floor[1] or n == 0 else "chain"
    row = tx.one("SELECT chain FROM log WHERE scope = ? AND n = ?", (scope, n))
    return "" if row is not None and row[0] == chain else "chain"


def _entries(
    tx: Transaction, scope: str, n: int, head_n: int, most: int, short: Mapping[tuple[str, int], bytes]
) -> Feed:
    size, last, chain, some = 0, n, "", FIRST
    raw: list[bytes] = []
    while last < head_n and len(raw) < MOST_ENTRIES:
        rows = tx.all(
            "SELECT n, chain, body FROM log WHERE scope = ? AND n > ? AND n <= ? ORDER BY n LIMIT ?",
            (scope, last, head_n, some),
        )
        for number, link, body in rows:
            if short and (scope, number) in short:
                body = with_chain(short[scope, number], link)
            if raw and size + len(body) > most:
                return Feed(n + 1, last, chain, True, (), raw)
            size += len(body)
            raw.append(bytes(body))
            last, chain = number, link
        if not rows:
            break
        some = max(1, min(AT_ONCE, (most - size) * len(raw) // max(size, 1) + 1))  # as many as may fit
    return Feed(n + 1, last, chain, last < head_n, (), raw)


def heads_question(scopes: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the question for numbers and chains at the ends of logs, and its values."""
    return f"SELECT scope, n, chain FROM head WHERE scope IN ({','.join('?' * len(scopes))})", scopes


def heads_of(tx: Transaction, scopes: Sequence[str]) -> dict[str, int]:
    """Return how far the logs of scopes have come."""
    return dict(map(tuple, tx.among("SELECT scope, n FROM head WHERE scope IN (#)", scopes)))


def moved_since(tx: Transaction, at: int) -> dict[str, int]:
    """Return the heads that moved since a time (ms UTC of the server)."""
    return dict(map(tuple, tx.all("SELECT scope, n FROM head WHERE at >= ?", (at,))))


def entries_in_all(tx: Transaction) -> int:
    """Return how many entries all logs ever had."""
    return int(tx.one("SELECT coalesce(sum(n), 0) FROM head")[0])


def forget(database: Database, at: int) -> int:
    """Raise the floors of all logs over entries older than a time; return how many went.

    Each log by itself, some entries at a time: whoever pushes waits for no more than that.
    """
    gone, after = 0, ""
    while True:
        with database.read() as tx:
            names = _old(tx, at, after)
        if not names:
            return gone
        for scope in names:
            while some := database.retrying(lambda tx, scope=scope: _forget(tx, scope, at, BATCH)):  # type: ignore[misc]
                gone += some
        after = names[-1]


def forget_before(tx: Transaction, at: int, *, most: int = BATCH) -> int:
    """The same in one transaction, for few logs and entries: in batches, whole entries only."""
    return sum(_forget(tx, scope, at, most) for scope in _old(tx, at, ""))


def _old(tx: Transaction, at: int, after: str) -> list[str]:
    """Return some scopes above a name whose oldest entry is older than a time."""
    sql = (
        "SELECT h.scope FROM head h JOIN log l ON l.scope = h.scope AND l.n = h.floor + 1"
        " WHERE h.scope > ? AND l.at < ? ORDER BY h.scope LIMIT 200"
    )
    return [scope for (scope,) in tx.all(sql, (after, at))]


def _forget(tx: Transaction, scope: str, at: int, most: int) -> int:
    head = tx.one(f"SELECT floor FROM head WHERE scope = ?{tx.for_update}", (scope,))
    sql = "SELECT max(n) FROM log WHERE scope = ? AND n > ? AND n <= ? AND at < ?"
    last = tx.one(sql, (scope, head[0], head[0] + most, at))[0] if head is not None else None
    if last is None:
        return 0
    (chain,) = tx.one("SELECT chain FROM log WHERE scope = ? AND n = ?", (scope, last))
    tx.run("UPDATE head SET floor = ?, floor_chain = ? WHERE scope = ?", (last, chain, scope))
    return tx.run("DELETE FROM log WHERE scope = ? AND n <= ?", (scope, last))
