"""How what was received is laid down: in short pieces, own words only named, scopes let go of a part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deskapp.commands.tickets import add_note
from deskapp.errors import N_
from deskapp.models import leaving
from deskapp.models.absorb import Absorbed, Piece
from deskapp.models.store import Done, Store, Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.outbox import cursors_of
from deskapp.server import wholes
from deskapp.server.service import Options, Server
from deskapp.sync import client as client_module
from deskapp.sync.audit import sums
from deskapp.sync.client import Client
from deskapp.sync.laying import WHOLE
from deskapp.sync.wire import SyncReply, read_reply, read_request
from tests.server import station
from tests.server.station import change, create, fact, new_code, open_site
from tests.sync.desks import Desk, new_desk
from tests.sync.direct import Direct

SITE = "FZ-A1"


@command(N_("Take many tickets in for a test"), right="")
def take_many(write: Write, *, count: int) -> list[str]:
    """Add tickets in one act."""
    ids = [write.new_id() for _number in range(count)]
    for number, one in enumerate(ids):
        write.session.add(
            ServiceTicket(id=one, number=f"T{number}", site_id=write.site_id, opened_at=write.now, callback_phone="1")
        )
    return ids


@command(N_("Reword a ticket in a test"), right="")
def reword(write: Write, *, ticket: str, words: str) -> None:
    """Change one group."""
    write.session.get_one(ServiceTicket, ticket).words = words


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(Options(str(tmp_path / "server.db"), tmp_path))
    open_site(made, SITE)
    yield made
    made.close()


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Iterator[Desk]:
    made = new_desk(tmp_path, "甲", code=SITE, line=Direct(server))
    made.enrol("http://127.0.0.1:1", new_code(server, SITE), Direct(server))
    made.sync()
    yield made
    made.close()


def hand_made(server: Server) -> station.Desk:
    made = station.Desk(server)
    made.enrol(new_code(server, SITE))
    made.sync()
    return made


def agree(server: Server, desk: Desk) -> None:
    with desk.store.read() as session:
        for scope in cursors_of(session):
            assert wholes.digest(server.database, scope).sums == sums(session, scope), scope


def watched(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[Piece]:
    """Every piece that is laid down from now on."""
    found: list[Piece] = []
    plain = store.absorb

    def absorb(piece: Piece, *, fold: bool = True) -> Done[Absorbed]:
        found.append(piece)
        return plain(piece, fold=fold)

    monkeypatch.setattr(store, "absorb", absorb)
    return found


# -- pieces --------------------------------------------------------------------


def test_an_import_is_shown_page_by_page_and_its_cursor_moves_with_the_last(
    server: Server, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    importer = hand_made(server)
    count = WHOLE + 350
    some = [create("device", serial_no=f"SN{n:06d}", model_id="n910", ownership="owned") for n in range(count)]
    importer.act(*some)
    importer.sync()
    pieces = watched(desk.store, monkeypatch)
    monkeypatch.setattr(client_module, "PIECE_S", 0.0)  # every piece takes too long: the next is the smallest
    monkeypatch.setattr(client_module, "IDLE_PIECE_S", 0.0)

    desk.sync()

    pages = [piece for piece in pieces if piece.entries]
    assert sum(len(piece.entries) for piece in pages) == count
    assert len(pages[0].entries) <= 100, "a first page of moderate size"
    assert {len(piece.entries) for piece in pages[1:-1]} == {client_module.SMALLEST}
    assert [bool(piece.cursors) for piece in pages] == [False] * (len(pages) - 1) + [True]
    agree(server, desk)


def test_an_act_at_the_counter_is_never_parted(server: Server, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = hand_made(server)
    ticket = create("service_ticket", number="T1", kind="repair", channel="phone", site_id=writer.site, opened_at=1,
                    priority=3)  # fmt: skip
    notes = [fact("ticket_event", ticket_id=ticket["id"], kind="note", words=str(n)) for n in range(WHOLE - 100)]
    writer.act(ticket, *notes)
    writer.sync()
    pieces = watched(desk.store, monkeypatch)
    monkeypatch.setattr(client_module, "PIECE_S", 0.0)
    monkeypatch.setattr(client_module, "IDLE_PIECE_S", 0.0)

    desk.sync()

    assert [len(piece.entries) for piece in pieces if piece.entries] == [len(notes) + 1]


def test_pieces_are_shorter_while_somebody_works_here(server: Server, desk: Desk) -> None:
    client = Client(desk.store)
    now = iter(range(10**6))
    client.stopwatch = lambda: next(now) * 0.05  # every piece takes 50 ms by this watch
    writer = hand_made(server)
    steps = {}
    for name, used_at in (("idle", float("-inf")), ("working", float("inf"))):
        writer.act(*[create("device", serial_no=f"{name}{n}", model_id="n910") for n in range(90)])
        writer.sync()
        desk.store.used_at = used_at
        client._step = 100
        while round_trip(server, desk, client):
            pass
        steps[name] = client._step
    assert steps["idle"] >= 2 * steps["working"]


def round_trip(server: Server, desk: Desk, client: Client) -> bool:
    """One round trip of a client by hand; True while there is more."""
    asked = client.ask(desk.clock())
    reply = answer(server, desk, asked.request.to_bytes())
    return client.take(asked, reply).more


def answer(server: Server, desk: Desk, body: bytes) -> SyncReply:
    from deskapp.server.stations import find

    with server.database.read() as tx:
        row = find(tx, desk.store.facts.station)
    assert row is not None
    reply, _moved = server.sync(row, read_request(body))
    return read_reply(reply.to_bytes())


# -- own words -------------------------------------------------------------------


def test_what_was_just_sent_comes_back_only_named(server: Server, desk: Desk) -> None:
    ids = desk.store.run(take_many(count=50), by=desk.boss).result
    desk.store.run(add_note(ticket_id=ids[0], words="自己写的"), by=desk.boss)
    client = Client(desk.store)
    asked = client.ask(desk.clock())
    body = asked.request.to_bytes()
    reply = answer(server, desk, body)

    named = [
        op.values for feed in reply.feeds.values() for entry in feed.entries for op in entry.ops if op.kind == "own"
    ]
    assert {"from": 0, "count": 50} in named
    assert len(reply.to_bytes()) < len(body) / 5
    client.take(asked, reply)
    while round_trip(server, desk, client):
        pass
    assert desk.unsent() == 0
    agree(server, desk)


def test_what_came_out_differently_is_spelled_out(server: Server, desk: Desk) -> None:
    (ticket,) = desk.store.run(take_many(count=1), by=desk.boss).result
    desk.sync()
    other = hand_made(server)
    desk.store.run(reword(ticket=ticket, words="我写的"), by=desk.boss)
    other.act(change("service_ticket", ticket, "words", words="他写的"), at=station.START + 10**12)
    other.sync()
    desk.sync()
    desk.sync()
    agree(server, desk)
    assert desk.unsent() == 0


def test_places_of_a_change_set_that_was_not_sent_are_asked_for_in_words(server: Server, desk: Desk) -> None:
    desk.store.run(take_many(count=3), by=desk.boss)
    client = Client(desk.store)
    asked = client.ask(desk.clock())
    reply = answer(server, desk, asked.request.to_bytes())
    later = client.ask(desk.clock(), push=False)

    assert client.take(later, reply).more, "this does not follow from what was said"
    while round_trip(server, desk, client):
        pass
    assert desk.unsent() == 0
    agree(server, desk)


def test_a_contact_that_finds_nothing_new_does_not_touch_the_store(
    server: Server, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _time in range(3):
        desk.sync()

    def touched() -> None:
        raise AssertionError("the store was asked")

    with monkeypatch.context() as patched:
        patched.setattr(desk.store, "read", touched)
        patched.setattr(desk.store, "run", touched)
        desk.sync()
    (ticket,) = desk.store.run(take_many(count=1), by=desk.boss).result
    desk.sync()
    assert desk.unsent() == 0
    other = hand_made(server)
    other.act(change("service_ticket", ticket, "words", words="她写的"))
    other.sync()
    desk.sync()
    agree(server, desk)


# -- letting go ------------------------------------------------------------------


def test_a_scope_is_let_go_of_a_part_at_a_time_and_begins_anew_if_it_comes_back(
    server: Server, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "AT_ONCE", 20)
    desk.store.run(take_many(count=55), by=desk.boss)
    desk.sync()
    scope = f"site:{desk.store.facts.site_id}"

    done = desk.store.absorb(Piece(leave=[scope])).result

    assert done.leaving == (scope,)
    with desk.store.read() as session:
        assert cursors_of(session)[scope] == (0, ""), (
            "half of it is gone: it would have to come again from its beginning"
        )
    desk.sync()
    assert desk.count("service_ticket") == 55
    agree(server, desk)

    left: Any = (scope,)
    while left:
        left = desk.store.absorb(Piece(leave=left)).result.leaving
    assert desk.count("service_ticket") == 0
    with desk.store.read() as session:
        assert scope not in cursors_of(session)
