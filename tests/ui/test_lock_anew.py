"""The lock screen tells how things stand when it comes up, not how they stood when the program began."""

from __future__ import annotations

from collections.abc import Callable

from deskapp.commands.setup import set_setting
from deskapp.models.store import Store
from deskapp.settings import HIDE_NAMES
from deskapp.ui.care import Care
from deskapp.ui.jobs import Jobs
from deskapp.ui.window import Window
from tests.conftest import People
from tests.factories_bench import open_shop


def test_a_desk_that_locks_again_counts_anew_and_hides_names_that_were_hidden_since(
    qtbot, make_window: Callable[..., Window], jobs: Jobs, store: Store, people: People
) -> None:
    window = make_window([])
    care = Care(window, jobs, store, 0)
    care.begin()
    screen = window.lock_screen
    shop = open_shop(store, people)
    shop.take_in()
    window.enter(people.clerk)
    window.lock()
    qtbot.waitUntil(lambda: "1 device here" in screen.counts.text() and len(screen.tiles) > 0)

    shop.take_in()
    store.run(set_setting(key=HIDE_NAMES.key, value=True), by=people.admin)
    window.enter(people.clerk)
    window.lock()
    qtbot.waitUntil(lambda: "2 devices here" in screen.counts.text() and screen.tiles == [])
    qtbot.waitUntil(lambda: jobs._running == 0)
