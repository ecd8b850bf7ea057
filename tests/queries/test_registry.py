"""What look-up pages show: rows that are masked, counted and in order, and how far the first day is."""

from __future__ import annotations

from deskapp.commands.catalogue import PartForm, put_part, receive_parts
from deskapp.commands.checkin_forms import DeviceForm
from deskapp.commands.checkin_takeover import Before, take_over
from deskapp.commands.setup import add_shelf
from deskapp.models.store import Store
from deskapp.queries import registry
from deskapp.queries.around import day_one, on_shelf
from deskapp.queries.orders import order_of
from deskapp.rules.states import WorkState
from tests.checkin_shop import DEVICE, HOTPOT, NOODLES, ONE, TWO, WHO, stock_shop, taken_in
from tests.conftest import People


def test_a_merchants_row_masks_the_phone_and_its_card_has_everything(store: Store, people: People) -> None:
    store.run(stock_shop())

    card = store.ask(lambda session: registry.merchant(session, NOODLES))

    assert card is not None and card.row.phone == "138****0101"
    assert [device.serial_no for device in card.devices] == [TWO, ONE]
    assert card.contacts[0].phone == "13800000101"
    assert store.ask(lambda session: registry.merchant(session, "nobody")) is None


def test_a_units_card_tells_bindings_and_stays(store: Store, people: People) -> None:
    store.run(stock_shop())
    done = taken_in(store, people)

    card = store.ask(lambda session: registry.device(session, f"unit-{ONE}"))

    assert card is not None and [stay.order_no for stay in card.stays] == [done.order_no]
    assert (card.bindings[0].merchant, card.bindings[0].terminal_no) == ("榕城示例小面馆", "35000001")
    assert store.ask(lambda session: registry.device(session, "nothing")) is None


def test_lists_are_cut_at_their_limit_newest_first(store: Store) -> None:
    store.run(stock_shop())

    assert [row.id for row in store.ask(lambda session: registry.merchants(session, limit=1))] == [HOTPOT]
    assert len(store.ask(lambda session: registry.devices(session, limit=2))) == 2


def test_signs_of_the_database_in_a_filter_are_taken_literally(store: Store) -> None:
    store.run(stock_shop())

    assert store.ask(lambda session: registry.merchants(session, text="%")) == []
    assert store.ask(lambda session: registry.devices(session, text="_")) == []


def test_an_order_is_found_by_itself_and_by_each_of_its_devices(store: Store, people: People) -> None:
    store.run(stock_shop())
    done = taken_in(store, people)

    card = store.ask(lambda session: order_of(session, done.order_id))
    same = store.ask(lambda session: order_of(session, done.devices[1].item_id))

    assert card is not None and same == card
    assert (card.deliverer, card.phone, card.merchant) == ("张*", "138****0101", "示例小面")
    assert [line.serial_no for line in card.lines] == [ONE, TWO]
    assert {line.state for line in card.lines} == {WorkState.CHECKED_IN.value}
    assert {event.kind for event in card.events} == {"move", "hop", "record"}
    assert {job.kind for job in card.papers} >= {"device_label", "pickup_slip"}
    assert store.ask(lambda session: order_of(session, "nothing")) is None


def test_the_first_day_counts_what_is_there(store: Store, people: People) -> None:
    empty = store.ask(day_one)
    assert (empty.staff, empty.administrators, empty.shelves, empty.merchants, empty.taken_over) == (7, 1, 0, 0, 0)

    store.run(stock_shop())
    shelf_id = store.run(add_shelf(code="A-1"), by=people.admin).result
    part_id = store.run(put_part(form=PartForm("X-1", "排线")), by=people.keeper).result
    store.run(receive_parts(part_id=part_id, quantity=1), by=people.keeper)
    act = take_over(
        devices=(DeviceForm(ONE, tamper="ok", symptom_code=DEVICE.symptom_code),),
        before=Before("2026-03-01", "旧凭证0312", shelf_id=shelf_id), deliverer=WHO, merchant_id=NOODLES,
    )  # fmt: skip
    store.run(act, by=people.supervisor)

    seen = store.ask(day_one)
    assert (seen.shelves, seen.merchants, seen.devices, seen.bound, seen.parts_in_stock) == (1, 2, 3, 3, 1)
    assert (seen.taken_over, seen.practice) == (1, False)
    assert [row.serial_no for row in store.ask(lambda session: on_shelf(session, shelf_id))] == [ONE]
    assert [row.held for row in store.ask(registry.shelves)] == [1]
