"""Two server processes on one PostgreSQL behind a plain TCP balancer: nobody is kept with the same one."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from deskapp.clock import system_clock
from deskapp.server.check import check
from deskapp.server.service import Options, Server
from deskapp.sync.messages import read_snapshot
from deskapp.sync.signing import StationKey
from tests.server.balancer import balanced
from tests.server.conftest import emptied
from tests.server.live import OPEN, Line, Process, command, request_of, running
from tests.server.postgres import PrivatePostgres
from tests.server.station import Desk, create, desk_at, fact


@dataclass
class Fleet:
    """The processes, who stands in front of them, and two desks of one branch and one of another."""

    url: str
    data: Path
    processes: list[Process]
    port: int
    desks: list[Desk]
    epoch: str

    def line(self, desk: Desk) -> Line:
        """A new connection: the balancer leads it to the other process than the one before."""
        made = Line("127.0.0.1", self.port, desk.key, desk.id, self.epoch)
        made.last = max([line.last for line in OPEN if line.station == desk.id], default=0)
        return made

    def sync(self, desk: Desk) -> None:
        """Round trips, each by the next process, until nothing is left."""
        while True:
            line = self.line(desk)
            reply = line.sync(request_of(desk))
            line.close()
            desk.take(reply)
            if not any(feed.more for feed in reply.feeds.values()):
                return


@pytest.fixture(scope="module")
def started(
    private_postgres: PrivatePostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, list[Process], int]]:
    folder = tmp_path_factory.mktemp("fleet")
    url = emptied(private_postgres)
    # Folders of their own, as on two computers: they agree on the epoch through the database.
    with (
        running(folder / "one", "--poll", "0.1", db=url) as one,
        running(folder / "two", "--poll", "0.1", db=url) as two,
        balanced(one.port, two.port) as port,
    ):
        yield url, folder, [one, two], port


@pytest.fixture
def fleet(started: tuple[str, Path, list[Process], int]) -> Iterator[Fleet]:
    url, folder, processes, port = started
    data = folder / "data"
    server = Server(Options(url, data))
    code = f"B{system_clock() % 100_000}"
    desks = [desk_at(server, code), desk_at(server, code), desk_at(server, f"{code}-2")]
    epoch = server.epoch.value
    server.close()
    yield Fleet(url, data, processes, port, desks, epoch)
    while OPEN:
        OPEN.pop().close()


def rounds(process: Process) -> int:
    """How many round trips a process has answered."""
    told = Line(process.host, process.port, StationKey.make(), "").raw("GET", "/metrics")[1].decode()
    return next(int(row.split()[1]) for row in told.splitlines() if row.startswith("deskapp_syncs_total "))


def sound(fleet: Fleet) -> list[Any]:
    server = Server(Options(fleet.url, fleet.data))
    found = check(server.database)
    server.close()
    return found


def test_desks_agree_whichever_process_answers_and_one_that_dies_is_not_missed(fleet: Fleet) -> None:
    one, two, depot = fleet.desks
    ticket = create("service_ticket", number="T1", site_id=one.site, words="")
    one.act(ticket, at=system_clock())
    fleet.sync(one)
    fleet.sync(two)
    for turn in range(6):
        for desk in (one, two):
            desk.act(
                fact("ticket_event", ticket_id=ticket["id"], kind="note", words=f"{desk.no}-{turn}"), at=system_clock()
            )
            fleet.sync(desk)
    both = [rounds(process) for process in fleet.processes]
    with running(fleet.data, db=fleet.url) as third, balanced(third.port, fleet.processes[0].port) as fleet.port:
        fleet.sync(two)
        third.process.send_signal(signal.SIGKILL)
        third.process.wait(20)
        two.act(fact("ticket_event", ticket_id=ticket["id"], kind="note", words="allein"), at=system_clock())
        for desk in (two, one, depot):
            fleet.sync(desk)

    assert min(both) >= 6
    assert one.holds() == two.holds()
    assert sum(op.values.get("ticket_id") == ticket["id"] for _scope, entry in one.entries for op in entry.ops) == 13
    assert ticket["id"] not in depot.holds()
    assert sound(fleet) == []


def test_what_one_process_was_asked_the_other_does_not_take_again(fleet: Fleet) -> None:
    desk = fleet.desks[0]
    desk.act(create("merchant", name="店"), at=system_clock())
    body = request_of(desk).to_bytes()
    first = fleet.line(desk)
    header = {"authorization": first.header("POST", "/v1/sync", body)}

    answers = [fleet.line(desk).raw("POST", "/v1/sync", body, header)[0:2] for _process in range(3)]

    assert [status for status, _told in answers] == [200, 401, 401]
    assert {orjson.loads(told)["error"] for _status, told in answers[1:]} == {"replayed"}


def test_a_photo_and_a_snapshot_go_on_at_the_other_process(fleet: Fleet) -> None:
    desk = fleet.desks[0]
    content = os.urandom(500_000)
    name = hashlib.sha256(content).hexdigest()
    for start in range(0, len(content), 200_000):
        piece = content[start : start + 200_000]
        query = f"offset={start}&digest={hashlib.sha256(piece).hexdigest()}&last={start + 200_000 >= len(content)}"
        status, _told, _headers = fleet.line(desk).ask("PATCH", f"/v1/blob/{name}?{query.lower()}", piece)
        assert status in (200, 204)
    order = create("repair_order", number="R1", ticket_id="", site_id=desk.site)
    photo = fact("attachment", subject_kind="repair_order", subject_id=order["id"], kind="photo", sha256=name)
    desk.act(order, photo, at=system_clock())
    for number in range(250):
        desk.act(create("merchant", name=f"店{number}{os.urandom(30).hex()}"), at=system_clock())
    fleet.sync(desk)
    halves = [fleet.line(desk).ask("GET", f"/v1/blob/{name}", range=f"bytes={start}-")[1] for start in (0, 300_000)]
    _status, whole, headers = fleet.line(desk).ask("GET", "/v1/snapshot/ref")
    middle = len(whole) // 2
    status, rest, _headers = fleet.line(desk).ask(
        "GET", "/v1/snapshot/ref", range=f"bytes={middle}-", if_range=headers["etag"]
    )

    assert halves == [content, content[300_000:]]
    assert status == 206
    assert sum(len(page) for page in list(read_snapshot([whole[:middle], rest]))[1:]) >= 250  # type: ignore[arg-type]


def test_a_station_that_is_lost_is_shut_out_of_every_process_at_once(fleet: Fleet) -> None:
    desk, other = fleet.desks[:2]
    fleet.sync(desk)
    command(fleet.data, "station", "revoke", "--lost", str(desk.no), db=fleet.url)

    statuses = [fleet.line(desk).ask("POST", "/v1/sync", request_of(desk).to_bytes())[0] for _process in range(4)]

    assert statuses == [403] * 4
    fleet.sync(other)


def test_a_wait_at_one_process_ends_with_a_commit_at_the_other(fleet: Fleet) -> None:
    one, two = fleet.desks[:2]
    fleet.sync(one)
    fleet.sync(two)
    scope = f"site:{one.site}"
    heard: list[tuple[int, bytes, Any]] = []

    def wait(line: Line) -> None:
        heard.append(line.ask("GET", f"/v1/wait?since={scope}={two.cursors[scope][0]}&seconds=20"))

    lines = [fleet.line(two), fleet.line(two)]
    lines[1].last = lines[0].last + 5_000
    threads = [threading.Thread(target=wait, args=(line,)) for line in lines]
    for thread in threads:
        thread.start()
    one.act(create("service_ticket", number="T1", site_id=one.site), at=system_clock())
    fleet.sync(one)
    for thread in threads:
        thread.join(20)

    assert [orjson.loads(told) for _status, told, _headers in heard] == [{"heads": {scope: one.cursors[scope][0]}}] * 2
