"""Visits on site for the pictures: one at which somebody is now, one later today, one tomorrow."""

from __future__ import annotations

from typing import Any

from deskapp.commands.people import add_staff
from deskapp.commands.tickets import TicketForm, open_ticket
from deskapp.commands.visits import Carried, VisitForm, schedule_visit
from deskapp.commands.visits_site import arrive
from deskapp.queries.checkin import device_briefing
from deskapp.tour.stage import BOSS, CLERK

HOUR_MS = 3_600_000
CALLS = (
    # serial number, symptom, who, hours from now, what goes along
    ("LDA8S00000005", "no_print", "陈店长", 1, (Carried("other", "打印纸两卷"),)),
    ("LDA8S00000014", "no_network", "周经理", 3, ()),
    ("PX930S00000022", "touch_fault", "孙前台", 25, (Carried("other", "手写笔"),)),
)


def visits(stage: Any) -> dict[str, dict[str, object]]:
    """Make the visits; returns what their pages are opened with."""
    stage.sign_in(BOSS)
    engineer = stage.do(add_staff(staff_no="F01", name="林外勤", roles=["field_engineer"], pin="428617"))
    stage.sign_in(CLERK)
    now = stage.desk.store.now
    begins = now - now % HOUR_MS
    made = []
    for serial, symptom, who, hours, carry in CALLS:
        known = stage.ask(lambda s, one=serial: device_briefing(s, one, now))
        call = stage.do(open_ticket(form=TicketForm(
            merchant_id=known.merchant.id if known.merchant else "", caller_name=who, callback_phone="13800000199",
            serial_no=serial, symptom_code=symptom, business_stopped=hours < 2,
        )))  # fmt: skip
        address = known.merchant.address if known.merchant and known.merchant.address else "福州市鼓楼区示例路18号"
        made.append(stage.do(schedule_visit(ticket_id=call.ticket_id, form=VisitForm(
            from_at=begins + hours * HOUR_MS, to_at=begins + (hours + 2) * HOUR_MS, engineer_id=engineer,
            address=address, contact_name=who, contact_phone="13800000199", carry=carry, fee="free",
        ))))  # fmt: skip
    stage.sign_in(BOSS)
    stage.do(arrive(visit_id=made[0].visit_id, serial_no=CALLS[0][0], badge_shown=True, tamper_result="ok"))
    return {"visit": {"id": made[0].visit_id}}
