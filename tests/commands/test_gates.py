"""What nobody may do without the record it needs: tests that are answered, keys from a list, work that was agreed to,
units without keys, suspicious devices, devices that must not be wiped."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from deskapp.commands.batches import settle_batch
from deskapp.commands.bench import (
    DiagnosisForm,
    RepairForm,
    hand_job_over,
    record_diagnosis,
    record_repair,
    release_quarantine,
    send_to_test,
    start_diagnosis,
    start_repair,
)
from deskapp.commands.bench_charge import WantedLine
from deskapp.commands.bench_keys import keys_kept, load_keys, need_key_load
from deskapp.commands.bench_parts import use_part
from deskapp.commands.bench_quote import approve_quote, make_quote
from deskapp.commands.bench_skills import set_skills
from deskapp.commands.bench_test import TestValue, run_test
from deskapp.commands.checkin import check_in
from deskapp.commands.checkin_after import void_check_in
from deskapp.commands.checkin_forms import Deliverer, DeviceForm, Terms
from deskapp.commands.key_runs import load_in_run, open_key_run, start_key_run
from deskapp.commands.loaners import lend, set_loaner
from deskapp.commands.pickup_release import start_counter_service
from deskapp.commands.scrap import Consent, ScrapForm, scrap
from deskapp.commands.swap import swap
from deskapp.commands.swap import test_unit as unit_test
from deskapp.commands.tickets import TicketForm, open_ticket
from deskapp.errors import N_, Forbidden, Refused
from deskapp.models.device import Device, DeviceModel
from deskapp.models.folding import money_of
from deskapp.models.repair import ItemRecord, MoneyEvent, ReviewCard
from deskapp.models.store import Actor, Command, Store, Write, command
from tests.conftest import People
from tests.factories_bench import Benched, give_roles
from tests.factories_depot import Depot, add_unit, open_depot

DAY = 86_400_000
UNIT = "NLN91099000001"


@pytest.fixture
def depot(store: Store, people: People) -> Depot:
    return open_depot(store, people)


@command(N_("Forbid to wipe a test device"), right="")
def hold(write: Write, *, device_id: str) -> None:
    write.session.get_one(Device, device_id).do_not_wipe = True


@command(N_("Let a test model keep its keys"), right="")
def keeping(write: Write, *, model_id: str = "newland-n910") -> None:
    write.session.get_one(DeviceModel, model_id).key_load_on_board_change = False


def refused(depot: Depot, act: Command[Any], by: Actor | None = None) -> Refused:
    with pytest.raises(Refused) as found:
        depot.do(act, by)
    return found.value


def skipping(depot: Depot, device_id: str, *steps: str) -> list[TestValue]:
    """Answers that pass, with these steps left out; all of them without a name."""
    answers = depot.values(device_id)
    return [
        TestValue(one.step, "skip", words="现场无条件") if not steps or one.step in steps else one for one in answers
    ]


def records(depot: Depot, item_id: str, kind: str) -> list[ItemRecord]:
    with depot.store.read() as session:
        return list(session.scalars(select(ItemRecord).where(ItemRecord.item_id == item_id, ItemRecord.kind == kind)))


# -- a test is answered ------------------------------------------------------------


def test_a_test_passes_only_with_the_steps_that_have_to_be_answered(depot: Depot) -> None:
    one, tester = depot.in_repair(), depot.people.inspector
    depot.to_test(one)
    given = {"item_id": one.item_id, "tamper_result": "ok", "shelf": "B-03-2"}
    nothing = skipping(depot, one.device_id)
    assert refused(depot, run_test(**given, values=nothing), tester).code == "nothing_tested"
    allowed = depot.consent(depot.people.supervisor, "override", tester)
    assert refused(depot, run_test(**given, values=nothing, override=allowed), tester).code == "nothing_tested"
    most = skipping(depot, one.device_id, "screen", "wifi")
    missing = refused(depot, run_test(**given, values=most), tester)
    assert (missing.code, missing.field, missing.values["count"]) == ("mandatory", "screen", 1)
    assert depot.state(one) == "qc_testing"

    allowed = depot.consent(depot.people.supervisor, "override", tester, reason="屏幕测试台送修")
    assert depot.do(run_test(**given, values=most, override=allowed), tester).passed
    kept = records(depot, one.item_id, "test")[0].data
    assert (kept["left_out"], kept["allowed_by"], kept["allowed_why"]) == (
        ["screen"], depot.people.supervisor.staff_id, "屏幕测试台送修",
    )  # fmt: skip


def test_what_the_place_does_not_offer_is_left_out_with_a_reason_and_a_failed_test_leaves_out_the_rest(
    depot: Depot,
) -> None:
    one, tester = depot.in_repair(), depot.people.inspector
    depot.to_test(one)
    given = {"item_id": one.item_id, "tamper_result": "ok", "shelf": "B-03-2"}
    dead = [
        TestValue(value.step, "fail") if value.step == "serial_match" else value
        for value in skipping(depot, one.device_id)
    ]
    assert not depot.do(run_test(**given, values=dead), tester).passed, "what does not start cannot be tested further"
    depot.to_test(one)
    line = skipping(depot, one.device_id, "wifi", "signal", "sign_on")
    assert depot.do(run_test(**given, values=line), tester).passed


def test_a_unit_of_the_pool_is_tested_like_any_other(depot: Depot) -> None:
    identity, tester = depot.do(add_unit(serial_no=UNIT)), depot.people.inspector
    given = {"serial_no": UNIT, "tamper_result": "ok"}
    assert refused(depot, unit_test(**given, values=skipping(depot, identity)), tester).code == "nothing_tested"
    some = skipping(depot, identity, "keypad", "screen")
    assert refused(depot, unit_test(**given, values=some), tester).code == "mandatory"
    allowed = depot.consent(depot.people.supervisor, "override", tester)
    assert depot.do(unit_test(**given, values=some, override=allowed), tester)


# -- keys come from a list ---------------------------------------------------------


def test_keys_go_in_only_from_a_list_or_with_a_supervisors_consent(depot: Depot) -> None:
    one, other = depot.awaiting_keys(), depot.awaiting_keys()
    first, second = depot.staff["K01"], depot.staff["K02"]
    boss = depot.people.supervisor

    def load(item: Benched, run_no: str = "", **more: Any) -> Command[None]:
        return load_keys(
            item_id=item.item_id, method="master_pos", slot="TMK-01", check_value="A1B2C3", device_result="导入成功",
            run_no=run_no, second=depot.consent(second, "key_load", first), **more,
        )  # fmt: skip

    assert refused(depot, load(one), first).code == "no_run"
    assert refused(depot, load(one, "KL00123-01"), first).code == "unknown_run"
    depot.do(open_key_run(devices=[other.label_no], key_set="TMK-2026-03", method="master_pos"))
    assert refused(depot, load(other), first).code == "in_run", "listed: it is loaded there"

    alone = depot.consent(boss, "override", first, reason="灌密清单系统故障")
    depot.do(load(one, override=alone), first)
    assert depot.state(one) == "qc_testing"
    assert records(depot, one.item_id, "key_load")[0].data["allowed_by"] == boss.staff_id
    assert [card.subject_id for card in depot.cards("review") if card.data.get("code") == "outside_run"] == [
        one.item_id
    ]


def test_whoever_allows_a_load_without_a_list_does_not_load(depot: Depot) -> None:
    one, first, boss = depot.awaiting_keys(), depot.staff["K01"], depot.people.supervisor
    depot.do(give_roles(staff_id=boss.staff_id, roles=[*boss.roles, "key_custodian"]))
    act = load_keys(
        item_id=one.item_id, method="master_pos", slot="T1", check_value="A1B2", device_result="ok",
        second=depot.consent(boss, "key_load", first), override=depot.consent(boss, "override", first),
    )  # fmt: skip
    with pytest.raises(Forbidden) as refusal:
        depot.do(act, first)
    assert refusal.value.code == "authorised"


def test_keys_are_still_there_only_where_the_model_keeps_them_and_nothing_took_them_out(depot: Depot) -> None:
    technician = depot.people.technician
    kept = {"reason": "换主板保留安全模块", "self_test_result": "自检：密钥正常"}

    def after(action: str) -> Benched:
        one = depot.in_repair()
        depot.do(record_repair(item_id=one.item_id, form=RepairForm((action,))), technician)
        depot.do(need_key_load(item_id=one.item_id, reason="检修后核对密钥"), technician)
        return one

    plain = after("replace_board")
    assert refused(depot, keys_kept(item_id=plain.item_id, **kept), technician).code == "key_load"
    depot.do(keeping())
    reloaded = after("reload_firmware")
    assert refused(depot, keys_kept(item_id=reloaded.item_id, **kept), technician).code == "key_load"
    assert refused(depot, keys_kept(item_id=plain.item_id, **{**kept, "self_test_result": ""}), technician)
    depot.do(keys_kept(item_id=plain.item_id, **kept), technician)
    assert depot.state(plain) == "qc_testing"


# -- a unit without keys -----------------------------------------------------------


def test_a_swapped_in_unit_without_keys_waits_for_them_is_tested_and_only_then_ready(depot: Depot) -> None:
    one = depot.in_repair()
    depot.pool_unit(keys=False)
    done = depot.do(swap(item_id=one.item_id, new_serial_no=UNIT, reason="主板无法修复", tamper_result="ok"))
    assert (depot.state(done.item_id), done.keys_loaded) == ("awaiting_key_load", False)

    depot.keyed(done.label_no)
    assert depot.state(done.item_id) == "qc_testing"
    values = depot.values(done.device_id)
    act = run_test(item_id=done.item_id, values=values, tamper_result="ok", shelf="B-03-2")
    tested = depot.do(act, depot.people.inspector)
    assert tested.passed and tested.charged_fen == 0
    assert depot.state(done.item_id) == "ready_for_pickup"
    keys = [card for card in depot.cards("todo") if card.data.get("key") == "key_check_value"]
    assert keys == [], "neither on the unit nor on the device whose place it took"
    with depot.store.read() as session:
        assert not session.scalars(select(MoneyEvent).where(MoneyEvent.item_id == done.item_id)).all()
        assert not session.get_one(Device, done.device_id).repair_warranty


@command(N_("Ask for keys as it was once asked"), right="")
def old_todo(write: Write, *, item_id: str) -> None:
    write.session.add(
        ReviewCard(id=write.new_id(), kind="todo", subject_kind="repair_item", subject_id=item_id,
                   data={"key": "key_check_value", "move": "swap"}, raised_at=write.now)
    )  # fmt: skip


def test_an_older_to_do_for_keys_is_settled_on_the_device_whose_place_was_taken(depot: Depot) -> None:
    one = depot.in_repair()
    depot.pool_unit(keys=False)
    done = depot.do(swap(item_id=one.item_id, new_serial_no=UNIT, reason="换机", tamper_result="ok"))
    depot.do(old_todo(item_id=one.item_id))
    depot.keyed(done.label_no)
    assert not [card for card in depot.cards("todo") if card.data.get("key") == "key_check_value"]


# -- work that was agreed to -------------------------------------------------------


def approved(depot: Depot) -> Benched:
    """A device whose merchant agreed to labour and nothing else."""
    one, technician = depot.shop.take_in(warranty_until="2025-12-31"), depot.people.technician
    depot.diagnosed(one, labour_class="LAB-S")
    depot.do(make_quote(item_id=one.item_id, lines=[WantedLine("LAB-S")]), technician)
    depot.do(
        approve_quote(
            item_id=one.item_id, approved_by="林国强", channel="counter_signature", words="同意修理", bench="W1"
        ),
        depot.people.clerk,
    )
    return one


def money(depot: Depot, one: Benched) -> tuple[int, int, int]:
    with depot.store.read() as session:
        view = money_of(session, one.item_id)
    return view.charged_fen, view.waived_fen, view.due_fen


def test_work_beyond_the_approval_is_quoted_again_and_then_charged(depot: Depot) -> None:
    one, technician = approved(depot), depot.people.technician
    roller = depot.shop.ids["PRR-58"]
    depot.do(use_part(item_id=one.item_id, part_id=roller, quantity=2), technician)
    depot.do(record_repair(item_id=one.item_id, form=RepairForm(("clean",))), technician)
    for act in (send_to_test(item_id=one.item_id), need_key_load(item_id=one.item_id, reason="换主板")):
        assert refused(depot, act, technician).code == "quote_first"

    again = make_quote(item_id=one.item_id, lines=[WantedLine("LAB-S"), WantedLine(roller, 2)])
    total = depot.do(again, technician).total_fen
    depot.do(
        approve_quote(item_id=one.item_id, approved_by="林国强", channel="counter_signature", words="同意", bench="W1"),
        depot.people.clerk,
    )
    depot.do(send_to_test(item_id=one.item_id), technician)
    passed = run_test(item_id=one.item_id, values=depot.values(one.device_id), tamper_result="ok", shelf="B-03-2")
    depot.do(passed, depot.people.inspector)
    assert total > 3000 and money(depot, one) == (total, 0, total)


def test_a_dearer_labour_class_than_was_approved_is_work_beyond_it(depot: Depot) -> None:
    one, technician = approved(depot), depot.people.technician
    larger = RepairForm(("clean",), labour_class="LAB-L")
    assert refused(depot, send_to_test(item_id=one.item_id, form=larger), technician).code == "quote_first"


def test_a_supervisor_waives_what_goes_beyond_and_the_waiver_is_on_record(depot: Depot) -> None:
    one, technician = approved(depot), depot.people.technician
    roller = depot.shop.ids["PRR-58"]
    depot.do(use_part(item_id=one.item_id, part_id=roller), technician)
    work = RepairForm(("clean",))
    allowed = depot.consent(depot.people.supervisor, "waive", technician, reason="运输中压坏，我方承担")
    depot.do(send_to_test(item_id=one.item_id, form=work, override=allowed), technician)
    passed = run_test(item_id=one.item_id, values=depot.values(one.device_id), tamper_result="ok", shelf="B-03-2")
    assert depot.do(passed, depot.people.inspector).charged_fen == 3000

    charged, waived, due = money(depot, one)
    assert waived > 0 and (charged - waived, due) == (3000, 3000)
    with depot.store.read() as session:
        kept = session.scalars(select(MoneyEvent).where(MoneyEvent.kind == "waiver")).one()
    assert (kept.reason, kept.second_by) == ("运输中压坏，我方承担", depot.people.supervisor.staff_id)


def test_before_the_merchant_agrees_a_part_goes_in_only_free_or_within_the_ceiling(depot: Depot) -> None:
    technician, roller = depot.people.technician, depot.shop.ids["PRR-58"]
    outside = depot.shop.take_in(warranty_until="2025-12-31")
    depot.diagnosed(outside)
    assert refused(depot, use_part(item_id=outside.item_id, part_id=roller), technician).field == "part"
    for more in ({"warranty_until": "2027-01-01"}, {"warranty_until": "2025-12-31", "ceiling_fen": 50000}):
        one = depot.shop.take_in(**more)
        depot.diagnosed(one)
        depot.do(use_part(item_id=one.item_id, part_id=roller), technician)


# -- loaners -----------------------------------------------------------------------


def test_a_voided_check_in_does_not_leave_a_loaner_out_and_a_bound_unit_is_no_loaner(depot: Depot) -> None:
    one, bound = depot.shop.take_in(), depot.shop.take_in()
    depot.do(add_unit(serial_no="LOAN00000031"))
    depot.do(set_loaner(serial_no="LOAN00000031"))
    depot.do(
        lend(serial_no="LOAN00000031", due_at=depot.store.now + 3 * DAY, order_id=one.order_id, tamper_result="ok")
    )
    void = {"order_id": one.order_id, "reason": "登记错商户", "given_back_to": "林国强"}
    assert refused(depot, void_check_in(**void)).field == "loaner"
    assert depot.state(one) == "checked_in"
    consent = depot.consent(depot.people.supervisor, "override", reason="备机明日归还")
    depot.do(void_check_in(**void, loaner_override=consent))
    assert depot.state(one) == "cancelled"
    assert [card.words for card in depot.cards("loaner_out")] == ["备机明日归还"]

    depot.do(void_check_in(order_id=bound.order_id, reason="误收", given_back_to="林国强"))
    assert refused(depot, set_loaner(serial_no=bound.serial_no)).code == "bound"


# -- who repairs what, and what shows a tamper message --------------------------------


def test_who_does_not_repair_a_model_needs_a_supervisors_consent_to_begin(depot: Depot) -> None:
    one, technician, other = depot.shop.take_in(), depot.people.technician, depot.staff["T02"]
    for who in (technician, other):
        depot.do(set_skills(staff_id=who.staff_id, skills=["pax-s90"]))
    begin = {"item_id": one.item_id, "bench": "W1", "tamper_result": "ok"}
    assert refused(depot, start_diagnosis(**begin), technician).code == "not_certified"
    allowed = depot.consent(depot.people.supervisor, "override", technician, reason="专人休假，由我带教")
    depot.do(start_diagnosis(**begin, override=allowed), technician)
    given = hand_job_over(item_id=one.item_id, to_staff="T02", words="看主板")
    assert refused(depot, given, technician).code == "not_certified"
    depot.do(set_skills(staff_id=other.staff_id, skills=["smart_pos"]))
    assert depot.do(given, technician) == "赵工"


@command(N_("Take a tampered test device in"), right="")
def take_in_tampered(write: Write, *, merchant_id: str) -> str:
    form = DeviceForm(
        serial_no="NLN91025777001", model_id="newland-n910", tamper="suspect", tamper_found=("no_message",),
        batch="no", symptom_code="tamper_alert", condition={"all": "fine"}, power_state="yes",
        no_photo_reason="no_camera",
    )  # fmt: skip
    done = check_in(
        devices=(form,), deliverer=Deliverer("林国强", "13805912345"), merchant_id=merchant_id,
        terms=Terms(data_notice=True),
    ).run(write)  # fmt: skip
    return done.devices[0].item_id


def test_a_device_that_shows_a_tamper_message_goes_to_the_depot_and_gets_keys(depot: Depot) -> None:
    item = depot.do(take_in_tampered(merchant_id=depot.shop.ids["merchant"]), depot.people.clerk)
    witness = depot.consent(depot.staff["T02"], "witness")
    depot.do(release_quarantine(item_id=item, finding="商户自行拆开过后盖", second=witness, shelf="A-01"))
    service = start_counter_service(item_id=item, action="clean")
    assert refused(depot, service, depot.people.clerk).code == "key_load"

    technician = depot.people.technician
    depot.do(start_diagnosis(item_id=item, bench="W1", tamper_result="ok"), technician)
    form = DiagnosisForm(symptom_confirmed="no", cause_code="battery_worn", tamper_flag="none")
    free = depot.consent(depot.people.supervisor, "override", technician)
    depot.do(record_diagnosis(item_id=item, form=form, free=True, override=free), technician)
    depot.do(start_repair(item_id=item), technician)
    done = send_to_test(item_id=item, form=RepairForm(("clean",)))
    assert refused(depot, done, technician).code == "key_load"


# -- do not wipe -------------------------------------------------------------------


def test_what_must_not_be_wiped_is_not_reset_loaded_swapped_or_scrapped_until_it_is_settled(depot: Depot) -> None:
    technician, first = depot.people.technician, depot.staff["K01"]
    one, waits = depot.in_repair(), depot.awaiting_keys()
    depot.pool_unit()
    for each in (one, waits):
        depot.do(hold(device_id=each.device_id))
    form = ScrapForm("无法修复", "erased", "crushed", Consent("王经理", "FJ-2026-01"))
    run = depot.do(open_key_run(devices=[waits.label_no], key_set="TMK", method="master_pos"))
    depot.do(start_key_run(run_id=run, second=depot.consent(depot.staff["K02"], "key_load", first)), first)
    loading = load_in_run(run_id=run, device=waits.label_no, slot="T1", check_value="A1B2", device_result="ok")
    wiping: list[tuple[Command[Any], Actor]] = [
        (send_to_test(item_id=one.item_id, form=RepairForm((action,))), technician)
        for action in ("replace_board", "reload_firmware", "reset_network", "update_app")
    ]
    wiping += [
        (swap(item_id=one.item_id, new_serial_no=UNIT, reason="换机", tamper_result="ok"), depot.people.supervisor),
        (scrap(item_id=one.item_id, form=form, witness=None, second_witness=None), depot.people.supervisor),
        (loading, first),
    ]
    assert {refused(depot, act, by).code for act, by in wiping} == {"do_not_wipe"}
    depot.do(record_repair(item_id=one.item_id, form=RepairForm(("clean",))), technician)

    for each in (one, waits):
        assert refused(depot, settle_batch(item_id=each.item_id, how="slip", words=""), technician).field == "words"
        depot.do(settle_batch(item_id=each.item_id, how="slip", words="结算单 000123"), technician)
    depot.do(loading, first)
    depot.do(record_repair(item_id=one.item_id, form=RepairForm(("reload_firmware",))), technician)
    kept = records(depot, one.item_id, "batch_settled")[0]
    assert (kept.by, kept.data["how"], kept.words) == (technician.staff_id, "slip", "结算单 000123")
    assert refused(depot, settle_batch(item_id=one.item_id, how="slip", words="再次"), technician).code == "nothing"


def test_a_transaction_the_bank_looks_into_is_settled_by_its_ticket(depot: Depot) -> None:
    one = depot.in_repair()
    answers = {
        "happened_at": "2026-03-11", "amount": 5800, "batch_no": "000123", "trace_no": "000456",
        "reference_no": "123456789012", "card_last4": "1234",
    }  # fmt: skip
    form = TicketForm(
        kind="transaction_anomaly", merchant_id=depot.shop.ids["merchant"], device_id=one.device_id, answers=answers
    )
    opened = depot.do(open_ticket(form=form), depot.people.clerk)
    found = refused(depot, settle_batch(item_id=one.item_id, how="merchant", words="商户说已到账"), depot.people.clerk)
    assert (found.code, found.values["number"]) == ("open_ticket", opened.number)
