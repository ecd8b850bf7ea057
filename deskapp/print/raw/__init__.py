"""The languages label and receipt printers speak: dots go in, bytes come out; nothing here opens anything.

`LANGUAGES` names them. Every label and every receipt is sent as the dots of the
preview, so a printer's own fonts and bar codes can spoil nothing.
"""

from __future__ import annotations

from deskapp.print.raw.bits import Bits
from deskapp.print.raw.escpos import EscPos
from deskapp.print.raw.language import Language, piece
from deskapp.print.raw.setup import Feed, Setup
from deskapp.print.raw.status import STOPS, Status, Trouble, sentence
from deskapp.print.raw.tspl import Tspl
from deskapp.print.raw.zpl import Zpl

LANGUAGES: dict[str, Language] = {language.name: language for language in (Zpl(), Tspl(), EscPos())}

__all__ = ["LANGUAGES", "STOPS", "Bits", "Feed", "Language", "Setup", "Status", "Trouble", "piece", "sentence"]
