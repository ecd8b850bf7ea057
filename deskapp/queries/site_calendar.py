"""The calendar of a site month by month: what is public, what the site changed itself, and what it promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from deskapp.models import times
from deskapp.models.people import CalendarDay
from deskapp.models.store import ReadSession
from deskapp.queries.bench import site_id_of
from deskapp.queries.registry import special_days
from deskapp.rules.deadlines import SERVICE_TIMES, SiteCalendar

WEEKS = 6


@dataclass(frozen=True, slots=True)
class DayCard:
    """One day: opening hours in minutes after midnight (None: closed), the holiday's name, the site's own word.

    `public` says whether the site would be open without a word of its own; `provisional` that the holidays
    of the year are not published yet.
    """

    day: date
    hours: tuple[int, int] | None
    holiday: str
    provisional: bool
    own: bool
    note: str
    public: bool


@dataclass(frozen=True, slots=True)
class CalendarCard:
    """One month in six whole weeks from a Monday on, the usual week, and the promises by priority.

    A promise is minutes to the first response, working days to the end, round the clock or not.
    `records` are the ids whose history is the calendar's: the site, and every day it ever had a word about.
    """

    first: date
    days: tuple[DayCard, ...]
    week: Mapping[int, tuple[int, int] | None]
    promises: Mapping[int, tuple[int, int, bool]]
    records: tuple[str, ...] = ()


def calendar_month(session: ReadSession, first: date) -> CalendarCard:
    """Return the month that begins on a day."""
    site_id = site_id_of(session)
    calendar = times.calendar_of(session, site_id)
    plain = SiteCalendar(calendar.week)
    own = {row.day: row for row in special_days(session, site_id)}
    start = first - timedelta(days=first.weekday())
    cards = []
    for place in range(WEEKS * 7):
        day = start + timedelta(days=place)
        now, public, word = calendar.day(day), plain.day(day), own.get(day.isoformat())
        cards.append(
            DayCard(
                day, (now.hours.open_min, now.hours.close_min) if now.hours else None, public.holiday,
                public.provisional and word is None, word is not None, word.note if word else "",
                public.hours is not None,
            )  # fmt: skip
        )
    week = {
        number: (calendar.week[number].open_min, calendar.week[number].close_min) if number in calendar.week else None
        for number in range(7)
    }
    promises = {}
    for priority in SERVICE_TIMES:
        promise = times.promise_of(session, site_id, priority)
        promises[priority] = (promise.first_response_min, promise.done_working_days, promise.round_the_clock)
    days = session.scalars(select(CalendarDay.id).where(CalendarDay.site_id == site_id).order_by(CalendarDay.day))
    return CalendarCard(first, tuple(cards), week, promises, (site_id, *days))
