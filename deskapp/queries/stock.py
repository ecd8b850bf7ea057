"""The stock with what it is needed for: what has to be ordered, what is kept for which device, which are old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from deskapp.models import stock_needs
from deskapp.models.bench import RESERVED, stock_here
from deskapp.models.repair import RepairItem
from deskapp.models.stock import StockMove
from deskapp.models.store import ReadSession
from deskapp.queries import registry
from deskapp.queries.registry_cards import PartRow
from deskapp.rules.depot import Need


@dataclass(frozen=True, slots=True)
class StockList:
    """Every part, and its need by its id."""

    parts: list[PartRow]
    needs: Mapping[str, Need]


@dataclass(frozen=True, slots=True)
class Tray:
    """Parts that are kept for one device."""

    item_id: str
    label_no: str
    quantity: int
    serial_no: str


@dataclass(frozen=True, slots=True)
class PartPlaces:
    """Where the rest of a part is: in trays for devices, and old ones that wait for what becomes of them."""

    trays: tuple[Tray, ...]
    old: int
    awaited: int


def stock_list(session: ReadSession) -> StockList:
    """Return the whole stock with its needs."""
    return StockList(registry.parts(session), stock_needs.needs(session))


def part_places(session: ReadSession, part_id: str) -> PartPlaces:
    """Return the trays and old parts of one part."""
    rows = session.scalars(
        select(StockMove).where(StockMove.part_id == part_id, stock_here(session)).order_by(StockMove.n)
    ).all()
    voided = {row.voids for row in rows if row.voids}
    kept: dict[tuple[str, str], int] = {}
    old = 0
    for row in rows:
        if row.voids or row.id in voided:
            continue
        old += ((row.to_place == "old_parts") - (row.from_place == "old_parts")) * row.quantity
        step = (row.to_place == RESERVED) - (row.from_place == RESERVED)
        if step:
            key = (row.item_id, row.serial_no)
            kept[key] = kept.get(key, 0) + step * row.quantity
    labels = {
        row.id: row.label_no
        for row in session.scalars(select(RepairItem).where(RepairItem.id.in_([item for item, _serial in kept])))
    }
    trays = tuple(
        Tray(item, labels.get(item, ""), quantity, serial) for (item, serial), quantity in kept.items() if quantity > 0
    )
    return PartPlaces(trays, old, stock_needs.awaited(session).get(part_id, 0))


def item_of_label(session: ReadSession, label_no: str) -> str:
    """Return the id of the device with a label, or nothing."""
    return session.scalar(select(RepairItem.id).where(RepairItem.label_no == label_no.strip().upper())) or ""
