"""How the parts of a label template are drawn: compiled once for a medium and a language, then said of every card.

What does not depend on the card (captions and their widths, dots of a place, steps by
which a row gives way) is worked out when a plan is made, so a label costs only its values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deskapp.print import codes, fonts
from deskapp.print.drawing import Drawing
from deskapp.print.expressions import Scene, Test, Text
from deskapp.print.label_parts import (
    GAP,
    Bars,
    Blocks,
    Cell,
    Element,
    Headline,
    Line,
    Picture,
    Rows,
    Ruler,
    Square,
)
from deskapp.print.logo import Logo
from deskapp.print.media import Medium

Draw = Callable[[object, Scene, Drawing], None]
_WORDS_KEEP, _NUMBERS_KEEP = 90.0, 40.0  # what a cell that has to give is left with


@dataclass(frozen=True, slots=True)
class Pen:
    """Places marks of one medium, scaling from 203 dpi dots to the head's."""

    medium: Medium
    language: str
    second: bool
    """Whether the other language is shown, small."""
    logo: Logo | None = None

    @property
    def scale(self) -> float:
        """Dots of the head in one dot of 203 dpi."""
        return self.medium.dots_per_mm / 8

    def dots(self, units: float) -> int:
        """Return units at 203 dpi as whole dots of this head."""
        return round(units * self.medium.dots_per_mm / 8)

    def text(
        self, page: Drawing, x: float, baseline: float, text: str, size: int, *, bold: bool = False, white: bool = False
    ) -> float:
        """Place a text; returns the end in units."""
        end = page.text(self.dots(x), self.dots(baseline), text, self.dots(size), bold=bold, white=white)
        return end / self.scale

    def captions(self, words: tuple[str, str]) -> tuple[str, str]:
        """Return a caption and what stands small beside it."""
        return words if self.second else (words[0], "")


def compile_part(part: Element, pen: Pen) -> Draw | None:
    """Return how a part is drawn; None if it never is on this medium."""
    if isinstance(part, Headline):
        made: Draw | None = _headline(part, pen)
    elif isinstance(part, Rows):
        made = _rows(part, pen)
    elif isinstance(part, Line):
        made = _line(part, pen)
    elif isinstance(part, Bars):
        made = _bars(part, pen)
    elif isinstance(part, Square):
        made = _square(part, pen)
    elif isinstance(part, Blocks):
        made = _blocks(part, pen)
    elif isinstance(part, Ruler):
        made = _ruler(part, pen)
    else:
        assert isinstance(part, Picture)
        made = _picture(part, pen)
    if made is None or part.when is None or part.when.fixed:
        return made
    draw, test = made, part.when
    return lambda card, scene, page: draw(card, scene, page) if test.holds(card, scene) else None


def _told(page: Drawing, made: fonts.Fitted, told: str) -> str:
    """Return the one line of a fitted text, noting that it was cut."""
    if made.cut:
        page.cut.append(told)
    return made.lines[0]


# ---------------------------------------------------------------- rows


@dataclass(frozen=True, slots=True)
class _Column:
    """A cell with its captions measured: `heads[n]` = room for the caption at step n."""

    value: Text
    end: Text | None
    bold: int
    told: str
    when: Test | None
    first: str
    second: str
    heads: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A cell of one label: the two parts of its value and their widths at size 1."""

    column: _Column
    head: str
    tail: str
    head_width: float
    tail_width: float


Step = tuple[int, bool, bool]
"""How a row gives way: size, with the second language, with captions."""


def steps(size: tuple[int, int], second: bool) -> tuple[Step, ...]:
    """Return the steps of a row: at full size, smaller, without the second language, without captions."""
    sizes = (*range(size[0], size[1], -2), size[1])
    both = [(one, True, True) for one in sizes[:-1] or sizes] if second else []
    one_language = [(one, False, True) for one in sizes]
    bare = [(one, False, False) for one in sizes[1:] or sizes]
    return (*both, *one_language, *bare)


def _head_width(first: str, second: str, step: Step) -> float:
    size, both, captions = step
    if not first or not captions:
        return 0.0
    total = fonts.width(first, size - 4) + 6
    return total + fonts.width(second, size - 8) + 5 if both and second else total


def _column(cell: Cell, pen: Pen, ways: tuple[Step, ...]) -> _Column:
    first, second = pen.captions(cell.caption.both(pen.language))
    heads = tuple(_head_width(first, second, way) for way in ways)
    return _Column(cell.value, cell.end, cell.bold, cell.told.both(pen.language)[0], cell.when, first, second, heads)


def _rows(part: Rows, pen: Pen) -> Draw | None:
    ways = steps(part.size, pen.second)
    lines = [tuple(_column(cell, pen, ways) for cell in line) for line in part.lines if line]
    if not lines:
        return None
    placed = [(part.y + place * part.step, columns) for place, columns in enumerate(lines)]

    def draw(card: object, scene: Scene, page: Drawing) -> None:
        for baseline, columns in placed:
            shown = [one for column in columns if (one := _shown(column, card, scene))]
            if shown:
                _draw_row(page, pen, part, baseline, shown, ways)

    return draw


def _shown(column: _Column, card: object, scene: Scene) -> _Shown | None:
    """Return a cell's value parted into plain and bold; None if there is nothing to show."""
    if column.when is not None and not column.when.holds(card, scene):
        return None
    value, bold = column.value(card, scene), column.bold
    if column.end is not None:
        tail = fonts.clean(column.end(card, scene)).rstrip()
        value, bold = value + tail, len(tail)
    value = fonts.clean(value).strip()
    if not value:
        return None
    cut = 0 if bold < 0 else max(0, len(value) - bold)
    head, tail = value[:cut], value[cut:]
    return _Shown(column, head, tail, fonts.width(head, 1), fonts.width(tail, 1, True))


def _draw_row(page: Drawing, pen: Pen, part: Rows, baseline: int, shown: list[_Shown], ways: tuple[Step, ...]) -> None:
    """Place cells on one line: equal columns where they fit; a long one pushes its neighbour to the right."""
    room = part.right - part.x
    gaps = GAP * (len(shown) - 1)
    for number, way in enumerate(ways):  # the step that fits is used below
        size = way[0]
        wide = [one.column.heads[number] + (one.head_width + one.tail_width) * size for one in shown]
        if sum(wide) + gaps <= room:
            break
    else:
        wide = _squeeze(shown, wide, room - gaps)
    column = (room + GAP) / len(shown)
    equal = all(one <= column - GAP for one in wide)
    x: float = part.x
    for place, (cell, width) in enumerate(zip(shown, wide, strict=True)):
        if equal:
            x = part.x + place * column
        elif place == len(shown) - 1 and place:
            x = part.right - width
        _draw_cell(page, pen, x, baseline, cell, way, width)
        x += width + GAP


def _squeeze(cells: list[_Shown], wide: list[float], room: float) -> list[float]:
    """Take what is missing from the widest cell, numbers last: people look them up."""
    wide = list(wide)
    for words_only in (True, False):
        giving = [place for place, cell in enumerate(cells) if not (words_only and cell.tail)]
        while sum(wide) > room and giving:
            widest = max(giving, key=wide.__getitem__)
            least = _WORDS_KEEP if words_only else _NUMBERS_KEEP
            if wide[widest] <= least:
                break
            others = max((wide[place] for place in giving if place != widest), default=0.0)
            needed = wide[widest] - (sum(wide) - room)
            wide[widest] = max(needed, least, min(others, wide[widest] - 1))
    return wide


def _draw_cell(page: Drawing, pen: Pen, x: float, baseline: int, cell: _Shown, way: Step, room: float) -> None:
    size, both, captions = way
    column, end = cell.column, x + room
    if captions and column.first:
        x = pen.text(page, x, baseline, column.first, size - 4) + 5
        if both and column.second:
            x = pen.text(page, x, baseline, column.second, size - 8) + 6
        else:
            x += 1
    if x + (cell.head_width + cell.tail_width) * size <= end + 1.5:
        x = pen.text(page, x, baseline, cell.head, size)
        pen.text(page, x, baseline, cell.tail, size, bold=True)
        return
    bold = not cell.head
    # Of a number people read the last digits, of a name its beginning.
    number = bool(cell.tail) and (bool(cell.head) or cell.tail.isascii())
    made = fonts.fit(cell.head + cell.tail, end - x, (size,), bold=bold, keep_end=number)
    pen.text(page, x, baseline, _told(page, made, column.told), size, bold=bold)


# ---------------------------------------------------------------- texts


def _line(part: Line, pen: Pen) -> Draw:
    first, second = pen.captions(part.caption.both(pen.language))
    told = part.told.both(pen.language)[0]
    large, small = part.caption_size
    room = part.right - part.x
    if fonts.width(first, large) + fonts.width(second, small) > room / 2:
        second = ""
    if fonts.width(first, large) > room / 2:
        first = second = ""

    def draw(card: object, scene: Scene, page: Drawing) -> None:
        text = fonts.clean(part.text(card, scene)).strip()
        if not text:
            return
        x: float = part.x
        if first:
            x = pen.text(page, x, part.y, first, large) + 6
            x = (pen.text(page, x, part.y, second, small) + 8) if second else x
        fit = fonts.fit(text, part.right - x, part.sizes, bold=part.bold, lines=part.lines, keep_end=part.keep_end)
        if fit.cut:
            page.cut.append(told)
        for place, line in enumerate(fit.lines):
            free = part.right - x - fonts.width(line, fit.size, part.bold)
            start = x + (free / 2 if part.align == "centre" else free if part.align == "right" else 0)
            pen.text(page, start, part.y + place * part.step, line, fit.size, bold=part.bold)

    return draw


def _headline(part: Headline, pen: Pen) -> Draw:
    first, second = pen.captions(part.mark.both(pen.language))
    told = part.told.both(pen.language)[0]
    tall = part.height
    large = 24 if tall > 26 else 20
    mark_wide = fonts.width(first, large, True) + fonts.width(second, 16, True) + (22 if second else 16)
    if mark_wide > (part.right - part.x) / 3:
        second, mark_wide = "", fonts.width(first, large, True) + 16
    base = part.y + tall - 7

    def draw(card: object, scene: Scene, page: Drawing) -> None:
        right: float = part.right
        if first and (part.mark_when is None or part.mark_when.holds(card, scene)):
            page.block(pen.dots(right - mark_wide), pen.dots(part.y), pen.dots(mark_wide), pen.dots(tall))
            x = pen.text(page, right - mark_wide + 8, base, first, large, bold=True, white=True)
            pen.text(page, x + 6, base, second, 16, bold=True, white=True)
            right -= mark_wide + 8
        if mark := scene.paper.get("copy"):
            made = fonts.fit(mark, (right - part.x) / 2, (18, 16))
            right -= fonts.width(made.lines[0], made.size)
            pen.text(page, right, base - 1, made.lines[0], made.size)
            right -= 10
        room = right - part.x
        code = fonts.clean(part.code(card, scene)).strip() if part.code is not None else ""
        code_fit = fonts.fit(code, room * 0.4, (20, 18))
        code_wide = fonts.width(code_fit.lines[0], code_fit.size) + 10 if code else 0.0
        site = fonts.fit(part.text(card, scene), room - code_wide, part.sizes, bold=True)
        end = pen.text(page, part.x, base, _told(page, site, told), site.size, bold=True)
        if code:
            pen.text(page, end + 10, base, _told(page, code_fit, told), code_fit.size)

    return draw


# ---------------------------------------------------------------- codes, blocks, pictures


def _bars(part: Bars, pen: Pen) -> Draw:
    floor = max(2, int(2 * pen.scale))
    largest = max(floor, int(part.module * pen.scale))
    x0, x1 = pen.dots(part.x), pen.dots(part.right)

    def draw(card: object, scene: Scene, page: Drawing) -> None:
        try:
            matrix = codes.code128(part.text(card, scene))
        except ValueError:
            page.uncoded.append(part.text.source)
            return
        modules = matrix.columns + 2 * codes.QUIET_128
        module = min(largest, (x1 - x0) // modules)
        if module < floor:
            page.uncoded.append(part.text.source)
            return
        middle = (x0 + x1) // 2
        page.symbol(middle - matrix.columns * module // 2, pen.dots(part.y), matrix, module, pen.dots(part.height))

    return draw


def _square(part: Square, pen: Pen) -> Draw:
    largest = max(4, int(part.module * pen.scale))
    room = part.modules * largest

    def draw(card: object, scene: Scene, page: Drawing) -> None:
        try:
            matrix = codes.qr(part.text(card, scene))
        except ValueError:
            page.uncoded.append(part.text.source)
            return
        module = min(largest, room // matrix.rows)
        if module < 4:
            page.uncoded.append(part.text.source)
            return
        page.symbol(pen.dots(part.x), pen.dots(part.y), matrix, module, matrix.rows * module)

    return draw


def _blocks(part: Blocks, pen: Pen) -> Draw:
    blocks = [
        (pen.dots(x), pen.dots(y), max(1, pen.dots(wide)), max(1, pen.dots(high)))
        for x, y, wide, high in part.rectangles
    ]

    def draw(card: object, scene: Scene, page: Drawing) -> None:
        for block in blocks:
            page.block(*block)

    return draw


def _ruler(part: Ruler, pen: Pen) -> Draw:
    size = round(pen.medium.width_mm * 8), round(pen.medium.height_mm * 8)
    ticks = _blocks(Blocks(part.place, None, tuple(part.ticks(size))), pen)

    def draw(card: object, scene: Scene, page: Drawing) -> None:
        ticks(card, scene, page)
        for millimetre in range(10, size[0] // 8, 10) if part.top else ():
            text = str(millimetre)
            pen.text(page, millimetre * 8 - fonts.width(text, 16) / 2, 44, text, 16)

    return draw


def _picture(part: Picture, pen: Pen) -> Draw | None:
    if pen.logo is None:
        return None
    bits = pen.logo.fitted(pen.dots(part.width), pen.dots(part.height))
    x, y = pen.dots(part.x), pen.dots(part.y)
    return lambda _card, _scene, page: page.picture(x, y, bits)
