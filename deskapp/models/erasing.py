"""Erasing a person at a desk: the cells are emptied, and what stands beside the journal and the rows is destroyed.

The journal's hashes stay whole: personal cells enter them as digests under a key that goes too
(docs/decisions/0002-personal-values.md). What is printed, and the backups of the last days, follow their own terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from deskapp.models.canonical import canonical
from deskapp.models.columns import ERASURE, personal
from deskapp.models.piece import Entry


def emptied(entity: Any, row: Mapping[str, Any], entry: Entry) -> bool:
    """Say whether a record of a snapshot was erased at the server: this desk was away when that was told."""
    if any(uid.startswith(ERASURE) for uid in entry.versions.values()):
        return any(row.get(name) for name in personal(entity))
    return bool(entity.fact) and any(row.get(name) and entry.values.get(name) == "" for name in personal(entity))


def destroy_beside(driver: Any, entity: Any, record_id: str) -> None:
    """Destroy the personal values and the key of a record, and empty what is kept of the server's image of it."""
    driver.execute("DELETE FROM personal_value WHERE record_id = ?", (record_id,))
    driver.execute("DELETE FROM record_key WHERE record_id = ?", (record_id,))
    driver.execute("INSERT OR REPLACE INTO sync_state (key, value) VALUES ('recopy', '1')")
    names = set(personal(entity))
    rows = driver.execute('SELECT name, "values" FROM sync_shadow WHERE record_id = ?', (record_id,)).fetchall()
    for name, text in rows:
        values = orjson.loads(text)
        if values.keys() & names:
            clean = canonical({key: "" if key in names else value for key, value in values.items()})
            driver.execute(
                'UPDATE sync_shadow SET "values" = ? WHERE record_id = ? AND name = ?', (clean, record_id, name)
            )
