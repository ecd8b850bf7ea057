"""Receiving a van: label, serial number, a look, the next one. With the records or with the paper alone."""

from __future__ import annotations

from typing import cast

from PySide6.QtWidgets import QWidget

from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.commands.transfers_differences import note_extra, undo_receive
from deskapp.commands.transfers_papers import print_discrepancy_note, print_manifest
from deskapp.commands.transfers_receive import Finished, Received, Taken, receive_line, take_paper
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import Changes, Store
from deskapp.queries.transfers import LineRow, Manifested, manifest
from deskapp.queries.transfers_scan import InScan, Means, scan_in
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import (
    Button,
    Card,
    Column,
    DataTable,
    EmptyState,
    FlowLayout,
    Page,
    PageContext,
    Pill,
    Scroll,
    Text,
    TextField,
    column,
    row,
)
from deskapp.ui.pages.checkin_files import keep_files
from deskapp.ui.pages.transfer_extra import ExtraCard
from deskapp.ui.pages.transfer_finish import FinishCard
from deskapp.ui.pages.transfer_idle import IdleCard
from deskapp.ui.pages.transfer_lists import Beside
from deskapp.ui.pages.transfer_look import LookCard
from deskapp.ui.pages.transfer_signed import SignedPaper
from deskapp.ui.pages.transfer_words import ScanPanel, VanField, difference_words, line_state, sent_serial, state_words
from deskapp.ui.widgets.enter import into_view


class TransferInPage(Page):
    """One van, line by line."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Receive devices"))
        self.view: Manifested | None = None
        self.acts: list[Received] = []
        self._id = ""
        self.shelf = ""
        self.state = Pill(N_("Under way"), "info", "truck-delivery")
        self.head.addWidget(self.state)
        self.panel = ScanPanel(context)
        self.add(self.panel)
        self._tools()
        self.look, self.extra, self.signed = LookCard(context), ExtraCard(context), SignedPaper(context)
        self.end = FinishCard(context)
        self.add(self.end)
        self._lists()
        self.add(self.signed)
        self.end.finished.connect(self._finished)
        self.end.hide()
        self.look.taken.connect(self.receive)
        self.extra.noted.connect(self._note_extra)
        self._idle()

    def _tools(self) -> None:
        self.field = VanField(lambda: self.view, N_("Label, serial number, seal, shelf"), name=N_("Scan"))
        self.field.setMaxLength(2000)  # the large code of a paper
        self.courier = TextField(N_("Courier: badge or name"), limit=40, name=N_("Carried by"))
        self.courier.setMaximumWidth(220)
        self.progress = Text(role="title")
        self.place = Pill(N_("no shelf"), "neutral", "box")
        self.undo_button = Button(N_("&Undo the last one"), icon="arrow-back-up", clicked=self.undo)
        self.finish_button = Button(N_("&Finish"), "primary", icon="signature", clicked=self.save)
        self.print_button = Button(N_("&Print"), "quiet", icon="printer", clicked=self.print_paper)
        self.note_button = Button(N_("&Discrepancy note"), "quiet", icon="file-text", clicked=self.print_note)
        tools = QWidget()
        line = row(self.field, self.courier, self.progress)
        line.setStretch(0, 1)
        buttons = FlowLayout(margin=0)
        for part in (self.finish_button, self.undo_button, self.print_button, self.note_button, self.place):
            buttons.addWidget(part)
        lines = column(line, buttons, gap=8)
        lines.setContentsMargins(0, 0, 0, 0)
        tools.setLayout(lines)
        self.add(tools)
        self.field.scanned.connect(self.take)

    def _lists(self) -> None:
        self.table = DataTable(
            [
                Column("state", N_("State"), line_state, 170, sort=lambda one: one.state),
                Column("seal", N_("Bag seal"), lambda one: one.seal_no, 110),
                Column("label", N_("Label"), lambda one: one.label_no, 140),
                Column("model", N_("Model"), lambda one: one.model, 0),
                Column("serial", N_("Serial number"), sent_serial, 150),
            ],
            name=N_("On this manifest"), empty=EmptyState("package", N_("No line is known yet. Scan the large code.")),
        )  # fmt: skip
        self.table.setMinimumHeight(270)
        side = Scroll(margin=0)
        side.add(self.extra)
        side.add(self.look)
        self.idle = IdleCard()
        side.add(self.idle)
        listed = Card(N_("On this manifest"), icon="package")
        listed.add(self.table, 1)
        both = Beside()
        both.place(side, listed, (5, 6), 400, 2 * 310)
        self.add(both, 1)
        self.table.opened.connect(lambda one: self._begin(one) if one.state == "open" else self._custody(one))

    # -- coming here ------------------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show a van by the id of its manifest, or begin from the code of its paper."""
        code = str(args.get("code", ""))
        identity = str(args.get("id") or args.get("manifest_id") or self._id)
        if identity != self._id:
            self._id, self.view, self.acts = identity, None, []
            self.end.clear()
            self.courier.clear()
            self._idle()
            self.panel.quiet(N_("Scan the label of the first device"))
        if code:
            self.jobs.do(take_paper(code=code), owner=self, then=self._paper, refused=lambda error: self._no("", error))
        self._ask()
        self.focus_first(self.field)

    def changed(self, changes: Changes) -> None:
        """Follow the van, and the records that come while it is being received."""
        if changes.touches("manifest", "manifest_event", "repair_item", "attachment"):
            self._ask()

    def scan(self, text: str) -> bool:
        """Everything that is no command is for the van; a badge names the courier."""
        kind = parse_scan(text).kind
        if kind is ScanKind.BADGE:
            self.courier.setText(text)
            return True
        if not self.field.wants(text):
            return False
        self.take(text)
        return True

    def verb(self, word: str) -> bool:
        """The command sheet: in order, tamper check passed, undo, finish, print, quarantine."""
        acts = {"OK": self.look.all_fine, "TAMPEROK": self.look.all_fine, "UNDO": self.undo, "NEXT": self.save,
                "PRINT": self.print_paper, "QUARANTINE": self._suspect}  # fmt: skip
        act = acts.get(word)
        if act is None:
            return False
        act()
        return True

    def retranslate(self) -> None:
        """Say the rows again."""
        if self.view is not None:
            self._show()

    # -- scanning ------------------------------------------------------------------------------

    def take(self, text: str) -> None:
        """Take a scan."""
        self.field.clear()
        identity = self._id
        self.jobs.ask(lambda session: scan_in(session, identity, text), owner=self, then=self._scanned)

    def _scanned(self, seen: InScan) -> None:
        busy = self.look.isVisible() and self.look.line is not None
        if seen.means is Means.SERIAL and busy:
            self._serial(seen.text)
        elif seen.means is Means.SERIAL:
            self.panel.wrong(seen.text, N_("Scan the label first; a device without a label is noted here"))
            self._extra(seen.text)
        elif seen.means in (Means.LINE, Means.EXTRA) and busy and self.look.ready():
            label = self.look.line.label_no if self.look.line else ""
            if seen.text == label:
                self.panel.next(label, N_("It is in your hand: is all in order?"))
                return
            self.panel.wrong(seen.text, N_("First answer for {label}"), label=label)
        elif seen.means is Means.LINE and seen.line is not None:
            self._begin(seen.line)
        else:
            self._other(seen)

    def _other(self, seen: InScan) -> None:
        if seen.means is Means.AGAIN:
            self.panel.again(seen.text, N_("Received already"))
        elif seen.means is Means.EXTRA:
            self.panel.wrong(seen.text, N_("Not on this manifest: put it aside and note it"))
            self._extra(seen.text)
        elif seen.means is Means.OTHER_VAN:
            self.panel.wrong(seen.text, N_("It travels on {manifest}: receive it there"), manifest=seen.number)
        elif seen.means is Means.ACCESSORY:
            self._accessory(seen)
        elif seen.means is Means.SEAL:
            self.panel.right(seen.text, N_("The seal is on the manifest. Is it whole? Then open the bag"))
        elif seen.means is Means.SHELF:
            self.shelf = seen.shelf
            self.place.show_state(N_("onto {shelf}"), "ok", "box", shelf=seen.shelf)
            self.panel.right(seen.shelf, N_("Devices go onto this shelf from now on"))
        elif seen.means is Means.MANIFEST and seen.manifest_id != self._id:
            self.open(id=seen.manifest_id)
        elif seen.means is Means.PAPER:
            self.open(id=seen.manifest_id, code=seen.text)
        elif seen.means is Means.UNKNOWN_PAPER:
            self.panel.wrong(seen.number, N_("The record is not here yet: scan the large code above the list"))
        elif seen.means is Means.MISREAD:
            self.panel.wrong("", N_("Misread: scan it again"))
        else:
            self.panel.wrong(seen.text, N_("Nothing here has this number"))

    def _begin(self, line: LineRow) -> None:
        self.extra.hide()
        self.idle.hide()
        self.panel.next(f"{line.label_no}  {line.model}", self.look.begin(line))
        (self.look.fine if self.look.ready() else self.field).setFocus()

    def _serial(self, number: str) -> None:
        if self.look.take_serial(number):
            self.panel.right(number, N_("Matches. Look at it: is all in order?"))
            self.look.fine.setFocus()
            into_view(self.look.fine)
        else:
            self.panel.wrong(number, N_("Another serial number than was sent"))
            self.look.something_wrong()

    def _accessory(self, seen: InScan) -> None:
        line = self.look.line
        if line is None or seen.number != line.label_no:
            self.panel.wrong(seen.text, N_("This accessory does not belong to the device in your hand"))
            return
        there, wanted = self.look.take_accessory(seen.text)
        self.panel.right(seen.text, N_("Accessory {count} of {all}"), count=there, all=wanted)

    def _suspect(self) -> None:
        if self.look.line is not None:
            self.look.something_wrong()
            self.look.tamper.set_value("suspect")

    def _extra(self, text: str) -> None:
        self.look.hide()
        self.idle.hide()
        self.extra.begin(text)

    def _idle(self) -> None:
        self.look.line = None
        self.look.hide()
        self.extra.hide()
        self.idle.show()

    # -- acts ---------------------------------------------------------------------------------

    def receive(self) -> None:
        """Receive the device in the hand as it was answered."""
        if self.look.line is None:
            return
        self.look.clear_errors()
        work = keep_files(cast("Store", self.jobs.store), self.look.photos.photos, None, self.context.now())
        if work is None:
            self._receive(())
        else:
            self.jobs.background(work, owner=self, then=lambda kept: self._receive(tuple(kept.values())))

    def _receive(self, photos: tuple[Kept, ...]) -> None:
        line = self.look.line
        if line is None:
            return
        act = receive_line(manifest_id=self._id, scanned=line.label_no, looked=self.look.looked(photos),
                           courier=self.courier.text(), shelf=self.shelf)  # fmt: skip
        self.jobs.do(act, owner=self, then=self._received, refused=lambda error: self._no(line.label_no, error))

    def _note_extra(self, photos: tuple[Kept, ...]) -> None:
        act = note_extra(manifest_id=self._id, scanned=self.extra.number, serial_no=self.extra.serial.text(),
                         words=self.extra.words.text(), photos=photos, courier=self.courier.text())  # fmt: skip
        self.jobs.do(act, owner=self, then=self._noted, refused=self._extra_refused)

    def undo(self) -> None:
        """Take the last device back."""
        if self.look.line is not None and self.look.isVisible():
            self._idle()
            self.panel.quiet(N_("Put down again"))
        elif self.acts:
            last = self.acts.pop()
            self.jobs.do(undo_receive(event_id=last.event_id), owner=self,
                         then=lambda label: self.panel.quiet(N_("{label} taken back"), label=label),
                         refused=lambda error: self._no(last.label_no, error))  # fmt: skip
        self.field.setFocus()

    def save(self) -> None:
        """Go to the end: the signatures."""
        if self.view is not None:
            self.end.begin(self.view, self.courier.text())

    def print_paper(self) -> None:
        """Print the manifest with what was received (Ctrl+P)."""
        self.jobs.do(print_manifest(manifest_id=self._id), owner=self, then=self._prints)

    def print_note(self) -> None:
        """Print the note of what does not match."""
        self.jobs.do(print_discrepancy_note(manifest_id=self._id), owner=self, then=self._prints)

    # -- answers --------------------------------------------------------------------------------

    def _received(self, done: Received) -> None:
        self.acts.append(done)
        self._idle()
        if done.quarantined:
            self.panel.wrong(done.label_no, N_("Into quarantine: {what}"),
                             what=" ".join(difference_words(kind) for kind in done.differences))  # fmt: skip
        else:
            here, later = N_("Received, {count} of {all}"), N_("Received, {count} of {all}. The record follows")
            self.panel.right(done.label_no, later if done.waits else here, count=done.received, all=done.expected)
        (self.finish_button if 0 < done.expected <= done.received else self.field).setFocus()

    def _noted(self, done: Received) -> None:
        self.acts.append(done)
        self._idle()
        apart = N_("Noted. Keep it apart until it is settled")
        self.panel.wrong(done.label_no, N_("Noted, into quarantine") if done.quarantined else apart)
        self.field.setFocus()

    def _no(self, text: str, error: DeskError) -> None:
        if error.field == "courier":
            self.courier.set_wrong(True)
            self.courier.setFocus()
        if not self.look.refuse(error):
            tell = self.panel.again if error.code == "again" else self.panel.wrong
            tell(text, N_("{sentence}"), sentence=say(error))

    def _extra_refused(self, error: DeskError) -> None:
        if not self.extra.refuse(error):
            self.panel.wrong(self.extra.number, N_("{sentence}"), sentence=say(error))

    def _finished(self, done: Finished) -> None:
        tell = self.panel.wrong if done.differences else self.panel.right
        tell(done.number, N_("Finished: {count} received, {open} differences open"), count=done.received,
              open=done.differences)  # fmt: skip
        self.field.setFocus()
        into_view(self.panel)

    def _paper(self, done: Taken) -> None:
        if done.read < done.parts:
            self.panel.next(done.number, N_("Code {read} of {parts} read: scan the next one"), read=done.read,
                            parts=done.parts)  # fmt: skip
        elif not done.known:
            self.panel.right(done.number, N_("Read from the paper. Now scan the label of the first device"))

    def _prints(self, number: str) -> None:
        self.context.toast(N_("The paper of {number} prints"), tone="ok", number=number)

    def _custody(self, line: LineRow) -> None:
        if line.item_id:
            self.context.navigate("custody", id=line.item_id, kind="item")

    # -- showing --------------------------------------------------------------------------------

    def _ask(self) -> None:
        identity, now = self._id, self.context.now()
        self.jobs.ask(lambda session: manifest(session, identity, now), owner=self, then=self._here, exclusive="van")

    def _here(self, view: Manifested | None) -> None:
        self.view = view
        if view is not None:
            self.banner.clear()
            if view.courier and not self.courier.text() and not self.courier.hasFocus():
                self.courier.setText(view.courier)
            self.signed.show_manifest(view)
            self._show()

    def _show(self) -> None:
        view = self.view
        if view is None:
            return
        self.title.put(f"{view.row.other}  {view.row.number}")
        done = view.row.state == "arrived"
        tone = "ok" if done and not view.row.differences else "warn" if view.row.differences else "info"
        self.state.show_state(N_("{state}"), tone, "truck-delivery", state=state_words(view.row.state))
        self.progress.put(f"{view.received} / {max(len(view.lines), view.row.lines)}")
        lines = sorted(view.lines, key=lambda one: (one.state != "open", -one.at))
        self.table.set_rows(lines, keep=lambda one: one.label_no)
        self.undo_button.setEnabled(bool(self.acts) or self.look.line is not None)
        self.finish_button.setVisible(not done)
        self.idle.show_van(view)
        self.note_button.setVisible(bool(view.differences))
        if not view.row.recorded:
            self.banner.say(
                "info", N_("The sender's record has not come yet. Receive on the paper; it is matched later.")
            )
