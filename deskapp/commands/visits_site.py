"""At the merchant's: who arrives shows the badge and looks at the device, then finishes there, or takes it along.

What was found suspicious is not repaired on site: it is taken in, and the check-in puts it into quarantine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from deskapp import catalogue
from deskapp.commands.bench_parts import ask_for_count, new_serial, part_of
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.entry import Entry
from deskapp.commands.moves import raise_card, refuse_wiping, wipes
from deskapp.commands.tickets import add_event, clean_answers, open_items
from deskapp.commands.visits_desk import Trip, must_stand, open_visits, trip_of
from deskapp.errors import N_, Refused
from deskapp.models import bench, folding, past
from deskapp.models.device import Device
from deskapp.models.stock import Attachment, StockMove
from deskapp.models.store import Write, command
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.rules import visits as rules
from deskapp.rules.access import Role
from deskapp.rules.custody import TamperResult
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.lifecycle import WorkState
from deskapp.rules.ticket_fields import FIELDS, TicketKind
from deskapp.rules.tickets import TicketState, check_ticket_move
from deskapp.rules.visits import NO_DEVICE, VisitState


@dataclass(frozen=True, slots=True)
class UsedPart:
    """A part that was left in or with a device at the merchant's."""

    part_id: str
    quantity: int = 1
    serial_no: str = ""


@dataclass(frozen=True, slots=True)
class VisitResult:
    """What was done on site. `action` are codes of the list of actions; `left_at` is ms UTC, 0 for now.

    `done` says that the ticket is settled by it; `answers` are what its kind asks for at its end. `paper` says that
    the merchant signed on paper.
    """

    action: tuple[str, ...] = ()
    words: str = ""
    parts: tuple[UsedPart, ...] = ()
    test_result: str = ""
    next_on: str = ""
    comment: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    done: bool = True
    left_at: int = 0
    paper: bool = False


@command(N_("Arrive on site"), right="visit")
def arrive(
    write: Write, *, visit_id: str, serial_no: str, badge_shown: bool, tamper_result: str, at_ms: int = 0,
    other_reason: str = "", words: str = "",
) -> str:  # fmt: skip
    """Note the arrival: badge shown, the serial number of the case, the tamper check; returns the device's id.

    Another device than the one that was reported needs a reason (refused at `serial_no` with the code
    `other_device`), and a card asks somebody to look. The id is empty for a unit that is not known here.
    """
    trip = trip_of(write, visit_id)
    if badge_shown is not True:
        raise Refused(N_("Show your badge before you touch the device."), field="badge_shown", code="missing")
    rules.check_arrival_time(at_ms or write.now, write.now)
    entry = Entry()
    kind = TicketKind(trip.ticket.kind)
    if kind in rules.WITHOUT_DEVICE and not serial_no.strip():
        serial, unit, other, tamper_result = NO_DEVICE, None, "", TamperResult.NOT_DUE.value
    else:
        if tamper_result not in (TamperResult.OK, TamperResult.SUSPECT):
            raise Refused(N_("Answer the tamper check: is the device intact?"), field="tamper_result", code="missing")
        serial = entry.take("serial_no", serial_no, "serial_no", needed=True)
        unit, other = _met(write, trip.ticket, serial, entry.note(other_reason, "other_reason"))
    who = write.actor
    more: dict[str, Any] = {"other_reason": other} if other else {}
    if who.staff_id and who.staff_id != trip.visit.engineer_id and Role.FIELD_ENGINEER in who.roles:
        more["before"] = {"engineer_id": trip.visit.engineer_id}
    if unit is not None and not trip.ticket.device_id:
        more["learned"] = unit.id
    trip.move(
        "arrive", {"badge_shown": True, "serial_no": serial, "tamper_result": tamper_result},
        words=entry.note(words, "words"), at_ms=at_ms, **more,
    )  # fmt: skip
    if "before" in more:
        trip.visit.engineer_id = who.staff_id
    if "learned" in more and unit is not None:
        trip.ticket.device_id = unit.id
    if other:
        raise_card(write, "other_device", "site_visit", visit_id, words=other, data={"serial_no": serial})
    entry.raise_cards(write, "service_ticket", trip.ticket.id)
    return unit.id if unit is not None else ""


def _met(write: Write, ticket: ServiceTicket, serial: str, reason: str) -> tuple[Device | None, str]:
    """Return the unit with the scanned number and why it is another than was reported, empty where it is the one."""
    units = past.units_with(write.session, serial)
    unit = units[-1] if units else None
    wanted = expected_serials(write, ticket)
    if not wanted or serial in wanted:
        return unit, ""
    if not reason:
        raise Refused(
            N_("This is {serial}; the visit is for {wanted}. Scan that device, or say why it is this one."),
            field="serial_no", code="other_device", serial=serial, wanted="、".join(sorted(wanted)[:3]),
        )  # fmt: skip
    return unit, reason


def expected_serials(write: Write, ticket: ServiceTicket) -> set[str]:
    """Return the serial numbers of the devices that a ticket speaks of; none where only a model was said."""
    found = {clean_serial(str(one)) for one in ticket.answers.get("devices") or () if isinstance(one, str)}
    device = write.session.get(Device, ticket.device_id) if ticket.device_id else None
    return (found | ({device.serial_no} if device is not None else set())) - {""}


@command(N_("Finish on site"), right="visit")
def finish_on_site(write: Write, *, visit_id: str, result: VisitResult, signature: Photo | None = None) -> bool:
    """Note what was done on site and end the visit; returns whether the ticket is done with it.

    Parts leave the shelf's stock; one with a number of its own needs it (refused at `serial_no`). A signature that is
    missing stays to do. A suspicious device is refused here: it is taken in.
    """
    trip = trip_of(write, visit_id)
    must_stand(trip, VisitState.ON_SITE)
    rules.check_left(result.left_at, trip.view().arrived_ms)
    tamper = _arrival(trip).data.get("tamper_result", "")
    if tamper == TamperResult.SUSPECT:
        raise Refused(
            N_("The device is suspicious: repair nothing on it. Take it in; it goes into quarantine."),
            field="tamper_result", code="tamper",
        )  # fmt: skip
    entry = Entry()
    records = _judged(write, trip, entry, result)
    if signature is not None or result.paper:
        records["signature"] = signature.sha256 if signature is not None else "paper"
    done = result.done and not open_items(write, trip.ticket.id)
    answers = _answers(trip, result, records)
    if done:
        # Judged before anything is noted, so that a refusal stands at the field of the kind.
        check_ticket_move(trip.ticket_state(), "finish", kind=TicketKind(trip.ticket.kind), values=answers)
    event = trip.move("finish_on_site", records, words=entry.note(result.words, "words"), at_ms=result.left_at)
    for part in result.parts:
        _use(write, trip, part, event)
    if signature is not None:
        _attach(write, visit_id, signature)
    if answers != trip.ticket.answers:
        trip.ticket.answers = answers
    if done:
        trip.ticket_move("finish", TicketState.DONE, event)
    entry.raise_cards(write, "service_ticket", trip.ticket.id)
    return done


def _arrival(trip: Trip) -> TicketEvent:
    facts = [fact for fact in trip.view().work.history if fact.move == "arrive"]
    events = {row.id: row for row in folding.events_of(trip.write.session, trip.ticket.id)}
    return events[facts[-1].uid]


def _judged(write: Write, trip: Trip, entry: Entry, result: VisitResult) -> dict[str, Any]:
    """Return what the end of a visit leaves on record, each value judged at its field."""
    known = catalogue.words("actions")
    for code in result.action:
        if code not in known:
            raise Refused(N_("What was done? Choose from the list."), field="action", code="unknown")
        if known[code].extra.get("opens_case") or known[code].extra.get("keys"):
            raise Refused(
                N_("“{action}” is not done on site: there no case is opened and no keys are loaded. Take it in."),
                field="action", code="not_on_site", action=known[code].title(),
            )  # fmt: skip
    if result.test_result not in rules.TEST_RESULTS:
        raise Refused(N_("What was the result of the test?"), field="test_result", code="missing")
    if result.done and result.test_result == "failed":
        raise Refused(
            N_("The device does not work: the ticket stays open. Plan the next visit, or take the device in."),
            field="done", code="failed",
        )  # fmt: skip
    unit = write.session.get(Device, trip.ticket.device_id) if trip.ticket.device_id else None
    if unit is not None and wipes("finish_on_site", {"action": list(result.action)}):
        refuse_wiping(unit)
    rules.check_arrival_time(result.left_at or write.now, write.now)
    said = entry.note(result.words, "words")
    records: dict[str, Any] = {
        "action": list(result.action) or said, "parts": [_told(write, one) for one in result.parts],
        "test_result": result.test_result,
    }  # fmt: skip
    more = {"next_on": entry.day(result.next_on, "next_on"), "comment": entry.note(result.comment, "comment")}
    return records | {key: value for key, value in more.items() if value}


def _told(write: Write, used: UsedPart) -> str:
    count = f" × {used.quantity}" if used.quantity > 1 else ""
    return f"{part_of(write, used.part_id).part_no}{count} {used.serial_no}".strip()


def _answers(trip: Trip, result: VisitResult, records: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ticket's answers with what was entered on site; a signature is found on the paper of the visit."""
    fields = {spec.key for spec in FIELDS[TicketKind(trip.ticket.kind)]}
    given = clean_answers(Entry(), {key: value for key, value in result.answers.items() if key in fields})
    if "signature" in fields and "signature" in records:
        given["signature"] = trip.visit.number
    return {**trip.ticket.answers, **given}


def _use(write: Write, trip: Trip, used: UsedPart, event: TicketEvent) -> None:
    """Book a part off the shelf and onto the visit; a shelf that does not add up asks for a count."""
    part = part_of(write, used.part_id)
    serial = new_serial(write, part, used.serial_no, used.quantity)
    write.session.add(_booked(write, part.id, used.quantity, serial, trip, event, out=True))
    write.session.flush()
    left = bench.on_shelf(write.session, [part.id])[part.id]
    if left < 0:
        ask_for_count(write, part, left)


def _booked(
    write: Write, part_id: str, quantity: int, serial: str, trip: Trip, event: TicketEvent, *, out: bool
) -> StockMove:
    way = ("shelf", "item") if out else ("item", "shelf")
    return StockMove(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, part_id=part_id, from_place=way[0], to_place=way[1],
        quantity=quantity, serial_no=serial, item_id="", reason="visit",
        data={"visit_id": trip.visit.id, "of_visit": event.id, "at_site": write.site_id},
    )  # fmt: skip


def take_parts_back(trip: Trip, event: TicketEvent) -> None:
    """Book back onto the shelf what a step of a visit took from it."""
    if not event.data.get("parts"):
        return
    write = trip.write
    rows = write.session.scalars(
        select(StockMove).where(
            StockMove.reason == "visit", func.json_extract(StockMove.data, "$.of_visit") == event.id
        )
    ).all()
    for row in rows:
        write.session.add(_booked(write, row.part_id, row.quantity, row.serial_no, trip, event, out=False))


def _attach(write: Write, visit_id: str, photo: Photo) -> None:
    write.session.add(
        Attachment(
            id=write.new_id(), at=write.now, by=write.actor.staff_id, subject_kind="site_visit", subject_id=visit_id,
            kind=photo.kind, sha256=photo.sha256, mime=photo.mime, size=photo.size, caption=photo.caption,
        )
    )  # fmt: skip


def device_came_in(write: Write, ticket: ServiceTicket, order_no: str) -> None:
    """Note inside a check-in that the device of a repair ticket is here: whoever was to go there need not any more.

    Of any other kind of ticket the check-in ends the visit on which the device was found suspicious.
    """
    for visit in open_visits(write, ticket.id):
        if ticket.kind != TicketKind.REPAIR and not _found_suspect(Trip(write, visit, ticket)):
            continue
        add_event(
            write, ticket.id, folding.VISIT, "", visit_id=visit.id, move="check_in", to=WorkState.CHECKED_IN.value,
            order_no=order_no,
        )  # fmt: skip


def _found_suspect(trip: Trip) -> bool:
    on_site = trip.view().state is VisitState.ON_SITE
    return on_site and _arrival(trip).data.get("tamper_result") == TamperResult.SUSPECT
