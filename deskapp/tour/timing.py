"""How long a step of a played day takes: by the clock on the wall, in waiting, in work."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deskapp.clock import stopwatch

if TYPE_CHECKING:
    from deskapp.ui.hands import Hands


@dataclass(frozen=True, slots=True)
class Took:
    """How long a step took, in seconds.

    `waited` is the part in which the hands waited and the window's thread had nothing to work, `processor` what all
    threads of this process worked, the server's too. `longest` is the longest of the waits, and `what` was waited for.
    """

    seconds: float
    waited: float = 0.0
    processor: float = 0.0
    longest: float = 0.0
    what: str = ""

    def told(self) -> dict[str, Any]:
        """Return it as the summary has it."""
        return {
            "seconds": round(self.seconds, 3), "waited": round(self.waited, 3), "processor": round(self.processor, 3),
            "longest_wait": {"seconds": round(self.longest, 3), "what": self.what},
        }  # fmt: skip


class StepClock:
    """Measures a step from its making on. `hands` returns those of every desk there is by then."""

    def __init__(self, hands: Callable[[], Sequence[Hands]]) -> None:
        self._hands = hands
        for one in hands():
            one.longest = (0.0, "")
        self._began, self._worked, self._waited = stopwatch(), time.process_time(), self._waits()

    def took(self) -> Took:
        """Return what the step took so far."""
        longest, what = max(one.longest for one in self._hands())
        seconds, processor = stopwatch() - self._began, time.process_time() - self._worked
        return Took(seconds, self._waits() - self._waited, processor, longest, what)

    def _waits(self) -> float:
        return sum(one.waited for one in self._hands())
