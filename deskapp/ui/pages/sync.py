"""Syncing: how it stands, what waits here and since when, what became of it, acts by a stick, belonging to a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea

from deskapp.clock import shop_day
from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries.sync_page import SyncView, sync_view
from deskapp.queries.syncing import Standing
from deskapp.sync.invitation import Joined, Wish
from deskapp.ui.enrol_card import EnrolCard
from deskapp.ui.kit import Banner, Button, Page, PageContext, Pill, reveal, spoken
from deskapp.ui.pages.sync_parts import PastCard, StandingCard, WaitingCard
from deskapp.ui.pages.sync_stick import StickCard
from deskapp.ui.sync_words import badge_said, clock_words

if TYPE_CHECKING:
    from deskapp.models.store import Store

LOOK_MS = 1_000
"""How often the page looks at what goes on just now, while somebody looks at the page."""

ANEW = frozenset({"unknown", "unsigned", "replayed", "no_station_key", "lost", "retired", "certificate"})
"""What is put right by connecting this desk once more, with a new code."""

WATCHED = (
    "change_set", "sync_state", "sync_round", "sync_result", "sync_feed", "blob_transfer", "store_info", "site",
)  # fmt: skip

PROBLEM_NEXT = {
    "lost": N_("What was done here is still on this computer and can be read. If the report was a mistake, connect"
               " this desk again with a new code: then everything is sent."),
    "retired": N_("Everything done here was handed to the server, and the records were removed from this computer."),
    "certificate": N_("Perhaps the server got a new certificate, perhaps somebody listens on the line. Ask whoever"
                      " looks after the server before you trust it."),
    "disk_full": N_("Work is kept as long as there is room for it. Delete what is not needed on this disk."),
    "old": N_("What others do comes after the update."),
}  # fmt: skip
"""What a problem means for the work, and what to do, by its code."""


class SyncPage(Page):
    """Says in words how this desk stands with its server, and offers every way on."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Syncing"),
            N_("What is done here is sent by itself, and what others do comes by itself. Nothing here has to be done."),
        )  # fmt: skip
        self.view: SyncView | None = None
        self.state = Pill()
        self.now_button = Button(N_("Sync &now"), "primary", icon="refresh", clicked=self.sync_now)
        self.head.addWidget(self.state)
        self.head.addWidget(self.now_button)
        self.trouble = Banner("danger", dismissible=False)
        self.clock = Banner("warn", dismissible=False)
        self.standing = StandingCard()
        self.waiting = WaitingCard(context)
        self.past = PastCard(context)
        self.stick = StickCard(context)
        self.enrol = EnrolCard(self.jobs, self._connect, now=context.now)
        self.rights = Banner("info", N_("Somebody who may change the settings connects this desk."), dismissible=False)
        for part in (
            self.trouble, self.clock, self.rights, self.enrol, self.standing, self.waiting, self.past, self.stick,
        ):  # fmt: skip
            self.add(part)
        for part in (self.trouble, self.clock, self.rights, self.enrol, self.stick):
            part.hide()
        self.enrol.joined.connect(self._joined)
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._show_agent)
        self._wants_enrolment = self._fresh = False

    @property
    def store(self) -> Store:
        """The open store; only for work threads."""
        return cast("Store", self.jobs.store)

    # -- coming and going ------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show how it stands; `connect` shows the way to another server."""
        self._wants_enrolment = bool(args.get("connect"))
        self._fresh = True
        self._ask()

    def changed(self, changes: Changes) -> None:
        """Ask again when something was done here, sent or taken in."""
        if changes.seq or changes.touches(*WATCHED):
            self._ask()

    def showEvent(self, event: QShowEvent) -> None:
        """Follow what goes on."""
        super().showEvent(event)
        self._look.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Follow it no longer."""
        super().hideEvent(event)
        self._look.stop()

    def retranslate(self) -> None:
        """Say everything again in the window's language."""
        if self.view is not None:
            self._show(self.view)

    def scan(self, text: str) -> bool:
        """Take the QR of an invitation to a server."""
        return self.enrol.isVisibleTo(self) and self.enrol.scan(text)

    def verb(self, word: str) -> bool:
        """OK of the laminated sheet speaks with the server."""
        if word == "OK":
            self.sync_now()
        return word == "OK"

    def sync_now(self) -> None:
        """Speak with the server now."""
        if self.now_button.isEnabled():
            self.context.syncing.hurry()
            QTimer.singleShot(50, self, self._show_agent)

    # -- belonging ---------------------------------------------------------------------

    def _connect(self, wish: Wish) -> Joined:
        from deskapp.secrets import system_keyring
        from deskapp.sync.joining import join

        return join(self.store, wish, keyring=system_keyring())

    def _joined(self, done: Joined) -> None:
        self._wants_enrolment = False
        self.context.toast(N_("Connected: {site}, station {number}."), tone="ok", site=done.site_name,
                           number=f"{done.number:05d}")  # fmt: skip
        # It was written on a work thread without the window's knowing: everybody who shows it asks again.
        self.jobs.changed.emit(Changes(frozenset({("store_info", "station"), ("setting", "sync.authority_file")})))
        self.context.syncing.look()

    # -- showing -----------------------------------------------------------------------

    def _ask(self) -> None:
        now = self.context.now()
        self.jobs.ask(lambda session: sync_view(session, now), owner=self, then=self._show, exclusive="view")

    def _show(self, view: SyncView) -> None:
        self.view = view
        now = self.context.now()
        trouble = view.badge.standing is Standing.TROUBLE
        said = badge_said(view.badge, now)
        if trouble:
            self.state.show_state(N_("Not syncing"), "danger", "alert-triangle")
        else:
            self.state.show_state(said.text, said.tone, said.icon, **said.values)
        alone = view.badge.standing is Standing.ALONE
        self.now_button.setEnabled(not alone and not view.retired)
        self._show_trouble(view)
        reveal(self.clock, bool(view.badge.clock_off_ms))
        if view.badge.clock_off_ms:
            self.clock.put("warn", clock_words(view.badge.clock_off_ms))
        self._show_connecting(view, alone)
        self.standing.show_view(view, now)
        self.waiting.show_view(view, now)
        self.past.show_view(view)
        reveal(self.past, not alone)
        reveal(self.stick, not alone and not view.retired)
        self.stick.suggest(view.station_no, shop_day(now).isoformat())
        self._show_agent()
        if self._fresh:
            self._fresh = False
            QTimer.singleShot(0, self, self._begin)

    def _begin(self) -> None:
        """Put the focus where there is something to do, with the head of the page in sight."""
        (self.enrol.first() if self.enrol.isVisible() else self.now_button).setFocus()
        area = self.findChild(QScrollArea)
        if area is not None:
            area.verticalScrollBar().setValue(0)

    def _show_trouble(self, view: SyncView) -> None:
        badge = view.badge
        if not badge.problem:
            self.trouble.clear()
            return
        sentence = spoken(badge.problem)
        if view.code in PROBLEM_NEXT:
            sentence = f"{sentence} {spoken(PROBLEM_NEXT[view.code])}"
        self.trouble.put("danger" if badge.standing is Standing.TROUBLE else "warn", sentence)
        if view.code in ANEW:
            self.trouble.offer(N_("Connect again …"), self._show_enrolment)
        elif view.code == "disk_full":
            self.trouble.offer(N_("Try now"), self.sync_now)
        else:
            self.trouble.action.hide()

    def _show_connecting(self, view: SyncView, alone: bool) -> None:
        wanted = (alone or self._wants_enrolment) and not self.context.practice
        allowed = self.context.may("settings")
        reveal(self.enrol, wanted and allowed)
        reveal(self.rights, wanted and not allowed)
        self.enrol.start_with(view.server)

    def _show_enrolment(self) -> None:
        self._wants_enrolment = True
        if self.view is not None:
            self._show_connecting(self.view, False)
        self.enrol.first().setFocus()

    def _show_agent(self) -> None:
        if self.view is not None:
            door = self.context.syncing
            self.standing.show_agent(
                speaking=door.speaking(), next_in_ms=door.next_in_ms(), fill=door.fill(), view=self.view
            )
