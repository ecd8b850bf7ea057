"""A visit planned at one counter is seen, moved and finished at the other; two who act at once are told; erasing."""

from __future__ import annotations

from sqlalchemy import select

from deskapp.commands.tickets import TicketForm, open_ticket
from deskapp.commands.visits import VisitForm, reschedule_visit, schedule_visit, visit_failed
from deskapp.commands.visits_site import VisitResult, arrive, finish_on_site
from deskapp.models.repair import ReviewCard
from deskapp.models.store import Store
from deskapp.models.ticket import ServiceTicket
from deskapp.models.visit import SiteVisit
from deskapp.queries import visits as queries
from deskapp.server import acts, erasing
from deskapp.server.check import check
from tests.sync.desks import Desk
from tests.sync.test_disagreements import desks, settle  # noqa: F401 (a fixture)
from tests.sync.test_erasing import bytes_of, readable, server_of

HOUR = 3_600_000
NAME, PHONE, SERIAL = "赵大力", "13800000222", "SN0000000041"
CALL = TicketForm(callback_phone="13900000777", model_words="N910", symptom_code="no_power", business_stopped=False)
Desks = tuple[Desk, Desk]


def planned(desk: Desk) -> tuple[str, str]:
    """Open a ticket and agree on a visit; returns both ids."""
    ticket = desk.store.run(open_ticket(form=CALL), by=desk.boss).result.ticket_id
    now = desk.store.now
    form = VisitForm(
        from_at=now + HOUR, to_at=now + 3 * HOUR, engineer_id=desk.boss.staff_id, address="福州市鼓楼区示例路1号",
        contact_name=NAME, contact_phone=PHONE, fee="free", words=f"先打 {PHONE} 找{NAME}",
    )  # fmt: skip
    return ticket, desk.store.run(schedule_visit(ticket_id=ticket, form=form), by=desk.boss).result.visit_id


def visit_at(desk: Desk, visit_id: str) -> SiteVisit:
    return desk.store.ask(lambda s: s.get_one(SiteVisit, visit_id))


def cards(store: Store, kind: str) -> list[str]:
    return store.ask(lambda s: list(s.scalars(select(ReviewCard.subject_id).where(ReviewCard.kind == kind))))


def erase_contact(pair: Desks, visit: str) -> None:
    """Erase the person who was met, and look everywhere."""
    server = server_of(pair[0])
    with server.database.read() as tx:
        found = erasing.find(tx, [PHONE])
    assert [(item.entity, item.id, item.columns) for item in found] == [("site_visit", visit, ("contact_phone",))]
    acts.erase(server, [visit], texts=[NAME, PHONE])
    settle(pair)
    with server.database.write() as tx:
        erasing.forget_in_logs(tx, server.clock() + erasing.GRACE_MS)
    for desk in pair:
        row = visit_at(desk, visit)
        assert (row.contact_name, row.contact_phone, row.words) == ("", "", "先打 〔已抹去〕 找〔已抹去〕")
        assert [word in readable(desk.store) for word in (NAME, PHONE)] == [False, False]
    assert [word.encode() in bytes_of(server) for word in (NAME, PHONE)] == [False, False]


def finished_there(one: Desk, two: Desk) -> None:
    """Planned at one counter, arrived and finished at the other, and the contact erased at both."""
    ticket, visit = planned(one)
    settle((one, two))
    there = visit_at(two, visit)
    assert (there.state, there.contact_phone, there.number) == ("planned", PHONE, visit_at(one, visit).number)
    assert [row.id for row in two.store.ask(lambda s: queries.visits_due(s, two.store.now))] == [visit]

    two.store.run(arrive(visit_id=visit, serial_no=SERIAL, badge_shown=True, tamper_result="ok"), by=two.boss)
    result = VisitResult(words="换了插座", test_result="passed")
    two.store.run(finish_on_site(visit_id=visit, result=result), by=two.boss)
    settle((one, two))
    for desk in (one, two):
        assert visit_at(desk, visit).state == "done"
        assert desk.store.ask(lambda s: s.get_one(ServiceTicket, ticket)).state == "done"
    assert check(server_of(one).database) == []
    site = f"site:{one.store.facts.site_id}"
    assert one.sums()[site] == two.sums()[site]
    erase_contact((one, two), visit)


def done_at_once(one: Desk, two: Desk) -> None:
    """Moved at both counters, then nobody met at one and arrived at the other, none knowing of the other."""
    ticket, visit = planned(one)
    settle((one, two))
    now = one.store.now
    for desk, hours in ((one, 24), (two, 48)):
        act = reschedule_visit(
            visit_id=visit, from_at=now + hours * HOUR, to_at=now + (hours + 2) * HOUR, reason="改期"
        )
        desk.store.run(act, by=desk.boss)
    settle((one, two))
    assert visit_at(one, visit).from_at == visit_at(two, visit).from_at
    assert cards(one.store, "also_changed") == cards(two.store, "also_changed") == [visit]

    one.store.run(visit_failed(visit_id=visit, reason="nobody", leave_note=False), by=one.boss)
    two.store.run(arrive(visit_id=visit, serial_no=SERIAL, badge_shown=True, tamper_result="ok"), by=two.boss)
    settle((one, two))
    assert len({visit_at(desk, visit).state for desk in (one, two)}) == 1
    assert ticket in cards(one.store, "misfit") and ticket in cards(two.store, "misfit")


def test_two_counters_plan_and_finish_visits_and_what_both_do_at_once_holds_once(desks: Desks) -> None:  # noqa: F811
    finished_there(*desks)
    done_at_once(*desks)
