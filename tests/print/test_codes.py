"""Bar codes say what they should, by the word of a reader we did not write."""

from __future__ import annotations

import subprocess
import sys

import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from deskapp.print import codes, qr_quick

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


LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def as_segno_makes_it(text: str, level: str) -> str:
    plain = bytes.maketrans(b"\x00\x01", b"01")
    return "".join(codes._hex(row.translate(plain).decode()) for row in segno.make_qr(
        text, error=level.lower(), mask=codes.QR_MASK, boost_error=False).matrix)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=LETTERS, min_size=1, max_size=77), st.sampled_from("LMQ"))
def test_the_quick_way_makes_the_symbol_the_library_makes(text: str, level: str) -> None:
    made = codes.qr(text, level)
    if (17 + 11 * (len(text) // 2) + 6 * (len(text) % 2)) % 8:
        assert made.hex == as_segno_makes_it(text, level)
    else:  # where a text ends with a whole word, the library pads with a word of zeros the standard does not ask for
        assert read(picture(made)) == [text]


@pytest.mark.parametrize(("version", "level", "longest"), [
    (1, "L", 25), (2, "L", 47), (3, "L", 77), (1, "M", 20), (2, "M", 38), (3, "M", 61), (1, "Q", 16), (2, "Q", 29),
])  # fmt: skip
def test_every_size_has_its_quick_way_up_to_what_it_holds(version: int, level: str, longest: int) -> None:
    assert codes._shape(version, level) is not None
    text = (LETTERS * 2)[10 : 10 + longest]
    assert qr_quick.version_for(text, level) == version
    assert qr_quick.version_for(text + "A", level) in (0, version + 1)
    assert codes.qr(text, level).rows == 17 + 4 * version
    assert read(picture(codes.qr(text, level))) == [text]


@pytest.mark.parametrize("text", ["", "0123456789", "abc", "单号", "A" * 78])
def test_what_the_quick_way_does_not_take_is_left_to_the_library(text: str) -> None:
    assert qr_quick.version_for(text, "M") == 0
    if text:
        assert codes.qr(text, "M").hex == as_segno_makes_it(text, "M")


def test_a_symbol_that_is_not_understood_has_no_quick_way() -> None:
    def turned(text: str, version: int) -> list[bytes]:
        rows = codes._encoded(text, "M", version)
        return [bytes(row) for row in zip(*rows, strict=True)][::-1]

    assert qr_quick.shape(1, "M", turned) is None


def test_the_first_codes_of_two_printers_are_made_at_the_same_time() -> None:
    program = (
        "import sys, threading\n"
        "sys.setswitchinterval(0.0001)\n"
        "from deskapp.print import codes\n"
        "start, made = threading.Barrier(4), []\n"
        "def make(n):\n"
        "    start.wait()\n"
        "    made.append(codes.qr(f'D00123000000{n}').columns)\n"
        "threads = [threading.Thread(target=make, args=(n,)) for n in range(4)]\n"
        "[thread.start() for thread in threads]\n"
        "[thread.join() for thread in threads]\n"
        "sys.exit(0 if len(made) == 4 else 1)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
