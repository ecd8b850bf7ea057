"""Papers from templates: whole, inside the paper, nothing over anything else, whatever stands in a card."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageOps

from deskapp.print import fonts, paper_template, raster, render, strip_paint, templates
from deskapp.print.edition import Edition
from deskapp.print.media import POINTS_PER_MM, Form, medium
from deskapp.print.strips import Facts, Laid, Mark, Pen, Symbol, Tick, Words
from deskapp.print.template_reader import TemplateRefused
from deskapp.rules import papers
from tests.print import papers_filled, samples

PAPERS = [(kind, stock) for kind in sorted(paper_template.PAPER_MEDIA) for stock in paper_template.PAPER_MEDIA[kind]]
ROLLS = [(kind, stock) for kind, stock in PAPERS if stock.startswith("roll")]
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 200"><path d="M40 150 L90 40 L120 160 L200 60 '
    b'M210 150 L300 90 L420 150 L560 30" fill="none" stroke="#000"/></svg>'
)


def laid(kind: str, stock: str, card: papers.Card, language: str, **more: object) -> list[Laid]:
    fonts.load()
    facts = Facts(language, printed_at_ms=samples.NOW, **more)  # type: ignore[arg-type]
    return paper_template.layouts(templates.default().of(kind, stock), card, medium(stock), facts)


def pages(papers_laid: list[Laid]) -> Iterator[tuple[Laid, list[Mark]]]:
    for one in papers_laid:
        for number in range(1, len(one.pages) + 1):
            yield one, strip_paint.marks_of(one, number)


def made(
    kind: str, stock: str, card: papers.Card | None = None, language: str = "zh_CN", **more: object
) -> render.Rendered:
    edition = Edition(stock, language, printed_at_ms=samples.NOW, **more)  # type: ignore[arg-type]
    return render.render(kind, card or samples.ALL[kind], edition)


def crossing(one: Mark, other: Mark, slack: float = 0.35) -> bool:
    left, top, right, bottom = one.box()
    left2, top2, right2, bottom2 = other.box()
    return left < right2 - slack and left2 < right - slack and top < bottom2 - slack and top2 < bottom - slack


def faults_of(papers_laid: list[Laid]) -> list[str]:
    """What is outside the text or lies over something else."""
    found = []
    for one, marks in pages(papers_laid):
        wide, tall = one.paper.width, one.paper.room + 18
        for mark in marks:
            left, top, right, bottom = mark.box()
            if left < -0.5 or right > wide + 0.6 or top < -0.5 or bottom > tall + 0.5:
                found.append(f"outside: {mark}")
        solid = sorted((m for m in marks if isinstance(m, Words | Tick | Symbol | Pen)), key=lambda m: m.box()[1])
        for index, mark in enumerate(solid):
            low = mark.box()[3]
            for other in itertools.takewhile(lambda m, low=low: m.box()[1] < low, solid[index + 1 :]):
                if crossing(mark, other):
                    found.append(f"over each other: {mark} | {other}")
        words = [mark for mark in marks if isinstance(mark, Words) and mark.text.strip()]
        for code in (mark for mark in marks if isinstance(mark, Symbol)):
            left, top, right, bottom = code.quiet_box()
            for mark in words:
                x, y, x2, y2 = mark.box()
                if x < right - 0.5 and left < x2 - 0.5 and y < bottom - 0.5 and top < y2 - 0.5:
                    found.append(f"in the quiet zone: {mark}")
    return found


# ---------------------------------------------------------------- nothing outside, nothing over anything


@pytest.mark.parametrize("language", ["zh_CN", "en", "qps"])
@pytest.mark.parametrize(("kind", "stock"), PAPERS)
def test_nothing_lies_outside_or_over_anything(kind: str, stock: str, language: str) -> None:
    assert faults_of(laid(kind, stock, samples.ALL[kind], language, copy_no=1)) == []


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize(("kind", "stock"), PAPERS)
def test_the_longest_values_fit_or_wrap(kind: str, stock: str, language: str) -> None:
    assert faults_of(laid(kind, stock, papers_filled.filled(kind), language)) == []


@pytest.mark.parametrize(("kind", "stock"), [one for one in PAPERS if one[1] in ("a5", "roll-58", "a4", "card-90x54")])
def test_hostile_text_stays_text(kind: str, stock: str) -> None:
    cards = {text: papers_filled.filled(kind, entries=1, text=text) for text in papers_filled.HOSTILE}
    faults = {text: found for text, card in cards.items() if (found := faults_of(laid(kind, stock, card, "en")))}
    assert faults == {}
    rare = [card for text, card in cards.items() if fonts.missing(text)]
    plain = [card for text, card in cards.items() if not fonts.missing(text)]
    for some, told in ((plain, False), (rare, True)):
        paper = render.render_many([(kind, card) for card in some], Edition(stock, "zh_CN", printed_at_ms=samples.NOW))  # fmt: skip
        for word in (b"/Annot", b"/URI", b"/JavaScript", b"/JS", b"/Launch", b"/Subtype /Image", b"/EmbeddedFile"):
            assert word not in paper.pdf
        assert ("missing_characters" in {warning.code for warning in paper.warnings}) is told


def test_a_strip_that_lies_over_another_would_be_seen() -> None:
    sheet = laid("quote", "a5", samples.quote(), "zh_CN")
    heaped = tuple(one._replace(y=one.y * 0.6) for one in sheet[0].pages[0])
    assert faults_of([Laid(sheet[0].paper, (heaped,), sheet[0].height_mm)]) != []


# ---------------------------------------------------------------- as dots and as PDF


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize(("kind", "stock"), ROLLS)
def test_a_roll_is_as_wide_as_its_head(kind: str, stock: str, language: str) -> None:
    picture = render.render_dots(kind, papers_filled.filled(kind), Edition(stock, language))[0]
    head = {"roll-80": 576, "roll-58": 384}[stock]
    assert (picture.width, picture.mode) == (head, "1")
    ink = ImageOps.invert(picture.convert("L")).getbbox()
    assert ink is not None
    assert (ink[0], ink[2]) == (0, head), "the rules across the text go from edge to edge of the head"


CODES = {
    "pickup_slip": {"PS1:K00123250314004P:7H2KQ9XM"},
    "repair_receipt": {"C00123250319002X"},
    "refund": {"C00123250320001Z"},
    "quote": {"Q00123250315001H"},
    "manifest": {"PS1:M00123250314002R:6", samples.manifest().code_1},
    "custody_record": {samples.custody_record().code},
    "discrepancy_note": {"M00123250314002R"},
    "inspection_sheet": {"T00123250314009C"},
    "missed_note": {"T00123250314009C"},
    "key_run": {"KL00123-250314-01"},
    "scrap_record": {"D001230000711"},
    "swap_note": {"R00123250314007D"},
    "collect_notice": {"R00123250314007D"},
    "command_sheet": {"X:OK", "X:NEXT", "X:UNDO", "X:PRINT", "X:TAMPEROK", "X:QUARANTINE", "X:RELEASE",
                      "X:SCRAP", "X:VOID"},
    "call_note": {"R00123250314007D"},
    "loan_agreement": {"NLSP60B7654321"},
    "service_card": {"10039112"},
    "bench_traveller": {"PS1:D001230000711:R00123250314007D", "D001230000711", "X:OK", "X:NEXT", "X:UNDO", "X:PRINT",
                        "X:QUARANTINE"},
}  # fmt: skip


NOT_ON = dict.fromkeys(("form-241x279", "form-241x140"), {samples.manifest().code_1})
"""Codes too fine for a needle printer."""


def read(picture: Image.Image) -> set[str]:
    return {found.text for found in zxingcpp.read_barcodes(picture.convert("L"))}


@pytest.mark.parametrize(("kind", "stock"), [one for one in PAPERS if one[0] in CODES])
def test_every_code_is_read_back(kind: str, stock: str) -> None:
    pdf = made(kind, stock).pdf
    for dpi in (203.2, 300):
        assert read(raster.pages(pdf, dpi / 72, grey=True)[0]) == CODES[kind] - NOT_ON.get(stock, set())
    if medium(stock).form is Form.ROLL:
        assert read(render.render_dots(kind, samples.ALL[kind], Edition(stock, "en"))[0]) == CODES[kind]


@pytest.mark.parametrize(("kind", "stock"), PAPERS)
def test_every_word_of_a_card_is_found_in_the_pdf(kind: str, stock: str, tmp_path: Path) -> None:
    card = samples.ALL[kind]
    file = tmp_path / "paper.pdf"
    file.write_bytes(made(kind, stock).pdf)
    if shutil.which("pdftotext"):
        shown = subprocess.run(["pdftotext", "-raw", file, "-"], capture_output=True, check=True).stdout.decode()
    else:
        shown = raster.text(file.read_bytes())
    flat = re.sub(r"\s+", "", shown)
    left_out = UNPRINTED.get(kind, set()) | UNPRINTED.get(f"{kind}@{stock}", set())
    for name, value in words_of(card):
        if name not in left_out:
            assert re.sub(r"\s+", "", value) in flat, f"{name}: {value}"


SITE_LINES = {"site.phone", "site.address", "site.hours"}
UNPRINTED: dict[str, set[str]] = {
    "pickup_slip": {"token"},
    "quote": {"lines.warranty_until"},
    "recovery_code": {"store_id", "code", "number", *SITE_LINES},
    "service_card": {"merchant_no", "site.code", *SITE_LINES},
    "register": {"lines.label_no", "lines.receipt_no", *SITE_LINES},
    "missed_note": {"site.phone", "site.address"},
    "manifest@form-241x140": {"lines.order_no", "lines.terminal_no", "lines.fault"},
    "manifest@form-241x279": {"lines.order_no", "lines.terminal_no", "lines.fault"},
    **dict.fromkeys(("repair_receipt", "refund", "day_end", "discrepancy_note", "inspection_sheet", "custody_record", "stocktake",
                     "bench_traveller", "loan_agreement", "call_note", "key_run", "scrap_record", "swap_note", "parts_order",
                     "command_sheet"), SITE_LINES),
    "manifest": {"codes", *SITE_LINES},
    "collect_notice": {"site.address", "site.hours"},
}  # fmt: skip
"""Fields that are on no paper of the kind, or in a form of their own."""
UNPRINTED["quote"] |= SITE_LINES


def words_of(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and not hasattr(value, "name"):
        if value:
            yield name, value
    elif isinstance(value, tuple):
        for one in value:
            yield from words_of(one, name)
    elif hasattr(value, "__dataclass_fields__"):
        for field in value.__dataclass_fields__:
            yield from words_of(getattr(value, field), f"{name}.{field}".strip("."))


@pytest.mark.parametrize(("kind", "stock"), PAPERS)
def test_the_pdf_is_sound(kind: str, stock: str, tmp_path: Path) -> None:
    paper = made(kind, stock, papers_filled.filled(kind))
    document = pypdfium2.PdfDocument(paper.pdf)
    assert len(document) == paper.pages
    wide, _ = document[0].get_size()
    document.close()
    assert wide == pytest.approx(medium(stock).width_mm * POINTS_PER_MM, abs=0.1)
    file = tmp_path / "paper.pdf"
    file.write_bytes(paper.pdf)
    if shutil.which("qpdf"):
        subprocess.run(["qpdf", "--check", file], check=True, capture_output=True)
    if shutil.which("pdffonts"):
        listed = subprocess.run(["pdffonts", file], capture_output=True, check=True, text=True).stdout.splitlines()[2:]
        assert listed
        for line in listed:
            assert re.search(r"\byes yes yes\b", line), f"embedded, subset, with a table of its characters: {line}"


def test_a_receipt_for_two_devices_takes_one_a5_page() -> None:
    device = samples.repair_receipt().devices[0]
    card = samples.repair_receipt(devices=(device, device), lines=samples.lines()[:3])
    assert made("repair_receipt", "a5", card).pages == 1


def test_a_manifest_comes_in_two_copies_that_say_whose_they_are() -> None:
    paper = made("manifest", "a4")
    assert paper.pages == 2
    flat = "".join(raster.text(paper.pdf).split())
    assert flat.count("移交方联") == 1
    assert flat.count("接收方联") == 1
    assert "大写：陆台" in flat
    assert flat.count("第1页/共1页") == 2


# ---------------------------------------------------------------- signatures


@pytest.mark.parametrize(("kind", "stock"), [("pickup_slip", "a5"), ("pickup_slip", "roll-58"), ("repair_receipt", "a5"),
                                             ("loan_agreement", "a5")])  # fmt: skip
def test_a_drawn_signature_is_on_the_paper_and_clear_of_everything(kind: str, stock: str) -> None:
    import dataclasses

    card = dataclasses.replace(samples.ALL[kind], signature="ab" * 32, signed_ms=samples.NOW)  # type: ignore[call-arg]
    assert papers.pictures_of(card) == ("ab" * 32,)
    assert "M40" not in papers.to_json(card)
    sheets = laid(kind, stock, card, "zh_CN", pictures={"ab" * 32: SVG})
    assert faults_of(sheets) == []
    pens = [mark for _, marks in pages(sheets) for mark in marks if isinstance(mark, Pen)]
    assert len(pens) == 1
    assert len(pens[0].strokes) == 2
    plain, signed = made(kind, stock, card).pdf, made(kind, stock, card, pictures={"ab" * 32: SVG}).pdf
    assert plain != signed
    dark = [sum(raster.pages(pdf, 2.0, grey=True)[0].histogram()[:128]) for pdf in (plain, signed)]
    assert dark[1] > dark[0] + 100


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8\xff\xe0JFIF", b'<svg><path d="M1,1 e"/></svg>', b"<svg onload=x>" * 1000]
)
def test_a_picture_that_is_no_signature_prints_a_line_to_sign_on(content: bytes) -> None:
    import dataclasses

    card = dataclasses.replace(samples.pickup_slip(), signature="cd" * 32)
    assert made("pickup_slip", "a5", card, pictures={"cd" * 32: content}).pdf == made("pickup_slip", "a5", card).pdf


# ---------------------------------------------------------------- the templates themselves


def test_every_paper_has_a_shipped_template_for_its_media() -> None:
    chosen = templates.default()
    assert set(paper_template.PAPER_MEDIA) == set(papers.kinds()) - papers.LABEL_KINDS
    for kind, media in paper_template.PAPER_MEDIA.items():
        body = chosen.of(kind).template.body
        assert isinstance(body, paper_template.Body)
        assert body.media == media, kind


def test_a_branch_writes_a_paper_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    shipped = templates.shipped("missed_note").file
    (folder / "mine.toml").write_text(
        shipped.read_text("utf-8").replace('id = "missed_note"', 'id = "mine"').replace("未遇通知", "来访未遇"), "utf-8"
    )
    chosen = templates.Library(tmp_path).choose({"missed_note": "mine"}, {"mine": {"closing": "欢迎关注公众号"}})
    assert chosen.notices == ()
    flat = "".join(raster.text(made("missed_note", "a5", templates=chosen).pdf).split())
    assert "来访未遇" in flat
    assert "欢迎关注公众号" in flat


@pytest.mark.parametrize(("line", "place"), [
    ('{ caption = "商户 / Merchant", value = "{merchnt}" }', "fields.1.value"),
    ('{ caption = "商户 / Merchant", value = "{came_ms:yuan}" }', "fields.1.value"),
    ('{ caption = "商户 / Merchant", vlaue = "{merchant}" }', "fields.1.vlaue"),
    ('{ value = "{merchant}" }', "fields.1.caption"),
])  # fmt: skip
def test_a_mistake_in_a_paper_is_named_with_its_place(tmp_path: Path, line: str, place: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'template = 1\nid = "mine"\nkind = "missed_note"\nversion = 1\nname = "甲 / A"\nmedia = ["a5"]\n\n'
        f'[[blocks]]\nblock = "fields"\nfields = [\n  {line},\n]\n',
        "utf-8",
    )
    with pytest.raises(TemplateRefused) as refused:
        templates.load(file, "papers", own=True)
    assert [fault.place for fault in refused.value.faults] == [f"blocks.1.{place}"]
    assert refused.value.faults[0].line == 11


def test_a_broken_paper_gives_way_to_the_shipped_one(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "mine.toml").write_text(
        'template = 1\nid = "mine"\nkind = "quote"\nversion = 1\nname = "甲"\nblocks = 3\n', "utf-8"
    )
    chosen = templates.Library(tmp_path).choose({"quote": "mine"})
    assert len(chosen.notices) == 2
    assert made("quote", "a5", templates=chosen).pdf == made("quote", "a5").pdf


@pytest.mark.parametrize("size", ["small", "normal", "large"])
@pytest.mark.parametrize("second", [True, False])
def test_sizes_and_the_second_language_are_tuned(size: str, second: bool) -> None:
    chosen = templates.Library().choose(None, {"repair_receipt": {"size": size, "second_language": second}})
    assert chosen.notices == ()
    fonts.load()
    sheets = paper_template.layouts(
        chosen.of("repair_receipt", "a5"), papers_filled.filled("repair_receipt"), medium("a5"), Facts("zh_CN")
    )
    assert faults_of(sheets) == []
    shown = "".join(mark.text for _, marks in pages(sheets) for mark in marks if isinstance(mark, Words))
    assert ("Merchant" in shown) is second


def test_every_block_is_described() -> None:
    described = (Path(__file__).parents[2] / "docs" / "paper_templates.md").read_text("utf-8")
    assert [name for name in paper_template.BLOCKS if f"`{name}`" not in described] == []
