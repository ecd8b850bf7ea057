"""Hand-overs of devices between two holders: the manifest they travel with, and everything that happens to it.

A manifest is made by who sends. What happens on the way is facts of both sides; the receiving side may
know a manifest by its paper alone, so an event can be there before the manifest it belongs to.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped

from deskapp.models.base import Base, Fact, Synced, field


class Manifest(Synced, Base):
    """One hand-over between sites or to a maker; its id follows from its number (`rules.transfers.manifest_id`).

    `site_id` is the sending site. State and counts are folds of the events. Instants are ms UTC.
    """

    __tablename__ = "manifest"

    number: Mapped[str] = field("head", index=True)
    kind: Mapped[str] = field("head")
    site_id: Mapped[str] = field("head", index=True)
    to_site_id: Mapped[str] = field("head", default="", index=True)
    to_name: Mapped[str] = field("head", default="")
    made_at: Mapped[int] = field("head")
    made_by: Mapped[str] = field("head", default="")
    carrier: Mapped[str] = field("carriage", default="")
    waybill: Mapped[str] = field("carriage", default="")
    vehicle: Mapped[str] = field("carriage", default="")
    planned_at: Mapped[int] = field("carriage", default=0)
    note: Mapped[str] = field("note", default="")
    state: Mapped[str] = field(derived=True, default="draft", index=True)
    lines: Mapped[int] = field(derived=True, default=0)
    received: Mapped[int] = field(derived=True, default=0)
    differences: Mapped[int] = field(derived=True, default=0)
    sent_at: Mapped[int] = field(derived=True, default=0)
    arrived_at: Mapped[int] = field(derived=True, default=0)


class ManifestEvent(Fact, Base):
    """Something that happened to a manifest or to one device on it (`rules.transfers.Kind`).

    `item_id` is empty where the device was known by its label alone. Who gave and who took are personal.
    """

    __tablename__ = "manifest_event"

    manifest_id: Mapped[str] = field(index=True)
    kind: Mapped[str] = field()
    item_id: Mapped[str] = field(default="", index=True)
    label_no: Mapped[str] = field(default="", index=True)
    serial_no: Mapped[str] = field(default="")
    seal_no: Mapped[str] = field(default="", index=True)
    words: Mapped[str] = field(default="")
    giver: Mapped[str] = field(personal=True, default="")
    taker: Mapped[str] = field(personal=True, default="")
    data: Mapped[dict[str, Any]] = field(default=dict)
