"""Input fields. Scan and number fields keep the input method away; text fields leave it on.

With pinyin on, a plain field turns a scanned serial number into Chinese words; only answering
False to `ImEnabled` prevents that (hints do not).
"""

from __future__ import annotations

import re
import unicodedata

from PySide6.QtCore import SIGNAL, QEvent, QMetaMethod, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent, QValidator
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from deskapp.ui import theme
from deskapp.ui.speech import spoken


def heard(sender: QObject, signal: object) -> bool:
    """Tell whether anybody listens to a signal of an object."""
    return sender.isSignalConnected(QMetaMethod.fromSignal(signal))  # type: ignore[arg-type]


class TextField(QLineEdit):
    """One line of text, with the input method on."""

    def __init__(self, hint: str = "", *, name: str = "", limit: int = 200, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint, self._name = hint, name
        self.setMaxLength(limit)
        self.retranslate()

    def retranslate(self) -> None:
        """Say placeholder and name in the window's language."""
        if self._hint:
            self.setPlaceholderText(spoken(self._hint))
        if self._name:
            self.setAccessibleName(spoken(self._name))

    def set_wrong(self, wrong: bool) -> None:
        """Mark the field as the one that has to change."""
        mark_wrong(self, wrong)

    def uses_enter(self) -> bool:
        """Tell whether Enter does something of this field's own; where not, the page goes on to the next field."""
        return heard(self, self.returnPressed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep an Enter that was used from going on a second time, from wherever the focus is by then."""
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.setAccepted(self.uses_enter())


class LatinField(TextField):
    """A field for numbers and codes: no input method, full-width letters made narrow.

    Signals:
        input_method_suspected: Chinese or full-width characters arrived all the same.
    """

    input_method_suspected = Signal()

    def __init__(self, hint: str = "", *, name: str = "", limit: int = 80, parent: QWidget | None = None) -> None:
        super().__init__(hint, name=name, limit=limit, parent=parent)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setInputMethodHints(Qt.InputMethodHint.ImhLatinOnly | Qt.InputMethodHint.ImhNoPredictiveText)
        self.textEdited.connect(self._narrow)

    def inputMethodQuery(self, query: Qt.InputMethodQuery, argument: object = None) -> object:
        """Say that no input method may compose here."""
        if query == Qt.InputMethodQuery.ImEnabled:
            return False
        return super().inputMethodQuery(query)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Take what an input method committed in spite of that, made narrow."""
        if event.commitString():
            self.insert(unicodedata.normalize("NFKC", event.commitString()))
            self.input_method_suspected.emit()
        event.accept()

    def _narrow(self, text: str) -> None:
        narrow = unicodedata.normalize("NFKC", text)
        if narrow != text:
            place = self.cursorPosition()
            self.setText(narrow)
            self.setCursorPosition(place)
        if any("\u4e00" <= character <= "\u9fff" for character in narrow) or narrow != text:
            self.input_method_suspected.emit()


class ScanField(LatinField):
    """A field for a scanned or typed code.

    `serials_only` lets one of our own printed numbers go on to the record it names.

    Signals:
        scanned: a code came in, by scanner or typed and ended with Enter; carries the text.
    """

    scanned = Signal(str)

    def __init__(
        self, hint: str = "", *, name: str = "", serials_only: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(hint, name=name, parent=parent)
        self.serials_only = serials_only
        self.returnPressed.connect(self._entered)

    def uses_enter(self) -> bool:
        """Tell whether anybody waits for a code, or for Enter itself besides this field."""
        return heard(self, self.scanned) or self.receivers(SIGNAL("returnPressed()")) > 1

    def wants(self, text: str) -> bool:
        """Say whether a scanned code is meant for this field; a command of the sheet is for the page."""
        from deskapp.rules.numbers import ScanKind, parse_scan  # the lock screen has fields too, and starts without it

        kind = parse_scan(text).kind
        if kind is ScanKind.COMMAND:
            return False
        return not self.serials_only or kind in (ScanKind.SERIAL, ScanKind.UNKNOWN)

    def take_scan(self, text: str) -> None:
        """Show a code the scanner delivered and announce it."""
        self.setText(text)
        self.scanned.emit(text)

    def _entered(self) -> None:
        text = self.text().strip()
        if text:
            self.scanned.emit(text)


class OnlySigns(QValidator):
    """Keeps out of a field what does not belong there, however it comes: typed, pasted or from an input method."""

    def __init__(self, pattern: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._pattern = re.compile(pattern)

    def validate(self, text: str, place: int) -> object:
        """Make the text narrow; refuse a change after which foreign signs would stand in it."""
        narrow = unicodedata.normalize("NFKC", text)
        state = QValidator.State.Acceptable if self._pattern.fullmatch(narrow) else QValidator.State.Invalid
        return state, narrow, place


class NumberField(LatinField):
    """A field for a whole number; letters are not accepted. `value()` is None while empty."""

    def __init__(
        self, hint: str = "", *, name: str = "", low: int = 0, high: int = 999_999_999, parent: QWidget | None = None
    ) -> None:
        super().__init__(hint, name=name, limit=12, parent=parent)
        self._low, self._high = low, high
        self.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
        self.setValidator(OnlySigns(r"-?[\d ]*" if low < 0 else r"[\d ]*", self))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep out what is no digit."""
        text = unicodedata.normalize("NFKC", event.text())
        foreign = bool(text) and text.isprintable() and not text.isdigit() and not (text == "-" and self._low < 0)
        if foreign and not event.modifiers() & _COMMAND:
            event.ignore()
            return
        super().keyPressEvent(event)

    def value(self) -> int | None:
        """Return the number, clamped to the bounds, or None."""
        try:
            return max(self._low, min(self._high, int(self.text().replace(" ", ""))))
        except ValueError:
            return None

    def set_value(self, value: int | None) -> None:
        """Show a number."""
        self.setText("" if value is None else str(value))


class PhoneField(LatinField):
    """A phone number; blanks and hyphens may be typed, `digits()` leaves them out."""

    def __init__(self, hint: str = "", *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(hint, name=name, limit=24, parent=parent)
        self.setInputMethodHints(Qt.InputMethodHint.ImhDialableCharactersOnly)

    def digits(self) -> str:
        """Return the number without blanks, hyphens and brackets."""
        return "".join(character for character in self.text() if character.isdigit() or character == "+")


class TextArea(QPlainTextEdit):
    """Several lines of text; Tab leaves the field, Ctrl+Enter submits.

    Signals:
        submitted: Ctrl+Enter was pressed.
        edited: the text changed by hand or by paste.
        left: the focus went elsewhere.
    """

    submitted = Signal()
    edited = Signal()
    left = Signal()

    def __init__(
        self, hint: str = "", *, name: str = "", lines: int = 3, limit: int = 4000, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._hint, self._name, self._lines, self._limit = hint, name, lines, limit
        self.setTabChangesFocus(True)
        self._fit()
        self.textChanged.connect(self._changed)
        self.retranslate()

    def text(self) -> str:
        """Return the text."""
        return self.toPlainText()

    def setText(self, text: str) -> None:
        """Replace the text."""
        self.setPlainText(text)

    def retranslate(self) -> None:
        """Say placeholder and name in the window's language."""
        if self._hint:
            self.setPlaceholderText(spoken(self._hint))
        if self._name:
            self.setAccessibleName(spoken(self._name))

    def set_wrong(self, wrong: bool) -> None:
        """Mark the field as the one that has to change."""
        mark_wrong(self, wrong)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Submit on Ctrl+Enter."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.submitted.emit()
            event.setAccepted(heard(self, self.submitted))  # else the page goes on to the next field
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Announce that the field was left."""
        super().focusOutEvent(event)
        self.left.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Keep the height at so many lines when the text size changes."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange) and hasattr(self, "_lines"):
            self._fit()

    def sizeHint(self) -> QSize:
        """Return a width that lets forms decide."""
        return QSize(theme.px(280), self.minimumHeight())

    def _fit(self) -> None:
        height = self.fontMetrics().lineSpacing() * self._lines + theme.px(20)
        self.setMinimumHeight(height)
        self.setMaximumHeight(height if self._lines <= 6 else 16777215)

    def _changed(self) -> None:
        if len(self.toPlainText()) > self._limit:
            cursor = self.textCursor()
            cursor.movePosition(cursor.MoveOperation.End)
            cursor.setPosition(self._limit, cursor.MoveMode.KeepAnchor)
            cursor.removeSelectedText()
        self.edited.emit()


_COMMAND = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


def mark_wrong(field: QWidget, wrong: bool) -> None:
    """Draw a field's border in the colour of errors, or no longer."""
    if bool(field.property("wrong")) != wrong:
        field.setProperty("wrong", wrong)
        field.style().unpolish(field)
        field.style().polish(field)
