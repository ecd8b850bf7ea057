"""ZPL II, the language of Zebra label printers and their many relatives.

Written from the Zebra "ZPL II, ZBI 2, Set-Get-Do Programming Guide" (P1099958):
`^GF`, `^JZ`, `^PO`, `^MN`, `^MM`, `^PW`, `^LL`, `~SD`, `^PR`, `^PQ`, `~HS`, `~JA` and the
SGD odometers; the Z64 encoding from its appendix on compressing graphics.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from deskapp.print.raw.bits import Bits
from deskapp.print.raw.language import LabelLanguage
from deskapp.print.raw.setup import Feed, Setup
from deskapp.print.raw.status import Status, Trouble

_MEDIA = {Feed.GAP: "Y", Feed.MARK: "M", Feed.CONTINUOUS: "N"}

# The guide's limit for the counts of `^GF`; a bigger picture goes in bands, one below the other.
_MOST = 99_999

_LINE_1 = rb"\x02\d{1,3},([01]),([01]),\d{1,4},(\d{1,3}),([01]),[01],([01]),\d{1,3},([01]),([01]),([01])\x03"
_LINE_2 = rb"\x02\d{1,3},\d,([01]),([01]),[01],\d,\d,([01]),(\d{1,8}),\d,\d{1,3}\x03"
_STATUS = re.compile(_LINE_1 + rb"[\r\n]{0,4}" + _LINE_2)
_ODOMETER = re.compile(rb'"\s*(\d{1,10})\s*"')
_LAST = b"\x03"


class Zpl(LabelLanguage):
    """ZPL II; one piece is one whole format, so nothing depends on what was sent before."""

    name = "zpl"
    counter = _ODOMETER

    def start(self, setup: Setup) -> bytes:
        """Only the darkness, the one setting that is not part of a format.

        A format without a picture could feed a blank label, so there is none.
        """
        return b"" if setup.darkness is None else b"~SD%02d\r\n" % round(setup.darkness * 30 / 100)

    def page(self, bits: Bits, setup: Setup) -> bytes:
        """One format: the whole set-up, the picture at the origin, and how many.

        `^JZN`: after paper-out the printer shall not print its last label again by itself.
        """
        burned = self.burned(bits, setup)
        lines = [
            "^XA",
            "^JZN",
            f"^MM{'C' if setup.cut else 'T'}",
            f"^MN{_MEDIA[setup.feed]}",
            f"^PW{burned.width}",
            f"^LL{burned.height}",
            "^LH0,0^LT0^LS0",
            "^PON^PMN^LRN",
        ]
        if setup.speed is not None:
            lines.append(f"^PR{setup.speed}")
        rows = max(1, _MOST // burned.stride)
        for number, band in enumerate(burned.bands(rows)):
            lines.append(f"^FO0,{number * rows}{graphic_field(band)}^FS")
        return "\r\n".join([*lines, f"^PQ{setup.copies},0,0,N", "^XZ", ""]).encode("ascii")

    def ask(self) -> bytes:
        """`~HS`. The guide names states in which no answer comes: paper, ribbon, head open, too hot."""
        return b"~HS\r\n"

    def read(self, answer: bytes) -> Status | None:
        """Read the first two of the three lines; the third says nothing about printing.

        It is waited for nevertheless, or its bytes would be taken for the next answer.
        """
        found = None
        for match in _STATUS.finditer(answer):
            if _LAST in answer[match.end() :]:
                found = match
        return None if found is None else _status(found)

    def ask_counter(self) -> bytes:
        """The odometer of labels, which newer printers (Link-OS) keep; others answer `"?"` or nothing."""
        return b'! U1 getvar "odometer.total_label_count"\r\n'

    def ask_drained(self) -> bytes:
        """The odometer is a command in turn, but is also answered early by some; not used as proof."""
        return b""

    def read_drained(self, answer: bytes) -> bool | None:
        """Always None."""
        return None

    def cancel(self) -> bytes:
        """`~JA`: forget all formats, the one being printed too."""
        return b"~JA\r\n"


def graphic_field(bits: Bits) -> str:
    """Return `^GFA` with the picture in Z64: deflated, base64, CRC-16 (CCITT, start 0) over the base64 text.

    The first count is, as for plain text data, that of the picture's own bytes.
    """
    total = len(bits.rows)
    packed = base64.b64encode(zlib.compress(bits.rows, 5))
    return f"^GFA,{total},{total},{bits.stride},:Z64:{packed.decode('ascii')}:{checksum(packed)}"


def checksum(text: bytes) -> str:
    """Return the CRC-16 that ends Z64 data."""
    return f"{binascii.crc_hqx(text, 0):04X}"


def _status(match: re.Match[bytes]) -> Status:
    flags = {
        1: Trouble.PAPER_OUT,
        2: Trouble.PAUSED,
        4: Trouble.BUFFER_FULL,
        5: Trouble.HALF_RECEIVED,
        6: Trouble.FAULT,  # the configuration is lost
        7: Trouble.TOO_COLD,
        8: Trouble.OVERHEATED,
        9: Trouble.COVER_OPEN,
        10: Trouble.RIBBON_OUT,
        11: Trouble.LABEL_WAITING,
    }
    troubles = {trouble for group, trouble in flags.items() if match.group(group) == b"1"}
    waiting = int(match.group(3)) + int(match.group(12))
    if waiting:
        troubles.add(Trouble.BUSY)
    return Status(frozenset(troubles), waiting)
