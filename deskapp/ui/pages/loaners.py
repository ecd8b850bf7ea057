"""Loaners: which are out and until when; lend, take back, move the day, all on one page."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout

from deskapp import catalogue
from deskapp.clock import shop_day
from deskapp.commands.loaners import Lent, extend_loan, lend, remind_loan, set_loaner, take_back
from deskapp.commands.papers_service import print_loan_agreement
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import Changes
from deskapp.queries.loaners import BridgedOrder, LoanerRow, LoanHappening, loan_history, loaners, orders_to_bridge
from deskapp.rules.deadlines import instant
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui import theme
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Choice,
    ChoiceBar,
    Column,
    DataTable,
    DateField,
    EmptyState,
    Form,
    Happening,
    Page,
    PageContext,
    Pill,
    ScanField,
    Scroll,
    SuggestField,
    Text,
    TextField,
    Timeline,
    row,
    spoken,
)
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.pages.words import choices, full_moment, merchant_suggestions, moment
from deskapp.ui.tokens import HUGE, LARGE, MEDIUM
from deskapp.ui.widgets.enter import into_view

USUAL_DAYS = 7
TAMPER = (Choice("ok", N_("Intact"), "", "shield-check"), Choice("suspect", N_("Suspicious"), "", "alert-triangle"))


class LoanersPage(Page):
    """The pool of loaners."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Loaners"), N_("Scan a loaner: one that is out comes back, one that is here is lent."),
            scroll=False,
        )  # fmt: skip
        self.body.setContentsMargins(HUGE, LARGE, HUGE, MEDIUM)
        self.body.setSpacing(MEDIUM)
        self.today = shop_day(context.now())
        self.rows: list[LoanerRow] = []
        self.out = Pill(N_("none out"), "neutral", "switch-horizontal")
        self.table = DataTable(
            [
                Column("serial", N_("Serial number"), lambda row: row.serial_no, 170),
                Column("model", N_("Model"), lambda row: row.model, 120),
                Column("merchant", N_("With"), _with, 0),
                Column("due", N_("Due back"), _due, 170, sort=lambda row: row.due_at),
            ],
            name=N_("Loaners"),
            empty=EmptyState("switch-horizontal", N_("No loaner yet. Scan a device and put it into the pool.")),
        )  # fmt: skip
        self.serial = ScanField(N_("Scan the serial number"), serials_only=True)
        self.merchant = SuggestField(context.jobs, merchant_suggestions, N_("Name, number, initials or phone"))
        self.order = ChoiceBar(name=N_("For the order"))
        self.due = DateField(self.today)
        self.tamper = ChoiceBar(TAMPER, name=N_("Tamper check"))
        self.complete = Tick(N_("Complete, with its adapter"), True)
        self.words = TextField(N_("Anything to note"))
        self.answer = ChoiceBar(choices("call_results"), name=N_("What came of the reminder"))
        self.form = Form()
        self.form.add("serial_no", N_("&Serial number"), self.serial, needed=True)
        self.form.add("merchant", N_("&Merchant"), self.merchant, needed=True)
        self.form.add("order", N_("F&or the order"), self.order)
        self.form.add("due_at", N_("&Back by"), self.due, needed=True)
        self.form.add("tamper_result", N_("&Tamper check"), self.tamper, needed=True)
        self.form.add("complete", N_("&Accessories"), self.complete)
        self.form.add("words", N_("&Note"), self.words)
        self.phone = Text(role="title", copy=True)
        self.person = Text(role="muted", wrap=True)
        self.agreed = TextField(N_("What was agreed, such as the day they come"))
        self.calling = Form()
        self.calling.add("result", N_("Reminder"), self.answer, needed=True)
        self.calling.add("words", N_("Note"), self.agreed)
        self.save_button = Button(N_("&Lend it"), "primary", icon="switch-horizontal", clicked=self.submit)
        self.extend = Button(N_("Move the &day"), icon="calendar", clicked=self._extend)
        self.agreement = Button(N_("Print the a&greement"), icon="printer", clicked=self._print)
        self.pool = Button(N_("Put into the &pool"), icon="plus", clicked=self._pool)
        self.remind = Button(N_("Log a &reminder"), icon="phone-call", clicked=self._remind)
        self.history = Timeline()
        self._merchant_id = self._order_id = self._wanted = ""
        self._answering = False
        self._orders: list[BridgedOrder] = []
        self._arrange()
        self.table.selected.connect(self._selected)
        self.serial.scanned.connect(self._scanned)
        self.merchant.taken.connect(self._merchant_taken)
        self.merchant.textEdited.connect(self._merchant_typed)
        self.order.chosen.connect(self._order_chosen)
        self.tamper.confirmed.connect(lambda _value: self.submit())
        self.words.returnPressed.connect(self.submit)
        self.answer.confirmed.connect(lambda _value: self._to_agreed())
        self.agreed.returnPressed.connect(self._remind)

    def _arrange(self) -> None:
        self.head.addWidget(self.out)
        self.box = Card(N_("Lend"), icon="switch-horizontal")
        self.box.add(self.form)
        self.box.add(row(self.agreement, 1))
        self.box.add(row(self.pool, self.extend, 1, self.save_button))
        self.reminder = Card(N_("Remind the merchant"), icon="phone-call")
        self.reminder.add(row(self.phone, self.person, 1))
        self.reminder.add(self.calling)
        self.reminder.add(row(1, self.remind))
        self.past = Card(N_("History"), icon="history")
        self.past.add(self.history)
        self.past.hide()
        self.side = Scroll(margin=0)
        for part in (self.box, self.reminder, self.past):
            self.side.add(part)
        line = QHBoxLayout()
        line.setSpacing(LARGE)
        line.addWidget(self.table, 1)
        line.addWidget(self.side)
        self.body.addLayout(line, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the list more room than what stands beside it."""
        super().resizeEvent(event)
        self.side.setFixedWidth(min(theme.px(380), int(self.width() * 0.42)))

    def open(self, **args: object) -> None:
        """Come with an order for which something is lent, with a loaner (`id`), or just look."""
        self._order_id = str(args.get("order_id", ""))
        self._merchant_id = str(args.get("merchant_id", ""))
        name = str(args.get("merchant", ""))
        if name:
            self.merchant.setText(name)
        self._wanted = str(args.get("id", ""))
        self._ask_orders()
        self._show_mode(None)
        self.focus_first(self.serial)
        self._ask()

    def changed(self, changes: Changes) -> None:
        """Follow loans and pool."""
        if changes.touches("loan_event", "device", "item_record", "manifest_event"):
            self._ask()

    def scan(self, text: str) -> bool:
        """A serial number is a loaner's."""
        if parse_scan(text).kind is not ScanKind.SERIAL:
            return False
        self._scanned(text)
        return True

    def retranslate(self) -> None:
        """Say the figures again."""
        self._answered(self.rows)

    def save(self) -> None:
        """Lend it or take it back (Ctrl+S)."""
        if self.save_button.isVisible():
            self.submit()

    def submit(self) -> None:
        """Lend or take back, whichever the loaner wants."""
        loaner = self._loaner()
        self.form.clear_errors()
        if loaner is not None and loaner.out:
            act = take_back(serial_no=self.serial.text(), tamper_result=self.tamper.value() or "",
                            complete=self.complete.isChecked(), words=self.words.text())  # fmt: skip
            self.jobs.do(act, owner=self, then=lambda _none: self._saved(N_("{serial} is back"), loaner.serial_no),
                         refused=self._refused)  # fmt: skip
            return
        self.jobs.do(
            lend(serial_no=self.serial.text(), due_at=self._due_at(), merchant_id=self._merchant_id,
                 order_id=self._order_id, tamper_result=self.tamper.value() or "", words=self.words.text(),
                 accessories=("power_adapter",) if self.complete.isChecked() else ()),
            owner=self, then=lambda done: self._lent(done), refused=self._refused,
        )  # fmt: skip

    def _lent(self, done: Lent) -> None:
        self._saved(N_("{serial} is lent"), done.serial_no)

    def _extend(self) -> None:
        act = extend_loan(serial_no=self.serial.text(), due_at=self._due_at(), reason=self.words.text())
        self.jobs.do(act, owner=self, then=lambda _none: self._saved(N_("Moved: {serial}"), self.serial.text()),
                     refused=self._refused)  # fmt: skip

    def _print(self) -> None:
        act = print_loan_agreement(serial_no=self.serial.text())
        self.jobs.do(act, owner=self, then=lambda _job: self._printed(), refused=self._refused)

    def _printed(self) -> None:
        self.context.toast(N_("The paper is being printed."), tone="ok")

    def _remind(self) -> None:
        act = remind_loan(serial_no=self.serial.text(), channel="phone", result=self.answer.value() or "",
                          words=self.agreed.text())  # fmt: skip
        self.jobs.do(act, owner=self, then=self._reminded, refused=self._not_reminded)

    def _not_reminded(self, error: DeskError) -> None:
        self.calling.refuse(error, lambda sentence: self.banner.put("danger", sentence))

    def _reminded(self, count: int) -> None:
        self.context.toast(N_("Reminder {count} is logged"), tone="ok", count=count)
        self.answer.set_value(None)
        self.agreed.clear()
        self.table.setFocus()
        self._ask()

    def _to_agreed(self) -> None:
        self.agreed.setFocus()
        into_view(self.remind)

    def _pool(self) -> None:
        loaner = self._loaner()
        act = set_loaner(serial_no=self.serial.text(), pool=loaner is None)
        self.jobs.do(act, owner=self, then=lambda _id: self._ask(), refused=self._refused)

    def _due_at(self) -> int:
        day = self.due.day()
        return instant(day + timedelta(days=1)) - 1 if day else 0

    def _saved(self, sentence: str, serial: str) -> None:
        self.context.toast(sentence, tone="ok", serial=serial)
        for entry in (self.serial, self.words):
            entry.clear()
        self.tamper.set_value(None)
        self.merchant.reset()
        self._merchant_id = self._order_id = ""
        self._show_orders([])
        self._show_mode(None)
        self.serial.setFocus()

    def _refused(self, error: DeskError) -> None:
        key = "words" if error.field == "reason" else error.field
        if key in self.form.rows:
            self.form.rows[key].refuse(say(error))
        else:
            self.banner.put("danger", say(error))

    def _ask(self) -> None:
        now = self.context.now()
        self.jobs.ask(lambda session: loaners(session, now), owner=self, then=self._answered, exclusive="rows")

    def _answered(self, rows: list[LoanerRow]) -> None:
        self.rows = rows
        self._answering = True  # the line that stays chosen must not be filled in over what was scanned meanwhile
        self.table.set_rows(rows, keep=lambda row: row.device_id)
        self._answering = False
        self._choose_wanted()
        out, late = sum(row.out for row in rows), sum(row.late_days > 0 for row in rows)
        self.out.show_state(N_("{out} out, {late} overdue"), "danger" if late else "accent" if out else "neutral",
                            "switch-horizontal", out=out, late=late)  # fmt: skip
        self._show_mode(self._loaner())

    def _choose_wanted(self) -> None:
        """Choose the loaner somebody came for, once."""
        wanted, self._wanted = self._wanted, ""
        for number, one in enumerate(self.table.rows() if wanted else ()):
            if one.device_id == wanted:
                self.table.select(number)
                if one.late_days:
                    self.answer.setFocus()
                    QTimer.singleShot(0, self.answer, lambda: into_view(self.reminder))

    def _loaner(self) -> LoanerRow | None:
        wanted = clean_serial(self.serial.text())
        return next((one for one in self.rows if wanted and clean_serial(one.serial_no) == wanted), None)

    def _scanned(self, text: str) -> None:
        self.serial.setText(clean_serial(text) or text)
        loaner = self._loaner()
        self._show_mode(loaner)
        if loaner is None:
            self.past.hide()
            self.pool.setFocus()
        else:
            self._show_history(loaner)
            first = self.tamper if loaner.out or self._merchant_id else self.merchant
            first.setFocus()
            into_view(first)

    def _selected(self, loaner: LoanerRow | None) -> None:
        if loaner is not None and not self._answering:
            self.serial.setText(loaner.serial_no)
            self._show_mode(loaner)
            self._show_history(loaner)

    def _merchant_taken(self, suggestion: object) -> None:
        card = getattr(suggestion, "data", None)
        self._merchant_id = str(getattr(card, "id", "") or getattr(card, "merchant_id", ""))
        self._ask_orders()
        self.due.setFocus()

    def _merchant_typed(self, _text: str) -> None:
        """Forget whose name stood there: a loaner never goes to a merchant that is not the one on the screen."""
        self._merchant_id = self._order_id = ""
        self._show_orders([])

    def _ask_orders(self) -> None:
        """Ask which orders of the merchant are open: an order does not end while the loaner lent for it is out."""
        merchant_id = self._merchant_id
        if merchant_id:
            self.jobs.ask(lambda session: orders_to_bridge(session, merchant_id), owner=self, then=self._show_orders,
                          exclusive="orders")  # fmt: skip
        else:
            self._show_orders([])

    def _show_orders(self, orders: list[BridgedOrder]) -> None:
        self._orders = orders
        known = [one.order_id for one in orders]
        if self._order_id not in known:
            self._order_id = known[0] if known else ""
        self.order.set_choices([
            *(Choice(one.order_id, one.number, raw=True) for one in orders),
            Choice("", N_("for no order")),
        ])  # fmt: skip
        self.order.set_value(self._order_id)
        self._show_mode(self._loaner())

    def _order_chosen(self, order_id: str) -> None:
        self._order_id = order_id

    def _show_mode(self, loaner: LoanerRow | None) -> None:
        out = loaner is not None and loaner.out
        self.box.title.say(N_("Take back") if out else N_("Lend"))
        self.save_button.say(N_("Take it bac&k") if out else N_("&Lend it"))
        self.form.rows["merchant"].setVisible(not out)
        self.form.rows["order"].setVisible(not out and bool(self._orders))
        self.extend.setVisible(out)
        self.agreement.setVisible(out)
        self.reminder.setVisible(out)
        if loaner is not None and loaner.out:
            self.phone.put(loaner.phone or "–")
            self.person.put("  ".join(part for part in (loaner.person, loaner.merchant, loaner.order_no) if part))
        self.pool.setVisible(bool(self.serial.text()) and not out)
        self.pool.say(N_("Put into the &pool") if loaner is None else N_("Take out of the &pool"))
        self.save_button.setVisible(loaner is not None)
        if self.due.day() is None and not self.due.text():
            self.due.set_day(self.today + timedelta(days=USUAL_DAYS))

    def _show_history(self, loaner: LoanerRow) -> None:
        self.jobs.ask(lambda session: loan_history(session, loaner.device_id), owner=self, then=self._history,
                      exclusive="history")  # fmt: skip

    def _history(self, happenings: list[LoanHappening]) -> None:
        kinds = {"lend": N_("Lent"), "take_back": N_("Taken back"), "pool": N_("Put into the pool"),
                 "unpool": N_("Taken out of the pool"), "reminder": N_("Reminded")}  # fmt: skip
        self.past.setVisible(bool(happenings))
        self.history.set_happenings([
            Happening(full_moment(one.at), f"{spoken(kinds.get(one.kind, one.kind))}  {one.merchant}", one.who,
                      "  ".join(part for part in (catalogue.title("call_results", one.result), one.words) if part),
                      "phone-call" if one.kind == "reminder" else "switch-horizontal",
                      "muted" if one.void else "accent")
            for one in happenings
        ])  # fmt: skip


def _with(row: LoanerRow) -> str:
    if row.where == "packed":
        return spoken(N_("packed for another site"))
    if row.where == "under_way":
        return spoken(N_("under way to {site}"), site=row.place)
    return row.merchant or spoken(N_("on the shelf"))


def _due(row: LoanerRow) -> Cell:
    if not row.out:
        return Cell("")
    if row.late_days:
        said = spoken(N_("{count} days late"), count=row.late_days)
        if row.reminded:
            words = spoken(N_("{late}, reminded {when}"), late=said, when=moment(row.reminded_at))
            return Cell(words, "danger", "alarm")
        return Cell(said, "danger", "alarm", pill=True)
    return Cell(shop_day(row.due_at).isoformat(), "", "calendar")
