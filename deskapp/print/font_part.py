"""The part of a font that one document carries: the characters it shows, and nothing else.

A text becomes codes of two bytes, counted from 1 in the order in which characters first come, so the same paper is the
same bytes everywhere. Code and place of the outline in the part are one number, which needs no table in between
(ISO 32000-1, 9.7.4.2, a CIDFont of type 2 with the identity as its map). The part is cut when the document is finished:
some hundred slices of the font's file, put behind the tables that a reader needs.

Papers of one kind say the same captions. Whoever names them first gets the characters of those words cut, summed up and
pressed already (`Start`); what belongs to this paper alone comes behind. The captions are in the paper itself, so the
same paper still is the same bytes, whatever was printed before.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, islice
from struct import pack, pack_into, unpack, unpack_from
from typing import Final, NamedTuple

from deskapp.print.font_file import Face
from deskapp.print.pressing import Kept, as_it_is, keep

_BLOCK: Final = 100
"""Entries of one block in a table of characters, at most (Adobe Technical Note 5014)."""
_CHECKED: Final = 0xB1B0AFBA  # what a whole font file adds up to, its correction among it (OpenType, `head`)
_SHORT: Final = 0x1_0000 * 2  # places of outlines are halved and take two bytes below this length
_WORDS, _SCALE, _MORE, _SCALES, _MATRIX = 0x1, 0x8, 0x20, 0x40, 0x80  # what follows in a composed outline
_ALL: Final = 0xFFFFFFFF
_NO_BREAK: Final = "\u00a0"  # found and copied as the blank it looks like
_NONE: Final = "\uffff"  # no character: the glyph of it is the one for those that are missing
_COPIED: Final = ("cvt ", "fpgm", "prep")


class _Codes(dict[str, str]):
    """The code of each character as it is written into a page: four hexadecimal digits, given when it first comes."""

    def __missing__(self, character: str) -> str:
        made = self[character] = f"{len(self) + 1:04X}"
        return made


class Glyph(NamedTuple):
    """One character as every document with it needs it."""

    number: int
    outline: bytes
    total: int
    """What its outline adds up to."""
    measure: bytes
    """Width and left bearing, four bytes."""
    width: str
    """In thousandths of the size."""
    utf_16: str
    """The character in hexadecimal; one beyond the basic plane takes two halves, or its name could not be searched."""


@lru_cache(maxsize=2048)
def _glyph(face: Face, character: str) -> Glyph:
    """Return a character of a font; papers of one branch have some hundred, of half a kilobyte each."""
    number = face.glyphs.get(ord(character), 0)
    outline = _outline(face, number)
    return Glyph(
        number,
        outline,
        _total(outline),
        face.measure(number),
        f"{face.widths.get(ord(character), face.usual):g}",
        (" " if character == _NO_BREAK else character).encode("utf-16-be").hex().upper(),
    )


@dataclass(frozen=True, slots=True)
class Start:
    """The characters that papers of one kind begin their font with, cut and described once for all of them."""

    codes: dict[str, str]
    numbers: tuple[int, ...]
    """Glyphs by their codes, the one for missing characters first."""
    ends: tuple[int, ...]
    """Where each outline ends, from 0 on."""
    outlines: Kept
    total: int
    """What all outlines add up to."""
    measures: bytes
    widths: str
    table: Kept
    """The head of the table of characters, and its blocks."""


@lru_cache(maxsize=64)
def start(face: Face, characters: str) -> Start:
    """Return what papers that begin with these characters share; of one kind and language there are a few.

    Composed outlines are left out: they name others by places that differ from paper to paper.
    """
    codes: dict[str, str] = _Codes()
    for character in characters:
        if _glyph(face, character).outline[:1] < b"\x80":
            codes[character]
    glyphs = [_glyph(face, character) for character in codes]
    shown = [_glyph(face, _NONE), *glyphs]
    return Start(
        codes, tuple([one.number for one in shown]), tuple(accumulate([len(one.outline) for one in shown], initial=0)),
        keep(b"".join([one.outline for one in shown])), sum([one.total for one in shown]),
        b"".join([one.measure for one in shown]), _joined(f"{face.usual:g}", glyphs),
        keep("\n".join([*_TABLE_HEAD, *_blocks(glyphs, 1), ""]).encode("ascii")),
    )  # fmt: skip


class Part:
    """The characters of one font in one document: first those its kind of paper begins with, then as they come."""

    def __init__(self, face: Face, characters: str = "") -> None:
        self.face = face
        self._start = start(face, characters)
        self.codes: dict[str, str] = _Codes(self._start.codes)

    @property
    def name(self) -> str:
        """The name of the part: six letters that tell it from other parts, and the font's own name."""
        mark = zlib.crc32("".join(self.codes).encode())
        letters = []
        for _ in range(6):
            mark, letter = divmod(mark, 26)
            letters.append(chr(ord("A") + letter))
        return f"{''.join(letters)}+{self.face.name}"

    def more(self) -> list[Glyph]:
        """Return the characters that came after the first ones, in the order of their codes."""
        return [_glyph(self.face, character) for character in islice(self.codes, len(self._start.codes), None)]

    def widths(self, more: Iterable[Glyph]) -> str:
        """Return the widths of all codes from 0 on, in thousandths of the size."""
        return _joined(self._start.widths, more)

    def table(self, more: Iterable[Glyph]) -> list[bytes | Kept]:
        """Return the table by which readers turn codes into text, in pieces to be pressed."""
        rest = "\n".join([*_blocks(more, len(self._start.codes) + 1), *_TABLE_END])
        return [self._start.table, rest.encode("ascii")]

    def file(self, more: Iterable[Glyph]) -> tuple[list[bytes | Kept], int]:
        """Return a font file with all characters at their codes, in pieces to be pressed, and how long it is.

        Behind characters that are pressed already the others are few: 15 kB, of which to press them would take 4.
        """
        first, glyphs = self._start, list(more)
        made = _Cut(
            [*first.numbers, *[one.number for one in glyphs]], [one.outline for one in glyphs],
            [one.measure for one in glyphs], first.total + sum([one.total for one in glyphs]), first,
        )  # fmt: skip
        before, outlines = _assembled(self.face, made)
        length = len(before) + first.ends[-1] + len(outlines)
        if first.codes:
            return [as_it_is(before), first.outlines, as_it_is(outlines)], length
        return [before, first.outlines, outlines], length


def _joined(before: str, glyphs: Iterable[Glyph]) -> str:
    return " ".join([before, *[glyph.width for glyph in glyphs]])


_TABLE_HEAD: Final = (
    "/CIDInit /ProcSet findresource begin",
    "12 dict begin",
    "begincmap",
    "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
    "/CMapName /Adobe-Identity-UCS def",
    "/CMapType 2 def",
    "1 begincodespacerange",
    "<0000> <FFFF>",
    "endcodespacerange",
)
_TABLE_END: Final = ("endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end")


def _blocks(glyphs: Iterable[Glyph], first: int) -> list[str]:
    """Return the lines that say which character each code is, from the code `first` on."""
    entries = [f"<{code:04X}> <{glyph.utf_16}>" for code, glyph in enumerate(glyphs, first)]
    blocks = []
    for at in range(0, len(entries), _BLOCK):
        part = entries[at : at + _BLOCK]
        blocks += [f"{len(part)} beginbfchar", *part, "endbfchar"]
    return blocks


def cut(face: Face, glyphs: Iterable[int]) -> bytes:
    """Return a font file with these glyphs in this order, for the renderer, which does not add up outlines."""
    numbers = list(glyphs)
    made = _Cut(numbers, [_outline(face, one) for one in numbers], list(map(face.measure, numbers)), 0)
    return b"".join(_assembled(face, made))


@dataclass(slots=True)
class _Cut:
    """Glyphs of a part, with what is asked of each, and what all outlines add up to.

    Outlines and measures are those behind the ones of `first`, which are cut already.
    """

    numbers: list[int]
    outlines: list[bytes]
    measures: list[bytes]
    total: int
    first: Start | None = None

    def complete(self, face: Face) -> None:
        """Let composed outlines name their pieces by their places here; missing ones come behind the others."""
        at, before = 0, len(self.numbers) - len(self.outlines)
        while at < len(self.outlines):
            if self.outlines[at][:1] >= b"\x80":
                plain = _total(self.outlines[at])
                self.outlines[at] = _composed(self.outlines[at], self.numbers)
                more = [_outline(face, number) for number in self.numbers[before + len(self.outlines) :]]
                self.measures += map(face.measure, self.numbers[before + len(self.outlines) :])
                self.outlines += more
                self.total += sum(map(_total, more)) + _total(self.outlines[at]) - plain
            at += 1


def _assembled(face: Face, part: _Cut) -> tuple[bytes, bytes]:
    """Return a font file as what stands before the outlines, and the outlines that were not cut before."""
    part.complete(face)
    count = len(part.numbers)
    ends = [*part.first.ends] if part.first else [0]
    measures = part.first.measures if part.first else b""
    ends += [*accumulate(map(len, part.outlines), initial=ends[-1])][1:]
    long = ends[-1] >= _SHORT
    head, wide, most = (bytearray(face.table(tag)) for tag in ("head", "hhea", "maxp"))
    pack_into(">L", head, 8, 0)
    pack_into(">h", head, 50, long)
    pack_into(">H", wide, 34, count)
    pack_into(">H", most, 4, count)
    tables = {
        "head": bytes(head),
        "hhea": bytes(wide),
        "hmtx": b"".join([measures, *part.measures]),
        "loca": pack(f">{count + 1}L", *ends) if long else pack(f">{count + 1}H", *[end >> 1 for end in ends]),
        "maxp": bytes(most),
    }
    tables.update((tag, face.table(tag)) for tag in _COPIED if tag in face.tables)
    return _before(tables, ends[-1], part.total & _ALL), b"".join(part.outlines)


def _outline(face: Face, glyph: int) -> bytes:
    """Return an outline as the file has it, filled up to four bytes."""
    found = face.outline(glyph)
    return found + bytes(-len(found) % 4)


def _total(data: bytes) -> int:
    """Return what data adds up to, in numbers of four bytes (OpenType, checksums)."""
    padded = data + bytes(-len(data) % 4)
    numbers: tuple[int, ...] = unpack(f">{len(padded) // 4}L", padded)
    return sum(numbers) & _ALL


def _composed(outline: bytes, wanted: list[int]) -> bytes:
    """Return a composed outline that names its pieces by their place among the wanted glyphs, asking for those missing.

    Followed is the list of pieces as OpenType describes it (`glyf`, composite glyph description).
    """
    made = bytearray(outline)
    at, flags = 10, _MORE
    while flags & _MORE:
        flags, glyph = unpack_from(">HH", made, at)
        if glyph not in wanted:
            wanted.append(glyph)
        pack_into(">H", made, at + 2, wanted.index(glyph))
        at += 8 if flags & _WORDS else 6
        at += 2 if flags & _SCALE else 4 if flags & _SCALES else 8 if flags & _MATRIX else 0
    return bytes(made)


def _before(tables: dict[str, bytes], outlines: int, total: int) -> bytes:
    """Return everything of a font file but its outlines, which come last: directory, sums and all other tables.

    `outlines` is how many bytes they are, `total` what they add up to.
    """
    count = len(tables) + 1
    power = count.bit_length() - 1
    reach = 16 << power
    at, head_at = 12 + 16 * count, 0
    bodies, entries, totals = [], [], [total]
    for tag, table in tables.items():
        length = len(table)
        if tag == "head":
            head_at = at
        bodies.append(table + bytes(-length % 4))
        totals.append(_total(bodies[-1]))
        entries.append(pack(">4sLLL", tag.encode("ascii"), totals[-1], at, length))
        at += len(bodies[-1])
    entries.append(pack(">4sLLL", b"glyf", total, at, outlines))
    first = pack(">LHHHH", 0x10000, count, reach, power, count * 16 - reach) + b"".join(sorted(entries))
    made = bytearray(b"".join([first, *bodies]))
    pack_into(">L", made, head_at + 8, (_CHECKED - _total(first) - sum(totals)) & _ALL)
    return bytes(made)
