"""Taking a person's words out of free texts: which columns are texts, what counts as a hit, what stands there instead.

A telephone number is found however it is grouped, and never inside a longer number. A name is found as it was
entered. The mark says that something stood there, so that nobody takes the rest of the sentence for the whole of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from deskapp.models import columns, schema
from deskapp.models.canonical import canonical, digest
from deskapp.models.free_text import may_hold_words

MARK: Final = "〔已抹去〕"
"""What stands for something that was erased: the same in every language, because it is part of the data."""

STRUCK: Final = "struck"
"""Key in the body of an act from whose texts something was taken: its hash is that of what was written. The value is
the digest of what is left, so that damage is still seen."""

WORDS: Final = frozenset((
    "address", "answers", "caption", "carry", "data", "model_words", "note", "open_questions", "reason",
    "support_contact", "words",
))  # fmt: skip
"""Columns in which people write sentences, or in which forms with sentences lie. Names of things are none."""

_PLAIN: Final = re.compile(r"[0-9A-Za-z]")
_BETWEEN: Final = r"[ \-–—.·()（）\u3000\u00a0]{0,3}"
_NUMBER: Final = re.compile(r"[\d\s+\-–—.·()（）]+")
_SHORTEST_NUMBER: Final = 7
LONGEST: Final = 40
"""Of what one mark stands for: where it comes to more, texts were compared that do not belong together."""


def is_number(text: str) -> bool:
    """Say whether a text is a telephone number rather than a name."""
    return _NUMBER.fullmatch(text) is not None and len(_digits(text)) >= _SHORTEST_NUMBER


def _digits(text: str) -> str:
    return "".join(str(int(char)) for char in text if char.isdecimal())


def pieces_of(text: str) -> tuple[str, ...]:
    """Return short texts of which one stands in every text that can have a hit: a first look for a database."""
    if not is_number(text):
        return (text.strip(),)
    tail = _digits(text)[-2:]
    return (tail, "".join(chr(ord(char) + 0xFEE0) for char in tail))


def pattern_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds these texts; None where none of them is long enough to be looked for in a sentence."""
    found = dict.fromkeys(filter(None, map(_one, texts)))
    return re.compile("|".join(sorted(found, key=len, reverse=True))) if found else None


def _one(text: str) -> str:
    text = text.strip()
    if is_number(text):
        digits = [rf"[{char}{chr(ord(char) + 0xFEE0)}]" for char in _digits(text)]
        return rf"(?<!\d)(?:\+?86{_BETWEEN})?{_BETWEEN.join(digits)}(?!\d)"
    if len(text) < 2 or text.isdecimal() or text == MARK:
        return ""
    before = r"(?<![0-9A-Za-z])" if _PLAIN.match(text[0]) else ""
    after = r"(?![0-9A-Za-z])" if _PLAIN.match(text[-1]) else ""
    return before + re.escape(text) + after


def strike(value: Any, pattern: re.Pattern[str] | None) -> tuple[Any, int]:
    """Return a value with every hit replaced by the mark, and how many there were. Numbers and ids are left alone."""
    if pattern is None:
        return value, 0
    if isinstance(value, str):
        return pattern.subn(MARK, value)
    if isinstance(value, list):
        pairs = [strike(one, pattern) for one in value]
        return [one for one, _count in pairs], sum(count for _one, count in pairs)
    if isinstance(value, Mapping):
        told = {
            name: strike(one, pattern) if may_hold_words(str(name), composed=isinstance(one, dict | list)) else (one, 0)
            for name, one in value.items()
        }
        return {name: one for name, (one, _count) in told.items()}, sum(count for _one, count in told.values())
    return value, 0


def struck_from(before: Any, after: Any) -> set[str]:
    """Return what marks stand for in `after`, by what stood in `before`; empty where the two do not fit together."""
    if isinstance(before, str) and isinstance(after, str):
        if MARK not in after or before == after:
            return set()
        fits = re.fullmatch("(.+?)".join(map(re.escape, after.split(MARK))), before, re.DOTALL)
        found = {one for one in fits.groups() if one != MARK} if fits else set()
        return found if all(len(one) <= LONGEST for one in found) else set()
    found = set()
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for one, other in zip(before, after, strict=True):
            found |= struck_from(one, other)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in before.keys() & after.keys():
            found |= struck_from(before[name], after[name])
    return found


def marked(value: Any) -> bool:
    """Say whether somebody was taken out of a value."""
    if isinstance(value, Mapping):
        return any(map(marked, value.values()))
    return any(map(marked, value)) if isinstance(value, list) else isinstance(value, str) and MARK in value


def blanked(value: Any) -> Any:
    """Return a value in which the mark stands for every text: for what is known to hold a person, but not where."""
    if isinstance(value, str):
        return MARK if value else ""
    if isinstance(value, list):
        return [blanked(one) for one in value]
    if isinstance(value, Mapping):
        return {name: blanked(one) for name, one in value.items()}
    return value


@cache
def texts_of(entity: str) -> tuple[str, ...]:
    """Return the columns of a table in which people write; none of a table that is not known."""
    assert schema.VERSION  # loads every table
    known = columns.known(entity)
    if known is None:
        return ()
    names = WORDS | {"place"} if entity == "terminal_binding" else WORDS
    return tuple(sorted((columns.travelling(known) & names) - set(columns.personal(known))))


def without(body: str, change: Callable[[Mapping[str, Any]], dict[str, Any] | None]) -> str | None:
    """Return the body of an act with the values of operations changed, or None where nothing changed.

    `change` returns the new values of an operation, or None. The body says of itself that it is not what its hash
    was made of.
    """
    told = json.loads(body)
    changed = False
    for op in told.get("ops", ()):
        values = change(op) if isinstance(op, dict) and isinstance(op.get("values"), dict) else None
        if values is not None and values != op["values"]:
            op["values"], changed = values, True
    told.pop(STRUCK, None)
    return canonical({**told, STRUCK: digest(canonical(told))}) if changed else None


def holds(body: str | bytes, hashed: str) -> bool:
    """Say whether the body of an act is what its hash was made of, or what an erasure left of it."""
    text = body if isinstance(body, str) else bytes(body).decode("utf-8", "surrogatepass")
    if digest(text) == hashed:
        return True
    if f'"{STRUCK}":"' not in text:
        return False
    try:
        told = json.loads(text)
        return isinstance(told, dict) and told.pop(STRUCK, "") == digest(canonical(told))
    except (ValueError, TypeError):
        return False


def hits(
    values: Mapping[str, Any], names: Iterable[str], pattern: re.Pattern[str] | None
) -> Iterator[tuple[str, Any, int]]:
    """Yield column, new value and number of hits for each of these columns that has any."""
    for name in names:
        clean, count = strike(values.get(name), pattern)
        if count:
            yield name, clean, count
