"""Papers printed when somebody asks for them, or with a loan: agreement, traveller, call note.

Each is filled from the records as they stand and frozen like every paper. None of them
changes a record; what is written on them by hand is entered afterwards where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from deskapp import catalogue, settings
from deskapp.clock import shop_day
from deskapp.commands.entry import Entry
from deskapp.commands.papers import (
    accessories_of,
    fault_words,
    latest,
    merchant_short,
    model_name,
    order_lines,
    paper_site,
    queue,
    shelf_code,
    staff_name,
    warranty_mark,
)
from deskapp.commands.papers_quote import contact_of
from deskapp.commands.pickup_release import order_of
from deskapp.errors import N_, Refused
from deskapp.i18n import translate
from deskapp.models import past
from deskapp.models.device import Device
from deskapp.models.handing_out import calls_of, items_of, open_loans, ready_items, waiting_of
from deskapp.models.local import PrintJob
from deskapp.models.merchant import Merchant
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.stock import LoanEvent
from deskapp.models.store import Write, command
from deskapp.rules import papers
from deskapp.rules.custody import TAMPER_TITLES, TamperResult
from deskapp.rules.deadlines import UNCOLLECTED_STEPS
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.lifecycle import STATE_TITLES, WorkState
from deskapp.rules.masking import mask

STATIONS = (
    N_("Taken in at the counter"), N_("Diagnosis"), N_("Quote"), N_("Parts"), N_("Repair"), N_("Key loading"),
    N_("Final test"), N_("Bagged and sealed"),
)  # fmt: skip
"""The stations of a repair, in their order, as the traveller lists them."""


# -- loaners -------------------------------------------------------------------


def queue_loan_agreement(write: Write, loan: LoanEvent) -> PrintJob:
    """Queue what the merchant signs for a loaner."""
    card = loan_agreement(write.session, loan, paper_language(write), write.site_id)
    return queue(write, card, subject_kind="loan_event", subject_id=loan.id)


@command(N_("Print a loaner agreement"), right="loaner")
def print_loan_agreement(write: Write, *, serial_no: str) -> str:
    """Queue the agreement of a loaner that is out, with the day it is due now; returns the job."""
    units = past.units_with(write.session, clean_serial(serial_no)) if serial_no.strip() else []
    loans = [loan for unit in units for loan in open_loans(write.session, device_id=unit.id)]
    if not loans:
        raise Refused(N_("This loaner is not out."), field="serial_no", code="not_out")
    return queue_loan_agreement(write, write.session.get_one(LoanEvent, loans[0].event_id)).id


def loan_agreement(session: Session, loan: LoanEvent, language: str, site_id: str) -> papers.LoanAgreementCard:
    """Fill the agreement of a loan."""
    session.flush()
    device = session.get(Device, loan.device_id)
    order = session.get(RepairOrder, loan.order_id) if loan.order_id else None
    merchant = session.get(Merchant, loan.merchant_id) if loan.merchant_id else None
    name, phone = contact_of(session, order, loan.merchant_id)
    serial = device.serial_no if device else ""
    answer = str(loan.data.get("tamper_result", ""))
    instead = [session.get(Device, item.device_id) for item in order_lines(session, order.id)] if order else []
    return papers.LoanAgreementCard(
        number=f"{serial}-{shop_day(loan.at):%y%m%d}",
        site=paper_site(session, order.site_id if order else site_id),
        order_no=order.number if order else "",
        merchant=merchant.name if merchant else "",
        merchant_no=masked_merchant_no(merchant),
        contact=name,
        contact_phone=phone,
        model=model_name(session, device),
        serial_no=serial,
        tusn=device.tusn if device else "",
        accessories=_accessories(loan.data.get("accessories", ()), language),
        tamper=translate(TAMPER_TITLES[TamperResult(answer)], language) if answer in set(TamperResult) else "",
        lent_ms=loan.at,
        due_ms=loan.due_at or None,
        instead_of="、".join(f"{model_name(session, one)} {one.serial_no}" for one in instead if one is not None),
        words=loan.words,
        clerk=staff_name(session, loan.by),
    )


# -- the bench -------------------------------------------------------------------


@command(N_("Print a bench traveller"), right="reprint_first")
def print_bench_traveller(write: Write, *, item_id: str = "", order_id: str = "") -> tuple[str, ...]:
    """Queue the sheet that goes with a device, or one for every device of an order; returns the jobs."""
    if order_id:
        items = list(order_lines(write.session, order_of(write, order_id).id))
    else:
        found = write.session.get(RepairItem, item_id)
        items = [found] if found is not None else []
    if not items:
        raise Refused(N_("This device is not known here."), field="item", code="unknown")
    language = paper_language(write)
    return tuple(
        queue(
            write, bench_traveller(write.session, item, language), subject_kind="repair_item", subject_id=item.id
        ).id
        for item in items
    )


def bench_traveller(session: Session, item: RepairItem, language: str) -> papers.BenchTravellerCard:
    """Fill the traveller of a device: what is known of it, and its stations, empty but for the first."""
    session.flush()
    order = session.get_one(RepairOrder, item.order_id)
    device = session.get(Device, item.device_id)
    condition = latest(session, item.id, "condition")
    answers = condition.data.get("answers", {}) if condition else {}
    found = [
        f"{catalogue.title('condition_items', str(key), language)}: "
        f"{catalogue.title('condition_answers', str(answer), language)}"
        for key, answer in answers.items()
        if answer != "fine"
    ]
    steps = [papers.BenchStep(translate(name, language)) for name in STATIONS]
    steps[0] = papers.BenchStep(steps[0].name, staff_name(session, order.opened_by), order.opened_at,
                                papers.CheckResult.PASS)  # fmt: skip
    return papers.BenchTravellerCard(
        number=item.label_no,
        site=paper_site(session, order.site_id),
        order_no=order.number,
        line_no=item.line_no,
        line_count=len(order_lines(session, order.id)),
        rush=item.priority == 1,
        received_ms=order.opened_at,
        due_ms=order.estimate_at or item.done_due or None,
        merchant=merchant_short(session, order.merchant_id),
        model=model_name(session, device),
        serial_no=device.serial_no if device else "",
        tusn=device.tusn if device else "",
        terminal_no=item.terminal_no,
        firmware=" / ".join(one for one in (device.firmware_version, device.app_version) if one) if device else "",
        shelf=shelf_code(session, item.shelf_id),
        warranty=warranty_mark(session, item.id),
        ceiling_fen=order.ceiling_fen or None,
        fault=fault_words(item),
        condition="；".join([*found, *([condition.words] if condition and condition.words else [])]),
        accessories=_accessories([one.kind for one in accessories_of(session, item.id)], language),
        state=translate(STATE_TITLES[WorkState(item.work_state)], language),
        technician=staff_name(session, item.technician_id),
        steps=tuple(steps),
    )


# -- calls -----------------------------------------------------------------------


@command(N_("Print a call-back note"), right="call")
def print_call_note(write: Write, *, order_id: str, words: str = "") -> str:
    """Queue the note of whom to call about an order and what was tried; stays in the branch. Returns the job."""
    order = order_of(write, order_id)
    session = write.session
    language = paper_language(write)
    session.flush()
    ready = ready_items(items_of(session, order.id))
    listed = ready or list(items_of(session, order.id))
    waiting = waiting_of(session, order.id, ready, write.now) if ready else None
    units = [(session.get(Device, item.device_id), item) for item in listed]
    name, phone = contact_of(session, order, order.merchant_id)
    step = translate(UNCOLLECTED_STEPS[waiting.step][1], language) if waiting else ""
    card = papers.CallNoteCard(
        number=order.number,
        site=paper_site(session, order.site_id),
        slip_no=order.slip_no,
        merchant=merchant_short(session, order.merchant_id),
        contact=name,
        contact_phone=phone,
        reason=translate(N_("Ready for pickup") if ready else N_("Question about the repair"), language),
        since_ms=waiting.ready_at if waiting else order.opened_at,
        devices=tuple(f"{model_name(session, unit)} {(unit.serial_no if unit else '')[-8:]}" for unit, _ in units),
        shelf="、".join(dict.fromkeys(code for _, item in units if (code := shelf_code(session, item.shelf_id)))),
        due_fen=sum(item.due_fen - item.paid_fen for _, item in units) or None,
        attempts=tuple(
            papers.CallAttempt(
                call.at, catalogue.title("contact_channels", call.channel, language),
                catalogue.title("call_results", call.result, language), staff_name(session, call.by), call.words,
            )
            for call in calls_of(session, order.id)
        ),  # fmt: skip
        step=step,
        noted_by=staff_name(session, write.actor.staff_id),
        noted_ms=write.now,
        words=Entry().note(words, "words"),
    )
    return queue(write, card, subject_kind="repair_order", subject_id=order.id).id


# -- pieces ----------------------------------------------------------------------


def paper_language(write: Write) -> str:
    """Return the language in which papers are printed."""
    return str(write.settings[settings.PAPER_LANGUAGE])


def _accessories(codes: Iterable[str], language: str) -> tuple[str, ...]:
    return tuple(catalogue.title("accessory_types", str(code), language) for code in codes)


def masked_merchant_no(merchant: Merchant | None) -> str:
    """Return the merchant number as papers show it."""
    return mask("merchant_no", merchant.merchant_no) if merchant and merchant.merchant_no else ""
