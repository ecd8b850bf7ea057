"""One visit on site: agree on it, arrive, finish, or note what else became of it."""

from __future__ import annotations

from datetime import date
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from deskapp.commands.visits import Planned, undo_visit_step
from deskapp.commands.visits_papers import print_visit_sheets
from deskapp.errors import N_
from deskapp.i18n import say
from deskapp.models.store import Changes
from deskapp.queries import visits as queries
from deskapp.queries.visits import VisitCard, VisitStart
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.visits import VisitState
from deskapp.ui.kit import Page, PageContext, Pill, ScanField, column, reveal
from deskapp.ui.pages.paper_history import PapersCard
from deskapp.ui.pages.review_lost import LostVersions
from deskapp.ui.pages.transfer_lists import Beside
from deskapp.ui.pages.visit_cards import AgreedCard, WaysCard, happenings, history_card
from deskapp.ui.pages.visit_drafts import VisitDrafts
from deskapp.ui.pages.visit_other import CancelCard, MoveCard, NotMetCard
from deskapp.ui.pages.visit_plan import PlanCard, tell_overlap
from deskapp.ui.pages.visit_site import ArriveCard, ResultCard
from deskapp.ui.pages.visit_words import state_cell, what_for
from deskapp.ui.tokens import LARGE
from deskapp.ui.widgets.enter import into_view
from deskapp.ui.widgets.sync_marks import SyncMark


class VisitPage(Page):
    """A visit, at the step it stands at."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Visit"))
        self.card: VisitCard | None = None
        self._wanted = self._ticket_id = ""
        self._day: date | None = None
        self._planning = self._anew = False
        self.state = Pill("")
        self.head.insertWidget(1, self.state)
        self.mark = SyncMark(self.jobs, "visit")
        self.head.insertWidget(2, self.mark)
        self.plan = PlanCard(context)
        self.arrive = ArriveCard(context)
        self.result = ResultCard(context)
        self.move_card, self.not_met, self.cancelling = MoveCard(context), NotMetCard(context), CancelCard(context)
        self.others = (self.move_card, self.not_met, self.cancelling)
        self.drafts = VisitDrafts(
            context, self, {"plan": self.plan, "arrive": self.arrive, "result": self.result}
        )  # fmt: skip
        self.agreed, self.ways, self.lost = AgreedCard(), WaysCard(context), LostVersions(context)
        self.history_card, self.timeline = history_card()
        left, self.right = QWidget(), QWidget()
        for side, cards in (
            (left, (self.plan, self.arrive, self.result, *self.others, self.agreed)),
            (self.right, (self.ways, self.lost, self.history_card)),
        ):
            line = column(*cards, 1, gap=LARGE)
            line.setContentsMargins(0, 0, 0, 0)
            side.setLayout(line)
        both = Beside()
        both.place(left, self.right, (3, 2), 0, 0)
        self.add(both)
        self.papers = PapersCard(context)
        self.add(self.papers)
        self._show_parts(planning=False, known=False)
        self._listen()

    def _listen(self) -> None:
        ways = self.ways
        for button, act in (
            (self.agreed.edit, self.change), (ways.sheet, self.print_paper), (ways.check_in, self.take_in),
            (ways.again, self.plan_next), (ways.ticket, self._to_ticket), (ways.undo, self.undo_step),
        ):  # fmt: skip
            button.clicked.connect(lambda _on=False, act=act: act())
        for button, other in (
            (ways.another_time, self.move_card), (ways.missed, self.not_met), (ways.cancel, self.cancelling),
        ):  # fmt: skip
            button.clicked.connect(lambda _on=False, other=other: self._other(other))
        self.plan.planned.connect(self._planned)
        self.plan.saved.connect(lambda visit_id: self.open(id=visit_id))
        self.plan.closed.connect(self._plan_closed)
        self.arrive.done.connect(self._arrived)
        self.result.done.connect(self._finished)
        self.result.take_in.connect(self.take_in)
        for other in self.others:
            other.done.connect(partial(self._other_done, other.step))
            other.closed.connect(self._show_step)

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
        """Ask for a visit; `anew` puts the focus where the next thing is done, whichever question is answered."""
        self._anew = anew or (self._anew and visit_id == self._wanted)
        self._wanted = visit_id
        self._planning = self._planning and not anew
        now = self.context.now()
        self.jobs.ask(
            lambda session: queries.visit(session, visit_id, now), owner=self, then=self._show, exclusive="visit"
        )

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
        self.lost.changed(changes)
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

    def leave(self) -> None:
        """Keep what is half typed."""
        self.drafts.save()

    def scan(self, text: str) -> bool:
        """Take the serial number of the case while an arrival is entered, and a part's label with the result."""
        scan, focused = parse_scan(text), QApplication.focusWidget()
        if scan.kind is ScanKind.SERIAL and self.arrive.isVisible():
            self.arrive.take_serial(scan.number)
            return True
        if self.result.isVisible() and not (isinstance(focused, ScanField) and focused.wants(text)):
            return self.result.take_scan(scan)
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
        self.drafts.take_up()

    def _show_parts(self, *, planning: bool, known: bool) -> None:
        for part in (self.agreed, self.right, self.papers):
            reveal(part, known and not planning)
        reveal(self.state, known)
        reveal(self.plan, planning)
        if not known or planning:
            self.arrive.hide()
            self.result.hide()

    def _show(self, card: VisitCard | None) -> None:
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
        self.lost.show_for(card.row.id)
        self._show_step()
        if self._anew or moved:
            self._anew = False
            self._to_first()
            self.drafts.take_up()

    def _fill(self, card: VisitCard) -> None:
        line = card.row
        self.title.put(line.number)
        self.subtitle.put("  ".join(part for part in (line.merchant, what_for(line)) if part))
        reveal(self.subtitle, bool(self.subtitle.text()))
        cell = state_cell(line)
        self.state.show_state(cell.text, cell.tone, cell.icon)
        self.agreed.show_card(card)
        self.timeline.set_happenings(happenings(card))

    def _show_step(self) -> None:
        """Offer what the state of the visit allows."""
        card = self.card
        if card is None:
            return
        state, busy = card.row.state, any(other.isVisible() for other in self.others)
        planned, there = state == VisitState.PLANNED, state == VisitState.ON_SITE
        for part, on in (
            (self.arrive, planned and self.ways.may("arrive")),
            (self.result, there and self.ways.may("finish_on_site")),
        ):  # fmt: skip
            if on and not busy:
                part.begin(card)
            else:
                part.hide()
        self.agreed.edit.setVisible((planned or there) and self.context.may("visit"))
        self.ways.show_card(card)

    def _to_first(self) -> None:
        """Put the focus where the next thing is done; the head is seen too, where there is room for both."""
        ways, state = self.ways, self.card.row.state if self.card is not None else ""
        first: QWidget
        if self.arrive.isVisible():
            first = self.arrive.badge
        elif self.result.isVisible():
            first = self.result.action if self.result.form.isVisible() else self.result.take
        else:
            sheet = ways.sheet if state in (VisitState.PLANNED, VisitState.DONE) else ways.ticket
            first = next(one for one in (ways.again, sheet, ways.ticket) if one.isVisibleTo(self))
        self.focus_first(first)
        into_view(self.title)
        into_view(first)

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
                self._into_sight(self.plan.title)

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
            self.jobs.ask(
                lambda session: queries.team(session, card.row.engineer_id), owner=self,
                then=partial(self._begin_move, card),
            )  # fmt: skip
            return
        other.begin(card)
        self._show_step()
        self._into_sight(other)

    def _begin_move(self, card: VisitCard, team: queries.Team) -> None:
        self.move_card.begin(card, team)
        self._show_step()
        self._into_sight(self.move_card)

    def _into_sight(self, form: QWidget) -> None:
        """Show a form that opened above: with large letters the button stood far below it."""
        QTimer.singleShot(0, form, lambda: into_view(form))

    def _planned(self, done: Planned) -> None:
        undo = partial(self.undo_step, done.visit_id, "schedule_visit")
        self.context.toast(N_("Visit {number} is agreed on"), tone="ok", undo=undo, number=done.number)
        tell_overlap(self.context, done)
        self.open(id=done.visit_id)

    def _arrived(self) -> None:
        self.context.toast(N_("Arrival noted"), tone="ok", undo=partial(self.undo_step, self._wanted, "arrive"))

    def _finished(self, done: bool, next_on: str) -> None:
        over = N_("The visit is over, and the ticket is done")
        said = over if done else N_("The visit is over; the ticket stays open")
        self.context.toast(said, tone="ok", undo=partial(self.undo_step, self._wanted, "finish_on_site"))
        if next_on and not done and self.card is not None and self.ways.may("schedule_visit"):
            self._ticket_id, self._day = self.card.row.ticket_id, _day(next_on)
            self._plan(self._ticket_id)

    def _other_done(self, move: str, said: str) -> None:
        card = self.card
        if card is not None:
            undo = partial(self.undo_step, card.row.id, move)
            self.context.toast(said, tone="ok", undo=undo, number=card.row.number)
            self._ask(card.row.id, anew=True)

    def undo_step(self, visit_id: str = "", move: str = "") -> None:
        """Take back what was noted last; of a notice that is still in sight only the step it speaks of."""
        wanted = visit_id or self._wanted
        if wanted:
            self.jobs.do(
                undo_visit_step(visit_id=wanted, move=move), owner=self, then=lambda _move: self._undone(wanted),
                refused=lambda error: self.context.toast(say(error), tone="danger", raw=True),
            )  # fmt: skip

    def _undone(self, visit_id: str) -> None:
        self.context.toast(N_("Last step taken back"), tone="ok")
        if visit_id == self._wanted or self._planning:
            self._ask(visit_id, anew=True)

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
                "check_in", ticket_id=card.row.ticket_id, serial_no=card.met or card.ticket.serial_no,
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
