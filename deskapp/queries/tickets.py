"""Questions about service tickets: one whole, the open ones, and the long list page by page."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from deskapp.models.device import Device, DeviceModel
from deskapp.models.journal import GroupVersion
from deskapp.models.merchant import Merchant
from deskapp.models.people import Staff
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.store import ReadSession
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.queries.hits import ask
from deskapp.queries.naming import title_of
from deskapp.rules.masking import mask

CLOSED = ("done", "cancelled")


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One line of a list. `n` orders the list; instants are ms UTC; phones are masked."""

    n: int
    id: str
    number: str
    kind: str
    state: str
    waits_for: str
    priority: int
    business_stopped: bool
    merchant: str
    phone: str
    symptom_code: str
    words: str
    opened_at: int
    done_due: int


@dataclass(frozen=True, slots=True)
class EventCard:
    """One thing that happened on a ticket."""

    id: str
    at: int
    by: str
    kind: str
    to_state: str
    words: str
    data: Mapping[str, Any]
    voided: bool


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A device of this ticket that we hold or held."""

    item_id: str
    order_no: str
    label_no: str
    model: str
    serial_no: str
    work_state: str


@dataclass(frozen=True, slots=True)
class TicketCard:
    """A ticket with everything its page shows; `versions` are what an edit says it has seen."""

    row: TicketRow
    channel: str
    merchant_id: str
    merchant_no: str
    caller_name: str
    callback_phone: str
    device_id: str
    serial_no: str
    model: str
    do_not_wipe: bool
    answers: Mapping[str, Any]
    response_due: int
    closed_at: int
    opened_by: str
    events: tuple[EventCard, ...]
    devices: tuple[OrderLine, ...]
    versions: Mapping[str, str]


def ticket(session: ReadSession, ticket_id: str) -> TicketCard | None:
    """Return a ticket by its id, or None."""
    row = session.get(ServiceTicket, ticket_id)
    if row is None:
        return None
    device = session.get(Device, row.device_id) if row.device_id else None
    merchant = session.get(Merchant, row.merchant_id) if row.merchant_id else None
    opener = session.get(Staff, row.opened_by) if row.opened_by else None
    versions = session.execute(
        select(GroupVersion.name, GroupVersion.op_uid).where(GroupVersion.record_id == ticket_id)
    ).all()
    return TicketCard(
        row=_row(row, merchant.short_name or merchant.name if merchant else ""),
        channel=row.channel,
        merchant_id=row.merchant_id,
        merchant_no=merchant.merchant_no if merchant else "",
        caller_name=row.caller_name,
        callback_phone=row.callback_phone,
        device_id=row.device_id,
        serial_no=device.serial_no if device else "",
        model=_model(session, device) or row.model_words,
        do_not_wipe=device.do_not_wipe if device else False,
        answers=row.answers,
        response_due=row.response_due,
        closed_at=row.closed_at,
        opened_by=opener.name if opener else "",
        events=events_of_ticket(session, ticket_id),
        devices=_devices(session, ticket_id),
        versions=dict(versions),
    )


def open_tickets(session: ReadSession, *, kind: str = "", limit: int = 200) -> list[TicketRow]:
    """Return open tickets, the most urgent first, then the oldest."""
    question = _rows().where(ServiceTicket.state.not_in(CLOSED))
    if kind:
        question = question.where(ServiceTicket.kind == kind)
    question = question.order_by(ServiceTicket.priority, ServiceTicket.n).limit(limit)
    return [_row(row, merchant or "") for row, merchant in session.execute(question)]


def tickets_before(session: ReadSession, before_n: int | None, limit: int = 200) -> list[TicketRow]:
    """Return one page of all tickets, newest first, below a row number."""
    before = 1 << 62 if before_n is None else before_n
    return _cards(session, f"{_LINES} WHERE t.n < ? ORDER BY t.n DESC LIMIT ?", before, limit)


def tickets_at(session: ReadSession, numbers: Sequence[int]) -> list[TicketRow]:
    """Return the tickets with these row numbers, newest first."""
    wanted = json.dumps(list(numbers))
    return _cards(session, f"{_LINES} WHERE t.n IN (SELECT value FROM json_each(?)) ORDER BY t.n DESC", wanted)


def ticket_numbers(session: ReadSession) -> Sequence[int]:
    """Return the row numbers of all tickets, newest first: the skeleton of the long list.

    Tickets are never removed, so that the numbers have no gaps and two ends say all of them;
    where there are gaps (a store put together from others) they are listed, in pieces, because
    a million rows in one go would hold up every other thread.
    """
    low, high, count = ask(session, "SELECT min(n), max(n), count(*) FROM service_ticket")[0]
    if not count:
        return range(0)
    if high - low + 1 == count:
        return range(high, low - 1, -1)
    numbers = array("q")
    piece = [high + 1]
    while piece:
        rows = ask(session, "SELECT n FROM service_ticket WHERE n < ? ORDER BY n DESC LIMIT 5000", piece[-1])
        piece = [row.n for row in rows]
        numbers.extend(piece)
    return numbers


def count_by_state(session: ReadSession) -> dict[str, int]:
    """Return how many open tickets there are by state."""
    counted = session.execute(
        select(ServiceTicket.state, func.count())
        .where(ServiceTicket.state.not_in(CLOSED))
        .group_by(ServiceTicket.state)
    )
    return dict(counted.all())


def tickets_of_merchant(session: ReadSession, merchant_id: str, limit: int = 50) -> list[TicketRow]:
    """Return the newest tickets of a merchant."""
    question = _rows().where(ServiceTicket.merchant_id == merchant_id).order_by(ServiceTicket.n.desc()).limit(limit)
    return [_row(row, merchant or "") for row, merchant in session.execute(question)]


def _rows() -> Select[ServiceTicket, Any]:
    return select(ServiceTicket, func.coalesce(func.nullif(Merchant.short_name, ""), Merchant.name)).join(
        Merchant, Merchant.id == ServiceTicket.merchant_id, isouter=True
    )


_LINES = (
    "SELECT t.n, t.id, t.number, t.kind, t.state, t.waits_for, t.priority, t.business_stopped,"
    " coalesce(nullif(m.short_name, ''), m.name, ''), t.callback_phone, t.symptom_code, t.words, t.opened_at,"
    " t.done_due FROM service_ticket t LEFT JOIN merchant m ON m.id = t.merchant_id"
)
"""The lines of the long list as tuples: entities would cost ten times what the database needs."""


def _cards(session: ReadSession, sql: str, *values: Any) -> list[TicketRow]:
    return [
        TicketRow(n, id_, number, kind, state, waits, priority, bool(stopped), merchant, _masked(phone), *rest)
        for n, id_, number, kind, state, waits, priority, stopped, merchant, phone, *rest in ask(session, sql, *values)
    ]


def _masked(phone: str) -> str:
    return mask("phone", phone) if phone else ""


def _row(row: ServiceTicket, merchant: str) -> TicketRow:
    return TicketRow(
        row.n, row.id, row.number, row.kind, row.state, row.waits_for, row.priority, row.business_stopped, merchant,
        _masked(row.callback_phone), row.symptom_code, row.words,
        row.opened_at, row.done_due,
    )  # fmt: skip


def _model(session: ReadSession, device: Device | None) -> str:
    model = session.get(DeviceModel, device.model_id) if device and device.model_id else None
    return title_of(model)


def events_of_ticket(session: ReadSession, ticket_id: str) -> tuple[EventCard, ...]:
    """Return what happened on a ticket, oldest first."""
    rows = session.execute(
        select(TicketEvent, Staff.name)
        .join(Staff, Staff.id == TicketEvent.by, isouter=True)
        .where(TicketEvent.ticket_id == ticket_id)
        .order_by(TicketEvent.n)
    ).all()
    voided = {row.voids for row, _name in rows if row.voids}
    return tuple(
        EventCard(row.id, row.at, name or "", row.kind, row.to_state, row.words, row.data, row.id in voided)
        for row, name in rows
    )


def _devices(session: ReadSession, ticket_id: str) -> tuple[OrderLine, ...]:
    rows = session.execute(
        select(RepairItem, RepairOrder.number, Device)
        .join(RepairOrder, RepairOrder.id == RepairItem.order_id)
        .join(Device, Device.id == RepairItem.device_id)
        .where(RepairOrder.ticket_id == ticket_id)
        .order_by(RepairItem.n)
    ).all()
    return tuple(
        OrderLine(item.id, number, item.label_no, _model(session, device), device.serial_no, item.work_state)
        for item, number, device in rows
    )
