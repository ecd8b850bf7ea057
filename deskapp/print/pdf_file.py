"""A PDF as our papers need it: pages of operators and parts of fonts, in a document that ReportLab writes.

ReportLab keeps the objects, their numbers and places, the tree of pages and what the file says of itself. Pages and
fonts are handed to it ready made (`docs/decisions/0017`). Nothing in the file acts, links or loads, and the same paper
is the same bytes on any computer.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final

from reportlab.pdfbase.pdfdoc import (
    PDFDictionary,
    PDFDocument,
    PDFObject,
    PDFObjectReference,
    ViewerPreferencesPDFDictionary,
)

from deskapp.print import font_part, fonts
from deskapp.print.font_part import Part

_Press = tuple[int, int, int, int, int]
_WORDS: Final[_Press] = (1, zlib.DEFLATED, 13, 7, zlib.Z_DEFAULT_STRATEGY)
_OUTLINES: Final[_Press] = (1, zlib.DEFLATED, 14, 8, zlib.Z_HUFFMAN_ONLY)
"""How streams are pressed: level, method, window, memory, strategy.

Quickly, and in no more memory than they need: a quarter of a megabyte fetched for each is half of the time. Outlines
hardly repeat; to look for what does takes as long again and saves an eighth.
"""

_FONTS: Final = "Fonts"
_TELLING: Final = 600
"""How much of the end of each object goes into the name of the file: all of most, of a stream its sum at least."""


class _Made(PDFObject):  # type: ignore[misc]
    """An object that is written already; the document gives it a number and a place."""

    __slots__ = ("__InternalName__", "written")
    __RefOnly__ = 1

    def __init__(self, written: bytes) -> None:
        self.written = written

    def format(self, _document: object) -> bytes:
        """Return it as it is."""
        return self.written


class Book:
    """A document while it is made. Not for two threads at once."""

    def __init__(self, title: str = "", subject: str = "", keywords: str = "") -> None:
        self._document = PDFDocument(invariant=1, dummyoutline=1)
        self._document.Catalog.Outlines = None
        self._document.Catalog.ViewerPreferences = ViewerPreferencesPDFDictionary({"PrintScaling": "/None"})
        for tell, words in (
            (self._document.setTitle, title), (self._document.setSubject, subject),
            (self._document.setKeywords, keywords), (self._document.setAuthor, "deskapp"),
            (self._document.setCreator, "deskapp"),
        ):  # fmt: skip
            tell(words)
        self._parts: dict[str, Part] = {}
        self._tree = self._at(self._document.Reference(self._document.Pages))
        self._resources = f"<< /Font {self._at(self._document.Reference(PDFDictionary({}), _FONTS))} >>"

    def code(self, font: str, text: str) -> str:
        """Return the codes of a text in hexadecimal; the font has it whole, and pages call it by its name here."""
        part = self._parts.get(font)
        if part is None:
            part = self._parts[font] = Part(fonts.face(font))
        return "".join(map(part.codes.__getitem__, text))

    def page(self, width: float, height: float, operators: Iterable[str]) -> None:
        """Add a page of that size in points."""
        content = self._at(self._stream("\n".join(operators).encode("ascii")))
        self._document.addPage(
            _Made(
                f"<< /Type /Page /Parent {self._tree} /MediaBox [0 0 {width:.4f} {height:.4f}] /Contents {content} "
                f"/Resources {self._resources} >>".encode("ascii")
            )
        )

    def finish(self) -> bytes:
        """Return the file."""
        document = self._document
        listed = document.idToObject[_FONTS].dict
        for name, part in self._parts.items():
            listed[name] = self._font(part)
        document.Reference(document.Catalog)
        document.info.digest(document.signature)
        return bytes(document.format())

    def _add(self, written: str) -> PDFObjectReference:
        return self._keep(written.encode("ascii"))

    def _keep(self, written: bytes) -> PDFObjectReference:
        """Add an object that is written already; its end also goes into the file's own name."""
        self._document.signature.update(written[-_TELLING:])
        return self._document.Reference(_Made(written))

    def _at(self, reference: PDFObjectReference) -> str:
        return str(reference.format(self._document), "ascii")

    def _stream(self, data: bytes, more: str = "", press: _Press = _WORDS) -> PDFObjectReference:
        pressed = zlib.compressobj(*press)
        packed = pressed.compress(data) + pressed.flush()
        head = f"<< /Length {len(packed)} /Filter /FlateDecode{more} >>\nstream\n".encode("ascii")
        return self._keep(b"".join([head, packed, b"\nendstream\n"]))

    def _font(self, part: Part) -> PDFObjectReference:
        """Add a part of a font with all that belongs to it (ISO 32000-1, 9.7 and 9.8); returns the font itself."""
        face, name, glyphs = part.face, part.name, part.glyphs()
        file = font_part.file(face, glyphs)
        outlines = self._stream(file, f" /Length1 {len(file)}", _OUTLINES)
        characters = self._stream(font_part.to_unicode(glyphs).encode("ascii"))
        box = " ".join(f"{side:g}" for side in face.box)
        described = self._add(
            f"<< /Type /FontDescriptor /FontName /{name} /Flags {face.flags} /FontBBox [{box}] "
            f"/ItalicAngle {face.slant:g} /Ascent {face.ascent:g} /Descent {face.descent:g} "
            f"/CapHeight {face.capitals:g} /StemV {face.stem:g} /FontFile2 {self._at(outlines)} >>"
        )
        shapes = self._add(
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDToGIDMap /Identity "
            f"/FontDescriptor {self._at(described)} "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/DW {face.usual:g} /W [0 [{font_part.widths(face, glyphs)}]] >>"
        )
        return self._add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
            f"/DescendantFonts [{self._at(shapes)}] /ToUnicode {self._at(characters)} >>"
        )
