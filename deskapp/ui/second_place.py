"""Keeps the second place of the journal copy up behind the commits, without the counter ever waiting for that disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from deskapp import settings
from deskapp.ui.jobs import Jobs

if TYPE_CHECKING:
    from deskapp.models.second_copy import Second
    from deskapp.models.store import Changes, Store

PAUSE_MS = 2_000
"""After a commit; the acts of one minute at a busy counter then cost a slow disk a few rounds, not one each."""


class SecondPlace(QObject):
    """Follows one open store.

    Signals:
        told: how the second place stands now; carries a Second.
    """

    told = Signal(object)

    def __init__(self, jobs: Jobs, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._store = jobs, store
        self._running = self._again = False
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.look)

    def begin(self) -> None:
        """Follow every commit from now on, and make up for what the last day left."""
        self._jobs.changed.connect(self._changed)
        self._pause.start()

    def look(self) -> None:
        """Write what is missing; asked again while it writes, it writes once more afterwards."""
        if self._running:
            self._again = True
            return
        self._running, self._again = True, False
        self._jobs.background(
            lambda _progress: look_after(self._store), owner=self, then=self._done,
            refused=lambda _error: self._done(None),
        )  # fmt: skip

    def _changed(self, changes: Changes) -> None:
        if (changes.seq or changes.touches("setting")) and not self._pause.isActive():
            self._pause.start()

    def _done(self, second: Second | None) -> None:
        self._running = False
        if second is not None:
            self.told.emit(second)
        if self._again:
            self.look()


def look_after(store: Store) -> Second:
    """Bring the second place of the settings up to date; on a work thread."""
    from deskapp.models import second_copy

    return second_copy.follow(store, store.ask(settings.load)[settings.JOURNAL_FOLDER])
