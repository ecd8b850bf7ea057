"""What a paper is printed on, and the short name under which a job remembers it.

A name is `base[@dpi][+qr]`: `label-60x40`, `label-50x30@300`, `label-40x30+qr`, `roll-80`,
`roll-58`, `a5`, `a4`, `form-241x140`, `a4-labels`. `+qr` chooses the QR symbol on labels with room for one only.
`a4-labels.3x8` names the cells of a sheet (`deskapp.print.sheet`); without a name they are 3x7.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    margin_y_mm: float | None = None  # above and below, where it differs from the sides
    symbol: str = "code128"
    needles: bool = False  # a dot matrix printer: no grey, no fine print, coarse codes
    sheet: str = ""  # which cells a sheet of labels has
    head_dots: int = 0  # how many dots the head of a roll printer has at 203 dpi; 0 = the whole width

    @property
    def base(self) -> str:
        """The name without resolution, symbol and sheet: what kinds of paper are made for."""
        return self.name.partition("+")[0].partition("@")[0].partition(".")[0]

    @property
    def width_dots(self) -> int:
        return round(self.width_mm * self.dots_per_mm)

    @property
    def edge_mm(self) -> float:
        """The margin above and below."""
        return self.margin_mm if self.margin_y_mm is None else self.margin_y_mm

    @property
    def print_dots(self) -> int:
        """The width that can be printed, in dots: that of the head, not of the paper."""
        return round(self.head_dots * self.dots_per_mm / 8) if self.head_dots else self.width_dots

    @property
    def height_dots(self) -> int:
        return round(self.height_mm * self.dots_per_mm)


_ALL = (
    Medium("label-60x40", Form.LABEL, 60, 40, symbol="both"),
    Medium("label-50x30", Form.LABEL, 50, 30),
    Medium("label-40x30", Form.LABEL, 40, 30),
    # A roll is wider than its head: 72 of 80 mm and 48 of 58 mm can be printed.
    Medium("roll-80", Form.ROLL, 80, 0, margin_mm=4, head_dots=576),
    Medium("roll-58", Form.ROLL, 58, 0, margin_mm=5, head_dots=384),
    Medium("a5", Form.PAGE, 148, 210, margin_mm=9),
    Medium("a4", Form.PAGE, 210, 297, margin_mm=15),
    Medium("a4-landscape", Form.PAGE, 297, 210, margin_mm=12),
    Medium("card-90x54", Form.PAGE, 90, 54, margin_mm=4),
    # Continuous forms of 241 mm (9.5 in): half an inch of holes each side, and as much again for the drift.
    Medium("form-241x93", Form.PAGE, 241, 93.1, margin_mm=16, margin_y_mm=7, needles=True),
    Medium("form-241x140", Form.PAGE, 241, 139.7, margin_mm=16, margin_y_mm=7, needles=True),
    Medium("form-241x279", Form.PAGE, 241, 279.4, margin_mm=16, margin_y_mm=7, needles=True),
    Medium("a4-labels", Form.SHEET, 210, 297),
)
MEDIA = {medium.name: medium for medium in _ALL}

PAPER_MEDIA: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("repair_receipt", "refund"), ("a5", "roll-80", "roll-58", "a4", "form-241x140", "form-241x279")),
    "pickup_slip": ("roll-80", "roll-58", "a5", "a4", "form-241x140", "form-241x279"),
    "quote": ("a5", "a4", "roll-80", "roll-58", "form-241x140", "form-241x279"),
    "day_end": ("a4", "form-241x279"),
    "register": ("a4-landscape",),
    "recovery_code": ("a5", "a4"),
    "service_card": ("card-90x54", "roll-58", "roll-80"),
    "manifest": ("a4", "form-241x279", "form-241x140"),
    "custody_record": ("a4", "form-241x279"),
    "stocktake": ("a4", "a5", "form-241x279"),
    **dict.fromkeys(("key_run", "scrap_record", "parts_order", "collect_notice", "command_sheet"), ("a4",)),
    "discrepancy_note": ("a4", "a5", "form-241x140", "form-241x279"),
    "inspection_sheet": ("a4", "a5"),
    "bench_traveller": ("a5", "a4"),
    **dict.fromkeys(("loan_agreement", "swap_note"), ("a5", "a4", "form-241x140", "form-241x279")),
    "call_note": ("roll-80", "roll-58", "a5"),
    "missed_note": ("a5", "roll-80", "roll-58", "form-241x93"),
}
"""On which media the shipped template of each kind stands, the usual one first; a test holds both together.

It stands here too because whoever prints a label must not wait for all papers to be read.
"""


def medium(name: str) -> Medium:
    """Return the medium of a name; ValueError for a name nobody gave."""
    rest, plus, symbol = name.partition("+")
    full, at, dpi = rest.partition("@")
    base, dot, sheet = full.partition(".")
    known = base in MEDIA and (not dot or (MEDIA[base].form is Form.SHEET and sheet != ""))
    if not known or (at and dpi not in ("203", "300")) or (plus and symbol not in ("qr", "code128")):
        raise ValueError(f"no medium is called {name!r}")
    found = replace(MEDIA[base], name=name, sheet=sheet)
    if at:
        found = replace(found, dots_per_mm=8 if dpi == "203" else 12)
    if plus and found.symbol != "both":
        found = replace(found, symbol=symbol)
    return found
