"""What lies around a record: orders of a merchant, what a list's filter finds, parts on the shelf, day one's state."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import case, func, select

from deskapp.models import search
from deskapp.models.device import Device, DeviceModel
from deskapp.models.journal import ChangeSet, PersonalValue
from deskapp.models.local import LookupUse, StoreInfo
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.people import Shelf, Staff
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.stock import THUMBNAIL, Part, PriceLine, StockMove
from deskapp.models.store import ReadSession
from deskapp.queries import registry
from deskapp.queries.history import Change
from deskapp.queries.naming import title_of
from deskapp.queries.registry_cards import DeviceRow, MerchantRow
from deskapp.rules.masking import mask
from deskapp.rules.states import ENDED, WorkState


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A repair order of a merchant: how many devices, how many of them are not over. Instants are ms UTC."""

    id: str
    number: str
    opened_at: int
    deliverer: str
    devices: int
    going: int


@dataclass(frozen=True, slots=True)
class MoveRow:
    """Parts that came or went; `by` is a name, `at` ms UTC."""

    at: int
    by: str
    from_place: str
    to_place: str
    quantity: int
    serial_no: str
    reason: str


@dataclass(frozen=True, slots=True)
class PartState:
    """What lies on the shelf of a part: the serial numbers (of a tracked part) and the newest moves."""

    serials: tuple[str, ...]
    moves: tuple[MoveRow, ...]


@dataclass(frozen=True, slots=True)
class LookupRow:
    """Somebody looked at masked values."""

    at: int
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A device that lies on a shelf."""

    item_id: str
    label_no: str
    model: str
    serial_no: str
    state: str
    since: int


@dataclass(frozen=True, slots=True)
class DayOne:
    """How far a branch is with its first day: how many there are of each thing."""

    staff: int
    administrators: int
    shelves: int
    models: int
    parts_in_stock: int
    merchants: int
    devices: int
    bound: int
    taken_over: int
    prices: int
    practice: bool


def merchant_rows(session: ReadSession, text: str, *, limit: int = 500) -> list[MerchantRow]:
    """Return merchants by any part of number, name, pinyin initials, address or phone; newest first."""
    if not text.strip():
        return registry.merchants(session, limit=limit)
    ids = search.newest(session, search.MERCHANT, text, limit)
    found = {row.id: row for row in session.scalars(select(Merchant).where(Merchant.id.in_(ids)))}
    contacts = {
        row.merchant_id: row
        for row in session.scalars(
            select(MerchantContact)
            .where(MerchantContact.merchant_id.in_(ids), MerchantContact.active)
            .order_by(MerchantContact.main, MerchantContact.n.desc())
        )
    }
    rows = []
    for identity in ids:
        row, contact = found.get(identity), contacts.get(identity)
        if row is None or row.joined_into:
            continue
        rows.append(
            MerchantRow(
                row.n,
                row.id,
                row.merchant_no,
                row.name,
                row.short_name,
                row.district,
                contact.name if contact else "",
                mask("phone", contact.phone) if contact and contact.phone else "",
                row.active,
            )  # fmt: skip
        )
    return rows


def device_rows(session: ReadSession, text: str, *, loaners: bool = False, limit: int = 500) -> list[DeviceRow]:
    """Return units by any part of a number of theirs, else by their merchant or model; newest first."""
    found = registry.devices(session, text=text, loaners=loaners, limit=limit)
    if found or not text.strip():
        return found
    for merchant_id in search.newest(session, search.MERCHANT, text, 20):
        found += registry.devices(session, merchant_id=merchant_id, loaners=loaners, limit=limit)
    words = text.casefold().split()
    fitting = [
        row.id
        for row in session.scalars(select(DeviceModel))
        if all(word in f"{row.brand} {row.brand_en} {row.name} {row.id}".casefold() for word in words)
    ]
    if fitting:
        found += _devices_of_models(session, fitting, loaners=loaners, limit=limit)
    return sorted({row.id: row for row in found}.values(), key=lambda row: row.n, reverse=True)[:limit]


def _devices_of_models(session: ReadSession, model_ids: list[str], *, loaners: bool, limit: int) -> list[DeviceRow]:
    question = (
        select(Device, DeviceModel, Merchant)
        .join(DeviceModel, DeviceModel.id == Device.model_id)
        .join(Merchant, Merchant.id == Device.merchant_id, isouter=True)
        .where(Device.joined_into == "", Device.model_id.in_(model_ids))
        .order_by(Device.n.desc())
        .limit(limit)
    )
    if loaners:
        question = question.where(Device.loaner)
    return [
        DeviceRow(
            row.n, row.id, row.serial_no, title_of(model), row.model_id,
            (owner.short_name or owner.name) if owner else "", row.merchant_id, row.terminal_no, row.warranty_until,
            row.ownership, row.loaner,
        )
        for row, model, owner in session.execute(question)
    ]  # fmt: skip


def orders_of_merchant(session: ReadSession, merchant_id: str, limit: int = 50) -> list[OrderRow]:
    """Return the newest repair orders of a merchant; the deliverer's name is masked."""
    going = func.sum(case((RepairItem.work_state.not_in(_names({*ENDED, WorkState.PICKED_UP})), 1), else_=0))
    rows = session.execute(
        select(
            RepairOrder.id, RepairOrder.number, RepairOrder.opened_at, RepairOrder.deliverer_name,
            func.count(RepairItem.id), going,
        )
        .join(RepairItem, RepairItem.order_id == RepairOrder.id, isouter=True)
        .where(RepairOrder.merchant_id == merchant_id)
        .group_by(RepairOrder.id)
        .order_by(RepairOrder.n.desc())
        .limit(limit)
    )  # fmt: skip
    return [
        OrderRow(identity, number, at, mask("name", name) if name else "", count, int(open_ones or 0))
        for identity, number, at, name, count, open_ones in rows
    ]


def on_shelf(session: ReadSession, shelf_id: str) -> list[HeldRow]:
    """Return the devices that lie on a shelf, the longest first."""
    rows = session.execute(
        select(RepairItem, Device, DeviceModel)
        .join(Device, Device.id == RepairItem.device_id)
        .join(DeviceModel, DeviceModel.id == Device.model_id, isouter=True)
        .where(RepairItem.shelf_id == shelf_id, RepairItem.holder.like("shelf%"))
        .order_by(RepairItem.n)
    )
    return [
        HeldRow(
            item.id, item.label_no, title_of(model), device.serial_no,
            item.work_state, item.state_at,
        )
        for item, device, model in rows
    ]  # fmt: skip


def part_state(session: ReadSession, part_id: str, limit: int = 12) -> PartState:
    """Return what lies on the shelf of a part, and its newest moves."""
    sign = case((StockMove.to_place == "shelf", StockMove.quantity), else_=-StockMove.quantity)
    shelf = (StockMove.to_place == "shelf") | (StockMove.from_place == "shelf")
    serials = session.scalars(
        select(StockMove.serial_no)
        .where(StockMove.part_id == part_id, StockMove.serial_no != "", shelf)
        .group_by(StockMove.serial_no)
        .having(func.sum(sign) > 0)
        .order_by(StockMove.serial_no)
    ).all()
    moves = session.execute(
        select(StockMove, Staff.name)
        .join(Staff, Staff.id == StockMove.by, isouter=True)
        .where(StockMove.part_id == part_id)
        .order_by(StockMove.n.desc())
        .limit(limit)
    )
    return PartState(
        tuple(serials),
        tuple(
            MoveRow(row.at, name or "", row.from_place, row.to_place, row.quantity, row.serial_no, row.reason)
            for row, name in moves
        ),
    )


def journal_details(session: ReadSession, seq: int, limit: int = 300) -> list[Change]:
    """Return what one entry of the journal did, record by record up to a limit; `command` names the table.

    Personal values show only as long as they were not erased.
    """
    row = session.get(ChangeSet, seq)
    if row is None:
        return []
    by = session.scalar(select(Staff.name).where(Staff.id == row.staff)) or ""
    operations = json.loads(row.body)["ops"][:limit]
    kept = session.scalars(select(PersonalValue).where(PersonalValue.op_uid.in_([one["uid"] for one in operations])))
    personal = {(one.op_uid, one.name): one.value for one in kept}
    return [
        Change(
            seq, row.at, by, one["entity"], one["entity"], one["kind"],
            {
                key: personal.get((one["uid"], key), "") if isinstance(value, dict) and "hmac" in value else value
                for key, value in one["values"].items() if key != THUMBNAIL
            },
            {}, row.hash,
        )
        for one in operations
    ]  # fmt: skip


def lookups(session: ReadSession, record_id: str, limit: int = 50) -> list[LookupRow]:
    """Return who looked at the masked values of a record, newest first."""
    rows = session.execute(
        select(LookupUse, Staff.name)
        .join(Staff, Staff.id == LookupUse.staff_id, isouter=True)
        .where(LookupUse.record_id == record_id)
        .order_by(LookupUse.id.desc())
        .limit(limit)
    )
    return [LookupRow(row.at, name or "", row.reason) for row, name in rows]


def day_one(session: ReadSession) -> DayOne:
    """Return how far the first day is."""

    def count(what: object) -> int:
        return int(session.scalar(what) or 0)  # type: ignore[call-overload]

    people = session.scalars(select(Staff).where(Staff.active)).all()
    practice = session.get(StoreInfo, "practice")
    return DayOne(
        staff=len(people),
        administrators=sum("administrator" in person.roles for person in people),
        shelves=count(select(func.count()).select_from(Shelf).where(Shelf.active)),
        models=count(select(func.count()).select_from(DeviceModel).where(DeviceModel.active)),
        parts_in_stock=sum(row.on_hand > 0 for row in registry.parts(session)),
        merchants=count(select(func.count()).select_from(Merchant).where(Merchant.joined_into == "")),
        devices=count(select(func.count()).select_from(Device).where(Device.joined_into == "")),
        bound=count(select(func.count()).select_from(Device).where(Device.merchant_id != "")),
        taken_over=count(select(func.count()).select_from(RepairItem)),
        prices=count(select(func.count()).select_from(PriceLine).where(PriceLine.active)),
        practice=practice is not None and practice.value == "1",
    )


def part_of_label(session: ReadSession, text: str) -> str:
    """Return the part that a part number, a label or a serial number on the shelf names, or nothing."""
    wanted = text.strip().upper()
    found = session.scalar(select(Part.id).where(Part.part_no == wanted))
    return (
        found
        or session.scalar(
            select(StockMove.part_id).where(StockMove.serial_no == wanted).order_by(StockMove.n.desc()).limit(1)
        )
        or ""
    )


def _names(states: Iterable[WorkState]) -> list[str]:
    return sorted(state.value for state in states)
