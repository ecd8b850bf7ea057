"""Go-live: devices that are on the shelf already get a line, a label and a place in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from deskapp import catalogue
from deskapp.clock import shop_day
from deskapp.commands import checkin_units as units
from deskapp.commands.checkin import new_token, priority_for
from deskapp.commands.checkin_counter import Desk, last4_of, merchant_of
from deskapp.commands.checkin_forms import (
    CheckedDevice,
    CheckedIn,
    Deliverer,
    DeviceForm,
    MerchantForm,
    Terms,
)
from deskapp.commands.moves import hop, move, record
from deskapp.commands.papers import queue_accessory_label, queue_device_label, queue_slip
from deskapp.commands.tickets import TicketForm, add_event, new_ticket
from deskapp.errors import N_, Refused
from deskapp.models import times
from deskapp.models.merchant import Merchant
from deskapp.models.people import Shelf
from deskapp.models.repair import AccessoryItem, RepairItem, RepairOrder
from deskapp.models.store import Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.rules.deadlines import instant

NOON = 12 * 60


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of the time before: day it came in (ISO), the old paper or list, whether it is ready."""

    in_date: str
    source: str
    ready: bool = False
    shelf_id: str = ""


@command(N_("Take over devices at go-live"), right="go_live")
def take_over(
    write: Write,
    *,
    devices: tuple[DeviceForm, ...],
    before: Before,
    deliverer: Deliverer,
    merchant_id: str = "",
    merchant: MerchantForm | None = None,
    with_slip: bool = False,
) -> CheckedIn:
    """Enter devices of one merchant that were taken in before this program was used.

    Only what is on the old paper is asked; the rest becomes to-dos. Labels are queued; a slip only
    with `with_slip`, since the merchant holds the old one.
    """
    desk = Desk(write)
    day = _day(write, before)
    if not devices:
        raise Refused(N_("Scan or type the serial number of the first device."), field="serial_no", code="empty")
    units.refuse_repeated(devices)
    owner = merchant_of(desk, merchant_id, merchant, deliverer.phone)
    order = _order(desk, owner, deliverer, devices, day)
    shelf = write.session.get(Shelf, before.shelf_id) if before.shelf_id else None
    write.session.flush()
    taken = [_take(desk, order, owner, form, index, before, shelf) for index, form in enumerate(devices)]
    for item, accessories in taken:
        queue_device_label(write, item)
        for one in accessories:
            if one.label_no:
                queue_accessory_label(write, one)
    if with_slip:
        queue_slip(write, order)
    ticket = write.session.get_one(ServiceTicket, order.ticket_id)
    checked = tuple(
        CheckedDevice(item.id, item.device_id, item.label_no, tuple(one.label_no for one in own if one.label_no))
        for item, own in taken
    )
    return CheckedIn(
        order.id, order.number, order.slip_no, ticket.id, ticket.number, order.merchant_id, checked,
        tuple(desk.notices),
    )  # fmt: skip


def _day(write: Write, before: Before) -> date:
    try:
        day = date.fromisoformat(before.in_date)
    except ValueError:
        raise Refused(N_("Enter the day the device came in."), field="in_date") from None
    if day > shop_day(write.now):
        raise Refused(N_("The device cannot have come in after today."), field="in_date")
    if not before.source.strip():
        raise Refused(N_("Note the old paper or list this is taken from."), field="source")
    return day


def _order(
    desk: Desk, owner: Merchant | None, deliverer: Deliverer, devices: tuple[DeviceForm, ...], day: date
) -> RepairOrder:
    write = desk.write
    came = min(instant(day, NOON), write.now)
    write.session.flush()
    ticket = new_ticket(write, TicketForm(
        channel="counter", merchant_id=owner.id if owner else "", caller_name=deliverer.name,
        callback_phone=deliverer.phone, serial_no=devices[0].serial_no, model_words=devices[0].model_words,
        symptom_code=devices[0].symptom_code or "other", business_stopped=False,
    ))  # fmt: skip
    ticket.opened_at = came
    ticket.priority = min(priority_for(desk, form, owner, Terms()) for form in devices)
    add_event(write, ticket.id, "start", "in_progress")
    promised = times.due_of(write.session, write.site_id, ticket.priority, came, ())
    last4 = last4_of(deliverer.id_last4)
    order = RepairOrder(
        id=write.new_id(), number=write.number("R"), slip_no=write.number("K"), slip_token=new_token(),
        ticket_id=ticket.id, site_id=write.site_id, merchant_id=ticket.merchant_id, opened_at=came,
        opened_by=write.actor.staff_id, deliverer_name=ticket.caller_name, deliverer_phone=ticket.callback_phone,
        deliverer_id_type=deliverer.id_type if last4 else "", deliverer_id_last4=last4, ceiling_fen=0,
        estimate_at=promised.done_ms or 0,
    )  # fmt: skip
    write.session.add(order)
    return order


def _take(
    desk: Desk,
    order: RepairOrder,
    owner: Merchant | None,
    form: DeviceForm,
    index: int,
    before: Before,
    shelf: Shelf | None,
) -> tuple[RepairItem, list[AccessoryItem]]:
    write = desk.write
    if form.tamper not in ("ok", "suspect"):
        raise Refused(
            N_("Answer the tamper check: is the device intact?"), field=f"devices.{index}.tamper", code="unanswered"
        )
    found = units.find_unit(desk, form, index, owner)
    terminal_no, misfits = units.bind(desk, found, form, index, owner)
    priority = priority_for(desk, form, owner, Terms())
    item = RepairItem(
        id=write.new_id(), order_id=order.id, line_no=index + 1, device_id=found.unit.id, label_no=write.label("D"),
        terminal_no=terminal_no, symptom_code=form.symptom_code,
        words=desk.text("symptom_words", form.words, f"devices.{index}.words", index + 1),
        shelf_id=before.shelf_id, priority=priority,
    )  # fmt: skip
    write.session.add(item)
    accessories = _accessories(desk, item, form)
    _move(desk, order, item, form, found, before, shelf)
    units.hang_misfits(desk, found, item.id, index + 1, misfits)
    desk.hang_doubts("repair_item", item.id, index + 1)
    return item, accessories


def _accessories(desk: Desk, item: RepairItem, form: DeviceForm) -> list[AccessoryItem]:
    write, kinds = desk.write, catalogue.words("accessory_types")
    rows = [
        AccessoryItem(
            id=write.new_id(), item_id=item.id, kind=one.kind, serial_no=one.serial_no,
            label_no=write.label("A") if one.kind in kinds and kinds[one.kind].extra.get("own_label") else "",
        )
        for one in form.accessories
    ]  # fmt: skip
    write.session.add_all(rows)
    return rows


def _move(
    desk: Desk,
    order: RepairOrder,
    item: RepairItem,
    form: DeviceForm,
    found: units.Found,
    before: Before,
    shelf: Shelf | None,
) -> None:
    write = desk.write
    suspect = form.tamper == "suspect" or found.duplicate
    answers: dict[str, object] = {
        "serial_no": found.unit.serial_no, "model": found.unit.model_id or found.unit.note or form.model_words,
        "merchant": order.merchant_id or "callback", "accessories": [one.kind for one in form.accessories],
        "tamper_result": form.tamper, "in_date": before.in_date,
        "source": desk.text("note", before.source, "source"),
    }  # fmt: skip
    if form.condition:
        answers["condition"] = dict(form.condition)
        record(write, item.id, "condition", "", answers=dict(form.condition), power=form.power_state)
    if shelf is not None:
        answers["shelf"] = shelf.code
    ready = before.ready and not suspect
    move(write, item, "take_over_ready" if ready else "take_over", answers)
    holder = "quarantine" if suspect else f"shelf:{shelf.code}" if shelf else "shelf"
    # Who brought it stands on the old paper; the hop begins where the device was found.
    hop(
        write, item, holder, giver=order.deliverer_name or before.source.strip(),
        taker=write.actor.name or write.actor.staff_no, tamper_result="suspect" if suspect else "ok",
        place=shelf.code if shelf else "",
    )  # fmt: skip
    if suspect:
        why = "tamper" if form.tamper == "suspect" else "duplicate_serial"
        move(write, item, "quarantine", {"reason": why, "finder": write.actor.staff_no}, reason=why)
