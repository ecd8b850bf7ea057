"""The daily closing behind the window: once a day, as the program, told only when something was closed."""

from __future__ import annotations

from typing import Any

import pytest

from deskapp.models.repair import RepairItem, WorkEvent
from deskapp.models.store import Store
from deskapp.ui.jobs import Jobs
from deskapp.ui.sweep import Sweep
from tests.commands.test_pickup import hand, order_with
from tests.conftest import FixedClock, People
from tests.factories_pickup import Line


@pytest.fixture
def told() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def sweep(qtbot: Any, jobs: Jobs, clock: FixedClock, told: list[dict[str, Any]]) -> Sweep:
    return Sweep(jobs, clock, lambda text, **values: told.append(values), jobs)


def finished(qtbot: Any, jobs: Jobs, sweep: Sweep) -> None:
    with qtbot.waitSignal(jobs.busy, check_params_cb=lambda on: not on):
        sweep.look()


def test_nothing_to_close_is_not_told(qtbot: Any, jobs: Jobs, sweep: Sweep, told: list[Any]) -> None:
    finished(qtbot, jobs, sweep)
    assert told == []


def test_what_was_closed_is_told_and_done_by_the_program(
    qtbot: Any, jobs: Jobs, sweep: Sweep, store: Store, people: People, clock: FixedClock, told: list[Any]
) -> None:
    order = order_with(store, people, Line(), Line())
    hand(store, people, order, 0, 1)
    clock.forward(days=8)

    finished(qtbot, jobs, sweep)

    assert told == [{"count": 2}]
    assert {store.ask(lambda s, one=one: s.get_one(RepairItem, one).work_state) for one in order.items} == {"closed"}
    assert {row.by for row in store.ask(lambda s: s.query(WorkEvent).filter_by(move="close_auto").all())} == {"system"}


def test_it_looks_once_a_day(
    qtbot: Any, jobs: Jobs, sweep: Sweep, store: Store, people: People, clock: FixedClock, told: list[Any]
) -> None:
    finished(qtbot, jobs, sweep)
    order = order_with(store, people, Line())
    hand(store, people, order, 0)
    clock.forward(hours=23)
    sweep.look()
    assert not jobs._running

    clock.forward(days=8)
    finished(qtbot, jobs, sweep)

    assert told == [{"count": 1}]


def test_a_van_that_is_overdue_becomes_a_card_within_the_hour(
    qtbot: Any, jobs: Jobs, sweep: Sweep, store: Store, people: People, clock: FixedClock
) -> None:
    from deskapp.models.repair import ReviewCard
    from tests.factories_transfers import yard

    def late() -> int:
        return store.ask(lambda session: session.query(ReviewCard).filter_by(kind="late_transfer").count())

    yard(store, people).sent(1)
    for hours, cards in ((0, 0), (49, 1), (2, 1)):
        clock.forward(hours=hours)
        with qtbot.waitSignal(jobs.busy, check_params_cb=lambda on: not on):
            sweep.look_after_vans()
        qtbot.waitUntil(lambda: not jobs._running)
        assert late() == cards
