"""The server on HTTP: routes in and out of `service`, with limits, hints and a description (OpenAPI)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deskapp import __version__
from deskapp.clock import stopwatch
from deskapp.server import feed, gate, limits, push, stations
from deskapp.server.faults import told_without_content
from deskapp.server.known import Station
from deskapp.server.service import Server
from deskapp.server.wait import OVERLAP_MS, Hub
from deskapp.sync import framing
from deskapp.sync.framing import WireError
from deskapp.sync.wire import Problem

log = logging.getLogger(__name__)
T = TypeVar("T")

THREADS = 8
TIDY_S = 3600.0
MEND_S = 10.0
STALL_S = 30.0
"""How long the next part of a body may take."""

MOST_HELD = 256 * 1024 * 1024
"""Bytes of request bodies in memory at once."""

LARGE = 64 * 1024
"""From so many bytes on, nobody's body is read who is not known by name."""

LARGE_PLAIN = 4 * 1024 * 1024
"""Unpacked bodies of that size are worked on two at a time: read, they take ten times as much."""


class Answer(Exception):
    """Ends a request with a problem."""

    def __init__(self, status: int, problem: Problem | str, **more: Any) -> None:
        super().__init__(str(problem))
        self.status, self.problem, self.more = status, str(problem), more


@dataclass(slots=True)
class House:
    """What all routes share."""

    server: Server
    hub: Hub
    pool: ThreadPoolExecutor
    open_metrics: bool = False
    stations: limits.Allowance = field(default_factory=lambda: limits.Allowance(50, 400))
    strangers: limits.Allowance = field(default_factory=lambda: limits.Allowance(1, 30))
    heavy: limits.Allowance = field(default_factory=lambda: limits.Allowance(1, 300))
    """Snapshots and digests of one station."""

    room: limits.Room = field(default_factory=lambda: limits.Room(MOST_HELD))
    large: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(2))
    wholes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """Scopes that are being read from end to end."""

    making: dict[str, asyncio.Lock] = field(default_factory=dict)
    """Who makes the snapshot of a scope; the others wait and take it."""

    healthy_until: float = 0.0

    async def call(self, work: Callable[[], T]) -> T:
        """Do work that waits for the database on another thread."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)

    @contextlib.asynccontextmanager
    async def body(self, request: Request, most: int = framing.MOST_BODY) -> AsyncIterator[bytes]:
        """Yield the body; raises Answer 413 as soon as it is too large, 401 for a large one of nobody's."""
        said = request.headers.get("content-length", "")
        size = int(said) if said.isascii() and said.isdigit() and len(said) < 16 else most if said else LARGE + 1
        if not said and "transfer-encoding" not in request.headers:
            size = 0
        if size > most and said:
            raise Answer(413, Problem.TOO_LARGE)
        if size > LARGE:
            await self.call(lambda: self.known(request))
        with self.room.piece() as add:
            try:
                yield await self._read(request, most, add)
            except limits.NoRoom as error:
                raise Answer(503, Problem.BUSY, next_poll=10_000) from error

    @staticmethod
    async def _read(request: Request, most: int, add: Callable[[int], None]) -> bytes:
        parts: list[bytes] = []
        size = 0
        stream = request.stream()
        while True:
            try:
                async with asyncio.timeout(STALL_S):
                    part = await anext(stream, None)
            except TimeoutError as error:
                raise Answer(408, Problem.BUSY) from error
            if part is None:
                return b"".join(parts)
            size += len(part)
            if size > most:
                raise Answer(413, Problem.TOO_LARGE)
            add(len(part))
            parts.append(part)

    def known(self, request: Request) -> None:
        """Turn away before its body is read who names no station at all; the signature is looked at afterwards."""
        try:
            self.server.gate.expects(request.headers.get("authorization", ""))
        except gate.Turned as turned:
            raise self._turned(request, turned) from turned

    def _turned(self, request: Request, turned: gate.Turned) -> Answer:
        self.server.counts.add(f'deskapp_turned_away_total{{why="{turned.problem}"}}')
        if not self.strangers.take(address_of(request)) and turned.problem is not Problem.UNSIGNED:
            return Answer(429, Problem.BUSY, next_poll=60_000)
        return Answer(turned.status, turned.problem, epoch=self.server.epoch.value)

    def let_in(self, request: Request, body: bytes) -> Station:
        """Return the station that asks; raises Answer."""
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raw = request.scope.get("raw_path")
        if raw:
            query = request.scope.get("query_string", b"")
            path = raw.decode("latin-1").partition("?")[0] + (f"?{query.decode('latin-1')}" if query else "")
        try:
            station = self.server.gate.let_in(request.headers.get("authorization", ""), request.method, path, body)
        except gate.Turned as turned:
            raise self._turned(request, turned) from turned
        if station.state == "retired":
            raise Answer(403, Problem.RETIRED)
        if not self.stations.take(station.id):
            raise Answer(429, Problem.BUSY, next_poll=5_000)
        return station

    async def station(self, request: Request, body: bytes = b"") -> Station:
        """Return the station that asks, if it may read; raises Answer."""
        station = await self.call(lambda: self.let_in(request, body))
        if station.state == "lost":
            raise Answer(403, Problem.LOST)
        return station

    @contextlib.asynccontextmanager
    async def whole(self, station: Station, scope: str) -> AsyncIterator[None]:
        """Wait until it is this one's turn to read a scope from end to end; raises Answer."""
        if not self.heavy.take(station.id):
            raise Answer(429, Problem.BUSY, next_poll=30_000)
        door = self.making.setdefault(scope, asyncio.Lock())
        try:
            async with door, self.wholes:
                yield
        finally:
            if not door.locked():
                self.making.pop(scope, None)


def address_of(request: Request) -> str:
    """Return under which name the caller's address is counted."""
    return limits.of_address(request.client.host) if request.client else ""


def packed(plain: bytes, request: Request, status: int = 200) -> Response:
    """Return a reply in the best packing that the station takes."""
    accepted = request.headers.get("accept-encoding", "")
    encoding = next((one for one in (framing.ZSTD, framing.GZIP) if one in accepted), framing.PLAIN)
    body = framing.pack(plain, encoding)
    headers = {} if body.encoding == framing.PLAIN else {"content-encoding": body.encoding}
    return Response(body.body, status, headers, "application/json")


def unpacked(body: bytes, request: Request, most: int = framing.MOST_PLAIN) -> bytes:
    """Return the plain body of a request; raises Answer."""
    try:
        encoding = request.headers.get("content-encoding", framing.PLAIN).strip().lower()
        return framing.unpack(body, encoding, most=most)
    except WireError as error:
        raise bad_request(error) from error


def bad_request(error: WireError) -> Answer:
    """Return the answer to bytes that were not understood."""
    if error.code == "too_large":
        return Answer(413, Problem.TOO_LARGE)
    if error.code == "encoding":
        return Answer(415, Problem.ENCODING)
    return Answer(400, Problem.MANGLED if error.code == "mangled" else Problem.BAD_REQUEST)


def make_app(server: Server, *, poll_s: float = 1.0, open_metrics: bool = False) -> FastAPI:
    """Return the application over an open server; it closes the server when it ends."""
    pool = ThreadPoolExecutor(THREADS, "deskapp-server")

    async def look() -> dict[str, int]:
        since = server.clock() - OVERLAP_MS - int(2000 * poll_s)
        return await house.call(lambda: asked(server, lambda tx: feed.moved_since(tx, since)))

    house = House(server, Hub(look, poll_s), pool, open_metrics)

    @contextlib.asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        house.hub.start()
        await house.call(server.begin)
        tasks = [
            asyncio.create_task(_now_and_then(house, server.tidy, TIDY_S)),
            asyncio.create_task(_now_and_then(house, lambda: house.hub.announce(server.mend()), MEND_S)),
        ]
        yield
        for task in tasks:
            task.cancel()
        await house.hub.stop()
        pool.shutdown(wait=True)
        server.close()

    app = FastAPI(
        title="deskapp central server", version=__version__, lifespan=life, docs_url=None, redoc_url=None,
        description="Takes the change sets of stations and feeds the decided log back. See docs/sync.md.",
    )  # fmt: skip
    app.state.hub = house.hub
    _answers(app, house)
    from deskapp.server.routes import add_routes

    add_routes(app, house)
    return app


def asked(server: Server, question: Callable[[Any], T]) -> T:
    """Answer one question to the database."""
    with server.database.read() as tx:
        return question(tx)


async def _now_and_then(house: House, work: Callable[[], None], every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            await house.call(work)
        except Exception as error:  # noqa: BLE001 (it is tried again)
            log.error("tidying failed: %s", told_without_content(error))


def problem_reply(house: House, status: int, problem: str, more: dict[str, Any]) -> Response:
    """Return the answer that says only which word fits."""
    told = {"error": problem, "now": house.server.clock(), **more}
    headers = {"retry-after": str(int(more.get("next_poll", 5_000)) // 1000)} if status in (429, 503) else {}
    return Response(framing.dump(told), status, headers, "application/json")


class Quiet:
    """The last net: what goes wrong in here is a 503 without a word about it.

    The log gets the kind of the error and where it was, never its text: the database's own words quote what people
    wrote.
    """

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app, self.house = app, house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched if scope["type"] == "http" else send)
        except ClientDisconnect:
            self.house.server.counts.add("deskapp_broken_off_total")
        except Exception as error:
            if scope["type"] != "http":
                raise
            self.house.server.counts.add(f'deskapp_failures_total{{kind="{type(error).__name__}"}}')
            log.error("a request failed: %s", told_without_content(error))
            if begun:
                raise ConnectionAbortedError from None
            reply = problem_reply(self.house, 503, Problem.BUSY, {"next_poll": 30_000})
            await reply(scope, receive, send)


def _answers(app: FastAPI, house: House) -> None:
    def reply(status: int, problem: str, more: dict[str, Any]) -> Response:
        return problem_reply(house, status, problem, more)

    @app.exception_handler(Answer)
    async def answered(_request: Request, answer: Answer) -> Response:
        return reply(answer.status, answer.problem, answer.more)

    @app.exception_handler(push.Fork)
    async def forked(_request: Request, _error: push.Fork) -> Response:
        return reply(409, Problem.FORK, {})

    @app.exception_handler(stations.CodeRefused)
    async def refused(_request: Request, _error: stations.CodeRefused) -> Response:
        return reply(403, Problem.CODE, {})

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, _error: RequestValidationError) -> Response:
        return reply(400, Problem.BAD_REQUEST, {})

    @app.exception_handler(HTTPException)
    async def other(_request: Request, error: HTTPException) -> Response:
        status = error.status_code
        answer = reply(status, Problem.NOT_FOUND if status == 404 else Problem.BAD_REQUEST, {})
        answer.headers.update(error.headers or {})
        return answer


def seconds_since(start: float) -> float:
    """Return how long ago a moment of the stopwatch was."""
    return stopwatch() - start
