"""What the records already know about a unit: its stays with us, its twins, the warranty it still has.

The briefing at the counter and the act of checking in look at the same past, so that
what the clerk was shown is what the record says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp.clock import shop_day
from deskapp.models.act_session import by_ids, driver_of, find
from deskapp.models.device import Device, DeviceModel, TerminalBinding
from deskapp.models.folding import custody_facts
from deskapp.models.merchant import ServiceContract
from deskapp.models.repair import CustodyEvent, RepairItem, RepairOrder
from deskapp.models.stock import LoanEvent
from deskapp.models.warranty_terms import grace_term, running_contracts
from deskapp.rules import warranty
from deskapp.rules.custody import custody_days
from deskapp.rules.identifiers import serial_lookalikes
from deskapp.rules.states import HELD, WorkState
from deskapp.rules.warranty_terms import from_entry

REPEAT_DAYS = 90
"""The same fault again within so many days after a repair is a repeat fault, whatever its warranty says."""

_BACK = (WorkState.PICKED_UP, WorkState.CLOSED)


@dataclass(frozen=True, slots=True)
class Stay:
    """One earlier or present stay of a unit with us; `left_at` is 0 while it is here (ms UTC)."""

    item_id: str
    order_id: str
    order_no: str
    label_no: str
    state: WorkState
    symptom_code: str
    merchant_id: str
    came_at: int
    left_at: int
    holder: str = ""

    @property
    def open(self) -> bool:
        """Say whether the unit is in our hands, or with somebody who has it from us.

        A unit that was swapped stays with us after its order has ended: seen at a counter, it is a twin or was lost.
        """
        kept = self.state is WorkState.SWAPPED and self.holder not in ("", "merchant", "owner", "none")
        return self.state in HELD or self.state is WorkState.QUARANTINED or kept

    @property
    def ended_with_us(self) -> bool:
        """Say whether the merchant has it back after this stay."""
        return self.state in _BACK


def units_with(session: Session, serial_no: str) -> list[Device]:
    """Return the units with exactly this serial number, oldest first; joined ones stand for their survivor."""
    found = {unit.id: unit for unit in (survivor(session, row) for row in find(session, Device, serial_no=serial_no))}
    return list(found.values())


def survivor(session: Session, unit: Device) -> Device:
    """Return the record a unit was joined into, or the unit itself."""
    for _step in range(8):
        if not unit.joined_into:
            break
        unit = session.get_one(Device, unit.joined_into)
    return unit


def lookalikes_of(session: Session, serial_no: str) -> list[Device]:
    """Return known units whose serial number a reader may take for this one (O/0, I/1)."""
    forms = serial_lookalikes(serial_no) - {serial_no}
    if not forms:
        return []
    rows = session.scalars(select(Device).where(Device.serial_no.in_(sorted(forms))).order_by(Device.n)).all()
    return list({unit.id: unit for unit in (survivor(session, row) for row in rows)}.values())


def stays(session: Session, unit_ids: Iterable[str]) -> list[Stay]:
    """Return all stays of these units with us, newest first."""
    ids = list(unit_ids)
    if not ids:
        return []
    items = [item for one in ids for item in find(session, RepairItem, device_id=one)]
    items.sort(key=lambda item: -item.n)
    orders = by_ids(session, RepairOrder, [item.order_id for item in items]) if items else {}
    left = _went_home(session, [item.id for item in items])
    return [
        Stay(
            item.id, order.id, order.number, item.label_no, WorkState(item.work_state), item.symptom_code,
            order.merchant_id, order.opened_at, left.get(item.id, 0), item.holder,
        )
        for item in items
        if (order := orders.get(item.order_id)) is not None
    ]  # fmt: skip


def _went_home(session: Session, item_ids: Sequence[str]) -> Mapping[str, int]:
    if not item_ids:
        return {}
    marks = ", ".join("?" * len(item_ids))
    rows = driver_of(session, CustodyEvent).execute(
        f"SELECT item_id, max(at) FROM custody_event WHERE item_id IN ({marks}) AND to_holder = 'merchant'"
        " GROUP BY item_id",
        tuple(item_ids),
    )
    return dict(rows)


def repeat_of(known: Iterable[Stay], symptom_code: str, now: int, covered: Iterable[str] = ()) -> Stay | None:
    """Return the last repair of the same fault that is recent enough, or whose warranty still runs.

    `covered` are the order numbers whose repair warranty runs. An unnamed symptom matches nothing.
    """
    running = set(covered)
    for stay in known:
        if not stay.ended_with_us or not symptom_code or stay.symptom_code != symptom_code:
            continue
        days = (shop_day(now) - shop_day(stay.left_at or stay.came_at)).days
        if days <= REPEAT_DAYS or stay.order_no in running:
            return stay
    return None


def days_in_custody(session: Session, known: Iterable[Stay], now: int) -> int:
    """Return for how many days earlier stays kept the unit from its merchant."""
    return sum(custody_days(custody_facts(session, stay.item_id), now) for stay in known if stay.ended_with_us)


def repair_warranties(
    session: Session, unit: Device, symptom_code: str, known: Sequence[Stay], now: int, parts: Collection[str] = ()
) -> list[warranty.RepairWarranty]:
    """Return the warranties of earlier repairs kept on the unit, judged against the fault it has now.

    The record is a list under `repairs` or one entry: `order_no`, `until` (ISO day), `symptom_code`, `part_no` for the
    term of a fitted part, and `since`, the order whose repair began the term. A repair covers the same fault, a part
    covers itself and nothing else: `parts` are the numbers of the parts that have failed now. Days that the unit was
    with us later are added to a term, as they are to its first one; `known` are its stays.
    """
    kept = unit.repair_warranty or {}
    entries = kept.get("repairs") if isinstance(kept.get("repairs"), list) else [kept]
    found = []
    for entry in entries or []:
        until = str(entry.get("until") or entry.get("end") or "")
        if not until:
            continue
        part = str(entry.get("part_no") or "")
        same = not part and bool(symptom_code) and entry.get("symptom_code") == symptom_code
        previous = str(entry.get("order_no") or entry.get("previous") or "")
        since = str(entry.get("since") or previous)
        added = _days_with_us_after(session, since, known, now)
        found.append(
            warranty.RepairWarranty(
                previous,
                date.fromisoformat(until) + timedelta(days=added),
                same_fault=same,
                same_part=bool(part) and part in parts,
                part=part,
                since=since,
                added=added,
                rule=kept_term.reason("repair_rule") if (kept_term := from_entry(entry)) else None,
            )  # fmt: skip
        )
    return found


def _days_with_us_after(session: Session, order_no: str, known: Sequence[Stay], now: int) -> int:
    """Return for how many days the unit was with us in stays after the one of an order; none if that is unknown."""
    began = max((stay.came_at for stay in known if stay.order_no == order_no), default=None)
    later = [stay for stay in known if began is not None and stay.came_at > began]
    return days_in_custody(session, later, now)


def contract_end(session: Session, unit: Device, merchant_id: str, on: date) -> date | None:
    """Return the last day of the warranty a running contract of the merchant gives, if one does."""
    found = contract_term(session, unit, merchant_id, on)
    return found[0] if found else None


def contract_term(session: Session, unit: Device, merchant_id: str, on: date) -> tuple[date, ServiceContract] | None:
    """Return the last day a running contract of the merchant gives and that contract, the longest of several.

    A unit that took another's place goes on with that one's term, or has its own where that was longer.
    """
    contracts = [row for row in running_contracts(session, merchant_id, on) if row.starts_on <= on.isoformat()]
    if not contracts:
        return None
    bound = next((row.valid_from for row in find(session, TerminalBinding, device_id=unit.id, valid_to="")), "")
    before = replaced_by(session, unit)
    if before:
        first = [
            row.valid_from for row in find(session, TerminalBinding, device_id=before[-1], merchant_id=merchant_id)
        ]
        bound = min(first, default=bound)
    ends = []
    for row in contracts:
        start = bound or row.starts_on
        if row.warranty_months > 0 and start:
            ends.append((warranty.term_end(date.fromisoformat(start), row.warranty_months), row))
    if not ends:
        return None
    end, row = max(ends, key=lambda found: found[0])
    promised = _day(unit.warranty_until) if before else None
    return (max(end, promised) if promised else end), row


def replaced_by(session: Session, unit: Device) -> list[str]:
    """Return the units whose place a unit has taken, the last one first: swapped for it on the same order."""
    chain: list[str] = []
    here = unit.id
    for _step in range(8):
        pairs = ((item, session.get(RepairItem, item.previous_item_id)) for item in find(session, RepairItem,
                 device_id=here) if item.previous_item_id)  # fmt: skip
        old = next((old for item, old in pairs if old is not None and old.order_id == item.order_id), None)
        if old is None or old.device_id in (unit.id, *chain):
            break
        here = old.device_id
        chain.append(here)
    return chain


@dataclass(frozen=True, slots=True)
class Basics:
    """What a decision rests on besides the fault: the terms that hold for a unit, and which rule set each of them."""

    contract_end: date | None
    grace_months: int
    rules: Mapping[warranty.Basis, warranty.Reason]


def basics(session: Session, unit: Device, model: DeviceModel | None, merchant_id: str, on: date) -> Basics:
    """Return the terms by which a unit's warranty is judged on a day."""
    contract = contract_term(session, unit, merchant_id, on)
    grace = grace_term(session, model, merchant_id, on)
    rules = {warranty.Basis.MANUFACTURE_DATE: grace.reason("grace_rule")}
    if contract is not None:
        values: dict[str, str | int] = {"number": contract[1].number, "months": contract[1].warranty_months}
        rules[warranty.Basis.CONTRACT] = warranty.Reason("contract_rule", values)
    return Basics(contract[0] if contract else None, grace.months, rules)


def first_view(
    session: Session,
    unit: Device,
    *,
    merchant_id: str,
    symptom_code: str,
    now: int,
    tamper_suspected: bool = False,
    known: Sequence[Stay] | None = None,
) -> warranty.Decision:
    """Return the warranty as it looks at the counter, before the bench has found a cause."""
    on = shop_day(now)
    model = session.get(DeviceModel, unit.model_id) if unit.model_id else None
    earlier = stays(session, [unit.id]) if known is None else known
    base = basics(session, unit, model, merchant_id, on)
    return warranty.decide(
        on=on,
        cause=None,
        contract_end=base.contract_end,
        model_end=_day(unit.warranty_until),
        manufactured=_day(unit.manufactured_on),
        model_months=model.warranty_months if model else None,
        grace_months=base.grace_months,
        rules=base.rules,
        repairs=repair_warranties(session, unit, symptom_code, earlier, now),
        tamper_suspected=tamper_suspected,
        custody_days=days_in_custody(session, earlier, now),
    )


def other_units_on(session: Session, terminal_no: str, merchant_id: str, unit_id: str) -> list[Device]:
    """Return other units that are bound to this terminal number now; at most one should be.

    A terminal number is unique within its merchant; another merchant's binding is told as well,
    because the same number at two merchants is the sign of a mix-up at the counter.
    """
    if not terminal_no:
        return []
    bound = find(session, TerminalBinding, terminal_no=terminal_no, valid_to="")
    rows = [row for row in bound if row.device_id != unit_id]
    own = [row for row in rows if row.merchant_id == merchant_id] or rows
    found = (session.get(Device, row.device_id) for row in own)
    return [unit for unit in found if unit is not None and not unit.joined_into]


def days_left(until: str, now: int) -> int | None:
    """Return the days a warranty still covers after today, negative when over, None without a date."""
    end = _day(until)
    return warranty.days_left(end, shop_day(now)) if end else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def loaners_with(session: Session, merchant_id: str) -> list[tuple[Device, int]]:
    """Return the loaners a merchant has now, each with the day it is due back (ms UTC, 0 for none)."""
    if not merchant_id:
        return []
    rows = find(session, LoanEvent, merchant_id=merchant_id)
    voided = {row.voids for row in rows if row.voids}
    last = {row.device_id: row for row in rows if not row.voids and row.id not in voided}
    out = [(session.get(Device, row.device_id), row.due_at) for row in last.values() if row.kind == "lend"]
    return [(unit, due_at) for unit, due_at in out if unit is not None]
