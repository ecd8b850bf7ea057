"""The labels of a check-in that was just saved: which came out, which stick where they belong, what is still to do."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from deskapp.models.device import Device, DeviceModel
from deskapp.models.local import PrintJob
from deskapp.models.merchant import Merchant
from deskapp.models.repair import AccessoryItem, ItemRecord, RepairItem, RepairOrder, ReviewCard
from deskapp.models.store import ReadSession
from deskapp.queries.naming import title_of
from deskapp.rules.masking import mask
from deskapp.rules.states import WorkState


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label of a check-in: what it sticks on, whether it came out, whether it was scanned back.

    `print_state` is the state of its newest print job; `needed` labels (those of devices) have to be
    scanned back, those of accessories may be.
    """

    label_no: str
    item_id: str
    line_no: int
    kind: str
    what: str
    serial_no: str
    print_state: str
    job_id: str
    scanned: bool
    needed: bool
    quarantined: bool = False


@dataclass(frozen=True, slots=True)
class AfterCheckIn:
    """The check-in that was just saved, while its labels are being stuck on and scanned back."""

    order_id: str
    order_no: str
    slip_no: str
    slip_state: str
    merchant: str
    deliverer: str
    rows: tuple[LabelRow, ...]
    todo: tuple[str, ...]

    @property
    def missing(self) -> tuple[LabelRow, ...]:
        """The labels that still have to be scanned back."""
        return tuple(row for row in self.rows if row.needed and not row.scanned)


def order_after_check_in(session: ReadSession, order_id: str) -> AfterCheckIn | None:
    """Return how far the labels of an order are; None for an order that is not known."""
    order = session.get(RepairOrder, order_id)
    if order is None:
        return None
    items = session.scalars(
        select(RepairItem).where(RepairItem.order_id == order_id).order_by(RepairItem.line_no)
    ).all()
    ids = [item.id for item in items]
    accessories = session.scalars(
        select(AccessoryItem).where(AccessoryItem.item_id.in_(ids)).order_by(AccessoryItem.n)
    ).all()
    jobs = _jobs(session, [*ids, *(one.id for one in accessories), order_id])
    scanned = _scanned(session, ids)
    rows: list[LabelRow] = []
    for item in items:
        rows.append(_device_row(session, item, jobs, scanned))
        rows += [
            _accessory_row(one, item, jobs, scanned) for one in accessories if one.item_id == item.id and one.label_no
        ]
    owner = session.get(Merchant, order.merchant_id) if order.merchant_id else None
    return AfterCheckIn(
        order.id, order.number, order.slip_no, jobs.get(order_id, ("", ""))[0],
        (owner.short_name or owner.name) if owner else "",
        mask("name", order.deliverer_name) if order.deliverer_name else "", tuple(rows),
        _todo(session, [*ids, order_id]),
    )  # fmt: skip


def _jobs(session: ReadSession, subjects: list[str]) -> dict[str, tuple[str, str]]:
    rows = session.scalars(
        select(PrintJob).where(PrintJob.subject_id.in_(subjects)).order_by(PrintJob.created_at, PrintJob.copy_no)
    )
    return {row.subject_id: (row.state, row.id) for row in rows}


def _scanned(session: ReadSession, item_ids: list[str]) -> set[str]:
    rows = session.scalars(
        select(ItemRecord).where(ItemRecord.item_id.in_(item_ids), ItemRecord.kind == "label_scanned")
    )
    return {str(row.data.get("label", "")) for row in rows}


def _device_row(
    session: ReadSession, item: RepairItem, jobs: dict[str, tuple[str, str]], scanned: set[str]
) -> LabelRow:
    unit = session.get(Device, item.device_id)
    model = session.get(DeviceModel, unit.model_id) if unit and unit.model_id else None
    what = title_of(model) or (unit.note if unit else "")
    state, job_id = jobs.get(item.id, ("", ""))
    return LabelRow(
        item.label_no, item.id, item.line_no, "device", what, unit.serial_no if unit else "", state, job_id,
        item.label_no in scanned, True, item.work_state == WorkState.QUARANTINED,
    )  # fmt: skip


def _accessory_row(
    one: AccessoryItem, item: RepairItem, jobs: dict[str, tuple[str, str]], scanned: set[str]
) -> LabelRow:
    state, job_id = jobs.get(one.id, ("", ""))
    return LabelRow(
        one.label_no, item.id, item.line_no, "accessory", one.kind, one.serial_no, state, job_id,
        one.label_no in scanned, False,
    )  # fmt: skip


def _todo(session: ReadSession, subjects: list[str]) -> tuple[str, ...]:
    rows = session.scalars(
        select(ReviewCard)
        .where(ReviewCard.subject_id.in_(subjects), ReviewCard.kind == "todo", ReviewCard.settled_at == 0)
        .order_by(ReviewCard.n)
    )
    return tuple(dict.fromkeys(str(row.data.get("key", "")) for row in rows))
