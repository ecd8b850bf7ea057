"""The real server in a process of its own, and desks that reach it through lines that can be bad."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from deskapp.clock import new_uuid7
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.server.database import Database
from tests.conftest import KEY
from tests.sync.desks import Clock, Desk, new_desk
from tests.sync.fault_proxy import FaultProxy

ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class World:
    """One server, its data, and everybody's lines; closed by `close`."""

    folder: Path
    process: subprocess.Popen[str] | None = None
    port: int = 0
    desks: dict[str, Desk] = field(default_factory=dict)
    lines: dict[str, FaultProxy] = field(default_factory=dict)
    archive: bool = False
    db: str = ""
    """Address of a PostgreSQL; empty for a file."""

    @property
    def data(self) -> Path:
        return self.folder / "server"

    def words(self, *words: str) -> list[str]:
        more = ["--archive", str(self.folder / "archive")] if self.archive else []
        more += ["--db", self.db] if self.db else []
        return [sys.executable, "-m", "deskapp.server", "--data", str(self.data), *more, *words]

    def start(self) -> None:
        """Start the server and wait until it says where it listens."""
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                self.words("serve", "--port", str(self.port), "--poll", "0.1"), cwd=ROOT, text=True,
                stdout=subprocess.PIPE, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        assert self.process.stdout is not None
        told = self.process.stdout.readline()
        found = re.search(r":(\d+)\s*$", told)
        assert found, (self.folder / "server.log").read_text()[-2000:]
        self.port = int(found[1])
        for _try in range(500):  # it has named its port; a moment later it answers there
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
                break
            threading.Event().wait(0.01)
        for line in self.lines.values():
            line.upstream = self.port

    def stop(self, *, hard: bool = False) -> None:
        """Stop the server; `hard` as a power cut would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
            self.process.wait(20)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    def say(self, *words: str) -> str:
        """Run a command of the server's administrator."""
        done = subprocess.run(
            self.words(*words), cwd=ROOT, text=True, capture_output=True, timeout=60,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def code(self, site: str) -> str:
        """Return a one-time code for a computer of a site."""
        told = self.say("station", "enrol", site)
        found = re.search(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}\b", told)
        assert found, told
        return found[0]

    def desk(self, name: str, site: str, *, first: bool = False) -> Desk:
        """Add a computer of a site; the first one has opened its branch already. It is enrolled, and has synced."""
        line = self.lines[name] = FaultProxy(self.port).__enter__()
        desk = self.desks[name] = new_desk(self.folder, name, code=site if first else "")
        desk.enrol(line.url, self.code(site))
        desk.sync()
        return desk

    def settle(self, *names: str, rounds: int = 3) -> None:
        """Let everybody speak until nothing is on its way."""
        chosen = [self.desks[name] for name in names] or list(self.desks.values())
        for _round in range(rounds):
            for desk in chosen:
                desk.sync()

    def close(self) -> None:
        for desk in self.desks.values():
            desk.close()
        for line in self.lines.values():
            line.__exit__(None, None, None)
        self.stop()

    # -- bad things --------------------------------------------------------------

    def image(self, name: str) -> Path:
        """Copy a closed desk's disk."""
        target = self.folder / f"{name}-image"
        shutil.copytree(self.desks[name].home.root, target)
        return target

    def put_back(self, name: str, image: Path) -> None:
        """Put a closed desk's disk back as it was."""
        root = self.desks[name].home.root
        shutil.rmtree(root)
        shutil.copytree(image, root)

    def clone(self, name: str, other: str) -> Desk:
        """Start a copy of a closed desk's disk as another computer; nobody told it that it is a copy."""
        root = self.folder / other
        shutil.copytree(self.desks[name].home.root, root)
        first = self.desks[name]
        made = Desk(other, Home(root), first.store, Clock(), first.url)
        made.store = Store(made.home, KEY, clock=made.clock, new_id=new_uuid7)
        self.desks[other] = made
        return made

    def limit_disk(self, full: bool) -> None:
        """Let no file of the server grow any more, or lift that again."""
        assert self.process is not None
        most = 40_000 if full else resource.RLIM_INFINITY
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def work_and_kill(self, name: str, ticket: str, *, after_s: float, turn: int) -> None:
        """Let a closed desk work and sync in a process of its own, and kill that some time after it has begun."""
        desk = self.desks[name]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.sync.busy_desk", str(desk.home.root), ticket, str(turn)], cwd=ROOT,
            stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT), "DESKAPP_NO_KEYRING": "1"},
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == b"at work\n"
        with suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        process.kill()
        process.wait(10)
        process.stdout.close()

    # -- looking on --------------------------------------------------------------

    def database(self) -> Database:
        return Database(self.db or str(self.data / "server.db"))

    def known_uids(self) -> set[str]:
        """Every change set that the server has."""
        database = self.database()
        try:
            with database.read() as tx:
                return {uid for (uid,) in tx.all("SELECT uid FROM change_set")}
        finally:
            database.close()

    def server_sums(self, scope: str) -> tuple[int, ...]:
        """The sums of a scope as the server has it."""
        from deskapp.server import wholes

        database = self.database()
        try:
            return tuple(wholes.digest(database, scope).sums)
        finally:
            database.close()

    def back_up(self) -> Path:
        """Copy what the server keeps, as a backup of an hour ago."""
        target = self.folder / "backup"
        if target.is_dir():
            shutil.rmtree(target)
        target.unlink(missing_ok=True)
        self.say("backup", str(target))
        return target

    def revoke(self, desk: Desk) -> None:
        self.say("station", "revoke", str(desk.store.facts.station_no), "--lost")


def check(world: World, *names: str, texts: tuple[str, ...] = ()) -> None:
    """Everything is settled: sums agree everywhere, no act is lost, every text can be read at every desk named."""
    chosen = [world.desks[name] for name in names] or list(world.desks.values())
    uids = world.known_uids()
    for desk in chosen:
        assert desk.unsent() == 0, f"{desk.name} still holds {desk.unsent()} acts"
        assert set(desk.uids()) <= uids, f"acts of {desk.name} are missing at the server"
        for scope, sums in desk.sums().items():
            assert sums == world.server_sums(scope), f"{desk.name} and the server differ in {scope}"
    for text in texts:
        for desk in chosen:
            assert holds(desk, text), f"{text} is nowhere at {desk.name}"


def holds(desk: Desk, text: str) -> bool:
    """Say whether a text stands in any row of a desk."""
    from deskapp.models.columns import _tables

    with desk.store.read() as session:
        connection = session.connection()
        for table in _tables():
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"'):
                if any(isinstance(value, str) and text in value for value in row):
                    return True
    return False
