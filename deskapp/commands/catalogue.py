"""The branch's own catalogue: terminal models, parts, price lists; and parts coming in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from deskapp.commands.entry import Entry
from deskapp.commands.moves import raise_card
from deskapp.commands.stock_desk import settle_count, wake_waiting
from deskapp.errors import N_, Refused
from deskapp.models import bench
from deskapp.models.device import DeviceModel
from deskapp.models.stock import Part, PriceLine, StockMove
from deskapp.models.store import Write, command

KINDS = ("classic_pos", "smart_pos", "mpos", "qr_terminal")
PRICE_KINDS = ("labour", "inspection", "visit", "part", "storage")


@dataclass(frozen=True, slots=True)
class ModelForm:
    """A terminal model; `id` is its stable name in the catalogue, such as `newland-n910`."""

    id: str
    brand: str
    name: str
    brand_en: str = ""
    kind: str = "smart_pos"
    unionpay_device_type: str = ""
    capabilities: tuple[str, ...] = ()
    accessories: tuple[str, ...] = ()
    serial_pattern: str = ""
    warranty_months: int = 12
    key_load_on_board_change: bool = True
    min_version: str = ""
    note: str = ""
    support_contact: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class PartForm:
    """A part; `price_fen` is the price for one."""

    part_no: str
    name: str
    name_en: str = ""
    fits: tuple[str, ...] = ()
    price_fen: int = 0
    warranty_days: int = 90
    serialised: bool = False
    min_quantity: int = 0
    bin: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class PriceForm:
    """One line of a price list."""

    code: str
    kind: str
    name: str
    fen: int
    name_en: str = ""
    region: str = ""


@command(N_("Add or change a model"), right="catalogue")
def put_model(write: Write, *, form: ModelForm) -> str:
    """Add a terminal model or change the one with this id."""
    return write_model(write, form).id


def write_model(write: Write, form: ModelForm) -> DeviceModel:
    """Add or change a model inside another act."""
    if not form.id.strip():
        raise Refused(N_("A model needs a stable name, such as newland-n910."), field="id")
    if not form.brand.strip() or not form.name.strip():
        raise Refused(N_("Enter brand and model."), field="name")
    if form.kind not in KINDS:
        raise Refused(N_("This is not a kind of terminal: {kind}"), field="kind", kind=form.kind)
    _check_pattern(form.serial_pattern)
    identity = form.id.strip().lower()
    row = write.session.get(DeviceModel, identity)
    if row is None:
        row = DeviceModel(id=identity, brand=form.brand, name=form.name)
        write.session.add(row)
    for key in ModelForm.__slots__:
        if key == "id":
            continue
        value = _clean(key, getattr(form, key))
        if getattr(row, key) != value:
            setattr(row, key, value)
    return row


@command(N_("Add or change a part"), right="stock")
def put_part(write: Write, *, form: PartForm) -> str:
    """Add a part or change the one with this part number; returns its id."""
    return write_part(write, form).id


def write_part(write: Write, form: PartForm) -> Part:
    """Add or change a part inside another act."""
    number = form.part_no.strip().upper()
    if not number:
        raise Refused(N_("Enter the part number."), field="part_no")
    if not form.name.strip():
        raise Refused(N_("Enter the name of the part."), field="name")
    if form.price_fen < 0:
        raise Refused(N_("An amount cannot be negative."), field="price_fen")
    row = part_by_number(write, number)
    if row is None:
        row = Part(id=write.new_id(), part_no=number, name=form.name)
        write.session.add(row)
    for key in PartForm.__slots__:
        value = number if key == "part_no" else _clean(key, getattr(form, key))
        if getattr(row, key) != value:
            setattr(row, key, value)
    return row


@command(N_("Take parts in"), right="stock")
def receive_parts(
    write: Write, *, part_id: str, quantity: int, serials: Sequence[str] = (), supplier: str = "", reason: str = ""
) -> tuple[str, ...]:
    """Take parts into the stock; a part that is tracked by serial number needs one for each.

    Returns the labels of the devices that waited for it and are told now.
    """
    receive(write, part_id, quantity, serials, supplier=supplier, reason=reason or "receive")
    return tuple(wake_waiting(write, write.session.get_one(Part, part_id)))


def receive(
    write: Write, part_id: str, quantity: int, serials: Sequence[str], *, supplier: str = "", reason: str
) -> None:
    """Take parts in inside another act."""
    part = write.session.get(Part, part_id)
    if part is None:
        raise Refused(N_("This part is not in the catalogue."), field="part_id")
    if quantity <= 0:
        raise Refused(N_("Enter how many came in."), field="quantity")
    entry = Entry()
    said, reason = entry.note(supplier, "supplier"), entry.note(reason, "reason")
    clean = [entry.take("serial_no", serial, "serials") for serial in serials if serial.strip()]
    if part.serialised and len(set(clean)) != quantity:
        raise Refused(
            N_("This part is tracked by serial number: enter {count} different ones."), field="serials", count=quantity
        )
    for serial in clean if part.serialised else [""]:
        write.session.add(
            StockMove(
                id=write.new_id(), at=write.now, by=write.actor.staff_id, part_id=part_id, from_place="supplier",
                to_place="shelf", quantity=1 if part.serialised else quantity, serial_no=serial, reason=reason,
                data={"at_site": write.site_id, **({"supplier": said} if said else {})},
            )  # fmt: skip
        )


@command(N_("Count parts"), right="stock")
def count_parts(
    write: Write, *, part_id: str, counted: int, serials: Sequence[str] = (), reason: str = ""
) -> int:
    """Set the stock of a part by a count; the difference becomes moves and a review card. Returns it.

    Of a part that is tracked by serial number every unit found is named, so that it is known which one is gone.
    """
    if counted < 0:
        raise Refused(N_("A count cannot be negative."), field="counted")
    part = write.session.get(Part, part_id)
    entry = Entry()
    reason = entry.note(reason, "reason") or "count"
    difference = counted - on_hand(write, part_id)
    if part is not None and part.serialised:
        found = {entry.take("serial_no", serial, "serials") for serial in serials if serial.strip()}
        if len(found) != counted:
            raise Refused(
                N_("This part is tracked by serial number: enter {count} different ones."), field="serials",
                count=counted,
            )  # fmt: skip
        known = bench.serials_on_shelf(write.session, part_id)
        off = [(-1, one) for one in sorted(known - found)] + [(1, one) for one in sorted(found - known)]
    else:
        off = [(difference, "")] if difference else []
    for step, serial in off:
        start, end = ("count", "shelf") if step > 0 else ("shelf", "count")
        write.session.add(
            StockMove(
                id=write.new_id(), at=write.now, by=write.actor.staff_id, part_id=part_id, from_place=start,
                to_place=end, quantity=abs(step), serial_no=serial, reason=reason, data={"at_site": write.site_id},
            )  # fmt: skip
        )
    if off:
        raise_card(
            write, "stock_difference", "part", part_id,
            data={"difference": difference, "counted": counted,
                  **({"gone": [one for step, one in off if step < 0], "extra": [one for step, one in off if step > 0]}
                     if off[0][1] else {})},
        )  # fmt: skip
    settle_count(write, part_id)
    if difference > 0:
        wake_waiting(write, write.session.get_one(Part, part_id))
    return difference


@command(N_("Change the price list"), right="catalogue")
def put_prices(write: Write, *, version: str, valid_from: str, lines: Sequence[PriceForm]) -> None:
    """Add or change the lines of a price list; lines that are not named any more are set aside."""
    write_prices(write, version, valid_from, lines)


def write_prices(write: Write, version: str, valid_from: str, lines: Sequence[PriceForm]) -> None:
    """Write a price list inside another act."""
    if not version.strip():
        raise Refused(N_("A price list needs a version."), field="version")
    valid_from = Entry().day(valid_from, "valid_from")
    there = {
        row.code: row for row in write.session.scalars(select(PriceLine).where(PriceLine.version == version.strip()))
    }
    for form in lines:
        if form.kind not in PRICE_KINDS or form.fen < 0 or not form.name.strip() or not form.code.strip():
            raise Refused(N_("This price line is not complete: {line}"), field="lines", line=form.code)
        row = there.pop(form.code, None)
        if row is None:
            row = PriceLine(
                id=write.new_id(), version=version.strip(), code=form.code, kind=form.kind, name=form.name
            )
            write.session.add(row)
        row.kind, row.fen = form.kind, form.fen
        row.name, row.name_en = _clean("lines", form.name), _clean("lines", form.name_en)
        row.region, row.valid_from, row.active = form.region, valid_from, True
    for row in there.values():
        row.active = False


def on_hand(write: Write, part_id: str) -> int:
    """Return how many of a part lie on the shelf: the sum of its moves."""
    write.session.flush()
    return bench.on_shelf(write.session, [part_id])[part_id]


def part_by_number(write: Write, part_no: str) -> Part | None:
    """Return the part with a number, or None."""
    return write.session.scalars(select(Part).where(Part.part_no == part_no)).first()


def _clean(name: str, value: Any) -> Any:
    """Return what a form holds as it is kept; words are judged at their field."""
    if isinstance(value, str):
        return value.strip() if name in ("serial_pattern", "kind") else Entry().note(value, name)
    return list(value) if isinstance(value, tuple) else value


def _check_pattern(pattern: str) -> None:
    import re

    try:
        re.compile(pattern)
    except re.error:
        raise Refused(N_("This is not a valid pattern for serial numbers."), field="serial_pattern") from None
