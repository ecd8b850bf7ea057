"""Disagreements: what two counters said differently, and what does not fit together. A person decides, once for all."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QResizeEvent

from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries.disagreements import Detail, Row, detail, disagreements
from deskapp.ui import theme
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Column,
    DataTable,
    EmptyState,
    Page,
    PageContext,
    Text,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.review_more_parts import Noted, Pickups, Stock
from deskapp.ui.pages.review_parts import Part, Twins, Versions
from deskapp.ui.pages.review_words import INTRODUCTIONS, titled
from deskapp.ui.pages.words import full_moment
from deskapp.ui.tokens import ROW_HEIGHT

SHOWN = 5
"""Lines of the list that are seen at once; what is decided stands below it."""

WATCHED = ("review_card", "sync_result", "sync_round", "sync_state")

ICONS = {
    "also_changed": "writing", "identity_conflict": "tag", "twin": "copy", "misfit": "alert-triangle",
    "two_pickups": "package", "stock_negative": "packages", "same_number": "copy", "clock": "clock",
    "foreign_fact": "truck-delivery", "cut": "credit-card", "not_allowed": "shield-lock", "photo_missing": "photo",
    "rejected": "ban", "parked": "player-pause",
}  # fmt: skip

PLACES = {
    "repair_item": ("order", "item"), "repair_order": ("order", "order"), "service_ticket": ("ticket", "ticket"),
    "site_visit": ("visit", "visit"),
    "merchant": ("merchant", "merchant"), "device": ("device", "device"), "part": ("stock", "part"),
    "staff": ("staff", "staff"),
}  # fmt: skip
"""Which page shows what a card is about, and as what kind."""


class DisagreementsPage(Page):
    """The list of what is open, and the one that is being decided below it."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Disagreements"),
            N_("Several counters work on the same records, also without a line. Where they said different things,"
               " nothing is lost: look at both sides and decide."),
        )  # fmt: skip
        self._wanted, self._fresh = "", False
        self.table = DataTable(
            [
                Column("what", N_("What"), _what, 340),
                Column("about", N_("About what"), _about, 0),
                Column("since", N_("Raised"), lambda one: full_moment(one.raised_at), 150),
            ],
            name=N_("Disagreements"), empty=EmptyState("circle-check", N_("Everybody agrees.")),
        )  # fmt: skip
        self.heading = Text(role="heading", wrap=True)
        self.about = Text(role="muted", wrap=True)
        self.go = Button(N_("&Open it"), icon="external-link", clicked=self.go_there)
        self.card = Card()
        head = row(self.heading, self.go)
        head.setStretch(0, 1)
        self.card.add(head)
        self.card.add(self.about)
        self.parts: dict[str, Part] = {}
        self.shown: Detail | None = None
        self.add(self.table)
        self.add(self.card)
        self.card.hide()
        self.table.selected.connect(self._chosen)
        self.table.opened.connect(lambda _row: self.go_there())

    def open(self, **args: object) -> None:
        """Show what is open; `id` names the card to begin with."""
        self._wanted = str(args.get("id", "") or "")
        self._fresh = True
        self.refresh()

    def changed(self, changes: Changes) -> None:
        """Ask again when cards, or what the server says, changed."""
        if changes.touches(*WATCHED):
            self.refresh()

    def refresh(self) -> None:
        """Ask for what is open."""
        self.jobs.ask(disagreements, owner=self, then=self._here, exclusive="rows")

    def go_there(self) -> None:
        """Open what the chosen line is about."""
        one = self.table.current()
        if one is not None and one.subject_kind in PLACES:
            page, kind = PLACES[one.subject_kind]
            args = {"id": one.subject_id, f"{kind}_id": one.subject_id, "kind": kind, "number": one.about}
            self.context.navigate(page, **args)

    def retranslate(self) -> None:
        """Say the heading in the window's language."""
        if self.shown is not None:
            about = _about(self.shown.row)
            title = titled(self.shown.row.title, self.shown.row.fields)
            self.heading.put(f"{title}  ·  {about}" if about else title)

    def changeEvent(self, event: object) -> None:
        """Keep the height of the list in larger text."""
        super().changeEvent(event)  # type: ignore[arg-type]
        if hasattr(self, "table"):
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave room for what is decided."""
        super().resizeEvent(event)
        self._fit()

    def _here(self, rows: tuple[Row, ...]) -> None:
        before = self.table.view.currentIndex().row()
        self.table.set_rows(rows, keep=lambda one: one.id)
        wanted = next((place for place, one in enumerate(self.table.rows()) if one.id == self._wanted), -1)
        self._wanted = ""
        if wanted >= 0:
            self.table.select(wanted)
        elif self.table.current() is None and rows:
            self.table.select(min(max(before, 0), len(rows) - 1))
        self._fit()
        self._chosen(self.table.current())
        if self._fresh:
            self._fresh = False
            self.focus_first(self.table)

    def _fit(self) -> None:
        room = int(self.height() * 0.4) // theme.px(ROW_HEIGHT) - 1  # what is decided stands below, and has to be seen
        lines = max(2, min(SHOWN, self.table.model.rowCount(), room))
        header = self.table.view.horizontalHeader().sizeHint().height()
        self.table.view.setFixedHeight(lines * theme.px(ROW_HEIGHT) + header + 6)

    def _chosen(self, one: Row | None) -> None:
        if one is None:
            self.shown = None
            self.card.hide()
            return
        self.jobs.ask(lambda session: detail(session, one), owner=self, then=self._show, exclusive="detail")

    def _show(self, found: Detail | None) -> None:
        if found is None or (self.shown is not None and self.shown == found):
            reveal(self.card, found is not None)
            return
        self.shown = found
        self.retranslate()
        kind = found.row.kind
        if kind in INTRODUCTIONS:
            self.about.say(INTRODUCTIONS[kind])
        reveal(self.about, kind in INTRODUCTIONS)
        chosen = self._part(kind)
        for part in self.parts.values():
            reveal(part, part is chosen)
        chosen.show_detail(found)
        reveal(self.go, found.row.subject_kind in PLACES)
        reveal(self.card)

    def _part(self, kind: str) -> Part:
        makers: dict[str, Callable[..., Part]] = {
            "also_changed": Versions, "identity_conflict": Versions, "twin": Twins, "two_pickups": Pickups,
            "stock_negative": Stock,
        }  # fmt: skip
        make = makers.get(kind, Noted)
        name = make.__name__
        if name not in self.parts:
            made = self.parts[name] = make(self.context, lambda text: self.banner.put("warn", text))
            self.card.body.insertWidget(2, made)
        return self.parts[name]


def _what(one: Row) -> Cell:
    return Cell(titled(one.title, one.fields), "", ICONS.get(one.kind, "eye"))


def _about(one: Row) -> str:
    return spoken(one.about) if one.local else one.about
