"""Time and chance of a whole simulated world: one virtual clock and one seed stand in for the computer's.

`deskapp.clock` is the only place of the program that reads clocks and makes ids; while a world is played its three
sources (system time, monotonic time, random bytes) are those of this module, so that a seed is played the same way
every time and on every computer.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from deskapp import clock
from deskapp.models import opening
from deskapp.server import stations
from deskapp.sync import enrol
from deskapp.sync.signing import StationKey

START = 1_780_000_000_000
"""When every world begins: a working day in 2026, ms UTC."""


@dataclass(slots=True)
class Chance:
    """The virtual time (true time, in ms UTC) and everything random that the program asks for."""

    seed: int
    now: int = START
    source: random.Random = field(init=False)
    _passed: float = 0.0

    def __post_init__(self) -> None:
        self.source = random.Random(self.seed)

    def pass_by(self, ms: int) -> None:
        """Let time go on."""
        self.now += ms

    # -- what `deskapp.clock` reads -------------------------------------------------

    def urandom(self, size: int) -> bytes:
        return self.source.randbytes(size)

    def time_ns(self) -> int:
        return self.now * 1_000_000

    def monotonic(self) -> float:
        """Go on at every look, so that measured steps are short and long by chance, and the same every time."""
        self._passed += self.source.choice((0.0, 0.002, 0.03, 0.3))
        return self._passed

    def choice(self, letters: str) -> str:
        return self.source.choice(letters)

    def new_key(self) -> StationKey:
        return StationKey.of(self.source.randbytes(32).hex())

    def number(self) -> int:
        """A provisional station number."""
        return 90_000 + self.source.randrange(10_000)


@contextmanager
def played(chance: Chance) -> Iterator[Chance]:
    """Let the program live by a world's time and chance."""
    with ExitStack() as stack:
        for target, name, value in (
            (clock, "os", chance), (clock, "time", chance), (clock, "_last_ms", 0), (clock, "_shift_ms", 0),
            (stations, "secrets", chance), (enrol, "provisional_number", chance.number),
            (opening, "provisional_number", chance.number), (StationKey, "make", staticmethod(chance.new_key)),
        ):  # fmt: skip
            stack.enter_context(patch.object(target, name, value))
        yield chance
