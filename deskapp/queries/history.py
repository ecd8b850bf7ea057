"""The history of a record, read from the journal: every change with who and when, and both values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from deskapp.models.act_titles import act_title
from deskapp.models.journal import ChangedRecord, ChangeSet, PersonalValue
from deskapp.models.people import Staff
from deskapp.models.store import ReadSession


@dataclass(frozen=True, slots=True)
class Change:
    """One act that touched a record; `title` is a message id, `values` what it set by field name."""

    seq: int
    at: int
    by: str
    command: str
    title: str
    kind: str
    values: Mapping[str, Any]
    before: Mapping[str, Any]
    hash: str


def history(session: ReadSession, record_id: str) -> list[Change]:
    """Return every change of a record, newest first; erased personal values show as empty."""
    rows = session.execute(
        select(ChangeSet, Staff.name)
        .join(ChangedRecord, ChangedRecord.seq == ChangeSet.seq)
        .join(Staff, Staff.id == ChangeSet.staff, isouter=True)
        .where(ChangedRecord.record_id == record_id)
        .order_by(ChangeSet.seq)
    ).all()
    personal = {
        (row.op_uid, row.name): row.value
        for row in session.scalars(select(PersonalValue).where(PersonalValue.record_id == record_id))
    }
    known: dict[str, Any] = {}
    changes: list[Change] = []
    for row, name in rows:
        for operation in json.loads(row.body)["ops"]:
            if operation["id"] != record_id:
                continue
            values = {
                key: personal.get((operation["uid"], key), "") if isinstance(value, dict) and "hmac" in value else value
                for key, value in operation["values"].items()
            }
            before = {key: known[key] for key in values if key in known}
            known.update(values)
            changes.append(
                Change(
                    row.seq, row.at, name or "", row.command, act_title(row.command),
                    operation["kind"], values, before, row.hash,
                )  # fmt: skip
            )
    return changes[::-1]


def journal(session: ReadSession, *, before_seq: int | None = None, limit: int = 200) -> list[Change]:
    """Return one page of the whole journal, newest first, for an auditor; values are left out."""
    question = select(ChangeSet, Staff.name).join(Staff, Staff.id == ChangeSet.staff, isouter=True)
    if before_seq is not None:
        question = question.where(ChangeSet.seq < before_seq)
    rows = session.execute(question.order_by(ChangeSet.seq.desc()).limit(limit)).all()
    return [
        Change(
            row.seq, row.at, name or "", row.command,
            act_title(row.command), "", {}, {}, row.hash,
        )
        for row, name in rows
    ]  # fmt: skip


def unsent(session: ReadSession) -> int:
    """Return how many change sets the server has not seen yet: all of them while there is no server."""
    waiting = select(ChangeSet.seq).where(ChangeSet.acked_at == 0)
    newest = session.scalar(waiting.order_by(ChangeSet.seq.desc()).limit(1))
    oldest = session.scalar(waiting.order_by(ChangeSet.seq).limit(1))
    return (newest - oldest + 1) if newest and oldest else 0
