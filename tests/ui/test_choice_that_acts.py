"""A choice that does something at once waits until it is meant: arrows only move the mark."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from deskapp.ui.widgets.choice import Choice, ChoiceBar
from tests.keys import press_key


@pytest.fixture
def bar(qtbot) -> tuple[ChoiceBar, list[str], QLineEdit]:
    whole = QWidget()
    column = QVBoxLayout(whole)
    made = ChoiceBar([Choice(one, one) for one in ("merchant", "parts", "bank")], acts=True)
    other = QLineEdit()
    column.addWidget(made)
    column.addWidget(other)
    qtbot.addWidget(whole)
    whole.show()
    whole.activateWindow()
    qtbot.waitUntil(whole.isActiveWindow)
    made.setFocus()
    qtbot.waitUntil(made.hasFocus)
    chosen: list[str] = []
    made.chosen.connect(chosen.append)
    made.held = whole  # type: ignore[attr-defined]
    return made, chosen, other


def test_arrows_move_the_mark_and_enter_chooses(bar) -> None:
    made, chosen, _other = bar
    for _time in range(2):
        press_key(made, Qt.Key.Key_Right)
    assert chosen == [] and made.value() == "parts"

    press_key(made, Qt.Key.Key_Return)

    assert chosen == ["parts"]


def test_leaving_chooses_what_is_marked_once(bar) -> None:
    made, chosen, other = bar
    press_key(made, Qt.Key.Key_Right)
    other.setFocus()

    assert chosen == ["merchant"]
    made.setFocus()
    other.setFocus()
    assert chosen == ["merchant"]


def test_escape_takes_the_mark_back(bar) -> None:
    made, chosen, other = bar
    made.set_value("bank")
    press_key(made, Qt.Key.Key_Left)
    press_key(made, Qt.Key.Key_Escape)
    other.setFocus()

    assert chosen == [] and made.value() == "bank"


def test_a_digit_and_a_click_choose_at_once(bar) -> None:
    made, chosen, _other = bar
    press_key(made, "3")
    made.buttons[0].click()

    assert chosen == ["bank", "merchant"]
