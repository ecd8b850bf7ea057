"""How syncing stands: the badge, the queue of what waits, the last contacts, marks on single records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from deskapp.errors import N_
from deskapp.models import sync_state
from deskapp.models.act_session import driver_of
from deskapp.models.act_titles import act_title
from deskapp.models.journal import ChangeSet
from deskapp.models.people import Staff
from deskapp.models.stock import THUMBNAIL
from deskapp.models.store import ReadSession
from deskapp.models.sync_state import UNSENT, BlobTransfer, SyncResult

QUIET_MS = 15 * 60_000
"""A desk that has not heard of its server for so long is shown as offline, whatever the last try said."""

CLOCK_WRONG_MS = 2 * 60_000


class Standing(StrEnum):
    """How this desk stands with its server."""

    ALONE = "alone"
    FILLING = "filling"
    ONLINE = "online"
    OFFLINE = "offline"
    TROUBLE = "trouble"


OFFLINE_CODES = frozenset({"offline", "busy", "torn", "refused", "too_large"})
"""Ends of a contact that pass by themselves; anything else needs somebody."""

PROBLEMS = {
    "offline": N_("The server cannot be reached. Work goes on; everything is sent later."),
    "busy": N_("The server is busy. deskapp tries again by itself."),
    "torn": N_("The line breaks off in the middle. deskapp tries again by itself."),
    "refused": N_("The server could not take the request. deskapp tries again by itself."),
    "too_large": N_("The server's answer is too large to be right."),
    "fault": N_("Something went wrong in deskapp itself. It tries again; what you enter is kept here."),
    "certificate": N_("The server's certificate is not the one this desk trusts. Nothing was sent."),
    "unknown": N_("The server does not know this desk. Connect it again with a new code."),
    "unsigned": N_("The server does not accept this desk's signature. Connect it again with a new code."),
    "replayed": N_("The server does not accept this desk's signature. Connect it again with a new code."),
    "no_station_key": N_("The key of this desk is not on this computer. Connect it to the server again."),
    "lost": N_("This desk was reported lost and is locked out. Ask your administrator."),
    "retired": N_("This desk was taken out of service."),
    "wiped": N_("This desk was reported lost. Its data is removed from this computer."),
    "old": N_("This deskapp is too old for the server. Update it; your entries are sent."),
    "disk_full": N_("The disk is full: what the server has cannot be taken in. Make room."),
    "disk_fault": N_("The disk does not answer as it should. Close and reopen deskapp."),
    "frozen": N_("Saving is stopped because the disk failed. Close and reopen deskapp."),
    "moved": N_("This data now runs on another computer. It gets a station number of its own at the next contact."),
}


@dataclass(frozen=True, slots=True)
class SyncBadge:
    """What the badge shows.

    `unsent` acts wait here, `refused` acts wait for a person, `photos` for their upload. `contact_at` is when the
    server last answered (ms UTC, 0 = never), `problem` a message id, `clock_off_ms` how far this computer's clock is
    off the server's where that matters, else 0.
    """

    standing: Standing
    unsent: int
    refused: int
    photos: int
    contact_at: int
    problem: str
    clock_off_ms: int
    held: int = 0
    """Photos that wait for a line which is not paid by volume."""


ALONE = SyncBadge(Standing.ALONE, 0, 0, 0, 0, "", 0)
"""A desk without a server, in which nothing has been done yet."""


def sync_badge(session: ReadSession, now: int) -> SyncBadge:
    """Return what the badge shows at a moment (ms UTC)."""
    return badge_by(driver_of(session), now)


def badge_by(driver: Any, now: int) -> SyncBadge:
    """Return the same by a raw connection; asked after every commit, so by a few prepared questions."""
    told: dict[str, str] = dict(driver.execute("SELECT key, value FROM sync_state").fetchall())
    unsent = _unsent(driver)
    if not told.get("server"):
        return SyncBadge(Standing.ALONE, unsent, 0, 0, 0, "", 0)
    code, contact_at, offset = told.get("problem", ""), _whole(told, "contact_at"), _whole(told, "offset_ms")
    filling, refused, photos = driver.execute(_COUNTS).fetchone()
    if code:
        standing = Standing.OFFLINE if code in OFFLINE_CODES else Standing.TROUBLE
    elif not contact_at or now - contact_at > QUIET_MS:
        standing = Standing.OFFLINE
    else:
        standing = Standing.FILLING if filling else Standing.ONLINE
    return SyncBadge(
        standing, unsent, refused, photos, contact_at, PROBLEMS.get(code, PROBLEMS["refused"] if code else ""),
        offset if abs(offset) > CLOCK_WRONG_MS else 0, held_photos(driver) if told.get("metered") and photos else 0,
    )  # fmt: skip


def held_photos(driver: Any) -> int:
    """Return how many photos wait for another line, which they do where the one of now is paid by volume."""
    row = driver.execute("SELECT value FROM sync_state WHERE key = 'metered' AND value <> ''").fetchone()
    if row is None:
        return 0
    question = (
        "SELECT count(*) FROM blob_transfer WHERE way = 'up' AND state = 'waiting' AND rank NOT IN (0, 20) AND size > ?"
    )
    return int(driver.execute(question, (int(row[0]),)).fetchone()[0])


_COUNTS = (
    "SELECT (SELECT count(*) FROM sync_feed WHERE NOT filled),"
    " (SELECT count(*) FROM sync_result WHERE code = 'rejected'),"
    " (SELECT count(*) FROM blob_transfer WHERE way = 'up' AND state = 'waiting')"
)


def _whole(told: Mapping[str, str], key: str) -> int:
    return int(told.get(key, "") or 0)


def _unsent(driver: Any) -> int:
    """Return how many acts no server has; where there is no server, the number of the newest says it."""
    if driver.execute("SELECT 1 FROM sync_state WHERE key = 'server' AND value <> ''").fetchone():
        (count,) = driver.execute(f"SELECT count(*) FROM change_set s WHERE {UNSENT}").fetchone()
    else:
        (count,) = driver.execute("SELECT coalesce(max(seq), 0) FROM change_set").fetchone()
    return int(count)


@dataclass(frozen=True, slots=True)
class QueuedAct:
    """An act that is not confirmed: its number, when, the title of what was done (a message id), by whom."""

    seq: int
    uid: str
    at: int
    title: str
    by: str
    words: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact with the server, or several that failed in a row for the same reason: the last of them."""

    at: int
    took_ms: int
    sent: int
    received: int
    problem: str
    times: int = 1
    since: int = 0


def queued_acts(session: ReadSession, *, limit: int = 200) -> list[QueuedAct]:
    """Return the acts that wait to be sent, oldest first."""
    rows = session.execute(
        select(ChangeSet.seq, ChangeSet.uid, ChangeSet.at, ChangeSet.command, ChangeSet.staff)
        .where(ChangeSet.acked_at == 0, ~_heard_of()).order_by(ChangeSet.seq).limit(limit)
    ).all()  # fmt: skip
    names = _names(session, {row.staff for row in rows})
    return [QueuedAct(row.seq, row.uid, row.at, act_title(row.command), names.get(row.staff, "")) for row in rows]


def _heard_of() -> ColumnElement[bool]:
    """Say of an act that the server has it, though the feeds have not brought it yet: a stick told so, for instance."""
    return exists().where(SyncResult.uid == ChangeSet.uid, SyncResult.code != "parked")


def refused_acts(session: ReadSession) -> list[QueuedAct]:
    """Return the acts that the server refused, newest first, with every text that was typed in them."""
    rows = session.execute(
        select(ChangeSet.seq, ChangeSet.uid, ChangeSet.at, ChangeSet.command, ChangeSet.staff, ChangeSet.body,
               SyncResult.detail)
        .join(SyncResult, SyncResult.uid == ChangeSet.uid)
        .where(SyncResult.code == "rejected").order_by(ChangeSet.seq.desc())
    ).all()  # fmt: skip
    names = _names(session, {row.staff for row in rows})
    return [
        QueuedAct(
            row.seq, row.uid, row.at, act_title(row.command), names.get(row.staff, ""), _texts(session, row.body),
            str(row.detail.get("reason", "")),
        )
        for row in rows
    ]  # fmt: skip


def contacts(session: ReadSession, *, limit: int = 100) -> list[Contact]:
    """Return the last contacts in which something moved or went wrong, newest first."""
    rows = driver_of(session).execute("SELECT at, took_ms, sent, received, outcome FROM sync_round ORDER BY n DESC")
    found: list[Contact] = []
    for at, took, sent, received, outcome in rows:
        problem = PROBLEMS.get(outcome, PROBLEMS["refused"]) if outcome else ""
        last = found[-1] if found else None
        if last is not None and problem and last.problem == problem and not (sent or received):
            found[-1] = replace(last, times=last.times + 1, since=at)
        elif len(found) == limit:
            break
        else:
            found.append(Contact(at, took, sent, received, problem, since=at))
    return found


STOPPED = N_("You may no longer sign in here. Ask a supervisor.")
LEAVING = N_(
    "This desk is being taken out of service. Everything done here is at the server; its records are being removed"
    " from this computer."
)


def why_away(session: ReadSession, staff_id: str) -> str:
    """Return why a person may not go on here (a message id), or nothing.

    Another desk may have stopped them; or everything was handed over, and the people go with the other records.
    """
    if session.scalar(select(Staff.active).where(Staff.id == staff_id)):
        return ""
    return LEAVING if sync_state.state(session, "leaving") else STOPPED


def unsent_records(session: ReadSession, ids: Iterable[str]) -> frozenset[str]:
    """Return those of the records that an act not yet confirmed touched."""
    wanted = list(dict.fromkeys(ids))
    found: set[str] = set()
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        rows = driver_of(session).execute(
            "SELECT DISTINCT c.record_id FROM changed_record c JOIN change_set s ON s.seq = c.seq"
            f" WHERE {UNSENT} AND c.record_id IN ({', '.join('?' * len(some))})",
            some,
        )
        found.update(one for (one,) in rows)
    return frozenset(found)


def uploading_photos(session: ReadSession, attachment_ids: Sequence[str]) -> frozenset[str]:
    """Return those of the attachments whose file is still on its way to the server."""
    rows = session.scalars(
        select(BlobTransfer.attachment_id).where(
            BlobTransfer.attachment_id.in_(attachment_ids), BlobTransfer.way == "up", BlobTransfer.state != "done"
        )
    )
    return frozenset(rows)


def coming_photos(session: ReadSession, names: Sequence[str]) -> frozenset[str]:
    """Return those of the files, by their SHA-256, that are still on their way from the server."""
    rows = session.scalars(
        select(BlobTransfer.sha256).where(
            BlobTransfer.sha256.in_(names), BlobTransfer.way == "down", BlobTransfer.state == "waiting"
        )
    )
    return frozenset(rows)


def _names(session: ReadSession, ids: set[str]) -> dict[str, str]:
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _texts(session: ReadSession, body: str) -> tuple[str, ...]:
    found: list[str] = []
    driver = driver_of(session)
    for operation in json.loads(body)["ops"]:
        for name, value in operation["values"].items():
            told: Any = value
            if isinstance(value, dict) and "hmac" in value:
                row = driver.execute(
                    "SELECT value FROM personal_value WHERE op_uid = ? AND name = ?", (operation["uid"], name)
                ).fetchone()
                told = row[0] if row else ""
            if isinstance(told, str) and told and name != THUMBNAIL and not name.endswith("_id"):
                found.append(told)
    return tuple(dict.fromkeys(found))
