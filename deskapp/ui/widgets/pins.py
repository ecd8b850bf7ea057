"""PINs and a second person's consent, in place instead of in a dialog."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.ui.tokens import LARGE, MEDIUM, SMALL
from deskapp.ui.widgets.fields import LatinField, TextField
from deskapp.ui.widgets.text import Button, Picture, Text, reveal


class PinField(LatinField):
    """A PIN: shown as dots, no input method, no context menu.

    Signals:
        entered: Enter was pressed with digits in the field; carries the PIN.
    """

    entered = Signal(str)

    def __init__(self, hint: str = "", *, name: str = N_("PIN"), parent: QWidget | None = None) -> None:
        super().__init__(hint, name=name, limit=12, parent=parent)
        self.setProperty("role", "pin")
        self.setEchoMode(LatinField.EchoMode.Password)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.returnPressed.connect(self._entered)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take digits only."""
        text = event.text()
        if text and text.isprintable() and not text.isdigit():
            event.ignore()
            return
        super().keyPressEvent(event)

    def _entered(self) -> None:
        if self.text():
            self.entered.emit(self.text())


class PinPad(QWidget):
    """Digits to press for a touch screen or a mouse; types into a PinField.

    Signals:
        pressed_enter: the tick was pressed.
    """

    pressed_enter = Signal()

    def __init__(self, field: PinField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SMALL)
        for place, digit in enumerate("123456789"):
            grid.addWidget(self._key(digit), place // 3, place % 3)
        back = Button(role="digit", icon="backspace", name=N_("Delete the last digit"), clicked=field.backspace)
        enter = Button(role="digit", icon="check", name=N_("Confirm"), clicked=self.pressed_enter.emit)
        grid.addWidget(back, 3, 0)
        grid.addWidget(self._key("0"), 3, 1)
        grid.addWidget(enter, 3, 2)
        for button in self.findChildren(Button):
            # The keyboard has its own digits: Tab goes past the pad.
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _key(self, digit: str) -> Button:
        button = Button(role="digit", clicked=lambda: self._field.insert(digit))
        button.put(digit)
        button.setAccessibleName(digit)
        return button


class SupervisorPanel(QFrame):
    """Asks a second person for staff number or badge, PIN and reason, for one named right.

    Hidden until `ask`; what is typed is given out once and wiped.

    Signals:
        given: carries staff number or badge, PIN and reason; the asker checks them.
        declined: Escape or the button.
    """

    given = Signal(str, str, str)
    declined = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner-warn")
        self.title = Text(N_("A supervisor has to allow this"), "heading", wrap=True)
        self.why = Text(role="body", wrap=True)
        self.who = LatinField(N_("Staff number or badge"), name=N_("Supervisor's staff number or badge"))
        self.pin = PinField(N_("PIN"), name=N_("Supervisor's PIN"))
        self.reason = TextField(N_("Reason, for the history"), name=N_("Reason"))
        self.error = Text(role="error", wrap=True)
        self.error.hide()
        self.allow = Button(N_("Allow"), "primary", icon="shield-check")
        self.cancel = Button(N_("Do not allow"), "quiet")
        self._before: QWidget | None = None
        self._arrange()
        self.who.returnPressed.connect(self.pin.setFocus)
        self.pin.returnPressed.connect(self.reason.setFocus)
        self.reason.returnPressed.connect(self._give)
        self.allow.clicked.connect(self._give)
        self.cancel.clicked.connect(self.close_panel)
        self.hide()

    def ask(self, why: str, *, second: bool = False, **values: object) -> None:
        """Show the panel; `why` (a message id) says what is to be allowed. `second`: by another person, not above."""
        self._wipe()
        self.title.say(N_("A second person has to sign") if second else N_("A supervisor has to allow this"))
        if self.isHidden():
            self._before = QApplication.focusWidget()
        self.why.say(why, **values)
        reveal(self.why, bool(why))
        reveal(self)
        self.who.setFocus()

    def take_badge(self, text: str) -> None:
        """Take a scanned badge."""
        self.who.setText(text)
        self.pin.setFocus()

    def refuse(self, sentence: str) -> None:
        """Say why it was not accepted (a finished sentence); only the PIN has to be typed again."""
        self.error.put(sentence)
        reveal(self.error)
        self.pin.clear()
        self.pin.setFocus()

    def close_panel(self) -> None:
        """Take the panel away."""
        if not self.isHidden():
            self._wipe()
            self._go_back()
            self.declined.emit()

    def done(self) -> None:
        """Take the panel away: it was accepted."""
        self._wipe()
        self._go_back()

    def _go_back(self) -> None:
        """Hide, and give the focus back to where somebody was: without it the keys of a page mean nothing."""
        before, self._before = self._before, None
        self.hide()
        if before is not None and shiboken6.isValid(before) and before.isVisible() and before.isEnabled():
            before.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape declines."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
            return
        super().keyPressEvent(event)

    def _arrange(self) -> None:
        fields = QHBoxLayout()
        fields.setSpacing(SMALL)
        for field, stretch in ((self.who, 2), (self.pin, 1), (self.reason, 4)):
            fields.addWidget(field, stretch)
        head = QHBoxLayout()
        head.setSpacing(SMALL)
        head.addWidget(Picture("shield-lock", "warn", 20))
        head.addWidget(self.title, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.error, 1)
        buttons.addStretch(0)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.allow)
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        column.setSpacing(SMALL)
        column.addLayout(head)
        column.addWidget(self.why)
        column.addLayout(fields)
        column.addLayout(buttons)

    def _give(self) -> None:
        for field in (self.who, self.pin, self.reason):
            if not field.text().strip():
                field.setFocus()
                return
        self.error.hide()
        self.given.emit(self.who.text().strip(), self.pin.text(), self.reason.text().strip())

    def _wipe(self) -> None:
        for field in (self.who, self.pin, self.reason):
            field.clear()
        self.error.hide()
