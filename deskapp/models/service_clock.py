"""The calendar and the promised times of a site, as its records set them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp.models.people import CalendarDay, Site
from deskapp.rules.deadlines import (
    SERVICE_TIMES,
    USUAL_HOURS,
    DueTimes,
    Hours,
    Pause,
    ServiceTime,
    SiteCalendar,
    due,
)


def calendar_of(session: Session, site_id: str) -> SiteCalendar:
    """Return when a site works: the public calendar, with the days people have entered themselves."""
    overlay: dict[date, Hours | None] = {}
    for row in session.scalars(select(CalendarDay).where(CalendarDay.site_id == site_id, CalendarDay.active)):
        overlay[date.fromisoformat(row.day)] = USUAL_HOURS if row.works else None
    return SiteCalendar(overlay=overlay)


def service_of(session: Session, site_id: str, priority: int) -> ServiceTime:
    """Return what a site promises for a priority, the usual times where it has none of its own."""
    usual = SERVICE_TIMES[priority]
    site = session.get(Site, site_id)
    own = (site.service_times if site else {}).get(str(priority)) or {}
    return ServiceTime(
        int(own.get("first_response_min", usual.first_response_min)),
        int(own.get("done_working_days", usual.done_working_days)),
        bool(own.get("round_the_clock", usual.round_the_clock)),
    )


def due_of(
    session: Session, site_id: str, opened_ms: int, priority: int, pauses: tuple[Pause, ...] = ()
) -> DueTimes:
    """Return when something opened at an instant with a priority is due at a site."""
    return due(opened_ms, service_of(session, site_id, priority), calendar_of(session, site_id), pauses)
