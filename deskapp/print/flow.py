"""Papers whose length depends on their content: laid out once, drawn on pages or a roll.

A story is a list of ReportLab flowables; a list inside it stays together on one page.
Heights are known before anything is drawn, so every page can say "page x of y" and a
roll is exactly as long as its text. One drawing serves the page in millimetres and
the page in dots; only the scale differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Spacer

from deskapp.print import codes, fonts
from deskapp.print.drawing import mask_operator
from deskapp.print.media import POINTS_PER_MM, Form, Medium
from deskapp.print.words import caption, copy_mark, moment, say
from deskapp.rules import papers
from deskapp.rules.paper_store import NO_LONGER_VALID

GREY = 0.38
_FOOT = 12.0  # points kept free for the foot line


@dataclass(frozen=True, slots=True)
class Facts:
    """What belongs to this one print, not to the card."""

    language: str
    copy_no: int = 0
    job_id: str = ""
    printed_at_ms: int = 0
    superseded_by: str = ""


Story = list["Flowable | list[Flowable]"]


@dataclass(slots=True)
class Paper:
    """One paper while it is made: its medium, its print, its title and what had to give."""

    medium: Medium
    facts: Facts
    number: str = ""
    site: papers.Site = field(default_factory=papers.Site)
    title: str = ""  # message id
    cut: list[str] = field(default_factory=list)

    @property
    def roll(self) -> bool:
        """A thermal roll: black only, narrow, no foot line."""
        return self.medium.form is Form.ROLL

    @property
    def width(self) -> float:
        """The width of the text in points."""
        return (self.medium.width_mm - 2 * self.medium.margin_mm) * POINTS_PER_MM

    @property
    def language(self) -> str:
        return self.facts.language

    def foot_text(self) -> str:
        """Say what every paper carries: number, site, station, time of print, copy mark."""
        station = say("paper|Station {station}", self.language, station=self.site.station) if self.site.station else ""
        at = self.facts.printed_at_ms
        printed = say("paper|Printed {time}", self.language, time=moment(at)) if at else ""
        parts = [self.number, self.site.name, station, printed, copy_mark(self.facts.copy_no, self.language)]
        return "  ·  ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came of a paper."""

    pages: int
    height_mm: float
    cut: tuple[str, ...]


Build = Callable[[Paper, Any], Story]


def draw(
    canvas: Canvas, build: Build, card: papers.Card, medium: Medium, facts: Facts, *, dot_page: bool = False
) -> Drawn:
    """Draw one paper on the canvas, one or more pages."""
    paper = Paper(medium, facts, number=card.number)
    story = build(paper, card)
    dots_per_point = medium.dots_per_mm / POINTS_PER_MM
    scale = dots_per_point if dot_page else 1.0
    canvas._dot = 1.0 if dot_page else 1 / dots_per_point  # page units per dot, for codes
    margin = medium.margin_mm * POINTS_PER_MM
    room = float("inf") if paper.roll else medium.height_mm * POINTS_PER_MM - 2 * margin - _FOOT
    pages = _paginate(canvas, story, paper.width, room)
    height_mm = medium.height_mm
    if paper.roll:
        content = sum(height for _, height in pages[0])
        dots = -int(-(content + 2 * margin) * dots_per_point // 1)
        height_mm = dots / medium.dots_per_mm
    for number, page in enumerate(pages, 1):
        canvas.setPageSize((medium.width_mm * POINTS_PER_MM * scale, height_mm * POINTS_PER_MM * scale))
        canvas.saveState()
        canvas.scale(scale, scale)
        y = height_mm * POINTS_PER_MM - margin
        for flowable, height in page:
            y -= height
            flowable.drawOn(canvas, margin, y)
        if not paper.roll:
            _foot(canvas, paper, margin, number, len(pages))
        if facts.superseded_by:
            _superseded(canvas, paper, height_mm * POINTS_PER_MM)
        canvas.restoreState()
        canvas.showPage()
    return Drawn(len(pages), height_mm, tuple(paper.cut))


def _paginate(canvas: Canvas, story: Story, width: float, room: float) -> list[list[tuple[Flowable, float]]]:
    """Deal flowables to pages; a table splits between rows, a group moves as a whole."""
    pages: list[list[tuple[Flowable, float]]] = [[]]
    left = room
    waiting: Story = list(story)
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, list):
            tall = sum(flowable.wrapOn(canvas, width, room)[1] for flowable in item)
            if tall > left and pages[-1] and tall <= room:
                pages.append([])
                left = room
            waiting[:0] = item
            continue
        tall = item.wrapOn(canvas, width, left)[1]
        if isinstance(item, Spacer) and (not pages[-1] or tall > left):
            continue
        if tall <= left + 0.01:
            pages[-1].append((item, tall))
            left -= tall
            continue
        parts = item.splitOn(canvas, width, left) if left > 0 else []
        if len(parts) > 1:
            waiting[:0] = parts
        elif pages[-1]:
            waiting.insert(0, item)
            pages.append([])
            left = room
        else:  # nothing helps: better over the edge than lost
            pages[-1].append((item, tall))
            left = 0
    return pages


def _foot(canvas: Canvas, paper: Paper, margin: float, number: int, count: int) -> None:
    """Draw the foot line of a page."""
    size = 6.4
    right = margin + paper.width
    canvas.setLineWidth(0.4)
    canvas.setStrokeGray(0.7)
    canvas.line(margin, margin + 6, right, margin + 6)
    canvas.setFillGray(GREY)
    where = say("paper|Page {number} of {count}", paper.language, number=number, count=count)
    where_wide = fonts.width(where, size)
    _draw_runs(canvas, right - where_wide, margin - 4, where, size)
    text = fonts.fit(paper.foot_text(), (paper.width - where_wide - 12) * 10, (64, 60, 56, 52)).lines[0]
    _draw_runs(canvas, margin, margin - 4, text, size if fonts.width(text, size) < paper.width - where_wide else 5.2)
    canvas.setFillGray(0)


def _draw_runs(canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
    line = canvas.beginText(x, y)
    for run in fonts.runs(text):
        line.setFont(run.font, size)
        line.textOut(run.text)
    canvas.drawText(line)


def _superseded(canvas: Canvas, paper: Paper, height: float) -> None:
    """Draw a frame with the word across a paper that a later one replaces."""
    first, second = caption("paper|SUPERSEDED", paper.language)
    later = paper.facts.superseded_by
    text = f"{first} {second}" + ("" if later == NO_LONGER_VALID else f" → {later}")
    size = min(16.0, paper.width * 0.8 / max(1.0, fonts.width(text, 1, True)))
    wide = fonts.width(text, size, True)
    canvas.saveState()
    canvas.translate(paper.medium.width_mm * POINTS_PER_MM / 2, height * 0.62)
    canvas.rotate(18)
    canvas.setLineWidth(1.4)
    canvas.rect(-wide / 2 - 8, -size * 0.5, wide + 16, size * 1.7, stroke=1, fill=0)
    line = canvas.beginText(-wide / 2, size * 0.05)
    for run in fonts.runs(text, bold=True):
        line.setFont(run.font, size)
        line.textOut(run.text)
    canvas.drawText(line)
    canvas.restoreState()


class Code(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A bar code whose modules lie on whole dots wherever the page puts it."""

    def __init__(self, matrix: codes.Matrix, module_dots: int, height_dots: int, dots_per_mm: int) -> None:
        super().__init__()
        self.matrix, self.module, self.tall = matrix, module_dots, height_dots
        self.dot = POINTS_PER_MM / dots_per_mm
        self.width = matrix.columns * module_dots * self.dot
        self.height = height_dots * self.dot

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        x, y = self.canv.absolutePosition(0, 0)
        unit = self.canv._dot
        self.canv.saveState()
        self.canv.scale(self.dot, self.dot)
        # From here one unit is one dot; step back to the nearest whole one.
        off_x, off_y = round(x / unit) - x / unit, round(y / unit) - y / unit
        wide = self.matrix.columns * self.module
        self.canv.translate(off_x, off_y)
        self.canv._code.append(mask_operator(self.matrix, 0, 0, wide, self.tall))
        self.canv.restoreState()


class Rule(Flowable):  # type: ignore[misc]
    """A line across the text."""

    def __init__(self, width: float, thick: float = 0.5, *, grey: float = 0.0, dash: bool = False) -> None:
        super().__init__()
        self.width, self.thick, self.grey, self.dash = width, thick, grey, dash

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return self.width, self.thick

    def draw(self) -> None:
        self.canv.setLineWidth(self.thick)
        self.canv.setStrokeGray(self.grey)
        if self.dash:
            self.canv.setDash(2, 2)
        self.canv.line(0, self.thick / 2, self.width, self.thick / 2)
        self.canv.setDash()


class Box(Flowable):  # type: ignore[misc]
    """A check box: ticked, crossed (`ticked` False and `crossed`) or empty; no font has ☐ and ☑."""

    def __init__(self, ticked: bool, size: float = 7.0, *, crossed: bool = False) -> None:
        super().__init__()
        self.ticked, self.size, self.crossed = ticked, size, crossed

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return self.size, self.size

    def draw(self) -> None:
        size = self.size
        self.canv.setLineWidth(0.7)
        self.canv.rect(0, 0, size, size, stroke=1, fill=0)
        strokes: tuple[tuple[float, float, float, float], ...] = ()
        if self.ticked:
            strokes = ((0.2, 0.5, 0.42, 0.22), (0.42, 0.22, 0.85, 0.85))
        elif self.crossed:
            strokes = ((0.2, 0.2, 0.8, 0.8), (0.2, 0.8, 0.8, 0.2))
        self.canv.setLineWidth(1.1)
        self.canv.lines([tuple(place * size for place in stroke) for stroke in strokes])
