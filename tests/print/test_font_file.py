"""Our reader of font files against the library's own: the same numbers, without a heap of small things."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import reportlab
from reportlab.pdfbase import ttfonts

from deskapp.paths import resource
from deskapp.print.font_file import Face, Font

OURS = [resource("fonts", "NotoSansSC-Regular.ttf"), resource("fonts", "NotoSansSC-Bold.ttf")]
OTHER = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
"""A font whose characters are in the older format, which is left to the library."""


@pytest.mark.parametrize("file", [*OURS, OTHER], ids=lambda file: file.name)
def test_a_font_reads_as_the_library_reads_it(file: Path) -> None:
    theirs, ours = ttfonts.TTFontFace(str(file)), Face(str(file))

    assert ours.charToGlyph == theirs.charToGlyph
    assert ours.charWidths == theirs.charWidths
    assert [ours.hmetrics[glyph] for glyph in range(theirs.numGlyphs)] == theirs.hmetrics
    assert list(ours.glyphPos) == theirs.glyphPos
    beside = {"charToGlyph", "charWidths", "hmetrics", "glyphPos", "glyphToChar", "_ttf_data", "_pos", "_pdfScale"}
    assert {k: v for k, v in vars(ours).items() if k not in beside} == {
        k: v for k, v in vars(theirs).items() if k not in beside
    }


@pytest.mark.parametrize("file", [*OURS, OTHER], ids=lambda file: file.name)
def test_a_part_of_a_font_is_cut_out_as_the_library_cuts_it(file: Path) -> None:
    shown = [0, 0x20, 0x41, *(point for point in (0x6253, 0x5370, 0x3013) if file in OURS)]

    assert Face(str(file)).makeSubset(shown) == ttfonts.TTFontFace(str(file)).makeSubset(shown)


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

    assert len(face.charToGlyph) > 5_000
    assert made < 500  # the library leaves four things for each glyph: 20,000 and 60,000


def test_a_font_has_what_the_librarys_own_has() -> None:
    theirs = ttfonts.TTFont("X", str(OURS[1]), asciiReadable=False, shapable=False)
    ours = Font("X", str(OURS[1]))

    assert vars(ours).keys() == vars(theirs).keys()
    assert (ours.fontName, ours._asciiReadable, ours.shapable) == ("X", False, False)
    assert ours.stringWidth("AB 12", 10) == theirs.stringWidth("AB 12", 10)


def test_a_glyph_beyond_the_last_has_no_width() -> None:
    face = Face(str(OURS[1]))

    with pytest.raises(IndexError):
        face.hmetrics[face.numGlyphs]
