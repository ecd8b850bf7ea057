"""Who comes in: signing in at the lock screen, choosing an own PIN, a second person's consent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from deskapp.errors import DeskError
from deskapp.i18n import say
from deskapp.ui.lock import LockScreen
from deskapp.ui.speech import spoken

if TYPE_CHECKING:
    from deskapp.commands.people import Consent, Tried
    from deskapp.models.store import Actor, Override
    from deskapp.ui.jobs import Jobs
    from deskapp.ui.widgets.pins import SupervisorPanel


RENEW_AFTER_MS = 1_500
"""When an outdated verifier of a PIN is renewed: the page is shown by then."""


WITNESSING = frozenset({"witness", "key_load", "co_sign"})
"""Rights for which anybody who has them signs as the second person, supervisor or not."""


class Entrance(QObject):
    """Checks people by commands, on the write thread. Somebody quicker than the store waits for it.

    Signals:
        came_in: a person was checked; carries the Actor.
    """

    came_in = Signal(object)

    def __init__(self, lock_screen: LockScreen, parent: QObject) -> None:
        super().__init__(parent)
        self._lock = lock_screen
        self._jobs: Jobs | None = None
        self._early: tuple[str, str] | None = None
        self._pin = ""
        self._actor: Actor | None = None
        self._wish: tuple[str, Callable[[Override], object]] | None = None
        self._panel: SupervisorPanel | None = None
        self._look_ahead: Callable[[], object] = lambda: None
        lock_screen.attempted.connect(self._attempted)
        lock_screen.new_pin.connect(self._new_pin)
        lock_screen.first_pin.connect(self._first_pin)

    def open_for(self, jobs: Jobs, panel: SupervisorPanel, look_ahead: Callable[[], object] = lambda: None) -> None:
        """Begin to check people: the store is open. `look_ahead` is called while a PIN is checked."""
        self._jobs, self._panel, self._look_ahead = jobs, panel, look_ahead
        panel.given.connect(self._vouch)
        if self._early is not None:
            early, self._early = self._early, None
            self._attempted(*early)

    def ask_supervisor(
        self, right: str, then: Callable[[Override], object], *, why: str = "", **values: object
    ) -> None:
        """Ask for a second person's consent to one right, above the page."""
        if self._panel is not None:
            self._wish = (right, then)
            self._panel.ask(why, second=right in WITNESSING, **values)

    def _attempted(self, who: str, pin: str) -> None:
        if self._jobs is None:
            self._early = (who, pin)
            return
        from deskapp.commands.people import sign_in

        self._pin = pin
        self._jobs.do(sign_in(who=who, pin=pin), owner=self, then=self._tried, refused=self._refused)
        self._look_ahead()  # the check takes long on purpose, and another thread

    def _tried(self, tried: Tried) -> None:
        if tried.no_pin:
            self._lock.ask_first_pin()
        elif tried.actor is None:
            self._lock.refuse(_sentence(tried.sentence, tried.wait_ms), tried.wait_ms, "{seconds}" in tried.sentence)
        elif tried.must_change:
            self._actor = tried.actor
            self._lock.ask_new_pin()
        else:
            if tried.outdated:
                QTimer.singleShot(RENEW_AFTER_MS, self, partial(self._renew, tried.actor, self._pin))
            self._welcome(tried.actor)

    def _renew(self, actor: Actor, pin: str) -> None:
        from deskapp.commands.people import renew_verifier

        if self._jobs is not None:
            self._jobs.do(renew_verifier(pin=pin), owner=self, by=actor)

    def _new_pin(self, pin: str) -> None:
        from deskapp.commands.people import change_pin

        if self._jobs is not None and self._actor is not None:
            act = change_pin(old_pin=self._pin, new_pin=pin)
            self._jobs.do(act, owner=self, by=self._actor, then=self._pin_changed, refused=self._refused)

    def _pin_changed(self, tried: Tried) -> None:
        if tried.sentence or self._actor is None:
            self._lock.refuse(_sentence(tried.sentence, tried.wait_ms), tried.wait_ms, "{seconds}" in tried.sentence)
        else:
            self._welcome(self._actor)

    def _first_pin(self, who: str, pin: str, helper: str, helper_pin: str) -> None:
        from deskapp.commands.joining import choose_pin_with

        def tried(found: Tried) -> None:
            if found.actor is not None:
                self._welcome(found.actor)
            else:
                self._lock.refuse_helper(_sentence(found.sentence, found.wait_ms), found.wait_ms)

        if self._jobs is not None:
            act = choose_pin_with(who=who, pin=pin, helper=helper, helper_pin=helper_pin)
            self._jobs.do(act, owner=self, then=tried, refused=self._refused)

    def _welcome(self, actor: Actor) -> None:
        self._pin, self._actor = "", None
        self._lock.welcome()
        self.came_in.emit(actor)

    def _refused(self, error: DeskError) -> None:
        self._lock.refuse(say(error))

    def _vouch(self, who: str, pin: str, reason: str) -> None:
        from deskapp.commands.people import vouch

        panel, jobs = self._panel, self._jobs
        if panel is None or jobs is None or self._wish is None:
            return
        right, then = self._wish

        def checked(consent: Consent) -> None:
            if consent.token:
                self._wish = None
                panel.done()
                then(consent.for_reason(reason))
            else:
                panel.refuse(_sentence(consent.sentence, consent.wait_ms))

        act = vouch(who=who, pin=pin, right=right)
        jobs.do(act, owner=panel, then=checked, refused=lambda error: panel.refuse(say(error)))


def _sentence(text: str, wait_ms: int) -> str:
    return spoken(text, seconds=max(1, wait_ms // 1000))
