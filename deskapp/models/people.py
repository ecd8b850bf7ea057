"""Sites, the people who work there, and the calendar they work by."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from deskapp.models.base import Base, Synced, field


class Site(Synced, Base):
    """An outlet, a depot, or both at once."""

    __tablename__ = "site"

    code: Mapped[str] = field(index=True)
    name: Mapped[str] = field()
    short_name: Mapped[str] = field(default="")
    depot_code: Mapped[str] = field(default="")
    is_outlet: Mapped[bool] = field("roles", default=True)
    is_depot: Mapped[bool] = field("roles", default=True)
    solo: Mapped[bool] = field("roles", default=False)
    region: Mapped[str] = field("contact", default="")
    address: Mapped[str] = field("contact", default="")
    phone: Mapped[str] = field("contact", default="")
    hotline: Mapped[str] = field("contact", default="")
    complaint_phone: Mapped[str] = field("contact", default="")
    hours: Mapped[str] = field("hours", default="")
    service_times: Mapped[dict[str, Any]] = field("hours", default=dict)


class Staff(Synced, Base):
    """A person who acts; people are deactivated, never deleted. The PIN is kept apart and never travels."""

    __tablename__ = "staff"

    staff_no: Mapped[str] = field(index=True)
    name: Mapped[str] = field(personal=True)
    badge_no: Mapped[str] = field("badge", default="", index=True)
    roles: Mapped[list[str]] = field("roles", default=list)
    active: Mapped[bool] = field("roles", default=True)
    language: Mapped[str] = field("habits", default="")
    skills: Mapped[list[str]] = field("skills", default=list)


class StaffSecret(Base):
    """The PIN verifier of one person on this computer, and the wrong tries since the last right one."""

    __tablename__ = "staff_secret"

    staff_id: Mapped[str] = mapped_column(primary_key=True)
    pin_hash: Mapped[str]
    failures: Mapped[int] = mapped_column(default=0)
    blocked_until: Mapped[int] = mapped_column(default=0)
    must_change: Mapped[bool] = mapped_column(default=False)


class Voucher(Base):
    """A second person's PIN, just checked: good once, for one right, for two minutes."""

    __tablename__ = "voucher"

    token: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[str]
    right: Mapped[str]
    expires_at: Mapped[int]
    spent: Mapped[bool] = mapped_column(default=False)


class Shelf(Synced, Base):
    """A place where held devices lie."""

    __tablename__ = "shelf"

    site_id: Mapped[str] = field(index=True)
    code: Mapped[str] = field(index=True)
    zone: Mapped[str] = field(default="")
    use: Mapped[str] = field(default="")
    label_no: Mapped[str] = field(default="", index=True)
    active: Mapped[bool] = field(default=True)


class CalendarDay(Synced, Base):
    """A day on which this site's hours differ from the public calendar."""

    __tablename__ = "calendar_day"

    site_id: Mapped[str] = field(index=True)
    day: Mapped[str] = field(index=True)
    works: Mapped[bool] = field()
    note: Mapped[str] = field(default="")
    active: Mapped[bool] = field(default=True)
