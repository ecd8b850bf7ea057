"""What window tests use: a look, jobs over a real store, a furnished window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication

from deskapp import i18n
from deskapp.models.store import Actor, Store
from deskapp.settings import Values
from deskapp.ui import theme
from deskapp.ui.finding import StoreFinder
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import Page, PageContext, PageSpec
from deskapp.ui.window import Window
from tests.conftest import FixedClock, People

if TYPE_CHECKING:
    from tests.factories_depot import Depot

Asked = list[tuple[str, Callable[..., Any]]]
"""What pages asked a supervisor for: the right, and what goes on."""


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
def depot(store: Store, people: People) -> Depot:
    """A branch that repairs, with its stock and its staff."""
    from tests.factories_depot import open_depot

    return open_depot(store, people)


@pytest.fixture
def asked() -> Asked:
    """Whose consent pages asked for, with what goes on when it is given."""
    return []


@pytest.fixture
def went() -> list[tuple[str, dict[str, Any]]]:
    """Where pages led, with what."""
    return []


@pytest.fixture
def at(
    shown: Callable[..., Any], context: PageContext, depot: Depot, asked: Asked, went: list[tuple[str, dict[str, Any]]]
) -> Callable[..., Any]:
    """Open pages of the depot in front of somebody, the supervisor where nobody is named."""
    from deskapp.rules import access

    def show(kind: type[Page], by: Actor | None = None, /, **args: object) -> Any:
        who = by or depot.people.supervisor
        context.jobs.actor = who
        context.actor = lambda: who
        context.may = lambda right: access.may(depot.store.roles, who.roles, right)
        context.ask_supervisor = lambda right, then, **_values: asked.append((right, then))
        context.navigate = lambda page, **more: went.append((page, more))
        return shown(kind, **args)

    return show


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
