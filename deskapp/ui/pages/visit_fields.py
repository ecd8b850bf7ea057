"""The fields in which a window of time, an instant, or somebody to be sent is entered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from deskapp.clock import shop_day, shop_time
from deskapp.errors import N_
from deskapp.models.store import ReadSession
from deskapp.queries.visits import Engineer, Team, engineers_like
from deskapp.rules.deadlines import instant
from deskapp.rules.visits import read_time
from deskapp.ui.kit import Choice, ChoiceBar, DateField, Jobs, LatinField, SuggestField, Suggestion, Text, row

USUAL_MINUTES: Final = 120
LAST_MINUTE: Final = 24 * 60 - 1
FOLLOW_MS: Final = 15_000
NO_TIME: Final = N_("This is no time of day. Write it as 9:30, 930 or 9.")


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

    def problem(self) -> str:
        """Return what is wrong with the text (a message id), or nothing; an empty field is in order."""
        return NO_TIME if self.text().strip() and self.minutes() is None else ""

    def _write_out(self) -> None:
        minutes = self.minutes()
        if minutes is not None:
            self.set_minutes(minutes)


class WindowField(QWidget):
    """A day with from and until; leaving "from" fills "until", and moves it along where it would come first.

    Signals:
        edited: something was typed.
        unreadable: a time was left that is none; carries what to say (a message id).
    """

    edited = Signal()
    unreadable = Signal(str)

    def __init__(self, today: date) -> None:
        super().__init__()
        self.day = DateField(today, name=N_("Day"))
        self.begins = TimeField("09:00", name=N_("From"))
        self.ends = TimeField("11:00", name=N_("Until"))
        self._minutes = USUAL_MINUTES
        line = row(self.day, self.begins, Text(N_("until"), "muted"), self.ends, 1)
        line.setContentsMargins(0, 0, 0, 0)
        self.setLayout(line)
        self.setFocusProxy(self.day)
        self.begins.editingFinished.connect(self._fill)
        self.day.unreadable.connect(self.unreadable)
        for field in (self.day, self.begins, self.ends):
            field.textChanged.connect(lambda _text: self.edited.emit())
        for field in (self.begins, self.ends):
            field.editingFinished.connect(self._look)

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
        self._minutes = max(1, (to_at - from_at) // 60_000)

    def begin(self, day: date) -> None:
        """Show a day without a time."""
        self.day.set_day(day)
        self.begins.clear()
        self.ends.clear()
        self._minutes = USUAL_MINUTES

    def typed(self) -> list[str]:
        """Return the three texts as they stand, for a draft."""
        return [self.day.text(), self.begins.text(), self.ends.text()]

    def retype(self, texts: Sequence[str]) -> None:
        """Show the three texts of a draft."""
        for field, text in zip((self.day, self.begins, self.ends), texts, strict=False):
            field.setText(text)

    def problem(self) -> str:
        """Return what cannot be read (a message id), or nothing."""
        return self.day.problem() or self.begins.problem() or self.ends.problem()

    def _fill(self) -> None:
        begins, ends = self.begins.minutes(), self.ends.minutes()
        if begins is None or self.ends.problem():
            return
        if ends is None or ends <= begins:
            self.ends.set_minutes(min(begins + self._minutes, LAST_MINUTE))
        else:
            self._minutes = ends - begins

    def _look(self) -> None:
        said = self.begins.problem() or self.ends.problem()
        if said:
            self.unreadable.emit(said)


class MomentField(QWidget):
    """A day and a time at which something was done: now, and going on with the clock, until somebody writes another.

    Signals:
        entered: Enter in the time.
        edited: somebody wrote another time.
        unreadable: a time was left that is none; carries what to say (a message id).
    """

    entered = Signal()
    edited = Signal()
    unreadable = Signal(str)

    def __init__(self, now: Callable[[], int]) -> None:
        super().__init__()
        self._now, self._follows, self._showing = now, True, False
        self.day = DateField(shop_day(now()), name=N_("Day"))
        self.time = TimeField(name=N_("Time"))
        line = row(self.day, self.time, 1)
        line.setContentsMargins(0, 0, 0, 0)
        self.setLayout(line)
        self.setFocusProxy(self.time)
        self._clock = QTimer(self, interval=FOLLOW_MS)
        self._clock.timeout.connect(self._follow)
        self.time.returnPressed.connect(self.entered)
        self.day.unreadable.connect(self.unreadable)
        self.time.editingFinished.connect(self._look)
        for field in (self.day, self.time):
            field.textChanged.connect(self._changed)

    def at(self) -> int:
        """Return the instant in ms UTC; 0 stands for now, and for what cannot be read (ask `problem` first)."""
        day, minutes = self.day.day(), self.time.minutes()
        return 0 if self._follows or day is None or minutes is None else instant(day, minutes)

    def begin(self) -> None:
        """Go with the clock."""
        self._follows = True
        self._follow()

    def put(self, at: int) -> None:
        """Show an instant that somebody wrote."""
        moment = shop_time(at)
        self.day.set_day(moment.date())
        self.time.set_minutes(moment.hour * 60 + moment.minute)

    def problem(self) -> str:
        """Return what is wrong (a message id), or nothing; without a day or a time it is no instant."""
        empty = not (self.day.text().strip() and self.time.text().strip())
        return self.day.problem() or self.time.problem() or (NO_TIME if empty else "")

    def showEvent(self, event: QShowEvent) -> None:
        """Say what time it is now."""
        super().showEvent(event)
        self._follow()
        self._clock.start()

    def _follow(self) -> None:
        if not self.isVisible():
            self._clock.stop()
        if self._follows and not (self.day.hasFocus() or self.time.hasFocus()):
            self._showing = True
            self.put(self._now())
            self._showing = False

    def _changed(self) -> None:
        if not self._showing:
            self._follows = False
            self.edited.emit()

    def _look(self) -> None:
        if self.time.problem():
            self.unreadable.emit(self.time.problem())


class OtherEngineer(SuggestField):
    """Finds somebody whom the choice beside it does not offer, adds and chooses that person."""

    def __init__(self, jobs: Jobs, bar: ChoiceBar) -> None:
        super().__init__(jobs, self._people, N_("Staff number or name"), name=N_("Somebody else"))
        self._bar = bar
        self._offered: tuple[Engineer, ...] = ()
        self.taken.connect(self._take)

    def offer(self, team: Team, chosen: str | None) -> None:
        """Offer these in the choice, one of them chosen."""
        self.reset()
        self._put(team.people, chosen)

    def _put(self, people: tuple[Engineer, ...], chosen: str | None) -> None:
        self._offered = people
        self._bar.set_choices(
            [Choice(one.id, f"{one.name} · {one.visits}" if one.visits else one.name, raw=True) for one in people]
        )
        self._bar.set_value(chosen)

    def _people(self, session: ReadSession, typed: str) -> Sequence[Suggestion]:
        return [Suggestion(one.name, one.staff_no, "user", data=one) for one in engineers_like(session, typed)]

    def _take(self, suggestion: Suggestion) -> None:
        person = suggestion.data
        if isinstance(person, Engineer):
            others = tuple(one for one in self._offered if one.id != person.id)
            known = next((one for one in self._offered if one.id == person.id), person)
            self._put((*others, known), person.id)
            self.reset()
            self._bar.chosen.emit(person.id)
            self._bar.setFocus()
