"""What a paper will look like before it is printed: of a raw printer the very dots its head burns, else the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deskapp.errors import N_
from deskapp.print import raster, raw, render
from deskapp.print.edition import Asked, Edition
from deskapp.print.media import Form, Medium, medium
from deskapp.print.raw.bits import Bits
from deskapp.print.raw_pieces import at_head, setup_for
from deskapp.print.render import PaperWarning
from deskapp.rules import papers
from deskapp.rules.printer_profiles import HEADS, Profile

if TYPE_CHECKING:
    from deskapp.print.templates import Chosen

PAGE_DPI = 144
UNREACHED_MM = 4.2
"""What laser and ink printers cannot reach at each edge, as their makers say; less than any margin of ours."""
OFF_THE_HEAD = "off_the_head"

SENTENCES = {
    **render.SENTENCES,
    OFF_THE_HEAD: N_("Part of this paper lies beyond what the print head reaches."),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """One paper as it will look. `exact`: a pixel is a dot of the head; else the page at `dpi`.

    `shade_x`, `shade_y` are how many pixels at each side, above and below nothing can be printed on.
    """

    pictures: tuple[bytes, ...]
    exact: bool
    dpi: int
    width_mm: float
    height_mm: float
    shade_x: int = 0
    shade_y: int = 0
    warnings: tuple[PaperWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class Taste:
    """What this branch adds to a card: its templates, and the signatures a card names, by their SHA-256."""

    templates: Chosen | None = None
    pictures: Mapping[str, bytes] = field(default_factory=dict)


PLAIN = Taste()


def proof(job: Asked, profile: Profile | None = None, taste: Taste = PLAIN) -> Proof:
    """Return the picture of a paper on a printer; without one, as its medium has it.

    Raises Corrupt for a card that cannot be read, ValueError for a medium the paper is not made for.
    """
    form = medium(job.medium).form
    raw_printer = profile is not None and profile.raw and form in (Form.LABEL, Form.ROLL)
    if form is Form.LABEL or (raw_printer and profile is not None):
        return _dots(job, profile if raw_printer else None, taste)
    made = _rendered(job, medium(job.medium), taste)
    scale = PAGE_DPI / 72
    pictures = tuple(raster.png(page) for page in raster.pages(made.pdf, scale))
    shade = round(UNREACHED_MM / 25.4 * PAGE_DPI)
    if form is Form.ROLL:
        on = medium(job.medium)
        return Proof(
            pictures, False, PAGE_DPI, made.width_mm, made.height_mm,
            round(on.margin_mm / 25.4 * PAGE_DPI), 0, made.warnings,
        )  # fmt: skip
    return Proof(pictures, False, PAGE_DPI, made.width_mm, made.height_mm, shade, shade, made.warnings)


def _dots(job: Asked, profile: Profile | None, taste: Taste) -> Proof:
    dots_per_mm = profile.dots_per_mm if profile is not None else medium(job.medium).dots_per_mm
    target = medium(at_head(job.medium, dots_per_mm))
    nudge = (0.0, 0.0)
    if profile is not None:
        tune = profile.tune(job.medium)
        nudge = tune.offset_x_um / 1000, tune.offset_y_um / 1000
    edition = Edition.of_job(job, target, nudge_mm=nudge, templates=taste.templates, pictures=taste.pictures)
    made = render.render_burned(job.kind, papers.from_json(job.card), edition)
    drawn = [Bits.of_picture(picture) for picture in made.pictures]
    warnings, shade = list(made.warnings), 0
    if profile is not None:
        setup = setup_for(target, profile)
        if any(setup.loses(bits) for bits in drawn):
            warnings.append(PaperWarning(OFF_THE_HEAD))
        tune = profile.tune(job.medium)
        warnings += made.too_fine(tune.smallest_module)
        head = min(profile.head_dots or HEADS[profile.language], target.print_dots)
        shade = max(0, target.width_dots - head) // 2 if target.form is Form.ROLL else 0
        language = raw.LANGUAGES[profile.language]
        drawn = [_on_paper(language.burned(bits, setup), target, shade, turned=bool(setup.rotate)) for bits in drawn]
    pictures = tuple(raster.png(bits.picture()) for bits in drawn)
    return Proof(
        pictures, True, round(dots_per_mm * 25.4), target.width_mm, drawn[0].height / dots_per_mm, shade, 0,
        tuple(warnings),
    )  # fmt: skip


def _on_paper(burned: Bits, target: Medium, shade: int, *, turned: bool) -> Bits:
    """Return the burned dots where they lie on the paper, upright for the reader."""
    bits = burned.rotated() if turned else burned
    return bits.fitted(max(target.width_dots, bits.width), bits.height, left=-shade) if shade else bits


def _rendered(job: Asked, target: Medium, taste: Taste) -> render.Rendered:
    edition = Edition.of_job(job, target, templates=taste.templates, pictures=taste.pictures)
    first = getattr(job, "start_cell", 0)
    return render.render_many([(job.kind, papers.from_json(job.card))], edition, start_cell=first)
