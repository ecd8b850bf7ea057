"""Photos, signatures and scans: pieces that come in at their offset, visible once the whole matches its name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from deskapp.server import missing_cards
from deskapp.server.database import Database, Transaction
from deskapp.server.known import Station

LARGEST: Final = 10 * 1024 * 1024
PIECE: Final = 1024 * 1024
"""The most of one request."""

MOST_OPEN: Final = 200 * 1024 * 1024
"""Bytes of unfinished blobs of one station, and again of whole ones that no record names yet."""

UNNAMED_MS: Final = 30 * 24 * 3600 * 1000
"""How long a blob that no record names is kept."""


class WrongOffset(Exception):
    """The blob goes on elsewhere: at `offset`."""

    def __init__(self, offset: int) -> None:
        super().__init__(str(offset))
        self.offset = offset


class NotTaken(Exception):
    """Too large, too many, or not what its digest says; `code` is the word for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class State:
    """How much of a blob is here, and whether it is whole."""

    size: int
    whole: bool


def state(tx: Transaction, sha256: str) -> State:
    """Return how much of a blob is here."""
    row = tx.one("SELECT size, done FROM blob WHERE sha256 = ?", (sha256,))
    return State(row[0], bool(row[1])) if row else State(0, False)


def wanted(tx: Transaction, sha256: str) -> State:
    """Return the same to whoever would send it: what was erased counts as here, so that it does not come again."""
    if _erased(tx, sha256):
        return State(0, True)
    return state(tx, sha256)


def _erased(tx: Transaction, sha256: str) -> bool:
    named = tx.one("SELECT 1 FROM blob_ref WHERE sha256 = ?", (sha256,))  # by another record meanwhile
    return named is None and tx.one("SELECT 1 FROM erased_file WHERE sha256 = ?", (sha256,)) is not None


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece as it came: of which blob, from where on, its own SHA-256 (`digest`), and whether it is the last."""

    sha256: str
    offset: int
    content: bytes
    digest: str
    last: bool


def append(database: Database, station: Station, one: Piece, now: int) -> State:
    """Take one piece. Raises WrongOffset and NotTaken. A whole that does not match its name is thrown away."""
    sha256, offset, content, digest, last = one.sha256, one.offset, one.content, one.digest, one.last
    if len(content) > PIECE or offset + len(content) > LARGEST:
        raise NotTaken("too_large")
    if hashlib.sha256(content).hexdigest() != digest:
        raise NotTaken("mangled")

    def work(tx: Transaction) -> State:
        row = tx.one(f"SELECT size, done FROM blob WHERE sha256 = ?{tx.for_update}", (sha256,))
        if row is not None and row[1]:
            return State(row[0], True)
        size = row[0] if row else 0
        if _erased(tx, sha256):
            return State(0, True)  # what is here of it is thrown away by `sweep`
        if offset != size:
            raise WrongOffset(size)
        (open_bytes,) = tx.one("SELECT coalesce(sum(size), 0) FROM blob WHERE station = ? AND done = 0", (station.id,))
        if open_bytes + len(content) > MOST_OPEN:
            raise NotTaken("busy")
        if not content and not last:
            return State(size, False)
        if row is None:
            _bounded(tx, station, now)
            tx.put("blob", [(sha256, 0, 0, now, station.id, "")])
        if content:
            tx.put("blob_piece", [(sha256, offset, content)])
        size += len(content)
        whole = last and _matches(tx, sha256)
        if last and not whole:
            tx.run("DELETE FROM blob_piece WHERE sha256 = ?", (sha256,))
            tx.run("DELETE FROM blob WHERE sha256 = ?", (sha256,))
            return State(0, False)
        tx.run("UPDATE blob SET size = ?, done = ?, at = ? WHERE sha256 = ?", (size, int(whole), now, sha256))
        if whole:
            missing_cards.has_come(tx, sha256, now)
        return State(size, whole)

    return database.retrying(work)


def _bounded(tx: Transaction, station: Station, now: int) -> None:
    """Raise NotTaken where too much lies here already that this station brought and no record names.

    Asked once a file. A desk's photos are named by its acts, which go first or soon after.
    """
    (unnamed,) = tx.one(
        "SELECT coalesce(sum(size), 0) FROM blob b WHERE station = ? AND at > ? AND done = 1"
        " AND NOT EXISTS (SELECT 1 FROM blob_ref r WHERE r.sha256 = b.sha256)",
        (station.id, now - UNNAMED_MS),
    )
    if unnamed > MOST_OPEN:
        raise NotTaken("busy")


def _matches(tx: Transaction, sha256: str) -> bool:
    whole = hashlib.sha256()
    for (start,) in tx.all("SELECT start FROM blob_piece WHERE sha256 = ? ORDER BY start", (sha256,)):
        whole.update(bytes(tx.one("SELECT content FROM blob_piece WHERE sha256 = ? AND start = ?", (sha256, start))[0]))
    return whole.hexdigest() == sha256


def size_for(tx: Transaction, station: Station, sha256: str) -> int | None:
    """Return the size of a whole blob, or None where there is none that this station may see."""
    found = state(tx, sha256)
    if not found.whole:
        return None
    rows = tx.among(
        "SELECT 1 FROM blob_ref b JOIN record r ON r.id = b.record JOIN member m ON m.root = r.root"
        " WHERE b.sha256 = ? AND m.scope IN (#) LIMIT 1",
        list(station.scopes), sha256,
    )  # fmt: skip
    return found.size if rows else None


def piece(database: Database, sha256: str, at: int) -> bytes:
    """Return bytes of a blob from a place on, up to the end of the piece it lies in."""
    with database.read() as tx:
        sql = "SELECT start, content FROM blob_piece WHERE sha256 = ? AND start <= ? ORDER BY start DESC LIMIT 1"
        row = tx.one(sql, (sha256, at))
    return bytes(row[1])[at - row[0] :] if row else b""


def sweep(tx: Transaction, now: int) -> int:
    """Throw away blobs that no record has named for 30 days, or that were erased while they came; return how many."""
    rows = tx.all(
        "SELECT sha256 FROM blob b WHERE (at < ? OR sha256 IN (SELECT sha256 FROM erased_file))"
        " AND NOT EXISTS (SELECT 1 FROM blob_ref r WHERE r.sha256 = b.sha256)",
        (now - UNNAMED_MS,),
    )
    for (sha256,) in rows:
        tx.run("DELETE FROM blob_piece WHERE sha256 = ?", (sha256,))
        tx.run("DELETE FROM blob WHERE sha256 = ?", (sha256,))
    return len(rows)
