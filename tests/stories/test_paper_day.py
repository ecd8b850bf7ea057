"""A day's papers by keyboard and scanner: two printers set up, a check-in printed, the cable out in the middle, and in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deskapp.app import Desk
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.queries.printing import recent_jobs
from deskapp.ui.hands import Hands
from tests.checkin_shop import ONE, TWO, stock_shop
from tests.conftest import KEY, PINS
from tests.print.virtual_printers import VirtualPrinter

TAKEN = 5
"""Labels of the check-in: two devices, three loose accessories."""


class Day:
    """The real desk, its window, and hands that only know keys and the scanner."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.hands = Hands(lambda: desk.window)
        self.hands.until(lambda: desk.window is not None and desk.window.shell is not None, "the desk")

    @property
    def window(self) -> Any:
        return self.desk.window

    def page(self, name: str) -> Any:
        shell = self.window.shell
        self.hands.until(lambda: shell.page_id() == name and shell.page() is not None, f"the page {name}")
        self.hands.calm(self.desk.jobs)
        return shell.page()

    def open(self, words: str, name: str) -> Any:
        """Go to a page by typing its name."""
        field = self.window.shell.find_field
        self.hands.chord("Ctrl+K")
        self.hands.until(field.hasFocus, "the field for finding")
        self.hands.press(words)
        self.hands.press("⏎")  # waits for what is found
        return self.page(name)

    def sign_in(self, number: str) -> None:
        lock = self.window.lock_screen
        self.hands.until(lambda: lock.isVisible() and lock.who.isEnabled(), "the lock screen")
        self.hands.fill(lock.who, number, enter=True)
        self.hands.fill(lock.pin, PINS[number], enter=True)
        self.hands.until(lambda: self.window.actor is not None, "somebody is in")
        self.hands.until(lambda: self.window.shell.page() is not None, "the first page")
        self.hands.rest(200)  # it takes the focus when it is there
        self.hands.calm(self.desk.jobs)

    def set_up(self, printer: VirtualPrinter, name: str) -> None:
        """The guided set-up: address, paper, test paper, name."""
        page = self.open("printers", "printers")
        setup, hands = page.setup, self.hands
        hands.chord("Alt+A")
        hands.until(lambda: setup.isVisible() and setup.address.hasFocus(), "no printer was found, so its address is next")
        hands.press(printer.address.removeprefix("tcp://") + "⏎")
        hands.until(lambda: setup.medium.value() is not None and setup.medium.hasFocus(), "its language is known")
        hands.press("⏎")
        hands.until(lambda: setup.print_again.isEnabled() and setup.came.hasFocus(), "the test paper is out")
        hands.press("1⏎")
        hands.until(setup.name.hasFocus, "the name is asked")
        hands.say(name)
        hands.press("⏎")
        hands.until(lambda: page.bar.value() == "list" and page.printers.profile is not None, "the printer is set up")

    def check_in(self) -> Any:
        """Take two devices in; the labels come with the last Enter."""
        hands = self.hands
        hands.chord("F3")
        page = self.page("check_in")
        hands.until(page.sheet.serial.hasFocus, "the field of the scan")
        for number, (serial, keys) in enumerate(((ONE, "DCPA DC⏎111"), (TWO, "DYBT⏎111")), 1):
            hands.scan(serial)
            hands.until(lambda number=number: len(page.sheet.panels) == number and page.sheet.panels[-1].briefing is not None,
                        "what is known")  # fmt: skip
            hands.press(keys)
        hands.press("1001X⏎3·")
        hands.press("⏎")
        hands.until(lambda: page.labels.state is not None, "it is saved")
        return page

    def states(self) -> Counter[str]:
        return Counter(job.state for job in self.hands.ask(self.desk.jobs, recent_jobs))  # type: ignore[arg-type]


@pytest.fixture
def day(desk: Callable[..., Desk], home: Home) -> Iterator[Day]:
    with Store(home, KEY) as store:
        store.run(stock_shop())
    yield Day(desk(home, KEY))


def test_a_day_of_papers_with_the_cable_out_in_the_middle_accounts_for_every_sheet(day: Day) -> None:
    hands = day.hands
    with VirtualPrinter("zpl", print_ms=40) as labels, VirtualPrinter("escpos", print_ms=40) as slips:
        day.sign_in("C01")
        day.set_up(labels, "Labels")
        day.set_up(slips, "Slips")
        assert hands.keys < 110, "two printers in two minutes leave about a second a key"
        assert len(labels.sheets) == len(slips.sheets) == 1, "a test paper each"

        before = labels.received
        labels.set(cut_after=6000)  # in the middle of the second label
        day.check_in()
        hands.until(lambda: labels.received >= before + 6000, "the cable is pulled")
        labels.set(vanished=True)
        assert slips.wait_printed(2), "the slip comes out of the other printer meanwhile"
        line = day.window.shell.status
        hands.until(lambda: "Please look" in line.paper.text(), "the line at the bottom asks")

        labels.set(cut_after=None, vanished=False)
        queue = day.open("print queue", "print_queue")
        hands.until(lambda: labels.address in queue.printers.tiles, "its tile")
        hands.push(queue.printers.tiles[labels.address].now)
        hands.until(lambda: set(day.states()) == {"printed"}, "every paper is accounted for", 60)

        assert labels.wait_for(lambda: not labels.waiting)
        assert day.states() == {"printed": TAKEN + 1}
        assert len(labels.sheets) == TAKEN + 1 and len(slips.sheets) == 2
        assert len({sheet.sha256 for sheet in labels.sheets}) == TAKEN + 1, "none of them twice"
        assert queue.question.isHidden(), "the printer's own count has answered"
