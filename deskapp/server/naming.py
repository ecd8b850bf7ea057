"""Requests as they are understood here: names and ids in them are looked at for card numbers before anything else.

What people wrote is cut and taken (`screening`). A command, a column or an id is nobody's words: where one tells the
number of a card, somebody wants it stored, and nothing of the request is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

from deskapp.rules.card_numbers import strip_card_numbers
from deskapp.server.screening import screen, screen_text
from deskapp.sync.framing import WireError, load
from deskapp.sync.packing import Grid, ReadSet
from deskapp.sync.wire import ReadRequest, read_request

_SHORTEST: Final = 13
"""Digits of the shortest card number."""

_REMEMBERED: Final = 80
"""Characters up to which a name is remembered with what was found out about it."""

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HASH: Final = re.compile(r"[0-9a-f]{32}(?:[0-9a-f]{32})?")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_HLC: Final = re.compile(r"[0-9]{15}-[0-9]{6}-[0-9]{5}")


def read(plain: bytes) -> ReadRequest:
    """Return the request that bytes say; raises WireError."""
    request = read_request(plain)
    sets = request.sets
    grid = sets[0].grid if sets else None  # a push by columns is looked at once
    heads = chain.from_iterable({(one.command, one.app_version, one.staff) for one in sets})
    names = _in_grid(grid) if grid else chain.from_iterable(map(_in_ops, sets))
    odd = [one.hlc for one in sets if not _HLC.fullmatch(one.hlc)]
    ids = grid.ids if grid else [op.id for one in sets for op in one.ops if type(op.id) is str]
    odd += [one for one in ids if not _UUID.fullmatch(one)]
    if not all(map(_is_quiet, chain(heads, names, odd))):
        raise WireError("sets")
    if grid is None or any(shape[5] for shape in grid.shapes):
        for one in sets:
            _look_beside(one)
    return request


def _look_beside(one: ReadSet) -> None:
    """Look at all that a body says beside the values of its operations; raises WireError where that is no name."""
    told = load(one.body)
    if not _SHA256.fullmatch(one.hash) or not all(type(op["values"]) is dict for op in told["ops"]):
        raise WireError("sets")
    cells = chain.from_iterable(op["values"].values() for op in told["ops"])
    digests = [cell for cell in cells if type(cell) is dict and "hmac" in cell]
    beside = [{name: value for name, value in op.items() if name != "values"} for op in told["ops"]]
    if not _is_mute([{**told, "ops": beside}, digests, [list(pair) for pair in one.keys]]):
        raise WireError("sets")


def _is_mute(value: object) -> bool:
    """Say whether nothing in a value tells the number of a card or a key."""
    if isinstance(value, dict):
        return all(map(_is_mute, value)) and all(map(_is_mute, value.values()))
    if isinstance(value, list):
        return all(map(_is_mute, value))
    if isinstance(value, str):
        known = _UUID.fullmatch(value) or _HASH.fullmatch(value) or _HLC.fullmatch(value)
        return len(value) < _SHORTEST or known is not None or not screen_text(value)[1]
    return not isinstance(value, int | float) or not screen({"": value})[1]


def _in_grid(grid: Grid) -> Iterator[object]:
    for kind, entity, group, columns, *_more in grid.shapes:
        yield from (kind, entity, group, *columns)


def _in_ops(one: ReadSet) -> Iterator[object]:
    for op in one.ops:
        yield from (op.kind, op.entity, op.group, *op.values)


def _is_quiet(name: object) -> bool:
    if type(name) is not str or len(name) < _SHORTEST:
        return True
    return not (_tells_card if len(name) <= _REMEMBERED else _tells_card.__wrapped__)(name)


@lru_cache(maxsize=4_096)
def _tells_card(name: str) -> bool:
    """Say whether a name or an id tells the number of a card; one made of a hash may have such digits by chance."""
    return _UUID.fullmatch(name) is None and _HASH.fullmatch(name) is None and strip_card_numbers(name)[1] > 0
