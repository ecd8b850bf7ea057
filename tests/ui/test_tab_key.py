"""The Tab key itself, pressed: it comes to every stop of a page, and out of it again, whatever is empty or hidden."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QWidget

from deskapp.ui.kit import Button, Column, DataTable, EmptyState, Page, PageContext, TextField
from tests.keys import press_key


@pytest.fixture
def around(qtbot, context: PageContext) -> tuple[QWidget, list[QWidget], QWidget]:
    """A page with a field, a list, a second list and a button, and a field that stands beside the page."""
    window, beside = QWidget(), QLineEdit()
    page = Page(context, "Page")
    field, button = TextField(name="Field"), Button("Save")
    lists = [
        DataTable([Column("name", "Name", lambda one: one, 100)], name="List", empty=EmptyState("inbox", "Nothing"))
        for _ in range(2)
    ]
    for part in (field, *lists, button):
        page.add(part)
    line = QHBoxLayout(window)
    line.addWidget(beside)
    line.addWidget(page)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window, [field, *lists, button], beside


@pytest.mark.parametrize("filled", [(False, False), (True, False), (False, True), (True, True)])
def test_tab_goes_through_a_page_and_leaves_it(
    qtbot, around: tuple[QWidget, list[QWidget], QWidget], filled: tuple[bool, bool]
) -> None:
    _window, (field, one, other, button), beside = around
    wanted: list[QWidget] = [field]
    for table, full in zip((one, other), filled, strict=True):
        assert isinstance(table, DataTable)
        table.set_rows(["a", "b"] if full else [])
        wanted += [table.view] if full else []
    wanted += [button, beside]

    beside.setFocus()
    for stop in wanted:
        press_key(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is stop
    for stop in reversed(wanted[:-1]):
        press_key(QApplication.focusWidget(), Qt.Key.Key_Backtab)
        assert QApplication.focusWidget() is stop
