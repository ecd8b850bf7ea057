"""The first start: what to begin with, and the wizard that sets up a branch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from deskapp import settings
from deskapp.errors import N_, DeskError
from deskapp.i18n import language, say
from deskapp.models import opening
from deskapp.ui import first_start_work as work
from deskapp.ui import theme
from deskapp.ui.first_start_work import Answers
from deskapp.ui.pages.first_start_steps import BranchStep, KeyStep, PersonStep, Step
from deskapp.ui.pages.settings_printing import PrintingForm
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import LARGE, MEDIUM, SMALL
from deskapp.ui.widgets.deck import Deck
from deskapp.ui.widgets.forms import row
from deskapp.ui.widgets.notices import Banner
from deskapp.ui.widgets.progress import Stepper
from deskapp.ui.widgets.text import Button, Text

if TYPE_CHECKING:
    from deskapp.paths import Home
    from deskapp.ui.first_start import Gate


class Welcome(QWidget):
    """Four ways to begin: set up this branch, join one by the server, try a sample branch, bring a backup back."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.gate = gate
        self.banner = Banner("danger", dismissible=False)
        self.set_up = _way("building-store", N_("Set up this branch"), gate.set_up, "primary")
        self.join = _way("cloud", N_("Connect with the central server"), gate.connect_desk)
        self.sample = _way("school", N_("Try it with a sample branch"), self._sample)
        self.restore = _way("database-export", N_("Bring a backup back"), gate.recovery)
        column = QVBoxLayout(self)
        column.setSpacing(MEDIUM)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(Text(N_("Welcome"), "title"))
        self.why = Banner("info", dismissible=False)
        column.addWidget(self.why)
        column.addWidget(Text(N_("There is no data on this computer yet. How do you want to begin?"), "muted"))
        column.addSpacing(SMALL)
        for button, hint in (
            (
                self.set_up,
                N_(
                    "Takes about five minutes: branch, first person, recovery code, printers. Works without"
                    " a server; one can be joined at any later time."
                ),
            ),
            (
                self.join,
                N_(
                    "For one more computer of a branch, or a branch that head office has set up. You need the"
                    " server's address and a one-time code."
                ),
            ),
            (self.sample, N_("Made-up merchants and devices, in a place of their own. Nothing in there is real.")),
            (self.restore, N_("For a replaced computer. You need the backup file and the recovery code.")),
        ):
            column.addWidget(button)
            column.addWidget(Text(hint, "muted", wrap=True))
            column.addSpacing(SMALL)
        self.working = Text(role="muted")
        column.addWidget(self.working)
        column.addWidget(self.banner)

    def first(self) -> QWidget:
        """Return where the focus begins: a desk that belonged to a server is most likely to do so again."""
        return self.join if self.why.isVisibleTo(self) else self.set_up

    def say_why(self, ended: DeskError) -> None:
        """Say what became of the desk that was here before."""
        self.why.put("info", say(ended))

    def _sample(self) -> None:
        self._free(False)
        self.working.say(N_("The sample branch is being made …"))
        home, wanted = self.gate.home, language()
        self.gate.jobs.background(
            lambda progress: work.set_up_sample(home, wanted, progress.at), owner=self, then=self._made,
            refused=self._refused,
        )  # fmt: skip

    def _made(self, made: tuple[Home, bytes]) -> None:
        self.gate.done(*made)

    def _refused(self, error: DeskError) -> None:
        self._free(True)
        self.working.put("")
        self.banner.put("danger", say(error))

    def _free(self, free: bool) -> None:
        for button in (self.set_up, self.join, self.sample, self.restore):
            button.setEnabled(free)


class PrintersStep(Step):
    """Where papers come out."""

    title = N_("Printers")
    hint = N_("Without a printer papers go to a folder as PDF files. All this can be changed later.")

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.printing = PrintingForm(gate.jobs, folder=str(gate.home.papers), short=True)
        self.printing.show_values(self.printing.values())
        self.body.addWidget(self.printing)

    def first(self) -> QWidget:
        return self.printing.picks["print.label_printer"]

    def fill(self, answers: Answers) -> None:
        import json

        answers.settings = {key: json.loads(text) for key, text in self.printing.values().stored.items()}


class Steps(QWidget):
    """Goes through steps that are asked one after the other; what comes of them is the heir's matter (`finish`)."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.gate = gate
        self.answers = Answers()
        self.fresh = opening.Fresh()
        self.key = KeyStep(self.fresh.recovery_code, self.next)
        self.printers = PrintersStep(gate)
        self.steps: list[Step] = []

    def arrange(self, steps: list[tuple[str, Step]]) -> None:
        """Show these steps by their short titles (message ids), beginning with the first."""
        self.steps = [step for _title, step in steps]
        self.stepper = Stepper([title for title, _step in steps])
        self.stack = Deck()
        for step in self.steps:
            step.body.addStretch(1)
            self.stack.addWidget(step)
        self.banner = Banner("danger", dismissible=False)
        self.back_button = Button(N_("&Back"), "quiet", icon="chevron-left", clicked=self.back)
        self.next_button = Button(N_("&Continue"), "primary", icon="chevron-right", clicked=self.next)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(LARGE)
        column.addWidget(self.stepper)
        column.addWidget(self.stack)
        column.addWidget(self.banner)
        column.addLayout(row(self.back_button, 1, self.next_button))
        self.stepper.wanted.connect(self.go)
        self.key.print_button.clicked.connect(self._print_code)
        self.key.save_button.clicked.connect(self._save_code)
        gate = self.gate
        gate.jobs.background(lambda _p: gate.keyring_missing(), owner=self, then=self._keyring_known)
        self.go(0)

    def first(self) -> QWidget:
        """Return where the focus begins."""
        return self.steps[self.stack.currentIndex()].first()

    def go(self, place: int) -> None:
        """Show a step."""
        step = self.steps[place]
        step.begin(self.answers)
        self.stack.setCurrentWidget(step)
        self.stepper.go(place)
        self.banner.clear()
        last = place == len(self.steps) - 1
        self.next_button.say(N_("&Finish") if last else N_("&Continue"))
        self.next_button.set_icon("check" if last else "chevron-right")
        step.first().setFocus(Qt.FocusReason.OtherFocusReason)
        self.gate.to_top()

    def back(self) -> None:
        """Go to the step before, or to the beginning."""
        place = self.stack.currentIndex()
        if place == 0:
            self.gate.first_start()
        else:
            self.go(place - 1)

    def next(self) -> None:
        """Go on when the step is complete; after the last one, finish."""
        place = self.stack.currentIndex()
        step = self.steps[place]
        if not self.next_button.isEnabled() or not step.ready():
            return
        step.fill(self.answers)
        self.answers.language = language()
        self.answers.settings |= {settings.THEME.key: theme.now().mode, settings.SCALE.key: theme.now().scale}
        if place + 1 < len(self.steps):
            self.go(place + 1)
        else:
            self._free(False)
            self.finish()

    def finish(self) -> None:
        """Make of the answers what they are for."""

    def _refused(self, error: DeskError) -> None:
        self._free(True)
        for place, step in enumerate(self.steps):
            form = getattr(step, "form", None)
            if form is not None and error.field in form.rows:
                self.go(place)
                form.refuse(error)
                return
        self.banner.put("danger", say(error))

    def _free(self, free: bool) -> None:
        self.next_button.setEnabled(free)
        self.back_button.setEnabled(free)

    def _keyring_known(self, missing: bool) -> None:
        self.key.show_passphrase(needed=missing)

    # -- the sheet for the safe ---------------------------------------------------

    def _sheet(self) -> tuple[bytes, float, float]:
        name = str(self.answers.site.get("name", ""))
        return work.recovery_sheet(self.fresh.recovery_code, name, self.answers.name, language())

    def _print_code(self) -> None:
        address = self.printers.printing.values().stored.get("print.page_printer", "")
        self.gate.jobs.background(lambda _p: self._print_on(address), owner=self, then=self._printed,
                                  refused=self._not_printed)  # fmt: skip

    def _print_on(self, address: str) -> str:
        from deskapp.print.printers import find_printers

        found = find_printers()
        if not address and not found:
            return ""
        work.print_sheet(address.strip('"') or found[0].address, self._sheet())
        return address or found[0].name

    def _printed(self, printer: str) -> None:
        if printer:
            self.key.note.say("ok", N_("The sheet is at the printer {name}. Check that it is readable."), name=printer)
        else:
            self.key.note.say("warn", N_("No printer is set up. Copy the code by hand, or save it to a USB stick."))

    def _not_printed(self, error: DeskError) -> None:
        self.key.note.put("warn", say(error))

    def _save_code(self) -> None:
        dialog = QFileDialog(self, spoken(N_("Save the sheet, on a USB stick for instance")))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("pdf")
        dialog.setNameFilter("PDF (*.pdf)")
        dialog.fileSelected.connect(self.save_code)
        dialog.open()

    def save_code(self, path: str) -> None:
        """Write the sheet to a file."""
        self.gate.jobs.background(lambda _p: work.save_sheet(Path(path), self._sheet()), owner=self,
                                  then=lambda _none: self._saved(), refused=self._not_printed)  # fmt: skip

    def _saved(self) -> None:
        self.key.note.say(
            "ok", N_("Saved. Do not leave the file on this computer: the code does not belong beside the data.")
        )


class Wizard(Steps):
    """Sets up a branch. Nothing is on the disk before the last step."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(gate)
        self.branch = BranchStep(self.next)
        self.person = PersonStep(self.next)
        self.arrange([
            (N_("Branch"), self.branch), (N_("You"), self.person), (N_("Recovery code"), self.key),
            (N_("Printers"), self.printers),
        ])  # fmt: skip

    def finish(self) -> None:
        home, answers, fresh, left = self.gate.home, self.answers, self.fresh, self.gate.key
        self.gate.jobs.background(
            lambda progress: work.set_up(home, answers, fresh, progress.at, left), owner=self,
            then=lambda key: self.gate.done(home, key), refused=self._refused,
        )  # fmt: skip


def _way(icon: str, text: str, clicked: object, role: str = "") -> Button:
    button = Button(text, role, icon=icon, clicked=clicked)  # type: ignore[arg-type]
    button.setMinimumHeight(48)
    return button
