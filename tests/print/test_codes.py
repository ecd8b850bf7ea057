"""Bar codes say what they should, by the word of a reader we did not write."""

from __future__ import annotations

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from deskapp.print import codes

PRINTABLE = "".join(map(chr, range(32, 127)))


def picture(matrix: codes.Matrix, module: int = 3) -> Image.Image:
    """Draw a matrix with its quiet zone, black on white."""
    per_row = (matrix.columns + 7) // 8
    bits = bytes.fromhex(matrix.hex)
    rows = matrix.rows if matrix.rows > 1 else 1
    image = Image.new("L", (matrix.columns + 2 * matrix.quiet, rows + 2 * matrix.quiet), 255)
    for y in range(rows):
        for x in range(matrix.columns):
            if bits[y * per_row + x // 8] & (0x80 >> x % 8):
                image.putpixel((x + matrix.quiet, y + matrix.quiet), 0)
    if matrix.rows == 1:
        image = image.crop((0, matrix.quiet, image.width, matrix.quiet + 1)).resize((image.width, 20))
    return image.resize((image.width * module, image.height * module), Image.Resampling.NEAREST)


def read(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image)]


def test_a_label_number_takes_123_modules() -> None:
    assert codes.code128("D001230000711").columns == 123


def test_every_symbol_of_the_code_128_table_is_read_back() -> None:
    for start in range(0, len(PRINTABLE), 19):
        part = PRINTABLE[start : start + 19]
        assert read(picture(codes.code128("A" + part + "Z"))) == ["A" + part + "Z"]
    for start in range(0, 100, 10):
        digits = "".join(f"{value:02d}" for value in range(start, start + 10))
        assert read(picture(codes.code128(digits))) == [digits]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ABCDXZ0123456789-:$", min_size=2, max_size=24))
def test_any_number_is_read_back_from_code_128(number: str) -> None:
    assert read(picture(codes.code128(number))) == [number]


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="ABCDXZ0123456789-:$", min_size=1, max_size=40), st.sampled_from("MQ"))
def test_any_payload_is_read_back_from_qr(payload: str, level: str) -> None:
    assert read(picture(codes.qr(payload, level))) == [payload]


def test_a_slip_payload_fits_a_small_qr() -> None:
    assert codes.qr("PS1:K00123250314004P:7H2KQ9XM", "Q").columns == 25


@pytest.mark.parametrize("text", ["", "标签", "A\n", "é"])
def test_code_128_takes_printable_ascii_only(text: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        codes.code128(text)
