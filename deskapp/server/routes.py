"""The routes, one function each; `docs/sync.md` tells the messages."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import FastAPI, Path, Query, Request, Response

from deskapp.clock import stopwatch
from deskapp.server import blobs, missing, naming, stations, wholes
from deskapp.server.app import (
    Answer,
    House,
    Quiet,
    address_of,
    asked,
    bad_request,
    packed,
    unpacked,
)
from deskapp.server.known import Station
from deskapp.server.parts import part, streamed
from deskapp.server.trips import TripsFirst, round_trip
from deskapp.server.waiting import MOST_SINCE, WaitsFirst, hinted
from deskapp.sync import framing, signing
from deskapp.sync.framing import WireError
from deskapp.sync.messages import EnrolRequest, Receipt, read_message, snapshot_page, to_json
from deskapp.sync.wire import Problem

Scope = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[0-9A-Za-z:._-]+$")]
Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
MOST_ENROL: Final = 16_384
MOST_ENROL_PLAIN: Final = 65_536
FROM_HERE: Final = ("127.0.0.1", "::1")
PASSED_ON: Final = ("x-forwarded-for", "forwarded", "via", "x-real-ip")
"""Headers by which a proxy on this computer gives itself away: what it passes on does not come from here."""

_JSON: Final = {"content": {"application/json": {"schema": {"type": "object"}}}}


def _told(*statuses: int, **more: Any) -> dict[int | str, dict[str, Any]]:
    """Return the description of answers; every one but 200 is a problem with its word in `error`."""
    words = {
        200: "as asked", 201: "made", 204: "nothing new", 206: "a part", 304: "unchanged", 400: "not understood",
        401: "no valid signature", 403: "not (any more) allowed in", 404: "not there, or not for this station",
        408: "the body stopped coming",
        409: "does not follow what is here", 410: "a cursor is of no use any more: fetch a snapshot",
        413: "too large", 415: "packed in an unknown way", 416: "no such part", 429: "too often",
        503: "try again later",
    }  # fmt: skip
    return {
        status: {"description": words[status], **(_JSON if status not in (204, 304) else {})} for status in statuses
    }


SIGNED: Final = (400, 401, 403, 404, 408, 413, 415, 429, 503)


def _body(description: str, media: str = "application/json", schema: dict[str, Any] | None = None) -> dict[str, Any]:
    content = {media: {"schema": schema or {"type": "object"}}}
    return {
        "requestBody": {"required": True, "description": description, "content": content},
        "security": [{"station": []}],
    }


def add_routes(app: FastAPI, house: House) -> None:
    """Add every route."""
    _enrolment(app, house)
    _round_trip(app, house)
    _reading(app, house)
    _blobs(app, house)
    _looking_on(app, house)
    _describe(app)
    app.add_middleware(WaitsFirst, house=house)
    app.add_middleware(TripsFirst, house=house)
    app.add_middleware(Quiet, house=house)


def _describe(app: FastAPI) -> None:
    made = app.openapi

    def openapi() -> dict[str, Any]:
        told = made()
        told.setdefault("components", {})["securitySchemes"] = {
            "station": {
                "type": "apiKey", "in": "header", "name": "Authorization",
                "description": "Desk1 <station>.<counter>.<signature>: Ed25519 over method, path, body, counter, epoch",
            }
        }  # fmt: skip
        return told

    app.openapi = openapi  # type: ignore[method-assign]


def _enrolment(app: FastAPI, house: House) -> None:
    names = {name: {"type": "integer" if name == "number" else "string"} for name in EnrolRequest.__dataclass_fields__}
    needed = ["code", "public", "station", "number"]
    schema = {"type": "object", "properties": names, "required": needed, "additionalProperties": False}

    @app.post(
        "/v1/station", responses=_told(200, 400, 401, 403, 404, 408, 413, 415, 429, 503),
        summary="A station asks to belong",
        openapi_extra={"requestBody": _body("one-time code, key, who it was so far", schema=schema)["requestBody"]},
    )  # fmt: skip
    async def enrol(request: Request) -> Response:
        if not house.strangers.take(address_of(request)):
            raise Answer(429, Problem.BUSY, next_poll=60_000)
        async with house.body(request, MOST_ENROL) as body:
            vouches = await house.station(request, body) if request.headers.get("authorization") else None
            try:
                message: EnrolRequest = read_message(EnrolRequest, unpacked(body, request, MOST_ENROL_PLAIN))
            except WireError as error:
                raise Answer(400, Problem.BAD_REQUEST) from error
            reply = await house.call(lambda: house.server.enrol(message, vouches))
        return Response(to_json(reply), media_type="application/json")

    @app.post(
        "/v1/wiped", responses=_told(200, 400, 404, 408, 413, 415, 429, 503), summary="A lost station was wiped",
        openapi_extra={"requestBody": _body("its own signed word", schema=_RECEIPT)["requestBody"]},
    )  # fmt: skip
    async def wiped(request: Request) -> Response:
        if not house.strangers.take(address_of(request)):
            raise Answer(429, Problem.BUSY, next_poll=60_000)
        async with house.body(request, MOST_ENROL) as body:
            try:
                said: Receipt = read_message(Receipt, unpacked(body, request, MOST_ENROL_PLAIN))
            except WireError as error:
                raise Answer(400, Problem.BAD_REQUEST) from error
            if not await house.call(lambda: house.server.wiped(said.station, said.proof)):
                raise Answer(404, Problem.NOT_FOUND)
        return Response(framing.dump({"now": house.server.clock()}), media_type="application/json")


_RECEIPT: Final = {
    "type": "object", "properties": {"station": {"type": "string"}, "proof": {"type": "string"}},
    "required": ["station", "proof"], "additionalProperties": False,
}  # fmt: skip


def _round_trip(app: FastAPI, house: House) -> None:
    @app.post(
        "/v1/sync", responses=_told(200, 410, 409, *SIGNED), summary="Change sets up, entries down",
        openapi_extra=_body("SyncRequest, packed by zstd or gzip or plain"),
    )  # fmt: skip
    async def sync(request: Request) -> Response:
        return await round_trip(house, request)  # hardly ever: it is answered before, described here

    @app.post(
        "/v1/carried", responses=_told(200, 409, *SIGNED), summary="Change sets of another station, from a stick",
        openapi_extra=_body("{station, body, proof}: a SyncRequest as text, signed by that station's key"),
    )  # fmt: skip
    async def carried(request: Request) -> Response:
        async with house.body(request) as body:
            await house.station(request, body)
            try:
                plain, touched = await house.call(lambda: _carry(house, framing.load(unpacked(body, request))))
            except WireError as error:
                raise bad_request(error) from error
        house.hub.tell(touched)
        return packed(plain, request)


def _carry(house: House, told: Any) -> tuple[bytes, dict[str, int]]:
    if not isinstance(told, dict) or not all(isinstance(told.get(name), str) for name in ("station", "body", "proof")):
        raise WireError("carried")
    server = house.server
    with server.database.read() as tx:
        station = stations.find(tx, told["station"])
    words = framing.canonical_bytes(["carried", told["station"], told["body"]])
    if station is None or not signing.words_hold(station.public, words, told["proof"]):
        raise Answer(404, Problem.NOT_FOUND)
    if station.state in ("lost", "retired"):
        server.set_aside(station, told["body"].encode())
        problem = Problem.LOST if station.state == "lost" else Problem.RETIRED
        raise Answer(403, problem, station=station.id)  # whose they are: not the bearer's
    with house.large:
        reply, touched = server.carry(station, naming.read(told["body"].encode()))
    return reply.to_bytes(), touched


def _granted(station: Station, scope: str) -> str:
    if scope not in station.scopes:
        raise Answer(404, Problem.NOT_FOUND)
    return scope


def _reading(app: FastAPI, house: House) -> None:
    signed: dict[str, Any] = {"security": [{"station": []}]}

    @app.get("/v1/wait", responses=_told(200, 204, *SIGNED), summary="A hint when a log moves", openapi_extra=signed)
    async def wait(
        request: Request,
        since: Annotated[str, Query(max_length=MOST_SINCE)],
        seconds: Annotated[float, Query(ge=0, le=55)] = 55,
    ) -> Response:
        del since, seconds  # described here, read and answered there
        return await hinted(house, request)

    @app.get(
        "/v1/snapshot/{scope}", responses=_told(200, 206, 304, 416, *SIGNED), summary="A scope as a whole",
        openapi_extra=signed,
    )  # fmt: skip
    async def snapshot(request: Request, scope: Scope) -> Response:
        station = await house.station(request)
        name = _granted(station, scope)
        database = house.server.database
        async with house.whole(station, name):
            found = await house.call(lambda: wholes.snapshot(database, name, house.server.clock()))
        if found.body is not None:
            return part(request, f'"{found.tag}"', found.body)
        return streamed(
            request, f'"{found.tag}"', found.size, lambda at: house.call(lambda: wholes.piece(database, found.tag, at))
        )

    @app.get(
        "/v1/digest/{scope}", responses=_told(200, *SIGNED), summary="Sums over a scope, or the rows of one bucket",
        openapi_extra=signed,
    )  # fmt: skip
    async def digest(
        request: Request, scope: Scope, bucket: Annotated[int | None, Query(ge=0, le=255)] = None
    ) -> Response:
        station = await house.station(request)
        name = _granted(station, scope)
        database = house.server.database
        async with house.whole(station, name):
            if bucket is not None:
                rows = await house.call(lambda: wholes.rows_in_bucket(database, name, bucket))
                return packed(snapshot_page(rows), request)
            return packed(to_json(await house.call(lambda: wholes.digest(database, name))), request)


def _blobs(app: FastAPI, house: House) -> None:
    signed: dict[str, Any] = {"security": [{"station": []}]}

    @app.get("/v1/missing", responses=_told(200, *SIGNED), summary="Files that are not here", openapi_extra=signed)
    async def gone(
        request: Request, after: Annotated[str, Query(max_length=64, pattern=r"^[0-9a-f]*$")] = ""
    ) -> Response:
        station = await house.station(request)
        found = await house.call(lambda: asked(house.server, lambda tx: missing.of_station(tx, station, after)))
        return Response(framing.dump({"files": found}), media_type="application/json")

    @app.head("/v1/blob/{sha256}", responses=_told(200, 204, *SIGNED), summary="How much is here", openapi_extra=signed)
    async def have(request: Request, sha256: Sha256) -> Response:
        await house.station(request)
        found = await house.call(lambda: asked(house.server, lambda tx: blobs.wanted(tx, sha256)))
        return Response(status_code=200 if found.whole else 204, headers={"upload-offset": str(found.size)})

    @app.patch(
        "/v1/blob/{sha256}", responses=_told(200, 204, 409, *SIGNED), summary="One piece at its offset",
        openapi_extra=_body("the piece", "application/octet-stream", {"type": "string", "format": "binary"}),
    )  # fmt: skip
    async def piece(
        request: Request,
        sha256: Sha256,
        offset: Annotated[int, Query(ge=0, le=blobs.LARGEST)],
        digest: Annotated[str, Query(pattern=r"^[0-9a-f]{64}$")],
        last: bool = False,
    ) -> Response:
        now = house.server.clock()
        try:
            async with house.body(request, blobs.PIECE) as body:
                station = await house.station(request, body)
                one = blobs.Piece(sha256, offset, body, digest, last)
                found = await house.call(lambda: blobs.append(house.server.database, station, one, now))
        except blobs.WrongOffset as error:
            raise Answer(409, Problem.OFFSET, offset=error.offset) from error
        except blobs.NotTaken as error:
            status = {"too_large": 413, "busy": 429}.get(error.code, 400)
            raise Answer(status, error.code) from error
        if last and not found.whole:
            raise Answer(400, Problem.MANGLED)
        return Response(status_code=200 if found.whole else 204, headers={"upload-offset": str(found.size)})

    @app.get(
        "/v1/blob/{sha256}", responses=_told(200, 206, 304, 416, *SIGNED), summary="A whole blob", openapi_extra=signed
    )
    async def fetch(request: Request, sha256: Sha256) -> Response:
        station = await house.station(request)
        size = await house.call(lambda: asked(house.server, lambda tx: blobs.size_for(tx, station, sha256)))
        if size is None:
            raise Answer(404, Problem.NOT_FOUND)
        database = house.server.database
        return streamed(
            request, f'"{sha256[:16]}"', size, lambda at: house.call(lambda: blobs.piece(database, sha256, at))
        )


def _looking_on(app: FastAPI, house: House) -> None:
    @app.get("/healthz", responses=_told(200, 503), summary="Whether the server can work")
    async def health() -> Response:
        if stopwatch() >= house.healthy_until:  # a balancer and strangers cost one question a second together
            sql = "SELECT value FROM meta WHERE name = 'schema'"
            await house.call(lambda: asked(house.server, lambda tx: tx.one(sql)))
            house.healthy_until = stopwatch() + 1.0
        return Response(framing.dump({"ok": True, "now": house.server.clock()}), media_type="application/json")

    @app.get("/metrics", responses=_told(200, 404, 503), summary="Counters for Prometheus")
    async def metrics(request: Request) -> Response:
        host = request.client.host if request.client else ""
        passed_on = any(name in request.headers for name in PASSED_ON)
        if not house.open_metrics and (host not in FROM_HERE or passed_on):
            raise Answer(404, Problem.NOT_FOUND)
        counts = house.server.counts
        counts.gauges.update(await house.call(house.server.gauges))
        counts.gauges["deskapp_waiting_stations"] = house.hub.waiting
        counts.gauges["deskapp_body_bytes"] = house.room.held
        return Response(counts.text(), media_type="text/plain; version=0.0.4")
