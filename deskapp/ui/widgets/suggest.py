"""Type to search: a field with a list of answers below it that never takes the focus away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.ui import icons, theme
from deskapp.ui.jobs import Jobs
from deskapp.ui.speech import spoken
from deskapp.ui.widgets.fields import TextField, heard

if TYPE_CHECKING:
    from deskapp.models.store import ReadSession

DEBOUNCE_MS = 80


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One answer: what it is (`data`), a first line, a second line, an icon, and the group it is listed under.

    `title` and `detail` are data; `group` is a message id.
    """

    title: str
    detail: str = ""
    icon: str = ""
    group: str = ""
    data: Any = field(default=None, compare=False)
    key: str = ""


Search = Callable[["ReadSession", str], Sequence[Suggestion]]


class SuggestList(QWidget):
    """The answers, drawn by hand: groups, icons, two lines a row.

    Signals:
        picked: a row was clicked; carries the Suggestion.
    """

    picked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.items: list[Suggestion] = []
        self.current = -1
        self.note = ""
        self._places: list[QRect] = []

    def set_items(self, items: Sequence[Suggestion], note: str = "") -> None:
        """Show these answers; the first is current. Where there are none, a note may say so."""
        self.items, self.note = list(items), note
        self.current = 0 if self.items else -1
        self._arrange()

    def move_by(self, step: int) -> None:
        """Make the next or previous answer current."""
        if self.items:
            self.current = (self.current + step) % len(self.items)
            self.setAccessibleDescription(self.items[self.current].title)
            self.update()

    def place(self, number: int) -> QRect:
        """Return where an answer is drawn."""
        return self._places[number] if 0 <= number < len(self._places) else QRect()

    def sizeHint(self) -> QSize:
        """Return the height of all answers."""
        none = theme.px(40) if self.note else 4
        return QSize(theme.px(420), self._places[-1].bottom() + 5 if self._places else none)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        for number, place in enumerate(self._places):
            if place.contains(event.position().toPoint()):
                self.current = number
                self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick what was clicked."""
        for number, place in enumerate(self._places):
            if place.contains(event.position().toPoint()):
                self.picked.emit(self.items[number])
                return

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw groups and answers."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.note and not self.items:
            painter.setFont(theme.font("body"))
            painter.setPen(theme.colour("muted"))
            inner = self.rect().adjusted(14, 0, -8, 0)
            note = painter.fontMetrics().elidedText(self.note, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter), note)
        group = ""
        for number, (item, place) in enumerate(zip(self.items, self._places, strict=True)):
            if item.group != group:
                group = item.group
                painter.setFont(theme.font("caption"))
                painter.setPen(theme.colour("muted"))
                above = QRect(place.left() + 10, place.top() - theme.px(22), place.width(), theme.px(20))
                painter.drawText(above, int(Qt.AlignmentFlag.AlignVCenter), spoken(group))
            self._draw(painter, item, place, number == self.current)

    def _draw(self, painter: QPainter, item: Suggestion, place: QRect, current: bool) -> None:
        if current:
            painter.setPen(theme.colour("accent"))
            painter.setBrush(theme.colour("accent_soft"))
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), 6, 6)
        left = place.left() + 10
        if item.icon:
            edge = theme.px(18)
            top = place.center().y() - edge // 2
            painter.drawPixmap(left, top, icons.pixmap(item.icon, "accent" if current else "muted", 18))
            left += edge + 10
        inner = QRect(left, place.top() + 4, place.right() - left - 8, place.height() - 8)
        if item.key:
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("muted"))
            painter.drawText(inner, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), item.key)
        self._lines(painter, item, inner)

    def _lines(self, painter: QPainter, item: Suggestion, inner: QRect) -> None:
        upper = QRect(inner.left(), inner.top(), inner.width(), inner.height() // 2 if item.detail else inner.height())
        painter.setFont(theme.font("body"))
        painter.setPen(theme.colour("text"))
        title = painter.fontMetrics().elidedText(item.title, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(upper, int(Qt.AlignmentFlag.AlignVCenter), title)
        if item.detail:
            lower = QRect(inner.left(), upper.bottom() + 1, inner.width(), inner.height() // 2)
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("muted"))
            detail = painter.fontMetrics().elidedText(item.detail, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(lower, int(Qt.AlignmentFlag.AlignVCenter), detail)

    def _arrange(self) -> None:
        top, group, width = 4, "", max(self.width(), theme.px(420)) - 8
        self._places = []
        for item in self.items:
            if item.group != group:
                group = item.group
                top += theme.px(24) if group else 0
            height = theme.px(48) if item.detail else theme.px(36)
            self._places.append(QRect(4, top, width, height))
            top += height + 2
        self.resize(max(self.width(), theme.px(420)), self.sizeHint().height())
        self.updateGeometry()
        self.update()

    def resizeEvent(self, event: object) -> None:
        """Use the whole width."""
        for place in self._places:
            place.setWidth(self.width() - 8)


class SuggestPopup(QFrame):
    """The frame the answers stand in: a child of the window, so the focus stays where somebody types."""

    def __init__(self, field: QWidget) -> None:
        super().__init__(field.window())
        self.setProperty("role", "popup")
        self._field = field
        self.list = SuggestList()
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setWidget(self.list)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(3, 3, 3, 3)
        column.addWidget(self.area)
        self.hide()

    def offer(self, items: Sequence[Suggestion], note: str = "") -> None:
        """Show the answers below the field; where there are none the note, or nothing."""
        window = self._field.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        self.list.set_items(items, note)
        if not items and not note:
            self.hide()
            return
        corner = self._field.mapTo(window, QPoint(0, self._field.height() + 4))
        width = max(self._field.width(), theme.px(420))
        left = min(corner.x(), max(8, window.width() - width - 8))
        tall = min(self.list.sizeHint().height() + 8, window.height() - corner.y() - 16)
        self.setGeometry(left, corner.y(), min(width, window.width() - 16), max(60 if items else 0, tall))
        self.show()
        self.raise_()

    def move_by(self, step: int) -> None:
        """Make another answer current and keep it in view."""
        self.list.move_by(step)
        place = self.list.place(self.list.current)
        self.area.ensureVisible(place.center().x(), place.center().y(), 0, place.height())

    def current(self) -> Suggestion | None:
        """Return the current answer while the list is shown."""
        if self.isHidden() or not 0 <= self.list.current < len(self.list.items):
            return None
        return self.list.items[self.list.current]


class SuggestField(TextField):
    """A text field that searches as one types and takes one of the answers.

    `search(session, text)` runs on a read thread; only the answer to the newest text is shown.

    Signals:
        taken: an answer was taken; carries the Suggestion.
        cleared: the text no longer stands for what was taken.
        entered: Enter without an answer; carries the text.
    """

    taken = Signal(object)
    cleared = Signal()
    entered = Signal(str)

    def __init__(
        self, jobs: Jobs, search: Search, hint: str = N_("Type to search"), *, name: str = "", least: int = 1,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(hint, name=name, parent=parent)
        self._jobs, self._search, self._least = jobs, search, least
        self._popup: SuggestPopup | None = None
        self.chosen: Suggestion | None = None
        self._asked = ""
        self._enter_waits = False
        self.nothing = ""
        """What is said where nothing fits: a message id, `words` are what was typed. Empty: the list stays away."""

        self._timer = QTimer(self, singleShot=True, interval=DEBOUNCE_MS)
        self._timer.timeout.connect(self.ask_now)
        self.textEdited.connect(self._edited)

    @property
    def popup(self) -> SuggestPopup:
        """The list of answers."""
        if self._popup is None:
            self._popup = SuggestPopup(self)
            self._popup.list.picked.connect(self.take)
        return self._popup

    def take(self, suggestion: Suggestion) -> None:
        """Take an answer, as Enter does."""
        self._timer.stop()
        self.chosen = suggestion
        self.setText(suggestion.title)
        self.popup.hide()
        self.taken.emit(suggestion)

    def reset(self) -> None:
        """Empty the field."""
        self._timer.stop()
        self.chosen = None
        self._asked = ""
        self.clear()
        if self._popup is not None:
            self._popup.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move in the list, take, or close it."""
        key = event.key()
        open_list = self._popup is not None and self._popup.isVisible()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._enter():
                event.ignore()  # nobody had a use for it: the page goes on to the next field
        elif open_list and key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.popup.move_by(1 if key == Qt.Key.Key_Down else -1)
        elif open_list and key == Qt.Key.Key_Escape:
            self.popup.hide()
        elif key == Qt.Key.Key_Down and self.text():
            self.ask_now()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Let Tab take the current answer before it moves on."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            current = self._popup.current() if self._popup is not None else None
            if event.key() == Qt.Key.Key_Tab and current is not None and self.chosen is None:
                self.take(current)
        return super().event(event)

    def focusOutEvent(self, event: Any) -> None:
        """Close the list."""
        super().focusOutEvent(event)
        if self._popup is not None:
            self._popup.hide()

    def _edited(self, text: str) -> None:
        self._enter_waits = False
        if self.chosen is not None:
            self.chosen = None
            self.cleared.emit()
        if len(text.strip()) < self._least:
            self._timer.stop()
            self.popup.offer(())
        else:
            self._timer.start()

    def ask_now(self) -> None:
        """Search for the text as it is now."""
        self._timer.stop()
        text = self.text().strip()
        self._asked = text
        search = self._search
        self._jobs.ask(lambda session: search(session, text), owner=self, then=self._found, exclusive="suggest")

    def _found(self, items: Sequence[Suggestion]) -> None:
        if not self.hasFocus() and self.window().isActiveWindow():
            return
        note = spoken(self.nothing, words=self._asked) if self.nothing and self._asked and not items else ""
        self.popup.offer(items, note)
        if self._enter_waits:
            self._enter_waits = False
            if self._enter():
                self.focusNextChild()

    def uses_enter(self) -> bool:
        """Tell whether anybody waits for a text without an answer."""
        return heard(self, self.entered)

    def _enter(self) -> bool:
        """Take the current answer, or announce the text; True when Enter meant nothing here."""
        current = self._popup.current() if self._popup is not None else None
        if self._timer.isActive() or self._asked != self.text().strip():
            # Enter was quicker than the answer: it counts when the answer is here.
            self._timer.stop()
            self._enter_waits = bool(self.text().strip()) and self.chosen is None
            if self._enter_waits:
                self.ask_now()
        elif current is not None and self.chosen is None:
            self.take(current)
        else:
            self.entered.emit(self.text().strip())
            return not self.uses_enter()
        return False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave other widgets' events alone."""
        return False
