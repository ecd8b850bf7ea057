"""A call written down, guided and finished from the keyboard alone; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt

from deskapp.commands.imports import import_file
from deskapp.commands.tickets import TicketForm, open_ticket
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

    qtbot.keyClicks(page.merchant, "13800000101")
    qtbot.waitUntil(lambda: page.merchant.popup.isVisible())
    qtbot.keyClick(page.merchant, Qt.Key.Key_Return)
    qtbot.waitUntil(page.device.hasFocus)
    qtbot.keyClicks(page.device, "N910")
    qtbot.keyClick(page.device, Qt.Key.Key_Tab)
    qtbot.waitUntil(page.symptom.hasFocus)
    qtbot.keyClicks(page.symptom, "KJ")
    qtbot.waitUntil(lambda: page.symptom.popup.isVisible())
    qtbot.keyClick(page.symptom, Qt.Key.Key_Return)
    qtbot.waitUntil(page.words.hasFocus)
    qtbot.keyClick(page.words, Qt.Key.Key_Tab)
    qtbot.keyClicks(page.stopped, "2")
    qtbot.keyClick(page.stopped, Qt.Key.Key_Return)

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
    qtbot.keyClicks(page.kind, "9")

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

    qtbot.keyClick(page, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: page.step is not None and page.step.id != first)
    qtbot.keyClick(page, Qt.Key.Key_Backspace)
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
