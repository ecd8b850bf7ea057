"""Network printers at port 9100: our own sockets, so that we know what left and what did not.

The rules, each from trouble that was seen: three seconds to connect; time to write by size;
answers are read while we write, or both sides wait for ever; at the end our half is closed and
the printer's is read until it closes too; and what is given up is thrown away, so that a cable
plugged in again a minute later prints nothing behind the clerk's back.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import sys
import time

from deskapp.print.lines import SENTENCES, Limits, Line, PacedLine
from deskapp.print.printers import NotSent
from deskapp.rules.printer_profiles import tcp_parts

_IN_FLIGHT = 65_536
_LINGER = "hh" if sys.platform == "win32" else "ii"
_NO_LINGER = struct.pack(_LINGER, 0, 0)
_DROP = struct.pack(_LINGER, 1, 0)
_IDLE_S = 0.05


class Tcp:
    """A printer at a host and a port."""

    def __init__(self, address: str, limits: Limits | None = None) -> None:
        """ValueError when it is no such address."""
        self.host, self.port = tcp_parts(address)
        self._limits = limits or Limits()

    def open(self) -> Line:
        """Connect within three seconds. Raises NotSent."""
        try:
            wire = socket.create_connection((self.host, self.port), timeout=self._limits.connect)
        except ConnectionRefusedError as problem:
            raise NotSent(SENTENCES["refused"], code="refused") from problem
        except OSError as problem:  # unknown name, no way there, no answer in time
            raise NotSent(SENTENCES["gone"], code="gone") from problem
        return TcpLine(wire, self._limits)


class TcpLine(PacedLine):
    """One connection."""

    def __init__(self, wire: socket.socket, limits: Limits) -> None:
        super().__init__(limits)
        self._wire = wire
        wire.setblocking(False)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        # What the system has taken counts as sent, so it may not take much before the printer does.
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _IN_FLIGHT)

    def finish(self, within_s: float) -> bool | None:
        early = self._ended
        try:
            self._wire.shutdown(socket.SHUT_WR)
        except OSError:
            self._broken = True
        until = time.monotonic() + within_s
        while not self._ended and not self._broken and (wait := until - time.monotonic()) > 0:
            if self._readable(wait):
                self._take()
        # A printer that closes without having read everything answers what is still on its way with a
        # reset, so the end is believed only when nothing of ours is on its way any more.
        waiting = self._unsent(max(until, time.monotonic() + _IDLE_S))
        if self._broken or waiting or self._wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return False
        if early and waiting is None:
            return False  # closed before we had ended, and this system cannot say how far it had read
        return True if self._ended else None

    def close(self) -> None:
        with contextlib.suppress(OSError):
            if self._stuck or _outstanding(self._wire):
                self._wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DROP)
        self._wire.close()

    def _ready(self, *, write: bool, within_s: float) -> tuple[bool, bool]:
        """Wait for the wire; returns whether it can be read and written."""
        reading = [] if self._ended else [self._wire]
        try:
            found = select.select(reading, [self._wire] if write else [], [], within_s)
        except (OSError, ValueError):
            self._broken = True
            return False, False
        return bool(found[0]), bool(found[1])

    def _put(self, data: bytes) -> int:
        return self._wire.send(data)

    def _get(self) -> bytes | None:
        return self._wire.recv(4096) or None

    def _unsent(self, until: float) -> int | None:
        """Return how many bytes the other side has not confirmed, waiting for none; None where nobody knows."""
        count = _outstanding(self._wire)
        while count and not self._broken and time.monotonic() < until:
            # Nothing tells when the last byte is confirmed, so the wire is looked at again.
            select.select([], [], [self._wire], _IDLE_S)
            if self._wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._broken = True
            count = _outstanding(self._wire)
        return count


if sys.platform == "linux":
    import fcntl
    import termios

    def _outstanding(wire: socket.socket) -> int | None:
        """Return the bytes the other side has not confirmed (SIOCOUTQ of tcp(7))."""
        try:
            return int(struct.unpack("i", fcntl.ioctl(wire, termios.TIOCOUTQ, b"\0\0\0\0"))[0])
        except OSError:
            return None

else:

    def _outstanding(wire: socket.socket) -> int | None:
        """Return None: this system does not tell."""
        return None
