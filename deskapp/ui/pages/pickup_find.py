"""The beginning of a pickup: a slip, a label, the end of a phone number or a name leads to the order."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.queries.pickup import PickupCard
from deskapp.queries.pickup_find import PickupHit, find_pickups
from deskapp.rules.numbers import PROBLEMS, parse_scan
from deskapp.rules.states import ENDED, WorkState
from deskapp.ui.kit import Button, Card, Cell, Column, DataTable, EmptyState, PageContext, ScanField, Text, row, spoken
from deskapp.ui.tokens import LARGE

PAUSE_MS = 150


class FindPanel(QWidget):
    """Finds the order.

    Signals:
        chosen: an order was found; carries its id.
    """

    chosen = Signal(str)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context, self.jobs = context, context.jobs
        self.field = ScanField(N_("Slip, device label, end of the phone number, merchant or deliverer"),
                               name=N_("Slip, label, phone or name"))  # fmt: skip
        self.field.setProperty("role", "big")
        self.said = Text(role="warn", wrap=True)
        self.said.hide()
        self._to = self._act = ""
        self.to_order = Button(N_("To the &order …"), icon="file-text", clicked=self._open_order)
        self.to_order.hide()
        self.table = DataTable(
            [
                Column("merchant", N_("Merchant"), lambda hit: hit.merchant, 0),
                Column("person", N_("Deliverer"), lambda hit: f"{hit.person}  {hit.phone}", 190),
                Column("order", N_("Order"), lambda hit: hit.order_no, 190),
                Column("slip", N_("Slip"), lambda hit: hit.slip_no, 190),
                Column("ready", N_("Can go"), _ready, 110),
            ],
            name=N_("Orders that fit"),
            empty=EmptyState("qrcode", N_("Scan the merchant's slip. Without it: a device label, the end of the phone "
                                          "number, or a name.")),
        )  # fmt: skip
        card = Card(N_("Whose devices?"), icon="scan")
        card.add(self.field)
        card.add(self.said)
        card.add(row(self.to_order, 1))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(LARGE)
        column.addWidget(card)
        column.addWidget(self.table, 1)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(lambda: self._ask(self.field.text(), entered=False))
        self.field.textEdited.connect(lambda _text: self._pause.start())
        self.field.scanned.connect(self.take)
        self.table.opened.connect(lambda hit: self.chosen.emit(hit.order_id))

    def begin(self) -> None:
        """Wait for a scan."""
        self.field.clear()
        self.said.hide()
        self.to_order.hide()
        self.table.set_rows([])

    def take(self, text: str) -> None:
        """Look for what was scanned or entered."""
        self._pause.stop()
        self.field.setText(parse_scan(text).number or text)
        self._ask(text, entered=True)

    def explain(self, card: PickupCard) -> None:
        """Say why an order cannot be handed out now, and offer the way to it: receipt, refund, what holds it up."""
        kept = [device for device in card.devices if not device.receipt_no]
        late = next((device for device in kept if device.state is WorkState.ABANDONED), None)
        self._to, self._act = (late.item_id, "decide") if late is not None else (card.order_id, "")
        here = next((device for device in kept if device.state not in ENDED), kept[0] if kept else None)
        if late is not None:
            self._say(N_("{serial} was not collected in time: a supervisor decides about it with an auditor. It is "
                         "handed out on the page of its order."), serial=late.serial_no)  # fmt: skip
        elif card.devices and not kept:
            self._say(N_("Everything of order {order} has been picked up, receipt {receipt}."), order=card.order_no,
                      receipt=card.devices[-1].receipt_no)  # fmt: skip
        else:
            serial, state = (here.serial_no, spoken(here.state_title)) if here else ("", "")
            self._say(N_("Nothing of order {order} is ready: {serial} is “{state}”."), order=card.order_no,
                      serial=serial, state=state)  # fmt: skip
        self.to_order.show()

    def _ask(self, text: str, *, entered: bool) -> None:
        self.jobs.ask(lambda session: find_pickups(session, text), owner=self,
                      then=lambda hits: self._found(hits, text, entered), exclusive="find")  # fmt: skip

    def _found(self, hits: list[PickupHit], text: str, entered: bool) -> None:
        self.said.hide()
        self.to_order.hide()
        self.table.set_rows(hits)
        if entered and len(hits) == 1:
            self.chosen.emit(hits[0].order_id)
        elif entered and hits:
            self.table.select(0)
            self.table.setFocus()
        elif entered and text.strip():
            problem = parse_scan(text).problem
            if problem in ("check", "ime", "token"):
                self._say(PROBLEMS[problem])
            else:
                self._say(N_("Nothing that is ready fits “{words}”."), words=text.strip())
            self.field.selectAll()

    def _open_order(self) -> None:
        self.context.navigate("order", id=self._to, act=self._act)

    def _say(self, sentence: str, **values: object) -> None:
        self.said.say(sentence, **values)
        self.said.show()


def _ready(hit: PickupHit) -> Cell:
    words = spoken(N_("{ready} of {total}"), ready=hit.ready, total=hit.total)
    return Cell(words, "ok" if hit.ready else "neutral", pill=True)
