"""The one place where threads meet widgets: one writer, a few readers, a place for long work.

Results come back on the window's thread, through one slot of one QObject. An owner that is
gone gets nothing; an answer to an older question of the same kind is dropped.
"""

from __future__ import annotations

import itertools
import logging
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from deskapp.errors import N_, DeskError, Unavailable

if TYPE_CHECKING:
    from deskapp.models.store import Actor, Changes, Command, Done, ReadSession

FAULT = N_("That did not work, by a fault of the program. What you typed is still here: try again.")
"""What a form says when a bug ended its act; the report says the rest."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class DoorToStore(Protocol):
    """The store, as far as the window needs it."""

    def run(self, act: Command[T], *, by: Actor = ...) -> Done[T]:
        """Do an act in one commit."""

    def read(self) -> AbstractContextManager[ReadSession]:
        """Open a session that only reads."""


class Cancelled(Exception):
    """Long work ended because nobody waits for it any more."""


class Progress:
    """What long work reports through; safe to call from its thread."""

    def __init__(self, report: Callable[[int, int], None], closing: threading.Event) -> None:
        self._report = report
        self._closing = closing
        self._cancelled = threading.Event()

    def at(self, done: int, total: int) -> None:
        """Report how far the work is; raises Cancelled when it should end."""
        if self._closing.is_set() or self._cancelled.is_set():
            raise Cancelled
        self._report(done, total)

    def cancel(self) -> None:
        """Ask the work to end at its next report."""
        self._cancelled.set()


@dataclass(frozen=True, slots=True, eq=False)
class _Parcel:
    future: Future[Any]
    owner: QObject
    then: Callable[[Any], None] | None
    refused: Callable[[DeskError], None] | None
    writes: bool = False
    key: tuple[int, str] | None = None
    generation: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Report:
    owner: QObject
    progress: Callable[[int, int], None]
    done: int
    total: int


class Jobs(QObject):
    """Runs commands, questions and long work off the window's thread.

    Signals:
        changed: an act was committed; carries `Changes`, after the asker has its answer.
        refused: a deliberate error nobody at the form listens to; carries the `DeskError`.
        crashed: a bug; carries the exception.
        busy: True when the first act or long work starts, False when the last has ended.
    """

    changed = Signal(object)
    refused = Signal(object)
    crashed = Signal(object)
    busy = Signal(bool)
    _arrived = Signal(object)

    def __init__(self, store: Callable[[], DoorToStore], parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Shorter turns between threads: keeps the window's gaps near one frame while Python works elsewhere.
        sys.setswitchinterval(0.0005)
        self.actor: Actor | None = None
        self.committed: Callable[[Changes], object] = lambda changes: None
        """Told of each act on the thread that wrote it, before the window hears of it. Has to be quick."""
        self._store = store
        self._writer = ThreadPoolExecutor(1, "write")
        self._readers = ThreadPoolExecutor(3, "read")
        self._workers = ThreadPoolExecutor(2, "work")
        self._generations: dict[tuple[int, str], tuple[int, Future[Any] | None]] = {}
        self._numbers = itertools.count(1)
        self._closing = threading.Event()
        self._running = 0
        self.awaited = 0
        """Answers that are still to come: acts, questions and long work together."""
        # A lambda has no thread of its own; a slot of this object runs where it lives.
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def do(
        self,
        command: Command[T],
        *,
        owner: QObject,
        then: Callable[[T], None] | None = None,
        refused: Callable[[DeskError], None] | None = None,
        by: Actor | None = None,
    ) -> None:
        """Do an act on the write thread as the acting person (`by` names another, signing in for instance).

        After `close` nothing can be written any more; a late act is told in the log and forgotten.
        """
        if self._closing.is_set():
            log.warning("an act came after closing: %s", command.name)
            return
        actor = by or self.actor

        def run() -> Done[T]:
            # Nobody is signed in yet: the store's own actor, which may do only what needs no right.
            done = self._store().run(command, by=actor) if actor else self._store().run(command)
            self.committed(done.changes)
            return done

        self._count(1)
        self._send(_Parcel(self._writer.submit(run), owner, then, refused, writes=True))

    def ask(
        self,
        question: Callable[[ReadSession], T],
        *,
        owner: QObject,
        then: Callable[[T], None],
        refused: Callable[[DeskError], None] | None = None,
        exclusive: str = "",
    ) -> None:
        """Answer a question on a read thread.

        Of the questions of one owner with the same `exclusive` name only the newest is answered. A timer may
        still ask while the desk closes: that question has no answer.
        """
        if self._closing.is_set():
            return
        future = self._readers.submit(self._read, question)
        key = (id(owner), exclusive) if exclusive else None
        generation = 0
        if key is not None:
            _generation, earlier = self._generations.get(key, (0, None))
            if earlier is not None:
                earlier.cancel()
            # Never a number that was used before: an early question may be answered after a later one is forgotten.
            generation = next(self._numbers)
            self._generations[key] = (generation, future)
        self._send(_Parcel(future, owner, then, refused, key=key, generation=generation))

    def background(
        self,
        work: Callable[[Progress], T],
        *,
        owner: QObject,
        then: Callable[[T], None] | None = None,
        refused: Callable[[DeskError], None] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Progress:
        """Do long work (import, export, pictures) on a work thread; the answer can cancel it."""
        handle = Progress(self._reporter(owner, progress), self._closing)
        if self._closing.is_set():
            return handle
        self._count(1)
        self._send(_Parcel(self._workers.submit(work, handle), owner, then, refused, writes=False, key=_LONG))
        return handle

    @property
    def store(self) -> DoorToStore:
        """The store, for long work that writes in several acts on its own thread."""
        return self._store()

    def close(self) -> None:
        """Finish what is being written, drop what is only asked, and leave no thread behind."""
        self._closing.set()
        for pool in (self._readers, self._workers, self._writer):
            pool.shutdown(wait=True, cancel_futures=pool is not self._writer)

    def _read(self, question: Callable[[ReadSession], T]) -> T:
        with self._store().read() as session:
            return question(session)

    def _reporter(self, owner: QObject, progress: Callable[[int, int], None] | None) -> Callable[[int, int], None]:
        if progress is None:
            return lambda done, total: None
        heard = progress
        return lambda done, total: self._arrived.emit(_Report(owner, heard, done, total))

    def _send(self, parcel: _Parcel) -> None:
        self.awaited += 1
        parcel.future.add_done_callback(lambda _future: self._arrived.emit(parcel))

    def start_threads(self) -> None:
        """Start every thread now, from any thread but the window's, which would wait for each of them."""
        for pool, count in ((self._writer, 1), (self._readers, 3), (self._workers, 2)):
            for _ in range(count):
                pool.submit(time.sleep, 0.01)

    @property
    def working(self) -> bool:
        """Tell whether an act or long work is under way."""
        return self._running > 0

    def _count(self, step: int) -> None:
        before = self._running
        self._running += step
        if (before == 0) != (self._running == 0):
            self.busy.emit(self._running > 0)

    @Slot(object)
    def _deliver(self, parcel: _Parcel | _Report) -> None:
        if isinstance(parcel, _Parcel):
            self.awaited -= 1
        if self._closing.is_set():
            return  # whoever asked may not ask on: the threads are gone
        listening = shiboken6.isValid(parcel.owner)
        if isinstance(parcel, _Report):
            if listening:
                parcel.progress(parcel.done, parcel.total)
            return
        if parcel.writes or parcel.key is _LONG:
            self._count(-1)
        if parcel.future.cancelled() or not self._newest(parcel):
            return
        error = parcel.future.exception()
        if error is None:
            self._answer(parcel, listening)
        elif isinstance(error, DeskError):
            if listening and parcel.refused is not None:
                parcel.refused(error)
            else:
                self.refused.emit(error)
        elif not isinstance(error, Cancelled):
            log.error("a job failed", exc_info=error)
            self.crashed.emit(error)
            if listening and parcel.refused is not None:  # else the form would stay locked behind the report
                parcel.refused(Unavailable(FAULT, code="fault"))

    def _answer(self, parcel: _Parcel, listening: bool) -> None:
        answer = parcel.future.result()
        changes = answer.changes if parcel.writes else None
        try:
            if listening and parcel.then is not None:
                parcel.then(answer.result if parcel.writes else answer)
        finally:
            # What is committed is told even if the asker's own answer fails.
            if changes is not None:
                self.changed.emit(changes)

    def _newest(self, parcel: _Parcel) -> bool:
        if parcel.key is None or parcel.key is _LONG:
            return True
        generation, _future = self._generations.get(parcel.key, (0, None))
        if generation != parcel.generation:
            return False
        # The last answer is in: forget the owner's id, another object may get the same one.
        del self._generations[parcel.key]
        return True


_LONG = (0, "long work")
