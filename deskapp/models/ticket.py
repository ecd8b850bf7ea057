"""Service tickets: what a merchant asked for, and what came of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from deskapp.models.base import Base, Fact, Synced, field


class ServiceTicket(Synced, Base):
    """One request of a merchant. Its state is a fold of its events."""

    __tablename__ = "service_ticket"
    __table_args__ = (
        Index("ix_service_ticket_open", "priority", "n", sqlite_where=text("state NOT IN ('done', 'cancelled')")),
    )

    number: Mapped[str] = field("head", index=True)
    kind: Mapped[str] = field("head", default="repair")
    channel: Mapped[str] = field("head", default="counter")
    site_id: Mapped[str] = field("head", default="")
    opened_at: Mapped[int] = field("head", index=True)
    opened_by: Mapped[str] = field("head", default="")
    merchant_id: Mapped[str] = field("who", default="", index=True)
    caller_name: Mapped[str] = field("who", personal=True, default="")
    callback_phone: Mapped[str] = field("who", personal=True, default="", index=True)
    device_id: Mapped[str] = field("what", default="", index=True)
    model_words: Mapped[str] = field("what", default="")
    symptom_code: Mapped[str] = field("what", default="")
    words: Mapped[str] = field("words", default="")
    business_stopped: Mapped[bool] = field("urgency", default=False)
    priority: Mapped[int] = field("urgency", default=3)
    answers: Mapped[dict[str, Any]] = field("answers", default=dict)
    response_due: Mapped[int] = field(derived=True, default=0)
    done_due: Mapped[int] = field(derived=True, default=0)
    state: Mapped[str] = field(derived=True, default="open")
    waits_for: Mapped[str] = field(derived=True, default="")
    closed_at: Mapped[int] = field(derived=True, default=0)


class TicketEvent(Fact, Base):
    """Something that happened on a ticket: a state, a note, a contact, a step of a guide, a result."""

    __tablename__ = "ticket_event"

    ticket_id: Mapped[str] = field(index=True)
    kind: Mapped[str] = field()
    to_state: Mapped[str] = field(default="")
    words: Mapped[str] = field(default="")
    data: Mapped[dict[str, Any]] = field(default=dict)
