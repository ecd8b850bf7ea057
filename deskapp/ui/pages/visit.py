"""One visit on site: agree on it, arrive, finish, or note what else became of it."""

from __future__ import annotations

from datetime import date
from functools import partial

from PySide6.QtWidgets import QWidget

from deskapp.commands.visits import undo_visit_step
from deskapp.commands.visits_papers import print_visit_sheets
from deskapp.errors import N_
from deskapp.i18n import say
from deskapp.models.store import Changes
from deskapp.queries import visits as queries
from deskapp.queries.visits import VisitCard, VisitStart
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.visits import VisitState
from deskapp.ui.kit import (
    Button,
    Card,
    Facts,
    FlowLayout,
    Happening,
    Page,
    PageContext,
    Pill,
    Timeline,
    column,
    reveal,
    spoken,
)
from deskapp.ui.pages.paper_history import PapersCard
from deskapp.ui.pages.transfer_lists import Beside
from deskapp.ui.pages.visit_other import CancelCard, MoveCard, NotMetCard
from deskapp.ui.pages.visit_plan import PlanCard
from deskapp.ui.pages.visit_site import ArriveCard, ResultCard
from deskapp.ui.pages.visit_words import fee_words, state_cell, step_words, what_for, window_words
from deskapp.ui.pages.words import full_moment
from deskapp.ui.tokens import LARGE
from deskapp.ui.widgets.sync_marks import SyncMark


class VisitPage(Page):
    """A visit, at the step it stands at."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Visit"))
        self.card: VisitCard | None = None
        self._wanted = self._ticket_id = ""
        self._day: date | None = None
        self._planning = False
        self.state = Pill("")
        self.head.insertWidget(1, self.state)
        self.mark = SyncMark(self.jobs, "visit")
        self.head.insertWidget(2, self.mark)
        self.plan = PlanCard(context)
        self.arrive = ArriveCard(context)
        self.result = ResultCard(context)
        self.move_card, self.not_met, self.cancelling = MoveCard(context), NotMetCard(context), CancelCard(context)
        self.others = (self.move_card, self.not_met, self.cancelling)
        left, right = QWidget(), QWidget()
        for side, cards in (
            (left, (self.plan, self.arrive, self.result, *self.others, self._facts_card())),
            (right, (self._ways_card(), self._history_card())),
        ):
            line = column(*cards, 1, gap=LARGE)
            line.setContentsMargins(0, 0, 0, 0)
            side.setLayout(line)
        both = Beside()
        both.place(left, right, (3, 2), 0, 0)
        self.add(both)
        self.papers = PapersCard(context)
        self.add(self.papers)
        self.plan.saved.connect(lambda visit_id: self.open(id=visit_id))
        self.plan.closed.connect(self._plan_closed)
        self.arrive.done.connect(self._arrived)
        self.result.done.connect(self._finished)
        self.result.take_in.connect(self.take_in)
        for other in self.others:
            other.done.connect(self._other_done)
            other.closed.connect(self._show_step)

    # -- building ------------------------------------------------------------------

    def _facts_card(self) -> Card:
        self.facts_card = Card(N_("What was agreed"), icon="info-circle")
        self.facts = Facts()
        for key, label in (
            ("when", N_("When")), ("engineer", N_("Engineer")), ("merchant", N_("Merchant")),
            ("address", N_("Address")), ("contact", N_("Ask for")), ("what", N_("For what")),
            ("carry", N_("Goes along")), ("fee", N_("Told about the charge")),
            ("words", N_("What is to be done")), ("ticket", N_("Ticket")),
            ("made", N_("Agreed")), ("arrived", N_("Arrived at")),
        ):  # fmt: skip
            self.facts.add(key, label)
        self.facts_card.add(self.facts)
        self.edit = Button(N_("Change"), "quiet", icon="edit", clicked=self.change)
        self.facts_card.head.addWidget(self.edit)
        return self.facts_card

    def _ways_card(self) -> Card:
        self.ways_card = Card(N_("What next"), icon="player-play")
        self.sheet = Button(N_("&Print the sheet"), icon="printer", clicked=self.print_paper)
        self.move_button = Button(N_("M&ove it …"), icon="calendar", clicked=lambda: self._other(self.move_card))
        self.missed = Button(N_("Nobody m&et …"), icon="door-exit", clicked=lambda: self._other(self.not_met))
        self.check_in = Button(N_("Take the device in …"), icon="inbox", clicked=self.take_in)
        self.again = Button(N_("Next &visit …"), icon="plus", clicked=self.plan_next)
        self.to_ticket = Button(N_("To the tic&ket"), icon="clipboard-list", clicked=self._to_ticket)
        self.undo_button = Button(N_("Take the last step back"), "quiet", icon="arrow-back-up", clicked=self.undo_step)
        self.cancel = Button(N_("Cancel the visit …"), "quiet", icon="ban",
                             clicked=lambda: self._other(self.cancelling))  # fmt: skip
        ways = QWidget()
        flow = FlowLayout(ways, margin=0)
        for way in (
            self.sheet, self.move_button, self.missed, self.check_in, self.again, self.to_ticket, self.undo_button,
            self.cancel,
        ):  # fmt: skip
            flow.addWidget(way)
        self.ways_card.add(ways)
        return self.ways_card

    def _history_card(self) -> Card:
        self.history_card = Card(N_("History"), icon="history")
        self.timeline = Timeline()
        self.history_card.add(self.timeline)
        return self.history_card

    # -- coming here ---------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show a visit by its id, or agree on one for a ticket (`ticket_id`, perhaps with a `day`)."""
        ticket_id = str(args.get("ticket_id", ""))
        visit_id = str(args.get("visit_id") or args.get("id") or "")
        if not (ticket_id or visit_id) and self.card is not None:
            visit_id = self.card.row.id
        self.banner.clear()
        for other in self.others:
            other.hide()
        if visit_id:
            self._ask(visit_id, anew=True)
        elif ticket_id:
            self._ticket_id, self._day = ticket_id, _day(str(args.get("day", "")))
            self._plan(ticket_id)
        else:
            self._planning = False
            self._show_parts(planning=False, known=False)
            self.banner.say("info", N_("Choose a ticket first: a visit is agreed on for a ticket."))

    def _ask(self, visit_id: str, *, anew: bool = False) -> None:
        self._wanted = visit_id
        self._planning = self._planning and not anew
        now = self.context.now()
        self.jobs.ask(
            lambda session: queries.visit(session, visit_id, now), owner=self, then=partial(self._show, anew=anew),
            exclusive="visit",
        )  # fmt: skip

    def _plan(self, ticket_id: str) -> None:
        now = self.context.now()
        self._planning = True  # what is still on its way about the visit before must not push the form aside
        self.jobs.ask(
            lambda session: queries.visit_start(session, ticket_id, now), owner=self, then=self._begin_plan,
            exclusive="plan",
        )  # fmt: skip

    def changed(self, changes: Changes) -> None:
        """Ask again when this visit was touched; what is half typed stays."""
        self.mark.heard(changes)
        if self.card is None or self._planning or self.plan.isVisible():
            return
        if changes.touches("site_visit", "ticket_event", "service_ticket"):
            self._ask(self.card.row.id)
        elif changes.touches("print_job"):
            self.papers.show_for()

    def retranslate(self) -> None:
        """Say the words of codes in the other language."""
        if self.card is not None:
            self._fill(self.card)

    def scan(self, text: str) -> bool:
        """Take the serial number of the case while an arrival is entered."""
        if parse_scan(text).kind is ScanKind.SERIAL and self.arrive.isVisible():
            self.arrive.take_serial(parse_scan(text).number)
            return True
        return False

    def save(self) -> None:
        """Do the step that is open (Ctrl+S)."""
        for card in (self.plan, self.arrive, self.result, *self.others):
            if card.isVisible():
                card.submit()
                return

    # -- showing -------------------------------------------------------------------

    def _begin_plan(self, start: VisitStart | None) -> None:
        if start is None:
            self.banner.say("danger", N_("This ticket is not known here."))
            return
        if start.open_visit:
            self._ask(start.open_visit, anew=True)
            return
        self.card = None
        self.title.put(start.ticket.row.number)
        self.subtitle.put("  ".join(one for one in (start.ticket.row.merchant, start.ticket.model) if one))
        reveal(self.subtitle, bool(self.subtitle.text()))
        self._show_parts(planning=True, known=False)
        self.plan.begin(start, self._day)

    def _show_parts(self, *, planning: bool, known: bool) -> None:
        for part in (self.facts_card, self.ways_card, self.history_card, self.papers):
            part.setVisible(known and not planning)
        self.state.setVisible(known)
        self.plan.setVisible(planning)
        if not known or planning:
            self.arrive.hide()
            self.result.hide()

    def _show(self, card: VisitCard | None, *, anew: bool) -> None:
        if self._planning:
            return
        if card is None:
            self._show_parts(planning=False, known=False)
            self.banner.say("danger", N_("This visit is not known here."))
            return
        moved = self.card is None or self.card.row.id != card.row.id or self.card.row.state != card.row.state
        self.card = card
        self._show_parts(planning=False, known=True)
        self._fill(card)
        self.papers.show_for(card.row.id)
        self.mark.show_for(card.row.id)
        self._show_step()
        if anew or moved:
            self._to_first()

    def _fill(self, card: VisitCard) -> None:
        line = card.row
        self.title.put(line.number)
        self.subtitle.put("  ".join(part for part in (line.merchant, what_for(line)) if part))
        reveal(self.subtitle, bool(self.subtitle.text()))
        cell = state_cell(line)
        self.state.show_state(cell.text, cell.tone, cell.icon)
        values = {
            "when": window_words(line.from_at, line.to_at, year=True), "engineer": line.engineer,
            "merchant": line.merchant, "address": line.address,
            "contact": f"{card.contact_name} {card.contact_phone}".strip(), "what": what_for(line),
            "carry": "  ".join(one.words for one in card.carry), "fee": fee_words(card.fee, card.fee_fen),
            "words": card.words, "ticket": line.ticket_no,
            "made": f"{full_moment(card.made_at)} {card.made_by}".strip(), "arrived": full_moment(card.arrived_at),
        }  # fmt: skip
        for key, value in values.items():
            self.facts.put(key, value or "—")
        lines = []
        for event in reversed(card.events):
            what, words, icon, tone = step_words(event)
            if event.voided:
                what, tone = spoken(N_("{what} (taken back)"), what=what), "muted"
            lines.append(Happening(full_moment(event.at), what, event.by, words, icon, tone))
        self.timeline.set_happenings(lines)

    def _show_step(self) -> None:
        """Offer what the state of the visit allows."""
        card = self.card
        if card is None:
            return
        state = VisitState(card.row.state)
        busy = any(other.isVisible() for other in self.others)
        planned, there = state is VisitState.PLANNED, state is VisitState.ON_SITE
        for part, on in ((self.arrive, planned and not busy), (self.result, there and not busy)):
            if on:
                part.begin(card)
            else:
                part.hide()
        for button, on in (
            (self.move_button, planned), (self.missed, planned), (self.cancel, planned or there),
            (self.edit, planned or there), (self.check_in, planned and card.ticket.row.kind == "repair"),
            (self.again, not (planned or there) and card.ticket.row.state not in ("done", "cancelled")),
            (self.undo_button, state is not VisitState.TAKEN_IN and state is not VisitState.CANCELLED),
        ):  # fmt: skip
            button.setVisible(on)

    def _to_first(self) -> None:
        if self.arrive.isVisible():
            self.focus_first(self.arrive.badge)
        elif self.result.isVisible():
            self.focus_first(self.result.action if self.result.form.isVisible() else self.result.take)
        else:
            self.focus_first(self.again if self.again.isVisible() else self.to_ticket)

    # -- acting --------------------------------------------------------------------

    def change(self) -> None:
        """Change place, contact, what goes along and the charge."""
        card = self.card
        if card is None:
            return
        now, ticket_id = self.context.now(), card.row.ticket_id

        def then(start: VisitStart | None) -> None:
            if start is not None:
                self._show_parts(planning=True, known=True)
                self.plan.change(card, start)

        self.jobs.ask(lambda session: queries.visit_start(session, ticket_id, now), owner=self, then=then)

    def _plan_closed(self) -> None:
        self.plan.hide()
        if self.card is not None:
            self._ask(self.card.row.id, anew=True)
        elif self._ticket_id:
            self.context.navigate("ticket", ticket_id=self._ticket_id)

    def _other(self, other: MoveCard | NotMetCard | CancelCard) -> None:
        card = self.card
        if card is None:
            return
        for one in self.others:
            one.hide()
        if isinstance(other, MoveCard):
            now = self.context.now()
            self.jobs.ask(
                lambda session: queries.engineers(session, now), owner=self,
                then=partial(self._begin_move, card),
            )  # fmt: skip
            return
        other.begin(card)
        self._show_step()

    def _begin_move(self, card: VisitCard, people: tuple[queries.Engineer, ...]) -> None:
        self.move_card.begin(card, people)
        self._show_step()

    def _arrived(self) -> None:
        self.context.toast(N_("Arrival noted"), tone="ok", undo=self.undo_step)

    def _finished(self, done: bool, next_on: str) -> None:
        over = N_("The visit is over, and the ticket is done")
        said = over if done else N_("The visit is over; the ticket stays open")
        self.context.toast(said, tone="ok", undo=self.undo_step)
        if next_on and not done and self.card is not None:
            self._ticket_id, self._day = self.card.row.ticket_id, _day(next_on)
            self._plan(self._ticket_id)

    def _other_done(self, said: str) -> None:
        card = self.card
        if card is not None:
            self.context.toast(said, tone="ok", undo=self.undo_step, number=card.row.number)
            self._ask(card.row.id, anew=True)

    def undo_step(self) -> None:
        """Take back what was noted last."""
        if self._wanted:
            self.jobs.do(
                undo_visit_step(visit_id=self._wanted), owner=self, then=lambda _move: self._undone(),
                refused=lambda error: self.banner.put("danger", say(error)),
            )  # fmt: skip

    def _undone(self) -> None:
        self.context.toast(N_("Last step taken back"), tone="ok")
        self._ask(self._wanted, anew=True)

    def plan_next(self) -> None:
        """Agree on another visit for the same ticket."""
        if self.card is not None:
            self._ticket_id, self._day = self.card.row.ticket_id, None
            self._plan(self._ticket_id)

    def take_in(self) -> None:
        """Take the device in: whoever was there takes it from the merchant's contact."""
        card = self.card
        if card is not None:
            self.context.navigate(
                "check_in", ticket_id=card.row.ticket_id, serial_no=card.ticket.serial_no,
                merchant_id=card.ticket.merchant_id, deliverer=card.contact_name, deliverer_phone=card.contact_phone,
            )  # fmt: skip

    def print_paper(self) -> None:
        """Print the sheet that goes along, or that says what was done (Ctrl+P)."""
        if self.card is not None and not self.plan.isVisible():
            act = print_visit_sheets(visit_ids=[self.card.row.id])
            said = N_("The paper is being printed.")
            self.jobs.do(act, owner=self, then=lambda _jobs: self.context.toast(said, tone="ok"))

    def _to_ticket(self) -> None:
        if self.card is not None:
            self.context.navigate("ticket", ticket_id=self.card.row.ticket_id)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
