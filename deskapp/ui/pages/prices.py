"""The price lists by version: one list stands from its day on; an older one stays for what was quoted by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from deskapp.clock import shop_day
from deskapp.commands.catalogue import PRICE_KINDS, PriceForm, put_prices
from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes
from deskapp.queries import registry
from deskapp.queries.naming import in_window
from deskapp.queries.registry_cards import PriceRow
from deskapp.rules.money import format_yuan
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    Column,
    ConfirmBar,
    DataTable,
    DateField,
    EmptyState,
    Form,
    LatinField,
    MoneyField,
    PageContext,
    TextField,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.lists import ListPage
from deskapp.ui.pages.past import HistoryCard
from deskapp.ui.pages.records import get_values, put_values
from deskapp.ui.pages.settings_fields import Pick

KIND_TITLES = {
    "labour": N_("Labour charge"),
    "inspection": N_("Check-up fee"),
    "visit": N_("Visit charge"),
    "part": N_("Small parts"),
    "storage": N_("Storage fee"),
}
EMPTY = PriceForm("", "labour", "", 0)


class PricesPage(ListPage):
    """One price list at the left, the chosen line at the right; a new version begins as a copy."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Price list"))
        self.rows: list[PriceRow] = []
        self._code = ""
        self._wanted = ""
        self.table = DataTable(
            [
                Column("code", N_("Code"), lambda one: one.code, 110),
                Column("kind", N_("Kind"), lambda one: spoken(KIND_TITLES.get(one.kind, one.kind)), 120),
                Column("name", N_("For what"), _name, 0),
                Column("fen", N_("Price"), lambda one: format_yuan(one.fen), 100, right=True, sort=lambda one: one.fen),
            ],
            name=N_("Price list"), empty=EmptyState("report-money", N_("No line fits. Type less, or add a line.")),
        )  # fmt: skip
        self.version = Pick(name=N_("Version of the price list"))
        self.version.chosen.connect(lambda _value: self._show_version())
        self.line_card = self._line_card()
        self.version_card = self._version_card()
        self.history = HistoryCard(context)
        self.history.hide()
        self.new = Button(N_("Add a &line"), "primary", icon="plus", clicked=self.add_line)
        beside = (self.line_card, self.version_card, self.history)
        self.arrange(N_("Code or name"), self.version, self.new, beside=beside)
        self.table.selected.connect(self._selected)

    def _line_card(self) -> Card:
        card = Card(N_("Line of the price list"), icon="report-money")
        self.form = Form(columns=2)
        self.form.add("code", N_("&Code"), LatinField(), needed=True)
        self.form.add("kind", N_("&Kind"), Pick([Choice(kind, KIND_TITLES[kind]) for kind in PRICE_KINDS]))
        self.form.add("name", N_("For &what"), TextField(), needed=True, span=2)
        self.form.add("name_en", N_("In &English"), TextField(), span=2)
        self.form.add("fen", N_("P&rice"), MoneyField(), needed=True)
        self.form.add("region", N_("Re&gion"), TextField())
        self.confirm = ConfirmBar()
        self.drop_button = Button(N_("Take the line off …"), "quiet", icon="trash", clicked=self.ask_drop)
        self.save_button = Button(N_("Save"), "primary", icon="check", clicked=self.save)
        self.save_button.show_key("Ctrl+S")
        card.add(self.form)
        card.add(self.confirm)
        card.add(row(self.drop_button, 1, self.save_button))
        return card

    def _version_card(self) -> Card:
        card = Card(
            N_("A new version"), icon="copy",
            hint=N_("Begins as a copy of the list shown. Quotes that were given keep the list they name."),
        )  # fmt: skip
        self.version_form = Form(columns=2)
        self.version_form.add("version", N_("&Version"), LatinField("2026-2"), needed=True)
        self.valid_from = DateField(shop_day(self.context.now()))
        self.version_form.add("valid_from", N_("Stands &from"), self.valid_from, needed=True)
        self.copy_button = Button(N_("&Begin the new version"), icon="copy", clicked=self.begin_version)
        card.add(self.version_form)
        card.add(row(1, self.copy_button))
        self.valid_from.returnPressed.connect(self.begin_version)
        return card

    # -- showing -----------------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show the newest list."""
        self.refresh()
        self.focus_first(self.filter_field)

    def changed(self, changes: Changes) -> None:
        """Ask again when a price was touched."""
        if changes.touches("price_line"):
            self.refresh()

    def refresh(self) -> None:
        """Ask for all lists."""
        self.jobs.ask(registry.prices, owner=self, then=self._here, exclusive="list")

    def _here(self, rows: list[PriceRow]) -> None:
        self.rows = rows
        versions = {one.version: one.valid_from for one in rows}
        before = self.version.value()
        self.version.set_choices(
            [Choice(name, f"{name}  ({valid_from})", raw=True) for name, valid_from in versions.items()]
        )
        wanted = self._wanted or before
        if wanted in versions:
            self.version.set_value(str(wanted))
        self._wanted = ""
        self._show_version()

    def _show_version(self) -> None:
        words = self.filter_field.text().casefold().split()
        shown = [
            one for one in self._lines()
            if all(word in f"{one.code} {one.name} {one.name_en}".casefold() for word in words)
        ]  # fmt: skip
        self.table.set_rows(shown, keep=lambda one: one.code)
        self.count.say(N_("{count} shown"), count=len(shown))
        if not self._code:
            self.add_line(focus=False)

    def _lines(self) -> list[PriceRow]:
        return [one for one in self.rows if one.version == self.version.value()]

    def _selected(self, chosen: PriceRow | None) -> None:
        if chosen is not None:
            self._code = chosen.code
            self.history.show_for(chosen.id)
            reveal(self.history, True)
            put_values(self.form, {name: getattr(chosen, name) for name in self.form.rows})
            self.drop_button.setEnabled(True)

    def went(self, chosen: PriceRow) -> None:
        """Go to the price of the chosen line."""
        self._selected(chosen)
        self.form.rows["fen"].field.setFocus()

    # -- acting ------------------------------------------------------------------------

    def add_line(self, *, focus: bool = True) -> None:
        """Begin a new line."""
        self._code = ""
        self.history.hide()
        self.table.view.clearSelection()
        put_values(self.form, {"code": "", "kind": "labour", "name": "", "name_en": "", "fen": None, "region": ""})
        self.drop_button.setEnabled(False)
        if focus:
            self.form.rows["code"].field.setFocus()

    def save(self) -> None:
        """Save the line (Ctrl+S)."""
        price = self.form.rows["fen"].field
        if isinstance(price, MoneyField) and price.fen() is None:
            self.form.rows["fen"].refuse(spoken(N_("Enter an amount such as 120.00.")))
            return
        line = PriceForm(**get_values(self.form))
        if not line.code or not line.name:
            self.form.rows["name" if line.code else "code"].refuse(spoken(N_("This is needed.")))
            return
        others = [_form(one) for one in self._lines() if one.code not in (self._code, line.code)]
        self._write([*others, line])

    def ask_drop(self) -> None:
        """Ask whether the line leaves the list."""
        self.confirm.ask(
            N_("Take “{code}” off this list? Papers that name it keep it."), N_("Take off"), self._drop, code=self._code
        )

    def _drop(self) -> None:
        dropped, self._code = self._code, ""
        self._write([_form(one) for one in self._lines() if one.code != dropped])

    def _write(self, lines: list[PriceForm]) -> None:
        version = self.version.value() or ""
        valid_from = next((one.valid_from for one in self._lines()), shop_day(self.context.now()).isoformat())
        act = put_prices(version=version, valid_from=valid_from, lines=lines)
        self.jobs.do(act, owner=self, then=lambda _done: self._saved(), refused=self._refused)

    def _saved(self) -> None:
        self.context.toast(N_("Saved"), tone="ok")

    def begin_version(self) -> None:
        """Copy the list that is shown into a new version."""
        values = get_values(self.version_form)
        if values["version"] in {one.version for one in self.rows}:
            self.version_form.rows["version"].refuse(spoken(N_("This version is there already.")))
            return
        if not isinstance(self.valid_from.day(), date):
            self.version_form.rows["valid_from"].refuse(spoken(N_("Enter the day from which it stands.")))
            return
        lines = [_form(one) for one in self._lines()] or [replace(EMPTY, code="L1", name="—")]
        act = put_prices(version=values["version"], valid_from=values["valid_from"], lines=lines)
        self._wanted = values["version"]
        self.jobs.do(act, owner=self, then=lambda _done: self._began(), refused=self._not_begun)

    def _began(self) -> None:
        put_values(self.version_form, {"version": "", "valid_from": ""})
        self.context.toast(N_("The new version is shown; change its lines now"), tone="ok")

    def _not_begun(self, error: DeskError) -> None:
        self._wanted = ""
        self.version_form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))


def _name(one: PriceRow) -> str:
    return in_window(one.name, one.name_en)


def _form(one: PriceRow) -> PriceForm:
    return PriceForm(one.code, one.kind, one.name, one.fen, one.name_en, one.region)
