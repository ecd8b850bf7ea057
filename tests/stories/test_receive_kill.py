"""The plug is pulled while a van is received: whatever the page said is in, is in, and the sheet goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deskapp.clock import system_clock
from deskapp.models import transfers
from deskapp.models.local import StoreInfo
from deskapp.models.repair import RepairItem
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.queries.transfers import manifest
from tests.conftest import KEY, CountedIds, FixedClock, People
from tests.factories_transfers import yard
from tests.stories.receiving_desk import COURIER, SHELF

DESK = Path(__file__).with_name("receiving_desk.py")
ROOT = DESK.parents[2]
SURROUNDINGS = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", "DESKAPP_NO_KEYRING": "1"}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(
    ("devices", "kills"), [(8, 1), pytest.param(40, 12, marks=pytest.mark.long)], ids=["one", "many"]
)
def test_a_receive_killed_at_any_moment_goes_on_where_it_was(
    home: Home, people: People, devices: int, kills: int
) -> None:
    with Store(home, KEY, clock=FixedClock(), new_id=CountedIds(1_000_000)) as store:
        van, sent = yard(store, people).incoming(devices)
    chance, said = random.Random(11), []
    for turn in range(kills):
        lines = killed(home, van.manifest_id, chance, most=max(1, devices // (kills + 1)))
        if turn:
            assert lines[:1] == [f"on {SHELF} {COURIER}"], "the walk goes on with its shelf and its courier"
        said += [one for one in lines if one.startswith("D")]
        assert len(said) == len(set(said)), "nothing is received twice"
        seen = received(home, van.manifest_id)
        assert set(said) <= seen and len(seen) <= len(said) + turn + 1
    if kills > 1:
        done = subprocess.run(
            [sys.executable, str(DESK), str(home.root), van.manifest_id], env=SURROUNDINGS, capture_output=True,
            check=True, timeout=300,
        )  # fmt: skip
        assert done.stdout.decode().split()[-1] == "done"
        assert received(home, van.manifest_id) == {one.label_no for one in sent}


def killed(home: Home, manifest_id: str, chance: random.Random, most: int) -> list[str]:
    """Let a desk receive a few devices, pull the plug at some moment after, and return what it said."""
    heard: list[str] = []
    wanted = chance.randint(1, most)
    with subprocess.Popen(
        [sys.executable, str(DESK), str(home.root), manifest_id], env=SURROUNDINGS, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        while sum(line.startswith("D") for line in heard) < wanted:
            line = process.stdout.readline().decode().strip()
            if not line:
                break
            heard.append(line)
        try:
            process.wait(chance.uniform(0, 0.25))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        heard += process.stdout.read().decode().splitlines()
    assert process.returncode in (0, -signal.SIGKILL)
    return heard


def received(home: Home, manifest_id: str) -> set[str]:
    """Return what is received by the record; each device lies on its shelf, and the page shows it so."""
    with Store(home, KEY) as store, store.read() as session:
        assert session.get(StoreInfo, "site_id") is not None
        view = transfers.view_of(session, manifest_id)
        page = manifest(session, manifest_id, system_clock())
        assert page is not None
        labels = {line.label_no for line in view.lines if line.received is not None}
        assert {line.label_no for line in page.lines if line.state == "received"} == labels
        for line in view.lines:
            item = session.get_one(RepairItem, line.item_id)
            here = ("depot_received", f"shelf:{SHELF}")
            assert ((item.work_state, item.holder) == here) == (line.label_no in labels)
        return labels
