"""Beside the steps of a pickup: the order, what goes, what it costs, and the receipts so far with their correction."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.commands.pickup_correct import refund, void_payment, void_pickup
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import Command, Override
from deskapp.queries.receipts import ReceiptRow
from deskapp.rules.account import METHOD_TITLES
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    Form,
    MoneyField,
    PageContext,
    Pill,
    Text,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.pickup_parts import Visit, yuan
from deskapp.ui.pages.words import full_moment
from deskapp.ui.tokens import MEDIUM, SMALL

RECEIPT_KINDS = {
    "pickup": N_("Pickup"), "payment": N_("Payment"), "refund": N_("Refund"), "correction": N_("Corrected receipt"),
}  # fmt: skip


class Summary(QWidget):
    """What stands still while the steps change.

    Signals:
        corrected: a receipt was voided or money paid back.
    """

    corrected = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context, self.jobs = context, context.jobs
        self.amount = Text(role="title")
        self.lines = Text(role="body", wrap=True)
        self.facts = Text(role="muted", wrap=True)
        self.change = Text(role="ok")
        self.proof = Pill(N_("not checked yet"), "neutral", "lock")
        card = Card(N_("This pickup"), icon="package")
        for part in (self.proof, self.lines, self.amount, self.facts, self.change):
            card.add(part)
        self.receipts = Card(N_("Receipts"), icon="receipt")
        self.rows = QVBoxLayout()
        self.rows.setSpacing(SMALL)
        self.receipts.add(self.rows)
        self.correction = Correction(context)
        self.correction.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        for panel in (card, self.receipts, self.correction):
            column.addWidget(panel)
        column.addStretch(1)
        self.correction.done.connect(self.corrected)
        self._visit: Visit | None = None
        self._shown: tuple[ReceiptRow, ...] = ()

    def show_visit(self, visit: Visit) -> None:
        """Show the visit as it stands."""
        self._visit = visit
        self.retranslate()
        if visit.card.receipts != self._shown:
            self._show_receipts(visit.card.receipts)
        self.receipts.setVisible(bool(visit.card.receipts))

    def retranslate(self) -> None:
        """Say the visit in the window's language."""
        visit = self._visit
        if visit is None:
            return
        if visit.release_id:
            self.proof.show_state(N_("release checked"), "ok", "circle-check")
        elif visit.card.blocked:
            self.proof.show_state(N_("supervisor only"), "danger", "lock")
        else:
            self.proof.show_state(N_("{left} tries left"), "neutral", "lock", left=visit.card.tries_left)
        pieces = [spoken(N_("{count} of {ready} ready devices go"), count=len(visit.devices),
                         ready=len(visit.card.ready))]  # fmt: skip
        kept = [one for device in visit.devices for one in device.accessories]
        if kept:
            ticked = sum(one.id in visit.accessories for one in kept)
            pieces.append(spoken(N_("{ticked} of {count} accessories"), ticked=ticked, count=len(kept)))
        missing = [loan for loan in visit.card.loaners if loan.device_id not in visit.loaners_back]
        if missing:
            pieces.append(spoken(N_("loaner still out: {serial}"), serial=missing[0].serial_no))
        uncharged = [device for device in visit.devices if device.uncharged]
        if uncharged:
            pieces.append(spoken(N_("a quote was approved, but nothing is charged: ask the bench")))
        self.lines.put("\n".join(pieces))
        self.amount.put(yuan(visit.due_fen))
        let_off = visit.owed_fen - visit.due_fen
        self.facts.put(spoken(N_("after {amount} let off"), amount=yuan(let_off)) if let_off else "")
        self.facts.setVisible(bool(let_off))
        self.change.say(N_("Change: {amount}"), amount=yuan(visit.change_fen))
        self.change.setVisible(bool(visit.change_fen))

    def _show_receipts(self, receipts: tuple[ReceiptRow, ...]) -> None:
        self._shown = receipts
        self.correction.hide()
        while self.rows.count():
            old = self.rows.takeAt(0).widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for receipt in receipts:
            self.rows.addWidget(self._row(receipt))

    def _row(self, receipt: ReceiptRow) -> QWidget:
        box = QWidget()
        number = Text(role="strong", copy=True)
        number.put(receipt.number)
        below = Text(role="caption")
        pieces = [full_moment(receipt.at), yuan(receipt.fen)]
        if receipt.replaced_by:
            pieces.append(spoken(N_("replaced by {number}"), number=receipt.replaced_by))
        below.put("   ".join(pieces))
        kind = Pill(N_("void"), "danger", "ban") if receipt.void else Pill(RECEIPT_KINDS[receipt.kind], "neutral")
        act = Button(N_("Correct …"), "link", clicked=lambda: self._correct(receipt))
        act.setVisible(open_to_correction(receipt))
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row(number, 1))
        column.addLayout(row(below, 1))
        column.addLayout(row(kind, 1, act))
        return box

    def _correct(self, receipt: ReceiptRow) -> None:
        if self._visit is not None:
            self.correction.ask(receipt, self._visit.card.order_id)


def open_to_correction(receipt: ReceiptRow | None) -> bool:
    """Say whether a receipt can be taken back: the one of the pickup or payment itself, while it counts."""
    return receipt is not None and not receipt.void and receipt.kind in ("pickup", "payment")


class Correction(Card):
    """Voids a pickup or its payment, or pays money back; a supervisor's act.

    Signals:
        done: it was corrected.
        closed: the card went away, corrected or not; whoever opened it takes the keys back.
    """

    done = Signal()
    closed = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            N_("Correct a receipt"), icon="edit",
            hint=N_("Nothing is deleted: the paper is marked as void and both stay in the history."),
        )  # fmt: skip
        self.context, self.jobs = context, context.jobs
        self.what = ChoiceBar(name=N_("What is wrong?"))
        self.amount = MoneyField(name=N_("Amount to pay back"))
        self.method = ChoiceBar([Choice(key, title) for key, title in METHOD_TITLES.items()], name=N_("Paid back by"))
        self.reason = TextField(N_("For the history"))
        self.form = Form()
        self.form.add("what", N_("What is &wrong?"), self.what, needed=True)
        self.form.add("amount", N_("Amount to pay back"), self.amount, needed=True)
        self.form.add("method", N_("Paid back by"), self.method, needed=True)
        self.form.add("reason", N_("R&eason"), self.reason, needed=True)
        self.save = Button(N_("Co&rrect it"), "danger", icon="check", clicked=self.submit)
        self.add(self.form)
        self.add(row(Button(N_("Leave it"), "quiet", clicked=self.leave), 1, self.save))
        self._receipt: ReceiptRow | None = None
        self._order_id = ""
        self.what.chosen.connect(lambda _value: self._show())
        self.reason.returnPressed.connect(self.submit)

    def ask(self, receipt: ReceiptRow, order_id: str) -> None:
        """Show the card for one receipt."""
        self._receipt, self._order_id = receipt, order_id
        choices = [Choice("pickup", N_("Not handed out"))] if receipt.kind == "pickup" else []
        if receipt.fen:
            choices += [Choice("payment", N_("Paid another way")), Choice("refund", N_("Money goes back"))]
        self.what.set_choices(choices)
        self.what.set_value(None)
        self.amount.set_fen(receipt.fen)
        self.reason.clear()
        self.form.clear_errors()
        self._show()
        self.show()
        self.what.setFocus()

    def leave(self) -> None:
        """Take the card away."""
        self.hide()
        self.closed.emit()

    def submit(self, consent: Override | None = None) -> None:
        """Do what was chosen."""
        receipt, what, reason = self._receipt, self.what.value(), self.reason.text()
        if receipt is None or what is None:
            self.form.rows["what"].refuse(spoken(N_("Choose what is wrong.")))
            return
        act: Command[object]
        if what == "pickup":
            act = void_pickup(receipt_no=receipt.number, reason=reason, override=consent)  # type: ignore[assignment]
        elif what == "payment":
            act = void_payment(receipt_no=receipt.number, reason=reason, override=consent)  # type: ignore[assignment]
        else:
            act = refund(order_id=self._order_id, fen=self.amount.fen() or 0, method=self.method.value() or "",
                         reason=reason, override=consent)  # type: ignore[assignment]  # fmt: skip
        self.jobs.do(act, owner=self, then=lambda _done: self._corrected(), refused=self._refused)

    def _refused(self, error: DeskError) -> None:
        if error.code == "needs_override":
            back, number = self.what.value() == "refund", self._receipt.number if self._receipt else ""
            self.context.ask_supervisor(
                "refund" if back else "correct", self.submit, number=number, amount=yuan(self.amount.fen() or 0),
                why=N_("Pay back {amount} of receipt {number}.") if back else N_("Correct receipt {number}."),
            )  # fmt: skip
            return
        self.form.refuse(error, lambda _sentence: self.form.rows["reason"].refuse(say(error)))

    def _corrected(self) -> None:
        self.leave()
        back = self.what.value() == "refund"
        said = N_("Paid back; the receipt of it is printing") if back else N_("Corrected; the old paper is void")
        self.context.toast(said, tone="ok")
        self.done.emit()

    def _show(self) -> None:
        back = self.what.value() == "refund"
        for key in ("amount", "method"):
            self.form.rows[key].setVisible(back)
