"""Streams of a PDF, pressed in pieces: what many papers share is pressed once and put into each.

Pressed data are a row of blocks (RFC 1951). A piece that was pressed by itself and ended at a whole byte may stand
between the blocks of any other stream, since nothing in it points back beyond its own beginning. Around all of them
stand two bytes of head and the sum of what was pressed (RFC 1950); sums of pieces make the sum of the whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from struct import pack
from typing import Final

Press = tuple[int, int, int, int, int]
"""Level, method, window, memory, strategy, as zlib names them; the window negative: head and sum are written here."""

WORDS: Final[Press] = (1, zlib.DEFLATED, -13, 7, zlib.Z_DEFAULT_STRATEGY)
OUTLINES: Final[Press] = (1, zlib.DEFLATED, -14, 8, zlib.Z_HUFFMAN_ONLY)
_KEPT: Final[Press] = (1, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY)
"""How streams are pressed: words, outlines of characters, and what is pressed once for many papers.

Quickly, and in no more memory than they need: a quarter of a megabyte fetched for each is half of the time. Outlines
hardly repeat; to look for what does takes as long again and saves an eighth.
"""

_STORED: Final = 0xFFFF  # the most bytes of a block that is not pressed
_END: Final = b"\x03\x00"  # an empty last block
_HEAD: Final = b"\x78\x01"  # deflate with the largest window; the two bytes are a multiple of 31
_BASE: Final = 65521


@dataclass(frozen=True, slots=True)
class Kept:
    """Data pressed by themselves: their blocks, how long they were, what they add up to (Adler-32)."""

    blocks: bytes
    length: int
    total: int


def keep(data: bytes) -> Kept:
    """Press data that stand in many streams."""
    packer = zlib.compressobj(*_KEPT)
    blocks = packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)
    return Kept(blocks, len(data), zlib.adler32(data))


def as_it_is(data: bytes) -> Kept:
    """Return data that are not pressed, for what is short and belongs to one paper alone."""
    blocks = []
    for at in range(0, len(data), _STORED):
        piece = data[at : at + _STORED]
        blocks += [pack("<BHH", 0, len(piece), len(piece) ^ _STORED), piece]
    return Kept(b"".join(blocks), len(data), zlib.adler32(data))


def stream(parts: Iterable[bytes | Kept], press: Press = WORDS) -> bytes:
    """Return one stream of all parts, in their order; those that are not pressed yet are."""
    packer = None
    made = [_HEAD]
    total, begun = 1, False
    for part in parts:
        if isinstance(part, Kept):
            if packer is not None and begun:
                made.append(packer.flush(zlib.Z_FULL_FLUSH))  # what follows must not point back over the piece
            made.append(part.blocks)
            total, begun = _added(total, part.total, part.length), False
        else:
            packer = packer or zlib.compressobj(*press)
            made.append(packer.compress(part))
            total, begun = zlib.adler32(part, total), True
    made += [packer.flush() if packer is not None else _END, total.to_bytes(4, "big")]
    return b"".join(made)


def _added(first: int, second: int, length: int) -> int:
    """Return the sum of two pieces of data, the second of them of that length.

    It is two sums, modulo a prime (RFC 1950, 8.2): the upper one adds up the lower one after each byte, and behind the
    first piece that one begins higher.
    """
    low, high = first & 0xFFFF, first >> 16
    more, upper = second & 0xFFFF, second >> 16
    return (high + upper + length * (low - 1)) % _BASE << 16 | (low + more - 1) % _BASE
