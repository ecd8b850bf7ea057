"""What is still to be done is asked for once, in words that say what to do, and no longer than it can be done."""

from __future__ import annotations

import pytest

from deskapp.commands.bench import RepairForm, send_to_test
from deskapp.commands.checkin_after import confirm_label
from deskapp.commands.moves import WITH_THE_DEVICE
from deskapp.i18n import translate
from deskapp.models.store import Store
from deskapp.queries.today import TODO_TITLES, card_title
from deskapp.rules.lifecycle import moves
from tests.conftest import People
from tests.factories_bench import Benched, given_out
from tests.factories_depot import Depot, open_depot


@pytest.fixture
def depot(store: Store, people: People) -> Depot:
    return open_depot(store, people)


def asked(depot: Depot, one: Benched) -> list[str]:
    return sorted(str(card.data["key"]) for card in depot.cards("todo") if card.subject_id == one.item_id)


def test_one_thing_is_asked_for_once_however_often_a_step_misses_it(depot: Depot) -> None:
    one = depot.in_repair()
    assert asked(depot, one).count("firmware_version") == 1

    depot.to_test(one)

    assert asked(depot, one).count("firmware_version") == 1


def test_a_version_read_in_a_later_step_answers_the_earlier_one(depot: Depot) -> None:
    one = depot.in_repair()
    assert {"app_version", "firmware_version"} <= set(asked(depot, one))

    form = RepairForm(("clean",), minutes=10, firmware_version="3.2.1")
    depot.do(send_to_test(item_id=one.item_id, form=form), depot.people.technician)

    left = asked(depot, one)
    assert "firmware_version" not in left and "app_version" in left


def test_when_the_merchant_has_the_device_nobody_is_asked_to_photograph_it(depot: Depot) -> None:
    one, other = depot.ready(), depot.ready()
    assert {"label_scan_back", "photos", "signature"} <= set(asked(depot, one))

    depot.do(given_out(item_id=one.item_id), depot.people.clerk)

    left = set(asked(depot, one))
    assert left.isdisjoint(WITH_THE_DEVICE) and "signature" in left, "the signed slip can still be scanned"
    assert "photos" in asked(depot, other)


def test_what_was_scanned_back_before_stays_told_as_done(depot: Depot) -> None:
    one = depot.shop.take_in()
    depot.do(confirm_label(order_id=one.order_id, scanned=one.label_no), depot.people.clerk)
    assert "label_scan_back" not in asked(depot, one)


def test_everything_that_can_be_left_for_later_says_what_to_do() -> None:
    left_for_later = {key for move in moves() for key in move.deferred}

    assert left_for_later <= TODO_TITLES.keys()
    for key in left_for_later:
        title = card_title("todo", {"key": key})
        assert title[0].isupper() and translate(title, "zh_CN") != title
