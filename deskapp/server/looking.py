"""What a push has to know of the database before it begins: the station under its lock, and what there is already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zlib import crc32

from deskapp.server import apply, bulk, stations
from deskapp.server.database import Transaction
from deskapp.server.known import STATION, Station
from deskapp.server.work import Work
from deskapp.sync import scopes
from deskapp.sync.framing import load
from deskapp.sync.packing import ReadSet
from deskapp.sync.wire import Code, Result

Looked = tuple[dict[str, Result], bool, bool]
"""Known ones among some change sets, whether any record waits for its parent, any change set for a record."""

_FEW: Final = 8
_STATIONS: Final = STATION.replace(" WHERE id = ?", " WHERE id IN (#)")
_WHAT: Final = ("orphan", "parked", "change_set WHERE uid = ANY(CAST(? AS text[]))")
_ALL_AT_ONCE: Final = STATION.replace(
    " FROM", "".join(f", EXISTS (SELECT 1 FROM {one})" for one in _WHAT) + " FROM"
) + " FOR UPDATE"  # fmt: skip
_SEVERAL: Final = _ALL_AT_ONCE.replace(" WHERE id = ? FOR", " WHERE id = ANY(CAST(? AS text[])) ORDER BY id FOR")


def locked(tx: Transaction, station: Station, sets: Sequence[ReadSet]) -> tuple[Station, Looked | None]:
    """Return a station under its lock and, where one question can tell, what there is of its change sets.

    A change set that comes at the same moment under another identity of the station is not seen by that, and makes
    the transaction begin again when it is written.
    """
    uids = [one.uid for one in sets]
    if not tx.postgres or not 0 < len(uids) <= _FEW:
        return stations.find(tx, station.id, lock=True) or station, None
    row = tx.one(_ALL_AT_ONCE, (bulk.texts(uids), station.id))
    if row is None:
        return station, None
    *cells, orphans, parked, known = row
    return Station(*cells), None if known else ({}, orphans, parked)


def all_locked(tx: Transaction, some: Sequence[Station], sets: Sequence[ReadSet]) -> tuple[list[Station], Looked]:
    """Return several stations under their locks, taken in the order of their ids, and what there is of change sets."""
    ids, uids = sorted(one.id for one in some), [one.uid for one in sets]
    if not tx.postgres or not uids:
        rows = tx.among(f"{_STATIONS} ORDER BY id{tx.for_update}", ids)
        found, looked = {row[0]: Station(*row) for row in rows}, looked_up(tx, uids)
    else:
        rows = tx.all(_SEVERAL, (bulk.texts(uids), bulk.texts(ids)))
        found = {row[0]: Station(*row[:-3]) for row in rows}
        known = any(row[-1] for row in rows) or not rows
        looked = looked_up(tx, uids) if known else ({}, rows[0][-3], rows[0][-2])
    return [found.get(one.id, one) for one in some], looked


def looked_up(tx: Transaction, uids: Sequence[str]) -> Looked:
    """Return the known ones of these change sets, whether any record waits for its parent, any change set for a record.

    The last two are asked along with the first, for the price of none; what begins to wait at this very moment is
    found a little later (`service.mend`).
    """
    rows = tx.among(
        "SELECT uid, code, detail FROM change_set WHERE uid IN (#)"
        " UNION ALL SELECT * FROM (SELECT 'orphan', '', '' FROM orphan LIMIT 1) AS o"
        " UNION ALL SELECT * FROM (SELECT 'parked', '', '' FROM parked LIMIT 1) AS p",
        uids,
    )
    known = {
        uid: Result(uid, Code(code), load(detail.encode()) if detail else {}) for uid, code, detail in rows if code
    }
    waiting = {row[0] for row in rows if not row[1]}
    return known, "orphan" in waiting, "parked" in waiting


_DOORS: Final = 64
"""So many locks stand for all numbers by which two records are seen to be one and the same (PostgreSQL)."""

_AT_THE_DOORS: Final = "SELECT pg_advisory_xact_lock(7034213, CAST(d AS int)) FROM unnest(CAST(? AS bigint[])) AS d"


def preload(work: Work, fresh: Sequence[ReadSet]) -> None:
    """Read what change sets are about, under locks, in few questions.

    Two records with one number that are made at the same moment have to see each other, or nobody is ever told that
    they are the same: so whoever writes such a number holds its door until the end.
    """
    ids: set[str] = set()
    soft: list[str] = []
    for one in fresh:
        for op in one.ops:
            if type(op.id) is not str or type(op.values) is not dict or type(op.entity) is not str:
                continue
            ids.add(op.id[:80])
            for name in scopes.PARENTS.get(op.entity, ()):
                value = op.values.get(name)
                if type(value) is str:
                    ids.add(value[:80])
            soft += apply.soft_keys(op.entity, op.values)
    work.load(one for one in ids if "\0" not in one)
    soft = [key for key in soft if "\0" not in key]
    if soft and work.tx.postgres:
        doors = sorted({crc32(key.encode()) % _DOORS for key in soft})
        work.tx.all(_AT_THE_DOORS, (f"{{{','.join(map(str, doors))}}}",))
    work.load_soft(soft)
