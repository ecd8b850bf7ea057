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

import importlib
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deskapp.rules.paper_parts import PartCondition, ShelfUse, Site, WarrantyMark
from deskapp.rules.paper_store import (
    Card,
    class_of,
    from_json,
    is_secret,
    kind_of,
    kinds,
    names,
    pictures_of,
    register,
    register_later,
    to_json,
)

if TYPE_CHECKING:
    from deskapp.rules.paper_lines import (
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
        ReceiptDevice,
        RegisterLine,
        SlipDevice,
        TakingsLine,
    )
    from deskapp.rules.papers_counter import (
        PickupSlipCard,
        QuoteCard,
        RecoveryCodeCard,
        RepairReceiptCard,
        ServiceCardCard,
    )
    from deskapp.rules.papers_custody import (
        CustodyCard,
        CustodyLine,
        DiscrepancyCard,
        DiscrepancyLine,
        ManifestCard,
        ManifestLine,
        ManifestType,
        StocktakeCard,
        StocktakeLine,
    )
    from deskapp.rules.papers_day import DayEndCard, RegisterCard
    from deskapp.rules.papers_depot import (
        CollectNoticeCard,
        CommandSheetCard,
        KeyRunCard,
        KeyRunLine,
        PartsOrderCard,
        PartToOrder,
        ScrapCard,
        SwapNoteCard,
    )
    from deskapp.rules.papers_service import (
        BenchStep,
        BenchTravellerCard,
        CallAttempt,
        CallNoteCard,
        CheckLine,
        InspectedDevice,
        InspectionCard,
        LoanAgreementCard,
        MissedNoteCard,
        RefundCard,
        VisitType,
    )

__all__ = [
    "AccessoryLabelCard", "BenchStep", "BenchTravellerCard", "CallAttempt", "CallNoteCard", "Card", "ChargeBasis",
    "ChargeLine", "CheckLine", "CheckResult", "CollectNoticeCard", "CommandSheetCard", "CounterTest",
    "CustodyCard", "CustodyLine", "DayEndCard", "DeviceLabelCard", "DiscrepancyCard", "DiscrepancyLine",
    "ExceptionLine", "HeldLine", "InspectedDevice", "InspectionCard", "KeyRunCard", "KeyRunLine", "KeyStatus",
    "LABEL_KINDS", "LineKind", "LoanAgreementCard", "ManifestCard", "ManifestLine", "ManifestType",
    "MissedNoteCard", "OldParts", "OpenCallLine", "PartCondition", "PartLabelCard", "PartToOrder",
    "PartsOrderCard", "PickupSlipCard", "QuoteCard", "ReceiptDevice", "RecoveryCodeCard", "RefundCard",
    "RegisterCard", "RegisterLine", "RepairReceiptCard", "ScrapCard", "ServiceCardCard", "ShelfLabelCard",
    "ShelfUse", "Site", "SlipDevice", "StocktakeCard", "StocktakeLine", "SwapNoteCard", "TakingsLine", "TestLabelCard",
    "VisitType", "WarrantyMark", "class_of", "from_json", "is_secret", "kind_of", "kinds", "names", "pictures_of",
    "to_json",
]  # fmt: skip


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
class BadgeLabelCard(Card):
    """A person's badge; `number` is the badge's code, U + 12 digits or what a foreign badge carries.

    It says who somebody is, never what they may do: a PIN belongs to it, and roles change.
    """

    site: Site = Site()
    name: str = ""
    staff_no: str = ""


@dataclass(frozen=True, slots=True)
class TestLabelCard(Card):
    """A ruler and a bar code ladder, to see whether a printer prints true."""

    __test__: typing.ClassVar[bool] = False  # the name would look like a test class to pytest

    site: Site = Site()
    printer: str = ""
    made_ms: int | None = None


for _name, _class in (
    ("device_label", DeviceLabelCard),
    ("accessory_label", AccessoryLabelCard),
    ("part_label", PartLabelCard),
    ("shelf_label", ShelfLabelCard),
    ("badge_label", BadgeLabelCard),
    ("test_label", TestLabelCard),
):
    register(_name, _class)

LABEL_KINDS = frozenset({"device_label", "accessory_label", "part_label", "shelf_label", "badge_label", "test_label"})

_ELSEWHERE = {
    "paper_lines": (
        "ChargeBasis ChargeLine CheckResult CounterTest ExceptionLine HeldLine KeyStatus LineKind OldParts "
        "OpenCallLine ReceiptDevice RegisterLine SlipDevice TakingsLine"
    ),
    "papers_counter": "PickupSlipCard QuoteCard RecoveryCodeCard RepairReceiptCard ServiceCardCard",
    "papers_custody": (
        "CustodyCard CustodyLine DiscrepancyCard DiscrepancyLine ManifestCard ManifestLine ManifestType "
        "StocktakeCard StocktakeLine"
    ),
    "papers_day": "DayEndCard RegisterCard",
    "papers_depot": (
        "CollectNoticeCard CommandSheetCard KeyRunCard KeyRunLine PartsOrderCard PartToOrder ScrapCard SwapNoteCard"
    ),
    "papers_service": (
        "BenchStep BenchTravellerCard CallAttempt CallNoteCard CheckLine InspectedDevice InspectionCard "
        "LoanAgreementCard MissedNoteCard RefundCard VisitType"
    ),
}
"""Classes that other modules have, loaded when first asked for."""
register_later("deskapp.rules.papers_counter", *"pickup_slip repair_receipt quote service_card recovery_code".split())
register_later("deskapp.rules.papers_custody", *"stocktake custody_record manifest discrepancy_note".split())
register_later("deskapp.rules.papers_day", *"day_end register".split())
register_later(
    "deskapp.rules.papers_depot",
    *"key_run scrap_record swap_note collect_notice parts_order command_sheet".split(),
)
register_later(
    "deskapp.rules.papers_service",
    *"inspection_sheet missed_note bench_traveller loan_agreement call_note refund".split(),
)
_HOMES = {name: module for module, named in _ELSEWHERE.items() for name in named.split()}

if not TYPE_CHECKING:  # for a reader of types every name stands above

    def __getattr__(name: str) -> Any:
        """Hand on a class of another module."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(importlib.import_module(f"deskapp.rules.{_HOMES[name]}"), name)
        return found
