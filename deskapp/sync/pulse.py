"""The background agent: speaks to the server after commits, on hints, by the timer, on waking, on a new network.

Two threads: one speaks, one waits for hints. Nothing here touches the window; what was taken in is told to
`changed`, how it stands to `told`, both called on the agent's thread.
"""

from __future__ import annotations

import logging
import random
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from deskapp.clock import stopwatch, system_clock
from deskapp.errors import DeskError
from deskapp.models.write import Changes
from deskapp.sync.rhythm import Rhythm

log = logging.getLogger(__name__)

TICK_S = 15.0
"""How often the agent looks whether the computer slept or the network changed."""

ASLEEP_MS = 60_000
"""By how much the wall clock runs ahead of the other one when the computer slept, or was set."""

SPEAK_END_S, LISTEN_END_S = 2.0, 0.05
"""How long stopping waits for either thread. Whatever hangs in the network then is a daemon, and its speaker drops
what still comes (`Speaker.interrupt`)."""


@dataclass(frozen=True, slots=True)
class Round:
    """How one contact ended: change sets sent, entries received, whether more waits, and a pause the server named."""

    sent: int = 0
    received: int = 0
    more: bool = False
    ask_again_ms: int = 0


class Speaker(Protocol):
    """What the agent drives: `exchange.Exchange`."""

    @property
    def url(self) -> str:
        """The address of the server; empty while this desk is not enrolled."""

    def speak(self) -> Round:
        """Do one contact; raises Unavailable when it does not work."""

    def wait(self) -> bool:
        """Wait for a hint as long as the server lets us and say whether there was one; raises Unavailable."""

    def interrupt(self) -> None:
        """End for good, from another thread: what comes from now on is dropped, and nothing is written any more."""


class Pulse:
    """Runs until `stop`. Any thread may call `heard`, `nudge` and `stop`."""

    def __init__(
        self, speaker: Speaker, *, told: Callable[[DeskError | Round], None] = lambda _how: None,
        monotonic: Callable[[], float] = stopwatch, wall: Callable[[], int] = system_clock,
        chance: Callable[[], float] = random.random, network: Callable[[str], str] | None = None,
    ) -> None:  # fmt: skip
        self._speaker, self._told = speaker, told
        self._monotonic, self._wall = monotonic, wall
        self._network = network or own_address
        self.rhythm = Rhythm(chance)
        self._door = threading.Condition()
        self._stopped = self._asked = self._urgent = False
        self.speaking = False
        """Whether a contact is under way; only to be shown."""
        self._reachable = threading.Event()
        self._threads = [
            threading.Thread(target=self._speak_on, name="sync", daemon=True),
            threading.Thread(target=self._listen_on, name="sync-hints", daemon=True),
        ]

    def start(self) -> None:
        """Begin; the first contact is at once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both threads; a contact under way breaks off at its next step, and is made up for at the next start."""
        with self._door:
            self._stopped = True
            self._door.notify_all()
        self._reachable.set()
        self._speaker.interrupt()
        for thread, most in zip(self._threads, (SPEAK_END_S, LISTEN_END_S), strict=True):
            if thread.ident is not None and thread is not threading.current_thread():
                thread.join(most)

    def heard(self, changes: Changes) -> None:
        """Hear of a commit; only what travels is a reason to speak."""
        if changes.seq:
            self.nudge()

    def nudge(self, *, at_once: bool = False) -> None:
        """Speak soon; `at_once` when a person asked."""
        with self._door:
            self._asked, self._urgent = True, self._urgent or at_once
            if at_once:
                self.rhythm.at_once(self._now())
            else:
                self.rhythm.wanted(self._now())
            self._door.notify_all()

    @property
    def next_in_ms(self) -> int:
        """In how long the next contact is due by the clock; only to be shown."""
        return max(0, self.rhythm.due - self._now())

    # -- the thread that speaks ------------------------------------------------

    def _now(self) -> int:
        return int(self._monotonic() * 1000)

    def _speak_on(self) -> None:
        self.rhythm.due = self._now()
        while self._wait_until_due():
            self._once()

    def _once(self) -> None:
        with self._door:
            self._asked = self._urgent = False
        self.speaking = True
        try:
            done = self._speaker.speak()
        except DeskError as error:
            self.speaking = False
            self._deaf()
            pause = error.values.get("retry_after_ms", 0)
            self._ended(failed=True, pause_ms=pause if isinstance(pause, int) else 0)
            self._told(error)
        except Exception:
            # A fault of ours must not end syncing for the day: it is told like a silent server, and tried again later.
            log.exception("a contact with the server broke off")
            self.speaking = False
            self._deaf()
            self._ended(failed=True)
        else:
            self.speaking = False
            self._reachable.set()
            self._ended(failed=False, more=done.more, pause_ms=done.ask_again_ms)
            self._told(done)

    def _ended(self, *, failed: bool, more: bool = False, pause_ms: int = 0) -> None:
        with self._door:
            now = self._now()
            if failed:
                self.rhythm.failed(now, retry_after_ms=pause_ms)
            else:
                self.rhythm.succeeded(now, more=more, ask_again_ms=pause_ms)
            # What was committed, or asked for, during the contact may have come too late for it.
            if self._urgent:
                self.rhythm.at_once(now)
            elif self._asked:
                self.rhythm.wanted(now)

    def _wait_until_due(self) -> bool:
        """Wait for the next contact; False when it is time to stop."""
        place, ahead = self._network(self._speaker.url), self._wall() - self._now()
        while True:
            with self._door:
                left = self.rhythm.due - self._now()
                if self._stopped or left <= 0:
                    return not self._stopped
                self._door.wait(min(left / 1000, TICK_S))
                if self._stopped or self.rhythm.due <= self._now():
                    continue
            # Outside the door: looking for the network may take a while, and the window must not wait for it.
            here, gap = self._network(self._speaker.url), self._wall() - self._now()
            if here != place or abs(gap - ahead) > ASLEEP_MS:
                place, ahead = here, gap
                self.nudge(at_once=True)

    # -- the thread that waits for hints ---------------------------------------

    def _listen_on(self) -> None:
        while self._reachable.wait() and not self._stopped:
            try:
                if self._speaker.wait():
                    self._deaf()  # until what it told of is here: till then the answer would be the same at once
                    self.nudge()
            except DeskError:
                self._doubt()
            except Exception:
                log.exception("waiting for hints broke off")
                self._doubt()

    def _doubt(self) -> None:
        """Find out by speaking whether the server can be reached; hints may all be lost without harm."""
        self._deaf()
        with self._door:
            self.rhythm.doubted(self._now())
            self._door.notify_all()

    def _deaf(self) -> None:
        """Wait for no hint before a contact has gone well again; once stopped both threads only end."""
        with self._door:
            if not self._stopped:
                self._reachable.clear()


def own_address(url: str) -> str:
    """Return the address this computer would use towards a server; it changes with the network. Sends nothing."""
    parts = urlsplit(url)
    if not parts.hostname:
        return ""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((parts.hostname, parts.port or 443))
            return str(probe.getsockname()[0])
    except OSError:
        return ""
