"""Questions about visits on site: whose are today, late and coming; one whole; what a new one begins with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from deskapp.models import bench
from deskapp.models.device import Device
from deskapp.models.handing_out import open_loans
from deskapp.models.journal import GroupVersion
from deskapp.models.loaner_places import Where, pool_here
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.people import Staff, StaffSecret
from deskapp.models.stock import Part
from deskapp.models.store import ReadSession
from deskapp.models.transfers import other_sites, this_site
from deskapp.models.visit import SiteVisit
from deskapp.queries.hits import ask
from deskapp.queries.naming import in_window, model_title
from deskapp.queries.tickets import EventCard, TicketCard, events_of_ticket, ticket
from deskapp.rules.access import Role
from deskapp.rules.deadlines import DAY_MS, instant, shop_day
from deskapp.rules.masking import mask
from deskapp.rules.visits import NO_DEVICE, is_late, lacks_result, may_be_sent


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One line of a list of visits; instants are ms UTC, the phone is masked.

    `late`: the window is over; `no_result`: somebody went there before today, and nobody noted what came of it.
    """

    id: str
    number: str
    ticket_id: str
    ticket_no: str
    kind: str
    merchant: str
    address: str
    contact: str
    phone: str
    device: str
    symptom_code: str
    engineer_id: str
    engineer: str
    from_at: int
    to_at: int
    state: str
    state_at: int
    late: bool
    no_result: bool = False


@dataclass(frozen=True, slots=True)
class VisitBoard:
    """The visits of this site as of one moment; `today` has those on site now, and the late ones of today too.

    `unsettled` are those that somebody has to come back to: without a result, or over while the ticket is open.
    """

    now: int
    late: tuple[VisitRow, ...] = ()
    unsettled: tuple[VisitRow, ...] = ()
    today: tuple[VisitRow, ...] = ()
    coming: tuple[VisitRow, ...] = ()
    done: tuple[VisitRow, ...] = ()


@dataclass(frozen=True, slots=True)
class CarriedLine:
    """One thing that goes along: its kind, what a form hands back for it, and the words for people."""

    kind: str
    what: str
    quantity: int
    words: str


@dataclass(frozen=True, slots=True)
class VisitCard:
    """A visit with everything its page shows; `versions` are what an edit says it has seen.

    `met` is the serial number that was scanned at the arrival, empty before it and where no device was looked at.
    """

    row: VisitRow
    contact_name: str
    contact_phone: str
    fee: str
    fee_fen: int
    words: str
    carry: tuple[CarriedLine, ...]
    arrived_at: int
    tamper: str
    met: str
    made_by: str
    made_at: int
    ticket: TicketCard
    events: tuple[EventCard, ...]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Engineer:
    """Somebody who may be sent; `visits` counts the open ones, of whatever day."""

    id: str
    staff_no: str
    name: str
    visits: int = 0


@dataclass(frozen=True, slots=True)
class Team:
    """Who is offered when somebody is to be sent; `more`: there are others, found by `engineers_like`."""

    people: tuple[Engineer, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class VisitStart:
    """What a new visit begins with: what the ticket and its merchant say, who may go, what it usually costs."""

    ticket: TicketCard
    address: str
    contact_name: str
    contact_phone: str
    day: date | None
    team: Team
    fee_fen: int
    loaners: tuple[str, ...]
    open_visit: str = ""


DONE_DAYS: Final = 7
"""So far back the list of finished visits goes."""

MOST: Final = 500

_COLUMNS: Final = (
    "SELECT v.id, v.number, v.ticket_id, t.number AS ticket_no, coalesce(t.kind, 'repair') AS kind,"
    " coalesce(nullif(m.short_name, ''), m.name, '') AS merchant, v.address, v.contact_name, v.contact_phone,"
    " coalesce(d.serial_no, '') AS serial_no, k.brand, k.brand_en, k.name AS model,"
    " coalesce(t.model_words, '') AS words, coalesce(t.symptom_code, '') AS symptom_code, v.engineer_id,"
    " coalesce(s.name, '') AS engineer, v.from_at, v.to_at, v.state, v.state_at,"
    " v.arrived_at"
    " FROM site_visit v LEFT JOIN service_ticket t ON t.id = v.ticket_id"
    " LEFT JOIN merchant m ON m.id = t.merchant_id LEFT JOIN device d ON d.id = t.device_id"
    " LEFT JOIN device_model k ON k.id = d.model_id LEFT JOIN staff s ON s.id = v.engineer_id"
)
_OPEN: Final = "v.state IN ('planned', 'on_site')"
"""The condition of the index of open visits, word by word, so that it is used."""


def board(session: ReadSession, now: int) -> VisitBoard:
    """Return the visits of this site: late, of today, to come, and those that ended in the last days."""
    others = other_sites(session, this_site(session))
    rows = _rows(session, f"WHERE {_OPEN} AND v.site_id NOT IN (??) ORDER BY v.from_at, v.n LIMIT ?", now, others, MOST)
    begins = instant(shop_day(now))
    ends = begins + DAY_MS
    ended = _rows(
        session, f"WHERE v.state_at >= ? AND NOT {_OPEN} AND v.site_id NOT IN (??) ORDER BY v.state_at DESC LIMIT ?",
        now, begins - DONE_DAYS * DAY_MS, others, MOST,
    )  # fmt: skip
    return VisitBoard(
        now,
        late=tuple(row for row in rows if row.late),
        unsettled=tuple(row for row in rows if row.no_result) + visits_in_vain(session, now),
        today=tuple(row for row in rows if row.from_at < ends and (row.to_at >= begins or row.state == "on_site")),
        coming=tuple(row for row in rows if row.from_at >= ends),
        done=tuple(ended),
    )  # fmt: skip


def visits_due(session: ReadSession, now: int, engineer_id: str = "") -> tuple[VisitRow, ...]:
    """Return the open visits of this site, or of one engineer, until the end of today: late ones, today's, on site."""
    if not ask(session, f"SELECT 1 FROM site_visit v WHERE {_OPEN} LIMIT 1"):
        return ()  # most desks send nobody, and ask this at every look
    others = other_sites(session, this_site(session))
    own = "AND v.engineer_id = ?" if engineer_id else "AND ? = ''"
    where = f"WHERE {_OPEN} AND v.from_at < ? AND v.site_id NOT IN (??) {own} ORDER BY v.from_at, v.n LIMIT ?"
    return tuple(_rows(session, where, now, instant(shop_day(now)) + DAY_MS, others, engineer_id, MOST))


def visits_in_vain(session: ReadSession, now: int) -> tuple[VisitRow, ...]:
    """Return the visits of this site that are over while nobody does anything about their ticket, longest first.

    Called off, nobody met, or done and not settled by it. A ticket that waits for somebody was decided on, one whose
    device was taken in goes on at the bench, and only its last visit counts.
    """
    if not ask(session, "SELECT 1 FROM site_visit LIMIT 1"):
        return ()  # most desks send nobody
    ended = ask(session, _IN_VAIN, other_sites(session, this_site(session)), MOST)
    return tuple(_rows(session, "WHERE v.id IN (??) ORDER BY v.state_at, v.n", now, [row.id for row in ended]))


_IN_VAIN: Final = (
    "SELECT v.id FROM service_ticket t CROSS JOIN site_visit v ON v.ticket_id = t.id"
    " WHERE t.state NOT IN ('done', 'cancelled') AND t.state <> 'waiting'"  # the index of open tickets, word by word
    " AND v.state IN ('not_met', 'cancelled', 'done') AND v.state_at > 0 AND v.site_id NOT IN (??)"
    " AND NOT EXISTS (SELECT 1 FROM site_visit w WHERE w.ticket_id = t.id AND w.id <> v.id"
    " AND w.state_at > 0 AND (w.made_at, w.n) > (v.made_at, v.n))"  # 0: planning it was taken back
    " AND NOT EXISTS (SELECT 1 FROM repair_order o JOIN repair_item i ON i.order_id = o.id"
    " WHERE o.ticket_id = t.id AND i.work_state <> 'cancelled')"
    " ORDER BY v.state_at, v.n LIMIT ?"
)


def visits_of_ticket(session: ReadSession, ticket_id: str, now: int) -> list[VisitRow]:
    """Return the visits of a ticket, newest first."""
    return _rows(session, "WHERE v.ticket_id = ? ORDER BY v.n DESC", now, ticket_id)


def visits_of_device(session: ReadSession, device_id: str, now: int, limit: int = 50) -> list[VisitRow]:
    """Return the visits for the tickets of a device, newest first."""
    return _rows(session, "WHERE t.device_id = ? ORDER BY v.n DESC LIMIT ?", now, device_id, limit)


def visits_of_merchant(session: ReadSession, merchant_id: str, now: int, limit: int = 50) -> list[VisitRow]:
    """Return the visits at a merchant, newest first."""
    return _rows(session, "WHERE t.merchant_id = ? ORDER BY v.n DESC LIMIT ?", now, merchant_id, limit)


def visit(session: ReadSession, visit_id: str, now: int) -> VisitCard | None:
    """Return a visit by its id, or None."""
    row = session.get(SiteVisit, visit_id)
    card = ticket(session, row.ticket_id) if row is not None else None
    if row is None or card is None:
        return None
    events = tuple(one for one in events_of_ticket(session, row.ticket_id) if one.data.get("visit_id") == visit_id)
    arrivals = [one for one in events if one.data.get("move") == "arrive" and not one.voided]
    maker = session.get(Staff, row.made_by) if row.made_by else None
    versions = session.execute(
        select(GroupVersion.name, GroupVersion.op_uid).where(GroupVersion.record_id == visit_id)
    ).all()
    return VisitCard(
        row=_rows(session, "WHERE v.id = ?", now, visit_id)[0],
        contact_name=row.contact_name, contact_phone=row.contact_phone, fee=row.fee, fee_fen=row.fee_fen,
        words=row.words, carry=tuple(_carried(session, one) for one in row.carry), arrived_at=row.arrived_at,
        tamper=str(arrivals[-1].data.get("tamper_result", "")) if arrivals else "", met=_met(arrivals),
        made_by=maker.name if maker else "", made_at=row.made_at, ticket=card, events=events, versions=dict(versions),
    )  # fmt: skip


def _met(arrivals: Sequence[EventCard]) -> str:
    serial = str(arrivals[-1].data.get("serial_no", "")) if arrivals else ""
    return "" if serial == NO_DEVICE else serial


def visit_start(session: ReadSession, ticket_id: str, now: int) -> VisitStart | None:
    """Return what a new visit for a ticket begins with, or None where the ticket is not known."""
    card = ticket(session, ticket_id)
    if card is None:
        return None
    merchant = session.get(Merchant, card.merchant_id or _holder(session, card.device_id))
    contact = session.scalars(
        select(MerchantContact)
        .where(MerchantContact.merchant_id == merchant.id, MerchantContact.active)
        .order_by(MerchantContact.main.desc(), MerchantContact.n)
        .limit(1)
    ).first() if merchant is not None else None  # fmt: skip
    name, phone = card.caller_name, card.callback_phone
    if not phone and contact is not None:
        name, phone = contact.name, contact.phone
    open_rows = [row for row in visits_of_ticket(session, ticket_id, now) if row.state in ("planned", "on_site")]
    said = [str(one.data["next_on"]) for one in card.events if one.data.get("next_on") and not one.voided]
    wanted = said[-1] if said else str(card.answers.get("install_on", ""))[:10]
    return VisitStart(
        ticket=card,
        address=str(card.answers.get("address") or (merchant.address if merchant else "")),
        contact_name=name, contact_phone=phone,
        day=_day(wanted) if wanted else None,
        team=team(session),
        fee_fen=_usual_fee(session, now),
        loaners=tuple(one.serial_no for one in _loaners(session)),
        open_visit=open_rows[0].id if open_rows else "",
    )  # fmt: skip


def _holder(session: ReadSession, device_id: str) -> str:
    """Return the merchant who has a unit as far as is known, where a ticket only names the unit."""
    unit = session.get(Device, device_id) if device_id else None
    return unit.merchant_id if unit is not None else ""


def team(session: ReadSession, chosen: str = "") -> Team:
    """Return who may be sent, field engineers first; where they are many, those who work or were sent from here.

    `chosen` is somebody who is among them in any case. The others are found by `engineers_like`.
    """
    able = everybody = _able(session)
    if len(able) > FEW:
        known = set(session.scalars(select(StaffSecret.staff_id))) | {chosen}
        others = other_sites(session, this_site(session))
        known |= {row.id for row in ask(session, _SENT, others)}
        able = [one for one in able if one.id in known][:MOST_OFFERED] or able[:MOST_OFFERED]
    load = {row.engineer_id: row.count for row in ask(session, _LOAD)}
    people = tuple(Engineer(one.id, one.staff_no, one.name, load.get(one.id, 0)) for one in able)
    return Team(people, more=len(people) < len(everybody))


def engineers_like(session: ReadSession, typed: str) -> tuple[Engineer, ...]:
    """Return who may be sent of those whose number or name holds what was typed."""
    wanted = typed.strip().lower()
    fitting = [one for one in _able(session) if wanted in one.staff_no.lower() or wanted in one.name.lower()]
    return tuple(Engineer(one.id, one.staff_no, one.name) for one in fitting[:9]) if wanted else ()


def _able(session: ReadSession) -> list[Staff]:
    people = session.scalars(select(Staff).where(Staff.active).order_by(Staff.staff_no)).all()
    able = [one for one in people if may_be_sent(one.roles)]
    able.sort(key=lambda one: Role.FIELD_ENGINEER not in one.roles)
    return able


FEW: Final = 9
"""So many engineers are offered without a question who of them works here."""

MOST_OFFERED: Final = 24

_SENT: Final = "SELECT DISTINCT engineer_id AS id FROM site_visit WHERE site_id NOT IN (??)"
_LOAD: Final = f"SELECT v.engineer_id, count(*) AS count FROM site_visit v WHERE {_OPEN} GROUP BY 1"


def _usual_fee(session: ReadSession, now: int) -> int:
    """Return what a visit costs by today's price list, 0 where it has no line for it."""
    _version, known = bench.price_list(session, shop_day(now))
    return next((line.fen for line in known.values() if line.kind == "visit"), 0)


def _loaners(session: ReadSession) -> list[Device]:
    """Return the loaners that lie here."""
    out = {loan.device_id for loan in open_loans(session)}
    return [unit for unit, place in pool_here(session) if place.where is Where.HERE and unit.id not in out]


def _rows(session: ReadSession, where: str, now: int, *values: Any) -> list[VisitRow]:
    return [
        VisitRow(
            row.id, row.number, row.ticket_id, row.ticket_no or "", row.kind, row.merchant, row.address,
            row.contact_name, mask("phone", row.contact_phone) if row.contact_phone else "",
            f"{model_title(row.brand, row.brand_en, row.model)} {row.serial_no}".strip() or row.words,
            row.symptom_code, row.engineer_id, row.engineer, row.from_at, row.to_at, row.state, row.state_at,
            is_late(row.state, row.to_at, now), lacks_result(row.state, row.arrived_at, now),
        )
        for row in ask(session, f"{_COLUMNS} {where}", *values)
    ]  # fmt: skip


def _carried(session: ReadSession, one: Any) -> CarriedLine:
    told: Mapping[str, Any] = one if isinstance(one, dict) else json.loads(str(one))
    kind = str(told.get("kind", "other"))
    if kind == "loaner":
        return CarriedLine(kind, str(told.get("serial_no", "")), 1, str(told.get("serial_no", "")))
    if kind == "part":
        part = session.get(Part, str(told.get("part_id", "")))
        name = in_window(part.name, part.name_en) if part is not None else ""
        count = int(told.get("quantity", 1))
        return CarriedLine(kind, str(told.get("part_id", "")), count, f"{told.get('part_no', '')} {name} × {count}")
    return CarriedLine(kind, str(told.get("words", "")), 1, str(told.get("words", "")))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parts_like(session: ReadSession, typed: str) -> Sequence[tuple[str, str, str, bool]]:
    """Return id, number, name, and whether each has a number of its own, of parts that hold what was typed."""
    wanted = typed.strip().upper()
    rows = session.scalars(select(Part).where(Part.active).order_by(Part.part_no))
    fitting = [
        one for one in rows
        if wanted in one.part_no.upper() or wanted in one.name.upper() or wanted in one.name_en.upper()
    ]  # fmt: skip
    fitting.sort(key=lambda one: one.part_no.upper() != wanted)
    return [(one.id, one.part_no, in_window(one.name, one.name_en), one.serialised) for one in fitting[:9]]


def open_visit_of(session: ReadSession, number: str) -> tuple[str, str] | None:
    """Return id and state of the visit with a number."""
    row = session.execute(select(SiteVisit.id, SiteVisit.state).where(SiteVisit.number == number)).first()
    return (row.id, row.state) if row is not None else None
