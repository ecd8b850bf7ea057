"""Who gets how much room: columns of a table, a scrolling column of wrapped lines, a long history."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip, QVBoxLayout, QWidget

from deskapp import i18n
from deskapp.ui import theme
from deskapp.ui.kit import Card, Cell, Column, DataTable, Happening, PageContext, Scroll, Text, Timeline
from deskapp.ui.pages.board import BoardPage
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


@given(wishes=WISHES, more=st.integers(0, 900))
def test_a_table_with_words_that_run_on_ends_at_its_edge(wishes: list[Wish], more: int) -> None:
    wishes = [Wish(0, 60, 40), *wishes]
    opened = sum(1 for wish in wishes if not wish.declared)
    room = sum(max(wish.needed, 0 if wish.declared else 120) for wish in wishes) + more

    assert 0 <= room - sum(widths(wishes, room, 120)) < opened  # what cannot be shared evenly


def test_a_short_word_in_an_open_column_leaves_no_gap_behind_the_last() -> None:
    code, zone, use, held = Wish(180, 60, 90), Wish(0, 60, 20), Wish(180, 50, 90), Wish(135, 70, 20)

    assert sum(widths([code, zone, use, held], 560, 120)) == 560


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
    assert (
        len([text for text in line.findChildren(Text) if text.text().startswith("entry") and text.isVisible()]) == 120
    )


# -- the board in large letters ----------------------------------------------------


def test_the_names_of_the_queues_stay_readable_on_the_board(
    qtbot: Any, look: QApplication, context: PageContext
) -> None:
    page = BoardPage(context)
    qtbot.addWidget(page)
    page.resize(1190, 690)
    page.show()
    page.open()
    qtbot.waitUntil(lambda: page.seen is not None, timeout=20_000)
    view = page.queues.view
    for language, scale, columns in (
        ("en", 100, 3), ("en", 200, 1), ("zh_CN", 125, 2), ("en", 125, 2), ("zh_CN", 100, 3), ("en", 150, 2),
    ):  # fmt: skip
        theme.apply(look, "light", scale)
        i18n.use(language)
        page.resize(1158 if scale == 100 else 1190, 690)  # of 1366 beside the navigation, folded in larger letters
        page.queues.retranslate()
        at = (language, scale)

        # Heights follow the letters a turn later, and more turns later on a busy computer.
        qtbot.waitUntil(lambda wanted=columns: sum(column.isVisible() for column in page._columns) == wanted)
        qtbot.waitUntil(lambda: view.verticalScrollBar().maximum() == view.horizontalScrollBar().maximum() == 0)
        for number in range(len(page.queues.rows())):
            (cell, *_figures) = page.queues.model.cells(number)
            assert view._rows.needed(cell) <= view.columnWidth(0), (at, cell)
        tops = [min(part.mapTo(page, QPoint(0, 0)).y() for part in column.findChildren(Card))
                for column in page._columns if column.isVisible()]  # fmt: skip
        assert max(tops) - min(tops) < 4, at  # no column begins with a hole


def test_what_a_narrow_column_cuts_off_is_told_where_the_mouse_rests(qtbot: Any, look: QApplication) -> None:
    table = DataTable(
        [
            Column("words", "Subject", lambda one: one, 0),
            Column("state", "State", lambda one: Cell("ok", pill=True), 60),
        ]
    )
    qtbot.addWidget(table)
    table.resize(260, 200)
    table.show()
    table.set_rows(["short", "will not power on since the last storm, and the battery is swollen too"])
    QApplication.processEvents()
    view = table.view
    place = [view.visualRect(view.model().index(row, 0)).center() for row in range(2)]

    assert view._whole.at(place[1]).endswith("swollen too") and view._whole.at(place[0]) == ""
    assert view._whole.at(view.viewport().rect().bottomLeft()) == ""
    QApplication.sendEvent(
        view.viewport(), QHelpEvent(QEvent.Type.ToolTip, place[1], view.viewport().mapToGlobal(place[1]))
    )
    qtbot.waitUntil(lambda: QToolTip.text().endswith("swollen too"))
    QToolTip.hideText()
