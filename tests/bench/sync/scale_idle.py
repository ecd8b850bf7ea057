"""Idle stations: thousands wait at one process for a hint; what each costs, and how soon all hear of a commit.

    python -m tests.bench.sync.scale_idle [--stations 5000] [--branch 3] [--db postgres] [--seconds 20]

`--branch` stations share a branch; then all of them wait for the reference scope, which moves once.
"""

from __future__ import annotations

import argparse
import asyncio
import time

from deskapp.clock import new_uuid7, system_clock
from deskapp.sync.signing import StationKey
from deskapp.sync.wire import SyncRequest
from tests.bench.sync.scale_fleet import Fleet, Measured, fleet, memory_of, quantile, told
from tests.server.live import Line
from tests.server.station import Desk, create


async def waiter(
    house: Fleet, station: str, site: str, counter: int, seconds: int, arrived: asyncio.Semaphore
) -> tuple[float, bytes]:
    """Send one request and return when its answer came."""
    path = f"/v1/wait?since=ref=0,site:{site}=0,station:{station}=0&seconds={seconds}"
    claim = house.key.sign("GET", path, b"", station=station, counter=counter, epoch=house.epoch)
    async with arrived:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.processes[0].port)
        writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: {claim.header()}\r\n\r\n".encode())
        await writer.drain()
    answer = b""
    while not answer.endswith(b"}") and (some := await reader.read(4096)):
        answer += some
    came = time.perf_counter()
    writer.close()
    return came, answer


def metric(house: Fleet, name: str) -> int:
    process = house.processes[0]
    told_ = Line(process.host, process.port, StationKey.make(), "").raw("GET", "/metrics")[1].decode()
    return next((int(float(row.split()[1])) for row in told_.splitlines() if row.startswith(f"{name} ")), 0)


async def run(house: Fleet, stations: list[tuple[str, str]], writer: str, site: str, given: argparse.Namespace) -> None:
    pid = house.processes[0].process.pid
    before = memory_of(pid)
    arrived = asyncio.Semaphore(64)
    now = system_clock()
    with Measured(house) as coming:
        tasks = [
            asyncio.create_task(waiter(house, one, place, now + at % 1000, 55, arrived))
            for at, (one, place) in enumerate(stations)
        ]
        while await asyncio.to_thread(metric, house, "deskapp_waiting_stations") < len(stations):
            await asyncio.sleep(0.2)
            failed = [task for task in tasks if task.done()]
            assert not failed, failed[0].result()[1][:200]
    memory = memory_of(pid)
    with Measured(house) as idle:
        await asyncio.sleep(given.seconds)
    desk = Desk(None, house.key, writer, 1, site)  # type: ignore[arg-type]
    desk.cursors = {}
    desk.act(create("merchant", name="店"), at=system_clock())
    line = Line("127.0.0.1", house.processes[0].port, house.key, writer, house.epoch)
    with Measured(house) as waking:
        pushed = time.perf_counter()
        await asyncio.to_thread(line.sync, SyncRequest(3, system_clock(), (0, ""), {}, desk.journal))
        answers = await asyncio.gather(*tasks)
    line.close()
    wrong = [answer for _came, answer in answers if not answer.startswith(b"HTTP/1.1 200") or b'"ref":1' not in answer]
    assert not wrong, (len(wrong), wrong[0][:300])
    late = [came - pushed for came, _answer in answers]
    count = len(stations)
    told(
        bench="idle", db=given.db, stations=count, kb_each=(memory - before) * 1024 / count, server_mb=memory,
        come_ms_each=coming.server / count * 1000, idle_core_percent=idle.server / idle.wall * 100,
        wake_first_ms=min(late) * 1000, wake_p50_ms=quantile(late, 0.5), wake_all_ms=max(late) * 1000,
        wake_cpu_ms_each=waking.server / count * 1000,
    )  # fmt: skip


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--stations", type=int, default=5_000)
    words.add_argument("--branch", type=int, default=3)
    words.add_argument("--db", default="postgres")
    words.add_argument("--seconds", type=int, default=20)
    given = words.parse_args()
    with fleet(given.db) as house:
        sites = [new_uuid7() for _one in range(-(-given.stations // given.branch))]
        stations = [(one, site) for site in sites for one in house.stations(given.branch, site)][: given.stations]
        (writer,) = house.stations(1, sites[0])
        asyncio.run(run(house, stations, writer, sites[0], given))


if __name__ == "__main__":
    main()
