"""Photos taken at the bench: before, after, and of damage that is to be charged; each device keeps its own."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp import settings
from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.errors import N_
from deskapp.ui.kit import Choice, ChoiceBar, PageContext, Photo, PhotoStrip
from deskapp.ui.tokens import SMALL

WHAT = (
    Choice("damage", N_("Damage")),
    Choice("before", N_("Before the repair")),
    Choice("after", N_("After the repair")),
)


class JobPhotos(QWidget):
    """The photos of one device until they are saved with an act.

    Each device has its own strip: a picture that is still being made smaller when somebody turns to
    another device arrives at the one it was taken of. The photo folder is watched only while this is
    in sight, so that a photo of another page is never taken for one of this device.
    """

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._strips: dict[str, PhotoStrip] = {}
        self._item_id = ""
        self.kind = ChoiceBar(WHAT, name=N_("What they show"), value="damage", numbered=False)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SMALL)
        self._column.addWidget(self.kind)
        self.strip = self._strip("")

    def show_for(self, item_id: str) -> None:
        """Show the photos of a device that are not saved yet."""
        if item_id == self._item_id:
            return
        self.strip.watch("")
        self.strip.hide()
        if not self.strip.photos and not self.strip.busy():
            self._drop()
        self._item_id = item_id
        self.strip = self._strip(item_id)
        self.strip.show()
        self._follow()

    def photos(self) -> list[Photo]:
        """Return the photos of this device that are not saved yet."""
        return self.strip.photos

    def busy(self) -> bool:
        """Tell whether a photo is still being made small."""
        return self.strip.busy()

    def named(self, kept: dict[str, Kept]) -> tuple[Kept, ...]:
        """Return stored files as what they were said to show."""
        return tuple(replace(one, kind=self.kind.value() or "damage") for one in kept.values())

    def saved(self, item_id: str) -> None:
        """Forget the photos of a device: they are on record now."""
        strip = self._strips.get(item_id)
        if strip is not None:
            strip.clear()

    def showEvent(self, event: QShowEvent) -> None:
        """Watch the photo folder while this is in sight."""
        super().showEvent(event)
        self._follow()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the photo folder to other pages."""
        super().hideEvent(event)
        self.strip.watch("")

    def _follow(self) -> None:
        if self.isVisible():
            self.strip.watch(self._context.values()[settings.PHOTO_FOLDER])

    def _strip(self, item_id: str) -> PhotoStrip:
        strip = self._strips.get(item_id)
        if strip is None:
            edge = self._context.values()[settings.PHOTO_EDGE]
            strip = self._strips[item_id] = PhotoStrip(self._context.jobs, long_edge=edge, parent=self)
            strip.changed.connect(self._show_kind)
            self._column.addWidget(strip)
        self.kind.setVisible(bool(strip.photos))
        return strip

    def _show_kind(self) -> None:
        self.kind.setVisible(bool(self.strip.photos))

    def _drop(self) -> None:
        self._column.removeWidget(self.strip)
        self._strips.pop(self._item_id).deleteLater()
