"""The way of one paper through a page printer: a PDF handed to a system that prints it, and watched for a while."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deskapp import settings
from deskapp.commands import printing
from deskapp.errors import Corrupt
from deskapp.models.store import Changes, Command, Store
from deskapp.print import page_watch, printers
from deskapp.print.edition import Edition
from deskapp.print.media import Form, medium
from deskapp.print.page_watch import PageWatch
from deskapp.print.printers import InDoubt, NotSent, Outcome, Printer
from deskapp.print.raw_lane import BROKEN
from deskapp.queries.printers import profile_of
from deskapp.queries.printing import JobCard
from deskapp.rules import papers
from deskapp.rules.printer_profiles import TRUE_SIZE

if TYPE_CHECKING:
    from deskapp.print import render

log = logging.getLogger(__name__)

PATIENCE_S = 20.0  # how long a handed-over paper is watched before it counts as held
_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of one paper: `broken` = cannot be made, else the job's new state."""

    job: printing.Claimed
    state: str
    error: str = ""
    warnings: tuple[render.PaperWarning, ...] = ()
    changes: Changes | None = None


@dataclass(slots=True)
class PageLane:
    """Page printers and folders; any thread may use it, one job at a time each."""

    store: Store
    open_printer: Callable[[str], Printer]
    tell: Callable[[Outcomes], None]
    tick: Callable[[], float]
    pause: Callable[[float], None]
    stopping: Callable[[], bool]
    watch: PageWatch

    def print(self, waiting: JobCard, address: str, second: str = "") -> str:
        """Take one job through: claim, make, send, watch; returns the state it ends in, empty if it waits no more.

        `second` takes over by itself what could not be handed to this printer.
        """
        self.watch.withdraw(waiting)
        claimed = self.store.run(
            printing.claim_job(job_id=waiting.id, printer=address, medium=waiting.medium, stamp=self._stamp(waiting))
        )
        job = claimed.result
        if job is None:
            return ""
        self.tell(Outcomes(job, "sending", changes=claimed.changes))
        try:
            made = self._make(address, job)
        except Exception as trouble:  # whatever is wrong with one paper must not stop the others
            # The same card would fail again: nobody gains from trying by itself.
            sentence = trouble.sentence if isinstance(trouble, Corrupt) else BROKEN
            log.exception("print job %s could not be made", job.id)
            self._end(job, "broken", printing.mark_failed(job_id=job.id, error=sentence), sentence)
            return "failed"
        try:
            printer = self.open_printer(address)
            evidence = printer.send(made.pdf, printers.PDF, title(job), page_mm=(made.width_mm, made.height_mm))
        except NotSent as trouble:
            act = printing.mark_unreached(job_ids=[job.id], printer=address, error=trouble.sentence, instead=second)
            return self._end(job, "queued" if second else "failed", act, trouble.sentence)
        except InDoubt as trouble:
            act = printing.mark_unknown(job_id=job.id, error=trouble.sentence)
            return self._end(job, "unknown", act, trouble.sentence)
        state, note = self._watched(printer, evidence)
        result = printing.Settled(job.id, state, evidence, note)
        return self._end(job, state, printing.settle(results=[result]), note, made.warnings)

    def print_sheet(self, waiting: Sequence[JobCard], address: str, second: str = "") -> int:
        """Take labels through that share an A4 sheet, as one paper; returns how many came out."""
        for one in waiting:
            self.watch.withdraw(one)
        claimed = self.store.run(
            printing.claim_window(
                job_ids=[job.id for job in waiting],
                printer=address,
                counter_before=None,
                digests=[""] * len(waiting),
                medium=waiting[0].medium,
                stamps={job.kind: self._stamp(job) for job in waiting},
            )
        )
        jobs = [_as_claimed(job) for job in waiting if job.id in claimed.result.job_ids]
        if not jobs:
            return 0
        for job in jobs:
            self.tell(Outcomes(job, "sending", changes=claimed.changes))
        try:
            made = self._make(address, *jobs)
        except Exception as trouble:  # one that cannot be made must not stop the others: each by itself then
            log.exception("a sheet with print job %s could not be made", jobs[0].id)
            note = trouble.sentence if isinstance(trouble, Corrupt) else BROKEN
            return self._together(jobs, "broken", printing.mark_unreached(
                job_ids=[job.id for job in jobs], printer=address, error=note), note)  # fmt: skip
        ids = [job.id for job in jobs]
        try:
            printer = self.open_printer(address)
            evidence = printer.send(made.pdf, printers.PDF, title(jobs[0]), page_mm=(made.width_mm, made.height_mm))
        except NotSent as trouble:
            act = printing.mark_unreached(job_ids=ids, printer=address, error=trouble.sentence, instead=second)
            return self._together(jobs, "queued" if second else "failed", act, trouble.sentence)
        except InDoubt as trouble:
            doubt = [printing.Settled(job_id, "unknown", note=trouble.sentence) for job_id in ids]
            return self._together(jobs, "unknown", printing.settle(results=doubt), trouble.sentence)
        state, note = self._watched(printer, evidence)
        results = [printing.Settled(job_id, state, evidence, note) for job_id in ids]
        return self._together(jobs, state, printing.settle(results=results), note, made.warnings)

    def _together(
        self,
        jobs: Sequence[printing.Claimed],
        state: str,
        act: Command[None],
        error: str,
        warnings: tuple[render.PaperWarning, ...] = (),
    ) -> int:
        done = self.store.run(act)
        for job in jobs:
            self.tell(Outcomes(job, state, error, warnings, done.changes))
        return len(jobs) if state == "printed" else 0

    def _stamp(self, job: JobCard) -> tuple[str, int]:
        from deskapp.print.here import stamp_of, templates_of

        return stamp_of(templates_of(self.store.home, self.store.ask(settings.load)), job.kind, job.medium)

    def _make(self, address: str, *jobs: printing.Claimed) -> render.Rendered:
        values = self.store.ask(settings.load)
        on = jobs[0].medium
        tune = self.store.ask(lambda session: profile_of(session, address)).tune(on)
        move = [tune.offset_x_um / 1000, tune.offset_y_um / 1000]
        if on and medium(on).form in (Form.LABEL, Form.SHEET):
            move = [move[0] + values[settings.LABEL_OFFSET_X] / 10, move[1] + values[settings.LABEL_OFFSET_Y] / 10]
        from deskapp.print import render  # some 15 MB that a desk needs only when it prints
        from deskapp.print.here import signatures_of, templates_of

        job, cards = jobs[0], [papers.from_json(one.card) for one in jobs]
        pictures = {name: picture for card in cards for name, picture in signatures_of(self.store, card).items()}
        return render.render_many(
            [(one.kind, card) for one, card in zip(jobs, cards, strict=True)],
            Edition.of_job(job, nudge_mm=(move[0], move[1]), templates=templates_of(self.store.home, values),
                           pictures=pictures),
            start_cell=job.start_cell, scale=(tune.scale_x_ppm / TRUE_SIZE, tune.scale_y_ppm / TRUE_SIZE),
        )  # fmt: skip

    def _watched(self, printer: Printer, evidence: str) -> tuple[str, str]:
        """Wait a little for a paper to come out; returns the state it is in by then, and why, in words.

        What has not left the queue by then is held: the paper may be long, the printer switched off. Its
        queue is asked again later, and nothing is called printed before the system does so itself.
        """
        until = self.tick() + PATIENCE_S
        outcome = printer.outcome(evidence)
        while outcome is Outcome.WAITING and self.tick() < until and not self.stopping():
            self.pause(_POLL_S)
            outcome = printer.outcome(evidence)
        if outcome is Outcome.DONE:
            return "printed", ""
        if outcome is Outcome.DROPPED:
            return "unknown", page_watch.DROPPED
        self.watch.begin(printer.address)
        return "held", page_watch.words(printer, outcome)

    def _end(
        self,
        job: printing.Claimed,
        state: str,
        act: Command[None],
        error: str,
        warnings: tuple[render.PaperWarning, ...] = (),
    ) -> str:
        done = self.store.run(act)
        self.tell(Outcomes(job, state, error, warnings, done.changes))
        return state


def on_one_sheet(first: JobCard, other: JobCard) -> bool:
    """Say whether two waiting labels may share an A4 sheet: same sheet, language and copy, neither marked."""
    same = (first.medium, first.language, first.copy_no) == (other.medium, other.language, other.copy_no)
    return same and not first.superseded_by and not other.superseded_by and other.start_cell in (0, first.start_cell)


def is_sheet(job: JobCard) -> bool:
    """Say whether a job is a label that goes onto an A4 sheet."""
    return bool(job.medium) and medium(job.medium).form is Form.SHEET


def _as_claimed(job: JobCard) -> printing.Claimed:
    return printing.Claimed(
        job.id, job.kind, job.number, job.card, job.copy_no, job.language, job.medium, job.created_at,
        job.attempts + 1, job.superseded_by, job.start_cell,
    )  # fmt: skip


def title(job: printing.Claimed) -> str:
    """Return the name under which a paper shows in queues and folders: number, kind, copy."""
    copy = f" copy {job.copy_no}" if job.copy_no else ""
    return f"{job.number} {job.kind}{copy}"
