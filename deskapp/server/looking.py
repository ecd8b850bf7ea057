"""What a push has to know of the database before it begins: the station under its lock, and what there is already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from deskapp.server import bulk, stations
from deskapp.server.database import Transaction
from deskapp.server.known import STATION, Station
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
