"""Small pictures of photos: made when a photo is taken, shown until the photo itself has come (docs/decisions/0021)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QImage, QPixmap

from deskapp.rules import small_pictures

if TYPE_CHECKING:
    from PIL import Image

EDGE: Final = 160
"""Dots along the longer side: enough to tell what was photographed, and of what."""

_TRIES: Final = ((EDGE, 55), (144, 45), (112, 40), (80, 40))
"""Longer side and quality, until a picture is small enough: hardly ever is the first one not."""


def thumbnail_of(picture: Image.Image) -> str:
    """Return the small picture of a photo as its record holds it: the dots alone, nothing of what a camera adds.

    Empty where there is nothing to be seen of it in so few bytes.
    """
    small = picture.convert("RGB")
    for edge, quality in _TRIES:
        small.thumbnail((edge, edge), reducing_gap=3.0)
        small.info.clear()
        content = io.BytesIO()
        small.save(content, "JPEG", quality=quality, optimize=True)
        if content.tell() <= small_pictures.LARGEST:
            return small_pictures.spelled(content.getvalue())
    return ""


def thumbnail_in(jpeg: bytes) -> str:
    """Return the small picture of a photo that was stored before, empty where it cannot be read."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(jpeg)) as opened:
            opened.draft("RGB", (2 * EDGE, 2 * EDGE))
            return thumbnail_of(opened)
    except (OSError, ValueError, Image.DecompressionBombError):
        return ""  # whoever wants to keep it is told by others what is wrong with it


def shown(text: str) -> QPixmap | None:
    """Return a small picture as a record holds it, or None where that holds none."""
    jpeg = small_pictures.read(text) if text else None
    image = QImage.fromData(jpeg) if jpeg is not None else QImage()
    return QPixmap.fromImage(image) if not image.isNull() else None
