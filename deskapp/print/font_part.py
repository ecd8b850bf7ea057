"""The part of a font that one document carries: the characters it shows, and nothing else.

A text becomes codes of two bytes, counted from 1 in the order in which characters first come, so the same paper is the
same bytes everywhere. Code and place of the outline in the part are one number, which needs no table in between
(ISO 32000-1, 9.7.4.2, a CIDFont of type 2 with the identity as its map). The part is cut when the document is finished:
some hundred slices of the font's file, put behind the seven tables that a reader needs.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from struct import pack, pack_into, unpack, unpack_from
from typing import Final, NamedTuple

from deskapp.print.font_file import Face

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


class Part:
    """The characters of one font in one document."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self.codes: dict[str, str] = _Codes()

    @property
    def name(self) -> str:
        """The name of the part: six letters that tell it from other parts, and the font's own name."""
        mark = zlib.crc32("".join(self.codes).encode())
        letters = []
        for _ in range(6):
            mark, letter = divmod(mark, 26)
            letters.append(chr(ord("A") + letter))
        return f"{''.join(letters)}+{self.face.name}"

    def glyphs(self) -> list[Glyph]:
        """Return all characters, in the order of their codes, which count from 1."""
        return [_glyph(self.face, character) for character in self.codes]


def widths(face: Face, glyphs: Iterable[Glyph]) -> str:
    """Return the widths of all codes from 0 on, in thousandths of the size."""
    return " ".join([f"{face.usual:g}", *[glyph.width for glyph in glyphs]])


def to_unicode(glyphs: Iterable[Glyph]) -> str:
    """Return the table by which readers turn codes into text."""
    entries = [f"<{code:04X}> <{glyph.utf_16}>" for code, glyph in enumerate(glyphs, 1)]
    blocks = []
    for start in range(0, len(entries), _BLOCK):
        part = entries[start : start + _BLOCK]
        blocks += [f"{len(part)} beginbfchar", *part, "endbfchar"]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            "<0000> <FFFF>",
            "endcodespacerange",
            *blocks,
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )


def file(face: Face, glyphs: Iterable[Glyph]) -> bytes:
    """Return a font file with these characters at their codes."""
    shown = [_glyph(face, _NONE), *glyphs]
    made = _Cut(
        [glyph.number for glyph in shown], [glyph.outline for glyph in shown], [glyph.measure for glyph in shown],
        sum([glyph.total for glyph in shown]),
    )  # fmt: skip
    return _assembled(face, made)


def cut(face: Face, glyphs: Iterable[int]) -> bytes:
    """Return a font file with these glyphs in this order, for the renderer, which does not add up outlines."""
    numbers = list(glyphs)
    return _assembled(
        face, _Cut(numbers, [_outline(face, one) for one in numbers], list(map(face.measure, numbers)), 0)
    )


@dataclass(slots=True)
class _Cut:
    """Glyphs of a part, with what is asked of each, and what all outlines add up to."""

    numbers: list[int]
    outlines: list[bytes]
    measures: list[bytes]
    total: int

    def complete(self, face: Face) -> None:
        """Let composed outlines name their pieces by their places here; missing ones come behind the others."""
        at = 0
        while at < len(self.outlines):
            if self.outlines[at][:1] >= b"\x80":
                before = _total(self.outlines[at])
                self.outlines[at] = _composed(self.outlines[at], self.numbers)
                more = self.numbers[len(self.outlines) :]
                self.outlines += [_outline(face, number) for number in more]
                self.measures += map(face.measure, more)
                self.total += sum(map(_total, self.outlines[len(self.outlines) - len(more) :]))
                self.total += _total(self.outlines[at]) - before
            at += 1


def _assembled(face: Face, part: _Cut) -> bytes:
    part.complete(face)
    count = len(part.numbers)
    ends = [0, *accumulate(map(len, part.outlines))]
    long = ends[-1] >= _SHORT
    head, wide, most = (bytearray(face.table(tag)) for tag in ("head", "hhea", "maxp"))
    pack_into(">L", head, 8, 0)
    pack_into(">h", head, 50, long)
    pack_into(">H", wide, 34, count)
    pack_into(">H", most, 4, count)
    tables = {
        "head": bytes(head),
        "hhea": bytes(wide),
        "hmtx": b"".join(part.measures),
        "loca": pack(f">{count + 1}L", *ends) if long else pack(f">{count + 1}H", *[end >> 1 for end in ends]),
        "maxp": bytes(most),
    }
    tables.update((tag, face.table(tag)) for tag in _COPIED if tag in face.tables)
    totals = {tag: _total(table) for tag, table in tables.items()}
    tables["glyf"], totals["glyf"] = b"".join(part.outlines), part.total & _ALL
    return _file(tables, totals)


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


def _file(tables: dict[str, bytes], totals: dict[str, int]) -> bytes:
    """Return tables as a font file: directory, sums and all."""
    count = len(tables)
    power = count.bit_length() - 1
    reach = 16 << power
    directory = [pack(">LHHHH", 0x10000, count, reach, power, count * 16 - reach)]
    bodies = []
    at, head_at = 12 + 16 * count, 0
    for tag, table in sorted(tables.items()):
        length = len(table)
        if tag == "head":
            head_at = at
        directory.append(pack(">4sLLL", tag.encode("ascii"), totals[tag], at, length))
        bodies.append(table + bytes(-length % 4))
        at += length + -length % 4
    first = b"".join(directory)
    made = bytearray(b"".join([first, *bodies]))
    pack_into(">L", made, head_at + 8, (_CHECKED - _total(first) - sum(totals.values())) & _ALL)
    return bytes(made)
