"""Old parts by fact, storage by the price list, the swap note, two witnesses, warranty terms with their source."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from deskapp.commands.bench import DiagnosisForm, hand_job_over, record_diagnosis
from deskapp.commands.bench_keys import need_key_load
from deskapp.commands.bench_parts import put_part_back, use_part
from deskapp.commands.bench_skills import set_skills, set_terms, set_tests
from deskapp.commands.bench_test import call_supervisor, run_test
from deskapp.commands.key_runs import fail_in_run, open_key_run, start_key_run
from deskapp.commands.merchants import set_contract
from deskapp.commands.papers_stock import queue_part_label
from deskapp.commands.papers_swap import print_swap_note
from deskapp.commands.pickup import hand_out
from deskapp.commands.pickup_forms import Collector, HandedItem, HandedOut, Proof, ProofKind, Signed
from deskapp.commands.pickup_release import check_release
from deskapp.commands.scrap import Consent, ScrapForm, scrap
from deskapp.commands.swap import swap
from deskapp.commands.uncollected import (
    Decided,
    move_to_storage,
    release_uncollected,
    serve_notice,
    set_uncollected,
)
from deskapp.errors import N_, Forbidden, Refused
from deskapp.models import bench, handing_out
from deskapp.models.device import Device, DeviceModel
from deskapp.models.handing_out import money_events, work_events
from deskapp.models.key_runs import run_of
from deskapp.models.local import PrintJob
from deskapp.models.merchant import ServiceContract
from deskapp.models.old_parts import OldPart, old_parts
from deskapp.models.repair import RepairOrder, WorkEvent
from deskapp.models.stock import StockMove
from deskapp.models.store import Store, Write, command
from deskapp.queries.board import SWAPPED, board
from deskapp.rules.depot import OldPartAt
from deskapp.rules.papers import from_json
from deskapp.rules.warranty import from_record
from tests.conftest import FixedClock, People
from tests.factories_bench import Benched, given_out
from tests.factories_depot import Depot, open_depot


@pytest.fixture
def depot(store: Store, people: People) -> Depot:
    return open_depot(store, people)


@command(N_("Wish for old parts in a test"), right="")
def wants_parts_back(write: Write, *, order_id: str) -> None:
    write.session.get_one(RepairOrder, order_id).old_parts_back = True


@command(N_("Fit a part as an older version did"), right="")
def fitted_long_ago(write: Write, *, item_id: str, part_id: str) -> None:
    write.session.add(
        StockMove(id=write.new_id(), at=write.now, by="", part_id=part_id, from_place="shelf", to_place="item",
                  quantity=1, serial_no="OLD0001", item_id=item_id, reason="repair", data={})
    )  # fmt: skip


@command(N_("Give a device only its date of manufacture in a test"), right="")
def made_on(write: Write, *, device_id: str, day: str) -> None:
    unit = write.session.get_one(Device, device_id)
    unit.warranty_until, unit.manufactured_on = "", day


def parts_of(depot: Depot, one: Benched) -> list[OldPart]:
    with depot.store.read() as session:
        return old_parts(session, session.get_one(RepairOrder, one.order_id), one.item_id)


def card(depot: Depot, kind: str) -> Any:
    with depot.store.read() as session:
        rows = session.scalars(select(PrintJob).where(PrintJob.kind == kind).order_by(PrintJob.created_at)).all()
        return from_json(rows[-1].card)


def refusal(depot: Depot, act: Any, by: Any = None) -> Refused:
    with pytest.raises(Refused) as refused:
        depot.do(act, by)
    return refused.value


def handed(depot: Depot, one: Benched, answers: dict[str, str]) -> HandedOut:
    with depot.store.read() as session:
        order = session.get_one(RepairOrder, one.order_id)
        slip, token = order.slip_no, order.slip_token
        tests = {word.code: "pass" for word in handing_out.tests_for(session, session.get(Device, one.device_id))}
    clerk = depot.people.clerk
    proof = Proof(ProofKind.SLIP, slip_no=slip, token=token)
    release = depot.do(check_release(order_id=one.order_id, proof=proof), clerk).release_id
    consent = depot.consent(depot.people.supervisor, "override", clerk)
    form = HandedItem(one.item_id, "ok", tests, (), answers)
    return depot.do(
        hand_out(order_id=one.order_id, release_id=release, collector=Collector("林国强", id_last4="001X"),
                 items=(form,), signed=Signed(on_paper=True), override=consent),
        clerk,
    )  # fmt: skip


def finished(depot: Depot, one: Benched) -> None:
    depot.to_test(one)
    depot.do(run_test(item_id=one.item_id, values=depot.values(one.device_id), tamper_result="ok", shelf="B-03-2"),
             depot.people.inspector)  # fmt: skip


# -- old parts ---------------------------------------------------------------------------


def test_a_part_goes_in_only_with_a_word_on_the_old_one_where_the_catalogue_wants_it(depot: Depot) -> None:
    one, ids, who = depot.in_repair(), depot.shop.ids, depot.people.technician
    keypad = {"item_id": one.item_id, "part_id": ids["KPD-SP60"]}
    refused = refusal(depot, use_part(**keypad), who)
    assert (refused.field, refused.code) == ("old_part_to", "old_part")
    assert refusal(depot, use_part(old_part_to="attic", **keypad), who).field == "old_part_to"
    depot.do(use_part(old_part_to="none", **keypad), who)
    depot.do(use_part(item_id=one.item_id, part_id=ids["CBL-LAN"]), who)
    assert parts_of(depot, one) == []


def test_a_merchant_who_wants_old_parts_is_asked_about_every_one_and_the_receipt_says_what_happened(
    depot: Depot,
) -> None:
    one, ids, who = depot.in_repair(), depot.shop.ids, depot.people.technician
    depot.do(wants_parts_back(order_id=one.order_id))
    cable = {"item_id": one.item_id, "part_id": ids["CBL-LAN"]}
    assert refusal(depot, use_part(**cable), who).code == "old_part"
    depot.do(use_part(old_part_to="merchant", **cable), who)
    depot.do(use_part(item_id=one.item_id, part_id=ids["KPD-SP60"], old_part_to="scrap"), who)
    finished(depot, one)
    promised = [part for part in parts_of(depot, one) if part.promised]
    assert [part.part_no for part in promised] == ["CBL-LAN"]

    assert refusal_at_counter(depot, one, {}) == ("items.0.old_parts", "old_part")
    handed(depot, one, {promised[0].move_id: "merchant"})
    assert {part.part_no: part.at for part in parts_of(depot, one)} == {
        "CBL-LAN": OldPartAt.MERCHANT, "KPD-SP60": OldPartAt.SCRAPPED
    }  # fmt: skip
    said = card(depot, "repair_receipt").old_parts_said
    assert said == "已退还商户：网线 3 米；报废：SP60 按键板"


def refusal_at_counter(depot: Depot, one: Benched, answers: dict[str, str]) -> tuple[str | None, str]:
    with pytest.raises(Refused) as refused:
        handed(depot, one, answers)
    return refused.value.field, refused.value.code


def test_what_a_merchant_leaves_here_is_printed_as_kept_though_it_was_wished_back(depot: Depot) -> None:
    one = depot.in_repair()
    depot.do(wants_parts_back(order_id=one.order_id))
    depot.do(use_part(item_id=one.item_id, part_id=depot.shop.ids["CBL-LAN"], old_part_to="merchant"),
             depot.people.technician)  # fmt: skip
    finished(depot, one)
    handed(depot, one, {parts_of(depot, one)[0].move_id: "old_parts"})
    assert card(depot, "repair_receipt").old_parts_said == "留存本网点：网线 3 米"


def test_a_part_of_which_nobody_said_anything_is_asked_for_at_the_counter(depot: Depot) -> None:
    one = depot.in_repair()
    depot.do(fitted_long_ago(item_id=one.item_id, part_id=depot.shop.ids["BAT-N910"]))
    finished(depot, one)
    [open_one] = parts_of(depot, one)
    assert open_one.unanswered
    assert refusal_at_counter(depot, one, {open_one.move_id: "attic"}) == ("items.0.old_parts", "old_part")
    handed(depot, one, {open_one.move_id: "supplier"})
    assert [(part.fate, part.at) for part in parts_of(depot, one)] == [("supplier", OldPartAt.FOR_MAKER)]


def test_a_part_put_back_takes_its_old_one_in_again(depot: Depot) -> None:
    one, part, who = depot.in_repair(), depot.shop.ids["KPD-SP60"], depot.people.technician
    depot.do(use_part(item_id=one.item_id, part_id=part, old_part_to="old_parts"), who)
    with depot.store.read() as session:
        assert bench.at_place(session, part, "old_parts") == 1
    depot.do(put_part_back(item_id=one.item_id, part_id=part), who)
    with depot.store.read() as session:
        assert bench.removed(session, one.item_id) == [] and bench.at_place(session, part, "old_parts") == 0
    assert parts_of(depot, one) == []


# -- storage ---------------------------------------------------------------------------


def given_up(depot: Depot, clock: FixedClock) -> Benched:
    one = depot.ready()
    clock.forward(days=31)
    depot.do(serve_notice(order_id=one.order_id, until="2027-06-01", proof="挂号信 XA123"), depot.people.clerk)
    clock.forward(days=30)
    depot.do(move_to_storage(order_id=one.order_id, shelf="A-01"))
    clock.forward(days=30)
    depot.do(set_uncollected(order_id=one.order_id))
    return one


def let_go(depot: Depot, one: Benched, decided: Decided) -> Any:
    return release_uncollected(
        item_id=one.item_id, decided=decided, collector="林国强", id_last4="001X", tamper_result="ok", method="cash",
        auditor=depot.consent(depot.people.auditor, "co_sign"),
    )  # fmt: skip


def test_the_storage_fee_is_reckoned_from_the_price_list_and_another_one_needs_a_reason(
    depot: Depot, clock: FixedClock
) -> None:
    one, other = given_up(depot, clock), given_up(depot, clock)
    assert card(depot, "collect_notice").storage_fee == "超过 30 天后每天 ¥1.00，每台最多 ¥90.00"
    refused = refusal(depot, let_go(depot, other, Decided("商户已到", "合同", 500)))
    assert refused.field == "storage_reason"
    depot.do(let_go(depot, other, Decided("商户已到", "合同", 500, "商户住院，主管同意")))
    # The first has waited for 182 days by now: 152 at ¥1.00, cut to the cap.
    depot.do(let_go(depot, one, Decided("商户已到", "合同")))
    with depot.store.read() as session:
        charged = {
            each.item_id: [row for row in money_events(session, each.item_id) if row.kind == "charge"][-1]
            for each in (one, other)
        }
        event = [row for row in work_events(session, one.item_id) if row.move == "release_abandoned"][-1]
        changed = [row for row in work_events(session, other.item_id) if row.move == "release_abandoned"][-1]
    assert charged[one.item_id].fen == 9000 and charged[other.item_id].fen == 500
    kept = event.data["storage"]
    assert (kept["waited"], kept["days"], kept["fen"], kept["price_list"]) == (182, 152, 9000, "2025-01")
    assert changed.data["storage_reason"] == "商户住院，主管同意" and changed.data["storage"]["fen"] == 6100


# -- swap and scrap -----------------------------------------------------------------------


def test_a_swap_prints_the_note_that_both_sign_and_it_can_be_printed_from_either_unit(depot: Depot) -> None:
    one = depot.in_repair()
    depot.pool_unit(warranty_until="2026-05-01")
    done = depot.do(
        swap(item_id=one.item_id, new_serial_no="NLN91099000001", reason="主板无法修复", tamper_result="ok",
             accessories=("power_adapter",))
    )  # fmt: skip
    note = card(depot, "swap_note")
    with depot.store.read() as session:
        order = session.get_one(RepairOrder, one.order_id)
        event = [row for row in work_events(session, one.item_id) if row.move == "swap"][-1]
    assert note.number == f"{order.number}-2" and note.order_no == order.number
    assert (note.old_serial_no, note.serial_no) == (one.serial_no, "NLN91099000001")
    assert (note.terminal_no, note.terminal_words) == ("35010001", "保留")
    assert (note.keys, note.check_value, note.key_slot) == ("密钥已灌装", "A1B2C3", "TMK-01")
    assert (note.warranty_until, note.warranty_words) == ("2027-01-01", "延续原机剩余的质保期")
    assert event.data["warranty_from"] == "remaining" and note.accessories == ("电源适配器",)
    for item_id in (one.item_id, done.item_id):
        depot.do(print_swap_note(item_id=item_id), depot.people.clerk)
    assert refusal(depot, print_swap_note(item_id=depot.in_repair().item_id)).code == "no_swap"


def test_the_board_counts_units_that_were_swapped_out_until_somebody_decides_on_them(
    depot: Depot, clock: FixedClock
) -> None:
    one = depot.in_repair()
    depot.pool_unit()
    depot.do(swap(item_id=one.item_id, new_serial_no="NLN91099000001", reason="换机", tamper_result="ok"))
    clock.forward(days=20)

    def waiting() -> tuple[int, int, str, int]:
        seen = depot.store.ask(lambda session: board(session, depot.store.now))
        queue = next(queue for queue in seen.queues if queue.name == SWAPPED)
        return queue.count, queue.stuck, queue.first, seen.count

    assert waiting() == (1, 1, one.item_id, 1), "the unit that came in is the one in hand"
    scrapped(depot, one)
    assert waiting()[0] == 0


def scrapped(depot: Depot, one: Benched) -> None:
    form = ScrapForm("进水腐蚀", "destroyed", "drilled", Consent("农商行 陈经理", "BF-2026-018"))
    signed = [depot.consent(depot.staff[name], "witness") for name in ("T02", "K01")]
    depot.do(scrap(item_id=one.item_id, form=form, witness=signed[0], second_witness=signed[1]))


def test_the_record_of_a_destroyed_device_has_a_line_for_each_witness(depot: Depot) -> None:
    scrapped(depot, depot.in_repair())
    record = card(depot, "scrap_record")
    assert (record.witness, record.second_witness) == ("赵工", "孙一")


# -- key loads ----------------------------------------------------------------------------


def test_why_keys_are_gone_or_did_not_go_in_is_stored_as_codes(depot: Depot) -> None:
    one, who = depot.in_repair(), depot.people.technician
    assert refusal(depot, need_key_load(item_id=one.item_id, actions=("dance",)), who).field == "reason"
    depot.do(need_key_load(item_id=one.item_id, actions=("replace_board",)), who)
    with depot.store.read() as session:
        event = session.scalars(select(WorkEvent).where(WorkEvent.move == "need_key_load")).one()
    assert event.reason == "keys:replace_board"

    run = depot.do(open_key_run(devices=[one.label_no], key_set="TMK-2026-03", method="master_pos"))
    first, second = depot.staff["K01"], depot.staff["K02"]
    depot.do(start_key_run(run_id=run, second=depot.consent(second, "key_load", first)), first)
    failed = {"run_id": run, "device": one.label_no}
    assert refusal(depot, fail_in_run(reason="magic", **failed), first).field == "reason"
    assert refusal(depot, fail_in_run(reason="other", **failed), first).field == "words"
    depot.do(fail_in_run(reason="no_answer", **failed), first)
    with depot.store.read() as session:
        found = run_of(session, run)
    assert found is not None
    line = found.lines[one.device_id]
    assert (line.reason, line.words) == ("no_answer", "")


# -- hand over ------------------------------------------------------------------------------


def test_a_job_goes_to_somebody_who_does_not_repair_the_model_only_with_consent(depot: Depot) -> None:
    one, other = depot.in_repair(), depot.staff["T02"]
    depot.do(set_skills(staff_id=other.staff_id, skills=["mpos"]))
    act = {"item_id": one.item_id, "to_staff": "T02", "words": "主板已拆"}
    assert refusal(depot, hand_job_over(**act), depot.people.technician).code == "not_certified"
    consent = depot.consent(depot.people.supervisor, "override", depot.people.technician)
    assert depot.do(hand_job_over(override=consent, **act), depot.people.technician) == "赵工"


# -- warranty terms ---------------------------------------------------------------------------


def codes(depot: Depot, one: Benched) -> dict[str, dict[str, Any]]:
    with depot.store.read() as session:
        found = bench.last_of(bench.events_of(session, one.item_id), "record_diagnosis")
    assert found is not None
    return {reason.code: dict(reason.values) for reason in from_record(found.data["warranty_decision"]).reasons}


def test_the_grace_is_the_models_own_where_it_has_one_and_the_decision_says_so(depot: Depot) -> None:
    today = depot.shop.today()
    year = int(today[:4])
    one = depot.shop.take_in()
    depot.do(made_on(device_id=one.device_id, day=f"{year - 1}{(date.fromisoformat(today)).isoformat()[4:8]}01"))
    depot.diagnosed(one)
    assert codes(depot, one)["grace_rule"] == {"months": 3, "source": "usual", "name": ""}

    depot.do(set_terms(model_id="newland-n910", grace_months=9, repair_months=6), depot.people.admin)
    form = DiagnosisForm(symptom_confirmed="yes", cause_code="battery_worn", tamper_flag="none")
    depot.do(record_diagnosis(item_id=one.item_id, form=form), depot.people.technician)
    assert codes(depot, one)["grace_rule"] == {"months": 9, "source": "model", "name": "N910"}


def repair_entry(depot: Depot, one: Benched) -> dict[str, Any]:
    with depot.store.read() as session:
        return dict(session.get_one(Device, one.device_id).repair_warranty["repairs"][-1])


def test_how_long_a_repair_is_covered_is_said_by_contract_model_or_the_usual_rule_and_kept(
    depot: Depot, clock: FixedClock
) -> None:
    first = depot.in_repair()
    finished(depot, first)
    entry = repair_entry(depot, first)
    assert (entry["months"], entry["source"]) == (3, "usual")

    depot.do(set_terms(model_id="newland-n910", grace_months=None, repair_months=4), depot.people.admin)
    second = depot.in_repair()
    finished(depot, second)
    assert (repair_entry(depot, second)["months"], repair_entry(depot, second)["source"]) == (4, "model")

    depot.do(set_contract(merchant_id=depot.shop.ids["merchant"], number="WB-2026-7", kind="年度维保合同"))
    third = depot.in_repair()
    finished(depot, third)
    entry = repair_entry(depot, third)
    assert (entry["months"], entry["source"], entry["name"]) == (6, "contract", "WB-2026-7")
    assert repair_entry(depot, first)["months"] == 3, "what was decided is never worked out again"

    depot.do(given_out(item_id=third.item_id), depot.people.clerk)
    clock.forward(days=150)
    with depot.store.read() as session:
        contract = session.scalars(select(ServiceContract)).one()
    depot.do(set_contract(merchant_id=depot.shop.ids["merchant"], contract_id=contract.id, number="WB-2026-7"))
    again = depot.shop.take_in(device_id=third.device_id)
    depot.diagnosed(again)
    assert codes(depot, again)["repair_rule"] == {"months": 6, "source": "contract", "name": "WB-2026-7"}


def test_a_models_terms_are_checked_and_do_not_touch_its_test_plan(depot: Depot) -> None:
    admin = depot.people.admin
    for grace, repair, field in ((99, 3, "grace_months"), (0, 0, "repair_months")):
        act = set_terms(model_id="newland-n910", grace_months=grace, repair_months=repair)
        assert refusal(depot, act, admin).field == field
    depot.do(set_terms(model_id="newland-n910", grace_months=0, repair_months=12), depot.people.admin)

    def plan() -> tuple[str, dict[str, Any]]:
        with depot.store.read() as session:
            model = session.get_one(DeviceModel, "newland-n910")
            return bench.test_plan(model)[0], dict(model.tests)

    assert plan() == ("smart_pos", {"terms": {"grace_months": 0, "repair_months": 12}})
    depot.do(set_tests(model_id="newland-n910", text="-wifi"), depot.people.admin)
    assert plan()[1] == {"terms": {"grace_months": 0, "repair_months": 12}, "without": ["wifi"]}
    depot.do(set_terms(model_id="newland-n910", grace_months=None, repair_months=None), depot.people.admin)
    assert plan()[1] == {"without": ["wifi"]}


def test_a_third_failure_waits_on_the_supervisors_list_until_it_is_decided(depot: Depot) -> None:
    one, inspector = depot.in_repair(), depot.people.inspector

    def fail(override: Any = None) -> None:
        values = depot.values(one.device_id, keypad="fail", screen="fail")
        depot.do(run_test(item_id=one.item_id, values=values, tamper_result="ok", override=override), inspector)

    for _round in range(2):
        depot.to_test(one)
        fail()
    depot.to_test(one)
    with pytest.raises(Forbidden):
        fail()
    for _call in range(2):
        depot.do(call_supervisor(item_id=one.item_id), inspector)
    assert [card.data["loops"] for card in depot.cards("third_failure")] == [3], "once, however often it is told"
    assert depot.state(one) == "qc_testing"
    fail(depot.consent(depot.people.supervisor, "override", inspector))
    assert depot.state(one) == "repairing" and not depot.cards("third_failure")


def test_the_label_of_a_part_names_what_it_fits_in_words(depot: Depot) -> None:
    depot.do(queue_part_label(part_id=depot.shop.ids["CBL-LAN"]), depot.people.keeper)
    with depot.store.read() as session:
        [job] = session.scalars(select(PrintJob).where(PrintJob.kind == "part_label")).all()
    card: Any = from_json(job.card)
    assert card.fits == "传统POS、智能POS"
