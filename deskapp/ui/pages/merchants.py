"""All merchants: narrowed by any part of number, name, pinyin initials or phone; Enter opens one."""

from __future__ import annotations

from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries.around import merchant_rows
from deskapp.queries.registry_cards import MerchantRow
from deskapp.ui.kit import Button, Cell, Column, DataTable, EmptyState, PageContext, reveal, spoken
from deskapp.ui.pages.lists import ListPage
from deskapp.ui.widgets.sync_marks import SyncMarks

LIMIT = 500


class MerchantsPage(ListPage):
    """The list of merchants; F6 brings everybody here."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Merchants"))
        may_edit = context.may("merchant")
        empty = EmptyState(
            "building-store", N_("No merchant fits. Type less, or add the merchant."),
            action=N_("Add a merchant") if may_edit else "", act=self.add_merchant,
        )  # fmt: skip
        self.table = DataTable(
            [
                Column("name", N_("Merchant"), _name, 0),
                Column("merchant_no", N_("Merchant number"), lambda row: row.merchant_no, 170),
                Column("district", N_("District"), lambda row: row.district, 110),
                Column("contact", N_("Contact"), lambda row: row.contact, 110),
                Column("phone", N_("Phone"), lambda row: row.phone, 140),
                Column("active", N_("State"), _state, 120),
            ],
            name=N_("Merchants"), empty=empty,
        )  # fmt: skip
        self.new = Button(N_("Add a &merchant"), "primary", icon="plus", clicked=self.add_merchant)
        reveal(self.new, may_edit)
        self.marks = SyncMarks(self.table, self.jobs, "merchant")
        self.arrange(N_("Number, name, initials or phone"), self.new, export="merchants")

    def open(self, **args: object) -> None:
        """Show the list; a merchant that a search names is shown in the list and opened with Enter."""
        if args.get("id"):
            self.context.navigate("merchant", merchant_id=str(args["id"]))
            return
        if args.get("text"):
            self.filter_field.setText(str(args["text"]))
        self.refresh()
        self.focus_first(self.filter_field)

    def changed(self, changes: Changes) -> None:
        """Ask again when a merchant was touched."""
        if changes.touches("merchant", "merchant_contact"):
            self.refresh()
        self.marks.heard(changes)

    def refresh(self) -> None:
        """Ask for the merchants that fit the filter."""
        text = self.filter_field.text()
        self.jobs.ask(
            lambda session: merchant_rows(session, text, limit=LIMIT),
            owner=self, then=lambda rows: self.show_rows(rows, limit=LIMIT), exclusive="list",
        )  # fmt: skip

    def went(self, chosen: MerchantRow) -> None:
        """Open a merchant."""
        self.context.navigate("merchant", merchant_id=chosen.id)

    def add_merchant(self) -> None:
        """Open an empty merchant, with the filter's text as its name."""
        self.context.navigate("merchant", name=self.filter_field.text().strip())

    def export(self) -> None:
        """Take the list out (Ctrl+Shift+X)."""
        if self.export_bar is not None and self.context.may("export"):
            self.export_bar.ask()


def _name(row: MerchantRow) -> str:
    return f"{row.short_name}  ·  {row.name}" if row.short_name and row.short_name != row.name else row.name


def _state(row: MerchantRow) -> Cell:
    if row.active:
        return Cell(spoken(N_("in use")), "ok", "check", pill=True)
    return Cell(spoken(N_("set aside")), "neutral", "player-pause", pill=True)
