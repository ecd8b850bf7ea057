"""One kept connection: a request goes out in one breath, and whoever is done with it may end it from any thread.

An answer as our server gives it is read here; any other (in pieces, without a length, from something on the way) by the
standard library. What connects, with TLS and all, is made elsewhere (`transport`): asked through all of that library, a
request that finds nothing new cost ten times as much (`docs/measured.md`), and a busy desk asks after every act.
"""

from __future__ import annotations

import http.client
import io
import re
import select
import socket
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

_PIECE: Final = 256 * 1024
_BODIED: Final = ("POST", "PUT", "PATCH")
_MOST_HEAD: Final = 64 * 1024
_STATUS: Final = re.compile(rb"HTTP/1\.1 [2-5][0-9]{2}(?: [^\r\n\0]*)?")
_HEADER: Final = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}):([^\r\n\0]*)")
_SIZE: Final = re.compile("[0-9]{1,15}")
_NO_BODY: Final = (b"204", b"304")
_ILL: Final = re.compile(r"[\r\n\0]")


class Garbled(OSError):
    """What came back is not HTTP, or it broke off where nothing can be made of it."""


class TooMuch(Exception):
    """The answer is larger than what is taken."""


class _Chained(io.RawIOBase):
    """Bytes that came already, then those that come."""

    def __init__(self, came: bytes, line: socket.socket) -> None:
        super().__init__()
        self._came, self._line = came, line

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, room: Any) -> int:
        """Read what there is."""
        if not self._came:
            return self._line.recv_into(room)
        some, self._came = self._came[: len(room)], self._came[len(room) :]
        room[: len(some)] = some
        return len(some)


class _Begun:
    """A line of which the standard library is to read an answer whose first bytes are here already."""

    def __init__(self, came: bytes, line: socket.socket) -> None:
        self._file = io.BufferedReader(_Chained(came, line))

    def makefile(self, _mode: str) -> Any:
        """Return what it reads from."""
        return self._file


def _plain_head(head: bytes) -> tuple[int, dict[str, str], int] | None:
    """Return status, headers and length of the body of a plain answer, None for one that the library is to read.

    Plain is one of the kind our server gives: HTTP/1.1, kept, with a length, each name once.
    """
    first, *lines = head.split(b"\r\n")
    if _STATUS.fullmatch(first) is None or first[9:12] in _NO_BODY:
        return None
    told: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None:
            return None
        told[found[1].decode("ascii").lower()] = found[2].decode("latin-1").strip(" \t")
    size = told.get("content-length", "")
    if len(told) != len(lines) or _SIZE.fullmatch(size) is None or "transfer-encoding" in told or "connection" in told:
        return None
    return int(first[9:12]), told, int(size)


class Spoken:
    """A kept connection. Belongs to one thread at a time, but anybody may close it."""

    def __init__(self, line: socket.socket, host: str, most: int) -> None:
        """`host` is what the requests call the other side, `most` the largest body that is taken, in bytes."""
        self._line, self._host, self._most = line, host, most
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
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], read_s: float,
        meanwhile: Callable[[], None] | None = None,
    ) -> tuple[int, dict[str, str], bytes, bool]:  # fmt: skip
        """Return status, headers (names in small letters), body, and whether that broke off; raises OSError, TooMuch.

        `read_s` is how long the next bytes may take to come; `meanwhile` is done before they are waited for.
        """
        self._busy = True
        try:
            self._line.settimeout(read_s)
            self._say(method, target, body, headers)
            if meanwhile is not None:
                meanwhile()
            came = self._head()
            head, end, rest = came.partition(b"\r\n\r\n")
            plain = _plain_head(head) if end and method != "HEAD" else None
            if plain is None:
                return self._any(method, came)
            status, told, size = plain
            content, whole = self._sized(rest, size)
            self.kept = self.kept and whole
            return status, told, content, not whole
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
        told = [f"{method} {target} HTTP/1.1", f"Host: {self._host}", *(f"{name}: {headers[name]}" for name in headers)]
        if body or method in _BODIED:
            told.append(f"Content-Length: {len(body)}")
        if any(map(_ILL.search, told)):
            raise ValueError("a line of the header would be two")
        head = "\r\n".join([*told, "", ""]).encode("latin-1")
        # Whoever takes no body of this size says so and closes before all of it came: what he says is worth reading.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._line.sendall(head + body)

    def _head(self) -> bytes:
        """Return bytes with the whole head of an answer, or all that came of one that does not end soon."""
        came = self._line.recv(_PIECE)
        while came and b"\r\n\r\n" not in came and len(came) < _MOST_HEAD:
            more = self._line.recv(_PIECE)
            if not more:
                break
            came += more
        return came

    def _sized(self, content: bytes, size: int) -> tuple[bytes, bool]:
        """Return a body of a known size that has begun to come, and whether it is whole."""
        if size > self._most:
            raise TooMuch
        if len(content) > size:  # what follows nobody asked for
            self.kept = False
            return content[:size], True
        parts, missing = [content], size - len(content)
        with suppress(OSError):
            while missing and (piece := self._line.recv(min(missing, _PIECE))):
                parts.append(piece)
                missing -= len(piece)
        return (b"".join(parts) if len(parts) > 1 else content), not missing

    def _any(self, method: str, came: bytes) -> tuple[int, dict[str, str], bytes, bool]:
        """Let the library read an answer that has begun to come."""
        reply = http.client.HTTPResponse(_Begun(came, self._line), method=method)  # type: ignore[arg-type]
        with reply:
            reply.begin()
            content, whole = self._body(reply)
            told = {name.lower(): value for name, value in reply.getheaders()}
        if reply.status < 200:
            raise Garbled("another protocol")
        self.kept = self.kept and whole and not reply.will_close
        return reply.status, told, content, not whole

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
