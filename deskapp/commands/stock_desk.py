"""The stock keeper's desk: parts kept for a device, old parts on their way out, and the jobs a delivery wakes.

Every quantity is the sum of signed moves between places. What is kept for a device lies in a tray of its own
(`reserved`), so that nobody else counts on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from deskapp.commands.bench_desk import job_of
from deskapp.commands.bench_parts import ARRIVED, arrivals, part_of, settle_arrival
from deskapp.commands.entry import Entry
from deskapp.commands.moves import raise_card, settle
from deskapp.commands.papers_depot import queue_parts_order
from deskapp.errors import N_, Refused
from deskapp.models import bench
from deskapp.models.bench import RESERVED, SHELF
from deskapp.models.repair import RepairItem, ReviewCard, WorkEvent
from deskapp.models.stock import Part, StockMove
from deskapp.models.store import Write, command
from deskapp.rules import access
from deskapp.rules.states import HELD
from deskapp.rules.states import WorkState as S

OLD_PART_TARGETS = ("supplier", "merchant", "scrap")
"""Where an old part goes in the end: to the maker, back to the merchant, or scrapped."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept for a device: how many, and how many of the part are still free on the shelf."""

    part_no: str
    quantity: int
    free: int


@command(N_("Reserve a part"), right="read")
def reserve_part(write: Write, *, item_id: str, part_id: str, quantity: int = 1, serial_no: str = "") -> Kept:
    """Keep parts from the shelf for one device; refused where not enough are free. Repairers and the stock may."""
    _may(write)
    job = job_of(write, item_id)
    if S(job.item.work_state) not in HELD:
        raise Refused(N_("This device is not in our hands."), field="item", code="state")
    part = part_of(write, part_id)
    serial = Entry().take("serial_no", serial_no, "serial_no", needed=part.serialised)
    if quantity <= 0 or (part.serialised and quantity != 1):
        raise Refused(N_("Enter how many."), field="quantity")
    free = bench.on_shelf(write.session, [part.id])[part.id]
    if quantity > free:
        raise Refused(
            N_("Only {free} of {part} are free on the shelf."), field="quantity", code="short", free=max(0, free),
            part=part.part_no,
        )  # fmt: skip
    if serial and serial not in bench.serials_on_shelf(write.session, part.id):
        raise Refused(N_("The part with serial number {serial} is not on the shelf."), field="serial_no", serial=serial)
    _book(write, part.id, SHELF, RESERVED, quantity, serial, item_id, "reserve")
    settle_arrival(write, job.item.id)
    return Kept(part.part_no, quantity, free - quantity)


@command(N_("Release a reservation"), right="read")
def release_part(write: Write, *, item_id: str, part_id: str, quantity: int = 1, serial_no: str = "") -> None:
    """Put what was kept for a device back onto the shelf."""
    _may(write)
    part = part_of(write, part_id)
    kept = bench.reserved(write.session, item_id).get((part.id, serial_no), 0)
    if quantity <= 0 or kept < quantity:
        raise Refused(N_("So many are not kept for this device."), field="quantity", code="not_kept")
    _book(write, part.id, RESERVED, SHELF, quantity, serial_no, item_id, "release")


@command(N_("Send an old part on"), right="stock")
def send_old_part(
    write: Write, *, part_id: str, to: str, quantity: int = 1, serial_no: str = "", item_id: str = "", words: str = ""
) -> int:
    """Book an old part out: to the maker, to the merchant, or scrapped; returns how many of it are left."""
    part = part_of(write, part_id)
    if to not in OLD_PART_TARGETS:
        raise Refused(N_("Where does the old part go?"), field="to", code="missing")
    there = bench.at_place(write.session, part.id, "old_parts", serial_no=serial_no)
    if quantity <= 0 or there < quantity:
        raise Refused(
            N_("Only {count} of this old part are here."), field="quantity", code="short", count=max(0, there)
        )
    said = Entry().note(words, "words")
    _book(write, part.id, "old_parts", to, quantity, serial_no, item_id, said or "old_part")
    return there - quantity


@command(N_("Print the list of parts to order"), right="stock")
def print_parts_order(write: Write) -> str:
    """Queue the list of parts that have to be bought; refused where nothing is needed. Returns the job."""
    return queue_parts_order(write).id


def wake_waiting(write: Write, part: Part) -> list[str]:
    """Tell the jobs that wait for a part that it is here, first come first served; return their labels.

    Called inside the act that brought the part. A job is told once; taking it up settles the card.
    """
    write.session.flush()
    free = bench.on_shelf(write.session, [part.id])[part.id]
    rows = write.session.scalars(
        select(RepairItem).where(RepairItem.work_state == S.AWAITING_PARTS.value).order_by(RepairItem.state_at)
    ).all()
    told = []
    for item in rows:
        wait = last_wait(write, item.id)
        if wait is None or wait.data.get("part_id") != part.id:
            continue
        wanted = int(wait.data.get("quantity", 1) or 1)
        if wanted > free:
            break
        free -= wanted
        if not arrivals(write, item.id):
            raise_card(
                write, ARRIVED, "repair_item", item.id, words=f"{wanted} × {part.part_no}",
                data={"part_id": part.id, "quantity": wanted},
            )  # fmt: skip
            told.append(item.label_no)
    return told


def settle_count(write: Write, part_id: str) -> None:
    """Take the wish to count a part off the list: it was counted."""
    cards = write.session.scalars(
        select(ReviewCard).where(
            ReviewCard.kind == "stock", ReviewCard.subject_id == part_id, ReviewCard.settled_at == 0
        )
    ).all()
    for card in cards:
        settle(write, card, "counted")


def free_tray(write: Write, item: RepairItem) -> int:
    """Put everything that is still kept for a device back onto the shelf; returns how many pieces.

    Called when a device leaves the bench for good: a tray nobody looks into is stock nobody has.
    """
    count = 0
    for (part_id, serial), quantity in bench.reserved(write.session, item.id).items():
        _book(write, part_id, RESERVED, SHELF, quantity, serial, item.id, "release")
        count += quantity
    return count


def last_wait(write: Write, item_id: str) -> WorkEvent | None:
    """Return the act by which a device began to wait for parts."""
    return bench.last_of(bench.events_of(write.session, item_id), "wait_for_parts")


def _book(
    write: Write, part_id: str, origin: str, target: str, quantity: int, serial: str, item_id: str, reason: str
) -> None:
    write.session.add(
        StockMove(
            id=write.new_id(), at=write.now, by=write.actor.staff_id, part_id=part_id, from_place=origin,
            to_place=target, quantity=quantity, serial_no=serial, item_id=item_id, reason=reason,
            data={"at_site": write.site_id},
        )
    )  # fmt: skip


def _may(write: Write) -> None:
    """Whoever fits parts and whoever keeps them may set them aside."""
    if not access.may(write.roles, write.actor.roles, "parts_use"):
        access.require(write.roles, write.actor.roles, "stock")
