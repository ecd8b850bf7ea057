"""The small picture of a photo that travels inside its record: what it may be, and how it is written as a text.

It is a plain JPEG of a few kilobytes with nothing in it but the picture: no place, no camera, no words. Whoever takes
one in looks at it before anything else does, so that no record carries what is not a picture.

As a text it has no digits at all: 64 letters and signs stand for six bits each. So it never looks like the number of
a card or like a key, and needs no exception where texts are searched for those.
"""

from __future__ import annotations

import base64
import re
from string import ascii_letters
from typing import Final

LARGEST: Final = 6 * 1024
"""Bytes of a small picture."""

LONGEST_EDGE: Final = 256
"""Dots along one side."""

LONGEST_TEXT: Final = (LARGEST + 2) // 3 * 4
"""Characters of its text."""

_OURS: Final = ascii_letters + "!#$%()*,.;=@"
_THEIRS: Final = ascii_letters + "0123456789+/"
_SPELL: Final = bytes.maketrans(_THEIRS.encode(), _OURS.encode())
_READ: Final = bytes.maketrans(_OURS.encode(), _THEIRS.encode())

_START: Final = b"\xff\xd8"
_END: Final = b"\xff\xd9"
_FRAME, _SCAN, _JFIF, _RESTARTS = 0xC0, 0xDA, 0xE0, 0xDD
_TABLES: Final = frozenset((0xDB, 0xC4, _RESTARTS))
_JFIF_SIZE: Final = 16
"""With a JFIF head of this size no picture within the picture is left."""

_MARK: Final = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)
"""What ends the dots of a scan: an FF that is neither an escaped one nor a restart."""


def spelled(jpeg: bytes) -> str:
    """Return the text of a small picture; raises ValueError for anything that is none."""
    if not is_small_picture(jpeg):
        raise ValueError("no small picture")
    return _text(jpeg)


def read(text: str) -> bytes | None:
    """Return the small picture that a text says, or None where it says none."""
    if not 0 < len(text) <= LONGEST_TEXT or not text.isascii() or len(text) % 4 == 1:
        return None
    raw = text.encode()
    if raw.translate(None, _OURS.encode()):
        return None
    jpeg = base64.b64decode(raw.translate(_READ) + b"=" * (-len(raw) % 4))
    # One picture has one text: the last letter may have bits to spare, and those say nothing.
    return jpeg if is_small_picture(jpeg) and _text(jpeg) == text else None


def _text(content: bytes) -> str:
    return base64.b64encode(content).rstrip(b"=").translate(_SPELL).decode()


def is_small_picture(jpeg: bytes) -> bool:
    """Say whether bytes are one small baseline JPEG and nothing else: no metadata, no words, nothing behind its end."""
    if len(jpeg) > LARGEST or not jpeg.startswith(_START):
        return False
    place, framed = len(_START), False
    while place + 4 <= len(jpeg) and jpeg[place] == 0xFF:
        kind, size = jpeg[place + 1], int.from_bytes(jpeg[place + 2 : place + 4])
        part = jpeg[place + 4 : place + 2 + size]
        if size < 2 or len(part) != size - 2:
            return False
        if kind == _SCAN:
            return framed and _ends(jpeg, place + 2 + size)
        if kind == _FRAME:
            if framed or not _is_small(part):
                return False
            framed = True
        elif kind == _JFIF:
            if size != _JFIF_SIZE or not part.startswith(b"JFIF\0"):
                return False
        elif kind not in _TABLES:
            return False
        place += 2 + size
    return False


def _is_small(frame: bytes) -> bool:
    """Say whether the head of a frame tells of eight bits a colour, one or three colours, and few dots."""
    if len(frame) < 6:
        return False
    height, width, colours = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5]), frame[5]
    fits = 1 <= height <= LONGEST_EDGE and 1 <= width <= LONGEST_EDGE
    return fits and frame[0] == 8 and colours in (1, 3) and len(frame) == 6 + 3 * colours


def _ends(jpeg: bytes, start: int) -> bool:
    """Say whether the dots from a place on go to the end of the file."""
    found = _MARK.search(jpeg, start)
    return found is not None and found[0] == _END and found.end() == len(jpeg) and found.start() > start
