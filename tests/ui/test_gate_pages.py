"""The pages say what holds a device up, and where somebody else may let it pass they ask that person on the spot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from deskapp.commands.bench import RepairForm, record_repair
from deskapp.commands.bench_charge import WantedLine
from deskapp.commands.bench_parts import use_part
from deskapp.commands.bench_quote import approve_quote, make_quote
from deskapp.models.device import Device
from deskapp.models.store import Override
from deskapp.ui.pages.device import DevicePage
from deskapp.ui.pages.job import JobPage
from deskapp.ui.pages.job_sheet import Answer
from deskapp.ui.pages.order import OrderPage
from tests.commands.test_gates import hold
from tests.factories_depot import Depot, add_unit

Asked = list[tuple[str, Callable[[Override], object]]]


def wiped_at_will(depot: Depot, device_id: str) -> bool:
    with depot.store.read() as session:
        return not session.get_one(Device, device_id).do_not_wipe


def test_the_bench_says_do_not_wipe_and_its_drawer_settles_the_batch(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.in_repair()
    depot.do(hold(device_id=one.device_id))
    panel = at(JobPage, depot.people.technician, id=one.item_id).panel
    qtbot.waitUntil(lambda: panel.card is not None and not panel.head.hold.isHidden(), timeout=10_000)
    panel.drawers.open_one("settled")
    drawer = panel.drawers.drawers["settled"]
    drawer.form.fields()["how"].set_value("slip")
    drawer.form.fields()["words"].setText("结算单 000123")
    drawer.go.click()
    qtbot.waitUntil(lambda: wiped_at_will(depot, one.device_id) and panel.head.hold.isHidden(), timeout=10_000)
    assert panel.drawers.buttons["settled"].isHidden(), "nothing waits to be settled any more"


def test_the_counter_settles_a_batch_on_the_order(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.shop.take_in()
    depot.do(hold(device_id=one.device_id))
    page = at(OrderPage, depot.people.clerk, id=one.item_id, kind="item")
    qtbot.waitUntil(lambda: page.card is not None, timeout=10_000)
    assert not page.acts.buttons["settle_batch"].isHidden()
    page.acts.open_one("settle_batch")
    act = page.acts.acts["settle_batch"]
    act.how.set_value("bank")
    act.words.setText("客服 95580 确认")
    act.submit()
    qtbot.waitUntil(lambda: wiped_at_will(depot, one.device_id), timeout=10_000)


def test_a_step_that_has_to_be_tested_is_left_out_with_a_supervisor_at_the_desk(
    qtbot: Any, at: Any, depot: Depot, asked: Asked
) -> None:
    one, tester = depot.in_repair(), depot.people.inspector
    depot.to_test(one)
    panel = at(JobPage, tester, id=one.item_id).panel
    qtbot.waitUntil(lambda: panel.step_name == "test" and bool(panel.steps["test"].sheet.steps), timeout=10_000)
    step = panel.steps["test"]
    step.sheet.answers = {value.step: Answer(value.result, value.value) for value in depot.values(one.device_id)}
    step.sheet.answers["screen"] = Answer("skip", None, "测试台送修")
    step.sheet.changed.emit()
    step.tamper.set_value("ok")
    panel.submit()
    qtbot.waitUntil(lambda: bool(asked), timeout=10_000)
    right, then = asked.pop()
    assert right == "override" and depot.state(one) == "qc_testing"
    then(depot.consent(depot.people.supervisor, "override", tester))
    qtbot.waitUntil(lambda: depot.state(one) == "ready_for_pickup", timeout=10_000)


def test_a_unit_of_the_pool_leaves_a_step_out_with_a_reason(qtbot: Any, at: Any, depot: Depot) -> None:
    unit = depot.do(add_unit(serial_no="NLN91099000003"))
    page = at(DevicePage, depot.people.inspector, device_id=unit)
    qtbot.waitUntil(lambda: bool(page.test.sheet.steps), timeout=10_000)
    card = page.test
    for value in depot.values(unit):
        card.sheet.answers[value.step] = Answer(value.result, value.value)
    del card.sheet.answers["wifi"]
    card.sheet.changed.emit()
    card.sheet.skip_wanted.emit("wifi")
    card.words.setText("测试间无网络")
    card.words.returnPressed.emit()
    assert card.sheet.answers["wifi"] == Answer("skip", None, "测试间无网络") and not card.words.text()
    card.tamper.set_value("ok")
    card.words.returnPressed.emit()
    qtbot.waitUntil(lambda: "may take" in card.notice.text.text(), timeout=10_000)


def test_work_beyond_the_approval_asks_for_a_waiver_at_the_bench(
    qtbot: Any, at: Any, depot: Depot, asked: Asked
) -> None:
    technician, one = depot.people.technician, depot.shop.take_in(warranty_until="2025-12-31")
    depot.diagnosed(one, labour_class="LAB-S")
    depot.do(make_quote(item_id=one.item_id, lines=[WantedLine("LAB-S")]), technician)
    agreed = {"approved_by": "林国强", "channel": "counter_signature", "words": "同意修理"}
    depot.do(approve_quote(item_id=one.item_id, bench="W1", **agreed), depot.people.clerk)
    depot.do(use_part(item_id=one.item_id, part_id=depot.shop.ids["PRR-58"]), technician)
    depot.do(record_repair(item_id=one.item_id, form=RepairForm(("clean",))), technician)
    panel = at(JobPage, technician, id=one.item_id).panel
    qtbot.waitUntil(lambda: panel.step_name == "repair" and panel.card is not None, timeout=10_000)
    step = panel.steps["repair"]
    step._send(one.item_id, RepairForm(("clean",)))
    qtbot.waitUntil(lambda: bool(asked), timeout=10_000)
    right, then = asked.pop()
    assert right == "waive" and depot.state(one) == "repairing" and not panel.error.isHidden()
    then(replace(depot.consent(depot.people.supervisor, "waive", technician), reason="我方承担"))
    qtbot.waitUntil(lambda: depot.state(one) == "qc_testing", timeout=10_000)
