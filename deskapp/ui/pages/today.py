"""The start page: what waits, what is late, what is ready, whom to call, what to settle; paper and syncing."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from deskapp.clock import shop_day, shop_time
from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries import today as queries
from deskapp.queries.disagreements import TITLES as DISAGREEMENTS
from deskapp.queries.next_steps import next_steps
from deskapp.queries.today import OpenTicket, ToCall, Today, ToSettle, Waiting
from deskapp.rules.deadlines import DAY_MS
from deskapp.rules.tickets import KIND_TITLES, TicketKind
from deskapp.ui.kit import BigNumber, Button, Cell, Column, Page, PageContext, spoken
from deskapp.ui.pages.review_words import titled
from deskapp.ui.pages.today_cards import FirstDays, Listing, Machines, NextSteps, ago
from deskapp.ui.pages.visit_words import short_window, state_cell
from deskapp.ui.tokens import LARGE

WATCHED = (
    "repair_item", "repair_order", "service_ticket", "review_card", "print_job", "item_record", "merchant", "staff",
    "site_visit", "sync_state", "sync_round", "sync_result", "manifest", "manifest_event", "loan_event", "stock_move",
    "part", "draft",
)  # fmt: skip

AHEAD_MS = 2_000
"""How old an answer may be that was asked for while a PIN was checked; every commit makes it void at once."""

WEEKDAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip

FIGURES: tuple[tuple[str, str, str, str], ...] = (
    # name of the count, caption, icon, page
    ("late", N_("late"), "alarm", "bench"),
    ("to_diagnose", N_("to diagnose"), "stethoscope", "bench"),
    ("to_repair", N_("in repair"), "tool", "bench"),
    ("to_test", N_("to test"), "clipboard-check", "bench"),
    ("ready", N_("for pickup"), "package", "ready"),
    ("tickets", N_("open tickets"), "clipboard-list", "tickets"),
)


class TodayPage(Page):
    """Everything at one look; each figure and each line leads to its place.

    It is built behind the lock screen in small steps, so that nobody who types a PIN meanwhile waits for it;
    opening it builds what is missing.
    """

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Today"))
        self.seen: Today | None = None
        self._ahead: Today | None = None
        self.jobs.changed.connect(self._forget_ahead)
        self.subtitle.show()
        self.retranslate()
        self._steps = self._build()

    def grow(self) -> bool:
        """Build the next part; tells whether there is more."""
        return next(self._steps, None) is not None

    def _build(self) -> Iterator[bool]:
        self.figures = {name: self._figure(caption, icon, page) for name, caption, icon, page in FIGURES}
        numbers = QWidget()
        grid = QGridLayout(numbers)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(LARGE)
        for place, figure in enumerate(self.figures.values()):
            grid.addWidget(figure, 0, place)
            grid.setColumnStretch(place, 1)
        self.add(numbers)
        yield True
        self.first_days = FirstDays(self.context)
        self.first_days.hide()
        self.add(self.first_days)
        self.steps = NextSteps(self.context)
        self.add(self.steps)
        both = QGridLayout()
        both.setSpacing(LARGE)
        columns = QVBoxLayout(), QVBoxLayout()
        for place, column in enumerate(columns):
            column.setSpacing(LARGE)
            both.addLayout(column, 0, place)
            both.setColumnStretch(place, 1)
        self.body.addLayout(both)
        left, right = columns
        self.late = self._late()
        left.addWidget(self.late)
        yield True
        self.ready = self._ready()
        left.addWidget(self.ready)
        yield True
        self.calls = self._calls()
        left.addWidget(self.calls)
        left.addStretch(1)
        yield True
        self.visits = self._visits()
        right.addWidget(self.visits)
        self.tickets = self._tickets()
        right.addWidget(self.tickets)
        yield True
        self.settle = self._settle()
        right.addWidget(self.settle)
        yield True
        self.machines = Machines(self.context)
        right.addWidget(self.machines)
        right.addStretch(1)

    def look_ahead(self) -> None:
        """Ask for everything as of now, and keep it for `open`."""
        now, self._ahead = self.context.now(), None
        self.jobs.ask(lambda session: queries.today(session, now), owner=self, then=self._keep, exclusive="today")

    def _keep(self, seen: Today) -> None:
        self._ahead = seen

    def _forget_ahead(self) -> None:
        self._ahead = None

    def open(self, **args: object) -> None:
        """Show what was asked ahead a moment ago, or ask for everything as of now."""
        while self.grow():
            pass
        now, ahead = self.context.now(), self._ahead
        self._ahead = None
        if ahead is not None and 0 <= now - ahead.now < AHEAD_MS:
            self.show_today(ahead)
        else:
            self.jobs.ask(
                lambda session: queries.today(session, now), owner=self, then=self.show_today, exclusive="today"
            )
        who = self.context.actor()
        self.jobs.ask(
            lambda session: next_steps(session, now, who.staff_id, who.roles) if who is not None else (),
            owner=self, then=self.steps.show_steps, exclusive="steps",
        )  # fmt: skip

    def changed(self, changes: Changes) -> None:
        """Ask again when something shown here changed."""
        if changes.touches(*WATCHED):
            self.open()

    def show_today(self, seen: Today) -> None:
        """Show the day."""
        self.seen = seen
        for name, figure in self.figures.items():
            count = seen.counts[name]
            tone = "danger" if name == "late" and count else "ok" if name == "ready" and count else "text"
            figure.put(count, tone)
        self.first_days.show_for(seen)
        self.late.show_rows(seen.late, seen.counts["late"])
        self.ready.show_rows(seen.ready, seen.counts["ready"])
        self.tickets.show_rows(seen.tickets, seen.counts["tickets"])
        self.visits.setVisible(bool(seen.visits))
        self.visits.show_rows(seen.visits, seen.counts["visits"])
        self.calls.show_rows(seen.calls, seen.counts["calls"])
        self.settle.show_rows(seen.settle, seen.counts["settle"])
        self.disagreements.say(N_("{count} disagreements …"), count=seen.counts["disagreements"])
        self.disagreements.setVisible(seen.counts["disagreements"] > 0)
        self.machines.show_today(seen)
        self.retranslate()

    def retranslate(self) -> None:
        """Say the date."""
        day = shop_time(self.seen.now if self.seen else self.context.now())
        self.subtitle.put(f"{day:%Y-%m-%d}  {spoken(WEEKDAYS[day.weekday()])}")

    def _figure(self, caption: str, icon: str, page: str) -> BigNumber:
        figure = BigNumber(caption, icon=icon)
        figure.clicked.connect(lambda: self.context.navigate(page))
        return figure

    # -- the lists ----------------------------------------------------------------

    def _late(self) -> Listing:
        columns = [
            Column("device", N_("Device"), lambda w: w.model or w.label_no, 0),
            Column("merchant", N_("Merchant"), lambda w: w.merchant, 130),
            Column("state", N_("State"), lambda w: Cell(spoken(queries.state_title(w.state)), "warn", pill=True), 130),
            Column("due", N_("Since"), lambda w: Cell(ago(self._now() - w.due_at), "danger"), 84, right=True),
        ]
        card = Listing(N_("Late"), "alarm", columns, N_("Nothing is late."), lambda: self.context.navigate("bench"))
        card.table.opened.connect(self._open_job)
        return card

    def _ready(self) -> Listing:
        columns = [
            Column("device", N_("Device"), lambda w: w.model or w.label_no, 0),
            Column("merchant", N_("Merchant"), lambda w: w.merchant, 160),
            Column("since", N_("Ready since"), lambda w: self._aged(w.since), 110, right=True),
        ]
        card = Listing(N_("Ready for pickup"), "package", columns, N_("Nothing waits to be picked up."),
                       lambda: self.context.navigate("ready"))  # fmt: skip
        card.table.opened.connect(lambda w: self.context.navigate("ready", order_id=w.order_id))
        return card

    def _visits(self) -> Listing:
        columns = [
            Column("when", N_("When"), lambda v: short_window(v, shop_day(self.context.now())), 130),
            Column("merchant", N_("Merchant"), lambda v: v.merchant or v.contact, 0),
            Column("engineer", N_("Engineer"), lambda v: v.engineer, 84),
            Column("state", N_("State"), state_cell, 136),
        ]
        card = Listing(N_("Visits today"), "map-pin", columns, N_("No visit is agreed on for today."),
                       lambda: self.context.navigate("visits"))  # fmt: skip
        card.table.opened.connect(lambda v: self.context.navigate("visit", id=v.id, number=v.number))
        card.hide()
        return card

    def _tickets(self) -> Listing:
        columns = [
            Column("what", N_("Ticket"), self._ticket_words, 0),
            Column("merchant", N_("Merchant"), lambda t: t.merchant, 130),
            Column("due", N_("Due"), self._ticket_due, 92, right=True),
        ]
        card = Listing(N_("Open tickets"), "clipboard-list", columns, N_("No ticket is open."),
                       lambda: self.context.navigate("tickets"))  # fmt: skip
        card.table.opened.connect(
            lambda t: self.context.navigate("ticket", id=t.ticket_id, kind="ticket", number=t.number)
        )
        return card

    def _calls(self) -> Listing:
        columns = [
            Column("merchant", N_("Merchant"), lambda c: c.merchant, 0),
            Column("phone", N_("Telephone"), lambda c: c.phone, 120),
            Column("devices", N_("Devices"), lambda c: str(c.devices), 70, right=True),
            Column("tried", N_("Tried"), self._tried, 92, right=True),
        ]
        card = Listing(N_("To call"), "phone", columns, N_("Nobody has to be called."),
                       lambda: self.context.navigate("calls"))  # fmt: skip
        card.table.opened.connect(lambda c: self.context.navigate("calls", id=c.order_id, number=c.order_no))
        return card

    def _settle(self) -> Listing:
        columns = [
            Column("what", N_("What"), self._card_words, 0),
            Column("about", N_("About what"), lambda c: c.about, 160),
            Column("since", N_("Since"), lambda c: ago(self._now() - c.raised_at), 84, right=True),
        ]
        card = Listing(N_("To settle"), "list-check", columns, N_("Everything is settled."),
                       lambda: self.context.navigate("reviews"))  # fmt: skip
        card.table.opened.connect(
            lambda c: self.context.navigate("disagreements" if c.kind in DISAGREEMENTS else "reviews", id=c.card_id)
        )
        self.disagreements = Button(N_("{count} disagreements …"), "link", icon="arrows-exchange", count=0,
                                    clicked=lambda: self.context.navigate("disagreements"))  # fmt: skip
        self.disagreements.hide()
        card.head.insertWidget(card.head.count() - 1, self.disagreements)
        return card

    def _open_job(self, waiting: Waiting) -> None:
        self.context.navigate("bench", id=waiting.item_id, kind="item", number=waiting.label_no)

    def _now(self) -> int:
        return self.seen.now if self.seen else self.context.now()

    def _aged(self, since: int) -> Cell:
        days = queries.days_between(since, self._now())
        return Cell(ago(self._now() - since), "danger" if days >= 14 else "warn" if days >= 7 else "muted")

    def _ticket_words(self, ticket: OpenTicket) -> Cell:
        words = ticket.words or spoken(KIND_TITLES[TicketKind(ticket.kind)])
        tone = "danger" if ticket.priority == 1 else ""
        return Cell(words, tone, "alert-triangle" if ticket.priority == 1 else "")

    def _ticket_due(self, ticket: OpenTicket) -> Cell:
        if not ticket.due_at:
            return Cell("")
        left = ticket.due_at - self._now()
        if left < 0:
            return Cell(spoken(N_("{time} late"), time=ago(-left)), "danger")
        return Cell(ago(left), "warn" if left < DAY_MS else "muted")

    def _tried(self, call: ToCall) -> str:
        return spoken(N_("{count} times"), count=call.tried) if call.tried else spoken(N_("not yet"))

    def _card_words(self, card: ToSettle) -> Cell:
        said = titled(card.title, card.fields, card.words)
        return Cell(said, "", "list-check" if card.kind == "todo" else "eye")
