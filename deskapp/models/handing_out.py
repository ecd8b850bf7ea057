"""What the records say about devices that wait to be collected: code, calls, loaners, charges, tests.

The card at the counter and the act of handing out look at the same facts, so that what the
clerk was shown is what the act finds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp import catalogue
from deskapp.catalogue import Word
from deskapp.models.base import Fact
from deskapp.models.device import Device, DeviceModel
from deskapp.models.repair import IN_HAND, ItemRecord, MoneyEvent, RepairItem, RepairOrder, WorkEvent
from deskapp.models.stock import LoanEvent
from deskapp.models.transfers import other_sites, this_site
from deskapp.rules.deadlines import UNCOLLECTED_STEPS, uncollected_step
from deskapp.rules.papers import ChargeLine, LineKind
from deskapp.rules.states import WorkState

MOST_TRIES: Final = 5
"""So many wrong codes or phone numbers, and only a supervisor may let the devices go."""

RELEASE_MS: Final = 30 * 60_000
"""So long (ms) after the check of slip or code the devices may be handed out on it."""

CLOSE_AFTER_DAYS: Final = 7
"""A device handed out so many days ago, of which nothing was heard, counts as working."""

SOLVED_AFTER_DAYS: Final = 3
"""A fault solved by phone so many days ago, of which nothing was heard, counts as solved."""

_REPAIRED: Final = (
    "pass_test", "pass_test_for_return", "finish_counter_service", "supply_swap", "supply_swap_for_return",
    "supply_swap_on_site",
)  # fmt: skip
_NOT_REPAIRED: Final = ("give_back_unrepaired", "ready_declined", "return_declined")


def counted(rows: Sequence[Any]) -> list[Any]:
    """Return the facts that nobody took back, without those that only take back."""
    voided = {row.voids for row in rows if row.voids}
    return [row for row in rows if not row.voids and row.id not in voided]


def facts(session: Session, entity: type[Fact], column: Any, value: str) -> list[Any]:
    """Return the facts of one subject that count, oldest first."""
    return counted(session.scalars(select(entity).where(column == value).order_by(entity.n)).all())


# -- the pickup code -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CodeState:
    """The pickup code of an order: its verifier, when it was made (ms UTC, 0 for none), wrong tries since."""

    record_id: str = ""
    verifier: str = ""
    made_at: int = 0
    tries: int = 0

    @property
    def exists(self) -> bool:
        """Say whether there is a code that counts."""
        return bool(self.verifier)

    @property
    def blocked(self) -> bool:
        """Say whether there were too many wrong tries."""
        return self.tries >= MOST_TRIES

    @property
    def left(self) -> int:
        """Return how many tries are left."""
        return max(0, MOST_TRIES - self.tries)


def code_of(session: Session, order_id: str) -> CodeState:
    """Return the newest pickup code of an order and the wrong tries since it was made."""
    rows = facts(session, ItemRecord, ItemRecord.item_id, order_id)
    codes = [row for row in rows if row.kind == "pickup_code"]
    last = codes[-1] if codes else None
    tries = [row for row in rows if row.kind == "pickup_try" and (last is None or row.n > last.n)]
    if last is None:
        return CodeState(tries=len(tries))
    return CodeState(last.id, str(last.data.get("verifier", "")), last.at, len(tries))


# -- calls -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt to tell a merchant, with channel and result as codes of the catalogue."""

    id: str
    at: int
    by: str
    channel: str
    result: str
    words: str

    @property
    def reached(self) -> bool:
        """Say whether somebody heard it."""
        return self.result == "reached"


def calls_of(session: Session, order_id: str) -> list[Call]:
    """Return the attempts to tell the merchant of an order that devices are ready, oldest first."""
    return [
        Call(row.id, row.at, row.by, str(row.data.get("channel", "")), str(row.data.get("result", "")), row.words)
        for row in facts(session, ItemRecord, ItemRecord.item_id, order_id)
        if row.kind == "ready_call"
    ]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long an order has waited on the shelf, which step of the ladder is due, and whether anybody knows.

    `told` means that somebody was reached since the present step began; times in ms UTC.
    """

    ready_at: int
    step: int
    step_at: int
    calls: tuple[Call, ...]
    told: bool


def waiting_of(session: Session, order_id: str, ready: Sequence[RepairItem], now: int) -> Waiting:
    """Return how the ready devices of an order wait."""
    ready_at = min((ready_since(work_events(session, item.id)) or item.state_at for item in ready), default=0)
    step = uncollected_step(ready_at, now)
    step_at = ready_at + UNCOLLECTED_STEPS[step][0] * 86_400_000
    calls = tuple(calls_of(session, order_id))
    return Waiting(ready_at, step, step_at, calls, any(call.reached and call.at >= step_at for call in calls))


# -- loaners ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenLoan:
    """A loaner that is out; `due_at` is 0 where no day was agreed (ms UTC)."""

    event_id: str
    device_id: str
    serial_no: str
    model: str
    merchant_id: str
    order_id: str
    lent_at: int
    due_at: int
    words: str = ""


def open_loans(
    session: Session, *, order_id: str = "", merchant_id: str = "", device_id: str = "", language: str = "zh_CN"
) -> list[OpenLoan]:
    """Return the loaners that are out, of one order or merchant or all of them, first due first; `language` is that
    of the models' names."""
    rows = counted(session.scalars(select(LoanEvent).order_by(LoanEvent.n)).all())
    out: dict[str, LoanEvent] = {}
    for row in rows:
        if row.kind == "lend":
            out[row.device_id] = row
        elif row.kind == "take_back":
            out.pop(row.device_id, None)
    wanted = [
        row
        for row in out.values()
        if (not device_id or row.device_id == device_id)
        and (
            not (order_id or merchant_id)
            or (order_id and row.order_id == order_id)
            or (merchant_id and row.merchant_id == merchant_id)
        )
    ]
    found = [_loan(session, row, language) for row in wanted]
    return sorted(found, key=lambda loan: (loan.due_at or 2**62, loan.lent_at))


def _loan(session: Session, row: LoanEvent, language: str) -> OpenLoan:
    device = session.get(Device, row.device_id)
    return OpenLoan(
        row.id, row.device_id, device.serial_no if device else "", model_words(session, device, language),
        row.merchant_id, row.order_id, row.at, row.due_at, row.words,
    )  # fmt: skip


def reminders(session: Session, loan_event_id: str) -> list[ItemRecord]:
    """Return the reminders of one loan, oldest first."""
    return [row for row in facts(session, ItemRecord, ItemRecord.item_id, loan_event_id) if row.kind == "loan_reminder"]


# -- the device --------------------------------------------------------------------


def model_words(session: Session, device: Device | None, language: str = "zh_CN") -> str:
    """Return brand and model of a device in a language, or the words somebody typed for an unknown one."""
    if device is None:
        return ""
    model = session.get(DeviceModel, device.model_id) if device.model_id else None
    if model is None:
        return device.model_id or device.note
    return f"{model.brand if language == 'zh_CN' else model.brand_en or model.brand} {model.name}"


def tests_for(session: Session, device: Device | None) -> tuple[Word, ...]:
    """Return what is tried with the merchant: what the model can do, everything where it is unknown."""
    model = session.get(DeviceModel, device.model_id) if device and device.model_id else None
    if model is None:
        return catalogue.counter_tests(tuple(catalogue.words("capabilities")))
    return catalogue.counter_tests(tuple(model.capabilities))


def work_events(session: Session, item_id: str) -> list[WorkEvent]:
    """Return the moves of a device that count, oldest first."""
    return facts(session, WorkEvent, WorkEvent.item_id, item_id)


def was_repaired(events: Iterable[WorkEvent]) -> bool:
    """Tell whether a device goes back repaired; one that was declined or given back as it came does not."""
    moves = [event.move for event in events if event.move in (*_REPAIRED, *_NOT_REPAIRED)]
    return not moves or moves[-1] in _REPAIRED


def came_for_another(events: Iterable[WorkEvent]) -> bool:
    """Tell whether a device came onto its order to take another's place."""
    return any(event.move.startswith("supply_swap") for event in events)


def ready_since(events: Iterable[WorkEvent]) -> int:
    """Return since when (ms UTC) a device has been ready, 0 when it is not; telling the merchant resets nothing."""
    since = 0
    for event in events:
        ready = event.to_state == WorkState.READY_FOR_PICKUP
        since = (since or event.at) if ready else 0
    return since


# -- money -----------------------------------------------------------------------


def money_events(session: Session, item_id: str) -> list[MoneyEvent]:
    """Return the money facts of a device that count, oldest first."""
    return facts(session, MoneyEvent, MoneyEvent.item_id, item_id)


def charge_lines(events: Iterable[MoneyEvent], language: str = "zh_CN") -> list[ChargeLine]:
    """Return what is charged, line by line, as the paper shows it."""
    found: list[ChargeLine] = []
    for event in events:
        if event.kind == "charge":
            listed = event.data.get("lines") or []
            found += [_line(row, language) for row in listed]
            if not listed and event.fen:
                found.append(ChargeLine(kind=LineKind.LABOUR, unit_price_fen=event.fen, amount_fen=event.fen))
    return found


def _line(row: Mapping[str, Any], language: str) -> ChargeLine:
    kind = str(row.get("kind", "labour"))
    name = str(row.get("name", ""))
    return ChargeLine(
        kind=LineKind(kind) if kind in set(LineKind) else LineKind.LABOUR,
        name=str(row.get("name_en") or name) if language == "en" else name,
        part_no=str(row.get("code", "")) if kind == "part" else "",
        quantity=int(row.get("quantity", 1) or 1),
        unit_price_fen=int(row.get("unit_fen", 0) or 0),
        amount_fen=int(row.get("amount_fen", 0) or 0),
    )


# -- the order -------------------------------------------------------------------


def items_of(session: Session, order_id: str) -> Sequence[RepairItem]:
    """Return the devices of an order in the order of their lines."""
    return session.scalars(select(RepairItem).where(RepairItem.order_id == order_id).order_by(RepairItem.line_no)).all()


def ready_items(items: Iterable[RepairItem]) -> list[RepairItem]:
    """Return those of the devices that can be collected now."""
    return [item for item in items if item.work_state == WorkState.READY_FOR_PICKUP]


def orders_with_ready(session: Session, item_ids: Collection[str] = ()) -> list[RepairOrder]:
    """Return the orders that have a device ready for pickup at this site."""
    waiting = select(RepairItem.order_id).where(
        IN_HAND,
        RepairItem.work_state == WorkState.READY_FOR_PICKUP.value,
        RepairItem.at_site.not_in(other_sites(session, this_site(session))),
    )
    if item_ids:
        waiting = waiting.where(RepairItem.id.in_(item_ids))
    return list(session.scalars(select(RepairOrder).where(RepairOrder.id.in_(waiting)).order_by(RepairOrder.n)))
