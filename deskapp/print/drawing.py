"""One drawing in dots of the target, painted on two kinds of page.

Marks are collected first (origin top left, whole dots), so a test can ask what
lies where; then they are painted either on a page in millimetres under one scale,
for archive and page printers, or on a page whose unit is one dot, for rasters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from deskapp.print import codes, fonts
from deskapp.print.logo import Bits
from deskapp.print.pdf_file import Book


@dataclass(frozen=True, slots=True)
class Text:
    """A text at its left end and baseline."""

    x: float
    baseline: float
    text: str
    size: int
    bold: bool = False
    white: bool = False

    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, right, bottom; Chinese glyphs reach 0.88 above and 0.12 below the baseline."""
        right = self.x + fonts.width(self.text, self.size, self.bold)
        return (self.x, self.baseline - 0.88 * self.size, right, self.baseline + 0.12 * self.size)


@dataclass(frozen=True, slots=True)
class Block:
    """A filled rectangle; hairlines are blocks too, so they lie on whole dots."""

    x: int
    y: int
    width: int
    height: int

    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, right, bottom."""
        return (self.x, self.y, self.x + self.width, self.y + self.height)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A bar code at its first module; `module` and `height` in dots."""

    x: int
    y: int
    matrix: codes.Matrix
    module: int
    height: int

    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, right, bottom of the modules without the quiet zone."""
        return (self.x, self.y, self.x + self.matrix.columns * self.module, self.y + self.height)

    def quiet_box(self) -> tuple[float, float, float, float]:
        """Return the box that nothing else may touch."""
        left, top, right, bottom = self.box()
        side = self.matrix.quiet * self.module
        above = side if self.matrix.rows > 1 else 0
        return (left - side, top - above, right + side, bottom + above)


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A 1-bit picture at its left upper corner, one bit a dot."""

    x: int
    y: int
    bits: Bits

    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, right, bottom."""
        return (self.x, self.y, self.x + self.bits.columns, self.y + self.bits.rows)


@dataclass(slots=True)
class Drawing:
    """The marks of one page of `width` x `height` dots, and what had to give."""

    width: int
    height: int
    texts: list[Text] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    symbols: list[Symbol] = field(default_factory=list)
    pictures: list[Bitmap] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    """Fields that were printed shortened."""
    uncoded: list[str] = field(default_factory=list)
    """Codes that could not be drawn: not writable in that code, or too long for their room."""

    def text(
        self, x: float, baseline: float, text: str, size: int, *, bold: bool = False, white: bool = False
    ) -> float:
        """Place a text and return where it ends."""
        if not text:
            return x
        self.texts.append(Text(x, baseline, text, size, bold, white))
        return x + fonts.width(text, size, bold)

    def right_text(self, x: float, baseline: float, text: str, size: int, *, bold: bool = False) -> float:
        """Place a text that ends at x and return where it starts."""
        start = x - fonts.width(text, size, bold)
        self.text(start, baseline, text, size, bold=bold)
        return start

    def block(self, x: int, y: int, width: int, height: int) -> None:
        """Place a filled rectangle."""
        self.blocks.append(Block(x, y, width, height))

    def symbol(self, x: int, y: int, matrix: codes.Matrix, module: int, height: int) -> None:
        """Place a bar code by its first module."""
        self.symbols.append(Symbol(x, y, matrix, module, height))

    def picture(self, x: int, y: int, bits: Bits) -> None:
        """Place a 1-bit picture."""
        self.pictures.append(Bitmap(x, y, bits))


def mask_operator(matrix: codes.Matrix | Bits, x: float, y: float, width: float, height: float) -> str:
    """Return the PDF operators that paint a code as a 1-bit mask; x, y = lower left corner."""
    return (
        f"q {width:g} 0 0 {height:g} {x:g} {y:g} cm BI /W {matrix.columns} /H {matrix.rows} "
        f"/BPC 1 /IM true /D [1 0] /F /AHx ID {matrix.hex}> EI Q"
    )


def paint(drawing: Drawing, book: Book, height: float, scale: float, dx: float = 0, dy: float = 0) -> list[str]:
    """Return the operators that paint the marks on a page of that height; one dot becomes `scale` units.

    `dx`, `dy` move the drawing right and down by dots: where a sheet has its cell, or
    the nudge of a printer.
    """
    top = height / scale - dy
    code = [f"q {scale:.6f} 0 0 {scale:.6f} 0 0 cm 0 g"]
    code += [
        f"{mark.x + dx:g} {top - mark.y - mark.height:g} {mark.width:g} {mark.height:g} re f" for mark in drawing.blocks
    ]
    for symbol in drawing.symbols:
        wide = symbol.matrix.columns * symbol.module
        low = top - symbol.y - symbol.height
        code.append(mask_operator(symbol.matrix, symbol.x + dx, low, wide, symbol.height))
    for picture in drawing.pictures:
        bits = picture.bits
        low = top - picture.y - bits.rows
        code.append(mask_operator(bits, picture.x + dx, low, bits.columns, bits.rows))
    code.append("BT")
    code += _text(book, (mark for mark in drawing.texts if not mark.white), dx, top)
    white = _text(book, (mark for mark in drawing.texts if mark.white), dx, top)
    if white:
        code += ["1 g", *white]  # it stands on black blocks
    code.append("ET Q")
    return code


def _text(book: Book, marks: Iterable[Text], dx: float, top: float) -> list[str]:
    """Return text operators; a rare character's run goes on where the one before it ended."""
    code: list[str] = []
    for mark in marks:
        place = f"1 0 0 1 {mark.x + dx:g} {top - mark.baseline:g} Tm "
        for font, piece in fonts.runs(mark.text, mark.bold):
            code.append(f"{place}/{font} {mark.size:g} Tf <{book.code(font, piece)}> Tj")
            place = ""
    return code
