"""Stations that come back all at once after a day without a line: they push what they did and take in the others'.

    python -m tests.bench.sync.scale_reconnect [--stations 100] [--acts 200] [--processes 1] [--db postgres] [--durable]

Three stations a branch; each has so many acts of one fact unsent, pushes them and takes in those of its two
colleagues.
"""

from __future__ import annotations

import argparse

from deskapp.clock import new_uuid7
from deskapp.server.check import check
from deskapp.server.database import Database
from tests.bench.sync.scale_fleet import fleet, memory_of, quantile, told
from tests.bench.sync.scale_hot import run_all, started

AT_ONE = 25
"""Stations of one client process."""


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--stations", type=int, default=100)
    words.add_argument("--acts", type=int, default=200)
    words.add_argument("--processes", type=int, default=1)
    words.add_argument("--db", default="postgres")
    words.add_argument("--durable", action="store_true")
    given = words.parse_args()
    with fleet(given.db, given.processes, durable=given.durable) as house:
        sites = [new_uuid7() for _one in range(-(-given.stations // 3))]
        stations = [one for site in sites for one in house.stations(3, site)][: given.stations]
        of = {one: sites[at // 3] for at, one in enumerate(stations)}
        processes = []
        for start in range(0, given.stations, AT_ONE):
            some = stations[start : start + AT_ONE]
            processes.append(started(house, [of[one] for one in some], 1, given.acts, 1, True, some))
        measured, times, clients = run_all(house, processes)
        peak = max(memory_of(one.process.pid) for one in house.processes)
        database = Database(house.url)
        assert check(database) == []
        with database.read() as tx:
            (taken,) = tx.one("SELECT coalesce(sum(seq), 0) FROM station")
            names = ("record", "log", "change_set", "nonce")
            sizes = {one: tx.one("SELECT pg_total_relation_size(?)", (one,))[0] for one in names if database.postgres}
        database.close()
        count = given.stations * given.acts
        assert taken == count
        told(
            bench="reconnect", db=given.db, durable=given.durable, processes=given.processes, stations=given.stations,
            acts=count, rounds=len(times), wall_s=measured.wall, acts_per_s=count / measured.wall,
            p50_ms=quantile(times, 0.5), p95_ms=quantile(times, 0.95), max_ms=max(times) * 1000,
            server_us_per_act=measured.server / count * 1e6, database_us_per_act=measured.database / count * 1e6,
            client_us_per_act=clients / count * 1e6, server_mb=peak,
            bytes_per_act={name: size // count for name, size in sizes.items()},
        )  # fmt: skip


if __name__ == "__main__":
    main()
