"""Taking somebody who was erased out of the archive: its files are written anew without the person.

Change sets keep their hashes and their order; what a restore reads back has empty cells and marks in texts, as the
database has. A file that cannot be read to its end keeps the rest as it is, and is named to whoever asked.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import zstandard

from deskapp.cipher import sync_folder
from deskapp.models.striking import pattern_of, without
from deskapp.server import striking
from deskapp.server.archive import LENGTH, SUFFIX, TURN, locked
from deskapp.server.erasing import Erased, without_cells
from deskapp.sync.framing import WireError, dump, load, pack, unpack

_ZSTD: Final = b"\x28"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """How many files were written anew, and the names of those that could not be, or only in part."""

    files: int
    left: tuple[str, ...] = ()


def turn(folder: Path) -> None:
    """Let every process that appends go on in a new file; those of before are nobody's any more."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    before = (folder / TURN).stat().st_mtime_ns if (folder / TURN).exists() else 0
    (folder / TURN).touch(mode=0o600)
    os.utime(folder / TURN, ns=(now := max((folder / TURN).stat().st_mtime_ns, before + 1), now))
    sync_folder(folder)


def erase(folder: Path, erased: Erased, texts: Sequence[str]) -> Rewritten:
    """Write every file anew that has personal cells of these records or, in their texts, one of these texts."""
    work = _Erasing(erased, texts)
    changed, left = 0, []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            with path.open("rb") as file, locked(file):
                whole, new = work.file(file)
                if new is not None and os.name != "nt":
                    _put(path, new)
            if new is not None and os.name == "nt":
                _put(path, new)
            changed += new is not None
            left += [] if whole else [path.name]
        except OSError:
            left.append(path.name)
    return Rewritten(changed, tuple(left))


def _put(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    sync_folder(path.parent)


class _Erasing:
    def __init__(self, erased: Erased, texts: Sequence[str]) -> None:
        self._erased, self._pattern = erased, pattern_of(texts)

    def file(self, file: IO[bytes]) -> tuple[bool, bytes | None]:
        """Return whether a file could be read to its end, and what it is to say, None where that is what it says."""
        out, changed = bytearray(), False
        while head := file.read(LENGTH.size):
            size = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else 0
            piece = file.read(size)
            try:
                told = load(zstandard.ZstdDecompressor().decompress(piece) if piece[:1] == _ZSTD else piece)
                new = self._frame(told) if len(piece) == size else None
            except (WireError, zstandard.ZstdError, ValueError, TypeError, IndexError, KeyError):
                return False, bytes(out + head + piece + file.read()) if changed else None
            if new is not None:
                piece, changed = pack(dump(new), level=3).body, True
            out += LENGTH.pack(len(piece)) + piece
        return True, bytes(out) if changed else None

    def _frame(self, told: list[Any]) -> list[Any] | None:
        rows = self._rows(told[2])
        more = told[3] if len(told) > 3 else {}
        if "aside" in more:
            station, at, digest, body = more["aside"]
            raw = base64.b64decode(body)
            aside = self._rows(load(unpack(raw, "zstd" if raw[:1] == _ZSTD else "identity")))
            if aside is not None:
                packed = base64.b64encode(pack(dump(aside), level=3).body).decode()
                return [*told[:3], {**more, "aside": [station, at, digest, packed]}]
        return [told[0], told[1], rows, *told[3:]] if rows is not None else None

    def _rows(self, rows: list[Any]) -> list[Any] | None:
        new = [self._row(row) for row in rows]
        return new if new != rows else None

    def _row(self, row: list[Any]) -> list[Any]:
        body, digest, personal, keys = row
        ops = {op["uid"]: op for op in load(body.encode())["ops"]}
        gone = self._erased.cells
        kept = [one for one in personal if one[1] not in gone.get(ops.get(one[0], {}).get("id", ""), ())]
        return [without(body, self._change) or body, digest, kept, [one for one in keys if one[0] not in gone]]

    def _change(self, op: Mapping[str, Any]) -> dict[str, Any] | None:
        values = without_cells(op, self._erased.cells)
        if op.get("id") in self._erased.texts:
            values = striking.clean(str(op["entity"]), values, self._pattern)
        return values
