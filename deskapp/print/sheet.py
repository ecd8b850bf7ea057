"""Labels on an A4 sheet: the fallback for a branch whose label printer is dead.

Sheets of 3 x 7 cells are sold everywhere (70 x 42.3 mm); a used sheet goes on at the
n-th cell. Each label is the 60 x 40 mm drawing in the middle of its cell.
"""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from deskapp.print import labels
from deskapp.print.drawing import paint
from deskapp.print.media import MEDIA
from deskapp.rules import papers


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """Cells of a sheet in millimetres, counted row by row from the top left."""

    columns: int = 3
    rows: int = 7
    left_mm: float = 0.0
    top_mm: float = 0.4
    pitch_x_mm: float = 70.0
    pitch_y_mm: float = 42.3

    @property
    def cells(self) -> int:
        """How many labels one sheet takes."""
        return self.columns * self.rows

    def corner_mm(self, cell: int, width_mm: float, height_mm: float) -> tuple[float, float]:
        """Return left and top of a label of that size in the middle of a cell."""
        row, column = divmod(cell, self.columns)
        x = self.left_mm + column * self.pitch_x_mm + (self.pitch_x_mm - width_mm) / 2
        y = self.top_mm + row * self.pitch_y_mm + (self.pitch_y_mm - height_mm) / 2
        return x, y


LAYOUT = SheetLayout()


def draw(
    canvas: Canvas,
    cards: list[papers.Card],
    language: str,
    copy_no: int,
    unit: float,
    *,
    start_cell: int = 0,
    nudge_dots: tuple[int, int] = (0, 0),
) -> tuple[int, list[str]]:
    """Draw labels from a cell on, sheet after sheet; returns sheets used and fields that were cut."""
    if not 0 <= start_cell < LAYOUT.cells:
        raise ValueError(f"a sheet has the cells 0 to {LAYOUT.cells - 1}")
    medium = MEDIA["label-60x40"]
    cut: list[str] = []
    sheets = 0
    for place, card in enumerate(cards):
        cell = (start_cell + place) % LAYOUT.cells
        if place and cell == 0:
            canvas.showPage()
            sheets += 1
        drawing = labels.draw(card, medium, language, copy_no)
        x, y = LAYOUT.corner_mm(cell, medium.width_mm, medium.height_mm)
        dots = medium.dots_per_mm
        paint(drawing, canvas, unit, round(x * dots) + nudge_dots[0], round(y * dots) + nudge_dots[1])
        cut += drawing.cut
    canvas.showPage()
    return sheets + 1, cut
