"""Taking back what was wrong about a pickup: the hand-over, a payment, an amount; and paying money back.

Nothing is edited away. A later fact voids an earlier one, the paper that says otherwise is marked
as superseded, and both stay in the history. All of it is a supervisor's act.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from deskapp.commands.entry import Entry
from deskapp.commands.money import add_money
from deskapp.commands.moves import item_of, record
from deskapp.commands.papers_receipt import queue_receipt
from deskapp.commands.papers_refund import queue_refund
from deskapp.commands.people import actor_of
from deskapp.commands.pickup_forms import Settled
from deskapp.commands.pickup_release import order_of
from deskapp.errors import N_, Refused
from deskapp.models import folding
from deskapp.models.handing_out import counted, items_of, money_events, work_events
from deskapp.models.local import PrintJob
from deskapp.models.people import Staff
from deskapp.models.repair import CustodyEvent, MoneyEvent, Pickup, RepairItem, WorkEvent
from deskapp.models.store import Override, Write, command
from deskapp.models.superseded import superseded
from deskapp.rules import access
from deskapp.rules.account import PayMethod
from deskapp.rules.money import MAX_FEN, format_yuan
from deskapp.rules.paper_store import NO_LONGER_VALID
from deskapp.rules.states import WorkState

_CAME_OUT = ("printed", "sent", "held", "unknown", "sending")


@command(N_("Void a pickup"), right="pickup")
def void_pickup(
    write: Write, *, receipt_no: str, reason: str, keep_payments: bool = False, override: Override | None = None
) -> tuple[str, ...]:
    """Take back a hand-over: the devices are with us again, ready, and the receipt no longer holds.

    `keep_payments` leaves the money where it is (the merchant paid, the device stayed). Returns the
    ids of the devices. Raises Refused when one of them has come back for another repair since.
    """
    pickup = _pickup(write, receipt_no)
    said = _reason(reason)
    acting = _corrector(write, override)
    for item_id in pickup.item_ids:
        _refuse_moved_on(acting, item_of(acting, item_id))
    for item_id in pickup.item_ids:
        item = item_of(acting, item_id)
        _void_work(acting, item, pickup, said)
        _void_hop(acting, item, pickup)
        if not keep_payments:
            _void_money(acting, item, receipt_no, said)
    acting.session.add(
        Pickup(
            id=acting.new_id(), at=acting.now, by=acting.actor.staff_id, order_id=pickup.order_id,
            receipt_no=receipt_no, item_ids=list(pickup.item_ids), reason=said, voids=pickup.id,
        )
    )  # fmt: skip
    supersede(acting, pickup.order_id, receipt_no)
    return tuple(pickup.item_ids)


@command(N_("Void a payment"), right="payment")
def void_payment(write: Write, *, receipt_no: str, reason: str, override: Override | None = None) -> int:
    """Take back the payments of a receipt that were noted wrongly; what is owed is open again. Returns fen."""
    said = _reason(reason)
    acting = _corrector(write, override)
    rows = _payments(acting, receipt_no)
    for row in rows:
        add_money(acting, item_of(acting, row.item_id), "void", row.fen, reason=said, number=receipt_no,
                  method=row.method, voids=row.id)  # fmt: skip
    supersede(acting, rows[0].order_id, receipt_no)
    return sum(row.fen for row in rows)


@command(N_("Correct a charge"), right="payment")
def correct_amount(
    write: Write, *, item_id: str, fen: int, reason: str, override: Override | None = None
) -> int:
    """Replace the charge of a device by the right amount; returns what is owed now, in fen.

    What was already paid stays: too much of it is to be refunded, too little to be paid. Where a
    receipt names the wrong amount, one with a number of its own replaces it in the same commit.
    """
    said = _reason(reason)
    if not 0 <= fen <= MAX_FEN:
        raise Refused(N_("Enter the right amount."), field="amount", code="amount")
    acting = _corrector(write, override)
    item = item_of(acting, item_id)
    charges = [row for row in money_events(acting.session, item.id) if row.kind == "charge"]
    if not charges:
        raise Refused(N_("Nothing was charged for this device."), field="amount", code="no_charge")
    old = charges[-1]
    kept = sum(row.fen for row in charges)
    for row in charges:
        add_money(acting, item, "void", row.fen, reason=said, voids=row.id)
    wrong = Wrong.of(acting, item)
    number = acting.number("C") if wrong.numbers else ""
    told = {"receipt": {"items": len(wrong.item_ids), "total_fen": _total(acting, wrong, fen)}} if number else {}
    add_money(acting, item, "charge", fen, reason=said, number=number,
              data={**old.data, "lines": _scaled(charges, fen), "was": kept, **told})  # fmt: skip
    if number:
        _replace_receipts(acting, item, number, wrong)
    return folding.money_of(acting.session, item.id).due_fen


@command(N_("Pay money back"), right="payment")
def refund(
    write: Write, *, order_id: str, fen: int, method: str, reason: str, item_ids: tuple[str, ...] = (),
    override: Override | None = None,
) -> Settled:  # fmt: skip
    """Pay back a part or all of what was paid; a refund has a paper and a number of its own."""
    said = _reason(reason)
    if method not in set(PayMethod):
        raise Refused(N_("Choose how it is paid back."), field="method", code="missing")
    if not 0 < fen <= MAX_FEN:
        raise Refused(N_("Enter an amount above zero."), field="amount", code="amount")
    acting, second = in_name_of(write, "refund", override)
    order = order_of(acting, order_id)
    chosen = [item for item in items_of(acting.session, order.id) if not item_ids or item.id in item_ids]
    paid = {item.id: folding.money_of(acting.session, item.id).paid_fen for item in chosen}
    if fen > sum(paid.values()):
        raise Refused(
            N_("Only {paid} were paid; more cannot be paid back."), field="amount", code="too_much",
            paid=format_yuan(sum(paid.values())),
        )  # fmt: skip
    number, rest, rows = acting.number("C"), fen, []
    for item in chosen:
        part = min(rest, paid[item.id])
        if part:
            rows.append(add_money(acting, item, "refund", part, method=method, number=number, reason=said,
                                  second=second))  # fmt: skip
            rest -= part
    # A refund of what is still charged would stand open again: the charge goes down with it.
    for row in rows:
        owed = folding.money_of(acting.session, row.item_id).due_fen
        if owed:
            add_money(acting, item_of(acting, row.item_id), "waiver", min(owed, row.fen), reason=said,
                      number=number, second=second)  # fmt: skip
    queue_refund(acting, order, rows, number=number)
    return Settled(number, fen)


def supersede(write: Write, order_id: str, number: str, by: str = "") -> None:
    """Mark a paper as no longer valid, and stop copies of it that have not come out.

    A paper that had replaced it goes with it.
    """
    later = superseded(write.session, [number]).get(number, "")
    numbers = [number, *([later] if later not in ("", NO_LONGER_VALID, by) else [])]
    record(write, order_id, "papers_superseded", numbers=numbers, by=by)
    for job in write.session.scalars(select(PrintJob).where(PrintJob.number.in_(numbers))):
        if job.state not in (*_CAME_OUT, "cancelled"):
            job.state, job.state_at, job.resolved_by = "cancelled", write.now, write.actor.staff_id


def in_name_of(write: Write, right: str, override: Override | None) -> tuple[Write, str]:
    """Return the write in the name of the person who may do it, and who that was if not the acting one."""
    if access.may(write.roles, write.actor.roles, right):
        return write, ""
    person = write.session.get_one(Staff, write.second_person(override, right, field="reason"))
    return replace(write, actor=actor_of(person)), person.id


# -- inside ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wrong:
    """The receipts that name a charge of a device: their numbers, the devices on them, the pickup among them."""

    numbers: tuple[str, ...]
    item_ids: tuple[str, ...]
    pickup: Pickup | None

    @staticmethod
    def of(write: Write, item: RepairItem) -> Wrong:
        """Return the receipts of pickups and payments that count."""
        pickups = write.session.scalars(
            select(Pickup).where(Pickup.order_id == item.order_id).order_by(Pickup.n)
        ).all()
        mine = [row for row in counted(pickups) if item.id in row.item_ids]
        numbers = [row.receipt_no for row in mine]
        numbers += [row.number for row in money_events(write.session, item.id) if row.kind == "payment" and row.number]
        paid = write.session.scalars(select(MoneyEvent.item_id).where(MoneyEvent.number.in_(numbers))).all()
        ids = [item.id, *(one for row in mine for one in row.item_ids), *paid]
        return Wrong(tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(ids)), mine[-1] if mine else None)


def _total(write: Write, wrong: Wrong, fen: int) -> int:
    """Return what the new receipt amounts to: `fen` for the corrected device, the others as they stand."""
    rows = [row for one in wrong.item_ids for row in money_events(write.session, one)]
    less = sum(row.fen for row in rows if row.kind in ("discount", "waiver"))
    return max(0, fen + sum(row.fen for row in rows if row.kind == "charge") - less)


def _replace_receipts(write: Write, item: RepairItem, number: str, wrong: Wrong) -> None:
    """Queue the receipt with the right amount and mark the old ones with its number."""
    for old in wrong.numbers:
        supersede(write, item.order_id, old, by=number)
    items = [one for one in items_of(write.session, item.order_id) if one.id in wrong.item_ids]
    queue_receipt(
        write, order_of(write, item.order_id), items, receipt_no=number, pickup=wrong.pickup,
        replaces=wrong.pickup.receipt_no if wrong.pickup is not None else wrong.numbers[-1],
    )  # fmt: skip


def _pickup(write: Write, receipt_no: str) -> Pickup:
    rows = counted(
        write.session.scalars(select(Pickup).where(Pickup.receipt_no == receipt_no).order_by(Pickup.n)).all()
    )
    if not rows:
        raise Refused(N_("There is no pickup with receipt {receipt}, or it is void already."), field="receipt_no",
                      code="unknown", receipt=receipt_no)  # fmt: skip
    pickup: Pickup = rows[-1]
    return pickup


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Refused(N_("Give the reason."), field="reason", code="missing")
    return Entry().note(reason, "reason")


def _corrector(write: Write, override: Override | None) -> Write:
    return in_name_of(write, "correct", override)[0]


def _refuse_moved_on(write: Write, item: RepairItem) -> None:
    later = write.session.scalar(
        select(RepairItem.id).where(RepairItem.device_id == item.device_id, RepairItem.n > item.n).limit(1)
    )
    if later or WorkState(item.work_state) not in (WorkState.PICKED_UP, WorkState.CLOSED):
        raise Refused(
            N_("Device {label} has moved on since; this pickup cannot be taken back."), field="receipt_no",
            code="moved_on", label=item.label_no,
        )  # fmt: skip


def _void_work(write: Write, item: RepairItem, pickup: Pickup, reason: str) -> None:
    """Void the hand-out and all that followed it, newest first."""
    events: Sequence[WorkEvent] = work_events(write.session, item.id)
    first = next(
        place
        for place, event in enumerate(events)
        if event.move in ("hand_out", "release_abandoned") and event.data.get("collector") == pickup.id
    )
    for event in reversed(events[first:]):
        write.session.add(
            WorkEvent(
                id=write.new_id(), at=write.now, by=write.actor.staff_id, item_id=item.id, move=event.move,
                to_state=event.to_state, reason=reason, voids=event.id,
            )
        )  # fmt: skip
    write.session.flush()


def _void_hop(write: Write, item: RepairItem, pickup: Pickup) -> None:
    rows = counted(
        write.session.scalars(
            select(CustodyEvent).where(CustodyEvent.item_id == item.id).order_by(CustodyEvent.n)
        ).all()
    )
    hop: CustodyEvent | None = next((row for row in reversed(rows) if row.at == pickup.at), None)
    if hop is not None:
        write.session.add(
            CustodyEvent(
                id=write.new_id(), at=write.now, by=write.actor.staff_id, item_id=item.id,
                from_holder=hop.from_holder, to_holder=hop.to_holder, place=hop.place,
                tamper_result=hop.tamper_result, giver="", taker="", prev_hash=hop.id, voids=hop.id,
            )
        )  # fmt: skip
        write.session.flush()


def _void_money(write: Write, item: RepairItem, receipt_no: str, reason: str) -> None:
    rows = money_events(write.session, item.id)
    for row in rows:
        if row.kind == "payment" and row.number == receipt_no:
            add_money(write, item, "void", row.fen, reason=reason, number=receipt_no, method=row.method, voids=row.id)


def _payments(write: Write, receipt_no: str) -> list[MoneyEvent]:
    rows = write.session.scalars(select(MoneyEvent).where(MoneyEvent.number == receipt_no)).all()
    voided = set(
        write.session.scalars(select(MoneyEvent.voids).where(MoneyEvent.voids.in_([row.id for row in rows])))
    )
    found = [row for row in rows if row.kind == "payment" and row.id not in voided]
    if not found:
        raise Refused(N_("Receipt {receipt} has no payment that counts."), field="receipt_no", code="unknown",
                      receipt=receipt_no)  # fmt: skip
    return found


def _scaled(charges: Sequence[MoneyEvent], fen: int) -> list[dict[str, object]]:
    """Return the lines of a corrected charge: the old ones, the difference on the last of them."""
    lines = [dict(line) for row in charges for line in row.data.get("lines", [])]
    if not lines:
        return []
    rest = fen
    for line in lines[:-1]:
        line["amount_fen"] = min(rest, int(line.get("amount_fen", 0)))
        rest -= int(line["amount_fen"])
    lines[-1]["amount_fen"] = rest
    return lines
