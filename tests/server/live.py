"""A server process of its own, on HTTP, and a station's way to it."""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from deskapp.clock import system_clock
from deskapp.server.cli import main
from deskapp.sync import framing
from deskapp.sync.signing import StationKey
from deskapp.sync.wire import PushedSet, SyncReply, SyncRequest, read_reply
from tests.server.postgres import dies_with_us

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Process:
    """A running `deskapp-server serve`."""

    process: subprocess.Popen[str]
    host: str
    port: int

    def stop(self, how: int = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()


def serve(data: Path, *words: str, db: str = "", archive: Path | None = None) -> Process:
    """Start one and wait until it listens."""
    options = ["--data", str(data), *(("--db", db) if db else ()), *(("--archive", str(archive)) if archive else ())]
    process = subprocess.Popen(
        [sys.executable, "-m", "deskapp.server", *options, "serve", "--port", "0", *words],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        preexec_fn=dies_with_us,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "listens on" in line, line
    host, _, port = line.strip().rpartition("//")[2].rpartition(":")
    return Process(process, host, int(port))


def command(data: Path, *words: str, db: str = "") -> str:
    """Run one command of the server's and return what it said."""
    options = ["--data", str(data), *(("--db", db) if db else ())]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main([*options, *words])
    assert code == 0, said.getvalue()
    return said.getvalue()


@contextlib.contextmanager
def running(data: Path, *words: str, **more: Any) -> Iterator[Process]:
    started = serve(data, *words, **more)
    try:
        yield started
    finally:
        started.stop()


OPEN: list[Line] = []
"""Every line of the running test, closed after it."""


@dataclass
class Line:
    """A kept connection of one station; signs every request."""

    host: str
    port: int
    key: StationKey
    station: str
    epoch: str = ""
    offset: int = 0
    last: int = 0
    encoding: str = framing.ZSTD
    _connection: http.client.HTTPConnection | None = None
    _door: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        OPEN.append(self)

    def counter(self) -> int:
        with self._door:
            self.last = max(self.last + 1, system_clock() + self.offset)
            return self.last

    def header(self, method: str, path: str, body: bytes, counter: int = 0) -> str:
        claim = self.key.sign(
            method, path, body, station=self.station, counter=counter or self.counter(), epoch=self.epoch
        )
        return claim.header()

    def raw(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, Any]:
        """Send what is given as it is."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            self._connection.request(method, path, body or None, dict(headers or {}))
            answer = self._connection.getresponse()
            return answer.status, answer.read(), answer.headers
        except (http.client.HTTPException, OSError):
            self.close()
            raise

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes, Any]:
        """Send a signed request; learn time and epoch from a refusal and try once more."""
        for _try in range(2):
            signed = {
                "authorization": self.header(method, path, body),
                **{k.replace("_", "-"): v for k, v in headers.items()},
            }
            status, told, answered = self.raw(method, path, body, signed)
            if status != 401 or not told:  # an answer to HEAD has no words
                break
            problem = orjson.loads(told)
            self.epoch = problem.get("epoch", self.epoch)
            self.offset = problem["now"] - system_clock()
            self.last = 0 if self.last > problem["now"] + 1000 else self.last
        return status, told, answered

    def sync(self, request: SyncRequest, **more: Any) -> SyncReply:
        packed = framing.pack(request.to_bytes(), self.encoding)
        status, told, headers = self.ask(
            "POST", "/v1/sync", packed.body, content_encoding=packed.encoding, accept_encoding=self.encoding
        )
        assert status in (200, 410), (status, told[:200])
        return read_reply(framing.unpack(told, headers.get("content-encoding", framing.PLAIN)))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def request_of(desk: Any, sets: Sequence[PushedSet] | None = None) -> SyncRequest:
    """Return what a hand-made desk would ask, by the system's clock."""
    unsent = desk.journal[desk.known[0] :] if sets is None else sets
    return SyncRequest(3, system_clock(), desk.known, desk.cursors, unsent)
