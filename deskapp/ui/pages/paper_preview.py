"""The picture of a paper, made of the very dots or the very page that prints: outline, unprintable edge, warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.queries.printing import JobCard
from deskapp.ui import theme
from deskapp.ui.kit import Jobs, Text, spoken
from deskapp.ui.tokens import SMALL

if TYPE_CHECKING:
    from deskapp.models.store import Store
    from deskapp.print.proof import Proof
    from deskapp.rules.printer_profiles import Profile

EDGE = 8
"""Room around the paper, px: its outline has to be seen on a white ground too."""
ZOOMS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0)


class Preview(QScrollArea):
    """Shows a paper exactly as it prints. Plus and minus zoom, 0 fits it into the width again.

    Signals:
        shown: a paper is on the screen; carries its `Proof`.
    """

    shown = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = QLabel()
        self.picture.setTextFormat(Qt.TextFormat.PlainText)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.facts = Text(role="caption", wrap=True)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.warnings = Text(role="warn", wrap=True)
        self.warnings.hide()
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        for part in (self.warnings, self.picture, self.facts):
            column.addWidget(part)
        column.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("role", "preview")
        self.zoom = 0.0
        self.most_height = 0
        """Up to how high, px at 100 %, it grows to show a whole paper; 0 leaves its height alone."""
        self.proof: Proof | None = None
        self._papers: list[QImage] = []
        self._wanted: object = None
        self.retranslate()

    def retranslate(self) -> None:
        """Say name, facts and warnings in the window's language."""
        self.setAccessibleName(spoken(N_("Picture of the paper")))
        self._say()

    def show_job(self, jobs: Jobs, job: JobCard, profile: Profile | None = None) -> None:
        """Make the picture of a paper in the background, for a printer where one is known, and show it.

        An answer to an earlier question is dropped.
        """
        asked = self._wanted = object()

        def show(proof: Proof) -> None:
            if self._wanted is asked:
                self.show_proof(proof)

        def refuse(error: DeskError) -> None:
            if self._wanted is asked:
                self.clear()
                self.warnings.put(say(error))
                self.warnings.show()

        jobs.background(lambda _progress: picture_of(jobs, job, profile), owner=self, then=show, refused=refuse)

    def show_proof(self, proof: Proof) -> None:
        """Show a finished picture."""
        self.proof = proof
        self._papers = [QImage.fromData(png) for png in proof.pictures]
        self._draw()
        self._say()
        self.shown.emit(proof)

    def clear(self) -> None:
        """Show nothing."""
        self._wanted, self.proof, self._papers = None, None, []
        self.picture.clear()
        self.facts.put("")
        self.warnings.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom by plus and minus; 0 fits again."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier or not self._papers:
            super().keyPressEvent(event)
        elif event.text() in ("+", "="):
            self._zoom(1)
        elif event.text() == "-":
            self._zoom(-1)
        elif event.text() == "0":
            self.zoom = 0.0
            self._draw()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again."""
        super().resizeEvent(event)
        if self._papers and not self.zoom:
            self._draw()

    def scale(self) -> float:
        """Return by how much the paper is drawn larger than its dots."""
        if self.zoom or not self._papers:
            return self.zoom or 1.0
        room = self.viewport().width() - 2 * EDGE - 4
        return min(1.0, room / self._papers[0].width()) if room > 50 else 1.0

    def _zoom(self, step: int) -> None:
        now = self.scale()
        steps = [one for one in ZOOMS if (one > now + 0.01 if step > 0 else one < now - 0.01)]
        if steps:
            self.zoom = steps[0] if step > 0 else steps[-1]
            self._draw()

    def _draw(self) -> None:
        proof = self.proof
        if proof is None:
            return
        factor = self.scale()
        sizes = [(round(one.width() * factor), round(one.height() * factor)) for one in self._papers]
        sheet = QPixmap(
            max(width for width, _ in sizes) + 2 * EDGE, sum(height for _, height in sizes) + EDGE * (len(sizes) + 1)
        )
        sheet.fill(Qt.GlobalColor.transparent)
        painter = QPainter(sheet)
        # Dots stay dots: only what is made smaller is smoothed.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, factor < 1)
        top = EDGE
        for image, (width, height) in zip(self._papers, sizes, strict=True):
            area = QRect(EDGE, top, width, height)
            painter.fillRect(area, QColor("white"))
            painter.drawImage(area, image)
            _shade(painter, area, round(proof.shade_x * factor), round(proof.shade_y * factor))
            painter.setPen(QPen(theme.colour("strong_border"), 1))
            painter.drawRect(QRectF(area).adjusted(-0.5, -0.5, 0.5, 0.5))
            top += height + EDGE
        painter.end()
        self.picture.setPixmap(sheet)
        if self.most_height:
            below = 3 * self.facts.fontMetrics().lineSpacing()
            self.setMinimumHeight(min(theme.px(self.most_height), sheet.height() + below))

    def _say(self) -> None:
        proof = self.proof
        if proof is None:
            return
        kind = N_("exactly the dots of the print head") if proof.exact else N_("the page as it is sent")
        words = spoken(
            N_("{width} × {height} mm, {dpi} dots per inch: {kind}."),
            width=f"{proof.width_mm:g}", height=f"{proof.height_mm:.0f}", dpi=proof.dpi, kind=spoken(kind),
        )  # fmt: skip
        if proof.shade_x or proof.shade_y:
            edge = spoken(N_("The grey edge cannot be printed on."))
            words = f"{words} {edge}"
        self.facts.put(words)
        self.setAccessibleDescription(words)
        self.warnings.put("\n".join(warning_words(proof)))
        self.warnings.setVisible(bool(proof.warnings))


def _shade(painter: QPainter, area: QRect, across: int, down: int) -> None:
    """Lay grey over the edges that cannot be printed on."""
    grey = QColor(128, 128, 128, 48)
    if across:
        painter.fillRect(area.left(), area.top(), across, area.height(), grey)
        painter.fillRect(area.right() + 1 - across, area.top(), across, area.height(), grey)
    if down:
        painter.fillRect(area.left() + across, area.top(), area.width() - 2 * across, down, grey)
        painter.fillRect(area.left() + across, area.bottom() + 1 - down, area.width() - 2 * across, down, grey)


def warning_words(proof: Proof) -> list[str]:
    """Return what a clerk should know about a paper, as sentences in the window's language."""
    from deskapp.print.proof import SENTENCES

    return [spoken(SENTENCES[one.code], **one.values) for one in proof.warnings]


def picture_of(jobs: Jobs, job: JobCard, profile: Profile | None = None) -> Proof:
    """Render the very paper with this branch's templates; on a background thread.

    One that no longer holds says so across it.
    """
    from deskapp import settings
    from deskapp.errors import Unavailable
    from deskapp.print.here import signatures_of, templates_of
    from deskapp.print.proof import Taste, proof
    from deskapp.rules import papers

    store = cast("Store", jobs.store)
    try:
        taste = Taste(
            templates_of(store.home, store.ask(settings.load)), signatures_of(store, papers.from_json(job.card))
        )
        return proof(job, profile, taste)
    except (ValueError, KeyError) as problem:
        raise Unavailable(N_("This paper cannot be shown on this medium."), code="no_picture") from problem


def thumbnail(proof: Proof, width: int, height: int) -> QPixmap:
    """Return the first page of a paper, small, with its outline."""
    image = QImage.fromData(proof.pictures[0])
    if image.height() > 2 * image.width():  # of a long roll its head is what people know it by
        image = image.copy(0, 0, image.width(), 2 * image.width())
    return QPixmap.fromImage(image).scaled(
        width, height, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
