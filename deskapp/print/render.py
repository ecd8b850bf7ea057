"""The one entry: a card goes in, a PDF or the picture of it comes out.

The same card, medium, language, copy and time always give the same bytes, on any
computer. A name that no font has, or a text that had to be cut, is reported as a
warning; it never stops a print.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from deskapp.errors import N_
from deskapp.print import flow, fonts, labels, papers_desk, papers_office, raster, sheet
from deskapp.print.drawing import paint
from deskapp.print.media import POINTS_PER_MM, Form, Medium
from deskapp.print.media import medium as named_medium
from deskapp.rules import papers

_drawing = threading.RLock()  # ReportLab's fonts keep state per document, not per thread

SENTENCES = {
    "missing_characters": N_("No font has {characters}; 〓 is printed. Please write it by hand."),
    "cut": N_("{fields}: too long for this paper, printed shortened."),
}


@dataclass(frozen=True, slots=True)
class PaperWarning:
    """Something the clerk should know about a paper; `SENTENCES[code]` says it."""

    code: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished paper."""

    pdf: bytes
    pages: int
    width_mm: float
    height_mm: float
    warnings: tuple[PaperWarning, ...] = ()


MEDIA_OF: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(papers.LABEL_KINDS, ("label-60x40", "label-50x30", "label-40x30", "a4-labels")),
    "pickup_slip": ("roll-80", "a5", "a4"),
    "repair_receipt": ("a5", "roll-80", "a4"),
    "quote": ("a5", "a4"),
    "day_end": ("a4",),
    "register": ("a4-landscape",),
    "recovery_code": ("a5", "a4"),
    "service_card": ("card-90x54",),
}
_STORIES = {**papers_desk.STORIES, **papers_office.STORIES}


def warm_up() -> None:
    """Load the fonts and draw one label for nothing, so that the first real one is quick; for an idle moment."""
    render("shelf_label", papers.ShelfLabelCard(number="L000000000000"), medium="label-60x40", language="en")


def render(
    kind: str,
    card: papers.Card,
    *,
    medium: str | Medium,
    language: str,
    copy_no: int = 0,
    job_id: str = "",
    printed_at_ms: int = 0,
    superseded_by: str = "",
    nudge_mm: tuple[float, float] = (0.0, 0.0),
) -> Rendered:
    """Return the PDF of one paper, its page in millimetres.

    `copy_no` 0 = original, n = reprint n. `superseded_by` marks a corrected paper.
    `nudge_mm` moves a label right and down, to true a printer. ValueError if the
    card is not of that kind or the medium cannot carry it.
    """
    return render_many(
        [(kind, card)],
        medium=medium,
        language=language,
        copy_no=copy_no,
        job_id=job_id,
        printed_at_ms=printed_at_ms,
        superseded_by=superseded_by,
        nudge_mm=nudge_mm,
    )


def render_many(
    items: list[tuple[str, papers.Card]],
    *,
    medium: str | Medium,
    language: str,
    copy_no: int = 0,
    job_id: str = "",
    printed_at_ms: int = 0,
    superseded_by: str = "",
    nudge_mm: tuple[float, float] = (0.0, 0.0),
    start_cell: int = 0,
    dot_page: bool = False,
) -> Rendered:
    """Return several papers of one medium as one PDF; labels one to a page, or a sheet of cells.

    `dot_page` makes the unit of the page one dot of the head: the page that rasters
    are taken from.
    """
    if not items:
        raise ValueError("nothing to print")
    target = _checked(items, medium)
    facts = flow.Facts(language, copy_no, job_id, printed_at_ms, superseded_by)
    with _drawing:
        fonts.load()
        out = io.BytesIO()
        unit = 1.0 if dot_page else POINTS_PER_MM / target.dots_per_mm
        size = (target.width_dots * unit, max(1, target.height_dots) * unit)
        canvas = _canvas(out, size, items, facts)
        cut: dict[str, None] = {}
        pages, height = 0, target.height_mm
        nudge = round(nudge_mm[0] * target.dots_per_mm), round(nudge_mm[1] * target.dots_per_mm)
        if target.form is Form.SHEET:
            cards = [card for _, card in items]
            pages, given = sheet.draw(canvas, cards, language, copy_no, unit, start_cell=start_cell, nudge_dots=nudge)
            cut.update(dict.fromkeys(given))
        for kind, card in items if target.form is not Form.SHEET else ():
            if target.form is Form.LABEL:
                drawing = labels.draw(card, target, language, copy_no)
                paint(drawing, canvas, unit, *nudge)
                canvas.showPage()
                cut.update(dict.fromkeys(drawing.cut))
                pages += 1
            else:
                made = flow.draw(canvas, _STORIES[kind], card, target, facts, dot_page=dot_page)
                cut.update(dict.fromkeys(made.cut))
                pages += made.pages
                height = made.height_mm
        canvas.save()
    return Rendered(out.getvalue(), pages, target.width_mm, height, _warnings([c for _, c in items], list(cut)))


def render_dots(
    kind: str,
    card: papers.Card,
    *,
    medium: str | Medium,
    language: str,
    copy_no: int = 0,
    job_id: str = "",
    printed_at_ms: int = 0,
    nudge_mm: tuple[float, float] = (0.0, 0.0),
) -> list[Image.Image]:
    """Return the exact dots a thermal head burns, one 1-bit picture a page (0 = black)."""
    made = render_many(
        [(kind, card)],
        medium=medium,
        language=language,
        copy_no=copy_no,
        job_id=job_id,
        printed_at_ms=printed_at_ms,
        nudge_mm=nudge_mm,
        dot_page=True,
    )
    return raster.dots(made.pdf)


def render_png(
    kind: str,
    card: papers.Card,
    *,
    medium: str | Medium,
    language: str,
    copy_no: int = 0,
    job_id: str = "",
    printed_at_ms: int = 0,
    superseded_by: str = "",
    page: int = 0,
    dpi: int = 144,
) -> bytes:
    """Return the preview of one page: the dots of a label, the rendered PDF of anything else."""
    target = named_medium(medium) if isinstance(medium, str) else medium
    if target.form is Form.LABEL:
        return raster.png(
            render_dots(
                kind,
                card,
                medium=target,
                language=language,
                copy_no=copy_no,
                job_id=job_id,
                printed_at_ms=printed_at_ms,
            )[page]
        )
    made = render(
        kind,
        card,
        medium=target,
        language=language,
        copy_no=copy_no,
        job_id=job_id,
        printed_at_ms=printed_at_ms,
        superseded_by=superseded_by,
    )
    return raster.png(raster.pages(made.pdf, dpi / 72)[page])


def _checked(items: list[tuple[str, papers.Card]], medium: str | Medium) -> Medium:
    """Return the medium after checking that every card fits its kind and the medium carries it."""
    target = named_medium(medium) if isinstance(medium, str) else medium
    base = target.name.partition("+")[0].partition("@")[0]
    for kind, card in items:
        if papers.kind_of(card) != kind:
            raise ValueError(f"this card is no {kind}")
        if base not in MEDIA_OF[kind]:
            raise ValueError(f"{kind} is not made for {target.name}")
    return target


def _canvas(
    out: io.BytesIO, size: tuple[float, float], items: list[tuple[str, papers.Card]], facts: flow.Facts
) -> Canvas:
    """Open a PDF that says what it is and asks viewers not to scale it."""
    canvas = Canvas(out, pagesize=size, initialFontName=fonts.REGULAR, pageCompression=1, invariant=1)
    canvas.setTitle(items[0][1].number or items[0][0])
    canvas.setSubject(items[0][0])
    canvas.setCreator("deskapp")
    canvas.setAuthor("")
    canvas.setKeywords(facts.job_id)
    canvas.setViewerPreference("PrintScaling", "None")
    return canvas


def _warnings(cards: list[papers.Card], cut: list[str]) -> tuple[PaperWarning, ...]:
    """Return what the clerk has to know: characters no font has, and texts that were cut."""
    found = []
    absent = "".join(dict.fromkeys("".join(fonts.missing(text) for card in cards for text in texts_of(card))))
    if absent:
        found.append(PaperWarning("missing_characters", {"characters": absent}))
    if cut:
        found.append(PaperWarning("cut", {"fields": ", ".join(cut)}))
    return tuple(found)


def texts_of(value: object) -> Iterator[str]:
    """Return every text in a card, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from texts_of(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from texts_of(getattr(value, one.name))
