"""How much one station, or one address that is not let in yet, may ask."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


def of_address(host: str) -> str:
    """Return under which name an address is counted: an IPv6 network (/64) is one household."""
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host.partition("%")[0], 64), strict=False))
    except ValueError:
        return host


class NoRoom(Exception):
    """More is on its way than fits."""


@dataclass(slots=True)
class Room:
    """Bytes of request bodies in memory at once, of all who ask. Used on the event loop only."""

    most: int
    held: int = 0

    @contextmanager
    def piece(self) -> Iterator[Callable[[int], None]]:
        """Yield what adds bytes of one body (it raises NoRoom); they are given back at the end."""
        mine = 0

        def add(size: int) -> None:
            nonlocal mine
            if self.held + size > self.most:
                raise NoRoom
            self.held += size
            mine += size

        try:
            yield add
        finally:
            self.held -= mine
