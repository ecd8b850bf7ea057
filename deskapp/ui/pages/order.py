"""One repair order: its devices and where each is, what can be done, papers, receipts, files, and all that happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deskapp import catalogue
from deskapp.clock import shop_day
from deskapp.commands.papers_service import print_bench_traveller, print_call_note
from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries.orders import OrderCard, OrderLine, order_of
from deskapp.rules.account import MONEY_TITLES, MoneyState
from deskapp.rules.custody import HOLDER_TITLES, kind_of
from deskapp.rules.money import format_yuan
from deskapp.rules.states import ENDED, STATE_TITLES, WorkState
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Column,
    DataTable,
    Facts,
    Page,
    PageContext,
    Pill,
    Text,
    listed,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.lists import filled
from deskapp.ui.pages.order_acts import Acts
from deskapp.ui.pages.order_batch_act import batch_acts
from deskapp.ui.pages.order_cards import Receipts, Todos
from deskapp.ui.pages.order_correct_acts import correct_acts
from deskapp.ui.pages.order_depot_acts import depot_acts
from deskapp.ui.pages.order_device_acts import device_acts
from deskapp.ui.pages.order_files import Files
from deskapp.ui.pages.order_history import OrderHistory
from deskapp.ui.pages.order_ladder import Ladder
from deskapp.ui.pages.order_more_acts import more_acts
from deskapp.ui.pages.order_uncollected_acts import uncollected_acts
from deskapp.ui.pages.paper_history import PapersCard
from deskapp.ui.pages.review_lost import LostVersions
from deskapp.ui.pages.transfer_lists import Beside
from deskapp.ui.pages.words import full_moment
from deskapp.ui.widgets.enter import into_view
from deskapp.ui.widgets.sync_marks import SyncMark

if TYPE_CHECKING:
    from deskapp.models.handing_out import OpenLoan
    from deskapp.models.store import Command

READY = frozenset({WorkState.READY_FOR_PICKUP, WorkState.ABANDONED})
GRAVE_ACTS = {"QUARANTINE": "quarantine", "RELEASE": "release", "SCRAP": "scrap", "VOID": "void_check_in"}
"""Which act a word of the command sheet means for the chosen device."""

WATCHED = (
    "repair_order", "repair_item", "work_event", "custody_event", "money_event", "item_record", "pickup", "print_job",
    "review_card", "attachment", "accessory_item", "loan_event",
)  # fmt: skip


class OrderPage(Page):
    """Shows an order; a scanned label of one of its devices opens it too."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Repair order"))
        self.card: OrderCard | None = None
        self._wanted = ""
        self._chosen = ""
        self._anew = True
        self._act = ""
        self.blocked = Pill(N_("slip reported lost"), "danger", "ban")
        self.blocked.hide()
        self.head.insertWidget(1, self.blocked)
        self.mark = SyncMark(self.jobs, "order")
        self.head.insertWidget(2, self.mark)
        self.ticket_button = Button(N_("&Ticket"), icon="phone-call", clicked=self.to_ticket)
        self.bench_button = Button(N_("To the &bench"), icon="stethoscope", clicked=self.to_bench)
        self.pickup_button = Button(N_("&Hand out"), "primary", icon="package", clicked=self.to_pickup)
        for button in (self.ticket_button, self.bench_button, self.pickup_button):
            self.head.addWidget(button)
        self._facts()
        self._devices()
        self.ladder = Ladder(context)
        self.todos = Todos(context)
        every = (batch_acts, device_acts, depot_acts, correct_acts, uncollected_acts, more_acts)
        self.acts = Acts(context, [act for group in every for act in group()])
        self.files = Files(context)
        self.receipts = Receipts(context)
        self.papers = PapersCard(context)
        self.traveller = Button(N_("Print the bench traveller"), "quiet", icon="printer", clicked=self.print_traveller)
        self.call_note = Button(N_("Print the call-back note"), "quiet", icon="printer", clicked=self.print_call_note)
        self.chain = Button(N_("Chain of custody"), "quiet", icon="history", clicked=self.go_chain)
        self.papers.offer(self.traveller, self.call_note, self.chain)
        self.lost = LostVersions(context)
        self.history = OrderHistory()
        for unknown in (self.ticket_button, self.bench_button, self.pickup_button, self.merchant_button,
                        self.loaner_button, self.acts):  # fmt: skip
            unknown.hide()  # until it is known what can be done
        both = Beside()
        both.place(self.facts_card, self.devices_card, (2, 3), 0, 0)
        self.add(both)
        self.add(self.acts)
        for part in (self.ladder, self.todos, self.files, self.receipts, self.papers, self.lost, self.history):
            self.add(part)

    def _facts(self) -> None:
        self.facts_card = Card(N_("What is known"), icon="info-circle")
        self.facts = Facts()
        for key, label in (
            ("merchant", N_("Merchant")), ("deliverer", N_("Brought by")), ("phone", N_("Phone")),
            ("opened", N_("Taken in")), ("by", N_("Taken in by")), ("slip", N_("Slip")),
            ("estimate", N_("Promised for")), ("ceiling", N_("At most")), ("ticket", N_("Ticket")),
            ("loaner", N_("Loaner")), ("due", N_("To pay")), ("closed", N_("Over since")),
        ):  # fmt: skip
            self.facts.add(key, label)
        self.facts_card.add(self.facts)
        self.merchant_button = Button(N_("Show the &merchant"), "link", icon="building-store", clicked=self.to_merchant)
        self.loaner_button = Button(N_("Lend a &loaner …"), "link", icon="switch-horizontal", clicked=self.to_loaners)
        self.facts_card.add(row(self.merchant_button, self.loaner_button, 1))

    def _devices(self) -> None:
        self.devices_card = Card(N_("Devices"), icon="device-mobile")
        self.devices = DataTable(
            [
                Column("label_no", N_("Label"), lambda one: one.label_no, 130),
                Column("device", N_("Device"), _device, 0),
                Column("state", N_("State"), _state, 172),
                Column("where", N_("Where"), _where, 120),
                Column("due", N_("To pay"), _to_pay, 100, right=True),
            ],
            name=N_("Devices"),
        )  # fmt: skip
        self.details = Text(role="muted", wrap=True, copy=True)
        self.device_button = Button(N_("Show the d&evice"), "link", icon="device-mobile", clicked=self.to_device)
        self.devices_card.add(self.devices)
        self.devices_card.add(self.details)
        self.devices_card.add(row(self.device_button, 1))
        self.devices_card.body.addStretch(1)
        self.devices.opened.connect(lambda one: self.context.navigate("bench", id=one.id, kind="item"))
        self.devices.selected.connect(self._select)

    # -- showing -----------------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show the order or the device `id`, with the form of `act` open where it can be done."""
        self._wanted = str(args.get("id") or args.get("order_id") or args.get("item_id") or self._wanted)
        self._chosen, self._anew, self._act = self._wanted, True, str(args.get("act") or "")
        self.banner.clear()
        self.acts.close_all()
        self.reload()
        into_view(self.devices)  # another device of the order is scanned while its papers are being read
        self.focus_first(self.devices)

    def reload(self) -> None:
        """Ask for the order anew."""
        wanted, actor = self._wanted, self.context.actor()
        roles = actor.roles if actor is not None else ()
        self.jobs.ask(lambda session: order_of(session, wanted, roles), owner=self, then=self._here, exclusive="order")

    def scan(self, text: str) -> bool:
        """A scan that answers the form that is open; anything else names a record."""
        return self.acts.scan(text)

    def verb(self, word: str) -> bool:
        """Open the act that a grave word of the sheet means, where it is offered; it still asks for all it needs."""
        act = GRAVE_ACTS.get(word, "")
        if act in self.acts.buttons and not self.acts.buttons[act].isHidden():
            self.acts.open_one(act)
            return True
        return super().verb(word)

    def changed(self, changes: Changes) -> None:
        """Ask again when something of an order was touched."""
        if changes.touches(*WATCHED):
            self.reload()
        self.mark.heard(changes)
        self.files.heard(changes)

    def retranslate(self) -> None:
        """Say states and facts in the window's language."""
        if self.card is not None:
            self._show(self.card)

    def print_paper(self) -> None:
        """Go to the papers (Ctrl+P)."""
        self.papers.table.setFocus()

    def print_traveller(self) -> None:
        """Print the sheet that goes with the chosen device along the bench."""
        line: OrderLine | None = self.devices.current()
        if line is not None:
            self._print(print_bench_traveller(item_id=line.id))

    def print_call_note(self) -> None:
        """Print whom to call about this order and what was tried."""
        if self.card is not None:
            self._print(print_call_note(order_id=self.card.id))

    def go_chain(self) -> None:
        """Show from hand to hand who had the chosen device."""
        line: OrderLine | None = self.devices.current()
        if line is not None:
            self.context.navigate("custody", id=line.id, kind="item")

    def _print(self, act: Command[Any]) -> None:
        said = N_("The paper is being printed.")
        self.jobs.do(act, owner=self, then=lambda _job: self.context.toast(said, tone="ok"))

    def _here(self, card: OrderCard | None) -> None:
        self.card = card
        if card is None:
            self.banner.say("warn", N_("This order is not known here."))
            return
        self._show(card)
        self.ladder.show_card(card)
        self.todos.show_card(card)
        self.receipts.show_card(card)
        self.files.show_card(card)
        loose = {job.subject_id for job in card.papers}
        self.papers.show_for(card.id, *sorted(loose - {card.id}))
        self.history.show_card(card, anew=self._anew)
        self.mark.show_for(card.id)
        self.lost.show_for(card.id, *(line.id for line in card.lines))
        self._anew = False
        self._open_act(card)

    def _open_act(self, card: OrderCard) -> None:
        """Open the form somebody came for, on a device with which it can be done."""
        name, self._act = self._act, ""
        line = self.devices.current()
        act = self.acts.acts.get(name)
        if act is None or line is None:
            return
        if not act.offered(card, line):
            places = [place for place, one in enumerate(card.lines) if act.offered(card, one)]
            if places:
                self.devices.select(places[0])
        self.acts.open_one(name)

    def _show(self, card: OrderCard) -> None:
        reveal(self.acts, True)
        self.title.put(card.number)
        self.blocked.setVisible(card.slip_blocked)
        for key, value in (
            ("merchant", card.merchant or spoken(N_("not known"))), ("deliverer", card.deliverer),
            ("phone", card.phone), ("opened", full_moment(card.opened_at)), ("by", card.opened_by),
            ("slip", card.slip_no), ("due", format_yuan(card.due_fen)),
        ):  # fmt: skip
            self.facts.put(key, value or "–")
        for key, value in (
            ("estimate", full_moment(card.estimate_at)), ("ticket", card.ticket_no),
            ("ceiling", format_yuan(card.ceiling_fen) if card.ceiling_fen else ""),
            ("loaner", listed([_loan(one) for one in card.loaners])), ("closed", full_moment(card.closed_at)),
        ):  # fmt: skip
            self.facts.put_if_any(key, value)
        chosen = self._chosen
        filled(self.devices, card.lines)
        places = [place for place, line in enumerate(card.lines) if line.id == chosen]
        if card.lines:
            self.devices.select(places[0] if places else 0)
            self._select(self.devices.current())
        may = self.context.may
        self.traveller.setVisible(bool(card.lines) and may("reprint_first"))
        self.call_note.setVisible(not card.closed_at and may("call"))
        states = {WorkState(line.state) for line in card.lines}
        self.pickup_button.setVisible(may("pickup") and WorkState.READY_FOR_PICKUP in states)
        self.bench_button.setVisible(bool(states - READY - ENDED - {WorkState.PICKED_UP}))
        self.ticket_button.setVisible(bool(card.ticket_id))
        self.merchant_button.setVisible(bool(card.merchant_id))
        self.loaner_button.setVisible(bool(card.merchant_id) and not card.closed_at and may("loaner"))

    def _select(self, line: OrderLine | None) -> None:
        if line is None or self.card is None:
            return
        self._chosen = line.id
        self.details.put(_details(line))
        self.acts.show_for(self.card, line)

    # -- ways on -----------------------------------------------------------------------

    def to_ticket(self) -> None:
        """Open the ticket."""
        if self.card is not None:
            self.context.navigate("ticket", ticket_id=self.card.ticket_id)

    def to_bench(self) -> None:
        """Open the chosen device at its step on the bench."""
        line = self.devices.current()
        if line is not None:
            self.context.navigate("bench", id=line.id, kind="item")

    def to_pickup(self) -> None:
        """Hand out what is ready."""
        if self.card is not None:
            self.context.navigate("pickup", id=self.card.id, kind="order", number=self.card.number)

    def to_merchant(self) -> None:
        """Open the merchant."""
        if self.card is not None:
            self.context.navigate("merchant", merchant_id=self.card.merchant_id)

    def to_loaners(self) -> None:
        """Lend a loaner for this order, which does not end before it is back."""
        if self.card is not None:
            self.context.navigate("loaners", order_id=self.card.id, merchant_id=self.card.merchant_id,
                                  merchant=self.card.merchant)  # fmt: skip

    def to_device(self) -> None:
        """Open the chosen device with its whole past."""
        line = self.devices.current()
        if line is not None:
            self.context.navigate("device", device_id=line.device_id)


def _loan(loan: OpenLoan) -> str:
    due = shop_day(loan.due_at).isoformat() if loan.due_at else spoken(N_("no day agreed"))
    return spoken(N_("{serial}, back by {day}"), serial=loan.serial_no, day=due)


def _device(line: OrderLine) -> str:
    return "  ".join(part for part in (line.model, line.serial_no, _symptom(line)) if part)


def _symptom(line: OrderLine) -> str:
    return catalogue.title("symptoms", line.symptom_code) if line.symptom_code else line.words


def _details(line: OrderLine) -> str:
    """Return symptom, accessories and money of a device as sentences."""
    said = [" ".join(part for part in (line.serial_no, line.model) if part)]
    fault = " · ".join(part for part in (_symptom(line), line.words if line.symptom_code else "") if part)
    if fault:
        said.append(fault)
    if line.accessories:
        back = spoken(N_("given back"))
        names = [catalogue.title("accessory_types", kind) + (f" ({back})" if gone else "")
                 for kind, gone in line.accessories]  # fmt: skip
        said.append(spoken(N_("Came with: {list}"), list=listed(names)))
    money = spoken(MONEY_TITLES[MoneyState(line.money_state)])
    if line.charged_fen:
        amounts = spoken(N_("charged {charged}, paid {paid}"), charged=format_yuan(line.charged_fen),
                         paid=format_yuan(line.paid_fen))  # fmt: skip
        money = f"{money}: {amounts}"
    said.append(money)
    if line.over_fen:
        said.append(spoken(N_("{amount} were paid too much."), amount=format_yuan(line.over_fen)))
    if line.receipt_no:
        said.append(spoken(N_("Receipt {number}"), number=line.receipt_no))
    return "\n".join(said)


def _state(line: OrderLine) -> Cell:
    state = WorkState(line.state)
    if state is WorkState.QUARANTINED:
        return Cell(spoken(STATE_TITLES[state]), "danger", "hand-stop", pill=True)
    if state in ENDED or state is WorkState.PICKED_UP:
        return Cell(spoken(STATE_TITLES[state]), "neutral", "check", pill=True)
    tone, icon = ("ok", "package") if state in READY else ("accent", "tool")
    return Cell(spoken(STATE_TITLES[state]), tone, icon, pill=True)


def _to_pay(line: OrderLine) -> str:
    return format_yuan(line.due_fen)


def _where(line: OrderLine) -> str:
    if line.holder.startswith("shelf") and line.shelf:
        return line.shelf
    return spoken(HOLDER_TITLES[kind_of(line.holder)]) if line.holder else ""
