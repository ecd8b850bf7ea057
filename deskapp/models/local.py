"""What never leaves this computer: print jobs, counters, drafts, settings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Index, event, text
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

    `batch_id` and `batch_seq` (from 1) hold papers together that were asked for at once. `window_id`
    names the few jobs that were claimed for one connection in one commit; `counter_before` and
    `counter_after` are the printer's own count of papers around that window, None where it has none.
    `pieces` is how many separate papers the job puts out, `start_cell` the first cell used of a sheet
    (from 0), `payload_sha256` the digest of the bytes that were sent.
    """

    __tablename__ = "print_job"
    __table_args__ = (
        Index("ix_print_job_state", "state", "created_at"),
        Index("ix_print_job_batch", "batch_id", "batch_seq", sqlite_where=text("batch_id <> ''")),
        Index("ix_print_job_window", "window_id", sqlite_where=text("window_id <> ''")),
    )

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
    batch_id: Mapped[str] = mapped_column(default="")
    batch_seq: Mapped[int] = mapped_column(default=0)
    window_id: Mapped[str] = mapped_column(default="")
    counter_before: Mapped[int | None] = mapped_column(default=None)
    counter_after: Mapped[int | None] = mapped_column(default=None)
    template_id: Mapped[str] = mapped_column(default="")
    template_version: Mapped[int] = mapped_column(default=0)
    payload_sha256: Mapped[str] = mapped_column(default="")
    pieces: Mapped[int] = mapped_column(default=1)
    start_cell: Mapped[int] = mapped_column(default=0)


class PrintEvent(Base):
    """One step in the life of a print job: added once, never changed (the database itself refuses).

    `state` is the state the step led to; `evidence` is what proved it (`print.printers.Evidence`, with a
    detail after a colon where there is one); `note` is a message id or a person's own words; `by` is the
    person, empty for the program.
    """

    __tablename__ = "print_event"
    __table_args__ = (Index("ix_print_event_job", "job_id", "n"),)

    n: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str]
    at: Mapped[int] = mapped_column(index=True)
    state: Mapped[str]
    printer: Mapped[str] = mapped_column(default="")
    evidence: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    by: Mapped[str] = mapped_column(default="")


_KEEP_EVENTS = """CREATE TRIGGER print_event_stays BEFORE UPDATE ON print_event
BEGIN SELECT RAISE(ABORT, 'a print event is never changed'); END"""


@event.listens_for(PrintEvent.__table__, "after_create")
def _keep_events(_table: object, connection: Connection, **_options: object) -> None:
    connection.exec_driver_sql(_KEEP_EVENTS)


class PrinterProfile(Base):
    """What this computer knows about one printer, by its address (`tcp://host:9100`, `usb:/dev/usb/lp0`, ...).

    `language` is how it is spoken to (zpl, tspl, escpos; empty for printers that take pages),
    `dots_per_mm` and `head_dots` are its head, `columns` says that it knows pictures only column by column.
    `paused` stops its queue. `shared`: other computers print on it too, so that its own count proves nothing
    about our papers. `fallback` is the printer that takes over by itself when this one cannot be reached and
    no byte has left. `learned` is what a test run found out (`rules.printer_profiles.Capabilities`), at
    `learned_at`; 0 = never tried. `native_text` is always false (docs/decisions/0011).
    """

    __tablename__ = "printer_profile"

    address: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    dots_per_mm: Mapped[int] = mapped_column(default=8)
    head_dots: Mapped[int] = mapped_column(default=0)
    native_text: Mapped[bool] = mapped_column(default=False)
    columns: Mapped[bool] = mapped_column(default=False)
    cut: Mapped[bool] = mapped_column(default=True)
    drawer: Mapped[bool] = mapped_column(default=False)
    paused: Mapped[bool] = mapped_column(default=False)
    shared: Mapped[bool] = mapped_column(default=False)
    fallback: Mapped[str] = mapped_column(default="")
    learned: Mapped[dict[str, Any]] = mapped_column(default=dict)
    learned_at: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[int] = mapped_column(default=0)
    changed_by: Mapped[str] = mapped_column(default="")


class MediumProfile(Base):
    """How one printer has to be set for one medium: found by calibration, kept on this computer.

    Lengths are micrometres, scales millionths (1,000,000 = true size); `darkness` is per cent of what the
    printer can, `speed` inches a second, None = as the printer is set. `roll_pieces` is how many papers a new roll
    holds (0 = not followed) and `roll_at` when the roll was put in.
    """

    __tablename__ = "medium_profile"

    address: Mapped[str] = mapped_column(primary_key=True)
    medium: Mapped[str] = mapped_column(primary_key=True)
    feed: Mapped[str] = mapped_column(default="gap")
    gap_um: Mapped[int] = mapped_column(default=2000)
    darkness: Mapped[int | None] = mapped_column(default=None)
    speed: Mapped[int | None] = mapped_column(default=None)
    rotation: Mapped[int] = mapped_column(default=0)
    offset_x_um: Mapped[int] = mapped_column(default=0)
    offset_y_um: Mapped[int] = mapped_column(default=0)
    scale_x_ppm: Mapped[int] = mapped_column(default=1_000_000)
    scale_y_ppm: Mapped[int] = mapped_column(default=1_000_000)
    smallest_module: Mapped[int] = mapped_column(default=0)
    roll_pieces: Mapped[int] = mapped_column(default=0)
    roll_at: Mapped[int] = mapped_column(default=0)
    calibrated_at: Mapped[int] = mapped_column(default=0)
    calibrated_by: Mapped[str] = mapped_column(default="")


class PrinterChoice(Base):
    """Which printer of this station prints a kind of document; without a row the station's setting for its form does.

    `medium` overrides what the setting says the kind is printed on; empty = as the settings say.
    """

    __tablename__ = "printer_choice"

    kind: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(default="")
    fallback: Mapped[str] = mapped_column(default="")
    medium: Mapped[str] = mapped_column(default="")


class LookupUse(Base):
    """Who looked at an unmasked value of which record, and why."""

    __tablename__ = "lookup_use"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[int]
    staff_id: Mapped[str]
    record_id: Mapped[str]
    reason: Mapped[str]
