"""What a paper is printed on, and the short name under which a job remembers it.

A name is `base[@dpi][+qr]`: `label-60x40`, `label-50x30@300`, `label-40x30+qr`, `roll-80`,
`a5`, `a4`, `a4-labels`. `+qr` chooses the QR symbol on labels with room for one only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

POINTS_PER_MM = 72 / 25.4


class Form(StrEnum):
    """How a medium is fed."""

    LABEL = "label"
    ROLL = "roll"
    PAGE = "page"
    SHEET = "sheet"


@dataclass(frozen=True, slots=True)
class Medium:
    """One kind of paper. A roll has no height: the page grows with its content."""

    name: str
    form: Form
    width_mm: float
    height_mm: float
    dots_per_mm: int = 8  # 8 = 203 dpi, 12 = 300 dpi, the two heads thermal printers have
    margin_mm: float = 0.0
    symbol: str = "code128"

    @property
    def width_dots(self) -> int:
        return round(self.width_mm * self.dots_per_mm)

    @property
    def height_dots(self) -> int:
        return round(self.height_mm * self.dots_per_mm)


_ALL = (
    Medium("label-60x40", Form.LABEL, 60, 40, symbol="both"),
    Medium("label-50x30", Form.LABEL, 50, 30),
    Medium("label-40x30", Form.LABEL, 40, 30),
    Medium("roll-80", Form.ROLL, 80, 0, margin_mm=4),
    Medium("a5", Form.PAGE, 148, 210, margin_mm=9),
    Medium("a4", Form.PAGE, 210, 297, margin_mm=15),
    Medium("a4-landscape", Form.PAGE, 297, 210, margin_mm=12),
    Medium("card-90x54", Form.PAGE, 90, 54, margin_mm=4),
    Medium("a4-labels", Form.SHEET, 210, 297),
)
MEDIA = {medium.name: medium for medium in _ALL}


def medium(name: str) -> Medium:
    """Return the medium of a name; ValueError for a name nobody gave."""
    rest, plus, symbol = name.partition("+")
    base, at, dpi = rest.partition("@")
    if base not in MEDIA or (at and dpi not in ("203", "300")) or (plus and symbol not in ("qr", "code128")):
        raise ValueError(f"no medium is called {name!r}")
    found = replace(MEDIA[base], name=name)
    if at:
        found = replace(found, dots_per_mm=8 if dpi == "203" else 12)
    if plus and found.symbol != "both":
        found = replace(found, symbol=symbol)
    return found
