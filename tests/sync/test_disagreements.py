"""Two counters without a line, one server: what they disagree about is one card at both, decided once for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from deskapp.commands.decisions import decide_fields, decide_pickups
from deskapp.commands.tickets import TicketForm, change_ticket, open_ticket
from deskapp.errors import N_, Unavailable
from deskapp.models import folding
from deskapp.models.repair import CustodyEvent, RepairItem, ReviewCard
from deskapp.models.store import Command, Store, Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.disagreements import detail, disagreements
from deskapp.server import stations
from deskapp.server.service import Options, Server
from deskapp.sync.enrol import enrol
from tests.factories_pickup import Line, ready_order
from tests.sync.desks import Desk, give_out, new_desk, take_in
from tests.sync.direct import Direct

FORM = TicketForm(kind="repair", channel="phone", callback_phone="13800000105", model_words="N910",
                  words="打印不清", business_stopped=False)  # fmt: skip


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """Two desks of one branch, and a server in this process."""
    server = Server(Options(str(tmp_path / "server.db"), tmp_path))
    with server.database.write() as tx:
        stations.add_site(tx, "FZ-A1", "FZ-A1", server.clock())
    line, made = Direct(server), []
    for name, code in (("甲", "FZ-A1"), ("乙", "")):
        desk = new_desk(tmp_path, name, code=code, line=line)
        with server.database.write() as tx:
            site = stations.site_by_code(tx, "FZ-A1")  # the first desk has brought its own id for it
            assert site is not None
            given = stations.issue_code(tx, site.id, name, server.clock())
        enrol(desk.store, line, url="http://localhost", code=given)
        desk.sync()
        made.append(desk)
    yield made[0], made[1]
    for desk in made:
        desk.close()
    server.close()


def settle(desks: tuple[Desk, Desk]) -> None:
    for _round in range(3):
        for desk in desks:
            desk.sync()


def card(desk: Desk, kind: str) -> ReviewCard:
    with desk.store.read() as session:
        return session.scalars(select(ReviewCard).where(ReviewCard.kind == kind)).one()


def test_what_two_counters_did_apart_is_one_card_at_both_and_one_decision(desks: tuple[Desk, Desk]) -> None:
    one, two = desks
    boss, other = one.boss.staff_id, one.people["S02"].staff_id
    act = ready_order(lines=(Line(fen=0, end="free"),), supervisor=boss, technician=boss, inspector=other)
    order = one.store.run(act, by=one.boss).result
    ticket = one.store.run(open_ticket(form=FORM), by=one.boss).result.ticket_id
    settle(desks)
    # Nobody hears of the other: both hand the same device out, both change the same number.
    for desk, collector, phone in ((one, "王小明", "13800000222"), (two, "林志强", "13800000333")):
        desk.store.run(give_out(order_id=order.order_id, item_id=order.items[0], collector=collector), by=desk.boss)
        desk.store.run(change_ticket(ticket_id=ticket, form=replace(FORM, callback_phone=phone)), by=desk.boss)
    settle(desks)

    assert card(one, "two_pickups").id == card(two, "two_pickups").id
    with two.store.read() as session:
        rows = {row.kind: row for row in disagreements(session)}
        versions, pickups = detail(session, rows["also_changed"]), detail(session, rows["two_pickups"])
    assert versions is not None and pickups is not None and rows.keys() == {"also_changed", "two_pickups"}
    assert {versions.kept.station, versions.lost.station} == {
        one.store.facts.station_no, two.store.facts.station_no,
    }  # fmt: skip
    assert versions.kept.site == versions.lost.site != ""

    lost = versions.fields[0].lost
    two.store.run(decide_fields(card_id=rows["also_changed"].id, choice="take"), by=two.boss)
    wrong = pickups.pickups[0].receipt_no
    two.store.run(decide_pickups(card_id=rows["two_pickups"].id, wrong_receipt=wrong, reason="点错"), by=two.boss)
    settle(desks)

    for desk in desks:
        with desk.store.read() as session:
            assert disagreements(session) == ()
            assert session.get_one(ServiceTicket, ticket).callback_phone == lost
            item = session.get_one(RepairItem, order.items[0])
            assert (item.work_state, item.receipt_no) == ("picked_up", pickups.pickups[1].receipt_no)


@command(N_("Take a hand-over back in a story"), right="")
def unsay_event(write: Write, *, event_id: str, item_id: str) -> None:
    """Void a hand-over that was written in error."""
    write.session.add(CustodyEvent(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, item_id=item_id, from_holder="", to_holder="",
        place="", tamper_result="ok", giver="", taker="", voids=event_id,
    ))  # fmt: skip


def test_a_card_about_what_fits_by_now_closes_itself_at_every_desk_once(desks: tuple[Desk, Desk]) -> None:
    one, two = desks
    boss, other = one.boss.staff_id, one.people["S02"].staff_id
    act = ready_order(lines=(Line(fen=0, end="free"),), supervisor=boss, technician=boss, inspector=other)
    item = one.store.run(act, by=one.boss).result.items[0]
    settle(desks)
    for desk, place in ((one, "shelf:甲-1"), (two, "shelf:乙-2")):  # each from where it lay before
        desk.store.run(take_in(item_id=item, place=place), by=desk.boss)
    settle(desks)
    assert card(one, "misfit").id == card(two, "misfit").id
    assert not card(one, "misfit").settled_at
    with one.store.read() as session:
        events = folding.custody_of(session, item)
        wrong = next(gap.fact for gap in events.gaps)
        first = [
            row.id for row in session.scalars(select(CustodyEvent).order_by(CustodyEvent.n)) if row.item_id == item
        ]

    before = next(one_id for one_id in reversed(first) if one_id != wrong.uid)
    one.store.run(unsay_event(event_id=before, item_id=item), by=one.boss)  # that one had never happened
    settle(desks)

    closed = [card(desk, "misfit") for desk in desks]
    assert [(row.settled_how, row.settled_by) for row in closed] == [("fits_now", "")] * 2
    assert closed[0].settled_at == closed[1].settled_at > 0
    for desk in desks:
        with desk.store.read() as session:
            assert disagreements(session) == ()


def misfit_on_its_way(desks: tuple[Desk, Desk]) -> None:
    """Let a device be taken in at both desks, and the second one's fact be at the server only."""
    one, two = desks
    boss, other = one.boss.staff_id, one.people["S02"].staff_id
    act = ready_order(lines=(Line(fen=0, end="free"),), supervisor=boss, technician=boss, inspector=other)
    item = one.store.run(act, by=one.boss).result.items[0]
    settle(desks)
    for desk, place in ((one, "shelf:甲-1"), (two, "shelf:乙-2")):
        desk.store.run(take_in(item_id=item, place=place), by=desk.boss)
    one.sync()


def cards(desk: Desk) -> int:
    with desk.store.read() as session:
        return len(session.scalars(select(ReviewCard).where(ReviewCard.kind == "misfit")).all())


def test_what_did_not_fit_is_found_though_the_program_was_killed_before_it_looked(desks: tuple[Desk, Desk]) -> None:
    """Only its memory knew what had arrived, so a branch with one desk never heard of it."""
    misfit_on_its_way(desks)
    two = desks[1]
    assert two.exchange is not None
    while two.exchange._one_round().more:
        pass
    assert cards(two) == 0

    two.reopen()
    two.sync()

    assert cards(two) == 1


def test_what_did_not_fit_is_found_once_the_disk_has_room_again(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    misfit_on_its_way(desks)
    two, run, failed = desks[1], Store.run, []

    def full(store: Store, act: Command[Any], **more: Any) -> Any:
        if act.name == "raise_disagreements" and store is two.store and not failed:
            failed.append(act)
            raise Unavailable(N_("The disk is full."), code="disk_full")
        return run(store, act, **more)

    monkeypatch.setattr(Store, "run", full)
    two.sync()
    assert failed and cards(two) == 0
    two.store.run(open_ticket(form=FORM), by=two.boss)
    two.sync()

    assert cards(two) == 1


def test_a_card_whose_facts_are_not_all_here_stays_open(desks: tuple[Desk, Desk]) -> None:
    one, _two = desks
    one.store.run(leave_misfit(), by=one.boss)
    one.sync()
    one.sync()

    assert not card(one, "misfit").settled_at


@command(N_("Leave a card about what is not here"), right="")
def leave_misfit(write: Write) -> None:
    """Raise a card about a device and a fact that this desk does not hold."""
    write.session.add(ReviewCard(
        id=write.new_id(), kind="misfit", subject_kind="repair_item", subject_id=write.new_id(), raised_at=write.now,
        data={"axis": "work", "move": "hand_out", "fact": write.new_id()},
    ))  # fmt: skip
