"""A small TSPL printer, written from TSC's "TSPL/TSPL2 Programming Manual" and not from our writer.

It knows what a page needs: SIZE, GAP, BLINE, CLS, BITMAP, PRINT and the settings, and
refuses everything else. Immediate commands are obeyed wherever their bytes appear, as
the unkindest printer would: one in the middle of a picture spoils the label.
"""

from __future__ import annotations

import re

from PIL import Image

_WHITE = 1
_SETTINGS = {"OFFSET", "REFERENCE", "SHIFT", "DIRECTION", "SET", "DENSITY", "SPEED", "GAP", "BLINE"}
_MODES = {"0": "overwrite", "1": "or", "2": "xor"}


class Broken(Exception):
    """The printer would not understand this, or would do something else."""


def read_tspl(data: bytes, *, dots_per_mm: int = 8) -> list[Image.Image]:
    """Return the labels that come out, as 1-bit pictures (0 = black); raises Broken."""
    if found := re.search(rb"\x1b![?SRCDOQPF.]|~![@ATCIEF]", data):
        raise Broken(f"an immediate command at byte {found.start()}")
    size: tuple[int, int] | None = None
    page: Image.Image | None = None
    out: list[Image.Image] = []
    at = 0
    while at < len(data):
        if picture := re.compile(rb"BITMAP +(\d+),(\d+),(\d+),(\d+),([012]),").match(data, at):
            if page is None:
                raise Broken("a picture before the image was cleared")
            x, y, stride, rows, mode = (int(group) for group in picture.groups())
            body = data[picture.end() : picture.end() + stride * rows]
            if len(body) != stride * rows:
                raise Broken("half a picture")
            if _MODES[str(mode)] != "overwrite":
                raise Broken("only overwriting is known here")
            # In a TSPL picture a 0 is printed and a 1 is not, which is also how Pillow counts black.
            page.paste(Image.frombytes("1", (stride * 8, rows), body), (x, y))
            at = picture.end() + len(body)
            if data[at : at + 2] == b"\r\n":
                at += 2
            elif data[at : at + 1] == b"\n":
                at += 1
            else:
                raise Broken("a picture without an end of line")
            continue
        end = data.find(b"\n", at)
        if end < 0:
            raise Broken("a line without an end")
        line = data[at:end].rstrip(b"\r").decode("ascii")
        at = end + 1
        word, _, rest = line.partition(" ")
        if word == "":
            continue
        if word == "SIZE":
            size = _size(rest, dots_per_mm)
        elif word == "CLS":
            if size is None:
                raise Broken("no size was set")
            page = Image.new("1", size, _WHITE)
        elif word == "PRINT":
            if page is None:
                raise Broken("nothing to print")
            sets, _, copies = rest.partition(",")
            out += [page.copy() for _ in range(int(sets) * int(copies or 1))]
        elif word not in _SETTINGS:
            raise Broken(f"unknown: {line!r}")
    return out


def _size(text: str, dots_per_mm: int) -> tuple[int, int]:
    """SIZE m,n in inches, `m mm,n mm`, or `m dot,n dot`."""
    sides = []
    for side in text.split(","):
        number, _, unit = side.strip().partition(" ")
        per = {"mm": float(dots_per_mm), "dot": 1.0, "": dots_per_mm * 25.4}[unit]
        sides.append(round(float(number) * per))
    return sides[0], sides[1]
