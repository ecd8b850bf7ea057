"""What the tests of printers share: short waits, and a printer beside its profile."""

from __future__ import annotations

from typing import Any

from deskapp.print.lines import Limits
from deskapp.print.printers import RawPrinter
from deskapp.print.raw_printer import open_raw
from deskapp.rules.printer_profiles import Capabilities, Profile
from tests.print.virtual_printers import VirtualPrinter

LANGUAGES = ("zpl", "tspl", "escpos")
SHORT = Limits(
    connect=1.0, answer=0.4, close=0.5, stall=0.4, bytes_per_second=1_000_000, told_every=0.1, piece=2.0, settle=0.05,
    sure=0.2, drain=3.0, lock=2.0,
)  # fmt: skip


class Between:
    """What stands between the spooler and a printer, and is the printer in all but what a test overrides."""

    def __init__(self, real: RawPrinter) -> None:
        self.real = real

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)


def raw(
    printer: VirtualPrinter, *, limits: Limits = SHORT, learned: Capabilities | None = None, **more: Any
) -> RawPrinter:
    """Return the program's view of a virtual printer."""
    profile = Profile(printer.address, language=printer.language, learned=learned or Capabilities(), **more)
    return open_raw(profile, limits)
