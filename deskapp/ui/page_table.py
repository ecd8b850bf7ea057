"""Every page of the window in one table, in the order of the navigation. Modules are imported when first opened."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from deskapp.errors import N_
from deskapp.ui.page import Page, PageContext, PageSpec

COUNTER: Final = N_("Counter")
WORKSHOP: Final = N_("Workshop")
RECORDS: Final = N_("Look up")
BRANCH: Final = N_("Branch")

Row = tuple[str, str, str, str, str, str, str]

ROWS: Final[tuple[Row, ...]] = (
    # id, title, icon, module, class, group, right
    ("today", N_("Today"), "home", "today", "TodayPage", COUNTER, ""),
    ("quick_ticket", N_("Quick ticket"), "phone-call", "quick_ticket", "QuickTicketPage", COUNTER, "ticket"),
    ("check_in", N_("Check devices in"), "inbox", "check_in", "CheckInPage", COUNTER, "check_in"),
    ("ready", N_("Ready and pickup"), "package", "ready", "ReadyPage", COUNTER, ""),
    ("calls", N_("Call list"), "message", "calls", "CallsPage", COUNTER, "call"),
    ("guidance", N_("Remote guidance"), "phone", "guidance", "GuidancePage", COUNTER, "guidance"),
    ("knowledge", N_("Knowledge"), "book", "knowledge", "KnowledgePage", COUNTER, ""),
    ("loaners", N_("Loaners"), "switch-horizontal", "loaners", "LoanersPage", COUNTER, "loaner"),
    ("bench", N_("Bench"), "stethoscope", "bench", "BenchPage", WORKSHOP, ""),
    ("stock", N_("Parts and stock"), "packages", "stock", "StockPage", WORKSHOP, ""),
    ("tickets", N_("Tickets"), "clipboard-list", "tickets", "TicketsPage", RECORDS, ""),
    ("merchants", N_("Merchants"), "building-store", "merchants", "MerchantsPage", RECORDS, ""),
    ("devices", N_("Devices"), "device-mobile", "devices", "DevicesPage", RECORDS, ""),
    ("order", N_("Repair order"), "clipboard-list", "order", "OrderPage", "", ""),
    ("shelf", N_("Shelf"), "box", "shelf", "ShelfPage", "", ""),
    ("day_end", N_("Day end"), "cash", "day_end", "DayEndPage", BRANCH, "day_end"),
    ("register", N_("Register book"), "file-text", "register", "RegisterPage", BRANCH, "register"),
    ("print_queue", N_("Print queue"), "printer", "print_queue", "PrintQueuePage", BRANCH, ""),
    ("reviews", N_("To settle"), "alert-circle", "today_reviews", "ReviewsPage", BRANCH, ""),
    ("staff", N_("Staff"), "users", "staff", "StaffPage", BRANCH, "staff"),
    ("models", N_("Models and catalogue"), "cpu", "models", "ModelsPage", BRANCH, "catalogue"),
    ("prices", N_("Price list"), "report-money", "prices", "PricesPage", BRANCH, "catalogue"),
    ("calendar", N_("Calendar"), "calendar", "calendar", "CalendarPage", BRANCH, "calendar"),
    ("import", N_("Import"), "upload", "imports", "ImportPage", BRANCH, "import"),
    ("go_live", N_("Take over work in progress"), "box", "go_live", "GoLivePage", BRANCH, "go_live"),
    ("journal", N_("Journal"), "history", "journal", "JournalPage", BRANCH, "audit"),
    ("backup", N_("Backup and recovery"), "database-export", "backup", "BackupPage", BRANCH, "backup"),
    ("settings", N_("Settings"), "settings", "settings", "SettingsPage", BRANCH, ""),
)


def pages() -> tuple[PageSpec, ...]:
    """Return the pages whose module is there."""
    return tuple(
        PageSpec(name, title, icon, _factory(module, kind), group, right)
        for name, title, icon, module, kind, group, right in ROWS
        if find_spec(f"deskapp.ui.pages.{module}") is not None
    )


def _factory(module: str, kind: str) -> Callable[[PageContext], Page]:
    def build(context: PageContext) -> Page:
        page: Page = getattr(import_module(f"deskapp.ui.pages.{module}"), kind)(context)
        return page

    return build
