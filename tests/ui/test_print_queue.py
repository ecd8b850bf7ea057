"""The print queue knows which papers no longer hold: it says so, marks their copies, and prints no void label again."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

from deskapp import i18n
from deskapp.commands.checkin_after import void_check_in
from deskapp.errors import N_
from deskapp.models.local import PrintJob
from deskapp.models.store import Store, Write, command
from deskapp.ui.page import PageContext
from deskapp.ui.pages.print_queue import PrintQueuePage
from deskapp.ui.speech import retranslate_tree
from tests.checkin_shop import stock_shop, taken_in
from tests.conftest import People
from tests.keys import press_key, type_keys


@command(N_("Print everything for the test"), right="")
def all_came_out(write: Write) -> None:
    for job in write.session.query(PrintJob):
        job.state = "printed"


@command(N_("Let the line break for the test"), right="")
def all_in_doubt(write: Write) -> None:
    for job in write.session.query(PrintJob):
        job.state, job.window_id = "unknown", "broken-window"


@pytest.fixture
def page(qtbot: Any, context: PageContext) -> PrintQueuePage:
    made = PrintQueuePage(context)
    qtbot.addWidget(made)
    context.jobs.changed.connect(made.changed)
    made.resize(1200, 800)
    made.show()
    made.open(which="all")
    return made


def choose(page: PrintQueuePage, kind: str) -> None:
    page.table.select(next(n for n, job in enumerate(page.table.rows()) if job.kind == kind))


def test_what_no_longer_holds_is_told_and_a_void_label_is_not_printed_again(
    qtbot: Any, page: PrintQueuePage, store: Store, people: People
) -> None:
    store.run(stock_shop())
    done = taken_in(store, people)
    store.run(all_came_out())
    page.open(which="all")
    qtbot.waitUntil(lambda: len(page.table.rows()) >= 3)
    choose(page, "device_label")
    assert page.void.text() == "" and page.reprint_button.isVisible()

    store.run(void_check_in(order_id=done.order_id, reason="登记错商户", given_back_to="张三"), by=people.supervisor)
    page.open(which="all")

    qtbot.waitUntil(lambda: any(job.superseded_by for job in page.table.rows()))
    choose(page, "device_label")
    assert "no longer holds" in page.void.text() and not page.reprint_button.isVisible()
    choose(page, "pickup_slip")
    assert "marked as void" in page.void.text() and page.reprint_button.isVisible()
    qtbot.waitUntil(lambda: not page.preview.picture.pixmap().isNull(), timeout=15000)


def test_a_copy_of_a_void_slip_is_made_by_keys(qtbot: Any, page: PrintQueuePage, store: Store, people: People) -> None:
    store.run(stock_shop())
    done = taken_in(store, people)
    store.run(all_came_out())
    store.run(void_check_in(order_id=done.order_id, reason="登记错商户", given_back_to="张三"), by=people.supervisor)
    page.open(which="all")
    qtbot.waitUntil(lambda: any(job.superseded_by for job in page.table.rows()))
    choose(page, "pickup_slip")

    page.reason.setFocus()
    type_keys(page.reason, "1")
    page.reprint_button.setFocus()
    press_key(page.reprint_button, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: store.ask(lambda s: s.query(PrintJob).filter_by(copy_no=1).count()) == 1)


def test_its_states_speak_chinese(qtbot: Any, page: PrintQueuePage, store: Store, people: People) -> None:
    store.run(stock_shop())
    done = taken_in(store, people)
    store.run(all_came_out())
    store.run(void_check_in(order_id=done.order_id, reason="登记错商户", given_back_to="张三"), by=people.supervisor)
    i18n.use("zh_CN")
    retranslate_tree(page)
    page.open(which="all")
    qtbot.waitUntil(lambda: any(job.superseded_by for job in page.table.rows()))

    assert {page.table.model.cells(n)[3].text for n, job in enumerate(page.table.rows())} == {"已作废"}


def test_whoever_comes_while_papers_are_in_doubt_stands_on_the_question_and_answers_by_keys(
    qtbot: Any, page: PrintQueuePage, store: Store, people: People
) -> None:
    store.run(stock_shop())
    taken_in(store, people)
    store.run(all_in_doubt())
    page.open(which="open")
    qtbot.waitUntil(page.question.isVisible)

    here = page.focusWidget()
    assert here is page.question.last
    press_key(here, Qt.Key.Key_End)
    press_key(here, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: store.ask(lambda s: s.query(PrintJob).filter_by(state="unknown").count()) == 0)
    qtbot.waitUntil(page.question.isHidden)


def test_the_question_of_a_line_that_breaks_later_takes_nobody_away_from_where_they_are(
    qtbot: Any, page: PrintQueuePage, store: Store, people: People
) -> None:
    store.run(stock_shop())
    taken_in(store, people)
    store.run(all_came_out())
    page.open(which="all")
    qtbot.waitUntil(lambda: len(page.table.rows()) >= 3)
    page.which.setFocus()

    page.changed(store.run(all_in_doubt()).changes)

    qtbot.waitUntil(page.question.isVisible)
    assert page.focusWidget() is page.which
