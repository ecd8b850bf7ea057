"""The depot's pages by keys and scans: board, next device, key-load run, swap, scrap, notices, stock, skills, tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from deskapp.commands.bench_parts import wait_for_parts
from deskapp.commands.swap import swap
from deskapp.models import bench
from deskapp.models.device import DeviceModel
from deskapp.models.key_runs import runs
from deskapp.models.local import PrintJob
from deskapp.models.people import Staff
from deskapp.models.stock import Part
from deskapp.ui.pages.bench import BenchPage
from deskapp.ui.pages.board import BoardPage
from deskapp.ui.pages.device import DevicePage
from deskapp.ui.pages.job_sheet import Answer
from deskapp.ui.pages.key_runs import KeyRunsPage
from deskapp.ui.pages.models import ModelsPage
from deskapp.ui.pages.order import OrderPage
from deskapp.ui.pages.staff import StaffPage
from deskapp.ui.pages.stock import StockPage
from tests.conftest import FixedClock
from tests.factories_depot import Depot

Asked = list[tuple[str, Callable[[Any], object]]]


def kinds(depot: Depot) -> list[str]:
    with depot.store.read() as session:
        return [row.kind for row in session.scalars(select(PrintJob))]


def test_the_board_tells_what_stands_where_and_fits_without_scrolling(
    qtbot: Any, at: Any, depot: Depot, clock: FixedClock, went: Any
) -> None:
    waiting, part = depot.in_repair(), depot.shop.ids["BAT-N910"]
    depot.in_repair()
    depot.do(wait_for_parts(item_id=waiting.item_id, part_id=part, quantity=1, order_no="PO-1",
                            expected_date="2026-04-01"), depot.people.technician)  # fmt: skip
    clock.forward(days=20)
    page = at(BoardPage)
    qtbot.waitUntil(lambda: page.seen is not None)
    counts = {queue.name: (queue.count, queue.stuck, queue.oldest_days) for queue in page.seen.queues}
    assert counts["repairing"] == (1, 1, 20) and counts["parts"] == (1, 1, 20)
    assert [load.jobs for load in page.seen.people] == [1]
    assert [(one.part_no, one.here) for one in page.seen.awaited] == [("BAT-N910", True)]
    assert {one.state for one in page.seen.stuck} == {"repairing", "awaiting_parts"}
    assert page.minimumSizeHint().height() <= 640 and page.queues.view.verticalScrollBar().maximum() == 0
    page.queues.opened.emit(page.seen.queues[6])
    assert went[-1][0] == "key_runs"
    page.print_paper()
    qtbot.waitUntil(lambda: "command_sheet" in kinds(depot))


def test_next_opens_the_device_that_is_due_to_this_person(qtbot: Any, at: Any, depot: Depot) -> None:
    depot.shop.take_in()
    rush = depot.shop.take_in(priority=1)
    page = at(BenchPage, depot.people.technician)
    assert page.verb("NEXT")
    qtbot.waitUntil(lambda: page.panel.card is not None and page.panel.card.item_id == rush.item_id)


def test_a_key_run_by_scans_and_keys(qtbot: Any, at: Any, depot: Depot, asked: Asked) -> None:
    good, bad = depot.awaiting_keys(), depot.awaiting_keys()
    page = at(KeyRunsPage)
    page.begin()
    assert page.scan(good.label_no) and page.scan(bad.label_no)
    page.key_set.setText("TMK-2026-03")
    page.method.set_value("master_pos")
    page.authorise()
    qtbot.waitUntil(lambda: page.card is not None and len(page.card.lines) == 2)

    first, second = depot.staff["K01"], depot.staff["K02"]
    page = at(KeyRunsPage, first)
    qtbot.waitUntil(lambda: page.card is not None)
    assert page.load_form.isHidden() and not page.sign.isHidden()
    page.sign_in()
    right, then = asked[-1]
    assert right == "key_load"
    then(depot.consent(second, "key_load", first))
    qtbot.waitUntil(lambda: page.card.mine)
    assert page.scan(good.label_no)
    page.slot.setText("TMK-01")
    page.value.setText("0123456789ABCDEF")
    page.result.setText("灌装成功")
    page.load()
    qtbot.waitUntil(lambda: bool(page.load_form.rows["check_value"].error.text()))
    page.value.setText("A1B2C3")
    page.load()
    qtbot.waitUntil(lambda: page.card.row.loaded == 1)
    assert page.close_button.isHidden(), "one device is open"
    page.target.setText(bad.label_no)
    page.result.setText("设备报 E07")
    page.fail()
    page.why.set_value("other")
    page.fail()
    qtbot.waitUntil(lambda: not page.card.row.open)
    page.close_run()
    qtbot.waitUntil(lambda: page.card.row.state == "closed")
    with depot.store.read() as session:
        assert runs(session)[0].closed_at


def opened(qtbot: Any, at: Any, item_id: str) -> Any:
    page = at(OrderPage, id=item_id, kind="item")
    qtbot.waitUntil(lambda: page.card is not None)
    return page


def test_a_swap_from_the_order_page(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.in_repair()
    depot.pool_unit()
    page = opened(qtbot, at, one.item_id)
    page.acts.open_one("swap")
    act = page.acts.acts["swap"]
    act.serial.setText("NLN91099000001")
    act.tamper.set_value("ok")
    act.reason.setText("主板无法修复")
    act.submit()
    qtbot.waitUntil(lambda: depot.state(one) == "swapped")


def test_a_unit_is_tested_on_its_own_page_before_it_serves(qtbot: Any, at: Any, depot: Depot) -> None:
    from tests.factories_depot import add_unit

    unit = depot.do(add_unit(serial_no="NLN91099000003"))
    page = at(DevicePage, depot.people.inspector, device_id=unit)
    qtbot.waitUntil(lambda: bool(page.test.sheet.steps))
    assert not page.test.keep.isEnabled()
    for value in depot.values(unit):
        page.test.sheet.answers[value.step] = Answer(value.result, value.value)
    page.test.sheet.changed.emit()
    page.test.tamper.set_value("ok")
    page.test.submit()
    qtbot.waitUntil(lambda: "may take" in page.test.notice.text.text())
    one = depot.in_repair()
    depot.do(swap(item_id=one.item_id, new_serial_no="NLN91099000003", reason="换机", tamper_result="ok"))
    assert depot.state(one) == "swapped"


def test_scrap_asks_for_one_witness_after_the_other(qtbot: Any, at: Any, depot: Depot, asked: Asked) -> None:
    one = depot.in_repair()
    page = opened(qtbot, at, one.item_id)
    page.acts.open_one("scrap")
    act = page.acts.acts["scrap"]
    act.reason.setText("进水腐蚀")
    act.keys.set_value("destroyed")
    act.method.set_value("drilled")
    act.submit()
    qtbot.waitUntil(lambda: bool(act.form.rows["owner_consent"].error.text()))
    assert not asked, "without the owner's consent nobody is asked to sign"
    act.by.setText("农商行 陈经理")
    act.reference.setText("BF-2026-018")
    act.submit()
    qtbot.waitUntil(lambda: len(asked) == 1)
    asked[0][1](depot.consent(depot.staff["T02"], "witness"))
    qtbot.waitUntil(lambda: len(asked) == 2)
    asked[1][1](depot.consent(depot.staff["K01"], "witness"))
    qtbot.waitUntil(lambda: depot.state(one) == "scrapped")
    assert "scrap_record" in kinds(depot)


def test_a_notice_is_printed_and_the_waiting_ends_with_a_decision(
    qtbot: Any, at: Any, depot: Depot, asked: Asked, clock: FixedClock
) -> None:
    one = depot.ready()
    clock.forward(days=95)
    page = opened(qtbot, at, one.item_id)
    page.acts.open_one("notice")
    act = page.acts.acts["notice"]
    act.proof.setText("挂号信 XA123")
    act.submit()
    qtbot.waitUntil(lambda: "collect_notice" in kinds(depot))
    page.acts.acts["uncollected"].submit()
    qtbot.waitUntil(lambda: depot.state(one) == "abandoned")
    qtbot.waitUntil(lambda: not page.acts.buttons["decide"].isHidden())
    page.acts.open_one("decide")
    decide = page.acts.acts["decide"]
    decide.what.set_value("owner")
    decide._rows()
    decide.decision.setText("退还银行")
    decide.basis.setText("收单协议第 8 条")
    decide.person.setText("陈经理")
    decide.owner.set_value("bank")
    assert decide.form.rows["method"].isHidden() and not decide.form.rows["owner"].isHidden()
    decide.submit()
    qtbot.waitUntil(lambda: len(asked) == 1)
    assert asked[0][0] == "co_sign"
    asked[0][1](depot.consent(depot.people.auditor, "co_sign"))
    qtbot.waitUntil(lambda: depot.state(one) == "closed")


def test_parts_are_kept_for_a_device_and_the_order_list_prints(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.in_repair()
    with depot.store.read() as session:
        part = session.scalars(select(Part).where(Part.serialised.is_(False))).first()
        assert part is not None
        there = bench.on_shelf(session, [part.id])[part.id]
    page = at(StockPage, depot.people.keeper, id=part.id)
    qtbot.waitUntil(lambda: page.places.part is not None and page.places.part.id == part.id)
    page.places.device.setText(one.label_no)
    page.places.quantity.set_value(2)
    page.places.reserve()
    qtbot.waitUntil(lambda: bool(page.places.places.trays) and not page.places.device.text())
    with depot.store.read() as session:
        assert bench.on_shelf(session, [part.id])[part.id] == there - 2
    page.places.device.setText(one.label_no)
    page.places.release()
    qtbot.waitUntil(lambda: not page.places.places.trays)
    depot.do(wait_for_parts(item_id=one.item_id, part_id=part.id, quantity=there + 3, order_no="PO-1",
                            expected_date="2026-04-01"), depot.people.technician)  # fmt: skip
    page.open(view="reorder")
    qtbot.waitUntil(lambda: [row.id for row in page.table.rows()] == [part.id])
    page.print_paper()
    qtbot.waitUntil(lambda: "parts_order" in kinds(depot))


def test_a_supervisor_ticks_what_a_technician_repairs(qtbot: Any, at: Any, depot: Depot) -> None:
    who = depot.people.technician
    page = at(StaffPage, id=who.staff_id)
    qtbot.waitUntil(lambda: "newland-n910" in page.skills.ticks and page.person is not None)
    page.skills.ticks["newland-n910"].setChecked(True)
    page.skills.save()

    def skills() -> list[str]:
        with depot.store.read() as session:
            return list(session.get_one(Staff, who.staff_id).skills)

    qtbot.waitUntil(lambda: skills() == ["newland-n910"])


def test_a_model_gets_a_test_plan_of_its_own(qtbot: Any, at: Any, depot: Depot) -> None:
    page = at(ModelsPage, depot.people.admin)
    qtbot.waitUntil(lambda: bool(page.table.rows()))
    chosen = next(one for one in page.table.rows() if one.id == "newland-n910")
    page._selected(chosen)
    page.rules.setText("soak 60 1440\nnonsense here")
    page.save_tests()
    qtbot.waitUntil(lambda: "2" in page.tests_form.rows["tests"].error.text())
    page.rules.setText("soak 60 1440\n-wifi\n+镜头清洁")
    page.save_tests()

    def plan() -> tuple[str, dict[str, Any]]:
        with depot.store.read() as session:
            plan_id, steps = bench.test_plan(session.get(DeviceModel, "newland-n910"))
        return plan_id, {step.id: step for step in steps}

    qtbot.waitUntil(lambda: plan()[0].endswith("newland-n910"))
    steps = plan()[1]
    assert steps["soak"].low == 60 and "wifi" not in steps and steps["own_1"].zh == "镜头清洁"
