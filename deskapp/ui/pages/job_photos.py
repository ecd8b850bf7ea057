"""Photos taken at the bench: before, after, and of damage that is to be charged; each device keeps its own.

What is not saved yet is a draft like everything typed: the files lie in the blob store as soon as they are small,
and a draft of its own for each device and step names them, so that a restart or a power cut costs no photo.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QListWidget, QVBoxLayout, QWidget

from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.commands.drafts import drop_draft, save_draft
from deskapp.errors import N_, DeskError
from deskapp.queries.drafts import DraftCard, draft
from deskapp.ui.kit import Choice, ChoiceBar, PageContext, Photo, spoken
from deskapp.ui.pages.checkin_files import fetch_photo, keep_files
from deskapp.ui.pages.transfer_photos import FolderStrip
from deskapp.ui.tokens import SMALL

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from deskapp.models.store import Store

TITLES = {"damage": N_("Damage"), "before": N_("Before the repair"), "after": N_("After the repair")}
SHORT = {"damage": N_("Damage"), "before": N_("Before"), "after": N_("After")}
"""What stands below a photo."""

PAGE = "bench_photos"


class JobStrip(FolderStrip):
    """The photos of one device, each with what it shows below it. New ones are chosen, to say what they show."""

    flat = True

    def __init__(self, context: PageContext) -> None:
        self.shows: dict[str, str] = {}
        """What a photo shows, by its SHA-256."""

        super().__init__(context)
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)

    def says(self, photo: Photo) -> str:
        """Say what it shows."""
        return spoken(SHORT[self.shows[photo.sha256]]) if photo.sha256 in self.shows else ""

    def chosen(self) -> list[Photo]:
        """Return the photos that are selected."""
        places = sorted(self.list.row(item) for item in self.list.selectedItems())
        return [self.photos[place] for place in places if place < len(self.photos)]

    def take(self, kind: str) -> list[Photo]:
        """Say of photos that have nothing said of them yet what they show, choose them, and return them."""
        new = [place for place, photo in enumerate(self.photos) if photo.sha256 not in self.shows]
        for place in new:
            self.shows[self.photos[place].sha256] = kind
        if new:
            self._show()
            self.list.setCurrentRow(new[-1])
            for place in new:
                self.list.item(place).setSelected(True)
        return [self.photos[place] for place in new]


@dataclass(slots=True)
class _Held:
    """What is not saved yet of one device.

    `known`: its draft was looked at, and may be written over. `pending` is what the draft names and what has not
    come back from the blob store yet, `stored` what lies there, `drafted` whether there is a draft, `waiting` what
    is to be done once the draft's photos are back.
    """

    strip: JobStrip
    known: bool = False
    pending: dict[str, dict[str, str]] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    drafted: bool = False
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def go_on(self) -> None:
        """Do what waited, when everything is back."""
        if self.known and not self.strip.busy():
            waiting, self.waiting = self.waiting, []
            for act in waiting:
                act()


class JobPhotos(QWidget):
    """The photos of one device until they are saved with an act.

    Each device has its own strip: a picture that is still being made smaller when somebody turns to
    another device arrives at the one it was taken of. `step` names the step whose draft they are,
    `usual` is what a new photo shows there as a rule.
    """

    changed = Signal()

    def __init__(self, context: PageContext, step: str, usual: str) -> None:
        super().__init__()
        self._context, self._step, self._usual = context, step, usual
        self._held: dict[str, _Held] = {}
        self._item_id = ""
        self._recorded: frozenset[str] = frozenset()
        choices = [Choice(kind, title) for kind, title in TITLES.items()]
        self.kind = ChoiceBar(choices, name=N_("What they show"), value=usual, numbered=False)
        self.kind.chosen.connect(self._say_kind)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SMALL)
        self._column.addWidget(self.kind)
        self.strip = self._strip("")

    def show_for(self, item_id: str, recorded: Collection[str] = ()) -> None:
        """Show the photos of a device that are not saved yet, those of a draft included.

        `recorded` are the SHA-256 of those that are on record: they are no longer ours to save.
        """
        self._recorded = frozenset(recorded)
        if item_id != self._item_id:
            before = self._held[self._item_id]
            self.strip.hide()
            if not self.strip.photos and not self.strip.busy() and not before.pending:
                self._drop()
            self._item_id = item_id
            self.kind.set_value(self._usual)
            self.strip = self._strip(item_id)
            self.strip.show()
        self.strip.without(self._recorded)

    def photos(self) -> list[Photo]:
        """Return the photos of this device that are not saved yet."""
        return self.strip.photos

    def busy(self) -> bool:
        """Tell whether a photo is still being made small, or comes back from a draft."""
        return self.strip.busy()

    def keep(self, then: Callable[[tuple[Kept, ...]], None], refused: Callable[[DeskError], None]) -> None:
        """Store the photos of this device and hand over what names them on a record; at once where there are none."""
        held = self._held[self._item_id]
        held.waiting.append(partial(self._keep, held.strip, then, refused))
        held.go_on()

    def _keep(
        self, strip: JobStrip, then: Callable[[tuple[Kept, ...]], None], refused: Callable[[DeskError], None]
    ) -> None:
        work = keep_files(self._store, strip.photos, None, self._context.now())
        if work is None:
            then(())
            return
        shows = dict(strip.shows)
        self._context.jobs.background(
            work, owner=self, refused=refused,
            then=lambda kept: then(tuple(replace(one, kind=shows.get(sha, self._usual)) for sha, one in kept.items())),
        )  # fmt: skip

    def saved(self, item_id: str) -> None:
        """Forget the photos of a device: they are on record now."""
        held = self._held.get(item_id)
        if held is not None:
            held.pending.clear()
            held.strip.clear()

    def retranslate(self) -> None:
        """Say what the photos show in the window's language."""
        for held in self._held.values():
            held.strip.say_photos()

    def showEvent(self, event: QShowEvent) -> None:
        """What came while nobody was signed in belongs into the draft too."""
        super().showEvent(event)
        for item_id, held in self._held.items():
            if held.known and held.strip.photos:
                self._write(item_id)

    # -- inside --------------------------------------------------------------------

    @property
    def _store(self) -> Store:
        return cast("Store", self._context.jobs.store)

    def _strip(self, item_id: str) -> JobStrip:
        held = self._held.get(item_id)
        if held is None:
            held = self._held[item_id] = _Held(JobStrip(self._context))
            held.strip.changed.connect(partial(self._edited, item_id))
            held.strip.refused.connect(lambda _said, held=held: held.go_on())
            held.strip.list.itemSelectionChanged.connect(self._show_kind_of_chosen)
            self._column.addWidget(held.strip)
            if item_id:
                name = self._draft_id(item_id)
                self._context.jobs.ask(
                    lambda session: draft(session, name), owner=self, then=partial(self._found, item_id)
                )
        self.kind.setVisible(bool(held.strip.photos))
        return held.strip

    def _found(self, item_id: str, card: DraftCard | None) -> None:
        """Bring back what a draft names; what was added meanwhile stays."""
        held = self._held.get(item_id)
        if held is None:
            return
        held.known = True
        if card is not None:
            held.drafted = True
            recorded = self._recorded if item_id == self._item_id else frozenset()
            entries = {str(one["sha256"]): dict(one) for one in card.form.get("photos", [])}
            entries = {sha256: entry for sha256, entry in entries.items() if sha256 not in recorded}
            if not entries:
                self._write(item_id)
            held.pending.update(entries)
            held.stored.update(entries)
            for sha256, entry in entries.items():
                held.strip.shows[sha256] = entry["kind"] if entry.get("kind") in TITLES else self._usual
                held.strip.add_kept(fetch_photo(self._store, sha256), entry.get("name", ""))
        if held.strip.photos:
            self._edited(item_id)
        held.go_on()

    def _edited(self, item_id: str) -> None:
        """A photo came, came back or was removed."""
        held = self._held.get(item_id)
        if held is None:
            return
        here = item_id == self._item_id
        held.strip.take((self.kind.value() if here else "") or self._usual)
        for photo in held.strip.photos:
            held.pending.pop(photo.sha256, None)
        if here:
            self.kind.setVisible(bool(held.strip.photos))
        self.changed.emit()
        if held.known:
            self._store_new(item_id, held)
        held.go_on()

    def _store_new(self, item_id: str, held: _Held) -> None:
        """Store what is new, then name it in the draft."""
        new = [photo for photo in held.strip.photos if photo.sha256 not in held.stored]
        work = keep_files(self._store, new, None, self._context.now())
        if work is None:
            self._write(item_id)
            return
        self._context.jobs.background(work, owner=self, then=lambda kept: self._stored(item_id, kept))

    def _stored(self, item_id: str, kept: dict[str, Kept]) -> None:
        held = self._held.get(item_id)
        if held is not None:
            held.stored.update(kept)
            self._write(item_id)

    def _write(self, item_id: str) -> None:
        """Write the draft as it should be now, or drop it."""
        held = self._held[item_id]
        if not item_id or self._context.actor() is None:
            return
        entries: list[dict[str, Any]] = [
            {"sha256": one.sha256, "kind": held.strip.shows.get(one.sha256, self._usual), "name": one.name}
            for one in held.strip.photos if one.sha256 in held.stored
        ]  # fmt: skip
        entries += held.pending.values()
        name = self._draft_id(item_id)
        if entries:
            held.drafted = True
            act = save_draft(
                draft_id=name, page=PAGE, form={"photos": entries}, known=[str(one["sha256"]) for one in entries]
            )
            self._context.jobs.do(act, owner=self)
        elif held.drafted:
            held.drafted = False
            self._context.jobs.do(drop_draft(draft_id=name), owner=self)

    def _draft_id(self, item_id: str) -> str:
        return f"bench:{item_id}:photos:{self._step}"

    def _say_kind(self, kind: str) -> None:
        """The chosen photos show this; the next ones will too."""
        chosen = self.strip.chosen()
        for photo in chosen:
            self.strip.shows[photo.sha256] = kind
        if chosen:
            self.strip.say_photos()
            self.changed.emit()
            self._write(self._item_id)

    def _show_kind_of_chosen(self) -> None:
        kinds = {self.strip.shows.get(photo.sha256) for photo in self.strip.chosen()}
        if len(kinds) == 1:
            self.kind.set_value(kinds.pop())

    def _drop(self) -> None:
        self._column.removeWidget(self.strip)
        self._held.pop(self._item_id).strip.deleteLater()
