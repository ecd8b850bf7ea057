"""Sending a paper elsewhere by one key: the second printer, another one, a sheet of labels, the folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.commands.papers import LABELS
from deskapp.errors import N_
from deskapp.print.sheet_template import DEFAULT, SheetLayout, layouts
from deskapp.queries.printing import JobCard
from deskapp.ui.kit import Button, Choice, ChoiceBar, Text, column, reveal, row, spoken
from deskapp.ui.pages.printer_words import icon_of, printer_name
from deskapp.ui.pages.printers_work import QueueView
from deskapp.ui.pages.settings_fields import Pick
from deskapp.ui.pages.sheet_picker import SheetPicker
from deskapp.ui.tokens import SMALL

SHEET, FOLDER = "sheet", "folder"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where papers go instead: the printer, what they are printed on (empty = the same), the first cell of a sheet."""

    printer: str
    medium: str = ""
    start_cell: int = 0


class ElsewherePanel(QWidget):
    """Where else papers can go. A number sends them there; a sheet first asks for its first free cell."""

    def __init__(self, send: Callable[[Elsewhere], object]) -> None:
        super().__init__()
        self._send = send
        self._view: QueueView | None = None
        self._page_printer = ""
        self._count = 1
        self._media: dict[str, str] = {}
        self.title = Text(N_("Print on something else"), "label")
        self.bar = ChoiceBar(name=N_("Print on something else"))
        self.sheets = Pick(name=N_("Sheet of labels"))
        self.known, _broken = layouts()
        self.picker = SheetPicker(self.known[DEFAULT])
        self.note = Text(role="muted", wrap=True)
        self.print_sheet = Button(N_("Print on the &sheet"), icon="printer", clicked=self._sheet)
        self.sheet = QWidget()
        inner = row(self.picker)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addLayout(column(Text(N_("Sheet of labels"), "label"), self.sheets, self.note, self.print_sheet, 1), 1)
        self.sheet.setLayout(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(SMALL)
        for part in (self.title, self.bar, self.sheet):
            outer.addWidget(part)
        self.bar.chosen.connect(self._chosen)
        self.sheets.chosen.connect(self._other_sheet)
        self.picker.chosen.connect(lambda _cell: self._say())
        self.picker.confirmed.connect(lambda _cell: self._sheet())
        self.sheet.hide()

    def offer(self, view: QueueView, jobs: Sequence[JobCard], page_printer: str) -> None:
        """Offer what these papers can be printed on; they all go the same way."""
        self._view, self._page_printer, self._count = view, page_printer, len(jobs)
        first = jobs[0]
        here = view.addresses.get(first.id, "")
        second = view.seconds.get(first.id, "")
        offered, self._media = [], {}
        if second and second != here:
            name = printer_name(second, view.profiles)
            offered.append(Choice(second, name, icon=icon_of(second), words=lambda: _second(name)))
        for line in view.printers:
            media = {view.other_medium(job, line.profile) for job in jobs}
            if line.address in (here, second, view.folder) or None in media or len(media) > 1:
                continue
            self._media[line.address] = media.pop() or ""
            name = printer_name(line.address, view.profiles)
            offered.append(Choice(line.address, name, icon=icon_of(line.address, line.profile.language), raw=True))
        if all(job.kind in LABELS for job in jobs):
            offered.append(Choice(SHEET, N_("A4 sheet of labels"), icon="file-text"))
        if here != view.folder:
            offered.append(Choice(FOLDER, N_("Folder (PDF files)"), icon="folder"))
        self.bar.set_choices(offered)
        self.bar.set_value(None)
        reveal(self.sheet, False)
        self.setVisible(bool(offered))

    def retranslate(self) -> None:
        """Name the sheets in the window's language."""
        self.sheets.set_choices([Choice(name, sheet_title(sheet), raw=True) for name, sheet in self.known.items()])
        self._say()

    def _chosen(self, value: str) -> None:
        reveal(self.sheet, value == SHEET)
        if value == SHEET:
            self._begin_sheet()
        elif value == FOLDER and self._view is not None:
            self._send(Elsewhere(self._view.folder))
        else:
            self._send(Elsewhere(value, self._media.get(value, "")))

    def _begin_sheet(self) -> None:
        """Go on where the last sheet was left off."""
        begun = self._view.sheet if self._view is not None else None
        name = (begun.medium.partition("+")[0].partition(".")[2] if begun else "") or DEFAULT
        sheet = self.known.get(name) or self.known[DEFAULT]
        self.retranslate()
        self.sheets.set_value(sheet.id)
        self.picker.show_sheet(sheet, begun.next_cell if begun else 0, self._count)
        self._say()
        self.picker.setFocus()

    def _other_sheet(self, name: str) -> None:
        self.picker.show_sheet(self.known[name], 0, self._count)
        self._say()

    def _say(self) -> None:
        line, place = divmod(self.picker.cell, self.picker.sheet.columns)
        self.note.say(
            N_("First free label: row {row}, label {column}. Choose it by arrow keys or a click, Enter prints."),
            row=line + 1, column=place + 1,
        )  # fmt: skip

    def _sheet(self) -> None:
        name = self.sheets.value() or DEFAULT
        medium = "a4-labels" if name == DEFAULT else f"a4-labels.{name}"
        printer = self._page_printer or (self._view.folder if self._view is not None else "")
        self._send(Elsewhere(printer, medium, self.picker.cell))


def _second(name: str) -> str:
    return spoken(N_("{printer} (takes over)"), printer=name)


def sheet_title(sheet: SheetLayout) -> str:
    """Return the name of a sheet of labels."""
    from deskapp import i18n

    return sheet.words.both(i18n.language())[0]
