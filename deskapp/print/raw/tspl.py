"""TSPL, the language of TSC label printers and of most Chinese ones (Gprinter, Xprinter, HPRT).

Written from the TSC "TSPL/TSPL2 Programming Manual": SIZE, GAP, BLINE, DIRECTION,
REFERENCE, OFFSET, DENSITY, SPEED, SET REPRINT / CUTTER / TEAR / PEEL, CLS, BITMAP, PRINT,
OUT, @LABEL, and the immediate commands ESC!?, ESC!S and ESC!.
"""

from __future__ import annotations

import re

from deskapp.print.raw.bits import Bits
from deskapp.print.raw.language import LabelLanguage
from deskapp.print.raw.setup import Feed, Setup
from deskapp.print.raw.status import Status, Trouble

_ESC = b"\x1b"
# Immediate commands are looked for in everything that arrives, also within a picture.
_IMMEDIATE = re.compile(rb"[\x1b~]!")

_SIMPLE = {
    0x01: Trouble.COVER_OPEN,  # the head is lifted, which on these printers is the cover
    0x02: Trouble.JAM,
    0x04: Trouble.PAPER_OUT,
    0x08: Trouble.RIBBON_OUT,
    0x10: Trouble.PAUSED,
    0x20: Trouble.BUSY,
    0x40: Trouble.COVER_OPEN,
    0x80: Trouble.FAULT,
}
_REPEATS = 8  # answers of one byte that may have come in a row
_WRONG_AT_ONCE = 3
_LONG = re.compile(rb"\x02([@`BCEFKLPW])([@-\x7f])([@-\x7f])([@-\x7f])\x03\r\n")
_MESSAGE = {
    b"`": Trouble.PAUSED,
    b"B": Trouble.BUSY,
    b"C": Trouble.BUSY,
    b"E": Trouble.FAULT,
    b"F": Trouble.BUSY,
    b"K": Trouble.PAUSED,
    b"L": Trouble.LABEL_WAITING,
    b"P": Trouble.BUSY,
    b"W": Trouble.BUSY,
}
_WARNING = {0x01: Trouble.PAPER_LOW, 0x02: Trouble.RIBBON_LOW, 0x08: Trouble.BUFFER_FULL}
_ERROR = {
    0x01: Trouble.OVERHEATED,
    0x02: Trouble.OVERHEATED,
    0x04: Trouble.FAULT,
    0x08: Trouble.CUTTER,
    0x10: Trouble.BUFFER_FULL,
}
_MEDIUM = {
    0x01: Trouble.PAPER_OUT,
    0x02: Trouble.JAM,
    0x04: Trouble.RIBBON_OUT,
    0x08: Trouble.RIBBON_OUT,
    0x20: Trouble.COVER_OPEN,
}
# A line of digits; status bytes may stand before it.
_COUNTER = re.compile(rb"(?:\A|(?<=\n))[^!-~]{0,8}(\d{1,10})\r\n")


class Tspl(LabelLanguage):
    """TSPL; pieces are pictures (`BITMAP`), where a 0 burns."""

    name = "tspl"
    counter = _COUNTER

    def start(self, setup: Setup) -> bytes:
        """The whole set-up. `SET REPRINT OFF`: after an error the printer shall not repeat its last label by itself."""
        lines = [f"SIZE {_mm(setup.head, setup)} mm,{_mm(setup.height_dots, setup)} mm"] if setup.height_dots else []
        lines += [
            _feed(setup),
            "OFFSET 0 mm",
            "REFERENCE 0,0",
            "SHIFT 0",
            "DIRECTION 0",
            "SET REPRINT OFF",
            "SET PEEL OFF",
            "SET TEAR ON",
            f"SET CUTTER {'1' if setup.cut else 'OFF'}",
        ]
        if setup.darkness is not None:
            lines.append(f"DENSITY {round(setup.darkness * 15 / 100)}")
        if setup.speed is not None:
            lines.append(f"SPEED {setup.speed}")
        return "\r\n".join([*lines, ""]).encode("ascii")

    def page(self, bits: Bits, setup: Setup) -> bytes:
        """Clear the image, draw the picture and print it."""
        burned = self.burned(bits, setup)
        length = b""
        if not setup.height_dots:  # a roll: each piece is as long as its picture
            length = f"SIZE {_mm(setup.head, setup)} mm,{_mm(burned.height, setup)} mm\r\n".encode("ascii")
        return length + b"CLS\r\n" + bitmap(burned) + b"PRINT 1,%d\r\n" % setup.copies

    def ask(self) -> bytes:
        """`ESC!?`, one byte; every firmware has it."""
        return _ESC + b"!?"

    def ask_long(self) -> bytes:
        """`ESC!S`, four bytes in a frame: knows paper low and the cutter too, but only newer firmware has it."""
        return _ESC + b"!S"

    def read(self, answer: bytes) -> Status | None:
        """Read the newest answer to `ESC!S`; without one, the last byte if it can be an answer to `ESC!?`.

        That byte has no mark of its own: it is believed when nothing but itself came
        after the last finished line, and not with four things wrong at once.
        """
        frames = _LONG.findall(answer)
        if frames:
            return _long_status(frames[-1])
        rest = answer.rpartition(b"\r\n")[2]
        if not 1 <= len(rest) <= _REPEATS or len(set(rest)) > 1 or rest[0].bit_count() > _WRONG_AT_ONCE:
            return None
        return Status(frozenset(trouble for bit, trouble in _SIMPLE.items() if rest[0] & bit))

    def ask_counter(self) -> bytes:
        """`OUT @LABEL`: labels since the printer was switched on; answered in turn, not while it stands still."""
        return b"OUT @LABEL\r\n"

    def ask_drained(self) -> bytes:
        """`OUT "..."` comes back in turn."""
        return b'OUT "DRAINED"\r\n'

    def read_drained(self, answer: bytes) -> bool | None:
        """True when the word came back."""
        return True if b"DRAINED" in answer else None

    def cancel(self) -> bytes:
        """`ESC!.` forgets all waiting labels (newer firmware); `CLS` the one being drawn."""
        return _ESC + b"!.\r\nCLS\r\n"


def bitmap(bits: Bits) -> bytes:
    """Return the picture as one `BITMAP`, or as several side by side.

    It is cut between two columns of bytes where its data would hold the beginning of an
    immediate command, which a printer may obey in the middle of a picture.
    """
    whole = bits.inverted()
    if not _IMMEDIATE.search(whole):
        return _bitmap(0, bits.stride, bits.height, whole)
    rows = [whole[top : top + bits.stride] for top in range(0, len(whole), bits.stride)]
    out, left = b"", 0
    while left < bits.stride:
        right = _harmless(rows, left, bits.stride)
        out += _bitmap(left * 8, right - left, bits.height, b"".join(row[left:right] for row in rows))
        left = right
    return out


def _harmless(rows: list[bytes], left: int, end: int) -> int:
    """Return how far a strip from `left` can go without holding an immediate command; one column at least."""
    for right in range(end, left, -1):
        if not _IMMEDIATE.search(b"".join(row[left:right] for row in rows)):
            return right
    return left + 1


def _bitmap(x: int, stride: int, height: int, data: bytes) -> bytes:
    return b"BITMAP %d,0,%d,%d,0," % (x, stride, height) + data + b"\r\n"


def _mm(dots: int, setup: Setup) -> str:
    return f"{dots / setup.dots_per_mm:.2f}".rstrip("0").rstrip(".")


def _feed(setup: Setup) -> str:
    if setup.feed is Feed.CONTINUOUS:
        return "GAP 0 mm,0 mm"
    word = "GAP" if setup.feed is Feed.GAP else "BLINE"
    return f"{word} {setup.gap_mm:g} mm,0 mm"


def _long_status(frame: tuple[bytes, bytes, bytes, bytes]) -> Status:
    message, warning, error, medium = frame
    troubles = {_MESSAGE[message]} if message in _MESSAGE else set()
    for table, byte in ((_WARNING, warning), (_ERROR, error), (_MEDIUM, medium)):
        troubles |= {trouble for bit, trouble in table.items() if byte[0] & bit}
    return Status(frozenset(troubles))
