"""The ladder of an order that nobody collects: how long it waits, what is due, what was done, what is missing."""

from __future__ import annotations

from typing import Final

from deskapp import catalogue
from deskapp.clock import shop_day
from deskapp.errors import N_
from deskapp.queries.orders import OrderCard
from deskapp.queries.uncollected import LadderCard, LadderDone, ladder_of
from deskapp.rules.states import WorkState
from deskapp.ui.kit import Card, Happening, PageContext, Pill, Text, Timeline, row, spoken
from deskapp.ui.pages.words import full_moment

LATE: Final = 3
"""From this step on it is urgent: the written notice."""


class Ladder(Card):
    """Shown from the second notice on; hidden while everything is as usual."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Not collected"), icon="clock")
        self.context, self.jobs = context, context.jobs
        self.card: LadderCard | None = None
        self.step = Pill(N_("Second notice"), "warn", "clock")
        self.waits = Text(role="body", wrap=True)
        self.missing = Text(role="warn", wrap=True)
        self.done = Timeline()
        self.add(row(self.step, 1))
        for part in (self.waits, self.missing, self.done):
            self.add(part)
        self.hide()

    def show_card(self, order: OrderCard) -> None:
        """Ask how an order waits; where nothing waits nobody has to be asked."""
        if not any(line.state in (WorkState.READY_FOR_PICKUP, WorkState.ABANDONED) for line in order.lines):
            self._show(None)
            return
        order_id, now = order.id, self.context.now()
        self.jobs.ask(lambda session: ladder_of(session, order_id, now), owner=self, then=self._show,
                      exclusive="ladder")  # fmt: skip

    def retranslate(self) -> None:
        """Say it in the window's language."""
        self._show(self.card)

    def _show(self, card: LadderCard | None) -> None:
        self.card = card
        self.setVisible(card is not None)
        if card is None:
            return
        if card.decided_next:
            self.step.show_state(N_("A supervisor decides with an auditor"), "danger", "hand-stop")
        elif card.answered:
            self.step.show_state(N_("{step}: done"), "ok", "check", step=spoken(card.title))
        else:
            self.step.show_state(card.title, "danger" if card.step >= LATE else "warn", "clock")
        waits = spoken(N_("Ready for {count} days and not collected."), count=card.days)
        if card.next_title and not card.decided_next:
            day = shop_day(card.next_at).isoformat()
            waits += " " + spoken(N_("From {day} on: {step}."), day=day, step=spoken(card.next_title))
        self.waits.put(waits)
        lacking = card.step >= LATE and not card.proved
        self.missing.setVisible(lacking)
        if lacking:
            told = any(one.kind == "notice" for one in card.done)
            self.missing.say(_UNPROVED if told else _UNWRITTEN)
        self.done.set_happenings([_happening(one) for one in card.done])


_UNWRITTEN: Final = N_("No written notice with a day is on record yet; without it nothing can be decided.")
_UNPROVED: Final = N_("How the written notice went out is not on record yet; without it nothing can be decided.")


def _happening(one: LadderDone) -> Happening:
    when = full_moment(one.at)
    if one.kind == "call":
        reached = one.what == "reached"
        return Happening(when, spoken(N_("Merchant called")), "", _said(catalogue.title("call_results", one.what),
                         one.words), "phone-call" if reached else "phone", "ok" if reached else "muted")  # fmt: skip
    if one.kind == "notice":
        title = spoken(N_("Written notice, to collect by {day}"), day=one.what)
        return Happening(when, title, "", _said(one.proof, one.words), "file-text", "ok" if one.proof else "warn")
    return Happening(when, spoken(N_("Moved to long storage, shelf {shelf}"), shelf=one.what), "", one.words, "box")


def _said(*words: str) -> str:
    return "  ".join(one for one in words if one)
