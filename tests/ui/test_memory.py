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


def test_connections_are_closed_once_in_every_pause(qtbot, desk: Desk) -> None:
    question(desk)
    touch(desk, REST_AFTER_S - 5)
    assert not desk.care._resting and open_connections(desk) > 0

    touch(desk, PAUSE)
    qtbot.waitUntil(lambda: open_connections(desk) == 0 and not desk.jobs.working)
    question(desk)
    touch(desk, PAUSE)
    assert not desk.care._resting and open_connections(desk) > 0

    touch(desk, 0)
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
