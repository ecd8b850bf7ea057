"""A few papers on one connection to a raw printer, and what may be said of each of them afterwards.

`docs/printing.md` has the states. The rule of the house: a paper is sent a second time
only when it is proved that it did not come out, or when a person says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deskapp.commands.printing import Settled
from deskapp.errors import N_
from deskapp.print.printers import Delivery, Evidence
from deskapp.print.raw.status import sentence

MOST = 5
"""Papers in one window: what a crash can leave in doubt."""
DOUBT = N_("The connection broke while the paper was being sent.")
NEVER_LEFT = N_("The connection broke before this paper left")
NOT_PRINTED = N_("The printer's own count proves that this paper did not come out")


@dataclass(frozen=True, slots=True)
class Sent:
    """One job of a window: how many papers of the printer's count it makes."""

    job_id: str
    pieces: int = 1


def judge(jobs: Sequence[Sent], delivery: Delivery) -> list[Settled]:
    """Return what is known of each job of a window, in its order.

    Proved ones are printed. After them: what the printer holds is held; what its own count, at rest,
    shows to be missing, and what was never begun, waits again; the rest is a question.
    """
    results, start = [], 0
    for job in jobs:
        results.append(_judged(job, start, start + job.pieces, delivery))
        start += job.pieces
    return results


def _judged(job: Sent, start: int, end: int, delivery: Delivery) -> Settled:
    """Return what is known of the job that makes the papers from `start` up to `end` of its window."""
    if delivery.printed is not None and end <= delivery.printed:
        return Settled(job.job_id, "printed", delivery.evidence)
    if start >= max(delivery.begun, delivery.sent):
        return Settled(job.job_id, "queued", note=NEVER_LEFT)
    if delivery.held is not None:
        return Settled(job.job_id, "held", note=sentence(delivery.held))
    if delivery.evidence is Evidence.COUNTER and delivery.printed is not None and delivery.at_rest:
        # Of a job of several papers some may have come out: then a person has to look.
        begun = start < delivery.printed
        return Settled(job.job_id, "unknown", note=DOUBT) if begun else Settled(job.job_id, "queued", note=NOT_PRINTED)
    if delivery.printed is None and delivery.whole:
        return Settled(job.job_id, "printed", delivery.evidence)
    return Settled(job.job_id, "unknown", note=delivery.note or DOUBT)


def by_count(jobs: Sequence[Sent], before: int, after: int) -> list[Settled]:
    """Return what the printer's own count says of a window that was interrupted, once the printer is idle."""
    made, papers = after - before, sum(job.pieces for job in jobs)
    if not 0 <= made <= papers:
        # Somebody else printed, or the count was set back: it proves nothing.
        return [Settled(job.job_id, "unknown", note=DOUBT) for job in jobs]
    return judge(jobs, Delivery(sent=papers, printed=made, evidence=Evidence.COUNTER, counter=after, at_rest=True))
