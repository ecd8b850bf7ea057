"""No free text keeps a card number, wherever it is written; it is refused at its own field."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import JSON, Text, inspect, select

from deskapp import settings
from deskapp.commands.catalogue import ModelForm, PartForm, count_parts, put_model, put_part, receive_parts
from deskapp.commands.devices import DeviceDetails, add_device, bind_device
from deskapp.commands.imports import import_file
from deskapp.commands.lookups import note_export
from deskapp.commands.merchants import MerchantDetails, add_merchant, set_contract
from deskapp.commands.papers import reprint, reprint_batch
from deskapp.commands.papers_service import print_call_note
from deskapp.commands.people import vouch
from deskapp.commands.reviews import settle_card
from deskapp.commands.setup import SiteForm, add_shelf, change_site, set_calendar_day, set_setting
from deskapp.commands.tickets import TicketForm, change_ticket, move_ticket, open_ticket
from deskapp.errors import N_, Refused
from deskapp.models.base import Base, Synced
from deskapp.models.columns import blank, known, travelling
from deskapp.models.device import Device
from deskapp.models.free_text import NUMBERS
from deskapp.models.local import PrintJob
from deskapp.models.merchant import Merchant
from deskapp.models.people import Site
from deskapp.models.repair import ReviewCard
from deskapp.models.stock import Part
from deskapp.models.store import SYSTEM, Override, Store, Write, command
from deskapp.paths import resource
from tests.branch_day import leave_a_card
from tests.commands.test_pickup import order_with
from tests.conftest import People
from tests.factories_pickup import Line

CARD = "客户卡号 6222021234567890128"


def refused_at(store: Store, act: object, by: object) -> str:
    with pytest.raises(Refused) as refused:
        store.run(act, by=by)  # type: ignore[arg-type]
    return refused.value.field


def travelling_texts() -> list[tuple[str, str]]:
    """Every column that travels and holds words of people, by its table."""
    pairs = []
    for mapper in Base.registry.mappers:
        entity = mapper.class_
        if issubclass(entity, Synced):
            texts = [one.key for one in mapper.column_attrs if isinstance(one.columns[0].type, Text | JSON)]
            pairs += [(entity.__tablename__, name) for name in texts if name not in NUMBERS and name in travelling(entity)
                      and not name.endswith("_id")]  # fmt: skip
    return sorted(pairs)


@command(N_("Write a careless row"), right="")
def careless(write: Write, *, table: str, name: str, text: str) -> None:
    """What a command would do that forgot to judge a field."""
    entity = known(table)
    columns = {one.key: one.columns[0].type for one in inspect(entity).column_attrs}
    value: object = text
    if isinstance(columns[name], JSON):
        value = {"deep": [text]}
    filled = {
        one: default if default is not None else "-" if isinstance(columns[one], Text) else 1
        for one, default in blank(entity).items()
    }
    write.session.add(entity(**{**filled, "id": write.new_id(), name: value}))


def test_a_field_that_a_command_forgot_keeps_no_card_number_either(store: Store) -> None:
    pairs = travelling_texts()
    assert len(pairs) > 150
    for table, name in pairs:
        field = refused_at(store, careless(table=table, name=name, text=CARD), SYSTEM)
        assert field in (name, "deep"), (table, name)


def test_every_way_of_writing_a_card_number_is_seen_at_the_last_door(store: Store) -> None:
    for text in ("6222 0212 3456 7890 128", "６２２２０２１２３４５６７８９０１２８", "6222-0212-3456-7890-128。谢谢"):
        assert refused_at(store, careless(table="merchant", name="note", text=text), SYSTEM) == "note"


def test_numbers_that_are_none_pass_the_last_door(store: Store) -> None:
    serial = "4532015112830366"  # passes as a card by its digits, and is the serial number of a device
    store.run(careless(table="device", name="serial_no", text=serial), by=SYSTEM)
    for text in (f"机身号 {serial}", "R00123260312001N", "13800138000 / 0591-87654321", "IMEI 867400020316620"):
        store.run(careless(table="merchant", name="note", text=text), by=SYSTEM)


def test_the_reason_of_a_reprint_and_the_texts_of_templates(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    paper = store.run(print_call_note(order_id=order.order_id), by=people.clerk).result
    with store.read() as session:
        slip = session.get_one(PrintJob, paper)
    assert refused_at(store, reprint(job_id=slip.id, reason=CARD), people.clerk) == "reason"
    act = reprint_batch(batch_id=slip.batch_id, first=1, last=1, reason=CARD)
    assert refused_at(store, act, people.clerk) == "reason"
    act = set_setting(key=settings.TEMPLATE_OPTIONS.key, value={"pickup_slip:note": CARD})
    assert refused_at(store, act, people.admin) == "pickup_slip:note"


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


def test_the_words_of_catalogues_merchants_and_the_branch(store: Store, people: People, tmp_path: Path) -> None:
    model = ModelForm(id="x-1", brand="新牌", name="X1", kind="smart_pos")
    for field in ("brand", "name", "note", "support_contact"):
        assert refused_at(store, put_model(form=replace(model, **{field: CARD})), people.admin) == field
    for field in ("name", "name_en", "bin"):
        part = PartForm(**{"part_no": "P1", "name": "电池", field: CARD})
        assert refused_at(store, put_part(form=part), people.keeper) == field
    for field in ("short_name", "district", "tier"):
        form = MerchantDetails(**{"name": "新店", field: CARD})
        assert refused_at(store, add_merchant(form=form), people.supervisor) == field
    assert refused_at(store, add_shelf(code="Z-1", zone=CARD), people.admin) == "zone"
    with store.read() as session:
        site = session.scalars(select(Site)).first()
    assert site is not None
    act = change_site(site_id=site.id, site=SiteForm(code="A", name="支局", hours=CARD))
    assert refused_at(store, act, people.admin) == "hours"

    # An imported file names the line, and nothing of it is kept.
    file = tmp_path / "parts.csv"
    file.write_text(f"part_no,name,price\nP1,电池,10\nP2,{CARD},10\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        store.run(import_file(kind="parts", file=str(file)), by=people.admin)
    assert "3" in str(refused.value.values)
