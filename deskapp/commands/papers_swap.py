"""Filling the swap note: which unit took the place of which, under which terminal number, and what goes on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from deskapp import catalogue, settings
from deskapp.commands.moves import item_of
from deskapp.commands.papers import latest, model_name, paper_site, queue, staff_name
from deskapp.commands.papers_quote import contact_of
from deskapp.errors import N_, Refused
from deskapp.i18n import translate
from deskapp.models.device import Device
from deskapp.models.handing_out import came_for_another, work_events
from deskapp.models.local import PrintJob
from deskapp.models.merchant import Merchant
from deskapp.models.repair import AccessoryItem, RepairItem, RepairOrder, WorkEvent
from deskapp.models.store import Write, command
from deskapp.rules.custody import TAMPER_TITLES, TamperResult
from deskapp.rules.masking import mask
from deskapp.rules.papers_depot import SwapNoteCard

KEYS_IN, KEYS_TO_COME = N_("keys are in"), N_("keys are still to be loaded")
TERMINAL_KEPT, TERMINAL_NEW = N_("kept"), N_("changed, the old one was {number}")

WARRANTY_FROM = {
    "remaining": N_("what was left of the old unit's warranty"),
    "own": N_("the new unit's own warranty, which is longer"),
    "": N_("no warranty date is known"),
}
"""From where the warranty of the unit that came in goes on; the codes stand in the record of the swap."""


@command(N_("Print a swap note"), right="reprint_first")
def print_swap_note(write: Write, *, item_id: str) -> str:
    """Queue the note of a swap, named by the unit that went or the one that came; returns the job."""
    item = item_of(write, item_id)
    taken = item if came_for_another(work_events(write.session, item.id)) else _after(write, item)
    if taken is None:
        raise Refused(N_("No unit took the place of this device."), field="item", code="no_swap")
    return queue_swap_note(write, taken).id


def queue_swap_note(write: Write, item: RepairItem) -> PrintJob:
    """Queue what the merchant signs for the unit that took the place of another; it hangs on that unit."""
    write.session.flush()
    return queue(write, _card(write, item), subject_kind="repair_item", subject_id=item.id)


def _after(write: Write, item: RepairItem) -> RepairItem | None:
    rows = write.session.scalars(
        select(RepairItem).where(RepairItem.order_id == item.order_id, RepairItem.previous_item_id == item.id)
    ).all()
    return next((row for row in rows if came_for_another(work_events(write.session, row.id))), None)


def _card(write: Write, item: RepairItem) -> SwapNoteCard:
    session, language = write.session, str(write.settings[settings.PAPER_LANGUAGE])
    old = session.get_one(RepairItem, item.previous_item_id)
    order = session.get_one(RepairOrder, item.order_id)
    before, unit = session.get(Device, old.device_id), session.get_one(Device, item.device_id)
    event = next(row for row in reversed(work_events(session, old.id)) if row.move == "swap")
    merchant = session.get(Merchant, order.merchant_id) if order.merchant_id else None
    name, phone = contact_of(session, order, order.merchant_id)
    return SwapNoteCard(
        number=f"{order.number}-{item.line_no}", site=paper_site(session, order.site_id or write.site_id),
        order_no=order.number, merchant=merchant.name if merchant else "",
        merchant_no=mask("merchant_no", merchant.merchant_no) if merchant and merchant.merchant_no else "",
        contact=name, contact_phone=phone, swapped_ms=event.at, reason=str(event.data.get("words", "")) or event.reason,
        old_model=model_name(session, before), old_serial_no=str(event.data.get("old_serial_no", "")),
        old_label_no=old.label_no, model=model_name(session, unit), serial_no=unit.serial_no, tusn=unit.tusn,
        label_no=item.label_no, clerk=staff_name(session, event.by),
        **_binding(event, old, item, language), **_keys(write, event, unit, language),
        **_goes_on(event, unit, language), **_along(write, event, item, language),
    )  # fmt: skip


def _binding(event: WorkEvent, old: RepairItem, item: RepairItem, language: str) -> dict[str, Any]:
    ticket = str(event.data.get("binding_ticket", ""))
    kept = bool(event.data.get("terminal_no_kept"))
    words = translate(TERMINAL_KEPT if kept else TERMINAL_NEW, language)
    return {
        "terminal_no": item.terminal_no, "terminal_words": words if kept else words.format(number=old.terminal_no),
        "binding_ticket": "" if ticket == "card" else ticket,
    }  # fmt: skip


def _keys(write: Write, event: WorkEvent, unit: Device, language: str) -> dict[str, Any]:
    loaded = latest(write.session, unit.id, "key_load")
    there = bool(event.data.get("key_check_value")) and loaded is not None
    return {
        "keys": translate(KEYS_IN if there else KEYS_TO_COME, language),
        "key_slot": str(loaded.data.get("slot", "")) if there and loaded else "",
        "check_value": str(event.data.get("key_check_value", "")), "keys_ms": loaded.at if there and loaded else None,
    }  # fmt: skip


def _goes_on(event: WorkEvent, unit: Device, language: str) -> dict[str, Any]:
    """What the swap decided about the warranty; a swap of an older version left only the unit's own date."""
    until = str(event.data.get("warranty_until", unit.warranty_until))
    source = str(event.data.get("warranty_from", "own" if until else ""))
    return {"warranty_until": until, "warranty_words": translate(WARRANTY_FROM.get(source, ""), language)}


def _along(write: Write, event: WorkEvent, item: RepairItem, language: str) -> dict[str, Any]:
    """The loose things that went on to the new unit, and what the look at it showed."""
    loose = write.session.scalars(
        select(AccessoryItem.kind).where(AccessoryItem.item_id == item.id).order_by(AccessoryItem.n)
    ).all()
    answer = str(event.data.get("tamper_result", ""))
    return {
        "accessories": tuple(catalogue.title("accessory_types", kind, language) for kind in loose),
        "tamper": translate(TAMPER_TITLES[TamperResult(answer)], language) if answer in set(TamperResult) else "",
    }
