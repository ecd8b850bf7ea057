"""Parts and stock: what lies on the shelf, what runs low; taking in by scan, counting, labels, prices."""

from __future__ import annotations

from collections.abc import Mapping

from deskapp.commands.stock_desk import print_parts_order
from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries.around import PartState, part_of_label, part_state
from deskapp.queries.naming import in_window
from deskapp.queries.registry_cards import PartRow
from deskapp.queries.stock import StockList, stock_list
from deskapp.rules.depot import Need
from deskapp.rules.money import format_yuan
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import Button, Cell, Choice, ChoiceBar, Column, DataTable, EmptyState, PageContext, reveal, spoken
from deskapp.ui.pages.lists import ListPage
from deskapp.ui.pages.past import HistoryCard
from deskapp.ui.pages.stock_parts import MovesCard, PartCard
from deskapp.ui.pages.stock_places import PlacesCard


class StockPage(ListPage):
    """The parts at the left, the chosen one at the right; F9 brings everybody here."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Parts and stock"))
        self.needs: Mapping[str, Need] = {}
        self._wanted = ""
        empty = EmptyState(
            "packages", N_("No part fits. Scan a part, or add it."), action=N_("Add a part"), act=self.add_part
        )
        self.table = DataTable(
            [
                Column("part_no", N_("Part number"), lambda one: one.part_no, 120),
                Column("name", N_("Part"), _name, 0),
                Column("on_hand", N_("On hand"), self._on_hand, 105, sort=lambda one: one.on_hand),
                Column("min", N_("Minimum"), lambda one: str(one.min_quantity or ""), 80, right=True),
                Column("price", N_("Price"), lambda one: format_yuan(one.price_fen), 95, right=True),
            ],
            name=N_("Parts and stock"), empty=empty,
        )  # fmt: skip
        self.which = ChoiceBar(
            [Choice("all", N_("All")), Choice("low", N_("Below the minimum")), Choice("order", N_("To order")),
             Choice("held", N_("In stock"))],
            name=N_("Which parts"), value="all",
        )  # fmt: skip
        self.which.chosen.connect(lambda _value: self.refresh())
        self.part = PartCard(context)
        self.moves = MovesCard()
        self.places = PlacesCard(context)
        self.places.hide()
        self.order_list = Button(N_("Print the o&rder list"), icon="printer", clicked=self.print_paper)
        self.history = HistoryCard(context)
        self.moves.hide()
        self.history.hide()
        self.new = Button(N_("Add a &part"), "primary", icon="plus", clicked=self.add_part)
        reveal(self.new, context.may("stock"))
        self.arrange(
            N_("Part number or name"),
            self.which,
            self.order_list,
            self.new,
            beside=(self.part, self.places, self.moves, self.history),
        )
        self.table.selected.connect(self._selected)
        self.part.saved.connect(self._saved)

    def open(self, **args: object) -> None:
        """Show the parts; `id` names one to choose, `which` the low ones."""
        self._wanted = str(args.get("id", ""))
        if args.get("view") == "reorder":
            self.which.set_value("order")
        if args.get("which"):
            self.which.set_value(str(args["which"]))
        if self._wanted:
            self.which.set_value("all")
            self.filter_field.clear()
        self.refresh()
        self.focus_first(self.table if self._wanted else self.filter_field)

    def changed(self, changes: Changes) -> None:
        """Ask again when parts came, went or were edited."""
        if changes.touches("part", "stock_move", "work_event"):
            self.refresh()

    def refresh(self) -> None:
        """Ask for the parts."""
        self.jobs.ask(stock_list, owner=self, then=self._here, exclusive="list")

    def print_paper(self) -> None:
        """Print the list of parts to order (Ctrl+P)."""
        if self.context.may("stock"):
            self.jobs.do(print_parts_order(), owner=self, then=self._printed)

    def _printed(self, _job: str) -> None:
        self.context.toast(N_("The order list prints"), tone="ok")

    def _on_hand(self, one: PartRow) -> Cell | str:
        need = self.needs.get(one.id)
        if need and need.to_order and self.which.value() == "order":
            return Cell(spoken(N_("{count}, order {more}"), count=one.on_hand, more=need.to_order), "warn", "packages")
        if one.on_hand < one.min_quantity:
            return Cell(spoken(N_("{count} low"), count=one.on_hand), "danger", "alert-triangle", pill=True)
        return str(one.on_hand)

    def _here(self, found: StockList) -> None:
        rows, self.needs = found.parts, found.needs
        self.order_list.setVisible(self.which.value() == "order" and self.context.may("stock"))
        which, words = self.which.value(), self.filter_field.text().casefold().split()
        shown = [
            one for one in rows
            if all(w in f"{one.part_no} {one.name} {one.name_en} {' '.join(one.fits)}".casefold() for w in words)
            and (which != "order" or (one.id in self.needs and self.needs[one.id].to_order > 0))
            and (which != "low" or one.on_hand < one.min_quantity) and (which != "held" or one.on_hand > 0)
        ]  # fmt: skip
        self.show_rows(shown)
        current = self.table.current()
        if self._wanted:
            place = next((n for n, one in enumerate(self.table.rows()) if one.id == self._wanted), None)
            self._wanted = ""
            if place is not None:
                self.table.select(place)
        elif current is not None:
            self._selected(current)

    def scan(self, text: str) -> bool:
        """Take a serial number where parts come in, else open the part that the code names."""
        if parse_scan(text).kind not in (ScanKind.SERIAL, ScanKind.PART, ScanKind.UNKNOWN):
            return False
        if self.places.serial.hasFocus() or self.part.asks_here():
            return False  # the number of a part to keep, or to print: it stays in the field that asks for it
        # Every scan is answered, also when the next one comes before its answer: parts come in one after the other.
        self.jobs.ask(lambda session: part_of_label(session, text), owner=self,
                      then=lambda part_id: self._scanned(part_id, text))  # fmt: skip
        return True

    def _scanned(self, part_id: str, text: str) -> None:
        if part_id and not (self.part.takes_serials() and part_id == self.part.part_id()):
            self.open(id=part_id)
        elif self.part.takes_serials():
            self.part.take_serial(text)
        else:
            self.context.toast(N_("No part has the number {number}."), tone="warn", number=text)

    def went(self, chosen: PartRow) -> None:
        """Go to the first field about the chosen part."""
        self._selected(chosen)
        self.part.begin()

    def _selected(self, chosen: PartRow | None) -> None:
        if chosen is None:
            return
        self.part.show_part(chosen)
        self.moves.show()
        self.history.show()
        self.places.setVisible(self.context.may("stock") or self.context.may("parts_use"))
        self.places.show_part(chosen)
        self.history.show_for(chosen.id)
        self.jobs.ask(
            lambda session: part_state(session, chosen.id), owner=self, then=self._state_here, exclusive="moves"
        )

    def _state_here(self, state: PartState) -> None:
        self.moves.show_state(state)
        self.part.show_serials(state.serials)

    def _saved(self, part_id: str) -> None:
        self._wanted = part_id

    def add_part(self) -> None:
        """Begin a new part."""
        self.table.view.clearSelection()
        self.moves.hide()
        self.places.hide()
        self.history.hide()
        self.part.show_new(self.filter_field.text().strip())

    def save(self) -> None:
        """Save the part (Ctrl+S)."""
        self.part.save()


def _name(one: PartRow) -> str:
    name = in_window(one.name, one.name_en)
    return name if one.active else f"{name}  ({spoken(N_('set aside'))})"
