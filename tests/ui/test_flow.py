"""Lines that wrap: what stands in them outlives whatever happens around them."""

from __future__ import annotations

from typing import Any

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from deskapp.ui.widgets.flow import FlowLayout


class Board(QWidget):
    """A line of buttons in a layout of a widget, as in every card."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = FlowLayout(margin=0)
        self.buttons = [QPushButton(text) for text in ("one", "two", "three")]
        for button in self.buttons:
            self.flow.addWidget(button)
        body = QVBoxLayout(self)
        body.addLayout(self.flow)


def test_a_line_still_knows_its_height_when_the_binding_forgets_the_widget_around_it(qtbot: Any) -> None:
    board = Board()
    qtbot.addWidget(board)
    board.show()
    shiboken6.invalidate(board)
    assert board.flow.heightForWidth(1000) == board.flow.itemAt(0).sizeHint().height()
    board.setStyleSheet("QPushButton { padding: 9px }")
    board.resize(60, 400)
    assert board.flow.heightForWidth(60) > 3 * board.buttons[0].sizeHint().height()


def test_a_button_that_is_deleted_leaves_its_line(qtbot: Any) -> None:
    board = Board()
    qtbot.addWidget(board)
    board.show()
    board.buttons.pop(1).deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert board.flow.count() == 2 and board.flow.heightForWidth(1000) > 0
    taken = board.flow.takeAt(0)
    assert taken is not None and taken.widget() is board.buttons[0] and board.flow.count() == 1
