"""What Enter does in a field that has no use of its own for it: the next field, and from the last one saving.

A field that listens to Enter (a search, a scan, a step of its own) accepts the key, so that it never comes here, and
a scanner's Enter neither: it is swallowed before any widget sees it.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QWidget,
)

from deskapp.ui.widgets.choice import ChoiceBar
from deskapp.ui.widgets.text import Button

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
AROUND = 60
"""How much is shown above and below what comes into view, in device-independent pixels."""
_PLAIN = Qt.KeyboardModifier.NoModifier
_KEYPAD = Qt.KeyboardModifier.KeypadModifier


def is_enter(event: QKeyEvent) -> bool:
    """Tell whether a key is Enter, alone or with Ctrl."""
    ctrl = Qt.KeyboardModifier.ControlModifier
    return event.key() in _ENTER and event.modifiers() & ~_KEYPAD & ~ctrl == _PLAIN


def after_enter(page: QWidget, stops: Sequence[QWidget]) -> bool:
    """Go on from the field that has the focus along the stops of Tab; False when it is none of these fields.

    Buttons that follow the last field of a form are looked through for the one that saves; one of another card
    is never pressed.
    """
    field = QApplication.focusWidget()
    if not isinstance(field, QLineEdit | QPlainTextEdit | ChoiceBar | QComboBox | QCheckBox):
        return False
    here = next((n for n, stop in enumerate(stops) if stop is field or field.focusProxy() is stop), -1)
    following = [stop for stop in stops[here + 1 :] if stop.isVisibleTo(page) and stop.isEnabled()]
    if here < 0 or not following:
        return False
    buttons: list[QAbstractButton] = []
    for stop in following:
        if not isinstance(stop, Button):
            break
        buttons.append(stop)
    saving = next((one for one in buttons if one.property("role") == "primary" and _same_part(field, one)), None)
    if saving is not None:
        saving.click()
    else:
        following[0].setFocus(Qt.FocusReason.TabFocusReason)
        into_view(following[0])
    return True


def go_to(widget: QWidget) -> None:
    """Give a widget the focus where it is seen: Qt itself scrolls only to what Tab comes to."""
    widget.setFocus()
    into_view(widget)


def into_view(widget: QWidget) -> None:
    """Scroll whatever a widget stands in so that it is seen, with a little of what is around it."""
    around = widget.parentWidget()
    while around is not None:
        inner = around.widget() if isinstance(around, QScrollArea) else None
        if isinstance(around, QScrollArea) and inner is not None:
            # Not ensureWidgetVisible: of a field that has the focus it only looks at the cursor.
            top, height, bar = widget.mapTo(inner, QPoint()).y(), around.viewport().height(), around.verticalScrollBar()
            room = max(0, min(AROUND, (height - widget.height()) // 2))
            lowest = top + widget.height() + room - height
            bar.setValue(max(min(bar.value(), top - room), lowest))
        around = around.parentWidget()


def _same_part(field: QWidget, button: QWidget) -> bool:
    """Tell whether a button belongs to the card of a field, or to none."""
    above = button.parentWidget()
    while above is not None and above.property("role") != "card":
        above = above.parentWidget()
    return above is None or above.isAncestorOf(field)
