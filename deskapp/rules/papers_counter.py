"""Cards of the counter: pickup slip, receipt, quote, service card, and the sheet for the safe.

`deskapp.rules.papers` hands all of them on; import from there. Apart from the labels, which come first
and must not wait for what they do not need.
"""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.rules.paper_lines import ChargeBasis, ChargeLine, OldParts, ReceiptDevice, SlipDevice
from deskapp.rules.paper_parts import Site
from deskapp.rules.paper_store import Card, register

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
    signature: str = ""  # SHA-256 of the signature drawn on the screen

    @property
    def label_numbers(self) -> str:
        """The labels of all devices, for the stub."""
        return "  ".join(one.label_no for one in self.devices if one.label_no)


@dataclass(frozen=True, slots=True)
class RepairReceiptCard(Card):
    """The settlement paper at pickup; `number` is C.... Not a tax invoice.

    `total_fen` = sum of line amounts less `discount_fen`; the capital form is made
    from it when printed. `refund` prints the same paper as a refund (退款); `replaces` is the
    number of the receipt with a wrong amount that this one takes the place of.
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
    old_parts_said: str = ""  # what became of each old part; cards of older versions only have the word above
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
    replaces: str = ""
    signature: str = ""  # SHA-256 of the signature drawn on the screen

    @property
    def stars(self) -> str:
        """The merchant's rating as stars, empty if there is none."""
        return "★" * self.rating + "☆" * (5 - self.rating) if self.rating else ""


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
    ("pickup_slip", PickupSlipCard),
    ("repair_receipt", RepairReceiptCard),
    ("quote", QuoteCard),
    ("service_card", ServiceCardCard),
):
    register(_name, _class)
register("recovery_code", RecoveryCodeCard, secret=True)
