"""emupos as a printer on the loopback: paper comes out as pictures, and things go wrong when told to."""

from __future__ import annotations

import io
import json
import select
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.print.oracles.shelf import Oracle

_WAIT = 15.0
_CONFIG = """\
schema: 1
api: {{ host: 127.0.0.1, port: {api} }}
devices:
  - id: front
    type: printer
    profile: xprinter-xp80t
    job_idle_timeout_ms: 300
    connections:
      - tcp: {{ port: {port} }}
    receipts_dir: {folder}
"""


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running printer: a port to send to, and the hands of a person."""

    port: int
    api: int

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)

    def fault(self, name: str, *, on: bool) -> None:
        """paper-near-end, paper-out, cover-open or offline."""
        self._call(f"devices/front/faults/{name}", "PUT" if on else "DELETE")

    def drawer(self) -> str:
        """Say whether the cash drawer is open or closed."""
        return str(json.loads(self._call("devices/front"))["state"]["drawer"])

    def close_drawer(self) -> None:
        self._call("devices/front/drawer/close", "POST")

    def receipts(self) -> list[str]:
        """Return the ids of all finished receipts, newest first."""
        return [one["id"] for one in json.loads(self._call("devices/front/receipts"))]

    def paper(self, known: list[str]) -> Image.Image:
        """Wait for a receipt that was not there before, and return what is on it."""
        until = time.monotonic() + _WAIT
        while time.monotonic() < until:
            new = [one for one in self.receipts() if one not in known]
            if new:
                drawn = self._call(f"devices/front/receipts/{new[0]}/image")
                return Image.open(io.BytesIO(drawn))
            select.select([], [], [], 0.02)
        raise AssertionError("no receipt came out")

    def _call(self, path: str, method: str = "GET") -> bytes:
        request = urllib.request.Request(f"http://127.0.0.1:{self.api}/api/v1/{path}", method=method)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bytes(answer.read())


def told(line: socket.socket, question: bytes, enough: int, *, patience: float = 3.0) -> bytes:
    """Send a question and return what comes back within the time: `enough` bytes end the wait."""
    line.sendall(question)
    answer, until = b"", time.monotonic() + patience
    while len(answer) < enough and (left := until - time.monotonic()) > 0:
        if select.select([line], [], [], left)[0]:
            answer += line.recv(256)
    return answer


@contextmanager
def running(oracle: Oracle, folder: Path) -> Iterator[Emulator]:
    """Start the emulator on two free ports and end it afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        emulator = Emulator(one.getsockname()[1], two.getsockname()[1])
    config = folder / "emupos.yaml"
    config.write_text(_CONFIG.format(api=emulator.api, port=emulator.port, folder=folder / "receipts"))
    start = "from emupos.cli.app import main; main()"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [oracle.python, "-c", start, "run", "--config", str(config)],
            stdout=log,
            stderr=log,
            cwd=folder,
            env=oracle.environment(),
        )
        try:
            until = time.monotonic() + _WAIT
            while time.monotonic() < until:
                assert process.poll() is None, (folder / "log").read_text()
                try:
                    emulator.receipts()
                    emulator.connect().close()
                    break
                except OSError:
                    select.select([], [], [], 0.05)
            yield emulator
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
