"""Blocks of paper templates to act on: boxes to tick, lines to sign and write on, codes to scan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from deskapp.print import pieces, signature, typeset
from deskapp.print.expressions import Text
from deskapp.print.paper_parts import Block, ByMedium, Entry, Reading, Scope, shown
from deskapp.print.pieces import beside, gap, kept, lines, stack, tall, text, wide_of
from deskapp.print.strips import Frame, Mark, Story, Strip, Stroke
from deskapp.print.template_reader import NO_WORDS, Words
from deskapp.print.typeset import Piece, Style
from deskapp.print.words import DASH

# ---------------------------------------------------------------- boxes, signatures, codes


def ticked(value: object, crossed: bool) -> bool | None:
    """Return how a box stands for a value: ticked for yes and passed, crossed for failed (and no, if asked)."""
    if isinstance(value, StrEnum):
        return {"pass": True, "ok": True, "fail": False, "suspect": False}.get(value.value)
    return True if value is True else False if value is False and crossed else None


@dataclass(frozen=True, slots=True)
class Ticks(Block):
    """Boxes to tick: those of the template, or one for each entry of a list of the card."""

    entries: tuple[Entry, ...] = ()
    of: str = ""
    name: Text | None = None
    tick: str = ""
    words: Words = NO_WORDS
    size: ByMedium | None = None
    crossed: bool = False
    indent: float = 0.0

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `options`, or `of` with `name` and `tick`; a `caption` stands in a column before them."""
        table = reading.table
        conditions = reading.conditions()
        entries: tuple[Entry, ...] = ()
        of, name, tick = "", None, ""
        if table.has("of"):
            of, inner = reading.listed("of")
            name, tick = inner.value("name"), inner.path("tick", (bool, StrEnum))
        else:
            entries = reading.entries("options")
        return Ticks(
            *conditions, entries, of, name, tick, table.words("caption", NO_WORDS), reading.number("size", 8.0, 5, 20),
            table.flag("crossed", False), reading.number("captions", 82.0, 0, 200)[""],
        )  # fmt: skip

    def story(self, scope: Scope) -> Story:
        """Set the boxes, as many on a line as fit."""
        paper = scope.paper
        options: list[tuple[str, bool | None]]
        if self.of:
            rows = attrgetter(self.of)(scope.card)
            options = [
                (scope.of(row).say(self.name) if self.name else "", ticked(getattr(row, self.tick), self.crossed))
                for row in rows
            ]
        else:
            options = [
                (entry.pair(scope)[0], ticked(attrgetter(entry.tick)(scope.card), self.crossed) if entry.tick else None)
                for entry in self.entries
                if scope.holds(entry)
            ]
        if not options:
            return []
        size = scope.pick(self.size or {"": 8.0})
        if self.words is NO_WORDS:
            return kept(pieces.ticks(paper, options, size))
        if paper.roll:
            head = pieces.caption_lines(paper, scope.pair(self.words), paper.width)
            return kept([*head, *pieces.ticks(paper, options, size)])
        indent = self.indent * max(1.0, paper.size(6.8) / 6.8)
        body = pieces.ticks(paper, options, size, paper.width - indent)
        return pieces.captioned(paper, scope.pair(self.words), body, indent=indent)


@dataclass(frozen=True, slots=True)
class Signatures(Block):
    """Lines to sign on: caption, a known name, and the signature itself where it was drawn on the screen."""

    entries: tuple[Entry, ...] = ()
    columns: ByMedium | None = None
    room: ByMedium | None = None

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `slots`, `columns` and `room` (height to sign in, points)."""
        return Signatures(
            *reading.conditions(), reading.entries("slots"),
            reading.number("columns", 0, 0, 5), reading.number("room", 11, 6, 60),
        )  # fmt: skip

    def story(self, scope: Scope) -> Story:
        """Set the lines side by side; they stay on one page."""
        paper = scope.paper
        slots = list(shown(self.entries, scope))
        columns = int(scope.pick(self.columns or {"": 0.0})) or (2 if paper.roll else len(slots))
        between = 10.0
        wide = (paper.width - between * (columns - 1)) / max(columns, 1)
        made: Story = []
        for row in pieces.at_most(slots, max(columns, 1)):
            cells = [self._slot(scope, entry, said.replace(DASH, ""), wide) for entry, said in row]
            height = max(tall(cell) for cell in cells)
            signed = beside([(n * (wide + between), cell) for n, cell in enumerate(cells)])
            strokes: list[Mark] = [
                Stroke(n * (wide + between), height, n * (wide + between) + wide, height, 0.6) for n in range(len(row))
            ]
            made.append(Strip(height + 3.0, [*signed.marks, *strokes]))
        return kept(made)

    def _slot(self, scope: Scope, entry: Entry, said: str, wide: float) -> Story:
        paper = scope.paper
        head = [Strip(4.0), *pieces.caption_lines(paper, entry.pair(scope), wide)]
        name = text(paper, said, 8.4, wide) if said else [Strip(paper.size(8.4) * 1.32)]
        room = scope.pick(self.room or {"": 11.0})
        digest = str(attrgetter(entry.picture)(scope.card)) if entry.picture else ""
        drawn = signature.strokes_of(paper.facts.pictures.get(digest, b"")) if digest else ()
        if not drawn:
            return [*head, *name, Strip(room)]
        pen = signature.fitted(drawn, min(wide, 130.0), max(room, 26.0))
        return [*head, *(name if said else []), Strip(max(room, 26.0), [pen])]


@dataclass(frozen=True, slots=True)
class Codes(Block):
    """Bar codes to scan from the paper, each with its words under it."""

    entries: tuple[Entry, ...] = ()
    columns: ByMedium | None = None
    symbol: str = "qr"
    module: float = 3.0
    bare: bool = False
    align: str = "center"

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `codes`, `symbol`, `columns`, `module` (dots at 203 dpi), `align`, `bare` (no words)."""
        return Codes(
            *reading.conditions(), reading.entries("codes"), reading.number("columns", 4, 1, 8),
            reading.table.text("symbol", "qr", choices=("qr", "code128")), reading.number("module", 3, 2, 8)[""],
            reading.table.flag("bare", False),
            reading.table.text("align", "center", choices=("left", "center", "right")),
        )  # fmt: skip

    def story(self, scope: Scope) -> Story:
        """Set the codes in rows, with room enough around each to be read alone."""
        paper = scope.paper
        columns = int(scope.pick(self.columns or {"": 4.0}))
        wide = paper.width / columns
        made: Story = []
        for row in pieces.at_most([one for one in shown(self.entries, scope) if one[1]], columns):
            cells = [
                (place * wide, self._cell(scope, entry, payload, wide)) for place, (entry, payload) in enumerate(row)
            ]
            made += [beside(cells), gap(4.0)]
        return made

    def _cell(self, scope: Scope, entry: Entry, payload: str, wide: float) -> Story:
        paper = scope.paper
        make = pieces.square if self.symbol == "qr" else pieces.bars
        code = make(paper, payload, module=int(self.module))
        reach = wide_of(code)
        side = {"left": 0.0, "center": (wide - reach) / 2, "right": wide - reach}[self.align]
        placed = beside([(max(0.0, side), [code])])
        if self.bare:
            return [placed]
        first, second = entry.pair(scope)
        words = text(paper, first, 8.4, wide - 6, bold=True, align=self.align)
        other = text(paper, second, 6.4, wide - 6, soft=True, align=self.align) if second and paper.second else []
        return [Strip(6.0), placed, Strip(5.0), *pieces.indented([*words, *other], 3.0)]


@dataclass(frozen=True, slots=True)
class Groups(Block):
    """A long code in large groups inside a frame, to be read aloud and typed."""

    value: Text | None = None
    columns: float = 4

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `value` (groups parted by blanks or hyphens) and `columns`."""
        return Groups(*reading.conditions(), reading.value("value"), reading.number("columns", 4, 1, 8)[""])

    def story(self, scope: Scope) -> Story:
        """Set the groups as large as they fit."""
        paper = scope.paper
        groups = (scope.say(self.value) if self.value else "").replace("-", " ").split()
        rows = pieces.at_most(groups, int(self.columns))
        wide = paper.width / max((len(row) for row in rows), default=1)
        largest = max((typeset.width(group, Style(1.0, True)) for group in groups), default=1.0)
        style = Style(max(paper.least, min(21.0, (wide - 10) / largest)), True)
        made: Story = []
        for row in rows:
            cells = [(n * wide, lines([Piece(group, style)], wide, align="center")) for n, group in enumerate(row)]
            made += [Strip(5.0), beside(cells), Strip(7.0)]
        height = tall(made)
        return [Strip(height, [Frame(0.6, 0.6, paper.width - 1.2, height - 1.2, 1.2), *stack(made).marks])]


@dataclass(frozen=True, slots=True)
class Write(Block):
    """A caption with empty lines to write on by hand."""

    words: Words = NO_WORDS
    value: Text | None = None
    count: ByMedium | None = None

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `caption`, `value` (what is known already) and `lines` (how many to write on)."""
        return Write(
            *reading.conditions(), reading.table.words("caption"), reading.value("value", ""),
            reading.number("lines", 2, 0, 30),
        )  # fmt: skip

    def story(self, scope: Scope) -> Story:
        """Set what is known; else the lines."""
        paper = scope.paper
        said = scope.say(self.value) if self.value else ""
        head = pieces.caption_lines(paper, scope.pair(self.words), paper.width)
        if said:
            return [*head, *text(paper, said), gap(4.0)]
        step = max(17.0, paper.size(8.8) * 2)
        ruled = [
            Strip(step, [Stroke(0, step - 0.4, paper.width, step - 0.4, 0.3, 0.6)])
            for _ in range(int(scope.pick(self.count or {"": 2.0})))
        ]
        return kept([*head, *ruled, gap(6.0)])
