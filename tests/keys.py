"""Keys as tests press them: what a handler raises fails the test, whoever watches the keys besides."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from deskapp.ui.hands import strike

_NONE = Qt.KeyboardModifier.NoModifier


def press_key(target: QWidget | None, key: Qt.Key | str, modifiers: Qt.KeyboardModifier = _NONE) -> None:
    """Press one key at a widget, which must be there."""
    assert target is not None, "nothing has the focus"
    strike(target, key, modifiers)


def type_keys(target: QWidget | None, text: str) -> None:
    """Type a text at a widget, key by key, wherever the focus goes meanwhile."""
    for character in text:
        press_key(target, character)
