"""The desk itself: navigation, the scan-and-search field, the pages, the status line. No business in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import shiboken6
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.ui import theme
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import Page, PageContext, PageSpec
from deskapp.ui.rail import Rail
from deskapp.ui.speech import spoken
from deskapp.ui.status import StatusLine
from deskapp.ui.tokens import HUGE, MEDIUM, SMALL
from deskapp.ui.widgets.notices import EmptyState
from deskapp.ui.widgets.own_proof import OwnProof
from deskapp.ui.widgets.pins import SupervisorPanel
from deskapp.ui.widgets.suggest import Search, SuggestField
from deskapp.ui.widgets.text import Button, Picture, Text

if TYPE_CHECKING:
    from deskapp.models.store import Changes, ReadSession

PREPARE_MS = 150
STEP_MS = 20
"""Between two steps of building ahead: room for a key that was pressed meanwhile."""

COUNT_MS = 400
DISAGREEMENTS = "disagreements"
"""The page whose open cards are counted in the navigation, and how long after a sign-in."""

WIDE_ENOUGH = 1080
"""Window width in px at 100 % from which the navigation shows names."""


class FindField(SuggestField):
    """The scan-and-search field of the top bar; opens its list even without text.

    Signals:
        escaped: Escape was pressed with the list closed.
        begun: somebody came to the field.
    """

    escaped = Signal()
    begun = Signal()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell that somebody came: what the page can do is looked at now, for the search runs on another thread."""
        super().focusInEvent(event)
        self.begun.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave on Escape, list the actions on Down."""
        shown = self._popup is not None and self._popup.isVisible()
        if event.key() == Qt.Key.Key_Escape and not shown:
            self.reset()
            self.escaped.emit()
            return
        if event.key() == Qt.Key.Key_Down and not shown:
            self.ask_now()
            return
        super().keyPressEvent(event)


class Shell(QWidget):
    """Everything that is seen while somebody is signed in.

    Signals:
        opened: another page is shown; carries its id.
        lock_wanted, user_wanted, theme_wanted, language_wanted: the buttons of the bars.
    """

    opened = Signal(str)
    lock_wanted = Signal()
    user_wanted = Signal()
    theme_wanted = Signal()
    language_wanted = Signal()

    def __init__(
        self, jobs: Jobs, pages: Sequence[PageSpec], keys: Mapping[str, str], search: Search,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._jobs = jobs
        self.pages: Mapping[str, PageSpec] = {page.id: page for page in pages}
        self.built: dict[str, Page] = {}
        self.context: PageContext | None = None
        self._past: list[tuple[str, dict[str, Any]]] = []
        self._here: tuple[str, dict[str, Any]] | None = None
        self._keep_narrow = False
        self._may: Callable[[str], bool] = lambda right: True
        self.find_field = FindField(jobs, search, N_("Scan or search anything: number, name, phone, words"),
                              name=N_("Scan or search"), least=0)  # fmt: skip
        self.find_field.setProperty("role", "search")
        self.last_scan = Text(role="caption")
        self.rail = Rail(pages, keys)
        self.stack = QStackedWidget()
        self.stack.setProperty("role", "pages")
        self.supervisor = SupervisorPanel()
        self.proof = OwnProof()
        self.status = StatusLine()
        self._nothing = EmptyState("shield-lock", N_("You may not open this page. Ask a supervisor."))
        self.stack.addWidget(self._nothing)
        self._arrange()
        self.rail.wanted.connect(self.go)
        self.status.wanted.connect(self._go_known)
        self.status.user_wanted.connect(self.user_wanted)
        self.find_field.escaped.connect(self.focus_page)

    def go(self, page_id: str, **args: object) -> None:
        """Open a page and hand it its arguments; unknown pages are a bug."""
        if self._here is not None and self._here[0] != page_id:
            self._past = [*self._past[-30:], self._here]
        self._show(page_id, dict(args))

    def back(self) -> None:
        """Open the page before this one."""
        if self._past:
            self._show(*self._past.pop())

    def resume(self) -> None:
        """Show the page that was shown, or the first one the person may open."""
        listed = [page for page in self.pages.values() if page.group and (not page.right or self._may(page.right))]
        QTimer.singleShot(COUNT_MS, self, self.count)  # after the first page, which comes first
        if self._here is None and listed:
            self.go(listed[0].id)
        elif self._here is not None:
            self._show(*self._here)

    def look_ahead(self) -> None:
        """Somebody's PIN is being checked: let the page that they will find ask ahead, if it is built."""
        page = self.built.get(self._here[0]) if self._here is not None else next(iter(self.built.values()), None)
        if page is not None:
            page.look_ahead()

    def prepare_soon(self) -> None:
        """Build the first page ahead, behind the lock screen, in a moment of its own: somebody may be typing."""
        QTimer.singleShot(PREPARE_MS, self, self._prepare)

    def _prepare(self) -> None:
        first = next((page for page in self.pages.values() if page.group and not page.right), None)
        if first is not None and not self.built:
            self._grow(self._build(first))

    def _grow(self, page: Page) -> None:
        if shiboken6.isValid(page) and not self.isVisible() and page.grow():
            QTimer.singleShot(STEP_MS, page, lambda: self._grow(page))

    def page(self) -> Page | None:
        """Return the page that is shown."""
        shown = self.stack.currentWidget()
        return shown if isinstance(shown, Page) else None

    def page_id(self) -> str:
        """Return the id of the page that is shown."""
        return self._here[0] if self._here is not None else ""

    def leave(self) -> None:
        """Let the shown page keep its draft; before locking."""
        page = self.page()
        if page is not None:
            page.leave()
        self.supervisor.close_panel()
        self.proof.close_panel()

    def forget_pages(self) -> None:
        """Drop all pages: another person has come, and must not see what was typed."""
        self.leave()
        for page in self.built.values():
            self.stack.removeWidget(page)
            page.deleteLater()
        self.built.clear()
        self._past.clear()
        self._here = None

    def allow(self, may: Callable[[str], bool]) -> None:
        """List and open only what the person may."""
        self._may = may
        self.rail.allow(may)

    def may_open(self, page_id: str) -> bool:
        """Tell whether the person at the desk may see a page."""
        right = self.pages[page_id].right
        return not right or self._may(right)

    def tell(self, changes: Changes) -> None:
        """Tell the shown page of a commit; the others ask again when they are opened."""
        if changes.touches("review_card", "sync_result"):
            self.count()
        page = self.page()
        if page is not None:
            page.changed(changes)

    def count(self) -> None:
        """Ask how many disagreements wait for a person."""
        if DISAGREEMENTS in self.pages:
            self._jobs.ask(_disagreements, owner=self, then=self._counted, exclusive="count")

    def _counted(self, count: int) -> None:
        self.rail.show_count(DISAGREEMENTS, count)

    def focus_page(self) -> None:
        """Give the focus to the first field of the page, unless one of its own has it."""
        page = self.page()
        if page is None or (page.focusWidget() is not None and page.focusWidget().hasFocus()):
            return
        page.order_tabs()
        widget = page.nextInFocusChain()
        while widget is not None and widget is not page:
            wanted = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isEnabled()
            if wanted and widget.isVisibleTo(page) and page.isAncestorOf(widget):
                widget.setFocus(Qt.FocusReason.TabFocusReason)
                return
            widget = widget.nextInFocusChain()

    def show_scan(self, text: str) -> None:
        """Show the last code that was read."""
        self.last_scan.say(N_("Last scan: {code}"), code=text if len(text) <= 24 else text[:22] + "…")

    def keep_narrow(self, narrow: bool) -> None:
        """Keep the navigation narrow, or let the width decide."""
        self._keep_narrow = narrow
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold the navigation where it is narrow."""
        super().resizeEvent(event)
        self._fit()

    def retranslate(self) -> None:
        """Say the names of the bars in the window's language."""
        self.stack.setAccessibleName(spoken(N_("Page")))
        for page_id, page in self.built.items():
            page.setAccessibleName(spoken(self.pages[page_id].title))
        shown = self.page()
        if shown is not None:
            from deskapp.models.store import Changes  # here with the first page, not before the first paint

            # Models and parts have names in two languages, and the page was answered with those of the other one.
            shown.changed(Changes.everything())

    def _fit(self) -> None:
        self.rail.set_narrow(self._keep_narrow or self.width() < theme.px(WIDE_ENOUGH))
        self.last_scan.setVisible(self.width() >= theme.px(900))

    def _go_known(self, page_id: str) -> None:
        if page_id in self.pages:
            self.go(page_id)

    def _show(self, page_id: str, args: dict[str, Any]) -> None:
        spec = self.pages[page_id]
        before = self.page()
        if before is not None and self.page_id() != page_id:
            before.leave()
            self.supervisor.close_panel()
            self.proof.close_panel()
        self._here = (page_id, args)
        self.rail.show_page(page_id)
        if not self.may_open(page_id):
            self.stack.setCurrentWidget(self._nothing)
        else:
            page = self.built.get(page_id) or self._build(spec)
            self.stack.setCurrentWidget(page)
            page.open(**args)
            # After the page's own wish, which waits for the same moment.
            QTimer.singleShot(0, self, self.focus_page)
        self.opened.emit(page_id)

    def _build(self, spec: PageSpec) -> Page:
        if self.context is None:
            raise RuntimeError("pages are built after somebody has signed in")
        page = spec.factory(self.context)
        page.setAccessibleName(spoken(spec.title))
        self.stack.addWidget(page)
        self.built[spec.id] = page
        return page

    def _arrange(self) -> None:
        bar = QWidget()
        bar.setProperty("role", "bar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        top = QHBoxLayout(bar)
        top.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        top.setSpacing(SMALL)
        self.find_field.setMaximumWidth(760)
        self.theme_button = Button(role="quiet", icon="contrast", name=N_("Light, dark, high contrast"),
                                   clicked=self.theme_wanted.emit)  # fmt: skip
        self.language_button = Button(role="quiet", icon="language", name=N_("中文 / English"),
                                      clicked=self.language_wanted.emit)  # fmt: skip
        self.lock_button = Button(role="quiet", icon="lock", name=N_("Lock"), clicked=self.lock_wanted.emit)
        top.addWidget(Picture("scan", "accent", 22))
        top.addWidget(self.find_field, 1)
        top.addWidget(self.last_scan)
        top.addStretch(1)
        for button in (self.theme_button, self.language_button, self.lock_button):
            top.addWidget(button)
        holder = QVBoxLayout()
        holder.setContentsMargins(HUGE, SMALL, HUGE, 0)
        holder.addWidget(self.supervisor)
        holder.addWidget(self.proof)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addLayout(holder)
        right.addWidget(self.stack, 1)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(bar)
        whole.addLayout(middle, 1)
        whole.addWidget(self.status)
        self.retranslate()


def _disagreements(session: ReadSession) -> int:
    from deskapp.queries.disagreements import open_count  # read when somebody is signed in, not before the first paint

    return open_count(session)
