"""The life of a print job, one commit per step; what was printed is a fact that travels."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from deskapp.errors import N_, Refused
from deskapp.models.local import PrintJob
from deskapp.models.repair import PrintFact
from deskapp.models.store import Write, command
from deskapp.models.superseded import superseded

WAITING = ("queued", "failed")
DOUBTFUL = ("unknown", "held")
OVER = ("printed", "cancelled")


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


@command(N_("Send to the printer"), right="")
def claim_job(write: Write, *, job_id: str, printer: str) -> Claimed | None:
    """Mark a waiting job as being sent, before the first byte leaves; None when it is no longer waiting."""
    job = write.session.get(PrintJob, job_id)
    if job is None or job.state not in WAITING:
        return None
    _to(write, job, "sending")
    job.printer, job.attempts, job.error = printer, job.attempts + 1, ""
    return Claimed(
        job.id, job.kind, job.number, job.card, job.copy_no, job.language, job.medium, job.created_at, job.attempts,
        superseded(write.session, [job.number]).get(job.number, ""),
    )  # fmt: skip


@command(N_("Paper came out"), right="")
def mark_printed(write: Write, *, job_id: str, evidence: str) -> None:
    """Note that a paper came out, with the proof; doing it twice changes nothing."""
    job = _job(write, job_id)
    if job.state == "printed":
        return
    _to(write, job, "printed")
    job.evidence = evidence
    write.session.add(
        PrintFact(
            id=write.new_id(), at=write.now, by=job.created_by, subject_kind=job.subject_kind,
            subject_id=job.subject_id, kind=job.kind, number=job.number, copy_no=job.copy_no, reason=job.reason,
        )  # fmt: skip
    )


@command(N_("Printing did not start"), right="")
def mark_failed(write: Write, *, job_id: str, error: str) -> None:
    """Note that no byte left this computer: the job may be tried again by itself. `error` is a message id."""
    job = _job(write, job_id)
    if job.state not in OVER:
        _to(write, job, "failed")
        job.error = error


@command(N_("It is not known whether the paper came out"), right="")
def mark_unknown(write: Write, *, job_id: str, error: str = "") -> None:
    """Note that bytes left and no proof came back: a person is asked once, nothing is sent again by itself."""
    job = _job(write, job_id)
    if job.state not in OVER:
        _to(write, job, "unknown")
        job.error = error


@command(N_("The printer holds the job"), right="")
def mark_held(write: Write, *, job_id: str, error: str) -> None:
    """Note that the printer has the job and waits (paper, cover): it is never sent again while held."""
    job = _job(write, job_id)
    if job.state not in OVER:
        _to(write, job, "held")
        job.error = error


@command(N_("Say whether the paper came out"), right="")
def answer_unknown(write: Write, *, job_id: str, came_out: bool) -> None:
    """Settle a doubtful job by a person's eyes: it came out, or it is sent again with the same number."""
    job = _job(write, job_id)
    if job.state not in DOUBTFUL:
        raise Refused(N_("This paper is settled already."), field="job")
    job.resolved_by = write.actor.staff_id
    if came_out:
        _to(write, job, "printed")
        job.evidence = "person"
        write.session.add(
            PrintFact(
                id=write.new_id(), at=write.now, by=write.actor.staff_id, subject_kind=job.subject_kind,
                subject_id=job.subject_id, kind=job.kind, number=job.number, copy_no=job.copy_no, reason=job.reason,
            )  # fmt: skip
        )
    else:
        _to(write, job, "queued")


@command(N_("Try again"), right="")
def retry_job(write: Write, *, job_id: str, printer: str = "") -> None:
    """Queue a failed or cancelled job again, perhaps for another printer; it stays the same piece of paper."""
    job = _job(write, job_id)
    if job.state not in ("failed", "cancelled"):
        raise Refused(N_("Only a paper that did not start can be sent again. Otherwise reprint it."), field="job")
    _to(write, job, "queued")
    job.printer, job.error = printer, ""


@command(N_("Cancel a print job"), right="")
def cancel_job(write: Write, *, job_id: str) -> None:
    """Take a job off the queue before anything was sent."""
    job = _job(write, job_id)
    if job.state not in WAITING:
        raise Refused(N_("This paper is already on its way to the printer."), field="job")
    _to(write, job, "cancelled")
    job.resolved_by = write.actor.staff_id


@command(N_("Look after interrupted print jobs"), right="")
def doubt_interrupted(write: Write) -> list[str]:
    """After a crash, turn every job that was being sent into one that a person is asked about; returns their ids."""
    jobs = write.session.scalars(select(PrintJob).where(PrintJob.state.in_(("sending", "sent")))).all()
    for job in jobs:
        _to(write, job, "unknown")
    return [job.id for job in jobs]


def _job(write: Write, job_id: str) -> PrintJob:
    job = write.session.get(PrintJob, job_id)
    if job is None:
        raise Refused(N_("This paper is not known on this computer."), field="job")
    return job


def _to(write: Write, job: PrintJob, state: str) -> None:
    job.state, job.state_at = state, write.now
