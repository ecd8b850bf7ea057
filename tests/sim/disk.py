"""Homes of simulated desks: copied from a template, opened cheaply, killed at a commit, cloned, set back.

The store runs as shipped. Cheaper than in life are only: no encryption of pages, a folder in memory, no copy of the
journal in a second file and no thread for checkpoints (the sync does not read either), and a store object that is used
again for the next world with a new connection, because an ORM takes 10 ms to learn the tables anew.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from deskapp import cipher
from deskapp.models import store as store_module
from deskapp.models.absorb import Absorbed, Piece
from deskapp.models.rows import Kept
from deskapp.models.store import SYSTEM, Actor, Command, Done, Store
from deskapp.paths import Home
from tests.conftest import KEY


class Killed(BaseException):
    """The computer went dark at this point; whatever was not committed is gone."""


class _Still:
    """Stands where the checkpoints and the journal's copy stand."""

    def __init__(self, *_given: object) -> None:
        pass

    def committed(self) -> None:
        pass

    def rest(self) -> None:
        pass

    def append(self, _entry: object) -> None:
        pass

    def catch_up(self, _session: object) -> None:
        pass

    def renew(self, _session: object) -> None:
        pass

    def close(self) -> None:
        pass


def folder_in_memory() -> Path:
    """Return a new folder, in memory where the system offers one."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="deskapp-sim-", dir=place))


def _connect(path: Path, _key: bytes, *, writer: bool = False, create: bool = False) -> Any:
    connection = cipher.driver.connect(str(path), isolation_level=None, check_same_thread=False, cached_statements=512)
    for pragma in (*cipher._EVERY_CONNECTION, *(cipher._WRITER if writer else ("PRAGMA query_only=ON",))):
        connection.execute(pragma)
    return connection


def _commit(session: Any) -> None:
    store = SimStore.of.get(session.bind)
    if store is None:
        session.commit()
        return
    store.tick("before")
    session.commit()
    store.tick("after")


@contextmanager
def cheap_disks() -> Iterator[None]:
    """Let stores be opened as described above."""
    with ExitStack() as stack:
        for target, name, value in (
            (cipher, "connect", _connect), (store_module, "_commit", _commit), (store_module, "Checkpoints", _Still),
            (store_module.copy, "JournalCopy", _Still),
        ):  # fmt: skip
            stack.enter_context(patch.object(target, name, value))
        yield


class SimStore(Store):
    """A store that tells of every act and every piece, and can die at a commit."""

    of: dict[Any, SimStore] = {}

    def __init__(self, home: Home, clock: Callable[[], int], new_id: Callable[[], str]) -> None:
        self.kill_at: dict[str, int] = {}
        self.dead = False
        self.on_piece: Callable[[Piece], None] = lambda _piece: None
        self.after_piece: Callable[[Piece], None] = lambda _piece: None
        self.on_act: Callable[[int], None] = lambda _seq: None
        super().__init__(home, KEY, clock=clock, new_id=new_id)
        SimStore.of[self._writer] = self

    def tick(self, place: str) -> None:
        """Count a commit; die where that was ordered."""
        if self.dead:
            raise Killed
        left = self.kill_at.get(place)
        if left is None:
            return
        if left:
            self.kill_at[place] = left - 1
        else:
            self.dead = True
            raise Killed

    def renew(self, clock: Callable[[], int] | None = None) -> None:
        """Open the files of the home as a program that was just started does."""
        self._writer.dispose()
        self._readers.dispose()
        if clock is not None:
            self._clock = clock
        self._kept = Kept()
        self._failed = None
        self.dead, self.kill_at = False, {}
        if self.contact.locked():
            self.contact.release()
        with self._session() as session:
            self._session_of_record(session)

    def shut(self) -> None:
        """Let go of the files."""
        self._writer.dispose()
        self._readers.dispose()

    def run(self, act: Command[Any], *, by: Actor = SYSTEM) -> Done[Any]:
        if self.dead:
            raise Killed
        done = super().run(act, by=by)
        if done.changes.seq:
            self.on_act(done.changes.seq)
        return done

    def absorb(self, piece: Piece, *, fold: bool = True) -> Done[Absorbed]:
        if self.dead:
            raise Killed
        self.on_piece(piece)
        done = super().absorb(piece, fold=fold)
        self.after_piece(piece)
        return done


def copy_home(source: Path, target: Path) -> None:
    """Copy a disk: the database with its log, and the file of numbers.

    The copy's log is taken into its database: a connection to files that lay there before, closed late,
    would delete the log by its name.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in ("desk.db", "desk.db-wal", "identity.json"):
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)
    log = target / "desk.db-wal"
    if log.exists() and log.stat().st_size:
        connection = cipher.driver.connect(str(target / "desk.db"), isolation_level=None)
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        connection.close()
        if busy:
            raise RuntimeError("the copy of a disk is in use")
