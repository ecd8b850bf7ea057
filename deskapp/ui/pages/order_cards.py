"""Parts of an order's page: what waits to be done, its receipts with their correction."""

from __future__ import annotations

from deskapp.commands.reviews import settle_card
from deskapp.errors import N_, DeskError
from deskapp.queries.orders import OrderCard, OrderTodo
from deskapp.queries.receipts import ReceiptRow
from deskapp.rules.money import format_yuan
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Column,
    DataTable,
    Form,
    PageContext,
    Text,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.lists import filled
from deskapp.ui.pages.pickup_summary import RECEIPT_KINDS, Correction, open_to_correction
from deskapp.ui.pages.review_words import CARD_KINDS, card_sort
from deskapp.ui.pages.words import full_moment, moment


class Todos(Card):
    """What waits for a person on this order; each is settled with a word about what was done."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("To settle"), icon="alert-circle")
        self.context, self.jobs = context, context.jobs
        self.table = DataTable(
            [
                Column("what", N_("What"), _what, 0),
                Column("about", N_("About what"), lambda todo: todo.about, 150),
                Column("kind", N_("Kind"), lambda todo: spoken(CARD_KINDS[card_sort(todo.kind)]), 120),
                Column("since", N_("Raised"), lambda todo: moment(todo.raised_at), 110),
            ],
            name=N_("To settle"),
        )  # fmt: skip
        self.how = TextField(limit=200)
        self.form = Form()
        self.form.add("how", N_("What was done about it"), self.how, needed=True)
        self.settle = Button(N_("Settle"), icon="check", clicked=self.submit)
        self.wrong = Text(role="error", wrap=True)
        self.add(self.table)
        self.add(self.form)
        self.add(row(self.wrong, 1, self.settle))
        self.how.returnPressed.connect(self.submit)
        self.table.opened.connect(lambda _todo: self.how.setFocus())

    def show_card(self, card: OrderCard) -> None:
        """Show what waits."""
        self.setVisible(bool(card.todos))
        filled(self.table, card.todos, 5)
        if card.todos and self.table.current() is None:
            self.table.select(0)

    def submit(self) -> None:
        """Settle the chosen one."""
        todo: OrderTodo | None = self.table.current()
        if todo is not None and self.settle.isEnabled():
            self.settle.setEnabled(False)
            self.wrong.put("")
            act = settle_card(card_id=todo.card_id, how=self.how.text())
            self.jobs.do(act, owner=self, then=lambda _none: self._settled(todo), refused=self._refused)

    def _settled(self, todo: OrderTodo) -> None:
        self.settle.setEnabled(True)
        self.how.clear()
        self.context.toast(N_("Settled: {what}"), tone="ok", what=spoken(todo.title))

    def _refused(self, error: DeskError) -> None:
        self.settle.setEnabled(True)
        self.form.refuse(error, otherwise=self.wrong.put)


class Receipts(Card):
    """The receipts of an order; one is corrected in place, by a supervisor."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Receipts"), icon="receipt")
        self._order_id = ""
        self.table = DataTable(
            [
                Column("number", N_("Number"), lambda one: one.number, 0),
                Column("kind", N_("Kind"), _kind, 150),
                Column("fen", N_("Amount"), lambda one: format_yuan(one.fen), 120, right=True),
                Column("devices", N_("Devices"), lambda one: str(one.devices), 90, right=True),
                Column("at", N_("When"), lambda one: full_moment(one.at), 150),
            ],
            name=N_("Receipts"),
        )  # fmt: skip
        self.correct = Button(N_("Correct …"), "link", icon="edit", clicked=self.ask)
        self.correction = Correction(context)
        self.correction.hide()
        self.add(self.table)
        self.add(row(self.correct, 1))
        self.add(self.correction)
        self._may = context.may("payment") or context.may("pickup")
        self.table.opened.connect(lambda _one: self.ask())
        self.table.selected.connect(self._selected)
        self.correction.closed.connect(self.table.setFocus)

    def show_card(self, card: OrderCard) -> None:
        """Show the receipts."""
        if card.id != self._order_id:
            self.correction.hide()
        self._order_id = card.id
        self.setVisible(bool(card.receipts))
        filled(self.table, card.receipts, 4)
        if card.receipts and self.table.current() is None:
            self.table.select(0)

    def ask(self) -> None:
        """Open the correction of the chosen receipt."""
        receipt: ReceiptRow | None = self.table.current()
        if receipt is not None and open_to_correction(receipt) and self._may:
            self.correction.ask(receipt, self._order_id)

    def _selected(self, receipt: ReceiptRow | None) -> None:
        self.correct.setVisible(open_to_correction(receipt) and self._may)


def _what(todo: OrderTodo) -> Cell:
    said = spoken(todo.title)
    icon = "list-check" if todo.kind == "todo" else "eye"
    return Cell(f"{said}  {todo.words}" if todo.words else said, "", icon)


def _kind(receipt: ReceiptRow) -> Cell:
    if receipt.void:
        return Cell(spoken(N_("void")), "danger", "ban", pill=True)
    if receipt.replaced_by:
        return Cell(spoken(N_("replaced")), "warn", "refresh", pill=True)
    return Cell(spoken(RECEIPT_KINDS[receipt.kind]), "neutral", "receipt", pill=True)
