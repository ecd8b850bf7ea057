"""Ours on workload W: two desks with the shipped client, the shipped server in a process of its own, all rules on.

    python -m tests.bench.sync.ours N sqlite|postgres [--each] [--profile STEP] [--after S]

A record of W is a ticket: number, kind, site, merchant's name and telephone number (personal: keyed digests in the
journal, a key a record), device, symptom, time; status, note and time of the change are among its answers. A ticket
has eight columns more, and what any act here does is done: encrypted store, journal chained by hashes and its second
copy, field groups and versions, state and due times folded, every word in the search index. Created as an import
is: acts of `ACT` tickets, one commit each; `--each` also measures one act a ticket.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deskapp.clock import new_uuid7, system_clock
from deskapp.commands.setup import SiteForm, open_branch
from deskapp.errors import N_
from deskapp.models import schema
from deskapp.models.opening import provisional_number
from deskapp.models.store import Store, Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.paths import Home
from deskapp.server import feed
from deskapp.server.database import Database
from deskapp.sync.enrol import enrol
from deskapp.sync.exchange import Exchange
from deskapp.sync.transport import Address, Network
from tests.bench.sync import matter
from tests.bench.sync.matter import Step

ROOT = Path(__file__).resolve().parents[3]
KEY = bytes(range(32))
ACT = 500
"""Tickets of one act, and edits of one act."""

KINDS = {"install": "installation", "query": "consultation"}
"""Kinds of W that are kinds of tickets here; the others go as repairs."""

EMPTY = 60
"""Empty round trips that are measured."""


@command(N_("Take tickets in for a measurement"), right="")
def take_tickets(write: Write, *, some: Sequence[dict[str, Any]]) -> None:
    """Add tickets as they are told."""
    site, add = write.site_id, write.session.add
    for one in some:
        add(ServiceTicket(id=write.new_id(), site_id=site, opened_by="", **one))


@command(N_("Change tickets for a measurement"), right="")
def change_tickets(write: Write, *, some: Sequence[tuple[str, str, str]]) -> None:
    """Set one field of each of these tickets (id, field, value)."""
    for ticket_id, name, value in some:
        setattr(write.session.get(ServiceTicket, ticket_id), name, value)


def ticket_of(one: dict[str, str]) -> dict[str, Any]:
    """Return a record of W as the columns of a ticket."""
    return {
        "number": one["ticket_no"], "kind": KINDS.get(one["kind"], "repair"), "channel": "phone",
        "opened_at": int(datetime.fromisoformat(one["created"]).astimezone(UTC).timestamp() * 1000),
        "caller_name": one["merchant"], "callback_phone": one["contact"], "model_words": one["device_sn"],
        "words": one["fault"],
        "answers": {
            "kind": one["kind"], "status": one["status"], "branch": one["branch"], "note": one["note"],
            "updated": one["updated"],
        },
    }  # fmt: skip


def parts(some: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Yield a list in pieces."""
    return (some[start : start + size] for start in range(0, len(some), size))


class Desk:
    """One computer with the shipped client."""

    def __init__(self, folder: Path, name: str) -> None:
        home = Home(folder / name).make()
        ids = {"store_id": new_uuid7(), "station": new_uuid7(), "station_no": provisional_number()}
        schema.create(home, KEY, made_at=system_clock(), **ids)  # type: ignore[arg-type]
        self.store = Store(home, KEY, new_id=new_uuid7)
        self.exchange: Exchange | None = None

    def open_branch(self) -> None:
        """Open the one branch."""
        form = SiteForm(
            code="B01", name="城南支局", short_name="城南", depot_code="FZ-D1", region="福建", address="福州市鼓楼区东街1号",
            phone="0591-87654321", hotline="95580", complaint_phone="12305", hours="周一至周六 8:30-17:30",
        )  # fmt: skip
        self.store.run(open_branch(site=form, staff_no="A01", name="管理员", pin="274860"))

    def enrol(self, url: str, code: str) -> None:
        """Belong to the server."""
        enrol(self.store, Network(Address(url)), url=url, code=code)
        self.exchange = Exchange(self.store)

    def sync(self) -> None:
        """Speak with the server to the end."""
        assert self.exchange is not None
        self.exchange.speak()

    def close(self) -> None:
        """Close everything."""
        if self.exchange is not None:
            self.exchange.close()
        self.store.close()

    def rows(self) -> list[tuple[Any, ...]]:
        """Return what a person sees of all tickets."""
        with self.store.read() as session:
            names = "id, number, caller_name, callback_phone, model_words, words, answers, state, done_due"
            driver: Any = session.connection().connection.driver_connection
            return list(driver.execute(f"SELECT {names} FROM service_ticket ORDER BY id").fetchall())


class House:
    """The shipped server in a process of its own."""

    def __init__(self, folder: Path, db: str) -> None:
        self.words = [sys.executable, "-m", "deskapp.server", "--data", str(folder / "server")]
        self.words += ["--db", db] if db else []
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.db = db or str(folder / "server" / "server.db")
        self.process = subprocess.Popen(
            [*self.words, "serve", "--port", "0"], cwd=ROOT, text=True, stdout=subprocess.PIPE, env=self.environment
        )
        assert self.process.stdout is not None
        found = re.search(r":(\d+)\s*$", self.process.stdout.readline())
        assert found is not None
        self.url = f"http://127.0.0.1:{found[1]}"
        self.say("site", "add", "B01", "城南支局")

    def say(self, *words: str) -> str:
        """Run a command of the server's administrator."""
        return subprocess.run(
            [*self.words, *words], cwd=ROOT, text=True, capture_output=True, env=self.environment, check=True
        ).stdout

    def forget_logs(self) -> None:
        """Let every entry of the logs be as if it were eight weeks old."""
        database = Database(self.db)
        try:
            while database.retrying(lambda tx: feed.forget_before(tx, 2**60)):
                pass
        finally:
            database.close()

    def code(self) -> str:
        """Return a one-time code."""
        found = re.search(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}\b", self.say("station", "enrol", "B01"))
        assert found is not None
        return found[0]


class Bench:
    """One run."""

    def __init__(self, count: int, kind: str, folder: Path, pids: list[int], house: House, profiled: str) -> None:
        self.count, self.peer, self.folder, self.pids, self.house = count, f"ours, {kind}", folder, pids, house
        self.profiled = profiled
        self.records = matter.records(count)
        self.ids: dict[str, str] = {}

    @contextmanager
    def step(self, name: str, count: int, *, servers: bool = True) -> Iterator[Step]:
        """Measure a step, under a profiler if it was asked for."""
        profile = cProfile.Profile() if name == self.profiled else None
        with Step(self.peer, name, count, self.pids if servers else ()) as step:
            if profile is not None:
                profile.enable()
            yield step
            if profile is not None:
                profile.disable()
        if profile is not None:
            pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(45)

    def desk(self, name: str, *, first: bool = False) -> Desk:
        """Return a desk that belongs to the server."""
        desk = Desk(self.folder, name)
        if first:
            desk.open_branch()
        desk.enrol(self.house.url, self.house.code())
        return desk

    def run(self, *, each: bool) -> None:
        """Take every step in its order."""
        a, b = self.desk("a", first=True), self.desk("b")
        a.sync()
        b.sync()
        a.sync()
        every = [ticket_of(one) for one in self.records]
        with self.step("create", self.count, servers=False):
            for some in parts(every, ACT):
                a.store.run(take_tickets(some=some))
        with self.step("push", self.count):
            a.sync()
        with self.step("pull", self.count), longest_hold(b.store) as held:
            b.sync()
        print(f'{{"peer": "{self.peer}", "step": "longest hold of the write thread", "ms": {held[0] * 1000:.1f}}}')
        assert a.rows() == b.rows()
        assert len(a.rows()) == self.count
        self.first_fill(a)
        self.reconcile(a, b)
        self.empty(a)
        if each:
            some = every[: min(2_000, self.count)]
            with self.step("create, an act each", len(some), servers=False):
                for number, one in enumerate(some):
                    a.store.run(take_tickets(some=[{**one, "number": f"E{number}"}]))
            with self.step("push, an act each", len(some)):
                a.sync()
            with self.step("pull, an act each", len(some)):
                b.sync()
        a.close()
        b.close()

    def first_fill(self, a: Desk) -> None:
        """Fill two further desks from a snapshot, because the log is gone: one alone, one at which somebody works."""
        c, d = self.desk("c"), self.desk("d")
        a.sync()
        self.house.forget_logs()
        with self.step("first fill", self.count):
            c.sync()
        d.store.used_at = float("inf")
        with self.step("first fill, in use", self.count), longest_hold(d.store) as held:
            d.sync()
        word = "longest hold of the write thread, in use"
        print(f'{{"peer": "{self.peer}", "step": "{word}", "ms": {held[0] * 1000:.1f}}}')
        assert a.rows() == c.rows() == d.rows()
        c.close()
        d.close()

    def reconcile(self, a: Desk, b: Desk) -> None:
        """Edit the same records on both sides in different fields, and let all agree."""
        by_number = {row[1]: row[0] for row in a.rows()}
        ids = {one["id"]: by_number[one["ticket_no"]] for one in self.records}
        names = {"fault": "words", "contact": "callback_phone"}
        told = [
            [(ids[one], names[name], value) for one, name, value in side]
            for side in matter.edits(self.records, max(1, self.count // 10))
        ]
        for desk, side in zip((a, b), told, strict=True):
            for some in parts(side, ACT):
                desk.store.run(change_tickets(some=some))
        with self.step("reconcile", sum(map(len, told))):
            for desk in (a, b, a):
                desk.sync()
        assert a.rows() == b.rows()
        rows = {row[0]: row for row in a.rows()}
        kept = sum(value in rows[one] for side in told for one, _name, value in side)
        print(f'{{"peer": "{self.peer}", "step": "edits kept", "n": {sum(map(len, told))}, "kept": {kept}}}')

    def empty(self, a: Desk) -> None:
        """Sync when there is nothing to say."""
        a.sync()
        a.sync()
        took = []
        with self.step("empty", EMPTY) as step:
            for _one in range(EMPTY):
                began = time.perf_counter()
                a.sync()
                took.append(time.perf_counter() - began)
            step.more["median_ms"] = round(statistics.median(took) * 1000, 3)


@contextmanager
def longest_hold(store: Store) -> Iterator[list[float]]:
    """Watch how long an act at the counter would have to wait for the write thread, every few milliseconds."""
    found, over = [0.0], threading.Event()
    door = store._door

    def watch() -> None:
        while not over.wait(0.002):
            began = time.perf_counter()
            with door:
                found[0] = max(found[0], time.perf_counter() - began)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join(5)


def main() -> None:
    """Run one store."""
    words = argparse.ArgumentParser()
    words.add_argument("count", type=int)
    words.add_argument("store", choices=["sqlite", "postgres"])
    words.add_argument("--each", action="store_true")
    words.add_argument("--profile", default="")
    told = words.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="deskapp-bench-"))
    postgres: Any = None
    house: House | None = None
    try:
        pids = []
        if told.store == "postgres":
            from tests.server.postgres import start_private

            postgres = start_private()
            pids.append(postgres.process.pid)
        house = House(folder, postgres.url if postgres is not None else "")
        pids.append(house.process.pid)
        Bench(told.count, told.store, folder, pids, house, told.profile).run(each=told.each)
    finally:
        if house is not None:
            matter.end(house.process)
        if postgres is not None:
            postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
