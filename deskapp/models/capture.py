"""Turns what a session flushed into the journal's operations; no command writes them by hand.

An added fact becomes `fact`, an added describing row `create`, a changed field group
`set` with the version it replaced. Derived values never enter the journal.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import JSON, Text, inspect

from deskapp.clock import NewId, in_runs
from deskapp.errors import N_, Refused
from deskapp.models.act_session import ActSession
from deskapp.models.base import Base, Synced
from deskapp.models.canonical import canonical, canonical_with, digest
from deskapp.models.free_text import may_hold_words, numbers_on_record, refuse_card_numbers
from deskapp.models.journal import ChangedRecord, ChangeSet, GroupVersion, PersonalValue, RecordKey
from deskapp.models.key_seeds import key_of

Key = tuple[str, str]


MOST_OPERATIONS, MOST_BODY = 50_000, 32 * 1024 * 1024
"""Operations of one act, and bytes of what they say: no server takes more at once, and nothing behind would ever go."""

MANY = 1_000
"""Operations from which on an act may be too large."""

AT_ONCE = 40
"""Operations that are turned into JSON by one call: about half a millisecond."""


def keyed(key: str, value: str) -> str:
    """Return what stands in the journal for a personal value: HMAC-SHA-256 under the record's own key."""
    return hmac.digest(bytes.fromhex(key), value.encode(), "sha256").hex()


@dataclass(slots=True)
class Capture:
    """Listens to one session and remembers what was added and changed."""

    created: dict[Key, Synced] = field(default_factory=dict)
    changed: dict[Key, tuple[Synced, set[str]]] = field(default_factory=dict)
    touched: dict[Key, object] = field(default_factory=dict)
    before: dict[Key, dict[str, Any]] = field(default_factory=dict)

    def listen(self, session: ActSession) -> None:
        """Begin to listen; the session lives for one act only."""
        session.on_new, session.on_change = self._note_new, self._note_change

    def _note_new(self, row: Base) -> None:
        key = (row.__tablename__, _identity(row))
        self.touched[key] = row
        if isinstance(row, Synced):
            self.created[key] = row

    def _note_change(self, row: Base, names: set[str]) -> None:
        key = (row.__tablename__, _identity(row))
        self.touched[key] = row
        if not isinstance(row, Synced) or key in self.created:
            return
        derived = _derived(_kind(row))
        plain = {name for name in names if name not in derived}
        if plain and type(row).fact:
            raise RuntimeError(f"{type(row).__name__} is a fact: it is added once and never changed")
        if plain:
            self.changed.setdefault(key, (row, set()))[1].update(plain)
            state: Any = row._sa_instance_state  # type: ignore[attr-defined]
            was = self.before.setdefault(key, {})
            for name in plain.difference(was):
                was[name] = state.committed_state.get(name)

    def images(self) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Yield table, record, group and the values of the whole group as they were before the act."""
        for (table, record_id), was in self.before.items():
            row = self.changed[table, record_id][0]
            for group in {_info(_kind(row), name)["group"] for name in was}:
                values = {name: getattr(row, name) for name in _group(_kind(row), group)}
                yield table, record_id, group, {**values, **{name: was[name] for name in values.keys() & was.keys()}}

    @property
    def journalled(self) -> bool:
        """Say whether anything that travels was added or changed."""
        return bool(self.created or self.changed)

    def operations(self, session: ActSession, new_id: NewId, seen: dict[Key, str]) -> Operations:
        """Build the operations of this act and store personal values and group versions beside them."""
        build = Operations(session, in_runs(new_id), session.kept.seeds.draw(), seen, self.touched.values())
        for (table, _id), row in self.created.items():
            build.create(table, row)
        for (table, _id), (row, names) in self.changed.items():
            build.set_groups(table, row, names)
        build.spell()
        if build.count > MANY and (build.count > MOST_OPERATIONS or sum(map(_bytes, build.texts)) > MOST_BODY):
            raise Refused(
                N_("Too much at once (changes: {count}). Do it in parts, a large file in several smaller ones."),
                field="file", code="too_much", count=build.count,
            )  # fmt: skip
        session.put(PersonalValue, [(one.op_uid, one.name, one.record_id, one.value) for one in build.personal])
        session.put(RecordKey, [(one.record_id, one.key) for one in build.made])
        return build


class Personal(NamedTuple):
    """A personal value that stands beside the journal (`PersonalValue`)."""

    op_uid: str
    name: str
    record_id: str
    value: str


class NewKey(NamedTuple):
    """A key made for a record (`RecordKey`)."""

    record_id: str
    key: str


@dataclass(slots=True)
class Operations:
    """The operations of one act in the order of its doings, as pieces of JSON, and what stands beside them."""

    session: ActSession
    uids: Iterator[str]
    seed: bytes
    seen: dict[Key, str]
    at_hand: Collection[object] = ()
    texts: list[str] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    records: dict[str, None] = field(default_factory=dict)
    personal: list[Personal] = field(default_factory=list)
    made: list[NewKey] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def create(self, table: str, row: Synced) -> None:
        """Add the operation that makes a row."""
        way = _way(_kind(row))
        state = row.__dict__
        values = dict(zip(way.names, way.pick(state), strict=True))
        self._add(way.kind, table, state["id"], "", "", values, way, fresh=True)

    def set_groups(self, table: str, row: Synced, names: set[str]) -> None:
        """Add one operation for each group of fields that was set."""
        groups: dict[str, dict[str, Any]] = {}
        for name in sorted(names):
            groups.setdefault(_info(_kind(row), name)["group"], {})[name] = getattr(row, name)
        for group, values in groups.items():
            version = self.session.get(GroupVersion, (row.id, group))
            base = self.seen.get((row.id, group), version.op_uid if version else "")
            uid = self._add("set", table, row.id, group, base, values, _way(_kind(row)))
            if version is None:
                self.session.add(GroupVersion(record_id=row.id, name=group, op_uid=uid))
            else:
                version.op_uid = uid

    def _add(
        self, kind: str, table: str, record_id: str, group: str, base: str, values: dict[str, Any], way: _Way,
        *, fresh: bool = False,
    ) -> str:  # fmt: skip
        refuse_card_numbers(values, self._known, way.wordy)
        uid = next(self.uids)
        for name in way.personal:
            if name in values:
                text = str(values[name])
                self.personal.append(Personal(uid, name, record_id, text))
                values[name] = {"hmac": keyed(self._key(record_id, fresh=fresh), text)}
        self.records[record_id] = None
        self.waiting.append({
            "base": base, "entity": table, "group": group, "id": record_id, "kind": kind, "uid": uid, "values": values,
        })  # fmt: skip
        if len(self.waiting) >= AT_ONCE:
            self.spell()
        return uid

    def _known(self, text: str) -> set[str]:
        return numbers_on_record(self.session, text, self.at_hand)

    def spell(self) -> None:
        """Turn what waits into JSON: a handful at once, which is quicker than one by one.

        One call for thousands would hold every other thread up for as long as it takes.
        """
        if self.waiting:
            self.count += len(self.waiting)
            self.texts.append(canonical(self.waiting)[1:-1])
            self.waiting.clear()

    def _key(self, record_id: str, *, fresh: bool) -> str:
        if record_id not in self.keys:
            row = None if fresh else self.session.get(RecordKey, record_id)
            if row is None:
                self.made.append(NewKey(record_id, key_of(self.seed, record_id)))
            self.keys[record_id] = row.key if row is not None else self.made[-1].key
        return self.keys[record_id]


@dataclass(frozen=True, slots=True)
class Last:
    """The newest entry of the journal, to which the next is chained; empty before the first."""

    seq: int = 0
    hash: str = ""
    hlc: str = ""


def last_entry(session: ActSession) -> Last:
    """Return the newest entry of the journal."""
    if session.kept.last is None:
        newest = "SELECT seq, hash, hlc FROM change_set ORDER BY seq DESC LIMIT 1"
        row = session.driver().execute(newest).fetchone()
        session.kept.last = Last(*row) if row else Last()
    found: Last = session.kept.last
    return found


def append(
    session: ActSession, last: Last, *, uid: str, head: dict[str, Any], operations: Operations, now: int
) -> ChangeSet:
    """Chain one change set to the journal; `head` names station, hlc, staff, command, app_version, schema."""
    seq, prev = last.seq + 1, last.hash
    body = canonical_with({"uid": uid, "seq": seq, "prev": prev, **head}, "ops", operations.texts)
    row = ChangeSet(
        seq=seq, uid=uid, station=head["station"], hlc=head["hlc"], at=now, staff=head["staff"],
        command=head["command"], body=body, prev=prev, hash=digest(body),
    )  # fmt: skip
    session.add(row)
    session.put(ChangedRecord, [(record_id, seq) for record_id in operations.records])
    return row


def _bytes(text: str) -> int:
    return len(text.encode())


def _kind(row: object) -> Any:
    """Return a row's class; typed loosely, because mypy takes no ORM class for hashable."""
    return type(row)


@cache
def _columns(entity: Any) -> tuple[str, ...]:
    mapper: Any = inspect(entity)
    return tuple(attribute.key for attribute in mapper.column_attrs)


class _Way(NamedTuple):
    """How the rows of a table enter the journal: as what, the columns that travel and what picks their values,
    which of those may hold words, and which are personal."""

    kind: str
    names: tuple[str, ...]
    pick: Callable[[dict[str, Any]], tuple[Any, ...]]
    wordy: tuple[str, ...]
    personal: tuple[str, ...]


@cache
def _way(entity: Any) -> _Way:
    mapper: Any = inspect(entity)
    names = tuple(name for name in _columns(entity) if name != "id" and not _info(entity, name).get("derived"))
    types = {name: mapper.column_attrs[name].columns[0].type for name in names}
    wordy = tuple(
        name for name, kind in types.items()
        if isinstance(kind, Text | JSON) and may_hold_words(name, composed=isinstance(kind, JSON))
    )  # fmt: skip
    personal = tuple(name for name in names if _info(entity, name).get("personal"))
    return _Way("fact" if entity.fact else "create", names, itemgetter(*names), wordy, personal)


@cache
def _derived(entity: Any) -> frozenset[str]:
    return frozenset(name for name in _columns(entity) if _info(entity, name).get("derived"))


@cache
def _info(entity: Any, name: str) -> dict[str, Any]:
    mapper: Any = inspect(entity)
    info: dict[str, Any] = mapper.column_attrs[name].columns[0].info
    return info if info else {"group": "main"}


@cache
def _group(entity: Any, group: str) -> tuple[str, ...]:
    return tuple(name for name in _way(entity).names if _info(entity, name)["group"] == group)


@cache
def _keys(entity: Any) -> tuple[str, ...]:
    mapper: Any = inspect(entity)
    return tuple(str(column.key) for column in mapper.primary_key)


def _identity(row: Base) -> str:
    keys = _keys(_kind(row))
    # A key that the database makes is not there yet.
    return str(row.__dict__.get(keys[0])) if len(keys) == 1 else "/".join([str(getattr(row, key)) for key in keys])
