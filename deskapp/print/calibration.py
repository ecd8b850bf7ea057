"""The calibration paper and what follows from it: rulers, nine crosses, a ladder of bar codes; a clerk's numbers in,
offset and scale out.

The rulers count the millimetres from each edge inwards, so that the number at the real edge of the
paper shows how far the print is off. The crosses lie at known places and are measured with a ruler.
The ladder has the same code with bars of two, three and four dots: the finest one the branch's
scanner reads says how fine its codes may be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from PIL import Image

from deskapp.errors import N_, Refused
from deskapp.print import codes, fonts, raster
from deskapp.print.drawing import Drawing, paint
from deskapp.print.media import POINTS_PER_MM, Form, Medium
from deskapp.print.media import medium as named_medium
from deskapp.print.pdf_file import Book
from deskapp.print.raw import LANGUAGES, Bits, piece
from deskapp.print.raw_pieces import at_head, setup_for
from deskapp.rules.printer_profiles import TRUE_SIZE, Profile, Tune, check_tune

LADDER = (2, 3, 4)
_LADDER_CODE = "9900{dots:02}"
_ROLL_MM = 60.0
_RULER_AT = 0.3
_ARM_MM = 3
_SMALL_TEXT = 16
_TEXT = 20


@dataclass(frozen=True, slots=True)
class Readings:
    """What a clerk reads with a ruler, in mm: where the first cross is, from the left and from the top edge.

    `far_*`: the same of the last (ninth) cross; with them the scale is known too.
    """

    left: float
    top: float | None = None
    far_left: float | None = None
    far_top: float | None = None


@dataclass(frozen=True, slots=True)
class Edges:
    """What a clerk reads without a ruler: the number of the printed rulers at the real edges of the paper, in mm.

    0 = the ruler begins exactly at the edge, or beyond it.
    """

    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0


# ---------------------------------------------------------------- arithmetic


def corrected(tune: Tune, medium: Medium, read: Readings) -> Tune:
    """Return the setting that puts the next print where it belongs, from a paper printed with `tune`.

    Raises Refused for numbers that no printer is off by: then another paper is in it.
    """
    crosses = cross_places(medium)
    (near_x, near_y), (far_x, far_y) = crosses[0], crosses[-1]
    offset_x, scale_x = _axis(near_x, far_x, read.left, read.far_left, tune.offset_x_um, tune.scale_x_ppm, "left")
    offset_y, scale_y = tune.offset_y_um, tune.scale_y_ppm
    if read.top is not None:
        offset_y, scale_y = _axis(near_y, far_y, read.top, read.far_top, tune.offset_y_um, tune.scale_y_ppm, "top")
    new = replace(tune, offset_x_um=offset_x, offset_y_um=offset_y, scale_x_ppm=scale_x, scale_y_ppm=scale_y)
    check_tune(new)
    return new


def by_edges(tune: Tune, edges: Edges) -> Tune:
    """Return the setting from the numbers at the paper's edges; the scale stays.

    A print that is too far left has lost the beginning of its left ruler, one too far right that of its right one.
    Where both are lost (margins that a printer cannot reach), half the difference is the error.
    """
    new = replace(
        tune,
        offset_x_um=tune.offset_x_um + _from_edges(edges.left, edges.right, "left"),
        offset_y_um=tune.offset_y_um + _from_edges(edges.top, edges.bottom, "top"),
    )
    check_tune(new)
    return new


def _axis(
    near: float, far: float, read: float, read_far: float | None, offset_um: int, scale_ppm: int, field: str
) -> tuple[int, int]:
    """Return the offset and scale that undo what one axis does.

    A place comes out at `stretch x scale x (place + offset) + shift`; two crosses tell stretch and shift.
    """
    _sensible(read, field)
    if read_far is None:
        return offset_um + round((near - read) * 1000), scale_ppm
    _sensible(read_far, f"far_{field}")
    if read_far <= read:
        raise Refused(N_("The last cross has to be farther from the edge than the first."), field=f"far_{field}")
    grown = (read_far - read) / (far - near)
    begins = read - grown * near
    return round(grown * offset_um - begins * 1000), round(scale_ppm / grown)


def _from_edges(before: float, after: float, field: str) -> int:
    """Return the correction in micrometres: to the right and down is positive."""
    _sensible(before, field)
    _sensible(after, field)
    if before and after:
        return round((before - after) * 500)
    return round((before - after) * 1000)


def _sensible(value: float, field: str) -> None:
    if not 0 <= value <= 500:
        raise Refused(N_("Enter millimetres between 0 and 500."), field=field)


def ladder_code(dots: int) -> str:
    """Return what the code with bars of so many dots says when it is scanned."""
    return _LADDER_CODE.format(dots=dots)


def smallest_read(scanned: Iterable[str]) -> int:
    """Return the finest bars, in dots, of the ladder's codes that were scanned; Refused when none was."""
    known = {ladder_code(dots): dots for dots in LADDER}
    read = [known[one.strip()] for one in scanned if one.strip() in known]
    if not read:
        raise Refused(N_("Scan one of the codes on the calibration paper."), field="smallest_module")
    return min(read)


# ---------------------------------------------------------------- the paper


def size_mm(medium: Medium) -> tuple[float, float]:
    """Return width and height of the calibration paper; of a roll, the length that is used."""
    return medium.width_mm, medium.height_mm or _ROLL_MM


def cross_places(medium: Medium) -> tuple[tuple[float, float], ...]:
    """Return the nine places in mm from the left upper corner, row by row; all on whole dots."""
    width, height = size_mm(medium)
    inset = min(20.0, max(8.0, min(width, height) / 4))
    inset = float(int(inset))
    across, down = (inset, width / 2, width - inset), (inset, height / 2, height - inset)
    per_mm = medium.dots_per_mm
    return tuple((round(x * per_mm) / per_mm, round(y * per_mm) / per_mm) for y in down for x in across)


def drawings(medium: Medium, caption: str = "") -> tuple[Drawing, ...]:
    """Return the papers of a calibration: rulers and crosses, then the ladder; on a large page both on one."""
    width, height = (round(side * medium.dots_per_mm) for side in size_mm(medium))
    first = Drawing(width, height)
    _rulers(first, medium)
    for number, (x, y) in enumerate(cross_places(medium), 1):
        _cross(first, round(x * medium.dots_per_mm), round(y * medium.dots_per_mm), str(number), medium)
    if medium.form in (Form.PAGE, Form.SHEET) and height >= 80 * medium.dots_per_mm:
        top = round(cross_places(medium)[0][1] * medium.dots_per_mm) + 8 * medium.dots_per_mm
        _ladder(first, medium, caption, top)
        return (first,)
    second = Drawing(width, height)
    _ladder(second, medium, caption, 2 * medium.dots_per_mm)
    return first, second


def pdf(medium: Medium, caption: str = "", tune: Tune | None = None, *, dot_page: bool = False) -> bytes:
    """Return the calibration papers as a PDF, moved and stretched as the printer is set now."""
    tune = tune or Tune(medium.name)
    unit = 1.0 if dot_page else POINTS_PER_MM / medium.dots_per_mm
    across, down = tune.scale_x_ppm / TRUE_SIZE, tune.scale_y_ppm / TRUE_SIZE
    if dot_page:
        across = down = 1.0  # a head has its dots where they are
    nudge = [round(um * medium.dots_per_mm / 1000) for um in (tune.offset_x_um, tune.offset_y_um)]
    fonts.load()
    papers = drawings(medium, caption)
    size = (papers[0].width * unit, papers[0].height * unit)
    book = Book()
    for drawing in papers:
        trued = f"q {across:.6f} 0 0 {down:.6f} 0 {size[1] * (1 - down):.4f} cm"
        book.page(*size, [trued, *paint(drawing, book, size[1], unit, *nudge), "Q"])
    return book.finish()


def pictures(medium: Medium, caption: str = "", tune: Tune | None = None) -> list[Image.Image]:
    """Return the calibration papers as the dots of a label or receipt printer."""
    return raster.dots(pdf(medium, caption, tune, dot_page=True))


def _rulers(drawing: Drawing, medium: Medium) -> None:
    """Draw a ruler along each edge, numbered from that edge inwards, in its middle so that corners stay free."""
    per_mm = medium.dots_per_mm
    reach = int(cross_places(medium)[0][0]) - _ARM_MM
    x, y = round(drawing.width * _RULER_AT), round(drawing.height * _RULER_AT)
    for mm in range(1, reach + 1):
        long = 3 if mm % 5 == 0 else 2 if mm % 2 == 0 else 1
        length, place = long * per_mm, mm * per_mm
        drawing.block(place, y, 1, length)
        drawing.block(drawing.width - place, y, 1, length)
        drawing.block(x, place, length, 1)
        drawing.block(x, drawing.height - place, length, 1)
        if mm % 5 == 0:
            number = str(mm)
            half, below = fonts.width(number, _SMALL_TEXT) / 2, y + length + _SMALL_TEXT
            drawing.text(place - half, below, number, _SMALL_TEXT)
            drawing.text(drawing.width - place - half, below, number, _SMALL_TEXT)
            drawing.text(x + length + 3, place + 6, number, _SMALL_TEXT)
            drawing.text(x + length + 3, drawing.height - place + 6, number, _SMALL_TEXT)


def _cross(drawing: Drawing, x: int, y: int, number: str, medium: Medium) -> None:
    arm = _ARM_MM * medium.dots_per_mm
    drawing.block(x - arm, y, 2 * arm + 1, 1)
    drawing.block(x, y - arm, 1, 2 * arm + 1)
    drawing.text(x + 4, y - 4, number, _TEXT)


def _ladder(drawing: Drawing, medium: Medium, caption: str, top: int) -> None:
    """Draw the codes one below the other; bars that do not fit on the paper are left out."""
    per_mm = medium.dots_per_mm
    page = medium.form in (Form.PAGE, Form.SHEET)  # there to the right of the ruler that comes from above
    left = round(drawing.width * _RULER_AT) + 6 * per_mm if page else round(drawing.width * 0.06)
    y = top
    if caption:
        drawing.text(left, y + _TEXT, caption, _TEXT)
        y += _TEXT + per_mm
    for dots in LADDER:
        matrix = codes.code128(ladder_code(dots))
        wide = matrix.columns * dots
        start = max(left, matrix.quiet * dots)
        height = 6 * per_mm
        if start + wide + matrix.quiet * dots > drawing.width or y + height > drawing.height:
            continue
        drawing.symbol(start, y, matrix, dots, height)
        after = start + wide + matrix.quiet * dots
        note = f"{dots}"
        if after + fonts.width(note, _TEXT) <= drawing.width:
            drawing.text(after, y + height // 2, note, _TEXT)
        y += height + 2 * per_mm


def pieces(profile: Profile, medium_name: str, count: int = 0) -> list[bytes]:
    """Return the calibration papers in a printer's own language, over and over until there are `count` of them.

    Raises ValueError for a medium that the printer cannot take, KeyError for one without a language.
    """
    language = LANGUAGES[profile.language]
    target = named_medium(at_head(medium_name, profile.dots_per_mm))
    setup = setup_for(target, profile)
    made = []
    for picture in pictures(target, profile.name, profile.tune(medium_name)):
        spare = max(0, picture.width - setup.head) // 2 if target.form is Form.ROLL else 0
        shown = picture.crop((spare, 0, spare + min(setup.head, picture.width), picture.height))
        made.append(piece(language, Bits.of_picture(shown), setup))
    return [made[number % len(made)] for number in range(count or len(made))]
