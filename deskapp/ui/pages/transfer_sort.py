"""Sorting: scan device after device, hear where each belongs; with a shelf scanned first they go onto it."""

from __future__ import annotations

from deskapp.commands.shelving import Shelved, put_on_shelf
from deskapp.errors import N_
from deskapp.queries.sorting import Sorted, sort_scan
from deskapp.rules.numbers import ScanKind
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Column,
    DataTable,
    EmptyState,
    PageContext,
    Pill,
    ScanField,
    spoken,
)
from deskapp.ui.pages.scan_desk import LOW, ScanDesk, ScanPage


class SortPage(ScanPage):
    """A table full of devices, and the place of each in large letters."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Sort devices"), N_("Scan a device: it says where it belongs. Scan a shelf first, and what"
                                            " follows is put onto it."),
        )  # fmt: skip
        self.shelf = ""
        self.seen: list[Sorted] = []
        self.place = Pill(N_("no shelf: only sorting"), "neutral", "box")
        self.head.addWidget(self.place)
        self.desk: ScanDesk[Shelved] = ScanDesk(
            context, ScanField(N_("Shelf, label or serial number"), name=N_("Scan")), N_("Scan the first device"),
            take=self._take, take_back=self._take_back, undo=N_("&Undo the last one"), verbs={"NEXT": self.no_shelf},
            passed=frozenset({ScanKind.BADGE, ScanKind.MANIFEST}),
        )  # fmt: skip
        self.free_button = Button(N_("&No shelf"), "quiet", icon="x", clicked=self.no_shelf)
        self.desk.lay((self.desk.progress, self.free_button, self.desk.undo_button))
        self.table = DataTable(
            [
                Column("where", N_("Belongs"), _where, 0),
                Column("label", N_("Label"), lambda one: one.label_no or one.code, 150),
                Column("model", N_("Model"), lambda one: one.model, 150),
                Column("shelf", N_("Shelf"), lambda one: one.shelf, 100),
            ],
            name=N_("Sorted"), empty=EmptyState("arrows-exchange", N_("Nothing was scanned yet.")),
        )  # fmt: skip
        self.table.setMinimumHeight(LOW)
        self.add(self.desk)
        card = Card(N_("Sorted"), icon="list-check")
        card.add(self.table, 1)
        self.add(card, 1)
        self.fill()
        self.table.opened.connect(self.go)
        self._show()

    def open(self, **args: object) -> None:
        """Stand ready for the first scan."""
        self.focus_first(self.desk.field)

    def leave(self) -> None:
        """Begin anew next time."""
        self.seen = []
        self.desk.begin_anew()
        self.no_shelf()

    def retranslate(self) -> None:
        """Say the rows again."""
        self._show()

    def no_shelf(self) -> None:
        """Only say where devices belong."""
        self.shelf = ""
        self.place.show_state(N_("no shelf: only sorting"), "neutral", "box")
        self._show()
        self.desk.field.setFocus()

    def go(self, one: Sorted) -> None:
        """Open the device."""
        if one.item_id:
            self.context.navigate("order", id=one.item_id, kind="item")

    # -- answers -------------------------------------------------------------------

    def _take(self, text: str) -> None:
        self.desk.field.setFocus()
        self.desk.ask_shelf_or(text, sort_scan, self._on_shelf, self._scanned)

    def _on_shelf(self, code: str) -> None:
        self.shelf = code
        self.place.show_state(N_("onto {shelf}"), "ok", "box", shelf=code)
        self.desk.panel.next(code, N_("Devices go onto this shelf from now on"))
        self._show()

    def _scanned(self, one: Sorted) -> None:
        panel, name = self.desk.panel, "  ".join(part for part in (one.label_no or one.code, one.model) if part)
        if not one.fits:
            panel.wrong(name, one.words, **_spoken(one))
        elif self.shelf and one.item_id:
            self.desk.do(put_on_shelf(item_id=one.item_id, shelf=self.shelf), self._put, name)
        elif any(other.code == one.code for other in self.seen):
            panel.again(name, one.words, **_spoken(one))
        else:
            panel.right(name, one.words, **_spoken(one))
        self.seen = [one, *(other for other in self.seen if other.code != one.code)]
        self._show()

    def _put(self, done: Shelved) -> None:
        self.desk.acts.append(done)
        self.desk.panel.right(done.label_no, N_("Put onto {shelf}"), shelf=done.shelf)
        self._show()

    def _take_back(self, last: Shelved) -> None:
        self.desk.do(put_on_shelf(item_id=last.item_id, shelf=last.before), self._back, last.label_no)

    def _back(self, done: Shelved) -> None:
        if done.shelf:
            self.desk.panel.quiet(N_("{label} is on {shelf} again"), label=done.label_no, shelf=done.shelf)
        else:
            self.desk.panel.quiet(N_("{label} taken back"), label=done.label_no)
        self._show()

    def _show(self) -> None:
        self.table.set_rows(self.seen, keep=lambda one: one.code)
        self.desk.progress.put(str(sum(one.fits for one in self.seen)))
        self.desk.show_undo()
        self.free_button.setVisible(bool(self.shelf))


def _spoken(one: Sorted) -> dict[str, object]:
    """Return the values of the words; a state among them is a message id."""
    return {name: spoken(str(value)) if name == "state" else value for name, value in one.values.items()}


def _where(one: Sorted) -> Cell:
    words = spoken(one.words, **_spoken(one))
    return Cell(words, "ok", "circle-check") if one.fits else Cell(words, "warn", "alert-triangle")
