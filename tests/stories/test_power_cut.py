"""Saved means saved: after a power cut or a kill at any moment every acknowledged act is there, whole."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from deskapp.errors import Corrupt
from deskapp.models import replay
from deskapp.models.journal import ChangeSet
from deskapp.models.store import Store
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.paths import Home
from tests.conftest import KEY
from tests.stories.power_cut import Disk, Mode, operations, record

DESK = Path(__file__).with_name("busy_desk.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}


class Lost(AssertionError):
    """An acknowledged act is gone, or half there."""


def examine(home: Home, acknowledged: list[str]) -> int:
    """Open a home as the program does at start and check what it promised; returns the acts found."""
    with Store(home, KEY) as store, store.read() as session:
        found = set(session.scalars(select(ChangeSet.uid)))
        missing = [uid for uid in acknowledged if uid not in found]
        if missing:
            raise Lost(f"{len(missing)} of {len(acknowledged)} acknowledged acts are gone")
        replay.verify_chain(session)
        tickets = set(session.scalars(select(ServiceTicket.id)))
        opened = set(session.scalars(select(TicketEvent.ticket_id).where(TicketEvent.kind == "open")))
        if tickets != opened:
            raise Lost("a ticket without its opening, or the other way round")
        return len(found)


def recorded(home: Home, tmp_path: Path, count: int, *weaker: str) -> list:
    """Let a desk work under strace and return what it did to the disk."""
    log = tmp_path / "strace.log"
    done = record(log, [sys.executable, str(DESK), str(home.root), str(count), *weaker], ENVIRONMENT)
    if "ptrace" in done.stderr.decode(errors="replace"):
        pytest.fail("power cuts cannot be replayed here: strace may not trace on this computer")
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return operations(log, str(home.root))


def cut_at(ops: list, start: dict[str, bytes], place: int, mode: Mode, chance: random.Random, target: Path) -> list[str]:
    """Write what the disk holds after a cut before operation `place`; returns what was acknowledged."""
    disk = Disk()
    for path, content in start.items():
        _put(disk, path, content)
    for op in ops[:place]:
        disk.do(op)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for path, content in disk.after_cut(mode, chance).items():
        (target / Path(path).name).write_bytes(content)
    return disk.acknowledged


def _put(disk: Disk, path: str, content: bytes) -> None:
    from tests.stories.power_cut import Op

    disk.do(Op("create", path))
    disk.do(Op("write", path, content=content))
    disk.do(Op("sync", path))


def states(home: Home, tmp_path: Path, budget: int, *weaker: str) -> tuple[int, int]:
    """Cut the power in `budget` ways and return how many states were good and how many lost something."""
    start = {str(path): path.read_bytes() for path in home.root.iterdir() if path.is_file()}
    ops = recorded(home, tmp_path, 6, *weaker)
    chance = random.Random(20260312)
    target = tmp_path / "after"
    good = bad = 0
    for number in range(budget):
        place = chance.randint(1, len(ops))
        mode = list(Mode)[number % 3]
        acknowledged = cut_at(ops, start, place, mode, chance, target)
        try:
            examine(Home(target), acknowledged)
            good += 1
        except (Lost, Corrupt):
            if not weaker:
                raise
            bad += 1
    return good, bad


@pytest.mark.skipif(sys.platform != "linux", reason="strace records on Linux; docs/decisions/0003 says what covers Windows")
def test_no_power_cut_loses_or_tears_an_acknowledged_act(home: Home, tmp_path: Path, budget: int) -> None:
    good, bad = states(home, tmp_path, budget)

    assert (good, bad) == (budget, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="strace records on Linux")
def test_the_replay_sees_a_store_that_does_not_sync(home: Home, tmp_path: Path) -> None:
    _good, bad = states(home, tmp_path, 60, "OFF")

    assert bad > 0


def test_no_kill_loses_or_doubles_an_act(home: Home, tmp_path: Path, kills: int) -> None:
    chance = random.Random(7)
    acknowledged: list[str] = []
    for _round in range(kills):
        process = subprocess.Popen(
            [sys.executable, str(DESK), str(home.root), "100000"], env=ENVIRONMENT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        wanted = chance.randint(1, 12)
        for _act in range(wanted):
            acknowledged.append(process.stdout.readline().decode().strip())
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        acknowledged += rest.decode().split()

    assert examine(home, acknowledged) >= len(acknowledged)
