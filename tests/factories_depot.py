"""A depot with two key custodians and witnesses, and short ways to the states its own work begins in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from deskapp import catalogue
from deskapp.commands.bench import DiagnosisForm, RepairForm, record_diagnosis, send_to_test, start_diagnosis
from deskapp.commands.bench import start_repair as begin_repair
from deskapp.commands.bench_keys import need_key_load
from deskapp.commands.bench_test import TestValue, run_test
from deskapp.commands.key_runs import close_key_run, load_in_run, open_key_run, start_key_run
from deskapp.commands.moves import record
from deskapp.commands.people import actor_of, new_staff, vouch
from deskapp.commands.swap import test_unit as test_pool_unit
from deskapp.errors import N_
from deskapp.models import bench
from deskapp.models.device import Device, DeviceModel
from deskapp.models.people import Staff
from deskapp.models.repair import RepairItem, ReviewCard
from deskapp.models.store import Actor, Command, Override, Store, Write, command
from tests.conftest import People
from tests.factories_bench import Benched, Shop, open_shop

T = TypeVar("T")
PINS = {"K01": "482915", "K02": "593026", "T02": "604137", "S02": "715248"}


@command(N_("Hire the depot's people"), right="")
def hire_depot(write: Write) -> dict[str, Actor]:
    """Add two key custodians, a second technician and a second supervisor."""
    wanted = {
        "K01": ("孙一", ["key_custodian"]), "K02": ("孙二", ["key_custodian"]), "T02": ("赵工", ["technician"]),
        "S02": ("钱主管", ["site_supervisor", "depot_supervisor"]),
    }  # fmt: skip
    return {
        number: actor_of(
            write.session.get_one(Staff, new_staff(write, staff_no=number, name=name, roles=roles, pin=PINS[number]))
        )
        for number, (name, roles) in wanted.items()
    }


@command(N_("Add a unit of the pool"), right="")
def add_unit(write: Write, *, serial_no: str, model_id: str = "newland-n910", warranty_until: str = "") -> str:
    """Add a unit that is on no order."""
    row = Device(id=write.new_id(), serial_no=serial_no, model_id=model_id, warranty_until=warranty_until)
    write.session.add(row)
    return row.id


@command(N_("Load the keys of a unit of the pool in an earlier run"), right="")
def keys_in(write: Write, *, device_id: str) -> None:
    """Note what a run once noted on a unit."""
    record(write, device_id, "key_load", "", method="master_pos", slot="TMK-01", check_value="A1B2C3")


@dataclass(slots=True)
class Depot:
    """The test branch as a depot."""

    shop: Shop
    people: People
    staff: dict[str, Actor] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.shop.store

    def do(self, act: Command[T], by: Actor | None = None) -> T:
        """Act, as the supervisor unless somebody else is named."""
        return self.store.run(act, by=by or self.people.supervisor).result

    def consent(self, who: Actor, right: str, by: Actor | None = None, reason: str = "现场见证") -> Override:
        """Let somebody sign as the second person."""
        pin = {**self.people.pins, **PINS}[who.staff_no]
        given = self.do(vouch(who=who.staff_no, pin=pin, right=right), by)
        assert given.token, given.sentence
        return given.for_reason(reason)

    def item(self, item_id: str) -> RepairItem:
        with self.store.read() as session:
            return session.get_one(RepairItem, item_id)

    def state(self, one: Benched | str) -> str:
        return self.item(one if isinstance(one, str) else one.item_id).work_state

    def cards(self, kind: str) -> list[ReviewCard]:
        with self.store.read() as session:
            rows = session.query(ReviewCard).filter(ReviewCard.kind == kind, ReviewCard.settled_at == 0).all()
            return list(rows)

    def diagnosed(self, one: Benched, cause: str = "battery_worn", by: Actor | None = None, **more: Any) -> Any:
        """Take a device to the bench and find the cause."""
        who = by or self.people.technician
        if self.state(one) == "checked_in":
            self.do(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), who)
        form = DiagnosisForm(symptom_confirmed="yes", cause_code=cause, tamper_flag="none", **more)
        return self.do(record_diagnosis(item_id=one.item_id, form=form), who)

    def in_repair(self, **more: Any) -> Benched:
        """Return a device that is being repaired, free of charge."""
        one = self.shop.take_in(warranty_until="2027-01-01", **more)
        self.diagnosed(one)
        self.do(begin_repair(item_id=one.item_id), self.people.technician)
        return one

    def awaiting_keys(self) -> Benched:
        """Return a device that awaits a key load."""
        one = self.in_repair()
        self.do(need_key_load(item_id=one.item_id, reason="更换主板"), self.people.technician)
        return one

    def values(self, device_id: str, **wrong: int | str) -> list[TestValue]:
        """Return answers that pass, but for those named."""
        with self.store.read() as session:
            device = session.get_one(Device, device_id)
            _plan, steps = bench.test_plan(session.get(DeviceModel, device.model_id))
        found = []
        for step in steps:
            answer = wrong.get(step.id)
            if step.kind == "number":
                good = step.low if step.low is not None else step.high if step.high is not None else 1
                found.append(TestValue(step.id, value=int(answer) if answer is not None else int(good)))
            else:
                found.append(TestValue(step.id, result=str(answer or "pass")))
        return found

    def to_test(self, one: Benched) -> None:
        """Finish the repair."""
        action = next(code for code, word in catalogue.words("actions").items() if not word.extra.get("keys"))
        self.do(send_to_test(item_id=one.item_id, form=RepairForm((action,), minutes=10)), self.people.technician)

    def ready(self, **more: Any) -> Benched:
        """Return a repaired and tested device."""
        one = self.in_repair(**more)
        self.to_test(one)
        self.do(
            run_test(item_id=one.item_id, values=self.values(one.device_id), tamper_result="ok", shelf="B-03-2"),
            self.people.inspector,
        )
        return one

    def keyed(self, number: str) -> None:
        """Load the keys of a device or a unit of the pool in a run of its own."""
        first, second = self.staff["K01"], self.staff["K02"]
        run = self.do(open_key_run(devices=[number], key_set="TMK-2026-03", method="master_pos"))
        self.do(start_key_run(run_id=run, second=self.consent(second, "key_load", first)), first)
        load = load_in_run(run_id=run, device=number, slot="TMK-01", check_value="A1B2C3", device_result="灌装成功")
        self.do(load, first)
        self.do(close_key_run(run_id=run), first)

    def pool_unit(self, serial_no: str = "NLN91099000001", *, keys: bool = True, **more: Any) -> str:
        """Return a tested unit of the pool, its keys loaded unless that is still to be done."""
        identity = self.do(add_unit(serial_no=serial_no, **more))
        passed = self.do(
            test_pool_unit(serial_no=serial_no, values=self.values(identity), tamper_result="ok"), self.people.inspector
        )
        assert passed
        if keys:
            self.do(keys_in(device_id=identity))
        return identity


def open_depot(store: Store, people: People) -> Depot:
    """Return the test branch with a depot's people."""
    depot = Depot(open_shop(store, people), people)
    depot.staff = store.run(hire_depot()).result
    return depot
