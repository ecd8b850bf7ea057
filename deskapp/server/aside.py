"""What lost stations sent: set aside without card digits and keys, until a person takes or drops it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from deskapp.server import naming, stations
from deskapp.server.archive import stored_form
from deskapp.server.cutting import clean_set, cut_body, readable
from deskapp.server.database import Transaction
from deskapp.server.known import Station
from deskapp.sync.framing import WireError, dump, load, pack, unpack
from deskapp.sync.packing import PushedSet, ReadSet

MOST: Final = 50
MOST_BYTES: Final = 32 * 1024 * 1024
"""Pushes and packed bytes kept of one station."""


@dataclass(frozen=True, slots=True)
class Aside:
    """One push that was set aside: when it came (ms UTC of the server) and what is in it."""

    at: int
    sets: tuple[ReadSet, ...]


def keep(tx: Transaction, station: Station, plain: bytes, now: int) -> dict[str, Any]:
    """Keep what a lost station sent, only so much of it; what cannot be read is not kept.

    Returns what the archive is to be told, empty where nothing was kept: once the station is wiped nobody else has it.
    """
    try:
        sets = naming.read(plain).sets
    except WireError:
        return {}
    digest = hashlib.sha256("".join(one.hash for one in sets).encode()).hexdigest()
    if not sets or tx.one("SELECT 1 FROM set_aside WHERE station = ? AND hash = ?", (station.id, digest)):
        return {}
    rows = [stored_form(clean_set(one), cut_body(one)) for one in sets]
    body = pack(dump([[one.body.decode(), one.hash, one.personal, one.keys] for one in rows]), level=3).body
    count, size, last = tx.one(
        "SELECT count(*), coalesce(sum(length(body)), 0), coalesce(max(at), 0) FROM set_aside WHERE station = ?",
        (station.id,),
    )
    if count >= MOST or size + len(body) > MOST_BYTES:
        return {}
    at = max(now, last + 1)
    tx.put("set_aside", [(station.id, at, digest, body)])
    stations.note(tx, now, "set_aside", station.id, no=station.no, sets=len(sets))
    return {"aside": [station.id, at, digest, base64.b64encode(body).decode()]}


def keep_again(tx: Transaction, told: Mapping[str, Any]) -> None:
    """Keep what the archive was told by `keep` and an older database has not; not what was taken or dropped since."""
    station, at, digest, body = told["aside"]
    known = tx.one("SELECT 1 FROM set_aside WHERE station = ? AND (hash = ? OR at = ?)", (station, digest, at))
    ended = "SELECT 1 FROM audit WHERE subject = ? AND what IN ('aside_taken', 'aside_dropped') AND at >= ?"
    if known is None and tx.one(ended, (station, at)) is None and stations.find(tx, station) is not None:
        tx.put("set_aside", [(station, at, digest, base64.b64decode(body))])


def listed(tx: Transaction, station: Station) -> list[Aside]:
    """Return what was set aside of a station, oldest first."""
    found = []
    for at, body in tx.all("SELECT at, body FROM set_aside WHERE station = ? ORDER BY at", (station.id,)):
        raw = bytes(body)
        rows = load(unpack(raw, "zstd" if raw[:1] == b"\x28" else "identity"))
        pushed = [
            PushedSet(text.encode(), digest, tuple(map(tuple, personal)), tuple(map(tuple, keys)))
            for text, digest, personal, keys in rows
        ]
        found.append(Aside(at, tuple(readable(pushed))))
    return found


def waiting(tx: Transaction) -> list[tuple[int, str, int]]:
    """Return number, name and pushes of the stations of which something was set aside."""
    return [
        (row[0], row[1], row[2])
        for row in tx.all(
            "SELECT s.no, s.name, count(*) FROM set_aside a JOIN station s ON s.id = a.station GROUP BY s.no, s.name"
            " ORDER BY s.no"
        )
    ]


def not_taken(tx: Transaction, pushes: Sequence[Aside]) -> list[int]:
    """Return when those pushes came of which an act is not here."""
    uids = [one.uid for push in pushes for one in push.sets]
    here = {uid for (uid,) in tx.among("SELECT uid FROM change_set WHERE uid IN (#)", uids)}
    return [push.at for push in pushes if any(one.uid not in here for one in push.sets)]


def drop(
    tx: Transaction, station: Station, now: int, what: str, who: str = "", taken: int = 0, *, but: Sequence[int] = ()
) -> None:  # fmt: skip
    """Let go of what was set aside, `but` for what came at these times; `what` says in the book how it ended."""
    for (at,) in tx.all("SELECT at FROM set_aside WHERE station = ?", (station.id,)):
        if at not in but:
            tx.run("DELETE FROM set_aside WHERE station = ? AND at = ?", (station.id, at))
    stations.note(tx, now, what, station.id, who, no=station.no, taken=taken)
