"""A page takes the scans it can use, and only those: every other code goes its usual way from wherever one is."""

from __future__ import annotations

import importlib
from datetime import date

import pytest

from deskapp.rules.numbers import make, make_label
from deskapp.ui.kit import Page, PageContext

DAY = date(2026, 3, 14)
COMMAND, BADGE, TICKET = "X:NEXT", make_label("U", 1, 7), make("T", 1, DAY, 1)
LABEL, SHELF, SERIAL = make_label("D", 1, 7), make_label("L", 1, 7), "PX920S00000004"

PAGES = (
    ("quick_ticket", "QuickTicketPage", (COMMAND, BADGE, TICKET, LABEL, SHELF), (SERIAL,)),
    ("device", "DevicePage", (COMMAND, BADGE, TICKET, LABEL, SHELF), (SERIAL,)),
    ("devices", "DevicesPage", (COMMAND, BADGE, TICKET, LABEL, SHELF), (SERIAL,)),
    ("go_live", "GoLivePage", (COMMAND, BADGE, TICKET, LABEL), (SERIAL,)),
    ("loaners", "LoanersPage", (COMMAND, BADGE, TICKET, LABEL), (SERIAL, "U9301234567")),
    ("ready", "ReadyPage", (COMMAND, BADGE, TICKET, SHELF), (SERIAL, LABEL, "U9301234567")),
    ("day_end", "DayEndPage", (COMMAND, BADGE), (LABEL, "U9301234567")),
    ("stock", "StockPage", (COMMAND, BADGE, TICKET, LABEL, SHELF), (SERIAL, make_label("P", 1, 7))),
)


@pytest.mark.parametrize(("module", "name", "others", "own"), PAGES, ids=lambda value: value if value else "")
def test_a_page_lets_codes_go_that_are_not_for_it(
    qtbot, context: PageContext, module: str, name: str, others: tuple[str, ...], own: tuple[str, ...]
) -> None:
    page: Page = getattr(importlib.import_module(f"deskapp.ui.pages.{module}"), name)(context)
    qtbot.addWidget(page)
    page.open()

    assert [code for code in others if page.scan(code)] == []
    assert [code for code in own if not page.scan(code)] == []
