"""`GET /v1/wait`, answered before the framework sees it: a waiting station keeps half as much memory busy so.

It is described with the other routes; thousands wait, so the frames of the framework around each would add up.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from deskapp.server import feed
from deskapp.server.app import Answer, House, asked, problem_reply
from deskapp.server.wait import LONGEST_S
from deskapp.sync import framing
from deskapp.sync.framing import WireError
from deskapp.sync.messages import read_heads_query
from deskapp.sync.wire import Problem

PATH = "/v1/wait"
MOST_SINCE = 8_000


class WaitsFirst:
    """Takes waits out of the way; everything else goes on."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app, self.house = app, house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a wait, or pass on."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        try:
            response = await hinted(self.house, Request(scope))
        except Answer as answer:
            response = problem_reply(self.house, answer.status, answer.problem, answer.more)
        await response(scope, receive, send)


async def hinted(house: House, request: Request) -> Response:
    """Wait until a log of the station that asks has moved; raises Answer."""
    since, seconds = _asked_for(request)
    station = await house.station(request)
    mine = {scope: n for scope, n in since.items() if scope in station.scopes}
    who = station.id
    del since, station, request

    async def heads() -> dict[str, int]:
        return await house.call(lambda: asked(house.server, lambda tx: feed.heads_of(tx, list(mine))))

    found = await house.hub.wait(mine, seconds, heads, who=who)
    if not found:
        return Response(status_code=204)
    return Response(framing.dump({"heads": found}), media_type="application/json")


def _asked_for(request: Request) -> tuple[dict[str, int], float]:
    """Return the cursors and how long to wait at most; raises Answer."""
    given = request.query_params
    try:
        since = given["since"]
        seconds = float(given.get("seconds", LONGEST_S))
        if len(since) > MOST_SINCE or not 0 <= seconds <= LONGEST_S:
            raise ValueError("since")
        return read_heads_query(since), seconds
    except (KeyError, ValueError, WireError) as error:
        raise Answer(400, Problem.BAD_REQUEST) from error
