"""The dots that are drawn straight into the renderer's memory, beside those of the same paper written as a PDF."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageFilter

from deskapp.print import logo, raster, render, templates
from deskapp.print.edition import Edition
from deskapp.print.media import Form, medium
from deskapp.rules import papers
from tests.print import papers_filled, samples

BURNED = [
    (kind, base)
    for kind in samples.ALL
    for base in render.MEDIA_OF[kind]
    if medium(base).form in (Form.LABEL, Form.ROLL)
]


def both(kind: str, card: papers.Card, **more: Any) -> tuple[list[Image.Image], list[Image.Image]]:
    """Return the dots of a paper drawn directly, and those of its PDF."""
    edition = Edition(**more)
    made = render.render_burned(kind, card, edition)
    return list(made.pictures), raster.dots(render.render_many([(kind, card)], edition, dot_page=True).pdf)


def apart(ours: Image.Image, other: Image.Image) -> tuple[int, int]:
    """Return how many dots differ, and how many of those have no dot of their colour beside them in the other."""
    assert ours.size == other.size
    one, two = ours.convert("L"), other.convert("L")
    differ = ImageChops.difference(one, two)
    far = 0
    for here, there in ((one, two), (two, one)):
        # Black here, and there white with nothing black within a dot.
        far += ImageChops.darker(ImageChops.invert(here), there.filter(ImageFilter.MinFilter(3))).histogram()[255]
    return differ.histogram()[255], far


def check(ours: list[Image.Image], other: list[Image.Image], *, most: float = 0.0005) -> None:
    """Demand the same paper: at most a dot in two thousand differs, and only by lying beside it."""
    assert len(ours) == len(other)
    for one, two in zip(ours, other, strict=True):
        differ, far = apart(one, two)
        assert far == 0
        assert differ <= most * one.width * one.height


@pytest.mark.parametrize(("kind", "base"), BURNED)
def test_drawn_directly_or_through_a_pdf_a_paper_has_the_same_dots(kind: str, base: str) -> None:
    plain = {"medium": base, "language": "zh_CN", "printed_at_ms": samples.NOW}
    check(*both(kind, samples.ALL[kind], **plain))


@pytest.mark.parametrize(("kind", "base"), [("accessory_label", "label-50x30+qr"), ("repair_receipt", "roll-80")])
def test_the_same_at_300_dpi_reprinted_and_superseded(kind: str, base: str) -> None:
    fine = {"medium": medium_at_300(base), "language": "en", "copy_no": 2, "superseded_by": "R00123250314007D"}
    check(*both(kind, samples.ALL[kind], **fine))


def medium_at_300(base: str) -> str:
    """Return the name of a medium for a finer head."""
    name, plus, symbol = base.partition("+")
    return f"{name}@300{plus}{symbol}"


@pytest.mark.parametrize("text", ["㛃𬸚䶮 𠮷〇囍", *papers_filled.HOSTILE[3:6], papers_filled.HOSTILE[6]])
@pytest.mark.parametrize(("kind", "base"), [("device_label", "label-60x40"), ("pickup_slip", "roll-80")])
def test_rare_and_hostile_characters_are_drawn_the_same_both_ways(kind: str, base: str, text: str) -> None:
    card = papers_filled.filled(kind, entries=1, text=text)
    # Where one font goes on behind another, a letter may be rounded to the dot beside.
    check(*both(kind, card, medium=base, language="zh_CN"), most=0.002)


def test_a_logo_a_signature_and_a_nudge_are_drawn_the_same_both_ways() -> None:
    drawn = b'<svg viewBox="0 0 600 200"><path d="M40 120 L90 40 L140 150 L200 60 M260 100 L400 90"/></svg>'
    slip = replace(samples.pickup_slip(), signature="a" * 64, signed_ms=samples.NOW)
    check(*both("pickup_slip", slip, medium="roll-80", language="zh_CN", pictures={"a" * 64: drawn}))
    with_logo = templates.Library().choose(logo=logo.of_bytes(raster.png(Image.new("1", (64, 32)))))
    check(*both("repair_receipt", samples.repair_receipt(), medium="roll-80", language="en", templates=with_logo))
    nudged = {"medium": "label-60x40", "language": "zh_CN", "templates": with_logo, "nudge_mm": (1.0, -0.5)}
    check(*both("device_label", samples.device_label(rush=True), **nudged))


def test_a_page_for_a_page_printer_has_no_dots_of_a_head() -> None:
    with pytest.raises(ValueError, match="sheet"):
        render.render_burned("device_label", samples.device_label(), Edition("a4-labels", "zh_CN"))


def test_papers_drawn_by_several_threads_at_once_come_out_as_by_one() -> None:
    cards = [samples.device_label(merchant=f"老街鱼丸店{number}㛃"[: 4 + number % 5]) for number in range(24)]

    def drawn(card: papers.Card) -> bytes:
        return render.render_burned("device_label", card, Edition("label-60x40", "zh_CN")).pictures[0].tobytes()

    alone = [drawn(card) for card in cards]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(drawn, cards)) == alone
