"""The journal once more, on another disk: caught up behind the commits, never waited for.

The copy beside the data (`models.copy`) is written right behind each commit. This one follows later on a work
thread, because a USB disk is slow and often not there: then nothing stops, and the next look writes what is missing.
The file is opened for one round only, so that the disk can be pulled out between two.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from deskapp import cipher
from deskapp.errors import Corrupt, DeskError
from deskapp.models.act_session import driver_of
from deskapp.models.copy import TABLE, Entry, entries_after
from deskapp.models.erasing import erasures
from deskapp.models.journal import ChangeSet

if TYPE_CHECKING:
    from deskapp.models.store import ReadSession, Store

log = logging.getLogger(__name__)

SUFFIX = ".deskjournal"
NUMBERS = ".numbers.json"
ROUND = 500
"""Change sets read and written in one go: a long absence of the disk is made up in short transactions."""

_door = threading.Lock()


class Standing(StrEnum):
    """How the second place stands."""

    OFF = "off"
    MISSING = "missing"
    FAILED = "failed"
    SAME_DISK = "same_disk"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Second:
    """The second place as it was found: its folder, and up to which act (the journal's number) it holds everything."""

    standing: Standing
    folder: str = ""
    head: int = 0


def follow(store: Store, folder: str) -> Second:
    """Write to the second place what it misses, and say how it stands. Never raises for a disk that is not there."""
    if not folder:
        return Second(Standing.OFF)
    place = Path(folder)
    with _door:
        try:
            if not place.is_dir():
                return Second(Standing.MISSING, folder)
            head = _catch_up(store, file_in(place, store.facts.store_id))
            same = place.stat().st_dev == store.home.root.stat().st_dev
        except (DeskError, cipher.DatabaseError, OSError) as error:
            log.warning("second journal copy not written: %s", type(error).__name__)
            return Second(Standing.FAILED if place.is_dir() else Standing.MISSING, folder)
    return Second(Standing.SAME_DISK if same else Standing.KEPT, folder, head)


def file_in(folder: Path, store_id: str) -> Path:
    """Return the file of a store; branches may share a disk."""
    return folder / f"journal-{store_id[:12]}{SUFFIX}"


def copies_in(folder: Path, store_id: str) -> tuple[Path, ...]:
    """Return the copy of a store's journal in a folder, for a restore; empty where there is none."""
    file = file_in(folder, store_id)
    return (file,) if file.exists() else ()


def numbers_of(file: Path) -> Path:
    """Return the file with the highest numbers in use, which travels beside a copy."""
    return file.with_suffix(NUMBERS)


def _catch_up(store: Store, file: Path) -> int:
    try:
        return _write_on(store, file)
    except Corrupt:
        log.warning("second journal copy damaged: begun anew")
        file.replace(file.with_suffix(".damaged"))
        return _write_on(store, file)


def _write_on(store: Store, file: Path) -> int:
    with _opened(file, store.key) as connection:
        _forget_erased(connection, store.ask(lambda session: erasures(driver_of(session))))
        (head,) = connection.execute("SELECT coalesce(max(seq), 0) FROM entry").fetchone()
        last = connection.execute("SELECT hash FROM entry WHERE seq = ?", (head,)).fetchone()
    if head and not store.ask(lambda session: _knows(session, head, last[0])):
        # An older backup was brought back: what followed it there is kept, but never mixed with what follows now.
        file.replace(file.with_suffix(f".{head}.old"))
        head = 0
    while entries := _next_entries(store, head):
        with _opened(file, store.key) as connection:
            connection.execute("BEGIN IMMEDIATE")
            marks = ",".join("?" * len(Entry.__slots__))
            rows = [[getattr(entry, name) for name in Entry.__slots__] for entry in entries]
            connection.executemany(f"INSERT OR REPLACE INTO entry VALUES ({marks})", rows)
            connection.execute("COMMIT")
        head = entries[-1].seq
    shutil.copyfile(store.home.identity, numbers_of(file))
    return int(head)


def _forget_erased(connection: cipher.Connection, times: list[int]) -> None:
    """Begin the copy anew where somebody was erased since it was begun: it holds what went from the journal."""
    due = times[-1] // 60_000 if times else 0
    (begun,) = connection.execute("PRAGMA user_version").fetchone()
    if due > begun:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("DELETE FROM entry")
        connection.execute(f"PRAGMA user_version = {due}")


def _next_entries(store: Store, after: int) -> list[Entry]:
    return store.ask(lambda session: list(islice(entries_after(session, after), ROUND)))


def _knows(session: ReadSession, seq: int, digest: str) -> bool:
    return session.scalar(select(ChangeSet.hash).where(ChangeSet.seq == seq)) == digest


@contextmanager
def _opened(file: Path, key: bytes) -> Iterator[cipher.Connection]:
    """Open the file with a rollback journal: a write-ahead log needs shared memory that network disks do not have."""
    connection = cipher.connect(file, key, create=True)
    try:
        connection.execute("PRAGMA query_only=OFF")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(TABLE)
        yield connection
    finally:
        connection.close()
