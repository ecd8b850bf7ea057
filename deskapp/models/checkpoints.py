"""Moving committed pages from the log into the database beside the work, never inside somebody's save.

A commit is durable once the write-ahead log is synced; when its pages reach the database file only decides
how long the log grows. SQLite by itself moves them inside the commit that makes the log too long, and that
one save then waits for two more syncs. A passive checkpoint on another connection stops nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from deskapp import cipher

log = logging.getLogger(__name__)

EVERY = 3
"""Commits between two checkpoints; the log then holds some 250 pages of 4 KiB."""

AT_MOST = 2000
"""Pages in the log at which the write connection moves them after all: what one long import writes."""


class Checkpoints:
    """Makes a passive checkpoint after every few commits, on a thread and a connection of its own."""

    def __init__(self, connect: Callable[[], cipher.Connection]) -> None:
        self._connect = connect
        self._thread = ThreadPoolExecutor(1, "checkpoint")
        self._connection: cipher.Connection | None = None
        self._waiting: Future[None] | None = None
        self._commits = 0
        self._closed = False

    def committed(self) -> None:
        """Hear that something was committed."""
        self._commits += 1
        if self._commits >= EVERY and not self._closed and (self._waiting is None or self._waiting.done()):
            self._commits = 0
            self._waiting = self._thread.submit(self._move)

    def _move(self) -> None:
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except Exception as error:  # noqa: BLE001 (the pages stay in the log, where they are safe)
            log.warning("checkpoint not made: %s", type(error).__name__)

    def rest(self) -> None:
        """Close the connection; the next checkpoint opens one again."""
        if self._connection is not None:
            self._thread.submit(self._let_go).result()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Finish and leave neither thread nor connection behind; doing it again does nothing."""
        self._closed = True
        self._thread.shutdown(wait=True)
        self._let_go()
