"""Programs of different age at one server: an old one takes nothing away from what a newer one wrote, and is taken itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from deskapp.commands.tickets import add_note
from deskapp.errors import N_
from deskapp.models import schema
from deskapp.models.store import Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.outbox import cursors_of
from deskapp.server import wholes
from deskapp.server.service import Options, Server
from deskapp.sync.audit import sums
from deskapp.sync.framing import canonical_bytes
from tests.server import station
from tests.server.station import change, create, fact, new_code, open_site
from tests.sync.desks import Desk, new_desk
from tests.sync.direct import Direct

SITE = "FZ-A1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(Options(str(tmp_path / "server.db"), tmp_path))
    open_site(made, SITE)
    yield made
    made.close()


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Iterator[Desk]:
    """A real desk of today, whose line leads straight into the server."""
    made = new_desk(tmp_path, "甲", code=SITE, line=Direct(server))
    made.enrol("http://127.0.0.1:1", new_code(server, SITE), Direct(server))
    made.sync()
    yield made
    made.close()


def other(server: Server, version: int) -> station.Desk:
    """A desk made by hand that writes in another format of the tables."""
    made = station.Desk(server)
    made.enrol(new_code(server, SITE))
    made.version = version
    made.sync()
    return made


@command(N_("Change the words of a ticket in a test"), right="")
def reword(write: Write, *, ticket: str, words: str, phone: str) -> None:
    """Change two groups."""
    row = write.session.get_one(ServiceTicket, ticket)
    row.words, row.callback_phone = words, phone


def agree(server: Server, desk: Desk) -> None:
    """Both sides have the same sums over every scope, whatever this program does not know among them."""
    with desk.store.read() as session:
        for scope, (n, chain) in cursors_of(session).items():
            there = wholes.digest(server.database, scope)
            assert (there.n, there.chain) == (n, chain)
            assert there.sums == sums(session, scope), scope


def ticket_of(made: station.Desk, number: str, **more: Any) -> dict[str, Any]:
    """A ticket with every column that programs of all ages have."""
    told = {
        "number": number, "kind": "repair", "channel": "phone", "site_id": made.site, "opened_at": station.START,
        "priority": 3, "words": "不开机", **more,
    }  # fmt: skip
    return create("service_ticket", **told)


def on_record(server: Server, record: str) -> dict[str, Any]:
    """What the server holds of a record."""
    with server.database.read() as tx:
        row = tx.one("SELECT vals FROM record WHERE id = ?", (record,))
    found: dict[str, Any] = orjson.loads(bytes(row[0]))
    return found


def test_what_a_newer_program_wrote_survives_the_changes_of_this_one(server: Server, desk: Desk) -> None:
    newer = other(server, schema.VERSION + 2)
    ticket = ticket_of(newer, "T9", urgency_colour="red", seen_by=["S01"])
    robot = create("robot", name="送件机器人", site_id=newer.site)
    newer.act(ticket, robot, fact("ticket_event", ticket_id=ticket["id"], kind="open", to_state="open", mood="好"))
    newer.sync()
    desk.sync()
    agree(server, desk)

    desk.store.run(reword(ticket=ticket["id"], words="按键失灵", phone="13900000001"), by=desk.boss)
    desk.store.run(add_note(ticket_id=ticket["id"], words="已电话告知"), by=desk.boss)
    desk.sync()
    newer.act(change("service_ticket", ticket["id"], "urgency", urgency_colour="green"))
    newer.sync()
    desk.sync()

    kept = on_record(server, ticket["id"])
    assert (kept["words"], kept["callback_phone"]) == ("按键失灵", "13900000001")
    assert (kept["urgency_colour"], kept["seen_by"]) == ("green", ["S01"])
    assert on_record(server, robot["id"])["name"] == "送件机器人"
    agree(server, desk)


@pytest.mark.parametrize("age", [1, 2])
def test_the_pushes_of_older_programs_are_taken_and_understood(server: Server, desk: Desk, age: int) -> None:
    older = other(server, schema.VERSION - age)
    ticket = ticket_of(older, "T7")
    del ticket["values"]["words"]  # a column that came later, and is empty where nobody filled it
    uid = older.act(ticket, fact("ticket_event", ticket_id=ticket["id"], kind="open", to_state="open"))
    older.act(change("service_ticket", ticket["id"], "urgency", priority=2))

    reply = older.sync()

    assert not reply.results, "taken as they are"
    desk.sync()
    with desk.store.read() as session:
        row = session.execute(
            text("SELECT words, priority, state, kind FROM service_ticket WHERE id = :id"), {"id": ticket["id"]}
        ).one()
    assert tuple(row) == ("", 2, "open", "repair")
    assert any(entry.cs == uid for _scope, entry in older.entries)
    agree(server, desk)


def test_a_sum_that_differs_names_the_part_in_which_a_row_was_changed(server: Server, desk: Desk) -> None:
    writer = other(server, schema.VERSION)
    tickets = [ticket_of(writer, f"T{n}") for n in range(5)]
    writer.act(*tickets)
    writer.sync()
    desk.sync()
    agree(server, desk)

    damaged = tickets[2]["id"]
    with desk.store._writer.connect() as connection:
        connection.exec_driver_sql("UPDATE service_ticket SET words = '坏' WHERE id = ?", (damaged,))
        connection.commit()

    scope = f"site:{writer.site}"
    with desk.store.read() as session:
        ours, theirs = sums(session, scope), wholes.digest(server.database, scope).sums
    different = [place for place in range(256) if ours[place] != theirs[place]]
    (place,) = different
    # By chance another row may be in the same part.
    assert damaged in [row.id for row in wholes.rows_in_bucket(server.database, scope, place)]


def test_what_waits_here_does_not_count_in_the_sums(server: Server, desk: Desk) -> None:
    writer = other(server, schema.VERSION)
    ticket = ticket_of(writer, "T1")
    writer.act(ticket)
    writer.sync()
    desk.sync()
    desk.store.run(reword(ticket=ticket["id"], words="还没发", phone="1"), by=desk.boss)
    desk.store.run(add_note(ticket_id=ticket["id"], words="也没发"), by=desk.boss)
    agree(server, desk)


def test_bytes_that_unfold_to_gigabytes_are_refused_as_they_are_read() -> None:
    from deskapp.sync import packing
    from deskapp.sync.framing import WireError

    one = canonical_bytes({
        "app_version": "1", "command": "c", "hlc": f"{1:015d}-000000-00001", "ops": [], "prev": "", "schema": 4,
        "seq": 1, "staff": "", "station": "s", "uid": "01900000-0001-7abc-8def-000000000010",
    })  # fmt: skip
    told = packing.pack_sets([packing.PushedSet(one, "x")])["c"]
    long = "a" * 1_000_000
    told["head"]["staff"] = [long, 1_000]
    with pytest.raises(WireError, match="too_large"):
        packing.unpack_sets({"c": told})
    told["head"]["staff"] = [[""]]
    told.update(n=[[1]], uid=["u"], id=["i"], base=[[], []], shape=[[0]], shapes=[["fact", "e", "", ["w"], [], []]])
    told["cells"] = [[{"s": long, "n": 50_000}]]
    with pytest.raises(WireError, match="too_large"):
        packing.unpack_sets({"c": told})
