"""Photos that records name and that are not here: found at the start, once an hour, by `check`, and when asked for.

Most of them are on their way. But a database that was brought back without its last photos has lost them while its logs
stand where they stood, so no desk would notice. Whoever may hold one is told by an entry of its own log that names
nothing, asks which are missing (`GET /v1/missing`), and sends those it has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from deskapp.clock import new_uuid7
from deskapp.server.database import Transaction
from deskapp.server.numbering import write_logs
from deskapp.sync import scopes
from deskapp.sync.framing import dump

if TYPE_CHECKING:
    from deskapp.server.known import Station
    from deskapp.server.service import Server

AT_ONCE: Final = 500
ON_ITS_WAY_MS: Final = 3_600_000
"""So long after its record a photo may take without anybody being asked for it."""

AGAIN_MS: Final = 24 * 3_600_000
"""How often desks are asked for the same photo."""

LONG_MS: Final = 7 * 24 * 3_600_000
"""Beyond this age of its record a photo that is not here is something wrong."""

COMMAND: Final = "ask_for_files"

_MISSING: Final = (
    "SELECT r.sha256, min(r.record) FROM blob_ref r LEFT JOIN blob b ON b.sha256 = r.sha256 AND b.done = 1"
    " WHERE b.sha256 IS NULL GROUP BY r.sha256 ORDER BY r.sha256"
)


class Missing(NamedTuple):
    """A photo that is not here: its SHA-256, a record that names it, and when that was made (ms UTC, 0: unknown)."""

    sha256: str
    record: str
    made_at: int


def find(tx: Transaction) -> list[Missing]:
    """Return every photo that a record names and that is not here as a whole."""
    return [Missing(sha256, record, _made_at(record)) for sha256, record in tx.all(_MISSING)]


def _made_at(record: str) -> int:
    digits = record.replace("-", "")
    try:
        return int(digits[:12], 16) if len(digits) == 32 and digits[12] == "7" else 0
    except ValueError:
        return 0


def of_station(tx: Transaction, station: Station, after: str = "") -> list[str]:
    """Return photos above a name that are not here and that a record names which this station holds, in order."""
    rows = tx.among(
        "SELECT DISTINCT f.sha256 FROM blob_ref f JOIN record r ON r.id = f.record JOIN member m ON m.root = r.root"
        " LEFT JOIN blob b ON b.sha256 = f.sha256 AND b.done = 1 WHERE b.sha256 IS NULL AND f.sha256 > ?"
        " AND m.scope IN (#)",
        list(station.scopes), after,
    )  # fmt: skip
    return sorted(sha256 for (sha256,) in rows)[:AT_ONCE]


def ask(server: Server, *, now_all: bool = False, fresh: bool = False) -> int:
    """Let the desks that may have them know that photos are missing; return how many are asked for.

    Those that were asked for within a day are left out, unless `now_all`, and those on their way, unless `fresh`.
    """
    with server.database.read() as tx:
        every = find(tx)
    if not every:
        return 0
    now = server.clock()

    def work(tx: Transaction) -> int:
        asked = dict(map(tuple, tx.all("SELECT sha256, at FROM missing_file")))
        due = [
            one for one in every
            if now_all or (
                (fresh or now - one.made_at > ON_ITS_WAY_MS) and not 0 <= now - asked.get(one.sha256, 0) <= AGAIN_MS
            )
        ]  # fmt: skip
        for one in due:
            tx.run("UPDATE missing_file SET at = ? WHERE sha256 = ?", (now, one.sha256))
        tx.put("missing_file", [(one.sha256, now) for one in due if one.sha256 not in asked])
        _tell(tx, [one.sha256 for one in due], now)
        return len(due)

    return server.database.retrying(work)


def _tell(tx: Transaction, files: Sequence[str], now: int) -> None:
    """Write an entry without operations into the logs of the stations that may hold these files."""
    held = tx.among(
        "SELECT DISTINCT m.scope FROM blob_ref f JOIN record r ON r.id = f.record JOIN member m ON m.root = r.root"
        " WHERE f.sha256 IN (#)",
        files,
    )
    names = {scope for (scope,) in held}
    rows = tx.all("SELECT id, site, extra FROM station WHERE state IN ('active', 'retiring')")
    entry = dump([new_uuid7(), 0, "", now, COMMAND, 0, []])
    told = {
        scopes.station_scope(station): [entry] for station, site, extra in rows
        if names & {scopes.site_scope(site), *(extra.split(",") if extra else ())}
    }  # fmt: skip
    touched: dict[str, int] = {}
    write_logs(tx, told, [], touched, now)


def drop_damaged(server: Server) -> int:
    """Throw away files that are no longer what their names say, so that they can come again; return how many."""
    gone = 0
    with server.database.read() as tx:
        names = [sha256 for (sha256,) in tx.all("SELECT sha256 FROM blob WHERE done = 1 ORDER BY sha256")]
    for sha256 in names:
        with server.database.read() as tx:
            damaged = not _whole(tx, sha256)
        if damaged:
            server.database.retrying(lambda tx, sha256=sha256: _drop(tx, sha256))  # type: ignore[misc]
            gone += 1
    return gone


def _whole(tx: Transaction, sha256: str) -> bool:
    whole = hashlib.sha256()
    for (start,) in tx.all("SELECT start FROM blob_piece WHERE sha256 = ? ORDER BY start", (sha256,)):
        whole.update(bytes(tx.one("SELECT content FROM blob_piece WHERE sha256 = ? AND start = ?", (sha256, start))[0]))
    return whole.hexdigest() == sha256


def _drop(tx: Transaction, sha256: str) -> None:
    tx.run("DELETE FROM blob_piece WHERE sha256 = ?", (sha256,))
    tx.run("DELETE FROM blob WHERE sha256 = ?", (sha256,))
