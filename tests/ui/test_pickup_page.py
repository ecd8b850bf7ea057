"""The pickup page played with keys and scans alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from deskapp.models.local import PrintJob
from deskapp.models.repair import Pickup, RepairItem
from deskapp.models.store import Store
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import PageContext
from deskapp.ui.pages.pickup import PickupPage
from tests.commands.test_pickup import consent, order_with
from tests.commands.test_pickup_release import code_for, wrong
from tests.conftest import People
from tests.factories_pickup import Line, Order
from tests.keys import press_key, type_keys

ENTER = Qt.Key.Key_Return


@pytest.fixture
def page(qtbot: Any, context: PageContext) -> PickupPage:
    made = PickupPage(context)
    qtbot.addWidget(made)
    made.resize(1180, 720)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.open()
    return made


def keys(text: str) -> None:
    """Type into whatever has the focus."""
    focus = QApplication.focusWidget()
    assert focus is not None
    type_keys(focus, text)


def press(key: Qt.Key) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    press_key(focus, key)


def on_step(qtbot: Any, page: PickupPage, place: int) -> None:
    qtbot.waitUntil(lambda: page.place == place and page.steps[place].isVisible())
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    QApplication.processEvents()


def slip(order: Order) -> str:
    return f"PS1:{order.slip_no}:{order.token}"


def opened(qtbot: Any, page: PickupPage, order: Order) -> None:
    page.scan(slip(order))
    qtbot.waitUntil(lambda: page.visit is not None)
    on_step(qtbot, page, 0)


def checked(qtbot: Any, page: PickupPage, order: Order) -> None:
    opened(qtbot, page, order)
    page.scan(slip(order))
    qtbot.waitUntil(lambda: page.visit is not None and bool(page.visit.release_id))


def identified(qtbot: Any, page: PickupPage, order: Order) -> None:
    checked(qtbot, page, order)
    qtbot.waitUntil(page.who.own.hasFocus)
    keys("d")
    keys("001X")
    press(ENTER)
    on_step(qtbot, page, 1)


def focus_is(qtbot: Any, widget: QWidget) -> None:
    qtbot.waitUntil(widget.hasFocus)


def test_a_whole_pickup_by_keys_and_scans(qtbot: Any, page: PickupPage, store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000, accessories=("power_adapter",)), Line())
    identified(qtbot, page, order)

    page.scan(order.labels[0])
    block = page.what.blocks[order.items[0]]
    focus_is(qtbot, block.tamper)
    keys("1")
    accessory = page.visit.card.devices[0].accessories[0].label_no  # type: ignore[union-attr]
    page.scan(accessory)
    block.tamper.setFocus()
    press(ENTER)
    on_step(qtbot, page, 2)
    focus_is(qtbot, page.test.sheets[order.items[0]])
    keys("ppppp")
    on_step(qtbot, page, 3)
    assert "150.00" in page.pay.big.text() and page.pay.words.text() == "人民币壹佰伍拾元整"
    focus_is(qtbot, page.pay.method)
    keys("1")
    focus_is(qtbot, page.pay.given)
    keys("200")
    assert "50.00" in page.pay.change.text()
    press(ENTER)
    on_step(qtbot, page, 4)
    focus_is(qtbot, page.sign.pad.on_paper)
    press(Qt.Key.Key_Space)
    page.sign.rating.setFocus()
    keys("5")
    press(ENTER)
    qtbot.waitUntil(page.done_panel.isVisible)

    receipt = page.done_panel.number.text()
    assert receipt.startswith("C") and page.done_panel.left.isVisible()
    pickup = store.ask(lambda s: s.query(Pickup).one())
    assert (pickup.receipt_no, pickup.data["rating"], pickup.data["payments"]) == (
        receipt, 5, [{"method": "cash", "fen": 15000}],
    )  # fmt: skip
    assert store.ask(lambda s: s.query(PrintJob).filter_by(kind="repair_receipt").one()).number == receipt


def test_a_wrong_code_is_counted_and_explained(qtbot: Any, page: PickupPage, store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    code = code_for(store, people, order)
    page.open(order_id=order.order_id)
    qtbot.waitUntil(lambda: page.visit is not None)
    on_step(qtbot, page, 0)
    page.who.ways.setFocus()
    keys("2")
    focus_is(qtbot, page.who.code)
    for left in ("4 tries", "3 tries", "2 tries", "1 try"):
        keys(wrong(code))
        press(ENTER)
        qtbot.waitUntil(lambda left=left: left in page.who.answer.text())
    keys(wrong(code))
    press(ENTER)

    qtbot.waitUntil(lambda: "last try" in page.who.answer.text())
    assert not page.visit.release_id  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: "supervisor" in page.summary.proof.text())


def test_the_code_opens_the_way(qtbot: Any, page: PickupPage, store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    code = code_for(store, people, order)
    page.open(order_id=order.order_id)
    qtbot.waitUntil(lambda: page.visit is not None)
    on_step(qtbot, page, 0)
    page.who.ways.setFocus()
    keys("2")
    focus_is(qtbot, page.who.code)

    keys(code)
    press(ENTER)

    focus_is(qtbot, page.who.own)
    assert page.visit.release_id  # type: ignore[union-attr]


def test_nobody_goes_on_without_proof_or_document(qtbot: Any, page: PickupPage, store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    page.open(order_id=order.order_id)
    qtbot.waitUntil(lambda: page.visit is not None)
    on_step(qtbot, page, 0)

    page.go_on()
    assert page.place == 0 and "first" in page.who.answer.text()

    page.scan(slip(order))
    qtbot.waitUntil(lambda: bool(page.visit.release_id))  # type: ignore[union-attr]
    page.go_on()
    assert page.place == 0 and not page.who.person.rows["own"].error.isHidden()


def test_a_scan_of_another_order_offers_to_open_it(
    qtbot: Any, page: PickupPage, store: Store, people: People
) -> None:
    one, other = order_with(store, people, Line()), order_with(store, people, Line())
    opened(qtbot, page, one)

    page.scan(slip(other))

    qtbot.waitUntil(page.banner.isVisible)
    assert other.order_no in page.banner.text.text() and page.banner.action.isVisible()
    page.banner.action.setFocus()
    press(ENTER)
    qtbot.waitUntil(lambda: page.visit is not None and page.visit.card.order_id == other.order_id)


def test_a_slip_that_was_misread_is_said_and_the_step_is_not_over(
    qtbot: Any, page: PickupPage, store: Store, people: People
) -> None:
    order = order_with(store, people, Line())
    opened(qtbot, page, order)

    assert page.scan("K99080261123001A") and page.place == 0  # its check character would be D
    assert page.banner.isVisible() and "misread" in page.banner.text.text()


def test_a_foreign_device_is_sent_back_to_the_shelf(
    qtbot: Any, page: PickupPage, store: Store, people: People
) -> None:
    one, other = order_with(store, people, Line(), Line(end="bench")), order_with(store, people, Line())
    identified(qtbot, page, one)

    page.scan(other.labels[0])
    assert "does not belong" in page.what.said.text()
    page.scan(one.labels[1])
    assert "not ready" in page.what.said.text()
    page.go_on()
    assert page.place == 1


def test_what_deviates_asks_for_a_supervisor(
    qtbot: Any, page: PickupPage, store: Store, people: People, jobs: Jobs
) -> None:
    order = order_with(store, people, Line(accessories=("power_adapter",)))
    asked: list[tuple[str, dict[str, Any], Callable[[Any], object]]] = []
    page.context.ask_supervisor = lambda right, then, **values: asked.append((right, values, then))  # type: ignore[assignment]
    identified(qtbot, page, order)
    page.scan(order.labels[0])
    focus_is(qtbot, page.what.blocks[order.items[0]].tamper)
    keys("1")
    press(ENTER)
    on_step(qtbot, page, 2)
    focus_is(qtbot, page.test.sheets[order.items[0]])
    keys("ppppp")
    on_step(qtbot, page, 3)
    page.go_on()
    on_step(qtbot, page, 4)
    focus_is(qtbot, page.sign.pad.on_paper)
    press(Qt.Key.Key_Space)

    page.save()
    qtbot.waitUntil(lambda: bool(asked))

    assert asked[0][0] == "override" and asked[0][1]["what"] == "accessories are missing"
    asked[0][2](consent(store, people))
    qtbot.waitUntil(page.done_panel.isVisible)
    assert store.ask(lambda s: s.get_one(RepairItem, order.items[0])).work_state == "picked_up"


def test_an_order_that_is_not_ready_is_explained(qtbot: Any, page: PickupPage, store: Store, people: People) -> None:
    order = order_with(store, people, Line(end="bench"))

    page.scan(slip(order))

    qtbot.waitUntil(page.finder.said.isVisible)
    assert "Being diagnosed" in page.finder.said.text()


def test_the_pages_texts_follow_the_language(qtbot: Any, page: PickupPage, store: Store, people: People) -> None:
    from deskapp import i18n
    from deskapp.ui.speech import retranslate_tree

    order = order_with(store, people, Line(fen=15000))
    opened(qtbot, page, order)
    before = page.next_button.text()

    i18n.use("qps")
    retranslate_tree(page)

    assert page.next_button.text() != before
