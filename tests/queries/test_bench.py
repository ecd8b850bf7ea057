"""What the bench shows: the queue in the order to take things up, and one card with everything about a device."""

from __future__ import annotations

import pytest

from deskapp.commands.bench import DiagnosisForm, RepairForm, pause_job, record_diagnosis, send_to_test, start_diagnosis
from deskapp.commands.bench import start_repair as begin
from deskapp.commands.bench_charge import WantedLine
from deskapp.commands.bench_parts import use_part, wait_for_parts
from deskapp.commands.bench_quote import make_quote
from deskapp.models.store import Store
from deskapp.queries.bench import bench_queue, parts_for, price_lines, technicians
from deskapp.queries.bench_job import JobCard, job
from tests.conftest import FixedClock, People
from tests.factories_bench import Benched, Shop, open_shop


@pytest.fixture
def shop(store: Store, people: People) -> Shop:
    return open_shop(store, people)


def diagnose(shop: Shop, one: Benched, cause: str = "battery_worn", **more: object) -> None:
    by = shop.people.technician
    shop.store.run(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), by=by)
    form = DiagnosisForm(symptom_confirmed="yes", cause_code=cause, tamper_flag="none", **more)  # type: ignore[arg-type]
    shop.store.run(record_diagnosis(item_id=one.item_id, form=form), by=by)


def card(shop: Shop, one: Benched, roles: tuple[str, ...] = ("technician",), staff_id: str = "") -> JobCard:
    found = shop.store.ask(lambda session: job(session, one.item_id, shop.store.now, roles=roles, staff_id=staff_id))
    assert found is not None
    return found


def test_what_waits_for_others_stands_below_what_we_can_go_on_with(shop: Shop, clock: FixedClock) -> None:
    waiting, resting, late, urgent = (
        shop.take_in(warranty_until="2027-01-09", priority=priority) for priority in (2, 3, 3, 1)
    )
    diagnose(shop, waiting)
    shop.store.run(
        wait_for_parts(item_id=waiting.item_id, part_id="BAT-N910", quantity=1, order_no="PO-1",
                       expected_date="2026-03-20"), by=shop.people.technician,
    )  # fmt: skip
    diagnose(shop, resting)
    shop.store.run(pause_job(item_id=resting.item_id, reason="等资料"), by=shop.people.technician)

    rows = shop.store.ask(lambda session: bench_queue(session, shop.store.now))

    assert [row.item_id for row in rows] == [one.item_id for one in (urgent, late, waiting, resting)]
    assert [row.waits_for for row in rows] == ["", "", "parts", "resting"]
    assert rows[0].merchant == "闽味小吃店"


def test_the_colour_turns_at_half_and_at_the_whole_of_the_promised_time_and_rests_while_waiting(
    shop: Shop, clock: FixedClock
) -> None:
    one, asked = shop.take_in(warranty_until="2025-12-31"), shop.take_in(warranty_until="2025-12-31")
    diagnose(shop, asked)
    shop.store.run(make_quote(item_id=asked.item_id, lines=[WantedLine("LAB-S")]), by=shop.people.clerk)
    seen = []
    for days in (0, 4, 4):
        clock.forward(days=days)
        rows = shop.store.ask(lambda session: bench_queue(session, shop.store.now))
        seen.append({row.item_id: row.colour for row in rows})

    assert [colours[one.item_id] for colours in seen] == ["ok", "warn", "late"]
    assert [colours[asked.item_id] for colours in seen] == ["ok", "ok", "ok"]


def test_the_card_holds_history_parts_and_what_may_be_done_by_whom(shop: Shop) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2027-01-09", words="按键后没反应")
    diagnose(shop, one, labour_class="LAB-S")
    shop.store.run(begin(item_id=one.item_id), by=people.technician)
    shop.store.run(
        use_part(item_id=one.item_id, part_id="BAT-N910", serial_no="BAT00017", old_part_to="scrap"),
        by=people.technician,
    )

    seen = card(shop, one, staff_id=people.technician.staff_id)

    assert seen.contact_phone == "138****2345"
    assert [(part.part_no, part.serial_no) for part in seen.parts] == [("BAT-N910", "BAT00017")]
    assert seen.finding is not None and seen.finding.decision["result"] == "free"
    assert [event.move for event in seen.history] == ["start_repair", "record_diagnosis", "start_diagnosis", "check_in"]
    assert seen.can("send_to_test") and not seen.can("approve")
    assert seen.own_work
    assert card(shop, one, ("counter_clerk",)).legal == {"quarantine", "send_quote", "decline"}


def test_the_card_says_when_keys_are_gone_and_who_may_not_test(shop: Shop) -> None:
    people, one = shop.people, shop.take_in(warranty_until="2027-01-09")
    diagnose(shop, one)
    shop.store.run(begin(item_id=one.item_id), by=people.technician)
    shop.store.run(send_to_test(item_id=one.item_id, form=RepairForm(("replace_battery",))), by=people.technician)

    inspector = card(shop, one, ("qc_inspector",), people.inspector.staff_id)

    assert not inspector.keys_gone and not inspector.own_work
    assert inspector.can("pass_test", "fail_test")
    assert {step.id for step in inspector.plan} >= {"print_lines", "battery_drop"}


def test_parts_that_fit_come_first_and_show_what_lies_on_the_shelf(shop: Shop) -> None:
    fitting = shop.store.ask(lambda session: parts_for(session, "newland-n910"))
    found = shop.store.ask(lambda session: parts_for(session, "newland-n910", "电池"))

    assert all(part.fits for part in fitting)
    assert {part.part_no for part in fitting} >= {"BAT-N910", "PRR-58"} and "BAT-S90" not in {
        part.part_no for part in fitting
    }
    assert [(part.part_no, part.on_shelf) for part in found[:2]] == [("BAT-CR2032", 10), ("BAT-N910", 10)]
    assert not found[-1].fits


def test_prices_of_a_kind_and_the_technicians_can_be_listed(shop: Shop) -> None:
    labour = shop.store.ask(lambda session: price_lines(session, shop.store.now, "labour"))

    assert {line.kind for line in labour} == {"labour"} and labour[0].fen == 3000
    assert [one.staff_no for one in shop.store.ask(technicians)] == ["T01"]


def test_an_unknown_device_has_no_card(shop: Shop) -> None:
    assert shop.store.ask(lambda session: job(session, "nothing", shop.store.now)) is None
