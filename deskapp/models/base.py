"""What every table has in common, and how a column says what the journal does with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import Boolean, Integer, MetaData, Text, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.orm.decl_api import DeclarativeAttributeIntercept
from sqlalchemy.types import JSON

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class _Rows(DeclarativeAttributeIntercept):
    """What makes a new row when its class is called; a name that the table does not have raises TypeError.

    The values are laid down without an event for each, and without the ORM's round of who wants to know that
    a row was made: nobody listens to one not yet added, and an act makes some fifty.
    """

    def __call__(cls, **values: Any) -> Any:  # noqa: N805 (a class, as this makes classes)
        names, new_instance = _maker(cls)
        if not values.keys() <= names:
            raise TypeError(f"{cls.__name__} has no {sorted(values.keys() - names)}")
        row = new_instance()
        row.__dict__.update(values)
        return row


class Base(DeclarativeBase, metaclass=_Rows):
    """All tables. Instants are integers: milliseconds since 1970 in UTC. Money is fen."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        int: Integer(),
        bool: Boolean(create_constraint=False),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        list[str]: JSON(),
    }


@cache
def _maker(entity: Any) -> tuple[frozenset[str], Callable[[], Any]]:
    """Return the names of a table's columns, and what makes an empty row that the ORM knows."""
    mapper: Any = inspect(entity)
    return frozenset(attribute.key for attribute in mapper.column_attrs), mapper.class_manager.new_instance


def field(
    group: str = "main", *, personal: bool = False, derived: bool = False, index: bool = False, default: Any = ...,
    last: bool = False,
) -> Any:  # fmt: skip
    """Return a column of a synced table.

    `group` names the field group: fields that change together and are judged together.
    `personal` values enter the journal's hash only as a keyed digest, so that they can be
    erased later. `derived` values are folds of facts; they never enter the journal.
    `last` is a long value that stands behind all other columns, so that those are read without it.
    """
    info = {"group": group, "personal": personal, "derived": derived}
    given = {} if default is ... else {"default": default}
    return mapped_column(info=info, index=index, sort_order=int(last), **given)


class Synced:
    """A row that travels: it has a UUID made here, and a local number that only orders it on this computer."""

    fact: ClassVar[bool] = False

    n: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True, info={"derived": True})
    id: Mapped[str] = mapped_column(Text, unique=True)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 (a class, by the ORM's rule)
        """Let the UUID identify a row in a session; the local number only serves paging and the index."""
        return {"primary_key": [cls.id]}


class Fact(Synced):
    """Something that happened: added once, never changed, never removed.

    `voids` names the fact that this one takes back; both stay visible.
    """

    fact: ClassVar[bool] = True

    at: Mapped[int] = mapped_column(Integer, index=True)
    by: Mapped[str] = mapped_column(Text, default="")
    voids: Mapped[str] = mapped_column(Text, default="")
