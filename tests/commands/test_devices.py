"""Terminals: one record per unit, bindings with a past, serial numbers corrected by two people, twins joined."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from deskapp.commands.devices import (
    DeviceDetails,
    add_device,
    bind_device,
    change_device,
    correct_serial,
    join_devices,
    unbind_device,
)
from deskapp.commands.people import vouch
from deskapp.errors import Forbidden, Refused
from deskapp.models.local import PrintJob
from deskapp.models.repair import ReviewCard
from deskapp.models.store import Override, Store
from deskapp.queries import registry
from deskapp.queries.around import device_rows
from deskapp.queries.history import history
from deskapp.queries.registry_cards import DeviceCard
from deskapp.rules import papers
from tests.checkin_shop import HOTPOT, NOODLES, ONE, THEIRS, TWO, stock_shop, taken_in
from tests.conftest import FixedClock, People

UNIT = f"unit-{ONE}"


@pytest.fixture(autouse=True)
def _shop(store: Store) -> None:
    store.run(stock_shop())


def card_of(store: Store, device_id: str = UNIT) -> DeviceCard:
    card = store.ask(lambda session: registry.device(session, device_id))
    assert card is not None
    return card


def consent(store: Store, people: People, right: str = "correct", reason: str = "看错了一位") -> Override:
    given = store.run(vouch(who="S01", pin=people.pins["S01"], right=right), by=people.clerk).result
    return Override(given.token, reason)


def test_a_unit_is_entered_once(store: Store, people: People) -> None:
    device_id = store.run(
        add_device(form=DeviceDetails("nl910s00000009", model_id="newland-n910")), by=people.clerk
    ).result

    assert card_of(store, device_id).row.serial_no == "NL910S00000009"
    with pytest.raises(Refused) as refusal:
        store.run(add_device(form=DeviceDetails("NL910S00000009")), by=people.clerk)
    assert refusal.value.field == "serial_no"


def test_details_change_and_the_serial_number_does_not(store: Store, people: People) -> None:
    seen = card_of(store)
    form = DeviceDetails(
        "SOMETHING-ELSE", model_id="newland-n910", warranty_until="2027-01-31", app_version="2.0", loaner=True
    )

    store.run(change_device(device_id=UNIT, form=form, seen=seen.versions), by=people.clerk)

    card = card_of(store)
    assert card.row.serial_no == ONE
    assert (card.row.warranty_until, card.app_version, card.row.loaner) == ("2027-01-31", "2.0", True)
    newest = store.ask(lambda session: history(session, UNIT))[0]
    assert newest.by == "李秀英" and {"warranty_until", "app_version"} & set(newest.values)


def test_a_serial_number_is_corrected_with_a_supervisor_and_the_old_one_stays_known(
    store: Store, people: People
) -> None:
    act = correct_serial(device_id=UNIT, serial_no="NL910S00000010", override=consent(store, people))
    store.run(act, by=people.clerk)

    assert card_of(store).row.serial_no == "NL910S00000010"
    changes = store.ask(lambda session: history(session, UNIT))
    assert (changes[0].before["serial_no"], changes[0].values["serial_no"]) == (ONE, "NL910S00000010")
    raised = store.ask(lambda session: session.scalars(select(ReviewCard)).all())
    assert [(one.kind, one.data["old"], one.words) for one in raised] == [("corrected", ONE, "看错了一位")]


def test_a_serial_number_is_not_corrected_without_consent_nor_into_a_twin(store: Store, people: People) -> None:
    with pytest.raises(Refused):
        store.run(correct_serial(device_id=UNIT, serial_no="NL910S00000010", override=None), by=people.clerk)
    with pytest.raises(Refused) as refusal:
        store.run(correct_serial(device_id=UNIT, serial_no=TWO, override=consent(store, people)), by=people.clerk)

    assert refusal.value.code == "twin"
    assert card_of(store).row.serial_no == ONE


def test_binding_elsewhere_ends_the_binding_before(store: Store, people: People, clock: FixedClock) -> None:
    store.run(bind_device(device_id=UNIT, merchant_id=HOTPOT, terminal_no="35000099", place="收银台"), by=people.clerk)

    bindings = card_of(store).bindings
    assert [(one.merchant_id, one.terminal_no, one.valid_to) for one in bindings] == [
        (HOTPOT, "35000099", ""), (NOODLES, "35000001", "2026-03-12"),
    ]  # fmt: skip
    assert card_of(store).row.merchant_id == HOTPOT


def test_unbinding_leaves_the_unit_with_nobody(store: Store, people: People) -> None:
    store.run(unbind_device(device_id=UNIT), by=people.clerk)

    card = card_of(store)
    assert (card.row.merchant_id, card.row.terminal_no) == ("", "")
    assert card.bindings[0].valid_to == "2026-03-12"


def test_a_unit_that_lies_here_gets_a_label_with_the_corrected_number(store: Store, people: People) -> None:
    done = taken_in(store, people)
    label = next(one.label_no for one in done.devices if one.device_id == UNIT)

    store.run(
        correct_serial(device_id=UNIT, serial_no="NL910S00000010", override=consent(store, people)), by=people.clerk
    )

    jobs = store.ask(lambda s: s.scalars(select(PrintJob).where(PrintJob.number == label).order_by(PrintJob.created_at, PrintJob.id)).all())
    assert [papers.from_json(job.card).serial_no for job in jobs] == [ONE, "NL910S00000010"]


def test_a_terminal_number_that_is_bound_twice_raises_a_card(store: Store, people: People) -> None:
    store.run(bind_device(device_id=UNIT, merchant_id=NOODLES, terminal_no="35000002"), by=people.clerk)

    kinds = store.ask(lambda session: session.scalars(select(ReviewCard.kind)).all())
    assert kinds == ["terminal_twice"]


def test_joining_moves_the_stays_and_hides_the_twin(store: Store, people: People) -> None:
    taken_in(store, people)

    store.run(join_devices(keep_id=f"unit-{THEIRS}", twin_id=UNIT, reason="同一台机"), by=people.supervisor)

    assert len(card_of(store, f"unit-{THEIRS}").stays) == 1
    assert card_of(store).joined_into == f"unit-{THEIRS}"
    assert ONE not in {row.serial_no for row in store.ask(lambda session: device_rows(session, ""))}
    with pytest.raises(Forbidden):
        store.run(join_devices(keep_id=f"unit-{TWO}", twin_id=f"unit-{THEIRS}", reason="试试"), by=people.clerk)


def test_units_are_found_by_number_merchant_and_model(store: Store) -> None:
    def found(text: str) -> set[str]:
        return {row.serial_no for row in store.ask(lambda session: device_rows(session, text))}

    assert found("00000001") == {ONE}
    assert found("35000003") == {THEIRS}
    assert found("示例小面") == {ONE, TWO}
    assert found("a920") == {THEIRS}
    assert found("没有的") == set()
    assert store.ask(lambda session: device_rows(session, "", loaners=True)) == []
