"""Planning visits on site: agree on one, move it, note that nobody was met, cancel it, take the last step back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from deskapp.clock import shop_day
from deskapp.commands.entry import Entry
from deskapp.commands.moves import settle
from deskapp.commands.papers import queue
from deskapp.commands.tickets import add_event, in_progress, ticket_row
from deskapp.commands.visits_desk import Trip, must_stand, open_visits, trip_of
from deskapp.commands.visits_papers import missed_note
from deskapp.errors import N_, Refused
from deskapp.models import folding
from deskapp.models.people import Staff
from deskapp.models.repair import ReviewCard
from deskapp.models.stock import Part
from deskapp.models.store import Write, command
from deskapp.models.ticket import TicketEvent
from deskapp.models.visit import SiteVisit
from deskapp.rules import access
from deskapp.rules import visits as rules
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.ticket_fields import TicketKind
from deskapp.rules.tickets import KIND_TITLES, TicketState
from deskapp.rules.visits import VisitState


@dataclass(frozen=True, slots=True)
class Carried:
    """One thing that goes along: a loaner by its serial number, a part by its number, or anything in words."""

    kind: str
    what: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class VisitForm:
    """What is agreed before anybody sets out. Instants are ms UTC; `fee` is a code of `rules.visits.FEES`."""

    from_at: int
    to_at: int
    engineer_id: str
    address: str
    contact_name: str = ""
    contact_phone: str = ""
    carry: tuple[Carried, ...] = ()
    fee: str = ""
    fee_fen: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A visit that was agreed on; `meanwhile` are other visits of the same engineer in the same time."""

    visit_id: str
    number: str
    meanwhile: tuple[str, ...] = ()


@command(N_("Schedule a visit"), right="visit")
def schedule_visit(write: Write, *, ticket_id: str, form: VisitForm) -> Planned:
    """Agree on a visit for a ticket that has none open; the ticket is then in progress.

    Raises Refused at `window`, `engineer`, `address`, `contact`, `carry_list`, `fee_notice` or `fee_fen`.
    """
    ticket = ticket_row(write, ticket_id)
    kind = TicketKind(ticket.kind)
    if kind not in rules.GOES_OUT:
        raise Refused(N_("Nobody goes out for this kind of ticket: {kind}."), field="ticket", kind=KIND_TITLES[kind])
    going = open_visits(write, ticket_id)
    if going:
        raise Refused(
            N_("Visit {number} is agreed on already. Move it to another time, or cancel it."), field="ticket",
            code="open_visit", number=going[0].number,
        )  # fmt: skip
    rules.check_window(form.from_at, form.to_at, write.now)
    engineer = _engineer(write, form.engineer_id)
    rules.check_fee(form.fee, form.fee_fen)
    entry = Entry()
    visit = SiteVisit(
        id=write.new_id(), number=write.number("V"), ticket_id=ticket_id, site_id=write.site_id, made_at=write.now,
        made_by=write.actor.staff_id, from_at=form.from_at, to_at=form.to_at, engineer_id=engineer.id,
        fee=form.fee, fee_fen=form.fee_fen if form.fee == "fee" else 0,
        **_described(write, entry, form),
    )  # fmt: skip
    trip = Trip(write, visit, ticket)
    # Whom to ask for and where is on the visit alone: what happened can never be erased again.
    records = {
        "address": "visit" if visit.address else "", "window": [form.from_at, form.to_at],
        "contact": "visit" if visit.contact_phone else "", "engineer": engineer.staff_no,
        "carry_list": [one["kind"] for one in visit.carry], "fee_notice": form.fee,
    }  # fmt: skip
    write.session.add(visit)
    event = trip.move("schedule_visit", records, engineer_id=engineer.id)
    in_progress(write, ticket_id, of_visit=event.id)
    entry.raise_cards(write, "service_ticket", ticket_id)
    return Planned(visit.id, visit.number, _meanwhile(write, visit))


@command(N_("Change what was agreed for a visit"), right="visit")
def change_visit(write: Write, *, visit_id: str, form: VisitForm, seen: Mapping[str, str] | None = None) -> None:
    """Change place, contact, what goes along and what was told about money; the time is moved by `reschedule_visit`."""
    trip = trip_of(write, visit_id)
    must_stand(trip, VisitState.PLANNED, VisitState.ON_SITE)
    write.saw(visit_id, seen)
    rules.check_fee(form.fee, form.fee_fen)
    entry = Entry()
    values = {
        **_described(write, entry, form), "fee": form.fee, "fee_fen": form.fee_fen if form.fee == "fee" else 0,
    }  # fmt: skip
    for name, value in values.items():
        if getattr(trip.visit, name) != value:
            setattr(trip.visit, name, value)
    entry.raise_cards(write, "service_ticket", trip.ticket.id)


_NEEDED = {
    "address": N_("Where does the engineer go?"),
    "contact": N_("Note a number where somebody can be reached there."),
}


@command(N_("Move a visit"), right="visit")
def reschedule_visit(
    write: Write, *, visit_id: str, from_at: int, to_at: int, reason: str, engineer_id: str = ""
) -> Planned:
    """Agree on another time, perhaps with another engineer; the reason stays in the history."""
    trip = trip_of(write, visit_id)
    must_stand(trip, VisitState.PLANNED)
    visit = trip.visit
    rules.check_window(from_at, to_at, write.now)
    engineer = _engineer(write, engineer_id or visit.engineer_id)
    entry = Entry()
    said = entry.note(reason, "reason")
    if (from_at, to_at, engineer.id) == (visit.from_at, visit.to_at, visit.engineer_id):
        raise Refused(N_("This is the time and the engineer that were agreed on."), field="window", code="same")
    before = {"from_at": visit.from_at, "to_at": visit.to_at, "engineer_id": visit.engineer_id}
    trip.move("reschedule_visit", {"window": [from_at, to_at], "reason": said}, before=before, engineer_id=engineer.id)
    visit.from_at, visit.to_at = from_at, to_at
    if visit.engineer_id != engineer.id:
        visit.engineer_id = engineer.id
    return Planned(visit.id, visit.number, _meanwhile(write, visit))


@command(N_("Nobody met on site"), right="visit")
def visit_failed(
    write: Write, *, visit_id: str, reason: str, at_ms: int = 0, next_try: str = "", words: str = "",
    leave_note: bool = True,
) -> str:  # fmt: skip
    """Note that nothing came of a trip, and print what is left at the door; the ticket is open again.

    `reason` is a code of `rules.visits.NOT_MET_REASONS` or words. Returns the print job, empty without a note.
    """
    trip = trip_of(write, visit_id)
    entry = Entry()
    said = reason if reason in rules.NOT_MET_REASONS else entry.note(reason, "reason")
    rules.check_arrival_time(at_ms or write.now, write.now)
    event = trip.move("visit_failed", {"reason": said}, words=entry.note(words, "words"), at_ms=at_ms)
    _open_again(trip, event)
    if not leave_note:
        return ""
    card = missed_note(
        write, trip.ticket, came_ms=at_ms or write.now, next_try=entry.note(next_try, "next_try"),
        words=entry.note(words, "words"), visit=trip.visit,
    )  # fmt: skip
    return queue(write, card, subject_kind="site_visit", subject_id=visit_id).id


@command(N_("Cancel a visit"), right="visit")
def cancel_visit(write: Write, *, visit_id: str, reason: str) -> None:
    """Call a visit off; the ticket is open again."""
    trip = trip_of(write, visit_id)
    said = Entry().note(reason, "reason")
    if not said:
        raise Refused(N_("Say why the visit is cancelled."), field="reason", code="missing")
    event = trip.move("cancel", {"reason": said})
    _open_again(trip, event)


@command(N_("Take back the last step of a visit"), right="visit")
def undo_visit_step(write: Write, *, visit_id: str, move: str = "") -> str:
    """Take back what was noted last on a visit, with what it did to the ticket; returns the move.

    `move` is the one that is meant, where somebody saw it: another one is then left alone. Refused where the ticket
    went on since, where the device was taken in (that is voided at the counter), and from the next day on to whoever
    may not correct.
    """
    trip = trip_of(write, visit_id)
    history = trip.view().work.history
    events = {row.id: row for row in folding.events_of(write.session, trip.ticket.id)}
    event = events.get(history[-1].uid) if history[-1].uid else None
    if event is None:
        raise Refused(N_("There is nothing to take back on this visit."), field="visit", code="nothing")
    name = str(event.data["move"])
    if name == "check_in":
        raise Refused(
            N_("The device was taken in. Void the check-in at the counter instead."), field="visit", code="taken_in"
        )
    _may_undo(trip, event, move)
    voided = {row.voids for row in events.values() if row.voids}
    own = [row for row in events.values() if row.data.get("of_visit") == event.id and row.id not in voided]
    ticket_moves = [fact.uid for fact in folding.ticket_of(list(events.values())).history]
    ended = not own and trip.ticket_state() in (TicketState.DONE, TicketState.CANCELLED)
    others = [one for one in open_visits(write, trip.ticket.id) if one.id != visit_id]
    if ended or others or ticket_moves[len(ticket_moves) - len(own) :] != [row.id for row in own]:
        raise Refused(_WENT_ON, field="visit", code="late")
    back = add_event(write, trip.ticket.id, folding.VISIT, "", visit_id=visit_id, move="undo")
    back.voids = event.id
    for row in reversed(own):
        add_event(write, trip.ticket.id, "undo", "").voids = row.id
    _put_back(trip, event)
    return name


_WENT_ON = N_("The ticket went on since then; this step cannot be taken back any more.")


def _may_undo(trip: Trip, event: TicketEvent, move: str) -> None:
    if move and event.data["move"] != move:
        raise Refused(
            N_("Something else was noted on visit {number} since then. Look at it first."), field="visit", code="other",
            number=trip.visit.number,
        )  # fmt: skip
    write = trip.write
    if shop_day(event.at) != shop_day(write.now) and not access.may(write.roles, write.actor.roles, "correct"):
        raise Refused(
            N_("This was noted on an earlier day. Somebody who may correct entries takes it back."), field="visit",
            code="earlier_day",
        )  # fmt: skip


def _put_back(trip: Trip, event: TicketEvent) -> None:
    """Bring back the columns that a step changed, and take its open to-dos off the list."""
    from deskapp.commands.visits_site import take_parts_back

    write, before = trip.write, event.data.get("before")
    if isinstance(before, dict):
        for name in ("from_at", "to_at", "engineer_id"):
            if name in before:
                setattr(trip.visit, name, before[name])
    ticket = trip.ticket
    if event.data.get("learned") and ticket.device_id == event.data["learned"]:
        ticket.device_id = ""
    if event.data["move"] == "finish_on_site" and ticket.answers.get("signature") == trip.visit.number:
        ticket.answers = {key: value for key, value in ticket.answers.items() if key != "signature"}
    take_parts_back(trip, event)
    for card in write.session.scalars(
        select(ReviewCard).where(ReviewCard.subject_id == trip.visit.id, ReviewCard.settled_at == 0)
    ):
        todo = card.kind == "todo" and card.data.get("move") == event.data["move"]
        if todo or (card.kind == "other_device" and event.data["move"] == "arrive"):
            settle(write, card, "taken_back")


def _open_again(trip: Trip, event: TicketEvent) -> None:
    if trip.ticket_state() in (TicketState.IN_PROGRESS, TicketState.WAITING):
        trip.ticket_move("open_again", TicketState.OPEN, event)


def _engineer(write: Write, engineer_id: str) -> Staff:
    person = write.session.get(Staff, engineer_id) if engineer_id else None
    if person is None or not person.active:
        raise Refused(N_("Who goes there? Choose the engineer."), field="engineer", code="missing")
    if not rules.may_be_sent(person.roles):
        raise Refused(
            N_("{name} does not go to merchants: choose a field engineer."), field="engineer", code="role",
            name=person.name,
        )  # fmt: skip
    return person


def _described(write: Write, entry: Entry, form: VisitForm) -> dict[str, Any]:
    """Return what is written on a visit beside its time, judged at its own fields."""
    values = {
        "address": entry.note(form.address, "address"),
        "contact_name": entry.take("name", form.contact_name, "contact_name"),
        "contact_phone": entry.take("phone", form.contact_phone, "contact"),
        "carry": [_carried(write, entry, one) for one in form.carry],
        "words": entry.note(form.words, "words"),
    }
    for name, key in (("address", "address"), ("contact_phone", "contact")):
        if not values[name]:
            raise Refused(_NEEDED[key], field=key, code="missing")
    return values


def _carried(write: Write, entry: Entry, one: Carried) -> dict[str, Any]:
    if one.kind not in rules.CARRIED or not one.what.strip() or not 1 <= one.quantity <= rules.MOST_CARRIED:
        raise Refused(N_("What goes along? Choose from the list, or write it down."), field="carry_list")
    if one.kind == "loaner":
        return {"kind": one.kind, "serial_no": clean_serial(one.what)}
    if one.kind == "part":
        part = write.session.get(Part, one.what)
        if part is None:
            raise Refused(N_("This part is not in the catalogue."), field="carry_list", code="part")
        return {"kind": one.kind, "part_id": part.id, "part_no": part.part_no, "quantity": one.quantity}
    return {"kind": one.kind, "words": entry.note(one.what, "carry_list")}


def _meanwhile(write: Write, visit: SiteVisit) -> tuple[str, ...]:
    """Return the numbers of other planned visits of the engineer that overlap with this one."""
    rows = write.session.scalars(
        select(SiteVisit.number).where(
            SiteVisit.engineer_id == visit.engineer_id, SiteVisit.id != visit.id,
            SiteVisit.state == VisitState.PLANNED.value, SiteVisit.from_at < visit.to_at,
            SiteVisit.to_at > visit.from_at,
        )
    )  # fmt: skip
    return tuple(rows)
