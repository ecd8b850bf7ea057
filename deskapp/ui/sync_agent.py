"""The window's side of syncing: starts the agent that speaks with the server, brings home what it took in, ends it.

The agent runs on threads of its own and never waits for the window, nor the window for it. What it lays into the
store arrives here as `Changes`, gathered for a moment, and goes the way of every other commit: pages ask again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from deskapp import settings
from deskapp.errors import DeskError
from deskapp.models.store import Changes
from deskapp.ui.application import Relay
from deskapp.ui.jobs import Jobs
from deskapp.ui.line_watch import LineWatch
from deskapp.ui.page import Fill, SyncDoor

if TYPE_CHECKING:
    from deskapp.models.store import ReadSession, Store
    from deskapp.sync.exchange import Exchange
    from deskapp.sync.pulse import Pulse

log = logging.getLogger(__name__)

START_MS = 1_500
"""After the desk is there: the first page comes first."""

AGAIN_MS = 60_000
"""After so long it is tried again where the agent could not be started."""

GATHER_MS, GATHER_FILL_MS = 150, 1_500
"""How long changes are gathered before pages ask again; a first fill brings forty pieces a second."""

FINAL = frozenset({"lost", "retired", "wiped"})
"""After these nothing is asked of the server any more, unless a person wants it."""


@dataclass(frozen=True, slots=True)
class _Bond:
    """What an agent was started with; when any of it changes, another one is started."""

    url: str
    station: str
    pin: str
    authority: str
    proxy: str
    rate: int
    line: str
    small: int


@dataclass(frozen=True, slots=True)
class _Agent:
    bond: _Bond
    exchange: Exchange
    pulse: Pulse


class SyncAgent(QObject):
    """Speaks for one open store while its window is open.

    Signals:
        moved: something about syncing is different now; the status line asks again.
        warned: something needs a person; carries the code of `queries.syncing.PROBLEMS`.
        ended: this desk's data is to be destroyed (`models.ending`); whoever put the window together closes it.
    """

    moved = Signal()
    warned = Signal(str)
    ended = Signal()

    def __init__(
        self, jobs: Jobs, store: Store, parent: QObject | None = None, *, network: Callable[[str], str] | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs, self._store, self._network = jobs, store, network
        self._agent: _Agent | None = None
        self._over = self._looking = self._again = False
        self._code = ""
        self._fill: Fill | None = None
        self._facts = store.facts
        self._door = threading.Lock()
        self._records: set[tuple[str, str]] = set()
        self._relay = Relay(self)
        self._relay.told.connect(self._heard)
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(self._flush)
        self._watch = LineWatch(self)
        self._watch.changed.connect(self._network_changed)

    # -- life ----------------------------------------------------------------------

    def begin(self) -> None:
        """Follow commits from now on, and speak soon if this desk belongs to a server."""
        self._jobs.changed.connect(self._committed)
        QTimer.singleShot(START_MS, self, self.look)

    def look(self) -> None:
        """Start an agent if this desk belongs to a server, another one if it belongs elsewhere by now."""
        if self._looking or self._over:
            self._again = True
            return
        self._looking, self._again = True, False
        before = self._agent
        self._jobs.background(
            lambda _progress: self._prepare(before), owner=self, then=self._prepared, refused=self._not_prepared
        )

    def hurry(self) -> None:
        """Speak with the server now, because a person asked, also where it was given up."""
        self._code = ""
        if self._agent is not None:
            self._agent.pulse.nudge(at_once=True)
        else:
            self.look()

    def end(self) -> None:
        """Stop speaking; what waits is sent after the next start."""
        self._over = True
        agent, self._agent = self._agent, None
        if agent is not None:
            _stop(agent)

    def door(self) -> SyncDoor:
        """Return what pages may ask."""
        return SyncDoor(self.hurry, self.look, lambda: self._fill, self._speaking, self._next_in_ms)

    def _speaking(self) -> bool:
        return self._agent is not None and self._agent.pulse.speaking

    def _next_in_ms(self) -> int:
        return -1 if self._agent is None else self._agent.pulse.next_in_ms

    # -- on a work thread ------------------------------------------------------------

    def _prepare(self, before: _Agent | None) -> _Agent | None:
        """Return the agent that fits: the one there is, a new one, or none."""
        from deskapp.models import ending
        from deskapp.sync.belonging import membership

        with self._store.read() as session:
            bond, ours = _bond(session), membership(session)
        if ours is not None and ours.retired:
            self._end_if_all_is_sent()
        if bond is None or ending.read(self._store.home) is not None:
            if before is not None:
                _stop(before)
            return None
        if before is not None:
            if before.bond == bond:
                return before
            _stop(before)
        from deskapp.secrets import system_keyring
        from deskapp.sync.exchange import Exchange
        from deskapp.sync.pulse import Pulse

        self._keep_numbers_apart()
        exchange = Exchange(self._store, keyring=system_keyring(), told=self._took_in, progress=self._filled_so_far)
        return _Agent(bond, exchange, Pulse(exchange, told=self._spoke, network=self._network))

    def _end_if_all_is_sent(self) -> None:
        """End a desk that was let go before this was done by itself."""
        from deskapp.models import ending
        from deskapp.queries.outbox import journal_end
        from deskapp.sync import farewell

        end = self._store.ask(journal_end)
        if end.before_unsent == end.newest:
            farewell.end(self._store, ending.Why.RETIRED)

    def _keep_numbers_apart(self) -> None:
        """Where this data came from another computer, print nothing under a number that a twin may use; once."""
        from deskapp.commands.syncing import keep_state
        from deskapp.models import sync_state
        from deskapp.sync import enrol
        from deskapp.sync.machine import this_machine

        if not enrol.moved_machine(self._store):
            return
        here = this_machine().text()
        with self._store.read() as session:
            known = sync_state.state(session, "moved") == here
        if not known:
            enrol.keep_numbers_apart(self._store)
            self._store.run(keep_state(state={"moved": here}))

    # -- on the agent's threads --------------------------------------------------------

    def _took_in(self, changes: Changes) -> None:
        with self._door:
            first = not self._records
            self._records |= changes.records
        if first:
            self._tell(None)

    def _filled_so_far(self, scope: str, done: int, every: int) -> None:
        self._fill = None if done >= every else Fill(scope, done, every)

    def _spoke(self, how: object) -> None:
        self._fill = None
        facts, self._facts = self._facts, self._store.facts
        if facts != self._facts:  # the server's id of this site, or another station number
            self._took_in(Changes(frozenset({("store_info", "station")})))
        self._tell(how)

    def _tell(self, what: object) -> None:
        if not self._over:
            self._relay.tell(what)

    # -- on the window's thread --------------------------------------------------------

    def _prepared(self, agent: _Agent | None) -> None:
        self._looking = False
        if agent is not None and agent is not self._agent:
            self._agent = agent
            self._watch.begin()
            self._look_at_line()
            agent.pulse.start()
        self._agent = agent
        self.moved.emit()
        if agent is None and self._store.home.ended.exists():
            self.ended.emit()
        elif self._again:
            self.look()

    def _not_prepared(self, error: DeskError) -> None:
        """Try again later: a full disk, a keyring that is asked for too early must not keep a desk silent all day."""
        self._looking = False
        log.warning("syncing could not be started: %s", error.code)
        QTimer.singleShot(AGAIN_MS, self, self.look)

    def _committed(self, changes: Changes) -> None:
        if self._agent is not None:
            self._agent.pulse.heard(changes)
        if changes.touches("store_info", "setting"):  # connected by a page or the command line, or another proxy
            self._jobs.ask(_bond, owner=self, then=self._bond_here, exclusive="bond")

    def _bond_here(self, found: _Bond | None) -> None:
        news = found != (self._agent.bond if self._agent is not None else None) and self._code not in FINAL
        if news or self._store.home.ended.exists():
            self.look()

    def _heard(self, what: object) -> None:
        """Hear from the agent's threads: pieces were laid down (None), or how a contact ended."""
        if what is None:
            if not self._pause.isActive():
                self._pause.start(GATHER_FILL_MS if self._fill is not None else GATHER_MS)
            return
        code = what.code if isinstance(what, DeskError) else ""
        changed, self._code = code != self._code, code
        self._flush()
        self.moved.emit()
        if changed and code:
            self.warned.emit(code)
        if code in FINAL and self._agent is not None:
            agent, self._agent = self._agent, None
            _stop(agent)
            if self._store.home.ended.exists():
                self.ended.emit()

    def _flush(self) -> None:
        self._pause.stop()
        with self._door:
            records, self._records = frozenset(self._records), set()
        if records and not self._over:
            self._jobs.changed.emit(Changes(records))

    def _look_at_line(self) -> None:
        """Let the agent know whether the line is paid by volume, where the system can tell."""
        if self._agent is not None:
            self._agent.exchange.metered = self._watch.metered

    def _network_changed(self) -> None:
        """Hear of another network from the system; where it does not tell, the agent's own look every 15 s finds it."""
        self._look_at_line()
        if self._agent is not None:
            self._agent.pulse.nudge(at_once=True)


def _bond(session: ReadSession) -> _Bond | None:
    """Return where this desk belongs with everything the line depends on."""
    from deskapp.sync.belonging import membership

    ours = membership(session)
    if ours is None or ours.retired:
        return None
    values = settings.load(session)
    return _Bond(
        ours.url, ours.station, ours.pin, values[settings.SYNC_AUTHORITY], values[settings.SYNC_PROXY],
        values[settings.SYNC_RATE], values[settings.SYNC_LINE], values[settings.SYNC_SMALL],
    )  # fmt: skip


def _stop(agent: _Agent) -> None:
    agent.pulse.stop()
    agent.exchange.close()
