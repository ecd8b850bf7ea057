"""When Python looks for cyclic garbage: on the window's thread only, little and often, thoroughly when nothing runs.

By itself Python looks on whatever thread makes objects just then. A thorough look at the heap of
a whole desk, or of an import of thousands of devices, stops every thread for a tenth of a second
and more; and a widget that is found on a work thread dies there, which Qt does not survive.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer

EVERY_MS: Final = 40
MANY: Final = 10_000
"""New objects that make a look worth it (about 1 ms)."""

FULL: Final = 10_000
"""Objects that outlived their first look until they get a second one (some 5 ms)."""

OLD: Final = 200
"""Looks of any kind until a thorough one, when nothing runs."""


class Collector(QObject):
    """Looks for garbage as long as its parent lives, or until it is stopped; `free` says when nobody works."""

    def __init__(self, free: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._free = free
        self._survived = 0
        self._looks = 0
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def keep(self) -> None:
        """Never look again at what is there now: what a start loads is no garbage."""
        gc.freeze()

    def look(self) -> None:
        """Look at the newest objects if there are many; at all of them when nothing runs and it is time."""
        made = gc.get_count()[0]
        if made < MANY:
            return
        self._looks += 1
        if self._looks >= OLD and self._free():
            self._looks = self._survived = 0
            gc.collect()
        elif self._survived >= FULL:
            self._survived = 0
            gc.collect(1)
        else:
            self._survived += max(0, made - gc.collect(0))

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.enable()
