"""What happens between the first paint and the first page, off the window's thread: opening, and loading ahead."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from importlib import import_module
from typing import TYPE_CHECKING

from deskapp.errors import N_, Unavailable
from deskapp.ui.knock import PATIENCE_S, knock

if TYPE_CHECKING:
    from deskapp.models.store import Store
    from deskapp.paths import Home

AHEAD = (
    "deskapp.print.spooler", "deskapp.commands.people", "deskapp.queries.find", "deskapp.ui.pages.today",
    "deskapp.ui.listener", "deskapp.ui.finding", "deskapp.ui.pages.table", "deskapp.ui.routing", "deskapp.ui.shell",
    "deskapp.ui.watch", "deskapp.commands.pickup",
)  # fmt: skip
"""Modules that the first minute needs; loading them in the window's thread would stop it."""

PAUSE_S = 0.1
_ARENA_MAX = -8
"""glibc's name for how many pools of memory there are; by itself it makes eight a processor, each with its gaps."""


def open_store(home: Home, key: bytes) -> Store:
    """Open the store, waiting a moment for another program to let go of it.

    Raises Unavailable with the code `shown` when the other program is a window, which has then
    come to the front; with `already_open` when nobody answers.
    """
    from deskapp.models.store import Store

    pause, until = threading.Event(), time.monotonic() + PATIENCE_S
    while True:
        try:
            return Store(home, key)
        except Unavailable as error:
            if error.code != "already_open":
                raise
            if knock(home, {"verb": "show"}) is not None:
                raise Unavailable(
                    N_("deskapp is already open for this branch on this computer."), code="shown"
                ) from None
            if time.monotonic() > until:
                raise
        pause.wait(PAUSE_S)


def be_thrifty() -> None:
    """Let all threads share two pools of memory; before they have begun to work."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):  # another C library than GNU's
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)


def warm(store: Store) -> None:
    """Load what the first page needs, and ask its question once so that its pages lie in memory."""
    for name in AHEAD:
        import_module(name)
    from deskapp.queries.today import today
    from deskapp.ui import icons

    icons.load()
    _first_strokes()
    store.ask(lambda session: today(session, store.now))


def _first_strokes() -> None:
    """Paint a little out of sight: Qt's classes and their many constants are made when they are first used."""
    from PySide6.QtCore import QRect, QRectF, Qt
    from PySide6.QtGui import QColor, QImage, QPainter, QPen

    picture = QImage(64, 64, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor("#000000")))
    painter.setBrush(QColor("#ffffff"))
    painter.fillRect(QRect(0, 0, 9, 9), QColor("#ffffff"))
    painter.fillRect(0, 0, 9, 9, QColor("#ffffff"))
    painter.drawRoundedRect(QRectF(0, 0, 9, 9), 3, 3)
    painter.drawText(3, 30, "1")
    painter.drawText(QRectF(0, 0, 60, 60), int(Qt.AlignmentFlag.AlignLeft), "1")
    painter.end()
