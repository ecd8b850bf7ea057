"""Once a day the program closes what nobody came back to, and looks after what is on its way for too long."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject

from deskapp.errors import N_, DeskError
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import Say

log = logging.getLogger(__name__)

DAY_MS = 86_400_000
HOUR_MS = 3_600_000


class Sweep(QObject):
    """Does the program's own closing, at most once in 24 hours of this program's run."""

    def __init__(self, jobs: Jobs, now: Callable[[], int], toast: Say, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs, self._now, self._toast = jobs, now, toast
        self._at = self._vans_at = 0

    def look(self) -> None:
        """Close what is due, if that was not done today; tell only of what was closed."""
        now = self._now()
        if self._at and now - self._at < DAY_MS:
            return
        self._at = now
        from deskapp.commands.pickup import close_due
        from deskapp.models.write import SYSTEM

        self._jobs.do(close_due(), owner=self, by=SYSTEM, then=self._swept, refused=self._refused)

    def look_after_vans(self) -> None:
        """Once an hour: what is on its way for too long, was received before its record came, or is lent too long."""
        now = self._now()
        if self._vans_at and now - self._vans_at < HOUR_MS:
            return
        self._vans_at = now
        from deskapp.commands.loaners import warn_of_lent
        from deskapp.commands.transfers_arrivals import match_arrivals, warn_of_late
        from deskapp.models.write import SYSTEM

        for act in (match_arrivals(), warn_of_late(), warn_of_lent()):
            self._jobs.do(act, owner=self, by=SYSTEM, refused=self._refused)

    def _swept(self, count: int) -> None:
        if count:
            self._toast(N_("Nothing was heard of {count} old jobs; they count as done and were closed."), count=count)

    def _refused(self, error: DeskError) -> None:
        # Nobody asked for this, so nobody is bothered: it is tried again after the next start.
        log.warning("the daily closing was refused: %s", error.code)
