"""What is known of the travelling tables: their classes by name, their columns, and the groups of those."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import inspect

from deskapp.models.base import Base, Synced
from deskapp.models.rows import plan_of


@cache
def _tables() -> dict[str, Any]:
    mapped: list[Any] = [mapper.class_ for mapper in Base.registry.mappers]
    return {entity.__tablename__: entity for entity in mapped if issubclass(entity, Synced)}


def known(table: str) -> Any:
    """Return the class of a travelling table, or None where this program does not know it."""
    return _tables().get(table)


@cache
def _infos(entity: Any) -> dict[str, dict[str, Any]]:
    mapper: Any = inspect(entity)
    return {one.key: one.columns[0].info or {"group": "main"} for one in mapper.column_attrs if one.key != "id"}


@cache
def travelling(entity: Any) -> frozenset[str]:
    """Return the columns of a table that travel."""
    return frozenset(name for name, info in _infos(entity).items() if not info.get("derived"))


@cache
def derived(entity: Any) -> frozenset[str]:
    """Return the columns that are worked out here, the local number aside."""
    return frozenset(name for name, info in _infos(entity).items() if info.get("derived") and name != "n")


ERASED = "erased"
"""Group of an operation by which the server empties the personal columns of a record; no table has it."""

REPLACED = "replaced"
"""Group of an operation by which the server takes a person's words out of free texts; no table has it."""

ERASURE = "e7a5ed00-"
"""How the uid of such an operation begins, by which it is known as the version of a group too."""


@cache
def personal(entity: Any) -> tuple[str, ...]:
    """Return the columns of a table that hold what can be erased of a person."""
    return tuple(name for name, info in _infos(entity).items() if info.get("personal"))


@cache
def blank(entity: Any) -> dict[str, Any]:
    """Return what stands in a new row that was not told otherwise, but for columns that hold lists and the like."""
    plan = plan_of(entity)
    values = {name: plan.defaults[name]() for name in plan.names if name not in ("n", "id")}
    return {name: value for name, value in values.items() if not isinstance(value, dict | list)}


def group_of(entity: Any, name: str) -> str:
    """Return the field group of a column."""
    return str(_infos(entity)[name].get("group", "main"))


@cache
def groups(entity: Any) -> frozenset[str]:
    """Return the field groups of a table."""
    return frozenset(group_of(entity, name) for name in travelling(entity))
