"""The server on HTTP: routes in and out of `service`, with limits, hints and a description (OpenAPI)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from deskapp import __version__
from deskapp.clock import stopwatch
from deskapp.server import feed, gate, limits, push, stations
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

    async def call(self, work: Callable[[], T]) -> T:
        """Do work that waits for the database on another thread."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)

    async def body(self, request: Request, most: int = framing.MOST_BODY) -> bytes:
        """Return the body; raises Answer 413 as soon as it is too large."""
        said = request.headers.get("content-length", "0")
        if said.isascii() and said.isdigit() and int(said) > most:
            raise Answer(413, Problem.TOO_LARGE)
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise Answer(413, Problem.TOO_LARGE)
            parts.append(part)
        return b"".join(parts)

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
            self.server.counts.add(f'deskapp_turned_away_total{{why="{turned.problem}"}}')
            host = request.client.host if request.client else ""
            if not self.strangers.take(host) and turned.problem is not Problem.UNSIGNED:
                raise Answer(429, Problem.BUSY, next_poll=60_000) from turned
            raise Answer(turned.status, turned.problem, epoch=self.server.epoch.value) from turned
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


def packed(plain: bytes, request: Request, status: int = 200) -> Response:
    """Return a reply in the best packing that the station takes."""
    accepted = request.headers.get("accept-encoding", "")
    encoding = next((one for one in (framing.ZSTD, framing.GZIP) if one in accepted), framing.PLAIN)
    body = framing.pack(plain, encoding)
    headers = {} if body.encoding == framing.PLAIN else {"content-encoding": body.encoding}
    return Response(body.body, status, headers, "application/json")


def unpacked(body: bytes, request: Request) -> bytes:
    """Return the plain body of a request; raises Answer."""
    try:
        return framing.unpack(body, request.headers.get("content-encoding", framing.PLAIN).strip().lower())
    except WireError as error:
        raise bad_request(error) from error


def bad_request(error: WireError) -> Answer:
    """Return the answer to bytes that were not understood."""
    if error.code == "too_large":
        return Answer(413, Problem.TOO_LARGE)
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
        except Exception:
            log.exception("tidying failed")


def _answers(app: FastAPI, house: House) -> None:
    def reply(status: int, problem: str, more: dict[str, Any]) -> Response:
        told = {"error": problem, "now": house.server.clock(), **more}
        headers = {"retry-after": "5"} if status in (429, 503) else {}
        return Response(framing.dump(told), status, headers, "application/json")

    @app.exception_handler(Exception)
    async def failed(_request: Request, error: Exception) -> Response:
        log.exception("a request failed", exc_info=error)
        house.server.counts.add(f'deskapp_failures_total{{kind="{type(error).__name__}"}}')
        return reply(503, Problem.BUSY, {"next_poll": 30_000})

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
