"""Nobody costs the server more than their share: bytes, time, connections, waits, whole scopes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from deskapp.clock import new_uuid7
from deskapp.server import limits, wait
from deskapp.server import lines as http_lines
from deskapp.server.app import Answer, House, make_app
from deskapp.server.service import Options, Server
from deskapp.server.wait import MOST_EACH, Hub
from deskapp.sync import framing
from deskapp.sync.signing import StationKey
from tests.server.live import OPEN, Line, Process, request_of, running
from tests.server.station import Desk, create, desk_at


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, Desk, Line]]:
    data = tmp_path_factory.mktemp("bounds") / "data"
    data.mkdir()
    server = Server(Options(str(data / "server.db"), data))
    desk = desk_at(server, "B01")
    server.close()
    with running(data) as process:
        line = Line(process.host, process.port, desk.key, desk.id, server.epoch.value)
        yield process, desk, line
        line.close()
        while OPEN:
            OPEN.pop().close()


@contextlib.contextmanager
def at_work(app: FastAPI, **more: object) -> Iterator[Process]:
    """Let an application of this process answer on a port of its own."""
    config = uvicorn.Config(app, port=0, log_config=None, http=http_lines.Bounded, **more)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    config.load()
    listening = config.bind_socket()
    listening.listen(64)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield Process(None, *listening.getsockname()[:2])  # type: ignore[arg-type]
    finally:
        server.should_exit = True
        thread.join(20)


def spoken(process: Process, said: bytes) -> bytes:
    """Send bytes as they are and return the answer, or what there is of it when the other side closes."""
    heard = b""
    with socket.create_connection((process.host, process.port), timeout=5) as stream:
        stream.sendall(said)
        while not heard.endswith((b"}", b".")) and (some := stream.recv(65_536)):
            heard += some
    return heard


def test_the_large_body_of_nobody_is_not_even_read(served: tuple[Process, Desk, Line]) -> None:
    process, _desk, line = served
    stranger = Line(process.host, process.port, StationKey.make(), new_uuid7(), line.epoch)
    header = stranger.header("POST", "/v1/sync", b"")
    head = f"POST /v1/sync HTTP/1.1\r\nhost: x\r\ncontent-length: 8000000\r\nauthorization: {header}\r\n\r\n"

    answer = spoken(process, head.encode())  # not one byte of the body was sent

    assert answer.startswith(b"HTTP/1.1 401")
    assert b'"unknown"' in answer


def test_a_wrong_clock_costs_one_try_with_a_large_body_too(served: tuple[Process, Desk, Line]) -> None:
    """It is turned away before the body was read; the sender may still be sending."""
    process, desk, line = served
    late = Line(process.host, process.port, desk.key, desk.id, line.epoch, offset=-(10**9))

    status, told, _headers = late.ask("POST", "/v1/sync", b" " * 5_000_000)

    assert (status, orjson.loads(told)["error"]) == (400, "bad_request")
    assert abs(late.offset) < 60_000


def test_a_body_without_an_end_is_cut_off_at_the_limit(served: tuple[Process, Desk, Line]) -> None:
    process, _desk, line = served
    header = line.header("POST", "/v1/sync", b"")
    head = f"POST /v1/sync HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nauthorization: {header}\r\n\r\n"
    answer = b""
    with socket.create_connection((process.host, process.port), timeout=20) as stream:
        stream.sendall(head.encode())
        piece = b"40000\r\n" + bytes(0x40000) + b"\r\n"
        try:
            for _piece in range(framing.MOST_BODY // 0x40000 + 60):
                stream.sendall(piece)
        except OSError:
            pass  # the server closed: that is what is wanted
        stream.settimeout(5)
        try:
            answer = stream.recv(65_536)
        except OSError:
            return

    assert answer.startswith(b"HTTP/1.1 413")


def test_a_head_that_does_not_end_is_cut_off(served: tuple[Process, Desk, Line]) -> None:
    process, _desk, _line = served
    many = b"".join(b"x-%d: %s\r\n" % (number, b"a" * 1000) for number in range(200))

    answer = spoken(process, b"GET /healthz HTTP/1.1\r\nhost: x\r\n" + many)

    assert answer.startswith(b"HTTP/1.1 400")


def test_a_head_that_comes_in_one_large_piece_is_measured_too(served: tuple[Process, Desk, Line]) -> None:
    process, _desk, _line = served

    answer = spoken(process, b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 90_000 + b"\r\n\r\n")
    fits = spoken(process, b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 60_000 + b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400")
    assert fits.startswith(b"HTTP/1.1 200")


def test_a_body_that_stops_coming_is_given_up_with_the_word_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deskapp.server.app.STALL_S", 0.1)
    app = FastAPI()

    @app.exception_handler(Answer)
    async def answered(_request: Request, answer: Answer) -> Response:
        return Response(f'{{"error":"{answer.problem}"}}', answer.status)

    @app.post("/")
    async def read(request: Request) -> Response:
        return Response(await House._read(request, 100, lambda _size: None))

    with at_work(app, lifespan="off") as process:
        told = spoken(process, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf")

    assert told.startswith(b"HTTP/1.1 408")
    assert told.endswith(b'{"error":"busy"}')


def test_small_bodies_that_would_take_gigabytes_here_are_refused_before_they_are_read(
    served: tuple[Process, Desk, Line],
) -> None:
    _process, _desk, line = served
    for plain in (
        b"[" + b"{}," * 2_000_000 + b"0]",
        b"[" + b"[]," * 2_000_000 + b"0]",
        b"[" + b"10," * 5_000_000 + b"0]",
    ):
        bomb = framing.pack(plain)

        status, told, _headers = line.ask("POST", "/v1/sync", bomb.body, content_encoding=bomb.encoding)

        assert (status, orjson.loads(told)["error"]) == (413, "too_large")


def test_the_header_tells_the_same_pause_as_the_answer(tmp_path: Path) -> None:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path / "state"))
    desk = desk_at(server, "B01")
    app = make_app(server)
    _house_of(app).heavy = limits.Allowance(0.001, 0)
    with at_work(app) as process:
        line = Line(process.host, process.port, desk.key, desk.id, server.epoch.value)
        _status, told, headers = line.ask("GET", "/v1/digest/ref")

    assert int(headers["retry-after"]) * 1000 == orjson.loads(told)["next_poll"]


def test_a_connection_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_lines, "HEAD_S", 0.1)

    app = FastAPI()

    with at_work(app, lifespan="off") as process:
        assert spoken(process, b"") == b""
        assert spoken(process, b"GET / HTTP/1.1\r\nhost: x\r\n") == b""


def test_a_small_request_to_belong_may_not_unpack_to_a_large_one(served: tuple[Process, Desk, Line]) -> None:
    _process, _desk, line = served
    bomb = framing.pack(b'{"code":"' + b" " * 3_000_000 + b'"}')
    assert len(bomb.body) < 16_384

    status, told, _headers = line.raw("POST", "/v1/station", bomb.body, {"content-encoding": bomb.encoding})

    assert (status, orjson.loads(told)["error"]) == (413, "too_large")


def test_counters_are_not_shown_to_those_behind_a_proxy_on_this_computer(served: tuple[Process, Desk, Line]) -> None:
    _process, _desk, line = served

    assert line.raw("GET", "/metrics")[0] == 200
    for name in ("x-forwarded-for", "forwarded", "via"):
        assert line.raw("GET", "/metrics", headers={name: "203.0.113.7"})[0] == 404


def test_the_counters_tell_of_stations_waits_and_what_is_parked(served: tuple[Process, Desk, Line]) -> None:
    _process, _desk, line = served
    told = line.raw("GET", "/metrics")[1].decode()
    values = dict(row.rsplit(" ", 1) for row in told.splitlines() if not row.startswith("#"))

    assert values['deskapp_stations{state="active"}'] == "1"
    assert values["deskapp_parked_change_sets"] == values["deskapp_set_aside_pushes"] == "0"
    assert values["deskapp_epoch"] == "1"
    assert told.count("# TYPE deskapp_stations gauge") == 1


def test_a_station_that_comes_back_again_and_again_keeps_only_its_last_waits() -> None:
    async def many() -> list[dict[str, int]]:
        async def nothing() -> dict[str, int]:
            return {}

        hub = Hub(nothing)
        waits = [asyncio.create_task(hub.wait({"ref": 0}, 30, nothing, who="one")) for _one in range(MOST_EACH + 3)]
        other = asyncio.create_task(hub.wait({"ref": 0}, 30, nothing, who="two"))
        done, _open = await asyncio.wait(waits, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        while len(done) < 3:
            done, _open = await asyncio.wait(waits, timeout=0.2)
        assert hub.waiting == MOST_EACH + 1
        hub.tell({"ref": 1})
        ends = await asyncio.gather(*waits, other)
        assert hub.waiting == 0
        assert hub._of == {}
        return ends

    assert asyncio.run(many()) == [{}] * 3 + [{"ref": 1}] * (MOST_EACH + 1)


def test_thousands_who_wait_for_the_same_are_told_step_by_step_and_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "STEP_S", 0.001)

    async def many() -> tuple[int, list[dict[str, int]]]:
        async def nothing() -> dict[str, int]:
            return {}

        hub = Hub(nothing)
        waits = [
            asyncio.create_task(hub.wait({"ref": 0, f"site:{at}": 0}, 30, nothing, who=str(at))) for at in range(300)
        ]
        while hub.waiting < 300:
            await asyncio.sleep(0)
        hub.tell({"ref": 1})
        await asyncio.sleep(0)
        first = sum(task.done() for task in waits)
        hub.tell({"ref": 2, "site:299": 1})  # moves again on the way; a branch's own is told at once
        await asyncio.sleep(0)
        assert waits[299].done()
        ends = await asyncio.wait_for(asyncio.gather(*waits), 10)
        while hub._steps:
            await asyncio.sleep(0.001)
        return first, ends

    first, ends = asyncio.run(many())

    assert first <= wait.AT_ONCE
    assert len([one for one in ends if one]) == 300


def test_bodies_share_one_room_and_give_it_back() -> None:
    room = limits.Room(100)
    with room.piece() as one:
        one(60)
        with pytest.raises(limits.NoRoom), room.piece() as two:
            two(50)
        assert room.held == 60
        with room.piece() as three:
            three(40)
    assert room.held == 0


def test_neighbours_in_one_ipv6_network_are_counted_together() -> None:
    assert limits.of_address("2001:db8::1") == limits.of_address("2001:db8::ffff:1") != limits.of_address("2001:db9::1")
    assert limits.of_address("fe80::1%eth0") == limits.of_address("fe80::2")
    assert limits.of_address("192.0.2.1") != limits.of_address("192.0.2.2")
    assert limits.of_address("") == ""


def test_what_goes_wrong_inside_is_a_503_and_its_text_stays_out_of_answer_and_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path / "state"))
    app = make_app(server)

    @app.get("/broken")
    async def broken() -> None:
        told = "(李娟, 13800138000)"
        raise ValueError(f"Failing row contains {told}")

    with at_work(app) as process, caplog.at_level(logging.INFO):
        status, told, _headers = Line(process.host, process.port, StationKey.make(), "").raw("GET", "/broken")
        counted = server.counts.text()

    assert status == 503
    assert set(orjson.loads(told)) == {"error", "now", "next_poll"}
    assert "row" not in told.decode()
    assert "row contains (" not in caplog.text
    assert "ValueError" in caplog.text
    assert 'deskapp_failures_total{kind="ValueError"} 1' in counted


def test_somebody_who_goes_away_in_the_middle_is_no_failure(served: tuple[Process, Desk, Line]) -> None:
    process, desk, line = served
    body = request_of(desk).to_bytes()
    head = (
        f"POST /v1/sync HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
        f"authorization: {line.header('POST', '/v1/sync', body)}\r\n\r\n"
    ).encode()
    with socket.create_connection((process.host, process.port), timeout=5) as stream:
        stream.sendall(head + body[: len(body) // 2])
    counted = ""
    for _try in range(100):
        counted = line.raw("GET", "/metrics")[1].decode()
        if "deskapp_broken_off_total" in counted:
            break
        threading.Event().wait(0.02)

    assert "deskapp_broken_off_total 1" in counted
    assert "deskapp_failures_total" not in counted


def test_one_makes_a_snapshot_and_the_others_wait_for_it(tmp_path: Path) -> None:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path / "state"))
    desk = desk_at(server, "B01")
    for number in range(250):
        desk.act(create("merchant", name=f"店{number}"))
    desk.sync()
    with at_work(make_app(server)) as process:
        tags: list[str] = []
        first = Line(process.host, process.port, desk.key, desk.id, server.epoch.value)

        def ask() -> None:
            line = Line(process.host, process.port, desk.key, desk.id, server.epoch.value)
            line.counter = first.counter  # type: ignore[method-assign]
            tags.append(line.ask("GET", "/v1/snapshot/ref")[2]["etag"])

        threads = [threading.Thread(target=ask) for _one in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with server.database.read() as tx:
            made = tx.one("SELECT count(DISTINCT tag) FROM whole_piece")

    assert len(set(tags)) == 1
    assert made == (1,)


def test_a_station_that_asks_for_whole_scopes_without_end_is_told_to_wait(tmp_path: Path) -> None:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path / "state"))
    desk = desk_at(server, "B01")
    app = make_app(server)
    house = _house_of(app)
    house.heavy = limits.Allowance(0.001, 2)
    with at_work(app) as process:
        line = Line(process.host, process.port, desk.key, desk.id, server.epoch.value)
        statuses = [line.ask("GET", "/v1/digest/ref")[0] for _one in range(3)]

    assert statuses == [200, 200, 429]


def _house_of(app: FastAPI) -> House:
    """Return what the routes of an application share."""
    return next(one.kwargs["house"] for one in app.user_middleware if "house" in one.kwargs)  # type: ignore[no-any-return]
