"""A PDF as our papers need it: pages of operators and parts of fonts, in a document that ReportLab writes.

ReportLab keeps the objects, their numbers and places, the tree of pages and what the file says of itself. Pages and
fonts are handed to it ready made (`docs/decisions/0017`). Nothing in the file acts, links or loads, and the same paper
is the same bytes on any computer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFDocument, PDFObject, PDFObjectReference

from deskapp.print import fonts, pressing
from deskapp.print.font_part import Part, start
from deskapp.print.pressing import Kept, Press

Texts = tuple[tuple[str, bool], ...]
"""Texts, each with whether it is bold."""

_FONTS: Final = "Fonts"
_MOMENT: Final = "D:20000101000000+00'00'"
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
        document = self._document = PDFDocument(invariant=1, dummyoutline=1)
        self._told = (title, subject, keywords)
        self._parts: dict[str, Part] = {}
        self._known: Mapping[tuple[str, bool], Sequence[tuple[str, str]]] = {}
        self._tree = self._at(document.Reference(document.Pages))
        self._resources = f"<< /Font {self._at(document.Reference(PDFDictionary({}), _FONTS))} >>"
        # The file is printed in its own size, and opens as a reader opens any other.
        document.Catalog = _Made(
            f"<< /Type /Catalog /PageMode /UseNone /Pages {self._tree} "
            "/ViewerPreferences << /PrintScaling /None >> >>".encode("ascii")
        )

    def begin(self, texts: Texts) -> None:
        """Let the fonts begin with the characters of these texts, if nothing was shown before.

        For what papers of one kind say again and again: their characters are ready made, their codes known.
        """
        if not self._parts:
            first = _beginning(texts)
            self._parts = {font: Part(fonts.face(font), characters) for font, characters in first.characters}
            self._known = first.coded

    def coded(self, text: str, bold: bool) -> Sequence[tuple[str, str]]:
        """Return a text in the fonts that have it, each piece with its codes."""
        found = self._known.get((text, bold))
        return found or [(font, self.code(font, piece)) for font, piece in fonts.runs(text, bold)]

    def code(self, font: str, text: str) -> str:
        """Return the codes of a text in hexadecimal; the font has it whole, and pages call it by its name here."""
        part = self._parts.get(font)
        if part is None:
            part = self._parts[font] = Part(fonts.face(font))
        return "".join(map(part.codes.__getitem__, text))

    def page(self, width: float, height: float, operators: Iterable[str]) -> None:
        """Add a page of that size in points."""
        content = self._at(self._stream(["\n".join(operators).encode("ascii")]))
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
        written = self._tells(*self._told)
        document.info = _Made(written)
        document.signature.update(written)
        return bytes(document.format())

    def _tells(self, title: str, subject: str, keywords: str) -> bytes:
        """Return what the file says of itself; without a moment, for the same paper is the same file."""
        told = {
            "Title": title, "Author": "deskapp", "Subject": subject, "Keywords": keywords, "Creator": "deskapp",
            "Producer": self._document.info.producer,
        }  # fmt: skip
        # In hexadecimal nothing in a name can end the text or begin another object (ISO 32000-1, 7.3.4.3, 7.9.2.2).
        entries = [f"/{name} <FEFF{words.encode('utf-16-be').hex()}>" for name, words in told.items()]
        return f"<< {' '.join(entries)} /CreationDate ({_MOMENT}) /ModDate ({_MOMENT}) >>".encode("ascii")

    def _add(self, written: str) -> PDFObjectReference:
        return self._keep(written.encode("ascii"))

    def _keep(self, written: bytes) -> PDFObjectReference:
        """Add an object that is written already; its end also goes into the file's own name."""
        self._document.signature.update(written[-_TELLING:])
        return self._document.Reference(_Made(written))

    def _at(self, reference: PDFObjectReference) -> str:
        return str(reference.format(self._document), "ascii")

    def _stream(
        self, parts: Iterable[bytes | Kept], more: str = "", press: Press = pressing.WORDS
    ) -> PDFObjectReference:
        packed = pressing.stream(parts, press)
        head = f"<< /Length {len(packed)} /Filter /FlateDecode{more} >>\nstream\n".encode("ascii")
        return self._keep(b"".join([head, packed, b"\nendstream\n"]))

    def _font(self, part: Part) -> PDFObjectReference:
        """Add a part of a font with all that belongs to it (ISO 32000-1, 9.7 and 9.8); returns the font itself."""
        face, name, more = part.face, part.name, part.more()
        file, length = part.file(more)
        outlines = self._stream(file, f" /Length1 {length}", pressing.OUTLINES)
        characters = self._stream(part.table(more))
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
            f"/DW {face.usual:g} /W [0 [{part.widths(more)}]] >>"
        )
        return self._add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
            f"/DescendantFonts [{self._at(shapes)}] /ToUnicode {self._at(characters)} >>"
        )


class _Beginning(NamedTuple):
    """What papers of one kind begin with: the characters of each font, first come first, and their texts in codes."""

    characters: tuple[tuple[str, str], ...]
    coded: Mapping[tuple[str, bool], Sequence[tuple[str, str]]]


@lru_cache(maxsize=64)
def _beginning(texts: Texts) -> _Beginning:
    found: dict[str, dict[str, None]] = {}
    for text, bold in texts:
        for font, piece in fonts.runs(text, bold):
            found.setdefault(font, {}).update(dict.fromkeys(piece))
    characters = tuple([(font, "".join(shown)) for font, shown in found.items()])
    codes = {font: start(fonts.face(font), shown).codes for font, shown in characters}
    coded = {}
    for text, bold in texts:
        runs = fonts.runs(text, bold)
        if all(character in codes[font] for font, piece in runs for character in piece):
            coded[text, bold] = [(font, "".join([codes[font][one] for one in piece])) for font, piece in runs]
    return _Beginning(characters, coded)
