"""Label and receipt printers that are not there: real sockets, a head that takes its time, paper that can be counted.

    python -m tests.print.virtual_printers --language zpl --port 0 --paper FILE [--print-ms 5]

tells its port and its control port as one line of JSON and prints until it is told to quit. The
readers here were written from the makers' manuals and share nothing with the program's writers.

A printer has a memory and a head. What was received is printed even when the connection is long
gone; that is what makes printing twice so easy. Each paper that came out is one line of the paper
file, on the disk before the next one starts. Every fault is an attribute that may change at any time:

paper_out, cover_open, paused, ribbon_out   the head stops; the memory goes on filling
paper_left N       that many papers, then paper_out
memory N           takes no byte while it holds N unprinted ones
silent             answers nothing;  rubbish: answers nonsense;  mute_when_stopped: as Zebra's manual warns
no_status, no_counter, no_ack, no_turn      a clone without this answer
hang               accepts, reads nothing;  keeps_open: never closes its own end
close_after N      closes properly after N bytes of a connection, throwing away what else comes
cut_after N        the cable: resets the connection after N bytes of it, goes on printing what it has
busy_line          takes one connection at a time, the others wait
vanished           is not on the network at all
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import re
import select
import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

STOPS = ("paper_out", "cover_open", "paused", "ribbon_out")


@dataclass
class Faults:
    """What is wrong with a printer now; see the module."""

    paper_out: bool = False
    cover_open: bool = False
    paused: bool = False
    ribbon_out: bool = False
    paper_left: int | None = None
    memory: int | None = None
    silent: bool = False
    rubbish: bool = False
    mute_when_stopped: bool = False
    no_status: bool = False
    no_counter: bool = False
    no_ack: bool = False
    no_turn: bool = False
    hang: bool = False
    keeps_open: bool = False
    close_after: int | None = None
    cut_after: int | None = None
    busy_line: bool = False
    vanished: bool = False

    @property
    def stopped(self) -> bool:
        return any(getattr(self, name) for name in STOPS)


@dataclass
class Sheet:
    """One paper: what its dots or texts were, and whether it is whole."""

    sha256: str
    size: int
    text: str = ""
    half: bool = False
    pieces: int = 1


@dataclass
class InTurn:
    """An answer that is due when the head has come to it."""

    answer: Callable[[], bytes]
    connection: Connection
    kind: str


class VirtualPrinter:
    """A printer; use as a context manager, or `start` and `stop`. `wait_for` waits for what is to be seen."""

    def __init__(
        self, language: str, *, port: int = 0, paper: Path | None = None, print_ms: float = 0, **faults: Any
    ) -> None:
        self.language = language
        self.paper = paper
        self.print_s = print_ms / 1000
        self.port = port
        self.faults = Faults(**faults)
        self.changed = threading.Condition()
        self.sheets: list[Sheet] = []
        self.odometer = 1000
        self.asked: list[str] = []
        self.received = 0
        self.connections = 0
        self.repeats_after_error = True
        self._memory: deque[Sheet | InTurn] = deque()
        self._printing = False
        self._forget = 0
        self._open: list[Connection] = []
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._listener: socket.socket | None = None

    # ------------------------------------------------------------ life

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start(self) -> VirtualPrinter:
        if not self.faults.vanished:
            self._listen()
        for work in (self._accept, self._head):
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def stop(self) -> None:
        with self.changed:
            self._stopping = True
            self.changed.notify_all()
        self._close_listener()
        for connection in list(self._open):
            connection.end(reset=True)
        for thread in self._threads:
            thread.join(5)

    def __enter__(self) -> VirtualPrinter:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def set(self, **faults: Any) -> None:
        """Change what is wrong."""
        with self.changed:
            before = self.faults.vanished
            for name, value in faults.items():
                if name not in {one.name for one in fields(Faults)}:
                    raise ValueError(f"no fault is called {name!r}")
                setattr(self.faults, name, value)
            self.changed.notify_all()
        if self.faults.vanished and not before:
            self._close_listener()
            self.cut()
        if before and not self.faults.vanished:
            self._listen()

    def cut(self) -> None:
        """Pull the cable of every connection; what was received is printed nevertheless."""
        for connection in list(self._open):
            connection.end(reset=True)

    def wait_for(self, seen: Callable[[], bool], timeout_s: float = 10.0) -> bool:
        """Wait until something is so; False when it did not become so in time."""
        with self.changed:
            return self.changed.wait_for(seen, timeout_s)

    def wait_printed(self, count: int, timeout_s: float = 10.0) -> bool:
        """Wait until so many papers came out."""
        return self.wait_for(lambda: len(self.sheets) >= count, timeout_s)

    @property
    def waiting(self) -> int:
        """How many papers it holds, the one under the head too."""
        with self.changed:
            return sum(isinstance(one, Sheet) for one in self._memory) + self._printing

    @property
    def texts(self) -> list[str]:
        """What the papers say, as far as they say it in text."""
        return [sheet.text for sheet in self.sheets]

    # ------------------------------------------------------------ the network

    def _listen(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)  # a printer's network part is small
        listener.bind(("127.0.0.1", self.port))
        listener.listen(8)
        listener.settimeout(0.05)
        self.port = listener.getsockname()[1]
        with self.changed:
            self._listener = listener
            self.changed.notify_all()

    def _close_listener(self) -> None:
        with self.changed:
            listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # or one more would be let in by the thread that waits for it
            listener.close()

    def _accept(self) -> None:
        while not self._stopping:
            with self.changed:
                self.changed.wait_for(
                    lambda: (
                        self._stopping or (self._listener is not None and not (self.faults.busy_line and self._open))
                    ),
                    0.5,
                )
                listener = self._listener
                if listener is None or (self.faults.busy_line and self._open):
                    continue
            try:
                wire, _ = listener.accept()
            except (TimeoutError, OSError):
                continue
            self.attach(Wire(wire))

    def attach(self, wire: Wire | Device) -> None:
        """Read from one more side: a connection, or a device file."""
        connection = Connection(self, wire)
        with self.changed:
            self.connections += 1
            self._open.append(connection)
        thread = threading.Thread(target=connection.run, daemon=True)
        thread.start()
        self._threads.append(thread)

    # ------------------------------------------------------------ memory and head

    def hold(self, thing: Sheet | InTurn) -> None:
        """Put into the memory, as often as the paper is wanted."""
        with self.changed:
            for _ in range(thing.pieces if isinstance(thing, Sheet) else 1):
                self._memory.append(thing)
            self.changed.notify_all()

    def held_bytes(self) -> int:
        return sum(one.size for one in self._memory if isinstance(one, Sheet))

    def forget(self) -> None:
        """Clear the memory, the paper under the head too."""
        with self.changed:
            self._memory.clear()
            self._forget += 1
            self.changed.notify_all()

    def _head(self) -> None:
        repeat: Sheet | None = None
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self._stopping or (self._memory and not self.faults.stopped))
                if self._stopping:
                    return
                thing = self._memory.popleft()
                order = self._forget
                self._printing = isinstance(thing, Sheet)
            if isinstance(thing, InTurn):
                thing.connection.answer(thing.kind, thing.answer())
                continue
            if repeat is not None and self.repeats_after_error:
                self._come_out(repeat)  # what the printer does by itself when nobody forbade it
            repeat = None
            with self.changed:
                self.changed.wait_for(lambda: self._stopping, self.print_s) if self.print_s else None
                # The paper may have run out under it: then it waits for the new roll.
                self.changed.wait_for(
                    lambda order=order: self._stopping or not self.faults.stopped or self._forget != order
                )
                if self._stopping:
                    return
                given_up = self._forget != order
            if not given_up:
                self._come_out(thing)
                if self.faults.stopped:
                    repeat = thing
            with self.changed:
                self._printing = False
                self.changed.notify_all()

    def _come_out(self, sheet: Sheet) -> None:
        with self.changed:
            self.odometer += 1
            if self.paper is not None:
                line = {
                    "n": self.odometer,
                    "sha256": sheet.sha256,
                    "bytes": sheet.size,
                    "text": sheet.text,
                    "half": sheet.half,
                }
                with self.paper.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
            self.sheets.append(sheet)
            if self.faults.paper_left is not None:
                self.faults.paper_left -= 1
                if self.faults.paper_left <= 0:
                    self.faults.paper_left, self.faults.paper_out = None, True
            self.changed.notify_all()


# ---------------------------------------------------------------- wires


class Wire:
    """A connection of the network."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        wire.setblocking(False)

    def read(self, most: int) -> bytes | None:
        """Return what came; b"" at the end, None for nothing yet. OSError when it is gone."""
        if not select.select([self._wire], [], [], 0.05)[0]:
            return None
        return self._wire.recv(most)

    def write(self, data: bytes) -> None:
        while data:
            select.select([], [self._wire], [], 1)
            data = data[self._wire.send(data) :]

    def close(self, *, reset: bool) -> None:
        with contextlib.suppress(OSError):
            if reset:
                self._wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._wire.close()


class Device:
    """The far side of a device file; a terminal pair stands in for the printer's driver."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def read(self, most: int) -> bytes | None:
        if not select.select([self._handle], [], [], 0.05)[0]:
            return None
        return os.read(self._handle, most)

    def write(self, data: bytes) -> None:
        os.write(self._handle, data)

    def close(self, *, reset: bool) -> None:
        with contextlib.suppress(OSError):
            os.close(self._handle)


class Connection:
    """One program talking to the printer."""

    def __init__(self, printer: VirtualPrinter, wire: Wire | Device) -> None:
        self.printer = printer
        self._wire = wire
        self._lock = threading.Lock()
        self._closed = False
        self._count = 0
        self._nonsense = random.Random(5)

    def run(self) -> None:
        reader = READERS[self.printer.language](self)
        printer, faults = self.printer, self.printer.faults
        with contextlib.suppress(OSError, ValueError):
            while not self._closed and not printer._stopping:
                if faults.hang or (faults.memory is not None and printer.held_bytes() >= faults.memory):
                    with printer.changed:
                        printer.changed.wait(0.05)
                    continue
                limit = faults.cut_after if faults.cut_after is not None else faults.close_after
                came = self._wire.read(4096 if limit is None else max(1, min(4096, limit - self._count)))
                if came is None:
                    continue
                if not came:
                    break
                self._count += len(came)
                reader.feed(came)
                with printer.changed:
                    printer.received += len(came)
                    printer.changed.notify_all()
                if limit is not None and self._count >= limit:
                    reader.ended()
                    self.end(reset=faults.cut_after is not None)
                    return
            reader.ended()
            while faults.keeps_open and not self._closed and not printer._stopping:
                with printer.changed:
                    printer.changed.wait(0.05)
        self.end(reset=False)

    def end(self, *, reset: bool) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                self._wire.close(reset=reset)
        with self.printer.changed:
            if self in self.printer._open:
                self.printer._open.remove(self)
            self.printer.changed.notify_all()

    def answer(self, kind: str, data: bytes) -> None:
        """Answer a question of a kind, if the printer is one that does."""
        printer, faults = self.printer, self.printer.faults
        with printer.changed:
            printer.asked.append(kind)
            printer.changed.notify_all()
        if faults.silent or getattr(faults, f"no_{kind}", False) or (faults.mute_when_stopped and faults.stopped):
            return
        if faults.rubbish:
            data = self._nonsense.randbytes(self._nonsense.randrange(1, 40))
        with self._lock, contextlib.suppress(OSError):
            if not self._closed:
                self._wire.write(data)

    def in_turn(self, kind: str, make: Callable[[], bytes]) -> None:
        """Answer when everything before it has been printed."""
        self.printer.hold(InTurn(make, self, kind))


# ---------------------------------------------------------------- what printers read


@dataclass
class ZplReader:
    """Zebra: formats between ^XA and ^XZ; ~ commands at once; ! U1 getvar."""

    at: Connection
    rest: bytes = b""
    looked: int = 0

    COMMANDS = re.compile(rb"~HS|~JA|\^XZ|! U1 getvar \"([^\"]+)\"\r?\n")

    def feed(self, data: bytes) -> None:
        self.rest += data
        while True:
            found = self.COMMANDS.search(self.rest, max(0, self.looked - 100))
            self.looked = len(self.rest) if found is None else 0
            if found is None:
                # Noise between formats is not kept for ever; an open format is.
                if len(self.rest) > 4096 and b"^XA" not in self.rest[:4096]:
                    self.rest = self.rest[-100:]
                return
            head, what = self.rest[: found.start()], found.group()
            if what == b"^XZ":
                self.rest = self.rest[found.end() :]
                self._format(head)
                continue
            self.rest = head + self.rest[found.end() :]  # immediate: the format around it goes on
            if what == b"~HS":
                self.at.answer("status", self._status(b"^XA" in head))
            elif what == b"~JA":
                self.rest = b""
                self.at.printer.forget()
            else:
                known = found.group(1) == b"odometer.total_label_count"
                self.at.answer("counter", b'"%d"' % self.at.printer.odometer if known else b'"?"')

    def _format(self, head: bytes) -> None:
        start = head.rfind(b"^XA")
        if start < 0:
            return
        body = head[start:]
        if b"^JZN" in body:
            self.at.printer.repeats_after_error = False
        elif b"^JZY" in body:
            self.at.printer.repeats_after_error = True
        drawn = re.findall(rb"\^(?:GF[^\^]*|FD[^\^]*)", body)
        if not drawn:
            return
        count = re.search(rb"\^PQ(\d+)", body)
        text = b" ".join(re.findall(rb"\^FD([^\^]*)", body)).decode("utf-8", "replace")
        self.at.printer.hold(Sheet(digest(b"".join(drawn)), len(body), text, pieces=int(count[1]) if count else 1))

    def _status(self, partial: bool) -> bytes:
        printer, faults = self.at.printer, self.at.printer.faults
        waiting = printer.waiting
        one = f"030,{faults.paper_out:d},{faults.paused:d},0245,{min(waiting, 999):03d},0,0,{partial:d},000,0,0,0"
        two = f"001,0,{faults.cover_open:d},{faults.ribbon_out:d},1,2,6,0,00000000,1,000"
        return b"".join(b"\x02" + line.encode() + b"\x03\r\n" for line in (one, two, "1234,0"))

    def ended(self) -> None:
        """A format that was never finished is never printed."""


@dataclass
class TsplReader:
    """TSC and its relatives: lines, and one command with bytes in the middle of a line."""

    at: Connection
    rest: bytes = b""
    image: bytes = b""
    text: list[str] = field(default_factory=list)
    tail: bytes = b""

    def feed(self, data: bytes) -> None:
        self._immediate(data)
        self.rest += data
        while self._step():
            pass

    def _immediate(self, data: bytes) -> None:
        """Obey at once what stands anywhere in the stream, as the manual says, even within a picture."""
        seen = self.tail + data
        for found in re.finditer(rb"\x1b!([?S.])", seen):
            if found.end() <= len(self.tail):
                continue
            faults, printer = self.at.printer.faults, self.at.printer
            if found[1] == b"?":
                bits = (
                    faults.cover_open,
                    False,
                    faults.paper_out,
                    faults.ribbon_out,
                    faults.paused,
                    printer.waiting > 0,
                )
                self.at.answer("status", bytes([sum(1 << n for n, bit in enumerate(bits) if bit)]))
            elif found[1] == b".":
                printer.forget()
        self.tail = seen[-2:]

    def _step(self) -> bool:
        self.rest = re.sub(rb"\A(?:\x1b![?S.]|[\r\n])+", b"", self.rest)
        bitmap = re.match(rb"BITMAP (\d+),(\d+),(\d+),(\d+),\d,", self.rest)
        if bitmap is not None:
            size = int(bitmap[3]) * int(bitmap[4])
            if len(self.rest) < bitmap.end() + size:
                return False
            self.image += self.rest[: bitmap.end() + size]
            self.rest = self.rest[bitmap.end() + size :]
            return True
        line, end, after = self.rest.partition(b"\n")
        if not end or b"BITMAP"[: len(line)] == line:
            return False
        self.rest = after
        self._line(line.strip())
        return True

    def _line(self, line: bytes) -> None:
        word = line.split(b" ")[0].upper()
        if word == b"CLS":
            self.image, self.text = b"", []
        elif word == b"TEXT":
            self.text.append(line.rpartition(b',"')[2].rstrip(b'"').decode("utf-8", "replace"))
        elif word == b"PRINT":
            numbers = [int(one) for one in re.findall(rb"\d+", line)]
            drawn = self.image + "\n".join(self.text).encode()
            self.at.printer.hold(
                Sheet(
                    digest(drawn),
                    len(drawn),
                    " ".join(self.text),
                    pieces=numbers[0] * (numbers[1] if len(numbers) > 1 else 1),
                )
            )
        elif line.upper() == b"OUT @LABEL":
            self.at.in_turn("counter", lambda: b"%d\r\n" % (self.at.printer.odometer - 1000))
        elif word == b"OUT":
            self.at.in_turn("turn", lambda: line[4:].strip(b'"') + b"\r\n")
        elif line.upper() == b"SET REPRINT OFF":
            self.at.printer.repeats_after_error = False

    def ended(self) -> None:
        """A label without PRINT is never printed."""


@dataclass
class EscPosReader:
    """Epson and its relatives: a receipt is what stands before a cut (or, without cutter, before a long feed)."""

    at: Connection
    rest: bytes = b""
    drawn: bytes = b""
    text: bytes = b""
    tail: bytes = b""

    CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"

    def __post_init__(self) -> None:
        self.at.printer.repeats_after_error = False

    def feed(self, data: bytes) -> None:
        self._real_time(data)
        self.rest += data
        while self._step():
            pass

    def _real_time(self, data: bytes) -> None:
        """Obey at once what stands anywhere in the stream, as the manual says, even within a picture."""
        seen = self.tail + data
        for found in re.finditer(rb"\x10\x04([\x01-\x04])|" + re.escape(self.CLEAR), seen):
            if found.end() <= len(self.tail):
                continue
            if found[1] is None:
                self.drawn = self.text = b""
                self.at.printer.forget()
            else:
                self.at.answer("status", self._status(found[1][0]))
        self.tail = seen[-(len(self.CLEAR) - 1) :]

    def _status(self, which: int) -> bytes:
        faults = self.at.printer.faults
        on = {
            1: faults.stopped and 0x08,
            2: (faults.cover_open and 0x04) | (faults.paper_out and 0x20),
            3: 0,
            4: faults.paper_out and 0x6C,
        }[which]
        return bytes([0x12 | on])

    def _step(self) -> bool:
        rest = self.rest
        for pattern, act in self.COMMANDS:
            found = re.match(pattern, rest, re.DOTALL)
            if found is not None:
                used = act(self, found)
                if used is None:
                    return False
                self.rest = rest[used:]
                return True
        if not rest or rest[:1] in b"\x10\x1b\x1c\x1d":
            return False  # a command that has not arrived whole
        self.text += rest[:1]
        self.rest = rest[1:]
        return True

    def _picture(self, found: re.Match[bytes]) -> int | None:
        width, height = struct.unpack("<HH", found[1])
        return self._draw(found.end() + width * height)

    def _column(self, found: re.Match[bytes]) -> int | None:
        (columns,) = struct.unpack("<H", found[2])
        return self._draw(found.end() + columns * (3 if found[1][0] >= 32 else 1))

    def _draw(self, end: int) -> int | None:
        if len(self.rest) < end:
            return None
        self.drawn += self.rest[:end]
        return end

    def _group(self, found: re.Match[bytes]) -> int | None:
        (size,) = struct.unpack("<H", found[2])
        if len(self.rest) < found.end() + size:
            return None
        said = self.rest[found.end() : found.end() + size]
        if found[1] == b"H" and said[:2] == b"\x30\x30":
            self.at.in_turn("ack", lambda: b"\x37\x22" + said[2:6] + b"\x00")
        return found.end() + size

    def _turn(self, found: re.Match[bytes]) -> int:
        self.at.in_turn("turn", lambda: b"\x00")
        return found.end()

    def _cut(self, found: re.Match[bytes]) -> int:
        self._out(half=False)
        return found.end()

    def _out(self, *, half: bool) -> None:
        if self.drawn or self.text.strip():
            text = self.text.decode("gbk", "replace").strip()
            self.at.printer.hold(Sheet(digest(self.drawn + self.text), len(self.drawn) + len(self.text), text, half))
        self.drawn = self.text = b""

    def _pass(self, found: re.Match[bytes]) -> int:
        return found.end()

    COMMANDS: Any = (
        (rb"\x10\x04[\x01-\x04]", _pass),
        (re.escape(CLEAR), _pass),
        (rb"\x1dv0.(....)", _picture),
        (rb"\x1b\*(.)(..)", _column),
        (rb"\x1d\((.)(..)", _group),
        (rb"\x1dr.", _turn),
        (rb"\x1dV[AB].|\x1dV[\x00\x01\x30\x31]|\x1bd[\x04-\xff]", _cut),
        (rb"\x1bp...|\x1b[@2]|\x1b[3dRatM!JE].|\x1c[&.]|\x1d[!L]..?", _pass),
    )  # fmt: skip

    def ended(self) -> None:
        """What was printed of a half receipt is on the paper."""
        self._out(half=True)


READERS: dict[str, Any] = {"zpl": ZplReader, "tspl": TsplReader, "escpos": EscPosReader}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def label(language: str, text: str, *, size: int = 0) -> bytes:
    """Return one paper that says `text`, with at least `size` bytes: for tests that need no picture."""
    if language == "zpl":
        return f"^XA^JZN^FO10,10^FD{text}^FS^FX{'.' * size}^FS^PQ1^XZ\r\n".encode()
    if language == "tspl":
        filler = b"BITMAP 0,0,8,%d,0," % (size // 8) + b"\xff" * (size // 8 * 8) + b"\r\n" if size >= 8 else b""
        return b"SET REPRINT OFF\r\nCLS\r\n" + filler + f'TEXT 10,10,"2",0,1,1,"{text}"\r\nPRINT 1,1\r\n'.encode()
    rows = size // 48
    filler = b"\x1dv0\x00" + struct.pack("<HH", 48, rows) + bytes(48 * rows) if rows else b""
    return b"\x1b@" + filler + text.encode("gbk") + b"\n\x1dV\x42\x00"


# ---------------------------------------------------------------- as a program


class Process:
    """A virtual printer in a process of its own, told what to do over its control port."""

    def __init__(self, language: str, paper: Path, *, print_ms: float = 0, port: int = 0) -> None:
        import subprocess

        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "tests.print.virtual_printers", "--language", language, "--paper", str(paper),
                "--print-ms", str(print_ms), "--port", str(port),
            ],
            stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        self.port, self._control = told["port"], told["control"]
        self.paper = paper

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def say(self, **what: Any) -> dict[str, Any]:
        """Say `set={...}`, `wait={"printed": 5}`, `cut=True` or nothing; returns the printer's state."""
        with socket.create_connection(("127.0.0.1", self._control), timeout=60) as wire, wire.makefile("rw") as file:
            file.write(json.dumps(what) + "\n")
            file.flush()
            state: dict[str, Any] = json.loads(file.readline())
        return state

    def sheets(self) -> list[dict[str, Any]]:
        """Return what came out."""
        if not self.paper.exists():
            return []
        return [json.loads(line) for line in self.paper.read_text("utf-8").splitlines()]

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_exception: object) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.say(quit=True)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait(10)


def serve(printer: VirtualPrinter, control: socket.socket) -> None:
    """Do what the control port says until it says quit."""
    for asked, file in _asked(control):
        if "set" in asked:
            printer.set(**asked["set"])
        if asked.get("cut"):
            printer.cut()
        if "wait" in asked:
            wanted = asked["wait"]
            printer.wait_for(
                lambda wanted=wanted: (
                    len(printer.sheets) >= wanted.get("printed", 0)
                    and printer.received >= wanted.get("received", 0)
                    and (not wanted.get("idle") or not printer.waiting)
                ),
                asked.get("timeout", 30),
            )
        state = {
            "printed": len(printer.sheets), "waiting": printer.waiting, "odometer": printer.odometer,
            "received": printer.received, "connections": printer.connections, "asked": len(printer.asked),
        }  # fmt: skip
        file.write(json.dumps(state) + "\n")
        file.flush()
        if asked.get("quit"):
            return


def _asked(control: socket.socket) -> Iterator[tuple[dict[str, Any], Any]]:
    while True:
        wire, _ = control.accept()
        with wire, wire.makefile("rw") as file:
            for line in file:
                yield json.loads(line), file


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A printer that is not there.")
    parser.add_argument("--language", choices=sorted(READERS), required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--paper", type=Path)
    parser.add_argument("--print-ms", type=float, default=0)
    given = parser.parse_args(arguments)
    with (
        socket.create_server(("127.0.0.1", given.control_port)) as control,
        VirtualPrinter(given.language, port=given.port, paper=given.paper, print_ms=given.print_ms) as printer,
    ):
        sys.stdout.write(json.dumps({"port": printer.port, "control": control.getsockname()[1]}) + "\n")
        sys.stdout.flush()
        serve(printer, control)


if __name__ == "__main__":
    main()
