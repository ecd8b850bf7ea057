"""Reading in few questions what the folds of many records are about to ask for one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deskapp.models.absorb_session import AbsorbSession
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
from deskapp.models.rows import plan_of
from deskapp.models.server_order import PARENT
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.models.visit import SiteVisit

Key = tuple[str, str]
OF_ITEMS = (WorkEvent, CustodyEvent, MoneyEvent, AccessoryItem)


def make_ready(
    session: AbsorbSession, touched: Mapping[Key, object], moved: Iterable[tuple[Any, str]]
) -> dict[Key, object]:
    """Read what `folding.refold` needs for these rows; return what has to be folded besides.

    A record that came after what hangs on it is folded too: acts here always make the record first. `moved` are
    the parents (class of the rows, id) on which rows stand in another order now.
    """
    by_kind: dict[Any, list[Any]] = {}
    for row in touched.values():
        by_kind.setdefault(type(row), []).append(row)
    more: dict[Key, object] = {}
    for entity, parent in moved:
        rows = session.hanging(entity, PARENT[plan_of(entity).table], parent)
        more.update(((plan_of(entity).table, row.id), row) for row in rows[:1])
        by_kind.setdefault(entity, []).extend(rows[:1])
    _tickets(session, by_kind)
    more.update(_bindings(session, by_kind))
    more.update(_orders(session, by_kind))
    return {key: row for key, row in more.items() if key not in touched}


def _tickets(session: AbsorbSession, by_kind: Mapping[Any, list[Any]]) -> None:
    ids = [row.id for row in by_kind.get(ServiceTicket, ())]
    others = {row.ticket_id: None for kind in (TicketEvent, SiteVisit) for row in by_kind.get(kind, ())}
    session.hold(ServiceTicket, others)
    session.expect(TicketEvent, "ticket_id", [*ids, *others])


def _bindings(session: AbsorbSession, by_kind: Mapping[Any, list[Any]]) -> dict[Key, object]:
    new = [row.id for row in by_kind.get(Device, ())]
    others = {row.device_id: None for row in by_kind.get(TerminalBinding, ())}
    session.hold(Device, others)
    session.expect(TerminalBinding, "device_id", [*new, *others])
    found = (row for one in new for row in session.children(TerminalBinding, "device_id", one))
    return {("terminal_binding", row.id): row for row in found}


def _orders(session: AbsorbSession, by_kind: Mapping[Any, list[Any]]) -> dict[Key, object]:
    """Read orders, their devices and what happened to those."""
    orders = dict.fromkeys(row.id for row in by_kind.get(RepairOrder, ()))
    orders |= dict.fromkeys(row.order_id for kind in (RepairItem, Pickup) for row in by_kind.get(kind, ()))
    if not orders and not any(kind in by_kind for kind in OF_ITEMS):
        return {}
    items = {row.item_id: None for kind in OF_ITEMS for row in by_kind.get(kind, ())}
    items |= {str(one): None for row in by_kind.get(Pickup, ()) for one in row.item_ids}
    session.hold(RepairItem, items)
    known = [session.get(RepairItem, one) for one in items]
    orders |= dict.fromkeys(item.order_id for item in known if item is not None)
    session.hold(RepairOrder, orders)
    session.expect(RepairItem, "order_id", orders)
    session.expect(Pickup, "order_id", orders)
    items |= {row.id: None for row in by_kind.get(RepairItem, ())}
    more = {("repair_item", row.id): row for row in by_kind.get(RepairItem, ())}
    for order in by_kind.get(RepairOrder, ()):
        for item in session.children(RepairItem, "order_id", order.id):
            items[item.id], more["repair_item", item.id] = None, item
    for accessory in by_kind.get(AccessoryItem, ()):
        item = session.get(RepairItem, accessory.item_id)
        if item is not None:
            more["repair_item", item.id] = item
    for kind in OF_ITEMS:
        session.expect(kind, "item_id", items)
    return more
