"""Calling a merchant about ready devices: the number, the code that is shown once, the sentence to say, the result."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp import catalogue
from deskapp.clock import shop_day
from deskapp.commands.papers_service import print_call_note
from deskapp.commands.pickup_release import CallLogged, CodeMade, log_call, make_pickup_code
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.queries.pickup import CallCard, ReadyRow, call_card
from deskapp.ui.kit import (
    Button,
    Card,
    ChoiceBar,
    EmptyState,
    Form,
    Happening,
    PageContext,
    Pill,
    Text,
    TextField,
    Timeline,
    row,
    spoken,
)
from deskapp.ui.pages.words import choices, moment
from deskapp.ui.tokens import MEDIUM, SMALL
from deskapp.ui.widgets.enter import into_view

AGAIN: Final = N_(
    "Hello, this is {site}. {count} of your terminals have been ready to be collected under slip {slip} since {day}. "
    "Please bring the slip or the pickup code you were told, and an identity document."
)
"""What the clerk says at a further notice: the code was told before and still counts."""

ACTS: Final = {3: "notice", 4: "long_storage", 5: "uncollected"}
"""Acts of the order page that a step of the ladder asks for, where a call is not enough."""


class CallPanel(QWidget):
    """One merchant to call.

    Signals:
        logged: an attempt was noted; carries the order's id.
    """

    logged = Signal(str)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context, self.jobs = context, context.jobs
        self.card: CallCard | None = None
        self._made: CodeMade | None = None
        self.empty = EmptyState("phone", N_("Choose an order to see whom to call."))
        self.merchant = Text(role="heading", wrap=True)
        self.place = Text(role="muted", wrap=True)
        self.step = Pill(N_("Tell the merchant that the device is ready"), "neutral", "clock")
        self.row: ReadyRow | None = None
        self.order = Button(N_("To the &order …"), icon="file-text", clicked=self.to_order)
        self.numbers = QVBoxLayout()
        self.numbers.setSpacing(SMALL)
        self.make = Button(N_("Show code and s&entence"), icon="key", clicked=self.begin)
        self.code = Text(role="number", copy=False)
        self.once = Pill(N_("shown only now"), "warn", "eye")
        self.sentence = Text(role="body", wrap=True)
        self.result = ChoiceBar((), name=N_("Result of the call"))
        self.words = TextField(N_("What was agreed, such as the day they come"))
        self.form = Form()
        self.form.add("result", N_("&Result of the call"), self.result, needed=True)
        self.form.add("words", N_("&Note"), self.words)
        self.save = Button(N_("&Log the call"), "primary", icon="check", clicked=self.log)
        self.message = Button(N_("Sent by te&xt message"), "quiet", icon="message", clicked=self.log_message)
        self.note = Button(N_("&Print the call-back note"), "quiet", icon="printer", clicked=self.print_note)
        self.history = Timeline()
        self._arrange()
        self.result.confirmed.connect(lambda _value: self.words.setFocus())
        self.words.returnPressed.connect(self.log)
        self.clear()

    def _arrange(self) -> None:
        self.talk = Card(N_("Call"), icon="phone-call")
        self.talk.add(self.merchant)
        self.talk.add(self.place)
        self.talk.add(row(self.step, self.order, 1))
        self.talk.add(self.numbers)
        self.talk.add(row(self.make, 1))
        self.talk.add(row(self.message, 1))
        self.say_box = Card(N_("Say this"), icon="message")
        self.say_box.add(row(self.code, self.once, 1))
        self.say_box.add(self.sentence)
        self.log_box = Card(N_("What came of it?"), icon="clipboard-check")
        self.log_box.add(self.form)
        self.log_box.add(row(1, self.save))
        self.log_box.add(row(self.note, 1))
        self.past = Card(N_("Attempts"), icon="history")
        self.past.add(self.history)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        for part in (self.empty, self.talk, self.say_box, self.log_box, self.past):
            column.addWidget(part)
        column.addStretch(1)

    def retranslate(self) -> None:
        """Say lists of codes, sentence and history in the window's language."""
        self.result.set_choices(choices("call_results"))
        self._say_sentence()
        if self.card is not None:
            self._show_history(self.card)
            self._show_place()

    def clear(self) -> None:
        """Show that nothing is chosen."""
        self.card, self._made = None, None
        self.empty.show()
        for part in (self.talk, self.say_box, self.log_box, self.past):
            part.hide()

    def show_order(self, row: ReadyRow) -> None:
        """Show whom to call about an order."""
        if self.card is None or self.card.order_id != row.order_id:
            self._made = None
        self.row = row
        self._ask(row.order_id)

    def _ask(self, order_id: str) -> None:
        self.jobs.ask(lambda session: call_card(session, order_id), owner=self, then=self._show, exclusive="call")

    def _show(self, card: CallCard | None) -> None:
        if card is None:
            self.clear()
            return
        other = self.card is None or self.card.order_id != card.order_id
        self.card = card
        self.empty.hide()
        self.talk.show()
        self.log_box.show()
        self.merchant.put(card.merchant)
        self._show_place()
        self._show_numbers(card)
        if other:
            self.result.set_choices(choices("call_results"))
            self.result.set_value(None)
            self.words.clear()
            self.form.clear_errors()
        self._show_say()
        self.make.say(N_("Renew the cod&e") if card.code_made_at else N_("Show code and s&entence"))
        self._show_history(card)

    def _show_place(self) -> None:
        waits = self.row
        if waits is None:
            return
        pieces = [waits.slip_no, spoken(N_("shelf {shelf}"), shelf=waits.shelves) if waits.shelves else "",
                  spoken(N_("loaner is out")) if waits.loaner else ""]  # fmt: skip
        self.place.put("   ".join(piece for piece in pieces if piece))
        tone = "danger" if waits.step >= 3 else "warn" if waits.step else "neutral"
        self.step.show_state(waits.step_title, tone, "clock")
        self.step.setVisible(waits.to_call or waits.step in ACTS)
        self.order.setVisible(waits.step in ACTS)

    def _show_numbers(self, card: CallCard) -> None:
        while self.numbers.count():
            item = self.numbers.takeAt(0)
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for contact in card.contacts[:3]:
            line = QWidget()
            name, phone = Text(role="muted"), Text(role="title", copy=True)
            name.put(contact.name)
            phone.put(contact.phone)
            box = row(phone, name, 1)
            box.setContentsMargins(0, 0, 0, 0)
            line.setLayout(box)
            self.numbers.addWidget(line)
        if not card.contacts:
            self.numbers.addWidget(Text(N_("No number is on file for this merchant."), "warn"))

    def _show_history(self, card: CallCard) -> None:
        self.past.setVisible(bool(card.attempts))
        self.history.set_happenings([
            Happening(
                moment(one.call.at), catalogue.title("call_results", one.call.result), one.who, one.call.words,
                "phone-call" if one.call.reached else "phone", "ok" if one.call.reached else "muted",
            )
            for one in card.attempts
        ])  # fmt: skip

    def begin(self) -> None:
        """Make the code and show it with the sentence, this once."""
        if self.card is not None:
            self.make.setEnabled(False)
            self.jobs.do(make_pickup_code(order_id=self.card.order_id), owner=self, then=self._code_made,
                         refused=self._refused)  # fmt: skip

    def _code_made(self, made: CodeMade) -> None:
        self.make.setEnabled(True)
        self._made = made
        self._show_say()
        self._ask_result()

    def _show_say(self) -> None:
        """Show what to say: with the code while it is shown, without it where the merchant knows it from before."""
        again = self.card is not None and bool(self.card.code_made_at) and self.row is not None and self.row.to_call
        self.say_box.setVisible(self._made is not None or again)
        self.code.setVisible(self._made is not None)
        self.once.setVisible(self._made is not None)
        self._say_sentence()

    def _say_sentence(self) -> None:
        if self._made is not None:
            self.code.put(" ".join((self._made.code[:3], self._made.code[3:])))
            self.sentence.put(spoken(self._made.sentence, **self._made.values))
        elif self.card is not None and self.row is not None:
            day = shop_day(self.row.ready_at).isoformat()
            self.sentence.put(spoken(AGAIN, site=self.card.site, count=self.row.ready, slip=self.card.slip_no, day=day))

    def take_focus(self) -> bool:
        """Take the keys where the call begins: its result where the code is known, else what makes one."""
        if self.card is None or self.talk.isHidden():
            return False
        if self.card.code_made_at:
            self._ask_result()
        else:
            self.make.setFocus()
        return True

    def _ask_result(self) -> None:
        self.result.setFocus()
        QTimer.singleShot(0, self.result, lambda: into_view(self.form))  # what was just shown moves it down

    def to_order(self) -> None:
        """Go to the order, with what the ladder asks for open."""
        if self.row is not None:
            self.context.navigate("order", id=self.row.order_id, act=ACTS.get(self.row.step, ""))

    def log(self) -> None:
        """Note how the call went."""
        self._log("phone", self.result.value() or "", new_code=False)

    def print_note(self) -> None:
        """Print whom to call and what was tried; what is typed stands on it. It stays in the branch."""
        if self.card is not None:
            said = N_("The paper is being printed.")
            self.jobs.do(
                print_call_note(order_id=self.card.order_id, words=self.words.text()), owner=self,
                then=lambda _job: self.context.toast(said, tone="ok"), refused=self._refused,
            )  # fmt: skip

    def log_message(self) -> None:
        """Note that a text message was sent: a code is made in the same act where none counts yet."""
        known = self.card is not None and bool(self.card.code_made_at)
        self._log("message", "reached", new_code=self._made is None and not known)

    def _log(self, channel: str, result: str, *, new_code: bool) -> None:
        if self.card is None:
            return
        order_id = self.card.order_id
        self.save.setEnabled(False)
        act = log_call(order_id=order_id, channel=channel, result=result, words=self.words.text(), new_code=new_code)
        self.jobs.do(act, owner=self, then=lambda done: self._logged(order_id, done), refused=self._refused)

    def _logged(self, order_id: str, done: CallLogged) -> None:
        self.save.setEnabled(True)
        if done.code is not None:
            self._made = done.code
            self._say_sentence()
        elif not done.reached:
            self._made = None
        self.result.set_value(None)
        self.words.clear()
        if done.code is None:
            self._made = None
        self.say_box.setVisible(self._made is not None)
        sentence = N_("Call logged, attempt {number}")
        if not done.reached:
            sentence = N_("Attempt {number} logged; the code was not told")
            if done.holds:
                sentence = N_("Attempt {number} logged; the code that was told before still counts")
        self.context.toast(sentence, tone="ok" if done.reached else "info", number=done.attempts)
        self.logged.emit(order_id)

    def _refused(self, error: DeskError) -> None:
        self.make.setEnabled(True)
        self.save.setEnabled(True)
        self.form.refuse(error, lambda _sentence: self.form.rows["result"].refuse(say(error)))
