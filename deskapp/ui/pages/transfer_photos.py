"""A strip of photos that takes what a phone or scanner puts into the photo folder, while it is in sight."""

from __future__ import annotations

from PySide6.QtGui import QHideEvent, QShowEvent

from deskapp import settings
from deskapp.ui.kit import PageContext, PhotoStrip


class FolderStrip(PhotoStrip):
    """Looks at the folder of the settings from when it is shown until it is hidden (docs/decisions/0012)."""

    def __init__(self, context: PageContext, *, long_edge: int = 0) -> None:
        self._context = context
        super().__init__(context.jobs, long_edge=long_edge or context.values()[settings.PHOTO_EDGE])

    def showEvent(self, event: QShowEvent) -> None:
        """Take what appears from now on."""
        super().showEvent(event)
        self.watch(self._context.values()[settings.PHOTO_FOLDER])

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the folder to whoever is in sight."""
        super().hideEvent(event)
        self.watch("")
