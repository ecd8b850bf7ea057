"""A check-in made in error and noticed late is voided while nothing lasting was done, or leads to what comes first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deskapp.clock import shop_day
from deskapp.commands.bench import RepairForm, record_repair
from deskapp.commands.bench_parts import put_part_back, use_part
from deskapp.commands.bench_quote import give_up_repair, ready_declined
from deskapp.commands.checkin_after import void_check_in
from deskapp.commands.pickup import take_payment
from deskapp.commands.pickup_forms import Payment
from deskapp.commands.pickup_release import make_pickup_code, start_counter_service
from deskapp.commands.stock_desk import reserve_part
from deskapp.commands.transfers import unpack
from deskapp.errors import N_, Refused
from deskapp.i18n import say
from deskapp.models import bench
from deskapp.models.day_figures import figures, register
from deskapp.models.handing_out import code_of
from deskapp.models.people import Site
from deskapp.models.repair import CustodyEvent, RepairOrder
from deskapp.models.store import Store, Write, command
from deskapp.models.superseded import superseded
from tests.conftest import FixedClock, People
from tests.factories_bench import Benched
from tests.factories_depot import Depot, open_depot
from tests.factories_transfers import Yard, yard


@pytest.fixture
def depot(store: Store, people: People) -> Depot:
    return open_depot(store, people)


@pytest.fixture
def branch(store: Store, people: People) -> Yard:
    return yard(store, people)


def voided(one: Benched) -> Any:
    return void_check_in(order_id=one.order_id, reason="登记错设备", given_back_to="林国强", item_ids=(one.item_id,))


def why_not(depot: Depot, one: Benched) -> Refused:
    with pytest.raises(Refused) as refusal:
        depot.do(voided(one))
    assert "check-in" in say(refusal.value, "en") or refusal.value.code == "over"
    return refusal.value


# -- what may be voided ----------------------------------------------------------------


def received(depot: Depot) -> Benched:
    return depot.shop.take_in()


def at_the_counter(depot: Depot) -> Benched:
    one = depot.shop.take_in()
    depot.do(start_counter_service(item_id=one.item_id, action="clean"))
    return one


def being_diagnosed(depot: Depot) -> Benched:
    one = depot.shop.take_in()
    depot.diagnosed(one)
    return one


def given_up(depot: Depot) -> Benched:
    one = being_diagnosed(depot)
    depot.do(give_up_repair(item_id=one.item_id, words="误收", reassembled=True, risk_notice=True))
    return one


def ready_unrepaired(depot: Depot) -> Benched:
    one = given_up(depot)
    depot.do(ready_declined(item_id=one.item_id, tamper_result="ok", shelf="B-03-2"))
    return one


@pytest.mark.parametrize("bring", [received, at_the_counter, being_diagnosed, given_up, ready_unrepaired])
def test_an_error_noticed_late_is_voided_while_nothing_lasting_was_done(
    depot: Depot, bring: Callable[[Depot], Benched]
) -> None:
    one = bring(depot)

    papers = depot.do(voided(one))

    assert depot.state(one) == "cancelled" and one.label_no in papers
    with depot.store.read() as session:
        order = session.get_one(RepairOrder, one.order_id)
        assert (order.state, order.slip_blocked) == ("closed", True)
        assert set(superseded(session, [one.label_no, order.slip_no])) == {one.label_no, order.slip_no}
        last = session.query(CustodyEvent).filter_by(item_id=one.item_id).order_by(CustodyEvent.n.desc()).first()
        assert last is not None and (last.to_holder, last.tamper_result) == ("merchant", "not_due")


def test_what_was_kept_for_it_is_free_again_and_its_pickup_code_no_longer_counts(depot: Depot) -> None:
    roller = depot.shop.ids["PRR-58"]
    kept, coded = being_diagnosed(depot), ready_unrepaired(depot)
    depot.do(reserve_part(item_id=kept.item_id, part_id=roller))
    depot.do(make_pickup_code(order_id=coded.order_id))

    depot.do(voided(kept))
    depot.do(voided(coded))

    with depot.store.read() as session:
        assert bench.reserved(session, kept.item_id) == {}
        assert bench.on_shelf(session, [roller])[roller] == 10
        assert not code_of(session, coded.order_id).exists


def test_nothing_is_still_to_be_done_with_what_was_voided(depot: Depot) -> None:
    one, other = received(depot), received(depot)
    before = {card.subject_id for card in depot.cards("todo")}
    assert {one.item_id, other.item_id} <= before

    depot.do(voided(one))

    left = {card.subject_id for card in depot.cards("todo")}
    assert left.isdisjoint({one.item_id, one.order_id}) and other.item_id in left


def test_the_day_and_the_register_tell_of_a_voided_check_in_as_it_was(depot: Depot, clock: FixedClock) -> None:
    today, kept, later = shop_day(depot.store.now), received(depot), received(depot)
    same_day = received(depot)
    depot.do(voided(same_day))
    with depot.store.read() as session:
        assert figures(session, depot.store.facts.site_id, today, depot.store.now).received == 2
    clock.forward(days=1)
    depot.do(voided(later))

    with depot.store.read() as session:
        assert figures(session, depot.store.facts.site_id, today, depot.store.now).received == 2, "a day that is over does not change"
        lines = {line.label_no: line for line in register(session, today, today)}
    assert lines[kept.label_no].returned_ms is None
    back = lines[same_day.label_no]
    assert back.returned_ms is not None and back.collector.startswith("林") and back.returned_by == "欧阳静"
    assert "国强" not in back.collector


# -- what stands in the way, and what leads on ----------------------------------------------


def test_a_part_in_the_device_is_put_back_first(depot: Depot) -> None:
    one = depot.shop.take_in(warranty_until="2027-01-01")
    depot.diagnosed(one)
    roller = depot.shop.ids["PRR-58"]
    depot.do(use_part(item_id=one.item_id, part_id=roller), depot.people.technician)
    assert why_not(depot, one).code == "parts"

    depot.do(put_part_back(item_id=one.item_id, part_id=roller), depot.people.technician)
    depot.do(voided(one))

    assert depot.state(one) == "cancelled"


def test_money_that_was_taken_or_is_charged_is_settled_first(depot: Depot) -> None:
    charged = ready_unrepaired(depot)
    depot.do(_charge(item_id=charged.item_id, order_id=charged.order_id))
    assert why_not(depot, charged).code == "charged"
    depot.do(take_payment(order_id=charged.order_id, payments=(Payment("cash", 5000),)))
    refused = why_not(depot, charged)
    assert refused.code == "paid" and "¥50.00" in say(refused, "en")


@command(N_("Charge for the test"), right="")
def _charge(write: Write, *, item_id: str, order_id: str) -> None:
    from deskapp.commands.money import add_money
    from deskapp.models.repair import RepairItem
    from deskapp.rules.account import MoneyKind

    add_money(write, write.session.get_one(RepairItem, item_id), MoneyKind.CHARGE, 5000)


def test_work_that_stays_in_the_device_is_not_voided_away(depot: Depot) -> None:
    one = depot.in_repair()
    assert why_not(depot, one).code == "begun"
    depot.do(record_repair(item_id=one.item_id, form=RepairForm(("clean",), minutes=5)), depot.people.technician)
    depot.do(give_up_repair(item_id=one.item_id, words="误收", reassembled=True, risk_notice=True))

    refused = why_not(depot, one)

    assert refused.code == "done" and "Record repair work" in say(refused, "en")


def test_a_device_that_is_over_or_in_quarantine_says_so(depot: Depot) -> None:
    from deskapp.commands.bench import quarantine

    one, suspect = received(depot), received(depot)
    depot.do(voided(one))
    assert why_not(depot, one).code == "over"
    depot.do(quarantine(item_id=suspect.item_id, reason="封条破损", witness=""))
    assert why_not(depot, suspect).code == "quarantined"


# -- devices that are elsewhere -----------------------------------------------------------


def refusal(branch: Yard, one: Benched, *, at_depot: bool = False) -> Refused:
    who = branch.people.supervisor
    with pytest.raises(Refused) as said:
        branch.depot(voided(one)) if at_depot else branch.do(voided(one), who)
    return said.value


def test_a_packed_device_is_taken_off_its_manifest_first(branch: Yard) -> None:
    draft = branch.packed(1)
    one = branch.devices[0]

    said = refusal(branch, one)
    assert said.code == "under_way" and draft.number in say(said, "en") and "Transports" in say(said, "en")

    branch.do(unpack(manifest_id=draft.manifest_id, reason="误收", item_id=one.item_id))
    branch.do(voided(one), branch.people.supervisor)
    with branch.store.read() as session:
        assert session.get_one(RepairOrder, one.order_id).state == "closed"


def test_on_the_way_and_at_the_depot_the_sentence_names_manifest_and_site(branch: Yard) -> None:
    draft = branch.sent(1)
    one = branch.devices[0]
    on_the_way = refusal(branch, one)
    assert draft.number in say(on_the_way, "en")

    branch.receive(draft.manifest_id, one)
    away, theirs = refusal(branch, one), refusal(branch, one, at_depot=True)

    with branch.store.read() as session:
        home = session.get_one(Site, branch.store.facts.site_id)
    assert (away.code, theirs.code) == ("elsewhere", "not_ours")
    assert "维修中心" in say(away, "en") and (home.short_name or home.name) in say(theirs, "en")
    assert all("No repair" in say(one, "en") for one in (away, theirs))
