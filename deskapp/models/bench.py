"""What the bench reads on both sides of a command: prices of the day, stock on the shelf, parts in a device."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from deskapp.models import catalogue
from deskapp.models.stock import Part, PriceLine, StockMove

SHELF = "shelf"
ITEM = "item"


@dataclass(frozen=True, slots=True)
class Price:
    """One line of the price list that holds; `fen` is the price of one."""

    code: str
    kind: str
    name: str
    name_en: str
    fen: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A part booked onto a device: how many, which serial number, since when (ms UTC)."""

    part_id: str
    part_no: str
    name: str
    name_en: str
    quantity: int
    serial_no: str
    price_fen: int
    warranty_days: int
    at: int
    by: str


def price_list(session: Session, on: date) -> tuple[str, dict[str, Price]]:
    """Return the version of the price list that holds on a day, and its lines by code.

    A branch that has not put in its own list yet works with the shipped one.
    """
    day = on.isoformat()
    rows = session.scalars(
        select(PriceLine)
        .where(PriceLine.active, (PriceLine.valid_from == "") | (PriceLine.valid_from <= day))
        .order_by(PriceLine.valid_from, PriceLine.n)
    ).all()
    if rows:
        version = rows[-1].version
        return version, {
            row.code: Price(row.code, row.kind, row.name, row.name_en, row.fen)
            for row in rows
            if row.version == version
        }
    shipped = catalogue.shipped_prices()
    return str(shipped["version"]), {
        line["code"]: Price(line["code"], line["kind"], line["zh"], line["en"], int(line["fen"]))
        for line in shipped["lines"]
    }


def on_shelf(session: Session, part_ids: Iterable[str]) -> dict[str, int]:
    """Return how many of each part lie on the shelf; below zero when more were taken than were booked in."""
    ids = list(part_ids)
    counts = dict.fromkeys(ids, 0)
    if not ids:
        return counts
    taken_back = aliased(StockMove)
    voided = select(taken_back.voids).where(taken_back.voids != "")
    for place, sign in ((StockMove.to_place, 1), (StockMove.from_place, -1)):
        rows = session.execute(
            select(StockMove.part_id, func.sum(StockMove.quantity))
            .where(
                StockMove.part_id.in_(ids), place == SHELF, StockMove.voids == "", StockMove.id.not_in(voided)
            )
            .group_by(StockMove.part_id)
        )
        for part_id, quantity in rows:
            counts[part_id] += sign * int(quantity or 0)
    return counts


def moves_on(session: Session, item_id: str) -> Sequence[StockMove]:
    """Return the stock moves of a device that count, oldest first."""
    rows = session.scalars(select(StockMove).where(StockMove.item_id == item_id).order_by(StockMove.n)).all()
    voided = {row.voids for row in rows if row.voids}
    return [row for row in rows if not row.voids and row.id not in voided]


def fitted(session: Session, item_id: str) -> list[Fitted]:
    """Return the new parts in a device: what went in from the shelf, less what was put back."""
    found: dict[tuple[str, str], Fitted] = {}
    for row in moves_on(session, item_id):
        step = 1 if (row.from_place, row.to_place) == (SHELF, ITEM) else 0
        step = -1 if (row.from_place, row.to_place) == (ITEM, SHELF) else step
        if not step:
            continue
        key = (row.part_id, row.serial_no)
        part = session.get_one(Part, row.part_id)
        before = found.get(key)
        found[key] = Fitted(
            part.id, part.part_no, part.name, part.name_en,
            (before.quantity if before else 0) + step * row.quantity, row.serial_no,
            part.price_fen, part.warranty_days, row.at, row.by,
        )  # fmt: skip
    return [one for one in found.values() if one.quantity > 0]


def removed(session: Session, item_id: str) -> list[StockMove]:
    """Return the old parts that came out of a device and where they went."""
    return [
        row for row in moves_on(session, item_id) if row.from_place == ITEM and row.to_place in ("old_parts", "scrap")
    ]
