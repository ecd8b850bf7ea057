"""The renderer's own hands: text and lines put straight onto a page in its memory, without a PDF between.

The same library renders the pages of every preview (`raster`). Written as a PDF, a paper's fonts are cut out, packed,
unpacked and read again for each paper, which is two thirds of the time of a slip; here they are read once and the
library keeps every glyph it has drawn (`docs/decisions/0014`).

Fonts go in as the glyphs people use, and in blocks of 256 characters where a rarer one comes. Lengths are dots of the
page, y upwards. Not made for two threads: whoever calls holds `raster.PDFIUM`.
"""

from __future__ import annotations

import atexit
import ctypes
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from deskapp.print import font_part, fonts
from deskapp.print.font_file import Face

_BLOCK = 8
"""Rarer characters are read 2**8 at a time."""
_GREY_PIXELS = 1  # FPDFBitmap_Gray
_STROKED = 1
_ROUND = 1  # both as end and as corner of a line
_ANNOTATIONS = 0x01  # the flag with which pages of a file are rendered too
_INK = 255


class _Matrix(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_float) for name in "abcdef")


_P, _I, _U, _F, _N = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint, ctypes.c_float, ctypes.c_size_t
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "FPDF_CreateNewDocument": (_P,),
    "FPDF_CloseDocument": (None, _P),
    "FPDFPage_New": (_P, _P, _I, ctypes.c_double, ctypes.c_double),
    "FPDFPage_Delete": (None, _P, _I),
    "FPDF_ClosePage": (None, _P),
    "FPDFPage_InsertObject": (None, _P, _P),
    "FPDFPageObj_CreateTextObj": (_P, _P, _P, _F),
    "FPDFText_SetCharcodes": (_I, _P, _P, _N),
    "FPDFPageObj_SetMatrix": (_I, _P, ctypes.POINTER(_Matrix)),
    "FPDFPageObj_SetFillColor": (_I, _P, _U, _U, _U, _U),
    "FPDFPageObj_SetStrokeColor": (_I, _P, _U, _U, _U, _U),
    "FPDFPageObj_SetStrokeWidth": (_I, _P, _F),
    "FPDFPageObj_SetLineCap": (_I, _P, _I),
    "FPDFPageObj_SetLineJoin": (_I, _P, _I),
    "FPDFPageObj_SetDashArray": (_I, _P, _P, _N, _F),
    "FPDFPageObj_CreateNewPath": (_P, _F, _F),
    "FPDFPageObj_CreateNewRect": (_P, _F, _F, _F, _F),
    "FPDFPath_MoveTo": (_I, _P, _F, _F),
    "FPDFPath_LineTo": (_I, _P, _F, _F),
    "FPDFPath_SetDrawMode": (_I, _P, _I, _I),
    "FPDFBitmap_CreateEx": (_P, _I, _I, _I, _P, _I),
    "FPDFBitmap_Destroy": (None, _P),
}


class _Library:
    """The functions of the library, called without letting go of the interpreter: they take microseconds.

    Let go of, it would have to be won back from a busy window after each of some hundred calls.
    """

    def __init__(self) -> None:
        import pypdfium2.raw  # noqa: F401 (sets the library up)
        from pypdfium2_raw import bindings  # type: ignore[import-untyped]

        loaded = bindings._libs["pdfium"]
        held = ctypes.PyDLL(loaded._name, handle=loaded._handle)
        for name, (result, *arguments) in _FUNCTIONS.items():
            function = getattr(held, name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
        # A millisecond and more: the window may go on meanwhile.
        free = ctypes.CDLL(loaded._name, handle=loaded._handle)
        self.render = free.FPDF_RenderPageBitmap
        self.render.restype, self.render.argtypes = None, (_P, _P, _I, _I, _I, _I, _I, _I)
        self.load_font = free.FPDFText_LoadCidType2Font
        self.load_font.restype = _P
        self.load_font.argtypes = (_P, ctypes.c_char_p, _U, ctypes.c_char_p, ctypes.c_char_p, _U)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


@dataclass(slots=True)
class _Font:
    """One font as the library has it: its usual characters, and the blocks of rarer ones that came up."""

    name: str
    usual: frozenset[int]
    parts: dict[int, _Part] = field(default_factory=dict)

    def part(self, point: int) -> _Part:
        """Return the part of the font that has a character."""
        block = -1 if point in self.usual else point >> _BLOCK
        return self.parts.get(block) or self._load(block)

    def _load(self, block: int) -> _Part:
        face = fonts.face(self.name)
        if block < 0:
            points: Iterable[int] = self.usual
        else:
            points = [point for point in range(block << _BLOCK, (block + 1) << _BLOCK) if point in face.glyphs]
        made = self.parts[block] = _Part.of(face, points)
        return made


@dataclass(frozen=True, slots=True)
class _Part:
    """Some characters of a font: the handle the library gave, and the code of each character in it."""

    handle: int
    codes: dict[int, int]

    @classmethod
    def of(cls, face: Face, points: Iterable[int]) -> _Part:
        """Hand characters of a font's file to the library.

        It looks widths up in a list from its beginning and writes one entry a change: characters of one width go
        together, the most frequent width first. With the file's own order a Chinese character took 5 us, twice.
        """
        points = tuple(points)
        wide = {point: face.widths.get(point, face.usual) for point in points}
        often = Counter(wide.values())
        ordered = sorted(points, key=lambda point: (-often[wide[point]], wide[point], point))
        codes, places = {}, {0: 0}
        for point in ordered:
            codes[point] = places.setdefault(face.glyphs[point], len(places))
        data = font_part.cut(face, list(places))
        glyphs = b"".join(code.to_bytes(2, "big") for code in range(len(places)))
        library, document = _library(), _document()
        handle = library.load_font(document, data, len(data), b"/Identity", glyphs, len(glyphs))
        if not handle:
            raise RuntimeError("the renderer does not take the font")
        return cls(handle, codes)


@cache
def _library() -> _Library:
    return _Library()


@cache
def _document() -> int:
    """Open the one document whose fonts stay; it is closed before the library is."""
    library = _library()
    document: int = library.FPDF_CreateNewDocument()
    atexit.register(library.FPDF_CloseDocument, document)
    return document


@cache
def _font(name: str) -> _Font:
    charted = fonts.face(name).glyphs
    if name not in (fonts.REGULAR, fonts.BOLD):
        return _Font(name, frozenset())
    # The bold file has what is in daily use; the regular one three times as much.
    usual = fonts.face(fonts.BOLD).glyphs
    return _Font(name, frozenset(charted).intersection(usual))


def load() -> None:
    """Hand both fonts to the library: some 150 ms, once; for an idle moment."""
    for name in (fonts.REGULAR, fonts.BOLD):
        _font(name).part(ord("1"))


class Page:
    """One page of `width` x `height` dots on which text and lines are put, then rendered over what is there already."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._library, self._document = _library(), _document()
        self._page = self._library.FPDFPage_New(self._document, 0, width, height)

    def text(
        self, x: float, y: float, text: str, size: float, *,
        bold: bool = False, grey: int = 0, scale: float = 1.0, turn: tuple[float, float] = (1.0, 0.0),
    ) -> None:  # fmt: skip
        """Put a text at its left end and baseline; `grey` 0 = black, 255 = white.

        `size`, x and y are in the unit that `scale` makes dots of; `turn` is cosine and sine.
        """
        across, up = turn
        library = self._library
        for handle, codes, wide in _set(text, bold):
            mark = library.FPDFPageObj_CreateTextObj(self._document, handle, size)
            library.FPDFText_SetCharcodes(mark, codes, len(codes))
            matrix = _Matrix(scale * across, scale * up, -scale * up, scale * across, scale * x, scale * y)
            library.FPDFPageObj_SetMatrix(mark, matrix)
            if grey:
                library.FPDFPageObj_SetFillColor(mark, grey, grey, grey, _INK)
            library.FPDFPage_InsertObject(self._page, mark)
            x, y = x + wide * size * across, y + wide * size * up

    def lines(
        self, strokes: Iterable[Sequence[tuple[float, float]]], thick: float, *,
        grey: int = 0, dash: float = 0.0, smooth: bool = False, scale: float = 1.0,
    ) -> None:  # fmt: skip
        """Draw lines from point to point; `dash` is the length of dashes and gaps, `smooth` rounds ends and corners."""
        for stroke in strokes:
            path = self._library.FPDFPageObj_CreateNewPath(*stroke[0])
            for point in stroke[1:] or stroke:
                self._library.FPDFPath_LineTo(path, *point)
            if dash:
                self._library.FPDFPageObj_SetDashArray(path, (ctypes.c_float * 2)(dash, dash), 2, 0.0)
            if smooth:
                self._library.FPDFPageObj_SetLineCap(path, _ROUND)
                self._library.FPDFPageObj_SetLineJoin(path, _ROUND)
            self._stroke(path, thick, grey, _Matrix(scale, 0, 0, scale, 0, 0))

    def frame(
        self, x: float, y: float, width: float, height: float, thick: float, *,
        scale: float = 1.0, turn: tuple[float, float] = (1.0, 0.0), about: tuple[float, float] = (0.0, 0.0),
    ) -> None:  # fmt: skip
        """Draw a rectangle that is not filled; `turn` turns it about a point, from which x and y then count."""
        path = self._library.FPDFPageObj_CreateNewRect(x, y, width, height)
        across, up = (scale * one for one in turn)
        self._stroke(path, thick, 0, _Matrix(across, up, -up, across, scale * about[0], scale * about[1]))

    def _stroke(self, path: int, thick: float, grey: int, matrix: _Matrix) -> None:
        self._library.FPDFPath_SetDrawMode(path, 0, _STROKED)
        self._library.FPDFPageObj_SetStrokeColor(path, grey, grey, grey, _INK)
        self._library.FPDFPageObj_SetStrokeWidth(path, thick)
        self._library.FPDFPageObj_SetMatrix(path, matrix)
        self._library.FPDFPage_InsertObject(self._page, path)

    def render(self, pixels: bytearray) -> None:
        """Render everything over a picture of one byte a dot (0 = black, rows from the top), and forget the page."""
        room = (ctypes.c_char * len(pixels)).from_buffer(pixels)
        picture = self._library.FPDFBitmap_CreateEx(self.width, self.height, _GREY_PIXELS, room, self.width)
        try:
            self._library.render(picture, self._page, 0, 0, self.width, self.height, 0, _ANNOTATIONS)
        finally:
            self._library.FPDFBitmap_Destroy(picture)

    def close(self) -> None:
        """Let go of the page; the fonts stay."""
        self._library.FPDFPage_Delete(self._document, 0)
        self._library.FPDF_ClosePage(self._page)


@lru_cache(maxsize=1024)
def _set(text: str, bold: bool) -> tuple[tuple[int, Any, float], ...]:
    """Return a text as the library takes it: font, codes, and width in units of the size, for each of its pieces."""
    found = []
    for run in fonts.runs(text, bold):
        for part, piece in _pieces(_font(run.font), run.text):
            codes = (ctypes.c_uint32 * len(piece))(*[part.codes[ord(character)] for character in piece])
            found.append((part.handle, codes, fonts.width_in(run.font, piece)))
    return tuple(found)


def _pieces(font: _Font, text: str) -> Iterable[tuple[_Part, str]]:
    """Part a text where its characters lie in different parts of the font; mostly they lie in one."""
    if font.usual.issuperset(map(ord, text)):
        return ((font.part(ord(text[0])), text),) if text else ()
    found: list[tuple[_Part, str]] = []
    for character in text:
        part = font.part(ord(character))
        if found and found[-1][0] is part:
            found[-1] = (part, found[-1][1] + character)
        else:
            found.append((part, character))
    return found
