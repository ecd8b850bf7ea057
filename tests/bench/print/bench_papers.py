"""Labels and a receipt as PDF, ours against WeasyPrint in InvenTree's way, by turns in processes of their own.

    python -m tests.bench.print.bench_papers [--labels 1000] [--runs 5]

Both set the same texts in the same font at the same places, and the same codes; the peer's label is
an HTML document of its own, as InvenTree renders it, and its pages are put together at the end. The
peers live in a set of their own, made on demand from `peers.lock` beside the virtual environment.
WeasyPrint needs Debian's libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0. "Installed" is the
same peer with a font the system knows instead of one named in the template: no gate, for fairness.
`--without-harfbuzz` adds the peer as it is where libharfbuzz-subset0 is not installed; it is slow.

Every label and every receipt has numbers, names and stories of its own. Times are medians over the runs, `many` is one run of each (the peer needs minutes and gigabytes
for it). A fresh process is timed from its spawn to the file on the disk. "At their best" is the least of all
runs and calls: what the clock of a busy computer says of programs that are let alone for a moment.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.bench.print import matter
from tests.bench.side_by_side import ROOT, compile_all, environment, machine, median
from tests.print.oracles import shelf

HERE = Path(__file__).resolve().parent
PANGO = "apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


@dataclass(frozen=True, slots=True)
class Side:
    """One program of the comparison and how its processes are started."""

    name: str
    script: Path
    given: str
    python_path: str
    more: tuple[str, ...] = ()

    def run(self, task: str, out: Path, times: int, count: str = "") -> dict[str, float]:
        """Do a task in a process of its own; return what it told, `seconds` of a fresh one counted from its spawn."""
        words = [sys.executable, str(self.script), task, count or self.given, str(out), str(times), *self.more]
        start = time.monotonic()
        told = subprocess.run(
            words, cwd=ROOT, env={**environment(), "PYTHONPATH": self.python_path}, capture_output=True,
            encoding="utf-8", timeout=1800, check=False,
        )  # fmt: skip
        if told.returncode:
            raise SystemExit(f"{self.name}: {task} failed:\n{told.stderr[-2000:]}\nWeasyPrint needs: {PANGO}")
        found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
        if "at" in found:
            found["seconds"] = found["at"] - start
        return found


@dataclass(frozen=True, slots=True)
class Task:
    """What is compared, how it is told, and at least how many times better ours has to be."""

    name: str
    title: str
    gate: float
    unit: float = 1000.0
    times: int = 25


TASKS = (
    Task("fresh", "first label, fresh process (ms)", 4),
    Task("warm", "one more label, warm (ms)", 35),
    Task("receipt", "receipt page A5, warm (ms)", 40),
    Task("many", "{count} labels as PDF (s)", 15, unit=1.0),
)
MEMORY_GATE = 80


def sides(folder: Path, count: int, plain: bool) -> list[Side]:
    """Return the programs that are compared, and write what the peer prints; `plain` adds the peer without harfbuzz."""
    peers = str(shelf.python_set("peers", locks=HERE).folder)
    short = folder / "matter.json"
    matter.write(short, 40)
    matter.write(folder / "many.json", count)
    ours = Side("ours", HERE / "ours.py", "40", str(ROOT))
    script = HERE / "peer_weasyprint.py"
    found = [
        ours,
        Side("WeasyPrint", script, str(short), peers),
        Side("installed", script, str(short), peers, ("installed",)),
    ]
    return [*found, Side("no harfbuzz", script, str(short), peers, ("fonttools",))] if plain else found


def measure(
    task: Task, all_sides: list[Side], folder: Path, runs: int, count: int
) -> dict[str, list[dict[str, float]]]:
    """Run one task on every side by turns; the first round warms the disk's cache and does not count."""
    found: dict[str, list[dict[str, float]]] = {side.name: [] for side in all_sides}
    many = task.name == "many"
    for number in range(0 if many else -1, 1 if many else runs):
        for side in all_sides if number % 2 else reversed(all_sides):
            given = "" if not many else str(count) if side.name == "ours" else str(folder / "many.json")
            told = side.run(task.name, folder / f"{side.name}.pdf", task.times, given)
            if number >= 0:
                found[side.name].append(told)
    return found


def main() -> int:
    """Measure, print, and return 1 when a gate is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--without-harfbuzz", action="store_true")
    parser.add_argument("--only", choices=[task.name for task in TASKS])
    words = parser.parse_args()
    compile_all()
    held = True
    with tempfile.TemporaryDirectory(prefix="deskapp-bench-print-") as name:
        folder = Path(name)
        try:
            all_sides = sides(folder, words.labels, words.without_harfbuzz)
        except pytest.skip.Exception as reason:
            print(f"the peers are not here: {reason}")
            return 1
        print(f"medians of {words.runs} runs by turns; {machine()}")
        for task in TASKS:
            if words.only in (None, task.name):
                found = measure(task, all_sides, folder, words.runs, words.labels)
                held &= report(task, found, words.labels)
    return 0 if held else 1


def report(task: Task, found: dict[str, list[dict[str, float]]], count: int) -> bool:
    """Print one task; True when its gates hold."""
    seconds = {side: median([one["seconds"] for one in told]) for side, told in found.items()}
    peak = {side: median([one["peak_mb"] for one in told]) for side, told in found.items()}
    ratio = seconds["WeasyPrint"] / seconds["ours"]
    fine = ratio >= task.gate
    told = "   ".join(f"{side} {value * task.unit:8.2f}" for side, value in seconds.items())
    print(
        f"{task.title.format(count=f'{count:,}'):34} {told}   ratio {ratio:6.1f} (gate {task.gate:g})"
        f"   font installed {seconds['installed'] / seconds['ours']:6.1f}   {'met' if fine else 'MISSED'}"
    )
    cpu = {side: median([one["cpu"] for one in told]) for side, told in found.items()}
    told = "   ".join(f"{side} {value * task.unit:8.2f}" for side, value in cpu.items())
    print(f"{'  of the processor':34} {told}   ratio {cpu['WeasyPrint'] / cpu['ours']:6.1f}")
    least = {side: min(one.get("least", one["seconds"]) for one in told) for side, told in found.items()}
    told = "   ".join(f"{side} {value * task.unit:8.2f}" for side, value in least.items())
    print(f"{'  at their best':34} {told}   ratio {least['WeasyPrint'] / least['ours']:6.1f}")
    if task.name == "many":
        memory = peak["WeasyPrint"] / peak["ours"]
        fine &= memory >= MEMORY_GATE
        told = "   ".join(f"{side} {value:8.0f}" for side, value in peak.items())
        print(
            f"{'memory at its peak (MB)':34} {told}   ratio {memory:6.1f} (gate {MEMORY_GATE})"
            f"   font installed {peak['installed'] / peak['ours']:6.1f}   {'met' if memory >= MEMORY_GATE else 'MISSED'}"
        )
    return fine


if __name__ == "__main__":
    sys.exit(main())
