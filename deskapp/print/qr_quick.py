"""QR symbols of our own numbers in a tenth of the library's time (ISO/IEC 18004).

Nearly every symbol we print is a number of capitals and digits that fits one block of code words. Of such symbols only
the data differ: where each bit lies, what the mask does to it and all around it are the same for a size. They are
taken from one symbol that the library made, and the quick way must give that very symbol again before it is used; where
it does not, and for any other text, the library goes on making them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Final

Rows = Sequence[bytes | bytearray]
"""A symbol row by row, a byte a module: 1 is black."""

_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES: Final = {letter: value for value, letter in enumerate(_LETTERS)}
_MODE, _COUNT_BITS = 0b0010, 9  # letters and digits, in versions up to 9
_BLOCKS: Final = {
    "L": ((19, 7), (34, 10), (55, 15)),
    "M": ((16, 10), (28, 16), (44, 26)),
    "Q": ((13, 13), (22, 22)),
}
"""Code words of data and of correction, for the versions 1, 2 and 3 as far as they are one block."""
_FIELD: Final = 0x11D  # the polynomial of the field of 256
_TRIED: Final = "A7"
"""Written with every version once, filled up with padding, to see that the quick way is right."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What all symbols of one version and level share."""

    size: int
    data: int
    correction: int
    mask: int
    """Bits that the mask turns, in the order of the code words."""
    pick: Callable[[str], tuple[str, ...]]
    """Picks the modules, rows filled up to whole bytes, out of the bits of the code words with 0 and 1 behind them."""

    def hex(self, text: str) -> str:
        """Return the rows of the symbol of a text, packed to whole bytes each, in hexadecimal."""
        words = _words(text, self.data)
        bits = (words << 8 * self.correction | _remainder(words, self.data, self.correction)) ^ self.mask
        length = 8 * (self.data + self.correction)
        modules = "".join(self.pick(f"{bits:0{length}b}01"))
        return f"{int(modules, 2):0{len(modules) // 4}X}"


def version_for(text: str, level: str) -> int:
    """Return the smallest version that takes a text in the quick way; 0 if it is none for it."""
    if not text or text.isdecimal() or not _VALUES.keys() >= set(text):
        return 0  # of digits alone the library makes something shorter
    need = 4 + _COUNT_BITS + 11 * (len(text) // 2) + 6 * (len(text) % 2)
    for version, (data, _) in enumerate(_BLOCKS.get(level, ()), 1):
        if need <= 8 * data:
            return version
    return 0


def shape(version: int, level: str, encode: Callable[[str, int], Rows]) -> Shape | None:
    """Return what symbols of a version share, learned from one that `encode` makes; None if it is not understood."""
    rows = encode(_TRIED, version)
    data, correction = _BLOCKS[level][version - 1]
    count = 8 * (data + correction)
    size = len(rows)
    places = _places(size)
    words = _words(_TRIED, data)
    plain = words << 8 * correction | _remainder(words, data, correction)
    if size != 17 + 4 * version or len(places) < count:
        return None
    shown = int("".join(str(rows[row][column]) for row, column in places[:count]), 2)
    number = {place: index for index, place in enumerate(places[:count])}
    picked = []
    for row in range(size):
        # Beside data there is what never changes, and modules left over, which the mask alone decides.
        picked += [number.get((row, column), count + rows[row][column]) for column in range(size)]
        picked += [count] * (-size % 8)
    made = Shape(size, data, correction, shown ^ plain, itemgetter(*picked))
    return made if _masked(made.mask, places[:count]) else None


def _masked(mask: int, places: list[tuple[int, int]]) -> bool:
    """Say whether bits are turned by one of the eight masks of the standard: then the words were understood."""
    conditions: tuple[Callable[[int, int], bool], ...] = (
        lambda i, j: (i + j) % 2 == 0,
        lambda i, j: i % 2 == 0,
        lambda i, j: j % 3 == 0,
        lambda i, j: (i + j) % 3 == 0,
        lambda i, j: (i // 2 + j // 3) % 2 == 0,
        lambda i, j: i * j % 2 + i * j % 3 == 0,
        lambda i, j: (i * j % 2 + i * j % 3) % 2 == 0,
        lambda i, j: ((i + j) % 2 + i * j % 3) % 2 == 0,
    )
    return any(mask == int("".join("01"[turned(*place)] for place in places), 2) for turned in conditions)


def _places(size: int) -> list[tuple[int, int]]:
    """Return row and column of each bit of the code words: pairs of columns from the right, up and down by turns."""
    far = size - 8
    centre = size - 7 if size > 21 else 0

    def data(row: int, column: int) -> bool:
        if 6 in (row, column) or (row < 9 and (column < 9 or column >= far)) or (row >= far and column < 9):
            return False
        return not (centre and abs(row - centre) <= 2 and abs(column - centre) <= 2)

    found = []
    upwards = True
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        for row in range(size - 1, -1, -1) if upwards else range(size):
            found += [(row, column) for column in (right, right - 1) if data(row, column)]
        upwards = not upwards
    return found


def _words(text: str, count: int) -> int:
    """Return the data code words of a text as one number: mode, length, letters in pairs, end, padding."""
    bits, made = 4 + _COUNT_BITS, _MODE << _COUNT_BITS | len(text)
    for at in range(0, len(text) - 1, 2):
        made = made << 11 | _VALUES[text[at]] * 45 + _VALUES[text[at + 1]]
        bits += 11
    if len(text) % 2:
        made = made << 6 | _VALUES[text[-1]]
        bits += 6
    end = min(4, 8 * count - bits)
    end += -(bits + end) % 8
    made, bits = made << end, bits + end
    for place in range(count - bits // 8):
        made = made << 8 | (0x11 if place % 2 else 0xEC)
    return made


def _remainder(words: int, data: int, correction: int) -> int:
    """Return the code words of correction as one number."""
    multiples, top, rest = _multiples(correction), 8 * (correction - 1), 0
    keep = (1 << top) - 1
    for word in words.to_bytes(data, "big"):
        rest = (rest & keep) << 8 ^ multiples[word ^ rest >> top]
    return rest


@cache
def _multiples(degree: int) -> tuple[int, ...]:
    """Return the generator of that degree, without its first word, times each element of the field."""
    generator = [1]
    root = 1
    for _ in range(degree):
        generator = [one ^ _product(other, root) for one, other in zip([*generator, 0], [0, *generator], strict=True)]
        root = _product(root, 2)
    made = [0] * 256  # in this field the sum of two products is their bits put together: eight products make all
    for bit in range(8):
        one = int.from_bytes(bytes(_product(factor, 1 << bit) for factor in generator[1:]), "big")
        for factor in range(1 << bit, 2 << bit):
            made[factor] = made[factor ^ 1 << bit] ^ one
    return tuple(made)


def _product(one: int, other: int) -> int:
    """Multiply in the field."""
    made = 0
    while other:
        if other & 1:
            made ^= one
        one = one << 1 ^ (_FIELD if one & 0x80 else 0)
        other >>= 1
    return made
