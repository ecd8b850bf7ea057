"""The custody page: who had a device from hand to hand, with the gaps."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from deskapp.models import custody_chain
from deskapp.models.custody_chain import Chain
from deskapp.models.device import Device
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.store import ReadSession
from deskapp.queries.naming import model_words
from deskapp.queries.transfers_astray import Astray, astray_of_item


@dataclass(frozen=True, slots=True)
class CustodyView:
    """A device with its chain; `places` are names of sites and makers by written holder, `others` earlier visits."""

    item_id: str
    label_no: str
    order_no: str
    model: str
    serial_no: str
    state: str
    chain: Chain
    places: dict[str, str]
    others: tuple[tuple[str, str, int], ...] = ()
    astray: Astray | None = None
    """The ways on of a device that came without a paper."""


def custody(session: ReadSession, item_id: str) -> CustodyView | None:
    """Return the chain of a device on an order; None where it is not known here."""
    item = session.get(RepairItem, item_id)
    if item is None:
        return None
    device = session.get(Device, item.device_id)
    order = session.get(RepairOrder, item.order_id)
    chain = custody_chain.chain_of(session, item_id)
    holders = {one for link in chain.links for one in (link.from_holder, link.to_holder, link.gap) if one}
    others = session.execute(
        select(RepairItem.id, RepairItem.label_no, RepairItem.state_at)
        .where(RepairItem.device_id == item.device_id, RepairItem.id != item.id)
        .order_by(RepairItem.n.desc())
    ).all()
    return CustodyView(
        item.id, item.label_no, order.number if order else "", model_words(session, device),
        device.serial_no if device else "", item.work_state, chain,
        {one: custody_chain.site_words(session, one) for one in holders},
        tuple((row.id, row.label_no, row.state_at) for row in others), astray_of_item(session, item.id),
    )  # fmt: skip


def newest_item(session: ReadSession, device_id: str) -> str:
    """Return the newest visit of a unit; empty where it was never here."""
    return session.scalar(
        select(RepairItem.id).where(RepairItem.device_id == device_id).order_by(RepairItem.n.desc()).limit(1)
    ) or ""  # fmt: skip


def item_of_label(session: ReadSession, label_no: str) -> str:
    """Return the device on an order that bears a label; empty where there is none."""
    return session.scalar(select(RepairItem.id).where(RepairItem.label_no == label_no).limit(1)) or ""
