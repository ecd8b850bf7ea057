"""What this computer shows of a field group: the server's value, then its own changes that are not judged yet.

The server's value of such a group stands in `sync_shadow`; everywhere else the table itself is the server's
image. So downloads never wait for uploads, and a change that is refused gives way to what the server holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from deskapp.models.act_session import ActSession
from deskapp.models.canonical import canonical

Key = tuple[str, str]
Pending = dict[str, dict[str, dict[str, Any]]]
"""By record and field group the values that wait; a record that is only named by an act that waits has no groups."""

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
    for seq in sorted(named):
        for operation in operations(session, seq):
            if operation["kind"] == "set" and operation["id"] in named[seq]:
                groups = waiting[operation["id"]]
                groups.setdefault(operation["group"], {}).update(_plain(session, operation))
    return waiting


def operations(session: ActSession, seq: int) -> list[dict[str, Any]]:
    """Return the operations of one change set of this computer."""
    (body,) = session.driver().execute("SELECT body FROM change_set WHERE seq = ?", (seq,)).fetchone()
    found: list[dict[str, Any]] = json.loads(body)["ops"]
    return found


def _plain(session: ActSession, operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an operation, personal ones in clear as far as they were not erased."""
    values = dict(operation["values"])
    for name, value in values.items():
        if isinstance(value, dict) and "hmac" in value:
            row = (
                session.driver()
                .execute("SELECT value FROM personal_value WHERE op_uid = ? AND name = ?", (operation["uid"], name))
                .fetchone()
            )
            values[name] = row[0] if row else ""
    return values


def named(session: ActSession, record_id: str) -> bool:
    """Say whether an act that is not yet acknowledged names a record."""
    found = session.driver().execute(
        "SELECT 1 FROM changed_record c JOIN change_set s ON s.seq = c.seq"
        " WHERE c.record_id = ? AND s.acked_at = 0 LIMIT 1",
        (record_id,),
    )
    return found.fetchone() is not None


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


def keep_image(driver: Any, table: str, record_id: str, group: str, values: Mapping[str, Any], version: str) -> None:
    """Note what the server holds of a group, as an entry of its log says."""
    row = driver.execute(
        'SELECT "values" FROM sync_shadow WHERE record_id = ? AND name = ?', (record_id, group)
    ).fetchone()
    whole = {**(json.loads(row[0]) if row else {}), **values}
    driver.execute(
        'INSERT OR REPLACE INTO sync_shadow (record_id, name, entity, "values", version) VALUES (?, ?, ?, ?, ?)',
        (record_id, group, table, canonical(whole), version),
    )


def images(session: ActSession, records: Sequence[str]) -> Iterator[Image]:
    """Yield what each shadowed group of these records has to show; a shadow that nothing waits on goes."""
    driver = session.driver()
    for start in range(0, len(records), 500):
        some = list(records[start : start + 500])
        rows = driver.execute(
            'SELECT record_id, name, entity, "values", version FROM sync_shadow'
            f" WHERE record_id IN ({', '.join('?' * len(some))})",
            some,
        ).fetchall()
        waiting = pending(session, list(dict.fromkeys(row[0] for row in rows))) if rows else {}
        for record_id, group, table, text, version in rows:
            values = json.loads(text)
            own = waiting.get(record_id, {}).get(group)
            if own is None:
                driver.execute("DELETE FROM sync_shadow WHERE record_id = ? AND name = ?", (record_id, group))
                _hold_version(driver, record_id, group, version)
            yield Image(table, record_id, {**values, **(own or {})})


def _hold_version(driver: Any, record_id: str, group: str, version: str) -> None:
    if version:
        driver.execute(
            "INSERT OR REPLACE INTO group_version (record_id, name, op_uid) VALUES (?, ?, ?)",
            (record_id, group, version),
        )
    else:
        driver.execute("DELETE FROM group_version WHERE record_id = ? AND name = ?", (record_id, group))


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
    for record_id, seq in loose.items():
        if named(session, record_id):
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
