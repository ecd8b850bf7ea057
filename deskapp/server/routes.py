"""The routes, one function each; `docs/sync.md` tells the messages."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import FastAPI, Path, Query, Request, Response

from deskapp.clock import stopwatch
from deskapp.server import blobs, feed, stations, wholes
from deskapp.server.app import Answer, House, asked, bad_request, packed, seconds_since, unpacked
from deskapp.server.known import Station
from deskapp.sync import framing, signing
from deskapp.sync.framing import WireError
from deskapp.sync.messages import EnrolRequest, read_heads_query, read_message, snapshot_page, to_json
from deskapp.sync.wire import Problem, read_request

Scope = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[0-9A-Za-z:._-]+$")]
Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
_SHA: Final = re.compile(r"[0-9a-f]{64}")
MOST_ENROL: Final = 16_384

_JSON: Final = {"content": {"application/json": {"schema": {"type": "object"}}}}


def _told(*statuses: int, **more: Any) -> dict[int | str, dict[str, Any]]:
    """Return the description of answers; every one but 200 is a problem with its word in `error`."""
    words = {
        200: "as asked", 201: "made", 204: "nothing new", 206: "a part", 304: "unchanged", 400: "not understood",
        401: "no valid signature", 403: "not (any more) allowed in", 404: "not there, or not for this station",
        409: "does not follow what is here", 410: "a cursor is of no use any more: fetch a snapshot",
        413: "too large", 416: "no such part", 429: "too often", 503: "try again later",
    }  # fmt: skip
    return {
        status: {"description": words[status], **(_JSON if status not in (204, 304) else {})} for status in statuses
    }


SIGNED: Final = (400, 401, 403, 404, 413, 429, 503)


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
        "/v1/station", responses=_told(200, 400, 403, 404, 413, 429, 503), summary="A station asks to belong",
        openapi_extra={"requestBody": _body("one-time code, key, who it was so far", schema=schema)["requestBody"]},
    )  # fmt: skip
    async def enrol(request: Request) -> Response:
        host = request.client.host if request.client else ""
        if not house.strangers.take(host):
            raise Answer(429, Problem.BUSY, next_poll=60_000)
        body = await house.body(request, MOST_ENROL)
        plain = unpacked(body, request)
        try:
            message: EnrolRequest = read_message(EnrolRequest, plain)
        except WireError as error:
            raise Answer(400, Problem.BAD_REQUEST) from error
        vouches = await house.station(request, body) if request.headers.get("authorization") else None
        reply = await house.call(lambda: house.server.enrol(message, vouches))
        return Response(to_json(reply), media_type="application/json")


def _round_trip(app: FastAPI, house: House) -> None:
    @app.post(
        "/v1/sync", responses=_told(200, 410, 409, *SIGNED), summary="Change sets up, entries down",
        openapi_extra=_body("SyncRequest, packed by zstd or gzip or plain"),
    )  # fmt: skip
    async def sync(request: Request) -> Response:
        start = stopwatch()
        body = await house.body(request)

        def work() -> tuple[bytes, int, dict[str, int]]:
            station = house.let_in(request, body)
            if station.state == "lost":
                house.server.database.retrying(lambda tx: stations.set_aside(tx, station, body, house.server.clock()))
                raise Answer(403, Problem.LOST)
            plain = unpacked(body, request)
            try:
                message = read_request(plain)
            except WireError as error:
                raise bad_request(error) from error
            reply, touched = house.server.sync(station, message)
            gone = bool(reply.resnapshot) and not message.sets
            return reply.to_bytes(), 410 if gone else 200, touched

        plain, status, touched = await house.call(work)
        house.hub.tell(touched)
        house.server.counts.took(seconds_since(start))
        return packed(plain, request, status)

    @app.post(
        "/v1/carried", responses=_told(200, 409, *SIGNED), summary="Change sets of another station, from a stick",
        openapi_extra=_body("{station, body, proof}: a SyncRequest as text, signed by that station's key"),
    )  # fmt: skip
    async def carried(request: Request) -> Response:
        body = await house.body(request)
        await house.station(request, body)

        def work() -> tuple[bytes, dict[str, int]]:
            told = framing.load(unpacked(body, request))
            return _carry(house, told)

        try:
            plain, touched = await house.call(work)
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
    if station.state == "lost":
        raw = words
        server.database.retrying(lambda tx: stations.set_aside(tx, station, raw, server.clock()))
        raise Answer(403, Problem.LOST)
    message = read_request(told["body"].encode())
    reply, touched = server.sync(station, message)
    # What the station is allowed to read is not handed to whoever carries its file.
    from dataclasses import replace

    return replace(reply, feeds={}, grant=(), revoke=(), resnapshot={}).to_bytes(), touched


def _granted(station: Station, scope: str) -> str:
    if scope not in station.scopes:
        raise Answer(404, Problem.NOT_FOUND)
    return scope


def _reading(app: FastAPI, house: House) -> None:
    signed: dict[str, Any] = {"security": [{"station": []}]}

    @app.get("/v1/wait", responses=_told(200, 204, *SIGNED), summary="A hint when a log moves", openapi_extra=signed)
    async def wait(
        request: Request,
        since: Annotated[str, Query(max_length=8_000)],
        seconds: Annotated[float, Query(ge=0, le=55)] = 55,
    ) -> Response:
        station = await house.station(request)
        try:
            cursors = read_heads_query(since)
        except WireError as error:
            raise Answer(400, Problem.BAD_REQUEST) from error
        mine = {scope: n for scope, n in cursors.items() if scope in station.scopes}

        async def heads() -> dict[str, int]:
            return await house.call(lambda: asked(house.server, lambda tx: feed.heads_of(tx, list(mine))))

        found = await house.hub.wait(mine, seconds, heads)
        if not found:
            return Response(status_code=204)
        return Response(framing.dump({"heads": found}), media_type="application/json")

    @app.get(
        "/v1/snapshot/{scope}", responses=_told(200, 206, 304, 416, *SIGNED), summary="A scope as a whole",
        openapi_extra=signed,
    )  # fmt: skip
    async def snapshot(request: Request, scope: Scope) -> Response:
        station = await house.station(request)
        name = _granted(station, scope)
        tag, body = await house.call(lambda: wholes.snapshot(house.server.database, name, house.server.clock()))
        return _part(request, f'"{tag}"', body)

    @app.get(
        "/v1/digest/{scope}", responses=_told(200, *SIGNED), summary="Sums over a scope, or the rows of one bucket",
        openapi_extra=signed,
    )  # fmt: skip
    async def digest(
        request: Request, scope: Scope, bucket: Annotated[int | None, Query(ge=0, le=255)] = None
    ) -> Response:
        station = await house.station(request)
        name = _granted(station, scope)
        if bucket is not None:
            rows = await house.call(lambda: wholes.rows_in_bucket(house.server.database, name, bucket))
            return packed(snapshot_page(rows), request)
        return packed(to_json(await house.call(lambda: wholes.digest(house.server.database, name))), request)


def _part(request: Request, tag: str, body: bytes) -> Response:
    """Return a whole or the rest of it from `Range: bytes=N-` on, if it is still the same one."""
    headers = {"etag": tag, "accept-ranges": "bytes"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    wanted = re.fullmatch(r"bytes=([0-9]{1,12})-", request.headers.get("range", ""))
    if wanted is None or request.headers.get("if-range", tag) != tag:
        return Response(body, headers=headers, media_type="application/octet-stream")
    start = int(wanted[1])
    if start >= len(body):
        raise Answer(416, Problem.BAD_REQUEST)
    headers["content-range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
    return Response(body[start:], 206, headers, "application/octet-stream")


def _blobs(app: FastAPI, house: House) -> None:
    signed: dict[str, Any] = {"security": [{"station": []}]}

    @app.head("/v1/blob/{sha256}", responses=_told(200, 204, *SIGNED), summary="How much is here", openapi_extra=signed)
    async def have(request: Request, sha256: Sha256) -> Response:
        await house.station(request)
        found = await house.call(lambda: asked(house.server, lambda tx: blobs.state(tx, sha256)))
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
        body = await house.body(request, blobs.PIECE)
        station = await house.station(request, body)
        now = house.server.clock()

        def work() -> blobs.State:
            return blobs.append(house.server.database, station, sha256, offset, body, digest, last, now)

        try:
            found = await house.call(work)
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
        body = await house.call(lambda: asked(house.server, lambda tx: blobs.fetch(tx, station, sha256, 0)))
        if body is None:
            raise Answer(404, Problem.NOT_FOUND)
        return _part(request, f'"{sha256[:16]}"', body)


def _looking_on(app: FastAPI, house: House) -> None:
    @app.get("/healthz", responses=_told(200, 503), summary="Whether the server can work")
    async def health() -> Response:
        await house.call(lambda: asked(house.server, lambda tx: tx.one("SELECT value FROM meta WHERE name = 'schema'")))
        return Response(framing.dump({"ok": True, "now": house.server.clock()}), media_type="application/json")

    @app.get("/metrics", responses=_told(200, 404, 503), summary="Counters for Prometheus")
    async def metrics(request: Request) -> Response:
        host = request.client.host if request.client else ""
        if not house.open_metrics and host not in ("127.0.0.1", "::1", "testclient"):
            raise Answer(404, Problem.NOT_FOUND)
        house.server.counts.gauges["deskapp_waiting_stations"] = house.hub.waiting
        return Response(house.server.counts.text(), media_type="text/plain; version=0.0.4")
