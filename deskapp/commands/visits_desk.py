"""What every act on a visit shares: the visit with its ticket and where it stands, and the one way to move it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from deskapp.commands.moves import raise_card, site_of, site_roles
from deskapp.commands.tickets import add_event, ticket_row
from deskapp.errors import N_, Refused
from deskapp.models import folding
from deskapp.models.store import Write
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.models.visit import SiteVisit
from deskapp.rules import lifecycle
from deskapp.rules.tickets import TicketState
from deskapp.rules.visits import OPEN, STATE_TITLES, VisitState, VisitView, fold_visit


@dataclass(slots=True)
class Trip:
    """A visit that is being worked on."""

    write: Write
    visit: SiteVisit
    ticket: ServiceTicket

    def view(self) -> VisitView:
        """Return where the visit stands by what happened on its ticket."""
        self.write.session.flush()
        events = folding.events_of(self.write.session, self.ticket.id)
        return folding.visits_of(events).get(self.visit.id) or fold_visit(())

    def move(
        self, name: str, records: Mapping[str, Any], *, words: str = "", at_ms: int = 0, **more: Any
    ) -> TicketEvent:
        """Check and make one move of the visit; raises Refused or Forbidden with a sentence.

        What may be deferred and is missing becomes a to-do on the visit. `at_ms` is when it was done, where that is
        entered later; `more` goes into the record beside what the move demands.
        """
        write = self.write
        allowed = lifecycle.check(
            self.view().work.state, name, roles=write.actor.roles, records=records,
            site_roles=site_roles(site_of(write)), by=write.actor.staff_id or write.actor.staff_no,
        )  # fmt: skip
        told = {"at_ms": at_ms} if at_ms else {}
        event = add_event(
            write, self.ticket.id, folding.VISIT, "", words=words, visit_id=self.visit.id, move=name,
            to=allowed.to.value, **{**records, **more, **told},
        )  # fmt: skip
        for key in allowed.todo:
            raise_card(write, "todo", "site_visit", self.visit.id, data={"key": key, "move": name})
        write.session.flush()
        return event

    def ticket_move(self, name: str, to: TicketState, event: TicketEvent, *, reason: str = "") -> None:
        """Move the ticket along with the visit; taken back together with the move of the visit."""
        add_event(self.write, self.ticket.id, name, to.value, reason=reason, of_visit=event.id)
        self.write.session.flush()

    def ticket_state(self) -> TicketState:
        """Return where the ticket stands."""
        self.write.session.flush()
        state = folding.ticket_of(folding.events_of(self.write.session, self.ticket.id)).state
        return state or TicketState.OPEN


def trip_of(write: Write, visit_id: str) -> Trip:
    """Return a visit; raises Refused when it is not known here."""
    visit = write.session.get(SiteVisit, visit_id)
    if visit is None:
        raise Refused(N_("This visit is not known here."), field="visit", code="unknown")
    return Trip(write, visit, ticket_row(write, visit.ticket_id))


def must_stand(trip: Trip, *states: VisitState) -> None:
    """Raise Refused unless the visit is in one of these states."""
    state = trip.view().state
    if state not in states:
        raise Refused(
            N_("This is not possible now: visit {number} is “{state}”."), field="visit", code="state",
            number=trip.visit.number, state=STATE_TITLES[state],
        )  # fmt: skip


def open_visits(write: Write, ticket_id: str) -> list[SiteVisit]:
    """Return the visits of a ticket that are planned or under way, the oldest first."""
    write.session.flush()
    views = folding.visits_of(folding.events_of(write.session, ticket_id))
    going = [visit_id for visit_id, view in views.items() if view.state in OPEN]
    if not going:
        return []
    return list(write.session.scalars(select(SiteVisit).where(SiteVisit.id.in_(going)).order_by(SiteVisit.n)))


def refuse_open_visit(write: Write, ticket_id: str) -> None:
    """Raise Refused while somebody is to go there, or is there: a ticket does not end behind the engineer's back."""
    going = open_visits(write, ticket_id)
    if going:
        raise Refused(
            N_("Visit {number} is still open. Enter its result, or cancel it."), field="visit", code="open_visit",
            number=going[0].number,
        )  # fmt: skip
