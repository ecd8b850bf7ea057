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
    codes: tuple[str, ...] = ()

    @property
    def code_1(self) -> str:
        """The first code with which the far end can begin without a record (`rules.transfers_code`)."""
        return self._code(0)

    @property
    def code_2(self) -> str:
        """The second of them; empty on a short manifest."""
        return self._code(1)

    @property
    def code_3(self) -> str:
        """The third."""
        return self._code(2)

    @property
    def code_4(self) -> str:
        """The fourth."""
        return self._code(3)

    @property
    def code_5(self) -> str:
        """The fifth: 200 devices."""
        return self._code(4)

    def _code(self, place: int) -> str:
        return self.codes[place] if place < len(self.codes) else ""

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


@dataclass(frozen=True, slots=True)
class CustodyLine:
    """One hand-over of a device, or the gap before it (`gap`: where the record had it)."""

    at_ms: int | None = None
    from_words: str = ""
    to_words: str = ""
    place: str = ""
    seal: str = ""
    tamper: TamperResult = TamperResult.NOT_DUE
    giver: str = ""
    taker: str = ""
    signed: str = ""
    paper: str = ""
    gap: str = ""


@dataclass(frozen=True, slots=True)
class CustodyCard(Card):
    """Who had a device from hand to hand; `number` is its label.

    `proof` is the digest of the chain without names, `named` the one with them: names may be erased
    by law, and then the first still proves the chain. Names are in full: this paper is evidence.
    """

    site: Site = Site()
    order_no: str = ""
    model: str = ""
    serial_no: str = ""
    terminal_no: str = ""
    lines: tuple[CustodyLine, ...] = ()
    gaps: int = 0
    suspicions: int = 0
    hops: int = 0
    holder: str = ""
    made_ms: int | None = None
    made_by: str = ""
    proof: str = ""
    named: str = ""

    @property
    def code(self) -> str:
        """The text of the paper's code: label, number of hops and the beginnings of both digests."""
        return f"PS1:{self.number}:C{self.hops}:{self.proof[:20].upper()}:{self.named[:20].upper()}"

    @property
    def unbroken(self) -> bool:
        """Say whether the chain has no gap."""
        return not self.gaps


@dataclass(frozen=True, slots=True)
class StocktakeLine:
    """One device that was not as the record says: missing, too many, or on another shelf."""

    kind: str = ""
    label_no: str = ""
    model: str = ""
    serial_no: str = ""
    recorded: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class StocktakeCard(Card):
    """The outcome of a walk along the shelves; `number` is site and day, `scope` what was counted."""

    site: Site = Site()
    counted_ms: int | None = None
    scope: str = ""
    expected: int = 0
    found: int = 0
    lines: tuple[StocktakeLine, ...] = ()
    remarks: str = ""
    counted_by: str = ""


register("stocktake", StocktakeCard)
register("custody_record", CustodyCard)
register("manifest", ManifestCard)
register("discrepancy_note", DiscrepancyCard)
