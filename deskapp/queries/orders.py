"""One repair order whole: whose, which devices, where each is, and everything that happened, oldest first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from deskapp.models.device import Device, DeviceModel
from deskapp.models.merchant import Merchant
from deskapp.models.people import Shelf, Staff
from deskapp.models.repair import CustodyEvent, RepairItem, RepairOrder, WorkEvent
from deskapp.models.store import ReadSession
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.printing import JobCard, papers_of
from deskapp.rules.masking import mask


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A device on the order; amounts in fen, instants ms UTC."""

    id: str
    line_no: int
    label_no: str
    device_id: str
    model: str
    serial_no: str
    symptom_code: str
    words: str
    state: str
    state_at: int
    holder: str
    shelf: str
    due_fen: int
    paid_fen: int
    receipt_no: str


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """Something that happened to a device of the order: a move of the work, or a hand-over."""

    at: int
    by: str
    label_no: str
    kind: str
    what: str
    words: str
    place: str


@dataclass(frozen=True, slots=True)
class OrderCard:
    """An order with everything its page shows; the deliverer is masked."""

    id: str
    number: str
    slip_no: str
    slip_blocked: bool
    ticket_id: str
    ticket_no: str
    merchant_id: str
    merchant: str
    deliverer: str
    phone: str
    opened_at: int
    opened_by: str
    estimate_at: int
    ceiling_fen: int
    closed_at: int
    lines: tuple[OrderLine, ...]
    events: tuple[OrderEvent, ...]
    papers: tuple[JobCard, ...]


def order_of(session: ReadSession, record_id: str) -> OrderCard | None:
    """Return the order with an id, or the one a device with this id is on; None for neither."""
    row = session.get(RepairOrder, record_id)
    if row is None:
        item = session.get(RepairItem, record_id)
        row = session.get(RepairOrder, item.order_id) if item else None
    if row is None:
        return None
    merchant = session.get(Merchant, row.merchant_id) if row.merchant_id else None
    ticket = session.get(ServiceTicket, row.ticket_id) if row.ticket_id else None
    clerk = session.get(Staff, row.opened_by) if row.opened_by else None
    lines = _lines(session, row.id)
    labels = {line.id: line.label_no for line in lines}
    return OrderCard(
        row.id, row.number, row.slip_no, row.slip_blocked, row.ticket_id, ticket.number if ticket else "",
        row.merchant_id, (merchant.short_name or merchant.name) if merchant else "",
        mask("name", row.deliverer_name) if row.deliverer_name else "",
        mask("phone", row.deliverer_phone) if row.deliverer_phone else "",
        row.opened_at, clerk.name if clerk else "", row.estimate_at, row.ceiling_fen, row.closed_at, lines,
        _events(session, labels), tuple(papers_of(session, row.id, *labels)),
    )  # fmt: skip


def _lines(session: ReadSession, order_id: str) -> tuple[OrderLine, ...]:
    rows = session.execute(
        select(RepairItem, Device, DeviceModel, Shelf.code)
        .join(Device, Device.id == RepairItem.device_id)
        .join(DeviceModel, DeviceModel.id == Device.model_id, isouter=True)
        .join(Shelf, Shelf.id == RepairItem.shelf_id, isouter=True)
        .where(RepairItem.order_id == order_id)
        .order_by(RepairItem.line_no)
    )
    return tuple(
        OrderLine(
            item.id, item.line_no, item.label_no, device.id, f"{model.brand} {model.name}" if model else device.note,
            device.serial_no, item.symptom_code, item.words, item.work_state, item.state_at, item.holder,
            shelf or "", item.due_fen, item.paid_fen, item.receipt_no,
        )
        for item, device, model, shelf in rows
    )  # fmt: skip


def _events(session: ReadSession, labels: dict[str, str]) -> tuple[OrderEvent, ...]:
    names = {row.id: row.name for row in session.scalars(select(Staff))}
    moves = session.scalars(select(WorkEvent).where(WorkEvent.item_id.in_(labels))).all()
    voided = {row.voids for row in moves if row.voids}
    hops = session.scalars(select(CustodyEvent).where(CustodyEvent.item_id.in_(labels))).all()
    events = [
        OrderEvent(
            row.at, names.get(row.by, ""), labels[row.item_id], "voided" if row.id in voided else "move", row.move,
            row.reason, row.to_state,
        )
        for row in moves
    ] + [
        OrderEvent(
            row.at, names.get(row.by, ""), labels[row.item_id], "hop", row.from_holder, row.to_holder, row.place
        )
        for row in hops
    ]  # fmt: skip
    return tuple(sorted(events, key=lambda one: one.at))
