"""What a station pushed comes back to it in the same reply: what it knows word for word is only named.

The log holds every entry in full, and everybody else reads it so. For a station that asks for it (`wire.SyncRequest`,
`short`) an entry of its own push names the operations that were taken as they are by their place in the change set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deskapp.server.apply import ADDED
from deskapp.sync.framing import dump
from deskapp.sync.packing import Op, ReadSet

Shorts = dict[tuple[str, int], bytes]
"""By scope and number of an entry: its body as the station that caused it may have it."""


def shorten(one: ReadSet, rows: Sequence[Sequence[Any]]) -> list[Any] | None:
    """Return the rows of an entry with `[first, count]` for operations taken as they are; None if none was."""
    if len(rows) == len(one.ops) > 0 and all(map(_is_same, one.ops, rows)):
        return [[0, len(rows)]]
    added = {op.id: place for place, op in enumerate(one.ops) if op.kind in ADDED}
    set_by = {op.uid: place for place, op in enumerate(one.ops) if op.kind == "set"}
    found: list[Any] = []
    any_short = False
    for row in rows:
        place = _place(one, row, added, set_by)
        if place is None:
            found.append(row)
        elif found and type(found[-1][0]) is int and sum(found[-1]) == place:
            found[-1][1] += 1
        else:
            found.append([place, 1])
        any_short = any_short or place is not None
    return found if any_short else None


def _is_same(op: Op, row: Sequence[Any]) -> bool:
    """Say whether a row tells of what an operation added, by the very values that it came with."""
    return len(row) == 4 and row[3] is op.values and row[2] == op.id and row[1] == op.entity and row[0] in ("p", "f")


def _place(one: ReadSet, row: Sequence[Any], added: Mapping[str, int], set_by: Mapping[str, int]) -> int | None:
    """Return which operation a row says again, word for word."""
    if row[0] in ("p", "f") and len(row) == 4:
        place = added.get(row[2])
    elif row[0] == "s":
        place = set_by.get(row[5])
    else:
        return None
    if place is None:
        return None
    op = one.ops[place]
    same = op.entity == row[1] and op.id == row[2] and op.values == row[3]
    return place if same and (row[0] != "s" or op.group == row[4]) else None


def with_chain(body: bytes, chain: str) -> bytes:
    """Return a short body with the chain behind it, which cannot be worked out from it."""
    return body[:-1] + b"," + dump(chain) + b"]"
