"""How visits are shown: their states, windows and steps; and how parts are found for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from deskapp import catalogue
from deskapp.clock import shop_day, shop_time
from deskapp.errors import N_
from deskapp.models.store import ReadSession
from deskapp.queries.tickets import EventCard
from deskapp.queries.visits import VisitRow, parts_like
from deskapp.rules.custody import TAMPER_TITLES, TamperResult
from deskapp.rules.money import format_yuan
from deskapp.rules.ticket_fields import TicketKind
from deskapp.rules.tickets import KIND_TITLES
from deskapp.rules.visits import FEES, NO_DEVICE, NOT_MET_REASONS, STATE_TITLES, TEST_RESULTS, VisitState
from deskapp.ui.kit import Cell, Column, Suggestion, spoken
from deskapp.ui.pages.words import MOVE_TITLES

TONES: Final = {
    "planned": "info", "on_site": "accent", "done": "ok", "not_met": "warn", "taken_in": "ok", "cancelled": "neutral",
}  # fmt: skip
ICONS: Final = {
    "planned": "calendar", "on_site": "map-pin", "done": "circle-check", "not_met": "door-exit", "taken_in": "inbox",
    "cancelled": "ban",
}  # fmt: skip
MOVE_ICONS: Final = {
    "schedule_visit": "calendar", "reschedule_visit": "calendar", "arrive": "map-pin", "finish_on_site": "circle-check",
    "visit_failed": "door-exit", "cancel": "ban", "check_in": "inbox", "undo": "arrow-back-up",
}  # fmt: skip


OWN_TITLES: Final = {
    "undo": N_("Last step taken back"), "cancel": N_("Visit called off"), "check_in": N_("Device taken in"),
}  # fmt: skip
"""Moves that mean something else for a visit than for the device."""


def state_cell(visit: VisitRow) -> Cell:
    """Return the state of a visit as a pill; a late one, and one without a result, says so in words."""
    if visit.late:
        return Cell(spoken(N_("Late")), "danger", "alarm", pill=True)
    if visit.no_result:
        return Cell(spoken(N_("No result yet")), "danger", "alarm", pill=True)
    return Cell(spoken(STATE_TITLES[VisitState(visit.state)]), TONES[visit.state], ICONS[visit.state], pill=True)


def window_words(from_at: int, to_at: int, *, year: bool = False) -> str:
    """Return a window as shop time, such as 03-14 09:00–11:00."""
    begins, ends = shop_time(from_at), shop_time(to_at)
    until = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends:%m-%d %H:%M}"
    return f"{begins:%Y-%m-%d %H:%M}–{until}" if year else f"{begins:%m-%d %H:%M}–{until}"


def what_for(visit: VisitRow) -> str:
    """Return in one line for what somebody goes there."""
    kind = spoken(KIND_TITLES[TicketKind(visit.kind)])
    symptom = catalogue.title("symptoms", visit.symptom_code) if visit.symptom_code else ""
    return "  ".join(part for part in (kind, symptom, visit.device) if part)


def short_window(visit: VisitRow, today: date | None) -> str:
    """Return the window of a visit, without the day where it is today."""
    said = window_words(visit.from_at, visit.to_at)
    return said.partition(" ")[2] if shop_day(visit.from_at) == today else said


def visit_columns(today: Callable[[], date] | None = None) -> list[Column]:
    """Return the columns of every list of visits; in one of `today` the day is said only where it is another."""

    return [
        Column(
            "when",
            N_("When"),
            lambda v: short_window(v, today() if today is not None else None),
            120 if today is not None else 164,
            sort=lambda v: v.from_at,
        ),
        Column("engineer", N_("Engineer"), lambda v: v.engineer, 90),
        Column("state", N_("State"), state_cell, 128),
        Column("merchant", N_("Merchant"), lambda v: v.merchant or v.contact, 120),
        Column("what", N_("For what"), what_for, 0),
        Column("address", N_("Address"), lambda v: v.address, 190),
        Column("number", N_("Number"), lambda v: v.number, 178),
    ]


def fee_words(fee: str, fee_fen: int) -> str:
    """Return what the merchant was told about money."""
    if fee not in FEES:
        return ""
    said = spoken(FEES[fee])
    return f"{said}  {format_yuan(fee_fen)}" if fee_fen else said


def step_words(event: EventCard) -> tuple[str, str, str, str]:
    """Return what a move of a visit says in a history: the step, its particulars, an icon, a tone."""
    data = event.data
    move = str(data.get("move", ""))
    title = spoken(OWN_TITLES.get(move) or MOVE_TITLES.get(move, move))
    parts: list[str] = []
    window = data.get("window")
    if isinstance(window, list) and len(window) == 2 and all(isinstance(one, int) for one in window):
        parts.append(window_words(window[0], window[1]))
    reason = str(data.get("reason", ""))
    if reason:
        parts.append(spoken(NOT_MET_REASONS[reason]) if reason in NOT_MET_REASONS else reason)
    serial, tamper = str(data.get("serial_no", "")), data.get("tamper_result")
    if serial and serial != NO_DEVICE:
        parts.append(serial)
    if tamper in set(TamperResult) and tamper != TamperResult.NOT_DUE:
        parts.append(spoken(TAMPER_TITLES[TamperResult(str(tamper))]))
    action = data.get("action")
    if isinstance(action, list):
        parts += [catalogue.title("actions", str(one)) for one in action]
    parts += [str(one) for one in data.get("parts") or ()]
    if data.get("test_result") in TEST_RESULTS:
        parts.append(spoken(TEST_RESULTS[str(data["test_result"])]))
    if data.get("next_on"):
        parts.append(spoken(N_("next visit {day}"), day=data["next_on"]))
    parts += [str(data[key]) for key in ("order_no", "other_reason", "comment") if data.get(key)]
    if event.words:
        parts.append(event.words)
    tone = {"visit_failed": "warn", "cancel": "muted", "undo": "muted"}.get(move, "accent")
    return title, "  ".join(parts), MOVE_ICONS.get(move, "circle-check"), tone


PART, UNIT = "part:", "unit:"
"""How the key of a chosen part begins; units are those with a number of their own."""


def part_search(session: ReadSession, typed: str) -> Sequence[Suggestion]:
    """Return parts that fit what was typed; a number before it is how many: “2 paper”."""
    found = re.match(r"(\d{1,2})\s*[x×*]?\s+(.+)", typed.strip())
    count, wanted = (int(found[1]), found[2]) if found else (1, typed)
    if not wanted.strip():
        return []
    return [
        Suggestion(
            f"{number} {name} × {count}", "", "packages", data=f"{UNIT if own else PART}{part_id}:{count}", key=number
        )
        for part_id, number, name, own in parts_like(session, wanted)
    ]
