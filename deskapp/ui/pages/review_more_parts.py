"""What one disagreement looks like: two pickups of a device, a stock below zero, a note that does not fit."""

from __future__ import annotations

from collections.abc import Callable

from deskapp.commands.decisions import decide_pickups, decide_stock
from deskapp.commands.reviews import settle_card
from deskapp.commands.syncing import dismiss_refused
from deskapp.errors import N_
from deskapp.models.store import Override
from deskapp.queries.disagreements import PARKED, Detail
from deskapp.ui.kit import (
    Button,
    Choice,
    ChoiceBar,
    Form,
    NumberField,
    PageContext,
    Text,
    TextField,
    column,
    reveal,
    row,
    spoken,
)  # fmt: skip
from deskapp.ui.pages.review_parts import Part
from deskapp.ui.pages.review_words import sentence
from deskapp.ui.pages.words import full_moment
from deskapp.ui.tokens import SMALL


class Pickups(Part):
    """One device, handed out twice: which of the two was it really?"""

    def __init__(self, context: PageContext, trouble: Callable[[str], object]) -> None:
        super().__init__(context, trouble)
        self.wrong = ChoiceBar(name=N_("Which pickup never was"))
        self.reason = TextField(limit=200)
        self.form = Form(columns=2)
        self.form.add("receipt_no", N_("Which pickup never was"), self.wrong)
        self.form.add("reason", N_("&Reason"), self.reason, needed=True)
        self.void = Button(N_("&Void that one …"), "primary", icon="ban", clicked=self.decide)
        self.list = column(gap=SMALL)
        whole = column(
            self.list, self.form,
            Text(N_("Its hand-over and its payment are voided with it. Money that was taken twice lies in a till: pay"
                    " it back from the order."), "muted", wrap=True),
            row(1, self.void),
        )  # fmt: skip
        whole.setContentsMargins(0, 0, 0, 0)
        self.setLayout(whole)
        self._lines: list[Text] = []

    def show_detail(self, detail: Detail) -> None:
        super().show_detail(detail)
        for line in self._lines:
            self.list.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._lines = []
        for one in detail.pickups:
            text = Text(
                N_("{receipt}: handed to {collector} by {name}, {time}"), "body", wrap=True, receipt=one.receipt_no,
                collector=one.collector or "–", name=one.by or "–", time=full_moment(one.at),
            )  # fmt: skip
            self.list.addWidget(text)
            self._lines.append(text)
        self.wrong.set_choices([
            Choice(one.receipt_no, f"{one.receipt_no}  {one.by}".strip(), raw=True) for one in detail.pickups
        ])  # fmt: skip
        self.wrong.set_value(None)
        self.reason.clear()

    def decide(self) -> None:
        """Void one, with a supervisor's consent where the person is none."""
        receipt = self.wrong.value()
        if receipt is None:
            self.form.rows["receipt_no"].refuse(spoken(N_("Choose the pickup that never was.")))
        elif not self.reason.text().strip():
            self.form.rows["reason"].refuse(spoken(N_("Give the reason.")))
        elif self.context.may("correct"):
            self._void(receipt, None)
        else:
            self.context.ask_supervisor(
                "correct", lambda consent: self._void(receipt, consent), why=N_("Void a pickup with receipt {receipt}"),
                receipt=receipt,
            )  # fmt: skip

    def _void(self, receipt: str, consent: Override | None) -> None:
        if self.detail is not None:
            act = decide_pickups(
                card_id=self.detail.row.id, wrong_receipt=receipt, reason=self.reason.text(), override=consent
            )
            self.do(act, lambda _none: self.settled(N_("One pickup is void, the other one counts"), again=False),
                    self.form, self.void)  # fmt: skip


class Stock(Part):
    """More parts were taken than were there by the books: count them."""

    def __init__(self, context: PageContext, trouble: Callable[[str], object]) -> None:
        super().__init__(context, trouble)
        self.left = Text(role="body", wrap=True)
        self.count = NumberField()
        self.form = Form(columns=2)
        self.form.add("counted", N_("&How many lie there"), self.count, needed=True)
        self.book = Button(N_("&Book the count"), "primary", icon="check", clicked=self.decide)
        whole = column(self.left, self.form, row(1, self.book))
        whole.setContentsMargins(0, 0, 0, 0)
        self.setLayout(whole)
        self.count.returnPressed.connect(self.decide)

    def show_detail(self, detail: Detail) -> None:
        super().show_detail(detail)
        self.left.say(N_("By the books {left} lie on the shelf. Two people took the last one: count what is there."),
                      left=detail.data.get("left", 0))  # fmt: skip
        self.count.clear()

    def decide(self) -> None:
        """Book what was counted."""
        value = self.count.value()
        if value is None:
            self.form.rows["counted"].refuse(spoken(N_("Enter how many.")))
        elif self.detail is not None:
            act = decide_stock(card_id=self.detail.row.id, counted_now=value)
            self.do(act, lambda _n: self.settled(N_("The count is booked"), again=False), self.form, self.book)


class Noted(Part):
    """Something to look at: it is told in a sentence, and settled with a word about what was done."""

    def __init__(self, context: PageContext, trouble: Callable[[str], object]) -> None:
        super().__init__(context, trouble)
        self.words = Text(role="body", wrap=True)
        self.texts = Text(role="body", wrap=True, copy=True)
        self.how = TextField(limit=200)
        self.form = Form()
        self.form.add("how", N_("What was &done about it"), self.how, needed=True)
        self.settle = Button(N_("&Settle"), "primary", icon="check", clicked=self.decide)
        self.away = Button(N_("Put a&way"), "primary", icon="check", clicked=self.put_away)
        whole = column(self.words, self.texts, self.form, row(1, self.away, self.settle))
        whole.setContentsMargins(0, 0, 0, 0)
        self.setLayout(whole)
        self.how.returnPressed.connect(self.decide)

    def show_detail(self, detail: Detail) -> None:
        super().show_detail(detail)
        self.retranslate()
        self.texts.put("\n".join(detail.texts))
        reveal(self.texts, bool(detail.texts))
        self.how.clear()
        own = detail.row.local
        reveal(self.form, not own)
        reveal(self.settle, not own)
        reveal(self.away, own and detail.row.kind not in (PARKED, "clock"))

    def retranslate(self) -> None:
        """Say the sentence in the window's language."""
        if self.detail is not None:
            self.words.put(sentence(self.detail))

    def decide(self) -> None:
        """Settle the card."""
        if self.detail is not None and not self.detail.row.local:
            act = settle_card(card_id=self.detail.row.id, how=self.how.text())
            self.do(act, lambda _none: self.settled(N_("Settled")), self.form, self.settle)

    def put_away(self) -> None:
        """Take an act that the server refused off the list."""
        if self.detail is not None:
            act = dismiss_refused(uid=self.detail.row.id)
            self.do(act, lambda _none: self.context.toast(N_("Put away; the journal keeps its words"), tone="ok"),
                    by=self.away)  # fmt: skip
