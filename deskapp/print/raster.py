"""Pictures of papers: exact dots for thermal heads, grey or colour pages for the preview."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

# pypdfium2 is imported where a page is drawn: a PDF that only goes to a folder must not wait for its 60 ms.
PDFIUM = threading.Lock()
"""Held while anything is asked of the library: it is not made for two threads."""


def dots(pdf: bytes, threshold: int = 128) -> list[Image.Image]:
    """Return each page of a dot page (one unit = one dot) as a 1-bit picture of exactly its size."""
    return [picture.point(lambda grey: 255 if grey >= threshold else 0, "1") for picture in pages(pdf, 1.0, grey=True)]


def pages(pdf: bytes, scale: float, *, grey: bool = False) -> list[Image.Image]:
    """Return each page as a picture; `scale` is pixels per point."""
    import pypdfium2

    with PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return [page.render(scale=scale, grayscale=grey).to_pil() for page in document]
        finally:
            document.close()


def scanned(pdf: bytes, long_edge: int, most: int) -> list[Image.Image]:
    """Return the pages of a foreign PDF, each `long_edge` pixels long; raises ValueError for more than `most` pages.

    The size comes from the wish and never from the file: a page may claim to be as large as a field.
    """
    import pypdfium2

    with PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            if not 0 < len(document) <= most:
                raise ValueError("no pages, or too many")
            return [page.render(scale=long_edge / max(1.0, *page.get_size())).to_pil() for page in document]
        finally:
            document.close()


def text(pdf: bytes) -> str:
    """Return the text of all pages as a reader would copy it."""
    import pypdfium2

    with PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return "\n".join(page.get_textpage().get_text_bounded() for page in document)
        finally:
            document.close()


def png(picture: Image.Image) -> bytes:
    """Return a picture as PNG."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
