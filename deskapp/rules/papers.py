"""The cards: everything one paper says, frozen when the act was committed.

A card is filled once and stored with its print job, so a reprint years later says
what the first copy said. Whoever fills it has already masked phones and, on papers
that leave the branch, the merchant number; a card never holds a whole identity
number, card number or pickup code. Money is integer fen, an instant is integer
milliseconds UTC, a day is ISO text; `None` means "not known" and prints as a dash.

The copy mark (original, reprint n) is not part of a card: it belongs to one print.
`to_json` and `from_json` carry a card through the store; each kind has a version.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass

from deskapp.rules.paper_parts import (
    ChargeBasis,
    ChargeLine,
    CheckResult,
    CounterTest,
    ExceptionLine,
    HeldLine,
    KeyStatus,
    LineKind,
    OldParts,
    OpenCallLine,
    PartCondition,
    ReceiptDevice,
    RegisterLine,
    ShelfUse,
    Site,
    SlipDevice,
    TakingsLine,
    WarrantyMark,
)
from deskapp.rules.paper_store import Card, from_json, is_secret, kind_of, kinds, register, to_json

__all__ = [
    "AccessoryLabelCard",
    "Card",
    "ChargeBasis",
    "ChargeLine",
    "CheckResult",
    "CounterTest",
    "DayEndCard",
    "DeviceLabelCard",
    "ExceptionLine",
    "HeldLine",
    "KeyStatus",
    "LABEL_KINDS",
    "LineKind",
    "OldParts",
    "OpenCallLine",
    "PartCondition",
    "PartLabelCard",
    "PickupSlipCard",
    "QuoteCard",
    "ReceiptDevice",
    "RecoveryCodeCard",
    "RegisterCard",
    "RegisterLine",
    "RepairReceiptCard",
    "ServiceCardCard",
    "ShelfLabelCard",
    "ShelfUse",
    "Site",
    "SlipDevice",
    "TakingsLine",
    "TestLabelCard",
    "WarrantyMark",
    "from_json",
    "is_secret",
    "kind_of",
    "kinds",
    "to_json",
]


# ---------------------------------------------------------------- labels


@dataclass(frozen=True, slots=True)
class DeviceLabelCard(Card):
    """Label on a device taken in; `number` is the label number (D + 12 digits)."""

    site: Site = Site()
    depot_code: str = ""
    order_no: str = ""
    line_no: int = 1
    line_count: int = 1
    model: str = ""
    serial_no: str = ""
    merchant: str = ""
    terminal_no: str = ""
    fault: str = ""
    received_ms: int | None = None
    warranty: WarrantyMark = WarrantyMark.PENDING
    shelf: str = ""
    accessories: int = 0
    rush: bool = False


@dataclass(frozen=True, slots=True)
class AccessoryLabelCard(Card):
    """Label on one loose accessory; `number` is its own (A + 12 digits)."""

    site: Site = Site()
    depot_code: str = ""
    order_no: str = ""
    device_label_no: str = ""
    accessory: str = ""
    index: int = 1
    count: int = 1
    model: str = ""
    serial_no: str = ""
    merchant: str = ""
    received_ms: int | None = None
    shelf: str = ""
    rush: bool = False


@dataclass(frozen=True, slots=True)
class PartLabelCard(Card):
    """Label on one part unit or lot; `number` is P + 12 digits."""

    site: Site = Site()
    part_no: str = ""
    name: str = ""
    fits: str = ""
    lot_or_serial: str = ""
    quantity: int = 1
    unit: str = ""
    received_ms: int | None = None
    supplier: str = ""
    bin: str = ""
    condition: PartCondition = PartCondition.NEW


@dataclass(frozen=True, slots=True)
class ShelfLabelCard(Card):
    """Label on a shelf; `number` is L + 12 digits, `location` what people read (B-03-2)."""

    site: Site = Site()
    location: str = ""
    zone: str = ""
    use: ShelfUse = ShelfUse.REPAIR


@dataclass(frozen=True, slots=True)
class TestLabelCard(Card):
    """A ruler and a bar code ladder, to see whether a printer prints true."""

    __test__: typing.ClassVar[bool] = False  # the name would look like a test class to pytest

    site: Site = Site()
    printer: str = ""
    made_ms: int | None = None


# ---------------------------------------------------------------- slips and receipts


@dataclass(frozen=True, slots=True)
class PickupSlipCard(Card):
    """The merchant's proof at check-in; `number` is K..., `token` the 8 characters in its QR.

    `deliverer` is surname and address form (王女士), `deliverer_phone` and
    `merchant_no` are masked. The pickup code is never on it.
    """

    token: str = ""
    site: Site = Site()
    order_no: str = ""
    received_ms: int | None = None
    merchant: str = ""
    merchant_no: str = ""
    devices: tuple[SlipDevice, ...] = ()
    deliverer: str = ""
    deliverer_phone: str = ""
    estimate_ms: int | None = None
    ceiling_fen: int | None = None
    loaner_model: str = ""
    loaner_serial_no: str = ""
    loaner_due_ms: int | None = None
    storage_days: int = 30
    vendor_consent: bool | None = None
    parts_return: bool | None = None
    clerk: str = ""
    signed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RepairReceiptCard(Card):
    """The settlement paper at pickup; `number` is C.... Not a tax invoice.

    `total_fen` = sum of line amounts less `discount_fen`; the capital form is made
    from it when printed. `refund` prints the same paper as a refund (退款).
    """

    site: Site = Site()
    order_no: str = ""
    slip_no: str = ""
    received_ms: int | None = None
    repaired_ms: int | None = None
    collected_ms: int | None = None
    merchant: str = ""
    merchant_no: str = ""
    uscc: str = ""
    devices: tuple[ReceiptDevice, ...] = ()
    lines: tuple[ChargeLine, ...] = ()
    discount_fen: int = 0
    discount_reason: str = ""
    total_fen: int = 0
    refund: bool = False
    payment: str = ""
    invoice_no: str = ""
    basis: ChargeBasis = ChargeBasis.OUT_OF_WARRANTY
    price_list: str = ""
    old_parts: OldParts = OldParts.NONE
    advice: str = ""
    collector: str = ""
    id_last4: str = ""
    rating: int | None = None  # 1 to 5
    clerk: str = ""
    technician: str = ""
    inspector: str = ""
    solo_site: bool = False  # one person did both steps of a two-person check
    complaint_phone: str = ""
    signed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class QuoteCard(Card):
    """An offer before the work; `number` is Q.... `declined_fee_fen` is due if refused."""

    site: Site = Site()
    order_no: str = ""
    quoted_ms: int | None = None
    valid_until_ms: int | None = None
    merchant: str = ""
    merchant_no: str = ""
    contact: str = ""
    contact_phone: str = ""
    model: str = ""
    serial_no: str = ""
    terminal_no: str = ""
    fault: str = ""
    cause: str = ""
    action: str = ""
    lines: tuple[ChargeLine, ...] = ()
    discount_fen: int = 0
    total_fen: int = 0
    declined_fee_fen: int | None = None
    work_days: int | None = None
    basis: ChargeBasis = ChargeBasis.OUT_OF_WARRANTY
    price_list: str = ""
    warranty_note: str = ""
    technician: str = ""
    decision: str = ""  # words of the recorded answer: who, how, when; empty while open


# ---------------------------------------------------------------- day end and register


@dataclass(frozen=True, slots=True)
class DayEndCard(Card):
    """The close of one day; `number` is site code and day."""

    site: Site = Site()
    day: str = ""
    received_count: int = 0
    returned_count: int = 0
    tickets_opened: int = 0
    tickets_closed: int = 0
    takings: tuple[TakingsLine, ...] = ()
    waivers: tuple[ExceptionLine, ...] = ()
    refunds: tuple[ExceptionLine, ...] = ()
    held: tuple[HeldLine, ...] = ()
    extra_on_shelf: tuple[str, ...] = ()  # scanned labels that are not in the books
    open_calls: tuple[OpenCallLine, ...] = ()
    remarks: str = ""
    clerk: str = ""
    supervisor: str = ""


@dataclass(frozen=True, slots=True)
class RegisterCard(Card):
    """The paper register (收发登记簿) of a period, both days inclusive."""

    site: Site = Site()
    first_day: str = ""
    last_day: str = ""
    lines: tuple[RegisterLine, ...] = ()


# ---------------------------------------------------------------- other sheets


@dataclass(frozen=True, slots=True)
class RecoveryCodeCard(Card):
    """The sheet for the safe. A secret: it is rendered at once and never stored."""

    code: str = ""  # groups parted by blanks or hyphens, as shown on the screen
    site: Site = Site()
    store_id: str = ""
    made_ms: int | None = None
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class ServiceCardCard(Card):
    """The card left beside the merchant's terminal: whom to call, what to do first."""

    site: Site = Site()
    merchant: str = ""
    merchant_no: str = ""
    terminal_no: str = ""
    model: str = ""
    serial_no: str = ""
    hotline: str = ""
    advice: tuple[str, ...] = ()


for _name, _class in (
    ("device_label", DeviceLabelCard),
    ("accessory_label", AccessoryLabelCard),
    ("part_label", PartLabelCard),
    ("shelf_label", ShelfLabelCard),
    ("test_label", TestLabelCard),
    ("pickup_slip", PickupSlipCard),
    ("repair_receipt", RepairReceiptCard),
    ("quote", QuoteCard),
    ("day_end", DayEndCard),
    ("register", RegisterCard),
    ("service_card", ServiceCardCard),
):
    register(_name, _class)
register("recovery_code", RecoveryCodeCard, secret=True)

LABEL_KINDS = frozenset({"device_label", "accessory_label", "part_label", "shelf_label", "test_label"})
