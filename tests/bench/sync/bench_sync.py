"""Syncing side by side in one run: ours with all rules on, bare floors, Anki and PouchDB, on workload W.

    python -m tests.bench.sync.bench_sync [--count 10000] [--runs 3] [--only NAME ...]

Every run of every side is a process of its own with its own server process, in a network name space of its own where the
user may have one (then bytes of the wire are all bytes of the loopback interface, headers of TCP and IP among them).
Sides take turns; the figures are medians. What each side is: the heads of `ours.py`, `floor.py`, `peer_anki.py` and
`pouch/bench.js`. Peers come from the registries by the locks in this folder; without them the floors are left.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.bench.side_by_side import compile_all, machine
from tests.print.oracles import shelf

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]

STEPS = ("create", "push", "pull", "first fill", "reconcile", "empty")
TARGETS: Mapping[str, tuple[str, float]] = {
    "create": ("floor, sqlite", 0.29), "push": ("floor, sqlite", 0.5), "pull": ("floor, sqlite", 0.8),
    "first fill": ("floor, sqlite", 1.1), "reconcile": ("floor, sqlite", 0.67), "empty": ("floor, sqlite", 1.18),
}  # fmt: skip
"""By step the side and the share of its speed that ours is to reach."""


@dataclass(frozen=True, slots=True)
class Side:
    """One program: its words, and what its environment needs."""

    name: str
    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> list[dict[str, Any]]:
        """Run it alone and return what it measured."""
        told = subprocess.run(
            [*alone(), *self.words], cwd=ROOT, capture_output=True, text=True, timeout=900, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DESKAPP_NO_KEYRING": "1", **alone_told(), **self.environment},
        )  # fmt: skip
        if told.returncode:
            raise RuntimeError(f"{self.name}: {told.stderr[-2000:]}")
        return [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]


@functools.cache
def alone() -> tuple[str, ...]:
    """Return the words before a program that give it a loopback interface of its own, none where that is forbidden."""
    for words in (("unshare", "-n"), ("unshare", "-rn")):
        if (
            shutil.which("unshare")
            and subprocess.run([*words, "true"], check=False, capture_output=True).returncode == 0
        ):
            return (*words, "sh", "-c", 'ip link set lo up && exec "$@"', "alone")
    return ()


def alone_told() -> dict[str, str]:
    """Return what tells a program that the loopback's bytes are its own."""
    return {"BENCH_ALONE": "1"} if alone() else {}


def own(module: str, *words: str) -> tuple[str, ...]:
    """Return the words that run one of our modules."""
    return (sys.executable, "-m", f"tests.bench.sync.{module}", *words)


def sides(count: int, folder: Path, postgres: bool) -> list[Side]:
    """Return all that can be had here."""
    text = str(count)
    found = [
        Side("ours, sqlite", own("ours", text, "sqlite", "--each")), Side("floor, sqlite", own("floor", text, "sqlite")),
        Side("floor, log", own("floor", text, "log")), Side("floor, our tables", own("floor", text, "rows")),
    ]  # fmt: skip
    if postgres:
        found += [
            Side("ours, postgres", own("ours", text, "postgres")),
            Side("floor, postgres", own("floor", text, "postgres")),
        ]
    try:
        packages = str(shelf.python_set("peers", locks=HERE).folder)
        paths = os.pathsep.join((packages, str(HERE)))
        found.append(Side("Anki", (sys.executable, str(HERE / "peer_anki.py"), text), {"PYTHONPATH": paths}))
    except pytest.skip.Exception as reason:
        print(f"Anki is not here: {reason}")
    try:
        node, packages_of_node = shelf.node_set("pouch", locks=HERE)
        matter = folder / "w.json"
        subprocess.run([*own("matter", text, str(matter))], cwd=ROOT, check=True)
        modules = str(packages_of_node / "node_modules")
        found.append(Side("PouchDB", (node, str(HERE / "pouch" / "bench.js"), modules, text, str(matter))))
    except pytest.skip.Exception as reason:
        print(f"PouchDB is not here: {reason}")
    return found


def with_place(side: Side, folder: Path, number: int) -> Side:
    """Return a side with the words that have to be new for each run."""
    if side.name != "PouchDB":
        return side
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Side(side.name, (*side.words, str(port), str(folder / f"pouch-{number}")))


def medians(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the median of every number of rows of one step."""
    names = {name for row in rows for name, value in row.items() if isinstance(value, int | float)}
    return {
        name: statistics.median([row[name] for row in rows if isinstance(row.get(name), int | float)]) for name in names
    }


def table(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """Print one line for each side and step, and the ratio of the speeds to ours."""
    print(
        f"{'step':<26}{'side':<20}{'rec/s':>9}{'ms':>9}{'B/rec':>8}{'cpu us/rec':>12}{'server':>8}{'MB':>6}{'server':>8}"
        f"{'ours/it':>9}"
    )
    every = list(dict.fromkeys(step for rows in found.values() for step in rows))
    for step in [*STEPS, *(one for one in every if one not in STEPS)]:
        ours = found.get("ours, sqlite", {}).get(step, {})
        for side, rows in found.items():
            one = rows.get(step)
            if one is None or "rec_per_s" not in one:
                continue
            ratio = ours.get("rec_per_s", 0) / one["rec_per_s"]
            print(
                f"{step:<26}{side:<20}{one['rec_per_s']:>9.0f}{one.get('median_ms', one['wall_s'] * 1000):>9.2f}"
                f"{_each(one, 'wire_bytes'):>8}{_each(one, 'client_cpu_s', 1e6):>12}{_each(one, 'server_cpu_s', 1e6):>8}"
                f"{one.get('client_peak_mb', 0):>6.0f}{one.get('server_peak_mb', 0):>8.0f}{ratio:>9.2f}"
            )
    for side, rows in found.items():
        for step, told in rows.items():
            if "kept" in told:
                print(f"{side}: {step}: {told['kept']:.0f} of {told['n']:.0f}")
            if "ms" in told:
                print(f"{side}: {step}: {told['ms']:.1f} ms")


def _each(row: Mapping[str, Any], name: str, factor: float = 1.0) -> str:
    return f"{row[name] * factor / row['n']:.1f}" if row.get(name) is not None else ""


def targets(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> bool:
    """Print how far ours is from each target; True when all are reached."""
    held = True
    for step, (side, share) in TARGETS.items():
        ours, other = found["ours, sqlite"].get(step), found.get(side, {}).get("pull" if step == "first fill" else step)
        if ours is None or other is None:
            continue
        got = ours["rec_per_s"] / other["rec_per_s"]
        held &= got >= share
        print(f"{step}: {got:.2f} of {side}, wanted {share}: {'met' if got >= share else f'{share / got:.1f} x away'}")
    return held


def main() -> int:
    """Measure, print, and return 1 when a target is missed."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--count", type=int, default=10_000)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--only", nargs="*", default=[])
    words.add_argument("--json", default="")
    told = words.parse_args()
    from tests.server.postgres import programs

    compile_all()
    with tempfile.TemporaryDirectory(prefix="deskapp-bench-sync-") as name:
        folder = Path(name)
        every = [
            one for one in sides(told.count, folder, programs() is not None) if not told.only or one.name in told.only
        ]
        print(f"medians of {told.runs} runs by turns; {told.count} records; {machine()}")
        rows: dict[str, dict[str, list[dict[str, Any]]]] = {one.name: {} for one in every}
        for number in range(told.runs):
            for side in every if number % 2 == 0 else reversed(every):
                for row in with_place(side, folder, number).run():
                    rows[side.name].setdefault(row["step"], []).append(row)
    found = {side: {step: medians(some) for step, some in steps.items()} for side, steps in rows.items()}
    if told.json:
        Path(told.json).write_text(json.dumps(found, indent=1))
    table(found)
    return 0 if targets(found) else 1


if __name__ == "__main__":
    sys.exit(main())
