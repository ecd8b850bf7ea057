"""Terminals: what models exist, each physical unit, and which merchant and terminal number it is bound to."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped

from deskapp.models.base import Base, Synced, field


class DeviceModel(Synced, Base):
    """A model of the catalogue; its id is the catalogue's stable name, such as `newland-n910`."""

    __tablename__ = "device_model"

    brand: Mapped[str] = field()
    brand_en: Mapped[str] = field(default="")
    name: Mapped[str] = field(index=True)
    kind: Mapped[str] = field(default="smart_pos")
    unionpay_device_type: Mapped[str] = field(default="")
    capabilities: Mapped[list[str]] = field(default=list)
    accessories: Mapped[list[str]] = field(default=list)
    serial_pattern: Mapped[str] = field("rules", default="")
    warranty_months: Mapped[int] = field("rules", default=12)
    key_load_on_board_change: Mapped[bool] = field("rules", default=True)
    min_version: Mapped[str] = field("rules", default="")
    tests: Mapped[dict[str, Any]] = field("tests", default=dict)
    note: Mapped[str] = field("note", default="")
    support_contact: Mapped[str] = field("note", default="")
    active: Mapped[bool] = field("note", default=True)


class Device(Synced, Base):
    """One physical unit; it outlives its orders.

    The serial number is indexed but not unique: two desks may enter the same unit
    while offline. Joining such twins is a command, not a constraint.
    """

    __tablename__ = "device"

    serial_no: Mapped[str] = field("identity", index=True)
    tusn: Mapped[str] = field("identity", default="", index=True)
    model_id: Mapped[str] = field("identity", default="", index=True)
    imei: Mapped[str] = field("identity", default="")
    iccid: Mapped[str] = field("identity", default="")
    ownership: Mapped[str] = field("owner", default="bank_owned")
    manufactured_on: Mapped[str] = field("warranty", default="")
    warranty_until: Mapped[str] = field("warranty", default="")
    repair_warranty: Mapped[dict[str, Any]] = field("warranty", default=dict)
    firmware_version: Mapped[str] = field("versions", default="")
    app_version: Mapped[str] = field("versions", default="")
    loaner: Mapped[bool] = field("pool", default=False, index=True)
    do_not_wipe: Mapped[bool] = field("hold", default=False)
    note: Mapped[str] = field("note", default="")
    joined_into: Mapped[str] = field("life", default="", index=True)
    merchant_id: Mapped[str] = field(derived=True, default="", index=True)
    terminal_no: Mapped[str] = field(derived=True, default="", index=True)


class TerminalBinding(Synced, Base):
    """A unit bound to a merchant and a terminal number from one day to another; open while `valid_to` is empty."""

    __tablename__ = "terminal_binding"

    device_id: Mapped[str] = field(index=True)
    merchant_id: Mapped[str] = field(index=True)
    terminal_no: Mapped[str] = field(default="", index=True)
    valid_from: Mapped[str] = field(default="")
    valid_to: Mapped[str] = field("end", default="")
    place: Mapped[str] = field("place", default="")
