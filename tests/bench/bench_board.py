"""The supervisor's board over 50,000 devices in hand, on a large encrypted store.

    python tests/bench/bench_board.py [--tickets 50000] [--open 50000] [--times 20]

Devices in every state a board shows, spread over 40 technicians and 60 days, are put into a copy of the store; then
the board is asked for through the program's own read session, first on a file nobody has read yet, then again. The
gate is the first line of figures: 200 ms from the question to the answer, the first time too. The floor beside it is
the bare count of those devices by state.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deskapp import cipher
from deskapp.models.store import ReadSession, Store
from deskapp.paths import Home
from deskapp.queries.board import board
from deskapp.rules.depot import STAGES
from tests.bench.make_store import DAY_MS, KEY, SMALL, Size, cached, copy

GATE_MS = 200.0
NOW = 1_780_300_800_000


def fill(home: Home, count: int) -> None:
    """Put devices in hand into a store, as they stand on a bad day."""
    chance = random.Random(5)
    states = [state.value for stage in STAGES for state in stage.states]
    connection = cipher.connect(home.database, KEY, writer=True)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(repair_item)").fetchall()]
    template = dict(zip(columns, connection.execute("SELECT * FROM repair_item LIMIT 1").fetchone(), strict=True))
    staff = [row[0] for row in connection.execute("SELECT id FROM staff").fetchall()] + [f"t{n}" for n in range(40)]
    last = connection.execute("SELECT max(n) FROM repair_item").fetchone()[0]
    connection.execute("BEGIN IMMEDIATE")
    marks = ", ".join("?" * len(columns))
    rows = []
    for place in range(count):
        since = NOW - chance.randrange(60 * DAY_MS)
        row = {
            **template, "n": last + 1 + place, "id": f"open-{place}", "label_no": f"D{place:012d}",
            "work_state": chance.choice(states), "state_at": since, "done_due": since + chance.choice((0, 3, 9)) * DAY_MS,
            "technician_id": chance.choice(staff),
        }  # fmt: skip
        rows.append(tuple(row[name] for name in columns))
    connection.executemany(f"INSERT INTO repair_item ({', '.join(columns)}) VALUES ({marks})", rows)
    connection.execute("COMMIT")
    connection.close()


def took(act: Callable[[ReadSession], object], store: Store) -> float:
    """Return how long a question takes, in ms."""
    begun = time.perf_counter()
    store.ask(act)
    return (time.perf_counter() - begun) * 1000


def bare(session: ReadSession) -> object:
    """Count the devices in hand by state, with nothing around it."""
    return (
        session.connection()
        .exec_driver_sql(
            "SELECT work_state, count(*) FROM repair_item"
            " WHERE work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up') GROUP BY 1"
        )
        .all()
    )


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--tickets", type=int, default=SMALL.tickets)
    words.add_argument("--open", type=int, default=50_000)
    words.add_argument("--times", type=int, default=20)
    chosen = words.parse_args()
    size = SMALL if chosen.tickets == SMALL.tickets else Size(chosen.tickets)
    with tempfile.TemporaryDirectory() as folder:
        home = copy(cached(size), Path(folder) / "home")
        fill(home, chosen.open)
        store = Store(home, KEY)
        store.ask(lambda session: session.connection())  # the window has its readers open long before
        first = took(lambda session: board(session, NOW), store)
        again = sorted(took(lambda session: board(session, NOW), store) for _ in range(chosen.times))
        floor = statistics.median(took(bare, store) for _ in range(chosen.times))
        seen = store.ask(lambda session: board(session, NOW))
        store.close()
    print(f"board over {seen.count} devices in hand: first {first:.0f} ms, median {statistics.median(again):.0f} ms, "
          f"slowest {again[-1]:.0f} ms; bare count by state {floor:.0f} ms")  # fmt: skip
    print(f"late {seen.late}, stuck {seen.stuck_count}, people {len(seen.people)}")
    return 0 if max(first, again[-1]) <= GATE_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
