"""The first start of a computer that joins a branch: recovery code, printers, the central server, a PIN of one's own.

The printers come before the server, because the one-time code runs out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QProgressBar, QWidget

from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models import opening
from deskapp.queries.joining import Welcomed
from deskapp.sync.invitation import Joined
from deskapp.ui.enrol_card import EnrolCard, clock_sentence
from deskapp.ui.first_start_join import FOR_GOOD, NOT_ASKED, Beginning
from deskapp.ui.first_start_work import Answers
from deskapp.ui.pages.first_start import Steps
from deskapp.ui.pages.first_start_steps import PinStep, Step
from deskapp.ui.speech import spoken
from deskapp.ui.widgets.notices import Banner
from deskapp.ui.widgets.text import Text, reveal

if TYPE_CHECKING:
    from deskapp.ui.first_start import Gate


ASK_AGAIN_MS = 5_000
"""How long after an answer without the branch's own record the server is asked for it once more."""


class ServerStep(Step):
    """Address and code of the central server."""

    title = N_("Central server")
    hint = N_(
        "Branch, colleagues, merchants and devices come from there. From then on this desk sends what is done here by"
        " itself, and works on when the line is down."
    )

    def __init__(self, card: EnrolCard) -> None:
        super().__init__()
        self.card = card
        self.body.addWidget(card)

    def first(self) -> QWidget:
        return self.card.first()


class OwnPinStep(PinStep):
    """Who is here, with a PIN for this computer; meanwhile the first of what the server has comes in."""

    title = N_("You")
    hint = N_(
        "PINs never travel: choose yours for this computer. Colleagues choose theirs at their first sign-in here, with"
        " you or another supervisor or administrator standing by."
    )

    def __init__(self, done: Callable[[], object]) -> None:
        super().__init__()
        self.banner = Banner("info", dismissible=False)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.words = Text(role="muted", wrap=True)
        self.form.add("staff_no", N_("Your &staff number"), self.staff_no, needed=True)
        self.name_row = self.form.add("name", N_("Your &name"), self.name, needed=True)
        self.ask_pin()
        for part in (self.banner, self.words, self.progress, self.form):
            self.body.addWidget(part)
        self.banner.hide()
        self.name_row.hide()
        self.here = False
        self.chain([self.name, self.pin, self.again], done)
        self.staff_no.returnPressed.connect(self._after_number)
        self.show_progress(0, 0)

    def first(self) -> QWidget:
        return self.staff_no

    def _after_number(self) -> None:
        (self.pin if self.name_row.isHidden() else self.name).setFocus()

    def show_joined(self, joined: Joined) -> None:
        """Say where this desk belongs now."""
        if joined.clock_off_ms:
            self.banner.put("warn", clock_sentence(joined.clock_off_ms))
        else:
            self.banner.say("ok", N_("Connected: {site}, station {number}."), site=joined.site_name,
                            number=f"{joined.number:05d}")  # fmt: skip

    def show_resumed(self) -> None:
        """Say that an earlier first start goes on here."""
        self.banner.say("ok", N_("The first start goes on where it broke off. This desk is connected already: no new"
                                 " code is needed, and the recovery code you wrote down holds."))  # fmt: skip

    def show_progress(self, done: int, total: int) -> None:
        """Show how much of the first fill is here."""
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.words.say(N_("What the server has is coming in. You can fill in your number and PIN meanwhile."))
        self.progress.setAccessibleName(spoken(N_("First fill")))

    def show_waiting(self) -> None:
        """All that the server has is here, but not the branch itself: its first computer has not sent it yet."""
        self.progress.setRange(0, 0)
        self.words.say(N_("Connected, but the branch's first computer has not sent the branch's records yet. Let it go"
                          " online once. This goes on by itself as soon as they are there."))  # fmt: skip

    def show_welcome(self, found: Welcomed) -> None:
        """The first fill is far enough: somebody can be let in."""
        self.here = True
        self.progress.hide()
        reveal(self.name_row, not found.supervised)
        if found.supervised:
            self.words.say(N_("{count} people are known here. What is still missing comes in while you work."),
                           count=found.people)  # fmt: skip
        else:
            self.words.say(N_("The server knows nobody yet who could let others in. You become administrator and"
                              " supervisor of this branch."))  # fmt: skip

    def ready(self) -> bool:
        self.form.clear_errors()
        if not self.pin_ready():
            return False
        if not self.here:
            self.words.say(N_("One moment: who works here is still on the way."))
            return False
        if not self.name_row.isHidden() and not self.name.text().strip():
            return self.refuse("name", spoken(N_("Enter the name.")))
        return True

    def fill(self, answers: Answers) -> None:
        answers.staff_no, answers.pin = self.staff_no.text().strip(), self.pin.text()
        answers.name = "" if self.name_row.isHidden() else self.name.text().strip()


class JoinWizard(Steps):
    """Joins a branch. The store is made when the server is asked; from the answer on there is no way back.

    `resumed`: an earlier first start broke off after the answer; it goes on with what is here, at its last step.
    """

    def __init__(self, gate: Gate, *, resumed: bool = False) -> None:
        super().__init__(gate)
        if resumed and gate.key is not None:
            self.fresh = opening.Fresh(gate.key)
        self.beginning = Beginning(gate.home, self.fresh, left=gate.key, resumed=resumed)
        beginning, answers = self.beginning, self.answers
        self.card = EnrolCard(gate.jobs, lambda wish: beginning.connect(answers, wish), own_button=False)
        self.card.joined.connect(self._joined)
        self.card.busy.connect(self._asked)
        self.server = ServerStep(self.card)
        self.you = OwnPinStep(self.next)
        self.joined: Joined | None = None
        self.arrange([
            (N_("Recovery code"), self.key), (N_("Printers"), self.printers), (N_("Central server"), self.server),
            (N_("You"), self.you),
        ])  # fmt: skip
        self.destroyed.connect(lambda _gone=None: beginning.close())
        if resumed:
            self.resume()

    def resume(self) -> None:
        """Go on at the last step: this desk is connected, and its recovery code is written down."""
        self.joined = Joined(0, "", "", 0)
        self.you.show_resumed()
        self.go(len(self.steps) - 1)
        self._fill()

    def go(self, place: int) -> None:
        """Show a step; once connected, only the last one is left."""
        if self.joined is not None and place < len(self.steps) - 1:
            return
        super().go(place)
        self.back_button.setEnabled(self.joined is None)
        if self.steps[place] is self.server:
            self.next_button.say(N_("Connec&t"))
            self.next_button.set_icon("cloud")

    def next(self) -> None:
        """Go on; at the server's step the server is asked first."""
        if self.stack.currentWidget() is self.server and self.joined is None:
            self.card.submit()
        else:
            super().next()

    def finish(self) -> None:
        self.banner.clear()
        self._finish()

    def _finish(self, *, unasked: bool = False) -> None:
        beginning, answers = self.beginning, self.answers
        self.gate.jobs.background(
            lambda _progress: beginning.choose_pin(answers, unasked=unasked), owner=self, then=self._done,
            refused=self._refused,
        )  # fmt: skip

    def _finish_unasked(self) -> None:
        self.banner.clear()
        self._free(False)
        self._finish(unasked=True)

    def _refused(self, error: DeskError) -> None:
        super()._refused(error)
        if error.code == NOT_ASKED:
            self.banner.put("warn", say(error))
            self.banner.offer(N_("Go on without asking"), self._finish_unasked)
        elif error.code in FOR_GOOD:
            self._not_filled(error)

    def _joined(self, joined: Joined) -> None:
        self.joined = joined
        self.you.show_joined(joined)
        self.go(len(self.steps) - 1)
        self._fill()

    def _asked(self, busy: bool) -> None:
        self._free(not busy)
        self.gate.key = self.beginning.left  # the store is there from the first question on, and only this opens it

    def _fill(self) -> None:
        beginning, answers = self.beginning, self.answers
        self.gate.jobs.background(
            lambda progress: beginning.fill(answers, progress.at), owner=self, then=self._filled,
            refused=self._not_filled, progress=self.you.show_progress,
        )  # fmt: skip

    def _filled(self, found: Welcomed) -> None:
        """Let somebody in, but never before the branch is known: what is entered without one belongs nowhere."""
        if found.site:
            self.you.show_welcome(found)
            return
        self.you.show_waiting()
        QTimer.singleShot(ASK_AGAIN_MS, self, self._fill)

    def _not_filled(self, error: DeskError) -> None:
        """The line broke off in the middle: what came stays, and one press goes on."""
        self.banner.put("warn", say(error))
        if error.code in FOR_GOOD:
            self.banner.offer(N_("Begin anew …"), self._anew)
        else:
            self.banner.offer(N_("Try again"), self._again)

    def _anew(self) -> None:
        self.beginning.close()
        self.gate.first_start()

    def _again(self) -> None:
        self.banner.clear()
        self._fill()

    def _done(self, key: bytes) -> None:
        self.gate.done(self.gate.home, key)

    def _free(self, free: bool) -> None:
        super()._free(free)
        if self.joined is not None:
            self.back_button.setEnabled(False)
