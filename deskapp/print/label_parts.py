"""The things a label may show, each with the rooms it keeps to.

Measures are dots of a 203 dpi head, eight to the millimetre. A room is reserved: what
is drawn shrinks, wraps or is cut inside it, and never leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.print.expressions import Test, Text
from deskapp.print.template_reader import NO_WORDS, Words

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
GAP = 14  # between the cells of a row


@dataclass(frozen=True, slots=True)
class Cell:
    """A caption and its value. The last `bold` characters are bold and survive a cut; -1 = all."""

    caption: Words
    value: Text
    end: Text | None = None
    """A bold text joined to the value, cut last."""
    bold: int = 0
    told: Words = NO_WORDS
    """What a cut value is called in the warning."""
    when: Test | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """Anything drawn; `place` is where the file says so, for errors."""

    place: str
    when: Test | None

    def boxes(self, size: tuple[int, int]) -> list[Box]:
        """Return the rooms it keeps to, in units of 203 dpi."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Headline(Element):
    """The line at the top: site, depot code, an inverted mark, the reprint mark."""

    text: Text
    code: Text | None
    mark: Words
    mark_when: Test | None
    x: int
    right: int
    y: int
    height: int
    told: Words

    def boxes(self, size: tuple[int, int]) -> list[Box]:
        top = min(self.y, self.y + self.height - 7 - 0.88 * self.sizes[0])
        return [(self.x, top, self.right, self.y + self.height)]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sizes of the site's name, falling."""
        return (26, 24, 22, 20) if self.height > 26 else (22, 20, 18)


@dataclass(frozen=True, slots=True)
class Rows(Element):
    """Lines of cells, `step` apart; a line whose cells are all switched off closes up."""

    lines: tuple[tuple[Cell, ...], ...]
    x: int
    right: int
    y: int
    step: int
    size: tuple[int, int]

    def boxes(self, size: tuple[int, int]) -> list[Box]:
        high, low = 0.88 * self.size[0], 0.12 * self.size[0]
        baselines = [self.y + place * self.step for place in range(len(self.lines))]
        return [(self.x, line - high, self.right, line + low) for line in baselines]


@dataclass(frozen=True, slots=True)
class Line(Element):
    """A text in a room of one or more lines, shrunk, then wrapped, then cut and told."""

    text: Text
    caption: Words
    caption_size: tuple[int, int]
    x: int
    right: int
    y: int
    sizes: tuple[int, ...]
    lines: int
    step: int
    bold: bool
    align: str
    keep_end: bool
    told: Words

    def boxes(self, size: tuple[int, int]) -> list[Box]:
        tall = max(self.sizes[0], self.caption_size[0] if self.caption != NO_WORDS else 0)
        low = self.y + (self.lines - 1) * self.step
        return [(self.x, self.y - 0.88 * tall, self.right, low + 0.12 * tall)]


@dataclass(frozen=True, slots=True)
class Bars(Element):
    """A Code 128 in the middle of a room that includes its quiet zones."""

    text: Text
    x: int
    right: int
    y: int
    height: int
    module: int

    def boxes(self, size: tuple[int, int]) -> list[Box]:
        return [(self.x, self.y, self.right, self.y + self.height)]


@dataclass(frozen=True, slots=True)
class Square(Element):
    """A QR whose first module lies at x, y; the room takes `modules` of them and the quiet zone."""

    text: Text
    x: int
    y: int
    module: int
    modules: int

    def boxes(self, size: tuple[int, int]) -> list[Box]:
        quiet, wide = 4 * self.module, self.modules * self.module
        return [(self.x - quiet, self.y - quiet, self.x + wide + quiet, self.y + wide + quiet)]


@dataclass(frozen=True, slots=True)
class Blocks(Element):
    """Filled rectangles: lines, frames, bars of a ladder."""

    rectangles: tuple[tuple[int, int, int, int], ...]

    def boxes(self, size: tuple[int, int]) -> list[Box]:
        return [(x, y, x + wide, y + high) for x, y, wide, high in self.rectangles]


@dataclass(frozen=True, slots=True)
class Ruler(Element):
    """Ticks in millimetres along an edge; the top one has numbers."""

    top: bool

    def ticks(self, size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
        """Return x, y, width, height of every tick; a width or height of 1 is one dot at least."""
        wide, high = size
        if self.top:
            tall = {mm: 22 if mm % 10 == 0 else 14 if mm % 5 == 0 else 8 for mm in range(1, wide // 8)}
            return [(mm * 8, 6, 1, length) for mm, length in tall.items()]
        return [(6, mm * 8, 16 if mm % 10 == 0 else 8, 1) for mm in range(5, high // 8, 5)]

    def boxes(self, size: tuple[int, int]) -> list[Box]:
        ticks: list[Box] = [(x, y, x + wide, y + high) for x, y, wide, high in self.ticks(size)]
        numbers = range(10, size[0] // 8, 10) if self.top else ()
        return [*ticks, *((mm * 8 - 14, 44 - 14.1, mm * 8 + 14, 46) for mm in numbers)]


@dataclass(frozen=True, slots=True)
class Picture(Element):
    """The branch's logo, as large as the room allows, at its left upper corner."""

    x: int
    y: int
    width: int
    height: int

    def boxes(self, size: tuple[int, int]) -> list[Box]:
        return [(self.x, self.y, self.x + self.width, self.y + self.height)]


@dataclass(frozen=True, slots=True)
class Layout:
    """What one size of label shows, for one choice of symbol or for all."""

    size: str
    symbol: str
    """`code128`, `qr`, or empty for every choice."""
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class LabelBody:
    """A label template's own part."""

    layouts: tuple[Layout, ...]

    def layout(self, size: str, symbol: str) -> Layout | None:
        """Return the layout for a size and the medium's choice of symbol; None if the size is not there."""
        of_size = [one for one in self.layouts if one.size == size]
        return next((one for one in of_size if one.symbol in ("", symbol)), of_size[0] if of_size else None)
