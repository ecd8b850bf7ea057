"""Versions of a record that were set aside when two people changed it: shown on its page, brought back by one press."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.commands.decisions import Decided, restore_lost, take_decision_back
from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries.disagreements import Detail, lost_versions
from deskapp.queries.field_titles import NO, YES
from deskapp.ui.kit import Button, Card, PageContext, Text, reveal, row, spoken
from deskapp.ui.pages.review_words import said_by
from deskapp.ui.tokens import SMALL

MOST = 5
"""Versions shown; the page about disagreements and the journal have them all."""


class LostVersions(Card):
    """Hidden while nothing of the record was ever set aside."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            N_("Set aside when two people changed this"), icon="replace",
            hint=N_("Nothing that was written is lost. Bring a version back and it is in force again."),
        )  # fmt: skip
        self.context = context
        self._wanted: tuple[str, ...] = ()
        self.found: tuple[Detail, ...] = ()
        self.buttons: list[Button] = []
        self.lines = QVBoxLayout()
        self.lines.setSpacing(SMALL)
        self.add(self.lines)
        self._holder: QWidget | None = None
        self.hide()

    def show_for(self, *record_ids: str) -> None:
        """Show the versions of a record, or of several that belong together."""
        self._wanted = record_ids
        self.context.jobs.ask(
            lambda session: lost_versions(session, record_ids), owner=self, then=self._here, exclusive="lost"
        )

    def changed(self, changes: Changes) -> None:
        """Ask again when cards changed."""
        if self._wanted and changes.touches("review_card"):
            self.show_for(*self._wanted)

    def retranslate(self) -> None:
        """Say it in the window's language."""
        self._here(self.found)

    def _here(self, found: tuple[Detail, ...]) -> None:
        self.found, self.buttons = found, []
        if self._holder is not None:
            self.lines.removeWidget(self._holder)
            self._holder.hide()
            self._holder.deleteLater()
            self._holder = None
        useful = [one for one in found if any(pair.lost != pair.now for pair in one.fields)][:MOST]
        reveal(self, bool(useful))
        if not useful:
            return
        holder = self._holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        actor = self.context.actor()
        for one in useful:
            who = Text(role="muted", wrap=True)
            who.put(said_by(one.lost, actor.staff_id if actor else ""))
            words = Text(role="body", wrap=True, copy=True)
            words.put("\n".join(f"{spoken(pair.title)}: {_shown(pair.lost) or '–'}" for pair in one.fields))
            button = Button(N_("Bring it back"), icon="arrow-back-up", clicked=partial(self._restore, one.row.id))
            self.buttons.append(button)
            column.addWidget(who)
            column.addWidget(words)
            column.addLayout(row(button, 1))
        self.lines.addWidget(holder)

    def _restore(self, card_id: str) -> None:
        self.context.jobs.do(restore_lost(card_id=card_id), owner=self, then=self._restored)

    def _restored(self, done: Decided) -> None:
        jobs = self.context.jobs
        act = take_decision_back(card_id=done.card_id, before=done.before)
        self.context.toast(N_("That version is in force again"), tone="ok", undo=lambda: jobs.do(act, owner=jobs))


def _shown(value: str) -> str:
    return spoken(value) if value in (YES, NO) else value
