"""The shelf count: scan, scan, scan; the last one is shown so large that nobody has to walk back to look."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from deskapp import settings
from deskapp.commands.dayend import Counted, save_shelf_count
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.day_figures import Figures, Held
from deskapp.queries.dayend import Meaning, ShelfScan, shelf_scan
from deskapp.rules.states import STATE_TITLES, WorkState
from deskapp.ui import icons, theme
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
    row,
    spoken,
)
from deskapp.ui.tokens import MEDIUM

SENTENCES = {
    Meaning.HELD: (N_("Found"), "ok", "circle-check"),
    Meaning.ACCESSORY: (N_("An accessory: scan the device it belongs to"), "info", "info-circle"),
    Meaning.GONE: (N_("By the record it is not here: “{state}”. Put it aside"), "danger", "alert-triangle"),
    Meaning.LOANER: (N_("A loaner: it is not counted here"), "info", "switch-horizontal"),
    Meaning.FOREIGN: (N_("Not on record: put it aside"), "warn", "alert-triangle"),
    Meaning.MISREAD: (N_("Misread: scan it again"), "warn", "barcode"),
}
AGAIN = (N_("Counted already"), "info", "refresh")


class LastScan(QWidget):
    """The last scan, readable from three steps away: sign, number, words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone, self._icon, self._number = "muted", "scan", ""
        self._words: tuple[str, dict[str, object]] = (N_("Scan the first label"), {})
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def show_scan(self, number: str, words: str, tone: str, icon: str, **values: object) -> None:
        """Show a scan (the words are a message id)."""
        self._number, self._tone, self._icon, self._words = number, tone, icon, (words, values)
        self.retranslate()

    def said(self) -> str:
        """Return the words shown."""
        return spoken(self._words[0], **self._words[1])

    def retranslate(self) -> None:
        """Say the words in the window's language."""
        self.setFixedHeight(theme.px(112))
        self.setAccessibleName(f"{self.said()} {self._number}".strip())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw sign, words and number."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        soft = "hover" if self._tone == "muted" else f"{self._tone}_soft"
        painter.setPen(QPen(theme.colour("border" if self._tone == "muted" else self._tone), 1))
        painter.setBrush(theme.colour(soft))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 10, 10)
        edge = theme.px(48)
        left = theme.px(20)
        top = (self.height() - edge) // 2
        painter.drawPixmap(left, top, icons.pixmap(self._icon, self._tone, 48))
        inner = self.rect().adjusted(left + edge + theme.px(18), theme.px(14), -theme.px(16), -theme.px(14))
        painter.setPen(theme.colour(self._tone if self._tone != "muted" else "text"))
        painter.setFont(theme.font("title"))
        said = painter.fontMetrics().elidedText(self.said(), Qt.TextElideMode.ElideRight, inner.width())
        upper = int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        lower = int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft)
        painter.drawText(inner, upper if self._number else int(Qt.AlignmentFlag.AlignVCenter), said)
        painter.setPen(theme.colour("text"))
        painter.setFont(theme.font("title"))
        painter.drawText(inner, lower, self._number)


class CountCard(Card):
    """A walk along the shelves.

    Signals:
        saved: the count was saved.
    """

    saved = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            N_("Shelf count"), icon="scan",
            hint=N_("Scan the label of every device on shelves and benches. Undo takes the last scan back."),
        )  # fmt: skip
        self.context, self.jobs = context, context.jobs
        self.day = ""
        self.figures: Figures | None = None
        self.found: list[str] = []
        self.extra: list[str] = []
        self._acts: list[tuple[str, str]] = []
        self.field = ScanField(N_("Label or serial number"), name=N_("Scan a device"))
        self.last = LastScan()
        self.progress = Text(role="title")
        self.undo_button = Button(N_("&Undo the last scan"), icon="arrow-back-up", clicked=self.undo)
        self.save_button = Button(N_("&Save the count"), "primary", icon="check", clicked=self.save)
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
        self.add(self.last)
        self.add(row(self.field, self.progress, self.undo_button, self.save_button))
        self.add(self.strangers)
        self.add(self.table, 1)
        self.field.scanned.connect(self.take)
        self.body.setSpacing(MEDIUM)

    def show_figures(self, seen: Figures, day: str) -> None:
        """Show what should be here; a count that was saved is taken up again."""
        if day != self.day or self.figures is None:
            self.found, self.extra, self._acts = [], [], []
            if seen.count is not None:
                self.found, self.extra = list(seen.count.found), list(seen.count.extra)
        self.day, self.figures = day, seen
        self._show()

    def retranslate(self) -> None:
        """Say the figures again."""
        if self.figures is not None:
            self._show()

    def take(self, text: str) -> bool:
        """Count a scan."""
        self.field.clear()
        self.jobs.ask(lambda session: shelf_scan(session, text), owner=self, then=self._scanned)
        return True

    def undo(self) -> None:
        """Take the last scan back."""
        if not self._acts:
            return
        kind, what = self._acts.pop()
        (self.found if kind == "found" else self.extra).remove(what)
        self.last.show_scan("", N_("Taken back"), "muted", "arrow-back-up")
        self._show()
        self.field.setFocus()

    def save(self) -> None:
        """Keep the count."""
        self.save_button.setEnabled(False)
        act = save_shelf_count(day=self.day, found=tuple(self.found), extra=tuple(self.extra))
        self.jobs.do(act, owner=self, then=self._saved, refused=self._refused)

    @property
    def dirty(self) -> bool:
        """Say whether something was scanned since the count was saved."""
        return bool(self._acts)

    def _saved(self, counted: Counted) -> None:
        self.save_button.setEnabled(True)
        self._acts.clear()
        self.context.toast(N_("Count saved: {found} found, {missing} missing, {extra} too many"),
                           tone="warn" if counted.missing or counted.extra else "ok", found=counted.found,
                           missing=counted.missing, extra=counted.extra)  # fmt: skip
        self.saved.emit()

    def _refused(self, error: DeskError) -> None:
        self.save_button.setEnabled(True)
        self.last.show_scan("", N_("{sentence}"), "danger", "alert-circle", sentence=say(error))

    def _scanned(self, scan: ShelfScan) -> None:
        words, tone, icon = SENTENCES[scan.meaning]
        name = "  ".join(part for part in (scan.serial_no or scan.text, scan.model) if part)
        if scan.meaning is Meaning.HELD:
            if scan.item_id in self.found:
                words, tone, icon = AGAIN
            else:
                self.found.append(scan.item_id)
                self._acts.append(("found", scan.item_id))
        elif scan.meaning in (Meaning.GONE, Meaning.FOREIGN):
            known = scan.label_no or scan.text
            if known in self.extra:
                words, tone, icon = AGAIN
            else:
                self.extra.append(known)
                self._acts.append(("extra", known))
        if tone in ("warn", "danger"):
            self._beep()
        self.last.show_scan(name, words, tone, icon, state=spoken(scan.state) if scan.state else "")
        self._show()
        self.field.setFocus()

    def _beep(self) -> None:
        if self.context.values()[settings.SOUNDS]:
            QApplication.beep()

    def _show(self) -> None:
        seen = self.figures
        if seen is None:
            return
        here = [line for line in seen.held if line.item_id in self.found]
        self.progress.put(f"{len(here)} / {len(seen.held)}")
        self.progress.setAccessibleName(spoken(N_("{found} of {held} found"), found=len(here), held=len(seen.held)))
        self.strangers.put(spoken(N_("Beyond the record: {list}"), list="  ".join(self.extra)) if self.extra else "")
        self.strangers.setVisible(bool(self.extra))
        self.undo_button.setEnabled(bool(self._acts))
        lines = sorted(seen.held, key=lambda line: line.item_id in self.found)
        self.table.set_rows(lines, keep=lambda line: line.item_id)

    def _state(self, line: Held) -> Cell:
        if line.item_id in self.found:
            return Cell(spoken(N_("found")), "ok", "circle-check", pill=True)
        return Cell(spoken(N_("not counted yet")), "neutral", "clock", pill=True)
