"""Where a scan and a search lead: lock screen, second person, page, field, or the record a code names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from deskapp.errors import N_
from deskapp.ui.actions import ActionSpec, Seen
from deskapp.ui.finding import KIND_PAGES, Destination, Finder, Resolved
from deskapp.ui.grave_verbs import GraveVerbs
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import Say
from deskapp.ui.palette import Deed, deeds_of, fitting_deeds, matching, suggestion_of
from deskapp.ui.shell import Shell
from deskapp.ui.widgets.fields import ScanField
from deskapp.ui.widgets.suggest import Suggestion

if TYPE_CHECKING:
    from deskapp.models.store import ReadSession


class Router(QObject):
    """Sends scans and chosen answers where they belong.

    Signals:
        failed: a scan led nowhere; the window makes its sound.
        undo_wanted: the sheet's UNDO was scanned.
        badge_scanned: a badge was scanned while somebody is signed in; carries the code.
        chosen_action: an action was chosen in the search field; carries the ActionSpec.
    """

    failed = Signal()
    undo_wanted = Signal()
    badge_scanned = Signal(str)
    chosen_action = Signal(object)

    def __init__(self, jobs: Jobs, finder: Finder, notify: Say, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs, self._finder, self._notify = jobs, finder, notify
        self._shell: Shell | None = None
        self._actions: Sequence[ActionSpec] = ()
        self._seen: Seen | None = None
        self._grave: GraveVerbs | None = None
        self._deeds: tuple[Deed, ...] = ()

    def attach(self, shell: Shell, actions: Sequence[ActionSpec]) -> None:
        """Serve the field and the pages of a shell."""
        self._shell, self._actions = shell, actions
        self._grave = GraveVerbs(self._jobs, shell, self)
        shell.find_field.taken.connect(self._taken)
        shell.find_field.entered.connect(self._entered)
        shell.find_field.begun.connect(self._look_around)
        shell.find_field.nothing = N_("Nothing fits “{words}”.")

    def see(self, seen: Seen) -> None:
        """Note who is here and on which page; searches on read threads use this frozen view."""
        self._seen = seen

    def search(self, session: ReadSession, text: str) -> Sequence[Suggestion]:
        """Return what can be found and what can be done; without a text only the latter. On a read thread."""
        actions = [suggestion_of(action) for action in matching(self._actions, text, self._usable)]
        return [*self._finder.search(session, text), *actions, *fitting_deeds(self._deeds, text)] if text else actions

    def _look_around(self) -> None:
        """Note what the open page can do."""
        self._deeds = deeds_of(self._shell.page()) if self._shell is not None else ()

    def scan(self, text: str) -> None:
        """Take a code while somebody is signed in."""
        shell = self._shell
        if shell is None:
            return
        shell.show_scan(text)
        page, focused = shell.page(), QApplication.focusWidget()
        if shell.proof.isVisible():
            shell.proof.take_badge(text)
        elif shell.supervisor.isVisible():
            shell.supervisor.take_badge(text)
        elif page is not None and page.scan(text):
            return
        elif isinstance(focused, ScanField) and focused.wants(text):
            focused.take_scan(text)
        else:
            self.resolve(text)

    def resolve(self, text: str) -> None:
        """Open whatever a code names."""
        finder = self._finder
        self._jobs.ask(
            lambda session: finder.resolve(session, text),
            owner=self, then=lambda found: self._resolved(text, found), exclusive="scan",
        )  # fmt: skip

    def _resolved(self, text: str, found: Resolved) -> None:
        shell = self._shell
        if shell is None:
            return
        if found.verb:
            self._verb(shell, found.verb)
        elif found.badge:
            self.badge_scanned.emit(text)
        elif found.destination is not None and found.destination.page in shell.pages:
            page, own = found.destination.page, KIND_PAGES.get(str(found.destination.args.get("kind", "")), "")
            elsewhere = own in shell.pages and not shell.may_open(page)  # the record itself, where its next step is
            shell.go(own if elsewhere else page, **found.destination.args)  # not this person's
            if found.sentence and not elsewhere:
                self._notify(found.sentence, number=found.number)
        elif found.choices:
            shell.find_field.setText(text)
            shell.find_field.setFocus()
            shell.find_field.popup.offer(found.choices)
            if found.sentence:
                self._notify(found.sentence, number=found.number)
        else:
            self.failed.emit()
            sentence = found.sentence or N_("Nothing here has the number {number}.")
            self._notify(sentence, tone="warn", number=found.number or text)

    def _verb(self, shell: Shell, verb: str) -> None:
        page = shell.page()
        if page is not None and self._grave is not None:
            self._grave.do(page, verb, lambda: self._do_verb(shell, verb))
        else:
            self._do_verb(shell, verb)

    def _do_verb(self, shell: Shell, verb: str) -> None:
        page = shell.page()
        if page is not None and page.verb(verb):
            return
        if verb == "UNDO":
            self.undo_wanted.emit()
        else:
            self.failed.emit()
            self._notify(N_("The command {verb} does nothing on this page."), tone="warn", verb=verb)

    def _usable(self, action: ActionSpec) -> bool:
        return self._seen is not None and action.handler != "window:search" and action.enabled(self._seen)

    def _taken(self, chosen: Suggestion) -> None:
        shell = self._shell
        if shell is None:
            return
        shell.find_field.reset()
        if isinstance(chosen.data, Destination) and chosen.data.page in shell.pages:
            shell.go(chosen.data.page, **chosen.data.args)
        elif isinstance(chosen.data, ActionSpec):
            self.chosen_action.emit(chosen.data)
        elif isinstance(chosen.data, Deed):
            chosen.data.lead()
        if shell.find_field.hasFocus():
            shell.focus_page()

    def _entered(self, text: str) -> None:
        if text and self._shell is not None:
            self._shell.find_field.reset()
            self.resolve(text)
