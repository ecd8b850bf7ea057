"""A PostgreSQL of the tests' own: made in a new folder, on a socket and a free port, gone with the last test."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
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


@dataclass
class PrivatePostgres:
    """A running server; `url` leads to its database `desk`."""

    folder: Path
    port: int
    bin: Path
    user: str | None

    @property
    def url(self) -> str:
        return f"postgresql://desk@127.0.0.1:{self.port}/desk"

    def run(self, program: str, *words: str) -> None:
        result = subprocess.run(
            [str(self.bin / program), *words], user=self.user, cwd=self.folder, capture_output=True, text=True,
            check=False, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        assert result.returncode == 0, f"{program}: {result.stdout}{result.stderr}"

    def start(self) -> None:
        data = self.folder / "data"
        self.run("initdb", "-D", str(data), "-U", "desk", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
        lines = [f"{name} = '{value}'" for name, value in SETTINGS.items()]
        lines += ["listen_addresses = '127.0.0.1'", f"unix_socket_directories = '{self.folder}'"]
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(data), "-l", log, "-w", "-t", "60", "-o", f"-p {self.port}", "start")
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "desk", "desk")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
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
