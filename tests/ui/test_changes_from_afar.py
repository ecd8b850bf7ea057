"""What other desks do arrives at any moment: what somebody is typing, and the line they chose, are left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QScrollArea
from pytestqt.qtbot import QtBot

from deskapp.commands.tickets import TicketForm, change_ticket, open_ticket
from deskapp.models.base import Base
from deskapp.models.store import Changes, Store
from deskapp.queries.today import today
from deskapp.ui.kit import Column, DataTable, Page, PageContext
from deskapp.ui.pages.table import PAGES
from deskapp.ui.pages.ticket import TicketPage
from tests.conftest import People

EVERYTHING = Changes(frozenset((table, "somebody else's") for table in Base.metadata.tables))
PLACES = {spec.id: spec for spec in PAGES}


def fields(page: Page) -> list[QLineEdit | QPlainTextEdit]:
    found: list[QLineEdit | QPlainTextEdit] = [*page.findChildren(QLineEdit), *page.findChildren(QPlainTextEdit)]
    return [one for one in found if one.isVisible() and one.isEnabled() and not one.isReadOnly()]


def text(field: QLineEdit | QPlainTextEdit) -> str:
    return field.text() if isinstance(field, QLineEdit) else field.toPlainText()


@pytest.fixture
def settled(qtbot: QtBot, context: PageContext) -> Callable[[Page], None]:
    """Wait until a page has the answers it asked for."""

    def wait(page: Page) -> None:
        for _turn in range(3):
            told: list[object] = []
            for _reader in range(6):
                context.jobs.ask(lambda session: today(session, 0), owner=page, then=told.append)
            qtbot.waitUntil(lambda told=told: len(told) == 6 and not context.jobs.working, timeout=20_000)

    return wait


@pytest.mark.parametrize("place", ["quick_ticket", "loaners", "calendar", "models", "day_end", "sync"])
def test_what_is_half_typed_stays(
    qtbot: QtBot, context: PageContext, settled: Callable[[Page], None], place: str
) -> None:
    page = PLACES[place].factory(context)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.open()
    page.show()
    settled(page)
    typed = fields(page)
    assert typed
    for field in typed:
        field.setFocus()
        (field.insert if isinstance(field, QLineEdit) else field.insertPlainText)("7")
    for field in typed:
        if isinstance(field, QLineEdit):
            field.textEdited.emit(field.text())
    settled(page)
    before = [(field.accessibleName(), text(field)) for field in typed]

    page.changed(EVERYTHING)
    settled(page)

    assert [(field.accessibleName(), text(field)) for field in typed] == before


def test_who_writes_on_a_ticket_keeps_the_focus_when_another_counter_changes_it(
    qtbot: QtBot, context: PageContext, store: Store, people: People
) -> None:
    form = TicketForm(kind="repair", channel="phone", callback_phone="13800000105", model_words="N910",
                      words="打印不清", business_stopped=False)  # fmt: skip
    first, second = (store.run(open_ticket(form=form), by=people.clerk).result.ticket_id for _each in range(2))
    page = PLACES["ticket"].factory(context)
    assert isinstance(page, TicketPage)
    qtbot.addWidget(page)
    context.jobs.changed.connect(page.changed)
    page.resize(900, 500)
    page.show()
    page.open(ticket_id=first)
    qtbot.waitUntil(lambda: page.card is not None and page.focusWidget() is page.guide)
    page.note.setFocus()
    area = page.findChild(QScrollArea)
    assert area is not None
    area.verticalScrollBar().setValue(200)

    act = change_ticket(ticket_id=first, form=replace(form, words="打印不清，还卡纸"), seen={})
    context.jobs.changed.emit(store.run(act, by=people.supervisor).changes)
    qtbot.waitUntil(lambda: page.card is not None and "卡纸" in page.card.row.words)
    qtbot.wait(0)
    assert page.focusWidget() is page.note and area.verticalScrollBar().value() == 200

    page.open(ticket_id=second)
    qtbot.waitUntil(lambda: page.card is not None and page.card.row.id == second)
    assert area.verticalScrollBar().value() < 50, "another ticket is read from its head"


def test_the_chosen_line_stays_chosen_although_its_values_changed(qtbot: QtBot) -> None:
    from dataclasses import dataclass, replace

    @dataclass(frozen=True)
    class Line:
        number: str
        item_id: str

    table = DataTable([Column("number", "Number", lambda line: line.number, 0)])
    qtbot.addWidget(table)
    first, second = Line("T1", "a"), Line("T2", "b")
    table.set_rows([first, second])
    table.select(1)

    table.set_rows([Line("T0", "c"), replace(second, number="T9"), first])
    assert table.current() == Line("T9", "b")

    table.set_rows([first])
    assert table.current() is None
