"""Lives of a device at their end, played by hand: nobody collects it, a loaner stands in, it is scrapped, it is paid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from deskapp.clock import shop_day
from deskapp.commands.loaners import lend, set_loaner
from deskapp.commands.pickup_release import log_call, make_pickup_code
from deskapp.commands.swap import swap
from deskapp.commands.uncollected import serve_notice, set_uncollected
from deskapp.models.handing_out import code_of, open_loans, reminders
from deskapp.models.local import PrintJob
from deskapp.models.repair import Pickup
from deskapp.models.stock import StockMove
from deskapp.queries.next_steps import next_steps
from deskapp.queries.uncollected import ladder_of
from deskapp.ui.finding import StoreFinder
from deskapp.ui.pages.calls import CallsPage
from deskapp.ui.pages.custody import CustodyPage
from deskapp.ui.pages.loaners import LoanersPage
from deskapp.ui.pages.order import OrderPage
from deskapp.ui.pages.pickup import PickupPage
from deskapp.ui.pages.ticket import TicketPage
from tests.conftest import FixedClock
from tests.factories_bench import Benched
from tests.factories_depot import Depot
from tests.keys import press_key, type_keys

ENTER = Qt.Key.Key_Return
UNIT = "NLN91098000001"
Asked = list[tuple[str, Any]]


def press(text: str, *keys: Qt.Key) -> None:
    type_keys(QApplication.focusWidget(), text)
    for key in keys:
        press_key(QApplication.focusWidget(), key)


def opened(qtbot: Any, at: Any, one: Benched, **args: object) -> Any:
    page = at(OrderPage, id=one.item_id, kind="item", **args)
    qtbot.waitUntil(lambda: page.card is not None)
    return page


def given_up(depot: Depot, clock: FixedClock) -> Benched:
    """A device whose waiting was ended: the notice, with its proof, brought nobody."""
    one = depot.ready()
    clock.forward(days=95)
    until = (shop_day(clock()) + timedelta(days=30)).isoformat()
    depot.do(serve_notice(order_id=one.order_id, until=until, proof="挂号信 XA123"), depot.people.clerk)
    depot.do(set_uncollected(order_id=one.order_id))
    return one


# -- nobody collects it ------------------------------------------------------------


def test_an_unanswered_second_notice_leaves_the_code_that_was_told(depot: Depot, clock: FixedClock) -> None:
    one, clerk = depot.ready(), depot.people.clerk
    depot.do(make_pickup_code(order_id=one.order_id), clerk)
    depot.do(log_call(order_id=one.order_id, channel="phone", result="reached"), clerk)
    clock.forward(days=8)
    told = depot.do(log_call(order_id=one.order_id, channel="phone", result="no_answer"), clerk)
    assert told.holds and depot.store.ask(lambda s: code_of(s, one.order_id)).exists
    depot.do(make_pickup_code(order_id=one.order_id), clerk)
    fresh = depot.do(log_call(order_id=one.order_id, channel="phone", result="no_answer"), clerk)
    assert not fresh.holds and not depot.store.ask(lambda s: code_of(s, one.order_id)).exists


def test_a_second_notice_begins_with_its_result_and_makes_no_new_code(
    qtbot: Any, at: Any, depot: Depot, clock: FixedClock
) -> None:
    one, clerk = depot.ready(), depot.people.clerk
    depot.do(make_pickup_code(order_id=one.order_id), clerk)
    depot.do(log_call(order_id=one.order_id, channel="phone", result="reached"), clerk)
    known = depot.store.ask(lambda s: code_of(s, one.order_id)).record_id
    clock.forward(days=8)
    page = at(CallsPage, clerk, id=one.order_id)  # as the start page leads here
    qtbot.waitUntil(lambda: page.panel.card is not None)
    page.call.click()
    assert page.panel.result.hasFocus() and page.panel.sentence.isVisible() and not page.panel.code.isVisible()
    press("1", ENTER)
    press("", ENTER)
    qtbot.waitUntil(lambda: page.table.rows() == [])
    assert depot.store.ask(lambda s: code_of(s, one.order_id)).record_id == known


def test_two_calls_in_different_hours_answer_their_step(depot: Depot, clock: FixedClock) -> None:
    one, clerk = depot.ready(), depot.people.clerk
    clock.forward(days=16)

    def asks() -> bool:
        steps = depot.store.ask(lambda s: next_steps(s, clock(), "", ("counter_clerk",)))
        return any(step.name == "notices" for step in steps)

    for expected, hours in ((True, 0), (True, 0), (False, 3)):
        clock.forward(hours=hours)
        depot.do(log_call(order_id=one.order_id, channel="phone", result="no_answer"), clerk)
        assert asks() is expected


def test_the_start_page_opens_the_written_notice_and_the_ladder_says_what_is_missing(
    qtbot: Any, at: Any, depot: Depot, clock: FixedClock
) -> None:
    one = depot.ready()
    clock.forward(days=31)
    steps = depot.store.ask(lambda s: next_steps(s, clock(), "", ("counter_clerk",)))
    step = next(step for step in steps if step.name == "notices")
    page = at(OrderPage, depot.people.clerk, **step.args)
    act = page.acts.acts["notice"]
    qtbot.waitUntil(lambda: act.isVisible() and page.ladder.isVisible())
    assert page.ladder.missing.isVisible()
    act.words.setFocus()
    press("", ENTER)
    qtbot.waitUntil(lambda: page.ladder.card is not None and len(page.ladder.card.done) == 1)
    card = depot.store.ask(lambda s: ladder_of(s, one.order_id, clock()))
    assert card is not None and card.answered and not card.proved and page.ladder.missing.isVisible()
    assert any(happening.what == "Written notice printed" for happening in page.history.timeline.happenings)


def test_a_refused_act_keeps_the_keys_in_its_form(qtbot: Any, at: Any, depot: Depot, clock: FixedClock) -> None:
    one = depot.ready()
    clock.forward(days=95)
    page = opened(qtbot, at, one, act="uncollected")
    act = page.acts.acts["uncollected"]
    qtbot.waitUntil(act.go.hasFocus)
    press("", ENTER)
    qtbot.waitUntil(lambda: bool(act.error.text()))
    assert act.go.hasFocus()


def test_a_scanned_shelf_is_the_answer_and_saves_nothing_by_itself(
    qtbot: Any, at: Any, depot: Depot, clock: FixedClock
) -> None:
    one = depot.ready()
    clock.forward(days=61)
    page = opened(qtbot, at, one, act="long_storage")
    act = page.acts.acts["long_storage"]
    qtbot.waitUntil(act.isVisible)
    from deskapp.rules.numbers import make_label

    label = make_label("L", 1, 7)
    assert page.scan(label) and act.shelf.text() == label and act.go.hasFocus()
    assert act.isVisible(), "the scanner's Enter presses nothing"


def test_the_merchant_comes_after_all_pays_with_storage_and_signs_a_receipt(
    qtbot: Any, at: Any, depot: Depot, asked: Asked, clock: FixedClock
) -> None:
    one = given_up(depot, clock)
    page = opened(qtbot, at, one, act="decide")
    act = page.acts.acts["decide"]
    qtbot.waitUntil(act.what.hasFocus)
    press("1", ENTER)
    assert act.decision.isVisible()
    qtbot.waitUntil(act.paid_by.isVisible)  # the fee is reckoned from the price list
    assert (act.fee.fen() or 0) > 0 and not act.fee_why.isVisible()
    act.decision.setText("商户已到")
    act.basis.setText("收单协议")
    act.fee.set_fen(3000)
    assert act.fee_why.isVisible()
    act.fee_why.setText("商户住院，主管同意减收")
    act.person.setText("林国强")
    act.last4.setText("001X")
    act.tamper.setFocus()
    press("1", ENTER)
    qtbot.waitUntil(lambda: bool(act.error.text() or act.form.rows["payment"].error.text()))
    assert not asked and depot.state(one) == "abandoned", "first it is said how it is paid"
    act.paid_by.set_value("cash")
    act.tamper.setFocus()
    press("1", ENTER)
    qtbot.waitUntil(lambda: len(asked) == 1)
    asked[0][1](depot.consent(depot.people.auditor, "co_sign"))
    qtbot.waitUntil(lambda: depot.state(one) == "picked_up")
    paid = depot.store.ask(lambda s: s.query(Pickup).filter_by(order_id=one.order_id).one())
    assert paid.data["total_fen"] == 3000 and paid.receipt_no
    assert depot.store.ask(lambda s: s.query(PrintJob).filter_by(number=paid.receipt_no).count()) == 1


def test_what_goes_back_to_its_owner_goes_with_its_custody_record(
    qtbot: Any, at: Any, depot: Depot, asked: Asked, clock: FixedClock
) -> None:
    one = given_up(depot, clock)
    page = opened(qtbot, at, one, act="decide")
    act = page.acts.acts["decide"]
    qtbot.waitUntil(act.what.hasFocus)
    press("2", ENTER)
    for field, words in ((act.decision, "退还银行"), (act.basis, "协议第 8 条"), (act.person, "陈经理")):
        field.setText(words)
    act.owner.setFocus()
    press("1", ENTER)  # the last answer saves; it used to go on to the button that throws everything away
    qtbot.waitUntil(lambda: len(asked) == 1)
    asked[0][1](depot.consent(depot.people.auditor, "co_sign"))
    qtbot.waitUntil(lambda: depot.state(one) == "closed")
    assert depot.store.ask(lambda s: s.query(PrintJob).filter_by(kind="custody_record").count()) == 1


def test_a_slip_that_comes_too_late_leads_to_the_decision(
    qtbot: Any, at: Any, depot: Depot, went: Any, clock: FixedClock
) -> None:
    one = given_up(depot, clock)
    lines = depot.store.ask(lambda s: next_steps(s, clock(), "", ("site_supervisor",)))
    assert next(step for step in lines if step.name == "abandoned").args == {"id": one.item_id, "act": "decide"}
    page = at(PickupPage, depot.people.clerk, order_id=one.order_id)
    qtbot.waitUntil(page.finder.to_order.isVisible)
    page.finder.to_order.click()
    assert went[-1] == ("order", {"id": one.item_id, "act": "decide"})


# -- a loaner stands in ------------------------------------------------------------


def test_a_loaner_is_lent_for_the_open_order_of_the_merchant_and_reminded_by_keys(
    qtbot: Any, at: Any, depot: Depot, clock: FixedClock
) -> None:
    one = depot.in_repair()
    depot.pool_unit(UNIT)
    depot.do(set_loaner(serial_no=UNIT), depot.people.clerk)
    order = opened(qtbot, at, one)
    assert order.loaner_button.isVisible()
    page = at(LoanersPage, depot.people.clerk, merchant_id=order.card.merchant_id, merchant="商户")
    qtbot.waitUntil(lambda: bool(page.rows) and page.order.isVisible())
    assert page.order.value() == one.order_id
    page.scan(UNIT)
    qtbot.waitUntil(page.tamper.hasFocus)
    press("1", ENTER)
    qtbot.waitUntil(lambda: bool(depot.store.ask(lambda s: open_loans(s, order_id=one.order_id))))
    loan = depot.store.ask(lambda s: open_loans(s, order_id=one.order_id))[0]
    clock.forward(days=12)
    late = at(LoanersPage, depot.people.clerk, id=loan.device_id)
    qtbot.waitUntil(late.answer.hasFocus)
    press("2", ENTER)
    press("Friday", ENTER)
    qtbot.waitUntil(lambda: len(depot.store.ask(lambda s: reminders(s, loan.event_id))) == 1)
    assert depot.store.ask(lambda s: open_loans(s, order_id=one.order_id)), "a reminder takes nothing back"


def test_a_scanned_loaner_is_looked_at_before_it_counts_as_intact(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.ready()
    depot.pool_unit(UNIT)
    depot.do(set_loaner(serial_no=UNIT), depot.people.clerk)
    depot.do(lend(serial_no=UNIT, due_at=depot.store.now + 86_400_000, order_id=one.order_id, tamper_result="ok"),
             depot.people.clerk)  # fmt: skip
    page = at(PickupPage, depot.people.clerk, order_id=one.order_id)
    qtbot.waitUntil(lambda: page.visit is not None)
    page.scan(UNIT)
    assert not page.visit.loaners_back
    tick = next(iter(page.what.loaners.values()))
    qtbot.waitUntil(tick.hasFocus)
    press(" ")
    assert len(page.visit.loaners_back) == 1


# -- scrap, custody, money, a ticket -----------------------------------------------


def test_a_kept_part_is_written_with_its_serial_number(qtbot: Any, at: Any, depot: Depot, asked: Asked) -> None:
    one = depot.in_repair()
    page = opened(qtbot, at, one, act="scrap")
    act = page.acts.acts["scrap"]
    qtbot.waitUntil(act.isVisible)
    for field, words in ((act.reason, "进水"), (act.by, "陈经理"), (act.reference, "BF-18")):
        field.setText(words)
    act.keys.set_value("destroyed")
    act.method.set_value("drilled")
    act.kept.setText("PRH-58")
    act.submit()
    qtbot.waitUntil(lambda: bool(act.form.rows["kept"].error.text()))
    act.kept.setText("PRH-58 S900101")
    act.submit()
    qtbot.waitUntil(lambda: len(asked) == 1)
    asked[0][1](depot.consent(depot.staff["T02"], "witness"))
    qtbot.waitUntil(lambda: len(asked) == 2)
    asked[1][1](depot.consent(depot.staff["K01"], "witness"))
    qtbot.waitUntil(lambda: depot.state(one) == "scrapped")
    moves = depot.store.ask(lambda s: s.query(StockMove).filter_by(reason="donor").all())
    assert [(move.serial_no, move.quantity) for move in moves] == [("S900101", 1)]


def test_a_unit_that_was_swapped_out_opens_its_order_where_it_lies(depot: Depot) -> None:
    one = depot.in_repair()
    depot.pool_unit()
    depot.do(swap(item_id=one.item_id, new_serial_no="NLN91099000001", reason="主板", tamper_result="ok"))
    serial = depot.store.ask(lambda s: StoreFinder().resolve(s, one.serial_no))
    assert serial.destination is not None and serial.destination.page == "order"
    assert serial.destination.args["id"] == one.item_id


def test_the_code_of_a_printed_record_is_checked_wherever_it_is_scanned(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.in_repair()
    page = at(CustodyPage, id=one.item_id, kind="item")
    qtbot.waitUntil(lambda: page.view is not None)
    chain, label = page.view.chain, page.view.label_no
    code = f"PS1:{label}:C{len(chain.links)}:{chain.proof[:20].upper()}:{chain.named[:20].upper()}"
    found = depot.store.ask(lambda s: StoreFinder().resolve(s, code))
    assert found.destination is not None and found.destination.page == "custody"
    page.open(**found.destination.args)
    qtbot.waitUntil(page.banner.isVisible)
    assert "exactly" in page.banner.text.text()
    assert page.verb("PRINT") and not page.verb("OK")
    qtbot.waitUntil(lambda: depot.store.ask(lambda s: s.query(PrintJob).filter_by(kind="custody_record").count()) == 1)


def test_an_open_ticket_of_the_start_page_opens(qtbot: Any, at: Any, depot: Depot) -> None:
    from deskapp.commands.tickets import TicketForm, open_ticket

    form = TicketForm(kind="consultation", channel="phone", callback_phone="13800000166", caller_name="吴女士",
                      answers={"topic": "机型", "needs": "外卖"})  # fmt: skip
    ticket = depot.do(open_ticket(form=form), depot.people.clerk)
    page = at(TicketPage, depot.people.clerk, id=ticket.ticket_id, kind="ticket", number=ticket.number)
    qtbot.waitUntil(lambda: page.card is not None)
    assert page.card.row.id == ticket.ticket_id
