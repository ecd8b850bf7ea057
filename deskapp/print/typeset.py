"""Setting text in lines: pieces of several styles, broken as Chinese and Latin are broken.

Nothing here reads markup: a text of a card is only ever characters, whatever it looks
like. Sizes and widths are points; a line knows its runs, so a paper can be drawn, and
asked what lies where, from the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from deskapp.print import fonts

_NEVER_FIRST = frozenset("，。、；：？！）》」』】〉〕”’％…·,.;:?!)]}%")
_NEVER_LAST = frozenset("（《「『【〈〔“‘￥¥$([{")
_MAY_END = frozenset("/,;·")  # a Latin run may be parted after these
_WIDE_FROM = 0x2E80  # the first block of Han and its punctuation: may be parted anywhere


class Style(NamedTuple):
    """How a run of text looks; `soft` is the grey of captions, black where a printer has no grey."""

    size: float
    bold: bool = False
    soft: bool = False


class Piece(NamedTuple):
    """A text in one style."""

    text: str
    style: Style


class Run(NamedTuple):
    """A piece of one line and where it starts, in points from the line's left end."""

    x: float
    text: str
    style: Style


class Line(NamedTuple):
    """One line: its runs, its width, and the size of its largest run."""

    runs: tuple[Run, ...]
    width: float
    size: float


class _Advances(dict[str, float]):
    """The width of each character in units of its size, looked up once."""

    def __init__(self, bold: bool) -> None:
        super().__init__()
        self._bold = bold

    def __missing__(self, character: str) -> float:
        wide = self[character] = fonts.width(character, 1.0, self._bold)
        return wide


_ADVANCES = {False: _Advances(False), True: _Advances(True)}


def width(text: str, style: Style) -> float:
    """Return the width of a text in points."""
    return _unit_width(text, style.bold) * style.size


@lru_cache(maxsize=4096)
def _unit_width(text: str, bold: bool) -> float:
    return sum(map(_ADVANCES[bold].__getitem__, text))


def set_lines(pieces: Sequence[Piece], room: float) -> list[Line]:
    """Break pieces, one after the other, into lines no wider than `room`; at least one line comes back.

    A line ends at a blank, between Chinese characters, or after a stroke or comma; never before
    closing and never after opening punctuation. A word wider than the line is parted where it is full.
    """
    cleaned = [Piece(fonts.clean(piece.text), piece.style) for piece in pieces if piece.text]
    if not cleaned:
        return [Line((), 0.0, pieces[0].style.size if pieces else 0.0)]
    widths = [width(piece.text, piece.style) for piece in cleaned]
    if sum(widths) <= room + 0.01:
        return [_line(cleaned, widths)]
    return _broken(cleaned, room)


def _line(pieces: Sequence[Piece], widths: Sequence[float]) -> Line:
    runs = []
    x = 0.0
    for piece, wide in zip(pieces, widths, strict=True):
        runs.append(Run(x, piece.text, piece.style))
        x += wide
    return Line(tuple(runs), x, max(piece.style.size for piece in pieces))


def _broken(pieces: Sequence[Piece], room: float) -> list[Line]:
    letters = "".join(piece.text for piece in pieces)
    styles = [piece.style for piece in pieces for _ in piece.text]
    advances = [
        wide * piece.style.size for piece in pieces for wide in map(_ADVANCES[piece.style.bold].__getitem__, piece.text)
    ]
    lines: list[Line] = []
    start, used, good = 0, 0.0, 0
    for at, wide in enumerate(advances):
        if at > start and _may_part(letters[at - 1], letters[at]):
            good = at
        used += wide
        if used <= room + 0.01 or letters[at] == " " or at == start:
            continue
        end = good if good > start else at
        lines.append(_span(letters, styles, advances, start, end))
        while end < len(letters) and letters[end] == " ":
            end += 1
        start = end
        used = sum(advances[start : at + 1])
        good = start
    if start < len(letters):
        lines.append(_span(letters, styles, advances, start, len(letters)))
    return lines


def _may_part(before: str, after: str) -> bool:
    """Say whether a line may end between two characters."""
    if after in _NEVER_FIRST or before in _NEVER_LAST or after == " ":
        return False
    if before == " " or before in _MAY_END:
        return True
    return ord(before) >= _WIDE_FROM or ord(after) >= _WIDE_FROM


def _span(letters: str, styles: Sequence[Style], advances: Sequence[float], start: int, end: int) -> Line:
    """Return one line of the characters from start to end, without the blanks at its end."""
    while end > start and letters[end - 1] == " ":
        end -= 1
    runs: list[Run] = []
    x, at, largest = 0.0, start, 0.0
    while at < end:
        style = styles[at]
        stop = at
        wide = 0.0
        while stop < end and styles[stop] is style:
            wide += advances[stop]
            stop += 1
        runs.append(Run(x, letters[at:stop], style))
        x += wide
        largest = max(largest, style.size)
        at = stop
    return Line(tuple(runs), x, largest or styles[start - 1].size)


def fitting(text: str, style: Style, room: float, least: float) -> Style:
    """Return the style, made smaller as far as `least` if the text is one word wider than the room."""
    wide = width(fonts.clean(text), style)
    if wide <= room or style.size <= least:
        return style
    return Style(max(least, style.size * room / wide - 0.005), style.bold, style.soft)
