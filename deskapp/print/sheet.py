"""Labels on an A4 sheet: the fallback for a branch whose label printer is dead.

A used sheet goes on at the n-th cell. Each label is the ordinary drawing of its size in
the middle of its cell. A printer that feeds a little long or short is trued by the
places of the cells, never by stretching a label: bars would leave their dots.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from deskapp.print import labels, templates
from deskapp.print.drawing import Drawing, paint
from deskapp.print.media import MEDIA, Medium
from deskapp.print.pdf_file import Book
from deskapp.print.sheet_template import SheetLayout
from deskapp.rules import papers

SCALE = (0.97, 1.03)
"""What a printer's feed may be off; more is another paper or a driver that shrinks."""


@dataclass(frozen=True, slots=True)
class Job:
    """How labels go on sheets: language, copy, templates, first free cell, what trues the printer."""

    language: str
    copy_no: int = 0
    start_cell: int = 0
    nudge_dots: tuple[int, int] = (0, 0)
    scale: tuple[float, float] = (1.0, 1.0)
    printed_at_ms: int = 0
    chosen: templates.Chosen | None = None


def draw(
    book: Book, cards: list[papers.Card], target: Medium, cells: SheetLayout, job: Job, unit: float
) -> tuple[int, list[Drawing]]:
    """Draw labels from a cell on, sheet after sheet; returns sheets used and the drawings."""
    if not 0 <= job.start_cell < cells.cells:
        raise ValueError(f"a sheet has the cells 0 to {cells.cells - 1}")
    stock = replace(
        MEDIA[f"label-{cells.label}"],
        dots_per_mm=target.dots_per_mm,
        symbol=_symbol(cells.label, target),
    )
    width, height = target.width_dots * unit, target.height_dots * unit
    made: list[Drawing] = []
    code: list[str] = []
    sheets = 0
    for place, card in enumerate(cards):
        cell = (job.start_cell + place) % cells.cells
        if place and cell == 0:
            book.page(width, height, code)
            code = []
            sheets += 1
        drawing = labels.draw(
            card, stock, job.language, job.copy_no, chosen=job.chosen, printed_at_ms=job.printed_at_ms
        )
        code += paint(drawing, book, height, unit, *_corner_dots(cells, cell, stock, job))
        made.append(drawing)
    book.page(width, height, code)
    return sheets + 1, made


def _symbol(label: str, target: Medium) -> str:
    """Return the symbol on the labels of a sheet: that of the size, or the one the medium names."""
    own = MEDIA[f"label-{label}"].symbol
    named = target.name.partition("+")[2]
    return named if named and own != "both" else own


def _corner_dots(cells: SheetLayout, cell: int, stock: Medium, job: Job) -> tuple[int, int]:
    x, y = cells.corner_mm(cell, stock.width_mm, stock.height_mm)
    across, down = (min(max(one, SCALE[0]), SCALE[1]) for one in job.scale)
    dots = stock.dots_per_mm
    return round(x * across * dots) + job.nudge_dots[0], round(y * down * dots) + job.nudge_dots[1]
