"""The visits on site: today, late, not settled, to come, done; by time and by engineer."""

from __future__ import annotations

from datetime import date

from deskapp.clock import shop_day
from deskapp.commands.visits_papers import print_visit_sheets
from deskapp.errors import N_
from deskapp.models.store import Changes
from deskapp.queries import visits as queries
from deskapp.queries.visits import VisitBoard, VisitRow
from deskapp.rules.visits import may_move
from deskapp.ui.kit import Button, Choice, ChoiceBar, DataTable, EmptyState, Page, PageContext, row, spoken
from deskapp.ui.pages.visit_words import visit_columns
from deskapp.ui.widgets.sync_marks import SyncMarks

LISTS = {
    "today": N_("Today"), "late": N_("Late"), "unsettled": N_("Not settled"), "coming": N_("To come"),
    "done": N_("Done lately"),
}  # fmt: skip
NOTHING = {
    "today": N_("No visit is agreed on for today."),
    "late": N_("No visit is late."),
    "unsettled": N_("Every visit has a result, and no ticket was forgotten after one."),
    "coming": N_("No visit is agreed on for the days to come. Agree on one from its ticket."),
    "done": N_("No visit ended in the last days."),
}


class VisitsPage(Page):
    """Who goes where and when."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Visits"),
            N_("Scan the code on a sheet to open its visit. A new one is agreed on from its ticket."), scroll=False,
        )  # fmt: skip
        self.board = VisitBoard(0)
        self._arriving = False
        self.which = ChoiceBar(
            [Choice(name, title) for name, title in LISTS.items()], name=N_("Which visits"), value="today"
        )
        self.engineer = ChoiceBar(name=N_("Engineer"), numbered=False)
        self.sheets = Button(N_("Print these sheet&s"), icon="printer", clicked=self.print_paper)
        self.tickets = Button(N_("Open tickets"), "quiet", icon="clipboard-list",
                              clicked=lambda: context.navigate("tickets"))  # fmt: skip
        self.body.addLayout(row(self.which, 1, self.tickets, self.sheets))
        self.body.addLayout(row(self.engineer, 1))
        self.empties = {
            name: EmptyState("map-pin", text, action=N_("Open tickets"), act=lambda: context.navigate("tickets"))
            for name, text in NOTHING.items()
        }
        self.tables = {
            name: DataTable(
                visit_columns(self._today if name == "today" else None), name=title, empty=self.empties[name]
            )
            for name, title in LISTS.items()
        }
        self.marks = []
        for table in self.tables.values():
            self.add(table, 1)
            table.opened.connect(lambda visit: context.navigate("visit", id=visit.id, number=visit.number))
            self.marks.append(SyncMarks(table, self.jobs, "visit"))
        self.which.chosen.connect(lambda _name: self._show())
        self.engineer.chosen.connect(lambda _id: self._show())

    def open(self, **args: object) -> None:
        """Show the visits; `which` names the list."""
        if str(args.get("which", "")) in LISTS:
            self.which.set_value(str(args["which"]))
        self._arriving = True
        self._ask()
        self._show()

    def changed(self, changes: Changes) -> None:
        """Ask again when a visit was touched."""
        if changes.touches("site_visit", "ticket_event", "service_ticket", "merchant", "staff"):
            self._ask()
        for marks in self.marks:
            marks.heard(changes)

    def retranslate(self) -> None:
        """Say choices and rows in the other language."""
        self._answered(self.board)

    def print_paper(self) -> None:
        """Print the sheets of the visits in the list (Ctrl+P)."""
        rows = self._rows()
        act = print_visit_sheets(visit_ids=[one.id for one in rows])
        said = N_("{count} sheets are being printed")
        self.jobs.do(act, owner=self, then=lambda jobs: self.context.toast(said, tone="ok", count=len(jobs)))

    def next_record(self) -> None:
        """Show the next list."""
        names = list(LISTS)
        self.which.set_value(names[(names.index(self.which.value() or "today") + 1) % len(names)])
        self._show()

    def _today(self) -> date:
        return shop_day(self.board.now)

    def _ask(self) -> None:
        now = self.context.now()
        self.jobs.ask(lambda session: queries.board(session, now), owner=self, then=self._answered, exclusive="board")

    def _answered(self, board: VisitBoard) -> None:
        self.board = board
        self.which.set_choices([
            Choice(name, title, raw=True) for name, title in (
                (name, self._counted(name, title)) for name, title in LISTS.items()
            )
        ])  # fmt: skip
        people = {one.engineer_id: one.engineer for name in LISTS for one in getattr(board, name)}
        chosen = self._own() if self._arriving else self.engineer.value()
        self.engineer.set_choices(
            [Choice("", N_("Everybody")), *(Choice(key, name or "—", raw=True) for key, name in sorted(people.items()))]
        )
        self.engineer.set_value(chosen if chosen in people else "")
        self.engineer.setVisible(len(people) > 1)
        self._show()
        if self._arriving:  # not before: an empty table takes no focus
            self._arriving = False
            self.focus_first(self.tables[self.which.value() or "today"] if self._rows() else self.which)

    def _own(self) -> str:
        """Return whose visits somebody sees first who comes here: an engineer's own, everybody's for those who plan."""
        actor = self.context.actor()
        goes = actor is not None and may_move("arrive", actor.roles) and not may_move("schedule_visit", actor.roles)
        return actor.staff_id if actor is not None and goes else ""

    def _counted(self, name: str, title: str) -> str:
        count = len(getattr(self.board, name))
        return f"{spoken(title)} {count}" if count else spoken(title)

    def _rows(self) -> list[VisitRow]:
        wanted = self.engineer.value() or ""
        listed: tuple[VisitRow, ...] = getattr(self.board, self.which.value() or "today")
        return [one for one in listed if not wanted or one.engineer_id == wanted]

    def _show(self) -> None:
        which = self.which.value() or "today"
        for name, table in self.tables.items():
            table.setVisible(name == which)
        rows = self._rows()
        self.tables[which].set_rows(rows, keep=lambda one: one.id)
        self.sheets.setVisible(bool(rows) and which not in ("done", "unsettled") and self.context.may("visit"))
        self.tickets.setVisible(bool(rows))
