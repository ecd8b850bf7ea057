"""What waits to be collected: the ready list, who is to be called, and one order with all its devices."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from deskapp.catalogue import Word, title
from deskapp.i18n import language
from deskapp.models import folding
from deskapp.models.device import Device
from deskapp.models.handing_out import (
    Call,
    OpenLoan,
    calls_of,
    came_for_another,
    charge_lines,
    code_of,
    items_of,
    money_events,
    open_loans,
    orders_with_ready,
    ready_items,
    tests_for,
    waiting_of,
    was_repaired,
    work_events,
)
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.old_parts import OldPart, old_parts
from deskapp.models.people import Shelf, Site, Staff
from deskapp.models.repair import AccessoryItem, RepairItem, RepairOrder
from deskapp.models.store import ReadSession
from deskapp.queries.naming import model_words
from deskapp.queries.receipts import ReceiptRow, receipts
from deskapp.rules.deadlines import UNCOLLECTED_STEPS, shop_day
from deskapp.rules.masking import mask
from deskapp.rules.papers import ChargeLine
from deskapp.rules.states import STATE_TITLES, WorkState


@dataclass(frozen=True, slots=True)
class ReadyRow:
    """One order with devices on the shelf; `step` is its place on the ladder of uncollected devices."""

    order_id: str
    order_no: str
    slip_no: str
    merchant: str
    person: str
    phone: str
    ready: int
    total: int
    ready_at: int
    waiting_days: int
    step: int
    step_at: int
    calls: int
    last_result: str
    last_call_at: int
    told: bool
    due_fen: int
    loaner: bool
    shelves: str
    labels: tuple[str, ...]

    @property
    def step_title(self) -> str:
        """What the ladder asks for now, as a message id."""
        return UNCOLLECTED_STEPS[self.step][1]

    @property
    def to_call(self) -> bool:
        """Say whether the merchant has to be told: nobody heard it since the present step of the ladder began."""
        return not self.told


def ready_list(session: ReadSession, now: int) -> list[ReadyRow]:
    """Return every order with a device ready for pickup, longest waiting first."""
    rows = [_ready_row(session, order, now) for order in orders_with_ready(session)]
    return sorted(rows, key=lambda row: (row.ready_at, row.order_no))


def call_list(session: ReadSession, now: int) -> list[ReadyRow]:
    """Return the orders whose merchant is to be called: never told, or a further step of the ladder has begun."""
    return [row for row in ready_list(session, now) if row.to_call]


def _ready_row(session: ReadSession, order: RepairOrder, now: int) -> ReadyRow:
    items = items_of(session, order.id)
    ready = ready_items(items)
    waits = waiting_of(session, order.id, ready, now)
    last = waits.calls[-1] if waits.calls else None
    shelves = {shelf.code for item in ready if (shelf := _shelf(session, item)) is not None}
    return ReadyRow(
        order_id=order.id,
        order_no=order.number,
        slip_no=order.slip_no,
        merchant=merchant_name(session, order.merchant_id),
        person=mask("name", order.deliverer_name) if order.deliverer_name else "",
        phone=mask("phone", order.deliverer_phone) if order.deliverer_phone else "",
        ready=len(ready),
        total=len(items),
        ready_at=waits.ready_at,
        waiting_days=max(0, (shop_day(now) - shop_day(waits.ready_at)).days),
        step=waits.step,
        step_at=waits.step_at,
        calls=len(waits.calls),
        last_result=last.result if last else "",
        last_call_at=last.at if last else 0,
        told=waits.told,
        due_fen=sum(item.due_fen for item in ready),
        loaner=bool(open_loans(session, order_id=order.id)),
        shelves=", ".join(sorted(shelves)),
        labels=tuple(item.label_no for item in ready),
    )


# -- the call --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call, with the number to dial: the purpose for which it was given."""

    name: str
    phone: str
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One logged attempt with the name of who made it."""

    call: Call
    who: str


@dataclass(frozen=True, slots=True)
class CallCard:
    """What somebody needs who calls a merchant about ready devices."""

    order_id: str
    order_no: str
    slip_no: str
    merchant: str
    contacts: tuple[Contact, ...]
    attempts: tuple[Attempt, ...]
    code_made_at: int
    site: str
    hours: str


def call_card(session: ReadSession, order_id: str) -> CallCard | None:
    """Return whom to call about an order, and how earlier attempts went, newest first."""
    order = session.get(RepairOrder, order_id)
    if order is None:
        return None
    people = [Contact(order.deliverer_name, order.deliverer_phone)] if order.deliverer_phone else []
    if order.merchant_id:
        known = session.scalars(
            select(MerchantContact)
            .where(MerchantContact.merchant_id == order.merchant_id, MerchantContact.active)
            .order_by(MerchantContact.main.desc(), MerchantContact.n)
        ).all()
        people += [
            Contact(row.name, row.phone, row.relation)
            for row in known
            if row.phone and all(row.phone != one.phone for one in people)
        ]
    site = session.get(Site, order.site_id)
    attempts = [Attempt(call, _staff_name(session, call.by)) for call in reversed(calls_of(session, order.id))]
    return CallCard(
        order.id, order.number, order.slip_no, merchant_name(session, order.merchant_id), tuple(people),
        tuple(attempts), code_of(session, order.id).made_at, (site.short_name or site.name) if site else "",
        site.hours if site else "",
    )  # fmt: skip


# -- the order at the counter ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeptAccessory:
    """A loose thing that was handed in and has to go back."""

    id: str
    kind: str
    label_no: str
    note: str = ""

    def title(self) -> str:
        """Return its words in the window's language."""
        return title("accessory_types", self.kind)


@dataclass(frozen=True, slots=True)
class PickupDevice:
    """One device of the order, whether it can go or not; amounts in fen."""

    item_id: str
    label_no: str
    serial_no: str
    model: str
    terminal_no: str
    fault: str
    state: WorkState
    repaired: bool
    stands_in: bool
    """It is the unit that takes the place of the merchant's own."""

    shelf: str
    charged_fen: int
    reduced_fen: int
    due_fen: int
    lines: tuple[ChargeLine, ...]
    uncharged: bool
    tests: tuple[Word, ...]
    accessories: tuple[KeptAccessory, ...]
    receipt_no: str
    old_parts: tuple[OldPart, ...] = ()
    """Old parts to answer for as it goes: those promised to the merchant, and those nobody has said anything of."""

    @property
    def ready(self) -> bool:
        """Say whether it can be collected now."""
        return self.state is WorkState.READY_FOR_PICKUP

    @property
    def state_title(self) -> str:
        """The state as a message id."""
        return STATE_TITLES[self.state]


@dataclass(frozen=True, slots=True)
class PickupCard:
    """Everything the counter needs to hand out the devices of one order."""

    order_id: str
    order_no: str
    slip_no: str
    slip_blocked: bool
    merchant: str
    deliverer: str
    phone: str
    has_phone: bool
    document_known: bool
    code_made_at: int
    tries_left: int
    blocked: bool
    devices: tuple[PickupDevice, ...]
    loaners: tuple[OpenLoan, ...]
    calls: tuple[Call, ...]
    receipts: tuple[ReceiptRow, ...]
    opened_at: int

    @property
    def ready(self) -> tuple[PickupDevice, ...]:
        """The devices that can go now."""
        return tuple(device for device in self.devices if device.ready)

    @property
    def due_fen(self) -> int:
        """What is owed for the devices that can go now, in fen."""
        return sum(device.due_fen for device in self.ready)


def pickup_order(
    session: ReadSession, *, order_id: str = "", slip_no: str = "", item_id: str = ""
) -> PickupCard | None:
    """Return the order to hand out from, named by its id, its slip or one of its devices; None when unknown."""
    if item_id and not order_id:
        order_id = session.scalar(select(RepairItem.order_id).where(RepairItem.id == item_id)) or ""
    if slip_no and not order_id:
        order_id = session.scalar(select(RepairOrder.id).where(RepairOrder.slip_no == slip_no)) or ""
    order = session.get(RepairOrder, order_id) if order_id else None
    if order is None:
        return None
    code = code_of(session, order.id)
    return PickupCard(
        order_id=order.id,
        order_no=order.number,
        slip_no=order.slip_no,
        slip_blocked=order.slip_blocked,
        merchant=merchant_name(session, order.merchant_id),
        deliverer=order.deliverer_name,
        phone=mask("phone", order.deliverer_phone) if order.deliverer_phone else "",
        has_phone=bool(order.deliverer_phone),
        document_known=bool(order.deliverer_id_last4),
        code_made_at=code.made_at,
        tries_left=code.left,
        blocked=code.blocked,
        devices=tuple(_device(session, order, item) for item in items_of(session, order.id)),
        loaners=tuple(_loaners(session, order)),
        calls=tuple(calls_of(session, order.id)),
        receipts=tuple(receipts(session, order.id)),
        opened_at=order.opened_at,
    )


def _device(session: ReadSession, order: RepairOrder, item: RepairItem) -> PickupDevice:
    device = session.get(Device, item.device_id)
    events = money_events(session, item.id)
    view = folding.money_of(session, item.id)
    shelf = _shelf(session, item)
    kept = session.scalars(
        select(AccessoryItem)
        .where(AccessoryItem.item_id == item.id, AccessoryItem.returned_at == 0, AccessoryItem.kind != "")
        .order_by(AccessoryItem.n)
    ).all()
    return PickupDevice(
        item_id=item.id,
        label_no=item.label_no,
        serial_no=device.serial_no if device else "",
        model=model_words(session, device),
        terminal_no=item.terminal_no,
        fault=" ".join(part for part in (title("symptoms", item.symptom_code) if item.symptom_code else "", item.words)
                       if part),
        state=WorkState(item.work_state),
        repaired=was_repaired(work_events(session, item.id)),
        stands_in=bool(item.previous_item_id) and came_for_another(work_events(session, item.id)),
        shelf=shelf.code if shelf else "",
        charged_fen=view.charged_fen,
        reduced_fen=view.discount_fen + view.waived_fen,
        due_fen=view.due_fen,
        lines=tuple(charge_lines(events, language())),
        uncharged=bool(view.approved_fen) and not any(event.kind == "charge" for event in events),
        tests=tests_for(session, device),
        accessories=tuple(KeptAccessory(row.id, row.kind, row.label_no, row.note) for row in kept),
        receipt_no=item.receipt_no,
        old_parts=tuple(part for part in old_parts(session, order, item.id) if part.promised or part.unanswered),
    )  # fmt: skip


def _loaners(session: ReadSession, order: RepairOrder) -> list[OpenLoan]:
    return open_loans(session, order_id=order.id, merchant_id=order.merchant_id, language=language())


def merchant_name(session: ReadSession, merchant_id: str) -> str:
    """Return a merchant's whole name, nothing while the merchant is unknown."""
    merchant = session.get(Merchant, merchant_id) if merchant_id else None
    return merchant.name if merchant else ""


def _staff_name(session: ReadSession, staff_id: str) -> str:
    person = session.get(Staff, staff_id) if staff_id else None
    return person.name if person else ""


def _shelf(session: ReadSession, item: RepairItem) -> Shelf | None:
    return session.get(Shelf, item.shelf_id) if item.shelf_id else None
