"""What became of the parts that came out of a device: what was planned at the bench, and where each is now.

The answer of the bench stands on the stock move of the part that went in (`data["old_part"]`); the old part itself is a
move of its own out of the device. What the receipt prints is read from these moves, never from what was wished for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp import catalogue
from deskapp.models import bench
from deskapp.models.repair import RepairOrder
from deskapp.models.stock import Part, StockMove
from deskapp.rules.depot import OldPartAt


@dataclass(frozen=True, slots=True)
class OldPart:
    """A part that came out, by the id of its move: what was planned for it (`fate`) and where it is (`at`).

    With `at` unknown nobody has said yet what became of it: `move_id` is then the move by which the new part went in.
    """

    move_id: str
    part_id: str
    part_no: str
    name: str
    name_en: str
    quantity: int
    serial_no: str
    fate: str
    at: OldPartAt

    @property
    def promised(self) -> bool:
        """Say whether the merchant is to have it and has not got it yet."""
        return self.fate == "merchant" and self.at is OldPartAt.HERE

    @property
    def unanswered(self) -> bool:
        """Say whether it is not known yet what became of it."""
        return self.at is OldPartAt.UNKNOWN


def asks(part: Part, order: RepairOrder) -> bool:
    """Tell whether the bench has to say what becomes of the old part: the catalogue, or the merchant, wants it."""
    return order.old_parts_back or catalogue.asks_for_old_part(part.part_no, serialised=part.serialised)


def old_parts(session: Session, order: RepairOrder, item_id: str) -> list[OldPart]:
    """Return the old parts of a device: those that came out, then those of which nobody has said anything yet."""
    moves = bench.moves_on(session, item_id)
    found = [_known(session, row) for row in bench.removed(session, item_id)]
    taken = {row.part_id for row in found}
    for row in moves:
        went_in = row.from_place in (bench.SHELF, bench.RESERVED) and row.to_place == bench.ITEM
        if not went_in or row.data.get("old_part") or row.part_id in taken or _put_back(moves, row):
            continue
        part = session.get_one(Part, row.part_id)
        if asks(part, order):
            found.append(_as(part, row, "", OldPartAt.UNKNOWN))
    return found


def _known(session: Session, row: StockMove) -> OldPart:
    part = session.get_one(Part, row.part_id)
    fate = str(row.data.get("fate") or ("merchant" if row.data.get("give_back") else row.to_place))
    return _as(part, row, fate, _now(session, row, fate))


def _as(part: Part, row: StockMove, fate: str, at: OldPartAt) -> OldPart:
    serial = "" if at is OldPartAt.UNKNOWN else row.serial_no
    return OldPart(row.id, part.id, part.part_no, part.name, part.name_en, row.quantity, serial, fate, at)


def _now(session: Session, row: StockMove, fate: str) -> OldPartAt:
    """Return where an old part is: the last move that names it, or the same serial number, tells."""
    if row.to_place == "scrap":
        return OldPartAt.SCRAPPED
    later = session.scalars(
        select(StockMove)
        .where(StockMove.part_id == row.part_id, StockMove.from_place == "old_parts", StockMove.n > row.n)
        .order_by(StockMove.n)
    ).all()
    voided = {one.voids for one in later if one.voids}
    for one in reversed(later):
        if one.voids or one.id in voided:
            continue
        same = one.data.get("of") == row.id or (bool(row.serial_no) and one.serial_no == row.serial_no)
        # Sent on from the stock by hand the move may name the device only.
        if same or (not one.data.get("of") and not row.serial_no and one.item_id == row.item_id):
            return {"merchant": OldPartAt.MERCHANT, "supplier": OldPartAt.MAKER}.get(one.to_place, OldPartAt.SCRAPPED)
    return OldPartAt.FOR_MAKER if fate == "supplier" else OldPartAt.HERE


def _put_back(moves: Sequence[StockMove], row: StockMove) -> bool:
    """Tell whether a part that went in came out again, unused."""
    back = sum(
        one.quantity
        for one in moves
        if (one.from_place, one.to_place) == (bench.ITEM, bench.SHELF)
        and (one.part_id, one.serial_no) == (row.part_id, row.serial_no)
    )
    went_in = sum(
        one.quantity
        for one in moves
        if one.to_place == bench.ITEM and (one.part_id, one.serial_no) == (row.part_id, row.serial_no)
        and one.from_place in (bench.SHELF, bench.RESERVED)
    )  # fmt: skip
    return back >= went_in
