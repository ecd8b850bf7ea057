"""Days at several desks with the real server process behind lines that break: nothing is lost, all agree in the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from deskapp.commands.tickets import TicketForm, add_note, change_ticket, move_ticket, open_ticket
from deskapp.errors import DeskError, Unavailable
from deskapp.models import opening, search
from deskapp.models.repair import Pickup, RepairItem, ReviewCard
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.sync.farewell import hand_in_receipt
from tests.factories_pickup import Line, Order, ready_order
from tests.server.conftest import emptied
from tests.sync.desks import Desk, find_something, give_out, send_away, take_in
from tests.sync.fault_proxy import Fault
from tests.sync.world import World, check

ON_BOTH = pytest.mark.parametrize(
    "world", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)  # fmt: skip
"""What the stories tell holds whatever the server keeps its tables in; on PostgreSQL they are told at night."""

FORM = TicketForm(kind="consultation", channel="phone", callback_phone="13800000102", caller_name="李四",
                  answers={"topic": "choosing", "needs": "外卖点餐用"}, words="想换一台机器")  # fmt: skip


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """A server with the sites FZ-A1, FZ-B1 and the depot FZ-D1, running; on a file, or on PostgreSQL (`ON_BOTH`)."""
    made = World(tmp_path)
    if getattr(request, "param", "sqlite") == "postgres":
        made.db = emptied(request.getfixturevalue("private_postgres"))
    for site in ("FZ-A1", "FZ-B1", "FZ-D1"):
        made.say("site", "add", site, site)
    made.start()
    yield made
    made.close()


def opened(desk: Desk, words: str = FORM.words) -> str:
    return str(desk.store.run(open_ticket(form=replace(FORM, words=words)), by=desk.boss).result.ticket_id)


def noted(desk: Desk, ticket: str, words: str) -> str:
    return str(desk.store.run(add_note(ticket_id=ticket, words=words), by=desk.boss).result)


def ticket_of(desk: Desk, ticket: str) -> ServiceTicket:
    with desk.store.read() as session:
        return session.scalars(select(ServiceTicket).where(ServiceTicket.id == ticket)).one()


def events_of(desk: Desk, ticket: str) -> list[str]:
    with desk.store.read() as session:
        rows = session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == ticket).order_by(TicketEvent.n))
        return [row.id for row in rows]


@pytest.mark.parametrize("world", ["sqlite", "postgres"], indirect=True)
def test_two_desks_of_a_branch_see_the_same(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    assert two.store.facts.site_id == one.store.facts.site_id
    ticket = opened(one)
    world.settle()
    noted(two, ticket, "乙写的一句")
    noted(one, ticket, "甲写的一句")
    two.store.run(move_ticket(ticket_id=ticket, move="start"), by=two.boss)
    world.settle()

    assert events_of(one, ticket) == events_of(two, ticket)
    assert ticket_of(one, ticket).state == ticket_of(two, ticket).state == "in_progress"
    with two.store.read() as session:
        assert search.newest(session, search.TICKET, "李四", 5) == [ticket]
    check(world, texts=("乙写的一句", "甲写的一句"))


@ON_BOTH
def test_a_day_offline_on_both_sides(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    for line in world.lines.values():
        line.down = True
    for number in range(20):
        noted(one, ticket, f"甲第{number}句")
        noted(two, ticket, f"乙第{number}句")
        opened(one, f"甲的工单{number}")
        opened(two, f"乙的工单{number}")
    for desk in (one, two):
        with pytest.raises(Unavailable, match="cannot be reached"):
            desk.sync()
    for line in world.lines.values():
        line.down = False
    world.settle()

    assert events_of(one, ticket) == events_of(two, ticket)
    check(world, texts=("甲第19句", "乙第19句", "甲的工单7", "乙的工单7"))


@ON_BOTH
def test_the_same_words_changed_at_two_desks(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    one.store.run(change_ticket(ticket_id=ticket, form=replace(FORM, callback_phone="13800000777")), by=one.boss)
    two.store.run(change_ticket(ticket_id=ticket, form=replace(FORM, callback_phone="13800000888")), by=two.boss)
    world.settle()

    phones = {ticket_of(desk, ticket).callback_phone for desk in (one, two)}
    assert len(phones) == 1
    check(world, texts=("13800000777", "13800000888"))
    with one.store.read() as session:
        assert session.scalars(select(ReviewCard).where(ReviewCard.subject_id == ticket)).all()


@ON_BOTH
@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
def test_a_line_that_fails_in_every_way(world: World, fault: Fault) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    for line in world.lines.values():
        line.plan = _every_other(fault)
    for number in range(6):
        noted(one, ticket, f"甲{number}")
        noted(two, ticket, f"乙{number}")
        one.store.run(change_ticket(ticket_id=ticket, form=replace(FORM, words=f"改{number}")), by=one.boss)
        for desk in (one, two):
            try:
                desk.sync()
            except DeskError as error:
                assert error.code in ("offline", "torn", "refused"), error
    for line in world.lines.values():
        line.plan = lambda _method, _target: Fault.NONE
    world.settle()

    assert events_of(one, ticket) == events_of(two, ticket)
    check(world, texts=("甲5", "乙5", "改5"))


def _every_other(fault: Fault):  # type: ignore[no-untyped-def]
    count = iter(range(10**9))
    return lambda _method, _target: fault if next(count) % 2 == 0 else Fault.NONE


def order_at(desk: Desk, end: str = "free") -> Order:
    boss = desk.boss
    other = desk.people["S02"].staff_id
    act = ready_order(lines=(Line(end=end),), supervisor=boss.staff_id, technician=boss.staff_id, inspector=other)
    return desk.store.run(act, by=boss).result


def item_of(desk: Desk, item_id: str) -> RepairItem | None:
    with desk.store.read() as session:
        return session.scalars(select(RepairItem).where(RepairItem.id == item_id)).one_or_none()


@ON_BOTH
def test_a_device_handed_to_a_depot_moves_with_its_history(world: World) -> None:
    one, other = world.desk("甲", "FZ-A1", first=True), world.desk("丙", "FZ-B1", first=True)
    depot = world.desk("丁", "FZ-D1", first=True)
    world.settle()
    order = order_at(one, "unrepaired")
    (item,) = order.items
    one.store.run(find_something(item_id=item, words="屏幕有裂纹"), by=one.boss)
    world.settle()
    assert item_of(depot, item) is None and item_of(other, item) is None

    one.store.run(send_away(item_id=item, site_id=depot.store.facts.site_id), by=one.boss)
    world.settle()
    assert item_of(depot, item) is not None and item_of(other, item) is None
    for line in world.lines.values():
        line.down = True
    depot.store.run(take_in(item_id=item), by=depot.boss)
    depot.store.run(find_something(item_id=item, words="主板进水"), by=depot.boss)
    one.store.run(find_something(item_id=item, words="商户催了一次"), by=one.boss)
    for line in world.lines.values():
        line.down = False
    world.settle()

    here, there = item_of(one, item), item_of(depot, item)
    assert here is not None and there is not None
    assert (here.holder, here.work_state, here.done_due) == (there.holder, there.work_state, there.done_due)
    assert here.holder == "shelf:D-01"
    check(world, "甲", "丁", texts=("屏幕有裂纹", "主板进水", "商户催了一次"))
    check(world, "丙")


@ON_BOTH
def test_one_device_is_handed_out_at_two_desks(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    order = order_at(one)
    (item,) = order.items
    world.settle()
    one.store.run(give_out(order_id=order.order_id, item_id=item, collector="王小明"), by=one.boss)
    two.store.run(give_out(order_id=order.order_id, item_id=item, collector="赵大力"), by=two.boss)
    world.settle()

    with two.store.read() as session:
        assert len(session.scalars(select(Pickup).where(Pickup.order_id == order.order_id)).all()) == 2
    here, there = item_of(one, item), item_of(two, item)
    assert here is not None and there is not None
    assert (here.work_state, here.holder, here.receipt_no) == (there.work_state, there.holder, there.receipt_no)
    assert here.work_state == "picked_up"
    check(world, texts=("王小明", "赵大力"))


@ON_BOTH
def test_a_lost_desk_is_locked_out_from_the_next_request(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    world.revoke(two)
    noted(one, ticket, "她不该看到")
    one.sync()
    noted(two, ticket, "被偷以后写的")
    with pytest.raises(Unavailable) as refused:
        two.sync()
    assert refused.value.code == "wiped"
    assert "她不该看到" not in str(_words(two, ticket))
    with pytest.raises(Unavailable):
        noted(two, ticket, "再写一句")
    two.close()
    with pytest.raises(Unavailable) as ended:
        opening.find_key(two.home)
    assert ended.value.code == "ended" and hand_in_receipt(two.home)
    assert [path.name for path in two.home.root.iterdir() if path.name != "desk.lock"] == ["ended.json"]
    number = str(two.store.facts.station_no)
    assert "(wiped 20" in world.say("station", "list")
    assert world.say("station", "aside", number, "--take").startswith("1 of 1 acts was taken")
    one.sync()
    assert "被偷以后写的" in _words(one, ticket)
    check(world, "甲")


def _words(desk: Desk, ticket: str) -> list[str]:
    with desk.store.read() as session:
        return [row.words for row in session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == ticket))]


@ON_BOTH
def test_a_server_set_back_by_an_hour_gets_everything_back(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    backup = world.back_up()
    noted(one, ticket, "备份以后甲写的")
    noted(two, ticket, "备份以后乙写的")
    later = opened(two, "备份以后开的工单")
    world.settle()
    one.store.run(change_ticket(ticket_id=ticket, form=replace(FORM, words="备份以后改的")), by=one.boss)
    world.settle()
    before = set(one.uids()) | set(two.uids())

    world.stop()
    world.say("restore", str(backup))
    world.start()
    noted(one, ticket, "恢复以后写的")
    world.settle(rounds=4)

    assert before <= world.known_uids()
    assert ticket_of(one, later).words == ticket_of(two, later).words == "备份以后开的工单"
    assert sorted(events_of(one, ticket)) == sorted(events_of(two, ticket)) and events_of(one, ticket) == events_of(
        two, ticket
    )
    check(world, texts=("备份以后甲写的", "备份以后乙写的", "备份以后改的", "恢复以后写的"))


@ON_BOTH
def test_a_cloned_disk_becomes_a_station_of_its_own(world: World, tmp_path: Path) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    noted(two, ticket, "克隆前没有寄出")
    two.close()
    clone = world.clone("乙", "丙")
    two.reopen()
    number = two.store.facts.station_no
    for turn in range(3):
        noted(two, ticket, f"原机{turn}")
        noted(clone, ticket, f"克隆{turn}")
        clone.store.run(change_ticket(ticket_id=ticket, form=replace(FORM, words=f"克隆改{turn}")), by=clone.boss)
    world.settle(rounds=4)

    assert {two.store.facts.station_no, clone.store.facts.station_no} != {number}
    assert events_of(one, ticket) == events_of(two, ticket) == events_of(clone, ticket)
    words = _words(one, ticket)
    assert sorted(words) == sorted(dict.fromkeys(words)), "nothing came twice"
    check(world, texts=("克隆前没有寄出", "原机2", "克隆2", "克隆改2"))


@ON_BOTH
def test_a_desk_set_back_to_an_old_backup_takes_a_new_identity(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    two.close()
    old = world.image("乙")
    two.reopen()
    noted(two, ticket, "映像以后写的")
    world.settle()
    two.close()
    world.put_back("乙", old)
    two.reopen()
    noted(two, ticket, "恢复映像以后写的")
    world.settle(rounds=4)

    assert events_of(one, ticket) == events_of(two, ticket)
    check(world, texts=("映像以后写的", "恢复映像以后写的"))


def test_a_full_disk_at_the_desk_stops_taking_in_and_nothing_else(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    for number in range(40):
        noted(one, ticket, f"很长的一句话{number}" * 200)
    one.sync()
    pages = two.limit_disk(20)
    with pytest.raises(Unavailable) as refused:
        two.sync()
    assert refused.value.code == "disk_full"
    two.limit_disk(pages)
    noted(two, ticket, "腾出地方以后")
    world.settle()
    check(world, texts=("很长的一句话39", "腾出地方以后"))


def test_a_full_disk_at_the_server_loses_nothing(world: World) -> None:
    one, _two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    world.limit_disk(True)
    for number in range(60):
        noted(one, ticket, f"服务器满了{number}" * 150)
    with pytest.raises(Unavailable):
        one.sync()
    assert one.unsent()
    world.limit_disk(False)
    world.settle()
    check(world, texts=("服务器满了59",))


@ON_BOTH
def test_the_server_is_killed_again_and_again(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    for turn in range(4):
        for number in range(5):
            noted(one, ticket, f"甲{turn}.{number}")
            noted(two, ticket, f"乙{turn}.{number}")
        killer = threading.Timer(0.02 + 0.03 * turn, lambda: world.stop(hard=True))
        killer.start()
        for desk in (one, two):
            with suppress(Unavailable):
                desk.sync()
        killer.join()
        world.start()
    world.settle()
    assert events_of(one, ticket) == events_of(two, ticket)
    check(world, texts=("甲3.4", "乙3.4"))


@ON_BOTH
def test_a_desk_is_killed_again_and_again(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    for turn in range(4):
        two.close()
        world.work_and_kill("乙", ticket, after_s=0.25 + 0.35 * turn, turn=turn)
        two.reopen()
        noted(one, ticket, f"甲{turn}")
        one.sync()
    world.settle()
    assert events_of(one, ticket) == events_of(two, ticket)
    assert any(words.startswith("忙") for words in _words(one, ticket)), "the busy desk did something"
    check(world, texts=("甲3",))
