"""How much one station, or one address that is not let in yet, may ask."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from deskapp.clock import stopwatch

MOST_REMEMBERED = 200_000


@dataclass(slots=True)
class Allowance:
    """So many requests a second on average, and so many at once (a token bucket for each name)."""

    per_second: float
    at_once: float
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _door: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str) -> bool:
        """Use one up; say whether there was one."""
        now = stopwatch()
        with self._door:
            left, then = self._left.pop(name, (self.at_once, now))
            left = min(self.at_once, left + (now - then) * self.per_second)
            fits = left >= 1
            self._left[name] = (left - 1 if fits else left, now)
            while len(self._left) > MOST_REMEMBERED:
                self._left.popitem(last=False)
        return fits
