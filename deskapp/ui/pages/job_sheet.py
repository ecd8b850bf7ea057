"""The test plan as one sheet: every step in view, answered by single keys, without a mouse and without scrolling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from deskapp.catalogue import TestStep
from deskapp.errors import N_
from deskapp.ui import icons, theme
from deskapp.ui.kit import spoken
from deskapp.ui.widgets.text import RESTYLE

LINE = 24
PASS, FAIL, SKIP = "pass", "fail", "skip"
TONES = {PASS: "ok", FAIL: "danger", SKIP: "muted"}
MARKS = {PASS: "circle-check", FAIL: "alert-circle", SKIP: "minus"}
UNITS = (N_("times"), N_("dots"))
"""Units of measured steps that are words; the others are signs."""
SAID = {PASS: N_("passed"), FAIL: N_("failed"), SKIP: N_("left out")}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one step: a result, or a measured whole number."""

    result: str = ""
    value: int | None = None
    words: str = ""


class TestSheet(QWidget):
    """The steps of a plan in two columns.

    P or Enter: passed (Enter takes the typed number), F: failed, S: left out, digits: a measured
    value, Backspace: take the answer back, arrows: move.

    Signals:
        changed: an answer was given or taken back.
        finished: the last open step was answered.
        skip_wanted: a step is to be left out and needs words; carries its id.
    """

    __test__ = False

    changed = Signal()
    finished = Signal()
    skip_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.steps: tuple[TestStep, ...] = ()
        self.answers: dict[str, Answer] = {}
        self.current = 0
        self._typed = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_plan(self, steps: Sequence[TestStep]) -> None:
        """Show a plan, nothing answered."""
        self.steps, self.answers, self.current, self._typed = tuple(steps), {}, 0, ""
        self.updateGeometry()
        self._moved()

    def kept(self) -> dict[str, list[Any]]:
        """Return the answers as plain JSON: result, measured value and words by step."""
        return {step: [one.result, one.value, one.words] for step, one in self.answers.items()}

    def put_back(self, kept: Mapping[str, Sequence[Any]]) -> None:
        """Show answers that were kept, as far as the plan still asks for them, and go to the first open step."""
        for step in self.steps:
            if step.id in kept:
                result, value, words = kept[step.id]
                self.answers[step.id] = Answer(str(result), value if value is None else int(value), str(words))
        left = self.open_steps()
        self.go_to(left[0] if left else self.steps[-1].id)
        self.changed.emit()

    def open_steps(self) -> list[str]:
        """Return the ids of the steps without an answer."""
        return [step.id for step in self.steps if step.id not in self.answers]

    def failed(self) -> list[str]:
        """Return the ids of the steps that failed, by answer or by limit."""
        return [step.id for step in self.steps if self.result_of(step) == FAIL]

    def result_of(self, step: TestStep) -> str:
        """Return pass, fail or skip, judged by the limits; empty while open."""
        answer = self.answers.get(step.id)
        if answer is None or answer.value is None:
            return answer.result if answer else ""
        inside = (step.low is None or answer.value >= step.low) and (step.high is None or answer.value <= step.high)
        return PASS if inside else FAIL

    def answer(self, result: str = "", value: int | None = None, words: str = "") -> None:
        """Answer the current step and go to the next open one."""
        if not self.steps:
            return
        self.answers[self.steps[self.current].id] = Answer(result, value, words)
        self._typed = ""
        self._next()

    def go_to(self, step_id: str) -> None:
        """Make a step current."""
        for place, step in enumerate(self.steps):
            if step.id == step_id:
                self.current, self._typed = place, ""
        self._moved()

    def sizeHint(self) -> QSize:
        """Return the height of half the steps."""
        return QSize(theme.px(560), theme.px(LINE) * ((len(self.steps) + 1) // 2) + 4)

    def minimumSizeHint(self) -> QSize:
        """Keep every step in view."""
        return QSize(theme.px(360), self.sizeHint().height())

    def retranslate(self) -> None:
        """Say the steps in the window's language."""
        self._moved()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Answer and move."""
        key, text = event.key(), event.text().lower()
        chord = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if chord or not self.steps:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._move(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            half = (len(self.steps) + 1) // 2
            self._move(half if key == Qt.Key.Key_Right else -half)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif key == Qt.Key.Key_Backspace:
            self._take_back()
        elif text == "s":
            self.skip_wanted.emit(self.steps[self.current].id)
        elif self.steps[self.current].kind == "number":
            self._type(text, event)
        elif text in ("p", "1", "y"):
            self.answer(PASS)
        elif text in ("f", "2", "n"):
            self.answer(FAIL)
        else:
            super().keyPressEvent(event)

    def _type(self, text: str, event: QKeyEvent) -> None:
        if text.isdigit() and len(self._typed) < 6:
            self._typed += text
        elif text == "-" and not self._typed:
            self._typed = "-"
        else:
            super().keyPressEvent(event)
            return
        self.update()

    def _enter(self) -> None:
        if self.steps[self.current].kind != "number":
            if self.steps[self.current].id in self.answers:
                self._next()
            else:
                self.answer(PASS)
        elif self._typed.lstrip("-"):
            self.answer(value=int(self._typed))
        elif self.steps[self.current].id in self.answers:
            self._next()

    def _take_back(self) -> None:
        if self._typed:
            self._typed = self._typed[:-1]
        else:
            self.answers.pop(self.steps[self.current].id, None)
            self.changed.emit()
        self.update()

    def _move(self, by: int) -> None:
        self.current = max(0, min(len(self.steps) - 1, self.current + by))
        self._typed = ""
        self._moved()

    def _next(self) -> None:
        later = [place for place in range(len(self.steps)) if self.steps[place].id not in self.answers]
        after = [place for place in later if place > self.current]
        self.changed.emit()
        if later:
            self.current = (after or later)[0]
        self._moved()
        if not later:
            self.finished.emit()

    def _moved(self) -> None:
        self.setAccessibleName(spoken(N_("Test plan")))
        if self.steps:
            step = self.steps[self.current]
            result = self.result_of(step)
            said = spoken(SAID[result]) if result else spoken(N_("open"))
            self.setAccessibleDescription(f"{self.current + 1}. {step.title()}: {said}")
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Make the clicked step current."""
        self.setFocus()
        point = event.position().toPoint()
        for place in range(len(self.steps)):
            if self._place(place).contains(point):
                self.current, self._typed = place, ""
                self._moved()

    def changeEvent(self, event: QEvent) -> None:
        """Measure anew when the look changes."""
        super().changeEvent(event)
        if event.type() in RESTYLE:
            self.updateGeometry()

    def focusInEvent(self, event: object) -> None:
        """Show where the keys go."""
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Stop showing it."""
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the steps."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, step in enumerate(self.steps):
            self._draw(painter, step, self._place(place), place == self.current)

    def _place(self, number: int) -> QRect:
        half = (len(self.steps) + 1) // 2
        column, line = divmod(number, half)
        wide = (self.width() - theme.px(12)) // 2
        return QRect(column * (wide + theme.px(12)), line * theme.px(LINE), wide, theme.px(LINE))

    def _draw(self, painter: QPainter, step: TestStep, area: QRect, current: bool) -> None:
        result = self.result_of(step)
        body = area.adjusted(1, 1, -1, -1)
        if current:
            painter.setPen(QPen(theme.colour("focus" if self.hasFocus() else "strong_border"), 2))
            painter.setBrush(theme.colour("accent_soft"))
            painter.drawRoundedRect(body, 5, 5)
        elif result == FAIL:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("danger_soft"))
            painter.drawRoundedRect(body, 5, 5)
        edge = theme.px(16)
        spot = QRect(area.left() + theme.px(6), area.center().y() - edge // 2, edge, edge)
        if result:
            painter.drawPixmap(spot.topLeft(), icons.pixmap(MARKS[result], TONES[result], 16))
        else:
            painter.setPen(QPen(theme.colour("strong_border"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(spot.adjusted(2, 2, -2, -2))
        self._words(painter, step, area.adjusted(theme.px(28), 0, -theme.px(8), 0), current, result)

    def _words(self, painter: QPainter, step: TestStep, area: QRect, current: bool, result: str) -> None:
        said = self._value(step, current, result)
        painter.setFont(theme.font("strong" if current and self._typed else "caption"))
        wide = painter.fontMetrics().horizontalAdvance(said) if said else 0
        painter.setPen(theme.colour(TONES.get(result, "muted") if not (current and self._typed) else "text"))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), said)
        left = area.adjusted(0, 0, -wide - theme.px(8), 0)
        painter.setFont(theme.font("strong" if current else "body"))
        painter.setPen(theme.colour("text" if current or not result else "muted"))
        title = painter.fontMetrics().elidedText(step.title(), Qt.TextElideMode.ElideRight, left.width())
        painter.drawText(left, int(Qt.AlignmentFlag.AlignVCenter), title)

    def _value(self, step: TestStep, current: bool, result: str) -> str:
        answer = self.answers.get(step.id)
        if current and self._typed:
            return f"{self._typed}▏{spoken(step.unit)}"
        if answer is not None and answer.value is not None:
            return f"{answer.value} {spoken(step.unit)}"
        if result:
            return spoken(SAID[result])
        return limits(step) if step.kind == "number" else ""


def limits(step: TestStep) -> str:
    """Return the limits of a measured step, such as 0–5 %."""
    low = "" if step.low is None else f"{step.low:g}"
    high = "" if step.high is None else f"{step.high:g}"
    unit = spoken(step.unit)
    return f"{low} … {high} {unit}" if low != high else f"= {low} {unit}"
