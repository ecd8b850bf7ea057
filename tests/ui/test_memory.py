"""What an idle desk does not hold: libraries that nobody has needed yet, and connections of the last question."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from deskapp.app import Beside, Desk
from deskapp.models.local import StoreInfo
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.ui.care import REST_AFTER_S
from tests.conftest import KEY

USED = """
import sys
from importlib import import_module
from deskapp.ui import application
from deskapp.ui.warm import AHEAD
for name in ("deskapp.models.store", "deskapp.cli.verbs", "deskapp.ui.window", "deskapp.ui.care", *AHEAD,
             "deskapp.ui.pages.bench", "deskapp.ui.pages.tickets"):
    import_module(name)
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""

ONLY_WHEN_NEEDED = {
    "PIL", "reportlab", "segno", "pypdfium2", "openpyxl", "phonenumbers", "stdnum", "requests", "urllib3", "http",
    "keyring", "secretstorage", "cryptography", "multiprocessing",
}  # fmt: skip


def test_start_page_bench_and_ticket_list_come_without_what_only_printing_importing_or_the_network_needs() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", USED], capture_output=True, encoding="utf-8", timeout=60, check=False, env=environment
    )

    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert {"deskapp", "sqlalchemy"} <= loaded, "the control: something was loaded at all"
    assert loaded & ONLY_WHEN_NEEDED == set()


RUNNING = """
import sys, time
from pathlib import Path
from deskapp.app import Beside, Desk
from deskapp.paths import Home
from deskapp.ui.application import application
from PySide6.QtCore import QEventLoop, QTimer
running = application()
home = Home(Path(sys.argv[1]))
desk = Desk(home)
desk.begin(Beside(home, find_key=lambda: bytes.fromhex(sys.argv[2])))
looked = []
ticks = QTimer(interval=5)
ticks.start()
def until(condition):
    end = time.monotonic() + 40
    while not condition() and time.monotonic() < end:
        running.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
until(lambda: desk.agent is not None)
desk.agent.moved.connect(lambda: looked.append(1))
until(lambda: looked and not desk.jobs.working)
print(len(looked), " ".join(sorted({name.partition(".")[0] for name in sys.modules})), flush=True)
desk.window.close()
desk.end()
"""


def test_a_desk_that_belongs_to_no_server_loads_nothing_of_the_network(home: Home) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", RUNNING, str(home.root), KEY.hex()], capture_output=True, encoding="utf-8", timeout=90,
        check=False, env=environment,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    looked, *loaded = done.stdout.split()
    assert looked == "1", "the control: the agent has looked where this desk belongs"
    assert set(loaded) & ONLY_WHEN_NEEDED == set()


STRAIGHT = """
import sys
import deskapp.sync.exchange, deskapp.sync.pulse
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_a_desk_that_belongs_to_a_server_does_without_the_large_http_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STRAIGHT], capture_output=True, encoding="utf-8", timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "cryptography" in loaded, "the control: what signs is there"
    assert loaded & {"requests", "urllib3", "charset_normalizer", "idna"} == set()


# -- giving memory back ----------------------------------------------------------------


@pytest.fixture
def desk(qtbot, home: Home) -> Iterator[Desk]:
    """A furnished desk at which nothing is under way; it looks for pauses only when the test says so."""
    one = Desk(home)
    one.begin(Beside(home, find_key=lambda: KEY))
    assert one.window is not None
    qtbot.waitUntil(lambda: hasattr(one, "care") and one.care._pause.isActive(), timeout=20_000)
    one.care._pause.stop()
    one.care._second._pause.stop()
    qtbot.waitUntil(lambda: not one.jobs.working, timeout=20_000)
    yield one
    one.window.close()
    one.end()


def touch(desk: Desk, seconds_ago: float) -> None:
    """Let the last key have been pressed so long ago, and let the desk look whether it is a pause."""
    desk.window.scanner.last_input = time.monotonic() - seconds_ago
    desk.care._rest_when_idle()


def question(desk: Desk) -> None:
    """Ask the store something, as a clock or a status line does; its connection stays open for the next one."""
    desk.store.keep_off(0)  # the test itself is the window's thread
    desk.store.ask(lambda session: session.scalars(select(StoreInfo)).all())
    assert open_connections(desk) > 0


def open_connections(desk: Desk) -> int:
    return desk.store._readers.pool.checkedin()


PAUSE = REST_AFTER_S + 1


def test_connections_are_closed_in_every_pause_and_again_when_the_clock_has_asked_something(qtbot, desk: Desk) -> None:
    question(desk)
    touch(desk, REST_AFTER_S - 5)
    assert not desk.care._resting and open_connections(desk) > 0

    touch(desk, PAUSE)
    qtbot.waitUntil(lambda: open_connections(desk) == 0 and not desk.jobs.working and not desk.care._resting)
    touch(desk, PAUSE)
    assert not desk.care._resting, "there is nothing to give back"
    question(desk)
    touch(desk, PAUSE)
    qtbot.waitUntil(lambda: open_connections(desk) == 0 and not desk.care._resting)

    touch(desk, 0)
    question(desk)
    touch(desk, PAUSE)
    qtbot.waitUntil(lambda: open_connections(desk) == 0)


def test_long_work_does_not_keep_the_memory_and_when_it_ends_its_own_is_given_back(qtbot, desk: Desk) -> None:
    goes_on, ended = threading.Event(), threading.Event()
    desk.jobs.background(lambda _progress: goes_on.wait(20), owner=desk.window, then=lambda _done: ended.set())
    question(desk)

    touch(desk, PAUSE)
    qtbot.waitUntil(lambda: open_connections(desk) == 0 and not desk.care._resting)
    question(desk)
    touch(desk, PAUSE)
    assert open_connections(desk) > 0 and not desk.care._resting

    goes_on.set()
    qtbot.waitUntil(ended.is_set)
    touch(desk, PAUSE)
    qtbot.waitUntil(lambda: open_connections(desk) == 0)


def test_a_rest_under_a_question_leaves_its_connection_to_the_next_rest(store: Store) -> None:
    with store.read() as session:
        session.scalars(select(StoreInfo)).all()
        store.rest()
    assert store.holds_readers, "it is known, not lost in a pool that was given up"

    store.rest()

    assert not store.holds_readers
