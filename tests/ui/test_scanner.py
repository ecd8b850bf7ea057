"""Bursts are caught before any widget sees them; typing is not touched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QPushButton, QVBoxLayout

from deskapp.ui.scanner import Scanner
from deskapp.ui.widgets.fields import ScanField
from tests.ui.scan_keys import type_scan


class Keyboard:
    """Sends keys with stamps of its own, so that no test has to wait."""

    def __init__(self) -> None:
        self.at = 1000.0

    def stamp(self, event: QEvent) -> float:
        return self.at

    def type(self, widget, text: str, gap_ms: float, end: Qt.Key | None = None) -> None:
        for character in text:
            self.at += gap_ms
            self.press(widget, ord(character.upper()), character)
        if end is not None:
            self.at += gap_ms
            self.press(widget, end, "\r" if end != Qt.Key.Key_Tab else "\t")

    def press(self, widget, key: int, text: str) -> None:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text)
            QCoreApplication.sendEvent(widget, event)

    def commit(self, widget, text: str, gap_ms: float = 5) -> None:
        self.at += gap_ms
        event = QInputMethodEvent("", [])
        event.setCommitString(text)
        QCoreApplication.sendEvent(widget, event)


@pytest.fixture
def keys() -> Keyboard:
    return Keyboard()


@pytest.fixture
def scanner(look: QApplication, keys: Keyboard) -> Iterator[Scanner]:
    made = Scanner(look, stamp=keys.stamp)
    made.heard = []
    made.scanned.connect(made.heard.append)
    yield made
    made.stop()
    made.deleteLater()


@pytest.fixture
def line(qtbot) -> QLineEdit:
    field = QLineEdit()
    qtbot.addWidget(field)
    field.show()
    field.setFocus()
    return field


def test_a_burst_is_swallowed_whatever_has_the_focus(scanner, keys, line):
    keys.type(line, "D001230000711", 5, Qt.Key.Key_Return)

    assert scanner.heard == ["D001230000711"]
    assert line.text() == ""


def test_a_burst_may_end_with_tab(scanner, keys, line):
    keys.type(line, "NLSP512604020B73", 8, Qt.Key.Key_Tab)

    assert scanner.heard == ["NLSP512604020B73"]


def test_a_scan_never_presses_a_button(qtbot, scanner, keys):
    dialog = QDialog()
    qtbot.addWidget(dialog)
    column = QVBoxLayout(dialog)
    button, field, pressed = QPushButton("Delete"), QLineEdit(), []
    button.setDefault(True)
    button.clicked.connect(lambda: pressed.append(True))
    column.addWidget(field)
    column.addWidget(button)
    dialog.show()

    keys.type(field, "D001230000711", 5, Qt.Key.Key_Return)
    keys.type(button, "D001230000729", 5, Qt.Key.Key_Return)

    assert pressed == []
    assert scanner.heard == ["D001230000711", "D001230000729"]


def test_slow_typing_arrives_unharmed_and_in_order(qtbot, scanner, keys, line):
    keys.type(line, "hello world", 90)
    qtbot.waitUntil(lambda: line.text() == "hello world")

    assert scanner.heard == []


def test_slow_typing_with_enter_is_no_scan(qtbot, scanner, keys, line):
    entered = []
    line.returnPressed.connect(lambda: entered.append(line.text()))
    keys.type(line, "abcdefgh", 60, Qt.Key.Key_Return)

    assert entered == ["abcdefgh"]
    assert scanner.heard == []


def test_a_quick_word_without_an_end_is_handed_on_after_a_moment(qtbot, scanner, keys, line):
    keys.type(line, "abcdefgh", 4)
    assert line.text() == ""

    qtbot.waitUntil(lambda: line.text() == "abcdefgh")
    assert scanner.heard == []


@pytest.mark.parametrize(("text", "is_scan"), [("12345", False), ("123456", True), ("X:OK", True), ("XOK1", False)])
def test_six_characters_or_four_of_a_command_make_a_scan(qtbot, scanner, keys, line, text, is_scan):
    keys.type(line, text, 5, Qt.Key.Key_Return)

    assert (scanner.heard == [text]) is is_scan
    assert (line.text() == text) is not is_scan


def test_the_same_code_again_within_a_moment_is_ignored(qtbot, scanner, keys, line):
    keys.type(line, "D001230000711", 5, Qt.Key.Key_Return)
    with qtbot.waitSignal(scanner.repeated):
        keys.type(line, "D001230000711", 5, Qt.Key.Key_Return)
    keys.at += 1600
    keys.type(line, "D001230000711", 5, Qt.Key.Key_Return)

    assert scanner.heard == ["D001230000711"] * 2


def test_typing_before_a_scan_stays_in_the_field(scanner, keys, line):
    keys.type(line, "ab", 120)
    keys.at += 400
    keys.type(line, "D001230000711", 5, Qt.Key.Key_Return)

    assert line.text() == "ab"
    assert scanner.heard == ["D001230000711"]


def test_backspace_keeps_its_place_among_held_keys(scanner, keys, line):
    keys.type(line, "abc", 10)
    keys.press(line, Qt.Key.Key_Backspace, "\b")

    assert line.text() == "ab"


def test_a_key_held_down_is_no_scan(scanner, keys, line):
    for _number in range(10):
        keys.at += 30
        event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "a", True)
        QCoreApplication.sendEvent(line, event)
    keys.press(line, Qt.Key.Key_Return, "\r")

    assert scanner.heard == []
    assert line.text() == "a" * 10


def test_full_width_letters_from_an_input_method_are_read_and_reported(qtbot, scanner, keys, line):
    with qtbot.waitSignal(scanner.input_method_suspected):
        for letter in "ＮＬＳＰ５１２６":
            keys.commit(line, letter)
        keys.press(line, Qt.Key.Key_Return, "\r")

    assert scanner.heard == ["NLSP5126"]
    assert line.text() == ""


def test_chinese_from_an_input_method_reaches_the_field(scanner, keys, line):
    keys.commit(line, "打印机")

    assert line.text() == "打印机"


def test_shift_between_the_letters_does_not_matter(scanner, keys, line):
    for letter in "NLSP51":
        keys.press(line, Qt.Key.Key_Shift, "")
        keys.type(line, letter, 5)
    keys.press(line, Qt.Key.Key_Return, "\r")

    assert scanner.heard == ["NLSP51"]


def test_keys_of_a_field_that_is_gone_are_dropped(qtbot, scanner, keys):
    field = QLineEdit()
    field.show()
    keys.type(field, "abc", 5)
    field.deleteLater()
    qtbot.waitUntil(lambda: not scanner._held)

    assert scanner.heard == []


def test_real_key_events_at_full_speed_are_a_scan(look, qtbot):
    field = ScanField()
    qtbot.addWidget(field)
    field.show()
    field.setFocus()
    scanner = Scanner(look)
    heard: list[str] = []
    scanner.scanned.connect(heard.append)

    type_scan(field, "R00123250314007D")
    scanner.stop()

    assert heard == ["R00123250314007D"]
    assert field.text() == ""
