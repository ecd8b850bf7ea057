"""The door for what comes from the server: entries of the log become rows, beside acts that are not sent yet.

One piece is one transaction: rows, server images, results and cursors move together or not at all.
Nothing of it enters this computer's own journal. Facts stand in the server's order, and acts not yet
acknowledged stand behind them (`models.server_order`); a field group that was changed here and not yet
judged keeps the server's value in its shadow (`models.rebase`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from deskapp.models import rebase, server_order
from deskapp.models.act_session import ActSession
from deskapp.models.base import Synced
from deskapp.models.canonical import canonical
from deskapp.models.columns import derived, group_of, groups, known, travelling
from deskapp.models.device import Device, TerminalBinding
from deskapp.models.repair import AccessoryItem, RepairItem, RepairOrder
from deskapp.models.rows import Plan, change, plan_of

Key = tuple[str, str]
MANY = 500
"""Ids in one question to the database."""


class Entry(NamedTuple):
    """One entry of the server's log of a scope.

    `kind`: put (a whole record with the version of each field group), set (one field group), fact, drop
    (the record leaves the scope), alias (it was found to be the record in `values["into"]`). `uid` is the
    operation that did it.
    """

    kind: str
    entity: str
    id: str
    values: Mapping[str, Any]
    group: str = ""
    uid: str = ""
    versions: Mapping[str, str] = {}
    scope: str = ""


class Result(NamedTuple):
    """What the server decided about one change set: its uid, a code (`SETTLED` or `parked`), the particulars."""

    uid: str
    code: str
    detail: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Piece:
    """What is taken in by one transaction.

    `seen` are the uids of change sets that came back, one of ours among them perhaps: it is taken as it is then.
    `cursors` are scope -> (n, chain) that hold afterwards; `filled` the scopes whose first fill is complete
    with this piece; `keys` the keys of records for their personal values. `settle`: the feed has passed the
    effect of every result known here, so up to so many change sets count as acknowledged. `leave`: scopes
    that were taken away. `state` are values of `sync_state.KEYS`.
    """

    entries: Sequence[Entry] = ()
    cursors: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    filled: Sequence[str] = ()
    seen: Sequence[str] = ()
    results: Sequence[Result] = ()
    keys: Sequence[tuple[str, str]] = ()
    state: Mapping[str, str] = field(default_factory=dict)
    leave: Sequence[str] = ()
    settle: int = 0


@dataclass(slots=True)
class Absorbed:
    """What a piece came to: the rows it touched, and how many results wait to be settled by a further piece."""

    touched: dict[Key, object]
    unsettled: int = 0
    settled: tuple[str, ...] = ()


def take_in(session: ActSession, piece: Piece, now: int) -> Absorbed:
    """Lay a piece into the tables; the caller folds, indexes and commits."""
    work = Absorbing(session, now)
    driver = session.driver()
    if piece.state:
        driver.executemany("INSERT OR REPLACE INTO sync_state (key, value) VALUES (?, ?)", list(piece.state.items()))
    if piece.keys:
        driver.executemany("INSERT OR REPLACE INTO record_key (record_id, key) VALUES (?, ?)", list(piece.keys))
    if piece.results:
        driver.executemany(
            "INSERT OR REPLACE INTO sync_result (uid, code, detail, at, settled) VALUES (?, ?, ?, ?, 0)",
            [(one.uid, one.code, canonical(dict(one.detail)), now) for one in piece.results],
        )
    if piece.seen:
        rebase.came_back(driver, piece.seen, now)
    work.entries(piece.entries)
    for scope in piece.leave:
        work.leave(scope)
    work.cursors(piece)
    done = rebase.settle(session, piece.settle, now) if piece.settle else rebase.Settled()
    work.orphans(done.orphans)
    work.rebase(done.records)
    work.write()
    server_order.arrange(session, work.arrived)
    _reach_further(session, work.touched)
    return Absorbed(work.touched, done.left, done.uids)


class Absorbing:
    """The work on one piece: rows are gathered first and written with one statement per table."""

    def __init__(self, session: ActSession, now: int) -> None:
        self.session = session
        self.driver = session.driver()
        self.now = now
        self.touched: dict[Key, object] = {}
        self.arrived: dict[tuple[Any, str], list[str]] = {}
        self._feeds: dict[str, int] = {}
        self._rows: dict[Key, dict[str, Any] | None] = {}
        self._new: dict[Key, None] = {}
        self._changed: dict[Key, set[str]] = {}
        self._held: set[str] = set()
        self._pending: rebase.Pending = {}
        self._shadowed: set[str] = set()

    # -- entries ---------------------------------------------------------------

    def entries(self, entries: Sequence[Entry]) -> None:
        """Lay down entries in their order."""
        if not entries:
            return
        ids = list(dict.fromkeys(entry.id for entry in entries))
        self._look_up(entries, ids)
        added: list[tuple[str, int, str]] = []
        for entry in entries:
            entity = known(entry.entity)
            if entry.kind == "drop":
                added = self._flush_held(added)
                self._drop(entry.entity, entry.id, self._feed(entry.scope))
                continue
            if entry.kind == "alias":
                self._alias(entity, entry)
                continue
            if entity is None:
                self._extra(entry.entity, entry.id, entry.values)
            elif entity.fact:
                self._fact(entity, entry)
            else:
                self._describe(entity, entry)
            added.append((entry.id, self._feed(entry.scope), entry.entity))
        self._flush_held(added)

    def _flush_held(self, added: list[tuple[str, int, str]]) -> list[tuple[str, int, str]]:
        if added:
            self.driver.executemany(
                "INSERT OR IGNORE INTO sync_held (record_id, feed_no, entity) VALUES (?, ?, ?)", added
            )
            self._held.update(one[0] for one in added)
        return []

    def _look_up(self, entries: Sequence[Entry], ids: list[str]) -> None:
        by_table: dict[str, list[str]] = {}
        for entry in entries:
            by_table.setdefault(entry.entity, []).append(entry.id)
        for table, some in by_table.items():
            entity = known(table)
            if entity is not None:
                self._read(entity, list(dict.fromkeys(some)))
        for some in slices(ids):
            marks = ", ".join("?" * len(some))
            held = self.driver.execute(f"SELECT DISTINCT record_id FROM sync_held WHERE record_id IN ({marks})", some)
            self._held.update(one for (one,) in held)
        self._pending = rebase.pending(self.session, ids)

    def _read(self, entity: Any, ids: list[str]) -> None:
        plan = plan_of(entity)
        for some in slices(ids):
            found = self.driver.execute(f"{plan.select} WHERE id IN ({', '.join('?' * len(some))})", some)
            for values in found:
                row = plan.read(values)
                self._rows[plan.table, row["id"]] = row
            for one in some:
                self._rows.setdefault((plan.table, one), None)

    def _row(self, entity: Any, record_id: str) -> dict[str, Any] | None:
        key = (plan_of(entity).table, record_id)
        if key not in self._rows:
            self._read(entity, [record_id])
        return self._rows[key]

    def _add(self, entity: Any, record_id: str, values: Mapping[str, Any]) -> None:
        plan = plan_of(entity)
        row = {name: values[name] if name in values else plan.defaults[name]() for name in plan.names}
        for name in derived(entity):
            row[name] = plan.defaults[name]()
        row["id"], row["n"] = record_id, server_order.next_number(self.session, plan)
        key = (plan.table, record_id)
        self._rows[key] = row
        self._new[key] = None
        self.touched[key] = self._shown(entity, row)

    def _set(self, entity: Any, row: dict[str, Any], values: Mapping[str, Any]) -> None:
        key = (plan_of(entity).table, row["id"])
        told = {name for name, value in values.items() if row[name] != value}
        for name in told:
            row[name] = values[name]
        if told and key not in self._new:
            self._changed.setdefault(key, set()).update(told)
        self.touched[key] = self._shown(entity, row)

    @staticmethod
    def _shown(entity: Any, row: dict[str, Any]) -> object:
        shown = plan_of(entity).new_instance()
        shown.__dict__.update(row)
        return shown

    def _fact(self, entity: Any, entry: Entry) -> None:
        if self._row(entity, entry.id) is None:
            self._add(entity, entry.id, self._plain(entity, entry))
        elif entry.id in self._held:
            return
        self._arrives(entity, entry)
        self.touched[entry.entity, entry.id] = self._shown(entity, self._rows[entry.entity, entry.id] or {})

    def _describe(self, entity: Any, entry: Entry) -> None:
        values = self._plain(entity, entry)
        row = self._row(entity, entry.id)
        waiting = set(self._pending.get(entry.id, ()))
        if row is None:
            if entry.kind == "set":
                return  # a group of a record that never entered: the record itself will come with it
            self._add(entity, entry.id, values)
            self._arrives(entity, entry)
        else:
            if entry.id not in self._held:
                self._arrives(entity, entry)
            free = {name: value for name, value in values.items() if group_of(entity, name) not in waiting}
            self._set(entity, row, free)
        for group in waiting & ({entry.group} if entry.kind == "set" else set(groups(entity))):
            told = {name: value for name, value in values.items() if group_of(entity, name) == group}
            version = entry.versions.get(group, entry.uid if entry.kind == "set" else "")
            rebase.keep_image(self.driver, entry.entity, entry.id, group, told, version)
            self._shadowed.add(entry.id)
        self._versions(entry, waiting)

    def _arrives(self, entity: Any, entry: Entry) -> None:
        parent = server_order.PARENT.get(entry.entity)
        if parent:
            row = self._rows[entry.entity, entry.id] or {}
            self.arrived.setdefault((entity, row[parent]), []).append(entry.id)

    def _versions(self, entry: Entry, waiting: set[str]) -> None:
        told = dict(entry.versions)
        if entry.kind == "set":
            told.setdefault(entry.group, entry.uid)
        rows = [(entry.id, group, uid) for group, uid in told.items() if group not in waiting and uid]
        if rows:
            self.driver.executemany(
                "INSERT OR REPLACE INTO group_version (record_id, name, op_uid) VALUES (?, ?, ?)", rows
            )

    def _plain(self, entity: Any, entry: Entry) -> dict[str, Any]:
        """Return the values that have a column here, and keep the others for a newer program."""
        names = travelling(entity)
        values = {name: value for name, value in entry.values.items() if name in names}
        if len(values) < len(entry.values):
            rest = {name: value for name, value in entry.values.items() if name not in names}
            rest.pop("id", None)
            if rest:
                self._extra(entry.entity, entry.id, rest)
        return values

    def _extra(self, table: str, record_id: str, values: Mapping[str, Any]) -> None:
        row = self.driver.execute('SELECT "values" FROM sync_extra WHERE record_id = ?', (record_id,)).fetchone()
        whole = {**(json.loads(row[0]) if row else {}), **values}
        self.driver.execute(
            'INSERT OR REPLACE INTO sync_extra (record_id, entity, "values") VALUES (?, ?, ?)',
            (record_id, table, canonical(whole)),
        )

    def _alias(self, entity: Any, entry: Entry) -> None:
        into = str(entry.values.get("into", ""))
        self.driver.execute("INSERT OR REPLACE INTO sync_alias (record_id, into_id) VALUES (?, ?)", (entry.id, into))
        row = self._row(entity, entry.id) if entity is not None else None
        if row is not None and "joined_into" in row:
            self._set(entity, row, {"joined_into": into})

    # -- what goes -------------------------------------------------------------

    def _drop(self, table: str, record_id: str, feed: int) -> None:
        self.driver.execute("DELETE FROM sync_held WHERE record_id = ? AND feed_no = ?", (record_id, feed))
        left = self.driver.execute("SELECT 1 FROM sync_held WHERE record_id = ? LIMIT 1", (record_id,)).fetchone()
        if left is None:
            self._held.discard(record_id)
            if record_id not in self._pending and not rebase.named(self.session, record_id):
                self._remove(table, record_id)

    def _remove(self, table: str, record_id: str) -> None:
        entity, key = known(table), (table, record_id)
        row = self._row(entity, record_id) if entity is not None else None
        if row is not None:
            self.touched[key] = self._shown(entity, row)
            if key in self._new:
                del self._new[key]
            else:
                self.driver.execute(f'DELETE FROM "{table}" WHERE id = ?', (record_id,))
                self.session.kept.forget(table)
            self._changed.pop(key, None)
            self._rows[key] = None
        for besides in ("group_version", "record_key", "sync_extra", "sync_shadow"):
            self.driver.execute(f"DELETE FROM {besides} WHERE record_id = ?", (record_id,))

    def leave(self, scope: str) -> None:
        """Drop everything that is held only by a scope, and forget the scope."""
        feed = self._feed(scope)
        held = self.driver.execute("SELECT entity, record_id FROM sync_held WHERE feed_no = ?", (feed,)).fetchall()
        for table, record_id in held:
            self._drop(table, record_id, feed)
        self.driver.execute("DELETE FROM sync_feed WHERE no = ?", (feed,))
        self._feeds.pop(scope, None)

    def orphans(self, rows: Iterable[Key]) -> None:
        """Let go of records in no scope of ours on which nothing waits any more: moved away, or refused."""
        for table, record_id in rows:
            if known(table) is not None:
                self._remove(table, record_id)

    # -- the end ---------------------------------------------------------------

    def rebase(self, records: Iterable[str]) -> None:
        """Work the visible value of every shadowed group out anew: the server's, then what still waits here."""
        for one in rebase.images(self.session, sorted({*records, *self._shadowed})):
            entity = known(one.entity)
            row = self._row(entity, one.record_id) if entity is not None else None
            if row is None:
                continue
            names = travelling(entity)
            self._set(entity, row, {name: value for name, value in one.values.items() if name in names})

    def cursors(self, piece: Piece) -> None:
        """Move the cursors."""
        for scope, (n, chain) in piece.cursors.items():
            self.driver.execute("UPDATE sync_feed SET n = ?, chain = ? WHERE no = ?", (n, chain, self._feed(scope)))
        for scope in piece.filled:
            self.driver.execute("UPDATE sync_feed SET filled = 1 WHERE no = ?", (self._feed(scope),))

    def _feed(self, scope: str) -> int:
        if scope not in self._feeds:
            execute = self.driver.execute
            execute("INSERT OR IGNORE INTO sync_feed (scope, n, chain, filled) VALUES (?, 0, '', 0)", (scope,))
            (self._feeds[scope],) = execute("SELECT no FROM sync_feed WHERE scope = ?", (scope,)).fetchone()
        return self._feeds[scope]

    def write(self) -> None:
        """Send the rows."""
        groups: dict[str, list[Key]] = {}
        for key in self._new:
            groups.setdefault(key[0], []).append(key)
        for table, keys in groups.items():
            plan: Plan = plan_of(known(table))
            self.driver.executemany(plan.insert, [plan.written(self._rows[key] or {}) for key in keys])
            self.session.kept.forget(table)
        for key, names in self._changed.items():
            plan, row = plan_of(known(key[0])), self._rows[key] or {}
            told = tuple(sorted(names))
            values = [plan.written_value(name, row[name]) for name in told]
            self.driver.execute(change(plan.entity, told), (*values, *(row[name] for name in plan.locate)))
            self.session.kept.forget(key[0])


def _reach_further(session: ActSession, touched: dict[Key, object]) -> None:
    """Let a record that came after what hangs on it be folded too: acts here always make the record first."""
    for (_table, record_id), row in list(touched.items()):
        found: Sequence[Synced] = ()
        if isinstance(row, RepairOrder):
            found = session.find(RepairItem, {"order_id": record_id})
        elif isinstance(row, Device):
            found = session.find(TerminalBinding, {"device_id": record_id})
        elif isinstance(row, AccessoryItem):
            item = session.get(RepairItem, row.item_id)
            found = [item] if item is not None else []
        for one in found:
            touched.setdefault((one.__tablename__, one.id), one)  # type: ignore[attr-defined]


def slices(ids: list[str]) -> Iterable[list[str]]:
    """Part a list into questions that the database takes."""
    return (ids[start : start + MANY] for start in range(0, len(ids), MANY))
