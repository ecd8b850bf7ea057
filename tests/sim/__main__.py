"""Play worlds by hand: `python -m tests.sim --seed N` tells the story of one, `--from N --count M` plays many."""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import time
from collections import Counter

NO_POSTGRES = 77
"""Exit status where there is none; test runners take it for skipped."""

POSTGRES = "DESKAPP_SIM_POSTGRES"


def _on_postgres() -> int:
    """Play once more, with a PostgreSQL of our own beside it."""
    from tests.server.postgres import programs, start_private

    if programs() is None:
        sys.stderr.write("PostgreSQL is not installed here: apt-get install postgresql\n")
        return NO_POSTGRES
    server = start_private()
    try:
        words = [sys.executable, "-m", "tests.sim", *sys.argv[1:]]
        return subprocess.run(words, env={**os.environ, POSTGRES: server.url}, check=False).returncode
    finally:
        server.stop()


def main() -> int:
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets of texts are walked in the same order every time
        os.execve(
            sys.executable, [sys.executable, "-m", "tests.sim", *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"}
        )
    from tests.sim.carried import drawn_carried
    from tests.sim.scarce import drawn_scarce
    from tests.sim.schedule import drawn as drawn_usually
    from tests.sim.schedule import shrunk
    from tests.sim.world import run

    asked = argparse.ArgumentParser(prog="python -m tests.sim")
    asked.add_argument("--seed", type=int, help="tell the story of this one")
    asked.add_argument("--shrink", action="store_true", help="and make it smaller while it fails")
    asked.add_argument("--from", type=int, default=0, dest="start")
    asked.add_argument("--count", type=int, default=200)
    asked.add_argument("--longer", type=int, default=1, help="so many times as many steps")
    asked.add_argument("--carried", action="store_true", help="worlds with photos and acts on a stick")
    asked.add_argument("--scarce", action="store_true", help="worlds in which disks are full")
    asked.add_argument("--postgres", action="store_true", help="the centre keeps its tables on a private PostgreSQL")
    given = asked.parse_args()
    if given.postgres and POSTGRES not in os.environ:
        return _on_postgres()
    drawn = drawn_carried if given.carried else drawn_scarce if given.scarce else drawn_usually
    logging.disable(logging.CRITICAL)
    say = sys.stdout.write
    if given.seed is not None:
        schedule = drawn(given.seed, longer=given.longer)
        outcome = run(schedule)
        if given.shrink and outcome.broken:
            kind = outcome.broken[0].split(" ")[0]
            schedule = shrunk(schedule, lambda one: any(b.startswith(kind) for b in run(one).broken))
            outcome = run(schedule)
            say(f"{schedule}\n")
        say(outcome.text + "\n")
        return bool(outcome.broken)
    began, reached, syncs, failed = time.monotonic(), Counter[str](), 0, 0
    worlds = Counter[str]()
    for seed in range(given.start, given.start + given.count):
        outcome = run(drawn(seed, longer=given.longer))
        reached += outcome.reached
        worlds.update((+outcome.reached).keys())
        syncs += outcome.syncs
        if outcome.broken:
            failed += 1
            say(f"seed {seed}: {outcome.broken[0][:200]}\n")
            sys.stdout.flush()
    took = time.monotonic() - began
    say(f"{given.count} worlds, {failed} broken, {syncs} syncs in {took:.1f} s: {syncs / took:.0f} syncs/s\n")
    say("   times  in worlds\n")
    for what, times in sorted(reached.items()):
        say(f"  {times:6d} {worlds[what]:10d}  {what}\n")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
