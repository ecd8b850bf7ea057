"""The visits of a ticket, a device or a merchant, on the page of that record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from deskapp.errors import N_
from deskapp.models.store import ReadSession
from deskapp.queries import visits as queries
from deskapp.queries.visits import VisitRow
from deskapp.ui.kit import Card, Column, DataTable, EmptyState, PageContext
from deskapp.ui.pages.lists import filled
from deskapp.ui.pages.visit_words import state_cell, what_for, window_words

Ask = Callable[[ReadSession], Sequence[VisitRow]]


class VisitsCard(Card):
    """Past and coming visits; away while there are none, unless it has its place on the page (`stays`)."""

    def __init__(self, context: PageContext, *, stays: bool = False) -> None:
        super().__init__(N_("Visits"), icon="map-pin")
        self.context, self._stays = context, stays
        self.table = DataTable(
            [
                Column("when", N_("When"), lambda v: window_words(v.from_at, v.to_at), 150, sort=lambda v: v.from_at),
                Column("state", N_("State"), state_cell, 128),
                Column("engineer", N_("Engineer"), lambda v: v.engineer, 90),
                Column("what", N_("For what"), what_for, 0),
            ],
            name=N_("Visits"), empty=EmptyState("map-pin", N_("Nobody was ever sent there.")) if stays else None,
        )  # fmt: skip
        self.add(self.table)
        self.table.opened.connect(lambda visit: context.navigate("visit", id=visit.id, number=visit.number))
        if not stays:
            self.hide()

    def show_ticket(self, ticket_id: str) -> None:
        """Show the visits of a ticket."""
        self._show(partial(queries.visits_of_ticket, ticket_id=ticket_id, now=self.context.now()))

    def show_device(self, device_id: str) -> None:
        """Show the visits for the tickets of a device."""
        self._show(partial(queries.visits_of_device, device_id=device_id, now=self.context.now()))

    def show_merchant(self, merchant_id: str) -> None:
        """Show the visits at a merchant."""
        self._show(partial(queries.visits_of_merchant, merchant_id=merchant_id, now=self.context.now()))

    def _show(self, question: Ask) -> None:
        self.context.jobs.ask(question, owner=self, then=self._answered, exclusive="visits")

    def _answered(self, rows: Sequence[VisitRow]) -> None:
        filled(self.table, rows)
        if not self._stays:
            self.setVisible(bool(rows))
