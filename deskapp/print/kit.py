"""The pieces stories are made of: paragraphs, captioned grids, tables, heads, signatures.

Every text from a card is escaped before it enters a paragraph's markup, so a name
like `<img src=...>` prints as it was typed and can load, link or draw nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, Paragraph, Spacer, Table

from deskapp.print import codes, fonts
from deskapp.print.flow import GREY, Box, Code, Paper, Rule, Story
from deskapp.print.words import DASH, caption, copy_mark, say

_ALIGN = {"left": TA_LEFT, "right": TA_RIGHT, "center": TA_CENTER}
_FLAT: list[tuple[Any, ...]] = [
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("FONTNAME", (0, 0), (-1, -1), fonts.REGULAR),
]


@cache
def _style(size: float, bold: bool, align: str, cjk: bool, tight: bool) -> ParagraphStyle:
    return ParagraphStyle(
        "desk",
        fontName=fonts.BOLD if bold else fonts.REGULAR,
        fontSize=size,
        leading=size * (1.2 if tight else 1.32),
        alignment=_ALIGN[align],
        wordWrap="CJK" if cjk else None,
        splitLongWords=1,
        bulletFontName=fonts.REGULAR,
    )


def markup(text: str, bold: bool = False) -> str:
    """Return a text as paragraph markup: escaped, rare characters in the font that has them."""
    base = fonts.BOLD if bold else fonts.REGULAR
    parts = []
    for run in fonts.runs(text, bold):
        safe = escape(run.text)
        parts.append(safe if run.font == base else f'<font name="{run.font}">{safe}</font>')
    return "".join(parts)


def rich(
    marked: str, size: float = 9, *, bold: bool = False, align: str = "left", cjk: bool = True, tight: bool = False
) -> Paragraph:
    """Return a paragraph of ready markup."""
    return Paragraph(marked, _style(size, bold, align, cjk, tight))


def text(value: str, size: float = 9, *, bold: bool = False, align: str = "left", tight: bool = False) -> Paragraph:
    """Return a paragraph of one text of a card; Latin text breaks at blanks, Chinese anywhere."""
    words = value.split(" ")
    cjk = not value.isascii() or max(map(len, words)) > 24
    return rich(markup(value, bold), size, bold=bold, align=align, cjk=cjk, tight=tight)


def ink(paper: Paper) -> str:
    """Return the colour of captions: grey on a page, black on a thermal roll."""
    level = 0 if paper.roll else round(GREY * 255)
    return f"#{level:02x}{level:02x}{level:02x}"


def caption_markup(paper: Paper, msgid: str, size: float = 7.0) -> str:
    """Return a caption in both languages, the second smaller."""
    first, second = caption(msgid, paper.language)
    small = max(5.6, size * 0.82)
    return (
        f'<font size="{size:g}" color="{ink(paper)}">{markup(first)}</font>'
        f'<font size="{small:g}" color="{ink(paper)}"> {markup(second)}</font>'
    )


def stacked(paper: Paper, msgid: str, value: str, *, size: float = 9, bold: bool = False, room: float = 0) -> Paragraph:
    """Return a caption with its value under it; with a known room, numbers break at blanks first."""
    lines = [value or DASH]
    if room and value:
        least = 6.6 if value.isascii() else 7.4
        size = min(size, max(least, size * room / max(fonts.width(value, size, bold), 1)))
        lines = fonts.wrap(value, room + 0.1, size, bold)
    shown = "<br/>".join(markup(line, bold) for line in lines)
    name = fonts.BOLD if bold else fonts.REGULAR
    caption_size = 7.2 if paper.roll else 6.8
    return rich(
        f'{caption_markup(paper, msgid, caption_size)}<br/><font name="{name}" size="{size:g}">{shown}</font>', size
    )


def beside(paper: Paper, msgid: str, value: str, *, size: float = 9, bold: bool = False) -> Paragraph:
    """Return a caption with its value after it on the same line."""
    name = fonts.BOLD if bold else fonts.REGULAR
    shown = f'<font name="{name}">{markup(value or DASH, bold)}</font>'
    return rich(f"{caption_markup(paper, msgid, 7.2 if paper.roll else 6.8)}&nbsp; {shown}", size)


def gap(height: float) -> Spacer:
    """Return empty height in points."""
    return Spacer(1, height)


def table(rows: list[list[Any]], widths: Sequence[float], style: Sequence[tuple[Any, ...]] = (), **more: Any) -> Table:
    """Return a table without padding or lines but those of the style."""
    made = Table(rows, colWidths=list(widths), hAlign="LEFT", **more)
    made.setStyle([*_FLAT, *style])
    return made


def grid(
    paper: Paper, cells: Sequence[tuple[str, str]], columns: int, *, size: float = 8.8, bold: Sequence[str] = ()
) -> Table:
    """Return captioned values in equal columns, row after row."""
    room = paper.width / columns - 6
    made: list[Any] = [stacked(paper, msgid, value, size=size, bold=msgid in bold, room=room) for msgid, value in cells]
    while len(made) % columns:
        made.append("")
    rows = [made[start : start + columns] for start in range(0, len(made), columns)]
    return table(
        rows,
        [paper.width / columns] * columns,
        [("BOTTOMPADDING", (0, 0), (-1, -1), 3.5), ("RIGHTPADDING", (0, 0), (-2, -1), 6)],
    )


def section(paper: Paper, msgid: str) -> list[Flowable]:
    """Return a heading of a part of the paper over a fine line."""
    first, second = caption(msgid, paper.language)
    heading = rich(
        f'<font name="{fonts.BOLD}" size="9.4">{markup(first, True)}</font>'
        f'<font size="6.6" color="{ink(paper)}">&nbsp; {markup(second)}</font>',
        9.4,
    )
    return [gap(4), heading, gap(1.5), Rule(paper.width, 0.5), gap(3.5)]


def head(paper: Paper, title: str, number_caption: str, number: str, payload: str, level: str = "M") -> Story:
    """Return the head of a paper: title, site, number with its QR, copy mark."""
    paper.title = title
    first, second = caption(title, paper.language)
    code = square(paper, payload, level) if payload else None
    mark = copy_mark(paper.facts.copy_no, paper.language)
    site = paper.site.name + (f"  {paper.site.code}" if paper.site.code else "")
    if paper.roll:
        return _roll_head(paper, (first, second), (number_caption, number), code, mark, site)
    code_wide = code.width + 4 * code.module * code.dot if code else 0.0
    left = [
        text(site, 9.5, bold=True),
        gap(3),
        rich(f'<font name="{fonts.BOLD}" size="19">{markup(first, True)}</font>', 19, bold=True, tight=True),
        rich(f'<font color="{ink(paper)}">{markup(second.upper())}</font>', 7.4),
    ]
    right = [
        rich(caption_markup(paper, number_caption), 7, align="right"),
        text(number, 11.5, bold=True, align="right"),
        gap(4),
        _pill(paper, mark, paper.width * 0.5 - code_wide / 2 - 2),
    ]
    body = table(
        [[left, right, code or ""]],
        [paper.width * 0.5 - code_wide / 2, paper.width * 0.5 - code_wide / 2, code_wide],
        [("ALIGN", (2, 0), (2, 0), "RIGHT"), ("RIGHTPADDING", (1, 0), (1, 0), 2)],
    )
    return [body, gap(5), Rule(paper.width, 1.3), gap(6)]


def square(paper: Paper, payload: str, level: str = "M", module: int = 4) -> Code:
    """Return a QR flowable; `module` in dots of a 203 dpi head."""
    matrix = codes.qr(payload, level)
    dots = max(3, round(module * paper.medium.dots_per_mm / 8))
    return Code(matrix, dots, matrix.rows * dots, paper.medium.dots_per_mm)


def _pill(paper: Paper, mark: str, room: float) -> Flowable:
    """Return the copy mark: plain for an original, in a frame for a reprint."""
    if paper.facts.copy_no == 0:
        return rich(f'<font color="{ink(paper)}">{markup(mark)}</font>', 7.4, align="right")
    wide = fonts.width(mark, 8.4, True) + 12
    framed = table(
        [[text(mark, 8.4, bold=True, align="center", tight=True)]],
        [wide],
        [
            ("BOX", (0, 0), (-1, -1), 0.9, "black"),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ],
    )
    return table([["", framed]], [room - wide, wide])


def _roll_head(
    paper: Paper, title: tuple[str, str], number: tuple[str, str], code: Code | None, mark: str, site: str
) -> Story:
    """Return the head on a roll: everything in the middle, the code large."""
    centred = table([[code or ""]], [paper.width], [("ALIGN", (0, 0), (-1, -1), "CENTER")])
    first, second = caption(number[0], paper.language)
    return [
        text(site, 10, bold=True, align="center"),
        gap(2),
        rich(markup(title[0], True), 17, bold=True, align="center", tight=True),
        rich(markup(title[1].upper()), 7.4, align="center"),
        gap(10),
        centred,
        gap(9),
        rich(f'{markup(first)} <font size="6.2">{markup(second)}</font>', 7.4, align="center"),
        text(number[1], 12, bold=True, align="center"),
        text(mark, 8, align="center", bold=paper.facts.copy_no > 0),
        gap(5),
        Rule(paper.width, 1.2),
        gap(5),
    ]


def choice(paper: Paper, options: Sequence[tuple[str, bool]], size: float = 8, room: float = 0) -> list[Flowable]:
    """Return check boxes with their words, as many on a line as fit; drawn, because no font has them."""
    room = room or paper.width
    lines: list[list[tuple[str, bool, float]]] = [[]]
    used = 0.0
    for words, ticked in options:
        wide = min(room - 11, fonts.width(words, size) + 12)
        if lines[-1] and used + wide + 11 > room:
            lines.append([])
            used = 0.0
        lines[-1].append((words, ticked, wide))
        used += wide + 11
    made: list[Flowable] = []
    for line in lines:
        cells: list[Any] = []
        widths: list[float] = []
        for words, ticked, wide in line:
            cells += [Box(ticked), text(words, size, tight=True)]
            widths += [11, wide]
        style = [("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5)]
        made.append(table([cells], widths, style))
    return made


def signatures(paper: Paper, slots: Sequence[tuple[str, str]]) -> Table:
    """Return signature lines: caption, a known name if there is one, room to sign."""
    per_row = 2 if paper.roll else len(slots)
    between = 10.0
    wide = (paper.width - between * (per_row - 1)) / per_row
    rows: list[list[Any]] = []
    style: list[tuple[Any, ...]] = [("BOTTOMPADDING", (0, 0), (-1, -1), 11), ("TOPPADDING", (0, 0), (-1, -1), 2)]
    for row, start in enumerate(range(0, len(slots), per_row)):
        cells: list[Any] = []
        for place, (msgid, name) in enumerate(slots[start : start + per_row]):
            cells += [stacked(paper, msgid, name or " ", size=8.4), ""]
            style.append(("LINEBELOW", (place * 2, row), (place * 2, row), 0.6, "black"))
        cells += [""] * (2 * per_row - len(cells))
        rows.append(cells[:-1])
    return table(rows, ([wide, between] * per_row)[:-1], style)


def notes(paper: Paper, lines: Sequence[str], size: float = 7.0, columns: int = 1) -> list[Flowable]:
    """Return numbered small print, in one or two columns read downwards."""
    wide = paper.width / columns
    tall = -(-len(lines) // columns)
    made: list[list[Flowable]] = [[] for _ in range(columns)]
    for index, line in enumerate(lines):
        row = [[text(f"{index + 1}.", size), text(line, size)]]
        made[index // tall].append(table(row, [11, wide - 11 - (8 if columns > 1 else 0)]))
    if columns == 1:
        return made[0]
    return [table([made], [wide] * columns)]


def foot(paper: Paper) -> Story:
    """Return the closing lines of a roll; pages have their foot line instead."""
    if not paper.roll:
        return []
    where = say("paper|Page {number} of {count}", paper.language, number=1, count=1)
    return [
        gap(6),
        Rule(paper.width, 0.5),
        gap(3),
        text(f"{paper.foot_text()}  ·  {where}", 7.2, align="center"),
        gap(6),
    ]
