"""The second copy of the journal: written right after each commit, read only to heal a damaged store.

It is written on a thread of its own, so that nobody waits for it: what it lacks when a program is killed in that
millisecond is in the database, and the next start brings it over.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp import cipher
from deskapp.errors import DeskError
from deskapp.models.canonical import canonical
from deskapp.models.capture import NewKey, Personal
from deskapp.models.journal import ChangeSet, PersonalValue, RecordKey

log = logging.getLogger(__name__)

TABLE = """
CREATE TABLE IF NOT EXISTS entry (
    seq INTEGER PRIMARY KEY, uid TEXT NOT NULL, station TEXT NOT NULL, hlc TEXT NOT NULL, at INTEGER NOT NULL,
    staff TEXT NOT NULL, command TEXT NOT NULL, body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL,
    personal TEXT NOT NULL, keys TEXT NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change set with the personal values and keys that stand beside it, both as JSON."""

    seq: int
    uid: str
    station: str
    hlc: str
    at: int
    staff: str
    command: str
    body: str
    prev: str
    hash: str
    personal: str
    keys: str

    @staticmethod
    def of(
        row: ChangeSet, personal: Sequence[PersonalValue | Personal], keys: Sequence[RecordKey | NewKey]
    ) -> Entry:
        """Return the entry of a change set about to be committed."""
        return Entry(
            row.seq, row.uid, row.station, row.hlc, row.at, row.staff, row.command, row.body, row.prev, row.hash,
            canonical([[value.op_uid, value.name, value.record_id, value.value] for value in personal]),
            canonical([[key.record_id, key.key] for key in keys]),
        )  # fmt: skip


class JournalCopy:
    """Appends entries to a file of its own. A failure here never stops the counter; it is mended at the next start."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._connection = self._open()
        self._due: SimpleQueue[Entry | Event | None] = SimpleQueue()
        self._thread: Thread | None = None

    def _open(self) -> cipher.Connection:
        try:
            connection = cipher.connect(self._path, self._key, writer=True, create=True)
            connection.execute("PRAGMA synchronous=NORMAL")  # the database itself is the durable one
            connection.execute(TABLE)
            return connection
        except (DeskError, cipher.DatabaseError) as error:
            log.warning("journal copy set aside: %s", type(error).__name__)
            for suffix in ("", "-wal", "-shm"):
                Path(str(self._path) + suffix).unlink(missing_ok=True)
            connection = cipher.connect(self._path, self._key, writer=True, create=True)
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(TABLE)
            return connection

    def append(self, entry: Entry) -> None:
        """Add one entry, a moment later and in its turn."""
        self._due.put(entry)
        if self._thread is None:
            self._thread = Thread(target=self._follow, name="journal copy", daemon=True)
            self._thread.start()

    def _follow(self) -> None:
        """Write what comes until nothing more does."""
        while (due := self._due.get()) is not None:
            if isinstance(due, Event):
                due.set()
                continue
            try:
                self._insert(due)
            except Exception as error:  # noqa: BLE001 (whoever waits for this thread must not wait for ever)
                log.warning("journal copy not written: %s", type(error).__name__)

    def _insert(self, entry: Entry) -> None:
        values = [getattr(entry, name) for name in Entry.__slots__]
        marks = ",".join("?" * len(values))
        self._connection.execute(f"INSERT OR REPLACE INTO entry VALUES ({marks})", values)

    def catch_up(self, session: Session) -> None:
        """Write the tail that the copy misses; entries that the database does not have are left alone."""
        if self._thread is not None:
            written = Event()
            self._due.put(written)
            written.wait()
        try:
            for entry in entries_after(session, self._agreed(session)):
                self._insert(entry)
        except cipher.DatabaseError as error:
            log.warning("journal copy not caught up: %s", cipher.explain(error))

    def renew(self, session: Session) -> None:
        """Write all of it anew: what was erased beside the journal is not to stay here."""
        self.catch_up(session)
        try:
            self._connection.execute("DELETE FROM entry")
        except cipher.DatabaseError as error:
            log.warning("journal copy not renewed: %s", cipher.explain(error))
        self.catch_up(session)

    def _agreed(self, session: Session) -> int:
        """Return up to which number the copy says what the database says: entries may have been issued anew."""
        newest = True
        for seq, digest in self._connection.execute("SELECT seq, hash FROM entry ORDER BY seq DESC"):
            here = session.scalar(select(ChangeSet.hash).where(ChangeSet.seq == seq))
            if here == digest or (here is None and newest):
                return int(seq)
            newest = newest and here is None
        return 0

    def close(self) -> None:
        """Close the file, once everything is in it."""
        if self._thread is not None:
            self._due.put(None)
            self._thread.join()
        self._connection.close()


def entries_after(session: Session, seq: int) -> Iterator[Entry]:
    """Return the journal's change sets above a number, with their personal values."""
    for row in session.scalars(select(ChangeSet).where(ChangeSet.seq > seq).order_by(ChangeSet.seq)):
        operations = [operation["uid"] for operation in json.loads(row.body)["ops"]]
        records = {operation["id"] for operation in json.loads(row.body)["ops"]}
        personal = session.scalars(select(PersonalValue).where(PersonalValue.op_uid.in_(operations))).all()
        keys = session.scalars(select(RecordKey).where(RecordKey.record_id.in_(records))).all() if personal else []
        yield Entry.of(row, list(personal), list(keys))


def read_entries(path: Path, key: bytes, after: int) -> list[Entry]:
    """Return what the copy holds above a number, in order; an unreadable copy gives nothing."""
    if not path.exists():
        return []
    try:
        connection = cipher.connect(path, key)
        names = ", ".join(Entry.__slots__)
        rows = connection.execute(f"SELECT {names} FROM entry WHERE seq > ? ORDER BY seq", (after,)).fetchall()
        connection.close()
    except (DeskError, cipher.DatabaseError) as error:
        log.warning("journal copy unreadable: %s", type(error).__name__)
        return []
    return [Entry(*row) for row in rows]
