"""Ready and pickup: every order on the pickup shelf, how long it waits, what it costs, and the call beside it."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from deskapp import catalogue
from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries.pickup import ReadyRow, call_list, ready_list
from deskapp.queries.pickup_find import PickupHit, find_pickups
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui import theme
from deskapp.ui.kit import Button, Cell, Column, DataTable, EmptyState, Page, PageContext, Pill, Scroll, row, spoken
from deskapp.ui.pages.lists import FilterField
from deskapp.ui.pages.pickup_parts import yuan
from deskapp.ui.pages.ready_call import CallPanel
from deskapp.ui.pages.words import moment
from deskapp.ui.tokens import HUGE, LARGE, MEDIUM

TOUCHING = ("repair_item", "item_record", "pickup", "money_event", "loan_event", "repair_order")


class ReadyPage(Page):
    """What waits to be collected."""

    calls_only = False
    heading = N_("Ready and pickup")
    hint = N_("Scan a slip to hand out. Enter opens the pickup, Alt+C goes to the call.")

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, self.heading, self.hint, scroll=False)
        self.body.setContentsMargins(HUGE, LARGE, HUGE, MEDIUM)
        self.body.setSpacing(MEDIUM)
        self.rows: list[ReadyRow] = []
        self._arriving, self._wanted = False, ""
        self.count = Pill(N_("nothing waits"), "neutral", "package")
        self.to_call = Pill(N_("nobody to call"), "neutral", "phone")
        self.filter_field = FilterField(N_("Merchant, deliverer, phone, number, shelf"))
        self.table = DataTable(
            [
                Column("waiting", N_("Waiting"), _waiting, 104, sort=lambda row: -row.ready_at),
                Column("merchant", N_("Merchant"), lambda row: row.merchant, 0),
                Column("ready", N_("Can go"), _ready, 70, sort=lambda row: row.ready),
                Column("due", N_("To pay"), _due, 100, right=True, sort=lambda row: row.due_fen),
                Column("call", N_("Notice"), _told, 170, sort=lambda row: row.last_call_at),
            ],
            name=self.heading, empty=self._empty(),
        )  # fmt: skip
        self.panel = CallPanel(context)
        self.hand = Button(N_("&Hand out"), "primary", icon="package", clicked=self._hand_out)
        self.call = Button(N_("&Call"), icon="phone-call", clicked=self._call)
        self._arrange()
        self.table.opened.connect(self._opened)
        self.table.selected.connect(self._selected)
        self.filter_field.settled.connect(lambda _text: self._show())
        self.filter_field.downwards.connect(self.table.setFocus)
        self.filter_field.returnPressed.connect(self.table.setFocus)
        self.panel.logged.connect(lambda _order: self.table.setFocus())

    def _empty(self) -> EmptyState:
        return EmptyState("package", N_("The pickup shelf is empty. Tested devices appear here by themselves."))

    def _arrange(self) -> None:
        self.head.addWidget(self.count)
        self.head.addWidget(self.to_call)
        left = QVBoxLayout()
        left.setSpacing(MEDIUM)
        tools = row(self.filter_field, self.call, self.hand)
        tools.setStretch(0, 1)
        left.addLayout(tools)
        left.addWidget(self.table, 1)
        self.side = Scroll(margin=0)
        self.side.add(self.panel)
        line = QHBoxLayout()
        line.setSpacing(LARGE)
        line.addLayout(left, 1)
        line.addWidget(self.side)
        self.body.addLayout(line, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the list more room than what stands beside it."""
        super().resizeEvent(event)
        self.side.setFixedWidth(min(theme.px(372), int(self.width() * 0.36)))

    def open(self, **args: object) -> None:
        """Show the list, with `order_id` current; a scanned slip, order or device goes straight to its pickup.

        Whoever comes to the call list has somebody to call, so there `id` is the order to be called about.
        """
        if args.get("id") and not self.calls_only and str(args.get("kind", "item")) in ("item", "order"):
            self.context.navigate("pickup", **{"kind": "item", **args})
            return
        self._arriving, self._wanted = True, str(args.get("order_id") or args.get("id") or "")
        self._ask()

    def changed(self, changes: Changes) -> None:
        """Follow the shelf."""
        if changes.touches(*TOUCHING):
            self._ask()

    def scan(self, text: str) -> bool:
        """A slip, a label or a serial number leads to its pickup."""
        if parse_scan(text).kind in (ScanKind.COMMAND, ScanKind.BADGE, ScanKind.SHELF, ScanKind.PART, ScanKind.TICKET):
            return False
        self.jobs.ask(lambda session: find_pickups(session, text), owner=self,
                      then=lambda hits: self._scanned(hits, text), exclusive="scan")  # fmt: skip
        return True

    def retranslate(self) -> None:
        """Say the figures again."""
        self._show()

    def filter(self) -> None:
        """Go to the filter (Ctrl+F)."""
        self.filter_field.setFocus()

    def next_record(self) -> None:
        """Make the next order current."""
        self._move(1)

    def previous_record(self) -> None:
        """Make the order before current."""
        self._move(-1)

    def _move(self, step: int) -> None:
        here = self.table.view.currentIndex().row()
        self.table.select(max(0, min(self.table.model.rowCount() - 1, here + step)))

    def _ask(self) -> None:
        now, question = self.context.now(), call_list if self.calls_only else ready_list
        self.jobs.ask(lambda session: question(session, now), owner=self, then=self._answered, exclusive="rows")

    def _answered(self, rows: list[ReadyRow]) -> None:
        self.rows = rows
        self._show()
        if self._arriving:
            # An empty table cannot take the focus, so it gets it with its first rows.
            self._arriving = False
            self.focus_first(self.table.view if rows else self.filter_field)
            place = next((n for n, row in enumerate(self.table.rows()) if row.order_id == self._wanted), -1)
            if place >= 0:
                self.table.select(place)

    def _show(self) -> None:
        wanted = self.filter_field.text().strip().lower()
        shown = [row for row in self.rows if not wanted or wanted in _words(row)]
        self.table.set_rows(shown, keep=lambda row: row.order_id)
        if shown and self.table.current() is None:
            self.table.select(0)
        if not shown:
            self.panel.clear()
        devices = sum(row.ready for row in self.rows)
        calls = sum(row.to_call for row in self.rows)
        self.count.show_state(N_("{count} devices wait"), "accent" if devices else "neutral", "package", count=devices)
        self.to_call.show_state(N_("{count} to call"), "warn" if calls else "ok", "phone", count=calls)
        for button in (self.hand, self.call):
            button.setEnabled(bool(shown))

    def _selected(self, row: ReadyRow | None) -> None:
        if row is not None:
            if self.panel.row is None or self.panel.row.order_id != row.order_id:
                self.side.verticalScrollBar().setValue(0)  # who is called stands at the top
            self.panel.show_order(row)

    def _opened(self, row: ReadyRow) -> None:
        self.context.navigate("pickup", order_id=row.order_id)

    def _hand_out(self) -> None:
        self.table.open_current()

    def _call(self) -> None:
        if not self.panel.take_focus():
            self.table.setFocus()

    def _scanned(self, hits: list[PickupHit], text: str) -> None:
        if not hits:
            self.banner.say("warn", N_("Nothing that is ready fits “{words}”."), words=text)
            return
        self.banner.clear()
        token = text if text.upper().startswith("PS1:K") else ""
        number, _colon, secret = token[4:].partition(":")
        self.context.navigate("pickup", order_id=hits[0].order_id, number=number, token=secret)


def _words(row: ReadyRow) -> str:
    return " ".join((row.merchant, row.person, row.phone, row.order_no, row.slip_no, row.shelves, *row.labels)).lower()


def _waiting(row: ReadyRow) -> Cell:
    tone = "danger" if row.waiting_days >= 30 else "warn" if row.waiting_days >= 7 else "neutral"
    if row.waiting_days == 0:
        return Cell(spoken(N_("today")), "ok", "clock", pill=True)
    words = spoken(N_("{count} days"), count=row.waiting_days)
    return Cell(words, tone, "clock", pill=True)


def _ready(row: ReadyRow) -> Cell:
    return Cell(f"{row.ready} / {row.total}", "" if row.ready == row.total else "warn")


def _due(row: ReadyRow) -> Cell:
    return Cell(yuan(row.due_fen) if row.due_fen else spoken(N_("free")), "" if row.due_fen else "muted")


def _told(row: ReadyRow) -> Cell:
    if not row.calls:
        return Cell(spoken(N_("not called yet")), "warn", "phone")
    words = f"{catalogue.title('call_results', row.last_result)} {moment(row.last_call_at)}"
    return Cell(words, "ok" if row.told else "muted", "phone-call" if row.told else "phone")
