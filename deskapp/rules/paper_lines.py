"""The pieces of cards that no label has: lines of papers, and the words with a fixed meaning in them.

`deskapp.rules.papers` hands all of them on; import from there. Money is integer
fen, an instant is integer milliseconds UTC, `None` means "not known".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deskapp.rules.paper_parts import WarrantyMark

# ---------------------------------------------------------------- words on papers


class LineKind(StrEnum):
    """What a line of a quote or receipt charges for."""

    PART = "part"
    LABOUR = "labour"
    VISIT = "visit"
    INSPECTION = "inspection"
    STORAGE = "storage"


class ChargeBasis(StrEnum):
    """Why something is or is not charged."""

    IN_WARRANTY = "in_warranty"
    OUT_OF_WARRANTY = "out_of_warranty"
    MISUSE = "misuse"
    MIXED = "mixed"
    GOODWILL = "goodwill"


class OldParts(StrEnum):
    """Where the parts that were taken out went."""

    NONE = "none"
    RETURNED = "returned"
    KEPT = "kept"


class KeyStatus(StrEnum):
    """Whether the keys of a terminal were loaded again."""

    NOT_INVOLVED = "not_involved"
    RELOADED = "reloaded"


class CheckResult(StrEnum):
    """Result of one test at the counter."""

    PASS = "pass"
    FAIL = "fail"
    SKIPPED = "skipped"


# ---------------------------------------------------------------- lines


@dataclass(frozen=True, slots=True)
class SlipDevice:
    """One device on a pickup slip."""

    label_no: str = ""
    model: str = ""
    serial_no: str = ""
    terminal_no: str = ""
    fault: str = ""
    accessories: tuple[str, ...] = ()
    condition: str = ""
    warranty: WarrantyMark = WarrantyMark.PENDING


@dataclass(frozen=True, slots=True)
class CounterTest:
    """One test made with the merchant at the counter, named as on the plan."""

    name: str
    result: CheckResult = CheckResult.PASS


@dataclass(frozen=True, slots=True)
class ReceiptDevice:
    """One device on a repair receipt; `new_serial_no` only if it was swapped."""

    model: str = ""
    serial_no: str = ""
    terminal_no: str = ""
    new_serial_no: str = ""
    fault: str = ""
    cause: str = ""
    action: str = ""
    version_before: str = ""
    version_after: str = ""
    keys: KeyStatus = KeyStatus.NOT_INVOLVED
    keys_ms: int | None = None
    tests: tuple[CounterTest, ...] = ()
    repaired: bool = True

    @property
    def versions(self) -> str:
        """The software before and after, once where it did not change."""
        return " → ".join(dict.fromkeys(one for one in (self.version_before, self.version_after) if one))


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One line of a quote or receipt. `amount_fen` = what is charged for the line."""

    kind: LineKind = LineKind.PART
    name: str = ""
    part_no: str = ""
    old_serial_no: str = ""
    new_serial_no: str = ""
    quantity: int = 1
    unit_price_fen: int = 0
    amount_fen: int = 0
    warranty_until: str = ""  # ISO day, inclusive


@dataclass(frozen=True, slots=True)
class TakingsLine:
    """Takings of one day by one payment method."""

    method: str
    count: int = 0
    amount_fen: int = 0


@dataclass(frozen=True, slots=True)
class ExceptionLine:
    """One waiver or refund: which receipt, how much, why, and who allowed it."""

    number: str
    amount_fen: int = 0
    reason: str = ""
    allowed_by: str = ""


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One device in the branch's custody; `counted` is None while nobody has looked."""

    label_no: str
    model: str = ""
    serial_no: str = ""
    merchant: str = ""
    shelf: str = ""
    state: str = ""
    days: int = 0
    counted: bool | None = None


@dataclass(frozen=True, slots=True)
class OpenCallLine:
    """One merchant who still has to be called."""

    order_no: str
    merchant: str = ""
    phone: str = ""  # masked
    reason: str = ""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One device in the register of receipts and returns."""

    index: int
    received_ms: int | None = None
    order_no: str = ""
    label_no: str = ""
    merchant: str = ""
    model: str = ""
    serial_no: str = ""
    accessories: str = ""
    fault: str = ""
    deliverer: str = ""
    received_by: str = ""
    returned_ms: int | None = None
    collector: str = ""
    returned_by: str = ""
    receipt_no: str = ""
    amount_fen: int | None = None
    remark: str = ""
