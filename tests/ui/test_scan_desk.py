"""Scan after scan: in the order they came, whatever each of them has to ask; undo takes back the one before it."""

from __future__ import annotations

from typing import Any

import pytest

from deskapp.models.repair import ItemRecord
from deskapp.models.store import Store
from deskapp.ui.page import PageContext
from deskapp.ui.pages.scan_desk import ScanDesk
from deskapp.ui.pages.table import PAGES
from deskapp.ui.pages.transfer_sort import SortPage
from deskapp.ui.pages.transfer_stocktake import StocktakePage
from deskapp.ui.widgets.fields import ScanField
from tests.conftest import People
from tests.factories_transfers import Yard, yard

LONG_MS = 10_000


@pytest.fixture
def place(store: Store, people: People, context: PageContext) -> Yard:
    context.jobs.actor = people.supervisor
    return yard(store, people)


@pytest.fixture
def desk(qtbot: Any, context: PageContext) -> Any:
    """A desk that keeps the codes it took; "again" is answered by the store first."""
    seen: list[str] = []

    def take(text: str) -> None:
        if text == "bug":
            raise ZeroDivisionError
        if text.startswith("ask"):
            made.ask(lambda _session: 1 // (text != "ask a bug"), lambda _answer: seen.append(text))
        else:
            seen.append(text)
            made.acts.append(text)

    made: ScanDesk[str] = ScanDesk(context, ScanField(), "First", take=take, take_back=seen.remove)
    made.lay()
    qtbot.addWidget(made)
    made.show()
    return made, seen


def test_a_scan_waits_for_the_answer_to_the_one_before(qtbot: Any, desk: Any) -> None:
    made, seen = desk
    for text in ("ask", "at once", "ask again"):
        made.take(text)
    assert seen == [], "the first asks"
    qtbot.waitUntil(lambda: len(seen) == 3, timeout=LONG_MS)
    assert seen == ["ask", "at once", "ask again"]


def test_undo_right_behind_a_scan_takes_that_scan_back(qtbot: Any, desk: Any) -> None:
    made, seen = desk
    made.take("before")
    for text in ("ask", "at once"):
        made.take(text)
    assert made.verb("UNDO"), "there will be something to undo"
    qtbot.waitUntil(lambda: seen == ["before", "ask"], timeout=LONG_MS)
    assert made.acts == ["before"] and made.undo_button.isEnabled()
    made.undo()
    assert seen == ["ask"] and not made.undo_button.isEnabled() and not made.verb("UNDO")


def test_a_bug_in_one_scan_does_not_hold_up_the_next(qtbot: Any, desk: Any, context: PageContext) -> None:
    made, seen = desk
    crashed: list[object] = []
    context.jobs.crashed.connect(crashed.append)
    made.take("ask a bug")
    made.take("next")
    qtbot.waitUntil(lambda: seen == ["next"], timeout=LONG_MS)
    assert [type(one) for one in crashed] == [ZeroDivisionError]


def test_a_device_scanned_right_behind_its_shelf_is_put_onto_it_and_undone(qtbot: Any, shown: Any, place: Yard) -> None:
    (one,) = place.take(1)
    page = shown(SortPage)
    page.scan("B-03-2")
    page.scan(one.label_no)
    page.verb("UNDO")
    qtbot.waitUntil(lambda: "A-01 again" in page.desk.panel.said(), timeout=LONG_MS)
    assert page.shelf == "B-03-2" and page.desk.acts == []


def test_what_is_scanned_before_a_stocktake_is_saved_is_in_it(qtbot: Any, shown: Any, place: Yard) -> None:
    (one,) = place.take(1)
    page = shown(StocktakePage)
    page.scan("A-01")
    page.scan(one.label_no)
    page.save()
    page.save()
    qtbot.waitUntil(page.save_button.isEnabled, timeout=LONG_MS)
    with place.store.read() as session:
        saved = session.query(ItemRecord).filter_by(kind="stocktake").one()
    assert one.item_id in saved.data["found"]


def test_the_undo_of_the_sheet_is_for_the_page_that_has_something_to_undo(
    qtbot: Any, place: Yard, people: People, make_window: Any
) -> None:
    """A code of the laminated sheet goes through the window, as every scan does."""
    (one,) = place.take(1)
    window = make_window(list(PAGES))
    window.enter(people.supervisor)
    window.navigate("sort")
    page = window.shell.page()
    for text in ("B-03-2", one.label_no):
        window.scan(text)
    qtbot.waitUntil(lambda: len(page.desk.acts) == 1, timeout=LONG_MS)
    window.scan("X:UNDO")
    qtbot.waitUntil(lambda: "A-01 again" in page.desk.panel.said(), timeout=LONG_MS)

    undone: list[str] = []
    window.toast("done", undo=lambda: undone.append("notice"))
    window.scan("X:UNDO")
    qtbot.waitUntil(lambda: undone == ["notice"], timeout=LONG_MS)
