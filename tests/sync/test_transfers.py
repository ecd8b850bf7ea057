"""A van between two computers that do not speak with each other: the paper first, the record later, one story in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from deskapp.commands.loaners import set_loaner
from deskapp.commands.transfers import Opened, hand_over, open_manifest, pack, unpack
from deskapp.commands.transfers_astray import begin_from_device, tell_outlet
from deskapp.commands.transfers_differences import note_extra
from deskapp.commands.transfers_receive import Looked, finish_receipt, receive_line, take_paper
from deskapp.errors import N_
from deskapp.models import folding, transfers
from deskapp.models.device import Device
from deskapp.models.local import PrintJob
from deskapp.models.repair import CustodyEvent, RepairItem, WorkEvent
from deskapp.models.store import Write, command
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.queries.loaners import loaners
from deskapp.queries.transfers import open_differences, transports
from deskapp.rules.paper_store import from_json
from deskapp.rules.papers_custody import ManifestCard
from deskapp.rules.transfers import State
from tests.factories_bench import Benched, stock_up
from tests.factories_bench import take_in as check_in
from tests.sync.desks import Desk
from tests.sync.world import World, check

VAN = "王师傅"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A server with a branch and a depot, running."""
    made = World(tmp_path)
    for site in ("FZ-A1", "FZ-D1"):
        made.say("site", "add", site, site)
    made.start()
    yield made
    made.close()


def both(world: World) -> tuple[Desk, Desk]:
    branch, depot = world.desk("甲", "FZ-A1", first=True), world.desk("丁", "FZ-D1", first=True)
    world.settle()
    return branch, depot


def cut(world: World, *, down: bool) -> None:
    for line in world.lines.values():
        line.down = down


def packed(branch: Desk, depot: Desk, count: int) -> tuple[Opened, list[Benched]]:
    ids = branch.store.run(stock_up()).result
    found = [
        branch.store.run(check_in(merchant_id=ids["merchant"], serial_no=f"N910{one:08d}"), by=branch.boss).result
        for one in range(count)
    ]
    draft = branch.store.run(open_manifest(kind="out", to=depot.store.facts.site_id), by=branch.boss).result
    for one in found:
        branch.store.run(pack(manifest_id=draft.manifest_id, scanned=one.label_no, seal_no="FZ000001"), by=branch.boss)
    return draft, found


def leave(branch: Desk, draft: Opened, found: list[Benched]) -> str:
    """Hand over and return the code on the paper."""
    labels = tuple(one.label_no for one in found)
    branch.store.run(
        hand_over(manifest_id=draft.manifest_id, counted=labels, courier=VAN, tamper_result="ok"), by=branch.boss
    )
    with branch.store.read() as session:
        card = from_json(session.scalars(select(PrintJob).where(PrintJob.kind == "manifest")).one().card)
    assert isinstance(card, ManifestCard)
    return card.code_1


def receive(depot: Desk, manifest_id: str, one: Benched, serial: str = "") -> bool:
    looked = Looked(serial or one.serial_no, "ok", True, "", True)
    act = receive_line(manifest_id=manifest_id, scanned=one.label_no, looked=looked, courier=VAN)
    return depot.store.run(act, by=depot.boss).result.waits


def states(desk: Desk, found: list[Benched]) -> list[tuple[str, str]]:
    with desk.store.read() as session:
        rows = [session.get(RepairItem, one.item_id) for one in found]
        return [(row.work_state, row.holder.partition(":")[0]) for row in rows if row is not None]


def facts(desk: Desk, table: type[WorkEvent] | type[CustodyEvent] | type[ManifestEvent]) -> list[str]:
    with desk.store.read() as session:
        return sorted(session.scalars(select(table.id)))


def test_a_depot_offline_for_a_day_receives_on_the_paper_and_both_stories_meet(world: World) -> None:
    branch, depot = both(world)
    cut(world, down=True)
    draft, found = packed(branch, depot, 6)
    code = leave(branch, draft, found)

    taken = depot.store.run(take_paper(code=code), by=depot.boss).result
    assert (taken.manifest_id, taken.known, taken.parts) == (draft.manifest_id, False, 1)
    assert all(receive(depot, taken.manifest_id, one) for one in found[:4])
    receive(depot, taken.manifest_id, found[4], serial="N91099999999")
    depot.store.run(note_extra(manifest_id=taken.manifest_id, scanned="PX99887766554", courier=VAN), by=depot.boss)
    done = depot.store.run(finish_receipt(manifest_id=taken.manifest_id, rest="missing", courier=VAN), by=depot.boss)
    assert (done.result.received, done.result.missing, done.result.differences) == (5, 1, 3)
    assert states(depot, found) == []

    cut(world, down=False)
    depot.sync()  # the receipt is at the server before anybody there has heard of the manifest
    world.settle(rounds=4)

    expected = [("depot_received", "shelf")] * 4 + [("quarantined", "quarantine"), ("in_transit_out", "courier")]
    assert states(depot, found) == states(branch, found) == expected
    for desk in (branch, depot):
        with desk.store.read() as session:
            row, view = session.get_one(Manifest, draft.manifest_id), transfers.view_of(session, draft.manifest_id)
            assert (row.state, row.lines, row.received, row.differences) == ("arrived", 6, 5, 3)
            assert [fact.serial_no for fact in view.extras] == ["PX99887766554"]
            moves = session.scalars(select(WorkEvent.item_id).where(WorkEvent.move == "receive")).all()
            assert sorted(moves) == sorted({one.item_id for one in found[:5]})
            assert all(folding.custody_of(session, one.item_id).unbroken for one in found)
            assert transfers.unmatched(session, depot.store.facts.site_id) == []
    for table in (WorkEvent, CustodyEvent, ManifestEvent):
        assert facts(branch, table) == facts(depot, table)
    check(world)


@pytest.mark.long
def test_a_device_that_came_along_without_a_line_finds_its_own_order(world: World) -> None:
    """The depot begins an order from it; the branch, whose record it is, sends that on; one order is left."""
    branch, depot = both(world)
    cut(world, down=True)
    draft, found = packed(branch, depot, 2)
    stray = found[1]
    branch.store.run(
        unpack(manifest_id=draft.manifest_id, reason="漏扫", item_id=stray.item_id), by=branch.boss
    )  # it lies in the bag all the same
    code = leave(branch, draft, found[:1])
    depot.store.run(take_paper(code=code), by=depot.boss)
    receive(depot, draft.manifest_id, found[0])
    noted = depot.store.run(
        note_extra(manifest_id=draft.manifest_id, scanned=stray.serial_no, courier=VAN), by=depot.boss
    ).result
    begun = depot.store.run(
        begin_from_device(event_id=noted.event_id, serial_no=stray.serial_no, tamper_result="ok", model="新大陆 N910"),
        by=depot.boss,
    ).result
    cut(world, down=False)
    world.settle(rounds=6)

    for desk in (branch, depot):
        with desk.store.read() as session:
            row = session.get_one(RepairItem, stray.item_id)
            assert (row.work_state, row.holder) == ("quarantined", "quarantine")
            assert transfers.same_site(session, row.at_site, depot.store.facts.site_id)
            assert [gap.expected for gap in folding.custody_of(session, row.id).gaps] == ["shelf:A-01"]
            assert transfers.extras_to_match(session, desk.store.facts.site_id) == []
    with depot.store.read() as session:
        assert session.get_one(RepairItem, begun.item_id).work_state == "cancelled"
        assert session.get_one(Manifest, draft.manifest_id).differences == 0
    check(world)


@pytest.mark.long
def test_a_device_in_the_van_of_another_outlet_is_matched_by_its_own_once_that_is_told(world: World) -> None:
    """The depot has no record and its own outlet no part in that van: the outlet named on the label is told of it."""
    world.say("site", "add", "FZ-B1", "FZ-B1")
    branch, depot = both(world)
    other = world.desk("乙", "FZ-B1", first=True)
    world.settle()
    _draft, (lost,) = packed(other, depot, 1)
    other.store.run(unpack(manifest_id=_draft.manifest_id, reason="装错车", item_id=lost.item_id), by=other.boss)
    draft, found = packed(branch, depot, 1)
    leave(branch, draft, found)
    world.settle()
    receive(depot, draft.manifest_id, found[0])
    noted = depot.store.run(
        note_extra(manifest_id=draft.manifest_id, scanned=lost.label_no, serial_no=lost.serial_no, courier=VAN),
        by=depot.boss,
    ).result
    world.settle(rounds=4)
    assert noted.waits and states(other, [lost]) == [("checked_in", "shelf")], "nobody who has its record heard of it"

    depot.store.run(tell_outlet(event_id=noted.event_id, to="FZ-B1"), by=depot.boss)
    world.settle(rounds=6)
    for desk in (other, depot):
        assert states(desk, [lost]) == [("quarantined", "quarantine")]
        with desk.store.read() as session:
            assert [gap.expected for gap in folding.custody_of(session, lost.item_id).gaps] == ["shelf:A-01"]
    with other.store.read() as session:
        assert [row.label_no for row in open_differences(session)] == [lost.label_no]
        assert transports(session, other.store.now).under_way == (), "the van itself is no matter of theirs"
    check(world)


@pytest.mark.long
def test_two_desks_of_the_depot_receive_one_van_at_once_without_a_line(world: World) -> None:
    branch, depot = both(world)
    second = world.desk("戊", "FZ-D1")
    world.settle()
    cut(world, down=True)
    draft, found = packed(branch, depot, 4)
    code = leave(branch, draft, found)
    for desk in (depot, second):
        desk.store.run(take_paper(code=code), by=desk.boss)
    for one in found[:3]:
        receive(depot, draft.manifest_id, one)
    for one in found[1:]:
        receive(second, draft.manifest_id, one)
    cut(world, down=False)
    world.settle(rounds=5)

    for desk in (branch, depot, second):
        assert states(desk, found) == [("depot_received", "shelf")] * 4
        with desk.store.read() as session:
            view = transfers.view_of(session, draft.manifest_id)
            assert (view.received, view.state) == (4, State.PARTLY)
            for one in found:
                assert [fact.move for fact in folding.work_of(session, one.item_id).history].count("receive") == 1
    check(world)


@pytest.mark.long
def test_a_hand_over_that_comes_after_the_receipt_finds_its_devices(world: World) -> None:
    branch, depot = both(world)
    draft, found = packed(branch, depot, 2)
    world.settle()
    with depot.store.read() as session:
        assert session.get_one(Manifest, draft.manifest_id).state == "draft"  # the depot sees what is being packed
    world.lines["甲"].down = True
    code = leave(branch, draft, found)
    assert depot.store.run(take_paper(code=code), by=depot.boss).result.known
    assert receive(depot, draft.manifest_id, found[0])
    depot.sync()
    assert states(depot, found)[0] == ("awaiting_dispatch", "shelf")
    world.lines["甲"].down = False
    world.settle(rounds=4)

    assert states(depot, found) == states(branch, found) == [("depot_received", "shelf"), ("in_transit_out", "courier")]
    check(world)


@command(N_("Add a loaner in a test"), right="")
def new_loaner(write: Write, *, serial_no: str) -> None:
    """Put a new unit into the pool."""
    write.session.add(Device(id=write.new_id(), serial_no=serial_no, model_id="newland-n910"))
    set_loaner(serial_no=serial_no).run(write)


def pool(desk: Desk) -> dict[str, str]:
    with desk.store.read() as session:
        return {row.serial_no: row.where for row in loaners(session, 0)}


@pytest.mark.long
def test_a_loaner_moves_from_pool_to_pool_though_the_depot_heard_of_nothing(world: World) -> None:
    branch, depot = both(world)
    for serial in ("LOAN00000017", "LOAN00000025"):
        branch.store.run(new_loaner(serial_no=serial), by=branch.boss)
    world.settle()
    assert (pool(branch), pool(depot)) == ({"LOAN00000017": "here", "LOAN00000025": "here"}, {})
    cut(world, down=True)
    draft = branch.store.run(open_manifest(kind="loaner", to=depot.store.facts.site_id), by=branch.boss).result
    one = "LOAN00000017"
    branch.store.run(pack(manifest_id=draft.manifest_id, scanned=one, seal_no="FZ000001"), by=branch.boss)
    branch.store.run(
        hand_over(manifest_id=draft.manifest_id, counted=(one,), courier=VAN, tamper_result="ok"), by=branch.boss
    )
    with branch.store.read() as session:
        card = from_json(session.scalars(select(PrintJob).where(PrintJob.kind == "manifest")).one().card)
    assert isinstance(card, ManifestCard)

    depot.store.run(take_paper(code=card.code_1), by=depot.boss)
    looked = Looked("", "ok", True)
    depot.store.run(receive_line(manifest_id=draft.manifest_id, scanned=one, looked=looked, courier=VAN), by=depot.boss)
    depot.store.run(finish_receipt(manifest_id=draft.manifest_id, rest="missing", courier=VAN), by=depot.boss)
    assert (pool(branch)[one], pool(depot)) == ("under_way", {one: "here"})

    cut(world, down=False)
    world.settle(rounds=4)
    assert (pool(branch), pool(depot)) == ({"LOAN00000025": "here"}, {one: "here"})
    for desk in (branch, depot):
        with desk.store.read() as session:
            assert session.get_one(Manifest, draft.manifest_id).state == "arrived"
    check(world)
