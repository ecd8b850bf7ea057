"""Rows of a table are drawn at once: texts shortened to their room, nothing made twice, garbage left to the window."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QFont, QFontMetricsF
from PySide6.QtWidgets import QApplication

from deskapp.models.canonical import canonical, canonical_with
from deskapp.ui import theme
from deskapp.ui.garbage import MANY, Collector
from deskapp.ui.widgets.rows import ELLIPSIS, Ruler


@pytest.fixture
def ruler(qapp: QApplication) -> Ruler:
    theme.apply(qapp, "light", 100)
    return Ruler(theme.font())


def test_a_text_that_fits_stays_whole(ruler: Ruler) -> None:
    assert ruler.fit("打印模糊", 200)[0] == "打印模糊"


def test_a_long_text_is_cut_so_that_it_fits_with_its_ellipsis(ruler: Ruler) -> None:
    shown, wide = ruler.fit("客户经理代报升级后打印机卡纸，偶尔还会打印模糊。", 120)

    assert shown.endswith(ELLIPSIS) and shown.startswith("客户经理")
    assert wide <= 120 and QFontMetricsF(theme.font()).horizontalAdvance(shown) <= 121


def test_line_ends_and_control_characters_take_no_second_line(ruler: Ruler) -> None:
    assert ruler.fit("一\n二\t三", 200)[0] == "一 二 三"


@given(text=st.text(max_size=40), room=st.integers(0, 300))
def test_no_text_is_wider_than_its_room(text: str, room: int) -> None:
    ruler = Ruler(QFont())
    shown, wide = ruler.fit(text, room)

    assert wide <= room + 1 or shown == ELLIPSIS


@given(
    head=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=5),
    items=st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.none(), max_size=3), max_size=4),
)
def test_a_long_list_is_spelled_piece_by_piece_as_in_one_go(head: dict[str, object], items: list[object]) -> None:
    assert canonical_with(head, "ops", [canonical(item) for item in items]) == canonical({**head, "ops": items})


def test_the_collector_finds_cycles_and_hands_back_when_it_stops(qapp: QApplication) -> None:
    class Knot:
        alive = 0

        def __init__(self) -> None:
            Knot.alive += 1
            self.me = self

        def __del__(self) -> None:
            Knot.alive -= 1

    collector = Collector(lambda: True)
    try:
        assert not gc.isenabled()
        for _ in range(MANY + 10):
            Knot()
        collector.look()
        assert Knot.alive < MANY
    finally:
        collector.stop()
    assert gc.isenabled()
