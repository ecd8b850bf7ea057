"""What is paid: the amount large and in words, what is let off, one or several ways of paying, the change."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from deskapp import catalogue
from deskapp.commands.pickup_forms import Payment, Reduction
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import Override
from deskapp.rules.account import METHOD_TITLES, PayMethod
from deskapp.rules.money import amount_in_words_cn
from deskapp.rules.papers import ChargeLine, LineKind
from deskapp.ui import theme
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Choice,
    ChoiceBar,
    Column,
    DataTable,
    EmptyState,
    Form,
    MoneyField,
    Text,
    row,
    spoken,
)
from deskapp.ui.pages.pickup_parts import Host, Step, yuan
from deskapp.ui.tokens import ROW_HEIGHT

KIND_TITLES = {
    LineKind.PART: N_("part"),
    LineKind.LABOUR: N_("labour"),
    LineKind.VISIT: N_("visit"),
    LineKind.INSPECTION: N_("inspection"),
    LineKind.STORAGE: N_("storage"),
}

METHOD_KEYS = {
    PayMethod.CASH: "X", PayMethod.WECHAT: "W", PayMethod.ALIPAY: "Z", PayMethod.CARD: "K",
    PayMethod.TRANSFER: "G", PayMethod.ON_ACCOUNT: "Y",
}  # fmt: skip


class PayStep(Step):
    """Charges, reductions, payments."""

    button = N_("On to the &signature")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.big = Text(role="number")
        self.words = Text(role="muted", wrap=True, copy=True)
        self.rest = Text(role="strong", wrap=True)
        self.table = DataTable(
            [
                Column("name", N_("Charged for"), self._what, 0),
                Column("quantity", N_("Quantity"), lambda line: str(line.quantity), 80, right=True),
                Column("unit", N_("Price"), lambda line: yuan(line.unit_price_fen), 110, right=True),
                Column("amount", N_("Amount"), lambda line: yuan(line.amount_fen), 110, right=True),
            ],
            name=N_("Charges"), empty=EmptyState("report-money", N_("Nothing is charged for these devices.")),
        )  # fmt: skip
        self._arrange_charges()
        self._arrange_reduction()
        self._arrange_payment()
        charges = Card(N_("Charges"), icon="report-money")
        charges.add(self.table)
        self.column.addWidget(charges)
        self.column.addStretch(1)

    def _arrange_charges(self) -> None:
        card = Card(N_("To pay"), icon="cash")
        card.add(row(self.big, 1))
        card.add(self.words)
        self.discount = Button(N_("&Discount …"), "quiet", icon="tag", clicked=lambda: self._open("discount"))
        self.waive = Button(N_("Wai&ve …"), "quiet", icon="hand-stop", clicked=lambda: self._open("waiver"))
        self.undo = Button(N_("Take the reduction back"), "quiet", icon="arrow-back-up", clicked=self._undo)
        card.add(row(self.discount, self.waive, self.undo, 1))
        self.column.addWidget(card)

    def _arrange_reduction(self) -> None:
        self.kind = "discount"
        self.amount = MoneyField(name=N_("Amount"))
        self.reason = ChoiceBar((), name=N_("Reason"))
        self.form = Form(columns=2)
        self.form.add("reduction", N_("&Amount let off"), self.amount, needed=True)
        self.form.add("reduction_reason", N_("&Reason"), self.reason, needed=True)
        self.grant = Button(N_("&Grant it"), "primary", icon="shield-check", clicked=self._grant)
        self.panel = Card(N_("Let something off"), icon="tag",
                          hint=N_("A person who may grant it confirms with a PIN."))  # fmt: skip
        self.panel.add(self.form)
        self.panel.add(row(1, Button(N_("Leave it"), "quiet", clicked=self._close), self.grant))
        self.panel.hide()
        self.column.addWidget(self.panel)
        self.amount.returnPressed.connect(self.reason.setFocus)
        self.reason.confirmed.connect(lambda _value: self._grant())

    def _arrange_payment(self) -> None:
        self.method = ChoiceBar(
            [Choice(method, title, METHOD_KEYS[method]) for method, title in METHOD_TITLES.items()],
            name=N_("Paid by"),
        )  # fmt: skip
        self.paid = MoneyField(name=N_("Amount paid this way"))
        self.given = MoneyField(name=N_("Cash received"))
        self.change = Text(role="strong")
        self.money = Form(columns=2)
        self.money.add("payment", N_("&Paid by"), self.method, needed=True, span=2)
        self.money.add("amount", N_("A&mount paid this way"), self.paid,
                       hint=N_("Enter notes it. The rest can be paid another way."))  # fmt: skip
        self.money.add("given", N_("Cas&h received"), self.given, hint=N_("Only to work out the change."))
        self.add_button = Button(N_("&Note this payment"), icon="plus", clicked=self.note)
        self.clear_button = Button(N_("Start the payment again"), "quiet", icon="refresh", clicked=self._again)
        self.list = Text(role="body", wrap=True)
        self.card = Card(N_("Payment"), icon="credit-card")
        self.card.add(self.money)
        self.card.add(row(self.change, 1, self.clear_button, self.add_button))
        self.card.add(self.list)
        self.card.add(self.rest)
        self.column.addWidget(self.card)
        self.method.chosen.connect(self._chosen)
        self.paid.returnPressed.connect(self.note)
        self.given.returnPressed.connect(self.note)
        self.given.amount_changed.connect(lambda _fen: self._show_change())
        self.paid.amount_changed.connect(lambda _fen: self._show_change())

    def show_visit(self, *, anew: bool) -> None:
        """Show what is owed now."""
        visit = self.visit
        if anew:
            self.method.set_value(None)
            self.paid.clear()
            self.given.clear()
            self.panel.hide()
        self.big.put(yuan(visit.due_fen))
        self.words.put(amount_in_words_cn(visit.due_fen))
        lines = [line for device in visit.devices for line in device.lines]
        self.table.set_rows(lines)
        self.table.setFixedHeight(theme.px(ROW_HEIGHT) * (len(lines) + 1) + 8 if lines else theme.px(180))
        owed = visit.owed_fen > 0
        for button in (self.discount, self.waive):
            button.setVisible(owed and not visit.payments)
        self.undo.setVisible(bool(visit.reductions))
        self.card.setVisible(visit.due_fen > 0)
        pieces = [f"{spoken(METHOD_TITLES[PayMethod(one.method)])} {yuan(one.fen)}" for one in visit.payments]
        self.list.put("   ".join(pieces))
        self.list.setVisible(bool(pieces))
        self.clear_button.setVisible(bool(pieces))
        self._show_rest()
        self._show_change()

    def retranslate(self) -> None:
        """Say the amounts again."""
        if self.host.visit is not None:
            self.show_visit(anew=False)

    def first(self) -> QWidget:
        """Begin with how it is paid."""
        return self.method if self.visit.rest_fen else self.discount

    def done(self) -> bool:
        """Everything is paid."""
        if not self.visit.rest_fen:
            return True
        if self.method.value() is not None and self.paid.fen():
            self.note()
            return not self.visit.rest_fen
        self.money.rows["payment"].refuse(
            spoken(N_("{amount} are still to be paid. How is it paid?"), amount=yuan(self.visit.rest_fen))
        )
        return False

    def note(self) -> None:
        """Note one way of paying."""
        method, fen, rest = self.method.value(), self.paid.fen(), self.visit.rest_fen
        if method is None:
            self.money.rows["payment"].refuse(spoken(N_("Choose how it is paid.")))
            return
        if not fen:
            self.money.rows["amount"].refuse(spoken(N_("Enter an amount above zero.")))
            return
        if fen > rest:
            self.money.rows["amount"].refuse(
                spoken(N_("That is {over} more than the {due} owed. Enter what is kept, not what was handed over."),
                       over=yuan(fen - rest), due=yuan(rest))
            )  # fmt: skip
            return
        given = self.given.fen()
        if method == PayMethod.CASH and given is not None and given < fen:
            self.money.rows["given"].refuse(
                spoken(N_("Only {given} of {amount} are there. Enter above what is paid in cash; the rest can be paid "
                          "another way."), given=yuan(given), amount=yuan(fen))
            )  # fmt: skip
            return
        self.visit.payments.append(Payment(method, fen))
        self.visit.change_fen += (given or fen) - fen if method == PayMethod.CASH else 0
        self.money.clear_errors()
        self.given.clear()
        self.method.set_value(None)
        self.paid.clear()
        self.show_visit(anew=False)
        self.host.touched()
        if self.visit.rest_fen:
            self.method.setFocus()
        else:
            self.host.go_on()

    def _chosen(self, method: str) -> None:
        if not 0 < (self.paid.fen() or 0) <= self.visit.rest_fen:  # what was typed before the method was meant
            self.paid.set_fen(self.visit.rest_fen)
        self.money.rows["given"].setVisible(method == PayMethod.CASH)
        (self.given if method == PayMethod.CASH else self.paid).setFocus()
        self.paid.selectAll()

    def _again(self) -> None:
        self.visit.payments.clear()
        self.visit.change_fen = 0
        self.given.clear()
        self.show_visit(anew=False)
        self.host.touched()
        self.method.setFocus()

    def _show_rest(self) -> None:
        rest = self.visit.rest_fen
        if rest and self.visit.payments:
            self.rest.set_role("warn")
            self.rest.say(N_("{amount} still to be paid."), amount=yuan(rest))
        elif self.visit.payments:
            self.rest.set_role("ok")
            self.rest.say(N_("Paid in full."))
        else:
            self.rest.put("")

    def _show_change(self) -> None:
        cash = self.method.value() == PayMethod.CASH
        self.money.rows["given"].setVisible(cash)
        given, paid = self.given.fen(), self.paid.fen()
        if not cash or given is None or paid is None:
            self.change.put("")
        elif given >= paid:
            self.change.set_role("ok")
            self.change.say(N_("Change: {amount}"), amount=yuan(given - paid))
        else:
            self.change.set_role("warn")
            self.change.say(N_("{amount} are missing."), amount=yuan(paid - given))

    # -- reductions ----------------------------------------------------------------

    def _open(self, kind: str) -> None:
        self.kind = kind
        listed = "discount_reasons" if kind == "discount" else "waiver_reasons"
        self.panel.title.say(N_("Discount") if kind == "discount" else N_("Waive the charge"))
        self.reason.set_choices(
            [Choice(word.code, word.title(), word.short, raw=True) for word in catalogue.words(listed).values()]
        )
        self.reason.set_value(None)
        self.amount.set_fen(self.visit.due_fen if kind == "waiver" else None)
        self.panel.show()
        self.amount.setFocus()
        self.amount.selectAll()

    def _close(self) -> None:
        self.panel.hide()
        self.form.clear_errors()
        self.method.setFocus()

    def _grant(self) -> None:
        fen, reason = self.amount.fen(), self.reason.value()
        if not fen or fen > self.visit.due_fen:
            self.form.rows["reduction"].refuse(
                spoken(N_("Enter an amount up to {due}."), due=yuan(self.visit.due_fen))
            )
            return
        if reason is None:
            self.form.rows["reduction_reason"].refuse(spoken(N_("Give the reason for the reduction.")))
            return
        right = "discount" if self.kind == "discount" else "waive"
        if self.context.may(right) and self.context.actor() is not None:
            self._granted(None, fen, reason)
            return
        self.context.ask_supervisor(
            right, lambda consent: self._granted(consent, fen, reason),
            why=N_("Let off {amount} of {due}."), amount=yuan(fen), due=yuan(self.visit.due_fen),
        )  # fmt: skip

    def _granted(self, consent: Override | None, fen: int, reason: str) -> None:
        self.visit.reductions.append(Reduction(self.kind, fen, reason, consent))
        self.visit.payments.clear()
        self.visit.change_fen = 0
        self._close()
        self.show_visit(anew=False)
        self.host.touched()
        self.first().setFocus()

    def _undo(self) -> None:
        self.visit.reductions.clear()
        self._again()

    def refuse(self, error: DeskError) -> bool:
        """Show a refusal of the hand-out that belongs to this step; a spent consent has to be given again."""
        if error.field in ("reduction", "reduction_reason"):
            self.visit.reductions.clear()
            self.show_visit(anew=False)
            self.host.complain(say(error))
            return True
        return self.money.refuse(error)

    def _what(self, line: ChargeLine) -> Cell:
        name = line.name or spoken(KIND_TITLES[line.kind])
        return Cell(f"{name}   {line.part_no}".strip())
