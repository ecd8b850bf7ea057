"""Many rows in few statements on PostgreSQL, where each statement by itself costs more than its row.

The text of a statement is the same for any number of rows, since columns are told as arrays: so it is prepared once.
Arrays are told as PostgreSQL writes them: the driver's way looks at every value by itself, takes another type for small
numbers than for large ones, and so prepares anew what was prepared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import LargeBinary, Text

from deskapp.server import tables

Rows = Sequence[Sequence[Any]]
Statement = tuple[str, Sequence[Any]]


@cache
def _kinds(table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the types of columns."""
    kinds = [tables.metadata.tables[table].columns[name].type for name in columns]
    return tuple(
        "text" if isinstance(kind, Text) else "bytea" if isinstance(kind, LargeBinary) else "bigint" for kind in kinds
    )


@cache
def _arrays(table: str, columns: tuple[str, ...]) -> str:
    """Return rows of a table told by columns."""
    return f"unnest({', '.join(f'CAST(? AS {kind}[])' for kind in _kinds(table, columns))})"


def texts(values: Sequence[str]) -> str:
    """Return texts as an array, for `CAST(? AS text[])`."""
    whole = '","'.join([one.replace("\\", "\\\\").replace('"', '\\"') for one in values])
    return f'{{"{whole}"}}' if values else "{}"


def _numbers(values: Sequence[int]) -> str:
    return f"{{{','.join([str(int(one)) for one in values])}}}"


def _bytes(values: Sequence[bytes]) -> str:
    whole = '","\\\\x'.join([one.hex() for one in values])
    return f'{{"\\\\x{whole}"}}'


_TOLD: Final[dict[str, Callable[[Sequence[Any]], str]]] = {"text": texts, "bigint": _numbers, "bytea": _bytes}


def told(table: str, columns: tuple[str, ...], rows: Rows) -> list[Any]:
    """Return rows by their columns."""
    return [_told(kind, cells) for kind, cells in zip(_kinds(table, columns), zip(*rows, strict=True), strict=True)]


def _told(kind: str, cells: Sequence[Any]) -> Any:
    try:
        return _TOLD[kind](cells)
    except (AttributeError, TypeError, ValueError):
        return list(cells)  # a value that cannot be there: the database says so, and its word is understood


def values_of(some: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Return what stands for `IN (...)` with these values, and the one value of that."""
    if all(type(one) is str for one in some):
        return "= ANY(CAST(? AS text[]))", (texts(some),)
    return "= ANY(?)", (list(some),)


def add(table: str, columns: tuple[str, ...], rows: Rows, *, keep: bool) -> Statement:
    """Return what adds rows; `keep`: what is there already stays."""
    tail = " ON CONFLICT DO NOTHING" if keep else ""
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM {_arrays(table, columns)}{tail}", told(
        table, columns, rows
    )


def change(table: str, columns: tuple[str, ...], rows: Rows) -> Statement:
    """Return what sets columns of rows; the first column is the key by which each is found, and none is there twice."""
    key, *others = columns
    news = ", ".join(f"{name} = v.{name}" for name in others)
    source = f"{_arrays(table, columns)} AS v ({', '.join(columns)})"
    return f"UPDATE {table} SET {news} FROM {source} WHERE {table}.{key} = v.{key}", told(table, columns, rows)


def copy(driver: Any, table: str, columns: Sequence[str], rows: Rows) -> None:
    """Add rows none of which is there."""
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copying:
        for row in rows:
            copying.write_row(row)


def ahead(some: Sequence[Statement]) -> tuple[str, list[Any]]:
    """Return statements as the parts of one that are done along with it, and their values."""
    parts = [f"w{at} AS ({sql} RETURNING 1)" for at, (sql, _values) in enumerate(some)]
    return ", ".join(parts), [one for _sql, values in some for one in values]
