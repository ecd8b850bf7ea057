"""On site: the arrival with badge, serial number and tamper check; then what was done, tested and signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import Signal

from deskapp.clock import shop_day
from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.commands.visits_site import UsedPart, VisitResult, arrive, finish_on_site
from deskapp.errors import N_, DeskError
from deskapp.models.store import ReadSession, Store
from deskapp.queries.visits import VisitCard
from deskapp.rules.ticket_fields import RequiredAt, TicketKind
from deskapp.rules.visits import TEST_RESULTS, WITHOUT_DEVICE
from deskapp.ui.kit import (
    Banner,
    Button,
    Card,
    Choice,
    ChoiceBar,
    DateField,
    Form,
    PageContext,
    ScanField,
    SignaturePad,
    Suggestion,
    Text,
    TextArea,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.checkin_files import SIGNATURE, keep_files
from deskapp.ui.pages.job_pick import Picker, words_search
from deskapp.ui.pages.kind_fields import KindFields
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.pages.visit_words import MomentField, part_search

TAMPER = (Choice("ok", N_("Intact"), "", "shield-check"), Choice("suspect", N_("Suspicious"), "", "alert-triangle"))


class ArriveCard(Card):
    """Who arrives shows the badge, scans the case and looks at it.

    Signals:
        done: the arrival is noted.
    """

    done = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Arrive"), icon="map-pin", hint=N_("Show the badge first; scan the number on the case."))
        self.context, self.jobs = context, context.jobs
        self._visit_id = ""
        self._needs_device = True
        self.banner = Banner()
        self.badge = Tick(N_("Badge shown to the merchant"))
        self.serial = ScanField(N_("Scan the case"), serials_only=True)
        self.tamper = ChoiceBar(TAMPER, name=N_("Tamper check"))
        self.at = MomentField(shop_day(context.now()))
        self.other = TextField(N_("Such as: the merchant read the number of another one"))
        self.words = TextField(N_("Anything to note"))
        self.form = Form(columns=2)
        for key, label, field, needed in (
            ("badge_shown", N_("&Badge"), self.badge, True), ("at", N_("Arr&ived at"), self.at, True),
            ("serial_no", N_("&Serial number"), self.serial, True),
            ("tamper_result", N_("&Tamper check"), self.tamper, True),
            ("other_reason", N_("&Why this device?"), self.other, True), ("words", N_("Note"), self.words, False),
        ):  # fmt: skip
            self.form.add(key, label, field, needed=needed)
        self.save = Button(N_("A&rrived"), "primary", icon="map-pin", clicked=self.submit)
        for part in (self.banner, self.form):
            self.add(part)
        self.add(row(1, self.save))
        self.badge.edited.connect(lambda _on: self.serial.setFocus())
        self.serial.scanned.connect(self.take_serial)
        self.tamper.confirmed.connect(lambda _value: self.submit())
        self.words.returnPressed.connect(self.submit)
        self.hide()

    def begin(self, card: VisitCard) -> None:
        """Show the form for a visit; what is typed for the same visit stays."""
        self.show()
        if card.row.id == self._visit_id:
            return
        self._visit_id = card.row.id
        self._needs_device = TicketKind(card.ticket.row.kind) not in WITHOUT_DEVICE
        self.form.clear_errors()
        self.banner.clear()
        self.badge.setChecked(False)
        for field in (self.serial, self.other, self.words):
            field.clear()
        self.tamper.set_value(None)
        self.at.put(self.context.now())
        self.form.rows["other_reason"].hide()
        for key in ("serial_no", "tamper_result"):
            self.form.rows[key].set_needed(self._needs_device)

    def take_serial(self, text: str) -> None:
        """Take the number of the case: whoever scans stands before the device."""
        self.serial.setText(text)
        self.form.rows["serial_no"].clear_error()
        (self.tamper if self.badge.isChecked() else self.badge).setFocus()

    def submit(self) -> None:
        """Note the arrival."""
        if not self.save.isEnabled():
            return
        self.save.setEnabled(False)
        act = arrive(
            visit_id=self._visit_id, serial_no=self.serial.text(), badge_shown=self.badge.isChecked(),
            tamper_result=self.tamper.value() or "", at_ms=self.at.at(), words=self.words.text(),
            other_reason=self.other.text() if self.form.rows["other_reason"].isVisible() else "",
        )  # fmt: skip
        self.jobs.do(act, owner=self, then=lambda _device: self._arrived(), refused=self._refused)

    def _arrived(self) -> None:
        self.save.setEnabled(True)
        self._visit_id = ""
        self.done.emit()

    def _refused(self, error: DeskError) -> None:
        self.save.setEnabled(True)
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))
        if error.code == "other_device":
            self.form.rows["other_reason"].show()
            self.other.setFocus()


class ResultCard(Card):
    """What was done on site, and whether the matter is settled by it.

    Signals:
        done: the visit is over; carries whether the ticket is done too, and the day of the next visit or "".
        take_in: the device goes along: it is checked in.
    """

    done = Signal(bool, str)
    take_in = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Finish on site"), icon="circle-check")
        self.context, self.jobs = context, context.jobs
        self._visit_id = ""
        self._kept: Kept | None = None
        self.banner = Banner()
        today = shop_day(context.now())
        self.action = Picker(self.jobs, words_search("actions"), N_("Short code or word"), N_("What was done"))
        self.words = TextArea(lines=2)
        self.parts = Picker(self.jobs, self._parts, N_("Number or name; “2 paper” for two"), N_("Parts used"))
        self.test = ChoiceBar([Choice(code, title) for code, title in TEST_RESULTS.items()], name=N_("Test"))
        answers = [Choice("yes", N_("Settled"), "Y"), Choice("no", N_("Not yet"), "N")]
        self.settled = ChoiceBar(answers, name=N_("Settled"))
        self.next_on = DateField(today)
        self.comment = TextField(N_("What the merchant says"))
        self.left = MomentField(today)
        self.form = Form(columns=2)
        for key, label, field, needed, span in (
            ("action", N_("What was &done"), self.action, False, 1), ("parts", N_("Pa&rts used"), self.parts, False, 1),
            ("words", N_("In words"), self.words, False, 2),
            ("test_result", N_("&Test with the merchant"), self.test, True, 1),
            ("done", N_("Is the matter &settled?"), self.settled, True, 1),
            ("next_on", N_("&Next visit on"), self.next_on, False, 1),
            ("comment", N_("Merchant's &opinion"), self.comment, False, 1), ("at", N_("Le&ft at"), self.left, True, 1),
        ):  # fmt: skip
            self.form.add(key, label, field, needed=needed, span=span)
        self.kind_fields = KindFields(lambda: shop_day(context.now()))
        self.pad = SignaturePad(N_("Merchant's signature"))
        self.save = Button(N_("F&inish the visit"), "primary", icon="check", clicked=self.submit)
        self.take = Button(N_("T&ake the device in …"), icon="inbox", clicked=self.take_in.emit)
        for part in (self.banner, self.form, self.kind_fields):
            self.add(part)
        self.add(Text(N_("Merchant's signature"), "label"))
        self.add(self.pad)
        self.add(row(self.take, 1, self.save))
        self.action.entered.connect(self.parts.setFocus)
        self.parts.entered.connect(self.words.setFocus)
        self.test.confirmed.connect(lambda _value: self.settled.setFocus())
        self.hide()

    def begin(self, card: VisitCard) -> None:
        """Show the form for a visit; what is typed for the same visit stays."""
        self.show()
        suspect = card.tamper == "suspect"
        for part in (self.form, self.kind_fields, self.save, self.pad):
            part.setVisible(not suspect)
        self.take.setVisible(TicketKind(card.ticket.row.kind) is TicketKind.REPAIR)
        self.take.setProperty("withheld", not self.context.may("check_in"))
        if suspect:
            self.banner.say("danger", N_("The device is suspicious: change nothing on it. Take it in; it goes into"
                                         " quarantine."))  # fmt: skip
        if card.row.id == self._visit_id:
            return
        self._visit_id, self._kept = card.row.id, None
        self.form.clear_errors()
        if not suspect:
            self.banner.clear()
        for picker in (self.action, self.parts):
            picker.put([])
        self.words.setText("")
        for choice in (self.test, self.settled):
            choice.set_value(None)
        self.next_on.clear()
        self.comment.clear()
        self.left.put(self.context.now())
        self.pad.clear()
        kind = TicketKind(card.ticket.row.kind)
        self.kind_fields.show_kind(kind, RequiredAt.DONE, card.ticket.answers)
        signature = self.kind_fields.rows.pop("signature", None)
        if signature is not None:
            # The pad below is the signature.
            self.kind_fields.specs.pop("signature")
            signature.hide()
            signature.deleteLater()
        self.form.rows["next_on"].setVisible("next_on" not in self.kind_fields.specs)
        self.kind_fields.setVisible(bool(self.kind_fields.specs) and not suspect)

    def _parts(self, session: ReadSession, typed: str) -> Sequence[Suggestion]:
        return part_search(session, typed)

    def submit(self) -> None:
        """Finish: first the signature's file, then the act."""
        if not self.save.isEnabled():
            return
        if not (self.form.readable() and self.kind_fields.readable()):
            return
        if self.settled.value() is None:
            self.form.clear_errors()
            self.form.rows["done"].refuse(spoken(N_("Is the matter settled by this visit?")))
            return
        self.save.setEnabled(False)
        drawn = None if self._kept is not None else self.pad.signature()
        work = keep_files(cast("Store", self.jobs.store), [], drawn, self.context.now())
        if work is None:
            self._send()
        else:
            self.jobs.background(work, owner=self, then=self._file_kept, refused=self._refused)

    def _file_kept(self, kept: dict[str, Kept]) -> None:
        self._kept = kept.get(SIGNATURE)
        self._send()

    def _send(self) -> None:
        day = self.next_on.day()
        result = VisitResult(
            action=self.action.values(), words=self.words.text(), parts=tuple(map(_used, self.parts.values())),
            test_result=self.test.value() or "", next_on=day.isoformat() if day else "", comment=self.comment.text(),
            answers=self.kind_fields.values() if self.kind_fields.specs else {}, done=self.settled.value() == "yes",
            left_at=self.left.at(), paper=self.pad.paper(),
        )  # fmt: skip
        act = finish_on_site(visit_id=self._visit_id, result=result, signature=self._kept)
        self.jobs.do(act, owner=self, then=lambda done: self._finished(done, result.next_on), refused=self._refused)

    def _finished(self, done: bool, next_on: str) -> None:
        self.save.setEnabled(True)
        self._visit_id, self._kept = "", None
        self.done.emit(done, next_on)

    def _refused(self, error: DeskError) -> None:
        self.save.setEnabled(True)
        if not self.kind_fields.refuse(error):
            self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))


def _used(key: str) -> UsedPart:
    part_id, _, count = key.removeprefix("part:").rpartition(":")
    return UsedPart(part_id, int(count))
