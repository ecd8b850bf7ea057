"""The session of one act: it forgets nothing it has read, and adds its rows in bulk.

The unit of work of the ORM costs a fifth of a millisecond a row; a check-in adds a hundred.
New rows are therefore written with one prepared statement per table just before each flush,
and handed to the ORM as rows that are there already. Changed rows take the usual way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session, UOWTransaction, make_transient_to_detached
from sqlalchemy.types import JSON

from deskapp.models.base import Base, Synced
from deskapp.models.canonical import canonical
from deskapp.models.repair import RepairItem, RepairOrder

T = TypeVar("T", bound=Synced)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How rows of one table are written: the statement, and per column its name, default and whether it is JSON."""

    statement: str
    columns: tuple[tuple[str, Any, bool], ...]
    numbered: bool
    keys: tuple[str, ...]


@cache
def _plan(entity: type[Base]) -> _Plan:
    mapper: Any = inspect(entity)
    columns = [(attribute.key, attribute.columns[0]) for attribute in mapper.column_attrs]
    names = ", ".join(f'"{column.name}"' for _key, column in columns)
    marks = ", ".join("?" * len(columns))
    return _Plan(
        f'INSERT INTO "{mapper.local_table.name}" ({names}) VALUES ({marks})',
        tuple((key, column.default, isinstance(column.type, JSON)) for key, column in columns),
        issubclass(entity, Synced),
        tuple(key for key, column in columns if column in mapper.primary_key),
    )


class ActSession(Session):
    """A session that lives for one act on the write thread.

    `next_n` holds the last local number of each table; it belongs to the store, since nobody else writes.
    """

    def __init__(self, bind: Any, next_n: dict[type, int]) -> None:
        super().__init__(bind, autoflush=True, expire_on_commit=False)
        self._kept: list[object] = []  # without it the identity map, which is weak, would read rows again and again
        self._next_n = next_n
        self._made_here: set[str] = set()
        self._new_children: dict[tuple[type, str], list[Any]] = {}
        event.listen(self, "loaded_as_persistent", self._keep)

    def _keep(self, _session: Session, row: object) -> None:
        self._kept.append(row)

    def add_rows(self, _session: Session, _context: UOWTransaction, _objects: object) -> None:
        """Write every new row; runs just before each flush, after the journal has seen what is new."""
        waiting: dict[type[Base], list[Base]] = {}
        for row in self.new:
            if isinstance(row, Base):
                waiting.setdefault(type(row), []).append(row)
        connection = self.connection() if waiting else None
        for entity, rows in waiting.items():
            plan = _plan(entity)
            values = [self._values(plan, row) for row in rows]
            if any(value is None for value in values):
                continue  # the database makes the key of such a table; the ORM adds its rows
            for row in rows:
                self.expunge(row)
            if connection is not None:
                connection.exec_driver_sql(plan.statement, values)
            for row in rows:
                make_transient_to_detached(row)
                self.add(row)
                self._kept.append(row)
                self._remember(row)

    def _values(self, plan: _Plan, row: Base) -> tuple[Any, ...] | None:
        state = row.__dict__
        if plan.numbered and state.get("n") is None:
            state["n"] = self._number(type(row))
        found = []
        for key, default, is_json in plan.columns:
            if key not in state:
                if key in plan.keys and default is None:
                    return None
                state[key] = _made(default)
            found.append(canonical(state[key]) if is_json else state[key])
        return tuple(found)

    def _number(self, entity: type) -> int:
        """Return the next local number of a table: nobody else writes while this act does."""
        if entity not in self._next_n:
            mapper: Any = inspect(entity)
            table = mapper.local_table.name
            top = self.connection().exec_driver_sql(f'SELECT coalesce(max(n), 0) FROM "{table}"').scalar_one()
            self._next_n[entity] = int(top)
        self._next_n[entity] += 1
        return self._next_n[entity]

    def _remember(self, row: Base) -> None:
        if isinstance(row, RepairItem | RepairOrder):
            self._made_here.add(row.id)
        parent = getattr(row, "item_id", "") or getattr(row, "order_id", "")
        if parent in self._made_here:
            self._new_children.setdefault((type(row), parent), []).append(row)

    def children(self, table: type[T], parent_id: str) -> Sequence[T] | None:
        """Return what hangs on a device or order that this very act created, or None: ask the database."""
        return self._new_children.get((table, parent_id), []) if parent_id in self._made_here else None


def facts_of(session: Session, table: type[T], item_id: str) -> Sequence[T]:
    """Return the rows of one table about a device, in the order in which they were made."""
    return _children(session, table, "item_id", item_id)


def rows_of_order(session: Session, table: type[T], order_id: str) -> Sequence[T]:
    """Return the rows of one table about an order, in the order in which they were made."""
    return _children(session, table, "order_id", order_id)


def _children(session: Session, table: type[T], column: str, parent_id: str) -> Sequence[T]:
    if isinstance(session, ActSession):
        session.flush()  # so that what was just added counts, as it would for a question to the database
        known = session.children(table, parent_id)
        if known is not None:
            return known
    return session.scalars(select(table).where(getattr(table, column) == parent_id).order_by(table.n)).all()


def _made(default: Any) -> Any:
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg
