"""Proof of the person who acts: the own badge or PIN, asked for above the page before a grave command is done."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.ui.tokens import LARGE, MEDIUM, SMALL
from deskapp.ui.widgets.fields import LatinField
from deskapp.ui.widgets.pins import PinField
from deskapp.ui.widgets.text import Button, Picture, Text, reveal


class OwnProof(QFrame):
    """Asks whoever is signed in for their badge or their PIN. Hidden until `ask`; what is typed is given out once.

    Signals:
        badge_given: a badge was scanned or typed; carries its text.
        pin_given: a PIN was typed; carries it.
        declined: Escape or the button.
    """

    badge_given = Signal(str)
    pin_given = Signal(str)
    declined = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner-warn")
        self.title = Text(N_("Scan your badge, or type your PIN"), "heading", wrap=True)
        self.why = Text(role="body", wrap=True)
        self.badge = LatinField(N_("Your badge"), name=N_("Your badge"))
        self.pin = PinField(N_("PIN"), name=N_("Your PIN"))
        self.error = Text(role="error", wrap=True)
        self.error.hide()
        self.cancel = Button(N_("Leave it"), "quiet", clicked=self.close_panel)
        self._before: QWidget | None = None
        self._arrange()
        self.badge.returnPressed.connect(self._badge_entered)
        self.pin.entered.connect(self._pin_entered)
        self.hide()

    def ask(self, why: str, **values: object) -> None:
        """Show the panel; `why` (a message id) says what is about to be done."""
        self._wipe()
        if self.isHidden():
            self._before = QApplication.focusWidget()
        self.why.say(why, **values)
        reveal(self)
        self.badge.setFocus()

    def take_badge(self, text: str) -> None:
        """Take a scanned badge: it is an answer by itself."""
        self.badge.setText(text)
        self._badge_entered()

    def refuse(self, sentence: str) -> None:
        """Say why it was not accepted (a finished sentence)."""
        typed = bool(self.pin.text())
        self.error.put(sentence)
        reveal(self.error)
        self.badge.clear()
        self.pin.clear()
        (self.pin if typed else self.badge).setFocus()

    def done(self) -> None:
        """Take the panel away: it was accepted."""
        self._wipe()
        self._go_back()

    def close_panel(self) -> None:
        """Take the panel away; nothing is done."""
        if not self.isHidden():
            self.done()
            self.declined.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves it."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
            return
        super().keyPressEvent(event)

    def _badge_entered(self) -> None:
        if self.badge.text().strip():
            self.badge_given.emit(self.badge.text().strip())
        else:
            self.pin.setFocus()

    def _pin_entered(self, pin: str) -> None:
        self.pin_given.emit(pin)

    def _go_back(self) -> None:
        """Hide, and give the focus back to where somebody was."""
        before, self._before = self._before, None
        self.hide()
        if before is not None and shiboken6.isValid(before) and before.isVisible() and before.isEnabled():
            before.setFocus()

    def _wipe(self) -> None:
        self.badge.clear()
        self.pin.clear()
        self.error.hide()

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SMALL)
        head.addWidget(Picture("shield-lock", "warn", 20))
        head.addWidget(self.title, 1)
        line = QHBoxLayout()
        line.setSpacing(SMALL)
        for part, stretch in ((self.badge, 2), (self.pin, 1), (self.cancel, 0)):
            line.addWidget(part, stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        column.setSpacing(SMALL)
        column.addLayout(head)
        column.addWidget(self.why)
        column.addLayout(line)
        column.addWidget(self.error)
