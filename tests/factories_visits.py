"""A field engineer, a reported terminal and a visit that was agreed on, for tests to vary."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deskapp.commands.people import actor_of, new_staff
from deskapp.commands.tickets import TicketForm, open_ticket
from deskapp.commands.visits import Planned, VisitForm, schedule_visit
from deskapp.commands.visits_site import arrive
from deskapp.errors import N_
from deskapp.models.people import Staff
from deskapp.models.store import Actor, Store, Write, command
from tests.checkin_shop import NOODLES, ONE, stock_shop
from tests.conftest import START, People

HOUR = 3_600_000
FROM, TO = START + 4 * HOUR, START + 6 * HOUR
PHONE = "13800000101"
REPORT = TicketForm(
    merchant_id=NOODLES, caller_name="张三", callback_phone=PHONE, serial_no=ONE, symptom_code="no_power",
    words="开不了机", business_stopped=True,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    """What a visit needs: an engineer and a ticket about a known terminal."""

    engineer: Actor
    ticket_id: str
    ticket_no: str
    form: VisitForm


@command(N_("Hire a field engineer for the tests"), right="")
def hire_engineer(write: Write, *, number: str = "F01", name: str = "陈外勤") -> Actor:
    """Add a field engineer."""
    identity = new_staff(write, staff_no=number, name=name, roles=["field_engineer"], pin="428617")
    return actor_of(write.session.get_one(Staff, identity))


def ground(store: Store, people: People, **changed: object) -> Ground:
    """Stock the shop, hire an engineer and write down the call."""
    store.run(stock_shop())
    engineer = store.run(hire_engineer()).result
    opened = store.run(open_ticket(form=replace(REPORT, **changed)), by=people.clerk).result
    form = VisitForm(
        from_at=FROM, to_at=TO, engineer_id=engineer.staff_id, address="福州市鼓楼区示例路1号", contact_name="张三",
        contact_phone=PHONE, fee="free",
    )  # fmt: skip
    return Ground(engineer, opened.ticket_id, opened.number, form)


def planned(store: Store, people: People, base: Ground, **changed: object) -> Planned:
    """Agree on the visit as the clerk."""
    act = schedule_visit(ticket_id=base.ticket_id, form=replace(base.form, **changed))
    return store.run(act, by=people.clerk).result


def arrived(store: Store, base: Ground, visit_id: str, **changed: object) -> str:
    """Arrive as the engineer, with everything in order unless changed."""
    values: dict[str, object] = {"serial_no": ONE, "badge_shown": True, "tamper_result": "ok", **changed}
    return store.run(arrive(visit_id=visit_id, **values), by=base.engineer).result
