"""What a template may say about a card: `{order_no}`, `{received_ms:moment}`, `{fault?}`, and tests like `!rush`.

Nothing is evaluated: a text is taken apart once, every name is looked up in the card's
class and every format checked against the type found there, so that a slip of the pen
is an error when the template is loaded and never one when a label is printed.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from operator import attrgetter

from deskapp.errors import N_
from deskapp.print import words
from deskapp.print.template_reader import BadText, Words, listed
from deskapp.rules.money import amount_in_words_cn

PAPER_NAMES = ("copy", "size", "dots", "printed", "language")


@dataclass(frozen=True, slots=True)
class Scene:
    """What a text may name besides the card: the paper (`{paper.copy}`), options, words of the template."""

    language: str
    paper: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Names:
    """What texts of one template may name; `scope` is the card's class, or that of a line in a list."""

    scope: type
    options: Collection[str] = ()
    words: Collection[str] = ()
    paper: Collection[str] = PAPER_NAMES


Getter = Callable[[object, Scene], str]


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a template, ready to be said of a card. `fields` are the card's fields in it."""

    source: str
    fields: tuple[str, ...]
    say: Callable[[object, Scene], str]
    fixed: bool = False
    """True if it shows only words of the template, nothing of a card."""

    def __call__(self, card: object, scene: Scene) -> str:
        """Return what stands on the paper for this card."""
        return self.say(card, scene)


@dataclass(frozen=True, slots=True)
class Test:
    """A condition; `fixed` ones name options only and can be decided before any card is there."""

    __test__: typing.ClassVar[bool] = False  # the name would look like a test class to pytest

    source: str
    holds: Callable[[object, Scene], bool]
    fixed: bool = False
    wants: frozenset[tuple[str, bool, str]] = frozenset()
    """Name, whether the comparison must hold, and the value compared with."""

    def excludes(self, other: Test) -> bool:
        """Say whether the two can never hold together, as `rush` and `!rush`."""
        for name, holds, value in self.wants:
            for other_name, other_holds, other_value in other.wants:
                if name == other_name and value == other_value and holds != other_holds:
                    return True
                if name == other_name and holds and other_holds and value and other_value and value != other_value:
                    return True
        return False


# ---------------------------------------------------------------- fields of a card


@cache
def _hints(scope: type) -> dict[str, object]:
    """Return the types of a card's fields, and of what it works out from them (its properties)."""
    found: dict[str, object] = dict(typing.get_type_hints(scope))
    for name in dir(scope):
        member = getattr(scope, name, None)
        if isinstance(member, property) and not name.startswith("_"):
            found[name] = typing.get_type_hints(member.fget)["return"]
    return found


def type_of(scope: type, name: str) -> object:
    """Return the type of `name` or `site.name` in a card, without its None; BadText for an unknown field."""
    found: object = scope
    for part in name.split("."):
        known = _hints(found) if isinstance(found, type) and is_dataclass(found) else {}
        if part not in known:
            raise BadText(
                N_("There is no field “{value}”; allowed: {allowed}."),
                value=name,
                allowed=listed(field_names(scope), name),
            )
        assert isinstance(found, type)
        found = _hints(found)[part]
        if typing.get_origin(found) in (types.UnionType, typing.Union):
            found = next(arm for arm in typing.get_args(found) if arm is not type(None))
    return found


@cache
def field_names(scope: type) -> tuple[str, ...]:
    """Return every field a text may name, those of parts as `site.name`."""
    names = []
    for one in fields(scope):
        kind = type_of(scope, one.name)
        if isinstance(kind, type) and is_dataclass(kind):
            names += [f"{one.name}.{inner}" for inner in field_names(kind)]
        else:
            names.append(one.name)
    return tuple(names)


# ---------------------------------------------------------------- formats


def _capitals(fen: int | None) -> str:
    """Return an amount in Chinese capitals; what has none (negative, too large) in figures."""
    if fen is None:
        return words.DASH
    try:
        return amount_in_words_cn(fen)
    except ValueError:
        return words.yuan(fen)


def _instant(write: Callable[[int | None], str]) -> Callable[[object], str]:
    return lambda value: write(typing.cast("int | None", value))


_INSTANTS: dict[str, Callable[[object], str]] = {
    "moment": _instant(words.moment),
    "short": _instant(words.short_moment),
    "day": _instant(words.day),
    "short_day": _instant(lambda value: words.short_moment(value).partition(" ")[0]),
}
_AMOUNTS: dict[str, Callable[[object], str]] = {
    "yuan": _instant(words.yuan),
    "money": _instant(lambda value: f"¥{words.yuan(value)}" if value is not None else words.DASH),
    "capitals": _instant(_capitals),
}
_LISTS: dict[str, Callable[[object], str]] = {
    "list": lambda value: "、".join(typing.cast("tuple[str, ...]", value)),
    "count": lambda value: str(len(typing.cast("tuple[object, ...]", value))),
}
_TEXTS: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "blank": lambda value: "" if value == words.DASH else value,
    "dash": lambda value: value if value.strip() else words.DASH,
}
_CUTS = re.compile(r"(tail|head)([1-9][0-9]?)")
TEXT_FORMATS = ("tail8", "head8", *_TEXTS)


def _text_format(name: str) -> Callable[[str], str] | None:
    if found := _CUTS.fullmatch(name):
        count = int(found[2])
        return (lambda value: value[-count:]) if found[1] == "tail" else (lambda value: value[:count])
    return _TEXTS.get(name)


def _typed(kind: object, name: str, wanted: str) -> tuple[Callable[[object, Scene], str] | None, tuple[str, ...]]:
    """Return how a value of a type is written by a format, None if it has no such format; and what it has."""
    table: dict[str, Callable[[object], str]] = {}
    if kind is int:
        table = _INSTANTS if name.endswith("_ms") else _AMOUNTS if name.endswith("_fen") else {"": _number}
    elif kind is str:
        table = {"": str}
    elif isinstance(kind, type) and issubclass(kind, StrEnum):
        if all(words.has_word(member) for member in kind):
            return (_word if wanted in ("", "word") else None), ("word",)
        table = {"": str}
    elif typing.get_origin(kind) is tuple:
        table = _LISTS if typing.get_args(kind)[0] is str else {"count": _LISTS["count"]}
    write = table.get(wanted)
    return (None if write is None else lambda value, _scene: write(value)), tuple(one for one in table if one)


def _number(value: object) -> str:
    return words.DASH if value is None else str(value)


def _word(value: object, scene: Scene) -> str:
    return words.word(typing.cast(StrEnum, value), scene.language)


# ---------------------------------------------------------------- texts

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|([{}])")
_NAME = re.compile(r"([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)(\??)((?::[a-z0-9_ ]+)*)")


def text(source: str, names: Names) -> Text:
    """Take a text apart; BadText says which name or format is wrong and what is allowed."""
    parts: list[str | Getter] = []
    needed: list[Callable[[object, Scene], bool]] = []
    used: dict[str, None] = {}
    named: list[str] = []
    end = 0
    for found in _PIECE.finditer(source):
        parts.append(source[end : found.start()])
        end = found.end()
        if found[0] in ("{{", "}}"):
            parts.append(found[0][0])
        elif found[2]:
            raise BadText(N_("A brace {{ or }} stands alone; write it twice to print it."))
        else:
            named.append(found[1].strip())
            getter, raw = _piece(named[-1], names, used)
            parts.append(getter)
            needed += [raw] if raw else []
    parts.append(source[end:])
    merged = [part for part in parts if part]
    own = all(name.partition(".")[0] in ("word", "second") for name in named)
    return Text(source, tuple(used), _sayer(merged, needed), not used and own)


def _sayer(parts: list[str | Getter], needed: list[Callable[[object, Scene], bool]]) -> Callable[[object, Scene], str]:
    if all(isinstance(part, str) for part in parts):
        fixed = "".join(part for part in parts if isinstance(part, str))
        return lambda _card, _scene: fixed
    if len(parts) == 1 and not needed and callable(parts[0]):
        return parts[0]

    def say(card: object, scene: Scene) -> str:
        if not all(one(card, scene) for one in needed):
            return ""
        return "".join([part if isinstance(part, str) else part(card, scene) for part in parts])

    return say


def _piece(inner: str, names: Names, used: dict[str, None]) -> tuple[Getter, Callable[[object, Scene], bool] | None]:
    """Return how one `{...}` is said, and for `{name?}` whether the field is filled."""
    parsed = _NAME.fullmatch(inner)
    if parsed is None:
        raise BadText(N_("“{value}” is no field; write it as {{order_no}} or {{received_ms:day}}."), value=inner)
    name, must, formats = parsed[1], bool(parsed[2]), [one.strip() for one in parsed[3].split(":")[1:]]
    named = _named(name, names)
    getter = named or _of_card(name, formats, names, used)
    for wanted in formats:
        write = _text_format(wanted)
        if write is None:
            allowed = ", ".join(TEXT_FORMATS)
            raise BadText(N_("“{value}” is no format for this; allowed: {allowed}."), value=wanted, allowed=allowed)
        getter = _then(getter, write)
    if not must:
        return getter, None
    if named is not None:
        return getter, lambda card, scene: bool(named(card, scene).strip())
    raw = attrgetter(name)
    return getter, lambda card, _scene: raw(card) not in (None, "", False, ())


def _then(getter: Getter, write: Callable[[str], str]) -> Getter:
    return lambda card, scene: write(getter(card, scene))


def _named(name: str, names: Names) -> Getter | None:
    """Return a name that is none of the card: of the paper, an option, a word; None if it is one."""
    family, dot, rest = name.partition(".")
    known = {"paper": names.paper, "option": names.options, "word": names.words, "second": names.words}.get(family)
    if not dot or known is None:
        return None
    if rest not in known:
        raise BadText(
            N_("There is no field “{value}”; allowed: {allowed}."),
            value=name,
            allowed=listed([f"{family}.{n}" for n in known], name),
        )
    if family == "paper":
        return lambda _card, scene: scene.paper.get(rest, "")
    if family == "option":
        return lambda _card, scene: str(scene.options.get(rest, ""))
    place = 0 if family == "word" else 1
    return lambda _card, scene: scene.words[rest].both(scene.language)[place]


def _of_card(name: str, formats: list[str], names: Names, used: dict[str, None]) -> Getter:
    """Return how a field is written; takes the format that belongs to its type off the list."""
    kind = type_of(names.scope, name)
    used[name.partition(".")[0]] = None
    get = attrgetter(name)
    first = formats[0] if formats else ""
    if first.startswith("if "):
        return _if_word(get, formats.pop(0)[3:].strip(), names)
    if isinstance(kind, type) and is_dataclass(kind):
        allowed = ", ".join(f"{name}.{one}" for one in field_names(kind))
        raise BadText(N_("“{value}” has parts; allowed: {allowed}."), value=name, allowed=allowed)
    if kind is str and not formats:
        return lambda card, _scene: typing.cast(str, get(card))
    write, allowed_here = _typed(kind, name, first)
    if write is not None:
        if first:
            formats.pop(0)
        return lambda card, scene: write(get(card), scene)
    plain, _ = _typed(kind, name, "")
    if plain is not None and (_text_format(first) or not allowed_here):
        return lambda card, scene: plain(get(card), scene)
    allowed = ", ".join(f"{{{name}:{one}}}" for one in allowed_here or ("if WORD",))
    raise BadText(N_("“{value}” needs a format; allowed: {allowed}."), value=name, allowed=allowed)


def _if_word(get: Callable[[object], object], word: str, names: Names) -> Getter:
    if word not in names.words:
        raise BadText(N_("“{value}” is not known; allowed: {allowed}."), value=word, allowed=listed(names.words, word))
    return lambda card, scene: scene.words[word].both(scene.language)[0] if get(card) else ""


# ---------------------------------------------------------------- tests

_TEST = re.compile(r"(!?)([a-z][a-z0-9_.]*)(?:(=)([A-Za-z0-9_.-]+))?")


def test(source: str, names: Names) -> Test:
    """Take a condition apart: `rush`, `!rush`, `warranty=in`, `option.logo`, several with commas (all must hold)."""
    checks: list[Callable[[object, Scene], bool]] = []
    fixed = True
    wanted: set[tuple[str, bool, str]] = set()
    for one in source.split(","):
        found = _TEST.fullmatch(one.strip())
        if found is None:
            raise BadText(N_("“{value}” is no condition; write it as rush, !rush or warranty=in."), value=one.strip())
        check, option = _check(found[2], found[4], names)
        fixed &= option
        wanted.add((found[2], not found[1], found[4] or ""))
        checks.append(_negated(check) if found[1] else check)
    return Test(source, lambda card, scene: all(check(card, scene) for check in checks), fixed, frozenset(wanted))


def _negated(check: Callable[[object, Scene], bool]) -> Callable[[object, Scene], bool]:
    return lambda card, scene: not check(card, scene)


def _check(name: str, equal: str | None, names: Names) -> tuple[Callable[[object, Scene], bool], bool]:
    """Return one comparison, and whether it needs no card."""
    family, dot, rest = name.partition(".")
    if dot and family == "option":
        _named(name, names)
        if equal is None:
            return (lambda _card, scene: bool(scene.options.get(rest))), True
        return (lambda _card, scene: str(scene.options.get(rest)) == equal), True
    if dot and family == "paper":
        getter = _named(name, names)
        assert getter is not None
        return (lambda card, scene: getter(card, scene) == equal if equal else bool(getter(card, scene))), False
    kind = type_of(names.scope, name)
    get = attrgetter(name)
    if equal is None:
        return (lambda card, _scene: bool(get(card))), False
    if isinstance(kind, type) and issubclass(kind, StrEnum) and equal not in list(kind):
        raise BadText(
            N_("“{value}” is not known; allowed: {allowed}."), value=equal, allowed=", ".join(one.value for one in kind)
        )
    return (lambda card, _scene: str(get(card)) == equal), False
