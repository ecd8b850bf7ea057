"""Reading what a branch exports: CSV in UTF-8 or GB18030, and Excel; headings in Chinese or English."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deskapp.errors import N_, Refused, Unavailable

LARGEST = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: its number as a person counts (the heading is line 1), and its cells by field."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as read: its lines, the headings that were understood, and those that nobody maps."""

    lines: tuple[Line, ...]
    known: tuple[str, ...]
    unknown: tuple[str, ...]


def read_sheet(path: Path, headings: Mapping[str, str], needed: tuple[str, ...]) -> Sheet:
    """Read a file whose headings map to fields; raises Refused when a needed heading is missing.

    Raises Unavailable when the file cannot be read at all.
    """
    rows = _rows(path)
    if not rows:
        raise Refused(N_("The file is empty."), field="file", code="empty")
    titles = [title.strip().lstrip("\ufeff") for title in rows[0]]
    fields = [headings.get(title, headings.get(title.lower(), "")) for title in titles]
    missing = [name for name in needed if name not in fields]
    if missing:
        titles_of = ("/".join(t for t, name in headings.items() if name == one and not t.isascii()) for one in missing)
        expected = [title or name for title, name in zip(titles_of, missing, strict=True)]
        raise Refused(
            N_("These columns are missing: {missing}. The file has: {found}"),
            field="file", code="columns", missing="、".join(expected), found="、".join(titles),
        )  # fmt: skip
    lines = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        padded = row + [""] * (len(fields) - len(row))
        cells = {name: padded[place].strip() for place, name in enumerate(fields) if name}
        if len(row) != len(fields):
            cells["#short"] = str(len(row))
        lines.append(Line(number, cells))
    known = tuple(title for title, name in zip(titles, fields, strict=True) if name)
    return Sheet(tuple(lines), known, tuple(t for t, name in zip(titles, fields, strict=True) if t and not name))


def _rows(path: Path) -> list[list[str]]:
    try:
        if path.stat().st_size > LARGEST:
            raise Refused(N_("The file is larger than 50 MB."), field="file", code="too_large")
        content = path.read_bytes()
    except OSError as error:
        raise Unavailable(
            N_("The file cannot be read: {reason}"), field="file", reason=error.strerror or type(error).__name__
        ) from error
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return _excel(content)
    if path.suffix.lower() == ".xls":
        raise Refused(N_("This is an old Excel file. Save it as .xlsx or CSV first."), field="file", code="xls")
    return _csv(content)


def _csv(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Refused(N_("The file is neither UTF-8 nor GB18030 text."), field="file", code="encoding")
    sample = text[:4096]
    separator = max(",\t;", key=sample.count)
    try:
        # Line by line: in one call the whole file would hold up every other thread.
        return [row for row in csv.reader(io.StringIO(text), delimiter=separator, strict=True)]  # noqa: C416
    except csv.Error as error:
        raise Refused(N_("The file is not a whole CSV table: {reason}"), field="file", reason=str(error)) from error


def _excel(content: bytes) -> list[list[str]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        return [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError, IndexError) as error:
        raise Refused(N_("This is not a whole Excel file."), field="file", code="excel") from error


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if hasattr(cell, "isoformat"):
        return str(cell.isoformat())[:10]
    return str(cell)
