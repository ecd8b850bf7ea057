"""What the idle desk holds: PSS of the running program with everything loaded, against a bare window.

    python tests/bench/bench_memory.py [--tickets 1000000] [--at DIR]

Everything loaded: store open, spooler and listener running, somebody signed in, the start page, the
bench, the ticket list and a search have been used; then nobody touches a key for 25 s. PSS is read
from /proc, so Linux only; pages shared with other Qt programs that run meanwhile count less, so run it alone.
Bytecode is there and cached, as after `./run`: a program that compiles itself holds 7 MB more.

Beside the total stand its parts: what the program made itself ("own": objects, heap, stacks), and pages of
files (libraries, fonts) that the system can drop and read again. The first does not depend on what else runs.
"""

from __future__ import annotations

import argparse
import compileall
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench import make_store  # noqa: E402 (the path comes first)
from tests.bench.bench_start import PIN, STAFF_NO, hire  # noqa: E402

PSS = """
import time
def pss():
    for line in open("/proc/self/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
def own():
    for line in open("/proc/self/smaps_rollup"):
        if line.startswith("Pss_Anon:"):
            return int(line.split()[1]) / 1024
"""

FLOOR = PSS + """
import sys
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication(sys.argv)
window = QMainWindow(); window.resize(1280, 760); window.show()
until = time.time() + 1
while time.time() < until:
    app.processEvents()
print("%.1f %.1f" % (pss(), own()))
"""

DESK = PSS + """
import os, sys
from pathlib import Path
from deskapp import app
from deskapp.cli.verbs import answer
from deskapp.paths import Home
from deskapp.ui.application import application
home = Home(Path(sys.argv[1]))
running = application()
desk = app.Desk(home, answer)
desk.begin(app.Beside(home, find_key=lambda: bytes(range(32))))
def until(condition, at_most=60):
    end = time.time() + at_most
    while not condition() and time.time() < end:
        running.processEvents()
        time.sleep(0.002)
def idle(seconds):
    end = time.time() + seconds
    until(lambda: time.time() > end)
until(lambda: desk.window is not None)
idle(0.3)
lock, lock_own = pss(), own()
until(lambda: desk.store is not None)
desk.window.lock_screen.attempted.emit(sys.argv[2], sys.argv[3])
until(lambda: desk.window.actor is not None)
idle(2)
for page in ("today", "bench", "tickets", "today"):
    desk.window.navigate(page)
    idle(1)
desk.window.shell.find_field.setText("打印")
desk.window.shell.find_field.ask_now()
idle(2)
idle(25)
print("%.1f %.1f %.1f %.1f %d" % (lock, lock_own, pss(), own(), desk.care._rested + desk.care._owed), flush=True)
os._exit(0)
"""


def measured(code: str, *words: str) -> list[float]:
    """Run a program and return the MB it printed."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip
    if not done.stdout:
        raise SystemExit(done.stderr)
    return [float(part) for part in done.stdout.split()]


def main() -> int:
    """Measure and print; the exit status says whether the gate was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--at", type=Path)
    words = parser.parse_args()
    size = make_store.Size(words.tickets, words.tickets // 2, max(3_000, words.tickets * 6 // 100))
    home = make_store.cached(size, words.at)
    hire(home)
    compileall.compile_dir(str(ROOT / "deskapp"), quiet=2)
    floor, floor_own = measured(FLOOR)
    lock, lock_own, idle, idle_own, rested = measured(DESK, str(home.root), STAFF_NO, PIN)
    for name, total, own in (
        ("bare window", floor, floor_own), ("lock screen", lock, lock_own), ("idle, all loaded", idle, idle_own),
    ):  # fmt: skip
        print(f"{name:16} {total:6.1f} MB  {total / floor:.2f} x  own {own:5.1f}, files {total - own:5.1f}")
    given = {0: "no", 1: "yes", 2: "yes, but the check of the store after the start was still at work"}[int(rested)]
    print(f"gate 2.0 x; caches given back: {given}")
    return 0 if idle / floor <= 2.0 else 1


if __name__ == "__main__":
    sys.exit(main())
