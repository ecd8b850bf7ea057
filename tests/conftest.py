"""What every test may use: a home with an open branch, a fixed clock, counted ids, known people."""

from __future__ import annotations

import gc
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["DESKAPP_NO_KEYRING"] = "1"
os.environ.pop("DESKAPP_HOME", None)
os.environ.pop("DESKAPP_PASSPHRASE", None)

from deskapp.commands.people import actor_of, new_staff
from deskapp.commands.setup import SiteForm, open_branch
from deskapp.errors import N_
from deskapp.models import schema
from deskapp.models.people import Staff
from deskapp.models.store import Actor, Store, Write, command
from deskapp.paths import Home

if TYPE_CHECKING:
    from deskapp.app import Desk

KEY = bytes(range(32))
START = 1_773_280_800_000  # 2026-03-12 10:00 at the shop, a Thursday


@dataclass(slots=True)
class FixedClock:
    """A clock that moves only when told; every reading is a millisecond later than the last."""

    now: int = START

    def __call__(self) -> int:
        self.now += 1
        return self.now

    def forward(self, *, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Move on (or back, with a negative value)."""
        self.now += int(((days * 24 + hours) * 60 + minutes) * 60_000)


@dataclass(slots=True)
class CountedIds:
    """Ids that only ever go up, the same in every run."""

    count: int = 0

    def __call__(self) -> str:
        self.count += 1
        return f"00000000-0000-7000-8000-{self.count:012d}"


@dataclass(slots=True)
class People:
    """Known people of the test branch, by what they may do."""

    clerk: Actor
    technician: Actor
    inspector: Actor
    keeper: Actor
    supervisor: Actor
    admin: Actor
    auditor: Actor
    pins: dict[str, str] = field(default_factory=dict)


PINS = {
    "C01": "739518", "T01": "846203", "Q01": "517394", "P01": "628417", "S01": "903571", "A01": "274860",
    "X01": "385962",
}  # fmt: skip


@command(N_("Hire the test people"), right="")
def hire(write: Write) -> dict[str, Actor]:
    """Add the known people in one act."""
    wanted = {
        "C01": ("李秀英", ["counter_clerk"]),
        "T01": ("张建国", ["technician"]),
        "Q01": ("刘敏", ["qc_inspector"]),
        "P01": ("陈涛", ["parts_keeper"]),
        "S01": ("欧阳静", ["site_supervisor", "depot_supervisor"]),
        "X01": ("周审", ["auditor"]),
    }
    people = {}
    for number, (name, roles) in wanted.items():
        identity = new_staff(write, staff_no=number, name=name, roles=roles, pin=PINS[number])
        people[number] = actor_of(write.session.get_one(Staff, identity))
    return people


@pytest.fixture(scope="session")
def branch_template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, People]:
    """A branch made once per run; tests get copies, since checking PINs costs time."""
    root = tmp_path_factory.mktemp("template") / "home"
    home = Home(root).make()
    schema.create(home, KEY, store_id="store-1", station="station-1", station_no=123, made_at=START)
    ids = CountedIds()
    store = Store(home, KEY, clock=FixedClock(), new_id=ids)
    form = SiteForm(
        code="FZ-D1", name="福州鼓楼邮政支局", short_name="鼓楼支局", depot_code="FZ-D1", region="福建",
        address="福州市鼓楼区东街1号", phone="0591-87654321", hotline="95580", complaint_phone="12305",
        hours="周一至周六 8:30-17:30",
    )  # fmt: skip
    opened = store.run(open_branch(site=form, staff_no="A01", name="管理员", pin=PINS["A01"])).result
    hired = store.run(hire()).result
    store.close()
    people = People(
        hired["C01"], hired["T01"], hired["Q01"], hired["P01"], hired["S01"], opened.actor, hired["X01"], PINS
    )
    return root, people


@pytest.fixture
def home(branch_template: tuple[Path, People], tmp_path: Path) -> Home:
    """A fresh copy of the test branch, not open."""
    import shutil

    target = tmp_path / "home"
    shutil.copytree(branch_template[0], target)
    return Home(target)


@pytest.fixture
def clock() -> FixedClock:
    """The clock of the `store` fixture."""
    return FixedClock()


@pytest.fixture
def people(branch_template: tuple[Path, People]) -> People:
    """Who works at the test branch."""
    return branch_template[1]


@pytest.fixture
def store(home: Home, clock: FixedClock) -> Iterator[Store]:
    """The test branch, open, with a fixed clock and counted ids."""
    ids = CountedIds(1_000_000)
    with Store(home, KEY, clock=clock, new_id=ids) as opened:
        yield opened


_tests_since_look = 0


@pytest.fixture
def desk(qtbot: object) -> Iterator[Callable[..., Desk]]:
    """Start desks, in English; every one is taken apart at the end."""
    from deskapp import i18n
    from deskapp.app import Beside, Desk

    made: list[Desk] = []

    def start(home: Home, key: bytes | None = None) -> Desk:
        one = Desk(home)
        made.append(one)
        one.begin(Beside(home, find_key=(lambda: key) if key else None))
        i18n.use("en")
        return one

    yield start
    for one in made:
        take_apart(one)


def take_apart(one: Desk) -> None:
    """End a desk and delete its windows: nobody else lets go of their widgets, and every change of style finds them."""
    import shiboken6

    windows = [window for window in (one.window, one.gate) if window is not None]
    for window in windows:
        window.close()
    one.end()
    for window in windows:
        if shiboken6.isValid(window):
            shiboken6.delete(window)


@pytest.fixture(autouse=True)
def _garbage_on_this_thread() -> Iterator[None]:
    """Let garbage be looked for between tests, on the main thread: a widget that dies on a work thread takes Qt along."""
    global _tests_since_look
    gc.disable()
    yield
    _tests_since_look += 1
    if _tests_since_look >= 8:
        _tests_since_look = 0
        gc.collect()


def pytest_collection_finish() -> None:
    """Put aside what the imported modules hold, half a million objects: they are no garbage, and are not looked at again.

    A look every few tests then takes a few milliseconds and no longer a quarter of a second.
    """
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long` takes the large figures: nights, not pushes."""
    parser.addoption("--long", action="store_true", help="run simulations, kills and soaks with their large budgets")
    parser.addoption("--postgres", action="store_true", help="play simulated worlds on a PostgreSQL too")


LONGEST = ("test_power_cut.py", "test_sim.py", "test_counter_day.py", "test_print_kill.py")
"""Files that take a minute or more begin first, so that no processor waits for them at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests marked `long` to `--long`; begin with the longest files, whatever order chance gave."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="takes long; only with --long"))


@pytest.fixture
def budget(request: pytest.FixtureRequest) -> int:
    """How many power cuts a workload is replayed with."""
    return 100_000 if request.config.getoption("--long") else 2_000


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often a working desk is killed."""
    return 2_000 if request.config.getoption("--long") else 200


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MB; only root can make one."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root can make a small disk")
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)
