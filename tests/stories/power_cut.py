"""What a disk may hold after the power fails: a program's writes recorded by strace, then replayed up to any point.

Model of the disk: what was synced is there; of what was not, any part may be, torn at 512
bytes; names of files behave as on a journalling file system (a sync of any file also
commits the directory changes before it).
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

_CALLS = "openat,write,pwrite64,ftruncate,fsync,fdatasync,unlink,unlinkat,rename,renameat,renameat2"
_LINE = re.compile(r"^(?P<pid>\d+) +(?P<rest>.*)$")
_CALL = re.compile(r"^(?P<name>\w+)\((?P<args>.*)\) += (?P<answer>-?\d+)")
_FD = re.compile(r"^(?P<fd>\d+)<(?P<path>[^>]*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
SECTOR = 512


@dataclass(frozen=True, slots=True)
class Op:
    """One thing a program did: create, write, cut, sync, remove, rename a file; or acknowledge an act."""

    kind: str
    path: str = ""
    other: str = ""
    offset: int = 0
    content: bytes = b""


class Mode(Enum):
    """What becomes of writes that were not synced."""

    LOST = "lost"
    KEPT = "kept"
    MIXED = "mixed"


def record(log: Path, command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Run a program under strace; it writes one line to standard output per acknowledged act."""
    wrapped = [
        "strace", "-f", "-y", "-xx", "-s", "4194304", "-e", "signal=none", "-e", f"trace={_CALLS}", "-o", str(log),
        *command,
    ]  # fmt: skip
    return subprocess.run(wrapped, env=env, capture_output=True, check=False, timeout=300)


def operations(log: Path, root: str) -> list[Op]:
    """Return what a recorded program did below a folder, and its acknowledgements, in order."""
    return list(_operations(log, root))


def _operations(log: Path, root: str) -> Iterator[Op]:
    unfinished: dict[str, str] = {}
    places: dict[tuple[str, str], int] = {}
    for line in log.read_text("utf-8", errors="replace").splitlines():
        matched = _LINE.match(line)
        if matched is None:
            continue
        pid, rest = matched["pid"], matched["rest"]
        if rest.endswith("<unfinished ...>"):
            unfinished[pid] = rest.removesuffix("<unfinished ...>")
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", rest)
        if resumed:
            rest = unfinished.pop(pid, "") + resumed[1]
        call = _CALL.match(rest)
        if call is not None and int(call["answer"]) >= 0:
            yield from _one(call["name"], call["args"], int(call["answer"]), root, places)


def _plain(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _one(
    name: str, args: str, answer: int, root: str, places: dict[tuple[str, str], int]
) -> Iterator[Op]:
    texts = [_plain(found) for found in _TEXT.findall(args)]
    handle = _FD.match(args)
    number, path = ("", "")
    if handle is not None:
        number = handle["fd"]
        raw = handle["path"]
        path = _plain(raw).decode() if raw.startswith("\\x") else raw
    ours = path.startswith(root)
    if name in ("write", "pwrite64"):
        if number == "1":
            yield Op("ack", content=texts[0])
        elif ours:
            offset = int(args.rsplit(",", 1)[1]) if name == "pwrite64" else places.get((path, number), 0)
            if name == "write":
                places[path, number] = offset + answer
            yield Op("write", path, offset=offset, content=texts[0][:answer])
    elif name == "ftruncate" and ours:
        yield Op("cut", path, offset=int(args.rsplit(",", 1)[1]))
    elif name in ("fsync", "fdatasync"):
        yield Op("sync", path if ours else "")
    elif name.startswith("unlink") and texts[0].decode().startswith(root):
        yield Op("remove", texts[0].decode())
    elif name.startswith("rename") and texts[0].decode().startswith(root):
        yield Op("rename", texts[0].decode(), texts[1].decode())
    elif name == "openat" and texts and texts[0].decode().startswith(root):
        opened = texts[0].decode()
        places[opened, str(answer)] = 0
        if "O_CREAT" in args:
            yield Op("create", opened)
        if "O_TRUNC" in args:
            yield Op("cut", opened, offset=0)


@dataclass(slots=True)
class _File:
    safe: bytearray = field(default_factory=bytearray)
    waiting: list[Op] = field(default_factory=list)


def _apply(content: bytearray, op: Op, length: int | None = None) -> None:
    if op.kind == "cut":
        del content[op.offset :]
        content.extend(b"\0" * (op.offset - len(content)))
        return
    piece = op.content if length is None else op.content[:length]
    content.extend(b"\0" * max(0, op.offset - len(content)))
    content[op.offset : op.offset + len(piece)] = piece


@dataclass(slots=True)
class Disk:
    """A disk as a program saw it; `after_cut` says what is left of it when the power fails now."""

    files: dict[int, _File] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    changes: list[tuple[str, str, str, int]] = field(default_factory=list)
    committed: int = 0
    acknowledged: list[str] = field(default_factory=list)

    def do(self, op: Op) -> None:
        """Take one operation."""
        if op.kind == "ack":
            self.acknowledged += op.content.decode().split()
        elif op.kind == "create" and op.path not in self.names:
            number = len(self.files)
            self.files[number], self.names[op.path] = _File(), number
            self.changes.append(("add", op.path, "", number))
        elif op.kind in ("write", "cut") and op.path in self.names:
            self.files[self.names[op.path]].waiting.append(op)
        elif op.kind == "sync":
            self._sync(op.path)
        elif op.kind == "remove" and op.path in self.names:
            self.changes.append(("drop", op.path, "", self.names.pop(op.path)))
        elif op.kind == "rename" and op.path in self.names:
            self.names[op.other] = self.names.pop(op.path)
            self.changes.append(("move", op.path, op.other, self.names[op.other]))

    def _sync(self, path: str) -> None:
        number = self.names.get(path)
        if number is not None:
            file = self.files[number]
            for op in file.waiting:
                _apply(file.safe, op)
            file.waiting.clear()
        self.committed = len(self.changes)

    def after_cut(self, mode: Mode, chance: random.Random) -> dict[str, bytes]:
        """Return the files a computer finds when it starts again."""
        last = {Mode.LOST: self.committed, Mode.KEPT: len(self.changes)}.get(mode)
        seen = self.changes[: chance.randint(self.committed, len(self.changes)) if last is None else last]
        names: dict[str, int] = {}
        for kind, path, other, number in seen:
            if kind == "add":
                names[path] = number
            else:
                names.pop(path, None)
                if kind == "move":
                    names[other] = number
        return {
            path: self._content(self.files[number], mode, chance)
            for path, number in names.items()
            if not path.endswith("-shm")
        }

    def _content(self, file: _File, mode: Mode, chance: random.Random) -> bytes:
        content = bytearray(file.safe)
        for op in file.waiting if mode is not Mode.LOST else ():
            if mode is Mode.KEPT or chance.random() < 0.5:
                _apply(content, op)
            elif op.kind == "write" and chance.random() < 0.3:
                sectors = max(1, len(op.content) // SECTOR)
                _apply(content, op, SECTOR * chance.randint(0, sectors))
        return bytes(content)
