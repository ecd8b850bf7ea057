"""Page printers through Qt's driver, where there is no CUPS: the paper's own PDF, rendered at the printer's resolution.

Windows tells no program when a sheet has come out, so what was handed over counts as sent
with the spooler as witness, and a person can always say otherwise.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PySide6.QtCore import QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo

from deskapp.errors import N_
from deskapp.print import printers
from deskapp.print.printers import Condition, Found, NotSent, Outcome, Readiness

if TYPE_CHECKING:
    from deskapp.print.printers import Printer

MOST_DPI = 600  # above this a page costs memory and looks the same


class QtPrinter:
    """One driver of the system, by its name."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def address(self) -> str:
        """The address under which the printer is remembered."""
        return f"qt:{self._name}"

    def condition(self) -> Condition:
        """Return whether the driver is there; what the printer itself feels, the driver does not say."""
        if QPrinterInfo.printerInfo(self._name).isNull():
            return Condition(Readiness.MISSING, N_("This printer is not installed on this computer."))
        return Condition(Readiness.READY, N_("The printer is ready."))

    def send(self, data: bytes, mime: str, title: str, *, page_mm: tuple[float, float] | None = None) -> str:
        """Print a PDF in its own size, unscaled; raises NotSent when the driver does not take it."""
        if mime != "application/pdf":
            raise NotSent(N_("This printer takes pages only."))
        if QPrinterInfo.printerInfo(self._name).isNull():
            raise NotSent(N_("This printer is not installed on this computer."))
        size_mm = page_mm or (210.0, 297.0)
        printer = QPrinter(QPrinterInfo.printerInfo(self._name), QPrinter.PrinterMode.HighResolution)
        printer.setDocName(title)
        set_page(printer, size_mm)
        paint(printer, data, size_mm)
        return "driver"

    def outcome(self, evidence: str) -> Outcome:
        """Return what is known of a sheet that was handed over: the driver says nothing more."""
        return Outcome.DONE

    def take_back(self, evidence: str) -> bool:
        """Return False: what a driver was given stays with it."""
        return False


def set_page(printer: QPrinter, size_mm: tuple[float, float]) -> None:
    """Tell a driver the paper's own size, without margins, so that nothing is scaled to fit."""
    printer.setFullPage(True)
    size = QPageSize(QSizeF(*size_mm), QPageSize.Unit.Millimeter, "", QPageSize.SizeMatchPolicy.FuzzyMatch)
    layout = QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0), QPageLayout.Unit.Millimeter)
    printer.setPageLayout(layout)


def paint(printer: QPrinter, data: bytes, size_mm: tuple[float, float]) -> None:
    """Paint the pages of a PDF at the printer's resolution; raises NotSent when it does not start."""
    import pypdfium2

    dpi = min(printer.resolution(), MOST_DPI)
    painter = QPainter()
    if not painter.begin(printer):
        raise NotSent(N_("The printer did not start. Look at its cable, paper and driver."))
    document = pypdfium2.PdfDocument(data)
    unit = printer.resolution() / 25.4
    try:
        for number, page in enumerate(document):
            if number:
                printer.newPage()
            picture = page.render(scale=dpi / 72).to_pil().convert("RGB")
            out = io.BytesIO()
            picture.save(out, "PNG")
            area = QRectF(0, 0, size_mm[0] * unit, picture.height / dpi * 25.4 * unit)
            painter.drawImage(area, QImage.fromData(out.getvalue()))
    finally:
        document.close()
        painter.end()


def find() -> list[Found]:
    """Return the printers that the system's drivers offer."""
    names = QPrinterInfo.availablePrinterNames()
    return [Found(f"qt:{name}", name, QtPrinter(name).condition()) for name in names]


def open_driver(name: str) -> Printer:
    """Return the port to a driver."""
    return QtPrinter(name)


def offer() -> None:
    """Make drivers known to the printing floor, which knows no Qt."""
    printers.register("qt", open_driver, find)
