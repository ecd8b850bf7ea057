"""One repair order whole: whose, which devices, where each is, what is owed, what waits, papers, files, history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from deskapp.models import bench, folding
from deskapp.models.device import Device, DeviceModel
from deskapp.models.handing_out import OpenLoan, open_loans
from deskapp.models.merchant import Merchant
from deskapp.models.people import Shelf, Site, Staff
from deskapp.models.repair import AccessoryItem, Pickup, RepairItem, RepairOrder, ReviewCard
from deskapp.models.stock import Attachment
from deskapp.models.store import ReadSession
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.bench import site_id_of
from deskapp.queries.bench_job import legal_moves
from deskapp.queries.naming import title_of
from deskapp.queries.order_events import OrderEvent, events_of
from deskapp.queries.printing import JobCard, papers_of
from deskapp.queries.receipts import ReceiptRow, receipts
from deskapp.queries.today import card_title
from deskapp.rules.masking import mask


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A device on the order; amounts in fen, instants ms UTC.

    `over_fen` was paid too much. `legal` names the moves the person who looks may try. `accessories` are
    what came with it, as codes, with whether each is back with the merchant.
    """

    id: str
    line_no: int
    label_no: str
    device_id: str
    model: str
    serial_no: str
    symptom_code: str
    words: str
    state: str
    state_at: int
    holder: str
    shelf: str
    due_fen: int
    paid_fen: int
    receipt_no: str
    money_state: str = "none"
    charged_fen: int = 0
    over_fen: int = 0
    legal: frozenset[str] = frozenset()
    accessories: tuple[tuple[str, bool], ...] = ()
    do_not_wipe: bool = False


@dataclass(frozen=True, slots=True)
class OrderTodo:
    """A card that waits for a person; `title` is a message id, `about` the label of the device."""

    card_id: str
    kind: str
    key: str
    title: str
    words: str
    about: str
    raised_at: int


@dataclass(frozen=True, slots=True)
class OrderFile:
    """A photo, signature or scan of the order or of one of its devices; the bytes are in the blob store.

    `thumbnail` is a small picture of it as a text (`rules.small_pictures`), empty where there is none.
    """

    id: str
    sha256: str
    mime: str
    kind: str
    caption: str
    about: str
    by: str
    at: int
    thumbnail: str = ""


@dataclass(frozen=True, slots=True)
class OrderCard:
    """An order with everything its page shows; the deliverer is masked."""

    id: str
    number: str
    slip_no: str
    slip_blocked: bool
    ticket_id: str
    ticket_no: str
    merchant_id: str
    merchant: str
    deliverer: str
    phone: str
    deliverer_known: bool
    opened_at: int
    opened_by: str
    estimate_at: int
    ceiling_fen: int
    closed_at: int
    lines: tuple[OrderLine, ...]
    events: tuple[OrderEvent, ...]
    papers: tuple[JobCard, ...]
    receipts: tuple[ReceiptRow, ...]
    todos: tuple[OrderTodo, ...]
    files: tuple[OrderFile, ...]
    goes_back: bool = False
    """What is done here travels to the outlet that took it in."""

    loaners: tuple[OpenLoan, ...] = ()
    """What is lent for it and still out."""

    @property
    def due_fen(self) -> int:
        """What is still to be paid for all devices."""
        return sum(line.due_fen for line in self.lines)


def order_of(session: ReadSession, record_id: str, roles: Iterable[str] = ()) -> OrderCard | None:
    """Return the order with an id, or the one a device or accessory with this id is on; None for none of them.

    `roles` are those of the person who looks: they decide which moves are offered.
    """
    row = session.get(RepairOrder, record_id)
    if row is None:
        loose = session.get(AccessoryItem, record_id)
        item = session.get(RepairItem, loose.item_id if loose else record_id)
        row = session.get(RepairOrder, item.order_id) if item else None
    if row is None:
        return None
    merchant = session.get(Merchant, row.merchant_id) if row.merchant_id else None
    ticket = session.get(ServiceTicket, row.ticket_id) if row.ticket_id else None
    names = {person.id: person.name for person in session.scalars(select(Staff))}
    lines = _lines(session, row, tuple(roles))
    labels = {line.id: line.label_no for line in lines}
    kept = {one.id: one.item_id for one in _loose(session, labels)}
    pickups = session.scalars(select(Pickup.id).where(Pickup.order_id == row.id)).all()
    return OrderCard(
        row.id, row.number, row.slip_no, row.slip_blocked, row.ticket_id, ticket.number if ticket else "",
        row.merchant_id, (merchant.short_name or merchant.name) if merchant else "",
        mask("name", row.deliverer_name) if row.deliverer_name else "",
        mask("phone", row.deliverer_phone) if row.deliverer_phone else "", bool(row.deliverer_id_last4),
        row.opened_at, names.get(row.opened_by, ""), row.estimate_at, row.ceiling_fen, row.closed_at, lines,
        events_of(session, row.id, labels, names), tuple(papers_of(session, row.id, *labels, *kept, *pickups)),
        tuple(receipts(session, row.id)), _todos(session, row.id, labels, kept),
        order_files(session, (row.id, *labels, *pickups), labels, names),
        bench.goes_back(session, session.get_one(Site, site_id_of(session)), row),
        tuple(open_loans(session, order_id=row.id)),
    )  # fmt: skip


def _loose(session: ReadSession, labels: Mapping[str, str]) -> Sequence[AccessoryItem]:
    question = select(AccessoryItem).where(AccessoryItem.item_id.in_(labels)).order_by(AccessoryItem.n)
    return session.scalars(question).all()


def _lines(session: ReadSession, order: RepairOrder, roles: tuple[str, ...]) -> tuple[OrderLine, ...]:
    site = session.get(Site, site_id_of(session))  # what can be done is what can be done at this desk
    rows = session.execute(
        select(RepairItem, Device, DeviceModel, Shelf.code)
        .join(Device, Device.id == RepairItem.device_id)
        .join(DeviceModel, DeviceModel.id == Device.model_id, isouter=True)
        .join(Shelf, Shelf.id == RepairItem.shelf_id, isouter=True)
        .where(RepairItem.order_id == order.id)
        .order_by(RepairItem.line_no)
    ).all()
    kept: dict[str, list[tuple[str, bool]]] = {}
    for one in _loose(session, {item.id: "" for item, *_rest in rows}):
        if not one.kind:
            continue  # struck out: it never came
        kept.setdefault(one.item_id, []).append((one.kind, bool(one.returned_at)))
    lines = []
    for item, device, model, shelf in rows:
        money = folding.money_of(session, item.id)
        lines.append(
            OrderLine(
                item.id, item.line_no, item.label_no, device.id,
                title_of(model) or device.note, device.serial_no, item.symptom_code,
                item.words, item.work_state, item.state_at, item.holder, shelf or "", money.due_fen, money.paid_fen,
                item.receipt_no, money.state.value, money.charged_fen, money.over_fen,
                legal_moves(item, site, roles) if site else frozenset(), tuple(kept.get(item.id, ())),
                device.do_not_wipe,
            )
        )  # fmt: skip
    return tuple(lines)


def _todos(
    session: ReadSession, order_id: str, labels: Mapping[str, str], loose: Mapping[str, str]
) -> tuple[OrderTodo, ...]:
    subjects = (order_id, *labels, *loose)
    rows = session.scalars(
        select(ReviewCard).where(ReviewCard.subject_id.in_(subjects), ReviewCard.settled_at == 0).order_by(ReviewCard.n)
    )
    return tuple(
        OrderTodo(
            row.id, row.kind, str(row.data.get("key", "")), card_title(row.kind, row.data), row.words,
            labels.get(row.subject_id) or labels.get(loose.get(row.subject_id, ""), ""), row.raised_at,
        )
        for row in rows
    )  # fmt: skip


def order_files(
    session: ReadSession, subjects: Sequence[str], labels: Mapping[str, str], names: Mapping[str, str]
) -> tuple[OrderFile, ...]:
    """Return the files of some records; `labels` says of which device a record is, `names` who a person is."""
    named = select(Attachment).where(Attachment.subject_id.in_(subjects), Attachment.sha256 != "")
    rows = session.scalars(named.order_by(Attachment.n)).all()
    gone = {row.voids for row in rows if row.voids}
    return tuple(
        OrderFile(
            row.id, row.sha256, row.mime, row.kind, row.caption, labels.get(row.subject_id, ""),
            names.get(row.by, ""), row.at, row.thumbnail,
        )
        for row in rows
        if not row.voids and row.id not in gone
    )  # fmt: skip
