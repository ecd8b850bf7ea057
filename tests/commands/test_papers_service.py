"""Papers printed on request or with a loan: filled from the records, masked, frozen, and printable."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from deskapp.commands.devices import bind_device
from deskapp.commands.papers_card import print_service_card
from deskapp.commands.papers_service import (
    print_bench_traveller,
    print_call_note,
    print_loan_agreement,
)
from deskapp.commands.pickup_release import log_call
from deskapp.commands.tickets import TicketForm, open_ticket
from deskapp.commands.visits_papers import print_inspection_sheet, print_missed_note
from deskapp.errors import Refused
from deskapp.models.device import Device
from deskapp.models.local import PrintJob
from deskapp.models.repair import RepairOrder
from deskapp.models.store import Store
from deskapp.print import raster, render
from deskapp.print.edition import Edition
from deskapp.rules import papers
from tests.commands.test_loaners import LOANER, lent, loaner
from tests.commands.test_pickup import order_with
from tests.conftest import START, People
from tests.factories_pickup import PHONE, Line


def jobs(store: Store, kind: str) -> list[PrintJob]:
    return store.ask(lambda s: list(s.scalars(select(PrintJob).where(PrintJob.kind == kind).order_by(PrintJob.id))))


def card(store: Store, kind: str) -> papers.Card:
    (job,) = jobs(store, kind)
    made = papers.from_json(job.card)
    assert papers.to_json(made) == job.card
    printed = render.render(kind, made, Edition(job.medium, job.language, printed_at_ms=START))
    assert PHONE not in raster.text(printed.pdf)
    return made


def test_lending_a_loaner_queues_what_the_merchant_signs(store: Store, people: People) -> None:
    order = order_with(store, people, Line(serial_no="SN0000000041"))
    store.run(loaner())
    lent(store, people, order.order_id)
    made = card(store, "loan_agreement")
    assert isinstance(made, papers.LoanAgreementCard)
    assert made.serial_no == LOANER
    assert made.number.startswith(LOANER)
    assert made.order_no == order.order_no
    assert made.merchant
    assert "SN0000000041" in made.instead_of
    assert made.accessories == ("电源适配器",)
    assert made.due_ms == START + 7 * 86_400_000
    assert made.contact_phone == "138****8000"
    (job,) = jobs(store, "loan_agreement")
    assert (job.subject_kind, job.medium) == ("loan_event", "a5")

    store.run(print_loan_agreement(serial_no=LOANER), by=people.clerk)
    assert len(jobs(store, "loan_agreement")) == 2


def test_no_agreement_for_a_loaner_that_is_here(store: Store, people: People) -> None:
    store.run(loaner())
    with pytest.raises(Refused, match="not out"):
        store.run(print_loan_agreement(serial_no=LOANER), by=people.clerk)


def test_a_traveller_goes_with_every_device_of_an_order(store: Store, people: People) -> None:
    order = order_with(store, people, Line(serial_no="SN0000000041"), Line(serial_no="SN0000000058"))
    made = store.run(print_bench_traveller(order_id=order.order_id), by=people.clerk).result
    assert len(made) == 2
    cards = [papers.from_json(job.card) for job in jobs(store, "bench_traveller")]
    assert {one.number for one in cards} == set(order.labels)
    first = next(one for one in cards if isinstance(one, papers.BenchTravellerCard) and one.line_no == 1)
    assert (first.line, first.serial_no, first.order_no) == ("1/2", "SN0000000041", order.order_no)
    assert [step.name for step in first.steps][:2] == ["收件", "检测"]
    assert first.steps[0].who and first.steps[1].at_ms is None

    store.run(print_bench_traveller(item_id=order.items[1]), by=people.clerk)
    assert len(jobs(store, "bench_traveller")) == 3


def test_an_inspection_sheet_takes_along_what_the_ticket_knows(store: Store, people: People) -> None:
    order = order_with(store, people, Line(serial_no="SN0000000041"))
    ticket = store.run(
        open_ticket(form=TicketForm(kind="inspection", merchant_id=order.merchant_id, caller_name="陈美玉",
                                    callback_phone=PHONE, answers={"devices": ["SN0000000041", "UNKNOWN99"], "plan": "plan"})),
        by=people.clerk,
    ).result  # fmt: skip
    store.run(print_inspection_sheet(ticket_id=ticket.ticket_id), by=people.clerk)
    made = card(store, "inspection_sheet")
    assert isinstance(made, papers.InspectionCard)
    assert made.number == ticket.number
    assert made.type is papers.VisitType.INSPECTION
    assert made.plan == "计划巡检"
    assert [one.serial_no for one in made.devices] == ["SN0000000041", "UNKNOWN99"]
    assert made.devices[0].serial_ok is None
    assert (made.contact, made.contact_phone) == ("陈**", "138****8000")
    assert made.merchant

    store.run(print_missed_note(ticket_id=ticket.ticket_id, next_try="3 月 17 日上午"), by=people.clerk)
    note = card(store, "missed_note")
    assert isinstance(note, papers.MissedNoteCard)
    assert (note.number, note.next_try, note.reason) == (ticket.number, "3 月 17 日上午", "巡检")
    assert note.came_ms is not None


def test_a_call_note_lists_the_tries(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=8_000))
    store.run(
        log_call(order_id=order.order_id, channel="phone", result="no_answer", words="响铃 8 声"), by=people.clerk
    )
    store.run(print_call_note(order_id=order.order_id), by=people.clerk)
    made = card(store, "call_note")
    assert isinstance(made, papers.CallNoteCard)
    assert made.number == order.order_no
    assert made.slip_no == order.slip_no
    assert made.due_fen == 8_000
    assert [(one.result, one.words) for one in made.attempts] == [("无人接听", "响铃 8 声")]
    assert made.step
    assert jobs(store, "call_note")[0].medium == "roll-80"


def test_unknown_devices_orders_and_tickets_are_refused(store: Store, people: People) -> None:
    for act in (print_bench_traveller(item_id="nobody"), print_bench_traveller(order_id="nobody"),
                print_call_note(order_id="nobody"), print_inspection_sheet(ticket_id="nobody"),
                print_missed_note(ticket_id="nobody")):  # fmt: skip
        with pytest.raises(Refused):
            store.run(act, by=people.clerk)


def test_the_service_card_names_hotline_terminal_and_what_to_do_first(store: Store, people: People) -> None:
    order = order_with(store, people, Line(serial_no="SN0000000047"))
    with store.read() as session:
        device = session.scalars(select(Device).where(Device.serial_no == "SN0000000047")).one()
        merchant = session.get_one(RepairOrder, order.order_id).merchant_id
    with pytest.raises(Refused, match="no merchant"):
        store.run(print_service_card(device_id=device.id), by=people.clerk)
    store.run(bind_device(device_id=device.id, merchant_id=merchant, terminal_no="35000011"), by=people.supervisor)
    store.run(print_service_card(device_id=device.id), by=people.clerk)
    made = card(store, "service_card")
    assert isinstance(made, papers.ServiceCardCard)
    assert (made.hotline, made.serial_no, made.number) == ("95580", "SN0000000047", "35000011")
    assert len(made.advice) == 3
    with pytest.raises(Refused, match="not known"):
        store.run(print_service_card(device_id="nobody"), by=people.clerk)
