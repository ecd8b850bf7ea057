"""Columns as they travel: what repeats is said once, ids are steps, and whatever comes in is written out within limits.

Nothing here knows what a column means. `packing` puts change sets together from them.
"""

from __future__ import annotations

import re
from typing import Any, Final

from deskapp.sync.framing import MOST_PLAIN, WireError, dump

MOST_IDS: Final = 50_000
"""Values of one column."""

_HEX: Final = re.compile(r"[0-9a-f]*")
_PLACE: Final = 8
"""Bytes that a value takes at least, wherever it stands: an empty text said fifty thousand times is not nothing."""

_WITHIN: Final = 64
"""Bytes that a value takes inside a mapping, about."""


def pack_cells(column: list[Any], *, deep: bool = False) -> Any:
    """Return a column as it travels: `{"s": value, "n": count}` where all are the same, `{"k": names, "c": columns}`
    of mappings that all have these names (one level of them), else the list."""
    first = column[0]
    if type(first) is not dict:
        plain = type(first) is not list and len(column) > 2 and column[-1] == first
        same = plain and column.count(first) == len(column) and len(set(map(type, column))) == 1
        return {"s": first, "n": len(column)} if same else column
    if deep or not first or not all(type(one) is dict and one.keys() == first.keys() for one in column):
        return column
    return {"k": list(first), "c": [pack_cells([one[name] for one in column], deep=True) for name in first]}


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
    """Return UUIDs of version 7 as steps of their milliseconds and random digits; others as they are.

    One that lies less than 32 bits above the one before it has no step of its own (null), and eight digits.
    """
    whole = "".join(ids).replace("-", "") if all(isinstance(one, str) for one in ids) else ""
    plain = ids and len(whole) == 32 * len(ids) and _HEX.fullmatch(whole)
    if not plain or any(one[14:15] != "7" or one[8:24:5] != "----" for one in ids):
        return ids
    steps, near, digits, last, before = list[int | None](), list[str](), list[str](), 0, 0
    for at in range(0, len(whole), 32):
        value, now = int(whole[at : at + 32], 16), int(whole[at : at + 12], 16)
        if 0 < value - before < 2**32:
            steps.append(None)
            near.append(f"{value - before:08x}")
        else:
            steps.append(now - last)
            digits.append(whole[at + 13 : at + 32])
        last, before = now, value
    return {"t": steps, "r": "".join(digits), "d": "".join(near)}


class Room:
    """Counts what repeated values come to when they are written out, so that a few bytes cannot fill the memory."""

    def __init__(self) -> None:
        self._left = MOST_PLAIN

    def cells(self, told: Any) -> list[Any]:
        """Undo `pack_cells`; raises WireError."""
        if isinstance(told, list):
            return told
        if "s" in told:
            return self.times(told["s"], told["n"])
        columns = [self.cells(column) for column in told["c"]]
        self.take(_WITHIN * sum(map(len, columns)))
        return [dict(zip(told["k"], cells, strict=True)) for cells in zip(*columns, strict=True)]

    def repeats(self, told: Any, most: int) -> list[Any]:
        """Undo `pack_repeats`; raises WireError beyond `most` values."""
        if len(told) == 1:
            if len(told[0]) > most:
                raise WireError("too_large")
            return list(told[0])
        values: list[Any] = []
        for value, count in zip(told[::2], told[1::2], strict=True):
            values += self.times(value, count)
            if len(values) > most:
                raise WireError("too_large")
        return values

    def times(self, value: Any, count: Any) -> list[Any]:
        """Return a value so many times; raises WireError."""
        if type(count) is not int or not 0 <= count <= MOST_IDS:
            raise WireError("too_large")
        self.take(count * max(_PLACE, len(value) if type(value) is str else len(dump(value))))
        return [value] * count

    def take(self, size: int) -> None:
        """Use up room for so many bytes; raises WireError where there is none left."""
        self._left -= size
        if self._left < 0:
            raise WireError("too_large")


def unpack_ids(told: Any) -> list[str]:
    """Undo `pack_ids`; raises WireError."""
    if isinstance(told, list):
        if not all(isinstance(one, str) for one in told):
            raise WireError("ids")
        return told
    steps, digits, near = told["t"], told["r"], told.get("d", "")
    small = steps.count(None)
    if len(steps) > MOST_IDS or len(digits) != 19 * (len(steps) - small) or len(near) != 8 * small:
        raise WireError("ids")
    found, before, at, here, high, head = [], 0, 0, 0, -1, ""
    for step in steps:
        if step is None:
            before, here = before + int(near[here : here + 8], 16), here + 8
        elif type(step) is int and 0 <= (now := (before >> 80) + step) < 2**48:
            before, at = now << 80 | 7 << 76 | int(digits[at : at + 19], 16), at + 19
        else:
            raise WireError("ids")
        if before >> 48 != high:
            if not 0 < before < 2**128:
                raise WireError("ids")
            high, text = before >> 48, f"{before:032x}"
            head = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-"
        found.append(f"{head}{before & 0xFFFFFFFFFFFF:012x}")
    return found
