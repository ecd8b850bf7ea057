"""After saving: one line for each label, ticked off by scanning it where it sticks. A dead printer stops nobody."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from deskapp import catalogue
from deskapp.commands.checkin_after import Confirmed, confirm_label
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import Changes
from deskapp.queries.checkin_labels import AfterCheckIn, LabelRow, order_after_check_in
from deskapp.ui.kit import (
    Banner,
    Button,
    Card,
    PageContext,
    Picture,
    Pill,
    ScanField,
    Text,
    column,
    listed,
    row,
    spoken,
)
from deskapp.ui.pages.checkin_codes import emptied
from deskapp.ui.tokens import LARGE, MEDIUM, SMALL

_PRINTED = {
    "printed": (N_("Printed"), "ok", "printer"), "sent": (N_("Printed"), "ok", "printer"),
    "queued": (N_("Waits for the printer"), "neutral", "clock"), "sending": (N_("Is printing"), "info", "printer"),
    "held": (N_("With the printer"), "info", "printer"), "unknown": (N_("Perhaps printed"), "warn", "printer"),
    "failed": (N_("Did not print"), "danger", "alert-circle"), "cancelled": (N_("Print cancelled"), "neutral", "ban"),
}  # fmt: skip


class LabelLine(QFrame):
    """One label: what it sticks on, whether it came out, whether it was scanned."""

    def __init__(self, card: LabelRow) -> None:
        super().__init__()
        self.card = card
        self.setProperty("role", "inset")
        self.number = Text(role="heading", copy=True)
        self.number.put(card.label_no)
        device = card.kind == "device"
        what = card.what if device else catalogue.title("accessory_types", card.what)
        said = Text(role="strong" if device else "body")
        said.put("  ".join(part for part in (what, card.serial_no) if part))
        text, tone, icon = _PRINTED.get(card.print_state, (N_("No print job"), "neutral", "printer"))
        self.printed = Pill(text, tone, icon)
        self.scanned = _scanned_pill(card)
        line = QHBoxLayout(self)
        line.setContentsMargins(MEDIUM if device else MEDIUM * 3, SMALL, MEDIUM, SMALL)
        line.setSpacing(MEDIUM)
        line.addWidget(Picture("device-mobile" if device else "paperclip", "accent" if device else "muted", 20))
        line.addWidget(self.number)
        line.addWidget(said, 1)
        if card.quarantined:
            line.addWidget(Pill(N_("Quarantine"), "danger", "alert-triangle"))
        line.addWidget(self.printed)
        line.addWidget(self.scanned)
        self.setAccessibleName(f"{card.label_no} {what} {self.printed.text()} {self.scanned.text()}")


def _scanned_pill(card: LabelRow) -> Pill:
    if card.scanned:
        return Pill(N_("Scanned back"), "ok", "check")
    if card.needed:
        return Pill(N_("Scan it"), "warn", "scan")
    return Pill(N_("May be scanned"), "neutral", "scan")


class LabelsPanel(QWidget):
    """The labels of the check-in that was just saved.

    Signals:
        done: the step is over, all scanned or continued without; carries True when all were scanned.
        next_device: a serial number was scanned although labels are open; carries it.
    """

    done = Signal(bool)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context, self.order_id = context, ""
        self.state: AfterCheckIn | None = None
        self.finished = False
        self.title = Text(role="title")
        self.told = Text(role="muted", wrap=True)
        self.banner = Banner("info")
        self.field = ScanField(N_("Stick the label on its device and scan it there"), name=N_("Label"))
        self.field.setProperty("role", "big")
        self.field.scanned.connect(self.scan)
        self.list = Card(N_("Labels"), icon="tag")
        self._lines = QVBoxLayout()
        self._lines.setSpacing(SMALL)
        self.list.add(self._lines)
        self.todo = Text(role="muted", wrap=True)
        self.without = Button(N_("Go on without scanning"), icon="player-play", clicked=lambda: self.leave(False))
        self.queue = Button(N_("Print queue"), "quiet", icon="printer", clicked=lambda: context.navigate("print_queue"))
        self.next = Button(N_("Next check-in"), "primary", icon="plus", clicked=lambda: self.leave(True))
        stack = column(self.title, self.told, self.banner, self.field, self.list, self.todo, gap=LARGE)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.addLayout(row(self.queue, 1, self.without, self.next))
        stack.addStretch(1)
        self.setLayout(stack)
        self.banner.hide()

    def start(self, order_id: str) -> None:
        """Show the labels of an order and wait for scans."""
        self.order_id, self.state, self.finished = order_id, None, False
        self.banner.clear()
        self.field.clear()
        self.refresh()
        QTimer.singleShot(0, self.field, self.field.setFocus)

    def refresh(self) -> None:
        """Ask again how far the labels are."""
        wanted = self.order_id
        self.context.jobs.ask(
            lambda session: order_after_check_in(session, wanted), owner=self, then=self._show, exclusive="labels"
        )

    def changed(self, changes: Changes) -> None:
        """Follow the printer and other desks."""
        if self.order_id and changes.touches("print_job", "item_record", "review_card"):
            self.refresh()

    def scan(self, text: str) -> None:
        """Confirm a label."""
        self.field.clear()
        self.banner.clear()
        act = confirm_label(order_id=self.order_id, scanned=text)
        self.context.jobs.do(act, owner=self, then=self._confirmed, refused=self._refused)

    def leave(self, whole: bool) -> None:
        """End the step; what was not scanned stays a to-do on its device."""
        open_labels = len(self.state.missing) if self.state else 0
        if open_labels:
            self.context.toast(
                N_("{count} labels are still to be scanned. It stays on the list of things to settle."),
                tone="warn", count=open_labels,
            )  # fmt: skip
        self.order_id = ""
        self.done.emit(whole and not open_labels)

    def retranslate(self) -> None:
        """Say what is composed here in the window's language."""
        if self.state is not None:
            self._show(self.state)

    def _confirmed(self, _done: Confirmed) -> None:
        self.refresh()

    def _refused(self, error: DeskError) -> None:
        self.banner.put("danger", say(error))
        self.field.setFocus()

    def _show(self, state: AfterCheckIn | None) -> None:
        if state is None or state.order_id != self.order_id:
            return
        self.state = state
        self.finished = not state.missing
        self.title.say(N_("{order} is saved"), order=state.order_no)
        parts = [state.merchant, state.deliverer, spoken(N_("Slip {slip}"), slip=state.slip_no)]
        self.told.put(" · ".join(part for part in parts if part))
        emptied(self._lines)
        for card in state.rows:
            self._lines.addWidget(LabelLine(card))
        self._say_rest(state)

    def _say_rest(self, state: AfterCheckIn) -> None:
        later = [spoken(TODO[key]) for key in state.todo if key in TODO and key != "label_scan_back"]
        self.todo.setVisible(bool(later))
        self.todo.put(spoken(N_("Still to be done: {what}."), what=listed(later)))
        self.without.setVisible(bool(state.missing))
        self.next.setVisible(not state.missing)
        self.field.setVisible(bool(state.missing))
        if not state.missing:
            self.banner.say("ok", N_("All labels are where they belong. Scan the next device, or press Enter."))
            self.next.setFocus()
        elif any(card.print_state == "failed" for card in state.missing):
            self.banner.say(
                "warn", N_("A label did not come out. Mend the printer and print it from the queue, or go on without.")
            )


TODO = {
    "photos": N_("photos"), "signature": N_("signature"), "label_scan_back": N_("label scanned back"),
    "deliverer_id": N_("document of the deliverer"), "unsettled_batch": N_("whether a batch is unsettled"),
    "serial_photo": N_("photo of the serial number"), "witness": N_("witness of the quarantine"),
    "power_state": N_("whether it powers on"), "estimate": N_("estimated fee or ceiling"),
    "warranty_papers": N_("warranty papers"),
}  # fmt: skip
"""Names of the to-dos a check-in may leave."""
