"""Papers as the very dots a head burns: labels and strips put on a page whose unit is one dot.

The same drawings, the same places and the same renderer as the page of a PDF, whose operators `drawing.paint` and
`strip_paint` write; a test holds the dots of both ways together, for every template and medium
(`docs/decisions/0014`). Codes, pictures and filled blocks lie on whole dots and are set as such.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from deskapp.print import codes, dot_ink, raster, strip_paint
from deskapp.print.drawing import Drawing
from deskapp.print.logo import Bits
from deskapp.print.media import POINTS_PER_MM
from deskapp.print.strips import GREY, Frame, Laid, Mark, Paper, Pen, Print, Stroke, Symbol, Tick, Words

_BLACK, _WHITE = 0, 255
_PLACES = 2  # decimals of a place in points, as the operators of a page have them
_SOFT = int(GREY * 255)
_CUT = bytes(_BLACK if grey < 128 else _WHITE for grey in range(256))


@dataclass(frozen=True, slots=True)
class _Spot:
    """Something set as dots: a code or a picture, by its upper left dot and its size there."""

    x: int
    y: int
    width: int
    height: int
    bits: codes.Matrix | Bits


def load() -> None:
    """Read the fonts, so that the first paper is as quick as the next."""
    with raster.PDFIUM:
        dot_ink.load()


# ---------------------------------------------------------------- labels


def label(drawing: Drawing, width: int, height: int, dx: int = 0, dy: int = 0) -> Image.Image:
    """Return a label as a 1-bit picture (0 = black), its drawing moved right and down by dots."""
    pixels = bytearray(b"\xff") * (width * height)
    board = Image.frombuffer("L", (width, height), pixels, "raw", "L", 0, 1)
    board.readonly = 0
    for block in drawing.blocks:
        x, y = block.x + dx, block.y + dy
        board.paste(_BLACK, (x, y, x + block.width, y + block.height))
    for symbol in drawing.symbols:
        _set(board, _Spot(symbol.x + dx, symbol.y + dy, symbol.matrix.columns * symbol.module, symbol.height,
                          symbol.matrix))  # fmt: skip
    for picture in drawing.pictures:
        bits = picture.bits
        _set(board, _Spot(picture.x + dx, picture.y + dy, bits.columns, bits.rows, bits))
    with raster.PDFIUM:
        page = dot_ink.Page(width, height)
        try:
            # White stands on black blocks, and after all that is black.
            for mark in sorted(drawing.texts, key=lambda one: one.white):
                grey = _WHITE if mark.white else _BLACK
                page.text(mark.x + dx, height - dy - mark.baseline, mark.text, mark.size, bold=mark.bold, grey=grey)
            page.render(pixels)
        finally:
            page.close()
    return board.point(_CUT, "1")


# ---------------------------------------------------------------- strips


def pages(laid: Laid) -> list[Image.Image]:
    """Return a laid paper as 1-bit pictures (0 = black), one a page."""
    return [_page(laid, strip_paint.marks_of(laid, number)) for number in range(1, len(laid.pages) + 1)]


def _page(laid: Laid, marks: Iterable[Mark]) -> Image.Image:
    paper, medium = laid.paper, laid.paper.medium
    dots_per_point = medium.dots_per_mm / POINTS_PER_MM
    width, height = medium.print_dots, max(1, round(laid.height_mm * medium.dots_per_mm))
    left = 0.0 if medium.head_dots else medium.margin_mm * POINTS_PER_MM
    top = laid.height_mm * POINTS_PER_MM - medium.edge_mm * POINTS_PER_MM
    pixels = bytearray(b"\xff") * (width * height)
    board = Image.frombuffer("L", (width, height), pixels, "raw", "L", 0, 1)
    board.readonly = 0
    with raster.PDFIUM:
        page = dot_ink.Page(width, height)
        try:
            hand = _Hand(page, paper, left, top, round(dots_per_point, 6))
            for mark in marks:
                spot = hand.put(mark, dots_per_point)
                if spot is not None:
                    _set(board, spot)
            if paper.facts.superseded_by:
                hand.supersede(width / dots_per_point, laid.height_mm * POINTS_PER_MM)
            page.render(pixels)
        finally:
            page.close()
    return board.point(_CUT, "1")


@dataclass(frozen=True, slots=True)
class _Hand:
    """Puts marks whose origin lies at left, top (points) on a page of dots."""

    page: dot_ink.Page
    paper: Paper
    left: float
    top: float
    scale: float

    def put(self, mark: Mark, dots_per_point: float) -> _Spot | None:
        """Put one mark; a code or a picture is returned instead, as the dots it takes."""
        if isinstance(mark, Words):
            grey = _SOFT if mark.style.soft and not self.paper.black else _BLACK
            self.page.text(
                *self._at(mark.x, mark.y), mark.text, mark.style.size, bold=mark.style.bold, grey=grey, scale=self.scale
            )
        elif isinstance(mark, Stroke):
            grey = _BLACK if self.paper.black else int(mark.grey * 255)
            ends = [self._at(mark.x, mark.y), self._at(mark.x2, mark.y2)]
            dash = 2.0 if mark.dash else 0.0
            self.page.lines([ends], round(mark.thick, _PLACES), grey=grey, dash=dash, scale=self.scale)
        elif isinstance(mark, Frame):
            self._box(mark.x, mark.y, mark.width, mark.height, mark.thick)
        elif isinstance(mark, Tick):
            self._tick(mark)
        elif isinstance(mark, Pen):
            strokes = [
                [(round(self.left + mark.x + x, 1), round(self.top - mark.y - y, 1)) for x, y in stroke]
                for stroke in mark.strokes
            ]
            self.page.lines(strokes, 0.9, smooth=True, scale=self.scale)
        else:
            return self._spot(mark, dots_per_point)
        return None

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return round(self.left + x, _PLACES), round(self.top - y, _PLACES)

    def _box(self, x: float, y: float, width: float, height: float, thick: float) -> None:
        corner = self._at(x, y + height)
        self.page.frame(*corner, round(width, _PLACES), round(height, _PLACES), round(thick, _PLACES), scale=self.scale)

    def _tick(self, mark: Tick) -> None:
        self._box(mark.x, mark.y, mark.size, mark.size, 0.7)
        x, y = self.left + mark.x, self.top - mark.y - mark.size
        strokes = [
            [(round(x + across * mark.size, _PLACES), round(y + up * mark.size, _PLACES)) for across, up in stroke]
            for stroke in strip_paint.tick_strokes(mark)
        ]
        self.page.lines(strokes, 1.1, scale=self.scale)

    def _spot(self, mark: Symbol | Print, dots_per_point: float) -> _Spot:
        """Return where a code or a picture lies: whole dots, counted from below as on the page of a PDF."""
        below = round((self.top - mark.y) * dots_per_point)
        x, above = round((self.left + mark.x) * dots_per_point), self.page.height - below
        if isinstance(mark, Symbol):
            return _Spot(x, above, mark.matrix.columns * mark.module_dots, mark.height_dots, mark.matrix)
        return _Spot(x, above, mark.picture.columns, mark.picture.rows, mark.picture)

    def supersede(self, wide: float, tall: float) -> None:
        """Mark a paper that a later one replaces, across its middle."""
        text, size, half = strip_paint.superseded_words(self.paper)
        turn = strip_paint.SLANT
        about = round(wide / 2, _PLACES), round(tall * 0.62, _PLACES)
        x, y, width, height = (round(one, _PLACES) for one in strip_paint.superseded_frame(size, half))
        self.page.frame(x, y, width, height, 1.4, scale=self.scale, turn=turn, about=about)
        x, y = round(-half, _PLACES), round(size * 0.05, _PLACES)
        across, up = turn
        place = about[0] + across * x - up * y, about[1] + up * x + across * y
        self.page.text(*place, text, size, bold=True, scale=self.scale, turn=turn)


def _set(board: Image.Image, spot: _Spot) -> None:
    """Set the black dots of a code or a picture; its white ones leave what is there."""
    mask = Image.frombytes("1", (spot.bits.columns, spot.bits.rows), bytes.fromhex(spot.bits.hex))
    if mask.size != (spot.width, spot.height):
        mask = mask.resize((spot.width, spot.height), Image.Resampling.NEAREST)
    board.paste(_BLACK, (spot.x, spot.y), mask)
