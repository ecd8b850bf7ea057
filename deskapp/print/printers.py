"""Printers as the program sees them: bytes and a title go in, evidence comes out.

An address names a printer: `pdf:FOLDER`, `cups:QUEUE`, and what others register (the
window registers `qt:NAME`; raw sockets follow the same port). A printer that is not
there is a condition in words, not an exception on the way to the window.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from deskapp.errors import N_, Unavailable

if TYPE_CHECKING:
    from deskapp.print.raw.status import Trouble
    from deskapp.rules.printer_profiles import Profile

PDF = "application/pdf"
_SENTENCES = {
    "ready": N_("Ready"),
    "folder": N_("The folder for papers cannot be written to."),
    "unknown_kind": N_("This kind of printer is not known on this computer."),
}


class NotSent(Unavailable):
    """No byte has left: the paper may be sent again by itself."""


class InDoubt(Unavailable):
    """Bytes have left and nothing came back: only a person or the printer knows."""


class Readiness(StrEnum):
    """Whether a printer can take a paper now."""

    READY = "ready"
    STOPPED = "stopped"
    MISSING = "missing"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Condition:
    """How a printer is; `sentence` is a message id for the clerk."""

    readiness: Readiness
    sentence: str


class Outcome(StrEnum):
    """What became of a paper that was handed over."""

    DONE = "done"
    WAITING = "waiting"  # on its way, tried again by itself
    HELD = "held"  # goes no further without a person
    DROPPED = "dropped"  # taken out of the queue, or given up


class Printer(Protocol):
    """The port: any device or folder that takes finished bytes."""

    @property
    def address(self) -> str:
        """The address under which the printer is remembered."""

    def condition(self) -> Condition:
        """Say how the printer is; never raises."""

    def send(self, data: bytes, mime: str, title: str, *, page_mm: tuple[float, float] | None = None) -> str:
        """Hand over one paper and return the evidence.

        Raises NotSent while no byte has left, InDoubt afterwards.
        """

    def outcome(self, evidence: str) -> Outcome:
        """Say what became of a paper by its evidence; never raises."""

    def take_back(self, evidence: str) -> bool:
        """Take back a paper that was handed over and is held; True when it will not come out any more."""


class Evidence(StrEnum):
    """What proves that a paper came out, weakest first."""

    NONE = "none"  # the bytes were taken, nothing came back
    CLOSED = "closed"  # the printer read everything and closed its end
    SPOOL = "spool"  # the system's spooler says so
    FILE = "file"  # the file is on the disk
    STATUS = "status"  # the printer answered that nothing waits in it any more
    ACK = "ack"  # the printer answered a request that stood behind the last paper
    COUNTER = "counter"  # the printer's own count of papers went up
    PERSON = "person"  # somebody looked


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the papers of one window, in the order in which they were handed over.

    `sent` papers left whole, `begun` is one more when the line broke inside a paper: of what was not
    begun no byte left. `whole`: all of them left and the line ended as it should, so a printer that never
    says anything is believed. `printed` is how many are PROVED on paper, counted from the front; None where
    nothing can prove it; `at_rest`: the printer's count stands still and is its last word, so what it does not show did
    not come out. `held` is what keeps the printer from going on: it has the papers and prints them
    later, so they are never sent again. `counter` is the printer's own count afterwards (None: it has none,
    or did not answer). `note` is a message id for the clerk.
    """

    sent: int
    printed: int | None
    evidence: Evidence
    held: Trouble | None = None
    note: str = ""
    counter: int | None = None
    whole: bool = False
    begun: int = 0
    at_rest: bool = False


class RawPrinter(Protocol):
    """The port of label and receipt printers: finished bytes of the printer's own language go in."""

    @property
    def address(self) -> str:
        """The address under which the printer is remembered."""

    @property
    def language(self) -> str:
        """`zpl`, `tspl` or `escpos`."""

    @property
    def profile(self) -> Profile:
        """What this computer knows about the printer."""

    def reserve(self) -> AbstractContextManager[None]:
        """Keep every other program of this user off the printer until the block ends, so that counts are ours.

        Raises NotSent when another one has it for too long. May be entered again by the same thread.
        """

    def greeted(self) -> AbstractContextManager[None]:
        """Connect and ask how the printer is while the block makes its papers; what the block then asks goes on there.

        Never raises: what cannot be reached is told by `send_window`. To be entered while it is reserved.
        """

    def condition(self) -> Condition:
        """Say how the printer is; never raises, bounded time. A silent printer is ready and gives no status."""

    def trouble(self) -> Trouble | None:
        """Return what keeps the printer from printing, None when nothing does or it does not say; never raises."""

    def counter(self) -> int | None:
        """Return the printer's own count of papers once it is idle (bounded); None where it has none."""

    def send_window(
        self,
        pieces: Sequence[bytes],
        title: str,
        *,
        counter_before: int | None = None,
        keep_on: Callable[[Trouble], bool] | None = None,
        regardless: bool = False,
    ) -> Delivery:
        """Hand over a few papers on one connection.

        Raises NotSent while no byte has left (`code` is the trouble's name when the printer itself says
        that it cannot print; `regardless` sends in spite of that); afterwards it always returns.
        `keep_on` is asked every few seconds while the printer takes no more bytes: True goes on waiting.
        """

    def look_again(self, pieces: int, *, counter_before: int | None = None) -> Delivery:
        """Ask what became of papers that left earlier and nobody answered for; sends no paper, never raises."""

    def cancel(self) -> bool:
        """Clear what the printer still holds, on a person's order only; False when it could not be told."""


@dataclass(frozen=True, slots=True)
class Found:
    """One printer that can be chosen."""

    address: str
    name: str
    condition: Condition


# ---------------------------------------------------------------- folder


class FolderPrinter:
    """Puts each paper into a folder as a PDF file; always there, the last resort."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def address(self) -> str:
        return f"pdf:{self.folder}"

    def condition(self) -> Condition:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return Condition(Readiness.MISSING, _SENTENCES["folder"])
        if not os.access(self.folder, os.W_OK):
            return Condition(Readiness.STOPPED, _SENTENCES["folder"])
        return Condition(Readiness.READY, _SENTENCES["ready"])

    def send(self, data: bytes, mime: str, title: str, *, page_mm: tuple[float, float] | None = None) -> str:
        """Write the file whole or not at all; the same paper again is the same file."""
        suffix = ".pdf" if mime == PDF else ".bin"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.folder)
        except OSError as problem:
            raise NotSent(_SENTENCES["folder"], code="folder") from problem
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            target = self._place(part, file_name(title), suffix, data)
        except OSError as problem:
            raise NotSent(_SENTENCES["folder"], code="folder") from problem
        finally:
            part.unlink(missing_ok=True)
        return f"file:{target.name}"

    def _place(self, part: Path, stem: str, suffix: str, data: bytes) -> Path:
        """Give the file its name without ever replacing another paper."""
        digest = hashlib.sha256(data).digest()
        number = 1
        while True:
            target = self.folder / (f"{stem}{suffix}" if number == 1 else f"{stem} ({number}){suffix}")
            try:
                # A hard link fails where a file is; a rename would replace it.
                os.link(part, target)
            except FileExistsError:
                if hashlib.sha256(target.read_bytes()).digest() == digest:
                    return target
                number += 1
            except OSError:  # file systems of USB disks know no links
                if target.exists():
                    number += 1
                    continue
                part.replace(target)
                return target
            else:
                return target

    def outcome(self, evidence: str) -> Outcome:
        return Outcome.DONE

    def take_back(self, evidence: str) -> bool:
        return False


def file_name(title: str) -> str:
    """Return a title as a file name that Windows takes too."""
    safe = re.sub(r'[<>:"/\\|?*\x00-\x1f]+', "-", title).strip(" .")
    return safe[:120] or "paper"


# ---------------------------------------------------------------- by address

Opener = Callable[[str], Printer]
Finder = Callable[[], list[Found]]
_OPENERS: dict[str, Opener] = {}
_FINDERS: list[Finder] = []


def register(scheme: str, opener: Opener, finder: Finder | None = None) -> None:
    """Add a kind of printer: how one is opened by the rest of its address, and how all are found."""
    _OPENERS[scheme] = opener
    if finder is not None and finder not in _FINDERS:
        _FINDERS.append(finder)


def open_printer(address: str) -> Printer:
    """Return the printer of an address. Raises NotSent for an address nobody on this computer knows."""
    scheme, _, rest = address.partition(":")
    opener = _OPENERS.get(scheme)
    if opener is None or not rest:
        raise NotSent(_SENTENCES["unknown_kind"], code="unknown_kind")
    try:
        return opener(rest)
    except ValueError as problem:
        raise NotSent(_SENTENCES["unknown_kind"], code="unknown_kind") from problem


def find_printers() -> list[Found]:
    """Return every printer that can be chosen now, asking the system; takes a moment, so not in the window's thread."""
    return [found for finder in _FINDERS for found in finder()]


def _queue(name: str) -> Printer:
    from deskapp.print.cups import CupsPrinter

    return CupsPrinter(name)


def _queues() -> list[Found]:
    from deskapp.print import cups

    return cups.find()


register("pdf", lambda folder: FolderPrinter(Path(folder)))
register("cups", _queue, _queues)
