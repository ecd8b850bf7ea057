"""What a page is, and what it is handed. Pages are built when they are first opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.settings import Setting, Values
from deskapp.ui.jobs import Jobs
from deskapp.ui.tokens import HUGE, LARGE, SMALL
from deskapp.ui.widgets.forms import Scroll, row
from deskapp.ui.widgets.notices import Banner
from deskapp.ui.widgets.tabs import lay_tab_order
from deskapp.ui.widgets.text import Text, reveal

if TYPE_CHECKING:
    from deskapp.models.store import Actor, Changes, Override


class Say(Protocol):
    """Shows a toast: a message id with values, perhaps with Undo."""

    def __call__(
        self, text: str, *, tone: str = "info", undo: Callable[[], object] | None = None, raw: bool = False,
        **values: object,
    ) -> None:  # fmt: skip
        """Show it."""


class AskSupervisor(Protocol):
    """Asks for a second person's PIN and reason, without leaving the page."""

    def __call__(self, right: str, then: Callable[[Override], object], *, why: str = "", **values: object) -> None:
        """Ask; `then` gets the consent. `why` is a message id that says what is being allowed."""


@dataclass(slots=True)
class PageContext:
    """Everything a page may use of the window.

    `navigate(page_id, **args)` opens a page and hands the arguments to its `open`;
    `toast` shows a notice; `ask_supervisor` gets a second person's consent; `values` are
    the settings as they are now; `set_value` changes one; `actor()` is who is signed in; `now()`
    the time in ms UTC.
    """

    jobs: Jobs
    navigate: Callable[..., None]
    toast: Say
    ask_supervisor: AskSupervisor
    values: Callable[[], Values]
    actor: Callable[[], Actor | None]
    now: Callable[[], int]
    may: Callable[[str], bool] = field(default=lambda right: True)
    back: Callable[[], None] = field(default=lambda: None)
    practice: bool = False
    set_value: Callable[[Setting[Any], Any], None] = field(default=lambda setting, value: None)


class Page(QWidget):
    """A page of the window.

    Pages override what they need: `open` when somebody comes here (with the arguments of
    `navigate`), `scan` to take a scanned code (True when it was meant for this page), `changed`
    to ask again after a commit, `leave` to tidy up, `retranslate` for texts that are not message ids.
    """

    def __init__(self, context: PageContext, title: str = "", hint: str = "", *, scroll: bool = True) -> None:
        super().__init__()
        self.context = context
        self.jobs = context.jobs
        self._stops: list[QWidget] = []
        self.setProperty("role", "page")
        self.title = Text(title, "title")
        self.subtitle = Text(hint, "muted", wrap=True)
        reveal(self.subtitle, bool(hint))
        self.banner = Banner()
        self.head = row(self.title, 1, gap=SMALL)
        outer = QVBoxLayout(self)
        outer.setSpacing(0)
        outer.setContentsMargins(0, 0, 0, 0)
        if scroll:
            area = Scroll()
            self.body = area.column
            outer.addWidget(area)
        else:
            self.body = QVBoxLayout()
            self.body.setContentsMargins(HUGE, HUGE, HUGE, LARGE)
            self.body.setSpacing(LARGE)
            outer.addLayout(self.body)
        if title:
            self.body.addLayout(self.head)
            self.body.addWidget(self.subtitle)
        self.body.addWidget(self.banner)

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        """Put a widget below what is there."""
        self.body.addWidget(widget, stretch)

    def open(self, **args: object) -> None:
        """Somebody comes here; called each time, before the page is seen."""

    def leave(self) -> None:
        """Somebody goes elsewhere; save a draft here."""

    def scan(self, text: str) -> bool:
        """Take a scanned code; True when it was meant for this page."""
        return False

    def verb(self, word: str) -> bool:
        """Take a command of the laminated sheet (OK, NEXT, PRINT ...); True when it meant something here."""
        return False

    def changed(self, changes: Changes) -> None:
        """A commit happened, ours or another's; ask again for what is shown if it is touched."""

    def retranslate(self) -> None:
        """Say again what is not a message id in a widget."""

    def order_tabs(self) -> None:
        """Let Tab go through the page as it is read, parts that came later included."""
        self._stops = lay_tab_order(self, self._stops)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Lay the order before Tab moves."""
        self.order_tabs()
        return super().focusNextPrevChild(forward)

    def focus_first(self, field: QWidget) -> None:
        """Put the focus into a field once the page is on the screen."""
        QTimer.singleShot(0, field, lambda: field.setFocus())


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page as the window lists it. `factory` is called when it is first opened.

    `group` is the block of the navigation it stands in (empty: reachable, but not listed);
    `right` is what a person needs to see it.
    """

    id: str
    title: str
    icon: str
    factory: Callable[[PageContext], Page]
    group: str = ""
    right: str = ""
