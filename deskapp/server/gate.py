"""The gate: whose request this is, and whether it was let in before.

Signature, counter and epoch are judged together (`sync.signing`). A counter is good once: on PostgreSQL the
database remembers it for all server processes, on SQLite this process does, and what is older than the process is
refused (the station then asks again with a newer one). So a replay is refused everywhere, and no request waits for
a disk.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from deskapp.clock import Clock
from deskapp.server.database import Database
from deskapp.server.known import STATION, Station
from deskapp.sync import signing
from deskapp.sync.wire import Problem

MOST_REMEMBERED = 400_000
MOST_KEYS = 50_000
"""Public keys kept in memory."""

FIELDS: Final = tuple(Station.__dataclass_fields__)
NOTED: Final = (
    "WITH fresh AS (INSERT INTO nonce (station, counter) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING 1)"
    f" SELECT {', '.join(FIELDS)}, (SELECT count(*) FROM fresh) FROM station WHERE id = ?"
)
"""One statement lets all processes know of a counter and tells who the station is at this moment."""


class Turned(Exception):
    """Not let in; `problem` is the word for it, `status` the HTTP status."""

    def __init__(self, problem: Problem, status: int) -> None:
        super().__init__(str(problem))
        self.problem, self.status = problem, status


@dataclass(slots=True)
class Gate:
    """Lets requests in."""

    database: Database
    clock: Clock
    epoch: str
    started: int = 0
    _seen: OrderedDict[tuple[str, int], None] = field(default_factory=OrderedDict)
    _door: threading.Lock = field(default_factory=threading.Lock)
    _publics: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _swept: int = 0

    def expects(self, header: str) -> None:
        """Raise Turned unless the header names a station, at a time that may be right; nothing is proved by that."""
        try:
            claim = signing.read_header(header)
        except signing.BadSignature as error:
            raise Turned(Problem.UNSIGNED, 401) from error
        if abs(claim.counter - self.clock()) > signing.WINDOW_MS:
            raise Turned(Problem.UNSIGNED, 401)
        self._public_of(claim)

    def let_in(self, header: str, method: str, path: str, body: bytes) -> Station:
        """Return the station whose request this is; raises Turned. Lost and retired ones are named by the caller."""
        try:
            claim = signing.read_header(header)
        except signing.BadSignature as error:
            raise Turned(Problem.UNSIGNED, 401) from error
        now = self.clock()
        if abs(claim.counter - now) > signing.WINDOW_MS or claim.counter < self.started:
            self._public_of(claim)  # whom nobody knows is told so, whatever the clock
            raise Turned(Problem.UNSIGNED, 401)
        try:
            signing.verify(self._public_of(claim), claim, method, path, body, epoch=self.epoch)
        except signing.BadSignature as error:
            raise Turned(Problem.UNSIGNED, 401) from error
        self._once(claim, now)
        return self._noted(claim, now)

    def _public_of(self, claim: signing.Claim) -> str:
        """Return a station's public key, which never changes; raises Turned for a station that nobody knows."""
        known = self._publics.get(claim.station)
        if known is None:
            rows = self.database.ask(STATION, (claim.station,))
            if not rows:
                raise Turned(Problem.UNKNOWN, 401)
            known = Station(*rows[0]).public
            with self._door:
                self._publics[claim.station] = known
                while len(self._publics) > MOST_KEYS:
                    self._publics.popitem(last=False)
        return known

    def _noted(self, claim: signing.Claim, now: int) -> Station:
        """Return the station as it is now, and let the other processes know of the counter; raises Turned."""
        if self.database.postgres:
            key = (claim.station, claim.counter, claim.station)
            row = next(iter(self.database.ask(NOTED, key)), None)
            if row is not None and row[-1] == 0:
                raise Turned(Problem.REPLAYED, 401)
            self._sweep(now)
        else:
            row = next(iter(self.database.ask(STATION, (claim.station,))), None)
        if row is None:
            raise Turned(Problem.UNKNOWN, 401)
        return Station(*row[: len(FIELDS)])

    def _sweep(self, now: int) -> None:
        if now - self._swept > signing.WINDOW_MS:
            self._swept = now
            with self.database.write() as tx:
                tx.run("DELETE FROM nonce WHERE counter < ?", (now - 2 * signing.WINDOW_MS,))

    def _once(self, claim: signing.Claim, now: int) -> None:
        key = (claim.station, claim.counter)
        with self._door:
            if key in self._seen:
                raise Turned(Problem.REPLAYED, 401)
            self._seen[key] = None
            while len(self._seen) > MOST_REMEMBERED or (
                self._seen and next(iter(self._seen))[1] < now - 2 * signing.WINDOW_MS
            ):
                forgotten, _none = self._seen.popitem(last=False)
                # Nothing is let in any more that is as old as what was forgotten for lack of room.
                if forgotten[1] > now - 2 * signing.WINDOW_MS:
                    self.started = max(self.started, forgotten[1] + 1)
