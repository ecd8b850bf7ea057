"""Day end: takings, what was let off or paid back, the shelf count, open calls; closed with a supervisor's PIN."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from PySide6.QtWidgets import QSizePolicy, QWidget

from deskapp.clock import shop_day
from deskapp.commands.dayend import DayClosed, close_day, reason_words
from deskapp.errors import N_, DeskError
from deskapp.i18n import language, say
from deskapp.models.day_figures import Exemption, Figures, OpenCall, Taking
from deskapp.models.store import Changes, Override, ReadSession
from deskapp.queries import sheets
from deskapp.queries.dayend import DayView, day_view, days_open, the_site
from deskapp.ui.kit import (
    BigNumber,
    Button,
    Card,
    Column,
    DataTable,
    DateField,
    EmptyState,
    Form,
    MoneyField,
    PageContext,
    Pill,
    Progress,
    Text,
    TextArea,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.dayend_count import CountCard
from deskapp.ui.pages.pickup_parts import yuan
from deskapp.ui.pages.scan_desk import ScanPage
from deskapp.ui.pages.settings_fields import PathField
from deskapp.ui.pages.words import full_moment
from deskapp.ui.widgets.enter import into_view

TOUCHING = ("money_event", "pickup", "repair_item", "item_record", "service_ticket", "repair_order")


class DayEndPage(ScanPage):
    """Closes a day."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Day end"), N_("Count the shelf, look at the money, close the day."))
        self.today = shop_day(context.now())
        self.view: DayView | None = None
        self.site = ""
        self.day = DateField(self.today, name=N_("Day"))
        self.day.setMaximumWidth(150)
        self.day.set_day(self.today)
        self.state = Pill(N_("not closed yet"), "neutral", "clock")
        self.export_button = Button(N_("As E&xcel"), "quiet", icon="download", clicked=self.export)
        self.head.addWidget(self.state)
        self.head.addWidget(self.day)
        self.head.addWidget(self.export_button)
        self.path = PathField(N_("Folder and name of the file"), save="day-end.xlsx")
        self.export_bar = Card(N_("As Excel"), icon="download")
        self.export_bar.add(row(self.path, Button(N_("&Write the file"), icon="check", clicked=self._write)))
        self.export_bar.hide()
        self.add(self.export_bar)
        self._numbers()
        self._money()
        self.count = CountCard(context, self.save)
        self.desk = self.count.desk
        self.add(self.count)
        self._calls()
        self._closing()
        self.count.saved.connect(self._ask)
        self.day.day_changed.connect(self._day_changed)
        self.day.unreadable.connect(lambda text: self.banner.say("warn", text))

    # -- the parts -------------------------------------------------------------------

    def _numbers(self) -> None:
        self.net = BigNumber(N_("Takings less refunds"))
        self.received = BigNumber(N_("Devices taken in"), icon="inbox")
        self.returned = BigNumber(N_("Devices handed out"), icon="package")
        self.held = BigNumber(N_("Devices on record"), icon="box")
        self.open_calls = BigNumber(N_("Open calls"), icon="phone")
        box = QWidget()
        line = row(self.net, self.received, self.returned, self.held, self.open_calls)
        line.setContentsMargins(0, 0, 0, 0)
        box.setLayout(line)
        self.add(box)
        for tile in (self.net, self.received, self.returned, self.held):
            tile.clicked.connect(self._to_count)
        self.open_calls.clicked.connect(lambda: self.context.navigate("calls"))

    def _money(self) -> None:
        self.takings = DataTable(
            [
                Column("method", N_("Paid by"), lambda line: sheets.method_title(line.method, language()), 0),
                Column("count", N_("Receipts"), lambda line: str(line.count), 100, right=True),
                Column("fen", N_("Amount"), lambda line: yuan(line.fen), 140, right=True, sort=lambda line: line.fen),
            ],
            name=N_("Takings"), empty=EmptyState("cash", N_("Nothing was paid on this day.")),
        )  # fmt: skip
        self.exemptions = DataTable(
            [
                Column("kind", N_("Kind"), lambda line: sheets.exemption_title(line, language()), 76),
                Column("number", N_("Paper"), lambda line: line.number, 158),
                Column("reason", N_("Reason"), lambda line: reason_words(line, language()), 0),
                Column("by", N_("Allowed by"), lambda line: line.by, 84),
                Column("fen", N_("Amount"), lambda line: yuan(line.fen), 96, right=True),
            ],
            name=N_("Reductions and refunds"),
            empty=EmptyState("tag", N_("Nothing was let off and nothing paid back.")),
        )  # fmt: skip
        for table in (self.takings, self.exemptions):
            table.setFixedHeight(190)
            if table.empty is not None:
                table.empty.setMaximumHeight(190)
        left, right = Card(N_("Takings"), icon="cash"), Card(N_("Reductions and refunds"), icon="tag")
        left.add(self.takings)
        right.add(self.exemptions)
        box = QWidget()
        line = row(left, right, gap=16)
        line.setStretch(0, 4)
        line.setStretch(1, 7)
        box.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        line.setContentsMargins(0, 0, 0, 0)
        box.setLayout(line)
        self.add(box)

    def _calls(self) -> None:
        self.calls = DataTable(
            [
                Column("order", N_("Order"), lambda line: line.order_no, 180),
                Column("merchant", N_("Merchant"), lambda line: line.merchant, 0),
                Column("phone", N_("Telephone"), lambda line: line.phone, 130),
                Column("reason", N_("What to do"), lambda line: spoken(line.reason), 220),
                Column("tries", N_("Attempts"), lambda line: str(line.attempts), 90, right=True),
            ],
            name=N_("Open calls"), empty=EmptyState("phone-call", N_("Everybody has been told.")),
        )  # fmt: skip
        self.calls.setFixedHeight(190)
        card = Card(N_("Open calls"), icon="phone")
        card.add(self.calls)
        self.add(card)
        self.calls.opened.connect(lambda _line: self.context.navigate("calls"))

    def _closing(self) -> None:
        self.cash = MoneyField(name=N_("Cash in the drawer"))
        self.cash_said = Text(role="muted", wrap=True)
        self.remarks = TextArea(N_("Differences, what is left for tomorrow"), lines=2)
        self.again = TextField(N_("Why the day is closed again"))
        self.form = Form(columns=2)
        self.form.add("cash", N_("&Cash in the drawer"), self.cash,
                      hint=N_("Counted without the float; may stay empty."))  # fmt: skip
        self.form.add("again_because", N_("Why &again"), self.again)
        self.form.add("remarks", N_("&Remarks"), self.remarks, span=2)
        self.close_button = Button(N_("Close the da&y and print"), "primary", icon="printer", clicked=self.save)
        self.missing = Text(role="warn", wrap=True)
        card = Card(
            N_("Close the day"), icon="clipboard-check",
            hint=N_("The figures are frozen on paper. A supervisor closes, or allows it with a PIN."),
        )  # fmt: skip
        card.add(self.form)
        card.add(self.cash_said)
        card.add(self.missing)
        card.add(row(1, self.close_button))
        self.add(card)
        self.cash.amount_changed.connect(lambda _fen: self._show_cash())
        self.remarks.submitted.connect(self.save)
        self.closing = card

    # -- coming here -------------------------------------------------------------------

    def scan(self, text: str) -> bool:
        """Count a device, with what is said of it in sight: the figures of the day stand above."""
        taken = super().scan(text)
        if taken:
            into_view(self.desk.panel)
        return taken

    def open(self, **args: object) -> None:
        """Show today, or the day that is named."""
        wanted = str(args.get("day", ""))
        self.day.set_day(date.fromisoformat(wanted) if wanted else self.day.day() or self.today)
        self.focus_first(self.desk.field)
        self._ask()

    def changed(self, changes: Changes) -> None:
        """Follow the day."""
        if changes.touches(*TOUCHING):
            self._ask()

    def retranslate(self) -> None:
        """Say the figures again."""
        if self.view is not None:
            self._show(self.view)

    def print_paper(self) -> None:
        """Close and print (Ctrl+P)."""
        self.save()

    def export(self) -> None:
        """Ask where the Excel file goes (Ctrl+Shift+X)."""
        day = self.day.day() or self.today
        self.path.set_value(str(Path.home() / f"day-end-{day.isoformat()}.xlsx"))
        self.export_bar.show()
        self.path.setFocus()

    def save(self, consent: Override | None = None) -> None:
        """Close the day; without the right to, a supervisor is asked."""
        day = self.day.day()
        if day is None:
            self.day.setFocus()
            return
        if self.count.dirty:
            self.banner.say("warn", N_("The count is not saved yet. Save it first, or undo its scans."))
            self.count.save_button.setFocus()
            return
        self.form.clear_errors()
        if not self.form.readable():
            return
        self.close_button.setEnabled(False)
        act = close_day(day=day.isoformat(), remarks=self.remarks.text(), cash_fen=self.cash.fen(),
                        again_because=self.again.text(), override=consent)  # fmt: skip
        self.jobs.do(act, owner=self, then=self._closed, refused=self._refused)

    def _closed(self, done: DayClosed) -> None:
        self.close_button.setEnabled(True)
        self.banner.clear()
        self.remarks.setText("")
        self.again.clear()
        self.context.toast(N_("Closed; {number} prints"), tone="ok", number=done.number)
        self._ask()

    def _refused(self, error: DeskError) -> None:
        self.close_button.setEnabled(True)
        if error.field == "supervisor":
            day = self.day.day() or self.today
            self.context.ask_supervisor("day_end", self.save, why=N_("Close {day}."), day=day.isoformat())
            return
        if error.field == "again_because":
            self.form.rows["again_because"].show()
        self.form.refuse(error, lambda sentence: self.banner.put("danger", sentence))

    def _write(self) -> None:
        view, target, words = self.view, Path(self.path.value()), language()
        if view is None:
            return

        def work(progress: Progress) -> str:
            sheets.write_book(target, sheets.day_end_book(view.figures, words), progress.at)
            return target.name

        self.jobs.background(work, owner=self, then=self._written,
                             refused=lambda error: self.banner.put("danger", say(error)))  # fmt: skip

    def _written(self, name: str) -> None:
        self.export_bar.hide()
        self.context.toast(N_("Saved as {file}"), tone="ok", file=name)

    # -- showing -----------------------------------------------------------------------

    def _day_changed(self, day: date | None) -> None:
        if day is not None:
            self._ask()

    def _ask(self) -> None:
        day, now, today = self.day.day() or self.today, self.context.now(), self.today

        def question(session: ReadSession) -> tuple[DayView, list[date]]:
            site = the_site(session)
            return day_view(session, site, day, now), days_open(session, site, today, now)

        self.jobs.ask(question, owner=self, then=self._answered, exclusive="day")

    def _answered(self, answer: tuple[DayView, list[date]]) -> None:
        view, forgotten = answer
        self.view = view
        self._show(view)
        if forgotten and self.day.day() == self.today and self.banner.isHidden():
            day = forgotten[-1]
            self.banner.say("warn", N_("{day} was never closed."), day=day.isoformat())
            self.banner.offer(N_("Close that day"), lambda: self._to_day(day))

    def _to_day(self, day: date) -> None:
        self.banner.clear()
        self.day.set_day(day)

    def _to_count(self) -> None:
        self.desk.field.setFocus()

    def _show(self, view: DayView) -> None:
        seen: Figures = view.figures
        self.net.put(_signed(seen.net_fen), "danger" if seen.net_fen < 0 else "accent")
        self.received.put(seen.received)
        self.returned.put(seen.returned)
        self.held.put(len(seen.held), "danger" if seen.missing else "text")
        self.open_calls.put(len(seen.calls), "warn" if seen.calls else "text")
        takings: tuple[Taking, ...] = seen.takings
        exemptions: tuple[Exemption, ...] = (*seen.waivers, *seen.refunds)
        calls: tuple[OpenCall, ...] = seen.calls
        self.takings.set_rows(takings)
        self.exemptions.set_rows(exemptions)
        self.calls.set_rows(calls)
        self.count.show_figures(seen, seen.day.isoformat())
        if view.closed:
            self.state.show_state(N_("closed {when} by {who}"), "ok", "lock", when=full_moment(view.closed_at),
                                  who=view.closed_by)  # fmt: skip
        else:
            self.state.show_state(N_("not closed yet"), "warn", "clock")
        self.close_button.say(N_("Close the da&y again and print") if view.closed else N_("Close the da&y and print"))
        self.form.rows["again_because"].setVisible(view.closed)
        if seen.count is None and seen.held:
            self.missing.say(N_("The shelf has not been counted yet."))
        elif seen.missing:
            sentence = N_("{count} devices were not found; each becomes a card to settle.")
            self.missing.say(sentence, count=len(seen.missing))
        self.missing.setVisible(bool(seen.missing) or (seen.count is None and bool(seen.held)))
        self._show_cash()

    def _show_cash(self) -> None:
        if self.view is None:
            return
        booked, counted = self.view.figures.cash_fen, self.cash.fen()
        if counted is None:
            self.cash_said.set_role("muted")
            self.cash_said.say(N_("By the record: {amount} in cash."), amount=_signed(booked))
        elif counted == booked:
            self.cash_said.set_role("ok")
            self.cash_said.say(N_("The cash matches."))
        else:
            self.cash_said.set_role("warn")
            self.cash_said.say(N_("By the record {booked}, difference {difference}."), booked=_signed(booked),
                               difference=_signed(counted - booked))  # fmt: skip


def _signed(fen: int) -> str:
    return f"-{yuan(-fen)}" if fen < 0 else yuan(fen)
