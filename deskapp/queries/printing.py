"""Questions about paper: what waits, what is in doubt, what came out for a record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from deskapp.models.local import PrintJob
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


def waiting_jobs(session: ReadSession, limit: int = 500) -> list[JobCard]:
    """Return the jobs that have not started, oldest first."""
    rows = session.scalars(
        select(PrintJob)
        .where(PrintJob.state.in_(("queued", "failed")))
        .order_by(PrintJob.created_at, PrintJob.id)
        .limit(limit)
    )
    return [_card(row) for row in rows]


def queued_ids(session: ReadSession, limit: int = 500) -> list[tuple[str, str, str]]:
    """Return id, kind and named printer of the queued jobs, oldest first."""
    rows = session.execute(
        select(PrintJob.id, PrintJob.kind, PrintJob.printer)
        .where(PrintJob.state == "queued")
        .order_by(PrintJob.created_at, PrintJob.id)
        .limit(limit)
    )
    return list(rows.all())


def open_jobs(session: ReadSession, limit: int = 500) -> list[JobCard]:
    """Return everything that is not over: waiting, being sent, held, in doubt, failed."""
    rows = session.scalars(
        select(PrintJob)
        .where(PrintJob.state.not_in(("printed", "cancelled")))
        .order_by(PrintJob.created_at.desc(), PrintJob.id)
        .limit(limit)
    )
    return _marked(session, rows)


def recent_jobs(session: ReadSession, limit: int = 200) -> list[JobCard]:
    """Return the newest jobs in every state."""
    rows = session.scalars(select(PrintJob).order_by(PrintJob.created_at.desc(), PrintJob.id).limit(limit))
    return _marked(session, rows)


def papers_of(session: ReadSession, *subject_ids: str) -> list[JobCard]:
    """Return the papers of records, oldest first."""
    rows = session.scalars(
        select(PrintJob).where(PrintJob.subject_id.in_(subject_ids)).order_by(PrintJob.created_at, PrintJob.id)
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
        row.card, superseded_by,
    )  # fmt: skip
