"""Turns what a session flushed into the journal's operations; no command writes them by hand.

An added fact becomes `fact`, an added describing row `create`, a changed field group
`set` with the version it replaced. Derived values never enter the journal.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session, UOWTransaction

from deskapp.models.base import Base, Synced
from deskapp.models.canonical import canonical_of_many, digest
from deskapp.models.journal import ChangedRecord, ChangeSet, GroupVersion, PersonalValue, RecordKey

Key = tuple[str, str]


def keyed(key: str, value: str) -> str:
    """Return what stands in the journal for a personal value: HMAC-SHA-256 under the record's own key."""
    return hmac.new(bytes.fromhex(key), value.encode(), hashlib.sha256).hexdigest()


@dataclass(slots=True)
class Capture:
    """Listens to one session's flushes and remembers what was added and changed."""

    created: dict[Key, Synced] = field(default_factory=dict)
    changed: dict[Key, tuple[Synced, set[str]]] = field(default_factory=dict)
    touched: dict[Key, object] = field(default_factory=dict)

    def listen(self, session: Session) -> None:
        """Begin to listen; the session lives for one act only."""
        event.listen(session, "before_flush", self._before_flush)

    def _before_flush(self, session: Session, _context: UOWTransaction, _objects: object) -> None:
        for row in session.deleted:
            if isinstance(row, Synced):
                raise RuntimeError(f"{type(row).__name__} rows are never deleted")
        for row in session.new:
            if not isinstance(row, Base):
                continue
            key = (row.__tablename__, _identity(row))
            self.touched[key] = row
            if isinstance(row, Synced):
                self.created[key] = row
        for row in session.dirty:
            self._note_change(row)

    def _note_change(self, row: object) -> None:
        names = _changed_names(row)
        if not names or not isinstance(row, Base):
            return
        key = (row.__tablename__, _identity(row))
        self.touched[key] = row
        if not isinstance(row, Synced) or key in self.created:
            return
        plain = {name for name in names if not _info(_kind(row), name).get("derived")}
        if plain and type(row).fact:
            raise RuntimeError(f"{type(row).__name__} is a fact: it is added once and never changed")
        if plain:
            self.changed.setdefault(key, (row, set()))[1].update(plain)

    @property
    def journalled(self) -> bool:
        """Say whether anything that travels was added or changed."""
        return bool(self.created or self.changed)

    def operations(
        self, session: Session, new_id: Callable[[], str], new_key: Callable[[], str], seen: dict[Key, str]
    ) -> list[dict[str, Any]]:
        """Build the operations of this act and store personal values and group versions beside them."""
        build = _Builder(session, new_id, new_key, seen)
        for (table, _id), row in self.created.items():
            build.create(table, row)
        for (table, _id), (row, names) in self.changed.items():
            build.set_groups(table, row, names)
        return build.operations


@dataclass(slots=True)
class _Builder:
    session: Session
    new_id: Callable[[], str]
    new_key: Callable[[], str]
    seen: dict[Key, str]
    operations: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)

    def create(self, table: str, row: Synced) -> None:
        values = {name: getattr(row, name) for name in _travelling(_kind(row))}
        kind = "fact" if type(row).fact else "create"
        self._add(kind, table, row, "", "", values, fresh=True)

    def set_groups(self, table: str, row: Synced, names: set[str]) -> None:
        groups: dict[str, dict[str, Any]] = {}
        for name in sorted(names):
            groups.setdefault(_info(_kind(row), name)["group"], {})[name] = getattr(row, name)
        for group, values in groups.items():
            version = self.session.get(GroupVersion, (row.id, group))
            base = self.seen.get((row.id, group), version.op_uid if version else "")
            uid = self._add("set", table, row, group, base, values)
            if version is None:
                self.session.add(GroupVersion(record_id=row.id, name=group, op_uid=uid))
            else:
                version.op_uid = uid

    def _add(
        self, kind: str, table: str, row: Synced, group: str, base: str, values: dict[str, Any], *, fresh: bool = False
    ) -> str:
        uid = self.new_id()
        for name in _personal(_kind(row)):
            if name in values:
                text = str(values[name])
                self.session.add(PersonalValue(op_uid=uid, name=name, record_id=row.id, value=text))
                values[name] = {"hmac": keyed(self._key(row.id, fresh=fresh), text)}
        operation = {"uid": uid, "kind": kind, "entity": table, "id": row.id, "values": values}
        self.operations.append({**operation, "group": group, "base": base})
        return uid

    def _key(self, record_id: str, *, fresh: bool) -> str:
        if record_id not in self.keys:
            row = None if fresh else self.session.get(RecordKey, record_id)
            if row is None:
                row = RecordKey(record_id=record_id, key=self.new_key())
                self.session.add(row)
            self.keys[record_id] = row.key
        return self.keys[record_id]


@dataclass(frozen=True, slots=True)
class Last:
    """The newest entry of the journal, to which the next is chained; empty before the first."""

    seq: int = 0
    hash: str = ""
    hlc: str = ""


def last_entry(session: Session) -> Last:
    """Return the newest entry of the journal."""
    newest = select(ChangeSet.seq, ChangeSet.hash, ChangeSet.hlc).order_by(ChangeSet.seq.desc()).limit(1)
    row = session.execute(newest).one_or_none()
    return Last(row.seq, row.hash, row.hlc) if row else Last()


def append(
    session: Session, last: Last, *, uid: str, head: dict[str, Any], operations: list[dict[str, Any]], now: int
) -> ChangeSet:
    """Chain one change set to the journal; `head` names station, hlc, staff, command, app_version, schema."""
    seq, prev = last.seq + 1, last.hash
    body = canonical_of_many({"uid": uid, "seq": seq, "prev": prev, **head}, "ops", operations)
    row = ChangeSet(
        seq=seq, uid=uid, station=head["station"], hlc=head["hlc"], at=now, staff=head["staff"],
        command=head["command"], body=body, prev=prev, hash=digest(body),
    )  # fmt: skip
    session.add(row)
    for record_id in dict.fromkeys(operation["id"] for operation in operations):
        session.add(ChangedRecord(record_id=record_id, seq=seq))
    return row


def _kind(row: object) -> Any:
    """Return a row's class; typed loosely, because mypy takes no ORM class for hashable."""
    return type(row)


@cache
def _columns(entity: Any) -> tuple[str, ...]:
    mapper: Any = inspect(entity)
    return tuple(attribute.key for attribute in mapper.column_attrs)


@cache
def _travelling(entity: Any) -> tuple[str, ...]:
    return tuple(name for name in _columns(entity) if name != "id" and not _info(entity, name).get("derived"))


@cache
def _personal(entity: Any) -> tuple[str, ...]:
    return tuple(name for name in _columns(entity) if _info(entity, name).get("personal"))


@cache
def _info(entity: Any, name: str) -> dict[str, Any]:
    mapper: Any = inspect(entity)
    info: dict[str, Any] = mapper.column_attrs[name].columns[0].info
    return info if info else {"group": "main"}


@cache
def _keys(entity: Any) -> tuple[str, ...]:
    mapper: Any = inspect(entity)
    return tuple(str(column.key) for column in mapper.primary_key)


def _identity(row: Base) -> str:
    return "/".join([str(getattr(row, key)) for key in _keys(_kind(row))])


def _changed_names(row: object) -> set[str]:
    state: Any = inspect(row)
    # Only what was set since the last flush can have changed.
    return {name for name in state.committed_state if state.attrs[name].history.has_changes()}
