"""How long an order waits to be collected, which step of the ladder is due, and what was done to reach anybody."""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.clock import shop_day
from deskapp.models.handing_out import facts, items_of
from deskapp.models.repair import ItemRecord, RepairItem
from deskapp.models.storage_fees import storage_fee, waiting_since
from deskapp.models.store import ReadSession
from deskapp.queries.waiting_orders import DECIDE, is_answered
from deskapp.rules.deadlines import DAY_MS, UNCOLLECTED_STEPS, uncollected_step
from deskapp.rules.states import WorkState as S
from deskapp.rules.storage_fee import StorageFee


@dataclass(frozen=True, slots=True)
class LadderDone:
    """Something that was done: a `call`, a `notice` or `long_store`; `what` is the result, the day or the shelf.

    The `proof` of a notice says how it went out; it may follow the notice.
    """

    at: int
    kind: str
    what: str
    words: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class LadderCard:
    """The waiting of an order: whole days since it became ready, the step that is due, and what comes after it.

    `decided_next` says that the waiting is over and a supervisor decides; `proved` that a notice with its proof is on
    record, without which nobody may. Instants ms UTC; done newest first; titles are message ids.
    """

    days: int
    step: int
    title: str
    answered: bool
    decided_next: bool
    proved: bool
    next_title: str = ""
    next_at: int = 0
    done: tuple[LadderDone, ...] = ()


def ladder_of(session: ReadSession, order_id: str, now: int) -> LadderCard | None:
    """Return the ladder of an order from its second notice on; None before that, and when nothing waits."""
    items = [item for item in items_of(session, order_id) if item.work_state in (S.READY_FOR_PICKUP, S.ABANDONED)]
    since = min((waiting_since(session, item) for item in items), default=0)
    step = uncollected_step(since, now) if since else 0
    over = any(item.work_state == S.ABANDONED for item in items)
    if not step and not over:
        return None
    done = _done(session, order_id)
    told = [(one.at, "ready_call" if one.kind == "call" else one.kind, one.what == "reached") for one in done]
    last = step >= DECIDE
    return LadderCard(
        (shop_day(now) - shop_day(since)).days, step, UNCOLLECTED_STEPS[step][1],
        is_answered(step, since + UNCOLLECTED_STEPS[step][0] * DAY_MS, told), over,
        any(one.kind == "notice" and one.proof for one in done), "" if last else UNCOLLECTED_STEPS[step + 1][1],
        0 if last else since + UNCOLLECTED_STEPS[step + 1][0] * DAY_MS, tuple(reversed(done)),
    )  # fmt: skip


def storage_of(session: ReadSession, item_id: str, now: int) -> StorageFee | None:
    """Return the storage fee of a device as it would be charged now, or None for an unknown device."""
    item = session.get(RepairItem, item_id)
    return storage_fee(session, item, now) if item is not None else None


def _done(session: ReadSession, order_id: str) -> list[LadderDone]:
    rows = facts(session, ItemRecord, ItemRecord.item_id, order_id)
    proofs = {str(row.data.get("notice", "")): row.words for row in rows if row.kind == "notice_proof"}
    found = []
    for row in rows:
        if row.kind == "ready_call":
            found.append(LadderDone(row.at, "call", str(row.data.get("result", "")), row.words))
        elif row.kind == "notice":
            proof = str(row.data.get("proof", "")) or proofs.get(row.id, "")
            found.append(LadderDone(row.at, "notice", str(row.data.get("until", "")), row.words, proof))
        elif row.kind == "long_store":
            found.append(LadderDone(row.at, "long_store", str(row.data.get("shelf", "")), row.words))
    return found
