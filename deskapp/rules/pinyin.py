"""Initials of Chinese words, so that a clerk finds 重庆 by typing `cq`.

Many characters have several readings (重 zhong or chong; 曾 as a surname is zeng), so a word
has several strings of initials. The table of first letters is data, built once by
`installer/make_pinyin.py`, read when it is first needed and small enough to stay.
"""

from __future__ import annotations

import lzma
import unicodedata
from array import array
from collections.abc import Iterator
from functools import cached_property
from heapq import heappop, heappush
from pathlib import Path

MOST_READINGS = 16

# What a reading costs, when the likeliest spellings are looked for first.
_EVERYDAY, _RARE = 1, 3


_BASIC = 0x10000
"""Numbers of characters below this lie in one stretch; the two hundred above it are rare names."""


class _Readings:
    """What is known of each character, by its number: two bytes each, where a dictionary takes a hundred."""

    def __init__(self, text: str) -> None:
        """`text` has a line for each kind of readings: the kind, a tab, the characters that have it."""
        self._kinds = [""]
        self._basic = array("H", bytes(2 * _BASIC))
        self._above: dict[int, int] = {}
        for line in text.splitlines():
            kind, _, characters = line.partition("\t")
            place = len(self._kinds)
            self._kinds.append(kind)
            for number in map(ord, characters):
                if number < _BASIC:
                    self._basic[number] = place
                else:
                    self._above[number] = place

    def of(self, character: str) -> str:
        """Return the kind of one character, empty if it is unknown."""
        number = ord(character)
        return self._kinds[self._basic[number] if number < _BASIC else self._above.get(number, 0)]


class PinyinTable:
    """Which letters the readings of a character begin with; read on first use."""

    def __init__(self, source: Path | str) -> None:
        """`source` is the path of the table (`.tsv`, or packed `.tsv.xz`), or its text as a string."""
        self._source = source

    @cached_property
    def _readings(self) -> _Readings:
        return _Readings(self._source if isinstance(self._source, str) else _read(self._source))

    def letters(self, character: str) -> tuple[str, ...]:
        """First letters of all readings of one character, the most usual first; empty if unknown."""
        return tuple(self._readings.of(character).replace("-", ""))

    def ranked(self, character: str) -> tuple[tuple[str, int], ...]:
        """The letters of a character with their cost: 0 the usual reading, more for others."""
        everyday, _, rare = self._readings.of(character).partition("-")
        ranked = [(one, _EVERYDAY if place else 0) for place, one in enumerate(everyday)]
        return tuple(ranked + [(one, _RARE) for one in rare])


def initials(text: str, table: PinyinTable, *, limit: int = MOST_READINGS) -> tuple[str, ...]:
    """All strings of initials of a text, likeliest first, at most `limit` of them.

    Latin letters and digits stand for themselves in lower case, full-width ones too.
    Everything else - blanks, brackets, characters without a known reading - is left out.
    A text without any of these gives an empty tuple.
    """
    places = [choices for character in _folded(text) if (choices := _choices(character, table))]
    if not places or limit < 1:
        return ()
    found: dict[str, None] = {}
    for spelling in _cheapest_first(places):
        found.setdefault(spelling)
        if len(found) >= limit:
            break
    return tuple(found)


def _read(path: Path) -> str:
    packed = path.read_bytes()
    return (lzma.decompress(packed) if path.suffix == ".xz" else packed).decode("utf-8")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _choices(character: str, table: PinyinTable) -> tuple[tuple[str, int], ...]:
    if character.isascii():
        return ((character, 0),) if character.isalnum() else ()
    return table.ranked(character)


def _cheapest_first(places: list[tuple[tuple[str, int], ...]]) -> Iterator[str]:
    """Spellings in the order of their cost; of equal ones, those that differ at the front first.

    At the front stands the surname, or the town a shop is called after. Best first search:
    each spelling given out puts forward the ones that differ from it by one further reading.
    """
    start = (0,) * len(places)
    waiting = [(0, start)]
    seen = {start}
    while waiting:
        cost, turned = heappop(waiting)
        yield "".join(choices[-turn][0] for choices, turn in zip(places, turned, strict=True))
        for place, (choices, turn) in enumerate(zip(places, turned, strict=True)):
            if 1 - turn >= len(choices):
                continue
            # Turns are counted downwards, so that the heap prefers changes at the front.
            further = (*turned[:place], turn - 1, *turned[place + 1 :])
            if further not in seen:
                seen.add(further)
                dearer = choices[1 - turn][1] - choices[-turn][1]
                heappush(waiting, (cost + dearer, further))
