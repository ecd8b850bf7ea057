"""Ready list, call list, loaners, day end and register, by keys and scans."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from deskapp.commands.pickup_forms import Payment
from deskapp.models.handing_out import calls_of, code_of
from deskapp.models.local import PrintJob
from deskapp.models.repair import ItemRecord
from deskapp.models.store import Store
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import PageContext
from deskapp.ui.pages.calls import CallsPage
from deskapp.ui.pages.day_end import DayEndPage
from deskapp.ui.pages.loaners import LoanersPage
from deskapp.ui.pages.ready import ReadyPage
from deskapp.ui.pages.register import RegisterPage
from tests.commands.test_loaners import LOANER, lent, loaner
from tests.commands.test_pickup import consent, hand, order_with
from tests.conftest import People
from tests.factories_pickup import Line
from tests.keys import press_key, type_keys

ENTER = Qt.Key.Key_Return


def type_into_focus(text: str, *keys: Qt.Key) -> None:
    type_keys(QApplication.focusWidget(), text)
    for key in keys:
        press_key(QApplication.focusWidget(), key)


def test_enter_on_an_order_opens_its_pickup(
    qtbot: Any, shown: Any, context: PageContext, store: Store, people: People
) -> None:
    order = order_with(store, people, Line(fen=15000))
    went: list[tuple[str, dict[str, Any]]] = []
    context.navigate = lambda page, **args: went.append((page, args))
    page = shown(ReadyPage)
    qtbot.waitUntil(lambda: len(page.table.rows()) == 1)
    qtbot.waitUntil(page.table.view.hasFocus)

    type_into_focus("", ENTER)

    assert went == [("pickup", {"order_id": order.order_id})]


def test_a_scanned_slip_goes_to_the_pickup_with_its_token(
    qtbot: Any, shown: Any, context: PageContext, store: Store, people: People
) -> None:
    order = order_with(store, people, Line())
    went: list[dict[str, Any]] = []
    context.navigate = lambda page, **args: went.append(args)
    page = shown(ReadyPage)

    page.scan(f"PS1:{order.slip_no}:{order.token}")

    qtbot.waitUntil(lambda: bool(went))
    assert went == [{"order_id": order.order_id, "number": order.slip_no, "token": order.token}]


def test_a_call_is_made_and_logged_by_keys(qtbot: Any, shown: Any, store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    page = shown(CallsPage)
    qtbot.waitUntil(lambda: page.panel.card is not None)
    page.panel.make.setFocus()

    type_into_focus("", ENTER)
    qtbot.waitUntil(page.panel.result.hasFocus)
    page.panel.words.setText("ask again")
    page.panel.note.click()
    qtbot.waitUntil(lambda: store.ask(lambda s: s.query(PrintJob).filter_by(kind="call_note").count()) == 1)
    assert "ask again" in store.ask(lambda s: s.query(PrintJob).filter_by(kind="call_note").one().card)
    page.panel.words.clear()
    page.panel.result.setFocus()
    code = page.panel.code.text().replace(" ", "")
    assert len(code) == 6 and page.panel.code.text() in page.panel.sentence.text()
    type_into_focus("1", ENTER)
    type_into_focus("Friday", ENTER)

    qtbot.waitUntil(lambda: page.table.rows() == [])
    calls = store.ask(lambda s: calls_of(s, order.order_id))
    assert [(call.result, call.words) for call in calls] == [("reached", "Friday")]
    assert store.ask(lambda s: code_of(s, order.order_id)).exists


def test_nobody_reached_voids_the_code_that_was_shown(qtbot: Any, shown: Any, store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    page = shown(ReadyPage)
    qtbot.waitUntil(lambda: page.panel.card is not None)
    page.panel.make.setFocus()
    type_into_focus("", ENTER)
    qtbot.waitUntil(page.panel.result.hasFocus)

    type_into_focus("2", ENTER)
    type_into_focus("", ENTER)

    qtbot.waitUntil(lambda: not page.panel.say_box.isVisible())
    assert not store.ask(lambda s: code_of(s, order.order_id)).exists


def test_a_loaner_that_is_out_is_taken_back_by_a_scan(qtbot: Any, shown: Any, store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(loaner())
    lent(store, people, order.order_id)
    page = shown(LoanersPage)
    qtbot.waitUntil(lambda: len(page.table.rows()) == 1)

    page.scan(LOANER)
    qtbot.waitUntil(page.tamper.hasFocus)
    page.agreement.click()
    qtbot.waitUntil(lambda: store.ask(lambda s: s.query(PrintJob).filter_by(kind="loan_agreement").count()) == 2)
    type_into_focus("1", ENTER)

    qtbot.waitUntil(lambda: page.rows and not page.rows[0].out)
    assert not page.agreement.isVisible()


def test_a_loaner_does_not_go_to_the_merchant_whose_name_was_typed_over(
    qtbot: Any, shown: Any, store: Store, people: People
) -> None:
    store.run(loaner())
    page = shown(LoanersPage, merchant_id="somebody", merchant="示例小面")
    qtbot.waitUntil(lambda: bool(page.rows))
    page.scan(LOANER)
    page.merchant.setFocus()
    page.merchant.selectAll()
    type_keys(page.merchant, "nobody")
    page.tamper.set_value("ok")
    page.submit()

    qtbot.waitUntil(lambda: page.form.rows["merchant"].error.isVisible())
    assert not page.rows[0].out


def test_the_shelf_is_counted_by_scanning_and_the_last_scan_undone(
    qtbot: Any, shown: Any, store: Store, people: People
) -> None:
    order = order_with(store, people, Line(), Line())
    page = shown(DayEndPage)
    qtbot.waitUntil(lambda: page.view is not None)

    page.scan(order.labels[0])
    qtbot.waitUntil(lambda: page.count.desk.progress.text() == "1 / 2")
    panel = page.count.desk.panel
    bottom = panel.mapTo(page, panel.rect().bottomLeft()).y()
    assert 0 < bottom <= page.height(), "what is said of the scan is in sight, below the figures of the day"
    page.scan(order.labels[0])
    qtbot.waitUntil(lambda: page.count.desk.panel.said() == "Counted already")
    page.scan("FREMD12345")
    qtbot.waitUntil(lambda: page.count.strangers.isVisible())
    page.verb("UNDO")
    assert not page.count.strangers.isVisible() and page.count.desk.progress.text() == "1 / 2"
    page.count.save_button.setFocus()
    type_into_focus("", ENTER)

    qtbot.waitUntil(lambda: page.view.figures.count is not None)
    row = store.ask(lambda s: s.query(ItemRecord).filter_by(kind="shelf_count").one())
    assert (row.data["found"], row.data["extra"]) == ([order.items[0]], [])


def test_the_clerk_closes_the_day_with_a_supervisor(
    qtbot: Any, shown: Any, context: PageContext, store: Store, people: People
) -> None:
    order = order_with(store, people, Line(fen=15000))
    hand(store, people, order, 0, payments=(Payment("cash", 15000),))
    asked: list[Any] = []
    context.ask_supervisor = lambda right, then, **values: asked.append((right, then))  # type: ignore[assignment]
    page = shown(DayEndPage)
    qtbot.waitUntil(lambda: page.view is not None)
    assert page.net.value() == "¥150.00"
    page.cash.setFocus()
    type_into_focus("150")
    assert page.cash_said.text() == "The cash matches."

    page.print_paper()
    qtbot.waitUntil(lambda: bool(asked))
    assert asked[0][0] == "day_end"
    asked[0][1](consent(store, people, "day_end"))

    qtbot.waitUntil(lambda: page.view.closed)
    assert store.ask(lambda s: s.query(PrintJob).filter_by(kind="day_end").one()).number == "FZ-D1-20260312"


def test_an_unsaved_count_is_not_lost_by_closing(qtbot: Any, shown: Any, store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    page = shown(DayEndPage)
    qtbot.waitUntil(lambda: page.view is not None)
    page.scan(order.labels[0])
    qtbot.waitUntil(lambda: page.count.dirty)

    page.save()

    assert "not saved" in page.banner.text.text()


def test_the_register_prints_for_those_who_may(
    qtbot: Any, shown: Any, jobs: Jobs, store: Store, people: People
) -> None:
    order_with(store, people, Line())
    jobs.actor = people.supervisor
    page = shown(RegisterPage)
    qtbot.waitUntil(lambda: len(page.table.rows()) == 1)

    page.print_paper()

    qtbot.waitUntil(lambda: store.ask(lambda s: s.query(PrintJob).filter_by(kind="register").count()) == 1)


def test_a_period_that_ends_before_it_begins_is_told_at_its_field(qtbot: Any, shown: Any) -> None:
    page = shown(RegisterPage)
    page.last.setText("2026-01-01")

    assert page.form.rows["first_day"].error.isVisible()
    page.export()
    assert not page.export_bar.isVisible()
    page.first.setText("2025-12-01")
    assert not page.form.rows["first_day"].error.isVisible()


def test_a_day_that_cannot_be_read_is_told_and_stays(qtbot: Any, shown: Any) -> None:
    page = shown(DayEndPage)
    qtbot.waitUntil(lambda: page.view is not None)
    page.day.setFocus()
    page.day.selectAll()
    type_keys(page.day, "long ago")
    page.count.desk.field.setFocus()

    qtbot.waitUntil(lambda: page.banner.isVisible())
    assert page.day.text() == "long ago"


def test_a_day_is_not_closed_over_an_amount_that_cannot_be_read(qtbot: Any, shown: Any) -> None:
    page = shown(DayEndPage)
    qtbot.waitUntil(lambda: page.view is not None)
    page.cash.setText("1.2.3")
    page.save()

    assert page.form.rows["cash"].error.isVisible() and page.close_button.isEnabled()
    assert page.cash.text() == "1.2.3"
