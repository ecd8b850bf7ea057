"""Streams put together from pieces: whatever is pressed once and whatever anew, a reader finds all of it in order."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.print import pressing

Piece = Callable[[bytes], bytes | pressing.Kept]
PIECES = st.lists(st.tuples(st.sampled_from([pressing.keep, pressing.as_it_is, bytes]), st.binary(max_size=300)))


@pytest.mark.parametrize("press", [pressing.WORDS, pressing.OUTLINES])
@given(pieces=PIECES)
def test_a_stream_of_pieces_reads_as_one(press: pressing.Press, pieces: list[tuple[Piece, bytes]]) -> None:
    made = pressing.stream([make(data) for make, data in pieces], press)
    assert zlib.decompress(made) == b"".join(data for _, data in pieces)


def test_what_repeats_across_a_kept_piece_is_not_looked_for_behind_it() -> None:
    """A reader would find the piece between and not what stood before it."""
    words = b"0123456789 the same words again " * 40
    made = pressing.stream([words, pressing.keep(bytes(range(256)) * 20), words])
    assert zlib.decompress(made) == words + bytes(range(256)) * 20 + words
    assert len(made) < len(words)


@pytest.mark.parametrize("piece", [pressing.keep, pressing.as_it_is])
def test_long_pieces_add_up(piece: Piece) -> None:
    """Longer than the prime the sums are taken by and than a block that is not pressed, all of the largest byte."""
    long = b"\xff" * 200_001
    made = pressing.stream([b"head", piece(long), b"", piece(b""), b"end"])
    assert zlib.decompress(made) == b"head" + long + b"end"


def test_a_changed_byte_is_noticed() -> None:
    made = bytearray(pressing.stream([b"abc", pressing.keep(b"defg")]))
    made[-1] ^= 1
    with pytest.raises(zlib.error, match="incorrect data check"):
        zlib.decompress(bytes(made))
