"""Papers with what a branch really meets: names of forty characters, eight devices, rare characters, nothing to pay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deskapp.print import labels, paper_template, render, templates
from deskapp.print.edition import Edition
from deskapp.print.media import medium
from deskapp.print.pieces import caption_lines
from deskapp.print.strip_paint import marks_of
from deskapp.print.strips import Facts, Laid, Paper, Words
from deskapp.rules import papers
from tests.print import samples

MERCHANT = "𠮷祥㛃记老街鱼丸手打肉燕有限责任公司（福州鼓楼三坊七巷南后街旗舰店）"
SITE = replace(samples.SITE, name="中国邮政集团有限公司福建省福州市鼓楼区八一七北路邮政支局")


def laid(kind: str, card: papers.Card, stock: str, language: str = "zh_CN") -> Laid:
    """Return a paper dealt to pages."""
    (found,) = paper_template.layouts(templates.default().of(kind, stock), card, medium(stock), Facts(language))
    return found


def lines_of(paper: Laid, number: int) -> list[str]:
    """Return the texts of a page from top to bottom, without its foot line."""
    words = [mark for mark in marks_of(paper, number) if isinstance(mark, Words) and mark.y < paper.paper.room]
    return [mark.text for mark in sorted(words, key=lambda mark: mark.y)]


@pytest.mark.parametrize("count", range(4, 12))
def test_a_devices_name_is_never_the_last_line_of_a_page(count: int) -> None:
    device = samples.repair_receipt().devices[0]
    devices = tuple(replace(device, serial_no=f"SERIAL{number:02}") for number in range(count))
    paper = laid("repair_receipt", samples.repair_receipt(site=SITE, merchant=MERCHANT, devices=devices), "a5")
    assert len(paper.pages) > 1
    for number in range(1, len(paper.pages) + 1):
        assert "SERIAL" not in lines_of(paper, number)[-1]


def test_a_service_card_is_one_card_whatever_the_merchant_is_called() -> None:
    card = replace(samples.service_card(), site=SITE, merchant=MERCHANT)  # type: ignore[type-var]
    assert len(laid("service_card", card, "card-90x54").pages) == 1
    assert len(laid("service_card", card, "card-90x54", "en").pages) == 1


def test_a_caption_goes_on_to_a_second_line_between_its_languages() -> None:
    paper = Paper(medium("a5"), Facts("en"))
    narrow = [
        mark.text for strip in caption_lines(paper, ("Customer signature", "客户签字"), 80.0) for mark in strip.marks
        if isinstance(mark, Words)
    ]  # fmt: skip
    assert narrow == ["Customer signature", "客户签字"]
    assert len(caption_lines(paper, ("Customer signature", "客户签字"), 200.0)) == 1


@pytest.mark.parametrize("stock", ["label-60x40", "label-50x30", "label-50x30+qr", "label-40x30", "label-40x30+qr"])
def test_an_accessory_that_is_too_long_keeps_its_beginning(stock: str) -> None:
    card = samples.accessory_label(
        accessory="SIM 卡（中国移动 物联网专用 专网卡 尾号 3821，带卡托）", index=30, count=30
    )
    drawn = labels.draw(card, medium(stock), "zh_CN")
    assert any(mark.text.startswith("30/30") and "SIM" in mark.text for mark in drawn.texts)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_label_says_that_a_device_is_out_of_warranty_not_that_it_goes_out_to_repair(language: str) -> None:
    card = samples.device_label(warranty=papers.WarrantyMark.OUT)
    texts = [mark.text for mark in labels.draw(card, medium("label-60x40"), language).texts]
    assert {"zh_CN": "保外", "en": "Out of warranty"}[language] in texts


def test_a_rare_character_is_printed_where_a_font_has_it_and_told_where_none_has() -> None:
    made = render.render_burned("device_label", samples.device_label(merchant=MERCHANT), Edition("label-60x40", "zh_CN"))  # fmt: skip
    told = {warning.code: warning.values for warning in made.warnings}
    assert told["missing_characters"] == {"characters": "𠮷"}
