"""Pushes of one branch that come at the same moment: one transaction, one commit, one lock of their log for all.

While pushes of a branch are being written, those that come meanwhile wait, and the first of them then takes all the
others along. So nobody waits longer than for the lock before, and the busier a log is, the less each push costs.
They are judged one after the other on the same records, as if each had come by itself. Where one does more than add and
change rows (a record leaves a scope, a change set is set aside, a person is changed), what follows goes by itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from deskapp.models.collection import no_collection
from deskapp.server import looking, push
from deskapp.server.database import Database, Transaction
from deskapp.server.known import Station
from deskapp.server.push import Archiver, Fork, Pushed, Run
from deskapp.server.work import Work
from deskapp.sync.framing import WireError
from deskapp.sync.packing import ReadSet
from deskapp.sync.wire import ReadRequest

log = logging.getLogger(__name__)

Outcome = Pushed | Fork | WireError

SMALL: Final = 8
"""Change sets, and at most so many operations of each on average, of a push that may go along with others."""

AT_ONCE: Final = 16
"""Pushes of one transaction."""

AT_A_TIME: Final = 2
"""Transactions of one site under way (PostgreSQL): while one waits for the database, another is judged."""


@dataclass(eq=False, slots=True)
class Asked:
    """A push that is to be taken. `turn` is let go when it is done, or when it has to be led from here."""

    station: Station
    request: ReadRequest
    now: int
    done: Pushed | None = None
    failed: Fork | WireError | None = None
    over: bool = False
    turn: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class Line:
    """Pushes of one site: how many transactions are under way, and who waits for the next."""

    under_way: int = 0
    waiting: list[Asked] = field(default_factory=list)


@dataclass(slots=True)
class Together:
    """Lets pushes go alone where there is one, together where there are several. Safe from any thread."""

    database: Database
    alone: Callable[[Station, ReadRequest, int], Pushed]
    archive: Archiver | None = None
    _lines: dict[str, Line] = field(default_factory=dict)
    """By site; there is a line as long as somebody is being served."""

    _door: threading.Lock = field(default_factory=threading.Lock)

    def push(self, station: Station, request: ReadRequest, now: int) -> Pushed:
        """Take a push; raises as `push.push` does."""
        if not _is_small(request.sets) or not station.seq:  # with its first act a station may found a branch
            return self.alone(station, request, now)
        one = Asked(station, request, now)
        some = self._in_line(one)
        if some:
            try:
                if len(some) == 1:
                    return self.alone(station, request, now)
                self._lead(some)
            finally:
                self._next(one, some)
        if one.failed is not None:
            raise one.failed
        return one.done if one.done is not None else self.alone(station, request, now)

    def _line_of(self, one: Asked) -> str:
        return one.station.site if self.database.postgres else ""  # a file is written by one at a time in any case

    def _in_line(self, one: Asked) -> list[Asked]:
        """Wait until this is served, or return those to be served now with this at their head."""
        with self._door:
            line = self._lines.setdefault(self._line_of(one), Line())
            if line.under_way < (AT_A_TIME if self.database.postgres else 1):
                line.under_way += 1
                return [one]
            one.turn.acquire()
            line.waiting.append(one)
        one.turn.acquire()
        if one.over:
            return []
        with self._door:
            some, stations = [one], {one.station.id}
            for other in list(line.waiting):
                if len(some) < AT_ONCE and other.station.id not in stations:
                    some.append(other)
                    stations.add(other.station.id)
                    line.waiting.remove(other)
        return some

    def _next(self, one: Asked, some: Sequence[Asked]) -> None:
        """Let those go who were served, and somebody else lead."""
        with self._door:
            line = self._lines[self._line_of(one)]
            follows = line.waiting.pop(0) if line.waiting else None
            line.under_way -= follows is None
            if not line.under_way:
                del self._lines[self._line_of(one)]
        for other in (*some[1:], *([follows] if follows is not None else ())):
            other.over = other is not follows
            other.turn.release()

    def _lead(self, some: Sequence[Asked]) -> None:
        """Take pushes in one transaction; what could not be taken with others is left as it is, to be taken alone."""
        try:
            for one, what in self.database.retrying(lambda tx: take(tx, some, self.archive)):
                if isinstance(what, Pushed):
                    one.done = what
                else:
                    one.failed = what
        except Exception as error:  # noqa: BLE001 (each is tried by itself, and says what is wrong with it)
            log.warning("%d pushes could not be taken together: %s", len(some), type(error).__name__)


def _is_small(sets: Sequence[ReadSet]) -> bool:
    return 0 < len(sets) <= SMALL and sum(len(one.ops) for one in sets) <= SMALL * SMALL


def take(tx: Transaction, some: Sequence[Asked], archive: Archiver | None) -> list[tuple[Asked, Outcome]]:
    """Take pushes of different stations as far as they can go together; return what came of those that could."""
    found, (known, orphans, parked) = looking.all_locked(
        tx, [one.station for one in some], [each for one in some for each in one.request.sets]
    )
    work = Work(tx, orphans)
    work.writers = {station.id: (station.site, station.no) for station in found}
    told: list[tuple[Asked, Outcome]] = []
    runs: list[tuple[Asked, Run]] = []
    for one, station in zip(some, found, strict=True):
        asked, done = one.request, Pushed(station.seq, station.hash, parked=parked, station=station)
        try:
            fresh = push.news(tx, station, asked.known, asked.sets, done)
            if any(each.station != station.id for each in fresh):
                raise Fork
        except (Fork, WireError) as error:
            told.append((one, error))
            continue
        if not fresh:
            told.append((one, done))
            continue
        run = Run(
            work, station, push.author_of(station, asked.cursors), fresh, one.now, done, known,
            push.records_parked(tx, station), one.now - asked.clock, short=asked.short, archived=archive is not None,
        )  # fmt: skip
        runs.append((one, run))
    with no_collection():
        looking.preload(work, [each for _one, run in runs for each in run.fresh])
        taken: list[Run] = []
        for one, run in runs:
            push.judge(run)
            taken.append(run)
            told.append((one, run.done))
            if work.late or work.rows.get("staff_told") or run.kept.leaves or run.kept.parked or run.kept.again:
                break
        if taken:
            work.write()
            push.finish(taken, archive)
    return told
