"""The bytes of the three languages, read back by readers that only know the manuals."""

from __future__ import annotations

import base64
import re
import zlib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deskapp.print.raw import LANGUAGES, Bits, Feed, Setup, piece
from deskapp.print.raw.escpos import BAND_ROWS
from tests.print.raw.test_bits import pictures
from tests.print.raw.tspl_reader import Broken, read_tspl

ZPL, TSPL, ESCPOS = LANGUAGES["zpl"], LANGUAGES["tspl"], LANGUAGES["escpos"]
_SOME = settings(max_examples=60, deadline=None)
_REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")


def _label(bits: Bits, **more: object) -> Setup:
    return Setup(8, max(8, bits.width), bits.height, **more)  # type: ignore[arg-type]


# ---------------------------------------------------------------- ZPL


def _zpl_picture(data: bytes, width: int, height: int) -> Bits:
    """Put the graphic fields of one format together."""
    rows = {}
    for top, total, stride, packed in re.findall(rb"\^FO0,(\d+)\^GFA,\d+,(\d+),(\d+),:Z64:([^:]+):[0-9A-F]{4}", data):
        raw = zlib.decompress(base64.b64decode(packed))
        assert len(raw) == int(total) <= 99_999
        for number in range(len(raw) // int(stride)):
            rows[int(top) + number] = raw[number * int(stride) : (number + 1) * int(stride)]
    return Bits(width, height, b"".join(rows[y] for y in range(height)))


@_SOME
@given(pictures())
def test_zpl_carries_every_dot(bits: Bits) -> None:
    setup = _label(bits)
    assert _zpl_picture(ZPL.page(bits, setup), setup.width_dots, bits.height) == ZPL.burned(bits, setup)


def test_a_picture_beyond_the_limit_of_zpl_goes_in_bands() -> None:
    big = Bits(1200, 1800, bytes(range(150)) * 1800)
    setup = Setup(12, 1200, 1800)
    data = ZPL.page(big, setup)
    assert data.count(b"^GFA") == 3
    assert _zpl_picture(data, 1200, 1800) == big


def test_zpl_sets_everything_up_with_every_label_and_forbids_repeating_the_last() -> None:
    bits = Bits(8, 2, b"\xff\xff")
    told = piece(ZPL, bits, Setup(8, 480, 320, feed=Feed.MARK, darkness=50, speed=3, cut=True, copies=2)).decode(
        "ascii"
    )
    for command in ("~SD15", "^JZN", "^MMC", "^MNM", "^PW480", "^LL320", "^LH0,0", "^PON", "^PR3", "^PQ2,0,0,N"):
        assert command in told
    plain = piece(ZPL, bits, Setup(8, 480, 320)).decode("ascii")
    assert "^MMT" in plain
    assert "^MNY" in plain
    assert "~SD" not in plain
    assert "^PR" not in plain
    assert plain.count("^XA") == plain.count("^XZ") == 1
    roll = piece(ZPL, bits, Setup(8, 480, feed=Feed.CONTINUOUS)).decode("ascii")
    assert "^MNN" in roll
    assert "^LL2\r\n" in roll


# ---------------------------------------------------------------- TSPL


@_SOME
@given(pictures())
def test_tspl_carries_every_dot_and_a_nought_burns(bits: Bits) -> None:
    setup = _label(bits)
    (label,) = read_tspl(piece(TSPL, bits, setup))
    assert Bits.of_picture(label) == TSPL.burned(bits, setup)


@_SOME
@given(st.integers(0, 40), st.integers(0, 7), st.sampled_from([b"\x1b!?", b"\x1b!R", b"~!T", b"\x1b!S\x1b!."]))
def test_no_picture_holds_an_immediate_command_of_tspl(row: int, column: int, command: bytes) -> None:
    stride = 12
    dots = bytearray(stride * 41)
    at = row * stride + column
    dots[at : at + len(command)] = bytes(255 - byte for byte in command)
    bits = Bits(stride * 8, 41, bytes(dots))
    with pytest.raises(Broken):
        read_tspl(b"SIZE 96 dot,41 dot\r\nCLS\r\nBITMAP 0,0,12,41,0," + bits.inverted() + b"\r\nPRINT 1\r\n")
    (label,) = read_tspl(piece(TSPL, bits, _label(bits)))
    assert Bits.of_picture(label) == bits


def test_tspl_sets_everything_up_and_forbids_repeating_the_last() -> None:
    told = piece(TSPL, Bits(8, 2, b"\xff\xff"), Setup(12, 720, 480, gap_mm=2.5, darkness=100, speed=4, copies=3))
    assert told.startswith(b"SIZE 60 mm,40 mm\r\nGAP 2.5 mm,0 mm\r\n")
    for line in (b"SET REPRINT OFF", b"SET CUTTER OFF", b"DIRECTION 0", b"REFERENCE 0,0", b"DENSITY 15", b"SPEED 4"):
        assert line + b"\r\n" in told
    assert told.endswith(b"PRINT 1,3\r\n")
    assert len(read_tspl(told, dots_per_mm=12)) == 3
    mark = piece(TSPL, Bits(8, 2, b"\xff\xff"), Setup(8, 480, 320, feed=Feed.MARK, gap_mm=3, cut=True))
    assert b"BLINE 3 mm,0 mm\r\n" in mark
    assert b"SET CUTTER 1\r\n" in mark
    roll = Bits(480, 200, bytes(60 * 200))
    (strip,) = read_tspl(piece(TSPL, roll, Setup(8, 480, feed=Feed.CONTINUOUS)))
    assert strip.size == (480, 200)


# ---------------------------------------------------------------- ESC/POS


def _bands(data: bytes) -> Bits:
    """Put `GS v 0` bands together; anything between them is an error."""
    rows, stride, at = b"", 0, 0
    while at < len(data):
        assert data[at : at + 4] == b"\x1dv0\x00"
        stride, height = data[at + 4] + 256 * data[at + 5], data[at + 6] + 256 * data[at + 7]
        assert data[at + 7] == 0
        rows += data[at + 8 : at + 8 + stride * height]
        at += 8 + stride * height
    return Bits(stride * 8, len(rows) // stride, rows)


def _columns(data: bytes, height: int) -> Bits:
    """Put `ESC *` strips together, dot by dot."""
    assert data.startswith(b"\x1b3\x18")
    assert data.endswith(b"\x1b2")
    strips, at = [], 3
    while at < len(data) - 2:
        assert data[at : at + 3] == b"\x1b*\x21"
        width = data[at + 3] + 256 * data[at + 4]
        strips.append([int.from_bytes(data[at + 5 + 3 * x : at + 8 + 3 * x], "big") for x in range(width)])
        at += 5 + 3 * width
        assert data[at : at + 1] == b"\n"
        at += 1
    rows = []
    for y in range(height):
        bits = "".join(str(column >> 23 - y % 24 & 1) for column in strips[y // 24])
        rows.append(int(bits, 2).to_bytes(len(bits) // 8, "big"))
    return Bits(len(strips[0]), height, b"".join(rows))


@_SOME
@given(pictures(most=300))
def test_escpos_carries_every_dot_but_for_those_a_printer_would_obey(bits: Bits) -> None:
    setup = Setup(8, 576, feed=Feed.CONTINUOUS, head_dots=384)
    assume(not _REAL_TIME.search(setup.fitted(bits).rows))
    assert _bands(ESCPOS.page(bits, setup)) == ESCPOS.burned(bits, setup) == setup.fitted(bits)


@_SOME
@given(pictures(most=90))
def test_the_old_way_of_columns_carries_every_dot_too(bits: Bits) -> None:
    setup = Setup(8, 384, feed=Feed.CONTINUOUS, head_dots=384, columns=True)
    data = ESCPOS.page(bits, setup)
    assert not _REAL_TIME.search(data)
    assert _columns(data, bits.height) == ESCPOS.burned(bits, setup)
    assert 0 <= ESCPOS.burned(bits, setup).black() - setup.fitted(bits).black() <= data.count(b"\x18")


@_SOME
@given(
    st.integers(0, 200),
    st.integers(0, 40),
    st.sampled_from([b"\x10\x04\x01", b"\x10\x14\x01\x00\x01", b"\x10\x05\x02"]),
)
def test_no_picture_holds_a_real_time_command_and_it_costs_one_dot(row: int, column: int, command: bytes) -> None:
    dots = bytearray(48 * 201)
    dots[row * 48 + column : row * 48 + column + len(command)] = command
    bits = Bits(384, 201, bytes(dots))
    setup = Setup(8, 384, feed=Feed.CONTINUOUS, head_dots=384)
    assert not _REAL_TIME.search(ESCPOS.page(bits, setup))
    burned = ESCPOS.burned(bits, setup)
    assert 1 <= burned.black() - bits.black() <= 2
    assert _bands(ESCPOS.page(bits, setup)) == burned


@pytest.mark.parametrize("dots", [384, 576, 640])
def test_bands_are_as_wide_as_the_head_and_never_too_high(dots: int) -> None:
    bits = Bits(dots, 1000, bytes(dots // 8 * 1000))
    data = ESCPOS.page(bits, Setup(8, dots, feed=Feed.CONTINUOUS, head_dots=dots))
    assert data.count(b"\x1dv0\x00" + bytes([dots // 8, 0, BAND_ROWS, 0])) == 1000 // BAND_ROWS
    assert data.endswith(b"\x00")


def test_a_receipt_is_reset_cut_and_opens_the_drawer_once() -> None:
    bits = Bits(384, 10, bytes(480))
    setup = Setup(8, 384, feed=Feed.CONTINUOUS, head_dots=384, cut=True, drawer=True, copies=2, darkness=100, speed=12)
    told = piece(ESCPOS, bits, setup)
    assert told.startswith(b"\x1b@\x1d(K\x02\x001\x06\x1d(K\x02\x002\x09")
    assert told.count(b"\x1dVB\x00") == 2
    assert told.count(b"\x1bp\x00") == 1
    assert told.endswith(b"\x1bp\x00\x19\xfa")
    torn = piece(ESCPOS, bits, Setup(8, 384, feed=Feed.CONTINUOUS, head_dots=384))
    assert torn.endswith(b"\x1bd\x05")
    assert b"\x1b@\x1dv0" in torn
