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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from deskapp.sync.framing import WireError, canonical_bytes, load

MOST_SETS: Final = 20_000
MOST_OPS: Final = 50_000
"""Change sets and operations of one push."""

HEAD: Final = ("app_version", "command", "hlc", "schema", "staff", "uid")
_OP: Final = frozenset(("base", "entity", "group", "id", "kind", "uid", "values"))
_BODY: Final = frozenset((*HEAD, "ops", "prev", "seq", "station"))
_HEX: Final = re.compile(r"[0-9a-f]*")
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


# -- packing ------------------------------------------------------------------------


def pack_sets(sets: Sequence[PushedSet], *, plain: bool = False) -> dict[str, Any]:
    """Return change sets as JSON values; `plain` sends every body as it stands."""
    if not sets:
        return {}
    acts = [load(one.body) for one in sets]
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
        if act.keys() != _BODY or any(op.keys() != _OP for op in act["ops"]) or canonical_bytes(act) != one.body:
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
        self._clear = {(uid, name): value for one in sets for uid, name, value in one.personal}
        self._shapes: dict[Any, int] = {}
        self._cells: list[list[list[Any]]] = []

    def told(self) -> dict[str, Any]:
        acts, ops = self._acts, [op for act in self._acts for op in act["ops"]]
        keys = {record: key for one in self._sets for record, key in one.keys}
        bases = [(index, op["base"]) for index, op in enumerate(ops) if op["base"]]
        order = [self._lay(op) for op in ops]
        return {
            "station": acts[0]["station"], "seq": acts[0]["seq"], "prev": acts[0]["prev"],
            "hash": self._sets[-1].hash,
            "head": {
                name: (pack_ids if name == "uid" else pack_repeats)([act[name] for act in acts]) for name in HEAD
            },
            "n": pack_repeats([len(act["ops"]) for act in acts]),
            "uid": pack_ids([op["uid"] for op in ops]), "id": pack_ids([op["id"] for op in ops]),
            "base": [[index for index, _base in bases], pack_ids([base for _index, base in bases])],
            "shape": pack_repeats(order),
            "shapes": [list(shape) for shape in self._shapes], "cells": self._cells,
            "keys": [pack_ids(list(keys)), "".join(keys.values())],
        }  # fmt: skip

    def _lay(self, op: dict[str, Any]) -> int:
        values, uid = op["values"], op["uid"]
        names = tuple(values)
        digests = [name for name, value in values.items() if type(value) is dict and value.keys() == {"hmac"}]
        hidden = tuple(name for name in digests if (uid, name) in self._clear)
        gone = tuple(name for name in digests if (uid, name) not in self._clear)
        shape = (op["kind"], op["entity"], op["group"], names, hidden, gone)
        index = self._shapes.get(shape)
        if index is None:
            index = self._shapes[shape] = len(self._shapes)
            self._cells.append([[] for _name in names])
        for cells, (name, value) in zip(self._cells[index], values.items(), strict=True):
            cells.append(self._clear[uid, name] if name in hidden else value)
        return index


def pack_repeats(values: list[Any]) -> Any:
    """Return `[value, count, value, count, ...]`, or the list itself (in a list) where nothing repeats."""
    runs: list[Any] = []
    for value in values:
        if runs and runs[-2] == value and type(runs[-2]) is type(value):
            runs[-1] += 1
        else:
            runs += (value, 1)
    return runs if len(runs) <= len(values) else [values]


def pack_ids(ids: list[str]) -> Any:
    """Return UUIDs of version 7 as steps of their milliseconds and one text of random digits; others as they are."""
    whole = "".join(ids).replace("-", "") if all(isinstance(one, str) for one in ids) else ""
    plain = ids and len(whole) == 32 * len(ids) and _HEX.fullmatch(whole)
    if not plain or any(one[14:15] != "7" or one[8:24:5] != "----" for one in ids):
        return ids
    steps, last = [], 0
    for one in ids:
        now = int(one[:8] + one[9:13], 16)
        steps.append(now - last)
        last = now
    return {"t": steps, "r": "".join([one[15:18] + one[19:23] + one[24:] for one in ids])}


# -- unpacking ----------------------------------------------------------------------


def unpack_sets(told: Any) -> tuple[ReadSet, ...]:
    """Return the change sets of a push; raises WireError (`mangled` where a hash does not come out)."""
    try:
        if not isinstance(told, dict):
            raise WireError("sets")
        if "c" in told:
            return tuple(_read_columns(told["c"]))
        return tuple(_read_plain(told.get("p", [])))
    except WireError:
        raise
    except _Trouble as error:
        raise WireError("sets") from error


def _read_plain(rows: list[Any]) -> Iterator[ReadSet]:
    if len(rows) > MOST_SETS:
        raise WireError("too_large")
    for body, digest, personal, keys in rows:
        raw = body.encode()
        if hashlib.sha256(raw).hexdigest() != digest:
            raise WireError("mangled")
        clear = {(str(uid), str(name)): str(value) for uid, name, value in personal}
        act = load(raw)
        ops = tuple(_clear_op(op, clear) for op in act["ops"])
        pairs = tuple((str(record), str(key)) for record, key in keys)
        yield _read_set(act, ops, raw, digest, pairs)


def _clear_op(op: Mapping[str, Any], clear: Mapping[tuple[str, str], str]) -> Op:
    values, hidden = dict(op["values"]), []
    for name, value in values.items():
        if isinstance(value, dict) and "hmac" in value:
            hidden.append(name)
            values[name] = clear.get((op["uid"], name), "")
    return Op(op["uid"], op["kind"], op["entity"], op["id"], op["group"], op["base"], values, tuple(hidden))


def _read_set(
    act: Mapping[str, Any], ops: tuple[Op, ...], body: bytes, digest: str, keys: tuple[tuple[str, str], ...]
) -> ReadSet:
    seq, schema = act["seq"], act["schema"]
    texts = [act[name] for name in ("uid", "station", "prev", "hlc", "staff", "command", "app_version")]
    if not all(type(text) is str for text in texts) or type(seq) is not int or type(schema) is not int:
        raise WireError("sets")
    uid, station, prev, hlc, staff, command, app_version = texts
    return ReadSet(uid, station, seq, prev, hlc, staff, command, app_version, schema, ops, body, digest, keys)


def _read_columns(told: Mapping[str, Any]) -> Iterator[ReadSet]:
    counts = unpack_repeats(told["n"], MOST_SETS)
    total = sum(counts)
    if total > MOST_OPS or any(type(count) is not int or count < 0 for count in counts):
        raise WireError("too_large")
    columns = {name: unpack_repeats(told["head"][name], MOST_SETS) for name in HEAD if name != "uid"}
    columns["uid"] = unpack_ids(told["head"]["uid"])
    if any(len(column) != len(counts) for column in columns.values()):
        raise WireError("sets")
    ops = _read_ops(told, total)
    seq, prev, station = told["seq"], told["prev"], told["station"]
    start = 0
    for index, count in enumerate(counts):
        act = {name: column[index] for name, column in columns.items()}
        mine = ops[start : start + count]
        act.update(prev=prev, seq=seq + index, station=station, ops=[op for op, _clear, _key in mine])
        body = canonical_bytes(act)
        prev = hashlib.sha256(body).hexdigest()
        keys = tuple(dict.fromkeys(key for _op, _clear, key in mine if key is not None))
        yield _read_set(act, tuple(clear for _op, clear, _key in mine), body, prev, keys)
        start += count
    if prev != told["hash"]:
        raise WireError("mangled")


_Read = tuple[dict[str, Any], Op, tuple[str, str] | None]


def _read_ops(told: Mapping[str, Any], total: int) -> list[_Read]:
    uids, ids = unpack_ids(told["uid"]), unpack_ids(told["id"])
    order = unpack_repeats(told["shape"], MOST_OPS)
    if not len(uids) == len(ids) == len(order) == total:
        raise WireError("sets")
    bases = [""] * total
    for index, base in zip(told["base"][0], unpack_ids(told["base"][1]), strict=True):
        bases[index] = base
    records, hexes = unpack_ids(told["keys"][0]), told["keys"][1]
    if len(hexes) != 64 * len(records):
        raise WireError("sets")
    keys = {record: hexes[64 * at : 64 * at + 64] for at, record in enumerate(records)}
    shapes = [
        (kind, entity, group, names, tuple(hidden), gone, zip(*cells, strict=True) if cells else None)
        for (kind, entity, group, names, hidden, gone), cells in zip(told["shapes"], told["cells"], strict=True)
    ]
    found: list[_Read] = []
    for uid, record, base, shape in zip(uids, ids, bases, order, strict=True):
        kind, entity, group, names, hidden, gone, rows = shapes[shape]
        values = dict(zip(names, next(rows, ()), strict=True)) if rows is not None else {}
        clear, key = values, None
        if hidden or gone:
            clear = {**values, **dict.fromkeys(gone, "")}  # erased before it was ever sent: its digest stands alone
        if hidden:
            key = (record, keys[record])
            secret = bytes.fromhex(keys[record])
            values = dict(values)
            for name in hidden:
                values[name] = {"hmac": hmac.digest(secret, clear[name].encode(), "sha256").hex()}
        op = {"base": base, "entity": entity, "group": group, "id": record, "kind": kind, "uid": uid, "values": values}
        found.append((op, Op(uid, kind, entity, record, group, base, clear, hidden), key))
    return found


def unpack_repeats(told: Any, most: int) -> list[Any]:
    """Undo `pack_repeats`; raises WireError beyond `most` values."""
    if len(told) == 1:
        if len(told[0]) > most:
            raise WireError("too_large")
        return list(told[0])
    values: list[Any] = []
    for value, count in zip(told[::2], told[1::2], strict=True):
        if type(count) is not int or count < 0 or len(values) + count > most:
            raise WireError("too_large")
        values += [value] * count
    return values


def unpack_ids(told: Any) -> list[str]:
    """Undo `pack_ids`; raises WireError."""
    if isinstance(told, list):
        if not all(isinstance(one, str) for one in told):
            raise WireError("ids")
        return told
    steps, digits = told["t"], told["r"]
    if len(digits) != 19 * len(steps) or len(steps) > MOST_OPS:
        raise WireError("ids")
    found, now, at = [], 0, 0
    for step in steps:
        now += step
        if type(step) is not int or not 0 <= now < 2**48:
            raise WireError("ids")
        stamp, tail = f"{now:012x}", digits[at : at + 19]
        found.append(f"{stamp[:8]}-{stamp[8:]}-7{tail[:3]}-{tail[3:7]}-{tail[7:]}")
        at += 19
    return found
