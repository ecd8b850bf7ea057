"""Bringing a branch's own lists in: preview, wrong lines by name, then whole or not at all; and taking lists out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from deskapp.commands.imports import Imported, ImportRefused, ImportStopped, Problem, import_file
from deskapp.errors import N_, DeskError, Refused
from deskapp.i18n import say
from deskapp.queries.field_titles import FIELD_TITLES
from deskapp.ui.kit import (
    BigNumber,
    Button,
    Card,
    Choice,
    ChoiceBar,
    Column,
    DataTable,
    Form,
    Page,
    PageContext,
    Text,
    listed,
    row,
    spoken,
)
from deskapp.ui.pages.imports_progress import ImportProgress
from deskapp.ui.pages.lists import ExportBar, filled
from deskapp.ui.pages.settings_fields import PathField

KINDS = [
    Choice("models", N_("Models"), icon="cpu"),
    Choice("merchants", N_("Merchants"), icon="building-store"),
    Choice("devices", N_("Devices"), icon="device-mobile"),
    Choice("parts", N_("Parts"), icon="packages"),
]

NEEDED = {
    "models": N_("Needed columns: stable name, brand, model. Import models before devices."),
    "merchants": N_("Needed columns: merchant number, name. Also read: contact, phone, address, credit code."),
    "devices": N_("Needed columns: serial number, model code. Also read: merchant and terminal number, warranty end."),
    "parts": N_("Needed columns: part number, name. Also read: price, quantity, serial numbers, minimum, bin."),
}

FIELDS = {
    **FIELD_TITLES, "id": N_("Stable name"), "model_id": N_("Model code"), "contact": N_("Contact"),
    "contact_name": N_("Contact"), "contact_phone": N_("Phone"), "bound_on": N_("From"), "quantity": N_("Quantity"),
    "serials": N_("Serial numbers"), "price": N_("Price"), "file": N_("File"),
}  # fmt: skip


class ImportPage(Page):
    """Choose, preview, import; below it the way out."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Import"), N_("Nothing is taken before you have seen the preview, and never only half.")
        )
        self.found: Imported | None = None
        self._shown_for = ("", "")
        self._build_choice()
        self._build_result()
        self.progress = ImportProgress()
        self.add(self.choice_card)
        self.add(self.progress)
        self.add(self.result_card)
        if context.may("export"):
            self.add(self._build_export())

    def _build_choice(self) -> None:
        self.choice_card = Card(N_("What and from where"), icon="upload")
        self.kind = ChoiceBar(KINDS, name=N_("Kind of list"), value="merchants")
        self.needed = Text(NEEDED["merchants"], "caption", wrap=True)
        self.file = PathField(N_("CSV (UTF-8 or GB18030) or Excel (.xlsx)"), file=True, kinds="*.csv *.xlsx *.xlsm")
        self.form = Form()
        self.form.add("kind", N_("&List of"), self.kind)
        self.form.add("file", N_("&File"), self.file, needed=True)
        self.preview_button = Button(N_("&Preview"), icon="eye", clicked=self.preview)
        self.choice_card.add(self.form)
        self.choice_card.add(self.needed)
        self.choice_card.add(row(1, self.preview_button))
        self.kind.chosen.connect(self._kind_chosen)
        self.kind.confirmed.connect(lambda _value: self.file.setFocus())
        self.file.edited.connect(lambda _path: self._forget())
        self.file.text.returnPressed.connect(self.preview)

    def _build_result(self) -> None:
        self.result_card = Card(N_("Preview"), icon="list-check")
        self.numbers = QWidget()
        self.lines = BigNumber(N_("Lines in the file"), icon="file-text")
        self.added = BigNumber(N_("new"), icon="plus", tone="ok")
        self.changed_ones = BigNumber(N_("known already"), icon="edit", tone="info")
        self.wrong = BigNumber(N_("wrong"), icon="alert-circle", tone="danger")
        line = row(self.lines, self.added, self.changed_ones, self.wrong)
        line.setContentsMargins(0, 0, 0, 0)
        self.numbers.setLayout(line)
        self.verdict = Text(role="strong", wrap=True)
        self.unknown = Text(role="warn", wrap=True)
        self.problems = DataTable(
            [
                Column("line", N_("Line"), lambda one: str(one.line), 70, right=True, sort=lambda one: one.line),
                Column("field", N_("Column"), lambda one: spoken(FIELDS.get(one.field, one.field)), 160),
                Column("why", N_("What is wrong"), problem_text, 0),
            ],
            name=N_("Wrong lines"),
        )  # fmt: skip
        self.import_button = Button(N_("&Import now"), "primary", icon="check", clicked=self.save)
        self.import_button.show_key("Ctrl+S")
        for part in (self.numbers, self.verdict, self.unknown, self.problems):
            self.result_card.add(part)
        self.result_card.add(row(1, self.import_button))
        self.result_card.hide()

    def _build_export(self) -> Card:
        card = Card(N_("Take lists out"), icon="download", hint=N_("For another program, or to look at in Excel."))
        self.export_kind = ChoiceBar(
            [Choice("tickets", N_("Tickets")), Choice("devices", N_("Devices")), Choice("merchants", N_("Merchants"))],
            name=N_("Which list"),
        )  # fmt: skip
        self.bars = {name: ExportBar(self.context, name) for name in ("tickets", "devices", "merchants")}
        card.add(self.export_kind)
        for bar in self.bars.values():
            bar.hide()
            card.add(bar)
        self.export_kind.chosen.connect(self._export_chosen)
        return card

    # -- coming and choosing -------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Begin; `kind` chooses a list."""
        if args.get("kind"):
            self.kind.set_value(str(args["kind"]))
            self._kind_chosen(str(args["kind"]))
        self.focus_first(self.kind)

    def export(self) -> None:
        """Go to the lists that can be taken out (Ctrl+Shift+X)."""
        if self.context.may("export"):
            self.export_kind.setFocus()

    def _export_chosen(self, kind: str) -> None:
        for name, bar in self.bars.items():
            bar.setVisible(name == kind)
        self.bars[kind].ask()

    def _kind_chosen(self, kind: str) -> None:
        self.needed.say(NEEDED[kind])
        self._forget()

    def _forget(self) -> None:
        self.found = None
        self.result_card.hide()
        self.form.clear_errors()

    # -- previewing and importing -----------------------------------------------------------

    def preview(self) -> None:
        """Read the file and show what would happen; nothing is kept."""
        kind, path = self.kind.value() or "", self.file.value()
        self._forget()
        if not path:
            self.form.rows["file"].refuse(spoken(N_("Choose a file first.")))
            return
        self._shown_for = (kind, path)
        self._busy(True)
        watch = self.progress.begin(N_("Reading {file} …"), Path(path).name)
        act = import_file(kind=kind, file=path, watch=watch).as_trial()
        self.jobs.do(act, owner=self, then=self._previewed, refused=self._refused)

    def save(self) -> None:
        """Import the file that was previewed (Ctrl+S)."""
        if self.found is None or self.found.problems or self._shown_for != (self.kind.value(), self.file.value()):
            self.preview()
            return
        kind, path = self._shown_for
        self._busy(True)
        watch = self.progress.begin(N_("Importing {file} …"), Path(path).name)
        act = import_file(kind=kind, file=path, watch=watch)
        self.jobs.do(act, owner=self, then=self._imported, refused=self._refused)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape stops what is under way."""
        if event.key() == Qt.Key.Key_Escape and self.progress.watch is not None:
            self.progress.stop()
            return
        super().keyPressEvent(event)

    def _busy(self, busy: bool) -> None:
        if not busy:
            self.progress.end()
        self.choice_card.setEnabled(not busy)
        self.preview_button.setEnabled(not busy)
        self.import_button.setEnabled(not busy)

    def _previewed(self, found: Imported) -> None:
        self._show(found)
        self.verdict.say(N_("Every line is right. Nothing has been imported yet."))
        self.import_button.setFocus()

    def _imported(self, found: Imported) -> None:
        self._show(found)
        self.found = None
        self.kind.setFocus()  # the next list; the button goes dark, and the focus would wander to a figure
        self.import_button.setEnabled(False)
        self.verdict.say(N_("Imported: {added} new, {changed} changed."), added=found.added, changed=found.changed)
        self.context.toast(
            N_("Imported: {added} new, {changed} changed."), tone="ok", added=found.added, changed=found.changed
        )

    def _show(self, found: Imported) -> None:
        self.found = found
        self.banner.clear()
        self._busy(False)
        self.lines.put(found.lines)
        self.added.put(found.added)
        self.changed_ones.put(found.changed)
        self.wrong.put(len(found.problems), "danger" if found.problems else "muted")
        self.unknown.setVisible(bool(found.unknown_columns))
        if found.unknown_columns:
            columns = listed(found.unknown_columns)
            self.unknown.say(N_("Columns nobody knows are left out: {columns}"), columns=columns)
        self.problems.setVisible(bool(found.problems))
        filled(self.problems, found.problems, 10)
        self.import_button.setEnabled(not found.problems and found.lines > 0)
        self.result_card.show()

    def _refused(self, error: DeskError) -> None:
        self._busy(False)
        self.banner.clear()
        if isinstance(error, ImportStopped):
            self.banner.say("info", error.sentence)
            self.preview_button.setFocus()
            return
        if isinstance(error, ImportRefused):
            self._show(error.found)
            self.verdict.say(N_("Nothing was imported. Correct these lines in the file and preview it again."))
            self.problems.setFocus()
            return
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))


def problem_text(problem: Problem) -> str:
    """Return what is wrong with a line, in the window's language."""
    error = Refused(problem.sentence)
    error.values = dict(problem.values)
    return say(error)
