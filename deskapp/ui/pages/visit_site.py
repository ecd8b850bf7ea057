"""On site: the arrival with badge, serial number and tamper check; then what was done, tested and signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from PySide6.QtCore import Signal

from deskapp.clock import shop_day
from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.commands.visits_site import UsedPart, VisitResult, arrive, finish_on_site
from deskapp.errors import N_, DeskError
from deskapp.models.store import ReadSession, Store
from deskapp.queries.visits import VisitCard
from deskapp.rules.numbers import Scan, ScanKind
from deskapp.rules.ticket_fields import RequiredAt, TicketKind
from deskapp.rules.visits import TEST_RESULTS, WITHOUT_DEVICE
from deskapp.ui.kit import (
    Banner,
    Button,
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
from deskapp.ui.pages.visit_drafts import Drafted
from deskapp.ui.pages.visit_fields import MomentField
from deskapp.ui.pages.visit_words import UNIT, part_search

TAMPER = (Choice("ok", N_("Intact"), "", "shield-check"), Choice("suspect", N_("Suspicious"), "", "alert-triangle"))


class ArriveCard(Drafted):
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
        self.at = MomentField(context.now)
        self.other = TextField(N_("Such as: the merchant read the number of another one"))
        self.words = TextField(N_("Anything to note"))
        self.form = Form(columns=2)
        for key, label, field, needed in (
            ("badge_shown", N_("Your &badge"), self.badge, True), ("at", N_("Arr&ived at"), self.at, True),
            ("serial_no", N_("&Serial number"), self.serial, True),
            ("tamper_result", N_("&Tamper check"), self.tamper, True),
            ("other_reason", N_("&Why this device?"), self.other, True), ("words", N_("Note"), self.words, False),
        ):  # fmt: skip
            self.form.add(key, label, field, needed=needed)
        self.save = Button(N_("A&rrived"), "primary", icon="map-pin", clicked=self.submit)
        for part in (self.banner, self.form):
            self.add(part)
        self.add(row(1, self.save))
        self.badge.edited.connect(lambda _on: self._after_badge())
        self.serial.scanned.connect(self.take_serial)
        self.tamper.confirmed.connect(lambda _value: self.submit())
        self.words.returnPressed.connect(self.submit)
        self.watch(self.badge, self.serial, self.tamper, self.at, self.other, self.words)
        self.hide()

    def begin(self, card: VisitCard) -> None:
        """Show the form for a visit; what is typed for the same visit stays."""
        self.show()
        if card.row.id == self._visit_id:
            return
        self._visit_id = card.row.id
        self.save.setEnabled(True)
        self._needs_device = TicketKind(card.ticket.row.kind) not in WITHOUT_DEVICE
        self.form.clear_errors()
        self.banner.clear()
        self.badge.setChecked(False)
        for field in (self.serial, self.other, self.words):
            field.clear()
        self.tamper.set_value(None)
        self.at.begin()
        self.form.rows["other_reason"].hide()
        for key in ("serial_no", "tamper_result"):
            self.form.rows[key].setVisible(self._needs_device)
        self.begun(card.row.id)

    def form_now(self) -> dict[str, Any]:
        """Return what stands in the form."""
        return {
            "badge": self.badge.isChecked(), "serial": self.serial.text(), "tamper": self.tamper.value() or "",
            "at": self.at.at(), "other": self.other.text(), "words": self.words.text(),
        }  # fmt: skip

    def put_form(self, form: Mapping[str, Any]) -> None:
        """Show what a draft holds."""
        self.badge.setChecked(form.get("badge") is True)
        for name in ("serial", "other", "words"):
            getattr(self, name).setText(str(form.get(name, "")))
        self.form.rows["other_reason"].setVisible(bool(form.get("other")))
        self.tamper.set_value(str(form.get("tamper", "")) or None)
        if form.get("at"):
            self.at.put(int(form["at"]))

    def _after_badge(self) -> None:
        if self._needs_device:
            (self.tamper if self.serial.text() else self.serial).setFocus()
        else:
            self.save.setFocus()

    def take_serial(self, text: str) -> None:
        """Take the number of the case: whoever scans stands before the device."""
        self.serial.setText(text)
        for key in ("serial_no", "tamper_result"):
            self.form.rows[key].show()
        self.form.rows["serial_no"].clear_error()
        self.other.clear()
        self.form.rows["other_reason"].hide()
        (self.tamper if self.badge.isChecked() else self.badge).setFocus()

    def submit(self) -> None:
        """Note the arrival."""
        if not self.save.isEnabled() or not self.form.readable():
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
        self.forget()
        self._visit_id = ""
        self.done.emit()

    def _refused(self, error: DeskError) -> None:
        self.save.setEnabled(True)
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))
        if error.code == "other_device":
            self.form.rows["other_reason"].show()
            self.other.setFocus()


class ResultCard(Drafted):
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
        self._card: VisitCard | None = None
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
        self.left = MomentField(context.now)
        self.new_serial = ScanField(N_("Scan the new part"))
        self.form = Form(columns=2)
        for key, label, field, needed, span in (
            ("action", N_("What was &done"), self.action, False, 1), ("parts", N_("Pa&rts used"), self.parts, False, 1),
            ("serial_no", N_("Serial number of the &new part"), self.new_serial, True, 2),
            ("words", N_("In words"), self.words, False, 2),
            ("test_result", N_("&Test with the merchant"), self.test, True, 1),
            ("done", N_("Is the matter &settled?"), self.settled, True, 1),
            ("comment", N_("Merchant's &opinion"), self.comment, False, 1), ("at", N_("Le&ft at"), self.left, True, 1),
            ("next_on", N_("Ne&xt visit on"), self.next_on, False, 1),
        ):  # fmt: skip
            self.form.add(key, label, field, needed=needed, span=span)
        self.kind_fields = KindFields(lambda: shop_day(context.now()))
        self.pad = SignaturePad(N_("Merchant's signature"))
        self.save = Button(N_("F&inish the visit"), "primary", icon="check", clicked=self.submit)
        self.take = Button(N_("T&ake the device in …"), icon="inbox", clicked=self.take_in.emit)
        for part in (self.banner, self.form, self.kind_fields):
            self.add(part)
        self.pad_title = Text(N_("Merchant's signature"), "label")
        self.add(self.pad_title)
        self.add(self.pad)
        self.add(row(self.take, 1, self.save))
        self.action.entered.connect(self.parts.setFocus)
        self.parts.entered.connect(self._after_parts)
        self.parts.changed.connect(self._ask_serial)
        self.new_serial.scanned.connect(lambda _text: self._serial_in())
        self.test.confirmed.connect(lambda _value: self.settled.setFocus())
        self.settled.chosen.connect(lambda _value: self._show_next())
        self.watch(self.action, self.parts, self.new_serial, self.words, self.test, self.settled, self.next_on,
                   self.comment, self.left)  # fmt: skip
        self.hide()

    def begin(self, card: VisitCard) -> None:
        """Show the form for a visit; what is typed for the same visit stays."""
        self.show()
        suspect = card.tamper == "suspect"
        for part in (self.form, self.kind_fields, self.save, self.pad_title, self.pad):
            part.setVisible(not suspect)
        repair = TicketKind(card.ticket.row.kind) is TicketKind.REPAIR
        self.take.setVisible((repair or suspect) and self.context.may("check_in"))
        if suspect:
            self.banner.say("danger", N_("The device is suspicious: change nothing on it. Take it in; it goes into"
                                         " quarantine."))  # fmt: skip
        if card.row.id == self._visit_id:
            return
        self._visit_id, self._kept, self._card = card.row.id, None, card
        self.form.clear_errors()
        if not suspect:
            self.banner.clear()
        self.save.setEnabled(True)
        for picker in (self.action, self.parts):
            picker.put([])
        for text in (self.new_serial, self.comment, self.next_on):
            text.clear()
        self.words.setText("")
        for choice in (self.test, self.settled):
            choice.set_value(None)
        self.left.begin()
        self.pad.clear()
        self._show_kind(card.ticket.answers)
        self.kind_fields.setVisible(bool(self.kind_fields.specs) and not suspect)
        self._ask_serial()
        self._show_next()
        self.begun("" if suspect else card.row.id)

    def _show_kind(self, answers: Mapping[str, Any]) -> None:
        """Ask what the kind of the ticket asks for at its end; the pad below is its signature."""
        if self._card is None:
            return
        self.kind_fields.show_kind(TicketKind(self._card.ticket.row.kind), RequiredAt.DONE, answers)
        signature = self.kind_fields.rows.pop("signature", None)
        if signature is not None:
            self.kind_fields.specs.pop("signature")
            signature.hide()
            signature.deleteLater()
        self.watch(*(one.field for one in self.kind_fields.rows.values()))

    def form_now(self) -> dict[str, Any]:
        """Return what stands in the form; a signature is drawn anew."""
        return {
            "action": [list(one) for one in self.action.chips.items],
            "parts": [list(one) for one in self.parts.chips.items],
            "serial": self.new_serial.text(), "words": self.words.text(), "test": self.test.value() or "",
            "settled": self.settled.value() or "", "next_on": self.next_on.text(), "comment": self.comment.text(),
            "left": self.left.at(), "answers": self.kind_fields.values(),
        }  # fmt: skip

    def put_form(self, form: Mapping[str, Any]) -> None:
        """Show what a draft holds."""
        for picker, name in ((self.action, "action"), (self.parts, "parts")):
            picker.put([(str(key), str(text)) for key, text in form.get(name) or ()])
        self.new_serial.setText(str(form.get("serial", "")))
        self.words.setText(str(form.get("words", "")))
        self.test.set_value(str(form.get("test", "")) or None)
        self.settled.set_value(str(form.get("settled", "")) or None)
        self.next_on.setText(str(form.get("next_on", "")))
        self.comment.setText(str(form.get("comment", "")))
        if form.get("left"):
            self.left.put(int(form["left"]))
        if self.kind_fields.specs and self._card is not None:
            self._show_kind({**self._card.ticket.answers, **(form.get("answers") or {})})
        self._ask_serial()
        self._show_next()

    def take_scan(self, scan: Scan) -> bool:
        """Take a part whose label was scanned, and the number of a new part that has one of its own."""
        if scan.kind is ScanKind.SERIAL and self.form.rows["serial_no"].isVisible():
            self.new_serial.setText(f"{self.new_serial.text()} {scan.number}".strip())
            self._serial_in()
        elif scan.kind is ScanKind.PART:
            self._take_part(scan.number)
        else:
            return False
        return True

    def _take_part(self, number: str) -> None:
        def found(parts: Sequence[Suggestion]) -> None:
            if len(parts) == 1 or (parts and parts[0].key == number):
                self.parts.chips.add(str(parts[0].data), parts[0].title)

        self.jobs.ask(lambda session: self._parts(session, number), owner=self, then=found)

    def _ask_serial(self) -> None:
        """A part with a number of its own is told by it."""
        self.form.rows["serial_no"].setVisible(any(key.startswith(UNIT) for key in self.parts.values()))

    def _serial_in(self) -> None:
        self.form.rows["serial_no"].clear_error()
        self.words.setFocus()

    def _after_parts(self) -> None:
        asked = self.form.rows["serial_no"].isVisible() and not self.new_serial.text()
        (self.new_serial if asked else self.words).setFocus()

    def _show_next(self) -> None:
        """The day of the next visit is asked where one is needed, and where the kind of the ticket does not ask."""
        asked = self.settled.value() == "no" and "next_on" not in self.kind_fields.specs
        self.form.rows["next_on"].setVisible(asked)

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
        day = self.next_on.day() if self.settled.value() == "no" else None
        result = VisitResult(
            action=self.action.values(), words=self.words.text(),
            parts=_used(self.parts.values(), self.new_serial.text()),
            test_result=self.test.value() or "", next_on=day.isoformat() if day else "", comment=self.comment.text(),
            answers=self.kind_fields.values() if self.kind_fields.specs else {}, done=self.settled.value() == "yes",
            left_at=self.left.at(), paper=self.pad.paper(),
        )  # fmt: skip
        act = finish_on_site(visit_id=self._visit_id, result=result, signature=self._kept)
        self.jobs.do(act, owner=self, then=lambda done: self._finished(done, result.next_on), refused=self._refused)

    def _finished(self, done: bool, next_on: str) -> None:
        self.save.setEnabled(True)
        self.forget()
        self._visit_id, self._kept = "", None
        self.done.emit(done, next_on)

    def _refused(self, error: DeskError) -> None:
        self.save.setEnabled(True)
        if not self.kind_fields.refuse(error):
            self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))


def _used(keys: Sequence[str], serials: str) -> tuple[UsedPart, ...]:
    """Return the parts that were left there; serial numbers go to those that have one of their own, in their order."""
    own = iter(serials.split())
    found = []
    for key in keys:
        kind, _, rest = key.partition(":")
        part_id, _, count = rest.rpartition(":")
        found.append(UsedPart(part_id, int(count), next(own, "") if f"{kind}:" == UNIT else ""))
    return tuple(found)
