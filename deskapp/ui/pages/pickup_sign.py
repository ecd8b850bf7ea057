"""Signature, rating and invoice number, and the end: the receipt's number, and what comes next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.commands.pickup_forms import HandedOut
from deskapp.errors import N_
from deskapp.rules.money import amount_in_words_cn
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    Form,
    LatinField,
    Picture,
    SignaturePad,
    Text,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.pickup_parts import Host, Step, yuan
from deskapp.ui.tokens import MEDIUM


class SignStep(Step):
    """The last step before the devices go."""

    button = N_("&Hand out and print the receipt")
    icon = "check"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.pad = SignaturePad(N_("Collector's signature"))
        self.rating = ChoiceBar(
            [Choice(str(stars), "★" * stars, raw=True) for stars in range(1, 6)],
            name=N_("How content is the merchant?"),
        )
        self.invoice = LatinField(N_("Number, if an invoice was issued"), limit=30)
        self.words = TextField(N_("Anything to remember about this pickup"))
        self.form = Form(columns=2)
        self.form.add("rating", N_("How content is the &merchant?"), self.rating, span=2)
        self.form.add("invoice_no", N_("&Invoice number"), self.invoice)
        self.form.add("words", N_("&Note"), self.words)
        self.wrong = Text(role="error", wrap=True)
        self.wrong.hide()
        card = Card(N_("Signature"), icon="signature",
                    hint=N_("Signed here, or on the printed receipt: then the paper is scanned later."))  # fmt: skip
        card.add(self.pad)
        card.add(self.wrong)
        self.column.addWidget(card)
        more = Card(N_("Before they go"), icon="star")
        more.add(self.form)
        self.column.addWidget(more)
        self.column.addStretch(1)
        self.rating.confirmed.connect(lambda _value: self.host.go_on())
        self.words.returnPressed.connect(self.host.go_on)
        self.invoice.returnPressed.connect(self.words.setFocus)
        self.pad.signed.connect(self.wrong.hide)

    def show_visit(self, *, anew: bool) -> None:
        """Begin with nothing signed."""
        if anew:
            self.pad.clear()
            self.rating.set_value(None)
            for entry in (self.invoice, self.words):
                entry.clear()

    def first(self) -> QWidget:
        """The paper is the quickest answer by key."""
        return self.pad.on_paper

    def done(self) -> bool:
        """Either signed, or chosen to sign on paper."""
        if self.pad.paper() or self.pad.signature() is not None:
            return True
        self.wrong.put(spoken(N_("Let the collector sign, or choose “{paper}”."), paper=spoken(N_("Signs on paper"))))
        self.wrong.show()
        self.pad.on_paper.setFocus()
        return False

    def stars(self) -> int | None:
        """Return the rating, 0 where the merchant gave none."""
        value = self.rating.value()
        return int(value) if value else 0


class DonePanel(QWidget):
    """The pickup is done: what was given, what is left, what next.

    Signals:
        rest_wanted: the devices that stayed are to go now.
        next_wanted: the next merchant.
        home_wanted: back to the list.
    """

    rest_wanted = Signal()
    next_wanted = Signal()
    home_wanted = Signal()

    def __init__(self, undo: Callable[[], object] | None = None) -> None:
        super().__init__()
        self.number = Text(role="display", copy=True)
        self.amount = Text(role="title")
        self.words = Text(role="muted", wrap=True)
        self.change = Text(role="heading")
        self.left = Text(role="warn", wrap=True)
        self.todo = Text(role="muted", wrap=True)
        self.next = Button(N_("&Next pickup"), "primary", icon="package", clicked=self.next_wanted.emit)
        self.rest = Button(N_("Hand out the &rest"), icon="packages", clicked=self.rest_wanted.emit)
        self.home = Button(N_("Back to the &list"), "quiet", icon="list-check", clicked=self.home_wanted.emit)
        card = Card(N_("Handed out"), icon="circle-check")
        card.add(row(Picture("receipt", "ok", 28), self.number, 1))
        card.add(row(self.amount, 1))
        for line in (self.words, self.change, self.left, self.todo):
            card.add(line)
        card.add(row(self.next, self.rest, self.home, 1))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        column.addWidget(card)
        column.addStretch(1)
        self._done: HandedOut | None = None

    def show_done(self, done: HandedOut, change_fen: int = 0) -> None:
        """Show the outcome, and what goes back of the cash that was handed over."""
        self._done = done
        self.number.put(done.receipt_no)
        self.amount.put(yuan(done.total_fen))
        self.words.put(amount_in_words_cn(done.total_fen))
        self.change.say(N_("Change: {amount}"), amount=yuan(change_fen))
        self.change.setVisible(change_fen > 0)
        self.left.say(N_("{count} more can be collected and stay on the shelf."), count=done.left_behind)
        self.left.setVisible(done.left_behind > 0)
        self.rest.setVisible(done.left_behind > 0)
        self.todo.say(N_("The receipt prints by itself. The signed paper is still to be scanned."))
        self.todo.setVisible("signature" in done.todo)
        self.next.setFocus()
