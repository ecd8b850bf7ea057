"""Orders with devices ready for pickup: how long they wait, which step of the ladder is due, who was told.

The same answer as `models.handing_out.waiting_of`, for all orders of the site in three questions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from deskapp.clock import shop_time
from deskapp.models.store import ReadSession
from deskapp.queries.hits import ask
from deskapp.rules.deadlines import DAY_MS, UNCOLLECTED_STEPS, uncollected_step

CALLS, NOTICE, STORE, DECIDE = 2, 3, 4, 5
"""Steps of the ladder (`UNCOLLECTED_STEPS`); the last three are answered by no telephone call."""


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """One order; instants ms UTC. `attempts` counts calls since it is ready, `told` says that somebody was reached
    since the present step began, `answered` that what the step asks for was done."""

    order_id: str
    devices: int
    ready_at: int
    step: int
    step_at: int
    attempts: int
    told: bool
    answered: bool


def waiting_orders(session: ReadSession, others: Sequence[str], now: int) -> list[WaitingOrder]:
    """Return the orders that wait here to be collected, longest first; `others` are the ids of other sites."""
    ready = ask(session, _READY, others)
    told: dict[str, list[tuple[int, str, bool]]] = {}
    for row in ask(session, _DONE, others) if ready else ():
        told.setdefault(row.item_id, []).append((row.at, row.kind, json.loads(row.data).get("result") == "reached"))
    return [_order(row, told.get(row.order_id, []), now) for row in ready]


def _order(row: object, done: Sequence[tuple[int, str, bool]], now: int) -> WaitingOrder:
    order_id, devices, ready_at = row.order_id, row.devices, row.ready_at  # type: ignore[attr-defined]
    step = uncollected_step(ready_at, now)
    step_at = ready_at + UNCOLLECTED_STEPS[step][0] * DAY_MS
    calls = [(at, reached) for at, kind, reached in done if kind == "ready_call"]
    told = any(reached and at >= step_at for at, reached in calls)
    return WaitingOrder(
        order_id, devices, ready_at, step, step_at, sum(at >= ready_at for at, _reached in calls), told,
        is_answered(step, step_at, done),
    )  # fmt: skip


def is_answered(step: int, step_at: int, done: Sequence[tuple[int, str, bool]]) -> bool:
    """Tell whether what a step of the ladder asks for was done; `done` are instants, kinds and who was reached.

    A merchant who does not answer is called twice, in different hours of the day; that is enough then.
    """
    since = [(at, kind, reached) for at, kind, reached in done if at >= step_at]
    wanted = {NOTICE: "notice", STORE: "long_store"}.get(step)
    if wanted:
        return any(kind == wanted for _at, kind, _reached in since)
    calls = [(at, reached) for at, kind, reached in since if kind == "ready_call"]
    tried = step == CALLS and len({shop_time(at).hour for at, _reached in calls}) > 1
    return step < DECIDE and (tried or any(reached for _at, reached in calls))


_HERE: Final = (
    "i.work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up')"
    " AND i.work_state = 'ready_for_pickup' AND i.at_site NOT IN (??)"
)
# Telling the merchant is a move of its own that resets nothing: what counts is since when the device stands there.
_SINCE: Final = (
    "(SELECT min(e.at) FROM work_event e WHERE e.item_id = i.id AND e.to_state = 'ready_for_pickup' AND e.n >"
    " coalesce((SELECT max(x.n) FROM work_event x WHERE x.item_id = i.id AND x.to_state <> 'ready_for_pickup'), 0))"
)
_READY: Final = (
    f"SELECT i.order_id, count(*) AS devices, min(coalesce({_SINCE}, i.state_at)) AS ready_at FROM repair_item i"
    f" WHERE {_HERE} GROUP BY i.order_id ORDER BY ready_at"
)
_DONE: Final = (
    "SELECT r.item_id, r.at, r.kind, r.data FROM item_record r WHERE r.kind IN ('ready_call', 'notice', 'long_store')"
    f" AND r.item_id IN (SELECT i.order_id FROM repair_item i WHERE {_HERE})"
    " AND r.voids = '' AND NOT EXISTS (SELECT 1 FROM item_record v WHERE v.item_id = r.item_id AND v.voids = r.id)"
)
