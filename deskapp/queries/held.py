"""What this computer holds of a scope as the server should hold it: for comparing both sides."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deskapp.models.act_session import driver_of
from deskapp.models.columns import group_of, known, travelling
from deskapp.models.rows import plan_of
from deskapp.models.store import ReadSession

UNREAD = "unread:"
"""Stands before the table of a record whose values this program's table does not take; they are kept beside it."""


def server_rows(session: ReadSession, scope: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield entity, id and values of every record of a scope: without what waits here, with what is unknown here."""
    driver = driver_of(session)
    held: dict[str, list[str]] = {}
    for entity, record_id in driver.execute(
        "SELECT h.entity, h.record_id FROM sync_held h JOIN sync_feed f ON f.no = h.feed_no WHERE f.scope = ?", (scope,)
    ):
        held.setdefault(entity, []).append(record_id)
    shadows: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for record_id, group, text in driver.execute('SELECT record_id, name, "values" FROM sync_shadow'):
        shadows.setdefault(record_id, []).append((group, json.loads(text)))
    extras = {
        record_id: json.loads(text) for record_id, text in driver.execute('SELECT record_id, "values" FROM sync_extra')
    }
    for entity, ids in held.items():
        kind = known(entity)
        if kind is None:
            yield from ((entity.removeprefix(UNREAD), one, extras.get(one, {})) for one in ids)
            continue
        for record_id, values in _rows(driver, kind, ids):
            for group, told in shadows.get(record_id, ()):
                values = {name: value for name, value in values.items() if group_of(kind, name) != group} | told
            yield entity, record_id, {**values, **extras.get(record_id, {})}


def _rows(driver: Any, kind: Any, ids: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    plan, names = plan_of(kind), travelling(kind)
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        for values in driver.execute(f"{plan.select} WHERE id IN ({', '.join('?' * len(some))})", some):
            row = plan.read(values)
            yield row["id"], {name: row[name] for name in names}
