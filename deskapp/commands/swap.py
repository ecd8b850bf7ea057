"""Another unit takes the place of a device: the terminal number stays, the serial number changes, nothing is lost.

The binding of the old unit ends and that of the new one begins the same day, so that the history of the
terminal number is whole. The new unit is a device of the same order from then on and goes out like any other; the
old one stays with us and is scrapped, goes to the maker, or into the pool after a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from deskapp.clock import shop_day
from deskapp.commands.bench_desk import Job, job_of, tamper_answer, to_shelf
from deskapp.commands.bench_test import FAIL, TestValue, consented, judge_step, new_seal, plan_of_model
from deskapp.commands.devices import bind, unbind
from deskapp.commands.entry import Entry
from deskapp.commands.moves import hop, move, raise_card, record, refuse_wiping, site_of
from deskapp.commands.papers import queue_device_label
from deskapp.commands.papers_swap import queue_swap_note
from deskapp.commands.stock_desk import free_tray
from deskapp.errors import N_, Refused
from deskapp.models import past
from deskapp.models.bench import goes_back
from deskapp.models.device import Device, DeviceModel, TerminalBinding
from deskapp.models.handing_out import counted, open_loans
from deskapp.models.repair import AccessoryItem, ItemRecord, RepairItem
from deskapp.models.store import Override, Write, command
from deskapp.rules import warranty
from deskapp.rules.custody import Holder, TamperResult
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.states import WorkState as S

TEST_HOLDS_DAYS = 90
"""A unit of the pool counts as tested for so many days; after that it is tested again before it is used."""


@dataclass(frozen=True, slots=True)
class Swapped:
    """The unit that came in: its device on the order, its label, its serial number, whether its keys are loaded."""

    item_id: str
    device_id: str
    label_no: str
    serial_no: str
    terminal_no: str
    keys_loaded: bool


@command(N_("Test a unit of the swap pool"), right="test")
def test_unit(
    write: Write, *, serial_no: str, values: Sequence[TestValue], tamper_result: str, words: str = "",
    override: Override | None = None,
) -> bool:  # fmt: skip
    """Record the test of a unit that is on no order, by the plan of its model; returns whether it passed.

    Steps that have to be tested are left out only with a supervisor's consent.
    """
    device = unit_of(write, serial_no)
    plan_id, steps = plan_of_model(write.session.get(DeviceModel, device.model_id) if device.model_id else None)
    judged = [judge_step(step, values) for step in steps]
    answer = tamper_answer(tamper_result)
    passed = answer == TamperResult.OK and not any(one["result"] == FAIL for one in judged)
    allowed = consented(write, steps, judged, override) if passed else {}
    record(write, device.id, "unit_test", Entry().note(words, "words"), plan=plan_id, values=judged, passed=passed,
           tamper_result=answer, **allowed)  # fmt: skip
    return passed


test_unit.__test__ = False  # type: ignore[attr-defined]


@command(N_("Swap a device for another"), right="swap")
def swap(
    write: Write,
    *,
    item_id: str,
    new_serial_no: str,
    reason: str,
    terminal_no: str = "",
    binding_ticket: str = "",
    accessories: Sequence[str] = (),
    tamper_result: str = "",
    shelf: str = "",
    seal_no: str = "",
) -> Swapped:
    """Let a tested unit take the place of a device on an order; its label and the swap note to sign print.

    Without `terminal_no` the terminal number is kept. Without the number of a ticket at the acquirer a card asks
    for the binding to be reported. A unit without keys waits for its key load at the depot; where keys cannot be
    loaded it is refused at `new_serial_no`.
    """
    job = job_of(write, item_id)
    said = Entry().note(reason, "reason")
    if not said:
        raise Refused(N_("Give the reason."), field="reason")
    answer = tamper_answer(tamper_result)
    unit = unit_of(write, new_serial_no)
    old_state, seal = S(job.item.work_state), new_seal(write, seal_no)
    test = _fit_to_serve(write, job, unit)
    entry = Entry()
    kept = not terminal_no.strip()
    number = (
        (job.item.terminal_no or job.device.terminal_no)
        if kept
        else entry.take("terminal_no", terminal_no, "terminal_no", needed=True)
    )
    keys = keys_record(write, unit)
    if keys is None and (old_state is S.ON_SITE or not site_of(write).is_depot):
        raise Refused(
            N_("{serial} has no keys. Have them loaded at the depot before it takes another's place."),
            field="new_serial_no", code="no_keys", serial=unit.serial_no,
        )  # fmt: skip
    ticket = entry.note(binding_ticket, "binding_ticket")
    facts: dict[str, Any] = {
        "old_serial_no": job.device.serial_no, "new_serial_no": unit.serial_no, "accessories": list(accessories),
        "tamper_result": answer,
    }  # fmt: skip
    goes_on = _inherit_warranty(write, job, unit)
    move(
        write, job.item, "swap",
        {**facts, **goes_on, "terminal_no_kept": kept, "binding_ticket": ticket or "card", "terminal_no": number,
         "key_check_value": str(keys.data.get("check_value", "")) if keys else "", "signature": "paper", "words": said},
        reason=said,
    )  # fmt: skip
    free_tray(write, job.item)
    _tell_acquirer(write, job, unit, number, ticket)
    _bind_anew(write, job, unit, number)
    if old_state is not S.ON_SITE:
        to_shelf(write, job, "", tamper_result=TamperResult.NOT_DUE)
    item = _bring_in(write, job, unit, number, accessories)
    name = "supply_swap_on_site" if old_state is S.ON_SITE else _supply_name(write, job, keys_in=keys is not None)
    came = {"test_plan": str(test.data.get("plan", "")), "seal_no": seal, "site": write.site_id, "signature": "paper"}
    move(write, item, name, {**facts, **came}, reason=said)
    _hand_on(write, item, unit, answer, shelf, on_site=old_state is S.ON_SITE)
    queue_device_label(write, item)
    queue_swap_note(write, item)
    entry.raise_cards(write, "device", unit.id)
    return Swapped(item.id, unit.id, item.label_no, unit.serial_no, number, keys is not None)


def unit_of(write: Write, serial_no: str) -> Device:
    """Return the known unit with a serial number; raises Refused when there is none."""
    serial = clean_serial(serial_no)
    units = past.units_with(write.session, serial) if serial else []
    if not units:
        raise Refused(N_("This serial number is not known here."), field="new_serial_no", code="unknown")
    return units[-1]


def tested(write: Write, device_id: str) -> ItemRecord | None:
    """Return the last passed test of a unit: one of the pool, or the one that ended its last repair."""
    items = write.session.scalars(select(RepairItem.id).where(RepairItem.device_id == device_id)).all()
    rows = write.session.scalars(
        select(ItemRecord)
        .where(ItemRecord.item_id.in_([device_id, *items]), ItemRecord.kind.in_(("unit_test", "test")))
        .order_by(ItemRecord.n)
    ).all()
    found = counted(rows)
    last = found[-1] if found else None
    held = last is not None and write.now - last.at <= TEST_HOLDS_DAYS * 86_400_000
    return last if last is not None and held and last.data.get("passed") else None


def keys_record(write: Write, unit: Device) -> ItemRecord | None:
    """Return the key load of a unit of the pool that counts, or None."""
    rows = write.session.scalars(
        select(ItemRecord).where(ItemRecord.item_id == unit.id, ItemRecord.kind == "key_load").order_by(ItemRecord.n)
    ).all()
    found = counted(rows)
    return found[-1] if found else None


def _fit_to_serve(write: Write, job: Job, unit: Device) -> ItemRecord:
    """Return the test the unit rests on; raises Refused for one that is another's, lent, held or not tested."""
    if unit.id == job.device.id:
        raise Refused(
            N_("The old and the new device have the same serial number."), field="new_serial_no", code="same_serial"
        )
    stays = past.stays(write.session, [unit.id])
    held = next((stay for stay in stays if stay.open and stay.state is not S.SWAPPED), None)
    if held is not None:
        raise Refused(
            N_("{serial} is in repair itself: order {order}."), field="new_serial_no", code="held",
            serial=unit.serial_no, order=held.order_no,
        )  # fmt: skip
    refuse_wiping(unit)
    if open_loans(write.session, device_id=unit.id):
        raise Refused(N_("This loaner is out. Take it back first."), field="new_serial_no", code="out")
    merchant_id = job.order.merchant_id
    if unit.merchant_id and unit.merchant_id != merchant_id:
        raise Refused(
            N_("{serial} is bound to another merchant. End that binding first."), field="new_serial_no", code="bound",
            serial=unit.serial_no,
        )  # fmt: skip
    test = tested(write, unit.id)
    if test is None:
        raise Refused(
            N_("{serial} has no passed test of the last {days} days. Test it first."), field="new_serial_no",
            code="untested", serial=unit.serial_no, days=TEST_HOLDS_DAYS,
        )  # fmt: skip
    return test


def _tell_acquirer(write: Write, job: Job, unit: Device, number: str, ticket: str) -> None:
    if not ticket:
        raise_card(
            write, "binding_update", "device", unit.id, words=unit.serial_no,
            data={"old": job.device.serial_no, "new": unit.serial_no, "terminal_no": number},
        )  # fmt: skip


def _bind_anew(write: Write, job: Job, unit: Device, number: str) -> None:
    """End the old unit's binding before the new one begins: the terminal number is never on two devices."""
    session = write.session
    before = session.scalars(
        select(TerminalBinding).where(TerminalBinding.device_id == job.device.id, TerminalBinding.valid_to == "")
    ).first()
    place, merchant_id = (before.place, before.merchant_id) if before else ("", job.order.merchant_id)
    unbind(write, job.device.id, shop_day(write.now).isoformat())
    session.flush()
    if merchant_id:
        bind(write, unit.id, merchant_id, number, place=place)


def _inherit_warranty(write: Write, job: Job, unit: Device) -> dict[str, str]:
    """Let the new unit have what was left of the old one's term, or its own where that is longer.

    Returns the last day and which of the two counted, as the record of the swap keeps them.
    """
    earlier = [stay for stay in past.stays(write.session, [job.device.id]) if stay.item_id != job.item.id]
    days = past.days_in_custody(write.session, earlier, write.now)
    merchant_id = job.order.merchant_id or job.device.merchant_id
    by_contract = past.contract_end(write.session, job.device, merchant_id, shop_day(write.now))
    old = by_contract or _day(job.device.warranty_until)
    left = date.fromordinal(old.toordinal() + days) if old else None
    end = warranty.swap_unit_end(left, _day(unit.warranty_until))
    if end is None:
        return {"warranty_until": "", "warranty_from": ""}
    source = "remaining" if left is not None and end == left else "own"
    if end.isoformat() != unit.warranty_until:
        unit.warranty_until = end.isoformat()
    return {"warranty_until": end.isoformat(), "warranty_from": source}


def _bring_in(write: Write, job: Job, unit: Device, number: str, accessories: Sequence[str]) -> RepairItem:
    """Put the new unit on the order, linked to the device it stands for; loose accessories go on with it."""
    session, old = write.session, job.item
    last = session.scalar(select(func.max(RepairItem.line_no)).where(RepairItem.order_id == job.order.id)) or 0
    item = RepairItem(
        id=write.new_id(), order_id=job.order.id, line_no=int(last) + 1, device_id=unit.id, label_no=write.label("D"),
        terminal_no=number, symptom_code=old.symptom_code, words=old.words, previous_item_id=old.id,
        priority=old.priority,
    )  # fmt: skip
    session.add(item)
    session.flush()
    for loose in session.scalars(select(AccessoryItem).where(AccessoryItem.item_id == old.id)):
        if not loose.returned_at and (loose.id in accessories or loose.kind in accessories):
            loose.item_id = item.id
    unit.loaner = False
    for stay in past.stays(session, [unit.id]):
        if stay.state is S.SWAPPED and stay.open:
            before = session.get_one(RepairItem, stay.item_id)
            name = write.actor.name or write.actor.staff_no
            hop(write, before, Holder.OWNER.value, giver=name, taker=name, tamper_result=TamperResult.NOT_DUE)
    return item


def _supply_name(write: Write, job: Job, *, keys_in: bool) -> str:
    if not keys_in:
        return "supply_swap_for_keys"
    return "supply_swap_for_return" if goes_back(write.session, site_of(write), job.order) else "supply_swap"


def _hand_on(write: Write, item: RepairItem, unit: Device, tamper: str, shelf: str, *, on_site: bool) -> None:
    name = write.actor.name or write.actor.staff_no
    if on_site:
        hop(write, item, Holder.MERCHANT.value, giver=name, taker=name, tamper_result=tamper,
            from_holder=Holder.SHELF.value)  # fmt: skip
        return
    job = job_of(write, item.id)
    hop(write, item, Holder.SHELF.value, giver=name, taker=name, tamper_result=tamper,
        from_holder=Holder.OWNER.value)  # fmt: skip
    to_shelf(write, job, shelf, tamper_result=TamperResult.NOT_DUE)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
