"""The spooler: takes queued papers from the store to the printers, one worker a printer.

A paper is committed as "being sent" before its first byte leaves. What failed before
that byte is tried again by itself, slower each time; what is in doubt is never sent
again without the printer's own count or a person. Nothing here may stop the counter:
every trouble ends as the state of a job, in words.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from deskapp.commands import printing
from deskapp.errors import DeskError
from deskapp.models.store import Changes, ReadSession, Store
from deskapp.print import printers, windows
from deskapp.print.page_lane import Outcomes, PageLane, is_sheet, on_one_sheet
from deskapp.print.page_watch import PageWatch
from deskapp.print.printers import NotSent, Printer, RawPrinter
from deskapp.print.raw_lane import HOLDS, Lane, Step
from deskapp.print.raw_printer import open_raw
from deskapp.print.routes import Routes, is_raw
from deskapp.queries.printing import JobCard, doubtful_jobs, open_windows, waiting_jobs
from deskapp.rules.printer_profiles import Profile

if TYPE_CHECKING:
    from deskapp.print import render

log = logging.getLogger(__name__)

_SHEET_MOST = 100  # labels that are drawn as one PDF of A4 sheets
RETRY_AFTER_S = (5.0, 20.0, 60.0, 300.0)  # then every five minutes


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
    """The thread of one printer and the jobs in front of it; None ends the thread."""

    printer: str
    waiting: queue.SimpleQueue[JobCard | None] = field(default_factory=queue.SimpleQueue)
    ahead: list[JobCard] = field(default_factory=list)
    thread: threading.Thread | None = None
    lane: Lane | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the store said after `commits` acts: which way papers go, those that wait, and what printers still hold."""

    commits: int
    routes: Routes
    jobs: list[JobCard]
    held: list[list[JobCard]]


class Spooler:
    """Prints what is queued until it is stopped. `tell` is called from its threads."""

    def __init__(
        self,
        store: Store,
        *,
        tell: Callable[[Spooled], None] = lambda spooled: None,
        open_printer: Callable[[str], Printer] = printers.open_printer,
        open_raw: Callable[[Profile], RawPrinter] = open_raw,
        tick: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._tell = tell
        self._open_raw = open_raw
        self._tick = tick
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._watch = PageWatch(store, open_printer, self._kept_told, tick)
        self._pages = PageLane(store, open_printer, self._page_told, tick, pause, self._stopping.is_set, self._watch)
        self._thread: threading.Thread | None = None
        self._workers: dict[str, _Worker] = {}
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._not_before: dict[str, float] = {}
        self._behind: dict[str, float] = {}
        self._tries: dict[str, int] = {}
        self._given_up: set[str] = set()
        self._last: _Seen | None = None

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Ask about papers a crash left half sent, then print in the background."""
        self._thread = threading.Thread(target=self._dispatch, name="spooler", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look at the queue now; call after a commit that touched print jobs. Quick, from any thread."""
        self._woken.set()

    def heard(self, changes: Changes) -> None:
        """Hear of a commit from the thread that made it: papers need not wait until the window has shown it."""
        if changes.touches("print_job", "printer_profile", "printer_choice"):
            self._woken.set()

    def hurry(self) -> None:
        """Try now what waits for a later moment: somebody has just put paper in."""
        self._not_before.clear()
        self._behind.clear()
        self._tries.clear()
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

    def drain(self, only: Collection[str] = ()) -> int:
        """Print everything that waits, in this thread, once each; returns how many papers came out.

        `only` names the jobs, if not all. For the command line and the tour, where nobody needs the window meanwhile.
        """
        done = 0
        seen = self._seen()
        routes, jobs = seen.routes, seen.jobs
        going: dict[tuple[str, str], list[JobCard]] = {}
        sheet: list[JobCard] = []
        on = ""
        for job in jobs:
            address = routes.address(job)
            if job.id in self._given_up or routes.paused(address) or (only and job.id not in only):
                continue
            if is_raw(address):
                going.setdefault((address, job.medium), []).append(job)
                continue
            if sheet and not (address == on and len(sheet) < _SHEET_MOST and on_one_sheet(sheet[0], job)):
                done += self._print_pages(sheet, on, routes)
                sheet = []
            if is_sheet(job):
                sheet, on = [*sheet, job], address
            else:
                done += self._print_pages([job], address, routes)
        done += self._print_pages(sheet, on, routes)
        for (address, _), raw_jobs in going.items():
            lane = self._lane(address)
            for start in range(0, len(raw_jobs), windows.MOST):
                done += self._send(lane, raw_jobs[start : start + windows.MOST], self._seen())
            if trouble := lane.write_down():
                raise trouble
        return done

    def recover(self) -> list[str]:
        """Turn papers that a crash left half sent into questions; returns their jobs."""
        done = self._store.run(printing.doubt_interrupted())
        for job_id in done.result:
            self._tell(Spooled(job_id, "", "", "unknown", changes=done.changes))
        return done.result

    def settle_open(self) -> None:
        """Ask the printers themselves about papers in doubt or held, in this thread."""
        seen = self._seen()
        open_at = {job.printer for jobs in seen.held for job in jobs}
        for address in sorted(filter(None, open_at)):
            if is_raw(address):
                self._look_after(self._lane(address), self._seen())
            else:
                self._watch.look_after(address)

    def clear_printer(self, address: str) -> bool:
        """Make a printer forget what it holds, on a person's order, and cancel those papers; False if not told."""
        routes = self._seen().routes
        try:
            if not is_raw(address):
                return self._watch.take_back(address)
            told = self._open_raw(routes.profile(address)).cancel()
        except NotSent:
            told = False
        if told:
            held = [job.id for job in self._store.ask(doubtful_jobs) if job.printer == address]
            done = self._store.run(printing.forget_held(job_ids=held))
            self._tell(Spooled("", "", "", "cancelled", changes=done.changes))
        return told

    # ------------------------------------------------------------ the dispatcher

    def _dispatch(self) -> None:
        try:
            self.recover()
            for address in {job.printer for job in self._store.ask(doubtful_jobs) if job.printer}:
                self._worker(address)  # its first look settles what the printer or its queue can answer
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
        seen = self._seen()
        routes = seen.routes
        for job in seen.jobs:
            if job.id in self._given_up:
                continue
            due = self._not_before.get(job.id, 0.0) if job.state == "failed" else self._behind.get(job.id, 0.0)
            if due > now:
                nearest = min(nearest, due - now)
                continue
            address = routes.address(job)
            if routes.paused(address):
                continue
            with self._lock:
                if job.id in self._busy:
                    continue
                self._busy.add(job.id)
            self._worker(address).waiting.put(job)
        return nearest

    def _seen(self) -> _Seen:
        """Return what the store says now; asked again only when something was committed since."""
        last = self._last
        if last is None or last.commits != self._store.commits:
            # The number is read first: what is committed meanwhile is asked about again.
            last = self._last = self._store.ask(partial(self._question, self._store.commits))
        return last

    def _question(self, commits: int, session: ReadSession) -> _Seen:
        routes = Routes.load(session, self._store.home)
        jobs = [replace(job, medium=routes.medium(job)) for job in waiting_jobs(session)]
        return _Seen(commits, routes, jobs, open_windows(session, printing.DOUBTFUL))

    # ------------------------------------------------------------ the workers

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
        """Live as the thread of one printer."""
        jobs: list[JobCard] | None = []
        while jobs is not None and not self._stopping.is_set():
            try:
                self._go(worker, jobs)
            except DeskError as trouble:
                log.warning("a printer's worker: %s", trouble.code)
                for job in jobs:
                    self._not_before[job.id] = self._tick() + RETRY_AFTER_S[-1]
            finally:
                with self._lock:
                    self._busy.difference_update(job.id for job in jobs)
                self._woken.set()
            jobs = self._next(worker)

    def _next(self, worker: _Worker) -> list[JobCard] | None:
        """Return what to print next: one page paper, or a few raw ones of one medium.

        An empty list means to look at the printer, None the end.
        """
        raw = is_raw(worker.printer)
        taken: list[JobCard] = []
        while len(taken) < (windows.MOST if raw else _SHEET_MOST if taken and is_sheet(taken[0]) else 1):
            try:
                until = 0.0 if taken else self._until_look(worker)
                more = worker.ahead.pop(0) if worker.ahead else worker.waiting.get(timeout=until)
            except queue.Empty:
                return taken
            if more is None:
                return None
            if taken and not (more.medium == taken[0].medium if raw else on_one_sheet(taken[0], more)):
                worker.ahead.insert(0, more)
                return taken
            taken.append(more)
        return taken

    def _until_look(self, worker: _Worker) -> float | None:
        """Return seconds until the printer has to be looked at again, None while it holds nothing of ours."""
        due = worker.lane.due() if worker.lane is not None else self._watch.due(worker.printer)
        return None if due is None else max(0.0, due - self._tick())

    def _go(self, worker: _Worker, jobs: Sequence[JobCard]) -> None:
        """Print some papers, or look at the printer when there are none."""
        seen = self._seen()
        if not is_raw(worker.printer):
            self._print_pages(jobs, worker.printer, seen.routes) if jobs else self._watch.look_after(worker.printer)
            return
        worker.lane = worker.lane or self._lane(worker.printer)
        if jobs:
            self._send(worker.lane, jobs, seen)
        else:
            self._look_after(worker.lane, seen)

    # ------------------------------------------------------------ the lanes

    def _lane(self, address: str) -> Lane:
        return Lane(self._store, address, self._open_raw, self._raw_told, self._tick, self._stopping.is_set)

    def _print_pages(self, jobs: Sequence[JobCard], address: str, routes: Routes) -> int:
        """Print papers on pages, labels of one sheet together; returns how many came out."""
        if jobs and self._watch.look_after(address):
            # What the queue still has comes out first; what waits here can still be sent elsewhere.
            self._behind.update(dict.fromkeys([job.id for job in jobs], self._watch.due(address) or 0.0))
            return 0
        if len(jobs) > 1:
            done = self._pages.print_sheet(jobs, address, routes.second(address, jobs[0].kind))
            if not done:
                self._later(jobs)
            return done
        return sum(self._print(job, address, routes) == "printed" for job in jobs)

    def _print(self, job: JobCard, address: str, routes: Routes) -> str:
        state = self._pages.print(job, address, routes.second(address, job.kind))
        if state == "failed":
            self._later([job])
        return state

    def _send(self, lane: Lane, jobs: Sequence[JobCard], seen: _Seen) -> int:
        """Take a few papers through; what could not begin waits longer each time. Returns how many came out."""
        from deskapp.print.here import templates_of

        routes = seen.routes
        second = routes.second(lane.address, jobs[0].kind)
        chosen = templates_of(self._store.home, routes.values)
        done, why = lane.send(jobs, routes.profile(lane.address), chosen, second, held=lambda: self._seen().held)
        if why == HOLDS:
            due = lane.due() or self._tick() + RETRY_AFTER_S[0]
            self._behind.update(dict.fromkeys([job.id for job in jobs], due))
        elif why:
            self._later(jobs)
        return done

    def _look_after(self, lane: Lane, seen: _Seen) -> None:
        profile = seen.routes.profile(lane.address)
        try:
            if lane.write_down():
                return
            printer = self._open_raw(profile)
            with printer.reserve():
                lane.look_after(printer, profile, seen.held)
        except NotSent as trouble:
            log.info("a printer with open papers cannot be asked now: %s", trouble.code)
            lane.put_off()

    def _later(self, jobs: Sequence[JobCard]) -> None:
        """Try some jobs again after a while, longer each time."""
        for job in jobs:
            tries = self._tries[job.id] = self._tries.get(job.id, 0) + 1
            self._not_before[job.id] = self._tick() + RETRY_AFTER_S[min(tries, len(RETRY_AFTER_S)) - 1]

    def _raw_told(self, step: Step) -> None:
        if step.state == "broken":
            self._given_up.add(step.job.id)
        state = "failed" if step.state == "broken" else step.state
        warnings = step.made.warnings if step.made is not None and state == "printed" else ()
        self._tell(Spooled(step.job.id, step.job.kind, step.job.number, state, step.note, warnings, step.changes))

    def _kept_told(self, job: JobCard, state: str, note: str, changes: Changes | None) -> None:
        self._tell(Spooled(job.id, job.kind, job.number, state, note, changes=changes))

    def _page_told(self, step: Outcomes) -> None:
        if step.state == "broken":
            self._given_up.add(step.job.id)
        state = "failed" if step.state == "broken" else step.state
        self._tell(Spooled(step.job.id, step.job.kind, step.job.number, state, step.error, step.warnings, step.changes))
