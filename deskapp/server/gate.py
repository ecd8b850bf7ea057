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

from deskapp.clock import Clock
from deskapp.server import stations
from deskapp.server.database import Database
from deskapp.server.known import Station
from deskapp.sync import signing
from deskapp.sync.wire import Problem

MOST_REMEMBERED = 400_000


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
    _swept: int = 0

    def let_in(self, header: str, method: str, path: str, body: bytes) -> Station:
        """Return the station whose request this is; raises Turned. Lost and retired ones are named by the caller."""
        try:
            claim = signing.read_header(header)
        except signing.BadSignature as error:
            raise Turned(Problem.UNSIGNED, 401) from error
        with self.database.read() as tx:
            station = stations.find(tx, claim.station)
        if station is None:
            raise Turned(Problem.UNKNOWN, 401)
        try:
            signing.verify(station.public, claim, method, path, body, epoch=self.epoch)
        except signing.BadSignature as error:
            raise Turned(Problem.UNSIGNED, 401) from error
        now = self.clock()
        if abs(claim.counter - now) > signing.WINDOW_MS or claim.counter < self.started:
            raise Turned(Problem.UNSIGNED, 401)
        self._once(claim, now)
        return station

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
        if not self.database.postgres:
            return
        with self.database.write() as tx:
            tx.run("SET LOCAL synchronous_commit = off")
            if not tx.run("INSERT INTO nonce (station, counter) VALUES (?, ?) ON CONFLICT DO NOTHING", key):
                raise Turned(Problem.REPLAYED, 401)
            if now - self._swept > signing.WINDOW_MS:
                self._swept = now
                tx.run("DELETE FROM nonce WHERE counter < ?", (now - 2 * signing.WINDOW_MS,))
