"""One kept connection: a request goes out in one breath, and whoever is done with it may end it from any thread.

HTTP itself is the standard library's. What connects, with TLS and all, is made elsewhere (`transport`): asked through
all of that library, a request that finds nothing new cost ten times as much (`docs/measured.md`), and a busy desk asks
after every act.
"""

from __future__ import annotations

import http.client
import select
import socket
import weakref
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

_PIECE: Final = 256 * 1024
_BODIED: Final = ("POST", "PUT", "PATCH")


class Garbled(OSError):
    """What came back is not HTTP, or it broke off where nothing can be made of it."""


class TooMuch(Exception):
    """The answer is larger than what is taken."""


class _OneBreath(http.client.HTTPConnection):
    """Sends head and body together: one segment less on the way."""

    _held: bytearray | None = None

    def send(self, data: Any) -> None:
        """Hold what is to be sent while `say` gathers it."""
        if self._held is None:
            super().send(data)
        else:
            self._held += data

    def say(self, body: bytes) -> None:
        """Send what was put as the head, and a body."""
        self._held = bytearray()
        try:
            self.endheaders(body or None)
        finally:
            whole, self._held = self._held, None
        # Whoever takes no body of this size says so and closes before all of it came: what he says is worth reading.
        with suppress(BrokenPipeError, ConnectionResetError):
            super().send(whole)


class Spoken:
    """A kept connection. Belongs to one thread at a time, but anybody may close it."""

    def __init__(self, line: socket.socket, host: str, most: int) -> None:
        """`host` is what the requests call the other side, `most` the largest body that is taken, in bytes."""
        self._line, self._host, self._most = line, host, most
        self._http = _OneBreath("")  # connected already; the name goes into the head by itself
        self._http.sock = line
        self._busy = False
        self._end = weakref.finalize(self, line.close)  # whoever forgets it leaves no open connection behind
        self.kept = True
        """Whether another request may follow."""

    def gone(self) -> bool:
        """Say whether the other side has ended it, or says what nobody asked."""
        if not self.kept:
            return True
        try:
            if hasattr(select, "poll"):
                looking = select.poll()
                looking.register(self._line, select.POLLIN)
                return bool(looking.poll(0))
            return bool(select.select([self._line], [], [], 0)[0])
        except (OSError, ValueError):
            return True

    def close(self) -> None:
        """End it. Whoever reads from it right now, on another thread, is told so and lets go of it by himself."""
        self.kept = False
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        if not self._busy:
            self._end()

    def ask(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], read_s: float
    ) -> tuple[int, dict[str, str], bytes, bool]:  # fmt: skip
        """Return status, headers (names in small letters), body, and whether that broke off; raises OSError, TooMuch.

        `read_s` is how long the next bytes may take to come.
        """
        self._busy = True
        try:
            self._line.settimeout(read_s)
            self._say(method, target, body, headers)
            with self._http.getresponse() as reply:
                content, whole = self._body(reply)
                told = {name.lower(): value for name, value in reply.getheaders()}
            if reply.status < 200:
                raise Garbled("another protocol")
            self.kept = self.kept and whole and not reply.will_close
            return reply.status, told, content, not whole
        except http.client.HTTPException as error:
            self.kept = False
            raise Garbled(type(error).__name__) from error
        except BaseException:
            self.kept = False
            raise
        finally:
            self._busy = False
            if not self.kept:
                self._end()

    def _say(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> None:
        self._http.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        self._http.putheader("Host", self._host)
        for name, value in headers.items():
            self._http.putheader(name, value)
        if body or method in _BODIED:
            self._http.putheader("Content-Length", str(len(body)))
        self._http.say(body)

    def _body(self, reply: http.client.HTTPResponse) -> tuple[bytes, bool]:
        """Return the body, and whether it is whole."""
        if (reply.length or 0) > self._most:
            raise TooMuch
        parts: list[bytes] = []
        total, whole = 0, True
        try:
            while piece := reply.read(_PIECE):
                parts.append(piece)
                total += len(piece)
                if total > self._most:
                    raise TooMuch
            whole = not reply.length  # what is still missing of the promised length
        except http.client.IncompleteRead as cut:
            parts.append(cut.partial)
            whole = False
        except OSError:
            whole = False
        return b"".join(parts), whole
