"""Merchants, the people to call there, their contracts, and joining two records of one merchant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from deskapp.commands.entry import Entry
from deskapp.errors import N_, Refused
from deskapp.models.device import TerminalBinding
from deskapp.models.merchant import Merchant, MerchantContact, ServiceContract
from deskapp.models.repair import RepairOrder
from deskapp.models.store import Write, command
from deskapp.models.ticket import ServiceTicket


@dataclass(frozen=True, slots=True)
class ContactForm:
    """A person at a merchant; `id` is empty for a new one."""

    name: str = ""
    relation: str = ""
    phone: str = ""
    main: bool = False
    id: str = ""


@dataclass(frozen=True, slots=True)
class MerchantDetails:
    """What is known about a merchant."""

    name: str
    merchant_no: str = ""
    short_name: str = ""
    uscc: str = ""
    address: str = ""
    district: str = ""
    tier: str = ""
    note: str = ""
    contacts: Sequence[ContactForm] = ()


@command(N_("Add a merchant"), right="merchant")
def add_merchant(write: Write, *, form: MerchantDetails) -> str:
    """Add a merchant and return its id; a number that is there already is refused, naming its holder."""
    return new_merchant(write, form).id


def new_merchant(write: Write, form: MerchantDetails) -> Merchant:
    """Add a merchant inside another act and return its row."""
    entry = Entry()
    row = Merchant(id=write.new_id(), name="")
    _fill(write, entry, row, form)
    write.session.add(row)
    write.session.flush()
    _set_contacts(write, entry, row.id, form.contacts)
    write.session.flush()
    entry.raise_cards(write, "merchant", row.id)
    return row


@command(N_("Change a merchant"), right="merchant")
def change_merchant(
    write: Write, *, merchant_id: str, form: MerchantDetails, seen: Mapping[str, str] | None = None
) -> None:
    """Change a merchant's details and contacts; contacts that are not named any more are set aside."""
    row = merchant_row(write, merchant_id)
    write.saw(merchant_id, seen)
    entry = Entry()
    _fill(write, entry, row, form)
    _set_contacts(write, entry, merchant_id, form.contacts)
    entry.raise_cards(write, "merchant", merchant_id)


@command(N_("Set a merchant aside"), right="merchant")
def set_merchant_active(write: Write, *, merchant_id: str, active: bool) -> None:
    """Take a merchant off the lists, or put it back; nothing is deleted."""
    merchant_row(write, merchant_id).active = active


@command(N_("Join two merchants"), right="join")
def join_merchants(write: Write, *, keep_id: str, twin_id: str, reason: str) -> None:
    """Join a twin into the merchant that stays: its devices, orders and tickets move, its papers stay as they are."""
    if keep_id == twin_id:
        raise Refused(N_("Choose two different records."), field="twin_id")
    entry = Entry()
    if not entry.note(reason, "reason"):
        raise Refused(N_("Give the reason."), field="reason")
    keep, twin = merchant_row(write, keep_id), merchant_row(write, twin_id)
    if keep.joined_into:
        raise Refused(N_("This record was joined into another one already."), field="keep_id")
    for binding in write.session.scalars(select(TerminalBinding).where(TerminalBinding.merchant_id == twin_id)):
        binding.merchant_id = keep_id
    for order in write.session.scalars(select(RepairOrder).where(RepairOrder.merchant_id == twin_id)):
        order.merchant_id = keep_id
    for ticket in write.session.scalars(select(ServiceTicket).where(ServiceTicket.merchant_id == twin_id)):
        ticket.merchant_id = keep_id
    for contact in write.session.scalars(select(MerchantContact).where(MerchantContact.merchant_id == twin_id)):
        contact.merchant_id, contact.main = keep_id, False
    if not keep.merchant_no:
        keep.merchant_no = twin.merchant_no
    twin.joined_into, twin.active = keep_id, False


@command(N_("Add a contract"), right="merchant")
def set_contract(
    write: Write,
    *,
    merchant_id: str,
    number: str,
    kind: str = "",
    starts_on: str = "",
    ends_on: str = "",
    warranty_months: int = 0,
    contract_id: str = "",
    explained_by: str = "",
    open_questions: str = "",
) -> str:
    """Add or change a contract of a merchant and return its id."""
    merchant_row(write, merchant_id)
    entry = Entry()
    number = entry.note(number, "number")
    if not number:
        raise Refused(N_("Enter the contract number."), field="number")
    starts_on, ends_on = entry.day(starts_on, "starts_on"), entry.day(ends_on, "ends_on")
    if starts_on and ends_on and ends_on < starts_on:
        raise Refused(N_("The end lies before the start."), field="ends_on")
    row = write.session.get(ServiceContract, contract_id) if contract_id else None
    if row is None:
        row = ServiceContract(id=write.new_id(), merchant_id=merchant_id, number=number)
        write.session.add(row)
    row.number, row.kind, row.starts_on, row.ends_on = number, kind, starts_on, ends_on
    row.warranty_months = max(0, warranty_months)
    row.explained_by = entry.take("name", explained_by, "explained_by")
    row.open_questions = entry.note(open_questions, "open_questions")
    return row.id


def update_merchant(write: Write, row: Merchant, form: MerchantDetails) -> None:
    """Change a merchant's details inside another act; its contacts stay as they are."""
    _fill(write, Entry(), row, form)


def merchant_row(write: Write, merchant_id: str) -> Merchant:
    """Return a merchant; raises Refused when it is not known here."""
    row = write.session.get(Merchant, merchant_id)
    if row is None:
        raise Refused(N_("This merchant is not known here."), field="merchant_id")
    return row


def merchant_by_number(write: Write, merchant_no: str) -> Merchant | None:
    """Return the merchant with a number that stands for itself, or None."""
    return write.session.scalars(
        select(Merchant).where(Merchant.merchant_no == merchant_no, Merchant.joined_into == "").order_by(Merchant.n)
    ).first()


def _fill(write: Write, entry: Entry, row: Merchant, form: MerchantDetails) -> None:
    name = entry.take("name", form.name, "name", needed=True)
    number = entry.take("merchant_no", form.merchant_no, "merchant_no")
    holder = merchant_by_number(write, number) if number else None
    if holder is not None and holder.id != row.id:
        raise Refused(
            N_("Merchant number {merchant_no} belongs to {name} already."),
            field="merchant_no", code="taken", merchant_no=number, name=holder.short_name or holder.name,
        )  # fmt: skip
    values = {
        "name": name, "merchant_no": number, "short_name": entry.note(form.short_name, "short_name"),
        "uscc": entry.take("uscc", form.uscc, "uscc"), "address": entry.note(form.address, "address"),
        "district": entry.note(form.district, "district"), "tier": entry.note(form.tier, "tier"),
        "note": entry.note(form.note, "note"),
    }  # fmt: skip
    for key, value in values.items():
        if getattr(row, key) != value:
            setattr(row, key, value)


def _set_contacts(write: Write, entry: Entry, merchant_id: str, contacts: Sequence[ContactForm]) -> None:
    there = {
        row.id: row
        for row in write.session.scalars(select(MerchantContact).where(MerchantContact.merchant_id == merchant_id))
    }
    kept = set()
    for form in contacts:
        if not (form.name.strip() or form.phone.strip()):
            continue
        row = there.get(form.id)
        if row is None:
            row = MerchantContact(id=write.new_id(), merchant_id=merchant_id)
            write.session.add(row)
        kept.add(row.id)
        row.name = entry.take("name", form.name, "contact_name")
        row.relation = entry.note(form.relation, "relation")
        row.phone, row.main, row.active = entry.take("phone", form.phone, "contact_phone"), form.main, True
    for identity, row in there.items():
        if identity not in kept and row.active:
            row.active = False
