"""Reading the file of a font (OpenType with TrueType outlines): whole tables in a few steps, outlines when asked for.

A Chinese font has thirty thousand characters. Read number by number, as PDF libraries do, it becomes as many small
lists and pairs: a tenth of a second of work, and a heap in which the search for garbage then stops the window for 30 ms
twice. The file is mapped, not read: of its ten megabytes a paper needs some hundred kilobytes.
"""

from __future__ import annotations

import mmap
import sys
from array import array
from itertools import repeat
from struct import error as TooShort  # noqa: N812 (what it means here)
from struct import unpack_from

_TRUE_TYPE = (b"\0\1\0\0", b"true")
_PAIRED, _SEGMENTED = 4, 12
"""The formats of a table of characters: of the basic plane, and of all planes (`cmap`)."""
_NEEDED = frozenset(("cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "post"))
_FORBIDDEN = (0x0002, 0x0200)
"""Embedding not allowed at all, or only as pictures (`OS/2`, fsType)."""
_SYMBOLIC, _FIXED, _ITALIC, _HEAVY = 1 << 2, 1 << 0, 1 << 6, 1 << 18  # flags of a font (ISO 32000-1, 9.8.2)
_SEMIBOLD, _REGULAR = 600, 400


class Face:
    """A font's file. Lengths are thousandths of the size.

    ValueError for a file that is no such font, or one that may not be put into documents.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        with open(file, "rb") as opened:
            self.data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            self._read()
        except (TooShort, KeyError, IndexError, UnicodeDecodeError) as error:
            raise ValueError(f"{file} is no whole font: {error!r}") from error

    def _read(self) -> None:
        data = self.data
        if data[:4] not in _TRUE_TYPE:
            raise ValueError(f"{self.file} has no TrueType outlines")
        self.tables = {}
        for number in range(unpack_from(">H", data, 4)[0]):
            tag, _sum, start, length = unpack_from(">4sLLL", data, 12 + 16 * number)
            self.tables[tag.decode("latin-1")] = start, length
        if absent := _NEEDED - self.tables.keys():
            raise ValueError(f"{self.file} lacks {', '.join(sorted(absent))}")
        head = self.tables["head"][0]
        (units,) = unpack_from(">H", data, head + 18)
        self._unit = 1 if units == 1000 else 1000 / units
        self.box = tuple(side * self._unit for side in unpack_from(">4h", data, head + 36))
        (self.count,) = unpack_from(">H", data, self.tables["maxp"][0] + 4)
        self.own_widths: int = unpack_from(">H", data, self.tables["hhea"][0] + 34)[0]
        self.name = self._name()
        self._looks()
        self.places = self._places()
        self.glyphs = self._characters()
        self._measures()

    def table(self, tag: str) -> bytes:
        """Return a table."""
        start, length = self.tables[tag]
        return self.data[start : start + length]

    def outline(self, glyph: int) -> bytes:
        """Return an outline; a blank has none."""
        start = self.tables["glyf"][0]
        return self.data[start + self.places[glyph] : start + self.places[glyph + 1]]

    def measure(self, glyph: int) -> bytes:
        """Return width and left bearing of a glyph, as the file has them; the last glyphs may share one width."""
        if not 0 <= glyph < self.count:
            raise IndexError(glyph)
        start, own = self.tables["hmtx"][0], self.own_widths
        if glyph < own:
            return self.data[start + 4 * glyph : start + 4 * glyph + 4]
        bearing = start + 4 * own + 2 * (glyph - own)
        return self.data[start + 4 * own - 4 : start + 4 * own - 2] + self.data[bearing : bearing + 2]

    def _name(self) -> str:
        """Return the name for documents: the first of that number, said for Windows or for a Macintosh (`name`)."""
        table, found = self.tables["name"][0], ""
        count, strings = unpack_from(">HH", self.data, table + 2)
        for number in range(count):
            platform, _encoding, _tongue, kind, length, offset = unpack_from(">6H", self.data, table + 6 + 12 * number)
            if kind == 6 and not found:
                start = table + strings + offset
                words = self.data[start : start + length]
                found = words.decode("mac-roman" if platform == 1 else "utf-16-be")
        kept = "".join(letter for letter in found if letter.isascii() and (letter.isalnum() or letter in "-_.+"))
        return kept or "Font"

    def _looks(self) -> None:
        """Read what a document tells of a font beside its outlines (`OS/2`, `post`)."""
        self.ascent, self.descent, weight = self.box[3], self.box[1], _REGULAR
        self.capitals = self.ascent
        if "OS/2" in self.tables:
            start = self.tables["OS/2"][0]
            version, _average, weight, _width, allowed = unpack_from(">HhHHH", self.data, start)
            if allowed & 0x000F == _FORBIDDEN[0] or allowed & _FORBIDDEN[1]:
                raise ValueError(f"{self.file} may not be put into documents")
            self.ascent, self.descent = (one * self._unit for one in unpack_from(">hh", self.data, start + 68))
            self.capitals = unpack_from(">h", self.data, start + 88)[0] * self._unit if version > 1 else self.ascent
        slant, _position, _thick, fixed = unpack_from(">lhhL", self.data, self.tables["post"][0] + 4)
        self.slant = slant / 0x10000
        self.stem = 50 + int((weight / 65) ** 2)  # a rule of thumb among makers of documents: the file does not say
        self.flags = _SYMBOLIC | (_ITALIC if slant else 0) | (_HEAVY if weight >= _SEMIBOLD else 0)
        self.flags |= _FIXED if fixed else 0

    def _places(self) -> array[int]:
        """Return where the outline of each glyph begins, counted from the first; one more for the end of the last."""
        start, count = self.tables["loca"][0], self.count + 1
        (is_long,) = unpack_from(">h", self.data, self.tables["head"][0] + 50)
        found = array("I" if is_long else "H", self.data[start : start + count * (4 if is_long else 2)])
        if sys.byteorder == "little":
            found.byteswap()
        return found if is_long else array("I", [2 * one for one in found])

    def _characters(self) -> dict[int, int]:
        """Return the glyph of each character, by the table that has most: that of all planes before the other."""
        table, found = self.tables["cmap"][0], {}
        for number in range(unpack_from(">H", self.data, table + 2)[0]):
            platform, _encoding, offset = unpack_from(">HHL", self.data, table + 4 + 8 * number)
            (form,) = unpack_from(">H", self.data, table + offset)
            if platform in (0, 3) and form in (_PAIRED, _SEGMENTED):
                found[form] = table + offset
        if not found:
            raise ValueError(f"{self.file} has no table of characters that is known here")
        glyphs = self._of_all_planes(found[_SEGMENTED]) if _SEGMENTED in found else self._of_one(found[_PAIRED])
        for blank, other in ((0x20, 0xA0), (0xA0, 0x20)):
            if blank in glyphs:
                glyphs[other] = glyphs[blank]
                break
        return glyphs

    def _of_all_planes(self, start: int) -> dict[int, int]:
        (count,) = unpack_from(">L", self.data, start + 12)
        numbers = unpack_from(f">{3 * count}L", self.data, start + 16)
        glyphs: dict[int, int] = {}
        for first, last, glyph in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True):
            glyphs.update(zip(range(first, last + 1), range(glyph, glyph + last - first + 1), strict=True))
        return glyphs

    def _of_one(self, start: int) -> dict[int, int]:
        """Read pieces of the basic plane: first and last character, and what is added, or where their glyphs stand."""
        double = unpack_from(">H", self.data, start + 6)[0]
        count = double // 2
        lasts = unpack_from(f">{count}H", self.data, start + 14)
        firsts, added, jumps = (unpack_from(f">{count}H", self.data, start + 16 + double * part) for part in (1, 2, 3))
        glyphs: dict[int, int] = {}
        for number, (first, last, more, jump) in enumerate(zip(firsts, lasts, added, jumps, strict=True)):
            listed = start + 16 + 3 * double + 2 * number + jump
            for point in range(first, min(last, 0xFFFE) + 1):
                glyph = unpack_from(">H", self.data, listed + 2 * (point - first))[0] if jump else point
                if glyph and (glyph + more) & 0xFFFF:
                    glyphs[point] = (glyph + more) & 0xFFFF
        return glyphs

    def _measures(self) -> None:
        """Read the width of every character."""
        own = self.own_widths
        wide = unpack_from(f">{2 * own}H", self.data, self.tables["hmtx"][0])[::2]
        self.usual = wide[0] * self._unit
        scaled = {width: width * self._unit for width in set(wide)}
        widths = [scaled[width] for width in wide]
        widths += repeat(widths[-1], self.count - own)
        most = len(widths)
        self.widths = {point: widths[glyph] for point, glyph in self.glyphs.items() if glyph < most}
