"""The depot's own work: key runs, swaps, scrapping, parts, uncollected devices, loaners, warranty, next device."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from deskapp.commands.bench import DiagnosisForm, NeededPart, quarantine, record_diagnosis, release_quarantine
from deskapp.commands.bench_parts import parts_arrived, use_part, wait_for_parts
from deskapp.commands.bench_test import run_test
from deskapp.commands.catalogue import count_parts, receive_parts
from deskapp.commands.checkin import check_in
from deskapp.commands.checkin_forms import Deliverer, DeviceForm, Terms
from deskapp.commands.key_runs import (
    close_key_run,
    fail_in_run,
    leave_out,
    load_in_run,
    open_key_run,
    start_key_run,
)
from deskapp.commands.loaners import lend, remind_loan, set_loaner, take_back, warn_of_lent
from deskapp.commands.papers_depot import print_command_sheet, print_shelf_labels
from deskapp.commands.papers_stock import queue_part_label
from deskapp.commands.pickup import close_due, confirm_working
from deskapp.commands.scrap import Consent, KeptPart, ScrapForm, scrap
from deskapp.commands.stock_desk import print_parts_order, release_part, reserve_part, send_old_part
from deskapp.commands.swap import swap
from deskapp.commands.uncollected import (
    Decided,
    move_to_storage,
    release_uncollected,
    return_to_owner,
    scrap_uncollected,
    serve_notice,
    set_uncollected,
)
from deskapp.errors import N_, Forbidden, Refused
from deskapp.models import bench
from deskapp.models.device import Device, TerminalBinding
from deskapp.models.folding import custody_of, work_of
from deskapp.models.key_runs import run_of
from deskapp.models.local import PrintJob
from deskapp.models.repair import ItemRecord, RepairItem, RepairOrder
from deskapp.models.stock import LoanEvent, Part, StockMove
from deskapp.models.store import Store, Write, command
from deskapp.queries.next_job import next_device
from deskapp.rules.papers import from_json
from tests.conftest import FixedClock, People
from tests.factories_bench import Benched, given_out
from tests.factories_depot import Depot, open_depot

KEY = "0123456789ABCDEF0123456789ABCDEF"


@pytest.fixture
def depot(store: Store, people: People) -> Depot:
    return open_depot(store, people)


def papers(depot: Depot) -> list[str]:
    with depot.store.read() as session:
        return [row.kind for row in session.scalars(select(PrintJob).order_by(PrintJob.created_at))]


# -- key-load runs -----------------------------------------------------------------


def begun_run(depot: Depot, count: int = 2) -> tuple[str, list[Benched]]:
    devices = [depot.awaiting_keys() for _one in range(count)]
    run = depot.do(open_key_run(devices=[one.label_no for one in devices], key_set="TMK-2026-03", method="master_pos"))
    first, second = depot.staff["K01"], depot.staff["K02"]
    depot.do(start_key_run(run_id=run, second=depot.consent(second, "key_load", first)), first)
    return run, devices


def test_a_run_with_one_failed_unit_is_closed_when_every_device_is_accounted_for(depot: Depot) -> None:
    run, (good, bad, other) = begun_run(depot, 3)
    who = depot.staff["K01"]
    load = {"run_id": run, "slot": "TMK-01", "check_value": "A1B2C3", "device_result": "灌装成功"}
    assert depot.do(load_in_run(device=good.label_no, **load), who) == 2
    assert depot.do(fail_in_run(run_id=run, device=bad.label_no, words="设备报 E07"), who) == 1

    with pytest.raises(Refused) as refusal:
        depot.do(close_key_run(run_id=run), who)
    assert refusal.value.code == "open"

    depot.do(leave_out(run_id=run, device=other.serial_no, words="设备未送到"), depot.staff["K02"])
    depot.do(close_key_run(run_id=run), who)
    assert [depot.state(one) for one in (good, bad, other)] == ["qc_testing", "awaiting_key_load", "awaiting_key_load"]
    with depot.store.read() as session:
        closed = run_of(session, run)
    assert closed is not None and closed.closed_at and (closed.count("loaded"), closed.count("failed")) == (1, 1)
    assert papers(depot).count("key_run") == 2, "the list before, the record after"


def test_nothing_that_may_be_a_key_gets_into_a_run(depot: Depot) -> None:
    run, (one, _other) = begun_run(depot)
    load = {"run_id": run, "device": one.label_no, "slot": "TMK-01", "check_value": "A1B2C3", "device_result": "ok"}
    for field in ("slot", "check_value", "device_result"):
        with pytest.raises(Refused) as refusal:
            depot.do(load_in_run(**{**load, field: KEY}), depot.staff["K01"])
        assert refusal.value.field == field
    with depot.store.read() as session:
        assert not [row for row in session.scalars(select(ItemRecord)) if KEY in str(row.data) + row.words]


def test_a_device_that_is_not_on_the_list_gets_no_keys(depot: Depot) -> None:
    run, _devices = begun_run(depot)
    late = depot.awaiting_keys()
    with pytest.raises(Refused) as refusal:
        depot.do(
            load_in_run(run_id=run, device=late.label_no, slot="TMK-01", check_value="A1B2", device_result="ok"),
            depot.staff["K01"],
        )
    assert refusal.value.code == "not_listed"


def test_keys_are_loaded_by_two_custodians_and_not_by_whoever_made_the_list(depot: Depot) -> None:
    one = depot.awaiting_keys()
    run = depot.do(open_key_run(devices=[one.label_no], key_set="TMK", method="remote"))
    first = depot.staff["K01"]
    load = load_in_run(run_id=run, device=one.label_no, slot="TMK-01", check_value="A1B2", device_result="ok")
    with pytest.raises(Forbidden) as refusal:
        depot.do(load, first)
    assert refusal.value.code == "not_started"
    with pytest.raises(Forbidden) as refusal:
        depot.do(start_key_run(run_id=run, second=depot.consent(first, "key_load", first)), first)
    assert refusal.value.code == "second_person"
    with pytest.raises(Forbidden):
        depot.do(open_key_run(devices=[one.label_no], key_set="TMK", method="remote"), first)


def test_a_run_begun_yesterday_is_signed_again(depot: Depot, clock: FixedClock) -> None:
    run, (one, _other) = begun_run(depot)
    clock.forward(hours=13)
    with pytest.raises(Forbidden):
        depot.do(
            load_in_run(run_id=run, device=one.label_no, slot="T", check_value="A1B2", device_result="ok"),
            depot.staff["K01"],
        )


# -- swap ----------------------------------------------------------------------------


def test_a_swap_keeps_the_terminal_number_changes_the_serial_and_keeps_the_history(depot: Depot) -> None:
    one = depot.in_repair()
    unit = depot.pool_unit(warranty_until="2026-05-01")
    done = depot.do(
        swap(item_id=one.item_id, new_serial_no="NLN91099000001", reason="主板无法修复", tamper_result="ok")
    )

    assert depot.state(one) == "swapped" and depot.state(done.item_id) == "ready_for_pickup"
    with depot.store.read() as session:
        old, new = session.get_one(RepairItem, one.item_id), session.get_one(RepairItem, done.item_id)
        assert new.terminal_no == "35010001" and new.previous_item_id == old.id and new.order_id == old.order_id
        bound = session.scalars(select(TerminalBinding).order_by(TerminalBinding.n)).all()
        mine = [(row.device_id, bool(row.valid_to)) for row in bound if row.device_id in (one.device_id, unit)]
        assert mine == [(one.device_id, True), (unit, False)]
        assert len({row.terminal_no for row in bound if row.device_id in (one.device_id, unit)}) == 1
        assert session.get_one(Device, unit).warranty_until == "2027-01-01", "what was left of the old one's term"
        assert custody_of(session, one.item_id).holder == "shelf:A-01"
    assert not depot.cards("terminal_twice")
    assert [card.data["new"] for card in depot.cards("binding_update")] == ["NLN91099000001"]
    assert done.keys_loaded


def test_the_keys_of_a_swapped_unit_are_loaded_in_a_run(depot: Depot) -> None:
    one = depot.in_repair()
    depot.pool_unit(keys=False)
    done = depot.do(swap(item_id=one.item_id, new_serial_no="NLN91099000001", reason="换机", tamper_result="ok"))
    run = depot.do(open_key_run(devices=[done.label_no], key_set="TMK", method="master_pos"))
    first = depot.staff["K01"]
    depot.do(start_key_run(run_id=run, second=depot.consent(depot.staff["K02"], "key_load", first)), first)
    depot.do(load_in_run(run_id=run, device=done.label_no, slot="T1", check_value="A1B2", device_result="ok"), first)
    assert depot.state(done.item_id) == "qc_testing"


def test_a_unit_that_was_not_tested_does_not_serve(depot: Depot) -> None:
    from tests.factories_depot import add_unit

    one = depot.in_repair()
    depot.do(add_unit(serial_no="NLN91099000002"))
    with pytest.raises(Refused) as refusal:
        depot.do(swap(item_id=one.item_id, new_serial_no="NLN91099000002", reason="换机", tamper_result="ok"))
    assert refusal.value.code == "untested"


def test_the_twin_of_a_swapped_unit_goes_into_quarantine(depot: Depot) -> None:
    """The old unit lies with us, so another one with its number at the counter is looked at by a supervisor."""
    one = depot.in_repair()
    depot.pool_unit()
    depot.do(swap(item_id=one.item_id, new_serial_no="NLN91099000001", reason="换机", tamper_result="ok"))
    form = DeviceForm(
        serial_no=one.serial_no, tamper="ok", batch="no", symptom_code="no_power", condition={"all": "fine"},
        power_state="no", no_photo_reason="no_camera",
    )  # fmt: skip
    asked = {
        "devices": (form,), "deliverer": Deliverer("陈一", "13805912345"),
        "merchant_id": depot.shop.ids["merchant"], "terms": Terms(data_notice=True),
    }  # fmt: skip
    with pytest.raises(Refused) as refusal:
        depot.do(check_in(**asked), depot.people.clerk)
    assert refusal.value.code == "open_order"
    consent = depot.consent(depot.people.supervisor, "override", depot.people.clerk)
    done = depot.do(check_in(**asked, override=consent), depot.people.clerk)
    assert depot.state(done.devices[0].item_id) == "quarantined"


# -- scrap -----------------------------------------------------------------------------


def scrap_form(**more: object) -> ScrapForm:
    values: dict[str, object] = {
        "reason": "进水腐蚀，无法修复", "keys_erased": "destroyed", "method": "drilled",
        "consent": Consent("农商行 陈经理", "BF-2026-018"),
    }  # fmt: skip
    return ScrapForm(**{**values, **more})  # type: ignore[arg-type]


def test_nothing_is_scrapped_without_consent_or_without_two_witnesses(depot: Depot) -> None:
    one = depot.in_repair()
    people = depot.people

    def tried(form: ScrapForm, *names: str) -> Refused:
        signed = [depot.consent({**depot.staff, "T01": people.technician}[name], "witness") for name in names]
        signed += [None] * (2 - len(signed))  # type: ignore[list-item]
        with pytest.raises(Refused) as refusal:
            depot.do(scrap(item_id=one.item_id, form=form, witness=signed[0], second_witness=signed[1]))
        return refusal.value

    assert tried(scrap_form(consent=Consent()), "T02", "K01").field == "owner_consent"
    assert tried(scrap_form(consent=Consent("陈经理")), "T02", "K01").code == "owner_order"
    assert tried(scrap_form()).field == "witness"
    assert tried(scrap_form(), "T02").field == "second_witness"
    assert tried(scrap_form(), "T02", "T02").code == "second_person"
    assert depot.state(one) == "repairing"


def test_a_scrapped_device_leaves_its_parts_to_the_stock_and_a_record(depot: Depot) -> None:
    one = depot.in_repair()
    with depot.store.read() as session:
        part = session.scalars(select(Part).where(Part.serialised.is_(False))).first()
        assert part is not None
        before = bench.on_shelf(session, [part.id])[part.id]
    signed = [depot.consent(depot.staff[name], "witness") for name in ("T02", "K01")]
    depot.do(scrap(item_id=one.item_id, form=scrap_form(kept=(KeptPart(part.id, 2),)), witness=signed[0],
                   second_witness=signed[1]))  # fmt: skip
    assert depot.state(one) == "scrapped"
    with depot.store.read() as session:
        assert bench.on_shelf(session, [part.id])[part.id] == before + 2
        donor = session.scalars(select(StockMove).where(StockMove.from_place == "donor")).one()
        assert donor.item_id == one.item_id and donor.data["donor_serial"] == one.serial_no
        assert custody_of(session, one.item_id).holder == "none"
    assert "scrap_record" in papers(depot)
    depot.do(queue_part_label(part_id=part.id), depot.people.keeper)
    with depot.store.read() as session:
        job = session.scalars(select(PrintJob).where(PrintJob.kind == "part_label")).one()
    assert from_json(job.card).condition == "used"  # type: ignore[attr-defined]


def test_a_unit_that_was_swapped_out_is_scrapped_on_its_ended_order(depot: Depot) -> None:
    one = depot.in_repair()
    depot.pool_unit()
    depot.do(swap(item_id=one.item_id, new_serial_no="NLN91099000001", reason="换机", tamper_result="ok"))
    for again in (False, True):
        signed = [depot.consent(depot.staff[name], "witness") for name in ("T02", "K01")]
        act = scrap(item_id=one.item_id, form=scrap_form(), witness=signed[0], second_witness=signed[1])
        if again:
            with pytest.raises(Refused) as refusal:
                depot.do(act)
            assert refusal.value.code == "scrapped"
        else:
            depot.do(act)
    assert depot.state(one) == "swapped"


# -- quarantine ------------------------------------------------------------------------


def test_quarantine_ends_with_a_finding_of_two_people_and_resumes_the_waiting(depot: Depot) -> None:
    one = depot.in_repair()
    part = depot.shop.ids["BAT-N910"]
    depot.do(wait_for_parts(item_id=one.item_id, part_id=part, quantity=1, order_no="PO-1", expected_date="2026-04-01"),
             depot.people.technician)  # fmt: skip
    depot.do(quarantine(item_id=one.item_id, reason="封签破损"), depot.people.technician)
    with pytest.raises(Refused):
        depot.do(parts_arrived(item_id=one.item_id, part_id=part, quantity=1), depot.people.technician)
    consent = depot.consent(depot.people.technician, "witness")
    depot.do(release_quarantine(item_id=one.item_id, finding="运输压痕，封签完整", second=consent))
    assert depot.state(one) == "awaiting_parts"
    depot.do(parts_arrived(item_id=one.item_id, part_id=part, quantity=1), depot.people.technician)
    assert depot.state(one) == "repairing"


# -- parts -------------------------------------------------------------------------------


def battery(depot: Depot) -> str:
    return depot.shop.ids["BAT-N910"]


def plain_part(depot: Depot) -> str:
    with depot.store.read() as session:
        found = session.scalars(select(Part).where(Part.serialised.is_(False))).first()
    assert found is not None
    return found.id


def shelf(depot: Depot, part_id: str) -> int:
    with depot.store.read() as session:
        return bench.on_shelf(session, [part_id])[part_id]


def test_what_is_kept_for_one_device_is_not_free_for_another(depot: Depot) -> None:
    one, other, part = depot.in_repair(), depot.in_repair(), plain_part(depot)
    there = shelf(depot, part)
    kept = depot.do(reserve_part(item_id=one.item_id, part_id=part, quantity=there - 1), depot.people.keeper)
    assert kept.free == 1 == shelf(depot, part)
    with pytest.raises(Refused) as refusal:
        depot.do(reserve_part(item_id=other.item_id, part_id=part, quantity=2), depot.people.technician)
    assert refusal.value.code == "short"
    depot.do(use_part(item_id=one.item_id, part_id=part), depot.people.technician)
    assert shelf(depot, part) == 1, "taken from its own tray"
    depot.do(release_part(item_id=one.item_id, part_id=part, quantity=there - 2), depot.people.keeper)
    assert shelf(depot, part) == there - 1
    with depot.store.read() as session:
        assert [fitted.quantity for fitted in bench.fitted(session, one.item_id)] == [1]


def test_a_tray_is_empty_when_the_device_leaves_the_bench(depot: Depot) -> None:
    one, part = depot.in_repair(), plain_part(depot)
    there = shelf(depot, part)
    depot.do(reserve_part(item_id=one.item_id, part_id=part, quantity=2), depot.people.keeper)
    depot.to_test(one)
    depot.do(run_test(item_id=one.item_id, values=depot.values(one.device_id), tamper_result="ok"),
             depot.people.inspector)  # fmt: skip
    assert shelf(depot, part) == there


def test_a_delivery_wakes_the_longest_waiting_jobs_it_reaches(depot: Depot) -> None:
    part = plain_part(depot)
    depot.do(count_parts(part_id=part, counted=0, reason="盘点"), depot.people.keeper)
    jobs = [depot.in_repair() for _one in range(3)]
    for one in jobs:
        depot.do(wait_for_parts(item_id=one.item_id, part_id=part, quantity=2, order_no="PO-7",
                                expected_date="2026-04-01"), depot.people.technician)  # fmt: skip
    told = depot.do(receive_parts(part_id=part, quantity=5), depot.people.keeper)
    assert told == (jobs[0].label_no, jobs[1].label_no)
    assert [card.subject_id for card in depot.cards("part_arrived")] == [one.item_id for one in jobs[:2]]
    depot.do(parts_arrived(item_id=jobs[0].item_id, part_id=part, quantity=2), depot.people.technician)
    assert [card.subject_id for card in depot.cards("part_arrived")] == [jobs[1].item_id]


def test_more_taken_than_there_was_asks_for_a_count_which_settles_it(depot: Depot) -> None:
    one, part = depot.in_repair(), plain_part(depot)
    depot.do(count_parts(part_id=part, counted=0), depot.people.keeper)
    depot.do(use_part(item_id=one.item_id, part_id=part), depot.people.technician)
    assert [card.subject_id for card in depot.cards("stock")] == [part]
    depot.do(count_parts(part_id=part, counted=3), depot.people.keeper)
    assert not depot.cards("stock") and shelf(depot, part) == 3


def test_what_is_short_or_awaited_is_ordered(depot: Depot) -> None:
    with pytest.raises(Refused):
        depot.do(print_parts_order(), depot.people.keeper)
    part, one = plain_part(depot), depot.in_repair()
    depot.do(count_parts(part_id=part, counted=1), depot.people.keeper)
    depot.do(wait_for_parts(item_id=one.item_id, part_id=part, quantity=4, order_no="PO-9", expected_date="2026-04-01"),
             depot.people.technician)  # fmt: skip
    depot.do(print_parts_order(), depot.people.keeper)
    with depot.store.read() as session:
        job = session.scalars(select(PrintJob).where(PrintJob.kind == "parts_order")).one()
    assert '"quantity": 3' in job.card or '"quantity":3' in job.card


def test_an_old_part_goes_to_the_maker_once(depot: Depot) -> None:
    one, part = depot.in_repair(), plain_part(depot)
    depot.do(use_part(item_id=one.item_id, part_id=part, old_part_to="old_parts"), depot.people.technician)
    assert depot.do(send_old_part(part_id=part, to="supplier", item_id=one.item_id), depot.people.keeper) == 0
    with pytest.raises(Refused) as refusal:
        depot.do(send_old_part(part_id=part, to="scrap"), depot.people.keeper)
    assert refusal.value.code == "short"


# -- uncollected ---------------------------------------------------------------------------


def waiting_for_ever(depot: Depot, clock: FixedClock) -> Benched:
    """A device on which the whole ladder was climbed."""
    one = depot.ready()
    clock.forward(days=31)
    depot.do(serve_notice(order_id=one.order_id, until="2027-06-01", proof="挂号信 XA123"), depot.people.clerk)
    clock.forward(days=30)
    depot.do(move_to_storage(order_id=one.order_id, shelf="A-01"))
    clock.forward(days=30)
    return one


def test_a_device_is_set_as_uncollected_only_after_the_whole_ladder(depot: Depot, clock: FixedClock) -> None:
    one = depot.ready()
    with pytest.raises(Refused) as refusal:
        depot.do(set_uncollected(order_id=one.order_id))
    assert refusal.value.code == "early"
    clock.forward(days=95)
    with pytest.raises(Refused) as refusal:
        depot.do(set_uncollected(order_id=one.order_id))
    assert refusal.value.code == "no_notice"
    depot.do(serve_notice(order_id=one.order_id, until="2027-01-01", proof="挂号信 XA123"), depot.people.clerk)
    assert depot.do(set_uncollected(order_id=one.order_id)) == 1
    assert depot.state(one) == "abandoned" and "collect_notice" in papers(depot)


def test_a_supervisor_decides_with_an_auditor_and_on_a_legal_basis(depot: Depot, clock: FixedClock) -> None:
    one = waiting_for_ever(depot, clock)
    depot.do(set_uncollected(order_id=one.order_id))
    auditor = depot.people.auditor
    decided = Decided("退还产权银行", "收单协议第 8 条")
    with pytest.raises(Refused) as refusal:
        depot.do(return_to_owner(item_id=one.item_id, decided=Decided("退还", ""), owner="bank", taker="陈经理",
                                 auditor=depot.consent(auditor, "co_sign")))  # fmt: skip
    assert refusal.value.field == "legal_basis"
    with pytest.raises(Refused) as refusal:
        depot.do(return_to_owner(item_id=one.item_id, decided=decided, owner="bank", taker="陈经理", auditor=None))
    assert refusal.value.code == "needs_override"
    depot.do(return_to_owner(item_id=one.item_id, decided=decided, owner="bank", taker="陈经理",
                             auditor=depot.consent(auditor, "co_sign")))  # fmt: skip
    assert depot.state(one) == "closed"
    with depot.store.read() as session:
        assert custody_of(session, one.item_id).holder == "owner"


def test_an_uncollected_device_can_still_go_home_or_be_scrapped(depot: Depot, clock: FixedClock) -> None:
    home, gone = waiting_for_ever(depot, clock), waiting_for_ever(depot, clock)
    auditor = depot.people.auditor
    for one in (home, gone):
        depot.do(set_uncollected(order_id=one.order_id))
    depot.do(
        release_uncollected(item_id=home.item_id, decided=Decided("商户已到", "合同"), collector="林国强",
                            id_last4="001X", tamper_result="ok", auditor=depot.consent(auditor, "co_sign"),
                            method="cash")
    )  # fmt: skip
    assert depot.state(home) == "picked_up"
    depot.do(
        scrap_uncollected(
            item_id=gone.item_id, decided=Decided("销毁", "银行来函"), form=scrap_form(),
            auditor=depot.consent(auditor, "co_sign"), witness=depot.consent(depot.staff["T02"], "witness"),
        )
    )  # fmt: skip
    assert depot.state(gone) == "scrapped"


# -- loaners ---------------------------------------------------------------------------------


def lent(depot: Depot, one: Benched) -> str:
    serial = "NLN91098000001"
    depot.pool_unit(serial)
    depot.do(set_loaner(serial_no=serial), depot.people.clerk)
    depot.do(lend(serial_no=serial, due_at=depot.store.now + 86_400_000, order_id=one.order_id, tamper_result="ok"),
             depot.people.clerk)  # fmt: skip
    return serial


def test_an_order_does_not_close_while_its_loaner_is_out(depot: Depot, clock: FixedClock) -> None:
    one = depot.ready()
    serial = lent(depot, one)
    depot.do(given_out(item_id=one.item_id), depot.people.clerk)
    clock.forward(days=8)
    assert depot.store.run(close_due()).result == 0 and depot.state(one) == "picked_up"
    confirm = {"item_ids": (one.item_id,), "result": "call", "confirmed_by": "林国强"}
    with pytest.raises(Refused) as refusal:
        depot.do(confirm_working(**confirm), depot.people.clerk)
    assert refusal.value.code == "needs_override"
    assert depot.do(remind_loan(serial_no=serial, channel="phone", result="reached"), depot.people.clerk) == 1
    consent = depot.consent(depot.people.supervisor, "override", depot.people.clerk, "备机下周归还")
    depot.do(confirm_working(**confirm, override=consent), depot.people.clerk)
    assert depot.state(one) == "closed" and depot.cards("loaner_out")


def test_an_order_closes_by_itself_once_the_loaner_is_back(depot: Depot, clock: FixedClock) -> None:
    one = depot.ready()
    serial = lent(depot, one)
    depot.do(given_out(item_id=one.item_id), depot.people.clerk)
    depot.do(take_back(serial_no=serial, tamper_result="ok"), depot.people.clerk)
    clock.forward(days=8)
    assert depot.store.run(close_due()).result == 1 and depot.state(one) == "closed"


@command(N_("Let a loan that another desk wrote arrive late in a test"), right="")
def late_loan(write: Write, *, serial_no: str, order_id: str) -> None:
    """Write the fact as a sync would: nobody here is asked whether the order is open still."""
    unit = write.session.scalars(select(Device).where(Device.serial_no == serial_no)).one()
    write.session.add(LoanEvent(id=write.new_id(), at=write.now, by="", kind="lend", device_id=unit.id, order_id=order_id,
                                due_at=write.now + 86_400_000))  # fmt: skip


def test_a_loan_heard_of_after_the_order_was_closed_elsewhere_is_told_once(depot: Depot, clock: FixedClock) -> None:
    one = depot.ready()
    depot.do(given_out(item_id=one.item_id), depot.people.clerk)
    depot.do(confirm_working(item_ids=(one.item_id,), result="call", confirmed_by="林国强"), depot.people.clerk)
    assert depot.state(one) == "closed" and depot.store.run(warn_of_lent()).result == 0
    depot.pool_unit("NLN91098000009")
    depot.store.run(late_loan(serial_no="NLN91098000009", order_id=one.order_id))
    assert [depot.store.run(warn_of_lent()).result for _turn in range(2)] == [1, 0]
    assert [card.words for card in depot.cards("loaner_out")] == ["NLN91098000009"]


# -- warranty --------------------------------------------------------------------------------


def repaired_with_part(depot: Depot, part: str, *, device_id: str = "", **more: object) -> Benched:
    one = depot.shop.take_in(serial_no="NLN91025777777", device_id=device_id, **more)
    depot.diagnosed(one, needed_parts=(NeededPart(part),))
    from deskapp.commands.bench import start_repair

    depot.do(start_repair(item_id=one.item_id), depot.people.technician)
    depot.do(use_part(item_id=one.item_id, part_id=part), depot.people.technician)
    depot.to_test(one)
    depot.do(run_test(item_id=one.item_id, values=depot.values(one.device_id), tamper_result="ok"),
             depot.people.inspector)  # fmt: skip
    depot.do(given_out(item_id=one.item_id), depot.people.clerk)
    return one


def terms(depot: Depot, device_id: str) -> dict[str, list[str]]:
    with depot.store.read() as session:
        entries = session.get_one(Device, device_id).repair_warranty["repairs"]
    found: dict[str, list[str]] = {}
    for entry in entries:
        found.setdefault(str(entry.get("part_no", "")), []).append(str(entry["until"]))
    return found


def test_a_re_repair_inside_the_repair_warranty_resets_neither_the_repair_nor_the_part(
    depot: Depot, clock: FixedClock
) -> None:
    part = plain_part(depot)
    first = repaired_with_part(depot, part, warranty_until="2026-03-20")
    before = terms(depot, first.device_id)
    clock.forward(days=40)
    again = depot.shop.take_in(device_id=first.device_id)
    decided = depot.diagnosed(again, needed_parts=(NeededPart(part),))
    assert (decided.result, decided.basis) == ("free", "repair_warranty")
    from deskapp.commands.bench import start_repair

    depot.do(start_repair(item_id=again.item_id), depot.people.technician)
    depot.do(use_part(item_id=again.item_id, part_id=part), depot.people.technician)
    depot.to_test(again)
    depot.do(run_test(item_id=again.item_id, values=depot.values(again.device_id), tamper_result="ok"),
             depot.people.inspector)  # fmt: skip
    after = terms(depot, first.device_id)
    assert {key: set(ends) for key, ends in after.items()} == {key: set(ends) for key, ends in before.items()}


def test_a_part_is_covered_by_its_own_term_for_another_fault_too_and_covers_nothing_else(
    depot: Depot, clock: FixedClock
) -> None:
    part = plain_part(depot)
    first = repaired_with_part(depot, part, warranty_until="2026-03-20")
    clock.forward(days=40)
    same_part = depot.shop.take_in(device_id=first.device_id, symptom="faint_print")
    covered = depot.diagnosed(same_part, needed_parts=(NeededPart(part),))
    assert (covered.result, covered.basis) == ("free", "repair_warranty")
    form = DiagnosisForm(symptom_confirmed="yes", cause_code="battery_worn", tamper_flag="none")
    other = depot.do(record_diagnosis(item_id=same_part.item_id, form=form), depot.people.technician)
    assert other.result == "payable", "another fault and no covered part"


# -- next device, papers -----------------------------------------------------------------------


def test_the_next_device_is_ones_own_then_the_most_urgent_that_fits(depot: Depot) -> None:
    from deskapp.commands.bench_skills import set_skills

    technician, other = depot.people.technician, depot.staff["T02"]
    low, rush = depot.shop.take_in(), depot.shop.take_in(priority=1)
    foreign = depot.shop.take_in(model_id="pax-a920", priority=1)
    depot.do(set_skills(staff_id=technician.staff_id, skills=["newland-n910"]))

    def asked(who: object, roles: tuple[str, ...] = ("technician",)) -> tuple[str, str]:
        with depot.store.read() as session:
            found = next_device(session, who.staff_id, roles)  # type: ignore[attr-defined]
        return (found.label_no, found.why) if found else ("", "")

    assert asked(technician) == (rush.label_no, "new")
    depot.diagnosed(rush)
    assert asked(technician) == (rush.label_no, "own")
    assert asked(other)[0] == foreign.label_no
    mine = depot.in_repair()
    depot.to_test(mine)
    assert asked(depot.people.inspector, ("qc_inspector",)) == (mine.label_no, "test")
    assert asked(technician, ("qc_inspector",)) == ("", ""), "nobody tests their own work"
    assert low.label_no


def test_the_command_sheet_and_every_shelf_label_print(depot: Depot) -> None:
    depot.do(print_command_sheet())
    assert len(depot.do(print_shelf_labels())) == 2
    assert papers(depot).count("shelf_label") == 2 and "command_sheet" in papers(depot)


def test_an_order_with_a_swap_ends_with_the_unit_that_took_its_place(depot: Depot, clock: FixedClock) -> None:
    one = depot.in_repair()
    depot.pool_unit()
    done = depot.do(swap(item_id=one.item_id, new_serial_no="NLN91099000001", reason="换机", tamper_result="ok"))
    depot.do(given_out(item_id=done.item_id), depot.people.clerk)
    clock.forward(days=8)
    depot.store.run(close_due())
    with depot.store.read() as session:
        assert session.get_one(RepairOrder, one.order_id).closed_at
        assert not work_of(session, done.item_id).misfits
