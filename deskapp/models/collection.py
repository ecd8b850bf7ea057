"""Holding the collection of garbage off for a moment in which thousands of small things are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Hold the collection of garbage off: a full one stops every thread for 50 ms and more, and finds nothing here."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
