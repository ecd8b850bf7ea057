"""The pieces papers are made of: lines of text, captioned values, tables, heads, signatures.

Each returns strips as wide as the room it is given; `beside` puts several next to each
other. Every text enters as characters, so a name like `<img src=...>` prints as typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from deskapp.print import codes, typeset
from deskapp.print.media import POINTS_PER_MM
from deskapp.print.strips import Frame, Mark, Paper, Story, Strip, Stroke, Symbol, Tick, Words, shifted
from deskapp.print.typeset import Piece, Style
from deskapp.print.words import DASH, copy_mark, say

Pair = tuple[str, str]
"""A caption as the reader's language has it, and in the other one (empty where it is the same)."""

VALUE, CAPTION, SECOND, HEADING = 8.8, 6.8, 5.6, 9.4
ROLL_CAPTION, ROLL_SECOND = 7.2, 7.1
LONG = 8
"""So many lines, and a cell may be parted between pages."""


def gap(height: float) -> Strip:
    """Return empty height in points, which may vanish at the head of a page."""
    return Strip(height, blank=True)


def rule(paper: Paper, thick: float = 0.5, *, grey: float = 0.0, dash: bool = False, wide: float = 0.0) -> Strip:
    """Return a line across the text."""
    return Strip(thick, [Stroke(0, thick / 2, wide or paper.width, thick / 2, thick, grey, dash)])


def lines(pieces: Sequence[Piece], room: float, *, align: str = "left", leading: float = 1.32) -> Story:
    """Return text as strips, one a line."""
    return [Strip(tall, [*marks]) for tall, marks in _lines(tuple(pieces), room, align, leading)]


@lru_cache(maxsize=1024)
def _lines(pieces: tuple[Piece, ...], room: float, align: str, leading: float) -> tuple[tuple[float, list[Mark]], ...]:
    """Return height and marks of each line; captions and names come again on paper after paper."""
    made = []
    for line in typeset.set_lines(pieces, room):
        tall = line.size * leading
        base = (tall - line.size) / 2 + 0.88 * line.size
        start = 0.0 if align == "left" else (room - line.width) * (1.0 if align == "right" else 0.5)
        marks: list[Mark] = []
        for number, run in enumerate(line.runs):
            end = line.runs[number + 1].x if number + 1 < len(line.runs) else line.width
            marks.append(Words(start + run.x, base, run.text, run.style, end - run.x))
        made.append((tall, marks))
    return tuple(made)


def text(
    paper: Paper,
    value: str,
    size: float = VALUE,
    room: float = 0.0,
    *,
    bold: bool = False,
    soft: bool = False,
    align: str = "left",
    leading: float = 1.32,
) -> Story:
    """Return one text; `size` is scaled as the paper asks, and less for a number wider than the room."""
    room = room or paper.width
    style = Style(paper.size(size), bold, soft)
    if typeset.width(value, style) > room:
        style = whole_words(value, style, room, paper.least)
    return lines([Piece(value, style)], room, align=align, leading=leading)


def longest(value: str, style: Style) -> float:
    """Return the width of the longest number or Latin word in a text."""
    return max((typeset.width(word, style) for word in value.split() if word.isascii()), default=0.0)


def whole_words(value: str, style: Style, room: float, least: float) -> Style:
    """Return the style, smaller if a number in the text would be parted: parted it could be read wrongly."""
    longest = max((word for word in value.split() if word.isascii()), key=len, default="")
    return typeset.fitting(longest, style, room, max(least, style.size * 0.72)) if len(longest) > 8 else style


def caption_pieces(paper: Paper, words: Pair, size: float = 0.0) -> tuple[Piece, ...]:
    """Return a caption in both languages, the second smaller."""
    first = size or (ROLL_CAPTION if paper.roll else CAPTION)
    second = ROLL_SECOND if paper.roll else first * 0.82
    return _captions(words, paper.size(first), paper.size(second) if paper.second else 0.0)


@lru_cache(maxsize=1024)
def _captions(words: Pair, size: float, second: float) -> tuple[Piece, ...]:
    first = Piece(words[0], Style(size, False, True))
    return (first, Piece(" " + words[1], Style(second, False, True))) if words[1] and second else (first,)


def caption_lines(paper: Paper, words: Pair, room: float) -> Story:
    """Return a caption as lines: where both languages do not fit beside each other, each has a line of its own."""
    found = caption_pieces(paper, words)
    if len(found) < 2 or sum([typeset.width(one.text, one.style) for one in found]) <= room:
        return lines(found, room)
    return [*lines(found[:1], room), *lines([Piece(found[1].text.strip(), found[1].style)], room)]


def tall(strips: Iterable[Strip]) -> float:
    """Return how tall strips are together."""
    return sum([strip.height for strip in strips])


def stack(strips: Iterable[Strip]) -> Strip:
    """Return strips one under the other as a single one, which is never parted."""
    marks: list[Mark] = []
    y = 0.0
    for strip in strips:
        marks += shifted(strip.marks, 0, y) if y else strip.marks
        y += strip.height
    return Strip(y, marks)


def beside(columns: Iterable[tuple[float, Iterable[Strip]]], *, low: bool = False) -> Strip:
    """Return columns (left end, strips) next to each other as one strip; `low` stands them on one base."""
    made = [(x, [*strips]) for x, strips in columns]
    heights = [tall(strips) for _, strips in made]
    height = max(heights, default=0.0)
    marks: list[Mark] = []
    for (x, strips), own in zip(made, heights, strict=True):
        y = height - own if low else 0.0
        for strip in strips:
            if strip.marks:
                marks += shifted(strip.marks, x, y) if x or y else strip.marks
            y += strip.height
    return Strip(height, marks)


def parted(columns: Sequence[tuple[float, Story]]) -> Story:
    """Return columns next to each other: one strip, or one for each line where a column is long."""
    count = max((len(strips) for _, strips in columns), default=0)
    if count <= LONG:
        return [beside(columns)]
    return [beside([(x, strips[number : number + 1]) for x, strips in columns]) for number in range(count)]


def kept(strips: Story) -> Story:
    """Return strips that move to the next page together."""
    for strip in strips[:-1]:
        strip.keep = True
    return strips


def indented(strips: Story, by: float) -> Story:
    """Return strips moved right."""
    return [Strip(one.height, shifted(one.marks, by, 0), one.keep, one.blank, one.head) for one in strips]


# ---------------------------------------------------------------- captioned values


def cell(
    paper: Paper, words: Pair, value: str, room: float, *, size: float = VALUE, bold: bool = False
) -> tuple[Story, Story]:
    """Return caption and value of one cell; a number too long for it is set smaller before it is parted."""
    style = Style(paper.size(size), bold)
    style = typeset.fitting(value, style, room, max(paper.least, style.size * (0.75 if value.isascii() else 0.84)))
    if typeset.width(value, style) > room + 0.01 and not value.isascii():
        style = Style(paper.size(size), bold)  # it takes two lines anyway
    return caption_lines(paper, words, room), lines([Piece(value or DASH, style)], room)


def grid(
    paper: Paper, cells: Sequence[tuple[Pair, str, bool]], columns: int, *, size: float = VALUE, width: float = 0.0
) -> Story:
    """Return captioned values in equal columns, row after row; the values of a row start on one line.

    A value too long for its column goes over as many as it needs in one row.
    """
    wide = (width or paper.width) / columns
    rows: list[list[tuple[int, tuple[Story, Story]]]] = [[]]
    used = 0
    for words, value, bold in cells:
        need = min(columns, _span(paper, value, size, bold, wide, columns))
        if used + need > columns:
            rows.append([])
            used = 0
        rows[-1].append((used, cell(paper, words, value, wide * need - 6, size=size, bold=bold)))
        used += need
    made: Story = []
    for row in rows:
        if not row:
            continue
        if len(row) == 1 and len(row[0][1][1]) > LONG:  # a tale in a field: it may go over pages
            head, body = row[0][1]
            made += [*kept([*head, body[0]]), *body[1:], Strip(5.0, blank=True)]
            continue
        heads = max(tall(head) for _, (head, _) in row)
        parts = [(at * wide, [*head, Strip(heads - tall(head)), *body]) for at, (head, body) in row]
        made += [beside(parts), Strip(5.0, blank=True)]
    return made


def _span(paper: Paper, value: str, size: float, bold: bool, wide: float, columns: int) -> int:
    """Return how many columns a value gets: one, or all if it would need more than three lines in one."""
    style = Style(paper.size(size), bold)
    need = typeset.width(value, style)
    if need <= (wide - 6) * 2.4:
        return 1
    return 2 if need <= (wide * 2 - 6) * 2 else columns


def line_of(
    paper: Paper, words: Pair, value: str, *, size: float = VALUE, bold: bool = False, room: float = 0.0
) -> Story:
    """Return a caption with its value after it on the same line."""
    pieces = [*caption_pieces(paper, words), Piece("  ", Style(paper.size(size)))]
    return lines([*pieces, Piece(value or DASH, Style(paper.size(size), bold))], room or paper.width)


def captioned(
    paper: Paper, words: Pair, value: Story | str, *, size: float = VALUE, indent: float = 82.0, room: float = 0.0
) -> Story:
    """Return a caption in a column of its own with the text beside it, which may be long; each line a strip."""
    wide = room or paper.width
    body = value if not isinstance(value, str) else text(paper, value or DASH, size, wide - indent)
    head = caption_lines(paper, words, indent - 4)
    first: Story = []
    for number in range(max(len(head), 1)):
        left = head[number : number + 1]
        first.append(beside([(0.0, _based(left, body[number : number + 1])), (indent, body[number : number + 1])]))
    made = [*first, *indented(body[len(first) :], indent), Strip(1.0, blank=True)]
    made[0].keep = len(made) > 1
    return made


def _based(head: Story, body: Story) -> Story:
    """Return a caption line lowered so that it stands on the baseline of the text beside it."""
    if not head or not body:
        return head
    lower = _base(body[0]) - _base(head[0])
    return [Strip(max(0.0, lower)), *head] if lower > 0 else head


def _base(strip: Strip) -> float:
    return max((mark.y for mark in strip.marks if isinstance(mark, Words)), default=0.0)


# ---------------------------------------------------------------- headings


def section(paper: Paper, words: Pair) -> Story:
    """Return a heading of a part of the paper over a fine line."""
    size = paper.size(HEADING)
    pieces = [Piece(words[0], Style(size, True))]
    if words[1] and paper.second:
        pieces.append(Piece("  " + words[1], Style(paper.size(6.6), False, True)))
    made = [gap(4.0), *lines(pieces, paper.width), Strip(1.5), rule(paper), Strip(3.5)]
    for strip in made[1:]:
        strip.keep = True
    return made


def square(paper: Paper, payload: str, level: str = "M", module: int = 4) -> Strip:
    """Return a QR code; `module` in dots of a 203 dpi head."""
    matrix = codes.qr(payload, level)
    return _symbol(paper, matrix, max(4 if paper.medium.needles else 3, module), 0)


def bars(paper: Paper, payload: str, module: int = 2, height_mm: float = 8.0) -> Strip:
    """Return a Code 128 with its quiet zones left and right."""
    matrix = codes.code128(payload)
    made = _symbol(paper, matrix, max(4, module) if paper.medium.needles else module, height_mm)
    side = matrix.quiet * module * POINTS_PER_MM / 8
    return Strip(made.height, shifted(made.marks, side, 0))


def _symbol(paper: Paper, matrix: codes.Matrix, module: int, height_mm: float) -> Strip:
    per_mm = paper.medium.dots_per_mm
    dots = max(3 if matrix.rows > 1 else 2, round(module * per_mm / 8))
    dot = POINTS_PER_MM / per_mm
    height = matrix.rows * dots if matrix.rows > 1 else round(height_mm * per_mm)
    return Strip(height * dot, [Symbol(0, 0, matrix, dots, height, dot)])


def wide_of(strip: Strip) -> float:
    """Return how far the marks of a strip reach to the right."""
    return max((mark.box()[2] for mark in strip.marks), default=0.0)


def copy_line(paper: Paper, room: float, align: str) -> Strip:
    """Return the copy mark: plain for an original, in a frame for a reprint."""
    mark = copy_mark(paper.facts.copy_no, paper.language)
    if paper.facts.copy_no == 0:
        return stack(text(paper, mark, 8 if paper.roll else 7.4, room, soft=True, align=align))
    style = Style(paper.size(8.4), True)
    wide = typeset.width(mark, style)
    height = style.size * 1.6
    left = {"left": 0.0, "right": room - wide - 12, "center": (room - wide - 12) / 2}[align]
    return Strip(
        height,
        [Frame(left, 0, wide + 12, height, 0.9), Words(left + 6, height / 2 + style.size * 0.37, mark, style, wide)],
    )


# ---------------------------------------------------------------- boxes to tick, small print


def ticks(paper: Paper, options: Sequence[tuple[str, bool | None]], size: float = 8.0, room: float = 0.0) -> Story:
    """Return check boxes with their words, as many on a line as fit."""
    room = room or paper.width
    style = Style(paper.size(size))
    box = min(7.0, style.size * 0.86)
    made: Story = []
    row: list[tuple[float, Story]] = []
    used = 0.0
    for words, ticked in options:
        wide = min(room - 11, typeset.width(words, style)) + 11
        if row and used + wide > room:
            made += [beside(row), Strip(1.5)]
            row, used = [], 0.0
        set_words = lines([Piece(words, style)], room - 11, leading=1.3)
        mark = Strip(set_words[0].height, [Tick(0.4, (set_words[0].height - box) / 2, box, ticked)])
        row += [(used, [mark]), (used + 11, set_words)]
        used += wide + 11
    if row:
        made += [beside(row), Strip(1.5)]
    return made


def numbered(paper: Paper, texts: Sequence[str], size: float = 7.0, columns: int = 1) -> Story:
    """Return numbered small print, in one or more columns read downwards."""
    wide = paper.width / columns
    each = -(-len(texts) // columns)
    stories: list[Story] = [[] for _ in range(columns)]
    for index, words in enumerate(texts):
        room = wide - 11 - (8 if columns > 1 else 0)
        body = text(paper, words, size, room)
        number = text(paper, f"{index + 1}.", size, 12)
        first = beside([(0.0, number), (11.0, body[:1])])
        stories[index // each] += kept([first, *indented(body[1:], 11.0)])
    if columns == 1:
        return [*stories[0], gap(3.0)]
    return [beside([(place * wide, story) for place, story in enumerate(stories)]), gap(3.0)]


def closing(paper: Paper) -> Story:
    """Return the closing lines of a roll; pages have their foot line instead."""
    if not paper.roll:
        return []
    where = say("paper|Page {number} of {count}", paper.language, number=1, count=1)
    words = f"{paper.foot_text()}  ·  {where}"
    return [Strip(6.0), rule(paper), Strip(3.0), *text(paper, words, 7.2, align="center"), Strip(6.0)]


def at_most(values: Sequence[Any], count: int) -> list[list[Any]]:
    """Return values in groups of at most `count`."""
    return [list(values[start : start + count]) for start in range(0, len(values), count)]
