"""Visits on site played in their pages: by keyboard and scanner only, from the ticket to the result."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from sqlalchemy import select

from deskapp.commands.guidance import start_guide
from deskapp.commands.visits import undo_visit_step, visit_failed
from deskapp.models.local import Draft, PrintJob
from deskapp.models.store import Store
from deskapp.models.ticket import ServiceTicket
from deskapp.models.visit import SiteVisit
from deskapp.queries.scan import resolve_scan
from deskapp.ui.finding import StoreFinder
from deskapp.ui.kit import Cell
from deskapp.ui.page import PageContext
from deskapp.ui.pages.checkin import CheckInPage
from deskapp.ui.pages.device import DevicePage
from deskapp.ui.pages.guidance import GuidancePage
from deskapp.ui.pages.merchant import MerchantPage
from deskapp.ui.pages.ticket import TicketPage
from deskapp.ui.pages.today import TodayPage
from deskapp.ui.pages.visit import VisitPage
from deskapp.ui.pages.visit_fields import MomentField
from deskapp.ui.pages.visits import VisitsPage
from tests.checkin_shop import NOODLES, ONE, TWO
from tests.conftest import FixedClock, People
from tests.factories_visits import Ground, arrived, ground, planned
from tests.keys import press_key, type_keys

ENTER, TAB = Qt.Key.Key_Return, Qt.Key.Key_Tab


@pytest.fixture
def base(store: Store, people: People) -> Ground:
    return ground(store, people)


@pytest.fixture
def went(context: PageContext) -> list[tuple[str, dict]]:
    """Where the page wanted to go."""
    visited: list[tuple[str, dict]] = []
    context.navigate = lambda page, **args: visited.append((page, args))
    return visited


@pytest.fixture
def as_engineer(context: PageContext, base: Ground) -> Callable:
    """Let the field engineer sign in."""

    def sign_in() -> None:
        context.actor = lambda: base.engineer
        context.jobs.actor = base.engineer

    return sign_in


def visits(store: Store) -> list[SiteVisit]:
    return store.ask(lambda s: list(s.scalars(select(SiteVisit).order_by(SiteVisit.n))))


def ticket(store: Store, base: Ground) -> ServiceTicket:
    return store.ask(lambda s: s.get_one(ServiceTicket, base.ticket_id))


def test_a_visit_is_agreed_on_from_the_ticket_by_keys_alone(
    qtbot, store: Store, shown: Callable, base: Ground, went: list
) -> None:
    page = shown(TicketPage, ticket_id=base.ticket_id)
    qtbot.waitUntil(lambda: page.card is not None)
    assert page.visit.isVisible() and page.visits.isHidden()
    page.visit.click()
    assert went[-1] == ("visit", {"ticket_id": base.ticket_id})

    page = shown(VisitPage, **went[-1][1])
    qtbot.waitUntil(lambda: page.plan.isVisible())
    qtbot.waitUntil(page.plan.window_field.day.hasFocus)
    assert page.plan.address.text() == "福州市鼓楼区示例路1号" and page.plan.contact.text() == "张三"
    press_key(page.plan.window_field.day, Qt.Key.Key_Up)
    press_key(page.plan.window_field.day, TAB)
    type_keys(page.plan.window_field.begins, "930")
    press_key(page.plan.window_field.begins, TAB)
    assert page.plan.window_field.ends.text() == "11:30"
    press_key(page.plan.window_field.ends, TAB)
    qtbot.waitUntil(page.plan.engineer.hasFocus)
    type_keys(page.plan.engineer, "1")
    page.plan.fee.setFocus()
    type_keys(page.plan.fee, "1")
    page.save()

    qtbot.waitUntil(lambda: page.card is not None, timeout=10_000)
    (visit,) = visits(store)
    assert (visit.engineer_id, visit.fee) == (base.engineer.staff_id, "free")
    assert page.title.text() == visit.number and page.arrive.isHidden() and page.plan.isHidden()
    qtbot.waitUntil(page.ways.sheet.hasFocus, timeout=10_000)
    assert (visit.to_at - visit.from_at) == 2 * 3_600_000


def test_a_refusal_stands_at_its_field_and_nothing_typed_is_lost(
    qtbot, store: Store, shown: Callable, base: Ground
) -> None:
    page = shown(VisitPage, ticket_id=base.ticket_id)
    qtbot.waitUntil(lambda: page.plan.isVisible())
    page.plan.words.setText("带上梯子")
    page.save()
    qtbot.waitUntil(lambda: page.plan.form.rows["window"].error.isVisible(), timeout=10_000)
    assert page.plan.words.text() == "带上梯子" and page.plan.keep.isEnabled() and visits(store) == []


def test_arriving_and_finishing_by_scan_and_keys(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, as_engineer: Callable
) -> None:
    done = planned(store, people, base)
    as_engineer()
    page = shown(VisitPage, id=done.visit_id)
    qtbot.waitUntil(page.arrive.badge.hasFocus)
    press_key(page.arrive.badge, Qt.Key.Key_Space)
    qtbot.waitUntil(page.arrive.serial.hasFocus)
    assert page.scan(ONE) is True
    qtbot.waitUntil(page.arrive.tamper.hasFocus)
    type_keys(page.arrive.tamper, "1")
    press_key(page.arrive.tamper, ENTER)

    qtbot.waitUntil(lambda: page.result.isVisible(), timeout=10_000)
    qtbot.waitUntil(page.result.action.field.hasFocus)
    type_keys(page.result.action.field, "QJ")
    qtbot.waitUntil(lambda: page.result.action.field.popup.isVisible(), timeout=10_000)
    press_key(page.result.action.field, ENTER)
    qtbot.waitUntil(lambda: page.result.action.values() == ("clean",))
    page.result.test.setFocus()
    type_keys(page.result.test, "1")
    press_key(page.result.test, ENTER)
    qtbot.waitUntil(page.result.settled.hasFocus)
    type_keys(page.result.settled, "1")
    page.save()

    qtbot.waitUntil(lambda: ticket(store, base).state == "done", timeout=10_000)
    qtbot.waitUntil(lambda: page.card is not None and page.card.row.state == "done", timeout=10_000)
    assert page.result.isHidden() and page.arrive.isHidden()
    page.undo_step()
    qtbot.waitUntil(lambda: page.result.isVisible(), timeout=10_000)
    assert ticket(store, base).state == "in_progress"


def test_another_device_asks_why_and_keeps_what_was_typed(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, as_engineer: Callable
) -> None:
    done = planned(store, people, base)
    as_engineer()
    page = shown(VisitPage, id=done.visit_id)
    qtbot.waitUntil(lambda: page.arrive.isVisible())
    page.arrive.badge.setChecked(True)
    page.scan(TWO)
    page.arrive.tamper.set_value("ok")
    page.save()
    qtbot.waitUntil(page.arrive.other.hasFocus, timeout=10_000)
    assert page.arrive.serial.text() == TWO
    type_keys(page.arrive.other, "wrong number told")
    page.save()
    qtbot.waitUntil(lambda: page.result.isVisible(), timeout=10_000)


def test_a_suspicious_device_offers_nothing_but_taking_it_in(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, as_engineer: Callable, went: list
) -> None:
    done = planned(store, people, base)
    arrived(store, base, done.visit_id, tamper_result="suspect")
    as_engineer()
    page = shown(VisitPage, id=done.visit_id)
    qtbot.waitUntil(lambda: page.result.isVisible())
    assert page.result.save.isHidden() and page.result.form.isHidden() and page.result.banner.isVisible()
    page.result.take.click()
    place, args = went[-1]
    assert place == "check_in"
    check_in = shown(CheckInPage, **args)
    qtbot.waitUntil(lambda: check_in.sheet.party.merchant_card is not None, timeout=10_000)
    assert check_in.ticket_id == base.ticket_id and check_in.sheet.serial.text() == ONE
    assert check_in.sheet.party.name.text() == "张三" and check_in.sheet.party.merchant_card.id == NOODLES


def test_nobody_met_prints_the_note_and_the_ticket_is_open_again(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, as_engineer: Callable
) -> None:
    done = planned(store, people, base)
    as_engineer()
    page = shown(VisitPage, id=done.visit_id)
    qtbot.waitUntil(lambda: page.arrive.isVisible())
    page.ways.missed.click()
    qtbot.waitUntil(page.not_met.reason.hasFocus)
    assert page.arrive.isHidden()
    type_keys(page.not_met.reason, "2")
    press_key(page.not_met.reason, ENTER)
    type_keys(page.not_met.next_try, "Friday")
    page.save()
    qtbot.waitUntil(lambda: ticket(store, base).state == "open", timeout=10_000)
    kinds = store.ask(lambda s: list(s.scalars(select(PrintJob.kind))))
    assert kinds == ["missed_note"]
    qtbot.waitUntil(lambda: page.card is not None and page.card.row.state == "not_met", timeout=10_000)
    assert page.ways.again.isHidden(), "the next visit is agreed on at the counter"


def test_a_visit_is_moved_and_called_off(qtbot, store: Store, people: People, shown: Callable, base: Ground) -> None:
    done = planned(store, people, base)
    page = shown(VisitPage, id=done.visit_id)
    qtbot.waitUntil(lambda: page.ways.another_time.isVisible(), timeout=10_000)
    page.ways.another_time.click()
    qtbot.waitUntil(page.move_card.window_field.day.hasFocus)
    page.move_card.window_field.begins.setText("16")
    page.move_card.window_field.ends.setText("17:30")
    page.move_card.reason.setText("商户要求")
    page.save()
    qtbot.waitUntil(lambda: visits(store)[0].to_at - visits(store)[0].from_at == 90 * 60_000, timeout=10_000)
    qtbot.waitUntil(lambda: page.move_card.isHidden() and page.ways.cancel.isVisible(), timeout=10_000)
    page.ways.cancel.click()
    page.cancelling.reason.setText("机器好了")
    page.save()
    qtbot.waitUntil(lambda: visits(store)[0].state == "cancelled", timeout=10_000)


def test_a_guide_that_ends_with_a_visit_leads_to_it(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, went: list
) -> None:
    store.run(start_guide(ticket_id=base.ticket_id, guide_id="no_power"), by=people.clerk)
    page = shown(GuidancePage, ticket_id=base.ticket_id)
    qtbot.waitUntil(lambda: page.step is not None)
    page._show_end("visit")
    assert page.visit.isVisible() and page.check_in.isHidden()
    page.visit.click()
    assert went[-1] == ("visit", {"ticket_id": base.ticket_id})


def test_the_code_on_a_sheet_opens_its_visit_whatever_became_of_it(store: Store, people: People, base: Ground) -> None:
    done = planned(store, people, base)
    with store.read() as session:
        found = StoreFinder().resolve(session, done.number)
    assert found.destination is not None
    assert (found.destination.page, found.destination.args["id"], found.sentence) == ("visit", done.visit_id, "")
    store.run(visit_failed(visit_id=done.visit_id, reason="nobody"), by=base.engineer)
    target = store.ask(lambda s: resolve_scan(s, done.number))
    assert (target.id, target.hint) == (done.visit_id, "visit_over") and "over" in target.sentence
    assert store.ask(lambda s: resolve_scan(s, "V00999260312001" + "Y")).kind is None


def test_the_list_shows_today_first_and_opens_a_visit_by_enter(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, went: list
) -> None:
    page = shown(VisitsPage)
    qtbot.waitUntil(lambda: page.empties["today"].isVisible(), timeout=10_000)
    done = planned(store, people, base)
    page.open()
    qtbot.waitUntil(lambda: len(page.tables["today"].rows()) == 1, timeout=10_000)
    page.tables["today"].select(0)
    press_key(page.tables["today"].view, ENTER)
    assert went[-1][0] == "visit" and went[-1][1]["id"] == done.visit_id
    page.print_paper()
    qtbot.waitUntil(
        lambda: store.ask(lambda s: list(s.scalars(select(PrintJob.kind)))) == ["inspection_sheet"], timeout=10_000
    )
    page.next_record()
    assert page.which.value() == "late" and page.tables["late"].isVisible()


def test_a_visit_in_vain_stands_in_a_list_of_its_own_and_leads_to_the_next_one(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, went: list
) -> None:
    done = planned(store, people, base)
    store.run(visit_failed(visit_id=done.visit_id, reason="closed"), by=base.engineer)
    today = shown(TodayPage)
    qtbot.waitUntil(lambda: [one.name for one in today.steps.table.rows()] == ["visits_again"], timeout=10_000)
    today.steps.table.select(0)
    today.steps.table.open_current()
    assert went[-1] == ("visit", {"id": done.visit_id})

    page = shown(VisitsPage, which="unsettled")
    qtbot.waitUntil(lambda: len(page.tables["unsettled"].rows()) == 1, timeout=10_000)
    assert page.sheets.isHidden() and page.which.value() == "unsettled"
    visit = shown(VisitPage, id=done.visit_id)
    qtbot.waitUntil(visit.ways.again.hasFocus, timeout=10_000)


def test_a_visit_without_a_result_says_so_in_the_lists(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, clock: FixedClock
) -> None:
    done = planned(store, people, base)
    arrived(store, base, done.visit_id)
    clock.forward(days=1)
    page = shown(VisitsPage, which="unsettled")
    table = page.tables["unsettled"]
    qtbot.waitUntil(lambda: len(table.rows()) == 1, timeout=10_000)
    assert [cell.text for cell in table.model.cells(0) if isinstance(cell, Cell)] == ["No result yet"]


def test_the_start_page_lists_the_visits_of_today(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, went: list
) -> None:
    page = shown(TodayPage)
    qtbot.waitUntil(lambda: page.seen is not None, timeout=10_000)
    assert page.visits.isHidden()
    done = planned(store, people, base)
    page.open()
    qtbot.waitUntil(page.visits.isVisible, timeout=10_000)
    page.visits.table.select(0)
    page.visits.table.open_current()
    assert went[-1] == ("visit", {"id": done.visit_id, "number": done.number})


def test_what_is_not_settled_leads_on_to_the_next_visit_on_the_day_that_was_said(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, context: PageContext
) -> None:
    done = planned(store, people, base)
    arrived(store, base, done.visit_id)
    context.actor = lambda: people.supervisor
    context.jobs.actor = people.supervisor
    page = shown(VisitPage, id=done.visit_id)
    qtbot.waitUntil(lambda: page.result.isVisible())
    page.result.words.setText("要换主板")
    page.result.test.set_value("failed")
    page.save()
    assert page.result.form.rows["done"].error.isVisible(), "nobody guesses whether the matter is settled"
    page.result.settled.set_value("no")
    page.result.next_on.setText("2026-03-20")
    page.save()
    qtbot.waitUntil(lambda: page.plan.isVisible(), timeout=10_000)
    assert page.plan.window_field.day.text() == "2026-03-20" and ticket(store, base).state == "in_progress"


def test_device_and_merchant_tell_of_their_visits(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, went: list
) -> None:
    done = planned(store, people, base)
    for kind, args in ((DevicePage, {"device_id": f"unit-{ONE}"}), (MerchantPage, {"merchant_id": NOODLES})):
        page = shown(kind, **args)
        qtbot.waitUntil(lambda page=page: len(page.visits.table.rows()) == 1, timeout=10_000)
        page.visits.table.select(0)
        page.visits.table.open_current()
        assert went[-1] == ("visit", {"id": done.visit_id, "number": done.number})


def test_what_another_desk_did_is_shown_and_what_is_half_typed_stays(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, as_engineer: Callable
) -> None:
    done = planned(store, people, base)
    arrived(store, base, done.visit_id)
    as_engineer()
    page = shown(VisitPage, id=done.visit_id)
    qtbot.waitUntil(lambda: page.result.isVisible())
    page.result.words.setText("正在清洁")
    page.changed(store.run(undo_visit_step(visit_id=done.visit_id), by=base.engineer).changes)
    qtbot.waitUntil(lambda: page.arrive.isVisible(), timeout=10_000)
    page.changed(_arrive_again(store, base, done.visit_id))
    qtbot.waitUntil(lambda: page.result.isVisible(), timeout=10_000)
    assert page.result.words.text() == "正在清洁"


def _arrive_again(store: Store, base: Ground, visit_id: str):
    from deskapp.commands.visits_site import arrive

    act = arrive(visit_id=visit_id, serial_no=ONE, badge_shown=True, tamper_result="ok")
    return store.run(act, by=base.engineer).changes


def test_what_is_half_typed_for_a_visit_is_there_after_a_power_cut(
    qtbot, store: Store, people: People, shown: Callable, base: Ground, as_engineer: Callable
) -> None:
    done = planned(store, people, base)
    arrived(store, base, done.visit_id)
    as_engineer()
    page = shown(VisitPage, id=done.visit_id)
    qtbot.waitUntil(page.result.action.hasFocus, timeout=10_000)
    page.result.words.setText("正在清洁")
    page.result.settled.set_value("no")
    qtbot.waitUntil(lambda: store.ask(lambda s: s.scalar(select(Draft.id))) is not None, timeout=10_000)

    again = shown(VisitPage, id=done.visit_id)  # the plug was pulled: nothing of the page before is left
    qtbot.waitUntil(lambda: again.result.words.text() == "正在清洁", timeout=10_000)
    assert again.result.settled.value() == "no" and again.result.form.rows["next_on"].isVisible()
    again.result.test.set_value("failed")
    again.save()
    qtbot.waitUntil(lambda: visits(store)[0].state == "done", timeout=10_000)
    qtbot.waitUntil(lambda: store.ask(lambda s: s.scalar(select(Draft.id))) is None, timeout=10_000)


def test_left_at_goes_with_the_clock_until_somebody_writes_another_time(qtbot, clock: FixedClock) -> None:
    field = MomentField(lambda: clock.now)
    qtbot.addWidget(field)
    field.begin()
    field.show()
    assert field.at() == 0 and field.problem() == ""
    before = field.time.text()
    clock.forward(hours=2)
    field._follow()
    assert field.time.text() != before
    type_keys(field.time, "x")
    assert field.problem() and field.at() == 0
    field.time.setText("9")
    assert field.problem() == "" and field.at() > 0
