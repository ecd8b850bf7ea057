"""Papers through a system driver: in their own size, and a missing driver is a sentence."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from PySide6.QtPrintSupport import QPrinter

from deskapp.print import printers, render
from deskapp.print.edition import Edition
from deskapp.print.printers import NotSent, Readiness
from deskapp.rules.papers import QuoteCard
from deskapp.ui import page_printer


@pytest.fixture
def quote() -> bytes:
    return render.render("quote", QuoteCard(number="Q00123260312001X"), Edition("a5", "zh_CN")).pdf


def test_a_driver_that_is_not_installed_is_told_before_anything_is_sent(look: object, quote: bytes) -> None:
    page_printer.offer()
    printer = printers.open_printer("qt:No such printer")

    assert printer.condition().readiness is Readiness.MISSING
    with pytest.raises(NotSent):
        printer.send(quote, "application/pdf", "Q", page_mm=(148, 210))


def test_a_paper_is_painted_in_its_own_size(look: object, quote: bytes, tmp_path: Path) -> None:
    driver = QPrinter(QPrinter.PrinterMode.HighResolution)
    driver.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    driver.setOutputFileName(str(tmp_path / "out.pdf"))
    page_printer.set_page(driver, (148, 210))
    page_printer.paint(driver, quote, (148, 210))

    document = pypdfium2.PdfDocument(tmp_path / "out.pdf")
    width, height = document[0].get_size()
    picture = document[0].render(scale=1).to_pil().convert("L")
    document.close()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (148, 210)
    assert picture.getextrema()[0] < 60
