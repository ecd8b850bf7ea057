"""`POST /v1/sync`, answered before the framework sees it: nothing is asked as often, and most trips find nothing new.

It is described with the other routes. The framework's way to a route (its stack of frames, its search for the route,
what it makes of the arguments) costs more than a trip that finds nothing.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from deskapp.clock import stopwatch
from deskapp.server import naming, push
from deskapp.server.app import (
    LARGE_PLAIN,
    Answer,
    House,
    bad_request,
    packed,
    problem_reply,
    seconds_since,
    unpacked,
)
from deskapp.server.known import Station
from deskapp.sync import signing
from deskapp.sync.framing import WireError
from deskapp.sync.wire import Problem, ReadRequest

PATH: Final = "/v1/sync"
BRIEF: Final = 48
"""Bytes of a body that only says where its desk stands; larger ones have more to be done for them."""


class TripsFirst:
    """Takes round trips out of the way; everything else goes on."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app, self.house = app, house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a round trip, or pass on."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        try:
            response = await round_trip(self.house, Request(scope, receive))
        except Answer as answer:
            response = problem_reply(self.house, answer.status, answer.problem, answer.more)
        except push.Fork:
            response = problem_reply(self.house, 409, Problem.FORK, {})
        await response(scope, receive, send)


async def round_trip(house: House, request: Request) -> Response:
    """Take what a station pushes and tell it what is new; raises Answer and Fork."""
    start = stopwatch()
    async with house.body(request) as body:
        if len(body) <= BRIEF and not house.server.database.postgres:
            # Two looks into a file that nobody can lock: done before another thread would have heard of it.
            station = house.let_in(request, body)
            message = _understood(unpacked(body, request))
            if message.calm and station.state == "active":
                reply, _touched = house.server.sync(station, message)
                house.server.counts.took(seconds_since(start))
                return Response(reply.to_bytes())
            plain, status, touched = await house.call(lambda: _judged(house, station, body, request))
        else:
            plain, status, touched = await house.call(lambda: _synced(house, request, body))
    house.hub.tell(touched)
    house.server.counts.took(seconds_since(start))
    return packed(plain, request, status)


def _synced(house: House, request: Request, body: bytes) -> tuple[bytes, int, dict[str, int]]:
    """Return the reply of a round trip, its status, and the scopes that moved; raises Answer."""
    station = house.let_in(request, body)
    return _judged(house, station, body, request)


def _understood(plain: bytes) -> ReadRequest:
    try:
        return naming.read(plain)
    except WireError as error:
        raise bad_request(error) from error


def _judged(house: House, station: Station, body: bytes, request: Request) -> tuple[bytes, int, dict[str, int]]:
    plain = unpacked(body, request)
    if len(plain) > LARGE_PLAIN:
        with house.large:
            return _decided(house, station, plain, request)
    return _decided(house, station, plain, request)


def _decided(house: House, station: Station, plain: bytes, request: Request) -> tuple[bytes, int, dict[str, int]]:
    if station.state == "lost":
        house.server.set_aside(station, plain)
        counter = signing.read_header(request.headers["authorization"]).counter
        raise Answer(403, Problem.LOST, **house.server.wipe_order(station, counter))
    message = _understood(plain)
    reply, touched = house.server.sync(station, message)
    gone = bool(reply.resnapshot) and not message.sets
    return reply.to_bytes(), 410 if gone else 200, touched
