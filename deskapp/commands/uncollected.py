"""Devices nobody collects: notices printed and logged, long storage, and a decision by two people at the end.

The ladder (`rules.deadlines.UNCOLLECTED_STEPS`) only says what is due. Nothing on it happens by itself, and what is
decided about somebody's device is decided by a supervisor with an auditor, device by device, on a legal basis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from deskapp.clock import shop_day
from deskapp.commands.bench_desk import job_of, to_shelf
from deskapp.commands.custody_paper import queue_custody
from deskapp.commands.entry import Entry
from deskapp.commands.loaners import refuse_open_loan
from deskapp.commands.money import add_money
from deskapp.commands.moves import hop, item_of, move, raise_card, record
from deskapp.commands.papers import accessories_of
from deskapp.commands.papers_depot import queue_collect_notice
from deskapp.commands.papers_receipt import queue_receipt
from deskapp.commands.pickup_forms import Payment
from deskapp.commands.pickup_money import Bill, note_payments, settle_exactly
from deskapp.commands.pickup_release import order_of
from deskapp.commands.scrap import ScrapForm, destroy, scrap_records, two_witnesses
from deskapp.errors import N_, Refused
from deskapp.models.handing_out import calls_of, counted, items_of, ready_items, waiting_of
from deskapp.models.repair import ItemRecord, Pickup, RepairItem, RepairOrder
from deskapp.models.storage_fees import storage_fee
from deskapp.models.store import Override, Write, command
from deskapp.rules.account import MoneyKind
from deskapp.rules.custody import Holder, TamperResult
from deskapp.rules.deadlines import UNCOLLECTED_STEPS
from deskapp.rules.masking import mask
from deskapp.rules.money import format_yuan

DECIDES_AT = len(UNCOLLECTED_STEPS) - 1
"""The step at which a supervisor decides."""

OWNERS = ("bank", "merchant", "acquirer")


@dataclass(frozen=True, slots=True)
class Decided:
    """On what a decision about an uncollected device rests.

    The fee for storage (fen) is reckoned from the price list where none is named; another one needs a reason.
    """

    decision: str
    legal_basis: str
    storage_fee_fen: int | None = None
    storage_reason: str = ""


@command(N_("Print a notice to collect"), right="call")
def serve_notice(write: Write, *, order_id: str, until: str, proof: str = "", words: str = "") -> str:
    """Print and log the written notice of an order: the day it names, and how it went out (`proof`).

    Returns the print job. The proof, such as the number of the registered letter, may follow (`prove_notice`).
    """
    order = order_of(write, order_id)
    ready = ready_items(items_of(write.session, order.id))
    if not ready:
        raise Refused(N_("Nothing on this order is ready for pickup yet."), field="order", code="not_ready")
    entry = Entry()
    day = entry.day(until, "until")
    if not day or day <= shop_day(write.now).isoformat():
        raise Refused(N_("By when is it to be collected? Choose a day to come."), field="until", code="missing")
    waits = waiting_of(write.session, order.id, ready, write.now)
    said, sent = entry.note(words, "words"), entry.note(proof, "proof")
    record(write, order.id, "notice", said, step=waits.step, until=day, proof=sent)
    write.session.flush()
    return queue_collect_notice(write, order, until=day, step=waits.step, words=said).id


@command(N_("Note how a notice went out"), right="call")
def prove_notice(write: Write, *, order_id: str, proof: str) -> None:
    """Note how the last notice went out: the number of the letter, who handed it over."""
    order = order_of(write, order_id)
    sent = Entry().note(proof, "proof")
    if not sent:
        raise Refused(N_("How did the notice go out?"), field="proof", code="missing")
    last = _notices(write, order.id)
    if not last:
        raise Refused(N_("No notice was printed yet."), field="proof", code="none")
    record(write, order.id, "notice_proof", sent, notice=last[-1].id)


@command(N_("Move to long storage"), right="abandoned")
def move_to_storage(write: Write, *, order_id: str, shelf: str, words: str = "") -> int:
    """Move the ready devices of an order to a shelf of the long store; returns how many."""
    order = order_of(write, order_id)
    ready = ready_items(items_of(write.session, order.id))
    if not ready or not shelf.strip():
        raise Refused(N_("To which shelf of the long store?"), field="shelf", code="missing")
    for item in ready:
        to_shelf(write, job_of(write, item.id), shelf, tamper_result=TamperResult.NOT_DUE)
    record(write, order.id, "long_store", Entry().note(words, "words"), shelf=shelf.strip().upper())
    return len(ready)


@command(N_("Set as uncollected"), right="abandoned")
def set_uncollected(write: Write, *, order_id: str) -> int:
    """End the waiting for the devices of an order that the whole ladder did not bring home; returns how many.

    Refused before the ladder is at its end, and while a notice with a day and its proof is not on record.
    """
    order = order_of(write, order_id)
    ready = ready_items(items_of(write.session, order.id))
    if not ready:
        raise Refused(N_("Nothing on this order is ready for pickup yet."), field="order", code="not_ready")
    waits = waiting_of(write.session, order.id, ready, write.now)
    if waits.step < DECIDES_AT:
        raise Refused(
            N_("The merchant still has time: the next step is due after {days} days."), field="order", code="early",
            days=UNCOLLECTED_STEPS[waits.step + 1][0],
        )  # fmt: skip
    proofs = ladder_proofs(write, order)
    if not any(one["step"] == "notice" and one["proof"] for one in proofs):
        raise Refused(
            N_("A written notice with a day, and how it went out, has to be on record first."), field="order",
            code="no_notice",
        )  # fmt: skip
    for item in ready:
        move(write, item, "abandon", {"ladder_proofs": proofs})
    return len(ready)


@command(N_("Hand out an uncollected device after all"), right="abandoned")
def release_uncollected(
    write: Write, *, item_id: str, decided: Decided, collector: str, id_last4: str, tamper_result: str,
    auditor: Override | None, method: str = "", with_accessories: bool = True, override: Override | None = None,
) -> str:  # fmt: skip
    """Give an uncollected device to its merchant and return the number of the receipt, which is signed on paper.

    What is owed and the fee for storage are paid whole by one `method` (`rules.account.PayMethod`) in the same act; the
    fee is that of the price list in force, unless the decision names another with its reason.
    Loose things that are not there any more (`with_accessories` false) become cards.
    """
    item = item_of(write, item_id)
    facts = _decided(write, item, decided)
    name = Entry().take("name", collector, "collector", needed=True)
    last4 = id_last4.strip().upper()
    if len(last4) != 4:
        raise Refused(N_("Enter the last four characters of the document: digits, or X at the end."), field="id_last4")
    if tamper_result not in (TamperResult.OK, TamperResult.SUSPECT):
        raise Refused(N_("Answer the tamper check."), field="tamper_result", code="missing")
    refuse_open_loan(write, [item.id], override)
    bill, payments = _with_storage(write, item, facts, method)
    second = write.second_person(auditor, "co_sign", field="auditor")
    receipt_no, order = write.number("C"), order_of(write, item.order_id)
    note_payments(write, bill, payments, receipt_no)
    loose = [one.id for one in accessories_of(write.session, item.id) if not one.returned_at]
    pickup = Pickup(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, order_id=item.order_id, receipt_no=receipt_no,
        item_ids=[item.id], collector_name=name, id_type="resident_id", id_last4=last4, proof="supervisor",
        second_by=second, reason=facts["decision"],
        data={
            "uncollected": True, "accessories": loose if with_accessories else [],
            "accessories_missing": [] if with_accessories else loose, "total_fen": bill.due_fen,
            "discount_fen": bill.discount_fen, "waived_fen": bill.waived_fen, "signature": "paper",
            "payments": [{"method": one.method, "fen": one.fen} for one in payments],
        },
    )  # fmt: skip
    write.session.add(pickup)
    move(
        write, item, "release_abandoned",
        {**facts, "release_proof": "supervisor", "collector": pickup.id, "identity": "resident_id",
         "accessories_returned": pickup.data["accessories"], "payment": {"receipt": receipt_no, "fen": bill.due_fen},
         "tamper_result": tamper_result},
        second_id=second, reason=facts["decision"],
    )  # fmt: skip
    hop(write, item, Holder.MERCHANT.value, giver=write.actor.name or write.actor.staff_no, taker=name,
        tamper_result=tamper_result)  # fmt: skip
    for one in pickup.data["accessories_missing"]:
        raise_card(write, "accessory_gap", "accessory_item", one, data={"receipt": receipt_no})
    write.session.flush()
    queue_receipt(write, order, [item], receipt_no=receipt_no, pickup=pickup)
    return receipt_no


def _with_storage(
    write: Write, item: RepairItem, facts: dict[str, Any], method: str
) -> tuple[Bill, tuple[Payment, ...]]:
    """Charge the fee for storage, and return what is owed with the payment that settles it.

    The line counts days where the days make the amount; a capped or an agreed fee is one amount.
    """
    fee_fen, reckoned = int(facts["storage_fee"]), facts["storage"]
    if fee_fen:
        by_days = fee_fen == reckoned["days"] * reckoned["per_day_fen"]
        count, unit = (reckoned["days"], reckoned["per_day_fen"]) if by_days else (1, fee_fen)
        line = {"kind": "storage", "name": "", "quantity": count, "unit_fen": unit, "amount_fen": fee_fen}
        add_money(write, item, MoneyKind.CHARGE, fee_fen,
                  data={"lines": [line], "price_list": reckoned["price_list"], "basis": ""})  # fmt: skip
    bill = Bill.of(write, [item])
    if bill.due_fen and not method:
        raise Refused(
            N_("{amount} are to be paid, storage included: choose how it is paid."), field="payment", code="due",
            fen=bill.due_fen, amount=format_yuan(bill.due_fen),
        )  # fmt: skip
    payments = (Payment(method, bill.due_fen),) if bill.due_fen else ()
    settle_exactly(bill, payments)
    return bill, payments


@command(N_("Return an uncollected device to its owner"), right="abandoned")
def return_to_owner(
    write: Write, *, item_id: str, decided: Decided, owner: str, taker: str, auditor: Override | None,
    override: Override | None = None,
) -> None:  # fmt: skip
    """Give an uncollected device back to the bank or whoever owns it; its custody record prints."""
    item = item_of(write, item_id)
    facts = _decided(write, item, decided)
    name = Entry().take("name", taker, "taker", needed=True)
    if owner not in OWNERS:
        raise Refused(N_("To whom does the device belong?"), field="owner", code="missing")
    refuse_open_loan(write, [item.id], override)
    second = write.second_person(auditor, "co_sign", field="auditor")
    move(write, item, "return_to_owner", {**facts, "owner": owner}, second_id=second, reason=facts["decision"])
    hop(write, item, Holder.OWNER.value, giver=write.actor.name or write.actor.staff_no, taker=name,
        tamper_result=TamperResult.NOT_DUE)  # fmt: skip
    record(write, item.id, "returned", facts["decision"], owner=owner, taker=mask("name", name))
    write.session.flush()
    queue_custody(write, item)


@command(N_("Scrap an uncollected device"), right="abandoned")
def scrap_uncollected(
    write: Write, *, item_id: str, decided: Decided, form: ScrapForm, auditor: Override | None,
    witness: Override | None, override: Override | None = None,
) -> None:  # fmt: skip
    """Destroy an uncollected device with its owner's consent, before an auditor and a second witness."""
    job = job_of(write, item_id)
    facts = _decided(write, job.item, decided)
    records: dict[str, Any] = {**scrap_records(write, job, form), **facts}
    refuse_open_loan(write, [job.item.id], override)
    if auditor is None:
        raise Refused(N_("An auditor signs with their PIN."), field="auditor", code="needs_override")
    first, second = two_witnesses(write, auditor, witness, right="co_sign")
    records["witness"] = second
    move(write, job.item, "scrap_abandoned", records, second_id=first, reason=str(records["reason"]))
    destroy(write, job, records, (first, second))


def ladder_proofs(write: Write, order: RepairOrder) -> list[dict[str, Any]]:
    """Return every step that was taken to reach a merchant, with its day and its proof."""
    calls = [{"step": "call", "at": one.at, "proof": one.result} for one in calls_of(write.session, order.id)]
    proofs = {str(row.data.get("notice", "")): row.words for row in _records(write, order.id, "notice_proof")}
    notices = [
        {"step": "notice", "at": row.at, "until": str(row.data.get("until", "")),
         "proof": str(row.data.get("proof", "")) or proofs.get(row.id, "")}
        for row in _notices(write, order.id)
    ]  # fmt: skip
    stored = [
        {"step": "long_store", "at": row.at, "proof": str(row.data.get("shelf", ""))}
        for row in _records(write, order.id, "long_store")
    ]
    return sorted([*calls, *notices, *stored], key=lambda one: int(str(one["at"])))


def _decided(write: Write, item: RepairItem, decided: Decided) -> dict[str, Any]:
    """Return what a decision records: why, on which basis, the fee, and how the fee came about."""
    entry = Entry()
    decision, basis = entry.note(decided.decision, "decision"), entry.note(decided.legal_basis, "legal_basis")
    if not decision:
        raise Refused(N_("What is decided, and why?"), field="decision", code="missing")
    if not basis:
        raise Refused(N_("On which legal basis?"), field="legal_basis", code="missing")
    reckoned = storage_fee(write.session, item, write.now)
    fee = reckoned.fen if decided.storage_fee_fen is None else decided.storage_fee_fen
    why = entry.note(decided.storage_reason, "storage_reason")
    if fee < 0:
        raise Refused(N_("An amount cannot be negative."), field="storage_fee")
    if fee != reckoned.fen and not why:
        raise Refused(
            N_("The price list makes it {amount}. Why is it another amount?"), field="storage_reason", code="missing",
            amount=format_yuan(reckoned.fen),
        )  # fmt: skip
    other = {"storage_reason": why} if fee != reckoned.fen else {}
    return {"decision": decision, "legal_basis": basis, "storage_fee": fee, "storage": reckoned.to_record(), **other}


def _notices(write: Write, order_id: str) -> list[ItemRecord]:
    return _records(write, order_id, "notice")


def _records(write: Write, order_id: str, kind: str) -> list[ItemRecord]:
    write.session.flush()
    rows = write.session.scalars(
        select(ItemRecord).where(ItemRecord.item_id == order_id, ItemRecord.kind == kind).order_by(ItemRecord.n)
    ).all()
    return counted(rows)
