"""The journal: one change set per act. It is audit log, undo text and outbox in one."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from deskapp.models.base import Base


class ChangeSet(Base):
    """One act, as it will travel: dense number per station, hash over canonical JSON, chained to the one before."""

    __tablename__ = "change_set"

    seq: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(unique=True)
    station: Mapped[str]
    hlc: Mapped[str]
    at: Mapped[int] = mapped_column(index=True)
    staff: Mapped[str] = mapped_column(default="", index=True)
    command: Mapped[str] = mapped_column(index=True)
    body: Mapped[str]
    prev: Mapped[str]
    hash: Mapped[str]
    signature: Mapped[str] = mapped_column(default="")
    acked_at: Mapped[int] = mapped_column(default=0)


class ChangedRecord(Base):
    """Which change sets touched a record: the way from a record to its history."""

    __tablename__ = "changed_record"

    record_id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)


class PersonalValue(Base):
    """A personal value of one operation, kept beside the journal so that it can be erased."""

    __tablename__ = "personal_value"

    op_uid: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(index=True)
    value: Mapped[str]


class RecordKey(Base):
    """The random key under which a record's personal values enter the journal's hash; erasing it erases them."""

    __tablename__ = "record_key"

    record_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str]


class GroupVersion(Base):
    """The operation that last set a field group of a record; absent while only its creation did."""

    __tablename__ = "group_version"

    record_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    op_uid: Mapped[str]
