"""What is done at a depot goes back to the outlet that took it in: sealed, and on a shelf until the van comes."""

from __future__ import annotations

from typing import Any

import pytest

from deskapp.commands.bench import (
    DiagnosisForm,
    RepairForm,
    record_diagnosis,
    send_to_test,
    start_diagnosis,
    start_repair,
)
from deskapp.commands.bench_quote import give_up_repair, ready_declined
from deskapp.commands.bench_test import TestValue, run_test
from deskapp.commands.swap import swap
from deskapp.commands.swap import test_unit as pool_unit_test
from deskapp.commands.transfers import hand_over, open_manifest, pack
from deskapp.errors import Refused
from deskapp.models import bench, transfers
from deskapp.models.device import Device, DeviceModel
from deskapp.models.people import Site
from deskapp.models.repair import RepairItem
from deskapp.models.store import Store
from tests.conftest import People
from tests.factories_bench import Benched
from tests.factories_depot import add_unit, keys_in
from tests.factories_transfers import COURIER, DEPOT, Yard, yard

UNIT = "NLN91099000001"


@pytest.fixture
def place(store: Store, people: People) -> Yard:
    return yard(store, people)


def state(place: Yard, item_id: str) -> str:
    with place.store.read() as session:
        return session.get_one(RepairItem, item_id).work_state


def at_the_bench(place: Yard) -> Benched:
    """Send a device to the depot and find its cause there; the repair is free."""
    one = place.shop.take_in(warranty_until="2027-01-01")
    draft = place.do(open_manifest(kind="out", to=DEPOT))
    place.do(pack(manifest_id=draft.manifest_id, scanned=one.label_no, seal_no="FZ000001"))
    place.do(hand_over(manifest_id=draft.manifest_id, counted=(one.label_no,), courier=COURIER, tamper_result="ok"))
    place.receive(draft.manifest_id, one)
    who = place.people.technician
    place.depot(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok", seal_opened_by="T01"), who)
    form = DiagnosisForm(symptom_confirmed="yes", cause_code="battery_worn", tamper_flag="none")
    place.depot(record_diagnosis(item_id=one.item_id, form=form), who)
    return one


def values(place: Yard, device_id: str) -> list[TestValue]:
    """Return answers that pass."""
    with place.store.read() as session:
        model = session.get(DeviceModel, session.get_one(Device, device_id).model_id)
        steps = bench.test_plan(model)[1]
    found = []
    for step in steps:
        good = step.low if step.low is not None else step.high if step.high is not None else 1
        found.append(TestValue(step.id, value=int(good)) if step.kind == "number" else TestValue(step.id, "pass"))
    return found


def through_the_test(place: Yard, one: Benched, **more: Any) -> Any:
    return place.depot(
        run_test(item_id=one.item_id, values=values(place, one.device_id), tamper_result="ok", shelf="D-01", **more),
        place.people.inspector,
    )


def test_what_passes_at_a_depot_is_sealed_and_waits_for_the_van(place: Yard) -> None:
    one = at_the_bench(place)
    place.depot(start_repair(item_id=one.item_id), place.people.technician)
    place.depot(send_to_test(item_id=one.item_id, form=RepairForm(("clean",), minutes=10)), place.people.technician)
    with pytest.raises(Refused) as seen:
        through_the_test(place, one)
    assert seen.value.field == "seal_no" and state(place, one.item_id) == "qc_testing"

    through_the_test(place, one, seal_no="FQ0000001")

    assert state(place, one.item_id) == "awaiting_return"
    back = place.depot(open_manifest(kind="return", to=place.store.facts.site_id))
    place.depot(pack(manifest_id=back.manifest_id, scanned=one.label_no, seal_no="FZ000002"))
    place.depot(hand_over(manifest_id=back.manifest_id, counted=(one.label_no,), courier=COURIER, tamper_result="ok"))
    assert state(place, one.item_id) == "in_transit_back"


def test_what_was_taken_in_at_a_site_with_a_counter_is_collected_there(place: Yard) -> None:
    with place.store.read() as session:
        own, depot = session.get_one(Site, place.store.facts.site_id), session.get_one(Site, DEPOT)
        order = bench.RepairOrder(site_id=own.id)

        assert not bench.goes_back(session, own, order)
        assert bench.goes_back(session, depot, order)
        order.site_id = DEPOT
        assert bench.goes_back(session, own, order), "a counter that repairs for another site sends back too"


def test_a_unit_swapped_in_at_a_depot_is_there_and_travels(place: Yard) -> None:
    one = at_the_bench(place)
    unit = place.depot(add_unit(serial_no=UNIT))
    place.depot(pool_unit_test(serial_no=UNIT, values=values(place, unit), tamper_result="ok"), place.people.inspector)
    place.do(keys_in(device_id=unit))
    given = {"item_id": one.item_id, "new_serial_no": UNIT, "reason": "主板无法修复", "tamper_result": "ok"}
    with pytest.raises(Refused) as seen:
        place.depot(swap(**given))
    assert seen.value.field == "seal_no"

    done = place.depot(swap(**given, seal_no="FQ0000002", shelf="D-01"))

    assert state(place, one.item_id) == "swapped" and state(place, done.item_id) == "awaiting_return"
    with place.store.read() as session:
        assert transfers.elsewhere(session, DEPOT, [done.item_id]) == set()
        assert transfers.elsewhere(session, place.store.facts.site_id, [done.item_id]) == {done.item_id}
    back = place.depot(open_manifest(kind="return", to=place.store.facts.site_id))
    place.depot(pack(manifest_id=back.manifest_id, scanned=done.label_no, seal_no="FZ000003"))


def test_what_is_not_repaired_at_a_depot_goes_back_sealed(place: Yard) -> None:
    one = at_the_bench(place)
    place.depot(give_up_repair(item_id=one.item_id, words="无配件", reassembled=True, risk_notice=True),
                place.people.technician)  # fmt: skip
    with pytest.raises(Refused):
        place.depot(ready_declined(item_id=one.item_id, tamper_result="ok"), place.people.technician)

    place.depot(
        ready_declined(item_id=one.item_id, tamper_result="ok", seal_no="FQ0000003", shelf="D-01"),
        place.people.technician,
    )

    assert state(place, one.item_id) == "awaiting_return"
