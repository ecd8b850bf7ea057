"""One hot scope: several writers push one act of one fact at a time into the log of one branch, over HTTP.

    python -m tests.bench.sync.scale_hot [--pushes 500] [--writers 8] [--processes 1] [--db postgres] [--durable]

The aim is 400 pushes a second with 8 writers on PostgreSQL, clients and servers on two cores together.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from deskapp.clock import new_uuid7
from deskapp.server.check import check
from deskapp.server.database import Database
from tests.bench.sync.scale_fleet import Fleet, Measured, cpu_of, fleet, quantile, told

ROOT = Path(__file__).resolve().parents[3]


def started(
    house: Fleet, sites: list[str], pushes: int, sets: int, ops: int, pull: bool, stations: list[str]
) -> subprocess.Popen[str]:
    """Start one process of writers, ready to begin."""
    words = [
        str(house.port), house.key.secret, house.epoch, ",".join(sites), str(pushes), str(sets), str(ops),
        str(int(pull)), *stations,
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sync.scale_writers", *words], cwd=ROOT, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def run_all(house: Fleet, processes: list[subprocess.Popen[str]]) -> tuple[Measured, list[float], float]:
    """Let them begin together; return what was measured, the time of every round trip in s, and the clients' CPU."""
    with Measured(house) as measured:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        clients = -sum(cpu_of(process.pid) for process in processes)
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "done\n"
        clients += sum(cpu_of(process.pid) for process in processes)
    texts = [process.stdout.read() for process in processes if process.stdout is not None]
    for process in processes:
        assert process.wait(60) == 0
    return measured, [float(line) / 1000 for text in texts for line in text.split()], clients


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--pushes", type=int, default=500)
    words.add_argument("--writers", type=int, default=8)
    words.add_argument("--processes", type=int, default=1)
    words.add_argument("--db", default="postgres")
    words.add_argument("--durable", action="store_true")
    given = words.parse_args()
    with fleet(given.db, given.processes, durable=given.durable) as house:
        site = new_uuid7()
        stations = house.stations(given.writers, site)
        processes = [started(house, [site], given.pushes, 1, 1, False, [one]) for one in stations]
        measured, times, clients = run_all(house, processes)
        database = Database(house.url)
        assert check(database) == []
        with database.read() as tx:
            (entries,) = tx.one("SELECT n FROM head WHERE scope = ?", (f"site:{site}",))
        database.close()
        count = given.writers * given.pushes
        assert entries == len(times) == count
        told(
            bench="hot scope", db=given.db, durable=given.durable, processes=given.processes, writers=given.writers,
            pushes=count, per_s=count / measured.wall, p50_ms=quantile(times, 0.5), p95_ms=quantile(times, 0.95),
            max_ms=max(times) * 1000, server_ms=measured.server / count * 1000,
            database_ms=measured.database / count * 1000, client_ms=clients / count * 1000,
        )  # fmt: skip


if __name__ == "__main__":
    main()
