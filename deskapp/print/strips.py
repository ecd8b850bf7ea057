"""Papers whose length depends on their content: laid out once, drawn on pages or a roll.

A paper is a row of strips, each as wide as the text and as tall as its content, made of
marks at known places. Strips are dealt to pages before anything is drawn, so every page
can say "page x of y", a roll is exactly as long as its text, and a test can ask what lies
where. One drawing serves the page in millimetres and the page in dots; only the scale differs.

All lengths are points; inside a strip `y` grows downwards from its top.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from deskapp.print import codes
from deskapp.print.logo import Bits, Logo
from deskapp.print.media import POINTS_PER_MM, Form, Medium
from deskapp.print.typeset import Style
from deskapp.print.words import copy_mark, moment, say
from deskapp.rules import papers

GREY = 0.38
FOOT = 12.0
"""Points kept free for the foot line of a page."""

Box = tuple[float, float, float, float]


class Words(NamedTuple):
    """A text at its left end and baseline."""

    x: float
    y: float
    text: str
    style: Style
    width: float

    def box(self) -> Box:
        """Return left, top, right, bottom of the letters: 0.88 above, 0.12 below the baseline."""
        return (self.x, self.y - 0.88 * self.style.size, self.x + self.width, self.y + 0.12 * self.style.size)


words_at: Callable[[tuple[float, float, str, Style, float]], Words] = partial(tuple.__new__, Words)
"""Makes words of their five values in half the time: a paper moves its words some five hundred times."""


class Stroke(NamedTuple):
    """A straight line; `grey` 0 is black."""

    x: float
    y: float
    x2: float
    y2: float
    thick: float = 0.5
    grey: float = 0.0
    dash: bool = False

    def box(self) -> Box:
        """Return left, top, right, bottom."""
        half = self.thick / 2
        return (self.x, self.y - half, self.x2, self.y2 + half)


class Frame(NamedTuple):
    """A rectangle that is not filled."""

    x: float
    y: float
    width: float
    height: float
    thick: float = 0.8

    def box(self) -> Box:
        """Return left, top, right, bottom."""
        return (self.x, self.y, self.x + self.width, self.y + self.height)


class Tick(NamedTuple):
    """A check box: ticked (True), crossed (False) or empty (None); drawn, because no font has them."""

    x: float
    y: float
    size: float
    ticked: bool | None

    def box(self) -> Box:
        """Return left, top, right, bottom."""
        return (self.x, self.y, self.x + self.size, self.y + self.size)


class Symbol(NamedTuple):
    """A bar code by its upper left module; painted on whole dots, at most one dot from here."""

    x: float
    y: float
    matrix: codes.Matrix
    module_dots: int
    height_dots: int
    dot: float

    def box(self) -> Box:
        """Return left, top, right, bottom of the modules."""
        wide = self.matrix.columns * self.module_dots * self.dot
        return (self.x, self.y, self.x + wide, self.y + self.height_dots * self.dot)

    def quiet_box(self) -> Box:
        """Return the box that nothing else may touch."""
        left, top, right, bottom = self.box()
        side = self.matrix.quiet * self.module_dots * self.dot
        above = side if self.matrix.rows > 1 else 0.0
        return (left - side, top - above, right + side, bottom + above)


class Pen(NamedTuple):
    """Strokes of a hand, as lists of points inside a box of their own."""

    x: float
    y: float
    width: float
    height: float
    strokes: tuple[tuple[tuple[float, float], ...], ...]

    def box(self) -> Box:
        """Return left, top, right, bottom."""
        return (self.x, self.y, self.x + self.width, self.y + self.height)


class Print(NamedTuple):
    """A 1-bit picture, such as a logo."""

    x: float
    y: float
    width: float
    height: float
    picture: Bits

    def box(self) -> Box:
        """Return left, top, right, bottom."""
        return (self.x, self.y, self.x + self.width, self.y + self.height)


Mark = Words | Stroke | Frame | Tick | Symbol | Pen | Print


@dataclass(slots=True)
class Strip:
    """A part of a paper that is never parted between pages.

    `keep` holds it to the strip below, `blank` lets it vanish at the head of a page,
    `head` is drawn above it when it opens a page (the captions of its table).
    """

    height: float
    marks: list[Mark] = field(default_factory=list)
    keep: bool = False
    blank: bool = False
    head: Strip | None = None


Story = list[Strip]


@dataclass(frozen=True, slots=True)
class Facts:
    """What belongs to this one print, not to the card.

    `pictures` are files of the blob store by their SHA-256: drawn signatures (SVG).
    """

    language: str
    copy_no: int = 0
    job_id: str = ""
    printed_at_ms: int = 0
    superseded_by: str = ""
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Paper:
    """One paper while it is made: its medium, its print, and what had to give."""

    medium: Medium
    facts: Facts
    number: str = ""
    site: papers.Site = field(default_factory=papers.Site)
    cut: list[str] = field(default_factory=list)
    scale: float = 1.0  # of all sizes of text, from the settings
    second: bool = True  # captions in the other language too
    part: str = ""  # which of several copies this is: for the sender, for the receiver
    logo: Logo | None = None
    standing: Collection[str] = frozenset()  # captions and words that stand on every paper of its template
    inside: float = 0.0  # the width of the column being set, 0 for the whole text
    roll: bool = field(init=False)
    """A thermal roll: narrow, no foot line, one page as long as its text."""
    black: bool = field(init=False)
    """No grey: thermal heads and needles print a dot or none."""
    least: float = field(init=False)
    """The smallest size this medium prints legibly: 20 dots of a 203 dpi head, 3.2 mm for needles."""

    def __post_init__(self) -> None:
        """Work out what is asked for a hundred times."""
        self.roll = self.medium.form is Form.ROLL
        self.black = self.roll or self.medium.needles
        self.least = 9.0 if self.medium.needles else 7.1 if self.roll else 5.6

    @property
    def width(self) -> float:
        """The width of the text in points, or of the column being set."""
        return self.inside or (self.medium.width_mm - 2 * self.medium.margin_mm) * POINTS_PER_MM

    @property
    def room(self) -> float:
        """The height of the text of one page in points; a roll has no end."""
        if self.roll:
            return float("inf")
        return (self.medium.height_mm - 2 * self.medium.edge_mm) * POINTS_PER_MM - FOOT

    @property
    def language(self) -> str:
        """The language of the reader."""
        return self.facts.language

    def size(self, points: float) -> float:
        """Return a size as this paper sets it: scaled, and never below what can be read."""
        return max(self.least, points * self.scale)

    def foot_text(self) -> str:
        """Say what every paper carries: number, site, station, time of print, copy mark."""
        station = say("paper|Station {station}", self.language, station=self.site.station) if self.site.station else ""
        at = self.facts.printed_at_ms
        printed = say("paper|Printed {time}", self.language, time=moment(at)) if at else ""
        parts = [self.number, self.site.name, station, printed, copy_mark(self.facts.copy_no, self.language)]
        return "  ·  ".join(part for part in parts if part)


class Placed(NamedTuple):
    """A strip on its page and how far below the top of the text it lies."""

    strip: Strip
    y: float


@dataclass(frozen=True, slots=True)
class Laid:
    """A paper dealt to pages, before it is drawn; `height_mm` is that of one page."""

    paper: Paper
    pages: tuple[tuple[Placed, ...], ...]
    height_mm: float

    @property
    def finest(self) -> int:
        """The finest code's modules, in dots of the medium; 0 where there is none."""
        marks = (mark for page in self.pages for placed in page for mark in placed.strip.marks)
        return min((mark.module_dots for mark in marks if isinstance(mark, Symbol)), default=0)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came of a paper."""

    pages: int
    height_mm: float
    cut: tuple[str, ...]
    finest: int = 0
    """The finest code's modules, in dots of the medium; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Truing:
    """What brings a page to where its printer should have put it: moved right and down, then stretched.

    `scale` is what the printer needs, not what it does: 1.01 for one that prints one per cent too small.
    """

    move_mm: tuple[float, float] = (0.0, 0.0)
    scale: tuple[float, float] = (1.0, 1.0)


AS_IT_IS = Truing()


def lay(paper: Paper, story: Story, pages: Sequence[Sequence[Placed]] = ()) -> Laid:
    """Deal the strips of a story to pages, unless that is done already."""
    pages = pages or paginate(story, paper.room)
    height_mm = paper.medium.height_mm
    if paper.roll:
        last = pages[0][-1] if pages[0] else Placed(Strip(0), 0)
        dots_per_point = paper.medium.dots_per_mm / POINTS_PER_MM
        margin = paper.medium.edge_mm * POINTS_PER_MM
        dots = -int(-(last.y + last.strip.height + 2 * margin) * dots_per_point // 1)
        height_mm = dots / paper.medium.dots_per_mm
    return Laid(paper, tuple([tuple(page) for page in pages]), height_mm)


def paginate(story: Iterable[Strip], room: float) -> list[list[Placed]]:
    """Deal strips to pages of a height; strips kept together move as one if a page can hold them."""
    pages: list[list[Placed]] = [[]]
    y = 0.0
    waiting = list(story)
    at = 0
    together = 0  # the end of the strips that are known to fit here with the one at hand
    while at < len(waiting):
        strip = waiting[at]
        if strip.blank and (not pages[-1] or y + strip.height > room):
            at += 1
            continue
        if at >= together:
            end, tall = at, strip.height
            while waiting[end].keep and end + 1 < len(waiting):
                end += 1
                tall += waiting[end].height
            over = y + tall > room + 0.01 and (tall <= room or y + strip.height > room + 0.01)
            if over and pages[-1]:
                pages.append([])
                y = 0.0
                if strip.head is not None and strip is not strip.head:
                    pages[-1].append(Placed(strip.head, 0.0))
                    y = strip.head.height
            if y + tall <= room:
                together = end + 1
        pages[-1].append(Placed(strip, y))
        y += strip.height
        at += 1
    return pages


def shifted(marks: Iterable[Mark], dx: float, dy: float) -> list[Mark]:
    """Return marks moved right and down."""
    moved: list[Mark] = []
    for mark in marks:
        if isinstance(mark, Words):
            x, y, text, style, width = mark
            moved.append(words_at((x + dx, y + dy, text, style, width)))
        elif isinstance(mark, Stroke):
            moved.append(mark._replace(x=mark.x + dx, y=mark.y + dy, x2=mark.x2 + dx, y2=mark.y2 + dy))
        else:
            moved.append(mark._replace(x=mark.x + dx, y=mark.y + dy))
    return moved
