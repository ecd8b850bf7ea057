"""The pad for the deliverer's signature is seen whole when it opens, on the small screens of a counter too."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect

from deskapp.models.store import Store
from deskapp.ui.page import PageContext
from deskapp.ui.pages.checkin import CheckInPage
from tests.checkin_shop import ONE, stock_shop


def test_the_pad_is_in_sight_from_edge_to_edge_at_1366_by_768(qtbot, store: Store, context: PageContext) -> None:
    store.run(stock_shop())
    page = CheckInPage(context)
    qtbot.addWidget(page)
    page.resize(1146, 640)  # what the window leaves a page at 1366 x 768
    page.show()
    page.open()
    page.scan(ONE)
    qtbot.waitUntil(lambda: bool(page.sheet.panels) and page.sheet.panels[-1].briefing is not None, timeout=10_000)
    party, area = page.sheet.party, page.sheet.left

    party.sign.click()

    def seen() -> bool:
        pad = party.signature
        place = QRect(pad.mapTo(area.viewport(), QPoint(0, 0)), pad.size())
        return pad.isVisible() and area.viewport().rect().contains(place)

    qtbot.waitUntil(seen, timeout=10_000)
