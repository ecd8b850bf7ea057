"""Keys as a scanner sends them: fast, in order, ended by Enter."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from tests.keys import press_key


def type_scan(widget: QWidget, text: str, end: Qt.Key = Qt.Key.Key_Return) -> None:
    """Send a code to whatever has the focus (or to the widget), then the scanner's Enter."""
    for character in text:
        press_key(widget.focusWidget() or widget, character)
    press_key(widget.focusWidget() or widget, end)
