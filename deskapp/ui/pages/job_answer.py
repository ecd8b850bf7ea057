"""What the merchant answered, and the way back unrepaired."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtWidgets import QWidget

from deskapp import catalogue
from deskapp.clock import shop_time
from deskapp.commands.bench_quote import (
    BY_PHONE,
    approve_quote,
    decline_quote,
    give_up_repair,
    ready_declined,
)
from deskapp.errors import N_, DeskError
from deskapp.queries.bench_card import JobCard
from deskapp.rules.money import format_yuan
from deskapp.ui.kit import (
    Choice,
    ChoiceBar,
    LatinField,
    PhoneField,
    SignaturePad,
    Text,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.checkin_files import keep_files
from deskapp.ui.pages.job_diagnose import TAMPER
from deskapp.ui.pages.job_kit import HistoryBox, Host, Primary, Step, say_where
from deskapp.ui.pages.shelf_field import ShelfField, is_shelf
from deskapp.ui.pages.transfer_photos import FolderStrip
from deskapp.ui.tokens import LARGE

if TYPE_CHECKING:
    from deskapp.commands.checkin_forms import Photo
    from deskapp.models.store import Override, Store

DECLINES = "decline"
AT_COUNTER = "counter_signature"
WHY_NOT = {
    "too_expensive": N_("Too expensive"), "buys_new": N_("Buys a new one"), "bank_replaces": N_("The bank replaces it"),
    "too_long": N_("Takes too long"), "closed_shop": N_("Shop closed or terminal withdrawn"),
    "no_answer": N_("Quote expired without answer"), "other": N_("Other reason"),
}  # fmt: skip
YES = (Choice("yes", N_("Done")), Choice("no", N_("Not yet")))


class AnswerStep(Step):
    """What the merchant answered: how, who, in which words; or no, with the reason."""

    columns = 3

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.offer = Text(role="display")
        self.until = Text(role="muted", wrap=True)
        channels = [
            Choice(word.code, {AT_COUNTER: N_("Signed at the counter"), BY_PHONE: N_("Called back"),
                               "message_reply": N_("Text message")}.get(word.code, word.en))
            for word in catalogue.words("approval_channels").values()
        ]  # fmt: skip
        self.channel = ChoiceBar([*channels, Choice(DECLINES, N_("Declines"), icon="ban")])
        self.who = TextField(N_("Name"), limit=60)
        self.words = TextField(N_("What was said, if nothing is signed or attached"), limit=500)
        self.signature = SignaturePad(N_("Signature of the merchant"))
        self.signature.on_paper.hide()
        self.files = FolderStrip(self.context)
        self.number = PhoneField(N_("Number that was called"))
        self.numbers = Text(role="muted", copy=True)
        self.bench = LatinField(N_("leave empty while it stays on the shelf"))
        self.why = ChoiceBar([Choice(word.code, WHY_NOT.get(word.code, word.en)) for word in _reasons()])
        self.together = ChoiceBar(YES)
        self.risk = ChoiceBar((Choice("yes", N_("Told")),))
        self.fee = ChoiceBar((Choice("due", N_("Charge it")), Choice("waive", N_("Leave it out"))), value="due")
        self.form.add("channel", N_("Answer"), self.channel, needed=True, span=3)
        self.yes_rows = [
            self.form.add("approved_by", N_("Who agreed"), self.who, needed=True),
            self.form.add("words", N_("In these words"), self.words, span=2),
            self.form.add("bench", N_("Back on bench"), self.bench),
            self.form.add("callback_number", N_("Number called back"), self.number, needed=True),
            self.form.add("signature", N_("Signed here"), self.signature),
            self.form.add("evidence", N_("Scan or photo of the approval"), self.files, span=2),
        ]
        self.no_rows = [
            self.form.add("reason", N_("Why not"), self.why, needed=True, span=3),
            self.form.add("reassembled", N_("Put together again"), self.together, needed=True),
            self.form.add("risk_notice", N_("Risks of an unrepaired device"), self.risk, needed=True),
            self.form.add("fee", N_("Inspection fee"), self.fee),
        ]
        offer = row(self.offer, gap=LARGE)
        offer.addWidget(self.until, 1)
        self.column.addLayout(offer)
        self.column.addWidget(self.numbers)  # above the form: whoever has to call looks for it there
        self.column.addWidget(self.form)
        self.history = HistoryBox()
        self.column.addWidget(self.history)
        self.column.addStretch(1)
        self.channel.chosen.connect(self._chose)
        self.who.returnPressed.connect(self.words.setFocus)
        self.words.returnPressed.connect(lambda: (self.number if self._phone() else self.bench).setFocus())
        self.number.returnPressed.connect(self.submit)
        self.bench.returnPressed.connect(self.submit)
        self.why.chosen.connect(lambda _value: self.together.setFocus())
        self.together.chosen.connect(lambda _value: self.risk.setFocus())
        self.risk.confirmed.connect(lambda _value: self.submit())
        self._show_rows()

    def _phone(self) -> bool:
        return self.channel.value() == BY_PHONE

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Show the quote that waits for an answer."""
        super().show_card(card, anew=anew)
        self.history.show_card(card)
        if anew:
            for field in (self.who, self.words, self.number, self.bench):
                field.clear()
            self.signature.clear()
            self.files.clear()
            for bar in (self.channel, self.why, self.together, self.risk):
                bar.set_value(None)
            self._show_rows()
        self.retranslate()

    def retranslate(self) -> None:
        """Say the quote and the numbers on file."""
        card, quote = self.card, self.card.quote if self.card else None
        if card is None or quote is None:
            return
        self.offer.put(format_yuan(quote.total_fen))
        day = shop_time(quote.valid_until).strftime("%Y-%m-%d")
        sentence = (
            N_("Quote {number} has run out: send a new one.")
            if quote.expired
            else N_("Quote {number}, version {version}, holds until {day}. If declined: {fee}.")
        )
        self.until.put(spoken(sentence, number=quote.number, version=quote.version, day=day,
                              fee=format_yuan(quote.declined_fee_fen)))  # fmt: skip
        self.until.set_role("danger" if quote.expired else "muted")
        if self._phone():
            self.numbers.put(spoken(N_("On file: {numbers}"), numbers="  ".join(card.phones) or "–"))

    def _chose(self, _value: str) -> None:
        self._show_rows()
        self.host.refresh_primary()
        self.retranslate()
        declines = self.channel.value() == DECLINES
        (self.why if declines else self.who).setFocus()

    def _show_rows(self) -> None:
        value = self.channel.value()
        for one in self.yes_rows:
            one.setVisible(value is not None and value != DECLINES)
        self.form.rows["callback_number"].setVisible(self._phone())
        self.form.rows["signature"].setVisible(value == AT_COUNTER)
        for one in self.no_rows:
            one.setVisible(value == DECLINES)
        fee = self.card.quote.declined_fee_fen if self.card and self.card.quote else 0
        self.form.rows["fee"].setVisible(value == DECLINES and fee > 0)
        self.numbers.setVisible(self._phone())
        self.history.setVisible(value is None)

    def first(self) -> QWidget:
        """Return the answer."""
        return self.channel

    def primary(self) -> Primary:
        """Say what comes."""
        if self.card is not None and self.card.quote is not None and self.card.quote.expired:
            return Primary(N_("Make a new quote"), "report-money")
        if self.channel.value() == DECLINES:
            return Primary(N_("Record that there is no repair"), "ban")
        return Primary(N_("Record the approval"), "check", self.channel.value() is not None)

    def submit(self) -> None:
        """Record the answer."""
        if self.card is not None and self.card.quote is not None and self.card.quote.expired:
            self.host.open_drawer("quote")
        elif self.channel.value() == DECLINES:
            self._decline(None)
        else:
            self._approve(None)

    def _approve(self, consent: Override | None) -> None:
        """Store what was signed or attached, then record the answer in one act."""
        if self.card is None:
            return
        if self.files.busy():
            self.host.fail(spoken(N_("A photo is still being made smaller; try again in a moment.")))
            return
        drawn = self.signature.signature() if self.channel.value() == AT_COUNTER else None
        work = keep_files(cast("Store", self.jobs.store), self.files.photos, drawn, self.context.now())
        if work is None:
            self._record(consent, ())
            return
        self.host.fail("")
        self.jobs.background(
            work, owner=self, then=lambda kept: self._record(consent, tuple(kept.values())), refused=self.refuse
        )

    def _record(self, consent: Override | None, evidence: tuple[Photo, ...]) -> None:
        if self.card is None:
            return
        act = approve_quote(
            item_id=self.card.item_id, approved_by=self.who.text(), channel=self.channel.value() or "",
            words=self.words.text(), callback_number=self.number.text() if self._phone() else "",
            evidence=evidence, bench=self.bench.text(), override=consent,
        )  # fmt: skip
        self.do(act)

    def _decline(self, consent: Override | None) -> None:
        if self.card is None:
            return
        act = decline_quote(
            item_id=self.card.item_id, reason_code=self.why.value() or "", reassembled=self.together.value() == "yes",
            risk_notice=self.risk.value() == "yes", waive_fee=self.fee.value() == "waive", override=consent,
        )  # fmt: skip
        self.do(act)

    def refuse(self, error: DeskError) -> None:
        """Another number, or no fee, asks for a supervisor on the spot."""
        if error.code == "needs_override":
            self.context.ask_supervisor("waive", self._decline, why=N_("Leave the inspection fee out?"))
        elif error.code == "not_on_file" and self.number.text():
            super().refuse(error)
            self.context.ask_supervisor("override", self._approve, why=N_("Accept a number that is not on file?"))
        else:
            super().refuse(error)


class DeclinedStep(Step):
    """Put an unrepaired device, put together again, onto the pickup shelf, or ready for the way back."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.tamper = ChoiceBar(TAMPER)
        self.seal = LatinField(N_("Number of the new seal"))
        self.shelf = ShelfField(N_("Scan or type the shelf"))
        self.form.add("tamper_result", N_("Put together, closed and intact?"), self.tamper, needed=True)
        self.sealed = self.form.add("seal_no", N_("New seal"), self.seal)
        self.lies = self.form.add("shelf", N_("Pickup shelf"), self.shelf)
        self.history = HistoryBox()
        self.column.addWidget(self.form)
        self.column.addWidget(self.history)
        self.column.addStretch(1)
        self.tamper.chosen.connect(lambda _value: (self.seal if self.sealed.isVisible() else self.shelf).setFocus())
        self.seal.returnPressed.connect(self.shelf.setFocus)
        self.shelf.scanned.connect(lambda _text: host.main.setFocus())
        self.shelf.returnPressed.connect(self.submit)

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Begin empty."""
        super().show_card(card, anew=anew)
        self.history.show_card(card)
        if anew:
            self.tamper.set_value(None)
            self.seal.clear()
            self.shelf.clear()
            self.sealed.setVisible(card.goes_back)
            say_where(card, self.sealed, self.lies)

    def first(self) -> QWidget:
        """Return the check."""
        return self.tamper

    def primary(self) -> Primary:
        """Say what comes."""
        if self.card is not None and self.card.goes_back:
            return Primary(N_("Pack for the way back, unrepaired"), "truck-delivery")
        return Primary(N_("Ready for pickup, unrepaired"), "package")

    def take(self, text: str) -> bool:
        """Take a shelf's label."""
        if is_shelf(text):
            self.shelf.take_scan(text)
            return True
        return False

    def submit(self) -> None:
        """Put it on the shelf."""
        if self.card is not None:
            self.do(ready_declined(item_id=self.card.item_id, tamper_result=self.tamper.value() or "",
                                   shelf=self.shelf.text(), seal_no=self.seal.text()))  # fmt: skip


class GiveUpStep(Step):
    """Say that there is no repair, at the bench, before or without a quote."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.words = TextField(N_("Why it cannot or should not be repaired"), limit=500)
        self.together = ChoiceBar(YES)
        self.risk = ChoiceBar((Choice("yes", N_("Noted for the merchant")),))
        self.form.add("words", N_("Why there is no repair"), self.words, needed=True, span=2)
        self.form.add("reassembled", N_("Put together again"), self.together, needed=True)
        self.form.add("risk_notice", N_("Risks of an unrepaired device"), self.risk, needed=True)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self.words.returnPressed.connect(self.together.setFocus)
        self.together.chosen.connect(lambda _value: self.risk.setFocus())
        self.risk.confirmed.connect(lambda _value: self.submit())

    def first(self) -> QWidget:
        """Return the reason."""
        return self.words

    def primary(self) -> Primary:
        """Say what comes."""
        return Primary(N_("Give the repair up"), "ban")

    def submit(self) -> None:
        """Record it."""
        if self.card is not None:
            self.do(
                give_up_repair(
                    item_id=self.card.item_id,
                    words=self.words.text(),
                    reassembled=self.together.value() == "yes",
                    risk_notice=self.risk.value() == "yes",
                )
            )


def _reasons() -> list[catalogue.Word]:
    return list(catalogue.words("decline_reasons").values())
