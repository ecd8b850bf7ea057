"""A disk that is full while papers are made: nothing is half there, nothing is lost, and it is said in words."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from deskapp import settings
from deskapp.commands.printer_profiles import save_printer
from deskapp.errors import DeskError, Unavailable
from deskapp.models.local import PrintJob
from deskapp.models.store import Command, Store
from deskapp.paths import Home
from deskapp.print.raw_lane import NOT_WRITTEN, Lane
from deskapp.print.raw_printer import open_raw
from deskapp.print.routes import Routes
from deskapp.print.spooler import Spooler
from deskapp.print.templates import default
from deskapp.queries.printing import waiting_jobs
from deskapp.rules.printer_profiles import Profile
from tests.conftest import KEY, FixedClock
from tests.print import samples
from tests.print.killed_desk import QUICK
from tests.print.test_raw_queue import Clock
from tests.print.test_spooler import queue_papers, set_printer
from tests.print.virtual_printers import VirtualPrinter


def fill(file: Path) -> None:
    """Write until nothing more goes in."""
    with file.open("wb", buffering=0) as rest:
        try:
            while True:
                rest.write(b"x" * 4096)
        except OSError:
            pass


def states(store: Store, jobs: list[str]) -> list[tuple[str, str]]:
    return store.ask(lambda session: [(job.state, job.error) for job in map(session.get_one, [PrintJob] * 9, jobs)])


def test_papers_for_a_folder_on_a_full_disk_wait_in_words_and_come_out_whole(store: Store, small_disk: Path) -> None:
    folder = small_disk / "papers"
    folder.mkdir()
    store.run(set_printer(key=settings.PAGE_PRINTER.key, value=settings.PAGE_PRINTER.encode(f"pdf:{folder}")))
    jobs = store.run(
        queue_papers(cards=[samples.quote(), replace(samples.quote(), number="Q00123260101000017")])
    ).result
    fill(small_disk / "filler")

    spooler = Spooler(store)
    assert spooler.drain() == 0
    assert states(store, jobs) == [("failed", "The folder for papers cannot be written to.")] * 2
    assert list(folder.iterdir()) == [], "not even half a file"

    (small_disk / "filler").unlink()
    assert spooler.drain() == 2
    assert [state for state, _ in states(store, jobs)] == ["printed"] * 2
    assert sorted(file.suffix for file in folder.iterdir()) == [".pdf"] * 2


def test_labels_on_a_full_disk_wait_or_are_known_to_have_come_out(home: Home, small_disk: Path) -> None:
    """What cannot be written down is not sent; what came out before the disk was full is written down afterwards."""
    there = Home(small_disk / "home")
    shutil.copytree(home.root, there.root)
    with Store(there, KEY, clock=FixedClock()) as store, VirtualPrinter("zpl", print_ms=1) as printer:
        store.run(save_printer(profile=Profile(printer.address, language="zpl")))
        store.run(set_printer(key=settings.LABEL_PRINTER.key, value=settings.LABEL_PRINTER.encode(printer.address)))
        jobs = store.run(queue_papers(cards=[samples.device_label(number=f"D00123{n:07d}") for n in range(7)])).result
        clock = Clock()
        lane = Lane(store, printer.address, lambda one: open_raw(one, QUICK), lambda step: None, clock, lambda: False)
        routes = store.ask(lambda session: Routes.load(session, there))
        fill(small_disk / "filler")

        def send(first: int, last: int) -> tuple[int, str]:
            waiting = [
                replace(one, medium="label-60x40") for one in store.ask(waiting_jobs) if one.id in jobs[first:last]
            ]
            return lane.send(waiting, routes.profile(printer.address), default(), held=list)

        def until_full() -> str:
            """Send one at a time: the file of the store still has some room in it."""
            for number in range(7):
                try:
                    if (why := send(number, number + 1)[1]) == NOT_WRITTEN:
                        return why
                except DeskError as refusal:
                    return refusal.code
            return "there was room for all"

        assert until_full() in (NOT_WRITTEN, "disk_full")
        out = len(printer.sheets)
        assert out < 7
        told = [state for state, _ in states(store, jobs)]
        assert told.count("printed") >= out - 1, "at most one that came out could not be written down"

        (small_disk / "filler").unlink()
        assert lane.write_down() is None
        assert [state for state, _ in states(store, jobs)].count("printed") == out
        assert sum(send(number, number + 1)[0] for number in range(7)) == 7 - out
        assert {state for state, _ in states(store, jobs)} == {"printed"}
        assert len({sheet.sha256 for sheet in printer.sheets}) == len(printer.sheets) == 7


def test_what_came_out_is_written_down_as_soon_as_the_store_takes_it(store: Store) -> None:
    """The store refuses once, right after the paper: it is known to be out all the same, and is not sent again."""
    with VirtualPrinter("zpl", print_ms=1) as printer:
        store.run(save_printer(profile=Profile(printer.address, language="zpl")))
        store.run(set_printer(key=settings.LABEL_PRINTER.key, value=settings.LABEL_PRINTER.encode(printer.address)))
        jobs = store.run(queue_papers(cards=[samples.device_label(number=f"D00123{n:07d}") for n in range(2)])).result
        clock, told = Clock(), []
        full = Full(store)
        lane = Lane(full, printer.address, lambda one: open_raw(one, QUICK), lambda step: told.append(step.state), clock,
                    lambda: False)  # type: ignore[arg-type]  # fmt: skip
        profile = Profile(printer.address, language="zpl")
        waiting = [replace(one, medium="label-60x40") for one in store.ask(waiting_jobs)]
        full.refuses = True
        assert lane.send(waiting[:1], profile, default(), held=list) == (1, "")
        assert [state for state, _ in states(store, jobs)] == ["sending", "queued"]
        assert lane.due() == clock.now + 5
        assert lane.send(waiting[1:], profile, default(), held=list) == (0, NOT_WRITTEN)
        full.refuses = False
        assert lane.send(waiting[1:], profile, default(), held=list) == (1, "")
        assert [state for state, _ in states(store, jobs)] == ["printed"] * 2
        assert told == ["sending", "printed", "sending", "printed"] and lane.due() is None
        assert len(printer.sheets) == 2


class Full:
    """A store that has no room to write down what became of papers, while it refuses."""

    def __init__(self, real: Store) -> None:
        self.real = real
        self.refuses = False

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    def run(self, act: Command[Any]) -> object:
        if self.refuses and act.name == "settle":
            raise Unavailable("The disk is full.", code="disk_full")
        return self.real.run(act)
