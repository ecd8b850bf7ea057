"""The cards of the start page: short lists, the first days, paper and syncing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout

from deskapp.errors import N_
from deskapp.queries.next_steps import Step
from deskapp.queries.syncing import Standing, SyncBadge
from deskapp.queries.today import Today
from deskapp.ui import theme
from deskapp.ui.kit import Button, Card, Cell, Column, DataTable, PageContext, Pill, Text, row, spoken
from deskapp.ui.sync_words import badge_said
from deskapp.ui.tokens import ROW_HEIGHT
from deskapp.ui.widgets.text import RESTYLE

FIRST_DAYS: tuple[tuple[str, str, str, str], ...] = (
    # page, icon, words, right
    ("staff", "users", N_("Add your colleagues"), "staff"),
    ("import", "upload", N_("Import merchants and devices"), "import"),
    ("go_live", "box", N_("Enter the devices already on the shelf"), "go_live"),
    ("prices", "report-money", N_("Check the price list"), "catalogue"),
    ("settings", "printer", N_("Set up the printers"), "settings"),
    ("check_in", "inbox", N_("Check the first device in"), "check_in"),
)


SHORT = {Standing.ALONE: N_("Not connected yet"), Standing.TROUBLE: N_("Not syncing")}


class Listing(Card):
    """A short list in a card: as high as its rows, with a way to all of them."""

    def __init__(
        self, title: str, icon: str, columns: Sequence[Column], nothing: str, more: Callable[[], object]
    ) -> None:
        super().__init__(title, icon=icon)
        self.nothing = Text(nothing, "muted", wrap=True)
        self.table = DataTable(columns, name=title)
        self.table.view.setProperty("role", "plain")
        self.table.view.setSortingEnabled(False)
        self.more = Button(N_("All {count} …"), "link", clicked=more, count=0)
        self.add(self.nothing)
        self.add(self.table)
        self.head.addWidget(self.more)
        self.show_rows((), 0)

    def show_rows(self, rows: Sequence[Any], count: int) -> None:
        """Show rows; `count` is how many there are in all."""
        self.table.set_rows(rows)
        self.table.setVisible(bool(rows))
        self.nothing.setVisible(not rows)
        self.more.say(N_("All {count} …"), count=count)
        self.more.setVisible(count > len(rows))
        self._fit()

    def changeEvent(self, event: Any) -> None:
        """Keep the height at the rows in larger text."""
        super().changeEvent(event)
        if event.type() in RESTYLE and hasattr(self, "table"):
            self._fit()

    def _fit(self) -> None:
        fit(self.table)


def fit(table: DataTable) -> None:
    """Keep the table as high as its rows; a header learns of other letters a turn later, and is asked again then."""
    _fit(table)
    QTimer.singleShot(0, table, lambda: _fit(table))


def _fit(table: DataTable) -> None:
    header = table.view.horizontalHeader().sizeHint().height()
    table.view.setFixedHeight(table.model.rowCount() * theme.px(ROW_HEIGHT) + header + 6)


class NextSteps(Card):
    """What waits for the person at the desk, by role: a line each, and the way to it."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("What to do next"), icon="player-play")
        self.table = DataTable(
            [
                Column("what", N_("What"), self._what, 0),
                Column("since", N_("Since"), self._since, 110, right=True),
            ],
            name=N_("What to do next"),
        )
        self.table.view.setProperty("role", "plain")
        self.table.view.setSortingEnabled(False)
        self.table.opened.connect(lambda step: context.navigate(step.page, **step.args))
        self.add(self.table)
        self._now = context.now
        self.show_steps(())

    def show_steps(self, steps: Sequence[Step]) -> None:
        """Show the lines; the card is away while nothing waits."""
        self.table.set_rows(list(steps), keep=lambda step: step.name)
        self.setVisible(bool(steps))
        fit(self.table)

    def changeEvent(self, event: Any) -> None:
        """Keep the height at the rows in larger text."""
        super().changeEvent(event)
        if event.type() in RESTYLE and hasattr(self, "table"):
            fit(self.table)

    def _what(self, step: Step) -> Cell:
        return Cell(spoken(step.text, **step.values), step.tone, step.icon)

    def _since(self, step: Step) -> Cell:
        return Cell(ago(self._now() - step.since) if step.since else "", "muted")


class FirstDays(Card):
    """What to do in the first days, until there is something of one's own here."""

    def __init__(self, context: PageContext) -> None:
        hint = N_("Nothing is here yet. Begin with whatever you like; this box goes by itself.")
        super().__init__(N_("The first days"), icon="school", hint=hint)
        self.buttons: dict[str, Button] = {}
        grid = QGridLayout()
        for place, (page, icon, words, _right) in enumerate(FIRST_DAYS):
            button = Button(words, "tile", icon=icon, clicked=partial(context.navigate, page))
            self.buttons[page] = button
            grid.addWidget(button, place // 3, place % 3)
        self.add(grid)
        self._may = context.may

    def show_for(self, seen: Today) -> None:
        """Appear while the branch has not begun."""
        self.setVisible(seen.empty)
        for page, _icon, _words, right in FIRST_DAYS:
            self.buttons[page].setEnabled(self._may(right))


class Machines(Card):
    """Paper and syncing, in words."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Printing and syncing"), icon="printer")
        self.paper = Pill(N_("All printed"), "ok", "circle-check")
        self.paper_more = Button(N_("Print queue …"), "link", clicked=lambda: context.navigate("print_queue"))
        self.sync = Pill(N_("Not connected yet"), "neutral", "cloud-off")
        self.unsent = Text(role="muted", wrap=True)
        self.add(row(self.paper, 1, self.paper_more))
        self.sync_more = Button(N_("Syncing …"), "link", clicked=lambda: context.navigate("sync"))
        self.add(row(self.sync, 1, self.sync_more))
        self.add(self.unsent)

    def show_today(self, seen: Today) -> None:
        """Show how paper and syncing are."""
        failed = sum(seen.print_jobs.get(state, 0) for state in ("failed", "unknown", "held"))
        waiting = sum(seen.print_jobs.get(state, 0) for state in ("queued", "sending"))
        if failed:
            self.paper.show_state(N_("{count} papers did not print"), "danger", "alert-circle", count=failed)
        elif waiting:
            self.paper.show_state(N_("{count} papers wait for the printer"), "warn", "clock", count=waiting)
        else:
            self.paper.show_state(N_("All printed"), "ok", "circle-check")
        said = badge_said(seen.sync, seen.now)
        short = SHORT.get(seen.sync.standing, "")  # the rest is in the sentence below
        self.sync.show_state(short or said.text, said.tone, said.icon, **({} if short else said.values))
        text, values = _sync_sentence(seen.sync)
        self.unsent.say(text, **values)


def _sync_sentence(badge: SyncBadge) -> tuple[str, dict[str, object]]:
    """Return what the state of syncing means for the work, and its values."""
    count: dict[str, object] = {"count": badge.unsent}
    if badge.standing is Standing.ALONE:
        text = N_("Everything is kept on this computer. {count} acts wait to be sent once a server is connected.")
        return text, count
    if badge.problem:
        return N_("{problem} {count} acts wait here."), {**count, "problem": spoken(badge.problem)}
    if badge.refused:
        return N_("{count} acts were refused by the server and wait for a person."), {"count": badge.refused}
    if badge.standing is Standing.OFFLINE:
        return N_("Work goes on. {count} acts wait here and are sent as soon as the server is back."), count
    if badge.standing is Standing.FILLING:
        return N_("The branch's records are coming. Work can begin; what is missing yet will be there soon."), {}
    if badge.unsent:
        return N_("{count} acts are on their way to the server."), count
    return N_("Everything done here is at the server, and everything for this branch is here."), {}


def ago(milliseconds: int) -> str:
    """Return a length of time in its largest fitting unit, in the window's language."""
    minutes = max(0, milliseconds) // 60_000
    if minutes < 60:
        return spoken(N_("{count} min"), count=minutes)
    if minutes < 48 * 60:
        return spoken(N_("{count} h"), count=minutes // 60)
    return spoken(N_("{count} days"), count=minutes // 1440)
