"""Connections that cost nobody else anything: heads of requests are bounded in bytes and in time.

What the body may be is bounded where it is read (`app.House.body`).
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from deskapp.server.wait import Hub

MOST_HEAD: Final = 64 * 1024
"""Bytes of the head of a request, about."""

HEAD_S: Final = 20.0
"""How long a new connection may take to name what it wants."""


class OneBreath:
    """A transport that keeps the head of an answer until its body comes: one segment on the way instead of two."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._held = b""

    def write(self, data: bytes) -> None:
        """Write, a head no later than when the loop comes round."""
        if self._held:
            data, self._held = self._held + data, b""
        elif data.startswith(b"HTTP/") and data.endswith(b"\r\n\r\n"):
            self._held = data
            self._loop.call_soon(self._let_go)
            return
        self._transport.write(data)

    def _let_go(self) -> None:
        held, self._held = self._held, b""
        if held:
            self._transport.write(held)

    def close(self) -> None:
        """Close when all is written."""
        self._let_go()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Bounded(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, with an end to patience."""

    _head = 0
    _came = 0
    _open = True
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin; the first head has to come soon."""
        super().connection_made(OneBreath(transport, self.loop))  # type: ignore[arg-type]
        self._timer = self.loop.call_later(HEAD_S, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that does not end is cut off."""
        before = self._head if self._open else 0
        self._came = before + len(data)
        super().data_received(data)
        self._head = before + len(data) if self._open else 0
        if self._head > MOST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        if not self._open:
            self._open, self._head = True, 0
            self._timer = self.loop.call_later(HEAD_S, self._too_slow)

    def on_headers_complete(self) -> None:
        """The head is whole; one that came in few large pieces is measured only now."""
        if self._came > MOST_HEAD < len(self.url) + sum(len(name) + len(told) for name, told in self.headers):
            raise ValueError("the head is too large")  # answered as whatever is not HTTP
        self._open = False
        self._stop()
        super().on_headers_complete()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        if self._open and not self.transport.is_closing():
            self.transport.close()


class Prompt(uvicorn.Server):
    """Ends at once when it is told to: stations that wait for a hint are let go first."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let the waiting go, then everybody else."""
        await self._hub.stop()
        await super().shutdown(sockets)
