"""How a card is kept: a registry of kinds, and canonical JSON with a version for each.

A stored card must open years later, so a missing field takes its default and a field
that was dropped is ignored; a newer version than this program's is refused.
"""

from __future__ import annotations

import importlib
import types
import typing
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from operator import attrgetter

import orjson

from deskapp.errors import N_, Corrupt

NO_LONGER_VALID = "-"
"""What stands for the number of the replacing paper where a paper is void and none replaces it."""


@dataclass(frozen=True, slots=True)
class Card:
    """What every paper has: a printed number. The kind comes from the registry."""

    number: str


@dataclass(frozen=True, slots=True)
class _Kind:
    card: type[Card]
    version: int
    secret: bool


class _Kinds(dict[str, _Kind]):
    """The kinds known so far; the module of one that is not is loaded when it is asked for."""

    def __missing__(self, name: str) -> _Kind:
        importlib.import_module(_MODULES[name])
        return self[name]


_KINDS = _Kinds()
_NAMES: dict[type[Card], str] = {}
_MODULES: dict[str, str] = {}


def register(name: str, card: type[Card], version: int = 1, *, secret: bool = False) -> None:
    """Give a card class its name and version; a secret card is never stored."""
    _KINDS[name] = _Kind(card, version, secret)
    _NAMES[card] = name


def register_later(module: str, *names: str) -> None:
    """Say which module registers some kinds: a label must not wait for forty classes of other papers."""
    _MODULES.update(dict.fromkeys(names, module))


def names() -> frozenset[str]:
    """Return the names of every kind of paper."""
    return frozenset(_KINDS).union(_MODULES)


def class_of(kind: str) -> type[Card]:
    """Return the class of a kind's cards; KeyError for a kind that is none."""
    return _KINDS[kind].card


def kinds() -> dict[str, type[Card]]:
    """Return every kind of paper with its class."""
    for name in _MODULES:
        class_of(name)
    return {name: kind.card for name, kind in _KINDS.items()}


def is_secret(kind: str) -> bool:
    """Say whether papers of this kind are rendered at once and never stored."""
    return _KINDS[kind].secret


def kind_of(card: Card) -> str:
    """Return the kind under which a card is stored and rendered."""
    return _NAMES[type(card)]


def pictures_of(card: Card) -> tuple[str, ...]:
    """Return the files a card names: the SHA-256 of each drawn signature, kept in the store of photos.

    The picture itself is never in a card: it is destroyed with its own retention, and a later
    reprint then shows that it was signed and when, not how.
    """
    named = (getattr(card, one.name) for one in fields(card) if one.name.endswith("signature"))
    return tuple(value for value in named if isinstance(value, str) and value)


def to_json(card: Card) -> str:
    """Return the card as canonical JSON (keys sorted, no blanks). Secret cards are refused."""
    kind = kind_of(card)
    if is_secret(kind):
        raise ValueError(f"a {kind} card is never stored")
    body = {"kind": kind, "version": _KINDS[kind].version, "card": _plain(card)}
    return orjson.dumps(body, None, orjson.OPT_SORT_KEYS).decode()


def from_json(text: str) -> Card:
    """Return the card of `to_json`; raises Corrupt for text no version of this program wrote."""
    try:
        body = orjson.loads(text)
        kind = _KINDS[body["kind"]]
        if body["version"] > kind.version:
            raise Corrupt(N_("This paper was stored by a newer version of the program."), code="newer")
        card = _rebuild(kind.card, body["card"])
    except (KeyError, TypeError, ValueError) as problem:
        raise Corrupt(N_("The stored paper cannot be read."), code="paper") from problem
    assert isinstance(card, Card)
    return card


_BARE = frozenset({str, int, bool, types.NoneType})


def _plain(value: object) -> object:
    """Turn a card into what JSON knows; empty tuples and enums included."""
    kind: typing.Any = type(value)
    if kind in _BARE:
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, StrEnum):
        return value.value
    names, pick = _parts(kind)
    if not names:
        return value
    plain = dict(zip(names, pick(value), strict=True))
    for name, part in plain.items():
        if type(part) not in _BARE:
            plain[name] = _plain(part)
    return plain


@cache
def _parts(kind: typing.Any) -> tuple[tuple[str, ...], typing.Any]:
    """Return the names of a dataclass's fields and what picks their values, no names for another kind of value."""
    names = tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
    if len(names) == 1:
        one = attrgetter(names[0])
        return names, lambda value: (one(value),)
    return names, attrgetter(*names) if names else None


@cache
def _hints(wanted: typing.Any) -> dict[str, object]:
    """Return the types of a dataclass's fields."""
    hints = typing.get_type_hints(wanted)
    return {field.name: hints[field.name] for field in fields(wanted)}


def _rebuild(wanted: object, value: object) -> object:
    """Build a value of the wanted type; a field missing in old text takes its default."""
    origin = typing.get_origin(wanted)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return _rebuild(next(arm for arm in typing.get_args(wanted) if arm is not type(None)), value)
    if origin is tuple:
        if not isinstance(value, list):
            raise TypeError("a list was expected")
        inner = typing.get_args(wanted)[0]
        return tuple(_rebuild(inner, item) for item in value)
    if isinstance(wanted, type) and is_dataclass(wanted):
        if not isinstance(value, dict):
            raise TypeError("an object was expected")
        hints = _hints(wanted)
        return wanted(**{name: _rebuild(hints[name], part) for name, part in value.items() if name in hints})
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return wanted(str(value))
    if isinstance(wanted, type) and type(value) is wanted:
        return value
    raise TypeError(f"{value!r} is no {wanted}")
