"""Tables of paper templates, and what a repair costs: lines, discount, total, amount in words.

A table's captions are repeated at the head of every page it runs on. Amounts end at the
right edge with two decimals; the amount in words counts if a figure is smudged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from deskapp.errors import N_
from deskapp.print import pieces, typeset
from deskapp.print.expressions import Text
from deskapp.print.paper_forms import ticked
from deskapp.print.paper_parts import Block, ByMedium, Conditional, Reading, Scope
from deskapp.print.pieces import Pair, beside, gap, kept, lines, rule, tall, text
from deskapp.print.strips import Paper, Story, Strip, Stroke, Tick, shifted
from deskapp.print.template_reader import NO_WORDS, Words
from deskapp.print.typeset import Piece, Style
from deskapp.print.words import DASH, caption, say, word, yuan
from deskapp.rules import papers
from deskapp.rules.money import amount_in_words_cn

HAIR = 0.25
_PALE = 0.73
_HEADS = ("paper|Item", "paper|Qty", "paper|Price", "paper|Amount")
CAPTIONS = (*_HEADS, "paper|Discount", "paper|In words")
"""Captions of charges, which no template names."""


@dataclass(frozen=True, slots=True)
class Column(Conditional):
    """One column of a table: its caption, its share of the width, and what stands in it."""

    words: Words = NO_WORDS
    share: float = 1.0
    align: str = "left"
    value: Text | None = None
    tick: str = ""
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Table(Block):
    """One row for each entry of a list of the card."""

    of: str = ""
    columns: tuple[Column, ...] = ()
    size: ByMedium | None = None
    total: tuple[tuple[Text, Text], ...] = ()
    empty: tuple[Text, Text] | None = None
    spare: ByMedium | None = None
    row_tall: ByMedium | None = None

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `of`, `columns`, `size`, `total` (a text for each column), `empty`, `spare` (rows to write in),
        `row` (least height of a row, points)."""
        table = reading.table
        conditions = reading.conditions()
        of, inner = reading.listed("of")
        columns = tuple(_column(Reading(one, inner.names, inner.parse)) for one in table.tables("columns"))
        totals = tuple(reading.two("total", one) for one in table.texts("total"))
        empty = table.text("empty", "")
        return Table(
            *conditions, of, columns, reading.number("size", 8.2, 5, 14), totals,
            reading.two("empty", empty) if empty else None, reading.number("spare", 0, 0, 40),
            reading.number("row", 0, 0, 60),
        )  # fmt: skip

    def story(self, scope: Scope) -> Story:
        """Set the table; on a 58 mm roll only the columns meant for it are there."""
        paper = scope.paper
        rows = attrgetter(self.of)(scope.card)
        spare = int(scope.pick(self.spare or {"": 0.0}))
        if not rows and not spare:
            if self.empty is None:
                return []
            chosen = self.empty[0 if scope.scene.language == "zh_CN" else 1]
            return text(paper, scope.say(chosen), 9)
        columns = [one for one in self.columns if scope.holds(one)]
        grid = _Grid(paper, columns, scope.pick(self.size or {"": 8.2}))
        head = grid.head([scope.pair(one.words) for one in columns])
        made: Story = [head]
        least = scope.pick(self.row_tall or {"": 0.0})
        for number, row in enumerate(rows, 1):
            inner = scope.of(row)
            inner.index = number
            made += grid.row([_said(column, inner) for column in columns], least)
        made += [strip for _ in range(spare) for strip in grid.row([" "] * len(columns), max(17.0, least))]
        for strip in made[1:]:
            strip.head = head
        if self.total:
            tongue = 0 if scope.scene.language == "zh_CN" else 1
            totals = [
                scope.say(one[tongue])
                for one, column in zip(self.total, self.columns, strict=False)
                if scope.holds(column)
            ]
            made[-1].keep = True
            made += grid.total(totals)
        return made


def _column(reading: Reading) -> Column:
    table = reading.table
    made = Column(
        *reading.conditions(), table.words("caption"), reading.number("share", 1.0, 0.1, 20.0)[""],
        table.text("align", "left", choices=("left", "right", "center")), reading.value("value", ""),
        reading.path("tick", (bool, StrEnum)), table.flag("bold", False),
    )  # fmt: skip
    table.done()
    return made


def _said(column: Column, scope: Scope) -> str | Tick:
    if column.tick:
        return Tick(0, 0, 6.5, ticked(attrgetter(column.tick)(scope.card), crossed=True))
    if column.value is not None and column.value.source == "#":
        return str(scope.index)
    said = scope.say(column.value) if column.value else ""
    return "" if said == DASH else said


class _Grid:
    """The columns of one table on one paper."""

    def __init__(self, paper: Paper, columns: Sequence[Column], size: float) -> None:
        self.paper, self.columns, self.size = paper, columns, size
        whole = sum(column.share for column in columns)
        self.places: list[tuple[float, float]] = []
        x = 0.0
        for number, column in enumerate(columns):
            wide = paper.width * column.share / whole
            self.places.append((x, wide - (0 if number == len(columns) - 1 else 5)))
            x += wide

    def head(self, captions: Sequence[Pair]) -> Strip:
        """Return the captions: both languages, one above the other, over a line."""
        cells: list[tuple[float, Story]] = []
        for (x, room), column, (first, second) in zip(self.places, self.columns, captions, strict=True):
            style = Style(self.paper.size(7.2))
            cell = lines([Piece(first, typeset.fitting(first, style, room, self.paper.least))], room,
                         align=column.align, leading=1.2)  # fmt: skip
            if second and self.paper.second:
                small = typeset.fitting(second, Style(self.paper.size(5.6), False, True), room, 5.2)
                cell += lines([Piece(second, small)], room, align=column.align, leading=1.2)
            cells.append((x, cell))
        made = beside(cells)
        made.marks.append(Stroke(0, made.height + 2.6, self.paper.width, made.height + 2.6, 0.6))
        return Strip(made.height + 3.0, made.marks, keep=True)

    def row(self, values: Sequence[str | Tick], tall_as: float = 0.0) -> Story:
        """Return one row over a hairline; a very tall one as a strip for each line."""
        cells = [self._cell(place, value) for place, value in enumerate(values)]
        parts = pieces.parted([(x, cell) for (x, _), cell in zip(self.places, cells, strict=True)])
        over = max(0.0, tall_as - sum(part.height for part in parts) - 5.0)
        parts[0] = _padded(parts[0], 2.2 + over / 2, 0.0)
        parts[-1] = _padded(parts[-1], 0.0, 2.8 + over / 2)
        low = parts[-1].height - HAIR / 2
        parts[-1].marks.append(Stroke(0, low, self.paper.width, low, HAIR, _PALE))
        return parts

    def _cell(self, place: int, value: str | Tick) -> Story:
        room, column = self.places[place][1], self.columns[place]
        size = self.paper.size(self.size)
        if isinstance(value, Tick):
            left = {"left": 0.4, "right": room - 7, "center": (room - 6.5) / 2}[column.align]
            return [Strip(size * 1.2, [value._replace(x=left, y=max(0.4, (size * 1.2 - 6.5) / 2))])]
        style = Style(size, column.bold)
        if value.isascii() and " " not in value:
            # A number that just does not fit is set smaller: parted it could be read wrongly.
            style = typeset.fitting(value, style, room, max(5.2, self.paper.least, size * 0.8))
        return lines([Piece(value, style)], room, align=column.align, leading=1.2)

    def total(self, values: Sequence[str]) -> Story:
        """Return the last row, bold under a line."""
        style = Style(self.paper.size(self.size + 0.8), True)
        cells = [
            (x, lines([Piece(value, style)], room, align=column.align, leading=1.2))
            for (x, room), column, value in zip(self.places, self.columns, values, strict=True)
        ]
        made = _padded(beside(cells), 2.6, 2.0)
        made.marks.append(Stroke(0, 0.3, self.paper.width, 0.3, 0.6))
        return [made]


def _padded(strip: Strip, above: float, below: float) -> Strip:
    moved = shifted(strip.marks, 0, above) if above else strip.marks
    return Strip(strip.height + above + below, moved, strip.keep, strip.blank, strip.head)


# ---------------------------------------------------------------- charges


@dataclass(frozen=True, slots=True)
class Charges(Block):
    """What is charged, with discount, total and the amount in words."""

    until: bool = True
    words: Words = NO_WORDS

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `total` (its caption) and `until` (print warranty ends). The card needs lines and sums of a receipt."""
        if not issubclass(reading.names.scope, papers.RepairReceiptCard | papers.QuoteCard):
            reading.table.wrong("block", N_("Only receipts and quotes have charges."))
        return Charges(*reading.conditions(), reading.table.flag("until", True), reading.table.words("total"))

    def story(self, scope: Scope) -> Story:
        """Set lines and sums."""
        paper, card = scope.paper, scope.card
        assert isinstance(card, papers.RepairReceiptCard | papers.QuoteCard)
        made = _roll_lines(paper, card.lines, self.until) if paper.roll else _page_lines(paper, card.lines, self.until)
        reason = getattr(card, "discount_reason", "")
        return [*made, *_totals(paper, card.total_fen, card.discount_fen, reason, scope.pair(self.words))]


def _page_lines(paper: Paper, charged: Sequence[papers.ChargeLine], until: bool) -> Story:
    """Return item, quantity, price, amount; the captions stand even over an empty table."""
    grow = paper.size(9) / 9
    numbers = (38.0 * grow, 66.0 * grow, 74.0 * grow)
    first = paper.width - sum(numbers)
    places = [(0.0, first - 8), (first, numbers[0] - 4), (first + numbers[0], numbers[1] - 4),
              (first + numbers[0] + numbers[1], numbers[2])]  # fmt: skip
    heads: list[tuple[float, Story]] = []
    for number, ((x, room), msgid) in enumerate(zip(places, _HEADS, strict=True)):
        words = pieces.caption_pieces(paper, caption(msgid, paper.language), 7.2)
        black = [Piece(one.text, Style(one.style.size)) for one in words]
        heads.append((x, lines(black, room, align="right" if number else "left")))
    head = _padded(beside(heads), 0.0, 3.0)
    head.marks.append(Stroke(0, head.height - 0.4, paper.width, head.height - 0.4, 0.5))
    head.keep = True
    made: Story = [head]
    for line in charged:
        title = lines(_title(paper, line, until), places[0][1])
        cells: list[tuple[float, Story]] = [(0.0, title)]
        for (x, room), said in zip(
            places[1:], (str(line.quantity), yuan(line.unit_price_fen), yuan(line.amount_fen)), strict=True
        ):
            style = typeset.fitting(said, Style(paper.size(9)), room, 6.0)
            cells.append((x, lines([Piece(said, style)], room, align="right")))
        row = pieces.parted(cells)
        row[0] = _padded(row[0], 1.8, 0.0)
        row[-1] = _padded(row[-1], 0.0, 2.8)
        low = row[-1].height - HAIR / 2
        row[-1].marks.append(Stroke(0, low, paper.width, low, HAIR, _PALE))
        for strip in row:
            strip.head = head
        made += row
    return made


def _roll_lines(paper: Paper, charged: Sequence[papers.ChargeLine], until: bool) -> Story:
    """Return item and amount."""
    made: Story = []
    for line in charged:
        said = yuan(line.amount_fen)
        style = Style(paper.size(9))
        wide = max(44.0, typeset.width(said, style))
        title = lines(_title(paper, line, until), paper.width - wide - 6)
        amount = lines([Piece(said, style)], wide, align="right")
        made += [*pieces.parted([(0.0, title), (paper.width - wide, amount)]), Strip(3.0, blank=True)]
    return made


def _title(paper: Paper, line: papers.ChargeLine, until: bool) -> list[Piece]:
    """Return name, part number, serials and warranty of one line."""
    kind = word(line.kind, paper.language)
    name = line.name or kind
    if line.name and line.kind is not papers.LineKind.PART:
        name = f"{kind}  {line.name}"
    extra = [line.part_no] if line.part_no else []
    if line.old_serial_no or line.new_serial_no:
        old, new = line.old_serial_no or DASH, line.new_serial_no or DASH
        extra.append(say("paper|serial {old} → {new}", paper.language, old=old, new=new))
    if until and line.warranty_until:
        extra.append(say("paper|warranty until {day}", paper.language, day=line.warranty_until))
    if paper.roll and line.quantity != 1:
        extra.insert(0, f"{line.quantity}\u00a0×\u00a0{yuan(line.unit_price_fen)}")
    made = [Piece(name, Style(paper.size(9)))]
    if extra:
        made.append(Piece("   " + "  ·  ".join(extra), Style(paper.size(7.2 if paper.roll else 6.8))))
    return made


def _totals(paper: Paper, fen: int, discount_fen: int, reason: str, words: Pair) -> Story:
    """Return discount, total and the amount in words."""
    made: Story = [gap(4.0)]
    wide = paper.width
    if discount_fen:
        first, second = caption("paper|Discount", paper.language)
        said = f"{first} {second}" + (f"  {reason}" if reason else "")
        amount = text(paper, "-" + yuan(discount_fen), 9, wide * 0.3, align="right")
        made += [beside([(0.0, text(paper, said, 8.4, wide * 0.68)), (wide * 0.7, amount)]), Strip(2.0)]
    title = [Piece(words[0], Style(paper.size(11), True))]
    if words[1] and paper.second:
        title.append(Piece(" " + words[1], Style(paper.size(7.2), True)))
    figure = f"¥{yuan(fen)}"
    style = typeset.fitting(figure, Style(paper.size(15), True), wide * 0.6, 9.0)
    total = [
        (0.0, lines(title, wide * 0.38)),
        (wide * 0.4, lines([Piece(figure, style)], wide * 0.6, align="right", leading=1.2)),
    ]
    made += [beside(total, low=True), Strip(3.0)]
    capitals = amount_in_words_cn(fen)
    first, second = caption("paper|In words", paper.language)
    in_words = [Piece(first, Style(paper.size(7.2)))]
    if second and paper.second:
        in_words.append(Piece(" " + second, Style(paper.size(5.8))))
    shown = capitals.removeprefix("人民币") if "人民币" in first or "人民币" in second else capitals
    in_words.append(Piece("  " + shown, Style(paper.size(10), True)))
    made += [*lines(in_words, wide), Strip(3.0), rule(paper, 1.0), Strip(4.0)]
    return kept(made) if tall(made) < paper.room else made
