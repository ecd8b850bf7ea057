"""Who belongs: sites, one-time codes, stations, and the book of what was done to them."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any, Final

from deskapp.clock import new_uuid7
from deskapp.server import scopes_of
from deskapp.server.database import Transaction
from deskapp.server.known import STATION, Station
from deskapp.sync import scopes, signing
from deskapp.sync.messages import EnrolReply, EnrolRequest

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
HANDLE, SECRET = 4, 8
"""A code is a handle by which it is found and a secret of 40 bits; five wrong secrets spend it."""

TRIES: Final = 5
CODE_MS: Final = 10 * 60 * 1000
PROVISIONAL: Final = range(90_000, 100_000)
MOST_NO: Final = 99_999


class CodeRefused(Exception):
    """The enrolment code does not hold, for a reason that is not told."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site as the server knows it."""

    id: str
    code: str
    name: str


def note(tx: Transaction, now: int, what: str, subject: str, who: str = "", **detail: Any) -> None:
    """Write into the audit book, which is only ever added to."""
    tx.run(
        "INSERT INTO audit (at, what, subject, who, detail) VALUES (?, ?, ?, ?, ?)",
        (now, what, subject, who, json.dumps(detail, ensure_ascii=False, sort_keys=True)),
    )


def audit(tx: Transaction, most: int = 100) -> list[Any]:
    """Return the newest entries of the audit book."""
    return tx.all("SELECT at, what, subject, who, detail FROM audit ORDER BY n DESC LIMIT ?", (most,))


# -- sites -----------------------------------------------------------------------------


def add_site(tx: Transaction, code: str, name: str, now: int, who: str = "") -> str:
    """Make a site known under which stations can be enrolled; return its id. The desk enters what else there is."""
    found = tx.one("SELECT id FROM site WHERE code = ? AND same_as = ''", (code,))
    if found is not None:
        return str(found[0])
    identity = new_uuid7()
    tx.run("INSERT INTO site (id, code, depot_code, name, same_as) VALUES (?, ?, '', ?, '')", (identity, code, name))
    note(tx, now, "site_add", code, who, id=identity)
    return identity


def sites(tx: Transaction) -> list[Site]:
    """Return the sites, by their code."""
    return [Site(*row) for row in tx.all("SELECT id, code, name FROM site WHERE same_as = '' ORDER BY code")]


def site_by_code(tx: Transaction, code: str) -> Site | None:
    """Return the site with a code."""
    row = tx.one("SELECT id, code, name FROM site WHERE code = ? AND same_as = ''", (code,))
    return Site(*row) if row else None


# -- codes -----------------------------------------------------------------------------


def issue_code(tx: Transaction, site_id: str, name: str, now: int, *, valid_ms: int = CODE_MS, who: str = "") -> str:
    """Make a one-time code for one computer of a site; only its digest is kept."""
    text = "".join(secrets.choice(ALPHABET) for _digit in range(HANDLE + SECRET))
    tx.run("DELETE FROM enrol_code WHERE handle = ?", (text[:HANDLE],))
    tx.put("enrol_code", [(text[:HANDLE], site_id, _digest(text), now + valid_ms, 0, 0, name)])
    note(tx, now, "code", site_id, who, name=name)
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _digest(code: str) -> str:
    return hashlib.sha256(f"deskapp enrolment {code}".encode()).hexdigest()


def spend_code(tx: Transaction, text: str, now: int) -> tuple[str, str]:
    """Use a code up and return its site and the name it was made for; raises CodeRefused.

    A wrong secret counts against the code, so call this in a transaction that is committed in either case.
    """
    code = "".join(char for char in text.upper() if char in ALPHABET)
    row = tx.one(
        f"SELECT site, hash, expires_at, tries, used_at, name FROM enrol_code WHERE handle = ?{tx.for_update}",
        (code[:HANDLE],),
    )
    right = hmac.compare_digest(_digest(code), row[1] if row else "")
    if row is None or row[2] < now or row[3] >= TRIES or row[4]:
        raise CodeRefused
    if not right:
        tx.run("UPDATE enrol_code SET tries = tries + 1 WHERE handle = ?", (code[:HANDLE],))
        raise CodeRefused
    tx.run("UPDATE enrol_code SET used_at = ? WHERE handle = ?", (now, code[:HANDLE]))
    return row[0], row[5]


# -- stations --------------------------------------------------------------------------


def enrol(tx: Transaction, request: EnrolRequest, epoch: str, now: int, vouches: Station | None = None) -> EnrolReply:
    """Let a station belong; raises CodeRefused. The same key asking again with its spent code gets the same answer.

    `vouches` is the station that signed the request: a desk whose identity is used twice takes a new one without
    a code, of the same site and with the same scopes, and the old one stays with whoever else has it.
    """
    if not _is_sound(request):
        raise CodeRefused
    known = find(tx, request.station)
    if known is not None and known.public == request.public and known.state == "active":
        return _reply(tx, known, epoch, now)
    if vouches is not None and vouches.state == "active" and not request.code:
        site_id, name, extra = vouches.site, vouches.name, vouches.extra
    else:
        site_id, name = spend_code(tx, request.code, now)
        site_id, extra = _adopt_site(tx, site_id, request), ""
    if known is not None:
        raise CodeRefused
    number = _number(tx, request.number)
    tx.put("station", [(
        request.station, number, site_id, request.name or name, request.public, 0, "", "active", extra, now, now, 0, 0,
    )])  # fmt: skip
    for scope in (scopes.REF, scopes.site_scope(site_id), scopes.station_scope(request.station)):
        tx.run(scopes_of.NEW_HEAD, (scope,))
    who = vouches.id if vouches is not None and not request.code else ""
    note(tx, now, "enrol", request.station, who, site=site_id, no=number, name=request.name or name)
    fresh = find(tx, request.station)
    assert fresh is not None
    return _reply(tx, fresh, epoch, now)


def _is_sound(request: EnrolRequest) -> bool:
    texts = (request.name, request.site_id, request.site_code, request.site_name)
    if not all(text.isprintable() and len(text) <= 200 for text in texts):
        return False
    if (
        len(request.station) != 36
        or len(request.public) != 64
        or any(c not in "0123456789abcdef-" for c in request.station)
    ):
        return False
    return signing.words_hold(request.public, request.words(), request.proof)


def _adopt_site(tx: Transaction, site_id: str, request: EnrolRequest) -> str:
    """Make one of the site of the code and the site the desk set up for itself; return the id that counts."""
    own = request.site_id
    if not own or own == site_id or len(own) > 64 or not all(c.isalnum() or c in "._-" for c in own if c.isascii()):
        return site_id
    if not own.isascii() or tx.one("SELECT 1 FROM site WHERE id = ? AND (same_as <> '' OR code <> ?)", (own, "")):
        return site_id
    used = tx.one("SELECT 1 FROM station WHERE site = ? LIMIT 1", (site_id,))
    row = tx.one("SELECT code, name FROM site WHERE id = ?", (site_id,))
    tx.run("DELETE FROM site WHERE id = ?", (own,))
    if used is not None:
        tx.put("site", [(own, row[0], "", row[1], site_id)])
        return site_id
    # The first desk of a site: what it made for itself is the site.
    tx.put("site", [(own, row[0], "", row[1], "")])
    tx.run("UPDATE site SET same_as = ? WHERE id = ?", (own, site_id))
    tx.run("UPDATE enrol_code SET site = ? WHERE site = ?", (own, site_id))
    return own


def _number(tx: Transaction, wanted: int) -> int:
    """Return the wanted station number if nobody has it, else the next free one; raises CodeRefused if none is."""
    if 0 < wanted <= MOST_NO and tx.one("SELECT 1 FROM station WHERE no = ?", (wanted,)) is None:
        return wanted
    row = tx.one("SELECT coalesce(max(no), 0) FROM station WHERE no < ?", (PROVISIONAL.start,))
    if row[0] + 1 < PROVISIONAL.start:
        return int(row[0]) + 1
    taken = {number for (number,) in tx.all("SELECT no FROM station")}
    free = next((number for number in range(1, MOST_NO + 1) if number not in taken), 0)
    if not free:
        raise CodeRefused
    return free


def _reply(tx: Transaction, station: Station, epoch: str, now: int) -> EnrolReply:
    row = tx.one("SELECT code, name FROM site WHERE id = ?", (station.site,)) or ("", "")
    return EnrolReply(station.id, station.no, station.site, row[0], row[1], station.scopes, now, epoch)


def find(tx: Transaction, identity: str, *, lock: bool = False) -> Station | None:
    """Return a station, under its lock if wanted."""
    row = tx.one(STATION + (tx.for_update if lock else ""), (identity,))
    return Station(*row) if row else None


def find_by_number(tx: Transaction, number: int) -> Station | None:
    """Return the station with a number."""
    row = tx.one("SELECT id FROM station WHERE no = ?", (number,))
    return find(tx, row[0]) if row else None


def retire(tx: Transaction, station: Station, now: int, who: str = "") -> None:
    """Ask a station to push what it holds and then to purge itself."""
    tx.run("UPDATE station SET state = 'retiring' WHERE id = ? AND state = 'active'", (station.id,))
    note(tx, now, "retire", station.id, who, no=station.no)


def retired(tx: Transaction, station: Station, now: int) -> None:
    """The station has said that it is empty."""
    tx.run("UPDATE station SET state = 'retired' WHERE id = ? AND state = 'retiring'", (station.id,))
    note(tx, now, "retired", station.id, no=station.no)


def revoke(tx: Transaction, station: Station, now: int, who: str = "") -> None:
    """The station is lost: from the next request on it reads nothing, and what it sends is set aside."""
    tx.run("UPDATE station SET state = 'lost' WHERE id = ?", (station.id,))
    note(tx, now, "revoke_lost", station.id, who, no=station.no)


def set_aside(tx: Transaction, station: Station, body: bytes, now: int, *, most: int = 50) -> None:
    """Keep what a lost station sent, for a person to look at; only so much of it."""
    (count,) = tx.one("SELECT count(*) FROM set_aside WHERE station = ?", (station.id,))
    digest = hashlib.sha256(body).hexdigest()
    known = tx.one("SELECT 1 FROM set_aside WHERE station = ? AND hash = ?", (station.id, digest))
    if known is None and count < most:
        tx.put("set_aside", [(station.id, now, digest, body)], keep=True)
        note(tx, now, "set_aside", station.id, bytes=len(body))


def listed(tx: Transaction) -> list[Any]:
    """Return number, name, site code, state, last push and last contact of every station."""
    return tx.all(
        "SELECT s.no, s.name, coalesce(t.code, ''), s.state, s.seq, s.seen_at, s.id FROM station s"
        " LEFT JOIN site t ON t.id = s.site ORDER BY s.no"
    )
