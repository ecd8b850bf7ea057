"""The steps of workload W in one process, without HTTP: what the two programs themselves take, the least of several rounds.

    python -m tests.bench.sync.steps [--count 8000] [--rounds 8] [--tree FOLDER]

On a busy machine single runs say little: a change is judged by running this with the program as it is and with another copy of it
(`--tree`, a folder that holds `deskapp` and `resources`) by turns. Prints processor time in microseconds a record:
both together, the desk's, the server's.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def main() -> None:
    """Measure."""
    words = argparse.ArgumentParser()
    words.add_argument("--count", type=int, default=8_000)
    words.add_argument("--rounds", type=int, default=8)
    words.add_argument("--tree", default=str(ROOT))
    told = words.parse_args()
    sys.path.insert(0, told.tree)
    os.environ["DESKAPP_NO_KEYRING"] = "1"
    folder = Path(tempfile.mkdtemp(prefix="deskapp-steps-"))
    try:
        least = measured(folder, told.count, told.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, (both, desk, server) in least.items():
        print(f"{name:<12}{both:>9.1f}{desk:>9.1f}{server:>9.1f}")


def measured(folder: Path, count: int, rounds: int) -> Mapping[str, tuple[float, float, float]]:
    """Return the least time of each step: both together, the desk's, the server's."""
    from deskapp.server import stations
    from deskapp.server.service import Options, Server
    from deskapp.sync.enrol import enrol
    from deskapp.sync.exchange import Exchange
    from tests.bench.sync import matter
    from tests.bench.sync.ours import ACT, Desk, change_tickets, parts, take_tickets, ticket_of
    from tests.sync.direct import Direct

    spent = [0.0]

    class Timed(Direct):
        def send(self, *given: Any, **named: Any) -> Any:
            began = time.process_time()
            try:
                return super().send(*given, **named)
            finally:
                spent[0] += time.process_time() - began

    server = Server(Options(str(folder / "server.db"), folder))
    line = Timed(server)
    with server.database.write() as tx:
        stations.add_site(tx, "B01", "城南支局", server.clock())

    def desk_of(name: str) -> Desk:
        desk = Desk(folder, name)
        if name == "a":
            desk.open_branch()
        with server.database.write() as tx:
            site = stations.site_by_code(tx, "B01")
            assert site is not None
            code = stations.issue_code(tx, site.id, name, server.clock())
        enrol(desk.store, line, url="http://127.0.0.1:1", code=code)
        desk.exchange = Exchange(desk.store, line=line)
        return desk

    least: dict[str, tuple[float, float, float]] = {}

    def step(name: str, size: int, work: Callable[[], object]) -> None:
        began, before = time.process_time(), spent[0]
        work()
        both, there = time.process_time() - began, spent[0] - before
        found = (both * 1e6 / size, (both - there) * 1e6 / size, there * 1e6 / size)
        least[name] = min(found, least.get(name, found))

    a, b = desk_of("a"), desk_of("b")
    for desk in (a, b, a):
        desk.sync()
    records = matter.records(count)
    size = count // rounds

    def create(some: Sequence[dict[str, str]]) -> None:
        for few in parts([ticket_of(one) for one in some], ACT):
            a.store.run(take_tickets(some=few))

    for some in parts(records, size):
        step("create", len(some), lambda some=some: create(some))  # type: ignore[misc]
        step("push", len(some), a.sync)
        step("pull", len(some), b.sync)
    ids = {row[1]: row[0] for row in a.rows()}
    number_of = {one["id"]: one["ticket_no"] for one in records}
    columns = {"fault": "words", "contact": "callback_phone"}
    for few in parts(records, size):
        for desk, side in zip((a, b), matter.edits(few, max(1, size * 4 // 5)), strict=True):
            told = [(ids[number_of[one]], columns[name], value) for one, name, value in side]
            for part in parts(told, ACT):
                desk.store.run(change_tickets(some=part))
        step("reconcile", 2 * len(told), lambda: [desk.sync() for desk in (a, b, a)])
    assert a.rows() == b.rows()
    a.sync()
    for _round in range(rounds):
        step("empty", 40, lambda: [a.sync() for _trip in range(40)])
    a.close()
    b.close()
    server.close()
    return least


if __name__ == "__main__":
    main()
