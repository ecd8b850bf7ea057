"""Everything that happened on one repair order: moves, hand-overs, records, money and pickups in one line of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from deskapp.models.base import Fact
from deskapp.models.repair import CustodyEvent, ItemRecord, MoneyEvent, Pickup, WorkEvent
from deskapp.models.store import ReadSession

SHOWN_RECORDS: Final = frozenset(
    {"condition", "tamper", "batch", "typed_serial", "no_photo", "label_scanned", "key_load", "labour", "note", "works",
     "ready_call", "pickup_code", "pickup_try", "pickup_release", "slip_lost", "slip_found", "papers_superseded",
     "corrected", "notice", "notice_proof", "long_store", "returned", "scrap",
     "batch_settled", "extra_waived"}
)  # fmt: skip
"""Records that say something a move beside them does not say already."""

_SECRET: Final = frozenset({"verifier"})


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """Something that happened to a device of the order, or to the order.

    `kind` is `move`, `hop`, `record`, `money` or `pickup`; `what` the code of it (of a hop: who had the device
    before, with `words` who has it after). `void` says that it was taken back later, `voiding` that it takes
    something back. `second` is the other person's name, `fen` an amount.
    """

    at: int
    by: str
    label_no: str
    kind: str
    what: str
    words: str = ""
    place: str = ""
    fen: int = 0
    number: str = ""
    second: str = ""
    void: bool = False
    voiding: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


def events_of(
    session: ReadSession, order_id: str, labels: Mapping[str, str], names: Mapping[str, str]
) -> tuple[OrderEvent, ...]:
    """Return what happened, oldest first; `labels` are the devices of the order by id, `names` the staff."""
    items = list(labels)
    moves = session.scalars(select(WorkEvent).where(WorkEvent.item_id.in_(items)).order_by(WorkEvent.n)).all()
    hops = session.scalars(select(CustodyEvent).where(CustodyEvent.item_id.in_(items)).order_by(CustodyEvent.n)).all()
    subjects = [order_id, *items]
    records = session.scalars(
        select(ItemRecord)
        .where(ItemRecord.item_id.in_(subjects), ItemRecord.kind.in_(SHOWN_RECORDS))
        .order_by(ItemRecord.n)
    ).all()
    money = session.scalars(select(MoneyEvent).where(MoneyEvent.order_id == order_id).order_by(MoneyEvent.n)).all()
    pickups = session.scalars(select(Pickup).where(Pickup.order_id == order_id).order_by(Pickup.n)).all()
    gone = {row.voids for rows in (moves, hops, records, money, pickups) for row in _facts(rows) if row.voids}
    found = [_move(row, labels, names, gone) for row in moves]
    found += [_hop(row, labels, names, gone) for row in hops]
    found += [_record(row, labels, names, gone) for row in records]
    found += [_money(row, labels, names, gone) for row in money]
    found += [_pickup(row, names, gone) for row in pickups]
    return tuple(sorted(found, key=lambda one: one.at))


def _facts(rows: Sequence[Any]) -> Sequence[Fact]:
    return rows


def _move(row: WorkEvent, labels: Mapping[str, str], names: Mapping[str, str], gone: set[str]) -> OrderEvent:
    return OrderEvent(
        row.at, names.get(row.by, ""), labels[row.item_id], "move", row.move, row.reason, row.to_state,
        second=names.get(row.second_by, ""), void=row.id in gone, voiding=bool(row.voids),
        data={name: row.data.get(name, "") for name in ("decline_reason", "action", "legal_basis")},
    )  # fmt: skip


def _hop(row: CustodyEvent, labels: Mapping[str, str], names: Mapping[str, str], gone: set[str]) -> OrderEvent:
    return OrderEvent(
        row.at, names.get(row.by, ""), labels[row.item_id], "hop", row.from_holder, row.to_holder, row.place,
        void=row.id in gone, voiding=bool(row.voids), data={"tamper": row.tamper_result},
    )  # fmt: skip


def _record(row: ItemRecord, labels: Mapping[str, str], names: Mapping[str, str], gone: set[str]) -> OrderEvent:
    told = {key: value for key, value in row.data.items() if key not in _SECRET}
    return OrderEvent(
        row.at, names.get(row.by, ""), labels.get(row.item_id, ""), "record", row.kind, row.words,
        void=row.id in gone, voiding=bool(row.voids), data=told,
    )  # fmt: skip


def _money(row: MoneyEvent, labels: Mapping[str, str], names: Mapping[str, str], gone: set[str]) -> OrderEvent:
    return OrderEvent(
        row.at, names.get(row.by, ""), labels.get(row.item_id, ""), "money", row.kind, row.reason, fen=row.fen,
        number=row.number, second=names.get(row.second_by, ""), void=row.id in gone, data={"method": row.method},
    )  # fmt: skip


def _pickup(row: Pickup, names: Mapping[str, str], gone: set[str]) -> OrderEvent:
    return OrderEvent(
        row.at, names.get(row.by, ""), "", "pickup", "pickup", row.reason, number=row.receipt_no,
        fen=int(row.data.get("total_fen", 0)), second=names.get(row.second_by, ""), void=row.id in gone,
        voiding=bool(row.voids), data={"proof": row.proof, "agent": row.collector_is_agent},
    )  # fmt: skip
