"""Visits on site: who goes where and when. What happens on one are events of its ticket (docs/decisions/0018)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from deskapp.models.base import Base, Synced, field


class SiteVisit(Synced, Base):
    """One trip to a merchant for a ticket. `from_at` and `to_at` (ms UTC) are the agreed window.

    Its state is a fold of the ticket's events that name it (`rules.visits`). `carry` are the things that go along,
    each a form with a `kind` (loaner, part, other); `fee` is a code of what was told about money, `fee_fen` the
    amount that was named.
    """

    __tablename__ = "site_visit"
    __table_args__ = (
        Index("ix_site_visit_open", "from_at", "n", sqlite_where=text("state IN ('planned', 'on_site')")),
    )

    number: Mapped[str] = field("head", index=True)
    ticket_id: Mapped[str] = field("head", index=True)
    site_id: Mapped[str] = field("head", default="")
    made_at: Mapped[int] = field("head", default=0)
    made_by: Mapped[str] = field("head", default="")
    from_at: Mapped[int] = field("plan", default=0)
    to_at: Mapped[int] = field("plan", default=0)
    engineer_id: Mapped[str] = field("plan", default="")
    address: Mapped[str] = field("place", default="")
    contact_name: Mapped[str] = field("contact", personal=True, default="")
    contact_phone: Mapped[str] = field("contact", personal=True, default="")
    carry: Mapped[list[Any]] = field("carry", default=list)
    fee: Mapped[str] = field("fee", default="")
    fee_fen: Mapped[int] = field("fee", default=0)
    words: Mapped[str] = field("words", default="")
    state: Mapped[str] = field(derived=True, default="planned")
    state_at: Mapped[int] = field(derived=True, default=0, index=True)
    arrived_at: Mapped[int] = field(derived=True, default=0)
