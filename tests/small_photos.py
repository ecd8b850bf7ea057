"""Small pictures for tests: photos of nothing in particular, no two alike."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image

from deskapp.rules import small_pictures


@cache
def jpeg_of(number: int, *, width: int = 40, height: int = 30, quality: int = 60) -> bytes:
    """Return a JPEG that looks like no other number's."""
    picture = Image.new("RGB", (width, height), ((number * 37) % 256, (number * 91) % 256, (number // 7 * 53) % 256))
    for place in range(16):
        picture.putpixel((place % width, number % height), ((number >> place & 1) * 255, place * 15, 90))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality)
    return content.getvalue()


@cache
def thumbnail(number: int) -> str:
    """Return such a picture as a record holds it."""
    return small_pictures.spelled(jpeg_of(number))
