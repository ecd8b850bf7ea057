"""Change sets by columns: what one station pushes, without what the other side can work out by itself.

A journal's change sets repeat themselves: names of columns, station, previous hash, digests of personal
values. Columns put like beside like, so that zstd finds it, and leave out every hash and every keyed digest:
the receiver builds the canonical body again, and the hash of the last one proves all of them. A change set
that is not canonical travels as it stands (`plain`).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final, NamedTuple

from deskapp.models.collection import no_collection
from deskapp.models.key_seeds import key_of
from deskapp.models.striking import holds
from deskapp.sync.dense import MOST_IDS, Room, pack_cells, pack_ids, pack_repeats, unpack_ids
from deskapp.sync.framing import WireError, canonical_bytes, dump, load

MOST_SETS: Final = 20_000
MOST_OPS: Final = MOST_IDS
"""Change sets and operations of one push."""

HEAD: Final = ("app_version", "command", "hlc", "schema", "staff", "uid")
ADDED: Final = ("create", "fact")
_OP: Final = frozenset(("base", "entity", "group", "id", "kind", "uid", "values"))
_BODY: Final = frozenset((*HEAD, "ops", "prev", "seq", "station"))
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_Trouble = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


class Op(NamedTuple):
    """One operation with its values in clear; `personal` names those that stand as digests in the body."""

    uid: str
    kind: str
    entity: str
    id: str
    group: str
    base: str
    values: dict[str, Any]
    personal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PushedSet:
    """One change set as a station holds it.

    `body` is the canonical JSON that `hash` was made of; `personal` are (op uid, column, value) in clear,
    `keys` (record id, key as hexadecimal text) of every record with a personal value in it.
    """

    body: bytes
    hash: str
    personal: tuple[tuple[str, str, str], ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    act: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    """What `body` says, where it was read already."""

    hidden: Mapping[str, Mapping[str, str]] | None = field(default=None, compare=False, repr=False)
    """`personal` by operation and column, where it is known that no digest in `body` stands alone."""

    seed: bytes = field(default=b"", compare=False, repr=False)
    """From which the keys of the records it adds were drawn (`models.key_seeds`); empty where they travel singly."""

    def read(self) -> Mapping[str, Any]:
        """Return what the body says; raises WireError."""
        told: Mapping[str, Any] = load(self.body) if self.act is None else self.act
        return told

    def clear_ops(self) -> list[Op]:
        """Return the operations with their values in clear."""
        if self.hidden is not None:
            return [_op_with(op, self.hidden.get(op["uid"])) for op in self.read()["ops"]]
        clear = {(uid, name): value for uid, name, value in self.personal}
        return [_clear_op(op, clear) for op in self.read()["ops"]]


@dataclass(frozen=True, slots=True)
class Grid:
    """A push as it travelled, by columns: for whoever can judge a whole column at once.

    `shapes` are [kind, entity, group, columns, hidden, gone], `cells` the columns of each as `dense.pack_cells` made
    them, personal values in clear; `uids`, `ids`, `bases` those of all operations, `keys` the keys of records.
    """

    shapes: Sequence[Sequence[Any]]
    cells: Sequence[Sequence[Any]]
    uids: Sequence[str]
    ids: Sequence[str]
    bases: Sequence[str]
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReadSet:
    """One change set as it was read from a push: its head, its operations with values in clear, body and hash."""

    uid: str
    station: str
    seq: int
    prev: str
    hlc: str
    staff: str
    command: str
    app_version: str
    schema: int
    ops: tuple[Op, ...]
    body: bytes
    hash: str
    keys: tuple[tuple[str, str], ...] = ()
    grid: Grid | None = field(default=None, compare=False, repr=False)


# -- packing ------------------------------------------------------------------------


class Packed(tuple[PushedSet, ...]):
    """Change sets of which it was worked out beforehand how they travel."""

    told: dict[str, Any]

    @staticmethod
    def of(sets: Sequence[PushedSet]) -> Packed:
        """Return them so."""
        packed = Packed(sets)
        packed.told = pack_sets(sets)
        return packed


def pack_sets(sets: Sequence[PushedSet], *, plain: bool = False) -> dict[str, Any]:
    """Return change sets as JSON values; `plain` sends every body as it stands."""
    if not sets:
        return {}
    if isinstance(sets, Packed) and not plain:
        return sets.told
    acts = [one.read() for one in sets]
    if not plain and _is_run(sets, acts):
        return {"c": _Columns(sets, acts).told()}
    return {
        "p": [
            [one.body.decode(), one.hash, [list(row) for row in one.personal], [list(row) for row in one.keys]]
            for one in sets
        ]
    }


def _is_run(sets: Sequence[PushedSet], acts: Sequence[Any]) -> bool:
    """Say whether these are canonical, of one station, numbered and chained without a hole."""
    for index, (one, act) in enumerate(zip(sets, acts, strict=True)):
        if act.keys() != _BODY or any(op.keys() != _OP for op in act["ops"]):
            return False
        # What this program wrote is canonical; were it not, the server would say so and get it as it stands.
        if one.act is None and canonical_bytes(act) != one.body:
            return False
        if index and (act["seq"], act["prev"], act["station"]) != (
            acts[0]["seq"] + index, sets[index - 1].hash, acts[0]["station"],
        ):  # fmt: skip
            return False
    return True


class _Columns:
    """Gathers the columns of a run of change sets."""

    def __init__(self, sets: Sequence[PushedSet], acts: Sequence[Any]) -> None:
        self._sets, self._acts = sets, acts
        self._clear = {(uid, name): value for one in sets if one.hidden is None for uid, name, value in one.personal}
        self._keys = {record: key for one in sets for record, key in one.keys}
        self._seeds: list[tuple[int, str]] = []
        self._drawn: set[str] = set()
        self._sent: dict[str, str] = {}
        self._shapes: dict[Any, int] = {}
        self._rows: list[list[tuple[Any, ...]]] = []

    def told(self) -> dict[str, Any]:
        acts, ops = self._acts, [op for act in self._acts for op in act["ops"]]
        for index, one in enumerate(self._sets):
            if one.seed and one.hidden:  # where something was erased nobody is told what it could be drawn from
                self._seeds.append((index, one.seed.hex()))
                self._drawn.update(
                    op["id"] for op in acts[index]["ops"] if op["kind"] in ADDED and op["uid"] in one.hidden
                )
        bases = [(index, op["base"]) for index, op in enumerate(ops) if op["base"]]
        order = [self._lay(op, one.hidden) for one, act in zip(self._sets, acts, strict=True) for op in act["ops"]]
        drawn = {"seeds": self._seeds} if self._seeds else {}
        return {
            "station": acts[0]["station"], "seq": acts[0]["seq"], "prev": acts[0]["prev"],
            "hash": self._sets[-1].hash,
            "head": {
                name: (pack_ids if name == "uid" else pack_repeats)([act[name] for act in acts]) for name in HEAD
            },
            "n": pack_repeats([len(act["ops"]) for act in acts]),
            "uid": pack_ids([op["uid"] for op in ops]), "id": pack_ids([op["id"] for op in ops]),
            "base": [[index for index, _base in bases], pack_ids([base for _index, base in bases])],
            "shape": pack_repeats(order), "shapes": [list(shape) for shape in self._shapes],
            "cells": [[pack_cells(list(column)) for column in zip(*rows, strict=True)] for rows in self._rows],
            "keys": [pack_repeats([len(key) for key in self._sent.values()]), "".join(self._sent.values())],
            **drawn,
        }  # fmt: skip

    def _lay(self, op: dict[str, Any], known: Mapping[str, Mapping[str, str]] | None) -> int:
        values: dict[str, Any] = op["values"]
        hidden: tuple[str, ...] = ()
        gone: tuple[str, ...] = ()
        told = known.get(op["uid"]) if known is not None else None
        if known is None or (told and op["id"] not in self._keys):
            values, hidden, gone = self._looked_at(op, told or {})
        elif told:
            hidden = tuple([name for name in values if name in told])
            if op["id"] not in self._drawn:
                self._sent[op["id"]] = self._keys[op["id"]]
            values = {**values, **told}
        shape = (op["kind"], op["entity"], op["group"], tuple(values), hidden, gone)
        index = self._shapes.get(shape)
        if index is None:
            index = self._shapes[shape] = len(self._shapes)
            self._rows.append([])
        self._rows[index].append(tuple(values.values()))
        return index

    def _looked_at(
        self, op: dict[str, Any], told: Mapping[str, str]
    ) -> tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]:  # fmt: skip
        """Return the values as they travel, the columns that are personal, and those whose digest stands alone."""
        values, uid, record = op["values"], op["uid"], op["id"]
        key = self._keys.get(record)
        digests = [name for name, value in values.items() if type(value) is dict and value.keys() == {"hmac"}]
        # Without its value or its key a digest stands for itself: it was erased before it was ever sent.
        clear = {**{name: self._clear[uid, name] for name in digests if (uid, name) in self._clear}, **told}
        hidden = tuple(name for name in digests if key is not None and name in clear)
        gone = tuple(name for name in digests if name not in hidden)
        if hidden and key is not None:
            if record not in self._drawn:
                self._sent[record] = key
            values = {**values, **{name: clear[name] for name in hidden}}
        return values, hidden, gone


# -- unpacking ----------------------------------------------------------------------


def unpack_sets(told: Any) -> tuple[ReadSet, ...]:
    """Return the change sets of a push; raises WireError (`mangled` where a hash does not come out)."""
    try:
        if not isinstance(told, dict):
            raise WireError("sets")
        with no_collection():
            return tuple(_read_columns(told["c"]) if "c" in told else _read_plain(told.get("p", [])))
    except WireError:
        raise
    except _Trouble as error:
        raise WireError("sets") from error


def _read_plain(rows: list[Any]) -> Iterator[ReadSet]:
    if len(rows) > MOST_SETS:
        raise WireError("too_large")
    for body, digest, personal, keys in rows:
        raw = body.encode()
        if hashlib.sha256(raw).hexdigest() != digest and not holds(body, digest):
            raise WireError("mangled")
        clear = {(str(uid), str(name)): str(value) for uid, name, value in personal}
        act = load(raw)
        if _UUID.fullmatch(act["uid"]) is None:  # by it everything is found again
            raise WireError("sets")
        ops = tuple(_clear_op(op, clear) for op in act["ops"])
        pairs = tuple((str(record), str(key)) for record, key in keys)
        yield _read_set(act, ops, raw, digest, pairs)


def _op_with(op: Mapping[str, Any], told: Mapping[str, str] | None) -> Op:
    """Return an operation of which all personal values are told."""
    values = {**op["values"], **told} if told else op["values"]
    return Op(op["uid"], op["kind"], op["entity"], op["id"], op["group"], op["base"], values, tuple(told or ()))


def _clear_op(op: Mapping[str, Any], clear: Mapping[tuple[str, str], str]) -> Op:
    values, hidden = dict(op["values"]), []
    for name, value in values.items():
        if isinstance(value, dict) and "hmac" in value:
            hidden.append(name)
            values[name] = clear.get((op["uid"], name), "")
    return Op(op["uid"], op["kind"], op["entity"], op["id"], op["group"], op["base"], values, tuple(hidden))


def _read_set(
    act: Mapping[str, Any], ops: tuple[Op, ...], body: bytes, digest: str, keys: tuple[tuple[str, str], ...],
    grid: Grid | None = None,
) -> ReadSet:  # fmt: skip
    seq, schema = act["seq"], act["schema"]
    texts = [act[name] for name in ("uid", "station", "prev", "hlc", "staff", "command", "app_version")]
    if not all(type(text) is str for text in texts) or type(seq) is not int or type(schema) is not int:
        raise WireError("sets")
    uid, station, prev, hlc, staff, command, app_version = texts
    return ReadSet(uid, station, seq, prev, hlc, staff, command, app_version, schema, ops, body, digest, keys, grid)


def _read_columns(told: Mapping[str, Any]) -> Iterator[ReadSet]:
    room = Room()
    counts = room.repeats(told["n"], MOST_SETS)
    total = sum(counts)
    if total > MOST_OPS or any(type(count) is not int or count < 0 for count in counts):
        raise WireError("too_large")
    columns = {name: room.repeats(told["head"][name], MOST_SETS) for name in HEAD if name != "uid"}
    columns["uid"] = unpack_ids(told["head"]["uid"])
    if any(len(column) != len(counts) for column in columns.values()):
        raise WireError("sets")
    if type(told["head"]["uid"]) is list and not all(map(_UUID.fullmatch, columns["uid"])):  # steps make UUIDs only
        raise WireError("sets")
    ops, grid = _read_ops(told, counts, total, room)
    seq, prev, station = told["seq"], told["prev"], told["station"]
    start = 0
    for index, count in enumerate(counts):
        act = {name: column[index] for name, column in columns.items()}
        mine = ops[start : start + count]
        act.update(prev=prev, seq=seq + index, station=station, ops=[op for op, _clear, _key in mine])
        body = canonical_bytes(act)
        prev = hashlib.sha256(body).hexdigest()
        keys = tuple(dict.fromkeys(key for _op, _clear, key in mine if key is not None))
        yield _read_set(act, tuple(clear for _op, clear, _key in mine), body, prev, keys, grid)
        start += count
    if prev != told["hash"]:
        raise WireError("mangled")


_Read = tuple[dict[str, Any], Op, tuple[str, str] | None]


def _read_ops(told: Mapping[str, Any], counts: list[int], total: int, room: Room) -> tuple[list[_Read], Grid]:
    uids, ids = unpack_ids(told["uid"]), unpack_ids(told["id"])
    order = room.repeats(told["shape"], MOST_OPS)
    if not len(uids) == len(ids) == len(order) == total:
        raise WireError("sets")
    room.take(sum(n * len(dump(told["shapes"][at])) for at, n in Counter(order).items()))  # names are said each time
    bases, some_bases = [""] * total, unpack_ids(told["base"][1])
    for index, base in zip(told["base"][0], some_bases, strict=True):
        bases[index] = base
    shapes = [
        (kind, entity, group, names, tuple(hidden), gone,
         zip(*map(room.cells, cells), strict=True) if cells else None)
        for (kind, entity, group, names, hidden, gone), cells in zip(told["shapes"], told["cells"], strict=True)
    ]  # fmt: skip
    keys = _drawn_keys(told["seeds"], counts, ids, [shapes[shape] for shape in order]) if "seeds" in told else {}
    hiding = dict.fromkeys(
        record for record, shape in zip(ids, order, strict=True) if shapes[shape][4] and record not in keys
    )
    keys.update(zip(hiding, _read_keys(told["keys"]), strict=True))
    found: list[_Read] = []
    for uid, record, base, shape in zip(uids, ids, bases, order, strict=True):
        kind, entity, group, names, hidden, gone, rows = shapes[shape]
        values = dict(zip(names, next(rows, ()), strict=True)) if rows is not None else {}
        clear, key = values, None
        if gone:
            clear = {**values, **dict.fromkeys(gone, "")}  # erased before it was ever sent: its digest stands alone
        if hidden:
            key = (record, keys[record])
            secret = bytes.fromhex(keys[record])
            values = dict(values)
            for name in hidden:
                values[name] = {"hmac": hmac.digest(secret, clear[name].encode(), "sha256").hex()}
        op = {"base": base, "entity": entity, "group": group, "id": record, "kind": kind, "uid": uid, "values": values}
        found.append((op, Op(uid, kind, entity, record, group, base, clear, hidden), key))
    return found, Grid(told["shapes"], told["cells"], uids, ids, some_bases, list(keys.values()))


def _drawn_keys(
    seeds: Any, counts: Sequence[int], ids: Sequence[str], shapes: Sequence[Sequence[Any]]
) -> dict[str, str]:
    """Return the keys of the records that were added by change sets whose seed is told."""
    found: dict[str, str] = {}
    starts = [0, *accumulate(counts)]
    last = -1
    for index, digits in seeds:
        if type(index) is not int or not last < index < len(counts) or len(digits) > 128:
            raise WireError("sets")
        seed, last = bytes.fromhex(digits), index
        for at in range(starts[index], starts[index + 1]):
            kind, _entity, _group, _names, hidden, *_more = shapes[at]
            if hidden and kind in ADDED:
                found[ids[at]] = key_of(seed, ids[at])
    return found


def _read_keys(told: Any) -> Iterator[str]:
    """Yield the keys of the records whose values are hidden, in the order in which the records come."""
    at, digits = 0, told[1]
    for length in Room().repeats(told[0], MOST_OPS):
        if type(length) is not int or not 0 < length <= 128:
            raise WireError("sets")
        yield digits[at : at + length]
        at += length
    if at != len(digits):
        raise WireError("sets")
