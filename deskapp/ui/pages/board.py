"""The supervisor's board: one page that says what stands where, and what to ask about first.

At the usual size of letters nothing has to be scrolled. Larger ones get fewer columns of cards, so that the words in
them stay words; the page then scrolls downwards.
"""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries.board import SHOWN, SWAPPED, Awaited, Board, Load, Queue, Stuck, board
from deskapp.queries.transfers import ManifestRow
from deskapp.rules.states import STATE_TITLES, WorkState
from deskapp.rules.transfers import Age
from deskapp.ui import theme
from deskapp.ui.kit import Card, Cell, Column, DataTable, EmptyState, FlowLayout, Page, PageContext, Pill, spoken
from deskapp.ui.pages.desk_sheets import DeskSheets
from deskapp.ui.pages.today_cards import Listing, fit
from deskapp.ui.tokens import LARGE, MEDIUM
from deskapp.ui.widgets.text import RESTYLE

WATCHED = ("repair_item", "work_event", "manifest", "manifest_event", "stock_move", "staff")
REFRESH_MS = 60_000
PLACES = {"ready": "ready", "transit": "transfers", "packing": "transfers", "keys": "key_runs"}
"""Which page shows a stage; all others are the bench's."""

WIDE, HALF, NARROW = ((0,), (2, 3), (1, 4)), ((0,), (1, 2, 3, 4), ()), ((0, 1, 2, 3, 4), (), ())
"""Which cards stand in which column: queues, stuck, people, parts, transports; in one column the gravest first."""

SHARES = (28, 18, 21)
ROOM_FOR_THREE, ROOM_FOR_TWO = 1_100, 700
"""The width from which on so many columns are readable, px at 100 %."""

AGES = {Age.FINE: "muted", Age.LATE: "warn", Age.ALARM: "danger"}


class BoardPage(Page):
    """Queues with their age at the left; stuck, people, parts and transports beside them."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Board"))
        self.body.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        self.body.setSpacing(MEDIUM)
        self.seen: Board | None = None
        self._arriving = False
        self._places: tuple[tuple[int, ...], ...] = ()
        self.here = Pill(N_("nothing in hand"), "neutral", "inbox")
        self.late = Pill(N_("nothing late"), "ok", "clock")
        self.stuck_pill = Pill(N_("nothing stuck"), "ok", "circle-check")
        self.sheets = DeskSheets(context)
        self.queues = DataTable(
            [
                Column("stage", N_("Queue"), _stage, 0),
                Column("count", N_("In hand"), lambda one: str(one.count) if one.count else "", 62, right=True),
                Column("late", N_("Late"), lambda one: _count(one.late, "danger"), 52, right=True),
                Column("over_7", N_("> 7 d"), lambda one: _count(one.over_7, "danger"), 52, right=True),
                Column("oldest", N_("Oldest"), lambda one: _days(one.oldest_days) if one.count else "", 72, right=True),
            ],
            name=N_("Queues"), empty=EmptyState("inbox", N_("Nothing is in hand.")),
        )  # fmt: skip
        self.queues.view.setSortingEnabled(False)
        self.stuck = self._stuck()
        self.people = self._people()
        self.awaited = self._awaited()
        self.transit = self._transit()
        self._arrange()
        self.queues.opened.connect(self._open_queue)
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self.ask)

    def _arrange(self) -> None:
        self._signs: tuple[QWidget, ...] = (self.here, self.late, self.stuck_pill, self.sheets)
        self._below = QWidget()
        self._below_flow = FlowLayout(self._below, margin=0)
        self._below.hide()
        for sign in self._signs:
            self.head.addWidget(sign)
        self.body.addWidget(self._below)
        card = Card(N_("Queues"), icon="list-check")
        card.add(self.queues)
        self._parts = (card, self.stuck, self.people, self.awaited, self.transit)
        self._line = QHBoxLayout()
        self._line.setSpacing(MEDIUM)
        self._columns = [QWidget() for _share in WIDE]
        for column in self._columns:
            below = QVBoxLayout(column)
            below.setContentsMargins(0, 0, 0, 0)
            below.setSpacing(MEDIUM)
            below.addStretch(1)
            self._line.addWidget(column)
        self.body.addLayout(self._line)
        self.body.addStretch(1)
        self._place()

    def _place_head(self) -> None:
        """Put the signs beside the title, or below it where they do not stand side by side."""
        margins, gap = self.body.contentsMargins(), self.head.spacing()
        wide = sum(part.sizeHint().width() + gap for part in (self.title, *self._signs))
        below = wide > self.width() - margins.left() - margins.right() - 2 * gap
        if below == self._below.isVisibleTo(self):
            return
        for sign in self._signs:
            if below:
                self.head.removeWidget(sign)
                self._below_flow.addWidget(sign)
            else:
                self._below_flow.removeWidget(sign)
                self.head.addWidget(sign)
        self._below.setVisible(below)

    def _place(self) -> None:
        """Put the cards into as many columns as their words have room for."""
        self._place_head()
        room = self.width()
        places = WIDE if room >= theme.px(ROOM_FOR_THREE) else HALF if room >= theme.px(ROOM_FOR_TWO) else NARROW
        if places == self._places:
            return
        self._places = places
        for part in self._parts:
            if (held := part.parentWidget()) is not None and (layout := held.layout()) is not None:
                layout.removeWidget(part)
        for column, parts, share in zip(self._columns, places, SHARES, strict=True):
            below = cast("QVBoxLayout", column.layout())
            for number in parts:
                below.insertWidget(below.count() - 1, self._parts[number])  # above the stretch
            column.setVisible(bool(parts))
            self._line.setStretchFactor(column, share if parts else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the cards anew where the room is another one."""
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        """Place the cards anew for another size of letters."""
        super().changeEvent(event)
        if event.type() in RESTYLE and hasattr(self, "_columns"):
            self._place()
            fit(self.queues)

    def event(self, event: QEvent) -> bool:
        """Place the head anew when its parts know their new size: after another size of letters that is later."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and hasattr(self, "_columns"):
            self._place_head()
        return done

    # -- coming and going ---------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show everything as of now."""
        self._timer.start()
        self._arriving = True
        self.ask()

    def leave(self) -> None:
        """Stop looking."""
        self._timer.stop()

    def changed(self, changes: Changes) -> None:
        """Ask again when something shown here changed."""
        if changes.touches(*WATCHED):
            self.ask()

    def ask(self) -> None:
        """Ask for the board."""
        now = self.context.now()
        self.jobs.ask(lambda session: board(session, now), owner=self, then=self._answered, exclusive="board")

    def print_paper(self) -> None:
        """Print the sheet with the commands to scan (Ctrl+P)."""
        self.sheets.print_sheet()

    def retranslate(self) -> None:
        """Say figures and states in the window's language."""
        if self.seen is not None:
            self._answered(self.seen)

    # -- inside --------------------------------------------------------------------

    def _answered(self, seen: Board) -> None:
        self.seen = seen
        self.here.show_state(N_("{count} in hand"), "accent" if seen.count else "neutral", "inbox", count=seen.count)
        self.late.show_state(N_("{count} late"), "danger" if seen.late else "ok", "alarm", count=seen.late)
        self.stuck_pill.show_state(N_("{count} stuck"), "warn" if seen.stuck_count else "ok", "alert-triangle",
                                   count=seen.stuck_count)  # fmt: skip
        self._place_head()
        self.queues.set_rows(seen.queues, keep=lambda one: one.name)
        fit(self.queues)
        waiting = next(one.count for one in seen.queues if one.name == "parts")
        self.stuck.show_rows(seen.stuck, seen.stuck_count)
        self.people.show_rows(seen.people[:SHOWN], len(seen.people))
        self.awaited.show_rows(seen.awaited, waiting)
        self.transit.show_rows(seen.transit[:SHOWN], len(seen.transit))
        if self._arriving:
            # An empty table cannot take the focus, so it gets it with its first rows.
            self._arriving = False
            self.focus_first(self.queues.view)

    def _open_queue(self, one: Queue) -> None:
        """Show what stands in a queue; of the units that were swapped out the oldest, to decide on."""
        if one.name != SWAPPED:
            self.context.navigate(PLACES.get(one.name, "bench"))
        elif one.first:
            self.context.navigate("order", id=one.first, kind="item")

    def _open_item(self, item_id: str, number: str, state: str = "") -> None:
        transport = state in (WorkState.IN_TRANSIT_OUT, WorkState.IN_TRANSIT_BACK, WorkState.AWAITING_DISPATCH)
        page = "order" if transport or state in (WorkState.READY_FOR_PICKUP, WorkState.ABANDONED) else "bench"
        self.context.navigate(page, id=item_id, kind="item", number=number)

    def _stuck(self) -> Listing:
        columns = [
            Column("device", N_("Device"), lambda one: one.model or one.label_no, 0),
            Column("state", N_("State"), lambda one: spoken(STATE_TITLES[WorkState(one.state)]), 130),
            Column("who", N_("With"), lambda one: one.technician, 76),
            Column("days", N_("Since"), lambda one: Cell(_days(one.days), "danger"), 70, right=True),
        ]
        card = Listing(N_("Stuck: ask what is missing"), "alert-triangle", columns, N_("Nothing stands still."),
                       lambda: self.context.navigate("bench"))  # fmt: skip
        card.table.opened.connect(lambda one: self._open_stuck(one))
        return card

    def _open_stuck(self, one: Stuck) -> None:
        self._open_item(one.item_id, one.label_no, one.state)

    def _people(self) -> Listing:
        columns = [
            Column("name", N_("Technician"), _who, 0),
            Column("jobs", N_("Jobs"), lambda one: str(one.jobs), 50, right=True),
            Column("late", N_("Late"), lambda one: _count(one.late, "danger"), 48, right=True),
            Column("oldest", N_("Oldest"), lambda one: _days(one.oldest_days), 66, right=True),
        ]
        card = Listing(N_("Who has what"), "users", columns, N_("Nobody has a device on the bench."),
                       lambda: self.context.navigate("bench"))  # fmt: skip
        card.table.opened.connect(lambda _one: self.context.navigate("bench"))
        return card

    def _awaited(self) -> Listing:
        columns = [
            Column("part", N_("Part"), lambda one: f"{one.quantity} x {one.part_no}", 0),
            Column("expected", N_("Expected"), _expected, 110),
            Column("days", N_("Waits"), lambda one: _days(one.days), 70, right=True),
        ]
        card = Listing(N_("Waiting for parts"), "packages", columns, N_("Nothing waits for a part."),
                       lambda: self.context.navigate("stock", view="reorder"))  # fmt: skip
        card.table.opened.connect(lambda one: self._open_item(one.item_id, one.label_no))
        return card

    def _transit(self) -> Listing:
        columns = [
            Column("number", N_("Manifest"), lambda one: one.number, 160),
            Column("other", N_("From or to"), _direction, 0),
            Column("sent", N_("Since"), self._sent, 84, right=True),
        ]
        card = Listing(N_("On the way"), "truck-delivery", columns, N_("No transport is under way."),
                       lambda: self.context.navigate("transfers"))  # fmt: skip
        card.table.opened.connect(lambda one: self.context.navigate("transfers", id=one.id))
        return card

    def _sent(self, one: ManifestRow) -> Cell:
        hours = max(0, (self.seen.now if self.seen else self.context.now()) - one.sent_at) // 3_600_000
        words = spoken(N_("{count} h"), count=hours) if hours < 48 else _days(hours // 24)
        return Cell(words, AGES[one.age], "alarm" if one.age is Age.ALARM else "")


def _stage(one: Queue) -> Cell:
    return Cell(spoken(one.title), "" if one.count else "muted", "alert-triangle" if one.stuck else "")


def _count(count: int, tone: str) -> Cell:
    return Cell(str(count), tone) if count else Cell("")


def _days(days: int) -> str:
    return spoken(N_("{count} days"), count=days) if days else spoken(N_("today"))


def _who(one: Load) -> Cell:
    return Cell(one.name, "", "user") if one.staff_id else Cell(spoken(N_("nobody yet")), "warn", "users")


def _expected(one: Awaited) -> Cell:
    if one.here:
        return Cell(spoken(N_("is here")), "ok", "circle-check", pill=True)
    return Cell(one.expected, "")


def _direction(one: ManifestRow) -> Cell:
    return Cell(f"{one.other}  {one.lines}", "", "inbox" if one.incoming else "truck-delivery")
