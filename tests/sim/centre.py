"""The simulated centre: the shipped server on a real database, behind the shipped gate, without HTTP.

`answer` says what the routes say (`deskapp.server.routes`), request by request. The server can be killed around any
commit, restarted, doubled (two processes on one database), set back to a backup, and lose the old end of its logs.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, unquote, urlsplit

from deskapp.server import feed, missing, service, stations, wholes, wiping
from deskapp.server.database import Database, Transaction
from deskapp.server.gate import Turned
from deskapp.server.push import Fork
from deskapp.server.service import Options, Server
from deskapp.server.tables import metadata
from deskapp.sync.framing import WireError, dump, unpack
from deskapp.sync.messages import EnrolRequest, read_message, to_json
from deskapp.sync.signing import read_header
from deskapp.sync.transport import Answer
from deskapp.sync.wire import Problem, read_request
from tests.sim.carried_centre import answer_blob, answer_carried
from tests.sim.chance import Chance

log = logging.getLogger(__name__)

POSTGRES = "DESKAPP_SIM_POSTGRES"
"""Names a PostgreSQL on which the centre keeps its tables; without it they are SQLite's."""

Rows = dict[str, list[tuple[Any, ...]]]
TABLES = tuple(table.name for table in metadata.sorted_tables)


def _plain(cell: Any) -> Any:
    return bytes(cell) if isinstance(cell, memoryview) else cell


class ServerDied(Exception):
    """The server was killed while it worked."""


MANY_PAGES = 10**6


def limit_pages(driver: Any, more: int) -> None:
    """Let the file of a connection grow by so many pages and no further, as on a disk that is full."""
    here = driver.execute("PRAGMA page_count").fetchone()[0]
    driver.execute(f"PRAGMA max_page_count={here + more}")


def is_full(error: Exception) -> bool:
    """Say whether the disk was full."""
    return getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"


class SimDatabase(Database):
    """The server's database, kept open from world to world, which can die at a commit."""

    die = ""

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        die, self.die = self.die, ""
        with super().write() as tx:
            yield tx
            if die == "before":
                raise ServerDied
        if die == "after":
            raise ServerDied

    @contextmanager
    def writer(self) -> Iterator[Any]:
        """Hand out the connection on which everything is written."""
        connection = self._writer.raw_connection()
        try:
            yield connection.driver_connection
        finally:
            connection.close()

    def let_go(self) -> None:
        """Close the connections; the next statement opens the file anew."""
        self._writer.dispose()
        self._reader.dispose()

    def close(self) -> None:
        self.let_go()


class Centre:
    """The server and its disk. Belongs to one world at a time; `begin` sets it to the template."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "server.db"
        self.postgres = os.environ.get(POSTGRES, "")
        self._template: Rows = {}
        self.chance = Chance(0)
        self.servers: list[Server] = []
        self.turn = 0
        self.broken: list[str] = []
        self.backups: list[Any] = []
        self.restores = 0
        self.by_hand = False
        self.archived = False
        self.look: Callable[[Any], None] = lambda _tx: None
        self.on_request: Callable[..., None] = lambda *_given: None
        self.on_reply: Callable[..., None] = lambda *_given: None
        self.grown: Callable[[], int] = lambda: 0
        self.is_full = False
        self._database: SimDatabase | None = None

    # -- life ----------------------------------------------------------------------

    def begin(self, chance: Chance, template: Path | None, *, archive: bool = False) -> None:
        """Put the files of a template in place and start."""
        self.stop()
        for name in ("state", "archive"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for path in (*self.folder.glob("server.db*"), *self.folder.glob("backup-*")):
            path.unlink()
        if template is not None:
            if self.postgres:
                self._lay(self._template)
            else:
                shutil.copyfile(template / "server.db", self.file)
            shutil.copytree(template / "state", self.folder / "state")
        self.chance, self.turn, self.broken, self.backups, self.restores = chance, 0, [], [], 0
        self.by_hand, self.is_full = False, False
        self.archived = archive
        self.start()

    def start(self) -> None:
        """Start one server process on what is there."""
        archive = self.folder / "archive" if self.archived else None
        options = Options(self.postgres or str(self.file), self.folder / "state", archive)
        with patch.object(service, "Database", self._open):
            self.servers.append(Server(options, clock=lambda: self.chance.now))
        self.servers[-1].begin()

    def _open(self, url: str) -> SimDatabase:
        if self._database is None:
            self._database = SimDatabase(url)
        else:
            self._database._prepare()
        return self._database

    def stop(self) -> None:
        """Let every process go, as a power cut would."""
        for server in self.servers:
            if server._archive is not None:
                server._archive.close()
        self.servers = []
        if self._database is not None:
            self._database.die = ""
            self._database.let_go()

    def restart(self) -> None:
        self.stop()
        self.start()
        self.fill_disk(self.is_full)

    def fill_disk(self, full: bool) -> None:
        """Let the database grow no more, or let it grow again; what it does with that is SQLite's own."""
        self.is_full = full and not self.postgres
        if not self.postgres:
            with self.database.writer() as driver:
                limit_pages(driver, 0 if full else MANY_PAGES)

    @property
    def server(self) -> Server:
        """One of the processes, in turn."""
        self.turn += 1
        return self.servers[self.turn % len(self.servers)]

    @property
    def database(self) -> SimDatabase:
        assert self._database is not None
        return self._database

    def ask(self, question: Callable[[Transaction], Any]) -> Any:
        with self.database.read() as tx:
            return question(tx)

    # -- what an administrator does --------------------------------------------------

    def code(self, site: str) -> str:
        now = self.chance.now
        with self.database.write() as tx:
            found = stations.site_by_code(tx, site)
            assert found is not None
            return stations.issue_code(tx, found.id, "", now)

    def back_up(self) -> None:
        """Copy the database as it is now."""
        self.servers[0].remember()
        if self.postgres:
            self.backups.append(self._rows())
            return
        target = self.folder / f"backup-{len(self.backups)}"
        self.database.backup(target)
        self.backups.append(target)

    def keep_template(self, folder: Path) -> None:
        """Keep the database as it is now, to begin worlds with."""
        shutil.copytree(self.folder / "state", folder / "state")
        if self.postgres:
            self._template = self._rows()
        else:
            self.database.backup(folder / "server.db")

    def _rows(self) -> Rows:
        """Return every row of every table, which is what a backup of PostgreSQL comes to."""
        with self.database.read() as tx:
            return {name: [tuple(map(_plain, row)) for row in tx.all(f"SELECT * FROM {name}")] for name in TABLES}

    def _lay(self, rows: Rows) -> None:
        """Put every table back as it was."""
        with self.database.write() as tx:
            tx.run(f"TRUNCATE {', '.join(TABLES)}")
            for name, some in rows.items():
                if some:
                    tx.many(f"INSERT INTO {name} VALUES ({','.join('?' * len(some[0]))})", some)
            tx.run("SELECT setval(pg_get_serial_sequence('audit', 'n'), (SELECT coalesce(max(n), 0) + 1 FROM audit))")

    def restore(self, *, by_hand: bool) -> None:
        """Put the newest backup back. `by_hand`: only the file, as somebody does who does not know our command."""
        self.stop()
        if self.postgres:
            self._lay(self.backups[-1])
        else:
            for path in self.folder.glob("server.db*"):
                path.unlink()
            shutil.copyfile(self.backups[-1], self.file)
        self.restores += 1
        self.by_hand = self.by_hand or by_hand
        if not by_hand:
            from deskapp.server.identity import Epoch

            Epoch.at(self.folder / "state" / "epoch.json").raise_()
        self.start()
        if self.archived and not by_hand:
            self.servers[0].replay(self.folder / "archive")

    def raise_floors(self) -> None:
        """Forget the logs up to now, as after eight weeks in which nobody was heard of."""
        now = self.chance.now + 1
        self.database.retrying(lambda tx: feed.forget_before(tx, now))

    def mark(self, number: int, *, lost: bool) -> None:
        """Revoke a lost station, or retire one."""
        now = self.chance.now

        def work(tx: Transaction) -> None:
            station = stations.find_by_number(tx, number)
            if station is not None:
                (stations.revoke if lost else stations.retire)(tx, station, now)
                if lost:
                    wiping.wanted(tx, station, now)

        self.database.retrying(work)

    def mend(self) -> None:
        """What the server does by itself every few seconds."""
        self.server.mend()
        self.ask(self.look)

    # -- answering -----------------------------------------------------------------

    def answer(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Return what the server answers; raises ServerDied where it was killed over it."""
        try:
            return self._answer(self.server, method, target, body, headers)
        except ServerDied:
            self.restart()
            raise
        except Turned as turned:
            return self._problem(turned.status, turned.problem, epoch=self.servers[0].epoch.value)
        except Fork:
            return self._problem(409, Problem.FORK)
        except stations.CodeRefused:
            return self._problem(403, Problem.CODE)
        except WireError as error:
            return self._problem(400, Problem.MANGLED if error.code == "mangled" else Problem.BAD_REQUEST)
        except Exception as error:
            if self.is_full and is_full(error):
                return self._problem(503, Problem.BUSY)  # as the routes do with whatever goes wrong
            log.exception("the server failed")
            self.broken.append(f"{method} {target}: {type(error).__name__}: {error}")
            return self._problem(503, Problem.BUSY)
        finally:
            self.ask(self.look)

    def _problem(self, status: int, problem: Problem | str, **more: Any) -> Answer:
        return Answer(status, {}, dump({"error": str(problem), "now": self.chance.now, **more}))

    def _answer(self, server: Server, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        photo = target.startswith("/v1/blob/")
        plain = unpack(body, headers.get("Content-Encoding", "identity")) if body and not photo else b""
        claim = headers.get("Authorization", "")
        station = server.gate.let_in(claim, method, target, body) if claim else None
        if station is not None and station.state == "retired":
            return self._problem(403, Problem.RETIRED)
        if target == "/v1/station" and (station is None or station.state != "lost"):
            return Answer(200, {}, to_json(server.enrol(read_message(EnrolRequest, plain), station)))
        if station is None:
            return self._problem(401, Problem.UNSIGNED)
        if station.state == "lost":
            if target != "/v1/sync":
                return self._problem(403, Problem.LOST)
            server.set_aside(station, plain)
            return self._problem(403, Problem.LOST, **server.wipe_order(station, read_header(claim).counter))
        if target == "/v1/sync":
            request = read_request(plain)
            self.on_request(station, request, self.chance.now)
            reply, _touched = server.sync(station, request)
            self.on_reply(station, request, reply)
            gone = bool(reply.resnapshot) and not request.sets
            return Answer(410 if gone else 200, {}, reply.to_bytes())
        if target == "/v1/carried":
            status, told = answer_carried(self, server, plain)
            return self._problem(status, told) if status != 200 else Answer(200, {}, told.to_bytes())
        if photo:
            place = urlsplit(target)
            query = dict(parse_qsl(place.query))
            name = place.path.removeprefix("/v1/blob/")
            return Answer(*answer_blob(self, station, method, name, query, body, headers))
        if target.startswith("/v1/missing"):
            after = dict(parse_qsl(urlsplit(target).query)).get("after", "")
            with server.database.read() as tx:
                return Answer(200, {}, dump({"files": missing.of_station(tx, station, after)}))
        _version, kind, scope = unquote(target).removeprefix("/v1").split("/", 2)
        if kind == "snapshot" and scope in station.scopes:
            return Answer(200, {}, self._whole(server.database, scope))
        if kind == "digest" and scope in station.scopes:
            return Answer(200, {}, to_json(wholes.digest(server.database, scope)))
        return self._problem(404, Problem.NOT_FOUND)

    def _whole(self, database: Database, scope: str) -> bytes:
        found = wholes.snapshot(database, scope, self.chance.now)
        if found.body is not None:
            return found.body
        parts, size = [], 0
        while size < found.size:
            parts.append(wholes.piece(database, found.tag, size))
            size += len(parts[-1])
        return b"".join(parts)
