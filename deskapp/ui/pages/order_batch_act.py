"""The counter's word that nothing on a device is unsettled any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deskapp.commands.batches import settle_batch
from deskapp.errors import N_
from deskapp.queries.orders import OrderCard, OrderLine
from deskapp.ui.kit import ChoiceBar, TextField
from deskapp.ui.pages.order_acts import Act
from deskapp.ui.pages.words import settled_choices

if TYPE_CHECKING:
    from deskapp.models.store import Command, Override


class SettleBatch(Act):
    """Note who confirmed it and how; then the device may be wiped."""

    name, short, icon = "settle_batch", N_("Batch settled …"), "receipt"
    title_text, yes = N_("Nothing on the device is unsettled any more"), N_("Batch settled")
    said = N_("Settled: the device may be reset and loaded again.")

    def build(self) -> None:
        """Ask how it is known, and by whom."""
        self.how = ChoiceBar(settled_choices(), name=N_("How it is known"))
        self.words = TextField(N_("Who confirmed it, or the number of the slip"), limit=300)
        self.form.add("how", N_("How it is known"), self.how, needed=True, span=3)
        self.form.add("words", N_("Confirmed by"), self.words, needed=True, span=3)
        self.how.confirmed.connect(lambda _value: self.words.setFocus())
        self.words.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While the device must not be wiped, or nobody knows yet whether it may."""
        asked = any(todo.key == "unsettled_batch" and todo.about == line.label_no for todo in card.todos)
        return (line.do_not_wipe or asked) and self.may("note")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Note it."""
        return settle_batch(item_id=line.id, how=self.how.value() or "", words=self.words.text())


def batch_acts() -> tuple[type[Act], ...]:
    """Return this act, offered first: other acts wait for it."""
    return (SettleBatch,)
