"""A small picture of an A4 sheet of labels, to choose the first cell that is still free."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from deskapp.errors import N_
from deskapp.print.sheet_template import PAPER_MM, SheetLayout
from deskapp.ui import theme
from deskapp.ui.kit import spoken
from deskapp.ui.widgets.painted import Painted

HEIGHT = 236


class SheetPicker(Painted):
    """Cells before the chosen one are used up. Arrows move, Enter takes it.

    Signals:
        chosen: another cell was marked; carries its place from 0.
        confirmed: Enter was pressed, or a cell was double clicked.
    """

    chosen = Signal(int)
    confirmed = Signal(int)

    def __init__(self, layout: SheetLayout, cell: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = layout
        self.count = 1
        self.cell = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.go(cell)

    def show_sheet(self, layout: SheetLayout, cell: int = 0, count: int = 1) -> None:
        """Show another sheet; `count` is how many labels go onto it."""
        self.sheet, self.count = layout, count
        self.go(cell)

    def go(self, cell: int) -> None:
        """Mark a cell; past the end it is the first one of a new sheet."""
        self.cell = cell if 0 <= cell < self.sheet.cells else 0
        self.retranslate()
        self.update()

    def retranslate(self) -> None:
        """Say which cell is marked."""
        line, place = divmod(self.cell, self.sheet.columns)
        self.setAccessibleName(spoken(N_("First free label of the sheet")))
        self.setAccessibleDescription(spoken(N_("Row {row}, label {column}"), row=line + 1, column=place + 1))

    def sizeHint(self) -> QSize:
        """Return a sheet that fits beside a form."""
        return QSize(round(theme.px(HEIGHT) * PAPER_MM[0] / PAPER_MM[1]), theme.px(HEIGHT))

    minimumSizeHint = sizeHint

    def boxes(self) -> list[QRect]:
        """Return where the cells are drawn."""
        factor = (self.height() - 2) / PAPER_MM[1]
        return [
            QRect(round(1 + x * factor), round(1 + y * factor), round(wide * factor) - 1, round(high * factor) - 1)
            for x, y, wide, high in self.sheet.boxes_mm()
        ]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by arrows, Home and End; Enter takes the cell."""
        steps = {
            Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: self.sheet.columns,
            Qt.Key.Key_Up: -self.sheet.columns,
        }  # fmt: skip
        key = Qt.Key(event.key())
        if key in steps:
            self._move(self.cell + steps[key])
        elif key == Qt.Key.Key_Home:
            self._move(0)
        elif key == Qt.Key.Key_End:
            self._move(self.sheet.cells - 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.confirmed.emit(self.cell)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Mark by a click."""
        self._at(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take a cell."""
        if self._at(event):
            self.confirmed.emit(self.cell)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sheet: used cells hatched, those to be printed filled, the rest free."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("focus" if self.hasFocus() else "strong_border"), 2 if self.hasFocus() else 1))
        painter.setBrush(Qt.GlobalColor.white)
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 3, 3)
        painter.setFont(theme.font("caption"))
        for place, box in enumerate(self.boxes()):
            used, printed = place < self.cell, self.cell <= place < self.cell + self.count
            painter.setPen(QPen(theme.colour("accent" if printed else "strong_border"), 2 if printed else 1))
            painter.setBrush(theme.colour("accent_soft") if printed else Qt.GlobalColor.white)
            painter.drawRoundedRect(box, 3, 3)
            if used:
                painter.setPen(QPen(theme.colour("strong_border"), 1))
                painter.drawLine(box.topLeft(), box.bottomRight())
                painter.drawLine(box.topRight(), box.bottomLeft())
            elif printed:
                painter.setPen(theme.colour("accent"))
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), str(place + 1))

    def _move(self, cell: int) -> None:
        if 0 <= cell < self.sheet.cells:
            self.go(cell)
            self.chosen.emit(cell)

    def _at(self, event: QMouseEvent) -> bool:
        for place, box in enumerate(self.boxes()):
            if box.contains(event.position().toPoint()):
                self.setFocus(Qt.FocusReason.MouseFocusReason)
                self._move(place)
                return True
        return False
