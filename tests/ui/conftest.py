"""What window tests use: a look, jobs over a real store, a furnished window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication

from deskapp import i18n
from deskapp.models.store import Store
from deskapp.settings import Values
from deskapp.ui import theme
from deskapp.ui.finding import StoreFinder
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import Page, PageContext, PageSpec
from deskapp.ui.window import Window
from tests.conftest import FixedClock, People


@pytest.fixture(scope="session")
def look(qapp: QApplication) -> QApplication:
    """The application with its fonts and the light look."""
    theme.load_bold()
    theme.apply(qapp, "light", 100)
    return qapp


@pytest.fixture(autouse=True)
def _as_it_was(look: QApplication) -> Iterator[None]:
    """Every test begins in English, light, at 100 %."""
    i18n.use("en")
    yield
    i18n.use("zh_CN")
    if theme.now().mode != "light" or theme.now().scale != 100:
        theme.apply(look, "light", 100)


@pytest.fixture
def jobs(store: Store, people: People, qapp: QApplication) -> Iterator[Jobs]:
    """Jobs over the test branch, with the clerk at the desk."""
    made = Jobs(lambda: store)
    made.actor = people.clerk
    yield made
    made.close()


@pytest.fixture
def context(jobs: Jobs, people: People, clock: FixedClock) -> PageContext:
    """A page context whose navigation and toasts go nowhere."""
    return PageContext(
        jobs=jobs, navigate=lambda page, **args: None, toast=lambda text, **values: None,
        ask_supervisor=lambda right, then, **values: None, values=Values, actor=lambda: people.clerk, now=clock,
    )  # fmt: skip


@pytest.fixture
def shown(qtbot, context: PageContext) -> Iterator[Callable[..., Any]]:
    """Open pages as the shell does: shown, active, and told of every commit."""

    def show(kind: type[Page], /, **args: object) -> Any:
        page = kind(context)
        made.append(page)
        page.resize(1180, 720)
        page.show()
        qtbot.waitExposed(page)
        page.activateWindow()
        page.open(**args)
        context.jobs.changed.connect(page.changed)
        return page

    made: list[Page] = []
    yield show
    for page in made:
        # Gone before its jobs are: answers that are still on the way are dropped.
        page.close()
        shiboken6.delete(page)


@pytest.fixture
def make_window(qtbot, jobs: Jobs, store: Store, clock: FixedClock) -> Iterator[Callable[..., Window]]:
    """Make a furnished window over the test branch; closed at the end."""

    def make(pages: list[PageSpec], *, finder: object = None, status: object = None) -> Window:
        from deskapp.rules import access

        window = Window(Values(), "鼓楼支局")
        qtbot.addWidget(window)
        window.furnish(
            jobs, pages, finder or StoreFinder(), now=clock,
            may=lambda roles, right: access.may(store.roles, roles, right), status=status,
        )  # fmt: skip
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        held.append(window)
        return window

    held: list[Window] = []
    yield make
    held.clear()
