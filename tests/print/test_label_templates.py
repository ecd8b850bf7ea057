"""What holds for every label template, size, head, language and value: decodes, fits, overprints nothing, hides nothing."""

from __future__ import annotations

import dataclasses
import io
import itertools
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from deskapp.errors import Refused
from deskapp.print import fonts, labels, logo, raster, render, templates
from deskapp.print.drawing import Drawing, paint
from deskapp.print.edition import Edition
from deskapp.print.label_parts import LabelBody
from deskapp.print.media import medium
from deskapp.print.pdf_file import Book
from deskapp.print.template_reader import TemplateRefused
from deskapp.rules import papers
from tests.print import samples
from tests.print.test_labels import KINDS, LONGEST, MEDIA, read, touch

LANGUAGES = ("zh_CN", "en", "qps")
HOSTILE = {
    "markup": "<b>粗</b>&amp;</para><br/>",
    "image": "<img src='file:///etc/passwd'/><a href='http://x'>y</a>",
    "formula": '=HYPERLINK("http://x","y")+cmd|\'/C calc\'!A0',
    "braces": "{0}{order_no}{paper.copy}%s%(x)s",
    "reversed": "\u202e反转\u202c\u2066x\u2069",
    "controls": "a\x00b\x07c\x1b[31md\r\ne\u2028f",
    "long": "阿卜杜热合曼·买买提" * 20,
    "latin": "W" * 200,
    "digits": "0123456789" * 20,
    "rare": "赵㛃𬸚䶮",
    "unknown": "\U0003134f\ue000\ufffe",
    "marks": "e\u0301\u0302\u0303" * 30,
    "blank": " \u3000\t\n ",
    "commands": "^XA^FD~JA^XZ\x1b@",
}


def hostile(kind: str, text: str) -> papers.Card:
    """Return a label card with the text in every field that takes one, but for the number."""
    usual = samples.ALL[kind]
    values: dict[str, object] = {
        field.name: text for field in dataclasses.fields(usual) if type(getattr(usual, field.name)) is str
    }
    values |= {"site": papers.Site(text, text, text, text, text, text), "number": usual.number}
    return dataclasses.replace(usual, **values)  # type: ignore[arg-type]


def check_safe(page: Drawing) -> None:
    """Assert that all marks lie inside, and none lies on another."""
    texts = [mark.box() for mark in page.texts]
    for box in [*texts, *(mark.box() for mark in (*page.blocks, *page.symbols, *page.pictures))]:
        assert box[0] >= 3.5, box
        assert box[1] >= 2, box
        assert box[2] <= page.width - 2, box
        assert box[3] <= page.height - 2, box
    quiet = [mark.quiet_box() for mark in page.symbols]
    pictures = [mark.box() for mark in page.pictures]
    for one, other in itertools.chain(
        itertools.product(quiet, [*texts, *pictures]),
        itertools.product(texts, pictures),
        itertools.combinations(quiet, 2),
        itertools.product(quiet, [block.box() for block in page.blocks]),
    ):
        assert not touch(one, other), (one, other)
    for one, other in itertools.combinations([mark for mark in page.texts if mark.text.strip()], 2):
        assert not touch(one.box(), other.box(), slack=2), (one, other)


@pytest.mark.parametrize("name", MEDIA)
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_values_stay_in_their_rooms_and_every_loss_is_told(kind: str, name: str) -> None:
    stock = medium(name)
    for what, text in HOSTILE.items():
        card = hostile(kind, text)
        for language, copy_no in itertools.product(LANGUAGES, (0, 12)):
            page = labels.draw(card, stock, language, copy_no)
            check_safe(page)
        shown = "".join(mark.text for mark in page.texts)
        assert "\x00" not in shown, what
        assert "\u202e" not in shown
        assert "\n" not in shown
        if what in ("long", "latin", "digits") and kind != "test_label":
            assert page.cut, what
        made = render.render(kind, card, Edition(stock, "zh_CN"))
        codes = {warning.code for warning in made.warnings}
        assert ("missing_characters" in codes) is bool(fonts.missing(text)), what
        assert ("hidden_characters" in codes) is (what in ("reversed", "controls", "commands")), what
        assert b"/Subtype /Image" not in made.pdf
        assert b"/URI" not in made.pdf
        assert b"/Annot" not in made.pdf


@pytest.mark.parametrize("name", MEDIA)
@pytest.mark.parametrize("kind", KINDS)
def test_every_code_is_read_grey_and_black_at_both_resolutions_with_any_values(kind: str, name: str) -> None:
    for card in (LONGEST[kind], hostile(kind, HOSTILE["markup"])):
        page = labels.draw(card, medium(name), "zh_CN", 3)
        wanted = [card.number] * len(page.symbols)
        assert wanted
        dots = render.render_dots(kind, card, Edition(name, "zh_CN", copy_no=3))[0]
        assert read(dots) == wanted
        pdf = render.render(kind, card, Edition(name, "zh_CN", copy_no=3)).pdf
        for dpi in (203.2, 300, 600) if card is LONGEST[kind] else (203.2, 300):
            grey = raster.pages(pdf, dpi / 72, grey=True)[0]
            assert read(grey) == wanted
            assert read(grey.point(lambda value: 255 if value >= 128 else 0, "1")) == wanted


@pytest.mark.parametrize("name", MEDIA)
@pytest.mark.parametrize("kind", KINDS)
def test_page_in_millimetres_and_page_in_dots_show_the_same_within_a_dot(kind: str, name: str) -> None:
    stock = medium(name)
    page = labels.draw(samples.ALL[kind], stock, "zh_CN")
    shapes = dataclasses.replace(page, texts=[])
    letters = Drawing(page.width, page.height, texts=[mark for mark in page.texts if not mark.white])
    # Bars and lines to the dot; of letters a hair may fall under the threshold of one bit.
    for part, allowed in ((shapes, 0), (letters, 0.01)):
        dots = mask(raster.dots(pdf_of(part, 1.0))[0].convert("L"))
        unit = 72 / 25.4 / stock.dots_per_mm
        fine = raster.pages(pdf_of(part, unit), 4 / unit, grey=True)[0].crop((0, 0, 4 * page.width, 4 * page.height))
        drawn = mask(fine).resize(dots.size, Image.Resampling.BOX).point(lambda value: 255 if value >= 128 else 0)
        ink = dots.histogram()[255]
        for one, other in ((dots, drawn), (drawn, dots)):
            outside = ImageChops.subtract(one, other.filter(ImageFilter.MaxFilter(3)))
            assert outside.histogram()[255] <= allowed * ink


def mask(picture: Image.Image) -> Image.Image:
    """Return ink as 255 and paper as 0."""
    return picture.point(lambda value: 0 if value >= 128 else 255)


def pdf_of(page: Drawing, unit: float) -> bytes:
    """Return the PDF of a drawing alone, one dot `unit` points large."""
    book = Book()
    width, height = page.width * unit, page.height * unit
    book.page(width, height, paint(page, book, height, unit))
    return book.finish()


@pytest.mark.parametrize("name", ["label-60x40", "label-50x30", "label-40x30@300", "label-40x30+qr"])
@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"test_label"}))
def test_no_dot_is_burnt_twice(kind: str, name: str) -> None:
    """The ink of all marks drawn alone adds up to the ink of the label: nothing lies on anything."""
    page = labels.draw(LONGEST[kind], medium(name), "en", 3)
    alone = 0
    black = [mark for mark in page.texts if not mark.white]
    for part in [
        *({"texts": [mark]} for mark in black),
        *({"symbols": [mark]} for mark in page.symbols),
        *({"blocks": [mark]} for mark in page.blocks),
    ]:
        alone += ink(Drawing(page.width, page.height, **part))  # type: ignore[arg-type]
    together = ink(dataclasses.replace(page, texts=black))
    assert together >= alone * 0.995


def ink(page: Drawing) -> int:
    """Return how many dots a drawing burns."""
    return raster.dots(pdf_of(page, 1.0))[0].convert("L").histogram()[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_no_code_can_carry_is_told_and_printed_in_letters(kind: str) -> None:
    for number in ("标签号", "X" * 90, "1" * 500, "a\tb"):
        card = dataclasses.replace(samples.ALL[kind], number=number)
        for name in MEDIA:
            page = labels.draw(card, medium(name), "zh_CN")
            check_safe(page)
            made = render.render(kind, card, Edition(name, "zh_CN"))
            told = "no_code" in {warning.code for warning in made.warnings}
            assert told is bool(page.uncoded)
            assert len(page.symbols) + len(page.uncoded) >= 1
            assert read(render.render_dots(kind, card, Edition(name, "zh_CN"))[0]) == [number] * len(page.symbols)


def test_every_layout_but_the_test_label_marks_a_reprint() -> None:
    for kind, name in itertools.product(set(KINDS) - {"test_label"}, MEDIA):
        shown = "".join(mark.text for mark in labels.draw(LONGEST[kind], medium(name), "zh_CN", 2).texts)
        assert "补打 2" in shown, (kind, name)


def test_shipped_templates_have_every_size() -> None:
    for kind in KINDS:
        body = templates.shipped(kind).body
        assert isinstance(body, LabelBody)
        for size, symbol in itertools.product(("60x40", "50x30", "40x30"), ("code128", "qr")):
            layout = body.layout(size, symbol)
            assert layout is not None
            assert layout.symbol in ("", symbol)


# ---------------------------------------------------------------- a branch's own


numbers = st.integers(-5, 500)
texts = st.sampled_from(
    ["{number}", "{merchant}", "{site.name}", "固定", "{received_ms:short}", "{nope}", "{serial_no}"]
)
cells = st.lists(
    st.sampled_from(['"order"', '"merchant"', '"marks"', '{ value = "{fault}", caption = "故障 / Fault" }', '"none"']),
    min_size=1, max_size=4,
)  # fmt: skip


@st.composite
def elements(draw: st.DrawFn) -> str:
    """Return one thing to draw, placed anywhere."""
    x, y, right, height = (draw(st.integers(0, 330)) for _ in range(4))
    text = draw(texts)
    return draw(st.sampled_from([
        f'{{ head = "{text}", code = "{{depot_code}}", y = {y % 60}, height = {24 + height % 20} }}',
        f'{{ bars = "{text}", x = {x // 4}, right = {right + 150}, y = {y}, height = {height} }}',
        f'{{ qr = "{text}", x = {x}, y = {y}, module = {4 + height % 4} }}',
        f'{{ text = "{text}", x = {x // 3}, right = {right + 150}, y = {y}, size = [{20 + height % 60}, 18], lines = {1 + y % 2} }}',
        f'{{ row = [{", ".join(draw(cells))}], x = {x // 8}, y = {y} }}',
        f'{{ rows = [[{", ".join(draw(cells))}], ["order", "marks"]], y = {y}, step = {24 + height % 20} }}',
        f"{{ line = {y}, x = {x // 4}, right = {right + 100} }}",
        f"{{ frame = {height % 30} }}",
        f"{{ logo = true, x = {x}, y = {y}, width = {24 + height % 80}, height = {24 + y % 80} }}",
    ]))  # fmt: skip


HEAD = """template = 1
id = "own"
kind = "device_label"
version = 1
name = "自定 / Own"
[words]
rush = "急 / RUSH"
[cells]
order = { caption = "单号 / Order", value = "{order_no}", end = "-{line_no}" }
merchant = { caption = "商户 / Merchant", value = "{merchant}" }
marks = { value = "{rush:if rush} {paper.copy}", bold = true }
"""


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(elements(), min_size=1, max_size=4),
    st.sampled_from(["60x40", "50x30", "40x30"]),
    st.sampled_from(list(HOSTILE.values())),
    st.booleans(),
)
def test_any_own_template_is_refused_usefully_or_prints_safely(
    tmp_path: Path, drawn: list[str], size: str, text: str, fine: bool
) -> None:
    marked = '  { row = ["marks"], y = 30 },\n' if not any("head" in one for one in drawn) else ""
    body = "".join(f"  {one},\n" for one in drawn)
    file = tmp_path / "own.toml"
    file.write_text(f'{HEAD}\n[[layout]]\nsize = "{size}"\ndraw = [\n{marked}{body}]\n', encoding="utf-8")
    try:
        template = templates.load(file, "labels", own=True)
    except TemplateRefused as problem:
        assert all(fault.plain() and fault.line for fault in problem.faults)
        return
    values = {option.name: option.default for option in template.head.options}
    tuned = templates.Tuned(template, values, picture())
    stock = medium(f"label-{size}@300" if fine else f"label-{size}")
    for language, copy_no in (("zh_CN", 0), ("qps", 7)):
        page = labels.plan(tuned, stock, language).draw(hostile("device_label", text), copy_no, 0)
        check_safe(page)


# ---------------------------------------------------------------- logo


def picture(size: tuple[int, int] = (200, 100)) -> logo.Logo:
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).ellipse((2, 2, size[0] - 3, size[1] - 3), fill=0)
    out = io.BytesIO()
    image.save(out, "PNG")
    return logo.of_bytes(out.getvalue())


def test_a_logo_is_printed_dot_for_dot_in_its_room() -> None:
    chosen = templates.Library().choose(logo=picture())
    page = labels.draw(samples.badge_label(), medium("label-60x40"), "zh_CN", chosen=chosen)
    (mark,) = page.pictures
    assert (mark.x, mark.y, mark.bits.columns) == (14, 52, 96)
    check_safe(page)
    dots = render.render_dots("badge_label", samples.badge_label(), Edition("label-60x40", "zh_CN", templates=chosen))[
        0
    ].convert("L")
    per_row = (mark.bits.columns + 7) // 8
    bits = bytes.fromhex(mark.bits.hex)
    for row, column in itertools.product(range(mark.bits.rows), range(mark.bits.columns)):
        black = bool(bits[row * per_row + column // 8] & (0x80 >> column % 8))
        assert (dots.getpixel((mark.x + column, mark.y + row)) == 0) == black


def test_a_logo_is_left_out_when_switched_off() -> None:
    chosen = templates.Library().choose(tuning={"badge_label": {"logo": False}}, logo=picture())
    assert labels.draw(samples.badge_label(), medium("label-60x40"), "zh_CN", chosen=chosen).pictures == []


def test_a_file_that_is_no_logo_is_refused_with_what_is_wanted(tmp_path: Path) -> None:
    def png(size: tuple[int, int]) -> bytes:
        out = io.BytesIO()
        Image.new("L", size, 255).save(out, "PNG")
        return out.getvalue()

    for content, words in (
        (b"%PDF-1.4", "PNG"),
        (png((8, 300)), "16"),
        (png((5000, 20)), "4000"),
        (png((50, 50)), "blank"),
    ):
        with pytest.raises(Refused) as caught:
            logo.of_bytes(content)
        assert words in str(caught.value)
    with pytest.raises(Refused):
        logo.load(tmp_path / "nowhere.png")


def test_a_grey_logo_is_dithered_once_for_its_size() -> None:
    image = Image.linear_gradient("L").resize((120, 120))
    out = io.BytesIO()
    image.save(out, "PNG")
    made = logo.of_bytes(out.getvalue())
    first = made.fitted(60, 60)
    assert made.fitted(60, 60) is first
    black = bytes.fromhex(first.hex)
    assert 0.3 < sum(byte.bit_count() for byte in black) / (first.columns * first.rows) < 0.7


# ---------------------------------------------------------------- sheets


@pytest.mark.parametrize("cells", ["", ".3x8", ".2x7", ".3x7-63", ".2x5"])
def test_labels_of_every_sheet_are_read_from_their_cells(cells: str) -> None:
    cards = [("device_label", samples.device_label(number=f"D0012300007{n}{n % 10}")) for n in range(10, 40)]
    made = render.render_many(cards, Edition(f"a4-labels{cells}", "zh_CN"), start_cell=5)
    found = [
        code.text for page in raster.pages(made.pdf, 300 / 72) for code in zxingcpp.read_barcodes(page.convert("L"))
    ]
    assert set(found) == {card.number for _, card in cards}


def test_a_printer_that_feeds_long_is_trued_by_the_places_of_the_cells() -> None:
    card = [("device_label", samples.device_label())]

    def top(scale: float, cell: int) -> int:
        made = render.render_many(
            card, Edition("a4-labels", "zh_CN", nudge_mm=(0, 1.0)), start_cell=cell, scale=(1.0, scale)
        )
        found = mask(raster.pages(made.pdf, 203.2 / 72)[0].convert("L")).getbbox()
        assert found is not None
        return found[1]

    assert abs(top(1.01, 0) - top(1.0, 0)) <= 1
    assert abs(top(1.01, 18) - top(1.0, 18) - 0.01 * 8 * (0.4 + 6 * 42.3 + 1.15)) <= 2


def test_a_sheet_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused, match="label sheet"):
        render.render("device_label", samples.device_label(), Edition("a4-labels.9x9", "zh_CN"))
    with pytest.raises(ValueError, match="medium"):
        render.render("device_label", samples.device_label(), Edition("label-60x40.3x7", "zh_CN"))
