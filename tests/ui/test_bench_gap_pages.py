"""Questions of the bench that nobody may pass by: old parts, shelves by scan, consent, grave commands, the board."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from deskapp import i18n
from deskapp.commands.bench import DiagnosisForm, NeededPart, quarantine, record_diagnosis, start_diagnosis
from deskapp.commands.bench_parts import use_part
from deskapp.commands.bench_skills import set_skills
from deskapp.commands.swap import swap
from deskapp.errors import N_
from deskapp.models import bench
from deskapp.models.device import DeviceModel
from deskapp.models.people import Staff
from deskapp.models.repair import RepairOrder
from deskapp.models.store import Write, command
from deskapp.queries.board import SWAPPED
from deskapp.rules.numbers import make_label
from deskapp.ui import theme
from deskapp.ui.pages.bench import BenchPage
from deskapp.ui.pages.board import BoardPage
from deskapp.ui.pages.key_runs import KeyRunsPage
from deskapp.ui.pages.models import ModelsPage
from deskapp.ui.pages.order import OrderPage
from deskapp.ui.pages.pickup import PickupPage
from deskapp.ui.pages.stock import StockPage
from deskapp.ui.pages.table import PAGES
from deskapp.ui.pages.words import reason_words
from tests.commands.test_bench_gaps import finished, wants_parts_back
from tests.factories_bench import Benched
from tests.factories_depot import Depot
from tests.keys import press_key, type_keys

LONG_MS = 30_000
BADGE, OTHER = make_label("U", 1, 7), make_label("U", 1, 8)


@command(N_("Give badges in a test"), right="")
def badges(write: Write, *, mine: str, other: str) -> None:
    write.session.get_one(Staff, mine).badge_no = BADGE
    write.session.get_one(Staff, other).badge_no = OTHER


def at_bench(qtbot: Any, at: Any, depot: Depot, one: Benched, step: str, by: Any = None) -> BenchPage:
    page: BenchPage = at(BenchPage, by or depot.people.technician, id=one.item_id)
    qtbot.waitUntil(lambda: page.panel.card is not None and page.panel.step_name == step, timeout=LONG_MS)
    return page


# -- old parts -------------------------------------------------------------------------


def test_a_part_without_a_serial_number_asks_what_becomes_of_the_old_one(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.in_repair()
    page = at_bench(qtbot, at, depot, one, "repair")
    step: Any = page.panel.steps["repair"]
    step._by_code("KPD-SP60")
    qtbot.waitUntil(step.serials.old.hasFocus, timeout=LONG_MS)
    assert step.serials.new.isHidden() and step.serials.where.value() is None
    press_key(step.serials.old, Qt.Key.Key_Return)
    qtbot.waitUntil(step.serials.where.hasFocus, timeout=LONG_MS)
    type_keys(step.serials.where, "3")
    qtbot.waitUntil(lambda: len(page.panel.card.parts) == 1, timeout=LONG_MS)
    with depot.store.read() as session:
        assert [row.data["fate"] for row in bench.removed(session, one.item_id)] == ["supplier"]


def test_the_counter_asks_for_an_old_part_that_was_promised(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.in_repair()
    depot.do(wants_parts_back(order_id=one.order_id))
    depot.do(use_part(item_id=one.item_id, part_id=depot.shop.ids["CBL-LAN"], old_part_to="merchant"),
             depot.people.technician)  # fmt: skip
    finished(depot, one)
    with depot.store.read() as session:
        order = session.get_one(RepairOrder, one.order_id)
        slip = f"PS1:{order.slip_no}:{order.slip_token}"
    page = at(PickupPage, depot.people.clerk)
    page.scan(slip)
    qtbot.waitUntil(lambda: page.visit is not None, timeout=LONG_MS)
    page.go_to(1)
    page.what.tick_device(one.item_id, True)
    page.what.answer_tamper(one.item_id, "ok")
    assert not page.what.done()
    [bar] = page.what.blocks[one.item_id].old_parts.values()
    qtbot.waitUntil(bar.hasFocus, timeout=LONG_MS)
    type_keys(bar, "1")
    assert page.what.done() and list(page.visit.old_parts.values()) == ["merchant"]


# -- shelves, consent, codes ------------------------------------------------------------


def test_a_scanned_shelf_stays_in_the_field_and_a_devices_label_does_not(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.in_repair()
    depot.to_test(one)
    page = at_bench(qtbot, at, depot, one, "test", depot.people.inspector)
    step: Any = page.panel.steps["test"]
    step.shelf.setFocus()
    assert page.scan("B-03-2") and step.shelf.text() == "B-03-2"
    assert not page.scan(one.label_no) and step.shelf.text() == "B-03-2"
    shelf = make_label("L", 1, 7)
    step.words.setFocus()
    assert page.scan(shelf) and step.shelf.text() == shelf, "its label wherever the focus is"


def test_a_drawer_takes_the_shelf_on_which_a_job_is_put_aside(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.in_repair()
    page = at_bench(qtbot, at, depot, one, "repair")
    page.panel.drawers.open_one("pause")
    row = page.panel.drawers.drawers["pause"].form.rows["shelf"]
    row.field.setFocus()
    assert page.scan("B-03-2") and row.field.text() == "B-03-2", "not a part's number"
    assert page.scan(make_label("L", 1, 9)) and row.field.text() == make_label("L", 1, 9)


def test_handing_over_to_somebody_unskilled_asks_a_supervisor_on_the_spot(
    qtbot: Any, at: Any, depot: Depot, asked: Any
) -> None:
    one, other = depot.in_repair(), depot.staff["T02"]
    depot.do(set_skills(staff_id=other.staff_id, skills=["mpos"]))
    page = at_bench(qtbot, at, depot, one, "repair")
    page.panel.drawers.open_one("hand_over")
    drawer = page.panel.drawers.drawers["hand_over"]
    drawer.form.rows["to_staff"].field.setText("T02")
    drawer.form.rows["words"].field.setText("主板已拆")
    drawer.go.click()
    qtbot.waitUntil(lambda: len(asked) == 1, timeout=LONG_MS)
    right, then = asked[0]
    assert right == "override"
    then(depot.consent(depot.people.supervisor, "override", depot.people.technician))
    qtbot.waitUntil(lambda: depot.item(one.item_id).technician_id == other.staff_id, timeout=LONG_MS)


def test_reasons_kept_as_codes_are_read_in_the_language_of_the_window() -> None:
    i18n.use("en")
    english = reason_words("keys:replace_board")
    i18n.use("zh_CN")
    try:
        assert english != reason_words("keys:replace_board") and english.isascii()
        assert reason_words("keys:tamper") == "触发防拆"
        assert reason_words("更换主板") == "更换主板", "as an older version stored it"
    finally:
        i18n.use("en")


def test_a_failed_key_load_asks_why(qtbot: Any, at: Any, depot: Depot) -> None:
    from deskapp.commands.key_runs import open_key_run, start_key_run
    from deskapp.models.key_runs import run_of

    one = depot.awaiting_keys()
    run = depot.do(open_key_run(devices=[one.label_no], key_set="TMK-2026-03", method="master_pos"))
    first = depot.staff["K01"]
    depot.do(start_key_run(run_id=run, second=depot.consent(depot.staff["K02"], "key_load", first)), first)
    page = at(KeyRunsPage, first, id=run)
    qtbot.waitUntil(lambda: page.card is not None and page.card.mine, timeout=LONG_MS)
    page.target.setText(one.label_no)
    page.fail()
    assert not page.load_form.rows["reason"].isHidden()
    page.why.set_value("no_answer")
    page.fail()
    qtbot.waitUntil(lambda: page.card.row.failed == 1, timeout=LONG_MS)
    with depot.store.read() as session:
        found = run_of(session, run)
    assert found is not None and found.lines[one.device_id].reason == "no_answer"


def test_a_model_gets_terms_of_its_own_on_its_page(qtbot: Any, at: Any, depot: Depot) -> None:
    page = at(ModelsPage, depot.people.admin)
    qtbot.waitUntil(lambda: bool(page.table.rows()), timeout=LONG_MS)
    page.went(next(one for one in page.table.rows() if one.id == "newland-n910"))
    page.grace.set_value(6)
    page.save_terms()

    def kept() -> object:
        with depot.store.read() as session:
            return session.get_one(DeviceModel, "newland-n910").tests.get("terms")

    qtbot.waitUntil(lambda: kept() == {"grace_months": 6}, timeout=LONG_MS)


# -- grave commands ----------------------------------------------------------------------


@pytest.fixture
def window(make_window: Any, depot: Depot) -> Any:
    technician = depot.people.technician
    depot.do(badges(mine=technician.staff_id, other=depot.people.inspector.staff_id))
    made = make_window(list(PAGES))
    made.enter(technician)
    return made


def test_a_grave_command_counts_only_after_the_badge_of_who_acts(qtbot: Any, window: Any, depot: Depot) -> None:
    one = depot.in_repair()
    window.navigate("bench", id=one.item_id)
    panel = window.shell.page().panel
    qtbot.waitUntil(lambda: panel.card is not None and panel.step_name == "repair", timeout=LONG_MS)
    proof = window.shell.proof

    def opened() -> bool:
        drawer = panel.drawers.drawers.get("quarantine")
        return drawer is not None and not drawer.isHidden()

    assert panel.drawers.drawers == {}, "each is made when it is first opened"
    window.scan("X:QUARANTINE")
    qtbot.waitUntil(proof.isVisible, timeout=LONG_MS)
    assert not opened()
    window.scan(OTHER)
    qtbot.waitUntil(lambda: bool(proof.error.text()), timeout=LONG_MS)
    assert not opened(), "somebody else's badge does not count"
    proof.error.put("")
    proof.pin_given.emit("000000")
    qtbot.waitUntil(lambda: bool(proof.error.text()), timeout=LONG_MS)
    assert not opened(), "nor does a wrong PIN"
    window.scan(BADGE)
    qtbot.waitUntil(opened, timeout=LONG_MS)
    assert proof.isHidden()


def test_a_pin_is_as_good_as_the_badge_and_escape_leaves_the_command(qtbot: Any, window: Any, depot: Depot) -> None:
    one = depot.in_repair()
    window.navigate("bench", id=one.item_id)
    panel = window.shell.page().panel
    qtbot.waitUntil(lambda: panel.card is not None and panel.step_name == "repair", timeout=LONG_MS)
    proof = window.shell.proof

    def opened() -> bool:
        drawer = panel.drawers.drawers.get("quarantine")
        return drawer is not None and not drawer.isHidden()

    window.scan("X:QUARANTINE")
    qtbot.waitUntil(proof.isVisible, timeout=LONG_MS)
    press_key(proof.badge, Qt.Key.Key_Escape)
    assert proof.isHidden() and not opened()
    window.scan("X:QUARANTINE")
    qtbot.waitUntil(proof.isVisible, timeout=LONG_MS)
    press_key(proof.badge, Qt.Key.Key_Return)
    qtbot.waitUntil(proof.pin.hasFocus, timeout=LONG_MS)
    proof.pin.setText(depot.people.pins[depot.people.technician.staff_no])  # keys at this pace would be a scan
    press_key(proof.pin, Qt.Key.Key_Return)
    qtbot.waitUntil(opened, timeout=LONG_MS)
    assert proof.isHidden() and not proof.pin.text()


def test_the_order_page_opens_the_act_a_grave_word_means(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.in_repair()
    page = at(OrderPage, depot.people.supervisor, id=one.item_id, kind="item")
    qtbot.waitUntil(lambda: page.card is not None, timeout=LONG_MS)
    assert page.is_grave("SCRAP") and not page.is_grave("OK")
    assert page.verb("SCRAP") and not page.acts.acts["scrap"].isHidden()
    assert not page.verb("RELEASE"), "it is not in quarantine"
    depot.do(quarantine(item_id=one.item_id, reason="封签破损"), depot.people.technician)
    bench_page = at_bench(qtbot, at, depot, one, "quarantine", depot.people.supervisor)
    assert bench_page.is_grave("OK"), "letting out of quarantine by a scan needs the badge too"


# -- the board -----------------------------------------------------------------------------


def test_the_board_leads_to_units_that_were_swapped_out(qtbot: Any, at: Any, depot: Depot, went: Any) -> None:
    one = depot.in_repair()
    depot.pool_unit()
    depot.do(swap(item_id=one.item_id, new_serial_no="NLN91099000001", reason="换机", tamper_result="ok"))
    page = at(BoardPage, depot.people.supervisor)
    qtbot.waitUntil(lambda: page.seen is not None, timeout=LONG_MS)
    queue = next(queue for queue in page.seen.queues if queue.name == SWAPPED)
    assert queue.count == 1
    page.queues.opened.emit(queue)
    assert went[-1] == ("order", {"id": one.item_id, "kind": "item"})


def test_the_head_of_the_board_never_pushes_the_page_wider_than_the_window(
    qtbot: Any, at: Any, depot: Depot, look: QApplication
) -> None:
    theme.apply(look, "light", 200)
    i18n.use("en")
    page = at(BoardPage, depot.people.supervisor)
    qtbot.waitUntil(lambda: page.seen is not None, timeout=LONG_MS)
    page.resize(1100, 690)
    qtbot.waitUntil(lambda: page._below.isVisible(), timeout=LONG_MS)
    assert page.minimumSizeHint().width() <= 1100
    assert all(sign.width() <= 1100 for sign in page._signs)
    theme.apply(look, "light", 100)
    qtbot.waitUntil(lambda: not page._below.isVisible(), timeout=LONG_MS)


# -- what a stranger at the bench stumbled over ---------------------------------------------


def test_one_enter_in_the_last_field_of_a_short_act_does_it_once(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.in_repair()
    page = at_bench(qtbot, at, depot, one, "repair")
    page.panel.drawers.open_one("pause")
    rows = page.panel.drawers.drawers["pause"].form.rows
    rows["reason"].field.setText("等充电器")
    rows["shelf"].field.setFocus()
    press_key(rows["shelf"].field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.panel.step_name == "waiting" and page.jobs._running == 0, timeout=LONG_MS)
    assert [event.move for event in page.panel.card.history].count("pause_job") == 1


def test_the_queue_and_the_job_say_on_which_shelf_a_device_lies_until_it_is_taken(
    qtbot: Any, at: Any, depot: Depot
) -> None:
    one, taken = depot.shop.take_in(), depot.in_repair()
    page = at_bench(qtbot, at, depot, one, "start")
    qtbot.waitUntil(lambda: len(page.queue.rows) == 2, timeout=LONG_MS)
    assert {row.item_id: row.shelf for row in page.queue.rows} == {one.item_id: "A-01", taken.item_id: ""}
    assert "A-01" in page.panel.head.facts.text()


def test_a_supervisor_decides_that_the_merchant_pays_where_the_rule_says_nothing(
    qtbot: Any, at: Any, depot: Depot, asked: Any
) -> None:
    one = depot.shop.take_in()
    depot.do(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), depot.people.technician)
    part = depot.shop.ids["KPD-SP60"]  # not for this model by the catalogue; the technician knows better
    form = DiagnosisForm(symptom_confirmed="yes", cause_code="keypad_worn", tamper_flag="none", labour_class="LAB-M",
                         needed_parts=(NeededPart(part),))  # fmt: skip
    depot.do(record_diagnosis(item_id=one.item_id, form=form), depot.people.technician)
    page = at_bench(qtbot, at, depot, one, "diagnose")
    step: Any = page.panel.steps["diagnose"]
    qtbot.waitUntil(lambda: step.parts.values() == (part,), timeout=LONG_MS)
    assert page.panel.card.basis == "needs_supervisor" and page.panel.drawers.buttons["quote"].isHidden()
    step.submit()
    qtbot.waitUntil(step.verdict.ruling.hasFocus, timeout=LONG_MS)
    type_keys(step.verdict.ruling, "2")
    qtbot.waitUntil(lambda: len(asked) == 1, timeout=LONG_MS)
    asked[0][1](depot.consent(depot.people.supervisor, "override", depot.people.technician, "无购机凭证"))
    qtbot.waitUntil(lambda: page.panel.card.basis == "payable", timeout=LONG_MS)
    step.submit()
    quote: Any = page.panel.steps["quote"]
    qtbot.waitUntil(lambda: {line.ref for line in quote.lines} == {"LAB-M", part}, timeout=LONG_MS)


def test_a_new_quote_begins_with_what_was_fitted_and_the_step_still_fits(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.in_repair()
    for _piece in range(2):
        depot.do(use_part(item_id=one.item_id, part_id=depot.shop.ids["CBL-LAN"]),
                 depot.people.technician)  # fmt: skip
    page = at_bench(qtbot, at, depot, one, "repair")
    page.resize(1170, 690)
    room: Any = page.panel.stack.currentWidget()
    qtbot.waitUntil(lambda: room.verticalScrollBar().maximum() == 0, timeout=LONG_MS)
    page.panel.open_drawer("quote")
    quote: Any = page.panel.steps["quote"]
    qtbot.waitUntil(lambda: [(line.ref, line.quantity) for line in quote.lines] == [(depot.shop.ids["CBL-LAN"], 2)],
                    timeout=LONG_MS)  # fmt: skip


def test_a_scanned_serial_number_stays_in_the_field_that_keeps_a_part_for_a_device(
    qtbot: Any, at: Any, depot: Depot
) -> None:
    page = at(StockPage, depot.people.keeper, id=depot.shop.ids["BAT-N910"])
    qtbot.waitUntil(lambda: page.part.row is not None and page.part.takes_serials(), timeout=LONG_MS)
    assert "E-1" in page.part.lies.text() and not page.part.lies.isHidden()
    page.places.serial.setFocus()
    assert not page.scan("BATN910X00001"), "the window gives it to the field"
    page.part.serial.setFocus()
    assert page.scan("BATN910X00001")
    qtbot.waitUntil(lambda: "BATN910X00001" in page.part.serials.text(), timeout=LONG_MS)
