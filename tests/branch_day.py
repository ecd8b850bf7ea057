"""A branch in the middle of a day: the sample files imported, tickets of every kind, devices at every step."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from deskapp.commands.bench import DiagnosisForm, RepairForm, record_diagnosis, send_to_test, start_diagnosis
from deskapp.commands.bench import start_repair as start
from deskapp.commands.guidance import start_guide
from deskapp.commands.imports import import_file
from deskapp.commands.tickets import TicketForm, open_ticket
from deskapp.commands.visits import Carried, VisitForm, schedule_visit
from deskapp.commands.visits_site import arrive
from deskapp.errors import N_
from deskapp.models.device import Device, TerminalBinding
from deskapp.models.repair import ReviewCard
from deskapp.models.store import Actor, Store, Write, command
from deskapp.paths import resource
from tests.conftest import People
from tests.factories_bench import Benched, Shop, open_shop
from tests.factories_pickup import Line, Order, ready_order

FILES = ("models", "merchants", "devices", "parts")


@dataclass(slots=True)
class BranchDay:
    """What there is, by the ids pages are opened with."""

    store: Store
    boss: Actor
    ticket: str = ""
    guided: str = ""
    merchant: str = ""
    device: str = ""
    serial: str = ""
    jobs: dict[str, Benched] = field(default_factory=dict)
    order: Order | None = None
    planned: str = ""
    there: str = ""


@command(N_("Leave something to settle"), right="")
def leave_a_card(write: Write, *, item_id: str) -> None:
    """Raise a card for the page of what waits for a person."""
    write.session.add(
        ReviewCard(id=write.new_id(), raised_at=write.now, kind="todo", subject_kind="repair_item", subject_id=item_id,
                   words="照片稍后补")
    )  # fmt: skip


@command(N_("Leave a disagreement"), right="")
def leave_a_disagreement(write: Write, *, ticket_id: str) -> None:
    """Raise a card for the page about what two counters said differently."""
    told = {"group": "words", "kept": {"words": "打印不清"}, "lost": {"words": "打印不清，而且不走纸"}}
    write.session.add(
        ReviewCard(id=write.new_id(), raised_at=write.now, kind="also_changed", subject_kind="service_ticket",
                   subject_id=ticket_id, data={**told, "kept_at": write.now, "lost_at": write.now, "lost_station": 57})
    )  # fmt: skip


def fill_branch(store: Store, people: People) -> BranchDay:
    """Bring a branch into the middle of its day, by commands."""
    shop = open_shop(store, people)
    for kind in FILES:
        store.run(import_file(kind=kind, file=str(resource("samples", f"{kind}.csv"))), by=people.admin)
    day = BranchDay(store, people.supervisor)
    _tickets(day, people)
    _visits(day, people)
    _bench(day, shop)
    store.run(leave_a_card(item_id=day.jobs["checked_in"].item_id), by=people.supervisor)
    store.run(leave_a_disagreement(ticket_id=day.ticket), by=people.supervisor)
    day.order = store.run(
        ready_order(
            lines=(Line(fen=12000, accessories=("power_adapter",)), Line(end="free")),
            supervisor=people.supervisor.staff_id, technician=people.technician.staff_id,
            inspector=people.inspector.staff_id,
        ),
        by=people.supervisor,
    ).result  # fmt: skip
    return day


def _tickets(day: BranchDay, people: People) -> None:
    with day.store.read() as session:
        bound = session.scalars(select(TerminalBinding)).first()
        assert bound is not None
        day.merchant, day.device = bound.merchant_id, bound.device_id
        day.serial = session.get_one(Device, bound.device_id).serial_no
    repair = TicketForm(merchant_id=day.merchant, caller_name="张三", callback_phone="13800000101", serial_no=day.serial,
                        symptom_code="no_power", words="按键没有反应", business_stopped=True)  # fmt: skip
    day.ticket = day.store.run(open_ticket(form=repair), by=people.clerk).result.ticket_id
    day.guided = day.store.run(open_ticket(form=repair), by=people.clerk).result.ticket_id
    day.store.run(start_guide(ticket_id=day.guided, guide_id="no_power"), by=people.clerk)
    advice = TicketForm(kind="consultation", channel="phone", callback_phone="13800000102", caller_name="李四",
                        answers={"topic": "choosing", "needs": "外卖点餐用"})  # fmt: skip
    day.store.run(open_ticket(form=advice), by=people.clerk)


def _visits(day: BranchDay, people: People) -> None:
    """Agree on two visits; somebody has arrived at one of them, an installation, which asks for most at its end."""
    place = {"address": "福州市鼓楼区示例路1号", "network": "wifi", "power": "柜台旁", "install_on": "2026-03-12"}
    found = []
    for kind, answers in (("inspection", {"devices": [day.serial], "plan": "plan"}), ("installation", place)):
        call = TicketForm(kind=kind, merchant_id=day.merchant, callback_phone="13800000101", answers=answers)
        ticket = day.store.run(open_ticket(form=call), by=people.clerk).result.ticket_id
        now = day.store.now
        form = VisitForm(
            from_at=now + 3_600_000, to_at=now + 10_800_000, engineer_id=people.supervisor.staff_id,
            address=place["address"], contact_name="张三", contact_phone="13800000101", fee="fee", fee_fen=5_000,
            carry=(Carried("other", "打印纸两卷"),), words="先打电话",
        )  # fmt: skip
        found.append(day.store.run(schedule_visit(ticket_id=ticket, form=form), by=people.clerk).result.visit_id)
    day.planned, day.there = found
    act = arrive(visit_id=day.there, serial_no="NEW0000000001", badge_shown=True, tamper_result="ok")
    day.store.run(act, by=people.supervisor)


def _bench(day: BranchDay, shop: Shop) -> None:
    """Leave a device at each step of the bench."""
    by = shop.people.technician
    for step in ("checked_in", "diagnosing", "diagnosed", "repairing", "testing"):
        one = day.jobs[step] = shop.take_in(warranty_until="2027-01-09", words="充不进电")
        if step == "checked_in":
            continue
        day.store.run(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), by=by)
        if step == "diagnosing":
            continue
        form = DiagnosisForm(symptom_confirmed="yes", cause_code="battery_worn", tamper_flag="none",
                             labour_class="LAB-S")  # fmt: skip
        day.store.run(record_diagnosis(item_id=one.item_id, form=form), by=by)
        if step == "diagnosed":
            continue
        day.store.run(start(item_id=one.item_id), by=by)
        if step == "testing":
            done = RepairForm(("replace_battery",), firmware_version="V2.1.9", minutes=25, prevention_tip="用原装充电器")
            day.store.run(send_to_test(item_id=one.item_id, form=done), by=by)
