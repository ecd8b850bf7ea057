"""Excel files: texts as texts, amounts as amounts, and never a formula, whatever was typed."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from deskapp import catalogue
from deskapp.clock import shop_time
from deskapp.errors import N_, Unavailable
from deskapp.i18n import translate
from deskapp.models.day_figures import Entry, Exemption, Figures
from deskapp.rules.account import METHOD_TITLES, PayMethod
from deskapp.rules.states import STATE_TITLES, WorkState


@dataclass(frozen=True, slots=True)
class Yuan:
    """An amount in fen that becomes a number in yuan with two decimals."""

    fen: int


Value = str | int | Yuan | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, the titles of its columns, their widths in characters, and the rows."""

    name: str
    titles: Sequence[str]
    widths: Sequence[int]
    rows: Sequence[Sequence[Value]]


def write_book(target: Path, sheets: Sequence[Sheet], progress: Callable[[int, int], object] | None = None) -> None:
    """Write an Excel file whole or not at all; raises Unavailable when the place cannot be written."""
    from openpyxl import Workbook  # loads slowly, and only exports need it
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    total = sum(len(sheet.rows) for sheet in sheets) or 1
    done = 0
    for sheet in sheets:
        page = book.create_sheet(sheet.name[:31])
        page.freeze_panes = "A2"
        for place, width in enumerate(sheet.widths, 1):
            page.column_dimensions[get_column_letter(place)].width = width
        head = [_cell(page, title) for title in sheet.titles]
        for cell in head:
            cell.font = Font(bold=True)
            cell.fill = PatternFill("solid", fgColor="DFF0E6")
        page.append(head)
        for row in sheet.rows:
            page.append([_cell(page, value) for value in row])
            done += 1
            if progress is not None and done % 50 == 0:
                progress(done, total)
    _save(book, target)


def _cell(page: Any, value: Value) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if isinstance(value, str):
        cell = WriteOnlyCell(page, value=ILLEGAL_CHARACTERS_RE.sub("", value))
        # A text that begins with "=" or "+" stays a text: explicit type, and the sign that Excel honours.
        cell.data_type = "s"
        cell.quotePrefix = True
        return cell
    if isinstance(value, Yuan):
        cell = WriteOnlyCell(page)
        cell.value = Decimal(value.fen) / 100
        cell.number_format = "#,##0.00"
        return cell
    return WriteOnlyCell(page, value=value)


def _save(book: Any, target: Path) -> None:
    part = target.with_name(target.name + ".part")
    content = io.BytesIO()
    book.save(content)  # a book that fails half way leaves its writers open, so the disk comes last
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content.getvalue())
        os.replace(part, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise Unavailable(N_("The file cannot be written there. Choose another place."), code="write") from error


# -- the day end -------------------------------------------------------------------


def day_end_book(seen: Figures, language: str) -> list[Sheet]:
    """Return the sheets of a day's figures, in the language asked for."""
    return [
        _summary(seen, language),
        _takings(seen, language),
        _exemptions(seen, language),
        _held(seen, language),
        _calls(seen, language),
    ]


def _summary(seen: Figures, language: str) -> Sheet:
    def say(text: str) -> str:
        return translate(text, language)

    rows: list[Sequence[Value]] = [
        (say(N_("Day")), seen.day.isoformat()),
        (say(N_("Devices taken in")), seen.received),
        (say(N_("Devices handed out")), seen.returned),
        (say(N_("Tickets opened")), seen.opened),
        (say(N_("Tickets closed")), seen.closed),
        (say(N_("Takings")), Yuan(seen.taken_fen)),
        (say(N_("Takings less refunds")), Yuan(seen.net_fen)),
        (say(N_("Devices on record")), len(seen.held)),
        (say(N_("Found at the count")), sum(line.counted is True for line in seen.held) if seen.count else ""),
        (say(N_("Missing at the count")), len(seen.missing) if seen.count else ""),
        (say(N_("Found beyond the record")), ", ".join(seen.count.extra) if seen.count else ""),
    ]
    return Sheet(say(N_("Day end")), (say(N_("Figure")), say(N_("Value"))), (28, 24), rows)


def _takings(seen: Figures, language: str) -> Sheet:
    rows: list[Sequence[Value]] = [
        (method_title(line.method, language), line.count, Yuan(line.fen)) for line in seen.takings
    ]
    rows.append((translate(N_("Sum"), language), sum(line.count for line in seen.takings), Yuan(seen.taken_fen)))
    titles = [translate(text, language) for text in (N_("Paid by"), N_("Receipts"), N_("Amount (yuan)"))]
    return Sheet(translate(N_("Takings"), language), titles, (24, 12, 16), rows)


def _exemptions(seen: Figures, language: str) -> Sheet:
    rows = [
        (exemption_title(line, language), line.number, line.reason if line.kind in ("refund", "voided") else
         _reason(line, language), line.by, Yuan(line.fen))
        for line in (*seen.waivers, *seen.refunds)
    ]  # fmt: skip
    titles = [
        translate(text, language)
        for text in (N_("Kind"), N_("Paper"), N_("Reason"), N_("Allowed by"), N_("Amount (yuan)"))
    ]
    return Sheet(translate(N_("Reductions and refunds"), language), titles, (18, 22, 32, 14, 16), rows)


def _held(seen: Figures, language: str) -> Sheet:
    answers = {True: translate(N_("found"), language), False: translate(N_("missing"), language), None: ""}
    rows = [
        (line.label_no, line.model, line.serial_no, line.merchant, line.shelf,
         translate(STATE_TITLES[WorkState(line.state)], language), line.days, answers[line.counted])
        for line in seen.held
    ]  # fmt: skip
    titles = [
        translate(text, language)
        for text in (N_("Label"), N_("Model"), N_("Serial number"), N_("Merchant"), N_("Shelf"), N_("State"),
                     N_("Days"), N_("Count"))
    ]  # fmt: skip
    return Sheet(translate(N_("Devices held"), language), titles, (18, 18, 24, 22, 12, 16, 8, 10), rows)


def _calls(seen: Figures, language: str) -> Sheet:
    rows = [
        (line.order_no, line.merchant, line.phone, translate(line.reason, language), line.attempts)
        for line in seen.calls
    ]
    titles = [
        translate(text, language)
        for text in (N_("Order"), N_("Merchant"), N_("Telephone"), N_("What to do"), N_("Attempts"))
    ]
    return Sheet(translate(N_("Open calls"), language), titles, (20, 24, 16, 28, 10), rows)


def _reason(line: Exemption, language: str) -> str:
    listed = "waiver_reasons" if line.kind == "waiver" else "discount_reasons"
    return catalogue.title(listed, line.reason, language)


def exemption_title(line: Exemption, language: str) -> str:
    """Return what kind of reduction or refund it is, in words."""
    words = {
        "waiver": N_("Waiver"), "discount": N_("Discount"), "refund": N_("Refund"), "voided": N_("Payment voided"),
    }  # fmt: skip
    return translate(words.get(line.kind, line.kind), language)


def method_title(method: str, language: str) -> str:
    """Return a payment method in words."""
    return translate(METHOD_TITLES[PayMethod(method)], language) if method in set(PayMethod) else method


# -- the register ------------------------------------------------------------------


def register_book(rows: Sequence[Entry], first: date, last: date, language: str) -> list[Sheet]:
    """Return the sheet of a register, in the language asked for."""
    titles = [
        translate(text, language)
        for text in (
            N_("Received"), N_("Order"), N_("Label"), N_("Merchant"), N_("Model"), N_("Serial number"),
            N_("Accessories"), N_("Fault"), N_("Delivered by"), N_("Received by"), N_("Collected"),
            N_("Collected by"), N_("Handed out by"), N_("Receipt"), N_("Amount (yuan)"), N_("State"),
        )
    ]  # fmt: skip
    joint = "、" if language == "zh_CN" else ", "
    lines: list[Sequence[Value]] = [
        (
            _moment(row.received_ms), row.order_no, row.label_no, row.merchant, row.model, row.serial_no,
            joint.join(catalogue.title("accessory_types", kind, language) for kind in row.accessories),
            _fault(row, language),
            row.deliverer, row.received_by, _moment(row.returned_ms), row.collector, row.returned_by,
            row.receipt_no, Yuan(row.fen) if row.fen is not None else "",
            translate(STATE_TITLES[WorkState(row.state)], language),
        )
        for row in rows
    ]  # fmt: skip
    widths = (17, 20, 18, 20, 18, 24, 22, 24, 12, 12, 17, 12, 12, 20, 14, 14)
    name = f"{first:%Y%m%d}-{last:%Y%m%d}"
    return [Sheet(name, titles, widths, lines)]


def _fault(row: Entry, language: str) -> str:
    symptom = catalogue.title("symptoms", row.symptom_code, language) if row.symptom_code else ""
    return " ".join(part for part in (symptom, row.words) if part)


def _moment(instant_ms: int | None) -> str:
    return shop_time(instant_ms).strftime("%Y-%m-%d %H:%M") if instant_ms else ""
