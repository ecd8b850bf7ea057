"""What one desk weighs while it pushes, pulls or is filled: the shipped client in a process of its own.

    python -m tests.bench.sync.desk_alone [N]

`ours` has several desks and all of workload W in one process; here nothing else is. Prints a line for each of the three:
resident MB when the desk is open, at its peak, and the server's peak.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deskapp.clock import new_uuid7
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.sync.enrol import enrol
from deskapp.sync.exchange import Exchange
from deskapp.sync.transport import Address, Network

ROOT = Path(__file__).resolve().parents[3]
KEY = bytes(range(32))


def peak_mb(forget: bool = False) -> float:
    """Return the largest resident size since it was forgotten last."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    if forget:
        Path("/proc/self/clear_refs").write_text("5")
    return found


def speak(folder: str, name: str, url: str, code: str) -> None:
    """Be the desk: open what is there, belong where there is a code, speak to the end."""
    store = Store(Home(Path(folder) / name), KEY, new_id=new_uuid7)
    if code:
        enrol(store, Network(Address(url)), url=url, code=code)
    exchange = Exchange(store)
    peak_mb(forget=True)
    opened = peak_mb()
    exchange.speak()
    sys.stdout.write(json.dumps({"open_mb": round(opened, 1), "peak_mb": round(peak_mb(), 1)}) + "\n")
    exchange.close()
    store.close()


def main() -> None:
    """Measure the three."""
    from tests.bench.sync import matter, ours

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    folder = Path(tempfile.mkdtemp(prefix="deskapp-alone-"))
    house = ours.House(folder, "")
    try:
        first = ours.Desk(folder, "a")
        first.open_branch()
        first.enrol(house.url, house.code())
        first.sync()
        for some in ours.parts([ours.ticket_of(one) for one in matter.records(count)], ours.ACT):
            first.store.run(ours.take_tickets(some=some))
        first.close()
        for step, name in (("push", "a"), ("pull", "b"), ("first fill", "c")):
            if name != "a":
                ours.Desk(folder, name).close()
            if name == "c":
                house.forget_logs()
            words = [str(folder), name, house.url, house.code() if name != "a" else ""]
            matter.forget_peak([house.process.pid])
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.sync.desk_alone", "--", *words],
                cwd=ROOT, text=True, capture_output=True, check=True, env={**os.environ, "DESKAPP_NO_KEYRING": "1"},
            )  # fmt: skip
            told = {**json.loads(done.stdout), "server_peak_mb": round(matter.peak_mb([house.process.pid]), 1)}
            sys.stdout.write(json.dumps({"step": step, "n": count, **told}) + "\n")
    finally:
        matter.end(house.process)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--"]:
        speak(*sys.argv[2:])
    else:
        main()
