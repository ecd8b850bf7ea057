"""Parts at the bench: into a device and out again, always as a move of the stock; waiting for what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from deskapp.commands.bench_charge import refuse_unagreed_part
from deskapp.commands.bench_desk import Job, job_of, kept, needed, to_bench, to_shelf
from deskapp.commands.moves import move, must_be, raise_card, settle
from deskapp.errors import N_, Refused
from deskapp.models import bench
from deskapp.models.old_parts import asks
from deskapp.models.repair import ReviewCard
from deskapp.models.stock import Part, StockMove
from deskapp.models.store import Write, command
from deskapp.rules.custody import TamperResult
from deskapp.rules.depot import NONE_CAME_OUT, OLD_PART_FATES
from deskapp.rules.identifiers import judge, sentence
from deskapp.rules.lifecycle import WorkState

ARRIVED = "part_arrived"
"""The card that tells a waiting job that its part is here."""


@dataclass(frozen=True, slots=True)
class Used:
    """A part booked onto a device; `left` is what the shelf still holds, below zero when it does not add up."""

    move_id: str
    part_no: str
    name: str
    left: int


@command(N_("Fit a part"), right="parts_use")
def use_part(
    write: Write,
    *,
    item_id: str,
    part_id: str,
    quantity: int = 1,
    serial_no: str = "",
    old_serial_no: str = "",
    old_part_to: str = "",
) -> Used:
    """Book a part into a device, what is kept for it first, else from the shelf; and the old one out of it.

    A part that carries serial numbers is booked one by one with its number. When the shelf holds
    fewer than are taken, the work goes on and a card asks for a count. While the device is diagnosed a part goes in
    only under warranty, within the agreed ceiling or after an approval.

    `old_part_to` says what becomes of the part that comes out (`rules.depot.OLD_PART_FATES`). It is refused at that
    field without an answer where the catalogue's line asks for it, and always where the merchant wants old parts back.
    """
    job = job_of(write, item_id)
    must_be(job.item, WorkState.REPAIRING, WorkState.DIAGNOSING)
    part = part_of(write, part_id)
    serial = new_serial(write, part, serial_no, quantity)
    fate = _fate(job, part, old_part_to)
    if WorkState(job.item.work_state) is WorkState.DIAGNOSING:
        refuse_unagreed_part(write, job, part, quantity)
    old = _clean_serial(old_serial_no, "old_serial_no") if old_serial_no.strip() else ""
    fate = fate or ("old_parts" if old else "")
    booked = _issue(write, job, part, quantity, serial, {"old_part": fate} if fate else {})
    if fate and fate != NONE_CAME_OUT:
        _move(write, job, part, "item", "scrap" if fate == "scrap" else "old_parts", quantity, old, data={"fate": fate})
    write.session.flush()
    left = bench.on_shelf(write.session, [part.id])[part.id]
    if left < 0:
        ask_for_count(write, part, left)
    return Used(booked.id, part.part_no, part.name, left)


@command(N_("Put a part back"), right="parts_use")
def put_part_back(write: Write, *, item_id: str, part_id: str, quantity: int = 1, serial_no: str = "") -> None:
    """Book a part out of a device back onto the shelf, unused; the old one that had come out for it goes in again."""
    job = job_of(write, item_id)
    must_be(job.item, WorkState.REPAIRING, WorkState.DIAGNOSING)
    part = part_of(write, part_id)
    inside = [
        one for one in bench.fitted(write.session, item_id) if one.part_id == part.id and one.serial_no == serial_no
    ]
    if not inside or inside[0].quantity < quantity:
        raise Refused(N_("This part is not in the device."), field="part")
    _move(write, job, part, "item", "shelf", quantity, serial_no)
    for row in [row for row in bench.removed(write.session, item_id) if row.part_id == part.id][-quantity:]:
        _move(write, job, part, row.to_place, "item", row.quantity, row.serial_no, data={"puts_back": row.id})


@command(N_("Wait for parts"), right="read")
def wait_for_parts(
    write: Write, *, item_id: str, part_id: str, quantity: int, order_no: str, expected_date: str, shelf: str = ""
) -> None:
    """Set a job aside until a part comes; the clock of the due time stands still meanwhile."""
    job = job_of(write, item_id)
    part = part_of(write, part_id)
    if quantity <= 0:
        raise Refused(N_("Enter how many."), field="quantity")
    needed(expected_date, "expected_date", N_("When is the part expected?"))
    order = needed(kept(write, job, order_no, "order_no"), "order_no", N_("Note the order or reservation number."))
    move(
        write, job.item, "wait_for_parts",
        {"part": part.part_no, "part_id": part.id, "quantity": quantity, "order_no": order,
         "expected_date": expected_date},
    )  # fmt: skip
    if shelf.strip():
        to_shelf(write, job, shelf, tamper_result=TamperResult.NOT_DUE)


@command(N_("Parts have arrived"), right="read")
def parts_arrived(write: Write, *, item_id: str, part_id: str, quantity: int, bench: str = "") -> None:
    """Take a waiting job up where it was left; with a bench the device goes back onto it."""
    job = job_of(write, item_id)
    part = part_of(write, part_id)
    move(write, job.item, "parts_arrived", {"part": part.part_no, "quantity": quantity})
    settle_arrival(write, item_id)
    if bench.strip():
        to_bench(write, job, bench, tamper_result=TamperResult.NOT_DUE)


def arrivals(write: Write, item_id: str) -> list[ReviewCard]:
    """Return the open cards that tell a waiting job of its part."""
    return list(
        write.session.scalars(
            select(ReviewCard).where(
                ReviewCard.kind == ARRIVED, ReviewCard.subject_id == item_id, ReviewCard.settled_at == 0
            )
        )
    )


def settle_arrival(write: Write, item_id: str) -> None:
    """Take the word that a part is here off the list: the job was taken up, or the part is kept for it."""
    for card in arrivals(write, item_id):
        settle(write, card, "taken_up")


def part_of(write: Write, part_id: str) -> Part:
    """Return a part by its id or its number; raises Refused when it is not in the catalogue."""
    row = write.session.get(Part, part_id)
    if row is None:
        row = write.session.scalars(select(Part).where(Part.part_no == part_id.strip().upper(), Part.active)).first()
    if row is None:
        raise Refused(N_("This part is not in the catalogue."), field="part")
    return row


def parts_fitted(write: Write, item_id: str) -> list[dict[str, Any]]:
    """Return the new parts in a device as the record of a repair keeps them."""
    write.session.flush()
    return [
        {"part_no": one.part_no, "quantity": one.quantity, "serial_no": one.serial_no}
        for one in bench.fitted(write.session, item_id)
    ]


def parts_removed(write: Write, item_id: str) -> list[dict[str, Any]]:
    """Return the old parts out of a device as the record of a repair keeps them."""
    write.session.flush()
    return [
        {"part_no": write.session.get_one(Part, row.part_id).part_no, "quantity": row.quantity,
         "serial_no": row.serial_no, "to": str(row.data.get("fate") or row.to_place)}
        for row in bench.removed(write.session, item_id)
    ]  # fmt: skip


def _fate(job: Job, part: Part, answer: str) -> str:
    """Return what becomes of the old part; raises Refused for no answer where one is needed, and for no known one."""
    if answer:
        if answer not in OLD_PART_FATES:
            raise Refused(N_("Where does the old part go?"), field="old_part_to")
        return answer
    if asks(part, job.order):
        raise Refused(
            N_("What becomes of the old part {part}? Say it before the new one goes in."), field="old_part_to",
            code="old_part", part=part.part_no,
        )  # fmt: skip
    return ""


def _issue(
    write: Write, job: Job, part: Part, quantity: int, serial: str, data: dict[str, Any]
) -> StockMove:  # fmt: skip
    """Take from the device's own tray as far as it reaches, the rest from the shelf; return the last move."""
    kept = bench.reserved(write.session, job.item.id).get((part.id, serial), 0)
    from_tray = min(kept, quantity)
    rows = []
    for origin, count in ((bench.RESERVED, from_tray), ("shelf", quantity - from_tray)):
        if count:
            rows.append(_move(write, job, part, origin, "item", count, serial, data=data))
    return rows[-1]


def new_serial(write: Write, part: Part, typed: str, quantity: int) -> str:
    """Return the serial number of a part that goes in, empty for one without.

    Raises Refused at `quantity` or `serial_no`, for a unit that is in another device too.
    """
    if quantity <= 0:
        raise Refused(N_("Enter how many."), field="quantity")
    if not part.serialised:
        return _clean_serial(typed, "serial_no") if typed.strip() else ""
    if quantity != 1:
        raise Refused(N_("Parts with a serial number are booked one by one."), field="quantity")
    if not typed.strip():
        raise Refused(N_("Scan the serial number of the new part."), field="serial_no", code="missing")
    serial = _clean_serial(typed, "serial_no")
    taken = _where_is(write, part, serial)
    if taken:
        raise Refused(
            N_("The part with serial number {serial} is in another device already."), field="serial_no", serial=serial
        )
    return serial


def _clean_serial(typed: str, field: str) -> str:
    verdict = judge("serial_no", typed)
    if verdict.value is None:
        words, values = sentence(verdict)
        raise Refused(words, field=field, code=verdict.code, **values)
    return verdict.value


def _where_is(write: Write, part: Part, serial: str) -> bool:
    """Tell whether the unit with this serial number was fitted and not put back."""
    inside = 0
    rows = write.session.scalars(
        select(StockMove).where(StockMove.part_id == part.id, StockMove.serial_no == serial, StockMove.voids == "")
    )
    for row in rows:
        inside += (row.to_place == "item") - (row.from_place == "item")
    return inside > 0


def _move(
    write: Write,
    job: Job,
    part: Part,
    origin: str,
    target: str,
    quantity: int,
    serial: str,
    *,
    data: dict[str, Any] | None = None,
) -> StockMove:
    row = StockMove(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, part_id=part.id, from_place=origin,
        to_place=target, quantity=quantity, serial_no=serial, item_id=job.item.id, reason="repair",
        data={**(data or {}), "at_site": write.site_id},
    )  # fmt: skip
    write.session.add(row)
    return row


def ask_for_count(write: Write, part: Part, left: int) -> None:
    """One open card per part is enough; the shelf is counted once."""
    waiting = write.session.scalars(
        select(ReviewCard).where(
            ReviewCard.kind == "stock", ReviewCard.subject_id == part.id, ReviewCard.settled_at == 0
        )
    ).first()
    if waiting is None:
        raise_card(write, "stock", "part", part.id, data={"left": left})
