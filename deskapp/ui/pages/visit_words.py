"""How visits are shown: their states, windows and steps; and the fields in which a window or an instant is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from deskapp import catalogue
from deskapp.clock import shop_day, shop_time
from deskapp.errors import N_
from deskapp.models.store import ReadSession
from deskapp.queries.tickets import EventCard
from deskapp.queries.visits import VisitRow, parts_like
from deskapp.rules.custody import TAMPER_TITLES, TamperResult
from deskapp.rules.deadlines import instant
from deskapp.rules.money import format_yuan
from deskapp.rules.ticket_fields import TicketKind
from deskapp.rules.tickets import KIND_TITLES
from deskapp.rules.visits import FEES, NOT_MET_REASONS, STATE_TITLES, TEST_RESULTS, VisitState, read_time
from deskapp.ui.kit import Cell, Column, DateField, LatinField, Suggestion, Text, row, spoken
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
USUAL_MINUTES: Final = 120


def state_cell(visit: VisitRow) -> Cell:
    """Return the state of a visit as a pill; a late one says so in words."""
    if visit.late:
        return Cell(spoken(N_("Late")), "danger", "alarm", pill=True)
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


def visit_columns(today: Callable[[], date] | None = None) -> list[Column]:
    """Return the columns of every list of visits; in one of `today` the day is said only where it is another."""

    def when(visit: VisitRow) -> str:
        said = window_words(visit.from_at, visit.to_at)
        return said.partition(" ")[2] if today is not None and shop_day(visit.from_at) == today() else said

    return [
        Column("when", N_("When"), when, 120 if today is not None else 164, sort=lambda v: v.from_at),
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
    title = spoken(N_("Last step taken back")) if move == "undo" else spoken(MOVE_TITLES.get(move, move))
    parts: list[str] = []
    window = data.get("window")
    if isinstance(window, list) and len(window) == 2 and all(isinstance(one, int) for one in window):
        parts.append(window_words(window[0], window[1]))
    reason = str(data.get("reason", ""))
    if reason:
        parts.append(spoken(NOT_MET_REASONS[reason]) if reason in NOT_MET_REASONS else reason)
    if data.get("serial_no"):
        parts.append(str(data["serial_no"]))
    tamper = data.get("tamper_result")
    if tamper in set(TamperResult):
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


class TimeField(LatinField):
    """A time of day, typed as 9, 930 or 9:30."""

    def __init__(self, hint: str = "09:30", *, name: str = "") -> None:
        super().__init__(hint, name=name, limit=6)
        self.setMaximumWidth(90)
        self.editingFinished.connect(self._write_out)

    def minutes(self) -> int | None:
        """Return the minutes after midnight, None while empty or unreadable."""
        return read_time(self.text())

    def set_minutes(self, minutes: int) -> None:
        """Show a time."""
        self.setText(f"{minutes // 60:02d}:{minutes % 60:02d}")

    def _write_out(self) -> None:
        minutes = self.minutes()
        if minutes is not None:
            self.set_minutes(minutes)


class WindowField(QWidget):
    """A day with from and until; leaving "from" fills "until" with two hours later."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self.day = DateField(today, name=N_("Day"))
        self.begins = TimeField("09:00", name=N_("From"))
        self.ends = TimeField("11:00", name=N_("Until"))
        line = row(self.day, self.begins, Text(N_("until"), "muted"), self.ends, 1)
        line.setContentsMargins(0, 0, 0, 0)
        self.setLayout(line)
        self.setFocusProxy(self.day)
        self.begins.editingFinished.connect(self._fill)

    def times(self) -> tuple[int, int]:
        """Return from and until in ms UTC, zeros where something is missing or cannot be read."""
        day, begins, ends = self.day.day(), self.begins.minutes(), self.ends.minutes()
        if day is None or begins is None or ends is None:
            return 0, 0
        return instant(day, begins), instant(day, ends)

    def put(self, from_at: int, to_at: int) -> None:
        """Show a window."""
        begins, ends = shop_time(from_at), shop_time(to_at)
        self.day.set_day(shop_day(from_at))
        self.begins.set_minutes(begins.hour * 60 + begins.minute)
        self.ends.set_minutes(ends.hour * 60 + ends.minute)

    def begin(self, day: date) -> None:
        """Show a day without a time."""
        self.day.set_day(day)
        self.begins.clear()
        self.ends.clear()

    def _fill(self) -> None:
        begins = self.begins.minutes()
        if begins is not None and not self.ends.text().strip():
            self.ends.set_minutes(min(begins + USUAL_MINUTES, 24 * 60 - 1))


class MomentField(QWidget):
    """A day and a time at which something was done; now, unless somebody enters it later.

    Signals:
        entered: Enter in the time.
    """

    entered = Signal()

    def __init__(self, today: date) -> None:
        super().__init__()
        self.day = DateField(today, name=N_("Day"))
        self.time = TimeField(name=N_("Time"))
        line = row(self.day, self.time, 1)
        line.setContentsMargins(0, 0, 0, 0)
        self.setLayout(line)
        self.setFocusProxy(self.time)
        self.time.returnPressed.connect(self.entered)

    def at(self) -> int:
        """Return the instant in ms UTC, 0 where it cannot be read."""
        day, minutes = self.day.day(), self.time.minutes()
        return instant(day, minutes) if day is not None and minutes is not None else 0

    def put(self, at: int) -> None:
        """Show an instant."""
        moment = shop_time(at)
        self.day.set_day(moment.date())
        self.time.set_minutes(moment.hour * 60 + moment.minute)


def part_search(session: ReadSession, typed: str) -> Sequence[Suggestion]:
    """Return parts that fit what was typed; a number before it is how many: “2 paper”."""
    found = re.match(r"(\d{1,2})\s*[x×*]?\s+(.+)", typed.strip())
    count, wanted = (int(found[1]), found[2]) if found else (1, typed)
    if not wanted.strip():
        return []
    return [
        Suggestion(f"{number} {name} × {count}", "", "packages", data=f"part:{part_id}:{count}", key=number)
        for part_id, number, name in parts_like(session, wanted)
    ]
