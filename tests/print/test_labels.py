"""Labels over sizes, heads, codes and languages: readable by a scanner, inside the edge, nothing lost in silence."""

from __future__ import annotations

import itertools

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from deskapp.print import labels, raster, render
from deskapp.print.drawing import Drawing
from deskapp.print.edition import Edition
from deskapp.print.media import medium
from deskapp.rules import papers
from tests.print import samples

KINDS = sorted(papers.LABEL_KINDS)
MEDIA = [
    base + dpi + symbol
    for base, dpi, symbol in itertools.product(("label-60x40", "label-50x30", "label-40x30"), ("", "@300"), ("", "+qr"))
    if not (base == "label-60x40" and symbol)
]
EMPTY = {kind: papers.kinds()[kind](number=samples.ALL[kind].number) for kind in KINDS}
LONGEST: dict[str, papers.Card] = {
    "device_label": samples.device_label(
        site=papers.Site(name="福州市鼓楼区五四路邮政支局营业厅", code="FZ-D1"),
        order_no="R001232503140071D",
        line_no=12,
        line_count=18,
        model="Newland 新大陆 ME60-5G Pro Max",
        serial_no="0000-5302-NL86100245719988",
        merchant="阿卜杜热合曼·买买提饭店𬸚㛃𬭎",
        terminal_no="10039112",
        fault="开机后反复重启并提示安全模块异常无法签到",
        shelf="B-03-2-15",
        accessories=12,
        rush=True,
    ),
    "accessory_label": samples.accessory_label(
        accessory="原装快速充电底座（含双电池）", index=11, count=12,
        model="Newland 新大陆 ME60-5G Pro Max", rush=True,
        serial_no="0000-5302-NL86100245719988", merchant="阿卜杜热合曼·买买提饭店𬸚㛃𬭎",
    ),
    "part_label": papers.PartLabelCard(
        number="P001230000738", part_no="PRT-THERMAL-HEAD-58MM-A8-2025",
        name="五十八毫米热敏打印头总成（含排线与支架）",
        fits="APOS A8, APOS A9, ME60, SP60, MF919", lot_or_serial="LOT20250214-118-0099", quantity=1000,
        unit="盒", received_ms=samples.NOW, supplier="福建省恒通电子科技有限公司",
        bin="P-01-4-22", condition=papers.PartCondition.HOLD,
    ),
    "shelf_label": papers.ShelfLabelCard(
        number="L001230000746", location="QUARANTINE-03-2", zone="二楼备件库隔离区东侧", use=papers.ShelfUse.QUARANTINE
    ),
    "badge_label": papers.BadgeLabelCard(
        number="U001230000017", site=papers.Site(name="福州市鼓楼区五四路邮政支局营业厅", code="FZ-D1"),
        name="阿卜杜热合曼·买买提艾力·吐尔逊", staff_no="CN-350102-0000000017",
    ),
    "test_label": papers.TestLabelCard(number="D001230000711", printer="前台左侧标签打印机（德力 DL-820T，USB）" * 2),
}  # fmt: skip


def drawn(kind: str, card: papers.Card, name: str, language: str = "zh_CN", copy_no: int = 0) -> Drawing:
    assert papers.kind_of(card) == kind
    return labels.draw(card, medium(name), language, copy_no)


def read(image: Image.Image) -> list[str]:
    return sorted(found.text for found in zxingcpp.read_barcodes(image.convert("L")))


def touch(one: tuple[float, ...], other: tuple[float, ...], slack: float = 1.5) -> bool:
    return (
        one[0] < other[2] - slack
        and other[0] < one[2] - slack
        and one[1] < other[3] - slack
        and other[1] < one[3] - slack
    )


@pytest.mark.parametrize("cards", [samples.ALL, LONGEST, EMPTY], ids=["usual", "longest", "empty"])
@pytest.mark.parametrize("name", MEDIA)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_leaves_the_label_or_lies_on_something_else(
    kind: str, name: str, cards: dict[str, papers.Card]
) -> None:
    for language, copy_no in (("zh_CN", 0), ("en", 3), ("qps", 3)):
        page = drawn(kind, cards[kind], name, language, copy_no)
        texts = [mark.box() for mark in page.texts]
        for box in [*texts, *(mark.box() for mark in (*page.blocks, *page.symbols))]:
            assert box[0] >= 4, (language, box)
            assert box[1] >= 4
            assert box[2] <= page.width - 4, (language, box, [t.text for t in page.texts if t.box() == box])
            assert box[3] <= page.height - 3
        quiet = [mark.quiet_box() for mark in page.symbols]
        for symbol, box in itertools.product(quiet, texts):
            assert not touch(symbol, box), (language, symbol, box)
        for one, other in itertools.combinations(quiet, 2):
            assert not touch(one, other, slack=page.width)
        for first, second in itertools.combinations(range(len(texts)), 2):
            # Lines of text may come close, never into each other's letters.
            assert not touch(texts[first], texts[second], slack=6 * page.width / 480), (
                language, page.texts[first], page.texts[second],
            )  # fmt: skip


@pytest.mark.parametrize("name", MEDIA)
@pytest.mark.parametrize("kind", KINDS)
def test_codes_are_read_from_the_dots_and_from_the_page_at_both_resolutions(kind: str, name: str) -> None:
    for cards in (samples.ALL, LONGEST):
        card = cards[kind]
        page = drawn(kind, card, name)
        wanted = [card.number] * len(page.symbols)
        assert wanted
        picture = render.render_dots(kind, card, Edition(name, "zh_CN"))[0]
        assert picture.size == (page.width, page.height)
        assert picture.mode == "1"
        assert read(picture) == wanted
        pdf = render.render(kind, card, Edition(name, "zh_CN")).pdf
        for dpi in (203.2, 300, 304.8):
            assert read(raster.pages(pdf, dpi / 72)[0]) == wanted, dpi


@pytest.mark.parametrize("name", MEDIA)
def test_every_bar_is_exactly_its_dots_wide(name: str) -> None:
    card = samples.device_label()
    page = drawn("device_label", card, name)
    picture = render.render_dots("device_label", card, Edition(name, "zh_CN"))[0].convert("L")
    for symbol in page.symbols:
        per_row = (symbol.matrix.columns + 7) // 8
        bits = bytes.fromhex(symbol.matrix.hex)
        assert symbol.module >= (2 if symbol.matrix.rows == 1 else 4) * page.width / (medium(name).width_mm * 8)
        rows = symbol.matrix.rows
        for row, column in itertools.product(range(rows), range(symbol.matrix.columns)):
            black = bool(bits[row * per_row + column // 8] & (0x80 >> column % 8))
            for dot in range(symbol.module):
                x = symbol.x + column * symbol.module + dot
                y = symbol.y + (row * symbol.module + dot if rows > 1 else symbol.height // 2)
                assert (picture.getpixel((x, y)) == 0) == black


@pytest.mark.parametrize("kind", KINDS)
def test_what_had_to_be_cut_is_reported(kind: str) -> None:
    usual = render.render(kind, samples.ALL[kind], Edition("label-60x40", "zh_CN"))
    assert usual.warnings == ()
    longest = render.render(kind, LONGEST[kind], Edition("label-40x30", "zh_CN"))
    assert {warning.code for warning in longest.warnings} <= {"cut"}
    if kind in ("device_label", "part_label"):
        assert longest.warnings


def test_the_serial_survives_whole_on_60_and_50_mm() -> None:
    for name in ("label-60x40", "label-50x30"):
        pdf = render.render("device_label", samples.device_label(), Edition(name, "zh_CN")).pdf
        assert samples.device_label().serial_no in raster.text(pdf).replace("\n", "").replace("\r", "").replace(" ", "")


def test_a_reprint_is_marked_and_an_original_is_not() -> None:
    for kind, name in (
        ("device_label", "label-60x40"),
        ("device_label", "label-40x30"),
        ("accessory_label", "label-50x30"),
    ):
        first = raster.text(render.render(kind, samples.ALL[kind], Edition(name, "zh_CN")).pdf)
        again = raster.text(render.render(kind, samples.ALL[kind], Edition(name, "zh_CN", copy_no=2)).pdf)
        assert "补打" not in first
        assert "补打 2" in again


def test_a_nudge_moves_the_drawing_by_whole_dots() -> None:
    card = samples.shelf_label()
    still = render.render_dots("shelf_label", card, Edition("label-60x40", "zh_CN"))[0].convert("L")
    moved = render.render_dots("shelf_label", card, Edition("label-60x40", "zh_CN", nudge_mm=(1.0, 0.5)))[0]
    assert moved.convert("L").crop((8, 4, 480, 320)).tobytes() == still.crop((0, 0, 472, 316)).tobytes()


def test_a_used_sheet_goes_on_at_the_chosen_cell() -> None:
    cards = [("device_label", samples.device_label(number=f"D0012300007{n}{n % 10}")) for n in range(10, 16)]
    made = render.render_many(cards, Edition("a4-labels", "zh_CN"), start_cell=18)
    assert made.pages == 2
    first, second = raster.pages(made.pdf, 300 / 72)
    assert set(read(first)) == {card.number for _, card in cards[:3]}
    assert set(read(second)) == {card.number for _, card in cards[3:]}
    with pytest.raises(ValueError, match="cells"):
        render.render_many(cards, Edition("a4-labels", "zh_CN"), start_cell=21)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=50), st.text(max_size=30), st.sampled_from(MEDIA))
def test_no_name_breaks_a_label(name: str, serial: str, stock: str) -> None:
    card = samples.device_label(merchant=name, fault=name, serial_no=serial, model=name, shelf=serial)
    page = labels.draw(card, medium(stock), "zh_CN")
    for mark in page.texts:
        box = mark.box()
        assert box[0] >= 0
        assert box[2] <= page.width
    made = render.render("device_label", card, Edition(stock, "zh_CN"))
    assert made.pages == 1
    assert b"/Subtype /Image" not in made.pdf
    assert read(render.render_dots("device_label", card, Edition(stock, "zh_CN"))[0])
