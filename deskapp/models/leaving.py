"""What goes from this computer: records that left the scopes it holds, unless an act that waits here names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from deskapp.models import rebase
from deskapp.models.absorb_session import AbsorbSession, slices
from deskapp.models.columns import known
from deskapp.models.rows import plan_of

Key = tuple[str, str]
BESIDES = ("group_version", "record_key", "sync_extra", "sync_shadow")
"""Tables in which something stands beside a record."""

_NOTED = (
    "UPDATE sync_state SET value = (SELECT coalesce(max(n), 0) FROM attachment) WHERE key = 'blobs_seen'"
    " AND CAST(value AS INTEGER) > (SELECT coalesce(max(n), 0) FROM attachment)"
)
"""Numbers that went with the newest attachments are given once more after the next start: to photos of which nobody
has noted yet that they have to travel."""

AT_ONCE = 400
"""Records of a scope that is left which go in one piece."""


def drop(session: AbsorbSession, rows: Sequence[tuple[str, str, int]]) -> dict[Key, object]:
    """Take records (table, id, number of the scope) out of a scope; return those that are gone for good."""
    driver = session.driver()
    driver.executemany("DELETE FROM sync_held WHERE record_id = ? AND feed_no = ?", [(one[1], one[2]) for one in rows])
    keys = list(dict.fromkeys((table, record_id) for table, record_id, _feed in rows))
    ids = [record_id for _table, record_id in keys]
    staying = rebase.named_among(session, ids)
    staying |= held_among(session, ids)
    return remove(session, [key for key in keys if key[1] not in staying])


def held_among(session: AbsorbSession, ids: Sequence[str]) -> set[str]:
    """Return those of the records that some scope holds."""
    found: set[str] = set()
    for some in slices(list(ids)):
        held = session.driver().execute(f"SELECT record_id FROM sync_held WHERE record_id IN ({_marks(some)})", some)
        found.update(one for (one,) in held)
    return found


def remove(session: AbsorbSession, keys: Iterable[Key]) -> dict[Key, object]:
    """Delete records with all that stands beside them; return them as they were, for what has to be folded again."""
    session.write()
    driver, gone, by_table = session.driver(), dict[Key, object](), dict[str, list[str]]()
    for table, record_id in keys:
        by_table.setdefault(table, []).append(record_id)
    for table, ids in by_table.items():
        entity = known(table)
        for some in slices(ids):
            if entity is not None:
                gone.update(_delete(session, entity, some))
            for beside in BESIDES:
                driver.execute(f"DELETE FROM {beside} WHERE record_id IN ({_marks(some)})", some)
    return gone


def _delete(session: AbsorbSession, entity: Any, ids: list[str]) -> dict[Key, object]:
    plan, driver = plan_of(entity), session.driver()
    rows = [
        session.known(entity, values)
        for values in driver.execute(f"{plan.select} WHERE id IN ({_marks(ids)})", ids).fetchall()
    ]
    driver.execute(f'DELETE FROM "{plan.table}" WHERE id IN ({_marks(ids)})', ids)
    for row in rows:
        session.lose(row)
    if plan.table == "attachment":
        driver.execute(_NOTED)
    return {(plan.table, row.id): row for row in rows}


def leave(session: AbsorbSession, scope: str) -> tuple[dict[Key, object], bool]:
    """Drop some of what is held by a scope; return what is gone, and whether that was all and the scope is forgotten.

    The cursor goes first: a scope that is granted again before all of it went is filled from its beginning.
    """
    driver = session.driver()
    row = driver.execute("SELECT no FROM sync_feed WHERE scope = ?", (scope,)).fetchone()
    if row is None:
        return {}, True
    driver.execute("UPDATE sync_feed SET n = 0, chain = '', filled = 0 WHERE no = ?", row)
    held = driver.execute(
        "SELECT entity, record_id, feed_no FROM sync_held WHERE feed_no = ? LIMIT ?", (*row, AT_ONCE + 1)
    ).fetchall()
    gone = drop(session, held[:AT_ONCE])
    if len(held) > AT_ONCE:
        return gone, False
    driver.execute("DELETE FROM sync_feed WHERE no = ?", row)
    return gone, True


def _marks(some: Sequence[str]) -> str:
    return ", ".join("?" * len(some))
