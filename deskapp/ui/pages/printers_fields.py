"""Inputs of the printer pages: millimetres with a fraction, and moving the print by the arrow keys."""

from __future__ import annotations

import re

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from deskapp.errors import N_
from deskapp.ui import theme
from deskapp.ui.kit import LatinField, spoken
from deskapp.ui.widgets.painted import Painted

_NUMBER = re.compile(r"[-+]?\d{1,3}([.,]\d{0,2})?")
STEP_UM, LONG_STEP_UM = 250, 1000


class MmField(LatinField):
    """Millimetres, such as 2 or -0.5; a comma counts as a point."""

    def __init__(self, hint: str = "", *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(hint, name=name, limit=7, parent=parent)

    def value(self) -> float | None:
        """Return the number, None for nothing or what is no number."""
        text = self.text().strip().replace("。", ".")
        return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None

    def set_value(self, value: float | None) -> None:
        """Show a number."""
        self.setText("" if value is None else f"{value:.2f}".rstrip("0").rstrip("."))

    def um(self) -> int:
        """Return the length in micrometres; nothing is 0."""
        return round((self.value() or 0.0) * 1000)


class NudgePad(Painted):
    """A label as a small picture that is moved by the arrow keys, a quarter of a millimetre a press (Shift: one).

    Signals:
        nudged: it was moved; carries the offset to the right and downwards in micrometres.
        confirmed: Enter was pressed.
    """

    nudged = Signal(int, int)
    confirmed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.x_um = self.y_um = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def put(self, x_um: int, y_um: int) -> None:
        """Show an offset without telling anybody."""
        self.x_um, self.y_um = x_um, y_um
        self.retranslate()

    def retranslate(self) -> None:
        """Say name and offset in the window's language."""
        self.setAccessibleName(spoken(N_("Move the print by the arrow keys")))
        self.setAccessibleDescription(self.said())
        self.update()

    def said(self) -> str:
        """Return the offset in words."""
        x, y = self.x_um / 1000, self.y_um / 1000
        across = N_("{mm} mm to the right") if x >= 0 else N_("{mm} mm to the left")
        down = N_("{mm} mm down") if y >= 0 else N_("{mm} mm up")
        return f"{spoken(across, mm=f'{abs(x):g}')}, {spoken(down, mm=f'{abs(y):g}')}"

    def sizeHint(self) -> QSize:
        """Return the size of a label at half its height."""
        return QSize(theme.px(220), theme.px(150))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, or be done."""
        step = LONG_STEP_UM if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP_UM
        moves = {
            Qt.Key.Key_Left: (-step, 0), Qt.Key.Key_Right: (step, 0),
            Qt.Key.Key_Up: (0, -step), Qt.Key.Key_Down: (0, step),
        }  # fmt: skip
        key = Qt.Key(event.key())
        if key in moves:
            self._move(*moves[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.confirmed.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Move towards where it is pressed."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        at = event.position() - self.rect().center().toPointF()
        if abs(at.x()) > abs(at.y()):
            self._move(STEP_UM if at.x() > 0 else -STEP_UM, 0)
        else:
            self._move(0, STEP_UM if at.y() > 0 else -STEP_UM)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the label, and the print upon it where it would come out; ten times as far as in truth."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focus = self.hasFocus()
        paper = QRectF(self.rect()).adjusted(18, 18, -18, -18)
        painter.setPen(QPen(theme.colour("focus" if focus else "strong_border"), 2 if focus else 1))
        painter.setBrush(Qt.GlobalColor.white)
        painter.drawRoundedRect(paper, 4, 4)
        shift = theme.px(4)
        printed = paper.adjusted(14, 12, -14, -12).translated(self.x_um / 1000 * shift, self.y_um / 1000 * shift)
        painter.setPen(QPen(theme.colour("accent"), 2, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(printed)
        painter.drawLine(printed.topLeft(), printed.bottomRight())
        painter.drawLine(printed.topRight(), printed.bottomLeft())

    def _move(self, x_um: int, y_um: int) -> None:
        self.x_um = max(-15_000, min(15_000, self.x_um + x_um))
        self.y_um = max(-15_000, min(15_000, self.y_um + y_um))
        self.retranslate()
        self.nudged.emit(self.x_um, self.y_um)
