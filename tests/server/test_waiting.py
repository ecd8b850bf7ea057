"""Change sets that wait for something: each station's stay in their order, and none waits for longer than it has to."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from deskapp.clock import new_uuid7
from deskapp.server import aside
from deskapp.server.cli import main
from deskapp.server.push import MOST_TRIES
from deskapp.server.service import Options, Server
from deskapp.sync.framing import load
from tests.server.station import Clock, Desk, change, create, desk_at, fact


def codes(server: Server, desk: Desk) -> list[str]:
    with server.database.read() as tx:
        return [code for (code,) in tx.all("SELECT code FROM change_set WHERE station = ? ORDER BY seq", (desk.id,))]


def values(server: Server, record: str) -> dict[str, object]:
    with server.database.read() as tx:
        return dict(load(bytes(tx.one("SELECT vals FROM record WHERE id = ?", (record,))[0])))


def late_and_behind(server: Server) -> tuple[Desk, Desk, str, str]:
    """Return two desks, a ticket, and a record to come: the first act waits for it, the second for the first."""
    desk, other = desk_at(server, "B01"), desk_at(server, "B01")
    ticket = create("service_ticket", number="T1", site_id=desk.site, words="一")
    late = new_uuid7()
    desk.act(ticket)
    desk.sync()
    first = change("service_ticket", ticket["id"], "words", words="二")
    desk.act(first, change("service_ticket", late, "words", words="x"))
    desk.act(change("service_ticket", ticket["id"], "words", first["uid"], words="三"))
    desk.sync()
    return desk, other, str(ticket["id"]), late


def test_what_was_done_after_something_that_waits_waits_too_however_often_it_is_tried(server: Server) -> None:
    desk, other, ticket, late = late_and_behind(server)

    for _try in range(3):
        server.mend()
    assert codes(server, desk) == ["ok", "parked", "parked"]

    other.act(create("service_ticket", late, number="T2", site_id=other.site, words=""))
    other.sync()
    desk.sync()
    assert codes(server, desk) == ["ok", "ok", "ok"]
    assert values(server, ticket)["words"] == "三"
    assert desk.cards("also_changed") == []


def test_what_waits_behind_another_goes_on_with_it_after_any_time(server: Server) -> None:
    """Whatever was tried in vain so often that it is left alone goes on with what it waited for."""
    desk, other, ticket, late = late_and_behind(server)
    for _try in range(MOST_TRIES + 1):
        server.mend()
    other.act(create("service_ticket", late, number="T2", site_id=other.site, words=""))
    other.sync()

    assert codes(server, desk) == ["ok", "ok", "ok"]
    assert values(server, ticket)["words"] == "三"


def test_what_something_that_waited_brings_along_lets_others_go_on(server: Server) -> None:
    desk, other = desk_at(server, "B01"), desk_at(server, "B01")
    late, made = new_uuid7(), new_uuid7()
    other.act(change("service_ticket", made, "words", words="到了"))
    other.sync()
    desk.act(create("service_ticket", made, number="T1", site_id=desk.site, words=""),
             change("service_ticket", late, "words", words="x"))  # fmt: skip
    desk.sync()
    for _try in range(MOST_TRIES + 1):
        server.mend()
    desk.act(create("service_ticket", late, number="T2", site_id=desk.site, words=""))
    desk.sync()

    assert codes(server, desk) == ["ok", "ok"]
    assert codes(server, other) == ["ok"]
    assert values(server, made)["words"] == "到了"


def test_a_fact_that_waited_hangs_on_its_record_at_once(server: Server) -> None:
    desk = desk_at(server, "B01")
    ticket = create("service_ticket", number="T1", site_id=desk.site, words="")
    late, happened = new_uuid7(), fact("ticket_event", ticket_id=ticket["id"], words="来电")
    desk.act(ticket)
    desk.act(happened, change("service_ticket", late, "words", words="x"))
    desk.act(create("service_ticket", late, number="T2", site_id=desk.site, words=""))
    desk.sync()

    assert codes(server, desk) == ["ok", "ok", "ok"]
    with server.database.read() as tx:
        assert tx.one("SELECT root FROM record WHERE id = ?", (happened["id"],)) == (ticket["id"],)
        assert tx.all("SELECT * FROM orphan") == []


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_log_says_where_something_went_wrong_and_never_what_people_wrote(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    desk = desk_at(server, "B01")
    late = new_uuid7()
    desk.act(change("service_ticket", late, "words", words="x"))
    desk.sync()
    with server.database.write() as tx:
        tx.run("CREATE TRIGGER no BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, '王小明'); END")
    with caplog.at_level(logging.WARNING):
        desk.act(create("service_ticket", late, number="T2", site_id=desk.site, words=""))
        desk.sync()

    assert codes(server, desk) == ["parked", "ok"]
    assert "could not be judged again" in caplog.text
    assert "王小明" not in caplog.text


def test_what_does_not_follow_is_still_kept_aside_when_the_rest_was_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The disk of a lost computer was copied, and both went on; or one of its pushes never came."""
    server = Server(Options(str(tmp_path / "server.db"), tmp_path), Clock())
    desk = desk_at(server, "B01", 5)
    desk.act(create("service_ticket", number="T1", site_id=desk.site))
    desk.sync()
    copy = Desk(server, desk.key, desk.id, desk.no, desk.site, journal=list(desk.journal), known=desk.known)
    for one, words in ((desk, "一"), (copy, "二")):
        one.act(create("service_ticket", number=words, site_id=desk.site, words=words))
        server.set_aside(desk.row(), one.request().to_bytes())
    desk.act(create("service_ticket", number="T3", site_id=desk.site))
    desk.act(create("service_ticket", number="T4", site_id=desk.site, words="四"))
    server.set_aside(desk.row(), desk.request(desk.journal[3:]).to_bytes())

    code = main(["--data", str(tmp_path), "station", "aside", "5", "--take"])

    assert code == 1
    assert capsys.readouterr().out == (
        "1 of 3 acts was taken.\nPushes that do not follow on what is here, and are still kept aside: 2.\n"
    )
    assert desk.row().seq == 2
    with server.database.read() as tx:
        left = aside.listed(tx, desk.row())
    assert [[one.ops[0].values["words"] for one in push.sets] for push in left] == [["二"], ["四"]]
    server.close()
