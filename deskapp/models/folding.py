"""Keeps the derived columns true: after an act, whatever its facts touched is folded again.

Commands add facts and never write a state. The same folds run on every machine
(`rules.lifecycle`, `rules.custody`, `rules.account`), so the states agree wherever
the facts are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp.models.act_session import ActSession, children_of, facts_of, rows_of_order
from deskapp.models.base import Synced
from deskapp.models.device import Device, TerminalBinding
from deskapp.models.repair import (
    AccessoryItem,
    CustodyEvent,
    MoneyEvent,
    Pickup,
    RepairItem,
    RepairOrder,
    WorkEvent,
)
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.models.times import due_of, item_pauses, ticket_pauses
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.models.transfers import refold as fold_manifest
from deskapp.models.visit import SiteVisit
from deskapp.rules.account import MoneyFact, MoneyKind, MoneyView, fold_money
from deskapp.rules.custody import CustodyFact, CustodyView, fold_custody
from deskapp.rules.lifecycle import ENDED, WorkFact, WorkState, WorkView, fold_work
from deskapp.rules.tickets import MOVE_TITLES, TicketFact, TicketView, fold_ticket
from deskapp.rules.visits import VisitView, fold_visit

Key = tuple[str, str]

CLOSED_TICKET = ("done", "cancelled")


def refold(session: Session, touched: dict[Key, object], now: int) -> None:
    """Fold again every item, order, ticket and device whose facts are among the touched rows."""
    of: dict[type, list[Any]] = defaultdict(list)
    for row in touched.values():
        of[type(row)].append(row)
    items = _item_ids(of)
    for item_id in items:
        item = session.get(RepairItem, item_id)
        if item is not None:
            _fold_item(session, item)
    orders = {row.order_id for row in (*of[RepairItem], *of[Pickup])}
    orders |= {item.order_id for item in (session.get(RepairItem, item_id) for item_id in items) if item is not None}
    for order_id in orders:
        _fold_order(session, order_id)
    tickets = {row.ticket_id for kind in (TicketEvent, SiteVisit) for row in of[kind]}
    tickets |= {row.id for row in of[ServiceTicket]}
    known = {row.id: row for row in of[ServiceTicket]}
    for ticket_id in tickets:
        _fold_ticket(session, ticket_id, known.get(ticket_id))
    for device_id in {row.device_id for row in of[TerminalBinding]}:
        _fold_binding(session, device_id)
    for manifest_id in {row.manifest_id for row in of[ManifestEvent]} | {row.id for row in of[Manifest]}:
        fold_manifest(session, manifest_id)


def refold_everything(session: Session, now: int) -> None:
    """Fold every item, order, ticket, device and manifest of the store; used after a restore."""
    facts: dict[Key, object] = {}
    tables: tuple[type[Synced], ...] = (RepairItem, RepairOrder, ServiceTicket, TerminalBinding, Manifest)
    for table in tables:
        for row in session.scalars(select(table)):
            facts[table.__name__, row.id] = row
    for item in [row for row in facts.values() if isinstance(row, RepairItem)]:
        _fold_item(session, item)
    for order in [row for row in facts.values() if isinstance(row, RepairOrder)]:
        _fold_order(session, order.id)
    for ticket in [row for row in facts.values() if isinstance(row, ServiceTicket)]:
        _fold_ticket(session, ticket.id)
    for binding in [row for row in facts.values() if isinstance(row, TerminalBinding)]:
        _fold_binding(session, binding.device_id)
    for manifest in [row for row in facts.values() if isinstance(row, Manifest)]:
        fold_manifest(session, manifest.id)


def _item_ids(of: Mapping[type, Sequence[Any]]) -> dict[str, None]:
    """Return the devices that rows, by their class, are about."""
    found = dict.fromkeys(row.id for row in of[RepairItem])
    found |= dict.fromkeys(row.item_id for kind in (WorkEvent, CustodyEvent, MoneyEvent) for row in of[kind])
    return found | dict.fromkeys(one for row in of[Pickup] for one in row.item_ids)


def work_of(session: Session, item_id: str) -> WorkView:
    """Return where the work on a device stands, from its facts in journal order."""
    rows = facts_of(session, WorkEvent, item_id)
    return fold_work(
        WorkFact(
            row.move, WorkState(row.to_state), row.at, row.by,
            WorkState(row.resumes) if row.resumes else None, row.id, row.voids or None,
        )
        for row in rows
    )  # fmt: skip


def custody_of(session: Session, item_id: str) -> CustodyView:
    """Return who holds a device, and the chain with its gaps."""
    return fold_custody(custody_facts(session, item_id))


def custody_facts(session: Session, item_id: str) -> list[CustodyFact]:
    """Return the hand-overs of a device in journal order."""
    rows = facts_of(session, CustodyEvent, item_id)
    return [
        CustodyFact(
            row.item_id, row.from_holder, row.to_holder, row.place, row.tamper_result, row.giver, row.taker,
            row.at, row.id, row.voids or None,
        )
        for row in rows
    ]  # fmt: skip


def money_of(session: Session, item_id: str) -> MoneyView:
    """Return what is owed for a device."""
    rows = facts_of(session, MoneyEvent, item_id)
    return fold_money(money_fact(row) for row in rows)


def money_fact(row: MoneyEvent) -> MoneyFact:
    """Return the rule's view of one money row."""
    return MoneyFact(
        MoneyKind(row.kind), row.fen, row.at, row.by, row.id, row.method, row.reason,
        str(row.data.get("quote", "")), row.data.get("valid_until_ms"), row.voids or None,
    )  # fmt: skip


def _fold_item(session: Session, item: RepairItem) -> None:
    # First everything is asked, then everything is set: each question flushes what was set before it.
    work, custody, money = work_of(session, item.id), custody_of(session, item.id), money_of(session, item.id)
    order = session.get(RepairOrder, item.order_id)
    due_at = 0
    if order is not None:
        times = due_of(session, order.site_id, item.priority, order.opened_at, item_pauses(session, item))
        due_at = times.done_ms or 0
    receipt_no, returned = _picked_up(session, item)
    _show(
        session, item, work_state=(work.state or WorkState.REGISTERED).value,
        state_at=(work.since_ms or 0) if work.state else 0,
        resumes=work.remembered.value if work.remembered else "", holder=custody.holder or "",
        money_state=money.state.value, due_fen=money.due_fen, paid_fen=money.paid_fen, done_due=due_at,
        receipt_no=receipt_no, at_site=_taken_in_at(session, item.id, order.site_id if order is not None else ""),
    )  # fmt: skip
    for accessory, at in returned:
        _show(session, accessory, returned_at=at)


_BRINGS_IN = frozenset(
    {"receive", "receive_home", "take_in_here", "send_home", "quarantine", "supply_swap", "supply_swap_for_keys",
     "supply_swap_for_return"}
)  # fmt: skip
"""Moves by which a device is at the site they name: out of a van, found there, or from the pool of that site."""


def _taken_in_at(session: Session, item_id: str, checked_in_at: str) -> str:
    """Return the site that took a device in last; ids of sites as they were then (`transfers.same_site`)."""
    moves = facts_of(session, WorkEvent, item_id)
    voided = {row.voids for row in moves if row.voids}
    for row in reversed(moves):
        if row.move in _BRINGS_IN and row.data.get("site") and row.id not in voided:
            return str(row.data["site"])
    return checked_in_at


def _picked_up(session: Session, item: RepairItem) -> tuple[str, list[tuple[AccessoryItem, int]]]:
    """Return an item's receipt number and when each accessory went back, from the pickup that counts."""
    pickups = rows_of_order(session, Pickup, item.order_id)
    voided = {row.voids for row in pickups if row.voids}
    counted = [row for row in pickups if not row.voids and row.id not in voided and item.id in row.item_ids]
    last = counted[-1] if counted else None
    given = {str(one) for row in counted for one in row.data.get("accessories", [])}
    accessories = facts_of(session, AccessoryItem, item.id)
    return last.receipt_no if last else "", [(one, last.at if last and one.id in given else 0) for one in accessories]


def _fold_order(session: Session, order_id: str) -> None:
    order = session.get(RepairOrder, order_id)
    if order is None:
        return
    states = [(item.work_state, item.state_at) for item in rows_of_order(session, RepairItem, order_id)]
    over = [at for state, at in states if WorkState(state) in ENDED or state == WorkState.PICKED_UP]
    closed = bool(states) and len(over) == len(states)
    _show(session, order, state="closed" if closed else "open", closed_at=max(over) if closed else 0)


def ticket_of(events: Sequence[TicketEvent]) -> TicketView:
    """Return where a ticket stands after its events, in journal order.

    What takes back a step of a guide or of a visit is no business of the ticket's own state.
    """
    others = {row.id for row in events if row.kind not in MOVE_TITLES and not row.voids}
    return fold_ticket(
        TicketFact(row.kind, row.at, row.by, str(row.data.get("reason", "")), row.id, row.voids or None)
        for row in events
        if row.kind in MOVE_TITLES or (row.voids and row.voids not in others)
    )


VISIT = "visit"
"""Kind of the events of a ticket that are moves of a visit: their data name the visit, the move and where it led."""


def visits_of(events: Sequence[TicketEvent]) -> dict[str, VisitView]:
    """Return where the visits of a ticket stand after its events, by their ids."""
    facts: dict[str, list[WorkFact]] = defaultdict(list)
    for row in events:
        if row.kind == VISIT:
            facts[str(row.data.get("visit_id", ""))].append(_visit_fact(row))
    return {visit_id: fold_visit(some) for visit_id, some in facts.items()}


def _visit_fact(row: TicketEvent) -> WorkFact:
    """Return the rule's view of one move; `at_ms` is when it was done, where that was written down later."""
    to, at = str(row.data.get("to", "")), row.data.get("at_ms")
    return WorkFact(
        str(row.data.get("move", "")), WorkState(to) if to in set(WorkState) else WorkState.CANCELLED,
        at if isinstance(at, int) else row.at, row.by, None, row.id, row.voids or None,
    )  # fmt: skip


def ticket_misfits(events: Sequence[TicketEvent]) -> list[TicketFact | WorkFact]:
    """Return what fits nowhere among the events of a ticket: its own moves, and those of its visits."""
    visits = visits_of(events)
    return [*ticket_of(events).misfits, *(fact for view in visits.values() for fact in view.work.misfits)]


def events_of(session: Session, ticket_id: str) -> Sequence[TicketEvent]:
    """Return what happened on a ticket, in journal order."""
    return children_of(session, TicketEvent, "ticket_id", ticket_id)


def _fold_ticket(session: Session, ticket_id: str, known: ServiceTicket | None = None) -> None:
    ticket = session.get(ServiceTicket, ticket_id) if known is None else known
    if ticket is None:
        return
    events = events_of(session, ticket_id)
    view = ticket_of(events) if events else TicketView()
    state = view.state.value if view.state else "open"
    times = due_of(session, ticket.site_id, ticket.priority, ticket.opened_at, ticket_pauses(events))
    _show(
        session, ticket, state=state, waits_for=view.waiting_on,
        closed_at=(view.since_ms or 0) if state in CLOSED_TICKET else 0,
        response_due=times.first_response_ms, done_due=times.done_ms or 0,
    )  # fmt: skip
    for visit_id, trip in visits_of(events).items():
        visit = session.get(SiteVisit, visit_id)
        if visit is not None:
            _show(session, visit, state=trip.state.value, state_at=trip.since_ms, arrived_at=trip.arrived_ms)


def _show(session: Session, row: Synced, **values: object) -> None:
    """Set derived columns. Through the ORM only what says something else by now: that costs far more than looking."""
    shown = row.__dict__
    if isinstance(session, ActSession) and session.is_fresh(row):
        shown.update(values)  # written as a whole later on
        return
    for name, value in values.items():
        if shown[name] != value:
            setattr(row, name, value)


def _fold_binding(session: Session, device_id: str) -> None:
    device = session.get(Device, device_id)
    if device is None:
        return
    bindings = children_of(session, TerminalBinding, "device_id", device_id)
    binding = next((row for row in reversed(bindings) if row.valid_to == ""), None)
    device.merchant_id = binding.merchant_id if binding else ""
    device.terminal_no = binding.terminal_no if binding else ""
