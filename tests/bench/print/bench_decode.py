"""Every code of many labels, read back by zxing-cpp: found, not found, and found wrong.

    python -m tests.bench.print.bench_decode [--labels 1000]

For each stock and head: the 1-bit dots as the head burns them; and the PDF page, rendered by pdfium at
the resolution of the head as a page printer's driver would, in grey and cut to 1 bit. A label counts when
every code on it is read; a text that is on no label at all, or on another one, is a misread.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator

import zxingcpp
from PIL import Image

from deskapp.print import labels, raster, render
from deskapp.print.edition import Edition
from deskapp.print.media import medium
from tests.bench.print.cards import labels as cards
from tests.bench.side_by_side import machine

STOCKS = ("label-60x40", "label-50x30", "label-40x30+qr")
DPI = {203.2: "", 304.8: "@300"}
"""Heads have 8 and 12 dots a millimetre; 203 and 300 are what people call that."""


def stocks() -> Iterator[tuple[str, float]]:
    """Every stock at every head."""
    for name in STOCKS:
        for dpi, suffix in DPI.items():
            base, plus, symbol = name.partition("+")
            yield f"{base}{suffix}{plus}{symbol}", dpi


def read(picture: Image.Image) -> list[tuple[str, str]]:
    """Return what a reader finds, each with its kind."""
    return [(found.format.name, found.text) for found in zxingcpp.read_barcodes(picture.convert("L"))]


def one_bit(picture: Image.Image) -> Image.Image:
    """Cut a grey page to black and white, as a driver does."""
    return picture.convert("L").point(lambda grey: 255 if grey >= 128 else 0, "1")


def main() -> int:
    """Read, print, and return 1 when a code was not read or read wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, default=1000)
    given = cards(parser.parse_args().labels)
    print(f"{len(given):,} labels on each stock; {machine()}")
    lost = wrong = 0
    for name, dpi in stocks():
        start, whole, misread = time.perf_counter(), {"dots": 0, "grey": 0, "1-bit": 0}, 0
        for card in given:
            codes = len(labels.draw(card, medium(name), "zh_CN").symbols)
            pdf = render.render("device_label", card, Edition(name, "zh_CN")).pdf
            grey = raster.pages(pdf, dpi / 72, grey=True)[0]
            dots = render.render_dots("device_label", card, Edition(name, "zh_CN"))[0]
            for how, picture in (("dots", dots), ("grey", grey), ("1-bit", one_bit(grey))):
                found = read(picture)
                whole[how] += len(set(found)) == codes and all(text == card.number for _, text in found)
                misread += sum(text != card.number for _, text in found)
        lost += sum(len(given) - count for count in whole.values())
        wrong += misread
        told = "   ".join(f"{how} {count:>6,}" for how, count in whole.items())
        print(
            f"{name:20} {dpi:6.1f} dpi   {told}   misread {misread}   {time.perf_counter() - start:6.1f} s", flush=True
        )
    print(f"not read: {lost}, misread: {wrong}   {'met' if not lost + wrong else 'MISSED'}")
    return 1 if lost + wrong else 0


if __name__ == "__main__":
    sys.exit(main())
