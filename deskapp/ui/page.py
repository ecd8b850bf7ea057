"""What a page is, and what it is handed. Pages are built when they are first opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.settings import Setting, Values
from deskapp.ui.jobs import Jobs
from deskapp.ui.tokens import HUGE, LARGE, SMALL
from deskapp.ui.widgets.enter import after_enter, is_enter
from deskapp.ui.widgets.forms import Scroll, row
from deskapp.ui.widgets.notices import Banner
from deskapp.ui.widgets.tabs import lay_tab_order, step_of_tab
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


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class PrintDoor:
    """What a page may ask of the program's own printing.

    `hurry` tries now what waits for a later moment; `clear` makes a printer forget what it holds (False when it
    could not be told), which takes seconds and belongs on a work thread.
    """

    hurry: Callable[[], None] = _nothing
    clear: Callable[[str], bool] = field(default=lambda address: False)


@dataclass(frozen=True, slots=True)
class Fill:
    """How far the first fill of a scope has come, in records."""

    scope: str
    done: int
    every: int


@dataclass(frozen=True, slots=True)
class SyncDoor:
    """What a page may ask of the agent that speaks with the server.

    `hurry` speaks now; `look` starts the agent of a desk that belongs to a server by now. Only to be shown:
    `fill` how far a first fill is (None: none is under way), `speaking` whether a contact is, `next_in_ms` when the
    next one is due (-1: never, there is no agent).
    """

    hurry: Callable[[], None] = _nothing
    look: Callable[[], None] = _nothing
    fill: Callable[[], Fill | None] = field(default=lambda: None)
    speaking: Callable[[], bool] = field(default=lambda: False)
    next_in_ms: Callable[[], int] = field(default=lambda: -1)


@dataclass(slots=True)
class PageContext:
    """Everything a page may use of the window.

    `navigate(page_id, **args)` opens a page and hands the arguments to its `open`;
    `toast` shows a notice; `ask_supervisor` gets a second person's consent; `values` are
    the settings as they are now; `set_value` changes one; `actor()` is who is signed in; `now()`
    the time in ms UTC; `printing` reaches what prints in the background, `syncing` what speaks with the server.
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
    printing: PrintDoor = field(default_factory=PrintDoor)
    syncing: SyncDoor = field(default_factory=SyncDoor)


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

    def look_ahead(self) -> None:
        """Somebody is about to come in: ask what `open` will show. Nothing of it is shown before they are checked."""

    def grow(self) -> bool:
        """Build a part of a page that is built ahead in steps; tells whether there is more. `open` builds the rest."""
        return False

    def leave(self) -> None:
        """Somebody goes elsewhere; save a draft here."""

    def scan(self, text: str) -> bool:
        """Take a scanned code; True when it was meant for this page."""
        return False

    def verb(self, word: str) -> bool:
        """Take a command of the laminated sheet (OK, NEXT, PRINT ...); True when it meant something here.

        A page that has no words of its own prints and goes on as by its keys.
        """
        act = getattr(self, {"PRINT": "print_paper", "NEXT": "next_record"}.get(word, ""), None)
        if act is None:
            return False
        act()
        return True

    def is_grave(self, word: str) -> bool:
        """Tell whether a command of the sheet does something here that cannot be taken back: it then asks for proof."""
        from deskapp.rules.numbers import DANGEROUS_COMMANDS  # the window starts without it

        return word in DANGEROUS_COMMANDS

    def changed(self, changes: Changes) -> None:
        """A commit happened, ours or another's; ask again for what is shown if it is touched."""

    def retranslate(self) -> None:
        """Say again what is not a message id in a widget."""

    def order_tabs(self) -> None:
        """Let Tab go through the page as it is read, parts that came later included."""
        self._stops = lay_tab_order(self, self._stops)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Move along the order as it is read, and from its ends to what stands around the page."""
        self.order_tabs()
        following = step_of_tab(self, self._stops, forward)
        if following is None:
            return super().focusNextPrevChild(forward)
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        following.setFocus(reason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Enter go on from a field that has no use of its own for it: to the next, from the last to saving."""
        if is_enter(event):
            self.order_tabs()
            if after_enter(self, self._stops):
                event.accept()
                return
        super().keyPressEvent(event)

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
