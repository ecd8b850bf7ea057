"""One unit: details, binding, stays with us, papers, history; serial number corrected by a supervisor in place."""

from __future__ import annotations

from deskapp.clock import shop_day
from deskapp.commands.devices import DeviceDetails, add_device, change_device, correct_serial, join_devices
from deskapp.commands.papers_card import print_service_card
from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes, Override
from deskapp.queries import registry
from deskapp.queries.registry_cards import DeviceCard, ModelRow
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    DataTable,
    DateField,
    EmptyState,
    Form,
    LatinField,
    Page,
    PageContext,
    Pill,
    ScanField,
    TextArea,
    row,
)
from deskapp.ui.pages.device_binding import BindingCard
from deskapp.ui.pages.device_test import UnitTestCard
from deskapp.ui.pages.device_words import OWNERSHIPS, stay_columns, warranty_pill
from deskapp.ui.pages.lists import filled
from deskapp.ui.pages.paper_history import PapersCard
from deskapp.ui.pages.past import HistoryCard
from deskapp.ui.pages.records import JoinCard, Sections, get_values, put_values
from deskapp.ui.pages.settings_fields import Pick, Tick
from deskapp.ui.pages.visits_card import VisitsCard
from deskapp.ui.pages.words import device_suggestions
from deskapp.ui.widgets.sync_marks import SyncMark

FIELDS = (
    "serial_no", "model_id", "tusn", "imei", "iccid", "ownership", "manufactured_on", "warranty_until",
    "firmware_version", "app_version", "loaner", "note",
)  # fmt: skip


class DevicePage(Page):
    """Shows and edits one unit; without an id it takes a new one."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Device"))
        self.card: DeviceCard | None = None
        self._device_id = ""
        self._merchant_name = ""
        self.warranty, self.hold, self.pool = Pill(), Pill(), Pill()
        for place, pill in enumerate((self.warranty, self.pool, self.hold), 1):
            pill.hide()
            self.head.insertWidget(place, pill)
        self.mark = SyncMark(self.jobs, "device")
        self.head.insertWidget(1, self.mark)
        self.ticket_button = Button(N_("New &ticket"), icon="phone-call", clicked=self.new_ticket)
        self.check_in_button = Button(N_("Chec&k in"), icon="inbox", clicked=self.check_in)
        for button, right in ((self.ticket_button, "ticket"), (self.check_in_button, "check_in")):
            self.head.addWidget(button)
            button.setProperty("withheld", not context.may(right))
        self._build_details()
        self._build_serial()
        self.binding = BindingCard(context)
        self.stays_card = Card(N_("Stays with us"), icon="tool")
        self.stays = DataTable(
            stay_columns(), name=N_("Stays with us"), empty=EmptyState("tool", N_("This device was never taken in."))
        )
        self.stays_card.add(self.stays)
        self.chain_button = Button(N_("From hand to hand"), "quiet", icon="history", clicked=self.go_chain)
        self.stays_card.add(row(1, self.chain_button))
        self.visits = VisitsCard(context, stays=True)
        self.papers = PapersCard(context)
        self.service_card = Button(N_("Print the service card"), "quiet", icon="printer", clicked=self.print_card)
        self.papers.offer(self.service_card)
        self.history = HistoryCard(context)
        self.test = UnitTestCard(context)
        self.join = JoinCard(
            context, device_suggestions, lambda keep, twin, why: join_devices(keep_id=keep, twin_id=twin, reason=why),
            self.reload,
        )  # fmt: skip
        self.sections = Sections(
            N_("Parts of this record"),
            [
                ("details", N_("Details"), [self.details, self.serial_card]),
                ("binding", N_("Merchant and terminal"), [self.binding]),
                ("stays", N_("Stays with us"), [self.stays_card, self.visits]),
                ("test", N_("Test"), [self.test]),
                ("papers", N_("Papers"), [self.papers]),
                ("history", N_("History"), [self.history, self.join]),
            ],
        )
        self.add(self.sections)
        self.test.setProperty("withheld", not context.may("test"))
        for part in (self.details, self.serial_card, self.binding, self.stays_card, self.visits, self.test, self.papers,
                     self.history, self.join):  # fmt: skip
            self.add(part)
        self.stays.opened.connect(lambda stay: context.navigate("order", id=stay.item_id, kind="item"))

    def _build_details(self) -> None:
        today = shop_day(self.context.now())
        self.details = Card(N_("Details"), icon="device-mobile")
        self.form = Form(columns=3)
        self.serial = ScanField(serials_only=True)
        self.form.add("serial_no", N_("&Serial number"), self.serial, needed=True)
        self.model = Pick()
        self.form.add("model_id", N_("&Model"), self.model)
        self.form.add("ownership", N_("&Owned by"), Pick(OWNERSHIPS))
        self.form.add("tusn", N_("T&USN"), LatinField())
        self.form.add("imei", N_("&IMEI"), LatinField())
        self.form.add("iccid", N_("I&CCID"), LatinField())
        self.form.add("manufactured_on", N_("Made o&n"), DateField(today))
        self.form.add("warranty_until", N_("&Warranty until"), DateField(today))
        self.form.add("loaner", N_("Loaner"), Tick(N_("Belongs to the loaner pool")))
        self.form.add("firmware_version", N_("&Firmware"), LatinField())
        self.form.add("app_version", N_("A&pplication"), LatinField())
        self.form.add("note", N_("Not&e"), TextArea(lines=2), span=3)
        self.save_button = Button(N_("Save"), "primary", icon="check", clicked=self.save)
        self.save_button.show_key("Ctrl+S")
        self.details.add(self.form)
        self.details.add(row(1, self.save_button))
        may = self.context.may("merchant")
        self.form.setEnabled(may)
        self.save_button.setVisible(may)

    def _build_serial(self) -> None:
        self.serial_card = Card(
            N_("Correct the serial number"), icon="barcode",
            hint=N_("A supervisor confirms with PIN and reason; the old number stays in the history."),
        )  # fmt: skip
        self.serial_form = Form()
        self.right_serial = ScanField(N_("Scan it from the case"), serials_only=True)
        self.serial_form.add("serial_no", N_("&Right serial number"), self.right_serial)
        self.correct_button = Button(N_("Correct …"), icon="shield-lock", clicked=self.correct)
        self.serial_card.add(self.serial_form)
        self.serial_card.add(row(1, self.correct_button))
        self.right_serial.returnPressed.connect(self.correct)
        self.serial_card.setProperty("withheld", not self.context.may("merchant"))

    # -- coming and showing --------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show the unit `device_id`, or an empty form for a new one with a serial number."""
        self._device_id = str(args.get("device_id") or args.get("id") or "")
        self.banner.clear()
        self.jobs.ask(registry.models, owner=self, then=self._models, exclusive="models")
        if not self._device_id:
            self._show_new(str(args.get("serial_no", "")))
            return
        self.reload()
        self.focus_first(self.sections)

    def reload(self) -> None:
        """Ask for the unit anew."""
        wanted = self._device_id
        self.jobs.ask(lambda session: registry.device(session, wanted), owner=self, then=self._here, exclusive="card")

    def changed(self, changes: Changes) -> None:
        """Ask again when this unit or something of it was touched."""
        self.mark.heard(changes)
        if changes.touches("device_model"):
            self.jobs.ask(registry.models, owner=self, then=self._models, exclusive="models")
        if self._device_id and changes.touches("device", "terminal_binding", "repair_item", "site_visit", "print_job"):
            self.reload()

    def _models(self, rows: list[ModelRow]) -> None:
        listed = [Choice(one.id, one.name, raw=True, words=one.title) for one in rows if one.active]
        self.model.set_choices([Choice("", N_("not known")), *listed])
        if self.card is not None:
            self.model.set_value(self.card.row.model_id)

    def _show_new(self, serial_no: str) -> None:
        self.card = None
        self.title.say(N_("New device"))
        empty = {**dict.fromkeys(FIELDS, ""), "loaner": False, "ownership": "bank_owned", "serial_no": serial_no}
        put_values(self.form, empty)
        self._allow(known=False)
        self.sections.go("details")
        self.serial_card.hide()
        self.focus_first(self.serial)

    def _here(self, card: DeviceCard | None) -> None:
        if card is None:
            self.banner.say("warn", N_("This device is not known here."))
            return
        fresh = self.card is None or self.card.row.id != card.row.id or self.card.versions != card.versions
        self.card = card
        self.title.put(card.row.serial_no)
        self.mark.show_for(card.row.id)
        if fresh or not self.form.isAncestorOf(self.focusWidget() or self):
            values = {name: getattr(card.row if hasattr(card.row, name) else card, name) for name in FIELDS}
            put_values(self.form, values)
        self._say_state(card)
        self.binding.show_unit(card)
        self.test.show_for(card)
        filled(self.stays, card.stays)
        self.chain_button.setVisible(bool(card.stays))
        self.service_card.setVisible(bool(card.row.merchant_id) and self.context.may("visit"))
        self.papers.show_for(card.row.id, *(stay.item_id for stay in card.stays))
        self.visits.show_device(card.row.id)
        self.history.show_for(card.row.id)
        self.join.keep(card.row.id)
        self._allow(known=True)

    def _say_state(self, card: DeviceCard) -> None:
        words, tone, icon, values = warranty_pill(card.row.warranty_until, shop_day(self.context.now()))
        self.warranty.show_state(words, tone, icon, **values)
        self.pool.show_state(N_("loaner"), "info", "switch-horizontal")
        self.hold.show_state(N_("do not wipe"), "danger", "hand-stop")
        self.warranty.show()
        self.pool.setVisible(card.row.loaner)
        self.hold.setVisible(card.do_not_wipe)
        if card.joined_into:
            self.banner.say("info", N_("This record was joined into another one already."))
            self.banner.offer(N_("Show that one"), lambda: self.context.navigate("device", device_id=card.joined_into))

    def _allow(self, *, known: bool) -> None:
        for button in (self.ticket_button, self.check_in_button):
            button.setVisible(known and not button.property("withheld"))
        self.sections.setVisible(known)
        self.serial.setReadOnly(known)
        self.form.rows["serial_no"].set_needed(not known)
        if not known:
            for pill in (self.warranty, self.pool, self.hold):
                pill.hide()

    # -- acting --------------------------------------------------------------------

    def scan(self, text: str) -> bool:
        """Take a scanned serial number where one is being entered."""
        if parse_scan(text).kind is not ScanKind.SERIAL:
            return False
        if self.card is None:
            self.serial.setText(text)
            self.model.setFocus()
            return True
        if self.right_serial.hasFocus():
            self.right_serial.setText(text)
            self.correct()
            return True
        return False

    def save(self) -> None:
        """Save the details (Ctrl+S)."""
        if not (self.save_button.isEnabled() and self.context.may("merchant")):
            return
        form = DeviceDetails(**get_values(self.form))
        self.save_button.setEnabled(False)
        if self.card is None:
            self.jobs.do(add_device(form=form), owner=self, then=self._added, refused=self._refused)
            return
        act = change_device(device_id=self.card.row.id, form=form, seen=self.card.versions)
        self.jobs.do(act, owner=self, then=lambda _done: self._saved(), refused=self._refused)

    def _added(self, device_id: str) -> None:
        self._device_id = device_id
        self._saved()
        self.reload()

    def _saved(self) -> None:
        self.save_button.setEnabled(True)
        self.form.clear_errors()
        self.context.toast(N_("Saved"), tone="ok")

    def _refused(self, error: DeskError) -> None:
        self.save_button.setEnabled(True)
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))

    def correct(self) -> None:
        """Ask a supervisor to confirm another serial number."""
        serial = self.right_serial.text().strip()
        if not serial:
            self.right_serial.setFocus()
            return
        self.context.ask_supervisor(
            "correct", self._correct, why=N_("Correct serial number {old} to {new}"), old=self.title.text(), new=serial
        )

    def _correct(self, consent: Override) -> None:
        act = correct_serial(device_id=self._device_id, serial_no=self.right_serial.text(), override=consent)
        self.jobs.do(act, owner=self, then=lambda _done: self._corrected(), refused=self._not_corrected)

    def _not_corrected(self, error: DeskError) -> None:
        self.serial_form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))

    def _corrected(self) -> None:
        self.right_serial.clear()
        self.context.toast(N_("Serial number corrected"), tone="ok")

    def print_card(self) -> None:
        """Print the card that stays beside this terminal at the merchant's."""
        act = print_service_card(device_id=self._device_id)
        said = N_("The paper is being printed.")
        self.jobs.do(act, owner=self, then=lambda _job: self.context.toast(said, tone="ok"))

    def new_ticket(self) -> None:
        """Write a ticket about this unit."""
        card = self.card
        if card is not None:
            self.context.navigate(
                "quick_ticket", serial_no=card.row.serial_no, merchant_id=card.row.merchant_id,
                merchant_name=card.row.merchant,
            )  # fmt: skip

    def go_chain(self) -> None:
        """Show from hand to hand who had this unit on its newest stay."""
        if self.card is not None:
            self.context.navigate("custody", id=self.card.row.id, kind="device")

    def check_in(self) -> None:
        """Take this unit in."""
        if self.card is not None:
            self.context.navigate("check_in", serial_no=self.card.row.serial_no, merchant_id=self.card.row.merchant_id)
