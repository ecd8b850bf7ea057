"""What the exchange with the server asks of the store: what is not confirmed, cursors, files on their way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import or_, select, true

from deskapp.models.act_session import driver_of
from deskapp.models.people import Site
from deskapp.models.stock import Attachment
from deskapp.models.store import ReadSession
from deskapp.models.sync_state import UNSENT, BlobTransfer
from deskapp.rules.small_pictures import LONGEST_TEXT

_MANY = 500
_STRETCH: Final = (
    "SELECT op_uid, name, value, record_id FROM personal_value WHERE op_uid BETWEEN ? AND ? ORDER BY op_uid, name"
)
_PHOTO: Final = '"mime":"image/jpeg"'
"""What stands in a body for a photo; its small picture lies beside the journal and travels with it."""

_DIGEST: Final = '{"hmac":'
"""What stands in a body for a personal value; within a text it would be written with signs before the marks."""


class UnsentAct(NamedTuple):
    """One change set as the journal holds it; `act` is what its body says.

    `personal` are (operation's uid, column, value in clear), `keys` (record id, key) of the records with such values;
    `hidden` is `personal` by operation and column, None where something of it was erased.
    """

    seq: int
    uid: str
    body: str
    hash: str
    personal: tuple[tuple[str, str, str], ...]
    keys: tuple[tuple[str, str], ...]
    act: Mapping[str, Any]
    hidden: Mapping[str, Mapping[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class JournalEnd:
    """Where the journal stands: its last number, the last confirmed one with its hash, the last before a gap."""

    newest: int
    confirmed: int
    confirmed_hash: str
    before_unsent: int


def journal_end(session: ReadSession) -> JournalEnd:
    """Return where the journal stands."""
    driver = driver_of(session)
    (newest,) = driver.execute("SELECT coalesce(max(seq), 0) FROM change_set").fetchone()
    (first,) = driver.execute("SELECT min(seq) FROM change_set WHERE acked_at = 0").fetchone()
    row = driver.execute("SELECT seq, hash FROM change_set WHERE acked_at <> 0 ORDER BY seq DESC LIMIT 1").fetchone()
    confirmed, digest = (row[0], row[1]) if row else (0, "")
    return JournalEnd(int(newest), int(confirmed), digest, int(first) - 1 if first is not None else int(newest))


def hash_at(session: ReadSession, seq: int) -> str:
    """Return the hash of one change set, empty where there is none."""
    row = driver_of(session).execute("SELECT hash FROM change_set WHERE seq = ?", (seq,)).fetchone()
    return str(row[0]) if row else ""


def waiting_up_to(session: ReadSession, seq: int, digest: str) -> list[str]:
    """Return the acts that wait up to a number, if that is what this journal has there; else none."""
    if not digest or hash_at(session, seq) != digest:
        return []
    rows = driver_of(session).execute("SELECT uid FROM change_set WHERE acked_at = 0 AND seq <= ? ORDER BY seq", (seq,))
    return [str(uid) for (uid,) in rows]


def heard_up_to(session: ReadSession) -> int:
    """Return up to which act the server has all, by what was heard on the line and by sticks."""
    driver = driver_of(session)
    (first,) = driver.execute(f"SELECT min(seq) FROM change_set s WHERE {UNSENT}").fetchone()
    return int(first) - 1 if first is not None else journal_end(session).newest


def unheard(session: ReadSession, upto: int) -> bool:
    """Say whether any act up to a number waits without an answer to it."""
    question = (
        "SELECT 1 FROM change_set c WHERE c.acked_at = 0 AND c.seq <= ?"
        " AND NOT EXISTS (SELECT 1 FROM sync_result r WHERE r.uid = c.uid) LIMIT 1"
    )
    return driver_of(session).execute(question, (upto,)).fetchone() is not None


def acts_after(session: ReadSession, after: int, *, most: int, most_bytes: int) -> tuple[list[UnsentAct], bool]:
    """Return the change sets above a number as one dense run, and whether others wait behind them.

    `most_bytes` counts bodies, and for each photo as much as its small picture may have.
    """
    driver = driver_of(session)
    rows: list[tuple[int, str, str, str]] = []
    size, more = 0, False
    question = "SELECT seq, uid, body, hash FROM change_set WHERE seq > ? ORDER BY seq LIMIT ?"
    for row in driver.execute(question, (after, most + 1)):
        weight = len(row[2]) + LONGEST_TEXT * row[2].count(_PHOTO)
        if len(rows) == most or (rows and size + weight > most_bytes):
            more = True
            break
        size += weight
        rows.append(row)
    return _with_values(driver, rows), more


def _with_values(driver: Any, rows: Sequence[tuple[int, str, str, str]]) -> list[UnsentAct]:
    acts = [orjson.loads(row[2]) for row in rows]
    values: dict[str, list[tuple[str, str, str, str]]] = {}
    for row, act in zip(rows, acts, strict=True):
        if _DIGEST not in row[2]:
            continue
        # Ids made together lie together: a stretch is read in one go, and what others made meanwhile is left aside.
        uids = dict.fromkeys([one["uid"] for one in act["ops"]])
        for found in driver.execute(_STRETCH, (min(uids), max(uids))):
            if found[0] in uids:
                values.setdefault(found[0], []).append(found)
    records = list(dict.fromkeys(one[3] for some in values.values() for one in some))
    keys = dict(_among(driver, "SELECT record_id, key FROM record_key WHERE record_id", records))
    return [_with_own(row, act, values, keys) for row, act in zip(rows, acts, strict=True)]


def _with_own(
    row: tuple[int, str, str, str], act: Mapping[str, Any], values: Mapping[str, list[tuple[str, str, str, str]]],
    keys: Mapping[str, str],
) -> UnsentAct:  # fmt: skip
    """Return a change set with what stands beside it."""
    told = [one for op in act["ops"] if op["uid"] in values for one in values[op["uid"]]] if _DIGEST in row[2] else []
    records = dict.fromkeys([one[3] for one in told])
    hidden: dict[str, dict[str, str]] | None = {}
    if row[2].count(_DIGEST) != len(told) or any(record not in keys for record in records):
        hidden = None  # something of it was erased: each value has to be looked at
    else:
        for uid, name, value, _record in told:
            hidden.setdefault(uid, {})[name] = value  # type: ignore[union-attr]
    return UnsentAct(
        *row, tuple([one[:3] for one in told]),
        tuple([(record, keys[record]) for record in records if record in keys]), act, hidden,
    )  # fmt: skip


def _among(driver: Any, question: str, keys: Sequence[str]) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(keys), _MANY):
        some = list(keys[start : start + _MANY])
        found += driver.execute(f"{question} IN ({', '.join('?' * len(some))})", some).fetchall()
    return found


# -- scopes --------------------------------------------------------------------


def cursors_of(session: ReadSession) -> dict[str, tuple[int, str]]:
    """Return where each held scope stands: number and chain of the last entry taken in."""
    rows = driver_of(session).execute("SELECT scope, n, chain FROM sync_feed ORDER BY scope")
    return {scope: (n, chain) for scope, n, chain in rows}


def unfilled(session: ReadSession) -> list[str]:
    """Return the scopes whose first fill is not complete."""
    return [scope for (scope,) in driver_of(session).execute("SELECT scope FROM sync_feed WHERE NOT filled")]


def held_in(session: ReadSession, scope: str) -> list[tuple[str, str]]:
    """Return entity and id of every record that a scope holds here."""
    rows = driver_of(session).execute(
        "SELECT h.entity, h.record_id FROM sync_held h JOIN sync_feed f ON f.no = h.feed_no WHERE f.scope = ?",
        (scope,),
    )
    return [(entity, record_id) for entity, record_id in rows]


def site_facts(session: ReadSession, site_id: str) -> tuple[str, str, str]:
    """Return id, code and name of a site, empty texts where it is not here."""
    row = session.execute(select(Site.id, Site.code, Site.name).where(Site.id == site_id)).one_or_none()
    return (row.id, row.code, row.name) if row else ("", "", "")


# -- files ---------------------------------------------------------------------


class NewFile(NamedTuple):
    """An attachment whose file may have to travel; `handed`: it shows a device that is on its way to another site."""

    n: int
    id: str
    sha256: str
    kind: str
    size: int
    handed: int


@dataclass(frozen=True, slots=True)
class DueFile:
    """The file that is to be carried next."""

    sha256: str
    way: str
    size: int
    done: int
    tries: int
    next_at: int
    mime: str


GIVEN_UP: Final = 8
"""Tries after which a file no longer keeps a desk from leaving: the server does not take it."""


def files_owed(session: ReadSession) -> int:
    """Return how many files of this desk are still to be brought to the server."""
    question = "SELECT count(*) FROM blob_transfer WHERE way = 'up' AND state = 'waiting' AND tries < ?"
    return int(driver_of(session).execute(question, (GIVEN_UP,)).fetchone()[0])


def files_after(session: ReadSession, n: int, limit: int) -> list[NewFile]:
    """Return the attachments above a local number."""
    question = (
        "SELECT n, id, sha256, kind, size, subject_kind IN ('manifest', 'manifest_event') OR EXISTS (SELECT 1 FROM"
        " repair_item i WHERE i.id = subject_id AND i.work_state IN ('in_transit_out', 'in_transit_back'))"
        " FROM attachment WHERE n > ? AND sha256 <> '' ORDER BY n LIMIT ?"
    )
    return [NewFile(*row) for row in driver_of(session).execute(question, (n, limit))]


SIGNATURES: Final = (0, 20)
"""Ranks of signatures, up and down: they are small, and papers hang on them."""


LONGEST_RETRY_MS: Final = 6 * 3_600_000
"""For so long at most a file is put off; what was put off for longer, a clock that ran ahead put off."""


def due_file(session: ReadSession, now: int, most: int | None = None) -> DueFile | None:
    """Return what is to be carried first, perhaps only later (`next_at`).

    `most`: photos larger than so many bytes wait, because the line is paid by volume.
    """
    waits = "SELECT 1 FROM blob_transfer WHERE state = 'waiting' LIMIT 1"  # asked in every contact, hardly ever so
    if driver_of(session).execute(waits).fetchone() is None:
        return None
    goes = or_(BlobTransfer.rank.in_(SIGNATURES), BlobTransfer.size <= most) if most is not None else true()
    put_off = BlobTransfer.next_at.between(now + 1, now + LONGEST_RETRY_MS)
    row = session.scalars(
        select(BlobTransfer).where(BlobTransfer.state == "waiting", goes)
        .order_by(put_off, BlobTransfer.rank, BlobTransfer.noted_at, BlobTransfer.sha256).limit(1)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    mime = session.scalar(select(Attachment.mime).where(Attachment.sha256 == row.sha256).limit(1)) or ""
    at = row.next_at if row.next_at <= now + LONGEST_RETRY_MS else now
    return DueFile(row.sha256, row.way, row.size, row.done, row.tries, at, mime)
