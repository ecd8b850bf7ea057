"""Printers of the Windows spooler, given their own language past the driver ("RAW"), by the system's own functions.

There is no way back: the spooler has a job id and flags, and it deletes jobs that are done, so a job
that is not there any more was handed to the printer. Importable everywhere; the system's library is
only looked for under Windows.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from deskapp.errors import N_
from deskapp.print.lines import SENTENCES, Limits, OwnLanguagePrinter
from deskapp.print.printers import Condition, Delivery, Evidence, Found, NotSent, Readiness
from deskapp.print.raw.status import Trouble, sentence
from deskapp.rules.printer_profiles import Profile

T = TypeVar("T")

# Flags of JOB_INFO_1.Status and PRINTER_INFO_2.Status, from winspool.h.
JOB_PAUSED, JOB_ERROR, JOB_DELETING, JOB_SPOOLING, JOB_PRINTING, JOB_OFFLINE, JOB_PAPEROUT, JOB_PRINTED = (
    0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80,
)  # fmt: skip
JOB_DELETED, JOB_BLOCKED, JOB_USER, JOB_COMPLETE = 0x100, 0x200, 0x400, 0x1000
PRINTER_PAUSED, PRINTER_ERROR, PRINTER_JAM, PRINTER_PAPER_OUT = 0x01, 0x02, 0x08, 0x10
PRINTER_PAPER_PROBLEM, PRINTER_OFFLINE, PRINTER_USER, PRINTER_DOOR = 0x40, 0x80, 0x100000, 0x400000
PRINTER_WORK_OFFLINE: Final = 0x400  # PRINTER_ATTRIBUTE_WORK_OFFLINE
_ENUM_LOCAL_AND_CONNECTIONS = 0x02 | 0x04
_JOB_CONTROL_DELETE = 5

_GONE = N_("This printer is not known to Windows any more. Choose another one.")
_NO_WINDOWS = N_("Printers of Windows can be used under Windows only.")
_POLL_S = 0.1

_OF_JOB = (
    (JOB_PAPEROUT, Trouble.PAPER_OUT), (JOB_OFFLINE, Trouble.OFFLINE), (JOB_USER, Trouble.FAULT),
    (JOB_ERROR | JOB_BLOCKED, Trouble.FAULT), (JOB_PAUSED, Trouble.PAUSED),
)  # fmt: skip
_OF_PRINTER = (
    (PRINTER_DOOR, Trouble.COVER_OPEN), (PRINTER_PAPER_OUT, Trouble.PAPER_OUT),
    (PRINTER_JAM | PRINTER_PAPER_PROBLEM, Trouble.JAM), (PRINTER_OFFLINE, Trouble.OFFLINE),
    (PRINTER_ERROR | PRINTER_USER, Trouble.FAULT), (PRINTER_PAUSED, Trouble.PAUSED),
)  # fmt: skip


def trouble_of_job(status: int) -> Trouble | None:
    """Read the flags of a spooled job; None when none of them keeps it from printing."""
    return next((trouble for flags, trouble in _OF_JOB if status & flags), None)


def trouble_of_printer(status: int, attributes: int = 0) -> Trouble | None:
    """Read the flags of a printer; many drivers never set any."""
    if attributes & PRINTER_WORK_OFFLINE:
        return Trouble.OFFLINE
    return next((trouble for flags, trouble in _OF_PRINTER if status & flags), None)


class Spool(Protocol):
    """The few functions of the spooler that are needed. All raise OSError."""

    def names(self) -> list[str]:
        """Return the names of all printers."""

    def open(self, name: str) -> int:
        """Return a handle."""

    def close(self, handle: int) -> None:
        """Give a handle back."""

    def state(self, handle: int) -> tuple[int, int]:
        """Return the printer's status flags and attributes."""

    def begin(self, handle: int, title: str) -> int:
        """Start a raw job and return its number."""

    def write(self, handle: int, data: bytes) -> int:
        """Hand over bytes and return how many were taken."""

    def end(self, handle: int) -> None:
        """Let the job print."""

    def job(self, handle: int, number: int) -> int | None:
        """Return the flags of a job; None when it is not there any more."""

    def delete(self, handle: int, number: int) -> bool:
        """Delete a job; False when it is not there any more."""


class SpoolPrinter(OwnLanguagePrinter):
    """A printer of the Windows spooler that is given its own language."""

    def __init__(
        self, name: str, profile: Profile, *, spool: Spool | None = None, limits: Limits | None = None
    ) -> None:
        super().__init__(profile, limits)
        self.name = name
        self._given = spool
        self._jobs: list[int] = []
        self._lock = threading.Lock()

    def condition(self) -> Condition:
        try:
            trouble = self._with_handle(lambda spool, handle: trouble_of_printer(*spool.state(handle)))
        except NotSent as problem:
            return Condition(Readiness.MISSING, problem.sentence)
        if trouble is not None:
            return Condition(Readiness.STOPPED, sentence(trouble))
        return Condition(Readiness.READY, SENTENCES["silent"])

    def trouble(self) -> Trouble | None:
        try:
            return self._with_handle(lambda spool, handle: trouble_of_printer(*spool.state(handle)))
        except NotSent:
            return Trouble.OFFLINE

    def counter(self) -> int | None:
        return None

    def send_window(
        self,
        pieces: Sequence[bytes],
        title: str,
        *,
        counter_before: int | None = None,
        keep_on: Callable[[Trouble], bool] | None = None,
        regardless: bool = False,
    ) -> Delivery:
        """Spool the papers as one job; see `print.printers.RawPrinter`."""
        with self.reserve():
            return self._with_handle(lambda spool, handle: self._send(spool, handle, pieces, title, keep_on))

    def _send(
        self,
        spool: Spool,
        handle: int,
        pieces: Sequence[bytes],
        title: str,
        keep_on: Callable[[Trouble], bool] | None,
    ) -> Delivery:
        number, left = 0, 0
        try:
            number = spool.begin(handle, title)
            data = b"".join(pieces)
            while left < len(data):
                taken = spool.write(handle, data[left:])
                if taken <= 0:
                    raise OSError("the spooler takes nothing")
                left += taken
        except OSError as problem:
            if number:
                _deleted(spool, handle, number)
            if not left:
                raise NotSent(SENTENCES["refused"], code="refused") from problem
            # The spooler may print a job before it has all of it: how far it came only a person can see.
            return Delivery(0, None, Evidence.NONE, None, SENTENCES["doubt"], begun=len(pieces))
        try:
            spool.end(handle)
        except OSError:
            return Delivery(len(pieces), None, Evidence.NONE, None, SENTENCES["doubt"], begun=len(pieces))
        with self._lock:
            self._jobs = [*self._jobs[-49:], number]
        return self._watch(spool, handle, number, len(pieces), keep_on)

    def _watch(
        self, spool: Spool, handle: int, number: int, pieces: int, keep_on: Callable[[Trouble], bool] | None
    ) -> Delivery:
        until = time.monotonic() + self._limits.piece * pieces
        waiting = threading.Event()
        while True:
            try:
                status = spool.job(handle, number)
            except OSError:
                return Delivery(pieces, None, Evidence.NONE, None, SENTENCES["doubt"], begun=pieces)
            if status is None or status & (JOB_PRINTED | JOB_COMPLETE):
                return Delivery(pieces, None, Evidence.SPOOL, whole=True, begun=pieces)
            if status & (JOB_DELETED | JOB_DELETING):
                return Delivery(pieces, None, Evidence.NONE, None, SENTENCES["doubt"], begun=pieces)
            trouble = trouble_of_job(status)
            late = time.monotonic() >= until
            if (trouble is not None or late) and not (keep_on and keep_on(trouble or Trouble.BUSY)):
                held = trouble or Trouble.OFFLINE
                return Delivery(pieces, None, Evidence.NONE, held, sentence(held), whole=True, begun=pieces)
            waiting.wait(_POLL_S)

    def look_again(self, pieces: int, *, counter_before: int | None = None) -> Delivery:
        """The job is gone from the spooler, or it still waits there; a job of an earlier run is known to nobody."""
        with self._lock:
            number = self._jobs[-1] if self._jobs else 0
        if not number:
            return Delivery(pieces, None, Evidence.NONE, whole=False, note=SENTENCES["doubt"], begun=pieces)
        try:
            return self._with_handle(lambda spool, handle: self._watch(spool, handle, number, pieces, None))
        except NotSent as problem:
            return Delivery(pieces, None, Evidence.NONE, Trouble.OFFLINE, problem.sentence, begun=pieces)

    def cancel(self) -> bool:
        with self._lock:
            jobs, self._jobs = self._jobs, []
        try:
            return self._with_handle(lambda spool, handle: _all_deleted(spool, handle, jobs))
        except NotSent:
            return False

    def _with_handle(self, act: Callable[[Spool, int], T]) -> T:
        """Do something with the printer's handle. Raises NotSent when there is no such printer."""
        spool = self._given if self._given is not None else system_spool()
        try:
            handle = spool.open(self.name)
        except OSError as problem:
            raise NotSent(_GONE, code="gone") from problem
        try:
            return act(spool, handle)
        except OSError as problem:
            raise NotSent(_GONE, code="gone") from problem
        finally:
            spool.close(handle)


def _deleted(spool: Spool, handle: int, number: int) -> bool:
    """Delete a job; True when nothing of it can print any more."""
    try:
        return spool.delete(handle, number)
    except OSError:
        return False


def _all_deleted(spool: Spool, handle: int, numbers: Sequence[int]) -> bool:
    """Delete jobs, every one even when one is gone already; True when all could be deleted."""
    done = [_deleted(spool, handle, number) for number in numbers]
    return all(done)


def spool_printers(spool: Spool | None = None) -> list[Found]:
    """Return the printers Windows knows; empty elsewhere."""
    if spool is None and sys.platform != "win32":
        return []
    try:
        asked = spool or system_spool()
        found = []
        for name in asked.names():
            printer = SpoolPrinter(name, Profile(f"spool:{name}"), spool=asked)
            found.append(Found(printer.address, name, printer.condition()))
        return found
    except (OSError, NotSent):
        return []


# ---------------------------------------------------------------- the system's library


class _DocInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_wchar_p), ("file", ctypes.c_wchar_p), ("kind", ctypes.c_wchar_p)]


@dataclass(slots=True)
class CtypesSpool:
    """The functions of winspool.drv; `library` has them by their names."""

    library: Any

    def names(self) -> list[str]:
        flags = _ENUM_LOCAL_AND_CONNECTIONS
        size, count = ctypes.c_uint32(), ctypes.c_uint32()
        self.library.EnumPrintersW(flags, None, 4, None, 0, ctypes.byref(size), ctypes.byref(count))
        if not size.value:
            return []
        buffer = ctypes.create_string_buffer(size.value)
        done = self.library.EnumPrintersW(flags, None, 4, buffer, size, ctypes.byref(size), ctypes.byref(count))
        _check(done)
        # PRINTER_INFO_4: two pointers to text and a number, as wide as a pointer with its padding.
        step = 3 * ctypes.sizeof(ctypes.c_void_p)
        return [_text(buffer, place * step) for place in range(count.value)]

    def open(self, name: str) -> int:
        handle = ctypes.c_void_p()
        _check(self.library.OpenPrinterW(name, ctypes.byref(handle), None))
        return handle.value or 0

    def close(self, handle: int) -> None:
        self.library.ClosePrinter(ctypes.c_void_p(handle))

    def state(self, handle: int) -> tuple[int, int]:
        size = ctypes.c_uint32()
        self.library.GetPrinterW(ctypes.c_void_p(handle), 2, None, 0, ctypes.byref(size))
        if not size.value:
            return 0, 0
        buffer = ctypes.create_string_buffer(size.value)
        _check(self.library.GetPrinterW(ctypes.c_void_p(handle), 2, buffer, size, ctypes.byref(size)))
        # PRINTER_INFO_2: thirteen pointers, then Attributes, Priority, DefaultPriority, StartTime, UntilTime, Status.
        start = 13 * ctypes.sizeof(ctypes.c_void_p)
        return _number(buffer, start + 20), _number(buffer, start)

    def begin(self, handle: int, title: str) -> int:
        about = _DocInfo(title, None, "RAW")
        return int(_check(self.library.StartDocPrinterW(ctypes.c_void_p(handle), 1, ctypes.byref(about))))

    def write(self, handle: int, data: bytes) -> int:
        taken = ctypes.c_uint32()
        _check(self.library.WritePrinter(ctypes.c_void_p(handle), data, len(data), ctypes.byref(taken)))
        return taken.value

    def end(self, handle: int) -> None:
        _check(self.library.EndDocPrinter(ctypes.c_void_p(handle)))

    def job(self, handle: int, number: int) -> int | None:
        size = ctypes.c_uint32()
        self.library.GetJobW(ctypes.c_void_p(handle), number, 1, None, 0, ctypes.byref(size))
        if not size.value:
            return None  # ERROR_INVALID_PARAMETER: no such job any more
        buffer = ctypes.create_string_buffer(size.value)
        done = self.library.GetJobW(ctypes.c_void_p(handle), number, 1, buffer, size, ctypes.byref(size))
        # JOB_INFO_1: the number, six pointers to text, then Status.
        return _number(buffer, 7 * ctypes.sizeof(ctypes.c_void_p)) if done else None

    def delete(self, handle: int, number: int) -> bool:
        return bool(self.library.SetJobW(ctypes.c_void_p(handle), number, 0, None, _JOB_CONTROL_DELETE))


def system_spool() -> Spool:
    """Return the spooler of this system. Raises NotSent where there is none."""
    if sys.platform == "win32":
        return CtypesSpool(ctypes.WinDLL("winspool.drv", use_last_error=True))
    raise NotSent(_NO_WINDOWS, code="no_windows")


def _check(done: Any) -> Any:
    """Pass a result on; zero is the failure of every function here. Raises OSError."""
    if not done:
        raise OSError(getattr(ctypes, "get_last_error", lambda: 0)(), "winspool")
    return done


def _number(buffer: ctypes.Array[ctypes.c_char], place: int) -> int:
    return ctypes.c_uint32.from_buffer(buffer, place).value


def _text(buffer: ctypes.Array[ctypes.c_char], place: int) -> str:
    return ctypes.c_wchar_p.from_buffer(buffer, place).value or ""
