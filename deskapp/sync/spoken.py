"""HTTP/1.1 on one kept connection: a request in one breath, an answer read to its end (RFC 9112).

What carries the bytes, TLS and all, is made elsewhere (`transport`). A library's way from a request to a reply takes
ten times as long as what is said here, and a desk that finds nothing new says it every five minutes, a busy one after
every act.
"""

from __future__ import annotations

import re
import select
import socket
import weakref
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

MOST_HEAD: Final = 64 * 1024
"""Bytes of the head of an answer, and of the end of a chunked one."""

ONE_BREATH: Final = 64 * 1024
"""Bodies up to so many bytes go out together with their head: one segment less on the way."""

_READ: Final = 64 * 1024
_STATUS: Final = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\r\n]*)?")
_EMPTY: Final = (204, 304)
_BODIED: Final = ("POST", "PUT", "PATCH")


class Garbled(OSError):
    """What came back is not HTTP, or it broke off where nothing can be made of it."""


class TooMuch(Exception):
    """The answer is larger than what is taken."""


class Spoken:
    """A kept connection. Belongs to one thread at a time, but anybody may close it."""

    def __init__(self, line: socket.socket, host: str, most: int) -> None:
        """`host` is what the requests call the other side, `most` the largest body that is taken, in bytes."""
        self._line, self._host, self._most = line, host, most
        self._held = bytearray()
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
            status, version, told = self._head()
            content, whole = self._body(method, status, told)
            last = "close" in told.get("connection", "").lower() or version == b"0"
            self.kept = self.kept and whole and not last and not self._held
            return status, told, content, not whole
        except BaseException:
            self.kept = False
            raise
        finally:
            self._busy = False
            if not self.kept:
                self._end()

    def _say(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> None:
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body or method in _BODIED:
            lines.append(f"Content-Length: {len(body)}")
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a line end in the head of a request")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        # Whoever takes no body of this size says so and closes before all of it came: what he says is worth reading.
        with suppress(BrokenPipeError, ConnectionResetError):
            if len(body) <= ONE_BREATH:
                self._line.sendall(head + body)
            else:
                self._line.sendall(head)
                self._line.sendall(body)

    # -- reading -----------------------------------------------------------------

    def _more(self) -> bool:
        """Take what comes next; False at the end of the connection."""
        some = self._line.recv(_READ)
        self._held += some
        return bool(some)

    def _upto(self, mark: bytes) -> bytes:
        """Return what comes before a mark, without it; raises Garbled."""
        start = 0
        while (end := self._held.find(mark, start)) < 0:
            start = max(0, len(self._held) - len(mark) + 1)
            if len(self._held) > MOST_HEAD or not self._more():
                raise Garbled("no end of the head")
        found = bytes(self._held[:end])
        del self._held[: end + len(mark)]
        return found

    def _head(self) -> tuple[int, bytes, dict[str, str]]:
        while True:
            first, *lines = self._upto(b"\r\n\r\n").split(b"\r\n")
            found = _STATUS.fullmatch(first)
            if found is None:
                raise Garbled("no status line")
            status = int(found[2])
            if status >= 200:
                return status, found[1], _headers(lines)
            if status == 101:
                raise Garbled("another protocol")

    def _body(self, method: str, status: int, told: Mapping[str, str]) -> tuple[bytes, bool]:
        """Return the body, and whether it is whole."""
        if method == "HEAD" or status in _EMPTY:
            return b"", True
        size = told.get("content-length", "")
        if "transfer-encoding" in told:
            if told["transfer-encoding"].lower() != "chunked":
                raise Garbled("an unknown way of sending")
            return self._chunks()
        if size and not (size.isascii() and size.isdigit() and len(size) < 16):
            raise Garbled("no length")
        if size and int(size) > self._most:
            raise TooMuch
        return self._exactly(int(size)) if size else self._rest()

    def _exactly(self, size: int) -> tuple[bytes, bool]:
        whole = True
        while whole and len(self._held) < size:
            whole = self._more_or_cut()
        found = bytes(self._held[:size])
        del self._held[:size]
        return found, whole

    def _rest(self) -> tuple[bytes, bool]:
        self.kept = False  # its end is the connection's
        whole = more = True
        while more and len(self._held) <= self._most:
            try:
                more = self._more()
            except OSError:
                whole = more = False
        if len(self._held) > self._most:
            raise TooMuch
        return bytes(self._held), whole

    def _chunks(self) -> tuple[bytes, bool]:
        parts: list[bytes] = []
        total = 0
        try:
            while True:
                digits = self._upto(b"\r\n").partition(b";")[0].strip()
                if not digits or len(digits) > 8 or digits.strip(b"0123456789abcdefABCDEF"):
                    raise Garbled("no length of a chunk")
                size = int(digits, 16)
                total += size
                if total > self._most:
                    raise TooMuch
                if size == 0:
                    while self._upto(b"\r\n"):
                        pass  # trailers, of which nothing is wanted
                    return b"".join(parts), True
                some, whole = self._exactly(size)
                parts.append(some)
                if not whole or self._upto(b"\r\n"):
                    return b"".join(parts), False
        except OSError:
            return b"".join(parts), False

    def _more_or_cut(self) -> bool:
        try:
            return self._more()
        except OSError:
            return False


def _headers(lines: list[bytes]) -> dict[str, str]:
    """Return headers by their names in small letters; raises Garbled."""
    told: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not name or name != name.strip():
            raise Garbled("no header")
        name, value = name.lower(), value.strip()
        if name in told:
            if name == "content-length" and told[name] != value:
                raise Garbled("two lengths")
            value = value if name == "content-length" else f"{told[name]}, {value}"
        told[name] = value
    return told
