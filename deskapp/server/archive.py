"""The off-box archive: every accepted change set, appended to a file on another disk before the answer goes out.

One file a day and process, one zstd frame a push. What the database and every station's disk lost together is read
back from here.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from deskapp.clock import random_token, shop_day
from deskapp.sync.framing import WireError, canonical_bytes, dump, load, pack, unpack
from deskapp.sync.packing import PushedSet, ReadSet

_LENGTH: Final = struct.Struct(">I")
SUFFIX: Final = ".deskarchive"


class Archive:
    """Appends to a folder; safe from any thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._name = folder, random_token(4)
        self._door = threading.Lock()
        self._day = ""
        self._file: IO[bytes] | None = None

    def append(self, station: str, sets: Sequence[PushedSet], now: int) -> None:
        """Write change sets of a station, safe on the disk when this returns; raises OSError."""
        rows = [[one.body.decode(), one.hash, one.personal, one.keys] for one in sets]
        body = pack(dump([station, now, rows]), level=3).body
        with self._door:
            file = self._open(shop_day(now).isoformat())
            file.write(_LENGTH.pack(len(body)) + body)
            file.flush()
            os.fsync(file.fileno())

    def _open(self, day: str) -> IO[bytes]:
        if self._file is None or day != self._day:
            if self._file is not None:
                self._file.close()
            self._file = (self._folder / f"{day}-{self._name}{SUFFIX}").open("ab")
            self._day = day
        return self._file

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def stored_form(one: ReadSet, body: bytes | None = None) -> PushedSet:
    """Return a change set as it is kept: its body with the personal values beside it."""
    personal = tuple((op.uid, name, str(op.values.get(name, ""))) for op in one.ops for name in op.personal)
    return PushedSet(one.body if body is None else body, one.hash, personal, one.keys)


def read_archive(folder: Path) -> Iterator[tuple[str, list[PushedSet]]]:
    """Yield station and change sets of every push in a folder, oldest file first; a torn end is left out."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        raw = path.read_bytes()
        at = 0
        while at + _LENGTH.size <= len(raw):
            (size,) = _LENGTH.unpack_from(raw, at)
            piece = raw[at + _LENGTH.size : at + _LENGTH.size + size]
            at += _LENGTH.size + size
            if len(piece) < size:
                break
            try:
                plain = unpack(piece, "zstd" if piece[:1] == b"\x28" else "identity")
                station, _now, rows = load(plain)
            except (WireError, ValueError):
                break
            yield (
                station,
                [
                    PushedSet(body.encode(), digest, tuple(map(tuple, personal)), tuple(map(tuple, keys)))
                    for body, digest, personal, keys in rows
                ],
            )


def same_body(body: bytes) -> bool:
    """Say whether a body is canonical."""
    return canonical_bytes(load(body)) == body
