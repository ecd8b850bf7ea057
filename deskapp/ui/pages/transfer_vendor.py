"""Back from the maker: what they say, the number on the case, where it goes from here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal

from deskapp.commands.transfers_receive import Received
from deskapp.commands.transfers_vendor import RESULTS, receive_from_vendor
from deskapp.errors import N_, DeskError
from deskapp.queries.transfers import LineRow
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    Form,
    LatinField,
    PageContext,
    ScanField,
    Text,
    TextField,
    row,
)
from deskapp.ui.pages.scan_desk import ScanPanel
from deskapp.ui.pages.transfer_look import TAMPER
from deskapp.ui.pages.transfer_words import find_line

RESULT_TITLES = {
    "repaired": N_("Repaired"), "exchanged": N_("Exchanged for another unit"), "unrepairable": N_("Cannot be repaired"),
    "no_fault": N_("No fault found"),
}  # fmt: skip


class VendorCard(Card):
    """One device that the maker sent back.

    Signals:
        received: it is taken in; carries the answer.
    """

    received = Signal(object)

    def __init__(self, context: PageContext, manifest_id: Callable[[], str]) -> None:
        super().__init__(
            N_("Back from the maker"), icon="tool", hint=N_("Scan the label of a device, or choose its line.")
        )
        self.context, self._manifest_id = context, manifest_id
        self.line: LineRow | None = None
        self.what = Text(role="heading", copy=True)
        self.result = ChoiceBar([Choice(one, RESULT_TITLES[one]) for one in RESULTS], name=N_("What the maker says"))
        self.serial = ScanField(N_("Scan it from the case"), name=N_("Serial number on the case"))
        self.tamper = ChoiceBar(TAMPER, name=N_("Tamper check"))
        self.courier = TextField(N_("Who brings it"), limit=40)
        self.shelf = LatinField("D-01", limit=20)
        self.words = TextField(N_("What the maker wrote"), limit=160)
        self.form = Form(columns=2)
        self.form.add("result", N_("What the ma&ker says"), self.result, needed=True, span=2)
        self.form.add("serial_no", N_("Serial number on the case"), self.serial, needed=True)
        self.form.add("tamper", N_("Tamper check"), self.tamper, needed=True)
        self.form.add("courier", N_("Carried by"), self.courier, needed=True)
        self.form.add("shelf", N_("Shelf"), self.shelf)
        self.form.add("words", N_("Remark"), self.words, span=2)
        self.button = Button(N_("&Receive"), "primary", icon="check", clicked=self.submit)
        self.add(self.what)
        self.add(self.form)
        self.add(row(1, self.button))
        self.words.returnPressed.connect(self.submit)
        self._open(False)

    def take(self, panel: ScanPanel, lines: Sequence[LineRow], number: str) -> None:
        """Take the scan of a device, label or serial number, and ask about it if it is still with the maker."""
        line = find_line(lines, number)
        if line is None:
            panel.wrong(number, N_("Not on this manifest: put it aside"))
        elif line.state != "open":
            panel.again(line.label_no, N_("Received already"))
        else:
            panel.next(f"{line.label_no}  {line.model}", N_("What does the maker say?"))
            self.begin(line)

    def take_scan(self, panel: ScanPanel, lines: Sequence[LineRow], text: str) -> None:
        """Take a code: while a device is in the hand the number on its case, else the next device."""
        scan = parse_scan(text)
        if self.line is not None and scan.kind in (ScanKind.SERIAL, ScanKind.UNKNOWN):
            self.serial.setText(scan.number)
            panel.next(scan.number, N_("Now look at it: is it intact?"))
            self.tamper.setFocus()
        else:
            self.take(panel, lines, scan.number)

    def begin(self, line: LineRow) -> None:
        """Ask about one device."""
        self.line = line
        self.what.put(f"{line.label_no}  {line.model}  {line.serial_no}")
        self.form.clear_errors()
        self.result.set_value(None)
        self.tamper.set_value(None)
        for field in (self.serial, self.words):
            field.clear()
        self._open(True)
        self.result.setFocus()

    def take_shelf(self, panel: ScanPanel, code: str) -> None:
        """Lay it onto a scanned shelf, and go on to what is still open about the device in the hand."""
        self.shelf.setText(code)
        panel.right(code, N_("Devices go onto this shelf from now on"))
        if self.line is not None:
            (self.words if self.courier.text().strip() else self.courier).setFocus()

    def submit(self) -> None:
        """Take it in."""
        if self.line is None:
            return
        act = receive_from_vendor(
            manifest_id=self._manifest_id(), label_no=self.line.label_no, result=self.result.value() or "",
            serial_no=self.serial.text(), tamper_result=self.tamper.value() or "", courier=self.courier.text(),
            shelf=self.shelf.text(), words=self.words.text(),
        )  # fmt: skip
        self.context.jobs.do(act, owner=self, then=self._done, refused=self._refused)

    def _done(self, done: Received) -> None:
        self.line = None
        self._open(False)
        self.received.emit(done)

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=self.form.rows["result"].refuse)

    def _open(self, on: bool) -> None:
        for part in (self.what, self.form, self.button):
            part.setVisible(on)
