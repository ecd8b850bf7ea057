"""What the scale benches share: a PostgreSQL of their own, server processes on it, stations by the thousand, CPU time.

CPU seconds are told beside the clock's: they hold on a busy machine too.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deskapp.clock import new_uuid7, system_clock
from deskapp.server.database import Database
from deskapp.server.service import Options, Server
from deskapp.sync.framing import dump
from deskapp.sync.signing import StationKey
from tests.server import postgres
from tests.server.balancer import balanced
from tests.server.live import Process, serve

STAFF = "staff-1"
"""Who acts at all stations (`tests.server.station.Desk`); the server knows who that is."""

TICK = os.sysconf("SC_CLK_TCK")


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICK


def memory_of(pid: int) -> float:
    """Resident MB of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@dataclass
class Fleet:
    """Server processes on one database."""

    url: str
    processes: list[Process]
    port: int
    epoch: str
    key: StationKey
    folder: Path
    database_pid: int = 0
    balancer_pid: int = 0
    _gone: dict[int, float] = field(default_factory=dict)

    def server_cpu(self) -> float:
        return sum(cpu_of(one.process.pid) for one in self.processes)

    def database_cpu(self) -> float:
        """All of PostgreSQL; sessions that ended are in the parent's account."""
        if not self.database_pid:
            return 0.0
        return cpu_of(self.database_pid) + sum(map(cpu_of, children_of(self.database_pid)))

    def stations(self, count: int, site: str) -> list[str]:
        """Enrol stations of a site by hand, all with one key; return their ids."""
        database = Database(self.url)
        now = system_clock()
        with database.write() as tx:
            (first,) = tx.one("SELECT coalesce(max(no), 0) + 1 FROM station")
            if tx.one("SELECT 1 FROM site WHERE id = ?", (site,)) is None:
                tx.put("site", [(site, site[:20], "", "支局", "")])
            ids = [new_uuid7() for _one in range(count)]
            tx.put(
                "station",
                [
                    (one, first + at, site, "", self.key.public, 0, "", "active", "", now, now, 0, 0, "")
                    for at, one in enumerate(ids)
                ],
            )
            person = dump({"number": "A1", "name": "王芳", "roles": ["counter_clerk"], "active": True})
            tx.put("record", [(STAFF, "staff", STAFF, 0, "", "ref", 0, person, b"{}")], keep=True)
            tx.put("member", [("ref", STAFF)], keep=True)
            scopes = ["ref", f"site:{site}", *(f"station:{one}" for one in ids)]
            tx.put("head", [(scope, 0, "", 0, "", 0) for scope in scopes], keep=True)
        database.close()
        return ids


@contextlib.contextmanager
def fleet(kind: str, count: int = 1, *, durable: bool = False) -> Iterator[Fleet]:
    """Start servers on an empty database; `kind` is sqlite or postgres, `durable` lets PostgreSQL wait for the disk."""
    folder = Path(tempfile.mkdtemp(prefix="deskapp-scale-"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    private = None
    with contextlib.ExitStack() as held:
        url = str(folder / "server.db")
        if kind == "postgres":
            if durable:
                postgres.SETTINGS |= {"fsync": "on", "full_page_writes": "on"}
            private = postgres.start_private()
            held.callback(private.stop)
            url = private.url
        data = folder / "data"
        server = Server(Options(url, data))
        epoch = server.epoch.value
        server.close()
        processes = []
        for _one in range(count):
            processes.append(serve(data, db=url))
            held.callback(processes[-1].stop)
        port = processes[0].port
        if count > 1:
            port = held.enter_context(balanced(*(one.port for one in processes)))
        pid = private.process.pid if private is not None and private.process is not None else 0
        yield Fleet(url, processes, port, epoch, StationKey.make(), folder, pid)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Measured:
    """Time and CPU of a step."""

    fleet: Fleet
    began: float = 0.0
    wall: float = 0.0
    server: float = 0.0
    database: float = 0.0

    def __enter__(self) -> Measured:
        self.server, self.database = -self.fleet.server_cpu(), -self.fleet.database_cpu()
        self.began = time.perf_counter()
        return self

    def __exit__(self, *_given: object) -> None:
        self.wall = time.perf_counter() - self.began
        self.server += self.fleet.server_cpu()
        self.database += self.fleet.database_cpu()


def told(**values: object) -> None:
    """Print one line of results, with how busy the machine was."""
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}
    sys.stdout.write(json.dumps({**rounded, "load": os.getloadavg()[0]}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def quantile(times: list[float], share: float) -> float:
    """Return a quantile in ms."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000
