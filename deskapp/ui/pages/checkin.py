"""Check-in: scan, answer, save, scan the labels back. Several devices of one merchant in one go."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget

from deskapp.clock import new_uuid7
from deskapp.commands.checkin import check_in
from deskapp.commands.checkin_forms import CheckedIn
from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.commands.drafts import drop_draft, save_draft
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import Changes, Override, Store
from deskapp.queries.checkin import Told, serial_of
from deskapp.queries.drafts import DraftCard, draft, drafts
from deskapp.rules.identifiers import clean_serial, judge, sentence
from deskapp.rules.numbers import PROBLEMS, ScanKind, parse_scan
from deskapp.ui.kit import Page, PageContext, Scroll, spoken
from deskapp.ui.pages.checkin_files import SIGNATURE, Work, keep_files
from deskapp.ui.pages.checkin_labels import LabelsPanel
from deskapp.ui.pages.checkin_sheet import CheckInSheet
from deskapp.ui.tokens import HUGE, LARGE, MEDIUM

LONGEST_SERIAL = 30
PAUSE_MS = 1200
"""A pause in typing after which the draft is saved."""

_OURS = {
    ScanKind.LABEL: N_("{number} is a label of ours. Scan the maker's serial number to take the device in."),
    ScanKind.ACCESSORY: N_("{number} is the label of an accessory. Scan the serial number of a device."),
}

_FORM, _LABELS = 0, 1


class CheckInPage(Page):
    """The counter's page for taking devices in."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Check devices in"), scroll=False)
        self.ticket_id = self.draft_id = ""
        self._saving = False
        self._signature: Kept | None = None
        self._saved_state: dict[str, object] = {}
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.save_draft)
        self.body.setContentsMargins(HUGE, LARGE, HUGE, MEDIUM)
        self.body.setSpacing(MEDIUM)
        self.sheet = CheckInSheet(context)
        self.labels = LabelsPanel(context)
        held = Scroll(margin=0)
        held.add(self.labels)
        self.stack = QStackedWidget()
        self.stack.setProperty("role", "pages")
        self.stack.addWidget(self.sheet)
        self.stack.addWidget(held)
        self.add(self.stack, 1)
        self.sheet.serial.scanned.connect(lambda text: self.take_serial(text, typed=True))
        self.sheet.edited.connect(self._edited)
        self.sheet.told.connect(self._told)
        self.sheet.photographed.connect(self._keep_photos)
        self.sheet.drop_wanted.connect(self.discard)
        self.sheet.save_wanted.connect(self.save)
        self.sheet.drafts.wanted.connect(self.restore)
        self.sheet.drafts.dropped.connect(self._drop_card)
        self.labels.done.connect(self._labels_done)

    # -- the window calls --------------------------------------------------------

    def open(self, **args: object) -> None:
        """Begin, or go on; a ticket, a merchant, a serial number, or what was begun (`draft_id`) may come along."""
        begun = str(args.get("draft_id") or "")
        if begun and self.stack.currentIndex() == _FORM:
            self._go_on_with(begun)
            return
        self.ticket_id = str(args.get("ticket_id") or self.ticket_id)
        merchant = str(args.get("merchant_id") or "")
        if merchant and self.sheet.party.merchant_card is None:
            self.sheet.ask_merchant(merchant)
        scanned = str(args.get("number") or "") if args.get("kind") == "device" else ""
        told = str(args.get("serial_no") or "")
        if scanned and self.stack.currentIndex() == _FORM:
            self.take_serial(scanned, typed=False)
        elif told:
            # Somebody said it on the telephone: the case decides, Enter takes it as typed.
            self.sheet.serial.setText(told)
        if args.get("deliverer"):
            # From a visit: whoever was met there hands the device over, and the engineer takes it.
            self.sheet.party.name.setText(str(args["deliverer"]))
            self.sheet.party.phone.setText(str(args.get("deliverer_phone", "")))
        if not self.sheet.panels:
            self._ask_drafts()
            self.focus_first(self.sheet.serial)

    def _go_on_with(self, draft_id: str) -> None:
        """Take up what was begun, at its first open question; what stands here now is kept as a draft of its own."""
        if draft_id == self.draft_id:
            self.sheet.go_on()
            return
        self.save_draft()

        def then(card: DraftCard | None) -> None:
            if card is not None:
                self.restore(card)
            else:
                self._ask_drafts()

        self.jobs.ask(lambda session: draft(session, draft_id), owner=self, then=then, exclusive="begun")

    def leave(self) -> None:
        """Keep what was typed."""
        self.save_draft()

    def changed(self, changes: Changes) -> None:
        """Follow printer and records; models may have other names, in another language too."""
        self.labels.changed(changes)
        if changes.touches("device_model"):
            self.sheet.name_models()

    def scan(self, text: str) -> bool:
        """Take a serial number as a device; while labels are open, take a label."""
        found = parse_scan(text)
        if self.stack.currentIndex() == _LABELS:
            if not self.labels.finished or found.problem or found.kind in (ScanKind.LABEL, ScanKind.ACCESSORY):
                self.labels.scan(text)
                return True
            self.labels.leave(True)
        if found.kind is ScanKind.SERIAL:
            self.take_serial(found.number, typed=False)
            return True
        if not self.sheet.panels:
            return False  # nothing is begun: the window opens whatever the code names
        if found.kind in _OURS:
            self.banner.say("warn", _OURS[found.kind], number=found.number)
        elif found.problem:
            self.banner.say("warn", PROBLEMS[found.problem])
        else:
            return False
        return True

    # -- devices -----------------------------------------------------------------

    def take_serial(self, text: str, *, typed: bool) -> None:
        """Add a device by its serial number, or go to it when it is here already."""
        self.banner.clear()
        serial = clean_serial(text)
        found = parse_scan(text)
        if found.kind in _OURS:
            self.banner.say("warn", _OURS[found.kind], number=found.number)
            return
        verdict = judge("serial_no", serial)
        tusn = judge("tusn", serial).value
        if verdict.value is None and tusn and len(tusn) > LONGEST_SERIAL:
            self._take_tusn(tusn)
            return
        if verdict.value is None:
            words, values = sentence(verdict)
            self.banner.put("danger", spoken(words, **values))
            self.sheet.serial.selectAll()
            return
        self.sheet.serial.clear()
        for place, panel in enumerate(self.sheet.panels):
            if panel.serial == verdict.value:
                self.sheet.show_device(place)
                panel.go_on()
                self.context.toast(
                    N_("On this check-in already: {serial}"), tone="warn", serial=verdict.value
                )
                return
        if (begun := self._begun_with(verdict.value)) is not None:
            self.restore(begun)
            self.context.toast(N_("Going on with the check-in that was begun with this device."))
            return
        self.draft_id = self.draft_id or new_uuid7()
        panel = self.sheet.add_panel(verdict.value, typed=typed)
        self.sheet.show_device(len(self.sheet.panels) - 1)
        panel.go_to(panel.typed_reason if typed else panel.symptom)
        self._edited()

    def _told(self, told: Told) -> None:
        """Take the device in on the ticket that speaks of it, unless the clerk came from another one."""
        self.ticket_id = self.ticket_id or told.ticket_id
        if self.ticket_id == told.ticket_id:
            self.context.toast(N_("Taken over from ticket {number}: what was said on it."), number=told.number)
        self._edited()

    def _begun_with(self, serial: str) -> DraftCard | None:
        """Return the unfinished check-in with this device, while nothing else is on the counter."""
        if self.sheet.panels:
            return None
        cards = self.sheet.drafts.cards
        return next(
            (card for card in cards if serial in [str(one.get("serial")) for one in card.form.get("devices", [])]), None
        )

    def _take_tusn(self, tusn: str) -> None:
        """A TUSN was scanned from the case: go on with the serial number it belongs to."""

        def then(serial: str) -> None:
            if serial:
                self.take_serial(serial, typed=False)
            else:
                self.banner.say("warn", N_("This is a TUSN that is not known here. Scan the serial number."))

        self.sheet.serial.clear()
        self.jobs.ask(lambda session: serial_of(session, tusn), owner=self, then=then)

    def next_record(self) -> None:
        """Show the next device of this check-in."""
        self._step(1)

    def previous_record(self) -> None:
        """Show the device before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        panels = self.sheet.panels
        if panels and self.stack.currentIndex() == _FORM:
            self.sheet.show_device((self.sheet.current + by) % len(panels))
            panels[self.sheet.current].go_to(panels[self.sheet.current].symptom)

    def _edited(self) -> None:
        if self.sheet.panels:
            self._pause.start()

    # -- saving ------------------------------------------------------------------

    def save(self) -> None:
        """Save the check-in: first the files, then everything else in one act."""
        if self._saving or not self.sheet.panels or self.stack.currentIndex() == _LABELS:
            return
        for place, panel in enumerate(self.sheet.panels):
            if panel.missing():
                self.sheet.show_device(place)
                panel.go_on()
                self.banner.say("warn", N_("A question is still open. It has the focus now."))
                return
        if not self.sheet.party.readable():
            return
        self._busy(True)
        work = self._files()
        if work is None:
            self._send()
        else:
            self.jobs.background(work, owner=self, then=self._files_kept, refused=self._refused)

    def _busy(self, on: bool) -> None:
        self._saving = on
        self.sheet.save_button.setEnabled(not on)

    def _files(self, *, signed: bool = True) -> Work | None:
        fresh = [
            photo for panel in self.sheet.panels for photo in panel.photos.photos if photo.sha256 not in panel.kept
        ]
        signature = self.sheet.party.signature.signature() if signed else None
        return keep_files(cast("Store", self.jobs.store), fresh, signature, self.context.now())

    def _files_kept(self, kept: dict[str, Kept]) -> None:
        self._note_photos(kept)
        self._send(kept.get(SIGNATURE))

    def _keep_photos(self) -> None:
        """Store new photos at once, so that a draft can bring them back."""
        work = None if self._saving else self._files(signed=False)
        if work is not None:
            self.jobs.background(work, owner=self, then=self._photos_kept, refused=self._refused)

    def _photos_kept(self, kept: dict[str, Kept]) -> None:
        self._note_photos(kept)
        self._edited()

    def _note_photos(self, kept: dict[str, Kept]) -> None:
        for panel in self.sheet.panels:
            here = {photo.sha256 for photo in panel.photos.photos}
            known = {**panel.kept, **kept}
            panel.kept = {sha: card for sha, card in known.items() if sha in here}

    def _send(self, signature: Kept | None = None, override: Override | None = None) -> None:
        self._pause.stop()
        self._signature = signature
        party = self.sheet.party
        known, reason = party.merchant_card, party.no_photo.value() or ""
        act = check_in(
            devices=tuple(panel.form(reason) for panel in self.sheet.panels), deliverer=party.deliverer(),
            terms=party.terms(), merchant_id=known.id if known else "", merchant=party.new_merchant(),
            signature=signature, ticket_id=self.ticket_id, draft_id=self.draft_id, override=override,
        )  # fmt: skip
        self.jobs.do(act, owner=self, then=self._saved, refused=self._refused)

    def _saved(self, done: CheckedIn) -> None:
        self._busy(False)
        self.clear()
        for notice in done.notices:
            self.context.toast(spoken(notice.sentence, **notice.values), tone="warn", raw=True)
        self.stack.setCurrentIndex(_LABELS)
        self.labels.start(done.order_id)

    def _refused(self, error: DeskError) -> None:
        self._busy(False)
        said = say(error)
        if error.code in ("open_order", "needs_override"):
            self.banner.put("danger", said)
            self.banner.offer(N_("Ask a supervisor"), self._ask_supervisor)
        elif not self.sheet.refuse(error.field, said):
            self.banner.put("danger", said)

    def _ask_supervisor(self) -> None:
        self.context.ask_supervisor(
            "override", lambda consent: self._send(self._signature, consent),
            why=N_("A second device with a serial number that is in our hands already is taken in and quarantined."),
        )  # fmt: skip

    def _labels_done(self, _whole: bool) -> None:
        self.stack.setCurrentIndex(_FORM)
        self._ask_drafts()
        self.sheet.serial.setFocus()  # at once: a scan that ended the labels moves it on to its first question

    # -- drafts ------------------------------------------------------------------

    def save_draft(self) -> None:
        """Save what is typed so far, if there is anything new."""
        self._pause.stop()
        if not self.sheet.panels or self._saving or self.stack.currentIndex() == _LABELS:
            return
        state = {**self.sheet.state_of(), "ticket_id": self.ticket_id}
        if state == self._saved_state:
            return
        self._saved_state = state
        act = save_draft(
            draft_id=self.draft_id, page="check_in", form=state, title=self.sheet.party.merchant.text(),
            known=[one for panel in self.sheet.panels for one in (panel.serial, *panel.kept)],
        )  # fmt: skip
        self.jobs.do(act, owner=self, then=self._draft_saved)

    def _draft_saved(self, cut: int) -> None:
        if cut:
            self.context.toast(N_("Card numbers are never kept: only the last four digits were saved."), tone="warn")

    def _ask_drafts(self) -> None:
        actor = self.context.actor()
        who = actor.staff_id if actor else ""
        self.jobs.ask(
            lambda session: drafts(session, "check_in", who), owner=self, then=self._show_drafts, exclusive="drafts"
        )

    def _show_drafts(self, cards: list[DraftCard]) -> None:
        self.sheet.drafts.put([card for card in cards if card.id != self.draft_id])
        self.sheet.show_all()

    def restore(self, card: DraftCard) -> None:
        """Take up a check-in that was begun."""
        self.clear()
        self.sheet.drafts.put([one for one in self.sheet.drafts.cards if one.id != card.id])
        self.draft_id = card.id
        self.ticket_id = str(card.form.get("ticket_id", ""))
        self.sheet.restore(card.form)

    def _drop_card(self, card: DraftCard) -> None:
        self.jobs.do(drop_draft(draft_id=card.id), owner=self, then=lambda _none: self._ask_drafts())

    def discard(self) -> None:
        """Start over; what was typed can be brought back for a moment."""
        state = {**self.sheet.state_of(), "ticket_id": self.ticket_id}
        card = DraftCard(self.draft_id, "check_in", "", "", self.context.now(), state)
        self.jobs.do(drop_draft(draft_id=self.draft_id), owner=self)
        self.clear()
        self.context.toast(N_("The check-in was dropped."), undo=lambda: self.restore(card))
        self.sheet.serial.setFocus()

    def clear(self) -> None:
        """Empty the page."""
        self.sheet.clear()
        self._pause.stop()
        self.ticket_id = self.draft_id = ""
        self._saved_state = {}
        self.banner.clear()
