"""The test run of a printer: what it can say about itself, found out with ten labels or one receipt, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.commands.printer_profiles import keep_learned
from deskapp.errors import N_
from deskapp.rules.printer_profiles import Capabilities, Profile
from deskapp.ui.kit import Button, Choice, Happening, PageContext, Text, Timeline, reveal, row, spoken
from deskapp.ui.pages.printer_words import media_for, medium_title
from deskapp.ui.pages.printers_work import print_passport
from deskapp.ui.pages.settings_fields import Pick
from deskapp.ui.pages.words import full_moment
from deskapp.ui.tokens import MEDIUM

if TYPE_CHECKING:
    from deskapp.print.passport import Passport


def learned_words(learned: Capabilities) -> list[tuple[str, str, str]]:
    """Return what a test run learned, each as sentence, tone and icon; empty for a printer never tested."""
    from deskapp.print.passport import SENTENCES

    told = []
    for known, yes, no in (
        (learned.status, "status_yes", "status_no"), (learned.counter, "count_yes", "count_no"),
        (learned.ack, "ack_yes", "ack_no"),
    ):  # fmt: skip
        if known is not None:
            told.append((SENTENCES[yes if known else no], "ok" if known else "muted", "check" if known else "minus"))
    return told


class TestRunPanel(QWidget):
    """Runs the test and shows what came of it.

    Signals:
        told: a sentence (message id) of a run under way; from any thread.
    """

    told = Signal(str, int)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.profile = Profile("")
        self.now = Text(wrap=True)
        self.medium = Pick(name=N_("Paper for the test"))
        self.start = Button(N_("Run the &test"), "primary", icon="player-play", clicked=self.run)
        self.hint = Text(
            N_("Prints ten numbered labels, or one receipt, and asks the printer about itself. What it can say is kept,"
               " so that nobody waits for answers that never come. Repeat it when the printer is exchanged."),
            "muted", wrap=True,
        )  # fmt: skip
        self.lines = Timeline()
        self.known = Timeline()
        self.known_title = Text(role="label")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        column.addWidget(self.hint)
        column.addLayout(row(self.medium, self.start, 1))
        for part in (self.now, self.lines, self.known_title, self.known):
            column.addWidget(part)
        self.told.connect(self._said)
        self._told: list[tuple[str, str, str]] = []
        reveal(self.now, False)

    def show_printer(self, profile: Profile) -> None:
        """Show what is known about a printer."""
        if profile.address != self.profile.address:
            self._told = []
            self.lines.set_happenings([])
            reveal(self.now, False)
        self.profile = profile
        media = media_for(profile)
        self.medium.set_choices([Choice(name, medium_title(name), raw=True) for name in media])
        self.retranslate()

    def retranslate(self) -> None:
        """Say what is known in the window's language."""
        learned = learned_words(self.profile.learned)
        if self.profile.learned_at:
            self.known_title.say(N_("Found out on {when}"), when=full_moment(self.profile.learned_at))
        else:
            self.known_title.say(N_("This printer has not been tested yet."))
        self.known.set_happenings([Happening("", spoken(text), "", "", icon, tone) for text, tone, icon in learned])
        self._draw()

    def run(self) -> None:
        """Print the test papers and ask the printer, in the background."""
        profile, medium = self.profile, self.medium.value() or media_for(self.profile)[0]
        count = 10 if medium.startswith("label") else 1
        self._told = []
        self.start.setEnabled(False)
        self.now.say(N_("The test is running …"))
        self.now.set_role("info")
        reveal(self.now)
        self.context.jobs.background(
            lambda _progress: print_passport(profile, medium, lambda text: self.told.emit(text, count)), owner=self,
            then=self._done,
        )  # fmt: skip

    def _said(self, text: str, count: int) -> None:
        self._told.append((text, "info", "info-circle"))
        self._count = count
        self._draw()

    _count = 0

    def _draw(self) -> None:
        self.lines.set_happenings(
            [Happening("", spoken(text, count=self._count), "", "", icon, tone) for text, tone, icon in self._told]
        )

    def _done(self, found: object) -> None:
        passport: Passport = found  # type: ignore[assignment]
        self.start.setEnabled(True)
        if passport.learned is None:
            self.now.set_role("danger")
            self.now.put(spoken(N_("The test broke off: {reason}"), reason=spoken(passport.reason)))
            return
        self._told.extend((text, "ok", "check") for text in passport.findings)
        self._draw()
        self.now.set_role("ok")
        self.now.say(N_("The test is done: {count} papers were handed over."), count=passport.sent)
        act = keep_learned(address=self.profile.address, learned=passport.learned)
        self.context.jobs.do(act, owner=self)
