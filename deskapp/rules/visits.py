"""A visit on site: what it may be, what has to be told in advance, and its state as a fold of its ticket's events.

The moves, who makes them and what they must leave on record stand in the one table of moves (`rules.moves`). A visit
is one trip: it begins where the report was registered and ends on site, at the counter, or with nobody met.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deskapp.errors import N_, Refused
from deskapp.rules.access import SUPERVISORS, Role
from deskapp.rules.deadlines import DAY_MS, MINUTE_MS, shop_day
from deskapp.rules.lifecycle import WorkFact, WorkState, WorkView, fold_work, moves
from deskapp.rules.ticket_fields import TicketKind


class VisitState(StrEnum):
    """Where a visit stands."""

    PLANNED = "planned"
    ON_SITE = "on_site"
    DONE = "done"
    NOT_MET = "not_met"
    TAKEN_IN = "taken_in"
    CANCELLED = "cancelled"


STATE_TITLES: Final[Mapping[VisitState, str]] = {
    VisitState.PLANNED: N_("Planned"),
    VisitState.ON_SITE: N_("On site now"),
    VisitState.DONE: N_("Done on site"),
    VisitState.NOT_MET: N_("Nobody met"),
    VisitState.TAKEN_IN: N_("Device taken in"),
    VisitState.CANCELLED: N_("Called off"),
}

OPEN: Final = frozenset({VisitState.PLANNED, VisitState.ON_SITE})

GOES_OUT: Final = (
    TicketKind.REPAIR, TicketKind.INSTALLATION, TicketKind.INSPECTION, TicketKind.TRAINING,
    TicketKind.SOFTWARE_UPDATE,
)  # fmt: skip
"""Kinds of tickets for which somebody may go to the merchant."""

WITHOUT_DEVICE: Final = frozenset({TicketKind.TRAINING})
"""Kinds for which nobody has to touch a device."""

NO_DEVICE: Final = "none"
"""Stands in the record of an arrival where no device was looked at."""

ENGINEERS: Final = frozenset({Role.FIELD_ENGINEER, *SUPERVISORS})
"""Who may be sent."""

FEES: Final[Mapping[str, str]] = {
    "free": N_("Free of charge"),
    "fee": N_("Visit charge told"),
    "open": N_("Price is named on site, before the work"),
}
"""What the merchant was told about money before anybody sets out."""

NOT_MET_REASONS: Final[Mapping[str, str]] = {
    "nobody": N_("Nobody there"),
    "closed": N_("Shop closed"),
    "refused": N_("Merchant had no time"),
    "address": N_("Address not found"),
}
"""Why nothing came of a trip; other words are possible."""

TEST_RESULTS: Final[Mapping[str, str]] = {
    "passed": N_("It works"),
    "failed": N_("It does not work"),
    "not_possible": N_("No test possible"),
}

CARRIED: Final[Mapping[str, str]] = {"loaner": N_("Loaner"), "part": N_("Part"), "other": N_("Other")}

MOST_CARRIED: Final = 99
"""Pieces of one part on one trip."""

LONGEST_WINDOW_MS: Final = 12 * 60 * MINUTE_MS
FURTHEST_DAYS: Final = 400


@dataclass(frozen=True, slots=True)
class VisitView:
    """Where a visit stands: since when (ms UTC), when somebody arrived (0: not yet), and the fold of its moves."""

    state: VisitState
    since_ms: int
    arrived_ms: int
    work: WorkView


_START: Final = WorkFact("register", WorkState.REGISTERED, 0, "")
_STATES: Final[Mapping[WorkState, VisitState]] = {
    WorkState.VISIT_SCHEDULED: VisitState.PLANNED,
    WorkState.ON_SITE: VisitState.ON_SITE,
    WorkState.CLOSED: VisitState.DONE,
    WorkState.CHECKED_IN: VisitState.TAKEN_IN,
}


def fold_visit(facts: Iterable[WorkFact]) -> VisitView:
    """Return where a visit stands after these facts; one that is no legal move is kept and moves nothing."""
    work = fold_work((_START, *facts))
    last = work.history[-1]
    state = _STATES.get(work.state or WorkState.REGISTERED)
    if state is None:
        state = VisitState.NOT_MET if last.move == "visit_failed" else VisitState.CANCELLED
    arrived = [fact.at_ms for fact in work.history if fact.move == "arrive"]
    return VisitView(state, last.at_ms, arrived[-1] if arrived else 0, work)


def read_time(text: str) -> int | None:
    """Return the minutes after midnight of a typed time such as 9, 930, 09:30 or 9.30; None for anything else."""
    clean = unicodedata.normalize("NFKC", text).strip().replace(".", ":").replace(" ", "")
    found = re.fullmatch(r"(\d{1,2}):?(\d{2})?", clean)
    if found is None:
        return None
    hours, minutes = int(found[1]), int(found[2] or 0)
    return hours * 60 + minutes if hours < 24 and minutes < 60 else None


def is_late(state: str, to_ms: int, now: int) -> bool:
    """Tell whether the agreed window is over and nobody has arrived."""
    return state == VisitState.PLANNED and now > to_ms


def lacks_result(state: str, arrived_ms: int, now: int) -> bool:
    """Tell whether somebody went there on an earlier day and nothing was noted of what came of it."""
    return state == VisitState.ON_SITE and shop_day(arrived_ms) < shop_day(now)


def check_window(from_ms: int, to_ms: int, now: int) -> None:
    """Raise `Refused` for a window that is empty, too long, over already or further away than anybody plans."""
    if not from_ms or not to_ms:
        raise Refused(N_("On which day, from when until when?"), field="window", code="missing")
    if to_ms <= from_ms:
        raise Refused(N_("The window ends before it begins."), field="window", code="order")
    if to_ms - from_ms > LONGEST_WINDOW_MS:
        raise Refused(N_("The window is longer than a working day."), field="window", code="long")
    if to_ms < now:
        raise Refused(N_("This time is over already."), field="window", code="past")
    if from_ms > now + FURTHEST_DAYS * DAY_MS:
        raise Refused(N_("This day is more than a year away."), field="window", code="far")


def check_fee(fee: str, fee_fen: int) -> None:
    """Raise `Refused` unless it is said what the merchant was told about money."""
    if fee not in FEES:
        raise Refused(N_("What was the merchant told about the charge?"), field="fee_notice", code="missing")
    if fee == "fee" and fee_fen <= 0:
        raise Refused(N_("Enter the charge that was told."), field="fee_fen", code="missing")


def check_arrival_time(at_ms: int, now: int) -> None:
    """Raise `Refused` for an arrival or departure that is to come, or weeks ago."""
    if at_ms > now + 10 * MINUTE_MS:
        raise Refused(N_("This time is still to come."), field="at", code="future")
    if at_ms < now - 31 * DAY_MS:
        raise Refused(N_("This was more than a month ago."), field="at", code="long_ago")


def check_left(left_ms: int, arrived_ms: int) -> None:
    """Raise `Refused` for a departure before the arrival; both may be written down to the minute only."""
    if left_ms and left_ms + MINUTE_MS <= arrived_ms:
        raise Refused(N_("This is before the arrival."), field="at", code="before_arrival")


def may_move(move: str, roles: Iterable[str]) -> bool:
    """Tell whether a person with these roles makes this move of a visit at all."""
    held = set(roles)
    return any(row.name == move and row.actors & held for row in moves())


def may_be_sent(roles: Iterable[str]) -> bool:
    """Tell whether a person with these roles goes to merchants."""
    return bool(ENGINEERS & set(roles))
