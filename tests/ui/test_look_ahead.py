"""While a PIN is checked, the page behind the lock screen asks for its rows; nobody sees them before it is over."""

from __future__ import annotations

import pytest

from deskapp.errors import N_
from deskapp.models.store import Changes, Store
from deskapp.ui.kit import PageContext, PageSpec
from deskapp.ui.pages.today import AHEAD_MS, TodayPage
from tests.conftest import FixedClock, People
from tests.factories_bench import open_shop


@pytest.fixture
def page(qtbot, context: PageContext) -> TodayPage:
    made = TodayPage(context)
    qtbot.addWidget(made)
    return made


def ahead(qtbot, page: TodayPage) -> int:
    """Let a page ask ahead and return the instant it asked for."""
    page.look_ahead()
    qtbot.waitUntil(lambda: page._ahead is not None, timeout=20_000)
    assert page.seen is None
    return page._ahead.now


def test_what_was_asked_ahead_is_there_when_the_page_opens(qtbot, page: TodayPage) -> None:
    at = ahead(qtbot, page)

    page.open()

    assert page.seen is not None
    assert page.seen.now == at


def test_an_old_answer_is_asked_for_anew(qtbot, page: TodayPage, clock: FixedClock) -> None:
    at = ahead(qtbot, page)
    clock.now += AHEAD_MS

    page.open()

    assert page.seen is None
    qtbot.waitUntil(lambda: page.seen is not None, timeout=20_000)
    assert page.seen.now > at


def test_a_commit_voids_what_was_asked_ahead(
    qtbot, page: TodayPage, context: PageContext, store: Store, people: People
) -> None:
    ahead(qtbot, page)
    open_shop(store, people).take_in()
    context.jobs.changed.emit(Changes(frozenset({("repair_item", "x")})))

    page.open()

    qtbot.waitUntil(lambda: page.seen is not None, timeout=20_000)
    assert page.seen.counts["to_diagnose"] == 1


def test_an_answer_that_is_late_gives_way_to_the_one_the_page_asks_for(qtbot, page: TodayPage) -> None:
    page.look_ahead()
    page.open()
    opened = page.context.now()

    qtbot.waitUntil(lambda: page.seen is not None, timeout=20_000)

    assert page._ahead is None
    assert page.seen.now == opened - 1


def test_the_page_behind_the_lock_screen_asks_while_a_pin_is_checked(qtbot, make_window, people: People) -> None:
    window = make_window([PageSpec("today", N_("Today"), "home", TodayPage, group="day")])
    window.enter(people.clerk)
    page = window.shell.page()
    qtbot.waitUntil(lambda: page.seen is not None, timeout=20_000)
    window.lock()
    before = page.seen.now

    window.lock_screen.attempted.emit(people.clerk.staff_no, "000000")

    qtbot.waitUntil(lambda: page._ahead is not None, timeout=20_000)
    assert window.actor is None
    assert page.seen.now == before
    assert not page.isVisible()
