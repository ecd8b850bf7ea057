"""Importing merchants, devices, models and parts: judged line by line, taken whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import select

from deskapp.commands import catalogue, devices, merchants
from deskapp.commands.catalogue import ModelForm, PartForm
from deskapp.commands.entry import Entry
from deskapp.commands.import_files import Line, Sheet, read_sheet
from deskapp.commands.import_headings import DEVICE, MERCHANT, MODEL, OWNERSHIP, PART
from deskapp.errors import N_, DeskError, Refused
from deskapp.models.device import Device
from deskapp.models.store import Write, command
from deskapp.rules.money import parse_yuan

MOST_PROBLEMS = 200
REPORT_EVERY = 25
"""Lines between two reports of how far it is; 25 lines of devices take about 20 ms."""

_YES = {"是", "y", "yes", "1", "true"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line: its number, the field, and a sentence with values (a message id)."""

    line: int
    field: str
    sentence: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import found and did; with a problem in any line nothing is taken."""

    kind: str
    lines: int
    added: int
    changed: int
    problems: tuple[Problem, ...]
    unknown_columns: tuple[str, ...]


class ImportRefused(Refused):
    """An import with wrong lines: nothing was taken; `found` lists every problem."""

    def __init__(self, found: Imported) -> None:
        first = found.problems[0]
        super().__init__(
            N_("{count} lines are wrong, so nothing was imported. The first: line {line}."),
            field="file", code="lines", count=len(found.problems), line=first.line,
        )  # fmt: skip
        self.found = found


class ImportStopped(Refused):
    """Somebody stopped the import before its commit: nothing was taken."""

    def __init__(self) -> None:
        super().__init__(N_("Stopped: nothing was imported."), field="file", code="stopped")


class Watching(Protocol):
    """Who follows an import from outside; called on the write thread."""

    def at(self, done: int, total: int) -> None:
        """Hear how many lines are done; raises ImportStopped to end the act without a trace."""


@command(N_("Import a file"), right="import")
def import_file(write: Write, *, kind: str, file: str, watch: Watching | None = None) -> Imported:
    """Import merchants, devices, models or parts; all lines in one commit, or none.

    Raises ImportRefused with every wrong line, Refused when the file as a whole does not fit, and
    ImportStopped when `watch` wants no more. As a trial (`import_file(...).as_trial()`) it shows
    what would happen.
    """
    found = take_file(write, kind, Path(file), watch)
    if found.problems:
        raise ImportRefused(found)
    return found


def take_file(write: Write, kind: str, file: Path, watch: Watching | None = None) -> Imported:
    """Take a file inside another act; wrong lines are collected, not raised."""
    if kind not in _TAKERS:
        raise Refused(N_("Nothing of this kind can be imported: {kind}"), field="kind", kind=kind)
    headings, needed, take = _TAKERS[kind]
    sheet: Sheet = read_sheet(file, headings, needed)
    added = changed = 0
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    key_field = needed[0]
    for done, line in enumerate(sheet.lines):
        if watch is not None and done % REPORT_EVERY == 0:
            watch.at(done, len(sheet.lines))
        try:
            _check_line(line, key_field, seen)
            if take(write, line.cells):
                added += 1
            else:
                changed += 1
        except DeskError as error:
            problems.append(Problem(line.number, error.field, error.sentence, error.values))
            if len(problems) >= MOST_PROBLEMS:
                break
    if watch is not None:
        watch.at(len(sheet.lines), len(sheet.lines))
    return Imported(kind, len(sheet.lines), added, changed, tuple(problems), sheet.unknown)


def _check_line(line: Line, key_field: str, seen: dict[str, int]) -> None:
    if "#short" in line.cells:
        raise Refused(N_("This line has {cells} cells, not as many as the heading."), cells=line.cells["#short"])
    key = line.cells.get(key_field, "")
    if key and key in seen:
        raise Refused(N_("This stands in line {line} already."), field=key_field, line=seen[key])
    seen[key] = line.number


def _take_merchant(write: Write, cells: Mapping[str, str]) -> bool:
    there = merchants.merchant_by_number(write, cells.get("merchant_no", "")) if cells.get("merchant_no") else None
    contact = merchants.ContactForm(cells.get("contact", ""), cells.get("relation", ""), cells.get("phone", ""), True)
    details = {name: cells.get(name, "") for name in ("merchant_no", "short_name", "uscc", "address", "district",
                                                       "tier", "note")}  # fmt: skip
    form = merchants.MerchantDetails(name=cells.get("name", ""), contacts=(contact,), **details)
    if there is None:
        merchants.new_merchant(write, form)
        return True
    merchants.update_merchant(write, there, form)
    return False


def _take_device(write: Write, cells: Mapping[str, str]) -> bool:
    for name in ("bound_on", "warranty_until"):
        Entry().day(cells.get(name, ""), name)
    ownership = cells.get("ownership", "")
    form = devices.DeviceDetails(
        serial_no=cells.get("serial_no", ""), model_id=cells.get("model_id", "").lower(), tusn=cells.get("tusn", ""),
        imei=cells.get("imei", ""), iccid=cells.get("iccid", ""), ownership=OWNERSHIP.get(ownership, ownership),
        warranty_until=cells.get("warranty_until", ""), app_version=cells.get("app_version", ""),
        loaner=cells.get("use", "") in ("备机", "loaner"), note=cells.get("note", ""),
    )  # fmt: skip
    there = devices.device_by_serial(write, form.serial_no.upper())
    row: Device = there if there is not None else devices.new_device(write, form)
    if there is not None:
        devices.update_device(write, there, form)
    number = cells.get("merchant_no", "")
    if number:
        merchant = merchants.merchant_by_number(write, number)
        if merchant is None:
            raise Refused(
                N_("Merchant number {merchant_no} is not known here. Import the merchants first."),
                field="merchant_no", merchant_no=number,
            )  # fmt: skip
        if not _bound(write, row.id, merchant.id, cells.get("terminal_no", "")):
            devices.bind(
                write, row.id, merchant.id, cells.get("terminal_no", ""), place=cells.get("place", ""),
                valid_from=cells.get("bound_on", ""),
            )  # fmt: skip
    return there is None


def _bound(write: Write, device_id: str, merchant_id: str, terminal_no: str) -> bool:
    from deskapp.models.device import TerminalBinding

    return (
        write.session.scalars(
            select(TerminalBinding).where(
                TerminalBinding.device_id == device_id, TerminalBinding.merchant_id == merchant_id,
                TerminalBinding.terminal_no == terminal_no, TerminalBinding.valid_to == "",
            )  # fmt: skip
        ).first()
        is not None
    )


def _take_model(write: Write, cells: Mapping[str, str]) -> bool:
    from deskapp.models.device import DeviceModel

    there = write.session.get(DeviceModel, cells.get("id", "").lower())
    catalogue.write_model(
        write,
        ModelForm(
            id=cells.get("id", ""), brand=cells.get("brand", ""), name=cells.get("name", ""),
            brand_en=cells.get("brand_en", ""), kind=cells.get("kind", "") or "smart_pos",
            unionpay_device_type=cells.get("unionpay", ""), capabilities=tuple(cells.get("capabilities", "").split()),
            accessories=tuple(cells.get("accessories", "").split()),
            warranty_months=_whole(cells.get("warranty_months", ""), "warranty_months", 12),
        ),
    )  # fmt: skip
    return there is None


def _take_part(write: Write, cells: Mapping[str, str]) -> bool:
    number = cells.get("part_no", "").upper()
    there = catalogue.part_by_number(write, number)
    price = cells.get("price", "")
    row = catalogue.write_part(
        write,
        PartForm(
            part_no=number, name=cells.get("name", ""), name_en=cells.get("name_en", ""),
            fits=tuple(cells.get("fits", "").split()), price_fen=parse_yuan(price) if price else 0,
            warranty_days=_whole(cells.get("warranty_days", ""), "warranty_days", 90),
            serialised=cells.get("serialised", "").lower() in _YES, bin=cells.get("bin", ""),
            min_quantity=_whole(cells.get("min_quantity", ""), "min_quantity", 0),
        ),
    )  # fmt: skip
    write.session.flush()
    quantity = _whole(cells.get("quantity", ""), "quantity", 0)
    if quantity and not _ever_moved(write, row.id):
        catalogue.receive(write, row.id, quantity, cells.get("serials", "").split(), reason="opening_stock")
    return there is None


def _ever_moved(write: Write, part_id: str) -> bool:
    """Tell whether a part has been booked before: its opening stock is taken once, also for a shipped part."""
    from deskapp.models.stock import StockMove

    return write.session.scalars(select(StockMove.id).where(StockMove.part_id == part_id).limit(1)).first() is not None


def _whole(text: str, name: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise Refused(N_("This is not a whole number: {text}"), field=name, text=text)
    return int(text)


_TAKERS: dict[str, tuple[Mapping[str, str], tuple[str, ...], Callable[[Write, Mapping[str, str]], bool]]] = {
    "merchants": (MERCHANT, ("merchant_no", "name"), _take_merchant),
    "devices": (DEVICE, ("serial_no", "model_id"), _take_device),
    "models": (MODEL, ("id", "brand", "name"), _take_model),
    "parts": (PART, ("part_no", "name"), _take_part),
}
