"""The cards of hand-over papers: the manifest devices travel with, and the note of what did not match.

Filled by whoever moves devices between sites; `deskapp.rules.papers` hands them on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deskapp.rules.custody import TamperResult
from deskapp.rules.money import amount_in_words_cn
from deskapp.rules.paper_parts import Site
from deskapp.rules.paper_store import Card, register


class ManifestType(StrEnum):
    """Where the devices of a manifest go, and why."""

    OUT = "out"
    RETURN = "return"
    VENDOR = "vendor"
    LOANER = "loaner"


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One device on a manifest; `received` is None until the other side has looked."""

    label_no: str = ""
    order_no: str = ""
    model: str = ""
    serial_no: str = ""
    terminal_no: str = ""
    bag_seal: str = ""
    accessories: str = ""
    fault: str = ""
    tamper_out: TamperResult = TamperResult.NOT_DUE
    tamper_in: TamperResult = TamperResult.NOT_DUE
    received: bool | None = None
    difference: str = ""


@dataclass(frozen=True, slots=True)
class ManifestCard(Card):
    """A hand-over of devices between two holders; `number` is M....

    The names are those of people who gave and took, in full: both sides keep this paper
    as proof. The phones are those of the sites. A name without a time has not signed yet.
    """

    site: Site = Site()
    type: ManifestType = ManifestType.OUT
    from_name: str = ""
    from_address: str = ""
    from_phone: str = ""
    to_name: str = ""
    to_address: str = ""
    to_phone: str = ""
    created_ms: int | None = None
    planned_ms: int | None = None
    carrier: str = ""
    waybill: str = ""
    vehicle: str = ""
    bags: int = 0
    seals: tuple[str, ...] = ()
    lines: tuple[ManifestLine, ...] = ()
    remarks: str = ""
    handed_by: str = ""
    handed_ms: int | None = None
    courier: str = ""
    courier_ms: int | None = None
    received_by: str = ""
    received_ms: int | None = None
    checked_by: str = ""
    handed_signature: str = ""
    courier_signature: str = ""
    received_signature: str = ""

    @property
    def total(self) -> int:
        """How many devices travel."""
        return len(self.lines)

    @property
    def total_in_words(self) -> str:
        """The same in capital numerals (大写), which nobody alters with a stroke of the pen."""
        return amount_in_words_cn(self.total * 100).removeprefix("人民币").removesuffix("元整")


@dataclass(frozen=True, slots=True)
class DiscrepancyLine:
    """One thing that was not as the manifest says: what was written, what was found, what is done about it."""

    label_no: str = ""
    order_no: str = ""
    model: str = ""
    serial_no: str = ""
    kind: str = ""
    expected: str = ""
    found: str = ""
    seal: str = ""
    photos: int = 0
    action: str = ""


@dataclass(frozen=True, slots=True)
class DiscrepancyCard(Card):
    """What did not match when devices were received; `number` is the manifest's."""

    site: Site = Site()
    type: ManifestType = ManifestType.OUT
    from_name: str = ""
    to_name: str = ""
    carrier: str = ""
    waybill: str = ""
    found_ms: int | None = None
    place: str = ""
    lines: tuple[DiscrepancyLine, ...] = ()
    remarks: str = ""
    decision: str = ""
    finder: str = ""
    witness: str = ""
    supervisor: str = ""
    finder_signature: str = ""
    witness_signature: str = ""


register("manifest", ManifestCard)
register("discrepancy_note", DiscrepancyCard)
