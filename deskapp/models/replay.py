"""Applies change sets of the journal to a store that misses them: after a restore, and later from the server."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp.errors import N_, Corrupt
from deskapp.models.base import Base, Synced
from deskapp.models.canonical import canonical
from deskapp.models.copy import Entry
from deskapp.models.journal import ChangedRecord, ChangeSet, GroupVersion, PersonalValue, RecordKey
from deskapp.models.striking import holds


def tables() -> dict[str, type[Synced]]:
    """Return every travelling table by its name."""
    mapped: list[Any] = [mapper.class_ for mapper in Base.registry.mappers]
    return {entity.__tablename__: entity for entity in mapped if issubclass(entity, Synced)}


def head(session: Session) -> tuple[int, str]:
    """Return number and hash of the newest change set, or (0, "")."""
    row = session.execute(select(ChangeSet.seq, ChangeSet.hash).order_by(ChangeSet.seq.desc()).limit(1)).one_or_none()
    return (row.seq, row.hash) if row else (0, "")


def verify_chain(session: Session) -> int:
    """Return how many change sets the journal has; raises Corrupt where number, hash or chain is broken."""
    prev, expected = "", 1
    for row in session.execute(
        select(ChangeSet.seq, ChangeSet.hash, ChangeSet.prev, ChangeSet.body).order_by(ChangeSet.seq)
    ):
        if row.seq != expected or row.prev != prev or not holds(row.body, row.hash):
            raise Corrupt(N_("The journal is broken at entry {number}."), code="chain", number=expected)
        if json.loads(row.body)["prev"] != prev:
            raise Corrupt(N_("The journal is broken at entry {number}."), code="chain", number=expected)
        prev, expected = row.hash, expected + 1
    return expected - 1


def apply(session: Session, entry: Entry) -> None:
    """Add one change set with its rows; it must be the next in the chain, else Corrupt."""
    seq, prev = head(session)
    if entry.seq != seq + 1 or entry.prev != prev or not holds(entry.body, entry.hash):
        raise Corrupt(N_("The copy of the journal does not fit at entry {number}."), code="chain", number=entry.seq)
    names = ("seq", "uid", "station", "hlc", "at", "staff", "command", "body", "prev", "hash")
    session.add(ChangeSet(**{name: getattr(entry, name) for name in names}))
    personal: dict[tuple[str, str], str] = {}
    for op_uid, name, record_id, value in json.loads(entry.personal):
        personal[op_uid, name] = value
        session.add(PersonalValue(op_uid=op_uid, name=name, record_id=record_id, value=value))
    for record_id, key in json.loads(entry.keys):
        session.merge(RecordKey(record_id=record_id, key=key))
    known = tables()
    operations = json.loads(entry.body)["ops"]
    for operation in operations:
        _apply_one(session, known[operation["entity"]], operation, personal)
    for record_id in dict.fromkeys(operation["id"] for operation in operations):
        session.add(ChangedRecord(record_id=record_id, seq=entry.seq))
    session.flush()


def _apply_one(
    session: Session, entity: type[Synced], operation: dict[str, Any], personal: dict[tuple[str, str], str]
) -> None:
    values = {
        name: personal.get((operation["uid"], name), "") if isinstance(value, dict) and "hmac" in value else value
        for name, value in operation["values"].items()
        if hasattr(entity, name)  # a newer program's column is kept in the journal and skipped here
    }
    if operation["kind"] in ("create", "fact"):
        row = entity(**{**values, "id": operation["id"]})
        session.add(row)
    else:
        row = session.get_one(entity, operation["id"])
        for name, value in values.items():
            setattr(row, name, value)
        session.merge(GroupVersion(record_id=row.id, name=operation["group"], op_uid=operation["uid"]))
    session.flush()


def same_bytes(body: str) -> bool:
    """Say whether a stored body is canonical JSON, so that its hash can be checked elsewhere."""
    return canonical(json.loads(body)) == body
