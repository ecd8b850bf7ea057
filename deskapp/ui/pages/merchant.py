"""One merchant: details, people to call, contracts, devices, orders, tickets, history; edited in place."""

from __future__ import annotations

from deskapp.commands.lookups import look_up_phones
from deskapp.commands.merchants import (
    ContactForm,
    MerchantDetails,
    add_merchant,
    change_merchant,
    join_merchants,
    set_merchant_active,
)
from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes, Override
from deskapp.queries import registry
from deskapp.queries.around import LookupRow, OrderRow, lookups, orders_of_merchant
from deskapp.queries.registry_cards import MerchantCard
from deskapp.queries.tickets import TicketRow, tickets_of_merchant
from deskapp.ui.kit import (
    Button,
    Card,
    Column,
    DataTable,
    EmptyState,
    Form,
    Happening,
    LatinField,
    Page,
    PageContext,
    Pill,
    TextArea,
    TextField,
    Timeline,
    row,
    spoken,
)
from deskapp.ui.pages.device_words import device_columns
from deskapp.ui.pages.lists import filled
from deskapp.ui.pages.merchant_parts import ContactsCard, ContractsCard
from deskapp.ui.pages.past import HistoryCard
from deskapp.ui.pages.records import JoinCard, Sections, get_values, put_values
from deskapp.ui.pages.ticket_words import columns as ticket_columns
from deskapp.ui.pages.visits_card import VisitsCard
from deskapp.ui.pages.words import full_moment, merchant_suggestions
from deskapp.ui.widgets.sync_marks import SyncMark

FIELDS = ("name", "short_name", "merchant_no", "uscc", "address", "district", "tier", "note")


class MerchantPage(Page):
    """Shows and edits one merchant; without an id it takes a new one."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Merchant"))
        self.card: MerchantCard | None = None
        self._merchant_id = ""
        self.state = Pill()
        self.state.hide()
        self.ticket_button = Button(N_("New &ticket"), icon="phone-call", clicked=self.new_ticket)
        self.check_in_button = Button(N_("Check &in"), icon="inbox", clicked=self.check_in)
        self.head.insertWidget(1, self.state)
        self.mark = SyncMark(self.jobs, "merchant")
        self.head.insertWidget(2, self.mark)
        for button, right in ((self.ticket_button, "ticket"), (self.check_in_button, "check_in")):
            self.head.addWidget(button)
            button.setProperty("withheld", not context.may(right))
        self._build_details()
        self.contacts = ContactsCard(context, self.save_contacts)
        self.contracts = ContractsCard(context)
        self._build_lists()
        self.visits = VisitsCard(context, stays=True)
        self.history = HistoryCard(context)
        self.looks = Card(N_("Who looked at whole phone numbers"), icon="eye")
        self.look_lines = Timeline()
        self.looks.add(self.look_lines)
        self.join = JoinCard(
            context, merchant_suggestions,
            lambda keep, twin, why: join_merchants(keep_id=keep, twin_id=twin, reason=why), self.reload,
        )  # fmt: skip
        self.sections = Sections(
            N_("Parts of this record"),
            [
                ("details", N_("Details"), [self.details, self.contacts]),
                ("devices", N_("Devices"), [self.devices_card]),
                ("work", N_("Orders and tickets"), [self.orders_card, self.tickets_card, self.visits]),
                ("contracts", N_("Contracts"), [self.contracts]),
                ("history", N_("History"), [self.history, self.looks, self.join]),
            ],
        )
        self.add(self.sections)
        for part in (self.details, self.contacts, self.devices_card, self.orders_card, self.tickets_card, self.visits,
                     self.contracts, self.history, self.looks, self.join):  # fmt: skip
            self.add(part)
        self.contacts.unmask.clicked.connect(self.unmask)

    def _build_details(self) -> None:
        self.details = Card(N_("Details"), icon="building-store")
        self.form = Form(columns=2)
        self.form.add("name", N_("Merchant &name"), TextField(), needed=True)
        self.form.add("short_name", N_("&Short name"), TextField(), hint=N_("As people at the desk call it."))
        self.form.add("merchant_no", N_("Merchant n&umber"), LatinField(), hint=N_("15 digits, from the contract."))
        self.form.add("uscc", N_("&Credit code"), LatinField(), hint=N_("18 characters; small shops may have none."))
        self.form.add("address", N_("&Address"), TextField(), span=2)
        self.form.add("district", N_("&District"), TextField())
        self.form.add("tier", N_("Ti&er"), TextField())
        self.form.add("note", N_("N&ote"), TextArea(lines=2), span=2)
        self.save_button = Button(N_("Save"), "primary", icon="check", clicked=self.save)
        self.save_button.show_key("Ctrl+S")
        self.aside_button = Button(N_("Set aside"), "quiet", icon="player-pause", clicked=self.toggle_active)
        self.details.add(self.form)
        self.details.add(row(self.aside_button, 1, self.save_button))
        may = self.context.may("merchant")
        self.form.setEnabled(may)
        self.save_button.setVisible(may)
        self.aside_button.setVisible(may)

    def _build_lists(self) -> None:
        self.devices_card = Card(N_("Devices"), icon="device-mobile")
        self.devices = DataTable(
            device_columns(owner=False), name=N_("Devices"),
            empty=EmptyState("device-mobile", N_("No device is bound to this merchant.")),
        )  # fmt: skip
        self.devices_card.add(self.devices)
        self.orders_card = Card(N_("Repair orders"), icon="clipboard-list")
        self.orders = DataTable(
            [
                Column("number", N_("Order number"), lambda one: one.number, 210),
                Column("opened", N_("Taken in"), lambda one: full_moment(one.opened_at), 160),
                Column("deliverer", N_("Brought by"), lambda one: one.deliverer, 120),
                Column("devices", N_("Devices"), lambda one: str(one.devices), 90, right=True),
                Column("going", N_("State"), _going, 0),
            ],
            name=N_("Repair orders"), empty=EmptyState("inbox", N_("Nothing was ever taken in from this merchant.")),
        )  # fmt: skip
        self.orders_card.add(self.orders)
        self.tickets_card = Card(N_("Tickets"), icon="phone-call")
        self.tickets = DataTable(
            ticket_columns(self.context.now()), name=N_("Tickets"),
            empty=EmptyState("phone-call", N_("No ticket names this merchant.")),
        )  # fmt: skip
        self.tickets_card.add(self.tickets)
        go = self.context.navigate
        self.devices.opened.connect(lambda one: go("device", device_id=one.id))
        self.orders.opened.connect(lambda one: go("order", id=one.id, kind="order", number=one.number))
        self.tickets.opened.connect(lambda one: go("ticket", ticket_id=one.id))

    # -- coming and showing --------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show the merchant `merchant_id`, or an empty form for a new one called `name`."""
        self._merchant_id = str(args.get("merchant_id") or args.get("id") or "")
        self.contacts.forget_phones()
        self.banner.clear()
        if not self._merchant_id:
            self._show_new(str(args.get("name", "")))
            return
        self.reload()
        self.focus_first(self.sections)

    def reload(self) -> None:
        """Ask for the merchant anew."""
        wanted = self._merchant_id
        ask = self.jobs.ask
        ask(lambda session: registry.merchant(session, wanted), owner=self, then=self._here, exclusive="card")
        ask(lambda session: orders_of_merchant(session, wanted), owner=self, then=self._orders, exclusive="orders")
        ask(lambda session: tickets_of_merchant(session, wanted), owner=self, then=self._tickets, exclusive="tickets")
        if self.context.may("audit") or self.context.may("unmask"):
            ask(lambda session: lookups(session, wanted), owner=self, then=self._looks, exclusive="looks")

    def changed(self, changes: Changes) -> None:
        """Ask again when this merchant or something of it was touched, unless somebody is typing here."""
        self.mark.heard(changes)
        if self._merchant_id and changes.touches(
            "merchant", "merchant_contact", "service_contract", "device", "repair_order", "service_ticket", "site_visit"
        ):
            self.reload()

    def _show_new(self, name: str) -> None:
        self.card = None
        self.title.say(N_("New merchant"))
        self.state.hide()
        put_values(self.form, {**dict.fromkeys(FIELDS, ""), "name": name})
        self.contacts.show_contacts(())
        self._allow(known=False)
        self.sections.go("details")
        self.focus_first(self.form.rows["name"].field)

    def _here(self, card: MerchantCard | None) -> None:
        if card is None:
            self.banner.say("warn", N_("This merchant is not known here."))
            return
        fresh = self.card is None or self.card.row.id != card.row.id or self.card.versions != card.versions
        self.card = card
        self.title.put(card.row.short_name or card.row.name)
        self.mark.show_for(card.row.id)
        known = {name: getattr(card.row, name) if hasattr(card.row, name) else getattr(card, name) for name in FIELDS}
        if fresh or not self.form.isAncestorOf(self.focusWidget() or self):
            put_values(self.form, known)
        self._say_state(card)
        self.contacts.show_contacts(card.contacts)
        self.contracts.show_contracts(card.row.id, card.contracts)
        filled(self.devices, card.devices, 14)
        people, contracts = (one.id for one in card.contacts), (one.id for one in card.contracts)
        self.visits.show_merchant(card.row.id)
        self.history.show_for(card.row.id, *people, *contracts)
        self.join.keep(card.row.id)
        self._allow(known=True)

    def _say_state(self, card: MerchantCard) -> None:
        if card.joined_into:
            self.state.show_state(N_("joined into another record"), "neutral", "copy")
            self.banner.say("info", N_("This record was joined into another one already."))
            self.banner.offer(
                N_("Show that one"), lambda: self.context.navigate("merchant", merchant_id=card.joined_into)
            )
        elif not card.row.active:
            self.state.show_state(N_("set aside"), "warn", "player-pause")
        else:
            self.state.show_state(N_("in use"), "ok", "check")
        self.state.show()
        self.aside_button.say(N_("Set aside") if card.row.active else N_("Put back on the lists"))

    def _allow(self, *, known: bool) -> None:
        for button in (self.ticket_button, self.check_in_button):
            button.setVisible(known and not button.property("withheld"))
        self.sections.setVisible(known)
        self.contacts.set_known(known)
        self.aside_button.setVisible(known and self.context.may("merchant"))

    def _orders(self, rows: list[OrderRow]) -> None:
        filled(self.orders, rows)

    def _tickets(self, rows: list[TicketRow]) -> None:
        filled(self.tickets, rows)

    def _looks(self, rows: list[LookupRow]) -> None:
        lines = [Happening(full_moment(one.at), one.reason, one.by, icon="eye") for one in rows[:12]]
        self.look_lines.set_happenings(lines)
        self.looks.setProperty("withheld", not rows)
        self.sections.go(self.sections.value() or "details")

    # -- acting --------------------------------------------------------------------

    def save(self) -> None:
        """Save details and contacts (Ctrl+S)."""
        if self.save_button.isEnabled() and self.context.may("merchant"):
            self._save(self.contacts.forms())

    def save_contacts(self, contacts: list[ContactForm]) -> None:
        """Save the people to call at once; a new merchant's are saved with it."""
        if self.card is not None:
            self._save(contacts)

    def _save(self, contacts: list[ContactForm]) -> None:
        form = MerchantDetails(**get_values(self.form), contacts=contacts)
        self.save_button.setEnabled(False)
        if self.card is None:
            self.jobs.do(add_merchant(form=form), owner=self, then=self._added, refused=self._refused)
            return
        act = change_merchant(merchant_id=self.card.row.id, form=form, seen=self.card.versions)
        self.jobs.do(act, owner=self, then=lambda _done: self._saved(), refused=self._refused)

    def _added(self, merchant_id: str) -> None:
        self._merchant_id = merchant_id
        self._saved()
        self.reload()

    def _saved(self) -> None:
        self.save_button.setEnabled(True)
        self.form.clear_errors()
        self.contacts.clear_entry()
        self.context.toast(N_("Saved"), tone="ok")

    def _refused(self, error: DeskError) -> None:
        self.save_button.setEnabled(True)
        if not self.contacts.refuse(error):
            self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))

    def toggle_active(self) -> None:
        """Take the merchant off the lists, or put it back."""
        if self.card is not None:
            self._set_active(not self.card.row.active)

    def _set_active(self, active: bool) -> None:
        act = set_merchant_active(merchant_id=self._merchant_id, active=active)
        text = N_("Back on the lists") if active else N_("Set aside; it can be put back at any time")
        self.jobs.do(
            act, owner=self,
            then=lambda _done: self.context.toast(text, undo=lambda: self._set_active(not active)),
        )  # fmt: skip

    def unmask(self) -> None:
        """Show whole phone numbers: with a reason, or with a supervisor's consent."""
        if self.context.may("unmask"):
            self._look_up(None)
        else:
            self.context.ask_supervisor(
                "unmask", self._look_up, why=N_("Show the whole phone numbers of {name}"), name=self.title.text()
            )

    def _look_up(self, consent: Override | None) -> None:
        act = look_up_phones(merchant_id=self._merchant_id, reason=self.contacts.why(), override=consent)
        self.jobs.do(act, owner=self, then=self._phones, refused=self._refused)

    def _phones(self, phones: dict[str, str]) -> None:
        self.contacts.show_phones(phones)
        self.reload()

    def new_ticket(self) -> None:
        """Write a ticket of this merchant."""
        self.context.navigate("quick_ticket", merchant_id=self._merchant_id, merchant_name=self.title.text())

    def check_in(self) -> None:
        """Take devices of this merchant in."""
        self.context.navigate("check_in", merchant_id=self._merchant_id)


def _going(one: OrderRow) -> str:
    if not one.going:
        return spoken(N_("all over"))
    return spoken(N_("{count} still with us"), count=one.going)
