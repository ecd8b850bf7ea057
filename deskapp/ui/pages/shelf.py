"""The shelves: what lies on each, a new one, its label. A scanned shelf label opens its shelf here."""

from __future__ import annotations

from deskapp.commands.papers_stock import queue_shelf_label
from deskapp.commands.setup import add_shelf
from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes
from deskapp.queries import registry
from deskapp.queries.around import HeldRow, on_shelf
from deskapp.queries.registry_cards import ShelfRow
from deskapp.rules.states import STATE_TITLES, WorkState
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Choice,
    Column,
    DataTable,
    EmptyState,
    Form,
    LatinField,
    PageContext,
    TextField,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.lists import ListPage, filled
from deskapp.ui.pages.records import get_values, put_values
from deskapp.ui.pages.settings_fields import Pick
from deskapp.ui.pages.words import full_moment

USES = {
    "repair": N_("for repair"),
    "pickup": N_("for pickup"),
    "quarantine": N_("quarantine"),
    "loaner": N_("loaners"),
}


class ShelfPage(ListPage):
    """The shelves at the left, the devices on the chosen one at the right."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Shelves"))
        self._wanted = ""
        self.table = DataTable(
            [
                Column("code", N_("Shelf"), lambda one: one.code, 120),
                Column("zone", N_("Zone"), lambda one: one.zone, 0),
                Column("use", N_("Use"), lambda one: spoken(USES.get(one.use, one.use)), 120),
                Column("held", N_("Devices"), lambda one: str(one.held), 90, right=True, sort=lambda one: one.held),
            ],
            name=N_("Shelves"), empty=EmptyState("box", N_("No shelf is set up yet. Add the first one.")),
        )  # fmt: skip
        self.card = Card(N_("On this shelf"), icon="box")
        self.held = DataTable(
            [
                Column("label_no", N_("Label"), lambda one: one.label_no, 140),
                Column("model", N_("Model"), lambda one: one.model or one.serial_no, 0),
                Column("state", N_("State"), _state, 150),
            ],
            name=N_("On this shelf"), empty=EmptyState("box", N_("Nothing lies here.")),
        )  # fmt: skip
        self.print_button = Button(N_("Print the shelf &label"), icon="printer", clicked=self.print_label)
        self.card.add(self.held)
        self.card.add(row(1, self.print_button))
        self._build_new()
        self.arrange(N_("Code or zone"), beside=(self.card, self.new_card))
        self.table.selected.connect(self._selected)
        self.held.opened.connect(lambda one: context.navigate("order", id=one.item_id, kind="item"))
        reveal(self.print_button, context.may("shelf_count"))

    def _build_new(self) -> None:
        self.new_card = Card(N_("Another shelf"), icon="plus")
        self.form = Form(columns=2)
        self.form.add("code", N_("&Code"), LatinField("B-03-2"), needed=True)
        self.form.add("zone", N_("&Zone"), TextField())
        self.form.add("use", N_("&Use"), Pick([Choice(value, title) for value, title in USES.items()]))
        self.add_button = Button(N_("&Add the shelf"), icon="plus", clicked=self.add_one)
        self.new_card.add(self.form)
        self.new_card.add(row(1, self.add_button))
        for name in ("code", "zone"):
            field = self.form.rows[name].field
            if isinstance(field, TextField):
                field.returnPressed.connect(self.add_one)
        reveal(self.new_card, self.context.may("settings"))

    def open(self, **args: object) -> None:
        """Show the shelves; `id` names one to choose."""
        self._wanted = str(args.get("id", ""))
        self.refresh()
        self.focus_first(self.table if self._wanted else self.filter_field)

    def changed(self, changes: Changes) -> None:
        """Ask again when a shelf or what lies there was touched."""
        if changes.touches("shelf", "repair_item", "custody_event"):
            self.refresh()

    def refresh(self) -> None:
        """Ask for the shelves."""
        self.jobs.ask(registry.shelves, owner=self, then=self._here, exclusive="list")

    def _here(self, shelves: list[ShelfRow]) -> None:
        text = self.filter_field.text().strip().casefold()
        self.show_rows([one for one in shelves if text in f"{one.code} {one.zone}".casefold()])
        wanted, self._wanted = self._wanted, ""
        for place, one in enumerate(self.table.rows()):
            if one.id == wanted or (not wanted and place == 0 and self.table.current() is None):
                self.table.select(place)
        self._selected(self.table.current())

    def _selected(self, shelf: ShelfRow | None) -> None:
        self.print_button.setEnabled(shelf is not None)
        if shelf is None:
            filled(self.held, ())
            return
        self.card.title.put(f"{shelf.code}  {spoken(USES.get(shelf.use, shelf.use))}")
        self.jobs.ask(
            lambda session: on_shelf(session, shelf.id), owner=self,
            then=lambda rows: filled(self.held, rows, 12), exclusive="held",
        )  # fmt: skip

    def went(self, chosen: ShelfRow) -> None:
        """Go to the devices on a shelf."""
        self._selected(chosen)
        self.held.setFocus()

    def print_label(self) -> None:
        """Queue the label of the chosen shelf."""
        shelf = self.table.current()
        if shelf is not None:
            self.jobs.do(queue_shelf_label(shelf_id=shelf.id), owner=self, then=self._queued)

    def _queued(self, number: str) -> None:
        self.context.toast(N_("Label {number} is on its way to the printer"), tone="ok", number=number)

    def add_one(self) -> None:
        """Add a shelf."""
        values = get_values(self.form)
        act = add_shelf(code=values["code"], zone=values["zone"], use=values["use"] or "repair")
        self.jobs.do(act, owner=self, then=self._added, refused=self._refused)

    def _added(self, shelf_id: str) -> None:
        self._wanted = shelf_id
        put_values(self.form, {"code": "", "zone": ""})
        self.form.rows["code"].field.setFocus()
        self.context.toast(N_("Shelf added"), tone="ok")
        self.refresh()

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))


def _state(one: HeldRow) -> Cell:
    return Cell(f"{spoken(STATE_TITLES[WorkState(one.state)])}  {full_moment(one.since)[5:10]}", "muted")
