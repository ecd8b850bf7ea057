"""Photos taken at the bench: before, after, and of damage that is to be charged; each device keeps its own."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.errors import N_
from deskapp.ui.kit import Choice, ChoiceBar, PageContext, Photo
from deskapp.ui.pages.transfer_photos import FolderStrip
from deskapp.ui.tokens import SMALL

WHAT = (
    Choice("damage", N_("Damage")),
    Choice("before", N_("Before the repair")),
    Choice("after", N_("After the repair")),
)


class JobPhotos(QWidget):
    """The photos of one device until they are saved with an act.

    Each device has its own strip: a picture that is still being made smaller when somebody turns to
    another device arrives at the one it was taken of.
    """

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._strips: dict[str, FolderStrip] = {}
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
        self.strip.hide()
        if not self.strip.photos and not self.strip.busy():
            self._drop()
        self._item_id = item_id
        self.kind.set_value("damage")
        self.strip = self._strip(item_id)
        self.strip.show()

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

    def _strip(self, item_id: str) -> FolderStrip:
        strip = self._strips.get(item_id)
        if strip is None:
            strip = self._strips[item_id] = FolderStrip(self._context)
            strip.changed.connect(self._show_kind)
            self._column.addWidget(strip)
        self.kind.setVisible(bool(strip.photos))
        return strip

    def _show_kind(self) -> None:
        self.kind.setVisible(bool(self.strip.photos))

    def _drop(self) -> None:
        self._column.removeWidget(self.strip)
        self._strips.pop(self._item_id).deleteLater()
