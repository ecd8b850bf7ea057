"""The central server of the played days: a real one on a free port of this machine, with a site for either desk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deskapp.clock import new_uuid7, system_clock
from deskapp.server import acts, feed, stations, wholes
from deskapp.server.beside import Beside
from deskapp.tour.compared import Rows, one_sum
from deskapp.tour.line import CutLine

if TYPE_CHECKING:
    from deskapp.tour.stage import Person

WHO: Final = "tour"


class Centre:
    """Knows sites, people and stations as whoever looks after a server does."""

    def __init__(self, folder: Path) -> None:
        self._beside = Beside(folder)
        self.server = self._beside.server
        self.url = self._beside.url
        self.depot_line = CutLine(self._beside.port)

    def close(self) -> None:
        """End."""
        self.depot_line.cut()
        self._beside.close()

    def add_site(self, code: str, name: str) -> str:
        """Make a site known; returns its id."""
        server, identity = self.server, new_uuid7()
        with server.database.write() as tx:
            acts.act(tx, "add_site", [acts.site_record(identity, code, name)], system_clock(), server.archive)
        return identity

    def add_person(self, person: Person) -> None:
        """Make somebody known to all desks."""
        server = self.server
        values = {"badge_no": "", "roles": list(person.roles), "active": True, "language": ""}
        op = acts.new_record("staff", new_uuid7(), staff_no=person.staff_no, name=person.name, **values)
        with server.database.write() as tx:
            acts.act(tx, "add_staff", [op], system_clock(), server.archive)

    def code_for(self, site_id: str, name: str) -> str:
        """Return a one-time code for a computer of a site."""
        with self.server.database.write() as tx:
            return stations.issue_code(tx, site_id, name, system_clock(), who=WHO)

    def newest_of(self, station: str) -> int:
        """Return the number of the newest act that the server has of a station."""
        with self.server.database.read() as tx:
            known = stations.find(tx, station)
        return known.seq if known is not None else 0

    def heads(self, scopes: Sequence[str]) -> dict[str, int]:
        """Return how far the logs of scopes have come."""
        with self.server.database.read() as tx:
            return feed.heads_of(tx, scopes)

    def rows(self, scope: str) -> Rows:
        """Return what the server holds of a scope."""
        with self.server.database.read() as tx:
            return {(row.entity, row.id): dict(row.values) for row in wholes.rows_of(tx, scope)}

    def sum_of(self, scope: str) -> str:
        """Return one sum over all that the server holds of a scope."""
        return one_sum(wholes.digest(self.server.database, scope).sums)
