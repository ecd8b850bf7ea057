"""What happens between the first paint and the first page, off the window's thread: opening, and loading ahead."""

from __future__ import annotations

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
    "deskapp.ui.listener", "deskapp.ui.finding",
)  # fmt: skip
"""Modules that the first minute needs; loading them in the window's thread would stop it."""

PAUSE_S = 0.1


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


def warm(store: Store) -> None:
    """Load what the first page needs, and ask its question once so that its pages lie in memory."""
    for name in AHEAD:
        import_module(name)
    from deskapp.queries.today import today

    store.ask(lambda session: today(session, store.now))
