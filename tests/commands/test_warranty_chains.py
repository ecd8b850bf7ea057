"""Warranty over several stays: nothing begins anew by itself, days with us count, a swapped unit goes on with its term."""

from __future__ import annotations

import pytest

from deskapp.commands.bench import DiagnosisForm, record_diagnosis, start_diagnosis, start_repair
from deskapp.commands.bench_charge import WantedLine
from deskapp.commands.bench_quote import make_quote
from deskapp.commands.bench_test import run_test
from deskapp.commands.swap import swap
from deskapp.errors import N_, Refused
from deskapp.models import past
from deskapp.models.device import Device
from deskapp.models.merchant import ServiceContract
from deskapp.models.repair import RepairItem
from deskapp.models.store import Store, Write, command
from tests.conftest import FixedClock, People
from tests.factories_bench import Benched, given_out
from tests.factories_depot import Depot, open_depot

TERM = "2026-06-12"
"""Three months after the first repair of the fixed clock's day."""


@pytest.fixture
def depot(store: Store, people: People) -> Depot:
    return open_depot(store, people)


@command(N_("Sign a test contract"), right="")
def contract(write: Write, *, merchant_id: str, starts_on: str, months: int) -> None:
    write.session.add(
        ServiceContract(id=write.new_id(), merchant_id=merchant_id, number="HT-1", kind="service", starts_on=starts_on,
                        warranty_months=months)
    )  # fmt: skip


def repaired(depot: Depot, one: Benched, *, days: int = 0, clock: FixedClock | None = None) -> str:
    """Repair a device for its reported fault and give it back; returns why it was free or not."""
    decided = depot.diagnosed(one)
    depot.do(start_repair(item_id=one.item_id), depot.people.technician)
    if clock is not None:
        clock.forward(days=days)
    depot.to_test(one)
    depot.do(run_test(item_id=one.item_id, values=depot.values(one.device_id), tamper_result="ok"),
             depot.people.inspector)  # fmt: skip
    depot.do(given_out(item_id=one.item_id), depot.people.clerk)
    return f"{decided.result} {decided.basis}"


def ends(depot: Depot, device_id: str) -> set[str]:
    with depot.store.read() as session:
        return {entry["until"] for entry in session.get_one(Device, device_id).repair_warranty["repairs"]}


def test_a_free_repair_that_outlasts_its_term_begins_none_anew(depot: Depot, clock: FixedClock) -> None:
    first = depot.shop.take_in(warranty_until="2026-03-20")
    repaired(depot, first)
    assert ends(depot, first.device_id) == {TERM}
    clock.forward(days=90)  # two days before the end
    again = depot.shop.take_in(device_id=first.device_id)
    assert repaired(depot, again, days=10, clock=clock) == "free repair_warranty"
    assert ends(depot, first.device_id) == {TERM}, "it ended while the device was here"


def test_days_with_us_are_added_to_the_term_of_a_repair_and_named(depot: Depot, clock: FixedClock) -> None:
    first = depot.shop.take_in(warranty_until="2026-03-20")
    repaired(depot, first)
    clock.forward(days=60)
    again = depot.shop.take_in(device_id=first.device_id)
    repaired(depot, again, days=20, clock=clock)
    clock.forward(days=25)  # thirteen days after the written end, inside the days that were added
    third = depot.shop.take_in(device_id=first.device_id)
    decided = depot.diagnosed(third)
    assert (decided.result, decided.basis) == ("free", "repair_warranty")
    with depot.store.read() as session:
        unit = session.get_one(Device, first.device_id)
        stays = past.stays(session, [unit.id])
        kept = past.repair_warranties(session, unit, "no_power", stays, depot.store.now)
    assert {one.written.isoformat() for one in kept} == {TERM} and {one.added for one in kept} == {21}, "begun days"
    clock.forward(days=20)
    late = past_view(depot, first.device_id)
    assert late == "payable", "and not for ever"


def past_view(depot: Depot, device_id: str) -> str:
    with depot.store.read() as session:
        unit, now = session.get_one(Device, device_id), depot.store.now
        return past.first_view(session, unit, merchant_id=depot.shop.ids["merchant"], symptom_code="no_power",
                               now=now).result.value  # fmt: skip


def test_a_repair_whose_term_is_over_is_no_claim_any_more(depot: Depot, clock: FixedClock) -> None:
    first = depot.shop.take_in(warranty_until="2026-03-20")
    repaired(depot, first)
    clock.forward(days=93 + past.REPEAT_DAYS)
    again = depot.shop.take_in(device_id=first.device_id)
    assert depot.item(again.item_id).previous_item_id == ""


def test_a_second_claim_inside_the_term_is_as_good_as_the_first(depot: Depot, clock: FixedClock) -> None:
    first = depot.shop.take_in(warranty_until="2026-03-20")
    repaired(depot, first)
    for _claim in range(2):
        clock.forward(days=20)
        again = depot.shop.take_in(device_id=first.device_id)
        assert repaired(depot, again) == "free repair_warranty"
        assert depot.item(again.item_id).previous_item_id


# -- swap and contracts ------------------------------------------------------------------


def test_a_swapped_unit_goes_on_with_the_contracts_term_and_gets_no_fresh_one(depot: Depot, clock: FixedClock) -> None:
    merchant = depot.shop.ids["merchant"]
    depot.do(contract(merchant_id=merchant, starts_on="2025-01-01", months=18))
    one = depot.in_repair()  # bound on 2025-01-10: until 2026-07-10
    unit = depot.pool_unit()
    done = depot.do(swap(item_id=one.item_id, new_serial_no="NLN91099000001", reason="主板坏", tamper_result="ok"))
    with depot.store.read() as session:
        new = session.get_one(Device, unit)
        assert past.replaced_by(session, new) == [one.device_id]
        end = past.contract_end(session, new, merchant, past.shop_day(depot.store.now))
        assert end is not None and (end.isoformat(), new.warranty_until) == ("2026-07-10", "2026-07-10")
        assert session.get_one(RepairItem, done.item_id).previous_item_id == one.item_id


def test_a_swapped_unit_keeps_its_own_longer_term_beside_a_contract(depot: Depot) -> None:
    merchant = depot.shop.ids["merchant"]
    depot.do(contract(merchant_id=merchant, starts_on="2025-01-01", months=18))
    one = depot.in_repair()
    unit = depot.pool_unit(warranty_until="2027-02-01")
    depot.do(swap(item_id=one.item_id, new_serial_no="NLN91099000001", reason="主板坏", tamper_result="ok"))
    with depot.store.read() as session:
        end = past.contract_end(session, session.get_one(Device, unit), merchant, past.shop_day(depot.store.now))
    assert end is not None and end.isoformat() == "2027-02-01"


def test_a_contract_that_begins_later_gives_nothing_yet(depot: Depot) -> None:
    merchant = depot.shop.ids["merchant"]
    one = depot.shop.take_in()
    depot.do(contract(merchant_id=merchant, starts_on="2026-09-01", months=12))
    with depot.store.read() as session:
        unit = session.get_one(Device, one.device_id)
        assert past.contract_end(session, unit, merchant, past.shop_day(depot.store.now)) is None


# -- nothing is asked of the merchant before it is decided ----------------------------------


@pytest.mark.parametrize(("cause", "code"), [("drop_damage", "undecided"), ("altered_device", "blocked")])
def test_no_quote_before_it_is_decided_whether_the_merchant_pays(depot: Depot, cause: str, code: str) -> None:
    one, technician = depot.shop.take_in(warranty_until="2027-01-01"), depot.people.technician
    depot.do(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), technician)
    form = DiagnosisForm(symptom_confirmed="yes", cause_code=cause, tamper_flag="none")
    depot.do(record_diagnosis(item_id=one.item_id, form=form), technician)
    with pytest.raises(Refused) as refusal:
        depot.do(make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M")]), technician)
    assert refusal.value.code == code
    if code == "undecided":
        said = depot.consent(depot.people.supervisor, "override", technician)
        depot.do(record_diagnosis(item_id=one.item_id, form=form, override=said, free=False), technician)
        assert depot.do(make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M")]), technician).number
