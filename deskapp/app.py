"""The only composition root: key -> first look -> lock screen painted -> store, printing, listener, desk.

Nothing heavy is imported before the first paint; a test keeps it so.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from deskapp import logs, secrets
from deskapp.clock import system_clock
from deskapp.errors import DeskError, Unavailable
from deskapp.models import opening
from deskapp.models.glance import Glance, glance
from deskapp.paths import Home, crash_folder
from deskapp.ui.knock import knock

if TYPE_CHECKING:
    from deskapp.models.store import Store
    from deskapp.print.spooler import Spooler
    from deskapp.ui.first_start import Gate
    from deskapp.ui.jobs import Jobs
    from deskapp.ui.knock import Message
    from deskapp.ui.listener import Listener
    from deskapp.ui.window import Window

log = logging.getLogger(__name__)

FindKey = Callable[[], bytes]
Answer = Callable[["Store", "Message", Callable[[object], None]], "Message"]
"""Does what the command line hands over: the store, the message, where to report `Changes`; returns the reply."""


def open_desk(
    home: Home, *, passphrase: str | None = None, answer: Answer | None = None, find_key: FindKey | None = None
) -> int:
    """Open the window of a home and return the exit status; a second start brings the first to the front.

    `answer` does what the command line hands over while the window runs.
    """
    if knock(home, {"verb": "show"}) is not None:
        return 0
    search = _beside(find_key or (lambda: opening.find_key(home, passphrase)))
    from deskapp.ui.application import application  # Qt loads while the key is looked for
    from deskapp.ui.crash import CrashReporter

    running = application()
    running.setQuitOnLastWindowClosed(True)
    folder = home.logs if opening.exists(home) else crash_folder()
    hard = logs.watch_hard_crashes(folder)
    reporter = CrashReporter(folder)
    reporter.install()
    desk = Desk(home, answer, reporter.caught)
    desk.passphrase = passphrase
    try:
        desk.begin(search)
        return int(running.exec())
    finally:
        desk.end()
        reporter.remove()
        hard.close()


class Desk:
    """What belongs to one running window, put together and taken apart; it decides nothing else."""

    def __init__(
        self, home: Home, answer: Answer | None = None, on_bug: Callable[[BaseException], None] | None = None
    ) -> None:
        self.home = home
        self.answer = answer
        self.on_bug = on_bug or (lambda error: log.error("bug", exc_info=error))
        self.passphrase: str | None = None
        self.key: bytes | None = None
        self.seen: Glance | None = None
        self.store: Store | None = None
        self.jobs: Jobs | None = None
        self.spooler: Spooler | None = None
        self.listener: Listener | None = None
        self.window: Window | None = None
        self.gate: Gate | None = None

    # -- before the store is open ----------------------------------------------------

    def begin(self, search: Future[bytes]) -> None:
        """Show the lock screen, or whatever has to come before it."""
        try:
            self.key = search.result()
            self.seen = glance(self.home, self.key, system_clock())
        except DeskError as trouble:
            self._at_the_gate(trouble)
            return
        if self.seen.people:
            self._lock_screen(self.seen)
        else:
            self._at_the_gate(Unavailable("", code="no_store"))  # a first start that broke off

    def _at_the_gate(self, trouble: DeskError | None) -> None:
        from deskapp.settings import Values
        from deskapp.ui.application import look
        from deskapp.ui.first_start import Gate

        look(self.seen.values if self.seen else Values())
        gate = self.gate = Gate(self.home, lambda: secrets.system_keyring() is None, self.key)
        gate.opened.connect(self._through)
        gate.retry.connect(self._again)
        gate.jobs.crashed.connect(self.on_bug)
        gate.show()
        code = trouble.code if trouble else ""
        if code == "no_store":
            gate.first_start()
        elif code == "needs_passphrase":
            gate.passphrase()
        else:
            gate.recovery(trouble)

    def _through(self, home: Home, key: bytes) -> None:
        self.home = home
        self.begin(_beside(lambda: key))

    def _again(self) -> None:
        self.begin(_beside(lambda: opening.find_key(self.home, self.passphrase)))

    def _lock_screen(self, seen: Glance) -> None:
        from deskapp.ui.application import FirstPaint, look
        from deskapp.ui.first_look import show_on
        from deskapp.ui.window import Window

        look(seen.values)
        window = self.window = Window(seen.values, seen.site, practice=seen.practice)
        show_on(window.lock_screen, seen)
        window.lock_screen.recovery_wanted.connect(self._to_recovery)
        FirstPaint(window, self._load)
        window.show()

    # -- after the first paint ---------------------------------------------------------

    def _load(self) -> None:
        from deskapp.ui.jobs import Jobs

        self.jobs = Jobs(self._open_store, self.window)
        self.jobs.crashed.connect(self.on_bug)
        if self.window is not None:
            self.jobs.background(
                lambda _progress: self._heavy(threading.main_thread().ident or 0), owner=self.window,
                then=self._furnish, refused=self._not_opened,
            )  # fmt: skip

    def _open_store(self) -> Store:
        if self.store is None:
            raise RuntimeError("the store is not open yet")
        return self.store

    def _heavy(self, window_thread: int) -> Store:
        from deskapp.ui.warm import open_store, warm

        logs.start(self.home.logs)
        store = open_store(self.home, self.key or b"")
        warm(store)
        store.keep_off(window_thread)
        return store

    def _not_opened(self, trouble: DeskError) -> None:
        if trouble.code == "shown" and self.window is not None:
            self.window.close()  # the first window has come to the front
        else:
            self._leave_for_gate(trouble)

    def _furnish(self, store: Store) -> None:
        from deskapp.print.spooler import Spooler
        from deskapp.rules import access
        from deskapp.ui import theme
        from deskapp.ui.application import Relay, to_front
        from deskapp.ui.care import Care
        from deskapp.ui.finding import StoreFinder
        from deskapp.ui.listener import Listener
        from deskapp.ui.pages.table import PAGES

        self.store, window, jobs = store, self.window, self.jobs
        if window is None or jobs is None:
            store.close()
            return
        theme.load_bold()
        self.relay = Relay(jobs)
        self.relay.told.connect(jobs.changed)
        self.spooler = Spooler(store, tell=lambda paper: self.relay.tell(paper.changes) if paper.changes else None)
        self.listener = Listener(self.home, window)
        self.listener.wanted.connect(lambda: to_front(window))
        self.listener.forward_changes(jobs.changed)
        if self.answer is not None:
            self.listener.answer_with(partial(self.answer, store))
        last_at = self.seen.last_at if self.seen else 0
        self.care = care = Care(window, jobs, store, last_at)
        care.damaged.connect(self._leave_for_gate)
        care.papers_wait.connect(self.spooler.wake)
        window.furnish(
            jobs, PAGES, StoreFinder(), now=lambda: store.now,
            may=lambda roles, right: access.may(store.roles, roles, right), status=care.status,
        )  # fmt: skip
        self.spooler.start()
        care.begin()

    # -- taking it apart -----------------------------------------------------------------

    def _to_recovery(self) -> None:
        self._leave_for_gate(None)

    def _leave_for_gate(self, trouble: DeskError | None) -> None:
        window = self.window
        self._at_the_gate(trouble)
        self._close_all()
        if window is not None:
            window.close()
            window.deleteLater()

    def _close_all(self) -> None:
        if self.listener is not None:
            self.listener.answer_with(None)
            self.listener.close()
        if self.spooler is not None:
            self.spooler.stop()
        if self.jobs is not None:
            self.jobs.close()
        if self.store is not None:
            self.store.close()
        self.listener = self.spooler = self.jobs = self.store = self.window = None

    def end(self) -> None:
        """Finish what is being written and let go of the store."""
        self._close_all()
        logs.stop()


def _beside(work: Callable[[], bytes]) -> Future[bytes]:
    """Do something on a thread of its own, beside the loading of Qt."""
    future: Future[bytes] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 (it is raised again where the answer is asked for)
            future.set_exception(error)

    threading.Thread(target=run, name="key", daemon=True).start()
    return future
