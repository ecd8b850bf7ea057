"""Enter goes on: from a field with no use of its own for it to the next, and from the last one of a form to saving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtWidgets import QApplication

from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    DateField,
    Form,
    MoneyField,
    NumberField,
    Page,
    PageContext,
    SuggestField,
    TextArea,
    TextField,
    row,
)
from tests.keys import press_key, type_keys


class Entry(Page):
    """A form of every kind of field, with another card below it."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, "Entry")
        self.saved: list[str] = []
        self.name, self.note, self.code = TextField(), TextArea(lines=2), SuggestField(self.jobs, lambda _s, _t: ())
        self.kind = ChoiceBar([Choice("a", "One"), Choice("b", "Two")])
        self.last = TextField()
        self.form = Form()
        for key, field in (("name", self.name), ("code", self.code), ("kind", self.kind), ("note", self.note),
                           ("last", self.last)):  # fmt: skip
            self.form.add(key, key, field)
        card = Card("First")
        card.add(self.form)
        card.add(row(1, Button("Drop", "quiet", clicked=lambda: self.saved.append("drop")),
                     Button("Save", "primary", clicked=lambda: self.saved.append("save"))))  # fmt: skip
        self.add(card)
        self.lone = TextField(name="Lone")
        other = Card("Second")
        other.add(self.lone)
        self.add(other)
        third = Card("Third")
        third.add(Button("Wipe", "primary", clicked=lambda: self.saved.append("wipe")))
        self.add(third)


@pytest.fixture
def entry(qtbot, context: PageContext) -> Entry:
    page = Entry(context)
    qtbot.addWidget(page)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    return page


def test_enter_walks_through_a_form_and_saves_at_its_end(qtbot, entry: Entry) -> None:
    entry.name.setFocus()
    for here, following in (
        (entry.name, entry.code), (entry.code, entry.kind), (entry.kind, entry.note),
    ):  # fmt: skip
        assert QApplication.focusWidget() is here
        press_key(here, Qt.Key.Key_Return)
        qtbot.waitUntil(following.hasFocus)
    press_key(entry.note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(entry.last.hasFocus)
    assert entry.saved == []
    press_key(entry.last, Qt.Key.Key_Return)

    assert entry.saved == ["save"]


def test_enter_in_a_search_without_an_answer_goes_on_too(qtbot, entry: Entry) -> None:
    entry.code.setFocus()
    type_keys(entry.code, "nobody")
    press_key(entry.code, Qt.Key.Key_Return)
    qtbot.waitUntil(entry.kind.hasFocus)

    assert entry.code.text() == "nobody"


def test_enter_in_a_choice_that_is_made_goes_on(qtbot, entry: Entry) -> None:
    entry.kind.setFocus()
    type_keys(entry.kind, "2")
    press_key(entry.kind, Qt.Key.Key_Return)
    qtbot.waitUntil(entry.note.hasFocus)

    assert entry.kind.value() == "b"


def test_enter_never_presses_the_button_of_another_card(qtbot, entry: Entry) -> None:
    entry.lone.setFocus()
    press_key(entry.lone, Qt.Key.Key_Return)

    assert entry.saved == [] and not entry.lone.hasFocus()


def test_enter_in_a_text_of_several_lines_is_a_new_line(qtbot, entry: Entry) -> None:
    entry.note.setFocus()
    type_keys(entry.note, "a")
    press_key(entry.note, Qt.Key.Key_Return)

    assert entry.note.text() == "a\n" and entry.note.hasFocus()


@pytest.mark.parametrize(
    ("make", "pasted", "kept"),
    [
        (NumberField, "十二", ""), (NumberField, "12a", ""), (NumberField, "１２", "12"), (MoneyField, "八十", ""),
        (MoneyField, "￥１２．５０", "¥12.50"), (MoneyField, "abc", ""),
    ],
)  # fmt: skip
def test_a_number_field_takes_no_words_however_they_come(
    qtbot, make: Callable[[], NumberField | MoneyField], pasted: str, kept: str
) -> None:
    field, other = make(), make()
    qtbot.addWidget(field)
    qtbot.addWidget(other)
    QGuiApplication.clipboard().setText(pasted)
    field.paste()
    committed = QInputMethodEvent("", [])
    committed.setCommitString(pasted)
    QApplication.sendEvent(other, committed)

    assert field.text() == kept and other.text() == kept


@pytest.mark.parametrize(("typed", "kept"), [("soon", "soon"), ("1.2.3", "1.2.3")])
def test_what_cannot_be_read_is_said_when_the_field_is_left_and_stays(
    qtbot, context: PageContext, typed: str, kept: str
) -> None:
    page = Page(context, "Money")
    form, field, other = Form(), MoneyField() if typed[0].isdigit() else DateField(date(2026, 3, 14)), TextField()
    form.add("value", "Value", field)
    form.add("other", "Other", other)
    page.add(form)
    qtbot.addWidget(page)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    field.setFocus()
    type_keys(field, typed)
    press_key(field, Qt.Key.Key_Return)
    qtbot.waitUntil(other.hasFocus)

    assert field.text() == kept and form.rows["value"].error.isVisible()
    field.setFocus()
    field.selectAll()
    type_keys(field, "1")
    assert not form.rows["value"].error.isVisible()
