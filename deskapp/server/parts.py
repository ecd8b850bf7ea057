"""Answers that can be had in parts (`Range: bytes=N-`, `bytes=N-M`), read piece by piece while they are sent."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from deskapp.server.app import Answer
from deskapp.sync.wire import Problem

_FROM: Final = re.compile(r"bytes=([0-9]{1,12})-([0-9]{0,12})")
_KIND: Final = "application/octet-stream"

Reader = Callable[[int], Awaitable[bytes]]
"""Returns some bytes from a place on; none where there are none any more."""


def _begin(request: Request, tag: str, size: int) -> tuple[int, int, int, dict[str, str]]:
    """Return status, first byte, the one behind the last and headers of an answer; raises Answer 416."""
    headers = {"etag": tag, "accept-ranges": "bytes"}
    if request.headers.get("if-none-match") == tag:
        return 304, 0, 0, headers
    wanted = _FROM.fullmatch(request.headers.get("range", ""))
    if wanted is None or request.headers.get("if-range", tag) != tag:
        return 200, 0, size, headers
    start, end = int(wanted[1]), min(int(wanted[2]) + 1, size) if wanted[2] else size
    if start >= size:
        raise Answer(416, Problem.BAD_REQUEST)
    if end <= start:  # no range at all
        return 200, 0, size, headers
    return 206, start, end, {**headers, "content-range": f"bytes {start}-{end - 1}/{size}"}


def part(request: Request, tag: str, body: bytes) -> Response:
    """Return a whole that is in memory, or a part of it."""
    status, start, end, headers = _begin(request, tag, len(body))
    if status == 304:
        return Response(status_code=304, headers=headers)
    return Response(body[start:end], status, headers, _KIND)


def streamed(request: Request, tag: str, size: int, read: Reader) -> Response:
    """Return a whole that is read while it is sent, or a part of it."""
    status, start, end, headers = _begin(request, tag, size)
    if status == 304:
        return Response(status_code=304, headers=headers)

    async def pieces() -> AsyncIterator[bytes]:
        at = start
        while at < end:
            some = (await read(at))[: end - at]
            if not some:
                raise ConnectionAbortedError  # it was thrown away meanwhile: the reader begins again
            yield some
            at += len(some)

    return StreamingResponse(pieces(), status, {**headers, "content-length": str(end - start)}, _KIND)
