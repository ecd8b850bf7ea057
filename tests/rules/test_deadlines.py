"""Due times on a site calendar: opening hours, holidays, make-up days, pauses, colours."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.errors import Refused
from deskapp.rules.deadlines import (
    DAY_MS,
    SERVICE_TIMES,
    SHOP_TIME,
    UNCOLLECTED_STEPS,
    Hours,
    Pause,
    ServiceTime,
    SiteCalendar,
    Waiting,
    colour,
    colour_of,
    due,
    instant,
    priority_of,
    shop_day,
    uncollected_step,
    worked_ms,
)

CALENDAR = SiteCalendar()
HOUR = 60 * 60 * 1000


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=SHOP_TIME).timestamp() * 1000)


def shown(ms: int | None) -> str:
    assert ms is not None
    return datetime.fromtimestamp(ms / 1000, SHOP_TIME).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("opened", "priority", "first", "done"),
    [
        # Wednesday 12 March 2025, an ordinary week (Saturday open, Sunday closed).
        ("2025-03-12 10:00", 1, "2025-03-12 10:30", "2025-03-13 10:00"),
        ("2025-03-12 10:00", 2, "2025-03-12 14:00", "2025-03-15 10:00"),
        ("2025-03-12 10:00", 3, "2025-03-13 10:00", "2025-03-18 10:00"),
        ("2025-03-12 10:00", 4, "2025-03-14 10:00", "2025-03-24 10:00"),
        # At night: round the clock for urgent, else from the opening on.
        ("2025-03-12 23:50", 1, "2025-03-13 00:20", "2025-03-13 17:30"),
        ("2025-03-12 23:50", 2, "2025-03-13 12:30", "2025-03-15 17:30"),
        # Saturday afternoon into Monday.
        ("2025-03-15 16:30", 2, "2025-03-17 11:30", "2025-03-19 16:30"),
        # National Day 1-8 October 2025 closed; Sunday 28 September is a make-up workday.
        ("2025-09-27 10:00", 1, "2025-09-27 10:30", "2025-09-28 10:00"),
        ("2025-09-30 10:00", 1, "2025-09-30 10:30", "2025-10-09 10:00"),
    ],
)
def test_due_times(opened: str, priority: int, first: str, done: str) -> None:
    times = due(at(opened), priority, CALENDAR)
    assert (shown(times.first_response_ms), shown(times.done_ms)) == (first, done)
    assert not times.provisional


def test_a_year_nobody_knows_counts_weekends_only_and_says_so() -> None:
    times = due(at("2049-10-01 10:00"), 1, CALENDAR)
    assert times.provisional
    assert shown(times.done_ms) == "2049-10-02 10:00"


def test_the_overlay_cures_an_unknown_year_and_wins_over_the_library() -> None:
    holiday = SiteCalendar(overlay={date(2049, 10, 1): None, date(2049, 10, 2): Hours(9 * 60, 12 * 60)})
    assert holiday.day(date(2049, 10, 1)).hours is None
    times = due(at("2049-10-01 10:00"), ServiceTime(60, 1), holiday)
    assert shown(times.first_response_ms) == "2049-10-02 10:00"
    works = SiteCalendar(overlay={date(2025, 10, 1): Hours(9 * 60, 12 * 60)})
    assert works.day(date(2025, 10, 1)).hours == Hours(9 * 60, 12 * 60)


@pytest.mark.parametrize("year", [1999, 2003, 2027, 2100])
def test_no_year_raises(year: int) -> None:
    assert CALENDAR.day(date(year, 1, 4)).provisional


def test_holidays_and_make_up_days_are_named() -> None:
    assert CALENDAR.day(date(2025, 10, 1)).hours is None
    assert CALENDAR.day(date(2025, 10, 1)).holiday == "National Day"
    assert CALENDAR.day(date(2025, 9, 28)).hours == Hours(510, 1050)
    assert CALENDAR.day(date(2025, 3, 15)).hours is not None
    assert CALENDAR.day(date(2025, 3, 16)).hours is None


def test_waiting_stops_the_clock_of_the_end_only() -> None:
    pause = Pause(at("2025-03-12 12:00"), at("2025-03-13 12:00"), Waiting.MERCHANT)
    times = due(at("2025-03-12 10:00"), 2, CALENDAR, [pause])
    assert shown(times.first_response_ms) == "2025-03-12 14:00"
    assert shown(times.done_ms) == "2025-03-17 10:00"


def test_overlapping_pauses_count_once_and_those_at_night_not_at_all() -> None:
    twice = [
        Pause(at("2025-03-12 12:00"), at("2025-03-12 14:00"), Waiting.PARTS),
        Pause(at("2025-03-12 13:00"), at("2025-03-12 15:00"), Waiting.BANK),
        Pause(at("2025-03-12 20:00"), at("2025-03-13 07:00"), Waiting.VENDOR),
    ]
    assert shown(due(at("2025-03-12 10:00"), 1, CALENDAR, twice).done_ms) == "2025-03-13 13:00"


def test_while_somebody_is_awaited_there_is_no_end() -> None:
    lasting = [Pause(at("2025-03-12 12:00"), None, Waiting.PARTS)]
    assert due(at("2025-03-12 10:00"), 1, CALENDAR, lasting).done_ms is None
    late = [Pause(at("2025-03-13 12:00"), None, Waiting.PARTS)]
    assert shown(due(at("2025-03-12 10:00"), 1, CALENDAR, late).done_ms) == "2025-03-13 10:00"


@pytest.mark.parametrize(
    ("used", "expected"), [(0, "ok"), (49, "ok"), (50, "warn"), (99, "warn"), (100, "late"), (500, "late")]
)
def test_colours_at_half_and_at_the_end(used: int, expected: str) -> None:
    assert colour_of(used, 100).value == expected


@pytest.mark.parametrize(
    ("now", "responded", "expected"),
    [
        ("2025-03-12 14:29", True, "ok"),
        ("2025-03-12 14:30", True, "warn"),
        ("2025-03-12 23:00", True, "warn"),
        ("2025-03-13 10:00", True, "late"),
        ("2025-03-12 10:14", False, "ok"),
        ("2025-03-12 10:15", False, "warn"),
        ("2025-03-12 10:30", False, "late"),
    ],
)
def test_the_colour_of_an_urgent_ticket(now: str, responded: bool, expected: str) -> None:
    shade = colour(at(now), at("2025-03-12 10:00"), 1, CALENDAR, responded=responded)
    assert shade.value == expected


def test_a_ticket_does_not_age_while_it_waits() -> None:
    lasting = [Pause(at("2025-03-12 12:00"), None, Waiting.VENDOR)]
    assert colour(at("2025-06-01 12:00"), at("2025-03-12 10:00"), 1, CALENDAR, lasting).value == "ok"


def test_a_calendar_that_never_opens_is_refused() -> None:
    with pytest.raises(Refused):
        due(at("2025-03-12 10:00"), 3, SiteCalendar(week={}))
    assert worked_ms(at("2025-03-12 10:00"), at("2028-03-12 10:00"), SiteCalendar(week={})) == 0


def test_hours_that_close_before_they_open_are_a_bug() -> None:
    with pytest.raises(ValueError, match="opens"):
        Hours(600, 600)


@pytest.mark.parametrize(
    ("kind", "stopped", "loaner", "tamper", "expected"),
    [
        ("transaction_anomaly", False, False, False, 1),
        ("repair", False, False, True, 1),
        ("repair", True, False, False, 1),
        ("repair", True, True, False, 2),
        ("repair", False, False, False, 3),
        ("software_update", False, False, False, 3),
        ("consultation", False, False, False, 4),
    ],
)
def test_priority(kind: str, stopped: bool, loaner: bool, tamper: bool, expected: int) -> None:
    assert priority_of(kind, business_stopped=stopped, loaner=loaner, tamper=tamper) == expected
    assert expected in SERVICE_TIMES


@pytest.mark.parametrize(
    ("days", "step"), [(0, 0), (6, 0), (7, 1), (15, 2), (30, 3), (60, 4), (89, 4), (90, 5), (900, 5), (-3, 0)]
)
def test_the_steps_for_a_device_nobody_collects(days: int, step: int) -> None:
    ready = at("2025-03-12 10:00")
    assert uncollected_step(ready, ready + days * DAY_MS) == step
    assert step < len(UNCOLLECTED_STEPS)


def test_the_shop_day_begins_at_midnight_in_china() -> None:
    midnight = instant(date(2025, 3, 12))
    assert shop_day(midnight) == date(2025, 3, 12)
    assert shop_day(midnight - 1) == date(2025, 3, 11)
    assert instant(date(2025, 3, 12), 510) - midnight == 8 * HOUR + HOUR // 2


moments = st.integers(at("2023-01-01 00:00") // 1000, at("2028-12-31 00:00") // 1000).map(lambda s: s * 1000)
spans = st.lists(st.tuples(moments, st.integers(1, 40)), max_size=4).map(
    lambda found: [Pause(start, start + days * DAY_MS // 3, Waiting.PARTS) for start, days in found]
)


@given(moments, st.sampled_from(sorted(SERVICE_TIMES)), spans)
def test_the_promised_time_has_been_worked_when_it_is_due(
    opened: int, priority: int, pauses: list[Pause]
) -> None:
    times = due(opened, priority, CALENDAR, pauses)
    assert times.done_ms is not None and times.done_ms > opened
    promised = SERVICE_TIMES[priority].done_working_days * 9 * HOUR
    assert worked_ms(opened, times.done_ms, CALENDAR, pauses) == promised
    assert colour(times.done_ms, opened, priority, CALENDAR, pauses).value == "late"
    assert colour(times.done_ms - 1, opened, priority, CALENDAR, pauses).value == "warn"


@given(moments, st.sampled_from(sorted(SERVICE_TIMES)), spans)
def test_a_pause_never_makes_a_ticket_due_earlier(opened: int, priority: int, pauses: list[Pause]) -> None:
    with_pauses = due(opened, priority, CALENDAR, pauses).done_ms
    without = due(opened, priority, CALENDAR).done_ms
    assert with_pauses is not None and without is not None and with_pauses >= without


def test_a_long_wait_is_counted_quickly() -> None:
    start = at("2004-01-01 10:00")
    assert worked_ms(start, start + timedelta(days=7000) // timedelta(milliseconds=1), CALENDAR) > 0
