"""Receiving a van: label, serial number, a look, the next one. With the records or with the paper alone."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QTimer

from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.commands.transfers_differences import note_extra, undo_receive
from deskapp.commands.transfers_receive import Finished, Received, Taken, receive_line, take_paper
from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes
from deskapp.queries.transfers import LineRow, Manifested, manifest
from deskapp.queries.transfers_scan import InScan, Means, scan_in
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.transfers import Difference
from deskapp.ui.kit import Button, PageContext, Pill, Scroll, TextField, listed
from deskapp.ui.pages.scan_desk import ScanDesk, ScanPage
from deskapp.ui.pages.transfer_extra import ExtraCard
from deskapp.ui.pages.transfer_finish import FinishCard
from deskapp.ui.pages.transfer_idle import IdleCard
from deskapp.ui.pages.transfer_lists import Beside, VanList
from deskapp.ui.pages.transfer_look import LookCard
from deskapp.ui.pages.transfer_papers import print_note, print_van
from deskapp.ui.pages.transfer_signed import SignedPaper
from deskapp.ui.pages.transfer_words import ASIDE, VanField, difference_words, state_words
from deskapp.ui.widgets.enter import into_view

LEFT_OFF_MS = 60 * 60_000
"""How long a walk that was left off is taken up with its courier and shelf; later somebody else stands there."""


class TransferInPage(ScanPage):
    """One van, line by line."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Receive devices"))
        self.view: Manifested | None = None
        self._id = ""
        self._resuming = False
        self.shelf = ""
        self.state = Pill(N_("Under way"), "info", "truck-delivery")
        self.head.addWidget(self.state)
        self.look, self.extra, self.idle = LookCard(context), ExtraCard(context), IdleCard()
        self._tools(context)
        self.end, self.signed, self.listed = FinishCard(context), SignedPaper(context), VanList()
        side, both = Scroll(margin=0), Beside()
        for part in (self.extra, self.look, self.idle):
            side.add(part)
        both.place(side, self.listed, (4, 7), 400, 2 * 310)
        self.add(self.desk)
        self.add(self.end)
        self.add(both, 1)
        self.add(self.signed)
        self.table = self.listed.table
        self.table.opened.connect(lambda one: self._begin(one) if one.state == "open" else self._custody(one))
        self.end.finished.connect(self._finished)
        self.end.hide()
        self.look.taken.connect(self._receive)
        self.extra.noted.connect(self._note_extra)
        self._idle()

    def _tools(self, context: PageContext) -> None:
        field = VanField(lambda: self.view, N_("Label, serial number, seal, shelf"), name=N_("Scan"))
        field.setMaxLength(2000)  # the large code of a paper
        self.desk: ScanDesk[Received] = ScanDesk(
            context, field, N_("Scan the label of the first device"), take=self._take, take_back=self._take_back,
            held=self._held, put_down=self._put_down, undo=N_("&Undo the last one"),
            verbs={"OK": self._ok, "TAMPEROK": self.look.all_fine, "NEXT": self.save,
                   "PRINT": self.print_paper, "QUARANTINE": self._suspect},
        )  # fmt: skip
        self.panel, self.field = self.desk.panel, self.desk.field
        self.courier = TextField(N_("Courier: badge or name"), limit=40, name=N_("Carried by"))
        self.courier.setMaximumWidth(220)
        self.courier.textChanged.connect(lambda _text: self.courier.set_wrong(False))
        self.courier.returnPressed.connect(self._go_on)
        self.place = Pill(N_("no shelf"), "neutral", "box")
        self.finish_button = Button(N_("&Finish"), "primary", icon="signature", clicked=self.save)
        self.print_button = Button(N_("&Print"), "quiet", icon="printer", clicked=self.print_paper)
        self.note_button = Button(N_("&Discrepancy note"), "quiet", icon="file-text", clicked=self.print_note)
        self.desk.lay(
            (self.courier, self.desk.progress),
            (self.finish_button, self.desk.undo_button, self.print_button, self.note_button, self.place),
        )

    # -- coming here ------------------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show a van by the id of its manifest, or begin from the code of its paper."""
        code = str(args.get("code", ""))
        identity = str(args.get("id") or args.get("manifest_id") or self._id)
        if identity != self._id:
            self._id, self.view, self._resuming = identity, None, True
            self.desk.begin_anew()
            self.end.clear()
            self.courier.clear()
            self._onto("")
            self._idle()
        if code:
            self.desk.do(take_paper(code=code), self._paper)
        self._ask()
        self.focus_first(self.field)

    def changed(self, changes: Changes) -> None:
        """Follow the van, and the records that come while it is being received."""
        self.signed.files.heard(changes)
        if changes.touches("manifest", "manifest_event", "repair_item", "attachment"):
            self._ask()

    def scan(self, text: str) -> bool:
        """Everything that is no command is for the van; a badge names the courier."""
        if parse_scan(text).kind is ScanKind.BADGE:
            self.courier.setText(text)
            return True
        return super().scan(text)

    def retranslate(self) -> None:
        """Say the rows again."""
        if self.view is not None:
            self._show()

    # -- scanning ------------------------------------------------------------------------------

    def _take(self, text: str) -> None:
        identity = self._id
        self.desk.ask(lambda session: scan_in(session, identity, text), self._scanned)

    def _scanned(self, seen: InScan) -> None:
        busy = self._in_hand()
        if self.extra.isVisible() and seen.means in (Means.SERIAL, Means.LINE, Means.EXTRA):
            self._about_extra(seen)
        elif seen.means is Means.SERIAL and busy and self.look.take_seal(seen.text):
            self.panel.wrong(seen.text, N_("Another seal than was sent: the device goes into quarantine"))
        elif seen.means is Means.SERIAL and busy:
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
            self._onto(seen.shelf)
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

    def _onto(self, shelf: str) -> None:
        """Let what is received from now on lie on a shelf; empty for none."""
        self.shelf = shelf
        if shelf:
            self.place.show_state(N_("onto {shelf}"), "ok", "box", shelf=shelf)
        else:
            self.place.show_state(N_("no shelf"), "neutral", "box")

    def _begin(self, line: LineRow) -> None:
        self.extra.hide()
        self.idle.hide()
        self.panel.next(f"{line.label_no}  {line.model}", self.look.begin(line))
        (self.look.fine if self.look.ready() else self.field).setFocus()

    def _serial(self, number: str) -> None:
        if self.look.take_serial(number) and self.look.tamper.value() == "suspect":
            self._suspect()
        elif self.look.matches():
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
        line = self.look.line
        if line is None:
            self.panel.wrong("", N_("Scan the label of the suspicious device first"))
            return
        ready = self.look.suspicious()
        words = N_("Suspicious: receive it as it is, the rest need not be answered")
        self.panel.wrong(line.label_no, words if ready else N_("Suspicious: now the serial number on the case"))
        target = self.look.receive if ready else self.field
        target.setFocus()
        QTimer.singleShot(0, target, lambda: into_view(target))  # the questions are laid out first

    def _about_extra(self, seen: InScan) -> None:
        """While a device without a line is asked about: its number on the case; nothing else takes its place."""
        if seen.means is Means.SERIAL and self.extra.take_serial(seen.text):
            self.panel.next(self.extra.number, N_("Not on this manifest. Where did it lie? Then note it"))
        elif seen.text == self.extra.number:
            self.panel.again(seen.text, N_("It is in your hand: note it"))
        else:
            self.panel.wrong(seen.text, N_("First answer for {label}"), label=self.extra.number)

    def _go_on(self) -> None:
        """The courier is named: back to the device in the hand, or to the next scan."""
        (self.look.fine if self._in_hand() and self.look.fine.isVisible() else self.field).setFocus()

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

    def _receive(self, photos: tuple[Kept, ...]) -> None:
        line = self.look.line
        if line is None:
            return
        act = receive_line(manifest_id=self._id, scanned=line.label_no, looked=self.look.looked(photos),
                           courier=self.courier.text(), shelf=self.shelf)  # fmt: skip
        self.desk.do(act, self._received, refused=partial(self._no, line.label_no))

    def _note_extra(self, photos: tuple[Kept, ...]) -> None:
        act = note_extra(manifest_id=self._id, scanned=self.extra.number, serial_no=self.extra.serial.text(),
                         words=self.extra.words.text(), photos=photos, courier=self.courier.text())  # fmt: skip
        self.desk.do(act, self._noted, refused=self._extra_refused)

    def _in_hand(self) -> bool:
        return self.look.line is not None and self.look.isVisible()

    def _held(self) -> bool:
        return self._in_hand() or self.extra.isVisible()

    def _ok(self) -> None:
        """All is in order, or what is asked about a device without a line is answered."""
        if self.extra.isVisible():
            self.extra.submit()
        else:
            self.look.all_fine()

    def _put_down(self) -> None:
        self._idle()
        self.panel.quiet(N_("Put down again"))

    def _take_back(self, last: Received) -> None:
        self.desk.do(undo_receive(event_id=last.event_id), self._taken_back, last.label_no)

    def _taken_back(self, label: str) -> None:
        self.panel.quiet(N_("{label} taken back"), label=label)

    def save(self) -> None:
        """Go to the end: the signatures. What is still in the hand is answered first."""
        if self._held():
            number = self.look.line.label_no if self.look.line is not None else self.extra.number
            self.panel.wrong(number, N_("First answer for {label}"), label=number)
        elif self.view is not None:
            self.end.begin(self.view, self.courier.text())

    def print_paper(self) -> None:
        """Print the manifest with what was received (Ctrl+P)."""
        print_van(self, self._id)

    def print_note(self) -> None:
        """Print the note of what does not match."""
        print_note(self, self._id)

    # -- answers --------------------------------------------------------------------------------

    def _received(self, done: Received) -> None:
        self.desk.acts.append(done)
        self._idle()
        if Difference.TAMPER in done.differences:
            self.panel.wrong(done.label_no, ASIDE)
        elif done.quarantined:
            self.panel.wrong(done.label_no, N_("Into quarantine: {what}"),
                             what=listed(difference_words(kind) for kind in done.differences))  # fmt: skip
        else:
            here, later = N_("Received, {count} of {all}"), N_("Received, {count} of {all}. The record follows")
            self.panel.right(done.label_no, later if done.waits else here, count=done.received, all=done.expected)
        (self.finish_button if 0 < done.expected <= done.received else self.field).setFocus()

    def _noted(self, done: Received) -> None:
        self.desk.acts.append(done)
        self._idle()
        if done.quarantined:
            words = N_("Noted, into quarantine. It goes on under Differences")
        elif done.waits:
            words = N_("Noted, keep it apart. It goes on under Differences")
        else:
            words = N_("Noted. Keep it apart until it is settled")
        self.panel.wrong(done.label_no, words)
        self.field.setFocus()

    def _no(self, text: str, error: DeskError) -> None:
        if error.field == "courier":
            self.courier.set_wrong(True)
            self.courier.setFocus()
        if not self.look.refuse(error):
            self.panel.refused(text, error)

    def _extra_refused(self, error: DeskError) -> None:
        if not self.extra.refuse(error):
            self.panel.refused(self.extra.number, error)

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

    def _custody(self, line: LineRow) -> None:
        if line.item_id:
            self.context.navigate("custody", id=line.item_id, kind="item")

    # -- showing --------------------------------------------------------------------------------

    def _ask(self) -> None:
        identity, now = self._id, self.context.now()
        self.jobs.ask(lambda session: manifest(session, identity, now), owner=self, then=self._here, exclusive="van")

    def _here(self, view: Manifested | None) -> None:
        self.view = view
        if view is not None and view.row.recorded and not view.row.incoming:
            self.context.navigate("transfer_out", id=view.row.id, number=view.row.number, kind=view.row.kind)
        elif view is not None:
            self.banner.clear()
            self._go_on_with(view)
            self.signed.show_manifest(view)
            self._show()

    def _go_on_with(self, view: Manifested) -> None:
        """Take courier and shelf over: as sent, or as somebody left off here before the computer went off."""
        last = view.last
        lately = last is not None and self.context.now() - last.at < LEFT_OFF_MS
        courier = last.courier if last is not None and lately else view.courier
        if courier and not self.courier.text() and not self.courier.hasFocus():
            self.courier.setText(courier)
        if last is not None and lately and self._resuming:
            self._onto(self.shelf or last.shelf)
        self._resuming = False

    def _show(self) -> None:
        view = self.view
        if view is None:
            return
        self.title.put(f"{view.row.other}  {view.row.number}")
        done = view.row.state == "arrived"
        tone = "ok" if done and not view.row.differences else "warn" if view.row.differences else "info"
        self.state.show_state(N_("{state}"), tone, "truck-delivery", state=state_words(view.row.state))
        self.desk.progress.put(f"{view.received} / {max(len(view.lines), view.row.lines)}")
        self.listed.show_lines(view.lines)
        self.desk.show_undo()
        self.finish_button.setVisible(not done or view.unsigned)
        self.idle.show_van(view)
        self.note_button.setVisible(bool(view.differences))
        if not view.row.recorded:
            self.banner.say(
                "info", N_("The sender's record has not come yet. Receive on the paper; it is matched later.")
            )
