"""Who belongs: sites, one-time codes, stations, and the book of what was done to them."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from deskapp.clock import new_uuid7
from deskapp.server import bulk, screening
from deskapp.server.database import Transaction
from deskapp.server.known import STATION, Station
from deskapp.server.scopes_of import NEW_HEAD
from deskapp.sync import scopes, signing
from deskapp.sync.messages import EnrolReply, EnrolRequest

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
HANDLE, SECRET = 4, 8
"""A code is a handle by which it is found and a secret of 40 bits; five wrong secrets spend it."""

TRIES: Final = 5
CODE_MS: Final = 10 * 60 * 1000
PROVISIONAL: Final = range(90_000, 100_000)
MOST_NO: Final = 99_999
DAY_MS: Final = 24 * 3600 * 1000
MOST_VOUCHED: Final = 20
"""New identities a day that one family of stations may take by an old key alone; more of them need codes."""

MOST_CODE_MS: Final = 7 * DAY_MS
NOBODY: Final = "00000000-0000-7000-8000-000000000000"
"""The station under which the server's own acts stand; nobody else goes by it."""

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_PUBLIC: Final = re.compile(r"[0-9a-f]{64}")
_SITE_ID: Final = re.compile(r"[0-9A-Za-z._-]{1,64}")


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
    found = site_by_code(tx, code)
    if found is not None:
        return found.id
    identity = new_uuid7()
    tx.run("INSERT INTO site (id, code, depot_code, name, same_as) VALUES (?, ?, '', ?, '')", (identity, code, name))
    note(tx, now, "site_add", code, who, id=identity)
    return identity


def sites(tx: Transaction) -> list[Site]:
    """Return the sites, by their code."""
    return [Site(*row) for row in tx.all("SELECT id, code, name FROM site WHERE same_as = '' ORDER BY code")]


def site_by_code(tx: Transaction, code: str) -> Site | None:
    """Return the site with a code; also with the code under which it was added here, where a desk gave it another."""
    row = tx.one(
        "SELECT t.id, t.code, t.name FROM site s JOIN site t ON t.id = CASE s.same_as WHEN '' THEN s.id ELSE s.same_as"
        " END WHERE s.code = ? ORDER BY s.same_as <> '' LIMIT 1",
        (code,),
    )
    return Site(*row) if row else None


# -- codes -----------------------------------------------------------------------------


def issue_code(tx: Transaction, site_id: str, name: str, now: int, *, valid_ms: int = CODE_MS, who: str = "") -> str:
    """Make a one-time code for one computer of a site; only its digest is kept."""
    text, taken = "", True
    while taken:  # a handle of a code that still holds is nobody else's
        text = "".join(secrets.choice(ALPHABET) for _digit in range(HANDLE + SECRET))
        sql = "SELECT 1 FROM enrol_code WHERE handle = ? AND expires_at >= ? AND used_at = 0"
        taken = tx.one(sql, (text[:HANDLE], now)) is not None
    tx.run("DELETE FROM enrol_code WHERE handle = ?", (text[:HANDLE],))
    until = now + min(max(0, valid_ms), MOST_CODE_MS)
    tx.put("enrol_code", [(text[:HANDLE], site_id, _digest(text), until, 0, 0, name)])
    note(tx, now, "code", site_id, who, name=name)
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _digest(code: str) -> str:
    return hashlib.sha256(f"deskapp enrolment {code}".encode()).hexdigest()


def spend_code(tx: Transaction, text: str, now: int) -> tuple[str, str]:
    """Use a code up and return its site and the name it was made for; raises CodeRefused.

    A wrong secret counts against the code and is noted, so call this in a transaction that is committed in either
    case. What is unknown altogether leaves nothing behind: strangers do not fill the book.
    """
    code = "".join(char for char in text.upper() if char in ALPHABET)
    row = tx.one(
        f"SELECT site, hash, expires_at, tries, used_at, name FROM enrol_code WHERE handle = ?{tx.for_update}",
        (code[:HANDLE],),
    )
    right = hmac.compare_digest(_digest(code), row[1] if row else "")
    if row is None or row[3] >= TRIES:
        raise CodeRefused
    why = "used" if row[4] else "expired" if row[2] < now else "" if right else "wrong"
    if why:
        tx.run("UPDATE enrol_code SET tries = tries + 1 WHERE handle = ?", (code[:HANDLE],))
        note(tx, now, "enrol_refused", row[0], why=why, tries=row[3] + 1, name=row[5])
        raise CodeRefused
    tx.run("UPDATE enrol_code SET used_at = ? WHERE handle = ?", (now, code[:HANDLE]))
    return row[0], row[5]


# -- stations --------------------------------------------------------------------------


def enrol(tx: Transaction, request: EnrolRequest, epoch: str, now: int, vouches: Station | None = None) -> EnrolReply:
    """Let a station belong; raises CodeRefused. The same key asking again gets the same answer: the first was lost.

    `vouches` is the station that signed the request: a desk whose identity is used twice takes a new one without
    a code, of the same site and with the same scopes, and the old one stays with whoever else has it. The book says
    who vouched for whom; one that is lost takes its family with it (`revoke`).
    """
    if not _is_sound(request):
        raise CodeRefused
    known = find(tx, request.station)
    if known is not None and known.public == request.public and known.state == "active":
        return _reply(tx, known, epoch, now)
    if known is not None:
        raise CodeRefused  # before a code is spent on it
    by = ""
    if vouches is not None and not request.code:
        by, site_id, name, extra = _vouched(tx, vouches, now)
    else:
        site_id, name = spend_code(tx, request.code, now)
        site_id, extra = _adopt_site(tx, site_id, request), ""
    number, name = _number(tx, request.number), screening.screen_text(request.name or name)[0]
    tx.put("station", [(
        request.station, number, site_id, name, request.public, 0, "", "active", extra, now, now, 0, 0,
        by,
    )])  # fmt: skip
    for scope in scopes_held(request.station, site_id):
        tx.run(NEW_HEAD, (scope,))
    note(tx, now, "enrol", request.station, by, site=site_id, no=number, name=name)
    fresh = find(tx, request.station)
    assert fresh is not None
    return _reply(tx, fresh, epoch, now)


def _vouched(tx: Transaction, vouches: Station, now: int) -> tuple[str, str, str, str]:
    """Return who vouches, and site, name and scopes that the new identity inherits; raises CodeRefused.

    Judged against the station's row as it is now, under its lock: a revocation of this very moment counts.
    """
    current = find(tx, vouches.id, lock=True)
    if current is None or current.state != "active":
        raise CodeRefused
    sql = "SELECT count(*) FROM station WHERE vouched_by <> '' AND enrolled_at > ? AND id IN (#)"
    ids = [one.id for one in family(tx, current)]
    if sum(count for (count,) in tx.among(sql, ids, now - DAY_MS)) >= MOST_VOUCHED:
        note(tx, now, "enrol_refused", current.id, current.id, why="too many by one key", no=current.no)
        raise CodeRefused
    return current.id, current.site, current.name, current.extra


def family(tx: Transaction, station: Station) -> list[Station]:
    """Return a station and all that an old key of it, or of those before it, vouched for: one disk, copied."""
    root, seen = station.id, {station.id}
    while (row := tx.one("SELECT vouched_by FROM station WHERE id = ?", (root,))) and row[0] and row[0] not in seen:
        root = row[0]
        seen.add(root)
    found, fresh = [root], [root]
    while fresh:
        fresh = [one for (one,) in tx.among("SELECT id FROM station WHERE vouched_by IN (#)", fresh)]
        fresh = [one for one in fresh if one not in found]
        found += fresh
    rows = (find(tx, one) for one in found)
    return sorted((one for one in rows if one is not None), key=lambda one: one.no)


def _is_sound(request: EnrolRequest) -> bool:
    texts = (request.name, request.site_id, request.site_code, request.site_name)
    if not all(text.isprintable() and len(text) <= 200 for text in texts) or screening.screen_text(request.site_id)[1]:
        return False
    if not _UUID.fullmatch(request.station) or request.station == NOBODY or not _PUBLIC.fullmatch(request.public):
        return False
    return signing.words_hold(request.public, request.words(), request.proof)


def scopes_held(station: str, site: str) -> tuple[str, ...]:
    """Return the scopes whose logs a station reads from its first day."""
    return (scopes.REF, scopes.site_scope(site), scopes.station_scope(station))


def _adopt_site(tx: Transaction, site_id: str, request: EnrolRequest) -> str:
    """Make one of the site of the code and the site the desk set up for itself; return the id that counts."""
    own = request.site_id
    if own == site_id or not _SITE_ID.fullmatch(own):
        return site_id
    if tx.one("SELECT 1 FROM site WHERE id = ? AND (same_as <> '' OR code <> ?)", (own, "")):
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


def retire(tx: Transaction, station: Station, now: int, who: str = "") -> bool:
    """Ask a station to push what it holds and then to purge itself; False for one that is not at work."""
    if not tx.run("UPDATE station SET state = 'retiring' WHERE id = ? AND state = 'active'", (station.id,)):
        return False
    note(tx, now, "retire", station.id, who, no=station.no)
    return True


def retired(tx: Transaction, station: Station, now: int) -> None:
    """The station has said that it is empty."""
    if tx.run("UPDATE station SET state = 'retired' WHERE id = ? AND state = 'retiring'", (station.id,)):
        note(tx, now, "retired", station.id, no=station.no)


def revoke(tx: Transaction, station: Station, now: int, who: str = "", *, only: bool = False) -> list[Station]:
    """The station is lost: from the next request on it reads nothing, and what it sends is set aside.

    Whoever holds its disk holds the keys its family was vouched for by, and may have taken new names by them: so all
    of them are shut out, unless `only` this one is meant. Returns whom this shut out.
    """
    shut = []
    for one in [station] if only else family(tx, station):
        if tx.run("UPDATE station SET state = 'lost' WHERE id = ? AND state <> 'lost'", (one.id,)):
            note(tx, now, "revoke_lost", one.id, who, no=one.no, named=station.no)
            shut.append(one)
    return shut


def found_again(tx: Transaction, station: Station, now: int, who: str = "") -> bool:
    """A station that was taken for lost is back in the right hands; False for one that was not lost."""
    if not tx.run("UPDATE station SET state = 'active' WHERE id = ? AND state = 'lost'", (station.id,)):
        return False
    note(tx, now, "found", station.id, who, no=station.no)
    return True


def listed(tx: Transaction) -> list[Any]:
    """Return number, name, site code, state, last push, last contact, id and who vouched (0: nobody) of every one."""
    return tx.all(
        "SELECT s.no, s.name, coalesce(t.code, ''), s.state, s.seq, s.seen_at, s.id, coalesce(v.no, 0) FROM station s"
        " LEFT JOIN site t ON t.id = s.site LEFT JOIN station v ON v.id = s.vouched_by ORDER BY s.no"
    )


def heard_nothing(tx: Transaction, station: Station) -> None:
    """What was carried here for a station is no contact of its own: what it could know stays what it was."""
    tx.run(
        "UPDATE station SET seen_at = ? WHERE id = ? AND seen_at > ?", (station.seen_at, station.id, station.seen_at)
    )


def forget_codes(tx: Transaction, now: int) -> int:
    """Throw away codes that have not held for a week; the book keeps what was done with them."""
    return tx.run("DELETE FROM enrol_code WHERE expires_at < ?", (now - 7 * DAY_MS,))


# -- how far their journals have come ------------------------------------------------------

_NOW: Final = "UPDATE station SET seq = ?, hash = ?, seen_at = ?, schema = ?, parked = parked + ? WHERE id = ?"
_ALL_NOW: Final = (
    "UPDATE station SET seq = v.seq, hash = v.hash, seen_at = v.seen_at, schema = v.schema,"
    " parked = station.parked + v.parked FROM unnest(CAST(? AS bigint[]), CAST(? AS text[]), CAST(? AS bigint[]),"
    " CAST(? AS bigint[]), CAST(? AS bigint[]), CAST(? AS text[])) AS v (seq, hash, seen_at, schema, parked, id)"
    " WHERE station.id = v.id"
)
"""The same for several at once (PostgreSQL)."""

_NOW_OF: Final = ("seq", "hash", "seen_at", "schema", "parked", "id")


def keep_journals(tx: Transaction, rows: Sequence[tuple[int, str, int, int, int, str]]) -> None:
    """Note how far the journals of stations have come: (seq, hash, seen at, schema, further ones parked, station)."""
    if len(rows) == 1:
        tx.later("station", _NOW, rows[0])
    elif tx.postgres:
        tx.later("station", _ALL_NOW, bulk.told("station", _NOW_OF, rows))
    else:
        tx.many(_NOW, rows)
