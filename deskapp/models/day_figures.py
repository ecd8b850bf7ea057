"""The figures of one day at a branch: money by method, what was let off or paid back, devices, open calls.

The page that shows a day and the act that closes it count the same way. A day counts what was on
record at its end: a payment that is voided a day later stays in the first day's takings and goes out
of the second day's, so a closed day never changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from deskapp.models.device import Device
from deskapp.models.handing_out import counted, items_of, model_words, orders_with_ready, ready_items, waiting_of
from deskapp.models.local import StoreInfo
from deskapp.models.merchant import Merchant
from deskapp.models.people import Shelf, Staff
from deskapp.models.repair import (
    AccessoryItem,
    CustodyEvent,
    ItemRecord,
    MoneyEvent,
    Pickup,
    RepairItem,
    RepairOrder,
)
from deskapp.models.ticket import ServiceTicket
from deskapp.models.transfers import elsewhere
from deskapp.rules.custody import Holder
from deskapp.rules.deadlines import UNCOLLECTED_STEPS, instant, shop_day
from deskapp.rules.masking import mask
from deskapp.rules.states import WorkState

VOIDED: Final = "voided"
"""Stands as the method-less reason of a payment of an earlier day that was voided on this one."""


@dataclass(frozen=True, slots=True)
class Taking:
    """Takings by one payment method, in fen, and on how many receipts."""

    method: str
    count: int
    fen: int


@dataclass(frozen=True, slots=True)
class Exemption:
    """A discount, waiver or refund: on which paper, how much (fen), why, by whom; `kind` says which.

    `method` is how money was paid back.
    """

    kind: str
    number: str
    fen: int
    reason: str
    by: str
    method: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A device inside our walls; `counted` is None while nobody has looked, `holder` where it is on record."""

    item_id: str
    label_no: str
    serial_no: str
    model: str
    merchant: str
    shelf: str
    state: str
    holder: str
    days: int
    counted: bool | None = None


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A merchant who still has to be told; `reason` is a message id, the phone is masked."""

    order_id: str
    order_no: str
    merchant: str
    phone: str
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Count:
    """A shelf count: when, by whom, which devices were found, and what was found beyond the books."""

    at: int = 0
    by: str = ""
    found: frozenset[str] = frozenset()
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """One day of one branch, amounts in fen."""

    day: date
    received: int
    returned: int
    opened: int
    closed: int
    takings: tuple[Taking, ...]
    waivers: tuple[Exemption, ...]
    refunds: tuple[Exemption, ...]
    held: tuple[Held, ...]
    calls: tuple[OpenCall, ...]
    count: Count | None

    @property
    def taken_fen(self) -> int:
        """The sum of the takings."""
        return sum(line.fen for line in self.takings)

    @property
    def net_fen(self) -> int:
        """Takings less refunds; below zero on a day with little but refunds."""
        return self.taken_fen - sum(line.fen for line in self.refunds)

    @property
    def cash_fen(self) -> int:
        """What the drawer should hold of this day: cash taken less cash paid back."""
        taken = sum(line.fen for line in self.takings if line.method == "cash")
        return taken - sum(line.fen for line in self.refunds if line.method == "cash")

    @property
    def missing(self) -> tuple[Held, ...]:
        """The devices that the count did not find."""
        return tuple(line for line in self.held if line.counted is False)


def bounds(day: date) -> tuple[int, int]:
    """Return the first moment of a day at the shop and the first of the next (ms UTC)."""
    return instant(day), instant(day + timedelta(days=1))


def figures(session: Session, site_id: str, day: date, now: int, language: str = "zh_CN") -> Figures:
    """Return the figures of a day; devices and calls are those of the moment they are asked for.

    `language` is that of the models' names, here and below.
    """
    start, end = bounds(day)
    count = last_count(session, site_id, day)
    takings, waivers, refunds = _money(session, start, end)
    return Figures(
        day=day,
        received=_received(session, start, end),
        returned=_returned(session, start, end),
        opened=_number(session, ServiceTicket.opened_at, start, end),
        closed=_number(session, ServiceTicket.closed_at, start, end),
        takings=tuple(takings),
        waivers=tuple(waivers),
        refunds=tuple(refunds),
        held=tuple(held(session, now, count, language)),
        calls=tuple(_open_calls(session, now)),
        count=count,
    )


def _number(session: Session, column: Any, start: int, end: int) -> int:
    return session.scalar(select(func.count()).where(column >= start, column < end)) or 0


def _received(session: Session, start: int, end: int) -> int:
    query = select(func.count(RepairItem.id)).join(RepairOrder, RepairOrder.id == RepairItem.order_id)
    # A check-in that was voided on the same day took nothing in; one voided later was there at the day's end.
    query = query.where(or_(RepairItem.work_state != WorkState.CANCELLED, RepairItem.state_at >= end))
    return session.scalar(query.where(RepairOrder.opened_at >= start, RepairOrder.opened_at < end)) or 0


def _returned(session: Session, start: int, end: int) -> int:
    rows = session.scalars(select(Pickup).where(Pickup.at >= start, Pickup.at < end)).all()
    voided = set(session.scalars(select(Pickup.voids).where(Pickup.voids != "", Pickup.at < end)))
    return sum(len(row.item_ids) for row in rows if not row.voids and row.id not in voided)


# -- money -----------------------------------------------------------------------


def _money(session: Session, start: int, end: int) -> tuple[list[Taking], list[Exemption], list[Exemption]]:
    rows = session.scalars(
        select(MoneyEvent).where(MoneyEvent.at >= start, MoneyEvent.at < end).order_by(MoneyEvent.n)
    ).all()
    undone = {row.voids for row in rows if row.voids}
    valid = [row for row in rows if not row.voids and row.id not in undone]
    paper_of_refund = {row.number for row in valid if row.kind == "refund"}
    waivers = [
        _exemption(session, row)
        for row in valid
        if row.kind in ("waiver", "discount") and row.number not in paper_of_refund
    ]
    refunds = [_exemption(session, row) for row in valid if row.kind == "refund"]
    refunds += [_exemption(session, row, VOIDED) for row in _undone_earlier(session, rows, start)]
    return _takings(row for row in valid if row.kind == "payment"), _merged(waivers), _merged(refunds)


def _takings(payments: Iterable[MoneyEvent]) -> list[Taking]:
    sums: dict[str, tuple[set[str], int]] = {}
    for row in payments:
        papers, fen = sums.get(row.method, (set(), 0))
        sums[row.method] = (papers | {row.number or row.id}, fen + row.fen)
    return [Taking(method, len(papers), fen) for method, (papers, fen) in sums.items()]


def _undone_earlier(session: Session, rows: Sequence[MoneyEvent], start: int) -> list[MoneyEvent]:
    """Payments of earlier days that were voided on this one: their money goes out of today's drawer."""
    ids = [row.voids for row in rows if row.voids]
    query = select(MoneyEvent).where(MoneyEvent.id.in_(ids), MoneyEvent.kind == "payment", MoneyEvent.at < start)
    return list(session.scalars(query)) if ids else []


def _exemption(session: Session, row: MoneyEvent, kind: str = "") -> Exemption:
    item = session.get(RepairItem, row.item_id)
    order = session.get(RepairOrder, row.order_id)
    number = row.number or (item.receipt_no if item else "") or (order.number if order else "")
    person = session.get(Staff, row.second_by or row.by)
    return Exemption(kind or row.kind, number, row.fen, row.reason, person.name if person else "", row.method)


def _merged(lines: Iterable[Exemption]) -> list[Exemption]:
    """One act over several devices is one line."""
    merged: dict[tuple[str, ...], Exemption] = {}
    for line in lines:
        key = (line.kind, line.number, line.reason, line.by, line.method)
        before = merged.get(key)
        merged[key] = replace(line, fen=line.fen + before.fen) if before else line
    return list(merged.values())


# -- devices ---------------------------------------------------------------------


def held(session: Session, now: int, count: Count | None = None, language: str = "zh_CN") -> list[Held]:
    """Return the devices inside our walls, in the order in which somebody walks along the shelves."""
    ours = or_(*(RepairItem.holder.startswith(kind) for kind in ("shelf", "bench", "quarantine")))
    rows = session.execute(
        select(RepairItem, RepairOrder).join(RepairOrder, RepairOrder.id == RepairItem.order_id).where(ours)
    ).all()
    own = session.get(StoreInfo, "site_id")
    # What another site received lies on its shelves, though its record is here.
    away = elsewhere(session, own.value, [item.id for item, _order in rows]) if own is not None else set()
    found = [_held(session, item, order, now, count, language) for item, order in rows if item.id not in away]
    return sorted(found, key=lambda line: (line.holder.partition(":")[0] != "shelf", line.shelf, line.label_no))


def _held(session: Session, item: RepairItem, order: RepairOrder, now: int, count: Count | None, language: str) -> Held:
    device = session.get(Device, item.device_id)
    merchant = session.get(Merchant, order.merchant_id) if order.merchant_id else None
    shelf = session.get(Shelf, item.shelf_id) if item.shelf_id else None
    place = item.holder.partition(":")[2] or (shelf.code if shelf else "")
    seen = None if count is None else item.id in count.found
    return Held(
        item.id, item.label_no, device.serial_no if device else "", model_words(session, device, language),
        (merchant.short_name or merchant.name) if merchant else "", place, item.work_state, item.holder,
        max(0, (shop_day(now) - shop_day(order.opened_at)).days), seen,
    )  # fmt: skip


def last_count(session: Session, site_id: str, day: date) -> Count | None:
    """Return the last shelf count of a day, None when nobody has counted."""
    rows = session.scalars(
        select(ItemRecord).where(ItemRecord.item_id == site_id, ItemRecord.kind == "shelf_count").order_by(ItemRecord.n)
    ).all()
    mine = [row for row in counted(rows) if row.data.get("day") == day.isoformat()]
    if not mine:
        return None
    row = mine[-1]
    person = session.get(Staff, row.by)
    return Count(row.at, person.name if person else "", frozenset(row.data["found"]), tuple(row.data["extra"]))


def closing_of(session: Session, site_id: str, day: date) -> ItemRecord | None:
    """Return the record by which a day was closed, None while it is open."""
    rows = session.scalars(
        select(ItemRecord).where(ItemRecord.item_id == site_id, ItemRecord.kind == "day_end").order_by(ItemRecord.n)
    ).all()
    mine: list[ItemRecord] = [row for row in counted(rows) if row.data.get("day") == day.isoformat()]
    return mine[-1] if mine else None


def _open_calls(session: Session, now: int) -> list[OpenCall]:
    found = []
    for order in orders_with_ready(session):
        waits = waiting_of(session, order.id, ready_items(items_of(session, order.id)), now)
        if waits.told:
            continue
        merchant = session.get(Merchant, order.merchant_id) if order.merchant_id else None
        found.append(
            OpenCall(
                order.id, order.number, merchant.name if merchant else "",
                mask("phone", order.deliverer_phone) if order.deliverer_phone else "",
                UNCOLLECTED_STEPS[waits.step][1], len(waits.calls),
            )
        )  # fmt: skip
    return found


# -- the register ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the register of receipts and returns; people are masked, amounts in fen."""

    received_ms: int
    order_no: str
    label_no: str
    merchant: str
    model: str
    serial_no: str
    accessories: tuple[str, ...]
    symptom_code: str
    words: str
    deliverer: str
    received_by: str
    returned_ms: int | None
    collector: str
    returned_by: str
    receipt_no: str
    fen: int | None
    state: str


def register(session: Session, first: date, last: date, language: str = "zh_CN") -> list[Entry]:
    """Return every device received in a period, both days inclusive, with its return as far as known."""
    start, end = bounds(first)[0], bounds(last)[1]
    rows = session.execute(
        select(RepairItem, RepairOrder)
        .join(RepairOrder, RepairOrder.id == RepairItem.order_id)
        .where(RepairOrder.opened_at >= start, RepairOrder.opened_at < end)
        .order_by(RepairOrder.opened_at, RepairItem.line_no)
    ).all()
    return [_entry(session, item, order, language) for item, order in rows]


def _entry(session: Session, item: RepairItem, order: RepairOrder, language: str) -> Entry:
    device = session.get(Device, item.device_id)
    merchant = session.get(Merchant, order.merchant_id) if order.merchant_id else None
    pickup = (
        session.scalars(select(Pickup).where(Pickup.receipt_no == item.receipt_no, Pickup.voids == "")).first()
        if item.receipt_no
        else None
    )
    back = _given_back(session, item) if item.work_state == WorkState.CANCELLED else None
    handed = select(AccessoryItem.kind).where(AccessoryItem.item_id == item.id, AccessoryItem.kind != "")
    kinds = session.scalars(handed).all()
    return Entry(
        received_ms=order.opened_at,
        order_no=order.number,
        label_no=item.label_no,
        merchant=(merchant.short_name or merchant.name) if merchant else "",
        model=model_words(session, device, language),
        serial_no=device.serial_no if device else "",
        accessories=tuple(kinds),
        symptom_code=item.symptom_code,
        words=item.words,
        deliverer=mask("name", order.deliverer_name) if order.deliverer_name else "",
        received_by=_name(session, order.opened_by),
        returned_ms=pickup.at if pickup else back.at if back else None,
        collector=mask("name", pickup.collector_name if pickup else back.taker if back else ""),
        returned_by=_name(session, pickup.by if pickup else back.by if back else ""),
        receipt_no=item.receipt_no,
        fen=item.paid_fen if pickup else None,
        state=item.work_state,
    )


def _given_back(session: Session, item: RepairItem) -> CustodyEvent | None:
    """Return how a device came back to the merchant whose check-in was voided."""
    hops = select(CustodyEvent).where(CustodyEvent.item_id == item.id, CustodyEvent.to_holder == Holder.MERCHANT)
    return session.scalars(hops.order_by(CustodyEvent.n.desc()).limit(1)).first()


def _name(session: Session, staff_id: str) -> str:
    person = session.get(Staff, staff_id) if staff_id else None
    return person.name if person else ""
