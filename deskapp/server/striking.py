"""A person's words in free texts: where they stand, and taking them out of everything the server keeps.

A telephone number is nobody else's: it goes wherever people wrote it. A name is shared by many: it goes only where it
stands near the person: in texts that hang together with a record that has it in a personal column, or beside the
number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from deskapp.clock import new_uuid7
from deskapp.models import columns
from deskapp.models.striking import (
    MARK,
    hits,
    is_number,
    pattern_of,
    pieces_of,
    strike,
    struck_from,
    texts_of,
    without,
)
from deskapp.server.work import Draft, as_stored
from deskapp.sync.framing import dump, load
from deskapp.sync.packing import Op, ReadSet

if TYPE_CHECKING:
    from deskapp.server.database import Transaction

AROUND: Final = 6
"""Characters shown on either side of what is going to be replaced; digits in them are not shown."""

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class TextHit:
    """A free text of a record with the person in it: how often, and how it will read. `near`: it will be replaced.

    `now` says that the record reads so today; else only an earlier version of it does.
    """

    id: str
    entity: str
    column: str
    count: int
    shown: str
    near: bool = True
    now: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: everywhere, and only near the person (in trees of records by their roots)."""

    anywhere: Pattern | None
    near: Pattern | None
    roots: frozenset[str]
    pieces: tuple[str, ...]

    def within(self, root: str, values: Mapping[str, Any]) -> Pattern | None:
        """Return what is replaced in a record."""
        beside = self.anywhere is not None and self.anywhere.search(dump(dict(values)).decode()) is not None
        return self.near if beside or root in self.roots else self.anywhere


def wanted(tx: Transaction, texts: Sequence[str], ids: Iterable[str], *, everywhere: bool = False) -> Wanted:
    """Return what is looked for; `ids` are the records that have the person in a personal column."""
    roots = {row[0] for row in tx.among("SELECT root FROM record WHERE id IN (#)", list(ids))} | set(ids)
    every = pattern_of(texts)
    pieces = tuple(dict.fromkeys(one for text in texts if pattern_of([text]) for one in pieces_of(text)))
    numbers = every if everywhere else pattern_of(filter(is_number, texts))
    return Wanted(numbers, every, frozenset(roots), pieces)


def find(tx: Transaction, what: Wanted, others: Iterable[tuple[str, str, Mapping[str, Any]]] = ()) -> list[TextHit]:
    """Return the free texts with the person in them: records, earlier versions, acts; `others` are not there yet."""
    if what.near is None:
        return []
    found: dict[tuple[str, str], TextHit] = {}
    for identity, entity, root, values, now in (*_records(tx, what), *((i, e, i, v, False) for i, e, v in others)):
        for name, clean, count in hits(values, texts_of(entity), what.near):
            mine, near = strike(values[name], what.within(root, values))
            text = _shown(mine if near else clean)
            key = (identity, name)
            if key not in found or (near and not found[key].near):
                found[key] = TextHit(identity, entity, name, near or count, text, bool(near), now)
    return sorted(found.values(), key=lambda one: (one.entity, one.id, one.column))


def _records(tx: Transaction, what: Wanted) -> Iterator[tuple[str, str, str, Mapping[str, Any], bool]]:
    """Yield id, table, root and values of whatever may have one of the texts, as it is and as it was."""
    for row in _with_piece(tx, "SELECT id, entity, root, vals FROM record WHERE", "vals", what.pieces):
        yield row[0], row[1], row[2], load(bytes(row[3])), True
    sql = "SELECT r.id, r.entity, r.root, p.vals FROM past p JOIN record r ON r.id = p.record WHERE"
    for row in _with_piece(tx, sql, "p.vals", what.pieces):
        yield row[0], row[1], row[2], load(bytes(row[3])), False
    for (body,) in _with_piece(tx, "SELECT body FROM change_set WHERE", "body", what.pieces):
        ops = [op for op in load(bytes(body))["ops"] if isinstance(op, dict) and isinstance(op.get("values"), dict)]
        among = tx.among("SELECT id, root FROM record WHERE id IN (#)", [op["id"] for op in ops])
        roots = {str(identity): str(root) for identity, root in among}
        for op in ops:
            yield str(op["id"]), str(op["entity"]), roots.get(str(op["id"]), str(op["id"])), op["values"], False


def _with_piece(tx: Transaction, sql: str, column: str, pieces: Sequence[str]) -> list[Any]:
    if not pieces:
        return []
    one = f"position(? IN {column}) > 0" if tx.postgres else f"instr({column}, ?) > 0"
    return tx.all(f"{sql} ({' OR '.join([one] * len(pieces))})", [dump(piece)[1:-1] for piece in pieces])


def _shown(value: Any) -> str:
    """Return a little of what stands around the first mark of a value, without any digit."""
    text = value if isinstance(value, str) else dump(value).decode()
    at = text.find(MARK)
    piece = text[max(0, at - AROUND) : at + len(MARK) + AROUND]
    return re.sub(r"\d", "#", piece.replace("\n", " "))


def operations(
    tx: Transaction, found: Sequence[TextHit], what: Wanted, emptied: Mapping[str, Sequence[str]]
) -> list[Op]:  # fmt: skip
    """Return what replaces these texts; a record that says nothing of it any more is named with what it says.

    `emptied` are the personal columns of records that are emptied beside, so that no card says them once more.
    """
    named: dict[tuple[str, str], list[str]] = {}
    for one in found:
        if one.near:
            named.setdefault((one.id, one.entity), []).append(one.column)
    rows = tx.among("SELECT id, root, vals FROM record WHERE id IN (#)", [identity for identity, _entity in named])
    known = {identity: (root, load(bytes(vals))) for identity, root, vals in rows}
    ops = []
    for (identity, entity), names in named.items():
        root, values = known.get(identity, (identity, {}))
        pattern, hidden = what.within(root, values), emptied.get(str(values.get("subject_id", "")), ())
        told = {name: strike(without_sides(values[name], hidden), pattern)[0] for name in names if name in values}
        uid = columns.ERASURE + new_uuid7()[len(columns.ERASURE) :]
        ops.append(Op(uid, "set", entity, identity, columns.REPLACED, "", told))
    return ops


SIDES: Final = ("kept", "lost")
"""Where a card about a disagreement holds values of its record."""


def without_sides(data: Any, names: Sequence[str]) -> Any:
    """Return what a card keeps, with columns of its record emptied on both sides."""
    if not isinstance(data, dict) or not names:
        return data
    return {
        name: {key: "" if key in names else value for key, value in side.items()}
        if name in SIDES and isinstance(side, dict) else side
        for name, side in data.items()
    }  # fmt: skip


# -- taking them out -----------------------------------------------------------------------


def texts_for(draft: Draft, one: ReadSet, texts: Sequence[str]) -> tuple[str, ...]:
    """Return what is taken out by an act: what was asked for or, where it is done again, what it took out before."""
    if texts:
        return tuple(texts)
    found: set[str] = set()
    for op in one.ops:
        rec = draft.get(op.id)
        for name, value in op.values.items() if rec is not None else ():
            before = rec.values.get(name) if rec is not None else None
            if op.group == columns.REPLACED:
                found |= struck_from(before, value)
            elif isinstance(before, str) and before and op.entity != "attachment":
                found.add(before)
    return tuple(sorted(found))


def clean(entity: str, values: Mapping[str, Any], pattern: Pattern | None) -> dict[str, Any]:
    """Return values with the person taken out of the columns in which people write."""
    told = dict(values)
    for name in told.keys() & set(texts_of(entity)):
        told[name] = strike(told[name], pattern)[0]
    return told


def in_past(draft: Draft, op: Op, pattern: Pattern) -> None:
    """Take the person out of what a record said at its earlier versions."""
    for group, version, vals in draft.work.tx.all("SELECT grp, version, vals FROM past WHERE record = ?", (op.id,)):
        values = load(bytes(vals))
        told = clean(op.entity, values, pattern)
        if told != values:
            sql = "UPDATE past SET vals = ? WHERE record = ? AND grp = ? AND version = ?"
            draft.late.append((sql, (as_stored(told), op.id, group, version)))


def in_acts(draft: Draft, ids: set[str], texts: Sequence[str], pattern: Pattern) -> None:
    """Take the person out of the acts as the server keeps them; their hashes stay those of what was written."""
    pieces = tuple(dict.fromkeys(one for text in texts if pattern_of([text]) for one in pieces_of(text)))
    for uid, body in _with_piece(draft.work.tx, "SELECT uid, body FROM change_set WHERE", "body", pieces):
        told = without(bytes(body).decode(), lambda op: changed(op, ids, pattern))
        if told is not None:
            draft.late.append(("UPDATE change_set SET body = ? WHERE uid = ?", (told.encode(), uid)))


def changed(op: Mapping[str, Any], ids: set[str], pattern: Pattern) -> dict[str, Any] | None:
    """Return the values of an operation on one of these records without the person, None for any other."""
    return clean(str(op["entity"]), op["values"], pattern) if op.get("id") in ids else None
