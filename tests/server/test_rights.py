"""Who may write what is judged by what the server itself knows: a stolen key makes nobody an administrator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from deskapp.server import acts, rights, stations
from deskapp.server.check import check
from deskapp.server.service import Options, Server
from deskapp.sync.framing import load
from deskapp.sync.wire import Code, SyncReply
from tests.server.station import Clock, Desk, change, create, desk_at, fact, op

ON_A_FILE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""For stories in which the database makes no difference."""

HOUR = 3_600_000
DAY = 24 * HOUR


def hired(server: Server, *roles: str, active: bool = True) -> str:
    """Return somebody whom the server knows, added at its own command line."""
    made = acts.new_record("staff", _new_id(), **_person(roles, active))
    with server.database.write() as tx:
        acts.act(tx, "add_staff", [made], server.clock(), server.archive)
    return made.id


def set_roles(server: Server, staff: str, **values: Any) -> None:
    with server.database.write() as tx:
        acts.act(tx, "change", [acts.changed(tx, "staff", staff, "roles", **values)], server.clock(), server.archive)


def _new_id() -> str:
    from deskapp.clock import new_uuid7

    return new_uuid7()


def _person(roles: Sequence[str], active: bool = True) -> dict[str, Any]:
    return {"staff_no": "A1", "name": "甲", "badge_no": "", "roles": list(roles), "active": active, "language": "",
            "skills": []}  # fmt: skip


def colleague(*roles: str) -> dict[str, Any]:
    return create("staff", **_person(roles))


def by(desk: Desk, staff: str, *ops: dict[str, Any]) -> SyncReply:
    """Let somebody do something at a desk, and the desk speak."""
    desk.staff = staff
    desk.act(*ops)
    return desk.sync()


def why(reply: SyncReply) -> list[str]:
    return [str(result.detail.get("reason", result.code)) for result in reply.results]


def record(server: Server, record_id: str) -> dict[str, Any] | None:
    with server.database.read() as tx:
        row = tx.one("SELECT vals FROM record WHERE id = ?", (record_id,))
    return load(bytes(row[0])) if row is not None else None


MODEL = {"brand": "新大陆", "name": "N910"}
KEPT: tuple[tuple[str, dict[str, Any], tuple[str, ...]], ...] = (
    ("staff", _person(["counter_clerk"]), ("administrator",)),
    ("device_model", MODEL, ("administrator",)),
    ("part", {"part_no": "P1", "name": "电池"}, ("administrator", "parts_keeper", "site_supervisor", "depot_supervisor")),
    ("price_line", {"version": "1", "code": "L1", "kind": "labour", "name": "人工"}, ("administrator",)),
    ("shelf", {"site_id": "", "code": "A-01"}, ("administrator",)),
    ("calendar_day", {"site_id": "", "day": "2026-10-01", "works": False},
     ("administrator", "site_supervisor", "depot_supervisor")),
)  # fmt: skip
ROLES = ("counter_clerk", "courier", "technician", "parts_keeper", "site_supervisor", "depot_supervisor", "auditor",
         "administrator")  # fmt: skip


def test_what_describes_the_organisation_is_taken_from_those_only_whose_role_allows_it(server: Server) -> None:
    desk = desk_at(server, "B01")
    for role in ROLES:
        desk.staff, made = hired(server, role), {}
        for entity, values, _able in KEPT:
            one = create(entity, **({**values, "site_id": desk.site} if "site_id" in values else values))
            made[desk.act(one)] = one
        refused = {result.uid: result.detail["reason"] for result in desk.sync().results}
        taken = {entity for entity, _values, able in KEPT if role in able}
        assert {one["entity"] for one in made.values() if record(server, one["id"]) is not None} == taken, role
        assert {one["entity"]: refused.get(uid) for uid, one in made.items()} == {
            entity: None if entity in taken else "right" for entity, _values, _able in KEPT
        }, role
    assert check(server.database) == []


@ON_A_FILE
@pytest.mark.parametrize(
    ("roles", "active", "taken"),
    [([], True, False), (["counter_clerk", "site_supervisor"], True, False), (["administrator"], False, False),
     (["administrator"], True, True)],
)  # fmt: skip
def test_only_an_administrator_changes_what_somebody_may_do(
    server: Server, roles: list[str], active: bool, taken: bool
) -> None:
    desk, clerk = desk_at(server, "B01"), hired(server)
    desk.sync()
    desk.staff = hired(server, *roles, active=active)
    desk.act(change("staff", clerk, "roles", roles=["administrator"]))
    desk.act(op("del", "staff", clerk, {}))

    reply = desk.sync()

    values = record(server, clerk)
    assert values is not None and values["roles"] == (["administrator"] if taken else [])
    assert why(reply) == (["in_use"] if taken else ["right", "right"])


@ON_A_FILE
def test_a_site_its_shelves_and_its_calendar_are_changed_at_that_site_only(server: Server) -> None:
    one, two = set_up(server, "B01"), desk_at(server, "B02")
    one.sync()
    admin = hired(server, "administrator")
    shelf = create("shelf", site_id=one.site, code="A-01", zone="", use="", label_no="", active=True)
    assert why(by(one, admin, shelf)) == []
    elsewhere = [
        create("shelf", site_id=one.site, code="A-02"), create("calendar_day", site_id=one.site, day="2026-10-01"),
        change("shelf", shelf["id"], "main", active=False), change("site", one.site, "contact", phone="1"),
        create("site", code="B99", name="另一个"),
    ]  # fmt: skip
    for each in elsewhere:
        assert why(by(two, admin, each)) == ["site"], each
    assert why(by(one, admin, change("shelf", shelf["id"], "main", site_id=two.site))) == ["site"]
    assert why(by(one, admin, change("site", one.site, "contact", phone="2"))) == []
    assert why(by(one, hired(server, "site_supervisor"), change("site", one.site, "hours", hours="8-17"))) == []


@ON_A_FILE
def test_a_colleague_made_offline_by_an_administrator_may_act_at_once_and_so_may_one_who_was_just_promoted(
    server: Server,
) -> None:
    desk = desk_at(server, "B01")
    desk.staff = hired(server, "administrator")
    fresh, clerk = colleague("administrator"), colleague("counter_clerk")
    desk.act(fresh, clerk)
    desk.staff = fresh["id"]
    models = [create("device_model", **MODEL) for _each in range(4)]
    desk.act(models[0])
    desk.staff = clerk["id"]
    desk.act(models[1])
    desk.staff = fresh["id"]
    desk.act(change("staff", clerk["id"], "roles", roles=["administrator"]))
    desk.staff = clerk["id"]
    desk.act(models[2])
    desk.act(change("staff", fresh["id"], "roles", active=False))
    desk.staff = fresh["id"]
    desk.act(models[3])

    reply = desk.sync()

    assert why(reply) == ["right", "right"]
    assert [record(server, one["id"]) is not None for one in models] == [True, False, True, False]


def test_who_acts_and_is_not_known_yet_is_waited_for(server: Server) -> None:
    one, two, admin = desk_at(server, "B01"), desk_at(server, "B01"), hired(server, "administrator")
    fresh, model = colleague("administrator"), create("device_model", **MODEL)
    assert why(by(two, fresh["id"], model)) == ["person"]
    assert record(server, model["id"]) is None
    ticket = create("service_ticket", number="T1", site_id=two.site, words="坏了")
    assert why(by(two, fresh["id"], ticket)) == [], "what was done is not held up"

    by(one, admin, fresh)

    assert record(server, model["id"]) is not None


@ON_A_FILE
def test_nobody_is_an_administrator_by_claiming_so(server: Server) -> None:
    desk, _admin = desk_at(server, "B01"), hired(server, "administrator")
    clerk = hired(server, "counter_clerk")
    assert why(by(desk, clerk, colleague("administrator"))) == ["right"]
    assert why(by(desk, clerk, change("staff", clerk, "roles", roles=["administrator"]))) == ["right"]
    assert why(by(desk, "", colleague("administrator"))) == ["right"], "the program itself begins a branch only once"


# -- a role that was taken away ----------------------------------------------------------------


def test_what_was_done_offline_before_a_desk_could_know_that_a_role_was_taken_away_holds(server: Server) -> None:
    clock = cast(Clock, server.clock)
    desk, other, admin = desk_at(server, "B01"), desk_at(server, "B02"), hired(server, "administrator")
    by(desk, admin, create("device_model", **MODEL))
    clock.now += DAY
    boss = hired(server, "administrator")
    by(other, boss, change("staff", admin, "roles", roles=["counter_clerk"]))
    clock.now += DAY
    models = [create("device_model", **MODEL) for _each in range(3)]
    desk.staff = admin
    for one in models:
        desk.act(one)
    clock.now += DAY

    first = desk.exchange(desk.journal[-3:-2])  # a long absence is pushed in several requests
    desk.known = first.head
    rest = desk.sync()
    later = create("device_model", **MODEL)
    afterwards = by(desk, admin, later)

    assert (why(first), why(rest), why(afterwards)) == ([], [], ["right"])
    assert [record(server, one["id"]) is not None for one in (*models, later)] == [True, True, True, False]


@ON_A_FILE
def test_a_key_that_spoke_since_cannot_date_an_act_back_to_before_the_role_was_taken(server: Server) -> None:
    clock = cast(Clock, server.clock)
    desk, admin = desk_at(server, "B01"), hired(server, "administrator")
    by(desk, admin, create("device_model", **MODEL))
    clock.now += DAY
    set_roles(server, admin, active=False)
    clock.now += HOUR
    by(desk, hired(server, "counter_clerk"), create("service_ticket", number="T1", site_id=desk.site))
    clock.now += 2 * HOUR

    desk.staff = admin
    desk.act(create("device_model", **MODEL), at=clock.now - 3 * DAY)

    assert why(desk.sync()) == ["right"]


def test_what_somebody_did_who_is_no_longer_there_is_kept_and_told_once_a_day_but_changes_nothing(
    server: Server,
) -> None:
    clock = cast(Clock, server.clock)
    desk, clerk = desk_at(server, "B01"), hired(server, "counter_clerk")
    ticket = create("service_ticket", number="T1", site_id=desk.site, words="坏了", priority=3)
    by(desk, clerk, ticket)
    set_roles(server, clerk, active=False)
    desk.sync()
    clock.now += 2 * HOUR
    by(desk, hired(server, "technician"), fact("ticket_event", ticket_id=ticket["id"], kind="note", words="在"))
    clock.now += 2 * HOUR

    notes = [fact("ticket_event", ticket_id=ticket["id"], kind="note", words=f"第{one}句") for one in range(3)]
    for one in notes:
        assert why(by(desk, clerk, one)) == []
    assert why(by(desk, clerk, change("service_ticket", ticket["id"], "urgency", priority=1))) == ["right"]

    assert [record(server, one["id"]) is not None for one in notes] == [True] * 3
    (card,) = desk.cards(rights.CARD)
    assert (card.values["subject_id"], card.values["data"]["record"]) == (clerk, notes[0]["id"])
    changed = record(server, ticket["id"])
    assert changed is not None and changed["priority"] == 3
    clock.now += 2 * DAY
    by(desk, clerk, fact("ticket_event", ticket_id=ticket["id"], kind="note", words="又一天"))
    assert len(desk.cards(rights.CARD)) == 2
    assert check(server.database) == []


@ON_A_FILE
def test_somebody_who_was_withdrawn_is_nobody_to_wait_for(server: Server) -> None:
    desk, admin = desk_at(server, "B01"), hired(server, "administrator")
    typo = colleague("administrator")
    by(desk, admin, typo)
    by(desk, admin, op("del", "staff", typo["id"], {}))
    cast(Clock, server.clock).now += 2 * HOUR
    by(desk, admin, create("device_model", **MODEL))

    assert why(by(desk, typo["id"], create("device_model", **MODEL))) == ["right"]


# -- how a branch begins -----------------------------------------------------------------------


def founding(desk: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a computer does first that sets up a branch for itself."""
    person = colleague("administrator", "site_supervisor")
    desk.staff = ""
    site = create("site", desk.site, code="B01", name="自建", depot_code="")
    desk.act(site, person)
    desk.staff = person["id"]
    desk.act(create("shelf", site_id=desk.site, code="A-01"))
    return site, person


def set_up(server: Server, code: str) -> Desk:
    """A computer that set itself up long before it came to this server."""
    from tests.server.station import new_code, open_site

    open_site(server, code)
    desk = Desk(server)
    desk.site = _new_id()
    founding(desk)
    desk.enrol(new_code(server, code), desk.site)
    return desk


def test_each_computer_that_set_itself_up_brings_its_first_person_along_and_the_book_says_so(server: Server) -> None:
    one = set_up(server, "B01")
    assert why(one.sync()) == []
    two = set_up(server, "B01")
    assert why(two.sync()) == [], "another counter of the branch, which had worked alone as well"
    with server.database.read() as tx:
        told = [(what, by_whom) for _at, what, _subject, by_whom, _detail in stations.audit(tx) if what == "founded"]
    assert told == [("founded", two.id), ("founded", one.id)]


@ON_A_FILE
def test_the_key_of_a_computer_at_work_founds_nothing_also_not_under_a_new_identity(server: Server) -> None:
    from deskapp.sync.messages import EnrolRequest
    from deskapp.sync.signing import StationKey, sign_words

    one = set_up(server, "B01")
    one.sync()
    key, station = StationKey.make(), _new_id()
    asked = EnrolRequest("", key.public, station, 0, "偷来的", "", "", "")
    signed = EnrolRequest("", key.public, station, 0, "偷来的", "", "", "", sign_words(key, asked.words()))
    reply = server.enrol(signed, one.row())
    thief = Desk(server, key, station, reply.number, reply.site_id)
    thief.cursors = dict.fromkeys(reply.scopes, (0, ""))
    person = colleague("administrator")
    thief.staff = ""
    thief.act(person)

    assert why(thief.sync()) == ["right"]
    assert record(server, person["id"]) is None


@ON_A_FILE
def test_where_nobody_is_known_yet_the_program_may_make_somebody(server: Server) -> None:
    desk = desk_at(server, "B01")
    desk.staff = ""
    desk.act(create("service_ticket", number="T1", site_id=desk.site))
    desk.sync()
    person = colleague("administrator")

    assert why(by(desk, "", person)) == [] and record(server, person["id"]) is not None
    assert why(by(desk, "", colleague("administrator"))) == ["right"]


# -- a restore ---------------------------------------------------------------------------------


def test_a_restore_takes_again_what_was_taken_and_refuses_again_what_was_refused(tmp_path: Path) -> None:
    clock = Clock()
    server = Server(Options(str(tmp_path / "a.db"), tmp_path / "state", tmp_path / "archive"), clock)
    one, two = desk_at(server, "B01"), desk_at(server, "B02")
    server.database.backup(tmp_path / "old.db")
    admin = hired(server, "administrator")
    fresh, clerk = colleague("administrator"), colleague("counter_clerk")
    by(two, admin, fresh, clerk)
    good, bad, never = (create("device_model", **MODEL) for _each in range(3))
    by(one, fresh["id"], good)
    by(one, clerk["id"], bad, fact("ticket_event", ticket_id="t", kind="note", words="留下"))
    by(one, _new_id(), never)
    set_roles(server, fresh["id"], active=False)
    server.close()

    back = Server(Options(str(tmp_path / "old.db"), tmp_path / "state", tmp_path / "archive"), clock)
    back.replay(tmp_path / "archive")
    back.try_parked()

    assert [record(back, each["id"]) is not None for each in (good, bad, never)] == [True, False, False]
    assert record(back, fresh["id"]) is not None
    with back.database.read() as tx:
        codes = dict(map(tuple, tx.all("SELECT uid, code FROM change_set WHERE station = ?", (one.id,))))
    assert [codes[uid] for uid in one.uids] == [Code.OK, Code.REJECTED, Code.PARKED]
    assert check(back.database) == []
    back.close()
