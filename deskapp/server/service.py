"""The server without HTTP: what every request comes to, on an open database, with the clock handed in."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from deskapp.clock import Clock, system_clock
from deskapp.server import (
    acts,
    aside,
    blobs,
    erasing,
    feed,
    looking,
    missing,
    missing_cards,
    push,
    returns,
    stations,
    wholes,
    wiping,
)
from deskapp.server.apply import group_columns
from deskapp.server.archive import Archive
from deskapp.server.database import Database, Transaction
from deskapp.server.faults import is_data_error
from deskapp.server.gate import Gate
from deskapp.server.identity import Epoch, count_of
from deskapp.server.known import STATION, Station
from deskapp.server.metrics import Counts
from deskapp.server.parking import try_one
from deskapp.server.push import Pushed
from deskapp.server.together import Together
from deskapp.sync.messages import EnrolReply, EnrolRequest
from deskapp.sync.packing import PushedSet, ReadSet
from deskapp.sync.signing import StationKey
from deskapp.sync.wire import ReadRequest, SyncReply, stand

log = logging.getLogger(__name__)

LOG_MS = 56 * 24 * 3600 * 1000
"""How long entries of the logs are kept: eight weeks."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a server runs. `state` is the folder of the epoch, `archive` the off-box folder (None: none)."""

    url: str
    state: Path
    archive: Path | None = None


@dataclass(slots=True)
class Server:
    """An open server. Safe from any thread."""

    options: Options
    clock: Clock = system_clock
    database: Database = field(init=False)
    epoch: Epoch = field(init=False)
    gate: Gate = field(init=False)
    order_key: StationKey = field(init=False)
    _together: Together = field(init=False)
    counts: Counts = field(default_factory=Counts)
    _archive: Archive | None = None
    _door: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.database = Database(self.options.url)
        self.epoch = Epoch.at(self.options.state / "epoch.json")
        self._archive = Archive(self.options.archive) if self.options.archive else None
        started = 0 if self.database.postgres else self.clock()
        archiver = self.archive if self._archive is not None else None
        self._together = Together(self.database, self._push, archiver)
        self.gate = Gate(self.database, self.clock, self.epoch.value, started)
        self.order_key = wiping.key_of(self.database, self.options.state / "order-key")
        self.remember()

    def close(self) -> None:
        """Close everything."""
        self.remember()
        if self._archive is not None:
            self._archive.close()
        self.database.close()

    def note(self, what: str, subject: str, who: str = "") -> None:
        """Write into the audit book."""
        now = self.clock()
        self.database.retrying(lambda tx: stations.note(tx, now, what, subject, who))

    # -- the round trip ----------------------------------------------------------

    def sync(self, station: Station, request: ReadRequest) -> tuple[SyncReply, dict[str, int]]:
        """Take change sets and return what is new; raises push.Fork. Also returns the scopes that moved."""
        if request.calm:
            rows = self.database.ask(*feed.heads_question(station.scopes))
            return self.calm(station, request, rows), {}
        now = self.clock()
        done = Pushed(station.seq, station.hash)
        if request.sets or request.known[0]:
            done = self._together.push(station, request, now)
        if done.created and done.parked:
            done.touched.update(self.try_parked(done.created))
        if self._nothing_new(station, request):
            fresh, read = station, feed.Read()
        else:
            fresh, read = self._what_is_new(station, request, done)
        if request.purged and fresh.state == "retiring":
            self.database.retrying(lambda tx: stations.retired(tx, fresh, now))
        granted = set(fresh.scopes)
        reply = SyncReply(
            self.clock(), (max(done.seq, fresh.seq), fresh.hash if fresh.seq >= done.seq else done.hash),
            tuple(done.results), read.feeds,
            tuple(scope for scope in fresh.scopes if scope not in request.cursors),
            tuple(scope for scope in request.cursors if scope not in granted),
            read.resnapshot, done.hole, fresh.state == "retiring",
            orders=self.order_key.public if request.orders else "",
        )  # fmt: skip
        self._count(request, done, reply)
        return reply, done.touched

    def carry(self, station: Station, request: ReadRequest) -> tuple[SyncReply, dict[str, int]]:
        """Take what a stick brought. How long it was on its way is no fault of the station's clock.

        Nor has the station heard anything by that: what it could not know, it still does not.
        """
        now = self.clock()
        if 0 <= now - request.clock <= LOG_MS:
            request = replace(request, clock=now)
        reply, touched = self.sync(station, request)
        if request.sets:
            self.database.retrying(lambda tx: stations.heard_nothing(tx, station))
        # What the station is allowed to read is not handed to whoever carries its file.
        return replace(reply, feeds={}, grant=(), revoke=(), resnapshot={}), touched

    def _what_is_new(self, station: Station, request: ReadRequest, done: Pushed) -> tuple[Station, feed.Read]:
        """Return the station as it is after its push, and its feeds, all from one moment."""
        if not request.cursors:
            if done.station is not None:
                return done.station, feed.Read()
            rows = self.database.ask(STATION, (station.id,))
            return Station(*rows[0]) if rows else station, feed.Read()
        with self.database.read() as tx:
            fresh, heads = feed.station_and_heads(tx, station)
            return fresh, feed.feed(tx, fresh.scopes, request.cursors, request.max_bytes, done.short, heads)

    def calm(self, station: Station, request: ReadRequest, heads: Sequence[tuple[str, int, str]]) -> SyncReply:
        """Say whether a station stands where it says, with nothing new for it; `heads` are those of its scopes."""
        cursors = {**dict.fromkeys(station.scopes, (0, "")), **{scope: (n, chain) for scope, n, chain in heads}}
        same = station.state == "active" and stand((station.seq, station.hash), cursors) == request.calm
        self.counts.add("deskapp_syncs_total")
        return SyncReply(self.clock(), (0, ""), calm=same)

    def _nothing_new(self, station: Station, request: ReadRequest) -> bool:
        """Say whether every cursor stands at its log's head, which is how most round trips find things: one look."""
        if request.sets or request.purged or not request.cursors:
            return False
        held = [scope for scope in station.scopes if scope in request.cursors]
        rows = self.database.ask(*feed.heads_question(held))
        return len(rows) == len(held) > 0 and all(request.cursors[scope] == (n, chain) for scope, n, chain in rows)

    def _push(
        self, station: Station, request: ReadRequest, now: int, *, replayed: bool = False, judged: bool = False
    ) -> Pushed:
        if not request.sets and request.known == (station.seq, station.hash):
            return Pushed(station.seq, station.hash)
        offset = now - request.clock

        def work(tx: Transaction, alone: bool) -> Pushed:
            now_is, looked = looking.locked(tx, station, request.sets)
            return push.push(
                tx, now_is, request.known, request.sets, offset=offset, now=now, cursors=request.cursors,
                archive=self.archive if self._archive is not None else None, alone=alone, replayed=replayed,
                judged=judged, short=request.short, looked=looked,
            )  # fmt: skip

        try:
            return self.database.retrying(lambda tx: work(tx, False))
        except Exception as error:
            if not is_data_error(error):
                raise
            log.warning("a push could not be written at once: %s", type(error).__name__)
            return self.database.retrying(lambda tx: work(tx, True))

    def archive(self, station: str, sets: Sequence[PushedSet]) -> None:
        if self._archive is not None:
            self._archive.append(station, sets, self.clock())

    def _count(self, request: ReadRequest, done: Pushed, reply: SyncReply) -> None:
        counts = self.counts
        counts.add("deskapp_syncs_total")
        counts.add("deskapp_change_sets_total", len(request.sets))
        counts.add("deskapp_entries_sent_total", sum(len(one.raw) for one in reply.feeds.values()))
        for result in done.results:
            counts.add(f'deskapp_results_total{{code="{result.code}"}}')

    # -- enrolment ---------------------------------------------------------------

    def enrol(self, request: EnrolRequest, vouches: Station | None = None) -> EnrolReply:
        """Let a station belong; raises CodeRefused after the wrong try has been counted.

        `vouches` is the station that signed the request, where one did.
        """
        now = self.clock()

        def work(tx: Transaction) -> EnrolReply | None:
            try:
                reply = stations.enrol(tx, request, self.epoch.value, now, vouches)
                self.archive_station(tx, reply.station)
                return reply
            except stations.CodeRefused:
                return None

        reply = self.database.retrying(work)
        if reply is None:
            self.counts.add("deskapp_enrolments_refused_total")
            raise stations.CodeRefused
        return reply

    # -- by itself ---------------------------------------------------------------

    def try_parked(self, created: Sequence[str] | None = None) -> dict[str, int]:
        """Try parked change sets again: those that waited for new records, or all; return the scopes that moved.

        Each station's in their order. What is done lets those go on that waited for it.
        """
        if not self.database.ask("SELECT 1 FROM parked LIMIT 1"):
            return {}
        moved: dict[str, int] = {}
        records = list(created or ())
        while records or created is None:
            with self.database.read() as tx:
                if created is None:
                    sql = "SELECT station, seq, uid FROM parked WHERE tries < ? ORDER BY at, station, seq LIMIT 500"
                    rows = tx.all(sql, (push.MOST_TRIES,))
                else:
                    rows = tx.among("SELECT station, seq, uid FROM parked WHERE waits_for IN (#)", records)
            created, records = (), []
            for _station, _seq, uid in sorted(map(tuple, rows)):
                tried = self.database.retrying(lambda tx, uid=uid: try_one(tx, uid, self.clock()))  # type: ignore[misc]
                moved.update(tried.moved)
                records += tried.records
        return moved

    def begin(self) -> None:
        """What a new process does first: give change sets that an older program could not finish another chance.

        And it learns the field groups, a quarter of a second of imports, before somebody waits for it.
        """
        group_columns("service_ticket", "words")
        self.database.retrying(lambda tx: tx.run("UPDATE parked SET tries = 0 WHERE tries > 0"))
        missing.ask(self, fresh=True)

    def mend(self) -> dict[str, int]:
        """Finish what two transactions at the same moment could not see of each other; return the scopes that moved."""
        moved = self.try_parked()
        with self.database.read() as tx:
            late = tx.one("SELECT 1 FROM orphan o JOIN record r ON r.id = o.parent LIMIT 1")
        if late is not None:
            now = self.clock()
            moved.update(self.database.retrying(lambda tx: acts.adopt_late(tx, now)))
        self.remember()
        return moved

    def tidy(self) -> None:
        """Throw away what is old: entries of the logs, blobs that nobody named."""
        now = self.clock()
        feed.forget(self.database, now - LOG_MS)
        self.database.retrying(lambda tx: blobs.sweep(tx, now))
        self.database.retrying(lambda tx: stations.forget_codes(tx, now))
        self.database.retrying(lambda tx: erasing.forget_in_logs(tx, now))
        acts.erase_due(self)
        self.database.retrying(lambda tx: wholes.sweep(tx, now))
        missing.ask(self)
        missing_cards.look(self)

    def remember(self) -> None:
        """Note outside the database how far the logs have come, and see whether it was set back since."""
        with self._door:
            self.epoch.refresh()
            with self.database.read() as tx:  # after what was noted, so that it can only have more
                entries = feed.entries_in_all(tx)
                (told,) = tx.one("SELECT value FROM meta WHERE name = 'epoch'") or ("",)
            if entries < self.epoch.entries:
                self._set_back(told)
            elif told != self.epoch.value:
                self._agree(told)
            self.epoch.note(entries)
            self.gate.epoch = self.epoch.value

    def _set_back(self, told: str) -> None:
        """The database is an older one: begin an epoch, unless another process was quicker, and shut out the lost."""
        before = self.epoch.value

        def work(tx: Transaction) -> str:
            row = tx.one(f"SELECT value FROM meta WHERE name = 'epoch'{tx.for_update}")
            if row is None or count_of(row[0]) <= count_of(before):
                self.epoch.raise_(count_of(told))
                tx.run("DELETE FROM meta WHERE name = 'epoch'")
                tx.put("meta", [("epoch", self.epoch.value)])
            else:
                self.epoch.adopt(row[0])
            return self.epoch.value

        log.warning("the database is older than this server has seen it: epoch %s begins", self.database.retrying(work))
        self.note("restored", self.epoch.value)
        self.shut_out_again()

    def _agree(self, told: str) -> None:
        """Go by the higher of two epochs: the one here, or the one the processes have told each other."""
        if count_of(told) >= self.epoch.count:
            self.epoch.adopt(told)
            return

        def work(tx: Transaction) -> str:
            row = tx.one(f"SELECT value FROM meta WHERE name = 'epoch'{tx.for_update}")
            if row is not None and count_of(row[0]) >= self.epoch.count:
                return str(row[0])
            tx.run("DELETE FROM meta WHERE name = 'epoch'")
            tx.put("meta", [("epoch", self.epoch.value)])
            return self.epoch.value

        value = self.database.retrying(work)
        if value != self.epoch.value:
            self.epoch.adopt(value)

    def shut_out_again(self) -> None:
        """Make sure that an older database lets no station in that was reported lost since."""
        now = self.clock()

        def work(tx: Transaction) -> None:
            for one in sorted(self.epoch.lost):
                station = stations.find(tx, one)
                if station is not None:
                    stations.revoke(tx, station, now, "restore", only=True)

        self.database.retrying(work)

    def gauges(self) -> dict[str, int]:
        """Return what Prometheus may know of the database, all of it cheap to count."""
        with self.database.read() as tx:
            told = {
                "deskapp_log_entries": feed.entries_in_all(tx),
                "deskapp_parked_change_sets": tx.one("SELECT count(*) FROM parked")[0],
                "deskapp_set_aside_pushes": tx.one("SELECT count(*) FROM set_aside")[0],
                "deskapp_orphan_records": tx.one("SELECT count(*) FROM orphan")[0],
            }
            states = dict(map(tuple, tx.all("SELECT state, count(*) FROM station GROUP BY state")))
        told |= {f'deskapp_stations{{state="{one}"}}': states.get(one, 0) for one in returns.STATES}
        told["deskapp_epoch"] = self.epoch.count
        return told

    def set_aside(self, station: Station, plain: bytes) -> None:
        """Keep what a lost station sent for a person to look at."""
        now = self.clock()

        def work(tx: Transaction) -> None:
            told = aside.keep(tx, station, plain, now)
            if told and self._archive is not None:
                self._archive.note(told, now)

        self.database.retrying(work)

    def wipe_order(self, station: Station, counter: int) -> dict[str, object]:
        """Return what goes with the refusal of a lost station: the order to wipe itself, where that is wanted."""
        told = wiping.order_for(self.database, self.order_key, station, self.epoch.value, counter, self.clock())
        return {"wipe": told} if told is not None else {}

    def wiped(self, station_id: str, proof: str) -> bool:
        """Take a station's word that it was wiped."""
        return wiping.receipt(self.database, self.order_key, station_id, proof, self.clock())

    def archive_station(self, tx: Transaction, station_id: str) -> None:
        """Let the archive know of a station, so that a restore does not forget who belongs."""
        if self._archive is not None:
            self._archive.note(returns.station_told(tx, station_id), self.clock())

    def replay(self, folder: Path) -> int:
        """Take what an archive has and the database has not; return how many change sets."""
        return returns.replay(self, folder)

    def take_again(self, station: Station, sets: Sequence[ReadSet], *, judged: bool = False) -> int:
        """Take change sets that are kept without their card digits, as far as they follow; return how many.

        `judged`: who did them was judged when they came first.
        """
        request = ReadRequest(0, self.clock(), (0, ""), {}, tuple(sets), 0, False)
        done = self._push(station, request, self.clock(), replayed=True, judged=judged)
        if done.created and done.parked:
            self.try_parked(done.created)
        with self.database.read() as tx:
            fresh = stations.find(tx, station.id)
        return fresh.seq - station.seq if fresh is not None else 0
