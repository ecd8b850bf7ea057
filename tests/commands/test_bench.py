"""The bench as it works day by day: whole stories first, then the single rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from deskapp import catalogue
from deskapp.commands.bench import (
    DiagnosisForm,
    NeededPart,
    RepairForm,
    diagnose_again,
    hand_job_over,
    note_on_job,
    pause_job,
    quarantine,
    record_diagnosis,
    record_labour,
    record_repair,
    release_quarantine,
    resume_job,
    send_to_test,
    start_diagnosis,
    start_repair,
)
from deskapp.commands.bench_charge import WantedLine
from deskapp.commands.bench_keys import load_keys, need_key_load
from deskapp.commands.bench_parts import parts_arrived, put_part_back, use_part, wait_for_parts
from deskapp.commands.bench_quote import (
    approve_quote,
    decline_quote,
    give_up_repair,
    make_quote,
    ready_declined,
)
from deskapp.commands.bench_test import TestValue, run_test
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.people import vouch
from deskapp.errors import Forbidden, Refused
from deskapp.models import bench
from deskapp.models.device import Device, DeviceModel
from deskapp.models.folding import custody_of, money_of
from deskapp.models.local import PrintJob
from deskapp.models.repair import ItemRecord, MoneyEvent, RepairItem, ReviewCard, WorkEvent
from deskapp.models.stock import Attachment
from deskapp.models.store import Actor, Command, Override, Store
from deskapp.rules.account import MoneyState
from tests.conftest import FixedClock, People
from tests.factories_bench import Benched, Shop, give_roles, given_out, go_solo, open_shop, photographed


@pytest.fixture
def shop(store: Store, people: People) -> Shop:
    return open_shop(store, people)


def item(shop: Shop, one: Benched) -> RepairItem:
    with shop.store.read() as session:
        return session.get_one(RepairItem, one.item_id)


def state(shop: Shop, one: Benched) -> str:
    return item(shop, one).work_state


def consent(shop: Shop, who: Actor, right: str, by: Actor, reason: str = "已核实") -> Override:
    given = shop.store.run(vouch(who=who.staff_no, pin=shop.people.pins[who.staff_no], right=right), by=by).result
    assert given.token, given.sentence
    return given.for_reason(reason)


def cards(shop: Shop, kind: str) -> list[ReviewCard]:
    with shop.store.read() as session:
        return list(session.scalars(select(ReviewCard).where(ReviewCard.kind == kind)))


def diagnosed(shop: Shop, one: Benched, cause: str = "battery_worn", **more: Any) -> Any:
    by = shop.people.technician
    if state(shop, one) == "checked_in":
        shop.store.run(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), by=by)
    form = DiagnosisForm(symptom_confirmed="yes", cause_code=cause, tamper_flag="none", **more)
    return shop.store.run(record_diagnosis(item_id=one.item_id, form=form), by=by).result


def good_values(shop: Shop, one: Benched, **wrong: int | str) -> list[TestValue]:
    with shop.store.read() as session:
        device = session.get_one(Device, one.device_id)
        model = session.get_one(DeviceModel, device.model_id)
        _plan, steps = catalogue.test_plan(model.kind, tuple(model.capabilities))
    values = []
    for step in steps:
        given = wrong.get(step.id)
        if isinstance(given, str):
            values.append(TestValue(step.id, given))
        elif step.kind == "number":
            values.append(TestValue(step.id, value=int(step.low or 0) if given is None else given))
        else:
            values.append(TestValue(step.id, "pass"))
    return values


def run(shop: Shop, act: Command[Any], by: Actor) -> Any:
    return shop.store.run(act, by=by).result


# ---------------------------------------------------------------- stories


def test_a_worn_battery_inside_the_warranty_is_changed_and_costs_nothing(shop: Shop) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2027-01-09")
    battery = shop.ids["BAT-N910"]

    found = diagnosed(shop, one, labour_class="LAB-S", needed_parts=(NeededPart(battery),))
    run(shop, start_repair(item_id=one.item_id), people.technician)
    used = run(
        shop,
        use_part(item_id=one.item_id, part_id=battery, serial_no="bat-00017", old_serial_no="BAT-90001",
                 old_part_to="scrap"),
        people.technician,
    )  # fmt: skip
    done = RepairForm(("replace_battery",), firmware_version="V2.1.9", minutes=25, prevention_tip="请用原装充电器。")
    run(shop, send_to_test(item_id=one.item_id, form=done), people.technician)
    tested = run(
        shop,
        run_test(item_id=one.item_id, values=good_values(shop, one), tamper_result="ok", seal_no="FZ000123",
                 shelf="B-03-2"),
        people.inspector,
    )  # fmt: skip

    assert (found.result, found.may_start) == ("free", True)
    assert used.left == 9
    assert tested.passed and tested.charged_fen == 0
    assert state(shop, one) == "ready_for_pickup"
    with shop.store.read() as session:
        assert custody_of(session, one.item_id).holder == "shelf:B-03-2"
        assert custody_of(session, one.item_id).unbroken
        charge = session.scalars(select(MoneyEvent).where(MoneyEvent.kind == "charge")).one()
        assert [(line["code"], line["unit_fen"], line["amount_fen"]) for line in charge.data["lines"]] == [
            ("LAB-S", 3000, 0), ("BAT-N910", 8000, 0),
        ]  # fmt: skip
        assert charge.data["basis"] == "in_warranty"
        device = session.get_one(Device, one.device_id)
        assert device.firmware_version == "V2.1.9"
        assert [entry["until"] for entry in device.repair_warranty["repairs"]] == ["2026-06-12", "2026-09-08"]


def test_out_of_warranty_it_is_quoted_approved_by_phone_fails_the_test_twice_and_passes(
    shop: Shop, clock: FixedClock
) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2025-12-31", symptom="faint_print")
    head = shop.ids["PRH-N910"]

    found = diagnosed(shop, one, "print_head_worn", labour_class="LAB-M", needed_parts=(NeededPart(head),))
    with pytest.raises(Refused, match="paid for") as refusal:
        run(shop, start_repair(item_id=one.item_id), people.technician)
    quote = run(
        shop,
        make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M"), WantedLine(head)], work_days=2, shelf="A-01"),
        people.technician,
    )
    clock.forward(days=2)
    run(
        shop,
        approve_quote(item_id=one.item_id, approved_by="林国强", channel="phone_call_back", words="同意修，周五来取",
                      callback_number="138 0591 2345", bench="W1"),
        people.clerk,
    )  # fmt: skip
    run(shop, use_part(item_id=one.item_id, part_id=head, serial_no="PRH77001", old_part_to="scrap"), people.technician)
    work = RepairForm(("replace_part", "clean"))
    for _again in range(2):
        run(shop, send_to_test(item_id=one.item_id, form=work), people.technician)
        failed = run(
            shop,
            run_test(item_id=one.item_id, values=good_values(shop, one, print_lines=2), tamper_result="ok"),
            people.inspector,
        )
        assert failed.failed == ("print_lines",)
    run(shop, send_to_test(item_id=one.item_id, form=work), people.technician)
    passed = run(
        shop, run_test(item_id=one.item_id, values=good_values(shop, one), tamper_result="ok", shelf="B-03-2"),
        people.inspector,
    )  # fmt: skip

    assert refusal.value.code == "quote_first"
    assert (found.result, found.may_start) == ("payable", False)
    assert (quote.version, quote.total_fen) == (1, 19500)
    assert failed.loops == 2
    assert passed.charged_fen == 19500
    with shop.store.read() as session:
        assert money_of(session, one.item_id).due_fen == 19500
        assert custody_of(session, one.item_id).unbroken
        paper = session.scalars(select(PrintJob).where(PrintJob.kind == "quote")).one()
        assert paper.number == quote.number and "13805912345" not in paper.card
        approval = session.scalars(select(WorkEvent).where(WorkEvent.move == "approve")).one()
        assert approval.data["callback_number"] == "****2345"


def test_a_declined_quote_costs_the_inspection_and_the_device_waits_for_its_merchant(shop: Shop) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2025-12-31")
    diagnosed(shop, one, "main_board_defect", labour_class="LAB-BRD")
    run(shop, make_quote(item_id=one.item_id, lines=[WantedLine("LAB-BRD")]), people.clerk)

    fee = run(
        shop,
        decline_quote(item_id=one.item_id, reason_code="too_expensive", reassembled=True, risk_notice=True),
        people.clerk,
    )
    run(shop, ready_declined(item_id=one.item_id, tamper_result="ok", shelf="B-03-2"), people.technician)

    assert fee == 2000
    assert state(shop, one) == "ready_for_pickup"
    with shop.store.read() as session:
        view = money_of(session, one.item_id)
        assert (view.state, view.due_fen) == (MoneyState.PAYABLE, 2000)


def test_a_change_of_board_needs_two_custodians_before_the_test(shop: Shop) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2027-01-09")
    run(shop, give_roles(staff_id=people.keeper.staff_id, roles=["key_custodian"]), people.admin)
    run(shop, give_roles(staff_id=people.clerk.staff_id, roles=["counter_clerk", "key_custodian"]), people.admin)
    keeper = Actor(people.keeper.staff_id, "P01", "陈涛", ("key_custodian",))
    clerk = Actor(people.clerk.staff_id, "C01", "李秀英", ("counter_clerk", "key_custodian"))
    diagnosed(shop, one, "main_board_defect")
    run(shop, start_repair(item_id=one.item_id), people.technician)
    run(shop, record_repair(item_id=one.item_id, form=RepairForm(("replace_board",))), people.technician)

    with pytest.raises(Refused) as early:
        run(shop, send_to_test(item_id=one.item_id), people.technician)
    run(shop, need_key_load(item_id=one.item_id, reason="更换主板，密钥已清除"), people.technician)
    values = {"item_id": one.item_id, "method": "master_pos", "slot": "TMK-01", "device_result": "导入成功"}
    with pytest.raises(Refused) as secret:
        act = load_keys(**{**values, "slot": "0123456789ABCDEFFEDCBA9876543210"}, check_value="A1B2C3", second=None)
        run(shop, act, keeper)
    alone = consent(shop, keeper, "key_load", keeper)
    listless = consent(shop, people.supervisor, "override", keeper, reason="清单未到")
    with pytest.raises(Forbidden):
        run(shop, load_keys(**values, check_value="A1B2C3", second=alone, override=listless), keeper)
    both = consent(shop, clerk, "key_load", keeper)
    run(shop, load_keys(**values, check_value="a1b2c3", second=both, override=listless), keeper)
    passed = run(
        shop, run_test(item_id=one.item_id, values=good_values(shop, one), tamper_result="ok"), people.inspector
    )

    assert early.value.code == "key_load"
    assert secret.value.field == "slot"
    assert passed.passed
    with shop.store.read() as session:
        loaded = session.scalars(select(WorkEvent).where(WorkEvent.move == "load_keys")).one()
        assert (loaded.data["key_check_value"], loaded.second_by) == ("A1B2C3", clerk.staff_id)
        assert "0123456789ABCDEF" not in str(loaded.data)


# ---------------------------------------------------------------- diagnosis


def test_the_tamper_check_has_no_default_and_a_suspicion_stops_the_job(shop: Shop) -> None:
    one = shop.take_in()
    with pytest.raises(Refused) as unanswered:
        run(shop, start_diagnosis(item_id=one.item_id, bench="W1", tamper_result=""), shop.people.technician)
    with pytest.raises(Refused) as suspect:
        run(shop, start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="suspect"), shop.people.technician)

    assert (unanswered.value.field, suspect.value.code) == ("tamper_result", "tamper")
    assert state(shop, one) == "checked_in"


def test_a_clerk_cannot_diagnose_and_a_technician_cannot_approve(shop: Shop) -> None:
    one = shop.take_in()
    with pytest.raises(Forbidden):
        run(shop, start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), shop.people.clerk)
    with pytest.raises(Forbidden):
        act = approve_quote(item_id=one.item_id, approved_by="林国强", channel="counter_signature", words="同意")
        run(shop, act, shop.people.technician)


def test_the_decision_is_copied_and_stays_when_the_warranty_changes_afterwards(shop: Shop) -> None:
    one = shop.take_in(warranty_until="2027-01-09")
    diagnosed(shop, one)
    before = item(shop, one)

    with shop.store.read() as session:
        kept = session.scalars(select(ItemRecord).where(ItemRecord.kind == "warranty")).one()
    assert kept.data["result"] == "free"
    assert [reason["code"] for reason in kept.data["reasons"]] == ["inside_model", "cause_covered"]
    assert before.work_state == "diagnosing"


def test_liquid_inside_the_warranty_is_charged_only_with_a_photo(shop: Shop) -> None:
    dry, shown = shop.take_in(warranty_until="2027-01-09"), shop.take_in(warranty_until="2027-01-09")
    shop.store.run(photographed(item_id=shown.item_id))

    assert diagnosed(shop, dry, "liquid_in").result == "needs_supervisor"
    assert diagnosed(shop, shown, "liquid_in").result == "payable"


def test_a_supervisor_may_make_an_unknown_warranty_free_and_the_reason_is_kept(shop: Shop) -> None:
    one, people = shop.take_in(), shop.people
    run(shop, start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), people.technician)
    form = DiagnosisForm(symptom_confirmed="yes", cause_code="battery_worn", tamper_flag="none")
    with pytest.raises(Refused) as alone:
        run(shop, record_diagnosis(item_id=one.item_id, form=form, free=True), people.technician)
    allowed = consent(shop, people.supervisor, "override", people.technician, "银行承担")

    found = run(shop, record_diagnosis(item_id=one.item_id, form=form, free=True, override=allowed), people.technician)

    assert alone.value.code == "needs_override"
    assert (found.result, found.basis) == ("free", "supervisor")


def test_the_same_fault_soon_after_a_repair_is_free_and_does_not_start_the_warranty_again(
    shop: Shop, clock: FixedClock
) -> None:
    people, first = shop.people, shop.take_in(warranty_until="2026-01-01", ceiling_fen=100_00)
    diagnosed(shop, first, "port_worn", labour_class="LAB-S")
    run(shop, start_repair(item_id=first.item_id), people.technician)
    run(shop, send_to_test(item_id=first.item_id, form=RepairForm(("adjust",))), people.technician)
    good = good_values(shop, first)
    assert run(shop, run_test(item_id=first.item_id, values=good, tamper_result="ok"), people.inspector).charged_fen
    run(shop, given_out(item_id=first.item_id), people.clerk)
    clock.forward(days=20)
    again = shop.take_in(device_id=first.device_id)

    found = diagnosed(shop, again, "port_worn", labour_class="LAB-S")
    run(shop, start_repair(item_id=again.item_id), people.technician)
    run(shop, send_to_test(item_id=again.item_id, form=RepairForm(("adjust",))), people.technician)
    run(shop, run_test(item_id=again.item_id, values=good, tamper_result="ok"), people.inspector)

    assert (found.result, found.basis) == ("free", "repair_warranty")
    with shop.store.read() as session:
        kept = session.get_one(Device, first.device_id).repair_warranty["repairs"]
        assert {entry["until"] for entry in kept} == {"2026-06-12"}


def test_a_card_number_in_the_findings_is_refused_at_its_field(shop: Shop) -> None:
    one = shop.take_in(warranty_until="2027-01-09")
    with pytest.raises(Refused) as refusal:
        diagnosed(shop, one, words="测试卡 6217 9963 0000 0000 012")

    assert (refusal.value.field, refusal.value.code) == ("words", "card_number_found")


# ---------------------------------------------------------------- money


def test_within_the_agreed_ceiling_the_repair_starts_without_asking(shop: Shop) -> None:
    one = shop.take_in(warranty_until="2025-12-31", ceiling_fen=200_00)
    battery = NeededPart(shop.ids["BAT-N910"])

    assert diagnosed(shop, one, labour_class="LAB-S", needed_parts=(battery,)).may_start
    run(shop, start_repair(item_id=one.item_id), shop.people.technician)
    run(
        shop, use_part(item_id=one.item_id, part_id="LCD-N910", serial_no="LCD00012", old_part_to="old_parts"),
        shop.people.technician,
    )  # fmt: skip
    with pytest.raises(Refused) as beyond:
        run(shop, send_to_test(item_id=one.item_id, form=RepairForm(("replace_part",))), shop.people.technician)

    assert beyond.value.code == "quote_first"
    assert state(shop, one) == "repairing"


def test_a_discount_needs_the_right_or_a_supervisor_and_a_reason(shop: Shop) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2025-12-31")
    diagnosed(shop, one)
    ask = {"item_id": one.item_id, "lines": [WantedLine("LAB-M")], "discount_fen": 1000}
    with pytest.raises(Refused) as why:
        run(shop, make_quote(**ask), people.technician)
    with pytest.raises(Refused) as who:
        run(shop, make_quote(**ask, discount_reason="多台同修"), people.technician)
    allowed = consent(shop, people.supervisor, "discount", people.technician)

    quote = run(shop, make_quote(**ask, discount_reason="多台同修", override=allowed), people.technician)

    assert (why.value.field, who.value.code) == ("discount_reason", "needs_override")
    assert quote.total_fen == 5000


def test_an_expired_quote_cannot_be_approved_but_a_new_version_can(shop: Shop, clock: FixedClock) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2025-12-31")
    diagnosed(shop, one)
    run(shop, make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M")]), people.clerk)
    yes = approve_quote(item_id=one.item_id, approved_by="林国强", channel="counter_signature", words="同意")
    clock.forward(days=9)
    with pytest.raises(Refused) as late:
        run(shop, yes, people.clerk)
    second = run(shop, make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M")]), people.clerk)
    run(shop, yes, people.clerk)

    assert (late.value.code, second.version) == ("expired", 2)
    assert state(shop, one) == "repairing"


def test_a_signature_or_a_scan_is_evidence_without_words(shop: Shop) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2025-12-31")
    diagnosed(shop, one)
    quote = run(shop, make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M")]), people.clerk)
    ask = {"item_id": one.item_id, "approved_by": "林国强", "channel": "counter_signature"}
    with pytest.raises(Refused) as nothing:
        run(shop, approve_quote(**ask), people.clerk)
    signed = Photo("a" * 64, "image/svg+xml", 900, "signature")
    scan = Photo("b" * 64, "image/jpeg", 70_000, "front", "报价单.jpg")
    run(shop, approve_quote(**ask, evidence=(signed, scan)), people.clerk)

    with shop.store.read() as session:
        files = session.query(Attachment).filter_by(subject_id=one.item_id).order_by(Attachment.n).all()
        told = session.query(MoneyEvent).filter_by(item_id=one.item_id, kind="approval").one()
        move = session.query(WorkEvent).filter_by(item_id=one.item_id, move="approve").one()
    assert nothing.value.field == "words"
    assert [(row.kind, row.sha256[0], row.caption) for row in files[-2:]] == [
        ("signature", "a", quote.number), ("approval", "b", quote.number),
    ]  # fmt: skip
    assert told.data["evidence"] == move.data["approval_evidence"] == ["a" * 64, "b" * 64]


def test_a_call_back_goes_to_a_number_on_file_or_a_supervisor_allows_another(shop: Shop) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2025-12-31")
    diagnosed(shop, one)
    run(shop, make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M")]), people.clerk)
    ask = {"item_id": one.item_id, "approved_by": "林国强", "channel": "phone_call_back", "words": "同意"}
    with pytest.raises(Refused) as missing:
        run(shop, approve_quote(**ask), people.clerk)
    with pytest.raises(Refused) as foreign:
        run(shop, approve_quote(**ask, callback_number="13900001111"), people.clerk)
    allowed = consent(shop, people.supervisor, "override", people.clerk, "换号，已核身份")
    run(shop, approve_quote(**ask, callback_number="13900001111", override=allowed), people.clerk)

    assert (missing.value.code, foreign.value.code) == ("callback", "not_on_file")
    assert state(shop, one) == "repairing"


def test_the_inspection_fee_is_left_out_only_with_a_supervisor(shop: Shop) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2025-12-31")
    diagnosed(shop, one)
    run(shop, make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M")]), people.clerk)
    no = {"item_id": one.item_id, "reason_code": "buys_new", "reassembled": True, "risk_notice": True,
          "waive_fee": True}  # fmt: skip
    with pytest.raises(Refused):
        run(shop, decline_quote(**no), people.clerk)
    allowed = consent(shop, people.supervisor, "waive", people.clerk, "我方延误")
    run(shop, decline_quote(**no, override=allowed), people.clerk)

    with shop.store.read() as session:
        view = money_of(session, one.item_id)
        assert (view.state, view.due_fen, view.waived_fen) == (MoneyState.WAIVED, 0, 2000)


def test_a_technician_may_give_a_repair_up_free_of_charge(shop: Shop) -> None:
    one = shop.take_in()
    diagnosed(shop, one)
    act = give_up_repair(item_id=one.item_id, words="主板已停产", reassembled=True, risk_notice=True)

    assert run(shop, act, shop.people.technician) == 0
    assert state(shop, one) == "declined"


# ---------------------------------------------------------------- parts


def test_taking_more_than_the_shelf_holds_goes_on_and_asks_once_for_a_count(shop: Shop) -> None:
    one = shop.take_in(warranty_until="2027-01-09")
    diagnosed(shop, one)
    run(shop, start_repair(item_id=one.item_id), shop.people.technician)
    roller = shop.ids["PRR-58"]

    first = run(shop, use_part(item_id=one.item_id, part_id=roller, quantity=11), shop.people.technician)
    run(shop, use_part(item_id=one.item_id, part_id=roller), shop.people.technician)

    assert first.left == -1
    assert len(cards(shop, "stock")) == 1


def test_a_serial_number_is_asked_for_and_cannot_be_in_two_devices(shop: Shop) -> None:
    one, other = shop.take_in(warranty_until="2027-01-09"), shop.take_in(warranty_until="2027-01-09")
    battery = shop.ids["BAT-N910"]
    for device in (one, other):
        diagnosed(shop, device)
    with pytest.raises(Refused) as missing:
        run(shop, use_part(item_id=one.item_id, part_id=battery), shop.people.technician)
    taken = {"part_id": battery, "serial_no": "BAT00017"}
    run(shop, use_part(item_id=one.item_id, old_part_to="scrap", **taken), shop.people.technician)
    with pytest.raises(Refused) as twice:
        run(shop, use_part(item_id=other.item_id, old_part_to="scrap", **taken), shop.people.technician)
    run(shop, put_part_back(item_id=one.item_id, **taken), shop.people.technician)
    run(shop, use_part(item_id=other.item_id, old_part_to="scrap", **taken), shop.people.technician)

    assert (missing.value.field, twice.value.field) == ("serial_no", "serial_no")
    with shop.store.read() as session:
        assert bench.fitted(session, one.item_id) == []
        assert bench.on_shelf(session, [battery]) == {battery: 9}


def test_waiting_for_parts_stops_the_clock_and_goes_back_to_where_it_was(shop: Shop) -> None:
    one = shop.take_in(warranty_until="2027-01-09")
    diagnosed(shop, one)
    act = wait_for_parts(
        item_id=one.item_id, part_id="LCD-N910", quantity=1, order_no="PO-118", expected_date="2026-03-16", shelf="A-01"
    )
    run(shop, act, shop.people.technician)
    waiting = item(shop, one)
    run(shop, parts_arrived(item_id=one.item_id, part_id="LCD-N910", quantity=1, bench="W1"), shop.people.keeper)

    assert (waiting.work_state, waiting.resumes, waiting.holder) == ("awaiting_parts", "diagnosing", "shelf:A-01")
    assert state(shop, one) == "diagnosing"


# ---------------------------------------------------------------- tests by another person


def ready_to_test(shop: Shop, by: Actor) -> Benched:
    one = shop.take_in(warranty_until="2027-01-09")
    run(shop, start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), by)
    form = DiagnosisForm(symptom_confirmed="yes", cause_code="battery_worn", tamper_flag="none")
    run(shop, record_diagnosis(item_id=one.item_id, form=form), by)
    run(shop, start_repair(item_id=one.item_id), by)
    run(shop, send_to_test(item_id=one.item_id, form=RepairForm(("replace_battery",))), by)
    return one


BOTH = ["technician", "qc_inspector"]


def test_nobody_tests_their_own_work_whatever_roles_they_hold(shop: Shop) -> None:
    person = Actor(shop.people.technician.staff_id, "T01", "张建国", tuple(BOTH))
    one = ready_to_test(shop, person)
    with pytest.raises(Forbidden) as refusal:
        run(shop, run_test(item_id=one.item_id, values=good_values(shop, one), tamper_result="ok"), person)

    assert refusal.value.code == "fresh_eyes"
    assert state(shop, one) == "qc_testing"


def test_on_a_one_person_site_the_same_person_tests_and_it_is_marked(shop: Shop) -> None:
    person = Actor(shop.people.technician.staff_id, "T01", "张建国", tuple(BOTH))
    shop.store.run(go_solo())
    one = ready_to_test(shop, person)

    tested = run(shop, run_test(item_id=one.item_id, values=good_values(shop, one), tamper_result="ok"), person)

    assert tested.passed and tested.solo
    assert [card.data["move"] for card in cards(shop, "solo")] == ["pass_test"]


def test_the_third_failure_is_a_supervisors_decision(shop: Shop) -> None:
    people, one = shop.people, ready_to_test(shop, shop.people.technician)
    bad = run_test(item_id=one.item_id, values=good_values(shop, one, keypad="fail", screen="fail"), tamper_result="ok")
    for _time in range(2):
        run(shop, bad, people.inspector)
        run(shop, send_to_test(item_id=one.item_id), people.technician)
    with pytest.raises(Forbidden) as alone:
        run(shop, bad, people.inspector)
    allowed = consent(shop, people.supervisor, "override", people.inspector, "换机前再修一次")
    again = run_test(
        item_id=one.item_id, values=good_values(shop, one, screen="fail"), tamper_result="ok", override=allowed
    )
    third = run(shop, again, people.inspector)

    assert (alone.value.code, third.loops) == ("loops", 3)
    with shop.store.read() as session:
        last = session.scalars(select(WorkEvent).where(WorkEvent.move == "fail_test").order_by(WorkEvent.n)).all()[-1]
    assert (last.by, last.second_by) == (people.supervisor.staff_id, people.inspector.staff_id)


def test_every_step_wants_an_answer_and_a_number_is_judged_by_its_limits(shop: Shop) -> None:
    one = ready_to_test(shop, shop.people.technician)
    values = good_values(shop, one)
    with pytest.raises(Refused) as missing:
        run(shop, run_test(item_id=one.item_id, values=values[:-1], tamper_result="ok"), shop.people.inspector)
    slow = good_values(shop, one, start_seconds=121)
    failed = run(shop, run_test(item_id=one.item_id, values=slow, tamper_result="ok"), shop.people.inspector)

    assert missing.value.field == "soak"
    assert failed.failed == ("start_seconds",)


def test_a_seal_is_used_once(shop: Shop) -> None:
    for place, one in enumerate([ready_to_test(shop, shop.people.technician) for _one in range(2)]):
        act = run_test(
            item_id=one.item_id, values=good_values(shop, one), tamper_result="ok", seal_no="FZ000777", shelf="B-03-2"
        )
        if place:
            with pytest.raises(Refused) as refusal:
                run(shop, act, shop.people.inspector)
            assert refusal.value.field == "seal_no"
        else:
            run(shop, act, shop.people.inspector)


# ---------------------------------------------------------------- the job between people


def test_a_job_rests_is_taken_up_again_and_handed_over_with_a_note(shop: Shop) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2027-01-09")
    run(shop, give_roles(staff_id=people.inspector.staff_id, roles=BOTH), people.admin)
    diagnosed(shop, one)
    run(shop, pause_job(item_id=one.item_id, reason="等客户送适配器", shelf="A-01"), people.technician)
    resting = item(shop, one)
    run(shop, resume_job(item_id=one.item_id, bench="W2"), people.technician)
    with pytest.raises(Refused):
        run(shop, hand_job_over(item_id=one.item_id, to_staff="C01", words="看主板"), people.technician)
    name = run(shop, hand_job_over(item_id=one.item_id, to_staff="q01", words="已拆，查电源"), people.technician)
    run(shop, note_on_job(item_id=one.item_id, words="电源正常"), people.inspector)
    run(shop, record_labour(item_id=one.item_id, minutes=15), people.technician)

    assert resting.holder == "shelf:A-01"
    assert name == "刘敏"
    assert (item(shop, one).technician_id, item(shop, one).holder) == (people.inspector.staff_id, "bench:W2")


def test_quarantine_stops_everything_until_two_people_write_a_finding(shop: Shop) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2027-01-09")
    diagnosed(shop, one)
    run(shop, quarantine(item_id=one.item_id, reason="插卡口内有薄片"), people.technician)
    held = item(shop, one)
    with pytest.raises(Refused):
        run(shop, start_repair(item_id=one.item_id), people.technician)
    finding = {"item_id": one.item_id, "finding": "为商户自贴防尘膜，已取下拍照"}
    same = consent(shop, people.supervisor, "witness", people.supervisor)
    with pytest.raises(Forbidden):
        run(shop, release_quarantine(**finding, second=same), people.supervisor)
    other = consent(shop, people.technician, "witness", people.supervisor)
    run(shop, release_quarantine(**finding, second=other, bench="W1"), people.supervisor)

    assert (held.work_state, held.resumes, held.holder) == ("quarantined", "diagnosing", "quarantine")
    assert state(shop, one) == "diagnosing"
    assert cards(shop, "quarantine")[0].settled_how == "released"


def test_an_auditor_signs_as_the_second_person_and_writes_nothing(shop: Shop) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2027-01-09")
    run(shop, give_roles(staff_id=people.inspector.staff_id, roles=("auditor",)), people.admin)
    diagnosed(shop, one)
    run(shop, quarantine(item_id=one.item_id, reason="插卡口内有薄片"), people.technician)
    with pytest.raises(Forbidden):
        run(shop, note_on_job(item_id=one.item_id, words="电源正常"), replace(people.inspector, roles=("auditor",)))
    seen = consent(shop, people.inspector, "witness", people.supervisor)
    run(shop, release_quarantine(item_id=one.item_id, finding="为商户自贴防尘膜", second=seen), people.supervisor)

    assert state(shop, one) == "diagnosing"


def test_another_finding_goes_back_to_the_diagnosis_and_keeps_the_old_one(shop: Shop) -> None:
    one = shop.take_in(warranty_until="2027-01-09")
    diagnosed(shop, one)
    run(shop, start_repair(item_id=one.item_id), shop.people.technician)
    act = diagnose_again(item_id=one.item_id, reason="电池正常，是电源电路", bench="W1")
    run(shop, act, shop.people.technician)
    diagnosed(shop, one, "power_board_defect")

    with shop.store.read() as session:
        found = session.scalars(select(ItemRecord).where(ItemRecord.kind == "diagnosis").order_by(ItemRecord.n)).all()
    assert [row.data["cause_code"] for row in found] == ["battery_worn", "power_board_defect"]


def test_the_journal_names_every_act_and_holds_no_fraction(shop: Shop) -> None:
    one = ready_to_test(shop, shop.people.technician)
    run(shop, run_test(item_id=one.item_id, values=good_values(shop, one), tamper_result="ok"), shop.people.inspector)

    with shop.store.read() as session:
        values = session.scalars(select(WorkEvent).where(WorkEvent.move == "pass_test")).one().data["test_values"]
    assert all(isinstance(one.get("value", 0), int) for one in values)
