"""Repair orders, the devices on them, and everything that happens to a device while we hold it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from deskapp.models.base import Base, Fact, Synced, field

IN_HAND = text("repair_item.work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up')")
"""Narrows a question to devices that are not done with, in the words of the index of those: without them a list of
some states reads every device there ever was."""


class RepairOrder(Synced, Base):
    """One visit of a deliverer with one or more devices of a merchant."""

    __tablename__ = "repair_order"

    number: Mapped[str] = field("head", index=True)
    slip_no: Mapped[str] = field("head", default="", index=True)
    slip_token: Mapped[str] = field("head", default="")
    ticket_id: Mapped[str] = field("head", default="", index=True)
    site_id: Mapped[str] = field("head", default="")
    merchant_id: Mapped[str] = field("who", default="", index=True)
    opened_at: Mapped[int] = field("head", index=True)
    opened_by: Mapped[str] = field("head", default="")
    deliverer_name: Mapped[str] = field("deliverer", personal=True, default="")
    deliverer_phone: Mapped[str] = field("deliverer", personal=True, default="", index=True)
    deliverer_id_type: Mapped[str] = field("deliverer", default="")
    deliverer_id_last4: Mapped[str] = field("deliverer", personal=True, default="")
    estimate_at: Mapped[int] = field("terms", default=0)
    ceiling_fen: Mapped[int] = field("terms", default=0)
    vendor_consent: Mapped[bool] = field("terms", default=False)
    old_parts_back: Mapped[bool] = field("terms", default=False)
    slip_blocked: Mapped[bool] = field("slip", default=False)
    state: Mapped[str] = field(derived=True, default="open")
    closed_at: Mapped[int] = field(derived=True, default=0)


class RepairItem(Synced, Base):
    """One physical device on one order, with three independent axes: work, custody, money. All three are folds."""

    __tablename__ = "repair_item"
    __table_args__ = (
        Index(
            "ix_repair_item_held",
            "work_state",
            "state_at",
            "done_due",
            "technician_id",
            "at_site",
            sqlite_where=text("work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up')"),
        ),
    )

    order_id: Mapped[str] = field("head", index=True)
    line_no: Mapped[int] = field("head", default=1)
    device_id: Mapped[str] = field("head", index=True)
    label_no: Mapped[str] = field("head", index=True)
    terminal_no: Mapped[str] = field("head", default="")
    symptom_code: Mapped[str] = field("fault", default="")
    words: Mapped[str] = field("fault", default="")
    previous_item_id: Mapped[str] = field("fault", default="", index=True)
    shelf_id: Mapped[str] = field("place", default="")
    technician_id: Mapped[str] = field("bench", default="")
    priority: Mapped[int] = field("urgency", default=3)
    work_state: Mapped[str] = field(derived=True, default="registered")
    resumes: Mapped[str] = field(derived=True, default="")
    state_at: Mapped[int] = field(derived=True, default=0)
    holder: Mapped[str] = field(derived=True, default="")
    money_state: Mapped[str] = field(derived=True, default="none")
    due_fen: Mapped[int] = field(derived=True, default=0)
    paid_fen: Mapped[int] = field(derived=True, default=0)
    done_due: Mapped[int] = field(derived=True, default=0)
    receipt_no: Mapped[str] = field(derived=True, default="", index=True)
    at_site: Mapped[str] = field(derived=True, default="")
    """The site that took the device in last: where it was received, else where it was checked in."""


class AccessoryItem(Synced, Base):
    """A loose thing handed in with a device, with its own label. One that was struck out has no kind and no label."""

    __tablename__ = "accessory_item"

    item_id: Mapped[str] = field(index=True)
    kind: Mapped[str] = field()
    label_no: Mapped[str] = field(default="", index=True)
    serial_no: Mapped[str] = field(default="")
    note: Mapped[str] = field(default="")
    returned_at: Mapped[int] = field(derived=True, default=0)


class WorkEvent(Fact, Base):
    """A move of the work axis, with the record that the move demands."""

    __tablename__ = "work_event"

    item_id: Mapped[str] = field(index=True)
    move: Mapped[str] = field()
    to_state: Mapped[str] = field()
    resumes: Mapped[str] = field(default="")
    second_by: Mapped[str] = field(default="")
    reason: Mapped[str] = field(default="")
    data: Mapped[dict[str, Any]] = field(default=dict)


class ItemRecord(Fact, Base):
    """Something found, decided or done that moves nothing by itself: diagnosis, test, call, condition, note."""

    __tablename__ = "item_record"

    item_id: Mapped[str] = field(index=True)
    kind: Mapped[str] = field(index=True)
    words: Mapped[str] = field(default="")
    data: Mapped[dict[str, Any]] = field(default=dict)


class CustodyEvent(Fact, Base):
    """A hand-over of a device from one holder to another."""

    __tablename__ = "custody_event"

    item_id: Mapped[str] = field(index=True)
    from_holder: Mapped[str] = field()
    to_holder: Mapped[str] = field()
    place: Mapped[str] = field(default="")
    seal_in: Mapped[str] = field(default="")
    seal_out: Mapped[str] = field(default="")
    tamper_result: Mapped[str] = field(default="")
    giver: Mapped[str] = field(personal=True, default="")
    taker: Mapped[str] = field(personal=True, default="")
    prev_hash: Mapped[str] = field(default="")


class MoneyEvent(Fact, Base):
    """A quote, charge, approval, payment, waiver, discount or refund; amounts in fen, never negative."""

    __tablename__ = "money_event"

    item_id: Mapped[str] = field(index=True)
    order_id: Mapped[str] = field(index=True)
    kind: Mapped[str] = field(index=True)
    fen: Mapped[int] = field(default=0)
    method: Mapped[str] = field(default="")
    number: Mapped[str] = field(default="", index=True)
    second_by: Mapped[str] = field(default="")
    reason: Mapped[str] = field(default="")
    data: Mapped[dict[str, Any]] = field(default=dict)


class Pickup(Fact, Base):
    """One release of devices to a collector, with its receipt number."""

    __tablename__ = "pickup"

    order_id: Mapped[str] = field(index=True)
    receipt_no: Mapped[str] = field(index=True)
    item_ids: Mapped[list[str]] = field(default=list)
    collector_name: Mapped[str] = field(personal=True, default="")
    collector_is_agent: Mapped[bool] = field(default=False)
    id_type: Mapped[str] = field(default="")
    id_last4: Mapped[str] = field(personal=True, default="")
    proof: Mapped[str] = field(default="")
    second_by: Mapped[str] = field(default="")
    reason: Mapped[str] = field(default="")
    data: Mapped[dict[str, Any]] = field(default=dict)


class PrintFact(Fact, Base):
    """A paper came out: kind, number, which copy, why again."""

    __tablename__ = "print_fact"

    subject_kind: Mapped[str] = field()
    subject_id: Mapped[str] = field(index=True)
    kind: Mapped[str] = field()
    number: Mapped[str] = field(default="", index=True)
    copy_no: Mapped[int] = field(default=0)
    reason: Mapped[str] = field(default="")


class ReviewCard(Synced, Base):
    """Something a person has to look at and settle: a deferred gate, a misfit, a solo test, a twin."""

    __tablename__ = "review_card"

    kind: Mapped[str] = field()
    subject_kind: Mapped[str] = field()
    subject_id: Mapped[str] = field(index=True)
    words: Mapped[str] = field(default="")
    data: Mapped[dict[str, Any]] = field(default=dict)
    raised_at: Mapped[int] = field()
    settled_at: Mapped[int] = field("settled", default=0)
    settled_by: Mapped[str] = field("settled", default="")
    settled_how: Mapped[str] = field("settled", default="")
