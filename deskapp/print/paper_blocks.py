"""How blocks of paper templates are arranged, and the names under which templates ask for them.

What blocks say is in `paper_texts`, what people do on paper in `paper_forms`, tables and charges
in `paper_lists`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from deskapp.print import pieces
from deskapp.print.paper_forms import Codes, Groups, Signatures, Ticks, Write
from deskapp.print.paper_lists import Charges, Table
from deskapp.print.paper_parts import Block, ByMedium, Reading, Scope
from deskapp.print.paper_texts import Ends, Fields, Head, Lines, Section, Sentences, Tiles
from deskapp.print.pieces import beside, gap, kept, rule, tall
from deskapp.print.strips import Story, Strip


@dataclass(frozen=True, slots=True)
class Line(Block):
    """A line across the paper; dashed where it is cut."""

    thick: float = 0.4
    grey: float = 0.0
    dash: bool = False
    above: float = 0.0
    below: float = 4.0

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `thick`, `soft`, `dash`, `above`, `below`."""
        table = reading.table
        return Line(
            *reading.conditions(), reading.number("thick", 0.4, 0.2, 3)[""], 0.7 if table.flag("soft", False) else 0.0,
            table.flag("dash", False), reading.number("above", 0)[""], reading.number("below", 4)[""],
        )  # fmt: skip

    def story(self, scope: Scope) -> Story:
        """Set the line, which stays with what follows."""
        made = [gap(self.above), rule(scope.paper, self.thick, grey=self.grey, dash=self.dash), Strip(self.below)]
        made[1].keep = made[2].keep = True
        return made


@dataclass(frozen=True, slots=True)
class Gap(Block):
    """Empty height."""

    height: ByMedium | None = None

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `height` (points)."""
        return Gap(*reading.conditions(), reading.number("height", 4, 0, 200))

    def story(self, scope: Scope) -> Story:
        """Set the gap; it vanishes at the head of a page."""
        return [gap(scope.pick(self.height or {"": 4.0}))]


@dataclass(frozen=True, slots=True)
class Beside(Block):
    """Two columns of blocks."""

    left: tuple[Block, ...] = ()
    right: tuple[Block, ...] = ()
    share: float = 0.5

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `left`, `right` (lists of blocks) and `share` (of the width, for the left)."""
        return Beside(
            *reading.conditions(),
            reading.blocks("left"),
            reading.blocks("right"),
            reading.number("share", 0.5, 0.1, 0.9)[""],
        )

    def story(self, scope: Scope) -> Story:
        """Set both columns; on a roll one after the other."""
        paper = scope.paper
        if paper.roll:
            return [*blocks_story(self.left, scope), *blocks_story(self.right, scope)]
        whole, before = paper.width, paper.inside
        between = 12.0
        try:
            paper.inside = whole * self.share - between / 2
            left = blocks_story(self.left, scope)
            paper.inside = whole * (1 - self.share) - between / 2
            right = blocks_story(self.right, scope)
        finally:
            paper.inside = before
        start = whole * self.share + between / 2
        if max(tall(left), tall(right)) > paper.room:  # no page holds them side by side
            return [*left, *pieces.indented(right, start)]
        return [beside([(0.0, left), (start, right)])]


@dataclass(frozen=True, slots=True)
class Each(Block):
    """Blocks for every entry of a list of the card."""

    of: str = ""
    inner: tuple[Block, ...] = ()
    together: bool = False

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `of` and `blocks`; `together` keeps one entry on one page."""
        conditions = reading.conditions()
        of, inner = reading.listed("of")
        together = reading.table.flag("together", False)
        return Each(*conditions, of, inner.blocks("blocks"), together)

    def story(self, scope: Scope) -> Story:
        """Set each entry, one after the other."""
        made: Story = []
        for number, row in enumerate(attrgetter(self.of)(scope.card), 1):
            inner = scope.of(row)
            inner.index = number
            story = blocks_story(self.inner, inner)
            # What is taller than half a page may be parted: kept together it would leave pages half empty.
            if self.together and tall(story) < scope.paper.room / 2:
                kept(story)
            elif len(story) > 1:
                story[0].keep = True  # a heading is never the last line of a page
            made += story
        return made


@dataclass(frozen=True, slots=True)
class Group(Block):
    """Blocks that stay on one page, such as a last sentence with its signatures."""

    inner: tuple[Block, ...] = ()

    @staticmethod
    def read(reading: Reading) -> Block:
        """Read `blocks`."""
        return Group(*reading.conditions(), reading.blocks("blocks"))

    def story(self, scope: Scope) -> Story:
        """Set the blocks, kept together if a page can hold them."""
        story = blocks_story(self.inner, scope)
        return kept(story) if tall(story) < scope.paper.room * 0.8 else story


def blocks_story(blocks: tuple[Block, ...], scope: Scope) -> Story:
    """Return the strips of those blocks that are meant for this paper and card."""
    made: Story = []
    for block in blocks:
        if scope.holds(block):
            made += block.story(scope)
    return made


Read = Callable[[Reading], Block]

BLOCKS: dict[str, Read] = {
    "head": Head.read,
    "fields": Fields.read,
    "lines": Lines.read,
    "tiles": Tiles.read,
    "section": Section.read,
    "text": Sentences.read,
    "ends": Ends.read,
    "ticks": Ticks.read,
    "signatures": Signatures.read,
    "codes": Codes.read,
    "groups": Groups.read,
    "rule": Line.read,
    "gap": Gap.read,
    "write": Write.read,
    "beside": Beside.read,
    "each": Each.read,
    "group": Group.read,
    "table": Table.read,
    "charges": Charges.read,
}
