"""Free or payable: the warranty decision for one repair, with every reason named.

The decision is made once, copied to the record and never worked out again: a warranty that
changes afterwards (a new contract, a later repair) must not change what was told to a merchant.
`Decision.to_record` and `from_record` are that copy. Terms end inclusively: on the last day the
repair is still free. Days in our custody are added to the end.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from deskapp.errors import N_


class Cause(StrEnum):
    """The class of the cause found at the bench."""

    WEAR = "wear"
    DEFECT = "defect"
    MAN_MADE = "man_made"
    LIQUID = "liquid"
    TAMPER = "tamper"
    SOFTWARE = "software"
    NONE_FOUND = "none_found"


CAUSE_TITLES: Final[Mapping[Cause, str]] = {
    Cause.WEAR: N_("wear in normal use"),
    Cause.DEFECT: N_("defect"),
    Cause.MAN_MADE: N_("man-made damage"),
    Cause.LIQUID: N_("liquid damage"),
    Cause.TAMPER: N_("tampering"),
    Cause.SOFTWARE: N_("software"),
    Cause.NONE_FOUND: N_("no fault found"),
}


class Exclusion(StrEnum):
    """What takes a repair out of the warranty even inside the term; each needs a photo as evidence."""

    MAN_MADE = "man_made"
    LIQUID = "liquid"
    UNAUTHORISED_OPENING = "unauthorised_opening"
    WRONG_POWER = "wrong_power"


EXCLUSION_TITLES: Final[Mapping[Exclusion, str]] = {
    Exclusion.MAN_MADE: N_("man-made damage"),
    Exclusion.LIQUID: N_("liquid damage"),
    Exclusion.UNAUTHORISED_OPENING: N_("opened without authority"),
    Exclusion.WRONG_POWER: N_("wrong power supply"),
}


class Result(StrEnum):
    """What follows for the merchant."""

    FREE = "free"
    PAYABLE = "payable"
    BLOCKED = "blocked"
    NEEDS_SUPERVISOR = "needs_supervisor"


RESULT_TITLES: Final[Mapping[Result, str]] = {
    Result.FREE: N_("free of charge"),
    Result.PAYABLE: N_("payable"),
    Result.BLOCKED: N_("no decision until quarantine is cleared"),
    Result.NEEDS_SUPERVISOR: N_("a supervisor decides"),
}


class Basis(StrEnum):
    """On which term the decision rests; the receipt prints it."""

    CONTRACT = "contract"
    MODEL = "model"
    MANUFACTURE_DATE = "manufacture_date"
    REPAIR_WARRANTY = "repair_warranty"
    SUPERVISOR = "supervisor"
    NONE = "none"


BASIS_TITLES: Final[Mapping[Basis, str]] = {
    Basis.CONTRACT: N_("contract warranty"),
    Basis.MODEL: N_("warranty of the model"),
    Basis.MANUFACTURE_DATE: N_("warranty from the date of manufacture"),
    Basis.REPAIR_WARRANTY: N_("warranty of an earlier repair"),
    Basis.SUPERVISOR: N_("supervisor's decision"),
    Basis.NONE: N_("no warranty"),
}

REASONS: Final[Mapping[str, str]] = {
    "tamper": N_("Tampering is suspected: quarantine comes first."),
    "repair_warranty": N_("Same fault or part as repair {previous}; that repair is covered until {end}."),
    "repair_warranty_over": N_("The warranty of repair {previous} ended on {end}."),
    "repair_other_fault": N_("Repair {previous} is covered until {end}, but this is another fault."),
    "inside_contract": N_("Inside the contract warranty, which ends on {end}."),
    "inside_model": N_("Inside the warranty of the model, which ends on {end}."),
    "inside_manufacture": N_("From the date of manufacture with {grace} months of grace: until {end}."),
    "outside": N_("The warranty ended on {end}."),
    "unknown_term": N_("No warranty date is known."),
    "custody_days": N_("{days} days in our custody were added."),
    "cause_covered": N_("The cause is covered: {cause}."),
    "cause_unknown": N_("The cause is not known yet."),
    "cause_none_found": N_("No fault was found."),
    "excluded": N_("Not covered: {exclusion}."),
    "evidence_missing": N_("Photos of the damage are needed before anything is charged."),
    "override": N_("Decided by supervisor {by}: {why}"),
    "grace_rule": N_("Months of grace: {months}, by {source} {name}."),
    "repair_rule": N_("A repair is covered for {months} months, by {source} {name}."),
    "contract_rule": N_("Contract {number} gives {months} months."),
}
"""The sentence of each reason code; `Reason.values` fills it. Kept for ever: old records name these codes."""


_TITLES_OF: Final[Mapping[str, Mapping[str, str]]] = {
    "cause": {cause.value: title for cause, title in CAUSE_TITLES.items()},
    "exclusion": {kind.value: title for kind, title in EXCLUSION_TITLES.items()},
    "source": {"contract": N_("the contract"), "model": N_("the model"), "usual": N_("the usual rule")},
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its code and the values of its sentence, all text or whole numbers."""

    code: str
    values: Mapping[str, str | int]

    @property
    def sentence(self) -> str:
        """The message id of the sentence; empty for a code this version does not know."""
        return REASONS.get(self.code, "")

    def words(self) -> tuple[str, dict[str, str | int]]:
        """Return the sentence and its values, codes of causes and exclusions replaced by their titles."""
        values = dict(self.values)
        for key, titles in _TITLES_OF.items():
            if key in values:
                values[key] = titles.get(str(values[key]), values[key])
        return self.sentence, values


@dataclass(frozen=True, slots=True)
class RepairWarranty:
    """The warranty of an earlier repair: its number, last day, and whether fault or part is the same now.

    `part` is the number of the part whose own term it is, empty for the repair as a whole; `rule` says why it is so
    long, `since` which repair began it. `added` days of later stays with us are in `end`.
    """

    previous: str
    end: date
    same_fault: bool = False
    same_part: bool = False
    part: str = ""
    rule: Reason | None = None
    since: str = ""
    added: int = 0

    @property
    def written(self) -> date:
        """The last day as it was written down, before days with us were added."""
        return self.end - timedelta(days=self.added)


@dataclass(frozen=True, slots=True)
class Override:
    """A supervisor's decision, with the reason given."""

    by: str
    why: str
    free: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision as it is copied to the record. `end` is the last free day it rests on.

    `preliminary` is the first view at the counter, before the bench has named a cause.
    """

    result: Result
    basis: Basis
    reasons: tuple[Reason, ...]
    decided_on: date
    end: date | None = None
    preliminary: bool = False

    def to_record(self) -> dict[str, object]:
        """Return the decision as plain JSON values: texts, whole numbers, lists."""
        return {
            "result": self.result.value,
            "basis": self.basis.value,
            "reasons": [{"code": reason.code, "values": dict(reason.values)} for reason in self.reasons],
            "decided_on": self.decided_on.isoformat(),
            "end": self.end.isoformat() if self.end else "",
            "preliminary": self.preliminary,
        }


def from_record(record: Mapping[str, object]) -> Decision:
    """Return the decision that was copied to a record; nothing is worked out again."""
    reasons = record["reasons"]
    if not isinstance(reasons, list):
        raise ValueError("reasons of a warranty decision must be a list")
    end = str(record.get("end") or "")
    return Decision(
        Result(str(record["result"])),
        Basis(str(record["basis"])),
        tuple(Reason(str(entry["code"]), dict(entry["values"])) for entry in reasons),
        date.fromisoformat(str(record["decided_on"])),
        date.fromisoformat(end) if end else None,
        bool(record.get("preliminary", False)),
    )


def add_months(start: date, months: int) -> date:
    """Return the day so many months later; where that month is shorter, its last day."""
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def term_end(start: date, months: int, custody_days: int = 0) -> date:
    """Return the last day of a term, custody days added.

    The starting day is not counted and the term ends on the day of the same number, or on the last
    day of a month that has none (Civil Code of the PRC, articles 201 and 202).
    """
    if months <= 0:
        raise ValueError("a term has at least one month")
    return add_months(start, months) + timedelta(days=max(0, custody_days))


def days_left(end: date, today: date) -> int:
    """Return how many days the term still covers after today; 0 on the last day, negative when over."""
    return (end - today).days


@dataclass(frozen=True, slots=True)
class _Term:
    basis: Basis
    end: date
    reasons: tuple[Reason, ...]


def decide(
    *,
    on: date,
    cause: Cause | None,
    contract_end: date | None = None,
    model_end: date | None = None,
    manufactured: date | None = None,
    model_months: int | None = None,
    grace_months: int | None = None,
    repairs: Iterable[RepairWarranty] = (),
    exclusions: Iterable[Exclusion] = (),
    evidence: bool = False,
    tamper_suspected: bool = False,
    custody_days: int = 0,
    override: Override | None = None,
    rules: Mapping[Basis, Reason] = MappingProxyType({}),
) -> Decision:
    """Decide whether a repair is free, as of the day the device came in (`on`).

    The term is the contract's, else the model's, else (where the model allows it) counted from
    the date of manufacture with a grace. Exclusions count only with photos (`evidence`).
    `custody_days` are days of earlier stays with us. An override cannot lift a suspicion of tampering. `rules` name for
    each basis which rule set its term: the one that counts is copied with the decision.
    """
    if tamper_suspected or cause is Cause.TAMPER:
        return Decision(Result.BLOCKED, Basis.NONE, (Reason("tamper", {}),), on)
    term = _term(contract_end, model_end, manufactured, model_months, grace_months, custody_days)
    if term is not None and term.basis in rules:
        term = replace(term, reasons=(*term.reasons, rules[term.basis]))
    decision = _by_rules(on, cause, term, tuple(repairs), _excluded(cause, exclusions), evidence)
    decision = replace(decision, preliminary=cause is None)
    if override is None:
        return decision
    stated = Reason("override", {"by": override.by, "why": override.why})
    result = Result.FREE if override.free else Result.PAYABLE
    return Decision(result, Basis.SUPERVISOR, (*decision.reasons, stated), on, decision.end, cause is None)


def _term(
    contract_end: date | None,
    model_end: date | None,
    manufactured: date | None,
    model_months: int | None,
    grace_months: int | None,
    custody_days: int,
) -> _Term | None:
    extra = timedelta(days=max(0, custody_days))
    added = (Reason("custody_days", {"days": custody_days}),) if custody_days > 0 else ()
    if contract_end:
        return _Term(Basis.CONTRACT, contract_end + extra, added)
    if model_end:
        return _Term(Basis.MODEL, model_end + extra, added)
    if manufactured and model_months and grace_months is not None:
        end = term_end(manufactured, model_months + grace_months) + extra
        said = Reason("inside_manufacture", {"grace": grace_months, "end": end.isoformat()})
        return _Term(Basis.MANUFACTURE_DATE, end, (said, *added))
    return None


def _excluded(cause: Cause | None, exclusions: Iterable[Exclusion]) -> tuple[Exclusion, ...]:
    found = set(exclusions)
    if cause in (Cause.MAN_MADE, Cause.LIQUID):
        found.add(Exclusion(cause.value))
    return tuple(kind for kind in Exclusion if kind in found)


def _by_rules(
    on: date,
    cause: Cause | None,
    term: _Term | None,
    repairs: tuple[RepairWarranty, ...],
    excluded: tuple[Exclusion, ...],
    evidence: bool,
) -> Decision:
    covering, why = _repair_cover(on, repairs)
    inside = term is not None and on <= term.end
    basis, end = (Basis.NONE, None) if term is None else (term.basis, term.end)
    if covering:
        basis, end = Basis.REPAIR_WARRANTY, covering.end
    else:
        why += [Reason("unknown_term", {})] if term is None else _term_reasons(term, inside)
    if excluded:
        why += [Reason("excluded", {"exclusion": kind.value}) for kind in excluded]
        # Outside every term it is payable anyway; only where it would be free must the damage be shown.
        if not evidence and (covering or inside or term is None):
            why.append(Reason("evidence_missing", {}))
            return Decision(Result.NEEDS_SUPERVISOR, basis, tuple(why), on, end)
        return Decision(Result.PAYABLE, basis if covering or inside else Basis.NONE, tuple(why), on, end)
    if covering:
        return Decision(Result.FREE, basis, tuple(why), on, end)
    if term is None:
        return Decision(Result.NEEDS_SUPERVISOR, basis, tuple(why), on)
    if not inside:
        return Decision(Result.PAYABLE, Basis.NONE, tuple(why), on, end)
    return Decision(Result.FREE, basis, (*why, _cause_reason(cause)), on, end)


def _cause_reason(cause: Cause | None) -> Reason:
    if cause is None or cause is Cause.NONE_FOUND:
        return Reason("cause_none_found" if cause else "cause_unknown", {})
    return Reason("cause_covered", {"cause": cause.value})


def _repair_cover(on: date, repairs: tuple[RepairWarranty, ...]) -> tuple[RepairWarranty | None, list[Reason]]:
    """Return the earlier repair that covers this one (the one that runs longest) and what was looked at."""
    covering: RepairWarranty | None = None
    looked: list[Reason] = []
    for repair in sorted(repairs, key=lambda entry: entry.end, reverse=True):
        values: dict[str, str | int] = {"previous": repair.previous, "end": repair.end.isoformat()}
        if on > repair.end:
            looked.append(Reason("repair_warranty_over", values))
        elif not (repair.same_fault or repair.same_part):
            looked.append(Reason("repair_other_fault", values))
        elif covering is None:
            covering = repair
            looked += [Reason("repair_warranty", values), *([repair.rule] if repair.rule else [])]
            looked += [Reason("custody_days", {"days": repair.added})] if repair.added > 0 else []
    return covering, looked


def _term_reasons(term: _Term, inside: bool) -> list[Reason]:
    if not inside:
        first = [Reason("outside", {"end": term.end.isoformat()})]
        return first + [reason for reason in term.reasons if reason.code != "inside_manufacture"]
    if term.basis is Basis.MANUFACTURE_DATE:
        return list(term.reasons)
    code = "inside_contract" if term.basis is Basis.CONTRACT else "inside_model"
    return [Reason(code, {"end": term.end.isoformat()}), *term.reasons]


def repair_warranty_end(
    repaired_on: date, months: int, earlier: RepairWarranty | None = None, *, new_part: bool = False
) -> date:
    """Return the last day of the warranty on this repair.

    A free re-repair under an earlier repair's warranty does not start it again: the earlier end
    stays. A newly fitted part carries its own term.
    """
    return term_end(repaired_on, months) if earlier is None or new_part else earlier.written


def swap_unit_end(old_end: date | None, own_end: date | None) -> date | None:
    """Return the last warranty day of a swap unit: the remaining term, or its own if that is longer."""
    known = [end for end in (old_end, own_end) if end]
    return max(known) if known else None
