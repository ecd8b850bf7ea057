"""The Qt application itself: made once, with our look and language; and telling when a window was painted."""

from __future__ import annotations

import sys
from collections.abc import Callable

from deskapp.ui import quick_qt

quick_qt.load()

from PySide6.QtCore import QEvent, QObject, QTimer, Signal  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from deskapp import i18n, settings  # noqa: E402
from deskapp.settings import Values  # noqa: E402
from deskapp.ui import theme  # noqa: E402


def application() -> QApplication:
    """Return the application, making it when there is none."""
    there = QApplication.instance()
    if isinstance(there, QApplication):
        return there
    made = QApplication([sys.argv[0] if sys.argv else "deskapp", "-style", "fusion"])
    made.setProperty("fusion", True)
    made.setApplicationName("deskapp")
    made.setDesktopFileName("deskapp")
    return made


def look(values: Values) -> None:
    """Give the application language, colours and text size of the settings."""
    i18n.use(values[settings.LANGUAGE])
    theme.apply(application(), values[settings.THEME], values[settings.SCALE])


class FirstPaint(QObject):
    """Calls back once, right after a window was painted for the first time."""

    def __init__(self, window: QWidget, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._then: Callable[[], None] | None = then
        window.installEventFilter(self)
        self._window = window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch for the paint."""
        if event.type() == QEvent.Type.Paint and self._then is not None:
            then, self._then = self._then, None
            self._window.removeEventFilter(self)
            QTimer.singleShot(0, self, then)
        return False


def soon(owner: QObject, step: Callable[[], None]) -> None:
    """Do a step when the keys that were pressed meanwhile have been taken, unless the owner is gone by then."""
    QTimer.singleShot(0, owner, step)


class Relay(QObject):
    """Brings things that other threads tell to the window's thread.

    Signals:
        told: carries what was told.
    """

    told = Signal(object)

    def tell(self, what: object) -> None:
        """Tell something, from any thread."""
        self.told.emit(what)


def to_front(window: QWidget) -> None:
    """Bring a window to the front, out of the task bar if it is there."""
    if window.isMinimized():
        window.showNormal()
    window.show()
    window.raise_()
    window.activateWindow()
