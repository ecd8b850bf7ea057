"""Labels, rendered and compared by programs nobody here wrote."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import zlib
from pathlib import Path

import pytest
from PIL import Image

from deskapp.print.raw import LANGUAGES, Bits, Trouble, piece, tspl, zpl
from tests.print.oracles import shelf
from tests.print.oracles.pictures import Sample, codes_of
from tests.print.raw.tspl_reader import read_tspl


@pytest.fixture(scope="module")
def formats(pictures: list[Sample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the whole ZPL of every label, and how large each is."""
    folder = tmp_path_factory.mktemp("zpl")
    sizes = {}
    for one in pictures:
        if one.is_label:
            per_mm = one.setup.dots_per_mm
            (folder / f"{one.name}.zpl").write_bytes(piece(LANGUAGES["zpl"], one.bits, one.setup))
            sizes[one.name] = [one.bits.width / per_mm, one.bits.height / per_mm, per_mm]
    (folder / "sizes.json").write_text(json.dumps(sizes))
    return folder


def _compare(pictures: list[Sample], folder: Path, suffix: str) -> int:
    """Compare each rendered label dot by dot, and read its code from the picture the oracle made."""
    count = 0
    for one in pictures:
        if not one.is_label:
            continue
        with Image.open(folder / f"{one.name}.{suffix}") as drawn:
            assert Bits.of_picture(drawn).fitted(one.bits.width, one.bits.height) == one.bits, one.name
            assert Bits.of_picture(drawn).black() == one.bits.black(), one.name
            assert one.codes
            assert codes_of(drawn) == one.codes, one.name
        count += 1
    return count


def test_zplkit_draws_every_label_dot_for_dot_and_its_codes_are_read(
    pictures: list[Sample], formats: Path, encoders: shelf.Oracle
) -> None:
    told = set(encoders.run("ask_encoders.py", "render", formats).split("\n"))
    # What it does not know concerns the mechanism of the printer, not the picture.
    assert told <= {"", "unknown JZ", "unknown MM", "unknown MN", "unknown PQ"}
    assert _compare(pictures, formats, "zplkit.png") >= 12


def test_zpl_renderer_js_draws_every_label_dot_for_dot_and_its_codes_are_read(
    pictures: list[Sample], formats: Path, zpl_renderer: tuple[str, Path]
) -> None:
    node, packages = zpl_renderer
    script = shelf.HERE / "render_zpl.mjs"
    told = subprocess.run([node, script, packages, formats], capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stderr
    assert _compare(pictures, formats, "zebrash.png") >= 12


def test_zebrafy_packs_the_same_dots(pictures: list[Sample], encoded: Path) -> None:
    for one in pictures:
        burned = one.setup.fitted(one.bits)
        plain = re.search(r"\^GFA,(\d+),(\d+),(\d+),([0-9A-F\s]+)", (encoded / f"{one.name}.ascii").read_text())
        assert plain is not None
        assert bytes.fromhex(plain[4]) == burned.rows, one.name
        packed = re.compile(r"\^GFA,\d+,(\d+),(\d+),:Z64:([^:]+):([0-9A-Fa-f]{4})")
        theirs = packed.search((encoded / f"{one.name}.z64").read_text())
        ours = packed.search(zpl.graphic_field(burned))
        assert theirs is not None
        assert ours is not None
        assert ours[1] == theirs[1]
        assert ours[2] == theirs[2]
        assert zlib.decompress(base64.b64decode(ours[3])) == zlib.decompress(base64.b64decode(theirs[3]))
        if ours[3] == theirs[3]:  # the same packing must have the same checksum
            assert int(ours[4], 16) == int(theirs[4], 16)


def test_zebrafy_counts_the_same_checksum(pictures: list[Sample], encoded: Path) -> None:
    same = 0
    for one in pictures:
        found = re.search(r":Z64:([^:]+):([0-9A-Fa-f]{4})", (encoded / f"{one.name}.z64").read_text())
        assert found is not None
        same += zpl.checksum(found[1].encode("ascii")) == found[2].upper()
    assert same == len(pictures)


def test_labeljetty_writes_the_same_bitmap(pictures: list[Sample], bitmaps: tuple[Path, list[dict[str, bool]]]) -> None:
    in_one = 0
    for one in pictures:
        burned = one.setup.fitted(one.bits)
        theirs = (bitmaps[0] / f"{one.name}.bitmap").read_bytes()
        ours = tspl.bitmap(burned)
        (label,) = read_tspl(
            b"SIZE %d dot,%d dot\r\nCLS\r\n" % (burned.width, burned.height) + theirs + b"\r\nPRINT 1\r\n"
        )
        assert Bits.of_picture(label) == burned, one.name
        if ours.count(b"BITMAP") == 1:  # otherwise it was cut, because the data held an immediate command
            assert ours.rstrip(b"\r\n") == theirs.rstrip(b"\r\n"), one.name
            in_one += 1
    assert in_one >= 12


def test_labeljetty_understands_the_status_byte_as_we_do(bitmaps: tuple[Path, list[dict[str, bool]]]) -> None:
    meanings = {
        "head_opened": Trouble.COVER_OPEN,
        "paper_jam": Trouble.JAM,
        "paper_empty": Trouble.PAPER_OUT,
        "ribbon_empty": Trouble.RIBBON_OUT,
        "paused": Trouble.PAUSED,
        "printing": Trouble.BUSY,
        "other_error": Trouble.FAULT,
    }
    read = 0
    for byte, theirs in enumerate(bitmaps[1]):
        ours = LANGUAGES["tspl"].read(bytes([byte]))
        if ours is None or byte & 0x40:  # the cover, which it does not know
            continue
        assert ours.troubles == {trouble for name, trouble in meanings.items() if theirs[name]}, byte
        read += 1
    assert read >= 60


def test_a_reader_written_from_the_manual_gets_every_label_back(pictures: list[Sample]) -> None:
    for one in pictures:
        (label,) = read_tspl(piece(LANGUAGES["tspl"], one.bits, one.setup), dots_per_mm=one.setup.dots_per_mm)
        assert Bits.of_picture(label) == one.setup.fitted(one.bits), one.name
        assert codes_of(label) == one.codes, one.name


@pytest.fixture(scope="module")
def encoded(pictures: list[Sample], encoders: shelf.Oracle) -> Path:
    """The folder in which each picture lies beside what python-escpos and zebrafy make of it."""
    folder = pictures[0].png.parent
    encoders.run("ask_encoders.py", "encode", folder)
    return folder


@pytest.fixture(scope="module")
def bitmaps(pictures: list[Sample], labeljetty: shelf.Oracle) -> tuple[Path, list[dict[str, bool]]]:
    """The folder with labeljetty's BITMAP of each picture, and its reading of all status bytes."""
    folder = pictures[0].png.parent
    return folder, json.loads(labeljetty.run("ask_labeljetty.py", folder))
