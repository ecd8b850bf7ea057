"""Every page of the window in one table, in the order of the navigation.

A page's module is imported when the page is first opened, so that a long table costs the start nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final

from deskapp.errors import N_
from deskapp.ui.actions import GROUP_TITLES, Group
from deskapp.ui.page import Page, PageContext, PageSpec

COUNTER: Final = GROUP_TITLES[Group.COUNTER]
WORKSHOP: Final = GROUP_TITLES[Group.WORKSHOP]
RECORDS: Final = GROUP_TITLES[Group.RECORDS]
BRANCH: Final = GROUP_TITLES[Group.BRANCH]
UNLISTED: Final = ""
"""The group of pages that are reached from another page or by a scan, and not from the navigation."""


def _of(place: str) -> Callable[[PageContext], Page]:
    """Return what builds a page; `place` is `module.Class` below `deskapp.ui.pages`."""
    module, _dot, name = place.partition(".")

    def build(context: PageContext) -> Page:
        page: Page = getattr(import_module(f"deskapp.ui.pages.{module}"), name)(context)
        return page

    return build


PAGES: Final[tuple[PageSpec, ...]] = (
    PageSpec("today", N_("Today"), "home", _of("today.TodayPage"), COUNTER),
    PageSpec("quick_ticket", N_("Quick ticket"), "phone-call", _of("quick_ticket.QuickTicketPage"), COUNTER, "ticket"),
    PageSpec("check_in", N_("Check devices in"), "inbox", _of("checkin.CheckInPage"), COUNTER, "check_in"),
    PageSpec("ready", N_("Ready and pickup"), "package", _of("ready.ReadyPage"), COUNTER),
    PageSpec("pickup", N_("Pickup"), "package", _of("pickup.PickupPage"), UNLISTED, "pickup"),
    PageSpec("calls", N_("Call list"), "message", _of("calls.CallsPage"), COUNTER, "call"),
    PageSpec("loaners", N_("Loaners"), "switch-horizontal", _of("loaners.LoanersPage"), COUNTER, "loaner"),
    PageSpec("guidance", N_("Remote guidance"), "phone", _of("guidance.GuidancePage"), COUNTER, "guidance"),
    PageSpec("visits", N_("Visits"), "map-pin", _of("visits.VisitsPage"), COUNTER, "visit"),
    PageSpec("visit", N_("Visit"), "map-pin", _of("visit.VisitPage"), UNLISTED, "visit"),
    PageSpec("knowledge", N_("Knowledge"), "book", _of("knowledge.KnowledgePage"), COUNTER),
    PageSpec("board", N_("Board"), "chart-bar", _of("board.BoardPage"), WORKSHOP, "co_sign"),
    PageSpec("bench", N_("Bench"), "stethoscope", _of("bench.BenchPage"), WORKSHOP),
    PageSpec("key_runs", N_("Key-load runs"), "key", _of("key_runs.KeyRunsPage"), WORKSHOP),
    PageSpec("stock", N_("Parts and stock"), "packages", _of("stock.StockPage"), WORKSHOP),
    PageSpec("transfers", N_("Transports"), "truck-delivery", _of("transfers.TransfersPage"), WORKSHOP, "transfer"),
    PageSpec("sort", N_("Sort devices"), "arrows-exchange", _of("transfer_sort.SortPage"), WORKSHOP, "transfer"),
    PageSpec(
        "transfer_out", N_("Send devices"), "truck-delivery", _of("transfer_out.TransferOutPage"), UNLISTED, "transfer"
    ),
    PageSpec(
        "transfer_in", N_("Receive devices"), "truck-delivery", _of("transfer_in.TransferInPage"), UNLISTED, "transfer"
    ),
    PageSpec(
        "discrepancies", N_("Differences"), "alert-triangle", _of("transfer_differences.DiscrepanciesPage"), UNLISTED
    ),
    PageSpec("custody", N_("Chain of custody"), "history", _of("custody.CustodyPage"), UNLISTED),
    PageSpec("tickets", N_("Tickets"), "clipboard-list", _of("tickets.TicketsPage"), RECORDS),
    PageSpec("ticket", N_("Ticket"), "clipboard-list", _of("ticket.TicketPage"), UNLISTED),
    PageSpec("merchants", N_("Merchants"), "building-store", _of("merchants.MerchantsPage"), RECORDS),
    PageSpec("merchant", N_("Merchant"), "building-store", _of("merchant.MerchantPage"), UNLISTED),
    PageSpec("devices", N_("Devices"), "device-mobile", _of("devices.DevicesPage"), RECORDS),
    PageSpec("device", N_("Device"), "device-mobile", _of("device.DevicePage"), UNLISTED),
    PageSpec("order", N_("Repair order"), "clipboard-list", _of("order.OrderPage"), UNLISTED),
    PageSpec("shelf", N_("Shelf"), "box", _of("shelf.ShelfPage"), UNLISTED),
    PageSpec("stocktake", N_("Stocktake"), "checklist", _of("transfer_stocktake.StocktakePage"), BRANCH, "shelf_count"),
    PageSpec("day_end", N_("Day end"), "cash", _of("day_end.DayEndPage"), BRANCH, "day_end"),
    PageSpec("register", N_("Register book"), "file-text", _of("register.RegisterPage"), BRANCH, "register"),
    PageSpec("print_queue", N_("Print queue"), "printer", _of("print_queue.PrintQueuePage"), BRANCH),
    PageSpec("reviews", N_("To settle"), "alert-circle", _of("reviews.ReviewsPage"), BRANCH),
    PageSpec("sync", N_("Syncing"), "cloud", _of("sync.SyncPage"), BRANCH),
    PageSpec(
        "disagreements", N_("Disagreements"), "arrows-exchange", _of("review_disagreements.DisagreementsPage"), BRANCH
    ),
    PageSpec("models", N_("Models and catalogue"), "cpu", _of("models.ModelsPage"), BRANCH, "catalogue"),
    PageSpec("prices", N_("Price list"), "report-money", _of("prices.PricesPage"), BRANCH, "catalogue"),
    PageSpec("staff", N_("Staff"), "users", _of("staff.StaffPage"), BRANCH),
    PageSpec("calendar", N_("Calendar"), "calendar", _of("calendar.CalendarPage"), BRANCH, "calendar"),
    PageSpec("import", N_("Import"), "upload", _of("imports.ImportPage"), BRANCH, "import"),
    PageSpec("go_live", N_("Take over work in progress"), "box", _of("go_live.GoLivePage"), BRANCH, "go_live"),
    PageSpec("journal", N_("Journal"), "history", _of("journal.JournalPage"), BRANCH, "audit"),
    PageSpec("printers", N_("Printers"), "printer", _of("printers.PrintersPage"), BRANCH),
    PageSpec("templates", N_("Templates"), "file-text", _of("templates.TemplatesPage"), BRANCH),
    PageSpec("backup", N_("Backup and recovery"), "database-export", _of("backup.BackupPage"), BRANCH, "backup"),
    PageSpec("settings", N_("Settings"), "settings", _of("settings.SettingsPage"), BRANCH),
)
