"""“Next device”: what the person at the bench takes up now, by skill and urgency."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from deskapp.models import transfers
from deskapp.models.folding import work_of
from deskapp.models.people import Site, Staff
from deskapp.models.store import ReadSession
from deskapp.queries.bench import site_id_of
from deskapp.queries.hits import ask
from deskapp.rules.access import SUPERVISORS, Role
from deskapp.rules.depot import ON_THE_BENCH, TO_BEGIN, Job, next_job
from deskapp.rules.lifecycle import hands_of
from deskapp.rules.states import WorkState as S

MOST: Final = 400
"""So many of the most urgent are looked at; a queue that long has an answer among them."""

_OPEN: Final = "work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up')"


@dataclass(frozen=True, slots=True)
class NextDevice:
    """The answer: which device, and whether it is one's own, new, or somebody else's work to test."""

    item_id: str
    label_no: str
    why: str


def next_device(
    session: ReadSession, staff_id: str, roles: Iterable[str], *, other_than: str = ""
) -> NextDevice | None:
    """Return what a person should take next, None when nothing is left for them.

    A technician gets own open work, then what nobody has; an inspector gets other people's work to test.
    """
    held = frozenset(roles)
    person = session.get(Staff, staff_id)
    if held & {Role.TECHNICIAN, *SUPERVISORS}:
        rows = [row for row in _candidates(session, staff_id) if row.id != other_than]
        rows = _at_this_site(session, rows)
        labels = {row.id: row.label_no for row in rows}
        found = next_job((_job(row) for row in rows), staff_id, list(person.skills) if person else [])
        if found is not None:
            return NextDevice(found.item_id, labels[found.item_id], "own" if found.state in ON_THE_BENCH else "new")
    if held & {Role.QC_INSPECTOR, *SUPERVISORS}:
        return _to_test(session, staff_id, other_than)
    return None


def _candidates(session: ReadSession, staff_id: str) -> list[Any]:
    own = ask(session, _SELECT.format("i.technician_id = ? AND"), staff_id, [one.value for one in ON_THE_BENCH], MOST)
    free = ask(session, _SELECT.format(""), [one.value for one in TO_BEGIN], MOST)
    return [*own, *free]


def _job(row: Any) -> Job:
    return Job(
        row.id, S(row.work_state), row.priority, row.done_due, row.state_at, row.technician_id, row.model_id or "",
        row.kind or "", row.last_move == "pause_job",
    )  # fmt: skip


def _at_this_site(session: ReadSession, rows: list[Any]) -> list[Any]:
    here = site_id_of(session)
    site = session.get(Site, here)
    if site is None or not site.is_depot:
        return []
    # At a depot that is no outlet a device begins when it was received.
    rows = [row for row in rows if site.is_outlet or row.work_state != S.CHECKED_IN]
    away = transfers.elsewhere(session, here, [row.id for row in rows])
    return [row for row in rows if row.id not in away]


def _to_test(session: ReadSession, staff_id: str, other_than: str) -> NextDevice | None:
    site = session.get(Site, site_id_of(session))
    rows = _at_this_site(session, list(ask(session, _SELECT.format(""), [S.QC_TESTING.value], MOST)))
    for row in sorted(rows, key=lambda row: (row.priority, row.done_due or 2**62, row.state_at)):
        if row.id == other_than or row.last_move == "pause_job":
            continue
        if (site and site.solo) or staff_id not in hands_of(work_of(session, row.id).history):
            return NextDevice(row.id, row.label_no, "test")
    return None


_SELECT: Final = (
    "SELECT i.id, i.label_no, i.work_state, i.priority, i.done_due, i.state_at, i.technician_id, d.model_id, k.kind,"
    " (SELECT e.move FROM work_event e WHERE e.item_id = i.id ORDER BY e.n DESC LIMIT 1) AS last_move"
    " FROM (SELECT * FROM repair_item i WHERE {} i." + _OPEN + " AND i.work_state IN (??)"
    " ORDER BY i.priority, CASE i.done_due WHEN 0 THEN 1e18 ELSE i.done_due END, i.state_at LIMIT ?) i"
    " JOIN device d ON d.id = i.device_id LEFT JOIN device_model k ON k.id = d.model_id"
)
