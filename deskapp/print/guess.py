"""Which language a printer speaks, found out by asking without printing a dot.

The order matters: a question in a wrong language may be printed as text. The real-time question of ESC/POS
consists of control characters that label printers pass over, that of TSPL likewise; only then comes the one of
ZPL, which a receipt printer would have to print, had it not answered before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from deskapp.print.printers import RawPrinter
from deskapp.print.raw_printer import LinePrinter, open_raw
from deskapp.rules.printer_profiles import Capabilities, Profile, scheme_of

ORDER = ("escpos", "tspl", "zpl")


def guess_language(profile: Profile, open_printer: Callable[[Profile], RawPrinter] = open_raw) -> str:
    """Return the language a printer at a line answers in; empty when it answers in none, or cannot be asked.

    Raises NotSent when it cannot be reached.
    """
    if scheme_of(profile.address) not in ("tcp", "usb"):
        return ""
    for language in ORDER:
        asked = replace(profile, language=language, learned=Capabilities(), shared=False)
        printer = open_printer(asked)
        if isinstance(printer, LinePrinter) and printer.speaks():
            return language
    return ""
