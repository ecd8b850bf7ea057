"""Guiding a merchant by phone: every answer is a fact on the ticket, the end decides what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from deskapp import knowledge
from deskapp.commands.entry import Entry
from deskapp.commands.tickets import add_event, in_progress, open_items, ticket_row
from deskapp.commands.visits_desk import open_visits, refuse_open_visit
from deskapp.errors import N_, Refused
from deskapp.models import folding
from deskapp.models.device import Device
from deskapp.models.store import Write, command
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.rules.guides import Answer, Ending, ending_of
from deskapp.rules.tickets import RequiredAt, TicketKind, missing_fields


@dataclass(frozen=True, slots=True)
class Guided:
    """Where a guide stands after an answer: the next step, or how it ended."""

    next_step: str
    ending: str = ""


@command(N_("Start a guide"), right="guidance")
def start_guide(write: Write, *, ticket_id: str, guide_id: str) -> str:
    """Begin a guide on a ticket and return its first step; the ticket is then in progress."""
    guide = knowledge.guide(guide_id)
    ticket_row(write, ticket_id)
    in_progress(write, ticket_id)
    add_event(write, ticket_id, "guide_start", "", guide=guide.id, version=guide.version)
    return guide.first.id


@command(N_("Answer a step"), right="guidance")
def answer_step(
    write: Write, *, ticket_id: str, guide_id: str, step_id: str, answer: str, seconds: int = 0
) -> Guided:
    """Save one answer and return where it leads. `seconds` is how long the step took."""
    guide = knowledge.guide(guide_id)
    try:
        target = guide.step(step_id).after(Answer(answer))
    except (KeyError, ValueError):
        raise Refused(N_("This step is not in the guide."), field="answer") from None
    add_event(
        write, ticket_id, "guide_answer", "", guide=guide.id, version=guide.version, step=step_id, answer=answer,
        seconds=seconds,
    )  # fmt: skip
    ending = ending_of(target)
    if ending is None:
        return Guided(target)
    add_event(write, ticket_id, "guide_end", "", guide=guide.id, version=guide.version, ending=ending.value)
    if ending is Ending.BANK_HANDOFF:
        ticket = ticket_row(write, ticket_id)
        device = write.session.get(Device, ticket.device_id) if ticket.device_id else None
        if device is not None:
            device.do_not_wipe = True
    return Guided("", ending.value)


@command(N_("Take back the last answer"), right="guidance")
def undo_answer(write: Write, *, ticket_id: str) -> str:
    """Take back the last answer (and the end it led to) and return the step it belongs to."""
    events = folding.events_of(write.session, ticket_id)
    voided = {event.voids for event in events if event.voids}
    counted = [event for event in events if event.id not in voided and not event.voids]
    for event in reversed(counted):
        if event.kind not in ("guide_answer", "guide_end"):
            continue
        back = add_event(write, ticket_id, "guide_undo", "")
        back.voids = event.id
        if event.kind == "guide_answer":
            return str(event.data["step"])
    raise Refused(N_("There is no answer to take back."), field="answer")


@command(N_("Solved by phone"), right="guidance")
def finish_solved(
    write: Write, *, ticket_id: str, solution: str, confirmed_by: str, tip_given: bool, tip: str = ""
) -> bool:
    """Finish a ticket that was solved by phone: what solved it, who confirmed, and the advice given.

    A kind that asks for a result of its own (the bank's answer, the version after) is finished on its page;
    returns whether the ticket is done.
    """
    ticket = ticket_row(write, ticket_id)
    refuse_open_visit(write, ticket_id)
    entry = Entry()
    words = entry.note(solution, "solution")
    if not words:
        raise Refused(N_("What solved it?"), field="solution")
    who = entry.take("name", confirmed_by, "confirmed_by")
    if not who:
        raise Refused(N_("Who confirmed that it works?"), field="confirmed_by")
    write.session.flush()
    add_event(
        write, ticket_id, "solved", "", words=words, confirmed_by=who, tip_given=tip_given, tip=tip.strip()
    )
    if missing_fields(TicketKind(ticket.kind), ticket.answers, RequiredAt.DONE):
        return False
    add_event(write, ticket_id, "finish", "done", reason=words)
    if ticket.kind == TicketKind.TRANSACTION_ANOMALY and ticket.device_id:
        write.session.get_one(Device, ticket.device_id).do_not_wipe = False
    return True


def close_solved(write: Write, days: int) -> int:
    """Finish tickets whose guide ended as solved and of which nothing was heard for so many days; returns how many.

    Whatever happened after that end - a note, a contact, a device taken in - leaves the ticket to people.
    """
    ends = write.session.scalars(
        select(TicketEvent)
        .join(ServiceTicket, ServiceTicket.id == TicketEvent.ticket_id)
        .where(
            TicketEvent.kind == "guide_end", TicketEvent.at <= write.now - days * 86_400_000,
            ServiceTicket.state.in_(("open", "in_progress")),
        )
    ).all()  # fmt: skip
    closed = 0
    for end in ends:
        newest = folding.events_of(write.session, end.ticket_id)[-1]
        solved = newest.id == end.id and end.data.get("ending") == Ending.SOLVED
        ticket = ticket_row(write, end.ticket_id)
        asks = missing_fields(TicketKind(ticket.kind), ticket.answers, RequiredAt.DONE)
        if not solved or asks or open_items(write, end.ticket_id) or open_visits(write, end.ticket_id):
            continue
        add_event(write, end.ticket_id, "finish", "done", waited_days=days)
        closed += 1
    return closed
