"""Checking in: one commit with every paper, nothing left behind by a refusal, each wrong input its own sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from deskapp.commands.checkin import check_in
from deskapp.commands.checkin_after import (
    attach_photo,
    attach_signature,
    confirm_label,
    defer_photos,
    note_deliverer_id,
    void_check_in,
)
from deskapp.commands.checkin_forms import Deliverer, DeviceForm, MerchantForm, Photo, Terms
from deskapp.commands.checkin_takeover import Before, take_over
from deskapp.commands.drafts import drop_draft, save_draft
from deskapp.commands.people import vouch
from deskapp.errors import Forbidden, Refused
from deskapp.i18n import say
from deskapp.models import replay
from deskapp.models.device import Device, TerminalBinding
from deskapp.models.journal import ChangeSet
from deskapp.models.local import Draft, PrintJob
from deskapp.models.merchant import Merchant
from deskapp.models.repair import (
    AccessoryItem,
    CustodyEvent,
    ItemRecord,
    RepairItem,
    RepairOrder,
    ReviewCard,
)
from deskapp.models.stock import Attachment
from deskapp.models.store import Override, Store
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.drafts import draft, drafts
from tests.checkin_shop import DEVICE, HOTPOT, NOODLES, ONE, SECOND, TERMS, THEIRS, TWO, WHO, stock_shop, taken_in
from tests.conftest import FixedClock, People

CARD = "6222021234567894"
SHA = "a" * 64


@pytest.fixture(autouse=True)
def _shop(store: Store) -> None:
    store.run(stock_shop())


def count(store: Store, table: type) -> int:
    return store.ask(lambda session: session.scalar(select(func.count()).select_from(table)) or 0)


def item(store: Store, item_id: str) -> RepairItem:
    return store.ask(lambda session: session.get_one(RepairItem, item_id))


def todo(store: Store, subject_id: str) -> set[str]:
    rows = store.ask(
        lambda session: session.scalars(
            select(ReviewCard).where(
                ReviewCard.subject_id == subject_id, ReviewCard.kind == "todo", ReviewCard.settled_at == 0
            )
        ).all()
    )
    return {str(row.data["key"]) for row in rows}


def cards(store: Store, kind: str) -> list[ReviewCard]:
    return store.ask(lambda session: list(session.scalars(select(ReviewCard).where(ReviewCard.kind == kind))))


def records(store: Store, item_id: str, kind: str) -> list[ItemRecord]:
    return store.ask(
        lambda session: list(
            session.scalars(select(ItemRecord).where(ItemRecord.item_id == item_id, ItemRecord.kind == kind))
        )
    )


def consent(store: Store, people: People, right: str = "override", reason: str = "两台均在柜台，已核对") -> Override:
    given = store.run(vouch(who="S01", pin=people.pins["S01"], right=right), by=people.clerk).result
    return given.for_reason(reason)


def refused(store: Store, people: People, *devices: DeviceForm, **changed: object) -> Refused:
    """Return the refusal; whatever was refused has left nothing behind."""
    before = store.ask(replay.head), count(store, PrintJob), count(store, RepairOrder), count(store, Device)
    with pytest.raises(Refused) as refusal:
        taken_in(store, people, *devices, **changed)
    assert before == (
        store.ask(replay.head), count(store, PrintJob), count(store, RepairOrder), count(store, Device)
    )  # fmt: skip
    return refusal.value


def test_two_devices_with_all_their_papers_are_one_commit(store: Store, people: People) -> None:
    before = count(store, ChangeSet)

    done = taken_in(store, people)

    assert count(store, ChangeSet) == before + 1
    assert done.order_no.startswith("R00123260312") and done.slip_no.startswith("K")
    assert [one.label_no[0] for one in done.devices] == ["D", "D"]
    assert [len(one.accessory_labels) for one in done.devices] == [2, 1]  # a paper roll has no label of its own
    jobs = store.ask(lambda session: [row.kind for row in session.scalars(select(PrintJob))])
    assert sorted(jobs) == ["accessory_label"] * 3 + ["device_label"] * 2 + ["pickup_slip"]


def test_the_label_says_which_of_how_many_and_what_came_with_it(store: Store, people: People) -> None:
    taken_in(store, people)

    texts = store.ask(
        lambda session: [json.loads(row.card) for row in session.scalars(select(PrintJob).order_by(PrintJob.number))]
    )
    labels = [text for text in texts if "line_count" in json.dumps(text)]
    assert len(labels) == 2 and all('"line_count": 2' in json.dumps(text) for text in labels)
    assert any('"accessories": 3' in json.dumps(text) for text in labels)


def test_devices_are_on_our_shelf_with_a_state_a_holder_and_a_due_time(store: Store, people: People) -> None:
    done = taken_in(store, people)

    first = item(store, done.devices[0].item_id)
    assert (first.work_state, first.holder, first.terminal_no) == ("checked_in", "shelf", "35000001")
    assert first.done_due > store.now
    order = store.ask(lambda session: session.get_one(RepairOrder, done.order_id))
    assert order.estimate_at > store.now and order.ceiling_fen == 20000 and len(order.slip_token) == 8


def test_what_may_be_late_becomes_a_to_do_and_nothing_else(store: Store, people: People) -> None:
    done = taken_in(store, people)

    assert todo(store, done.devices[0].item_id) == {"photos", "signature", "label_scan_back"}
    assert todo(store, done.order_id) == set()


def test_a_ticket_is_opened_and_already_being_worked_on(store: Store, people: People) -> None:
    done = taken_in(store, people)

    ticket = store.ask(lambda session: session.get_one(ServiceTicket, done.ticket_id))
    assert ticket.number == done.ticket_no and ticket.state == "in_progress"
    assert ticket.merchant_id == NOODLES and ticket.response_due > 0


def test_an_open_ticket_is_used_and_no_second_one_made(store: Store, people: People) -> None:
    first = taken_in(store, people, DEVICE)
    second = taken_in(store, people, replace(SECOND), ticket_id=first.ticket_id)

    assert second.ticket_id == first.ticket_id and count(store, ServiceTicket) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tamper": ""}, "devices.0.tamper"),
        ({"tamper": "probably"}, "devices.0.tamper"),
        ({"batch": ""}, "devices.0.batch"),
        ({"symptom_code": ""}, "devices.0.symptom"),
        ({"symptom_code": "nonsense"}, "devices.0.symptom"),
        ({"condition": {}}, "devices.0.condition"),
        ({"no_photo_reason": ""}, "devices.0.photos"),
        ({"serial_no": ""}, "devices.0.serial_no"),
        ({"serial_no": "ab"}, "devices.0.serial_no"),
        ({"serial_no": "机身号一二三"}, "devices.0.serial_no"),
        ({"serial_no": "D001230000711"}, "devices.0.serial_no"),
        ({"terminal_no": "123"}, "devices.0.terminal_no"),
        ({"words": f"客户卡号 {CARD}"}, "devices.0.words"),
        ({"condition_words": f"{CARD}"}, "devices.0.condition"),
        ({"tamper_words": f"见卡 {CARD}"}, "devices.0.tamper"),
        ({"words": "0123456789ABCDEF0123456789ABCDEF"}, "devices.0.words"),
    ],
)
def test_each_wrong_answer_is_refused_at_its_field(
    store: Store, people: People, change: dict[str, object], field: str
) -> None:
    error = refused(store, people, replace(DEVICE, **change))

    assert error.field == field
    assert "{" not in say(error, "en") and CARD not in say(error, "en")


def test_the_wrong_device_is_named_by_its_line(store: Store, people: People) -> None:
    assert refused(store, people, DEVICE, replace(SECOND, tamper="")).field == "devices.1.tamper"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"merchant_id": "", "deliverer": Deliverer("张三")}, "deliverer_phone"),
        ({"deliverer": Deliverer("", "13800000101")}, "deliverer_name"),
        ({"deliverer": Deliverer("张三", "12345678901")}, "deliverer_phone"),
        ({"deliverer": Deliverer("张三", "13800000101", id_last4="12")}, "deliverer_id_last4"),
        ({"deliverer": Deliverer("张三", "13800000101", id_last4="110105194912310021")}, "deliverer_id_last4"),
        ({"terms": Terms()}, "data_notice"),
        ({"merchant_id": "", "merchant": MerchantForm("新商户", "1003")}, "merchant_no"),
        ({"merchant_id": "", "merchant": MerchantForm("新商户", "100391054110002")}, "merchant_no"),
        ({"merchant_id": "gone"}, "merchant"),
        ({"ticket_id": "gone"}, "ticket"),
    ],
)
def test_merchant_deliverer_and_terms_are_refused_at_their_fields(
    store: Store, people: People, changed: dict[str, object], field: str
) -> None:
    assert refused(store, people, **changed).field == field


def test_no_device_at_all_asks_for_a_scan(store: Store, people: People) -> None:
    with pytest.raises(Refused) as refusal:
        store.run(check_in(devices=(), deliverer=WHO, terms=TERMS), by=people.clerk)
    assert refusal.value.field == "serial_no"


def test_one_serial_number_twice_on_the_same_counter_is_refused(store: Store, people: People) -> None:
    error = refused(store, people, DEVICE, replace(DEVICE, serial_no=f" {ONE.lower()} "))

    assert error.field == "devices.1.serial_no" and ONE in say(error, "en")


def test_only_those_who_may_take_devices_in(store: Store, people: People) -> None:
    with pytest.raises(Forbidden):
        store.run(check_in(devices=(DEVICE,), deliverer=WHO, terms=TERMS, merchant_id=NOODLES), by=people.auditor)


def test_an_identity_number_in_full_is_cut_to_its_last_four(store: Store, people: People) -> None:
    done = taken_in(store, people, deliverer=Deliverer("张三", "13800000101", id_last4="11010519491231002x"))

    order = store.ask(lambda session: session.get_one(RepairOrder, done.order_id))
    assert order.deliverer_id_last4 == "002X" and order.deliverer_phone == "13800000101"


def test_without_a_document_the_order_has_a_to_do(store: Store, people: People) -> None:
    done = taken_in(store, people, deliverer=Deliverer("张三", "13800000101"))
    assert todo(store, done.order_id) == {"deliverer_id"}

    store.run(note_deliverer_id(order_id=done.order_id, id_type="resident_id", id_last4="4321"), by=people.clerk)

    assert todo(store, done.order_id) == set()


def test_an_unknown_merchant_leaves_a_number_to_call_back(store: Store, people: People) -> None:
    done = taken_in(store, people, merchant_id="")

    ticket = store.ask(lambda session: session.get_one(ServiceTicket, done.ticket_id))
    assert done.merchant_id == "" and ticket.callback_phone == "13800000101"


def test_a_new_merchant_and_a_new_device_are_entered_and_bound(store: Store, people: People) -> None:
    new = replace(DEVICE, serial_no="LD8A00009999", model_id="landi-apos-a8", terminal_no="35990001")

    done = taken_in(
        store, people, new, merchant_id="", merchant=MerchantForm("闽侯新店", "100391054119999", "黄七", "13900001234")
    )

    unit = store.ask(lambda session: session.scalars(select(Device).where(Device.serial_no == "LD8A00009999")).one())
    owner = store.ask(lambda session: session.get_one(Merchant, done.merchant_id))
    assert (unit.merchant_id, unit.terminal_no, owner.name) == (owner.id, "35990001", "闽侯新店")


def test_a_new_device_needs_its_model(store: Store, people: People) -> None:
    error = refused(store, people, replace(DEVICE, serial_no="LD8A00009999"))

    assert error.field == "devices.0.model"


def test_a_typed_look_alike_is_asked_about_and_then_taken_as_either(store: Store, people: People) -> None:
    typed = replace(DEVICE, serial_no="NL910S0000O00I", typed_reason="label_unreadable", model_id="newland-n910")
    error = refused(store, people, typed)
    assert error.code == "lookalike" and error.values["other"] == ONE

    done = taken_in(store, people, replace(typed, device_id=str(error.values["device_id"])))
    assert done.devices[0].device_id == f"unit-{ONE}"

    other = taken_in(store, people, replace(typed, serial_no="NL910S0000O00Z", is_new=True))
    assert other.devices[0].device_id not in (f"unit-{ONE}", f"unit-{TWO}")


def test_a_typed_serial_keeps_its_reason_and_asks_for_a_photo_of_it(store: Store, people: People) -> None:
    done = taken_in(store, people, replace(DEVICE, typed_reason="scanner_faulty"))
    first = done.devices[0].item_id

    assert records(store, first, "typed_serial")[0].data == {"reason": "scanner_faulty"}
    assert "serial_photo" in todo(store, first)

    store.run(attach_photo(item_id=first, photo=Photo(SHA, kind="back")), by=people.clerk)
    assert {"photos", "serial_photo"} & todo(store, first) == set()


def test_a_card_number_typed_as_serial_number_is_refused(store: Store, people: People) -> None:
    typed = replace(DEVICE, serial_no=CARD, typed_reason="from_screen", model_id="newland-n910")

    error = refused(store, people, typed)

    assert error.field == "devices.0.serial_no" and CARD not in say(error, "en")


def test_a_serial_number_in_a_note_is_not_taken_for_a_card(store: Store, people: People) -> None:
    numeric = "6222021234567894"
    first = taken_in(store, people, replace(DEVICE, serial_no=numeric, model_id="newland-n910", words=f"机身 {numeric}"))

    assert item(store, first.devices[0].item_id).words.endswith(numeric)
    assert {card.subject_kind for card in cards(store, "needs_review")} >= {"repair_item"}


def test_a_suspect_device_goes_into_quarantine_in_the_same_act(store: Store, people: People) -> None:
    before = count(store, ChangeSet)
    done = taken_in(store, people, replace(DEVICE, tamper="suspect", tamper_found=("seal",), tamper_words="封签有揭痕"))
    first = item(store, done.devices[0].item_id)

    assert count(store, ChangeSet) == before + 1 and done.devices[0].quarantined
    assert (first.work_state, first.holder, first.priority) == ("quarantined", "quarantine", 1)
    assert {"witness", "photos"} <= todo(store, first.id)
    view = records(store, first.id, "warranty_first_view")[0].data
    assert view["result"] == "blocked"


def test_the_first_view_of_the_warranty_is_copied_and_stays(store: Store, people: People, clock: FixedClock) -> None:
    done = taken_in(store, people)

    inside, outside = (records(store, one.item_id, "warranty_first_view")[0].data for one in done.devices)
    assert (inside["result"], inside["end"], inside["preliminary"]) == ("free", "2099-12-31", True)
    assert (outside["result"], outside["end"]) == ("payable", "2020-01-31")


def test_batches_are_remembered_for_those_who_might_wipe(store: Store, people: People) -> None:
    done = taken_in(store, people, replace(DEVICE, batch="yes"), replace(SECOND, batch="unknown"))

    flags = store.ask(lambda session: [session.get_one(Device, one.device_id).do_not_wipe for one in done.devices])
    assert flags == [True, False]
    assert "unsettled_batch" in todo(store, done.devices[1].item_id)


def test_a_unit_in_our_hands_is_refused_with_order_and_label(store: Store, people: People) -> None:
    first = taken_in(store, people, DEVICE)

    error = refused(store, people, DEVICE)

    assert error.code == "open_order" and error.field == "devices.0.serial_no"
    assert first.order_no in say(error, "en") and first.devices[0].label_no in say(error, "zh_CN")


def test_a_supervisor_lets_a_second_unit_of_that_number_in_and_it_is_quarantined(
    store: Store, people: People
) -> None:
    taken_in(store, people, DEVICE)
    allowed = consent(store, people)

    done = taken_in(store, people, DEVICE, override=allowed)

    assert done.devices[0].quarantined and item(store, done.devices[0].item_id).work_state == "quarantined"
    with pytest.raises(Refused):
        taken_in(store, people, DEVICE, override=allowed)  # consent is good once


def test_a_device_of_another_merchant_is_taken_in_and_looked_at_later(store: Store, people: People) -> None:
    done = taken_in(store, people, replace(DEVICE, serial_no=THEIRS, terminal_no="35000001"))

    codes = {card.data["code"] for card in cards(store, "binding")}
    assert codes == {"other_merchant", "other_terminal_no", "terminal_no_twice"}
    assert len(done.notices) == 3
    unit = store.ask(lambda session: session.get_one(Device, f"unit-{THEIRS}"))
    assert unit.merchant_id == HOTPOT and count(store, TerminalBinding) == 3


def test_twins_by_two_desks_raise_one_card_and_the_merchants_own_is_taken(store: Store, people: People) -> None:
    from deskapp.errors import N_
    from deskapp.models.store import Write, command

    @command(N_("Enter a twin"), right="")
    def twin(write: Write) -> None:
        write.session.add(Device(id="twin", serial_no=ONE, model_id="newland-n910"))

    store.run(twin())
    done = taken_in(store, people, DEVICE)

    assert done.devices[0].device_id == f"unit-{ONE}"
    assert [card.data["others"] for card in cards(store, "twin")] == [["twin"]]


def test_labels_are_scanned_back_and_wrong_ones_say_why(store: Store, people: People) -> None:
    done = taken_in(store, people)
    other = taken_in(store, people, replace(DEVICE, serial_no="LD8A00009999", model_id="landi-apos-a8"))
    first, second = done.devices

    def scan(text: str) -> str:
        return store.run(confirm_label(order_id=done.order_id, scanned=text), by=people.clerk).result.item_id

    assert scan(first.label_no) == first.item_id
    assert scan(f"PS1:{second.label_no}:{done.order_no}") == second.item_id
    assert scan(first.accessory_labels[0]) == first.item_id
    assert scan(first.label_no) == first.item_id  # a second time changes nothing
    assert "label_scan_back" not in todo(store, first.item_id) | todo(store, second.item_id)
    assert len(records(store, first.item_id, "label_scanned")) == 2

    wrong = {
        other.devices[0].label_no: "other_order", ONE: "serial", first.label_no[:-1] + str((int(first.label_no[-1]) + 1) % 10): "check",
        done.slip_no: "kind", "A001239999992": "other_order",
    }  # fmt: skip
    for text, code in wrong.items():
        with pytest.raises(Refused) as refusal:
            scan(text)
        assert refusal.value.code in (code, "check") and refusal.value.field == "label"
        assert "{" not in say(refusal.value, "en")


def test_photos_and_signature_that_come_later_settle_their_to_dos(store: Store, people: People) -> None:
    done = taken_in(store, people)
    ids = [one.item_id for one in done.devices]

    store.run(attach_photo(item_id=ids[0], photo=Photo(SHA, size=10)), by=people.clerk)
    store.run(defer_photos(item_id=ids[1], reason="refused", settled=True), by=people.clerk)
    store.run(attach_signature(order_id=done.order_id, signature=Photo("b" * 64, "image/svg+xml")), by=people.clerk)

    assert [todo(store, one) for one in ids] == [{"label_scan_back"}, {"label_scan_back"}]
    assert count(store, Attachment) == 2
    with pytest.raises(Refused):
        store.run(attach_photo(item_id=ids[0], photo=Photo(SHA, caption=CARD)), by=people.clerk)


def test_photos_and_a_signature_at_once_leave_no_to_do_for_them(store: Store, people: People) -> None:
    done = taken_in(
        store, people, replace(DEVICE, photos=(Photo(SHA),), no_photo_reason=""), signature=Photo("b" * 64, "image/svg+xml")
    )

    assert todo(store, done.devices[0].item_id) == {"label_scan_back"}


def test_the_same_fault_again_is_linked_to_the_repair_before(store: Store, people: People, clock: FixedClock) -> None:
    first = taken_in(store, people, DEVICE)
    picked_up(store, people, first.devices[0].item_id)
    clock.forward(days=40)

    again = taken_in(store, people, DEVICE)

    assert item(store, again.devices[0].item_id).previous_item_id == first.devices[0].item_id
    assert again.devices[0].previous_order_no == first.order_no
    assert any(first.order_no in str(notice.values) for notice in again.notices)

    picked_up(store, people, again.devices[0].item_id)
    clock.forward(days=100)
    late = taken_in(store, people, DEVICE)
    assert item(store, late.devices[0].item_id).previous_item_id == ""


def test_another_fault_is_no_repeat(store: Store, people: People, clock: FixedClock) -> None:
    first = taken_in(store, people, DEVICE)
    picked_up(store, people, first.devices[0].item_id)

    again = taken_in(store, people, replace(DEVICE, symptom_code="faint_print"))

    assert item(store, again.devices[0].item_id).previous_item_id == ""


def test_a_void_gives_everything_back_and_marks_the_papers(store: Store, people: People) -> None:
    done = taken_in(store, people)
    with pytest.raises(Refused) as refusal:
        store.run(void_check_in(order_id=done.order_id, reason="录错商户", given_back_to="张三"), by=people.clerk)
    assert refusal.value.code == "needs_override"

    papers = store.run(
        void_check_in(
            order_id=done.order_id, reason="录错商户", given_back_to="张三",
            override=consent(store, people, "correct", "录错商户"),
        ),
        by=people.clerk,
    ).result  # fmt: skip

    assert set(papers) == {done.slip_no, *(n for d in done.devices for n in (d.label_no, *d.accessory_labels))}
    first = item(store, done.devices[0].item_id)
    order = store.ask(lambda session: session.get_one(RepairOrder, done.order_id))
    assert (first.work_state, first.holder, order.slip_blocked, order.state) == ("cancelled", "merchant", True, "closed")
    states = store.ask(lambda session: {row.state for row in session.scalars(select(PrintJob))})
    assert states == {"cancelled"} and count(store, AccessoryItem) == 4
    ticket = store.ask(lambda session: session.get_one(ServiceTicket, done.ticket_id))
    assert ticket.state == "cancelled"
    hops = store.ask(lambda session: [row.to_holder for row in session.scalars(select(CustodyEvent).order_by(CustodyEvent.n))])
    assert hops == ["shelf", "shelf", "merchant", "merchant"]

    taken_in(store, people)  # and the devices can be taken in again


def test_voiding_one_of_two_devices_keeps_slip_and_ticket(store: Store, people: People) -> None:
    done = taken_in(store, people)

    store.run(
        void_check_in(order_id=done.order_id, reason="带错机", given_back_to="张三", item_ids=(done.devices[1].item_id,)),
        by=people.supervisor,
    )

    order = store.ask(lambda session: session.get_one(RepairOrder, done.order_id))
    assert not order.slip_blocked and order.state == "open"
    assert item(store, done.devices[0].item_id).work_state == "checked_in"


def test_go_live_takes_over_what_is_on_the_shelf(store: Store, people: People) -> None:
    old = DeviceForm(serial_no=ONE, tamper="ok", symptom_code="no_power")
    ready = DeviceForm(serial_no=TWO, tamper="ok", symptom_code="faint_print")

    done = store.run(
        take_over(
            devices=(old,), before=Before("2026-02-20", "收发登记簿第 12 页"), deliverer=WHO, merchant_id=NOODLES
        ),
        by=people.supervisor,
    ).result
    waits = store.run(
        take_over(
            devices=(ready,), before=Before("2026-02-20", "收发登记簿第 12 页", ready=True), deliverer=WHO,
            merchant_id=NOODLES,
        ),
        by=people.supervisor,
    ).result  # fmt: skip

    assert item(store, done.devices[0].item_id).work_state == "checked_in"
    assert item(store, waits.devices[0].item_id).work_state == "ready_for_pickup"
    order = store.ask(lambda session: session.get_one(RepairOrder, done.order_id))
    assert order.opened_at < store.now - 19 * 86_400_000
    kinds = store.ask(lambda session: {row.kind for row in session.scalars(select(PrintJob))})
    assert kinds == {"device_label"}

    for wrong, field in ((Before("gestern", "x"), "in_date"), (Before("2027-01-01", "x"), "in_date"), (Before("2026-02-20", ""), "source")):
        with pytest.raises(Refused) as refusal:
            store.run(take_over(devices=(old,), before=wrong, deliverer=WHO, merchant_id=NOODLES), by=people.supervisor)
        assert refusal.value.field == field


def test_a_draft_keeps_everything_but_card_numbers(store: Store, people: People) -> None:
    form = {"words": f"卡 {CARD}", "devices": [{"serial": ONE, "note": CARD}], "n": 3}

    cut = store.run(save_draft(draft_id="d1", page="checkin", form=form, title="张三"), by=people.clerk).result

    kept = store.ask(lambda session: draft(session, "d1"))
    assert cut == 2 and kept is not None and CARD not in json.dumps(kept.form) and kept.form["n"] == 3
    assert kept.form["words"].startswith("卡 ****7894")
    store.run(save_draft(draft_id="d1", page="checkin", form={"words": "二"}), by=people.clerk)
    assert [one.form for one in store.ask(lambda session: drafts(session, "checkin", people.clerk.staff_id))] == [{"words": "二"}]

    store.run(drop_draft(draft_id="d1"), by=people.clerk)
    store.run(drop_draft(draft_id="d1"), by=people.clerk)
    assert store.ask(drafts) == []


def test_the_draft_goes_with_the_check_in_and_stays_when_it_is_refused(store: Store, people: People) -> None:
    store.run(save_draft(draft_id="d1", page="checkin", form={"a": 1}), by=people.clerk)

    refused(store, people, replace(DEVICE, tamper=""), draft_id="d1")
    assert count(store, Draft) == 1
    taken_in(store, people, draft_id="d1")
    assert count(store, Draft) == 0


def test_no_name_and_no_phone_enters_what_can_never_be_erased(store: Store, people: People) -> None:
    before = store.ask(replay.head)
    done = taken_in(store, people, replace(DEVICE, tamper="suspect"), SECOND)
    store.run(
        void_check_in(order_id=done.order_id, reason="错", given_back_to="王小二", item_ids=(done.devices[1].item_id,)),
        by=people.supervisor,
    )

    bodies = store.ask(lambda session: "".join(session.scalars(select(ChangeSet.body).where(ChangeSet.seq > before[0]))))
    for personal in ("张三", "13800000101", "001X", "王小二"):
        assert personal not in bodies


def picked_up(store: Store, people: People, item_id: str) -> None:
    """Bring a device back to its merchant by the moves of the table, records as short as they may be."""
    from deskapp.commands.moves import hop, move
    from deskapp.errors import N_
    from deskapp.models.store import Write, command

    @command(N_("Give it back"), right="")
    def back(write: Write) -> None:
        row = write.session.get_one(RepairItem, item_id)
        move(write, row, "give_back_unrepaired", {"decline_reason": "other", "risk_notice": True})
        move(write, row, "hand_out", {
            "release_proof": "slip", "collector": "x", "identity": "x", "accessories_returned": [], "payment": "none",
            "counter_test": "none",
        })  # fmt: skip
        hop(write, row, "merchant", giver="x", taker="y", tamper_result="ok")

    store.run(back(), by=people.clerk)
