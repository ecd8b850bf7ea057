"""Several pushes in one transaction come to the same as each by itself, and nobody's trouble is anybody else's."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from deskapp.clock import new_uuid7
from deskapp.server import push
from deskapp.server.check import check
from deskapp.server.database import Database
from deskapp.server.known import Station
from deskapp.server.service import Options, Server
from deskapp.server.together import AT_A_TIME, Asked, Together, take
from deskapp.sync.packing import PushedSet
from deskapp.sync.wire import Code, ReadRequest, Result, read_request
from tests.server.station import START, Clock, Desk, change, create, desk_at, fact

TABLES = (
    "site", "station", "head", "log", "change_set", "reissued", "record", "member", "left_scope", "past", "record_key",
    "soft_key", "handed", "orphan", "parked", "blob_ref",
)  # fmt: skip
KEYS = {"station": ("id",), "head": ("scope",), "log": ("scope", "n"), "change_set": ("uid",), "record": ("id",)}
CLOCKS = {"head": {"at"}, "log": {"at"}, "change_set": {"at"}, "station": {"seen_at", "enrolled_at"}, "parked": {"at"}}
"""Columns that say when something was written down, not what."""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Server]:
    """A second server, on SQLite, that takes the same pushes one by one."""
    opened = Server(Options(str(tmp_path / "other.db"), tmp_path / "other-state"), Clock())
    yield opened
    opened.close()


def contents(database: Database) -> dict[str, list[Any]]:
    """Return what the tables say, without the times at which it was written down."""
    from deskapp.server.tables import metadata

    found: dict[str, list[Any]] = {}
    with database.read() as tx:
        for name in TABLES:
            names = [one.name for one in metadata.tables[name].columns if one.name not in CLOCKS.get(name, ())]
            rows = tx.all(f"SELECT {', '.join(names)} FROM {name}")
            found[name] = sorted(tuple(bytes(c) if isinstance(c, memoryview) else c for c in row) for row in rows)
    return found


def copied(server: Server, other: Server) -> None:
    """Let another server know whom this one knows."""
    with server.database.read() as tx:
        rows = {name: [tuple(row) for row in tx.all(f"SELECT * FROM {name}")] for name in ("site", "station", "head")}
    with other.database.write() as tx:
        for name, some in rows.items():
            tx.run(f"DELETE FROM {name}")
            for row in some:
                tx.put(name, [row])


class Acts:
    """Makes acts that meet: few records, several desks, changes to what others changed, hand-overs, twins."""

    def __init__(self, seed: int, sites: Sequence[str]) -> None:
        self.chance, self.sites = random.Random(seed), sites
        self.tickets: list[str] = []
        self.shops: list[str] = []
        self.items: list[str] = []
        self.orders: list[str] = []
        self.versions: dict[str, list[str]] = {}

    def act(self, desk: Desk) -> None:
        """Add one act to a desk's journal."""
        chance = self.chance
        ops: list[dict[str, Any]] = []
        for _op in range(chance.choice((1, 1, 2, 3))):
            kind = chance.choice(
                ("ticket", "note", "note", "shop", "change", "change", "item", "dispatch", "order", "lost")
            )
            if kind == "ticket" or not self.tickets:
                ops.append(create("service_ticket", number=f"T{chance.randrange(99)}", site_id=desk.site, words="坏了"))
                self.tickets.append(ops[-1]["id"])
            elif kind == "note":
                ops.append(fact("ticket_event", ticket_id=chance.choice(self.tickets), kind="note", words="来过电话"))
            elif kind == "shop" or not self.shops:
                ops.append(
                    create("merchant", merchant_no=f"M{chance.randrange(4)}", name="便民", address="旧", note="一")
                )
                self.shops.append(ops[-1]["id"])
            elif kind == "change":
                shop = chance.choice(self.shops)
                base = chance.choice(["", *self.versions.get(shop, [])])
                group, name = chance.choice((("address", "address"), ("note", "note"), ("identity", "merchant_no")))
                ops.append(change("merchant", shop, group, base, **{name: f"{chance.randrange(5)}"}))
                self.versions.setdefault(shop, []).append(ops[-1]["uid"])
            elif kind == "item" or not self.items:
                order = create("repair_order", number="R", ticket_id=chance.choice(self.tickets), site_id=desk.site)
                ops += [order, create("repair_item", order_id=order["id"], words="主机")]
                self.orders.append(order["id"])
                self.items.append(ops[-1]["id"])
            elif kind == "order":
                ops.append(
                    change("repair_order", chance.choice(self.orders), "head", site_id=chance.choice(self.sites))
                )
            elif kind == "dispatch":
                told = {"move": "dispatch", "to_state": "awaiting_dispatch", "data": {"target_depot": "D01"}}
                ops.append(fact("work_event", item_id=chance.choice(self.items), **told))
            else:
                ops.append(change("merchant", new_uuid7(), "address", address="nobody knows it"))
        desk.act(*ops, at=START + 1000 * len(desk.journal) + chance.randrange(4000))


def asked_of(desk: Desk, sets: Sequence[PushedSet], now: int) -> tuple[Station, ReadRequest, int]:
    request = read_request(desk.request(sets, short=True).to_bytes())
    return desk.row(), request, now


def alone(server: Server, station: Station, request: ReadRequest, now: int) -> Any:
    try:
        return server._push(station, request, now)
    except push.Fork:
        return "fork"


def in_groups(server: Server, every: Sequence[tuple[Station, ReadRequest, int]]) -> list[Any]:
    """Take pushes together, and what could not go along in further groups."""
    rest, came = [Asked(*one) for one in every], dict[int, Any]()
    order = list(rest)
    while rest:
        told = server.database.retrying(lambda tx, some=tuple(rest): take(tx, some, server.archive))  # type: ignore[misc]
        assert told
        for one, what in told:
            came[id(one)] = "fork" if isinstance(what, push.Fork) else what
        rest = [one for one in rest if id(one) not in came]
    return [came[id(one)] for one in order]


def said(what: Any) -> tuple[Any, ...] | str:
    """Return what a push came to as far as its desk hears of it."""
    if isinstance(what, str):
        return what
    results: list[Result] = what.results
    return what.seq, what.hash, [(one.uid, one.code, dict(one.detail)) for one in results], what.hole, what.short


@pytest.mark.parametrize("seed", range(2))
def test_several_pushes_in_one_transaction_come_to_what_each_comes_to_by_itself(
    server: Server, other: Server, seed: int
) -> None:
    desks = [desk_at(server, site) for site in ("B01", "B01", "B01", "D01")]
    copied(server, other)
    acts = Acts(seed, sorted({desk.site for desk in desks}))
    chance = random.Random(seed + 1000)
    for turn in range(8):
        every = []
        for desk in chance.sample(desks, 3):
            sent = len(desk.journal)
            for _act in range(chance.choice((1, 1, 2))):
                acts.act(desk)
            if turn and chance.random() < 0.2:  # what was answered once is said again with it
                sent = max(0, sent - 1)
            every.append(asked_of(desk, desk.journal[sent:], START + 10_000 * (turn + 1) + len(every)))
        theirs = [said(alone(other, *one)) for one in every]
        ours = [said(one) for one in in_groups(server, every)]
        assert ours == theirs, turn
        assert contents(server.database) == contents(other.database)
        for desk, told in zip([next(d for d in desks if d.id == one[0].id) for one in every], ours, strict=True):
            desk.known = (told[0], told[1])  # type: ignore[assignment]
    assert check(server.database) == []


def test_an_act_that_two_disks_hold_is_taken_once_though_both_push_it_in_one_transaction(server: Server) -> None:
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    made = create("service_ticket", number="T1", site_id=one.site, words="坏了")
    uid = one.act(made)
    two.act(made, uid=uid)
    for desk in (one, two):
        desk.act(fact("ticket_event", ticket_id=made["id"], kind="note", words=desk.id))

    told = in_groups(server, [asked_of(desk, desk.journal, START) for desk in (one, two)])

    assert [done.seq for done in told] == [2, 2]
    with server.database.read() as tx:
        assert tx.one("SELECT count(*) FROM change_set")[0] == 3
        assert tx.one("SELECT count(*) FROM reissued")[0] == 1
        assert tx.one("SELECT count(*) FROM record")[0] == 3
    assert check(server.database) == []


def test_a_copied_disk_among_them_is_told_so_and_the_others_are_taken(server: Server) -> None:
    one, two, three = (desk_at(server, "B01") for _desk in range(3))
    two.act(create("service_ticket", number="T0", site_id=two.site, words="甲"))
    two.sync()
    two.journal.clear()
    two.known = (0, "")
    for desk in (one, two, three):
        desk.act(create("service_ticket", number="T1", site_id=desk.site, words="坏了"))

    told = in_groups(server, [asked_of(desk, desk.journal, START) for desk in (one, two, three)])

    assert told[1] == "fork"
    assert [told[0].seq, told[2].seq] == [1, 1]
    assert check(server.database) == []


def test_what_leaves_a_branch_is_moved_for_the_next_of_the_same_moment_who_could_not_know(server: Server) -> None:
    one, two, far = desk_at(server, "B01"), desk_at(server, "B01"), desk_at(server, "D01")
    order = create("repair_order", number="R1", ticket_id="", site_id=one.site)
    item = create("repair_item", order_id=order["id"], words="主机")
    one.act(order, item)
    one.sync()
    one.act(change("repair_order", order["id"], "head", site_id=far.site))
    two.act(change("repair_item", item["id"], "fault", words="已拆机"))

    told = in_groups(server, [asked_of(desk, desk.journal[desk.known[0] :], START + 5) for desk in (one, two)])

    assert [[one.code for one in done.results] for done in told] == [[], [Code.MOVED]]
    assert check(server.database) == []


# -- who waits for whom ------------------------------------------------------------------


def until(what: Any) -> None:
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end
        time.sleep(0.002)


class Doors:
    """The first pushes, as many as there may be under way, are held until others wait behind them."""

    def __init__(self, server: Server) -> None:
        self.server, self.began, self.go_on = server, threading.Event(), threading.Event()
        self.alone, self.at_a_time = 0, AT_A_TIME if server.database.postgres else 1
        self.together = Together(server.database, self._alone, server.archive)
        self.threads: list[threading.Thread] = []
        self.came: dict[str, Any] = {}

    def _alone(self, station: Station, request: ReadRequest, now: int) -> push.Pushed:
        self.alone += 1
        if self.alone <= self.at_a_time:
            self.began.set()
            assert self.go_on.wait(20)
        return self.server._push(station, request, now)

    def push(self, desk: Desk) -> None:
        given = asked_of(desk, desk.journal[desk.known[0] :], START)

        def work() -> None:
            try:
                self.came[desk.id] = self.together.push(*given)
            except Exception as error:  # noqa: BLE001 (looked at by the test)
                self.came[desk.id] = error

        self.threads.append(threading.Thread(target=work))
        self.threads[-1].start()

    def waiting(self) -> int:
        return sum(len(line.waiting) for line in self.together._lines.values())

    def all_at_once(self, first: Desk, others: Sequence[Desk]) -> None:
        """Let one push, others come meanwhile, and all end."""
        self.push(first)
        assert self.began.wait(20)
        for desk in others:
            self.push(desk)
        until(lambda: self.waiting() == 1 + len(others) - self.at_a_time)
        self.go_on.set()
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()
        assert self.together._lines == {}


def ticket_at(desk: Desk) -> None:
    if not desk.journal:  # the first push of a station goes by itself
        desk.act(create("service_ticket", number="T0", site_id=desk.site, words="坏了"))
        desk.sync()
    desk.act(create("service_ticket", number="T1", site_id=desk.site, words="坏了"))


def test_who_comes_while_another_is_served_is_taken_along_in_the_order_of_coming(server: Server) -> None:
    desks = [desk_at(server, "B01") for _desk in range(6)]
    for desk in desks:
        ticket_at(desk)
    doors = Doors(server)
    doors.all_at_once(desks[0], desks[1:])

    assert doors.alone == doors.at_a_time  # the others went together
    assert [doors.came[desk.id].seq for desk in desks] == [2] * 6
    with server.database.read() as tx:
        (n,) = tx.one("SELECT n FROM head WHERE scope = ?", (f"site:{desks[0].site}",))
    assert n == 12
    assert check(server.database) == []


def test_one_that_is_not_to_be_taken_keeps_nobody_from_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    desks = [desk_at(server, "B01") for _desk in range(4)]
    for desk in desks:
        ticket_at(desk)
    desks[2].journal[1] = desks[1].journal[1]  # as if it had another one's disk
    doors = Doors(server)
    doors.all_at_once(desks[0], desks[1:])

    assert isinstance(doors.came[desks[2].id], push.Fork)
    assert [doors.came[desk.id].seq for desk in (desks[0], desks[1], desks[3])] == [2, 2, 2]


def test_where_they_cannot_be_written_together_each_goes_by_itself(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks = [desk_at(server, "B01") for _desk in range(4)]
    for desk in desks:
        ticket_at(desk)
    shipped = push.finish

    def only_one(runs: Any, archive: Any) -> None:
        shipped(runs, archive)
        if len(runs) > 1:
            raise OSError("the disk does not like it")

    monkeypatch.setattr(push, "finish", only_one)
    doors = Doors(server)
    doors.all_at_once(desks[0], desks[1:])

    assert doors.alone == 4
    assert [doors.came[desk.id].seq for desk in desks] == [2] * 4
    assert check(server.database) == []


def test_two_pushes_of_one_station_are_never_in_one_transaction(server: Server) -> None:
    one, two = desk_at(server, "B01"), desk_at(server, "B01")
    ticket_at(one)
    ticket_at(two)
    doors = Doors(server)
    doors.push(one)
    assert doors.began.wait(20)
    for _time in range(3):
        doors.push(two)  # the line broke, and it says it again
    until(lambda: doors.waiting() == 4 - doors.at_a_time)
    doors.go_on.set()
    for thread in doors.threads:
        thread.join(30)

    assert doors.came[two.id].seq == 2
    with server.database.read() as tx:
        assert tx.one("SELECT count(*) FROM change_set")[0] == 4
    assert check(server.database) == []
