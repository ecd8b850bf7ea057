"""A branch's own logo: one picture, made black and white once for every size it is printed in.

A thermal head knows no grey, so the picture is dithered at exactly the dots it will
have; scaling afterwards would smear it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deskapp.errors import N_, Refused

if TYPE_CHECKING:
    from PIL import Image  # most branches have no logo, and a first label waits for it

LARGEST_FILE = 2 * 1024 * 1024  # bytes
LARGEST_SIDE = 4000  # pixels
SMALLEST_SIDE = 16
FORMATS = ("PNG", "JPEG", "BMP", "GIF")


@dataclass(frozen=True, slots=True)
class Bits:
    """A 1-bit picture as a PDF mask takes it: rows of hexadecimal, 1 = black, each filled to whole bytes."""

    columns: int
    rows: int
    hex: str


@dataclass(frozen=True, slots=True)
class Logo:
    """A checked picture in grey on white, and its renderings so far."""

    grey: Image.Image
    sha256: str
    _made: dict[tuple[int, int], Bits] = field(default_factory=dict, compare=False, repr=False)

    def fitted(self, width: int, height: int) -> Bits:
        """Return the picture as large as fits into so many dots, its shape kept."""
        made = self._made.get((width, height))
        if made is None:
            from PIL import Image, ImageOps

            scale = min(width / self.grey.width, height / self.grey.height)
            size = max(1, int(self.grey.width * scale)), max(1, int(self.grey.height * scale))
            small = self.grey.resize(size, Image.Resampling.LANCZOS)
            # Drawn logos are black on white already: dither only what is really grey.
            plain = sum(small.histogram()[32:224]) < 0.25 * size[0] * size[1]
            bits = small.point(lambda value: 255 if value >= 128 else 0, "1") if plain else small.convert("1")
            made = self._made[width, height] = Bits(
                *size, ImageOps.invert(bits.convert("L")).convert("1").tobytes().hex()
            )
        return made


def load(file: Path) -> Logo:
    """Return the logo of a picture file. Refused says what is wrong with it and what is allowed."""
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise Refused(N_("The logo file is larger than {size} MB."), field="logo", size=LARGEST_FILE >> 20)
        content = file.read_bytes()
    except OSError as problem:
        raise Refused(
            N_("The logo cannot be read: {reason}"), field="logo", reason=problem.strerror or str(problem)
        ) from problem
    return of_bytes(content)


def of_bytes(content: bytes) -> Logo:
    """Return the logo of a picture in memory."""
    import hashlib

    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            wide, high = picture.size
            if not (min(wide, high) >= SMALLEST_SIDE and max(wide, high) <= LARGEST_SIDE):
                raise Refused(
                    N_("The logo is {width} × {height} dots; {low} to {high} a side are allowed."),
                    field="logo", width=wide, height=high, low=SMALLEST_SIDE, high=LARGEST_SIDE,
                )  # fmt: skip
            paper = Image.new("RGBA", picture.size, "white")
            paper.alpha_composite(picture.convert("RGBA"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        raise Refused(N_("This is no picture; a PNG or JPEG file is wanted."), field="logo") from problem
    grey = paper.convert("L")
    ink = ImageOps.invert(grey).getbbox()
    if ink is None:
        raise Refused(N_("The logo is blank."), field="logo")
    return Logo(grey.crop(ink), hashlib.sha256(content).hexdigest())
