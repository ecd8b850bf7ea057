"""All units: narrowed by any part of a number, by merchant or model; Enter or a scan opens one."""

from __future__ import annotations

from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries import registry
from deskapp.queries.around import device_rows
from deskapp.queries.registry_cards import DeviceRow
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import Button, Choice, ChoiceBar, DataTable, EmptyState, PageContext, reveal
from deskapp.ui.pages.device_words import device_columns
from deskapp.ui.pages.lists import ListPage
from deskapp.ui.widgets.sync_marks import SyncMarks

LIMIT = 500


class DevicesPage(ListPage):
    """The list of units; F7 brings everybody here."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Devices"))
        may_edit = context.may("merchant")
        empty = EmptyState(
            "device-mobile", N_("No device fits. Type less, scan its serial number, or add it."),
            action=N_("Add a device") if may_edit else "", act=self.add_device,
        )  # fmt: skip
        self.table = DataTable(device_columns(), name=N_("Devices"), empty=empty)
        self.which = ChoiceBar(
            [Choice("all", N_("All")), Choice("loaners", N_("Loaners"))], name=N_("Which devices"), value="all"
        )
        self.which.chosen.connect(lambda _value: self.refresh())
        self.new = Button(N_("Add a &device"), "primary", icon="plus", clicked=self.add_device)
        reveal(self.new, may_edit)
        self.marks = SyncMarks(self.table, self.jobs, "device")
        self.arrange(N_("Serial, terminal or TUSN number, merchant, model"), self.which, self.new, export="devices")

    def open(self, **args: object) -> None:
        """Show the list; a unit that a search names is opened at once."""
        if args.get("id"):
            self.context.navigate("device", device_id=str(args["id"]))
            return
        if args.get("which"):
            self.which.set_value(str(args["which"]))
        self.refresh()
        self.focus_first(self.filter_field)

    def changed(self, changes: Changes) -> None:
        """Ask again when a unit was touched."""
        if changes.touches("device", "terminal_binding"):
            self.refresh()
        self.marks.heard(changes)

    def refresh(self) -> None:
        """Ask for the units that fit the filter."""
        text, loaners = self.filter_field.text(), self.which.value() == "loaners"
        self.jobs.ask(
            lambda session: device_rows(session, text, loaners=loaners, limit=LIMIT),
            owner=self, then=lambda rows: self.show_rows(rows, limit=LIMIT), exclusive="list",
        )  # fmt: skip

    def scan(self, text: str) -> bool:
        """Open the unit whose serial number was scanned; what is no serial number goes its usual way."""
        if parse_scan(text).kind is not ScanKind.SERIAL:
            return False
        self.filter_field.setText(text)
        self.jobs.ask(
            lambda session: registry.devices(session, text=text, limit=2), owner=self, then=self._scanned,
            exclusive="scan",
        )  # fmt: skip
        return True

    def _scanned(self, rows: list[DeviceRow]) -> None:
        if len(rows) == 1:
            self.went(rows[0])

    def went(self, chosen: DeviceRow) -> None:
        """Open a unit."""
        self.context.navigate("device", device_id=chosen.id)

    def add_device(self) -> None:
        """Open an empty unit, with the filter's text as its serial number."""
        self.context.navigate("device", serial_no=self.filter_field.text().strip())

    def export(self) -> None:
        """Take the list out (Ctrl+Shift+X)."""
        if self.export_bar is not None and self.context.may("export"):
            self.export_bar.ask()
