"""A line that can be bad: an HTTP proxy between desk and server that cuts, delays, doubles and loses on command."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType


class Fault(StrEnum):
    """What happens to one request."""

    NONE = "none"
    REFUSE = "refuse"
    """The connection is closed before a byte went through."""
    CUT_REQUEST = "cut_request"
    """Half of the request reaches the server."""
    LOSE_REPLY = "lose_reply"
    """The server does its work and nobody hears of it."""
    HALF_REPLY = "half_reply"
    """The answer breaks off in its body."""
    DOUBLE = "double"
    """The request reaches the server twice; the second answer comes back."""
    DELAY = "delay"
    """Two requests of one moment reach the server in the other order, as far as there are two."""
    GARBAGE = "garbage"
    """Somebody else answers: a hotel's login page."""


Plan = Callable[[str, str], Fault]
"""Chooses the fault of a request by its method and target."""

_PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\nConnection: close\r\n\r\n<html></html>"


@dataclass(slots=True)
class FaultProxy:
    """Listens on a port of its own in front of a server's; `plan` is asked for every request."""

    upstream: int
    plan: Plan = lambda _method, _target: Fault.NONE
    port: int = 0
    down: bool = False
    seen: list[tuple[str, str, Fault]] = field(default_factory=list)
    delay_s: float = 0.05
    _listener: socket.socket | None = None
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> FaultProxy:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listener is not None
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                request = read_message(client)
                if not request or self.down:
                    return
                method, target, _version = request.split(b"\r\n", 1)[0].decode().split(" ", 2)
                fault = self.plan(method, target)
                self.seen.append((method, target, fault))
                self._fail(client, request, fault)
            except OSError:
                return

    def _fail(self, client: socket.socket, request: bytes, fault: Fault) -> None:
        if fault is Fault.REFUSE:
            return
        if fault is Fault.GARBAGE:
            client.sendall(_PAGE)
            return
        if fault is Fault.CUT_REQUEST:
            head, _, body = request.partition(b"\r\n\r\n")
            self._ask(head + b"\r\n\r\n" + body[: len(body) // 2], wait=False)
            return
        if fault is Fault.DELAY:
            threading.Event().wait(self.delay_s)
        reply = self._ask(request)
        if fault is Fault.DOUBLE:
            reply = self._ask(request)
        if fault is Fault.LOSE_REPLY:
            return
        if fault is Fault.HALF_REPLY:
            head, _, body = reply.partition(b"\r\n\r\n")
            reply = head + b"\r\n\r\n" + body[: len(body) // 2]
        client.sendall(reply)

    def _ask(self, request: bytes, *, wait: bool = True) -> bytes:
        """Send a request over a connection of its own and return the whole answer."""
        head, _, body = request.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        with socket.create_connection(("127.0.0.1", self.upstream), timeout=60) as server:
            server.sendall(b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body)
            if not wait:
                return b""
            pieces = []
            while piece := server.recv(65536):
                pieces.append(piece)
            return b"".join(pieces)


def read_message(connection: socket.socket) -> bytes:
    """Read one request with a length, as `requests` sends it; empty when the other side went away."""
    held = b""
    while b"\r\n\r\n" not in held:
        piece = connection.recv(65536)
        if not piece:
            return b""
        held += piece
    head, _, body = held.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            return b""
        body += piece
    return head + b"\r\n\r\n" + body
