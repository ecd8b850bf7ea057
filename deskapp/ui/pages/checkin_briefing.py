"""What the records say about the device in hand, beside its form: warnings first, then facts, then its past."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QVBoxLayout, QWidget

from deskapp import catalogue
from deskapp.clock import shop_time
from deskapp.errors import N_
from deskapp.queries.checkin import DeviceBriefing, StayLine
from deskapp.rules.states import STATE_TITLES, WorkState
from deskapp.ui.kit import Button, Card, Facts, Line, Picture, Pill, Text, column, row, spoken
from deskapp.ui.pages.checkin_codes import emptied
from deskapp.ui.tokens import MEDIUM, SMALL

SOON_DAYS = 60
"""From so many days on the end of a warranty is told as a day: nobody reckons with a thousand days."""

_ICONS = {"danger": "alert-circle", "warn": "alert-triangle", "info": "info-circle", "ok": "circle-check"}


class Alert(QFrame):
    """One warning of the briefing: an icon, a sentence, and perhaps the way to the record it is about."""

    def __init__(self, tone: str, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", f"banner-{tone}")
        self.text = Text(wrap=True)
        self.text.put(sentence)
        self.setAccessibleName(sentence)
        line = row(Picture(_ICONS[tone], tone, 18), gap=SMALL)
        line.addWidget(self.text, 1)
        line.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        self.setLayout(line)


class BriefingCard(Card):
    """The briefing of the device that is shown on the left.

    Signals:
        opened: an earlier or open order is wanted; carries the item's id.
    """

    opened = Signal(str)

    def __init__(self) -> None:
        super().__init__(N_("What is known"), icon="info-circle")
        self._briefing: DeviceBriefing | None = None
        self.symptom = ""
        self.compact = False
        self._now = 0
        self.empty = Text(
            N_("Scan a serial number: model, merchant, warranty, earlier orders and warnings appear here."), "muted",
            wrap=True,
        )  # fmt: skip
        self._content = QWidget()
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(MEDIUM)
        self.add(self.empty)
        self.add(self._content)
        self.sentences: list[str] = []
        self.for_whom = ("", "")

    def show_briefing(
        self, briefing: DeviceBriefing | None, symptom: str = "", now: int = 0, for_whom: tuple[str, str] = ("", "")
    ) -> None:
        """Show a briefing, judged against the symptom chosen so far; None empties the card.

        `for_whom` is id and name of the merchant of this check-in, as far as one is known.
        """
        self._briefing, self.symptom, self._now, self.for_whom = briefing, symptom, now or self._now, for_whom
        self.retranslate()

    def set_compact(self, compact: bool) -> None:
        """Use few lines, where the card stands above the form and not beside it."""
        if compact != self.compact:
            self.compact = compact
            self.retranslate()

    def retranslate(self) -> None:
        """Build the card again in the window's language."""
        emptied(self._column)
        briefing = self._briefing
        self.empty.setVisible(briefing is None)
        self._content.setVisible(briefing is not None)
        self.sentences = []
        for part in self.children():
            if isinstance(part, QWidget) and self.head.indexOf(part) >= 0:
                part.setVisible(not self.compact or briefing is None)
        if briefing is None:
            return
        self._column.addWidget(self._pills(briefing))
        for tone, sentence in self._warnings(briefing):
            self.sentences.append(sentence)
            self._column.addWidget(Alert(tone, sentence))
        if briefing.known and self.compact:
            self._column.addWidget(self._one_line(briefing))
        elif briefing.known:
            self._column.addWidget(self._facts(briefing))
            self._column.addWidget(Line())
            self._column.addWidget(self._past(briefing))

    # -- pieces ------------------------------------------------------------------

    def _pills(self, briefing: DeviceBriefing) -> QWidget:
        holder = QWidget()
        pills = _pills_of(briefing)
        stack: QBoxLayout = row(*pills, 1, gap=SMALL) if self.compact else column(*pills, gap=SMALL)
        stack.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(stack)
        return holder

    def _warnings(self, briefing: DeviceBriefing) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        held = briefing.open_stay
        if held is not None:
            found.append(("danger", spoken(
                N_("In our hands already: order {order}, label {label}, {state}. Is this really another device?"),
                order=held.order_no, label=held.label_no, state=spoken(STATE_TITLES[WorkState(held.state)]),
            )))  # fmt: skip
        owner = briefing.merchant
        if owner is not None and self.for_whom[0] and owner.id != self.for_whom[0]:
            found.append(("warn", spoken(
                N_("On record with {owner}, not with {merchant}. Look at the case again, or take it in on its own."),
                owner=owner.short_name or owner.name, merchant=self.for_whom[1],
            )))  # fmt: skip
        told = briefing.told
        if told is not None and told.merchant_id and self.for_whom[0] not in ("", told.merchant_id):
            found.append(("warn", spoken(
                N_("Ticket {number} was written for {merchant}. Ask whose device this is."), number=told.number,
                merchant=told.merchant,
            )))  # fmt: skip
        repeat = briefing.repeat_of(self.symptom)
        if repeat is not None:
            found.append(("warn", spoken(
                N_("Repeat fault: “{symptom}” was repaired on order {order} {days} days ago."),
                symptom=catalogue.title("symptoms", repeat.symptom_code), order=repeat.order_no, days=repeat.days_ago,
            )))  # fmt: skip
        if briefing.do_not_wipe:
            found.append(("danger", spoken(N_("Do not wipe: a batch or a transaction on it is not settled yet."))))
        for loaner in briefing.loaners:
            due = f"{shop_time(loaner.due_at):%Y-%m-%d}" if loaner.due_at else spoken(N_("no day agreed"))
            found.append(("warn" if loaner.late else "info", spoken(
                N_("The merchant has a loaner: {model} {serial}, due {due}."), model=loaner.model,
                serial=loaner.serial_no, due=due,
            )))  # fmt: skip
        for serial in briefing.same_terminal_no:
            found.append(("warn", spoken(N_("{serial} is bound to the same terminal number."), serial=serial)))
        if briefing.twins:
            found.append(("warn", spoken(N_("Two records have this serial number. They can be joined."))))
        if briefing.outdated:
            found.append(("info", spoken(N_("Its program is older than {version}."), version=briefing.outdated)))
        if briefing.model is not None and briefing.model.note:
            found.append(("info", briefing.model.note))
        if not briefing.known:
            found.append(("info", spoken(N_("Nobody has entered this serial number yet. Choose the model."))))
        return found

    def _facts(self, briefing: DeviceBriefing) -> Facts:
        facts = Facts()
        owner = briefing.merchant
        facts.add("merchant", N_("Merchant"), (owner.short_name or owner.name) if owner else "—", role="strong")
        facts.add("merchant_no", N_("Merchant no."), owner.merchant_no if owner and owner.merchant_no else "—")
        facts.add("terminal_no", N_("Terminal no."), briefing.terminal_no or "—")
        if briefing.tusn:
            facts.add("tusn", N_("TUSN"), briefing.tusn)
        for _identity, number in briefing.open_tickets:
            facts.add(f"ticket-{number}", N_("Open ticket"), number)
        return facts

    def _one_line(self, briefing: DeviceBriefing) -> Text:
        owner = briefing.merchant
        parts = [(owner.short_name or owner.name) if owner else "", owner.merchant_no if owner else "",
                 briefing.terminal_no]  # fmt: skip
        if briefing.earlier:
            last = briefing.earlier[0]
            symptom = catalogue.title("symptoms", last.symptom_code) if last.symptom_code else ""
            parts.append(f"{spoken(N_('Earlier orders'))}: {shop_time(last.came_at):%Y-%m-%d} {symptom}")
        line = Text(role="muted", wrap=True)
        line.put(" · ".join(part for part in parts if part))
        return line

    def _past(self, briefing: DeviceBriefing) -> QWidget:
        holder = QWidget()
        lines: list[QWidget] = [_stay_line(self, stay) for stay in briefing.earlier]
        head = Text(N_("Earlier orders"), "strong")
        none = Text(N_("Never here before."), "muted", wrap=True)
        stack = column(head, *(lines or [none]), gap=SMALL)
        stack.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(stack)
        return holder


def _pills_of(briefing: DeviceBriefing) -> list[Pill]:
    pills = []
    if not briefing.known:
        return [Pill(N_("New here"), "info", "plus")]
    days = briefing.warranty_days
    if briefing.warranty_result == "free" and days is not None and days > SOON_DAYS:
        pills.append(Pill(N_("In warranty until {day}"), "ok", "shield-check", day=briefing.warranty_until))
    elif briefing.warranty_result == "free" and days is not None:
        pills.append(Pill(N_("In warranty, {days} days left"), "ok", "shield-check", days=days))
    elif briefing.warranty_result == "payable":
        pills.append(Pill(N_("Warranty ended on {day}"), "warn", "shield-check", day=briefing.warranty_until))
    else:
        pills.append(Pill(N_("Warranty not known"), "neutral", "shield-check"))
    if briefing.covered_orders:
        until = max(day for _order, day in briefing.covered_orders)
        pills.append(Pill(N_("Same fault free until {day}"), "ok", "tool", day=until))
    if briefing.is_loaner:
        pills.append(Pill(N_("Our loaner"), "info", "switch-horizontal"))
    owners = {"merchant_owned": N_("Merchant's own"), "leased": N_("Leased"), "bank_owned": N_("The bank's")}
    if briefing.ownership in owners:
        pills.append(Pill(owners[briefing.ownership], "neutral", "building-bank"))
    return pills


def _stay_line(card: BriefingCard, stay: StayLine) -> Button:
    """One earlier stay as a line that opens it."""
    symptom = catalogue.title("symptoms", stay.symptom_code) if stay.symptom_code else ""
    state = spoken(STATE_TITLES[WorkState(stay.state)])
    line = Button(role="tile", icon="history")
    when = f"{shop_time(stay.came_at):%Y-%m-%d}"
    line.put("  ".join(part for part in (when, symptom, state) if part))
    line.setAccessibleName(f"{stay.order_no} {when} {symptom} {state}")
    line.setToolTip(stay.order_no)
    line.clicked.connect(lambda: card.opened.emit(stay.item_id))
    return line
