"""The stage of simulated worlds, made once per process: a template world in which everybody agrees, and open stores.

Branches are open, there are some tickets, devices, parts and people; three desks belong to the server, one does not yet.
"""

from __future__ import annotations

import atexit
import shutil
from unittest.mock import patch

from deskapp.clock import new_uuid7
from deskapp.commands.merchants import MerchantDetails, add_merchant
from deskapp.commands.setup import SiteForm, open_branch
from deskapp.errors import N_
from deskapp.models import schema
from deskapp.models.stock import Part
from deskapp.models.store import Write, command
from deskapp.paths import Home
from deskapp.server.stations import add_site
from deskapp.sync import enrol as enrol_module
from tests.factories_pickup import Line, ready_order
from tests.sim.centre import Centre
from tests.sim.chance import START, Chance, played
from tests.sim.desk import SAME, SimClock, SimDesk
from tests.sim.disk import SimStore, cheap_disks, copy_home, folder_in_memory
from tests.sim.net import SimLine
from tests.sim.oracle import Oracle
from tests.sim.schedule import DESKS
from tests.sync.desks import hire_all

SITES = {"A1": "FZ-A1", "A2": "FZ-A1", "D1": "FZ-D1", "N1": "FZ-A1", "C1": "", "C2": ""}
BLANK = "N1"


@command(N_("Put parts on a shelf in a simulation"), right="")
def add_parts(write: Write) -> None:
    """Add two parts to the catalogue."""
    for number in (1, 2):
        write.session.add(Part(id=write.new_id(), part_no=f"P{number}", name=f"零件{number}"))


class Stage:
    """What is kept from world to world in one process: the template, the open stores, the server's connections."""

    def __init__(self) -> None:
        self.folder = folder_in_memory()
        self.template = self.folder / "template"
        self.centre = Centre(self.folder)
        self.stores: dict[str, SimStore] = {}
        self.oracle = Oracle()
        with (
            cheap_disks(), played(Chance(0)) as chance, patch.object(enrol_module, "this_machine", lambda: SAME),
            patch.object(enrol_module, "moved_machine", lambda _store: False),
        ):  # fmt: skip
            self._make(chance)

    def close(self) -> None:
        self.centre.stop()
        for store in self.stores.values():
            store.shut()
            store._lock.release()
        SimStore.of.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self, chance: Chance) -> None:
        self.centre.begin(chance, None)
        for code in ("FZ-A1", "FZ-D1"):
            with self.centre.database.write() as tx:
                add_site(tx, code, code, chance.now)
        desks = {name: self._new_desk(name, chance) for name in DESKS}
        desks[BLANK] = self._new_desk(BLANK, chance)
        for name in DESKS:
            desks[name].enrol(self.centre.code(SITES[name]))
            desks[name].sync()
        one, depot = desks["A1"], desks["D1"]
        one.sync()
        boss, other = one.boss(), one.people["S02"].staff_id
        order = ready_order(
            lines=(Line(end="free", serial_no="NL8610077"), Line(end="free", serial_no="NL8610177")),
            supervisor=boss.staff_id, technician=boss.staff_id, inspector=other,
        )  # fmt: skip
        one.store.run(order, by=boss)
        one.act("ticket", 0)
        depot.act("ticket", 0)
        one.store.run(add_parts(), by=one.boss())
        one.store.run(
            add_merchant(form=MerchantDetails(name="老街鱼丸店", merchant_no="100391053119999")), by=one.boss()
        )
        for _round in range(2):
            for name in DESKS:
                desks[name].sync()
        self.oracle = Oracle()
        for name in DESKS:
            for (seq,) in desks[name].rows("SELECT seq FROM change_set ORDER BY seq"):
                self.oracle.act(desks[name], seq)
        self.centre.ask(self.oracle.look)
        self.heads = {scope: len(log) for scope, log in self.oracle.logs.items()}
        for name, desk in desks.items():
            desk.rows("PRAGMA wal_checkpoint(TRUNCATE)")
            copy_home(desk.home.root, self.template / name)
            self.stores[name] = desk.store
        self.centre.keep_template(self.template)
        self.made_at = chance.now

    def _new_desk(self, name: str, chance: Chance) -> SimDesk:
        home = Home(self.folder / name).make()
        schema.create(
            home, b"\0" * 32, store_id=new_uuid7(), station=new_uuid7(), station_no=chance.number(), made_at=START
        )
        clock = SimClock(chance)
        desk = SimDesk(
            name, home, SimStore(home, clock, new_uuid7), clock, SimLine(self.centre, _mute), _mute, SITES[name]
        )
        if name in ("A1", "D1"):
            form = SiteForm(
                code=SITES[name], name=f"{name}支局", short_name=name, depot_code="FZ-D1", region="福建",
                address="福州市鼓楼区东街1号", phone="0591-87654321", hotline="95580", complaint_phone="12305",
                hours="周一至周六 8:30-17:30",
            )  # fmt: skip
            opened = desk.store.run(open_branch(site=form, staff_no="A01", name="管理员", pin="274860")).result
            desk.store.run(hire_all(), by=opened.actor)
        return desk

    def store_of(self, name: str, clock: SimClock) -> SimStore:
        """Return the store of a home, on the files that lie there now."""
        store = self.stores.get(name)
        if store is None:
            store = self.stores[name] = SimStore(Home(self.folder / name).make(), clock, new_uuid7)
        else:
            store.renew(clock)
        return store


def _mute(_words: str) -> None:
    """Nobody listens."""


_stages: list[Stage] = []


def stage() -> Stage:
    """Return this process's stage."""
    if not _stages:
        _stages.append(Stage())
        atexit.register(_stages[0].close)
    return _stages[0]
