"""The card of a unit's bindings: to whom it belongs now, where it was before, binding and unbinding."""

from __future__ import annotations

from deskapp.clock import shop_day
from deskapp.commands.devices import bind_device, unbind_device
from deskapp.errors import N_, DeskError
from deskapp.queries.registry_cards import DeviceCard
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Column,
    ConfirmBar,
    DataTable,
    DateField,
    EmptyState,
    Form,
    LatinField,
    PageContext,
    SuggestField,
    TextField,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.lists import filled
from deskapp.ui.pages.records import get_values, put_values
from deskapp.ui.pages.words import merchant_suggestions


class BindingCard(Card):
    """Shows every stretch of a unit's life with a merchant, the newest first."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Merchant and terminal number"), icon="building-store")
        self.context = context
        self._device_id = ""
        self.table = DataTable(
            [
                Column("merchant", N_("Merchant"), lambda one: one.merchant, 0),
                Column("terminal_no", N_("Terminal number"), lambda one: one.terminal_no, 150),
                Column("place", N_("Place"), lambda one: one.place, 170),
                Column("from", N_("From"), lambda one: one.valid_from, 120),
                Column("to", N_("Until"), _until, 140),
            ],
            name=N_("Bindings"), empty=EmptyState("building-store", N_("This device is bound to nobody.")),
        )  # fmt: skip
        self.merchant = SuggestField(
            context.jobs, merchant_suggestions, N_("Number, name, initials or phone"), name=N_("Merchant")
        )
        self.day = DateField(shop_day(context.now()))
        self.form = Form(columns=2)
        self.form.add("merchant_id", N_("&Merchant"), self.merchant, needed=True)
        self.form.add("terminal_no", N_("&Terminal number"), LatinField())
        self.form.add("place", N_("&Place"), TextField(N_("Which counter, which branch of the shop")))
        self.form.add("valid_from", N_("&From"), self.day)
        self.confirm = ConfirmBar()
        self.unbind_button = Button(N_("&End the binding …"), "quiet", icon="x", clicked=self.ask_unbind)
        self.bind_button = Button(N_("&Bind"), icon="check", clicked=self.bind)
        self.add(self.table)
        self.add(self.form)
        self.add(self.confirm)
        self.add(row(self.unbind_button, 1, self.bind_button))
        self.day.returnPressed.connect(self.bind)
        self.table.opened.connect(lambda one: context.navigate("merchant", merchant_id=one.merchant_id))
        for part in (self.form, self.bind_button, self.unbind_button):
            reveal(part, context.may("merchant"))

    def show_unit(self, card: DeviceCard) -> None:
        """Show the bindings of a unit."""
        self._device_id = card.row.id
        filled(self.table, card.bindings, 5)
        self.unbind_button.setEnabled(any(not one.valid_to for one in card.bindings))

    def bind(self) -> None:
        """Bind the unit to the chosen merchant; an older binding ends the same day."""
        chosen = self.merchant.chosen
        if chosen is None:
            self.form.rows["merchant_id"].refuse(spoken(N_("Choose the merchant from the list.")))
            return
        values = get_values(self.form)
        act = bind_device(
            device_id=self._device_id, merchant_id=chosen.data.id, terminal_no=values["terminal_no"],
            place=values["place"], valid_from=values["valid_from"],
        )  # fmt: skip
        self.context.jobs.do(act, owner=self, then=self._bound, refused=self._refused)

    def ask_unbind(self) -> None:
        """Ask whether the binding ends today."""
        self.confirm.ask(N_("End the binding today? The device then belongs to nobody."), N_("End it"), self._unbind)

    def _unbind(self) -> None:
        self.context.jobs.do(
            unbind_device(device_id=self._device_id), owner=self,
            then=lambda _done: self.context.toast(N_("The binding has ended"), tone="ok"), refused=self._refused,
        )  # fmt: skip

    def _bound(self, _binding: str) -> None:
        self.merchant.reset()
        put_values(self.form, {"terminal_no": "", "place": "", "valid_from": ""})
        self.context.toast(N_("Bound"), tone="ok")

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda text: self.context.toast(text, tone="warn", raw=True))


def _until(one: object) -> Cell | str:
    until = str(getattr(one, "valid_to", ""))
    return until or Cell(spoken(N_("now")), "ok", "check", pill=True)
