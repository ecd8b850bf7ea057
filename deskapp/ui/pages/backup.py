"""Backup and recovery: what is safe where, backing up now, the second place, a new recovery code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QProgressBar

from deskapp import settings
from deskapp.clock import shop_time
from deskapp.errors import N_, DeskError
from deskapp.i18n import language, say
from deskapp.models.second_copy import Second, Standing, follow
from deskapp.models.store import Changes
from deskapp.ui import first_start_work
from deskapp.ui.kit import (
    Banner,
    Button,
    Card,
    Cell,
    Column,
    ConfirmBar,
    DataTable,
    EmptyState,
    Form,
    NumberField,
    Page,
    PageContext,
    Pill,
    Progress,
    Text,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages import backup_work as work
from deskapp.ui.pages.backup_work import Backups, Kept
from deskapp.ui.pages.settings_fields import PathField

if TYPE_CHECKING:
    from deskapp.models.store import Store

DAY_MS = 86_400_000
SECOND = {
    Standing.OFF: ("muted", N_("The copy of the journal lies beside the data only.")),
    Standing.MISSING: ("warn", N_("{folder} is not there. The copy goes on by itself when the disk is back;"
                                  " work goes on meanwhile.")),
    Standing.FAILED: ("warn", N_("{folder} cannot be written: it is full, or locked. Work goes on; the copy is made up"
                                 " for later.")),
    Standing.SAME_DISK: ("warn", N_("All {number} acts are there too, but {folder} is on the same disk as the data."
                                    " Choose another disk.")),
    Standing.KEPT: ("ok", N_("All {number} acts are in {folder} too.")),
}  # fmt: skip
"""How the second place of the journal copy stands, in words."""


class BackupPage(Page):
    """Every backup was opened and checked before it counted; this page says so and makes more of them."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Backup and recovery"),
            N_("A backup is one encrypted file. It is opened and checked as soon as it is written."),
        )  # fmt: skip
        self.state = Pill()
        self.behind = Text(role="muted", wrap=True)
        self.now_button = Button(N_("Back up &now"), "primary", icon="database-export", clicked=self.back_up)
        self.to_button = Button(N_("Back up to a USB disk …"), icon="external-link", clicked=self._choose)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.hide()
        self.place = PathField(N_("Folder on a USB disk"), name=settings.BACKUP_FOLDER.title)
        self.days = NumberField(low=1, high=60)
        self.journal = PathField(N_("Folder on another disk"), name=settings.JOURNAL_FOLDER.title)
        self.journal_state = Text(role="muted", wrap=True)
        self.table = DataTable(
            [
                Column("when", N_("Made at"), lambda kept: f"{shop_time(kept.made_at):%Y-%m-%d %H:%M}", 170),
                Column("name", N_("File"), lambda kept: kept.path.name, 0),
                Column("acts", N_("Acts"), lambda kept: str(kept.acts), 90, right=True),
                Column("size", N_("Size"), lambda kept: megabytes(kept.size), 100, right=True),
                Column("state", N_("Last check"), self._checked_cell, 180),
            ],
            name=N_("Backups beside the data"), empty=EmptyState("database-export", N_("There is no backup yet.")),
        )  # fmt: skip
        self.check_button = Button(N_("Check the chosen one again"), icon="shield-check", clicked=self.check)
        self._passed: dict[Path, bool] = {}
        self.code = CodeCard(self)
        self._arrange()
        self.place.edited.connect(lambda path: self.context.set_value(settings.BACKUP_FOLDER, path))
        self.days.editingFinished.connect(self._days)
        self.journal.edited.connect(lambda path: self.context.set_value(settings.JOURNAL_FOLDER, path))

    @property
    def store(self) -> Store:
        """The open store; only for work threads."""
        return cast("Store", self.jobs.store)

    def open(self, **args: object) -> None:
        """Look what there is."""
        values = self.context.values()
        self.place.set_value(values[settings.BACKUP_FOLDER])
        self.days.set_value(values[settings.BACKUP_DAYS])
        self.journal.set_value(values[settings.JOURNAL_FOLDER])
        reveal(self.code, self.context.may("restore"))
        self.look()
        self.focus_first(self.now_button)

    def changed(self, changes: Changes) -> None:
        """Show settings changed elsewhere."""
        if changes.touches("setting"):
            self.look()

    def look(self) -> None:
        """Ask which backups there are."""
        folder = self.context.values()[settings.BACKUP_FOLDER]
        self.jobs.background(lambda _p: work.look(self.store, folder), owner=self, then=self._here)
        second = self.context.values()[settings.JOURNAL_FOLDER]
        self.jobs.background(lambda _p: follow(self.store, second), owner=self, then=self._second_place)

    def back_up(self) -> None:
        """Write a backup beside the data, and to the second place if there is one."""
        self._begin()
        folder = self.context.values()[settings.BACKUP_FOLDER]

        def both(progress: Progress) -> Path:
            from deskapp.ui.care import carry

            made = work.write(self.store, None, progress)
            return carry(made, Path(folder), progress) if folder else made

        self.jobs.background(both, owner=self, then=self._written, refused=self._refused, progress=self._progress)

    def back_up_to(self, target: str) -> None:
        """Write a backup to a file or folder."""
        self._begin()
        self.jobs.background(lambda progress: work.write(self.store, Path(target), progress), owner=self,
                             then=self._written, refused=self._refused, progress=self._progress)  # fmt: skip

    def check(self) -> None:
        """Open the chosen backup once more."""
        kept = self.table.current()
        if kept is None:
            self.banner.say("info", N_("Choose a backup in the list."))
            return
        self._begin()
        self.jobs.background(lambda _p: work.check(self.store, kept.path), owner=self, then=self._checked,
                             refused=lambda error: self._failed_check(kept, error))  # fmt: skip

    def _arrange(self) -> None:
        status = Card(N_("How safe the data is"), icon="shield-check")
        status.add(row(self.state, 1))
        status.add(self.behind)
        status.add(self.bar)
        status.add(row(self.now_button, self.to_button, 1))
        hint = N_("A disk can break with everything on it. The daily backup is copied here too.")
        places = Card(N_("A second place"), icon="folder", hint=hint)
        form = Form(columns=2)
        form.add("folder", settings.BACKUP_FOLDER.title, self.place)
        form.add("days", settings.BACKUP_DAYS.title, self.days)
        form.add("journal", settings.JOURNAL_FOLDER.title, self.journal, span=2,
                 hint=N_("Every act is written there within seconds. In the folder of the backups a restore finds it."))
        places.add(form)
        places.add(self.journal_state)
        kept = Card(N_("Backups beside the data"), icon="history")
        kept.add(self.table)
        self.table.setMinimumHeight(220)
        kept.add(row(self.check_button, 1))
        back = Card(N_("Bringing a backup back"), icon="refresh")
        back.add(Text(N_("Lock the window and press “Recovery” on the sign-in screen. What is here is set aside first,"
                         " never deleted. On a new computer the first start offers the same."), wrap=True))  # fmt: skip
        for card in (status, places, kept, self.code, back):
            self.add(card)

    def _here(self, found: Backups) -> None:
        self.table.set_rows(found.beside, keep=lambda kept: kept.path)
        newest = max((kept for kept in (*found.beside, *found.away)), key=lambda kept: kept.made_at, default=None)
        if newest is None:
            self.state.show_state(N_("No backup yet"), "danger", "alert-circle")
            self.behind.put("")
            return
        days = max(0, self.context.now() - newest.made_at) // DAY_MS
        late = days >= self.context.values()[settings.BACKUP_DAYS]
        when = f"{shop_time(newest.made_at):%Y-%m-%d %H:%M}"
        self.state.show_state(N_("Newest backup: {when}"), "warn" if late else "ok",
                              "alert-triangle" if late else "circle-check", when=when)  # fmt: skip
        self.behind.say(
            N_("{count} acts since then are in the data and in the copy of the journal."),
            count=max(0, found.acts - newest.acts),
        )

    def _second_place(self, second: Second) -> None:
        role, sentence = SECOND[second.standing]
        self.journal_state.set_role(role)
        self.journal_state.say(sentence, folder=second.folder, number=second.head)

    def _choose(self) -> None:
        dialog = QFileDialog(self, spoken(N_("Where to? A USB disk, for instance")))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.back_up_to)
        dialog.open()

    def _begin(self) -> None:
        self.banner.clear()
        self._free(False)
        self.bar.setRange(0, 0)
        self.bar.show()

    def _progress(self, done: int, total: int) -> None:
        self.bar.setRange(0, max(total, 1) if done else 0)
        self.bar.setValue(done)

    def _free(self, free: bool) -> None:
        for button in (self.now_button, self.to_button, self.check_button):
            button.setEnabled(free)
        if free:
            self.bar.hide()

    def _written(self, place: Path) -> None:
        self._free(True)
        self.banner.say("ok", N_("Backed up and checked: {place}"), place=str(place))
        self.look()

    def _checked(self, kept: Kept) -> None:
        self._free(True)
        self._passed[kept.path] = True
        self.table.retranslate()
        self.banner.say("ok", N_("This backup opens and every page of it passed its check."))

    def _failed_check(self, kept: Kept, error: DeskError) -> None:
        self._passed[kept.path] = False
        self.table.retranslate()
        self._refused(error)

    def _refused(self, error: DeskError) -> None:
        self._free(True)
        self.banner.put("danger", say(error))
        self.look()

    def _checked_cell(self, kept: Kept) -> Cell:
        passed = self._passed.get(kept.path)
        if passed is None:
            return Cell(spoken(N_("checked when made")), "muted")
        return Cell(spoken(N_("passed now")), "ok", "check") if passed else Cell(spoken(N_("damaged")), "danger", "x")

    def _days(self) -> None:
        value = self.days.value()
        if value is not None and value != self.context.values()[settings.BACKUP_DAYS]:
            self.context.set_value(settings.BACKUP_DAYS, value)


class CodeCard(Card):
    """A new recovery code, when the sheet is lost; shown once, printed or saved, never kept."""

    def __init__(self, page: BackupPage) -> None:
        hint = N_("If the sheet in the safe is lost or was seen by others, make a new code.")
        super().__init__(N_("Recovery code"), icon="key", hint=hint)
        self.page = page
        self.code = Text(role="display", copy=True)
        self.code.hide()
        self.ask = ConfirmBar()
        self.note = Banner("info")
        self.make = Button(N_("Make a new recovery code …"), icon="refresh", clicked=self._ask)
        self.print_button = Button(N_("Print"), icon="printer", clicked=self._print)
        self.done = Button(N_("It is in the safe"), icon="check", clicked=self._forget)
        for widget in (self.code, self.ask, self.note):
            self.add(widget)
        self.add(row(self.make, self.print_button, self.done, 1))
        self.print_button.hide()
        self.done.hide()
        self._shown = ""

    def show_code(self, code: str) -> None:
        """Show the new code, this once."""
        self._shown = code
        self.code.put("  ".join(code.split("-")))
        for widget in (self.code, self.print_button, self.done):
            widget.show()
        self.make.hide()
        self.note.say("warn", N_("The old code opens older backups only. Make a backup now, with the new one."))

    def _ask(self) -> None:
        self.ask.ask(N_("Replace the recovery code? The old sheet is then worth nothing for new backups."),
                     N_("Replace it"), self._replace)  # fmt: skip

    def _replace(self) -> None:
        self.page.jobs.background(lambda _p: work.new_code(self.page.store), owner=self, then=self.show_code,
                                  refused=self._refused)  # fmt: skip

    def _print(self) -> None:
        address = self.page.context.values()[settings.PAGE_PRINTER]
        actor = self.page.context.actor()
        code, name = self._shown, actor.name if actor else ""

        def send(_progress: Progress) -> str:
            from deskapp.print.printers import find_printers

            found = find_printers()
            chosen = address or (found[0].address if found else "")
            if chosen:
                sheet = first_start_work.recovery_sheet(code, "", name, language())
                first_start_work.print_sheet(chosen, sheet)
            return chosen

        self.page.jobs.background(send, owner=self, then=self._printed, refused=self._refused)

    def _printed(self, printer: str) -> None:
        if printer:
            self.note.say("ok", N_("The sheet is at the printer {name}. Check that it is readable."),
                          name=printer.partition(":")[2])  # fmt: skip
        else:
            self.note.say("warn", N_("No printer is set up. Copy the code by hand."))

    def _forget(self) -> None:
        self._shown = ""
        self.code.put("")
        for widget in (self.code, self.print_button, self.done, self.note):
            widget.hide()
        self.make.show()

    def _refused(self, error: DeskError) -> None:
        self.note.put("danger", say(error))


def megabytes(size: int) -> str:
    """Return a size in MB."""
    return f"{size / 1e6:.1f} MB"
