"""Killed at any moment, with a printer that goes on printing what it has: no label twice, none lost without a word."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from deskapp import settings
from deskapp.clock import new_uuid7, system_clock
from deskapp.commands.printer_profiles import save_printer
from deskapp.models.local import PrintJob
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.rules.printer_profiles import Profile
from tests.conftest import KEY
from tests.print import killed_desk, samples
from tests.print.test_spooler import queue_papers, set_printer
from tests.print.virtual_printers import Process

PER_BATCH = 200
MOST_A_LIFE = 25
"""A quick computer prints a batch before a clock would have killed it five times."""
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.print.killed_desk", "tests.print.warm_desk"])


def killed_until_done(
    work: Callable[..., None], given: tuple[Any, ...], chance: random.Random, patience_s: float,
    count: Callable[[], int] = lambda: 0,
) -> int:  # fmt: skip
    """Run a desk again and again, killing it at random moments, until one life ends by itself; returns the kills.

    `count` tells how many labels the printer has got; a life is also over when it has handed over so and so many.
    """
    kills = 0
    while True:
        ours, theirs = _processes.Pipe(duplex=False)
        life = _processes.Process(target=work, args=(*given, theirs), daemon=True)
        life.start()
        theirs.close()
        try:
            assert ours.poll(60) and ours.recv() == "printing"
            # The longer it takes, the longer a life: every kill gets its chance, and it ends.
            until = time.monotonic() + chance.uniform(0, patience_s * (1 + kills / 8))
            most = count() + chance.randrange(MOST_A_LIFE)
            if ended(ours, lambda until=until, most=most: time.monotonic() < until and count() <= most):
                life.join(20)
                return kills
        finally:
            life.kill()
            life.join(20)
            ours.close()
        kills += 1


def ended(told: Connection, goes_on: Callable[[], bool]) -> bool:
    """Wait as long as a life may go on; say whether it ended by itself."""
    while goes_on():
        if told.poll(0.003):
            return bool(told.recv() == "done")
    return False


def got(printer: Process) -> Callable[[], int]:
    """Return how to ask a printer for the labels it has got, on paper or not."""

    def count() -> int:
        state = printer.say()
        return int(state["printed"]) + int(state["waiting"])

    return count


BATCHES = [pytest.param(n, marks=[pytest.mark.long] if n else []) for n in range(10_000 // PER_BATCH)]


@pytest.mark.parametrize("batch", BATCHES)
def test_ours_prints_every_label_exactly_once(store: Store, home: Home, tmp_path: Path, batch: int) -> None:
    with Process("zpl", tmp_path / "paper", print_ms=1) as printer:
        store.run(save_printer(profile=Profile(printer.address, language="zpl")))
        store.run(set_printer(key=settings.LABEL_PRINTER.key, value=settings.LABEL_PRINTER.encode(printer.address)))
        cards = [samples.device_label(number=f"D00123{batch * PER_BATCH + n:07d}") for n in range(PER_BATCH)]
        jobs = store.run(queue_papers(cards=list(cards))).result
        store.close()
        kills = killed_until_done(killed_desk.ours, (str(home.root),), random.Random(7 + batch), 0.8, got(printer))
        printer.say(wait={"idle": True})
        found = Counter(sheet["sha256"] for sheet in printer.sheets())
    with Store(home, KEY, clock=system_clock, new_id=new_uuid7) as store:
        told = {store.ask(lambda session, job=job: session.get_one(PrintJob, job).state) for job in jobs}
    assert told == {"printed"}
    assert kills >= 5
    assert (max(found.values()), len(found)) == (1, PER_BATCH), f"{kills} kills"


@pytest.mark.parametrize("naive", [killed_desk.marked_after_sending, killed_desk.marked_at_the_end])
def test_a_naive_sender_prints_labels_twice_so_that_the_proof_can_fail(
    naive: Callable[..., None], tmp_path: Path
) -> None:
    chance = random.Random(7)
    with Process("zpl", tmp_path / "paper", print_ms=1) as printer:
        twice = 0
        for batch in range(80):
            folder = tmp_path / f"{batch}"
            folder.mkdir()
            before, received = len(printer.sheets()), printer.say()["received"]
            ours, theirs = _processes.Pipe(duplex=False)
            life = _processes.Process(target=naive, args=(str(folder), printer.port, 60, theirs), daemon=True)
            life.start()
            printer.say(wait={"received": received + chance.randrange(5, 50) * 4_050})
            life.kill()
            life.join(20)
            ours.close()
            killed_until_done(naive, (str(folder), printer.port, 60), chance, 60)
            printer.say(wait={"idle": True})
            found = Counter(sheet["text"] for sheet in printer.sheets()[before:])
            twice += sum(count - 1 for count in found.values())
            if twice:
                break
    assert twice > 0
