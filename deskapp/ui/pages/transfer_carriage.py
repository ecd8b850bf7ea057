"""How a van travels, and the bar that asks for a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

from PySide6.QtCore import Signal

from deskapp.clock import instant, shop_day
from deskapp.commands.transfers import Carriage
from deskapp.errors import N_, DeskError
from deskapp.queries.transfers import Manifested
from deskapp.ui.kit import Button, Card, DateField, Form, LatinField, Text, TextField, row


class CarriageCard(Card):
    """Carrier, waybill, vehicle, expected day.

    Signals:
        done: what is typed is to be kept.
    """

    done = Signal()

    def __init__(self, today: date) -> None:
        super().__init__(N_("How it travels"), icon="truck-delivery")
        self.carrier = TextField(N_("Own van, postal route, express company"), limit=60)
        self.waybill = LatinField(N_("Number of the waybill"), limit=20)
        self.vehicle = TextField(N_("Number plate"), limit=12)
        self.day = DateField(today, name=N_("Expected on"))
        self.note = TextField(N_("For the far end"), limit=200)
        self.form = Form(columns=2)
        self.form.add("carrier", N_("Carr&ier"), self.carrier)
        self.form.add("waybill", N_("Waybi&ll"), self.waybill)
        self.form.add("vehicle", N_("&Vehicle"), self.vehicle)
        self.form.add("planned_at", N_("&Expected on"), self.day)
        self.form.add("note", N_("Re&mark"), self.note, span=2)
        self.keep = Button(N_("Keep it"), icon="check", clicked=self.done.emit)
        self.said = Text(role="ok")
        self.add(self.form)
        self.add(row(self.said, 1, self.keep))
        self._shown = ""
        self._kept = Carriage()
        self.note.returnPressed.connect(self.keep_typed)
        for field in (self.carrier, self.waybill, self.vehicle, self.note):
            field.editingFinished.connect(self.keep_typed)  # Enter goes on to the next field by itself

    def keep_typed(self) -> None:
        """Ask for what is typed to be kept, if it is anything new."""
        if self._shown and self.values() != self._kept and not self.day.problem():
            self._kept = self.values()
            self.done.emit()

    def values(self) -> Carriage:
        """Return what is typed."""
        day = self.day.day()
        at = instant(datetime.combine(day, time(18))) if day else 0
        return Carriage(self.carrier.text(), self.waybill.text(), self.vehicle.text(), at, self.note.text())

    def show_values(self, view: Manifested) -> None:
        """Show a manifest's carriage, once per manifest: what is being typed is left alone."""
        self.setVisible(view.row.state not in ("arrived", "cancelled"))
        if self._shown == view.row.id:
            return
        self._shown = view.row.id
        self.said.put("")
        for field, text in ((self.carrier, view.row.carrier), (self.waybill, view.waybill),
                            (self.vehicle, view.vehicle), (self.note, view.note)):  # fmt: skip
            field.setText(text)
        self.day.set_day(_day(view.row.planned_at))
        self._kept = self.values()

    def kept(self) -> None:
        """Say that it is kept."""
        self.form.clear_errors()
        self.said.say(N_("Kept"))

    def refuse(self, error: DeskError) -> None:
        """Show what is wrong at its field."""
        self.form.refuse(error, otherwise=self.said.put)


def _day(at_ms: int) -> date | None:
    return shop_day(at_ms) if at_ms else None


class ReasonBar(Card):
    """One question, one line for the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.question = Text(role="strong", wrap=True)
        self.why = TextField(limit=120, name=N_("Reason"))
        self.who = TextField(N_("Carried by"), limit=40, name=N_("Carried by"))
        self.form = Form(columns=2)
        self.form.add("reason", N_("Reason"), self.why, needed=True)
        self.form.add("courier", N_("Carried by"), self.who, needed=True)
        self.yes = Button(N_("Do it"), "danger", icon="check", clicked=self._go)
        self.no = Button(N_("No"), "quiet", clicked=self.hide)
        self.add(self.question)
        self.add(self.form)
        self.add(row(1, self.no, self.yes))
        self._then: Callable[[str], None] = lambda _why: None
        self.why.returnPressed.connect(self._go)
        self.hide()

    def ask(self, question: str, then: Callable[[str], None], *, who: bool = False, **values: object) -> None:
        """Ask; `then` gets the reason. `who` asks for the courier too."""
        self.question.say(question, **values)
        self.form.rows["courier"].setVisible(who)
        self.form.clear_errors()
        self.why.clear()
        self._then = then
        self.show()
        self.why.setFocus()

    def refuse(self, error: DeskError) -> None:
        """Show what is wrong at its field."""
        self.form.refuse(error, otherwise=self.form.rows["reason"].refuse)

    def _go(self) -> None:
        self._then(self.why.text())
