"""The quick ticket: a call or a visitor written down in half a minute, from the keyboard."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer

from deskapp.clock import new_uuid7, shop_day
from deskapp.commands.drafts import drop_draft, save_draft
from deskapp.commands.tickets import TicketForm, TicketOpened, open_ticket
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.queries.drafts import DraftCard, drafts
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.ticket_fields import RequiredAt, TicketKind
from deskapp.rules.tickets import KIND_TITLES, MERCHANT_WORDS
from deskapp.ui.kit import (
    Banner,
    Button,
    Card,
    Choice,
    ChoiceBar,
    Form,
    Page,
    PageContext,
    PhoneField,
    SuggestField,
    Suggestion,
    Text,
    TextArea,
    TextField,
    row,
)
from deskapp.ui.pages.guidance_standing import GUIDED
from deskapp.ui.pages.kind_fields import KindFields
from deskapp.ui.pages.ticket_change import Named, device_words, field_of
from deskapp.ui.pages.words import choices, device_suggestions, merchant_suggestions, suggestions
from deskapp.ui.tokens import LARGE

PAUSE_MS = 1200
PAGE = "quick_ticket"


class QuickTicketPage(Page):
    """Who, which device, what is wrong, does the business stand still: saved at every pause as a draft."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Quick ticket"), N_("Write the contact down; everything else can follow. Saved at every pause.")
        )
        self._draft_id = new_uuid7()
        self._symptom = ""
        self.draft_note = Text("", "caption")
        self.head.addWidget(self.draft_note)
        self.kind = ChoiceBar(
            [Choice(kind.value, KIND_TITLES[kind]) for kind in TicketKind], name=N_("Kind of ticket"), value="repair"
        )
        self.add(self.kind)
        self.form = Form()
        self.body.addLayout(row(self._build_who(), self._build_what(), gap=LARGE))
        self.kind_fields = KindFields(lambda: shop_day(self.context.now()))
        self.details = Card(N_("Details"), icon="list-check")
        self.details.add(self.kind_fields)
        self.details.hide()
        self.save_button = Button(N_("Save the &ticket"), "primary", icon="check", clicked=self.save)
        self.guide_button = Button(N_("Save and &guide"), icon="phone", clicked=self.save_and_guide)
        self.check_in_button = Button(N_("Save and check &in"), icon="inbox", clicked=self.save_and_check_in)
        self.add(self.details)
        self.add_buttons()
        self._then = "ticket"
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self.keep_draft)
        self._watch()

    def _build_who(self) -> Card:
        card = Card(N_("Who is asking"), icon="user")
        self.channel = ChoiceBar(choices("contact_channels"), name=N_("Channel"), value="phone")
        self.merchant = SuggestField(
            self.jobs, merchant_suggestions, N_("Number, name, initials or phone"), name=N_("Merchant")
        )
        self.caller = TextField(N_("Name of the caller"))
        self.phone = PhoneField()
        self.form.add("channel", N_("&Channel"), self.channel)
        self.form.add("merchant_id", N_("&Merchant"), self.merchant, hint=N_("Leave empty while unknown."))
        hint = N_("Needed while the merchant is unknown.")
        self.form.add("callback_phone", N_("Call &back at"), self.phone, hint=hint)
        self.form.add("caller_name", N_("Ca&ller"), self.caller)
        card.add(self.form)
        self.known = Banner()
        card.add(self.known)
        card.body.addStretch(1)
        self.merchant.taken.connect(self._merchant_taken)
        self.merchant.cleared.connect(self.known.clear)
        return card

    def _build_what(self) -> Card:
        self.what = Card(N_("What it is about"), icon="device-mobile")
        self.device = SuggestField(
            self.jobs, device_suggestions, N_("Serial or terminal number, or the model in words"), name=N_("Device")
        )
        self.symptom = SuggestField(
            self.jobs, lambda _session, text: suggestions("symptoms", text), N_("Short code or word"),
            name=N_("Symptom"),
        )  # fmt: skip
        self.words = TextArea(lines=2)
        self.stopped = ChoiceBar(
            [Choice("yes", N_("Yes, nothing can be taken"), "Y"), Choice("no", N_("No, business goes on"), "N")],
            name=N_("Business stands still"),
        )
        self.fault = Form()
        self.fault.add("device", N_("&Device"), self.device, needed=True)
        self.fault.add("symptom", N_("&Symptom"), self.symptom, needed=True)
        self.fault.add("words", N_("In the caller's &words"), self.words)
        self.fault.add("business_stopped", N_("Does the business st&and still?"), self.stopped, needed=True)
        self.what.add(self.fault)
        self.what.body.addStretch(1)
        return self.what

    def add_buttons(self) -> None:
        """Put the ways on below the form."""
        self.body.addLayout(row(1, self.check_in_button, self.guide_button, self.save_button))

    def _watch(self) -> None:
        for field in (self.caller, self.phone, self.merchant, self.device, self.symptom):
            field.textEdited.connect(self._timer.start)
        self.words.textChanged.connect(self._timer.start)
        for bar in (self.channel, self.stopped):
            bar.chosen.connect(lambda _value: self._timer.start())
        self.kind.chosen.connect(self._kind_chosen)
        self.device.taken.connect(self._device_taken)
        self.symptom.taken.connect(self._symptom_taken)
        self.symptom.cleared.connect(self._symptom_cleared)
        self.words.submitted.connect(self.stopped.setFocus)
        self.stopped.confirmed.connect(lambda _value: self.save())

    # -- coming and going --------------------------------------------------------

    def open(self, **args: object) -> None:
        """Start a new ticket, with what another page knows already, or take up a draft."""
        self.form.clear_errors()
        merchant_name, merchant_id = str(args.get("merchant_name", "")), str(args.get("merchant_id", ""))
        if merchant_id:
            self.merchant.take(Suggestion(merchant_name, data=Named(merchant_id, merchant_name)))
        if args.get("kind"):
            self.kind.set_value(str(args["kind"]))
            self._kind_chosen(str(args["kind"]))
        if args.get("serial_no"):
            self.device.setText(str(args["serial_no"]))
        self.focus_first(self.phone if merchant_id else self.merchant)
        if not args:
            actor = self.context.actor()
            staff = actor.staff_id if actor else ""
            self.jobs.ask(lambda session: drafts(session, PAGE, staff), owner=self, then=self._offer_draft)

    def leave(self) -> None:
        """Keep what is typed."""
        if self._timer.isActive():
            self.keep_draft()

    def scan(self, text: str) -> bool:
        """Take a scanned serial number into the device field; codes of ours go their usual way, the draft is kept."""
        found = parse_scan(text)
        if found.kind is not ScanKind.SERIAL:
            return False
        self.device.setText(found.number)
        self._timer.start()
        self.symptom.setFocus()
        return True

    def _offer_draft(self, found: list[DraftCard]) -> None:
        waiting = [draft for draft in found if draft.id != self._draft_id]
        if not waiting or not self._empty():
            return
        self.banner.say("info", N_("An unfinished ticket was kept: {title}"), title=waiting[0].title or "…")
        self.banner.offer(N_("Take it up"), lambda: self._take_up(waiting[0]))

    def _take_up(self, draft: DraftCard) -> None:
        form = draft.form
        self._draft_id = draft.id
        self.banner.clear()
        self.kind.set_value(form.get("kind", "repair"))
        self._kind_chosen(form.get("kind", "repair"), form.get("answers", {}))
        self.channel.set_value(form.get("channel"))
        if form.get("merchant_id"):
            self.merchant.take(
                Suggestion(form["merchant_name"], data=Named(form["merchant_id"], form["merchant_name"]))
            )
        else:
            self.merchant.setText(form.get("merchant_name", ""))
        self.caller.setText(form.get("caller_name", ""))
        self.phone.setText(form.get("callback_phone", ""))
        self.device.setText(form.get("device", ""))
        self._symptom = form.get("symptom_code", "")
        self.symptom.setText(form.get("symptom", ""))
        self.words.setText(form.get("words", ""))
        self.stopped.set_value(form.get("stopped"))
        self.phone.setFocus()

    # -- filling in --------------------------------------------------------------

    def _kind_chosen(self, value: str, answers: dict[str, Any] | None = None) -> None:
        kind = TicketKind(value)
        self.kind_fields.show_kind(kind, RequiredAt.OPEN, answers or {})
        self.details.setVisible(bool(self.kind_fields.specs))
        repair = kind is TicketKind.REPAIR
        with_device = repair or kind in (TicketKind.SOFTWARE_UPDATE, TicketKind.TRANSACTION_ANOMALY)
        self.fault.rows["device"].setVisible(with_device)
        self.fault.rows["symptom"].setVisible(repair)
        self.fault.rows["business_stopped"].setVisible(repair)
        self.guide_button.setVisible(kind.value in GUIDED)
        self.check_in_button.setVisible(repair)
        self._timer.start()

    def _merchant_taken(self, taken: Suggestion) -> None:
        card = taken.data
        self.known.say("ok", N_("Known merchant: {name}"), name=getattr(card, "name", taken.title))
        contacts = getattr(card, "contacts", ())
        if contacts and not self.phone.text():
            self.phone.setText(contacts[0].phone)
            self.caller.setText(self.caller.text() or contacts[0].name)
        self._timer.start()
        (self.device if self.phone.text() else self.phone).setFocus()

    def _device_taken(self, _taken: Suggestion) -> None:
        self._timer.start()
        self.symptom.setFocus()

    def _symptom_taken(self, taken: Suggestion) -> None:
        self._symptom = str(taken.data)
        self._timer.start()
        self.words.setFocus()

    def _symptom_cleared(self) -> None:
        self._symptom = ""

    def _empty(self) -> bool:
        fields = (self.merchant, self.caller, self.phone, self.device, self.symptom)
        return not any(field.text().strip() for field in fields) and not self.words.text().strip()

    # -- keeping and saving ------------------------------------------------------

    def keep_draft(self) -> None:
        """Save the form as it is, so that a power cut costs nothing."""
        self._timer.stop()
        if self._empty():
            return
        merchant = self._merchant()
        form = {
            "kind": self.kind.value() or "repair", "channel": self.channel.value() or "",
            "merchant_id": merchant.id if merchant else "", "merchant_name": self.merchant.text(),
            "caller_name": self.caller.text(), "callback_phone": self.phone.text(), "device": self.device.text(),
            "symptom_code": self._symptom, "symptom": self.symptom.text(), "words": self.words.text(),
            "stopped": self.stopped.value(), "answers": self.kind_fields.values(),
        }  # fmt: skip
        title = " ".join(part for part in (self.merchant.text(), self.symptom.text(), self.words.text()[:30]) if part)
        act = save_draft(
            draft_id=self._draft_id, page=PAGE, form=form, title=title, known=(self.device.text(), self.phone.text())
        )
        self.jobs.do(act, owner=self, then=self._draft_kept)

    def _draft_kept(self, cut: int) -> None:
        if cut:
            self.draft_note.say(N_("A card number was taken out of the draft. Do not enter card numbers."))
        else:
            self.draft_note.say(N_("Draft saved"))

    def save(self) -> None:
        """Save the ticket and show it."""
        self._save("ticket")

    def save_and_guide(self) -> None:
        """Save the ticket and guide the caller."""
        self._save("guidance")

    def save_and_check_in(self) -> None:
        """Save the ticket and take the device in."""
        self._save("check_in")

    def _save(self, then: str) -> None:
        self._then = then
        self._timer.stop()
        merchant = self._merchant()
        stopped = self.stopped.value()
        device_id, serial, model_words = device_words(self.device)
        answers = dict(self.kind_fields.values())
        if merchant is None and self.merchant.text().strip():
            answers[MERCHANT_WORDS] = self.merchant.text().strip()
        form = TicketForm(
            kind=self.kind.value() or "repair", channel=self.channel.value() or "phone",
            merchant_id=merchant.id if merchant else "", caller_name=self.caller.text(),
            callback_phone=self.phone.text(), device_id=device_id, serial_no=serial, model_words=model_words,
            symptom_code=self._symptom,
            words=self._said(),
            business_stopped=None if stopped is None else stopped == "yes", answers=answers,
        )  # fmt: skip
        self.banner.clear()
        self.save_button.setEnabled(False)
        self.jobs.do(open_ticket(form=form), owner=self, then=self._saved, refused=self._refused)

    def _said(self) -> str:
        """Return what the caller said, led by a symptom that is none of the list's."""
        unlisted = "" if self._symptom else self.symptom.text().strip()
        return "\n".join(part for part in (unlisted, self.words.text()) if part)

    def _merchant(self) -> Any:
        return self.merchant.chosen.data if self.merchant.chosen else None

    def _saved(self, done: TicketOpened) -> None:
        self.save_button.setEnabled(True)
        self.jobs.do(drop_draft(draft_id=self._draft_id), owner=self)
        serial, merchant = self.device.text(), self._merchant()
        self._clear()
        self.context.toast(N_("Ticket {number} saved"), number=done.number, tone="ok")
        if self._then == "check_in":
            self.context.navigate(
                "check_in", ticket_id=done.ticket_id, serial_no=serial, merchant_id=merchant.id if merchant else ""
            )
        elif self._then == "guidance":
            self.context.navigate("guidance", ticket_id=done.ticket_id)
        else:
            self.context.navigate("ticket", ticket_id=done.ticket_id)

    def _clear(self) -> None:
        self._draft_id = new_uuid7()
        for field in (self.merchant, self.device, self.symptom):
            field.reset()
        self.caller.clear()
        self.phone.clear()
        self.words.setText("")
        self.stopped.set_value(None)
        self._symptom = ""
        self.known.clear()
        self.draft_note.put("")
        self.kind.set_value("repair")
        self._kind_chosen("repair")
        self._timer.stop()

    def _refused(self, error: DeskError) -> None:
        self.save_button.setEnabled(True)
        error = field_of(error)
        forms = (self.form, self.fault, self.kind_fields)
        shown = [form.refuse(error) for form in forms]  # each takes its earlier errors back
        if not any(shown):
            self.banner.put("danger", say(error))
