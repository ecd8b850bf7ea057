"""Printers as the program sees them: bytes and a title go in, evidence comes out.

An address names a printer: `pdf:FOLDER`, `cups:QUEUE`, and what others register (the
window registers `qt:NAME`; raw sockets follow the same port). A printer that is not
there is a condition in words, not an exception on the way to the window.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from deskapp.errors import N_, Unavailable

PDF = "application/pdf"
_SENTENCES = {
    "ready": N_("Ready"),
    "stopped": N_("The printer is stopped. Look for paper, cover and cable, then switch it on again."),
    "gone": N_("This printer is not known to the system any more. Choose another one."),
    "no_system": N_("No printing system is installed on this computer. Papers go to the folder."),
    "silent": N_("The printing system does not answer."),
    "folder": N_("The folder for papers cannot be written to."),
    "refused": N_("The printing system did not take the paper."),
    "doubt": N_("The connection broke while the paper was being sent."),
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
    WAITING = "waiting"
    HELD = "held"


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
            target = self._place(part, _file_name(title), suffix, data)
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


def _file_name(title: str) -> str:
    """Return a title as a file name that Windows takes too."""
    safe = re.sub(r'[<>:"/\\|?*\x00-\x1f]+', "-", title).strip(" .")
    return safe[:120] or "paper"


# ---------------------------------------------------------------- CUPS

_QUEUE = re.compile(r"[A-Za-z0-9_.@][A-Za-z0-9_.@+-]*")
_TOLD = re.compile(r"request id is (\S+-\d+)")


class CupsPrinter:
    """A queue of the Unix printing system, by `lp`; takes PDF and keeps its size."""

    def __init__(self, queue: str) -> None:
        if not _QUEUE.fullmatch(queue):
            raise ValueError(f"no queue can be called {queue!r}")
        self.queue = queue

    @property
    def address(self) -> str:
        return f"cups:{self.queue}"

    def condition(self) -> Condition:
        if shutil.which("lpstat") is None:
            return Condition(Readiness.MISSING, _SENTENCES["no_system"])
        told = _ask(["lpstat", "-p", self.queue])
        if told is None:
            return Condition(Readiness.SILENT, _SENTENCES["silent"])
        if told.returncode != 0:
            return Condition(Readiness.MISSING, _SENTENCES["gone"])
        if "disabled" in told.stdout:
            return Condition(Readiness.STOPPED, _SENTENCES["stopped"])
        return Condition(Readiness.READY, _SENTENCES["ready"])

    def send(self, data: bytes, mime: str, title: str, *, page_mm: tuple[float, float] | None = None) -> str:
        options = ["-o", "print-scaling=none"]
        if page_mm is not None:
            width, height = page_mm
            options += ["-o", f"media=Custom.{width:g}x{height:g}mm"]
        command = ["lp", "-d", self.queue, "-t", _file_name(title), *options]
        try:
            done = subprocess.run(command, input=data, capture_output=True, timeout=60, env=_env(), check=False)
        except OSError as problem:
            raise NotSent(_SENTENCES["no_system"], code="no_system") from problem
        except subprocess.TimeoutExpired as problem:
            raise InDoubt(_SENTENCES["doubt"], code="doubt") from problem
        told = _TOLD.search(done.stdout.decode("utf-8", "replace"))
        if done.returncode != 0 or told is None:
            # lp makes the job only when it has all data, so nothing prints after a failure.
            raise NotSent(_SENTENCES["refused"], code="refused")
        return f"cups:{told.group(1)}"

    def outcome(self, evidence: str) -> Outcome:
        """Done when the job has left the queue; held when it waits in a stopped printer."""
        job = evidence.removeprefix("cups:")
        told = _ask(["lpstat", "-W", "not-completed", "-o", self.queue])
        if told is None:
            return Outcome.WAITING
        waiting = any(line.split()[:1] == [job] for line in told.stdout.splitlines())
        if not waiting:
            return Outcome.DONE
        return Outcome.HELD if self.condition().readiness is Readiness.STOPPED else Outcome.WAITING


def _env() -> dict[str, str]:
    """Ask in plain English: the words of `lp` and `lpstat` are read."""
    return {**os.environ, "LC_ALL": "C", "LANG": "C"}


def _ask(command: list[str]) -> subprocess.CompletedProcess[str] | None:
    """Run a question to the printing system; None when it does not answer."""
    try:
        return subprocess.run(
            command, capture_output=True, timeout=5, env=_env(), check=False, encoding="utf-8", errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _cups_found() -> list[Found]:
    if shutil.which("lpstat") is None:
        return []
    told = _ask(["lpstat", "-e"])
    if told is None or told.returncode != 0:
        return []
    names = [line.strip() for line in told.stdout.splitlines() if _QUEUE.fullmatch(line.strip())]
    return [Found(f"cups:{name}", name, CupsPrinter(name).condition()) for name in names]


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


register("pdf", lambda folder: FolderPrinter(Path(folder)))
register("cups", CupsPrinter, _cups_found)
