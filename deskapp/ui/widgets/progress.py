"""How far something is: the steps of a guided act, and the history of a thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.ui import icons, theme
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import SMALL
from deskapp.ui.widgets.text import RESTYLE, Picture, Text


class Stepper(QWidget):
    """The steps of a guided act (message ids): done, now, to come.

    Signals:
        wanted: a step that is already done was clicked; carries its place from 0.
    """

    wanted = Signal(int)

    def __init__(self, steps: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = list(steps)
        self._now = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def set_steps(self, steps: Sequence[str]) -> None:
        """Show other steps."""
        self._steps = list(steps)
        self._now = min(self._now, max(0, len(steps) - 1))
        self.retranslate()

    def go(self, step: int) -> None:
        """Make a step the current one; a number past the end means all are done."""
        self._now = step
        self.retranslate()

    def current(self) -> int:
        """Return the place of the current step."""
        return self._now

    def retranslate(self) -> None:
        """Say the steps in the window's language."""
        place = min(self._now, len(self._steps) - 1)
        if self._steps:
            said = spoken(N_("Step {number} of {count}: {step}"), number=place + 1, count=len(self._steps),
                          step=spoken(self._steps[place]))  # fmt: skip
            self.setAccessibleName(said)
        self.update()

    def sizeHint(self) -> QSize:
        """Return one line's height."""
        return QSize(theme.px(110) * len(self._steps), theme.px(40))

    def minimumSizeHint(self) -> QSize:
        """Shrink to the marks."""
        return QSize(theme.px(44) * len(self._steps), theme.px(40))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go back to a done step."""
        width = self.width() / max(1, len(self._steps))
        place = int(event.position().x() // width)
        if place < self._now:
            self.wanted.emit(place)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw marks, lines and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self.width() / max(1, len(self._steps))
        for place, step in enumerate(self._steps):
            area = QRect(round(place * width), 0, round(width), self.height())
            self._draw(painter, area, place, spoken(step))

    def _draw(self, painter: QPainter, area: QRect, place: int, text: str) -> None:
        done, now = place < self._now, place == self._now
        edge = theme.px(26)
        mark = QRect(area.left(), area.center().y() - edge // 2, edge, edge)
        painter.setPen(QPen(theme.colour("accent" if done or now else "strong_border"), 2))
        painter.setBrush(theme.colour("accent" if now else "accent_soft" if done else "raised"))
        painter.drawEllipse(mark.adjusted(1, 1, -1, -1))
        painter.setPen(theme.colour("on_accent" if now else "accent" if done else "muted"))
        painter.setFont(theme.font("strong" if now else "caption"))
        if done:
            inner = mark.center()
            size = theme.px(14)
            painter.drawPixmap(
                inner.x() - size // 2 + 1, inner.y() - size // 2 + 1, icons.pixmap("check", "accent", 14)
            )
        else:
            painter.drawText(mark, int(Qt.AlignmentFlag.AlignCenter), str(place + 1))
        painter.setPen(theme.colour("text" if now or done else "muted"))
        painter.setFont(theme.font("strong" if now else "body"))
        words = QRect(mark.right() + 8, area.top(), area.right() - mark.right() - 16, area.height())
        said = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), said)
        last = place == len(self._steps) - 1
        end = words.left() + painter.fontMetrics().horizontalAdvance(said) + 10
        if not last and end < area.right() - 8:
            painter.setPen(QPen(theme.colour("accent" if done else "border"), 2))
            painter.drawLine(end, area.center().y(), area.right() - 8, area.center().y())


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a history: when and what as finished texts, by whom, more detail, icon and tone.

    `struck` draws a line through what was taken back later; the words have to say it too.
    """

    when: str
    what: str
    who: str = ""
    detail: str = ""
    icon: str = "circle-check"
    tone: str = "muted"
    struck: bool = False


class Timeline(QWidget):
    """The history of a thing, newest first as given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._lines: QWidget | None = None
        self.happenings: tuple[Happening, ...] = ()

    def set_happenings(self, happenings: Sequence[Happening]) -> None:
        """Show these lines. They come into sight together: each one alone would lay the whole page out again."""
        self.happenings = tuple(happenings)
        lines = QWidget()
        column = QVBoxLayout(lines)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for number, happening in enumerate(self.happenings):
            column.addWidget(_Line(happening, last=number == len(self.happenings) - 1))
        before, self._lines = self._lines, lines
        if before is not None:
            self._column.removeWidget(before)
            before.hide()
            before.deleteLater()
        self._column.addWidget(lines)


class _Line(QWidget):
    def __init__(self, happening: Happening, *, last: bool) -> None:
        super().__init__()
        self._last = last
        self._icon = Picture(happening.icon, happening.tone, 18)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.setContentsMargins(0, 0, 0, SMALL)
        what = Text(role="struck" if happening.struck else "body", wrap=True, copy=True)
        what.put(happening.what)
        words.addWidget(what)
        if happening.detail:
            detail = Text(role="muted", wrap=True, copy=True)
            detail.put(happening.detail)
            words.addWidget(detail)
        below = Text(role="caption")
        below.put("  ·  ".join(part for part in (happening.when, happening.who) if part))
        words.addWidget(below)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        line.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the thread that runs through the icons."""
        if not self._last:
            painter = QPainter(self)
            painter.setPen(QPen(theme.colour("border"), 2))
            middle = self._icon.geometry().center().x() + 1
            painter.drawLine(middle, self._icon.geometry().bottom() + 4, middle, self.height())


class BigNumber(QWidget):
    """A figure large enough to read from a step away, with a caption and perhaps an icon.

    Signals:
        clicked: it was clicked, or Enter was pressed on it.
    """

    clicked = Signal()

    def __init__(self, caption: str, *, icon: str = "", tone: str = "text", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption, self._tone, self._icon, self._value = caption, tone, icon, "–"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def put(self, value: object, tone: str | None = None) -> None:
        """Show a figure."""
        self._value, self._tone = str(value), tone or self._tone
        self.retranslate()

    def value(self) -> str:
        """Return the figure shown."""
        return self._value

    def retranslate(self) -> None:
        """Say the caption in the window's language."""
        self.setAccessibleName(f"{spoken(self._caption)}: {self._value}")
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of a tile."""
        return QSize(theme.px(150), theme.px(92))

    def minimumSizeHint(self) -> QSize:
        """Shrink to the figure."""
        return QSize(theme.px(104), theme.px(92))

    def icon_area(self) -> QRect:
        """Return where the icon stands, at the upper right; empty where there is none."""
        inner, edge = self._inner(), theme.px(20) if self._icon else 0
        return QRect(inner.right() + 1 - edge, inner.top(), edge, edge)

    def figure_area(self) -> QRect:
        """Return where the figure stands: left of the icon, never under it."""
        inner = self._inner()
        beside = self.icon_area().width() + (theme.px(8) if self._icon else 0)
        return QRect(inner.left(), inner.top(), max(0, inner.width() - beside), inner.height())

    def figure_font(self) -> QFont:
        """Return the largest font in which the whole figure fits beside the icon; no smaller than a heading."""
        return _fitting("display", "heading", self._value, self.figure_area().width())

    def _inner(self) -> QRect:
        return self.rect().adjusted(theme.px(14), theme.px(10), -theme.px(12), -theme.px(10))

    def changeEvent(self, event: QEvent) -> None:
        """Measure anew when the look changes."""
        super().changeEvent(event)
        if event.type() in RESTYLE:
            self.updateGeometry()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Act on a click."""
        if self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: object) -> None:
        """Act on Enter and Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):  # type: ignore[attr-defined]
            self.clicked.emit()
            return
        super().keyPressEvent(event)  # type: ignore[arg-type]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw tile, figure and caption."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focus = self.hasFocus()
        painter.setPen(QPen(theme.colour("focus" if focus else "border"), 2 if focus else 1))
        painter.setBrush(theme.colour("raised"))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 8, 8)
        inner = self._inner()
        if self._icon:
            role = self._tone if self._tone != "text" else "muted"
            painter.drawPixmap(self.icon_area().topLeft(), icons.pixmap(self._icon, role, 20))
        painter.setPen(theme.colour(self._tone))
        painter.setFont(self.figure_font())
        room = self.figure_area()
        figure = painter.fontMetrics().elidedText(self._value, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft), figure)
        painter.setPen(theme.colour("muted"))
        painter.setFont(_fitting("body", "caption", spoken(self._caption), inner.width()))
        said = painter.fontMetrics().elidedText(spoken(self._caption), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft), said)


def _fitting(usual: str, least: str, text: str, room: int) -> QFont:
    """Return the font of a role, made smaller down to that of another where the text would not fit."""
    font, floor = theme.font(usual), theme.font(least).pixelSize()
    while font.pixelSize() > floor and QFontMetrics(font).horizontalAdvance(text) > room:
        font.setPixelSize(font.pixelSize() - 1)
    return font
