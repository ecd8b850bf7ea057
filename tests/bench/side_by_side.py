"""Measuring two programs by turns, in processes of their own, as a branch's computer would start them.

Bytecode is there and cached (a container that forbids writing it makes every start 2.6 times
slower and every ratio wrong), and the order alternates, so that what else runs on this computer
falls on both alike. Ratios are of medians.
"""

from __future__ import annotations

import compileall
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

FLOOR = """
import json, sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Paint(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, painted)
        return False

def painted():
    at = time.monotonic()
    REST

app = QApplication([])
window = QMainWindow()
window.resize(1280, 760)
paint = Paint()
window.installEventFilter(paint)
window.show()
app.exec()
"""
"""A bare Qt window; `REST` says what happens once it is painted."""


def environment() -> dict[str, str]:
    """Return this process' environment, offscreen and with cached bytecode."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {"LC_ALL": "C.UTF-8", **clean, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}


def compile_all() -> None:
    """Write the bytecode of everything that is started."""
    compileall.compile_dir(str(ROOT / "deskapp"), quiet=2)
    compileall.compile_dir(str(ROOT / "tests"), quiet=2)


def spawn(script: str, *words: str) -> dict[str, Any]:
    """Run a script; return what it printed as JSON, with `spawned`: the monotonic second it was started at."""
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=ROOT, env=environment(), capture_output=True, encoding="utf-8",
        timeout=300,
    )  # fmt: skip
    if done.returncode or not done.stdout.strip():
        raise RuntimeError(done.stderr or f"exit status {done.returncode}, nothing printed")
    return {"spawned": start, **json.loads(done.stdout.splitlines()[-1])}


def by_turns(
    scripts: Mapping[str, Sequence[str]], rounds: int, *, warm: bool = True
) -> dict[str, list[dict[str, Any]]]:
    """Run every script once a round, in an order that turns; one round before them warms the disk cache."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in scripts}
    for number in range(-1 if warm else 0, rounds):
        names = list(scripts) if number % 2 else list(reversed(scripts))
        for name in names:
            answer = spawn(*scripts[name])
            if number >= 0:
                found[name].append(answer)
    return found


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def machine() -> str:
    """Say in one line what was measured on, and how busy it was."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    return f"{os.cpu_count()} processors, Python {platform.python_version()}, load {load}"
