"""The PDF we write ourselves: the same picture as the library's, the same bytes each time, fonts that are whole."""

from __future__ import annotations

import io
import re
import zlib
from array import array
from pathlib import Path

import pypdfium2
import pytest
import reportlab
from PIL import Image, ImageChops
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from deskapp.print import font_part, fonts, pressing, raster, render
from deskapp.print.edition import Edition
from deskapp.print.font_file import Face
from deskapp.print.font_part import Part
from deskapp.print.pdf_file import Book
from tests.print import samples

TEXTS = ("收机单 R00123 fi 12.50", "赵𬸚㛃䶮", "éǖÅñ ﬃ½", "老街鱼丸店（鼓楼店）")
"""Daily ones, beyond the basic plane, letters made of others, and punctuation of full width."""


def ours(texts: tuple[str, ...], font: str = fonts.REGULAR, face: Face | None = None) -> bytes:
    """A page with these texts, one below the other."""
    book = Book("Nummer", "kind", "job")
    if face:
        book._parts[font] = Part(face)
    lines = [f"BT 0 g /{font} 20 Tf 1 0 0 1 10 {170 - 40 * row} Tm <{book.code(font, text)}> Tj ET"
             for row, text in enumerate(texts)]  # fmt: skip
    book.page(300, 200, lines)
    return book.finish()


def theirs(texts: tuple[str, ...], file: str = "") -> bytes:
    """The same page by the library."""
    file = file or fonts.face(fonts.REGULAR).file
    name = Path(file).stem  # the library keeps the first font of a name
    pdfmetrics.registerFont(TTFont(name, file, asciiReadable=False))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(300, 200))
    canvas.setFont(name, 20)
    for row, text in enumerate(texts):
        canvas.drawString(10, 170 - 40 * row, text)
    canvas.save()
    return out.getvalue()


def picture(pdf: bytes) -> Image.Image:
    return raster.pages(pdf, 3, grey=True)[0]


def streams(pdf: bytes) -> list[bytes]:
    return [zlib.decompress(one) for one in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)]


def files(pdf: bytes) -> list[bytes]:
    """The font files in a document."""
    return [one for one in streams(pdf) if one.startswith(b"\0\1\0\0")]


def table_of(part: Part) -> str:
    """The table of characters of a part, as a reader finds it."""
    return zlib.decompress(pressing.stream(part.table(part.more()))).decode("ascii")


def total(data: bytes) -> int:
    """The sum of all words of four bytes, as fonts are summed up."""
    words = array("I", data)
    words.byteswap()
    return sum(words) & 0xFFFFFFFF


def tables(file: bytes) -> dict[str, bytes]:
    found = {}
    for number in range(int.from_bytes(file[4:6], "big")):
        entry = file[12 + 16 * number : 28 + 16 * number]
        start, length = int.from_bytes(entry[8:12], "big"), int.from_bytes(entry[12:], "big")
        found[entry[:4].decode()] = file[start : start + length]
        padded = found[entry[:4].decode()] + bytes(-length % 4)
        if entry[:4] != b"head":  # its own sum counts the whole file's as nothing
            assert total(padded) == int.from_bytes(entry[4:8], "big")
    return found


def test_a_page_shows_what_the_librarys_shows() -> None:
    assert ImageChops.difference(picture(ours(TEXTS)), picture(theirs(TEXTS))).getbbox() is None


def test_the_same_paper_is_the_same_bytes_and_another_has_another_name() -> None:
    first, again, other = ours(TEXTS), ours(TEXTS), ours(TEXTS[:3])
    assert first == again
    names = [re.search(rb"/ID\s+\[<(\w{32})><\1>\]", pdf) for pdf in (first, other)]
    assert names[0] and names[1]
    assert names[0][1] != names[1][1]


def test_what_was_printed_before_does_not_change_a_paper() -> None:
    edition = Edition("a5", "zh_CN", printed_at_ms=samples.NOW)
    first = render.render("repair_receipt", samples.repair_receipt(), edition).pdf
    ours(("另一张纸上的字，先用掉缓存里的顺序",), fonts.BOLD)
    render.render("pickup_slip", samples.ALL["pickup_slip"], edition)
    assert render.render("repair_receipt", samples.repair_receipt(), edition).pdf == first


def test_a_font_in_a_document_adds_up_and_holds_its_characters_and_no_more() -> None:
    pdf = ours(TEXTS)
    (file,) = files(pdf)
    found = tables(file)
    assert total(file) == 0xB1B0AFBA
    shown = len(set("".join(TEXTS)))
    assert int.from_bytes(found["maxp"][4:6], "big") >= shown + 1
    assert int.from_bytes(found["maxp"][4:6], "big") <= shown + 1 + 12  # and what composed letters are made of
    ends = array("H", found["loca"])
    ends.byteswap()
    assert list(ends) == sorted(ends)
    assert 2 * ends[-1] == len(found["glyf"])
    assert len(found["hmtx"]) == 4 * (len(ends) - 1)


def test_letters_made_of_others_bring_them_along() -> None:
    """None of our own fonts has such letters; one that a branch puts beside them may."""
    face = Face(str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"))
    text = "éÅñ Ü"
    pdf = ours((text,), face=face)
    (file,) = files(pdf)
    assert int.from_bytes(tables(file)["maxp"][4:6], "big") > len(set(text)) + 1
    assert ImageChops.difference(picture(pdf), picture(theirs((text,), face.file))).getbbox() is None
    assert ImageChops.difference(picture(pdf), picture(ours(("",)))).getbbox() is not None


def test_the_table_of_characters_writes_them_as_utf_16() -> None:
    part = Part(fonts.face(fonts.REGULAR))
    assert [part.codes[one] for one in "赵𬸚赵"] == ["0001", "0002", "0001"]
    table = table_of(part)
    assert "<0001> <8D75>" in table
    assert "<0002> <D873DE1A>" in table


def test_a_blank_that_holds_words_together_is_found_as_a_blank() -> None:
    document = pypdfium2.PdfDocument(ours(("2\u00a0×\u00a022.52",)))
    assert document[0].get_textpage().get_text_bounded() == "2 × 22.52"
    document.close()


def test_the_table_keeps_its_blocks_to_a_hundred() -> None:
    part = Part(fonts.face(fonts.REGULAR))
    for point in range(0x4E00, 0x4E00 + 256):
        part.codes[chr(point)]
    assert re.findall(r"(\d+) beginbfchar", table_of(part)) == ["100", "100", "56"]


def test_what_papers_of_a_kind_say_alike_comes_first_and_once() -> None:
    """The table of characters, the outlines and their places go on behind it as if all had come one by one."""
    face = fonts.face(fonts.REGULAR)
    alike, alone = "收机商户单号", "鼓楼收店é"
    part, slowly = Part(face, alike), Part(face)
    for one in alike + alone:
        assert part.codes[one] == slowly.codes[one]
    assert [glyph.utf_16 for glyph in part.more()] == [one.encode("utf-16-be").hex().upper() for one in "鼓楼店é"]
    assert re.findall(r"<(\w{4})> <(\w{4})>", table_of(part)) == re.findall(r"<(\w{4})> <(\w{4})>", table_of(slowly))
    assert part.widths(part.more()) == slowly.widths(slowly.more())
    whole, length = part.file(part.more())
    file, alone_file = (zlib.decompress(pressing.stream(one.file(one.more())[0])) for one in (part, slowly))
    assert file == alone_file and length == len(file) and total(file) == 0xB1B0AFBA
    assert isinstance(whole[1], pressing.Kept) and whole[1].length > 1000


def test_papers_of_a_kind_share_the_characters_of_their_captions() -> None:
    edition = Edition("a5", "zh_CN", printed_at_ms=samples.NOW)
    render.render("repair_receipt", samples.repair_receipt(), edition)
    known = font_part.start.cache_info()
    other = samples.repair_receipt(merchant="闽江渔家乐", number="C00123260101000123456", clerk="林受理")
    render.render("repair_receipt", other, edition)
    now = font_part.start.cache_info()
    assert now.misses == known.misses
    assert now.hits == known.hits + 2


def test_letters_made_of_others_are_no_common_beginning() -> None:
    """They name their pieces by places that differ from paper to paper."""
    face = Face(str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"))
    assert list(font_part.start(face, "aéb").codes) == ["a", "b"]


def test_a_description_is_only_text() -> None:
    book = Book("编号) /OpenAction (x", "kind", "")
    book.page(10, 10, [])
    pdf = book.finish()
    assert b"OpenAction" not in pdf
    document = pypdfium2.PdfDocument(pdf)
    assert document.get_metadata_dict()["Title"] == "编号) /OpenAction (x"
    document.close()


def test_a_thousand_characters_are_one_font() -> None:
    face = fonts.face(fonts.REGULAR)
    characters = "".join(chr(point) for point in range(0x4E00, 0x5300) if point in face.glyphs)
    (file,) = files(ours((characters,)))
    assert int.from_bytes(tables(file)["maxp"][4:6], "big") == len(characters) + 1
    assert len(tables(file)["loca"]) == 4 * (len(characters) + 2)  # too long for the short form


def test_what_is_kept_of_characters_has_a_bound() -> None:
    assert font_part._glyph.cache_parameters()["maxsize"] == 2048


@pytest.mark.parametrize("name", [fonts.REGULAR, fonts.BOLD])
def test_fonts_are_read_once(name: str) -> None:
    assert isinstance(fonts.face(name), Face)
    assert fonts.face(name) is fonts.face(name)
