"""No name prints as a blank: coverage, fallback, measuring, fitting."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.paths import resource
from deskapp.print import fonts

RARE = "𬸚㛃𬭎"


def standard_characters() -> str:
    lines = resource("fonts", "standard_characters.txt").read_text(encoding="utf-8").splitlines()
    return "".join(line for line in lines if not line.startswith("#"))


def test_both_fonts_have_every_standard_character() -> None:
    characters = standard_characters()
    assert len(set(characters)) == 8105
    for font in (fonts.REGULAR, fonts.BOLD):
        assert [one for one in characters if not fonts.covers(font, one)] == []


def test_the_licence_lies_beside_the_fonts() -> None:
    assert "SIL OPEN FONT LICENSE" in resource("fonts", "OFL.txt").read_text(encoding="utf-8").upper()


def test_names_beyond_the_basic_plane_need_no_substitute() -> None:
    assert fonts.missing(RARE) == ""
    assert "".join(run.text for run in fonts.runs(RARE, bold=True)) == RARE


def test_a_character_no_font_has_becomes_a_geta_and_is_named() -> None:
    unknown = "\U0003134f"
    assert fonts.missing(f"赵{unknown}{unknown}") == unknown
    assert "".join(run.text for run in fonts.runs(f"赵{unknown}")) == "赵〓"


def test_what_bold_lacks_is_printed_in_regular() -> None:
    extension = next(chr(point) for point in range(0x3400, 0x4DC0) if not fonts.covers(fonts.BOLD, chr(point)))
    made = fonts.runs("王" + extension, bold=True)
    assert [run.font for run in made] == [fonts.BOLD, fonts.REGULAR]


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("王\n芳", "王 芳"),
        ("a\u202eb", "ab"),
        ("a\u200bb\u0000c", "abc"),
        ("老街\u3000鱼丸", "老街\u3000鱼丸"),
        ("阿卜杜热合曼·买买提", "阿卜杜热合曼·买买提"),
        ("1\u20281", "1 1"),
    ],
)
def test_what_cannot_be_seen_does_not_reach_the_paper(dirty: str, clean: str) -> None:
    assert fonts.clean(dirty) == clean


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.integers(20, 400), st.integers(1, 3), st.booleans())
def test_a_fitted_text_never_leaves_its_room(text: str, room: int, lines: int, keep_end: bool) -> None:
    made = fonts.fit(text, room, (24, 20, 18), lines=lines, keep_end=keep_end)
    assert len(made.lines) <= max(1, lines)
    for line in made.lines:
        # A hanging punctuation mark may pass the edge by its own width, an ellipsis alone by half.
        assert fonts.width(line, made.size) <= room + made.size * (1 if lines > 1 or len(line) == 1 else 0)
    if not made.cut:
        assert "".join("".join(made.lines).split()) == "".join(fonts.clean(text).split())


def test_a_cut_serial_keeps_its_end() -> None:
    made = fonts.fit("00005302NL8610024571", 120, (18,), keep_end=True)
    assert made.cut
    assert made.lines[0].startswith("…")
    assert made.lines[0].endswith("24571")


def test_latin_words_break_at_blanks() -> None:
    assert fonts.wrap("新大陆 SP60 NLSP60B7654321", 100, 9) == ["新大陆 SP60", "NLSP60B7654321"]
