"""The shelf count: scan, scan, scan; the last one is shown so large that nobody has to walk back to look."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal

from deskapp.commands.dayend import Counted, save_shelf_count
from deskapp.errors import N_
from deskapp.models.day_figures import Figures, Held
from deskapp.models.store import Command
from deskapp.queries.dayend import Meaning, ShelfScan, shelf_scan
from deskapp.rules.numbers import ScanKind
from deskapp.rules.states import STATE_TITLES, WorkState
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Column,
    DataTable,
    EmptyState,
    PageContext,
    ScanField,
    Text,
    spoken,
)
from deskapp.ui.pages.scan_desk import ScanDesk, ScanPanel
from deskapp.ui.tokens import MEDIUM

TOLD = {
    Meaning.HELD: (ScanPanel.right, N_("Found")),
    Meaning.ACCESSORY: (ScanPanel.again, N_("An accessory: scan the device it belongs to")),
    Meaning.GONE: (ScanPanel.wrong, N_("By the record it is not here: “{state}”. Put it aside")),
    Meaning.LOANER: (ScanPanel.again, N_("A loaner: it is not counted here")),
    Meaning.FOREIGN: (ScanPanel.wrong, N_("Not on record: put it aside")),
    Meaning.MISREAD: (ScanPanel.wrong, N_("Misread: scan it again")),
}
"""How each scan on a shelf is told."""


def tell(panel: ScanPanel, scan: ShelfScan, number: str, *, again: bool) -> None:
    """Tell what a scan on a shelf means, under its `number`; `again`: it was counted already."""
    name = "  ".join(part for part in (number or scan.text, scan.model) if part)
    if again:
        panel.again(name, N_("Counted already"))
    else:
        how, words = TOLD[scan.meaning]
        how(panel, name, words, state=spoken(scan.state) if scan.state else "")


class CountCard(Card):
    """A walk along the shelves.

    Signals:
        saved: the count was saved.
    """

    saved = Signal()

    def __init__(self, context: PageContext, close: Callable[[], object]) -> None:
        """`close` is what PRINT of the command sheet means here."""
        super().__init__(
            N_("Shelf count"), icon="scan",
            hint=N_("Scan the label of every device on shelves and benches. Undo takes the last scan back."),
        )  # fmt: skip
        self.context, self.jobs = context, context.jobs
        self.day = ""
        self.figures: Figures | None = None
        self.found: list[str] = []
        self.extra: list[str] = []
        self.desk: ScanDesk[tuple[list[str], str]] = ScanDesk(
            context, ScanField(N_("Label or serial number"), name=N_("Scan a device")), N_("Scan the first label"),
            take=self._take, take_back=self._take_back, verbs={"PRINT": close}, passed=frozenset({ScanKind.BADGE}),
        )  # fmt: skip
        self.save_button = Button(N_("&Save the count"), "primary", icon="check", clicked=self.save)
        self.desk.lay((self.desk.progress, self.desk.undo_button, self.save_button))
        self.table = DataTable(
            [
                Column("count", N_("Count"), self._state, 130, sort=lambda line: line.item_id in self.found),
                Column("shelf", N_("Shelf"), lambda line: line.shelf, 90),
                Column("label", N_("Label"), lambda line: line.label_no, 150),
                Column("serial", N_("Serial number"), lambda line: line.serial_no, 0),
                Column("model", N_("Model"), lambda line: line.model, 140),
                Column("state", N_("State"), lambda line: spoken(STATE_TITLES[WorkState(line.state)]), 120),
            ],
            name=N_("Devices that should be here"),
            empty=EmptyState("box", N_("By the record no device is here.")),
        )  # fmt: skip
        self.table.setMinimumHeight(260)
        self.strangers = Text(role="warn", wrap=True)
        self.add(self.desk)
        self.add(self.strangers)
        self.add(self.table, 1)
        self.body.setSpacing(MEDIUM)

    def show_figures(self, seen: Figures, day: str) -> None:
        """Show what should be here; a count that was saved is taken up again."""
        if day != self.day or self.figures is None:
            self.found, self.extra = [], []
            self.desk.acts.clear()
            if seen.count is not None:
                self.found, self.extra = list(seen.count.found), list(seen.count.extra)
        self.day, self.figures = day, seen
        self._show()

    def retranslate(self) -> None:
        """Say the figures again."""
        if self.figures is not None:
            self._show()

    def save(self) -> None:
        """Keep the count, once every scan is judged."""
        self.desk.finish(self.save_button, self._counted, self._saved)

    def _counted(self) -> Command[Counted]:
        return save_shelf_count(day=self.day, found=tuple(self.found), extra=tuple(self.extra))

    @property
    def dirty(self) -> bool:
        """Say whether something was scanned since the count was saved."""
        return bool(self.desk.acts)

    def _saved(self, counted: Counted) -> None:
        self.desk.acts.clear()
        self.context.toast(N_("Count saved: {found} found, {missing} missing, {extra} too many"),
                           tone="warn" if counted.missing or counted.extra else "ok", found=counted.found,
                           missing=counted.missing, extra=counted.extra)  # fmt: skip
        self.saved.emit()

    def _take(self, text: str) -> None:
        self.desk.ask(lambda session: shelf_scan(session, text), self._scanned)

    def _scanned(self, scan: ShelfScan) -> None:
        again = False
        if scan.meaning is Meaning.HELD:
            again = self._seen(self.found, scan.item_id)
        elif scan.meaning in (Meaning.GONE, Meaning.FOREIGN):
            again = self._seen(self.extra, scan.label_no or scan.text)
        tell(self.desk.panel, scan, scan.serial_no, again=again)
        self._show()
        self.desk.field.setFocus()

    def _seen(self, into: list[str], what: str) -> bool:
        """Count it; tells whether it was counted already."""
        if what in into:
            return True
        into.append(what)
        self.desk.acts.append((into, what))
        return False

    def _take_back(self, last: tuple[list[str], str]) -> None:
        seen, what = last
        seen.remove(what)
        self.desk.panel.quiet(N_("Taken back"))
        self._show()

    def _show(self) -> None:
        seen = self.figures
        if seen is None:
            return
        here = [line for line in seen.held if line.item_id in self.found]
        progress, counted = self.desk.progress, {"found": len(here), "held": len(seen.held)}
        progress.put("{found} / {held}".format(**counted))
        progress.setAccessibleName(spoken(N_("{found} of {held} found"), **counted))
        self.strangers.put(spoken(N_("Beyond the record: {list}"), list="  ".join(self.extra)) if self.extra else "")
        self.strangers.setVisible(bool(self.extra))
        self.desk.show_undo()
        lines = sorted(seen.held, key=lambda line: line.item_id in self.found)
        self.table.set_rows(lines, keep=lambda line: line.item_id)

    def _state(self, line: Held) -> Cell:
        if line.item_id in self.found:
            return Cell(spoken(N_("found")), "ok", "circle-check", pill=True)
        return Cell(spoken(N_("not counted yet")), "neutral", "clock", pill=True)
