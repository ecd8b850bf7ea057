"""When Python looks for cyclic garbage: little and often while people work, thoroughly when nothing runs.

A thorough look at the heap of a whole desk, or of an import of thousands of devices, stops every
thread for a tenth of a second and more. Nothing of what a start loads is ever garbage.
"""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = (10_000, 5, 1_000_000)
"""New objects until a quick look, quick looks until a longer one (some 5 ms), and as good as never a thorough one."""

WORTH_IT: Final = 4
"""Longer looks after which a thorough one may find something."""

SWEEP_EVERY_MS: Final = 20_000


def wait() -> None:
    """Look for nothing while the program starts: a start makes no garbage worth the time."""
    gc.disable()


def begin() -> None:
    """Look little and often from now on."""
    gc.set_threshold(*YOUNG)
    gc.enable()


def keep() -> None:
    """Never look again at what is there now: modules, mappings, catalogues."""
    gc.freeze()


def sweep() -> None:
    """Look thoroughly, if anything has gathered; for a moment in which nothing runs."""
    if gc.get_count()[2] >= WORTH_IT:
        gc.collect()
