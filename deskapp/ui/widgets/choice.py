"""A segmented choice: one of a few, by mouse, by key 1-9 or by short code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QWidget

from deskapp.ui.speech import spoken
from deskapp.ui.widgets.fields import heard
from deskapp.ui.widgets.flow import FlowLayout
from deskapp.ui.widgets.text import Button


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer: the value, its message id, and a short code people can type.

    `raw` marks a text that is data (a name), not a message id; data that exists in both languages
    gives `words`, which are asked again when the language changes.
    """

    value: str
    text: str
    code: str = ""
    icon: str = ""
    raw: bool = False
    words: Callable[[], str] | None = None

    def shown(self) -> str:
        """Return the answer in the window's language."""
        if self.words is not None:
            return self.words()
        return self.text if self.raw else spoken(self.text)


class ChoiceBar(QWidget):
    """A row of answers, none chosen at first (nothing that matters is ever pre-chosen).

    Keys while it has the focus: 1-9 choose by place, letters by short code, arrows move.
    Typing the code of an answer chooses it as soon as it is unambiguous. Where choosing does something at
    once (`acts`), arrows only move the mark: Enter, or leaving the bar, chooses what is marked; Escape does not.

    Signals:
        chosen: an answer was chosen by a person; carries its value.
        confirmed: Enter was pressed on a chosen answer.
    """

    chosen = Signal(str)
    confirmed = Signal(str)

    def __init__(
        self, choices: Sequence[Choice] = (), *, name: str = "", value: str | None = None, numbered: bool = True,
        acts: bool = False, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._name, self._numbered, self._typed, self._acts = name, numbered, "", acts
        self._before: tuple[str | None] | None = None
        self._choices: list[Choice] = []
        self.buttons: list[Button] = []
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._flow = FlowLayout(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_choices(choices)
        if value is not None:
            self.set_value(value)

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Offer other answers; the chosen one stays if it is still offered."""
        kept = self.value()
        for button in self.buttons:
            self._group.removeButton(button)
            self._flow.removeWidget(button)
            button.hide()  # it goes when the event loop comes by, which may be after the next paint
            button.deleteLater()
        self.buttons = []
        self._choices = list(choices)
        for place, choice in enumerate(self._choices, 1):
            button = Button(role="choice", icon=choice.icon, parent=self)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _on=False, value=choice.value: self._pick(value))
            button.show_key(str(place) if self._numbered and place <= 9 else choice.code)
            self._group.addButton(button)
            self._flow.addWidget(button)
            self.buttons.append(button)
        self.retranslate()
        if kept is not None:
            self.set_value(kept)

    def retranslate(self) -> None:
        """Say the answers in the window's language."""
        for place, (choice, button) in enumerate(zip(self._choices, self.buttons, strict=True), 1):
            text = choice.shown()
            lead = f"{place} " if self._numbered and place <= 9 else f"{choice.code} " if choice.code else ""
            button.put(lead + text)
            button.setAccessibleName(text)
        if self._name:
            self.setAccessibleName(spoken(self._name))

    def value(self) -> str | None:
        """Return the chosen value, or None."""
        for choice, button in zip(self._choices, self.buttons, strict=True):
            if button.isChecked():
                return choice.value
        return None

    def set_value(self, value: str | None) -> None:
        """Choose without telling anybody; None chooses nothing."""
        self._before = None
        self._group.setExclusive(False)
        for choice, button in zip(self._choices, self.buttons, strict=True):
            button.setChecked(choice.value == value)
        self._group.setExclusive(True)

    def set_wrong(self, wrong: bool) -> None:
        """Mark the bar as the input that has to change."""
        self.setProperty("wrong", wrong)

    def uses_enter(self) -> bool:
        """Tell whether anybody waits for Enter on a chosen answer."""
        return self._before is not None or heard(self, self.confirmed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose by key."""
        key, text = event.key(), event.text()
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up):
            self._move(1 if key in (Qt.Key.Key_Right, Qt.Key.Key_Down) else -1)
        elif self._before is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._take_marked()
        elif self._before is not None and key == Qt.Key.Key_Escape:
            self.set_value(self._before[0])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.value() is not None:
                self.confirmed.emit(self.value())
            event.setAccepted(self.uses_enter())  # else the page goes on to the next field
        elif text and text.isalnum():
            self._type(text.upper())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys go."""
        super().focusInEvent(event)
        self._typed = ""
        self._show_focus(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Stop showing it; what the arrows marked is chosen."""
        super().focusOutEvent(event)
        self._show_focus(False)
        if event.reason() not in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason):
            self._take_marked()

    def sizeHint(self) -> QSize:
        """Return what the flow of answers wants."""
        return self._flow.sizeHint()

    def paintEvent(self, event: object) -> None:
        """Draw a ring while the bar has the focus."""
        from PySide6.QtGui import QPainter, QPen

        from deskapp.ui import theme

        if self.hasFocus() or self.property("wrong"):
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour("danger" if self.property("wrong") else "focus"), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 8, 8)

    def _show_focus(self, on: bool) -> None:
        self.update()

    def _move(self, step: int) -> None:
        if not self._choices:
            return
        at = next((n for n, button in enumerate(self.buttons) if button.isChecked()), -1 if step > 0 else 0)
        value = self._choices[(at + step) % len(self._choices)].value
        if not self._acts:
            self._pick(value)
            return
        before = self._before or (self.value(),)
        self.set_value(value)
        self._before = before

    def _take_marked(self) -> None:
        if self._before is not None:
            (before,), value = self._before, self.value()
            self._before = None
            if value is not None and value != before:
                self._pick(value)

    def _type(self, letters: str) -> None:
        self._typed += letters
        exact = [c for c in self._choices if c.code.upper() == self._typed]
        begins = [c for c in self._choices if c.code.upper().startswith(self._typed)]
        if exact and len(begins) == 1:
            self._typed = ""
            self._pick(exact[0].value)
        elif not begins:
            self._typed = ""
            place = int(letters) if letters.isdigit() else 0
            if self._numbered and 1 <= place <= min(9, len(self._choices)):
                self._pick(self._choices[place - 1].value)

    def _pick(self, value: str) -> None:
        self.set_value(value)
        self.setProperty("wrong", False)
        self.update()
        self.chosen.emit(value)
