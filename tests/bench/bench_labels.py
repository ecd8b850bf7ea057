"""One label, and a thousand, as PDF: ours against bare ReportLab with the same marks.

The floor knows beforehand where every text, line and code goes: it measures nothing,
fits nothing, checks no font for missing characters. It sets the same strings at the
same places with `drawString`, encodes the same two codes and fills the same modules,
one rectangle a run. What we add (layout, fitting, coverage, warnings) may cost at
most half of that again. Run: python -m tests.bench.bench_labels [count]
"""

from __future__ import annotations

import io
import statistics
import sys
import time
from collections.abc import Callable

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from deskapp.print import codes, fonts, labels, render
from deskapp.print.drawing import Drawing
from deskapp.print.edition import Edition
from deskapp.print.media import POINTS_PER_MM, medium
from deskapp.rules import papers
from tests.bench.print.cards import labels as cards

GATE = 1.5
STOCK = medium("label-60x40")


def ours(given: list[papers.DeviceLabelCard]) -> bytes:
    """Make the PDF as the program does."""
    return render.render_many([("device_label", card) for card in given], Edition(STOCK, "zh_CN")).pdf


def floor(pages: list[Drawing]) -> bytes:
    """Make a PDF with the same marks, places known."""
    out = io.BytesIO()
    unit = POINTS_PER_MM / STOCK.dots_per_mm
    canvas = Canvas(
        out, pagesize=(STOCK.width_dots * unit, STOCK.height_dots * unit), initialFontName=fonts.REGULAR, invariant=1
    )
    for page in pages:
        canvas.scale(unit, unit)
        for mark in page.texts:
            canvas.setFillGray(1 if mark.white else 0)
            canvas.setFont(fonts.BOLD if mark.bold else fonts.REGULAR, mark.size)
            canvas.drawString(mark.x, page.height - mark.baseline, mark.text)
        canvas.setFillGray(0)
        for block in page.blocks:
            canvas.rect(block.x, page.height - block.y - block.height, block.width, block.height, stroke=0, fill=1)
        for symbol in page.symbols:
            text = symbol.matrix.text
            matrix = codes.code128(text) if symbol.matrix.rows == 1 else codes.qr(text)
            per_row = (matrix.columns + 7) // 8 * 2
            high = symbol.height // matrix.rows
            for row in range(matrix.rows):
                bits = f"{int(matrix.hex[row * per_row : (row + 1) * per_row], 16):0{per_row * 4}b}"
                low = page.height - symbol.y - (row + 1) * high
                start = 0
                while (start := bits.find("1", start)) >= 0:
                    end = bits.find("0", start)
                    end = len(bits) if end < 0 else end
                    canvas.rect(
                        symbol.x + start * symbol.module, low, (end - start) * symbol.module, high, stroke=0, fill=1
                    )
                    start = end
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def mask_floor(pages: list[Drawing]) -> bytes:
    """Make the same PDF with one mask a code: the quickest a hand could write it."""
    out = io.BytesIO()
    unit = POINTS_PER_MM / STOCK.dots_per_mm
    canvas = Canvas(
        out, pagesize=(STOCK.width_dots * unit, STOCK.height_dots * unit), initialFontName=fonts.REGULAR, invariant=1
    )
    for page in pages:
        canvas.scale(unit, unit)
        for mark in page.texts:
            canvas.setFont(fonts.BOLD if mark.bold else fonts.REGULAR, mark.size)
            canvas.drawString(mark.x, page.height - mark.baseline, mark.text)
        for block in page.blocks:
            canvas.rect(block.x, page.height - block.y - block.height, block.width, block.height, stroke=0, fill=1)
        for symbol in page.symbols:
            text = symbol.matrix.text
            matrix = codes.code128(text) if symbol.matrix.rows == 1 else codes.qr(text)
            canvas._code.append(
                f"q {matrix.columns * symbol.module} 0 0 {symbol.height} {symbol.x} "
                f"{page.height - symbol.y - symbol.height} cm BI /W {matrix.columns} /H {matrix.rows} "
                f"/BPC 1 /IM true /D [1 0] /F /AHx ID {matrix.hex}> EI Q"
            )
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def timed(make: Callable[[], bytes], times: int) -> float:
    """Return the median seconds of one call."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        make()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def measure(count: int) -> tuple[float, float, float]:
    """Return seconds for ours, the floor with rectangles and the floor with masks, taken in turn."""
    given = cards(count)
    pages = [labels.draw(card, STOCK, "zh_CN") for card in given]
    rounds = 31 if count == 1 else 3
    best: list[list[float]] = [[], [], []]
    for _ in range(rounds):
        best[0].append(timed(lambda: ours(given), 1))
        best[1].append(timed(lambda: floor(pages), 1))
        best[2].append(timed(lambda: mask_floor(pages), 1))
    return statistics.median(best[0]), statistics.median(best[1]), statistics.median(best[2])


def main(count: int = 1000) -> int:
    """Print ours, floor and ratio for one and for many; returns 1 if the gate does not hold."""
    ours(cards(1))
    for name in (fonts.REGULAR, fonts.BOLD):
        pdfmetrics.registerFont(TTFont(name, fonts.face(name).file, asciiReadable=False))
    held = True
    for amount in (1, count):
        own, bare, masks = measure(amount)
        ratio = own / bare
        held &= ratio <= GATE
        print(
            f"{amount:>5} label(s)  ours {own * 1000:8.1f} ms   bare {bare * 1000:8.1f} ms   ratio {ratio:.2f} "
            f"(gate {GATE})   bare with masks {masks * 1000:8.1f} ms   ratio {own / masks:.2f}"
        )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:2])))
