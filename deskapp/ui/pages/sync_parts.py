"""Cards of the page about syncing: how it stands, what waits here, what became of what was sent."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QProgressBar

from deskapp.commands.syncing import dismiss_refused
from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries.sync_page import SHOWN, Act, SyncView
from deskapp.queries.syncing import Contact, Standing
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Choice,
    ChoiceBar,
    Column,
    DataTable,
    EmptyState,
    Facts,
    PageContext,
    Text,
    reveal,
    row,
    spoken,
)
from deskapp.ui.page import Fill
from deskapp.ui.pages.lists import fit_height
from deskapp.ui.pages.reviews import PLACES
from deskapp.ui.pages.words import full_moment, moment
from deskapp.ui.sync_words import CODES, MINUTE_MS, outcome_words, size, span

PROVISIONAL = 90_000
"""From this station number on a number was drawn at home and not given by a server."""


class StandingCard(Card):
    """Where the server is, who this desk is there, when they last spoke; how far a first fill is."""

    def __init__(self) -> None:
        super().__init__(N_("How it stands"), icon="cloud")
        self.facts = Facts()
        for key, label in (
            ("server", N_("Server")), ("station", N_("Station")), ("contact", N_("Last contact")),
            ("next", N_("Next contact")), ("photos", N_("Photos and signatures")), ("compared", N_("Compared")),
        ):  # fmt: skip
            self.facts.add(key, label)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.filling = Text(role="muted", wrap=True)
        self.add(self.facts)
        self.add(self.bar)
        self.add(self.filling)
        self.bar.hide()
        self.filling.hide()

    def show_view(self, view: SyncView, now: int) -> None:
        """Show it."""
        put = self.facts.put
        put("server", view.server or spoken(N_("none; this desk works on its own")))
        number = f"{view.station_no:05d}"
        provisional = not view.server and view.station_no >= PROVISIONAL
        known = spoken(N_("{number}, provisional"), number=number) if provisional else number
        put("station", f"{known}  {view.site}".strip())
        at = view.badge.contact_at
        put("contact", _contact_words(at, now))
        put("photos", _photo_words(view))
        put("compared", _compared_words(view))

    def show_agent(self, *, speaking: bool, next_in_ms: int, fill: Fill | None, view: SyncView) -> None:
        """Show what goes on just now: the next contact, the first fill."""
        if speaking:
            self.facts.put("next", spoken(N_("speaking with the server now …")))
        elif next_in_ms < 0:
            self.facts.put("next", spoken(N_("none")))
        else:
            self.facts.put("next", spoken(N_("in {span}"), span=short_span(next_in_ms)))
        filling = view.badge.standing is Standing.FILLING or fill is not None
        reveal(self.bar, filling)
        reveal(self.filling, filling)
        if fill is not None:
            self.bar.setRange(0, max(1, fill.every))
            self.bar.setValue(fill.done)
            self.filling.say(
                N_("{done} of {every} records are here. Work can go on meanwhile."), done=fill.done, every=fill.every
            )
        elif filling:
            self.bar.setRange(0, 0)
            self.filling.say(N_("{count} records are here so far. Work can go on meanwhile."), count=view.held)


def _contact_words(at: int, now: int) -> str:
    if not at:
        return spoken(N_("never"))
    if now - at < MINUTE_MS:
        return spoken(N_("{when}, just now"), when=full_moment(at))
    return spoken(N_("{when}, {span} ago"), when=full_moment(at), span=span(now - at))


def _photo_words(view: SyncView) -> str:
    photos = view.photos
    if not view.server:
        return spoken(N_("kept on this computer"))
    if photos.waiting:
        said = spoken(N_("{count} still uploading, {done} of {size}"), count=photos.waiting, done=size(photos.done),
                      size=size(photos.size))  # fmt: skip
    else:
        said = spoken(N_("all there"))
    if photos.held:
        said += spoken(N_("; {count} of them wait, this line is paid by volume"), count=photos.held)
    if photos.missing:
        said += spoken(N_("; {count} are not on this computer any more"), count=photos.missing)
    return said


def _compared_words(view: SyncView) -> str:
    if not view.server or view.differing < 0:
        return spoken(N_("once a week, first after a week"))
    when = moment(view.audited_at)
    if view.differing:
        return spoken(N_("{when}: {count} parts differed and were fetched anew"), when=when, count=view.differing)
    return spoken(N_("{when}: both sides hold the same"), when=when)


def short_span(milliseconds: int) -> str:
    """Return a length of time with seconds where it is short."""
    if milliseconds < 60_000:
        return spoken(N_("{count} s"), count=max(1, milliseconds // 1000))
    return span(milliseconds)


class WaitingCard(Card):
    """The acts that no server has yet, oldest first."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("What waits here"), icon="upload")
        self._navigate = context.navigate
        self.count = Text(role="muted", wrap=True)
        self.table = DataTable(
            [
                Column("at", N_("When"), lambda act: moment(act.at), 110, sort=lambda act: act.seq),
                Column("what", N_("What"), lambda act: spoken(act.title), 0),
                Column("about", N_("About what"), about, 200),
                Column("by", N_("By"), lambda act: act.by or spoken(N_("the program")), 110),
            ],
            name=N_("What waits here"),
            empty=EmptyState("cloud-check", N_("Nothing waits. Everything done here is at the server.")),
        )
        self.add(self.count)
        self.add(self.table)
        self.table.opened.connect(self._open)

    def show_view(self, view: SyncView, now: int) -> None:
        """Show it; the chosen line stays chosen."""
        self.table.set_rows(view.waiting, keep=lambda act: act.uid)
        fit_height(self.table, max(3, len(view.waiting)), 7)
        if self.table.empty is not None:
            self.table.empty.setMaximumHeight(self.table.view.height())
        reveal(self.count, bool(view.waiting))
        if view.waiting:
            text = N_("{count} acts, the oldest waits since {when} ({span}).")
            if view.badge.unsent > SHOWN:
                text = N_("{count} acts, the oldest waits since {when} ({span}). Here are the first {shown}.")
            elif now - view.oldest_at < MINUTE_MS:
                text = N_("{count} acts, done just now.")
            self.count.say(text, count=view.badge.unsent, when=moment(view.oldest_at), span=span(now - view.oldest_at),
                           shown=len(view.waiting))  # fmt: skip

    def _open(self, act: Act) -> None:
        go_to(self._navigate, act)


class PastCard(Card):
    """What the server made of acts that did not simply go through, and the last contacts."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("What became of it"), icon="history")
        self._context = context
        self.view: SyncView | None = None
        self.which = ChoiceBar(
            [Choice("acts", N_("Results")), Choice("contacts", N_("Contacts"))], name=N_("What to show"), value="acts",
            numbered=False,
        )  # fmt: skip
        self.acts = DataTable(
            [
                Column("at", N_("When"), lambda act: moment(act.at), 110, sort=lambda act: act.seq),
                Column("code", N_("Result"), _code_cell, 210),
                Column("what", N_("What"), lambda act: spoken(act.title), 0),
                Column("about", N_("About what"), about, 180),
                Column("by", N_("By"), lambda act: act.by or spoken(N_("the program")), 90),
            ],
            name=N_("Results"),
            empty=EmptyState("circle-check", N_("Everything that was sent went through as it was entered.")),
        )  # fmt: skip
        self.contacts = DataTable(
            [
                Column("at", N_("When"), lambda one: full_moment(one.at), 150),
                Column("sent", N_("Sent"), lambda one: str(one.sent or ""), 80, right=True),
                Column("received", N_("Received"), lambda one: str(one.received or ""), 90, right=True),
                Column("took", N_("Took"), lambda one: took_words(one.took_ms), 90, right=True),
                Column("how", N_("How it ended"), _contact_cell, 0),
            ],
            name=N_("Contacts"),
            empty=EmptyState("cloud", N_("This desk has not spoken with a server yet.")),
        )
        self.why = Text(role="body", wrap=True)
        self.typed = Text(role="muted", wrap=True, copy=True)
        self.open_button = Button(N_("&Open the record"), icon="external-link", clicked=self._open)
        self.settle_button = Button(N_("To settle …"), icon="list-check", clicked=lambda: context.navigate("reviews"))
        self.away_button = Button(N_("&Put away"), "quiet", icon="check", clicked=self._put_away)
        self.tools = row(self.open_button, self.settle_button, 1, self.away_button)
        for part in (self.which, self.acts, self.contacts, self.why, self.typed):
            self.add(part)
        self.add(self.tools)
        self.which.chosen.connect(lambda _value: self._arrange())
        self.acts.selected.connect(lambda _act: self._choose())
        self.acts.opened.connect(lambda _act: self._open())
        self._arrange()

    def show_view(self, view: SyncView) -> None:
        """Show it; the chosen line stays chosen."""
        self.view = view
        self.acts.set_rows(view.outcomes, keep=lambda act: act.uid)
        self.contacts.set_rows(view.contacts, keep=lambda one: one.since)
        self._arrange()

    def _arrange(self) -> None:
        acts = self.which.value() != "contacts"
        reveal(self.acts, acts)
        reveal(self.contacts, not acts)
        for table in (self.acts, self.contacts):
            fit_height(table, max(3, table.model.rowCount()), 7)
            if table.empty is not None:
                table.empty.setMaximumHeight(table.view.height())
        self._choose()

    def _choose(self) -> None:
        act = self.acts.current() if self.which.value() != "contacts" else None
        for part in (self.why, self.typed, self.open_button, self.settle_button, self.away_button):
            reveal(part, act is not None)
        if act is None:
            return
        self.why.put(outcome_words(act.code, act.reason, act.how))
        self.why.set_role("danger" if act.code == "rejected" else "body")
        reveal(self.typed, bool(act.texts))
        if act.texts:
            self.typed.put(spoken(N_("What was typed: {words}"), words="  ·  ".join(act.texts)))
        self.open_button.setEnabled(act.about is not None and act.about.entity in PLACES)
        reveal(self.settle_button, bool(act.cards) or act.code == "rejected")
        reveal(self.away_button, act.code == "rejected")

    def _open(self) -> None:
        act = self.acts.current()
        if act is not None:
            go_to(self._context.navigate, act)

    def _put_away(self) -> None:
        act = self.acts.current()
        if act is not None:
            act_of = dismiss_refused(uid=act.uid)
            self._context.jobs.do(act_of, owner=self, then=lambda _done: self._was_put_away(act.uid))

    def _was_put_away(self, uid: str) -> None:
        self._context.toast(N_("Put away; the journal keeps its words."), tone="ok")
        # A row that goes is no change of a record: whoever counts refused acts is told here.
        self._context.jobs.changed.emit(Changes(frozenset({("sync_result", uid)})))

    def retranslate(self) -> None:
        """Say the chosen result in the window's language."""
        if self.view is not None:
            self._choose()


def about(act: Act) -> str:
    """Return the number or name of what an act is about."""
    return act.about.number if act.about is not None else ""


def go_to(navigate: Callable[..., None], act: Act) -> None:
    """Open the page of what an act is about, if it has one."""
    if act.about is not None and act.about.entity in PLACES:
        page, kind = PLACES[act.about.entity]
        args = {"id": act.about.record_id, f"{kind}_id": act.about.record_id, "number": act.about.number}
        navigate(page, kind=kind, **args)


def _code_cell(act: Act) -> Cell:
    text, tone, icon = CODES.get(act.code, (act.code, "muted", ""))
    return Cell(spoken(text), tone, icon, pill=True)


def _contact_cell(one: Contact) -> Cell:
    if not one.problem:
        return Cell(spoken(N_("went well")), "ok")
    said = spoken(one.problem)
    if one.times > 1:
        text = N_("{times} times since {when}: {problem}")
        said = spoken(text, times=one.times, when=moment(one.since), problem=said)
    return Cell(said, "warn", "alert-triangle")


def took_words(milliseconds: int) -> str:
    """Return how long a contact took."""
    if milliseconds < 1000:
        return spoken(N_("{count} ms"), count=milliseconds)
    return spoken(N_("{count} s"), count=f"{milliseconds / 1000:.1f}")
