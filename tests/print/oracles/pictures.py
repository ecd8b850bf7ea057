"""The papers the oracles are asked about: every label, and the receipts of a roll, as the program draws them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import zxingcpp
from PIL import Image

from deskapp.print import render
from deskapp.print.edition import Edition
from deskapp.print.media import Form, medium
from deskapp.print.raw import Bits, Feed, Setup
from deskapp.rules import papers
from tests.print import samples


@dataclass(frozen=True, slots=True)
class Sample:
    """One paper: its dots, its codes, the set-up it is printed with, and a PNG of it."""

    name: str
    bits: Bits
    codes: frozenset[str]
    setup: Setup
    png: Path

    @property
    def is_label(self) -> bool:
        return self.setup.feed is Feed.GAP


_LABELS = ("label-60x40", "label-50x30", "label-40x30", "label-40x30+qr", "label-60x40@300")
_PAPERS: tuple[tuple[str, papers.Card, tuple[str, ...]], ...] = (
    ("device_label", samples.device_label(), _LABELS),
    ("device_label", samples.device_label(merchant="赵𬸚㛃䶮疆鑫囊商行"), ("label-60x40",)),
    ("accessory_label", samples.accessory_label(), ("label-50x30",)),
    ("part_label", samples.part_label(), ("label-40x30",)),
    ("shelf_label", samples.shelf_label(), ("label-60x40",)),
    ("pickup_slip", samples.pickup_slip(), ("roll-80", "roll-58")),
    ("repair_receipt", samples.repair_receipt(), ("roll-80", "roll-58")),
)


def samples_of_every_kind(folder: Path) -> list[Sample]:
    """Draw them all; each picture is also put into the folder."""
    made = []
    for kind, card, media in _PAPERS:
        for name in media:
            if name.partition("@")[0].partition("+")[0] not in render.MEDIA_OF[kind]:
                continue
            for language in ("zh_CN", "en"):
                made.append(_sample(folder, f"{len(made):02d}-{kind}-{name}-{language}", kind, card, name, language))
    return made


def codes_of(picture: Image.Image) -> frozenset[str]:
    """Return what a reader finds in a picture, each with its kind: a label may carry one number in two codes."""
    return frozenset(f"{found.format.name}:{found.text}" for found in zxingcpp.read_barcodes(picture.convert("L")))


def _sample(folder: Path, name: str, kind: str, card: papers.Card, medium_name: str, language: str) -> Sample:
    target = medium(medium_name)
    picture = render.render_dots(kind, card, Edition(target, language, printed_at_ms=samples.NOW))[0]
    bits = Bits.of_picture(picture)
    if target.form is Form.LABEL:
        setup = Setup(target.dots_per_mm, bits.width, bits.height)
    else:
        setup = Setup(target.dots_per_mm, bits.width, feed=Feed.CONTINUOUS, head_dots=target.print_dots, cut=True)
    png = folder / f"{name}.png"
    setup.fitted(bits).picture().save(png)
    return Sample(name, bits, codes_of(picture), setup, png)
