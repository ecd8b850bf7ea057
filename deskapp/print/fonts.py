"""The fonts of all papers: loaded once, checked for coverage, measured and fitted.

A printed page never shows a blank where a name should be: every text is split into
runs of fonts that have its characters; what no font has becomes 〓, and the caller
gets the list so that a clerk can write the character by hand.
"""

from __future__ import annotations

import logging
import threading
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from deskapp.paths import resource
from deskapp.print.font_file import Face

REGULAR = "Desk"
BOLD = "DeskBold"
GETA = "〓"  # what a printing house sets for a type it does not have
ELLIPSIS = "…"

_NEVER_FIRST = "，。、；：？！）》」』】”’％…"  # these hang over the edge rather than open a line

_FILES = {REGULAR: resource("fonts", "NotoSansSC-Regular.ttf"), BOLD: resource("fonts", "NotoSansSC-Bold.ttf")}
_loading = threading.Lock()
log = logging.getLogger(__name__)


class Run(NamedTuple):
    """A piece of text and the font that has all its characters."""

    font: str
    text: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text made to fit: its lines, their size, and how much had to give."""

    lines: tuple[str, ...]
    size: int
    shrunk: bool = False
    cut: bool = False


@cache
def face(font: str) -> Face:
    """Return the file of a font, read once: some 12 ms each."""
    return Face(str(_FILES[font])) if font in _FILES else _fallbacks()[font]


def load() -> None:
    """Read the two fonts; the first call takes some 25 ms, later ones nothing."""
    with _loading:
        for name in _FILES:
            face(name)


@cache
def _fallbacks() -> dict[str, Face]:
    """Read the fallback pack, if one is installed, when the first rare character asks for it.

    A file in it that is no font, or one that may not be put into documents, is left out: papers come without it.
    """
    found: dict[str, Face] = {}
    folder = resource("fonts", "fallback")
    for number, file in enumerate(sorted(folder.glob("*.ttf")) if folder.is_dir() else ()):
        try:
            found[f"{REGULAR}Fallback{number}"] = Face(str(file))
        except (OSError, ValueError) as error:
            log.warning("fallback font left out: %s", error)
    return found


@cache
def _glyphs(font: str) -> dict[int, int]:
    glyphs: dict[int, int] = face(font).glyphs
    return glyphs


@cache
def _widths(font: str) -> dict[int, float]:
    widths: dict[int, float] = face(font).widths
    return widths


def covers(font: str, text: str) -> bool:
    """Say whether a font has every character of a text."""
    return all(map(_glyphs(font).__contains__, map(ord, set(text) if len(text) > 40 else text)))


def clean(text: str) -> str:
    """Return the text as one line without anything that is not meant to be seen.

    Line ends and odd blanks become one blank; control, direction and variation
    characters go: on paper they could only hide or reorder what stands there.
    """
    if text.isprintable():
        return text
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if character in "\n\r\t\v\f" or category in ("Zl", "Zp"):
            kept.append(" ")
        elif category == "Zs":
            kept.append(character if character in "\u00a0\u3000" else " ")
        elif category == "Co" or category == "Cn" or category[0] != "C":
            kept.append(character)
    return "".join(kept)


def hidden(text: str) -> str:
    """Return the characters `clean` drops, each once: those that could only hide or reorder others."""
    dropped = (c for c in text if c not in "\n\r\t\v\f" and unicodedata.category(c) in ("Cc", "Cf", "Cs"))
    return "".join(dict.fromkeys(dropped))


def _font_for(character: str, bold: bool) -> str | None:
    point = ord(character)
    for font in (BOLD, REGULAR) if bold else (REGULAR,):
        if point in _glyphs(font):
            return font
    return next((font for font in _fallbacks() if point in _glyphs(font)), None)


def _invisible(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


@lru_cache(maxsize=2048)
def runs(text: str, bold: bool = False) -> tuple[Run, ...]:
    """Split a text into runs of fonts that have it; a character nobody has becomes 〓."""
    text = clean(text)
    first = BOLD if bold else REGULAR
    if covers(first, text):
        return (Run(first, text),)
    found: list[Run] = []
    for character in text:
        if _invisible(character):
            continue
        font = _font_for(character, bold)
        shown = character if font else GETA
        font = font or first
        if found and found[-1].font == font:
            found[-1] = Run(font, found[-1].text + shown)
        else:
            found.append(Run(font, shown))
    return tuple(found)


def missing(text: str) -> str:
    """Return the characters that no font has, each once, in order."""
    text = clean(text)
    if covers(REGULAR, text):
        return ""
    absent = (c for c in text if not _invisible(c) and _font_for(c, False) is None)
    return "".join(dict.fromkeys(absent))


@lru_cache(maxsize=2048)
def _unit_width(text: str, bold: bool) -> float:
    return sum(width_in(run.font, run.text) for run in runs(text, bold))


def width_in(font: str, text: str) -> float:
    """Return the width of characters that one font has, in units of their size."""
    widths = _widths(font)
    return sum([widths.get(ord(character), 1000.0) for character in text]) * 0.001


def width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of a text in the unit of its size."""
    return _unit_width(text, bold) * size


def fit(
    text: str, room: float, sizes: tuple[int, ...], *, bold: bool = False, lines: int = 1, keep_end: bool = False
) -> Fitted:
    """Make a text fit: the first size that takes it on one line, else lines, else cut and say so.

    `sizes` fall; the last is the floor of legibility. `keep_end` cuts the front away,
    for numbers whose last digits are what people read.
    """
    text = clean(text)
    unit = width(text, 1, bold)
    for size in sizes:
        if unit * size <= room:
            return Fitted((text,), size, shrunk=size != sizes[0])
    size = sizes[-1]
    if lines > 1:
        wrapped = wrap(text, room, size, bold)
        if len(wrapped) <= lines:
            return Fitted(tuple(wrapped), size, shrunk=True)
        rest = "".join(wrapped[lines - 1 :])
        last = _cut(rest, room, size, bold, keep_end)
        return Fitted((*wrapped[: lines - 1], last), size, shrunk=True, cut=True)
    return Fitted((_cut(text, room, size, bold, keep_end),), size, shrunk=True, cut=True)


def wrap(text: str, room: float, size: float, bold: bool = False) -> list[str]:
    """Break a text into lines: between Chinese characters anywhere, in Latin at blanks if there is one."""
    lines: list[str] = []
    line = ""
    for character in clean(text):
        if width(line + character, size, bold) <= room or not line or character in _NEVER_FIRST:
            line += character
            continue
        head, blank, tail = line.rpartition(" ")
        if blank and head and character.isascii() and character != " " and tail.isascii():
            lines.append(head)
            line = tail + character
        else:
            lines.append(line.rstrip())
            line = character.lstrip()
    if line:
        lines.append(line)
    return lines


def _cut(text: str, room: float, size: float, bold: bool, keep_end: bool) -> str:
    """Return the longest front (or end) that fits with an ellipsis."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        part = ELLIPSIS + text[len(text) - middle :] if keep_end else text[:middle] + ELLIPSIS
        if width(part, size, bold) <= room:
            low = middle
        else:
            high = middle - 1
    return ELLIPSIS + text[len(text) - low :] if keep_end else text[:low] + ELLIPSIS
