"""Who holds a device: the chain, its gaps, and the days away from the merchant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.errors import Refused
from deskapp.rules.custody import (
    HOLDER_TITLES,
    CustodyFact,
    Holder,
    check_hop,
    custody_days,
    fold_custody,
    is_ours,
    kind_of,
)

DAY = 24 * 60 * 60 * 1000


def hop(n: int, start: str, end: str, **changes: object) -> CustodyFact:
    fact = CustodyFact("item", start, end, "counter", "ok", "giver", "taker", n * DAY, f"h{n}")
    return replace(fact, **changes)  # type: ignore[arg-type]


CHAIN = [
    hop(0, "merchant:m1", "shelf:A1"),
    hop(2, "shelf:A1", "bench:1"),
    hop(3, "bench:1", "shelf:B2"),
    hop(5, "shelf:B2", "merchant:m1"),
]


def test_an_unbroken_chain_ends_with_the_last_taker() -> None:
    view = fold_custody(CHAIN)
    assert (view.holder, view.since_ms, view.unbroken) == ("merchant:m1", 5 * DAY, True)


def test_nobody_holds_a_device_without_hops() -> None:
    assert fold_custody([]).holder is None
    assert not is_ours(None)


def test_a_gap_names_both_holders_and_the_chain_goes_on() -> None:
    view = fold_custody([CHAIN[0], CHAIN[2]])
    assert [(gap.expected, gap.written) for gap in view.gaps] == [("shelf:A1", "bench:1")]
    assert view.holder == "shelf:B2"


def test_a_voided_hop_opens_no_gap_when_it_was_too_much() -> None:
    extra = hop(1, "shelf:Z9", "bench:9")
    assert not fold_custody([CHAIN[0], extra]).unbroken
    void = hop(4, "x", "y", uid="v", voids=extra.uid)
    assert fold_custody([CHAIN[0], extra, void]) == fold_custody([CHAIN[0]])


def test_a_void_of_nothing_is_listed() -> None:
    void = hop(4, "x", "y", uid="v", voids="elsewhere")
    assert fold_custody([CHAIN[0], void]).misfits == (void,)


def test_a_suspicion_is_seen_in_the_view() -> None:
    fact = hop(0, "merchant", "shelf:A1", tamper_result="suspect")
    assert fold_custody([fact]).suspicions == (fact,)


@pytest.mark.parametrize(
    ("until", "facts", "days"),
    [(9, CHAIN, 5), (4, CHAIN[:2], 4), (0, [], 0), (9, [hop(1, "merchant", "merchant")], 0)],
)
def test_days_in_our_custody(until: int, facts: list[CustodyFact], days: int) -> None:
    assert custody_days(facts, until * DAY) == days


def test_a_begun_day_counts() -> None:
    assert custody_days([CHAIN[0]], DAY + 1) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"giver": " "}, "giver"),
        ({"taker": ""}, "taker"),
        ({"tamper_result": ""}, "tamper_result"),
        ({"tamper_result": "fine"}, "tamper_result"),
        ({"from_holder": "bench:7"}, "from_holder"),
    ],
)
def test_a_hop_without_its_parties_or_its_answer_is_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_hop(replace(CHAIN[1], **changes), "shelf:A1")  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_a_good_hop_passes() -> None:
    check_hop(CHAIN[1], "shelf:A1")
    check_hop(CHAIN[0], None)


def test_every_kind_of_holder_has_a_title_and_others_are_a_bug() -> None:
    assert set(HOLDER_TITLES) == set(Holder)
    assert kind_of("shelf:B-03-2") is Holder.SHELF
    assert is_ours("bench:1") and not is_ours("courier:c")
    with pytest.raises(ValueError, match="moon"):
        kind_of("moon:1")


places = st.sampled_from(["merchant", "shelf:A", "shelf:B", "bench:1", "courier:c", "vendor:v"])


@given(st.lists(st.tuples(places, places), min_size=1, max_size=12), st.data())
def test_a_voided_hop_is_as_if_never_made(hops: list[tuple[str, str]], data: st.DataObject) -> None:
    facts = [hop(n, start, end) for n, (start, end) in enumerate(hops)]
    gone = data.draw(st.integers(0, len(facts) - 1))
    void = hop(50, "x", "y", uid="void", voids=facts[gone].uid)
    assert fold_custody([*facts, void]) == fold_custody(facts[:gone] + facts[gone + 1 :])


@given(st.lists(places, min_size=2, max_size=12))
def test_a_chain_of_joined_hops_never_has_a_gap(holders: list[str]) -> None:
    facts = [hop(n, a, b) for n, (a, b) in enumerate(zip(holders, holders[1:], strict=False))]
    view = fold_custody(facts)
    assert view.unbroken and view.holder == holders[-1]
