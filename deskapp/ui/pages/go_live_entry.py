"""The quick entry at go-live: devices of one merchant that were taken in before, scanned one after the other."""

from __future__ import annotations

from deskapp import catalogue
from deskapp.clock import shop_day
from deskapp.commands.checkin_forms import AccessoryForm, CheckedIn, Deliverer, DeviceForm, MerchantForm
from deskapp.commands.checkin_takeover import Before, take_over
from deskapp.errors import N_, DeskError
from deskapp.queries import registry
from deskapp.queries.registry_cards import ModelRow, ShelfRow
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
    PageContext,
    PhoneField,
    ScanField,
    SuggestField,
    TextField,
    listed,
    row,
    spoken,
)
from deskapp.ui.pages.lists import filled
from deskapp.ui.pages.records import CodeTicks, get_values, put_values
from deskapp.ui.pages.settings_fields import Pick, Tick
from deskapp.ui.pages.words import merchant_suggestions, suggestions


class TakeOverCard(Card):
    """Whose, since when, from which paper; then device after device; then all of them in one act."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            N_("Devices already on the shelf"), icon="box",
            hint=N_("Only what the old paper says. Labels print by themselves; what is missing becomes a to-do."),
        )  # fmt: skip
        self.context = context
        self.devices: list[DeviceForm] = []
        self._symptom = ""
        self._build_before()
        self._build_device()
        self.table = DataTable(
            [
                Column("serial", N_("Serial number"), lambda one: one.serial_no, 190),
                Column("symptom", N_("Symptom"), _symptom_words, 0),
                Column("accessories", N_("Accessories"), _accessories, 220),
                Column("tamper", N_("Tamper check"), _tamper, 140),
            ],
            name=N_("Devices to take over"),
            empty=EmptyState("scan", N_("Scan the first device of this merchant.")),
        )  # fmt: skip
        self.remove_button = Button(N_("Take off the list"), "quiet", icon="trash", clicked=self.remove)
        self.take_button = Button(N_("&Take over"), "primary", icon="check", clicked=self.take_over)
        self.take_button.show_key("Ctrl+S")
        self.add(self.before)
        self.add(self.form)
        self.add(row(1, self.add_button))
        self.add(self.table)
        self.add(row(self.remove_button, 1, self.take_button))
        self._show_devices()

    def _build_before(self) -> None:
        self.before = Form(columns=3)
        self.merchant = SuggestField(
            self.context.jobs, merchant_suggestions, N_("Number, name, initials or phone"), name=N_("Merchant")
        )
        self.before.add("merchant_id", N_("&Merchant"), self.merchant, needed=True,
                        hint=N_("An unknown one is added under the name you type."))  # fmt: skip
        self.before.add("deliverer", N_("Brought &by"), TextField())
        self.before.add("phone", N_("&Phone"), PhoneField())
        self.before.add("in_date", N_("&Day it came in"), DateField(shop_day(self.context.now())), needed=True)
        self.before.add("source", N_("Old p&aper or list"), TextField(N_("Slip 0312, register page 8 …")), needed=True)
        self.before.add("shelf_id", N_("Sh&elf"), Pick())
        self.before.add("ready", N_("Work"), Tick(N_("Repaired already, waits for pickup")))
        self.before.add("with_slip", N_("Slip"), Tick(N_("Print a new pickup slip")))

    def _build_device(self) -> None:
        self.form = Form(columns=2)
        self.serial = ScanField(N_("Scan or type"), serials_only=True)
        self.symptom = SuggestField(
            self.context.jobs, lambda _session, text: suggestions("symptoms", text), N_("Short code or word"),
            name=N_("Symptom"),
        )  # fmt: skip
        self.tamper = ChoiceBar(
            [Choice("ok", N_("Intact"), "I", "shield-check"), Choice("suspect", N_("Suspicious"), "S", "hand-stop")]
        )
        self.accessories = CodeTicks("accessory_types")
        self.form.add("serial_no", N_("Serial &number"), self.serial, needed=True)
        self.form.add("model_id", N_("M&odel"), Pick(), hint=N_("Only for a device nobody knows yet."))
        self.form.add("symptom", N_("&Symptom"), self.symptom)
        self.form.add("tamper", N_("Is the device &intact?"), self.tamper, needed=True)
        self.form.add("accessories", N_("Accessories"), self.accessories, span=2)
        self.add_button = Button(N_("Put on the &list"), icon="plus", clicked=self.add_device)
        self.serial.scanned.connect(lambda _text: self.symptom.setFocus())
        self.symptom.taken.connect(self._symptom_taken)
        self.symptom.cleared.connect(lambda: setattr(self, "_symptom", ""))
        self.tamper.confirmed.connect(lambda _value: self.add_device())

    def begin(self) -> None:
        """Ask for shelves and models."""
        self.context.jobs.ask(registry.shelves, owner=self, then=self._shelves, exclusive="shelves")
        self.context.jobs.ask(
            lambda session: registry.models(session, active_only=True), owner=self, then=self._models,
            exclusive="models",
        )  # fmt: skip

    def scan(self, text: str) -> bool:
        """Take a serial number."""
        self.serial.take_scan(text)
        return True

    def _shelves(self, shelves: list[ShelfRow]) -> None:
        pick = self.before.rows["shelf_id"].field
        if isinstance(pick, Pick):
            pick.set_choices([Choice("", N_("not known")), *(Choice(one.id, one.code, raw=True) for one in shelves)])

    def _models(self, models: list[ModelRow]) -> None:
        pick = self.form.rows["model_id"].field
        if isinstance(pick, Pick):
            listed = [Choice(one.id, one.name, raw=True, words=one.title) for one in models]
            pick.set_choices([Choice("", N_("not known")), *listed])

    def _symptom_taken(self, taken: object) -> None:
        self._symptom = str(getattr(taken, "data", ""))
        self.tamper.setFocus()

    # -- acting ------------------------------------------------------------------------

    def add_device(self) -> None:
        """Put the device on the list and go to the next one."""
        values = get_values(self.form)
        if not values["serial_no"]:
            self.form.rows["serial_no"].refuse(spoken(N_("Scan or type the serial number.")))
            return
        if not self.tamper.value():
            self.form.rows["tamper"].refuse(spoken(N_("Answer the tamper check: is the device intact?")))
            return
        if any(one.serial_no == values["serial_no"] for one in self.devices):
            self.form.rows["serial_no"].refuse(spoken(N_("This device is on the list already.")))
            return
        accessories = tuple(AccessoryForm(kind) for kind in self.accessories.values())
        self.devices.append(
            DeviceForm(
                serial_no=values["serial_no"],
                tamper=self.tamper.value() or "",
                symptom_code=self._symptom,
                words="" if self._symptom else self.symptom.text().strip(),
                model_id=values["model_id"],
                accessories=accessories,
            )
        )
        self._clear_device()
        self._show_devices()
        self.serial.setFocus()

    def remove(self) -> None:
        """Take the current device off the list."""
        chosen = self.table.current()
        self.devices = [one for one in self.devices if one is not chosen]
        self._show_devices()

    def take_over(self) -> None:
        """Take the listed devices over in one act."""
        if self.serial.text().strip():
            count = len(self.devices)
            self.add_device()
            if len(self.devices) == count:
                return
        self.before.clear_errors()
        values = get_values(self.before)
        chosen, name = self.merchant.chosen, self.merchant.text().strip()
        if chosen is None and not name:
            self.before.rows["merchant_id"].refuse(spoken(N_("Enter the merchant.")))
            return
        act = take_over(
            devices=tuple(self.devices),
            before=Before(values["in_date"], values["source"], values["ready"], values["shelf_id"]),
            deliverer=Deliverer(values["deliverer"] or name, values["phone"]),
            merchant_id=chosen.data.id if chosen else "",
            merchant=None if chosen else MerchantForm(name, contact=values["deliverer"], phone=values["phone"]),
            with_slip=values["with_slip"],
        )
        self.take_button.setEnabled(False)
        self.context.jobs.do(act, owner=self, then=self._taken, refused=self._refused)

    def _taken(self, done: CheckedIn) -> None:
        self.devices = []
        self._clear_device()
        self.merchant.reset()
        put_values(self.before, {"deliverer": "", "phone": "", "source": "", "ready": False})
        self._show_devices()
        self.context.toast(
            N_("{number}: {count} devices taken over, labels are printing"), tone="ok", number=done.order_no,
            count=len(done.devices),
        )  # fmt: skip
        self.merchant.setFocus()

    def _refused(self, error: DeskError) -> None:
        self.take_button.setEnabled(bool(self.devices))
        if not self.before.refuse(error) and not self.form.refuse(error):
            place = error.field.split(".")
            if len(place) == 3 and place[1].isdigit() and int(place[1]) < len(self.devices):
                self.table.select(int(place[1]))
            names = {"deliverer_name": "deliverer", "deliverer_phone": "phone", "merchant": "merchant_id"}
            error.field = names.get(error.field, error.field)
            self.before.refuse(error, otherwise=lambda text: self.context.toast(text, tone="warn", raw=True))

    def _clear_device(self) -> None:
        self._symptom = ""
        self.symptom.reset()
        self.tamper.set_value(None)
        put_values(self.form, {"serial_no": "", "accessories": ()})

    def _show_devices(self) -> None:
        filled(self.table, self.devices)
        self.remove_button.setEnabled(bool(self.devices))
        self.take_button.setEnabled(bool(self.devices))
        self.take_button.say(N_("&Take {count} over"), count=len(self.devices))


def _symptom_words(one: DeviceForm) -> str:
    return catalogue.title("symptoms", one.symptom_code) if one.symptom_code else one.words or "–"


def _accessories(one: DeviceForm) -> str:
    return listed(catalogue.title("accessory_types", entry.kind) for entry in one.accessories) or "–"


def _tamper(one: DeviceForm) -> Cell:
    if one.tamper == "ok":
        return Cell(spoken(N_("Intact")), "ok", "shield-check", pill=True)
    return Cell(spoken(N_("Suspicious")), "danger", "hand-stop", pill=True)
