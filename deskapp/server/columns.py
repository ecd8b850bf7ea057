"""A push looked at by its columns: what is judged cell by cell elsewhere (`apply.check`, `screening`), in few steps.

Hardly ever is anything to be found. Where it is, or where it cannot be said, every operation is looked at by itself
as if nothing had been looked at here, so what becomes of it is decided in one place only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import orjson

from deskapp.server import apply, fitting, screening
from deskapp.sync.packing import ADDED, Grid, ReadSet

_UUIDS: Final = re.compile(r"(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\n)*")
_IDS: Final = re.compile(r"(?:[!-~]{1,80}\n)*")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_KEYS: Final = re.compile(r"(?:[0-9a-f]{32}(?:[0-9a-f]{32})?\n)*")
MOST_COLUMNS: Final = 100
_LONG: Final = 12
"""Texts up to this length cannot hold a card number or a key."""


def is_sound(one: ReadSet, known: dict[bool, bool]) -> bool:
    """Say whether all operations of a change set are known to be formed, to fit and to hold nothing to be cut.

    `known` is what was found out before about the push it came with: all of a push is looked at once.
    """
    if one.grid is None:
        return False
    ours = one.schema <= apply.version()
    if ours not in known:
        known[ours] = sound(one.grid, ours=ours)
    return known[ours]


def sound(grid: Grid, *, ours: bool) -> bool:
    """Say whether every operation is formed as agreed, fits its table, and holds nothing that might have to be cut.

    `ours`: a program of this version or an older one wrote it.
    """
    try:
        return (
            _lines(_UUIDS, grid.uids) and _lines(_IDS, grid.ids) and _lines(_UUIDS, grid.bases)
            and _lines(_KEYS, grid.keys)
            and all(
                _shape_sound(shape, cells, ours=ours, based=bool(grid.bases))
                for shape, cells in zip(grid.shapes, grid.cells, strict=True)
            )
        )  # fmt: skip
    except (TypeError, ValueError, RecursionError):
        return False


def _lines(pattern: re.Pattern[str], texts: Sequence[str]) -> bool:
    whole = "\n".join(texts)
    # A text with a line feed in it would count as two.
    return not texts or (whole.count("\n") == len(texts) - 1 and pattern.fullmatch(whole + "\n") is not None)


def _shape_sound(shape: Sequence[Any], cells: Sequence[Any], *, ours: bool, based: bool) -> bool:
    kind, entity, group, names, _hidden, gone = shape
    if gone or type(entity) is not str or not _NAME.fullmatch(entity) or len(names) > MOST_COLUMNS:
        return False
    if any(len(name) > apply.LONGEST_NAME for name in names):
        return False
    if kind in ADDED:
        if group != "" or based:
            return False
    elif kind != "set" or type(group) is not str or not _NAME.fullmatch(group):
        return False
    may_be = fitting.allowed(entity, kind, group, tuple(names), ours=ours)
    return may_be is not None and all(
        _fits(cell, may_be.kinds.get(name), may_be.choices.get(name), may_be.most.get(name, 0))
        and _quiet(name, cell)
        and (name not in may_be.pictures or all(map(fitting.is_picture, _plain(cell) or ())))
        for name, cell in zip(names, cells, strict=True)
    )


def _plain(cell: Any) -> Sequence[Any] | None:
    """Return the different values of a packed column (`sync.dense.pack_cells`), None for mappings by their columns."""
    if type(cell) is list:
        return cell
    return [cell["s"]] if "s" in cell else None


def _fits(cell: Any, allowed: tuple[type, ...] | None, choice: frozenset[str] | None, most: int) -> bool:
    if allowed is None:
        return False  # of a newer program
    values = _plain(cell)
    kinds = {dict} if values is None else set(map(type, values))
    if not kinds.issubset(allowed):
        return False
    if values is not None and int in kinds:
        numbers = [one for one in values if one is not None] if type(None) in kinds else values
        low, high = min(numbers), max(numbers)
        if not -most < low <= high < most or max(-low, high) >= fitting.LARGEST_AT:
            return False  # the last: looked at closely
    if choice is not None and not (values is not None and choice.issuperset(values)):
        return False
    if str in kinds:
        return max(len(one) for one in values or () if type(one) is str) <= fitting.LONGEST_TEXT
    # All cells together are shorter than one may be: hardly ever has a form to be measured.
    return not kinds & {dict, list} or len(orjson.dumps(cell)) <= fitting.LONGEST_FORM


def _quiet(name: str, cell: Any) -> bool:
    """Say whether a column certainly holds no card number and no key."""
    texts: list[str] = []
    return _gathered(name, cell, texts) and not (texts and any(screening.look("|".join(texts))))


def _gathered(name: str, cell: Any, texts: list[str]) -> bool:
    """Collect the texts that `screening.screen` would look at; False where there is more than texts."""
    values = _plain(cell)
    if values is None:
        for one, column in zip(cell["k"], cell["c"], strict=True):
            if len(one) > _LONG:
                texts.append(one)
            if not _inside(one, column, texts):
                return False
        return True
    if not all(screening.gather(one, texts, 0) for one in values if type(one) in fitting.FORMS):
        return False
    if name not in screening.NUMBERS:
        texts += [one for one in values if type(one) is str and len(one) > _LONG and not screening.is_number(name, one)]
    return True


def _inside(name: str, column: Any, texts: list[str]) -> bool:
    """The same of what stands under one name in forms."""
    for one in _plain(column) or ():
        kind = type(one)
        if kind is str:
            if len(one) > _LONG and not screening.is_number(name, one):
                texts.append(one)
        elif kind is dict or kind is list:
            if not screening.gather(one, texts, 1):
                return False
        elif kind is float or (kind is int and not -screening.LARGEST < one < screening.LARGEST):
            return False
    return True
