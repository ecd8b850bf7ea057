"""The field for a shelf: takes a shelf's label and a shelf's code from the scanner, and lets everything else go on."""

from __future__ import annotations

from typing import Final

from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import ScanField

WANTED: Final = frozenset({ScanKind.SHELF, ScanKind.SERIAL, ScanKind.UNKNOWN})
"""A shelf's label is a number of our own; the code written on a shelf (B-03-2) reads like a serial number."""


class ShelfField(ScanField):
    """A shelf, scanned or typed. The label of a device, an order or a badge means what it means elsewhere."""

    def wants(self, text: str) -> bool:
        """Say whether a scanned code can be a shelf."""
        return parse_scan(text).kind in WANTED

    def take_scan(self, text: str) -> None:
        """Show the shelf without what a code carries beside it."""
        super().take_scan(parse_scan(text).number or text)


def is_shelf(text: str) -> bool:
    """Tell whether a scanned code is the label of a shelf, wherever the focus is."""
    return parse_scan(text).kind is ScanKind.SHELF
