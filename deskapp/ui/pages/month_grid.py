"""A month as a grid that is read at a glance and walked by keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from deskapp.errors import N_
from deskapp.queries.site_calendar import DayCard
from deskapp.ui import icons, theme
from deskapp.ui.kit import spoken

WEEKDAYS: Final = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))

HOLIDAYS: Final[Mapping[str, str]] = {
    name: name
    for name in (
        N_("New Year's Day"), N_("Spring Festival"), N_("Tomb-sweeping Day"), N_("Labour Day"),
        N_("Dragon Boat Festival"), N_("National Day"), N_("Mid-autumn Festival"),
    )
}  # fmt: skip
"""The names of the holiday table, marked here so that they are translated."""

ROW: Final = 62
HEAD: Final = 30


class MonthGrid(QWidget):
    """Six weeks; arrows move by day and week, Page Up and Down by month, Enter picks.

    Signals:
        moved: another day is current; carries it.
        picked: Enter was pressed on the current day, or it was clicked twice.
        turned: a day of a month that is not shown is wanted; carries it.
    """

    moved = Signal(object)
    picked = Signal(object)
    turned = Signal(object)

    def __init__(self, today: date, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.today = today
        self.current = today
        self.first = today.replace(day=1)
        self.days: tuple[DayCard, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def show_month(self, first: date, days: Sequence[DayCard]) -> None:
        """Show a month."""
        self.first, self.days = first, tuple(days)
        self.retranslate()

    def card(self, day: date | None = None) -> DayCard | None:
        """Return what is known of a day that is shown (the current one when none is named)."""
        wanted = day or self.current
        return next((one for one in self.days if one.day == wanted), None)

    def go(self, day: date) -> None:
        """Make a day current; asks for its month where that is not shown."""
        self.current = day
        if (day.year, day.month) != (self.first.year, self.first.month):
            self.turned.emit(day)
        self.retranslate()
        self.moved.emit(day)

    def retranslate(self) -> None:
        """Say the current day to a screen reader, in the window's language."""
        card = self.card()
        words = f"{self.current.isoformat()} {spoken(WEEKDAYS[self.current.weekday()])}"
        self.setAccessibleName(f"{words} {day_words(card)}" if card else words)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of six weeks."""
        return QSize(theme.px(640), theme.px(HEAD + 6 * ROW))

    def minimumSizeHint(self) -> QSize:
        """Shrink to readable cells."""
        return QSize(theme.px(420), theme.px(HEAD + 6 * ROW))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk."""
        keys = Qt.Key
        steps = {keys.Key_Left: -1, keys.Key_Right: 1, keys.Key_Up: -7, keys.Key_Down: 7}
        if event.key() in steps:
            self.go(self.current + timedelta(days=steps[keys(event.key())]))
        elif event.key() in (keys.Key_PageUp, keys.Key_PageDown):
            self.go(another_month(self.current, 1 if event.key() == keys.Key_PageDown else -1))
        elif event.key() == keys.Key_Home:
            self.go(self.today)
        elif event.key() in (keys.Key_Return, keys.Key_Enter, keys.Key_Space):
            self.picked.emit(self.current)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Make the clicked day current."""
        for place, card in enumerate(self.days):
            if self._cell(place).contains(event.position().toPoint()):
                self.setFocus()
                self.go(card.day)
                return

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Pick the day."""
        self.picked.emit(self.current)

    def focusInEvent(self, event: object) -> None:
        """Show where the keys go."""
        super().focusInEvent(event)  # type: ignore[arg-type]
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Stop showing it."""
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw heads and days."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("muted"))
        for number, name in enumerate(WEEKDAYS):
            cell = self._cell(number)
            head = QRect(cell.left() + 8, 0, cell.width(), theme.px(HEAD))
            painter.drawText(head, int(Qt.AlignmentFlag.AlignVCenter), spoken(name))
        for place, card in enumerate(self.days):
            self._draw(painter, self._cell(place), card)

    def _draw(self, painter: QPainter, cell: QRect, card: DayCard) -> None:
        now, outside = card.day == self.current, card.day.month != self.first.month
        inner = cell.adjusted(2, 2, -2, -2)
        ring = "focus" if now and self.hasFocus() else "accent" if now else "border"
        painter.setPen(QPen(theme.colour(ring), 2 if now else 1))
        painter.setBrush(theme.colour("accent_soft" if now else "raised" if card.hours else "sunken"))
        painter.drawRoundedRect(inner, 6, 6)
        words = inner.adjusted(theme.px(8), theme.px(4), -theme.px(6), -theme.px(4))
        painter.setFont(theme.font("strong"))
        painter.setPen(theme.colour("accent" if card.day == self.today else "muted" if outside else "text"))
        painter.drawText(words, int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft), str(card.day.day))
        mark = "edit" if card.own else "help" if card.provisional else ""
        if mark:
            size = theme.px(14)
            picture = icons.pixmap(mark, "accent" if card.own else "muted", 14)
            painter.drawPixmap(words.right() - size, words.top() + 2, picture)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("muted" if outside else "text" if card.hours else "danger"))
        line = day_words(card)
        said = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft), said)

    def _cell(self, place: int) -> QRect:
        wide, tall = self.width() / 7, theme.px(ROW)
        column, line = place % 7, place // 7
        left = round(column * wide)
        return QRect(left, theme.px(HEAD) + line * tall, round((column + 1) * wide) - left, tall)


def day_words(card: DayCard) -> str:
    """Return what a day is like in a word or two: open, closed, the holiday's name, the site's own note."""
    if card.own:
        return card.note or (spoken(N_("open that day")) if card.hours else spoken(N_("closed")))
    if card.holiday and card.hours is not None:
        return spoken(N_("make-up workday"))
    if card.holiday:
        return spoken(HOLIDAYS.get(card.holiday, card.holiday))
    return "" if card.hours else spoken(N_("closed"))


def another_month(day: date, step: int) -> date:
    """Return the same day of another month, or its last one."""
    number = day.year * 12 + day.month - 1 + step
    first = date(number // 12, number % 12 + 1, 1)
    following = date((number + 1) // 12, (number + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - timedelta(days=1)).day))
