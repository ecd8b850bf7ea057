"""A strip of photos that takes what a phone or scanner puts into the photo folder, while it is in sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from PySide6.QtGui import QHideEvent, QShowEvent

from deskapp import settings
from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.errors import DeskError
from deskapp.ui.kit import PageContext, PhotoStrip
from deskapp.ui.pages.checkin_files import keep_files

if TYPE_CHECKING:
    from deskapp.models.store import Store


ODD = "damage"
"""What a photo of a van shows: whatever is not as it should be, never simply the front of a device."""


class FolderStrip(PhotoStrip):
    """Looks at the folder of the settings from when it is shown until it is hidden (docs/decisions/0012)."""

    def __init__(self, context: PageContext, *, long_edge: int = 0, shows: str = "") -> None:
        self._context, self._shows = context, shows
        super().__init__(context.jobs, long_edge=long_edge or context.values()[settings.PHOTO_EDGE])

    def keep(
        self, then: Callable[[tuple[Kept, ...]], object], refused: Callable[[DeskError], None] | None = None
    ) -> None:
        """Store the photos on a work thread and hand on what names them on the record; without photos at once."""
        jobs = self._context.jobs
        work = keep_files(cast("Store", jobs.store), self.photos, None, self._context.now())
        if work is None:
            then(())
            return

        def kept(named: dict[str, Kept]) -> None:
            then(tuple(replace(one, kind=self._shows or one.kind) for one in named.values()))

        jobs.background(work, owner=self, then=kept, refused=refused)

    def showEvent(self, event: QShowEvent) -> None:
        """Take what appears from now on."""
        super().showEvent(event)
        self.watch(self._context.values()[settings.PHOTO_FOLDER])

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the folder to whoever is in sight."""
        super().hideEvent(event)
        self.watch("")
