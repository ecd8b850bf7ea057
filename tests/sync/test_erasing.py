"""A person is erased at the server: nothing readable stays there, on cards, in what waits, or at any desk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import text

from deskapp.commands.tickets import TicketForm, change_ticket, open_ticket
from deskapp.models import backup
from deskapp.models.store import Store
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.disagreements import detail, disagreements
from deskapp.server import acts, erasing, feed, stations
from deskapp.server.check import check
from deskapp.server.service import Options, Server
from deskapp.sync.audit import sums
from tests.conftest import KEY
from tests.server.station import Clock, change, create, desk_at
from tests.sync.desks import Desk
from tests.sync.test_disagreements import desks, settle  # noqa: F401 (a fixture)

NAME, PHONE, OTHER = "赵大力", "13800000222", "13900000777"
FORM = TicketForm(kind="repair", channel="phone", callback_phone=PHONE, caller_name=NAME, model_words="N910",
                  words="打印不清", business_stopped=False)  # fmt: skip


def server_of(desk: Desk) -> Server:
    return desk.line.server  # type: ignore[attr-defined,no-any-return]


def bytes_of(server: Server) -> bytes:
    """Everything the server's database says."""
    with server.database.read() as tx:
        tables = [name for (name,) in tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for name in tables for row in tx.all(f"SELECT * FROM {name}")]
    return b"\n".join(
        bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for row in rows for cell in row
    )


def readable(store: Store) -> str:
    """Everything a desk's database says, and its copy of the journal."""
    with store.read() as session:
        names = [row[0] for row in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
        rows = [row for name in names if not name.startswith("search")
                for row in session.execute(text(f'SELECT * FROM "{name}"'))]  # fmt: skip
    copied = [tuple(row) for row in store._copy._connection.execute("SELECT * FROM entry")]
    return "\n".join(str(tuple(row)) for row in [*rows, *copied])


def disagreed(one: Desk, two: Desk) -> str:
    """A ticket about which two counters disagree: the losing number stands on a card."""
    ticket = one.store.run(open_ticket(form=FORM), by=one.boss).result.ticket_id
    settle((one, two))
    one.store.run(change_ticket(ticket_id=ticket, form=replace(FORM, callback_phone=OTHER)), by=one.boss)
    two.store.run(change_ticket(ticket_id=ticket, form=replace(FORM, callback_phone="13911111111")), by=two.boss)
    settle((one, two))
    return str(ticket)


def test_what_is_erased_stands_nowhere_any_more_not_even_on_cards(desks: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, two = desks
    server, ticket = server_of(one), disagreed(one, two)
    assert OTHER in readable(one.store) and OTHER.encode() in bytes_of(server)
    with server.database.read() as tx:
        found = erasing.find(tx, [NAME])

    count = acts.erase(server, [item.id for item in found])
    settle(desks)
    with server.database.write() as tx:
        gone = erasing.forget_in_logs(tx, server.clock() + erasing.GRACE_MS)
    settle(desks)

    assert (count, found[0].id, gone > 0) == (1, ticket, True)
    for desk in desks:
        told = readable(desk.store)
        assert [word in told for word in (NAME, PHONE, OTHER, "13911111111")] == [False] * 4
        with desk.store.read() as session:
            row = session.get_one(ServiceTicket, ticket)
            assert (row.caller_name, row.callback_phone, row.words) == ("", "", "打印不清")
            (card,) = disagreements(session)
            shown = detail(session, card)
            assert shown is not None and shown.lost is not None
        assert backup.back_up(desk.home, KEY, desk.home.root / "x.deskbackup", 1).head_seq  # the chain still holds
    there = bytes_of(server)
    assert [word.encode() in there for word in (NAME, PHONE, OTHER, "13911111111")] == [False] * 4
    assert check(server.database) == []
    with one.store.read() as mine, two.store.read() as yours:
        assert sums(mine, f"site:{one.store.facts.site_id}") == sums(yours, f"site:{one.store.facts.site_id}")


def test_a_desk_that_was_away_for_long_learns_it_from_the_snapshot(desks: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, two = desks
    server = server_of(one)
    ticket = one.store.run(open_ticket(form=FORM), by=one.boss).result.ticket_id
    settle(desks)

    acts.erase(server, [ticket])
    with server.database.write() as tx:
        feed.forget_before(tx, server.clock() + 1)
    two.line = Whole(server)  # type: ignore[assignment]
    two.exchange = None
    two.sync()
    two.sync()

    assert [word in readable(two.store) for word in (NAME, PHONE)] == [False, False]


class Whole:
    """A line that carries snapshots too."""

    def __init__(self, server: Server) -> None:
        from tests.sync.direct import Direct

        self.server, self.direct = server, Direct(server)

    def __call__(self, _address: object) -> Whole:
        return self

    def send(self, method: str, target: str, *rest: object, **more: object) -> object:
        from urllib.parse import unquote

        from deskapp.server import wholes
        from deskapp.sync.transport import Answer

        if not target.startswith("/v1/snapshot/"):
            return self.direct.send(method, target, *rest, **more)  # type: ignore[arg-type]
        found = wholes.snapshot(self.server.database, unquote(target.rsplit("/", 1)[1]), self.server.clock())
        assert found.body is not None
        return Answer(200, {}, found.body)

    def close(self) -> None:
        """Nothing is held."""


def test_what_waits_and_what_was_set_aside_loses_the_person_too(desks: tuple[Desk, Desk]) -> None:  # noqa: F811
    one, two = desks
    server = server_of(one)
    ticket = one.store.run(open_ticket(form=FORM), by=one.boss).result.ticket_id
    settle(desks)
    with server.database.write() as tx:
        lost = stations.find(tx, two.store.facts.station)
        assert lost is not None
        stations.revoke(tx, lost, server.clock(), only=True)
    two.store.run(change_ticket(ticket_id=ticket, form=replace(FORM, callback_phone=OTHER)), by=two.boss)
    from deskapp.sync.client import Client

    body = Client(two.store).ask(two.clock()).request.to_bytes()
    server.set_aside(lost, body)
    assert len(_aside(server)) == 1 and OTHER in str(_aside(server))

    acts.erase(server, [ticket])

    assert len(_aside(server)) == 1 and OTHER not in str(_aside(server))


def _aside(server: Server) -> list[object]:
    from deskapp.server import aside

    with server.database.read() as tx:
        found = [stations.find(tx, row[0]) for row in tx.all("SELECT DISTINCT station FROM set_aside")]
        return [one for station in found if station is not None for one in aside.listed(tx, station)]


def test_a_restore_erases_again_what_the_archive_knows_was_erased(tmp_path: Path) -> None:
    clock = Clock()
    server = Server(Options(str(tmp_path / "a.db"), tmp_path / "state", tmp_path / "archive"), clock)
    desk = desk_at(server, "B01")
    ticket = create("service_ticket", number="T1", site_id=desk.site, caller_name=NAME, callback_phone=PHONE)
    desk.act(ticket, personal={"caller_name": NAME, "callback_phone": PHONE})
    desk.sync()
    server.database.backup(tmp_path / "old.db")
    acts.erase(server, [ticket["id"]])
    server.close()
    back = Server(Options(str(tmp_path / "old.db"), tmp_path / "state", tmp_path / "archive"), clock)

    back.replay(tmp_path / "archive")

    with back.database.read() as tx:
        assert erasing.find(tx, [NAME, PHONE]) == []
    back.close()


def test_a_person_is_found_in_whole_cells_only_and_also_in_what_waits(tmp_path: Path) -> None:
    server = Server(Options(str(tmp_path / "a.db"), tmp_path / "state"), Clock())
    desk = desk_at(server, "B01")
    desk.act(create("service_ticket", number="T1", site_id=desk.site, caller_name=NAME, callback_phone=PHONE))
    waits = change("service_ticket", "0190a5c1-7b3e-7d2f-8a44-000000000002", "who", callback_phone=OTHER)
    desk.act(waits)
    desk.sync()

    with server.database.read() as tx:
        assert [erasing.find(tx, [word]) for word in ("", "x", '"', "%", PHONE[:-1], "T1")] == [[]] * 6
        (waiting,) = erasing.find(tx, [OTHER])
    assert waiting.id == waits["id"] and OTHER.encode() in bytes_of(server)
    assert acts.erase(server, [waiting.id]) == 1
    with server.database.read() as tx:
        assert erasing.find(tx, [OTHER]) == []
        assert OTHER not in str([bytes(row[0]) for row in tx.all("SELECT body FROM parked")])
    assert check(server.database) == []
    server.close()
