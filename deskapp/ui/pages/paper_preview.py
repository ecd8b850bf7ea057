"""The picture of a paper, rendered from the very bytes that print, with its marks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel, QScrollArea, QWidget

from deskapp.errors import N_
from deskapp.queries.printing import JobCard
from deskapp.ui.kit import Jobs, spoken


class Preview(QScrollArea):
    """Shows a paper exactly as it prints: rendered from the same bytes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = QLabel()
        self.picture.setTextFormat(Qt.TextFormat.PlainText)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setWidget(self.picture)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("role", "preview")
        self._wanted = ""
        self.retranslate()

    def retranslate(self) -> None:
        """Say the name in the window's language."""
        self.setAccessibleName(spoken(N_("Picture of the paper")))

    def show_job(self, jobs: Jobs, job: JobCard) -> None:
        """Render a paper in the background and show it, unless another was asked for meanwhile."""
        self._wanted = job.id
        jobs.background(
            lambda _progress: picture(job), owner=self,
            then=lambda content: self.show_png(content) if self._wanted == job.id else None,
        )  # fmt: skip

    def show_png(self, content: bytes) -> None:
        """Show a picture, no wider than there is room."""
        pixmap = QPixmap.fromImage(QImage.fromData(content))
        room = self.viewport().width() - 8
        if pixmap.width() > room > 50:
            pixmap = pixmap.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)
        self.picture.setPixmap(pixmap)

    def clear(self) -> None:
        """Show nothing."""
        self._wanted = ""
        self.picture.clear()


def picture(job: JobCard) -> bytes:
    """Render the very paper as PNG; on a background thread. One that no longer holds says so across it."""
    from deskapp.print.render import render_png
    from deskapp.rules.paper_store import from_json

    card = from_json(job.card)
    return render_png(
        job.kind, card, medium=job.medium, language=job.language, copy_no=job.copy_no, job_id=job.id,
        printed_at_ms=job.created_at, superseded_by=job.superseded_by,
    )  # fmt: skip
