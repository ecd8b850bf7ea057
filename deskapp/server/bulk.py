"""Many rows in few statements on PostgreSQL, where each statement by itself costs more than its row.

The text of a statement is the same for any number of rows, since columns are told as arrays: so it is prepared once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import LargeBinary, Text

from deskapp.server import tables

Rows = Sequence[Sequence[Any]]
Statement = tuple[str, Sequence[Any]]


@cache
def _arrays(table: str, columns: tuple[str, ...]) -> str:
    """Return rows of a table told by columns."""
    kinds = []
    for name in columns:
        kind = tables.metadata.tables[table].columns[name].type
        kinds.append("text" if isinstance(kind, Text) else "bytea" if isinstance(kind, LargeBinary) else "bigint")
    return f"unnest({', '.join(f'CAST(? AS {kind}[])' for kind in kinds)})"


def told(rows: Rows) -> list[list[Any]]:
    """Return rows by their columns."""
    return list(map(list, zip(*rows, strict=True)))


def add(table: str, columns: tuple[str, ...], rows: Rows, *, keep: bool) -> Statement:
    """Return what adds rows; `keep`: what is there already stays."""
    tail = " ON CONFLICT DO NOTHING" if keep else ""
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM {_arrays(table, columns)}{tail}", told(rows)


def change(table: str, columns: tuple[str, ...], rows: Rows) -> Statement:
    """Return what sets columns of rows; the first column is the key by which each is found, and none is there twice."""
    key, *others = columns
    news = ", ".join(f"{name} = v.{name}" for name in others)
    source = f"{_arrays(table, columns)} AS v ({', '.join(columns)})"
    return f"UPDATE {table} SET {news} FROM {source} WHERE {table}.{key} = v.{key}", told(rows)


def copy(driver: Any, table: str, columns: Sequence[str], rows: Rows) -> None:
    """Add rows none of which is there."""
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copying:
        for row in rows:
            copying.write_row(row)


def ahead(some: Sequence[Statement]) -> tuple[str, list[Any]]:
    """Return statements as the parts of one that are done along with it, and their values."""
    parts = [f"w{at} AS ({sql} RETURNING 1)" for at, (sql, _values) in enumerate(some)]
    return ", ".join(parts), [one for _sql, values in some for one in values]
