"""The one entry: a card goes in, a PDF or the picture of it comes out.

The same card, medium, language, copy and time always give the same bytes, on any
computer. A name that no font has, or a text that had to be cut, is reported as a
warning; it never stops a print.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING

from reportlab.pdfgen.canvas import Canvas

from deskapp.errors import N_
from deskapp.print import fonts, labels, raster, sheet, sheet_template
from deskapp.print.drawing import Drawing, paint
from deskapp.print.media import PAPER_MEDIA, POINTS_PER_MM, Form, Medium
from deskapp.print.media import medium as named_medium
from deskapp.print.strips import Facts, Truing
from deskapp.print.templates import Chosen, default
from deskapp.rules import papers

if TYPE_CHECKING:
    from PIL import Image

SENTENCES = {
    "missing_characters": N_("No font has {characters}; 〓 is printed. Please write it by hand."),
    "hidden_characters": N_("{fields}: characters that cannot be seen were left out."),
    "no_code": N_("The code does not fit on this label or cannot be written; only the number is printed."),
    "cut": N_("{fields}: too long for this paper, printed shortened."),
    "coarse": N_("This printer prints codes cleanly only with bars of {dots} dots or more; here they have {finest}."),
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
    finest: int = 0
    """The modules of the finest code on it, in dots of the medium; 0 where there is no code."""

    def too_fine(self, smallest_module: int) -> tuple[PaperWarning, ...]:
        """Return the warning that a printer, which was tried and found coarse, cannot print the codes on it."""
        if not 0 < self.finest < smallest_module:
            return ()
        return (PaperWarning("coarse", {"dots": str(smallest_module), "finest": str(self.finest)}),)


MEDIA_OF: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(papers.LABEL_KINDS, ("label-60x40", "label-50x30", "label-40x30", "a4-labels")),
    **PAPER_MEDIA,
}


def warm_up(templates: Chosen | None = None) -> None:
    """Load fonts and the templates of a counter, so that the first real paper is quick; for an idle moment."""
    from deskapp.print import dots

    dots.load()
    for kind, base in (("device_label", "label-60x40"), ("pickup_slip", "roll-80"), ("repair_receipt", "roll-80")):
        (templates or default()).of(kind, base)
    card = papers.ShelfLabelCard(number="L000000000000")
    render_burned("shelf_label", card, medium="label-60x40", language="en", templates=templates)


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
    templates: Chosen | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> Rendered:
    """Return the PDF of one paper, its page in millimetres.

    `copy_no` 0 = original, n = reprint n. `superseded_by` marks a corrected paper.
    `nudge_mm` moves everything right and down, to true a printer. `templates` are those
    the branch chose and tuned, else the shipped ones. `pictures` are the drawn signatures the
    card names (`papers.pictures_of`), by their SHA-256. ValueError if the card is not of
    that kind or the medium cannot carry it.
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
        templates=templates,
        pictures=pictures,
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
    scale: tuple[float, float] = (1.0, 1.0),
    dot_page: bool = False,
    templates: Chosen | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> Rendered:
    """Return several papers of one medium as one PDF; labels one to a page, or a sheet of cells.

    `start_cell` is the first free cell of a sheet, `scale` by how much its printer needs pages and sheets longer
    or shorter, across and down; a label keeps its size. `nudge_mm` moves all of them. `dot_page` makes the unit
    of the page one dot of the head: the page that rasters are taken from.
    """
    if not items:
        raise ValueError("nothing to print")
    target = _checked(items, medium)
    facts = Facts(language, copy_no, job_id, printed_at_ms, superseded_by, pictures or {})
    with fonts.in_use:
        fonts.load()
        out = io.BytesIO()
        unit = 1.0 if dot_page else POINTS_PER_MM / target.dots_per_mm
        size = (target.width_dots * unit, max(1, target.height_dots) * unit)
        canvas = _canvas(out, size, items, facts)
        given = _Given()
        pages, height = 0, target.height_mm
        truing = Truing(nudge_mm, scale)
        nudge = round(nudge_mm[0] * target.dots_per_mm), round(nudge_mm[1] * target.dots_per_mm)
        if target.form is Form.SHEET:
            cells = sheet_template.layout(target.sheet, templates.sheets if templates else None)
            job = sheet.Job(language, copy_no, start_cell, nudge, scale, printed_at_ms, templates)
            pages, drawings = sheet.draw(canvas, [card for _, card in items], target, cells, job, unit)
            for drawing in drawings:
                given.note(drawing)
        for kind, card in items if target.form is not Form.SHEET else ():
            if target.form is Form.LABEL:
                drawing = labels.draw(card, target, language, copy_no, chosen=templates, printed_at_ms=printed_at_ms)
                paint(drawing, canvas, unit, *nudge)
                canvas.showPage()
                given.note(drawing)
                pages += 1
            else:
                tuned = (templates or default()).of(kind, target.base)
                from deskapp.print import paper_template  # labels come without it

                made = paper_template.draw(canvas, tuned, card, target, facts, dot_page=dot_page, truing=truing)
                given.cut.update(dict.fromkeys(made.cut))
                given.code(made.finest)
                pages += made.pages
                height = made.height_mm
        canvas.save()
    warned = _warnings([c for _, c in items], given)
    return Rendered(out.getvalue(), pages, target.width_mm, height, warned, given.finest)


@dataclass(frozen=True, slots=True)
class Dots(Rendered):
    """A finished paper as a head burns it: 1-bit pictures, one a page (0 = black); `pdf` is empty."""

    pictures: tuple[Image.Image, ...] = ()


def render_burned(
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
    templates: Chosen | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> Dots:
    """Return one paper as the very dots of a head, for raw printers and their preview."""
    target = _checked([(kind, card)], medium)
    from deskapp.print import dots  # a PDF comes without them

    if target.form is Form.SHEET:
        raise ValueError("a sheet of labels is for a page printer")
    facts = Facts(language, copy_no, job_id, printed_at_ms, superseded_by, pictures or {})
    fonts.load()
    given, height = _Given(), target.height_mm
    if target.form is Form.LABEL:
        drawing = labels.draw(card, target, language, copy_no, chosen=templates, printed_at_ms=printed_at_ms)
        right, down = (round(one * target.dots_per_mm) for one in nudge_mm)
        burned = [dots.label(drawing, target.width_dots, target.height_dots, right, down)]
        given.note(drawing)
    else:
        tuned = (templates or default()).of(kind, target.base)
        burned = []
        from deskapp.print import paper_template

        for laid in paper_template.layouts(tuned, card, target, facts):
            burned += dots.pages(laid)
            given.cut.update(dict.fromkeys(laid.paper.cut))
            given.code(laid.finest)
            height = laid.height_mm
    warned = _warnings([card], given)
    return Dots(b"", len(burned), target.width_mm, height, warned, given.finest, tuple(burned))


@dataclass(slots=True)
class _Given:
    """What had to give on the papers so far."""

    cut: dict[str, None] = field(default_factory=dict)
    uncoded: bool = False
    finest: int = 0

    def code(self, module: int) -> None:
        """Note the modules of a code, in dots; 0 for none."""
        self.finest = min(filter(None, (self.finest, module)), default=0)

    def note(self, drawing: Drawing) -> None:
        """Take over what one label had to give."""
        self.cut.update(dict.fromkeys(drawing.cut))
        self.uncoded |= bool(drawing.uncoded)
        for symbol in drawing.symbols:
            self.code(symbol.module)


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
    templates: Chosen | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> list[Image.Image]:
    """Return the exact dots a thermal head burns, one 1-bit picture a page (0 = black)."""
    made = render_burned(
        kind,
        card,
        medium=medium,
        language=language,
        copy_no=copy_no,
        job_id=job_id,
        printed_at_ms=printed_at_ms,
        nudge_mm=nudge_mm,
        templates=templates,
        pictures=pictures,
    )
    return list(made.pictures)


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
    templates: Chosen | None = None,
    pictures: Mapping[str, bytes] | None = None,
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
                templates=templates,
                pictures=pictures,
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
        templates=templates,
        pictures=pictures,
    )
    return raster.png(raster.pages(made.pdf, dpi / 72)[page])


def _checked(items: list[tuple[str, papers.Card]], medium: str | Medium) -> Medium:
    """Return the medium after checking that every card fits its kind and the medium carries it."""
    target = named_medium(medium) if isinstance(medium, str) else medium
    for kind, card in items:
        if papers.kind_of(card) != kind:
            raise ValueError(f"this card is no {kind}")
        if target.base not in MEDIA_OF[kind]:
            raise ValueError(f"{kind} is not made for {target.name}")
    return target


def _canvas(out: io.BytesIO, size: tuple[float, float], items: list[tuple[str, papers.Card]], facts: Facts) -> Canvas:
    """Open a PDF that says what it is and asks viewers not to scale it."""
    canvas = Canvas(out, pagesize=size, initialFontName=fonts.REGULAR, pageCompression=1, invariant=1)
    canvas.setTitle(items[0][1].number or items[0][0])
    canvas.setSubject(items[0][0])
    canvas.setCreator("deskapp")
    canvas.setAuthor("")
    canvas.setKeywords(facts.job_id)
    canvas.setViewerPreference("PrintScaling", "None")
    return canvas


def _warnings(cards: list[papers.Card], given: _Given) -> tuple[PaperWarning, ...]:
    """Return what the clerk has to know: characters that were lost, texts that were cut, codes left out."""
    found = []
    texts = [text for card in cards for text in texts_of(card)]
    absent = "".join(dict.fromkeys("".join(map(fonts.missing, texts))))
    if absent:
        found.append(PaperWarning("missing_characters", {"characters": absent}))
    hidden = [fonts.clean(text)[:20] for text in texts if not text.isprintable() and fonts.hidden(text)]
    if hidden:
        found.append(PaperWarning("hidden_characters", {"fields": ", ".join(dict.fromkeys(hidden))}))
    if given.uncoded:
        found.append(PaperWarning("no_code"))
    if given.cut:
        found.append(PaperWarning("cut", {"fields": ", ".join(given.cut)}))
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
