"""What has to be ordered: the shelf against what is kept, waited for and to be held at least."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deskapp.models.bench import RESERVED, SHELF, stock_here
from deskapp.models.repair import IN_HAND, RepairItem, WorkEvent
from deskapp.models.stock import Part, StockMove
from deskapp.models.transfers import other_sites, this_site
from deskapp.rules.depot import Need
from deskapp.rules.states import WorkState


def sums_at(session: Session, place: str) -> dict[str, int]:
    """Return how many of each part are at a place."""
    voided = select(StockMove.voids).where(StockMove.voids != "")
    found, here = dict[str, int](), stock_here(session)
    for column, sign in ((StockMove.to_place, 1), (StockMove.from_place, -1)):
        rows = session.execute(
            select(StockMove.part_id, func.sum(StockMove.quantity))
            .where(column == place, StockMove.voids == "", StockMove.id.not_in(voided), here)
            .group_by(StockMove.part_id)
        )
        for part_id, quantity in rows:
            found[part_id] = found.get(part_id, 0) + sign * int(quantity or 0)
    return found


def awaited(session: Session) -> dict[str, int]:
    """Return how many of each part the waiting jobs need that are not kept for them."""
    newest = (
        select(func.max(WorkEvent.n))
        .join(RepairItem, RepairItem.id == WorkEvent.item_id)
        .where(
            IN_HAND, RepairItem.work_state == WorkState.AWAITING_PARTS.value, WorkEvent.move == "wait_for_parts",
            RepairItem.at_site.not_in(other_sites(session, this_site(session))),
        )
        .group_by(WorkEvent.item_id)
    )
    found: dict[str, int] = {}
    for row in session.scalars(select(WorkEvent).where(WorkEvent.n.in_(newest))):
        part_id = str(row.data.get("part_id", ""))
        found[part_id] = found.get(part_id, 0) + int(row.data.get("quantity", 1) or 1)
    return found


def needs(session: Session) -> Mapping[str, Need]:
    """Return the need of every part in use, by its id."""
    shelf, kept, waiting = sums_at(session, SHELF), sums_at(session, RESERVED), awaited(session)
    return {
        part.id: Need(part.id, shelf.get(part.id, 0), kept.get(part.id, 0), waiting.get(part.id, 0), part.min_quantity)
        for part in session.scalars(select(Part).where(Part.active))
    }
