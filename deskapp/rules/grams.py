"""How text is cut so that every part of it can be found: Chinese by pairs, letters and digits by fours.

A text is folded (full-width forms, ligatures and case made equal) and split into runs of one
sort: Chinese characters, ASCII letters and digits, letters of other scripts. All else parts
runs. A run of Chinese gives its overlapping pairs and its last character, any other run its
overlapping fours and the three shorter ends. A part of a text then has only grams that the
whole text has, and any part at all begins some gram.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

PAIR = 2
FOUR = 4

TELLING = 3
"""Fours at the end of a long number that leave a handful of a million rows."""

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_HAN}]+|[0-9a-z]+|[^\W_{_HAN}0-9a-z]+")
_FIRST_HAN = re.compile(rf"[{_HAN}]")
_PIECE = re.compile(r"[^\W_]+")
# What begins at every letter: a look ahead takes nothing away, so the next one begins a letter further on.
_GRAM = re.compile(rf"(?=([{_HAN}]{{1,{PAIR}}}|[0-9a-z]{{1,{FOUR}}}|[^\W_{_HAN}0-9a-z]{{1,{FOUR}}}))")


def folded(text: str) -> str:
    """Return a text as it is compared: compatibility forms and case made equal."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def grams(text: str) -> str:
    """Return the distinct grams of a text, parted by blanks: what goes into the index."""
    return " ".join(dict.fromkeys(_GRAM.findall(folded(text))))


def size_of(run: str) -> int:
    """Return how long a full gram of this run is."""
    return PAIR if _FIRST_HAN.match(run) else FOUR


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody looks for. All words have to occur; a word's punctuation counts only at the end.

    `words` are parted by blanks; `pieces` are their unbroken stretches of letters, digits and
    Chinese, by which the database filters before the words themselves are compared.
    """

    words: tuple[str, ...]
    pieces: tuple[str, ...]

    @property
    def full(self) -> tuple[str, ...]:
        """All full grams: each of them must be in a text that has the words."""
        return tuple(dict.fromkeys(gram for run in self._runs() for gram in _whole_grams(run)))

    @property
    def telling(self) -> tuple[str, ...]:
        """Full grams enough to leave few candidates: of a long number those that do not overlap, the last three.

        Numbers begin alike (a letter, a station, a year) and end differently; a gram that is in every row
        costs the index a walk through all of them and tells nothing.
        """
        return tuple(dict.fromkeys(gram for run in self._runs() for gram in _telling_grams(run)))

    @property
    def short(self) -> tuple[str, ...]:
        """Runs shorter than a gram; each must begin some gram of a text that has the words."""
        return tuple(dict.fromkeys(run for run in self._runs() if len(run) < size_of(run)))

    def inside(self, text: str) -> bool:
        """Say whether a text has every word."""
        whole = folded(text)
        return all(word in whole for word in self.words)

    def _runs(self) -> Iterator[str]:
        for piece in self.pieces:
            yield from _RUN.findall(piece)


def words(text: str) -> Words | None:
    """Return what is looked for, or None when a text has no letter, digit or Chinese character at all."""
    parts = tuple(dict.fromkeys(part for part in folded(text).split() if _PIECE.search(part)))
    pieces = tuple(dict.fromkeys(piece for part in parts for piece in _PIECE.findall(part)))
    return Words(parts, pieces) if pieces else None


def _telling_grams(run: str) -> Iterator[str]:
    apart = [run[end - FOUR : end] for end in range(len(run), FOUR - 1, -FOUR)]
    if size_of(run) == FOUR and len(set(apart[:TELLING])) == TELLING:
        yield from apart[:TELLING]
    else:
        yield from _whole_grams(run)


def _whole_grams(run: str) -> Iterator[str]:
    size = size_of(run)
    for start in range(len(run) - size + 1):
        yield run[start : start + size]
