"""The day's end: counting the shelf, closing with a supervisor, cash that does not match, the register."""

from __future__ import annotations

from typing import Any

import pytest

from deskapp.commands.dayend import close_day, print_register, save_shelf_count
from deskapp.commands.pickup_correct import refund, void_payment
from deskapp.commands.pickup_forms import Payment, Reduction
from deskapp.errors import Forbidden, Refused
from deskapp.models import day_figures
from deskapp.models.local import PrintJob
from deskapp.models.repair import ItemRecord, ReviewCard
from deskapp.models.store import Store
from deskapp.rules import papers
from tests.commands.test_pickup import consent, hand, order_with
from tests.conftest import FixedClock, People
from tests.factories_pickup import Line

TODAY = "2026-03-12"


def card_of(store: Store, job_id: str) -> Any:
    return papers.from_json(store.ask(lambda s: s.get_one(PrintJob, job_id)).card)


def close(store: Store, people: People, **more: Any) -> Any:
    return store.run(close_day(**{"day": TODAY, **more}), by=people.supervisor).result


def test_a_closed_day_says_what_came_in_by_which_way(store: Store, people: People) -> None:
    one = order_with(store, people, Line(fen=15000), Line(fen=5000))
    hand(store, people, one, 0, 1, payments=(Payment("cash", 12000), Payment("wechat", 8000)))
    other = order_with(store, people, Line(fen=3000))
    hand(store, people, other, 0, payments=(Payment("cash", 3000),))

    done = close(store, people)
    card = card_of(store, done.job_id)

    assert done.number == "FZ-D1-20260312" and done.net_fen == 23000
    assert [(line.method, line.count, line.amount_fen) for line in card.takings] == [
        ("现金", 2, 15000), ("微信支付", 1, 8000),
    ]  # fmt: skip
    assert (card.received_count, card.returned_count) == (3, 3)
    assert card.supervisor == "欧阳静"


def test_what_was_let_off_and_paid_back_is_named(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000))
    cut = Reduction("discount", 5000, "campaign", consent(store, people, "discount"))
    hand(store, people, order, 0, reductions=(cut,), payments=(Payment("cash", 10000),))
    store.run(refund(order_id=order.order_id, fen=2000, method="cash", reason="多收"), by=people.supervisor)

    card = card_of(store, close(store, people).job_id)

    assert [(line.amount_fen, line.reason, line.allowed_by) for line in card.waivers] == [(5000, "优惠活动", "欧阳静")]
    assert [(line.amount_fen, line.reason) for line in card.refunds] == [(2000, "多收")]


def test_the_count_finds_misses_and_finds_too_much(store: Store, people: People) -> None:
    order = order_with(store, people, Line(), Line(end="bench"), Line(end="unrepaired"))

    counted = store.run(
        save_shelf_count(day=TODAY, found=order.items[:2], extra=("NL999", "6222021234567890128")), by=people.clerk
    ).result
    done = close(store, people, remarks="一台待查")
    card = card_of(store, done.job_id)

    assert (counted.found, counted.missing, counted.extra) == (2, 1, 2)
    assert sorted(line.counted is True for line in card.held) == [False, True, True]
    assert card.extra_on_shelf == ("NL999", "****0128")
    cards = store.ask(lambda s: s.query(ReviewCard).filter_by(kind="missing_at_count").all())
    assert [one.subject_id for one in cards] == [order.items[2]]


def test_without_a_count_nothing_is_missing(store: Store, people: People) -> None:
    order_with(store, people, Line())

    card = card_of(store, close(store, people).job_id)

    assert [line.counted for line in card.held] == [None]


def test_who_still_has_to_be_called_is_named_with_a_masked_number(store: Store, people: People) -> None:
    order_with(store, people, Line())

    card = card_of(store, close(store, people).job_id)

    assert [(line.phone, line.attempts) for line in card.open_calls] == [("138****8000", 0)]


def test_cash_that_does_not_match_wants_a_word(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000))
    hand(store, people, order, 0, payments=(Payment("cash", 15000),))

    with pytest.raises(Refused) as refusal:
        close(store, people, cash_fen=14000)
    assert refusal.value.field == "remarks"

    done = close(store, people, cash_fen=14000, remarks="找零差错")
    assert done.cash_difference_fen == -1000
    assert "-¥10.00" in card_of(store, done.job_id).remarks


def test_cash_paid_back_leaves_the_drawer(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000))
    hand(store, people, order, 0, payments=(Payment("cash", 15000),))
    store.run(refund(order_id=order.order_id, fen=2000, method="cash", reason="多收"), by=people.supervisor)

    assert close(store, people, cash_fen=13000).cash_difference_fen == 0


def test_the_clerk_closes_with_a_supervisors_consent(store: Store, people: People) -> None:
    with pytest.raises(Refused) as refusal:
        store.run(close_day(day=TODAY), by=people.clerk)
    assert (refusal.value.field, refusal.value.code) == ("supervisor", "needs_override")

    act = close_day(day=TODAY, override=consent(store, people, "day_end", "日终复核"))
    done = store.run(act, by=people.clerk).result

    card = card_of(store, done.job_id)
    assert (card.clerk, card.supervisor) == ("李秀英", "欧阳静")


def test_a_day_is_closed_again_only_with_a_reason(store: Store, people: People) -> None:
    close(store, people)

    with pytest.raises(Refused) as refusal:
        close(store, people)
    assert refusal.value.code == "closed"

    close(store, people, again_because="补录一笔")
    rows = store.ask(lambda s: s.query(ItemRecord).filter_by(kind="day_end").order_by(ItemRecord.n).all())
    assert [bool(row.voids) for row in rows] == [False, True, False]
    assert rows[2].data["again_because"] == "补录一笔"


def test_a_day_to_come_cannot_be_closed(store: Store, people: People) -> None:
    for day, code in (("2026-03-13", "future"), ("gestern", "form")):
        with pytest.raises(Refused) as refusal:
            close(store, people, day=day)
        assert refusal.value.code == code


def test_a_closed_day_does_not_change_when_a_payment_is_voided_later(
    store: Store, people: People, clock: FixedClock
) -> None:
    order = order_with(store, people, Line(fen=15000))
    done = hand(store, people, order, 0, payments=(Payment("cash", 15000),))
    clock.forward(days=1)
    store.run(void_payment(receipt_no=done.receipt_no, reason="录错方式"), by=people.supervisor)

    with store.read() as session:
        first = day_figures.figures(session, store.facts.site_id, day_figures.date(2026, 3, 12), store.now)
        second = day_figures.figures(session, store.facts.site_id, day_figures.date(2026, 3, 13), store.now)

    assert (first.taken_fen, first.net_fen) == (15000, 15000)
    assert (second.taken_fen, second.net_fen, second.cash_fen) == (0, -15000, -15000)


def test_the_register_names_every_device_of_the_period(store: Store, people: People, clock: FixedClock) -> None:
    order = order_with(store, people, Line(fen=15000, accessories=("power_adapter",)), Line())
    hand(store, people, order, 0, payments=(Payment("cash", 15000),))
    clock.forward(days=3)
    order_with(store, people, Line())

    act = print_register(first_day=TODAY, last_day=TODAY)
    card = card_of(store, store.run(act, by=people.supervisor).result)

    assert [line.index for line in card.lines] == [1, 2]
    first, second = card.lines
    assert (first.accessories, first.amount_fen, first.collector) == ("电源适配器", 15000, "王**")
    assert second.returned_ms is None and second.remark == "待取机"


def test_a_register_wants_a_period_that_makes_sense(store: Store, people: People) -> None:
    for first, last, field in ((TODAY, "2026-03-11", "last_day"), ("2024-01-01", TODAY, "first_day"),
                               (TODAY, TODAY, "first_day")):  # fmt: skip
        with pytest.raises(Refused) as refusal:
            store.run(print_register(first_day=first, last_day=last), by=people.supervisor)
        assert refusal.value.field == field


def test_the_register_is_not_for_everybody(store: Store, people: People) -> None:
    with pytest.raises(Forbidden):
        store.run(print_register(first_day=TODAY, last_day=TODAY), by=people.clerk)
