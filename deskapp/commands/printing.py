"""The life of a print job, one commit per step; what was printed is a fact that travels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import select

from deskapp.errors import N_, Refused
from deskapp.models.local import PrintEvent, PrintJob
from deskapp.models.repair import PrintFact
from deskapp.models.store import Write, command
from deskapp.models.superseded import superseded

WAITING = ("queued", "failed")
UNDER_WAY = ("sending", "sent")
DOUBTFUL = ("unknown", "held")
OVER = ("printed", "cancelled")
PERSON = "person"
"""The evidence of a paper that somebody saw."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job as the spooler takes it: everything it needs to make and name the paper.

    `superseded_by` is what a paper that no longer holds has to say about it; empty for one that holds.
    """

    id: str
    kind: str
    number: str
    card: str
    copy_no: int
    language: str
    medium: str
    created_at: int
    attempts: int
    superseded_by: str = ""
    start_cell: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """A few jobs that leave on one connection, in their order."""

    id: str
    job_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one job: its new state (`printed`, `held`, `unknown`, `queued`), by which evidence, in words."""

    job_id: str
    state: str
    evidence: str = ""
    note: str = ""


@command(N_("Send to the printer"), right="")
def claim_job(
    write: Write, *, job_id: str, printer: str, medium: str = "", stamp: tuple[str, int] = ("", 0)
) -> Claimed | None:
    """Mark a waiting job as being sent, before the first byte leaves; None when it is no longer waiting.

    `medium` is what it is printed on, empty = as it was queued; `stamp` is the template's id and version.
    """
    job = write.session.get(PrintJob, job_id)
    if job is None or not _waits_for(job, printer):
        return None
    job.printer, job.attempts, job.error, job.evidence, job.window_id = printer, job.attempts + 1, "", "", ""
    job.medium = medium or job.medium
    job.template_id, job.template_version = stamp
    _to(write, job, "sending")
    return Claimed(
        job.id, job.kind, job.number, job.card, job.copy_no, job.language, job.medium, job.created_at, job.attempts,
        superseded(write.session, [job.number]).get(job.number, ""), job.start_cell,
    )  # fmt: skip


@command(N_("Send a few papers to the printer"), right="")
def claim_window(
    write: Write,
    *,
    job_ids: Sequence[str],
    printer: str,
    counter_before: int | None,
    digests: Sequence[str],
    pieces: Sequence[int] = (),
    medium: str = "",
    stamps: Mapping[str, tuple[str, int]] = MappingProxyType({}),
) -> Window:
    """Mark a few jobs as being sent on one connection, before the first byte; returns those that still waited.

    `counter_before` is the printer's own count before, `digests` the SHA-256 of each job's bytes,
    `pieces` how many papers of that count each makes (1 if not given), `stamps` the id and version of
    the template by kind.
    """
    window = write.new_id()
    taken: list[str] = []
    # From here on the printer's count moves for these papers too, so it proves nothing about older ones.
    older = select(PrintJob).where(PrintJob.state.in_(DOUBTFUL), PrintJob.printer == printer)
    for job in write.session.scalars(older):
        job.counter_before = None
    for job_id, digest, count in zip(job_ids, digests, pieces or [1] * len(job_ids), strict=True):
        found = write.session.get(PrintJob, job_id)
        if found is None or not _waits_for(found, printer):
            continue
        job = found
        job.printer, job.attempts, job.error, job.evidence = printer, job.attempts + 1, "", ""
        job.medium, job.pieces = medium or job.medium, count
        job.template_id, job.template_version = stamps.get(job.kind, ("", 0))
        job.window_id, job.counter_before, job.counter_after, job.payload_sha256 = window, counter_before, None, digest
        _to(write, job, "sending")
        taken.append(job.id)
    return Window(window, tuple(taken))


@command(N_("The printer takes its time"), right="")
def note_waiting(write: Write, *, job_ids: Sequence[str], note: str) -> None:
    """Keep, in words, what a printer that takes no more bytes is waiting for; the jobs stay under way."""
    for job_id in job_ids:
        job = _job(write, job_id)
        if job.state in UNDER_WAY:
            job.error = note


@command(N_("What became of the papers"), right="")
def settle(write: Write, *, results: Sequence[Settled], counter: int | None = None) -> None:
    """Note what became of jobs under way or in doubt; one that is over stays as it is.

    A job that is proved not to have come out goes back to `queued` and keeps its identity. For those
    still open the count starts behind the ones that came out.
    """
    out = sum(_job(write, result.job_id).pieces for result in results if result.state == "printed")
    for result in results:
        job = _job(write, result.job_id)
        if job.state in OVER or job.state in WAITING:
            continue
        job.counter_after = counter
        if result.state == "printed":
            _came_out(write, job, result.evidence, by="")
            continue
        job.error = result.note if result.state in DOUBTFUL else ""
        if result.state == "held":
            job.evidence = result.evidence  # by which it is asked about later
        if job.counter_before is not None and result.state in DOUBTFUL:
            job.counter_before += out
        if result.state == "queued":
            job.window_id = ""
        _to(write, job, result.state, evidence=result.evidence, note=result.note)


@command(N_("Paper came out"), right="")
def mark_printed(write: Write, *, job_id: str, evidence: str) -> None:
    """Note that a paper came out, with the proof; doing it twice changes nothing."""
    job = _job(write, job_id)
    if job.state != "printed":
        _came_out(write, job, evidence, by="")


@command(N_("Printing did not start"), right="")
def mark_failed(write: Write, *, job_id: str, error: str) -> None:
    """Note that no byte left this computer: the job may be tried again by itself. `error` is a message id."""
    job = _job(write, job_id)
    if job.state in OVER or (job.state == "failed" and job.error == error):
        return
    job.error = error
    _to(write, job, "failed", note=error)


@command(N_("Printing did not start"), right="")
def mark_unreached(write: Write, *, job_ids: Sequence[str], printer: str, error: str, instead: str = "") -> None:
    """Note that a printer could not be given jobs; `instead` is the second printer that takes them over by itself."""
    for job_id in job_ids:
        job = _job(write, job_id)
        if job.state in OVER or job.state in DOUBTFUL:
            continue
        told = (job.state, job.error) == ("failed", error)
        job.error, job.window_id = error, ""
        if instead:
            job.printer = printer
            _to(write, job, "failed", note=error)
            job.printer, job.error = instead, ""
            _to(write, job, "queued", note=N_("The second printer takes over"))
        elif not told:
            job.printer = printer
            _to(write, job, "failed", note=error)


@command(N_("It is not known whether the paper came out"), right="")
def mark_unknown(write: Write, *, job_id: str, error: str = "") -> None:
    """Note that bytes left and no proof came back: a person is asked once, nothing is sent again by itself."""
    job = _job(write, job_id)
    if job.state not in OVER:
        job.error = error
        _to(write, job, "unknown", note=error)


@command(N_("The printer holds the job"), right="")
def mark_held(write: Write, *, job_id: str, error: str, evidence: str = "") -> None:
    """Note that the printer has the job and waits (paper, cover): it is never sent again while held.

    `evidence` is by what its printer or queue can be asked about it later.
    """
    job = _job(write, job_id)
    if job.state not in OVER and (job.state, job.error) != ("held", error):
        job.error, job.evidence = error, evidence or job.evidence
        _to(write, job, "held", note=error)


@command(N_("Say which paper was the last that came out"), right="")
def answer_window(write: Write, *, job_id: str, last_job_id: str) -> None:
    """Settle all doubtful jobs that left on one connection with a job by one look at the printer.

    `last_job_id` is the last paper that came out, empty for none: it and those before it are
    printed, those after it are sent again. Raises Refused for a paper of another window.
    """
    asked = _doubtful(write, job_id)
    jobs = [asked]
    if asked.window_id:
        rows = write.session.scalars(
            select(PrintJob)
            .where(PrintJob.window_id == asked.window_id, PrintJob.state.in_(DOUBTFUL))
            .order_by(PrintJob.created_at, PrintJob.batch_seq, PrintJob.id)
        )
        jobs = list(rows)
    places = [job.id for job in jobs]
    if last_job_id and last_job_id not in places:
        raise Refused(N_("This paper was not among those in doubt."), field="last_job_id")
    seen = places.index(last_job_id) + 1 if last_job_id else 0
    for place, job in enumerate(jobs):
        _answer(write, job, place < seen)


@command(N_("Try again"), right="")
def retry_job(write: Write, *, job_id: str, printer: str = "") -> None:
    """Queue a failed or cancelled job again, perhaps for another printer; it stays the same piece of paper."""
    job = _job(write, job_id)
    if job.state not in ("failed", "cancelled"):
        raise Refused(N_("Only a paper that did not start can be sent again. Otherwise reprint it."), field="job")
    job.printer, job.error = printer, ""
    _to(write, job, "queued", by=write.actor.staff_id)


@command(N_("Print on something else"), right="")
def redirect_job(
    write: Write, *, job_id: str, printer: str, medium: str = "", start_cell: int = 0, whole_batch: bool = False
) -> None:
    """Send a waiting job elsewhere: to another printer, onto an A4 label sheet, into the folder.

    `medium` empty = the same; `start_cell` counts the cells of a sheet from 0; `whole_batch` takes
    along the labels that were asked for together with it and wait too. It stays the same piece of
    paper. Raises Refused once it is on its way.
    """
    job = _job(write, job_id)
    if job.state not in (*WAITING, "cancelled"):
        raise Refused(N_("This paper is already on its way to the printer."), field="job")
    if start_cell < 0:
        raise Refused(N_("Count the labels of a sheet from its first one."), field="start_cell")
    jobs = [job]
    if whole_batch and job.batch_id:
        alike = select(PrintJob).where(
            PrintJob.batch_id == job.batch_id, PrintJob.medium == job.medium, PrintJob.state.in_(WAITING)
        )
        jobs = [job, *(other for other in write.session.scalars(alike) if other.id != job.id)]
    for one in jobs:
        one.printer, one.error, one.start_cell = printer, "", start_cell
        one.medium = medium or one.medium
        _to(write, one, "queued", by=write.actor.staff_id, note=N_("Sent to another printer by hand"))


@command(N_("Cancel a print job"), right="")
def cancel_job(write: Write, *, job_id: str) -> None:
    """Take a job off the queue before anything was sent."""
    job = _job(write, job_id)
    if job.state not in WAITING:
        raise Refused(N_("This paper is already on its way to the printer."), field="job")
    _cancel(write, job, "")


@command(N_("Cancel what has not been printed"), right="")
def cancel_jobs(write: Write, *, job_ids: Sequence[str]) -> int:
    """Take those of some jobs off the queue that have not left yet; returns how many."""
    jobs = [job for job_id in job_ids if (job := _job(write, job_id)).state in WAITING]
    for job in jobs:
        _cancel(write, job, "")
    return len(jobs)


@command(N_("The printer's memory was cleared"), right="")
def forget_held(write: Write, *, job_ids: Sequence[str]) -> None:
    """Cancel jobs that a printer held, after its memory was cleared on a person's order."""
    for job_id in job_ids:
        job = _job(write, job_id)
        if job.state in DOUBTFUL:
            _cancel(write, job, N_("The printer's memory was cleared"))


@command(N_("Look after interrupted print jobs"), right="")
def doubt_interrupted(write: Write) -> list[str]:
    """After a crash, turn every job that was being sent into one that a person is asked about; returns their ids."""
    jobs = write.session.scalars(
        select(PrintJob)
        .where(PrintJob.state.in_(UNDER_WAY))
        .order_by(PrintJob.created_at, PrintJob.batch_seq, PrintJob.id)
    ).all()
    for job in jobs:
        _to(write, job, "unknown", note=N_("The program ended while this was being sent"))
    return [job.id for job in jobs]


def _waits_for(job: PrintJob, printer: str) -> bool:
    """Whether a job still waits, and has not been sent elsewhere since it was given to a printer."""
    return job.state == "failed" or (job.state == "queued" and job.printer in ("", printer))


def _job(write: Write, job_id: str) -> PrintJob:
    job = write.session.get(PrintJob, job_id)
    if job is None:
        raise Refused(N_("This paper is not known on this computer."), field="job")
    return job


def _doubtful(write: Write, job_id: str) -> PrintJob:
    job = _job(write, job_id)
    if job.state not in DOUBTFUL:
        raise Refused(N_("This paper is settled already."), field="job")
    return job


def _answer(write: Write, job: PrintJob, came_out: bool) -> None:
    job.resolved_by = write.actor.staff_id
    if job.window_id:
        # Somebody looked and said so for one of them; the printer's count can no longer tell the others apart.
        others = select(PrintJob).where(PrintJob.window_id == job.window_id, PrintJob.state.in_(DOUBTFUL))
        for other in write.session.scalars(others):
            other.counter_before = None
    if came_out:
        _came_out(write, job, PERSON, by=write.actor.staff_id)
    else:
        job.window_id, job.error = "", ""
        _to(write, job, "queued", evidence=PERSON, by=write.actor.staff_id)


def _came_out(write: Write, job: PrintJob, evidence: str, *, by: str) -> None:
    """Note the fact that travels: this paper is in the world, copy n, asked for by whom, why."""
    job.evidence, job.error = evidence, ""
    _to(write, job, "printed", evidence=evidence, by=by)
    write.session.add(
        PrintFact(
            id=write.new_id(),
            at=write.now,
            by=by or job.created_by,
            subject_kind=job.subject_kind,
            subject_id=job.subject_id,
            kind=job.kind,
            number=job.number,
            copy_no=job.copy_no,
            reason=job.reason,
        )  # fmt: skip
    )


def _cancel(write: Write, job: PrintJob, note: str) -> None:
    job.resolved_by = write.actor.staff_id
    _to(write, job, "cancelled", note=note, by=write.actor.staff_id)


def _to(write: Write, job: PrintJob, state: str, *, evidence: str = "", note: str = "", by: str = "") -> None:
    """Move a job on and keep the step: the history of paper is never rewritten."""
    job.state, job.state_at = state, write.now
    write.session.add(
        PrintEvent(
            job_id=job.id,
            at=write.now,
            state=state,
            printer=job.printer,
            evidence=evidence,
            note=note,
            by=by,
        )  # fmt: skip
    )
