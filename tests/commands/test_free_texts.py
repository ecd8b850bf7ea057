"""No free text keeps a card number, wherever it is written; it is refused at its own field."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from deskapp.commands.catalogue import count_parts, receive_parts
from deskapp.commands.devices import DeviceDetails, add_device, bind_device
from deskapp.commands.imports import import_file
from deskapp.commands.lookups import note_export
from deskapp.commands.merchants import set_contract
from deskapp.commands.people import vouch
from deskapp.commands.reviews import settle_card
from deskapp.commands.setup import set_calendar_day
from deskapp.commands.tickets import TicketForm, change_ticket, move_ticket, open_ticket
from deskapp.errors import Refused
from deskapp.models.device import Device
from deskapp.models.merchant import Merchant
from deskapp.models.repair import ReviewCard
from deskapp.models.stock import Part
from deskapp.models.store import Override, Store
from deskapp.paths import resource
from tests.branch_day import leave_a_card
from tests.conftest import People

CARD = "客户卡号 6222021234567890128"


def refused_at(store: Store, act: object, by: object) -> str:
    with pytest.raises(Refused) as refused:
        store.run(act, by=by)  # type: ignore[arg-type]
    return refused.value.field


def test_the_words_of_stock_calendar_and_exports(store: Store, people: People) -> None:
    store.run(import_file(kind="parts", file=str(resource("samples", "parts.csv"))), by=people.admin)
    with store.read() as session:
        part = session.scalars(select(Part.id).where(Part.part_no == "ADP-5V2A")).first()
    by = people.supervisor

    assert refused_at(store, receive_parts(part_id=part, quantity=1, supplier=CARD), by) == "supplier"
    assert refused_at(store, count_parts(part_id=part, counted=1, reason=CARD), by) == "reason"
    assert refused_at(store, set_calendar_day(day="2026-05-01", works=True, note=CARD), people.admin) == "note"
    assert refused_at(store, note_export(kind="devices", reason=CARD), people.admin) == "reason"


def test_how_a_card_was_settled(store: Store, people: People) -> None:
    store.run(leave_a_card(item_id="none"), by=people.supervisor)
    with store.read() as session:
        card = session.scalars(select(ReviewCard.id)).one()

    assert refused_at(store, settle_card(card_id=card, how=CARD), people.supervisor) == "how"


def test_the_reason_of_a_second_person(store: Store, people: People) -> None:
    ticket = store.run(open_ticket(form=TicketForm(callback_phone="13800138000", model_words="N910", words="坏",
                                                   business_stopped=False)), by=people.clerk).result  # fmt: skip
    store.run(move_ticket(ticket_id=ticket.ticket_id, move="cancel", reason="重复"), by=people.clerk)
    pin = people.pins[people.supervisor.staff_no]
    consent = store.run(vouch(who=people.supervisor.staff_no, pin=pin, right="reopen"), by=people.clerk).result
    override = Override(consent.token, CARD)

    act = move_ticket(ticket_id=ticket.ticket_id, move="reopen", reason="再开", override=override)
    assert refused_at(store, act, people.clerk) == "reason"


def test_a_changed_ticket(store: Store, people: People) -> None:
    form = TicketForm(callback_phone="13800138000", model_words="N910", words="坏", business_stopped=False)
    ticket = store.run(open_ticket(form=form), by=people.clerk).result
    for field in ("caller_name", "words"):
        act = change_ticket(ticket_id=ticket.ticket_id, form=TicketForm(callback_phone="13800138000", **{field: CARD}))
        assert refused_at(store, act, people.clerk) == field
    for field, form in (
        ("merchant_words", TicketForm(callback_phone="13800138000", answers={"merchant_words": CARD})),
        ("device", TicketForm(callback_phone="13800138000", model_words=CARD)),
    ):  # fmt: skip
        assert refused_at(store, change_ticket(ticket_id=ticket.ticket_id, form=form), people.clerk) == field


def test_what_is_no_day_is_refused_where_a_day_is_kept(store: Store, people: People) -> None:
    for kind in ("models", "merchants", "devices"):
        store.run(import_file(kind=kind, file=str(resource("samples", f"{kind}.csv"))), by=people.admin)
    with store.read() as session:
        merchant = session.scalars(select(Merchant.id)).first()
        device = session.scalars(select(Device)).first()
    assert merchant and device
    by = people.supervisor

    for field in ("manufactured_on", "warranty_until"):
        form = DeviceDetails(serial_no="ZZ11223344", **{field: "明年"})
        assert refused_at(store, add_device(form=form), by) == field
    for field in ("starts_on", "ends_on"):
        act = set_contract(merchant_id=merchant, number="HT-1", **{field: "31.12."})
        assert refused_at(store, act, by) == field
    act = bind_device(device_id=device.id, merchant_id=merchant, terminal_no="35000099", valid_from="2026-02-30")
    assert refused_at(store, act, by) == "valid_from"
    assert refused_at(store, set_contract(merchant_id=merchant, number=CARD), by) == "number"
