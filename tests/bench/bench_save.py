"""A check-in saved for good, against the very same rows by raw SQL in one transaction.

    python tests/bench/bench_save.py [--tickets 1000000] [--saves 40]

"ours" is `Store.run(check_in(...))` of two known devices with three accessories, on the write
thread's connection: rules, facts, folds, journal with its hash, search index, frozen cards and
print jobs, WAL with FULL. The floor: every INSERT, UPDATE and DELETE of this act is played on
another copy of the same store through the bare database library, in one transaction with the same
settings. What only reads is not played. The statements are noted while the same act is done on a third
copy, so that "ours" does not pay for the noting. Processor time is that of the thread that saves.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deskapp import cipher
from deskapp.commands.checkin import check_in
from deskapp.commands.checkin_forms import AccessoryForm, Deliverer, DeviceForm, Terms
from deskapp.models.store import Actor, Command, Store
from deskapp.paths import Home
from tests.bench.make_store import KEY, Size, cached, identity

EXTRA_GATE_MS, WORST_GATE_MS, WARM = 3.0, 50.0, 5


def acts(store: Store, count: int) -> list[Command[Any]]:
    """Check-ins of two devices of one merchant, none of them in our hands."""
    chance = random.Random(5)
    found: dict[str, Command[Any]] = {}
    with store.read() as session:
        execute = session.connection().exec_driver_sql
        last = execute("SELECT max(n) FROM merchant").scalar_one()
        while len(found) < count:
            merchant = execute("SELECT id FROM merchant WHERE n = ?", (chance.randrange(1, last + 1),)).scalar_one()
            devices = execute(
                "SELECT serial_no, terminal_no FROM device d WHERE merchant_id = ? AND NOT EXISTS"
                " (SELECT 1 FROM repair_item i WHERE i.device_id = d.id AND i.work_state != 'closed') LIMIT 2",
                (merchant,),
            ).all()
            if len(devices) == 2:
                found[merchant] = _act(merchant, devices)
    return list(found.values())


def _act(merchant: str, devices: Sequence[Any]) -> Command[Any]:
    forms = tuple(
        DeviceForm(
            serial_no=row.serial_no, terminal_no=row.terminal_no, tamper="ok", batch="no", symptom_code="",
            words="打印模糊", condition={"all": "fine"}, no_photo_reason="camera_broken",
            accessories=(AccessoryForm("power_adapter"), AccessoryForm("data_cable"))[: 2 - place],
        )
        for place, row in enumerate(devices)
    )  # fmt: skip
    return check_in(
        devices=forms,
        merchant_id=merchant,
        deliverer=Deliverer("王小明", "13800138000", id_last4="1234"),
        terms=Terms(data_notice=True),
    )


class Notes:
    """Writes down what one act changes in the store, whichever way it reaches the database library.

    Connections made while this is open hand every statement over before they do it.
    """

    def __init__(self, database: Path) -> None:
        self.statements: list[tuple[str, Any, bool]] = []
        self._database = str(database)
        self._connect = cipher.driver.connect

    def __enter__(self) -> Notes:
        cipher.driver.connect = self._noting
        return self

    def __exit__(self, *_exception: object) -> None:
        cipher.driver.connect = self._connect

    def _noting(self, path: str, **options: Any) -> Any:
        if path != self._database:
            return self._connect(path, **options)
        return self._connect(path, factory=_noting_connection(self), **options)

    def note(self, statement: str, values: Any, many: bool) -> None:
        """Keep what changes something."""
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            self.statements.append((statement, values, many))


def _noting_connection(notes: Notes) -> Any:
    class Cursor(cipher.driver.Cursor):  # type: ignore[misc, name-defined]
        def execute(self, statement: str, values: Any = ()) -> Any:
            notes.note(statement, values, False)
            return super().execute(statement, values)

        def executemany(self, statement: str, values: Any) -> Any:
            notes.note(statement, values, True)
            return super().executemany(statement, values)

    class Connection(cipher.driver.Connection):  # type: ignore[misc, name-defined]
        def cursor(self, _factory: Any = None) -> Any:
            return super().cursor(Cursor)

        def execute(self, statement: str, values: Any = ()) -> Any:
            return self.cursor().execute(statement, values)

        def executemany(self, statement: str, values: Any) -> Any:
            return self.cursor().executemany(statement, values)

    return Connection


def play(connection: cipher.Connection, statements: Sequence[tuple[str, Any, bool]]) -> None:
    """Play one raw transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for statement, values, many in statements:
        (connection.executemany if many else connection.execute)(statement, values)
    connection.execute("COMMIT")


@dataclass(slots=True)
class Times:
    """Seconds of many transactions: by the clock, and of the processor."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def take(self, work: Callable[[], object]) -> None:
        """Measure one."""
        clock, processor = time.perf_counter(), time.thread_time()
        work()
        self.processor.append(time.thread_time() - processor)
        self.clock.append(time.perf_counter() - clock)

    def forget(self) -> None:
        """Begin anew."""
        self.clock.clear()
        self.processor.clear()


def _copy(home: Home, to: Path) -> Path:
    """Copy what a store needs, not what other benchmarks or a running desk left beside it."""
    to.mkdir()
    for name in ("desk.db", "identity.json"):
        shutil.copy(home.root / name, to / name)
    return to


def _rows(statement: str, values: Any, many: bool) -> int:
    return len(values) if many else max(1, statement.count("), (") + 1 if " VALUES " in statement else 1)


def percentile(times: Sequence[float], share: float) -> float:
    """The value in ms below which a share of the seconds lies."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


def main() -> int:
    """Measure, print, and return 1 when a gate is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tickets", type=int, default=Size().tickets)
    parser.add_argument("--saves", type=int, default=40)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--at", type=Path, default=None)
    given = parser.parse_args()
    size = Size(given.tickets, given.tickets // 2, given.tickets * 60 // 1000)
    home = cached(size, given.at)
    work = Path(tempfile.mkdtemp(prefix="deskapp-save-"))
    try:
        places = [_copy(home, work / name) for name in ("ours", "noted", "floor")]
        ours, floor, rows = _both(*places, given)
    finally:
        shutil.rmtree(work)
    extra = percentile(ours.clock, 0.5) - percentile(floor.clock, 0.5)
    print(f"{size}; a check-in of two devices, {rows} changed rows, {len(ours.clock)} times; p50 / p99 / worst ms")
    for name, times in (("ours", ours), ("floor (raw SQL)", floor)):
        clock = times.clock
        print(f"  {name:16} {percentile(clock, 0.5):6.2f} / {percentile(clock, 0.99):6.2f} / {max(clock) * 1000:6.2f}"
              f"   processor {percentile(times.processor, 0.5):.2f}")  # fmt: skip
    worst = max(ours.clock) * 1000
    fine = extra <= EXTRA_GATE_MS and worst <= WORST_GATE_MS
    ratio = percentile(ours.clock, 0.5) / percentile(floor.clock, 0.5)
    print(f"  ratio {ratio:.1f}; raw + {extra:.1f} ms <= raw + {EXTRA_GATE_MS:.0f}; worst {worst:.0f} <= "
          f"{WORST_GATE_MS:.0f} ms: {'ok' if fine else 'MISSED'}")  # fmt: skip
    return 0 if fine else 1


def _both(own: Path, noted: Path, bare: Path, given: argparse.Namespace) -> tuple[Times, Times, int]:
    actor = Actor(identity("staff", 0), "0001", "", ("counter_clerk",))
    ours, floor, rows = Times(), Times(), 0
    with Store(Home(bare), KEY):  # brings the copy up to date, as opening ours does
        pass
    raw = cipher.connect(Home(bare).database, KEY, writer=True)
    with Notes(Home(noted).database) as notes, Store(Home(noted), KEY) as other, Store(Home(own), KEY) as store:
        profile = cProfile.Profile()
        for place, act in enumerate(acts(store, given.saves + WARM)):
            if place == WARM:
                ours.forget()
                floor.forget()
            if given.profile and place >= WARM:
                profile.enable()
            ours.take(partial(store.run, act, by=actor))
            profile.disable()
            notes.statements.clear()
            other.run(act, by=actor)
            floor.take(partial(play, raw, notes.statements))
            rows = sum(_rows(*one) for one in notes.statements)
        if given.profile:
            pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
    raw.close()
    return ours, floor, rows


if __name__ == "__main__":
    sys.exit(main())
