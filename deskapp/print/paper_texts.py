"""Blocks of paper templates that say something: head, captioned values, figures, sentences."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from deskapp.print import pieces, typeset
from deskapp.print.expressions import Text
from deskapp.print.media import POINTS_PER_MM
from deskapp.print.paper_parts import Block, ByMedium, Entry, Reading, Scope, shown
from deskapp.print.pieces import beside, gap, lines, rule, stack, tall, text, wide_of
from deskapp.print.strips import Frame, Paper, Print, Story, Strip
from deskapp.print.template_reader import NO_WORDS, Words
from deskapp.print.typeset import Piece, Style

# ---------------------------------------------------------------- head


@dataclass(frozen=True, slots=True)
class Head(Block):
    """Who, what, which number: site, title, number with its QR, copy mark."""

    title: Words = NO_WORDS
    number_caption: Words = NO_WORDS
    number: Text | None = None
    code: Text | None = None
    level: str = "M"

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `title`, `caption`, `number`, `code` and `level`."""
        table = reading.table
        return Head(
            *reading.conditions(), table.words("title"), table.words("caption"), reading.value("number", "{number}"),
            reading.value("code", ""), table.text("level", "M", choices=("L", "M", "Q")),
        )  # fmt: skip

    def story(self, scope: Scope) -> Story:
        """Set the head; on a roll everything stands in the middle."""
        paper = scope.paper
        payload = scope.say(self.code) if self.code else ""
        code = pieces.square(paper, payload, self.level) if payload else None
        return self._roll(scope, code) if paper.roll else self._page(scope, code)

    def _site(self, paper: Paper) -> str:
        return paper.site.name + (f"  {paper.site.code}" if paper.site.code else "")

    def _page(self, scope: Scope, code: Strip | None) -> Story:
        paper = scope.paper
        wide = wide_of(code) if code else 0.0
        # The quiet zone of the code is part of its column.
        room = paper.width - (wide + 4 * wide / 21 if code else 0.0)
        number = scope.say(self.number) if self.number else ""
        right_wide = max(paper.width * 0.34, typeset.width(number, Style(paper.size(11.5), True)) + 2)
        left_wide = room - right_wide - 6
        first, second = scope.pair(self.title)
        logo = _logo(paper, 30.0, left_wide)
        style = typeset.fitting(first, Style(paper.size(19), True), left_wide, 12.0)
        left = [
            *logo,
            *text(paper, self._site(paper), 9.5, left_wide, bold=True),
            Strip(3.0),
            *lines([Piece(first, style)], left_wide, leading=1.2),
            *text(paper, second.upper(), 7.4, left_wide, soft=True),
        ]
        right = [
            *lines(pieces.caption_pieces(paper, scope.pair(self.number_caption)), right_wide, align="right"),
            *text(paper, number, 11.5, right_wide, bold=True, align="right"),
            Strip(4.0),
            pieces.copy_line(paper, right_wide, "right"),
        ]
        if paper.part:
            right += [Strip(2.0), *text(paper, paper.part, 9.5, right_wide, bold=True, align="right")]
        columns: list[tuple[float, Story]] = [(0.0, left), (left_wide + 6, right)]
        if code:
            columns.append((paper.width - wide, [code]))
        return [beside(columns), Strip(5.0), rule(paper, 1.3), Strip(6.0)]

    def _roll(self, scope: Scope, code: Strip | None) -> Story:
        paper = scope.paper
        first, second = scope.pair(self.title)
        number = scope.say(self.number) if self.number else ""
        caption = pieces.caption_pieces(paper, scope.pair(self.number_caption), 7.4)
        style = typeset.fitting(number, Style(paper.size(12), True), paper.width, 8.0)
        middle: Story = []
        if code:
            middle = [Strip(10.0), beside([((paper.width - wide_of(code)) / 2, [code])]), Strip(9.0)]
        return [
            *_logo(paper, 34.0, paper.width, middle=True),
            *text(paper, self._site(paper), 10, bold=True, align="center"),
            Strip(2.0),
            *lines([Piece(first, typeset.fitting(first, Style(paper.size(17), True), paper.width, 11.0))],
                   paper.width, align="center", leading=1.2),
            *text(paper, second.upper(), 7.4, align="center"),
            *middle,
            *lines(caption, paper.width, align="center"),
            *lines([Piece(number, style)], paper.width, align="center"),
            pieces.copy_line(paper, paper.width, "center"),
            Strip(5.0), rule(paper, 1.2), Strip(5.0),
        ]  # fmt: skip


def _logo(paper: Paper, height: float, room: float, *, middle: bool = False) -> Story:
    """Return the branch's logo, no taller than `height` and no wider than half the room."""
    logo = paper.logo
    if logo is None:
        return []
    dot = POINTS_PER_MM / paper.medium.dots_per_mm
    bits = logo.fitted(int(room * 0.6 / dot), int(height / dot))
    wide, tall_ = bits.columns * dot, bits.rows * dot
    return [Strip(tall_, [Print((room - wide) / 2 if middle else 0.0, 0.0, wide, tall_, bits)]), Strip(4.0)]


# ---------------------------------------------------------------- captioned values


@dataclass(frozen=True, slots=True)
class Fields(Block):
    """Captioned values in equal columns."""

    entries: tuple[Entry, ...] = ()
    columns: ByMedium | None = None
    size: ByMedium | None = None

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `fields`, `columns` and `size`."""
        return Fields(
            *reading.conditions(), reading.entries("fields"),
            reading.number("columns", 4, 1, 6) if reading.table.has("columns")
            else {"": 4.0, "roll": 2.0, "narrow": 1.0}, reading.number("size", pieces.VALUE, 6, 20),
        )  # fmt: skip

    def story(self, scope: Scope) -> Story:
        """Set the values row by row."""
        cells = [(entry.pair(scope), said, entry.bold) for entry, said in shown(self.entries, scope)]
        columns = int(scope.pick(self.columns or {"": 4.0}))
        return pieces.grid(scope.paper, cells, columns, size=scope.pick(self.size or {"": pieces.VALUE}))


@dataclass(frozen=True, slots=True)
class Lines(Block):
    """Captioned values, each after its caption; in one or more columns, or beside a column of captions."""

    entries: tuple[Entry, ...] = ()
    columns: ByMedium | None = None
    size: ByMedium | None = None
    indent: ByMedium | None = None
    caption_wide: ByMedium | None = None

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `fields`, `columns`, `size`, `indent` (of the block) and `captions` (width of their column, points)."""
        return Lines(
            *reading.conditions(), reading.entries("fields"), reading.number("columns", 1, 1, 6),
            reading.number("size", pieces.VALUE, 6, 20), reading.number("indent", 0),
            reading.number("captions", 0, 0, 200),
        )  # fmt: skip

    def story(self, scope: Scope) -> Story:
        """Set the values; in columns they stand one below the other only where one needs the whole width."""
        paper, size = scope.paper, scope.pick(self.size or {"": pieces.VALUE})
        indent, captions = scope.pick(self.indent or {"": 0.0}), scope.pick(self.caption_wide or {"": 0.0})
        columns = int(scope.pick(self.columns or {"": 1.0}))
        room = paper.width - indent
        made: Story = []
        row: list[Story] = []
        for entry, said in shown(self.entries, scope):
            if captions:
                wide = captions * max(1.0, paper.size(6.8) / 6.8)
                made += pieces.captioned(paper, entry.pair(scope), said, size=size, indent=wide, room=room)
                continue
            cell = pieces.line_of(paper, entry.pair(scope), said, size=size, bold=entry.bold, room=room)
            if columns == 1 or len(cell) > 1:
                made += [*_in_row(row, room, columns), *cell]
                row = []
                continue
            if row and sum(map(_reach, [*row, cell])) + 10 * len(row) > room:
                made += _in_row(row, room, columns)
                row = []
            row.append(cell)
            if len(row) == columns:
                made += _in_row(row, room, columns)
                row = []
        made += _in_row(row, room, columns)
        made.append(gap(2.0))
        return pieces.indented(made, indent) if indent else made


def _reach(cell: Story) -> float:
    return max(map(wide_of, cell), default=0.0)


def _in_row(row: list[Story], room: float, columns: int) -> Story:
    """Return cells side by side in equal columns, or closer together where one needs more than its column."""
    if not row:
        return []
    wide = room / columns
    reaches = [_reach(cell) for cell in row]
    places = [number * wide for number in range(len(row))]
    if any(reach > wide - 8 for reach in reaches[:-1]) or places[-1] + reaches[-1] > room:
        between = (room - sum(reaches)) / max(1, len(row) - 1) if len(row) > 1 else 0.0
        between = min(between, 24.0)
        places = [sum(reaches[:number]) + number * between for number in range(len(row))]
    return [beside(zip(places, row, strict=True)), Strip(1.0, blank=True)]


@dataclass(frozen=True, slots=True)
class Tiles(Block):
    """A few figures, large."""

    entries: tuple[Entry, ...] = ()
    size: ByMedium | None = None

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `fields` with their shares of the width, and `size`."""
        return Tiles(*reading.conditions(), reading.entries("fields"), reading.number("size", 13, 6, 24))

    def story(self, scope: Scope) -> Story:
        """Set the figures in one row."""
        found = list(shown(self.entries, scope))
        whole = sum(entry.share for entry, _ in found) or 1.0
        columns: list[tuple[float, Story]] = []
        x = 0.0
        for entry, said in found:
            room = scope.paper.width * entry.share / whole
            size = scope.pick(self.size or {"": 13.0})
            head, body = pieces.cell(scope.paper, entry.pair(scope), said, room - 6, size=size, bold=True)
            columns.append((x, [*head, *body]))
            x += room
        return [beside(columns, low=True), Strip(6.0)]


# ---------------------------------------------------------------- texts


@dataclass(frozen=True, slots=True)
class Section(Block):
    """A heading over a fine line."""

    words: Words = NO_WORDS

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `title`."""
        return Section(*reading.conditions(), reading.table.words("title"))

    def story(self, scope: Scope) -> Story:
        """Set the heading; it stays with what follows."""
        return pieces.section(scope.paper, scope.pair(self.words))


@dataclass(frozen=True, slots=True)
class Sentences(Block):
    """Texts of the template or the card: one after the other, or numbered small print; in one or both languages."""

    lines: tuple[tuple[Text, Text], ...] = ()
    of: str = ""
    size: ByMedium | None = None
    numbered: bool = False
    bold: bool = False
    both: bool = False
    framed: bool = False
    align: str = "left"
    columns: ByMedium | None = None

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `lines` (each `中文 / English`) or `of` (a list of texts of the card), and how they look."""
        table = reading.table
        of = table.text("of", "")
        if of:
            reading.value("of_check", f"{{{of}:list}}")
        sources = table.texts("lines", needed=not of)
        return Sentences(
            *reading.conditions(), tuple(reading.two(f"lines.{n}", one) for n, one in enumerate(sources, 1)), of,
            reading.number("size", 8.8, 5, 24), table.flag("numbered", False), table.flag("bold", False),
            table.flag("both", False), table.flag("framed", False),
            table.text("align", "left", choices=("left", "right", "center")), reading.number("columns", 1, 1, 3),
        )  # fmt: skip

    def story(self, scope: Scope) -> Story:
        """Set the texts; one that says nothing of this card is left out."""
        paper = scope.paper
        chinese_first = scope.scene.language == "zh_CN"
        found: list[tuple[str, str]] = [(one, "") for one in (attrgetter(self.of)(scope.card) if self.of else ())]
        for chinese, english in self.lines:
            first, second = (chinese, english) if chinese_first else (english, chinese)
            said, other = scope.say(first), scope.say(second) if self.both else ""
            if said:
                found.append((said, other if other != said else ""))
        size = scope.pick(self.size or {"": 8.8})
        if self.numbered:
            columns = int(scope.pick(self.columns or {"": 1.0})) if chinese_first else 1
            made = pieces.numbered(paper, [said for said, _ in found], size, columns)
            if self.both:
                made += [gap(2.0), *pieces.numbered(paper, [other for _, other in found if other], size * 0.86, 1)]
            return made
        inset = 6.0 if self.framed else 0.0
        made = []
        for said, other in found:
            room = paper.width - 2 * inset
            made += text(paper, said, size, room, bold=self.bold, align=self.align)
            made += text(paper, other, size * 0.82, room, soft=True, align=self.align) if other else []
        if self.framed and made and len(made) <= 2 * pieces.LONG:
            height = tall(made) + 8
            body = stack([Strip(4.0), *pieces.indented(made, inset), Strip(4.0)])
            frame = Frame(0.4, 0.4, paper.width - 0.8, height - 0.8, 0.8)
            return [gap(4.0), Strip(height, [frame, *body.marks]), gap(4.0)]
        return made


@dataclass(frozen=True, slots=True)
class Ends(Block):
    """Two texts on one line, one at each end; the left may have a caption's second language."""

    left: tuple[Text, Text] | None = None
    right: Text | None = None
    size: float = 9.0
    bold: bool = True
    numbered: bool = False
    right_bold: bool = False

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `left`, `right`, `size`, `bold`, `right_bold`, `numbered` (the place in its list before it)."""
        source = reading.table.text("left", longest=200)
        return Ends(
            *reading.conditions(), reading.two("left", source), reading.value("right", ""),
            reading.number("size", 9.0, 5, 24)[""], reading.table.flag("bold", True),
            reading.table.flag("numbered", False), reading.table.flag("right_bold", False),
        )  # fmt: skip

    def story(self, scope: Scope) -> Story:
        """Set the line; a left text too long wraps beside the right one."""
        paper = scope.paper
        assert self.left is not None
        chinese_first = scope.scene.language == "zh_CN"
        first, second = (scope.say(one) for one in (self.left if chinese_first else self.left[::-1]))
        first = f"{scope.index}.  {first}" if self.numbered else first
        right = scope.say(self.right) if self.right else ""
        style = Style(paper.size(self.size), self.bold)
        end_style = style if self.right_bold else Style(paper.size(self.size * 0.9))
        most = paper.width * 0.8
        end_style = typeset.fitting(right, end_style, most, paper.least)
        wide = min(most, typeset.width(right, end_style))
        end = lines([Piece(right, end_style)], wide + 0.1, align="right") if right else []
        room = paper.width - (wide + 10 if right else 0)
        if right and pieces.longest(first, style) > room * 1.2:  # a number would be parted: each gets its line
            style = pieces.whole_words(first, style, paper.width, paper.least)
            return [*lines([Piece(first, style)], paper.width), *lines([Piece(right, end_style)], paper.width)]
        style = pieces.whole_words(first, style, room, paper.least)
        words = [Piece(first, style)]
        if second and second not in first and paper.second:
            words.append(Piece(" " + second, Style(paper.size(6.4), False)))
        return pieces.parted([(0.0, lines(words, room)), (paper.width - wide - 0.1, end)])
