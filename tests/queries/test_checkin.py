"""What the counter is told about a unit, its merchant and its labels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deskapp.commands.checkin_after import confirm_label
from deskapp.commands.moves import hop, move
from deskapp.errors import N_
from deskapp.models.device import Device
from deskapp.models.merchant import ServiceContract
from deskapp.models.repair import RepairItem
from deskapp.models.stock import LoanEvent
from deskapp.models.store import Store, Write, command
from deskapp.queries import checkin, checkin_labels
from tests.checkin_shop import DEVICE, HOTPOT, NOODLES, ONE, THEIRS, TWO, stock_shop, taken_in
from tests.conftest import FixedClock, People


@pytest.fixture(autouse=True)
def _shop(store: Store) -> None:
    store.run(stock_shop())


def briefing(store: Store, serial: str = ONE) -> checkin.DeviceBriefing:
    return store.ask(lambda session: checkin.device_briefing(session, serial, store.now))


@command(N_("Give a device back"), right="")
def give_back(write: Write, *, item_id: str) -> None:
    row = write.session.get_one(RepairItem, item_id)
    move(write, row, "give_back_unrepaired", {"decline_reason": "other", "risk_notice": True})
    records = ("release_proof", "collector", "identity", "payment", "counter_test")
    move(write, row, "hand_out", {**dict.fromkeys(records, "x"), "accessories_returned": []})
    hop(write, row, "merchant", giver="x", taker="y", tamper_result="ok")


@command(N_("Change a device"), right="")
def change(write: Write, *, serial: str, **values: object) -> None:
    row = write.session.get_one(Device, f"unit-{serial}")
    for name, value in values.items():
        setattr(row, name, value)


def test_a_known_unit_with_merchant_binding_and_warranty(store: Store) -> None:
    card = briefing(store, f" {ONE.lower()} ")

    assert card.known and card.model is not None and card.model.name.endswith("N910")
    assert card.merchant is not None and card.merchant.id == NOODLES and card.terminal_no == "35000001"
    assert card.warranty_result == "free" and card.warranty_until == "2099-12-31"
    assert card.warranty_days is not None and card.warranty_days > 20_000
    assert briefing(store, TWO).warranty_result == "payable"
    assert briefing(store, THEIRS).warranty_days is None


def test_an_unknown_number_names_the_units_that_look_like_it(store: Store) -> None:
    card = briefing(store, "NL910S0000000I")

    assert not card.known and [one.serial_no for one in card.lookalikes] == [ONE]
    assert card.lookalikes[0].merchant == "示例小面"


def test_open_and_earlier_stays_and_the_repeat_fault(store: Store, people: People, clock: FixedClock) -> None:
    first = taken_in(store, people, DEVICE)
    held = briefing(store).open_stay
    assert held is not None and held.label_no == first.devices[0].label_no

    store.run(give_back(item_id=first.devices[0].item_id), by=people.clerk)
    clock.forward(days=30)
    card = briefing(store)
    assert card.open_stay is None and [line.days_ago for line in card.earlier] == [30]
    repeat = card.repeat_of("no_power")
    assert repeat is not None and repeat.order_no == first.order_no
    assert card.repeat_of("faint_print") is None and card.repeat_of("") is None

    clock.forward(days=61)
    assert briefing(store).repeat_of("no_power") is None
    store.run(change(serial=ONE, repair_warranty={"until": "2026-12-31", "order_no": first.order_no, "symptom_code": "no_power"}))
    assert briefing(store).repeat_of("no_power") is not None


def test_days_in_our_hands_are_added_to_the_warranty(store: Store, people: People, clock: FixedClock) -> None:
    store.run(change(serial=TWO, warranty_until="2026-03-20"))
    done = taken_in(store, people, replace(DEVICE, serial_no=TWO))
    clock.forward(days=5)
    store.run(give_back(item_id=done.devices[0].item_id), by=people.clerk)

    assert briefing(store, TWO).warranty_until == "2026-03-26"  # six begun days


def test_a_contract_beats_the_model(store: Store) -> None:
    @command(N_("Sign a contract"), right="")
    def sign(write: Write) -> None:
        write.session.add(
            ServiceContract(
                id="contract", merchant_id=NOODLES, number="HT-1", starts_on="2023-01-01", ends_on="2099-01-01",
                warranty_months=600,
            )
        )  # fmt: skip

    store.run(sign())
    assert briefing(store, TWO).warranty_until == "2073-01-01"


def test_loaner_twin_hold_version_and_terminal_number_are_told(store: Store) -> None:
    @command(N_("Make trouble"), right="")
    def trouble(write: Write) -> None:
        session = write.session
        session.add(Device(id="loaner", serial_no="LOAN0001", model_id="pax-a920", loaner=True))
        session.add(
            LoanEvent(id="lent", at=write.now, kind="lend", device_id="loaner", merchant_id=NOODLES, due_at=write.now - 1)
        )
        session.add(Device(id="twin", serial_no=ONE, model_id="newland-n910"))
        session.flush()

    store.run(trouble())
    store.run(change(serial=TWO, do_not_wipe=True))
    card = briefing(store)
    assert card.twins == 1
    other = briefing(store, TWO)
    assert other.do_not_wipe and [(one.serial_no, one.late) for one in other.loaners] == [("LOAN0001", True)]
    assert other.same_terminal_no == ()


@pytest.mark.parametrize("text", ["示例火锅", "0002", "13800000102", "0102", "cqslhg", "火锅"])
def test_a_merchant_is_found_by_name_number_initials_and_phone(store: Store, text: str) -> None:
    found = store.ask(lambda session: checkin.merchants_like(session, text))

    assert HOTPOT in [card.id for card in found]
    hotpot = next(card for card in found if card.id == HOTPOT)
    assert hotpot.contacts[0].phone == "13800000102" and hotpot.contacts[0].masked == "138****0102"


def test_models_are_found_by_every_word(store: Store) -> None:
    found = store.ask(lambda session: checkin.models_like(session, "pax a920"))
    assert found and all("A920" in card.name for card in found)
    assert found[0].id == "pax-a920"


def test_the_checklist_follows_what_the_model_has() -> None:
    codes = {word.code for word in checkin.condition_items("qr_terminal", ("scan_camera",))}

    assert "scan_window" in codes and not {"screen", "keypad", "battery", "paper_cover"} & codes
    assert len(checkin.condition_items("", ())) == 10


def test_labels_after_a_check_in_in_the_order_they_are_stuck_on(store: Store, people: People) -> None:
    done = taken_in(store, people)
    first = done.devices[0]

    card = store.ask(lambda session: checkin_labels.order_after_check_in(session, done.order_id))
    assert card is not None
    assert [(row.kind, row.needed) for row in card.rows] == [
        ("device", True), ("accessory", False), ("accessory", False), ("device", True), ("accessory", False)
    ]  # fmt: skip
    assert {row.print_state for row in card.rows} == {"queued"} and card.slip_state == "queued"
    assert len(card.missing) == 2 and card.deliverer == "张*"

    store.run(confirm_label(order_id=done.order_id, scanned=first.label_no), by=people.clerk)
    card = store.ask(lambda session: checkin_labels.order_after_check_in(session, done.order_id))
    assert card is not None and [row.label_no for row in card.missing] == [done.devices[1].label_no]
    assert store.ask(lambda session: checkin_labels.order_after_check_in(session, "gone")) is None
