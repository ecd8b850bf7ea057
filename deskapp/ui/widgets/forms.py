"""Cards and form rows: a label that belongs to its field, a hint, and the error where it happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from deskapp.errors import DeskError
from deskapp.i18n import say
from deskapp.ui.speech import spoken, without_mnemonic
from deskapp.ui.tokens import HUGE, LARGE, MEDIUM, SMALL, TIGHT
from deskapp.ui.widgets.text import Picture, Text, reveal


class Card(QFrame):
    """A raised panel with a heading; things are put into `body`, buttons of the heading into `head`."""

    def __init__(self, title: str = "", *, icon: str = "", hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(LARGE, MEDIUM, LARGE, LARGE)
        outer.setSpacing(MEDIUM)
        self.title = Text(title, "heading")
        self.hint = Text(hint, "muted", wrap=True)
        reveal(self.hint, bool(hint))
        self.head = QHBoxLayout()
        self.head.setSpacing(SMALL)
        if icon:
            self.head.addWidget(Picture(icon, "accent", 20))
        self.head.addWidget(self.title)
        self.head.addStretch(1)
        if title or icon:
            outer.addLayout(self.head)
        outer.addWidget(self.hint)
        self.body = QVBoxLayout()
        self.body.setSpacing(MEDIUM)
        outer.addLayout(self.body)

    def add(self, item: QWidget | QLayout, stretch: int = 0) -> None:
        """Put a widget or a layout below what is there."""
        if isinstance(item, QWidget):
            self.body.addWidget(item, stretch)
        else:
            self.body.addLayout(item, stretch)


def _takes_keys(field: QWidget) -> QWidget:
    """Return the part of a field that takes the keys: Qt leads an access key to no holder of other fields."""
    while field.focusPolicy() == Qt.FocusPolicy.NoFocus and (inner := field.focusProxy()) is not None:
        field = inner
    return field


class FormRow(QWidget):
    """Label, field, hint and error as one thing.

    The label's access key (`&`) leads to the field, the field takes the label as its
    accessible name, and what is wrong is said right below it.
    """

    def __init__(
        self, label: str, field: QWidget, *, hint: str = "", needed: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.field = field
        self.needed = needed
        self._label, self._hint = label, hint
        self.label = Text(role="label", wrap=True, parent=self)
        self.label.setBuddy(_takes_keys(field))
        self.error = Text(role="error", wrap=True)
        self.error.hide()
        self.hint = Text(role="caption", wrap=True)
        reveal(self.hint, bool(hint))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        for part in (self.label, field, self.error, self.hint):
            column.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.retranslate()
        changed = getattr(field, "textEdited", None) or getattr(field, "edited", None) or getattr(field, "chosen", None)
        if changed is not None:
            changed.connect(self._touched)
        unreadable = getattr(field, "unreadable", None)
        if unreadable is not None:
            unreadable.connect(lambda text: self.tell(spoken(text)))

    def retranslate(self) -> None:
        """Say label and hint in the window's language."""
        label = spoken(self._label)
        self.label.setText(label + (" *" if self.needed else ""))
        inner = self.field.focusProxy()
        if label:  # a tick without a label says its own words
            self.field.setAccessibleName(without_mnemonic(label))
        if label and inner is not None:
            inner.setAccessibleName(without_mnemonic(label))
        if self._hint:
            self.hint.setText(spoken(self._hint))
            self.field.setAccessibleDescription(spoken(self._hint))

    def rename(self, label: str, *, needed: bool) -> None:
        """Ask for something else in the same field; `label` is a message id."""
        self._label = label
        self.set_needed(needed)

    def set_needed(self, needed: bool) -> None:
        """Mark the field as one that must be filled."""
        self.needed = needed
        self.retranslate()

    def refuse(self, sentence: str) -> None:
        """Say below the field what has to change (a finished sentence) and go there."""
        self.tell(sentence)
        if sentence:
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
            if isinstance(self.field, QLineEdit):
                self.field.selectAll()

    def tell(self, sentence: str) -> None:
        """Say below the field what has to change, and leave the focus where it is."""
        self.error.put(sentence)
        reveal(self.error, bool(sentence))
        self.field.setAccessibleDescription(sentence or spoken(self._hint))
        mark = getattr(self.field, "set_wrong", None)
        if mark is not None:
            mark(bool(sentence))

    def clear_error(self) -> None:
        """Take the error back."""
        if not self.error.isHidden():
            self.refuse("")

    def _touched(self, *_values: object) -> None:
        self.clear_error()


class Form(QWidget):
    """Rows in one or two columns, found again by the field names that refusals use."""

    def __init__(self, columns: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, FormRow] = {}
        self._columns = columns
        self._place = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(LARGE)
        self._grid.setVerticalSpacing(MEDIUM)
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)

    def add(
        self, key: str, label: str, field: QWidget, *, hint: str = "", needed: bool = False, span: int = 1
    ) -> FormRow:
        """Add a row; `key` is the field name a refusal carries, `span` how many columns it takes."""
        row = FormRow(label, field, hint=hint, needed=needed)
        self.rows[key] = row
        span = min(span, self._columns)
        if self._place % self._columns + span > self._columns:
            self._place += self._columns - self._place % self._columns
        self._grid.addWidget(
            row, self._place // self._columns, self._place % self._columns, 1, span, Qt.AlignmentFlag.AlignTop
        )
        self._place += span
        return row

    def refuse(self, error: DeskError, otherwise: Callable[[str], object] | None = None) -> bool:
        """Show a refusal at its field; where there is no such field, hand the sentence to `otherwise`."""
        self.clear_errors()
        sentence = say(error)
        row = self.rows.get(error.field)
        if row is not None:
            row.refuse(sentence)
            return True
        if otherwise is not None:
            otherwise(sentence)
        return False

    def readable(self) -> bool:
        """Say whether every amount and day means something; the first that does not is refused at its field."""
        for row in self.rows.values():
            problem = getattr(row.field, "problem", None)
            sentence = spoken(problem()) if problem is not None and problem() else ""
            if sentence:
                row.refuse(sentence)
                return False
        return True

    def clear_errors(self) -> None:
        """Take all errors back."""
        for row in self.rows.values():
            row.clear_error()

    def fields(self) -> Mapping[str, QWidget]:
        """Return the fields by name."""
        return {key: row.field for key, row in self.rows.items()}


class Line(QFrame):
    """A thin line between two parts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "line")


class Facts(QWidget):
    """Name and value pairs of something that is only shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values: dict[str, Text] = {}
        self._labels: dict[str, Text] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(LARGE)
        self._grid.setVerticalSpacing(SMALL)
        self._grid.setColumnStretch(1, 1)

    def add(self, key: str, label: str, value: str = "", *, role: str = "body") -> Text:
        """Add a pair; `label` is a message id, `value` is data."""
        row = self._grid.rowCount()
        shown = Text(role=role, wrap=True, copy=True)
        shown.put(value)
        self._labels[key] = Text(label, "muted")
        self._grid.addWidget(self._labels[key], row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(shown, row, 1)
        self.values[key] = shown
        return shown

    def put(self, key: str, value: str) -> None:
        """Show another value."""
        self.values[key].put(value)

    def put_if_any(self, key: str, value: str) -> None:
        """Show another value, or no line at all where there is none."""
        self.put(key, value)
        self.values[key].setVisible(bool(value))
        self._labels[key].setVisible(bool(value))


class Scroll(QScrollArea):
    """A scrolling column of cards, at most 1180 px wide so that lines stay readable."""

    def __init__(self, parent: QWidget | None = None, *, margin: int = HUGE) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget()
        inner.setProperty("role", "page")
        # A layout aligned to the top would never be higher than its size hint, which knows nothing of lines that
        # wrap; so the column takes what it needs, and what is left stays empty below it.
        outer = QVBoxLayout(inner)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.column = QVBoxLayout()
        self.column.setContentsMargins(margin, margin, margin, margin)
        self.column.setSpacing(LARGE)
        outer.addLayout(self.column)
        outer.addStretch(1)
        self.setWidget(inner)

    def add(self, item: QWidget | QLayout, stretch: int = 0) -> None:
        """Put a widget or layout below what is there."""
        if isinstance(item, QWidget):
            self.column.addWidget(item, stretch)
        else:
            self.column.addLayout(item, stretch)


def row(*items: QWidget | int, gap: int = SMALL) -> QHBoxLayout:
    """Return widgets side by side; a number is a stretch."""
    line = QHBoxLayout()
    line.setSpacing(gap)
    for item in items:
        if isinstance(item, int):
            line.addStretch(item)
        else:
            line.addWidget(item)
    return line


def column(*items: QWidget | QLayout | int, gap: int = MEDIUM) -> QVBoxLayout:
    """Return widgets below each other; a number is a stretch."""
    stack = QVBoxLayout()
    stack.setSpacing(gap)
    for item in items:
        if isinstance(item, int):
            stack.addStretch(item)
        elif isinstance(item, QWidget):
            stack.addWidget(item)
        else:
            stack.addLayout(item)
    return stack
