"""What does not lie on the shelf: trays with parts for devices, and old parts on their way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deskapp.commands.stock_desk import release_part, reserve_part, send_old_part
from deskapp.errors import N_, DeskError
from deskapp.models.store import Command
from deskapp.queries.registry_cards import PartRow
from deskapp.queries.stock import PartPlaces, item_of_label, part_places
from deskapp.rules.numbers import parse_scan
from deskapp.ui.kit import Button, Card, Choice, ChoiceBar, Form, NumberField, PageContext, ScanField, Text, row, spoken

TARGETS = (
    Choice("supplier", N_("To the maker")), Choice("merchant", N_("To the merchant")), Choice("scrap", N_("Scrap")),
)  # fmt: skip


class PlacesCard(Card):
    """Keep parts for a device, put them back, send old ones on."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Kept and old parts"), icon="packages")
        self.context, self.jobs = context, context.jobs
        self.part: PartRow | None = None
        self.places = PartPlaces((), 0, 0)
        self.stand = Text(role="muted", wrap=True)
        self.form = Form(columns=2)
        self.device = ScanField(N_("Scan the device's label"))
        self.quantity = NumberField("1", low=1, high=999)
        self.serial = ScanField(N_("for tracked parts"))
        self.form.add("item", N_("For de&vice"), self.device)
        self.form.add("quantity", N_("How man&y"), self.quantity)
        self.form.add("serial_no", N_("Serial n&umber of the part"), self.serial, span=2)
        self.keep = Button(N_("&Keep for it"), icon="plus", clicked=self.reserve)
        self.back = Button(N_("Back to the s&helf"), icon="arrow-back-up", clicked=self.release)
        self.old_form = Form(columns=2)
        self.to = ChoiceBar(TARGETS, name=N_("Where the old part goes"))
        self.old_count = NumberField("1", low=1, high=999)
        self.old_form.add("to", N_("Old part"), self.to, span=2)
        self.old_form.add("quantity", N_("How many &old ones"), self.old_count)
        self.send = Button(N_("Send it o&n"), icon="truck-delivery", clicked=self.send_on)
        self.add(self.stand)
        self.add(self.form)
        self.add(row(1, self.back, self.keep))
        self.add(self.old_form)
        self.add(row(1, self.send))
        self.device.scanned.connect(
            lambda _text: (self.serial if self.serial.isVisible() else self.quantity).setFocus()
        )
        self.serial.scanned.connect(lambda _text: self.keep.setFocus())

    def show_part(self, part: PartRow) -> None:
        """Be about a part."""
        self.part = part
        self.form.rows["serial_no"].setVisible(part.serialised)
        self.jobs.ask(lambda session: part_places(session, part.id), owner=self, then=self._here, exclusive="places")

    def retranslate(self) -> None:
        """Say where parts are."""
        trays = ", ".join(f"{tray.label_no} {tray.quantity}" for tray in self.places.trays[:6])
        self.stand.put(
            " ".join(
                one
                for one in (
                    spoken(N_("Kept for devices: {trays}."), trays=trays) if trays else "",
                    spoken(N_("{count} old ones are here."), count=self.places.old) if self.places.old else "",
                    spoken(N_("{count} are awaited by jobs."), count=self.places.awaited)
                    if self.places.awaited
                    else "",
                )
                if one
            )
            or spoken(N_("Nothing is kept, awaited or old."))
        )
        for part in (self.old_form, self.send):
            part.setVisible(self.places.old > 0)

    def reserve(self) -> None:
        """Keep parts for the scanned device."""
        self._for_device(reserve_part, N_("Kept for {number}"))

    def release(self) -> None:
        """Put what was kept back."""
        self._for_device(release_part, N_("Back on the shelf from {number}"))

    def send_on(self) -> None:
        """Send old parts on."""
        if self.part is not None:
            act = send_old_part(part_id=self.part.id, to=self.to.value() or "", quantity=self.old_count.value() or 1)
            self.jobs.do(act, owner=self, then=lambda _left: self._done(N_("The old part is booked out"), ""),
                         refused=self._refusing(self.old_form))  # fmt: skip

    def _for_device(self, act: Callable[..., Command[Any]], said: str) -> None:
        part, number = self.part, parse_scan(self.device.text()).number or self.device.text()
        if part is None:
            return

        def found(item_id: str) -> None:
            if self.part is None or self.part.id != part.id:
                return
            wanted = act(
                item_id=item_id or "-", part_id=part.id, quantity=self.quantity.value() or 1,
                serial_no=self.serial.text(),
            )  # fmt: skip
            self.jobs.do(wanted, owner=self, then=lambda _none: self._done(said, number),
                         refused=self._refusing(self.form))  # fmt: skip

        self.form.clear_errors()
        self.jobs.ask(lambda session: item_of_label(session, number), owner=self, then=found, exclusive="device")

    def _done(self, said: str, number: str) -> None:
        self.context.toast(said, tone="ok", number=number)
        self.device.clear()
        self.serial.clear()
        if self.part is not None:
            self.show_part(self.part)

    def _refusing(self, form: Form) -> Callable[[DeskError], None]:
        def refused(error: DeskError) -> None:
            form.refuse(error, otherwise=lambda text: self.context.toast(text, tone="warn", raw=True))

        return refused

    def _here(self, places: PartPlaces) -> None:
        self.places = places
        self.retranslate()
