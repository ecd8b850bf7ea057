"""Sorting a table full of devices: where each belongs, and onto which shelf it goes."""

from __future__ import annotations

import pytest

from deskapp.commands.custody_paper import print_custody
from deskapp.commands.shelving import put_on_shelf
from deskapp.errors import Refused
from deskapp.models.repair import RepairItem
from deskapp.models.store import Store
from deskapp.queries.sorting import Sorted, sort_scan
from tests.conftest import People
from tests.factories_depot import Depot, open_depot
from tests.factories_transfers import DEPOT, Yard, yard
from tests.queries.test_next_steps import move_desk


@pytest.fixture
def depot(store: Store, people: People) -> Depot:
    return open_depot(store, people)


@pytest.fixture
def place(store: Store, people: People) -> Yard:
    return yard(store, people)


def scan(store: Store, text: str) -> Sorted:
    return store.ask(lambda session: sort_scan(session, text))


def test_each_device_is_told_its_place(depot: Depot) -> None:
    repair = depot.in_repair()
    seen = scan(depot.store, repair.label_no)
    assert (seen.words, seen.values["name"]) == ("Bench of {name}", depot.people.technician.name)
    depot.to_test(repair)
    assert scan(depot.store, repair.label_no).words == "To the test bench"
    ready = depot.ready()
    assert scan(depot.store, ready.serial_no).words == "Pickup shelf"
    keys = depot.awaiting_keys()
    assert scan(depot.store, keys.label_no).words == "Key room"


def test_what_is_not_here_or_not_known_is_put_aside(place: Yard) -> None:
    draft = place.sent(2)
    one, two = place.devices
    place.receive(draft.manifest_id, one)
    away = scan(place.store, two.label_no)
    assert (away.fits, away.values) == (False, {"state": "On the way to the depot"})
    assert not scan(place.store, one.label_no).fits, "another site received it"
    assert not scan(place.store, "PX99887766554").fits
    assert not scan(place.store, one.label_no[:-1] + ("0" if one.label_no[-1] != "0" else "1")).fits
    move_desk(place.store, DEPOT)
    assert scan(place.store, one.label_no).words == "To the bench"


def test_a_device_goes_from_shelf_to_shelf_and_back_with_every_hop_on_record(place: Yard) -> None:
    (one,) = place.take(1)
    done = place.do(put_on_shelf(item_id=one.item_id, shelf="B-03-2"))
    assert (done.shelf, done.before) == ("B-03-2", "A-01")
    assert scan(place.store, one.label_no).shelf == "B-03-2"
    with pytest.raises(Refused) as refusal:
        place.do(put_on_shelf(item_id=one.item_id, shelf="B-03-2"))
    assert refusal.value.code == "again"
    place.do(put_on_shelf(item_id=one.item_id, shelf=done.before))
    with place.store.read() as session:
        item = session.get_one(RepairItem, one.item_id)
    assert item.holder == "shelf:A-01" and place.do(print_custody(item_id=one.item_id)) == one.label_no


def test_what_is_on_a_bench_or_elsewhere_is_not_shelved(depot: Depot) -> None:
    one = depot.in_repair()
    with pytest.raises(Refused) as refusal:
        depot.do(put_on_shelf(item_id=one.item_id, shelf="A-01"))
    assert refusal.value.code == "state"
