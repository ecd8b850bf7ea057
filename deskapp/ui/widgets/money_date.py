"""Fields for amounts and days."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from deskapp.errors import N_
from deskapp.ui.widgets.fields import LatinField, OnlySigns


class MoneyField(LatinField):
    """An amount in yuan; `fen()` is the amount in fen, None while empty or unreadable.

    Signals:
        amount_changed: carries the amount in fen, or None.
        unreadable: the field was left with something else than an amount; carries what to say (a message id).
    """

    amount_changed = Signal(object)
    unreadable = Signal(str)

    def __init__(self, hint: str = "0.00", *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(hint, name=name, limit=16, parent=parent)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setValidator(OnlySigns(r"[\d.,¥ ]*元?", self))
        self.textChanged.connect(lambda _text: self.amount_changed.emit(self.fen()))

    def fen(self) -> int | None:
        """Return the amount in fen."""
        text = unicodedata.normalize("NFKC", self.text()).strip().lstrip("¥").rstrip("元")
        text = text.replace(",", "").replace(" ", "")
        if not re.fullmatch(r"\d{1,12}(\.\d{0,2})?", text):
            return None
        try:
            return int(Decimal(text) * 100)
        except InvalidOperation:
            return None

    def set_fen(self, fen: int | None) -> None:
        """Show an amount."""
        self.setText("" if fen is None else f"{fen // 100}.{fen % 100:02d}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep out what belongs in no amount."""
        text = unicodedata.normalize("NFKC", event.text())
        if text and text.isprintable() and not re.fullmatch(r"[\d.,¥ ]", text) and not _command(event):
            event.ignore()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Write the amount out in full when the field is left, or say that it cannot be read."""
        super().focusOutEvent(event)
        if self.fen() is not None:
            self.set_fen(self.fen())
        elif self.problem():
            self.unreadable.emit(self.problem())

    def problem(self) -> str:
        """Return what is wrong with the text (a message id), or nothing; an empty field is in order."""
        wrong = bool(self.text().strip()) and self.fen() is None
        return N_("This is no amount. Write it as 120 or 120.50.") if wrong else ""


class DateField(LatinField):
    """A day, typed as 2026-03-14, 20260314, 0314 or 14; Up and Down move by a day, T is today.

    `day()` is None while empty or unreadable. `today` is handed in, never fetched.

    Signals:
        day_changed: carries the day, or None.
        unreadable: the field was left with something else than a day; carries what to say (a message id).
    """

    day_changed = Signal(object)
    unreadable = Signal(str)

    def __init__(self, today: date, hint: str = "2026-01-31", *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(hint, name=name, limit=12, parent=parent)
        self._today = today
        self.textChanged.connect(lambda _text: self.day_changed.emit(self.day()))

    def day(self) -> date | None:
        """Return the day."""
        return read_day(self.text(), self._today)

    def set_day(self, day: date | None) -> None:
        """Show a day."""
        self.setText("" if day is None else day.isoformat())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by a day, or to today."""
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 7, Qt.Key.Key_PageDown: -7}
        if event.key() in step:
            self.set_day((self.day() or self._today) + timedelta(days=step[Qt.Key(event.key())]))
            return
        if event.text().lower() == "t" and not _command(event):
            self.set_day(self._today)
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Write the day out in full when the field is left, or say that it cannot be read."""
        super().focusOutEvent(event)
        if self.day() is not None:
            self.set_day(self.day())
        elif self.problem():
            self.unreadable.emit(self.problem())

    def problem(self) -> str:
        """Return what is wrong with the text (a message id), or nothing; an empty field is in order."""
        wrong = bool(self.text().strip()) and self.day() is None
        return N_("This is no day. Write it as 2026-03-14, 0314 or 14; T is today.") if wrong else ""


def read_day(text: str, today: date) -> date | None:
    """Return the day somebody means by a short text, seen from today."""
    parts = [int(part) for part in re.findall(r"\d+", unicodedata.normalize("NFKC", text))]
    digits = re.sub(r"\D", "", text)
    if len(parts) == 1 and len(digits) == 8:
        parts = [int(digits[:4]), int(digits[4:6]), int(digits[6:])]
    elif len(parts) == 1 and len(digits) == 6:
        parts = [2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:])]
    elif len(parts) == 1 and len(digits) == 4:
        parts = [int(digits[:2]), int(digits[2:])]
    if len(parts) == 1 and len(digits) <= 2:
        parts = [today.year, today.month, parts[0]]
    elif len(parts) == 2:
        parts = [today.year, *parts]
    if len(parts) != 3:
        return None
    try:
        return date(*parts)
    except ValueError:
        return None


def _command(event: QKeyEvent) -> bool:
    keys = Qt.KeyboardModifier
    return bool(event.modifiers() & (keys.ControlModifier | keys.AltModifier | keys.MetaModifier))
