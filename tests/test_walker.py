"""The walk over the pages sees what it is there to see: a page with every fault, and one without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from deskapp import i18n
from deskapp.ui.kit import Pill
from tests import walker


@pytest.fixture
def shown(qtbot) -> Callable[[QWidget], QWidget]:
    held: list[QWidget] = []

    def show(widget: QWidget) -> QWidget:
        qtbot.addWidget(widget)
        held.append(widget)
        widget.show()
        qtbot.waitExposed(widget)
        return widget

    i18n.use("en")
    return show


def stacked(*parts: QWidget) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    for part in parts:
        column.addWidget(part)
    return page


def field(name: str) -> QLineEdit:
    made = QLineEdit()
    made.setAccessibleName(name)
    return made


def test_a_page_in_order_has_no_faults(shown) -> None:
    page = shown(stacked(field("Name"), field("Phone"), QPushButton("Save"), Pill("done", "ok", "check")))

    for look in (walker.nameless, walker.backward, walker.mouse_only, walker.colour_alone, walker.squeezed):
        assert look(page) == [], look.__name__


def test_a_field_without_a_name_is_seen_and_a_buddy_is_a_name(shown) -> None:
    label, bare, other = QLabel("&Name"), QLineEdit(), QLineEdit()
    label.setBuddy(other)
    page = shown(stacked(label, other, bare))

    assert len(walker.nameless(page)) == 1


def test_a_tab_order_that_goes_up_is_seen(shown) -> None:
    first, second, third = field("First"), field("Second"), field("Third")
    page = shown(stacked(first, second, third))
    QWidget.setTabOrder(first, third)

    assert len(walker.backward(page)) == 1


def test_a_tab_order_that_goes_left_in_a_line_is_seen(shown) -> None:
    first, second, third, page = field("First"), field("Second"), field("Third"), QWidget()
    line = QHBoxLayout(page)
    for part in (first, second, third):
        line.addWidget(part)
    shown(page)
    QWidget.setTabOrder(first, third)

    assert len(walker.backward(page)) == 1


def test_a_button_no_key_reaches_is_seen(shown) -> None:
    button = QPushButton("Only by mouse")
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    assert len(walker.mouse_only(shown(stacked(button)))) == 1


def test_a_letter_that_two_controls_claim_is_seen(shown) -> None:
    label, entry = QLabel("&Save as"), field("Save as")
    label.setBuddy(entry)
    page = stacked(QPushButton("&Save"), label, entry, QPushButton("&Leave"))
    hidden = QPushButton("&Later")
    page.layout().addWidget(hidden)
    hidden.hide()
    QShortcut(QKeySequence("Alt+X"), page)

    (fault,) = walker.double_keys(shown(page))
    assert fault.startswith("Alt+S")


def test_a_shortcut_of_the_page_counts_as_a_control(shown) -> None:
    page = stacked(QPushButton("E&xit"))
    QShortcut(QKeySequence("Alt+X"), page)

    assert len(walker.double_keys(shown(page))) == 1


def test_a_pill_without_words_is_seen(shown) -> None:
    assert len(walker.colour_alone(shown(stacked(Pill("", "danger"))))) == 1


def test_texts_that_are_cut_are_seen(shown) -> None:
    wide, tall = QLabel("far too long for its place"), QLabel("several lines " * 8)
    wide.setFixedWidth(40)
    tall.setWordWrap(True)
    tall.setFixedSize(120, 20)
    faults = walker.squeezed(shown(stacked(wide, tall)))

    assert any("px wide" in fault for fault in faults)
    assert any("px high" in fault for fault in faults)


def test_a_page_that_scrolls_sideways_is_seen(shown) -> None:
    area, inner = QScrollArea(), QWidget()
    inner.setMinimumWidth(900)
    area.setWidget(inner)
    area.setWidgetResizable(True)
    page = stacked(area)
    page.resize(400, 300)

    assert any("sideways" in fault for fault in walker.squeezed(shown(page)))


def test_a_text_is_compared_without_its_key_its_number_and_its_star() -> None:
    assert "Merchant" in walker.forms("1 Merchant *")
    assert "Merchant" in walker.forms("Merchant (F6)")
    assert "Price" in walker.forms("Price:")
