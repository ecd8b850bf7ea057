"""A line to a printer: one open connection that takes bytes and may bring answers back.

`tcp` and `usb` fill the port. All waiting is bounded and on conditions, never a plain sleep.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from deskapp.errors import N_
from deskapp.print.printers import NotSent
from deskapp.rules.printer_profiles import Profile

log = logging.getLogger(__name__)

SENTENCES = {
    "gone": N_("The printer does not answer at its address. Look for power and cable."),
    "refused": N_("The printer takes no connection now. Another computer may be printing; it is tried again."),
    "no_device": N_("The printer is not plugged in or is switched off."),
    "not_allowed": N_("This user may not use the printer's connection. The administrator has to allow it."),
    "taken": N_("Another program is printing on this printer. It is tried again."),
    "doubt": N_("The connection broke while the paper was being sent."),
    "stuck": N_("The printer takes no more data. Look for paper, cover and lamps."),
    "ready": N_("Ready"),
    "silent": N_("Ready. This printer says nothing about itself."),
    "printing": N_("The printer is printing."),
    "slow": N_("The printer has the paper but has not said yet that it is printed."),
}
"""Message ids for the clerk."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long is waited for what, in seconds; the defaults are for real printers."""

    connect: float = 3.0
    answer: float = 1.0
    """For an answer of a printer that is known to answer; half of it for one that was never asked."""
    close: float = 2.0
    """After our end is closed, until the printer closes its own."""
    stall: float = 10.0
    bytes_per_second: int = 800
    """The slowest printer that is still printing: behind a serial line of 9,600 baud."""
    told_every: float = 2.0
    piece: float = 12.0
    """How long one paper may take to come out."""
    settle: float = 0.2
    """A printer is idle when it was busy and then said for this time that it is not."""
    sure: float = 1.5
    """The same for one that was never seen busy: it may not have looked at what came."""
    drain: float = 30.0
    lock: float = 30.0

    def write(self, size: int) -> float:
        """Return how long so many bytes may take: by their number, never a fixed time."""
        return self.stall + size / self.bytes_per_second


class Broken(Exception):
    """The line broke or the printer took nothing for too long; `left` bytes of this write had gone out."""

    def __init__(self, left: int, *, stuck: bool = False) -> None:
        super().__init__(f"broken after {left} bytes")
        self.left = left
        self.stuck = stuck


class Pace:
    """The time one write has: by its size, started anew for whoever wants to go on waiting."""

    def __init__(self, limits: Limits, size: int, keep_on: Callable[[], bool] | None) -> None:
        self._every = limits.told_every
        self._keep_on = keep_on
        self._told = time.monotonic()
        self._until = self._told + limits.write(size)

    def wait(self) -> float:
        """Return how long to wait for the printer before looking at the clock again."""
        return max(0.0, min(self._until, self._told + self._every) - time.monotonic())

    def moved(self) -> None:
        """Note that the printer took something."""
        self._told = time.monotonic()

    def over(self) -> bool:
        """Say whether to give up; call it when the printer took nothing during `wait`."""
        now = time.monotonic()
        if now >= self._told + self._every:
            self._told = now
            if self._keep_on is not None:
                if not self._keep_on():
                    return True
                self._until = max(self._until, now + 2 * self._every)
        return now >= self._until


class Line(Protocol):
    """One open connection. Not for two threads at once."""

    def write(self, data: bytes, keep_on: Callable[[], bool] | None = None) -> None:
        """Hand over bytes within the time their number allows. Raises Broken.

        `keep_on` is asked every few seconds while nothing is taken; True lifts the limit.
        """

    def read(self, within_s: float) -> bytes | None:
        """Return what has come, waiting up to `within_s` for the first byte: b"" in silence, None at the end."""

    def finish(self, within_s: float) -> bool | None:
        """Close our end and wait up to `within_s` for the printer to close its own.

        True: it did, having read everything. None: it cannot tell or keeps open, but nothing is left here.
        False: bytes are still on this side, or the line broke.
        """

    def close(self) -> None:
        """Let go. What has not left yet is thrown away, so that nothing prints after it was given up."""


class PacedLine:
    """A line over a handle that never blocks: bytes go out at the printer's pace, and what it says meanwhile is kept.

    Answers are read while we write, or both sides would wait for ever.
    """

    piece = 16_384
    """The most bytes that are handed over at once."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._heard = bytearray()
        self._ended = False
        """The printer closed its end."""
        self._broken = False
        self._stuck = False

    def write(self, data: bytes, keep_on: Callable[[], bool] | None = None) -> None:
        """See `Line.write`."""
        pace, left = Pace(self._limits, len(data), keep_on), 0
        while left < len(data):
            if self._broken or self._ended:
                raise Broken(left)
            readable, writable = self._ready(write=True, within_s=pace.wait())
            if readable:
                self._take()
            if writable:
                try:
                    left += self._put(data[left : left + self.piece])
                    pace.moved()
                except (BlockingIOError, InterruptedError):
                    continue
                except OSError as problem:
                    self._broken = True
                    raise Broken(left) from problem
            elif not readable and pace.over():
                self._stuck = True
                raise Broken(left, stuck=True)

    def read(self, within_s: float) -> bytes | None:
        """See `Line.read`."""
        if not self._heard and not self._ended and not self._broken and self._readable(within_s):
            self._take()
        if self._heard:
            heard = bytes(self._heard)
            self._heard.clear()
            return heard
        return None if self._ended or self._broken else b""

    def _readable(self, within_s: float) -> bool:
        return self._ready(write=False, within_s=within_s)[0]

    def _take(self) -> None:
        """Keep what has come."""
        try:
            came = self._get()
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._broken = True
            return
        if came is None:
            self._ended = True
        else:
            self._heard += came

    def _ready(self, *, write: bool, within_s: float) -> tuple[bool, bool]:
        """Wait for the handle; returns whether it can be read and written."""
        raise NotImplementedError

    def _put(self, data: bytes) -> int:
        """Hand over bytes and return how many were taken. Raises OSError."""
        raise NotImplementedError

    def _get(self) -> bytes | None:
        """Return what has come; None at the end. Raises OSError."""
        raise NotImplementedError


class Transport(Protocol):
    """How a line is opened."""

    def open(self) -> Line:
        """Connect. Raises NotSent."""


# ---------------------------------------------------------------- one at a time


class _Gate:
    """One program and one thread at a printer; the same thread may pass again."""

    def __init__(self, path: Path | None) -> None:
        self.thread = threading.RLock()
        self.file = FileLock(str(path), thread_local=False) if path is not None else None


_gates: dict[str, _Gate] = {}
_gates_lock = threading.Lock()


def _gate(address: str) -> _Gate:
    with _gates_lock:
        gate = _gates.get(address)
        if gate is None:
            folder = gate_folder()
            name = hashlib.sha256(address.encode()).hexdigest()[:24]
            gate = _gates[address] = _Gate(folder / f"{name}.lock" if folder else None)
        return gate


def gate_folder() -> Path | None:
    """Return the folder of the lock files of this user; None when there can be none, and printing goes on without."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"deskapp-printers-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if hasattr(os, "getuid") and folder.stat().st_uid != user:
            return None
    except OSError:
        log.warning("printers cannot be kept for one program at a time")
        return None
    return folder


@contextlib.contextmanager
def alone(address: str, within_s: float) -> Iterator[None]:
    """Keep other threads and other programs of this user off a printer. Raises NotSent when one keeps it for longer."""
    gate = _gate(address)
    if not gate.thread.acquire(timeout=within_s):
        raise NotSent(SENTENCES["taken"], code="taken")
    try:
        if gate.file is not None:
            try:
                gate.file.acquire(timeout=within_s, poll_interval=0.02)
            except Timeout:
                raise NotSent(SENTENCES["taken"], code="taken") from None
        try:
            yield
        finally:
            if gate.file is not None:
                gate.file.release()
    finally:
        gate.thread.release()


class OwnLanguagePrinter:
    """What every printer that is given its own language is: one of a profile, for one program at a time."""

    def __init__(self, profile: Profile, limits: Limits | None) -> None:
        self._profile = profile
        self._limits = limits or Limits()

    @property
    def address(self) -> str:
        return self._profile.address

    @property
    def language(self) -> str:
        return self._profile.language

    @property
    def profile(self) -> Profile:
        return self._profile

    def reserve(self) -> AbstractContextManager[None]:
        """Keep others off the printer; see `print.printers.RawPrinter`."""
        return alone(self.address, self._limits.lock)

    def greeted(self) -> AbstractContextManager[None]:
        """Nothing to be said before a paper; see `print.printers.RawPrinter`."""
        return contextlib.nullcontext()
