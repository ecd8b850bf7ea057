"""Whether what a change set says fits the tables: type, length and choice of every cell, before anything is judged.

An act that does not fit is refused as a whole, so that nothing of it stands half; its words stay on the card of the
desk that wrote it. What this program does not know (columns and tables of a newer one) cannot be judged and passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson

from deskapp.rules import small_pictures
from deskapp.rules.card_numbers import strip_card_numbers
from deskapp.rules.money import MAX_FEN
from deskapp.sync.packing import Op

LARGEST_AT: Final = 4 * 10**12
"""Instants (ms UTC) lie before this: the year 2096. No number of a card is smaller."""

LARGEST_COUNT: Final = 2**31
"""Counts, sizes, days, months."""

LONGEST_TEXT: Final = 100_000
"""Characters of one text; nobody at a counter writes that much."""

LONGEST_FORM: Final = 400_000
"""Bytes of one cell that holds a list or a form."""

MOST_KNOWN: Final = 4_096
"""Shapes that are remembered: stations may name what they like."""

FORMS: Final = (dict, list)

PICTURES: Final[Mapping[str, frozenset[str]]] = {"attachment": frozenset(("thumbnail",))}
"""Columns that hold a small picture or nothing, by table; of a program of any version, for nobody reads them."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """What does not fit: the column, and why.

    Why is `type`, `length`, `range`, `choice`, `picture`, `column`, `group` or `table`.
    """

    why: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What cells of certain columns have to be, in their order: `kinds` as they usually are, exactly."""

    kinds: tuple[type, ...]
    numbers: tuple[tuple[str, int], ...]
    forms: tuple[str, ...]
    choices: tuple[tuple[str, frozenset[str]], ...]
    pictures: tuple[str, ...]


def misfit(op: Op, *, ours: bool, short: bool) -> Misfit | None:
    """Return what of an operation does not fit the tables, or None.

    `ours`: a program of this version or an older one wrote it, so that choices and groups are known. `short`: its
    whole change set is shorter than the longest text, which spares a look at each.
    """
    found = _table(op.entity, op.kind)
    if found is not None or op.kind == "del":
        return found
    shape = _shape(op.entity, op.group, tuple(op.values), ours)
    if isinstance(shape, Misfit):
        return shape
    values = op.values
    if tuple(map(type, values.values())) != shape.kinds:
        for name, value in values.items():
            if not _type_fits(op.entity, name, value):
                return Misfit("type", name)
    return _sizes(values, shape, short)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What cells of certain columns may be, by column: their types, and their texts where those are one of a few.

    Whole numbers lie below `most` either side of 0. `pictures` are the columns that hold a small picture or nothing.
    """

    kinds: Mapping[str, tuple[type, ...]]
    choices: Mapping[str, frozenset[str]]
    most: Mapping[str, int]
    pictures: tuple[str, ...] = ()


@lru_cache(maxsize=MOST_KNOWN)
def allowed(entity: str, kind: str, group: str, names: tuple[str, ...], *, ours: bool) -> Allowed | None:
    """Return what the cells of operations of one shape may be; None where the shape itself does not fit."""
    if _table(entity, kind) is not None:
        return None
    shape = _shape(entity, group, names, ours)
    return (
        None
        if isinstance(shape, Misfit)
        else Allowed(_kinds(entity), dict(shape.choices), dict(shape.numbers), shape.pictures)
    )


def is_picture(value: Any) -> bool:
    """Say whether a cell holds a small picture, or nothing."""
    return value == "" or (type(value) is str and small_pictures.read(value) is not None)


def most_of(name: str) -> int:
    """Return below what, either side of 0, a whole number in a column lies by what it means."""
    if name == "at" or name.endswith("_at"):
        return LARGEST_AT
    return MAX_FEN + 1 if name == "fen" or name.endswith("_fen") else LARGEST_COUNT


def in_range(number: int, most: int) -> bool:
    """Say whether a whole number can mean what its column says: an amount that reads as a card's number is none."""
    return -most < number < most and (abs(number) < LARGEST_AT or not strip_card_numbers(str(abs(number)))[1])


def _sizes(values: Mapping[str, Any], shape: _Shape, short: bool) -> Misfit | None:
    for name, most in shape.numbers:
        number = values[name]
        if number is not None and not in_range(number, most):
            return Misfit("range", name)
    for name, choice in shape.choices:
        if values[name] not in choice:
            return Misfit("choice", name)
    for name in shape.pictures:
        if not is_picture(values[name]):
            return Misfit("picture", name)
    if short:
        return None
    for name, value in values.items():
        if type(value) is str and len(value) > LONGEST_TEXT:
            return Misfit("length", name)
    for name in shape.forms:
        if _length(values[name]) > LONGEST_FORM:
            return Misfit("length", name)
    return None


def _length(form: Any) -> int:
    try:
        return len(orjson.dumps(form))
    except orjson.JSONEncodeError:  # nested deeper than can be written
        return LONGEST_FORM + 1


# -- what is known of the tables ------------------------------------------------------------


@lru_cache(maxsize=MOST_KNOWN)
def _table(entity: str, kind: str) -> Misfit | None:
    """Facts are facts and are never changed; what describes something is none."""
    known = _known(entity)
    if known is None or (kind == "fact") == bool(known.fact):
        return None
    return Misfit("table")


@lru_cache(maxsize=MOST_KNOWN)
def _shape(entity: str, group: str, names: tuple[str, ...], ours: bool) -> _Shape | Misfit:
    from deskapp.models import columns

    known = _known(entity)
    kinds = _kinds(entity)
    if known is not None and ours:
        for name in names:
            if name in columns.derived(known) or name in ("n", "id"):
                return Misfit("column", name)
            if group and name in kinds and columns.group_of(known, name) != group:
                return Misfit("group", name)
    choices = _choices(entity) if ours else {}
    return _Shape(
        tuple(kinds.get(name, (object,))[0] for name in names),
        tuple((name, most_of(name)) for name in names if int in kinds.get(name, ())),
        tuple(name for name in names if kinds.get(name, ()) and kinds[name][0] in FORMS),
        tuple((name, choices[name]) for name in names if name in choices),
        tuple(name for name in names if name in PICTURES.get(entity, ())),
    )


def _type_fits(entity: str, name: str, value: Any) -> bool:
    kinds = _kinds(entity).get(name)
    if kinds is None:
        return True
    return type(value) in kinds or (kinds[0] is bool and type(value) is int and value in (0, 1))


@lru_cache(maxsize=MOST_KNOWN)
def _known(entity: str) -> Any:
    from deskapp.models import columns, schema

    assert schema.VERSION  # loads every table
    return columns.known(entity)


@lru_cache(maxsize=MOST_KNOWN)
def _kinds(entity: str) -> Mapping[str, tuple[type, ...]]:
    """Return the types that each travelling column of a table takes, the usual one first."""
    from sqlalchemy import Boolean, Integer, inspect
    from sqlalchemy.types import JSON

    from deskapp.models import columns
    from deskapp.models.rows import plan_of

    known = _known(entity)
    if known is None:
        return {}
    plan, mapper = plan_of(known), inspect(known)
    found: dict[str, tuple[type, ...]] = {}
    for name in columns.travelling(known):
        column = mapper.columns[name]
        if isinstance(column.type, JSON):
            usual = type(plan.defaults[name]()) if column.default is not None else dict
            kinds: tuple[type, ...] = (usual,) if column.default is not None else FORMS
        else:
            kinds = (bool if isinstance(column.type, Boolean) else int if isinstance(column.type, Integer) else str,)
        found[name] = (*kinds, type(None)) if column.nullable else kinds
    return found


@lru_cache(maxsize=MOST_KNOWN)
def _choices(entity: str) -> Mapping[str, frozenset[str]]:
    """Return the columns of a table whose texts are one of a few, with what they may be."""
    from deskapp.rules import account, custody, states, tickets

    told: Mapping[str, Mapping[str, frozenset[str]]] = {
        "work_event": {"to_state": frozenset(("", *states.WorkState))},
        "custody_event": {"tamper_result": frozenset(("", *custody.TamperResult))},
        "money_event": {"kind": frozenset(account.MoneyKind)},
        "ticket_event": {"to_state": frozenset(("", *tickets.TicketState))},
        "service_ticket": {"kind": frozenset(tickets.TicketKind)},
    }
    return told.get(entity, {})
