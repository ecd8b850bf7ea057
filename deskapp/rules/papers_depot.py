"""The cards of the depot's own papers: key-load runs, scrapping, notices to collect, parts to order, commands to scan.

A key-load record names slots and check values, never a key. Names of witnesses are in full: such a record is evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.rules.paper_parts import Site
from deskapp.rules.paper_store import Card, register


@dataclass(frozen=True, slots=True)
class KeyRunLine:
    """One device of a run and what became of it; `result` is in words and empty while it is open."""

    label_no: str = ""
    model: str = ""
    serial_no: str = ""
    terminal_no: str = ""
    slot: str = ""
    check_value: str = ""
    result: str = ""
    words: str = ""
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class KeyRunCard(Card):
    """The record of a key-load run; `number` is the run's. Printed before it is the list, afterwards the record."""

    site: Site = Site()
    opened_ms: int | None = None
    closed_ms: int | None = None
    authorised_by: str = ""
    custodian_a: str = ""
    custodian_b: str = ""
    method: str = ""
    key_set: str = ""
    lines: tuple[KeyRunLine, ...] = ()
    loaded: int = 0
    failed: int = 0
    left_out: int = 0
    words: str = ""

    @property
    def planned(self) -> int:
        """How many devices the list names."""
        return len(self.lines)

    @property
    def open(self) -> int:
        """How many are not accounted for yet."""
        return self.planned - self.loaded - self.failed - self.left_out


@dataclass(frozen=True, slots=True)
class ScrapCard(Card):
    """The record of a device that was destroyed; `number` is its label's.

    Three people sign it: who destroyed it and two witnesses. A card of an older version names both in `witness`.
    """

    site: Site = Site()
    order_no: str = ""
    merchant: str = ""
    model: str = ""
    serial_no: str = ""
    tusn: str = ""
    terminal_no: str = ""
    owner: str = ""
    consent: str = ""
    reason: str = ""
    keys_erased: str = ""
    method: str = ""
    kept_parts: tuple[str, ...] = ()
    scrapped_ms: int | None = None
    photos: int = 0
    done_by: str = ""
    witness: str = ""
    second_witness: str = ""
    decided: str = ""


@dataclass(frozen=True, slots=True)
class SwapNoteCard(Card):
    """What is signed when another unit takes the place of a device; `number` is the order's and the line's.

    The terminal number mostly stays (`terminal_words`), the serial number changes, and the warranty goes on until
    `warranty_until` (an ISO day). Of keys it names slot, check value and day, never a key.
    """

    site: Site = Site()
    order_no: str = ""
    merchant: str = ""
    merchant_no: str = ""
    contact: str = ""
    contact_phone: str = ""
    swapped_ms: int | None = None
    reason: str = ""
    old_model: str = ""
    old_serial_no: str = ""
    old_label_no: str = ""
    model: str = ""
    serial_no: str = ""
    tusn: str = ""
    label_no: str = ""
    terminal_no: str = ""
    terminal_words: str = ""
    binding_ticket: str = ""
    keys: str = ""
    key_slot: str = ""
    check_value: str = ""
    keys_ms: int | None = None
    warranty_until: str = ""
    warranty_words: str = ""
    accessories: tuple[str, ...] = ()
    tamper: str = ""
    clerk: str = ""
    signed_ms: int | None = None
    signature: str = ""


@dataclass(frozen=True, slots=True)
class CollectNoticeCard(Card):
    """The written notice that a repaired device waits; `number` is the order's.

    `until` is the day (ISO) that the notice names; nothing happens by itself after it.
    """

    site: Site = Site()
    slip_no: str = ""
    merchant: str = ""
    contact: str = ""
    devices: tuple[str, ...] = ()
    ready_ms: int | None = None
    days: int = 0
    step: str = ""
    until: str = ""
    due_fen: int | None = None
    storage_fee: str = ""
    words: str = ""
    clerk: str = ""
    printed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PartToOrder:
    """One part that has to be bought, with what it is needed for."""

    part_no: str = ""
    name: str = ""
    fits: str = ""
    bin: str = ""
    on_hand: int = 0
    reserved: int = 0
    awaited: int = 0
    least: int = 0
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class PartsOrderCard(Card):
    """The list of parts to order on one day; `number` is the day."""

    site: Site = Site()
    made_ms: int | None = None
    lines: tuple[PartToOrder, ...] = ()
    made_by: str = ""

    @property
    def pieces(self) -> int:
        """How many pieces in all."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class CommandSheetCard(Card):
    """The sheet of commands to laminate and scan; `number` is the station's."""

    site: Site = Site()

    @property
    def ok(self) -> str:
        """The main button of the page."""
        return "X:OK"

    @property
    def next(self) -> str:
        """The next device or bag."""
        return "X:NEXT"

    @property
    def undo(self) -> str:
        """Take the last act back."""
        return "X:UNDO"

    @property
    def print(self) -> str:
        """Print the paper of the page."""
        return "X:PRINT"

    @property
    def tamper_ok(self) -> str:
        """The tamper check showed nothing; a dangerous word that a badge confirms."""
        return "X:TAMPEROK"

    @property
    def quarantine(self) -> str:
        """Into quarantine; a dangerous word that a badge confirms."""
        return "X:QUARANTINE"

    @property
    def release(self) -> str:
        """Out of quarantine; a dangerous word that a badge confirms."""
        return "X:RELEASE"

    @property
    def scrap(self) -> str:
        """Destroy the device at hand; a dangerous word that a badge confirms."""
        return "X:SCRAP"

    @property
    def void(self) -> str:
        """Take back the check-in at hand; a dangerous word that a badge confirms."""
        return "X:VOID"


register("key_run", KeyRunCard)
register("scrap_record", ScrapCard)
register("swap_note", SwapNoteCard)
register("collect_notice", CollectNoticeCard)
register("parts_order", PartsOrderCard)
register("command_sheet", CommandSheetCard)
