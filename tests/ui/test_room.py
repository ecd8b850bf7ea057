"""Who gets how much room: columns of a table, a scrolling column of wrapped lines, a long history."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from deskapp.ui import theme
from deskapp.ui.kit import Cell, Column, DataTable, Happening, Scroll, Text, Timeline
from deskapp.ui.widgets.column_widths import Wish, widths

WISHES = st.lists(
    st.builds(Wish, declared=st.sampled_from([0, 60, 90, 150, 240]), heading=st.integers(48, 130),
              contents=st.integers(20, 400)), min_size=1, max_size=8,
)  # fmt: skip


@given(wishes=WISHES, room=st.integers(0, 1600))
def test_columns_never_scroll_sideways_unless_the_headings_alone_are_too_wide(wishes: list[Wish], room: int) -> None:
    made = widths(wishes, room, 120)
    headings = sum(wish.heading for wish in wishes)

    assert len(made) == len(wishes) and all(wide >= 0 for wide in made)
    assert sum(made) <= max(room, headings)


@given(wishes=WISHES)
def test_with_room_for_everything_columns_are_as_declared(wishes: list[Wish]) -> None:
    made = widths(wishes, 3000, 120)

    assert all(wide == wish.declared for wide, wish in zip(made, wishes, strict=True) if wish.declared)


def test_words_that_run_on_give_way_before_numbers_do() -> None:
    number, words, state = Wish(180, 60, 150), Wish(0, 60, 400), Wish(150, 60, 120)

    assert widths([number, words, state], 400, 120) == [150, 130, 120]
    assert widths([number, words, state], 345, 120) == [150, 75, 120]


@pytest.mark.parametrize("scale", [100, 150])
def test_a_table_in_a_narrow_place_shows_its_last_column(qtbot: Any, look: QApplication, scale: int) -> None:
    theme.apply(look, "light", scale)
    table = DataTable(
        [
            Column("number", "Number", lambda one: "T00123260312001E", 190),
            Column("state", "State", lambda one: Cell("in progress", "ok", "check", pill=True), 160),
            Column("words", "Subject", lambda one: "will not power on since the last storm", 0),
            Column("price", "Price", lambda one: "¥20.00", 140, right=True),
        ]
    )  # fmt: skip
    qtbot.addWidget(table)
    table.resize(theme.px(430), 300)
    table.show()
    table.set_rows(list(range(5)))
    QApplication.processEvents()

    view = table.view
    assert not view.horizontalScrollBar().isVisible()
    last = view.columnViewportPosition(3) + view.columnWidth(3)
    assert last <= view.viewport().width()
    assert view.columnWidth(0) >= view._rows.needed("T00123260312001E")


def test_wrapped_lines_in_a_scrolling_column_get_the_height_they_need(qtbot: Any, look: QApplication) -> None:
    area = Scroll(margin=0)
    qtbot.addWidget(area)
    text, below = Text(wrap=True), Text()
    text.put("several words that have to be broken into many lines because the place is narrow " * 4)
    below.put("below")
    area.add(text)
    area.add(below)
    area.resize(260, 900)
    area.show()
    for _ in range(5):
        QApplication.processEvents()

    assert text.height() >= text.heightForWidth(text.width())
    assert below.geometry().top() < text.height() + 60


class Layouts(QObject):
    """Counts how often a widget was laid out anew."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize)
        return False


def test_a_long_history_lays_its_page_out_a_few_times_not_once_a_line(qtbot: Any, look: QApplication) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    line = Timeline()
    QVBoxLayout(page).addWidget(line)
    page.resize(500, 800)
    page.show()
    qtbot.waitExposed(page)
    counted = Layouts()
    page.installEventFilter(counted)
    line.installEventFilter(counted)

    line.set_happenings([Happening("10:00", f"entry {number}", "somebody") for number in range(120)])
    for _ in range(5):
        QApplication.processEvents()

    assert counted.count <= 12
    assert len([text for text in line.findChildren(Text) if text.text().startswith("entry") and text.isVisible()]) == 120
