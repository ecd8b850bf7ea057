"""Service times of a site as its tables hold them: week, special days, promises by priority.

`Site.service_times` is `{"week": {"0": [510, 1050], ...}, "priority": {"1": [30, 1, true], ...}}`:
minutes after midnight by weekday (0 is Monday), and per priority the minutes to the first
response, the working days to the end, and whether the first runs round the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp.models.act_session import ActSession, facts_of
from deskapp.models.people import CalendarDay, Site
from deskapp.models.repair import RepairItem, WorkEvent
from deskapp.models.ticket import TicketEvent
from deskapp.rules.deadlines import (
    MONDAY_TO_SATURDAY,
    SERVICE_TIMES,
    USUAL_HOURS,
    DueTimes,
    Hours,
    Pause,
    ServiceTime,
    SiteCalendar,
    Waiting,
    due,
)
from deskapp.rules.states import WorkState

_ITEM_WAITS = {
    WorkState.AWAITING_APPROVAL: Waiting.MERCHANT,
    WorkState.AWAITING_PARTS: Waiting.PARTS,
    WorkState.VENDOR_REPAIR: Waiting.VENDOR,
}


def calendar_of(session: Session, site_id: str) -> SiteCalendar:
    """Return when a site is open: its week and the days it changed itself."""
    info = session.kept.info if isinstance(session, ActSession) else session.info
    kept = info.get(("calendar", site_id))
    if isinstance(kept, SiteCalendar):
        return kept
    site = session.get(Site, site_id)
    raw: dict[str, Any] = site.service_times if site else {}
    week = {int(day): Hours(int(span[0]), int(span[1])) for day, span in raw.get("week", {}).items() if span}
    usual = week or dict(MONDAY_TO_SATURDAY)
    overlay: dict[date, Hours | None] = {}
    rows = session.scalars(select(CalendarDay).where(CalendarDay.site_id == site_id, CalendarDay.active))
    for row in rows:
        day = date.fromisoformat(row.day)
        overlay[day] = usual.get(day.weekday(), USUAL_HOURS) if row.works else None
    calendar = SiteCalendar(usual, overlay)
    # A session sees one moment, and folds ask for every device; the write door's own memory is told of changes.
    info["calendar", site_id] = calendar
    return calendar


def promise_of(session: Session, site_id: str, priority: int) -> ServiceTime:
    """Return what a site promises for a priority."""
    site = session.get(Site, site_id)
    own = (site.service_times if site else {}).get("priority", {}).get(str(priority))
    if own:
        return ServiceTime(int(own[0]), int(own[1]), round_the_clock=bool(own[2]))
    return SERVICE_TIMES.get(priority, SERVICE_TIMES[3])


def due_of(session: Session, site_id: str, priority: int, opened_at: int, pauses: Sequence[Pause]) -> DueTimes:
    """Return when something opened at an instant (ms UTC) is due at a site."""
    if pauses:
        return due(opened_at, *_terms(session, site_id, priority), pauses)
    key = ("due", site_id, priority, opened_at)  # the devices of one visit are due at the same time as its ticket
    known: DueTimes | None = session.info.get(key)
    if known is None:
        known = session.info[key] = due(opened_at, *_terms(session, site_id, priority))
    return known


def _terms(session: Session, site_id: str, priority: int) -> tuple[ServiceTime, SiteCalendar]:
    """Return what a site promises for a priority and when it is open: looked up once for thousands of tickets."""
    info = session.kept.info if isinstance(session, ActSession) else session.info
    key = ("terms", site_id, priority)
    known: tuple[ServiceTime, SiteCalendar] | None = info.get(key)
    if known is None:
        known = info[key] = promise_of(session, site_id, priority), calendar_of(session, site_id)
    return known


def ticket_pauses(events: Sequence[TicketEvent]) -> list[Pause]:
    """Return the times in which a ticket waited for somebody; voided events do not count."""
    voided = {row.voids for row in events if row.voids}
    pauses: list[Pause] = []
    since, reason = 0, Waiting.MERCHANT
    for row in events:
        if row.id in voided or not row.to_state:
            continue
        if since:
            pauses.append(Pause(since, row.at, reason))
            since = 0
        if row.to_state == "waiting":
            since, reason = row.at, Waiting(str(row.data.get("reason", "merchant")))
    if since:
        pauses.append(Pause(since, None, reason))
    return pauses


def item_pauses(session: Session, item: RepairItem) -> list[Pause]:
    """Return the times in which a device waited for its merchant, for parts or for the maker."""
    rows = facts_of(session, WorkEvent, item.id)
    pauses: list[Pause] = []
    since, reason = 0, Waiting.MERCHANT
    for row in rows:
        if row.voids:
            continue
        if since:
            pauses.append(Pause(since, row.at, reason))
            since = 0
        state = WorkState(row.to_state)
        if state in _ITEM_WAITS:
            since, reason = row.at, _ITEM_WAITS[state]
    if since:
        pauses.append(Pause(since, None, reason))
    return pauses
