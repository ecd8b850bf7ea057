"""What did not match on any van: looked at, photographed, decided, printed."""

from __future__ import annotations

from functools import partial

from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.commands.transfers_differences import add_difference_photos, settle_difference
from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes
from deskapp.queries.orders import OrderFile
from deskapp.queries.transfers import DifferenceRow, difference_files, open_differences
from deskapp.queries.transfers_astray import Astray, astray_of_event
from deskapp.rules.transfers import TO_QUARANTINE, Difference
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
    Form,
    Page,
    PageContext,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.order_files import Files
from deskapp.ui.pages.transfer_astray import AstrayCard
from deskapp.ui.pages.transfer_papers import print_note
from deskapp.ui.pages.transfer_photos import ODD, FolderStrip
from deskapp.ui.pages.transfer_words import difference_words
from deskapp.ui.pages.words import full_moment, moment

SHOWN = (Choice("open", N_("Open")), Choice("all", N_("Settled too")))


class DiscrepanciesPage(Page):
    """The list of differences, and the one that is being settled below it."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Differences"), N_("What was missing, too many, wrong or broken in a van."))
        self.rows: list[DifferenceRow] = []
        self._wanted = ""
        self.shown = ChoiceBar(SHOWN, name=N_("Which differences"))
        self.shown.set_value("open")
        self.head.addWidget(self.shown)
        self.table = DataTable(
            [
                Column("kind", N_("Difference"), _kind, 190, sort=lambda one: one.kind),
                Column("label", N_("Label"), _label, 140),
                Column("manifest", N_("Manifest"), lambda one: one.number, 170),
                Column("found", N_("As found"), _found, 0),
                Column("photos", N_("Photos"), lambda one: str(len(one.photos) or ""), 70, right=True),
                Column("at", N_("Noticed"), lambda one: moment(one.at), 110, sort=lambda one: one.at),
                Column("decision", N_("Decision"), lambda one: _decision(one), 120),
            ],
            name=N_("Differences"), empty=EmptyState("circle-check", N_("Nothing is open: every van was complete.")),
        )  # fmt: skip
        self.table.setMinimumHeight(260)
        self.add(self.table, 1)
        self._detail()
        self.shown.chosen.connect(lambda _value: self._ask())
        self.table.selected.connect(self._selected)
        self.table.opened.connect(self.go)

    def _detail(self) -> None:
        self.facts = Facts()
        for key, words in (("what", N_("Difference")), ("serial", N_("Serial number")),
                           ("expected", N_("As written")), ("found", N_("As found")),
                           ("at", N_("Noticed")), ("decision", N_("Decision"))):  # fmt: skip
            self.facts.add(key, words)
        self.photos = FolderStrip(self.context, shows=ODD)
        self.decision = TextField(N_("What was decided, with whom"), limit=160)
        self.form = Form()
        self.form.add("photos", N_("More photos"), self.photos)
        self.form.add("decision", N_("&Decision"), self.decision)
        self.print_button = Button(N_("Print the &note"), icon="printer", clicked=self.print_paper)
        self.keep_button = Button(N_("Keep the photos"), icon="camera", clicked=self._keep_photos)
        self.settle = Button(N_("&Settle"), "primary", icon="check", clicked=self.save)
        self.detail = Card(N_("This difference"), icon="alert-triangle")
        self.detail.add(self.facts)
        self.detail.add(self.form)
        self.detail.add(row(self.print_button, self.keep_button, 1, self.settle))
        self.astray = AstrayCard(self.context)
        self.files = Files(self.context)
        self.add(self.astray)
        self.add(self.detail)
        self.add(self.files)
        self.detail.hide()
        self.files.hide()
        self.astray.kept.connect(lambda _done: self._ask())
        self.settle.setVisible(self.context.may("correct"))
        self.form.rows["decision"].setVisible(self.context.may("correct"))
        self.decision.returnPressed.connect(self.save)

    def open(self, **args: object) -> None:
        """Show what is open; `number` or `id` names a manifest to begin with."""
        self._wanted = str(args.get("id", "") or args.get("number", ""))
        self._ask()
        self.focus_first(self.table.view)

    def changed(self, changes: Changes) -> None:
        """Follow the differences, and the photos of the chosen one."""
        self.files.heard(changes)
        if changes.touches("manifest_event", "attachment", "repair_item"):
            self._ask()

    def scan(self, text: str) -> bool:
        """The number on the case, or the shelf, of the device that is asked about."""
        return self.astray.scan(text)

    def verb(self, word: str) -> bool:
        """The look at the device that is asked about."""
        if word == "TAMPEROK" and self.astray.isVisible():
            self.astray.intact()
            return True
        return super().verb(word)

    def retranslate(self) -> None:
        """Say the rows again."""
        self.table.set_rows(self.rows, keep=lambda one: one.event_id)
        self._selected(self.table.current())

    def go(self, one: DifferenceRow) -> None:
        """Open the van it was found in."""
        self.context.navigate("transfer_in", id=one.manifest_id, number=one.number)

    def save(self) -> None:
        """Settle the chosen difference."""
        one = self.table.current()
        if one is not None:
            act = settle_difference(event_id=one.event_id, decision=self.decision.text())
            self.jobs.do(act, owner=self, then=lambda _none: self._settled(), refused=self._refused)

    def print_paper(self) -> None:
        """Print the note of the van of the chosen difference (Ctrl+P)."""
        one = self.table.current()
        if one is not None:
            print_note(self, one.manifest_id)

    def _keep_photos(self) -> None:
        one = self.table.current()
        if one is not None and self.photos.photos:
            self.photos.keep(partial(self._name_photos, one.event_id))

    def _name_photos(self, event_id: str, kept: tuple[Kept, ...]) -> None:
        self.jobs.do(add_difference_photos(event_id=event_id, photos=kept), owner=self, then=self._named)

    def _named(self, count: int) -> None:
        self.photos.clear()
        self.context.toast(N_("{count} photos kept"), tone="ok", count=count)

    def _settled(self) -> None:
        self.decision.clear()
        self.context.toast(N_("Settled"), tone="ok")

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))

    def _ask(self) -> None:
        settled = self.shown.value() == "all"
        self.jobs.ask(lambda session: open_differences(session, settled=settled), owner=self, then=self._here,
                      exclusive="rows")  # fmt: skip

    def _here(self, rows: list[DifferenceRow]) -> None:
        self.rows = rows
        self.table.set_rows(rows, keep=lambda one: one.event_id)
        for place, one in enumerate(self.table.rows()):
            if self._wanted and self._wanted in (one.manifest_id, one.number, one.event_id):
                self.table.select(place)
                self._wanted = ""
        if rows and self.table.current() is None:
            self.table.select(0)
        self._selected(self.table.current())

    def _seen(self, one: DifferenceRow | None, who: str, files: tuple[OrderFile, ...]) -> None:
        """Show who noticed the chosen difference, and its photos."""
        if one == self.table.current():
            self.files.show_files(files)
            if one is not None and who:
                self.facts.put("at", f"{full_moment(one.at)}  {who}")

    def _astray(self, found: Astray | None) -> None:
        one = self.table.current()
        if one is not None and one.kind == Difference.EXTRA and (found is None or found.event_id == one.event_id):
            self.astray.show_device(found)

    def _selected(self, one: DifferenceRow | None) -> None:
        self.detail.setVisible(one is not None)
        self.jobs.ask(lambda session: difference_files(session, one) if one is not None else ("", ()), owner=self,
                      then=lambda seen: self._seen(one, *seen), exclusive="files")  # fmt: skip
        if one is None or one.kind != Difference.EXTRA:
            self.astray.show_device(None)
        if one is None:
            return
        if one.kind == Difference.EXTRA:
            event_id = one.event_id
            self.jobs.ask(lambda session: astray_of_event(session, event_id), owner=self,
                          then=self._astray, exclusive="astray")  # fmt: skip
        self.facts.put("what", f"{difference_words(one.kind)}  {one.label_no or one.serial_no}")
        self.facts.put("serial", one.serial_no or "–")
        self.facts.put("expected", one.expected or "–")
        self.facts.put("found", " ".join((one.found, one.words)).strip() or "–")
        self.facts.put("at", full_moment(one.at))
        self.facts.put("decision", _decision(one) or "–")
        self.settle.setEnabled(not one.decision)


def _decision(one: DifferenceRow) -> str:
    """Return what was decided: somebody's words, or the program's own in the language of the window."""
    return spoken(one.decision) if one.decision else ""


def _label(one: DifferenceRow) -> str:
    return one.label_no or one.serial_no


def _found(one: DifferenceRow) -> str:
    """Return what was found, but for the number that stands beside it already."""
    return " ".join(part for part in (one.found, one.words) if part and part != _label(one))


def _kind(one: DifferenceRow) -> Cell:
    if one.decision:
        return Cell(difference_words(one.kind), "muted", "circle-check")
    serious = Difference(one.kind) in TO_QUARANTINE
    return Cell(difference_words(one.kind), "danger" if serious else "warn", "alert-triangle", pill=True)
