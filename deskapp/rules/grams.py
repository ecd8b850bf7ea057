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
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

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


FEW = 8
"""Below so many texts they are cut one by one."""

AT_ONCE = 64
"""Texts cut together: what is worked on then lies near at hand."""

_ONE_OTHER = re.compile(rf"[^\W_{_HAN}0-9a-z]")
_ONE_HAN = re.compile(rf"[{_HAN}]")
_ALNUM = b"0123456789abcdefghijklmnopqrstuvwxyz"


def _marks(sort: bytes) -> bytes:
    """Return what translates the bytes of one sort to ones and all others to zero."""
    return bytes(255 if byte in sort else 0 for byte in range(256))


_IS_ALNUM, _IS_HAN, _IS_OTHER = _marks(_ALNUM), _marks(b"H"), _marks(b"L")


def grams_of(texts: Sequence[str]) -> list[str]:
    """Return the grams of many texts, in another order, some twice, and with more blanks than `grams` has."""
    if len(texts) < FEW:
        return [grams(text) for text in texts]
    return [cut for start in range(0, len(texts), AT_ONCE) for cut in _cut(texts[start : start + AT_ONCE])]


def _cut(texts: Sequence[str]) -> list[str]:
    """Cut texts in one go: character by character would make some sixty little strings of a usual one.

    The first letters of all grams stand in the whole as it is, the second ones in the whole shifted by one, and so on.
    A gram ends where the sort of letters changes: marks say how far each one reaches, what lies beyond is blanked.
    """
    told = [folded(text) for text in texts]
    whole = "\n".join(told) + "\n" * FOUR
    size, number = len(whole), int.from_bytes
    sorts = whole if whole.isascii() else _ONE_HAN.sub("H", _ONE_OTHER.sub("L", whole))
    plain = sorts.encode("ascii", "replace")
    alnum, han, other = (number(plain.translate(sort), "little") for sort in (_IS_ALNUM, _IS_HAN, _IS_OTHER))
    two, two_other = alnum & alnum >> 8, other & other >> 8
    three, three_other = two & alnum >> 16, two_other & other >> 16
    reach = (
        alnum | han | other, two | han & han >> 8 | two_other, three | three_other,
        three & alnum >> 24 | three_other & other >> 24,
    )  # fmt: skip
    letters = number(whole.encode("utf-32-le", "surrogatepass"), "little")
    found = array("I", bytes(4 * size * (FOUR + 1)))
    found[FOUR :: FOUR + 1] = array("I", b" \0\0\0" * size)
    for place, marks in enumerate(reach):
        some, wide = marks.to_bytes(size, "little"), bytearray(4 * size)
        wide[0::4] = wide[1::4] = wide[2::4] = some  # four bytes a letter, of which the last is always zero
        shown = letters >> 32 * place & number(wide, "little")
        found[place :: FOUR + 1] = array("I", shown.to_bytes(4 * size, "little"))
    text = found.tobytes().decode("utf-32-le", "surrogatepass").replace("\0", " ")
    ends = list(accumulate(len(one) + 1 for one in told))
    return [
        text[(FOUR + 1) * (end - 1 - len(one)) : (FOUR + 1) * (end - 1)] for one, end in zip(told, ends, strict=True)
    ]


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
