"""What goes on beside the pages: the scanner, the wait until the desk locks, the minute of the status line."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

from deskapp.ui.scanner import Scanner

STATUS_EVERY_MS = 60_000
IDLE_LOOK_MS = 10_000


class Watch(QObject):
    """Watches the application's keys and the clock.

    Signals:
        idle: nobody has touched anything for the set time.
        due: a minute has passed.
    """

    idle = Signal()
    due = Signal()

    def __init__(self, app: QObject, *, gap_ms: float, idle_minutes: float, parent: QObject) -> None:
        super().__init__(parent)
        self.scanner = Scanner(app, gap_ms=gap_ms)
        self.idle_minutes = idle_minutes
        self.timers: list[QTimer] = []
        for interval, slot in ((IDLE_LOOK_MS, self.look), (STATUS_EVERY_MS, self.due.emit)):
            timer = QTimer(self, interval=interval)
            timer.timeout.connect(slot)
            timer.start()
            self.timers.append(timer)

    def look(self) -> None:
        """Tell when the desk has been left alone long enough."""
        if time.monotonic() - self.scanner.last_input >= self.idle_minutes * 60:
            self.idle.emit()

    def stop(self) -> None:
        """Watch no longer."""
        self.scanner.stop()
        for timer in self.timers:
            timer.stop()
