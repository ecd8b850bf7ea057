"""What stands beside the steps of a visit: what was agreed, what can be done next, and what happened."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from deskapp.errors import N_
from deskapp.queries.visits import VisitCard
from deskapp.rules.visits import VisitState, may_move
from deskapp.ui.kit import Button, Card, Facts, FlowLayout, Happening, PageContext, Timeline, spoken
from deskapp.ui.pages.visit_words import fee_words, step_words, what_for, window_words
from deskapp.ui.pages.words import full_moment


class AgreedCard(Card):
    """What was agreed."""

    def __init__(self) -> None:
        super().__init__(N_("What was agreed"), icon="info-circle")
        self.facts = Facts()
        for key, label in (
            ("when", N_("When")), ("engineer", N_("Engineer")), ("merchant", N_("Merchant")),
            ("address", N_("Address")), ("contact", N_("Ask for")), ("what", N_("For what")),
            ("carry", N_("Goes along")), ("fee", N_("Told about the charge")),
            ("words", N_("What is to be done")), ("ticket", N_("Ticket")),
            ("made", N_("Agreed")), ("arrived", N_("Arrived at")),
        ):  # fmt: skip
            self.facts.add(key, label)
        self.add(self.facts)
        self.edit = Button(N_("Change"), "quiet", icon="edit")
        self.head.addWidget(self.edit)

    def show_card(self, card: VisitCard) -> None:
        """Show what is known of a visit."""
        line = card.row
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


class WaysCard(Card):
    """What can be done with a visit as it stands, by whoever is signed in."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("What next"), icon="player-play")
        self._context = context
        self.sheet = Button(N_("&Print the sheet"), icon="printer")
        self.another_time = Button(N_("M&ove it …"), icon="calendar")
        self.missed = Button(N_("Nobody m&et …"), icon="door-exit")
        self.check_in = Button(N_("Take the device in …"), icon="inbox")
        self.again = Button(N_("Next &visit …"), icon="plus")
        self.ticket = Button(N_("To the tic&ket"), icon="clipboard-list")
        self.undo = Button(N_("Take the last step back"), "quiet", icon="arrow-back-up")
        self.cancel = Button(N_("Cancel the visit …"), "quiet", icon="ban")
        ways = QWidget()
        flow = FlowLayout(ways, margin=0)
        for way in (
            self.sheet, self.another_time, self.missed, self.check_in, self.again, self.ticket, self.undo, self.cancel,
        ):  # fmt: skip
            flow.addWidget(way)
        self.add(ways)

    def may(self, move: str) -> bool:
        """Tell whether whoever is signed in makes this move of a visit."""
        actor = self._context.actor()
        return self._context.may("visit") and actor is not None and may_move(move, actor.roles)

    def show_card(self, card: VisitCard) -> None:
        """Offer what the state of the visit and the rights of the person allow."""
        state, may = VisitState(card.row.state), self._context.may("visit")
        planned, there = state is VisitState.PLANNED, state is VisitState.ON_SITE
        open_ticket = card.ticket.row.state not in ("done", "cancelled")
        for button, on in (
            (self.sheet, may), (self.another_time, planned and self.may("reschedule_visit")),
            (self.missed, planned and self.may("visit_failed")),
            (self.cancel, (planned or there) and self.may("cancel")),
            (self.check_in, planned and card.ticket.row.kind == "repair" and self._context.may("check_in")),
            (self.again, not (planned or there) and open_ticket and self.may("schedule_visit")),
            (self.undo, may and state is not VisitState.TAKEN_IN and state is not VisitState.CANCELLED),
        ):  # fmt: skip
            button.setVisible(on)


def happenings(card: VisitCard) -> list[Happening]:
    """Return what happened on a visit, newest first; what was taken back is struck through."""
    lines = []
    for event in reversed(card.events):
        what, words, icon, tone = step_words(event)
        if event.voided:
            what, tone = spoken(N_("{what} (taken back)"), what=what), "muted"
        lines.append(Happening(full_moment(event.at), what, event.by, words, icon, tone, struck=event.voided))
    return lines


def history_card() -> tuple[Card, Timeline]:
    """Return the card of the history, and the line in it."""
    card, timeline = Card(N_("History"), icon="history"), Timeline()
    card.add(timeline)
    return card, timeline
