"""Service tickets: opening one in half a minute, working on it, and finishing it with its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from deskapp.commands.entry import Entry, Kept
from deskapp.errors import N_, Refused
from deskapp.models import folding
from deskapp.models.device import Device
from deskapp.models.merchant import Merchant
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.store import Override, Write, command
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.rules.deadlines import priority_of
from deskapp.rules.lifecycle import ENDED, WorkState
from deskapp.rules.tickets import TicketKind, check_open, check_ticket_move


@dataclass(frozen=True, slots=True)
class TicketForm:
    """What the quick ticket asks. `answers` holds the fields of the kind (`rules.ticket_fields`)."""

    kind: str = "repair"
    channel: str = "phone"
    merchant_id: str = ""
    caller_name: str = ""
    callback_phone: str = ""
    serial_no: str = ""
    device_id: str = ""
    model_words: str = ""
    symptom_code: str = ""
    words: str = ""
    business_stopped: bool | None = None
    answers: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TicketOpened:
    """A ticket that was opened."""

    ticket_id: str
    number: str
    priority: int


@command(N_("Open a ticket"), right="ticket")
def open_ticket(write: Write, *, form: TicketForm) -> TicketOpened:
    """Open a ticket of any kind; raises Refused at the first field that its kind needs and does not have."""
    ticket = new_ticket(write, form)
    return TicketOpened(ticket.id, ticket.number, ticket.priority)


def new_ticket(write: Write, form: TicketForm, *, priority: int = 0, judged: bool = False) -> ServiceTicket:
    """Open a ticket inside another act and return its row.

    `priority` stands over the one that follows from the kind. `judged` says that caller, phone and words were
    judged already, at fields of their own.
    """
    entry = Kept() if judged else Entry()
    kind = TicketKind(form.kind)
    phone = entry.take("phone", form.callback_phone, "callback_phone")
    if not form.merchant_id and not phone:
        raise Refused(
            N_("Choose the merchant, or enter a number to call back."), field="callback_phone", code="missing"
        )
    if form.merchant_id and write.session.get(Merchant, form.merchant_id) is None:
        raise Refused(N_("This merchant is not known here."), field="merchant_id")
    answers = clean_answers(entry, dict(form.answers or {}))
    words = entry.note(form.words, "words", symptom=True)
    device = _device_of(write, entry, form)
    if kind in (TicketKind.REPAIR, TicketKind.SOFTWARE_UPDATE):
        answers["device"] = (device.serial_no if device else "") or form.model_words or form.serial_no
    if kind is TicketKind.REPAIR:
        answers["symptom"] = form.symptom_code or words
        answers["business_stopped"] = form.business_stopped
    check_open(kind, answers)
    tamper = form.symptom_code == "tamper_alert"
    ticket = ServiceTicket(
        id=write.new_id(), number=write.number("T"), kind=kind.value, channel=form.channel, site_id=write.site_id,
        opened_at=write.now, opened_by=write.actor.staff_id, merchant_id=form.merchant_id,
        caller_name=entry.take("name", form.caller_name, "caller_name"), callback_phone=phone,
        device_id=device.id if device else "", model_words=_model_words(entry, form, device),
        symptom_code=form.symptom_code, words=words, business_stopped=bool(form.business_stopped),
        priority=priority or priority_of(kind.value, business_stopped=bool(form.business_stopped), tamper=tamper),
        answers=answers,
    )  # fmt: skip
    write.session.add(ticket)
    add_event(write, ticket.id, "open", "open")
    if kind is TicketKind.TRANSACTION_ANOMALY and device is not None:
        device.do_not_wipe = True
    write.session.flush()
    entry.raise_cards(write, "service_ticket", ticket.id)
    return ticket


@command(N_("Change a ticket"), right="ticket")
def change_ticket(
    write: Write, *, ticket_id: str, form: TicketForm, seen: Mapping[str, str] | None = None
) -> None:
    """Change what describes a ticket; what happened on it is not touched."""
    ticket = ticket_row(write, ticket_id)
    write.saw(ticket_id, seen)
    entry = Entry()
    device = _device_of(write, entry, form)
    ticket.merchant_id = form.merchant_id
    ticket.caller_name = entry.take("name", form.caller_name, "caller_name")
    ticket.callback_phone = entry.take("phone", form.callback_phone, "callback_phone")
    if not ticket.merchant_id and not ticket.callback_phone:
        raise Refused(N_("Choose the merchant, or enter a number to call back."), field="callback_phone")
    ticket.device_id = device.id if device else ""
    ticket.model_words = _model_words(entry, form, device)
    ticket.symptom_code = form.symptom_code
    ticket.words = entry.note(form.words, "words", symptom=True)
    if form.business_stopped is not None and form.business_stopped != ticket.business_stopped:
        ticket.business_stopped = form.business_stopped
        ticket.priority = priority_of(ticket.kind, business_stopped=form.business_stopped)
    answers = {**ticket.answers, **clean_answers(entry, dict(form.answers or {}))}
    if answers != ticket.answers:
        ticket.answers = answers


@command(N_("Move a ticket on"), right="ticket")
def move_ticket(
    write: Write, *, ticket_id: str, move: str, reason: str = "", answers: Mapping[str, Any] | None = None,
    override: Override | None = None,
) -> str:  # fmt: skip
    """Start, wait, go on, finish, cancel or reopen a ticket; returns its new state.

    Finishing needs the result that its kind asks for, which can be handed in with it. Reopening is done
    in the name of somebody who has the right to: the acting person, or whoever gave the consent.
    """
    ticket = ticket_row(write, ticket_id)
    entry = Entry()
    if answers:
        merged = {**ticket.answers, **clean_answers(entry, dict(answers))}
        if merged != ticket.answers:
            ticket.answers = merged
    write.session.flush()
    if move in ("finish", "cancel"):
        from deskapp.commands.visits_desk import refuse_open_visit

        refuse_open_visit(write, ticket_id)
    state = folding.ticket_of(folding.events_of(write.session, ticket_id)).state
    kind = TicketKind(ticket.kind)
    after = check_ticket_move(
        state, move, kind=kind, values=ticket.answers, reason=reason, open_items=open_items(write, ticket_id)
    )
    if move == "reopen":
        from deskapp.commands.pickup_correct import in_name_of

        write, _second = in_name_of(write, "reopen", override)
    add_event(write, ticket_id, move, after.value, reason=entry.note(reason, "reason"))
    if move == "finish" and kind is TicketKind.TRANSACTION_ANOMALY and ticket.device_id:
        write.session.get_one(Device, ticket.device_id).do_not_wipe = False
    return after.value


@command(N_("Note on a ticket"), right="ticket")
def add_note(write: Write, *, ticket_id: str, words: str) -> str:
    """Add a note; a card number in it is refused, with where it stands."""
    ticket_row(write, ticket_id)
    entry = Entry()
    text = entry.note(words, "words")
    if not text:
        raise Refused(N_("Write the note first."), field="words")
    event = add_event(write, ticket_id, "note", "", words=text)
    entry.raise_cards(write, "service_ticket", ticket_id)
    return event.id


@command(N_("Log a contact"), right="ticket")
def add_contact(write: Write, *, ticket_id: str, channel: str, result: str, words: str = "") -> str:
    """Log a call or message with the merchant."""
    ticket_row(write, ticket_id)
    entry = Entry()
    event = add_event(
        write, ticket_id, "contact", "", words=entry.note(words, "words"), channel=channel, result=result
    )
    return event.id


def ticket_row(write: Write, ticket_id: str) -> ServiceTicket:
    """Return a ticket; raises Refused when it is not known here."""
    ticket = write.session.get(ServiceTicket, ticket_id)
    if ticket is None:
        raise Refused(N_("This ticket is not known here."), field="ticket")
    return ticket


def add_event(
    write: Write, ticket_id: str, kind: str, to_state: str, *, words: str = "", **data: Any
) -> TicketEvent:
    """Add something that happened on a ticket."""
    event = TicketEvent(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, ticket_id=ticket_id, kind=kind,
        to_state=to_state, words=words, data={key: value for key, value in data.items() if value != ""},
    )  # fmt: skip
    write.session.add(event)
    return event


def in_progress(write: Write, ticket_id: str, **data: Any) -> None:
    """See to it that a ticket is in progress; raises Refused where it is finished."""
    state = folding.ticket_of(folding.events_of(write.session, ticket_id)).state
    if state is None or state.value == "open":
        add_event(write, ticket_id, "start", "in_progress", **data)
    elif state.value == "waiting":
        add_event(write, ticket_id, "go_on", "in_progress", **data)
    elif state.value != "in_progress":
        raise Refused(N_("This ticket is finished. Reopen it first."), field="ticket")


def open_items(write: Write, ticket_id: str) -> int:
    """Return how many devices of a ticket are still being worked on."""
    over = [state.value for state in ENDED] + [WorkState.PICKED_UP.value]
    return int(
        write.session.scalar(
            select(func.count())
            .select_from(RepairItem)
            .join(RepairOrder, RepairOrder.id == RepairItem.order_id)
            .where(RepairOrder.ticket_id == ticket_id, RepairItem.work_state.not_in(over))
        )
        or 0
    )


def _device_of(write: Write, entry: Entry, form: TicketForm) -> Device | None:
    """Return the known unit a form names, by id or serial number; an unknown serial stays as words."""
    if form.device_id:
        return write.session.get(Device, form.device_id)
    if not form.serial_no.strip():
        return None
    serial = entry.take("serial_no", form.serial_no, "serial_no")
    return write.session.scalars(
        select(Device).where(Device.serial_no == serial, Device.joined_into == "").order_by(Device.n)
    ).first()


def _model_words(entry: Entry, form: TicketForm, device: Device | None) -> str:
    """Return what was said about a unit that is not known here: the model in words, or its serial number."""
    return entry.note(form.model_words, "device") or ("" if device else form.serial_no.strip())


def clean_answers(entry: Entry, answers: dict[str, Any]) -> dict[str, Any]:
    """Return the answers of a kind with their texts judged, each at its own field."""
    cleaned: dict[str, Any] = {}
    for key, value in answers.items():
        if isinstance(value, str):
            cleaned[key] = entry.note(value, key)
        elif isinstance(value, list | tuple):
            cleaned[key] = [entry.note(one, key) if isinstance(one, str) else one for one in value]
        else:
            cleaned[key] = value
    return cleaned
