"""The way of papers through one raw printer: a few on one connection, each accounted for.

The order is the whole point. Papers are drawn, and the printer is asked meanwhile; then "being sent"
is committed, with the printer's own count; only then the first byte of a paper leaves. What is in
doubt afterwards is settled by that count when the printer is idle again, or by a person.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from deskapp.commands import printing
from deskapp.commands.printing import Settled
from deskapp.errors import N_, Corrupt, DeskError
from deskapp.models.store import Changes, Store
from deskapp.print import raw_pieces, windows
from deskapp.print.printers import Delivery, Evidence, NotSent, RawPrinter
from deskapp.print.raw.status import Trouble, sentence
from deskapp.print.raw_pieces import Made
from deskapp.queries.printing import JobCard
from deskapp.rules.printer_profiles import Profile

if TYPE_CHECKING:
    from deskapp.print.templates import Chosen

log = logging.getLogger(__name__)

Windows = Sequence[Sequence[JobCard]]
"""Jobs by the connection they left on."""

BROKEN = N_("This paper could not be made. Please report it.")
NO_LANGUAGE = N_("Say which language this printer speaks, on its page in the settings.")
HOLDS = N_("The printer still holds papers from before. They come out first.")
NOT_WRITTEN = N_("What became of the papers before could not be written down yet. They come first.")
_WRITE_AGAIN_S = 5.0
_LOOK_AGAIN_S = (1.0, 2.0, 4.0, 8.0, 15.0)


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to one job, for whoever tells the window."""

    job: JobCard
    state: str
    note: str = ""
    made: Made | None = None
    changes: Changes | None = None


@dataclass(slots=True)
class _Watch:
    """A window that a printer holds: how often it was looked at, and whether every look was answered."""

    looks: int = 0
    answered: bool = True
    due: float = 0.0
    away: str = ""
    """Why the printer could not be asked the last time, in words."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What became of some papers, until the store has it: a disk may be full just then."""

    jobs: Sequence[tuple[JobCard, Made | None]]
    results: Sequence[Settled]
    counter: int | None


@dataclass(slots=True)
class Lane:
    """One raw printer. Used by one thread at a time."""

    store: Store
    address: str
    open_printer: Callable[[Profile], RawPrinter]
    tell: Callable[[Step], None]
    tick: Callable[[], float]
    stopping: Callable[[], bool]
    _watched: dict[str, _Watch] = field(default_factory=dict)
    _unwritten: list[_Known] = field(default_factory=list)
    _write_from: float = 0.0

    # ------------------------------------------------------------ sending

    def send(
        self, jobs: Sequence[JobCard], profile: Profile, templates: Chosen, second: str = "", *,
        held: Callable[[], Windows],
    ) -> tuple[int, str]:  # fmt: skip
        """Take up to `windows.MOST` jobs through; returns how many came out, and why the rest could not be begun.

        `templates` are the branch's. `second` takes over by itself what could not be handed to this printer.
        `held` returns what printers hold, asked when this one is ours.
        """
        if not profile.language:
            self._unreached(jobs, NO_LANGUAGE, second)
            return 0, NO_LANGUAGE
        if self.write_down() is not None:
            return 0, NOT_WRITTEN
        going = jobs
        try:
            printer = self.open_printer(profile)
            with printer.reserve():
                if self.look_after(printer, profile, held()):
                    # What the printer still holds comes out first, or the count would mix the two.
                    return 0, HOLDS
                with printer.greeted():
                    made = self._made(jobs, profile, templates)
                    going = [job for job, _ in made]
                    return self._send(printer, made, profile, templates, second) if made else (0, "")
        except NotSent as trouble:
            self._unreached(going, trouble.sentence, second)
            return 0, trouble.sentence

    def _send(
        self, printer: RawPrinter, made: list[tuple[JobCard, Made]], profile: Profile, templates: Chosen, second: str
    ) -> tuple[int, str]:
        from deskapp.print.here import stamp_of

        jobs = [job for job, _ in made]
        before = None if profile.shared else printer.counter()
        digests = [hashlib.sha256(b"".join(one.pieces)).hexdigest() for _, one in made]
        claimed = self.store.run(
            printing.claim_window(
                job_ids=[job.id for job in jobs],
                printer=self.address,
                counter_before=before,
                digests=digests,
                pieces=[len(one.pieces) for _, one in made],
                medium=jobs[0].medium,
                stamps={job.kind: stamp_of(templates, job.kind, job.medium) for job in jobs},
            )
        )
        going = [(job, one) for job, one in made if job.id in claimed.result.job_ids]
        for job, one in going:
            self.tell(Step(job, "sending", made=one, changes=claimed.changes))
        if not going:
            return 0, ""
        sent = [windows.Sent(job.id, len(one.pieces)) for job, one in going]
        try:
            delivery = printer.send_window(
                [piece for _, one in going for piece in one.pieces],
                " ".join(job.number for job, _ in going),
                counter_before=before,
                keep_on=lambda trouble: self._waits([job for job, _ in going], trouble),
            )
        except NotSent as problem:
            # A printer out of paper is about to be looked after by a person; one that is gone is not.
            here = problem.code in set(Trouble)
            self._unreached([job for job, _ in going], problem.sentence, "" if here else second)
            return 0, problem.sentence
        results = windows.judge(sent, delivery)
        asks = before is not None and any(result.state == "unknown" for result in results)
        if asks or any(result.state == "held" for result in results):
            # A count that could not be had now settles it as soon as the printer is there again.
            self._watched[claimed.result.id] = _Watch(due=self.tick() + _LOOK_AGAIN_S[0])
        return self._settle(going, results, delivery.counter), ""

    def _waits(self, jobs: Sequence[JobCard], trouble: Trouble) -> bool:
        """Tell that a printer in the middle of a paper takes no more; it is waited for until the program ends."""
        done = self.store.run(printing.note_waiting(job_ids=[job.id for job in jobs], note=sentence(trouble)))
        for job in jobs:
            self.tell(Step(job, "sending", sentence(trouble), changes=done.changes))
        return not self.stopping()

    def _made(self, jobs: Sequence[JobCard], profile: Profile, templates: Chosen) -> list[tuple[JobCard, Made]]:
        """Render jobs; one that cannot be made fails by itself and stops nobody else."""
        from deskapp.print.here import signatures_of

        made = []
        for job in jobs:
            try:
                made.append((job, raw_pieces.make(job, profile, templates, partial(signatures_of, self.store))))
            except Exception as trouble:  # whatever is wrong with one paper must not stop the others
                log.exception("print job %s could not be made", job.id)
                note = trouble.sentence if isinstance(trouble, Corrupt) else BROKEN
                done = self.store.run(printing.mark_failed(job_id=job.id, error=note))
                self.tell(Step(job, "broken", note, changes=done.changes))
        return made

    def _unreached(self, jobs: Sequence[JobCard], note: str, second: str) -> None:
        act = printing.mark_unreached(
            job_ids=[job.id for job in jobs], printer=self.address, error=note, instead=second
        )
        done = self.store.run(act)
        for job in jobs:
            self.tell(Step(job, "queued" if second else "failed", note, changes=done.changes))

    def _settle(
        self, jobs: Sequence[tuple[JobCard, Made | None]], results: Sequence[Settled], counter: int | None
    ) -> int:
        """Commit what is known, now or as soon as the store takes it; returns how many came out."""
        self._unwritten.append(_Known(jobs, results, counter))
        self.write_down()
        return sum(result.state == "printed" for result in results)

    def write_down(self) -> DeskError | None:
        """Commit what became of papers that the store did not take before; the trouble if it still does not."""
        while self._unwritten:
            known = self._unwritten[0]
            try:
                done = self.store.run(printing.settle(results=known.results, counter=known.counter))
            except DeskError as trouble:
                log.warning("what became of %s papers is kept until it can be written down", len(known.results))
                self._write_from = self.tick() + _WRITE_AGAIN_S
                return trouble
            del self._unwritten[0]
            found = {result.job_id: result for result in known.results}
            for job, made in known.jobs:
                result = found[job.id]
                self.tell(Step(job, result.state, result.note, made, done.changes))
        return None

    # ------------------------------------------------------------ what is still open

    def look_after(self, printer: RawPrinter, profile: Profile, windows_open: Windows) -> bool:
        """Settle what this printer holds or what is in doubt, as far as it can say; True while it holds something.

        `windows_open` are all held or doubtful jobs of this desk, by the connection they left on.

        Its count speaks for itself. Without one, what it held is believed to be out only when every
        look since then was answered: a printer that was switched off forgets.

        Raises NotSent when it cannot be asked for a count that would settle a doubt: whatever is sent next spoils that.
        """
        holds, still, away = False, set(), ""
        for jobs in windows_open:
            counted = jobs[0].counter_before is not None and not profile.shared
            if jobs[0].printer == self.address and (counted or jobs[0].state == "held"):
                still.add(jobs[0].window_id or jobs[0].id)
                holds = not self._settled(printer, jobs) or holds
                watch = self._watched.get(jobs[0].window_id or jobs[0].id)
                away = (watch.away if watch and counted else "") or away
        for window in set(self._watched) - still:  # a person has answered meanwhile, or cleared the printer
            del self._watched[window]
        if away and not holds:
            raise NotSent(away, code=Trouble.OFFLINE.value)
        return holds

    def put_off(self) -> None:
        """Look later: the printer cannot be asked now. What was looked at in vain waits already."""
        for watch in self._watched.values():
            if watch.due <= self.tick():
                self._wait_longer(watch)

    def due(self) -> float | None:
        """Return when to look again at what the printer holds (as `tick` counts); None when nothing is open."""
        dues = [watch.due for watch in self._watched.values()]
        return min([*dues, self._write_from] if self._unwritten else dues, default=None)

    def _settled(self, printer: RawPrinter, jobs: Sequence[JobCard]) -> bool:
        """Ask a printer about a window; False while it goes on holding it."""
        window = jobs[0].window_id or jobs[0].id
        held = jobs[0].state == "held"
        # Held since before this program began: nobody looked meanwhile.
        watch = self._watched.get(window) or _Watch(answered=False)
        found = printer.look_again(sum(job.pieces for job in jobs), counter_before=jobs[0].counter_before)
        gone = found.held is Trouble.OFFLINE or (found.held is None and found.evidence is Evidence.NONE)
        watch.answered, watch.away = watch.answered and not gone, found.note if found.held is Trouble.OFFLINE else ""
        pairs: list[tuple[JobCard, Made | None]] = [(job, None) for job in jobs]
        counts = found.evidence is Evidence.COUNTER
        if counts and found.held is None and (found.at_rest or found.printed == found.sent):
            results = self._by_count(jobs, found)
        elif not held or found.held is not None or gone or counts:  # it goes on counting, or the line broke
            self._wait_longer(watch)
            self._watched[window] = watch
            # One that still counts is waited for, or the next papers would spoil its count; not for ever, though.
            return not held and not (counts and watch.looks < len(_LOOK_AGAIN_S))
        elif watch.answered:
            results = [Settled(job.id, "printed", found.evidence) for job in jobs]
        else:
            results = [Settled(job.id, "unknown", note=windows.DOUBT) for job in jobs]
        self._watched.pop(window, None)
        self._settle(pairs, results, found.counter)
        return True

    def _wait_longer(self, watch: _Watch) -> None:
        watch.due = self.tick() + _LOOK_AGAIN_S[min(watch.looks, len(_LOOK_AGAIN_S) - 1)]
        watch.looks += 1

    def _by_count(self, jobs: Sequence[JobCard], found: Delivery) -> list[Settled]:
        """Return what the printer's count says; a count that it did not give is no proof."""
        before, sent = jobs[0].counter_before, [windows.Sent(job.id, job.pieces) for job in jobs]
        if before is None or found.counter is None:
            return windows.judge(sent, found)
        return windows.by_count(sent, before, found.counter)
