"""Printers for the pictures: one for labels and one for slips, both emulated, idle and ready."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from deskapp.commands.printer_profiles import save_printer
from deskapp.rules.printer_profiles import Profile

PRINTERS = (("标签机", "zpl", 9100), ("小票机", "escpos", 9101))
"""Name, language and port: fixed ones, so that the same picture comes out each time."""


@contextmanager
def printers(stage: Any) -> Iterator[None]:
    """Set up both printers on the stage's computer; they answer until the end."""
    emulated: Any = import_module("tests.print.virtual_printers").VirtualPrinter
    started: list[Any] = []
    try:
        for name, language, port in PRINTERS:
            printer = emulated(language, port=port).start()
            started.append(printer)
            stage.do(save_printer(profile=Profile(printer.address, name, language)))
        yield
    finally:
        for printer in started:
            printer.stop()
