"""What comes back after a restore: the archive read again, in the order in which the server had accepted it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from deskapp.server import acts, aside, push, stations
from deskapp.server.archive import Frame, read_archive
from deskapp.server.cutting import readable
from deskapp.server.database import Transaction
from deskapp.server.scopes_of import NEW_HEAD
from deskapp.sync.packing import ReadSet

if TYPE_CHECKING:
    from deskapp.server.service import Server

log = logging.getLogger(__name__)

AT_ONCE: Final = 500
MOST_HELD: Final = 50_000
"""Change sets kept in memory because one before them was not read yet."""

STATES: Final = ("active", "retiring", "retired", "lost")
_COLUMNS: Final = "id, no, site, name, public, state, extra, enrolled_at, vouched_by"


# -- who belongs -------------------------------------------------------------------------


def station_told(tx: Transaction, station_id: str) -> dict[str, Any]:
    """Return what the archive is told of a station and its site."""
    row = tx.one(f"SELECT {_COLUMNS} FROM station WHERE id = ?", (station_id,))
    sites = tx.all("SELECT id, code, name, same_as FROM site WHERE id = ? OR same_as = ?", (row[2], row[2]))
    return {"station": list(row), "sites": [list(one) for one in sites]}


def _meet_station(tx: Transaction, told: Mapping[str, Any], now: int) -> None:
    """Let a station belong again; one that was retired or lost stays so, nothing lets it in again."""
    identity, no, site, name, public, state, extra, enrolled_at, vouched_by = told["station"]
    for one, code, title, same_as in told["sites"]:
        if tx.run("UPDATE site SET code = ?, name = ?, same_as = ? WHERE id = ?", (code, title, same_as, one)) == 0:
            tx.put("site", [(one, code, "", title, same_as)])
    known = stations.find(tx, identity)
    if known is None:
        if tx.one("SELECT 1 FROM station WHERE no = ?", (no,)):
            log.warning("station number %05d is used by somebody else now: its station has to be connected again", no)
            return
        row = (identity, no, site, name, public, 0, "", state, extra, 0, enrolled_at, 0, 0, vouched_by)
        tx.put("station", [row])
        for scope in stations.scopes_held(identity, site):
            tx.run(NEW_HEAD, (scope,))
        stations.note(tx, now, "enrol", identity, "archive", no=no, site=site, name=name)
    elif STATES.index(state) > STATES.index(known.state):
        tx.run("UPDATE station SET state = ? WHERE id = ?", (state, identity))
        stations.note(tx, now, "revoke_lost" if state == "lost" else state, identity, "archive", no=no)


# -- what they did -----------------------------------------------------------------------


class _Replay:
    """One reading of an archive. `held` are change sets whose turn has not come, by station and number."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.taken = 0
        self.held: dict[str, dict[int, ReadSet]] = {}
        self.strange: set[str] = set()
        self.count = 0
        self.last = False
        """Whether nothing more comes of anybody, so that nothing is waited for."""

    def frame(self, one: Frame) -> None:
        if "aside" in one.told:
            self.server.database.retrying(lambda tx: aside.keep_again(tx, one.told))
            return
        if one.told:
            now = self.server.clock()
            self.server.database.retrying(lambda tx: _meet_station(tx, one.told, now))
            return
        mine = self.held.setdefault(one.station, {})
        for read in readable(one.sets):
            self.count += read.seq not in mine
            mine[read.seq] = read
        if self.count > MOST_HELD:
            for station in list(self.held):
                self.take(station)
        elif len(mine) >= AT_ONCE:
            self.take(one.station)

    def finish(self) -> None:
        """Take what is left, in turns: the server's own acts may change what stations made, and the other way round."""
        while True:
            before = self.taken
            for station in sorted(self.held, key=lambda one: one != acts.SERVER):
                self.take(station)
            if self.taken == before:
                if self.last or not self.held.get(acts.SERVER):
                    return
                self.last = True

    def take(self, station_id: str) -> None:
        """Take what follows on what the server has of a station."""
        mine = self.held.get(station_id, {})
        if station_id == acts.SERVER:
            done, left = acts.repeat(self.server, [mine[seq] for seq in sorted(mine)], last=self.last)
            self.taken += done
            self.held[station_id] = {one.seq: one for one in left}
        while station_id != acts.SERVER:
            with self.server.database.read() as tx:
                station = stations.find(tx, station_id)
            if station is None:
                self.strange.add(station_id)
                break
            for seq in [seq for seq in mine if seq <= station.seq]:
                del mine[seq]
            run: list[ReadSet] = []
            while len(run) < AT_ONCE and (following := mine.get(station.seq + 1 + len(run))) is not None:
                run.append(following)
            try:
                done = self.server.take_again(station, run, judged=True) if run else 0
            except push.Fork:
                log.warning("station %05d has gone on since: what the archive has beside that is left out", station.no)
                done = 0
            if not done:
                break
            self.taken += done
        self.count = sum(map(len, self.held.values()))


def replay(server: Server, folder: Path) -> int:
    """Take what an archive has and the database has not, station by station; return how many change sets."""
    work = _Replay(server)
    for frame in read_archive(folder):
        work.frame(frame)
    work.finish()
    for station in sorted(work.strange):
        log.warning("the archive names a station that is not here: %s", station)
    return work.taken
