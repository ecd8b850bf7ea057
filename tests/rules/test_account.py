"""What is owed: quotes, charges, payments, and what a person may not write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.errors import Refused
from deskapp.rules.account import (
    METHOD_TITLES,
    MONEY_TITLES,
    MoneyFact,
    MoneyKind,
    MoneyState,
    PayMethod,
    check_money,
    fold_money,
    quote_needed,
)

K = MoneyKind


def facts(*steps: tuple[K, int]) -> list[MoneyFact]:
    return [
        MoneyFact(kind, fen, n, "s1", uid=f"m{n}", method="cash", reason="because")
        for n, (kind, fen) in enumerate(steps)
    ]


@pytest.mark.parametrize(
    ("steps", "state", "due", "paid"),
    [
        ([], "none", 0, 0),
        ([(K.QUOTE, 5000)], "quoted", 0, 0),
        ([(K.QUOTE, 5000), (K.APPROVAL, 0)], "approved", 0, 0),
        ([(K.QUOTE, 5000), (K.DECLINE, 0)], "declined", 0, 0),
        ([(K.QUOTE, 5000), (K.APPROVAL, 0), (K.QUOTE, 9000)], "quoted", 0, 0),
        ([(K.CHARGE, 5000)], "payable", 5000, 0),
        ([(K.CHARGE, 5000), (K.PAYMENT, 2000)], "payable", 3000, 2000),
        ([(K.CHARGE, 5000), (K.PAYMENT, 5000)], "paid", 0, 5000),
        ([(K.PAYMENT, 5000), (K.CHARGE, 5000)], "paid", 0, 5000),
        ([(K.CHARGE, 5000), (K.DISCOUNT, 1000), (K.PAYMENT, 4000)], "paid", 0, 4000),
        ([(K.CHARGE, 5000), (K.WAIVER, 5000)], "waived", 0, 0),
        ([(K.CHARGE, 5000), (K.PAYMENT, 5000), (K.REFUND, 2000)], "payable", 2000, 3000),
        ([(K.QUOTE, 5000), (K.DECLINE, 0), (K.CHARGE, 3000), (K.PAYMENT, 3000)], "paid", 0, 3000),
        ([(K.CHARGE, 0)], "none", 0, 0),
    ],
)
def test_the_state_of_the_money(steps: list[tuple[K, int]], state: str, due: int, paid: int) -> None:
    view = fold_money(facts(*steps))
    assert (view.state.value, view.due_fen, view.paid_fen, view.misfits) == (state, due, paid, ())


@pytest.mark.parametrize(
    "steps",
    [
        [(K.APPROVAL, 0)],
        [(K.CHARGE, 5000), (K.DISCOUNT, 5001)],
        [(K.CHARGE, 5000), (K.DISCOUNT, 3000), (K.WAIVER, 3000)],
        [(K.CHARGE, 5000), (K.REFUND, 1)],
        [(K.CHARGE, 5000), (K.PAYMENT, -1)],
    ],
)
def test_what_makes_no_sense_is_kept_and_not_counted(steps: list[tuple[K, int]]) -> None:
    made = facts(*steps)
    view = fold_money(made)
    assert view.misfits == (made[-1],)
    assert view == fold_money(made[:-1]) or view.due_fen == fold_money(made[:-1]).due_fen


def test_an_answer_to_an_older_quote_is_a_misfit() -> None:
    made = facts((K.QUOTE, 5000), (K.QUOTE, 9000))
    late = MoneyFact(K.APPROVAL, 0, 9, "s1", uid="a", quote="m0")
    view = fold_money([*made, late])
    assert (view.state, view.misfits) == (MoneyState.QUOTED, (late,))


def test_takings_are_added_up_by_method() -> None:
    made = [
        MoneyFact(K.CHARGE, 9000, 0, "s1", uid="c"),
        MoneyFact(K.PAYMENT, 5000, 1, "s1", uid="p1", method="cash"),
        MoneyFact(K.PAYMENT, 4000, 2, "s1", uid="p2", method="wechat"),
        MoneyFact(K.REFUND, 1000, 3, "s1", uid="r", method="cash"),
    ]
    assert fold_money(made).by_method == {"cash": 4000, "wechat": 4000}


def test_a_payment_too_much_is_shown() -> None:
    assert fold_money(facts((K.CHARGE, 5000), (K.PAYMENT, 6000))).over_fen == 1000


@pytest.mark.parametrize(
    ("total", "ceiling", "approved", "needed"),
    [(0, None, 0, False), (9, None, 0, True), (9, 9, 0, False), (10, 9, 0, True), (10, 9, 20, False)],
)
def test_a_quote_is_needed_above_ceiling_and_approval(
    total: int, ceiling: int | None, approved: int, needed: bool
) -> None:
    view = fold_money(facts((K.QUOTE, approved), (K.APPROVAL, 0)) if approved else [])
    assert quote_needed(total, ceiling, view) is needed


QUOTED = fold_money([MoneyFact(K.QUOTE, 5000, 0, "s1", uid="q", valid_until_ms=100)])
CHARGED = fold_money(facts((K.CHARGE, 5000), (K.PAYMENT, 1000)))


@pytest.mark.parametrize(
    ("fact", "view", "field"),
    [
        (MoneyFact(K.PAYMENT, 0, 0, "s", method="cash"), CHARGED, "amount"),
        (MoneyFact(K.CHARGE, -1, 0, "s"), CHARGED, "amount"),
        (MoneyFact(K.PAYMENT, 4001, 0, "s", method="cash"), CHARGED, "amount"),
        (MoneyFact(K.PAYMENT, 100, 0, "s", method="shells"), CHARGED, "method"),
        (MoneyFact(K.WAIVER, 100, 0, "s"), CHARGED, "reason"),
        (MoneyFact(K.DISCOUNT, 5001, 0, "s", reason="r"), CHARGED, "amount"),
        (MoneyFact(K.REFUND, 1001, 0, "s", reason="r", method="cash"), CHARGED, "amount"),
        (MoneyFact(K.VOID, 0, 0, "s", reason="r"), CHARGED, "voids"),
        (MoneyFact(K.APPROVAL, 0, 0, "s"), fold_money([]), "quote"),
        (MoneyFact(K.APPROVAL, 0, 101, "s"), QUOTED, "quote"),
        (MoneyFact(K.APPROVAL, 0, 50, "s", quote="older"), QUOTED, "quote"),
    ],
)
def test_what_a_person_may_not_write(fact: MoneyFact, view: object, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_money(fact, view)  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_a_decline_is_taken_even_after_the_quote_ran_out() -> None:
    check_money(MoneyFact(K.DECLINE, 0, 101, "s"), QUOTED)
    check_money(MoneyFact(K.APPROVAL, 0, 100, "s", quote="q"), QUOTED)
    check_money(MoneyFact(K.PAYMENT, 4000, 0, "s", method="alipay"), CHARGED)


def test_every_state_and_method_has_a_title() -> None:
    assert set(MONEY_TITLES) == set(MoneyState)
    assert set(METHOD_TITLES) == set(PayMethod)


kinds = st.sampled_from([kind for kind in K if kind is not K.VOID])
lists = st.lists(st.tuples(kinds, st.integers(0, 10_000)), min_size=1, max_size=12)


@given(lists, st.data())
def test_a_voided_fact_is_as_if_never_made(steps: list[tuple[K, int]], data: st.DataObject) -> None:
    made = facts(*steps)
    gone = data.draw(st.integers(0, len(made) - 1))
    void = MoneyFact(K.VOID, 0, 99, "boss", uid="v", reason="typo", voids=made[gone].uid)
    assert fold_money([*made, void]) == fold_money(made[:gone] + made[gone + 1 :])


@given(lists)
def test_nothing_is_ever_owed_twice_or_below_zero(steps: list[tuple[K, int]]) -> None:
    view = fold_money(facts(*steps))
    net = view.charged_fen - view.discount_fen - view.waived_fen
    assert min(view.due_fen, view.over_fen, view.paid_fen, net) >= 0
    assert view.due_fen == 0 or view.over_fen == 0
    if view.charged_fen:
        assert net == view.paid_fen + view.due_fen - view.over_fen
    assert sum(view.by_method.values()) == view.paid_fen
