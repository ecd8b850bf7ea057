"""The off-box archive: every accepted change set, appended to a file on another disk before the answer goes out.

One file a day and process, one zstd frame a push. What the database and every station's disk lost together is read
back from here; so is who belongs, and who was shut out. Files are never changed, but for somebody who is erased
(`archive_erasing`): whoever appends goes on in a new file then, and holds the lock of its file while it writes.
"""

from __future__ import annotations

import heapq
import logging
import os
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import IO, Any, Final

import zstandard

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from deskapp.cipher import sync_folder
from deskapp.clock import random_token, shop_day
from deskapp.sync.framing import WireError, dump, load, pack
from deskapp.sync.packing import PushedSet, ReadSet

log = logging.getLogger(__name__)

LENGTH: Final = struct.Struct(">I")
_DAY: Final = len("2026-11-22")
SUFFIX: Final = ".deskarchive"
TURN: Final = "turn"
"""A file in the folder of the archive: when it is touched, every process goes on in a new file."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What the archive was told at one moment (ms UTC): a station's change sets, or who belongs (`told`)."""

    station: str
    now: int
    sets: list[PushedSet]
    told: Mapping[str, Any] = field(default_factory=dict)


class Archive:
    """Appends to a folder; safe from any thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._door = threading.Lock()
        self._day = ""
        self._path = folder
        self._turn = 0
        self._file: IO[bytes] | None = None

    def append(self, station: str, sets: Sequence[PushedSet], now: int) -> None:
        """Write change sets of a station, safe on the disk when this returns; raises OSError."""
        rows = [[one.body.decode(), one.hash, one.personal, one.keys] for one in sets]
        self._write([station, now, rows], now)

    def note(self, told: Mapping[str, Any], now: int) -> None:
        """Write who belongs; raises OSError."""
        self._write(["", now, [], told], now)

    def _write(self, told: list[Any], now: int) -> None:
        body = pack(dump(told), level=3).body
        with self._door:
            try:
                while not self._written(LENGTH.pack(len(body)) + body, shop_day(now).isoformat()):
                    pass  # somebody is erased just now: it goes on in a new file
            except OSError:
                # Half a frame may stand at the end: nothing is appended behind it.
                self._let_go()
                raise

    def _written(self, frame: bytes, day: str) -> bool:
        with locked(self._open(day)) as file:
            if self._turned() != self._turn or self._was_replaced(file):
                self._let_go()
                return False
            file.write(frame)
            file.flush()
            os.fsync(file.fileno())
            return True

    def _open(self, day: str) -> IO[bytes]:
        turn = self._turned()
        if self._file is None or (day, turn) != (self._day, self._turn):
            self._let_go()
            path = self._folder / f"{day}-{random_token(4)}{SUFFIX}"
            self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), "wb")
            sync_folder(self._folder)
            self._day, self._turn, self._path = day, turn, path
        return self._file

    def _was_replaced(self, file: IO[bytes]) -> bool:
        """Say whether the file was written anew while this held it: what is appended to it now, nobody would find."""
        if os.name == "nt":
            return False  # there nobody puts another in the place of an open file
        try:
            return os.stat(self._path).st_ino != os.fstat(file.fileno()).st_ino
        except OSError:
            return True

    def _turned(self) -> int:
        try:
            return (self._folder / TURN).stat().st_mtime_ns
        except OSError:
            return 0

    def _let_go(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                log.warning("the archive's file could not be closed")

    def close(self) -> None:
        """Close the file."""
        with self._door:
            self._let_go()


@contextmanager
def locked(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Hold a file, so that nobody else appends to it or puts another in its place. Windows does so by itself."""
    handle = file.fileno()
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield file
    finally:
        if fcntl is not None and not file.closed:
            fcntl.flock(handle, fcntl.LOCK_UN)


_BINARY: Final = getattr(os, "O_BINARY", 0)


def stored_form(one: ReadSet, body: bytes | None = None) -> PushedSet:
    """Return a change set as it is kept: its body with the personal values beside it."""
    personal = tuple((op.uid, name, str(op.values.get(name, ""))) for op in one.ops for name in op.personal)
    return PushedSet(one.body if body is None else body, one.hash, personal, one.keys)


def read_archive(folder: Path) -> Iterator[Frame]:
    """Yield what a folder holds, in the order in which it was written; a torn end is left out.

    The files of one day are of several processes (or of one that was started again): they are woven by their time.
    """
    names = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.name)
    for _day, paths in groupby(names, key=lambda path: path.name[:_DAY]):
        yield from heapq.merge(*map(_frames, paths), key=lambda frame: frame.now)


def _frames(path: Path) -> Iterator[Frame]:
    with path.open("rb") as file:
        while head := file.read(LENGTH.size):
            size = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else 0
            piece = file.read(size)
            if not piece or len(piece) < size:
                log.warning("%s has a torn end", path.name)
                return
            try:
                told = load(zstandard.ZstdDecompressor().decompress(piece) if piece[:1] == b"\x28" else piece)
                sets = [
                    PushedSet(body.encode(), digest, tuple(map(tuple, personal)), tuple(map(tuple, keys)))
                    for body, digest, personal, keys in told[2]
                ]
                yield Frame(told[0], told[1], sets, told[3] if len(told) > 3 else {})
            except (WireError, zstandard.ZstdError, ValueError, TypeError, IndexError):
                log.warning("%s cannot be read to its end", path.name)
                return
