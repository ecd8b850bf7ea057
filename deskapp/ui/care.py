"""Looking after the store while people work: checks after the first paint, the daily backup, the status line."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import logging
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from deskapp import logs, settings
from deskapp.errors import N_, Corrupt, DeskError
from deskapp.i18n import say
from deskapp.models import opening
from deskapp.models.glance import Glance, glance
from deskapp.models.opening import Concern
from deskapp.paths import Home, crash_folder
from deskapp.settings import Values
from deskapp.ui.application import look
from deskapp.ui.crash import CrashReporter
from deskapp.ui.first_look import show_on
from deskapp.ui.jobs import Jobs, Progress
from deskapp.ui.second_place import SecondPlace
from deskapp.ui.speech import spoken
from deskapp.ui.status import StatusCard
from deskapp.ui.sweep import Sweep

if TYPE_CHECKING:
    from deskapp.models.store import Changes, ReadSession, Store
    from deskapp.print.spooler import Spooled
    from deskapp.ui.window import Window

log = logging.getLogger(__name__)

DAY_MS = 86_400_000
SETTLE_MS = 2_000
"""After somebody has come in; the first page comes first."""

REST_LOOK_MS = 2_000
"""Often enough to meet the end of the check after the start, which is work."""
REST_AFTER_S = 15.0
"""Seconds without a key after which memory is given back; long enough not to meet somebody who thinks."""


class Watch:
    """Catches bugs, and the stack of a hard crash, into the folder of logs."""

    def __init__(self, home: Home) -> None:
        folder = home.logs if opening.exists(home) else crash_folder()
        self._hard = logs.watch_hard_crashes(folder)
        self._reporter = CrashReporter(folder)
        self._reporter.install()
        self.caught = self._reporter.caught

    def end(self) -> None:
        """Put the former hooks back."""
        self._reporter.remove()
        faulthandler.disable()
        self._hard.close()


class Care(QObject):
    """Looks after one open store behind one window.

    Signals:
        damaged: a check found damage; carries the DeskError.
        papers_wait: a commit queued papers.
    """

    damaged = Signal(object)
    papers_wait = Signal()

    def __init__(self, window: Window, jobs: Jobs, store: Store, last_at: int) -> None:
        super().__init__(window)
        self._window, self._jobs, self._store, self._last_at = window, jobs, store, last_at
        self._clock_back = opening.clock_concern(last_at, store.now) is not None
        self._rested = self._owed = self._resting = False
        self._pause = QTimer(self, interval=REST_LOOK_MS)
        self._pause.timeout.connect(self._rest_when_idle)
        self._sweep = Sweep(jobs, lambda: store.now, window.toast, self)
        self._second = SecondPlace(jobs, store, self)

    def begin(self) -> None:
        """Check the store in the background, and follow what is changed and who comes."""
        self._pause.start()
        self._second.begin()
        self._jobs.changed.connect(self._changed)
        self._window.signed_in.connect(self._signed_in)
        self._window.locked.connect(self._locked)
        store, last_at = self._store, self._last_at
        self._jobs.background(lambda _progress: look_over(store, last_at), owner=self, then=self._looked_over)

    def status(self, session: ReadSession) -> StatusCard:
        """Return what the status line shows."""
        return status_card(session, self._store, self._clock_back)

    def warn_of_paper(self, paper: Spooled) -> None:
        """Tell the clerk what a paper that came out lacks: characters no font has, a text that was cut."""
        from deskapp.print.render import SENTENCES

        for warning in paper.warnings:
            words = spoken(SENTENCES[warning.code], **warning.values)
            self._window.toast(f"{paper.number}  {words}", tone="warn", raw=True)

    def warn_of_syncing(self, code: str) -> None:
        """Tell once what keeps this desk from syncing, where that does not pass by itself."""
        from deskapp.queries.syncing import OFFLINE_CODES, PROBLEMS

        if code in ("retired", "wiped"):
            self._send_away(PROBLEMS[code])
        elif code in PROBLEMS and code not in OFFLINE_CODES:
            self._window.toast(PROBLEMS[code], tone="warn")

    def _send_away(self, why: str) -> None:
        """Lock the desk and say why there."""
        self._window.lock()
        self._window.lock_screen.welcome()
        self._window.lock_screen.refuse(spoken(why))

    def _look_at_person(self) -> None:
        """Let nobody work on who was stopped at another desk."""
        from deskapp.queries.syncing import why_away

        actor = self._window.actor
        if actor is None:
            return

        def seen(why: str) -> None:
            if why and self._window.actor is actor:
                self._send_away(why)

        who = actor.staff_id
        self._jobs.ask(lambda session: why_away(session, who), owner=self, then=seen, exclusive="person")

    def _changed(self, changes: Changes) -> None:
        if changes.touches("staff"):
            self._look_at_person()
        if changes.touches("print_job", "printer_profile", "printer_choice"):
            self.papers_wait.emit()  # also when a printer was resumed, or another one chosen
        if changes.touches("setting"):
            self._jobs.ask(settings.load, owner=self, then=self._settings, exclusive="settings")

    def _settings(self, values: Values) -> None:
        if values != self._window.values:
            self._window.values = values
            look(values)

    def _rest_when_idle(self) -> None:
        """Give memory back in every pause, and again when long work in it has ended or something was asked."""
        scanner = self._window.scanner
        if scanner is None or time.monotonic() - scanner.last_input < REST_AFTER_S:
            self._rested = self._owed = self._resting = False
            return
        if self._resting:
            return
        working = self._jobs.working
        if self._rested and working:
            self._owed = True
            return
        thoroughly = self._owed or not self._rested
        if not thoroughly and not self._store.holds_readers:
            return
        self._rested, self._owed, self._resting = True, working, True
        if thoroughly and not working:
            gc.collect()  # here, because a widget must not be found and die on another thread
        store = self._store
        self._jobs.background(lambda _progress: rest(store), owner=self, then=self._has_rested)

    def _has_rested(self, _nothing: None) -> None:
        self._resting = False

    def _looked_over(self, health: Health) -> None:
        if health.damage is not None:
            self.damaged.emit(health.damage)
            return
        for concern in health.concerns:
            self._window.toast(spoken(concern.sentence, **concern.values), tone="warn", raw=True)

    def _locked(self) -> None:
        """Show on the lock screen how much waits and who works here as of now, not as of the start."""
        store = self._store
        self._jobs.background(
            lambda _progress: glance(store.home, store.key, store.now), owner=self, then=self._glanced,
            refused=lambda error: log.warning("lock screen: %s", error.code),
        )  # fmt: skip

    def _glanced(self, seen: Glance) -> None:
        if self._window.actor is None:
            show_on(self._window.lock_screen, seen)

    def _signed_in(self, _actor: object) -> None:
        QTimer.singleShot(SETTLE_MS, self, self._daily)

    def _daily(self) -> None:
        store = self._store
        self._jobs.background(lambda _progress: back_up_when_due(store), owner=self, then=self._backed_up)
        if not self._clock_back:
            # With a clock that cannot be trusted a week may be over that has not begun.
            self._sweep.look()
            self._sweep.look_after_vans()

    def _backed_up(self, done: BackedUp | None) -> None:
        if done is None:
            return
        self._window.ask_status()
        if done.trouble is not None:
            self._window.toast(say(done.trouble), tone="warn", raw=True)


def rest(store: Store) -> None:
    """Give memory back while nobody works: caches of the database, and what the allocator keeps for itself."""
    store.rest()
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):  # another C library than GNU's
            ctypes.CDLL(None).malloc_trim(0)


@dataclass(frozen=True, slots=True)
class Health:
    """What the checks after the start found: damage, or only things to tell."""

    damage: DeskError | None
    concerns: tuple[Concern, ...] = ()


def look_over(store: Store, last_at: int) -> Health:
    """Check every page of the store, the chain of its journal, the disk and the clock; seconds in a large store."""
    from deskapp.models import backup, replay

    concerns = opening.tend_disk(store.home)
    clock = opening.clock_concern(last_at, store.now)
    if clock is not None:
        concerns.append(clock)
    found = backup.integrity(store.home, store.key)
    if found:
        log.error("integrity check: %s findings", len(found))
        return Health(Corrupt(N_("The data file is damaged."), code="damaged"), tuple(concerns))
    try:
        store.ask(replay.verify_chain)
    except Corrupt as broken:
        log.error("journal chain: %s", broken.code)
        return Health(broken, tuple(concerns))
    return Health(None, tuple(concerns))


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup run did: the file beside the data, and the one in the folder of the settings, or why not."""

    beside: Path
    away: Path | None
    trouble: DeskError | None


def back_up_when_due(store: Store, *, force: bool = False) -> BackedUp | None:
    """Write today's backup when the newest is older than a day; None when it is not due yet.

    The copy in the folder of the settings (a USB disk) may fail without harm: the disk is often not there.
    """
    from deskapp.models import backup, backup_rotation

    newest = backup.newest_backup(store.home)
    if not force and newest is not None and store.now - newest[1] < DAY_MS:
        return None
    beside = backup.back_up_daily(store.home, store.key, store.now)
    folder = store.ask(settings.load)[settings.BACKUP_FOLDER]
    if not folder:
        return BackedUp(beside, None, None)
    try:
        away = carry(beside, Path(folder))
        before = backup_rotation.cutoff(backup_rotation.erased_at(store.home, store.key), store.now)
        backup_rotation.rotate_in(Path(folder), store.facts.store_id, before)
        return BackedUp(beside, away, None)
    except DeskError as error:
        log.warning("backup not carried to the second place: %s", error.code)
        return BackedUp(beside, None, error)


def carry(file: Path, folder: Path, progress: Progress | None = None) -> Path:
    """Copy a finished backup to another disk and compare it there; raises Unavailable."""
    import hashlib

    from deskapp.errors import Unavailable

    target = folder / file.name
    part = folder / (file.name + ".part")
    total = file.stat().st_size
    written = hashlib.sha256()
    try:
        if not folder.is_dir():
            raise FileNotFoundError(2, "no such folder")
        with file.open("rb") as source, part.open("wb") as copy:
            done = 0
            while piece := source.read(1 << 20):
                copy.write(piece)
                written.update(piece)
                done += len(piece)
                if progress is not None:
                    progress.at(done, total)
            copy.flush()
            import os

            os.fsync(copy.fileno())
        with part.open("rb") as again:
            if hashlib.file_digest(again, "sha256").digest() != written.digest():
                raise OSError(5, "the copy differs")
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Unavailable(
            N_("The backup could not be copied to {place}. Is the disk plugged in?"),
            code="backup_folder", place=str(folder),
        ) from error  # fmt: skip
    return target


def status_card(session: ReadSession, store: Store, clock_back: bool) -> StatusCard:
    """Return what the status line shows."""
    from deskapp.models import backup
    from deskapp.queries.outbox import site_facts
    from deskapp.queries.paper_queue import newest_trouble
    from deskapp.queries.syncing import sync_badge
    from deskapp.queries.today import paper_counts

    papers = paper_counts(session)
    stuck = papers.get("failed", 0) + papers.get("held", 0)
    newest = backup.newest_backup(store.home)
    return StatusCard(
        print_waiting=papers.get("queued", 0) + papers.get("sending", 0),
        print_failed=stuck + papers.get("unknown", 0),
        print_doubt=papers.get("unknown", 0),
        print_trouble=newest_trouble(session) if stuck else "",
        sync=sync_badge(session, store.now),
        backup_at=newest[1] if newest else 0,
        backup_days=settings.load(session)[settings.BACKUP_DAYS],
        clock_back=clock_back,
        branch=site_facts(session, store.facts.site_id)[2],
    )
