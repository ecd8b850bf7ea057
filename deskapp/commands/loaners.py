"""Loaners: lend one to a merchant for as long as a repair takes, take it back, move the day it is due."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from deskapp import catalogue
from deskapp.commands.entry import Entry
from deskapp.commands.moves import raise_card, record
from deskapp.commands.papers_service import queue_loan_agreement
from deskapp.commands.transfers_loaners import refuse_away
from deskapp.errors import N_, Refused
from deskapp.models import past
from deskapp.models.device import Device
from deskapp.models.handing_out import OpenLoan, items_of, open_loans, reminders
from deskapp.models.merchant import Merchant
from deskapp.models.repair import RepairItem, RepairOrder, ReviewCard
from deskapp.models.stock import LoanEvent
from deskapp.models.store import Override, Write, command
from deskapp.rules.custody import TamperResult
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.states import ENDED, HELD, WorkState
from deskapp.rules.transfers import derived_id


@dataclass(frozen=True, slots=True)
class Lent:
    """A loaner that went out: its serial number and the day it is due (ms UTC)."""

    device_id: str
    serial_no: str
    due_at: int


@command(N_("Put a device into the loaner pool"), right="loaner")
def set_loaner(write: Write, *, serial_no: str, pool: bool = True) -> str:
    """Make a known unit a loaner, or take it out of the pool; returns its id. A lent one stays in."""
    device = _unit(write, serial_no)
    if pool and _on_an_order(write, device):
        raise Refused(N_("This device is in repair for a merchant; it cannot be a loaner."), field="serial_no")
    if pool and device.merchant_id:
        raise Refused(
            N_("{serial} is bound to a merchant. End that binding before it becomes a loaner."), field="serial_no",
            code="bound", serial=device.serial_no,
        )  # fmt: skip
    if not pool and open_loans(write.session, device_id=device.id):
        raise Refused(N_("This loaner is out. Take it back first."), field="serial_no", code="out")
    if pool and device.loaner:
        refuse_away(write, device, "serial_no")
    device.loaner = pool
    write.session.add(
        LoanEvent(
            id=write.new_id(), at=write.now, by=write.actor.staff_id, kind="pool" if pool else "unpool",
            device_id=device.id,
        )
    )  # fmt: skip
    return device.id


@command(N_("Lend a loaner"), right="loaner")
def lend(
    write: Write,
    *,
    serial_no: str,
    due_at: int,
    merchant_id: str = "",
    order_id: str = "",
    accessories: tuple[str, ...] = (),
    words: str = "",
    tamper_result: str = "",
) -> Lent:
    """Give a loaner out until a day (ms UTC), for an order or to a merchant, and queue what the merchant signs.

    The tamper check has no default.
    """
    device = _unit(write, serial_no)
    if not device.loaner:
        raise Refused(N_("{serial} is not in the loaner pool."), field="serial_no", code="no_loaner",
                      serial=device.serial_no)  # fmt: skip
    refuse_away(write, device, "serial_no")
    out = open_loans(write.session, device_id=device.id)
    if out:
        raise Refused(N_("This loaner is out already, with another merchant. Take it back first."),
                      field="serial_no", code="out")  # fmt: skip
    if tamper_result != TamperResult.OK:
        raise Refused(_TAMPER[tamper_result == TamperResult.SUSPECT], field="tamper_result", code="tamper")
    order = write.session.get(RepairOrder, order_id) if order_id else None
    if order is not None and order.closed_at:
        raise Refused(N_("Order {order} is over; lend to the merchant instead."), field="order", code="closed",
                      order=order.number)  # fmt: skip
    merchant_id = merchant_id or (order.merchant_id if order else "")
    if not merchant_id or write.session.get(Merchant, merchant_id) is None:
        raise Refused(N_("To which merchant is it lent?"), field="merchant", code="missing")
    if due_at <= write.now:
        raise Refused(N_("By when is it to be back? Choose a day to come."), field="due_at", code="past")
    loan = LoanEvent(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, kind="lend", device_id=device.id,
        merchant_id=merchant_id, order_id=order_id, due_at=due_at, words=Entry().note(words, "words"),
        data={"accessories": list(accessories), "tamper_result": tamper_result},
    )  # fmt: skip
    write.session.add(loan)
    queue_loan_agreement(write, loan)
    return Lent(device.id, device.serial_no, due_at)


@command(N_("Take a loaner back"), right="loaner")
def take_back(write: Write, *, serial_no: str, tamper_result: str = "", complete: bool = True, words: str = "") -> None:
    """Take a loaner back after looking at it; a suspicious one leaves the pool until a supervisor has looked."""
    device = _unit(write, serial_no)
    if tamper_result not in (TamperResult.OK, TamperResult.SUSPECT):
        raise Refused(N_("Answer the tamper check."), field="tamper_result", code="missing")
    if not complete and not words.strip():
        raise Refused(N_("What is missing? Write it down."), field="words", code="missing")
    give_back(write, device.id, tamper_result=tamper_result, words=words, complete=complete)


def give_back(write: Write, device_id: str, *, tamper_result: str, words: str = "", complete: bool = True) -> None:
    """Note inside another act that a loaner is back; raises Refused when it was not out."""
    device = write.session.get_one(Device, device_id)
    loans = open_loans(write.session, device_id=device_id)
    if not loans:
        raise Refused(N_("{serial} is not out as a loaner."), field="serial_no", code="not_out",
                      serial=device.serial_no)  # fmt: skip
    loan: OpenLoan = loans[0]
    write.session.add(
        LoanEvent(
            id=write.new_id(), at=write.now, by=write.actor.staff_id, kind="take_back", device_id=device_id,
            merchant_id=loan.merchant_id, order_id=loan.order_id, words=Entry().note(words, "words"),
            data={"tamper_result": tamper_result, "complete": complete, "lend": loan.event_id},
        )
    )  # fmt: skip
    if tamper_result == TamperResult.SUSPECT:
        device.loaner = False
        raise_card(write, "loaner_suspect", "device", device_id)
    write.session.flush()


@command(N_("Change when a loaner is due"), right="loaner")
def extend_loan(write: Write, *, serial_no: str, due_at: int, reason: str) -> None:
    """Agree on another day with the merchant: the old loan is taken back by the record and lent anew."""
    device = _unit(write, serial_no)
    loans = open_loans(write.session, device_id=device.id)
    if not loans:
        raise Refused(N_("{serial} is not out as a loaner."), field="serial_no", code="not_out",
                      serial=device.serial_no)  # fmt: skip
    if due_at <= write.now:
        raise Refused(N_("By when is it to be back? Choose a day to come."), field="due_at", code="past")
    if not reason.strip():
        raise Refused(N_("Give the reason."), field="reason")
    said = Entry().note(reason, "reason")
    old = loans[0]
    for voids in (old.event_id, ""):
        write.session.add(
            LoanEvent(
                id=write.new_id(), at=write.now if voids else old.lent_at, by=write.actor.staff_id, kind="lend",
                device_id=device.id, merchant_id=old.merchant_id, order_id=old.order_id, due_at=due_at, words=said,
                voids=voids, data={"extends": old.event_id},
            )
        )  # fmt: skip


def still_out(write: Write, order_id: str, ending: Collection[str]) -> list[OpenLoan]:
    """Return the loaners that are out although the order ends with these devices; none while others remain."""
    write.session.flush()
    others = [item for item in items_of(write.session, order_id) if item.id not in ending]
    if any(WorkState(item.work_state) not in ENDED for item in others):
        return []
    return open_loans(write.session, order_id=order_id)


def refuse_open_loan(write: Write, item_ids: Collection[str], override: Override | None) -> str:
    """Refuse to end orders while a loaner lent for them is out; a supervisor's consent with a reason lets it pass.

    Returns the id of that supervisor, empty where nothing stood in the way.
    """
    items = [write.session.get_one(RepairItem, one) for one in item_ids]
    out = [loan for order in {item.order_id: None for item in items} for loan in still_out(write, order, item_ids)]
    if not out:
        return ""
    if override is None:
        raise Refused(
            N_("Loaner {serial} is still out for this order. Take it back, or a supervisor allows it with a reason."),
            field="loaner", code="needs_override", serial=out[0].serial_no, exceptions="loaner_out",
        )  # fmt: skip
    second = write.second_person(override, "override", field="loaner")
    Entry().note(override.reason, "reason")
    for loan in out:
        raise_card(write, "loaner_out", "device", loan.device_id, words=override.reason.strip(),
                   data={"order": loan.order_id, "second": second})  # fmt: skip
    return second


@command(N_("Look after loaners"), right="")
def warn_of_lent(write: Write) -> int:
    """Raise a card for every loaner that is out for an order that has ended; returns how many are new.

    At one desk `refuse_open_loan` keeps that from happening. Two desks without a line may do it: one lends, the other
    closes. The card's id follows from the loan, so that every desk of the site raises the same one.
    """
    told = {
        (card.subject_id, str(card.data.get("order", "")))
        for card in write.session.scalars(select(ReviewCard).where(ReviewCard.kind == "loaner_out"))
    }
    new = 0
    for loan in open_loans(write.session):
        items = items_of(write.session, loan.order_id) if loan.order_id else []
        ended = bool(items) and all(WorkState(item.work_state) in ENDED for item in items)
        if ended and (loan.device_id, loan.order_id) not in told:
            write.session.add(
                ReviewCard(id=derived_id("loaner_out", loan.event_id), kind="loaner_out", subject_kind="device",
                           subject_id=loan.device_id, words=loan.serial_no, data={"order": loan.order_id},
                           raised_at=write.now)
            )  # fmt: skip
            new += 1
    return new


@command(N_("Remind a merchant of a loaner"), right="loaner")
def remind_loan(write: Write, *, serial_no: str, channel: str, result: str, words: str = "") -> int:
    """Log a reminder that a loaner is due or overdue; returns how many there were for this loan."""
    device = _unit(write, serial_no)
    loans = open_loans(write.session, device_id=device.id)
    if not loans:
        raise Refused(N_("{serial} is not out as a loaner."), field="serial_no", code="not_out",
                      serial=device.serial_no)  # fmt: skip
    if channel not in catalogue.words("contact_channels"):
        raise Refused(N_("How was the merchant told? Choose a channel."), field="channel", code="missing")
    if result not in catalogue.words("call_results"):
        raise Refused(N_("What came of the call? Choose a result."), field="result", code="missing")
    record(write, loans[0].event_id, "loan_reminder", Entry().note(words, "words"), channel=channel, result=result)
    write.session.flush()
    return len(reminders(write.session, loans[0].event_id))


_TAMPER = {
    False: N_("Answer the tamper check."),
    True: N_("A suspicious device is not lent. Put it aside and tell a supervisor."),
}


def _unit(write: Write, serial_no: str) -> Device:
    serial = clean_serial(serial_no)
    units = past.units_with(write.session, serial) if serial else []
    if not units:
        raise Refused(N_("This serial number is not known here."), field="serial_no", code="unknown")
    return next((unit for unit in units if unit.loaner), units[-1])


def _on_an_order(write: Write, device: Device) -> bool:
    states = [state.value for state in HELD]
    return bool(
        write.session.scalar(
            select(RepairItem.id).where(RepairItem.device_id == device.id, RepairItem.work_state.in_(states)).limit(1)
        )
    )
