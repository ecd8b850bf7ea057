"""The navigation at the left where it is longer than the window is high."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from deskapp.ui.page import PageSpec
from deskapp.ui.rail import Rail


def test_the_mark_of_the_open_page_comes_into_sight_however_low_it_stands(qtbot: QtBot) -> None:
    rail = Rail([PageSpec(f"page{n}", f"Page {n}", "box", lambda _context: None, "branch") for n in range(30)], {})
    qtbot.addWidget(rail)
    rail.resize(200, 300)
    rail.show()
    last = rail.buttons["page29"]
    qtbot.waitUntil(lambda: last.height() > 0 and rail.isVisible(), timeout=10_000)
    assert last.visibleRegion().isEmpty()

    rail.show_page("page29")

    qtbot.waitUntil(lambda: last.visibleRegion().boundingRect().height() == last.height(), timeout=10_000)


def test_a_page_of_a_folded_group_is_unfolded_and_in_sight(qtbot: QtBot) -> None:
    groups = [("counter", 25), ("branch", 3)]
    pages = [
        PageSpec(f"{name}{n}", name, "box", lambda _context: None, name) for name, count in groups for n in range(count)
    ]
    rail = Rail(pages, {})
    qtbot.addWidget(rail)
    rail.resize(200, 300)
    rail.show()
    rail.fold("branch")

    rail.show_page("branch2")

    chosen = rail.buttons["branch2"]
    qtbot.waitUntil(lambda: chosen.isVisible() and not chosen.visibleRegion().isEmpty(), timeout=10_000)
    assert chosen.isChecked()


def test_a_name_too_long_for_the_place_ends_in_dots_and_is_told_whole_by_the_tip(qtbot: QtBot) -> None:
    title = "Take over work in progress from every other branch"
    rail = Rail([PageSpec(f"page{n}", title, "box", lambda _context: None, "branch") for n in range(30)], {})
    qtbot.addWidget(rail)
    rail.resize(200, 300)
    rail.show()
    button = rail.buttons["page0"]
    qtbot.waitUntil(lambda: button.text().endswith("…"), timeout=10_000)

    bar = rail._area.verticalScrollBar()
    qtbot.waitUntil(bar.isVisible, timeout=10_000)
    qtbot.waitUntil(
        lambda: button.mapTo(rail, button.rect().topRight()).x() <= bar.mapTo(rail, bar.rect().topLeft()).x()
    )
    assert (button.toolTip(), button.accessibleName()) == (title, title)
    rail.retranslate()
    assert button.text().endswith("…")
