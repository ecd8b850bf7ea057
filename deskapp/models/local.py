"""What never leaves this computer: print jobs, counters, drafts, settings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from deskapp.models.base import Base


class StoreInfo(Base):
    """What this store is: store id, station id and number, site, schema, made when, practice or not."""

    __tablename__ = "store_info"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Counter(Base):
    """The last number used per letter; `day` never goes back even if the clock does."""

    __tablename__ = "counter"

    letter: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(default="")
    value: Mapped[int] = mapped_column(default=0)


class SettingRow(Base):
    """A setting of this computer that differs from its default, as JSON text."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Draft(Base):
    """A half-filled form, saved at every pause; card numbers are cut before it is stored."""

    __tablename__ = "draft"

    id: Mapped[str] = mapped_column(primary_key=True)
    page: Mapped[str] = mapped_column(index=True)
    staff_id: Mapped[str] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")
    form: Mapped[dict[str, Any]] = mapped_column(default=dict)
    saved_at: Mapped[int]


class PrintJob(Base):
    """One intended piece of paper. A retry keeps the row; a reprint is a new row that names the old.

    States: queued, sending, sent, printed; failed (no byte left), unknown (bytes left, no proof),
    held (the printer has it), cancelled.
    """

    __tablename__ = "print_job"
    __table_args__ = (Index("ix_print_job_state", "state", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str] = mapped_column(index=True)
    number: Mapped[str] = mapped_column(default="", index=True)
    card: Mapped[str]
    card_sha256: Mapped[str] = mapped_column(default="")
    copy_no: Mapped[int] = mapped_column(default=0)
    of_job: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="zh_CN")
    medium: Mapped[str] = mapped_column(default="")
    printer: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="queued")
    evidence: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[int]
    created_by: Mapped[str] = mapped_column(default="")
    state_at: Mapped[int] = mapped_column(default=0)
    resolved_by: Mapped[str] = mapped_column(default="")


class LookupUse(Base):
    """Who looked at an unmasked value of which record, and why."""

    __tablename__ = "lookup_use"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[int]
    staff_id: Mapped[str]
    record_id: Mapped[str]
    reason: Mapped[str]
