"""Who holds a device: the chain of hand-overs and its gaps.

Each hop names giver, taker and the answer of the tamper check. Where a hop starts must be where
the last one ended; if not, the device was out of sight for a time and belongs into quarantine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deskapp.errors import N_, Refused
from deskapp.rules.facts import without_voided


class Holder(StrEnum):
    """The kinds of holder. A holder is written `kind` or `kind:id`, as in `shelf:B-03-2`."""

    MERCHANT = "merchant"
    SHELF = "shelf"
    BENCH = "bench"
    COURIER = "courier"
    VENDOR = "vendor"
    QUARANTINE = "quarantine"
    OWNER = "owner"
    NONE = "none"


HOLDER_TITLES: Final[Mapping[Holder, str]] = {
    Holder.MERCHANT: N_("with the merchant"),
    Holder.SHELF: N_("on the shelf"),
    Holder.BENCH: N_("on the bench"),
    Holder.COURIER: N_("with the courier"),
    Holder.VENDOR: N_("with the maker"),
    Holder.QUARANTINE: N_("in the quarantine store"),
    Holder.OWNER: N_("with the owner"),
    Holder.NONE: N_("destroyed"),
}


class TamperResult(StrEnum):
    """The answer of a tamper check. It has no default: somebody has to look."""

    OK = "ok"
    SUSPECT = "suspect"
    NOT_DUE = "not_due"


TAMPER_TITLES: Final[Mapping[TamperResult, str]] = {
    TamperResult.OK: N_("intact"),
    TamperResult.SUSPECT: N_("suspicious"),
    TamperResult.NOT_DUE: N_("no check due at this step"),
}

OURS: Final = frozenset({Holder.SHELF, Holder.BENCH, Holder.QUARANTINE})


@dataclass(frozen=True, slots=True)
class CustodyFact:
    """One hop: from whom to whom, where, the tamper answer, who gave and took, when (ms UTC).

    `voids` is the uid of a hop that was written in error.
    """

    item: str
    from_holder: str
    to_holder: str
    place: str
    tamper_result: str
    giver: str
    taker: str
    at_ms: int
    uid: str
    voids: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two hops the device was with nobody on record: expected and written holder, and the hop."""

    expected: str
    written: str
    fact: CustodyFact


@dataclass(frozen=True, slots=True)
class CustodyView:
    """Who holds the device (None before the first hop), since when, the chain, its gaps and suspicions."""

    holder: str | None = None
    place: str = ""
    since_ms: int | None = None
    chain: tuple[CustodyFact, ...] = ()
    gaps: tuple[Gap, ...] = ()
    suspicions: tuple[CustodyFact, ...] = ()
    misfits: tuple[CustodyFact, ...] = ()

    @property
    def unbroken(self) -> bool:
        """True when every hop starts where the last one ended."""
        return not self.gaps


def kind_of(holder: str) -> Holder:
    """Return the kind in a written holder; an unknown kind is a bug and raises ValueError."""
    return Holder(holder.partition(":")[0])


def is_ours(holder: str | None) -> bool:
    """Tell whether the device is inside our walls, so that a shelf count must find it."""
    return holder is not None and kind_of(holder) in OURS


def fold_custody(facts: Iterable[CustodyFact]) -> CustodyView:
    """Return who holds the device after these hops, taken in the order given.

    A gap is reported, and the chain goes on from where the device is now: it was seen there.
    """
    counted, dangling = without_voided(tuple(facts))
    holder: str | None = None
    gaps: list[Gap] = []
    for fact in counted:
        if holder is not None and fact.from_holder != holder:
            gaps.append(Gap(holder, fact.from_holder, fact))
        holder = fact.to_holder
    last = counted[-1] if counted else None
    return CustodyView(
        holder=holder,
        place=last.place if last else "",
        since_ms=last.at_ms if last else None,
        chain=tuple(counted),
        gaps=tuple(gaps),
        suspicions=tuple(fact for fact in counted if fact.tamper_result == TamperResult.SUSPECT),
        misfits=tuple(dangling),
    )


def custody_days(facts: Iterable[CustodyFact], until_ms: int) -> int:
    """Return for how many begun days the device was away from the merchant, up to a moment (ms UTC).

    These days are added to the warranty: the time a repair takes is not the merchant's loss.
    """
    day = 24 * 60 * 60 * 1000
    away = 0
    left_ms: int | None = None
    for fact in fold_custody(facts).chain:
        home = kind_of(fact.to_holder) in (Holder.MERCHANT, Holder.OWNER)
        if left_ms is None and not home:
            left_ms = fact.at_ms
        elif left_ms is not None and home:
            away += max(0, fact.at_ms - left_ms)
            left_ms = None
    if left_ms is not None:
        away += max(0, until_ms - left_ms)
    return -(-away // day)


def check_hop(fact: CustodyFact, holder: str | None) -> None:
    """Raise `Refused` for a hop that cannot be written: a side missing, no tamper answer, wrong start."""
    if not fact.giver.strip():
        raise Refused(N_("Who hands the device over?"), field="giver", code="missing")
    if not fact.taker.strip():
        raise Refused(N_("Who takes the device?"), field="taker", code="missing")
    if fact.tamper_result not in (result.value for result in TamperResult):
        raise Refused(N_("Answer the tamper check."), field="tamper_result", code="missing")
    kind_of(fact.from_holder), kind_of(fact.to_holder)
    if holder is not None and fact.from_holder != holder:
        raise Refused(
            N_("By the record the device is elsewhere ({expected}): quarantine it or correct the record."),
            field="from_holder", code="gap", expected=HOLDER_TITLES[kind_of(holder)],
        )  # fmt: skip
