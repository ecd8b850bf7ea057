"""Papers of visits: the sheet an engineer takes along, all sheets of a day, and the note left at a closed door.

They are filled from the records as they stand. What is written on them by hand is entered afterwards on the visit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deskapp import catalogue
from deskapp.clock import shop_time
from deskapp.commands.entry import Entry
from deskapp.commands.papers import model_name, paper_site, queue
from deskapp.commands.papers_service import masked_merchant_no, paper_language
from deskapp.commands.tickets import ticket_row
from deskapp.commands.visits_desk import open_visits
from deskapp.errors import N_, Refused
from deskapp.i18n import translate
from deskapp.models import folding, past
from deskapp.models.device import Device, TerminalBinding
from deskapp.models.merchant import Merchant
from deskapp.models.people import Site, Staff
from deskapp.models.stock import Part, StockMove
from deskapp.models.store import Write, command
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.models.visit import SiteVisit
from deskapp.rules import papers
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.masking import mask, mask_address
from deskapp.rules.money import format_yuan
from deskapp.rules.ticket_fields import TicketKind
from deskapp.rules.visits import CARRIED, FEES, TEST_RESULTS

_VISITS = {
    TicketKind.INSPECTION: papers.VisitType.INSPECTION,
    TicketKind.INSTALLATION: papers.VisitType.INSTALLATION,
    TicketKind.TRAINING: papers.VisitType.TRAINING,
}


@command(N_("Print visit sheets"), right="visit")
def print_visit_sheets(write: Write, *, visit_ids: Sequence[str]) -> tuple[str, ...]:
    """Queue the sheet of each of these visits, in their order; returns the jobs."""
    if not visit_ids:
        raise Refused(N_("There is no visit to print a sheet for."), field="visit", code="none")
    language = paper_language(write)
    jobs = []
    for visit_id in dict.fromkeys(visit_ids):
        visit = write.session.get(SiteVisit, visit_id)
        if visit is None:
            raise Refused(N_("This visit is not known here."), field="visit", code="unknown")
        jobs.append(_queue_sheet(write, visit, language))
    return tuple(jobs)


def _queue_sheet(write: Write, visit: SiteVisit, language: str) -> str:
    engineer = write.session.get(Staff, visit.engineer_id)
    card = inspection_sheet(write.session, ticket_row(write, visit.ticket_id), engineer, language, visit)
    return queue(write, card, subject_kind="site_visit", subject_id=visit.id).id


@command(N_("Print an inspection sheet"), right="visit")
def print_inspection_sheet(write: Write, *, ticket_id: str) -> str:
    """Queue the sheet an engineer takes to the merchant of a ticket, that of its open visit if it has one.

    Returns the job.
    """
    ticket = ticket_row(write, ticket_id)
    going = open_visits(write, ticket_id)
    if going:
        return _queue_sheet(write, going[-1], paper_language(write))
    engineer = write.session.get(Staff, write.actor.staff_id)
    card = inspection_sheet(write.session, ticket, engineer, paper_language(write))
    return queue(write, card, subject_kind="service_ticket", subject_id=ticket.id).id


def inspection_sheet(
    session: Session, ticket: ServiceTicket, engineer: Staff | None, language: str, visit: SiteVisit | None = None
) -> papers.InspectionCard:
    """Fill the sheet of a visit with what is known; a finished ticket brings its findings.

    With a visit that was agreed on the sheet bears its number and window, and what goes along.
    """
    session.flush()
    kind = TicketKind(ticket.kind)
    merchant = session.get(Merchant, ticket.merchant_id) if ticket.merchant_id else None
    answers: dict[str, Any] = ticket.answers
    name, phone = _caller(visit if visit is not None and visit.contact_phone else ticket)
    place = visit.address if visit is not None else ""
    plan = {"plan": N_("by plan"), "single": N_("single inspection")}.get(str(answers.get("plan", "")), "")
    return papers.InspectionCard(
        number=visit.number if visit is not None else ticket.number,
        site=paper_site(session, ticket.site_id),
        type=_VISITS.get(kind, papers.VisitType.VISIT),
        plan=translate(plan, language) if plan else "",
        merchant=merchant.name if merchant else "",
        merchant_no=masked_merchant_no(merchant),
        address=place
        or mask_address(str(answers.get("address") or (merchant.address if merchant else "")), street=True),
        contact=name,
        contact_phone=phone,
        engineer=engineer.name if engineer else "",
        badge_no=(engineer.badge_no or engineer.staff_no) if engineer else "",
        planned=window_words(visit) if visit is not None else str(answers.get("install_on", "")),
        devices=_devices(session, ticket, _met_serial(session, visit)),
        hardware_words=str(answers.get("hardware", "")),
        software=str(answers.get("software", "")),
        network=str(answers.get("network_findings", "")),
        next_on="" if answers.get("next_on") in (None, "none") else str(answers["next_on"]),
        **(_of_visit(session, visit, language) if visit is not None else {}),
    )


def _of_visit(session: Session, visit: SiteVisit, language: str) -> dict[str, Any]:
    """Return what a sheet says of an agreed visit: what goes along, what was told, and what came of it."""
    told = translate(FEES[visit.fee], language) if visit.fee in FEES else ""
    values: dict[str, Any] = {
        "carry": tuple(carried_words(session, one, language) for one in visit.carry),
        "fee": f"{told} {format_yuan(visit.fee_fen)}" if visit.fee_fen else told,
        "arrived_ms": visit.arrived_at or None,
        "asked": visit.words,
    }
    view = folding.visits_of(folding.events_of(session, visit.ticket_id)).get(visit.id)
    end = next((fact for fact in view.work.history if fact.move == "finish_on_site"), None) if view else None
    event = session.get(TicketEvent, end.uid) if end else None
    if end is None or event is None:
        return values
    codes = event.data.get("action")
    done = [catalogue.title("actions", str(one), language) for one in codes] if isinstance(codes, list) else []
    answer = str(event.data.get("test_result", ""))
    values |= {
        "left_ms": end.at_ms, "action": "；".join([*done, *([event.words] if event.words else [])]),
        "consumables": "、".join(_used_parts(session, end.uid, language)),
        "findings": translate(TEST_RESULTS[answer], language) if answer in TEST_RESULTS else "",
        "comment": str(event.data.get("comment", "")),
    }  # fmt: skip
    if event.data.get("next_on"):
        values["next_on"] = str(event.data["next_on"])
    signed = str(event.data.get("signature", ""))
    if signed not in ("", "paper"):
        values |= {"merchant_signature": signed, "signed_ms": end.at_ms}
    return values


def _used_parts(session: Session, event_id: str, language: str) -> list[str]:
    """Return what a step of a visit took from the shelf, each part with its name, number of pieces and own number."""
    rows = session.scalars(
        select(StockMove)
        .where(StockMove.reason == "visit", func.json_extract(StockMove.data, "$.of_visit") == event_id)
        .where(StockMove.from_place == "shelf")
        .order_by(StockMove.n)
    )
    return [f"{_part_name(session, row.part_id, language)} × {row.quantity} {row.serial_no}".strip() for row in rows]


def _part_name(session: Session, part_id: str, language: str) -> str:
    part = session.get(Part, part_id)
    if part is None:
        return ""
    return part.name_en if language == "en" and part.name_en else part.name


def _met_serial(session: Session, visit: SiteVisit | None) -> str:
    """Return the serial number that was scanned at the arrival, empty before it."""
    if visit is None:
        return ""
    view = folding.visits_of(folding.events_of(session, visit.ticket_id)).get(visit.id)
    met = next((fact for fact in view.work.history if fact.move == "arrive"), None) if view else None
    event = session.get(TicketEvent, met.uid) if met else None
    return str(event.data.get("serial_no", "")) if event is not None else ""


def window_words(visit: SiteVisit) -> str:
    """Return the agreed time of a visit, such as 2026-03-14 09:00–11:00; with both days where it goes over midnight."""
    begins, ends = shop_time(visit.from_at), shop_time(visit.to_at)
    until = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends:%Y-%m-%d %H:%M}"
    return f"{begins:%Y-%m-%d %H:%M}–{until}"


def carried_words(session: Session, one: Mapping[str, Any], language: str) -> str:
    """Return one thing of the carry list in words."""
    kind = str(one.get("kind", ""))
    if kind == "loaner":
        return f"{translate(CARRIED[kind], language)} {one.get('serial_no', '')}"
    if kind == "part":
        name = _part_name(session, str(one.get("part_id", "")), language)
        return f"{one.get('part_no', '')} {name} × {one.get('quantity', 1)}"
    return str(one.get("words", ""))


def _devices(session: Session, ticket: ServiceTicket, met: str = "") -> tuple[papers.InspectedDevice, ...]:
    """The terminals a ticket names, else those bound to its merchant; the one that was met is ticked."""
    named = [str(one) for one in ticket.answers.get("devices", ())] if isinstance(
        ticket.answers.get("devices"), list
    ) else []  # fmt: skip
    units: list[Device] = []
    for serial in named:
        units += past.units_with(session, clean_serial(serial))[-1:]
    if ticket.device_id and (unit := session.get(Device, ticket.device_id)) is not None and unit not in units:
        units.append(unit)
    if not units and not named and ticket.merchant_id:
        of_merchant = select(Device).where(Device.merchant_id == ticket.merchant_id)
        units = list(session.scalars(of_merchant.order_by(Device.n).limit(12)))
    known = {unit.serial_no for unit in units}
    rows = [
        papers.InspectedDevice(
            _terminal(session, one), model_name(session, one), one.serial_no, one.tusn,
            True if met and one.serial_no == met else None,
        )
        for one in units
    ]  # fmt: skip
    rows += [papers.InspectedDevice(serial_no=serial) for serial in named if clean_serial(serial) not in known]
    return tuple(rows)


def _terminal(session: Session, device: Device) -> str:
    if device.terminal_no:
        return device.terminal_no
    bound = select(TerminalBinding.terminal_no).where(
        TerminalBinding.device_id == device.id, TerminalBinding.valid_to == ""
    )
    return session.scalars(bound.order_by(TerminalBinding.n.desc()).limit(1)).first() or ""


@command(N_("Print a “missed you” note"), right="visit")
def print_missed_note(write: Write, *, ticket_id: str, next_try: str = "", words: str = "") -> str:
    """Queue the note an engineer leaves at a closed door, of the open visit if there is one; returns the job."""
    ticket = ticket_row(write, ticket_id)
    entry = Entry()
    going = open_visits(write, ticket_id)
    visit = going[-1] if going else None
    card = missed_note(
        write, ticket, came_ms=write.now, next_try=entry.note(next_try, "next_try"), words=entry.note(words, "words"),
        visit=visit,
    )  # fmt: skip
    if visit is not None:
        return queue(write, card, subject_kind="site_visit", subject_id=visit.id).id
    return queue(write, card, subject_kind="service_ticket", subject_id=ticket.id).id


def missed_note(
    write: Write, ticket: ServiceTicket, *, came_ms: int, next_try: str, words: str, visit: SiteVisit | None = None
) -> papers.MissedNoteCard:
    """Fill the note for a closed door; of an agreed visit it bears the number and names its engineer."""
    session = write.session
    site = session.get(Site, ticket.site_id or write.site_id)
    engineer = session.get(Staff, visit.engineer_id if visit is not None else write.actor.staff_id)
    merchant = session.get(Merchant, ticket.merchant_id) if ticket.merchant_id else None
    language = paper_language(write)
    reason = _VISITS.get(TicketKind(ticket.kind), papers.VisitType.VISIT)
    return papers.MissedNoteCard(
        number=visit.number if visit is not None else ticket.number,
        site=paper_site(session, ticket.site_id or write.site_id),
        merchant=(merchant.short_name or merchant.name) if merchant else "",
        place=mask_address(merchant.address, street=True) if merchant else "",
        came_ms=came_ms,
        engineer=engineer.name if engineer else "",
        badge_no=(engineer.badge_no or engineer.staff_no) if engineer else "",
        reason=translate(_REASONS[reason], language),
        phone=(site.hotline or site.phone) if site else "",
        next_try=next_try,
        words=words,
    )


_REASONS = {
    papers.VisitType.INSPECTION: N_("Inspection"),
    papers.VisitType.VISIT: N_("Service on site"),
    papers.VisitType.INSTALLATION: N_("Installation"),
    papers.VisitType.TRAINING: N_("Training"),
}


def _caller(of: ServiceTicket | SiteVisit) -> tuple[str, str]:
    if isinstance(of, SiteVisit):
        name, phone = of.contact_name, of.contact_phone
    else:
        name, phone = of.caller_name, of.callback_phone
    return mask("name", name) if name else "", mask("phone", phone) if phone else ""
