"""One ticket: who, what, what happened, and the ways on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from deskapp import catalogue
from deskapp.clock import shop_day
from deskapp.commands.tickets import add_contact, add_note, move_ticket
from deskapp.commands.visits_papers import print_inspection_sheet, print_missed_note
from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes
from deskapp.queries import tickets
from deskapp.queries.tickets import TicketCard
from deskapp.rules.lifecycle import STATE_TITLES as WORK_TITLES
from deskapp.rules.lifecycle import WorkState
from deskapp.rules.ticket_fields import FIELDS, INSTEAD_TITLES, FieldType, RequiredAt, TicketKind
from deskapp.rules.tickets import KIND_TITLES, MERCHANT_WORDS, WAITING_ON, TicketState
from deskapp.rules.tickets import STATE_TITLES as TICKET_TITLES
from deskapp.rules.visits import GOES_OUT, may_move
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    Column,
    DataTable,
    Facts,
    FlowLayout,
    Form,
    Page,
    PageContext,
    Pill,
    Text,
    TextArea,
    Timeline,
    column,
    listed,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.guidance_standing import GUIDED
from deskapp.ui.pages.kind_fields import KindFields
from deskapp.ui.pages.paper_history import PapersCard
from deskapp.ui.pages.review_lost import LostVersions
from deskapp.ui.pages.ticket_change import ChangeCard
from deskapp.ui.pages.ticket_words import due_cell, happening, state_cell, subject
from deskapp.ui.pages.visits_card import VisitsCard
from deskapp.ui.pages.words import choices, full_moment
from deskapp.ui.tokens import LARGE, TIGHT
from deskapp.ui.widgets.enter import into_view
from deskapp.ui.widgets.sync_marks import SyncMark

if TYPE_CHECKING:
    from deskapp.models.store import Override


class TicketPage(Page):
    """Shows one ticket and works on it; everything that happened stands in its history."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Ticket"))
        self.card: TicketCard | None = None
        self.state = Pill("")
        self.due = Text("", "muted")
        self.head.insertWidget(1, self.state)
        self.head.insertWidget(2, self.due)
        self.mark = SyncMark(self.jobs, "ticket")
        self.head.insertWidget(3, self.mark)
        self.visits = VisitsCard(context)
        left = column(
            self._facts_card(), self._change_card(), self._result_card(), self.visits, self._devices_card(), 1,
            gap=LARGE,
        )  # fmt: skip
        self.lost = LostVersions(context)
        right = column(self._ways_card(), self.lost, self._history_card(), 1, gap=LARGE)
        both = row(gap=LARGE)
        both.addLayout(left, 3)
        both.addLayout(right, 2)
        self.body.addLayout(both)
        self.papers = PapersCard(context)
        self.add(self.papers)

    # -- building ----------------------------------------------------------------

    def _facts_card(self) -> Card:
        self.facts_card = Card(N_("What is known"), icon="info-circle")
        self.facts = Facts()
        for key, label in (
            ("kind", N_("Kind")), ("merchant", N_("Merchant")), ("caller", N_("Caller")), ("phone", N_("Call back at")),
            ("device", N_("Device")), ("symptom", N_("Symptom")), ("words", N_("In the caller's words")),
            ("stopped", N_("Business stands still")), ("channel", N_("Channel")), ("opened", N_("Opened")),
        ):  # fmt: skip
            self.facts.add(key, label)
        self.extra = Facts()
        self.facts_card.add(self.facts)
        self.facts_card.add(self.extra)
        self.edit = Button(N_("Change"), "quiet", icon="edit", clicked=self.change)
        self.facts_card.head.addWidget(self.edit)
        return self.facts_card

    def _change_card(self) -> ChangeCard:
        self.changing = ChangeCard(self.context)
        self.changing.closed.connect(self._changed)
        return self.changing

    def _result_card(self) -> Card:
        self.result_card = Card(N_("Result"), icon="clipboard-check", hint=N_("Needed before the ticket is done."))
        self.result = KindFields(lambda: shop_day(self.context.now()))
        self.finish = Button(N_("Finish the ticket"), "primary", icon="check", clicked=self._finish)
        self.result_card.add(self.result)
        self.result_card.add(row(1, self.finish))
        return self.result_card

    def _devices_card(self) -> Card:
        self.devices_card = Card(N_("Devices taken in"), icon="device-mobile")
        self.devices = DataTable(
            [
                Column("label", N_("Label"), lambda line: line.label_no, 140),
                Column("model", N_("Model"), lambda line: f"{line.model} {line.serial_no}", 0),
                Column("state", N_("State"), lambda line: spoken(WORK_TITLES[WorkState(line.work_state)]), 120),
            ],
            name=N_("Devices taken in"),
        )
        self.devices.setMinimumHeight(140)
        self.devices.opened.connect(lambda line: self.context.navigate("bench", item_id=line.item_id))
        self.devices_card.add(self.devices)
        return self.devices_card

    def _ways_card(self) -> Card:
        card = Card(N_("What next"), icon="player-play")
        self.guide = Button(N_("&Guide the caller"), icon="phone", clicked=self._guide)
        self.take_in = Button(N_("Check the device &in"), icon="inbox", clicked=self._check_in)
        self.start = Button(N_("&Start work"), icon="player-play", clicked=lambda: self._move("start"))
        self.go_on = Button(N_("Go &on"), icon="player-play", clicked=lambda: self._move("go_on"))
        self.visit = Button(N_("Agree on a &visit …"), icon="map-pin", clicked=self._visit)
        self.sheet = Button(N_("Print the visit shee&t"), icon="printer", clicked=self._print_sheet)
        self.missed = Button(N_("Print a “&missed you” note"), "quiet", icon="printer", clicked=self._print_missed)
        waits = [Choice(key, text) for key, text in WAITING_ON.items()]
        self.waiting = ChoiceBar(waits, name=N_("Wait for"), acts=True)
        self.waiting_label = Text(N_("Wait for"), "label")
        self.cancel = Button(N_("Cancel the ticket"), "quiet", icon="ban", clicked=lambda: self._reasoned("cancel"))
        self.reopen = Button(N_("Reopen"), "quiet", icon="arrow-back-up", clicked=lambda: self._reasoned("reopen"))
        ways = QWidget()
        flow = FlowLayout(ways, margin=0)
        for way in (self.guide, self.take_in, self.visit, self.start, self.go_on, self.sheet, self.missed):
            flow.addWidget(way)
        card.add(ways)
        card.add(column(self.waiting_label, self.waiting, gap=TIGHT))
        card.add(row(1, self.reopen, self.cancel))
        self.note_form = Form()
        self.note = TextArea(lines=2)
        self.note_form.add("words", N_("&Note, or what was said"), self.note)
        self.contact = ChoiceBar(choices("call_results"), name=N_("Result of a call"))
        self.note_form.add("result", N_("If this was a call: the result"), self.contact)
        self.add_note = Button(N_("Add to the history"), icon="plus", clicked=self._add_note)
        card.add(self.note_form)
        card.add(row(1, self.add_note))
        self.waiting.chosen.connect(lambda reason: self._move("wait", reason))
        self.note.submitted.connect(self._add_note)
        return card

    def _history_card(self) -> Card:
        card = Card(N_("History"), icon="history")
        self.timeline = Timeline()
        card.add(self.timeline)
        return card

    # -- showing -----------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show a ticket by its id."""
        ticket_id = str(args.get("ticket_id") or args.get("id") or (self.card.row.id if self.card else ""))
        self.note_form.clear_errors()
        self.focus_first(self.guide)
        into_view(self.title)  # the ticket before may have been read to its end
        self._ask(ticket_id)

    def _ask(self, ticket_id: str) -> None:
        self.jobs.ask(
            lambda session: tickets.ticket(session, ticket_id), owner=self, then=self._show, exclusive="ticket"
        )

    def change(self) -> None:
        """Change what describes the ticket."""
        if self.card is not None:
            self.facts_card.hide()
            self.changing.begin(self.card)

    def _changed(self, saved: bool) -> None:
        self.facts_card.show()
        self.edit.setFocus()
        into_view(self.edit)
        if saved:
            self.context.toast(N_("Changed"), tone="ok")

    def changed(self, changes: Changes) -> None:
        """Ask again when this ticket was touched."""
        self.mark.heard(changes)
        self.lost.changed(changes)
        if self.card is not None and changes.touches("service_ticket", "ticket_event", "repair_item", "site_visit"):
            self._ask(self.card.row.id)  # whatever is being typed keeps the focus
        elif self.card is not None and changes.touches("print_job"):
            self.papers.show_for()

    def retranslate(self) -> None:
        """Show the words of codes in the other language."""
        if self.card is not None:
            self._show(self.card)

    def _show(self, card: TicketCard | None) -> None:
        if card is None:
            self.banner.say("danger", N_("This ticket is not known here."))
            return
        if self.card is None or self.card.row.id != card.row.id:
            self.changing.hide()
            self.facts_card.show()
        fresh = self.card is None or self.card.row.id != card.row.id or self.card.row.state != card.row.state
        self.card = card
        line, kind = card.row, TicketKind(card.row.kind)
        self.title.put(line.number)
        self.subtitle.put(subject(line))
        reveal(self.subtitle, bool(self.subtitle.text()))
        cell = state_cell(line)
        self.state.show_state(cell.text, cell.tone, cell.icon)
        self.due.put(due_cell(line, self.context.now()).text)
        self._show_facts(card, kind)
        over = line.state in ("done", "cancelled")
        if fresh:
            self.result.show_kind(kind, RequiredAt.DONE, card.answers)
        self.result_card.setVisible(not over)
        self.result.setVisible(bool(self.result.specs))
        self.result_card.hint.setVisible(bool(self.result.specs))
        self.devices_card.setVisible(bool(card.devices))
        self.devices.set_rows(card.devices)
        self.timeline.set_happenings([happening(event) for event in reversed(card.events)])
        self.papers.show_for(line.id)
        self.mark.show_for(line.id)
        self.lost.show_for(line.id)
        repair = kind is TicketKind.REPAIR
        self.guide.setVisible(not over and kind.value in GUIDED)
        self.take_in.setVisible(not over and repair)
        goes, actor = not over and kind in GOES_OUT and self.context.may("visit"), self.context.actor()
        for button in (self.sheet, self.missed):
            button.setVisible(goes)
        self.visit.setVisible(goes and actor is not None and may_move("schedule_visit", actor.roles))
        self.visits.show_ticket(line.id)
        self.start.setVisible(line.state == "open")
        self.go_on.setVisible(line.state == "waiting")
        for widget in (self.waiting, self.waiting_label, self.cancel):
            widget.setVisible(not over)
        self.waiting.set_value(line.waits_for or None)
        self.reopen.setVisible(over)
        if card.do_not_wipe:
            self.banner.say("warn", N_("This device must not be wiped or reset before the bank has answered."))
        else:
            self.banner.clear()

    def _show_facts(self, card: TicketCard, kind: TicketKind) -> None:
        line = card.row
        values = {
            "kind": spoken(KIND_TITLES[kind]), "merchant": _merchant(card),
            "caller": card.caller_name, "phone": card.callback_phone,
            "device": f"{card.model} {card.serial_no}".strip(),
            "symptom": catalogue.title("symptoms", line.symptom_code) if line.symptom_code else "",
            "words": line.words, "stopped": spoken(N_("Yes") if line.business_stopped else N_("No")),
            "channel": catalogue.title("contact_channels", card.channel),
            "opened": f"{full_moment(line.opened_at)} {card.opened_by}".strip(),
        }  # fmt: skip
        for key, value in values.items():
            self.facts.put(key, value or "—")
        self.facts_card.body.removeWidget(self.extra)
        self.extra.deleteLater()
        self.extra = Facts()
        for spec in FIELDS[kind]:
            answer = card.answers.get(spec.key)
            if spec.key not in ("device", "symptom", "business_stopped") and answer not in (None, "", []):
                self.extra.add(spec.key, spec.label, _shown(spec.type, dict(spec.choices), answer))
        self.facts_card.add(self.extra)

    # -- working -----------------------------------------------------------------

    def save(self) -> None:
        """Keep what is typed (Ctrl+S): the changes while their form is open, else the note."""
        if self.changing.isVisible():
            self.changing.submit()
        elif self.note.text().strip() or self.contact.value():
            self._add_note()
        else:
            self.context.toast(N_("Nothing is typed here that could be saved."))

    def _id(self) -> str:
        return self.card.row.id if self.card else ""

    def _move(
        self, move: str, reason: str = "", answers: dict[str, Any] | None = None, consent: Override | None = None
    ) -> None:
        act = move_ticket(ticket_id=self._id(), move=move, reason=reason, answers=answers, override=consent)
        used = bool(reason) and reason == self.note.text()
        self.jobs.do(act, owner=self, then=lambda state: self._moved(state, used), refused=self._refused)

    def _moved(self, state: str, used: bool) -> None:
        title = spoken(TICKET_TITLES[TicketState(state)])
        if used:  # a note that was no reason is still being written
            self.note.setText("")
        self.context.toast(N_("The ticket is now: {state}"), state=title, tone="ok")

    def _finish(self) -> None:
        self._move("finish", answers=self.result.values())

    def _reasoned(self, move: str) -> None:
        self._move(move, self.note.text())

    def _guide(self) -> None:
        self.context.navigate("guidance", ticket_id=self._id())

    def _check_in(self) -> None:
        if self.card is not None:
            self.context.navigate(
                "check_in", ticket_id=self._id(), serial_no=self.card.serial_no, merchant_id=self.card.merchant_id
            )

    def _visit(self) -> None:
        self.context.navigate("visit", ticket_id=self._id())

    def _print_sheet(self) -> None:
        act = print_inspection_sheet(ticket_id=self._id())
        self.jobs.do(act, owner=self, then=lambda _job: self._queued(), refused=self._refused)

    def _print_missed(self) -> None:
        # What is typed in the note's field is the message left at the door.
        act = print_missed_note(ticket_id=self._id(), words=self.note.text())
        self.jobs.do(act, owner=self, then=lambda _job: self._queued(), refused=self._refused)

    def _queued(self) -> None:
        self.context.toast(N_("The paper is being printed."), tone="ok")

    def _add_note(self) -> None:
        result = self.contact.value()
        if result:
            act: Any = add_contact(
                ticket_id=self._id(), channel="phone", result=result, words=self.note.text()
            )
        else:
            act = add_note(ticket_id=self._id(), words=self.note.text())
        self.jobs.do(act, owner=self, then=self._noted, refused=self._refused)

    def _noted(self, _event_id: str) -> None:
        self.note.setText("")
        self.contact.set_value(None)

    def _refused(self, error: DeskError) -> None:
        if error.code == "needs_override" and self.card is not None:
            self.context.ask_supervisor(
                "reopen", lambda consent: self._move("reopen", self.note.text(), consent=consent),
                why=N_("Reopen ticket {number}?"), number=self.card.row.number,
            )  # fmt: skip
            return
        if self.result.refuse(error):
            return
        if error.field == "reason":
            error.field = "words"
        self.note_form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))


def _merchant(card: TicketCard) -> str:
    """Return the merchant, or what the caller said while none was chosen."""
    said = str(card.answers.get(MERCHANT_WORDS, ""))
    if card.merchant_id or not said:
        return f"{card.row.merchant} {card.merchant_no}".strip()
    return spoken(N_("{name} (not on record)"), name=said)


def _shown(kind: FieldType, options: dict[str, str], value: Any) -> str:
    if kind is FieldType.MONEY and isinstance(value, int):
        from deskapp.rules.money import format_yuan

        return format_yuan(value)
    if kind is FieldType.BOOL:
        return spoken(N_("Yes") if value else N_("No"))
    if isinstance(value, list | tuple):
        return listed(spoken(options[one]) if one in options else str(one) for one in value)
    if value in INSTEAD_TITLES:
        return spoken(INSTEAD_TITLES[value])
    return spoken(options[value]) if value in options else str(value)

