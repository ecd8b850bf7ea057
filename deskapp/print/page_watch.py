"""Papers that a printing system has and does not print: looked at until they are out, dropped, or taken back.

A printer that is switched off tells its system nothing, and the system goes on trying for days. So a
paper that has not left its queue is held, in words, and becomes printed by that system's word alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from deskapp.commands import printing
from deskapp.errors import N_
from deskapp.models.store import Changes, Store
from deskapp.print.printers import NotSent, Outcome, Printer, Readiness
from deskapp.queries.printing import JobCard, doubtful_jobs

STUCK = N_("The printing system has this paper and cannot print it. Take it back, then print it on something else.")
SLOW = N_("The printer has not finished this paper. Is it switched on and connected, is there paper in it?")
DROPPED = N_("The printing system dropped this paper. Did it come out?")
_LOOK_AGAIN_S = (2.0, 5.0, 10.0, 15.0)


def words(printer: Printer, outcome: Outcome) -> str:
    """Return what to tell about a paper that a printer keeps, as a message id."""
    condition = printer.condition()
    if condition.readiness is not Readiness.READY:
        return condition.sentence
    return STUCK if outcome is Outcome.HELD else SLOW


@dataclass(slots=True)
class PageWatch:
    """What the page printers of this computer keep; asked by each printer's own thread."""

    store: Store
    open_printer: Callable[[str], Printer]
    tell: Callable[[JobCard, str, str, Changes | None], None]
    tick: Callable[[], float]
    _due: dict[str, tuple[float, int]] = field(default_factory=dict)

    def begin(self, address: str) -> None:
        """Look at a printer soon: it has just been found to keep a paper."""
        self._due[address] = (self.tick() + _LOOK_AGAIN_S[0], 0)

    def due(self, address: str) -> float | None:
        """Return when to look again (as `tick` counts); None when the printer keeps nothing."""
        found = self._due.get(address)
        return found[0] if found else None

    def look_after(self, address: str) -> bool:
        """Settle what a printer keeps, as far as its system can say; True while papers behind would wait too.

        A paper that cannot be printed at all stands in nobody's way.
        """
        kept = [job for job in self.store.ask(doubtful_jobs) if job.printer == address and _asked_by(job)]
        if not kept:
            self._due.pop(address, None)
            return False
        try:
            printer = self.open_printer(address)
        except NotSent:
            self._next_look(address, bool(kept))
            return bool(kept)
        blocked = False
        for evidence in dict.fromkeys(job.evidence for job in kept):
            alike = [job for job in kept if job.evidence == evidence]
            blocked = self._settled(printer, evidence, alike) or blocked
        self._next_look(address, any(self._still_held(kept)))
        return blocked

    def take_back(self, address: str) -> bool:
        """Take back, on a person's order, what a printer keeps, and cancel it; False if something stays with it."""
        printer, stays, gone = self.open_printer(address), False, []
        kept = [job for job in self.store.ask(doubtful_jobs) if job.printer == address and _asked_by(job)]
        for evidence in dict.fromkeys(job.evidence for job in kept):
            if printer.take_back(evidence):
                gone += [job for job in kept if job.evidence == evidence]
            else:
                stays = True
        done = self.store.run(printing.forget_held(job_ids=[job.id for job in gone]))
        for job in gone:
            self.tell(job, "cancelled", "", done.changes)
        return not stays

    def withdraw(self, job: JobCard) -> None:
        """Before a paper is sent again on a person's word: let no queue keep the one from before."""
        queue, _dash, _number = job.evidence.rpartition("-")
        if _asked_by(job):
            self.open_printer(queue).take_back(job.evidence)

    def _settled(self, printer: Printer, evidence: str, jobs: list[JobCard]) -> bool:
        """Ask about one paper; True while it keeps those behind it from coming out."""
        outcome = printer.outcome(evidence)
        if outcome in (Outcome.DONE, Outcome.DROPPED):
            state, note = ("printed", "") if outcome is Outcome.DONE else ("unknown", DROPPED)
            results = [printing.Settled(job.id, state, evidence, note) for job in jobs]
            done = self.store.run(printing.settle(results=results))
            for job in jobs:
                self.tell(job, state, note, done.changes)
            return False
        note = words(printer, outcome)
        for job in jobs:
            if job.error != note and note != SLOW:  # a system that tries again says now this, now nothing
                held = self.store.run(printing.mark_held(job_id=job.id, error=note, evidence=evidence))
                self.tell(job, "held", note, held.changes)
        return outcome is Outcome.WAITING or printer.condition().readiness is not Readiness.READY

    def _still_held(self, kept: Iterable[JobCard]) -> Iterable[str]:
        ids = {job.id for job in kept}
        return (job.id for job in self.store.ask(doubtful_jobs) if job.id in ids and job.state == "held")

    def _next_look(self, address: str, again: bool) -> None:
        if not again:
            self._due.pop(address, None)
            return
        looks = self._due.get(address, (0.0, 0))[1] + 1
        self._due[address] = (self.tick() + _LOOK_AGAIN_S[min(looks, len(_LOOK_AGAIN_S) - 1)], looks)


def _asked_by(job: JobCard) -> bool:
    """Whether a queue can be asked about a paper: its evidence names the queue and the system's job."""
    return job.state in ("held", "queued", "failed") and job.evidence.startswith("cups:")
