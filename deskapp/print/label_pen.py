"""What all labels are drawn with: rows of captioned cells, head line, codes.

Sizes are thought in dots of a 203 dpi head (8 per mm) and scaled to the target's.
Text starts at 22 dots (2.75 mm) and never falls below 18, where dense characters
close up on a thermal head.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from deskapp.print import codes, fonts
from deskapp.print.drawing import Drawing
from deskapp.print.media import Medium
from deskapp.print.words import caption, copy_mark

BODY = (22, 20, 18)
_GAP = 14
# How a row gives way: (size, with the second language, with captions).
_STEPS = (
    (22, True, True), (20, True, True), (22, False, True), (20, False, True), (18, False, True),
    (20, False, False), (18, False, False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """A caption and its value; `bold_tail` last characters are bold and survive a cut."""

    caption: str
    value: str
    bold_tail: int = 0
    field: str = ""


class Pen:
    """Draws on one label, scaling from 203 dpi dots to the head's."""

    def __init__(self, medium: Medium, language: str) -> None:
        self.medium = medium
        self.language = language
        self.scale = medium.dots_per_mm / 8
        self.page = Drawing(medium.width_dots, medium.height_dots)
        self.left, self.right = 14, round(medium.width_mm * 8) - 14
        self.bottom = round(medium.height_mm * 8) - 8

    def dots(self, units: float) -> int:
        """Return units at 203 dpi as whole dots of this head."""
        return round(units * self.scale)

    def text(
        self, x: float, baseline: float, text: str, size: int, *, bold: bool = False, white: bool = False
    ) -> float:
        """Place a text; returns the end in units."""
        end = self.page.text(self.dots(x), self.dots(baseline), text, self.dots(size), bold=bold, white=white)
        return end / self.scale

    def width(self, text: str, size: int, bold: bool = False) -> float:
        """Return the width of a text in units."""
        return fonts.width(text, size, bold)

    def line(self, y: float, x0: float | None = None, x1: float | None = None) -> None:
        """Draw a hairline of two dots across the label."""
        start = self.left if x0 is None else x0
        end = self.right if x1 is None else x1
        self.page.block(self.dots(start), self.dots(y), self.dots(end - start), self.dots(2))

    def fitted(
        self,
        x: float,
        baseline: float,
        room: float,
        text: str,
        sizes: tuple[int, ...],
        field: str,
        *,
        bold: bool = False,
        keep_end: bool = False,
    ) -> float:
        """Place a text in a room, shrinking and at last cutting it; the cut is reported."""
        made = fonts.fit(text, room, sizes, bold=bold, keep_end=keep_end)
        if made.cut:
            self.page.cut.append(field)
        return self.text(x, baseline, made.lines[0], made.size, bold=bold)

    # ------------------------------------------------------------ rows

    def row(self, baseline: float, cells: list[Cell], x0: float | None = None) -> None:
        """Place cells on one line: at full size, else smaller, without English, without captions, cut.

        Cells keep to equal columns where they fit; a long one pushes its neighbour to the right.
        """
        start = self.left if x0 is None else x0
        room = self.right - start
        shown = [cell for cell in cells if cell.value]
        if not shown:
            return
        gaps = _GAP * (len(shown) - 1)
        for size, english, captions in _STEPS:
            if not captions:
                shown = [replace(cell, caption="") for cell in shown]
            wide = [self._head_width(cell, size, english) + self._value_width(cell, size) for cell in shown]
            if sum(wide) + gaps <= room:
                break
        else:
            wide = self._squeeze(shown, wide, room - gaps)
        column = (room + _GAP) / len(shown)
        equal = all(one <= column - _GAP for one in wide)
        x = start
        for place, (cell, one) in enumerate(zip(shown, wide, strict=True)):
            if equal:
                x = start + place * column
            elif place == len(shown) - 1 and place:
                x = self.right - one
            self._cell(x, baseline, cell, size, english, one)
            x += one + _GAP

    def _head_width(self, cell: Cell, size: int, english: bool) -> float:
        if not cell.caption:
            return 0
        first, second = caption(cell.caption, self.language)
        total = self.width(first, size - 4) + 6
        return total + self.width(second, size - 8) + 5 if english else total

    def _value_width(self, cell: Cell, size: int) -> float:
        head, tail = _split(cell)
        return self.width(head, size) + self.width(tail, size, True)

    def _squeeze(self, cells: list[Cell], wide: list[float], room: float) -> list[float]:
        """Take what is missing from the widest cell, numbers last: people look them up."""
        wide = list(wide)
        for words_only in (True, False):
            open_to_cut = [place for place, cell in enumerate(cells) if not (words_only and cell.bold_tail)]
            while sum(wide) > room and open_to_cut:
                widest = max(open_to_cut, key=wide.__getitem__)
                least = 90.0 if words_only else 40.0
                if wide[widest] <= least:
                    break
                others = max((wide[place] for place in open_to_cut if place != widest), default=0.0)
                needed = wide[widest] - (sum(wide) - room)
                wide[widest] = max(needed, least, min(others, wide[widest] - 1))
        return wide

    def _cell(self, x: float, baseline: float, cell: Cell, size: int, english: bool, room: float) -> None:
        end = x + room
        if cell.caption:
            first, second = caption(cell.caption, self.language)
            x = self.text(x, baseline, first, size - 4) + 5
            if english:
                x = self.text(x, baseline, second, size - 8) + 6
            else:
                x += 1
        head, tail = _split(cell)
        if x + self.width(head, size) + self.width(tail, size, True) <= end + 1.5:
            x = self.text(x, baseline, head, size)
            self.text(x, baseline, tail, size, bold=True)
            return
        whole, bold = head + tail, not head
        self.fitted(x, baseline, end - x, whole, (size,), cell.field, bold=bold, keep_end=bool(cell.bold_tail))

    # ------------------------------------------------------------ pieces

    def top(self, site: str, code: str, *, rush: bool, copy_no: int, height: int = 30) -> None:
        """Draw the head line: site at the left, rush block and reprint mark at the right."""
        right: float = self.right
        if rush:
            first, second = caption("paper|RUSH", self.language)
            large = 24 if height > 26 else 20
            wide = self.width(first, large, True) + self.width(second, 16, True) + 22
            self.page.block(self.dots(right - wide), self.dots(8), self.dots(wide), self.dots(height))
            x = self.text(right - wide + 8, 8 + height - 7, first, large, bold=True, white=True)
            self.text(x + 6, 8 + height - 7, second, 16, bold=True, white=True)
            right -= wide + 8
        if copy_no:
            mark = copy_mark(copy_no, self.language).partition(" / ")[0]
            made = fonts.fit(mark, (right - self.left) / 2, (18, 16))
            right -= self.width(made.lines[0], made.size)
            self.text(right, 8 + height - 8, made.lines[0], made.size)
            right -= 10
        sizes = (26, 24, 22, 20) if height > 26 else (22, 20, 18)
        code_wide = self.width(code, 20) if code else 0
        room = right - self.left - (code_wide + 10 if code else 0)
        end = self.fitted(self.left, 8 + height - 7, room, site, sizes, "site", bold=True)
        if code:
            self.text(end + 10, 8 + height - 7, code, 20)

    def bars(self, x0: float, x1: float, y: float, height: float, number: str) -> None:
        """Draw a Code 128 in the middle between x0 and x1; quiet zones included in that room."""
        module = max(2, int(2 * self.scale))
        matrix = codes.code128(number)
        middle = (self.dots(x0) + self.dots(x1)) // 2
        self.page.symbol(middle - matrix.columns * module // 2, self.dots(y), matrix, module, self.dots(height))

    def square(self, x: float, y: float, number: str, units: int = 5) -> int:
        """Draw a QR with modules of `units` dots at 203 dpi; returns its size in units."""
        module = max(4, int(units * self.scale))
        matrix = codes.qr(number)
        self.page.symbol(self.dots(x), self.dots(y), matrix, module, matrix.rows * module)
        return round(matrix.rows * module / self.scale)

    def centred(self, x0: float, x1: float, baseline: float, text: str, size: int, *, bold: bool = False) -> None:
        """Place a text in the middle between x0 and x1."""
        self.text((x0 + x1 - self.width(text, size, bold)) / 2, baseline, text, size, bold=bold)


def _split(cell: Cell) -> tuple[str, str]:
    value = fonts.clean(cell.value)
    cut = max(0, len(value) - cell.bold_tail)
    return value[:cut], value[cut:]
