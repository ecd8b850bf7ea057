"""What the centre answers to carried files and to photos, as the routes do (`deskapp.server.routes`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deskapp.server import blobs, stations
from deskapp.server.service import LOG_MS
from deskapp.sync import signing
from deskapp.sync.framing import canonical_bytes, load
from deskapp.sync.wire import read_request

if TYPE_CHECKING:
    from deskapp.server.known import Station
    from tests.sim.centre import Centre


def answer_carried(centre: Centre, server: Any, plain: bytes) -> tuple[int, Any]:
    """Return what the route of carried files says: a status, and a reply or a word."""
    told = load(plain)
    with server.database.read() as tx:
        station = stations.find(tx, told["station"])
    words = canonical_bytes(["carried", told["station"], told["body"]])
    if station is None or not signing.words_hold(station.public, words, told["proof"]):
        return 404, "not_found"
    if station.state in ("lost", "retired"):
        server.set_aside(station, told["body"].encode())
        return 403, station.state
    request = read_request(told["body"].encode())
    now = centre.chance.now
    clock = now if 0 <= now - request.clock <= LOG_MS else request.clock  # times on a stick count as they stand
    centre.on_request(station, replace(request, clock=clock), now)
    bare, _touched = server.carry(station, request)
    centre.on_reply(station, request, bare)
    return 200, bare


def answer_blob(
    centre: Centre, station: Station, method: str, sha256: str, query: Mapping[str, str], body: bytes,
    headers: Mapping[str, str],
) -> tuple[int, Mapping[str, str], bytes]:  # fmt: skip
    """Return what the routes of photos say: status, headers and body."""
    database = centre.database
    if method == "GET":
        with database.read() as tx:
            size = blobs.size_for(tx, station, sha256)
        start, last = map(int, headers["Range"].removeprefix("bytes=").split("-"))
        if size is None or start >= size:
            return (404 if size is None else 416), {}, b""
        end, content = min(last + 1, size), b""
        while start + len(content) < end:
            content += blobs.piece(database, sha256, start + len(content))[: end - start - len(content)]
        return 206, {"content-range": f"bytes {start}-{end - 1}/{size}"}, content
    if method == "HEAD":
        with database.read() as tx:
            found = blobs.state(tx, sha256)
        return (200 if found.whole else 204), {"upload-offset": str(found.size)}, b""
    last = query.get("last") == "true"
    one = blobs.Piece(sha256, int(query["offset"]), body, query["digest"], last)
    try:
        found = blobs.append(database, station, one, centre.chance.now)
    except blobs.WrongOffset:
        return 409, {}, b""
    except blobs.NotTaken:
        return 400, {}, b""
    if last and not found.whole:
        return 400, {}, b""
    return (200 if found.whole else 204), {"upload-offset": str(found.size)}, b""
