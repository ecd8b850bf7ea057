"""How the rows of each table go to and from the bare database library: statements and conversions, made once.

An act reads and writes a hundred rows while somebody waits. The ORM's statements cost a quarter of a
millisecond a question and its unit of work a fifth of one a row; a prepared statement costs the work itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Boolean, inspect
from sqlalchemy.types import JSON

from deskapp.models.base import Synced
from deskapp.models.canonical import canonical
from deskapp.models.key_seeds import Seeds

PARENTS = ("item_id", "order_id", "ticket_id", "device_id")
"""Columns that say on what a row hangs: a device on an order, an order, a ticket, a unit."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows of one table are written and read.

    `names` are the attributes in the order of the statements; `defaults` what stands in a new row that
    was not told otherwise, `same` those of them that all rows may share, `own` what makes the others;
    `keys` the attributes that identify a row in a session, `locate` those that find it quickest in its
    table; `parents` the attributes among `PARENTS` that it has.
    """

    entity: Any
    table: str
    names: tuple[str, ...]
    columns: dict[str, str]
    insert: str
    select: str
    keys: tuple[str, ...]
    locate: tuple[str, ...]
    defaults: dict[str, Callable[[], Any]]
    all_names: frozenset[str]
    same: dict[str, Any]
    own: tuple[tuple[str, Callable[[], Any]], ...]
    needed: tuple[str, ...]
    texts: tuple[tuple[int, str], ...]
    flags: tuple[int, ...]
    numbered: bool
    parents: tuple[str, ...]
    values_of: Callable[[dict[str, Any]], tuple[Any, ...]]
    key_of: Callable[[dict[str, Any]], Any]
    new_instance: Callable[[], Any]

    def written(self, state: dict[str, Any]) -> tuple[Any, ...]:
        """Return the values of a row as they are written."""
        values = self.values_of(state)
        if not self.texts:
            return values
        changed = list(values)
        for place, _name in self.texts:
            value = changed[place]
            changed[place] = "{}" if value == {} else canonical(value)
        return tuple(changed)

    def has_key(self, state: dict[str, Any]) -> bool:
        """Say whether a new row has what identifies it; else the database makes it."""
        return None not in map(state.get, self.needed)

    def fill(self, state: dict[str, Any]) -> None:
        """Lay down what stands in a new row that was not told otherwise."""
        state.update(self.same | state)
        for name, make in self.own:
            if name not in state:
                state[name] = make()

    def written_value(self, name: str, value: Any) -> Any:
        """Return one value as it is written."""
        return canonical(value) if any(name == one for _place, one in self.texts) else value

    def read(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return the attributes of a row from what `select` gave."""
        state = dict(zip(self.names, values, strict=True))
        for place, name in self.texts:
            text = values[place]
            state[name] = {} if text == "{}" else orjson.loads(text) if text is not None else None
        for place in self.flags:
            if values[place] is not None:
                state[self.names[place]] = bool(values[place])
        return state

    def identity(self, state: dict[str, Any]) -> tuple[Any, tuple[Any, ...], None]:
        """Return the key under which a session knows a row."""
        key = self.key_of(state)
        return self.entity, key if len(self.keys) > 1 else (key,), None


@cache
def plan_of(entity: Any) -> Plan:
    """Return the plan of a table."""
    mapper: Any = inspect(entity)
    columns = [(attribute.key, attribute.columns[0]) for attribute in mapper.column_attrs]
    names = tuple(key for key, _column in columns)
    quoted = ", ".join(f'"{column.name}"' for _key, column in columns)
    keys = tuple(str(mapper.get_property_by_column(column).key) for column in mapper.primary_key)
    numbered = issubclass(entity, Synced)
    table = mapper.local_table.name
    return Plan(
        entity, table, names, {key: column.name for key, column in columns},
        f'INSERT INTO "{table}" ({quoted}) VALUES ({", ".join("?" * len(columns))})',
        f'SELECT {quoted} FROM "{table}"',
        keys, ("n",) if numbered else keys,
        {key: _maker(column.default) for key, column in columns}, frozenset(names),
        {key: _maker(column.default)() for key, column in columns if not _makes(column.default)},
        tuple((key, _maker(column.default)) for key, column in columns if _makes(column.default)),
        tuple(key for key, column in columns if key in keys and column.default is None),
        tuple((place, key) for place, (key, column) in enumerate(columns) if isinstance(column.type, JSON)),
        tuple(place for place, (_key, column) in enumerate(columns) if isinstance(column.type, Boolean)),
        numbered, tuple(name for name in PARENTS if name in names), itemgetter(*names), itemgetter(*keys),
        mapper.class_manager.new_instance,
    )  # fmt: skip


def _makes(default: Any) -> bool:
    """Say whether a default is made anew for each row."""
    return default is not None and bool(default.is_callable)


def _maker(default: Any) -> Callable[[], Any]:
    if default is None:
        return _nothing
    if default.is_callable:
        return lambda: default.arg(None)
    value = default.arg
    return lambda: value


def _nothing() -> None:
    return None


@cache
def where(entity: Any, names: tuple[str, ...], newest_first: bool = False, limit: int = 0) -> str:
    """Return the question for the rows in which these attributes have given values, oldest first."""
    plan = plan_of(entity)
    condition = " AND ".join(f'"{plan.columns[name]}" = ?' for name in names)
    order = ", ".join(f'"{plan.columns[name]}"' + (" DESC" if newest_first else "") for name in plan.locate)
    return f"{plan.select} WHERE {condition} ORDER BY {order}" + (f" LIMIT {limit}" if limit else "")


@cache
def change(entity: Any, names: tuple[str, ...]) -> str:
    """Return the statement that sets these attributes of one row."""
    plan = plan_of(entity)
    sets = ", ".join(f'"{plan.columns[name]}" = ?' for name in names)
    condition = " AND ".join(f'"{plan.columns[name]}" = ?' for name in plan.locate)
    return f'UPDATE "{plan.table}" SET {sets} WHERE {condition}'


@cache
def by_key(entity: Any) -> str:
    """Return the question for one row by what identifies it."""
    plan = plan_of(entity)
    condition = " AND ".join(f'"{plan.columns[name]}" = ?' for name in plan.keys)
    return f"{plan.select} WHERE {condition}"


class Kept:
    """What the write door keeps in memory between acts: what rules need for every act and what rarely changes.

    Nobody else writes the store, so this stays true as long as whoever writes a table calls `forget`.
    """

    TABLES = frozenset({"site", "staff", "device_model", "shelf"})

    __slots__ = ("_driver", "counters", "info", "last", "next_n", "rows", "seeds", "settings")

    def __init__(self) -> None:
        self._driver: Any = None
        self.next_n: dict[Any, int] = {}
        self.rows: dict[tuple[Any, ...], Sequence[Any]] = {}
        self.info: dict[Any, Any] = {}
        self.settings: Any = None
        self.counters: dict[str, tuple[str, int]] | None = None
        self.last: Any = None
        self.seeds = Seeds()

    def driver(self, bind: Any) -> Any:
        """Return the bare connection that writes: there is only one as long as the store is open."""
        if self._driver is None:
            lent = bind.raw_connection()
            self._driver = lent.driver_connection
            lent.close()
        return self._driver

    def forget(self, table: str) -> None:
        """Drop what was read from a table that is about to change."""
        if table in self.TABLES:
            self.rows.clear()
        if table in ("site", "calendar_day"):
            self.info.clear()
        if table == "setting":
            self.settings = None
        if table == "counter":
            self.counters = None

    def forget_all(self) -> None:
        """Drop everything but the local numbers, which only go up: an act failed, nobody knows how far it came."""
        self.rows.clear()
        self.info.clear()
        self.settings = self.counters = self.last = None
