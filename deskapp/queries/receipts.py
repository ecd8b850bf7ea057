"""The receipts of an order: of pickups, payments and refunds, and those that put an amount right."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from deskapp.models.handing_out import counted
from deskapp.models.local import PrintJob
from deskapp.models.repair import MoneyEvent, Pickup
from deskapp.models.store import ReadSession
from deskapp.models.superseded import superseded
from deskapp.rules.paper_store import NO_LONGER_VALID


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt of the order: pickup, payment, refund or correction; `void` when what it tells was taken back.

    `replaced_by` is the number of the receipt with the right amount.
    """

    number: str
    at: int
    kind: str
    fen: int
    devices: int
    void: bool
    job_id: str
    replaced_by: str = ""


def receipts(session: ReadSession, order_id: str) -> list[ReceiptRow]:
    """Return the receipts of an order, newest first: of pickups, payments, refunds and corrected amounts."""
    pickups = session.scalars(select(Pickup).where(Pickup.order_id == order_id).order_by(Pickup.n)).all()
    valid = {row.id for row in counted(pickups)}
    found: dict[str, ReceiptRow] = {}
    for row in pickups:
        if not row.voids:
            found[row.receipt_no] = ReceiptRow(
                row.receipt_no, row.at, "pickup", int(row.data.get("total_fen", 0)), len(row.item_ids),
                row.id not in valid, _job(session, row.receipt_no),
            )  # fmt: skip
    money = session.scalars(
        select(MoneyEvent).where(MoneyEvent.order_id == order_id, MoneyEvent.number != "").order_by(MoneyEvent.n)
    ).all()
    gone = {row.voids for row in money if row.voids}
    sums: dict[str, list[MoneyEvent]] = {}
    for event in money:
        if event.kind in ("payment", "refund") and event.number not in found:
            sums.setdefault(event.number, []).append(event)
    for number, rows in sums.items():
        found[number] = ReceiptRow(
            number, rows[0].at, rows[0].kind, sum(row.fen for row in rows), len({row.item_id for row in rows}),
            all(row.id in gone for row in rows), _job(session, number),
        )  # fmt: skip
    for event in money:
        told = event.data.get("receipt") if event.kind == "charge" else None
        if told:
            found[event.number] = ReceiptRow(
                event.number, event.at, "correction", int(told["total_fen"]), int(told["items"]), False,
                _job(session, event.number),
            )  # fmt: skip
    marks = superseded(session, found)
    shown = [_marked(receipt, marks.get(receipt.number, "")) for receipt in found.values()]
    return sorted(shown, key=lambda receipt: receipt.at, reverse=True)


def _marked(row: ReceiptRow, mark: str) -> ReceiptRow:
    if row.kind == "correction" and mark == NO_LONGER_VALID:
        return replace(row, void=True)
    return replace(row, replaced_by=mark) if mark != NO_LONGER_VALID else row


def _job(session: ReadSession, number: str) -> str:
    query = select(PrintJob.id).where(PrintJob.number == number, PrintJob.of_job == "").limit(1)
    return session.scalar(query) or ""
