"""The calendar of the site: public holidays and make-up workdays, overruled by key; hours and promises."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from deskapp.clock import shop_day
from deskapp.commands.setup import change_service_times, clear_calendar_day, set_calendar_day
from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes
from deskapp.queries.site_calendar import CalendarCard, DayCard, calendar_month
from deskapp.rules.deadlines import PRIORITY_TITLES
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    Form,
    LatinField,
    NumberField,
    Page,
    PageContext,
    Text,
    TextField,
    column,
    row,
    spoken,
)
from deskapp.ui.pages.month_grid import HOLIDAYS, WEEKDAYS, MonthGrid, another_month
from deskapp.ui.pages.past import HistoryCard
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.tokens import LARGE

MONTHS = (
    N_("January {year}"), N_("February {year}"), N_("March {year}"), N_("April {year}"), N_("May {year}"),
    N_("June {year}"), N_("July {year}"), N_("August {year}"), N_("September {year}"), N_("October {year}"),
    N_("November {year}"), N_("December {year}"),
)  # fmt: skip

DAY_LABELS = (
    N_("&Monday"), N_("&Tuesday"), N_("&Wednesday"), N_("T&hursday"), N_("&Friday"), N_("S&aturday"), N_("S&unday"),
)  # fmt: skip


class CalendarPage(Page):
    """A month to walk through; the chosen day at its right, hours and promises below."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Calendar"), N_("Due times follow this calendar; closed hours do not count."))
        self.grid = MonthGrid(shop_day(context.now()))
        self._filled: DayCard | None = None
        self.month_title = Text(role="heading")
        self._build_month()
        self._build_day()
        self._build_week()
        both = row(gap=LARGE)
        both.addWidget(self.month_card, 3)
        both.addLayout(column(self.day_card, 1), 2)
        self.body.addLayout(both)
        self.add(self.week_card)
        self.history = HistoryCard(context)
        self.add(self.history)

    def _build_month(self) -> None:
        self.month_card = Card()
        before = Button(role="quiet", icon="chevron-left", name=N_("The month before"), clicked=lambda: self._turn(-1))
        after = Button(role="quiet", icon="chevron-right", name=N_("The next month"), clicked=lambda: self._turn(1))
        today = Button(N_("Toda&y"), "quiet", icon="calendar", clicked=lambda: self.grid.go(self.grid.today))
        self.month_card.add(row(before, self.month_title, after, 1, today))
        self.month_card.add(self.grid)
        self.month_card.add(
            Text(N_("Arrows: day and week. Page Up, Page Down: month. Enter: change the day."), "caption", wrap=True)
        )
        self.grid.moved.connect(lambda _day: self._show_day())
        self.grid.turned.connect(lambda _day: self.reload())
        self.grid.picked.connect(lambda _day: self.works.setFocus())

    def _build_day(self) -> None:
        self.day_card = Card(N_("Day"), icon="calendar")
        self.public = Text(role="muted", wrap=True)
        self.works = ChoiceBar(
            [Choice("public", N_("As the public calendar says"), "P"), Choice("yes", N_("We work"), "W"),
             Choice("no", N_("We are closed"), "C")],
        )  # fmt: skip
        self.note = TextField(N_("Stocktaking, moving house …"))
        self.day_form = Form()
        self.day_form.add("works", N_("&On this day"), self.works)
        self.day_form.add("note", N_("&Note"), self.note)
        self.day_button = Button(N_("Save the &day"), "primary", icon="check", clicked=self.save_day)
        self.day_card.add(self.public)
        self.day_card.add(self.day_form)
        self.day_card.add(row(1, self.day_button))
        self.works.confirmed.connect(lambda _value: self.note.setFocus())
        self.note.returnPressed.connect(self.save_day)

    def _build_week(self) -> None:
        self.week_card = Card(
            N_("Hours and promises"), icon="clock", hint=N_("Hours as 08:30-17:30; empty means closed.")
        )
        self.week_form = Form(columns=4)
        for number, label in enumerate(DAY_LABELS):
            self.week_form.add(f"day_{number}", label, LatinField("08:30-17:30"))
        self.promise_form = Form(columns=3)
        for priority, title in PRIORITY_TITLES.items():
            first = NumberField(low=1, high=99_999)
            self.promise_form.add(f"priority_{priority}", title, first, hint=N_("Minutes to the first answer"))
            self.promise_form.add(
                f"days_{priority}", title, NumberField(low=1, high=365), hint=N_("Working days until it is done")
            )
            self.promise_form.add(f"clock_{priority}", title, Tick(N_("First answer round the clock")))
        self.week_button = Button(N_("Save hours and promises"), "primary", icon="check", clicked=self.save)
        self.week_button.show_key("Ctrl+S")
        self.week_card.add(self.week_form)
        self.week_card.add(Text(N_("What we promise by priority"), "strong"))
        self.week_card.add(self.promise_form)
        self.week_card.add(row(1, self.week_button))

    # -- showing -----------------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show the month of today, or of `day` (ISO)."""
        if args.get("day"):
            self.grid.current = date.fromisoformat(str(args["day"]))
        self._filled = None
        self.reload(fill=True)
        self.focus_first(self.grid)

    def reload(self, *, fill: bool = False) -> None:
        """Ask for the month of the current day; `fill` shows the saved hours and promises too."""
        first = self.grid.current.replace(day=1)
        self.jobs.ask(
            lambda session: calendar_month(session, first),
            owner=self, then=lambda card: self._here(card, fill=fill), exclusive="month",
        )  # fmt: skip

    def changed(self, changes: Changes) -> None:
        """Ask again when the calendar was touched."""
        if changes.touches("calendar_day", "site"):
            self.reload()

    def retranslate(self) -> None:
        """Say the month and the day in the window's language."""
        self._show_day()

    def next_record(self) -> None:
        """Show the next month."""
        self._turn(1)

    def previous_record(self) -> None:
        """Show the month before."""
        self._turn(-1)

    def _turn(self, step: int) -> None:
        self.grid.go(another_month(self.grid.current, step))

    def _here(self, card: CalendarCard, *, fill: bool) -> None:
        self.grid.show_month(card.first, card.days)
        self.history.show_for(*card.records)
        self._show_day()
        if fill:
            self._fill(card.week, card.promises)

    def _fill(
        self, week: Mapping[int, tuple[int, int] | None], promises: Mapping[int, tuple[int, int, bool]]
    ) -> None:
        for number in range(7):
            self._text(self.week_form, f"day_{number}").setText(hours_text(week.get(number)))
        for priority, (first, days, clock) in promises.items():
            self._text(self.promise_form, f"priority_{priority}").setText(str(first))
            self._text(self.promise_form, f"days_{priority}").setText(str(days))
            tick = self.promise_form.rows[f"clock_{priority}"].field
            if isinstance(tick, Tick):
                tick.setChecked(clock)

    def _show_day(self) -> None:
        first, card = self.grid.first, self.grid.card()
        self.month_title.say(MONTHS[first.month - 1], year=first.year)
        self.day_card.title.put(f"{self.grid.current.isoformat()}  {spoken(WEEKDAYS[self.grid.current.weekday()])}")
        if card is None:
            return
        self.public.put(public_words(card))
        if card == self._filled:
            return  # the same day, asked for again: what is half typed stays
        self._filled = card
        self.works.set_value("public" if not card.own else "yes" if card.hours else "no")
        self.note.setText(card.note)

    # -- acting ------------------------------------------------------------------------

    def save_day(self) -> None:
        """Overrule the public calendar on the day, or let it decide again."""
        day, value = self.grid.current.isoformat(), self.works.value()
        if value is None:
            self.works.setFocus()
            return
        if value == "public":
            act = clear_calendar_day(day=day)
        else:
            act = set_calendar_day(day=day, works=value == "yes", note=self.note.text().strip())
        self.jobs.do(act, owner=self, then=lambda _done: self._day_saved(), refused=self._refused)

    def _day_saved(self) -> None:
        self.context.toast(N_("Saved. Due times from now on follow it."), tone="ok")
        self.grid.setFocus()

    def save(self) -> None:
        """Save hours and promises (Ctrl+S)."""
        self.week_form.clear_errors()
        self.promise_form.clear_errors()
        week: dict[int, tuple[int, int] | None] = {}
        for number in range(7):
            text = self._text(self.week_form, f"day_{number}").text().strip()
            hours = read_hours(text)
            if text and hours is None:
                self.week_form.rows[f"day_{number}"].refuse(spoken(N_("Write hours as 08:30-17:30.")))
                return
            week[number] = hours
        promises = {priority: self._promise(priority) for priority in PRIORITY_TITLES}
        act = change_service_times(week=week, promises=promises)
        self.jobs.do(act, owner=self, then=lambda _done: self._day_saved(), refused=self._refused)

    def _promise(self, priority: int) -> tuple[int, int, bool]:
        tick = self.promise_form.rows[f"clock_{priority}"].field
        first, days = (self.promise_form.rows[f"{name}_{priority}"].field for name in ("priority", "days"))
        return (
            (first.value() or 0) if isinstance(first, NumberField) else 0,
            (days.value() or 0) if isinstance(days, NumberField) else 0,
            isinstance(tick, Tick) and tick.isChecked(),
        )

    def _refused(self, error: DeskError) -> None:
        if not self.promise_form.refuse(error):
            self.week_form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))

    def _text(self, form: Form, name: str) -> TextField:
        widget = form.rows[name].field
        if not isinstance(widget, TextField):
            raise TypeError(name)
        return widget


def hours_text(hours: tuple[int, int] | None) -> str:
    """Return hours as 08:30-17:30, nothing for a closed day."""
    if hours is None:
        return ""
    opens, closes = hours
    return f"{opens // 60:02d}:{opens % 60:02d}-{closes // 60:02d}:{closes % 60:02d}"


def read_hours(text: str) -> tuple[int, int] | None:
    """Return opening and closing minute after midnight of a text such as 8:30-17:30, or None."""
    parts = text.replace(" ", "").replace("–", "-").split("-")
    if len(parts) != 2:
        return None
    minutes = []
    for part in parts:
        hour, _colon, minute = part.partition(":")
        if not hour.isdigit() or not (minute or "0").isdigit() or int(minute or 0) > 59:
            return None
        minutes.append(int(hour) * 60 + int(minute or 0))
    return (minutes[0], minutes[1]) if minutes[0] < minutes[1] <= 24 * 60 else None


def public_words(card: DayCard) -> str:
    """Return what the public calendar says about a day."""
    if card.provisional:
        return spoken(N_("The public holidays of this year are not known yet: weekends only, provisional."))
    holiday = spoken(HOLIDAYS.get(card.holiday, card.holiday)) if card.holiday else ""
    if holiday and card.public:
        return spoken(N_("Public calendar: make-up workday for {holiday}."), holiday=holiday)
    if holiday:
        return spoken(N_("Public calendar: {holiday}, closed."), holiday=holiday)
    return spoken(N_("Public calendar: an ordinary day, open.") if card.public else N_("Public calendar: closed."))
