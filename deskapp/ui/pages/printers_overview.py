"""One printer at a glance: how it is, what is known of it, a test paper, pause, remove."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.commands.printer_profiles import forget_printer, pause_printer
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.print.printers import Condition
from deskapp.queries.printers import PaperLeft
from deskapp.rules.printer_profiles import Profile
from deskapp.ui.kit import Button, ConfirmBar, Facts, PageContext, Picture, Text, reveal, row, spoken
from deskapp.ui.pages.printer_words import (
    LANGUAGES,
    condition_look,
    kind_of_printer,
    media_for,
    medium_title,
    printer_name,
)
from deskapp.ui.pages.printers_test import learned_words
from deskapp.ui.pages.printers_work import Tested, print_test
from deskapp.ui.tokens import MEDIUM


class Overview(QWidget):
    """How one printer is, what is known of it, and what can be done with it at once.

    Signals:
        removed: the printer is no longer set up here.
    """

    removed = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.profile = Profile("")
        self._profiles: Mapping[str, Profile] = {}
        self._left: tuple[PaperLeft, ...] = ()
        self._condition: Condition | None = None
        self.look = Picture("clock", "muted", 20)
        self.sentence = Text(role="strong", wrap=True)
        self.facts = Facts()
        for key, label in (
            ("kind", N_("Kind")), ("address", N_("Address")), ("language", N_("Language")), ("head", N_("Resolution")),
            ("fallback", N_("Takes over")), ("learned", N_("Proof of papers")), ("left", N_("Paper left")),
        ):  # fmt: skip
            self.facts.add(key, label)
        self.ask_button = Button(N_("Ask it &now"), icon="refresh")
        self.test = Button(N_("Print a &test paper"), icon="printer", clicked=self.print_test)
        self.pause = Button(N_("Pause printing"), "quiet", icon="player-pause", clicked=self._pause)
        self.remove = Button(N_("Re&move …"), "quiet", icon="trash", clicked=self._ask_remove)
        self.confirm = ConfirmBar()
        self.told = Text(role="info", wrap=True)
        self.told.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        line = row(self.look, self.sentence)
        line.setStretch(1, 1)
        column.addLayout(line)
        column.addWidget(self.facts)
        column.addLayout(row(self.test, self.ask_button, self.pause, self.remove, 1))
        column.addWidget(self.told)
        column.addWidget(self.confirm)

    def show_printer(
        self, profile: Profile, known: Mapping[str, Profile], left: tuple[PaperLeft, ...], condition: Condition | None
    ) -> None:
        """Show a printer."""
        if profile.address != self.profile.address:
            self.told.hide()
            self.confirm.hide()
        self.profile, self._profiles, self._left, self._condition = profile, known, left, condition
        self.retranslate()

    def show_condition(self, condition: Condition) -> None:
        """Show how it is."""
        self._condition = condition
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the window's language."""
        profile = self.profile
        tone, icon, sentence = condition_look(self._condition, paused=profile.paused)
        self.look.show_icon(icon, tone)
        self.sentence.say(sentence)
        language = next((one.shown() for one in LANGUAGES if one.value == profile.language), "")
        words = {
            "kind": kind_of_printer(profile), "address": profile.address, "language": language,
            "head": spoken(N_("203 dots per inch") if profile.dots_per_mm == 8 else N_("300 dots per inch"))
            if profile.raw else "",
            "fallback": printer_name(profile.fallback, self._profiles) if profile.fallback else spoken(N_("Nobody")),
            "learned": self._learned(),
            "left": "; ".join(
                spoken(N_("{medium}: about {left} of {of}"), medium=medium_title(one.medium), left=one.left, of=one.of)
                for one in self._left
            ),
        }  # fmt: skip
        for key, value in words.items():
            self.facts.put(key, value or "–")
        self.pause.say(N_("Go on printing") if profile.paused else N_("Pause printing"))
        self.pause.set_icon("player-play" if profile.paused else "player-pause")

    def _learned(self) -> str:
        if not self.profile.raw:
            return ""
        if not self.profile.learned_at:
            return spoken(N_("not tested yet; the test run finds out what it can prove"))
        return " ".join(spoken(text) for text, _tone, _icon in learned_words(self.profile.learned))

    def print_test(self) -> None:
        """Print one test paper."""
        profile = self.profile
        medium = next(iter(profile.tunes), "") or media_for(profile)[0]
        self.test.setEnabled(False)
        self.context.jobs.background(
            lambda _progress: print_test(profile, medium), owner=self, then=self._printed, refused=self._refused
        )

    def _printed(self, done: Tested) -> None:
        self.test.setEnabled(True)
        self.told.set_role("ok" if done.sent else "warn")
        words = done.words or (
            N_("The test paper is at the printer.") if done.sent else N_("The printer did not take it whole.")
        )
        self.told.say(words)
        reveal(self.told)

    def _refused(self, error: DeskError) -> None:
        self.test.setEnabled(True)
        self.told.set_role("danger")
        self.told.put(say(error))
        reveal(self.told)

    def _pause(self) -> None:
        act = pause_printer(address=self.profile.address, paused=not self.profile.paused)
        self.context.jobs.do(act, owner=self, refused=self._refused)

    def _ask_remove(self) -> None:
        self.confirm.ask(
            N_("Remove “{name}” from this computer? Its adjustments go too; papers that wait for it go where the"
               " settings say."), N_("Remove"), self._remove, name=printer_name(self.profile.address, self._profiles),
        )  # fmt: skip

    def _remove(self) -> None:
        act = forget_printer(address=self.profile.address)
        self.context.jobs.do(act, owner=self, then=lambda _done: self.removed.emit(), refused=self._refused)
