"""A stocktake: scan a shelf, then everything on it, then the next shelf; at the end the list of differences."""

from __future__ import annotations

from deskapp.commands.stocktake import Stocktaken, save_stocktake
from deskapp.errors import N_
from deskapp.i18n import language
from deskapp.models.stock_walk import OFF_TITLES, Off, OffLine, Walk, compare
from deskapp.models.store import Changes, Command
from deskapp.queries.dayend import Meaning, ShelfScan, shelf_scan
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
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.dayend_count import tell
from deskapp.ui.pages.scan_desk import LOW, ScanDesk, ScanPage
from deskapp.ui.pages.settings_fields import Tick

TONES = {Off.EXTRA: ("danger", "alert-triangle"), Off.MOVED: ("info", "box")}


class StocktakePage(ScanPage):
    """One walk along some or all shelves."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Stocktake"), N_("Scan a shelf's label, then every device on it, then the next shelf."),
        )  # fmt: skip
        self.found: dict[str, str] = {}
        self.extra: dict[str, str] = {}
        self.shelves: list[str] = []
        self.shelf = ""
        self.walk = Walk((), (), 0)
        self.place = Pill(N_("all shelves"), "neutral", "box")
        self.head.addWidget(self.place)
        self.desk: ScanDesk[tuple[dict[str, str], str]] = ScanDesk(
            context, ScanField(N_("Shelf, label or serial number"), name=N_("Scan")),
            N_("Scan a shelf or the first device"), take=self._take, take_back=self._take_back,
            verbs={"OK": self.save, "PRINT": self.save}, passed=frozenset({ScanKind.BADGE}),
        )  # fmt: skip
        self.save_button = Button(N_("&Save and print"), "primary", icon="printer", clicked=self.save)
        self.desk.lay((self.desk.progress, self.desk.undo_button, self.save_button))
        self.right = Tick(N_("correct the shelves on record"), True)
        self.remarks = TextField(N_("What explains the differences"), name=N_("Remarks"), limit=160)
        self.table = DataTable(
            [
                Column("off", N_("Difference"), _off, 170, sort=lambda one: one.off),
                Column("label", N_("Label"), lambda one: one.label_no, 150),
                Column("serial", N_("Serial number"), lambda one: one.serial_no, 160),
                Column("model", N_("Model"), lambda one: one.model, 0),
                Column("recorded", N_("On record"), lambda one: one.recorded, 110),
                Column("found", N_("Found at"), lambda one: one.found, 110),
            ],
            name=N_("Differences"), empty=EmptyState("circle-check", N_("Record and shelves agree.")),
        )  # fmt: skip
        self.table.setMinimumHeight(LOW)
        self.add(self.desk)
        card = Card(N_("Differences"), icon="checklist")
        card.add(self.table, 1)
        below = row(self.remarks, self.right)
        below.setStretch(0, 1)
        card.add(below)
        self.add(card, 1)
        self.fill()
        self.remarks.returnPressed.connect(self.save)

    def open(self, **args: object) -> None:
        """Go on with the walk, or begin one at a shelf."""
        if args.get("shelf"):
            self._begin_shelf(str(args["shelf"]))
        self._ask()
        self.focus_first(self.desk.field)

    def changed(self, changes: Changes) -> None:
        """Follow what moves while somebody counts."""
        if changes.touches("repair_item", "custody_event"):
            self._ask()

    def retranslate(self) -> None:
        """Say the rows again."""
        self._show()

    def save(self) -> None:
        """Keep the count and print the differences, once every scan is judged."""
        self.desk.finish(self.save_button, self._walked, self._saved)

    def _walked(self) -> Command[Stocktaken]:
        return save_stocktake(shelves=tuple(self.shelves), found=dict(self.found), extra=dict(self.extra),
                              remarks=self.remarks.text(), put_right=self.right.isChecked())  # fmt: skip

    def print_paper(self) -> None:
        """Keep and print (Ctrl+P)."""
        self.save()

    def _begin_shelf(self, code: str) -> None:
        self.shelf = code
        if code not in self.shelves:
            self.shelves.append(code)
        self.place.show_state(N_("on {shelf}"), "accent", "box", shelf=code)

    def _take(self, text: str) -> None:
        self.desk.ask_shelf_or(text, shelf_scan, self._on_shelf, self._scanned)

    def _on_shelf(self, code: str) -> None:
        self._begin_shelf(code)
        self.desk.panel.next(code, N_("Now every device on this shelf"))
        self._ask()

    def _scanned(self, scan: ShelfScan) -> None:
        again = scan.meaning is Meaning.HELD and self.found.get(scan.item_id) == self.shelf
        if scan.meaning is Meaning.HELD:
            self._keep(self.found, scan.item_id)
        elif scan.meaning in (Meaning.GONE, Meaning.FOREIGN):
            self._keep(self.extra, scan.label_no or scan.text)
        tell(self.desk.panel, scan, scan.label_no, again=again)
        self._ask()
        self.desk.field.setFocus()

    def _keep(self, into: dict[str, str], what: str) -> None:
        if what not in into:
            self.desk.acts.append((into, what))
        into[what] = self.shelf

    def _take_back(self, last: tuple[dict[str, str], str]) -> None:
        seen, what = last
        seen.pop(what, None)
        self.desk.panel.quiet(N_("Taken back"))
        self._ask()

    def _saved(self, done: Stocktaken) -> None:
        self.context.toast(
            N_("Saved: {found} of {expected} found, {missing} missing, {extra} too many, {moved} elsewhere"),
            tone="warn" if done.missing or done.extra else "ok", found=done.found, expected=done.expected,
            missing=done.missing, extra=done.extra, moved=done.moved,
        )  # fmt: skip
        self.found, self.extra, self.shelves, self.shelf = {}, {}, [], ""
        self.desk.acts.clear()
        self.remarks.clear()
        self.place.show_state(N_("all shelves"), "neutral", "box")
        self._ask()

    def _ask(self) -> None:
        shelves, found, extra = tuple(self.shelves), dict(self.found), dict(self.extra)
        now, words = self.context.now(), language()
        self.jobs.ask(lambda session: compare(session, now, shelves, found, extra, words), owner=self, then=self._here,
                      exclusive="walk")  # fmt: skip

    def _here(self, walk: Walk) -> None:
        self.walk = walk
        self._show()

    def _show(self) -> None:
        self.desk.progress.put(f"{len(self.found)} / {len(self.walk.expected)}")
        lines = sorted(self.walk.lines, key=lambda one: (one.off is Off.MISSING, one.recorded, one.label_no))
        self.table.set_rows(lines, keep=lambda one: one.label_no)
        self.desk.show_undo()


def _off(one: OffLine) -> Cell:
    if one.off is Off.MISSING:
        return Cell(spoken(N_("not counted yet")), "neutral", "clock", pill=True)
    tone, icon = TONES[one.off]
    return Cell(spoken(OFF_TITLES[one.off]), tone, icon, pill=True)
