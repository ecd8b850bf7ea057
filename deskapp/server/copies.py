"""Backups of the server and their return: SQLite by its own means, PostgreSQL by `pg_dump` and `pg_restore`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deskapp.cipher import sync_folder
from deskapp.errors import N_, Refused, Unavailable
from deskapp.server import check
from deskapp.server.database import Database, Transaction
from deskapp.server.erasing import GRACE_MS
from deskapp.server.telling import words_of

AT_WORK = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'deskapp-server' AND datname = current_database()"
)


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Hold a SQLite database for this process: one that serves it, or one that puts a backup in its place."""
    from filelock import FileLock, Timeout

    lock = FileLock(str(file) + ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise Refused(N_("A server is at work on {place}. Stop it first."), place=file.name, code="busy") from error
    try:
        yield
    finally:
        lock.release()


def backup(database: Database, url: str, target: Path) -> str:
    """Write a checked copy to a new file; return what is wrong with it, empty if nothing. Raises Refused."""
    if target.exists():
        raise Refused(N_("{place} is there already."), place=target.name)
    if not target.parent.is_dir():
        raise Refused(N_("There is no folder {place}."), place=str(target.parent))
    if database.postgres:
        _run("pg_dump", "--format=custom", "--file", str(target), "--dbname", url)
        target.chmod(0o600)
        _run("pg_restore", "--list", str(target))
        return ""
    database.backup(target)
    return broken(target)


@dataclass(frozen=True, slots=True)
class Stale:
    """A backup of before somebody was erased: where it lies, when it was made, and by when it has to go (ms UTC)."""

    place: Path
    made_at: int
    due: int


def stale(tx: Transaction) -> list[Stale]:
    """Return the backups that the book knows, that are still there, and that hold somebody who was erased since."""
    erased = [at for (at,) in tx.all("SELECT at FROM audit WHERE what = 'erase_person' ORDER BY at")]
    found: dict[str, Stale] = {}
    for at, place in tx.all("SELECT at, subject FROM audit WHERE what = 'backup' ORDER BY at"):
        since = next((one for one in erased if one > at), None)
        if since is None or not Path(place).is_file():
            found.pop(place, None)
        else:
            found[place] = Stale(Path(place), at, since + GRACE_MS)
    return list(found.values())


def rotate(tx: Transaction, now: int) -> list[Stale]:
    """Remove the stale backups whose time is over; return them. To be called once a newer one was checked."""
    gone = []
    for one in stale(tx):
        if one.due <= now:
            one.place.unlink(missing_ok=True)
            gone.append(one)
    return gone


def broken(file: Path) -> str:
    """Return what is wrong with a copy of a SQLite database, in the terminal's language; empty if nothing is."""
    copy = Database(str(file), create=False)
    try:
        found = check.check(copy)
    finally:
        copy.close()
    return words_of(found[0].sentence, **found[0].values) if found else ""


def put_back(source: Path, place: Path) -> None:
    """Put a backup into the place of the database, so that after a power cut there is the one or the other.

    Raises Refused for a backup that is damaged; then nothing has changed.
    """
    if not source.is_file():
        raise Refused(N_("There is no file {place}."), place=source.name)
    fresh = place.with_name(place.name + ".new")
    shutil.copyfile(source, fresh)
    fresh.chmod(0o600)
    try:
        found = broken(fresh)
        if found:
            raise Refused(N_("The backup {place} is damaged: {reason}"), place=source.name, reason=found)
        with fresh.open("rb+") as file:
            os.fsync(file.fileno())
        for suffix in ("-wal", "-shm"):
            Path(str(place) + suffix).unlink(missing_ok=True)
        os.replace(fresh, place)
        sync_folder(place.parent)
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(str(fresh) + suffix).unlink(missing_ok=True)


def put_back_postgres(source: Path, url: str) -> None:
    """Put a dump into the database of an address, all of it or nothing; raises Refused while servers work on it."""
    if not source.is_file():
        raise Refused(N_("There is no file {place}."), place=source.name)
    database = Database(url, connections=1)
    try:
        with database.read() as tx:
            (count,) = tx.one(AT_WORK)
    finally:
        database.close()
    if count > 1:
        raise Refused(N_("A server is at work on {place}. Stop it first."), place="PostgreSQL", code="busy")
    _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--dbname", url, str(source))


def _run(program: str, *words: str) -> None:
    """Run a program of PostgreSQL's; raises Unavailable where it is not installed or fails."""
    place = shutil.which(program)
    if place is None:
        raise Unavailable(N_("{program} is not installed here (Debian: postgresql-client)."), program=program)
    environment, told = dict(os.environ), []
    for word in words:  # a password in the words of a command is there for everybody on the computer to read
        parts = urlsplit(word) if word.startswith("postgres") else None
        if parts is not None and parts.password:
            environment["PGPASSWORD"] = unquote(parts.password)
            word = word.replace(f":{parts.password}@", "@", 1)
        told.append(word)
    done = subprocess.run([place, *told], capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        reason = next((line for line in done.stderr.splitlines() if line.strip()), str(done.returncode))
        raise Unavailable(N_("{program} could not finish: {reason}"), program=program, reason=reason)
