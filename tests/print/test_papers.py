"""Slips, receipts and lists: whole, searchable, inside the margins, the same bytes everywhere."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageOps

from deskapp.print import raster, render
from deskapp.print.edition import Edition
from deskapp.print.media import medium
from deskapp.rules import papers
from deskapp.rules.money import amount_in_words_cn
from tests.print import samples

FLOWS = [
    (kind, stock) for kind in sorted(samples.ALL) if kind not in papers.LABEL_KINDS for stock in render.MEDIA_OF[kind]
]
RARE = "赵𬸚 王㛃 李𬭎"


def made(
    kind: str, stock: str, card: papers.Card | None = None, language: str = "zh_CN", **more: object
) -> render.Rendered:
    edition = Edition(stock, language, printed_at_ms=samples.NOW, **more)  # type: ignore[arg-type]
    return render.render(kind, card or samples.ALL[kind], edition)


def flat(pdf: bytes) -> str:
    """The text of a PDF without blanks and line ends."""
    return "".join(raster.text(pdf).split())


@pytest.mark.parametrize("language", ["zh_CN", "en", "qps"])
@pytest.mark.parametrize(("kind", "stock"), FLOWS)
def test_every_paper_stays_inside_its_margins(kind: str, stock: str, language: str) -> None:
    paper = made(kind, stock, language=language, copy_no=1)
    side = round((medium(stock).margin_mm - 1.2) * 4)
    pictures = raster.pages(paper.pdf, 101.6 / 72, grey=True)
    assert len(pictures) == paper.pages
    for picture in pictures:
        ink = ImageOps.invert(picture).getbbox()
        assert ink is not None
        assert ink[0] >= side
        assert ink[2] <= picture.width - side


@pytest.mark.parametrize(("kind", "stock"), [*FLOWS, ("device_label", "label-60x40")])
def test_a_pdf_says_whose_paper_it_is_and_asks_not_to_be_scaled(kind: str, stock: str) -> None:
    card = samples.ALL[kind]
    for copy_no, mark in ((0, "正本/ORIGINAL"), (2, "补打2/REPRINT2")):
        pdf = made(kind, stock, copy_no=copy_no, job_id="0190f3c2-7d1e").pdf
        assert b"Helvetica" not in pdf
        assert b"/PrintScaling /None" in pdf
        assert b"ASCII85" not in pdf
        document = pypdfium2.PdfDocument(pdf)
        facts = document.get_metadata_dict()
        document.close()
        assert facts["Title"] == card.number
        assert facts["Keywords"] == "0190f3c2-7d1e"
        if kind in papers.LABEL_KINDS:
            continue
        text = flat(pdf)
        assert mark in text or stock == "card-90x54"
        for words in (card.number, samples.SITE.name, "工作站00123"):
            assert words.replace(" ", "") in text
        assert "2025-03-1414:25" in text
        assert "第1页" in text


def test_a_roll_is_as_long_as_its_text() -> None:
    one = dataclasses.replace(samples.pickup_slip(), devices=samples.pickup_slip().devices[:1])
    assert made("pickup_slip", "roll-80", one).height_mm < made("pickup_slip", "roll-80").height_mm
    assert made("pickup_slip", "roll-80").pages == 1


def test_usual_slips_receipts_and_quotes_take_one_a5_page() -> None:
    for kind in ("pickup_slip", "repair_receipt", "quote"):
        assert made(kind, "a5").pages == 1


def test_names_beyond_the_basic_plane_can_be_searched() -> None:
    slip = dataclasses.replace(samples.pickup_slip(), merchant=RARE)
    for stock in ("a5", "roll-80"):
        paper = made("pickup_slip", stock, slip)
        assert RARE.replace(" ", "") in flat(paper.pdf)
        assert paper.warnings == ()
    label = render.render("device_label", samples.device_label(merchant=RARE), Edition("label-60x40", "zh_CN"))
    assert RARE.replace(" ", "") in flat(label.pdf)


def test_a_character_no_font_has_is_printed_as_geta_and_told() -> None:
    slip = dataclasses.replace(samples.pickup_slip(), merchant="赵\U0003134f商店")
    paper = made("pickup_slip", "a5", slip)
    assert "赵〓商店" in flat(paper.pdf)
    assert paper.warnings == (render.PaperWarning("missing_characters", {"characters": "\U0003134f"}),)


def test_the_receipt_says_its_total_in_words_and_is_no_invoice() -> None:
    for stock in ("a5", "roll-80"):
        text = flat(made("repair_receipt", stock).pdf)
        assert "¥325.04" in text
        assert amount_in_words_cn(32_504).removeprefix("人民币") in text
        assert "本单不作发票使用" in text


def test_a_free_repair_and_a_refund_say_so() -> None:
    free = samples.repair_receipt(total_fen=0, discount_fen=0, lines=(), basis=papers.ChargeBasis.IN_WARRANTY)
    text = flat(made("repair_receipt", "a5", free).pdf)
    assert "零元整" in text
    assert "保内免费" in text
    assert "退款单" in flat(made("repair_receipt", "a5", samples.repair_receipt(refund=True)).pdf)


def right_edges(pdf: bytes, words: list[str]) -> list[float]:
    document = pypdfium2.PdfDocument(pdf)
    page = document[0]
    text = page.get_textpage()
    edges = []
    for word in words:
        search = text.search(word)
        while (found := search.get_next()) is not None:
            start, count = found
            edges.append(round(text.get_charbox(start + count - 1, loose=True)[2], 1))
    document.close()
    return edges


def test_amounts_end_at_one_edge() -> None:
    edges = right_edges(made("repair_receipt", "a5").pdf, ["45.04", "80.00", "-15.00"])
    last = [edge for edge in edges if edge > 380]
    assert len(last) >= 3
    assert max(last) - min(last) <= 0.5


def test_a_superseded_paper_names_its_successor() -> None:
    paper = made("repair_receipt", "a5", superseded_by="C00123250320001Z")
    assert "已作废" in flat(paper.pdf)
    assert "C00123250320001Z" in flat(paper.pdf)


def test_a_long_list_goes_over_pages_and_loses_nothing() -> None:
    paper = made("day_end", "a4", samples.day_end(150))
    assert paper.pages > 2
    text = flat(paper.pdf)
    for index in (0, 75, 149):
        assert f"NLSP60A{index:07d}" in text
    assert f"第{paper.pages}页/共{paper.pages}页" in text
    many = made("register", "a4-landscape", samples.register(200))
    assert "NL8610000200" in flat(many.pdf)


def test_a_text_longer_than_a_page_loses_nothing() -> None:
    long = "".join(f"第{n}句：打印头与胶辊。" for n in range(400))
    device = dataclasses.replace(samples.repair_receipt().devices[0], cause=long)
    paper = made("repair_receipt", "a5", samples.repair_receipt(devices=(device,)))
    assert paper.pages > 1
    assert "第399句" in flat(paper.pdf)


HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "<img src='file:///etc/passwd'/>",
            "</para><para>",
            "<a href='http://x'>张三</a>",
            "&lt;b&gt;&amp;",
            "<font size=99>大</font>",
            "<b>",
            "]]>",
            "<!-- -->",
            "{0}{x}%s",
            "\u202e反\u0000",
        ]
    ),
)


@settings(max_examples=40, deadline=None)
@given(HOSTILE, HOSTILE)
def test_a_hostile_name_draws_links_and_loads_nothing(name: str, fault: str) -> None:
    plain = samples.pickup_slip()
    devices = tuple(dataclasses.replace(one, fault=fault[:20], condition=name[:20]) for one in plain.devices)
    slip = dataclasses.replace(plain, merchant=name[:14], devices=devices, deliverer=fault[:6])
    paper = made("pickup_slip", "a5", slip)
    assert paper.pages == 1
    assert b"/Subtype /Image" not in paper.pdf
    assert b"/Annot" not in paper.pdf
    assert b"/URI" not in paper.pdf
    if "<b>" in name and len(name) < 14:
        assert "<b>" in flat(paper.pdf)


SCRIPT = """
import hashlib, sys
from deskapp.print import render
from deskapp.print.edition import Edition
from tests.print import samples
for kind in sorted(samples.ALL):
    for stock in render.MEDIA_OF[kind]:
        pdf = render.render(kind, samples.ALL[kind], Edition(stock, "zh_CN", printed_at_ms=samples.NOW)).pdf
        sys.stdout.write(f"{kind} {stock} {hashlib.sha256(pdf).hexdigest()}\\n")
"""


def test_two_processes_make_the_same_bytes() -> None:
    here = [
        f"{kind} {stock} {hashlib.sha256(made(kind, stock).pdf).hexdigest()}"
        for kind in sorted(samples.ALL)
        for stock in render.MEDIA_OF[kind]
    ]
    root = Path(__file__).parents[2]
    there = subprocess.run([sys.executable, "-c", SCRIPT], cwd=root, capture_output=True, text=True, check=True)
    assert there.stdout.splitlines() == here


def test_the_preview_of_a_page_is_the_pdf_that_prints() -> None:
    card = samples.repair_receipt()
    preview = render.render_png("repair_receipt", card, Edition("a5", "zh_CN", printed_at_ms=samples.NOW), dpi=144)
    assert preview == raster.png(raster.pages(made("repair_receipt", "a5", card).pdf, 2.0)[0])


def test_a_wrong_kind_or_medium_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no quote"):
        made("quote", "a5", samples.pickup_slip())
    with pytest.raises(ValueError, match="not made for"):
        made("day_end", "roll-80")
    with pytest.raises(ValueError, match="medium"):
        made("quote", "a3")


def test_every_caption_has_its_chinese() -> None:
    from deskapp.i18n import translate

    folder = Path(render.__file__).parent
    words = set()
    for file in folder.glob("*.py"):
        for part in file.read_text(encoding="utf-8").split('"'):
            if part.startswith("paper|") and part != "paper|":
                words.add(part)
    assert len(words) > 40
    assert sorted(word for word in words if translate(word, "zh_CN") == word) == []


def test_a_paper_without_a_print_time_names_none() -> None:
    sheet = papers.RecoveryCodeCard(number="", code="7H2K-Q9XM-4TWB-C8RD", made_ms=samples.NOW)
    paper = render.render("recovery_code", sheet, Edition("a5", "zh_CN"))
    text = flat(paper.pdf)
    assert "7H2K" in text
    assert "1970" not in text
