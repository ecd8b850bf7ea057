"""The order of facts on this computer: acknowledged ones as the server took them, then those not yet sent.

State, custody and money are folds over facts in the order of their local number `n`. A fact of our own
that comes back in the feed moves behind everything acknowledged, so that every holder of a record folds
the same facts in the same order once nothing is on its way. Only what hangs on one parent is ever compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from deskapp.models.absorb_session import AbsorbSession, slices
from deskapp.models.rows import plan_of

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


Place = tuple[Any, str]
"""The class of rows, and the parent on which they hang."""


def arrange(session: AbsorbSession, arrived: Mapping[Place, list[str]], returned: Collection[Place]) -> list[Place]:
    """Put the rows of each parent in order: acknowledged before, what just arrived in the feed's order, our own.

    `arrived` are ids in the feed's order, `returned` the parents among them with a row that was here before. What
    is new stands at the end already, so nothing is to be done where neither a row of ours came back nor one waits.
    Returns the parents whose rows stand in another order now.
    """
    due: dict[Any, list[str]] = {}
    for entity, parent in _with_own(session, arrived).union(returned):
        due.setdefault(entity, []).append(parent)
    if due:
        session.write()
    return [place for entity, parents in due.items() for place in _arrange(session, entity, parents, arrived)]


def _with_own(session: AbsorbSession, arrived: Mapping[Place, list[str]]) -> set[Place]:
    """Return those of the places where a row of ours stands that the server has not told yet."""
    driver = session.driver()
    unsent = driver.execute("SELECT 1 FROM change_set WHERE acked_at = 0 LIMIT 1").fetchone()
    if unsent is None and driver.execute("SELECT 1 FROM sync_result WHERE NOT settled LIMIT 1").fetchone() is None:
        return set()
    parents: dict[Any, list[str]] = {}
    for entity, parent in arrived:
        parents.setdefault(entity, []).append(parent)
    found: set[Place] = set()
    for entity, every in parents.items():
        plan = plan_of(entity)
        column = PARENT[plan.table]
        for some in slices(every):
            rows = driver.execute(
                f'SELECT DISTINCT t."{column}" FROM "{plan.table}" t WHERE t."{column}" IN ({_marks(some)})'
                " AND NOT EXISTS (SELECT 1 FROM sync_held h WHERE h.record_id = t.id)",
                some,
            )
            found.update((entity, parent) for (parent,) in rows)
    return found


def _arrange(
    session: AbsorbSession, entity: Any, parents: list[str], arrived: Mapping[Place, list[str]]
) -> Iterator[Place]:
    driver, plan = session.driver(), plan_of(entity)
    column = PARENT[plan.table]
    standing: dict[str, list[tuple[str, int]]] = {}
    for some in slices(parents):
        rows = driver.execute(
            f'SELECT t."{column}", t.id, EXISTS (SELECT 1 FROM sync_held h WHERE h.record_id = t.id)'
            f' FROM "{plan.table}" t WHERE t."{column}" IN ({_marks(some)}) ORDER BY t.n',
            some,
        ).fetchall()
        for parent, record_id, held in rows:
            standing.setdefault(parent, []).append((record_id, held))
    moved: list[tuple[int, str]] = []
    for parent in parents:
        late = _out_of_place(standing.get(parent, []), arrived[entity, parent])
        if late:
            moved += [(session.next_number(entity), one) for one in late]
            yield entity, parent
    driver.executemany(f'UPDATE "{plan.table}" SET n = ? WHERE id = ?', moved)
    session.renumber(entity, moved)


def _out_of_place(rows: list[tuple[str, int]], arrived: list[str]) -> list[str]:
    """Return the rows that have to move behind all others, in their order; none if all stand as they should."""
    new = dict.fromkeys(arrived)
    present = [one for one, _held in rows]
    here = set(present)
    wanted = [one for one, held in rows if held and one not in new]
    wanted += [one for one in new if one in here]
    wanted += [one for one, held in rows if not held and one not in new]
    first = next((place for place, one in enumerate(wanted) if one != present[place]), None)
    return [] if first is None else wanted[first:]


def _marks(some: list[str]) -> str:
    return ", ".join("?" * len(some))
