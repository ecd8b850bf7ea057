"""The only composition root: key -> first look -> lock screen painted -> store, printing, listener, desk.

Nothing heavy is imported before the first paint; a test keeps it so.
"""
# ruff: noqa: E402 (the linker begins before anything else is imported)

from __future__ import annotations

from deskapp.ui import link_ahead

link_ahead.begin()  # who imports this module means to open a window; everything below is read meanwhile

import gc
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from deskapp.clock import system_clock
from deskapp.errors import DeskError
from deskapp.paths import Home

if TYPE_CHECKING:
    from deskapp.models.glance import FirstLook, Glance
    from deskapp.models.store import Store
    from deskapp.print.spooler import Spooled, Spooler
    from deskapp.ui.care import Watch
    from deskapp.ui.first_start import Gate
    from deskapp.ui.garbage import Collector
    from deskapp.ui.jobs import Jobs
    from deskapp.ui.knock import Message
    from deskapp.ui.listener import Listener
    from deskapp.ui.sync_agent import SyncAgent
    from deskapp.ui.window import Window

Answer = Callable[["Store", "Message", Callable[[object], None]], "Message"]
"""Does what the command line hands over: the store, the message, where to report `Changes`; returns the reply."""

PRINTING = frozenset({"check_in", "pickup", "ready", "loaners", "order", "transfers", "printers", "templates"})
"""Pages from which papers come."""


def open_desk(
    home: Home,
    *,
    passphrase: str | None = None,
    answer: Answer | None = None,
    find_key: Callable[[], bytes] | None = None,
) -> int:
    """Open the window of a home and return the exit status; a second start brings the first to the front.

    `answer` does what the command line hands over while the window runs.
    """
    if home.socket.exists():
        from deskapp.ui.knock import knock

        if knock(home, {"verb": "show"}) is not None:
            return 0
    gc.disable()  # a start makes no garbage worth the time; the collector takes over after the first paint
    look = Beside(home, passphrase, find_key)
    from deskapp.ui.application import application  # Qt loads while the key is looked for

    running = application()
    desk = Desk(home, answer)
    desk.passphrase = passphrase
    try:
        desk.begin(look)
        return int(running.exec())
    finally:
        desk.end()


class Beside(threading.Thread):
    """Finds the key and takes the first look on a thread of its own, beside the loading of Qt."""

    def __init__(self, home: Home, passphrase: str | None = None, find_key: Callable[[], bytes] | None = None) -> None:
        super().__init__(name="key", daemon=True)
        self._home, self._passphrase, self._find_key = home, passphrase, find_key
        self._found: FirstLook | BaseException | None = None
        self.start()

    def run(self) -> None:
        """Look."""
        try:
            from deskapp.models.glance import first_look

            find = self._find_key
            if find is None:
                from deskapp.models import opening

                find = partial(opening.find_key, self._home, self._passphrase)
            self._found = first_look(self._home, find, system_clock())
        except BaseException as error:  # noqa: BLE001 (raised again where the answer is asked for)
            self._found = error

    def result(self) -> FirstLook:
        """Return what was found, when it is."""
        self.join()
        if isinstance(self._found, BaseException) or self._found is None:
            raise self._found or RuntimeError("nothing was looked for")
        return self._found


class Desk:
    """What belongs to one running window, put together and taken apart; it decides nothing else."""

    def __init__(self, home: Home, answer: Answer | None = None) -> None:
        self.home = home
        self.answer = answer
        self.passphrase: str | None = None
        self.key: bytes | None = None
        self.seen: Glance | None = None
        self.store: Store | None = None
        self.jobs: Jobs | None = None
        self.spooler: Spooler | None = None
        self.listener: Listener | None = None
        self.agent: SyncAgent | None = None
        self.window: Window | None = None
        self.gate: Gate | None = None
        self.watch: Watch | None = None
        self.collector: Collector | None = None

    # -- before the store is open ----------------------------------------------------

    def begin(self, look: Beside) -> None:
        """Show the lock screen, or whatever has to come before it."""
        found = look.result()
        self.key, self.seen = found.key, found.seen
        if found.seen is not None and found.seen.people:
            self._lock_screen(found.seen)
        else:  # a store in which nobody works yet is a first start that broke off
            self._at_the_gate(found.trouble, first_start=found.seen is not None)

    def _at_the_gate(self, trouble: DeskError | None, *, first_start: bool = False) -> None:
        from deskapp.secrets import system_keyring
        from deskapp.settings import Values
        from deskapp.ui.application import look
        from deskapp.ui.first_start import Gate

        look(self.seen.values if self.seen else Values())
        gate = self.gate = Gate(self.home, lambda: system_keyring() is None, self.key)
        gate.opened.connect(self._through)
        gate.retry.connect(self._again)
        gate.jobs.crashed.connect(self._watch().caught)
        gate.show()
        code = trouble.code if trouble else ""
        if first_start:
            gate.broken_off()
        elif code in ("no_store", "ended"):
            gate.first_start(trouble if code == "ended" else None)
        elif code == "needs_passphrase":
            gate.passphrase()
        else:
            gate.recovery(trouble)

    def _through(self, home: Home, key: bytes) -> None:
        self.home = home
        self.begin(Beside(home, find_key=lambda: key))

    def _again(self) -> None:
        self.begin(Beside(self.home, self.passphrase))

    def _lock_screen(self, seen: Glance) -> None:
        from deskapp.ui import icons
        from deskapp.ui.application import FirstPaint, look
        from deskapp.ui.first_look import show_on
        from deskapp.ui.window import Window

        look(seen.values)
        icons.wait()
        window = self.window = Window(seen.values, seen.site, practice=seen.practice)
        show_on(window.lock_screen, seen)
        window.lock_screen.recovery_wanted.connect(self._to_recovery)
        FirstPaint(window, self._load)
        window.show()

    # -- after the first paint ---------------------------------------------------------

    def _load(self) -> None:
        from deskapp.ui import icons

        if self.window is not None:
            icons.come(self.window)
        self._next(self._load_watch)

    def _next(self, step: Callable[[], None]) -> None:
        """Go on when the keys pressed meanwhile were taken, if there is still a window."""
        from deskapp.ui.application import soon

        if self.window is not None:
            soon(self.window, step)

    def _load_watch(self) -> None:
        self._watch()
        self._next(self._load_store)

    def _load_store(self) -> None:
        from deskapp.ui.jobs import Jobs

        self.jobs = Jobs(self._open_store, self.window)
        self.jobs.crashed.connect(self._watch().caught)
        if self.window is not None:
            self.jobs.background(
                lambda _progress: self._heavy(threading.main_thread().ident or 0), owner=self.window,
                then=self._furnish, refused=self._not_opened,
            )  # fmt: skip

    def _watch(self) -> Watch:
        """Return what catches bugs from the first paint on; before it a traceback on the terminal does."""
        from deskapp.ui.care import Watch
        from deskapp.ui.garbage import Collector

        if self.watch is None:
            self.watch = Watch(self.home)
            self.collector = Collector(lambda: self.jobs is None or not self.jobs.working)
        return self.watch

    def _open_store(self) -> Store:
        if self.store is None:
            raise RuntimeError("the store is not open yet")
        return self.store

    def _heavy(self, window_thread: int) -> Store:
        from deskapp import logs
        from deskapp.ui.warm import be_thrifty, open_store, warm

        be_thrifty()
        logs.start(self.home.logs)
        if self.jobs is not None:
            self.jobs.start_threads()
        store = open_store(self.home, self.key or b"")
        try:
            warm(store)
        except BaseException:
            store.close()
            raise
        store.keep_off(window_thread)
        return store

    def _not_opened(self, trouble: DeskError) -> None:
        if trouble.code == "shown" and self.window is not None:
            self.window.close()  # the first window has come to the front
        else:
            self._leave_for_gate(trouble)

    def _furnish(self, store: Store) -> None:
        from deskapp.print.spooler import Spooler
        from deskapp.ui import theme
        from deskapp.ui.application import Relay, to_front
        from deskapp.ui.listener import Listener

        self.store, window, jobs = store, self.window, self.jobs
        if window is None or jobs is None:
            store.close()
            return
        theme.load_bold()
        self.relay = Relay(jobs)
        self.relay.told.connect(jobs.changed)
        if sys.platform == "win32":  # there is no CUPS, so pages go through the system's drivers
            from deskapp.ui import page_printer

            page_printer.offer()
        self.news = Relay(jobs)
        self.spooler = Spooler(store, tell=self._paper_told)
        self.listener = Listener(self.home, window)
        self.listener.wanted.connect(lambda: to_front(window))
        self.listener.forward_changes(jobs.changed)
        if self.answer is not None:
            self.listener.answer_with(partial(self.answer, store))
        self._next(self._furnish_window)

    def _paper_told(self, paper: Spooled) -> None:
        """Hear from the spooler's threads what happened to a paper."""
        if paper.changes is not None:
            self.relay.tell(paper.changes)
        if paper.warnings:
            self.news.tell(paper)

    def _furnish_window(self) -> None:
        from deskapp.rules import access
        from deskapp.ui.care import Care
        from deskapp.ui.finding import StoreFinder
        from deskapp.ui.page import PrintDoor
        from deskapp.ui.pages.table import PAGES
        from deskapp.ui.sync_agent import SyncAgent

        store, window, jobs, spooler = self.store, self.window, self.jobs, self.spooler
        if store is None or window is None or jobs is None or spooler is None:
            return
        last_at = self.seen.last_at if self.seen else 0
        self.care = care = Care(window, jobs, store, last_at)
        care.damaged.connect(self._leave_for_gate)
        care.papers_wait.connect(spooler.wake)  # what was committed elsewhere, by the command line for instance
        jobs.committed = spooler.heard
        self.news.told.connect(care.warn_of_paper)
        self.agent = agent = SyncAgent(jobs, store, window)
        agent.moved.connect(window.ask_status)
        agent.warned.connect(care.warn_of_syncing)
        agent.ended.connect(self._end_of_service)
        window.furnish(
            jobs, PAGES, StoreFinder(), now=lambda: store.now,
            may=lambda roles, right: access.may(store.roles, roles, right), status=care.status,
            printing=PrintDoor(spooler.hurry, spooler.clear_printer), syncing=agent.door(),
        )  # fmt: skip
        if window.shell is not None:
            window.shell.opened.connect(self._page_opened)
        self._next(self._begin_work)

    def _page_opened(self, page: str) -> None:
        """Load what printing needs while somebody works on a page from which papers come."""
        store, window, jobs = self.store, self.window, self.jobs
        if page not in PRINTING or store is None or window is None or jobs is None or window.shell is None:
            return
        from deskapp.print.ahead import prepare

        window.shell.opened.disconnect(self._page_opened)
        jobs.background(lambda _progress: prepare(store), owner=window)

    def _begin_work(self) -> None:
        window, spooler, agent = self.window, self.spooler, self.agent
        if window is None or spooler is None or agent is None:
            return
        spooler.start()
        self.care.begin()
        agent.begin()
        if window.shell is not None:
            window.shell.prepare_soon()
        if self.collector is not None:
            self.collector.keep()

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

    def _end_of_service(self) -> None:
        """This desk's data ends: close it, have it destroyed, and begin where a new computer begins."""
        from deskapp import logs

        window = self.window
        if window is None:
            return
        self._close_all()
        logs.stop()
        self.begin(Beside(self.home, self.passphrase))
        window.close()
        window.deleteLater()

    def _close_all(self) -> None:
        if self.listener is not None:
            self.listener.answer_with(None)
            self.listener.close()
        if self.agent is not None:
            self.agent.end()
        if self.spooler is not None:
            self.spooler.stop()
        if self.jobs is not None:
            self.jobs.close()
        if self.store is not None:
            self.store.close()
        self.listener = self.agent = self.spooler = self.jobs = self.store = self.window = None

    def end(self) -> None:
        """Finish what is being written and let go of the store."""
        from deskapp import logs

        self._close_all()
        if self.watch is not None:
            self.watch.end()
        if self.collector is not None:
            self.collector.stop()
        logs.stop()
