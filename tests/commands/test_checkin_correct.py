"""Corrections of a check-in: nothing is edited away, and the slip in the merchant's hand is replaced."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from deskapp.catalogue import title
from deskapp.commands.checkin_after import confirm_label
from deskapp.commands.checkin_correct import correct_accessory, correct_merchant, strike_accessory
from deskapp.commands.papers import accessories_of
from deskapp.commands.people import vouch
from deskapp.errors import Refused
from deskapp.models.local import PrintJob
from deskapp.models.repair import AccessoryItem, ItemRecord, RepairOrder
from deskapp.models.store import Override, Store
from deskapp.models.superseded import superseded
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.checkin_labels import order_after_check_in
from deskapp.queries.orders import order_of
from deskapp.queries.pickup import pickup_order
from deskapp.queries.pickup_find import find_pickups
from deskapp.queries.scan import resolve_scan
from deskapp.rules import papers
from tests.checkin_shop import HOTPOT, NOODLES, stock_shop, taken_in
from tests.conftest import People


@pytest.fixture(autouse=True)
def _shop(store: Store) -> None:
    store.run(stock_shop())


def _consent(store: Store, people: People) -> Override:
    given = store.run(vouch(who="S01", pin=people.pins["S01"], right="correct"), by=people.clerk).result
    return given.for_reason("客户当场更正")


def _slip(store: Store, number: str) -> papers.PickupSlipCard:
    with store.read() as session:
        job = session.scalars(select(PrintJob).where(PrintJob.number == number)).one()
    card = papers.from_json(job.card)
    assert isinstance(card, papers.PickupSlipCard)
    return card


def test_the_right_merchant_is_on_the_order_its_ticket_and_a_new_slip(store: Store, people: People) -> None:
    done = taken_in(store, people)
    with store.read() as session:
        wrong = session.get_one(RepairOrder, done.order_id).merchant_id
    right = HOTPOT if wrong == NOODLES else NOODLES

    with pytest.raises(Refused) as refusal:
        store.run(correct_merchant(order_id=done.order_id, merchant_id=right, reason="看错商户"), by=people.clerk)
    assert refusal.value.code == "needs_override"
    slip = store.run(
        correct_merchant(order_id=done.order_id, merchant_id=right, reason="看错商户", override=_consent(store, people)),
        by=people.clerk,
    ).result

    with store.read() as session:
        order = session.get_one(RepairOrder, done.order_id)
        assert (order.merchant_id, order.slip_no) == (right, slip) and slip != done.slip_no
        assert session.get_one(ServiceTicket, order.ticket_id).merchant_id == right
        told = session.scalars(select(ItemRecord).where(ItemRecord.kind == "corrected")).one()
        assert (told.data["old"], told.data["new"], told.by) == (wrong, right, people.supervisor.staff_id)
        assert superseded(session, [done.slip_no]) == {done.slip_no: slip}
        old = resolve_scan(session, done.slip_no)
        assert (old.id, old.hint) == (order.id, "slip_replaced")
        assert [hit.slip_no for hit in find_pickups(session, done.slip_no)] == [slip]


def test_a_forgotten_accessory_gets_its_label_and_stands_on_the_new_slip(store: Store, people: People) -> None:
    done = taken_in(store, people)
    device = done.devices[0]

    slip = store.run(
        correct_accessory(item_id=device.item_id, kind="battery", reason="漏登", override=_consent(store, people)),
        by=people.clerk,
    ).result

    with store.read() as session:
        rows = session.scalars(select(AccessoryItem).where(AccessoryItem.item_id == device.item_id)).all()
        new = next(one for one in rows if one.kind == "battery")
    assert any("电池" in name for one in _slip(store, slip).devices for name in one.accessories)
    if new.label_no:
        assert store.run(confirm_label(order_id=done.order_id, scanned=new.label_no), by=people.clerk).result


def test_an_accessory_entered_wrongly_changes_its_kind_and_its_label(store: Store, people: People) -> None:
    done = taken_in(store, people)
    device = done.devices[0]
    with store.read() as session:
        first = session.scalars(
            select(AccessoryItem).where(AccessoryItem.item_id == device.item_id, AccessoryItem.label_no != "")
        ).first()
    assert first is not None
    kind = "charging_base" if first.kind != "charging_base" else "power_adapter"

    store.run(
        correct_accessory(item_id=device.item_id, kind=kind, was=first.kind, reason="认错", override=_consent(store, people)),
        by=people.clerk,
    )

    with store.read() as session:
        row = session.get_one(AccessoryItem, first.id)
        assert row.kind == kind and row.label_no != first.label_no
        assert first.label_no in superseded(session, [first.label_no])
    with pytest.raises(Refused):
        store.run(confirm_label(order_id=done.order_id, scanned=first.label_no), by=people.clerk)


def test_an_accessory_that_never_came_is_struck_out_and_nobody_is_asked_for_it(store: Store, people: People) -> None:
    done = taken_in(store, people)
    device = done.devices[0]
    with store.read() as session:
        rows = session.scalars(select(AccessoryItem).where(AccessoryItem.item_id == device.item_id)).all()
    struck = next(one for one in rows if one.label_no)
    with pytest.raises(Refused) as refusal:
        store.run(strike_accessory(item_id=device.item_id, kind=struck.kind, reason="没带"), by=people.clerk)
    assert refusal.value.code == "needs_override"

    slip = store.run(
        strike_accessory(item_id=device.item_id, kind=struck.kind, reason="没带", override=_consent(store, people)),
        by=people.clerk,
    ).result

    name = title("accessory_types", struck.kind, "zh_CN")
    assert slip != done.slip_no and all(name not in one.accessories for one in _slip(store, slip).devices[:1])
    with store.read() as session:
        assert [one.id for one in accessories_of(session, device.item_id)] == [one.id for one in rows if one != struck]
        assert superseded(session, [struck.label_no, done.slip_no]).keys() == {struck.label_no, done.slip_no}
        target = resolve_scan(session, struck.label_no)
        assert (target.id, target.hint) == (device.item_id, "label_void")
        card = order_of(session, done.order_id)
        pickup = pickup_order(session, order_id=done.order_id)
        after = order_after_check_in(session, done.order_id)
    assert card is not None and struck.kind not in [kind for kind, _back in card.lines[0].accessories]
    told = next(one for one in card.events if one.what == "corrected")
    assert (told.data["old"], told.data["new"], told.words) == (struck.kind, "", "没带")
    assert pickup is not None and after is not None
    asked_for = next(one for one in pickup.devices if one.item_id == device.item_id).accessories
    assert struck.id not in [one.id for one in asked_for]
    assert struck.label_no not in [row.label_no for row in after.rows]
    with pytest.raises(Refused):
        store.run(confirm_label(order_id=done.order_id, scanned=struck.label_no), by=people.clerk)
    with pytest.raises(Refused) as gone:
        store.run(strike_accessory(item_id=device.item_id, kind=struck.kind, reason="没带"), by=people.supervisor)
    assert gone.value.code == "not_there"


def test_what_was_struck_out_in_error_is_added_again_as_forgotten(store: Store, people: People) -> None:
    done = taken_in(store, people)
    item = done.devices[0].item_id
    with store.read() as session:
        kinds = [one.kind for one in accessories_of(session, item)]

    store.run(strike_accessory(item_id=item, kind=kinds[0], reason="没带"), by=people.supervisor)
    slip = store.run(correct_accessory(item_id=item, kind=kinds[0], reason="其实带了"), by=people.supervisor).result

    with store.read() as session:
        assert sorted(one.kind for one in accessories_of(session, item)) == sorted(kinds)
        again = [one for one in accessories_of(session, item) if one.kind == kinds[0]]
    assert len(again) == 1 and len(_slip(store, slip).devices[0].accessories) == len(kinds)


def test_what_is_not_with_the_device_or_not_said_is_refused_and_the_slip_stays(store: Store, people: People) -> None:
    done = taken_in(store, people)
    item = done.devices[0].item_id
    for wrong in (
        {"kind": "battery", "was": "sim_card", "reason": "错"}, {"kind": "nothing", "reason": "错"},
        {"kind": "battery", "reason": " "},
    ):  # fmt: skip
        with pytest.raises(Refused):
            store.run(correct_accessory(item_id=item, override=_consent(store, people), **wrong), by=people.clerk)
    with pytest.raises(Refused):
        store.run(correct_merchant(order_id=done.order_id, merchant_id="", reason="错"), by=people.supervisor)
    with store.read() as session:
        assert session.get_one(RepairOrder, done.order_id).slip_no == done.slip_no
