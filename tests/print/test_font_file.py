"""Our reader of font files against a library's: the same numbers, without a heap of small things."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import reportlab
from reportlab.pdfbase import ttfonts

from deskapp.paths import resource
from deskapp.print.font_file import Face

OURS = [resource("fonts", "NotoSansSC-Regular.ttf"), resource("fonts", "NotoSansSC-Bold.ttf")]
OTHER = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
"""A font whose characters are in the older format, and whose units are not thousandths."""


@pytest.mark.parametrize("file", [*OURS, OTHER], ids=lambda file: file.name)
def test_a_font_reads_as_the_library_reads_it(file: Path) -> None:
    theirs, ours = ttfonts.TTFontFace(str(file)), Face(str(file))

    assert ours.glyphs == {point: glyph for point, glyph in theirs.charToGlyph.items() if glyph}
    assert ours.widths == {point: theirs.charWidths[point] for point in ours.glyphs}
    measures = [int.from_bytes(ours.measure(glyph), "big") for glyph in range(theirs.numGlyphs)]
    assert [(one >> 16, one & 0xFFFF) for one in measures] == [(wide, left & 0xFFFF) for wide, left in theirs.hmetrics]
    assert list(ours.places) == list(theirs.glyphPos)
    assert ours.name == theirs.name.decode("ascii")
    assert list(ours.box) == theirs.bbox
    assert (ours.ascent, ours.descent, ours.capitals) == (theirs.ascent, theirs.descent, theirs.capHeight)
    assert (ours.slant, ours.stem, ours.flags) == (theirs.italicAngle, theirs.stemV, theirs.flags)
    assert (ours.usual, ours.count) == (theirs.defaultWidth, theirs.numGlyphs)
    assert ours.tables.keys() == {tag.decode() if isinstance(tag, bytes) else tag for tag in theirs.table}
    for tag in ours.tables:
        assert ours.table(tag) == theirs.get_table(tag)


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.name)
def test_reading_a_font_leaves_nothing_for_the_search_for_garbage(file: Path) -> None:
    gc.collect()
    gc.disable()
    try:
        before = gc.get_count()[0]
        face = Face(str(file))
        made = gc.get_count()[0] - before
    finally:
        gc.enable()

    assert len(face.glyphs) > 5_000
    assert made < 500  # the library leaves four things for each glyph: 20,000 and 60,000


def test_a_glyph_beyond_the_last_has_no_width() -> None:
    face = Face(str(OURS[1]))

    with pytest.raises(IndexError):
        face.measure(face.count)


@pytest.mark.parametrize("cut", [0, 3, 40, 2_000, 60_000], ids=str)
def test_a_file_that_is_no_whole_font_is_refused(cut: int, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(OTHER.read_bytes()[:cut])

    with pytest.raises(ValueError):
        Face(str(broken))


def test_a_font_that_may_not_be_put_into_documents_is_refused(tmp_path: Path) -> None:
    whole = bytearray(OTHER.read_bytes())
    start = Face(str(OTHER)).tables["OS/2"][0]
    whole[start + 8 : start + 10] = (0x0002).to_bytes(2, "big")
    forbidden = tmp_path / "forbidden.ttf"
    forbidden.write_bytes(whole)

    with pytest.raises(ValueError, match="may not be put into documents"):
        Face(str(forbidden))
