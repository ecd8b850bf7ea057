"""The branch's details and its shelves, as sections of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from deskapp.commands.setup import SiteForm, add_shelf, change_site
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.queries import registry
from deskapp.queries.registry_cards import ShelfRow
from deskapp.queries.syncing import Standing, sync_badge
from deskapp.settings import Values
from deskapp.ui.kit import (
    Banner,
    Button,
    Card,
    Choice,
    ChoiceBar,
    Column,
    DataTable,
    EmptyState,
    Facts,
    Form,
    LatinField,
    PageContext,
    PhoneField,
    TextField,
    row,
    spoken,
)

PROVISIONAL = 90_000
"""From here on a desk chose its number itself; a server may leave it."""

USES = [
    Choice("repair", N_("In repair")), Choice("pickup", N_("Ready for pickup")), Choice("loaner", N_("Loaners")),
    Choice("quarantine", N_("Quarantine")), Choice("parts", N_("Parts")),
]  # fmt: skip
USE_TITLES = {choice.value: choice.text for choice in USES}


class BranchSection(QWidget):
    """Name, address, telephones and what is done here."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.facts = Facts()
        self.facts.add("station", N_("Station number of this computer"))
        self.inputs: dict[str, QLineEdit] = {
            "name": TextField(limit=60), "code": LatinField(limit=20), "short_name": TextField(limit=20),
            "depot_code": LatinField(limit=20), "region": TextField(limit=20), "address": TextField(limit=120),
            "phone": PhoneField(), "hotline": PhoneField(), "complaint_phone": PhoneField(),
            "hours": TextField(limit=60),
        }  # fmt: skip
        labels = {
            "name": N_("&Name of the branch"), "code": N_("Branch &code"), "short_name": N_("&Short name, for labels"),
            "depot_code": N_("&Depot code"), "region": N_("City or &region"), "address": N_("&Address"),
            "phone": N_("&Telephone"), "hotline": N_("Service &hotline"), "complaint_phone": N_("Complaints &line"),
            "hours": N_("&Opening hours"),
        }  # fmt: skip
        self.form = Form(columns=2)
        for key, field in self.inputs.items():
            self.form.add(key, labels[key], field, needed=key in ("name", "code"))
            field.returnPressed.connect(self.submit)
        self.kind = ChoiceBar(
            [Choice("both", N_("Counter and workshop")), Choice("outlet", N_("Counter only")),
             Choice("depot", N_("Workshop only"))], numbered=False,
        )  # fmt: skip
        self.solo = ChoiceBar(
            [Choice("team", N_("Two or more people")), Choice("solo", N_("One person alone"))], numbered=False
        )
        self.form.add("is_outlet", N_("What is done &here"), self.kind)
        self.form.add("solo", N_("Who &works here"), self.solo)
        self.banner = Banner()
        self.save = Button(N_("Save"), "primary", icon="check", clicked=self.submit)
        card = Card(N_("Branch"), icon="building-store",
                    hint=N_("This stands on labels, slips and receipts from now on; printed papers stay as they are."))
        for part in (self.facts, self.form, self.banner):
            card.add(part)
        card.add(row(1, self.save))
        _only(self, card)

    def show_values(self, _values: Values) -> None:
        """Ask for the details as they are."""
        facts: Any = getattr(self.context.jobs.store, "facts", None)
        self.site_id = facts.site_id
        now = self.context.now()
        self.context.jobs.ask(lambda session: sync_badge(session, now), owner=self, exclusive="standing",
                              then=lambda badge: self._station(facts.station_no, badge.standing))  # fmt: skip
        self.context.jobs.ask(lambda session: registry.site(session, facts.site_id), owner=self, then=self._here,
                              exclusive="site")  # fmt: skip

    def submit(self) -> None:
        """Save the details."""
        kind = self.kind.value() or "both"
        values: dict[str, Any] = {name: field.text().strip() for name, field in self.inputs.items()}
        form = SiteForm(
            **values, is_outlet=kind in ("both", "outlet"), is_depot=kind in ("both", "depot"),
            solo=self.solo.value() == "solo",
        )  # fmt: skip
        self.save.setEnabled(False)
        self.context.jobs.do(change_site(site_id=self.site_id, site=form), owner=self, then=lambda _none: self._saved(),
                             refused=self._refused)  # fmt: skip

    def _station(self, number: int, standing: Standing) -> None:
        provisional = number >= PROVISIONAL and standing is Standing.ALONE
        text = N_("{number} (provisional, until a server gives one)") if provisional else "{number}"
        self.facts.put("station", spoken(text, number=number))

    def _here(self, site: Mapping[str, object]) -> None:
        for name, field in self.inputs.items():
            if not field.hasFocus():
                field.setText(str(site.get(name, "")))
        outlet, depot = bool(site.get("is_outlet")), bool(site.get("is_depot"))
        self.kind.set_value("both" if outlet and depot else "depot" if depot else "outlet")
        self.solo.set_value("solo" if site.get("solo") else "team")

    def _saved(self) -> None:
        self.save.setEnabled(True)
        self.form.clear_errors()
        self.banner.clear()
        self.context.toast(N_("The branch's details are saved."), tone="ok")

    def _refused(self, error: DeskError) -> None:
        self.save.setEnabled(True)
        self.form.refuse(error, otherwise=lambda _said: self.banner.put("warn", say(error)))


class ShelvesSection(QWidget):
    """Where held devices lie; each shelf has a label of its own."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.table = DataTable(
            [
                Column("code", N_("Shelf"), lambda shelf: shelf.code, 150),
                Column("use", N_("Used for"), lambda shelf: spoken(USE_TITLES.get(shelf.use, shelf.use)), 0),
                Column("label", N_("Label"), lambda shelf: shelf.label_no, 190),
                Column("held", N_("Devices"), lambda shelf: str(shelf.held), 90, right=True),
            ],
            name=N_("Shelves"), empty=EmptyState("box", N_("There is no shelf yet. Add the first one below.")),
        )  # fmt: skip
        self.table.setMinimumHeight(260)
        self.table.opened.connect(self._open)
        self.code = LatinField("B-03-2", limit=20)
        self.use = ChoiceBar(USES, value="repair", numbered=False)
        self.form = Form(columns=2)
        self.form.add("code", N_("&Code of the shelf"), self.code, needed=True,
                      hint=N_("Zone, rack and board, as it is written on the shelf"))  # fmt: skip
        self.form.add("use", N_("&Used for"), self.use)
        self.button = Button(N_("Add the shelf"), "primary", icon="plus", clicked=self.submit)
        self.code.returnPressed.connect(self.submit)
        card = Card(N_("Shelves"), icon="box")
        card.add(self.table)
        card.add(self.form)
        card.add(row(1, self.button))
        _only(self, card)

    def show_values(self, _values: Values) -> None:
        """Ask which shelves there are."""
        self.context.jobs.ask(registry.shelves, owner=self, then=self.table.set_rows, exclusive="shelves")

    def submit(self) -> None:
        """Add a shelf."""
        code = self.code.text().strip().upper()
        act = add_shelf(code=code, zone=code.partition("-")[0], use=self.use.value() or "repair")
        self.context.jobs.do(act, owner=self, then=lambda _id: self._added(code), refused=self._refused)

    def _open(self, shelf: ShelfRow) -> None:
        self.context.navigate("shelf", id=shelf.id, kind="shelf", number=shelf.label_no)

    def _added(self, code: str) -> None:
        self.form.clear_errors()
        self.code.clear()
        self.code.setFocus()
        self.context.toast(N_("Shelf {shelf} added."), tone="ok", shelf=code)

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda said: self.form.rows["code"].refuse(said))


def _only(section: QWidget, card: Card) -> None:
    column = QVBoxLayout(section)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(card)
    column.addStretch(1)
