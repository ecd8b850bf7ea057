"""Requests as they are understood here: names and ids in them are looked at for card numbers before anything else.

What people wrote is cut and taken (`screening`). A command, a column or an id is nobody's words: where one tells the
number of a card, somebody wants it stored, and nothing of the request is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

from deskapp.rules.card_numbers import strip_card_numbers
from deskapp.sync.framing import WireError
from deskapp.sync.packing import Grid, ReadSet
from deskapp.sync.wire import ReadRequest, read_request

_SHORTEST: Final = 13
"""Digits of the shortest card number."""

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UUID_LENGTH: Final = 36
_NO_LETTER: Final = re.compile(r"[^A-Za-z]*")


def read(plain: bytes) -> ReadRequest:
    """Return the request that bytes say; raises WireError."""
    request = read_request(plain)
    sets = request.sets
    grid = sets[0].grid if sets else None  # a push by columns is looked at once
    heads = chain.from_iterable({(one.command, one.app_version, one.staff) for one in sets})
    names = _in_grid(grid) if grid else chain.from_iterable(map(_in_ops, sets))
    ids = grid.ids if grid else [op.id for one in sets for op in one.ops if type(op.id) is str]
    if not all(map(_is_quiet, chain(heads, names))) or any(map(_is_card, _odd(ids))):
        raise WireError("sets")
    return request


def _odd(ids: Sequence[str]) -> Sequence[str]:
    """Return ids among which there may be others than UUIDs; hardly ever are there any."""
    return ids if set(map(len, ids)) - {_UUID_LENGTH} else ()


def _in_grid(grid: Grid) -> Iterator[object]:
    for kind, entity, group, columns, *_more in grid.shapes:
        yield from (kind, entity, group, *columns)


def _in_ops(one: ReadSet) -> Iterator[object]:
    for op in one.ops:
        yield from (op.kind, op.entity, op.group, *op.values)


def _is_quiet(name: object) -> bool:
    return type(name) is not str or len(name) < _SHORTEST or not _tells_card(name)


@lru_cache(maxsize=4_096)
def _tells_card(name: str) -> bool:
    return _UUID.fullmatch(name) is None and strip_card_numbers(name)[1] > 0


def _is_card(record: str) -> bool:
    """Say whether an id is nothing but the number of a card; one made of a hash may have such digits by chance."""
    return len(record) >= _SHORTEST and _NO_LETTER.fullmatch(record) is not None and _tells_card(record)
