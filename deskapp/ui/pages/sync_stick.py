"""Acts by a USB stick, for a branch whose line is down for days: write the file, bring one, take its answer in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes
from deskapp.ui.kit import (
    Banner,
    Button,
    Card,
    Form,
    LatinField,
    PageContext,
    Progress,
    Text,
    column,
    row,
    spoken,
)
from deskapp.ui.pages.settings_fields import PathField
from deskapp.ui.tokens import HUGE
from deskapp.ui.widgets.enter import into_view

if TYPE_CHECKING:
    from deskapp.models.store import Store
    from deskapp.sync.carrier import Read, Written

ENDING = ".deskapp-acts"


class StickCard(Card):
    """Writes what waits into a file; reads files: another desk's goes to the server, our own brings the answer."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            N_("By a USB stick"), icon="device-laptop",
            hint=N_("When the line is down for days: write a file, have it read at a desk with a line, and read it here"
                    " again when it comes back. It is encrypted; its code travels by telephone."),
        )  # fmt: skip
        self._context = context
        self.out = PathField(N_("Folder and name of the file"), save=f"deskapp{ENDING}")
        self.write_button = Button(N_("&Write what waits"), icon="upload", clicked=self.write)
        self.code = Text(role="display", copy=True)
        self.code_hint = Text(
            N_("This code opens the file. Say it by telephone; never send it along with the file."), "warn", wrap=True
        )
        self.come = PathField(N_("Drop a file here, or choose one"), file=True, kinds=f"deskapp (*{ENDING});; (*)")
        self.come_code = LatinField(N_("The code, for a file of another desk"))
        self.read_button = Button(N_("&Read the file"), icon="download", clicked=self.read)
        self.note = Banner()
        self.writing, self.reading = Form(), Form()
        self.writing.add("file", N_("File to write"), self.out)
        self.reading.add("file", N_("File to read"), self.come)
        self.reading.add("code", N_("Code of the file"), self.come_code,
                         hint=N_("Empty for the file that this desk wrote."))  # fmt: skip
        both = row(gap=HUGE)
        both.addLayout(column(self.writing, self.code, self.code_hint, row(self.write_button, 1), 1), 1)
        both.addLayout(column(self.reading, row(self.read_button, 1), 1), 1)
        self.add(self.note)
        self.add(both)
        self.code.hide()
        self.code_hint.hide()
        self.setAcceptDrops(True)
        self.come_code.returnPressed.connect(self.read)

    @property
    def _store(self) -> Store:
        """The open store; only for work threads."""
        return cast("Store", self._context.jobs.store)

    def suggest(self, station_no: int, day: str) -> None:
        """Propose a name while none was given."""
        if not self.out.value():
            self.out.set_value(str(Path.home() / f"deskapp-{station_no:05d}-{day}{ENDING}"))

    def write(self) -> None:
        """Write the file."""
        file = Path(self.out.value())
        if not self.out.value():
            self._name_it(self.writing)
            return
        self._begin()

        def work(_progress: Progress) -> Written:
            from deskapp.secrets import system_keyring
            from deskapp.sync.carrier import write_file

            return write_file(self._store, file, keyring=system_keyring())

        self._context.jobs.background(
            work, owner=self, then=lambda made: self._written(made, file),
            refused=lambda error: self._refused(error, self.writing),
        )  # fmt: skip

    def read(self) -> None:
        """Read a file: bring another desk's acts to the server, or take the server's answer in."""
        file, code = Path(self.come.value()), self.come_code.text().strip()
        if not self.come.value():
            self._name_it(self.reading)
            return
        self._begin()
        pieces: list[Changes] = []

        def work(_progress: Progress) -> Read:
            from deskapp.secrets import system_keyring
            from deskapp.sync.carrier import read_file

            return read_file(self._store, file, code=code, keyring=system_keyring(), told=pieces.append)

        def done(found: Read) -> None:
            self._free(True)
            for changes in pieces:
                self._context.jobs.changed.emit(changes)
            self._was_read(found)

        self._context.jobs.background(
            work, owner=self, then=done, refused=lambda error: self._refused(error, self.reading)
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Read what was dropped as soon as its code is there."""
        for url in event.mimeData().urls()[:1]:
            self.come.set_value(url.toLocalFile())
            self.come_code.setFocus()

    def _begin(self) -> None:
        self.writing.clear_errors()
        self.reading.clear_errors()
        self.note.clear()
        self._free(False)

    def _free(self, free: bool) -> None:
        self.write_button.setEnabled(free)
        self.read_button.setEnabled(free)

    def _written(self, made: Written, file: Path) -> None:
        self._free(True)
        if not made.acts:
            self.note.say("info", N_("Nothing waits here, so the file is empty. There is nothing to carry."))
            self._show(self.note)
            return
        self.code.put(made.code)
        self.code.show()
        self.code_hint.show()
        self.note.say("ok", N_("{count} acts are in {file}."), count=made.acts, file=file.name)
        self._show(self.code_hint)

    def _was_read(self, found: Read) -> None:
        self.come_code.clear()
        if found.forwarded:
            text = N_("{sent} acts of another desk brought to the server. Bring the file back there.")
        else:
            text = N_("The server has the {sent} acts of this file. What others did comes when the line is back.")
            self.code.hide()
            self.code_hint.hide()
        self.note.say("ok", text, sent=found.sent)
        self._show(self.note)

    def _refused(self, error: DeskError, form: Form) -> None:
        self._free(True)
        form.refuse(error, otherwise=lambda sentence: self.note.put("danger", sentence))
        self._show(form.rows.get(error.field, self.note))

    def _name_it(self, form: Form) -> None:
        form.rows["file"].refuse(spoken(N_("Name the file first.")))
        self._show(form.rows["file"])

    def _show(self, part: QWidget) -> None:
        """Bring what came of it into sight: by its key this card works from anywhere on the page."""
        QTimer.singleShot(0, part, lambda: into_view(part))  # once the page has made room for it
