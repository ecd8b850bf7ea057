"""What this computer shows of a field group: the server's value, then its own changes that are not judged yet.

The server's value of such a group stands in `sync_shadow`; everywhere else the table itself is the server's
image. So downloads never wait for uploads, and a change that is refused gives way to what the server holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from deskapp.models.act_session import ActSession
from deskapp.models.canonical import canonical

Key = tuple[str, str]
Pending = dict[str, dict[str, dict[str, Any]]]
"""By record and field group the values that wait; a record that is only named by an act that waits has no groups."""

SET = '"kind":"set"'
"""Stands in the canonical body of every change set that changes a group; in no text, whose quotes are marked."""

REPEATED = "parked"
"""The one code that settles nothing: the server had a fault of its own and tries again."""

GOES_UNMARKED = ("ok", "noop")
"""Codes of which nothing has to be kept but the acknowledgement itself."""


class Image(NamedTuple):
    """The values that a record has to show in one field group."""

    entity: str
    record_id: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Settled:
    """Change sets that count as acknowledged now, the records they named, and those of them that are in no scope."""

    uids: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    orphans: tuple[Key, ...] = ()
    left: int = 0


# -- what waits ------------------------------------------------------------------


def pending(session: ActSession, ids: Sequence[str]) -> Pending:
    """Return what acts not yet acknowledged set on these records."""
    driver = session.driver()
    if not ids or driver.execute("SELECT 1 FROM change_set WHERE acked_at = 0 LIMIT 1").fetchone() is None:
        return {}
    named: dict[int, set[str]] = {}
    for start in range(0, len(ids), 500):
        some = list(ids[start : start + 500])
        found = driver.execute(
            "SELECT c.seq, c.record_id FROM changed_record c JOIN change_set s ON s.seq = c.seq"
            f" WHERE c.record_id IN ({', '.join('?' * len(some))}) AND s.acked_at = 0",
            some,
        )
        for seq, record_id in found:
            named.setdefault(seq, set()).add(record_id)
    waiting: Pending = {one: {} for records in named.values() for one in records}
    told = [
        one for seq in sorted(named) for one in operations(session, seq, only=SET)
        if one["kind"] == "set" and one["id"] in named[seq]
    ]  # fmt: skip
    clear = _personal(driver, told)
    for one in told:
        uid = one["uid"]
        values = {
            name: clear.get((uid, name), "") if type(value) is dict and "hmac" in value else value
            for name, value in one["values"].items()
        }
        waiting[one["id"]].setdefault(one["group"], {}).update(values)
    return waiting


def operations(session: ActSession, seq: int, *, only: str = "") -> list[dict[str, Any]]:
    """Return the operations of one change set of this computer; with `only`, none if its body does not have that."""
    read: dict[tuple[int, str], list[dict[str, Any]]] = session.info.setdefault("operations", {})
    if (seq, only) not in read:  # asked before entries are laid down, and after; an import has thousands
        (body,) = session.driver().execute("SELECT body FROM change_set WHERE seq = ?", (seq,)).fetchone()
        read[seq, only] = orjson.loads(body)["ops"] if only in body else []
    return read[seq, only]


def _personal(driver: Any, told: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Return the personal values of operations that were not erased, by operation and column."""
    uids = [
        one["uid"] for one in told
        if any(type(value) is dict and "hmac" in value for value in one["values"].values())
    ]  # fmt: skip
    found: dict[tuple[str, str], str] = {}
    for start in range(0, len(uids), 500):
        some = uids[start : start + 500]
        marks = ", ".join("?" * len(some))
        rows = driver.execute(f"SELECT op_uid, name, value FROM personal_value WHERE op_uid IN ({marks})", some)
        found.update(((uid, name), value) for uid, name, value in rows)
    return found


def named_among(session: ActSession, ids: Sequence[str]) -> set[str]:
    """Return those of the records that an act not yet acknowledged names."""
    driver = session.driver()
    if not ids or driver.execute("SELECT 1 FROM change_set WHERE acked_at = 0 LIMIT 1").fetchone() is None:
        return set()
    found: set[str] = set()
    for start in range(0, len(ids), 500):
        some = list(ids[start : start + 500])
        rows = driver.execute(
            "SELECT DISTINCT c.record_id FROM changed_record c JOIN change_set s ON s.seq = c.seq"
            f" WHERE c.record_id IN ({', '.join('?' * len(some))}) AND s.acked_at = 0",
            some,
        )
        found.update(one for (one,) in rows)
    return found


# -- the server's image ----------------------------------------------------------


def keep_before(session: ActSession, images: Iterable[tuple[str, str, str, Mapping[str, Any]]]) -> None:
    """Keep what the server holds of the groups that an act is about to change, unless an earlier act kept it.

    `images` are table, record, group and the values of all its columns as they were. A record that the
    server does not hold has no image yet.
    """
    for table, record_id, group, values in images:
        session.driver().execute(
            'INSERT OR IGNORE INTO sync_shadow (record_id, name, entity, "values", version)'
            " SELECT ?, ?, ?, ?, coalesce((SELECT op_uid FROM group_version WHERE record_id = ? AND name = ?), '')"
            " WHERE EXISTS (SELECT 1 FROM sync_held WHERE record_id = ?)",
            (record_id, group, table, canonical(dict(values)), record_id, group, record_id),
        )


class Images:
    """What the server holds of groups on which something waits here, as the entries of its log say; written at once."""

    def __init__(self, session: ActSession) -> None:
        self._driver = session.driver()
        self._told: dict[tuple[str, str], tuple[str, dict[str, Any], str]] = {}

    def keep(self, table: str, record_id: str, group: str, values: Mapping[str, Any], version: str) -> None:
        """Note one group."""
        known = self._told.get((record_id, group))
        self._told[record_id, group] = (table, {**known[1], **values} if known else dict(values), version)

    def write(self) -> None:
        """Lay what was noted over what is known."""
        told, self._told = self._told, {}
        before = _shadows(self._driver, list(dict.fromkeys(record_id for record_id, _group in told)))
        known = {(row[0], row[1]): row[3] for row in before}
        rows = []
        for (record_id, group), (table, values, version) in told.items():
            text = known.get((record_id, group))
            whole = {**orjson.loads(text), **values} if text else values
            rows.append((record_id, group, table, canonical(whole), version))
        self._driver.executemany(
            'INSERT OR REPLACE INTO sync_shadow (record_id, name, entity, "values", version) VALUES (?, ?, ?, ?, ?)',
            rows,
        )


def _shadows(driver: Any, records: Sequence[str]) -> list[tuple[str, str, str, str, str]]:
    found: list[tuple[str, str, str, str, str]] = []
    for start in range(0, len(records), 500):
        some = list(records[start : start + 500])
        found += driver.execute(
            'SELECT record_id, name, entity, "values", version FROM sync_shadow'
            f" WHERE record_id IN ({', '.join('?' * len(some))})",
            some,
        ).fetchall()
    return found


def images(session: ActSession, records: Sequence[str]) -> list[Image]:
    """Return what each shadowed group of these records has to show; a shadow that nothing waits on goes."""
    driver = session.driver()
    rows = _shadows(driver, records)
    waiting = pending(session, list(dict.fromkeys(row[0] for row in rows))) if rows else {}
    found, over = [], []
    for record_id, group, table, text, version in rows:
        values = orjson.loads(text)
        own = waiting.get(record_id, {}).get(group)
        if own is None:
            over.append((record_id, group, version))
        found.append(Image(table, record_id, {**values, **(own or {})}))
    if over:
        keys = [row[:2] for row in over]
        driver.executemany("DELETE FROM sync_shadow WHERE record_id = ? AND name = ?", keys)
        driver.executemany("DELETE FROM group_version WHERE record_id = ? AND name = ?", keys)
        driver.executemany(
            "INSERT INTO group_version (record_id, name, op_uid) VALUES (?, ?, ?)", [row for row in over if row[2]]
        )
    return found


# -- acknowledging ---------------------------------------------------------------


def came_back(driver: Any, uids: Sequence[str], now: int) -> None:
    """Note for every change set of ours among these that the server has it, unless more than that is known."""
    for start in range(0, len(uids), 500):
        some = list(uids[start : start + 500])
        marks = ", ".join("?" * len(some))
        driver.execute(
            "INSERT OR IGNORE INTO sync_result (uid, code, detail, at, settled)"
            f" SELECT uid, 'ok', '{{}}', ?, 0 FROM change_set WHERE acked_at = 0 AND uid IN ({marks})",
            (now, *some),
        )
        driver.execute(
            f"UPDATE sync_result SET code = 'ok' WHERE code = ? AND NOT settled AND uid IN ({marks})", (REPEATED, *some)
        )


def settle(session: ActSession, most: int, now: int) -> Settled:
    """Count change sets as acknowledged whose result is known and whose effect the feed has passed."""
    driver = session.driver()
    rows = driver.execute(
        "SELECT r.uid, r.code, s.seq FROM sync_result r LEFT JOIN change_set s ON s.uid = r.uid"
        " WHERE NOT r.settled AND r.code <> ? ORDER BY s.seq LIMIT ?",
        (REPEATED, most),
    ).fetchall()
    if not rows:
        return Settled()
    seqs = [seq for _uid, _code, seq in rows if seq is not None]
    _many(driver, "UPDATE change_set SET acked_at = ? WHERE seq IN ({})", seqs, (now,))
    plain = [uid for uid, code, _seq in rows if code in GOES_UNMARKED]
    marked = [uid for uid, code, _seq in rows if code not in GOES_UNMARKED]
    _many(driver, "DELETE FROM sync_result WHERE uid IN ({})", plain)
    _many(driver, "UPDATE sync_result SET settled = 1 WHERE uid IN ({})", marked)
    records, loose = _records(session, seqs)
    (left,) = driver.execute("SELECT count(*) FROM sync_result WHERE NOT settled AND code <> ?", (REPEATED,)).fetchone()
    return Settled(tuple(row[0] for row in rows), records, _orphans(session, loose), left)


def _records(session: ActSession, seqs: list[int]) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the records that change sets named, and those of them that no scope holds, with a change set."""
    found: dict[str, None] = {}
    loose: dict[str, int] = {}
    for start in range(0, len(seqs), 500):
        some = seqs[start : start + 500]
        rows = session.driver().execute(
            "SELECT c.record_id, c.seq, EXISTS (SELECT 1 FROM sync_held h WHERE h.record_id = c.record_id)"
            f" FROM changed_record c WHERE c.seq IN ({', '.join('?' * len(some))})",
            some,
        )
        for record_id, seq, held in rows:
            found[record_id] = None
            if not held:
                loose[record_id] = seq
    return tuple(found), loose


def _orphans(session: ActSession, loose: Mapping[str, int]) -> tuple[Key, ...]:
    gone: dict[Key, None] = {}
    bodies: dict[int, list[dict[str, Any]]] = {}
    waiting = named_among(session, list(loose))
    for record_id, seq in loose.items():
        if record_id in waiting:
            continue
        if seq not in bodies:
            bodies[seq] = operations(session, seq)
        gone.update({(one["entity"], record_id): None for one in bodies[seq] if one["id"] == record_id})
    return tuple(gone)


def _many(driver: Any, statement: str, values: Iterable[Any], before: tuple[Any, ...] = ()) -> None:
    every = list(values)
    for start in range(0, len(every), 500):
        some = every[start : start + 500]
        driver.execute(statement.format(", ".join("?" * len(some))), (*before, *some))
