"""The spooler: takes queued papers from the store to the printers, one worker a printer.

A paper is committed as "being sent" before its first byte leaves. What failed before
that byte is tried again by itself, slower each time; what is in doubt is never sent
again without a person. Nothing here may stop the counter: every trouble ends as the
state of a job, in words.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deskapp import settings
from deskapp.commands import printing
from deskapp.errors import N_, Corrupt, DeskError
from deskapp.models.store import Changes, Command, Done, ReadSession, Store
from deskapp.print import printers
from deskapp.print.media import Form, medium
from deskapp.print.printers import InDoubt, NotSent, Outcome, Printer
from deskapp.queries.printing import waiting_jobs
from deskapp.rules import papers

if TYPE_CHECKING:
    from deskapp.print import render

log = logging.getLogger(__name__)

RETRY_AFTER_S = (5.0, 20.0, 60.0, 300.0)  # then every five minutes
PATIENCE_S = 20.0  # how long a handed-over paper is watched before it counts as held
_POLL_S = 0.5
_BROKEN = N_("This paper could not be made. Please report it.")
_WAITS = N_("The printer has the paper and is not printing it. Look for paper, cover and cable.")


@dataclass(frozen=True, slots=True)
class Spooled:
    """One step of one paper, for whoever shows it: the job, its new state, and what a clerk should know."""

    job_id: str
    kind: str
    number: str
    state: str
    error: str = ""
    warnings: tuple[render.PaperWarning, ...] = ()
    changes: Changes | None = None


@dataclass(slots=True)
class _Worker:
    """The thread of one printer and the jobs in front of it."""

    printer: str
    waiting: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)
    thread: threading.Thread | None = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    id: str
    state: str
    medium: str
    printer: str
    attempts: int


class Spooler:
    """Prints what is queued until it is stopped. `tell` is called from its threads."""

    def __init__(
        self,
        store: Store,
        *,
        tell: Callable[[Spooled], None] = lambda spooled: None,
        open_printer: Callable[[str], Printer] = printers.open_printer,
        tick: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._tell = tell
        self._open = open_printer
        self._tick = tick
        self._pause = pause
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._workers: dict[str, _Worker] = {}
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._not_before: dict[str, float] = {}
        self._given_up: set[str] = set()

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Ask about papers a crash left half sent, then print in the background."""
        self._thread = threading.Thread(target=self._dispatch, name="spooler", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look at the queue now; call after a commit that touched print jobs. Quick, from any thread."""
        self._woken.set()

    def stop(self, patience_s: float = 5.0) -> None:
        """Let the papers under way finish, take no new ones; what waits stays queued."""
        self._stopping.set()
        self._woken.set()
        threads = [self._thread, *(worker.thread for worker in self._workers.values())]
        for worker in self._workers.values():
            worker.waiting.put(None)
        for thread in threads:
            if thread is not None:
                thread.join(patience_s)

    def drain(self) -> int:
        """Print everything that waits, in this thread, once each; returns how many papers came out.

        For the command line and the tour, where nobody needs the window meanwhile.
        """
        done = 0
        for job in self._store.ask(_waiting):
            if job.id not in self._given_up:
                done += self._print(job.id, self._address(job)) == "printed"
        return done

    def recover(self) -> list[str]:
        """Turn papers that a crash left half sent into questions; returns their jobs."""
        done = self._store.run(printing.doubt_interrupted())
        for job_id in done.result:
            self._tell(Spooled(job_id, "", "", "unknown", changes=done.changes))
        return done.result

    # ------------------------------------------------------------ the dispatcher

    def _dispatch(self) -> None:
        try:
            self.recover()
        except DeskError:
            log.warning("interrupted print jobs could not be looked after")
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                pause = self._hand_out()
            except DeskError as trouble:
                log.warning("the print queue could not be read: %s", trouble.code)
                pause = 5.0
            self._woken.wait(pause)

    def _hand_out(self) -> float:
        """Give each waiting job to the worker of its printer; returns seconds until the next is due."""
        now = self._tick()
        nearest = 60.0
        for job in self._store.ask(_waiting):
            if job.id in self._given_up:
                continue
            due = self._not_before.get(job.id, 0.0) if job.state == "failed" else 0.0
            if due > now:
                nearest = min(nearest, due - now)
                continue
            address = self._address(job)
            with self._lock:
                if job.id in self._busy:
                    continue
                self._busy.add(job.id)
            self._worker(address).waiting.put(job.id)
        return nearest

    def _address(self, job: _Waiting) -> str:
        """Return where a job goes: the printer chosen for it, else the one set for its medium, else the folder."""
        if job.state == "queued" and job.printer:
            return job.printer
        values = self._store.ask(settings.load)
        form = medium(job.medium).form if job.medium else Form.PAGE
        chosen = values[_SETTING_OF[form]]
        return chosen or f"pdf:{values[settings.PRINT_FOLDER] or self._store.home.papers}"

    def _worker(self, address: str) -> _Worker:
        worker = self._workers.get(address)
        if worker is None or worker.thread is None or not worker.thread.is_alive():
            worker = self._workers[address] = _Worker(address)
            worker.thread = threading.Thread(
                target=self._work, args=(worker,), name=f"printer {len(self._workers)}", daemon=True
            )
            worker.thread.start()
        return worker

    def _work(self, worker: _Worker) -> None:
        while (job_id := worker.waiting.get()) is not None:
            if self._stopping.is_set():
                return
            try:
                self._print(job_id, worker.printer)
            except DeskError as trouble:
                log.warning("print job %s: %s", job_id, trouble.code)
                self._not_before[job_id] = self._tick() + RETRY_AFTER_S[-1]
            finally:
                with self._lock:
                    self._busy.discard(job_id)
                self._woken.set()

    # ------------------------------------------------------------ one paper

    def _print(self, job_id: str, address: str) -> str:
        """Take one job through: claim, make, send, watch; returns the state it ends in."""
        claimed = self._store.run(printing.claim_job(job_id=job_id, printer=address))
        job = claimed.result
        if job is None:
            return ""
        self._say(job, "sending", claimed)
        try:
            made = self._make(job)
        except Exception as trouble:  # whatever is wrong with one paper must not stop the others
            # The same card would fail again: nobody gains from trying by itself.
            self._given_up.add(job.id)
            sentence = trouble.sentence if isinstance(trouble, Corrupt) else _BROKEN
            log.exception("print job %s could not be made", job.id)
            return self._end(job, "failed", printing.mark_failed(job_id=job.id, error=sentence), sentence)
        try:
            printer = self._open(address)
            evidence = printer.send(made.pdf, printers.PDF, _title(job), page_mm=(made.width_mm, made.height_mm))
        except NotSent as trouble:
            step = RETRY_AFTER_S[min(job.attempts, len(RETRY_AFTER_S)) - 1]
            self._not_before[job.id] = self._tick() + step
            act = printing.mark_failed(job_id=job.id, error=trouble.sentence)
            return self._end(job, "failed", act, trouble.sentence)
        except InDoubt as trouble:
            act = printing.mark_unknown(job_id=job.id, error=trouble.sentence)
            return self._end(job, "unknown", act, trouble.sentence)
        return self._watch(job, printer, evidence, made.warnings)

    def _make(self, job: printing.Claimed) -> render.Rendered:
        values = self._store.ask(settings.load)
        nudge = values[settings.LABEL_OFFSET_X] / 10, values[settings.LABEL_OFFSET_Y] / 10
        from deskapp.print import render  # some 15 MB that a desk needs only when it prints

        return render.render(
            job.kind,
            papers.from_json(job.card),
            medium=job.medium,
            language=job.language,
            copy_no=job.copy_no,
            job_id=job.id,
            printed_at_ms=job.created_at,
            superseded_by=job.superseded_by,
            nudge_mm=nudge,
        )

    def _watch(
        self, job: printing.Claimed, printer: Printer, evidence: str, warnings: tuple[render.PaperWarning, ...]
    ) -> str:
        """Wait a little for the paper to come out; a printer that sits on it is said to hold it."""
        until = self._tick() + PATIENCE_S
        outcome = printer.outcome(evidence)
        while outcome is Outcome.WAITING and self._tick() < until and not self._stopping.is_set():
            self._pause(_POLL_S)
            outcome = printer.outcome(evidence)
        if outcome is Outcome.HELD:
            return self._end(job, "held", printing.mark_held(job_id=job.id, error=_WAITS), _WAITS, warnings)
        # A job still moving after that time is a long one, not a lost one: the spooler has it.
        act = printing.mark_printed(job_id=job.id, evidence=evidence)
        return self._end(job, "printed", act, "", warnings)

    def _end(
        self,
        job: printing.Claimed,
        state: str,
        act: Command[None],
        error: str,
        warnings: tuple[render.PaperWarning, ...] = (),
    ) -> str:
        done = self._store.run(act)
        self._tell(Spooled(job.id, job.kind, job.number, state, error, warnings, done.changes))
        return state

    def _say(self, job: printing.Claimed, state: str, done: Done[printing.Claimed | None]) -> None:
        self._tell(Spooled(job.id, job.kind, job.number, state, changes=done.changes))


_SETTING_OF = {
    Form.LABEL: settings.LABEL_PRINTER,
    Form.ROLL: settings.SLIP_PRINTER,
    Form.PAGE: settings.PAGE_PRINTER,
    Form.SHEET: settings.PAGE_PRINTER,
}


def _waiting(session: ReadSession) -> list[_Waiting]:
    """Return the jobs that may be sent, oldest first."""
    return [
        _Waiting(job.id, job.state, job.medium, job.printer, job.attempts) for job in waiting_jobs(session)
    ]


def _title(job: printing.Claimed) -> str:
    """Return the name under which a paper shows in queues and folders: number, kind, copy."""
    copy = f" copy {job.copy_no}" if job.copy_no else ""
    return f"{job.number} {job.kind}{copy}"
