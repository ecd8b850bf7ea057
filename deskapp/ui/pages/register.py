"""The register of receipts and returns for a period, on paper for an inspector or as Excel."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from deskapp.clock import shop_day, shop_time
from deskapp.commands.dayend import print_register
from deskapp.errors import N_, DeskError
from deskapp.i18n import language, say
from deskapp.models.day_figures import Entry
from deskapp.models.store import Changes
from deskapp.queries import sheets
from deskapp.queries.dayend import register_lines
from deskapp.rules.states import STATE_TITLES, WorkState
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Column,
    DataTable,
    DateField,
    EmptyState,
    Form,
    Page,
    PageContext,
    Progress,
    Text,
    row,
    spoken,
)
from deskapp.ui.pages.pickup_parts import yuan
from deskapp.ui.pages.settings_fields import PathField


class RegisterPage(Page):
    """Shows and prints the register."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Register book"), N_("Every device that came in during a period, and how it left."),
            scroll=False,
        )  # fmt: skip
        self.today = shop_day(context.now())
        self.first, self.last = DateField(self.today), DateField(self.today)
        self.first.set_day(self.today.replace(day=1))
        self.last.set_day(self.today)
        self.form = Form(columns=2)
        self.form.add("first_day", N_("&From"), self.first, needed=True)
        self.form.add("last_day", N_("&To"), self.last, needed=True)
        self.form.setMaximumWidth(420)
        self.count = Text(role="muted")
        self.print_button = Button(N_("&Print the register"), "primary", icon="printer", clicked=self.print_paper)
        self.export_button = Button(N_("As E&xcel"), icon="download", clicked=self.export)
        self.path = PathField(N_("Folder and name of the file"), save="register.xlsx")
        self.export_bar = Card(N_("As Excel"), icon="download")
        self.export_bar.add(row(self.path, Button(N_("&Write the file"), icon="check", clicked=self._write)))
        self.export_bar.hide()
        self.table = DataTable(
            [
                Column("received", N_("Received"), lambda line: _moment(line.received_ms), 110,
                       sort=lambda line: line.received_ms),
                Column("order", N_("Order"), lambda line: line.order_no, 160),
                Column("merchant", N_("Merchant"), lambda line: line.merchant, 0),
                Column("device", N_("Device"), lambda line: f"{line.model}  {line.serial_no}", 250),
                Column("returned", N_("Collected"), _returned, 120),
                Column("receipt", N_("Receipt"), lambda line: line.receipt_no, 160),
                Column("fen", N_("Amount"), lambda line: yuan(line.fen) if line.fen else "", 90, right=True),
            ],
            name=N_("Register"), empty=EmptyState("file-text", N_("No device was received in this period.")),
        )  # fmt: skip
        tools = row(self.form, self.count, 1, self.export_button, self.print_button, gap=12)
        self.body.addLayout(tools)
        self.add(self.export_bar)
        self.add(self.table, 1)
        self.rows: list[Entry] = []
        for field in (self.first, self.last):
            field.day_changed.connect(lambda _day: self._ask())
        self.last.returnPressed.connect(self.table.setFocus)

    def open(self, **args: object) -> None:
        """Show this month, or the period that is named."""
        for name, field in (("first", self.first), ("last", self.last)):
            if args.get(name):
                field.set_day(date.fromisoformat(str(args[name])))
        self.focus_first(self.first)
        self._ask()

    def changed(self, changes: Changes) -> None:
        """Follow what comes in and goes."""
        if changes.touches("repair_item", "pickup"):
            self._ask()

    def retranslate(self) -> None:
        """Say the count again."""
        self._answered(self.rows)

    def print_paper(self) -> None:
        """Queue the paper (Ctrl+P)."""
        self.form.clear_errors()
        first, last = self.first.day(), self.last.day()
        act = print_register(first_day=first.isoformat() if first else "", last_day=last.isoformat() if last else "")
        self.jobs.do(act, owner=self, then=lambda _job: self.context.toast(N_("The register prints"), tone="ok"),
                     refused=self._refused)  # fmt: skip

    def export(self) -> None:
        """Ask where the Excel file goes (Ctrl+Shift+X)."""
        first, last = self.first.day(), self.last.day()
        if first is None or last is None or first > last:
            (self.first if first is None or last is not None else self.last).setFocus()
            return
        self.path.set_value(str(Path.home() / f"register-{first:%Y%m%d}-{last:%Y%m%d}.xlsx"))
        self.export_bar.show()
        self.path.setFocus()

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, lambda sentence: self.banner.put("danger", sentence))

    def _ask(self) -> None:
        first, last = self.first.day(), self.last.day()
        if first is not None and last is not None and first > last:
            self.form.rows["first_day"].tell(spoken(N_("The first day is after the last one.")))
        elif first is not None and last is not None:
            self.form.clear_errors()
            self.jobs.ask(lambda session: register_lines(session, first, last), owner=self, then=self._answered,
                          exclusive="rows")  # fmt: skip

    def _answered(self, rows: list[Entry]) -> None:
        self.rows = rows
        self.table.set_rows(rows, keep=lambda line: line.label_no)
        gone = sum(line.returned_ms is not None for line in rows)
        self.count.say(N_("{count} received, {gone} handed out"), count=len(rows), gone=gone)
        self.print_button.setEnabled(bool(rows))
        self.export_button.setEnabled(bool(rows))

    def _write(self) -> None:
        first, last, words = self.first.day() or self.today, self.last.day() or self.today, language()
        rows, target = list(self.rows), Path(self.path.value())

        def work(progress: Progress) -> str:
            sheets.write_book(target, sheets.register_book(rows, first, last, words), progress.at)
            return target.name

        self.jobs.background(work, owner=self, then=self._written,
                             refused=lambda error: self.banner.put("danger", say(error)))  # fmt: skip

    def _written(self, name: str) -> None:
        self.export_bar.hide()
        self.context.toast(N_("Saved as {file}"), tone="ok", file=name)


def _returned(line: Entry) -> Cell:
    if line.returned_ms:
        return Cell(_moment(line.returned_ms), "ok", "check")
    return Cell(spoken(STATE_TITLES[WorkState(line.state)]), "muted")


def _moment(instant_ms: int) -> str:
    return shop_time(instant_ms).strftime("%m-%d %H:%M")
