"""The page of one repair order, by keys: what it shows, and every act a clerk has with an order and its devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from deskapp import i18n
from deskapp.commands.bench import quarantine
from deskapp.commands.checkin_after import attach_photo
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.moves import raise_card
from deskapp.commands.people import vouch
from deskapp.commands.pickup import confirm_working
from deskapp.commands.pickup_correct import void_pickup
from deskapp.commands.pickup_forms import Payment
from deskapp.errors import N_
from deskapp.models.blobs import Blobs
from deskapp.models.local import PrintJob
from deskapp.models.repair import ItemRecord, MoneyEvent, RepairItem, RepairOrder, ReviewCard, WorkEvent
from deskapp.models.stock import Attachment
from deskapp.models.store import Actor, Store, Write, command
from deskapp.ui.page import PageContext
from deskapp.ui.pages.order import OrderPage
from deskapp.ui.speech import retranslate_tree
from tests.checkin_shop import DEVICE, SECOND, stock_shop, taken_in
from tests.commands.test_pickup import consent, order_with
from tests.commands.test_pickup_correct import picked_up
from tests.conftest import PINS, People
from tests.factories_pickup import Line
from tests.keys import press_key, type_keys

ENTER, SPACE, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Escape
Show = Callable[..., OrderPage]
Asked = list[tuple[str, dict[str, Any], Callable[[Any], object]]]


@pytest.fixture
def asked() -> Asked:
    """What a second person was asked for: right, values, and who waits for the consent."""
    return []


@pytest.fixture
def told() -> list[str]:
    """The notices that were shown."""
    return []


@pytest.fixture
def went() -> list[tuple[str, dict[str, Any]]]:
    """The pages that were opened from here."""
    return []


@pytest.fixture
def show(qtbot: Any, context: PageContext, store: Store, asked: Asked, told: list[str], went: Any) -> Show:
    """Open the page of an order as somebody."""
    from deskapp.rules import access

    made: list[OrderPage] = []
    context.ask_supervisor = lambda right, then, **values: asked.append((right, values, then))  # type: ignore[assignment]
    context.toast = lambda text, **values: told.append(text)  # type: ignore[assignment]
    context.navigate = lambda page, **args: went.append((page, args))

    def open_for(record_id: str, by: Actor) -> OrderPage:
        context.jobs.actor = by
        context.actor = lambda: by
        context.may = lambda right: access.may(store.roles, by.roles, right)
        page = OrderPage(context)
        qtbot.addWidget(page)
        context.jobs.changed.connect(page.changed)
        made.append(page)
        page.resize(1180, 900)
        page.show()
        qtbot.waitExposed(page)
        page.activateWindow()
        page.open(id=record_id)
        qtbot.waitUntil(lambda: page.card is not None)
        qtbot.waitUntil(page.devices.view.hasFocus)
        return page

    return open_for


def keys(text: str) -> None:
    """Type into whatever has the focus; Chinese comes in as an input method commits it."""
    focus = QApplication.focusWidget()
    assert focus is not None
    if text.isascii():
        type_keys(focus, text)
    else:
        assert isinstance(focus, QLineEdit)
        focus.insert(text)


def press(key: Qt.Key) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    press_key(focus, key)


def begin(qtbot: Any, page: OrderPage, name: str) -> None:
    """Press the button of an act, and wait for its first field."""
    button = page.acts.buttons[name]
    assert button.isVisible(), f"{name} is not offered"
    button.setFocus()
    press(ENTER)
    act = page.acts.acts[name]
    qtbot.waitUntil(act.isVisible)
    qtbot.waitUntil(lambda: act.isAncestorOf(QApplication.focusWidget()))


def into(qtbot: Any, field: QWidget, text: str, enter: bool = False) -> None:
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    inner = field.focusProxy() or field
    if hasattr(inner, "selectAll"):
        inner.selectAll()
    keys(text)
    if enter:
        press_key(inner, ENTER)


def state_is(qtbot: Any, store: Store, item_id: str, state: str) -> None:
    qtbot.waitUntil(lambda: store.ask(lambda s: s.get_one(RepairItem, item_id).work_state) == state)


def offered(page: OrderPage) -> set[str]:
    return {name for name, button in page.acts.buttons.items() if button.isVisible()}


# -- what it shows ---------------------------------------------------------------------------


def test_the_head_masks_the_deliverer_and_adds_up_what_is_owed(show: Show, store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000), Line(fen=3000))

    page = show(order.order_id, people.clerk)

    assert page.title.text() == order.order_no
    shown = {key: text.text() for key, text in page.facts.values.items()}
    assert shown["phone"] == "138****8000" and shown["slip"] == order.slip_no
    assert "小明" not in shown["deliverer"] and shown["deliverer"]
    assert shown["due"] == "¥180.00"
    assert [row.label_no for row in page.devices.rows()] == list(order.labels)


def test_a_device_opens_the_order_with_itself_chosen(show: Show, store: Store, people: People) -> None:
    order = order_with(store, people, Line(), Line(fen=3000))

    page = show(order.items[1], people.clerk)

    assert page.devices.current().id == order.items[1]
    assert "¥30.00" in page.details.text() and order.labels[1] in page.acts.device_label.text()


def test_what_was_taken_back_stays_struck_through_in_the_history(show: Show, store: Store, people: People) -> None:
    order, done = picked_up(store, people, Line(fen=15000), fen=15000)
    store.run(void_pickup(receipt_no=done.receipt_no, reason="取错设备，已追回"), by=people.supervisor)

    page = show(order.order_id, people.clerk)

    page.history.show_all()
    struck = [one for one in page.history.timeline.happenings if one.struck]
    assert {one.what for one in struck} >= {"Hand out (voided)", "Paid ¥150.00 (voided)", "Picked up (voided)"}
    assert any(one.what == "Taken back: Hand out" and "取错设备" in one.detail for one in
               page.history.timeline.happenings)  # fmt: skip
    assert all(one.who for one in struck)


def test_receipts_and_other_codes_lead_to_the_order(store: Store, people: People) -> None:
    from deskapp.commands.pickup import take_payment
    from deskapp.ui.finding import StoreFinder

    order = order_with(store, people, Line(fen=15000))
    act = take_payment(order_id=order.order_id, payments=(Payment("cash", 15000),))
    receipt = store.run(act, by=people.clerk).result.receipt_no

    for number in (order.order_no, receipt):
        place = store.ask(lambda s, code=number: StoreFinder().resolve(s, code)).destination
        assert place is not None and (place.page, place.args["id"]) == ("order", order.order_id)


def test_a_void_paper_is_marked_and_its_copy_says_so(qtbot: Any, show: Show, store: Store, people: People) -> None:
    order, done = picked_up(store, people, Line(fen=15000), fen=15000)
    job = store.ask(lambda s: s.query(PrintJob).filter_by(number=done.receipt_no).one().id)
    _print(store, job)
    store.run(void_pickup(receipt_no=done.receipt_no, reason="取错设备"), by=people.supervisor)

    page = show(order.order_id, people.clerk)
    qtbot.waitUntil(lambda: bool(page.papers.table.rows()))
    place = next(n for n, row in enumerate(page.papers.table.rows()) if row.number == done.receipt_no)
    page.papers.table.select(place)

    assert page.papers.void.isVisible() and "void" in page.papers.void.text()
    cells = page.papers.table.model.cells(place)
    assert any(getattr(cell, "text", "") == "No longer holds" for cell in cells)
    before = len(page.papers.table.rows())
    page.papers.reason.setFocus()
    keys("1")
    press(ENTER)
    qtbot.waitUntil(lambda: store.ask(lambda s: s.query(PrintJob).filter_by(of_job=job).count()) == 1)
    qtbot.waitUntil(lambda: len(page.papers.table.rows()) > before)
    page.papers.table.select(next(n for n, row in enumerate(page.papers.table.rows()) if row.id == job))
    page.papers.look_button.setFocus()
    press(ENTER)
    qtbot.waitUntil(lambda: not page.papers.preview.picture.pixmap().isNull(), timeout=15000)


@command(N_("Print for the test"), right="")
def _printed(write: Write, *, job_id: str) -> None:
    write.session.get_one(PrintJob, job_id).state = "printed"


def _print(store: Store, job_id: str) -> None:
    store.run(_printed(job_id=job_id))


# -- acts with one device ----------------------------------------------------------------------


def test_only_what_fits_the_state_is_offered(show: Show, store: Store, people: People) -> None:
    order = order_with(store, people, Line(end="unrepaired"), Line())

    page = show(order.items[0], people.clerk)

    assert {"start_service", "give_back", "quarantine", "note", "void_check_in", "photos"} <= offered(page)
    assert not {"finish_service", "confirm", "reopen", "release", "pay"} & offered(page)
    page.devices.select(1)
    assert not {"start_service", "confirm"} & offered(page)


def test_counter_service_from_beginning_to_end(qtbot: Any, show: Show, store: Store, people: People) -> None:
    order = order_with(store, people, Line(end="unrepaired"))
    page = show(order.items[0], people.clerk)

    begin(qtbot, page, "start_service")
    keys("QJ")
    press(ENTER)
    state_is(qtbot, store, order.items[0], "counter_service")
    qtbot.waitUntil(lambda: page.acts.buttons["finish_service"].isVisible())

    begin(qtbot, page, "finish_service")
    act = page.acts.acts["finish_service"]
    assert act.action.value() == "clean"
    press(ENTER)
    qtbot.waitUntil(act.test.hasFocus)
    keys("p")
    press(ENTER)
    into(qtbot, act.used, "打印纸2卷，清洁棉", enter=True)
    qtbot.waitUntil(act.words.hasFocus)
    press(ENTER)

    state_is(qtbot, store, order.items[0], "ready_for_pickup")
    event = store.ask(lambda s: s.query(WorkEvent).filter_by(move="finish_counter_service").one())
    assert event.data["consumables"] == ["打印纸2卷", "清洁棉"] and event.data["test_result"] == "pass"


def test_a_service_that_does_not_help_goes_to_the_bench(qtbot: Any, show: Show, store: Store, people: People) -> None:
    order = order_with(store, people, Line(end="unrepaired"))
    page = show(order.items[0], people.clerk)
    begin(qtbot, page, "start_service")
    keys("QJ")
    press(ENTER)
    qtbot.waitUntil(lambda: page.acts.buttons["stop_service"].isVisible())

    begin(qtbot, page, "stop_service")
    press(ENTER)
    act = page.acts.acts["stop_service"]
    qtbot.waitUntil(act.form.rows["reason"].error.isVisible)
    into(qtbot, act.reason, "清洁后仍卡纸", enter=True)

    state_is(qtbot, store, order.items[0], "checked_in")


def test_a_device_is_given_back_unrepaired_after_the_risks_were_told(
    qtbot: Any, show: Show, store: Store, people: People, told: list[str]
) -> None:
    order = order_with(store, people, Line(end="unrepaired"))
    page = show(order.items[0], people.clerk)

    begin(qtbot, page, "give_back")
    act = page.acts.acts["give_back"]
    keys("1")
    press(ENTER)
    qtbot.waitUntil(act.told.hasFocus)
    act.go.setFocus()
    press(ENTER)
    qtbot.waitUntil(act.form.rows["risk_notice"].error.isVisible)
    act.told.setFocus()
    press(SPACE)
    into(qtbot, act.words, "", enter=True)

    state_is(qtbot, store, order.items[0], "ready_for_pickup")
    qtbot.waitUntil(lambda: told == ["The device is ready for pickup, unrepaired."])


def test_an_accessory_that_nobody_says_was_forgotten_is_not_added(
    qtbot: Any, show: Show, store: Store, people: People, asked: Asked
) -> None:
    order = order_with(store, people, Line(end="unrepaired"))
    page = show(order.items[0], people.clerk)
    begin(qtbot, page, "correct_accessory")
    act = page.acts.acts["correct_accessory"]
    act.was.set_value(None)
    act.kind.set_value("battery")
    into(qtbot, act.reason, "漏登电池", enter=True)

    qtbot.waitUntil(lambda: bool(act.form.rows["was"].error.text()))
    assert not asked and act.isVisible()


def test_a_forgotten_accessory_is_corrected_with_a_supervisors_consent(
    qtbot: Any, show: Show, store: Store, people: People, asked: Asked
) -> None:
    order = order_with(store, people, Line(end="unrepaired"))
    page = show(order.items[0], people.clerk)
    begin(qtbot, page, "correct_accessory")
    act = page.acts.acts["correct_accessory"]
    act.kind.set_value("battery")
    into(qtbot, act.reason, "漏登电池", enter=True)
    qtbot.waitUntil(lambda: bool(asked))
    right, _values, then = asked[0]
    assert right == "correct"
    given = store.run(vouch(who="S01", pin=PINS["S01"], right="correct"), by=people.clerk).result
    then(given.for_reason("当面核对"))

    qtbot.waitUntil(lambda: any(kind == "battery" for kind, _back in page.card.lines[0].accessories))
    assert page.card.slip_no != order.slip_no


def test_quarantine_and_release_by_two_persons(
    qtbot: Any, show: Show, store: Store, people: People, asked: Asked
) -> None:
    order = order_with(store, people, Line())
    page = show(order.items[0], people.clerk)
    begin(qtbot, page, "quarantine")
    keys("外壳有撬痕")
    press(ENTER)
    press(ENTER)
    state_is(qtbot, store, order.items[0], "quarantined")
    qtbot.waitUntil(lambda: "release" not in offered(page) and "quarantine" not in offered(page))

    page = show(order.items[0], people.supervisor)
    begin(qtbot, page, "release")
    act = page.acts.acts["release"]
    into(qtbot, act.finding, "撬痕为商户自行更换外壳所致，厂家确认完好")
    act.go.setFocus()
    press(ENTER)
    qtbot.waitUntil(lambda: bool(asked))
    right, values, then = asked[0]
    assert right == "witness" and values["number"] == order.labels[0]
    given = store.run(vouch(who="C01", pin=PINS["C01"], right="witness"), by=people.supervisor).result
    then(given.for_reason("一起查看"))

    state_is(qtbot, store, order.items[0], "ready_for_pickup")
    event = store.ask(lambda s: s.query(WorkEvent).filter_by(move="release_quarantine").one())
    assert (event.by, event.second_by) == (people.supervisor.staff_id, people.clerk.staff_id)


def test_a_working_device_is_closed_with_its_rating(qtbot: Any, show: Show, store: Store, people: People) -> None:
    order, _done = picked_up(store, people, Line(), Line())
    page = show(order.items[0], people.clerk)

    begin(qtbot, page, "confirm")
    act = page.acts.acts["confirm"]
    keys("2")
    press(ENTER)
    qtbot.waitUntil(act.who.hasFocus)
    keys("王小明")
    press(ENTER)
    qtbot.waitUntil(act.rating.hasFocus)
    keys("5")
    act.all.setFocus()
    press(SPACE)
    act.rating.setFocus()
    press(ENTER)

    for item_id in order.items:
        state_is(qtbot, store, item_id, "closed")
    record = store.ask(lambda s: s.query(ItemRecord).filter_by(kind="works").first())
    assert record.data["result"] == "call" and "小明" not in record.data["confirmed_by"]
    event = store.ask(lambda s: s.query(WorkEvent).filter_by(move="confirm_working").first())
    assert event.data["rating"] == 5


def test_a_clerk_reopens_a_closed_job_with_consent_and_a_supervisor_alone(
    qtbot: Any, show: Show, store: Store, people: People, asked: Asked
) -> None:
    order, _done = picked_up(store, people, Line(), Line())
    store.run(confirm_working(item_ids=order.items, result="call", confirmed_by="王小明"), by=people.clerk)
    page = show(order.items[0], people.clerk)
    begin(qtbot, page, "reopen")
    keys("商户称仍打印不清")
    press(ENTER)
    qtbot.waitUntil(lambda: len(asked) == 1)
    right, _values, then = asked[0]
    assert right == "reopen"
    then(consent(store, people, "reopen"))
    state_is(qtbot, store, order.items[0], "picked_up")

    page = show(order.items[1], people.supervisor)
    begin(qtbot, page, "reopen")
    keys("商户称仍打印不清")
    press(ENTER)
    state_is(qtbot, store, order.items[1], "picked_up")
    assert len(asked) == 1


def test_a_note_is_kept_and_shown_at_once(qtbot: Any, show: Show, store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    page = show(order.items[0], people.clerk)

    begin(qtbot, page, "note")
    keys("商户明天下午来")
    press(ENTER)

    qtbot.waitUntil(lambda: any("商户明天下午来" in one.detail for one in page.history.timeline.happenings))


def test_a_card_number_in_a_note_is_refused_and_nothing_typed_is_lost(
    qtbot: Any, show: Show, store: Store, people: People
) -> None:
    order = order_with(store, people, Line())
    page = show(order.items[0], people.clerk)
    begin(qtbot, page, "note")
    keys("卡号 4111 1111 1111 1111")
    press(ENTER)

    act = page.acts.acts["note"]
    qtbot.waitUntil(act.form.rows["words"].error.isVisible)
    assert act.words.text() == "卡号 4111 1111 1111 1111"
    press(ESCAPE)
    qtbot.waitUntil(act.isHidden)
    assert page.acts.buttons["note"].hasFocus()


def test_a_check_in_is_voided_with_a_supervisors_consent_and_its_papers_no_longer_hold(
    qtbot: Any, show: Show, store: Store, people: People, asked: Asked
) -> None:
    store.run(stock_shop())
    done = taken_in(store, people)
    page = show(done.order_id, people.clerk)

    begin(qtbot, page, "void_check_in")
    act = page.acts.acts["void_check_in"]
    keys("登记错商户")
    press(ENTER)
    qtbot.waitUntil(act.taker.hasFocus)
    keys("张三")
    act.all.setFocus()
    press(SPACE)
    act.taker.setFocus()
    press(ENTER)
    qtbot.waitUntil(lambda: bool(asked))
    assert asked[0][0] == "correct"
    asked[0][2](consent(store, people, "correct"))

    for device in done.devices:
        state_is(qtbot, store, device.item_id, "cancelled")
    qtbot.waitUntil(lambda: page.card is not None and page.card.slip_blocked)
    qtbot.waitUntil(lambda: page.card is not None and all(job.superseded_by for job in page.card.papers
                                                          if job.number == done.slip_no))  # fmt: skip
    qtbot.waitUntil(lambda: all(job.superseded_by for job in page.papers.table.rows()))
    place = next(n for n, job in enumerate(page.papers.table.rows()) if job.kind == "device_label")
    page.papers.table.select(place)
    assert page.papers.void.isVisible() and not page.papers.print_button.isEnabled()


def test_a_merchant_chosen_for_one_order_is_not_kept_for_the_next(
    qtbot: Any, show: Show, store: Store, people: People
) -> None:
    store.run(stock_shop())
    first, second = taken_in(store, people, DEVICE), taken_in(store, people, SECOND)
    page = show(first.order_id, people.supervisor)
    begin(qtbot, page, "correct_merchant")
    act = page.acts.acts["correct_merchant"]
    act.merchant.setFocus()
    keys("0101")
    qtbot.waitUntil(lambda: act.merchant.popup.current() is not None)
    press(ENTER)
    qtbot.waitUntil(lambda: act.merchant.chosen is not None)

    page.open(id=second.order_id)
    qtbot.waitUntil(lambda: page.card is not None and page.card.id == second.order_id)
    begin(qtbot, page, "correct_merchant")

    assert act.merchant.chosen is None and act.merchant.text() == ""
    into(qtbot, act.reason, "看错商户", enter=True)
    qtbot.waitUntil(lambda: "Choose the merchant" in act.form.rows["merchant"].error.text())


def test_an_accessory_that_never_came_is_struck_out_by_keys(
    qtbot: Any, show: Show, store: Store, people: People
) -> None:
    store.run(stock_shop())
    done = taken_in(store, people)
    page = show(done.devices[0].item_id, people.supervisor)
    begin(qtbot, page, "correct_accessory")
    act = page.acts.acts["correct_accessory"]
    kind = page.card.lines[0].accessories[0][0]

    act.was.set_value("-")
    act.kind.set_value("0")
    into(qtbot, act.reason, "没带", enter=True)
    qtbot.waitUntil(lambda: "never came" in act.form.rows["was"].error.text())
    act.was.set_value(kind)
    act.kind.setFocus()
    into(qtbot, act.reason, "没带", enter=True)

    qtbot.waitUntil(act.isHidden)
    qtbot.waitUntil(lambda: page.card is not None and page.card.slip_no != done.slip_no)
    assert kind not in [code for code, _back in page.card.lines[0].accessories]
    page.history.show_all()
    told = [one.detail for one in page.history.timeline.happenings if one.what == "Check-in corrected"]
    assert len(told) == 1 and "never came: " in told[0] and "没带" in told[0]


def test_a_check_in_that_cannot_be_voided_now_says_in_its_form_what_comes_first(
    qtbot: Any, show: Show, store: Store, people: People
) -> None:
    order = order_with(store, people, Line(fen=15000))
    page = show(order.items[0], people.supervisor)
    begin(qtbot, page, "void_check_in")
    act = page.acts.acts["void_check_in"]
    into(qtbot, act.reason, "误收")
    into(qtbot, act.taker, "张三", enter=True)

    qtbot.waitUntil(lambda: "then void the check-in" in act.error.text() or "stands" in act.error.text())
    assert (act.reason.text(), act.taker.text()) == ("误收", "张三")


# -- papers, photos, money, to-dos --------------------------------------------------------------


def test_a_photo_added_later_settles_its_to_do_and_is_shown(
    qtbot: Any, show: Show, store: Store, people: People
) -> None:
    order = order_with(store, people, Line())
    store.run(_todo(item_id=order.items[0], key="photos"))
    page = show(order.items[0], people.clerk)
    begin(qtbot, page, "photos")
    act = page.acts.acts["photos"]
    act.go.setFocus()
    press(ENTER)
    assert "photo" in act.error.text()

    act.photos.add_bytes(_picture(), "正面")
    qtbot.waitUntil(lambda: len(act.photos.photos) == 1)
    act.kind.setFocus()
    keys("2")
    act.go.setFocus()
    press(ENTER)

    qtbot.waitUntil(lambda: store.ask(lambda s: s.query(Attachment).count()) == 1)
    qtbot.waitUntil(lambda: page.files.list.count() == 1 and bool(page.files._pictures))
    assert store.ask(lambda s: s.query(ReviewCard).filter_by(settled_at=0).count()) == 0
    page.files.list.setFocus()
    press(ENTER)
    assert page.files.full.isVisible() and order.labels[0] in page.files.caption.text()
    press(ESCAPE)
    assert page.files.full.isHidden()


def test_where_no_photo_will_follow_its_reason_settles_the_to_do(
    qtbot: Any, show: Show, store: Store, people: People
) -> None:
    order = order_with(store, people, Line())
    store.run(_todo(item_id=order.items[0], key="photos"))
    page = show(order.items[0], people.clerk)
    begin(qtbot, page, "photos")
    act = page.acts.acts["photos"]
    assert act.none.isVisible()

    act.none.setFocus()
    keys("1")
    act.go.setFocus()
    press(ENTER)

    qtbot.waitUntil(act.isHidden)
    with store.read() as session:
        assert [row.data["reason"] for row in session.query(ItemRecord).filter_by(kind="no_photo")] == ["no_camera"]
        assert session.query(ReviewCard).filter_by(settled_at=0).count() == 0
    qtbot.waitUntil(lambda: page.card is not None and page.card.todos == ())
    begin(qtbot, page, "photos")
    assert not act.none.isVisible()


def test_a_photo_that_is_not_on_this_computer_is_told(qtbot: Any, show: Show, store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(attach_photo(item_id=order.items[0], photo=Photo("ab" * 32)), by=people.clerk)

    page = show(order.order_id, people.clerk)

    qtbot.waitUntil(page.files.trouble.isVisible)
    assert page.files.trouble.text() == "This photo is not on this computer."


def test_a_signature_is_drawn_later_and_shown(qtbot: Any, show: Show, store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    page = show(order.order_id, people.clerk)
    begin(qtbot, page, "signature")
    act = page.acts.acts["signature"]
    act.go.setFocus()
    press(ENTER)
    assert act.error.text()
    pad = act.pad.pad
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=pad.rect().center())
    QTest.mouseMove(pad, pad.rect().topLeft())
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=pad.rect().bottomRight())
    act.go.setFocus()
    press(ENTER)

    qtbot.waitUntil(lambda: [one.kind for one in page.files.files] == ["signature"])
    qtbot.waitUntil(lambda: bool(page.files._pictures))
    kept = store.ask(lambda s: s.query(Attachment).one())
    assert kept.subject_id == order.order_id and Blobs(store.home.blobs, store.key).fetch(kept.sha256)[:4] == b"<svg"
    qtbot.waitUntil(lambda: "signature" not in offered(page))


def test_the_deliverers_document_is_noted_later(qtbot: Any, show: Show, store: Store, people: People) -> None:
    order = order_with(store, people, Line(), id_last4="")
    page = show(order.order_id, people.clerk)

    begin(qtbot, page, "deliverer_id")
    keys("1")
    press(ENTER)
    keys("001x")
    press(ENTER)

    qtbot.waitUntil(lambda: store.ask(lambda s: s.get_one(RepairOrder, order.order_id).deliverer_id_last4) == "001X")
    qtbot.waitUntil(lambda: "deliverer_id" not in offered(page))


def test_what_is_owed_is_taken_and_the_receipt_queued(qtbot: Any, show: Show, store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000), Line(fen=3000))
    page = show(order.order_id, people.clerk)

    begin(qtbot, page, "pay")
    act = page.acts.acts["pay"]
    assert act.amount.fen() == 18000
    qtbot.waitUntil(act.method.hasFocus)
    keys("1")
    press(ENTER)
    qtbot.waitUntil(act.amount.hasFocus)
    act.amount.selectAll()
    keys("100")
    press(ENTER)
    qtbot.waitUntil(act.form.rows["payment"].error.isVisible)
    into(qtbot, act.amount, "180", enter=True)

    qtbot.waitUntil(lambda: page.card is not None and page.card.due_fen == 0)
    qtbot.waitUntil(lambda: len(page.receipts.table.rows()) == 1)
    assert store.ask(lambda s: s.query(PrintJob).filter_by(kind="repair_receipt").count()) == 1
    assert "pay" not in offered(page)


def test_a_wrong_charge_is_corrected_with_consent(
    qtbot: Any, show: Show, store: Store, people: People, asked: Asked
) -> None:
    order = order_with(store, people, Line(fen=15000))
    page = show(order.items[0], people.clerk)

    begin(qtbot, page, "amount")
    act = page.acts.acts["amount"]
    qtbot.waitUntil(act.amount.hasFocus)
    keys("120")
    press(ENTER)
    qtbot.waitUntil(act.reason.hasFocus)
    keys("工时费录错")
    press(ENTER)
    qtbot.waitUntil(lambda: bool(asked))
    asked[0][2](consent(store, people, "correct"))

    qtbot.waitUntil(lambda: store.ask(lambda s: s.get_one(RepairItem, order.items[0]).due_fen) == 12000)
    rows = store.ask(lambda s: [(row.kind, row.fen) for row in s.query(MoneyEvent).order_by(MoneyEvent.n)])
    assert rows == [("charge", 15000), ("void", 15000), ("charge", 12000)]


@pytest.mark.parametrize(("choice", "kind", "state"), [
    ("1", "void", "ready_for_pickup"), ("2", "void", "picked_up"), ("3", "refund", "picked_up"),
])  # fmt: skip
def test_a_receipt_is_corrected_in_place(
    qtbot: Any, show: Show, store: Store, people: People, choice: str, kind: str, state: str
) -> None:
    order, done = picked_up(store, people, Line(fen=15000), fen=15000)
    page = show(order.order_id, people.supervisor)
    qtbot.waitUntil(lambda: len(page.receipts.table.rows()) == 1)

    page.receipts.table.view.setFocus()
    press(ENTER)
    card = page.receipts.correction
    qtbot.waitUntil(card.what.hasFocus)
    keys(choice)
    if choice == "3":
        card.method.setFocus()
        keys("1")
    into(qtbot, card.reason, "收银方式录错", enter=True)

    qtbot.waitUntil(lambda: store.ask(lambda s: s.query(MoneyEvent).filter_by(kind=kind).count()) >= 1)
    state_is(qtbot, store, order.items[0], state)
    if choice == "1":
        qtbot.waitUntil(lambda: page.card is not None and page.card.receipts[0].void)
        assert not page.receipts.correct.isVisible()
    assert done.receipt_no


def test_a_to_do_is_settled_on_the_page_of_its_order(qtbot: Any, show: Show, store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(_todo(item_id=order.items[0], key="label_scan_back"))
    page = show(order.order_id, people.clerk)
    assert page.todos.isVisible()

    page.todos.table.view.setFocus()
    press(ENTER)
    qtbot.waitUntil(page.todos.how.hasFocus)
    press(ENTER)
    qtbot.waitUntil(page.todos.form.rows["how"].error.isVisible)
    keys("标签已补贴")
    press(ENTER)

    qtbot.waitUntil(page.todos.isHidden)


def test_a_quarantined_card_is_not_settled_by_a_word(qtbot: Any, show: Show, store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(quarantine(item_id=order.items[0], reason="外壳有撬痕"), by=people.clerk)
    page = show(order.order_id, people.supervisor)
    kinds = [row.kind for row in page.todos.table.rows()]
    page.todos.table.select(kinds.index("quarantine"))

    into(qtbot, page.todos.how, "看过", enter=True)

    qtbot.waitUntil(lambda: bool(page.todos.wrong.text()))
    assert "quarantine" in page.todos.wrong.text()


def test_the_ways_on(show: Show, store: Store, people: People, went: list[tuple[str, dict[str, Any]]]) -> None:
    order = order_with(store, people, Line())
    page = show(order.order_id, people.clerk)

    for button in (page.pickup_button, page.merchant_button, page.device_button):
        button.setFocus()
        press(ENTER)

    assert [place for place, _args in went] == ["pickup", "merchant", "device"]
    assert not page.ticket_button.isVisible() and not page.bench_button.isVisible()


def test_everything_speaks_chinese_at_once(qtbot: Any, show: Show, store: Store, people: People) -> None:
    order, done = picked_up(store, people, Line(fen=15000), fen=15000)
    store.run(void_pickup(receipt_no=done.receipt_no, reason="取错设备"), by=people.supervisor)
    page = show(order.order_id, people.clerk)

    i18n.use("zh_CN")
    retranslate_tree(page)

    assert "已作废" in " ".join(one.what for one in page.history.timeline.happenings)
    assert page.acts.title.text() == "可以办理" and page.acts.buttons["note"].text() == "备注…"


def test_an_unknown_order_is_told(qtbot: Any, context: PageContext) -> None:
    page = OrderPage(context)
    qtbot.addWidget(page)
    page.show()
    page.open(id="nothing")

    qtbot.waitUntil(page.banner.isVisible)


@command(N_("Leave a to-do for the test"), right="")
def _todo(write: Write, *, item_id: str, key: str) -> None:
    raise_card(write, "todo", "repair_item", item_id, data={"key": key})


def _picture() -> bytes:
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice

    image = QImage(320, 200, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkGreen)
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(content.data())




@pytest.mark.parametrize("scale", [100, 150])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_form_has_names_and_room_for_its_words(
    qtbot: Any, show: Show, store: Store, people: People, look: QApplication, language: str, scale: int
) -> None:
    from deskapp.ui import theme
    from tests import walker

    theme.apply(look, "light", scale)
    i18n.use(language)
    order, _done = picked_up(store, people, Line(fen=15000), Line(), fen=15000)
    page = show(order.order_id, people.supervisor)
    for act in page.acts.acts.values():
        page.acts.close_all()
        act.open_drawer()
        qtbot.waitUntil(act.isVisible)
        qtbot.waitUntil(lambda: walker.squeezed(page) == [])

        assert walker.nameless(page) == [], act.name
        assert walker.backward(page) == [], act.name
    i18n.use("en")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_labels_and_amounts_of_the_devices_are_whole_in_large_letters_on_a_small_screen(
    qtbot: Any, show: Show, store: Store, people: People, look: QApplication, language: str
) -> None:
    from deskapp.ui import theme
    from tests import walker

    theme.apply(look, "light", 150)
    i18n.use(language)
    order, _done = picked_up(store, people, Line(fen=15000), Line(), fen=15000)
    page = show(order.order_id, people.supervisor)
    page.resize(1180, 600)  # of 1280 beside the folded navigation

    qtbot.waitUntil(lambda: walker.short_numbers(page) == [])
    view = page.devices.view
    for number in range(page.devices.model.rowCount()):
        assert view._rows.needed(page.devices.model.cells(number)[0]) <= view.columnWidth(0)
    i18n.use("en")


def test_traveller_and_call_back_note_are_printed_beside_the_papers(
    qtbot: Any, show: Show, store: Store, people: People
) -> None:
    order = order_with(store, people, Line())
    page = show(order.order_id, people.clerk)
    for button, kind in ((page.traveller, "bench_traveller"), (page.call_note, "call_note")):
        qtbot.waitUntil(button.isVisible)
        button.click()
        qtbot.waitUntil(lambda kind=kind: kind in [job.kind for job in page.papers.table.rows()])


def test_before_the_order_is_there_nothing_is_offered(qtbot: Any, context: PageContext) -> None:
    page = OrderPage(context)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitExposed(page)

    shown = (page.acts, page.ticket_button, page.bench_button, page.pickup_button, page.merchant_button)
    assert not any(one.isVisible() for one in shown)


def test_what_an_order_has_nothing_of_takes_no_line(show: Show, store: Store, people: People) -> None:
    page = show(order_with(store, people, Line(fen=15000)).order_id, people.clerk)

    assert {"loaner", "closed"}.isdisjoint(key for key, value in page.facts.values.items() if value.isVisible())
    assert page.facts.values["due"].isVisible() and page.facts.values["merchant"].isVisible()
