"""ESC/POS, the language of receipt printers: Epson's TM series and the many that follow it.

Written from Epson's "ESC/POS Command Reference" (ESC @, ESC *, ESC 3, ESC d, ESC p,
GS V, GS v 0, GS ( K, GS ( H, GS r, DLE EOT, DLE DC4). A receipt is dots in bands and never
text in the printer's own characters (`docs/decisions/0011`).
"""

from __future__ import annotations

import re

from deskapp.print.raw.bits import Bits
from deskapp.print.raw.setup import Setup
from deskapp.print.raw.status import Status, Trouble

_ESC, _GS, _DLE = b"\x1b", b"\x1d", b"\x10"

# Rows in a band. 9 kB on an 80 mm roll; below 256, so that clones which read one byte of height print it too.
BAND_ROWS = 128
_STRIP_ROWS = 24

# Real-time commands are obeyed in the middle of a picture: it could open the drawer or forget the job.
_REAL_TIME = re.compile(rb"\x10(?=[\x04\x05\x14])")

_TOKEN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DONE = re.compile(rb"\x37\x22([\x20-\x7e]{4})\x00")
# Complete answers of other commands, and the beginning of one that is still arriving.
_FRAMES = re.compile(rb"\x37\x22[\x20-\x7e]{4}\x00|\x37\x25\x00|\x37[\x22\x25]?[\x20-\x7e]{0,4}\Z")
_ANSWERS = 4

_FED_LINES = 5


class EscPos:
    """ESC/POS; one piece is one receipt."""

    name = "escpos"

    def start(self, setup: Setup) -> bytes:
        """`ESC @` undoes what the program before has set; heat and speed only if somebody chose them."""
        told = _ESC + b"@"
        if setup.darkness is not None:
            told += _GS + b"(K\x02\x00\x31" + bytes([round((setup.darkness - 50) * 6 / 50) & 0xFF])
        if setup.speed is not None:
            told += _GS + b"(K\x02\x00\x32" + bytes([min(setup.speed, 9)])
        return told

    def burned(self, bits: Bits, setup: Setup) -> Bits:
        """The dots of the piece in whole bytes, and nothing in them that a printer would take for a command.

        Where it would, one lone dot gets a second one beside it. A lone dot is never
        part of a code: those have no module narrower than two dots.
        """
        fitted = setup.fitted(bits)
        whole = fitted.fitted(fitted.stride * 8, fitted.height)
        if not setup.columns:
            return Bits(whole.width, whole.height, _REAL_TIME.sub(b"\x18", whole.rows))
        strips = [_turned(Bits(_STRIP_ROWS, whole.width, _column_bytes(strip))) for strip in whole.bands(_STRIP_ROWS)]
        return Bits(whole.width, whole.height, b"".join(strip.rows for strip in strips)[: len(whole.rows)])

    def page(self, bits: Bits, setup: Setup) -> bytes:
        """The picture in bands (`GS v 0`), or in strips of 24 rows (`ESC *`) for printers that do not know those."""
        burned = self.burned(bits, setup)
        once = _strips(burned) if setup.columns else b"".join(_band(band) for band in burned.bands(BAND_ROWS))
        return once + (_parted(setup) + once) * (setup.copies - 1)

    def finish(self, setup: Setup) -> bytes:
        """Feed the paper past the edge, cut it, open the drawer."""
        return _parted(setup) + (_ESC + b"p\x00\x19\xfa" if setup.drawer else b"")

    def ask(self) -> bytes:
        """`DLE EOT` 1 to 4, answered at once by printers that answer: one byte each."""
        return b"".join(_DLE + b"\x04" + bytes([what]) for what in range(1, _ANSWERS + 1))

    def read(self, answer: bytes) -> Status | None:
        """Read the newest four bytes; their fixed bits tell them from other answers. None unless all four are there."""
        told = bytes(byte for byte in _FRAMES.sub(b"", answer) if byte & 0x93 == 0x12)
        if not told or len(told) % _ANSWERS:
            return None
        return _status(*told[-_ANSWERS:])

    def ask_counter(self) -> bytes:
        """None: what maintenance counters there are differ from maker to maker."""
        return b""

    def read_counter(self, answer: bytes) -> int | None:
        """Always None."""
        return None

    def ask_done(self, token: int) -> bytes:
        """`GS ( H` function 48: the four characters come back when all before them has been printed."""
        return _GS + b"(H\x06\x00\x30\x30" + _letters(token)

    def read_done(self, answer: bytes, token: int) -> bool | None:
        """True when the token came back, False when only others did."""
        told = _DONE.findall(answer)
        return _letters(token) in told if told else None

    def ask_drained(self) -> bytes:
        """`GS r 1`: the paper status, told in turn; silent while the printer stands still."""
        return _GS + b"r\x01"

    def read_drained(self, answer: bytes) -> bool | None:
        """True when its byte came; the answers to `DLE EOT` have a bit more and are passed over."""
        return True if any(byte in (0x00, 0x03, 0x0C, 0x0F) for byte in _FRAMES.sub(b"", answer)) else None

    def cancel(self) -> bytes:
        """`DLE DC4` function 8: clear what was received and not yet printed."""
        return _DLE + b"\x14\x08\x01\x03\x14\x01\x06\x02\x08"


def _band(band: Bits) -> bytes:
    return _GS + b"v0\x00" + band.stride.to_bytes(2, "little") + band.height.to_bytes(2, "little") + band.rows


def _strips(bits: Bits) -> bytes:
    """Return the picture in `ESC *` strips, columns from top to bottom, lines as close as the strips are high."""
    out = [_ESC + b"3" + bytes([_STRIP_ROWS])]
    count = bits.width.to_bytes(2, "little")
    out += [_ESC + b"*\x21" + count + _column_bytes(strip) + b"\n" for strip in bits.bands(_STRIP_ROWS)]
    return b"".join(out) + _ESC + b"2"


def _column_bytes(strip: Bits) -> bytes:
    """Return a strip column by column, three bytes each, without what a printer would take for a command."""
    return _REAL_TIME.sub(b"\x18", _turned(strip.fitted(strip.width, _STRIP_ROWS)).rows)


def _turned(bits: Bits) -> Bits:
    """Return the picture with rows for columns."""
    from PIL import Image

    return Bits.of_picture(bits.picture().transpose(Image.Transpose.TRANSPOSE))


def _parted(setup: Setup) -> bytes:
    """Return what parts one receipt from the next: to the cutter and cut, or out of the mouth to tear."""
    return _GS + b"V\x42\x00" if setup.cut else _ESC + b"d" + bytes([_FED_LINES])


def _letters(token: int) -> bytes:
    """Return a number as the four characters a printer sends back."""
    letters = ""
    for _ in range(4):
        token, digit = divmod(token, len(_TOKEN))
        letters = _TOKEN[digit] + letters
    return letters.encode("ascii")


def _status(printer: int, offline: int, error: int, paper: int) -> Status:
    troubles = set()
    if printer & 0x08:
        troubles.add(Trouble.OFFLINE)
    if offline & 0x04:
        troubles.add(Trouble.COVER_OPEN)
    if error & 0x08:
        troubles.add(Trouble.CUTTER)
    if error & 0x24:
        troubles.add(Trouble.FAULT)
    if error & 0x40 and not offline & 0x04:  # an open cover is told by the same bit
        troubles.add(Trouble.OVERHEATED)
    if offline & 0x20 or paper & 0x60:
        troubles.add(Trouble.PAPER_OUT)
    elif paper & 0x0C:
        troubles.add(Trouble.PAPER_LOW)
    if offline & 0x40 and not error & 0x6C:
        troubles.add(Trouble.FAULT)
    return Status(frozenset(troubles))
