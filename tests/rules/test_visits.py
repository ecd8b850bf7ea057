"""Visits as rules: typed times, windows, and the fold of the moves of one trip."""

from __future__ import annotations

import pytest

from deskapp.errors import Refused
from deskapp.rules.deadlines import DAY_MS
from deskapp.rules.lifecycle import WorkFact, WorkState
from deskapp.rules.visits import VisitState, check_fee, check_window, fold_visit, may_be_sent, read_time

HOUR = 3_600_000
S = WorkState
PLAN = WorkFact("schedule_visit", S.VISIT_SCHEDULED, 10, "c1", None, "e1")
MOVED = WorkFact("reschedule_visit", S.VISIT_SCHEDULED, 20, "c1", None, "e2")
CAME = WorkFact("arrive", S.ON_SITE, 30, "f1", None, "e3")
DONE = WorkFact("finish_on_site", S.CLOSED, 40, "f1", None, "e4")
MISSED = WorkFact("visit_failed", S.REGISTERED, 35, "f1", None, "e5")
OFF = WorkFact("cancel", S.CANCELLED, 36, "c1", None, "e6")
TAKEN = WorkFact("check_in", S.CHECKED_IN, 50, "f1", None, "e7")


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("9", 540), ("09:30", 570), ("930", 570), ("0930", 570), ("9.30", 570), ("9：30", 570), ("２３：５９", 1439), ("0", 0),
     ("24", None), ("9:60", None), ("", None), ("soon", None), ("9:3", None), ("12345", None)],
)  # fmt: skip
def test_a_time_of_day_is_read_however_it_is_typed(typed: str, minutes: int | None) -> None:
    assert read_time(typed) == minutes


@pytest.mark.parametrize(
    ("facts", "state", "misfits"),
    [
        ((PLAN,), VisitState.PLANNED, 0), ((PLAN, MOVED), VisitState.PLANNED, 0), ((PLAN, CAME), VisitState.ON_SITE, 0),
        ((PLAN, CAME, DONE), VisitState.DONE, 0), ((PLAN, MISSED), VisitState.NOT_MET, 0),
        ((PLAN, OFF), VisitState.CANCELLED, 0), ((PLAN, CAME, TAKEN), VisitState.TAKEN_IN, 0),
        ((PLAN, TAKEN), VisitState.TAKEN_IN, 0), ((PLAN, MISSED, CAME), VisitState.NOT_MET, 1),
        ((PLAN, DONE), VisitState.PLANNED, 1), ((PLAN, CAME, CAME), VisitState.ON_SITE, 1), ((), VisitState.CANCELLED, 0),
        ((PLAN, WorkFact("undo", S.CANCELLED, 60, "c1", None, "e8", "e1")), VisitState.CANCELLED, 0),
        ((PLAN, CAME, WorkFact("undo", S.CANCELLED, 60, "f1", None, "e8", "e3")), VisitState.PLANNED, 0),
    ],
)  # fmt: skip
def test_a_trip_stands_where_the_table_of_moves_puts_it(
    facts: tuple[WorkFact, ...], state: VisitState, misfits: int
) -> None:
    view = fold_visit(facts)
    assert (view.state, len(view.work.misfits)) == (state, misfits)


def test_the_arrival_that_counts_is_known() -> None:
    assert (fold_visit((PLAN,)).arrived_ms, fold_visit((PLAN, CAME, DONE)).arrived_ms) == (0, 30)


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [(0, 5, "missing"), (5, 5, "order"), (5, 13 * HOUR, "long"), (5, 9, "past"),
     (401 * DAY_MS, 401 * DAY_MS + HOUR, "far")],
)  # fmt: skip
def test_a_window_that_nobody_can_keep_is_refused(start: int, end: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_window(start, end, now=10)
    assert (refused.value.field, refused.value.code) == ("window", code)


def test_the_charge_is_told_before_anybody_sets_out() -> None:
    check_fee("free", 0)
    check_fee("fee", 5_000)
    for fee, fen, field in (("", 0, "fee_notice"), ("maybe", 1, "fee_notice"), ("fee", 0, "fee_fen")):
        with pytest.raises(Refused) as refused:
            check_fee(fee, fen)
        assert refused.value.field == field


def test_field_engineers_and_supervisors_are_sent_and_nobody_else() -> None:
    assert may_be_sent(["technician", "field_engineer"]) and may_be_sent(["site_supervisor"])
    assert not may_be_sent(["counter_clerk", "technician", "administrator"])
