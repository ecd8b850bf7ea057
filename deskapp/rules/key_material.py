"""Finding what may be a cryptographic key in a text.

Terminal keys and their components are 16, 32 or 48 hexadecimal digits. The program keeps names, slots,
versions and check values of keys, never a key.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Final

from deskapp.rules.identifier_cleaning import clean_serial, compact, plain
from deskapp.rules.numbers import is_own_number

_LENGTHS: Final = (16, 32, 48)
_UUID: Final = re.compile(r"\b[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}\b")
_WORD: Final = re.compile(r"[0-9A-Z]+")
_JOINED: Final = re.compile(r"[0-9A-Z]+(?:[\-/.][0-9A-Z]+)+")
_HEX: Final = re.compile(r"[0-9A-F]+")
_GROUP_SIZES: Final = frozenset({2, 4, 8, 16})


class KeyLike(StrEnum):
    """How much a text resembles a key."""

    NONE = "none"
    DIGITS = "digits"
    LETTERS = "letters"
    MIXED = "mixed"


def find_key_like(text: str, known: Collection[str] = ()) -> KeyLike:
    """Return the strongest resemblance: 16, 32 or 48 hexadecimal digits, in one piece or in equal groups.

    Own numbers, UUIDs and the known numbers are left out.
    """
    exempt = {form for number in known for form in (clean_serial(number), compact(number))}
    cleaned = _JOINED.sub(lambda match: "|" if match[0] in exempt else match[0], _UUID.sub("|", plain(text)))
    worst = KeyLike.NONE
    for candidate in _candidates(cleaned):
        if candidate in exempt or is_own_number(candidate):
            continue
        likeness = _likeness(candidate)
        if likeness is KeyLike.MIXED:
            return likeness
        worst = likeness if worst is KeyLike.NONE else worst
    return worst


def _likeness(candidate: str) -> KeyLike:
    if candidate.isdigit():
        return KeyLike.DIGITS
    return KeyLike.LETTERS if candidate.isalpha() else KeyLike.MIXED


def _candidates(text: str) -> Iterator[str]:
    """Yield each hexadecimal text of a key's length, first alone, then groups of one size joined."""
    group: list[str] = []
    last_end = -1
    for match in _WORD.finditer(text):
        word = match[0]
        is_hex = _HEX.fullmatch(word) is not None
        if is_hex and len(word) in _LENGTHS:
            yield word
        joins = (
            bool(group)
            and len(word) == len(group[0])
            and re.fullmatch(r"\s{1,3}|[-:]", text[last_end : match.start()])
        )
        if not (is_hex and joins):
            yield from _joined(group)
            group = []
        if is_hex and len(word) in _GROUP_SIZES:
            group.append(word)
        last_end = match.end()
    yield from _joined(group)


def _joined(group: list[str]) -> Iterator[str]:
    whole = "".join(group)
    if len(group) > 1 and len(whole) in _LENGTHS:
        yield whole
