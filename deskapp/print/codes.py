"""Bar codes as modules: Code 128 (ISO/IEC 15417) and QR (ISO/IEC 18004).

The drawing puts every module on whole dots of the printer and draws a code as one
1-bit mask: a bar edge off the grid by a hair makes renderers widen it by a dot.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
import types
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from deskapp.print import qr_quick

if TYPE_CHECKING:
    import segno.encoder  # noqa: F401 (names it for those who pack the program)

QUIET_128 = 10  # modules left and right
QUIET_QR = 4  # modules on every side
QR_MASK = 3  # fixed: choosing the best of eight costs five times the whole encoding

_START_B, _START_C, _TO_B, _TO_C, _STOP = 104, 105, 100, 99, 106
_WIDTHS = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 "
    "122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 "
    "322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 "
    "112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 "
    "331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 "
    "112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 "
    "124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 "
    "411311 113141 114131 311141 411131 211412 211214 211232 2331112"
).split()


def _bits(widths: str) -> str:
    return "".join(("1" if index % 2 == 0 else "0") * int(wide) for index, wide in enumerate(widths))


_PATTERNS = tuple(_bits(widths) for widths in _WIDTHS)


@dataclass(frozen=True, slots=True)
class Matrix:
    """A code in modules: rows packed to bytes as a 1-bit image, 1 = black, high bit first."""

    text: str
    columns: int
    rows: int
    hex: str
    quiet: int


def code128_values(text: str) -> list[int]:
    """Return the symbol values with start, check and stop: set B, and set C for runs of digits."""
    if not text or any(not " " <= character <= "~" for character in text):
        raise ValueError("Code 128 takes printable ASCII only")
    values: list[int] = []
    in_c = False
    index = 0
    while index < len(text):
        run = _digit_run(text, index)
        at_end = index + run == len(text)
        worth = run >= 4 if (index == 0 or at_end) else run >= 6
        if in_c and run >= 2:
            values.append(int(text[index : index + 2]))
            index += 2
            continue
        if not in_c and worth and run % 2 == 0:
            values.append(_TO_C if values else _START_C)
            in_c = True
            continue
        if in_c or not values:
            values.append(_TO_B if values else _START_B)
            in_c = False
        values.append(ord(text[index]) - 32)
        index += 1
    check = (values[0] + sum(place * value for place, value in enumerate(values[1:], 1))) % 103
    return [*values, check, _STOP]


def _digit_run(text: str, start: int) -> int:
    end = start
    while end < len(text) and text[end] in "0123456789":
        end += 1
    return end - start


def code128(text: str) -> Matrix:
    """Return a Code 128 symbol, one row of modules."""
    bits = "".join(_PATTERNS[value] for value in code128_values(text))
    return Matrix(text, len(bits), 1, _hex(bits), QUIET_128)


_LOADING: Final = threading.Lock()


@cache
def _encoder() -> Any:
    """Return segno's encoder without segno's writers, which bring an HTTP client along: 40 ms of a first label.

    One thread at a time: beside the shell that stands in for the whole, the next one would find no library at all.
    """
    with _LOADING:
        if "segno.encoder" in sys.modules:
            return sys.modules["segno.encoder"]
        found = None if "segno" in sys.modules else importlib.util.find_spec("segno")
        if found is None:
            return importlib.import_module("segno.encoder")
        shell = types.ModuleType("segno")
        shell.__path__ = list(found.submodule_search_locations or ())
        sys.modules["segno"] = shell
        try:
            return importlib.import_module("segno.encoder")
        finally:
            del sys.modules["segno"]  # whoever wants all of it gets all of it


def _encoded(text: str, level: str, version: int | None = None) -> qr_quick.Rows:
    """Return a symbol as segno makes it, of that version or the smallest."""
    found: qr_quick.Rows = (
        _encoder()
        .encode(text, error=level.lower(), version=version, mask=QR_MASK, micro=False, boost_error=False)
        .matrix
    )
    return found


@cache
def _shape(version: int, level: str) -> qr_quick.Shape | None:
    return qr_quick.shape(version, level, lambda text, wanted: _encoded(text, level, wanted))


def qr(text: str, level: str = "M") -> Matrix:
    """Return a QR symbol of the smallest version that takes the text at that error level."""
    version = qr_quick.version_for(text, level)
    shape = _shape(version, level) if version else None
    if shape is not None:
        return Matrix(text, shape.size, shape.size, shape.hex(text), QUIET_QR)
    matrix = _encoded(text, level)
    size = len(matrix)
    plain = bytes.maketrans(b"\x00\x01", b"01")
    rows = [_hex(row.translate(plain).decode("ascii")) for row in matrix]
    return Matrix(text, size, size, "".join(rows), QUIET_QR)


def _hex(bits: str) -> str:
    """Pack one row of '0' and '1' to hexadecimal, filled up to whole bytes."""
    length = (len(bits) + 7) // 8
    return f"{int(bits.ljust(length * 8, '0'), 2):0{length * 2}X}"
