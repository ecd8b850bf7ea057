"""The page about syncing: how it stands, what waits with whom it is about, what became of acts, photos, contacts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from deskapp.models.act_session import driver_of
from deskapp.models.act_titles import act_title
from deskapp.models.stock import THUMBNAIL
from deskapp.models.store import ReadSession
from deskapp.models.sync_state import UNSENT
from deskapp.queries.syncing import Contact, SyncBadge, contacts, held_photos, sync_badge

SHOWN: Final = 200
"""Acts of a list; a day offline makes about as many, and the newest say nothing more."""

LARGEST_BODY: Final = 200_000
"""Characters of an act that is read for what it is about; an import of thousands of lines is about no single record."""

SUBJECTS: Final[Mapping[str, str]] = {
    "service_ticket": "number", "repair_order": "number", "repair_item": "label_no", "device": "serial_no",
    "merchant": "name", "part": "part_no", "staff": "name",
}  # fmt: skip
"""What an act is about, the first of these that it names, and the column that names the record to a person."""

_NO_WORDS: Final = frozenset(("id", THUMBNAIL))
"""Columns in which nobody wrote anything."""

_NAMED_BY: Final[Mapping[str, str]] = {
    "ticket_id": "service_ticket", "order_id": "repair_order", "item_id": "repair_item", "device_id": "device",
    "merchant_id": "merchant", "part_id": "part",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """A record that an act is about: its table, its id, and the number or name that a person knows it by."""

    entity: str
    record_id: str
    number: str


@dataclass(frozen=True, slots=True)
class Act:
    """One act of this desk: its number, when, the title of what was done (a message id), by whom, about what.

    `code` is what the server decided (empty: nothing yet), `reason` why it was refused, `how` in which ways
    something came out differently, `cards` how many cards were raised, `texts` what was typed in a refused one.
    """

    seq: int
    uid: str
    at: int
    title: str
    by: str
    about: Subject | None
    code: str = ""
    reason: str = ""
    how: tuple[str, ...] = ()
    cards: int = 0
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Photos:
    """Photos and signatures on their way up: how many, bytes there and in all, how many could not go.

    `held` of those that wait do so for a line that is not paid by volume.
    """

    waiting: int = 0
    done: int = 0
    size: int = 0
    missing: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class SyncView:
    """All that the page shows.

    `code` is the word of what is wrong, `waiting` the oldest acts that wait, `oldest_at` since when,
    `held` how many records came from the server, `audited_at` when both sides were last compared
    (ms UTC), `differing` in how many scopes they then differed and were put right (-1: never compared yet).
    """

    badge: SyncBadge
    server: str
    station_no: int
    site: str
    code: str
    retired: bool
    waiting: tuple[Act, ...]
    oldest_at: int
    outcomes: tuple[Act, ...]
    contacts: tuple[Contact, ...]
    photos: Photos
    held: int
    audited_at: int
    differing: int
    carry_code: str


def sync_view(session: ReadSession, now: int) -> SyncView:
    """Return what the page shows at a moment (ms UTC)."""
    driver = driver_of(session)
    told: dict[str, str] = dict(driver.execute("SELECT key, value FROM sync_state").fetchall())
    info: dict[str, str] = dict(driver.execute("SELECT key, value FROM store_info").fetchall())
    site = driver.execute("SELECT name FROM site WHERE id = ?", (info.get("site_id", ""),)).fetchone()
    badge = sync_badge(session, now)
    waiting = waiting_acts(session)
    return SyncView(
        badge, told.get("server", ""), int(info.get("station_no", "0") or 0), str(site[0]) if site else "",
        told.get("problem", ""), told.get("retired", "") == "1", waiting, waiting[0].at if waiting else 0,
        outcomes(session), tuple(contacts(session)), photos(session), _held(driver),
        int(told.get("audited_at", "0") or 0), int(told.get("differing", "-1") or -1), told.get("carry", ""),
    )  # fmt: skip


def waiting_acts(session: ReadSession, *, limit: int = SHOWN) -> tuple[Act, ...]:
    """Return the acts that no server has, oldest first, with what they are about."""
    rows = driver_of(session).execute(
        "SELECT s.seq, s.uid, s.at, s.command, p.name, CASE WHEN length(s.body) <= ? THEN s.body ELSE '' END, '', '{}'"
        f" FROM change_set s LEFT JOIN staff p ON p.id = s.staff WHERE {UNSENT} ORDER BY s.seq LIMIT ?",
        (LARGEST_BODY, limit),
    )
    return _acts(session, rows.fetchall())


def outcomes(session: ReadSession, *, limit: int = SHOWN) -> tuple[Act, ...]:
    """Return the acts of which the server made something else than they said, or nothing yet; newest first."""
    rows = driver_of(session).execute(
        "SELECT s.seq, s.uid, s.at, s.command, p.name, CASE WHEN length(s.body) <= ? THEN s.body ELSE '' END,"
        " r.code, r.detail FROM sync_result r JOIN change_set s ON s.uid = r.uid"
        " LEFT JOIN staff p ON p.id = s.staff WHERE r.code NOT IN ('ok', 'noop') ORDER BY s.seq DESC LIMIT ?",
        (LARGEST_BODY, limit),
    )
    return _acts(session, rows.fetchall())


def photos(session: ReadSession) -> Photos:
    """Return what is still on its way to the server."""
    waiting, done, size, missing = driver_of(session).execute(
        "SELECT coalesce(sum(state = 'waiting'), 0), coalesce(sum(CASE WHEN state = 'waiting' THEN done END), 0),"
        " coalesce(sum(CASE WHEN state = 'waiting' THEN size END), 0), coalesce(sum(state = 'missing'), 0)"
        " FROM blob_transfer WHERE way = 'up'"
    ).fetchone()  # fmt: skip
    return Photos(waiting, done, size, missing, held_photos(driver_of(session)))


def _held(driver: Any) -> int:
    """Return how many records came from the server; counted only while they come, for it takes a while."""
    if driver.execute("SELECT 1 FROM sync_feed WHERE NOT filled LIMIT 1").fetchone() is None:
        return 0
    return int(driver.execute("SELECT count(*) FROM sync_held").fetchone()[0])


# -- what an act is about ----------------------------------------------------------------


def _acts(session: ReadSession, rows: Sequence[Any]) -> tuple[Act, ...]:
    bodies = [json.loads(row[5])["ops"] if row[5] else [] for row in rows]
    about = [_subject(ops) for ops in bodies]
    numbers = _numbers(session, {key for key in about if key is not None})
    personal = _personal(session, [ops for ops, row in zip(bodies, rows, strict=True) if row[6] == "rejected"])
    made = []
    for row, ops, key in zip(rows, bodies, about, strict=True):
        seq, uid, at, command, by, _body, code, detail = row
        told = json.loads(detail or "{}")
        made.append(Act(
            seq, uid, at, act_title(command), by or "",
            Subject(*key, numbers[key]) if key in numbers else None, code, str(told.get("reason", "")),
            tuple(told.get("how", ())), len(told.get("cards", ())),
            _texts(ops, personal) if code == "rejected" else (),
        ))  # fmt: skip
    return tuple(made)


def _subject(ops: Iterable[Mapping[str, Any]]) -> tuple[str, str] | None:
    found: dict[str, str] = {}
    for op in ops:
        if op["entity"] in SUBJECTS:
            found.setdefault(op["entity"], op["id"])
        for name, entity in _NAMED_BY.items():
            value = op["values"].get(name)
            if isinstance(value, str) and value:
                found.setdefault(entity, value)
    return next(((entity, found[entity]) for entity in SUBJECTS if entity in found), None)


def _numbers(session: ReadSession, keys: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    by_table: dict[str, list[str]] = {}
    for entity, record_id in keys:
        by_table.setdefault(entity, []).append(record_id)
    for entity, ids in by_table.items():
        marks = ", ".join("?" * len(ids))
        rows = driver_of(session).execute(f"SELECT id, {SUBJECTS[entity]} FROM {entity} WHERE id IN ({marks})", ids)
        found.update({(entity, record_id): number for record_id, number in rows})
    return found


def _personal(session: ReadSession, bodies: Sequence[Sequence[Mapping[str, Any]]]) -> dict[tuple[str, str], str]:
    uids = [op["uid"] for ops in bodies for op in ops]
    found: dict[tuple[str, str], str] = {}
    for start in range(0, len(uids), 500):
        some = uids[start : start + 500]
        rows = driver_of(session).execute(
            f"SELECT op_uid, name, value FROM personal_value WHERE op_uid IN ({', '.join('?' * len(some))})", some
        )
        found.update({(uid, name): value for uid, name, value in rows})
    return found


def _texts(ops: Iterable[Mapping[str, Any]], personal: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    """Return every text that a person typed, once, in its order."""
    found: list[str] = []
    for op in ops:
        for name, value in op["values"].items():
            text = personal.get((op["uid"], name), "") if isinstance(value, dict) and "hmac" in value else value
            if isinstance(text, str) and text and name not in _NO_WORDS and not name.endswith("_id"):
                found.append(text)
    return tuple(dict.fromkeys(found))
