"""Reading the file of a font: whole tables in a few steps, where the PDF library goes number by number.

A Chinese font has thirty thousand characters. Read by the library it becomes as many small lists and pairs,
a tenth of a second of work and a heap in which the search for garbage then stops the window for 30 ms twice.
"""

from __future__ import annotations

import sys
from array import array
from itertools import repeat
from struct import unpack_from
from typing import Final
from weakref import WeakKeyDictionary

from reportlab.pdfbase import ttfonts

_SEGMENTED: Final = 12
"""The format of a table of characters in which every font of today has them (OpenType, `cmap`)."""


class Font(ttfonts.TTFont):  # type: ignore[misc]
    """A font as a document uses it. A paper carries only the characters it shows, not all of ASCII by habit."""

    def __init__(self, name: str, file: str) -> None:
        # Not the library's own beginning: it would read the file in its way.
        self.fontName = name
        self.face = Face(file)
        self.encoding = ttfonts.TTEncoding()
        self.state: WeakKeyDictionary[object, object] = WeakKeyDictionary()
        self._asciiReadable = self.shapable = False


class Face(ttfonts.TTFontFace):  # type: ignore[misc]
    """A font's file, read once. It has all the library's attributes but `glyphToChar`, which only shaping asks for."""

    def extractInfo(self, charInfo: int = 1) -> None:  # noqa: N802, N803 (the library's names)
        """Read what the library reads; a table of characters in another format is left to it."""
        start = self._characters()
        if not charInfo or unpack_from(">H", self._ttf_data, start)[0] != _SEGMENTED:
            super().extractInfo(charInfo)
            return
        super().extractInfo(0)
        self.hmetrics = metrics = _Metrics(self._ttf_data, *self._shape())
        self.glyphPos = self._offsets()
        self.charToGlyph = glyphs = self._glyphs(start)
        self.defaultWidth = self._pdfScale(metrics.widths[0])
        scaled = {width: self._pdfScale(width) for width in set(metrics.widths)}
        widths = [scaled[width] for width in metrics.widths]
        widths += repeat(widths[-1], self.numGlyphs - len(widths))
        most = len(widths)
        self.charWidths = {point: widths[glyph] for point, glyph in glyphs.items() if glyph < most}
        for blank, other in ((0x20, 0xA0), (0xA0, 0x20)):
            if blank in glyphs:
                glyphs[other], self.charWidths[other] = glyphs[blank], self.charWidths[blank]
                break

    def get_table(self, tag: str) -> bytes | Outlines:
        """Return a table of the file."""
        if tag == "glyf":
            return Outlines(self._ttf_data, self.get_table_pos(tag)[0])
        table: bytes = super().get_table(tag)
        return table

    def _characters(self) -> int:
        """Return where the table of characters begins that the library would take: the last one of Unicode."""
        table = self.get_table_pos("cmap")[0]
        found, certain = 0, False
        for number in range(unpack_from(">H", self._ttf_data, table + 2)[0]):
            platform, encoding, offset = unpack_from(">HHL", self._ttf_data, table + 4 + 8 * number)
            if platform == 3 or (platform == 1 and encoding == 1) or (platform == 0 and encoding != 5):
                found, certain = offset, True
            elif platform == 1 and encoding == 0 and not certain:
                found = offset
        return int(table + found)

    def _glyphs(self, start: int) -> dict[int, int]:
        (count,) = unpack_from(">L", self._ttf_data, start + 12)
        numbers = unpack_from(f">{3 * count}L", self._ttf_data, start + 16)
        glyphs: dict[int, int] = {}
        for first, last, glyph in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True):
            glyphs.update(zip(range(first, last + 1), range(glyph, glyph + last - first + 1), strict=True))
        return glyphs

    def _shape(self) -> tuple[int, int, int]:
        """Return where the widths of the glyphs begin, how many have one of their own, and how many there are."""
        (own,) = unpack_from(">H", self._ttf_data, self.get_table_pos("hhea")[0] + 34)
        return self.get_table_pos("hmtx")[0], own, self.numGlyphs

    def _offsets(self) -> array[int]:
        """Return where the outline of each glyph begins, counted from the first; one more for the end of the last."""
        start, count = self.get_table_pos("loca")[0], self.numGlyphs + 1
        (is_long,) = unpack_from(">h", self._ttf_data, self.get_table_pos("head")[0] + 50)
        found = array("I" if is_long else "H", self._ttf_data[start : start + count * (4 if is_long else 2)])
        if sys.byteorder == "little":
            found.byteswap()
        return found if is_long else array("I", [2 * one for one in found])


class _Metrics:
    """The width and the left bearing of each glyph, in units of the font, looked up in the file."""

    def __init__(self, file: bytes, start: int, own: int, count: int) -> None:
        self._file, self._start, self._own, self._count = file, start, own, count
        self.widths = unpack_from(f">{2 * own}H", file, start)[::2]

    def __getitem__(self, glyph: int) -> tuple[int, int]:
        if not 0 <= glyph < self._count:
            raise IndexError(glyph)
        if glyph < self._own:
            width, bearing = unpack_from(">HH", self._file, self._start + 4 * glyph)
            return width, bearing
        (bearing,) = unpack_from(">H", self._file, self._start + 4 * self._own + 2 * (glyph - self._own))
        return self.widths[-1], bearing


class Outlines:
    """The outlines in a font's file, cut out one by one.

    WORKAROUND(reportlab 5.1): it copies the whole table, ten megabytes, for every document and font.
    """

    def __init__(self, file: bytes, start: int) -> None:
        self._file, self._start = file, start

    def __getitem__(self, part: slice) -> bytes:
        return self._file[self._start + part.start : self._start + part.stop]
