"""How the rows of a table are drawn: all that are in view in one go, straight from what their cells show.

A delegate is asked cell by cell through half a dozen objects each; over a page of a long list
that costs more than the drawing. Widths are added up from single characters, measured once,
and a pill is drawn once per state and then only put in its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF, QPainter, QPixmap
from PySide6.QtWidgets import QTableView

from deskapp.ui import icons, theme
from deskapp.ui.widgets.text import paint_pill

if TYPE_CHECKING:
    from deskapp.ui.widgets.table import Cell, Column

LEFT, RIGHT, ICON, GAP = 10, 8, 16, 6
"""Room at both sides of a cell, the edge of an icon, and what stands between icon and words; px."""

SIGN = 14
"""The edge of a sign at the end of a row's first cell, px."""

ELLIPSIS = "…"


NUMBER = re.compile(r"[-+*A-Z0-9¥.,:–%#]*\d[-+*A-Z0-9¥.,:–%#]*( [\d:–-]+)?")
"""What is read digit by digit: numbers of papers and devices, telephones, amounts, days and times."""


def is_number(cell: str | Cell) -> bool:
    """Tell whether a cell shows something of which no digit may be missing."""
    return NUMBER.fullmatch(cell if isinstance(cell, str) else cell.text) is not None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column stands in the view, px."""

    left: int
    width: int
    right: bool


class RowPainter:
    """Draws the rows of one view. Whatever the look changes is made anew when `restyle` was called."""

    def __init__(self, view: QTableView) -> None:
        self._view = view
        self.hovered = -1
        self.restyle()

    def restyle(self) -> None:
        """Forget colours and measures: the look or the font is another one."""
        font = self._view.font()
        self._font = font
        self._ruler = Ruler(font)
        metrics = QFontMetrics(font)
        self._ascent, self._descent = metrics.ascent(), metrics.descent()
        self._inks: dict[str, Any] = {}

    def paint(
        self, painter: QPainter, area: QRect, columns: Sequence[Column], cells_of: Any, sign_of: Any = None
    ) -> None:  # fmt: skip
        """Draw the rows that touch an area of the viewport.

        `cells_of(number)` gives what a row shows, `sign_of(number)` an icon for the end of its first cell.
        """
        view = self._view
        first, last = view.rowAt(area.top()), view.rowAt(area.bottom())
        if first < 0:
            return
        if last < 0:
            last = view.model().rowCount() - 1
        places = [
            Place(view.columnViewportPosition(number), view.columnWidth(number), column.right)
            for number, column in enumerate(columns)
        ]
        high, top = view.rowHeight(first), view.rowViewportPosition(first)
        end = places[-1].left + places[-1].width if places else 0
        for number in range(first, last + 1):
            self._ground(painter, number, QRect(0, top, end, high))
            sign = sign_of(number) if sign_of is not None else ""
            self._cells(painter, top, high, places, cells_of(number), sign)
            top += high

    def needed(self, cell: str | Cell) -> int:
        """Return the width of a cell in which nothing is shortened, px."""
        if isinstance(cell, str):
            return round(self._ruler.width(cell)) + LEFT + RIGHT + 1
        if cell.pill:
            return self._pill_width(cell) + LEFT + RIGHT + 1
        edge = theme.px(ICON) + GAP if cell.icon else 0
        return round(self._ruler.width(cell.text)) + edge + LEFT + RIGHT + 1

    def _ground(self, painter: QPainter, number: int, area: QRect) -> None:
        selection = self._view.selectionModel()
        if selection.hasSelection() and selection.isRowSelected(number, QModelIndex()):
            painter.fillRect(area, self._ink("accent_soft"))
            painter.fillRect(0, area.top(), 3, area.height(), self._ink("accent"))
        elif number == self.hovered:
            painter.fillRect(area, self._ink("hover"))
        painter.fillRect(0, area.bottom(), area.width(), 1, self._ink("border"))

    def _cells(
        self, painter: QPainter, top: int, high: int, places: Sequence[Place], cells: Sequence[str | Cell], sign: str
    ) -> None:
        base = top + (high + self._ascent - self._descent) // 2
        ink = ""
        for place, cell in zip(places, cells, strict=True):
            left, room = place.left + LEFT, place.width - LEFT - RIGHT
            if sign:
                edge = theme.px(SIGN)
                picture = icons.pixmap(sign, "muted", SIGN)
                painter.drawPixmap(left + room - edge, top + (high - edge) // 2, picture)
                room, sign = room - edge - GAP, ""
            if isinstance(cell, str):
                text, tone = cell, "text"
            elif cell.pill:
                self._pill(painter, left, top, high, room, cell)
                continue
            else:
                text, tone = cell.text, cell.tone or "text"
                if cell.icon:
                    edge = theme.px(ICON)
                    picture = icons.pixmap(cell.icon, cell.tone or "muted", ICON)
                    painter.drawPixmap(left, top + (high - edge) // 2, picture)
                    left, room = left + edge + GAP, room - edge - GAP
            if not text:
                continue
            shown, wide = self._ruler.fit(text, room)
            if tone != ink:
                painter.setPen(self._ink(tone))
                ink = tone
            painter.drawText(left + room - wide if place.right else left, base, shown)

    def _pill(self, painter: QPainter, left: int, top: int, high: int, room: int, cell: Cell) -> None:
        wide = self._pill_width(cell)
        tall = self._ascent + self._descent + theme.px(4)
        picture = _pill_picture(
            cell.text, cell.tone or "neutral", cell.icon, max(1, min(wide, room)), tall,
            self._view.devicePixelRatioF(), self._font.toString(), theme.now(),
        )  # fmt: skip
        painter.drawPixmap(left, top + (high - tall) // 2, picture)

    def _pill_width(self, cell: Cell) -> int:
        return round(self._ruler.width(cell.text)) + theme.px(20) + (theme.px(18) if cell.icon else 0)

    def _ink(self, role: str) -> Any:
        ink = self._inks.get(role)
        if ink is None:
            ink = self._inks[role] = theme.colour(role)
        return ink


class Ruler:
    """Measures and shortens texts of one font by the widths of their characters."""

    def __init__(self, font: QFont) -> None:
        self._metrics = QFontMetricsF(font)
        self._widths: dict[str, float] = {}
        self._dots = self._metrics.horizontalAdvance(ELLIPSIS)

    def width(self, text: str) -> float:
        """Return the width of a text in px."""
        return sum(map(self._width, text))

    def fit(self, text: str, room: int) -> tuple[str, int]:
        """Return the text in one line, shortened where it has to be, and its width in px."""
        known = self._widths
        total, cut, place = 0.0, 0, 0
        for place, character in enumerate(text):
            wide = known.get(character)
            if wide is None:
                wide = self._width(character)
            if total + wide > room:
                break
            total += wide
            if total + self._dots <= room:
                cut = place + 1
        else:
            return (text if text.isprintable() else _one_line(text)), round(total)
        shown = text[:cut].rstrip() + ELLIPSIS
        return (shown if shown.isprintable() else _one_line(shown)), round(self.width(shown))

    def _width(self, character: str) -> float:
        wide = self._widths.get(character)
        if wide is None:
            wide = self._widths[character] = self._metrics.horizontalAdvance(
                character if character.isprintable() else " "
            )
        return wide


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


@lru_cache(maxsize=256)
def _pill_picture(
    text: str, tone: str, icon: str, wide: int, tall: int, ratio: float, font: str, _look: object
) -> QPixmap:
    picture = QPixmap(round(wide * ratio), round(tall * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    used = QFont()
    used.fromString(font)
    painter.setFont(used)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_pill(painter, QRectF(0, 0, wide, tall), text, tone, icon)
    painter.end()
    return picture
