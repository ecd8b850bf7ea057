"""How syncing stands: the badge, the queue of what waits, the last contacts, marks on single records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select

from deskapp.errors import N_
from deskapp.models import sync_state
from deskapp.models.act_session import driver_of
from deskapp.models.journal import ChangeSet
from deskapp.models.people import Staff
from deskapp.models.store import REGISTRY, ReadSession
from deskapp.models.sync_state import BlobTransfer, SyncFeed, SyncResult, SyncRound

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
    "certificate": N_("The server's certificate is not the one this desk trusts. Nothing was sent."),
    "unknown": N_("The server does not know this desk. Connect it again with a new code."),
    "unsigned": N_("The server does not accept this desk's signature. Connect it again with a new code."),
    "replayed": N_("The server does not accept this desk's signature. Connect it again with a new code."),
    "no_station_key": N_("The key of this desk is not on this computer. Connect it to the server again."),
    "lost": N_("This desk was reported lost and is locked out. Ask your administrator."),
    "retired": N_("This desk was taken out of service."),
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


def sync_badge(session: ReadSession, now: int) -> SyncBadge:
    """Return what the badge shows at a moment (ms UTC)."""
    get = sync_state.state
    unsent = session.scalar(select(func.count()).select_from(ChangeSet).where(ChangeSet.acked_at == 0)) or 0
    if not get(session, "server"):
        return SyncBadge(Standing.ALONE, unsent, 0, 0, 0, "", 0)
    code, contact_at = get(session, "problem"), sync_state.number(session, "contact_at")
    offset = sync_state.number(session, "offset_ms")
    filling = session.scalar(select(func.count()).select_from(SyncFeed).where(~SyncFeed.filled)) or 0
    if code:
        standing = Standing.OFFLINE if code in OFFLINE_CODES else Standing.TROUBLE
    elif not contact_at or now - contact_at > QUIET_MS:
        standing = Standing.OFFLINE
    else:
        standing = Standing.FILLING if filling else Standing.ONLINE
    return SyncBadge(
        standing, unsent,
        session.scalar(select(func.count()).select_from(SyncResult).where(SyncResult.code == "rejected")) or 0,
        session.scalar(_photos_waiting()) or 0,
        contact_at, PROBLEMS.get(code, PROBLEMS["refused"] if code else ""),
        offset if abs(offset) > CLOCK_WRONG_MS else 0,
    )  # fmt: skip


def _photos_waiting() -> Any:
    here = (BlobTransfer.way == "up", BlobTransfer.state == "waiting")
    return select(func.count()).select_from(BlobTransfer).where(*here)


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
    """One contact with the server."""

    at: int
    took_ms: int
    sent: int
    received: int
    problem: str


def queued_acts(session: ReadSession, *, limit: int = 200) -> list[QueuedAct]:
    """Return the acts that wait to be sent, oldest first."""
    rows = session.execute(
        select(ChangeSet.seq, ChangeSet.uid, ChangeSet.at, ChangeSet.command, ChangeSet.staff)
        .where(ChangeSet.acked_at == 0).order_by(ChangeSet.seq).limit(limit)
    ).all()  # fmt: skip
    names = _names(session, {row.staff for row in rows})
    return [QueuedAct(row.seq, row.uid, row.at, _title(row.command), names.get(row.staff, "")) for row in rows]


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
            row.seq, row.uid, row.at, _title(row.command), names.get(row.staff, ""), _texts(session, row.body),
            str(row.detail.get("reason", "")),
        )
        for row in rows
    ]  # fmt: skip


def contacts(session: ReadSession, *, limit: int = 100) -> list[Contact]:
    """Return the last contacts in which something moved or went wrong, newest first."""
    rows = session.scalars(select(SyncRound).order_by(SyncRound.n.desc()).limit(limit))
    return [
        Contact(row.at, row.took_ms, row.sent, row.received, PROBLEMS.get(row.outcome, row.outcome)) for row in rows
    ]


def unsent_records(session: ReadSession, ids: Iterable[str]) -> frozenset[str]:
    """Return those of the records that an act not yet confirmed touched."""
    wanted = list(dict.fromkeys(ids))
    found: set[str] = set()
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        rows = driver_of(session).execute(
            "SELECT DISTINCT c.record_id FROM changed_record c JOIN change_set s ON s.seq = c.seq"
            f" WHERE s.acked_at = 0 AND c.record_id IN ({', '.join('?' * len(some))})",
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


def _title(command: str) -> str:
    spec = REGISTRY.get(command)
    return spec.title if spec is not None else command


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
            if isinstance(told, str) and told and not name.endswith("_id"):
                found.append(told)
    return tuple(dict.fromkeys(found))
