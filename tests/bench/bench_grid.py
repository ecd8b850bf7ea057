"""Page-down in the ticket table with a million rows, against C++ QSqlQueryModel over the same rows.

    python tests/bench/bench_grid.py [--tickets 1000000] [--steps 300]

"ours" is the program's own table: `DataTable` over a `PagedModel` over the encrypted store, its
rows asked for on read threads. The floor is a bare QTableView with Qt's own QSqlQueryModel and
delegate on a plain SQLite copy of the same nine columns, sorted the same way, in a window of the
same size and with rows of the same height. A step is: scroll by the rows that fit, wait until
every visible row is there, and paint. Between two steps both rest for 33 ms, as a held key does.
The two take turns in processes of their own, so that neither sees the other's memory.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEventLoop
from PySide6.QtWidgets import QApplication, QTableView

from deskapp.models.store import ReadSession, Store
from deskapp.paths import Home
from deskapp.queries import tickets
from tests.bench.make_store import KEY, Size, cached

RATIO_GATE, FRAME_MS, REST_MS, ROUNDS = 1.1, 16.7, 33, 3
WIDTH, HEIGHT = 1366, 768
COLUMNS = ("number", "state", "priority", "words", "merchant", "phone", "kind", "opened_at", "done_due")
WIDTHS = (170, 90, 60, 320, 200, 120, 100, 120, 120)


class TicketSource:
    """The long list of tickets, as the window asks for it."""

    def first(self, session: ReadSession, _order: str, limit: int) -> Sequence[Any]:
        return tickets.tickets_before(session, None, limit)

    def ids(self, session: ReadSession, _order: str) -> Sequence[Any]:
        return tickets.ticket_numbers(session)

    def rows(self, session: ReadSession, ids: Sequence[Any]) -> Sequence[Any]:
        return tickets.tickets_at(session, list(ids))


def plain_copy(home: Home) -> Path:
    """Write what the table shows into a plain SQLite file beside the store, once."""
    target = home.root / "plain.db"
    if target.exists():
        return target
    half = target.with_suffix(".half")
    half.unlink(missing_ok=True)
    plain = sqlite3.connect(half)
    plain.execute(f"CREATE TABLE ticket (n INTEGER PRIMARY KEY, {', '.join(COLUMNS)})")
    marks = ", ".join("?" * (len(COLUMNS) + 1))
    with Store(home, KEY) as store, store.read() as session:
        before = None
        while page := tickets.tickets_before(session, before, 5000):
            session.expunge_all()
            before = page[-1].n
            values = ((row.n, *(shown(row, name) for name in COLUMNS)) for row in page)
            plain.executemany(f"INSERT INTO ticket VALUES ({marks})", values)
    plain.commit()
    plain.close()
    half.rename(target)
    return target


def shown(row: Any, name: str) -> str:
    """What a cell shows."""
    return str(getattr(row, name))


def percentile(times: Sequence[float], share: float) -> float:
    """The value in ms below which a share of the seconds lies."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


def rest(milliseconds: int) -> None:
    """Let the event loop run for a while."""
    end = time.perf_counter() + milliseconds / 1000
    while time.perf_counter() < end:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
        time.sleep(0.001)


Steps = list[tuple[float, float]]
"""Seconds on the clock, and seconds of the processor in the window's thread, of every step."""


def measure(view: QTableView, row_height: int, whole: Callable[[], bool], steps: int, jumps: bool) -> Steps:
    """Measure every step."""
    bar = view.verticalScrollBar()
    fitting = view.viewport().height() // row_height
    chance = random.Random(3)
    times = []
    for step in range(1, steps + 1):
        rest(REST_MS)
        place = chance.randrange(bar.maximum()) if jumps else step * fitting * row_height
        start, worked = time.perf_counter(), time.thread_time()
        bar.setValue(min(bar.maximum(), place))
        QCoreApplication.processEvents()
        view.viewport().grab()
        while not whole():
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 2)
            if whole():
                view.viewport().grab()
        times.append((time.perf_counter() - start, time.thread_time() - worked))
    return times


def ours(home: Home, steps: int, jumps: bool) -> Steps:
    """The program's table."""
    from deskapp.ui import theme
    from deskapp.ui.jobs import Jobs
    from deskapp.ui.tokens import ROW_HEIGHT
    from deskapp.ui.widgets.paged import PagedModel
    from deskapp.ui.widgets.table import WAITING, Column, DataTable

    with Store(home, KEY) as store:
        jobs = Jobs(lambda: store)
        columns = [
            Column(name, name, lambda row, name=name: shown(row, name), width)
            for name, width in zip(COLUMNS, WIDTHS, strict=True)
        ]
        model = PagedModel(columns, jobs, TicketSource())
        table = DataTable(columns, model=model)
        table.resize(WIDTH, HEIGHT)
        table.show()
        counted: list[int] = []
        model.counted.connect(counted.append)
        model.reload()
        while not counted:
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
        view = table.view

        def whole() -> bool:
            top = view.rowAt(1)
            bottom = view.rowAt(view.viewport().height() - 2)
            return all(model.cells(number)[0] is not WAITING for number in range(top, bottom + 1))

        times = measure(view, theme.px(ROW_HEIGHT), whole, steps, jumps)
        table.hide()
        jobs.close()
    return times


def floor(home: Home, steps: int, _jumps: bool) -> Steps:
    """Qt's own model and delegate in C++."""
    from PySide6.QtSql import QSqlDatabase, QSqlQueryModel

    from deskapp.ui import theme
    from deskapp.ui.tokens import ROW_HEIGHT

    database = QSqlDatabase.addDatabase("QSQLITE")
    database.setDatabaseName(str(plain_copy(home)))
    database.open()
    model = QSqlQueryModel()
    model.setQuery(f"SELECT {', '.join(COLUMNS)} FROM ticket ORDER BY n DESC", database)
    view = QTableView()
    view.setModel(model)
    view.setShowGrid(False)
    view.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(theme.px(ROW_HEIGHT))
    for number, width in enumerate(WIDTHS):
        view.setColumnWidth(number, width)
    view.resize(WIDTH, HEIGHT)
    view.show()
    bar = view.verticalScrollBar()

    def whole() -> bool:
        if bar.value() == bar.maximum():
            view.scrollToBottom()
        return True

    return measure(view, theme.px(ROW_HEIGHT), whole, steps, False)


def main() -> int:
    """Measure both by turns, print, and return 1 when a gate is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tickets", type=int, default=Size().tickets)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--only", choices=("ours", "jumps", "floor"))
    parser.add_argument("--at", type=Path, default=None)
    given = parser.parse_args()
    size = Size(given.tickets, given.tickets // 2, given.tickets * 60 // 1000)
    home = cached(size, given.at)
    if given.only:
        application = QApplication([])
        run = floor if given.only == "floor" else ours
        for clock, worked in run(home, given.steps, given.only == "jumps"):
            print(f"{clock:.6f} {worked:.6f}")
        del application
        return 0
    plain_copy(home)
    rounds = [{name: _run(name, given) for name in ("ours", "floor", "jumps")} for _round in range(ROUNDS)]
    # The best of the rounds: what others do on this computer only ever adds.
    clock = {name: min(_percentiles(one[name], 0) for one in rounds) for name in rounds[0]}
    worked = {name: min(_percentiles(one[name], 1) for one in rounds) for name in rounds[0]}
    print(f"{size}; {given.steps} page-downs, best of {ROUNDS} rounds; p50 / p99 ms, and of the window's thread alone")
    for name, title in (("ours", "ours"), ("floor", "floor (C++)"), ("jumps", "ours, random jumps")):
        print("  {:20}{:7.2f} /{:7.2f}   {:7.2f} /{:7.2f}".format(title, *clock[name], *worked[name]))
    ratio, p99 = clock["ours"][0] / clock["floor"][0], clock["ours"][1]
    fine = ratio <= RATIO_GATE and p99 <= FRAME_MS
    print(f"  ratio {ratio:.2f} (thread alone {worked['ours'][0] / worked['floor'][0]:.2f}) <= {RATIO_GATE}, "
          f"p99 {p99:.1f} <= {FRAME_MS} ms: {'ok' if fine else 'MISSED'}")  # fmt: skip
    return 0 if fine else 1


def _run(name: str, given: argparse.Namespace) -> Steps:
    own = [sys.executable, __file__, "--only", name, "--tickets", str(given.tickets), "--steps", str(given.steps)]
    own += ["--at", str(given.at)] if given.at else []
    lines = subprocess.run(own, capture_output=True, text=True, check=True).stdout.splitlines()
    return [(float(clock), float(worked)) for clock, worked in map(str.split, lines)]


def _percentiles(steps: Steps, which: int) -> tuple[float, float]:
    times = [step[which] for step in steps]
    return percentile(times, 0.5), percentile(times, 0.99)


if __name__ == "__main__":
    sys.exit(main())
