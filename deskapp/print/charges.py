"""What a repair costs, as quotes and receipts show it: lines, discount, total, amount in words.

Amounts end at the right edge with two decimals; the amount in words is the one that
counts if a figure is smudged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.platypus import Flowable

from deskapp.print import fonts
from deskapp.print.flow import Paper, Rule, Story
from deskapp.print.kit import gap, markup, rich, table, text
from deskapp.print.words import DASH, caption, say, word, yuan
from deskapp.rules import papers
from deskapp.rules.money import amount_in_words_cn


def charge_table(paper: Paper, lines: Sequence[papers.ChargeLine], *, until: bool) -> Story:
    """Return the table of charged lines; amounts end at the right edge with two decimals."""
    language = paper.language

    def heading(msgid: str, align: str = "left") -> Any:
        first, second = caption(msgid, language)
        return rich(f"{markup(first)} <font size='5.8'>{markup(second)}</font>", 7.2, align=align)

    if paper.roll:
        rows: list[list[Any]] = []
        for line in lines:
            amount = text(yuan(line.amount_fen), 9, align="right")
            rows.append([_line_title(paper, line, until), amount])
        if not rows:
            return []
        return [table(rows, [paper.width - 58, 58], [("BOTTOMPADDING", (0, 0), (-1, -1), 3)], splitByRow=1)]
    heads = [
        heading("paper|Item"),
        heading("paper|Qty", "right"),
        heading("paper|Price", "right"),
        heading("paper|Amount", "right"),
    ]
    rows = [heads]
    for line in lines:
        rows.append(
            [
                _line_title(paper, line, until),
                text(str(line.quantity), 9, align="right"),
                text(yuan(line.unit_price_fen), 9, align="right"),
                text(yuan(line.amount_fen), 9, align="right"),
            ]
        )
    numbers = 38.0, 66.0, 74.0
    style: list[tuple[Any, ...]] = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.5, "black"),
        ("TOPPADDING", (0, 1), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, "#bbbbbb"),
    ]
    return [table(rows, [paper.width - sum(numbers), *numbers], style, repeatRows=1, splitByRow=1)]


def _line_title(paper: Paper, line: papers.ChargeLine, until: bool) -> Any:
    """Return name, part number, serials and warranty of one line."""
    small = "7.2" if paper.roll else "6.8"
    kind = word(line.kind, paper.language)
    title = line.name or kind
    parts = [markup(title)]
    if line.name and line.kind is not papers.LineKind.PART:
        parts = [markup(f"{kind}  {line.name}")]
    extra = [line.part_no] if line.part_no else []
    if line.old_serial_no or line.new_serial_no:
        extra.append(
            say(
                "paper|serial {old} → {new}",
                paper.language,
                old=line.old_serial_no or DASH,
                new=line.new_serial_no or DASH,
            )
        )
    if until and line.warranty_until:
        extra.append(say("paper|warranty until {day}", paper.language, day=line.warranty_until))
    if paper.roll and (line.quantity != 1):
        extra.insert(0, f"{line.quantity}\u00a0×\u00a0{yuan(line.unit_price_fen)}")
    if extra:
        parts.append(f'<font size="{small}">{markup("  ·  ".join(extra))}</font>')
    return rich(("<br/>" if paper.roll else "&nbsp;&nbsp; ").join(parts), 9)


def total_lines(paper: Paper, fen: int, discount_fen: int, discount_reason: str, title: str) -> list[Flowable]:
    """Return discount, total and the amount in words."""
    rows: list[list[Any]] = []
    if discount_fen:
        first, second = caption("paper|Discount", paper.language)
        words = f"{first} {second}" + (f"  {discount_reason}" if discount_reason else "")
        rows.append([text(words, 8.4), text("-" + yuan(discount_fen), 9, align="right")])
    first, second = caption(title, paper.language)
    rows.append(
        [
            rich(f"{markup(first, True)} <font size='7.2'>{markup(second)}</font>", 11, bold=True),
            text(f"¥{yuan(fen)}", 15, bold=True, align="right", tight=True),
        ]
    )
    wide = paper.width * 0.5
    style = [("VALIGN", (0, 0), (-1, -1), "BOTTOM"), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)]
    words = amount_in_words_cn(fen)
    first, second = caption("paper|In words", paper.language)
    shown = words.removeprefix("人民币")
    in_words = rich(
        f'<font size="7.2">{markup(first)}</font> <font size="5.8">{markup(second)}</font>&nbsp; '
        f'<font name="{fonts.BOLD}">{markup(shown if "人民币" in first else words, True)}</font>',
        10,
        align="left",
    )
    return [
        gap(4),
        table(rows, [wide, paper.width - wide], style),
        gap(3),
        in_words,
        gap(3),
        Rule(paper.width, 1.0),
        gap(4),
    ]
