"""What does not fit together becomes a card, and every kind of card can be decided, by the right people."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from deskapp.commands.decisions import (
    decide_fields,
    decide_pickups,
    decide_stock,
    decide_twins,
    not_twins,
    reopen_card,
    restore_lost,
    take_decision_back,
)
from deskapp.commands.disagreements import raise_disagreements, sharing_a_number
from deskapp.commands.reviews import settle_card
from deskapp.commands.tickets import TicketForm, open_ticket
from deskapp.errors import N_, Forbidden, Refused
from deskapp.models import bench, folding
from deskapp.models.handing_out import facts
from deskapp.models.merchant import Merchant
from deskapp.models.repair import MoneyEvent, Pickup, RepairItem, ReviewCard, WorkEvent
from deskapp.models.store import Store, Write, command
from deskapp.models.superseded import superseded
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.disagreements import detail, disagreements, lost_versions, open_count
from tests.conftest import FixedClock, People
from tests.factories_reviews import Shop, card_comes, move_comes, parts_taken, shop, two_pickups, versions


@pytest.fixture
def made(store: Store, people: People) -> Shop:
    return shop(store, people)


def cards(store: Store, kind: str) -> list[ReviewCard]:
    with store.read() as session:
        return list(session.scalars(select(ReviewCard).where(ReviewCard.kind == kind).order_by(ReviewCard.n)))


def shop_row(store: Store, made: Shop) -> Merchant:
    with store.read() as session:
        return session.get_one(Merchant, made.merchant)


def address_card(store: Store, people: People, made: Shop, kind: str = "also_changed") -> str:
    data = versions(people, "address", {"address": "八一七路 8 号"}, {"address": "八一七路 9 号"}, now=store.now)
    return store.run(card_comes(kind=kind, subject_kind="merchant", subject_id=made.merchant, data=data)).result


# -- raising --------------------------------------------------------------------------------


def test_a_device_handed_out_twice_is_one_card_and_no_second_one(store: Store, people: People, made: Shop) -> None:
    two_pickups(store, people, made)
    with store.read() as session:
        arrived = {
            "pickup": session.scalars(select(Pickup.id)).all(),
            "work_event": session.scalars(select(WorkEvent.id)).all(),
        }

    for _time in range(2):
        store.run(raise_disagreements(arrived=arrived))

    (card,) = cards(store, "two_pickups")
    assert card.subject_id == made.order.items[0]
    assert cards(store, "misfit") == [], "the second hand-out is the same trouble"


def test_a_move_that_somebody_else_was_quicker_with_is_kept_and_shown(store: Store, people: People, made: Shop) -> None:
    item = made.order.items[0]
    uid = store.run(
        move_comes(item_id=item, move="start_diagnosis", to_state="diagnosing", by=people.technician.staff_id)
    ).result

    store.run(raise_disagreements(arrived={"work_event": [uid]}))

    (card,) = cards(store, "misfit")
    assert (card.data["axis"], card.data["move"], card.data["by"]) == (
        "work", "start_diagnosis", people.technician.staff_id,
    )  # fmt: skip
    with store.read() as session:
        assert session.get_one(RepairItem, item).work_state == "ready_for_pickup"
    assert store.run(raise_disagreements(arrived={"work_event": [uid]})).changes.records == frozenset()


def test_the_same_trouble_has_the_same_card_at_every_desk(store: Store, people: People, made: Shop) -> None:
    item = made.order.items[0]
    uid = store.run(move_comes(item_id=item, move="start_diagnosis", to_state="diagnosing", by="")).result
    store.run(raise_disagreements(arrived={"work_event": [uid]}))
    from deskapp.commands.disagreements import card_id

    assert cards(store, "misfit")[0].id == card_id("misfit", item, uid)


def test_what_fits_raises_nothing(store: Store, people: People, made: Shop) -> None:
    with store.read() as session:
        arrived = {"work_event": session.scalars(select(WorkEvent.id)).all()}

    assert store.run(raise_disagreements(arrived=arrived)).result == 0
    assert store.ask(open_count) == 0


def test_a_shelf_below_zero_asks_for_a_count_once_and_again_after_it_was_counted(
    store: Store, people: People, made: Shop
) -> None:
    uid = store.run(parts_taken(part_id="part-7", quantity=2, by=people.technician.staff_id)).result
    for _desk in range(2):
        store.run(raise_disagreements(arrived={"stock_move": [uid]}))
    (card,) = cards(store, "stock_negative")

    with pytest.raises(Forbidden):
        store.run(decide_stock(card_id=card.id, counted_now=1), by=people.clerk)
    store.run(decide_stock(card_id=card.id, counted_now=1), by=people.keeper)

    assert store.ask(lambda session: bench.on_shelf(session, ["part-7"])) == {"part-7": 1}
    assert cards(store, "stock_negative")[0].settled_at
    again = store.run(parts_taken(part_id="part-7", quantity=3, by=people.technician.staff_id)).result
    store.run(raise_disagreements(arrived={"stock_move": [again]}))
    assert len(cards(store, "stock_negative")) == 2


@command(N_("Give a record the number that a copied disk gave another"), right="")
def number_like(write: Write, *, ticket: str, other: str) -> None:
    """Write it as it arrives from the other disk."""
    write.session.get_one(ServiceTicket, ticket).number = write.session.get_one(ServiceTicket, other).number


def test_one_number_on_two_tickets_is_one_card_at_every_desk(store: Store, people: People, made: Shop) -> None:
    form = TicketForm(kind="repair", channel="phone", callback_phone="13800000105", model_words="N910",
                      words="打印不清", business_stopped=False)  # fmt: skip
    other = store.run(open_ticket(form=form), by=people.clerk).result.ticket_id
    assert store.run(raise_disagreements(arrived={"service_ticket": [other, made.ticket]})).result == 0
    came = {"service_ticket": [other], "repair_item": list(made.order.items)}
    assert store.ask(partial(sharing_a_number, arrived=came)) == {}
    store.run(number_like(ticket=other, other=made.ticket))
    assert store.ask(partial(sharing_a_number, arrived=came)) == {"service_ticket": [other]}

    for arrived in ([other], [made.ticket], [other, made.ticket]):  # either may be the one that comes
        store.run(raise_disagreements(arrived={"service_ticket": arrived}))

    (card,) = cards(store, "same_number")
    assert {card.subject_id, *card.data["others"]} == {other, made.ticket}
    assert card.data["number"] == store.ask(lambda session: session.get_one(ServiceTicket, other).number)


def test_entries_dated_in_the_future_name_whose_clock_is_wrong(
    store: Store, people: People, made: Shop, clock: FixedClock
) -> None:
    late = clock.now + 40 * 24 * 3_600_000
    one = move_comes(
        item_id=made.order.items[0],
        move="start_diagnosis",
        to_state="diagnosing",
        by=people.technician.staff_id,
        at=late,
    )
    uids = [store.run(one).result, store.run(one).result]
    store.run(raise_disagreements(arrived={"work_event": uids}))

    (card,) = cards(store, "clock")
    assert card.subject_id == people.technician.staff_id and card.data["at"] == late


# -- two versions ------------------------------------------------------------------------------


def test_keeping_settles_the_card_and_changes_nothing(store: Store, people: People, made: Shop) -> None:
    card = address_card(store, people, made)

    store.run(decide_fields(card_id=card, choice="keep"), by=people.clerk)

    assert shop_row(store, made).address == "八一七路 8 号"
    assert cards(store, "also_changed")[0].settled_how == "keep"
    assert store.ask(open_count) == 0


def test_taking_the_other_one_is_a_change_that_can_be_taken_back(store: Store, people: People, made: Shop) -> None:
    card = address_card(store, people, made)

    done = store.run(decide_fields(card_id=card, choice="take"), by=people.clerk).result
    assert shop_row(store, made).address == "八一七路 9 号"
    store.run(take_decision_back(card_id=card, before=done.before), by=people.clerk)

    assert shop_row(store, made).address == "八一七路 8 号"
    assert store.ask(open_count) == 1


def test_both_can_be_written_together_and_a_card_number_is_not(store: Store, people: People, made: Shop) -> None:
    card = address_card(store, people, made)
    with pytest.raises(Refused) as seen:
        store.run(
            decide_fields(card_id=card, choice="edit", values={"address": "卡号 4111111111111111 的店"}),
            by=people.clerk,
        )
    assert seen.value.field == "address"

    store.run(decide_fields(card_id=card, choice="edit", values={"address": "八一七路 8-9 号"}), by=people.clerk)

    assert shop_row(store, made).address == "八一七路 8-9 号"


def test_a_decision_sets_only_the_fields_of_its_card(store: Store, people: People, made: Shop) -> None:
    card = address_card(store, people, made)

    with pytest.raises(Refused):
        store.run(decide_fields(card_id=card, choice="edit", values={"name": "别的店"}), by=people.clerk)
    with pytest.raises(Refused):
        store.run(take_decision_back(card_id=card, before={"name": "别的店"}), by=people.clerk)


def test_who_may_not_change_the_record_may_not_decide_about_it(store: Store, people: People, made: Shop) -> None:
    card = address_card(store, people, made)
    identity = address_card(store, people, made, "identity_conflict")

    for person, which in ((people.technician, card), (people.auditor, card), (people.clerk, identity)):
        with pytest.raises(Forbidden):
            store.run(decide_fields(card_id=which, choice="take"), by=person)
    store.run(decide_fields(card_id=identity, choice="take"), by=people.supervisor)


def test_a_settled_card_is_not_decided_twice(store: Store, people: People, made: Shop) -> None:
    card = address_card(store, people, made)
    store.run(decide_fields(card_id=card, choice="keep"), by=people.clerk)

    with pytest.raises(Refused):
        store.run(decide_fields(card_id=card, choice="take"), by=people.clerk)


def test_a_losing_text_comes_back_by_one_act_however_long_ago_it_lost(store: Store, people: People, made: Shop) -> None:
    data = versions(people, "words", {"words": "打印不清"}, {"words": "打印不清，而且不走纸"}, now=store.now)
    card = store.run(
        card_comes(kind="also_changed", subject_kind="service_ticket", subject_id=made.ticket, data=data)
    ).result
    store.run(decide_fields(card_id=card, choice="keep"), by=people.clerk)
    (found,) = store.ask(lambda session: lost_versions(session, [made.ticket]))
    assert found.fields[0].lost == "打印不清，而且不走纸" and found.settled_at

    store.run(restore_lost(card_id=card), by=people.clerk)

    with store.read() as session:
        assert session.get_one(ServiceTicket, made.ticket).words == "打印不清，而且不走纸"


# -- twins ------------------------------------------------------------------------------------


def test_twins_are_joined_from_their_card(store: Store, people: People, made: Shop) -> None:
    card = store.run(
        card_comes(kind="twin", subject_kind="merchant", subject_id=made.twin, data={"others": [made.merchant]})
    ).result
    act = decide_twins(card_id=card, keep_id=made.merchant, twin_id=made.twin, reason="同一家店")
    with pytest.raises(Forbidden):
        store.run(act, by=people.clerk)

    store.run(act, by=people.supervisor)

    with store.read() as session:
        assert session.get_one(Merchant, made.twin).joined_into == made.merchant
    assert cards(store, "twin")[0].settled_how == "joined"


def test_only_records_of_the_card_are_joined(store: Store, people: People, made: Shop) -> None:
    card = store.run(
        card_comes(kind="twin", subject_kind="merchant", subject_id=made.twin, data={"others": [made.merchant]})
    ).result

    with pytest.raises(Refused):
        store.run(
            decide_twins(card_id=card, keep_id=made.merchant, twin_id=made.order.merchant_id, reason="同一家店"),
            by=people.supervisor,
        )


def test_two_different_ones_stay_two_and_the_card_can_come_back(store: Store, people: People, made: Shop) -> None:
    card = store.run(
        card_comes(kind="twin", subject_kind="merchant", subject_id=made.twin, data={"others": [made.merchant]})
    ).result
    store.run(not_twins(card_id=card), by=people.supervisor)
    assert store.ask(open_count) == 0

    store.run(reopen_card(card_id=card), by=people.supervisor)

    assert store.ask(open_count) == 1
    store.run(not_twins(card_id=card), by=people.supervisor)
    with pytest.raises(Forbidden):
        store.run(reopen_card(card_id=card), by=people.clerk)


# -- two pickups --------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [0, 1])
def test_the_pickup_that_never_was_is_voided_and_the_other_one_counts(
    store: Store, people: People, made: Shop, wrong: int
) -> None:
    receipts = two_pickups(store, people, made)
    with store.read() as session:
        arrived = {"pickup": session.scalars(select(Pickup.id)).all()}
    for _time in range(2):
        store.run(raise_disagreements(arrived=arrived))
    (card,) = cards(store, "two_pickups")
    act = decide_pickups(card_id=card.id, wrong_receipt=receipts[wrong], reason="另一柜台点错")
    with pytest.raises(Refused):
        store.run(act, by=people.clerk)

    store.run(act, by=people.supervisor)

    item = made.order.items[0]
    with store.read() as session:
        left = [row.receipt_no for row in facts(session, Pickup, Pickup.order_id, made.order.order_id)]
        assert left == [receipts[1 - wrong]]
        row = session.get_one(RepairItem, item)
        assert (row.work_state, row.receipt_no, row.holder) == ("picked_up", receipts[1 - wrong], "merchant")
        assert folding.work_of(session, item).misfits == ()
        assert superseded(session, receipts).keys() == {receipts[wrong]}
        assert session.scalars(select(MoneyEvent).where(MoneyEvent.kind == "void")).all() == []
    assert cards(store, "two_pickups")[0].settled_at


# -- the others --------------------------------------------------------------------------------


def test_what_is_only_to_be_looked_at_is_settled_with_a_word_by_a_second_person(
    store: Store, people: People, made: Shop
) -> None:
    card = store.run(
        card_comes(kind="cut", subject_kind="service_ticket", subject_id=made.ticket, data={"pieces": 1})
    ).result
    with pytest.raises(Forbidden):
        store.run(settle_card(card_id=card, how="看过"), by=people.clerk)

    store.run(settle_card(card_id=card, how="已提醒"), by=people.supervisor)

    assert store.ask(open_count) == 0


def test_every_kind_of_card_is_told_in_full(store: Store, people: People, made: Shop) -> None:
    address_card(store, people, made)
    run = store.run
    run(card_comes(kind="twin", subject_kind="merchant", subject_id=made.twin, data={"others": [made.merchant]}))
    two_pickups(store, people, made)
    with store.read() as session:
        run(raise_disagreements(arrived={"pickup": session.scalars(select(Pickup.id)).all()}))

    with store.read() as session:
        rows = {row.kind: row for row in disagreements(session)}
        versions_card = detail(session, rows["also_changed"])
        twins = detail(session, rows["twin"])
        pickups = detail(session, rows["two_pickups"])
    assert versions_card is not None and twins is not None and pickups is not None
    assert versions_card.lost.name == "李秀英" and versions_card.lost.station == 123
    assert versions_card.fields[0].lost == "八一七路 9 号"
    assert [twin.name for twin in twins.twins] == ["老街鱼丸", "鼓楼老街鱼丸店"]
    assert [one.by for one in pickups.pickups] == ["欧阳静", "刘敏"]
    assert "王小明" not in pickups.pickups[0].collector
    assert rows["two_pickups"].about == made.order.labels[0]
