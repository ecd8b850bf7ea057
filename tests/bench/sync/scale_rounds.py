"""What one round trip costs server and database: an act pushed alone, one entry pulled after a hint, nothing new.

    python -m tests.bench.sync.scale_rounds [--rounds 20] [--stations 50] [--db postgres]

One connection at a time, so the CPU seconds are those of the round trips and of nothing else.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from deskapp.clock import new_uuid7, system_clock
from deskapp.sync.wire import SyncRequest, stand
from tests.bench.sync.scale_fleet import Fleet, Measured, fleet, told
from tests.bench.sync.scale_writers import journal
from tests.server.live import Line
from tests.server.station import Desk


def desk_of(house: Fleet, station: str, no: int, site: str) -> tuple[Desk, Line]:
    desk = Desk(None, house.key, station, no, site)  # type: ignore[arg-type]
    desk.cursors = dict.fromkeys(("ref", f"site:{site}", f"station:{station}"), (0, ""))
    return desk, Line("127.0.0.1", house.port, house.key, station, house.epoch)


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--rounds", type=int, default=20)
    words.add_argument("--stations", type=int, default=50)
    words.add_argument("--db", default="postgres")
    given = words.parse_args()
    with fleet(given.db) as house:
        site = new_uuid7()
        desks = [desk_of(house, one, at + 1, site) for at, one in enumerate(house.stations(given.stations, site))]
        for desk, _line in desks:
            journal(desk, given.rounds, 1, 1)
        sums: dict[str, list[float]] = {}

        def batch(name: str, work: Callable[[Desk, Line], None], some: list[tuple[Desk, Line]]) -> None:
            with Measured(house) as measured:
                for desk, line in some:
                    work(desk, line)
            kept = sums.setdefault(name, [0, 0.0, 0.0, 0.0])
            for at, value in enumerate((len(some), measured.server, measured.database, measured.wall)):
                kept[at] += value

        def push(desk: Desk, line: Line) -> None:
            acts = desk.journal[desk.known[0] : desk.known[0] + 1]
            desk.take(line.sync(SyncRequest(3, system_clock(), desk.known, desk.cursors, acts)))

        def pull(desk: Desk, line: Line) -> None:
            desk.take(line.sync(SyncRequest(3, system_clock(), desk.known, desk.cursors)))

        def brief(desk: Desk, line: Line) -> None:
            word = stand(desk.known, desk.cursors)
            assert line.sync(SyncRequest(3, system_clock(), calm=word)).calm is True

        batch("first contact", pull, desks)
        for _round in range(given.rounds):
            batch("one act pushed", push, desks[:1])
            batch("one entry pulled", pull, desks[1:])
            batch("nothing new", pull, desks)
            batch("nothing new, asked briefly", brief, desks)
        for _round in range(given.rounds - 1):
            batch("one act pushed, the others' pulled with it", push, desks[1:])
        for name, (count, server, database, wall) in sums.items():
            told(
                bench="round trips", step=name, db=given.db, rounds=int(count), server_ms=server / count * 1000,
                database_ms=database / count * 1000, wall_ms=wall / count * 1000,
            )  # fmt: skip
        for _desk, line in desks:
            line.close()


if __name__ == "__main__":
    main()
