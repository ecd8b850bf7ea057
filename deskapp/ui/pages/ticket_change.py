"""What describes a ticket, changed afterwards: the merchant who was unknown, a number misheard, another device."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal

from deskapp import catalogue
from deskapp.clock import shop_day
from deskapp.commands.tickets import TicketForm, change_ticket
from deskapp.errors import N_, DeskError
from deskapp.queries.tickets import TicketCard
from deskapp.rules.ticket_fields import RequiredAt, TicketKind
from deskapp.rules.tickets import MERCHANT_WORDS, looks_like_serial
from deskapp.ui.kit import (
    Banner,
    Button,
    Card,
    Choice,
    ChoiceBar,
    Form,
    PageContext,
    PhoneField,
    SuggestField,
    Suggestion,
    TextArea,
    TextField,
    row,
)
from deskapp.ui.pages.kind_fields import KindFields
from deskapp.ui.pages.words import device_suggestions, merchant_suggestions, suggestions


class Named:
    """A record known by id and name only, from a draft, a ticket or another page."""

    contacts: tuple[Any, ...] = ()

    def __init__(self, identity: str, name: str) -> None:
        self.id, self.name = identity, name


def device_words(device: SuggestField) -> tuple[str, str, str]:
    """Return id, serial number and words of what a device field holds: one of the three is filled."""
    typed, chosen = device.text().strip(), device.chosen
    if chosen is not None:
        return chosen.data.id, "", ""
    return ("", typed, "") if looks_like_serial(typed) else ("", "", typed)


def field_of(error: DeskError) -> DeskError:
    """Return a refusal with the name of the field in which the value was typed."""
    error.field = {"serial_no": "device", MERCHANT_WORDS: "merchant_id"}.get(error.field, error.field)
    return error


class ChangeCard(Card):
    """The form that changes a ticket, in place of what it shows.

    Signals:
        closed: the form is done with; carries whether something was saved.
    """

    closed = Signal(bool)

    def __init__(self, context: PageContext) -> None:
        hint = N_("What was there before stays in the journal.")
        super().__init__(N_("Change what is known"), icon="edit", hint=hint)
        self.context, self.jobs = context, context.jobs
        self.card: TicketCard | None = None
        self._symptom = ""
        self.banner = Banner()
        self.merchant = SuggestField(
            self.jobs, merchant_suggestions, N_("Number, name, initials or phone"), name=N_("Merchant")
        )
        self.device = SuggestField(
            self.jobs, device_suggestions, N_("Serial or terminal number, or the model in words"), name=N_("Device")
        )
        self.symptom = SuggestField(
            self.jobs, lambda _session, text: suggestions("symptoms", text), N_("Short code or word"),
            name=N_("Symptom"),
        )  # fmt: skip
        self.caller, self.phone, self.words = TextField(), PhoneField(), TextArea(lines=2)
        self.stopped = ChoiceBar([Choice("yes", N_("Yes"), "Y"), Choice("no", N_("No"), "N")])
        self.form = Form()
        for key, label, field in (
            ("merchant_id", N_("Merchant"), self.merchant), ("callback_phone", N_("Call back at"), self.phone),
            ("caller_name", N_("Caller"), self.caller), ("device", N_("Device"), self.device),
            ("symptom", N_("Symptom"), self.symptom), ("words", N_("In the caller's words"), self.words),
            ("business_stopped", N_("Business stands still"), self.stopped),
        ):  # fmt: skip
            self.form.add(key, label, field)
        self.kind_fields = KindFields(lambda: shop_day(context.now()))
        self.keep = Button(N_("Keep the changes"), "primary", icon="check", clicked=self.submit)
        self.keep.show_key("Ctrl+S")
        for part in (self.banner, self.form, self.kind_fields):
            self.add(part)
        self.add(row(1, Button(N_("Close"), "quiet", clicked=lambda: self._close(False)), self.keep))
        self.symptom.taken.connect(lambda taken: self._set_symptom(str(taken.data)))
        self.symptom.cleared.connect(lambda: self._set_symptom(""))
        self.words.submitted.connect(self.submit)
        self.hide()

    def begin(self, card: TicketCard) -> None:
        """Show the form with what the ticket says now."""
        self.card = card
        line, kind = card.row, TicketKind(card.row.kind)
        repair = kind is TicketKind.REPAIR
        self.form.clear_errors()
        self.banner.clear()
        _refill(self.merchant, card.merchant_id, line.merchant or str(card.answers.get(MERCHANT_WORDS, "")))
        _refill(self.device, card.device_id, card.serial_no if card.device_id else card.model)
        self.symptom.reset()
        self.symptom.setText(catalogue.title("symptoms", line.symptom_code) if line.symptom_code else "")
        self._symptom = line.symptom_code
        self.caller.setText(card.caller_name)
        self.phone.setText(card.callback_phone)
        self.words.setText(line.words)
        self.stopped.set_value("yes" if line.business_stopped else "no")
        with_device = repair or kind in (TicketKind.SOFTWARE_UPDATE, TicketKind.TRANSACTION_ANOMALY)
        for key, on in (("device", with_device), ("symptom", repair), ("business_stopped", repair)):
            self.form.rows[key].setVisible(on)
        self.kind_fields.show_kind(kind, RequiredAt.OPEN, card.answers)
        self.kind_fields.setVisible(bool(self.kind_fields.specs))
        self.show()
        self.merchant.setFocus()

    def submit(self) -> None:
        """Save what is typed."""
        if self.card is None:
            return
        device_id, serial, model_words = device_words(self.device)
        chosen, stopped = self.merchant.chosen, self.stopped.value()
        answers = dict(self.kind_fields.values())
        if chosen is None:
            answers[MERCHANT_WORDS] = self.merchant.text().strip()
        form = TicketForm(
            kind=self.card.row.kind, channel=self.card.channel, merchant_id=chosen.data.id if chosen else "",
            caller_name=self.caller.text(), callback_phone=self.phone.text(), serial_no=serial, device_id=device_id,
            model_words=model_words, symptom_code=self._symptom, words=self.words.text(),
            business_stopped=None if stopped is None else stopped == "yes", answers=answers,
        )  # fmt: skip
        act = change_ticket(ticket_id=self.card.row.id, form=form, seen=self.card.versions)
        self.jobs.do(act, owner=self, then=lambda _none: self._close(True), refused=self._refused)

    def _close(self, saved: bool) -> None:
        self.hide()
        self.closed.emit(saved)

    def _set_symptom(self, code: str) -> None:
        self._symptom = code

    def _refused(self, error: DeskError) -> None:
        error = field_of(error)
        if not self.kind_fields.refuse(error):
            self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))


def _refill(field: SuggestField, identity: str, name: str) -> None:
    """Show a record in a field as if it had been taken from the list, or the words alone."""
    field.reset()
    field.setText(name)
    if identity:
        field.chosen = Suggestion(name, data=Named(identity, name))
