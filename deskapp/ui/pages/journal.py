"""The journal for an auditor: every act in order, page by page, and the proof that the chain is whole."""

from __future__ import annotations

from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models import replay
from deskapp.models.store import Changes
from deskapp.queries.around import journal_details
from deskapp.queries.field_titles import FIELD_TITLES, RECORD_TITLES
from deskapp.queries.history import Change, journal
from deskapp.ui import theme
from deskapp.ui.kit import (
    Button,
    Card,
    Column,
    DataTable,
    EmptyState,
    Page,
    PageContext,
    Progress,
    Text,
    row,
    spoken,
)
from deskapp.ui.pages.lists import FilterField
from deskapp.ui.pages.past import shown
from deskapp.ui.pages.words import full_moment
from deskapp.ui.tokens import LARGE

PAGE = 200
DID = {"create": N_("added"), "set": N_("changed"), "fact": N_("noted"), "del": N_("removed")}


class JournalPage(Page):
    """The acts at the left, newest first; what the chosen one set at the right."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Journal"), N_("Every act is an entry, chained to the one before; none can be changed unseen."),
            scroll=False,
        )  # fmt: skip
        self.rows: list[Change] = []
        self._more_to_come = False
        self.filter_field = FilterField(N_("Person or act, among those that are shown"))
        self.count = Text(role="caption")
        self.verify_button = Button(N_("&Check the chain"), icon="shield-check", clicked=self.verify)
        line = row(self.filter_field, self.count, 1, self.verify_button)
        line.setStretch(0, 3)
        self.filter_field.setMaximumWidth(theme.px(560))
        self.body.addLayout(line)
        self.table = DataTable(
            [
                Column("seq", N_("No."), lambda one: str(one.seq), 80, right=True, sort=lambda one: one.seq),
                Column("at", N_("When"), lambda one: full_moment(one.at), 150),
                Column("by", N_("By"), lambda one: one.by or spoken(N_("the program")), 110),
                Column("what", N_("Act"), lambda one: spoken(one.title), 0),
            ],
            name=N_("Journal"), empty=EmptyState("history", N_("Nothing has been done yet.")),
        )  # fmt: skip
        self.older_button = Button(N_("Show &older entries"), "quiet", icon="chevron-down", clicked=self.older)
        self.detail = Card(N_("Entry"), icon="list-check")
        self.what = Text(N_("Choose an entry to see what it set."), "muted", wrap=True)
        self.values = DataTable(
            [
                Column("record", N_("Record"), lambda one: spoken(RECORD_TITLES.get(one.command, one.command)), 150),
                Column("kind", N_("Did"), lambda one: spoken(DID.get(one.kind, one.kind)), 80),
                Column("values", N_("Values"), values_text, 0),
            ],
            name=N_("What the entry set"),
        )  # fmt: skip
        self.detail.add(self.what)
        self.detail.add(self.values, 1)
        both = row(gap=LARGE)
        both.addWidget(self.table, 1)
        both.addWidget(self.detail, 1)
        self.body.addLayout(both, 1)
        self.body.addLayout(row(self.older_button, 1))
        self.filter_field.settled.connect(lambda _text: self._show())
        self.filter_field.downwards.connect(self.table.setFocus)
        self.table.selected.connect(self._selected)
        self.table.opened.connect(self._selected)

    def open(self, **args: object) -> None:
        """Show the newest entries."""
        self.jobs.ask(
            lambda session: journal(session, limit=PAGE), owner=self, then=lambda rows: self._here(rows, fresh=True),
            exclusive="page",
        )  # fmt: skip
        self.focus_first(self.table)

    def changed(self, changes: Changes) -> None:
        """Add what was just done, while the newest entries are shown."""
        if changes.seq and len(self.rows) <= PAGE:
            self.jobs.ask(
                lambda session: journal(session, limit=PAGE), owner=self,
                then=lambda rows: self._here(rows, fresh=True), exclusive="page",
            )  # fmt: skip

    def filter(self) -> None:
        """Go to the filter (Ctrl+F)."""
        self.filter_field.setFocus()

    def older(self) -> None:
        """Show one page more."""
        if self.rows and self._more_to_come:
            last = self.rows[-1].seq
            self.jobs.ask(
                lambda session: journal(session, before_seq=last, limit=PAGE), owner=self,
                then=lambda rows: self._here(rows, fresh=False), exclusive="page",
            )  # fmt: skip

    def _here(self, rows: list[Change], *, fresh: bool) -> None:
        self.rows = rows if fresh else [*self.rows, *rows]
        self._more_to_come = len(rows) == PAGE
        self.older_button.setEnabled(self._more_to_come)
        self._show()

    def _show(self) -> None:
        text = self.filter_field.text().strip().casefold()
        shown = [one for one in self.rows if text in f"{one.by} {spoken(one.title)} {one.seq}".casefold()]
        self.table.set_rows(shown, keep=lambda one: one.seq)
        self.count.say(N_("{count} shown"), count=len(shown))

    def _selected(self, entry: Change | None) -> None:
        if entry is None:
            return
        parts = " ".join(entry.hash[place : place + 8] for place in range(0, len(entry.hash), 8))
        self.what.put(f"{entry.seq}  {spoken(entry.title)}\n{parts}")
        self.jobs.ask(
            lambda session: journal_details(session, entry.seq), owner=self, then=self._details_here,
            exclusive="details",
        )  # fmt: skip

    def _details_here(self, changes: list[Change]) -> None:
        self.values.set_rows(changes)

    # -- the proof -------------------------------------------------------------------------

    def verify(self) -> None:
        """Compute every hash of the chain again, in the background."""
        store = self.jobs.store

        def work(_progress: Progress) -> int:
            with store.read() as session:
                return replay.verify_chain(session)

        self.verify_button.setEnabled(False)
        self.banner.say("info", N_("Checking every entry …"))
        self.jobs.background(work, owner=self, then=self._whole, refused=self._broken)

    def _whole(self, count: int) -> None:
        self.verify_button.setEnabled(True)
        self.banner.say("ok", N_("The chain is whole: {count} entries, every hash is right."), count=count)

    def _broken(self, error: DeskError) -> None:
        self.verify_button.setEnabled(True)
        self.banner.put("danger", say(error))


def values_text(one: Change) -> str:
    """Return what was set as one line, fields that people know by name first; phone numbers stay masked.

    Who and when stand beside it already.
    """
    keys = sorted((key for key in one.values if key not in ("at", "by")), key=lambda key: key not in FIELD_TITLES)
    named = ((spoken(FIELD_TITLES[key]) if key in FIELD_TITLES else key, shown(key, one.values[key])) for key in keys)
    return "  ".join(f"{name}: {value or '–'}" for name, value in named)
