"""Old parts at the counter: what was promised is given back or stays, and what nobody has noted yet is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deskapp.errors import N_, Refused
from deskapp.models.old_parts import OldPart, old_parts
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.stock import StockMove
from deskapp.models.store import Write
from deskapp.rules.depot import NONE_CAME_OUT, OLD_PART_FATES


def hand_over_old_parts(
    write: Write, order: RepairOrder, item: RepairItem, answers: Mapping[str, str], field: str
) -> None:
    """Book what became of a device's old parts as it is collected; `answers` by `OldPart.move_id`.

    A part that the merchant was to have is either given over now (`merchant`) or stays (`old_parts`); one of which the
    bench said nothing gets one of `rules.depot.OLD_PART_FATES`. Raises Refused at the field without an answer.
    """
    for part in old_parts(write.session, order, item.id):
        if part.promised:
            _promised(write, item, part, answers.get(part.move_id, ""), field)
        elif part.unanswered:
            _unanswered(write, item, part, answers.get(part.move_id, ""), field)


def _promised(write: Write, item: RepairItem, part: OldPart, answer: str, field: str) -> None:
    if answer not in ("merchant", "old_parts"):
        raise Refused(
            N_("Old part {part}: is it given back to the merchant now, or does it stay here?"), field=field,
            code="old_part", part=part.part_no,
        )  # fmt: skip
    if answer == "merchant":
        _book(write, item, part, "old_parts", "merchant", {"of": part.move_id})


def _unanswered(write: Write, item: RepairItem, part: OldPart, answer: str, field: str) -> None:
    """Nothing says that it came out: it does so now, on paper, and goes on at once where it went."""
    if answer not in OLD_PART_FATES:
        raise Refused(
            N_("What became of the old part {part}? Nobody has noted it."), field=field, code="old_part",
            part=part.part_no,
        )  # fmt: skip
    if answer == NONE_CAME_OUT:
        return
    out = _book(write, item, part, "item", "scrap" if answer == "scrap" else "old_parts", {"fate": answer})
    if answer == "merchant":
        _book(write, item, part, "old_parts", "merchant", {"of": out.id})


def _book(write: Write, item: RepairItem, part: OldPart, origin: str, target: str, data: dict[str, Any]) -> StockMove:
    row = StockMove(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, part_id=part.part_id, from_place=origin,
        to_place=target, quantity=part.quantity, serial_no=part.serial_no, item_id=item.id, reason="old_part",
        data={**data, "at_site": write.site_id},
    )  # fmt: skip
    write.session.add(row)
    write.session.flush()
    return row
