"""What a search shows of each kind of record: one line with enough to tell it from its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from deskapp.errors import N_
from deskapp.models.store import ReadSession
from deskapp.queries.naming import model_title
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
    VISIT = "visit"


KIND_TITLES: Final = {
    HitKind.ITEM: N_("In our hands"),
    HitKind.MERCHANT: N_("Merchants"),
    HitKind.DEVICE: N_("Terminals"),
    HitKind.ORDER: N_("Repair orders"),
    HitKind.TICKET: N_("Tickets"),
    HitKind.PART: N_("Parts"),
    HitKind.SHELF: N_("Shelves"),
    HitKind.STAFF: N_("Staff"),
    HitKind.VISIT: N_("Visits"),
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
    VISIT = "visit"
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
    if wanted is None:
        return best
    for why, value in fields:
        whole = folded(value) if value else ""
        for word in wanted.words:
            if word in whole:
                rank = min((_rank(word, one) for one in whole.split()), default=2)
                if rank < best[1]:
                    best = (why, rank)
    return best


def _rank(word: str, value: str) -> int:
    if word == value:
        return 0
    return 1 if value.startswith(word) or value.endswith(word) else 2


def line(*parts: str | None) -> str:
    """Return the parts that say something, parted by a dot."""
    return " · ".join(part for part in parts if part)


def ask(session: ReadSession, sql: str, *values: Any) -> Sequence[Any]:
    """Answer one question in SQL.

    The search field asks a dozen of these at every key; put together by the ORM they would cost
    more than the database needs to answer them. A sequence among the values stands for as many
    marks as it has members: write `(??)`.
    """
    flat: list[Any] = []
    for value in values:
        if isinstance(value, str | int):
            flat.append(value)
        else:
            sql = sql.replace("(??)", f"({', '.join('?' * len(value))})", 1)
            flat += value
    return session.connection().exec_driver_sql(sql, tuple(flat)).all()


def tickets(session: ReadSession, ids: Sequence[str], wanted: Words | None = None) -> list[Hit]:
    """Return the hits of these tickets, in this order."""

    def hit(row: Any) -> Hit:
        why, rank = reason(
            wanted,
            [(Why.NUMBER, row.number), (Why.PHONE, row.callback_phone), (Why.PERSON, row.caller_name),
             (Why.WORDS, row.words), (Why.MODEL, row.model_words)],
        )  # fmt: skip
        phone = mask("phone", row.callback_phone) if why is Why.PHONE or not row.name else ""
        subtitle = line(row.name, phone, _excerpt(row.words, wanted))
        return Hit(HitKind.TICKET, row.id, row.number, subtitle, row.state, why, rank=rank)

    if not ids:
        return []
    rows = ask(
        session,
        "SELECT t.id, t.number, t.words, t.callback_phone, t.caller_name, t.model_words, t.state, m.name"
        " FROM service_ticket t LEFT JOIN merchant m ON m.id = t.merchant_id WHERE t.id IN (??)",
        ids,
    )
    return _in_order(ids, rows, hit)


def merchants(session: ReadSession, ids: Sequence[str], wanted: Words | None = None) -> list[Hit]:
    """Return the hits of these merchants, in this order."""
    if not ids:
        return []
    people: dict[str, list[Any]] = {}
    for row in ask(
        session,
        "SELECT merchant_id, name, phone FROM merchant_contact WHERE merchant_id IN (??) AND active"
        " ORDER BY main DESC, n",
        ids,
    ):
        people.setdefault(row.merchant_id, []).append(row)

    def hit(row: Any) -> Hit:
        known = people.get(row.id, [])
        why, rank = reason(
            wanted,
            [(Why.MERCHANT_NO, row.merchant_no), (Why.NAME, row.name), (Why.NAME, row.short_name),
             *((Why.PHONE, one.phone) for one in known), *((Why.PERSON, one.name) for one in known),
             (Why.INITIALS, row.initials), (Why.ADDRESS, row.address)],
        )  # fmt: skip
        meant = _meant(wanted if why in (Why.PHONE, Why.PERSON) else None, known)
        contact = line(mask("name", meant.name), mask("phone", meant.phone)) if meant else ""
        place = row.address if why is Why.ADDRESS else ""
        return Hit(HitKind.MERCHANT, row.id, row.name, line(row.merchant_no, contact, place), "", why, rank=rank)

    rows = ask(
        session,
        "SELECT id, name, short_name, merchant_no, address, initials FROM merchant WHERE id IN (??)",
        ids,
    )
    return _in_order(ids, rows, hit)


def devices(session: ReadSession, ids: Sequence[str], wanted: Words | None = None) -> list[Hit]:
    """Return the hits of these devices, in this order; the state is that of a repair under way."""
    if not ids:
        return []
    under_way = ask(
        session,
        "SELECT device_id, work_state FROM repair_item WHERE device_id IN (??) AND work_state IN (??) ORDER BY n",
        ids,
        _IN_HAND,
    )
    state_of = {row.device_id: row.work_state for row in under_way}

    def hit(row: Any) -> Hit:
        model, names = _model(row), " ".join(filter(None, (row.brand, row.brand_en, row.model)))
        why, rank = reason(
            wanted,
            [(Why.SERIAL, row.serial_no), (Why.TERMINAL_NO, row.terminal_no), (Why.TUSN, row.tusn),
             (Why.SIM, f"{row.imei} {row.iccid}"), (Why.MODEL, names)],
        )  # fmt: skip
        shown = {Why.TERMINAL_NO: row.terminal_no, Why.TUSN: row.tusn}.get(why, "") if why else ""
        state = state_of.get(row.id, "")
        return Hit(HitKind.DEVICE, row.id, row.serial_no, line(model, row.name, shown), state, why, rank=rank)

    rows = ask(
        session,
        "SELECT d.id, d.serial_no, d.tusn, d.terminal_no, d.imei, d.iccid, k.brand, k.brand_en, k.name AS model, m.name"
        " FROM device d LEFT JOIN device_model k ON k.id = d.model_id LEFT JOIN merchant m ON m.id = d.merchant_id"
        " WHERE d.id IN (??)",
        ids,
    )
    return _in_order(ids, rows, hit)


def orders(session: ReadSession, ids: Sequence[str], wanted: Words | None = None) -> list[Hit]:
    """Return the hits of these orders, in this order."""
    if not ids:
        return []
    papers: dict[str, list[str]] = {}
    for row in ask(session, "SELECT order_id, label_no, receipt_no FROM repair_item WHERE order_id IN (??)", ids):
        papers.setdefault(row.order_id, []).extend((row.label_no, row.receipt_no))

    def hit(row: Any) -> Hit:
        numbers = (row.number, row.slip_no, *papers.get(row.id, []))
        why, rank = reason(
            wanted,
            [
                *((Why.NUMBER, one) for one in numbers),
                (Why.PHONE, row.deliverer_phone),
                (Why.PERSON, row.deliverer_name),
            ],
        )
        phone = mask("phone", row.deliverer_phone) if why is Why.PHONE else ""
        person = mask("name", row.deliverer_name) if why in (Why.PHONE, Why.PERSON) else ""
        return Hit(HitKind.ORDER, row.id, row.number, line(row.name, person, phone), row.state, why, rank=rank)

    rows = ask(
        session,
        "SELECT o.id, o.number, o.slip_no, o.deliverer_name, o.deliverer_phone, o.state, m.name"
        " FROM repair_order o LEFT JOIN merchant m ON m.id = o.merchant_id WHERE o.id IN (??)",
        ids,
    )
    return _in_order(ids, rows, hit)


def items(
    session: ReadSession, column: str, ids: Sequence[str], why: Why | None, *,
    limit: int = 20, wanted: Words | None = None,
) -> list[Hit]:  # fmt: skip
    """Return what is in our hands of these devices, orders or merchants, the newest first.

    `column` is one of `i.device_id`, `i.order_id`, `o.merchant_id`. With `wanted` an item that has it in its
    own label says so.
    """
    if not ids:
        return []
    still_open = " AND o.state = 'open'" if column == "o.merchant_id" else ""
    rows = ask(
        session,
        "SELECT i.id, i.label_no, i.work_state, d.serial_no, k.brand, k.brand_en, k.name AS model, m.name"
        f" FROM repair_item i JOIN repair_order o ON o.id = i.order_id{still_open}"
        " LEFT JOIN device d ON d.id = i.device_id LEFT JOIN device_model k ON k.id = d.model_id"
        " LEFT JOIN merchant m ON m.id = o.merchant_id"
        f" WHERE {column} IN (??) AND i.work_state IN (??) ORDER BY i.n DESC LIMIT ?",
        ids,
        _IN_HAND,
        limit,
    )
    found = []
    for row in rows:
        own, rank = reason(wanted, [(Why.NUMBER, row.label_no)])
        title, told = row.serial_no or row.label_no, line(_model(row), row.name, row.label_no)
        step = STEP_OF[S(row.work_state)]
        found.append(Hit(HitKind.ITEM, row.id, title, told, row.work_state, own or why, step, min(rank, 2)))
    return found


def shelf(session: ReadSession, label_no: str) -> Hit | None:
    """Return the shelf with this label."""
    for row in ask(session, "SELECT id, code, zone FROM shelf WHERE label_no = ?", label_no):
        return Hit(HitKind.SHELF, row.id, row.code, row.zone, "", Why.NUMBER, Step.SHELF, 0)
    return None


def staff(session: ReadSession, badge_no: str) -> Hit | None:
    """Return the active person with this badge."""
    for row in ask(session, "SELECT id, name, staff_no FROM staff WHERE badge_no = ? AND active", badge_no):
        return Hit(HitKind.STAFF, row.id, row.name, row.staff_no, "", Why.NUMBER, Step.SIGN_IN, 0)
    return None


_IN_HAND = tuple(sorted(IN_HAND))


def _model(row: Any) -> str:
    return model_title(row.brand, row.brand_en, row.model)


def _in_order(ids: Sequence[str], rows: Iterable[Any], hit: Callable[[Any], Hit]) -> list[Hit]:
    by_id = {row.id: row for row in rows}
    return [hit(by_id[one]) for one in ids if one in by_id]


def _meant(wanted: Words | None, known: Sequence[Any]) -> Any | None:
    """The contact that was looked for, else the main one."""
    for row in known if wanted else ():
        if wanted and any(word in folded(f"{row.phone} {row.name}") for word in wanted.words):
            return row
    return known[0] if known else None


def _excerpt(text: str, wanted: Words | None, size: int = 36) -> str:
    """The part of a text around the first word looked for."""
    plain = " ".join(text.split())
    places = [plain.lower().find(word) for word in (wanted.words if wanted else ())]
    first = min((place for place in places if place >= 0), default=0)
    start = max(0, min(first - 8, len(plain) - size))
    return ("…" if start else "") + plain[start : start + size] + ("…" if start + size < len(plain) else "")
