"""A call written down, guided and finished from the keyboard alone; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt

from deskapp.commands.imports import import_file
from deskapp.commands.tickets import TicketForm, open_ticket
from deskapp.models.local import PrintJob
from deskapp.models.store import Store
from deskapp.paths import resource
from deskapp.queries import drafts, tickets
from deskapp.ui.page import PageContext
from deskapp.ui.pages.guidance import GuidancePage
from deskapp.ui.pages.knowledge import KnowledgePage
from deskapp.ui.pages.quick_ticket import QuickTicketPage
from deskapp.ui.pages.ticket import TicketPage
from deskapp.ui.pages.tickets import TicketsPage
from tests.conftest import People
from tests.keys import press_key, type_keys

CALL = TicketForm(
    callback_phone="13800138000", caller_name="王先生", model_words="N910", symptom_code="no_power",
    words="早上开不了机", business_stopped=False,
)  # fmt: skip


@pytest.fixture
def went(context: PageContext) -> list[tuple[str, dict]]:
    """Where the page wanted to go."""
    visited: list[tuple[str, dict]] = []
    context.navigate = lambda page, **args: visited.append((page, args))
    return visited


@pytest.fixture
def shown(qtbot, context: PageContext, went: list) -> Callable:
    """Make a page, show it and open it."""

    def show(kind: type, **args: object):
        page = kind(context)
        qtbot.addWidget(page)
        page.resize(1200, 720)
        page.show()
        page.open(**args)
        return page

    return show


def ticket_ids(store: Store) -> list[str]:
    return [row.id for row in store.ask(lambda session: tickets.tickets_before(session, None))]


def test_a_call_of_a_known_merchant_is_a_ticket_after_a_few_keys(
    qtbot, store: Store, people: People, shown: Callable, went: list
) -> None:
    store.run(import_file(kind="merchants", file=str(resource("samples", "merchants.csv"))), by=people.admin)
    page = shown(QuickTicketPage)
    qtbot.waitUntil(page.merchant.hasFocus)

    type_keys(page.merchant, "13800000101")
    qtbot.waitUntil(lambda: page.merchant.popup.isVisible())
    press_key(page.merchant, Qt.Key.Key_Return)
    qtbot.waitUntil(page.device.hasFocus)
    type_keys(page.device, "N910")
    press_key(page.device, Qt.Key.Key_Tab)
    qtbot.waitUntil(page.symptom.hasFocus)
    type_keys(page.symptom, "KJ")
    qtbot.waitUntil(lambda: page.symptom.popup.isVisible())
    press_key(page.symptom, Qt.Key.Key_Return)
    qtbot.waitUntil(page.words.hasFocus)
    press_key(page.words, Qt.Key.Key_Tab)
    type_keys(page.stopped, "2")
    press_key(page.stopped, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: bool(went))
    card = store.ask(lambda session: tickets.ticket(session, went[0][1]["ticket_id"]))
    assert went[0][0] == "ticket" and card is not None
    assert card.row.merchant == "示例小面" and card.callback_phone == "13800000101"
    assert card.row.symptom_code == "no_power" and card.row.business_stopped is False


def test_a_refusal_stands_at_its_field_and_nothing_typed_is_lost(qtbot, store: Store, shown: Callable) -> None:
    page = shown(QuickTicketPage)
    page.words.setText("客户说屏幕不亮")
    page.save()

    qtbot.waitUntil(lambda: page.form.rows["callback_phone"].error.isVisible())
    assert page.words.text() == "客户说屏幕不亮" and ticket_ids(store) == []


def test_a_pause_keeps_a_draft_without_card_numbers_and_it_can_be_taken_up(
    qtbot, store: Store, shown: Callable
) -> None:
    page = shown(QuickTicketPage)
    page.phone.setText("13800138000")
    page.words.setText("卡号 6222021234567890128 刷不了")
    page.keep_draft()
    qtbot.waitUntil(lambda: bool(store.ask(lambda s: drafts.drafts(s, "quick_ticket"))))

    kept = store.ask(lambda s: drafts.drafts(s, "quick_ticket"))[0]
    assert "6222021234567890128" not in str(kept.form) and "刷不了" in kept.form["words"]

    again = shown(QuickTicketPage)
    qtbot.waitUntil(lambda: again.banner.isVisible())
    again._take_up(kept)
    assert again.phone.text() == "13800138000" and "刷不了" in again.words.text()


def test_an_abnormal_transaction_asks_for_its_own_facts(qtbot, shown: Callable) -> None:
    page = shown(QuickTicketPage)

    page.kind.setFocus()
    type_keys(page.kind, "9")

    assert page.kind.value() == "transaction_anomaly"
    assert {"amount", "batch_no", "trace_no", "card_last4"} <= set(page.kind_fields.specs)
    assert page.fault.rows["business_stopped"].isHidden()


def test_a_guide_is_answered_by_number_keys_and_taken_back(
    qtbot, store: Store, people: People, shown: Callable, went: list
) -> None:
    ticket = store.run(open_ticket(form=CALL), by=people.clerk).result
    page = shown(GuidancePage, ticket_id=ticket.ticket_id)
    qtbot.waitUntil(lambda: page.step is not None)
    first = page.step.id

    press_key(page, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: page.step is not None and page.step.id != first)
    press_key(page, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: page.step is not None and page.step.id == first)

    card = store.ask(lambda session: tickets.ticket(session, ticket.ticket_id))
    assert card is not None
    assert [event.voided for event in card.events if event.kind == "guide_answer"] == [True]


def test_a_ticket_shows_its_history_and_takes_a_note(
    qtbot, store: Store, people: People, shown: Callable
) -> None:
    ticket = store.run(open_ticket(form=CALL), by=people.clerk).result
    page = shown(TicketPage, ticket_id=ticket.ticket_id)
    qtbot.waitUntil(lambda: page.card is not None)

    page.note.setText("已回电")
    page._add_note()
    qtbot.waitUntil(lambda: page.note.text() == "")
    page.open(ticket_id=ticket.ticket_id)
    qtbot.waitUntil(lambda: any("已回电" in one.detail for one in page.timeline.happenings))


def test_the_sheet_for_a_visit_and_the_note_at_the_door_are_printed_from_the_ticket(
    qtbot, store: Store, people: People, shown: Callable
) -> None:
    ticket = store.run(open_ticket(form=CALL), by=people.clerk).result
    page = shown(TicketPage, ticket_id=ticket.ticket_id)
    qtbot.waitUntil(lambda: page.card is not None and page.sheet.isVisible())

    def kinds() -> list[str]:
        return store.ask(lambda s: sorted(job.kind for job in s.query(PrintJob).filter_by(number=ticket.number)))

    page.sheet.click()
    qtbot.waitUntil(lambda: kinds() == ["inspection_sheet"])
    page.note.setText("请明天上午来电")
    page.missed.click()
    qtbot.waitUntil(lambda: kinds() == ["inspection_sheet", "missed_note"])
    page.papers.show_for()
    qtbot.waitUntil(lambda: [job.kind for job in page.papers.table.rows()] == ["inspection_sheet", "missed_note"])


def test_a_card_number_in_a_note_is_refused_at_the_note(qtbot, store: Store, people: People, shown: Callable) -> None:
    ticket = store.run(open_ticket(form=CALL), by=people.clerk).result
    page = shown(TicketPage, ticket_id=ticket.ticket_id)
    qtbot.waitUntil(lambda: page.card is not None)

    page.note.setText("6222 0212 3456 7890 128")
    page._add_note()

    qtbot.waitUntil(lambda: page.note_form.rows["words"].error.isVisible())
    assert page.note.text() == "6222 0212 3456 7890 128"


def test_the_list_shows_what_is_open_and_opens_it(qtbot, store: Store, people: People, shown: Callable, went: list) -> None:
    store.run(open_ticket(form=CALL), by=people.clerk)
    page = shown(TicketsPage)

    qtbot.waitUntil(lambda: page.open_table.model.rowCount() == 1)
    page.which.set_value("all")
    page._show()
    qtbot.waitUntil(lambda: page.model.rowCount() == 1)


def test_articles_are_found_by_any_word_without_a_network(qtbot, shown: Callable) -> None:
    page = shown(KnowledgePage)
    page.query.setText("license documents")

    assert page.reader.toPlainText()
    page.query.setText("zzzz")
    assert page.table.isVisible()


def test_a_merchant_that_is_not_on_record_stays_on_the_ticket_in_words(
    qtbot, store: Store, shown: Callable, went: list
) -> None:
    page = shown(QuickTicketPage)
    page.merchant.setText("街口早点铺")
    page.phone.setText("13800138000")
    page.device.setText("N910")
    page.symptom.setText("按键发烫")
    page.words.setText("开不了机")
    page.stopped.set_value("no")
    page.save()
    qtbot.waitUntil(lambda: bool(went))

    ticket = shown(TicketPage, **went[0][1])
    qtbot.waitUntil(lambda: ticket.card is not None)
    assert "街口早点铺" in ticket.facts.values["merchant"].text()
    assert ticket.card is not None and ticket.card.row.words == "按键发烫\n开不了机"


def test_what_describes_a_ticket_is_changed_in_place(qtbot, store: Store, people: People, shown: Callable) -> None:
    store.run(import_file(kind="merchants", file=str(resource("samples", "merchants.csv"))), by=people.admin)
    opened = store.run(open_ticket(form=CALL), by=people.clerk).result
    page = shown(TicketPage, ticket_id=opened.ticket_id)
    qtbot.waitUntil(lambda: page.card is not None)

    page.edit.click()
    qtbot.waitUntil(page.changing.merchant.hasFocus)
    assert not page.facts_card.isVisible() and page.changing.device.text() == "N910"
    type_keys(page.changing.merchant, "13800000101")
    qtbot.waitUntil(lambda: page.changing.merchant.popup.isVisible())
    press_key(page.changing.merchant, Qt.Key.Key_Return)
    page.changing.phone.setText("")
    page.changing.device.setText("PX920S00000004")
    page.changing.submit()
    qtbot.waitUntil(lambda: page.facts_card.isVisible())

    card = store.ask(lambda session: tickets.ticket(session, opened.ticket_id))
    assert card is not None and card.row.merchant == "示例小面" and card.model == "PX920S00000004"
    assert card.row.symptom_code == "no_power" and card.row.words == CALL.words


def test_ctrl_s_keeps_what_is_typed_the_changes_or_the_note(
    qtbot, store: Store, people: People, shown: Callable
) -> None:
    opened = store.run(open_ticket(form=CALL), by=people.clerk).result
    page = shown(TicketPage, ticket_id=opened.ticket_id)
    qtbot.waitUntil(lambda: page.card is not None)

    def card() -> tickets.TicketCard:
        found = store.ask(lambda session: tickets.ticket(session, opened.ticket_id))
        assert found is not None
        return found

    page.edit.click()
    page.changing.caller.setText("黄老板")
    page.save()
    qtbot.waitUntil(page.facts_card.isVisible)
    assert card().caller_name == "黄老板"

    page.note.setText("下午三点再打")
    page.start.click()  # that takes no word of the note
    qtbot.waitUntil(lambda: card().row.state == "in_progress" and not page.jobs.awaited)
    assert page.note.text() == "下午三点再打"
    page.save()
    qtbot.waitUntil(lambda: page.note.text() == "")
    assert any("下午三点再打" in event.words for event in card().events)


def test_a_change_that_leaves_nobody_to_call_is_refused_in_place(
    qtbot, store: Store, people: People, shown: Callable
) -> None:
    opened = store.run(open_ticket(form=CALL), by=people.clerk).result
    page = shown(TicketPage, ticket_id=opened.ticket_id)
    qtbot.waitUntil(lambda: page.card is not None)
    page.change()
    page.changing.phone.setText("")
    page.changing.submit()

    qtbot.waitUntil(lambda: page.changing.form.rows["callback_phone"].error.isVisible())
    assert page.changing.isVisible()


def test_a_guide_goes_on_where_it_was_left(qtbot, store: Store, people: People, shown: Callable) -> None:
    ticket = store.run(open_ticket(form=CALL), by=people.clerk).result
    page = shown(GuidancePage, ticket_id=ticket.ticket_id)
    qtbot.waitUntil(lambda: page.step is not None)
    first = page.step.id
    press_key(page, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: page.step is not None and page.step.id != first)
    second = page.step.id

    again = shown(GuidancePage, ticket_id=ticket.ticket_id)
    qtbot.waitUntil(lambda: again.step is not None)
    assert again.step.id == second and again._given == [(first, "no")]
    press_key(again, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: again.step is not None and again.step.id == first)


def test_what_was_typed_about_one_call_is_not_there_for_the_next(
    qtbot, store: Store, people: People, shown: Callable
) -> None:
    one, other = (store.run(open_ticket(form=CALL), by=people.clerk).result for _ in range(2))
    page = shown(GuidancePage, ticket_id=one.ticket_id)
    qtbot.waitUntil(lambda: page.step is not None)
    page.solution.setText("换了插座")
    page.confirmed.setText("王先生")
    page.open(ticket_id=other.ticket_id)
    qtbot.waitUntil(lambda: page.card is not None and page.card.row.id == other.ticket_id and page.step is not None)

    assert page.solution.text() == "" and page.confirmed.text() == ""


@pytest.mark.parametrize("kind", ["software_update", "consultation", "transaction_anomaly"])
def test_other_kinds_have_their_guide_and_another_can_be_chosen(
    qtbot, store: Store, people: People, shown: Callable, kind: str
) -> None:
    answers = {"topic": "upkeep", "needs": "日常保养"} if kind == "consultation" else {
        "device": "N910", "version_before": "1.0", "version_wanted": "2.0", "amount": 1200, "batch_no": "000001",
        "trace_no": "000002", "reference_no": "123456789012", "card_last4": "1234", "happened_at": "2026-01-02",
    }  # fmt: skip
    form = TicketForm(kind=kind, callback_phone="13800138000", model_words="N910", answers=answers)
    ticket = store.run(open_ticket(form=form), by=people.clerk).result
    page = shown(GuidancePage, ticket_id=ticket.ticket_id)
    qtbot.waitUntil(lambda: page.step is not None)
    begun = page.guide.id

    page.other.click()
    qtbot.waitUntil(page.guides.hasFocus)
    assert begun in ("manual_update", "prevention_care", "transaction_anomaly")
