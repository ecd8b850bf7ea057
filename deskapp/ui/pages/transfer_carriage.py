"""How a van travels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

from deskapp.clock import instant, shop_day
from deskapp.commands.transfers import Carriage, change_carriage
from deskapp.commands.transfers_late import note_seal
from deskapp.errors import N_, DeskError
from deskapp.queries.transfers import Manifested
from deskapp.rules.papers_custody import ManifestType
from deskapp.ui.kit import Button, Card, DateField, Form, LatinField, PageContext, Text, TextField, row


class CarriageCard(Card):
    """Carrier, waybill, vehicle, expected day; what is typed is kept when a field is left."""

    def __init__(self, context: PageContext, manifest_id: Callable[[], str]) -> None:
        super().__init__(N_("How it travels"), icon="truck-delivery")
        self._jobs, self._manifest_id = context.jobs, manifest_id
        self.carrier = TextField(N_("Own van, postal route, express company"), limit=60)
        self.waybill = LatinField(N_("Number of the waybill"), limit=20)
        self.vehicle = TextField(N_("Number plate"), limit=12)
        self.day = DateField(shop_day(context.now()), name=N_("Expected on"))
        self.note = TextField(N_("For the far end"), limit=200)
        self.form = Form(columns=2)
        self.form.add("carrier", N_("Carr&ier"), self.carrier)
        self.form.add("waybill", N_("Waybi&ll"), self.waybill)
        self.form.add("vehicle", N_("&Vehicle"), self.vehicle)
        self.form.add("planned_at", N_("&Expected on"), self.day)
        self.form.add("note", N_("Re&mark"), self.note, span=2)
        self.seal = LatinField(N_("Of the bags that have none on record"), limit=24)
        self.form.add("seal_no", N_("Number of the &seal"), self.seal, span=2)
        self.keep = Button(N_("Keep it"), icon="check", clicked=self.save)
        self.said = Text(role="ok")
        self.add(self.form)
        self.add(row(self.said, 1, self.keep))
        self._shown = ""
        self._kept = Carriage()
        self.note.returnPressed.connect(self.keep_typed)
        for field in (self.carrier, self.waybill, self.vehicle, self.note):
            field.editingFinished.connect(self.keep_typed)  # Enter goes on to the next field by itself

    def keep_typed(self) -> None:
        """Keep what is typed, if it is anything new."""
        if self._shown and self.values() != self._kept and not self.day.problem():
            self._kept = self.values()
            self.save()

    def save(self) -> None:
        """Keep what is typed; a seal that was missing is noted with it."""
        if self.seal.text().strip():
            noted = note_seal(manifest_id=self._manifest_id(), seal_no=self.seal.text())
            self._jobs.do(noted, owner=self, then=lambda _count: self.seal.clear(), refused=self._refused)
        act = change_carriage(manifest_id=self._manifest_id(), carriage=self.values())
        self._jobs.do(act, owner=self, then=self._said, refused=self._refused)

    def values(self) -> Carriage:
        """Return what is typed."""
        day = self.day.day()
        at = instant(datetime.combine(day, time(18))) if day else 0
        return Carriage(self.carrier.text(), self.waybill.text(), self.vehicle.text(), at, self.note.text())

    def show_values(self, view: Manifested) -> None:
        """Show a manifest's carriage, once per manifest: what is being typed is left alone.

        Once a van has arrived it is shown only while something that nobody gave can still be filled in.
        """
        sent = view.row.state not in ("draft", "cancelled")
        sealless = sent and view.row.kind != ManifestType.VENDOR and not all(line.seal_no for line in view.lines)
        self.form.rows["seal_no"].setVisible(sealless)
        late = sealless or not (view.waybill or view.vehicle)
        self.setVisible(late if view.row.state == "arrived" else view.row.state != "cancelled")
        if self._shown == view.row.id:
            return
        self._shown = view.row.id
        self.said.put("")
        for field, text in ((self.carrier, view.row.carrier), (self.waybill, view.waybill),
                            (self.vehicle, view.vehicle), (self.note, view.note)):  # fmt: skip
            field.setText(text)
        self.day.set_day(_day(view.row.planned_at))
        self._kept = self.values()

    def _said(self, _done: object) -> None:
        self.form.clear_errors()
        self.said.say(N_("Kept"))

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=self.said.put)


def _day(at_ms: int) -> date | None:
    return shop_day(at_ms) if at_ms else None
