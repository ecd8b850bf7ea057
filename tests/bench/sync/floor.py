"""The floor on workload W: bare rows between SQLite files and a bare server, with our parts and none of our rules.

    python -m tests.bench.sync.floor N sqlite|log|postgres

What Python, orjson, zstd, requests, FastAPI and a database take for W when nothing is asked of them: no authority, no
exactly-once, no history, no encryption, no search index, last writer wins. It bounds what is possible and is no product.
`python -m tests.bench.sync.floor N rows` is another floor: the rows that our desk ends up with, laid by bare statements
into an empty store of ours (encrypted, with its indexes and its search index); nothing can fill our store sooner.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import requests
import zstandard

from tests.bench.sync import matter
from tests.bench.sync.matter import FIELDS, Step

ROOT = Path(__file__).resolve().parents[3]
EMPTY = 60


def open_desk(file: Path) -> sqlite3.Connection:
    """Make a desk's database."""
    opened = sqlite3.connect(file)
    opened.execute("PRAGMA journal_mode=WAL")
    opened.execute("PRAGMA synchronous=FULL")
    columns = f"{FIELDS[0]} TEXT PRIMARY KEY, {', '.join(f'{name} TEXT' for name in FIELDS[1:])}"
    opened.execute(f"CREATE TABLE rec ({columns}, dirty INTEGER)")
    opened.execute("CREATE INDEX rec_dirty ON rec (dirty) WHERE dirty = 1")
    opened.commit()
    return opened


class Floor:
    """One run against one server."""

    def __init__(self, count: int, kind: str, folder: Path, url: str, pids: list[int]) -> None:
        self.count, self.peer, self.url, self.pids = count, f"floor, {kind}", url, pids
        self.packer, self.unpacker = zstandard.ZstdCompressor(3), zstandard.ZstdDecompressor()
        self.session = requests.Session()
        self.session.trust_env = False
        self.desks = [open_desk(folder / name) for name in ("a.db", "b.db")]

    def send(self, path: str, value: Any) -> Any:
        """Post a value."""
        answer = self.session.post(self.url + path, data=self.packer.compress(orjson.dumps(value)))
        answer.raise_for_status()
        return orjson.loads(self.unpacker.decompress(answer.content))

    def pull(self, desk: sqlite3.Connection, since: int) -> int:
        """Take in what came after a number; return the newest."""
        answer = self.session.get(self.url + "/pull", params={"since": since})
        answer.raise_for_status()
        told = orjson.loads(self.unpacker.decompress(answer.content))
        marks = ", ".join("?" * len(FIELDS))
        with desk:
            whole = [row[: len(FIELDS)] for row in told["rows"] if len(row) > 3]
            desk.executemany(f"INSERT OR REPLACE INTO rec VALUES ({marks}, 0)", whole)
            for record, name, value in (row for row in told["rows"] if len(row) == 3):
                assert name in FIELDS
                desk.execute(f"UPDATE rec SET {name} = ? WHERE id = ?", (value, record))
        return int(told["cursor"])

    def run(self) -> None:
        """Take every step in its order."""
        a, b = self.desks
        some = matter.records(self.count)
        self.pull(a, 10**15)
        marks = ", ".join("?" * len(FIELDS))
        with Step(self.peer, "create", self.count), a:
            a.executemany(f"INSERT INTO rec VALUES ({marks}, 1)", [tuple(row[name] for name in FIELDS) for row in some])
        with Step(self.peer, "push", self.count, self.pids):
            rows = a.execute(f"SELECT {', '.join(FIELDS)} FROM rec WHERE dirty = 1").fetchall()
            for start in range(0, len(rows), 2_000):
                seen = self.send("/push", rows[start : start + 2_000])["cursor"]
            with a:
                a.execute("UPDATE rec SET dirty = 0 WHERE dirty = 1")
        with Step(self.peer, "pull", self.count, self.pids):
            self.pull(b, 0)
        self.reconcile(some, seen)
        took = []
        with Step(self.peer, "empty", EMPTY, self.pids) as step:
            for _one in range(EMPTY):
                began = time.perf_counter()
                self.pull(a, 10**15)
                took.append(time.perf_counter() - began)
            step.more["median_ms"] = round(statistics.median(took) * 1000, 3)

    def reconcile(self, some: list[dict[str, str]], seen: int) -> None:
        """Edit the same records on both sides in different fields, and let all agree."""
        sides = matter.edits(some, max(1, self.count // 10))
        for desk, side in zip(self.desks, sides, strict=True):
            with desk:
                for record, name, value in side:
                    desk.execute(f"UPDATE rec SET {name} = ?, dirty = 1 WHERE id = ?", (value, record))
        with Step(self.peer, "reconcile", 2 * len(sides[0]), self.pids):
            for side in sides:
                self.send("/edit", {"field": side[0][1], "rows": [(record, value) for record, _name, value in side]})
            for desk in self.desks:
                self.pull(desk, seen)
        question = f"SELECT {', '.join(FIELDS)} FROM rec ORDER BY id"
        rows = [desk.execute(question).fetchall() for desk in self.desks]
        assert rows[0] == rows[1]
        by_id = {row[0]: row for row in rows[0]}
        kept = sum(value in by_id[record] for side in sides for record, _name, value in side)
        print(f'{{"peer": "{self.peer}", "step": "edits kept", "n": {2 * len(sides[0])}, "kept": {kept}}}', flush=True)


def serve(kind: str, db: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start the floor's server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "uvicorn", "tests.bench.sync.floor_server:app", "--port", str(port)]
    process = subprocess.Popen(
        [*words, "--log-level", "error"], cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "FLOOR_STORE": kind, "FLOOR_DB": db},
    )  # fmt: skip
    for _try in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            break
        time.sleep(0.05)
    return process, f"http://127.0.0.1:{port}"


def rows_only(count: int, folder: Path) -> None:
    """Lay the rows of our desk into an empty store by bare statements."""
    from deskapp import cipher
    from deskapp.models import search
    from deskapp.models.rows import plan_of
    from deskapp.models.ticket import ServiceTicket
    from tests.bench.sync.ours import ACT, KEY, Desk, parts, take_tickets, ticket_of

    source, target = Desk(folder, "full"), Desk(folder, "empty")
    source.open_branch()
    for some in parts([ticket_of(one) for one in matter.records(count)], ACT):
        source.store.run(take_tickets(some=some))
    plan = plan_of(ServiceTicket)
    with source.store.read() as session:
        driver: Any = session.connection().connection.driver_connection
        rows = driver.execute(f"{plan.select} ORDER BY n").fetchall()
        texts = driver.execute(f"SELECT t.n, {search.TICKET.text} FROM service_ticket t ORDER BY t.n").fetchall()
    place = plan.names.index("id")
    target.store.close()
    writer = cipher.connect(target.store.home.database, KEY, writer=True)
    for name, indexed in (("rows only", False), ("rows and index only", True)):
        writer.execute("DELETE FROM service_ticket")
        writer.execute("DELETE FROM sync_held")
        with Step("floor, our tables", name, count):
            for start in range(0, count, 2_000):
                writer.execute("BEGIN IMMEDIATE")
                some = rows[start : start + 2_000]
                writer.executemany(plan.insert, some)
                writer.executemany(
                    "INSERT INTO sync_held VALUES (?, 1, 'service_ticket')", [(row[place],) for row in some]
                )
                if indexed:
                    grammed = [(n, search.indexed(text)) for n, text in texts[start : start + 2_000]]
                    writer.executemany("INSERT INTO search_service_ticket (rowid, grams) VALUES (?, ?)", grammed)
                writer.execute("COMMIT")
    writer.close()
    source.close()


def main() -> None:
    """Run one store."""
    count, kind = int(sys.argv[1]), sys.argv[2]
    folder = Path(tempfile.mkdtemp(prefix="deskapp-floor-"))
    postgres: Any = None
    process: subprocess.Popen[bytes] | None = None
    try:
        if kind == "rows":
            rows_only(count, folder)
            return
        pids = []
        if kind == "postgres":
            from tests.server.postgres import start_private

            postgres = start_private()
            pids.append(postgres.process.pid)
        process, url = serve(kind, postgres.url if postgres is not None else str(folder / "server.db"))
        pids.append(process.pid)
        Floor(count, kind, folder, url, pids).run()
    finally:
        if process is not None:
            matter.end(process)
        if postgres is not None:
            postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
