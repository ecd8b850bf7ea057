"""Finding the unit that stands on the counter: known, a look-alike, a twin, or new; and what it is bound to."""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.clock import shop_day
from deskapp.commands.checkin_counter import Desk, refusal
from deskapp.commands.checkin_forms import DeviceForm, Notice
from deskapp.commands.moves import raise_card
from deskapp.errors import N_, Refused
from deskapp.models import past
from deskapp.models.act_session import find
from deskapp.models.device import Device, DeviceModel, TerminalBinding
from deskapp.models.merchant import Merchant
from deskapp.rules.identifiers import Context, Severity, clean_serial, judge, sentence
from deskapp.rules.numbers import is_own_number


@dataclass(slots=True)
class Found:
    """The unit, where it was before, and whether its serial number is in our hands twice."""

    unit: Device
    new: bool
    stays: list[past.Stay]
    duplicate: bool = False
    twins: tuple[str, ...] = ()


def refuse_repeated(devices: tuple[DeviceForm, ...]) -> None:
    """Raise Refused when one serial number stands twice on the same check-in."""
    seen: dict[str, int] = {}
    for index, form in enumerate(devices):
        serial = clean_serial(form.serial_no)
        if serial and serial in seen:
            raise Refused(
                N_("Serial number {serial} is on this check-in twice (lines {first} and {second})."),
                field=f"devices.{index}.serial_no", code="twice", serial=serial, first=seen[serial] + 1,
                second=index + 1,
            )  # fmt: skip
        seen[serial] = index


def find_unit(desk: Desk, form: DeviceForm, index: int, merchant: Merchant | None) -> Found:
    """Return the unit of a form, made anew where the serial number is unknown.

    Raises Refused when the serial number cannot be one, when it may be another's, or when the unit
    is in our hands already; a supervisor's consent lets the last one pass, and then it is a duplicate.
    """
    at = f"devices.{index}.serial_no"
    session = desk.write.session
    model = session.get(DeviceModel, form.model_id) if form.model_id else None
    serial = _serial(desk, form, at, index, model)
    units = past.units_with(session, serial)
    if not units and form.device_id:
        # The clerk said: it is this known unit, its number was misread.
        units = [past.survivor(session, session.get_one(Device, form.device_id))]
    if not units:
        _refuse_lookalike(desk, form, serial, at)
        unit = _new_unit(desk, form, serial, index)
        return Found(unit, True, [])
    unit = _chosen(units, form, merchant)
    known = past.stays(session, [one.id for one in units])
    found = Found(unit, False, known, twins=tuple(one.id for one in units if one.id != unit.id))
    _refuse_held(desk, found, at)
    _learn(desk, unit, form, index)
    return found


def _serial(desk: Desk, form: DeviceForm, at: str, index: int, model: DeviceModel | None) -> str:
    serial = clean_serial(form.serial_no)
    if is_own_number(serial):
        raise Refused(
            N_("{number} is a number of ours. Scan the maker's serial number on the case."), field=at,
            code="own_number", number=serial,
        )  # fmt: skip
    known = frozenset(unit.serial_no for unit in past.units_with(desk.write.session, serial)) if serial else frozenset()
    verdict = judge("serial_no", serial, context=Context(
        known_serials=known, serial_pattern=model.serial_pattern if model else "",
    ))  # fmt: skip
    if verdict.value is None:
        raise refusal(verdict, at)
    if verdict.code == "serial_no_like_card" and form.typed_reason:
        # Nobody types a card number into the record by calling it a serial number.
        raise refusal(verdict, at)
    if verdict.severity is Severity.WARNING:
        words, values = sentence(verdict)
        desk.notices.append(Notice(words, values, index + 1))
        desk.doubts.append(("serial_no", verdict, index + 1))
    desk.known.add(verdict.value)
    return verdict.value


def _refuse_lookalike(desk: Desk, form: DeviceForm, serial: str, at: str) -> None:
    """A typed number that looks like a known one is asked about; a scanned one was read by a machine."""
    if form.is_new or not form.typed_reason:
        return
    similar = past.lookalikes_of(desk.write.session, serial)
    if similar:
        raise Refused(
            N_("Serial number {other} is known and looks the same. Is it this device, or a new one?"),
            field=at, code="lookalike", other=similar[0].serial_no, device_id=similar[0].id,
        )  # fmt: skip


def _chosen(units: list[Device], form: DeviceForm, merchant: Merchant | None) -> Device:
    for unit in units:
        if form.device_id == unit.id:
            return unit
    theirs = [unit for unit in units if merchant is not None and unit.merchant_id == merchant.id]
    return (theirs or units)[-1]


def _refuse_held(desk: Desk, found: Found, at: str) -> None:
    held = next((stay for stay in found.stays if stay.open), None)
    if held is None:
        return
    if desk.override is None:
        raise Refused(
            N_(
                "This serial number is in our hands already: order {order}, label {label}. Compare the device "
                "on the shelf. If there are really two, a supervisor takes it in and it goes into quarantine."
            ),
            field=at, code="open_order", order=held.order_no, label=held.label_no, item_id=held.item_id,
        )  # fmt: skip
    desk.consent(at)
    found.duplicate = True


def _new_unit(desk: Desk, form: DeviceForm, serial: str, index: int) -> Device:
    if not form.model_id and not form.model_words.strip():
        raise Refused(
            N_("This device is new here. Which model is it?"), field=f"devices.{index}.model", code="model_missing"
        )
    line_no = index + 1
    words = desk.text("note", form.model_words, f"devices.{index}.model", line_no)
    unit = Device(
        id=desk.write.new_id(), serial_no=serial, model_id=form.model_id,
        tusn=_tusn(desk, form.tusn, serial, index), note=words if not form.model_id else "",
        merchant_id="", terminal_no="",
    )  # fmt: skip
    desk.write.session.add(unit)
    return unit


def _learn(desk: Desk, unit: Device, form: DeviceForm, index: int) -> None:
    """Fill in what the record did not know; what it knows is changed on the device's own page only."""
    if form.model_id and not unit.model_id:
        unit.model_id = form.model_id
    if not unit.model_id and not unit.note and not form.model_words.strip():
        raise Refused(
            N_("The model of this device is not on record. Which model is it?"), field=f"devices.{index}.model",
            code="model_missing",
        )  # fmt: skip
    if form.tusn.strip() and not unit.tusn:
        unit.tusn = _tusn(desk, form.tusn, unit.serial_no, index)


def _tusn(desk: Desk, text: str, serial: str, index: int) -> str:
    return desk.text("tusn", text, f"devices.{index}.tusn", index + 1, context=Context(serial=serial))


def bind(desk: Desk, found: Found, form: DeviceForm, index: int, merchant: Merchant | None) -> tuple[str, list[str]]:
    """Return the terminal number for the order's line and the codes of what does not fit together.

    An unbound unit is bound; a unit bound elsewhere stays bound, because a device on the counter
    proves nothing about the bank's records: a person looks at it later.
    """
    write, unit = desk.write, found.unit
    typed = desk.text("terminal_no", form.terminal_no, f"devices.{index}.terminal_no", index + 1)
    misfits = []
    if merchant is not None and unit.merchant_id and unit.merchant_id != merchant.id:
        misfits.append("other_merchant")
    if typed and unit.terminal_no and typed != unit.terminal_no:
        misfits.append("other_terminal_no")
    others = past.other_units_on(write.session, typed or unit.terminal_no, merchant.id if merchant else "", unit.id)
    if others:
        misfits.append("terminal_no_twice")
    if merchant is not None and not unit.merchant_id:
        _bind_new(desk, unit, merchant, typed)
    return typed or unit.terminal_no, misfits


def _bind_new(desk: Desk, unit: Device, merchant: Merchant, terminal_no: str) -> None:
    write = desk.write
    if not find(write.session, TerminalBinding, device_id=unit.id, valid_to=""):
        day = shop_day(write.now).isoformat()
        write.session.add(
            TerminalBinding(
                id=write.new_id(), device_id=unit.id, merchant_id=merchant.id, terminal_no=terminal_no, valid_from=day
            )
        )


MISFITS = {
    "other_merchant": N_("By the record this device belongs to another merchant."),
    "other_terminal_no": N_("By the record this device has another terminal number."),
    "terminal_no_twice": N_("Another device is bound to the same terminal number."),
    "twin": N_("Two records have this serial number. They can be joined."),
}
"""What the clerk is told when device, merchant and terminal number do not fit; each becomes a card."""


def hang_misfits(desk: Desk, found: Found, item_id: str, line_no: int, misfits: list[str]) -> None:
    """Tell the clerk and leave a card for whoever keeps the records in order."""
    if found.twins:
        raise_card(
            desk.write, "twin", "device", found.unit.id, data={"others": list(found.twins), "item": item_id}
        )
        desk.notices.append(Notice(MISFITS["twin"], {}, line_no))
    for code in misfits:
        raise_card(desk.write, "binding", "repair_item", item_id, data={"code": code})
        desk.notices.append(Notice(MISFITS[code], {}, line_no))
