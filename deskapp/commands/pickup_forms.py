"""What the counter hands to a pickup and what it gets back. Plain values, no records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from deskapp.commands.checkin_forms import Photo
from deskapp.errors import N_
from deskapp.models.store import Override


class ProofKind(StrEnum):
    """On what the devices are released."""

    SLIP = "slip"
    SLIP_TYPED = "slip_typed"
    CODE = "code"
    SUPERVISOR = "supervisor"


PROOF_TITLES = {
    ProofKind.SLIP: N_("slip, scanned"),
    ProofKind.SLIP_TYPED: N_("original slip with phone number and document"),
    ProofKind.CODE: N_("pickup code"),
    ProofKind.SUPERVISOR: N_("a supervisor's consent"),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """What the collector shows.

    `slip`: number and the token of its QR code. `slip_typed`: the original slip whose code cannot be
    read, with the last four of the deliverer's phone. `code`: the six digits. `supervisor`: consent.
    """

    kind: ProofKind
    slip_no: str = ""
    token: str = ""
    phone_tail: str = ""
    code: str = ""
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The answer of a check: a release to hand out on, or the sentence that says why not."""

    release_id: str = ""
    sentence: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    tries_left: int = 5
    supervisor: bool = False

    @property
    def ok(self) -> bool:
        """Say whether the devices may go."""
        return bool(self.release_id)


@dataclass(frozen=True, slots=True)
class Collector:
    """Who stands at the counter; of a document only the last four characters are kept."""

    name: str
    is_agent: bool = False
    id_type: str = "resident_id"
    id_last4: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """An amount in fen by one method of `rules.account.PayMethod`."""

    method: str
    fen: int


@dataclass(frozen=True, slots=True)
class Reduction:
    """A discount or waiver in fen, with its reason and the consent of somebody who may grant it."""

    kind: str
    fen: int
    reason: str
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class HandedItem:
    """One device that goes: the tamper answer, the test with the merchant (id to pass, fail or skipped),
    the accessories that go with it, by id, and what became of its old parts (`models.old_parts`, by move)."""

    item_id: str
    tamper: str = ""
    tests: Mapping[str, str] = field(default_factory=dict)
    accessories: tuple[str, ...] = ()
    old_parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signed:
    """How it was signed: a drawing in the blob store, or on paper (a to-do until it is scanned)."""

    drawing: Photo | None = None
    on_paper: bool = False


@dataclass(frozen=True, slots=True)
class HandedOut:
    """The outcome of a pickup: the receipt, what was paid, and what is still with us."""

    receipt_no: str
    pickup_id: str
    total_fen: int
    item_ids: tuple[str, ...]
    left_behind: int
    todo: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome of a payment or refund on its own: its receipt and the amount in fen."""

    receipt_no: str
    fen: int
