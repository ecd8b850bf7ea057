"""Eight writers at once on PostgreSQL, and readers who must not miss an entry: the cursor is where syncing loses data."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deskapp.server.check import check
from deskapp.server.database import Database
from deskapp.server.feed import feed
from deskapp.server.service import Options, Server
from deskapp.sync.wire import read_entry
from tests.server.conftest import emptied
from tests.server.live import OPEN, ROOT, running
from tests.server.postgres import PrivatePostgres, dies_with_us
from tests.server.station import Desk, desk_at

WRITERS = 8


class Reader(threading.Thread):
    """Follows the logs by its cursors while they are written, and notes every change set it is told of."""

    def __init__(self, url: str, scopes: list[str]) -> None:
        super().__init__(daemon=True)
        self.url, self.scopes = url, scopes
        self.over = threading.Event()
        self.seen: dict[str, list[str]] = {scope: [] for scope in scopes}
        self.wrong: list[str] = []

    def run(self) -> None:
        database = Database(self.url, connections=2)
        cursors = dict.fromkeys(self.scopes, (0, ""))
        last = False
        while not last:
            last = self.over.is_set()
            while self._look(database, cursors):
                pass
        database.close()

    def _look(self, database: Database, cursors: dict[str, tuple[int, str]]) -> bool:
        import orjson

        with database.read() as tx:
            read = feed(tx, self.scopes, cursors, 4_000_000)
        if read.resnapshot:
            self.wrong.append(str(read.resnapshot))
            return False
        for scope, found in read.feeds.items():
            if found.start != cursors[scope][0] + 1:
                self.wrong.append(f"{scope}: {found.start} after {cursors[scope]}")
            self.seen[scope] += [read_entry(0, orjson.loads(body)).cs for body in found.raw]
            cursors[scope] = (found.to, found.chain)
        return bool(read.feeds)


def hang(url: str, over: threading.Event) -> None:
    """A transaction that has touched a head's table and hangs idle, again and again."""
    with psycopg.connect(url) as connection:
        while not over.wait(0.05):
            connection.execute("INSERT INTO meta (name, value) VALUES ('hangs', '') ON CONFLICT DO NOTHING")
            over.wait(1.0)
            connection.rollback()


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def written(folder: Path, desks: list[Desk], hosts: list[Any], epoch: str, pushes: int, sets: int) -> list[str]:
    """Let every desk write in a process of its own, and return what the server confirmed."""
    # Into files, not pipes: a full pipe would let the writers write one after the other.
    files = [folder / f"told-{at}" for at in range(len(desks))]
    processes = []
    for at, (desk, file) in enumerate(zip(desks, files, strict=True)):
        host = hosts[at % len(hosts)]
        words = [host.host, str(host.port), desk.id, desk.key.secret, epoch, desk.site, str(pushes), str(sets), str(at)]
        with file.open("w") as out:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.server.race", *words], cwd=ROOT, stdout=out, preexec_fn=dies_with_us
                )
            )
    codes = [process.wait(3_000) for process in processes]
    assert codes == [0] * len(desks)
    return [uid for file in files for uid in file.read_text().split()]


@pytest.fixture
def budget(pytestconfig: pytest.Config) -> tuple[int, int]:
    """Pushes of each writer and change sets of each push: some hundreds, or a million in all."""
    return (600, 220) if pytestconfig.getoption("--long") else (40, 2)


def test_no_reader_misses_what_was_committed(
    private_postgres: PrivatePostgres, tmp_path: Path, budget: tuple[int, int]
) -> None:
    pushes, sets = budget
    url = emptied(private_postgres)
    with (
        running(tmp_path / "one", "--poll", "0.2", db=url) as here,
        running(tmp_path / "one", "--poll", "0.2", db=url) as there,
    ):
        server = Server(Options(url, tmp_path / "one"))
        desks = [desk_at(server, f"B{at % 3:02d}") for at in range(WRITERS)]
        scopes = ["ref", *sorted({f"site:{desk.site}" for desk in desks})]
        readers = [Reader(url, scopes) for _one in range(2)]
        over = threading.Event()
        hanging = threading.Thread(target=hang, args=(url, over))
        for thread in (*readers, hanging):
            thread.start()
        told = written(tmp_path, desks, [here, there], server.epoch.value, pushes, sets)
        over.set()
        for reader in readers:
            reader.over.set()
            reader.join(300)
        hanging.join(60)

    confirmed = set(told)
    first = readers[0]
    # Figures only: a million ids in an assertion would take longer to be told than to be found.
    assert len(confirmed) >= WRITERS * pushes * sets * 0.9
    for reader in readers:
        assert reader.wrong[:5] == []
        seen = [uid for uids in reader.seen.values() for uid in uids]
        assert (len(seen) - len(set(seen)), len(confirmed - set(seen))) == (0, 0), "came twice, lost"
        differing = [scope for scope in scopes if reader.seen[scope] != first.seen[scope]]
        assert differing == []
    assert check(server.database)[:5] == []
    server.close()
