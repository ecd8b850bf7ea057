"""Lists and papers of visits: late, today, to come; what a new one begins with; the sheets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from deskapp.commands.checkin_after import void_check_in
from deskapp.commands.tickets import move_ticket
from deskapp.commands.visits import Carried, cancel_visit, undo_visit_step, visit_failed
from deskapp.commands.visits_papers import print_visit_sheets
from deskapp.commands.visits_site import UsedPart, VisitResult, finish_on_site
from deskapp.errors import N_
from deskapp.models.local import PrintJob
from deskapp.models.people import Staff
from deskapp.models.store import Actor, Store, Write, command
from deskapp.models.visit import SiteVisit
from deskapp.queries import visits as queries
from deskapp.queries.find import HitKind, find
from deskapp.queries.next_steps import Step, next_steps
from deskapp.queries.today import today
from deskapp.rules import papers
from tests.checkin_shop import DEVICE, NOODLES, ONE, taken_in
from tests.conftest import START, FixedClock, People
from tests.factories_visits import HOUR, PHONE, TO, Ground, arrived, ground, planned

DONE = VisitResult(action=("clean",), words="清洁了电源接口", test_result="passed")


@pytest.fixture
def base(store: Store, people: People) -> Ground:
    return ground(store, people)


def papers_of(store: Store, kind: str) -> list[papers.Card]:
    jobs = store.ask(lambda s: s.scalars(select(PrintJob).where(PrintJob.kind == kind).order_by(PrintJob.id)).all())
    return [papers.from_json(job.card) for job in jobs]


def test_the_board_knows_what_is_late_today_to_come_and_done(
    store: Store, people: People, base: Ground, clock: FixedClock
) -> None:
    done = planned(store, people, base)
    seen = store.ask(lambda s: queries.board(s, START + HOUR))
    assert [one.number for one in seen.today] == [done.number] and not (seen.late or seen.coming or seen.done)
    assert store.ask(lambda s: queries.board(s, START - 24 * HOUR)).coming
    late = store.ask(lambda s: queries.board(s, TO + 1))
    assert [one.number for one in late.late] == [done.number] == [one.number for one in late.today]
    assert [one.late for one in store.ask(lambda s: queries.visits_due(s, TO + 1))] == [True]
    assert store.ask(lambda s: queries.visits_due(s, START - 24 * HOUR)) == ()
    assert store.ask(lambda s: queries.visits_due(s, START, "somebody else")) == ()
    row = late.late[0]
    assert (row.merchant, row.engineer, row.phone) == ("示例小面", "陈外勤", "138****0101")
    arrived(store, base, done.visit_id)
    store.run(finish_on_site(visit_id=done.visit_id, result=DONE), by=base.engineer)
    assert [one.state for one in store.ask(lambda s: queries.board(s, START + HOUR)).done] == ["done"]
    for rows in (
        store.ask(lambda s: queries.visits_of_ticket(s, base.ticket_id, START)),
        store.ask(lambda s: queries.visits_of_device(s, f"unit-{ONE}", START)),
        store.ask(lambda s: queries.visits_of_merchant(s, NOODLES, START)),
    ):
        assert [one.number for one in rows] == [done.number]


def test_the_open_visits_are_read_from_their_index(store: Store) -> None:
    sql = f"SELECT v.id FROM site_visit v WHERE {queries._OPEN} ORDER BY v.from_at, v.n"
    plan = store.ask(lambda s: s.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").all())
    assert "ix_site_visit_open" in str(plan)


def test_a_new_visit_begins_with_what_ticket_merchant_and_price_list_say(
    store: Store, people: People, base: Ground
) -> None:
    start = store.ask(lambda s: queries.visit_start(s, base.ticket_id, START))
    assert start is not None
    assert (start.address, start.contact_name, start.contact_phone) == ("福州市鼓楼区示例路1号", "张三", PHONE)
    assert [one.name for one in start.team.people][0] == "陈外勤", "field engineers stand before supervisors"
    assert start.fee_fen > 0 and start.open_visit == ""
    done = planned(store, people, base)
    assert store.ask(lambda s: queries.visit_start(s, base.ticket_id, START)).open_visit == done.visit_id


def test_sheets_bear_the_number_of_the_visit_what_goes_along_and_later_what_was_done(
    store: Store, people: People, base: Ground
) -> None:
    done = planned(
        store, people, base, carry=(Carried("loaner", "LN1"), Carried("other", "梯子")), fee="fee", fee_fen=5_000
    )
    store.run(print_visit_sheets(visit_ids=[done.visit_id]), by=base.engineer)
    (sheet,) = papers_of(store, "inspection_sheet")
    assert isinstance(sheet, papers.InspectionCard)
    assert sheet.number == done.number and "LN1" in sheet.goes_along and "梯子" in sheet.goes_along
    assert sheet.address == base.form.address and sheet.contact_phone == "138****0101"
    assert "50.00" in sheet.fee and sheet.planned.startswith("2026-03-12 14:00")
    assert [(one.serial_no, one.serial_ok) for one in sheet.devices] == [(ONE, None)]

    arrived(store, base, done.visit_id)
    store.run(finish_on_site(visit_id=done.visit_id, result=DONE), by=base.engineer)
    store.run(print_visit_sheets(visit_ids=[done.visit_id]), by=base.engineer)
    after = papers_of(store, "inspection_sheet")[1]
    assert isinstance(after, papers.InspectionCard)
    assert after.arrived_ms and after.left_ms and "清洁了电源接口" in after.action
    assert [(one.serial_no, one.serial_ok) for one in after.devices] == [(ONE, True)]


def test_the_start_page_and_the_next_steps_tell_whose_visits_are_due(
    store: Store, people: People, base: Ground
) -> None:
    assert store.ask(lambda s: today(s, START)).visits == ()
    done = planned(store, people, base)
    assert [one.number for one in store.ask(lambda s: today(s, START)).visits] == [done.number]

    def lines(who, now):
        return [(one.name, one.page) for one in store.ask(lambda s: next_steps(s, now, who.staff_id, who.roles))
                if one.name.startswith("visits")]  # fmt: skip

    assert lines(base.engineer, START) == [("visits_own", "visit")]
    assert lines(people.clerk, START) == []
    assert lines(people.clerk, TO + 1) == lines(base.engineer, TO + 1) == [("visits_late", "visit")]


def vain(store: Store, now: int = START) -> list[str]:
    return [one.number for one in store.ask(lambda s: queries.visits_in_vain(s, now))]


def visit_lines(store: Store, who: Actor, now: int) -> dict[str, Step]:
    steps = store.ask(lambda s: next_steps(s, now, who.staff_id, who.roles))
    return {one.name: one for one in steps if one.name.startswith("visits")}


@pytest.mark.parametrize("ending", ["called off", "nobody met", "done without success"])
def test_a_ticket_whose_visit_came_to_nothing_stands_among_the_next_steps_until_somebody_goes_on(
    store: Store, people: People, base: Ground, ending: str
) -> None:
    done = planned(store, people, base)
    assert vain(store) == []
    if ending == "called off":
        store.run(cancel_visit(visit_id=done.visit_id, reason="工程师请假"), by=people.clerk)
    elif ending == "nobody met":
        store.run(visit_failed(visit_id=done.visit_id, reason="closed"), by=base.engineer)
    else:
        arrived(store, base, done.visit_id)
        failed = replace(DONE, test_result="failed", done=False)
        store.run(finish_on_site(visit_id=done.visit_id, result=failed), by=base.engineer)

    assert vain(store) == [done.number]
    (line,) = visit_lines(store, people.clerk, START).values()
    assert (line.name, line.page, line.args, line.tone) == ("visits_again", "visit", {"id": done.visit_id}, "warn")
    assert line.since == store.ask(lambda s: s.get_one(SiteVisit, done.visit_id)).state_at
    assert visit_lines(store, base.engineer, START) == {}, "the next visit is agreed on at the counter"
    assert [one.number for one in store.ask(lambda s: queries.board(s, START)).unsettled] == [done.number]

    other = planned(store, people, base)
    assert vain(store) == [], "somebody goes there again"
    store.run(undo_visit_step(visit_id=other.visit_id), by=people.clerk)
    assert vain(store) == [done.number], "that planning was taken back"
    third = planned(store, people, base)
    store.run(cancel_visit(visit_id=third.visit_id, reason="改约"), by=people.clerk)
    assert vain(store) == [third.number], "of several visits only the last one counts"


def test_what_was_decided_after_a_visit_in_vain_is_not_asked_again(store: Store, people: People, base: Ground) -> None:
    done = planned(store, people, base)
    store.run(visit_failed(visit_id=done.visit_id, reason="nobody"), by=base.engineer)
    store.run(move_ticket(ticket_id=base.ticket_id, move="wait", reason="merchant"), by=people.clerk)
    assert vain(store) == []
    store.run(move_ticket(ticket_id=base.ticket_id, move="go_on"), by=people.clerk)
    assert vain(store) == [done.number]
    store.run(move_ticket(ticket_id=base.ticket_id, move="cancel", reason="已自行解决"), by=people.clerk)
    assert vain(store) == []


def test_a_device_that_was_brought_after_a_visit_in_vain_goes_on_at_the_bench(
    store: Store, people: People, base: Ground
) -> None:
    done = planned(store, people, base)
    store.run(visit_failed(visit_id=done.visit_id, reason="closed"), by=base.engineer)
    taken = taken_in(store, people, DEVICE, ticket_id=base.ticket_id)
    assert vain(store) == []
    void = void_check_in(
        order_id=taken.order_id, reason="登记错设备", given_back_to="张三", item_ids=(taken.devices[0].item_id,)
    )
    store.run(void, by=people.supervisor)
    assert vain(store) == [done.number]


def test_a_visit_without_a_result_is_asked_for_from_the_next_day_on(store: Store, people: People, base: Ground) -> None:
    done = planned(store, people, base)
    arrived(store, base, done.visit_id)
    assert "visits_forgotten" not in visit_lines(store, people.clerk, TO + 1)
    for who in (people.clerk, base.engineer):
        (line,) = visit_lines(store, who, START + 24 * HOUR).values()
        assert (line.name, line.args) == ("visits_forgotten", {"id": done.visit_id})
    (row,) = store.ask(lambda s: queries.board(s, START + 24 * HOUR)).unsettled
    assert row.no_result and not row.late and not store.ask(lambda s: queries.board(s, START)).unsettled


def test_visits_in_vain_are_found_from_the_open_tickets(store: Store) -> None:
    sql = queries._IN_VAIN.replace("??", "''").replace("LIMIT ?", "LIMIT 9")
    plan = str(store.ask(lambda s: s.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").all()))
    assert "ix_service_ticket_open" in plan and "SCAN v" not in plan and "SCAN w" not in plan


def test_the_sheet_names_what_was_left_there_with_its_own_number(store: Store, people: People, base: Ground) -> None:
    done = planned(store, people, base)
    arrived(store, base, done.visit_id)
    parts = store.ask(lambda s: queries.parts_like(s, "BAT-A8"))
    assert [(number, own) for _id, number, _name, own in parts][:1] == [("BAT-A8", True)]
    used = (UsedPart(parts[0][0], 1, "BA0000123"),)
    store.run(finish_on_site(visit_id=done.visit_id, result=replace(DONE, parts=used)), by=base.engineer)
    store.run(print_visit_sheets(visit_ids=[done.visit_id]), by=base.engineer)
    (sheet,) = papers_of(store, "inspection_sheet")
    assert isinstance(sheet, papers.InspectionCard)
    assert "× 1 BA0000123" in sheet.consumables and "BAT-A8" not in sheet.consumables


def test_a_visit_is_found_by_its_number_its_merchant_and_who_goes_there(
    store: Store, people: People, base: Ground
) -> None:
    done = planned(store, people, base)

    def found(text: str) -> list[str]:
        groups = store.ask(lambda s: find(s, text)).groups
        return [hit.title for group in groups if group.kind is HitKind.VISIT for hit in group.hits]

    words = (done.number[:9], done.number, "示例小面", "陈外勤", ONE, "0101")
    assert [found(word) for word in words] == [[done.number]] * len(words)
    store.run(visit_failed(visit_id=done.visit_id, reason="nobody", leave_note=False), by=base.engineer)
    assert found(done.number[:9]) == [done.number] and found("陈外勤") == []


def test_of_many_engineers_those_who_work_here_are_offered_and_the_others_found(
    store: Store, people: People, base: Ground
) -> None:
    store.run(_strangers())
    team = store.ask(queries.team)
    assert team.more and [one.name for one in team.people][0] == "陈外勤"
    assert not any(one.staff_no.startswith("Z") for one in team.people)
    (far,) = store.ask(lambda s: queries.engineers_like(s, "z07"))
    assert [one.id for one in store.ask(lambda s: queries.team(s, far.id)).people if one.id == far.id] == [far.id]


@command(N_("People of other branches, for the tests"), right="")
def _strangers(write: Write) -> None:
    for number in range(12):
        write.session.add(
            Staff(id=write.new_id(), staff_no=f"Z{number:02d}", name=f"外地{number}", roles=["field_engineer"])
        )
