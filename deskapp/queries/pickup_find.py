"""Finding the order somebody comes to collect: by any code on paper or device, a phone's end, a piece of a name."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select

from deskapp.models.device import Device
from deskapp.models.handing_out import items_of, ready_items
from deskapp.models.merchant import Merchant
from deskapp.models.repair import AccessoryItem, Pickup, RepairItem, RepairOrder
from deskapp.models.store import ReadSession
from deskapp.models.superseded import superseded
from deskapp.queries.pickup import merchant_name
from deskapp.rules.masking import mask
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.states import WorkState


@dataclass(frozen=True, slots=True)
class PickupHit:
    """An order that may be meant, with enough to tell it from others."""

    order_id: str
    order_no: str
    slip_no: str
    merchant: str
    person: str
    phone: str
    ready: int
    total: int


def find_pickups(session: ReadSession, text: str, limit: int = 12) -> list[PickupHit]:
    """Return the orders with something in our hands that a scan or a typed word may mean.

    Read are our own codes (slip, order, device, accessory, receipt), serial numbers or their end, the
    end of the deliverer's phone number, and pieces of the merchant's or deliverer's name.
    """
    wanted = text.strip()
    if len(wanted) < 2:
        return []
    ids = _by_code(session, wanted) or _by_words(session, wanted, limit)
    return [_hit(session, order_id) for order_id in ids[:limit]]


def _by_code(session: ReadSession, text: str) -> list[str]:
    scan = parse_scan(text)
    if scan.kind in (ScanKind.SLIP, ScanKind.ORDER):
        column = RepairOrder.slip_no if scan.kind is ScanKind.SLIP else RepairOrder.number
        question = select(RepairOrder.id)
        found = list(session.scalars(question.where(column == scan.number)))
        if not found:  # perhaps a slip that a correction replaced
            later = superseded(session, [scan.number]).get(scan.number, "")
            found = list(session.scalars(question.where(RepairOrder.slip_no == later))) if later else []
        return found
    if scan.kind is ScanKind.LABEL:
        return list(session.scalars(select(RepairItem.order_id).where(RepairItem.label_no == scan.number)))
    if scan.kind is ScanKind.ACCESSORY:
        query = select(RepairItem.order_id).join(AccessoryItem, AccessoryItem.item_id == RepairItem.id)
        return list(session.scalars(query.where(AccessoryItem.label_no == scan.number)))
    if scan.kind is ScanKind.RECEIPT:
        return list(session.scalars(select(Pickup.order_id).where(Pickup.receipt_no == scan.number).limit(1)))
    if scan.kind is ScanKind.SERIAL:
        query = select(RepairItem.order_id).join(Device, Device.id == RepairItem.device_id)
        rows = session.scalars(query.where(Device.serial_no == scan.number).order_by(RepairItem.n.desc())).all()
        return list(dict.fromkeys(rows))[:1]
    return []


def _by_words(session: ReadSession, text: str, limit: int) -> list[str]:
    """Among the orders that are open: few enough to compare one by one."""
    query = (
        select(RepairOrder.id)
        .join(RepairItem, RepairItem.order_id == RepairOrder.id)
        .join(Device, Device.id == RepairItem.device_id)
        .outerjoin(Merchant, Merchant.id == RepairOrder.merchant_id)
        .where(
            RepairItem.work_state.in_((WorkState.READY_FOR_PICKUP.value, WorkState.ABANDONED.value)),
            or_(
                RepairOrder.deliverer_phone.endswith(text, autoescape=True),
                RepairOrder.deliverer_name.contains(text, autoescape=True),
                Merchant.name.contains(text, autoescape=True),
                Merchant.initials.icontains(text, autoescape=True),
                Device.serial_no.endswith(text.upper(), autoescape=True),
                RepairOrder.slip_no.endswith(text.upper(), autoescape=True),
            ),
        )
        .order_by(RepairOrder.n)
        .limit(limit * 4)
    )
    return list(dict.fromkeys(session.scalars(query)))


def _hit(session: ReadSession, order_id: str) -> PickupHit:
    order = session.get_one(RepairOrder, order_id)
    items = items_of(session, order_id)
    return PickupHit(
        order.id, order.number, order.slip_no, merchant_name(session, order.merchant_id),
        mask("name", order.deliverer_name) if order.deliverer_name else "",
        mask("phone", order.deliverer_phone) if order.deliverer_phone else "", len(ready_items(items)), len(items),
    )  # fmt: skip
