"""When a ticket is due: working hours of a site, Chinese public holidays, pauses, ageing colours.

All instants are whole ms since 1970 in UTC; days and hours are shop time. Shop time is a fixed
eight hours ahead of UTC and not a named zone: China has had one time without summer time since
1991, and a Windows machine has no zone database that `zoneinfo` could read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Final

from deskapp.errors import N_, Refused

SHOP_TIME: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS
SHOP_SHIFT_MS: Final = 8 * 60 * MINUTE_MS
_EPOCH: Final = date(1970, 1, 1)

QUOTE_VALID_DAYS: Final = 7
CLOSE_SOLVED_AFTER_DAYS: Final = 3
CLOSE_PICKED_UP_AFTER_DAYS: Final = 7

_LONGEST_CLOSED: Final = 400
"""Days without one open hour after which a calendar is taken to be wrong."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of a day, in minutes after midnight of shop time."""

    open_min: int
    close_min: int

    def __post_init__(self) -> None:
        if not 0 <= self.open_min < self.close_min <= 24 * 60:
            raise ValueError("a day opens before it closes")

    @property
    def length_min(self) -> int:
        return self.close_min - self.open_min


USUAL_HOURS: Final = Hours(8 * 60 + 30, 17 * 60 + 30)
MONDAY_TO_SATURDAY: Final[Mapping[int, Hours]] = dict.fromkeys(range(6), USUAL_HOURS)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a site: its hours (None when closed), the holiday's name, whether it is provisional."""

    hours: Hours | None
    holiday: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class SiteCalendar:
    """When a site is open: hours by weekday (0 is Monday), and an overlay of single days that wins.

    The overlay is what people enter themselves: None closes a day, hours open it. It is also the
    cure for years whose holidays the library does not know yet.
    """

    week: Mapping[int, Hours] = field(default_factory=lambda: dict(MONDAY_TO_SATURDAY))
    overlay: Mapping[date, Hours | None] = field(default_factory=dict)
    _seen: dict[date, Day] = field(default_factory=dict, repr=False, compare=False)
    _hours: dict[int, tuple[int, int, bool]] = field(default_factory=dict, repr=False, compare=False)
    _usual: list[int] = field(default_factory=list, repr=False, compare=False)

    @property
    def usual_min(self) -> int:
        """The length of one working day in minutes, for service times that count in working days."""
        if not self._usual:
            self._usual.append(max((hours.length_min for hours in self.week.values()), default=USUAL_HOURS.length_min))
        return self._usual[0]

    def day(self, day: date) -> Day:
        """Return what a day is like at this site. Never raises for a year nobody knows."""
        known = self._seen.get(day)
        if known is None:
            known = self._seen[day] = self._judge(day)
        return known

    def open_hours(self, number: int) -> tuple[int, int, bool]:
        """Return from when to when (ms UTC) a shop day is open, and whether that is provisional; 0, 0: closed.

        `number` counts days since 1970 in shop time. A service time is worked out for every ticket that comes in,
        over a dozen days each, so what a day is like is worked out once.
        """
        known = self._hours.get(number)
        if known is None:
            kind, midnight = self.day(_EPOCH + timedelta(days=number)), number * DAY_MS - SHOP_SHIFT_MS
            opens, closes = (0, 0) if kind.hours is None else (kind.hours.open_min, kind.hours.close_min)
            known = (midnight + opens * MINUTE_MS, midnight + closes * MINUTE_MS, kind.provisional)
            self._hours[number] = known if closes else (0, 0, kind.provisional)
        return self._hours[number]

    def _judge(self, day: date) -> Day:
        if day in self.overlay:
            return Day(self.overlay[day])
        closed, name, provisional = _public_holiday(day)
        if closed:
            return Day(None, name, provisional)
        if name:
            # A make-up workday: people work although it is a weekend.
            return Day(self.week.get(day.weekday(), _any_hours(self.week)), name, provisional)
        return Day(self.week.get(day.weekday()), "", provisional)


def _any_hours(week: Mapping[int, Hours]) -> Hours | None:
    return next(iter(week.values()), None)


def _public_holiday(day: date) -> tuple[bool, str, bool]:
    """Return (closed by law, name of the holiday or of the make-up day, year not known yet)."""
    # Imported here: the table of all years is read only where somebody asks for a due time.
    import chinese_calendar

    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return False, "", True
    return bool(off and name), str(name or ""), False


class Waiting(StrEnum):
    """On whom we wait; each stops the clock."""

    MERCHANT = "merchant"
    PARTS = "parts"
    BANK = "bank"
    VENDOR = "vendor"
    SUPPLIER = "supplier"


WAITING_TITLES: Final[Mapping[Waiting, str]] = {
    Waiting.MERCHANT: N_("waiting for the merchant"),
    Waiting.PARTS: N_("waiting for parts"),
    Waiting.BANK: N_("waiting for the bank"),
    Waiting.VENDOR: N_("waiting for the maker"),
    Waiting.SUPPLIER: N_("waiting for the supplier"),
}


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which the clock stands still (ms UTC); `to_ms` is None while it lasts."""

    from_ms: int
    to_ms: int | None
    reason: Waiting


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """The promise of a priority: first response in minutes (open or round the clock), working days."""

    first_response_min: int
    done_working_days: int
    round_the_clock: bool = False


SERVICE_TIMES: Final[Mapping[int, ServiceTime]] = {
    1: ServiceTime(30, 1, round_the_clock=True),
    2: ServiceTime(4 * 60, 3),
    3: ServiceTime(USUAL_HOURS.length_min, 5),
    4: ServiceTime(2 * USUAL_HOURS.length_min, 10),
}
"""Defaults, editable for each site. One working day of first response is one day's hours."""

PRIORITY_TITLES: Final[Mapping[int, str]] = {
    1: N_("1 urgent"),
    2: N_("2 high"),
    3: N_("3 normal"),
    4: N_("4 advice"),
}

ADVICE_KINDS: Final = frozenset({"consultation", "application", "contract", "training", "fee_question"})


def priority_of(
    kind: str, *, business_stopped: bool = False, loaner: bool = False, tamper: bool = False
) -> int:
    """Return the priority 1 (urgent) to 4 (advice) of a ticket of this kind."""
    if kind == "transaction_anomaly" or tamper or (business_stopped and not loaner):
        return 1
    if business_stopped:
        return 2
    return 4 if kind in ADVICE_KINDS else 3


@dataclass(frozen=True, slots=True)
class DueTimes:
    """When the first response and the end are due (ms UTC).

    `done_ms` is None while the clock stands still; `provisional` when a year's holidays are unknown.
    """

    first_response_ms: int
    done_ms: int | None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class _Span:
    from_ms: int
    to_ms: int
    provisional: bool = False


def due(
    opened_ms: int, service: ServiceTime | int, calendar: SiteCalendar, pauses: Sequence[Pause] = ()
) -> DueTimes:
    """Return when a ticket opened at an instant is due. `service` may be a priority 1-4.

    Pauses move the end, not the first response: before we answered there is nothing to wait for.
    """
    promised = SERVICE_TIMES[service] if isinstance(service, int) else service
    provisional = False
    if promised.round_the_clock:
        first_ms = opened_ms + promised.first_response_min * MINUTE_MS
    else:
        first, provisional = _after(opened_ms, promised.first_response_min * MINUTE_MS, calendar, ())
        first_ms = first if first is not None else opened_ms
    done, provisional_end = _after(opened_ms, _done_ms(promised, calendar), calendar, pauses)
    return DueTimes(first_ms, done, provisional or provisional_end)


def _done_ms(service: ServiceTime, calendar: SiteCalendar) -> int:
    return service.done_working_days * calendar.usual_min * MINUTE_MS


def _after(
    start_ms: int, work_ms: int, calendar: SiteCalendar, pauses: Sequence[Pause]
) -> tuple[int | None, bool]:
    """Return the instant when so much open time has passed, None if a lasting pause comes before."""
    if not pauses:
        return _after_in_one_go(start_ms, work_ms, calendar)
    forever = min((pause.from_ms for pause in pauses if pause.to_ms is None), default=None)
    left = work_ms
    provisional = False
    for day in _open_spans(start_ms, calendar):
        provisional = provisional or day.provisional
        for span in _without(day, pauses):
            if span.to_ms - span.from_ms >= left:
                return span.from_ms + left, provisional
            left -= span.to_ms - span.from_ms
        if forever is not None and day.to_ms > forever:
            return None, provisional
    raise AssertionError("the spans of a calendar do not end")


def _after_in_one_go(start_ms: int, work_ms: int, calendar: SiteCalendar) -> tuple[int, bool]:
    """Return the same as `_after` where nothing pauses the clock."""
    number, left, provisional, closed = (start_ms + SHOP_SHIFT_MS) // DAY_MS, work_ms, False, 0
    while True:
        opens, closes, unsure = calendar.open_hours(number)
        if closes > start_ms:
            provisional = provisional or unsure
            opens = max(opens, start_ms)
            if closes - opens >= left:
                return opens + left, provisional
            left -= closes - opens
        closed = 0 if closes else closed + 1
        if closed > _LONGEST_CLOSED:
            raise Refused(N_("The calendar of this site has no open day."), field="calendar", code="closed")
        number += 1


def _open_spans(start_ms: int, calendar: SiteCalendar, until_ms: int | None = None) -> Iterator[_Span]:
    """Yield the open hours from an instant on, day by day, without end or until the day of `until_ms`.

    Looking for a due time in a calendar that never opens is `Refused`; counting in it gives nothing.
    """
    day = shop_day(start_ms)
    last = None if until_ms is None else shop_day(until_ms)
    closed = 0
    while last is None or day <= last:
        kind = calendar.day(day)
        if kind.hours is None:
            closed += 1
            if last is None and closed > _LONGEST_CLOSED:
                raise Refused(
                    N_("The calendar of this site has no open day."), field="calendar", code="closed"
                )
        else:
            closed = 0
            midnight = instant(day)
            opens = midnight + kind.hours.open_min * MINUTE_MS
            closes = midnight + kind.hours.close_min * MINUTE_MS
            if closes > start_ms:
                yield _Span(max(opens, start_ms), closes, kind.provisional)
        day += timedelta(days=1)


def _without(span: _Span, pauses: Iterable[Pause]) -> list[_Span]:
    """Cut the pauses out of a span; overlapping pauses count once."""
    pieces: list[_Span] = []
    start = span.from_ms
    for pause in sorted(pauses, key=lambda entry: entry.from_ms):
        end = span.to_ms if pause.to_ms is None else pause.to_ms
        if end <= start or pause.from_ms >= span.to_ms:
            continue
        if pause.from_ms > start:
            pieces.append(_Span(start, pause.from_ms, span.provisional))
        start = max(start, end)
    if start < span.to_ms:
        pieces.append(_Span(start, span.to_ms, span.provisional))
    return pieces


def worked_ms(from_ms: int, to_ms: int, calendar: SiteCalendar, pauses: Sequence[Pause] = ()) -> int:
    """Return how much open time lies between two instants, pauses left out."""
    total = 0
    if to_ms <= from_ms:
        return 0
    for day in _open_spans(from_ms, calendar, to_ms):
        for span in _without(day, pauses):
            total += max(0, min(span.to_ms, to_ms) - span.from_ms)
    return total


class Colour(StrEnum):
    """How a row in a queue looks: in time, past half, past due."""

    OK = "ok"
    WARN = "warn"
    LATE = "late"


COLOUR_TITLES: Final[Mapping[Colour, str]] = {
    Colour.OK: N_("in time"),
    Colour.WARN: N_("more than half used"),
    Colour.LATE: N_("late"),
}


def colour_of(used_ms: int, promised_ms: int) -> Colour:
    """Return the colour for so much of the promised time used: `warn` from 50 %, `late` from 100 %."""
    if used_ms >= promised_ms:
        return Colour.LATE
    return Colour.WARN if used_ms * 2 >= promised_ms else Colour.OK


def colour(
    now_ms: int,
    opened_ms: int,
    service: ServiceTime | int,
    calendar: SiteCalendar,
    pauses: Sequence[Pause] = (),
    *,
    responded: bool = True,
) -> Colour:
    """Return the worse colour of the end and, until somebody has `responded`, of the first response."""
    promised = SERVICE_TIMES[service] if isinstance(service, int) else service
    colours = [colour_of(worked_ms(opened_ms, now_ms, calendar, pauses), _done_ms(promised, calendar))]
    if not responded:
        used = now_ms - opened_ms if promised.round_the_clock else worked_ms(opened_ms, now_ms, calendar)
        colours.append(colour_of(used, promised.first_response_min * MINUTE_MS))
    return max(colours, key=list(Colour).index)


def shop_day(at_ms: int) -> date:
    """Return the shop's date at an instant."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(SHOP_TIME).date()


def instant(day: date, minute: int = 0) -> int:
    """Return the instant (ms UTC) of a minute after midnight of a shop day."""
    moment = datetime.combine(day, time(0), SHOP_TIME) + timedelta(minutes=minute)
    return int(moment.timestamp() * 1000)


UNCOLLECTED_STEPS: Final[tuple[tuple[int, str], ...]] = (
    (0, N_("Tell the merchant that the device is ready")),
    (7, N_("Second notice")),
    (15, N_("Call twice, at different hours")),
    (30, N_("Written notice with a date")),
    (60, N_("Move to long storage")),
    (90, N_("A supervisor decides what happens to the device")),
)
"""What is to be done so many days after a device became ready; never anything by itself."""


def uncollected_step(ready_ms: int, now_ms: int) -> int:
    """Return the index of the step that is due for a device that is still not collected."""
    days = max(0, (shop_day(now_ms) - shop_day(ready_ms)).days)
    return max(index for index, (after, _) in enumerate(UNCOLLECTED_STEPS) if days >= after)
