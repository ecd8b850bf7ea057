"""Painting laid papers on a PDF canvas: strips, foot line, and what marks a paper that no longer holds.

Text goes into the page as plain operators: the library's text objects format every number
three times, which was a third of the time of a receipt.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from deskapp.print import typeset
from deskapp.print.drawing import mask_operator
from deskapp.print.media import POINTS_PER_MM
from deskapp.print.pdf_file import Book, Texts
from deskapp.print.strips import (
    AS_IT_IS,
    GREY,
    Drawn,
    Frame,
    Laid,
    Mark,
    Paper,
    Pen,
    Print,
    Stroke,
    Symbol,
    Tick,
    Truing,
    Words,
    shifted,
    words_at,
)
from deskapp.print.typeset import Style
from deskapp.print.words import caption, say
from deskapp.rules.paper_store import NO_LONGER_VALID


def draw(book: Book, laid: Laid, *, dot_page: bool = False, truing: Truing = AS_IT_IS) -> Drawn:
    """Draw a laid paper in the document, one or more pages.

    `dot_page` makes the unit one dot; a roll is then as wide as the head, without the paper's edges.
    `truing` is what the page printer was found to need; dots of a head need none.
    """
    paper = laid.paper
    pages = [groups_of(laid, number) for number in range(1, len(laid.pages) + 1)]
    book.begin(_standing(paper, pages))
    for groups in pages:
        _page(book, laid, groups, dot_page, truing)
    return Drawn(len(laid.pages), laid.height_mm, tuple(paper.cut), laid.finest)


_FIGURES = "0123456789-.:·/"
Groups = list[tuple[float, list[Mark]]]
"""Marks by how far below the top of the text they lie."""


def groups_of(laid: Laid, number: int) -> Groups:
    """Return everything on one page (counted from 1), strip by strip."""
    found: Groups = [(y, strip.marks) for strip, y in laid.pages[number - 1] if strip.marks]
    if not laid.paper.roll:
        found.append((0.0, _foot(laid.paper, number, len(laid.pages))))
    return found


def _standing(paper: Paper, pages: Iterable[Groups]) -> Texts:
    """Return what stands on every paper like this one: its captions, what its foot says, the branch, and figures."""
    said = paper.standing
    found = [
        (mark[2], mark[3][1]) for groups in pages for _, marks in groups for mark in marks
        if type(mark) is Words and mark[2] in said
    ]  # fmt: skip
    more = (paper.site.name, _FIGURES, _foot_words(paper.language))
    weights = sorted({bold for _, bold in found})
    return (*found, *[(text, bold) for bold in weights for text in more[: 2 if bold else 3]])


@cache
def _foot_words(language: str) -> str:
    """Return the words of a foot line without what they are said of."""
    told = ("paper|Station {station}", "paper|Printed {time}", "paper|Page {number} of {count}")
    return "".join([say(one, language, station="", time="", number="", count="") for one in told])


def marks_of(laid: Laid, number: int) -> list[Mark]:
    """Return everything on one page (counted from 1); places from the upper left corner of the text."""
    return [mark for y, marks in groups_of(laid, number) for mark in shifted(marks, 0.0, y)]


def _page(book: Book, laid: Laid, groups: Groups, dot_page: bool, truing: Truing) -> None:
    paper, medium = laid.paper, laid.paper.medium
    dots_per_point = medium.dots_per_mm / POINTS_PER_MM
    scale = dots_per_point if dot_page else 1.0
    side = 0.0 if dot_page and medium.head_dots else medium.margin_mm * POINTS_PER_MM
    wide = medium.print_dots / dots_per_point if dot_page else medium.width_mm * POINTS_PER_MM
    tall = laid.height_mm * POINTS_PER_MM
    top = tall - medium.edge_mm * POINTS_PER_MM
    code: list[str] = []
    if dot_page:
        # Codes before the scale, whose hair of rounding could move one by a dot.
        found = [mark for y, marks in groups for mark in shifted(marks, 0.0, y)]
        code += [_spot(mark, side, top, dots_per_point, 1.0) for mark in found if isinstance(mark, Symbol | Print)]
        groups = [(0.0, [mark for mark in found if not isinstance(mark, Symbol | Print)])]
    code.append("q")
    if dot_page:
        code.append(f"{scale:.6f} 0 0 {scale:.6f} 0 0 cm")
    elif truing != AS_IT_IS:
        (right, down), (across, along) = truing.move_mm, truing.scale
        left, low = across * right * POINTS_PER_MM, tall * (1 - along) - along * down * POINTS_PER_MM
        code.append(f"{across:.6f} 0 0 {along:.6f} {left:.3f} {low:.3f} cm")
    code += _operators(book, paper, groups, side, top, dots_per_point)
    if paper.facts.superseded_by:
        code += _superseded(book, paper, wide, tall)
    code.append("Q")
    book.page(wide * scale, tall * scale, code)


def _operators(book: Book, paper: Paper, groups: Groups, left: float, top: float, dots_per_point: float) -> list[str]:
    """Return the page operators of marks whose origin lies at left, top."""
    code: list[str] = []
    grey = not paper.black
    texts: dict[bool, list[Words]] = {False: [], True: []}
    for y, marks in groups:
        others = []
        for mark in marks:
            if type(mark) is Words:
                x, base, text, style, width = mark
                texts[style[2] and grey].append(words_at((x, base + y, text, style, width)))
            else:
                others.append(mark)
        for mark in shifted(others, 0.0, y) if others else ():
            code += _drawn(mark, left, top, dots_per_point, paper.black)
    for soft, found in texts.items():
        if found:
            code.append(f"BT {GREY if soft else 0:g} g")
            code += _words(book, found, left, top)
            code.append("ET")
    return code


def _drawn(mark: Mark, left: float, top: float, dots_per_point: float, black: bool) -> list[str]:
    """Return the operators of anything that is no text."""
    if isinstance(mark, Stroke):
        return _stroke(mark, left, top, black)
    if isinstance(mark, Frame):
        x, y = left + mark.x, top - mark.y - mark.height
        return [f"{mark.thick:.2f} w 0 G {x:.2f} {y:.2f} {mark.width:.2f} {mark.height:.2f} re S"]
    if isinstance(mark, Tick):
        return _tick(mark, left, top)
    if isinstance(mark, Pen):
        return _pen(mark, left, top)
    assert isinstance(mark, Symbol | Print)
    return [_spot(mark, left, top, dots_per_point, 1 / dots_per_point)]


def _words(book: Book, marks: Iterable[Words], left: float, top: float) -> list[str]:
    """Return text operators; a rare character's run goes on where the one before it ended."""
    code: list[str] = []
    now: tuple[str, float] = ("", 0.0)
    for x, y, text, (size, bold, _soft), _width in marks:
        place = f"1 0 0 1 {left + x:.2f} {top - y:.2f} Tm "
        for font, codes in book.coded(text, bold):
            if (font, size) != now:
                code.append(f"/{font} {size:g} Tf")
                now = font, size
            code.append(f"{place}<{codes}> Tj")
            place = ""
    return code


def _stroke(mark: Stroke, left: float, top: float, black: bool) -> list[str]:
    dash = "[2 2] 0 d" if mark.dash else "[] 0 d"
    return [
        f"{mark.thick:.2f} w {0 if black else mark.grey:g} G {dash} {left + mark.x:.2f} {top - mark.y:.2f} m "
        f"{left + mark.x2:.2f} {top - mark.y2:.2f} l S",
        *(["[] 0 d"] if mark.dash else []),
    ]


_TICKED = (((0.2, 0.5), (0.42, 0.22)), ((0.42, 0.22), (0.85, 0.85)))
_CROSSED = (((0.2, 0.2), (0.8, 0.8)), ((0.2, 0.8), (0.8, 0.2)))


def tick_strokes(mark: Tick) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return the lines inside a check box, in parts of its size from its lower left corner."""
    return () if mark.ticked is None else _TICKED if mark.ticked else _CROSSED


def _tick(mark: Tick, left: float, top: float) -> list[str]:
    size = mark.size
    x, y = left + mark.x, top - mark.y - size
    code = [f"0.7 w 0 G {x:.2f} {y:.2f} {size:.2f} {size:.2f} re S"]
    for (x1, y1), (x2, y2) in tick_strokes(mark):
        code.append(f"1.1 w {x + x1 * size:.2f} {y + y1 * size:.2f} m {x + x2 * size:.2f} {y + y2 * size:.2f} l S")
    return code


def _spot(mark: Symbol | Print, left: float, top: float, dots_per_point: float, dot: float) -> str:
    """Return the operators of a code or a picture: on whole dots of the page, wherever the text puts it.

    `dot` is the size of a dot in the unit of the page.
    """
    x, y = round((left + mark.x) * dots_per_point), round((top - mark.y) * dots_per_point)
    if isinstance(mark, Symbol):
        wide, high = mark.matrix.columns * mark.module_dots, mark.height_dots
        shown = mask_operator(mark.matrix, x, y - high, wide, high)
    else:
        wide, high = mark.picture.columns, mark.picture.rows
        shown = mask_operator(mark.picture, x, y - high, wide, high)
    # Eight decimals are some picometres; what counts is that the dots of the raster are met.
    return f"q {dot:.8f} 0 0 {dot:.8f} 0 0 cm 0 g {shown} Q"


def _pen(mark: Pen, left: float, top: float) -> list[str]:
    code = ["q 1 J 1 j 0.9 w 0 G"]
    for stroke in mark.strokes:
        points = [f"{left + mark.x + x:.1f} {top - mark.y - y:.1f}" for x, y in stroke]
        code.append(f"{points[0]} m {' '.join(f'{point} l' for point in points[1:] or points)} S")
    return [*code, "Q"]


def _foot(paper: Paper, number: int, count: int) -> list[Mark]:
    """Return the foot line of a page, under the room of the text."""
    soft = Style(max(6.4, paper.least), soft=True)
    base = paper.room + 16.0
    where = say("paper|Page {number} of {count}", paper.language, number=number, count=count)
    wide = typeset.width(where, soft)
    room = paper.width - wide - 12
    style, text = soft, paper.foot_text()
    if typeset.width(text, style) > room:
        style = typeset.fitting(text, soft, room, max(4.4, paper.least * 0.75))
        text = "".join(run.text for run in typeset.set_lines([typeset.Piece(text, style)], room)[0].runs)
    line = base - soft.size - 3.6
    return [
        Stroke(0.0, line, paper.width, line, 0.4, 0.7),
        Words(0.0, base, text, style, typeset.width(text, style)),
        Words(paper.width - wide, base, where, soft, wide),
    ]


SLANT = (0.95106, 0.30902)
"""Cosine and sine of the word across a paper that no longer holds: 18 degrees."""


def superseded_words(paper: Paper) -> tuple[str, float, float]:
    """Return what stands across a paper that a later one replaces, its size and half its width, in points."""
    first, second = caption("paper|SUPERSEDED", paper.language)
    later = paper.facts.superseded_by
    text = f"{first} {second}" + ("" if later == NO_LONGER_VALID else f" → {later}")
    unit = max(1.0, typeset.width(text, Style(1, True)))
    size = min(16.0, paper.width * 0.8 / unit)
    return text, size, size * unit / 2


def superseded_frame(size: float, half: float) -> tuple[float, float, float, float]:
    """Return the frame around that word: x, y, width, height from its middle, before it is slanted."""
    return -half - 8, -size * 0.5, 2 * half + 16, size * 1.7


def _superseded(book: Book, paper: Paper, wide: float, tall: float) -> list[str]:
    """Return a frame with the word across a paper that a later one replaces."""
    text, size, half = superseded_words(paper)
    across, up = SLANT
    x, y, width, height = superseded_frame(size, half)
    return [
        f"q {across} {up} {-up} {across} {wide / 2:.2f} {tall * 0.62:.2f} cm 1.4 w 0 G",
        f"{x:.2f} {y:.2f} {width:.2f} {height:.2f} re S BT 0 g",
        *_words(book, [Words(-half, -size * 0.05, text, Style(size, True), 2 * half)], 0.0, 0.0),
        "ET Q",
    ]
