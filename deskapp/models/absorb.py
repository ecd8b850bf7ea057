"""The door for what comes from the server: entries of the log become rows, beside acts that are not sent yet.

One piece is one transaction: rows, server images, results and cursors move together or not at all.
Nothing of it enters this computer's own journal. Facts stand in the server's order, and acts not yet
acknowledged stand behind them (`models.server_order`); a field group that was changed here and not yet
judged keeps the server's value in its shadow (`models.rebase`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from deskapp.models import erasing, leaving, rebase, server_order
from deskapp.models.absorb_session import AbsorbSession, slices
from deskapp.models.canonical import canonical
from deskapp.models.columns import blank, group_of, groups, known, travelling
from deskapp.models.piece import Absorbed, Entry, Key, Piece, Result
from deskapp.models.ready import make_ready
from deskapp.models.rows import plan_of

__all__ = ["Absorbed", "Entry", "Piece", "Result", "take_in"]


def take_in(session: AbsorbSession, piece: Piece, now: int) -> Absorbed:
    """Lay a piece into the tables; the caller folds, indexes and commits."""
    work = Absorbing(session, now)
    work.whole = piece.whole
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
    unfinished = tuple(scope for scope in piece.leave if not work.leave(scope))
    work.cursors(piece)
    done = rebase.settle(session, piece.settle, now) if piece.settle else rebase.Settled()
    work.orphans(done.orphans)
    work.rebase(done.records)
    for table in work.tables():
        session.kept.forget(table)  # folds go by what a site says of its hours now
    moved = server_order.arrange(session, work.arrived, work.returned)
    work.touched.update(make_ready(session, work.touched, moved))
    session.mute()
    return Absorbed(work.touched, frozenset(work.named), done.left, done.uids, unfinished)


class Absorbing:
    """The work on one piece: rows are gathered first and written with one statement per table."""

    def __init__(self, session: AbsorbSession, now: int) -> None:
        self.session = session
        self.driver = session.driver()
        self.now = now
        self.whole = False
        self.touched: dict[Key, object] = {}
        self.named: dict[Key, None] = {}
        self.arrived: dict[tuple[Any, str], list[str]] = {}
        self.returned: set[tuple[Any, str]] = set()
        self._feeds: dict[str, int] = {}
        self._read_rows: dict[Key, dict[str, Any]] = {}  # as the table has them
        self._live: dict[Key, Any] = {}  # those of them that change, and what is new
        self._fresh: set[Key] = set()
        self._here: set[Key] = set()  # what is in the tables and was not read
        self._held: set[str] = set()
        self._pending: rebase.Pending = {}
        self._images = rebase.Images(session)
        self._shadowed: set[str] = set()
        self._told_versions: dict[tuple[str, str], str] = {}
        self._added: list[tuple[str, int, str]] = []
        self._going: list[tuple[str, str, int]] = []
        self._dropped: set[str] = set()

    # -- entries ---------------------------------------------------------------

    def entries(self, entries: Sequence[Entry]) -> None:
        """Lay down entries in their order."""
        if not entries:
            return
        self._look_up(entries)
        for entry in entries:
            entity, feed = known(entry.entity), self._feed(entry.scope)
            if entry.kind == "drop":
                self._going.append((entry.entity, entry.id, feed))
                continue
            if self._going:
                self._let_go()
            if entry.kind == "alias":
                self._alias(entity, entry)
                continue
            if entry.group in erasing.GROUPS and entity is not None:
                self._erase(entity, entry)
            elif entry.mine and (entry.entity, entry.id) in self._here:
                self._mine(entity, entry)
            elif entity is None:
                self._extra(entry.entity, entry.id, entry.values)
            elif entity.fact:
                self._fact(entity, entry)
            else:
                self._describe(entity, entry)
            self._added.append((entry.id, feed, entry.entity))
        self._let_go()
        self._note_beside()

    def _look_up(self, entries: Sequence[Entry]) -> None:
        by_table: dict[str, dict[str, None]] = {}
        own: dict[str, dict[str, None]] = {}
        for entry in entries:
            (own if entry.mine else by_table).setdefault(entry.entity, {})[entry.id] = None
        for table, some in by_table.items():
            entity = known(table)
            if entity is not None:
                self._read(entity, list(some))
        for table, some in own.items():
            if known(table) is not None:
                self._look_for(table, [one for one in some if (table, one) not in self._read_rows])
        here = [record_id for _table, record_id in (*self._read_rows, *self._here)]
        for some_ids in slices(here):
            marks = ", ".join("?" * len(some_ids))
            held = self.driver.execute(
                f"SELECT DISTINCT record_id FROM sync_held WHERE record_id IN ({marks})", some_ids
            )
            self._held.update(one for (one,) in held)
        self._pending = rebase.pending(self.session, list(dict.fromkeys(entry.id for entry in entries)))

    def _read(self, entity: Any, ids: list[str]) -> None:
        plan = plan_of(entity)
        for some in slices(ids):
            found = self.driver.execute(f"{plan.select} WHERE id IN ({', '.join('?' * len(some))})", some)
            for values in found.fetchall():
                row = plan.read(values)
                key = (plan.table, row["id"])
                self._read_rows[key] = row
                self._here.discard(key)

    def _look_for(self, table: str, ids: list[str]) -> None:
        """Find out which rows are here without reading them."""
        for some in slices(ids):
            marks = ", ".join("?" * len(some))
            found = self.driver.execute(f'SELECT id FROM "{table}" WHERE id IN ({marks})', some)
            self._here.update((table, one) for (one,) in found)

    def _note_beside(self) -> None:
        """Write what stands beside the rows: which scope holds them, the versions of their groups."""
        if self._added:
            self.driver.executemany(
                "INSERT OR IGNORE INTO sync_held (record_id, feed_no, entity) VALUES (?, ?, ?)", self._added
            )
            self._held.update(one[0] for one in self._added)
            self.named.update(((entity, record_id), None) for record_id, _feed, entity in self._added)
            self._added = []
        if self._told_versions:
            self.driver.executemany(
                "INSERT OR REPLACE INTO group_version (record_id, name, op_uid) VALUES (?, ?, ?)",
                [(*key, uid) for key, uid in self._told_versions.items()],
            )
            self._told_versions = {}
        self._images.write()

    def _values_of(self, key: Key) -> dict[str, Any] | None:
        """Return the columns of a row as they are in the middle of this piece, or None."""
        if key in self._here:
            self._read(known(key[0]), [key[1]])
        live = self._live.get(key)
        return live.__dict__ if live is not None else self._read_rows.get(key)

    def _add(self, entity: Any, key: Key, values: Mapping[str, Any]) -> None:
        row = {**blank(entity), **values, "id": key[1], "n": self.session.next_number(entity)}
        for name, make in plan_of(entity).own:
            if name not in row:
                row[name] = make()
        self._live[key] = self.touched[key] = self.session.take(entity, row)
        self._fresh.add(key)

    def _set(self, entity: Any, key: Key, values: Mapping[str, Any]) -> None:
        """Change columns of a row that is here; what is so already is no change."""
        row = self._values_of(key)
        if row is None:
            return
        told = {name: value for name, value in values.items() if row[name] != value}
        if not told:
            return
        if key in self._fresh and self.session.is_fresh(self._live[key]):
            row.update(told)
            return
        if key not in self._live:
            self._live[key] = self.session.known_as(entity, self._read_rows[key])
        for name, value in told.items():
            setattr(self._live[key], name, value)
        self.touched[key] = self._live[key]

    def _fact(self, entity: Any, entry: Entry) -> None:
        key = (entry.entity, entry.id)
        if self._values_of(key) is None:
            self._add(entity, key, self._plain(entity, entry))
        elif (entry.id in self._held or key in self._fresh) and not self.whole:
            return
        elif erasing.emptied(entity, self._values_of(key) or {}, entry):
            self._erase(entity, entry)
        self._arrives(entity, key)

    def _describe(self, entity: Any, entry: Entry) -> None:
        key, values = (entry.entity, entry.id), self._plain(entity, entry)
        waiting = self._pending.get(entry.id)
        row = self._values_of(key)
        if row is None:
            if entry.kind == "set":
                return  # a group of a record that never entered: the record itself will come with it
            self._add(entity, key, values)
            self._arrives(entity, key)
        else:
            if self.whole or (entry.id not in self._held and key not in self._fresh):
                self._arrives(entity, key)
            if self.whole and erasing.emptied(entity, row, entry):
                self._destroy(entity, entry, row)
            free = {n: v for n, v in values.items() if group_of(entity, n) not in waiting} if waiting else values
            self._set(entity, key, free)
        if waiting:
            self._keep_images(entity, entry, values, waiting)
        if entry.kind == "set" and entry.uid and not (waiting and entry.group in waiting):
            self._told_versions[entry.id, entry.group] = entry.uid
        for group, uid in entry.versions.items():
            if uid and not (waiting and group in waiting):
                self._told_versions[entry.id, group] = uid

    def _erase(self, entity: Any, entry: Entry) -> None:
        """Empty what can be erased of a person, or take it out of texts, here and beside the journal."""
        key, told = (entry.entity, entry.id), erasing.told(entity, entry)
        self._destroy(entity, entry, dict(self._values_of(key) or {}))
        self._set(entity, key, told)
        self._plain(entity, entry)  # what a newer program says of the person lies beside the row, and goes too
        for group in self._pending.get(entry.id, {}).keys() & {group_of(entity, name) for name in told}:
            self._shadowed.add(entry.id)  # what waits here is laid over what is left of the server's image
            self._images.keep(entry.entity, entry.id, group, _of_group(entity, group, told), entry.uid)
        if entry.uid and not entity.fact:
            self._told_versions.update({(entry.id, group_of(entity, name)): entry.uid for name in told})

    def _destroy(self, entity: Any, entry: Entry, before: Mapping[str, Any]) -> None:
        self.session.kept.seeds.forget_all()  # an erased key could be drawn from one again
        erasing.erase_beside(self.session, entity, entry, before, self.now)

    def _mine(self, entity: Any, entry: Entry) -> None:
        """Note that the server has what stands here as this computer wrote it."""
        key = (entry.entity, entry.id)
        if entity.fact and entry.id in self._held:
            return
        if entry.kind != "set" and entry.id not in self._held:
            self._arrives(entity, key, entry.values)
        waiting = self._pending.get(entry.id)
        if waiting:
            self._keep_images(entity, entry, entry.values, waiting)
        if entry.kind == "set" and not (waiting and entry.group in waiting):
            self._told_versions[entry.id, entry.group] = entry.uid

    def _keep_images(self, entity: Any, entry: Entry, values: Mapping[str, Any], waiting: Mapping[str, Any]) -> None:
        for group in waiting.keys() & ({entry.group} if entry.kind == "set" else groups(entity)):
            told = {name: value for name, value in values.items() if group_of(entity, name) == group}
            version = entry.versions.get(group, entry.uid if entry.kind == "set" else "")
            self._images.keep(entry.entity, entry.id, group, told, version)
            self._shadowed.add(entry.id)

    def _arrives(self, entity: Any, key: Key, values: Mapping[str, Any] | None = None) -> None:
        """Note that a row takes its place behind what the server told before."""
        parent = server_order.PARENT.get(key[0])
        if parent:
            place = (entity, (values if values is not None else self._values_of(key) or {})[parent])
            here = self.arrived.setdefault(place, [])
            if key[1] in self._dropped and key[1] in here:
                here.remove(key[1])  # it came, left and comes again in one piece: its place is the last one
            here.append(key[1])
            if key not in self._fresh:
                self.returned.add(place)

    def _plain(self, entity: Any, entry: Entry) -> Mapping[str, Any]:
        """Return the values that have a column here, and keep the others for a newer program."""
        names = travelling(entity)
        if entry.values.keys() <= names:
            return entry.values
        rest = {name: value for name, value in entry.values.items() if name not in names}
        rest.pop("id", None)
        if rest:
            self._extra(entry.entity, entry.id, rest)
        return {name: value for name, value in entry.values.items() if name in names}

    def _extra(self, table: str, record_id: str, values: Mapping[str, Any]) -> None:
        row = self.driver.execute('SELECT "values" FROM sync_extra WHERE record_id = ?', (record_id,)).fetchone()
        whole = {**(orjson.loads(row[0]) if row else {}), **values}
        self.driver.execute(
            'INSERT OR REPLACE INTO sync_extra (record_id, entity, "values") VALUES (?, ?, ?)',
            (record_id, table, canonical(whole)),
        )

    def _alias(self, entity: Any, entry: Entry) -> None:
        into = str(entry.values.get("into", ""))
        self.driver.execute("INSERT OR REPLACE INTO sync_alias (record_id, into_id) VALUES (?, ?)", (entry.id, into))
        if entity is not None and "joined_into" in travelling(entity):
            self._set(entity, (entry.entity, entry.id), {"joined_into": into})

    # -- what goes -------------------------------------------------------------

    def _let_go(self) -> None:
        """Take the records out of their scopes whose entries said so, one after the other."""
        going, self._going = self._going, []
        if going:
            self._note_beside()
            self._dropped.update(record_id for _table, record_id, _feed in going)
            gone = leaving.drop(self.session, going)
            self._forget(gone)
            # What stays for an act that waits is in no scope any more: if it comes back, it takes its place anew.
            staying = [record_id for table, record_id, _feed in going if (table, record_id) not in gone]
            self._held.difference_update(staying)
            self._held.update(leaving.held_among(self.session, staying))
            self.named.update(((table, record_id), None) for table, record_id, _feed in going)

    def _forget(self, gone: Mapping[Key, object]) -> None:
        self.touched.update(gone)
        self.named.update(dict.fromkeys(gone))
        for key in gone:
            self._live.pop(key, None)
            self._read_rows.pop(key, None)
            self._here.discard(key)
            self._fresh.discard(key)
            self._held.discard(key[1])

    def leave(self, scope: str) -> bool:
        """Drop what is held only by a scope, a piece of it at a time; True when it is forgotten."""
        gone, done = leaving.leave(self.session, scope)
        self._forget(gone)
        if done:
            self._feeds.pop(scope, None)
        return done

    def orphans(self, rows: Iterable[Key]) -> None:
        """Let go of records in no scope of ours on which nothing waits any more: moved away, or refused."""
        some = [key for key in rows if known(key[0]) is not None]
        if some:
            self._forget(leaving.remove(self.session, some))

    # -- the end ---------------------------------------------------------------

    def rebase(self, records: Iterable[str]) -> None:
        """Work the visible value of every shadowed group out anew: the server's, then what still waits here."""
        images = list(rebase.images(self.session, sorted({*records, *self._shadowed})))
        missing: dict[str, list[str]] = {}
        for one in images:
            self.named[one.entity, one.record_id] = None
            if (one.entity, one.record_id) not in self._live:
                missing.setdefault(one.entity, []).append(one.record_id)
        for table, ids in missing.items():
            entity = known(table)
            if entity is not None:
                self._read(entity, ids)
        for one in images:
            entity = known(one.entity)
            if entity is not None:
                names = travelling(entity)
                values = {name: value for name, value in one.values.items() if name in names}
                self._set(entity, (one.entity, one.record_id), values)

    def tables(self) -> set[str]:
        """Return the tables in which something is new or changed."""
        return {table for table, _id in self._live}

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


def _of_group(entity: Any, group: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of one field group."""
    return {name: value for name, value in values.items() if group_of(entity, name) == group}
