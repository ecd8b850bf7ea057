"""From the click to the first byte at the printer: the real window, its spooler in the background, a printer beside it.

    python -m tests.bench.print.bench_first_byte [--rounds 15] [--at DIR]

The desk is open, somebody is signed in, and three papers have been printed. Then a command that queues a
paper is given to the desk in the way the pages do it; the virtual printer, a process of its own, notes
when bytes come. "First byte" is the first one of the connection (a question about status or count,
where the printer is known to answer), "paper" the first of the paper itself. A 200 Hz timer on the
window's thread shows what printing takes away from it; nothing is rendered or sent there, which is
counted by asking every thread that draws for its name. On a busy machine the clock tells little: beside it stands the
processor time of the spooler's threads from the click until a paper is committed as being sent, just before its first byte.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.make_store import PIN, Size, cached, copy
from tests.bench.side_by_side import ROOT, compile_all, environment, machine, median, spawn

GATE_MS = 50.0
SIZE = Size(2_000, 1_000, 300)
LANGUAGES = ("zpl", "tspl", "escpos")

SCRIPT = """
import json, os, sys, threading, time
from pathlib import Path
from PySide6.QtCore import Qt, QTimer
from deskapp import settings
from deskapp.app import Beside, Desk
from deskapp.commands.printer_profiles import save_printer
from deskapp.paths import Home
from deskapp.print import render
from deskapp.rules.printer_profiles import Profile
from deskapp.ui.application import application
from tests.print import samples
from tests.print.test_spooler import queue_papers, set_printer

home, pin, rounds, printers = Home(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
app = application()
desk = Desk(home)
desk.begin(Beside(home, find_key=lambda: bytes(range(32))))
window, ticks, clicks, wakes, drawers = desk.window, [], {name: [] for name in printers}, [], set()
work, before = {name: [] for name in printers}, []

def spent():
    ours = [one for one in threading.enumerate() if one.name.startswith(("spooler", "printer"))]
    return sum(time.clock_gettime(time.pthread_getcpuclockid(one.ident)) for one in ours)

def told(paper):
    if paper.state == "sending" and before:
        work[before[0]].append(spent() - before[1])
        before.clear()
    hear(paper)

hear = desk._paper_told
desk._paper_told = told
draw = render.render_burned
render.render_burned = lambda *given, **more: (drawers.add(threading.current_thread() is threading.main_thread()), draw(*given, **more))[1]
timer = QTimer(timerType=Qt.TimerType.PreciseTimer)
timer.timeout.connect(lambda: ticks.append(time.monotonic()))
works = iter([(name, number) for name in printers for number in range(-3, rounds)])

def paper(name, number):
    if name == "escpos":
        return samples.pickup_slip()
    return samples.device_label(number=f"D00123{number + 4:07d}", merchant=f"老街鱼丸店{number}")

def failed(error):
    print(error, file=sys.stderr)
    os._exit(4)

sys.excepthook = lambda kind, error, trace: failed(repr(error))

def one_by_one(acts, then):
    act = next(acts, None)
    if act is None:
        then()
    else:
        window.jobs.do(act, owner=window, then=lambda done: one_by_one(acts, then), refused=failed)

def begin():
    acts = [save_printer(profile=Profile(address, language=name)) for name, address in printers.items()]
    desk.care.papers_wait.connect(lambda: wakes.append(time.monotonic()))
    QTimer.singleShot(6000, lambda: one_by_one(iter(acts), following))

def following():
    name, number = next(works, (None, 0))
    if name is None:
        gaps = [b - a for a, b in zip(ticks, ticks[1:])]
        print(json.dumps({"clicks": clicks, "wakes": wakes, "gaps": gaps, "window_draws": True in drawers, "work": work}), flush=True)
        os._exit(0)
    if number == 0 and not timer.isActive():
        timer.start(5)
    setting = settings.SLIP_PRINTER if name == "escpos" else settings.LABEL_PRINTER
    acts = [set_printer(key=setting.key, value=setting.encode(printers[name]))] if number == -3 else []
    one_by_one(iter(acts), lambda: QTimer.singleShot(1500, lambda: click(name, number)))

def click(name, number):
    if number >= 0:
        before[:] = [name, spent()]
        clicks[name].append(time.monotonic())
    window.jobs.do(queue_papers(cards=[paper(name, number)]), owner=window, then=lambda done: following(),
                   refused=failed)

def enter():
    window.signed_in.connect(lambda _actor: begin())
    window.lock_screen.attempted.emit("0001", pin)

window.furnished.connect(lambda: QTimer.singleShot(200, enter))
QTimer.singleShot(280_000, lambda: failed('took too long'))
app.exec()
"""


def first_after(times: list[float], at: float) -> float:
    """Return ms until the first of some moments after another."""
    return min(((one - at) * 1000 for one in times if one >= at), default=float("nan"))


def measure(home: Path, folder: Path, rounds: int) -> tuple[dict[str, Any], dict[str, dict[str, list[float]]]]:
    """Run the desk beside its printers; return what it told, and for each printer when bytes came."""
    running, addresses = {}, {}
    for name in LANGUAGES:
        words = [
            sys.executable,
            "-m",
            "tests.bench.print.clocked_printer",
            name,
            str(folder / name),
            str(folder / f"{name}.log"),
        ]
        running[name] = subprocess.Popen(
            words, cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        told = running[name].stdout
        assert told is not None
        addresses[name] = told.readline().strip()
    try:
        desk = spawn(SCRIPT, str(home), PIN, str(rounds), json.dumps(addresses))
    finally:
        for one in running.values():
            one.communicate(timeout=10)
    came: dict[str, dict[str, list[float]]] = {}
    for name in LANGUAGES:
        came[name] = {"first": [], "paper": []}
        for line in (folder / f"{name}.log").read_text().splitlines():
            for what, at in json.loads(line).items():
                came[name][what].append(at)
    return desk, came


def main() -> int:
    """Measure, print, and return 1 when the gate is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--at", type=Path)
    words = parser.parse_args()
    shared = cached(SIZE, words.at)
    compile_all()
    with tempfile.TemporaryDirectory(prefix="deskapp-bench-byte-", dir=words.at) as name:
        folder = Path(name)
        desk, came = measure(copy(shared, folder / "home").root, folder, words.rounds)
    print(f"{words.rounds} papers each; {machine()}")
    fine = not desk["window_draws"]
    for name in LANGUAGES:
        clicks = desk["clicks"][name]
        first = [first_after(came[name]["first"], at) for at in clicks]
        paper = [first_after(came[name]["paper"], at) for at in clicks]
        queued = [first_after(desk["wakes"], at) for at in clicks]
        after = [one - at for one, at in zip(first, queued, strict=True)]
        fine &= median(first) <= GATE_MS
        print(
            f"{name:7} click to first byte {median(first):6.1f} ms, best {min(first):5.1f}, worst {max(first):6.1f} (gate {GATE_MS:g})   of it "
            f"until committed {median(queued):5.1f}, from there {median(after):5.1f}, of the processor "
            f"{median(desk['work'][name]) * 1000:.1f}   first byte of the paper "
            f"{median(paper):6.1f}, worst {max(paper):6.1f}   {'met' if median(first) <= GATE_MS else 'MISSED'}"
        )
    gaps = sorted(desk["gaps"])
    print(
        f"window's thread: drew {'something' if desk['window_draws'] else 'nothing'}; gaps of a 5 ms timer p99 "
        f"{gaps[len(gaps) * 99 // 100] * 1000:.1f} ms, longest {gaps[-1] * 1000:.1f} ms"
    )
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
