"""The bench's queue: one row a device, the most urgent on top, what waits for others below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from deskapp import catalogue
from deskapp.errors import N_
from deskapp.queries.bench import QueueRow
from deskapp.rules.lifecycle import STATE_TITLES, WorkState
from deskapp.ui import icons, theme
from deskapp.ui.kit import spoken
from deskapp.ui.widgets.text import RESTYLE

ROW = 64
HEAD = 30

AGE_TONES = {"ok": "ok", "warn": "warn", "late": "danger"}
AGE_ICONS = {"ok": "clock", "warn": "alarm", "late": "alert-triangle"}
WAIT_TITLES = {
    "merchant": N_("waits for the merchant"),
    "parts": N_("waits for parts"),
    "vendor": N_("at the maker"),
    "keys": N_("waits for keys"),
    "quarantine": N_("in quarantine"),
    "resting": N_("put aside"),
}
WAIT_ICONS = {
    "merchant": "phone-call", "parts": "packages", "vendor": "truck-delivery", "keys": "key",
    "quarantine": "shield-lock", "resting": "player-pause",
}  # fmt: skip


def age_words(row: QueueRow) -> str:
    """Return how a device stands in time, in words: colour never tells it alone."""
    if row.colour == "late":
        return spoken(N_("late, day {days}"), days=row.days + 1)
    if row.colour == "warn":
        return spoken(N_("soon, day {days}"), days=row.days + 1)
    return spoken(N_("day {days}"), days=row.days + 1)


def state_words(row: QueueRow) -> str:
    """Return what is done with a device, or on whom it waits."""
    return spoken(WAIT_TITLES[row.waits_for] if row.waits_for else STATE_TITLES[WorkState(row.state)])


def fault_words(row: QueueRow) -> str:
    """Return the fault in the window's language, then the merchant's words."""
    return " · ".join(part for part in (catalogue.title("symptoms", row.symptom_code), row.words) if part)


@dataclass(frozen=True, slots=True)
class _Head:
    text: str
    count: int


class QueueList(QWidget):
    """The rows, drawn by hand. Up, Down, Home, End move; Enter opens.

    Signals:
        opened: Enter or a click; carries the id of the device.
        moved: another row is current; carries its place.
    """

    opened = Signal(str)
    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.rows: list[QueueRow] = []
        self._lines: list[QueueRow | _Head] = []
        self.current = -1
        self.shown = ""
        self._hover = -1
        self.retranslate()

    def set_rows(self, rows: Sequence[QueueRow]) -> None:
        """Show these rows; the current one stays current while it is there."""
        kept = self.current_id()
        self.rows = list(rows)
        ours = [row for row in rows if not row.waits_for]
        others = [row for row in rows if row.waits_for]
        self._lines = []
        for title, part in ((N_("To do"), ours), (N_("Waiting for others"), others)):
            if part:
                self._lines += [_Head(title, len(part)), *part]
        ids = [row.item_id for row in self.rows]
        self.current = ids.index(kept) if kept in ids else (0 if ids else -1)
        self.setMinimumHeight(self.sizeHint().height())
        self._describe()
        self.update()

    def current_id(self) -> str:
        """Return the id of the current row's device."""
        return self.rows[self.current].item_id if 0 <= self.current < len(self.rows) else ""

    def select(self, item_id: str) -> None:
        """Make a device's row current and mark it as the one that is open."""
        self.shown = item_id
        for place, row in enumerate(self.rows):
            if row.item_id == item_id:
                self._go(place)
        self.update()

    def step(self, by: int) -> str:
        """Move to another row and return its device's id."""
        if self.rows:
            self._go(max(0, min(len(self.rows) - 1, self.current + by)))
        return self.current_id()

    def sizeHint(self) -> QSize:
        """Return the height of all rows."""
        tall = sum(theme.px(HEAD if isinstance(line, _Head) else ROW) for line in self._lines)
        return QSize(theme.px(300), max(tall + 8, 40))

    def place_of(self, place: int) -> QRect:
        """Return where a row is drawn."""
        wanted, top = self.rows[place] if 0 <= place < len(self.rows) else None, 0
        for line in self._lines:
            tall = theme.px(HEAD if isinstance(line, _Head) else ROW)
            if line is wanted:
                return QRect(0, top, self.width(), tall)
            top += tall
        return QRect()

    def retranslate(self) -> None:
        """Say the rows in the window's language."""
        self.setAccessibleName(spoken(N_("Devices at the bench")))
        self._describe()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move and open."""
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 7, Qt.Key.Key_PageUp: -7,
                 Qt.Key.Key_Home: -len(self.rows), Qt.Key.Key_End: len(self.rows)}  # fmt: skip
        if event.modifiers() == Qt.KeyboardModifier.NoModifier and event.key() in steps:
            self.step(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and self.current_id():
            self.opened.emit(self.current_id())
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        self._hover = self._at(event.position().toPoint())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse."""
        self._hover = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open what was clicked."""
        place = self._at(event.position().toPoint())
        if place >= 0:
            self._go(place)
            self.opened.emit(self.current_id())

    def changeEvent(self, event: QEvent) -> None:
        """Measure anew when the look changes."""
        super().changeEvent(event)
        if event.type() in RESTYLE:
            self.setMinimumHeight(self.sizeHint().height())

    def focusInEvent(self, event: object) -> None:
        """Show where the keys go."""
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Stop showing it."""
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw headings and rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top, place = 0, 0
        for line in self._lines:
            tall = theme.px(HEAD if isinstance(line, _Head) else ROW)
            area = QRect(0, top, self.width(), tall)
            if isinstance(line, _Head):
                painter.setFont(theme.font("caption"))
                painter.setPen(theme.colour("muted"))
                words = f"{spoken(line.text)}  {line.count}"
                painter.drawText(area.adjusted(theme.px(14), 6, 0, 0), int(Qt.AlignmentFlag.AlignVCenter), words)
            else:
                self._draw(painter, line, area, place)
                place += 1
            top += tall

    def _draw(self, painter: QPainter, row: QueueRow, area: QRect, place: int) -> None:
        body = area.adjusted(theme.px(6), 2, -theme.px(6), -2)
        current, shown = place == self.current, row.item_id == self.shown
        if shown or place == self._hover or (current and self.hasFocus()):
            painter.setPen(theme.colour("focus") if current and self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("accent_soft" if shown else "hover"))
            painter.drawRoundedRect(body, 8, 8)
        tone = "muted" if row.waits_for else AGE_TONES[row.colour]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(tone))
        painter.drawRoundedRect(QRect(body.left() + 4, body.top() + 9, 4, body.height() - 18), 2, 2)
        inner = body.adjusted(theme.px(18), theme.px(7), -theme.px(10), -theme.px(7))
        upper = QRect(inner.left(), inner.top(), inner.width(), inner.height() // 2)
        lower = QRect(inner.left(), upper.bottom() + 1, inner.width(), inner.height() - upper.height())
        self._upper(painter, row, upper, tone)
        self._lower(painter, row, lower)

    def _upper(self, painter: QPainter, row: QueueRow, area: QRect, tone: str) -> None:
        said = state_words(row) if row.waits_for else age_words(row)
        icon = WAIT_ICONS[row.waits_for] if row.waits_for else AGE_ICONS[row.colour]
        painter.setFont(theme.font("caption"))
        wide = painter.fontMetrics().horizontalAdvance(said)
        painter.setPen(theme.colour(tone))
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(area, right, said)
        edge = theme.px(14)
        spot = QPoint(area.right() - wide - edge - 5, area.center().y() - edge // 2)
        painter.drawPixmap(spot, icons.pixmap(icon, tone, 14))
        left = area.adjusted(0, 0, -wide - edge - 12, 0)
        if row.priority == 1:
            painter.drawPixmap(left.left(), left.center().y() - edge // 2, icons.pixmap("bolt", "danger", 14))
            left.adjust(edge + 3, 0, 0, 0)
        painter.setFont(theme.font("strong"))
        painter.setPen(theme.colour("text"))
        title = row.merchant or row.label_no
        said = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, left.width())
        painter.drawText(left, int(Qt.AlignmentFlag.AlignVCenter), said)

    def _lower(self, painter: QPainter, row: QueueRow, area: QRect) -> None:
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("muted"))
        who = row.technician if row.waits_for else spoken(STATE_TITLES[WorkState(row.state)])
        wide = painter.fontMetrics().horizontalAdvance(who)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), who)
        left = area.adjusted(0, 0, -wide - 10, 0)
        model = row.model.rsplit(" ", 1)[-1] if row.model else row.serial_no[-8:]
        words = " · ".join(part for part in (row.shelf, model, fault_words(row)) if part)
        said = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, left.width())
        painter.drawText(left, int(Qt.AlignmentFlag.AlignVCenter), said)

    def _at(self, point: QPoint) -> int:
        return next((place for place in range(len(self.rows)) if self.place_of(place).contains(point)), -1)

    def _go(self, place: int) -> None:
        self.current = place
        self._describe()
        self.moved.emit(place)
        self.update()

    def _describe(self) -> None:
        if 0 <= self.current < len(self.rows):
            row = self.rows[self.current]
            parts = (row.merchant, row.shelf, row.model, fault_words(row), state_words(row), age_words(row))
            self.setAccessibleDescription(", ".join(part for part in parts if part))


class QueueArea(QScrollArea):
    """The list in a column that scrolls by itself, so that the job beside it never moves."""

    def __init__(self, rows: QueueList) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        rows.setProperty("role", "scrolled")
        self.setWidget(rows)
        self._rows = rows
        rows.moved.connect(self._follow)

    def _follow(self, place: int) -> None:
        spot = self._rows.place_of(place).center()
        self.ensureVisible(spot.x(), spot.y(), 0, theme.px(ROW))
