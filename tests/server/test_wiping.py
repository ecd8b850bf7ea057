"""Orders to wipe a lost desk: who gets one, which one counts, and what the book says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson

from deskapp.server import stations, wiping
from deskapp.server.service import Options, Server
from deskapp.sync import orders
from deskapp.sync.signing import StationKey, sign_words
from tests.server.conftest import emptied
from tests.server.live import Line, command, request_of, running
from tests.server.postgres import PrivatePostgres
from tests.server.station import Clock, Desk, desk_at


def lost(server: Server, desk: Desk, *, wiped: bool = True) -> None:
    """Report a station lost, as the administrator does who names it."""
    with server.database.write() as tx:
        stations.revoke(tx, desk.row(), server.clock(), "admin")
        if wiped:
            wiping.wanted(tx, desk.row(), server.clock(), "admin")


def asked(desk: Desk, counter: int = 77) -> orders.Question:
    return orders.Question(desk.id, desk.key.public, desk.server.epoch.value, counter)


def book(server: Server) -> list[str]:
    with server.database.read() as tx:
        return [row[1] for row in stations.audit(tx)]


def test_an_order_counts_only_for_this_desk_this_request_and_this_server(server: Server) -> None:
    desk, other = desk_at(server, "B01", 5), desk_at(server, "B01", 6)
    lost(server, desk)
    told = server.wipe_order(desk.row(), 77)["wipe"]
    known = server.order_key.public

    assert orders.counts(told, asked(desk), known)
    assert not orders.counts(told, asked(other), known)
    assert not orders.counts(told, asked(desk, 78), known)
    assert not orders.counts({**told, "counter": 78}, asked(desk, 78), known)  # replayed under another counter
    assert not orders.counts(told, replace(asked(desk), public=other.key.public), known)
    assert not orders.counts(told, replace(asked(desk), epoch="9-ffff"), known)
    assert not orders.counts(told, asked(desk), StationKey.make().public)
    assert not orders.counts(told, asked(desk), "")  # it never learned a key
    assert not orders.counts(orders.order(StationKey.make(), asked(desk)), asked(desk), known)
    for bent in (None, [], {}, {"counter": 77}, {"counter": 77, "proof": 1}, {"counter": 77, "proof": "zz"}, "wipe"):
        assert not orders.counts(bent, asked(desk), known)


def test_who_is_only_shut_out_beside_a_lost_one_is_never_told_to_wipe(server: Server) -> None:
    old, fresh = desk_at(server, "B01", 5), Desk(server)
    request = _vouched(old, fresh)
    with server.database.write() as tx:
        stations.enrol(tx, request, server.epoch.value, server.clock(), old.row())
    lost(server, old)

    assert fresh.row().state == "lost"
    assert server.wipe_order(old.row(), 1) and server.wipe_order(fresh.row(), 1) == {}


def _vouched(old: Desk, fresh: Desk) -> stations.EnrolRequest:
    bare = stations.EnrolRequest("", fresh.key.public, fresh.id, 90_007)
    return replace(bare, proof=sign_words(fresh.key, bare.words()))


def test_a_station_that_is_found_again_is_told_nothing_any_more(server: Server) -> None:
    desk = desk_at(server, "B01", 5)
    lost(server, desk)
    assert server.wipe_order(desk.row(), 1)
    with server.database.write() as tx:
        stations.found_again(tx, desk.row(), server.clock())
        told = wiping.withdrawn(tx, desk.row())

    assert told
    assert server.wipe_order(desk.row(), 2) == {}


def test_a_receipt_is_taken_from_the_station_alone_and_once(server: Server) -> None:
    desk = desk_at(server, "B01", 5)
    words = orders.receipt_words(desk.id, server.order_key.public)
    early = server.wiped(desk.id, sign_words(desk.key, words))
    lost(server, desk)
    untold = server.wiped(desk.id, sign_words(desk.key, words))
    server.wipe_order(desk.row(), 1)
    server.wipe_order(desk.row(), 2)

    forged = server.wiped(desk.id, sign_words(StationKey.make(), words))
    taken = [server.wiped(desk.id, sign_words(desk.key, words)) for _time in range(2)]

    assert (early, untold, forged, taken) == (False, False, False, [True, True])
    assert book(server)[:3] == ["wiped", "wipe_told", "wipe"]
    assert book(server).count("wiped") == book(server).count("wipe_told") == 1


def test_the_key_of_orders_outlives_a_database_that_was_set_back(tmp_path: Path) -> None:
    first = Server(Options(str(tmp_path / "one.db"), tmp_path / "state"), Clock())
    again = Server(Options(str(tmp_path / "two.db"), tmp_path / "state"), Clock())
    elsewhere = Server(Options(str(tmp_path / "two.db"), tmp_path / "other"), Clock())

    assert first.order_key.public == again.order_key.public == elsewhere.order_key.public
    for each in (first, again, elsewhere):
        each.close()


def test_two_processes_on_one_postgresql_sign_alike(private_postgres: PrivatePostgres, tmp_path: Path) -> None:
    url = emptied(private_postgres)
    two = [Server(Options(url, tmp_path / name), Clock()) for name in ("a", "b")]

    assert two[0].order_key.public == two[1].order_key.public
    for each in two:
        each.close()


class Opened:
    """A server that answers, and a line of nobody's."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __enter__(self) -> Line:
        self.server = Server(Options(str(self.data / "server.db"), self.data))
        self.desk = desk_at(self.server, "B01", 5)
        self.life = running(self.data)
        process = self.life.__enter__()
        return Line(process.host, process.port, self.desk.key, self.desk.id, self.server.epoch.value)

    def __exit__(self, *how: object) -> None:
        self.life.__exit__(None, None, None)
        self.server.close()


BENT = (
    b"",
    b"[]",
    b'{"station":1,"proof":2}',
    b'{"station":"x","proof":"y","more":"z"}',
    b'{"station":"x","proof":"y"}',
)


def test_over_http_the_order_comes_with_the_refusal_and_the_list_tells_how_far_it_is(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    with opened as line:
        desk, server = opened.desk, opened.server
        said = command(tmp_path, "station", "revoke", "--lost", "5")
        before = command(tmp_path, "station", "list")
        status, told, _headers = line.ask("POST", "/v1/sync", request_of(desk).to_bytes())
        bent = [line.ask("POST", "/v1/wiped", body)[0] for body in BENT]
        during = command(tmp_path, "station", "list")
        proof = sign_words(desk.key, orders.receipt_words(desk.id, server.order_key.public))
        receipt = line.ask("POST", "/v1/wiped", orjson.dumps({"station": desk.id, "proof": proof}))[0]
        after = command(tmp_path, "station", "list")

    order = orjson.loads(told)["wipe"]
    assert "is wiped at its next contact" in said
    assert (status, receipt, bent) == (403, 200, [400, 400, 400, 400, 404])
    assert orders.counts(order, asked(desk, order["counter"]), server.order_key.public)
    assert [("to be wiped" in before), ("told to wipe" in during), ("(wiped 20" in after)] == [True] * 3
