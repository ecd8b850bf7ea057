"""The small parts: weaving logs, issuing anew, telling computers apart, the rate of photos, addresses, half answers."""

from __future__ import annotations

import socket
import threading
from collections import deque

import pytest

from deskapp.commands.syncing import offer_again, take_identity
from deskapp.commands.tickets import TicketForm, open_ticket
from deskapp.errors import Refused, Unavailable
from deskapp.models import copy
from deskapp.models.replay import verify_chain
from deskapp.models.store import Store
from deskapp.sync.blobs import PIECE, Allowance
from deskapp.sync.intake import Intake, weave
from deskapp.sync.machine import Machine, this_machine
from deskapp.sync.transport import Address, Network, checked_url
from deskapp.sync.wire import Entry, EntryOp, Feed, entry_bytes, link
from tests.conftest import KEY, People

OP = EntryOp("fact", "ticket_event", "e-1", {"words": "x"})


def entry(n: int, cs: str, at: int = 0) -> Entry:
    return Entry(n, cs, 1, "s", at, "c", 3, (OP,))


def feed(start: int, *acts: str, chain: str = "") -> Feed:
    entries = tuple(entry(start + place, cs) for place, cs in enumerate(acts))
    for one in entries:
        chain = link(chain, entry_bytes(one))
    return Feed(start, start + len(acts) - 1, chain, False, entries)


def test_the_parts_of_an_act_come_together_from_all_scopes() -> None:
    logs = {
        "ref": deque([entry(1, "a"), entry(2, "c")]),
        "site:1": deque([entry(7, "b"), entry(8, "c"), entry(9, "d")]),
    }
    acts = [[(part.scope, part.entry.n) for part in parts] for parts in weave(logs)]
    assert acts == [[("ref", 1)], [("site:1", 7)], [("ref", 2), ("site:1", 8)], [("site:1", 9)]]


def test_logs_that_do_not_agree_end_all_the_same() -> None:
    logs = {"x": deque([entry(1, "a", 5), entry(2, "b", 6)]), "y": deque([entry(1, "b", 6), entry(2, "a", 5)])}
    assert sum(len(parts) for parts in weave(logs)) == 4


def test_a_feed_has_to_follow_the_cursor() -> None:
    intake = Intake()
    assert not intake.receive("ref", feed(3, "a"), (1, ""))
    assert intake.receive("ref", feed(2, "a", "b"), (1, ""))
    assert not intake.receive("ref", feed(2, "a"), (1, "")), "the same page again"
    assert intake.receive("ref", feed(4, "c"), (1, ""))
    assert (intake.size, intake.ends["ref"][0]) == (3, 4)


def test_the_cursor_of_every_act_has_the_servers_chain() -> None:
    intake, whole = Intake(), feed(1, "a", "b", "c")
    intake.receive("ref", whole, (0, ""))
    cursors = [act.cursors["ref"] for act in intake.acts(exact=True)]
    assert cursors[-1] == (3, whole.chain)
    assert cursors[0] == (1, feed(1, "a").chain) and cursors[1] == (2, feed(1, "a", "b").chain)


# -- a new identity ------------------------------------------------------------

FORM = TicketForm(kind="consultation", channel="phone", callback_phone="13800000102", caller_name="李四",
                  answers={"topic": "choosing", "needs": "外卖点餐用"})  # fmt: skip


def test_issued_anew_the_journal_holds_and_its_copy_follows(store: Store, people: People) -> None:
    for _number in range(3):
        store.run(open_ticket(form=FORM), by=people.clerk)
    with store.read() as session:
        before = {one.uid: one for one in copy.entries_after(session, 0)}
    act = take_identity(station="station-2", station_no=77, site_id="", after=0, state={})
    assert store.run(act).result == len(before)
    store.identity.become("station-2", 77)
    store.recopy()

    with store.read() as session:
        assert verify_chain(session) == len(before)
        now = {one.uid: one for one in copy.entries_after(session, 0)}
    assert now.keys() == before.keys()
    assert all(one.station == "station-2" and one.hash != before[one.uid].hash for one in now.values())
    held = {one.uid: one for one in copy.read_entries(store.home.journal_copy, KEY, 0)}
    assert held == now
    assert (store.facts.station, store.facts.station_no) == ("station-2", 77)
    store.run(open_ticket(form=FORM), by=people.clerk)
    with store.read() as session:
        assert verify_chain(session) == len(before) + 1


def test_only_what_the_server_lost_is_offered_again(store: Store, people: People) -> None:
    for _number in range(2):
        store.run(open_ticket(form=FORM), by=people.clerk)
    with store._writer.begin() as connection:
        connection.exec_driver_sql("UPDATE change_set SET acked_at = 5")
    with store.read() as session:
        newest = verify_chain(session)
    assert store.run(offer_again(above=newest - 1)).result == 1


# -- this computer ---------------------------------------------------------------


def test_a_computer_is_known_again_and_its_clone_is_not() -> None:
    one = Machine("id-1", frozenset({"aa", "bb"}))
    assert Machine.of(one.text()) == one
    assert one.same(Machine("id-1", frozenset({"bb", "cc"}))), "another card was added"
    assert not one.same(Machine("id-1", frozenset({"dd"}))), "one image on two computers"
    assert not one.same(Machine("id-2", frozenset({"aa"})))
    assert one.same(Machine("id-1", frozenset())), "in doubt it is the same"
    assert Machine.of("rubbish") is None
    assert this_machine().same(this_machine())


# -- the line ----------------------------------------------------------------------


def test_photos_leave_room_on_the_line() -> None:
    now = [0.0]
    allowance = Allowance(100_000, lambda: now[0])
    sent, waited = 0, 0.0
    while waited < 60:
        pause = allowance.take(PIECE)
        if pause:
            waited += pause
            now[0] += pause
        else:
            sent += PIECE
    assert sent <= 60 * 100_000 + 2 * PIECE
    assert sent >= 60 * 100_000 * 0.5
    assert Allowance(0).take(10**9) == 0.0


def test_an_address_is_cleaned_or_refused() -> None:
    assert checked_url(" sync.example.org/ ") == "https://sync.example.org"
    assert checked_url("https://sync.example.org:8443") == "https://sync.example.org:8443"
    assert checked_url("http://127.0.0.1:8750") == "http://127.0.0.1:8750"
    for wrong in ("", "http://sync.example.org", "ftp://x", "https://x/path", "https://x:99999999"):
        with pytest.raises(Refused):
            checked_url(wrong)


def answering(raw: bytes) -> tuple[int, threading.Thread]:
    """Answer one connection with these bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as client:
            client.recv(65536)
            client.sendall(raw)

    thread = threading.Thread(target=serve)
    thread.start()
    return listener.getsockname()[1], thread


def test_half_an_answer_is_no_answer_unless_wanted() -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n12345"
    for half in (False, True):
        port, thread = answering(raw)
        network = Network(Address(f"http://127.0.0.1:{port}"))
        if half:
            answer = network.send("GET", "/", b"", {}, half=True)
            assert (answer.body, answer.cut) == (b"12345", True)
        else:
            with pytest.raises(Unavailable) as told:
                network.send("GET", "/", b"", {})
            assert told.value.code == "offline"
        network.close()
        thread.join()
