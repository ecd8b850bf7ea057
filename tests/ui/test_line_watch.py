"""The system says that a line is paid by volume, and that it is not any more: photos wait, and go."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from deskapp import settings
from deskapp.ui.line_watch import BY_VOLUME, CANNOT_TELL, FREE, LineWatch, sentence, tells
from tests.sync.test_odd_stories import at_server, attached, fast, set_line
from tests.sync.test_stories import opened
from tests.sync.world import World

ROOT = Path(__file__).resolve().parents[2]
NO_BUS = "unix:path=/nonexistent"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("dbus-daemon") is None, reason="needs the message bus of Linux"
)


@contextmanager
def running(*words: str, bus: str) -> Iterator[subprocess.Popen[str]]:
    """Run a module of these tests; it ends when its input does."""
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus, "QT_QPA_PLATFORM": "offscreen",
                   "DESKAPP_NO_KEYRING": "1"}  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, env=environment, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    try:
        yield process
    finally:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
        process.stdout.close()


@pytest.fixture
def bus() -> Iterator[str]:
    """A bus of its own."""
    words = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait(20)
    process.stdout.close()


@contextmanager
def network_manager(bus: str) -> Iterator[Callable[[int], None]]:
    """A stand-in for NetworkManager; what is handed out changes its word on the line."""
    with running("tests.ui.network_manager", bus, bus=bus) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        assert process.stdin is not None
        told: IO[str] = process.stdin

        def say(metered: int) -> None:
            told.write(f"metered {metered}\n")
            told.flush()

        yield say


def said(process: subprocess.Popen[str]) -> str:
    """Return the next word; a process that says none for a minute is ended, and then it is empty."""
    assert process.stdout is not None
    silent = threading.Timer(60, process.kill)
    silent.start()
    try:
        return process.stdout.readline().strip()
    finally:
        silent.cancel()


def heard_until(process: subprocess.Popen[str], last: str) -> list[str]:
    """Return what was said up to a word."""
    heard = [said(process)]
    while heard[-1] not in (last, ""):
        heard.append(said(process))
    return heard


def test_a_line_that_is_paid_by_volume_is_seen_and_so_is_every_change(bus: str) -> None:
    with network_manager(bus) as say:
        say(1)
        with running("tests.ui.line_desk", bus=bus) as desk, running("tests.ui.line_desk", bus=NO_BUS) as alone:
            heard = [said(desk)]
            for word in (2, 3, 4):  # no, guessed yes, guessed no
                say(word)
                heard.append(said(desk))
            cannot = said(alone)

    assert heard == [f"begins True True {BY_VOLUME}", "metered False", "metered True", "metered False"]
    assert cannot == f"begins False False {CANNOT_TELL}"


def test_the_setting_says_what_this_computers_system_can_tell(context: object) -> None:
    from deskapp.ui.pages.settings import DeclaredSection

    section = DeclaredSection(context, "sync")  # type: ignore[arg-type]

    watch = LineWatch()
    watch.begin()
    assert settings.SYNC_LINE.key in section.inputs
    assert sentence() in {FREE, BY_VOLUME} if tells() else (sentence(), watch.metered) == (CANNOT_TELL, False)


@pytest.mark.long
def test_photos_of_a_desk_at_work_wait_and_go_as_the_system_says(bus: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    try:
        world.say("site", "add", "FZ-A1", "鼓楼支局")
        world.start()
        one = fast(world.desk("甲", "FZ-A1", first=True))
        ticket = opened(one)
        set_line(one, metered_photo=0)
        one.sync()
        attached(one, ticket, "photo", os.urandom(50_000))
        attached(one, ticket, "signature", os.urandom(9_000))
        one.close()
        with network_manager(bus) as say:
            say(1)
            with running("tests.ui.line_desk", str(one.home.root), bus=bus) as desk:
                assert said(desk).startswith("begins True True")
                assert heard_until(desk, "held 1 of 1")[-1] == "held 1 of 1"  # the signature went, the photo did not
                assert len(at_server(world)) == 1
                say(2)
                heard = heard_until(desk, "held 0 of 0")
                assert (heard[0], heard[-1]) == ("metered False", "held 0 of 0")
                assert len(at_server(world)) == 2
    finally:
        world.close()
