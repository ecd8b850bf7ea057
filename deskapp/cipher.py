"""Opening the encrypted file: the one SQLite library, its version gate, and what every connection is told.

Imports no ORM, so that the first window can read its counts before anything heavy is loaded.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from deskapp.errors import N_, Corrupt, Unavailable

APPLICATION_ID = 0x64736B31  # "dsk1": tells our files from other people's
MINIMUM_SQLITE = (3, 51, 3)  # before it a write-ahead log can be reset under a reader and corrupt the file

Connection = Any
"""A DB-API connection of sqlcipher3, which ships no types."""

DatabaseError: type[Exception] = dbapi2.DatabaseError

driver = dbapi2
"""The DB-API module, handed to the ORM so that the process has one SQLite only."""

_EVERY_CONNECTION = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    "PRAGMA mmap_size=0",
    "PRAGMA busy_timeout=2000",
    "PRAGMA cache_size=-4000",  # there are several readers, and what they read lies in the system's cache anyway
)
_WRITER = (
    "PRAGMA cache_size=-8000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # NORMAL loses acknowledged work when the power fails
    "PRAGMA wal_autocheckpoint=200",
    "PRAGMA journal_size_limit=4194304",
)


def gate() -> None:
    """Refuse to run on an SQLite with the write-ahead-log corruption; raises Unavailable."""
    if tuple(int(part) for part in dbapi2.sqlite_version.split(".")) < MINIMUM_SQLITE:
        raise Unavailable(
            N_("This computer's database library {version} is too old. Run the set-up again."),
            version=dbapi2.sqlite_version,
        )


def connect(path: Path, key: bytes, *, writer: bool = False, create: bool = False) -> Connection:
    """Open a file with its 32-byte key.

    Raises Corrupt when the key does not fit or the file is no store of ours, and
    Unavailable when there is no such file, or another program holds it.
    """
    if not create and not path.exists():
        raise Unavailable(N_("There is no data at {place} yet."), place=path.name)
    connection = dbapi2.connect(
        str(path), isolation_level=None, check_same_thread=False, cached_statements=512, timeout=2.0
    )
    try:
        connection.execute("PRAGMA cipher_log_level=NONE")
        connection.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        for pragma in (*_EVERY_CONNECTION, *(_WRITER if writer else ("PRAGMA query_only=ON",))):
            connection.execute(pragma)
    except dbapi2.DatabaseError as error:
        connection.close()
        raise explain(error) from error
    return connection


def connect_vault(path: Path, passphrase: str) -> Connection:
    """Open a small file locked by a passphrase (slow on purpose: about 0.1 s)."""
    connection = dbapi2.connect(str(path), isolation_level=None)
    try:
        connection.execute("PRAGMA cipher_log_level=NONE")
        quoted = passphrase.replace("'", "''")
        connection.execute(f"PRAGMA key='{quoted}'")
        connection.execute("PRAGMA synchronous=EXTRA")
    except dbapi2.DatabaseError:
        connection.close()
        raise
    return connection


def explain(error: Exception) -> Exception:
    """Return the deliberate error that tells a person what a database error means."""
    name = getattr(error, "sqlite_errorname", "") or ""
    no_room = isinstance(error, OSError) and error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    if name.startswith("SQLITE_FULL") or no_room:
        return Unavailable(
            N_(
                "The disk is full, so nothing more can be saved."
                " What you typed is still here: free some space, then save again."
            ),
            code="disk_full",
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Unavailable(
            N_(
                "Another program is holding the data file."
                " Close it (a backup or virus scan, for instance) and try again."
            ),
            code="locked",
        )
    if name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")):
        return Unavailable(
            N_("The disk does not answer as it should ({name}). Nothing was saved; what you typed is still here."),
            code="disk_fault",
            name=name,
        )
    if name.startswith("SQLITE_NOTADB") or "not a database" in str(error):
        return Corrupt(N_("The data file does not open with this key, or it is damaged."), code="not_ours")
    if name.startswith("SQLITE_CORRUPT") or "malformed" in str(error):
        return Corrupt(N_("The data file is damaged."), code="damaged")
    return error


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable (a directory needs its own fsync on POSIX)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, content: bytes) -> None:
    """Write a small file so that after a power cut there is the old or the new one, never half."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_folder(path.parent)
