"""How long until the desk is there: spawn to first painted window, and PIN to the first page with real rows.

    python tests/bench/bench_start.py [--tickets 1000000] [--runs 15] [--at DIR]

The floor is a bare QApplication and QMainWindow, spawned and painted the same way. Both are
spawned in turn, so that a slow moment of the machine meets both. The key is handed in: the
keyring is measured by itself and reported beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench import make_store  # noqa: E402 (the path comes first)

FLOOR = """
import sys, time
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication(sys.argv)
class Painted(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            sys.stdout.write("%.3f\\n" % (time.time() * 1000)); sys.stdout.flush()
            app.exit(0)
        return False
window = QMainWindow(); window.resize(1280, 760)
painted = Painted(); window.installEventFilter(painted)
window.show()
app.exec()
"""

DESK = """
import os, sys, time
from pathlib import Path
from deskapp import app
from deskapp.cli.parser import parse
from deskapp.paths import Home
import deskapp.ui.application as application

words = parse(["--home", sys.argv[1]])

class Painted(application.FirstPaint):
    def __init__(self, window, then):
        def told():
            sys.stdout.write("%.3f %s\\n" % (time.time() * 1000, window.lock_screen.counts.text())); sys.stdout.flush()
            os._exit(0)
        super().__init__(window, told)

application.FirstPaint = Painted
app.open_desk(Home(Path(sys.argv[1])), find_key=lambda: bytes(range(32)))
"""

PAGE = """
import json, os, sys, time
from pathlib import Path
from deskapp import app
from deskapp.commands import people
from deskapp.models import opening
from deskapp.paths import Home
from deskapp.ui.application import application, FirstPaint
home = Home(Path(sys.argv[1]))
running = application()
desk = app.Desk(home)
desk.begin(app.Beside(home, find_key=lambda: bytes(range(32))))
def until(condition):
    while not condition():
        running.processEvents()
        time.sleep(0.0005)
until(lambda: desk.store is not None)
times = []
number, pin = sys.argv[2], sys.argv[3]
for _round in range(int(sys.argv[4])):
    idle = time.time() + 0.4
    until(lambda: time.time() > idle)
    begun = time.perf_counter()
    desk.window.lock_screen.attempted.emit(number, pin)
    until(lambda: desk.window.actor is not None)
    inside = time.perf_counter()
    page = desk.window.shell.page()
    until(lambda: page.seen is not None and page.tickets.table.model.rowCount() > 0)
    running.processEvents()
    times.append([(inside - begun) * 1000, (time.perf_counter() - begun) * 1000])
    page.seen = None
    page.tickets.show_rows((), 0)
    desk.window.lock()
sys.stdout.write(json.dumps(times) + "\\n"); sys.stdout.flush()
os._exit(0)
"""

STAFF_NO, PIN = "B01", "739518"


def spawn(code: str, *words: str) -> tuple[float, str]:
    """Run a program and return the ms from before its spawn to the time it wrote first, and the rest of the line."""
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
                   "PYTHONPATH": str(ROOT)}  # fmt: skip
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begun = time.time() * 1000
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip
    if not done.stdout:
        raise SystemExit(done.stderr)
    first, _blank, rest = done.stdout.splitlines()[0].partition(" ")
    return float(first) - begun, rest


def hire(home: object) -> None:
    """Give the store somebody who can sign in."""
    from deskapp.commands.people import new_staff
    from deskapp.errors import N_
    from deskapp.models.people import Staff
    from deskapp.models.store import Store, Write, command

    @command(N_("Hire the bench's clerk"), right="")
    def act(write: Write) -> None:
        if write.session.query(Staff).filter(Staff.staff_no == STAFF_NO).first() is None:
            new_staff(write, staff_no=STAFF_NO, name="测量员", roles=["counter_clerk"], pin=PIN)

    with Store(home, make_store.KEY) as store:  # type: ignore[arg-type]
        store.run(act())


def main() -> int:
    """Measure and print; the exit status says whether the gates were kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--at", type=Path)
    words = parser.parse_args()
    size = make_store.Size(words.tickets, words.tickets // 2, max(3_000, words.tickets * 6 // 100))
    home = make_store.cached(size, words.at)
    hire(home)
    spawn(FLOOR), spawn(DESK, str(home.root))
    floor, desk = [], []
    for _run in range(words.runs):
        floor.append(spawn(FLOOR)[0])
        took, counts = spawn(DESK, str(home.root))
        desk.append(took)
    ratio = statistics.median(desk) / statistics.median(floor)
    print(f"store            {size.tickets} tickets, {home.database.stat().st_size / 1e6:.0f} MB, encrypted")
    print(f"lock screen says {counts}")
    print(f"bare window      {statistics.median(floor):7.1f} ms  (min {min(floor):.1f})")
    print(f"lock screen      {statistics.median(desk):7.1f} ms  (min {min(desk):.1f})")
    pairs = statistics.median(one / other for one, other in zip(desk, floor, strict=True))
    print(f"ratio            {ratio:7.2f} x  (gate 1.15; pair by pair {pairs:.2f}, best {min(desk) / min(floor):.2f})")
    print(f"load             {os.getloadavg()[0]:7.1f}    ({os.cpu_count()} processors)")
    begun = time.perf_counter()
    from deskapp.secrets import system_keyring

    found = system_keyring() is not None
    print(f"keyring          {(time.perf_counter() - begun) * 1000:7.1f} ms  ({'found' if found else 'none here'})")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PAGE, str(home.root), STAFF_NO, PIN, str(words.runs)], cwd=ROOT, env=environment,
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    if not done.stdout:
        raise SystemExit(done.stderr)
    times = json.loads(done.stdout.splitlines()[-1])
    checked = statistics.median(inside for inside, _page in times)
    page = statistics.median(page for _inside, page in times)
    print(f"PIN checked      {checked:7.1f} ms  (argon2id, docs/decisions/0006)")
    print(
        f"first page, rows {page:7.1f} ms after the PIN, {page - checked:.1f} ms of it ours"
        f"  (first {times[0][1]:.0f}, best {min(page for _inside, page in times):.0f})"
    )
    return 0 if ratio <= 1.15 and page <= 100 else 1


if __name__ == "__main__":
    sys.exit(main())
