"""Cards of the merchant page: the people to call, and the contracts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtWidgets import QGridLayout, QWidget

from deskapp.clock import shop_day
from deskapp.commands.merchants import ContactForm, set_contract
from deskapp.errors import N_, DeskError
from deskapp.queries.registry_cards import ContactCard, ContractCard
from deskapp.rules.masking import mask
from deskapp.ui import theme
from deskapp.ui.kit import (
    Button,
    Card,
    Column,
    DataTable,
    DateField,
    EmptyState,
    Form,
    LatinField,
    NumberField,
    PageContext,
    PhoneField,
    Pill,
    Text,
    TextArea,
    TextField,
    reveal,
    row,
)
from deskapp.ui.pages.lists import filled
from deskapp.ui.pages.records import get_values, put_values
from deskapp.ui.tokens import LARGE, SMALL


class ContactsCard(Card):
    """The people at a merchant: masked phones, added and removed in place."""

    def __init__(self, context: PageContext, save: Callable[[list[ContactForm]], None]) -> None:
        super().__init__(N_("People to call"), icon="users")
        self.context, self._save = context, save
        self.contacts: tuple[ContactCard, ...] = ()
        self._phones: Mapping[str, str] = {}
        self._known = False
        self._new: list[ContactForm] = []
        self.remove_buttons: list[Button] = []
        self.lines = QWidget()
        self._grid = QGridLayout(self.lines)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(LARGE)
        self._grid.setVerticalSpacing(SMALL)
        self._grid.setColumnStretch(3, 1)
        self.nobody = Text(N_("Nobody is noted yet. Who answers the phone there?"), "muted")
        self.reason = TextField(N_("Why the whole numbers are needed"), name=N_("Reason for looking"))
        self.unmask = Button(N_("Show whole numbers"), "quiet", icon="eye")
        self.reason.setMinimumWidth(theme.px(280))
        reveal(self.reason, context.may("unmask"))
        self.reason.returnPressed.connect(self.unmask.click)
        self.head.addWidget(self.reason)
        self.head.addWidget(self.unmask)
        self.form = Form(columns=3)
        self.form.add("contact_name", N_("Na&me"), TextField())
        self.form.add("relation", N_("&Relation"), TextField(N_("owner, shop assistant …")))
        self.form.add("contact_phone", N_("&Phone"), PhoneField())
        self.add_button = Button(N_("Add this person"), icon="user-plus", clicked=self.add_person)
        self.add(self.lines)
        self.add(self.nobody)
        self.add(self.form)
        self.add(row(1, self.add_button))
        phone = self.form.rows["contact_phone"].field
        if isinstance(phone, PhoneField):
            phone.returnPressed.connect(self.add_person)
        for part in (self.form, self.add_button):
            reveal(part, context.may("merchant"))

    def set_known(self, known: bool) -> None:
        """Say whether the merchant is saved already; a new one has nobody to look up."""
        self._known = known
        self.unmask.setVisible(known)
        self.reason.setVisible(known and self.context.may("unmask"))
        self._new = []

    def show_contacts(self, contacts: Sequence[ContactCard]) -> None:
        """Show these people."""
        self.contacts = tuple(contacts)
        self._fill()

    def show_phones(self, phones: Mapping[str, str]) -> None:
        """Show whole numbers until the page is left."""
        self._phones = phones
        self.reason.clear()
        self._fill()

    def forget_phones(self) -> None:
        """Mask again: somebody else's record is shown."""
        self._phones = {}
        self.clear_entry()

    def clear_entry(self) -> None:
        """Empty the line for a new person."""
        put_values(self.form, {"contact_name": "", "relation": "", "contact_phone": ""})

    def why(self) -> str:
        """Return the reason for looking."""
        return self.reason.text().strip()

    def forms(self) -> list[ContactForm]:
        """Return everybody who stands here, with whoever is just being typed."""
        known = [ContactForm(one.name, one.relation, one.phone, one.main, one.id) for one in self.contacts]
        typed = self._typed(main=not known and not self._new)
        return [*known, *self._new, *([typed] if typed else [])]

    def add_person(self) -> None:
        """Save the person who was typed."""
        typed = self._typed(main=not self.contacts)
        if typed is None:
            self.form.rows["contact_name"].field.setFocus()
            return
        if self._known:
            self._save(self.forms())
        else:
            self._new.append(typed)
            self.clear_entry()
            self._fill()

    def remove(self, contact_id: str) -> None:
        """Set a person aside, with a way back."""
        before = self.forms()
        self._save([one for one in before if one.id != contact_id])
        self.context.toast(N_("Taken off the list"), undo=lambda: self._save(before))

    def make_main(self, contact_id: str) -> None:
        """Call this person first."""
        people = [
            ContactForm(one.name, one.relation, one.phone, one.id == contact_id, one.id) for one in self.contacts
        ]
        self._save(people)

    def refuse(self, error: DeskError) -> bool:
        """Show a refusal that belongs to a person; says whether it did."""
        if error.field == "reason":
            self.context.toast(N_("Write down why the whole numbers are needed."), tone="warn")
            self.reason.setFocus()
            return True
        return error.field in self.form.rows and self.form.refuse(error)

    def _typed(self, *, main: bool) -> ContactForm | None:
        values = get_values(self.form)
        if not values["contact_name"] and not values["contact_phone"]:
            return None
        return ContactForm(values["contact_name"], values["relation"], values["contact_phone"], main)

    def _fill(self) -> None:
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.remove_buttons = []
        shown = [*self.contacts, *(ContactCard("", one.name, one.relation, one.phone, one.main) for one in self._new)]
        for line, one in enumerate(shown):
            self._line(line, one)
        self.nobody.setVisible(not shown)
        self.lines.setVisible(bool(shown))
        self.unmask.setEnabled(bool(self.contacts) and not self._phones)

    def _line(self, line: int, one: ContactCard) -> None:
        name, relation, phone = Text(role="strong", copy=True), Text(role="muted"), Text(copy=True)
        name.put(one.name or "–")
        relation.put(one.relation)
        whole = self._phones.get(one.id, "")
        phone.put(whole or mask("phone", one.phone) or "–")
        for place, widget in enumerate((name, relation, phone)):
            self._grid.addWidget(widget, line, place)
        if one.main:
            self._grid.addWidget(Pill(N_("call first"), "accent", "phone"), line, 4)
        elif one.id and self.context.may("merchant"):
            first = Button(N_("Call first"), "link", clicked=lambda: self.make_main(one.id))
            self._grid.addWidget(first, line, 4)
        if one.id and self.context.may("merchant"):
            gone = Button(
                role="quiet", icon="trash", name=N_("Remove {who}"), clicked=lambda: self.remove(one.id),
                parent=self.lines, who=one.name or one.phone[-4:],
            )  # fmt: skip
            self.remove_buttons.append(gone)
            self._grid.addWidget(gone, line, 5)


class ContractsCard(Card):
    """The contracts of a merchant; they set the warranty of its terminals."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Contracts"), icon="file-certificate")
        self.context = context
        self._merchant_id = ""
        self._contract_id = ""
        self.table = DataTable(
            [
                Column("number", N_("Contract number"), lambda one: one.number, 160),
                Column("kind", N_("Kind"), lambda one: one.kind, 120),
                Column("starts", N_("Starts"), lambda one: one.starts_on, 110),
                Column("ends", N_("Ends"), lambda one: one.ends_on, 110),
                Column("months", N_("Warranty, months"), lambda one: str(one.warranty_months), 130, right=True),
                Column("explained", N_("Explained by"), lambda one: one.explained_by, 110),
                Column("open", N_("Open questions"), lambda one: one.open_questions, 0),
            ],
            name=N_("Contracts"), empty=EmptyState("file-certificate", N_("No contract is noted.")),
        )  # fmt: skip
        today = shop_day(context.now())
        self.form = Form(columns=3)
        self.form.add("number", N_("Contract &number"), LatinField(), needed=True)
        self.form.add("kind", N_("&Kind"), TextField())
        self.form.add("warranty_months", N_("&Warranty, months"), NumberField(high=120))
        self.form.add("starts_on", N_("St&arts"), DateField(today))
        self.form.add("ends_on", N_("&Ends"), DateField(today))
        self.form.add("explained_by", N_("E&xplained by"), TextField())
        self.form.add("open_questions", N_("&Open questions"), TextArea(lines=2), span=3)
        self.new_button = Button(N_("Another contract"), "quiet", icon="plus", clicked=self.clear)
        self.save_button = Button(N_("Sa&ve the contract"), icon="check", clicked=self.save_contract)
        self.add(self.table)
        self.add(self.form)
        self.add(row(self.new_button, 1, self.save_button))
        self.table.selected.connect(self._selected)
        for part in (self.form, self.save_button, self.new_button):
            reveal(part, context.may("merchant"))

    def show_contracts(self, merchant_id: str, contracts: Sequence[ContractCard]) -> None:
        """Show the contracts of a merchant."""
        if merchant_id != self._merchant_id:
            self.clear()
        self._merchant_id = merchant_id
        filled(self.table, contracts, 5)

    def clear(self) -> None:
        """Begin another contract."""
        self._contract_id = ""
        put_values(
            self.form,
            {"number": "", "kind": "", "warranty_months": None, "starts_on": "", "ends_on": "", "explained_by": "",
             "open_questions": ""},
        )  # fmt: skip
        self.table.view.clearSelection()

    def save_contract(self) -> None:
        """Add the contract, or change the chosen one."""
        act = set_contract(merchant_id=self._merchant_id, contract_id=self._contract_id, **get_values(self.form))
        self.context.jobs.do(act, owner=self, then=self._saved, refused=self._refused)

    def _selected(self, one: ContractCard | None) -> None:
        if one is not None:
            self._contract_id = one.id
            put_values(self.form, {name: getattr(one, name) for name in self.form.rows})

    def _saved(self, _contract_id: str) -> None:
        self.clear()
        self.context.toast(N_("Contract saved"), tone="ok")

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda text: self.context.toast(text, tone="warn", raw=True))
