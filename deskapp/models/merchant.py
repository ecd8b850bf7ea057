"""Merchants, whom to call, and what was agreed with them."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from deskapp.models.base import Base, Synced, field


class Merchant(Synced, Base):
    """A merchant who holds terminals. Merchant numbers are soft-unique: two desks may enter one offline."""

    __tablename__ = "merchant"

    merchant_no: Mapped[str] = field("identity", default="", index=True)
    name: Mapped[str] = field("identity")
    short_name: Mapped[str] = field("identity", default="")
    uscc: Mapped[str] = field("identity", default="")
    initials: Mapped[str] = field(derived=True, default="")
    address: Mapped[str] = field("address", default="")
    district: Mapped[str] = field("address", default="")
    tier: Mapped[str] = field("note", default="")
    note: Mapped[str] = field("note", default="")
    active: Mapped[bool] = field("life", default=True)
    joined_into: Mapped[str] = field("life", default="", index=True)


class MerchantContact(Synced, Base):
    """A person who can be reached at a merchant."""

    __tablename__ = "merchant_contact"

    merchant_id: Mapped[str] = field(index=True)
    name: Mapped[str] = field(personal=True, default="")
    relation: Mapped[str] = field(default="")
    phone: Mapped[str] = field(personal=True, default="", index=True)
    main: Mapped[bool] = field(default=False)
    active: Mapped[bool] = field(default=True)


class ServiceContract(Synced, Base):
    """A contract that sets the warranty of a merchant's terminals."""

    __tablename__ = "service_contract"

    merchant_id: Mapped[str] = field(index=True)
    number: Mapped[str] = field()
    kind: Mapped[str] = field(default="")
    starts_on: Mapped[str] = field(default="")
    ends_on: Mapped[str] = field(default="")
    warranty_months: Mapped[int] = field(default=0)
    explained_by: Mapped[str] = field(default="")
    open_questions: Mapped[str] = field("note", default="")
    active: Mapped[bool] = field("note", default=True)
