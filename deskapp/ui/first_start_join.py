"""What joining a branch does at the first start: make the store, belong to the server, take in who works there.

Every part runs on a work thread, one after the other. The store is made at the first try and stays for the next one,
because a code that the server has taken is answered again only to the same desk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deskapp import secrets
from deskapp.clock import system_clock
from deskapp.commands.joining import choose_first_pin, keep_first_settings
from deskapp.errors import N_, Unavailable
from deskapp.models import opening
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.queries.joining import Welcomed, welcomed
from deskapp.sync.invitation import Joined, Wish
from deskapp.ui.first_start_work import Answers, clear_unfinished

if TYPE_CHECKING:
    from deskapp.sync.joining import MakeLine

Report = Callable[[int, int], None]

NOT_ASKED = "not_asked"
FOR_GOOD = frozenset({"unknown", "unsigned", "no_station_key", "lost", "retired", "wiped"})
"""What the server says of this desk that asking again does not change: it has to be connected anew."""


@dataclass(slots=True)
class Beginning:
    """A store that is being connected; `close` lets go of it, so that the desk can open it."""

    home: Home
    fresh: opening.Fresh
    left: bytes | None = None
    """The data key of what an earlier first start left here, if it is known."""
    resumed: bool = False
    """Whether the store is there already: a first start that broke off after the server had answered."""
    store: Store | None = None
    make_line: MakeLine | None = None

    def connect(self, answers: Answers, wish: Wish) -> Joined:
        """Belong to the server; raises Refused at `server`, `code`, `pin` or `authority`, or Unavailable."""
        from deskapp.sync.joining import join  # the network is loaded when it is wanted
        from deskapp.sync.transport import Network

        store = self._open(answers)
        return join(store, wish, keyring=self._keyring(answers), make_line=self.make_line or Network)

    def fill(self, answers: Answers, report: Report) -> Welcomed:
        """Take in what the server has until somebody can be let in, or all is here."""
        from deskapp.sync.joining import fill
        from deskapp.sync.transport import Network

        store = self._open(answers)
        fill(
            store, keyring=self._keyring(answers), enough=lambda session: welcomed(session, store.roles).ready,
            progress=report, make_line=self.make_line or Network,
        )  # fmt: skip
        return store.ask(lambda session: welcomed(session, store.roles))

    def choose_pin(self, answers: Answers, *, unasked: bool = False) -> bytes:
        """Give the first person a PIN and keep the settings; the store is closed then. Returns the data key.

        Where the server knew nobody it is asked once more, since another computer of the branch may have been quicker
        meanwhile. Raises Unavailable (`not_asked`) if it cannot be; `unasked` goes on without.
        """
        store = self._open(answers)
        if answers.name and not unasked:
            try:
                self.fill(answers, lambda _done, _all: None)
            except Unavailable as lost:
                if lost.code in FOR_GOOD:
                    raise
                raise Unavailable(
                    N_(
                        "The server could not be asked whether a colleague is known by now. "
                        "“Finish” asks once more; without it the desk asks when the line is back."
                    ),
                    code=NOT_ASKED,
                ) from lost
        person = choose_first_pin(staff_no=answers.staff_no, pin=answers.pin, name=answers.name)
        store.run(person.as_trial())
        store.run(keep_first_settings(values={"window.language": answers.language, **answers.settings}))
        store.run(person)
        self.close()
        return self.fresh.key

    def close(self) -> None:
        """Let go of the store."""
        if self.store is not None:
            self.store.close()
            self.store = None

    def _open(self, answers: Answers) -> Store:
        if self.store is None:
            if not self.resumed:
                clear_unfinished(self.home, self.left)
                opening.make(
                    self.home, self.fresh, now=system_clock(), passphrase=answers.passphrase,
                    keyring=self._keyring(answers),
                )  # fmt: skip
                self.left = self.fresh.key
            self.store = Store(self.home, self.fresh.key)
        return self.store

    @staticmethod
    def _keyring(answers: Answers) -> secrets.Keyring | None:
        return secrets.system_keyring() if answers.passphrase is None else None
