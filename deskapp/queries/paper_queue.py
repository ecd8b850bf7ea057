"""Questions of the print queue's page: printers with what lies before them, batches, sheets begun, who did what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import case, func, select

from deskapp.models.local import PrintJob
from deskapp.models.people import Staff
from deskapp.models.store import ReadSession

OVER = ("printed", "cancelled")


@dataclass(frozen=True, slots=True)
class BatchLine:
    """Papers that were asked for at once and are not all over; `waiting` can still be cancelled."""

    id: str
    kind: str
    number: str
    total: int
    printed: int
    waiting: int
    cancelled: int

    @property
    def open(self) -> int:
        """How many are not over yet."""
        return self.total - self.printed - self.cancelled


@dataclass(frozen=True, slots=True)
class SheetBegun:
    """The label sheet that was used last: its medium, and the first cell that should still be free (from 0)."""

    medium: str = ""
    next_cell: int = 0


def newest_trouble(session: ReadSession) -> str:
    """Return what keeps the newest paper that waits for a printer or a person (a message id), empty if unsaid."""
    return (
        session.scalar(
            select(PrintJob.error)
            .where(PrintJob.state.in_(("failed", "held")), PrintJob.error != "")
            .order_by(PrintJob.state_at.desc())
            .limit(1)
        )
        or ""
    )


def open_batches(session: ReadSession, limit: int = 20) -> list[BatchLine]:
    """Return the batches of more than one paper that are not over, oldest first."""
    unfinished = select(PrintJob.batch_id).where(PrintJob.batch_id != "", PrintJob.state.not_in(OVER)).distinct()
    return _lines(session, PrintJob.batch_id.in_(unfinished), limit)


def batch_line(session: ReadSession, batch_id: str) -> BatchLine | None:
    """Return how far one batch has come; None for a paper that was asked for alone."""
    found = _lines(session, PrintJob.batch_id == batch_id, 1) if batch_id else []
    return found[0] if found else None


def _lines(session: ReadSession, which: object, limit: int) -> list[BatchLine]:
    def count(*states: str) -> object:
        return func.sum(case((PrintJob.state.in_(states), 1), else_=0))

    rows = session.execute(
        select(  # type: ignore[call-overload]
            PrintJob.batch_id,
            func.min(case((PrintJob.batch_seq == 1, PrintJob.kind))),
            func.min(case((PrintJob.batch_seq == 1, PrintJob.number))),
            func.count(),
            count("printed"),
            count("queued", "failed"),
            count("cancelled"),
        )
        .where(which)
        .group_by(PrintJob.batch_id)
        .having(func.count() > 1)
        .order_by(func.min(PrintJob.created_at))
        .limit(limit)
    )
    return [BatchLine(row[0], row[1] or "", row[2] or "", *row[3:]) for row in rows]


def last_sheet(session: ReadSession) -> SheetBegun:
    """Return where the last label sheet was left off, by what printed on it."""
    row = session.execute(
        select(PrintJob.medium, PrintJob.start_cell)
        .where(PrintJob.medium.startswith("a4-labels"), PrintJob.state != "cancelled", PrintJob.attempts > 0)
        .order_by(PrintJob.state_at.desc())
        .limit(1)
    ).first()
    return SheetBegun(row[0], row[1] + 1) if row is not None else SheetBegun()


def names_of(session: ReadSession, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of staff by id."""
    wanted = {one for one in ids if one}
    if not wanted:
        return {}
    return dict(session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted))).all())


@dataclass(frozen=True, slots=True)
class Made:
    """A paper that was made here: enough to draw it again."""

    id: str
    number: str
    card: str
    created_at: int


def newest_of_kind(session: ReadSession, kind: str) -> Made | None:
    """Return the newest original paper of a kind, to try templates with."""
    row = session.execute(
        select(PrintJob.id, PrintJob.number, PrintJob.card, PrintJob.created_at)
        .where(PrintJob.kind == kind, PrintJob.copy_no == 0)
        .order_by(PrintJob.created_at.desc())
        .limit(1)
    ).first()
    return Made(*row) if row is not None else None
