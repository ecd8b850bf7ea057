"""Calibration: a paper that can be measured, and numbers that put the next print where it belongs."""

from __future__ import annotations

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from deskapp.errors import Refused
from deskapp.print import calibration, raster
from deskapp.print.calibration import Edges, Readings
from deskapp.print.media import medium
from deskapp.rules.printer_profiles import Tune

THERMAL = ["label-60x40", "label-50x30", "label-40x30", "label-60x40@300", "label-50x30@300", "roll-80"]
PAGES = ["a5", "a4"]


def printed(place: float, tune_offset_um: int, scale_ppm: int, stretch: float, shift: float) -> float:
    """Return where a printer that stretches and shifts puts a place, in mm."""
    return stretch * scale_ppm / 1e6 * (place + tune_offset_um / 1000) + shift


# ---------------------------------------------------------------- arithmetic


@given(
    st.floats(0.97, 1.03), st.floats(-5, 5), st.floats(0.98, 1.02), st.floats(-3, 3),
    st.integers(-3000, 3000), st.integers(990_000, 1_010_000),
)  # fmt: skip
def test_four_numbers_undo_what_a_printer_does(
    stretch_x: float, shift_x: float, stretch_y: float, shift_y: float, offset: int, scale: int
) -> None:
    target = medium("a4")
    before = Tune("a4", offset_x_um=offset, offset_y_um=-offset, scale_x_ppm=scale, scale_y_ppm=scale)
    near, far = calibration.cross_places(target)[0], calibration.cross_places(target)[8]
    read = Readings(
        printed(near[0], before.offset_x_um, scale, stretch_x, shift_x),
        printed(near[1], before.offset_y_um, scale, stretch_y, shift_y),
        printed(far[0], before.offset_x_um, scale, stretch_x, shift_x),
        printed(far[1], before.offset_y_um, scale, stretch_y, shift_y),
    )
    after = calibration.corrected(before, target, read)

    for x, y in calibration.cross_places(target):
        assert printed(x, after.offset_x_um, after.scale_x_ppm, stretch_x, shift_x) == pytest.approx(x, abs=0.01)
        assert printed(y, after.offset_y_um, after.scale_y_ppm, stretch_y, shift_y) == pytest.approx(y, abs=0.01)


def test_two_numbers_move_the_print_and_leave_its_size() -> None:
    target = medium("label-60x40")
    (x, y), before = calibration.cross_places(target)[0], Tune("label-60x40", offset_x_um=500, darkness=60)
    after = calibration.corrected(before, target, Readings(x + 1.2, y - 0.7))

    assert (after.offset_x_um, after.offset_y_um, after.scale_x_ppm, after.darkness) == (-700, 700, 1_000_000, 60)


@pytest.mark.parametrize(
    ("edges", "offset"),
    [
        (Edges(), (0, 0)),
        (Edges(left=2), (2000, 0)),
        (Edges(right=1.5, bottom=1), (-1500, -1000)),
        (Edges(left=3, right=1), (1000, 0)),
        (Edges(top=0.5), (0, 500)),
    ],
)
def test_the_numbers_at_the_edges_say_how_far_it_is_off(edges: Edges, offset: tuple[int, int]) -> None:
    after = calibration.by_edges(Tune("label-60x40"), edges)

    assert (after.offset_x_um, after.offset_y_um) == offset


@pytest.mark.parametrize(
    ("read", "field"),
    [
        (Readings(40.0), "offset_x_um"),
        (Readings(-1.0), "left"),
        (Readings(float("nan")), "left"),
        (Readings(10, 10, 5, 30), "far_left"),
        (Readings(10, 10, 80, 30), "scale_x_ppm"),
    ],
)
def test_numbers_no_printer_is_off_by_are_refused_at_their_field(read: Readings, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        calibration.corrected(Tune("label-60x40"), medium("label-60x40"), read)
    assert refusal.value.field == field


def test_the_finest_code_that_was_read_counts() -> None:
    assert calibration.smallest_read(["990004", " 990003\n", "R0012"]) == 3
    assert calibration.smallest_read(["990002"]) == 2
    with pytest.raises(Refused):
        calibration.smallest_read(["990005", ""])


# ---------------------------------------------------------------- the paper


@pytest.mark.parametrize("name", THERMAL + PAGES)
def test_nothing_lies_outside_the_paper_and_no_code_touches_anything(name: str) -> None:
    for drawing in calibration.drawings(medium(name), "Front desk"):
        boxes = [mark.box() for mark in [*drawing.texts, *drawing.blocks]]
        quiet = [symbol.quiet_box() for symbol in drawing.symbols]
        for left, top, right, bottom in [*boxes, *quiet]:
            assert left >= 0 and top >= 0 and right <= drawing.width and bottom <= drawing.height, name
        for one in quiet:
            assert not any(a < one[2] and c > one[0] and b < one[3] and d > one[1] for a, b, c, d in boxes), name


@pytest.mark.parametrize("name", THERMAL)
def test_every_rung_of_the_ladder_that_fits_can_be_read(name: str) -> None:
    pictures = calibration.pictures(medium(name), "Front desk")
    read = {code.text for picture in pictures for code in zxingcpp.read_barcodes(picture.convert("L"))}
    drawn = {symbol.matrix.text for drawing in calibration.drawings(medium(name)) for symbol in drawing.symbols}

    assert read == drawn and {"990002", "990003"} <= read


@pytest.mark.parametrize("name", [*THERMAL, *PAGES])
def test_the_crosses_lie_where_the_arithmetic_thinks(name: str) -> None:
    target = medium(name)
    picture = raster.dots(calibration.pdf(target, dot_page=True))[0]
    dots = picture.load()
    assert dots is not None
    for x, y in calibration.cross_places(target):
        at = round(x * target.dots_per_mm), round(y * target.dots_per_mm)
        arm = 2 * target.dots_per_mm
        assert all(dots[at[0] + step, at[1]] == 0 for step in range(-arm, arm)), (name, at)
        assert all(dots[at[0], at[1] + step] == 0 for step in range(-arm, arm)), (name, at)


def test_a_calibrated_print_is_moved_by_whole_dots() -> None:
    target = medium("label-60x40")
    plain = calibration.pictures(target)[0].convert("L")
    moved = calibration.pictures(target, tune=Tune("label-60x40", offset_x_um=1500, offset_y_um=-1000))[0].convert("L")

    assert moved.crop((12, 0, 480, 312)).tobytes() == plain.crop((0, 8, 468, 320)).tobytes()


def test_a_page_is_stretched_from_its_upper_left_corner() -> None:
    target = medium("a5")
    plain = raster.pages(calibration.pdf(target), 203.2 / 72, grey=True)[0]
    grown = raster.pages(
        calibration.pdf(target, tune=Tune("a5", scale_x_ppm=1_020_000, scale_y_ppm=1_020_000)), 203.2 / 72, grey=True
    )[0]
    x, y = (round(side * 8) for side in calibration.cross_places(target)[0])

    assert plain.size == grown.size
    assert min(plain.getpixel((x + step, y)) for step in range(-1, 2)) < 128
    assert min(grown.getpixel((round(x * 1.02) + step, round(y * 1.02))) for step in range(-1, 2)) < 128
