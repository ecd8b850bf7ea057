"""The session of one act: it forgets nothing it has read, and writes its rows at once and late.

A new row is known to the session from the moment it is added, and is written when a statement could
miss it or the act is over, with one prepared statement per table. So what is still changed on a new
row costs nothing, and what hangs on a new row is answered from memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any, TypeVar
from weakref import ref

from sqlalchemy import event, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from deskapp.models.base import Base, Synced
from deskapp.models.engine import BEGIN
from deskapp.models.rows import PARENTS, Kept, Plan, by_key, change, plan_of, where

T = TypeVar("T", bound=Synced)
NOTHING: Mapping[str, Any] = {}
_NO_NAMES: Set[str] = frozenset()


class ActSession(Session):
    """A session that lives for one act on the write thread; `kept` belongs to the store and outlives it.

    `on_new` and `on_change` are told of every added row and of the attributes set on a known one.
    """

    def __init__(self, bind: Any, kept: Kept) -> None:
        super().__init__(bind, autoflush=True, expire_on_commit=False)
        self.kept = kept
        self.on_new: Callable[[Base], None] | None = None
        self.on_change: Callable[[Base, set[str]], None] | None = None
        self._alive: list[object] = []  # without it the identity map, which is weak, would read rows again and again
        self._pending: dict[Any, Base] = {}  # by the ORM's state of the row, in the order of adding
        self._pending_kinds: dict[Any, list[Base]] = {}
        self._noted = 0
        self._tuples: dict[Any, list[tuple[Any, ...]]] = {}
        self._due = self._in_orm = False
        self._written: set[str] = set()
        self._inserted: set[int] = set()
        self._set_since: dict[int, set[str]] = {}
        self._driver: Any = None
        self._answers: dict[Any, dict[Any, list[Any]]] = {}
        self._new_ids: set[str] = set()
        self._children: dict[tuple[Any, str, str], list[Any]] = {}

    # -- what is added ---------------------------------------------------------

    def add(self, instance: object, *, _warn: bool = True) -> None:
        """Take a new row in; it is written later, and known at once."""
        state: Any = getattr(instance, "_sa_instance_state", None)
        plan = plan_of(type(instance)) if isinstance(instance, Base) else None
        row: Any = instance
        values = row.__dict__
        if plan is None or state.key is not None or not plan.has_key(values):
            super().add(instance)  # known already, or a row whose key the database makes
            return
        if plan.numbered and values.get("n") is None:
            values["n"] = self._number(plan)
        plan.fill(values)
        self._take_in(plan, state, row)
        self._pending[state] = row
        self._pending_kinds.setdefault(plan.entity, []).append(row)
        self._answers.pop(plan.entity, None)
        self._hang(plan, row)

    def put(self, entity: Any, values: Sequence[tuple[Any, ...]]) -> None:
        """Add rows that nobody will ask this session for, as bare values in the order of the plan's names."""
        if values:
            self._tuples.setdefault(entity, []).extend(values)

    def is_fresh(self, row: Synced) -> bool:
        """Say whether a row waits to be written."""
        return row._sa_instance_state in self._pending  # type: ignore[attr-defined]

    def _take_in(self, plan: Plan, state: Any, row: Any) -> None:
        state.key = plan.identity(row.__dict__)
        state.session_id = self.hash_key
        state.obj = ref(row)  # without the ORM's own call at a row's death: here no row dies before its session
        if state.modified:
            state._commit_all(row.__dict__)
        self.identity_map.add(state)
        self._alive.append(row)

    def _number(self, plan: Plan) -> int:
        """Return the next local number of a table: nobody else writes while this act does."""
        known = self.kept.next_n.get(plan.entity)
        if known is None:
            (known,) = self.driver().execute(f'SELECT coalesce(max(n), 0) FROM "{plan.table}"').fetchone()
        self.kept.next_n[plan.entity] = known + 1
        return int(known) + 1

    def _hang(self, plan: Plan, row: Any) -> None:
        if plan.numbered:
            self._new_ids.add(row.id)
        for name in plan.parents:
            key = (plan.entity, name, row.__dict__[name])
            if key in self._children:
                self._children[key].append(row)
            elif key[2] in self._new_ids:
                self._children[key] = [row]

    def children(self, entity: Any, column: str, parent_id: str) -> list[Any]:
        """Return what hangs on a row by a column, in the order in which it was made; asked once in an act."""
        key = (entity, column, parent_id)
        known = self._children.get(key)
        if known is None:
            known = [] if parent_id in self._new_ids else self.find(entity, {column: parent_id})
            self._children[key] = known
        return list(known)

    # -- what is asked ---------------------------------------------------------

    def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        """Return one row by its key, or None."""
        if options or self._new:
            return super().get(entity, ident, **options)
        key = (entity, ident if isinstance(ident, tuple) else (ident,), None)
        found: Any = self.identity_map.get(key)
        if found is not None:
            return super().get(entity, ident) if found._sa_instance_state.expired else found
        plan = plan_of(entity)
        values: Any = self.kept.rows.get(key)
        if values is None:
            values = self.driver().execute(by_key(entity), key[1]).fetchone()
            if values is not None and plan.table in Kept.TABLES and plan.table not in self._written:
                self.kept.rows[key] = values
        return self._hand(plan, values) if values is not None else None

    def get_one(self, entity: Any, ident: Any, **options: Any) -> Any:
        """Return one row by its key; raises NoResultFound when there is none."""
        found = self.get(entity, ident, **options)
        if found is None:
            raise NoResultFound("No row was found when one was required")
        return found

    def find(self, entity: Any, equal: dict[str, Any], *, newest_first: bool = False, limit: int = 0) -> list[Any]:
        """Return the rows whose attributes have these values, in the order in which they were made."""
        if self.misses(entity, equal):
            self.write()
        question = (tuple(equal.items()), newest_first, limit)
        answers = self._answers.setdefault(entity, {})
        if question not in answers:
            statement = where(entity, tuple(equal), newest_first, limit)
            plan = plan_of(entity)
            rows = self.driver().execute(statement, tuple(equal.values())).fetchall()
            answers[question] = [self._hand(plan, row) for row in rows]
        return list(answers[question])

    def misses(self, entity: Any, equal: Mapping[str, Any] = NOTHING) -> bool:
        """Say whether a statement about the rows with these values would miss what was added or changed."""
        changed = self.identity_map._modified
        if changed and any(state.class_ is entity and state not in self._pending for state in changed):
            return True
        rows = self._pending_kinds.get(entity, ())
        return any(all(row.__dict__[name] == value for name, value in equal.items()) for row in rows)

    def _hand(self, plan: Plan, values: Sequence[Any]) -> Any:
        read = plan.read(values)
        found: Any = self.identity_map.get(plan.identity(read))
        return found if found is not None else self._bring(plan, read)

    def _bring(self, plan: Plan, read: dict[str, Any]) -> Any:
        """Return a row of what was read of it and was not known yet."""
        row = plan.new_instance()
        row.__dict__.update(read)
        self._take_in(plan, row._sa_instance_state, row)
        return row

    def driver(self) -> Any:
        """Return the bare connection inside this act's transaction.

        The ORM is not asked for it: its transactions cost half a millisecond an act, and most acts need no other.
        """
        if self._driver is None:
            self._driver = self.kept.driver(self.bind)
            if not self._driver.in_transaction:
                self._driver.execute(BEGIN)
        return self._driver

    def get_bind(self, *given: Any, **named: Any) -> Any:
        """Return the engine; everything that goes through the ORM passes here, so that it misses no row."""
        if self._due and not self._in_orm:
            self.write()
        return super().get_bind(*given, **named)

    # -- what is written -------------------------------------------------------

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """See to it that later statements see what was added and changed until now."""
        self._due = True

    def note(self) -> None:
        """Tell what was added and changed since the last time."""
        if self._noted < len(self._pending):
            for row in list(self._pending.values())[self._noted :]:
                if self.on_new is not None:
                    self.on_new(row)
            self._noted = len(self._pending)
        for row in self.new if self._new else ():
            if self.on_new is not None and isinstance(row, Base):
                self.on_new(row)
        for row in self.deleted if self._deleted else ():
            if isinstance(row, Synced):
                raise RuntimeError(f"{type(row).__name__} rows are never deleted")
        for state in list(self.identity_map._modified):
            known, names = state.obj(), _changed(state)
            if self.on_change is not None and known is not None and names:
                self.on_change(known, names)

    def write(self) -> None:
        """Send everything that waits."""
        self.note()
        self._due = False
        if not (self._pending or self._tuples or self.identity_map._modified or self._new or self._deleted):
            return
        groups, self._pending_kinds = self._pending_kinds, {}
        self._pending, self._noted = {}, 0
        for entity, rows in groups.items():
            plan = plan_of(entity)
            self._insert(plan, [plan.written(row.__dict__) for row in rows])
            self._inserted.update(map(id, rows))
            for row in rows:
                state: Any = row._sa_instance_state  # type: ignore[attr-defined]
                if state.modified:
                    state._commit_all(row.__dict__, self.identity_map)
        tuples, self._tuples = self._tuples, {}
        for entity, values in tuples.items():
            self._insert(plan_of(entity), values)
        self._update([state for state in self.identity_map._modified if state not in self._deleted])
        if self._new or self._deleted:
            self._by_orm()

    def _insert(self, plan: Plan, values: list[tuple[Any, ...]]) -> None:
        self._changes(plan)
        if len(values) == 1:
            self.driver().execute(plan.insert, values[0])
        else:
            self.driver().executemany(plan.insert, values)

    def _update(self, states: Sequence[Any]) -> None:
        """Write what was changed on known rows: one statement for those in which the same attributes were."""
        alike: dict[tuple[Any, tuple[str, ...]], list[tuple[Any, ...]]] = {}
        rows: dict[Any, Any] = {state: state.obj() for state in states}
        for state, row in rows.items():
            names = tuple(sorted(_changed(state))) if row is not None else ()
            if names:
                plan = plan_of(state.class_)
                values = row.__dict__
                told = [plan.written_value(name, values[name]) for name in names]
                alike.setdefault((plan.entity, names), []).append((*told, *(values[key] for key in plan.locate)))
                self._set_since.setdefault(id(row), set()).update(names)
        for (entity, names), some in alike.items():
            plan = plan_of(entity)
            self._changes(plan)
            statement = change(entity, names)
            driver = self.driver()
            done = driver.execute(statement, some[0]) if len(some) == 1 else driver.executemany(statement, some)
            if done.rowcount != len(some):
                raise RuntimeError(f"a row of {plan.table} is gone")
        for state, row in rows.items():
            if row is not None:
                state._commit_all(row.__dict__, self.identity_map)

    def news(self, row: object) -> Set[str] | None:
        """Return which attributes of a row were written since it was read; None where all of it is new."""
        return None if id(row) in self._inserted else self._set_since.get(id(row), _NO_NAMES)

    def _by_orm(self) -> None:
        """Rows whose key the database makes, and rows that go."""
        for row in (*self.new, *self.deleted):
            self._changes(plan_of(row._sa_instance_state.class_))
        self._in_orm = True
        try:
            super().flush()
        finally:
            self._in_orm = False

    def _changes(self, plan: Plan) -> None:
        self._answers.pop(plan.entity, None)
        self._written.add(plan.table)
        self.kept.forget(plan.table)

    def delete(self, instance: object) -> None:
        """Mark a row to go; one that was only just added is written first."""
        self.write()
        super().delete(instance)

    def commit(self) -> None:
        """Write the rest and make everything true: one commit of the one connection, whoever began it."""
        self.write()
        if self._transaction is not None and self._transaction._connections:
            super().commit()
        if self._driver is not None and self._driver.in_transaction:
            self._driver.execute("COMMIT")
        self._driver = None

    def rollback(self) -> None:
        """Take everything back."""
        super().rollback()
        self._let_go()

    def close(self) -> None:
        """End the session; what was not committed is taken back."""
        if self._transaction is not None or self._new or self._deleted:
            super().close()
        self._let_go()  # and with the session itself go its rows, none of which the ORM has to be told of

    def _let_go(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None and driver.in_transaction:
            driver.rollback()


@event.listens_for(ActSession, "loaded_as_persistent")
def _keep_alive(session: ActSession, row: object) -> None:
    session._alive.append(row)


def _changed(state: Any) -> set[str]:
    """Return the attributes whose value differs from the one that was read or last written."""
    values = state.dict
    return {name for name, before in state.committed_state.items() if name in values and before != values[name]}


def driver_of(session: Session, *tables: Any) -> Any:
    """Return the bare connection of a session, inside its transaction, to ask these tables or to change any.

    What waits is written first; where tables are named, only if they would miss something.
    """
    if isinstance(session, ActSession):
        if not tables or any(session.misses(table) for table in tables):
            session.write()
        return session.driver()
    return session.connection().connection.driver_connection


def find(session: Session, entity: type[T], **equal: str | int) -> list[T]:
    """Return the rows whose attributes have these values, in the order in which they were made."""
    if isinstance(session, ActSession):
        return session.find(entity, equal)
    return list(session.scalars(select(entity).filter_by(**equal).order_by(entity.n)))


def by_ids(session: Session, entity: type[T], ids: Iterable[str]) -> dict[str, T]:
    """Return the rows with these ids, by id; what is not known is left out."""
    if isinstance(session, ActSession):
        found = {one: session.get(entity, one) for one in dict.fromkeys(ids)}
        return {one: row for one, row in found.items() if row is not None}
    return {row.id: row for row in session.scalars(select(entity).where(entity.id.in_(list(ids))))}


def facts_of(session: Session, table: type[T], item_id: str) -> Sequence[T]:
    """Return the rows of one table about a device, in the order in which they were made."""
    return children_of(session, table, "item_id", item_id)


def rows_of_order(session: Session, table: type[T], order_id: str) -> Sequence[T]:
    """Return the rows of one table about an order, in the order in which they were made."""
    return children_of(session, table, "order_id", order_id)


def children_of(session: Session, table: type[T], column: str, parent_id: str) -> Sequence[T]:
    """Return the rows of one table that name a parent in a column, in the order in which they were made."""
    if column not in PARENTS:
        raise ValueError(column)
    if isinstance(session, ActSession):
        return session.children(table, column, parent_id)
    return session.scalars(select(table).where(getattr(table, column) == parent_id).order_by(table.n)).all()
