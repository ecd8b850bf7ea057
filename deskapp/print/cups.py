"""Queues of the Unix printing system (CUPS), for page printers: by its own commands, read in plain English.

What it calls completed is handed over and no more (`tests/print/test_cups.py` shows why); what it still
holds, has dropped or cannot deliver is told apart here, so that none of it is ever called printed.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
from enum import IntEnum

from deskapp.errors import N_
from deskapp.print.printers import Condition, Found, InDoubt, NotSent, Outcome, Readiness, file_name

STOPPED = N_("The printer is stopped. Look for paper, cover and cable, then switch it on again.")
GONE = N_("This printer is not known to the system any more. Choose another one.")
NO_SYSTEM = N_("No printing system is installed on this computer. Papers go to the folder.")
SILENT = N_("The printing system does not answer.")
AWAY = N_("The printing system does not reach this printer. Is it switched on and connected?")
REFUSED = N_("The printing system did not take the paper.")
DOUBT = N_("The connection broke while the paper was being sent.")
READY = N_("Ready")

_QUEUE = re.compile(r"[A-Za-z0-9_.@][A-Za-z0-9_.@+-]*")
_TOLD = re.compile(r"request id is (\S+-\d+)")
_STUCK = ("job-hold", "job-stopped", "job-suspended", "job-completed-with-errors", "document-")
"""Alerts (IPP `job-state-reasons`, RFC 8011 5.3.8) of a job that goes no further by itself; an unprintable one
stays in its queue for ever."""
_DROPPED = ("job-canceled", "job-aborted", "aborted-by")
_UNREACHED = ("may not exist or is unavailable", "unable to locate", "not responding", "offline", "unable to connect")
"""Words of the programs that carry papers to a printer (`socket`, `lpd`, `ipp`, `usb`) while they try again."""


class CupsPrinter:
    """A queue of the Unix printing system, by `lp`; takes PDF and keeps its size."""

    def __init__(self, queue: str) -> None:
        if not _QUEUE.fullmatch(queue):
            raise ValueError(f"no queue can be called {queue!r}")
        self.queue = queue

    @property
    def address(self) -> str:
        """The address under which the printer is remembered."""
        return f"cups:{self.queue}"

    def condition(self) -> Condition:
        """Say how the queue is, and whether the system reaches the printer behind it."""
        if shutil.which("lpstat") is None:
            return Condition(Readiness.MISSING, NO_SYSTEM)
        told = _ask(["lpstat", "-l", "-p", self.queue])
        if told is None:
            return Condition(Readiness.SILENT, SILENT)
        if told.returncode != 0:
            return Condition(Readiness.MISSING, GONE)
        head, _line, rest = told.stdout.partition("\n")
        if " disabled " in f" {head} ":
            return Condition(Readiness.STOPPED, STOPPED)
        if " printing " in head and any(words in rest.partition("\n")[0].lower() for words in _UNREACHED):
            return Condition(Readiness.SILENT, AWAY)
        return Condition(Readiness.READY, READY)

    def send(self, data: bytes, mime: str, title: str, *, page_mm: tuple[float, float] | None = None) -> str:
        """Give a paper to the queue in its own size; the evidence names the system's job."""
        options = ["-o", "print-scaling=none"]
        if page_mm is not None:
            width, height = page_mm
            options += ["-o", f"media=Custom.{width:g}x{height:g}mm"]
        command = ["lp", "-d", self.queue, "-t", file_name(title), *options]
        try:
            done = subprocess.run(command, input=data, capture_output=True, timeout=60, env=_env(), check=False)
        except OSError as problem:
            raise NotSent(NO_SYSTEM, code="no_system") from problem
        except subprocess.TimeoutExpired as problem:
            raise InDoubt(DOUBT, code="doubt") from problem
        told = _TOLD.search(done.stdout.decode("utf-8", "replace"))
        if done.returncode != 0 or told is None:
            # lp makes the job only when it has all data, so nothing prints after a failure.
            raise NotSent(REFUSED, code="refused")
        return f"cups:{told.group(1)}"

    def outcome(self, evidence: str) -> Outcome:
        """Done when the system calls the job completed; held when it goes no further without a person."""
        job = evidence.removeprefix("cups:")
        told = _ask(["lpstat", "-l", "-W", "not-completed", "-o", self.queue])
        if told is None:
            return Outcome.WAITING
        alerts = _alerts(told.stdout, job)
        if alerts is None:
            return self._over(job)
        if any(alert.startswith(_STUCK) for alert in alerts) or self.condition().readiness is Readiness.STOPPED:
            return Outcome.HELD
        return Outcome.WAITING

    def take_back(self, evidence: str) -> bool:
        """Take a paper out of the queue; True when the system has let go of it before it was done."""
        told = _ask(["cancel", evidence.removeprefix("cups:")])
        return told is not None and told.returncode == 0 and self.outcome(evidence) is not Outcome.DONE

    def _over(self, job: str) -> Outcome:
        """Say how a job ended that is no longer in the queue; a system that keeps no history is believed."""
        state = _state(self.queue, job)
        if state is None:
            told = _ask(["lpstat", "-l", "-W", "completed", "-o", self.queue])
            alerts = _alerts(told.stdout, job) if told is not None else None
            dropped = any(alert.startswith(_DROPPED) for alert in alerts or ())
            return Outcome.DROPPED if dropped else Outcome.DONE
        return Outcome.DROPPED if state in (JobState.CANCELED, JobState.ABORTED) else Outcome.DONE


def _alerts(told: str, job: str) -> list[str] | None:
    """Return the alerts of a job in what `lpstat -l -o` says, None if the job is not there."""
    block = re.search(rf"^{re.escape(job)}\s.*\n((?:[ \t].*\n?)*)", told + "\n", re.MULTILINE)
    return block[1].partition("Alerts:")[2].partition("\n")[0].split() if block else None


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


def find() -> list[Found]:
    """Return the queues of this computer's printing system."""
    if shutil.which("lpstat") is None:
        return []
    told = _ask(["lpstat", "-e"])
    if told is None or told.returncode != 0:
        return []
    names = [line.strip() for line in told.stdout.splitlines() if _QUEUE.fullmatch(line.strip())]
    return [Found(f"cups:{name}", name, CupsPrinter(name).condition()) for name in names]


# ---------------------------------------------------------------- how a job ended


class JobState(IntEnum):
    """The ends of a job (IPP `job-state`, RFC 8011 5.3.7)."""

    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


class _Job(ctypes.Structure):
    """`cups_job_t` of the system's own library (cups/cups.h, the same since CUPS 1.1)."""

    _fields_ = (
        ("id", ctypes.c_int), ("dest", ctypes.c_char_p), ("title", ctypes.c_char_p), ("user", ctypes.c_char_p),
        ("format", ctypes.c_char_p), ("state", ctypes.c_int), ("size", ctypes.c_int), ("priority", ctypes.c_int),
        ("completed", ctypes.c_long), ("created", ctypes.c_long), ("begun", ctypes.c_long),
    )  # fmt: skip


def _state(queue: str, job: str) -> JobState | None:
    """Return how a job ended, None where the system's library cannot say.

    `lpstat` gives a job that was cancelled while it waited the same words as one that was printed.
    """
    try:
        library = ctypes.CDLL("libcups.so.2")
    except OSError:
        return None
    library.cupsSetServer(None)  # the library remembers the server of its first question for ever
    jobs = ctypes.POINTER(_Job)()
    count = library.cupsGetJobs(ctypes.byref(jobs), queue.encode(), 0, 1)
    if count <= 0:
        return None
    try:
        number = int(job.rpartition("-")[2])
        found = next((jobs[place].state for place in range(count) if jobs[place].id == number), 0)
    finally:
        library.cupsFreeJobs(count, jobs)
    return JobState(found) if found in set(JobState) else None
