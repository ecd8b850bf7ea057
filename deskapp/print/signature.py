"""A signature drawn on the screen: read back from the path it was kept as, and fitted to its line.

Only numbers are taken from the file: `M x y L x y ...` in a box of 600 x 200 units. Nothing
else in it is looked at, so a file that is something else prints nothing.
"""

from __future__ import annotations

import re

from deskapp.print.strips import Pen

Strokes = tuple[tuple[tuple[float, float], ...], ...]

_PATH = re.compile(rb'<path d="([MLml0-9. ,-]{1,200000})"')
_STROKE = re.compile(rb"M([^M]*)")
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")
BOX = 600.0, 200.0


def strokes_of(svg: bytes) -> Strokes:
    """Return the strokes of a kept signature, empty for anything that is none."""
    found = _PATH.search(svg)
    if found is None:
        return ()
    made = []
    for stroke in _STROKE.findall(found[1]):
        numbers = [min(max(float(one), -BOX[0]), 2 * BOX[0]) for one in _NUMBER.findall(stroke)]
        points = tuple(zip(numbers[::2], numbers[1::2], strict=False))
        if points:
            made.append(points)
    return tuple(made)


def fitted(strokes: Strokes, width: float, height: float) -> Pen:
    """Return the strokes as a mark no larger than the room (points): its ink, without the empty pad around it."""
    xs = [x for stroke in strokes for x, _ in stroke]
    ys = [y for stroke in strokes for _, y in stroke]
    left, top = min(xs), min(ys)
    wide, tall = max(max(xs) - left, 1.0), max(max(ys) - top, 1.0)
    # A short signature keeps its size: it is not blown up to fill the line.
    scale = min((width - 4) / wide, (height - 4) / tall, (height - 4) / (BOX[1] * 0.5))
    drawn = tuple(tuple((2 + (x - left) * scale, (y - top) * scale) for x, y in stroke) for stroke in strokes)
    return Pen(0.0, height - 2 - tall * scale, wide * scale + 4, tall * scale + 1, drawn)
