"""Transports: what is being packed here, what is on its way in both directions, what has arrived."""

from __future__ import annotations

from deskapp.commands.transfers import Carriage, Opened, open_manifest
from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes, ReadSession
from deskapp.queries.transfers import ManifestRow, SiteChoice, Transports, sites, transports
from deskapp.queries.transfers_scan import InScan, Means, scan_in
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.transfers import TYPE_TITLES, Age, State
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Choice,
    ChoiceBar,
    Column,
    DataTable,
    EmptyState,
    Form,
    Page,
    PageContext,
    Pill,
    Text,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.transfer_words import age_cell, kind_words, state_words
from deskapp.ui.pages.words import moment

LISTS = (
    Choice("drafts", N_("Being packed")), Choice("under_way", N_("Under way")), Choice("arrived", N_("Arrived")),
)  # fmt: skip

NOWHERE = N_(
    "No other site is known on this computer. Sites come from the central server: connect under Syncing."
    " What goes to a maker can be packed at once."
)


class TransfersPage(Page):
    """The three lists, and the beginning of a new manifest."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Transports"), N_("Scan the paper of a van to receive it, or begin a manifest."), scroll=False
        )
        self.found = Transports()
        self.sites: list[SiteChoice] = []
        self._arriving = self._choosing = False
        self.late = Pill(N_("nothing is late"), "ok", "truck-delivery")
        self.differences = Button(N_("&Differences"), "quiet", icon="alert-triangle",
                                  clicked=lambda: context.navigate("discrepancies"))  # fmt: skip
        self.stocktake = Button(N_("S&tocktake"), "quiet", icon="checklist",
                                clicked=lambda: context.navigate("stocktake"))  # fmt: skip
        self.head.addWidget(self.late)
        self.head.addWidget(self.differences)
        self.head.addWidget(self.stocktake)
        self.lists = ChoiceBar(LISTS, name=N_("Which transports"))
        self.lists.set_value("under_way")
        self.new_button = Button(N_("&New manifest"), "primary", icon="plus", clicked=self.begin)
        self.add_row()
        self.table = DataTable(
            [
                Column("number", N_("Manifest"), _number, 190),
                Column("kind", N_("Kind"), lambda one: kind_words(one.kind), 130),
                Column("other", N_("From / to"), _other, 0),
                Column("count", N_("Devices"), _count, 96, right=True, sort=lambda one: one.lines),
                Column("differences", N_("Differences"), _differences, 110, sort=lambda one: -one.differences),
                Column("state", N_("State"), lambda one: state_words(one.state), 130),
                Column("since", N_("Since when"), self._since, 120, sort=lambda one: one.sent_at or one.made_at),
            ],
            name=N_("Transports"), empty=EmptyState("truck-delivery", N_("No transport stands in this list.")),
        )  # fmt: skip
        self.body.addWidget(self.table, 1)
        self.lists.chosen.connect(lambda _value: self._show())
        self.table.opened.connect(self.go)

    def add_row(self) -> None:
        """Lay the choice of lists and the form for a new manifest."""
        line = row(self.lists, 1, self.new_button)
        self.body.addLayout(line)
        self.kind = ChoiceBar(
            [Choice(one.value, title) for one, title in TYPE_TITLES.items()],
            name=N_("What kind"),
        )  # fmt: skip
        self.to = ChoiceBar([], name=N_("Where to"))
        self.maker = TextField(N_("Name of the maker or repair company"), limit=80)
        self.form = Form(columns=2)
        self.form.add("kind", N_("What &kind"), self.kind, span=2)
        self.form.add("to", N_("&Where to"), self.to, span=2)
        self.form.add("maker", N_("&Maker"), self.maker, span=2)
        self.start = Button(N_("&Begin to pack"), "primary", icon="package", clicked=self.submit)
        self.stop = Button(N_("Cancel"), "quiet", clicked=lambda: self._form(False))
        self.card = Card(N_("New manifest"), icon="plus")
        self.card.add(self.form)
        self.nowhere = Text(NOWHERE, "muted", wrap=True)
        self.card.add(self.nowhere)
        self.card.add(row(1, self.stop, self.start))
        self.add(self.card)
        self.card.hide()
        self.kind.chosen.connect(lambda _value: self._kinds())
        self.maker.returnPressed.connect(self.submit)

    def open(self, **args: object) -> None:
        """Show the list that is named, or the one where this site's work is."""
        self._choosing = not args.get("list")
        if args.get("list"):
            self.lists.set_value(str(args["list"]))
        self._ask()
        self._arriving = True

    def changed(self, changes: Changes) -> None:
        """Follow the transports."""
        if changes.touches("manifest", "manifest_event"):
            self._ask()

    def scan(self, text: str) -> bool:
        """A manifest's code opens it; with a record or, by its large code, without one."""
        if parse_scan(text).kind is not ScanKind.MANIFEST:
            return False
        self.jobs.ask(lambda session: scan_in(session, "", text), owner=self,
                      then=lambda seen: self._scanned(seen, text), exclusive="scan")  # fmt: skip
        return True

    def retranslate(self) -> None:
        """Say the rows again."""
        self._show()

    def go(self, one: ManifestRow) -> None:
        """Open a manifest where it is worked on: incoming ones to receive, ours to pack and to look after."""
        page = "transfer_in" if one.incoming else "transfer_out"
        self.context.navigate(page, id=one.id, number=one.number, kind=one.kind)

    def begin(self) -> None:
        """Ask where the new manifest goes."""
        self.jobs.ask(sites, owner=self, then=self._sites, exclusive="sites")

    def submit(self) -> None:
        """Begin the manifest."""
        kind = self.kind.value() or ""
        target = self.maker.text() if kind == ManifestType.VENDOR else self.to.value() or ""
        if not kind:
            self.kind.setFocus()
            return
        self.start.setEnabled(False)
        act = open_manifest(kind=kind, to=target, carriage=Carriage())
        self.jobs.do(act, owner=self, then=self._begun, refused=self._refused)

    # -- answers -------------------------------------------------------------------

    def _begun(self, done: Opened) -> None:
        self.start.setEnabled(True)
        self._form(False)
        self.context.navigate("transfer_out", id=done.manifest_id, number=done.number, kind=self.kind.value() or "")

    def _refused(self, error: DeskError) -> None:
        self.start.setEnabled(True)
        self.form.clear_errors()
        if error.field == "to" and self.kind.value() == ManifestType.VENDOR:
            error.field = "maker"
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))

    def _sites(self, found: list[SiteChoice]) -> None:
        self.sites = found
        self._form(True)
        if self.kind.value() is None:
            depots, outlets = any(one.is_depot for one in found), any(one.is_outlet for one in found)
            self.kind.set_value(ManifestType.RETURN.value if outlets and not depots else ManifestType.OUT.value)
        self._kinds()
        self.kind.setFocus()

    def _form(self, on: bool) -> None:
        self.card.setVisible(on)
        self.new_button.setVisible(not on)

    def _kinds(self) -> None:
        maker = self.kind.value() == ManifestType.VENDOR
        back = self.kind.value() == ManifestType.RETURN
        fitting = [one for one in self.sites if (one.is_outlet if back else one.is_depot)] or self.sites
        self.to.set_choices([Choice(one.id, f"{one.name}  {one.code}", raw=True) for one in fitting])
        if len(fitting) == 1:
            self.to.set_value(fitting[0].id)
        self.form.rows["to"].setVisible(not maker and bool(self.sites))
        self.nowhere.setVisible(not maker and not self.sites)
        self.start.setEnabled(maker or bool(self.sites))
        self.form.rows["maker"].setVisible(maker)

    def _scanned(self, seen: InScan, text: str) -> None:
        if seen.means is Means.MANIFEST:
            self.context.navigate("transfer_in", id=seen.manifest_id, number=seen.number)
        elif seen.means is Means.PAPER:
            self.context.navigate("transfer_in", id=seen.manifest_id, code=text, number=seen.number)
        else:
            self.banner.say("warn", N_("The record of {number} is not here. Scan the large code above the list."),
                            number=seen.number or text)  # fmt: skip

    def _ask(self) -> None:
        now = self.context.now()

        def question(session: ReadSession) -> Transports:
            return transports(session, now)

        self.jobs.ask(question, owner=self, then=self._here, exclusive="list")

    def _here(self, found: Transports) -> None:
        self.found = found
        if self._choosing:
            self._choosing = False
            self.lists.set_value(_where_work_is(found))
        self._show()
        if self._arriving:
            self._arriving = False
            self.focus_first(self.table.view if self.table.rows() else self.new_button)

    def _show(self) -> None:
        shown = {"drafts": self.found.drafts, "arrived": self.found.arrived}.get(
            self.lists.value() or "", self.found.under_way
        )
        self.table.set_rows(shown, keep=lambda one: one.id)
        if shown and self.table.current() is None:
            coming = (place for place, one in enumerate(self.table.rows()) if one.incoming)
            self.table.select(next(coming, 0))
        alarms = sum(one.age is Age.ALARM for one in self.found.under_way)
        if self.found.late:
            self.late.show_state(N_("{count} overdue"), "danger" if alarms else "warn", "alarm", count=self.found.late)
        else:
            self.late.show_state(N_("nothing is late"), "ok", "truck-delivery")

    def _since(self, one: ManifestRow) -> Cell:
        """Return how long it is on its way, or when it was begun: the first counts only until it arrives."""
        if one.state in (State.UNDER_WAY, State.PARTLY):
            return age_cell(one, self.context.now())
        return Cell(moment(one.made_at))


def _where_work_is(found: Transports) -> str:
    """Return the list to begin with: what comes here is received, what is being packed goes out, else what travels."""
    if any(one.incoming for one in found.under_way):
        return "under_way"
    if any(not one.incoming for one in found.drafts):
        return "drafts"
    return "under_way" if found.under_way or not found.arrived else "arrived"


def _number(one: ManifestRow) -> Cell:
    return Cell(one.number, "", "chevron-left" if one.incoming else "chevron-right")


def _other(one: ManifestRow) -> str:
    words = N_("from {site}") if one.incoming else N_("to {site}")
    return spoken(words, site=one.other)


def _count(one: ManifestRow) -> Cell:
    if one.state in ("under_way", "partly", "arrived"):
        return Cell(f"{one.received} / {one.lines}", "" if one.received == one.lines else "warn")
    return Cell(str(one.lines))


def _differences(one: ManifestRow) -> Cell:
    if not one.differences:
        return Cell("")
    return Cell(str(one.differences), "danger", "alert-triangle", pill=True)
