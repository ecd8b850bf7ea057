"""Sorting: scan device after device, hear where each belongs; with a shelf scanned first they go onto it."""

from __future__ import annotations

from deskapp.commands.shelving import Shelved, put_on_shelf
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import ReadSession
from deskapp.queries.sorting import Sorted, sort_scan
from deskapp.queries.transfers_scan import shelf_code
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import (
    Button,
    Card,
    Column,
    DataTable,
    EmptyState,
    Page,
    PageContext,
    Pill,
    ScanField,
    Text,
    row,
    spoken,
)
from deskapp.ui.pages.transfer_words import ScanPanel


class SortPage(Page):
    """A table full of devices, and the place of each in large letters."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Sort devices"), N_("Scan a device: it says where it belongs. Scan a shelf first, and what"
                                            " follows is put onto it."), scroll=False,
        )  # fmt: skip
        self.shelf = ""
        self.seen: list[Sorted] = []
        self.moved: list[Shelved] = []
        self.place = Pill(N_("no shelf: only sorting"), "neutral", "box")
        self.head.addWidget(self.place)
        self.panel = ScanPanel(context)
        self.panel.quiet(N_("Scan the first device"))
        self.field = ScanField(N_("Shelf, label or serial number"), name=N_("Scan"))
        self.progress = Text(role="title")
        self.undo_button = Button(N_("&Undo the last one"), icon="arrow-back-up", clicked=self.undo)
        self.free_button = Button(N_("&No shelf"), "quiet", icon="x", clicked=self.no_shelf)
        self.table = DataTable(
            [
                Column("where", N_("Belongs"), _where, 0),
                Column("label", N_("Label"), lambda one: one.label_no or one.code, 150),
                Column("model", N_("Model"), lambda one: one.model, 150),
                Column("shelf", N_("Shelf"), lambda one: one.shelf, 100),
            ],
            name=N_("Sorted"), empty=EmptyState("arrows-exchange", N_("Nothing was scanned yet.")),
        )  # fmt: skip
        self.body.addWidget(self.panel)
        line = row(self.field, self.progress, self.free_button, self.undo_button)
        line.setStretch(0, 1)
        self.body.addLayout(line)
        card = Card(N_("Sorted"), icon="list-check")
        card.add(self.table, 1)
        self.body.addWidget(card, 1)
        self.field.scanned.connect(self.take)
        self.table.opened.connect(self.go)
        self._show()

    def open(self, **args: object) -> None:
        """Stand ready for the first scan."""
        self.focus_first(self.field)

    def leave(self) -> None:
        """Begin anew next time."""
        self.seen, self.moved = [], []
        self.no_shelf()

    def scan(self, text: str) -> bool:
        """Every code but commands and badges."""
        if parse_scan(text).kind in (ScanKind.COMMAND, ScanKind.BADGE, ScanKind.MANIFEST):
            return False
        self.take(text)
        return True

    def verb(self, word: str) -> bool:
        """The command sheet: undo; the next shelf."""
        acts = {"UNDO": self.undo, "NEXT": self.no_shelf}
        act = acts.get(word)
        if act is None:
            return False
        act()
        return True

    def retranslate(self) -> None:
        """Say the rows again."""
        self._show()

    def take(self, text: str) -> None:
        """Take a scan: a shelf, or a device."""
        self.field.clear()
        self.field.setFocus()

        def question(session: ReadSession) -> tuple[str, Sorted]:
            return shelf_code(session, parse_scan(text).number), sort_scan(session, text)

        self.jobs.ask(question, owner=self, then=self._scanned)

    def undo(self) -> None:
        """Put the last device back where it lay."""
        if self.moved:
            last = self.moved.pop()
            self.jobs.do(put_on_shelf(item_id=last.item_id, shelf=last.before), owner=self, then=self._back,
                         refused=lambda error: self._no(last.label_no, error))  # fmt: skip
        self.field.setFocus()

    def no_shelf(self) -> None:
        """Only say where devices belong."""
        self.shelf = ""
        self.place.show_state(N_("no shelf: only sorting"), "neutral", "box")
        self._show()
        self.field.setFocus()

    def go(self, one: Sorted) -> None:
        """Open the device."""
        if one.item_id:
            self.context.navigate("order", id=one.item_id, kind="item")

    # -- answers -------------------------------------------------------------------

    def _scanned(self, answer: tuple[str, Sorted]) -> None:
        shelf, one = answer
        if shelf:
            self.shelf = shelf
            self.place.show_state(N_("onto {shelf}"), "ok", "box", shelf=shelf)
            self.panel.next(shelf, N_("Devices go onto this shelf from now on"))
            self._show()
            return
        name = "  ".join(part for part in (one.label_no or one.code, one.model) if part)
        if not one.fits:
            self.panel.wrong(name, one.words, **_spoken(one))
        elif self.shelf and one.item_id:
            self.jobs.do(put_on_shelf(item_id=one.item_id, shelf=self.shelf), owner=self, then=self._put,
                         refused=lambda error: self._no(name, error))  # fmt: skip
        elif any(other.code == one.code for other in self.seen):
            self.panel.again(name, one.words, **_spoken(one))
        else:
            self.panel.right(name, one.words, **_spoken(one))
        self.seen = [one, *(other for other in self.seen if other.code != one.code)]
        self._show()

    def _put(self, done: Shelved) -> None:
        self.moved.append(done)
        self.panel.right(done.label_no, N_("Put onto {shelf}"), shelf=done.shelf)
        self._show()

    def _back(self, done: Shelved) -> None:
        if done.shelf:
            self.panel.quiet(N_("{label} is on {shelf} again"), label=done.label_no, shelf=done.shelf)
        else:
            self.panel.quiet(N_("{label} taken back"), label=done.label_no)
        self._show()

    def _no(self, name: str, error: DeskError) -> None:
        tell = self.panel.again if error.code == "again" else self.panel.wrong
        tell(name, N_("{sentence}"), sentence=say(error))

    def _show(self) -> None:
        self.table.set_rows(self.seen, keep=lambda one: one.code)
        self.progress.put(str(sum(one.fits for one in self.seen)))
        self.undo_button.setEnabled(bool(self.moved))
        self.free_button.setVisible(bool(self.shelf))


def _spoken(one: Sorted) -> dict[str, object]:
    """Return the values of the words; a state among them is a message id."""
    return {name: spoken(str(value)) if name == "state" else value for name, value in one.values.items()}


def _where(one: Sorted) -> str:
    return spoken(one.words, **_spoken(one))
