"""A PostgreSQL of the tests' own: made in a new folder, on a socket and a free port, gone with the last test."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SETTINGS = {
    "fsync": "off", "synchronous_commit": "on", "full_page_writes": "off", "max_connections": "120",
    "shared_buffers": "64MB", "autovacuum": "on", "log_min_messages": "fatal", "jit": "off",
}  # fmt: skip


def programs() -> Path | None:
    """Return the folder of initdb and pg_ctl, or None where PostgreSQL is not installed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    found = next((place for place in places if (place / "initdb").exists()), None)
    on_path = shutil.which("initdb")
    return found or (Path(on_path).parent if on_path else None)


def unprivileged() -> str | None:
    """Return the user to run it as: nobody else, unless we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    return None


def dies_with_us() -> None:
    """Let the kernel stop a child (SIGINT) when the test run is killed and cannot do it itself; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


@dataclass
class PrivatePostgres:
    """A running server; `url` leads to its database `desk`."""

    folder: Path
    port: int
    bin: Path
    user: str | None
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://desk@127.0.0.1:{self.port}/desk"

    def run(self, program: str, *words: str, patient: bool = False) -> None:
        """Run one of its programs; `patient`: again until it succeeds, for half a minute."""
        end = time.monotonic() + 30
        while True:
            result = subprocess.run(
                [str(self.bin / program), *words], user=self.user, cwd=self.folder, capture_output=True, text=True,
                check=False, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            )  # fmt: skip
            if result.returncode == 0 or not patient or time.monotonic() > end:
                break
        assert result.returncode == 0, f"{program}: {result.stdout}{result.stderr}"

    def start(self) -> None:
        data = self.folder / "data"
        self.run("initdb", "-D", str(data), "-U", "desk", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
        lines = [f"{name} = '{value}'" for name, value in SETTINGS.items()]
        lines += ["listen_addresses = '127.0.0.1'", f"unix_socket_directories = '{self.folder}'"]
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        words = [str(self.bin / "postgres"), "-D", str(data), "-p", str(self.port)]
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                words, user=self.user, cwd=self.folder, stdout=log, stderr=log, preexec_fn=dies_with_us,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            )  # fmt: skip
        self.run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port), "-t", "0", patient=True)
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "desk", "desk")

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_private() -> PrivatePostgres:
    """Make and start one; fails where PostgreSQL is not installed."""
    place = programs()
    assert place is not None, "PostgreSQL is not installed (Debian: postgresql)"
    user = unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="deskapp-pg-"))
    if user is not None:
        shutil.chown(folder, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = PrivatePostgres(folder, port, place, user)
    server.start()
    return server
