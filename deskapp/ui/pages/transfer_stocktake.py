"""A stocktake: scan a shelf, then everything on it, then the next shelf; at the end the list of differences."""

from __future__ import annotations

from deskapp.commands.stocktake import Stocktaken, save_stocktake
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.stock_walk import OFF_TITLES, Off, OffLine, Walk, compare
from deskapp.models.store import Changes, ReadSession
from deskapp.queries.dayend import Meaning, ShelfScan, shelf_scan
from deskapp.queries.transfers_scan import shelf_code
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Column,
    DataTable,
    EmptyState,
    Page,
    PageContext,
    Pill,
    ScanField,
    Text,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.dayend_count import SENTENCES
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.pages.transfer_words import ScanPanel

TONES = {Off.EXTRA: ("danger", "alert-triangle"), Off.MOVED: ("info", "box")}


class StocktakePage(Page):
    """One walk along some or all shelves."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Stocktake"), N_("Scan a shelf's label, then every device on it, then the next shelf."),
            scroll=False,
        )  # fmt: skip
        self.found: dict[str, str] = {}
        self.extra: dict[str, str] = {}
        self.shelves: list[str] = []
        self.shelf = ""
        self.walk = Walk((), (), 0)
        self._acts: list[tuple[str, str]] = []
        self.place = Pill(N_("all shelves"), "neutral", "box")
        self.head.addWidget(self.place)
        self.panel = ScanPanel(context)
        self.panel.quiet(N_("Scan a shelf or the first device"))
        self.field = ScanField(N_("Shelf, label or serial number"), name=N_("Scan"))
        self.progress = Text(role="title")
        self.undo_button = Button(N_("&Undo the last scan"), icon="arrow-back-up", clicked=self.undo)
        self.save_button = Button(N_("&Save and print"), "primary", icon="printer", clicked=self.save)
        self.right = Tick(N_("correct the shelves on record"), True)
        self.remarks = TextField(N_("What explains the differences"), name=N_("Remarks"), limit=160)
        self.table = DataTable(
            [
                Column("off", N_("Difference"), _off, 150, sort=lambda one: one.off),
                Column("label", N_("Label"), lambda one: one.label_no, 150),
                Column("serial", N_("Serial number"), lambda one: one.serial_no, 160),
                Column("model", N_("Model"), lambda one: one.model, 0),
                Column("recorded", N_("On record"), lambda one: one.recorded, 110),
                Column("found", N_("Found at"), lambda one: one.found, 110),
            ],
            name=N_("Differences"), empty=EmptyState("circle-check", N_("Record and shelves agree.")),
        )  # fmt: skip
        self.body.addWidget(self.panel)
        line = row(self.field, self.progress, self.undo_button, self.save_button)
        line.setStretch(0, 1)
        self.body.addLayout(line)
        card = Card(N_("Differences"), icon="checklist")
        card.add(self.table, 1)
        below = row(self.remarks, self.right)
        below.setStretch(0, 1)
        card.add(below)
        self.body.addWidget(card, 1)
        self.field.scanned.connect(self.take)
        self.remarks.returnPressed.connect(self.save)

    def open(self, **args: object) -> None:
        """Go on with the walk, or begin one at a shelf."""
        if args.get("shelf"):
            self._begin_shelf(str(args["shelf"]))
        self._ask()
        self.focus_first(self.field)

    def changed(self, changes: Changes) -> None:
        """Follow what moves while somebody counts."""
        if changes.touches("repair_item", "custody_event"):
            self._ask()

    def scan(self, text: str) -> bool:
        """Every code counts, but for badges and commands."""
        if parse_scan(text).kind in (ScanKind.COMMAND, ScanKind.BADGE):
            return False
        self.take(text)
        return True

    def verb(self, word: str) -> bool:
        """The command sheet: undo, save."""
        acts = {"UNDO": self.undo, "OK": self.save, "PRINT": self.save}
        act = acts.get(word)
        if act is None:
            return False
        act()
        return True

    def retranslate(self) -> None:
        """Say the rows again."""
        self._show()

    def take(self, text: str) -> None:
        """Take a scan."""
        self.field.clear()

        def question(session: ReadSession) -> tuple[str, ShelfScan]:
            return shelf_code(session, parse_scan(text).number), shelf_scan(session, text)

        self.jobs.ask(question, owner=self, then=self._scanned)

    def undo(self) -> None:
        """Take the last scan back."""
        if self._acts:
            kind, what = self._acts.pop()
            (self.found if kind == "found" else self.extra).pop(what, None)
            self.panel.quiet(N_("Taken back"))
            self._ask()
        self.field.setFocus()

    def save(self) -> None:
        """Keep the count and print the differences."""
        self.save_button.setEnabled(False)
        act = save_stocktake(shelves=tuple(self.shelves), found=dict(self.found), extra=dict(self.extra),
                             remarks=self.remarks.text(), put_right=self.right.isChecked())  # fmt: skip
        self.jobs.do(act, owner=self, then=self._saved, refused=self._refused)

    def print_paper(self) -> None:
        """Keep and print (Ctrl+P)."""
        self.save()

    def _begin_shelf(self, code: str) -> None:
        self.shelf = code
        if code not in self.shelves:
            self.shelves.append(code)
        self.place.show_state(N_("on {shelf}"), "accent", "box", shelf=code)

    def _scanned(self, answer: tuple[str, ShelfScan]) -> None:
        shelf, scan = answer
        if shelf:
            self._begin_shelf(shelf)
            self.panel.next(shelf, N_("Now every device on this shelf"))
            self._ask()
            return
        name = "  ".join(part for part in (scan.label_no or scan.text, scan.model) if part)
        words = SENTENCES[scan.meaning][0]
        if scan.meaning is Meaning.HELD:
            self._found(scan, name)
        elif scan.meaning in (Meaning.GONE, Meaning.FOREIGN):
            code = scan.label_no or scan.text
            self._keep(self.extra, "extra", code)
            self.panel.wrong(name, words, state=spoken(scan.state) if scan.state else "")
        elif scan.meaning is Meaning.MISREAD:
            self.panel.wrong(name, words)
        else:
            self.panel.again(name, words)
        self._ask()
        self.field.setFocus()

    def _found(self, scan: ShelfScan, name: str) -> None:
        if self.found.get(scan.item_id) == self.shelf:
            self.panel.again(name, N_("Counted already"))
            return
        self._keep(self.found, "found", scan.item_id)
        self.panel.right(name, N_("Found"))

    def _keep(self, into: dict[str, str], kind: str, what: str) -> None:
        if what not in into:
            self._acts.append((kind, what))
        into[what] = self.shelf

    def _saved(self, done: Stocktaken) -> None:
        self.save_button.setEnabled(True)
        self.context.toast(
            N_("Saved: {found} of {expected} found, {missing} missing, {extra} too many, {moved} elsewhere"),
            tone="warn" if done.missing or done.extra else "ok", found=done.found, expected=done.expected,
            missing=done.missing, extra=done.extra, moved=done.moved,
        )  # fmt: skip
        self.found, self.extra, self.shelves, self.shelf, self._acts = {}, {}, [], "", []
        self.remarks.clear()
        self.place.show_state(N_("all shelves"), "neutral", "box")
        self._ask()

    def _refused(self, error: DeskError) -> None:
        self.save_button.setEnabled(True)
        self.panel.wrong("", N_("{sentence}"), sentence=say(error))

    def _ask(self) -> None:
        now, shelves, found, extra = self.context.now(), tuple(self.shelves), dict(self.found), dict(self.extra)
        self.jobs.ask(lambda session: compare(session, now, shelves, found, extra), owner=self, then=self._here,
                      exclusive="walk")  # fmt: skip

    def _here(self, walk: Walk) -> None:
        self.walk = walk
        self._show()

    def _show(self) -> None:
        self.progress.put(f"{len(self.found)} / {len(self.walk.expected)}")
        lines = sorted(self.walk.lines, key=lambda one: (one.off is Off.MISSING, one.recorded, one.label_no))
        self.table.set_rows(lines, keep=lambda one: one.label_no)
        self.undo_button.setEnabled(bool(self._acts))


def _off(one: OffLine) -> Cell:
    if one.off is Off.MISSING:
        return Cell(spoken(N_("not counted yet")), "neutral", "clock", pill=True)
    tone, icon = TONES[one.off]
    return Cell(spoken(OFF_TITLES[one.off]), tone, icon, pill=True)
