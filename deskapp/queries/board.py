"""The supervisor's board: every queue with its age, what is stuck, who has what, what is under way and awaited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from deskapp.models import bench, transfers
from deskapp.models.repair import WorkEvent
from deskapp.models.store import ReadSession
from deskapp.queries.bench import site_id_of
from deskapp.queries.hits import ask
from deskapp.queries.naming import model_title
from deskapp.queries.transfers import ManifestRow, transports
from deskapp.rules.deadlines import DAY_MS
from deskapp.rules.depot import (
    ON_THE_BENCH,
    STAGES,
    STUCK_AFTER_DAYS,
    SWAPPED_TITLE,
    SWAPPED_WAITS_DAYS,
    stuck_before,
)
from deskapp.rules.states import WorkState as S

SHOWN: Final = 6
"""Rows of a short list; what is longer is counted."""

_OPEN: Final = "work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up') AND at_site NOT IN (??)"
"""The condition of the index of devices in hand, word by word, so that it is used; less what other sites have."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One stage: how many, how many late and stuck, how many older than 3 and 7 days, the oldest in days.

    `first` is the id of the oldest where no page lists the stage.
    """

    name: str
    title: str
    count: int = 0
    late: int = 0
    stuck: int = 0
    over_3: int = 0
    over_7: int = 0
    oldest_days: int = 0
    first: str = ""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A device that has stood in one state for too long."""

    item_id: str
    label_no: str
    model: str
    merchant: str
    state: str
    technician: str
    days: int


@dataclass(frozen=True, slots=True)
class Load:
    """What one person has on the bench; `staff_id` is empty for what nobody has taken."""

    staff_id: str
    name: str
    diagnosing: int
    repairing: int
    late: int
    oldest_days: int

    @property
    def jobs(self) -> int:
        """All of it."""
        return self.diagnosing + self.repairing


@dataclass(frozen=True, slots=True)
class Awaited:
    """A device that waits for a part; `here` says that enough of it lie on the shelf by now."""

    item_id: str
    label_no: str
    part_no: str
    quantity: int
    expected: str
    days: int
    here: bool


SWAPPED: Final = "swapped"
"""The queue of units that another one took the place of: their orders have ended, somebody decides on them."""

_SWAPPED_OUT: Final = (
    "SELECT count(*) AS count, min(old.state_at) AS oldest, old.id AS first, sum(old.state_at < ?) AS stuck,"
    " sum(old.state_at < ?) AS over_3, sum(old.state_at < ?) AS over_7 FROM repair_item AS old WHERE old.id IN"
    " (SELECT previous_item_id FROM repair_item WHERE previous_item_id > '') AND old.work_state = 'swapped'"
    " AND old.at_site NOT IN (??) AND old.holder NOT IN ('', 'none', 'owner', 'merchant')"
    " AND NOT EXISTS (SELECT 1 FROM item_record r WHERE r.item_id = old.id AND +r.kind = 'scrap')"
)
"""No index holds the ended orders; the unit that came in names the one that went, and that column has an index."""


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on one page, as of one moment."""

    now: int
    queues: tuple[Queue, ...]
    stuck: tuple[Stuck, ...]
    people: tuple[Load, ...]
    awaited: tuple[Awaited, ...]
    transit: tuple[ManifestRow, ...]

    @property
    def count(self) -> int:
        """How many devices are in hand; a unit that was swapped out is nobody's repair any more."""
        return sum(queue.count for queue in self.queues if queue.name != SWAPPED)

    @property
    def late(self) -> int:
        """How many are late."""
        return sum(queue.late for queue in self.queues)

    @property
    def stuck_count(self) -> int:
        """How many are stuck."""
        return sum(queue.stuck for queue in self.queues)


def board(session: ReadSession, now: int) -> Board:
    """Return the board of this site as of `now` (ms UTC)."""
    others = transfers.other_sites(session, site_id_of(session))
    return Board(
        now, _queues(session, others, now), _stuck(session, others, now), _people(session, others, now),
        _awaited(session, others, now), transports(session, now).under_way,
    )  # fmt: skip


def _queues(session: ReadSession, others: Sequence[str], now: int) -> tuple[Queue, ...]:
    cases = " ".join(f"WHEN '{state.value}' THEN {stuck_before(state, now)}" for state in STUCK_AFTER_DAYS)
    rows = ask(
        session,
        "SELECT work_state, count(*) AS count, sum(done_due > 0 AND done_due < ?) AS late, min(state_at) AS oldest,"
        f" sum(state_at < CASE work_state {cases} ELSE 0 END) AS stuck, sum(state_at < ?) AS over_3,"
        f" sum(state_at < ?) AS over_7 FROM repair_item WHERE {_OPEN} GROUP BY work_state",
        now, now - 3 * DAY_MS, now - 7 * DAY_MS, others,
    )  # fmt: skip
    by_state = {row.work_state: row for row in rows}
    found = []
    for stage in STAGES:
        here = [by_state[state.value] for state in stage.states if state.value in by_state]
        oldest = min((row.oldest for row in here), default=now)
        found.append(
            Queue(
                stage.name, stage.title, sum(row.count for row in here), sum(row.late for row in here),
                sum(row.stuck for row in here), sum(row.over_3 for row in here), sum(row.over_7 for row in here),
                max(0, (now - oldest) // DAY_MS),
            )
        )  # fmt: skip
    found.append(_swapped_out(session, others, now))
    return tuple(found)


def _swapped_out(session: ReadSession, others: Sequence[str], now: int) -> Queue:
    week = now - SWAPPED_WAITS_DAYS * DAY_MS
    row = ask(session, _SWAPPED_OUT, week, now - 3 * DAY_MS, now - 7 * DAY_MS, others)[0]
    oldest = row.oldest if row.count else now
    return Queue(
        SWAPPED, SWAPPED_TITLE, row.count, 0, row.stuck or 0, row.over_3 or 0, row.over_7 or 0,
        max(0, (now - oldest) // DAY_MS), row.first or "",
    )  # fmt: skip


def _stuck(session: ReadSession, others: Sequence[str], now: int) -> tuple[Stuck, ...]:
    """Return those that are over their time by most, measured by the time they should take."""
    parts = " UNION ALL ".join(
        f"SELECT * FROM (SELECT id, work_state, state_at FROM repair_item WHERE {_OPEN} AND work_state = ?"
        f" AND state_at < ? ORDER BY state_at LIMIT {SHOWN})"
        for _state in STUCK_AFTER_DAYS
    )
    values = [value for state in STUCK_AFTER_DAYS for value in (others, state.value, stuck_before(state, now))]
    rows = ask(session, parts, *values)
    worst = sorted(rows, key=lambda row: -(now - row.state_at) / STUCK_AFTER_DAYS[S(row.work_state)])[:SHOWN]
    if not worst:
        return ()
    details = {row.id: row for row in _details(session, [row.id for row in worst])}
    return tuple(
        Stuck(
            row.id, one.label_no, model_title(one.brand, one.brand_en, one.model), one.merchant, row.work_state,
            one.technician or "", (now - row.state_at) // DAY_MS,
        )
        for row in worst
        if (one := details.get(row.id)) is not None
    )  # fmt: skip


def _details(session: ReadSession, ids: Sequence[str]) -> Sequence[Any]:
    return ask(
        session,
        "SELECT i.id, i.label_no, k.brand, k.brand_en, k.name AS model, s.name AS technician,"
        " coalesce(nullif(m.short_name, ''), m.name, '') AS merchant"
        " FROM repair_item i JOIN repair_order o ON o.id = i.order_id"
        " LEFT JOIN device d ON d.id = i.device_id LEFT JOIN device_model k ON k.id = d.model_id"
        " LEFT JOIN staff s ON s.id = i.technician_id"
        " LEFT JOIN merchant m ON m.id = o.merchant_id WHERE i.id IN (??)",
        ids,
    )


def _people(session: ReadSession, others: Sequence[str], now: int) -> tuple[Load, ...]:
    rows = ask(
        session,
        "SELECT technician_id, sum(work_state = 'diagnosing') AS diagnosing,"
        " sum(work_state = 'repairing') AS repairing, sum(done_due > 0 AND done_due < ?) AS late,"
        f" min(state_at) AS oldest FROM repair_item WHERE {_OPEN} AND work_state IN (??) GROUP BY technician_id",
        now, others, [state.value for state in ON_THE_BENCH],
    )  # fmt: skip
    names = {row.id: row.name for row in ask(session, "SELECT id, name FROM staff")}
    found = [
        Load(
            row.technician_id, names.get(row.technician_id, ""), row.diagnosing, row.repairing, row.late,
            max(0, (now - row.oldest) // DAY_MS),
        )
        for row in rows
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda load: (not load.staff_id, -load.late, -load.jobs, load.name)))


def _awaited(session: ReadSession, others: Sequence[str], now: int) -> tuple[Awaited, ...]:
    rows = ask(
        session,
        f"SELECT id, label_no, state_at FROM repair_item WHERE {_OPEN} AND work_state = ? ORDER BY state_at LIMIT ?",
        others, S.AWAITING_PARTS.value, SHOWN,
    )  # fmt: skip
    waits = {row.id: _last_wait(session, row.id) for row in rows}
    parts = {str(event.data.get("part_id", "")) for event in waits.values() if event}
    stock = bench.on_shelf(session, sorted(parts))
    found = []
    for row in rows:
        data = event.data if (event := waits[row.id]) else {}
        quantity = int(data.get("quantity", 1) or 1)
        found.append(
            Awaited(
                row.id, row.label_no, str(data.get("part", "")), quantity, str(data.get("expected_date", "")),
                max(0, (now - row.state_at) // DAY_MS), stock.get(str(data.get("part_id", "")), 0) >= quantity,
            )
        )  # fmt: skip
    return tuple(found)


def _last_wait(session: ReadSession, item_id: str) -> WorkEvent | None:
    return session.scalars(
        select(WorkEvent)
        .where(WorkEvent.item_id == item_id, WorkEvent.move == "wait_for_parts")
        .order_by(WorkEvent.n.desc())
        .limit(1)
    ).first()
