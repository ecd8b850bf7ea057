"""The order of facts on this computer: acknowledged ones as the server took them, then those not yet sent.

State, custody and money are folds over facts in the order of their local number `n`. A fact of our own
that comes back in the feed moves behind everything acknowledged, so that every holder of a record folds
the same facts in the same order once nothing is on its way. Only what hangs on one parent is ever compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deskapp.models.act_session import ActSession
from deskapp.models.rows import Plan, plan_of

PARENT: Mapping[str, str] = {
    "attachment": "subject_id",
    "custody_event": "item_id",
    "item_record": "item_id",
    "loan_event": "device_id",
    "money_event": "item_id",
    "pickup": "order_id",
    "print_fact": "subject_id",
    "stock_move": "part_id",
    "terminal_binding": "device_id",
    "ticket_event": "ticket_id",
    "work_event": "item_id",
}
"""The column by which the order of a table's rows counts; terminal bindings are no facts, but the last one holds."""


def next_number(session: ActSession, plan: Plan) -> int:
    """Return the next local number of a table."""
    known = session.kept.next_n.get(plan.entity)
    if known is None:
        (known,) = session.driver().execute(f'SELECT coalesce(max(n), 0) FROM "{plan.table}"').fetchone()
    session.kept.next_n[plan.entity] = known + 1
    return int(known) + 1


def arrange(session: ActSession, arrived: Mapping[tuple[Any, str], list[str]]) -> None:
    """Put the rows of each parent in order: acknowledged before, what just arrived in the feed's order, our own."""
    if not arrived:
        return
    driver = session.driver()
    if driver.execute("SELECT 1 FROM change_set WHERE acked_at = 0 LIMIT 1").fetchone() is None:
        own = driver.execute("SELECT 1 FROM sync_result WHERE NOT settled LIMIT 1").fetchone()
        if own is None and not _came_back(session, arrived):
            return
    for (entity, parent_id), ids in arrived.items():
        _arrange_one(session, plan_of(entity), parent_id, list(dict.fromkeys(ids)))


def _came_back(session: ActSession, arrived: Mapping[tuple[Any, str], list[str]]) -> bool:
    """Say whether any of the rows was here before: then it may stand among those of others."""
    return any(len(ids) and _disordered(session, plan_of(entity), ids) for (entity, _parent), ids in arrived.items())


def _disordered(session: ActSession, plan: Plan, ids: list[str]) -> bool:
    marks = ", ".join("?" * len(ids))
    rows = session.driver().execute(f'SELECT id FROM "{plan.table}" WHERE id IN ({marks}) ORDER BY n', ids)
    return [one for (one,) in rows] != ids


def _arrange_one(session: ActSession, plan: Plan, parent_id: str, arrived: list[str]) -> None:
    driver, column = session.driver(), PARENT[plan.table]
    rows = driver.execute(
        f"SELECT t.id, EXISTS (SELECT 1 FROM sync_held h WHERE h.record_id = t.id)"
        f' FROM "{plan.table}" t WHERE t."{column}" = ? ORDER BY t.n',
        (parent_id,),
    ).fetchall()
    new = set(arrived)
    here = {one for one, _held in rows}
    wanted = [one for one, held in rows if held and one not in new]
    wanted += [one for one in arrived if one in here]
    wanted += [one for one, held in rows if not held and one not in new]
    present = [one for one, _held in rows]
    first = next((place for place, one in enumerate(wanted) if one != present[place]), None)
    if first is None:
        return
    moved = [(next_number(session, plan), one) for one in wanted[first:]]
    driver.executemany(f'UPDATE "{plan.table}" SET n = ? WHERE id = ?', moved)
