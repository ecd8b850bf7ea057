"""When the next contact with the server is due: a pure reckoning; time and chance are handed in.

Milliseconds of a clock that only goes on (`now`), not of the wall.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

USUAL_MS = 5 * 60_000
"""Between two contacts of a desk at which nothing happens; hints make most of them needless."""

GATHER_MS = 150
"""After an act: what belongs together is often done within a moment, and goes in one request."""

FIRST_RETRY_MS = 2_000
LONGEST_RETRY_MS = 5 * 60_000
DOUBT_MS = 20_000
"""Within so long it is found out whether a server is still there that broke off a wait for a hint: all its desks at
once come to doubt, and must not all ask at once."""

SPREAD = 0.3


@dataclass(slots=True)
class Rhythm:
    """Says when to speak. `chance` returns a number from 0 to 1.

    A failure doubles the pause; neither an act nor a hint shortens it below `FIRST_RETRY_MS`, but a person, a new
    network or the end of a sleep does: then there is a reason to think that it works again.
    """

    chance: Callable[[], float]
    usual_ms: int = USUAL_MS
    failures: int = 0
    due: int = 0
    _not_before: int = field(default=0)

    def wanted(self, now: int) -> None:
        """Something waits here, or the server hinted that something waits there."""
        self.due = min(self.due, max(now + GATHER_MS, self._not_before))

    def doubted(self, now: int) -> None:
        """A wait for a hint broke off: the server is gone, or something on the way does not like to wait."""
        self.due = min(self.due, max(now + GATHER_MS + int(DOUBT_MS * self.chance()), self._not_before))

    def at_once(self, now: int) -> None:
        """A person asked, the network changed or the computer woke up."""
        self.failures, self._not_before = 0, 0
        self.due = min(self.due, now)

    def succeeded(self, now: int, *, more: bool = False, ask_again_ms: int = 0) -> None:
        """A contact ended well; `more` waits on either side, or the server named a pause."""
        self.failures, self._not_before = 0, 0
        self.due = now if more else now + self._spread(ask_again_ms or self.usual_ms)

    def failed(self, now: int, *, retry_after_ms: int = 0) -> None:
        """A contact did not work; the server may have said how long to leave it alone."""
        self.failures = min(self.failures + 1, 30)
        pause = min(FIRST_RETRY_MS * 2 ** (self.failures - 1), LONGEST_RETRY_MS)
        self.due = now + max(self._spread(pause), retry_after_ms)
        self._not_before = now + max(min(pause, FIRST_RETRY_MS), retry_after_ms)

    def _spread(self, pause: int) -> int:
        """Spread the contacts of many desks: they all come back at once when a line does."""
        return int(pause * (1 - SPREAD + 2 * SPREAD * self.chance()))
