"""What a search shows of each kind of record: one line with enough to tell it from its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, select

from deskapp.errors import N_
from deskapp.models.device import Device, DeviceModel
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.people import Shelf, Staff
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.stock import Part
from deskapp.models.store import ReadSession
from deskapp.models.ticket import ServiceTicket
from deskapp.rules.grams import Words, folded
from deskapp.rules.masking import mask
from deskapp.rules.states import HELD, WITH_MERCHANT
from deskapp.rules.states import WorkState as S


class HitKind(StrEnum):
    """What sort of record a hit is."""

    ITEM = "item"
    MERCHANT = "merchant"
    DEVICE = "device"
    ORDER = "order"
    TICKET = "ticket"
    PART = "part"
    SHELF = "shelf"
    STAFF = "staff"


KIND_TITLES: Final = {
    HitKind.ITEM: N_("In our hands"),
    HitKind.MERCHANT: N_("Merchants"),
    HitKind.DEVICE: N_("Devices"),
    HitKind.ORDER: N_("Repair orders"),
    HitKind.TICKET: N_("Tickets"),
    HitKind.PART: N_("Parts"),
    HitKind.SHELF: N_("Shelves"),
    HitKind.STAFF: N_("Staff"),
}


class Why(StrEnum):
    """By what a hit was found."""

    NUMBER = "number"
    SERIAL = "serial"
    TUSN = "tusn"
    TERMINAL_NO = "terminal_no"
    SIM = "sim"
    MODEL = "model"
    NAME = "name"
    MERCHANT_NO = "merchant_no"
    INITIALS = "initials"
    PHONE = "phone"
    PERSON = "person"
    ADDRESS = "address"
    WORDS = "words"
    MERCHANT = "merchant"
    DEVICE = "device"
    ORDER = "order"


WHY_TITLES: Final = {
    Why.NUMBER: N_("number"),
    Why.SERIAL: N_("serial number"),
    Why.TUSN: N_("TUSN"),
    Why.TERMINAL_NO: N_("terminal number"),
    Why.SIM: N_("SIM or IMEI"),
    Why.MODEL: N_("model"),
    Why.NAME: N_("name"),
    Why.MERCHANT_NO: N_("merchant number"),
    Why.INITIALS: N_("initials"),
    Why.PHONE: N_("phone"),
    Why.PERSON: N_("person"),
    Why.ADDRESS: N_("address"),
    Why.WORDS: N_("words"),
    Why.MERCHANT: N_("its merchant"),
    Why.DEVICE: N_("its device"),
    Why.ORDER: N_("its order"),
}


class Step(StrEnum):
    """What the desk does next with the record that is opened."""

    OPEN = "open"
    CHECK_IN = "check_in"
    COUNTER = "counter"
    BENCH = "bench"
    APPROVAL = "approval"
    TEST = "test"
    PICKUP = "pickup"
    TRANSPORT = "transport"
    QUARANTINE = "quarantine"
    HISTORY = "history"
    SIGN_IN = "sign_in"
    SHELF = "shelf"
    STOCK = "stock"
    COMMAND = "command"
    CHOOSE = "choose"
    UNKNOWN = "unknown"


STEP_OF: Final = {
    **dict.fromkeys(S, Step.HISTORY),
    **dict.fromkeys(WITH_MERCHANT, Step.CHECK_IN),
    S.CHECKED_IN: Step.BENCH,
    S.COUNTER_SERVICE: Step.COUNTER,
    S.DEPOT_RECEIVED: Step.BENCH,
    S.DIAGNOSING: Step.BENCH,
    S.AWAITING_APPROVAL: Step.APPROVAL,
    S.DECLINED: Step.BENCH,
    S.AWAITING_PARTS: Step.BENCH,
    S.REPAIRING: Step.BENCH,
    S.VENDOR_REPAIR: Step.BENCH,
    S.AWAITING_KEY_LOAD: Step.BENCH,
    S.QC_TESTING: Step.TEST,
    S.READY_FOR_PICKUP: Step.PICKUP,
    S.ABANDONED: Step.PICKUP,
    S.QUARANTINED: Step.QUARANTINE,
    S.AWAITING_DISPATCH: Step.TRANSPORT,
    S.IN_TRANSIT_OUT: Step.TRANSPORT,
    S.AWAITING_RETURN: Step.TRANSPORT,
    S.IN_TRANSIT_BACK: Step.TRANSPORT,
}
"""The step that a device's work state asks for."""

IN_HAND: Final = frozenset({*HELD, S.QUARANTINED})
"""States in which the device is here, or out for us."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One found record.

    `state` is the stored word (a work state for items and devices, else the record's own, often
    empty). Phone numbers are masked. `step` is where the record opens.
    """

    kind: HitKind
    id: str
    title: str
    subtitle: str = ""
    state: str = ""
    why: Why | None = None
    step: Step = Step.OPEN
    rank: int = 9


Field = tuple[Why, str]


def reason(wanted: Words | None, fields: Sequence[Field]) -> tuple[Why | None, int]:
    """Return by what a record was found, and how well: 0 all of it, 1 its beginning or end, 2 a part of it.

    Of several words the one that fits best speaks; nothing at all is 9.
    """
    best: tuple[Why | None, int] = (None, 9)
    for word in wanted.words if wanted else ():
        for why, value in fields:
            for one in folded(value).split() or [""]:
                rank = _rank(word, one)
                if rank < best[1]:
                    best = (why, rank)
    return best


def _rank(word: str, value: str) -> int:
    if word not in value:
        return 9
    if word == value:
        return 0
    return 1 if value.startswith(word) or value.endswith(word) else 2


def line(*parts: str) -> str:
    """Return the parts that say something, parted by a dot."""
    return " · ".join(part for part in parts if part)


def tickets(session: ReadSession, ids: Sequence[str], wanted: Words | None = None) -> list[Hit]:
    """Return the hits of these tickets, in this order."""
    rows = session.execute(
        select(
            ServiceTicket.id, ServiceTicket.number, ServiceTicket.words, ServiceTicket.callback_phone,
            ServiceTicket.caller_name, ServiceTicket.model_words, ServiceTicket.state, Merchant.name,
        )
        .outerjoin(Merchant, Merchant.id == ServiceTicket.merchant_id)
        .where(ServiceTicket.id.in_(ids))
    )  # fmt: skip

    def hit(row: Row[Any]) -> Hit:
        why, rank = reason(
            wanted,
            [(Why.NUMBER, row.number), (Why.PHONE, row.callback_phone), (Why.PERSON, row.caller_name),
             (Why.WORDS, row.words), (Why.MODEL, row.model_words)],
        )  # fmt: skip
        phone = mask("phone", row.callback_phone) if why is Why.PHONE or not row.name else ""
        return Hit(
            HitKind.TICKET, row.id, row.number, line(row.name or "", phone, _excerpt(row.words, wanted)), row.state,
            why, rank=rank,
        )  # fmt: skip

    return _in_order(ids, rows, hit)


def merchants(session: ReadSession, ids: Sequence[str], wanted: Words | None = None) -> list[Hit]:
    """Return the hits of these merchants, in this order."""
    people: dict[str, list[Row[Any]]] = {}
    for row in session.execute(
        select(MerchantContact.merchant_id, MerchantContact.name, MerchantContact.phone)
        .where(MerchantContact.merchant_id.in_(ids), MerchantContact.active)
        .order_by(MerchantContact.main.desc(), MerchantContact.n)
    ):
        people.setdefault(row.merchant_id, []).append(row)
    rows = session.execute(
        select(
            Merchant.id, Merchant.name, Merchant.short_name, Merchant.merchant_no, Merchant.address, Merchant.initials
        ).where(Merchant.id.in_(ids))
    )

    def hit(row: Row[Any]) -> Hit:
        known = people.get(row.id, [])
        why, rank = reason(
            wanted,
            [(Why.MERCHANT_NO, row.merchant_no), (Why.NAME, row.name), (Why.NAME, row.short_name),
             *((Why.PHONE, one.phone) for one in known), *((Why.PERSON, one.name) for one in known),
             (Why.INITIALS, row.initials), (Why.ADDRESS, row.address)],
        )  # fmt: skip
        meant = _meant(wanted, known)
        contact = line(mask("name", meant.name), mask("phone", meant.phone)) if meant else ""
        place = row.address if why is Why.ADDRESS else ""
        return Hit(HitKind.MERCHANT, row.id, row.name, line(row.merchant_no, contact, place), "", why, rank=rank)

    return _in_order(ids, rows, hit)


def devices(session: ReadSession, ids: Sequence[str], wanted: Words | None = None) -> list[Hit]:
    """Return the hits of these devices, in this order; the state is that of a repair under way."""
    state_of: dict[str, str] = {
        row.device_id: row.work_state
        for row in session.execute(
            select(RepairItem.device_id, RepairItem.work_state)
            .where(RepairItem.device_id.in_(ids), RepairItem.work_state.in_(IN_HAND))
            .order_by(RepairItem.n)
        )
    }
    rows = session.execute(
        select(
            Device.id, Device.serial_no, Device.tusn, Device.terminal_no, Device.imei, Device.iccid, Merchant.name,
            DeviceModel.brand, DeviceModel.name.label("model"),
        )
        .outerjoin(DeviceModel, DeviceModel.id == Device.model_id)
        .outerjoin(Merchant, Merchant.id == Device.merchant_id)
        .where(Device.id.in_(ids))
    )  # fmt: skip

    def hit(row: Row[Any]) -> Hit:
        model = " ".join(part for part in (row.brand, row.model) if part)
        why, rank = reason(
            wanted,
            [(Why.SERIAL, row.serial_no), (Why.TERMINAL_NO, row.terminal_no), (Why.TUSN, row.tusn),
             (Why.SIM, f"{row.imei} {row.iccid}"), (Why.MODEL, model)],
        )  # fmt: skip
        shown = {Why.TERMINAL_NO: row.terminal_no, Why.TUSN: row.tusn}.get(why, "") if why else ""
        return Hit(
            HitKind.DEVICE, row.id, row.serial_no, line(model, row.name or "", shown), state_of.get(row.id, ""), why,
            rank=rank,
        )  # fmt: skip

    return _in_order(ids, rows, hit)


def orders(session: ReadSession, ids: Sequence[str], wanted: Words | None = None) -> list[Hit]:
    """Return the hits of these orders, in this order."""
    papers: dict[str, list[str]] = {}
    for row in session.execute(
        select(RepairItem.order_id, RepairItem.label_no, RepairItem.receipt_no).where(RepairItem.order_id.in_(ids))
    ):
        papers.setdefault(row.order_id, []).extend((row.label_no, row.receipt_no))
    rows = session.execute(
        select(
            RepairOrder.id, RepairOrder.number, RepairOrder.slip_no, RepairOrder.deliverer_name,
            RepairOrder.deliverer_phone, RepairOrder.state, Merchant.name,
        )
        .outerjoin(Merchant, Merchant.id == RepairOrder.merchant_id)
        .where(RepairOrder.id.in_(ids))
    )  # fmt: skip

    def hit(row: Row[Any]) -> Hit:
        numbers = (row.slip_no, *papers.get(row.id, []))
        why, rank = reason(
            wanted,
            [(Why.NUMBER, row.number), *((Why.NUMBER, one) for one in numbers), (Why.PHONE, row.deliverer_phone),
             (Why.PERSON, row.deliverer_name)],
        )  # fmt: skip
        phone = mask("phone", row.deliverer_phone) if why is Why.PHONE else ""
        person = mask("name", row.deliverer_name) if why in (Why.PHONE, Why.PERSON) else ""
        return Hit(HitKind.ORDER, row.id, row.number, line(row.name or "", person, phone), row.state, why, rank=rank)

    return _in_order(ids, rows, hit)


def items(
    session: ReadSession, condition: ColumnElement[bool], why: Why | None = None, *, limit: int = 20
) -> list[Hit]:
    """Return the hits of the devices on orders that meet a condition, the newest first."""
    rows = session.execute(
        select(RepairItem.id, RepairItem.label_no, RepairItem.work_state, Device.serial_no, DeviceModel.brand,
               DeviceModel.name.label("model"), Merchant.name)
        .join(RepairOrder, RepairOrder.id == RepairItem.order_id)
        .outerjoin(Device, Device.id == RepairItem.device_id)
        .outerjoin(DeviceModel, DeviceModel.id == Device.model_id)
        .outerjoin(Merchant, Merchant.id == RepairOrder.merchant_id)
        .where(condition).order_by(RepairItem.n.desc()).limit(limit)
    )  # fmt: skip
    return [
        Hit(
            HitKind.ITEM, row.id, row.serial_no or row.label_no,
            line(" ".join(part for part in (row.brand, row.model) if part), row.name or "", row.label_no),
            row.work_state, why, STEP_OF[S(row.work_state)], 2,
        )
        for row in rows
    ]  # fmt: skip


def parts(session: ReadSession, condition: ColumnElement[bool], *, limit: int = 20) -> list[Hit]:
    """Return the hits of the parts that meet a condition."""
    rows = session.execute(select(Part.id, Part.part_no, Part.name).where(condition).order_by(Part.n).limit(limit))
    return [Hit(HitKind.PART, row.id, row.name, row.part_no, "", None, Step.STOCK, 2) for row in rows]


def shelf(session: ReadSession, label_no: str) -> Hit | None:
    """Return the shelf with this label."""
    row = session.execute(select(Shelf.id, Shelf.code, Shelf.zone).where(Shelf.label_no == label_no)).first()
    return Hit(HitKind.SHELF, row.id, row.code, row.zone, "", Why.NUMBER, Step.SHELF, 0) if row else None


def staff(session: ReadSession, badge_no: str) -> Hit | None:
    """Return the person with this badge."""
    row = session.execute(
        select(Staff.id, Staff.name, Staff.staff_no).where(Staff.badge_no == badge_no, Staff.active)
    ).first()
    return Hit(HitKind.STAFF, row.id, row.name, row.staff_no, "", Why.NUMBER, Step.SIGN_IN, 0) if row else None


def _in_order(ids: Sequence[str], rows: Iterable[Row[Any]], hit: Callable[[Row[Any]], Hit]) -> list[Hit]:
    by_id = {row.id: row for row in rows}
    return [hit(by_id[one]) for one in ids if one in by_id]


def _meant(wanted: Words | None, known: Sequence[Row[Any]]) -> Row[Any] | None:
    """The contact that was looked for, else the main one."""
    for row in known:
        if any(word in folded(row.phone) or word in folded(row.name) for word in (wanted.words if wanted else ())):
            return row
    return known[0] if known else None


def _excerpt(text: str, wanted: Words | None, size: int = 36) -> str:
    """The part of a text around the first word looked for."""
    plain = " ".join(text.split())
    places = [plain.lower().find(word) for word in (wanted.words if wanted else ())]
    first = min((place for place in places if place >= 0), default=0)
    start = max(0, min(first - 8, len(plain) - size))
    return ("…" if start else "") + plain[start : start + size] + ("…" if start + size < len(plain) else "")
