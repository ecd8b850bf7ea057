"""The catalogue of terminal models: what each can, what comes with it, how long its warranty runs."""

from __future__ import annotations

from dataclasses import replace

from deskapp import catalogue
from deskapp.commands.bench_skills import set_terms, set_tests
from deskapp.commands.catalogue import ModelForm, put_model
from deskapp.commands.catalogue_setup import Copied, copy_catalogues
from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes
from deskapp.models.warranty_terms import TERMS
from deskapp.queries import registry
from deskapp.queries.naming import in_window, model_title
from deskapp.queries.registry_cards import ModelRow
from deskapp.rules.depot import tests_text
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Column,
    DataTable,
    EmptyState,
    Form,
    LatinField,
    NumberField,
    PageContext,
    TextArea,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.lists import ListPage
from deskapp.ui.pages.past import HistoryCard
from deskapp.ui.pages.records import CodeTicks, get_values, put_values
from deskapp.ui.pages.settings_fields import Pick, Tick
from deskapp.ui.pages.words import choices

NEW = ModelForm("", "", "")


class ModelsPage(ListPage):
    """The models at the left, the chosen one to edit at the right."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Models and catalogue"))
        self._rows: list[ModelRow] = []
        self.form_of_id = ""
        empty = EmptyState(
            "cpu", N_("No model fits. Take over the shipped catalogue, or add one."),
            action=N_("Take over the shipped catalogue"), act=self.copy_shipped,
        )  # fmt: skip
        self.table = DataTable(
            [
                Column("brand", N_("Brand"), lambda one: in_window(one.brand, one.brand_en), 100),
                Column("name", N_("Model"), lambda one: one.name, 0),
                Column("kind", N_("Kind"), lambda one: catalogue.title("device_kinds", one.kind), 110),
                Column("months", N_("Months"), lambda one: str(one.warranty_months), 80, right=True),
                Column("active", N_("State"), _state, 110),
            ],
            name=N_("Models and catalogue"), empty=empty,
        )  # fmt: skip
        self._build_form()
        self._build_tests()
        self.history = HistoryCard(context)
        self.history.hide()
        self.shipped = Button(N_("Take over the shipped catalogue"), icon="download", clicked=self.copy_shipped)
        self.new = Button(N_("&Add a model"), "primary", icon="plus", clicked=self.add_model)
        self.arrange(
            N_("Brand or model"), self.shipped, self.new, beside=(self.card, self.tests, self.terms, self.history),
        )  # fmt: skip
        self.table.selected.connect(self._selected)

    def _build_form(self) -> None:
        self.card = Card(N_("New model"), icon="cpu")
        self.form = Form(columns=2)
        self.form.add("id", N_("&Stable name"), LatinField("newland-n910"), needed=True, span=2)
        self.form.add("brand", N_("&Brand"), TextField(), needed=True)
        self.form.add("brand_en", N_("Brand in &English"), TextField())
        self.form.add("name", N_("&Model"), TextField(), needed=True)
        self.form.add("kind", N_("&Kind"), Pick(choices("device_kinds")))
        self.form.add("warranty_months", N_("&Warranty, months"), NumberField(high=120))
        self.form.add("unionpay_device_type", N_("&UnionPay device type"), LatinField(limit=2))
        self.form.add("min_version", N_("&Oldest allowed version"), LatinField())
        self.form.add("serial_pattern", N_("&Pattern of serial numbers"), LatinField("[A-Z0-9]{10}"))
        self.form.add("capabilities", N_("Capabilities"), CodeTicks("capabilities"), span=2)
        self.form.add("accessories", N_("Usual accessories"), CodeTicks("accessory_types"), span=2)
        self.form.add("key_load_on_board_change", N_("Security"), Tick(N_("New keys after a board change")),
                      span=2)  # fmt: skip
        self.form.add("support_contact", N_("Support &contact"), TextField(), span=2)
        self.form.add("note", N_("No&te"), TextArea(lines=2), span=2)
        self.form.add("active", N_("State"), Tick(N_("In use")))
        self.save_button = Button(N_("Save"), "primary", icon="check", clicked=self.save)
        self.save_button.show_key("Ctrl+S")
        self.card.add(self.form)
        self.card.add(row(1, self.save_button))

    def _build_tests(self) -> None:
        self.tests = Card(
            N_("Test plan of this model"), icon="clipboard-check",
            hint=N_("One rule a line: soak 60 1440 sets limits, -wifi leaves a step out, +words adds one."),
        )  # fmt: skip
        self.tests_form = Form()
        self.rules = TextArea(lines=4)
        self.tests_form.add("tests", N_("Own r&ules"), self.rules)
        self.tests.add(self.tests_form)
        self.tests.add(row(1, Button(N_("Keep the test &plan"), icon="check", clicked=self.save_tests)))
        self.tests.hide()
        self.terms = Card(
            N_("Warranty terms of this model"), icon="file-certificate",
            hint=N_("Empty: as usual. A contract of the merchant goes before; what was decided stays."),
        )  # fmt: skip
        self.terms_form = Form(columns=2)
        self.grace, self.covered = NumberField(high=24), NumberField(high=60)
        self.terms_form.add("grace_months", N_("&Grace after manufacture, months"), self.grace)
        self.terms_form.add("repair_months", N_("A &repair is covered, months"), self.covered)
        self.terms.add(self.terms_form)
        self.terms.add(row(1, Button(N_("Keep the terms"), icon="check", clicked=self.save_terms)))
        self.terms.hide()

    def save_terms(self) -> None:
        """Keep the warranty terms of the chosen model."""
        if self.form_of_id:
            act = set_terms(
                model_id=self.form_of_id, grace_months=self.grace.value(), repair_months=self.covered.value()
            )
            self.jobs.do(act, owner=self, then=lambda _none: self.context.toast(N_("Saved"), tone="ok"),
                         refused=lambda error: self._show_refusal(self.terms_form, error))  # fmt: skip

    def save_tests(self) -> None:
        """Keep the rules of the chosen model's test plan."""
        if self.form_of_id:
            self.jobs.do(
                set_tests(model_id=self.form_of_id, text=self.rules.text()), owner=self,
                then=lambda count: self.context.toast(N_("{count} rules of its own"), tone="ok", count=count),
                refused=self._tests_refused,
            )  # fmt: skip

    def open(self, **args: object) -> None:
        """Show the catalogue."""
        self.refresh()
        if self.form_of_id == "":
            self._show(NEW)
        self.focus_first(self.filter_field)

    def changed(self, changes: Changes) -> None:
        """Ask again when a model was touched."""
        if changes.touches("device_model"):
            self.refresh()

    def retranslate(self) -> None:
        """Say the kinds in the window's language."""
        kind = self.form.rows["kind"].field
        if isinstance(kind, Pick):
            kind.set_choices(choices("device_kinds"))

    def refresh(self) -> None:
        """Ask for the models."""
        self.jobs.ask(registry.models, owner=self, then=self._here, exclusive="list")

    def _here(self, rows: list[ModelRow]) -> None:
        self._rows = rows
        words = self.filter_field.text().casefold().split()
        self.show_rows([one for one in rows if all(word in _searched(one) for word in words)])

    def went(self, chosen: ModelRow) -> None:
        """Go to the form of the chosen model."""
        self._selected(chosen)
        self.form.rows["brand"].field.setFocus()

    def _selected(self, chosen: ModelRow | None) -> None:
        if chosen is None:
            return
        names = ModelForm.__slots__
        self._show(ModelForm(**{name: getattr(chosen, name) for name in names}))
        self.rules.setText(tests_text(chosen.tests))
        self.tests.show()
        own = chosen.tests.get(TERMS, {})
        self.grace.set_value(own.get("grace_months"))
        self.covered.set_value(own.get("repair_months"))
        self.terms.show()
        self.history.show()
        self.history.show_for(chosen.id)

    def _show(self, form: ModelForm) -> None:
        self.form_of_id = form.id
        put_values(self.form, {name: getattr(form, name) for name in ModelForm.__slots__})
        name = self.form.rows["id"].field
        if isinstance(name, LatinField):
            name.setReadOnly(bool(form.id))
        if form.id:
            self.card.title.put(model_title(form.brand, form.brand_en, form.name))
        else:
            self.card.title.say(N_("New model"))
            self.tests.hide()
            self.terms.hide()
            self.history.hide()

    def add_model(self) -> None:
        """Begin a new model, like the current one where there is one."""
        current = self.table.current()
        self.table.view.clearSelection()
        self._show(replace(NEW, brand=current.brand, brand_en=current.brand_en) if current else NEW)
        self.form.rows["id"].field.setFocus()

    def save(self) -> None:
        """Save the model (Ctrl+S)."""
        form = ModelForm(**get_values(self.form))
        self.jobs.do(put_model(form=form), owner=self, then=self._saved, refused=self._refused)

    def _saved(self, identity: str) -> None:
        self.form_of_id = identity
        self.context.toast(N_("Saved"), tone="ok")

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))

    def _tests_refused(self, error: DeskError) -> None:
        self.tests_form.refuse(error)

    def _show_refusal(self, form: Form, error: DeskError) -> None:
        form.refuse(error)

    def copy_shipped(self) -> None:
        """Add the shipped models, parts and prices that are not here yet."""
        self.jobs.do(copy_catalogues(), owner=self, then=self._copied)

    def _copied(self, found: Copied) -> None:
        self.context.toast(
            N_("Taken over: {models} models, {parts} parts, {prices} prices"), tone="ok", models=found.models,
            parts=found.parts, prices=found.prices,
        )  # fmt: skip


def _searched(one: ModelRow) -> str:
    return f"{one.brand} {one.brand_en} {one.name} {one.id}".casefold()


def _state(one: ModelRow) -> Cell:
    if one.active:
        return Cell(spoken(N_("in use")), "ok", "check", pill=True)
    return Cell(spoken(N_("set aside")), "neutral", "player-pause", pill=True)
