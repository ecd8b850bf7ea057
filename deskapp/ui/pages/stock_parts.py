"""Cards of the stock page: one part (take in, count, labels, details), and how it came and went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.commands.catalogue import PartForm, count_parts, put_part, receive_parts
from deskapp.commands.papers_stock import queue_part_label
from deskapp.errors import N_, DeskError, Refused
from deskapp.models.store import Command
from deskapp.queries.around import MoveRow, PartState
from deskapp.queries.naming import in_window
from deskapp.queries.registry_cards import PartRow
from deskapp.ui.kit import (
    Button,
    Card,
    Form,
    Happening,
    LatinField,
    MoneyField,
    NumberField,
    PageContext,
    ScanField,
    Text,
    TextArea,
    TextField,
    Timeline,
    column,
    listed,
    row,
    spoken,
)
from deskapp.ui.pages.records import Sections, get_values, put_values
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.pages.words import full_moment

PLACES: Mapping[str, str] = {
    "supplier": N_("supplier"), "shelf": N_("shelf"), "item": N_("device"), "old_parts": N_("old parts"),
    "scrap": N_("scrap"), "count": N_("count"), "label": N_("label"), "merchant": N_("merchant"),
    "reserved": N_("kept for a device"), "donor": N_("a scrapped device"),
}  # fmt: skip


class PartCard(Card):
    """Everything that can be done about one part.

    Signals:
        saved: the part was added or changed; carries its id.
    """

    saved = Signal(str)

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Part"), icon="packages")
        self.context = context
        self.row: PartRow | None = None
        self._serials: list[str] = []
        self.stand = Text(N_("Choose a part, or scan one."), "muted", wrap=True)
        self.lies = Text(role="strong")
        self.lies.hide()
        self.add(self.lies)
        self.add(self.stand)
        self.coming, self.counting, self.labels, self.details = (QWidget() for _part in range(4))
        self._build_coming()
        self._build_counting()
        self._build_labels()
        self._build_details()
        self.sections = Sections(
            N_("Ways for this part"),
            [
                ("in", N_("Take in"), [self.coming]), ("count", N_("Count"), [self.counting]),
                ("label", N_("Labels"), [self.labels]), ("details", N_("Details"), [self.details]),
            ],
        )  # fmt: skip
        self.add(self.sections)
        for part in (self.coming, self.counting, self.labels, self.details):
            self.add(part)
        self._allow()

    def _build_coming(self) -> None:
        self.in_form = Form()
        self.quantity = NumberField(low=1, high=99_999)
        self.serial = ScanField(N_("Scan one after the other"))
        self.serials = TextArea(lines=4)
        self.supplier = TextField()
        self.in_form.add("quantity", N_("How &many"), self.quantity)
        self.in_form.add("serial", N_("&Serial number"), self.serial)
        self.in_form.add("serials", N_("Scanned serial numbers, one a line"), self.serials)
        self.in_form.add("supplier", N_("Su&pplier"), self.supplier)
        self.in_button = Button(N_("&Take in"), "primary", icon="plus", clicked=self.take_in)
        self.coming.setLayout(_bare(column(self.in_form, row(1, self.in_button))))
        self.serial.scanned.connect(self.take_serial)
        self.supplier.returnPressed.connect(self.take_in)
        self.quantity.returnPressed.connect(self.take_in)

    def _build_counting(self) -> None:
        self.count_form = Form()
        self.counted = NumberField()
        self.found = ScanField(N_("Scan one after the other"))
        self.count_form.add("counted", N_("Counted on the &shelf"), self.counted)
        self.count_form.add("found", N_("&Serial number"), self.found)
        self.count_form.add("serials", N_("Found on the shelf, one serial number a line"), TextArea(lines=4))
        self.count_form.add("reason", N_("&Reason for a difference"), TextField())
        self.count_button = Button(N_("Set the &count"), "primary", icon="check", clicked=self.count)
        self.counting.setLayout(_bare(column(self.count_form, row(1, self.count_button))))
        self.counted.returnPressed.connect(self.count)
        self.found.scanned.connect(self.take_serial)

    def _build_labels(self) -> None:
        self.label_form = Form()
        self.copies = NumberField(low=1, high=100)
        self.copies.set_value(1)
        self.label_form.add("copies", N_("How many &labels"), self.copies)
        self.label_form.add("serial_no", N_("For the &serial number"), ScanField(N_("Empty: for the lot")))
        self.label_button = Button(N_("&Print labels"), "primary", icon="printer", clicked=self.print_labels)
        self.labels.setLayout(_bare(column(self.label_form, row(1, self.label_button))))
        self.copies.returnPressed.connect(self.print_labels)

    def _build_details(self) -> None:
        self.form = Form(columns=2)
        self.form.add("part_no", N_("&Part number"), LatinField(), needed=True)
        self.form.add("name", N_("Part &name"), TextField(), needed=True)
        self.form.add("name_en", N_("Name in &English"), TextField())
        self.form.add("price_fen", N_("P&rice"), MoneyField())
        self.form.add("warranty_days", N_("&Warranty, days"), NumberField(high=3650))
        self.form.add("min_quantity", N_("&Minimum"), NumberField(high=99_999))
        self.form.add("bin", N_("&Bin"), LatinField())
        self.form.add("serialised", N_("Tracking"), Tick(N_("By serial number")))
        self.form.add("fits", N_("&Fits these models, one a line"), TextArea(lines=3), span=2)
        self.form.add("active", N_("State"), Tick(N_("In use")))
        self.save_button = Button(N_("Save"), "primary", icon="check", clicked=self.save)
        self.save_button.show_key("Ctrl+S")
        self.details.setLayout(_bare(column(self.form, row(1, self.save_button))))

    # -- showing -----------------------------------------------------------------------

    def part_id(self) -> str:
        """Return the id of the part that is shown."""
        return self.row.id if self.row else ""

    def show_part(self, part: PartRow) -> None:
        """Show a part; what is typed stays when it is the same one."""
        same = self.row is not None and self.row.id == part.id
        self.row = part
        self.title.put(f"{part.part_no}  {in_window(part.name, part.name_en)}")
        self.lies.say(N_("Bin {bin}"), bin=part.bin)
        self.lies.setVisible(bool(part.bin))
        self.stand.say(N_("{count} on the shelf, at least {least}"), count=part.on_hand, least=part.min_quantity)
        self._allow()
        if same:
            return
        self._serials = []
        put_values(self.in_form, {"quantity": None, "serial": "", "serials": "", "supplier": ""})
        put_values(self.count_form, {"counted": None, "found": "", "serials": "", "reason": ""})
        put_values(self.label_form, {"copies": 1, "serial_no": ""})
        values = {name: getattr(part, name) for name in self.form.rows}
        put_values(self.form, {**values, "fits": list(part.fits)})
        if self.sections.value() == "details":
            self.sections.go("in")

    def show_new(self, part_no: str) -> None:
        """Show an empty part."""
        self.row = None
        self.title.say(N_("New part"))
        self.lies.hide()
        self.stand.say(N_("Save it, then take in what lies on the shelf."))
        put_values(
            self.form,
            {"part_no": part_no, "name": "", "name_en": "", "price_fen": None, "warranty_days": 90, "min_quantity": 0,
             "bin": "", "serialised": False, "fits": "", "active": True},
        )  # fmt: skip
        self._allow(new=True)
        self.form.rows["part_no"].field.setFocus()

    def show_serials(self, serials: Sequence[str]) -> None:
        """Say which serial numbers lie on the shelf."""
        if self.row is not None and serials:
            self.stand.say(
                N_("{count} on the shelf, at least {least}: {serials}"), count=self.row.on_hand,
                least=self.row.min_quantity, serials=listed(serials),
            )  # fmt: skip

    def begin(self) -> None:
        """Go to the first field."""
        scan = self.takes_serials()
        first: dict[str, QWidget] = {
            "in": self.serial if scan else self.quantity, "count": self.found if scan else self.counted,
            "label": self.copies,
        }  # fmt: skip
        first.get(self.sections.value() or "", self.form.rows["name"].field).setFocus()

    def _allow(self, *, new: bool = False) -> None:
        may, tracked = self.context.may("stock"), bool(self.row and self.row.serialised)
        self.sections.setVisible(may and self.row is not None)
        for part in (self.coming, self.counting, self.labels, self.details):
            part.setProperty("withheld", not may or (self.row is None and not (new and part is self.details)))
        self.sections.go("details" if new else self.sections.value() or "in")
        self.in_form.rows["quantity"].setVisible(not tracked)
        for name in ("serial", "serials"):
            self.in_form.rows[name].setVisible(tracked)
            self.count_form.rows["found" if name == "serial" else name].setVisible(tracked)
        self.count_form.rows["counted"].setVisible(not tracked)
        self.label_form.rows["serial_no"].setVisible(tracked)

    # -- acting ------------------------------------------------------------------------

    def asks_here(self) -> bool:
        """Tell whether the field in which one stands wants a serial number for something else than taking in."""
        return cast("ScanField", self.label_form.rows["serial_no"].field).hasFocus()

    def takes_serials(self) -> bool:
        """Tell whether a scanned code is a serial number that comes in, or is found, now."""
        return bool(self.row and self.row.serialised) and self.sections.value() in ("in", "count")

    def take_serial(self, text: str) -> None:
        """Add a scanned serial number to those that come in or are found; a second scan of one changes nothing."""
        counting = self.sections.value() == "count"
        field, lines = (self.found, self._found_lines()) if counting else (self.serial, self.serials)
        known = _lines(lines)
        if text not in known:
            lines.setText("\n".join([*known, text]))
        field.clear()
        field.setFocus()

    def take_in(self) -> None:
        """Take parts into the stock."""
        if self.row is None:
            return
        serials = _lines(self.serials)
        if self.serial.text().strip() and self.serial.text().strip() not in serials:
            serials.append(self.serial.text().strip())
        quantity = len(serials) if self.row.serialised else self.quantity.value() or 0
        act = receive_parts(
            part_id=self.row.id, quantity=quantity, serials=serials, supplier=self.supplier.text().strip()
        )
        self.context.jobs.do(act, owner=self, then=lambda told: self._came(quantity, told),
                             refused=self._refusing(self.in_form))  # fmt: skip

    def count(self) -> None:
        """Set the stock by a count."""
        tracked = self.row is not None and self.row.serialised
        serials = _lines(self._found_lines()) if tracked else []
        counted = len(serials) if tracked else self.counted.value()
        if self.row is None or counted is None:
            self.counted.setFocus()
            return
        reason = get_values(self.count_form)["reason"]
        if tracked and not serials and not reason:  # an empty list must not count everything away by a slip of the hand
            self.count_form.refuse(
                Refused(N_("Scan what lies there. If nothing does, write the reason."), field="serials")
            )
            self.found.setFocus()
            return
        act = count_parts(part_id=self.row.id, counted=counted, serials=serials, reason=reason)
        self.context.jobs.do(act, owner=self, then=self._was_counted, refused=self._refusing(self.count_form))

    def print_labels(self) -> None:
        """Queue labels for the part."""
        if self.row is not None:
            values = get_values(self.label_form)
            act = queue_part_label(part_id=self.row.id, copies=values["copies"], serial_no=values["serial_no"])
            self._do(act, self.label_form, self._labels_queued)

    def save(self) -> None:
        """Add the part or change it."""
        if not self.context.may("stock") or not self.form.readable():
            return
        values = get_values(self.form)
        fits = tuple(line.strip() for line in values.pop("fits").splitlines() if line.strip())
        act = put_part(form=PartForm(**values, fits=fits))
        self.context.jobs.do(act, owner=self, then=self._part_saved, refused=self._refusing(self.form))

    def _labels_queued(self) -> None:
        self.context.toast(N_("Labels are on their way to the printer"), tone="ok")

    def _part_saved(self, part_id: str) -> None:
        self.context.toast(N_("Saved"), tone="ok")
        self.saved.emit(part_id)

    def _came(self, quantity: int, told: Sequence[str] = ()) -> None:
        put_values(self.in_form, {"quantity": None, "serial": "", "serials": "", "supplier": ""})
        if told:
            self.context.toast(N_("{count} taken in. These devices waited for it: {labels}"), tone="warn",
                               count=quantity, labels=listed(told))  # fmt: skip
        else:
            self.context.toast(N_("{count} taken in"), tone="ok", count=quantity)
        self.begin()

    def _was_counted(self, difference: int) -> None:
        put_values(self.count_form, {"counted": None, "found": "", "serials": "", "reason": ""})
        if difference:
            self.context.toast(N_("The stock was off by {count}; a card tells a supervisor"), tone="warn",
                               count=f"{difference:+d}")  # fmt: skip
        else:
            self.context.toast(N_("The count is right"), tone="ok")

    def _do(self, act: Command[Any], form: Form, then: Callable[[], object]) -> None:
        self.context.jobs.do(act, owner=self, then=lambda _done: _call(then), refused=self._refusing(form))

    def _refusing(self, form: Form) -> Callable[[DeskError], None]:
        def refused(error: DeskError) -> None:
            form.refuse(error, otherwise=lambda text: self.context.toast(text, tone="warn", raw=True))

        return refused

    def _found_lines(self) -> TextArea:
        return cast("TextArea", self.count_form.rows["serials"].field)


def _lines(area: TextArea) -> list[str]:
    return [line.strip() for line in area.text().splitlines() if line.strip()]


class MovesCard(Card):
    """How a part came and went, newest first."""

    def __init__(self) -> None:
        super().__init__(N_("Came and went"), icon="switch-horizontal")
        self.state = PartState((), ())
        self.timeline = Timeline()
        self.nothing = Text(N_("Nothing has come or gone yet."), "muted")
        self.add(self.nothing)
        self.add(self.timeline)

    def show_state(self, state: PartState) -> None:
        """Show the moves of a part."""
        self.state = state
        self.retranslate()

    def retranslate(self) -> None:
        """Say the moves in the window's language."""
        self.nothing.setVisible(not self.state.moves)
        self.timeline.set_happenings([_happening(move) for move in self.state.moves])


def _bare(layout: QVBoxLayout) -> QVBoxLayout:
    layout.setContentsMargins(0, 0, 0, 0)
    return layout


def _call(then: Callable[[], object]) -> None:
    then()


def _happening(move: MoveRow) -> Happening:
    start, end = (spoken(PLACES.get(place, place)) for place in (move.from_place, move.to_place))
    came = move.to_place == "shelf"
    if move.from_place == move.to_place == "label":
        return Happening(full_moment(move.at), spoken(N_("Label {number}"), number=move.serial_no), move.by, icon="tag")
    return Happening(
        full_moment(move.at), f"{'+' if came else '−'}{move.quantity}  {start} → {end}", move.by, move.serial_no,
        "plus" if came else "minus", "ok" if came else "warn",
    )  # fmt: skip
