"""One device on the bench with everything about it on one card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from deskapp.catalogue import TestStep
from deskapp.clock import shop_day
from deskapp.models import bench, past
from deskapp.models.device import Device, DeviceModel
from deskapp.models.folding import money_of, work_of
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.people import Shelf, Site, Staff
from deskapp.models.repair import AccessoryItem, ItemRecord, MoneyEvent, RepairItem, RepairOrder, ReviewCard, WorkEvent
from deskapp.models.stock import Part as StockPart
from deskapp.models.store import ReadSession
from deskapp.queries.bench import clock_of, lies_on, site_id_of, waits_for
from deskapp.queries.bench_card import EarlierStay, Event, Finding, JobCard, Part, QuoteView, TestRun
from deskapp.rules import lifecycle
from deskapp.rules.access import SUPERVISORS
from deskapp.rules.deadlines import DAY_MS
from deskapp.rules.lifecycle import WorkState
from deskapp.rules.masking import mask
from deskapp.rules.moves import Where

__all__ = ["EarlierStay", "Event", "Finding", "JobCard", "Part", "QuoteView", "TestRun", "job"]


def job(
    session: ReadSession, item_id: str, now: int, *, roles: Iterable[str] = (), staff_id: str = ""
) -> JobCard | None:
    """Return the card of a device on the bench as one person sees it, or None for an unknown device."""
    item = session.get(RepairItem, item_id)
    if item is None:
        return None
    seen = _Seen(session, item, now)
    return JobCard(
        **_what(seen), **_whose(seen), **_where(seen), **_work(seen), **_judged(seen, frozenset(roles), staff_id)
    )


@dataclass(slots=True)
class _Seen:
    """The rows of one job, read once."""

    session: ReadSession
    item: RepairItem
    now: int
    order: RepairOrder = field(init=False)
    unit: Device = field(init=False)
    model: DeviceModel | None = field(init=False)
    site: Site = field(init=False)
    events: list[WorkEvent] = field(init=False)
    records: list[ItemRecord] = field(init=False)
    names: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        session, item = self.session, self.item
        self.order = session.get_one(RepairOrder, item.order_id)
        self.unit = session.get_one(Device, item.device_id)
        self.model = session.get(DeviceModel, self.unit.model_id) if self.unit.model_id else None
        self.site = session.get_one(Site, site_id_of(session))
        self.events = bench.events_of(session, item.id)
        self.records = _records(session, item.id)
        self.names = {row.id: row.name for row in session.scalars(select(Staff))}


def _what(seen: _Seen) -> dict[str, Any]:
    """The unit itself and how it came in."""
    item, unit, model = seen.item, seen.unit, seen.model
    condition = _latest(seen.records, "condition")
    answers = condition.data.get("answers", {}) if condition else {}
    loose = select(AccessoryItem.kind).where(AccessoryItem.item_id == item.id, AccessoryItem.kind != "")
    loose = loose.order_by(AccessoryItem.n)
    return {
        "item_id": item.id, "label_no": item.label_no, "device_id": unit.id, "serial_no": unit.serial_no,
        "tusn": unit.tusn, "do_not_wipe": unit.do_not_wipe, "model_id": unit.model_id,
        "model": f"{model.brand} {model.name}" if model else unit.model_id,
        "model_en": f"{model.brand_en or model.brand} {model.name}" if model else "",
        "kind": model.kind if model else "smart_pos", "terminal_no": item.terminal_no,
        "symptom_code": item.symptom_code, "words": item.words, "firmware_version": unit.firmware_version,
        "app_version": unit.app_version, "accessories": tuple(seen.session.scalars(loose)),
        "condition": tuple((str(key), str(answer)) for key, answer in answers.items() if answer != "fine"),
        "condition_words": condition.words if condition else "",
        "photos": tuple(photo.sha256 for photo in bench.photos_of(seen.session, item.id)),
        "earlier": tuple(
            EarlierStay(stay.order_no, stay.came_at, stay.symptom_code, stay.state.value)
            for stay in past.stays(seen.session, [unit.id]) if stay.item_id != item.id
        ),
    }  # fmt: skip


def _whose(seen: _Seen) -> dict[str, Any]:
    """The order, the merchant and what was agreed."""
    order = seen.order
    merchant = seen.session.get(Merchant, order.merchant_id) if order.merchant_id else None
    contact, phones = _contact(seen.session, order)
    return {
        "order_no": order.number, "received_at": order.opened_at, "ceiling_fen": order.ceiling_fen,
        "old_parts_back": order.old_parts_back,
        "merchant": (merchant.short_name or merchant.name) if merchant else "",
        "merchant_no": mask("merchant_no", merchant.merchant_no) if merchant and merchant.merchant_no else "",
        "contact": contact, "contact_phone": mask("phone", phones[0]) if phones else "", "phones": phones,
    }  # fmt: skip


def _where(seen: _Seen) -> dict[str, Any]:
    """The state, how late it is, and who has it."""
    item = seen.item
    shade, due_at = clock_of(seen.session, seen.now).judge(item, seen.order.opened_at)
    wait = bench.last_of(seen.events, "wait_for_parts")
    resting = bool(seen.events) and seen.events[-1].move == "pause_job"
    shelf = seen.session.get(Shelf, item.shelf_id) if item.shelf_id else None
    return {
        "priority": item.priority, "state": item.work_state, "resumes": item.resumes,
        "waits_for": waits_for(item.work_state, resting), "colour": shade, "due_at": due_at,
        "days": max(0, (seen.now - seen.order.opened_at) // DAY_MS), "holder": item.holder,
        "shelf": lies_on(item, shelf.code if shelf else ""), "technician": seen.names.get(item.technician_id, ""),
        "technician_id": item.technician_id, "bench": _bench(seen.events),
        "awaited_part": str(wait.data.get("part", "")) if wait else "",
        "awaited_order": str(wait.data.get("order_no", "")) if wait else "",
        "awaited_day": str(wait.data.get("expected_date", "")) if wait else "",
        "awaited_quantity": int(wait.data.get("quantity", 1)) if wait else 1, "todos": _todos(seen.session, item.id),
        "history": _history(seen.events, seen.names), "notes": _notes(seen.events, seen.records, seen.names),
    }  # fmt: skip


def _work(seen: _Seen) -> dict[str, Any]:
    """What was found, asked, fitted and done."""
    session, item = seen.session, seen.item
    view, repaired = money_of(session, item.id), _latest(seen.records, "repair")
    return {
        "finding": _finding(bench.last_of(seen.events, "record_diagnosis"), seen.names),
        "basis": bench.start_basis(session, seen.order, item.id, shop_day(seen.now)),
        "quote": _quote(session, item.id, seen.now), "money_state": view.state.value, "due_fen": view.due_fen,
        "parts": tuple(
            Part(one.part_id, one.part_no, one.name, one.name_en, one.quantity, one.serial_no, one.price_fen)
            for one in bench.fitted(session, item.id)
        ),
        "parts_out": _removed(session, item.id),
        "minutes": sum(int(row.data.get("minutes", 0)) for row in seen.records if row.kind in ("labour", "repair")),
        "repair_actions": _actions(seen.events),
        "advice": str(repaired.data.get("prevention_tip", "")) if repaired else "",
    }  # fmt: skip


def _judged(seen: _Seen, roles: frozenset[str], staff_id: str) -> dict[str, Any]:
    """What has to be tested, and what this person may do."""
    model, item = seen.model, seen.item
    plan_id, plan = bench.test_plan(model)
    gone = bench.keys_gone(seen.events, model)
    hands = lifecycle.hands_of(work_of(seen.session, item.id).history)
    return {
        "keys_gone": gone, "keys_may_be_kept": bench.keeps_keys(model) and not gone, "plan_id": plan_id, "plan": plan,
        "tests": _tests(seen.records, seen.names), "own_work": bool(staff_id) and staff_id in hands,
        "solo_site": seen.site.solo, "goes_back": bench.goes_back(seen.session, seen.site, seen.order),
        "legal": legal_moves(item, seen.site, roles),
    }  # fmt: skip


def _records(session: ReadSession, item_id: str) -> list[ItemRecord]:
    rows = session.scalars(select(ItemRecord).where(ItemRecord.item_id == item_id).order_by(ItemRecord.n)).all()
    voided = {row.voids for row in rows if row.voids}
    return [row for row in rows if not row.voids and row.id not in voided]


def _latest(records: Sequence[ItemRecord], kind: str) -> ItemRecord | None:
    return next((row for row in reversed(records) if row.kind == kind), None)


def _finding(row: WorkEvent | None, names: Mapping[str, str]) -> Finding | None:
    if row is None:
        return None
    data = row.data
    return Finding(
        row.at, names.get(row.by, ""), str(data["symptom_confirmed"]), str(data["cause_code"]),
        str(data["cause_class"]), str(data["tamper_flag"]), str(data.get("words", "")),
        tuple(str(code) for code in data.get("actions", [])), str(data.get("labour_class", "")),
        tuple((str(one["part_id"]), int(one["quantity"])) for one in data.get("needed_parts", [])),
        str(data.get("firmware_version", "")), str(data.get("app_version", "")), data["warranty_decision"],
    )  # fmt: skip


def _quote(session: ReadSession, item_id: str, now: int) -> QuoteView | None:
    rows = session.scalars(select(MoneyEvent).where(MoneyEvent.item_id == item_id).order_by(MoneyEvent.n)).all()
    voided = {row.voids for row in rows if row.voids}
    counted = [row for row in rows if not row.voids and row.id not in voided]
    quote = next((row for row in reversed(counted) if row.kind == "quote"), None)
    if quote is None:
        return None
    answer = next(
        (row for row in reversed(counted)
         if row.kind in ("approval", "decline") and row.data.get("quote") == quote.id), None
    )  # fmt: skip
    until = int(quote.data.get("valid_until_ms", 0))
    return QuoteView(
        quote.number, int(quote.data.get("version", 1)), tuple(quote.data.get("lines", [])),
        int(quote.data.get("discount_fen", 0)), quote.fen, int(quote.data.get("inspection_fee_fen", 0)), until,
        now > until and answer is None, answer.kind if answer else "",
        str(answer.data.get("approved_by", "")) if answer else "",
    )  # fmt: skip


def _removed(session: ReadSession, item_id: str) -> tuple[Part, ...]:
    found = []
    for row in bench.removed(session, item_id):
        part = session.get_one(StockPart, row.part_id)
        found.append(Part(part.id, part.part_no, part.name, part.name_en, row.quantity, row.serial_no, 0))
    return tuple(found)


def _tests(records: Sequence[ItemRecord], names: Mapping[str, str]) -> tuple[TestRun, ...]:
    return tuple(
        TestRun(
            row.at, names.get(row.by, ""), bool(row.data.get("passed")),
            tuple(str(one["step"]) for one in row.data.get("values", []) if one.get("result") == "fail"),
        )
        for row in records
        if row.kind == "test"
    )  # fmt: skip


def _actions(events: Sequence[WorkEvent]) -> tuple[str, ...]:
    done: list[str] = []
    for row in events:
        if row.move == "record_repair":
            done += [str(code) for code in row.data.get("action", [])]
    return tuple(dict.fromkeys(done))


def legal_moves(item: RepairItem, site: Site, roles: Iterable[str]) -> frozenset[str]:
    """Return the names of the moves a person with these roles may try from where the device is."""
    where = tuple(name for name, held in (("outlet", site.is_outlet), ("depot", site.is_depot)) if held)
    held = frozenset(roles)
    if Where.CO_LOCATED.fits(where) and held & SUPERVISORS:
        held |= SUPERVISORS
    return frozenset(move.name for move in lifecycle.legal(WorkState(item.work_state), where) if held & move.actors)


def plan_of(session: ReadSession, model_id: str) -> tuple[TestStep, ...]:
    """Return the steps by which a unit of a model is tested, on an order or not."""
    return bench.test_plan(session.get(DeviceModel, model_id) if model_id else None)[1]


def _bench(events: Sequence[WorkEvent]) -> str:
    return next((str(row.data["bench"]) for row in reversed(events) if row.data.get("bench")), "")


def _history(events: Sequence[WorkEvent], names: Mapping[str, str]) -> tuple[Event, ...]:
    return tuple(Event(row.at, names.get(row.by, ""), row.move, row.reason) for row in reversed(events))


def _notes(events: Sequence[WorkEvent], records: Sequence[ItemRecord], names: Mapping[str, str]) -> tuple[Event, ...]:
    notes = [Event(row.at, names.get(row.by, ""), "note", row.words) for row in records if row.kind == "note"]
    paused = [Event(row.at, names.get(row.by, ""), row.move, row.reason) for row in events if row.move == "pause_job"]
    return tuple(sorted([*notes, *paused], key=lambda one: -one.at))


def _todos(session: ReadSession, item_id: str) -> tuple[str, ...]:
    rows = session.scalars(
        select(ReviewCard).where(
            ReviewCard.subject_id == item_id, ReviewCard.kind == "todo", ReviewCard.settled_at == 0
        )
    )
    return tuple(dict.fromkeys(str(row.data.get("key", "")) for row in rows))


def _contact(session: ReadSession, order: RepairOrder) -> tuple[str, tuple[str, ...]]:
    """Whom to call: the deliverer first, then the merchant's contacts; the numbers a call back may go to."""
    name, phones = order.deliverer_name, [order.deliverer_phone] if order.deliverer_phone else []
    if order.merchant_id:
        rows = session.scalars(
            select(MerchantContact)
            .where(MerchantContact.merchant_id == order.merchant_id, MerchantContact.active)
            .order_by(MerchantContact.main.desc(), MerchantContact.n)
        ).all()
        phones += [row.phone for row in rows if row.phone]
        name = name or (rows[0].name if rows else "")
    return mask("name", name) if name else "", tuple(dict.fromkeys(phones))
