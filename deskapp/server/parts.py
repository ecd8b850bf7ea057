"""Answers that can be had from the middle on (`Range: bytes=N-`), read piece by piece while they are sent."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from deskapp.server.app import Answer
from deskapp.sync.wire import Problem

_FROM: Final = re.compile(r"bytes=([0-9]{1,12})-")
_KIND: Final = "application/octet-stream"

Reader = Callable[[int], Awaitable[bytes]]
"""Returns some bytes from a place on; none where there are none any more."""


def _begin(request: Request, tag: str, size: int) -> tuple[int, int, dict[str, str]]:
    """Return status, first byte and headers of an answer; raises Answer 416."""
    headers = {"etag": tag, "accept-ranges": "bytes"}
    if request.headers.get("if-none-match") == tag:
        return 304, 0, headers
    wanted = _FROM.fullmatch(request.headers.get("range", ""))
    if wanted is None or request.headers.get("if-range", tag) != tag:
        return 200, 0, headers
    start = int(wanted[1])
    if start >= size:
        raise Answer(416, Problem.BAD_REQUEST)
    return 206, start, {**headers, "content-range": f"bytes {start}-{size - 1}/{size}"}


def part(request: Request, tag: str, body: bytes) -> Response:
    """Return a whole that is in memory, or the rest of it."""
    status, start, headers = _begin(request, tag, len(body))
    if status == 304:
        return Response(status_code=304, headers=headers)
    return Response(body[start:], status, headers, _KIND)


def streamed(request: Request, tag: str, size: int, read: Reader) -> Response:
    """Return a whole that is read while it is sent, or the rest of it."""
    status, start, headers = _begin(request, tag, size)
    if status == 304:
        return Response(status_code=304, headers=headers)

    async def pieces() -> AsyncIterator[bytes]:
        at = start
        while at < size:
            some = await read(at)
            if not some:
                raise ConnectionAbortedError  # it was thrown away meanwhile: the reader begins again
            yield some
            at += len(some)

    return StreamingResponse(pieces(), status, {**headers, "content-length": str(size - start)}, _KIND)
