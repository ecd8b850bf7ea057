"""Tables for other programs: tickets, devices, merchants as CSV or Excel, with headings the import understands."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from deskapp import catalogue
from deskapp.clock import shop_time
from deskapp.errors import N_, Refused
from deskapp.i18n import translate
from deskapp.models.store import ReadSession
from deskapp.queries.hits import ask
from deskapp.rules.masking import mask
from deskapp.rules.tickets import KIND_TITLES, STATE_TITLES, TicketKind, TicketState

KINDS: Final = ("tickets", "devices", "merchants")
_DANGEROUS: Final = "=+-@\t\r\0＝＋－＠"
"""First characters that a spreadsheet takes for a formula, full-width forms included."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def export(session: ReadSession, kind: str, *, language: str = "zh_CN", unmasked: bool = False) -> Table:
    """Return everything of a kind as a table; telephone numbers are masked unless somebody may see them."""
    if kind == "tickets":
        return _tickets(session, language)
    if kind == "devices":
        return _devices(session, language)
    if kind == "merchants":
        return _merchants(session, language, unmasked=unmasked)
    raise Refused(N_("Nothing of this kind can be exported: {kind}"), field="kind", kind=kind)


def as_csv(table: Table) -> bytes:
    """Return the table as CSV in UTF-8 with a byte order mark, so that spreadsheets read the Chinese."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.headings)
    writer.writerows([_harmless(cell) for cell in row] for row in table.rows)
    return out.getvalue().encode("utf-8-sig")


def as_excel(table: Table) -> bytes:
    """Return the table as an Excel file in which every cell is text, never a formula."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet()
    for row in (table.headings, *table.rows):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value="")
            cell.value = "".join(mark for mark in text if mark >= " " or mark in "\t\n")
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] and cell[0] in _DANGEROUS else cell


def _tickets(session: ReadSession, language: str) -> Table:
    rows = ask(
        session,
        "SELECT t.number, t.kind, t.state, t.opened_at, m.merchant_no, m.name AS merchant, d.serial_no,"
        " t.model_words, t.symptom_code, t.words, t.priority, t.done_due, t.closed_at"
        " FROM service_ticket t LEFT JOIN merchant m ON m.id = t.merchant_id LEFT JOIN device d ON d.id = t.device_id"
        " ORDER BY t.n",
    )
    headings = (
        N_("Ticket number"), N_("Kind of ticket"), N_("State of the ticket"), N_("Opened at"), N_("Merchant number"),
        N_("Merchant"), N_("Serial number"), N_("Model in words"), N_("Symptom"), N_("In the merchant's words"),
        N_("Priority (1 to 4)"), N_("Due at"), N_("Closed at"),
    )  # fmt: skip
    return _table(
        headings, language,
        (
            (row.number, translate(KIND_TITLES[TicketKind(row.kind)], language),
             translate(STATE_TITLES[TicketState(row.state)], language), _moment(row.opened_at), row.merchant_no or "",
             row.merchant or "", row.serial_no or "", row.model_words, _word("symptoms", row.symptom_code, language),
             row.words, str(row.priority), _moment(row.done_due), _moment(row.closed_at))
            for row in rows
        ),
    )  # fmt: skip


_OWNERS = {"bank_owned": "银行", "merchant_owned": "商户", "leased": "租赁"}


def _devices(session: ReadSession, language: str) -> Table:
    rows = ask(
        session,
        "SELECT d.serial_no, d.model_id, k.brand, k.name AS model, d.tusn, d.ownership, m.merchant_no, d.terminal_no,"
        " b.place, b.valid_from, d.warranty_until, d.app_version, d.loaner, d.note"
        " FROM device d LEFT JOIN device_model k ON k.id = d.model_id LEFT JOIN merchant m ON m.id = d.merchant_id"
        " LEFT JOIN terminal_binding b ON b.device_id = d.id AND b.valid_to = '' AND b.merchant_id = d.merchant_id"
        " WHERE d.joined_into = '' ORDER BY d.n",
    )
    headings = ("机身号", "型号编码", "品牌", "型号", "TUSN", "归属", "商户号", "终端号", "布放地址", "绑定日期",
                "保修截止", "程序版本", "用途", "备注")  # fmt: skip
    return _table(
        headings, language,
        (
            (row.serial_no, row.model_id, row.brand or "", row.model or "", row.tusn,
             _OWNERS.get(row.ownership, row.ownership), row.merchant_no or "", row.terminal_no, row.place or "",
             row.valid_from or "", row.warranty_until, row.app_version, "备机" if row.loaner else "", row.note)
            for row in rows
        ),
    )  # fmt: skip


def _merchants(session: ReadSession, language: str, *, unmasked: bool) -> Table:
    rows = ask(
        session,
        "SELECT m.merchant_no, m.name, m.short_name, m.uscc, m.address, m.district, c.name AS contact, c.relation,"
        " c.phone, m.note FROM merchant m LEFT JOIN merchant_contact c ON c.n = (SELECT x.n FROM merchant_contact x"
        " WHERE x.merchant_id = m.id AND x.active ORDER BY x.main DESC, x.n LIMIT 1)"
        " WHERE m.joined_into = '' ORDER BY m.n",
    )
    headings = ("商户号", "商户名称", "商户简称", "统一社会信用代码", "地址", "区县", "联系人", "关系", "联系电话",
                "备注")  # fmt: skip

    def shown(kind: str, text: str | None) -> str:
        return (text if unmasked else mask(kind, text)) if text else ""

    return _table(
        headings, language,
        (
            (row.merchant_no, row.name, row.short_name, row.uscc, row.address, row.district,
             shown("name", row.contact), row.relation or "", shown("phone", row.phone), row.note)
            for row in rows
        ),
    )  # fmt: skip


def _table(headings: Sequence[str], language: str, rows: Iterable[tuple[str, ...]]) -> Table:
    return Table(tuple(translate(title, language) for title in headings), tuple(rows))


def _moment(at: int) -> str:
    return f"{shop_time(at):%Y-%m-%d %H:%M}" if at else ""


def _word(name: str, code: str, language: str) -> str:
    return catalogue.title(name, code, language) if code else ""
