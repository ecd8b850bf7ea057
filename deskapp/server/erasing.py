"""Erasing a person: every cell declared personal of the records named, wherever the server keeps it, and at every desk.

An erasure is an act of the server's own. The logs tell it as a change of a group that no table has (`GROUP`); a desk
that hears it empties the cells and destroys what stands beside its journal, and one that hears nothing because it was
away for long finds them empty in the snapshot. Hashes stay whole: personal cells enter them as digests alone.

Beside the cells the person goes from free texts (`server.striking`), told as a change of another such group. The older
entries of the logs still have all of it in clear; they are forgotten when the grace is over, long enough for desks that
were switched off. What is reached and what is not: docs/decisions/0016-what-erasing-reaches.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from deskapp.clock import new_uuid7
from deskapp.models import columns, schema
from deskapp.models.striking import pattern_of, without
from deskapp.server import erasing_photos, stations, striking
from deskapp.server.work import Draft, Rec, as_stored
from deskapp.sync.framing import dump, load, pack, unpack
from deskapp.sync.packing import Op, ReadSet

if TYPE_CHECKING:
    from deskapp.server.database import Transaction

COMMAND: Final = "erase_person"
GROUP: Final = columns.ERASED
GRACE_MS: Final = 14 * 24 * 3600 * 1000
"""How long the logs keep what is told in clear: within it desks learn of the erasure, and do not fetch whole scopes."""

AT_ONCE: Final = 50
"""Records looked for at once."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record that has one of the texts in a personal cell."""

    id: str
    entity: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextsFound:
    """The free texts with a person in them, and what was looked for."""

    what: striking.Wanted
    hits: tuple[striking.TextHit, ...] = ()


def personal_of(entity: str) -> tuple[str, ...]:
    """Return the personal columns of a table, none of one that is not known."""
    assert schema.VERSION  # loads every table
    known = columns.known(entity)
    return () if known is None else columns.personal(known)


def find(tx: Transaction, texts: Sequence[str]) -> list[Found]:
    """Return the records in which a personal cell is one of these texts, by looking through all of them."""
    found: dict[str, Found] = {}
    for text in texts:
        for row in _holding(tx, "SELECT id, entity, vals FROM record WHERE", "vals", dump(text)):
            values = load(bytes(row[2]))
            names = tuple(name for name in personal_of(row[1]) if values.get(name) == text)
            if names and row[0] not in found:
                found[row[0]] = Found(row[0], row[1], names)
    wanted = set(texts)
    for identity, entity, values in _not_taken(tx):
        names = tuple(name for name in personal_of(entity) if values.get(name) in wanted)
        if names:
            found.setdefault(identity, Found(identity, entity, names))
    return sorted(found.values(), key=lambda one: (one.entity, one.id))


def _not_taken(tx: Transaction) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield id, entity and values of what is not in the records (yet): acts that wait, and what was set aside."""
    for (body,) in tx.all("SELECT body FROM parked"):
        yield from ((op[3], op[2], op[6]) for op in load(bytes(body))["ops"])
    for (body,) in tx.all("SELECT body FROM set_aside"):
        for text, _digest, personal, _keys in _rows_aside(body):
            clear: dict[str, dict[str, str]] = {}
            for uid, name, value in personal:
                clear.setdefault(uid, {})[name] = value
            yield from ((op["id"], op["entity"], clear.get(op["uid"], {})) for op in load(text.encode())["ops"])


def _rows_aside(body: bytes) -> list[Any]:
    raw = bytes(body)
    return list(load(unpack(raw, "zstd" if raw[:1] == b"\x28" else "identity")))


def _holding(tx: Transaction, sql: str, column: str, piece: bytes) -> list[Any]:
    """Return the rows whose bytes hold a piece."""
    where = f"position(? IN {column}) > 0" if tx.postgres else f"instr({column}, ?) > 0"
    return tx.all(f"{sql} {where}", (piece,))


def operations(tx: Transaction, ids: Sequence[str]) -> list[Op]:
    """Return what empties the personal cells of records; those that have none are left out."""
    ops = []
    known = {
        identity: (entity, load(bytes(vals)))
        for identity, entity, vals in tx.among("SELECT id, entity, vals FROM record WHERE id IN (#)", list(ids))
    }
    for identity, entity, values in _not_taken(tx) if known.keys() < set(ids) else ():
        if identity in ids:
            known.setdefault(identity, (entity, values))
    for identity, (entity, values) in known.items():
        blank = {name: "" for name in personal_of(entity) if values.get(name)}
        if personal_of(entity):
            uid = columns.ERASURE + new_uuid7()[len(columns.ERASURE) :]
            ops.append(Op(uid, "set", entity, identity, GROUP, "", blank))
    return ops


def texts_with(tx: Transaction, texts: Sequence[str], ids: Sequence[str], *, everywhere: bool = False) -> TextsFound:
    """Return the free texts with a person in them; `ids` are the records that have the person in a personal cell."""
    what = striking.wanted(tx, texts, ids, everywhere=everywhere)
    return TextsFound(what, tuple(striking.find(tx, what, _not_taken(tx))))


def erase(tx: Transaction, draft: Draft, one: ReadSet, now: int, texts: Sequence[str] = ()) -> None:
    """Empty the cells that an act names, wherever they are kept, and let the logs tell of it.

    `texts` is what the act takes out of free texts; empty where it is done again, then it is worked out.
    """
    if not tx.postgres:
        tx.run("PRAGMA secure_delete = ON")  # what is emptied is not to stay in pages that are free now
    told = striking.texts_for(draft, one, texts)
    pattern = pattern_of(told)
    replaced = {op.id for op in one.ops if op.group == columns.REPLACED}
    scopes = _replace(draft, one, pattern, now)
    if pattern is not None and replaced:
        striking.in_acts(draft, replaced, told, pattern)
        _waiting_texts(tx, draft, replaced, pattern)
        _aside_texts(tx, replaced, pattern)
    cells = {op.id: personal_of(op.entity) for op in one.ops if op.group == GROUP}
    _acts(tx, draft, cells)
    erasing_photos.hold(tx, one.ops)
    for op in one.ops:
        if op.group != GROUP:
            continue
        rec = draft.get(op.id)
        names = personal_of(op.entity)
        photo = op.entity == erasing_photos.ATTACHMENT
        if rec is not None and photo:
            scopes |= set(_photo(tx, draft, rec, op.uid, now))
        elif rec is not None and names:
            scopes |= set(_empty(draft, rec, names, op.uid))
        for card in _cards(tx, draft, op.id, names) if not photo else ():
            scopes |= set(_tell(draft, card, card.told()))
        _past(draft, op.id, names)
        _waiting(tx, draft, op.id, names)
        _aside(tx, op.id)
        draft.late.append(("DELETE FROM record_key WHERE record = ?", (op.id,)))
        if not photo:  # that is in the book already (`erase_photo`)
            stations.note(tx, now, "erase", op.id, columns=sorted(names))
    # Also logs that a record has left tell of it in clear, to whoever reads them from the beginning.
    ids = list(dict.fromkeys(op.id for op in one.ops if op.group in (GROUP, columns.REPLACED)))
    scopes |= {scope for (scope,) in _naming(tx, "SELECT DISTINCT scope FROM log WHERE", "body", ids)}
    for scope in sorted(scopes):
        # Under its lock: a snapshot that is made just now is not kept (`wholes.snapshot`).
        head = tx.one(f"SELECT n FROM head WHERE scope = ?{tx.for_update}", (scope,))
        tx.run("DELETE FROM whole_piece WHERE tag IN (SELECT tag FROM whole WHERE scope = ?)", (scope,))
        tx.run("DELETE FROM whole WHERE scope = ?", (scope,))
        if head is not None and head[0]:
            tx.run("DELETE FROM erasure WHERE scope = ? AND n = ?", (scope, head[0]))
            tx.put("erasure", [(scope, head[0], now + GRACE_MS)])


def _replace(draft: Draft, one: ReadSet, pattern: striking.Pattern | None, now: int) -> set[str]:
    """Take the person out of the free texts that an act names, as they are and as they were; return their scopes."""
    scopes: set[str] = set()
    for op in one.ops:
        if op.group != columns.REPLACED:
            continue
        if pattern is not None:
            striking.in_past(draft, op, pattern)
        stations.note(draft.work.tx, now, "erase_texts", op.id, columns=sorted(op.values))
        rec = draft.get(op.id)
        if rec is None:
            continue
        known = columns.known(op.entity)
        groups = {columns.group_of(known, name) for name in op.values} if known is not None else set()
        versions = rec.versions if rec.fact else {**rec.versions, **dict.fromkeys(groups, (op.uid, draft.at))}
        kept = rec._replace(values={**rec.values, **op.values}, versions=versions)
        scopes |= set(_tell(draft, kept, ["s", rec.entity, rec.id, op.values, columns.REPLACED, op.uid]))
    return scopes


def _photo(tx: Transaction, draft: Draft, rec: Rec, uid: str, now: int) -> tuple[str, ...]:
    """Destroy a photo or signature, and let its record say so."""
    blank = erasing_photos.erase(tx, draft, rec, now)
    left = rec._replace(values={**rec.values, **blank})
    return _tell(draft, left, ["s", rec.entity, rec.id, blank, GROUP, uid])


def _empty(draft: Draft, rec: Rec, names: Sequence[str], uid: str) -> tuple[str, ...]:
    """Empty cells of a record; the erasure is the version of their groups from now on, where there are groups."""
    blank = {name: "" for name in names if name in rec.values}
    known = columns.known(rec.entity)
    groups = {columns.group_of(known, name) for name in names}
    versions = rec.versions if rec.fact else {**rec.versions, **dict.fromkeys(groups, (uid, draft.at))}
    emptied = rec._replace(values={**rec.values, **blank}, versions=versions)
    return _tell(draft, emptied, ["s", rec.entity, rec.id, blank, GROUP, uid])


def _tell(draft: Draft, rec: Rec, row: list[Any]) -> tuple[str, ...]:
    """Keep a record as it is now, let its scopes know by a row, and return them."""
    kept = draft.put(rec)
    root = draft.get(kept.root)
    names = root.scopes if root is not None else ()
    draft.emit(names, row)
    return names


def _cards(tx: Transaction, draft: Draft, record: str, names: Sequence[str]) -> list[Rec]:
    """Return the cards about a record with the personal cells emptied that they keep of it."""
    found = []
    rows = _holding(tx, "SELECT id FROM record WHERE entity = 'review_card' AND", "vals", dump(record))
    draft.work.load([identity for (identity,) in rows])
    for (identity,) in rows:
        card = draft.get(identity)
        data = card.values.get("data") if card is not None else None
        if card is None or card.values.get("subject_id") != record or not isinstance(data, dict):
            continue
        clean = striking.without_sides(data, names)
        if clean != data:
            found.append(card._replace(values={**card.values, "data": clean}))
    return found


def _past(draft: Draft, record: str, names: Sequence[str]) -> None:
    """Empty the cells in what the record was at its earlier versions."""
    rows = draft.work.tx.all("SELECT grp, version, vals FROM past WHERE record = ?", (record,))
    for group, version, vals in rows:
        values = load(bytes(vals))
        if values.keys() & set(names):
            clean = as_stored({name: "" if name in names else value for name, value in values.items()})
            sql = "UPDATE past SET vals = ? WHERE record = ? AND grp = ? AND version = ?"
            draft.late.append((sql, (clean, record, group, version)))


def _waiting(tx: Transaction, draft: Draft, record: str, names: Sequence[str]) -> None:
    """Empty the cells in change sets that wait for another."""
    for uid, body in _holding(tx, "SELECT uid, body FROM parked WHERE", "body", dump(record)):
        told = load(bytes(body))
        for op in told["ops"]:
            if op[3] == record:
                op[6] = {name: "" if name in names else value for name, value in op[6].items()}
        draft.late.append(("UPDATE parked SET body = ? WHERE uid = ?", (dump(told), uid)))


def _waiting_texts(tx: Transaction, draft: Draft, ids: set[str], pattern: striking.Pattern) -> None:
    """Take the person out of the texts of change sets that wait for another."""
    for uid, body in tx.all("SELECT uid, body FROM parked"):
        told = load(bytes(body))
        for op in told["ops"]:
            if op[3] in ids:
                op[6] = striking.clean(op[2], op[6], pattern)
        if told != load(bytes(body)):
            draft.late.append(("UPDATE parked SET body = ? WHERE uid = ?", (dump(told), uid)))


def _aside_texts(tx: Transaction, ids: set[str], pattern: striking.Pattern) -> None:
    """Take the person out of the texts of what lost stations had sent."""
    for station, at, body in tx.all("SELECT station, at, body FROM set_aside"):
        rows = _rows_aside(body)
        told = [(without(row[0], lambda op: striking.changed(op, ids, pattern)) or row[0], *row[1:]) for row in rows]
        if [row[0] for row in told] != [row[0] for row in rows]:
            clean = pack(dump(told), level=3).body
            tx.run("UPDATE set_aside SET body = ? WHERE station = ? AND at = ?", (clean, station, at))


def _aside(tx: Transaction, record: str) -> None:
    """Leave out the cells, and the record's key, of what lost stations had sent; digests stay in the bodies."""
    for station, at, body in tx.all("SELECT station, at, body FROM set_aside"):
        rows = _rows_aside(body)
        changed = False
        for row in rows:
            uids = {op["uid"] for op in load(row[0].encode())["ops"] if op.get("id") == record}
            personal = [one for one in row[2] if one[0] not in uids]
            keys = [one for one in row[3] if one[0] != record]
            changed = changed or (len(personal), len(keys)) != (len(row[2]), len(row[3]))
            row[2], row[3] = personal, keys
        if changed:
            clean = pack(dump(rows), level=3).body
            tx.run("UPDATE set_aside SET body = ? WHERE station = ? AND at = ?", (clean, station, at))


@dataclass(frozen=True, slots=True)
class Erased:
    """What was ever erased here: personal columns by record, and the records that lost somebody in their texts."""

    cells: Mapping[str, Sequence[str]]
    texts: frozenset[str]


def erased_so_far(tx: Transaction) -> Erased:
    """Return what the server's own acts say was erased."""
    cells: dict[str, Sequence[str]] = {}
    texts: set[str] = set()
    for (body,) in tx.all("SELECT body FROM change_set WHERE station = ?", (stations.NOBODY,)):
        told = load(bytes(body))
        for op in told["ops"] if told["command"] == COMMAND else ():
            if op["group"] == GROUP:
                cells[op["id"]] = personal_of(op["entity"])
            elif op["group"] == columns.REPLACED:
                texts.add(op["id"])
    return Erased(cells, frozenset(texts))


def without_cells(op: Mapping[str, Any], cells: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the values of an operation with personal cells emptied that it says in clear: the server's own do."""
    names = cells.get(op.get("id", ""), ())
    return {name: "" if name in names and isinstance(value, str) else value for name, value in op["values"].items()}


def _acts(tx: Transaction, draft: Draft, cells: Mapping[str, Sequence[str]]) -> None:
    """Empty the cells in acts that say them in clear: the server's own do, and what no program of ours wrote may."""
    known = {identity: names for identity, names in cells.items() if names}
    for uid, body in _naming(tx, "SELECT uid, body FROM change_set WHERE", "body", list(known)):
        told = without(bytes(body).decode(), lambda op: without_cells(op, known))
        if told is not None:
            draft.late.append(("UPDATE change_set SET body = ? WHERE uid = ?", (told.encode(), uid)))


def _naming(tx: Transaction, sql: str, column: str, ids: Sequence[str]) -> Iterator[Any]:
    """Yield the rows whose bytes name one of these records; a row may come more than once."""
    one = f"position(? IN {column}) > 0" if tx.postgres else f"instr({column}, ?) > 0"
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        yield from tx.all(f"{sql} ({' OR '.join([one] * len(some))})", [dump(name) for name in some])


def forget_in_logs(tx: Transaction, now: int) -> int:
    """Forget the entries from before erasures whose grace is over; return how many went."""
    gone = 0
    for scope, n in tx.all("SELECT scope, max(n) FROM erasure WHERE due <= ? GROUP BY scope ORDER BY scope", (now,)):
        head = tx.one(f"SELECT floor FROM head WHERE scope = ?{tx.for_update}", (scope,))
        chain = tx.one("SELECT chain FROM log WHERE scope = ? AND n = ?", (scope, n))
        if head is not None and chain is not None and head[0] < n:
            tx.run("UPDATE head SET floor = ?, floor_chain = ? WHERE scope = ?", (n, chain[0], scope))
            gone += tx.run("DELETE FROM log WHERE scope = ? AND n <= ?", (scope, n))
        tx.run("DELETE FROM erasure WHERE scope = ? AND n <= ?", (scope, n))
    return gone
