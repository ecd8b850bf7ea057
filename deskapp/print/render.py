"""The one entry: a card goes in, a PDF or the picture of it comes out.

The same card, medium, language, copy and time always give the same bytes, on any
computer. A name that no font has, or a text that had to be cut, is reported as a
warning; it never stops a print.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING

from deskapp.errors import N_
from deskapp.print import fonts, labels, raster, sheet, sheet_template
from deskapp.print.drawing import Drawing, paint
from deskapp.print.edition import Edition
from deskapp.print.media import PAPER_MEDIA, POINTS_PER_MM, Form, Medium
from deskapp.print.media import medium as named_medium
from deskapp.print.pdf_file import Book
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
    render_burned("shelf_label", card, Edition("label-60x40", "en", templates=templates))


def render(kind: str, card: papers.Card, edition: Edition) -> Rendered:
    """Return the PDF of one paper, its page in millimetres.

    ValueError if the card is not of that kind or the medium cannot carry it.
    """
    return render_many([(kind, card)], edition)


def render_many(
    items: list[tuple[str, papers.Card]],
    edition: Edition,
    *,
    start_cell: int = 0,
    scale: tuple[float, float] = (1.0, 1.0),
    dot_page: bool = False,
) -> Rendered:
    """Return several papers of one medium as one PDF; labels one to a page, or a sheet of cells.

    `start_cell` is the first free cell of a sheet, `scale` by how much its printer needs pages and sheets longer
    or shorter, across and down; a label keeps its size. `dot_page` makes the unit of the page one dot of the
    head: the page that rasters are taken from.
    """
    if not items:
        raise ValueError("nothing to print")
    target = _checked(items, edition.medium)
    facts, templates = _facts(edition), edition.templates
    fonts.load()
    unit = 1.0 if dot_page else POINTS_PER_MM / target.dots_per_mm
    size = (target.width_dots * unit, max(1, target.height_dots) * unit)
    book = Book(items[0][1].number or items[0][0], items[0][0], edition.job_id)
    given = _Given()
    pages, height = 0, target.height_mm
    truing = Truing(edition.nudge_mm, scale)
    nudge = _nudge_dots(edition, target)
    if target.form is Form.SHEET:
        cells = sheet_template.layout(target.sheet, templates.sheets if templates else None)
        job = sheet.Job(
                edition.language, edition.copy_no, start_cell, nudge, scale, edition.printed_at_ms, templates
            )  # fmt: skip
        pages, drawings = sheet.draw(book, [card for _, card in items], target, cells, job, unit)
        for drawing in drawings:
            given.note(drawing)
    for kind, card in items if target.form is not Form.SHEET else ():
        if target.form is Form.LABEL:
            drawing = _label(card, target, edition)
            book.page(*size, paint(drawing, book, size[1], unit, *nudge))
            given.note(drawing)
            pages += 1
        else:
            tuned = (templates or default()).of(kind, target.base)
            from deskapp.print import paper_template  # labels come without it

            made = paper_template.draw(book, tuned, card, target, facts, dot_page=dot_page, truing=truing)
            given.cut.update(dict.fromkeys(made.cut))
            given.code(made.finest)
            pages += made.pages
            height = made.height_mm
    warned = _warnings([c for _, c in items], given)
    return Rendered(book.finish(), pages, target.width_mm, height, warned, given.finest)


@dataclass(frozen=True, slots=True)
class Dots(Rendered):
    """A finished paper as a head burns it: 1-bit pictures, one a page (0 = black); `pdf` is empty."""

    pictures: tuple[Image.Image, ...] = ()


def render_burned(kind: str, card: papers.Card, edition: Edition) -> Dots:
    """Return one paper as the very dots of a head, for raw printers and their preview."""
    target = _checked([(kind, card)], edition.medium)
    from deskapp.print import dots  # a PDF comes without them

    if target.form is Form.SHEET:
        raise ValueError("a sheet of labels is for a page printer")
    fonts.load()
    given, height = _Given(), target.height_mm
    if target.form is Form.LABEL:
        drawing = _label(card, target, edition)
        burned = [dots.label(drawing, target.width_dots, target.height_dots, *_nudge_dots(edition, target))]
        given.note(drawing)
    else:
        tuned = (edition.templates or default()).of(kind, target.base)
        burned = []
        from deskapp.print import paper_template

        for laid in paper_template.layouts(tuned, card, target, _facts(edition)):
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


def render_dots(kind: str, card: papers.Card, edition: Edition) -> list[Image.Image]:
    """Return the exact dots a thermal head burns, one 1-bit picture a page (0 = black)."""
    return list(render_burned(kind, card, edition).pictures)


def render_png(kind: str, card: papers.Card, edition: Edition, *, page: int = 0, dpi: int = 144) -> bytes:
    """Return the preview of one page: the dots of a label, the rendered PDF of anything else."""
    medium = edition.medium
    if (named_medium(medium) if isinstance(medium, str) else medium).form is Form.LABEL:
        return raster.png(render_dots(kind, card, edition)[page])
    return raster.png(raster.pages(render(kind, card, edition).pdf, dpi / 72)[page])


def _facts(edition: Edition) -> Facts:
    one = edition
    return Facts(one.language, one.copy_no, one.job_id, one.printed_at_ms, one.superseded_by, one.pictures)


def _nudge_dots(edition: Edition, target: Medium) -> tuple[int, int]:
    """Return how far everything is moved right and down, in dots."""
    right, down = edition.nudge_mm
    return round(right * target.dots_per_mm), round(down * target.dots_per_mm)


def _label(card: papers.Card, target: Medium, edition: Edition) -> Drawing:
    return labels.draw(
        card, target, edition.language, edition.copy_no, chosen=edition.templates, printed_at_ms=edition.printed_at_ms
    )  # fmt: skip


def _checked(items: list[tuple[str, papers.Card]], medium: str | Medium) -> Medium:
    """Return the medium after checking that every card fits its kind and the medium carries it."""
    target = named_medium(medium) if isinstance(medium, str) else medium
    for kind, card in items:
        if papers.kind_of(card) != kind:
            raise ValueError(f"this card is no {kind}")
        if target.base not in MEDIA_OF[kind]:
            raise ValueError(f"{kind} is not made for {target.name}")
    return target


def _warnings(cards: list[papers.Card], given: _Given) -> tuple[PaperWarning, ...]:
    """Return what the clerk has to know: characters that were lost, texts that were cut, codes left out."""
    found = []
    texts = [text for card in cards for text in texts_of(card)]
    absent = fonts.missing("".join(texts))
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


def texts_of(value: object) -> list[str]:
    """Return every text in a card, however deep."""
    found: list[str] = []
    _collect(value, found)
    return found


def _collect(value: object, found: list[str]) -> None:
    if isinstance(value, str):
        found.append(value)
    elif isinstance(value, tuple):
        for item in value:
            _collect(item, found)
    else:
        for name in _NAMES[type(value)]:
            _collect(getattr(value, name), found)


class _Names(dict[type, tuple[str, ...]]):
    """The fields of each class of cards and their pieces; none of what is no such class."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        made = self[kind] = tuple([one.name for one in fields(kind)]) if is_dataclass(kind) else ()
        return made


_NAMES = _Names()
