"""Parts, prices and loaners; quantities are sums of moves."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.orm import Mapped

from deskapp.models.base import Base, Fact, Synced, field


class Part(Synced, Base):
    """A part of the catalogue."""

    __tablename__ = "part"

    part_no: Mapped[str] = field(index=True)
    name: Mapped[str] = field()
    name_en: Mapped[str] = field(default="")
    fits: Mapped[list[str]] = field(default=list)
    price_fen: Mapped[int] = field("price", default=0)
    warranty_days: Mapped[int] = field("price", default=90)
    serialised: Mapped[bool] = field("stock", default=False)
    min_quantity: Mapped[int] = field("stock", default=0)
    bin: Mapped[str] = field("stock", default="")
    active: Mapped[bool] = field("stock", default=True)


class StockMove(Fact, Base):
    """A signed double entry between places: supplier, shelf, item, old_parts, scrap, count.

    `data["at_site"]` says at which site: what was fitted elsewhere comes along with its device and is no stock of ours.
    """

    __tablename__ = "stock_move"

    part_id: Mapped[str] = field(index=True)
    from_place: Mapped[str] = field()
    to_place: Mapped[str] = field()
    quantity: Mapped[int] = field()
    serial_no: Mapped[str] = field(default="", index=True)
    item_id: Mapped[str] = field(default="", index=True)
    reason: Mapped[str] = field(default="")
    data: Mapped[dict[str, Any]] = field(default=dict)


class PriceLine(Synced, Base):
    """One line of a price list; a list is named by its version."""

    __tablename__ = "price_line"

    version: Mapped[str] = field(index=True)
    code: Mapped[str] = field()
    kind: Mapped[str] = field()
    name: Mapped[str] = field()
    name_en: Mapped[str] = field(default="")
    fen: Mapped[int] = field("price", default=0)
    region: Mapped[str] = field("price", default="")
    valid_from: Mapped[str] = field("price", default="")
    active: Mapped[bool] = field("life", default=True)


class LoanEvent(Fact, Base):
    """A loaner lent to a merchant or taken back."""

    __tablename__ = "loan_event"

    kind: Mapped[str] = field()
    device_id: Mapped[str] = field(index=True)
    merchant_id: Mapped[str] = field(default="", index=True)
    order_id: Mapped[str] = field(default="", index=True)
    due_at: Mapped[int] = field(default=0)
    words: Mapped[str] = field(default="")
    data: Mapped[dict[str, Any]] = field(default=dict)


THUMBNAIL: Final = "thumbnail"
"""The column with a small picture as a text (`rules.small_pictures`): nothing that anybody reads."""


class Attachment(Fact, Base):
    """A photo, signature or scan; the bytes lie in the blob store under their SHA-256.

    `thumbnail` is a small picture of a photo, so that a desk sees what is on it before its bytes have come; as
    personal as the photo is. It is the last column of the table, so that it is read only by whoever wants it.
    """

    __tablename__ = "attachment"

    subject_kind: Mapped[str] = field()
    subject_id: Mapped[str] = field(index=True)
    kind: Mapped[str] = field()
    sha256: Mapped[str] = field(index=True)
    mime: Mapped[str] = field()
    size: Mapped[int] = field(default=0)
    caption: Mapped[str] = field(default="")
    thumbnail: Mapped[str] = field(personal=True, default="", last=True)
