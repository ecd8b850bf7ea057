"""The simplest server there can be, for tests of one desk: whatever an act did becomes entries of a log."""

from __future__ import annotations

import json

from sqlalchemy import select

from deskapp.models.absorb import Entry, Piece
from deskapp.models.journal import ChangeSet, PersonalValue
from deskapp.models.store import Store

SCOPE = "site:1"


def entries(store: Store, after: int = 0, scope: str = SCOPE) -> list[Entry]:
    """Return what a desk did as the entries another desk would receive."""
    with store.read() as session:
        personal = {(row.op_uid, row.name): row.value for row in session.scalars(select(PersonalValue))}
        found = []
        for row in session.scalars(select(ChangeSet).where(ChangeSet.seq > after).order_by(ChangeSet.seq)):
            for one in json.loads(row.body)["ops"]:
                values = {
                    name: personal.get((one["uid"], name), "") if isinstance(value, dict) and "hmac" in value else value
                    for name, value in one["values"].items()
                }
                kind = {"create": "put"}.get(one["kind"], one["kind"])
                found.append(Entry(kind, one["entity"], one["id"], values, one["group"], one["uid"], {}, scope))
    return found


def head(store: Store) -> int:
    """Return the number of the newest act."""
    with store.read() as session:
        return session.scalar(select(ChangeSet.seq).order_by(ChangeSet.seq.desc()).limit(1)) or 0


def take(store: Store, some: list[Entry], **more: object) -> None:
    """Let a desk take entries in."""
    store.absorb(Piece(entries=some, **more))  # type: ignore[arg-type]
