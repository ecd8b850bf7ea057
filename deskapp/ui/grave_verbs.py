"""Commands of the laminated sheet that cannot be taken back: whoever scans one proves first who they are.

A sheet lies at every bench and anybody may scan it. A word that decides what becomes of a device therefore counts only
after the badge or the PIN of the person who is signed in, so that the act is in the name of whoever does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import Page
from deskapp.ui.shell import Shell
from deskapp.ui.speech import spoken

if TYPE_CHECKING:
    from deskapp.commands.people import Tried
    from deskapp.models.store import Actor

WHY: Final[Mapping[str, str]] = {
    "TAMPEROK": N_("You answer for it that the device is intact."),
    "QUARANTINE": N_("You put a device into quarantine."),
    "RELEASE": N_("You let a device out of quarantine."),
    "SCRAP": N_("You have a device destroyed."),
    "VOID": N_("You take back a check-in."),
}
"""What a word of the sheet does, in the eyes of whoever answers for it."""

OTHERWISE: Final = N_("What you do now cannot be taken back.")


class GraveVerbs(QObject):
    """Asks for the badge or PIN of the person at the desk, and does the command when it is theirs."""

    def __init__(self, jobs: Jobs, shell: Shell, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs, self._shell = jobs, shell
        self._wish: Callable[[], object] | None = None
        shell.proof.badge_given.connect(self._badge)
        shell.proof.pin_given.connect(self._pin)
        shell.proof.declined.connect(self._leave)

    def do(self, page: Page, word: str, act: Callable[[], object]) -> None:
        """Do a command on a page, after the proof where it is a grave one there."""
        if self._actor() is None or not page.is_grave(word):
            act()
            return
        self._wish = act
        self._shell.proof.ask(WHY.get(word, OTHERWISE))

    def _badge(self, code: str) -> None:
        from deskapp.queries.badges import staff_with_badge

        self._jobs.ask(
            lambda session: staff_with_badge(session, code), owner=self._shell.proof, then=self._found,
            exclusive="proof",
        )  # fmt: skip

    def _found(self, staff_id: str) -> None:
        actor = self._actor()
        if actor is not None and staff_id == actor.staff_id:
            self._go()
        else:
            self._shell.proof.refuse(spoken(N_("This is not your badge.")))

    def _pin(self, pin: str) -> None:
        from deskapp.commands.people import sign_in

        actor = self._actor()
        if actor is not None:
            self._jobs.do(sign_in(who=actor.staff_no, pin=pin), owner=self._shell.proof, then=self._tried,
                          refused=self._refused)  # fmt: skip

    def _tried(self, tried: Tried) -> None:
        actor = self._actor()
        if tried.actor is not None and actor is not None and tried.actor.staff_id == actor.staff_id:
            self._go()
        else:
            self._shell.proof.refuse(spoken(tried.sentence, seconds=max(1, tried.wait_ms // 1000)))

    def _refused(self, error: DeskError) -> None:
        self._shell.proof.refuse(say(error))

    def _go(self) -> None:
        wish, self._wish = self._wish, None
        self._shell.proof.done()
        if wish is not None:
            wish()

    def _leave(self) -> None:
        self._wish = None

    def _actor(self) -> Actor | None:
        return self._shell.context.actor() if self._shell.context is not None else None
