"""What each role is told to do next, where each line leads, and what is counted where two sites share a store."""

from __future__ import annotations

import pytest

from deskapp.commands.bench_desk import job_of, to_shelf
from deskapp.commands.catalogue import PartForm, put_part
from deskapp.commands.loaners import lend, set_loaner
from deskapp.commands.transfers import hand_over, open_manifest, pack
from deskapp.commands.transfers_receive import finish_receipt, receive_line
from deskapp.commands.uncollected import serve_notice
from deskapp.errors import N_, Refused
from deskapp.models.device import Device
from deskapp.models.glance import glance
from deskapp.models.people import Shelf, Site
from deskapp.models.repair import RepairItem
from deskapp.models.store import Store, Write, command
from deskapp.paths import Home
from deskapp.queries.bench import bench_queue, shelf_by_label, shelves
from deskapp.queries.board import board
from deskapp.queries.next_steps import Step, next_steps
from deskapp.queries.pickup import ready_list
from deskapp.queries.today import today
from tests.conftest import KEY, START, FixedClock, People
from tests.factories_depot import Depot, open_depot
from tests.factories_transfers import COURIER, DEPOT, TOWN, Yard, elsewhere, fine, yard

DAY = 86_400_000


def steps(store: Store, now: int, *roles: str, staff: str = "") -> dict[str, Step]:
    return {step.name: step for step in store.ask(lambda session: next_steps(session, now, staff, roles))}


@pytest.fixture
def place(store: Store, people: People) -> Yard:
    return yard(store, people)


@pytest.fixture
def depot(store: Store, people: People) -> Depot:
    return open_depot(store, people)


# -- by role -------------------------------------------------------------------


def test_a_new_branch_has_nothing_to_do(store: Store) -> None:
    assert steps(store, START, "counter_clerk", "technician", "parts_keeper", "site_supervisor") == {}


def test_a_transport_is_told_when_it_goes_late_and_again_as_an_alarm(place: Yard, clock: FixedClock) -> None:
    draft = place.packed(2)
    assert steps(place.store, clock(), "counter_clerk")["drafts"].args["id"] == draft.manifest_id
    labels = tuple(one.label_no for one in place.devices)
    place.do(hand_over(manifest_id=draft.manifest_id, counted=labels, courier=COURIER, tamper_result="ok"))
    assert not {"transport_late", "transport_alarm", "drafts"} & steps(place.store, clock(), "counter_clerk").keys()

    late = steps(place.store, clock() + 25 * 3_600_000, "counter_clerk")["transport_late"]
    assert (late.page, late.args["id"], late.tone) == ("transfer_out", draft.manifest_id, "warn")
    alarm = steps(place.store, clock() + 49 * 3_600_000, "site_supervisor")["transport_alarm"]
    assert alarm.tone == "danger" and START <= alarm.since <= clock()
    assert "transport_alarm" not in steps(place.store, clock() + 49 * 3_600_000, "technician", "parts_keeper")


def test_what_comes_here_is_received_and_a_difference_waits_for_an_answer(place: Yard, clock: FixedClock) -> None:
    draft, (one, _other) = place.incoming(2)
    coming = steps(place.store, clock(), "depot_receiver")["arriving"]
    assert (coming.page, coming.args["id"]) == ("transfer_in", draft.manifest_id)
    boss = place.people.supervisor
    place.do(receive_line(manifest_id=draft.manifest_id, scanned=one.label_no, looked=fine(one), courier=COURIER), boss)
    place.do(finish_receipt(manifest_id=draft.manifest_id, rest="missing", courier=COURIER), boss)

    told = steps(place.store, clock(), "depot_receiver")
    assert (told["differences"].page, told["differences"].values) == ("discrepancies", {"count": 1})
    assert told["differences"].args == {"id": draft.manifest_id} and "arriving" not in told


def test_an_overdue_loaner_leads_to_its_line(place: Yard, clock: FixedClock) -> None:
    (one,) = place.take(1)
    unit = place.do(set_loaner(serial_no=place.do(_spare())))
    place.do(lend(serial_no="LOAN00000017", due_at=START + DAY, order_id=one.order_id, tamper_result="ok"))
    assert "loaners" not in steps(place.store, START + DAY, "counter_clerk")

    told = steps(place.store, START + 3 * DAY, "counter_clerk")["loaners"]
    assert (told.page, told.args, told.values) == ("loaners", {"id": unit}, {"count": 1})


@command(N_("Add a spare unit in a test"), right="")
def _spare(write: Write) -> str:
    write.session.add(Device(id=write.new_id(), serial_no="LOAN00000017", model_id="newland-n910"))
    return "LOAN00000017"


def test_the_ladder_of_uncollected_devices_asks_until_it_is_answered(depot: Depot, clock: FixedClock) -> None:
    one = depot.ready()
    assert steps(depot.store, clock(), "counter_clerk")["calls"].page == "calls"
    assert steps(depot.store, clock() + 8 * DAY, "counter_clerk")["notices"].page == "calls"
    clock.forward(days=31)
    written = steps(depot.store, clock(), "counter_clerk")["notices"]
    assert (written.page, written.args) == ("order", {"id": one.order_id, "act": "notice"})

    depot.do(serve_notice(order_id=one.order_id, until="2030-01-01"))
    assert "notices" not in steps(depot.store, clock(), "counter_clerk")
    chief = steps(depot.store, clock() + 31 * DAY, "site_supervisor")
    assert chief["store"].values == {"count": 1}
    assert "store" not in steps(depot.store, clock() + 31 * DAY, "counter_clerk")
    assert "decide" in steps(depot.store, clock() + 60 * DAY, "depot_supervisor")


def test_technician_inspector_and_custodian_each_see_their_next_device(depot: Depot, clock: FixedClock) -> None:
    one = depot.in_repair()
    own = steps(depot.store, clock(), "technician", staff=depot.people.technician.staff_id)["bench"]
    assert (own.text, own.args["id"]) == ("Go on with {label}", one.item_id)
    assert "bench" not in steps(depot.store, clock(), "qc_inspector", staff=depot.people.inspector.staff_id)

    depot.to_test(one)
    test = steps(depot.store, clock(), "qc_inspector", staff=depot.people.inspector.staff_id)["bench"]
    assert test.text == "Test {label} next"
    depot.awaiting_keys()
    assert steps(depot.store, clock(), "key_custodian")["keys"].page == "key_runs"


def test_the_parts_keeper_is_told_what_is_short(depot: Depot, clock: FixedClock) -> None:
    part = depot.do(put_part(form=PartForm("PH-58", "打印头", min_quantity=3)))
    told = steps(depot.store, clock(), "parts_keeper")["stock"]
    assert (told.page, told.args, told.tone) == ("stock", {"id": part}, "warn")
    assert "stock" not in steps(depot.store, clock(), "counter_clerk", "technician")


# -- two sites in one store ----------------------------------------------------


def received(place: Yard) -> tuple[str, str]:
    """Send two devices, let the depot receive one of them; the other stays under way. Returns their ids."""
    draft = place.sent(2)
    there, under_way = place.devices[-2:]
    place.receive(draft.manifest_id, there)
    return there.item_id, under_way.item_id


def move_desk(store: Store, site_id: str) -> None:
    """Let this store's desk stand at another site."""
    store.run(_stand_at(site_id=site_id))


@command(N_("Stand at another site in a test"), right="")
def _stand_at(write: Write, *, site_id: str) -> None:
    write.session.connection().exec_driver_sql("UPDATE store_info SET value = ? WHERE key = 'site_id'", (site_id,))


def test_the_branch_counts_only_what_it_holds(place: Yard, home: Home, clock: FixedClock) -> None:
    (here,) = place.take(1)
    received(place)
    seen = place.store.ask(lambda session: today(session, clock()))
    assert (seen.counts["to_diagnose"], seen.counts["outside"]) == (1, 2)  # one under way, one at the depot
    assert [row.item_id for row in place.store.ask(lambda s: bench_queue(s, clock()))] == [here.item_id]
    queues = {queue.name: queue.count for queue in place.store.ask(lambda s: board(s, clock())).queues}
    assert sum(queues.values()) == 2
    assert glance(home, KEY, clock()).held == 1


def test_the_depot_counts_what_it_received_and_not_what_the_branch_has(
    place: Yard, home: Home, clock: FixedClock
) -> None:
    place.take(1)
    there, _under_way = received(place)
    move_desk(place.store, DEPOT)

    assert glance(home, KEY, clock()).held == 1
    seen = place.store.ask(lambda session: today(session, clock()))
    assert (seen.counts["to_diagnose"], seen.counts["outside"]) == (1, 0)
    assert [row.item_id for row in place.store.ask(lambda s: bench_queue(s, clock()))] == [there]
    assert place.store.ask(lambda s: board(s, clock())).count == 1


def test_a_late_device_at_the_depot_is_late_for_both_and_for_no_third(place: Yard, clock: FixedClock) -> None:
    received(place)
    later = clock() + 30 * DAY

    def late() -> int:
        return place.store.ask(lambda session: today(session, later)).counts["late"]

    assert late() == 2  # the branch answers for what it sent on
    move_desk(place.store, DEPOT)
    assert late() == 1
    move_desk(place.store, TOWN)
    assert late() == 0


def test_a_branch_that_bears_another_id_since_it_was_enrolled_is_still_itself(
    place: Yard, home: Home, clock: FixedClock
) -> None:
    place.take(2)
    place.store.run(_known_as(site_id="site-from-server"))
    move_desk(place.store, "site-from-server")

    assert glance(home, KEY, clock()).held == 2
    assert place.store.ask(lambda session: today(session, clock())).counts["to_diagnose"] == 2
    assert len(place.store.ask(lambda s: bench_queue(s, clock()))) == 2
    assert "B-03-2" in [code for code, _use in place.store.ask(shelves)]


@command(N_("Give the branch its server's id in a test"), right="")
def _known_as(write: Write, *, site_id: str) -> None:
    own = write.session.get_one(Site, write.site_id)
    write.session.add(Site(id=site_id, code=own.code, name=own.name, is_outlet=True, is_depot=True))


def test_ready_lists_leave_out_what_another_outlet_hands_over(depot: Depot, clock: FixedClock) -> None:
    depot.ready()
    depot.store.run(_town())
    assert len(depot.store.ask(lambda s: ready_list(s, clock()))) == 1
    move_desk(depot.store, TOWN)

    assert depot.store.ask(lambda s: ready_list(s, clock())) == []
    assert depot.store.ask(lambda session: today(session, clock())).counts["calls"] == 0


@command(N_("Add a town in a test"), right="")
def _town(write: Write) -> None:
    write.session.add(Site(id=TOWN, code="FZ-T2", name="台江支局", is_outlet=True, is_depot=False))


def test_a_shelf_of_the_same_code_at_another_site_is_not_ours(place: Yard, people: People) -> None:
    (one,) = place.take(1)
    twin = place.store.run(_twin_shelf(code="D-01")).result

    assert place.do(_shelve(item_id=one.item_id, shelf="D-01")) == "D-01"
    assert _shelf_of(place, one.item_id) == twin
    with pytest.raises(Refused):
        place.do(_shelve(item_id=one.item_id, shelf=_label(place, "shelf-depot")))
    assert place.store.ask(lambda s: shelf_by_label(s, _label(place, "shelf-depot"))) == ""
    assert place.store.ask(lambda s: shelf_by_label(s, _label(place, twin))) == "D-01"


@command(N_("Add a shelf in a test"), right="")
def _twin_shelf(write: Write, *, code: str) -> str:
    identity = write.new_id()
    write.session.add(Shelf(id=identity, site_id=write.site_id, code=code, use="repair", label_no=write.label("L")))
    return identity


@command(N_("Put a device on a shelf in a test"), right="")
def _shelve(write: Write, *, item_id: str, shelf: str) -> str:
    return to_shelf(write, job_of(write, item_id), shelf, tamper_result="not_due")


def _shelf_of(place: Yard, item_id: str) -> str:
    with place.store.read() as session:
        return session.get_one(RepairItem, item_id).shelf_id


def _label(place: Yard, shelf_id: str) -> str:
    with place.store.read() as session:
        return session.get_one(Shelf, shelf_id).label_no


def test_a_device_that_comes_back_is_at_home_again(place: Yard) -> None:
    there, _under_way = received(place)
    assert _site_of(place, there) == DEPOT
    with pytest.raises(Refused) as refusal:
        place.do(_pack_again(there))
    assert refusal.value.code in ("place", "state")


def _pack_again(item_id: str):
    return elsewhere(site_id=TOWN, act=_pack_at_town(item_id=item_id))


@command(N_("Pack a device in a test"), right="")
def _pack_at_town(write: Write, *, item_id: str) -> object:
    draft = open_manifest(kind="out", to=DEPOT).run(write)
    return pack(
        manifest_id=draft.manifest_id, scanned=write.session.get_one(RepairItem, item_id).label_no, seal_no="TT000001"
    ).run(write)


def _site_of(place: Yard, item_id: str) -> str:
    with place.store.read() as session:
        return session.get_one(RepairItem, item_id).at_site
