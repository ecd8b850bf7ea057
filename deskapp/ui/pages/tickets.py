"""All tickets: the open ones by urgency, or the whole long list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deskapp.errors import N_
from deskapp.models.store import Changes, ReadSession
from deskapp.queries import tickets
from deskapp.ui.kit import Button, Choice, ChoiceBar, DataTable, EmptyState, Page, PageContext, PagedModel, row
from deskapp.ui.pages.ticket_words import columns
from deskapp.ui.widgets.sync_marks import SyncMarks


class AllTickets:
    """The long list by row number, newest first."""

    def first(self, session: ReadSession, order: str, limit: int) -> Sequence[Any]:
        """Return the newest tickets."""
        return tickets.tickets_before(session, None, limit)

    def ids(self, session: ReadSession, order: str) -> Sequence[Any]:
        """Return every row number."""
        return tickets.ticket_numbers(session)

    def rows(self, session: ReadSession, ids: Sequence[Any]) -> Sequence[Any]:
        """Return the tickets with these row numbers."""
        return tickets.tickets_at(session, list(ids))


class TicketsPage(Page):
    """Open tickets first; F8 brings everybody here."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Tickets"), N_("Open ones by urgency; all of them by age."), scroll=False)
        self.which = ChoiceBar(
            [Choice("open", N_("Open tickets")), Choice("all", N_("All tickets"))], name=N_("Which tickets"),
            value="open",
        )  # fmt: skip
        self.new = Button(N_("New ticket"), "primary", icon="plus", clicked=lambda: context.navigate("quick_ticket"))
        self.body.addLayout(row(self.which, 1, self.new))
        empty = EmptyState(
            "inbox", N_("No ticket is open. Press F2 when somebody calls."), action=N_("New ticket"),
            act=lambda: context.navigate("quick_ticket"),
        )  # fmt: skip
        self.open_table = DataTable(columns(context.now()), name=N_("Open tickets"), empty=empty)
        self.model = PagedModel(columns(context.now()), self.jobs, AllTickets())
        self.all_table = DataTable([], name=N_("All tickets"), model=self.model)
        self.add(self.open_table, 1)
        self.add(self.all_table, 1)
        self.all_table.hide()
        for table in (self.open_table, self.all_table):
            table.opened.connect(lambda ticket: context.navigate("ticket", ticket_id=ticket.id))
        self.marks = [SyncMarks(table, self.jobs, "ticket") for table in (self.open_table, self.all_table)]
        self.which.chosen.connect(lambda _value: self._show())

    def open(self, **args: object) -> None:
        """Show what is asked for and put the focus on the list."""
        if args.get("which"):
            self.which.set_value(str(args["which"]))
        self._show()
        self.focus_first(self.all_table if self.which.value() == "all" else self.open_table)

    def changed(self, changes: Changes) -> None:
        """Ask again when a ticket was touched."""
        if changes.touches("service_ticket", "ticket_event"):
            self._show()
        for marks in self.marks:
            marks.heard(changes)

    def _show(self) -> None:
        everything = self.which.value() == "all"
        self.open_table.setVisible(not everything)
        self.all_table.setVisible(everything)
        if everything:
            self.model.reload()
        else:
            self.jobs.ask(tickets.open_tickets, owner=self, then=self.open_table.set_rows, exclusive="open")
