"""Merchants: entered once, changed with a history, joined by a supervisor, looked at with a reason."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from deskapp.commands.lookups import look_up_phones, note_export
from deskapp.commands.merchants import (
    ContactForm,
    MerchantDetails,
    add_merchant,
    change_merchant,
    join_merchants,
    set_contract,
    set_merchant_active,
)
from deskapp.commands.people import vouch
from deskapp.errors import Forbidden, Refused
from deskapp.models.device import TerminalBinding
from deskapp.models.local import LookupUse
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.store import Override, Store
from deskapp.queries import registry
from deskapp.queries.around import lookups, merchant_rows, orders_of_merchant
from deskapp.queries.tickets import tickets_of_merchant
from tests.checkin_shop import HOTPOT, NOODLES, stock_shop, taken_in
from tests.conftest import FixedClock, People

TEA = MerchantDetails(
    "示例茶叶行", merchant_no="100391058120012", short_name="示例茶行", address="福州市仓山区示例路9号",
    contacts=(ContactForm("林样本", "店主", "13800000112", True),),
)  # fmt: skip


def add(store: Store, people: People, form: MerchantDetails = TEA) -> str:
    return store.run(add_merchant(form=form), by=people.clerk).result


def test_a_merchant_is_entered_with_the_people_to_call(store: Store, people: People) -> None:
    merchant_id = add(store, people)

    card = store.ask(lambda session: registry.merchant(session, merchant_id))

    assert card is not None and (card.row.merchant_no, card.row.short_name) == ("100391058120012", "示例茶行")
    assert [(one.name, one.phone, one.main) for one in card.contacts] == [("林样本", "13800000112", True)]


def test_a_merchant_number_that_is_taken_is_refused_naming_its_holder(store: Store, people: People) -> None:
    add(store, people)

    with pytest.raises(Refused) as refusal:
        add(store, people, MerchantDetails("别家", merchant_no="100391058120012"))

    assert refusal.value.field == "merchant_no" and refusal.value.values["name"] == "示例茶行"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (MerchantDetails(""), "name"),
        (MerchantDetails("甲店", merchant_no="12"), "merchant_no"),
        (MerchantDetails("甲店", uscc="91350100MA0000009X"), "uscc"),
        (MerchantDetails("甲店", note="卡号 6222020200112233446"), "note"),
        (MerchantDetails("甲店", contacts=(ContactForm("张三", "", "12"),)), "contact_phone"),
    ],
)
def test_what_may_not_be_kept_is_refused_at_its_field(
    store: Store, people: People, form: MerchantDetails, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        add(store, people, form)

    assert refusal.value.field == field
    assert store.ask(lambda session: session.scalars(select(Merchant)).all()) == []


def test_a_contact_that_is_not_named_any_more_is_set_aside_and_stays_in_the_file(store: Store, people: People) -> None:
    merchant_id = add(store, people)
    seen = store.ask(lambda session: registry.merchant(session, merchant_id))
    assert seen is not None
    form = MerchantDetails(TEA.name, merchant_no=TEA.merchant_no, contacts=(ContactForm("吴演示", "店员", "13800000113"),))

    store.run(change_merchant(merchant_id=merchant_id, form=form, seen=seen.versions), by=people.clerk)

    shown = store.ask(lambda session: registry.merchant(session, merchant_id))
    kept = store.ask(lambda session: session.scalars(select(MerchantContact)).all())
    assert shown is not None and [one.name for one in shown.contacts] == ["吴演示"]
    assert [one.active for one in kept] == [False, True]


def test_saving_the_same_again_writes_nothing(store: Store, people: People) -> None:
    merchant_id = add(store, people)
    there = store.ask(lambda session: registry.merchant(session, merchant_id))
    assert there is not None
    contact = there.contacts[0]
    same = MerchantDetails(
        TEA.name, merchant_no=TEA.merchant_no, short_name=TEA.short_name, address=TEA.address,
        contacts=(ContactForm(contact.name, contact.relation, contact.phone, contact.main, contact.id),),
    )  # fmt: skip

    done = store.run(change_merchant(merchant_id=merchant_id, form=same), by=people.clerk)

    assert done.changes.seq == 0


def test_a_merchant_is_found_by_number_name_initials_and_phone_tail(store: Store, people: People) -> None:
    merchant_id = add(store, people)

    for text in ("058120012", "茶叶", "slcy", "0112"):
        found = store.ask(lambda session, text=text: merchant_rows(session, text))
        assert [row.id for row in found] == [merchant_id], text
    assert store.ask(lambda session: merchant_rows(session, "没有这家")) == []
    assert "0000" not in store.ask(lambda session: merchant_rows(session, "茶叶"))[0].phone


def test_a_merchant_is_set_aside_and_put_back(store: Store, people: People) -> None:
    merchant_id = add(store, people)

    store.run(set_merchant_active(merchant_id=merchant_id, active=False), by=people.clerk)
    assert store.ask(lambda session: merchant_rows(session, ""))[0].active is False

    store.run(set_merchant_active(merchant_id=merchant_id, active=True), by=people.clerk)
    assert store.ask(lambda session: merchant_rows(session, ""))[0].active is True


def test_joining_moves_everything_to_the_one_that_stays(store: Store, people: People) -> None:
    store.run(stock_shop())
    taken_in(store, people)

    store.run(join_merchants(keep_id=HOTPOT, twin_id=NOODLES, reason="同一家店"), by=people.supervisor)

    assert store.ask(lambda session: [row.id for row in merchant_rows(session, "")]) == [HOTPOT]
    assert len(store.ask(lambda session: orders_of_merchant(session, HOTPOT))) == 1
    assert len(store.ask(lambda session: tickets_of_merchant(session, HOTPOT))) == 1
    assert len(store.ask(lambda session: registry.devices(session, merchant_id=HOTPOT))) == 3
    bindings = store.ask(lambda session: session.scalars(select(TerminalBinding.merchant_id)).all())
    assert set(bindings) == {HOTPOT}
    twin = store.ask(lambda session: registry.merchant(session, NOODLES))
    assert twin is not None and twin.joined_into == HOTPOT


def test_joining_needs_a_supervisor_a_reason_and_two_records(store: Store, people: People) -> None:
    store.run(stock_shop())

    with pytest.raises(Forbidden):
        store.run(join_merchants(keep_id=HOTPOT, twin_id=NOODLES, reason="同一家店"), by=people.clerk)
    with pytest.raises(Refused, match="reason"):
        store.run(join_merchants(keep_id=HOTPOT, twin_id=NOODLES, reason=" "), by=people.supervisor)
    with pytest.raises(Refused, match="two different"):
        store.run(join_merchants(keep_id=HOTPOT, twin_id=HOTPOT, reason="同一家店"), by=people.supervisor)


def test_a_contract_is_added_and_changed(store: Store, people: People) -> None:
    merchant_id = add(store, people)

    contract_id = store.run(
        set_contract(merchant_id=merchant_id, number="HT-1", starts_on="2026-01-01", ends_on="2026-12-31"),
        by=people.clerk,
    ).result
    store.run(
        set_contract(merchant_id=merchant_id, contract_id=contract_id, number="HT-1", warranty_months=24),
        by=people.clerk,
    )

    card = store.ask(lambda session: registry.merchant(session, merchant_id))
    assert card is not None and [(one.number, one.warranty_months) for one in card.contracts] == [("HT-1", 24)]
    with pytest.raises(Refused) as refusal:
        store.run(
            set_contract(merchant_id=merchant_id, number="HT-2", starts_on="2026-12-31", ends_on="2026-01-01"),
            by=people.clerk,
        )
    assert refusal.value.field == "ends_on"


def test_orders_of_a_merchant_are_counted_and_the_deliverer_masked(store: Store, people: People) -> None:
    store.run(stock_shop())
    done = taken_in(store, people)

    rows = store.ask(lambda session: orders_of_merchant(session, NOODLES))

    assert [(row.number, row.devices, row.going) for row in rows] == [(done.order_no, 2, 2)]
    assert rows[0].deliverer == "张*"
    assert store.ask(lambda session: orders_of_merchant(session, HOTPOT)) == []


# ---- looking at what is masked


def test_a_supervisor_looks_with_a_reason_that_is_kept(store: Store, people: People) -> None:
    merchant_id = add(store, people)

    phones = store.run(look_up_phones(merchant_id=merchant_id, reason="商户要求回电"), by=people.supervisor).result

    assert list(phones.values()) == ["13800000112"]
    uses = store.ask(lambda session: lookups(session, merchant_id))
    assert [(one.by, one.reason) for one in uses] == [("欧阳静", "商户要求回电")]


def test_looking_without_a_reason_is_refused_and_leaves_no_note(store: Store, people: People) -> None:
    merchant_id = add(store, people)

    with pytest.raises(Refused) as refusal:
        store.run(look_up_phones(merchant_id=merchant_id), by=people.supervisor)

    assert refusal.value.field == "reason"
    assert store.ask(lambda session: session.scalars(select(LookupUse)).all()) == []


def test_a_clerk_looks_only_with_a_supervisors_consent(store: Store, people: People, clock: FixedClock) -> None:
    merchant_id = add(store, people)
    with pytest.raises(Refused):
        store.run(look_up_phones(merchant_id=merchant_id, reason="想看"), by=people.clerk)
    consent = store.run(vouch(who="S01", pin=people.pins["S01"], right="unmask"), by=people.clerk).result

    override = Override(consent.token, "商户丢了凭证")
    phones = store.run(look_up_phones(merchant_id=merchant_id, override=override), by=people.clerk).result

    assert list(phones.values()) == ["13800000112"]
    assert store.ask(lambda session: lookups(session, merchant_id))[0].reason == "商户丢了凭证"
    with pytest.raises(Refused):
        store.run(look_up_phones(merchant_id=merchant_id, override=override), by=people.clerk)


def test_an_export_is_noted_and_whole_numbers_need_right_and_reason(store: Store, people: People) -> None:
    store.run(note_export(kind="merchants"), by=people.admin)
    with pytest.raises(Forbidden):
        store.run(note_export(kind="merchants", whole_numbers=True, reason="盘点"), by=people.admin)
    with pytest.raises(Forbidden):
        store.run(note_export(kind="merchants"), by=people.clerk)
    with pytest.raises(Refused):
        store.run(note_export(kind="merchants", whole_numbers=True), by=people.supervisor)

    store.run(note_export(kind="merchants", whole_numbers=True, reason="年度回访"), by=people.supervisor)

    uses = store.ask(lambda session: lookups(session, "export:merchants"))
    assert [one.reason for one in uses] == ["年度回访", "export"]
