"""Free or payable: term x cause x exclusions, every reason named, copied and never worked out again."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules.warranty import (
    CAUSE_TITLES,
    EXCLUSION_TITLES,
    REASONS,
    Basis,
    Cause,
    Decision,
    Exclusion,
    Override,
    Reason,
    RepairWarranty,
    Result,
    add_months,
    days_left,
    decide,
    from_record,
    repair_warranty_end,
    swap_unit_end,
    term_end,
)

TODAY = date(2025, 3, 14)
INSIDE, OUTSIDE = date(2025, 12, 31), date(2025, 3, 13)
EARLIER = RepairWarranty("R1", date(2025, 4, 1), same_fault=True)


def codes(decision: Decision) -> set[str]:
    return {reason.code for reason in decision.reasons}


@pytest.mark.parametrize(
    ("cause", "inside", "outside"),
    [
        (Cause.WEAR, "free", "payable"),
        (Cause.DEFECT, "free", "payable"),
        (Cause.SOFTWARE, "free", "payable"),
        (Cause.NONE_FOUND, "free", "payable"),
        (Cause.MAN_MADE, "payable", "payable"),
        (Cause.LIQUID, "payable", "payable"),
        (Cause.TAMPER, "blocked", "blocked"),
        (None, "free", "payable"),
    ],
)
def test_term_times_cause(cause: Cause | None, inside: str, outside: str) -> None:
    within = decide(on=TODAY, cause=cause, contract_end=INSIDE, evidence=True)
    after = decide(on=TODAY, cause=cause, contract_end=OUTSIDE, evidence=True)
    assert (within.result.value, after.result.value) == (inside, outside)
    assert within.reasons and after.reasons
    assert within.preliminary is after.preliminary is (cause is None)


@pytest.mark.parametrize("exclusion", list(Exclusion))
@pytest.mark.parametrize(
    ("terms", "evidence", "result"),
    [
        ({"contract_end": INSIDE}, True, "payable"),
        ({"contract_end": INSIDE}, False, "needs_supervisor"),
        ({"contract_end": OUTSIDE}, False, "payable"),
        ({}, True, "payable"),
        ({}, False, "needs_supervisor"),
        ({"contract_end": OUTSIDE, "repairs": (EARLIER,)}, True, "payable"),
        ({"contract_end": OUTSIDE, "repairs": (EARLIER,)}, False, "needs_supervisor"),
    ],
)
def test_an_exclusion_is_payable_only_with_a_photo(
    exclusion: Exclusion, terms: dict[str, object], evidence: bool, result: str
) -> None:
    decision = decide(on=TODAY, cause=Cause.DEFECT, exclusions=(exclusion,), evidence=evidence, **terms)  # type: ignore[arg-type]
    assert decision.result.value == result
    assert Reason("excluded", {"exclusion": exclusion.value}) in decision.reasons
    assert ("evidence_missing" in codes(decision)) is (result == "needs_supervisor")


@pytest.mark.parametrize(
    ("terms", "basis"),
    [
        ({"contract_end": INSIDE, "model_end": OUTSIDE}, "contract"),
        ({"contract_end": OUTSIDE, "model_end": INSIDE}, "none"),
        ({"model_end": INSIDE}, "model"),
        ({"manufactured": date(2024, 1, 1), "model_months": 12, "grace_months": 3}, "manufacture_date"),
        ({"repairs": (EARLIER,)}, "repair_warranty"),
    ],
)
def test_the_contract_goes_before_the_model_before_the_date_of_manufacture(
    terms: dict[str, object], basis: str
) -> None:
    assert decide(on=TODAY, cause=Cause.DEFECT, **terms).basis.value == basis  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"manufactured": date(2024, 1, 1)},
        {"manufactured": date(2024, 1, 1), "model_months": 12},
    ],
)
def test_an_unknown_term_is_a_supervisors_decision(terms: dict[str, object]) -> None:
    decision = decide(on=TODAY, cause=Cause.DEFECT, **terms)  # type: ignore[arg-type]
    assert decision.result is Result.NEEDS_SUPERVISOR
    assert "unknown_term" in codes(decision)


def test_the_last_day_is_still_free_and_the_next_is_not() -> None:
    assert decide(on=TODAY, cause=Cause.DEFECT, contract_end=TODAY).result is Result.FREE
    assert decide(on=TODAY, cause=Cause.DEFECT, contract_end=OUTSIDE).result is Result.PAYABLE


def test_days_in_our_custody_are_added_and_named() -> None:
    decision = decide(on=TODAY, cause=Cause.DEFECT, contract_end=OUTSIDE, custody_days=1)
    assert decision.result is Result.FREE
    assert decision.end == TODAY
    assert Reason("custody_days", {"days": 1}) in decision.reasons


@pytest.mark.parametrize(
    ("repair", "result", "code"),
    [
        (EARLIER, "free", "repair_warranty"),
        (RepairWarranty("R1", date(2025, 4, 1), same_part=True), "free", "repair_warranty"),
        (RepairWarranty("R1", TODAY, same_fault=True), "free", "repair_warranty"),
        (RepairWarranty("R1", date(2025, 4, 1)), "payable", "repair_other_fault"),
        (RepairWarranty("R1", date(2025, 3, 13), same_fault=True), "payable", "repair_warranty_over"),
    ],
)
def test_an_earlier_repair_covers_the_same_fault_or_part(
    repair: RepairWarranty, result: str, code: str
) -> None:
    decision = decide(on=TODAY, cause=Cause.WEAR, contract_end=OUTSIDE, repairs=(repair,))
    assert decision.result.value == result
    assert code in codes(decision)
    if result == "free":
        assert decision.basis is Basis.REPAIR_WARRANTY


def test_a_suspicion_of_tampering_blocks_even_a_supervisor() -> None:
    said = Override("s9", "known customer", free=True)
    decision = decide(on=TODAY, cause=Cause.DEFECT, contract_end=INSIDE, tamper_suspected=True, override=said)
    assert decision.result is Result.BLOCKED
    assert codes(decision) == {"tamper"}


@pytest.mark.parametrize("free", [True, False])
def test_an_override_keeps_the_reasons_of_the_rule_and_adds_its_own(free: bool) -> None:
    decision = decide(
        on=TODAY, cause=Cause.WEAR, contract_end=OUTSIDE, override=Override("s9", "goodwill", free=free)
    )
    assert decision.result is (Result.FREE if free else Result.PAYABLE)
    assert decision.basis is Basis.SUPERVISOR
    assert {"outside", "override"} <= codes(decision)


@pytest.mark.parametrize(
    ("start", "months", "custody", "end"),
    [
        (date(2024, 3, 15), 12, 0, date(2025, 3, 15)),
        (date(2024, 1, 31), 1, 0, date(2024, 2, 29)),
        (date(2025, 1, 31), 1, 0, date(2025, 2, 28)),
        (date(2024, 2, 29), 12, 0, date(2025, 2, 28)),
        (date(2024, 12, 31), 2, 0, date(2025, 2, 28)),
        (date(2024, 3, 15), 12, 20, date(2025, 4, 4)),
        (date(2024, 3, 15), 12, -5, date(2025, 3, 15)),
    ],
)
def test_a_term_ends_on_the_same_day_or_the_months_last(
    start: date, months: int, custody: int, end: date
) -> None:
    assert term_end(start, months, custody) == end


def test_a_term_of_no_month_is_a_bug() -> None:
    with pytest.raises(ValueError, match="month"):
        term_end(TODAY, 0)


@pytest.mark.parametrize(
    ("end", "left"), [(TODAY, 0), (date(2025, 3, 15), 1), (date(2025, 3, 13), -1), (date(2026, 3, 14), 365)]
)
def test_days_left(end: date, left: int) -> None:
    assert days_left(end, TODAY) == left


def test_a_free_re_repair_does_not_start_the_repair_warranty_again_but_a_new_part_has_its_own() -> None:
    assert repair_warranty_end(TODAY, 3) == date(2025, 6, 14)
    assert repair_warranty_end(TODAY, 3, EARLIER) == EARLIER.end
    assert repair_warranty_end(TODAY, 3, EARLIER, new_part=True) == date(2025, 6, 14)


def test_a_swap_unit_inherits_the_remaining_term_or_its_own_if_longer() -> None:
    assert swap_unit_end(INSIDE, OUTSIDE) == INSIDE
    assert swap_unit_end(None, OUTSIDE) == OUTSIDE
    assert swap_unit_end(None, None) is None


dates = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@given(
    on=dates,
    cause=st.none() | st.sampled_from(Cause),
    contract_end=st.none() | dates,
    model_end=st.none() | dates,
    repairs=st.lists(
        st.builds(RepairWarranty, st.just("R1"), dates, st.booleans(), st.booleans()), max_size=3
    ),
    exclusions=st.lists(st.sampled_from(Exclusion), max_size=2),
    evidence=st.booleans(),
    tamper_suspected=st.booleans(),
    custody_days=st.integers(0, 60),
)
def test_every_decision_names_reasons_that_have_words_and_survives_as_json(**given_: object) -> None:
    decision = decide(**given_)  # type: ignore[arg-type]
    assert decision.reasons
    for reason in decision.reasons:
        sentence, values = reason.words()
        assert sentence.format(**values)
    assert from_record(json.loads(json.dumps(decision.to_record()))) == decision


@given(dates, st.integers(1, 120))
def test_adding_months_lands_in_the_right_month(start: date, months: int) -> None:
    end = add_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day <= start.day


def test_a_code_this_version_does_not_know_has_no_sentence_and_is_kept() -> None:
    record = {"result": "free", "basis": "contract", "decided_on": "2031-01-01", "end": "",
              "reasons": [{"code": "of_the_future", "values": {"n": 1}}]}  # fmt: skip
    decision = from_record(record)
    assert decision.reasons[0].sentence == ""
    assert "of_the_future" not in REASONS


def test_causes_and_exclusions_have_titles() -> None:
    assert set(CAUSE_TITLES) == set(Cause)
    assert set(EXCLUSION_TITLES) == set(Exclusion)
