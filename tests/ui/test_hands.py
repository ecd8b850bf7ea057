"""The hands that play a person at the desk: they wait without keeping anybody from working."""

from __future__ import annotations

import os
import re
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

import deskapp
from deskapp.clock import stopwatch
from deskapp.ui.hands import Hands, NotSeen
from deskapp.ui.jobs import Jobs, Progress
from deskapp.ui.scanner import Scanner

PACKAGE = Path(deskapp.__file__).parent
HOLDS_THE_LOCK = re.compile(r"\bq(Wait|Sleep)\(")
LOSES_FAULTS = re.compile(r"\bkeyClicks?\(")


def hands_at(qtbot: QtBot) -> tuple[Hands, QWidget]:
    window = QWidget()
    qtbot.addWidget(window)
    return Hands(lambda: window), window


def no_store() -> None:
    raise RuntimeError("nobody asks the store here")


def test_nothing_in_the_package_waits_with_pythons_lock_in_its_hand() -> None:
    found = [path.name for path in PACKAGE.rglob("*.py") if HOLDS_THE_LOCK.search(path.read_text("utf-8"))]

    assert HOLDS_THE_LOCK.search("QTest.qWait(10)") and found == []


def test_other_threads_work_while_the_hands_rest(qtbot: QtBot) -> None:
    hands, _window = hands_at(qtbot)
    over, turns = threading.Event(), [stopwatch()]

    def work() -> None:
        while not over.is_set():
            os.stat(PACKAGE)  # gives Python's lock away and wants it back
            turns.append(stopwatch())

    beside = threading.Thread(target=work)
    beside.start()

    hands.rest(700)

    over.set()
    beside.join(20)
    assert max(later - earlier for earlier, later in pairwise(turns)) < 0.5


def test_what_was_waited_for_longest_is_known_and_so_is_all_waiting(qtbot: QtBot) -> None:
    hands, _window = hands_at(qtbot)
    quick, slow = [], []
    QTimer.singleShot(1, lambda: quick.append(1))
    hands.until(lambda: quick, "something quick")
    QTimer.singleShot(80, lambda: slow.append(1))
    hands.until(lambda: slow, "something slow")

    assert hands.longest[1] == "something slow" and hands.longest[0] > 0.05
    assert 0 < hands.waited < 60


def test_what_does_not_come_is_told_by_its_name(qtbot: QtBot) -> None:
    hands, _window = hands_at(qtbot)

    with pytest.raises(NotSeen, match="the moon"):
        hands.until(lambda: False, "the moon", patience_s=0.05)


def test_calm_is_when_every_answer_has_been_shown(qtbot: QtBot) -> None:
    hands, window = hands_at(qtbot)
    jobs = Jobs(no_store)
    go, shown = threading.Event(), []

    def work(_progress: Progress) -> str:
        go.wait(20)
        return "first"

    def first(answer: str) -> None:
        shown.append(answer)
        jobs.background(lambda _progress: "what it led to", owner=window, then=shown.append)

    jobs.background(work, owner=window, then=first)
    assert jobs.awaited == 1
    QTimer.singleShot(60, go.set)

    hands.calm(jobs)

    assert shown == ["first", "what it led to"] and jobs.awaited == 0
    jobs.close()


class Broken(QWidget):
    """A page whose own handler of keys is at fault."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        raise LookupError(f"key {event.key()} was not expected")


@pytest.mark.parametrize("keys", ["Return", "F7", "Ctrl+Return", "Escape"])
def test_a_fault_in_a_pages_handler_reaches_whoever_pressed_the_key_though_the_scanner_watches(
    qtbot: QtBot, qapp: QApplication, keys: str
) -> None:
    page = Broken()
    qtbot.addWidget(page)
    field = QLineEdit(page)
    field.setReadOnly(True)  # it hands on what it has no use for
    page.show()
    field.setFocus()
    qtbot.waitUntil(page.isActiveWindow)
    scanner = Scanner(qapp)
    try:
        with pytest.raises(LookupError, match="was not expected"):
            Hands(lambda: page).chord(keys)
    finally:
        scanner.stop()
        scanner.deleteLater()


def test_no_test_presses_keys_in_the_way_that_loses_a_fault() -> None:
    tests = Path(__file__).resolve().parent.parent
    found = [path.name for place in (tests, PACKAGE) for path in place.rglob("*.py") if LOSES_FAULTS.search(path.read_text("utf-8"))]

    assert LOSES_FAULTS.search("QTest.keyClick(field, key)") and found == ["test_hands.py"]
