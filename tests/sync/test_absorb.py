"""What comes from the server becomes rows, beside acts that are not sent yet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from deskapp.commands.setup import change_service_times
from deskapp.commands.tickets import TicketForm, add_note, change_ticket, move_ticket, open_ticket
from deskapp.models import search
from deskapp.models.absorb import Entry, Piece, Result
from deskapp.models.journal import ChangeSet, GroupVersion
from deskapp.models.store import Store
from deskapp.models.sync_state import SyncExtra, SyncHeld, SyncShadow
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.paths import Home
from tests.conftest import KEY, CountedIds, FixedClock, People
from tests.sync.feed import SCOPE, entries, head, take

FORM = TicketForm(kind="consultation", channel="phone", callback_phone="13800000102", caller_name="李四",
                  answers={"topic": "choosing", "needs": "外卖点餐用"}, words="想换一台机器")  # fmt: skip


@pytest.fixture
def other(branch_template: tuple[Path, People], tmp_path: Path) -> Iterator[Store]:
    """A second desk that began as a copy of the same branch."""
    target = tmp_path / "other"
    shutil.copytree(branch_template[0], target)
    with Store(Home(target), KEY, clock=FixedClock(), new_id=CountedIds(5_000_000)) as opened:
        yield opened


def shared_ticket(store: Store, other: Store, people: People) -> str:
    """Open a ticket here, acknowledged, and known at the other desk."""
    before = head(store)
    ticket = store.run(open_ticket(form=FORM), by=people.clerk).result.ticket_id
    log = entries(store, before)
    take(other, log)
    acknowledge(store, log, before)
    return ticket


def acknowledge(store: Store, log: list[Entry], after: int, code: str = "ok") -> None:
    """Let a desk hear that its acts were taken, as the feed tells it."""
    with store.read() as session:
        uids = session.scalars(select(ChangeSet.uid).where(ChangeSet.seq > after)).all()
    take(store, log, results=[Result(uid, code) for uid in uids], settle=500)


def ticket_of(store: Store, ticket_id: str) -> ServiceTicket:
    with store.read() as session:
        return session.scalars(select(ServiceTicket).where(ServiceTicket.id == ticket_id)).one()


def events(store: Store, ticket_id: str) -> list[str]:
    with store.read() as session:
        rows = session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == ticket_id).order_by(TicketEvent.n))
        return [row.id for row in rows]


def test_a_record_of_another_desk_can_be_found_and_is_folded(store: Store, other: Store, people: People) -> None:
    ticket = shared_ticket(store, other, people)
    before = head(store)
    store.run(move_ticket(ticket_id=ticket, move="start"), by=people.clerk)
    take(other, entries(store, before))

    assert ticket_of(other, ticket).state == ticket_of(store, ticket).state == "in_progress"
    assert ticket_of(other, ticket).done_due == ticket_of(store, ticket).done_due > 0
    with other.read() as session:
        assert search.newest(session, search.TICKET, "李四", 5) == [ticket]


def test_nothing_from_afar_enters_the_journal(store: Store, other: Store, people: People) -> None:
    before = head(other)
    shared_ticket(store, other, people)
    assert head(other) == before


def test_taking_the_same_entries_again_changes_nothing(store: Store, other: Store, people: People) -> None:
    ticket = shared_ticket(store, other, people)
    with other.read() as session:
        was = (
            session.execute(text("SELECT * FROM service_ticket")).all(),
            session.execute(text("SELECT * FROM ticket_event")).all(),
        )
    take(other, [one for one in entries(store) if one.id == ticket or one.entity == "ticket_event"])
    with other.read() as session:
        now = (
            session.execute(text("SELECT * FROM service_ticket")).all(),
            session.execute(text("SELECT * FROM ticket_event")).all(),
        )
    assert now == was


def test_acts_that_wait_stand_behind_what_the_server_took(store: Store, other: Store, people: People) -> None:
    ticket = shared_ticket(store, other, people)
    here, there = head(store), head(other)
    mine = [store.run(add_note(ticket_id=ticket, words=f"甲{number}"), by=people.clerk).result for number in range(2)]
    theirs = [other.run(add_note(ticket_id=ticket, words=f"乙{number}"), by=people.clerk).result for number in range(2)]
    first = events(store, ticket)[:-2]

    take(store, entries(other, there))
    assert events(store, ticket) == [*first, *theirs, *mine]

    log = [*entries(other, there), *entries(store, here)]
    acknowledge(store, log[2:], here)
    acknowledge(other, log, there)
    assert events(store, ticket) == events(other, ticket) == [*first, *theirs, *mine]


def test_an_own_fact_taken_late_moves_behind_what_was_taken_before(store: Store, other: Store, people: People) -> None:
    ticket = shared_ticket(store, other, people)
    here, there = head(store), head(other)
    mine = [store.run(add_note(ticket_id=ticket, words=f"甲{number}"), by=people.clerk).result for number in range(2)]
    theirs = other.run(add_note(ticket_id=ticket, words="乙"), by=people.clerk).result
    first = events(store, ticket)[:-2]
    log = entries(store, here)

    take(store, [log[0], *entries(other, there), log[1]])
    assert events(store, ticket) == [*first, mine[0], theirs, mine[1]]


def test_a_group_changed_here_and_not_judged_keeps_showing_our_value(
    store: Store, other: Store, people: People
) -> None:
    ticket = shared_ticket(store, other, people)
    here, there = head(store), head(other)
    store.run(change_ticket(ticket_id=ticket, form=replace(FORM, words="我们这样写")), by=people.clerk)
    other.run(change_ticket(ticket_id=ticket, form=replace(FORM, words="他们那样写")), by=people.clerk)
    theirs = entries(other, there)

    take(store, theirs)
    assert ticket_of(store, ticket).words == "我们这样写"

    acknowledge(store, entries(store, here), here)  # ours came later in the server's order, and stands
    assert ticket_of(store, ticket).words == "我们这样写"
    with store.read() as session:
        assert not session.scalars(select(SyncShadow)).all()
        version = session.get_one(GroupVersion, (ticket, "words"))
        assert version.op_uid == next(one.uid for one in entries(store, here) if one.kind == "set")


def test_a_change_that_the_server_did_not_take_gives_way(store: Store, other: Store, people: People) -> None:
    ticket = shared_ticket(store, other, people)
    here, there = head(store), head(other)
    store.run(change_ticket(ticket_id=ticket, form=replace(FORM, words="我们这样写")), by=people.clerk)
    other.run(change_ticket(ticket_id=ticket, form=replace(FORM, words="他们那样写")), by=people.clerk)

    take(store, entries(other, there))
    acknowledge(store, [], here, code="merged")
    assert ticket_of(store, ticket).words == "他们那样写"
    with store.read() as session:
        assert search.newest(session, search.TICKET, "他们那样写", 5) == [ticket]


def test_a_refused_change_gives_way_to_what_was_before(store: Store, other: Store, people: People) -> None:
    ticket = shared_ticket(store, other, people)
    here = head(store)
    store.run(change_ticket(ticket_id=ticket, form=replace(FORM, words="第一次")), by=people.clerk)
    store.run(change_ticket(ticket_id=ticket, form=replace(FORM, words="第二次")), by=people.clerk)

    acknowledge(store, [], here, code="rejected")
    assert ticket_of(store, ticket).words == FORM.words


def test_a_refused_record_goes_and_what_was_typed_stays_in_the_journal(store: Store, people: People) -> None:
    here = head(store)
    ticket = store.run(open_ticket(form=FORM), by=people.clerk).result.ticket_id
    acknowledge(store, [], here, code="rejected")
    with store.read() as session:
        assert session.scalars(select(ServiceTicket).where(ServiceTicket.id == ticket)).all() == []
        assert FORM.words in session.scalars(select(ChangeSet.body).where(ChangeSet.seq == here + 1)).one()


def test_a_row_stays_while_any_scope_holds_it(store: Store, other: Store, people: People) -> None:
    ticket = shared_ticket(store, other, people)
    second = [one._replace(scope="site:2") for one in entries(store) if one.id == ticket]
    take(other, second)
    drop = Entry("drop", "service_ticket", ticket, {}, scope=SCOPE)
    take(other, [drop])
    assert ticket_of(other, ticket).id == ticket
    take(other, [drop._replace(scope="site:2")])
    with other.read() as session:
        assert session.scalars(select(ServiceTicket).where(ServiceTicket.id == ticket)).all() == []
        assert session.scalars(select(SyncHeld).where(SyncHeld.record_id == ticket)).all() == []


def test_a_row_that_an_unsent_act_names_outlives_its_scope(store: Store, other: Store, people: People) -> None:
    ticket = shared_ticket(store, other, people)
    there = head(other)
    other.run(add_note(ticket_id=ticket, words="还没寄出"), by=people.clerk)
    other.run(change_ticket(ticket_id=ticket, form=replace(FORM, words="改一下")), by=people.clerk)
    take(other, [Entry("drop", "service_ticket", ticket, {}, scope=SCOPE)])
    assert ticket_of(other, ticket).words == "改一下"

    acknowledge(other, [], there)
    with other.read() as session:
        assert session.scalars(select(ServiceTicket).where(ServiceTicket.id == ticket)).all() == []


def test_what_a_newer_program_wrote_is_kept(store: Store, other: Store, people: People) -> None:
    ticket = shared_ticket(store, other, people)
    put = next(one for one in entries(store) if one.id == ticket)
    take(other, [
        put._replace(values={**put.values, "mood": "calm"}),
        Entry("set", "service_ticket", ticket, {"mood": "cross"}, "mood", "op-9", scope=SCOPE),
        Entry("put", "weather", "w-1", {"sky": "blue"}, scope=SCOPE),
    ])  # fmt: skip
    with other.read() as session:
        kept = {row.record_id: row.values for row in session.scalars(select(SyncExtra))}
    assert kept == {ticket: {"mood": "cross"}, "w-1": {"sky": "blue"}}


def test_cursors_move_only_with_the_rows(store: Store, other: Store, people: People) -> None:
    ticket = shared_ticket(store, other, people)
    bad = Entry("put", "service_ticket", "x-1", {"number": None}, scope=SCOPE)
    with pytest.raises(Exception, match="NOT NULL"):
        other.absorb(Piece(entries=[bad], cursors={SCOPE: (99, "c")}))
    with other.read() as session:
        assert session.execute(text("SELECT n FROM sync_feed")).scalars().all() == [0]
    assert ticket_of(other, ticket).number


def test_a_scope_that_is_taken_away_leaves_nothing_behind(store: Store, other: Store, people: People) -> None:
    ticket = shared_ticket(store, other, people)
    take(other, [], leave=[SCOPE])
    with other.read() as session:
        assert session.scalars(select(ServiceTicket).where(ServiceTicket.id == ticket)).all() == []
        assert session.execute(text("SELECT count(*) FROM sync_held")).scalar() == 0
        assert session.execute(text("SELECT count(*) FROM sync_feed")).scalar() == 0


def test_new_hours_count_for_what_comes_with_them(store: Store, other: Store, people: People) -> None:
    shared_ticket(store, other, people)  # both know the old hours by heart
    before = head(store)
    week = dict.fromkeys(range(7), (600, 660))
    store.run(change_service_times(week=week, promises={}), by=people.supervisor)
    ticket = store.run(open_ticket(form=FORM), by=people.clerk).result.ticket_id

    take(other, entries(store, before))

    assert ticket_of(other, ticket).done_due == ticket_of(store, ticket).done_due
    assert ticket_of(store, ticket).done_due % 86_400_000 <= 3 * 3_600_000, (
        "an hour a day from ten on, eight ahead of UTC"
    )


def test_a_ticket_is_folded_though_its_facts_came_before_it(store: Store, other: Store, people: People) -> None:
    before = head(store)
    ticket = store.run(open_ticket(form=FORM), by=people.clerk).result.ticket_id
    for move in ("start", "wait"):
        store.run(move_ticket(ticket_id=ticket, move=move, reason="merchant"), by=people.clerk)
    log = entries(store, before)
    ours = [one for one in log if one.entity == "ticket_event"]

    take(other, ours)  # the facts first, their ticket in a piece of its own
    take(other, [one for one in log if one.entity != "ticket_event"])

    assert (ticket_of(other, ticket).state, ticket_of(other, ticket).waits_for) == ("waiting", "merchant")
