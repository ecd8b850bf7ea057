"""What the columns of records are called on the screen, and how their values read where two versions are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from deskapp.clock import shop_time
from deskapp.errors import N_
from deskapp.models.columns import known
from deskapp.models.store import ReadSession
from deskapp.rules.money import format_yuan

FIELD_TITLES: Final[Mapping[str, str]] = {
    "accessories": N_("Usual accessories"), "active": N_("In use"), "address": N_("Address"),
    "answers": N_("Answers"), "app_version": N_("App version"), "badge_no": N_("Badge"), "bin": N_("Bin"),
    "brand": N_("Brand"), "brand_en": N_("Brand in English"), "business_stopped": N_("Business has stopped"),
    "callback_phone": N_("Call-back number"), "caller_name": N_("Caller"), "capabilities": N_("Capabilities"),
    "carry": N_("Goes along"),
    "ceiling_fen": N_("Ceiling"), "channel": N_("Channel"), "code": N_("Code"),
    "complaint_phone": N_("Complaints line"), "contact_name": N_("Contact person"),
    "contact_phone": N_("Contact's phone"), "day": N_("Day"), "deliverer_id_last4": N_("Document, last four"),
    "deliverer_id_type": N_("Document"), "deliverer_name": N_("Deliverer"),
    "deliverer_phone": N_("Deliverer's phone"), "depot_code": N_("Depot"), "device_id": N_("Device"),
    "district": N_("District"), "do_not_wipe": N_("Do not wipe"), "ends_on": N_("Ends"), "engineer_id": N_("Engineer"),
    "estimate_at": N_("Ready by estimate"), "explained_by": N_("Explained by"),
    "fee": N_("Charge told"), "fee_fen": N_("Visit charge"), "fen": N_("Price"),
    "from_at": N_("From"), "to_at": N_("Until"),
    "firmware_version": N_("Firmware"), "fits": N_("Fits"), "hotline": N_("Service hotline"),
    "hours": N_("Opening hours"), "iccid": N_("ICCID"), "imei": N_("IMEI"), "is_depot": N_("Workshop"),
    "is_outlet": N_("Counter"), "joined_into": N_("Joined into"),
    "key_load_on_board_change": N_("Keys after a board change"), "kind": N_("Kind"), "language": N_("Language"),
    "loaner": N_("Loaner"), "main": N_("Main contact"), "manufactured_on": N_("Made on"),
    "merchant_id": N_("Merchant"), "merchant_no": N_("Merchant number"), "min_quantity": N_("Minimum"),
    "min_version": N_("Oldest allowed version"), "model_id": N_("Model"), "model_words": N_("Model"),
    "name": N_("Name or title"), "name_en": N_("Name in English"), "note": N_("Note"), "number": N_("Number"),
    "old_parts_back": N_("Old parts go back"), "open_questions": N_("Open questions"), "ownership": N_("Owned by"),
    "part_no": N_("Part number"), "phone": N_("Phone"), "place": N_("Place"),
    "previous_item_id": N_("Repaired before"), "price_fen": N_("Price"), "priority": N_("Urgency"),
    "region": N_("Region"), "relation": N_("Relation"), "roles": N_("Roles"), "serial_no": N_("Serial number"),
    "serial_pattern": N_("Pattern of serial numbers"), "serialised": N_("Tracked by serial number"),
    "service_times": N_("Service times"), "shelf_id": N_("Shelf"), "short_name": N_("Short name"),
    "slip_blocked": N_("Slip blocked"), "solo": N_("One person alone"), "staff_no": N_("Staff number"),
    "starts_on": N_("Starts"), "support_contact": N_("Support contact"), "symptom_code": N_("Symptom"),
    "technician_id": N_("Technician"), "terminal_no": N_("Terminal number"), "tier": N_("Tier"), "tusn": N_("TUSN"),
    "unionpay_device_type": N_("UnionPay device type"), "uscc": N_("Credit code"), "valid_from": N_("From"),
    "valid_to": N_("Until"), "vendor_consent": N_("May go to the maker"), "version": N_("Version"),
    "warranty_days": N_("Warranty, days"), "warranty_months": N_("Warranty, months"),
    "warranty_until": N_("Warranty until"), "words": N_("Description"), "works": N_("Working day"),
}  # fmt: skip

RECORD_TITLES: Final[Mapping[str, str]] = {
    "accessory_item": N_("Accessory"), "attachment": N_("Photo or scan"), "calendar_day": N_("Day of the calendar"),
    "custody_event": N_("Handing over"), "device": N_("Device"), "device_model": N_("Model"),
    "item_record": N_("Note about a device"), "loan_event": N_("Loan"), "manifest": N_("Manifest"),
    "manifest_event": N_("Line of a manifest"), "merchant": N_("Merchant"), "merchant_contact": N_("Contact person"),
    "money_event": N_("Money"), "part": N_("Part"), "pickup": N_("Pickup"), "price_line": N_("Line of the price list"),
    "print_fact": N_("Printed paper"), "repair_item": N_("Device in repair"), "repair_order": N_("Repair order"),
    "review_card": N_("Card to settle"), "service_contract": N_("Contract"), "service_ticket": N_("Ticket"),
    "shelf": N_("Shelf"), "site": N_("Branch"), "site_visit": N_("Visit"), "staff": N_("Person"),
    "stock_move": N_("Movement of stock"), "terminal_binding": N_("Merchant and terminal"),
    "ticket_event": N_("History of a ticket"), "work_event": N_("Step of work"),
}  # fmt: skip
"""What kinds of records are called where people read them; a test knows that none is missing."""

YES, NO = N_("Yes"), N_("No")
_LINKS: Final[Mapping[str, tuple[str, str]]] = {
    "merchant_id": ("merchant", "name"), "device_id": ("device", "serial_no"), "model_id": ("device_model", "name"),
    "technician_id": ("staff", "name"), "engineer_id": ("staff", "name"),
    "shelf_id": ("shelf", "code"), "previous_item_id": ("repair_item", "label_no"),
    "joined_into": ("merchant", "name"), "ticket_id": ("service_ticket", "number"),
}  # fmt: skip


_OF_RECORD: Final[Mapping[tuple[str, str], str]] = {("service_ticket", "words"): N_("In the caller's words")}
"""Columns whose page calls them otherwise than the others do."""


def field_title(name: str, entity: str = "") -> str:
    """Return the message id of a column, as the page of its record calls it; its own name where there is none."""
    return _OF_RECORD.get((entity, name)) or FIELD_TITLES.get(name, name)


def lost_fields(entity: str, data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the message ids of the fields that two people changed, by the data of a card about it; else nothing."""
    lost = data.get("lost")
    return tuple(dict.fromkeys(field_title(name, entity) for name in lost)) if isinstance(lost, Mapping) else ()


def readable(session: ReadSession, name: str, value: Any) -> str:
    """Return how a value reads: names instead of ids, yuan instead of fen. Yes and no are message ids."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if name.endswith("_fen") or name == "fen":
        return format_yuan(int(value))
    if name.endswith("_at") and isinstance(value, int):
        return f"{shop_time(value):%Y-%m-%d %H:%M}" if value else ""
    if name in _LINKS:
        table, column = _LINKS[name]
        row = session.get(known(table), str(value))
        return str(getattr(row, column)) if row is not None else str(value)[:8]
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {readable(session, str(key), one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(str(one) for one in value)
    return str(value)
