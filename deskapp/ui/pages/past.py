"""The history of a record on its page: every change, who and when, the old value and the new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent

from deskapp import catalogue
from deskapp.errors import N_
from deskapp.models.store import ReadSession
from deskapp.queries.field_titles import FIELD_TITLES
from deskapp.queries.history import Change, history
from deskapp.rules.masking import mask
from deskapp.ui.kit import Button, Card, Happening, PageContext, Text, Timeline, listed, row, spoken
from deskapp.ui.pages.review_lost import LostVersions
from deskapp.ui.pages.words import full_moment

FIRST = 12
PAUSE_MS = 150

KIND_ICONS = {"create": "plus", "set": "edit", "fact": "check", "del": "trash"}


class HistoryCard(Card):
    """Who changed what, newest first; long histories open on demand."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("History"), icon="history", hint=N_("Nothing is ever edited away."))
        self.context = context
        self.changes: Sequence[Change] = ()
        self._whole = False
        self._wanted: tuple[str, ...] = ()
        # Whoever walks down a list does not wait for a history at every step.
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._ask)
        self.timeline = Timeline()
        self.nothing = Text(N_("No change is known of yet."), "muted")
        self.more = Button(N_("Show all {count} changes"), "link", icon="chevron-down", clicked=self._all, count=0)
        self.lost = LostVersions(context)
        self.add(self.lost)
        self.add(self.nothing)
        self.add(self.timeline)
        self.add(row(self.more, 1))
        self._show()

    def show_for(self, *record_ids: str) -> None:
        """Show the changes of one record, or of several as one history; asked when it is in sight."""
        if record_ids != self._wanted:
            self._whole = False
        self._wanted = record_ids
        self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what was wanted while nobody looked."""
        super().showEvent(event)
        if self._wanted:
            self._timer.start()

    def _ask(self) -> None:
        wanted = self._wanted
        if not self.isVisible():
            return

        def question(session: ReadSession) -> list[Change]:
            found = [change for record_id in wanted for change in history(session, record_id)]
            return sorted(found, key=lambda change: change.seq, reverse=True)

        self.context.jobs.ask(question, owner=self, then=self._here, exclusive="history")

    def retranslate(self) -> None:
        """Say the changes in the window's language."""
        self._show()

    def _here(self, changes: Sequence[Change]) -> None:
        if [change.hash for change in changes] == [change.hash for change in self.changes]:
            return
        self.changes = changes
        self._show()

    def _all(self) -> None:
        self._whole = True
        self._show()

    def _show(self) -> None:
        shown = self.changes if self._whole else self.changes[:FIRST]
        self.timeline.set_happenings([happening(change) for change in shown])
        self.nothing.setVisible(not self.changes)
        self.more.say(N_("Show all {count} changes"), count=len(self.changes))
        self.more.setVisible(len(shown) < len(self.changes))


def happening(change: Change) -> Happening:
    """Return a change as a line of the history."""
    details = [detail(key, change) for key in change.values if key in FIELD_TITLES]
    return Happening(
        full_moment(change.at), spoken(change.title), change.by or spoken(N_("the program")),
        "\n".join(line for line in details if line), KIND_ICONS.get(change.kind, "edit"), "accent",
    )  # fmt: skip


def detail(key: str, change: Change) -> str:
    """Return "field: old -> new" of one value, or nothing where nothing was set."""
    new, old = shown(key, change.values[key]), shown(key, change.before.get(key))
    if key not in change.before:
        return f"{spoken(FIELD_TITLES[key])}: {new}" if new else ""
    return f"{spoken(FIELD_TITLES[key])}: {old or '–'} → {new or '–'}"


def shown(key: str, value: Any) -> str:
    """Return a value as people read it; phone numbers stay masked."""
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return spoken(N_("Yes")) if value else spoken(N_("No"))
    if key == "phone":
        return mask("phone", str(value))
    if key in ("price_fen", "fen"):
        from deskapp.rules.money import format_yuan

        return format_yuan(int(value))
    if key == "roles":
        from deskapp.rules.access import ROLE_TITLES, Role

        return listed(spoken(ROLE_TITLES[Role(one)]) for one in value)
    if key in ("capabilities", "accessories"):
        name = "capabilities" if key == "capabilities" else "accessory_types"
        return listed(catalogue.title(name, str(one)) for one in value)
    if isinstance(value, list | tuple):
        return listed(map(str, value))
    return str(value)
