"""Terminals as things: adding and changing them, binding them to merchants, joining twins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from deskapp.clock import shop_day
from deskapp.commands.entry import Entry
from deskapp.commands.moves import raise_card
from deskapp.commands.papers import queue_device_label
from deskapp.errors import N_, Refused
from deskapp.models.device import Device, DeviceModel, TerminalBinding
from deskapp.models.merchant import Merchant
from deskapp.models.repair import RepairItem
from deskapp.models.store import Override, Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.rules.identifiers import Context
from deskapp.rules.lifecycle import ENDED, WorkState

OWNERSHIPS = ("bank_owned", "merchant_owned", "leased")


@dataclass(frozen=True, slots=True)
class DeviceDetails:
    """What is known about a unit; days are ISO text."""

    serial_no: str
    model_id: str = ""
    tusn: str = ""
    imei: str = ""
    iccid: str = ""
    ownership: str = "bank_owned"
    manufactured_on: str = ""
    warranty_until: str = ""
    firmware_version: str = ""
    app_version: str = ""
    loaner: bool = False
    note: str = ""


@command(N_("Add a device"), right="merchant")
def add_device(write: Write, *, form: DeviceDetails) -> str:
    """Add a unit and return its id; a serial number that is there already is refused."""
    return new_device(write, form).id


def new_device(write: Write, form: DeviceDetails) -> Device:
    """Add a unit inside another act and return its row."""
    row = Device(id=write.new_id(), serial_no="")
    entry = _fill(write, row, form, serial=form.serial_no)
    write.session.add(row)
    write.session.flush()
    entry.raise_cards(write, "device", row.id)
    return row


@command(N_("Change a device"), right="merchant")
def change_device(
    write: Write, *, device_id: str, form: DeviceDetails, seen: Mapping[str, str] | None = None
) -> None:
    """Change what describes a unit; its serial number is corrected by a supervisor (`correct_serial`)."""
    row = device_row(write, device_id)
    write.saw(device_id, seen)
    _fill(write, row, form, serial=row.serial_no)


@command(N_("Correct a serial number"), right="merchant")
def correct_serial(write: Write, *, device_id: str, serial_no: str, override: Override | None) -> None:
    """Correct a unit's serial number by a supervisor; the old one stays in the history.

    Where the unit lies here, its label comes out anew: the serial number stands on it.
    """
    row = device_row(write, device_id)
    second = write.second_person(override, "correct")
    entry = Entry(_context(write, row.model_id))
    serial = entry.take("serial_no", serial_no, "serial_no", needed=True)
    twin = device_by_serial(write, serial)
    if twin is not None and twin.id != device_id:
        raise Refused(
            N_("Serial number {serial_no} is there already. Join the two records instead."),
            field="serial_no", code="twin", serial_no=serial,
        )  # fmt: skip
    words = override.reason if override else ""
    raise_card(
        write, "corrected", "device", device_id, words=words,
        data={"field": "serial_no", "old": row.serial_no, "new": serial, "second": second},
    )  # fmt: skip
    row.serial_no = serial
    write.session.flush()
    here = select(RepairItem).where(RepairItem.device_id == device_id, RepairItem.at_site == write.site_id)
    for item in write.session.scalars(here).all():
        if item.label_no and WorkState(item.work_state) not in (*ENDED, WorkState.PICKED_UP):
            queue_device_label(write, item)


@command(N_("Bind a device"), right="merchant")
def bind_device(
    write: Write, *, device_id: str, merchant_id: str, terminal_no: str, place: str = "", valid_from: str = ""
) -> str:
    """Bind a unit to a merchant and a terminal number from a day on; an older binding ends the same day."""
    return bind(write, device_id, merchant_id, terminal_no, place=place, valid_from=valid_from).id


def bind(
    write: Write, device_id: str, merchant_id: str, terminal_no: str, *, place: str = "", valid_from: str = ""
) -> TerminalBinding:
    """Bind a unit inside another act; a terminal number that is bound elsewhere too raises a review card."""
    device_row(write, device_id)
    if write.session.get(Merchant, merchant_id) is None:
        raise Refused(N_("This merchant is not known here."), field="merchant_id")
    entry = Entry()
    number = entry.take("terminal_no", terminal_no, "terminal_no")
    today = entry.day(valid_from, "valid_from") or shop_day(write.now).isoformat()
    unbind(write, device_id, today)
    if number:
        other = write.session.scalars(
            select(TerminalBinding).where(
                TerminalBinding.terminal_no == number, TerminalBinding.valid_to == "",
                TerminalBinding.device_id != device_id,
            )  # fmt: skip
        ).first()
        if other is not None:
            raise_card(
                write, "terminal_twice", "device", device_id, data={"terminal_no": number, "other": other.device_id}
            )
    row = TerminalBinding(
        id=write.new_id(), device_id=device_id, merchant_id=merchant_id, terminal_no=number, valid_from=today,
        place=entry.note(place, "place"),
    )  # fmt: skip
    write.session.add(row)
    write.session.flush()
    return row


@command(N_("End a binding"), right="merchant")
def unbind_device(write: Write, *, device_id: str) -> None:
    """End a unit's binding today."""
    device_row(write, device_id)
    unbind(write, device_id, shop_day(write.now).isoformat())


def unbind(write: Write, device_id: str, day: str) -> None:
    """End whatever binding of a unit is open."""
    open_ones = select(TerminalBinding).where(TerminalBinding.device_id == device_id, TerminalBinding.valid_to == "")
    for row in write.session.scalars(open_ones):
        row.valid_to = day


@command(N_("Join two devices"), right="join")
def join_devices(write: Write, *, keep_id: str, twin_id: str, reason: str) -> None:
    """Join a twin into the unit that stays: its orders and tickets move, its printed papers stay as they are."""
    if keep_id == twin_id:
        raise Refused(N_("Choose two different records."), field="twin_id")
    if not Entry().note(reason, "reason"):
        raise Refused(N_("Give the reason."), field="reason")
    keep, twin = device_row(write, keep_id), device_row(write, twin_id)
    if keep.joined_into:
        raise Refused(N_("This record was joined into another one already."), field="keep_id")
    for item in write.session.scalars(select(RepairItem).where(RepairItem.device_id == twin_id)):
        item.device_id = keep_id
    for ticket in write.session.scalars(select(ServiceTicket).where(ServiceTicket.device_id == twin_id)):
        ticket.device_id = keep_id
    day = shop_day(write.now).isoformat()
    unbind(write, twin_id, day)
    for name in ("tusn", "model_id", "imei", "iccid", "warranty_until", "manufactured_on"):
        if not getattr(keep, name) and getattr(twin, name):
            setattr(keep, name, getattr(twin, name))
    twin.joined_into = keep_id


def update_device(write: Write, row: Device, form: DeviceDetails) -> None:
    """Change a unit's details inside another act; its serial number stays."""
    _fill(write, row, form, serial=row.serial_no)


def device_row(write: Write, device_id: str) -> Device:
    """Return a unit; raises Refused when it is not known here."""
    row = write.session.get(Device, device_id)
    if row is None:
        raise Refused(N_("This device is not known here."), field="device_id")
    return row


def device_by_serial(write: Write, serial_no: str) -> Device | None:
    """Return the unit with a normalised serial number, or None; joined twins do not count."""
    return write.session.scalars(
        select(Device).where(Device.serial_no == serial_no, Device.joined_into == "").order_by(Device.n)
    ).first()


def _context(write: Write, model_id: str) -> Context:
    model = write.session.get(DeviceModel, model_id) if model_id else None
    return Context(serial_pattern=model.serial_pattern) if model and model.serial_pattern else Context()


def _fill(write: Write, row: Device, form: DeviceDetails, *, serial: str) -> Entry:
    if form.model_id and write.session.get(DeviceModel, form.model_id) is None:
        raise Refused(N_("This model is not in the catalogue: {model}"), field="model_id", model=form.model_id)
    if form.ownership not in OWNERSHIPS:
        raise Refused(N_("Say whose device it is: the bank's, the merchant's, or leased."), field="ownership")
    entry = Entry(_context(write, form.model_id))
    normal = entry.take("serial_no", serial, "serial_no", needed=True)
    there = device_by_serial(write, normal)
    if there is not None and there.id != row.id:
        raise Refused(
            N_("Serial number {serial_no} is there already."), field="serial_no", code="taken", serial_no=normal
        )
    values = {
        "serial_no": normal, "model_id": form.model_id, "tusn": entry.take("tusn", form.tusn, "tusn"),
        "imei": entry.take("imei", form.imei, "imei"), "iccid": entry.take("iccid", form.iccid, "iccid"),
        "ownership": form.ownership, "manufactured_on": entry.day(form.manufactured_on, "manufactured_on"),
        "warranty_until": entry.day(form.warranty_until, "warranty_until"),
        "firmware_version": entry.note(form.firmware_version, "firmware_version"),
        "app_version": entry.note(form.app_version, "app_version"),
        "loaner": form.loaner, "note": entry.note(form.note, "note"),
    }  # fmt: skip
    for key, value in values.items():
        if getattr(row, key) != value:
            setattr(row, key, value)
    return entry
