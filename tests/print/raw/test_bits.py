"""Pictures of dots: what goes in comes out, whatever its width."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from deskapp.print.raw import Bits, Feed, Setup

_SOME = settings(max_examples=60, deadline=None)


@st.composite
def pictures(draw: st.DrawFn, most: int = 70) -> Bits:
    """Any picture, its padding white."""
    width, height = draw(st.integers(1, most)), draw(st.integers(1, most))
    stride = (width + 7) // 8
    raw = bytearray(draw(st.binary(min_size=stride * height, max_size=stride * height)))
    for last in range(stride - 1, len(raw), stride):
        raw[last] &= 0xFF << (stride * 8 - width) & 0xFF
    return Bits(width, height, bytes(raw))


@_SOME
@given(pictures())
def test_a_picture_survives_the_way_through_pillow(bits: Bits) -> None:
    assert Bits.of_picture(bits.picture()) == bits
    assert bits.rotated().rotated() == bits
    assert b"".join(band.rows for band in bits.bands(7)) == bits.rows
    assert bits.black() == bits.picture().convert("L").point(lambda grey: grey == 0 and 1).histogram()[1]


@_SOME
@given(pictures(), st.integers(1, 90), st.integers(1, 90))
def test_padding_is_white_and_cropping_takes_from_the_right_and_below(bits: Bits, width: int, height: int) -> None:
    made = bits.fitted(width, height)
    before, after = bits.picture(), made.picture()
    for x, y in ((0, 0), (width - 1, height - 1), (width - 1, 0), (0, height - 1)):
        inside = x < bits.width and y < bits.height
        assert after.getpixel((x, y)) == (before.getpixel((x, y)) if inside else 255)


def test_grey_is_cut_at_half_and_never_dithered() -> None:
    grey = Image.new("L", (16, 2), 200)
    assert Bits.of_picture(grey).black() == 0
    assert Bits.of_picture(Image.new("L", (16, 2), 100)).black() == 32


def test_black_padding_and_wrong_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="padding"):
        Bits(7, 1, b"\x01")
    with pytest.raises(ValueError, match="bytes"):
        Bits(8, 2, b"\x01")


def test_a_bar_across_the_paper_is_noticed() -> None:
    bits = Bits(16, 6, b"\xff\xff" * 4 + b"\x00\x00" * 2)
    assert bits.darkest_run() == 4
    assert bits.black_share() == pytest.approx(4 / 6)


def test_a_roll_loses_the_same_at_both_sides_and_a_label_only_at_the_right() -> None:
    paper = Image.new("1", (640, 40), 1)
    paper.paste(0, (32, 0, 608, 40))
    bits = Bits.of_picture(paper)
    roll = Setup(8, 640, feed=Feed.CONTINUOUS, head_dots=576)
    assert roll.fitted(bits) == Bits(576, 40, b"\xff" * 72 * 40)
    assert not roll.loses(bits)
    assert Setup(8, 576, feed=Feed.CONTINUOUS, head_dots=384).loses(bits)
    label = Setup(8, 576, 40)
    assert label.fitted(bits).black_box() == (32, 0, 576, 40)
    assert label.loses(bits)


def test_a_label_put_in_the_other_way_round_is_turned() -> None:
    bits = Bits(16, 2, b"\x80\x00\x00\x00")
    assert Setup(8, 16, 2, rotate=180).fitted(bits).rows == b"\x00\x00\x00\x01"


@pytest.mark.parametrize(
    "wrong",
    [
        {"dots_per_mm": 0},
        {"width_dots": 0},
        {"height_dots": 0},
        {"darkness": 101},
        {"speed": 0},
        {"rotate": 90},
        {"copies": 0},
        {"head_dots": 12},
        {"gap_mm": -1.0},
    ],
)
def test_what_no_printer_can_do_is_refused(wrong: dict[str, object]) -> None:
    values: dict[str, object] = {"dots_per_mm": 8, "width_dots": 480, "height_dots": 320, **wrong}
    with pytest.raises(ValueError):
        Setup(**values)  # type: ignore[arg-type]
