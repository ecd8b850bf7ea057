"""What a newer program wrote, kept beside the rows of this one (`sync_extra`), goes into them once they have room."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.types import JSON

from deskapp import cipher
from deskapp.models.canonical import canonical
from deskapp.models.columns import known, personal, travelling
from deskapp.models.rows import plan_of


def take_up(connection: cipher.Connection) -> int:
    """Move values into columns that the tables have by now, inside the caller's transaction; return how many rows.

    A value of another type than the column's stays where it is, and counts in the sums as before. Of a photo that was
    erased nothing is taken up: whoever kept this beside did not know that it was personal.
    """
    done = 0
    rows = connection.execute('SELECT record_id, entity, "values" FROM sync_extra').fetchall()
    for record_id, table, text in rows:
        entity = known(table)
        told: dict[str, Any] = json.loads(text) if entity is not None else {}
        mine = {name: value for name, value in told.items() if name in _kinds(entity)} if told else {}
        if not mine or not _is_here(connection, table, record_id):
            continue
        gone = set(personal(entity)) if table == "attachment" and not _named(connection, record_id) else set()
        fitting = {name: value for name, value in mine.items() if isinstance(value, _kinds(entity)[name])}
        for name, value in fitting.items():
            if name not in gone:
                written = plan_of(entity).written_value(name, value)
                column = plan_of(entity).columns[name]
                connection.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE id = ?', (written, record_id))
        _keep(connection, record_id, {n: v for n, v in told.items() if n not in fitting and n not in gone})
        done += 1
    return done


def _is_here(connection: cipher.Connection, table: str, record_id: str) -> bool:
    return connection.execute(f'SELECT 1 FROM "{table}" WHERE id = ?', (record_id,)).fetchone() is not None


def _named(connection: cipher.Connection, record_id: str) -> bool:
    """Say whether the record of a photo still names one."""
    sql = "SELECT 1 FROM attachment WHERE id = ? AND sha256 <> ''"
    return connection.execute(sql, (record_id,)).fetchone() is not None


def _keep(connection: cipher.Connection, record_id: str, rest: Mapping[str, Any]) -> None:
    """Leave beside the row what there is still no room for."""
    if rest:
        sql = 'UPDATE sync_extra SET "values" = ? WHERE record_id = ?'
        connection.execute(sql, (canonical(dict(rest)), record_id))
    else:
        connection.execute("DELETE FROM sync_extra WHERE record_id = ?", (record_id,))


@cache
def _kinds(entity: Any) -> Mapping[str, type | tuple[type, ...]]:
    """Return what the travelling columns of a table hold."""
    mapper: Any = inspect(entity)
    types = {name: mapper.columns[name].type for name in travelling(entity)}
    return {name: (dict, list) if isinstance(kind, JSON) else kind.python_type for name, kind in types.items()}
