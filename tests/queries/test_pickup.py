"""What waits to be collected, who is to be called, and the order as the counter sees it."""

from __future__ import annotations

import pytest

from deskapp.commands.pickup_correct import refund, void_pickup
from deskapp.commands.pickup_forms import Payment
from deskapp.commands.pickup_release import log_call
from deskapp.models.store import Store
from deskapp.queries.pickup import call_card, call_list, pickup_order, ready_list
from deskapp.queries.pickup_find import find_pickups
from tests.commands.test_loaners import lent, loaner
from tests.commands.test_pickup import hand, order_with
from tests.conftest import FixedClock, People
from tests.factories_pickup import Line


def test_the_longest_waiting_stands_first_with_its_step(store: Store, people: People, clock: FixedClock) -> None:
    old = order_with(store, people, Line(fen=15000), Line(end="bench"))
    clock.forward(days=16)
    new = order_with(store, people, Line())

    rows = store.ask(lambda s: ready_list(s, store.now))

    assert [row.order_id for row in rows] == [old.order_id, new.order_id]
    first = rows[0]
    assert (first.waiting_days, first.step, first.ready, first.total, first.due_fen) == (16, 2, 1, 2, 15000)
    assert (first.phone, first.person, first.shelves) == ("138****8000", "王**", "B-01-1")


def test_a_told_merchant_is_called_again_when_the_next_step_begins(
    store: Store, people: People, clock: FixedClock
) -> None:
    order = order_with(store, people, Line())
    assert [row.order_id for row in store.ask(lambda s: call_list(s, store.now))] == [order.order_id]

    store.run(log_call(order_id=order.order_id, channel="phone", result="reached"), by=people.clerk)
    assert store.ask(lambda s: call_list(s, store.now)) == []

    clock.forward(days=7.2)
    assert [row.step for row in store.ask(lambda s: call_list(s, store.now))] == [1]


def test_nobody_reached_is_not_told(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(log_call(order_id=order.order_id, channel="phone", result="busy"), by=people.clerk)

    row = store.ask(lambda s: call_list(s, store.now))[0]

    assert (row.calls, row.last_result, row.to_call) == (1, "busy", True)


def test_the_call_card_has_the_numbers_once_and_the_attempts(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(log_call(order_id=order.order_id, channel="phone", result="busy", words="午休"), by=people.clerk)

    card = store.ask(lambda s: call_card(s, order.order_id))

    assert card is not None
    assert [contact.phone for contact in card.contacts] == ["13800138000"]
    assert [(one.call.result, one.call.words, one.who) for one in card.attempts] == [("busy", "午休", "李秀英")]
    assert store.ask(lambda s: call_card(s, "nobody")) is None


def test_the_order_shows_every_device_and_what_can_go(store: Store, people: People) -> None:
    order = order_with(
        store, people, Line(fen=15000, accessories=("power_adapter", "data_cable")), Line(end="bench"),
        Line(fen=2000, end="declined"),
    )  # fmt: skip

    card = store.ask(lambda s: pickup_order(s, slip_no=order.slip_no))

    assert card is not None
    assert [device.ready for device in card.devices] == [True, False, True]
    assert [device.repaired for device in card.devices][2] is False
    assert card.due_fen == 17000 and len(card.devices[0].accessories) == 2
    assert [step.code for step in card.devices[0].tests] == ["power_on", "sign_on", "print", "read_card", "connection"]
    assert card.tries_left == 5 and not card.blocked


def test_receipts_stay_listed_when_they_are_void(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000))
    first = hand(store, people, order, 0, payments=(Payment("cash", 15000),))
    store.run(void_pickup(receipt_no=first.receipt_no, reason="取错"), by=people.supervisor)
    second = hand(store, people, order, 0, payments=(Payment("cash", 15000),))
    back = store.run(
        refund(order_id=order.order_id, fen=1000, method="cash", reason="多收"), by=people.supervisor
    ).result

    card = store.ask(lambda s: pickup_order(s, order_id=order.order_id))

    assert card is not None
    assert [(row.number, row.kind, row.fen, row.void) for row in card.receipts] == [
        (back.receipt_no, "refund", 1000, False),
        (second.receipt_no, "pickup", 15000, False),
        (first.receipt_no, "pickup", 15000, True),
    ]
    assert all(row.job_id for row in card.receipts)


def test_a_loaner_that_is_out_is_shown(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(loaner())
    lent(store, people, order.order_id)

    card = store.ask(lambda s: pickup_order(s, order_id=order.order_id))

    assert card is not None and [loan.order_id for loan in card.loaners] == [order.order_id]
    assert store.ask(lambda s: ready_list(s, store.now))[0].loaner


@pytest.mark.parametrize("which", ["slip", "order", "label", "accessory", "phone", "name", "serial_end", "slip_end"])
def test_an_order_is_found_by_whatever_is_at_hand(store: Store, people: People, which: str) -> None:
    order = order_with(store, people, Line(accessories=("power_adapter",), serial_no="NL8612345678"))
    order_with(store, people, Line(), name="别家超市", phone="13900139999")
    from deskapp.models.repair import AccessoryItem

    accessory = store.ask(lambda s: s.query(AccessoryItem).one().label_no)
    text = {
        "slip": f"PS1:{order.slip_no}:{order.token}", "order": order.order_no, "label": order.labels[0],
        "accessory": accessory, "phone": "8000", "name": "鱼丸", "serial_end": "5678", "slip_end": order.slip_no[-5:],
    }[which]  # fmt: skip

    hits = store.ask(lambda s: find_pickups(s, text))

    assert [hit.order_id for hit in hits] == [order.order_id]


def test_what_nobody_knows_finds_nothing(store: Store, people: People) -> None:
    order_with(store, people, Line())

    for text in ("", "x", "K00123260312999Z", "0000000"):
        assert store.ask(lambda s, text=text: find_pickups(s, text)) == []
    assert store.ask(lambda s: pickup_order(s, slip_no="K1")) is None
