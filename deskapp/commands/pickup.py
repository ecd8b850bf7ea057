"""Handing devices out: who, what, test, money, signature and receipt in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from deskapp.commands.checkin_counter import last4_of
from deskapp.commands.entry import Entry
from deskapp.commands.guidance import close_solved
from deskapp.commands.loaners import give_back, refuse_open_loan, still_out
from deskapp.commands.moves import hop, item_of, move, raise_card, record
from deskapp.commands.old_parts import hand_over_old_parts
from deskapp.commands.papers import accessories_of
from deskapp.commands.papers_receipt import queue_receipt
from deskapp.commands.pickup_correct import in_name_of
from deskapp.commands.pickup_forms import Collector, HandedItem, HandedOut, Payment, Reduction, Settled, Signed
from deskapp.commands.pickup_money import Bill, note_payments, reduce, settle_exactly
from deskapp.commands.pickup_release import order_of, spend_release
from deskapp.errors import N_, Refused
from deskapp.models.device import Device
from deskapp.models.handing_out import (
    CLOSE_AFTER_DAYS,
    SOLVED_AFTER_DAYS,
    items_of,
    open_loans,
    ready_items,
    tests_for,
    was_repaired,
    work_events,
)
from deskapp.models.repair import ItemRecord, Pickup, RepairItem, RepairOrder
from deskapp.models.stock import Attachment
from deskapp.models.store import Override, Write, command
from deskapp.rules.custody import Holder, TamperResult
from deskapp.rules.masking import mask
from deskapp.rules.states import WorkState

ID_TYPES = {
    "resident_id": N_("resident identity card"),
    "hk_macao_permit": N_("Hong Kong and Macao permit"),
    "taiwan_permit": N_("Taiwan permit"),
    "passport": N_("passport"),
    "foreign_pr_card": N_("foreigner's residence card"),
    "business_licence": N_("business licence"),
    "none": N_("no document"),
}
"""Documents a collector can show; `none` needs a supervisor."""

TEST_ANSWERS = ("pass", "fail", "skipped")

EXCEPTIONS = {
    "id_missing": N_("no identity document was shown"),
    "id_mismatch": N_("the document is not the deliverer's"),
    "accessory_gap": N_("accessories are missing"),
    "loaner_out": N_("the loaner is not back yet"),
    "test_failed": N_("a test at the counter failed"),
}
"""What a supervisor has to allow, by code; the codes stand on the pickup."""


@dataclass(slots=True)
class _Visit:
    """One hand-out as it is put together: what was decided about it so far."""

    write: Write
    order: RepairOrder
    items: list[RepairItem]
    forms: dict[str, HandedItem]
    exceptions: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    second: str = ""


@command(N_("Hand out devices"), right="pickup")
def hand_out(
    write: Write,
    *,
    order_id: str,
    release_id: str,
    collector: Collector,
    items: tuple[HandedItem, ...],
    payments: tuple[Payment, ...] = (),
    reductions: tuple[Reduction, ...] = (),
    signed: Signed | None = None,
    rating: int | None = None,
    invoice_no: str = "",
    loaners_back: tuple[str, ...] = (),
    words: str = "",
    override: Override | None = None,
) -> HandedOut:
    """Give ready devices of one order to their collector and queue the receipt in the same commit.

    Some devices may go and others stay. The payments make up exactly what is owed for those that go,
    after discounts and waivers. What deviates from the rule (`EXCEPTIONS`) needs a supervisor's
    `override`, once for all of it. Raises Refused at `items.N.name`, `collector_name`, `payment`...
    """
    order = order_of(write, order_id)
    visit = _visit(write, order, items)
    release = spend_release(write, order, release_id)
    who = _identify(visit, collector)
    _look_at_devices(visit)
    _loaners(visit, loaners_back)
    if rating is not None and not 0 <= rating <= 5:
        raise Refused(N_("The rating goes from one to five stars."), field="rating")
    entry = Entry()
    note, invoice = entry.note(words, "words"), entry.note(invoice_no, "invoice_no")
    _allow(visit, override)
    bill = Bill.of(write, visit.items)
    reduce(write, bill, reductions)
    settle_exactly(bill, payments)
    receipt_no = write.number("C")
    note_payments(write, bill, payments, receipt_no)
    pickup = _pickup(visit, who, release, receipt_no, override)
    pickup.data = {
        **pickup.data, "total_fen": bill.due_fen, "discount_fen": bill.discount_fen, "waived_fen": bill.waived_fen,
        "payments": [{"method": one.method, "fen": one.fen} for one in payments], "rating": rating,
        "invoice_no": invoice, "words": note, "signature": _signature_kind(signed),
    }  # fmt: skip
    write.session.add(pickup)
    todo = _let_go(visit, who, pickup, signed, rating, bill)
    _keep_signature(write, pickup, signed)
    entry.raise_cards(write, "repair_order", order.id)
    write.session.flush()
    queue_receipt(write, order, visit.items, receipt_no=receipt_no, pickup=pickup)
    left = len(ready_items(items_of(write.session, order.id))) - len(visit.items)
    return HandedOut(receipt_no, pickup.id, bill.due_fen, tuple(item.id for item in visit.items), max(0, left),
                     tuple(todo))  # fmt: skip


def _visit(write: Write, order: RepairOrder, forms: Sequence[HandedItem]) -> _Visit:
    if not forms:
        raise Refused(N_("Scan the devices that are collected."), field="items", code="empty")
    wanted = {form.item_id: form for form in forms}
    chosen = [item for item in items_of(write.session, order.id) if item.id in wanted]
    if len(chosen) != len(forms):
        raise Refused(N_("A device on the list does not belong to this order."), field="items", code="other_order")
    for item in chosen:
        if item.work_state == WorkState.PICKED_UP:
            raise Refused(
                N_("Device {label} was handed out already, receipt {receipt}."), field="items", code="gone",
                label=item.label_no, receipt=item.receipt_no,
            )  # fmt: skip
    return _Visit(write, order, chosen, wanted)


def _identify(visit: _Visit, collector: Collector) -> Collector:
    """Return the collector as kept: name judged, document cut to its last four and compared."""
    entry = Entry()
    name = entry.take("name", collector.name, "collector_name", needed=True)
    if collector.id_type not in ID_TYPES:
        raise Refused(N_("Which document is shown?"), field="id_type", code="missing")
    last4 = "" if collector.id_type == "none" else last4_of(collector.id_last4, "id_last4")
    if collector.id_type == "none":
        visit.exceptions.append("id_missing")
    elif not last4:
        raise Refused(
            N_("Enter the last four characters of the document: digits, or X at the end."), field="id_last4"
        )
    known = visit.order.deliverer_id_last4
    if last4 and known and not collector.is_agent and known.upper() != last4:
        visit.exceptions.append("id_mismatch")
    return replace(collector, name=name, id_last4=last4)


def _look_at_devices(visit: _Visit) -> None:
    """Every device has its tamper answer and its tests, every accessory and old part is accounted for."""
    for place, item in enumerate(visit.items):
        form = visit.forms[item.id]
        if form.tamper not in (TamperResult.OK, TamperResult.SUSPECT):
            raise Refused(N_("Answer the tamper check."), field=f"items.{place}.tamper", code="missing")
        _tests(visit, item, form, place)
        hand_over_old_parts(visit.write, visit.order, item, form.old_parts, f"items.{place}.old_parts")
        kept = [one for one in accessories_of(visit.write.session, item.id) if not one.returned_at]
        given = [one.id for one in kept if one.id in form.accessories]
        visit.returned += given
        visit.missing += [one.id for one in kept if one.id not in given]
    if visit.missing:
        visit.exceptions.append("accessory_gap")


def _tests(visit: _Visit, item: RepairItem, form: HandedItem, place: int) -> None:
    session = visit.write.session
    plan = tests_for(session, session.get(Device, item.device_id))
    answers = dict(form.tests)
    for step in plan:
        if answers.get(step.code) not in TEST_ANSWERS:
            raise Refused(
                N_("Test the device with the merchant: “{test}” has no answer yet."),
                field=f"items.{place}.tests", code="missing", test=step.title(),
            )  # fmt: skip
    failed = any(answers[step.code] == "fail" for step in plan)
    if failed and was_repaired(work_events(session, item.id)) and "test_failed" not in visit.exceptions:
        visit.exceptions.append("test_failed")


def _loaners(visit: _Visit, back: Sequence[str]) -> None:
    write, order = visit.write, visit.order
    for device_id in back:
        give_back(write, device_id, tamper_result=TamperResult.OK.value)
    write.session.flush()
    still = open_loans(write.session, order_id=order.id)
    # The loaner bridges the repair: it is due when the last device of the order goes.
    stays = len(ready_items(items_of(write.session, order.id))) > len(visit.items) or any(
        item.work_state not in (WorkState.READY_FOR_PICKUP, WorkState.PICKED_UP, WorkState.CLOSED,
                                WorkState.CANCELLED, WorkState.SCRAPPED, WorkState.SWAPPED)
        for item in items_of(write.session, order.id)
    )  # fmt: skip
    if still and not stays:
        visit.exceptions.append("loaner_out")


def _allow(visit: _Visit, override: Override | None) -> None:
    """Spend the supervisor's consent where something deviates, naming the first deviation."""
    if not visit.exceptions:
        return
    at = {"id_missing": "id_type", "id_mismatch": "id_last4", "accessory_gap": "accessories",
          "loaner_out": "loaner", "test_failed": "tests"}[visit.exceptions[0]]  # fmt: skip
    if override is None:
        raise Refused(
            N_("A supervisor has to allow this: {what}."), field=at, code="needs_override",
            what=EXCEPTIONS[visit.exceptions[0]], exceptions=",".join(visit.exceptions),
        )  # fmt: skip
    visit.second = visit.write.second_person(override, "override", field=at)
    Entry().note(override.reason, "reason")


def _pickup(
    visit: _Visit, who: Collector, release: ItemRecord, receipt_no: str, override: Override | None
) -> Pickup:
    reason = override.reason.strip() if override and visit.exceptions else release.words
    return Pickup(
        id=visit.write.new_id(), at=visit.write.now, by=visit.write.actor.staff_id, order_id=visit.order.id,
        receipt_no=receipt_no, item_ids=[item.id for item in visit.items], collector_name=who.name,
        collector_is_agent=who.is_agent, id_type=who.id_type, id_last4=who.id_last4,
        proof=str(release.data.get("proof", "")), second_by=visit.second or str(release.data.get("second_by", "")),
        reason=reason,
        data={
            "accessories": visit.returned, "accessories_missing": visit.missing, "exceptions": visit.exceptions,
            "release": release.id,
            "tests": {item.id: dict(visit.forms[item.id].tests) for item in visit.items},
        },
    )  # fmt: skip


def _let_go(
    visit: _Visit, who: Collector, pickup: Pickup, signed: Signed | None, rating: int | None, bill: Bill
) -> list[str]:
    """Move every device to the merchant, hand over in the chain, and return the to-dos that arose."""
    write, todo = visit.write, []
    giver = write.actor.name or write.actor.staff_no
    drawn = signed is not None and signed.drawing is not None
    for item in visit.items:
        form = visit.forms[item.id]
        allowed = move(
            write, item, "hand_out",
            {
                "release_proof": pickup.proof, "collector": pickup.id, "identity": who.id_type,
                "accessories_returned": [one for one in visit.returned if one in form.accessories],
                "payment": {"receipt": pickup.receipt_no, "fen": bill.due_of(item.id)},
                "counter_test": dict(form.tests) or {"none": "skipped"}, "tamper_result": form.tamper,
                "signature": pickup.id if drawn else "", "rating": rating,
            },
            second_id=visit.second, reason=pickup.reason if visit.exceptions else "",
        )  # fmt: skip
        todo += [key for key in allowed.todo if key not in todo]
        hop(write, item, Holder.MERCHANT.value, giver=giver, taker=who.name, tamper_result=form.tamper)
    for accessory in visit.missing:
        raise_card(write, "accessory_gap", "accessory_item", accessory, data={"receipt": pickup.receipt_no})
    return todo


def _signature_kind(signed: Signed | None) -> str:
    if signed is None:
        return "none"
    return "drawn" if signed.drawing is not None else "paper" if signed.on_paper else "none"


def _keep_signature(write: Write, pickup: Pickup, signed: Signed | None) -> None:
    drawing = signed.drawing if signed else None
    if drawing is not None:
        write.session.add(
            Attachment(
                id=write.new_id(), at=write.now, by=write.actor.staff_id, subject_kind="pickup",
                subject_id=pickup.id, kind="signature", sha256=drawing.sha256, mime=drawing.mime, size=drawing.size,
            )
        )  # fmt: skip


# -- afterwards ------------------------------------------------------------------


@command(N_("Take a payment"), right="payment")
def take_payment(
    write: Write, *, order_id: str, payments: tuple[Payment, ...], item_ids: tuple[str, ...] = (),
    reductions: tuple[Reduction, ...] = (),
) -> Settled:  # fmt: skip
    """Take what is owed without handing anything out (after a correction, or beforehand), with a receipt."""
    order = order_of(write, order_id)
    chosen = [item for item in items_of(write.session, order.id) if not item_ids or item.id in item_ids]
    bill = Bill.of(write, chosen)
    if not bill.due_fen:
        raise Refused(N_("Nothing is to be paid on this order."), field="payment", code="nothing")
    reduce(write, bill, reductions)
    settle_exactly(bill, payments)
    receipt_no = write.number("C")
    note_payments(write, bill, payments, receipt_no)
    write.session.flush()
    queue_receipt(write, order, chosen, receipt_no=receipt_no, paid=payments)
    return Settled(receipt_no, bill.due_fen)


@command(N_("Confirm that devices work"), right="pickup")
def confirm_working(
    write: Write, *, item_ids: tuple[str, ...], result: str, confirmed_by: str, rating: int | None = None,
    override: Override | None = None,
) -> None:  # fmt: skip
    """Close devices after the first live transaction or a call: `result` is `transaction`, `call` or `visit`.

    An order does not end while a loaner lent for it is out, unless a supervisor allows it (`override`).
    """
    if result not in ("transaction", "call", "visit"):
        raise Refused(N_("How is it known that it works?"), field="result", code="missing")
    name = Entry().take("name", confirmed_by, "confirmed_by", needed=True)
    if not item_ids:
        raise Refused(N_("Choose the devices that work."), field="items", code="empty")
    second = refuse_open_loan(write, [item_of(write, one).id for one in item_ids], override)
    for item_id in item_ids:
        records: dict[str, Any] = {"working_result": result, "confirmed_by": "noted", "rating": rating}
        item = item_of(write, item_id)
        move(write, item, "confirm_working", records, second_id=second)
        # Moves cannot be erased, so who confirmed stands masked in a record.
        _note_confirmed(write, item, result, name)


def _note_confirmed(write: Write, item: RepairItem, result: str, name: str) -> None:
    record(write, item.id, "works", "", result=result, confirmed_by=mask("name", name))


@command(N_("Close what is settled"), right="")
def close_due(write: Write) -> int:
    """Close what nobody came back to: a week after pickup, three days after solving by phone. Returns how many.

    The program's own act; each closing says for how many days it waited.
    """
    day = 86_400_000
    closed = 0
    for state, days in ((WorkState.PICKED_UP, CLOSE_AFTER_DAYS), (WorkState.RESOLVED_REMOTELY, SOLVED_AFTER_DAYS)):
        rows = write.session.scalars(
            select(RepairItem).where(
                RepairItem.work_state == state.value, RepairItem.state_at > 0,
                RepairItem.state_at <= write.now - days * day,
            )
        ).all()  # fmt: skip
        for item in rows:
            if still_out(write, item.order_id, [item.id]):
                continue
            move(write, item, "close_auto", {"waited_days": days})
            closed += 1
    return closed + close_solved(write, SOLVED_AFTER_DAYS)


@command(N_("Reopen the job"), right="pickup")
def reopen(write: Write, *, item_id: str, reason: str, override: Override | None = None) -> None:
    """Open a closed device again; nothing is edited, it goes back to the state before.

    The acting person needs the right to reopen, or the consent of somebody who has it, in whose name
    it is then done. A device that has come again meanwhile is worked on there.
    """
    if not reason.strip():
        raise Refused(N_("Give the reason."), field="reason")
    said = Entry().note(reason, "reason")
    item = item_of(write, item_id)
    later = write.session.scalar(
        select(RepairOrder.number)
        .join(RepairItem, RepairItem.order_id == RepairOrder.id)
        .where(RepairItem.device_id == item.device_id, RepairItem.n > item.n)
        .limit(1)
    )
    if later:
        raise Refused(
            N_("Device {label} has come again since, with order {order}. Go on there."), field="reason",
            code="moved_on", label=item.label_no, order=later,
        )  # fmt: skip
    acting, _second = in_name_of(write, "reopen", override)
    move(acting, item, "reopen", {"reason": said}, reason=said)

