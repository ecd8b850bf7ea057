"""The cards of service papers: visits, the bench, loaners, calls, refunds.

Phones and merchant numbers are masked by whoever fills a card; `deskapp.rules.papers`
hands them on. `None` for a box to tick means that nobody has looked yet: it prints empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deskapp.rules.paper_lines import CheckResult
from deskapp.rules.paper_parts import Site, WarrantyMark
from deskapp.rules.paper_store import Card, register

# ---------------------------------------------------------------- at the merchant's


class VisitType(StrEnum):
    """Why somebody goes to the merchant."""

    INSPECTION = "inspection"
    VISIT = "visit"
    INSTALLATION = "installation"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One thing looked at, named as on the list."""

    name: str
    ok: bool | None = None


@dataclass(frozen=True, slots=True)
class InspectedDevice:
    """One terminal at the merchant's."""

    terminal_no: str = ""
    model: str = ""
    serial_no: str = ""
    tusn: str = ""
    serial_ok: bool | None = None
    place_ok: bool | None = None


@dataclass(frozen=True, slots=True)
class InspectionCard(Card):
    """The sheet of an inspection or a visit; `number` is the ticket's or the visit's.

    It goes out with what is known and comes back filled by hand; printed afterwards it
    carries the answers. `iccid_last6` is the end of the SIM's number, never the whole.
    """

    site: Site = Site()
    type: VisitType = VisitType.INSPECTION
    plan: str = ""
    merchant: str = ""
    merchant_no: str = ""
    address: str = ""
    contact: str = ""
    contact_phone: str = ""
    engineer: str = ""
    badge_no: str = ""
    planned: str = ""
    arrived_ms: int | None = None
    left_ms: int | None = None
    devices: tuple[InspectedDevice, ...] = ()
    tamper: tuple[CheckLine, ...] = ()
    hardware: tuple[CheckLine, ...] = ()
    topics: tuple[CheckLine, ...] = ()
    hardware_words: str = ""
    software: str = ""
    network: str = ""
    iccid_last6: str = ""
    test_ms: int | None = None
    tests: tuple[CheckLine, ...] = ()
    environment: str = ""
    consumables: str = ""
    findings: str = ""
    action: str = ""
    next_on: str = ""
    comment: str = ""
    signed_ms: int | None = None
    merchant_signature: str = ""
    asked: str = ""
    carry: tuple[str, ...] = ()
    fee: str = ""

    @property
    def goes_along(self) -> str:
        """What the engineer takes along, in one line."""
        return "；".join(self.carry)

    @property
    def reply(self) -> str:
        """How long the test transaction took, with its unit."""
        return f"{self.test_ms} ms" if self.test_ms is not None else ""


@dataclass(frozen=True, slots=True)
class MissedNoteCard(Card):
    """The note left at the door: who came, why, and how to agree on another day."""

    site: Site = Site()
    merchant: str = ""
    place: str = ""
    came_ms: int | None = None
    engineer: str = ""
    badge_no: str = ""
    reason: str = ""
    phone: str = ""
    next_try: str = ""
    words: str = ""


# ---------------------------------------------------------------- in the branch


@dataclass(frozen=True, slots=True)
class BenchStep:
    """One station of a repair; empty until somebody has been there."""

    name: str
    who: str = ""
    at_ms: int | None = None
    result: CheckResult | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class BenchTravellerCard(Card):
    """The sheet that goes with a device from bench to bench; `number` is its label number."""

    site: Site = Site()
    order_no: str = ""
    line_no: int = 1
    line_count: int = 1
    rush: bool = False
    received_ms: int | None = None
    due_ms: int | None = None
    merchant: str = ""
    model: str = ""
    serial_no: str = ""
    tusn: str = ""
    terminal_no: str = ""
    firmware: str = ""
    shelf: str = ""
    warranty: WarrantyMark = WarrantyMark.PENDING
    ceiling_fen: int | None = None
    fault: str = ""
    condition: str = ""
    accessories: tuple[str, ...] = ()
    state: str = ""
    technician: str = ""
    notes: str = ""
    steps: tuple[BenchStep, ...] = ()

    @property
    def line(self) -> str:
        """Which device of how many on its order."""
        return f"{self.line_no}/{self.line_count}"


@dataclass(frozen=True, slots=True)
class LoanAgreementCard(Card):
    """What a merchant signs for a loaner; `number` is its serial number and the day it was lent."""

    site: Site = Site()
    order_no: str = ""
    merchant: str = ""
    merchant_no: str = ""
    contact: str = ""
    contact_phone: str = ""
    model: str = ""
    serial_no: str = ""
    tusn: str = ""
    accessories: tuple[str, ...] = ()
    tamper: str = ""
    lent_ms: int | None = None
    due_ms: int | None = None
    deposit_fen: int | None = None
    instead_of: str = ""
    words: str = ""
    clerk: str = ""
    signed_ms: int | None = None
    signature: str = ""


@dataclass(frozen=True, slots=True)
class CallAttempt:
    """One try to reach a merchant."""

    at_ms: int | None = None
    channel: str = ""
    result: str = ""
    who: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class CallNoteCard(Card):
    """Whom to call and what was tried; stays in the branch. `number` is the order's or the ticket's."""

    site: Site = Site()
    slip_no: str = ""
    merchant: str = ""
    contact: str = ""
    contact_phone: str = ""
    reason: str = ""
    since_ms: int | None = None
    devices: tuple[str, ...] = ()
    shelf: str = ""
    due_fen: int | None = None
    attempts: tuple[CallAttempt, ...] = ()
    step: str = ""
    noted_by: str = ""
    noted_ms: int | None = None
    words: str = ""


# ---------------------------------------------------------------- money back


@dataclass(frozen=True, slots=True)
class RefundCard(Card):
    """A refund is a paper of its own; its amount is written as what is paid back, never negative."""

    site: Site = Site()
    receipt_no: str = ""
    order_no: str = ""
    merchant: str = ""
    merchant_no: str = ""
    paid_ms: int | None = None
    paid_fen: int | None = None
    refunded_ms: int | None = None
    total_fen: int = 0
    method: str = ""
    reason: str = ""
    invoice_no: str = ""
    collector: str = ""
    id_last4: str = ""
    allowed_by: str = ""
    clerk: str = ""
    complaint_phone: str = ""
    signed_ms: int | None = None
    signature: str = ""


register("inspection_sheet", InspectionCard)
register("missed_note", MissedNoteCard)
register("bench_traveller", BenchTravellerCard)
register("loan_agreement", LoanAgreementCard)
register("call_note", CallNoteCard)
register("refund", RefundCard)
