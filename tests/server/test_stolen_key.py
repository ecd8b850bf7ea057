"""Whoever holds the key of one computer, and a branch that was away for a week: what the server makes of either."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from deskapp.clock import new_uuid7
from deskapp.server import rights, stations
from deskapp.server.check import check
from deskapp.server.service import Options, Server
from deskapp.server.work import Work
from deskapp.sync.wire import Code, read_request
from tests.server.station import Clock, Desk, change, create, desk_at, fact, new_code, op, open_site
from tests.server.test_rights import (
    DAY,
    HOUR,
    MODEL,
    ON_A_FILE,
    by,
    colleague,
    founding,
    hired,
    record,
    set_roles,
    set_up,
    why,
)


def started(server: Server) -> Desk:
    """A desk of a branch that has said something already."""
    desk = desk_at(server, "B01")
    by(desk, "", create("service_ticket", number="T0", site_id=desk.site))
    return desk


# -- under another name --------------------------------------------------------------------------


@ON_A_FILE
def test_nothing_is_withdrawn_under_the_name_of_another_table(server: Server) -> None:
    desk, admin = started(server), hired(server, "administrator")
    desk.sync()
    clerk = hired(server, "counter_clerk")
    for entity in ("review_card", "service_ticket", "something_new"):
        assert why(by(desk, clerk, op("del", entity, admin, {}))) == ["malformed"]
    assert record(server, admin) is not None


@ON_A_FILE
def test_a_program_that_calls_itself_newer_hides_no_roles_among_habits(server: Server) -> None:
    desk, clerk = started(server), hired(server, "site_supervisor")
    desk.version = 999
    for group, values in (
        ("habits", {"roles": ["administrator"]}), ("skills", {"skills": [], "roles": ["administrator"]}),
        ("habits", {"language": "en", "active": False}), ("newer", {"roles": ["administrator"]}),
    ):  # fmt: skip
        assert why(by(desk, clerk, change("staff", clerk, group, **values))) == ["right"], group
    own = set_up(server, "B03")
    own.sync()
    own.version = 999
    assert why(by(own, clerk, change("site", own.site, "hours", code="B09"))) == ["right"]
    assert why(by(desk, clerk, change("staff", clerk, "habits", language="en", newer_habit=1))) == []
    values = record(server, clerk)
    assert values is not None and (values["roles"], values["language"]) == (["site_supervisor"], "en")


def test_what_is_sent_to_a_site_by_its_code_goes_to_nobody_who_takes_that_code_later(server: Server) -> None:
    depot, branch = set_up(server, "D01"), set_up(server, "B01")
    depot.sync()
    branch.sync()
    admin = hired(server, "administrator")
    for values in ({"code": "D01"}, {"depot_code": "D01"}, {"code": "B07", "depot_code": "D01"}):
        assert why(by(branch, admin, change("site", branch.site, "main", **values))) == ["site"], values
    assert why(by(branch, admin, change("site", branch.site, "main", code="B07"))) == []
    open_site(server, "B09")
    late = Desk(server, site=new_uuid7())
    site, _person = founding(late)
    assert site["values"]["code"] == "B01"
    late.journal, late.uids = [], []
    late.staff = ""
    late.act(create("site", late.site, code="D01", name="自建", depot_code="D01"), colleague("administrator"))
    late.enrol(new_code(server, "B09"), late.site)
    assert why(late.sync()) == []
    with server.database.read() as tx:
        work = Work(tx)
        assert (work.site_of("D01"), work.site_of("B09"), work.site_of("B07")) == (depot.site, late.site, branch.site)
        found = [stations.site_by_code(tx, code) for code in ("B01", "B07", "B09", "D01")]
    assert [one.id for one in found if one] == [branch.site, branch.site, late.site, depot.site]
    assert check(server.database) == []


@ON_A_FILE
def test_the_archives_own_words_are_nobody_elses(server: Server) -> None:
    import dataclasses

    desk = started(server)
    for word in rights.MARKS:
        desk.staff = hired(server, "counter_clerk")
        desk.act(fact("ticket_event", ticket_id="t", kind="note", words="甲"))
        desk.journal[-1] = dataclasses.replace(desk.journal[-1], keys=((word, "0" * 32),))
        assert why(desk.sync(plain=True)) == ["malformed"]


# -- a code, and what it begins ------------------------------------------------------------------


@ON_A_FILE
def test_a_code_begins_a_branch_and_changes_nobody_who_is_there(server: Server) -> None:
    admin = hired(server, "administrator")
    desk = desk_at(server, "B01")
    person = colleague("administrator")

    reply = by(desk, "", person, change("staff", admin, "roles", active=False, roles=[]))

    assert why(reply) == ["right"]
    values = record(server, admin)
    assert values is not None and values["active"] and record(server, person["id"]) is None


@ON_A_FILE
def test_the_book_says_once_from_which_computer_somebody_began_to_change_the_organisation(server: Server) -> None:
    desk, other, admin = started(server), desk_at(server, "B02"), hired(server, "administrator")
    for one in (desk, desk, other):
        by(one, admin, create("device_model", **MODEL))
        by(one, admin, change("staff", admin, "habits", language="en"))
    clerk = hired(server, "counter_clerk")
    by(desk, clerk, create("device_model", **MODEL))
    by(desk, clerk, change("staff", clerk, "habits", language="en"))
    with server.database.read() as tx:
        told = [(subject, who) for _at, what, subject, who, _more in stations.audit(tx) if what == "organises"]
    assert told == [(admin, other.id), (admin, desk.id)]


# -- a flood -------------------------------------------------------------------------------------


@ON_A_FILE
def test_what_is_refused_by_the_thousand_costs_no_question_each(server: Server) -> None:
    desk, clerk = started(server), hired(server, "counter_clerk")
    gone = hired(server, "counter_clerk", active=False)
    for _one in range(30):
        hired(server)
    asked: list[str] = []

    def counted(count: int) -> int:
        for one in range(count):
            desk.staff = ("", clerk, gone, new_uuid7())[one % 4]
            desk.act(colleague("administrator"))
            desk.act(fact("ticket_event", ticket_id="t", kind="note", words="甲"))
        asked.clear()
        assert {result.code for result in desk.sync().results} == {Code.REJECTED, Code.PARKED}
        return sum("staff" in question and question.startswith("SELECT") for question in asked)

    with server.database.write() as tx:
        tx._driver.set_trace_callback(asked.append)
    few, many = counted(40), counted(400)
    # Only strangers are looked up one by one: each has acts of their own.
    assert many - few <= 3 * 360 / 4, (few, many)


@ON_A_FILE
def test_whoever_was_withdrawn_and_writes_on_is_on_one_card_a_day(server: Server) -> None:
    desk, admin = started(server), hired(server, "administrator")
    typo = colleague("counter_clerk")
    by(desk, admin, typo)
    by(desk, admin, op("del", "staff", typo["id"], {}))
    cast(Clock, server.clock).now += 2 * HOUR
    by(desk, admin, create("device_model", **MODEL))
    desk.staff = typo["id"]
    for _one in range(20):
        desk.act(fact("ticket_event", ticket_id="t", kind="note", words="甲"))
    desk.sync()
    assert len(desk.cards(rights.CARD)) == 1


# -- a week away ---------------------------------------------------------------------------------


def carried(desk: Desk) -> list[str]:
    """Bring what a desk has written so far on a stick; return why something was not taken."""
    asked = read_request(desk.request().to_bytes())
    reply, _moved = desk.server.carry(desk.row(), asked)
    desk.known = reply.head
    return why(reply)


def test_a_desk_that_only_sends_sticks_has_heard_nothing_of_a_role_that_was_taken(server: Server) -> None:
    clock = cast(Clock, server.clock)
    desk, admin = started(server), hired(server, "administrator")
    by(desk, admin, create("device_model", **MODEL))
    clock.now += DAY
    set_roles(server, admin, active=False)
    told = []
    for _stick in range(3):
        clock.now += 2 * DAY
        desk.act(create("device_model", **MODEL))
        told.append(carried(desk))
    clock.now += HOUR
    desk.act(create("device_model", **MODEL))
    told.append(why(desk.sync()))
    clock.now += 2 * HOUR
    desk.act(create("device_model", **MODEL))
    assert [*told, why(desk.sync())] == [[], [], [], [], ["right"]]


@ON_A_FILE
def test_how_long_a_stick_was_on_its_way_makes_nothing_on_it_newer(server: Server) -> None:
    clock = cast(Clock, server.clock)
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    clerk = hired(server, "counter_clerk")
    ticket = create("service_ticket", number="T1", site_id=one.site, priority=3)
    by(one, clerk, ticket)
    two.sync()
    clock.now += DAY
    two.staff = clerk
    two.act(change("service_ticket", ticket["id"], "urgency", priority=1))
    stick = read_request(two.request().to_bytes())
    clock.now += DAY
    by(one, clerk, change("service_ticket", ticket["id"], "urgency", priority=2))
    clock.now += DAY
    server.carry(two.row(), stick)
    values = record(server, ticket["id"])
    assert values is not None and values["priority"] == 2, "what was written on Monday is not later than Tuesday"


@ON_A_FILE
@pytest.mark.parametrize("let_go_first", [True, False])
def test_who_was_let_go_does_not_come_back_by_what_a_branch_wrote_that_had_not_heard_of_it(
    server: Server, let_go_first: bool
) -> None:
    clock = cast(Clock, server.clock)
    one, two, admin, clerk = started(server), desk_at(server, "B02"), hired(server, "administrator"), hired(server)
    by(one, admin)
    by(two, admin)
    clock.now += HOUR
    let_go = change("staff", clerk, "roles", active=False)
    more = change("staff", clerk, "roles", roles=["administrator"])
    (one if let_go_first else two).staff = (two if let_go_first else one).staff = admin
    first, second = (let_go, more) if let_go_first else (more, let_go)
    two.act(second, at=clock.now if not let_go_first else None)
    clock.now += HOUR
    by(one, admin, first)
    clock.now += HOUR
    two.sync()
    values = record(server, clerk)
    assert values is not None and values["active"] is False
    assert len(two.cards("also_changed")) == 1


@ON_A_FILE
def test_what_waited_for_a_record_is_judged_by_who_could_do_it_when_it_came(server: Server) -> None:
    clock = cast(Clock, server.clock)
    one, two, admin = started(server), desk_at(server, "B02"), hired(server, "administrator")
    by(one, admin, create("device_model", **MODEL))
    model = create("device_model", **MODEL)
    waits = by(one, admin, change("device_model", model["id"], "note", note="旧键盘"))
    assert why(waits) == ["unknown"]
    clock.now += DAY
    set_roles(server, admin, active=False)
    clock.now += DAY
    by(one, hired(server, "counter_clerk"), create("service_ticket", number="T1", site_id=one.site))
    by(two, hired(server, "administrator"), model)
    values = record(server, model["id"])
    assert values is not None and values.get("note") == "旧键盘"


def test_a_restore_without_an_archive_lets_the_first_person_of_a_branch_in_again(tmp_path: Path) -> None:
    clock = Clock()
    server = Server(Options(str(tmp_path / "a.db"), tmp_path / "state"), clock)
    open_site(server, "B01")
    desk = Desk(server, site=new_uuid7())
    _site, person = founding(desk)
    desk.enrol(new_code(server, "B01"), desk.site)
    server.database.backup(tmp_path / "old.db")
    desk.sync()
    by(desk, person["id"], create("device_model", **MODEL))
    server.close()

    desk.server = Server(Options(str(tmp_path / "old.db"), tmp_path / "state"), clock)
    desk.known, desk.cursors = (0, ""), dict.fromkeys(desk.cursors, (0, ""))
    assert why(desk.sync()) == []
    assert record(desk.server, person["id"]) is not None
    assert check(desk.server.database) == []
    desk.server.close()
