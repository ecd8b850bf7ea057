"""The counted check-in: what a practised clerk does with a scanner and a keyboard, from empty page to labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from deskapp.models.repair import AccessoryItem, ReviewCard
from deskapp.models.store import Store
from deskapp.ui.page import PageSpec
from deskapp.ui.pages.checkin import CheckInPage
from deskapp.ui.window import Window
from tests.checkin_shop import ONE, TWO, stock_shop
from tests.keys import press_key
from tests.ui.scan_keys import type_scan

MOST_SCANS, MOST_KEYS = 4, 30


@dataclass(slots=True)
class Hands:
    """Types like a person and scans like a scanner, and counts both."""

    window: Window
    keys: int = 0
    scans: int = 0

    def press(self, keys: str) -> None:
        """Press keys one by one; `⏎` is Enter and `·` the space bar."""
        special = {"⏎": Qt.Key.Key_Return, "·": Qt.Key.Key_Space}
        for key in keys:
            self.keys += 1
            press_key(QApplication.focusWidget() or self.window, special.get(key, key))  # type: ignore[call-overload]
            # A person is slower than the moment for which keys are held back.
            self.window.scanner.release()

    def scan(self, text: str) -> None:
        """Hold a code under the scanner."""
        self.scans += 1
        type_scan(self.window, text)


@pytest.fixture
def desk(qtbot, store: Store, people, make_window: Callable[..., Window]) -> tuple[Window, CheckInPage]:
    """The real window on the check-in page of a branch with known merchants and terminals."""
    store.run(stock_shop())
    spec = PageSpec("check_in", "Check devices in", "inbox", CheckInPage, "counter", "check_in")
    window = make_window([spec])
    window.enter(people.clerk)
    window.navigate("check_in")
    page = window.shell.page()
    assert isinstance(page, CheckInPage)
    qtbot.waitUntil(page.sheet.serial.hasFocus)
    return window, page


def test_two_devices_three_accessories_four_scans_thirty_keys(qtbot, desk, store: Store) -> None:
    window, page = desk
    hands = Hands(window)

    hands.scan(ONE)
    qtbot.waitUntil(lambda: page.sheet.panels and page.sheet.panels[0].briefing is not None)
    hands.press("KJ")  # will not power on
    hands.press("PA DC⏎")
    hands.press("1" "1" "1")  # nothing noticed; intact; no unsettled batch
    hands.scan(TWO)
    qtbot.waitUntil(lambda: len(page.sheet.panels) == 2 and page.sheet.panels[1].briefing is not None)
    hands.press("DY")  # faint print
    hands.press("BT⏎")
    hands.press("1" "1" "1")
    hands.press("1")  # it is the main contact
    hands.press("001X⏎")
    hands.press("3")  # photos follow, there is a queue
    hands.press("·")  # data notice given
    hands.press("⏎")  # save
    qtbot.waitUntil(lambda: page.labels.state is not None and len(page.labels.state.missing) == 2)
    for row in page.labels.state.missing:
        hands.scan(row.label_no)
    qtbot.waitUntil(lambda: page.labels.finished)

    assert hands.scans <= MOST_SCANS
    assert hands.keys <= MOST_KEYS, hands.keys
    kinds = store.ask(lambda session: sorted(row.kind for row in session.scalars(select(AccessoryItem))))
    assert kinds == ["battery", "data_cable", "power_adapter"]
    open_cards = store.ask(
        lambda session: {
            row.data.get("key") for row in session.scalars(select(ReviewCard).where(ReviewCard.settled_at == 0))
        }
    )
    assert open_cards == {"photos", "signature"}


def test_a_key_too_few_saves_nothing(qtbot, desk, store: Store) -> None:
    """The control of the count: the tamper answer left out keeps the check-in from being saved."""
    window, page = desk
    hands = Hands(window)
    hands.scan(ONE)
    qtbot.waitUntil(lambda: page.sheet.panels and page.sheet.panels[0].briefing is not None)
    hands.press("KJ⏎⏎" "1")

    page.save()

    assert page.stack.currentIndex() == 0 and page.sheet.panels[0].tamper.hasFocus()
    assert page.banner.isVisible() and "tamper check" in page.sheet.lacks.text()
