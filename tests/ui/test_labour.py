"""Working time alone, noted at the bench: minutes and words, without a piece of work beside it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from deskapp.models.repair import ItemRecord
from deskapp.ui.pages.job import JobPage
from tests.factories_depot import Depot
from tests.keys import press_key, type_keys


def test_time_that_went_into_a_diagnosis_is_noted_by_keys(qtbot: Any, at: Any, depot: Depot) -> None:
    one = depot.shop.take_in()
    depot.diagnosed(one)
    page = at(JobPage, depot.people.technician, item_id=one.item_id)
    drawers = page.panel.drawers
    qtbot.waitUntil(drawers.buttons["labour"].isVisible)

    press_key(QApplication.focusWidget(), Qt.Key.Key_M, Qt.KeyboardModifier.AltModifier)
    drawer = drawers.drawers["labour"]
    qtbot.waitUntil(drawer.isVisible)
    minutes = drawer.form.fields()["minutes"]
    qtbot.waitUntil(minutes.hasFocus)
    drawer.go.click()
    qtbot.waitUntil(lambda: "at most one day" in drawer.form.rows["minutes"].error.text())
    minutes.setFocus()
    type_keys(minutes, "35")
    press_key(minutes, Qt.Key.Key_Return)
    words = drawer.form.fields()["words"]
    qtbot.waitUntil(words.hasFocus)
    words.insert("等商户回电")
    press_key(words, Qt.Key.Key_Return)

    qtbot.waitUntil(drawer.isHidden)
    with depot.store.read() as session:
        row = session.query(ItemRecord).filter_by(item_id=one.item_id, kind="labour").one()
        assert (row.data["minutes"], row.words) == (35, "等商户回电")


def test_where_nobody_works_on_it_no_time_is_asked_for(qtbot: Any, at: Any, depot: Depot) -> None:
    waiting, other = depot.shop.take_in(), depot.in_repair()
    page = at(JobPage, depot.people.technician, item_id=waiting.item_id)
    qtbot.waitUntil(lambda: page.panel.card is not None)
    assert page.panel.drawers.buttons["labour"].isHidden()

    page = at(JobPage, depot.people.clerk, item_id=other.item_id)
    qtbot.waitUntil(lambda: page.panel.card is not None)
    assert page.panel.drawers.buttons["labour"].isHidden()
