"""What this desk pushed and finds named in the reply by its places: written out again from what it has just sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from deskapp.sync.packing import Op, PushedSet
from deskapp.sync.wire import Entry, EntryOp, Feed

OWN: Final = "own "
"""Stands before the kind of an operation that the server took as it was sent."""

_KINDS: Final = {"create": "put", "fact": "fact", "set": "set"}
_OWN: Final = {kind: OWN + told for kind, told in _KINDS.items()}


class Own:
    """The change sets of one push."""

    def __init__(self, sets: Sequence[PushedSet]) -> None:
        self._sets = {str(one.read()["uid"]): one for one in sets}
        self._ops: dict[str, list[EntryOp]] = {}

    def spelled(self, feed: Feed) -> Feed:
        """Return a feed with every operation written out; raises KeyError where it names what was not sent."""
        if not any(op.kind == "own" for entry in feed.entries for op in entry.ops):
            return feed
        return replace(feed, entries=tuple(self._entry(entry) for entry in feed.entries))

    def _entry(self, entry: Entry) -> Entry:
        ops: list[EntryOp] = []
        for op in entry.ops:
            if op.kind != "own":
                ops.append(op)
                continue
            start, count = op.values["from"], op.values["count"]
            some = self._ops_of(entry.cs)[start : start + count]
            if len(some) != count:
                raise KeyError(entry.cs)
            ops += some
        return replace(entry, ops=tuple(ops))

    def _ops_of(self, uid: str) -> list[EntryOp]:
        if uid not in self._ops:
            one = self._sets[uid]
            if one.hidden is None:
                self._ops[uid] = [_as_told(op) for op in one.clear_ops()]
            else:
                self._ops[uid] = [_as_read(op, one.hidden.get(op["uid"])) for op in one.read()["ops"]]
        return self._ops[uid]


def _as_read(op: Mapping[str, Any], told: Mapping[str, str] | None) -> EntryOp:
    """The same of an operation as its change set says it, with all its personal values."""
    kind, values = op["kind"], op["values"]
    group, uid = (op["group"], op["uid"]) if kind == "set" else ("", "")
    return EntryOp(_OWN[kind], op["entity"], op["id"], {**values, **told} if told else values, group, uid)


def _as_told(op: Op) -> EntryOp:
    group, uid = (op.group, op.uid) if op.kind == "set" else ("", "")
    return EntryOp(OWN + _KINDS[op.kind], op.entity, op.id, op.values, group, uid)
