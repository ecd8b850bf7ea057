"""The one question after a broken line: which paper was the last that came out? Asked with the papers' pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.queries.printing import JobCard
from deskapp.rules.printer_profiles import Profile
from deskapp.ui import icons, theme
from deskapp.ui.kit import Button, Jobs, Text, row, spoken
from deskapp.ui.pages.paper_preview import picture_of, thumbnail
from deskapp.ui.tokens import LARGE, MEDIUM, SMALL
from deskapp.ui.widgets.painted import Painted

if TYPE_CHECKING:
    from deskapp.print.proof import Proof

TILE, FACE, FOOT = 132, 96, 40


class LastOne(Painted):
    """Papers side by side, and "none of them" before the first. Arrows move, Enter answers.

    What is left of the mark has come out and is shown so; what is right of it will be printed again.

    Signals:
        answered: carries the id of the last paper that came out, empty for none.
        moved: another paper was marked.
    """

    answered = Signal(str)
    moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.jobs: tuple[JobCard, ...] = ()
        self.last: int | None = None
        """How many came out; None until somebody says so."""
        self._faces: dict[str, QPixmap] = {}
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def show_jobs(self, jobs: Sequence[JobCard]) -> None:
        """Ask about these papers, in the order in which they left."""
        if [job.id for job in jobs] != [job.id for job in self.jobs]:
            self.last = None
            self._faces.clear()
        self.jobs = tuple(jobs)
        self.retranslate()
        self.updateGeometry()
        self.update()

    def show_face(self, job_id: str, face: QPixmap) -> None:
        """Show the picture of a paper."""
        self._faces[job_id] = face
        self.update()

    def mark(self, last: int) -> None:
        """Say how many came out, without answering yet."""
        self.last = max(0, min(len(self.jobs), last))
        self.retranslate()
        self.update()
        self.moved.emit()

    def answer(self) -> None:
        """Answer with what is marked."""
        if self.last is not None:
            self.answered.emit(self.jobs[self.last - 1].id if self.last else "")

    def retranslate(self) -> None:
        """Say what is marked to a screen reader."""
        self.setAccessibleName(spoken(N_("The last paper that came out")))
        self.setAccessibleDescription(self.said())
        self.update()

    def said(self) -> str:
        """Return what the mark means, in words."""
        if self.last is None:
            return spoken(N_("Choose the last paper that lies at the printer: arrow keys and Enter, or a click."))
        again = len(self.jobs) - self.last
        if self.last == 0:
            return spoken(N_("None came out: all {count} are printed again."), count=again)
        if again == 0:
            return spoken(N_("All {count} came out: nothing is printed again."), count=self.last)
        return spoken(N_("{out} came out, {again} are printed again."), out=self.last, again=again)

    def tiles(self) -> list[QRect]:
        """Return where "none" and the papers are drawn; they wrap."""
        wide, high = theme.px(TILE), theme.px(FACE + FOOT)
        gap = theme.px(SMALL)
        per_line = max(1, (self.width() + gap) // (wide + gap))
        return [
            QRect(place % per_line * (wide + gap), place // per_line * (high + gap), wide, high)
            for place in range(len(self.jobs) + 1)
        ]

    def sizeHint(self) -> QSize:
        """Return the room of the tiles in the width there is."""
        return QSize(theme.px(TILE) * 3, self.heightForWidth(max(self.width(), theme.px(TILE) * 2)))

    def hasHeightForWidth(self) -> bool:
        """Tell that fewer tiles to a line mean more lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the lines of tiles."""
        gap = theme.px(SMALL)
        per_line = max(1, (width + gap) // (theme.px(TILE) + gap))
        lines = -(-(len(self.jobs) + 1) // per_line)
        return lines * (theme.px(FACE + FOOT) + gap)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by arrows, digits, Home and End; Enter answers."""
        now = -1 if self.last is None else self.last
        key = event.key()
        if key in (Qt.Key.Key_Right, Qt.Key.Key_Down):
            self.mark(now + 1)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Up):
            self.mark(max(0, now - 1))
        elif key == Qt.Key.Key_Home:
            self.mark(0)
        elif key == Qt.Key.Key_End:
            self.mark(len(self.jobs))
        elif event.text().isdigit() and int(event.text()) <= len(self.jobs):
            self.mark(int(event.text()))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.last is not None:
            self.answer()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Mark by a click."""
        for place, tile in enumerate(self.tiles()):
            if tile.contains(event.position().toPoint()):
                self.setFocus(Qt.FocusReason.MouseFocusReason)
                self.mark(place)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the tiles."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for place, tile in enumerate(self.tiles()):
            self._draw(painter, tile, place)

    def _draw(self, painter: QPainter, tile: QRect, place: int) -> None:
        marked = self.last == place
        edge = "focus" if marked and self.hasFocus() else "accent" if marked else "border"
        painter.setPen(QPen(theme.colour(edge), 2 if marked else 1))
        painter.setBrush(theme.colour("accent_soft" if marked else "raised"))
        painter.drawRoundedRect(tile.adjusted(1, 1, -1, -1), 8, 8)
        if place == 0:
            self._words(painter, tile.adjusted(6, 6, -6, -6), spoken(N_("None of them came out")), "text")
            return
        job = self.jobs[place - 1]
        room = QRect(tile.left() + 8, tile.top() + 8, tile.width() - 16, theme.px(FACE) - 12)
        face = self._faces.get(job.id)
        if face is not None:
            ratio = min(room.width() / face.width(), room.height() / face.height())
            size = QSize(round(face.width() * ratio), round(face.height() * ratio))
            area = QRect(
                room.center().x() - size.width() // 2,
                room.center().y() - size.height() // 2,
                size.width(),
                size.height(),
            )
            painter.setOpacity(0.35 if self.last is not None and place > self.last else 1.0)
            painter.drawPixmap(area, face)
            painter.setOpacity(1.0)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("strong_border"), 1))
            painter.drawRect(area)
        foot = QRect(tile.left() + 6, tile.bottom() - theme.px(FOOT), tile.width() - 12, theme.px(FOOT))
        line = foot.height() // 2
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text"))
        number = painter.fontMetrics().elidedText(f"{place}  {job.number}", Qt.TextElideMode.ElideMiddle, foot.width())
        painter.drawText(foot.adjusted(0, 0, 0, -line), int(Qt.AlignmentFlag.AlignCenter), number)
        if self.last is not None:
            out = place <= self.last
            self._fate(painter, foot.adjusted(0, line, 0, -2), out)

    def _fate(self, painter: QPainter, area: QRect, out: bool) -> None:
        """Say below a paper what becomes of it, with a sign as well as a word."""
        words = spoken(N_("came out")) if out else spoken(N_("again"))
        tone, icon = ("ok", "check") if out else ("warn", "refresh")
        edge = theme.px(14)
        wide = painter.fontMetrics().horizontalAdvance(words) + edge + 4
        left = area.center().x() - wide // 2
        painter.drawPixmap(left, area.center().y() - edge // 2, icons.pixmap(icon, tone, 14))
        painter.setPen(theme.colour(tone))
        painter.drawText(
            area.adjusted(left + edge + 4 - area.left(), 0, 0, 0),
            int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), words,
        )  # fmt: skip

    def _words(self, painter: QPainter, area: QRect, words: str, tone: str) -> None:
        painter.setFont(theme.font("body"))
        painter.setPen(theme.colour(tone))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), words)


class Question(QFrame):
    """The question about the papers that left on one connection, with its answer.

    `answer` gets the id of any of them and of the last that came out (empty for none).
    """

    def __init__(self, jobs: Jobs, answer: Callable[[str, str], object]) -> None:
        super().__init__()
        self.setProperty("role", "banner-warn")
        self.jobs, self._answer = jobs, answer
        self.title = Text(role="heading", wrap=True)
        self.where = Text(wrap=True)
        self.last = LastOne()
        self.meaning = Text(role="strong", wrap=True)
        self.button = Button(N_("&That is so"), "primary", icon="check", clicked=self.last.answer)
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        column.setSpacing(SMALL)
        for part in (self.title, self.where, self.last):
            column.addWidget(part)
        line = row(self.meaning, self.button)
        line.setStretch(0, 1)
        column.addLayout(line)
        self.last.moved.connect(self._moved)
        self.last.answered.connect(self._answered)
        self._moved()

    def ask(self, window: Sequence[JobCard], printer: str, profile: Profile | None) -> None:
        """Ask about these papers; `printer` is the name people know it by."""
        fresh = [job.id for job in window] != [job.id for job in self.last.jobs]
        self.last.show_jobs(window)
        self.title.say(N_("Which was the last that came out of “{printer}”?") if len(window) > 1
                       else N_("Did this paper come out of “{printer}”?"), printer=printer)  # fmt: skip
        self.where.say(
            N_("The line broke while these were being sent. This printer counts its papers: plugged in again, it"
               " answers by itself. Whoever cannot wait looks what lies at the printer; half a paper does not count.")
            if window[0].counter_before is not None
            else N_("The line broke while these were being sent. Look what lies at the printer; half a paper"
                    " does not count.")
        )  # fmt: skip
        self._moved()
        if fresh:
            for job in window:
                self._draw(job, profile)

    def retranslate(self) -> None:
        """Say what the mark means in the window's language."""
        self._moved()

    def _draw(self, job: JobCard, profile: Profile | None) -> None:
        def show(proof: Proof) -> None:
            self.last.show_face(job.id, thumbnail(proof, 2 * TILE, 2 * FACE))

        self.jobs.background(
            lambda _progress: picture_of(self.jobs, job, profile), owner=self, then=show, refused=lambda _error: None
        )

    def _moved(self) -> None:
        self.meaning.put(self.last.said())
        self.button.setEnabled(self.last.last is not None)

    def _answered(self, last: str) -> None:
        if self.last.jobs:
            self._answer(self.last.jobs[0].id, last)
