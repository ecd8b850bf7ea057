"""The cards of a job on the bench: what the page shows, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deskapp.catalogue import TestStep
from deskapp.rules import lifecycle


@dataclass(frozen=True, slots=True)
class Finding:
    """The diagnosis that counts, with the warranty decision as it was copied."""

    at: int
    by: str
    symptom_confirmed: str
    cause_code: str
    cause_class: str
    tamper_flag: str
    words: str
    actions: tuple[str, ...]
    labour_class: str
    needed_parts: tuple[tuple[str, int], ...]
    firmware_version: str
    app_version: str
    decision: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class QuoteView:
    """The newest quote: number, version, lines, total, until when it holds, and what was answered."""

    number: str
    version: int
    lines: tuple[Mapping[str, Any], ...]
    discount_fen: int
    total_fen: int
    declined_fee_fen: int
    valid_until: int
    expired: bool
    answer: str
    answered_by: str


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test: by whom, with which steps failed."""

    __test__ = False

    at: int
    by: str
    passed: bool
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the history: a move or a note, as stored words."""

    at: int
    by: str
    move: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part on the job, with what it costs and whether it came out."""

    part_id: str
    part_no: str
    name: str
    name_en: str
    quantity: int
    serial_no: str
    price_fen: int


@dataclass(frozen=True, slots=True)
class EarlierStay:
    """An earlier repair of the same unit."""

    order_no: str
    came_at: int
    symptom_code: str
    state: str


@dataclass(frozen=True, slots=True)
class JobCard:
    """Everything the bench page needs about one device. Money is fen, times are ms UTC.

    `contact_phone` is masked; `phones` are the numbers on file in full, for the one moment in which
    somebody has to call the merchant back. `goes_back`: done here, it travels to the outlet that took it in.
    """

    item_id: str
    label_no: str
    order_no: str
    device_id: str
    serial_no: str
    tusn: str
    model_id: str
    model: str
    model_en: str
    kind: str
    merchant: str
    merchant_no: str
    contact: str
    contact_phone: str
    phones: tuple[str, ...]
    terminal_no: str
    symptom_code: str
    words: str
    priority: int
    state: str
    resumes: str
    waits_for: str
    colour: str
    due_at: int
    days: int
    holder: str
    shelf: str
    technician: str
    technician_id: str
    received_at: int
    ceiling_fen: int
    old_parts_back: bool
    firmware_version: str
    app_version: str
    accessories: tuple[str, ...]
    condition: tuple[tuple[str, str], ...]
    condition_words: str
    photos: tuple[str, ...]
    todos: tuple[str, ...]
    finding: Finding | None
    basis: str
    quote: QuoteView | None
    money_state: str
    due_fen: int
    parts: tuple[Part, ...]
    parts_out: tuple[Part, ...]
    minutes: int
    repair_actions: tuple[str, ...]
    advice: str
    keys_gone: bool
    keys_may_be_kept: bool
    do_not_wipe: bool
    plan_id: str
    plan: tuple[TestStep, ...]
    tests: tuple[TestRun, ...]
    own_work: bool
    solo_site: bool
    goes_back: bool
    legal: frozenset[str]
    bench: str
    awaited_part: str
    awaited_quantity: int
    awaited_order: str
    awaited_day: str
    history: tuple[Event, ...]
    notes: tuple[Event, ...]
    earlier: tuple[EarlierStay, ...]

    @property
    def may_start(self) -> bool:
        """Say whether the repair may begin without asking the merchant."""
        return self.basis in lifecycle.MAY_START

    def can(self, *moves: str) -> bool:
        """Say whether the person who looks may make one of these moves now."""
        return any(move in self.legal for move in moves)
