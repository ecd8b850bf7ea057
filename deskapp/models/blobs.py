"""Photos, signatures and scans: whole files, encrypted, named by the SHA-256 of their content.

They lie in a database of their own beside the desk's, so that a photo never makes an act
slow. The bytes are durable before the row that names them is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from deskapp import cipher
from deskapp.errors import N_, Refused, Unavailable

LARGEST = 10 * 1024 * 1024

_TABLE = """
CREATE TABLE IF NOT EXISTS blob (
    sha256 TEXT PRIMARY KEY, mime TEXT NOT NULL, kept_at INTEGER NOT NULL, content BLOB NOT NULL
)
"""

_PART = """
CREATE TABLE IF NOT EXISTS part (
    sha256 TEXT NOT NULL, start INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (sha256, start)
) WITHOUT ROWID
"""


class Blobs:
    """The blob store of one home. Each call uses a connection of its own; safe from any thread but the window's."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key

    def keep(self, content: bytes, mime: str, now: int) -> str:
        """Store a file and return its SHA-256; the same content is stored once. Raises Refused above 10 MB."""
        if not content:
            raise Refused(N_("The file is empty."), field="photo")
        if len(content) > LARGEST:
            raise Refused(N_("The file is larger than 10 MB."), field="photo", code="too_large")
        name = hashlib.sha256(content).hexdigest()
        with self._opened(writer=True) as connection:
            connection.execute(
                "INSERT OR IGNORE INTO blob (sha256, mime, kept_at, content) VALUES (?, ?, ?, ?)",
                (name, mime, now, content),
            )
        return name

    def fetch(self, sha256: str) -> bytes:
        """Return a file; raises Unavailable when it is not on this computer or no longer matches its name."""
        if not self._path.exists():
            raise Unavailable(N_("This photo is not on this computer."), code="no_blob")
        with self._opened(writer=False) as connection:
            row = connection.execute("SELECT content FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None or hashlib.sha256(row[0]).hexdigest() != sha256:
            raise Unavailable(N_("This photo is not on this computer."), code="no_blob")
        return bytes(row[0])

    def destroy(self, names: Iterable[str]) -> int:
        """Remove files for good, so that nothing of them stays in the database; returns how many there were."""
        due = list(names)
        if not due or not self._path.exists():
            return 0
        gone = 0
        with self._opened(writer=True) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            for name in due:
                gone += connection.execute("DELETE FROM blob WHERE sha256 = ?", (name,)).rowcount
                connection.execute("DELETE FROM part WHERE sha256 = ?", (name,))
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return gone

    # -- files on their way ------------------------------------------------------

    def size_of(self, sha256: str) -> int | None:
        """Return the size of a file that is here, or None."""
        if not self._path.exists():
            return None
        with self._opened(writer=False) as connection:
            row = connection.execute("SELECT length(content) FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
        return int(row[0]) if row else None

    def piece(self, sha256: str, start: int, size: int) -> bytes:
        """Return a part of a file that is here."""
        with self._opened(writer=False) as connection:
            row = connection.execute(
                "SELECT substr(content, ?, ?) FROM blob WHERE sha256 = ?", (start + 1, size, sha256)
            ).fetchone()
        if row is None:
            raise Unavailable(N_("This photo is not on this computer."), code="no_blob")
        return bytes(row[0])

    def parted(self, sha256: str) -> int:
        """Return how many bytes of a file that is coming are here."""
        if not self._path.exists():
            return 0
        with self._opened(writer=True) as connection:
            (size,) = connection.execute(
                "SELECT coalesce(sum(length(content)), 0) FROM part WHERE sha256 = ?", (sha256,)
            ).fetchone()
        return int(size)

    def keep_part(self, sha256: str, start: int, content: bytes) -> None:
        """Store the next part of a file that is coming; it becomes visible only whole (`finish`)."""
        with self._opened(writer=True) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO part (sha256, start, content) VALUES (?, ?, ?)", (sha256, start, content)
            )

    def drop_parts(self, sha256: str) -> None:
        """Let go of what has come of a file so far."""
        with self._opened(writer=True) as connection:
            connection.execute("DELETE FROM part WHERE sha256 = ?", (sha256,))

    def finish(self, sha256: str, mime: str, now: int) -> bool:
        """Put the parts together; False, and the parts are gone, when the whole does not match its name."""
        with self._opened(writer=True) as connection:
            parts = connection.execute("SELECT content FROM part WHERE sha256 = ? ORDER BY start", (sha256,)).fetchall()
        content = b"".join(bytes(one) for (one,) in parts)
        whole = hashlib.sha256(content).hexdigest() == sha256
        if whole:
            self.keep(content, mime, now)
        with self._opened(writer=True) as connection:
            connection.execute("DELETE FROM part WHERE sha256 = ?", (sha256,))
        return whole

    @contextmanager
    def _opened(self, *, writer: bool) -> Iterator[cipher.Connection]:
        """Hand out a connection; raises Unavailable where the disk is full or does not answer, Corrupt."""
        try:
            with closing(self._connect(writer=writer)) as connection:
                yield connection
        except cipher.DatabaseError as error:
            raise cipher.explain(error) from error

    def _connect(self, *, writer: bool) -> cipher.Connection:
        connection = cipher.connect(self._path, self._key, writer=writer, create=writer)
        if writer:
            connection.execute(_TABLE)
            connection.execute(_PART)
        return connection
