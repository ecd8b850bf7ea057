"""Orders to wipe lost stations: who is to be wiped, what is sent with the refusal, and the receipts.

An order is given only to a station that the administrator named. Those that are shut out beside it, because the same
key vouched for them, may be other computers at work: they are refused, and keep their data until they are named too.
"""

from __future__ import annotations

from pathlib import Path

from deskapp.cipher import write_durably
from deskapp.server import stations
from deskapp.server.database import Database, Transaction
from deskapp.server.known import Station
from deskapp.sync import orders
from deskapp.sync.signing import StationKey, words_hold

KEY = "order_key"
"""Where the private half lies in `meta`: all processes on one database sign alike, and a restore keeps it."""


def key_of(database: Database, copy: Path) -> StationKey:
    """Return the key by which this server's orders are signed: made once, and kept in the file `copy` too.

    Desks believe only the key that they learned, so a database that was set back to before it must not make another.
    """

    def work(tx: Transaction) -> str:
        row = tx.one("SELECT value FROM meta WHERE name = ?", (KEY,))
        if row is None:
            sql = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING"
            tx.run(sql, (KEY, _kept(copy) or StationKey.make().secret))
            row = tx.one("SELECT value FROM meta WHERE name = ?", (KEY,))
        return str(row[0])

    found = database.ask("SELECT value FROM meta WHERE name = ?", (KEY,))
    secret = str(found[0][0]) if found else database.retrying(work)
    if _kept(copy) != secret:
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(copy, secret.encode())
        copy.chmod(0o600)
    return StationKey.of(secret)


def _kept(copy: Path) -> str:
    try:
        secret = copy.read_text("ascii").strip()
        StationKey.of(secret)
    except (OSError, ValueError):
        return ""
    return secret


def wanted(tx: Transaction, station: Station, now: int, who: str = "") -> bool:
    """Let a lost station be wiped at its next contact; False where that was ordered before."""
    sql = "INSERT INTO wipe (station, at, told_at, done_at) VALUES (?, ?, 0, 0) ON CONFLICT DO NOTHING"
    if not tx.run(sql, (station.id, now)):
        return False
    stations.note(tx, now, "wipe", station.id, who, no=station.no)
    return True


def withdrawn(tx: Transaction, station: Station) -> bool:
    """The station is back in the right hands; return whether it had been told to wipe itself by then."""
    row = tx.one("SELECT told_at FROM wipe WHERE station = ?", (station.id,))
    tx.run("DELETE FROM wipe WHERE station = ?", (station.id,))
    return bool(row and row[0])


def order_for(database: Database, key: StationKey, station: Station, epoch: str, counter: int, now: int) -> object:
    """Return the order that answers this request of a lost station, or None where it is only shut out."""
    rows = database.ask("SELECT told_at FROM wipe WHERE station = ?", (station.id,))
    if not rows:
        return None
    if not rows[0][0]:

        def work(tx: Transaction) -> None:
            if tx.run("UPDATE wipe SET told_at = ? WHERE station = ? AND told_at = 0", (now, station.id)):
                stations.note(tx, now, "wipe_told", station.id, no=station.no)

        database.retrying(work)
    return orders.order(key, orders.Question(station.id, station.public, epoch, counter))


def receipt(database: Database, key: StationKey, station_id: str, proof: str, now: int) -> bool:
    """Take a station's signed word that it was wiped; False where nobody told it to, or it is not its word."""

    def work(tx: Transaction) -> bool:
        station = stations.find(tx, station_id)
        row = tx.one("SELECT told_at, done_at FROM wipe WHERE station = ?", (station_id,))
        if station is None or row is None or not row[0]:
            return False
        if not words_hold(station.public, orders.receipt_words(station_id, key.public), proof):
            return False
        if not row[1]:
            tx.run("UPDATE wipe SET done_at = ? WHERE station = ?", (now, station_id))
            stations.note(tx, now, "wiped", station_id, no=station.no)
        return True

    return database.retrying(work)


def states(tx: Transaction) -> dict[str, tuple[int, int]]:
    """Return of every station that is to be wiped when it was told and when it said that it was (0: not yet)."""
    return {station: (told, done) for station, told, done in tx.all("SELECT station, told_at, done_at FROM wipe")}
