"""Notices and figures at every size of letters: nothing is cut off, nothing is drawn over something else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from deskapp.ui import theme
from deskapp.ui.kit import BigNumber, Happening, Text, Timeline, Toasts

LONG = "The check-in is void; its papers no longer hold. 收机登记已作废，原单据一并失效，请收回取机凭证。"


@pytest.fixture
def window(qtbot, look: QApplication) -> Iterator[QWidget]:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    yield made


@pytest.mark.parametrize("scale", [100, 125, 150])
@pytest.mark.parametrize("undo", [False, True])
def test_a_notice_is_as_high_as_its_lines(window: QWidget, look: QApplication, scale: int, undo: bool) -> None:
    theme.apply(look, "light", scale)
    toasts = Toasts(window)

    toasts.say(LONG, raw=True, tone="warn", undo=(lambda: None) if undo else None)
    QApplication.processEvents()

    toast = toasts.shown[0]
    words = toast.text
    assert words.height() >= words.heightForWidth(words.width())
    assert toast.rect().contains(words.geometry()) and window.rect().contains(toast.geometry())
    assert words.heightForWidth(words.width()) > QFontMetrics(words.font()).height() * 1.5, "it should wrap"


def test_a_short_notice_stays_one_line_high(window: QWidget) -> None:
    toasts = Toasts(window)
    toasts.say("Settled", raw=True)
    QApplication.processEvents()
    assert toasts.shown[0].height() < 3 * QFontMetrics(toasts.shown[0].text.font()).height()


@pytest.mark.parametrize("scale", [100, 150])
@pytest.mark.parametrize("figure", ["7", "1,284", "¥123,456.00", "¥999,999,999.00"])
def test_a_figure_is_never_drawn_under_its_icon(
    qtbot, look: QApplication, scale: int, figure: str
) -> None:
    theme.apply(look, "light", scale)
    tile = BigNumber("Takings", icon="cash")
    qtbot.addWidget(tile)
    tile.resize(tile.minimumSizeHint())
    tile.show()

    tile.put(figure)

    assert not tile.figure_area().intersects(tile.icon_area())
    assert tile.rect().contains(tile.icon_area()) and tile.icon_area().width() == theme.px(20)
    shown = QFontMetrics(tile.figure_font())
    least = theme.font("heading").pixelSize()
    fits = shown.horizontalAdvance(figure) <= tile.figure_area().width()
    assert fits or tile.figure_font().pixelSize() == least


def test_a_short_figure_keeps_its_size(qtbot) -> None:
    tile = BigNumber("Late", icon="alarm")
    qtbot.addWidget(tile)
    tile.resize(150, 92)
    tile.put("12")
    assert tile.figure_font().pixelSize() == theme.font("display").pixelSize()


def test_what_was_taken_back_is_struck_through_and_says_so(qtbot, look: QApplication) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    line = Timeline()
    QHBoxLayout(holder).addWidget(line)
    line.set_happenings([
        Happening("10:00", "Hand out (voided)", struck=True), Happening("09:00", "Check in"),
    ])  # fmt: skip
    holder.show()
    QApplication.processEvents()

    drawn = {text.text(): text for text in line.findChildren(Text)}
    assert drawn["Hand out (voided)"].font().strikeOut() and not drawn["Check in"].font().strikeOut()
