"""Questions about paper: what waits, what is in doubt, what came out for a record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from deskapp.models.local import PrintEvent, PrintJob
from deskapp.models.store import ReadSession
from deskapp.models.superseded import superseded


@dataclass(frozen=True, slots=True)
class JobCard:
    """One intended piece of paper; instants are ms UTC, `error` is a message id."""

    id: str
    kind: str
    number: str
    subject_kind: str
    subject_id: str
    copy_no: int
    of_job: str
    reason: str
    language: str
    medium: str
    printer: str
    state: str
    error: str
    attempts: int
    created_at: int
    state_at: int
    card: str
    superseded_by: str = ""
    """What a paper that no longer holds says about it (`rules.paper_store`); empty for one that holds."""
    batch_id: str = ""
    batch_seq: int = 0
    window_id: str = ""
    counter_before: int | None = None
    start_cell: int = 0
    pieces: int = 1
    evidence: str = ""
    created_by: str = ""
    resolved_by: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the life of a paper; `at` is ms UTC, `note` a message id, `by` a staff id or empty."""

    at: int
    state: str
    printer: str
    evidence: str
    note: str
    by: str


@dataclass(frozen=True, slots=True)
class Batch:
    """How far papers that were asked for at once have come."""

    id: str
    jobs: tuple[JobCard, ...]

    def count(self, *states: str) -> int:
        """Return how many of the papers are in one of the states."""
        return sum(job.state in states for job in self.jobs)


def waiting_jobs(session: ReadSession, limit: int = 500) -> list[JobCard]:
    """Return the jobs that have not started, oldest first."""
    rows = session.scalars(
        select(PrintJob)
        .where(PrintJob.state.in_(("queued", "failed")))
        .order_by(PrintJob.created_at, PrintJob.batch_seq, PrintJob.id)
        .limit(limit)
    )
    return [_card(row) for row in rows]


def open_windows(session: ReadSession, states: tuple[str, ...] = ("sending", "sent")) -> list[list[JobCard]]:
    """Return the jobs in some states by the connection they left on, each in its order; oldest first."""
    rows = session.scalars(
        select(PrintJob)
        .where(PrintJob.state.in_(states))
        .order_by(PrintJob.created_at, PrintJob.batch_seq, PrintJob.id)
    )
    windows: dict[str, list[JobCard]] = {}
    for row in rows:
        windows.setdefault(row.window_id or row.id, []).append(_card(row))
    return list(windows.values())


def doubtful_jobs(session: ReadSession) -> list[JobCard]:
    """Return what a printer holds and what is in doubt, oldest first."""
    return [job for jobs in open_windows(session, ("unknown", "held")) for job in jobs]


def job_of(session: ReadSession, job_id: str) -> JobCard | None:
    """Return one job."""
    row = session.get(PrintJob, job_id)
    return _marked(session, [row])[0] if row else None


def window_of(session: ReadSession, job_id: str) -> list[JobCard]:
    """Return the doubtful jobs that left on one connection with a job, in their order; the job itself if alone."""
    job = session.get(PrintJob, job_id)
    if job is None:
        return []
    if not job.window_id:
        return [_card(job)]
    rows = session.scalars(
        select(PrintJob)
        .where(PrintJob.window_id == job.window_id, PrintJob.state.in_(("unknown", "held")))
        .order_by(PrintJob.created_at, PrintJob.batch_seq, PrintJob.id)
    )
    return [_card(row) for row in rows]


def steps_of(session: ReadSession, job_id: str) -> list[Step]:
    """Return what happened to a paper, from its request on."""
    job = session.get(PrintJob, job_id)
    if job is None:
        return []
    asked = Step(job.created_at, "queued", "", "", "", job.created_by)
    rows = session.scalars(select(PrintEvent).where(PrintEvent.job_id == job_id).order_by(PrintEvent.n))
    steps = [Step(row.at, row.state, row.printer, row.evidence, row.note, row.by) for row in rows]
    first = steps[0] if steps else None
    return steps if first and (first.at, first.state) == (job.created_at, "queued") else [asked, *steps]


def batch(session: ReadSession, batch_id: str) -> Batch:
    """Return the papers that were asked for at once, in their order."""
    rows = session.scalars(select(PrintJob).where(PrintJob.batch_id == batch_id).order_by(PrintJob.batch_seq))
    return Batch(batch_id, tuple(_card(row) for row in rows)) if batch_id else Batch("", ())


def queued_ids(session: ReadSession, limit: int = 500) -> list[tuple[str, str, str]]:
    """Return id, kind and named printer of the queued jobs, oldest first."""
    rows = session.execute(
        select(PrintJob.id, PrintJob.kind, PrintJob.printer)
        .where(PrintJob.state == "queued")
        .order_by(PrintJob.created_at, PrintJob.batch_seq, PrintJob.id)
        .limit(limit)
    )
    return list(rows.all())


def open_jobs(session: ReadSession, limit: int = 500) -> list[JobCard]:
    """Return everything that is not over: waiting, being sent, held, in doubt, failed."""
    rows = session.scalars(
        select(PrintJob)
        .where(PrintJob.state.not_in(("printed", "cancelled")))
        .order_by(PrintJob.created_at.desc(), PrintJob.batch_seq, PrintJob.id)
        .limit(limit)
    )
    return _marked(session, rows)


def recent_jobs(session: ReadSession, limit: int = 200) -> list[JobCard]:
    """Return the newest jobs in every state."""
    rows = session.scalars(
        select(PrintJob).order_by(PrintJob.created_at.desc(), PrintJob.batch_seq, PrintJob.id).limit(limit)
    )
    return _marked(session, rows)


def papers_of(session: ReadSession, *subject_ids: str) -> list[JobCard]:
    """Return the papers of records, oldest first."""
    rows = session.scalars(
        select(PrintJob)
        .where(PrintJob.subject_id.in_(subject_ids))
        .order_by(PrintJob.created_at, PrintJob.batch_seq, PrintJob.id)
    )
    return _marked(session, rows)


def paper_numbered(session: ReadSession, number: str, kinds: tuple[str, ...] = ()) -> JobCard | None:
    """Return the newest original paper with a number."""
    question = select(PrintJob).where(PrintJob.number == number, PrintJob.copy_no == 0)
    if kinds:
        question = question.where(PrintJob.kind.in_(kinds))
    row = session.scalars(question.order_by(PrintJob.created_at.desc())).first()
    return _marked(session, [row])[0] if row else None


def counts(session: ReadSession) -> dict[str, int]:
    """Return how many jobs that are not over there are by state."""
    rows = session.execute(
        select(PrintJob.state, func.count())
        .where(PrintJob.state.not_in(("printed", "cancelled")))
        .group_by(PrintJob.state)
    )
    return dict(rows.all())


def _marked(session: ReadSession, rows: Iterable[PrintJob]) -> list[JobCard]:
    """Return cards that also say which of the papers no longer hold."""
    listed = list(rows)
    void = superseded(session, [row.number for row in listed])
    return [_card(row, void.get(row.number, "")) for row in listed]


def _card(row: PrintJob, superseded_by: str = "") -> JobCard:
    return JobCard(
        row.id, row.kind, row.number, row.subject_kind, row.subject_id, row.copy_no, row.of_job, row.reason,
        row.language, row.medium, row.printer, row.state, row.error, row.attempts, row.created_at, row.state_at,
        row.card, superseded_by, row.batch_id, row.batch_seq, row.window_id, row.counter_before, row.start_cell,
        row.pieces, row.evidence, row.created_by, row.resolved_by,
    )  # fmt: skip
